"""Rank correlations between measures over the areas of a level."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from ec_maps.errors import SettingError
from ec_maps.geography.levels import LevelName, ScopeName
from ec_maps.measures import measure_named

if TYPE_CHECKING:
    import pandas as pd

#: With fewer areas, no correlation is given.
FEWEST = 10


@dataclass(frozen=True)
class Pair:
    """Two measures, by their keys, and their rank correlation.

    Attributes
    ----------
    first, second
        The measures' keys, in the order of the table.
    correlation
        Spearman's coefficient, -1 to 1; NaN if there is none.
    areas
        How many areas have a value of both.
    """

    first: str
    second: str
    correlation: float
    areas: int

    def other(self, key: str) -> str:
        """Return the key of the other measure."""
        return self.second if key == self.first else self.first


@dataclass(frozen=True)
class Correlations:
    """Spearman's rank correlation between measures, each pair over the areas that have a value of both.

    Attributes
    ----------
    measures
        The measures' keys, in the order asked for, or else in that of the codebook.
    pairs
        Every pair once, those of the first measure before those of the second. A pair has no correlation where fewer
        than :data:`FEWEST` areas have both values, or one of the measures is the same for all of them.
    level, scope
        Which areas they are: see :func:`ec_maps.load_areas`.

    Examples
    --------
    >>> import ec_maps
    >>> table = ec_maps.measures_table("lad", ["economic_connectedness", "exposure"])
    >>> found = ec_maps.rank_correlations(table)
    >>> len(found.pairs), found.missing
    (1, [])
    >>> list(found.table.columns)
    ['first', 'second', 'correlation', 'areas']
    """

    measures: tuple[str, ...]
    pairs: tuple[Pair, ...]
    level: LevelName = "lad"
    scope: ScopeName = "ew"

    @property
    def strongest(self) -> list[Pair]:
        """The pairs that have a correlation, the strongest first, whatever its sign."""
        found = [pair for pair in self.pairs if not math.isnan(pair.correlation)]
        # Rounded as displayed, so that pairs with equal displayed values keep their order.
        return sorted(found, key=lambda pair: -abs(round(pair.correlation, 2)))

    @property
    def missing(self) -> list[Pair]:
        """The pairs that have none."""
        return [pair for pair in self.pairs if math.isnan(pair.correlation)]

    def of(self, key: str) -> list[Pair]:
        """Return the pairs of one measure that have a correlation, the strongest first.

        Parameters
        ----------
        key
            The measure's key.

        Returns
        -------
        pairs
            Its pairs, by the size of the correlation whatever its sign; none for a measure that is not among them.

        Examples
        --------
        >>> import ec_maps
        >>> table = ec_maps.measures_table("lad", ["economic_connectedness", "exposure", "bias"])
        >>> found = ec_maps.rank_correlations(table)
        >>> [pair.other("bias") for pair in found.of("bias")]
        ['economic_connectedness', 'exposure']
        """
        return [pair for pair in self.strongest if key in (pair.first, pair.second)]

    @property
    def table(self) -> pd.DataFrame:
        """The pairs as a table, the strongest first, those without a correlation last.

        Columns ``first second correlation areas``, as in :class:`Pair`.
        """
        import pandas as pd

        return pd.DataFrame(
            [asdict(pair) for pair in [*self.strongest, *self.missing]],
            columns=["first", "second", "correlation", "areas"],
        )


def rank_correlations(areas: pd.DataFrame, measures: Sequence[str] | None = None) -> Correlations:
    """Return Spearman's rank correlation between each two measures of a table.

    Spearman's coefficient compares ranks: it shows whether areas that are high on one measure are high on the other,
    not whether the two are proportional, and it depends little on a few extreme areas.

    Parameters
    ----------
    areas
        One row an area, a column for each measure, as from :func:`ec_maps.compare`; missing values are left out pair by
        pair.
    measures
        The columns to use; ``areas.attrs["measures"]`` if None.

    Returns
    -------
    correlations
        Every pair of the measures, with its coefficient and how many areas have a value of both.

    Raises
    ------
    SettingError
        If there are fewer than two measures, or one is not in the codebook or has no column.

    Examples
    --------
    >>> import ec_maps
    >>> table = ec_maps.measures_table("lad", ["economic_connectedness", "exposure", "bias"])
    >>> found = ec_maps.rank_correlations(table)
    >>> found.measures
    ('economic_connectedness', 'exposure', 'bias')
    >>> pair = found.strongest[0]
    >>> pair.first, pair.second, round(pair.correlation, 2), pair.areas
    ('economic_connectedness', 'exposure', 0.97, 327)
    """
    keys = tuple(measures if measures is not None else areas.attrs["measures"])
    for key in keys:
        measure_named(key)
    absent = [key for key in keys if key not in areas]
    if absent or len(set(keys)) < max(len(keys), 2):
        what = f"the table has no column {', '.join(absent)}" if absent else f"given were: {', '.join(keys) or 'none'}"
        msg = f"Correlations need two measures or more, each with a column and named once; {what}."
        raise SettingError(msg)
    values = areas[list(keys)].astype(float)
    found = values.corr(method="spearman", min_periods=FEWEST).to_numpy()
    present = values.notna().to_numpy().astype(int)
    numbers = present.T @ present
    pairs = [
        Pair(keys[one], keys[two], float(found[one, two]), int(numbers[one, two]))
        for one in range(len(keys))
        for two in range(one + 1, len(keys))
    ]
    return Correlations(keys, tuple(pairs), areas.attrs.get("level", "lad"), areas.attrs.get("scope", "ew"))


def in_words(correlation: float) -> str:
    """Return a correlation in words: "0.62", "−0.62", or for NaN "none"."""
    # Adding 0.0 turns -0.0 into 0.0.
    return "none" if math.isnan(correlation) else f"{round(correlation, 2) + 0.0:.2f}".replace("-", "−")


def titles(keys: Iterable[str]) -> list[str]:
    """Return measures' titles as they stand within a sentence."""
    return [title[:1].lower() + title[1:] for title in (measure_named(key).title for key in keys)]
