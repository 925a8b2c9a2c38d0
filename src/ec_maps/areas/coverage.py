"""Scotland and Northern Ireland: whether the boundaries and the Atlas files cover them."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from ec_maps import cache, settings
from ec_maps.areas.table import load_areas, load_measure
from ec_maps.atlas import archive
from ec_maps.boundaries.sources import boundary_files
from ec_maps.boundaries.table import load_boundaries, load_districts
from ec_maps.geography.codes import BEYOND, nation
from ec_maps.measures import HEADLINE

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd


def available_districts() -> pd.DataFrame:
    """Return ``lad21cd lad21nm rgn21nm`` of all districts that can be mapped, sorted by code.

    These are the districts of the United Kingdom, or of England and Wales if the boundaries lack Scotland or Northern
    Ireland.
    """
    every = load_boundaries("lad")
    return load_districts() if not _has_all(every) else every[["lad21cd", "lad21nm", "rgn21nm"]]


def _has_all(districts: pd.DataFrame) -> bool:
    return set(BEYOND) <= set(districts["rgn21nm"])


def united_kingdom(measure: str = HEADLINE) -> gpd.GeoDataFrame | None:
    """Return the table of districts of the United Kingdom, or None if the data cover only England and Wales.

    The latter is so if the boundaries lack Scotland or Northern Ireland, or the Atlas file has no value in either.

    Parameters
    ----------
    measure
        The measure, as for :func:`ec_maps.load_areas`.
    """
    key = cache.fingerprint([*archive.archives(), *boundary_files(fetch=False)], settings.source())
    return load_areas("lad", measure, scope="uk") if _reaches(measure, key) else None


@lru_cache(maxsize=8)
def _reaches(measure: str, _key: str) -> bool:
    if not _has_all(load_boundaries("lad")):
        return False
    values = load_measure("lad", measure)
    return bool((values["lad21cd"].map(nation).isin(BEYOND) & values[measure].notna()).any())
