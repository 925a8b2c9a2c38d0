"""The levels of geography: what each is called, in columns and in words."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from ec_maps.arguments import is_known, unknown
from ec_maps.errors import SettingError

LevelName = Literal["lad", "msoa"]
TableName = Literal["lad", "msoa", "postcode_district"]
ScopeName = Literal["ew", "uk"]


@dataclass(frozen=True)
class Level:
    """A level of geography.

    `code` and `name` are the columns of our tables, `atlas_code` the column of the Atlas that holds the code, `area`
    and `areas` what one and many are called in prose, `file_stem` how the Atlas's zip for the level begins.
    """

    key: TableName
    code: str
    name: str
    atlas_code: str
    area: str
    areas: str
    file_stem: str

    def code_in(self, header: Collection[str]) -> str | None:
        """Return the column of a file of the Atlas that has the codes, or None; one file of groups has its own."""
        return next((name for name in (self.atlas_code, f"{self.atlas_code}_full") if name in header), None)


LEVELS: dict[str, Level] = {
    "lad": Level("lad", "lad21cd", "lad21nm", "lad_code", "local authority", "local authorities", "local_authority"),
    "msoa": Level("msoa", "msoa21cd", "msoa21nm", "zip_prediction", "neighbourhood", "neighbourhoods", "msoa"),
}

#: Postcode districts ("NR30"): in the Atlas, but on no map, as there are no open boundaries of them.
POSTCODE_DISTRICT = Level(
    "postcode_district",
    "postcode_district",
    "",
    "zip_prediction",
    "postcode district",
    "postcode districts",
    "postcode",
)

#: What a table can cover, in words.
SCOPES: dict[str, str] = {"ew": "England and Wales", "uk": "the United Kingdom"}


def level_named(key: str, *more: str) -> Level:
    """Return the level of a key; `SettingError` for an unknown one, which lists the levels and `more`."""
    if not is_known(key, LEVELS):
        msg = f"{unknown('level', key)} The levels are {' and '.join(map(repr, [*LEVELS, *more]))}."
        raise SettingError(msg)
    return LEVELS[key]


def table_named(key: str) -> Level:
    """Return the level of a key, postcode districts included; `SettingError` for an unknown one."""
    return POSTCODE_DISTRICT if is_known(key, [POSTCODE_DISTRICT.key]) else level_named(key, POSTCODE_DISTRICT.key)


def scope_named(key: str, level: Level) -> ScopeName:
    """Return the scope; `SettingError` for an unknown one, or one that the level does not cover."""
    if not is_known(key, SCOPES):
        msg = f'{unknown("scope", key)} It can be "ew" (England and Wales) or "uk" (the United Kingdom).'
        raise SettingError(msg)
    if key == "uk" and level.key != "lad":
        msg = (
            f"{level.areas.capitalize()} (MSOAs) exist in England and Wales only, so there is no table of them for "
            f'the United Kingdom. Level "lad" has one.'
        )
        raise SettingError(msg)
    return "uk" if key == "uk" else "ew"
