"""Scotland and Northern Ireland: whether the boundaries and the Atlas files cover them."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from ec_maps import cache, settings
from ec_maps.areas.table import load_areas, load_measure
from ec_maps.atlas import archive
from ec_maps.boundaries.sources import boundary_files
from ec_maps.boundaries.table import covers_the_kingdom, load_boundaries
from ec_maps.geography.codes import BEYOND, nation
from ec_maps.measures import HEADLINE

if TYPE_CHECKING:
    import geopandas as gpd


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
    if not covers_the_kingdom(load_boundaries("lad")):
        return False
    values = load_measure("lad", measure)
    return bool((values["lad21cd"].map(nation).isin(BEYOND) & values[measure].notna()).any())
