"""The social card: its size, its words within the frame, its map's colours, the decile that is marked."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex
from matplotlib.patches import Polygon, Rectangle
from matplotlib.text import Text

from ec_maps import ice_colours, load_areas
from ec_maps.errors import PlaceError
from ec_maps.graphics import palette
from ec_maps.graphics.figure import Map
from ec_maps.graphics.layout import DEMO_WORDS
from ec_maps.maps.share_card import PIXELS, card
from made import VALUE, Picture, Tables, counted, demo_tables, districts, real_tables, squares, together

TEN = [0.30 + 0.03 * place for place in range(10)]


@pytest.fixture
def tables(demo: Path) -> Tables:
    """Return the demonstration's tables, with the library switched to it."""
    return demo_tables(demo)


def small(values: list[float | None], inside: list[float | None], name: str = "A") -> tuple[gpd.GeoDataFrame, ...]:
    """Return districts of these values, and neighbourhoods: these of the one named, and twenty of another district."""
    lads = districts(values)
    lads.loc[lads["lad21nm"] == "A", "lad21nm"] = name
    return lads, together(squares(inside, district=name), squares([*TEN, *TEN], district="Elsewhere"))


def words(drawn: Map) -> list[Text]:
    """Return all words on the card."""
    return [text for ax in drawn.figure.axes for text in ax.texts]


def said(drawn: Map) -> list[str]:
    """Return what they say, each on one line."""
    return [text.get_text().replace("\n", " ") for text in words(drawn)]


def faults(drawn: Map) -> list[str]:
    """Return the words that leave the card, run into the map or lie on others."""
    page, land = drawn.figure.bbox, drawn.figure.axes[0].bbox
    boxes = [(text.get_text(), text.get_window_extent()) for text in words(drawn)]
    found = [word for word, box in boxes if box.x0 < 0 or box.x1 > page.x1 or box.y0 < 0 or box.y1 > page.y1]
    found += [word for word, box in boxes if box.overlaps(land)]
    found += [
        f"{one} on {other}"
        for at, (one, a) in enumerate(boxes)
        for other, b in boxes[:at]
        if a.x0 < b.x1 and b.x0 < a.x1 and a.y0 + 1 < b.y1 and b.y0 + 1 < a.y1
    ]
    deciles = [swatch.get_window_extent() for swatch in [*swatches(drawn), *pointers(drawn)]]
    numbers = {str(decile) for decile in range(1, 11)}
    return found + [word for word, box in boxes if word not in numbers and any(box.overlaps(one) for one in deciles)]


def swatches(drawn: Map) -> list[Rectangle]:
    """Return the ten swatches from left to right."""
    boxes = [patch for patch in drawn.figure.axes[1].patches if isinstance(patch, Rectangle) and patch.get_x() > 0]
    return sorted(boxes, key=Rectangle.get_x)


def pointers(drawn: Map) -> list[Polygon]:
    """Return the pointers above the deciles."""
    return [patch for patch in drawn.figure.axes[1].patches if isinstance(patch, Polygon)]


@pytest.mark.parametrize(
    "name", ["Norwich", "Bournemouth, Christchurch and Poole", "King's Lynn and West Norfolk", "Rhondda Cynon Taf",
             "Eden", "Torridge", "Isles of Scilly", "City of London", "Birmingham", "York"],
)  # fmt: skip
def test_nothing_is_clipped(tables: Tables, name: str, tmp_path: Path) -> None:
    """A card is 1200 by 630 pixels; all words are on it, off the map and off one another, the name among them."""
    drawn = card(tables.lads, tables.msoas, name, "https://example.org/ec-maps/places/some-place.html")
    assert faults(drawn) == []
    site = "Economic connectedness in England and Wales"
    assert {name, site, DEMO_WORDS, "example.org/ec-maps/places/some-place.html"} <= set(said(drawn))
    assert Picture(drawn, tmp_path).pixels.shape == (PIXELS[1], PIXELS[0], 3)


@pytest.mark.parametrize("name", ["Glasgow City", "Shetland Islands", "Armagh City, Banbridge and Craigavon"])
def test_a_card_beyond_england_and_wales(demo: Path, name: str, tmp_path: Path) -> None:
    """Where there are no neighbourhoods, the district is drawn in its decile's colour among grey ones."""
    lads = load_areas("lad", scope="uk")
    drawn = card(lads, demo_tables(demo).msoas, name, "https://example.org/ec-maps/places/some-place.html")
    assert faults(drawn) == []
    assert "Economic connectedness in the United Kingdom" in said(drawn)
    assert list(drawn.areas["lad21nm"]) == [name]
    decile = int(drawn.areas["decile"].iloc[0])
    picture, ax = Picture(drawn, tmp_path), drawn.figure.axes[0]
    found = counted(picture.inside(ax, drawn.areas.geometry.iloc[0], off_edge=2))
    assert next(iter(found)) == ice_colours()[decile - 1]
    around = {colour for collection in ax.collections for colour in map(to_hex, collection.get_facecolor())}
    assert palette.NEIGHBOUR in around
    assert "A small map of the district in the colour of its decile" in drawn.alt_text
    assert drawn.caption.endswith(f"decile {decile} of 10 in the United Kingdom.")


def test_long_real_names(geo: Path) -> None:
    """The cards of the longest names, and of the longest words in names, hold all their words."""
    tables = real_tables(geo)
    names = tables.lads["lad21nm"]
    longest = names.sort_values(key=lambda them: -them.str.len())[:8]
    word = names.sort_values(key=lambda them: -them.str.split("[ -]").map(lambda parts: max(map(len, parts))))[:4]
    for name in [*longest, *word]:
        assert faults(card(tables.lads, tables.msoas, name, "https://example.org/" + "a" * 90)) == [], name


def test_pixels_of_the_map(tables: Tables, tmp_path: Path) -> None:
    """Inside each neighbourhood the picture has exactly its decile's colour, or the hatching's."""
    drawn = card(tables.lads, tables.msoas, "Bournemouth, Christchurch and Poole")
    picture, seen = Picture(drawn, tmp_path), 0
    for decile, shape in zip(drawn.areas["decile"], drawn.areas.geometry, strict=True):
        found = counted(picture.inside(drawn.figure.axes[0], shape, off_edge=2))
        if sum(found.values()) > 20:
            seen += 1
            first = next(iter(found))
            assert first == (palette.MISSING if pd.isna(decile) else ice_colours()[int(decile) - 1])
    assert seen > 20


def test_map_fills_its_box(tables: Tables) -> None:
    """The map is on one scale both ways, in metres of the grid, and touches two sides of its box, or nearly."""
    drawn = card(tables.lads, tables.msoas, "Cornwall")
    ax = drawn.figure.axes[0]
    across, up = np.diff(ax.get_xlim())[0], np.diff(ax.get_ylim())[0]
    assert across / ax.bbox.width == pytest.approx(up / ax.bbox.height)
    left, bottom, right, top = drawn.areas.total_bounds
    assert ax.get_xlim()[0] < left < right < ax.get_xlim()[1]
    assert ax.get_ylim()[0] < bottom < top < ax.get_ylim()[1]
    assert max((right - left) / across, (top - bottom) / up) > 0.95


@pytest.mark.parametrize("place", range(10))
def test_decile_is_marked(place: int) -> None:
    """The swatches are the ten colours in order; the district's has the widest frame and the pointer above it."""
    lads, msoas = small(TEN, [0.4, 0.5])
    drawn = card(lads, msoas, chr(65 + place))
    row = swatches(drawn)
    assert [palette_hex(swatch) for swatch in row] == ice_colours()
    widths = [swatch.get_linewidth() for swatch in row]
    assert widths.index(max(widths)) == place
    (pointer,) = pointers(drawn)
    middle = pointer.get_xy()[:, 0].mean()
    assert row[place].get_x() < middle < row[place].get_x() + row[place].get_width()
    assert pointer.get_xy()[:, 1].min() > row[place].get_y() + row[place].get_height()
    assert {"lowest", "highest"} <= set(said(drawn))


def palette_hex(swatch: Rectangle) -> str:
    """Return a swatch's fill as a hex colour."""
    return "#" + "".join(f"{round(part * 255):02x}" for part in swatch.get_facecolor()[:3])


def test_known_words() -> None:
    """Sentence, caption and alt text give the value with one decimal, the decile and the counts."""
    lads, msoas = small(TEN, [0.4, None, 0.5])
    drawn = card(lads, msoas, "F")
    assert "45.0% of low-income people’s friends are high-income: decile 6 of 10 in England and Wales" in said(drawn)
    assert drawn.caption == (
        "In F, 45.0% of low-income people’s friends are high-income: decile 6 of 10 in England and Wales."
    )
    drawn = card(lads, msoas, "A")
    assert drawn.alt_text == (
        "Card for A. 30.0% of low-income people’s friends are high-income: the lowest decile in England and Wales. "
        "A small map of its 3 neighbourhoods, coloured by decile, purple lowest, white highest. "
        "One is hatched, without a published estimate."
    )
    assert any(text.startswith("Values: UK Social Capital Atlas") for text in said(drawn))


def test_stamp(tables: Tables, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Demonstration data are marked by the yellow band and in the words; real ones are not."""
    for source, there in (("demo", True), ("live", False)):
        monkeypatch.setenv("EC_MAPS_SOURCE", source)
        drawn = card(tables.lads, tables.msoas, "York")
        assert (DEMO_WORDS in said(drawn)) == there
        assert drawn.alt_text.startswith("Demonstration data") == there
        assert drawn.caption.startswith("Demonstration data") == there
        assert Picture(drawn, tmp_path).has("#ffd23f") == there


@pytest.mark.parametrize(
    ("inside", "told"),
    [
        (
            [None, None],
            "its 2 neighbourhoods, coloured by decile, purple lowest, white highest. All are hatched, without",
        ),
        ([0.5], "A small map of its only neighbourhood, coloured"),
        ([None], "its only neighbourhood, coloured by decile, purple lowest, white highest. It is hatched, without"),
        ([], "as a whole."),
    ],
)
def test_odd_districts(inside: list[float | None], told: str, tmp_path: Path) -> None:
    """No value, no neighbourhood with a value, a single one or none at all: a card that says so, no decile marked."""
    lads, msoas = small([None, *TEN], inside)
    drawn = card(lads, msoas, "A")
    assert "No estimate is published for A as a whole" in said(drawn)
    assert drawn.caption == "No estimate is published for A as a whole."
    assert told in drawn.alt_text
    assert pointers(drawn) == []
    assert len({swatch.get_linewidth() for swatch in swatches(drawn)}) == 1
    assert faults(drawn) == []
    assert Picture(drawn, tmp_path).pixels.shape == (630, 1200, 3)


@pytest.mark.parametrize("name", ['Ŷ & <b>"Q\'s"</b> $x_1$', "Llan" + "fair" * 20, "Much Longer " * 9 + "Wold"])
def test_odd_names(name: str) -> None:
    """Names with signs stand as they are; what no size fits is written at the least, broken between words."""
    lads, msoas = small(TEN, [0.4, 0.5], name)
    drawn = card(lads, msoas, name)
    assert name in said(drawn)
    if " " in name:
        assert faults(drawn) == []


def test_long_address() -> None:
    """An address loses its scheme, and its beginning if it is longer than the column."""
    lads, msoas = small(TEN, [0.4, 0.5])
    drawn = card(lads, msoas, "A", "https://example.org/" + "a/" * 60 + "end.html")
    (shown,) = [text for text in said(drawn) if text.endswith("end.html")]
    assert shown.startswith("…")
    assert faults(drawn) == []


def test_unknown_district(tables: Tables) -> None:
    """A district that there is not is an error that names it."""
    with pytest.raises(PlaceError, match='"Atlantis"'):
        card(tables.lads, tables.msoas, "Atlantis")


def test_drawn_twice(tables: Tables, tmp_path: Path) -> None:
    """The same tables give the same bytes, in degrees too, and are not changed."""
    before = tables.lads.copy(), tables.msoas.copy()
    saved = [card(tables.lads, tables.msoas, "York").save(tmp_path / f"{n}.png").read_bytes() for n in (1, 2)]
    assert saved[0] == saved[1]
    pd.testing.assert_frame_equal(tables.lads, before[0])
    pd.testing.assert_frame_equal(tables.msoas, before[1])
    drawn = card(tables.lads, tables.msoas.to_crs("EPSG:4326"), "York")
    assert drawn.areas.crs == "EPSG:27700"
    assert drawn.areas["msoa21cd"].tolist() == tables.msoas.loc[tables.msoas["lad21nm"] == "York", "msoa21cd"].tolist()
    assert drawn.areas[VALUE].notna().any()
