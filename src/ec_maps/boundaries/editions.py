"""Whether a table that was brought holds exactly the areas of the edition that the maps are made for.

What is wrong with it is returned in words, without a full stop; an empty text stands for nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import pandas as pd

from ec_maps.errors import listed
from ec_maps.geography.codes import (
    MAP_YEAR,
    Vintage,
    district_codes,
    district_vintage,
    neighbourhood_codes,
    neighbourhood_vintage,
    official_districts,
)
from ec_maps.geography.levels import LevelName

__all__ = ["Edition", "edition", "english_districts", "more_than_one", "not_filled", "welsh_and_english_districts"]


@dataclass(frozen=True)
class Edition:
    """The codes that a table must have, those that it may have, and what tells of which year others are."""

    needed: frozenset[str]
    known: frozenset[str]
    vintage: Callable[[Iterable[object]], Vintage]

    def misfit(self, codes: Iterable[str]) -> str:
        """Return what is wrong with these codes."""
        got = set(codes)
        lost, strange = sorted(self.needed - got), sorted(got - self.known)
        if not (lost or strange):
            return ""
        parts = [f"{len(lost):,} of {len(self.needed):,} codes are missing ({listed(lost, 3)})"] if lost else []
        parts += [f"{len(strange):,} are not of {MAP_YEAR} ({listed(strange, 3)})"] if strange else []
        vintage = self.vintage(sorted(got))
        of = "" if vintage.fits or vintage.name == "unknown" else f"; its codes are of vintage {vintage}"
        return f"it does not hold the areas of {MAP_YEAR}: {' and '.join(parts)}{of}"


def edition(level: LevelName) -> Edition:
    """Return the edition of a level's boundaries; districts may be those of the whole United Kingdom."""
    if level == "lad":
        return Edition(district_codes(MAP_YEAR, "EW"), frozenset(official_districts()), district_vintage)
    codes = neighbourhood_codes("2021")
    return Edition(codes, codes, neighbourhood_vintage)


def welsh_and_english_districts() -> Edition:
    """Return the edition of a table of the districts of England and Wales, and no others."""
    codes = district_codes(MAP_YEAR, "EW")
    return Edition(codes, codes, district_vintage)


def english_districts() -> Edition:
    """Return the edition of a table of the districts of England, and no others."""
    codes = district_codes(MAP_YEAR, "E")
    return Edition(codes, codes, district_vintage)


def more_than_one(table: pd.DataFrame, code: str, group: str) -> str:
    """Return which areas are in more than one group."""
    groups = table.groupby(code)[group].unique()
    several = groups[groups.map(len) > 1]
    shown = listed([f"{area} in {' and '.join(each)}" for area, each in several.items()], 3)
    return f"it puts {len(several):,} areas in more than one place ({shown})" if len(several) else ""


def not_filled(table: pd.DataFrame, names: Sequence[str]) -> str:
    """Return which areas, told by the first of the columns, have nothing in one of the columns."""
    for name in names:
        if (empty := table[name] == "").any():
            shown = listed(list(table.loc[empty, names[0]]), 3)
            return f"it has no {name} for {int(empty.sum()):,} areas ({shown})"
    return ""
