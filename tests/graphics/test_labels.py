"""Every word on every map: inside the figure, on nothing else, and pointing at what it names."""

from __future__ import annotations

import itertools
from collections.abc import Iterable

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.text import Annotation, Text

from ec_maps.about import About
from ec_maps.graphics import palette
from ec_maps.graphics.annotation import area_numbers, number_areas
from ec_maps.graphics.label_index import Index, Positions, Shapes, roomiest_point
from ec_maps.graphics.labels import Box, Ground, Placer
from ec_maps.graphics.layout import Words, new_layout, view
from ec_maps.graphics.legend import Key
from ec_maps.graphics.text_metrics import DPI, forms, text_size, wrap
from ec_maps.maps.choropleth import Map, local_map, national_map, regional_map
from made import Tables, demo_tables, real_tables, squares
from tested_places import ALL_PLACES

#: Islands, single neighbourhoods, the largest and the smallest, the longest names, holes, crowds of small towns.
HARD = [
    "Isles of Scilly", "City of London", "Cornwall", "Isle of Anglesey", "Birmingham", "Rutland", "Westminster",
    "Powys", "Portsmouth", "North East Lincolnshire", "Great Yarmouth", "Redcar and Cleveland", "Telford and Wrekin",
    "Bournemouth, Christchurch and Poole", "Northumberland", "West Northamptonshire",
    "Shropshire", "Gwynedd", "Medway", "Southend-on-Sea",
    "Kingston upon Hull, City of", "Isle of Wight", "Barrow-in-Furness", "Leeds", "County Durham",
]  # fmt: skip

SOURCES = [pytest.param("demo", id="demo"), pytest.param("real", marks=[pytest.mark.geo, pytest.mark.full], id="real")]


@pytest.fixture
def tables(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Tables:
    """Return the demonstration's tables, and switch to it, or those of the real boundaries."""
    if request.param == "real":
        return real_tables(request.getfixturevalue("geo"))
    request.getfixturevalue("demo")
    return demo_tables(request.getfixturevalue("demo_data_dir"))


def _box(text: Text) -> shapely.Polygon:
    """Return what a text covers, its frame included, in pixels of the figure."""
    renderer = text.figure.canvas.get_renderer()  # type: ignore[union-attr]
    if isinstance(text, Annotation):
        text.update_positions(renderer)
    extent = Text.get_window_extent(text, renderer)  # an annotation's own would include its arrow
    patch = text.get_bbox_patch()
    if patch is not None and patch.get_edgecolor()[3] > 0:  # without an edge it only clears the hatching
        text.update_bbox_position_size(renderer)
        extent = patch.get_window_extent(renderer)
    elif text.get_text().isdigit():
        # Digits stand on the line: the extent has room beneath it that nothing is drawn in.
        extent = extent.from_extents(extent.x0, extent.y0 + 0.2 * extent.height, extent.x1, extent.y1)
    return shapely.box(extent.x0, extent.y0, extent.x1, extent.y1)


def _overlaps(boxes: list[shapely.Polygon]) -> list[tuple[int, int]]:
    """Return the pairs of boxes that share more than a pixel's breadth."""
    shrunk = shapely.buffer(np.array(boxes, dtype=object), -0.5, join_style="mitre")
    a, b = shapely.STRtree(shrunk).query(shrunk, predicate="intersects")
    return [(int(i), int(j)) for i, j in zip(a, b, strict=True) if i < j]


def faults_of_words(drawn: Map) -> list[str]:
    """Return what is wrong with the words of a map: off the figure, on one another, on the furniture."""
    figure = drawn.figure
    outside = shapely.box(0, 0, *(figure.get_size_inches() * figure.dpi))
    frame = figure.axes[0].bbox
    land = shapely.box(frame.x0, frame.y0, frame.x1, frame.y1)
    faults = []
    on_map = [text for ax in figure.axes if ax.get_label() != "furniture" for text in ax.texts]
    around = [text for ax in figure.axes if ax.get_label() == "furniture" for text in ax.texts]
    for texts, home in ((on_map, land), (around, outside)):
        boxes = [_box(text) for text in texts]
        faults += [f"cut off: {t.get_text()!r}" for t, box in zip(texts, boxes, strict=True) if not home.covers(box)]
        faults += [f"{texts[i].get_text()!r} is on {texts[j].get_text()!r}" for i, j in _overlaps(boxes)]
    inner = land.buffer(-1)
    faults += [f"on the map: {text.get_text()!r}" for text in around if inner.intersects(_box(text))]
    return faults


def faults_of_numbers(drawn: Map) -> list[str]:
    """Return what is wrong with the numbers of a local map: not there, not in their area, a line to another area."""
    ax = drawn.figure.axes[0]
    shapes = dict(zip(area_numbers(drawn.areas["msoa21nm"]), drawn.areas.geometry, strict=True))
    numbers = [text for text in ax.texts if text.get_style() == "normal"]
    faults = []
    if sorted(text.get_text() for text in numbers) != sorted(shapes):
        faults.append(f"numbers {sorted(text.get_text() for text in numbers)}, areas {sorted(shapes)}")
    starts = {tuple(np.round(line.get_xydata()[0], 3)): line.get_xydata()[1] for line in ax.lines}
    for text in numbers:
        at = tuple(np.round(text.get_position(), 3))
        end = starts.pop(at, at)
        if not shapes[text.get_text()].contains(shapely.Point(end)):
            faults.append(f"{text.get_text()} points beside its area")
    if starts:
        faults.append(f"{len(starts)} lines start at no number")
    return faults + _faults_of_lines([shapely.LineString(line.get_xydata()) for line in ax.lines], numbers)


def _faults_of_lines(lines: list[shapely.LineString], texts: list[Text]) -> list[str]:
    faults = [f"two lines cross near {a.centroid.wkt}" for a, b in itertools.combinations(lines, 2) if a.intersects(b)]
    for text in texts:
        ax = text.axes
        seen = _box(text).buffer(-1, join_style="mitre")  # to a pixel, as text is drawn on whole ones
        box = shapely.transform(seen, ax.transData.inverted().transform)  # type: ignore[union-attr]
        own = shapely.Point(text.get_position())
        faults += [
            f"a line runs through {text.get_text()!r}"
            for line in lines
            if line.intersects(box) and line.distance(own) > 1e-3
        ]
    return faults


def faults_of_arrows(drawn: Map, names: Iterable[str]) -> list[str]:
    """Return what is wrong with the arrows of a regional map: none, more than one, a tip outside the place."""
    shapes = dict(zip(drawn.areas["lad21nm"], drawn.areas.geometry, strict=True))
    arrows = {
        " ".join(text.get_text().split()): text for text in drawn.figure.axes[0].texts if isinstance(text, Annotation)
    }
    faults = [] if sorted(arrows) == sorted(names) else [f"arrows for {sorted(arrows)}"]
    faults += [
        f"{name}'s arrow ends outside it" for name, text in arrows.items() if not shapes[name].contains(
            shapely.Point(text.xy)
        )
    ]  # fmt: skip
    lines = [shapely.LineString([text.get_position(), text.xy]) for text in arrows.values()]
    return faults + _faults_of_lines(lines, list(drawn.figure.axes[0].texts))


@pytest.mark.parametrize("tables", SOURCES, indirect=True)
def test_national_words(tables: Tables) -> None:
    """On the national map no word is cut off or on another, and London's inset lies in the map off the coast."""
    drawn = national_map(tables.lads, context=tables.context)
    assert faults_of_words(drawn) == []
    ax, inset = drawn.figure.axes[0], next(ax for ax in drawn.figure.axes if ax.get_label() == "London")
    corners = ax.transData.inverted().transform(inset.bbox.corners())
    assert not shapely.MultiPoint(corners).convex_hull.intersects(shapely.union_all(tables.lads.geometry.to_numpy()))
    assert all(ax.bbox.contains(*corner) for corner in inset.bbox.corners())


@pytest.mark.parametrize("tables", SOURCES, indirect=True)
@pytest.mark.parametrize("place", [*HARD[:12], *(pytest.param(place, marks=pytest.mark.full) for place in HARD[12:])])
def test_words_of_hard_districts(tables: Tables, place: str) -> None:
    """On the maps of awkward districts no word is cut off or on another, and each number belongs to its area."""
    drawn = local_map(tables.msoas, place, context=tables.context)
    assert faults_of_words(drawn) + faults_of_numbers(drawn) == []


@pytest.mark.parametrize("tables", SOURCES, indirect=True)
def test_words_of_regions(tables: Tables) -> None:
    """On the maps of all ten regions no word is cut off or on another."""
    regions = sorted(tables.lads["rgn21nm"].unique())
    assert len(regions) == 10
    faults = {name: faults_of_words(regional_map(tables.lads, name, context=tables.context)) for name in regions}
    assert {name: found for name, found in faults.items() if found} == {}


@pytest.mark.full
@pytest.mark.skipif(not ALL_PLACES, reason="for the weekly run: EC_MAPS_TEST_ALL_PLACES is not set")
@pytest.mark.parametrize("tables", SOURCES, indirect=True)
def test_words_of_all_districts(tables: Tables) -> None:
    """The same holds for the map of every one of the 331 districts."""
    names = sorted(tables.lads["lad21nm"])
    assert len(names) == 331
    faults = {}
    for name in names:
        drawn = local_map(tables.msoas, name, context=tables.context)
        if found := faults_of_words(drawn) + faults_of_numbers(drawn):
            faults[name] = found
    assert faults == {}


@pytest.mark.full
@pytest.mark.parametrize("tables", SOURCES, indirect=True)
def test_arrows_to_pairs_of_districts(tables: Tables) -> None:
    """Each of two districts of a region, highlighted together, has an arrow that ends in it and crosses nothing.

    Two pairs of each region; in the weekly run every district.
    """
    faults = {}
    for region, names in tables.lads.groupby("rgn21nm")["lad21nm"]:
        in_order = sorted(names)
        pairs = [in_order[at : at + 2] for at in range(0, len(in_order), 2)]
        for pair in pairs if ALL_PLACES else [pairs[1], pairs[-1]]:
            drawn = regional_map(tables.lads, str(region), highlight=pair, context=tables.context)
            if found := faults_of_words(drawn) + faults_of_arrows(drawn, pair):
                faults[" + ".join(pair)] = found
    assert faults == {}


@pytest.mark.parametrize("tables", SOURCES[:1], indirect=True)
@pytest.mark.parametrize(
    ("region", "names"),
    [
        ("East of England", ["Great Yarmouth"]),
        ("North East", ["Redcar and Cleveland", "Hartlepool", "Middlesbrough"]),
        ("London", ["City of London", "Westminster"]),
        ("South West", ["Isles of Scilly", "Bournemouth, Christchurch and Poole"]),
        ("Yorkshire and The Humber", ["Kingston upon Hull, City of", "North East Lincolnshire"]),
        ("South East", ["Portsmouth", "Southampton", "Isle of Wight", "Medway", "Slough"]),
    ],
)
def test_arrows(tables: Tables, region: str, names: list[str]) -> None:
    """Highlighted places share one map, each with an arrow that ends in it and crosses nothing."""
    drawn = regional_map(tables.lads, region, highlight=names)
    assert faults_of_words(drawn) + faults_of_arrows(drawn, names) == []


def test_text_size() -> None:
    """A text's measured size is what matplotlib draws, within a twentieth."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(dpi=DPI)
    FigureCanvasAgg(figure)
    for text, size, weight in (
        ("Great Yarmouth", 9.0, "bold"),
        ("one\nlonger line", 7.0, "normal"),
        ("12", 5.0, "normal"),
    ):
        drawn = figure.text(0.5, 0.5, text, size=size, weight=weight).get_window_extent()
        width, height = text_size(text, size, weight)
        assert width == pytest.approx(drawn.width / DPI, rel=0.05)
        assert height >= drawn.height / DPI * 0.95


@given(st.lists(st.text("abcdefgh", min_size=1, max_size=12), min_size=1, max_size=30), st.floats(0.3, 5))
def test_wrap(words: list[str], width: float) -> None:
    """Wrapping keeps every word, in order, and no line of several words is wider than asked."""
    lines = wrap(" ".join(words), 8, width).split("\n")
    assert " ".join(lines).split() == words
    assert all(text_size(line, 8)[0] <= width for line in lines if " " in line)


def test_forms() -> None:
    """A name is tried in one, two and three lines, each broken as evenly as its words allow."""
    assert forms("Bath") == ["Bath"]
    assert forms("King's Lynn and West Norfolk") == [
        "King's Lynn and West Norfolk",
        "King's Lynn and\nWest Norfolk",
        "King's Lynn\nand West\nNorfolk",
    ]


def test_roomiest_point_of_a_horseshoe() -> None:
    """The point lies in the area even where its centroid does not, and in the larger of two parts."""
    horseshoe = shapely.box(0, 0, 10, 10) - shapely.box(2, 2, 8, 11)
    assert not horseshoe.contains(horseshoe.centroid)
    both = shapely.union_all([horseshoe, shapely.box(20, 0, 21, 1)])
    assert horseshoe.contains(shapely.Point(roomiest_point(both)))


def test_inside_area_only_where_it_fits() -> None:
    """A text is written inside an area that holds it, smaller if need be, and not at all in one that does not."""
    placer = Placer(Box(0, 0, 5, 5))
    wide = placer.inside_area("Testham", shapely.box(1, 1, 3, 3), (8, 6))
    assert wide is not None
    assert wide.size == 8
    narrow = placer.inside_area("Testham", shapely.box(4, 1, 4 + text_size("Testham", 6)[0] + 0.02, 3), (8, 6))
    assert narrow is not None
    assert narrow.size == 6
    assert placer.inside_area("Testham", shapely.box(0, 4, 0.1, 4.1), (8, 6)) is None


def test_inside_area_off_what_is_placed() -> None:
    """A text is not written on another, nor across a line."""
    placer = Placer(Box(0, 0, 5, 5))
    area = shapely.box(1, 1, 2, 2)
    placer.taken.append(Box(1.4, 1.4, 1.6, 1.6))
    assert placer.inside_area("12", area, (8,)) is None
    placer = Placer(Box(0, 0, 5, 5), lines=[shapely.LineString([(0, 1.5), (5, 1.5)])])
    assert placer.inside_area("12", area, (8,)) is None


def test_beside_prefers_the_sea() -> None:
    """A text beside a place lies off the land where the way is short, and keeps its distance from the point."""
    frame = Box(0, 0, 4, 4)
    land = shapely.box(0, 0, 2, 4)
    place = shapely.box(1.6, 1.8, 2, 2.2)
    label, point = Placer(frame).beside("Port", place, 9, Ground(frame, land), cover=3.0, pad=0.05, least=0.3)
    assert label.box.left >= 2
    assert place.contains(shapely.Point(point))
    assert label.box.shape().distance(shapely.Point(point)) >= 0.3
    assert label.box.inside(frame)


def test_beside_keeps_other_places_in_sight() -> None:
    """A text beside a place does not cover another place to keep in sight, though that were nearer."""
    frame = Box(0, 0, 4, 4)
    ground = Ground(frame, shapely.box(10, 10, 11, 11))
    place, other = shapely.box(1.9, 1.9, 2.1, 2.1), shapely.box(1.2, 2.2, 2.8, 2.9)
    for place_first in (True, False):
        both = [place, other] if place_first else [other, place]
        keep = Shapes(both, [roomiest_point(shape) for shape in both])
        label, _ = Placer(frame).beside("Place", place, 9, ground, keep=keep, cover=3.0, pad=0.05, least=0.3)
        assert not label.box.shape().intersects(other)


def test_beside_on_a_full_map() -> None:
    """A text finds a place on a map that is full of others: still within the frame."""
    frame = Box(0, 0, 2, 2)
    placer = Placer(frame, taken=[frame])
    place, ground = shapely.box(0.9, 0.9, 1.1, 1.1), Ground(frame, shapely.box(0, 0, 2, 2))
    label, _ = placer.beside("Lost", place, 9, ground, cover=1.0, pad=0.05, least=0.3)
    assert label.box.inside(frame)


def test_a_number_without_room_is_left_out() -> None:
    """A label that need not be there takes nothing of a full map, and later ones still have their room."""
    frame = Box(0, 0, 2, 2)
    placer = Placer(frame, taken=[frame])
    place, ground = shapely.box(0.9, 0.9, 1.1, 1.1), Ground(frame, shapely.box(0, 0, 2, 2))
    label, _ = placer.beside("12", place, 9, ground, cover=1.0, pad=0.05, least=0.3, always=False)
    assert label.crowded
    assert (placer.taken, placer.lines) == ([frame], [])


BOXES = st.lists(st.tuples(*[st.integers(0, 40)] * 4), max_size=30).map(
    lambda edges: [Box(min(a, c) / 8, min(b, d) / 8, (max(a, c) + 1) / 8, (max(b, d) + 1) / 8) for a, b, c, d in edges]
)


@given(boxes=BOXES, probes=BOXES, cut=st.integers(0, 30))
def test_an_index_that_grows_finds_what_each_comparison_finds(boxes: list[Box], probes: list[Box], cut: int) -> None:
    """Whatever is added in whatever steps, an index, and a copy that went another way, find all that is met."""
    shapes, marks = [box.shape() for box in boxes], np.array([box.shape() for box in probes], dtype=object)
    index = Index().of(shapes[:cut])
    copy = index.copy().grown(marks)
    found = index.of(shapes).met(marks)
    assert found.tolist() == [any(mark.intersects(shape) for shape in shapes) for mark in marks]
    assert copy.met(marks).all()


@given(boxes=BOXES, cut=st.integers(0, 30))
def test_taken_positions_are_those_that_boxes_meet(boxes: list[Box], cut: int) -> None:
    """A position is taken if its box meets or touches one that is there; earlier states do not change."""
    centres = np.stack(np.meshgrid(np.arange(0, 5, 0.25), np.arange(0, 5, 0.25)), axis=-1).reshape(-1, 2)
    edges = [(box.left, box.bottom, box.right, box.top) for box in boxes]
    before = Positions(centres, (0.5, 0.25)).after(edges[:cut])
    first = before.free.tolist()
    free = np.flatnonzero(before.after(edges).free)
    every = [Box.around(x, y, (0.5, 0.25)).shape() for x, y in centres]
    assert free.tolist() == [
        at for at, shape in enumerate(every) if not any(shape.intersects(box.shape()) for box in boxes)
    ]
    assert before.free.tolist() == first


def test_comparisons_grow_with_the_number_of_labels(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten times as many areas take about ten times as many comparisons, not a hundred times."""
    compared = []
    near = Index.near

    def counted(self: Index, shape: shapely.Geometry) -> np.ndarray:
        found = near(self, shape)
        compared.append(len(found) + len(self._trees))
        return found

    monkeypatch.setattr(Index, "near", counted)
    totals = []
    for side in (10, 32):
        compared.clear()
        placer = Placer(Box(0, 0, side, side))
        for x, y in itertools.product(range(side), range(side)):
            assert placer.inside_area("12", shapely.box(x, y, x + 1, y + 1), (8,))
        totals.append(sum(compared) / side**2)
    assert totals[1] <= 2 * totals[0]


@pytest.mark.parametrize("side", [12, 30, 45, 100])
def test_large_tables_get_through(side: int) -> None:
    """Up to ten thousand areas are numbered as far as there is room, with no number on another."""
    table = squares(list(np.linspace(0.3, 0.6, side**2)))
    corners = np.arange(side) * 30_000 / side + 400_000
    shapes = [shapely.box(x, y, x + 30_000 / side, y + 30_000 / side) for x, y in itertools.product(corners, corners)]
    table = table.set_geometry(shapes, crs="EPSG:27700")
    key = Key.of(About.of(table), "")
    layout = new_layout(view(table.total_bounds), Words("", "", ""), key, demo=False, scale_bar=False)
    placer = Placer(layout.frame)
    number_areas(layout, placer, table, area_numbers(table["msoa21nm"]), palette.colours_of(table))
    boxes = np.array([box.shape() for box in placer.taken], dtype=object)
    assert len(shapely.STRtree(boxes).query(boxes, predicate="overlaps")[0]) == 0
    assert len(layout.ax.texts) == len(boxes)
    assert len(boxes) == side**2 or side > 12


def test_ground() -> None:
    """The raster knows how much land lies beneath a box and a line, and the largest empty rectangle."""
    frame = Box(0, 0, 6, 4)
    ground = Ground(frame, shapely.box(0, 0, 2, 4))
    centres = np.array([[1.0, 2.0], [2.0, 2.0], [4.0, 2.0]])
    assert ground.covered(centres, (0.8, 0.4)) == pytest.approx([1, 0.5, 0], abs=0.05)
    assert ground.crossed(np.array([[5.0, 2.0], [3.0, 3.0]]), (1.0, 2.0)) == pytest.approx([1, 2**0.5 * 0.79], abs=0.2)
    empty = ground.empty_rectangle(2.0, 0.2)
    assert empty is not None
    assert empty.left >= 2.2 - 0.05
    assert empty.right <= 5.85
    assert (empty.right - empty.left) / (empty.top - empty.bottom) == pytest.approx(2, rel=0.05)
    assert Ground(frame, shapely.box(0, 0, 6, 4)).empty_rectangle(2.0, 0) is None
