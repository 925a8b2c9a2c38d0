"""The bivariate map: colours pixel by pixel, its square of a legend, its words, and what its SVG can be asked."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree as ET

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from matplotlib.patches import Rectangle
from matplotlib.text import Text

from analysis.test_bivariate import driver, nine
from ec_maps import load_areas
from ec_maps.analysis.bivariate import CLASSES, KINDS, class_number
from ec_maps.graphics import palette
from ec_maps.graphics.figure import Map
from ec_maps.graphics.layers import SWATCH
from ec_maps.graphics.layout import DEMO_WORDS
from ec_maps.maps.bivariate import bivariate_colours, bivariate_map, class_in_words
from made import Picture, counted, nothing_around


@pytest.fixture
def drawn(demo: Path) -> Map:
    """Return the map of the demonstration data."""
    return bivariate_map(load_areas("lad", "exposure"), load_areas("lad", "bias"), load_areas("lad"))


def classes(areas: gpd.GeoDataFrame) -> list[int | None]:
    """Return each district's class, None for one that has none."""
    return [
        None if pd.isna(one) else class_number(int(one), int(other))
        for one, other in zip(areas["exposure_third"], areas["bias_third"], strict=True)
    ]


def fields(drawn: Map) -> dict[int, Rectangle]:
    """Return the legend's nine fields by class."""
    boxes = [patch for patch in drawn.figure.axes[1].patches if re.match(rf"{SWATCH}\d\|", patch.get_gid() or "")]
    return {int(box.get_gid().removeprefix(SWATCH)[0]): box for box in boxes}


def words_of(drawn: Map) -> list[str]:
    """Return all texts of the figure."""
    return [text.get_text() for text in drawn.figure.findobj(Text) if text.get_text()]


def test_pixels_of_areas(drawn: Map, tmp_path: Path) -> None:
    """The commonest fill inside each district is exactly its class's colour; one without a class is hatched."""
    picture, colours = Picture(drawn, tmp_path), bivariate_colours()
    seen = 0
    for number, shape in zip(classes(drawn.areas), drawn.areas.geometry, strict=True):
        pixels = picture.inside(drawn.figure.axes[0], shape)
        if len(pixels) < 60:
            continue
        found = counted(pixels)
        if number is None:
            assert found[palette.MISSING] > 0.2 * len(pixels)
            assert found[palette.HATCH] > 0.02 * len(pixels)
        else:
            assert next(colour for colour in found if colour in colours) == colours[number - 1]
        seen += 1
    assert seen > 0.6 * len(drawn.areas)


def test_square(drawn: Map) -> None:
    """The fields have the nine colours; exposure rises to the right and bias upwards; each has its count in it."""
    boxes, numbers = fields(drawn), Counter(classes(drawn.areas))
    assert sorted(boxes) == list(range(1, CLASSES + 1))
    corner = {number: (round(box.get_x(), 3), round(box.get_y(), 3)) for number, box in boxes.items()}
    xs, ys = sorted({x for x, _ in corner.values()}), sorted({y for _, y in corner.values()})
    written = {
        (round(x, 3), round(y, 3)): text.get_text()
        for text in drawn.figure.axes[1].texts
        for x, y in [text.get_position()]
    }
    for number, box in boxes.items():
        assert box.get_facecolor()[:3] == pytest.approx(np.array(palette_rgb(bivariate_colours()[number - 1])))
        row, column = divmod(number - 1, 3)
        assert corner[number] == (xs[column], ys[2 - row])
        middle = round(box.get_x() + box.get_width() / 2, 3), round(box.get_y() + box.get_height() / 2, 3)
        assert written[middle] == str(numbers[number])


def palette_rgb(code: str) -> list[float]:
    """Return a colour's channels from 0 to 1."""
    return [int(code[at : at + 2], 16) / 255 for at in (1, 3, 5)]


def test_legend_says_what_it_is(drawn: Map) -> None:
    """Axes in words with arrows, the four edges of each, the kinds by name, the missing counted, the universe."""
    said = words_of(drawn)
    for words in ("more high-income\npeople to meet →", "friendships fall\nfurther short →"):
        assert words in said
    for key in ("exposure", "bias"):
        for edge in drawn.areas.attrs[f"{key}_cut_points"]:
            assert f"{100 * edge:.1f}" in said
    for kind in KINDS:
        assert kind.name in said
    lacking = int(drawn.areas["kind"].isna().sum())
    assert f"no published estimate of one or both ({lacking})" in said
    assert any(
        f"Thirds of the {len(drawn.areas) - lacking} local authorities of England and Wales" in text for text in said
    )


def test_stamp_and_sources(drawn: Map) -> None:
    """Demonstration data are marked on the map, in its alternative text and in its caption; sources are given."""
    said = words_of(drawn)
    assert DEMO_WORDS in said
    assert any(text.startswith("Values: made by a formula") for text in said)
    for words in (drawn.alt_text, drawn.caption):
        assert words.startswith("Demonstration data, not real values.")


def test_no_word_leaves_the_figure(drawn: Map) -> None:
    """All words lie within the figure."""
    drawn.figure.draw_without_rendering()
    width, height = drawn.figure.get_size_inches() * drawn.figure.dpi
    for text in drawn.figure.findobj(Text):
        if text.get_text() and text.get_visible():
            box = text.get_window_extent()
            assert -1 <= box.x0 <= box.x1 <= width + 1, text.get_text()
            assert -1 <= box.y0 <= box.y1 <= height + 1, text.get_text()


def test_alt_text_counts(drawn: Map) -> None:
    """The alternative text has the number of districts of each kind, the ends of both, and the missing."""
    areas = drawn.areas
    for kind in KINDS:
        assert f"({kind.name}) {(areas['kind'] == kind.name).sum()}" in drawn.alt_text
    for key in ("exposure", "bias"):
        row = areas.loc[areas[key].idxmax()]
        assert f"{row[key]:.1%}" in drawn.alt_text
    assert "hatched" in drawn.alt_text
    assert "hatched" in drawn.caption


def test_svg_is_interactive(drawn: Map, tmp_path: Path) -> None:
    """Each district is in the SVG with class and words, London's twice; each field says which class it is."""
    path = drawn.save(tmp_path / "map.svg", links={"X06000001": "../x.html"})
    root = ET.fromstring(path.read_text(encoding="utf-8"))
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
    areas = [element for element in root.iter() if "ec-area" in element.get("class", "")]
    london = set(drawn.areas.loc[drawn.areas["rgn21nm"] == "London", "lad21cd"])
    assert Counter(area.get("data-code") for area in areas) == {
        code: 2 if code in london else 1 for code in drawn.areas["lad21cd"]
    }
    rows = drawn.areas.assign(number=classes(drawn.areas)).set_index("lad21cd")
    groups = {area: group for group in root.iter("g") if group.get("class") == "ec-group" for area in group}
    for area in areas:
        row, group = rows.loc[area.get("data-code")], groups[area]
        title = area.findtext("title")
        assert title.startswith(f"{row['lad21nm']}: ")
        if pd.isna(row["kind"]):
            assert group.get("data-class") == ""
        else:
            assert group.get("data-class") == str(int(row["number"]))
            expected = f"exposure {row['exposure']:.1%}, bias {row['bias']:.1%}; {row['kind']}".replace("-", "−")
            assert title.partition(": ")[2].replace("-", "−") == expected
    swatches = {s.get("data-class"): s.findtext("title") for s in root.iter() if s.get("class") == "ec-swatch"}
    expected = {str(number): class_in_words(number) for number in range(1, CLASSES + 1)}
    assert swatches == {**expected, "": "no published estimate"}


def test_words_of_a_district_in_between_values(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A negative bias, one value missing and both missing are said as they are; the map needs no London."""
    monkeypatch.setenv("EC_MAPS_SOURCE", "live")
    exposure, bias = nine()
    tables = driver("exposure", [*exposure["exposure"], 0.5, None]), driver("bias", [*bias["bias"], None, None])
    drawn = bivariate_map(*tables, context=nothing_around())
    text = drawn.save(tmp_path / "map.svg").read_text(encoding="utf-8")
    for words in (
        "G: exposure 42.0%, bias −2.0%; fewer to meet, but friendships follow",
        "J: exposure 50.0%, bias no published estimate",
        "K: no published estimate",
    ):
        assert f"<title>{words}</title>" in text
    assert "Two local authorities lack one or both values and are hatched." in drawn.caption
    assert DEMO_WORDS not in words_of(drawn)


def test_same_bytes_again(drawn: Map, tmp_path: Path) -> None:
    """The same tables give the same files."""
    again = bivariate_map(load_areas("lad", "exposure"), load_areas("lad", "bias"), load_areas("lad"))
    for kind in ("svg", "png"):
        one, other = drawn.save(tmp_path / f"one.{kind}"), again.save(tmp_path / f"other.{kind}")
        assert one.read_bytes() == other.read_bytes()
