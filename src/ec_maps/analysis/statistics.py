"""Statistics of a table of areas: rank correlations between its measures, and how stable its deciles are."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields
from itertools import combinations
from typing import TYPE_CHECKING

from ec_maps.about import measure_of
from ec_maps.areas.wording import some
from ec_maps.arguments import numbers_of, several, table_of
from ec_maps.errors import SettingError
from ec_maps.geography.levels import LevelName, ScopeName, level_named, scope_named
from ec_maps.measures import MEASURES, Measure, measure_named

if TYPE_CHECKING:
    import pandas as pd

#: With fewer areas, no correlation is given.
FEWEST = 10

_KEYS = 'The measures to correlate are a list of keys such as "bias"'

#: The columns of a table on the stability of its deciles and the number of users behind them.
BESIDE = ["decile_low", "decile_high", "num_users"]

#: The largest sampling error in 95% of cases, in standard errors.
_ERRORS = 1.96


@dataclass(frozen=True)
class Pair:
    """Two measures by their keys, Spearman's coefficient (NaN if there is none), and how many areas have both."""

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
        """Return the pairs of one measure that have a correlation, the strongest first, whatever its sign.

        Parameters
        ----------
        key
            The measure's key.

        Returns
        -------
        pairs
            Its pairs; none for a measure that is not among them.

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
        """The pairs as a table ``first second correlation areas``, the strongest first, those without one last."""
        import pandas as pd

        pairs = [asdict(pair) for pair in [*self.strongest, *self.missing]]
        return pd.DataFrame(pairs, columns=[one.name for one in fields(Pair)])


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
    areas = table_of(areas, "measures_table")
    given = areas.attrs.get("measures") if measures is None else measures
    if given is None:  # a merge drops attrs
        given = [key for key in MEASURES if key in areas]
    keys = tuple(measure_named(key).key for key in several(given, (), _KEYS))  # type: ignore[arg-type]
    absent = [key for key in keys if key not in areas]
    if absent or len(set(keys)) < max(len(keys), 2):
        what = f"the table has no column {', '.join(absent)}" if absent else f"given were: {', '.join(keys) or 'none'}"
        msg = f"Correlations need two measures or more, each with a column and named once; {what}."
        raise SettingError(msg)
    values = numbers_of(areas, keys)
    found = values.corr(method="spearman", min_periods=FEWEST).to_numpy()
    present = values.notna().to_numpy().astype(int)
    numbers = present.T @ present
    pairs = [
        Pair(keys[one], keys[two], float(found[one, two]), int(numbers[one, two]))
        for one, two in combinations(range(len(keys)), 2)
    ]
    name: LevelName = areas.attrs.get("level", "msoa" if "msoa21cd" in areas else "lad")
    return Correlations(keys, tuple(pairs), name, scope_named(areas.attrs.get("scope", "ew"), level_named(name)))


def correlation_in_words(correlation: float) -> str:
    """Return a correlation in words: "0.62", "−0.62", or for NaN "none"."""
    # Adding 0.0 turns -0.0 into 0.0.
    return "none" if math.isnan(correlation) else f"{round(correlation, 2) + 0.0:.2f}".replace("-", "−")


def titles(keys: Iterable[str]) -> list[str]:
    """Return measures' titles as they stand within a sentence."""
    return [title[:1].lower() + title[1:] for title in (measure_named(key).title for key in keys)]


# --- how stable the deciles are -------------------------------------------------------------------------


@dataclass(frozen=True)
class Stability:
    """How stable the deciles of a table are.

    Attributes
    ----------
    measure
        The measure, whose ``tolerance`` is the change of value considered.
    areas
        What the areas are called.
    valued
        How many have a value.
    would_change_decile
        How many of them would be in another decile if their value were lower or higher by the tolerance.
    two_away
        How many of these would move by more than one decile.
    widest_error
        The largest error from counting only some people, in 95% of cases, for the area with the median number of users,
        in the measure's unit; None where users are not counted, or the unit is not a share.

    Examples
    --------
    >>> import ec_maps
    >>> found = ec_maps.stability(ec_maps.load_areas("msoa"))
    >>> found.areas, found.measure.tolerance_in_words
    ('neighbourhoods', 'half a percentage point')
    """

    measure: Measure
    areas: str
    valued: int
    would_change_decile: int
    two_away: int
    widest_error: float | None

    @property
    def sentence(self) -> str:
        """The result in one or two sentences."""
        moved = self.measure.tolerance_in_words
        share = f" ({self.would_change_decile / self.valued:.0%})" if self.valued else ""
        text = (
            f"Of the {self.valued:,} {self.areas} with a value, {self.would_change_decile:,}{share} would be in "
            f"another decile if their value were {moved} lower or higher, "
            f"{some(self.two_away)} of them by more than one decile."
        )
        if self.widest_error is None:
            return text
        return (
            f"{text} In the area with the median number of users, the error from counting only these people is at most "
            f"{100 * self.widest_error:.1f} percentage points in 95% of cases."
        )


def stability(areas: pd.DataFrame) -> Stability:
    """Return how stable the deciles of a table of :func:`ec_maps.load_areas` are.

    The error from counting is bounded, not estimated, as the files give no standard deviation: the variance of shares
    with the mean *p* is at most *p* (1 − *p*), so that for *n* people the standard error of the mean is at most
    √(*p* (1 − *p*) / *n*). It leaves out a larger source of error: incomes and homes are predicted by a model.

    Parameters
    ----------
    areas
        The table of :func:`ec_maps.load_areas`, or any rows of it.

    Returns
    -------
    stability
        The counts, and a ``sentence`` that says them.

    Raises
    ------
    SettingError
        If the table lacks the columns needed.

    Examples
    --------
    >>> import ec_maps
    >>> found = ec_maps.stability(ec_maps.load_areas("lad"))
    >>> found.valued, found.would_change_decile, found.two_away
    (327, 162, 0)
    """
    ends = ["decile", "decile_low", "decile_high"]
    measure = measure_of(table_of(areas, "load_areas", ends))
    columns = [*ends, *(["num_users"] if "num_users" in areas else [])]
    numbers = numbers_of(table_of(areas, "load_areas", [measure.key]), [measure.key, *columns])
    there = numbers[numbers["decile"].notna()]
    reach = (there["decile_high"] - there["decile"]).combine(there["decile"] - there["decile_low"], max)
    error = None
    if measure.unit == "share" and "num_users" in there and there["num_users"].notna().any():
        users, value = float(there["num_users"].median()), float(there[measure.key].median())
        error = _ERRORS * (value * (1 - value) / users) ** 0.5
    level = level_named("msoa" if "msoa21cd" in areas else "lad")
    return Stability(measure, level.areas, len(there), int((reach > 0).sum()), int((reach > 1).sum()), error)
