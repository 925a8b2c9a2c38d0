"""Areas as matplotlib paths: their holes, their parts, their colours, and unions of them."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from matplotlib.collections import PathCollection
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.path import Path as Outline

from ec_maps import ice_colours
from ec_maps.boundaries.geometry import union
from ec_maps.graphics import layers, palette
from made import districts

TEN = [0.30 + 0.03 * place for place in range(10)]
RING = shapely.box(0, 0, 10, 10) - shapely.box(2, 2, 8, 8)
TWO = shapely.MultiPolygon([shapely.box(20, 0, 30, 10), shapely.box(40, 0, 50, 10)])


def test_outlines() -> None:
    """One path a shape: a hole stays open, each part is drawn, and no line joins them."""
    ring, two = layers.outlines(np.array([RING, TWO], dtype=object))
    assert list(ring.codes).count(Outline.MOVETO) == list(ring.codes).count(Outline.CLOSEPOLY) == 2
    assert list(two.codes).count(Outline.MOVETO) == 2
    assert {tuple(point) for point in ring.vertices} == set(map(tuple, shapely.get_coordinates(RING)))
    assert two.contains_point((25, 5))
    assert two.contains_point((45, 5))
    assert not two.contains_point((35, 5))


def test_no_shapes() -> None:
    """Nothing to draw draws nothing."""
    ax = Figure().add_subplot()
    assert layers.outlines(np.array([], dtype=object)) == []
    assert layers.fill(ax, np.array([], dtype=object)) is None
    assert len(ax.collections) == 0


def test_fill_keeps_the_view() -> None:
    """Drawing beyond the axes does not move them."""
    ax = Figure().add_subplot()
    ax.set(xlim=(0, 1), ylim=(0, 1))
    layers.fill(ax, np.array([TWO], dtype=object), facecolors="#ff0000")
    ax.autoscale_view()
    assert ax.get_xlim() == (0, 1)


def _filled(ax: object) -> list[PathCollection]:
    return [drawn for drawn in ax.collections if isinstance(drawn, PathCollection)]  # type: ignore[attr-defined]


def test_draw_deciles() -> None:
    """Each shape has its decile's colour, whatever the order of rows; the one without a value is hatched."""
    table = districts([None, *TEN[::-1]])
    ax = Figure().add_subplot()
    layers.draw_deciles(ax, table, edge=0.5)
    hatched, filled = _filled(ax)
    assert hatched.get_hatch() == layers.HATCHING
    assert len(hatched.get_paths()) == 1
    at = {tuple(path.vertices.min(axis=0)): to_hex(face) for path, face in zip(
        filled.get_paths(), filled.get_facecolor(), strict=True
    )}  # fmt: skip
    for decile, shape in zip(table["decile"][1:], table.geometry[1:], strict=True):
        assert at[shape.bounds[:2]] == ice_colours()[decile - 1]


def test_every_class_has_an_edge_that_is_seen() -> None:
    """An area's edge differs from its own fill by 20 in lightness at least, on every class."""
    ax = Figure().add_subplot()
    layers.draw_deciles(ax, districts(TEN), edge=0.5)
    (filled,) = _filled(ax)
    for face, edge in zip(filled.get_facecolor(), filled.get_edgecolor(), strict=True):
        assert abs(palette.lightness(to_hex(face)) - palette.lightness(to_hex(edge))) >= 20


def test_cased_outline() -> None:
    """A cased outline is a dark line on a wider white one."""
    ax = Figure().add_subplot()
    layers.draw_outline(ax, TWO, width=2, cased=True)
    under, line = _filled(ax)
    assert to_hex(under.get_edgecolor()[0]) == "#ffffff"
    assert under.get_linewidth()[0] > line.get_linewidth()[0] == 2
    assert under.get_zorder() < line.get_zorder()


def test_draw_picture() -> None:
    """A picture fills the view, its first row at the top, and leaves view and shape of the axes as they are."""
    ax = Figure().add_axes((0, 0, 1, 1), xlim=(3, 9), ylim=(2, 4))
    pixels = np.zeros((2, 3, 4), dtype=np.uint8)
    layers.draw_picture(ax, pixels, zorder=3.5)
    (image,) = ax.images
    assert tuple(image.get_extent()) == (3, 9, 2, 4)
    assert image.origin == "upper"
    assert image.get_zorder() == 3.5
    assert (*ax.get_xlim(), *ax.get_ylim(), ax.get_aspect()) == (3, 9, 2, 4, "auto")


@pytest.mark.parametrize(
    "shapes",
    [
        [shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)],
        [shapely.box(0, 0, 1, 1), shapely.box(0.5, 0, 2, 1)],
        [shapely.box(0, 0, 1, 1), shapely.box(1, 0.3, 2, 1.3)],
        [shapely.box(0, 0, 1, 1), shapely.box(5, 5, 6, 6)],
        [RING],
    ],
    ids=["edges shared", "overlapping", "edges shared in part", "apart", "one"],
)
def test_union(shapes: list[shapely.Geometry]) -> None:
    """The union is the same as shapely's own, whether or not the shapes fit together."""
    assert union(np.array(shapes, dtype=object)).equals(shapely.union_all(shapes))
