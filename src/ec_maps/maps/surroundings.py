"""What is drawn around and beneath the areas of a choropleth map: the land in view, and the tiles of a base map."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import geopandas as gpd
import numpy as np
import shapely
from matplotlib.figure import Figure

from ec_maps.about import About
from ec_maps.areas.checked import land_around
from ec_maps.areas.table import load_context
from ec_maps.errors import BoundaryError, SettingError
from ec_maps.graphics import layers
from ec_maps.graphics.labels import Placer
from ec_maps.graphics.layout import Extent, Layout, Words
from ec_maps.graphics.legend import Key
from ec_maps.maps.basemap import Basemap, basemap_for
from ec_maps.maps.options import Options, narrow_of
from ec_maps.maps.simplify import to_pixels


@dataclass(frozen=True)
class Scene:
    """A map before its areas are drawn: the layout, its extent in metres, the land in view, and tiles, if any.

    `narrow` returns, from what writes the labels, what draws words and legend for phones.
    """

    layout: Layout
    narrow: Callable[[Callable[[Layout], object]], Callable[[], Figure]]
    extent: Extent
    around: gpd.GeoDataFrame
    tiles: Basemap | None


def scene(
    look: Options,
    shown: Extent,
    words: Words,
    key: Key,
    around: gpd.GeoDataFrame,
    *,
    part: bool,
    sources: Callable[..., str],
) -> Scene:
    """Return what a map is drawn on.

    Parameters
    ----------
    look
        What the caller wants.
    shown
        The extent that has to be seen.
    words, key
        The text around the map, without the line of sources, and its legend.
    around
        The land outside the areas.
    part
        Whether areas are grey because the table lacks them; the legend then says so even if none is in view.
    sources
        Returns the line of sources, with the attribution of tiles as `basemap`.
    """
    extent = look.extent(shown, replace(words, sources=sources()), key)
    tiles = basemap_for(extent)
    seen = in_view(around, extent, tiles)
    words = replace(words, sources=sources(basemap=tiles.credit if tiles else ""))
    draw = partial(look.layout, extent, words, replace(key, shows_around=part or len(seen) > 0))
    return Scene(draw(), partial(narrow_of, draw), extent, seen, tiles)


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
    return land_around(given)


def in_view(around: gpd.GeoDataFrame, extent: Extent, tiles: Basemap | None) -> gpd.GeoDataFrame:
    """Return the rows whose bounding boxes meet the map's frame, or none where tiles show the land around."""
    if tiles:
        return around.iloc[:0]
    left, bottom, right, top = extent
    box = around.geometry.bounds
    seen = (box["minx"] < right) & (box["maxx"] > left) & (box["miny"] < top) & (box["maxy"] > bottom)
    return around[seen]


def to_scale(
    areas: gpd.GeoDataFrame, around: gpd.GeoDataFrame, extent: Extent
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


def draw_base(layout: Layout, tiles: Basemap | None, land: shapely.Geometry) -> None:
    """Draw the tiles at the bottom, with a white rim around the areas, so that dark areas are visible on dark tiles."""
    if tiles:
        layers.draw_picture(layout.ax, tiles.base, zorder=0)
        layers.draw_outline(layout.ax, land, width=3.0, colour="#ffffff", zorder=1)


def draw_labels(layout: Layout, placer: Placer, tiles: Basemap | None) -> None:
    """Draw the tiles' labels over the areas and beneath our own labels, without those that overlap them."""
    labels = tiles.labels_around(placer) if tiles else None
    if labels is not None:
        layers.draw_picture(layout.ax, labels, zorder=3.5)
