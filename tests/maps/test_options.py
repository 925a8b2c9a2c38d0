"""The options of maps: title, colours, size, and axes of the caller's."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import matplotlib as mpl
import matplotlib.style
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import PathCollection
from matplotlib.figure import Figure

import ec_maps
from ec_maps.about import About
from ec_maps.errors import EcMapsError, PaletteError, SettingError
from ec_maps.graphics import layers, palette
from ec_maps.graphics.layout import DEMO_WORDS
from ec_maps.maps.choropleth import Map, local_map, national_map, regional_map
from ec_maps.maps.hexmap import hexagon_map
from ec_maps.maps.options import options
from made import Picture, Tables, counted, demo_tables, districts, nothing_around, squares

VALUES: list[float | None] = [0.31, 0.32, 0.33, 0.34, 0.35, 0.36, 0.37, 0.38, 0.39, 0.4, None]

#: Ten colours from light (lowest) to dark.
OWN = [f"#{255 - 20 * at:02x}{240 - 20 * at:02x}{60 - 5 * at:02x}" for at in range(10)]


def region(**look: Any) -> Map:
    """Return a map of eleven districts in a row, each a kilometre wide."""
    return regional_map(districts(VALUES), "North East", context=nothing_around(), **look)


@pytest.fixture
def tables(demo: Path, demo_data_dir: Path) -> Tables:
    """Return the demonstration's tables, and switch to it."""
    return demo_tables(demo_data_dir)


def words_on(drawn: Map) -> str:
    """Return all text on a figure."""
    return " ".join(text.get_text().replace("\n", " ") for text in drawn.figure.findobj(mpl.text.Text))  # type: ignore[attr-defined]


def test_words_of_the_callers() -> None:
    """A title and a subtitle take the place of ours and are not read as mathematics; the caption stays."""
    drawn, plain = region(title="Costs of $5 and $6", subtitle="In my words"), region()
    assert "Costs of $5 and $6" in words_on(drawn)
    assert "In my words" in words_on(drawn)
    assert "Economic connectedness in" not in words_on(drawn)
    assert (drawn.caption, drawn.alt_text) == (plain.caption, plain.alt_text)


def test_colours_of_the_callers(tmp_path: Path) -> None:
    """Each area has exactly its class's colour, and so has the legend; no words speak of purple."""
    drawn = region(palette=OWN)
    picture = Picture(drawn, tmp_path)
    ax = drawn.figure.axes[0]
    for shape, decile in zip(drawn.areas.geometry, drawn.areas["decile"], strict=True):
        if decile is not None and not np.isnan(float(decile) if str(decile) != "<NA>" else np.nan):
            lower = shapely.clip_by_rect(shape, *shape.bounds[:3], shape.bounds[1] + 250)
            assert next(iter(counted(picture.inside(ax, lower)))) == OWN[int(decile) - 1]
    swatches = [
        patch for patch in drawn.figure.findobj(mpl.patches.Rectangle) if layers.SWATCH in (patch.get_gid() or "")
    ]
    assert [mpl.colors.to_hex(one.get_facecolor()) for one in swatches[:10]] == OWN
    assert "Purple" not in words_on(drawn)
    assert "Darker is higher." in words_on(drawn)
    assert "lightest lowest, darkest highest" in drawn.alt_text
    assert "Darker is lower." in words_on(region(palette=OWN[::-1]))


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ("viridis", 'is "viridis"; it is a list of 10 colours'),
        (np.array(5), "is a ndarray; it is a list of 10 colours"),
        (7, "is 7"),
        (OWN[:9], "9 colours, where there have to be 10"),
        ([*OWN, "#000000"], "11 colours"),
        ([], "0 colours"),
        (["#nonono", *OWN[1:]], 'colour 1: "#nonono" is no colour'),
        ([None, *OWN[1:]], "colour 1: None is no colour"),
        ([(1, 1, 0, 0.5), *OWN[1:]], "see-through"),
        ([*OWN[:3], OWN[4], OWN[3], *OWN[5:]], "colour 5: .* is not darker than"),
        (["#000000"] * 10, "is not lighter than #000000"),
        (["#ffffff", *OWN[1:]], "the page and of areas without an estimate"),
        ([*OWN[:-1], palette.NEIGHBOUR], "land around"),
    ],
)
def test_colours_that_cannot_be_used(given: Any, says: str) -> None:
    """A palette of another number, with no colours, see-through, uneven or of what is not data is a letter."""
    with pytest.raises(PaletteError, match=says):
        region(palette=given)


def test_colours_are_taken_in_any_form() -> None:
    """Names, tuples and NumPy's rows are colours as matplotlib has them."""
    rows = np.array([mpl.colors.to_rgb(colour) for colour in OWN])
    assert palette.chosen_colours(rows, 10) == OWN
    assert palette.chosen_colours(["navy", (1.0, 1.0, 0.0)], 2) == ["#000080", "#ffff00"]


@pytest.mark.parametrize("size", [(4, 6.5), (6, 5), (9, 6), (10.5, 12)])
def test_size_of_the_figure(size: tuple[float, float]) -> None:
    """A figure has the size asked for; text keeps its size; the map fills the room with equal scales."""
    drawn = region(figsize=size)
    assert tuple(drawn.figure.get_size_inches()) == pytest.approx(size)
    ax = drawn.figure.axes[0]
    across, high = np.diff(ax.get_xlim())[0], np.diff(ax.get_ylim())[0]
    assert across / ax.bbox.width == pytest.approx(high / ax.bbox.height)
    assert ax.bbox.width / drawn.figure.dpi == pytest.approx(size[0] - 0.28)
    sizes = {text.get_fontsize() for text in drawn.figure.axes[1].texts}
    assert sizes == {text.get_fontsize() for text in region().figure.axes[1].texts}


def test_words_stay_within_a_narrow_figure(tables: Tables) -> None:
    """In figures of several sizes no words are cut off or on others, beside and within the map."""
    for size in ((3.2, 7.5), (4.5, 8), (12, 9)):
        drawn = local_map(tables.msoas, "Great Yarmouth", figsize=size)
        FigureCanvasAgg(drawn.figure).draw()
        boxes = [text.get_window_extent() for text in drawn.figure.axes[1].texts]
        width, height = drawn.figure.bbox.width, drawn.figure.bbox.height
        home = shapely.box(-1, -1, width + 1, height + 1)
        assert all(home.covers(shapely.box(*box.extents)) for box in boxes)
        shapes = [shapely.box(box.x0, box.y0, box.x1, box.y1).buffer(-2) for box in boxes]
        met = shapely.STRtree(shapes).query(shapes, predicate="intersects")
        assert (met[0] == met[1]).all(), [
            drawn.figure.axes[1].texts[at].get_text() for at in met[:, met[0] != met[1]][0]
        ]


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ((1, 1), "width of 3.2 to 24"),
        ((6, 2), r"give figsize=\(6, \d"),
        ((6, 0), "figsize= is"),
        ((6, 1000), "figsize= is"),
        ((-6, 6), "figsize= is"),
        ((float("nan"), 6), "figsize= is"),
        ((6,), "figsize= is"),
        ((6, 6, 6), "figsize= is"),
        ("66", "figsize= is"),
        (6, "figsize= is"),
        (("a", "b"), "figsize= is"),
    ],
)
def test_sizes_that_cannot_be(given: Any, says: str) -> None:
    """A size that is no two numbers, or too small for words and map, is a letter; the size it names is enough."""
    with pytest.raises(SettingError, match=says) as caught:
        region(figsize=given)
    if "give figsize=" in str(caught.value):
        width, height = str(caught.value).rpartition("figsize=(")[2].partition(")")[0].split(", ")
        region(figsize=(float(width), float(height)))


# --- axes of the caller's ---------------------------------------------------------------------------


def own_figure(columns: int = 1, size: tuple[float, float] = (5, 5), **more: Any) -> tuple[Figure, Any]:
    """Return a figure of the caller's with its axes."""
    figure = Figure(figsize=size, **more)
    FigureCanvasAgg(figure)
    return figure, figure.subplots(1, columns, squeeze=False)[0]


@contextmanager
def untouched(figure: Figure) -> Iterator[None]:
    """Check that a figure keeps its axes, size, resolution, canvas and settings."""
    before = (list(figure.axes), *figure.get_size_inches(), figure.dpi, figure.canvas, dict(mpl.rcParams))
    yield
    assert (list(figure.axes), *figure.get_size_inches(), figure.dpi, figure.canvas, dict(mpl.rcParams)) == before


def faces(ax: Any) -> set[str]:
    """Return the colours of all areas in axes."""
    drawn = ax.findobj(PathCollection)
    return {mpl.colors.to_hex(colour) for one in drawn for colour in one.get_facecolor()}


def test_two_maps_in_one_figure(tmp_path: Path) -> None:
    """Each of two axes has its map, with equal scales, and nothing else of the figure changes."""
    figure, (one, other) = own_figure(2, (9, 4))
    with untouched(figure):
        first, second = region(ax=one), region(ax=other, palette=OWN)
    assert first.figure is second.figure is figure
    figure.canvas.draw()
    for ax, colours in ((one, palette.ice_colours()), (other, OWN)):
        assert set(colours) <= faces(ax)
        across, high = np.diff(ax.get_xlim())[0], np.diff(ax.get_ylim())[0]
        assert across / ax.bbox.width == pytest.approx(high / ax.bbox.height)
        assert ax.get_xlim()[0] < 400_000
        assert ax.get_xlim()[1] > 411_000
    for kind in ("png", "svg", "pdf"):
        assert first.save(tmp_path / f"a.{kind}").stat().st_size > 5000
    assert (first.caption, first.alt_text) == (region().caption, region().alt_text)


def test_a_saved_figure_of_the_callers(tmp_path: Path) -> None:
    """Saved, it has its own pixels, canvas and resolution; its SVG has no broken links; marks are refused."""
    figure, (ax,) = own_figure(dpi=50)
    drawn = region(ax=ax)
    with untouched(figure):
        png, svg = drawn.save(tmp_path / "a.png").read_bytes(), drawn.svg()
    assert int.from_bytes(png[16:20], "big") == 250
    assert "E06000001" not in svg
    assert 'xlink:href="E' not in svg
    assert drawn.caption[:30] in svg
    with pytest.raises(SettingError, match="without ax="):
        drawn.svg(marks=True)


@pytest.mark.parametrize("name", ["dark_background", "seaborn-v0_8"])
def test_styles_do_not_change_a_map_in_axes(name: str) -> None:
    """In axes made under a style, what the map consists of has our colours and typeface."""
    with matplotlib.style.context(name):
        figure, (ax,) = own_figure()
        region(ax=ax, legend=True)
        figure.canvas.draw()
    assert mpl.colors.to_hex(ax.get_facecolor()) == palette.SEA
    families = {text.get_fontname() for text in ax.findobj(mpl.text.Text) if text.get_text()}
    assert families == {"DejaVu Sans"}
    assert set(palette.ice_colours()) <= faces(ax)


def test_labels_stay_within_the_axes(tables: Tables) -> None:
    """In small axes, names, numbers, stamp and legend are within the axes and not on one another."""
    figure, axes = own_figure(3, (13, 6))
    regional_map(tables.lads, "East of England", highlight=["Norwich"], ax=axes[0], legend=True)
    local_map(tables.msoas, "Great Yarmouth", ax=axes[1])
    national_map(tables.lads, ax=axes[2])
    figure.canvas.draw()
    for ax in axes:
        box = ax.bbox
        home = shapely.box(box.x0, box.y0, box.x1, box.y1).buffer(1)
        texts = [text for text in ax.findobj(mpl.text.Text) if text.get_text() and text.get_visible()]
        assert DEMO_WORDS in {text.get_text() for text in texts}
        for text in texts:
            extent = mpl.text.Text.get_window_extent(text)
            assert home.covers(shapely.box(extent.x0, extent.y0, extent.x1, extent.y1)), text.get_text()


def test_a_legend_on_request() -> None:
    """Without it there is no legend in the axes; with it ten swatches, cut points and both ends in words."""
    _, (ax, with_legend) = own_figure(2, (10, 5))
    region(ax=ax)
    region(ax=with_legend, legend=True)
    texts = [[text.get_text() for text in one.findobj(mpl.text.Text)] for one in (ax, with_legend)]
    assert "lowest decile" not in texts[0]
    assert {"lowest decile", "highest decile", "1", "10", "no published estimate (1)"} <= set(texts[1])


def test_a_title_of_axes() -> None:
    """A title is that of the axes; without one they keep theirs."""
    _, (ax,) = own_figure()
    ax.set_title("before")
    region(ax=ax)
    assert ax.get_title() == "before"
    region(ax=ax, title="after")
    assert ax.get_title() == "after"


def test_hexagons_in_axes(tables: Tables) -> None:
    """The hexagon map takes the same options, and leaves what else is in the axes as it is."""
    _, (ax,) = own_figure(1, (6, 6))
    points = ax.scatter([250_000], [250_000])
    drawn = hexagon_map(tables.msoas[tables.msoas["rgn21nm"] == "Wales"], ax=ax, palette=OWN)
    assert {OWN[decile - 1] for decile in drawn.areas["decile"].dropna()} <= faces(ax)
    assert not set(palette.ice_colours()) & faces(ax)
    assert points.get_antialiased()[0]
    drawn = hexagon_map(tables.msoas[tables.msoas["rgn21nm"] == "Wales"], figsize=(5, 8), title="Wales in hexagons")
    assert tuple(drawn.figure.get_size_inches()) == pytest.approx((5, 8))
    assert "Wales in hexagons" in words_on(drawn)


def test_subfigures_insets_and_layouts() -> None:
    """Axes of a subfigure, an inset, and those of a constrained layout have equal scales when they are drawn."""
    figure = Figure(figsize=(9, 5), layout="constrained")
    FigureCanvasAgg(figure)
    left, right = figure.subfigures(1, 2)
    inner = left.subplots()
    outer = right.subplots()
    inset = outer.inset_axes((0.3, 0.3, 0.6, 0.6))
    for ax in (inner, inset):
        assert region(ax=ax).figure is figure
    figure.canvas.draw()
    for ax in (inner, inset):
        across, high = np.diff(ax.get_xlim())[0], np.diff(ax.get_ylim())[0]
        assert across / ax.bbox.width == pytest.approx(high / ax.bbox.height)


def no_axes() -> Any:
    """Return axes that have been removed from their figure."""
    _, (ax,) = own_figure()
    ax.remove()
    return ax


@pytest.mark.parametrize(
    ("make", "look", "says"),
    [
        (lambda: 7, {}, "is a int"),
        (lambda: own_figure(2)[1], {}, r"give one of them, such as ax=axes\[0\]"),
        (no_axes, {}, "belong to no figure"),
        (lambda: Figure().add_subplot(projection="polar"), {}, "are polar"),
        (lambda: Figure().subplots(1, 2, sharex=True)[0], {}, "share their limits"),
        (lambda: own_figure(1, (1, 1))[1][0], {}, "a map needs 1 inch each way"),
        (lambda: own_figure(1, (3, 2.5))[1][0], {"legend": True}, "beside the legend"),
        (lambda: own_figure()[1][0], {"figsize": (5, 5)}, "figsize= does not go with ax="),
        (lambda: own_figure()[1][0], {"subtitle": "x"}, "subtitle= does not go with ax="),
        (lambda: None, {"subtitle": "a\0b"}, "characters that cannot be drawn"),
        (lambda: None, {"title": "a\ud800"}, "characters that cannot be drawn"),
        (lambda: None, {"title": "Northampton 北"}, "typeface lacks them"),
        (lambda: None, {"subtitle": "\U000cff83"}, r"U\+CFF83"),
        (lambda: own_figure()[1][0], {"legend": "yes"}, 'legend= is "yes"'),
        (lambda: None, {"title": 7}, "title= is 7"),
    ],
)
def test_axes_that_cannot_be(make: Callable[[], Any], look: dict[str, Any], says: str) -> None:
    """What is no axes, several, removed, polar, shared or too small, or goes with other options, is a letter."""
    with pytest.raises(SettingError, match=says):
        region(ax=make(), **look)


def test_demonstration_is_stamped_in_axes(tables: Tables) -> None:
    """Every axes with demonstration data says so, and axes without do not."""
    _, (ax,) = own_figure()
    local_map(tables.msoas, "Norwich", ax=ax)
    assert DEMO_WORDS in [text.get_text() for text in ax.texts]


def test_real_data_have_no_stamp() -> None:
    """A map in axes of what is no demonstration has no stamp."""
    _, (ax,) = own_figure()
    local_map(squares(VALUES), "Testham", context=nothing_around(), ax=ax)
    assert DEMO_WORDS not in [text.get_text() for text in ax.texts]


# --- with other classes, groups, parts and measures of the caller's ---------------------------------


#: Five colours from dark (lowest) to light.
FIVE = ["#3b0f0a", "#7a2a12", "#b9572a", "#e39a63", "#fbe3cf"]


@pytest.fixture
def quintiles(demo: Path) -> Any:
    """Return the demonstration's districts in quintiles."""
    return ec_maps.load_areas("lad", scheme="quintiles")


def own_measure(tables: Tables, **classes: Any) -> Any:
    """Return a table of a measure of the caller's, with values of seven digits and a few missing."""
    codes = list(tables.lads["lad21cd"])
    values = np.linspace(1_234_500, 9_876_500, len(codes))
    values[:3] = np.nan
    data = pd.DataFrame({"lad21cd": codes, "pupils": values})
    return ec_maps.area_table(data, "lad", "pupils", title="Pupils", unit="pupils", source="A census", **classes)


def swatches_in(where: Any) -> list[str]:
    """Return the colours of a legend's classes in a figure or in axes."""
    patches = [one for one in where.findobj(mpl.patches.Rectangle) if layers.SWATCH in (one.get_gid() or "")]
    return [mpl.colors.to_hex(one.get_facecolor()) for one in patches if "missing" not in one.get_gid()]


def met(texts: list[Any]) -> list[str]:
    """Return the words of texts that lie on one another."""
    boxes = [text.get_window_extent() for text in texts]
    shapes = [shapely.box(box.x0, box.y0, box.x1, box.y1).buffer(-1) for box in boxes]
    pairs = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    return [texts[at].get_text() for at in pairs[0][pairs[0] != pairs[1]]]


def test_as_many_colours_as_classes(quintiles: Any) -> None:
    """Quintiles take five colours, on the map and in its legend, and no other number."""
    drawn = regional_map(quintiles, "Wales", palette=FIVE)
    numbers = set(drawn.areas["class"].dropna())
    assert faces(drawn.figure.axes[0]) - {palette.MISSING, palette.NEIGHBOUR} == {FIVE[one - 1] for one in numbers}
    assert swatches_in(drawn.figure) == FIVE
    assert "coloured by quintile of economic connectedness, darkest lowest, lightest highest" in drawn.alt_text
    assert "Darker is lower." in words_on(drawn)
    with pytest.raises(PaletteError, match="10 colours, where there have to be 5"):
        regional_map(quintiles, "Wales", palette=OWN)


def test_a_highlighted_district_has_its_colour(quintiles: Any) -> None:
    """A district that is drawn again within its outline, and hexagons, are in the caller's colours too."""
    drawn = regional_map(quintiles, "Norfolk", highlight="Norwich", palette=FIVE)
    assert not faces(drawn.figure.axes[0]) & set(palette.ice_colours())
    msoas = ec_maps.load_areas("msoa", scheme="quintiles")
    hexagons = hexagon_map(msoas[msoas["rgn21nm"] == "Wales"], palette=FIVE)
    assert not faces(hexagons.figure.axes[0]) & set(palette.ice_colours())
    assert swatches_in(hexagons.figure) == FIVE


def test_a_group_in_axes(quintiles: Any, tables: Tables) -> None:
    """A title for a group is that of the axes; the caption says which districts; the legend is that of quintiles."""
    figure, (left, right) = own_figure(2, (11, 5))
    drawn = regional_map(quintiles, ["Peterborough", "Rutland"], title="Both sides", ax=left, legend=True)
    local = local_map(tables.msoas, ["norwich", "Broadland"], title="Around Norwich", ax=right)
    assert (left.get_title(), right.get_title()) == ("Both sides", "Around Norwich")
    assert "2 local authorities: Peterborough and Rutland." in drawn.caption
    assert "2 local authorities: Norwich and Broadland." in local.caption
    assert {"lowest quintile", "5", "outside these 2 local authorities"} <= {
        text.get_text() for text in left.findobj(mpl.text.Text)
    }
    numbers = [text.get_text() for text in right.texts if text.get_text().isdigit()]
    assert len(numbers) == len(set(numbers)) > 20
    assert drawn.figure is local.figure is figure


def test_a_subtitle_for_a_group(tables: Tables) -> None:
    """Under a title of the caller's the subtitle says what a group is; one of the caller's takes its place."""
    drawn = regional_map(tables.lads, "Norfolk", title="Mine")
    assert "Norfolk (7 local authorities). By local authority" in words_on(drawn)
    drawn = regional_map(tables.lads, "Norfolk", title="Mine", subtitle="Mine too")
    assert "Norfolk (7 local authorities)" not in words_on(drawn)
    assert "Norfolk (7 local authorities)" in drawn.caption


@pytest.mark.parametrize("size", [(3.2, 9), (8, 6)])
def test_a_part_in_another_size(tables: Tables, size: tuple[float, float]) -> None:
    """A part of a table fills a figure of another size, and its title and legend say that it is a part."""
    msoas = tables.msoas.drop(index=tables.msoas.index[tables.msoas["lad21nm"] == "Norwich"][:5])
    drawn = local_map(msoas, "Norwich", figsize=size)
    assert tuple(drawn.figure.get_size_inches()) == pytest.approx(size)
    assert "Economic connectedness in a part of Norwich" in words_on(drawn)
    assert "not in this table (5), or outside Norwich" in words_on(drawn)
    FigureCanvasAgg(drawn.figure).draw()
    assert met(drawn.figure.axes[1].texts) == []


@pytest.mark.parametrize(
    "classes", [{}, {"scheme": "quintiles"}, {"scheme": "equal_interval", "k": 7}, {"scheme": "quantiles", "k": 2}]
)
def test_a_measure_of_the_callers_in_axes(tables: Tables, classes: dict[str, Any]) -> None:
    """Its legend in axes has a swatch for each class; no words lie on others or beyond the axes."""
    table = own_measure(tables, **classes)
    about = About.of(table)
    figure, axes = own_figure(2, (6, 8), layout="constrained")
    for ax, legend in zip(axes, (True, False), strict=True):
        drawn = national_map(table, ax=ax, legend=legend, title="Pupils")
        assert "pupils" in drawn.alt_text
        assert drawn.on_axes
    figure.canvas.draw()
    with_legend, without = axes
    assert [one.get_label() for one in without.child_axes] == ["London"]
    (legend,) = [one for one in with_legend.child_axes if one.get_label() != "London"]
    texts = [text for text in legend.texts if text.get_text()]
    assert met(texts) == []
    swatches = [mpl.colors.to_hex(one.get_facecolor()) for one in legend.patches]
    assert swatches[: about.classes.number] == palette.class_colours(about)
    home = shapely.box(*legend.bbox.extents).buffer(1)
    assert all(home.covers(shapely.box(*text.get_window_extent().extents)) for text in texts)
    assert {"no value (3)", f"{about.classes.number}"} <= {" ".join(text.get_text().split()) for text in texts}


def test_a_legend_in_a_narrow_figure(tables: Tables) -> None:
    """Long cut points, long meanings of grey land and many classes keep apart in the narrowest figure."""
    table = own_measure(tables)
    table = table[table["lad21nm"] != "Norwich"]
    groups = ["Norfolk", "Suffolk", "Cambridgeshire", "Lincolnshire", "Leicestershire", "Hertfordshire"]
    groups += ["Nottinghamshire", "Staffordshire", "Gloucestershire", "Worcestershire", "Warwickshire", "Oxfordshire"]
    drawn = regional_map(table, groups, figsize=(3.2, 11), title="Pupils")
    FigureCanvasAgg(drawn.figure).draw()
    texts = drawn.figure.axes[1].texts
    assert met(texts) == []
    assert "not in this table (1), or outside Norfolk, Suffolk" in words_on(drawn)
    home = shapely.box(0, 0, drawn.figure.bbox.width, drawn.figure.bbox.height).buffer(1)
    assert all(home.covers(shapely.box(*text.get_window_extent().extents)) for text in texts)
    assert len(swatches_in(drawn.figure)) == 10


ANY = st.one_of(
    st.none(), st.booleans(), st.integers(-5, 30), st.floats(), st.text(max_size=6),
    st.tuples(st.floats(), st.floats()),
    st.lists(st.one_of(st.text(max_size=7), st.floats(0, 1), st.tuples(st.floats(0, 1), st.floats(0, 1))), max_size=11),
)  # fmt: skip


@given(
    look=st.fixed_dictionaries(
        {}, optional=dict.fromkeys(("title", "subtitle", "palette", "figsize", "ax", "legend"), ANY)
    )
)
def test_any_options_are_taken_or_refused(look: dict[str, Any]) -> None:
    """Whatever is given as options, they are taken or answered by a letter."""
    about = About.of(districts(VALUES))
    try:
        found = options(about, **look)
    except EcMapsError:
        return
    assert found.colours is None or len(found.colours) == 10
