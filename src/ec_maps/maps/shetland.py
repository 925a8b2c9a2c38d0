"""Shetland, brought nearer: where it lies, it makes the rest of a map an eighth smaller."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from ec_maps.graphics.layout import TALLEST, view

if TYPE_CHECKING:
    import geopandas as gpd

_SHETLAND = "Shetland Islands"

#: Of Shetland's frame: what is free round the islands, of their width; the room for its word at the top, of the map's
#: width; and what is free round the frame, of the map's width.
_ROOM, _HEAD, _GAP = 0.14, 0.032, 0.015

#: The frame is tried at so many heights along each side of the map.
_TRIES = 40


@dataclass(frozen=True)
class Nearer:
    """Areas as they are drawn.

    Attributes
    ----------
    areas
        The areas, Shetland in its frame.
    extent
        What the map shows: left, bottom, right and top, in metres (EPSG:27700).
    frame
        The frame round Shetland, or None if it is not on the map or lies where it lies.
    """

    areas: gpd.GeoDataFrame
    extent: tuple[float, float, float, float]
    frame: shapely.Polygon | None = None

    @property
    def words(self) -> str:
        """What a reader has to know of it, in a sentence; empty where nothing was moved."""
        return "Shetland lies further north; it stands in a frame, at the map’s scale." if self.frame else ""


def brought_near(areas: gpd.GeoDataFrame, land: gpd.GeoSeries, *, tallest: float = TALLEST) -> Nearer:
    """Move Shetland into an empty part of the map, unscaled, so that the rest is not drawn small because of it.

    Parameters
    ----------
    areas
        The rows to draw, EPSG:27700; a table without Shetland, or of Shetland alone, stays as it is.
    land
        All land that the map may show, Shetland itself or not: the frame lies on none of it.
    tallest
        How tall the map may be for its width.
    """
    there = (areas["lad21nm"] == _SHETLAND).to_numpy()
    if not there.any() or there.all():
        return Nearer(areas, view(_bounds(areas), tallest=tallest))
    extent = view(_bounds(areas[~there]), tallest=tallest)
    left, bottom, right, top = _bounds(areas[there])
    wide, gap = extent[2] - extent[0], _GAP * (extent[2] - extent[0])
    room, head = _ROOM * (right - left), _HEAD * wide
    width, height = right - left + 2 * room, top - bottom + 2 * room + head
    others = land[~land.geom_equals(areas.geometry[there].iloc[0])]
    tree = shapely.STRtree(others.to_numpy())
    for x in (extent[2] - gap - width, extent[0] + gap):
        for y in np.linspace(extent[3] - gap - height, extent[1] + gap, _TRIES):
            frame = shapely.box(x, y, x + width, y + height)
            if not len(tree.query(frame.buffer(gap), predicate="intersects")):
                shapes = areas.geometry.to_numpy().copy()
                by = np.array([x + room - left, y + room - bottom])
                shapes[there] = shapely.transform(shapes[there], lambda points, by=by: points + by)
                return Nearer(areas.set_geometry(shapes, crs=areas.crs), extent, frame)
    return Nearer(areas, view(_bounds(areas), tallest=tallest))


def _bounds(areas: gpd.GeoDataFrame) -> tuple[float, float, float, float]:
    left, bottom, right, top = (float(edge) for edge in areas.total_bounds)
    return left, bottom, right, top
