"""What a table of areas is about: which measure, of which areas, in which classes.

A table says it itself, in the column ``about``: the same text in each row. Unlike ``attrs``, a column survives
``merge``, ``concat`` and every format of file, and rows from two tables can be told apart.
"""

from __future__ import annotations

import json
from collections.abc import Hashable, Iterable
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from ec_maps.classes import Classes
from ec_maps.errors import SettingError
from ec_maps.measures import Measure, measure_named
from ec_maps.own_measure import OwnFacts

if TYPE_CHECKING:
    import pandas as pd

#: The column of a table that holds the text.
COLUMN = "about"

#: Before the JSON, because readers of GeoJSON would take bare JSON for a value of its own.
_PREFIX = "ec_maps: "

_GO_ON = (
    'Keep the column "about": areas.merge(mine) keeps it, and so do Parquet and GeoPackage. Or name the measure: maps '
    'take measure="bias", and category="high_ses_users" for another group of people than its own.'
)


@dataclass(frozen=True)
class About:
    """What a table is about.

    Attributes
    ----------
    measure, category, level, scope
        As for :func:`ec_maps.load_areas`.
    areas, valued
        How many areas the whole table has, and how many of them have a value.
    edges
        The edges of the classes in the measure's unit, the lowest first: eleven for deciles.
    groups
        The classes that are not empty.
    demo
        Whether the values are those of the demonstration.
    near
        The local authority whose surroundings are the table's rows; None for all rows.
    scheme
        How the classes are cut: ``"deciles"``, or another of :data:`ec_maps.classes.SCHEMES`, or ``"edges"``.
    own
        The facts of a measure of the user's own, of which `measure` is the column; None for a measure of the Atlas.
    """

    measure: str
    category: str
    level: str
    scope: str
    areas: int
    valued: int
    edges: tuple[float, ...]
    groups: tuple[int, ...]
    demo: bool
    near: str | None = None
    scheme: str = "deciles"
    own: OwnFacts | None = None

    @classmethod
    def of(cls, table: pd.DataFrame) -> About:
        """Return what a table is about, from its column, or from its ``attrs`` if the column was left out.

        Raises
        ------
        SettingError
            If neither says it, or rows say different things.
        """
        rows = table.get(COLUMN)
        if rows is not None and rows.ndim > 1:
            msg = "The table has two columns about; keep one of them."
            raise SettingError(msg)
        texts, silent = ([], 0) if rows is None else _texts(rows)
        if len(texts) > 1:
            titles = sorted({cls._read(text).title for text in texts})
            of = " and ".join(titles) if len(titles) > 1 else f"{titles[0]}, cut over different areas"
            msg = f"The table has rows from {len(texts)} tables ({of}). Their deciles cannot be shown together."
            raise SettingError(msg)
        if texts and silent:
            msg = (
                f"In {silent} of {len(table)} rows the column about is empty: they come from another table. Drop them "
                f'(areas.dropna(subset="about")), or merge with how="left".'
            )
            raise SettingError(msg)
        text = texts[0] if texts else table.attrs.get(COLUMN)
        if text is None:
            msg = f"The table does not say which measure it holds and over which areas its deciles are cut. {_GO_ON}"
            raise SettingError(msg)
        return cls._read(str(text))

    @classmethod
    def whole(cls, table: pd.DataFrame, edges: Iterable[float], **facts: Any) -> About:
        """Return what a whole table is about, its classes cut at these edges; `facts` are the other attributes."""
        cuts = tuple(float(edge) for edge in edges)
        column = Classes(facts.get("scheme", "deciles"), len(cuts) - 1).column
        numbers = table[column].dropna().astype(int)
        groups = tuple(sorted(numbers.unique().tolist()))
        return cls(areas=len(table), valued=len(numbers), edges=cuts, groups=groups, **facts)

    @classmethod
    @lru_cache(maxsize=64)
    def _read(cls, text: str) -> About:
        try:
            known = json.loads(text.removeprefix(_PREFIX))
            lists = {name: tuple(known[name]) for name in ("edges", "groups")}
            own = OwnFacts(**known["own"]) if known.get("own") else None
            about = cls(**{**known, **lists, "own": own})
            _ = about.what, about.classes  # both raise for what they do not know
        except (ValueError, TypeError, KeyError):
            msg = f'The column about of the table has been changed ("{text[:40]}…"). {_GO_ON}'
            raise SettingError(msg) from None
        return about

    @property
    def what(self) -> Measure:
        """The measure, for the table's group of people."""
        return self.own.measure(self.measure) if self.own else measure_named(self.measure).among(self.category)

    @property
    def classes(self) -> Classes:
        """The classes that the values are in."""
        return Classes(self.scheme, len(self.edges) - 1)

    @property
    def source(self) -> str | None:
        """The source of values of the user's own, for a line of sources; None for those of the Atlas."""
        return self.own.source or "no source given" if self.own else None

    @property
    def title(self) -> str:
        """The measure in words."""
        return self.what.title

    def on(self, table: pd.DataFrame) -> None:
        """Write the text into a table: into the column, as its last one, and into its ``attrs``."""
        import numpy as np
        import pandas as pd

        rows, text = np.zeros(len(table), dtype=np.int8), pd.CategoricalDtype([self._text])
        table[COLUMN] = pd.Categorical.from_codes(rows, dtype=text)
        table.attrs = self.attrs

    @property
    def attrs(self) -> dict[Hashable | None, Any]:
        """What a table's ``attrs`` say."""
        return {
            COLUMN: self._text,
            "measure": self.measure,
            "category": self.category,
            "level": self.level,
            "scope": self.scope,
            "cut_points": list(self.edges),
            "groups": list(self.groups),
            "valued": self.valued,
            "near": self.near,
        }

    @property
    def _text(self) -> str:
        facts = asdict(self)
        for name in ("scheme", "own"):
            if facts[name] == About.__dataclass_fields__[name].default:
                del facts[name]
        return _PREFIX + json.dumps(facts, ensure_ascii=False)


def _texts(rows: pd.Series) -> tuple[list[str], int]:
    """Return the different texts of a column, and how many of its rows have none."""
    import numpy as np
    import pandas as pd

    if isinstance(kinds := rows.array, pd.Categorical):
        # As in a table of `load_areas` or from a file: counting codes looks at no row's text.
        known, numbers = kinds.categories, np.bincount(kinds.codes + 1, minlength=len(kinds.categories) + 1)
        return list(map(str, known[numbers[1:] > 0])), int(numbers[0])
    present = rows.dropna()
    return list(map(str, present.astype(str).unique())), len(rows) - len(present)


def measure_of(areas: pd.DataFrame) -> Measure:
    """Return the measure of a table of areas; `SettingError` if the table does not say it."""
    return About.of(areas).what


def scope_of(areas: pd.DataFrame) -> str:
    """Return ``"ew"`` or ``"uk"``: the areas over which a table's deciles or thirds are cut."""
    return str(areas.attrs["scope"]) if "scope" in areas.attrs else About.of(areas).scope
