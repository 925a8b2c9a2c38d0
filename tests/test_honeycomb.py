"""The honeycomb: cells that meet exactly, paths over them, and exchanges that join an owner's pieces."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from ec_maps.honeycomb import NOBODY, Gathering, Honeycomb

BOX = (-1_000.0, 2_000.0, 9_000.0, 9_000.0)


@pytest.fixture(scope="module")
def comb() -> Honeycomb:
    """Return a honeycomb of some eighty cells of a square kilometre."""
    return Honeycomb(BOX, 1_000_000)


def whole(comb: Honeycomb) -> np.ndarray:
    """Return all cells."""
    return np.arange(len(comb.centres))


def pieces_of(comb: Honeycomb, owners: np.ndarray) -> int:
    """Return how many pieces all owners have together."""
    return sum(len(comb.pieces(np.flatnonzero(owners == owner))) for owner in np.unique(owners) if owner != NOBODY)


def test_cells(comb: Honeycomb) -> None:
    """Cells are equal, of the size asked for to a part in a hundred, in the box, and cover without gap or overlap."""
    shapes = comb.shapes(whole(comb))
    assert len(shapes) > 60
    assert np.ptp(shapely.area(shapes)) == 0
    assert shapely.area(shapes[0]) == pytest.approx(1_000_000, rel=0.01)
    assert shapely.coverage_is_valid(shapes)
    assert len(shapely.coverage_union_all(shapes).interiors) == 0
    assert (comb.centres >= BOX[:2]).all()
    assert (comb.centres <= BOX[2:]).all()
    assert np.allclose(shapely.get_coordinates(shapely.centroid(shapes)), comb.centres)


def test_regular(comb: Honeycomb) -> None:
    """All six sides of a cell are as long as one another, to a part in five hundred."""
    corners = shapely.get_coordinates(comb.shapes(np.array([0])))
    sides = np.hypot(*np.diff(corners, axis=0).T)
    assert len(sides) == 6
    assert np.ptp(sides) < sides.mean() / 500


def test_neighbours(comb: Honeycomb) -> None:
    """Neighbours are the cells that share a side, each a cell's width away; inner cells have six."""
    for cell in whole(comb).tolist():
        away = np.hypot(*(comb.centres - comb.centres[cell]).T)
        near = set(np.flatnonzero((away > 0) & (away < 1.1 * comb.width)).tolist())
        assert set(comb.neighbours[cell]) == near
    assert max(map(len, comb.neighbours)) == 6


def test_the_grid_hangs_from_its_origin() -> None:
    """Cells of two boxes that overlap are the same cells where both have them."""
    one = Honeycomb((0, 0, 10_000, 10_000), 1e6)
    other = Honeycomb((3_333, 2_777, 14_000, 14_000), 1e6)
    shared = {tuple(centre) for centre in one.centres.tolist()} & {tuple(centre) for centre in other.centres.tolist()}
    assert len(shared) > 30
    inside = (other.centres <= 10_000).all(axis=1)
    assert inside.sum() == len(shared)


def test_tiny_cells() -> None:
    """Cells are never narrower than two metres, however small the areas."""
    assert Honeycomb((0, 0, 20, 20), 0.01).width == 2


def test_pieces(comb: Honeycomb) -> None:
    """Pieces are what hangs together, the largest first."""
    first = 0
    far = int(np.argmax(np.hypot(*(comb.centres - comb.centres[first]).T)))
    pieces = comb.pieces([far, first, *comb.neighbours[first]])
    assert [set(piece) for piece in pieces] == [{first, *comb.neighbours[first]}, {far}]
    assert comb.pieces([]) == []


def test_path(comb: Honeycomb) -> None:
    """A path is a shortest one, goes from neighbour to neighbour, and is None where there is no way."""
    row = np.flatnonzero(comb.rows == comb.rows[0]).tolist()
    assert comb.path([row[0]], lambda _: True, lambda cell: cell == row[-1]) == row
    assert comb.path([row[0]], lambda _: False, lambda cell: cell == row[-1]) is None


def test_a_stray_cell_is_exchanged(comb: Honeycomb) -> None:
    """A single cell amid another owner's comes to lie beside its own, and both keep their number."""
    left = comb.centres[:, 0] < 3_000
    owners = np.where(left, 1, 2)
    stray = int(np.argmax(comb.centres[:, 0]))
    owners[stray] = 1
    after = Gathering(comb, owners).gathered()
    assert pieces_of(comb, after) == 2
    assert (after == 1).sum() == (owners == 1).sum()
    assert after[stray] == 2


def test_an_islet_is_bridged_to(comb: Honeycomb) -> None:
    """A large piece beyond a strait stays where it is; cells of the strait join it to the rest."""
    x = comb.centres[:, 0]
    owners = np.where((x > 3_500) & (x < 4_600), NOBODY, 7)
    after = Gathering(comb, owners).gathered()
    assert pieces_of(comb, owners) == 2
    assert pieces_of(comb, after) == 1
    assert (after == 7).sum() == (owners == 7).sum()
    assert ((after != owners) & (owners == NOBODY)).sum() <= 2


def test_exchanges_stay_within(comb: Honeycomb) -> None:
    """Cells are exchanged on one ground only: what each ground's owners hold stays on it."""
    ground = (comb.centres[:, 1] > 5_000).astype(int)
    owners = np.random.default_rng(4).integers(0, 3, len(ground)) + 10 * ground
    after = Gathering(comb, owners, within=ground).gathered()
    assert ((after >= 10) == (ground == 1)).all()
    assert pieces_of(comb, after) < pieces_of(comb, owners)


@given(st.integers(0, 2**32 - 1), st.integers(1, 7), st.floats(0, 0.5))
def test_exchanges_keep_numbers(seed: int, number: int, free: float) -> None:
    """Whoever owns which cells, each owner keeps as many, and there are never more pieces than before."""
    comb = Honeycomb(BOX, 1_000_000)
    rng = np.random.default_rng(seed)
    owners = rng.integers(0, number, len(comb.centres))
    owners[rng.random(len(owners)) < free] = NOBODY
    after = Gathering(comb, owners).gathered()
    assert (np.bincount(after + 1, minlength=9) == np.bincount(owners + 1, minlength=9)).all()
    assert pieces_of(comb, after) <= pieces_of(comb, owners)
    assert (Gathering(comb, owners).gathered() == after).all()
