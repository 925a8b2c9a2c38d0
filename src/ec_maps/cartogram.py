"""A country redrawn so that every area has the same room, by letting the crowded spread as a fluid would.

The method is that of Gastner, Seguy and More (Fast flow-based algorithm for creating density-equalizing map
projections, PNAS 115(10), 2018): density evens out along a velocity field that follows from one Poisson equation, and
every point of the map is carried along. Neighbours stay neighbours, and coasts keep their look.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import shapely
from rasterio.features import rasterize
from rasterio.transform import Affine
from scipy import fft, ndimage

#: How many squares the raster has each way, how much wider than the country it is (the sea must have room to give), and
#: how many average areas' widths it reaches beyond a small one on either side at least.
_SQUARES = 512
_ROOM = 1.7
_MARGIN = 3

#: How often density is measured anew and evened out, and in how many steps each time.
_PASSES = 4
_STEPS = 20

#: Outlines are simplified to this share of the width of an average area: finer bends are lost in a hexagon anyway.
_COARSE = 0.1


@dataclass(frozen=True)
class Cartogram:
    """Areas with the same room each.

    Attributes
    ----------
    points
        Where a point inside each area has come to lie, in metres; one row an area.
    owners
        Which area lies at the centre of each square of the raster, by its place in the list, -1 for none; the first
        row is the southernmost.
    corner, step
        The raster's lower left corner and the width of its squares, in metres.
    """

    points: np.ndarray
    owners: np.ndarray
    corner: np.ndarray
    step: float


def cartogram(shapes: np.ndarray) -> Cartogram:
    """Return the areas redrawn with the same room each, their room altogether about as before.

    Parameters
    ----------
    shapes
        Polygons or MultiPolygons in metres, at least one, none of them empty.
    """
    left, bottom, right, top = shapely.total_bounds(shapes)
    across = max(right - left, top - bottom)
    side = max(across * _ROOM, across + 2 * _MARGIN * float(np.sqrt(shapely.area(shapes).mean())))
    step = side / _SQUARES
    corner = np.array([left + right - side, bottom + top - side]) / 2
    points = (shapely.get_coordinates(shapely.point_on_surface(shapes)) - corner) / step
    coarse = shapely.transform(_simplified(shapes), lambda at: (at - corner) / step)
    for _ in range(_PASSES):
        owners, density = _measured(coarse)
        corners = shapely.get_coordinates(coarse)
        moved = _carried(np.concatenate([corners, points]), density)
        coarse = shapely.set_coordinates(coarse.copy(), moved[: len(corners)])
        points = moved[len(corners) :]
    owners, _ = _measured(coarse)
    return Cartogram(points * step + corner, owners, corner, step)


def _simplified(shapes: np.ndarray) -> np.ndarray:
    tolerance = _COARSE * float(np.sqrt(shapely.area(shapes).mean()))
    if shapely.coverage_is_valid(shapes):
        return np.asarray(shapely.coverage_simplify(shapes, tolerance))
    return np.asarray(shapely.simplify(shapes, tolerance))


def _measured(shapes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the owner of each square and how many areas there are to a square; the sea is as dense as land on average.

    Shapes are in squares of the raster.
    """
    size = (_SQUARES, _SQUARES)
    numbered = ((shape, place) for place, shape in enumerate(shapes, 1))
    owners = rasterize(numbered, size, transform=Affine.identity(), dtype="int32").astype(np.int64) - 1
    land = owners >= 0
    squares = np.bincount(owners[land], minlength=len(shapes))
    density = np.zeros(size)
    density[land] = 1 / squares[owners[land]]
    # Areas too small for the raster count where they lie; the square is theirs if it is nobody's.
    small = np.flatnonzero(squares == 0)
    columns, rows = np.clip(shapely.bounds(shapes[small])[:, :2].astype(int), 0, _SQUARES - 1).T
    np.add.at(density, (rows, columns), 1)
    owners[rows, columns] = np.where(land[rows, columns], owners[rows, columns], small)
    land[rows, columns] = True
    density[~land] = len(shapes) / land.sum()
    return owners, density


def _carried(points: np.ndarray, density: np.ndarray) -> np.ndarray:
    """Return where points (in squares of the raster) are carried to while the density evens out."""
    mean = float(density.mean())
    density = ndimage.gaussian_filter(density, 1.0, mode="nearest")
    # The flow's divergence is what is too dense: Poisson's equation, with nothing flowing over the raster's edge.
    waves = 2 * np.cos(np.pi * np.arange(_SQUARES) / _SQUARES) - 2
    against = waves[:, None] + waves[None, :]
    against[0, 0] = 1
    spectrum = fft.dctn(density - mean) / against
    spectrum[0, 0] = 0
    flow_y, flow_x = np.gradient(fft.idctn(spectrum))

    def velocity(at: np.ndarray, time: float) -> np.ndarray:
        where = at.T[::-1] - 0.5
        x, y, dense = (ndimage.map_coordinates(a, where, order=1, mode="nearest") for a in (flow_x, flow_y, density))
        return np.asarray(np.stack([x, y], axis=1) / ((1 - time) * dense + time * mean)[:, None])

    # Most moves in the beginning, while differences are greatest: short steps first.
    times = np.linspace(0, 1, _STEPS + 1) ** 2
    for start, end in pairwise(times):
        middle = points + (end - start) / 2 * velocity(points, start)
        points = points + (end - start) * velocity(middle, (start + end) / 2)
    return points
