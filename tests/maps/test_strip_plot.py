"""The strip plot: where its dots lie and of what colour, what is marked, what its words say, odd districts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib import colors
from matplotlib.axes import Axes
from matplotlib.collections import PathCollection
from matplotlib.text import Text

import facts
from ec_maps import ice_colours, load_areas
from ec_maps.areas.deciles import deciles
from ec_maps.errors import PlaceError, SettingError
from ec_maps.graphics import palette
from ec_maps.graphics.beeswarm import NARROWEST, WIDEST, above, squeezed, swarm, width_within
from ec_maps.graphics.figure import Map
from ec_maps.graphics.layout import DEMO_WORDS, WIDTH
from ec_maps.maps.strip_plot import MARKED, strip_plot
from made import VALUE, Picture, Tables, about, demo_tables, districts, real_tables, squares, together

TEN = [0.30 + 0.03 * place for place in range(10)]

places = st.lists(st.floats(0, 6), max_size=60).map(lambda values: np.array(values, dtype=float))


@pytest.fixture
def tables(demo: Path) -> Tables:
    """Return the demonstration's tables, with the library switched to it."""
    return demo_tables(demo)


def small(values: list[float | None], inside: list[float | None], name: str = "A") -> tuple[gpd.GeoDataFrame, ...]:
    """Return districts of these values, and neighbourhoods: these of the one named, and twenty of another district."""
    lads = districts(values)
    lads.loc[lads["lad21nm"] == "A", "lad21nm"] = name
    others = squares([*TEN, *TEN], district="Elsewhere")
    whole = together(squares(inside, district=name), others) if inside else others
    whole["decile"] = deciles(whole[VALUE])
    return lads, about(whole)


def strips(drawn: Map) -> list[PathCollection]:
    """Return the strips' dots, the upper first: those whose edges are seen."""
    found = [c for c in drawn.figure.axes[0].collections if isinstance(c, PathCollection) and c.get_linewidths()[0] > 0]
    return sorted(found, key=lambda dots: -float(dots.get_offsets()[:, 1].mean()))


def points(drawn: Map) -> list[PathCollection]:
    """Return the points inside the region's dots."""
    return [
        c for c in drawn.figure.axes[0].collections if isinstance(c, PathCollection) and not any(c.get_linewidths())
    ]


def across(dots: PathCollection) -> np.ndarray:
    """Return where dots lie on the axis, in per cent."""
    return np.asarray(dots.get_offsets())[:, 0]


def in_inches(ax: Axes, dots: PathCollection) -> np.ndarray:
    """Return x, y and radius with half the edge of each dot, in inches."""
    centres = np.asarray(ax.transData.transform(np.asarray(dots.get_offsets()))) / ax.figure.dpi
    edges = np.resize(dots.get_linewidths(), len(centres))
    return np.c_[centres, (np.sqrt(np.resize(dots.get_sizes(), len(centres))) + edges) / 144]


def words(drawn: Map) -> list[Text]:
    """Return all words on the figure."""
    return [text for ax in drawn.figure.axes for text in ax.texts]


def said(drawn: Map) -> list[str]:
    """Return what they say, each on one line."""
    return [text.get_text().replace("\n", " ") for text in words(drawn)]


def all_inside(drawn: Map) -> bool:
    """Return whether all words lie on the figure."""
    page = drawn.figure.bbox
    boxes = [text.get_window_extent() for text in words(drawn)]
    return all(box.x0 >= 0 and box.x1 <= page.x1 and box.y0 >= 0 and box.y1 <= page.y1 for box in boxes)


def meeting(drawn: Map) -> list[tuple[str, str]]:
    """Return the pairs of words that overlap."""
    boxes = [(text.get_text(), text.get_window_extent()) for text in words(drawn)]
    return [
        (one, other)
        for at, (one, a) in enumerate(boxes)
        for other, b in boxes[:at]
        if a.x0 < b.x1 and b.x0 < a.x1 and a.y0 + 1 < b.y1 and b.y0 + 1 < a.y1
    ]


# --- swarm ----------------------------------------------------------------------------------------


def test_swarm_by_hand() -> None:
    """Dots with room lie on the line; two at one place lie a width apart, three on both sides of the first."""
    assert swarm(np.array([]), 1.0).tolist() == []
    assert swarm(np.array([0.0, 1.0, 2.5]), 1.0).tolist() == [0, 0, 0]
    assert sorted(np.abs(swarm(np.array([3.0, 3.0]), 1.0))) == [0, 1]
    assert sorted(swarm(np.array([3.0, 3.0, 3.0]), 1.0)) == [-1, 0, 1]
    assert sorted(np.abs(swarm(np.array([0.0, 0.6]), 1.0))) == pytest.approx([0, 0.8])


@given(places, st.floats(0.05, 1.5))
def test_no_two_dots_meet(across: np.ndarray, width: float) -> None:
    """However they lie, the centres of any two dots are a width apart at least, and the same each time."""
    up = swarm(across, width)
    apart = np.hypot(across[:, None] - across, up[:, None] - up)[~np.eye(len(across), dtype=bool)]
    assert (apart >= width - 1e-6).all()
    assert (swarm(across, width) == up).all()


@given(places, st.floats(0.02, 0.1), st.floats(0, 6))
def test_above_all(across: np.ndarray, width: float, place: float) -> None:
    """A dot above the others clears them all, has none above it, and is not higher than it must be."""
    up = swarm(across, width)
    apart = 1.5 * width
    top = above(place, across, up, apart)
    gaps = np.hypot(across - place, up - top)
    assert top >= 0
    assert (gaps >= apart - 1e-9).all()
    assert top == 0 or gaps.min() == pytest.approx(apart)
    assert not ((np.abs(across - place) < apart) & (up > top)).any()


@given(places, st.floats(0.2, 2))
def test_width_within(across: np.ndarray, height: float) -> None:
    """Dots of the width that is found keep to the strip, or they are the narrowest; a few dots are the widest."""
    width = width_within(across, height)
    assert NARROWEST <= width <= WIDEST
    up = swarm(across, width)
    if width > NARROWEST:
        assert 2 * np.abs(up).max(initial=0) + width <= height
    assert 2 * np.abs(squeezed(up, width, height)).max(initial=0) + width <= height + 1e-9
    if len(across) <= 2:
        assert width == WIDEST


# --- dots -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["Norwich", "Birmingham", "City of London", "Torridge", "Cornwall"])
def test_dots_lie_at_their_values(tables: Tables, name: str) -> None:
    """Each area with a value has one dot: at its value in per cent, in its decile's colour, the district larger."""
    drawn = strip_plot(tables.lads, tables.msoas, name)
    inside = tables.msoas[tables.msoas["lad21nm"] == name]
    for dots, rows in zip(strips(drawn), (tables.lads, inside), strict=True):
        valued = rows[rows[VALUE].notna()]
        assert across(dots) == pytest.approx(100 * valued[VALUE].to_numpy())
        found = [colors.to_hex(face) for face in dots.get_facecolor()]
        assert found == [ice_colours()[decile - 1] for decile in valued["decile"].astype(int)]
    upper = in_inches(drawn.figure.axes[0], strips(drawn)[0])[:, 2]
    lower = in_inches(drawn.figure.axes[0], strips(drawn)[1])[:, 2]
    valued = tables.lads[tables.lads[VALUE].notna()]
    larger = valued["lad21nm"].to_numpy()[upper > 1.3 * upper.min()].tolist()
    assert larger == ([] if name == "Torridge" else [name])
    assert upper[upper < 1.3 * upper.min()] == pytest.approx(np.full((upper < 1.3 * upper.min()).sum(), lower[0]))
    assert np.ptp(lower) == pytest.approx(0)


@pytest.mark.parametrize("name", ["Norwich", "Birmingham", "Leeds", "Southwark", "Gedling"])
def test_dots_do_not_overlap(tables: Tables, name: str) -> None:
    """No two dots overlap, edges included, and all lie in the frame of the strips."""
    drawn = strip_plot(tables.lads, tables.msoas, name)
    ax = drawn.figure.axes[0]
    dots = np.concatenate([in_inches(ax, part) for part in strips(drawn)])
    gaps = np.hypot(*(dots[:, None, :2] - dots[None, :, :2]).transpose(2, 0, 1)) - dots[:, None, 2] - dots[None, :, 2]
    assert gaps[~np.eye(len(dots), dtype=bool)].min() > 0
    frame = ax.bbox.extents / drawn.figure.dpi
    assert (dots[:, 0] - dots[:, 2] > frame[0]).all()
    assert (dots[:, 0] + dots[:, 2] < frame[2]).all()
    assert (dots[:, 1] - dots[:, 2] > frame[1]).all()
    assert (dots[:, 1] + dots[:, 2] < frame[3]).all()


def test_all_values_equal_but_few() -> None:
    """Where there is no room for all dots they overlap, but stay within their strip."""
    lads, msoas = small([*TEN, *[0.45] * 300], [0.4, 0.5])
    drawn = strip_plot(lads, msoas, "A")
    upper = in_inches(drawn.figure.axes[0], strips(drawn)[0])
    assert np.ptp(upper[:, 1]) < 1.4
    assert len(upper) == 310


def test_pixels_of_dots(tables: Tables, tmp_path: Path) -> None:
    """In the picture, the middle of the marked dot and of each neighbourhood's is exactly its decile's colour."""
    drawn = strip_plot(tables.lads, tables.msoas, "Norwich")
    pixels, ax = Picture(drawn, tmp_path).pixels, drawn.figure.axes[0]
    upper, lower = strips(drawn)
    marked = tables.lads.loc[tables.lads[VALUE].notna(), "lad21nm"].to_numpy().tolist().index("Norwich")
    wanted = [(upper, marked), *((lower, place) for place in range(len(lower.get_offsets())))]
    median = 100 * tables.msoas[VALUE].median()
    for dots, place in wanted:
        x, y = ax.transData.transform(dots.get_offsets()[place])
        assert colors.to_hex(pixels[int(len(pixels) - y), int(x)] / 255) == colors.to_hex(dots.get_facecolor()[place])
    assert pixels.shape[1] == 1400
    assert ax.get_xlim()[0] < median < ax.get_xlim()[1]


def test_region_without_colour(tables: Tables) -> None:
    """The region's dots, but for the marked one, have a point inside that stands out by more than its hue."""
    drawn = strip_plot(tables.lads, tables.msoas, "Norwich")
    (marks,) = points(drawn)
    region = tables.lads[(tables.lads["rgn21nm"] == "East of England") & tables.lads[VALUE].notna()]
    region = region[region["lad21nm"] != "Norwich"]
    assert across(marks) == pytest.approx(100 * region[VALUE].to_numpy())
    for face, decile in zip(marks.get_facecolor(), region["decile"].astype(int), strict=True):
        light = sorted(map(palette.relative_luminance, (colors.to_hex(face), ice_colours()[decile - 1])))
        assert (light[1] + 0.05) / (light[0] + 0.05) > 4.5


def test_medians() -> None:
    """The medians of the country, of the region and of all neighbourhoods are lines, with words."""
    lads, msoas = small([*TEN, 0.7], [0.4, 0.5])
    lads.loc[lads[VALUE] > 0.5, "rgn21nm"] = "Wales"
    drawn = strip_plot(lads, msoas, "A")
    assert "median of England and Wales 45.0%" in said(drawn)
    assert "median of the North East 39.0%" in said(drawn)
    assert "median neighbourhood of England and Wales 43.5%" in said(drawn)
    xs = {round(float(part[0, 0]), 3) for c in drawn.figure.axes[0].collections for part in segments(c)}
    assert {45.0, 39.0, 43.5} <= xs


def segments(collection: object) -> list[np.ndarray]:
    """Return the lines of a collection of lines, or none."""
    return collection.get_segments() if hasattr(collection, "get_segments") else []


def test_named_for_svg(tables: Tables, tmp_path: Path) -> None:
    """In SVG each dot of both strips has its area's code, and the key has its ten classes."""
    text = strip_plot(tables.lads, tables.msoas, "Norwich").save(tmp_path / "a.svg").read_text(encoding="utf-8")
    inside = tables.msoas[tables.msoas["lad21nm"] == "Norwich"]
    codes = [
        *tables.lads.loc[tables.lads[VALUE].notna(), "lad21cd"],
        *inside.loc[inside[VALUE].notna(), "msoa21cd"],
    ]
    assert [code for code in codes if code not in text] == []
    assert text.count('class="ec-swatch"') == 10


# --- words ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["Norwich", "Bournemouth, Christchurch and Poole", "King's Lynn and West Norfolk", "Rhondda Cynon Taf",
             "Eden", "Torridge", "Southwark", "Gedling", "York", "City of London"],
)  # fmt: skip
def test_words_on_the_sheet(tables: Tables, name: str) -> None:
    """All words lie on the figure, none on another, and the figure is as wide as the maps."""
    drawn = strip_plot(tables.lads, tables.msoas, name)
    assert all_inside(drawn)
    assert meeting(drawn) == []
    assert drawn.figure.get_figwidth() == WIDTH
    assert DEMO_WORDS in said(drawn)


def test_words_of_real_districts(geo: Path) -> None:
    """With the longest real names and with the outermost districts nothing is clipped and nothing overlaps."""
    tables = real_tables(geo)
    longest = tables.lads["lad21nm"].sort_values(key=lambda names: -names.str.len())[:6]
    ends = tables.lads.sort_values(VALUE)["lad21nm"].iloc[[0, 1, -1]]
    for name in [*longest, *ends]:
        drawn = strip_plot(tables.lads, tables.msoas, name)
        assert all_inside(drawn), name
        assert meeting(drawn) == [], name


def test_known_words() -> None:
    """Caption and alt text give the value, the decile, the medians, the ends and the counts of the tables."""
    lads, msoas = small([*TEN, *[0.31 + 0.002 * place for place in range(10)]], [0.35, 0.5, 0.6, None])
    drawn = strip_plot(lads, msoas, "A")
    # Its value, the medians of country and region, that of the country's neighbourhoods.
    assert facts.values(drawn.caption) == [30.0, 32.7, 32.7, 45.0]
    assert facts.deciles(drawn.caption) == [1]
    assert "Two of its 4 neighbourhoods lie above the " in drawn.caption
    assert drawn.caption.endswith("one has no published estimate.")
    assert drawn.alt_text.startswith(
        "Two strips of dots on one axis of economic connectedness in per cent, one dot for each area, purple lowest, "
        "white highest. Above, 20 local authorities of England and Wales. Lowest: A, 30.0%; highest: J, 57.0%; "
    )
    assert "Below, its 4 neighbourhoods; one without a published estimate." in drawn.alt_text
    assert "Lowest: A 001, 35.0%; highest: A 003, 60.0%." in drawn.alt_text
    assert facts.values(drawn.alt_text) == [30.0, 57.0, 32.7, 30.0, 35.0, 60.0, 45.0]
    assert (facts.deciles(drawn.alt_text), facts.counts(drawn.alt_text)) == ([1, 2, 7, 10], {2: 1, 7: 1, 10: 1})
    assert "A 30.0%" in said(drawn)
    assert "Its 4 neighbourhoods; one without a published estimate" in said(drawn)


def test_a_scottish_district_has_one_strip(demo: Path) -> None:
    """Beyond England and Wales there are no neighbourhoods: one strip, of the United Kingdom, and no word of others."""
    lads = load_areas("lad", scope="uk")
    drawn = strip_plot(lads, demo_tables(demo).msoas, "Glasgow City")
    (dots,) = strips(drawn)
    assert across(dots) == pytest.approx(100 * lads[VALUE].dropna().to_numpy())
    assert len(points(drawn)[0].get_offsets()) == int(lads.loc[lads["rgn21nm"] == "Scotland", VALUE].notna().sum()) - 1
    assert all_inside(drawn)
    assert meeting(drawn) == []
    text = " ".join([*said(drawn), drawn.caption, drawn.alt_text])
    for word in ("eighbourhood", "England and Wales", "Two strips", "Above", "Below"):
        assert word not in text, word
    assert "374 local authorities of the United Kingdom; five without a published estimate" in said(drawn)
    assert any(line.startswith("median of the United Kingdom ") for line in said(drawn))
    assert len(drawn.areas) == 0


@pytest.mark.parametrize(
    ("measure", "values", "marks"),
    [
        ("volunteering_groups", [4.0 + 0.5 * place for place in range(20)], ["5", "10", "13"]),
        ("bias", [-0.04 + 0.01 * place for place in range(20)], ["−4%", "0%", "14%"]),
    ],
)
def test_other_measures_have_their_unit_and_colours(measure: str, values: list[float], marks: list[str]) -> None:
    """A rate is drawn and written as it is, a gap in per cent, and the purple end is the one that the codebook says."""
    lads, msoas = districts(values), squares(values[:10], district="C")
    for table in (lads, msoas):
        table[measure] = table.pop(VALUE)
        about(table, measure=measure)
    drawn = strip_plot(lads, msoas, "C")
    scale = 1 if measure == "volunteering_groups" else 100
    assert across(strips(drawn)[0]) == pytest.approx([scale * value for value in values])
    faces = [colors.to_hex(face) for face in strips(drawn)[0].get_facecolor()]
    colours = ice_colours() if measure == "volunteering_groups" else ice_colours()[::-1]
    assert faces == [colours[int(decile) - 1] for decile in lads["decile"]]
    assert set(marks) <= set(said(drawn))
    assert all_inside(drawn)
    assert ("%" in "".join([*said(drawn)[2:], drawn.alt_text]).replace("99%", "")) == (measure == "bias")
    ends = "purple lowest, white highest" if measure == "volunteering_groups" else "white lowest, purple highest"
    assert ends in drawn.alt_text


def test_stamp(tables: Tables, monkeypatch: pytest.MonkeyPatch) -> None:
    """Demonstration data are marked on the figure, in the caption and in the alt text; real ones are not."""
    for source, there in (("demo", True), ("live", False)):
        monkeypatch.setenv("EC_MAPS_SOURCE", source)
        drawn = strip_plot(about(tables.lads.copy()), about(tables.msoas.copy()), "Norwich")
        assert (DEMO_WORDS in said(drawn)) == there
        assert drawn.caption.startswith("Demonstration data") == there
        assert drawn.alt_text.startswith("Demonstration data") == there


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda lads, msoas: (lads.iloc[1:], msoas), "has 19 of the 20 local authorities"),
        (lambda lads, msoas: (lads, msoas.iloc[2:]), "has 20 of the 22 neighbourhoods"),
        (lambda _lads, msoas: (msoas, msoas), "it is of neighbourhoods"),
        (lambda lads, msoas: (lads, msoas.iloc[:0]), "no rows"),
        (lambda lads, msoas: (len(lads), msoas), "not from 20"),
        (lambda lads, msoas: (other(lads), msoas), "different measures: Economic connectedness and Exposure"),
    ],
)
def test_tables_that_would_mislead(spoil: Callable[..., tuple[Any, Any]], words: str) -> None:
    """A part of a table, the wrong level, two measures, or no table at all are refused."""
    tables = spoil(*small([*TEN, *TEN], [0.35, 0.5]))
    with pytest.raises(SettingError, match=words):
        strip_plot(*tables, "A")


def other(table: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return a table as one of another measure."""
    return about(table.rename(columns={VALUE: "exposure"}), measure="exposure")


# --- odd districts --------------------------------------------------------------------------------


def test_district_without_a_value() -> None:
    """A district without a value is named as such and not marked; its neighbourhoods are drawn all the same."""
    lads, msoas = small([None, *TEN], [0.35, 0.5])
    drawn = strip_plot(lads, msoas, "A")
    assert "A: no published estimate" in said(drawn)
    assert "A as a whole has no published estimate; the median" in drawn.caption
    assert "A has no published estimate and is not marked." in drawn.alt_text
    upper, lower = strips(drawn)
    assert (len(upper.get_offsets()), len(lower.get_offsets())) == (10, 2)
    assert np.ptp(in_inches(drawn.figure.axes[0], upper)[:, 2]) == pytest.approx(0)


@pytest.mark.parametrize(
    ("inside", "heading", "told"),
    [
        ([None, None], "Its 2 neighbourhoods, none with a published estimate", "None of its 2 neighbourhoods has a"),
        ([0.5], "Its only neighbourhood", "It is a single neighbourhood, at 50.0%."),
        (
            [None],
            "Its only neighbourhood, without a published estimate",
            "neighbourhood, without a published estimate.",
        ),
        ([], "No neighbourhoods, as no boundaries of any are known", "at 43.5%."),
    ],
)
def test_few_neighbourhoods(inside: list[float | None], heading: str, told: str) -> None:
    """No neighbourhood, a single one, or none with a value: words say so, and the spread of the country is there."""
    lads, msoas = small(TEN, inside)
    drawn = strip_plot(lads, msoas, "A")
    assert heading in said(drawn)
    assert told in drawn.caption
    assert len(strips(drawn)) == (2 if any(inside) else 1)
    assert "median neighbourhood of England and Wales" in " ".join(said(drawn))
    assert all_inside(drawn)


def test_odd_names(tmp_path: Path) -> None:
    """Names with signs that mean something in markup, and dollars, stand as they are."""
    name = 'Ŷ & <b>"Q\'s"</b> $x_1$'
    lads, msoas = small([*TEN], [0.4, 0.5], name)
    drawn = strip_plot(lads, msoas, name)
    assert f"{name} 30.0%" in said(drawn)
    assert name in drawn.caption
    assert all_inside(drawn)
    assert drawn.save(tmp_path / "a.svg").stat().st_size > 1000
    assert drawn.save(tmp_path / "a.png").stat().st_size > 1000


def test_region_without_another_district() -> None:
    """The only district of its region with a value is drawn; the region's median is its own value."""
    lads, msoas = small([*TEN], [0.4, 0.5])
    lads.loc[0, "rgn21nm"] = "Wales"
    drawn = strip_plot(lads, msoas, "A")
    assert "median of Wales 30.0%" in said(drawn)
    assert points(drawn) == []


def test_unknown_district(tables: Tables) -> None:
    """A district that there is not is an error that names it."""
    with pytest.raises(PlaceError, match='"Atlantis"'):
        strip_plot(tables.lads, tables.msoas, "Atlantis")


def test_district_by_part_of_its_name(tables: Tables) -> None:
    """A part of a name and a code draw the same strips as the name."""
    drawn = strip_plot(tables.lads, tables.msoas, "Bristol, City of")
    for text in ("bristol", "E06000023"):
        assert strip_plot(tables.lads, tables.msoas, text).alt_text == drawn.alt_text


def test_drawn_twice(tables: Tables, tmp_path: Path) -> None:
    """The same tables give the same bytes, and are not changed; `areas` are the district's neighbourhoods."""
    before = tables.lads.copy(), tables.msoas.copy()
    saved = [strip_plot(tables.lads, tables.msoas, "York").save(tmp_path / f"{n}.png").read_bytes() for n in (1, 2)]
    assert saved[0] == saved[1]
    pd.testing.assert_frame_equal(tables.lads, before[0])
    pd.testing.assert_frame_equal(tables.msoas, before[1])
    drawn = strip_plot(tables.lads, tables.msoas, "York")
    inside = tables.msoas[tables.msoas["lad21nm"] == "York"]
    assert drawn.areas["msoa21cd"].tolist() == inside["msoa21cd"].tolist()
    assert MARKED > 1
