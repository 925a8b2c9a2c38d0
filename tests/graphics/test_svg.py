"""SVG maps: every area once, with its words and its exact colour; small, repeatable, and closed in themselves."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree as ET

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ec_maps import ice_colours, local_map, national_map, regional_map, strip_plot
from ec_maps.graphics import layers
from ec_maps.graphics.figure import Map
from ec_maps.graphics.layers import descriptions, name_shapes
from ec_maps.graphics.svg import svg_of
from ec_maps.graphics.svg_paths import clipped, path_data, rings, simplified
from made import VALUE, Tables, demo_tables, districts, nothing_around, real_tables, squares

ODD = ["Bryn & Môn", '<b>"Bold"</b>', "Llŷn, Gwynedd", "O’Neil's: the 1st", "100% ]]> |x|"]


@pytest.fixture
def tables(demo: Path) -> Tables:
    """Return the demonstration's tables, with the library switched to it."""
    return demo_tables(demo)


def read(text: str) -> ET.Element:
    """Return the root of an SVG, its tags without their namespace."""
    root = ET.fromstring(text)
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
    return root


def areas_of(root: ET.Element) -> list[tuple[ET.Element, ET.Element]]:
    """Return each area with the group that it is in."""
    return [(area, group) for group in root.iter("g") if group.get("class") == "ec-group" for area in group]


def words(row: pd.Series) -> str:
    """Return what an area should say, worked out from its row."""
    level = "msoa21nm" if "msoa21nm" in row else "lad21nm"
    name = row[level]
    if isinstance(row.get("msoa21hclnm"), str):
        name = f"{name} ({row['msoa21hclnm']})"
    if pd.isna(row["decile"]):
        return f"{name}: no published estimate"
    words = f"{name}: {100 * row[VALUE]:.1f}%, decile {row['decile']} of 10"
    if "num_users" not in row:
        return words
    near = "" if row["decile_low"] == row["decile_high"] else f" (could be {row['decile_low']} to {row['decile_high']})"
    return f"{words}{near}; {row['num_users']:,} users"


def check(drawn: Map, root: ET.Element, copies: dict[str, int]) -> None:
    """Compare an SVG's areas with the map's rows; `copies` are the codes that are drawn more than once."""
    code = "msoa21cd" if "msoa21cd" in drawn.areas else "lad21cd"
    rows = drawn.areas.set_index(code)
    found = areas_of(root)
    assert Counter(area.get("data-code") for area, _ in found) == {one: copies.get(one, 1) for one in rows.index}
    colours = ice_colours()
    for area, group in found:
        row = rows.loc[area.get("data-code")]
        decile = "" if pd.isna(row["decile"]) else str(row["decile"])
        assert group.get("data-class") == decile
        assert area.findtext("title") == words(row)
        assert area.get("class") == "ec-area"
        if decile:
            assert group.get("fill") == colours[int(decile) - 1]
        else:
            assert re.fullmatch(r"url\(#\w+\)", group.get("fill"))
        if area.tag != "a":
            assert (area.get("role"), area.get("tabindex")) == ("img", "0")


def test_every_area_is_there_once(tables: Tables) -> None:
    """Each row of each kind of map is one area with its words, decile and colour; London is in the inset once more."""
    london = dict.fromkeys(tables.lads.loc[tables.lads["rgn21nm"] == "London", "lad21cd"], 2)
    holes = tables.msoas.copy()
    holes.loc[holes.index % 5 == 0, [VALUE, "decile"]] = None
    for drawn, copies in (
        (national_map(tables.lads), london),
        (regional_map(tables.lads, "East of England", highlight=["Norwich", "Ipswich"]), {}),
        (local_map(holes, "Birmingham"), {}),
        (local_map(tables.msoas, "Isles of Scilly"), {}),
    ):
        check(drawn, read(drawn.svg()), copies)


def test_names_of_any_kind() -> None:
    """Names with signs that mean something in XML, or in our own files, arrive as they are; so do readable ones."""
    table = squares([0.3, 0.4, None, 0.5, 0.6])
    table["msoa21nm"] = [f"{name} 00{place}" for place, name in enumerate(ODD, 1)]
    table["msoa21hclnm"] = [*ODD[:3], None, "Plain"]
    drawn = local_map(table, "Testham", context=nothing_around())
    root = read(drawn.svg())
    check(drawn, root, {})
    texts = {text.text.replace("\u00a0", " ") for text in root.iter("text")}
    assert any(ODD[1] in text for text in texts)


def test_words_of_the_whole(tables: Tables) -> None:
    """The caption is its title, the alternative text its description, and what else is drawn is hidden from reading."""
    drawn = local_map(tables.msoas, "Norwich")
    root = read(drawn.svg())
    named = {element.get("id"): element.text for element in root.iter() if element.get("id")}
    assert (root.get("role"), named[root.get("aria-labelledby")]) == ("group", drawn.caption)
    assert named[root.get("aria-describedby")] == drawn.alt_text
    assert all(
        child.get("aria-hidden") == "true" for child in root if child.iter("text") and next(child.iter("text"), None)
    )
    swatches = [element for element in root.iter() if element.get("class") == "ec-swatch"]
    assert [element.get("data-class") for element in swatches] == [str(decile) for decile in range(1, 11)]
    fills = [group.get("fill") for group in root.iter("g") for child in group if child.get("class") == "ec-swatch"]
    assert fills == ice_colours()
    assert len(list(root.iter("text"))) > 20


def test_nothing_from_outside(tables: Tables) -> None:
    """No address but the namespace's, no date, no doctype, no metadata, no script; every reference is to itself."""
    text = national_map(tables.lads).svg(marks=True)
    assert set(re.findall(r"https?://[^\"' <]+", text)) == {"http://www.w3.org/2000/svg"}
    for unwanted in ("<!DOCTYPE", "<metadata", "<script", "dc:", "xlink", "matplotlib", "_blank", "\x01"):
        assert unwanted not in text
    ids = re.findall(r'\bid="([^"]+)"', text)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'(?:url\(|href=")#([^")]+)', text)) <= set(ids)


def test_names_inside_differ_between_maps(tables: Tables) -> None:
    """Several maps in one page share no name."""
    texts = [local_map(tables.msoas, name).svg() for name in ("Norwich", "Ipswich")]
    texts += [regional_map(tables.lads, "Wales").svg(), national_map(tables.lads).svg(marks=True)]
    ids = [name for text in texts for name in re.findall(r'\bid="([^"]+)"', text)]
    assert len(ids) == len(set(ids))


def test_the_same_map_gives_the_same_text(tables: Tables) -> None:
    """Drawn twice, in one process, with words that lose and get back their casing on the way."""
    first = regional_map(tables.lads, "Wales")
    assert first.svg() == first.svg() == regional_map(tables.lads, "Wales").svg()
    drawn = national_map(tables.lads)
    before = drawn._repr_png_()
    text = drawn.svg()
    assert drawn._repr_png_() == before
    assert 'paint-order="stroke"' in text


def test_naming_changes_no_picture(monkeypatch: pytest.MonkeyPatch, tables: Tables) -> None:
    """A PNG is the same to the byte whether its areas are named or not."""
    named = [regional_map(tables.lads, "Wales", highlight=["Cardiff"])._repr_png_(), local_map(tables.msoas, "Rutland")]
    monkeypatch.setattr(layers, "name_shapes", lambda *_: None)
    assert regional_map(tables.lads, "Wales", highlight=["Cardiff"])._repr_png_() == named[0]
    assert local_map(tables.msoas, "Rutland")._repr_png_() == named[1]._repr_png_()


def test_links_and_marks(tables: Tables) -> None:
    """Areas with an address are links in the whole window; with marks, each area has a hidden one with its code."""
    drawn = national_map(tables.lads)
    codes = list(tables.lads["lad21cd"])
    links = {codes[0]: "../a/adur.html?x=1&y=2", codes[5]: "b.html"}
    root = read(drawn.svg(links=links, marks=True))
    found = list(root.iter("a"))
    assert {area.get("data-code"): area.get("href") for area in found} == links
    assert all(area.get("target") == "_top" and area.find("title") is not None for area in found)
    marks = [mark for group in root.iter("g") if group.get("class") == "ec-marks" for mark in group]
    assert sorted(mark.get("id") for mark in marks) == sorted(codes)
    shapes = {area.get("id") or area.find("path").get("id"): area.get("data-code") for area, _ in areas_of(root)}
    for mark in marks:
        assert {shapes[use.get("href")[1:]] for use in mark.iter("use")} == {mark.get("id")}
    assert "ec-marks" not in drawn.svg()


def test_sizes(tables: Tables) -> None:
    """Small enough to be sent with every page; a PNG of the same map is larger."""
    assert len(national_map(tables.lads).svg(marks=True).encode()) < 300_000
    for name in ("Norwich", "Birmingham", "Cornwall"):
        assert len(local_map(tables.msoas, name).svg().encode()) < 100_000, name


@pytest.mark.full
def test_sizes_on_real_shapes(geo: Path) -> None:
    """On the real boundaries too, the largest districts included."""
    real = real_tables(geo)
    assert len(national_map(real.lads, context=real.context).svg(marks=True).encode()) < 300_000
    for name in ("Birmingham", "Cornwall", "Shropshire"):
        assert len(local_map(real.msoas, name, context=real.context).svg().encode()) < 120_000, name


def frilly(count: int) -> np.ndarray:
    """Return a line of many points from 0, 0 to 0, 10000 that goes this way and that."""
    up = np.linspace(0, 10_000, count)
    return np.column_stack([300 * np.sin(up / 500) + 20 * np.sin(up * 1.7), up])


def test_sizes_on_heavy_shapes() -> None:
    """A hundred thousand points make no heavy file: what no eye can see is left out."""
    line = frilly(50_000)
    shapes = [
        shapely.Polygon([*line, (9000, 10_000), (9000, 0)]),
        shapely.Polygon([*line, (-9000, 10_000), (-9000, 0)]),
    ]
    table = squares([0.3, 0.6]).set_geometry(gpd.GeoSeries(shapes, crs=27700))
    assert len(local_map(table, "Testham", context=nothing_around()).svg()) < 60_000


def hexagons(count: int) -> np.ndarray:
    """Return hexagons in rows of a hundred."""
    corners = np.array([(np.sin(turn), np.cos(turn)) for turn in np.arange(6) * np.pi / 3])
    step = np.sqrt(3)
    at = [((place % 100 + place // 100 % 2 / 2) * step, place // 100 * 1.5) for place in range(count)]
    return np.array([shapely.Polygon(corners + point) for point in at], dtype=object)


def test_seven_thousand_hexagons() -> None:
    """A map of all neighbourhoods stays under a megabyte, its words included, which give the decile once a class."""
    rng = np.random.default_rng(4)
    table = squares(list(rng.normal(0.5, 0.05, 7264)), district="Newcastle-under-Lyme")
    table = table.set_geometry(gpd.GeoSeries(hexagons(7264), crs=27700))
    figure = Figure(figsize=(6, 4))
    ax = figure.add_axes((0, 0, 1, 1), xlim=(-2, 176), ylim=(-2, 112))
    layers.draw_deciles(ax, table, edge=0.2)
    text = svg_of(figure, "Title", "Description", links={}, marks=False)
    assert len(text.encode()) < 1_000_000
    root = read(text)
    found = areas_of(root)
    assert sorted(area.get("data-code") for area, _ in found) == sorted(table["msoa21cd"])
    rows = table.set_index("msoa21cd")
    for area, group in found:
        row = rows.loc[area.get("data-code")]
        assert f"{area.findtext('title')}, decile {group.get('data-class')} of 10" == words(row)
    # Most are one shape in many places, each where its hexagon is.
    stamps = [area for area, _ in found if area.tag == "use"]
    assert len(stamps) > 7000
    first, second = (rows.index.get_loc(stamp.get("data-code")) for stamp in stamps[:2])
    apart = [centre.x for centre in shapely.centroid(table.geometry.to_numpy()[[first, second]])]
    drawn = [float(stamp.get("x")) for stamp in stamps[:2]]
    assert (drawn[1] - drawn[0]) == pytest.approx((apart[1] - apart[0]) * 4320 / 178, abs=2)


def plain_axes() -> tuple[Figure, Axes]:
    """Return axes that fill a figure of 6 by 4 inches."""
    figure = Figure(figsize=(6, 4))
    return figure, figure.add_axes((0, 0, 1, 1), xlim=(0, 6), ylim=(0, 4))


@pytest.mark.parametrize("count", [1, 7])
def test_dots(count: int) -> None:
    """A scatter of areas is interactive as well: each dot a circle in its place, also a single one."""
    table = districts([0.3] * count).assign(decile=pd.array([4] * count, dtype="Int64"))
    figure, ax = plain_axes()
    dots = ax.scatter([1 + 0.5 * place for place in range(count)], [1.0] * count, s=36, color=ice_colours()[3])
    name_shapes(dots, descriptions(table))
    found = areas_of(read(svg_of(figure, "Dots", "Some", links={}, marks=False)))
    assert [area.get("data-code") for area, _ in found] == list(table["lad21cd"])
    assert [float(area.get("cx")) for area, _ in found] == [720 + 360 * place for place in range(count)]
    assert all((area.tag, area.get("cy"), area.get("r")) == ("circle", "2160", "30") for area, _ in found)
    assert {group.get("fill") for _, group in found} == {ice_colours()[3]}


def test_a_table_without_codes_stays_a_picture() -> None:
    """Shapes with deciles only, such as somebody's own, are drawn without descriptions."""
    figure, ax = plain_axes()
    table = districts([0.1 * place for place in range(1, 11)])[["decile", "geometry"]]
    layers.draw_deciles(ax, table, edge=0.5)
    assert areas_of(read(svg_of(figure, "Title", "Description", links={}, marks=False))) == []


def points(data: str) -> list[list[tuple[int, int]]]:
    """Follow path data with the pen and return where it goes, line by line."""
    found: list[list[tuple[int, int]]] = []
    x = y = 0
    for letter, text in re.findall(r"([mlhvz])([^mlhvz]*)", data):
        numbers = [int(number) for number in re.findall(r"-?\d+", text)]
        if letter == "z":
            x, y = found[-1][0]
            continue
        if letter in "hv":
            numbers = [number for step in numbers for number in ((step, 0) if letter == "h" else (0, step))]
        for place in range(0, len(numbers), 2):
            x, y = x + numbers[place], y + numbers[place + 1]
            if letter == "m" and place == 0:
                found.append([])
            found[-1].append((x, y))
    return found


def test_path_data() -> None:
    """Written short and read again, an outline has its corners in whole units, and only those."""
    data = "M 0 0 \nL 1 0 \nL 2 0 \nL 2.01 0 \nL 2 2 \nL 0 2 \nz\nM 0.5 0.5 \nL 0.5 1.5 \nL 1.5 1 \nz\n"
    written = path_data(rings(data, np.array([1.0, 0.0]), 10))
    assert points(written) == [[(10, 0), (30, 0), (30, 20), (10, 20)], [(15, 5), (15, 15), (25, 10)]]
    assert path_data(rings("M 0 0 \nL 5 0 \nL 9 0 \n", np.zeros(2), 1)) == "m0 0h9"
    assert path_data(rings("M 3 4 \nL 3.01 4 \nL 3 4.01 \nz", np.zeros(2), 1)) == "m3 4h1v1z"
    assert path_data(rings("M 1 1 \nC 2 1 3 2 3 3 \nL 1 3 \nz", np.zeros(2), 1)) == "m1 1c1 0 2 1 2 2l-2 0z"


def test_edges_stay_shared() -> None:
    """Two outlines with a line in common have the same line afterwards, whichever way round they are drawn."""
    line = frilly(2000)
    left = np.concatenate([[[-9000, 10_000], [-9000, 0]], line])
    right = np.concatenate([line[::-1], [[9000, 0], [9000, 10_000]]])
    data = ["M " + " \nL ".join(f"{x} {y}" for x, y in ring) + " \nz" for ring in (left, right)]
    slim = simplified([rings(one, np.zeros(2), 1) for one in data], 25)
    sides = [{tuple(point) for point in outline[0].points if abs(point[0]) < 1000} for outline in slim]
    assert sides[0] == sides[1]
    assert 10 < len(sides[0]) < 500


def test_what_lies_outside_is_cut_off() -> None:
    """Of a square that reaches over a window's corner, the part inside is left; of one beside it, nothing."""
    square = rings("M -5 -5 \nL 5 -5 \nL 5 5 \nL -5 5 \nz M 20 0 \nL 30 0 \nL 30 9 \nz", np.zeros(2), 1)
    inside = clipped(square, (0, 0, 10, 10))
    assert len(inside) == 1
    assert shapely.Polygon(inside[0].points).equals(shapely.box(0, 0, 5, 5))
    open_line = rings("M -5 -5 \nL 5 -5 \n", np.zeros(2), 1)
    assert clipped(open_line, (0, 0, 10, 10)) == open_line


def test_larger_words_for_phones(tables: Tables) -> None:
    """A second set of words is there, hidden, of 11 pixels or more where the drawing is 320 wide; areas are not again.

    What shows them is the shape of the drawing, which that of its narrow figure and no wider one has.
    """
    for drawn in (local_map(tables.msoas, "Norwich"), national_map(tables.lads)):
        root = read(drawn.svg(marks=True))
        across, high = map(float, root.get("viewBox", "").split()[2:])
        paper, words = (child for child in root if child.get("class") == "ec-narrow")
        assert (paper.get("display"), words.get("display")) == ("none", "none")
        sizes = [float(style.get("font-size", 0)) for style in words.iter("g") for _ in style.findall("text")]
        assert len(sizes) > 20
        assert min(sizes) * 320 / across >= 11
        assert not [element for element in words.iter() if element.get("data-code")]
        assert all(group.get("class") == "ec-body" for group in root if next(group.iter("use"), None) is not None)
        limit = re.search(r"max-aspect-ratio:(\d+)/(\d+)", root.findtext("style") or "")
        assert limit
        assert drawn.narrow
        shape = drawn.narrow.get_figwidth() / drawn.narrow.get_figheight()
        assert 1.1 * shape < int(limit[1]) / int(limit[2]) < 0.9 * across / high


def test_no_words_for_phones_in_a_size_of_ones_own(tables: Tables) -> None:
    """A caller's size is kept at every width: the file has one set of words."""
    drawn = local_map(tables.msoas, "Norwich", figsize=(5, 6))
    assert drawn.narrow is None
    assert "ec-narrow" not in drawn.svg()


def test_what_the_script_adds_is_left_out(tables: Tables) -> None:
    """Dots and the areas of a shared file have code and name alone, without what the pages' script adds.

    A dot keeps its decile in words; an area of a shared file has it in its group.
    """
    dots = read(strip_plot(tables.lads, tables.msoas, "Norwich").svg())
    circles = [circle for circle in dots.iter("circle") if circle.get("data-code")]
    assert len(circles) > 300
    for circle in circles:
        assert set(circle.attrib) == {"data-code", "cx", "cy", "r"}
        assert re.search(r": \d+\.\d%, decile \d+ of 10", circle.findtext("title"))
    plain = tables.lads.drop(columns=["decile_low", "decile_high", "num_users"], errors="ignore")
    shared = read(national_map(plain).svg(marks=True))
    rows = tables.lads.set_index("lad21cd")
    seen = 0
    for group in shared.iter("g"):
        for area in group.findall("*[@data-code]"):
            row, seen = rows.loc[area.get("data-code")], seen + 1
            decile = "" if pd.isna(row["decile"]) else str(row["decile"])
            value = f"{100 * row[VALUE]:.1f}%" if decile else "no published estimate"
            assert (group.get("data-class"), area.findtext("title")) == (decile, f"{row['lad21nm']}: {value}")
            assert not {"class", "tabindex", "role"} & set(area.attrib)
    assert seen > len(rows)
