"""Outlines simplified to the pixels of a map, once for each scale, with topology preserved.

Finer outlines would take most of the drawing time without a visible difference. Edges that two areas share are
simplified as one, so that neither gaps nor overlaps appear (coverage simplification after Visvalingam
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

#: The tolerance in pixels: a triangle with a smaller square root of its area is removed.
_PIXELS = 0.125

#: With vertices further apart than this many tolerances on average, simplification would remove few.
_WORTH = 4.0

#: Outlines with fewer vertices than this are drawn as fast as they are simplified.
_LEAST = 30_000

#: A map's width in pixels, without its margins.
_WIDE = 5.72 * DPI


def to_pixels(shapes: np.ndarray, extent: tuple[float, float, float, float]) -> np.ndarray:
    """Return outlines simplified to a map's pixels, from the cache if possible; unchanged if they are no finer.

    Parameters
    ----------
    shapes
        Polygons and MultiPolygons, EPSG:27700: all that the map shows, as shared edges are kept only among these.
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
    seen = (vertices, shapely.bounds(shapes), shapely.length(shapes), shapely.area(shapes))
    outlines = cache.digest(*(np.ascontiguousarray(part).tobytes() for part in seen))
    key = cache.fingerprint([Path(__file__)], tolerance, outlines)
    name = f"outlines-{tolerance:.0f}m-{len(shapes)}-{extent[0]:.0f}-{extent[1]:.0f}"
    return np.asarray(cache.cached(name, key, lambda: _simplified(shapes, tolerance)).geometry)


def _simplified(shapes: np.ndarray, tolerance: float) -> gpd.GeoDataFrame:
    simple = shapely.coverage_simplify(shapes, tolerance)
    # Overlapping outlines can become invalid; those stay as they were.
    bad = ~shapely.is_valid(simple) | shapely.is_empty(simple)
    simple[bad] = shapes[bad]
    return gpd.GeoDataFrame(geometry=simple, crs=BRITISH_NATIONAL_GRID)
