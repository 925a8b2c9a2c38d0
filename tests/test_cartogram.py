"""The cartogram: areas get the same room, and what lay west stays west."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import shapely
from scipy.spatial import cKDTree

from ec_maps.cartogram import cartogram


def strips(edges: list[float]) -> np.ndarray:
    """Return rectangles of twenty kilometres' height between one edge (in kilometres) and the next."""
    return np.array([shapely.box(a * 1000, 0, b * 1000, 20_000) for a, b in pairwise(edges)])


def room(shapes: np.ndarray) -> np.ndarray:
    """Return each area's room in the cartogram as a share of the mean."""
    owners = cartogram(shapes).owners
    squares = np.bincount(owners[owners >= 0], minlength=len(shapes))
    return np.asarray(squares / squares.mean())


def test_equal_areas_stay() -> None:
    """Where all have the same room, nothing moves by more than a hundredth of the whole."""
    shapes = strips([0, 5, 10, 15, 20])
    drawn = cartogram(shapes)
    assert drawn.points == pytest.approx(shapely.get_coordinates(shapely.point_on_surface(shapes)), abs=200)


def test_unequal_areas_are_evened_out() -> None:
    """Ten narrow areas beside a wide one get the room of the mean, nearly, in the same order."""
    shapes = strips([*np.arange(0, 5.5, 0.5), 40])
    before = shapely.area(shapes) / shapely.area(shapes).mean()
    after = room(shapes)
    assert before.min() < 0.15
    assert after.min() > 0.5
    assert after.max() < 2
    assert (np.diff(cartogram(shapes).points[:, 0]) > 0).all()


def test_overall_room_stays() -> None:
    """All together have as much room as before, to a tenth."""
    shapes = strips([*np.arange(0, 5.5, 0.5), 40])
    drawn = cartogram(shapes)
    assert (drawn.owners >= 0).sum() * drawn.step**2 == pytest.approx(shapely.area(shapes).sum(), rel=0.1)


def test_points_lie_apart() -> None:
    """Of areas with tiny ones among them, no two points fall together, and all lie on the raster."""
    tiny = [shapely.box(10_000 + 30 * n, 0, 10_030 + 30 * n, 30) for n in range(20)]
    shapes = np.array([*tiny, shapely.box(0, 0, 10_000, 10_000)])
    drawn = cartogram(shapes)
    near, _ = cKDTree(drawn.points).query(drawn.points, k=2)
    assert near[:, 1].min() > 0
    assert (drawn.points >= drawn.corner).all()
    assert (drawn.points <= drawn.corner + drawn.step * len(drawn.owners)).all()


def test_a_single_area() -> None:
    """One area alone stays where it is."""
    drawn = cartogram(np.array([shapely.box(400_000, 300_000, 401_000, 301_000)]))
    assert drawn.points[0] == pytest.approx([400_500, 300_500], abs=5)
    assert set(np.unique(drawn.owners)) == {-1, 0}


def test_outlines_that_do_not_meet_exactly() -> None:
    """Areas that overlap a little, as those of careless files do, are drawn all the same."""
    shapes = strips([0, 5, 10, 15, 20])
    shapes[1] = shapely.buffer(shapes[1], 40)
    assert room(shapes).min() > 0.8
