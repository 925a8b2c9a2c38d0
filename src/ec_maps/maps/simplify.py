"""Outlines simplified to what a map's pixels can show, once for each scale, topology kept.

Where the outlines are finer than that, most of the time of a map goes into bends that nobody can see. Edges that two
areas share are simplified as one, so that neither gaps nor overlaps appear (coverage simplification after Visvalingam
and Whyatt, by GEOS through shapely).
"""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely

from ec_maps import cache
from ec_maps.boundaries.geometry import BRITISH_NATIONAL_GRID
from ec_maps.graphics.text_metrics import DPI

#: A triangle whose area has a root of so many pixels may go: an edge moves by less than that.
_PIXELS = 0.125

#: Vertices that are so many times the tolerance apart, on average, would hardly become fewer.
_WORTH = 4.0

#: Outlines of fewer vertices are drawn as fast as they are simplified.
_LEAST = 30_000

#: A map's width in pixels, less its margins.
_WIDE = 5.72 * DPI


def to_pixels(shapes: np.ndarray, extent: tuple[float, float, float, float]) -> np.ndarray:
    """Return outlines as fine as a map's pixels, from the cache where it has them; as they are if they are no finer.

    Parameters
    ----------
    shapes
        Polygons and MultiPolygons, EPSG:27700: all that the map shows, as edges keep together only among these.
    extent
        Left, bottom, right and top of the map, in metres.

    Returns
    -------
    shapes
        As many, in the same order, each valid and none empty.
    """
    tolerance = round(_PIXELS * (extent[2] - extent[0]) / _WIDE, 1)
    vertices = shapely.get_num_coordinates(shapes)
    if vertices.sum() < _LEAST or shapely.length(shapes).sum() > _WORTH * tolerance * vertices.sum():
        return shapes
    key = cache.fingerprint([Path(__file__)], tolerance, _marks(shapes, vertices))
    name = f"outlines-{tolerance:.0f}m-{len(shapes)}-{extent[0]:.0f}-{extent[1]:.0f}"
    return np.asarray(cache.cached(name, key, lambda: _simplified(shapes, tolerance)).geometry)


def _marks(shapes: np.ndarray, vertices: np.ndarray) -> str:
    """Return a digest that changes if any outline does: of its vertices, box, length and area."""
    told = (vertices, shapely.bounds(shapes), shapely.length(shapes), shapely.area(shapes))
    return cache.digest(*(np.ascontiguousarray(part).tobytes() for part in told))


def _simplified(shapes: np.ndarray, tolerance: float) -> gpd.GeoDataFrame:
    simple = shapely.coverage_simplify(shapes, tolerance)
    # Where outlines overlap, as they should not, a simplified one may cross itself: those stay as they are.
    bad = ~shapely.is_valid(simple) | shapely.is_empty(simple)
    simple[bad] = shapes[bad]
    return gpd.GeoDataFrame(geometry=simple, crs=BRITISH_NATIONAL_GRID)
