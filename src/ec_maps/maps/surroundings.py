"""The grey land around the areas of a map."""

from __future__ import annotations

import geopandas as gpd
import numpy as np

from ec_maps.about import About
from ec_maps.areas.table import load_context
from ec_maps.errors import BoundaryError, SettingError
from ec_maps.maps.basemap import Basemap
from ec_maps.maps.simplify import to_pixels


def context_of(given: gpd.GeoDataFrame | None, about: About) -> gpd.GeoDataFrame:
    """Return the land around the table: the one given, or that of the boundaries outside England and Wales.

    A table of the United Kingdom contains all land of the boundaries, so nothing is around it.
    """
    if given is None:
        nothing = gpd.GeoDataFrame({"lad21nm": []}, geometry=[], crs="EPSG:27700")
        try:
            given = nothing if about.scope == "uk" else load_context()
        except (BoundaryError, SettingError):
            # A table made without boundary files is still drawn, with nothing around it.
            given = nothing
    return given[["lad21nm", "geometry"]]


def in_view(
    around: gpd.GeoDataFrame, extent: tuple[float, float, float, float], tiles: Basemap | None
) -> gpd.GeoDataFrame:
    """Return the rows whose bounding boxes meet the map's frame, or none where tiles show the land around."""
    if tiles:
        return around.iloc[:0]
    left, bottom, right, top = extent
    box = around.geometry.bounds
    seen = (box["minx"] < right) & (box["maxx"] > left) & (box["miny"] < top) & (box["maxy"] > bottom)
    return around[seen]


def to_scale(
    areas: gpd.GeoDataFrame, around: gpd.GeoDataFrame, extent: tuple[float, float, float, float]
) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Return areas and the land around them, simplified together to the map's pixels."""
    shapes = to_pixels(np.concatenate([areas.geometry.to_numpy(), around.geometry.to_numpy()]), extent)
    first, last = shapes[: len(areas)], shapes[len(areas) :]
    return areas.set_geometry(first, crs=areas.crs), around.set_geometry(last, crs=around.crs)


def grey_in_words(where: str, around: gpd.GeoDataFrame, lacking: gpd.GeoDataFrame) -> str:
    """Return what the grey land on a map is, for the legend."""
    if lacking.empty:
        return f"outside {where}" if len(around) else ""
    return f"not in this table ({len(lacking)}), or outside {where}"
