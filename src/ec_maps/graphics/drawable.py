"""Whether a table can be drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ec_maps.errors import SettingError, listed
from ec_maps.geography.levels import LevelName, level_named
from ec_maps.measures import Measure, measure_of

if TYPE_CHECKING:
    import geopandas as gpd


def drawable(areas: gpd.GeoDataFrame, level: LevelName) -> tuple[gpd.GeoDataFrame, Measure]:
    """Return the table on the British National Grid, and its measure; `SettingError` if it is not of `load_areas`."""
    measure = measure_of(areas)
    needed = {level_named(level).code, level_named(level).name, "lad21cd", "lad21nm", "rgn21nm", measure.key, "decile"}
    if lost := sorted(needed - set(areas.columns)):
        msg = f'This is not a table of load_areas("{level}"): it lacks the columns {listed(lost)}.'
        raise SettingError(msg)
    return areas if areas.crs == "EPSG:27700" else areas.to_crs("EPSG:27700"), measure
