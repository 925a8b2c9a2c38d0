"""The levels of geography and the measures: what each is called, in columns and in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from ec_maps.errors import SettingError

LevelName = Literal["lad", "msoa"]
MeasureName = Literal["economic_connectedness"]


@dataclass(frozen=True)
class Level:
    """A level of geography.

    `code` and `name` are the columns of our tables, `atlas_code` the column of the Atlas that holds the code, `area`
    and `areas` what one and many are called in prose, `file_stem` how the Atlas's zip for the level begins.
    """

    key: LevelName
    code: str
    name: str
    atlas_code: str
    area: str
    areas: str
    file_stem: str


@dataclass(frozen=True)
class Measure:
    """A measure: its Atlas column, the population it is read for, and the plain words."""

    key: MeasureName
    column: str
    category: str
    title: str
    meaning: str


LEVELS: dict[str, Level] = {
    "lad": Level("lad", "lad21cd", "lad21nm", "lad_code", "local authority", "local authorities", "local_authority"),
    "msoa": Level("msoa", "msoa21cd", "msoa21nm", "zip_prediction", "neighbourhood", "neighbourhoods", "msoa"),
}

MEASURES: dict[str, Measure] = {
    "economic_connectedness": Measure(
        "economic_connectedness",
        "high_ses_ratio",
        "low_ses_users",
        "Economic connectedness",
        "the share of low-income people’s friends who are high-income",
    ),
}


def level_named(key: str) -> Level:
    """Return the level; `SettingError` for one that there is not."""
    if key not in LEVELS:
        msg = f'There is no level "{key}". The levels are {" and ".join(map(repr, get_args(LevelName)))}.'
        raise SettingError(msg)
    return LEVELS[key]


def measure_named(key: str) -> Measure:
    """Return the measure; `SettingError` for one that there is not."""
    if key not in MEASURES:
        msg = f'There is no measure "{key}". The measures are: {", ".join(MEASURES)}.'
        raise SettingError(msg)
    return MEASURES[key]
