"""A saved map as a small picture for print: its areas as they are, numbers that fit on them, outlines and the stamp."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path

import pytest

from ec_maps.graphics import palette
from ec_maps.graphics.layout import DEMO_WORDS
from ec_maps.graphics.svg_print import NUMBER, panel
from ec_maps.maps.choropleth import local_map, national_map
from made import demonstration, districts, squares

TEN = [0.30 + 0.02 * place for place in range(10)]
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module", autouse=True)
def demo_data(demo_data_dir: Path) -> Iterator[None]:
    """Switch the library to the demonstration data."""
    with demonstration(demo_data_dir):
        yield


@pytest.fixture(scope="module")
def row() -> str:
    """Return the map of ten squares in a row, one in each decile, and one without an estimate, as SVG."""
    return local_map(squares([*TEN, None]), "Testham").svg()


@pytest.fixture(scope="module")
def country() -> str:
    """Return a map of ten districts side by side, as SVG."""
    return national_map(districts(TEN)).svg(marks=True)


def test_each_area_has_its_number_in_a_colour_that_shows(row: str) -> None:
    """From the left, the ten squares have the numbers 1 to 10; the hatched one has none."""
    drawn = ET.fromstring(panel(row, 400, 300, numbers=True).svg)
    numbers = sorted(drawn.iter(f"{SVG}text"), key=lambda one: float(one.attrib["x"]))
    assert [one.text for one in numbers] == [str(decile) for decile in range(1, 11)]
    assert [one.get("fill") for one in numbers] == [palette.ink_on(colour) for colour in palette.ice_colours()]


def test_a_number_without_room_is_left_out(row: str) -> None:
    """At a size of stamps no number fits, and at a small one only those of one figure do."""
    for width, expected in ((30, []), (95, [str(decile) for decile in range(1, 10)])):
        drawn = ET.fromstring(panel(row, width, 300, numbers=True).svg)
        assert sorted(one.text or "" for one in drawn.iter(f"{SVG}text")) == expected, width


def test_it_fits_its_box_and_keeps_the_shape(row: str) -> None:
    """It is as wide or as high as its box, in points, and numbers are of one size on paper."""
    for width, height in ((400, 90), (80, 300)):
        small = panel(row, width, height, numbers=True)
        assert small.width == pytest.approx(width) or small.height == pytest.approx(height)
        assert small.width <= width + 0.01
        assert small.height <= height + 0.01
        left, top, across, down = map(float, ET.fromstring(small.svg).attrib["viewBox"].split())
        del left, top
        assert across / down == pytest.approx(small.width / small.height, rel=0.01)
        for group in ET.fromstring(small.svg).iter(f"{SVG}g"):
            if "font-size" in group.attrib:
                assert float(group.attrib["font-size"]) * small.width / across == pytest.approx(NUMBER, rel=0.01)


def test_the_words_of_the_screen_are_left_out(row: str) -> None:
    """Without numbers there is no text, title or link; areas have the colours of the map."""
    drawn = ET.fromstring(panel(row, 400, 300).svg)
    assert {element.tag.removeprefix(SVG) for element in drawn.iter()} <= {
        *("svg", "defs", "g", "path", "rect", "clipPath", "pattern"),
    }
    fills = {element.get("fill") for element in drawn.iter()}
    assert set(palette.ice_colours()) <= fills


def test_the_stamp_is_part_of_the_picture(row: str) -> None:
    """Its words are at the top, in two lines where one is too long, and the picture is no higher than its box."""
    for width, lines in ((400, 1), (110, 2)):
        small = panel(row, width, 200, stamp=DEMO_WORDS)
        words = [one.text or "" for one in ET.fromstring(small.svg).iter(f"{SVG}text")]
        assert " ".join(words) == DEMO_WORDS
        assert len(words) == lines
        assert small.height <= 200.01


def test_outlines_of_a_shared_map(country: str) -> None:
    """The marked area is outlined, and ringed where it is small; several are not ringed; other marks are left out."""
    plain = panel(country, 400, 300).svg
    assert "<use" not in plain
    one = panel(country, 400, 300, marks=["E06000003"]).svg
    assert one.count(f'stroke="{palette.INK}"') == plain.count(f'stroke="{palette.INK}"') + 1
    assert "<circle" not in one
    assert panel(country, 60, 60, marks=["E06000003"]).svg.count("<circle") == 2
    assert "<circle" not in panel(country, 60, 60, marks=["E06000003", "E06000004"]).svg
