"""The bivariate map: colours pixel by pixel, its square of a legend, its words, and what its SVG can be asked."""

from __future__ import annotations

import re
from collections import Counter
from functools import lru_cache
from pathlib import Path
from xml.etree import ElementTree as ET

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from matplotlib.patches import Rectangle
from matplotlib.text import Text

from analysis.test_bivariate import BIAS, EXPOSURE, both
from ec_maps import SettingError, load_areas, local_map, measures_table
from ec_maps.analysis.bivariate import CLASSES, KINDS, bivariate_table, class_number
from ec_maps.areas.wording import some
from ec_maps.errors import PlaceError
from ec_maps.graphics import palette
from ec_maps.graphics.figure import Map
from ec_maps.graphics.layers import SWATCH
from ec_maps.graphics.layout import DEMO_WORDS
from ec_maps.maps.bivariate import bivariate_map
from ec_maps.maps.bivariate_legend import bivariate_colours
from ec_maps.maps.bivariate_words import class_in_words
from made import VALUE, Picture, about, counted, nothing_around, real_tables


@lru_cache
def demo_map(_data_dir: Path, place: str | None) -> Map:
    """Return a map of the demonstration data, drawn once."""
    return bivariate_map(load_areas("msoa" if place else "lad"), place)


@pytest.fixture
def drawn(demo: Path) -> Map:
    """Return the map of all local authorities."""
    return demo_map(demo, None)


@pytest.fixture
def norwich(demo: Path) -> Map:
    """Return the map of a place by neighbourhood."""
    return demo_map(demo, "norwich")


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


@pytest.mark.parametrize("which", ["drawn", "norwich"])
def test_pixels_of_areas(which: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    """The commonest fill inside each area is exactly its class's colour; one without a class is hatched."""
    drawn = request.getfixturevalue(which)
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


@pytest.mark.parametrize("which", ["drawn", "norwich"])
def test_square(which: str, request: pytest.FixtureRequest) -> None:
    """The fields have the nine colours; exposure rises to the right and bias upwards; each has its count in it.

    On the map of a place the counts are of the place's neighbourhoods.
    """
    drawn = request.getfixturevalue(which)
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
            near = " (near a cut point)" if row["near_cut"] else ""
            expected = f"exposure {row['exposure']:.1%}, bias {row['bias']:.1%}; {row['kind']}{near}".replace("-", "−")
            assert title.partition(": ")[2].replace("-", "−") == expected
    swatches = {s.get("data-class"): s.findtext("title") for s in root.iter() if s.get("class") == "ec-swatch"}
    expected = {str(number): class_in_words(number) for number in range(1, CLASSES + 1)}
    assert swatches == {**expected, "": "no published estimate"}


def test_words_of_a_district_in_between_values(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A negative bias, one value missing and both missing are said as they are; the map needs no London."""
    monkeypatch.setenv("EC_MAPS_SOURCE", "live")
    drawn = bivariate_map(both([*EXPOSURE, 0.5, None], [*BIAS, None, None]), context=nothing_around())
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
    again = bivariate_map(load_areas("lad", "exposure"))
    for kind in ("svg", "png"):
        one, other = drawn.save(tmp_path / f"one.{kind}"), again.save(tmp_path / f"other.{kind}")
        assert one.read_bytes() == other.read_bytes()


# ---- a place by neighbourhood ----


def test_a_place(norwich: Map) -> None:
    """The map shows the place's neighbourhoods in the classes of all, with words and legend about the place."""
    whole = bivariate_table(load_areas("msoa")).set_index("msoa21cd")
    areas = norwich.areas
    assert len(areas) == 14
    assert set(areas["lad21nm"]) == {"Norwich"}
    for name in ("exposure_third", "bias_third", "kind", "near_cut"):
        assert areas[name].tolist() == whole.loc[areas["msoa21cd"], name].tolist()
    said = words_of(norwich)
    assert "Exposure and bias in Norwich" in said
    number = f"{whole['kind'].notna().sum():,}"
    assert any(
        f"Thirds of the {number} neighbourhoods of England and Wales with both values." in text.replace("\n", " ")
        and "in each field, the number of neighbourhoods of Norwich." in text.replace("\n", " ")
        for text in said
    )
    assert DEMO_WORDS in said
    assert {"1", "14", "Broadland"} <= set(said)
    assert "outside Norwich" in said
    kinds = areas["kind"].value_counts()
    for kind in KINDS:
        assert f"({kind.name}) {kinds.get(kind.name, 0)}" in norwich.alt_text
    near = int(areas["near_cut"].sum())
    assert 0 < near < 10
    assert f"{some(near).capitalize()} of them are near a cut point." in norwich.caption
    assert norwich.alt_text.startswith("Demonstration data, not real values. Map of Norwich by neighbourhood")


def test_the_form_for_phones(norwich: Map) -> None:
    """A map of a place has a form for phones, whose square has the same counts."""
    narrow = norwich.narrow
    assert narrow is not None
    texts = [text.get_text() for text in narrow.findobj(Text)]
    assert "more high-income\npeople to meet →" in texts
    counts = [str(Counter(classes(norwich.areas))[number]) for number in range(1, 10)]
    assert all(count in texts for count in counts)


def test_the_same_body_as_a_local_map(norwich: Map) -> None:
    """Extent, numbers and names are those of the local map of the place."""
    local = local_map(load_areas("msoa"), "Norwich")
    for one, other in ((norwich.figure.axes[0], local.figure.axes[0]),):
        assert (one.get_xlim(), one.get_ylim()) == (other.get_xlim(), other.get_ylim())
        assert [text.get_text() for text in one.texts] == [text.get_text() for text in other.texts]


def test_several_districts(demo: Path) -> None:
    """Districts in a list and a part of the table are drawn with the classes of the whole."""
    part = load_areas("msoa", near="Norwich")
    alone = bivariate_map(part, "Norwich").areas
    two = bivariate_map(load_areas("msoa", "bias"), ["Norwich", "Broadland"])
    assert two.areas["lad21nm"].unique().tolist() == ["Norwich", "Broadland"]
    assert alone["kind"].tolist() == two.areas["kind"].tolist()[:14]
    assert two.caption.startswith("Demonstration data, not real values. 2 local authorities: Norwich and Broadland.")
    assert any("number of neighbourhoods of these 2 local authorities." in text for text in words_of(two))


def test_without_a_key(norwich: Map) -> None:
    """With ``key=False`` the numbers have no key beneath the map."""
    alone = bivariate_map(load_areas("msoa"), "Norwich", key=False)
    first = "Numbers are those of the official names"
    assert any(text.startswith(first) for text in words_of(norwich))
    assert not any(text.startswith(first) for text in words_of(alone))
    with pytest.raises(SettingError, match="True or False"):
        bivariate_map(load_areas("msoa"), "Norwich", key="no")  # type: ignore[arg-type]


def test_one_neighbourhood(demo: Path) -> None:
    """A place that is a single neighbourhood is said to be one, with its kind."""
    drawn = bivariate_map(load_areas("msoa"), "City of London")
    assert len(drawn.areas) == 1
    kind = drawn.areas["kind"].iloc[0]
    assert "The only neighbourhood of the City of London is " in drawn.caption
    assert kind in drawn.caption
    assert "Of the 1" not in drawn.alt_text


def test_a_place_with_missing_values(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neighbourhoods with one of the two values or none are hatched, counted and named in words."""
    monkeypatch.setenv("EC_MAPS_SOURCE", "live")
    table = both([*EXPOSURE, 0.5, None], [*BIAS, None, None], level="msoa")
    drawn = bivariate_map(table, "Testham", context=nothing_around())
    assert "no published estimate of one or both (2)" in words_of(drawn)
    assert "Of the 9 neighbourhoods of Testham with both values: " in drawn.caption
    assert "Two neighbourhoods lack one or both values and are hatched." in drawn.caption
    assert "Testham 010: exposure 50.0%, bias no published estimate" in drawn.svg()
    none = both([*EXPOSURE, None], [*BIAS, None], level="msoa")
    none.loc[9, ["lad21cd", "lad21nm"]] = ["E06000998", "Overthere"]
    drawn = bivariate_map(none, "Overthere", context=nothing_around())
    assert "No neighbourhood of Overthere has both values." in drawn.caption


@pytest.mark.full
def test_tables_with_both(demo: Path) -> None:
    """What `measures_table` and another map's ``areas`` hold is drawn as a table of `load_areas` is."""
    expected = bivariate_map(load_areas("lad"))
    for table in (measures_table("lad", ["exposure", "bias"]), expected.areas):
        assert bivariate_map(table).areas["kind"].tolist() == expected.areas["kind"].tolist()


@pytest.mark.parametrize(
    ("level", "place", "error", "words"),
    [
        ("lad", "Norwich", SettingError, r'A place is drawn by neighbourhood.*give load_areas\("msoa"\)'),
        ("msoa", "Norwhich", PlaceError, "Norwich"),
        ("msoa", "Glasgow City", PlaceError, "exist only in England and Wales"),
        ("msoa", [], PlaceError, "empty|no place"),
        ("msoa", ["Norwich", "norwich"], PlaceError, "already place 1"),
    ],
)
def test_what_cannot_be_drawn(demo: Path, level: str, place: object, error: type[Exception], words: str) -> None:
    """A place with districts, an unknown one, one outside, none and one named twice are letters."""
    with pytest.raises(error, match=words):
        bivariate_map(load_areas(level), place)  # type: ignore[arg-type]


def test_what_is_no_table(demo: Path) -> None:
    """No table, rows of both levels, a part without a place and a table without its measure are letters."""
    with pytest.raises(SettingError, match="not from 5"):
        bivariate_map(5)  # type: ignore[arg-type]
    lads, msoas = load_areas("lad"), load_areas("msoa")
    with pytest.raises(SettingError, match="rows from 2 tables"):
        bivariate_map(pd.concat([lads, msoas], ignore_index=True))
    with pytest.raises(SettingError, match=r"has 39 of the 7,200 neighbourhoods.*or a place"):
        bivariate_map(load_areas("msoa", near="Norwich"))
    with pytest.raises(SettingError, match="lacks the columns exposure"):
        bivariate_map(load_areas("lad", "exposure").drop(columns="exposure"))


@pytest.mark.full
def test_all_neighbourhoods(demo: Path) -> None:
    """Without a place all neighbourhoods are drawn, each field of the square with its count."""
    drawn = bivariate_map(load_areas("msoa"))
    assert len(drawn.areas) == 7200
    assert "By neighbourhood: how many" in " ".join(words_of(drawn)).replace("\n", " ")
    numbers = Counter(classes(drawn.areas))
    assert {f"{numbers[number]:,}" for number in range(1, 10)} <= set(words_of(drawn))


@pytest.mark.full
@pytest.mark.parametrize(
    "place", ["Great Yarmouth", "Isles of Scilly", "Birmingham", "Isle of Anglesey", "Tees Valley"]
)
def test_real_boundaries(geo: Path, place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """On the real outlines a place has all its neighbourhoods in the classes of the whole."""
    monkeypatch.setenv("EC_MAPS_SOURCE", "live")
    real, rng = real_tables(geo), np.random.default_rng(3)
    msoas = real.msoas.rename(columns={VALUE: "exposure"})
    msoas = about(msoas, measure="exposure").assign(bias=pd.Series(rng.normal(0.08, 0.04, len(msoas))))
    whole = bivariate_table(msoas)
    drawn = bivariate_map(msoas, place, context=real.context)
    rows = whole.set_index("msoa21cd").loc[drawn.areas["msoa21cd"]]
    assert len(rows) == {"Great Yarmouth": 13, "Isles of Scilly": 1, "Birmingham": 132}.get(place, len(rows)) > 0
    assert drawn.areas["kind"].fillna("").tolist() == rows["kind"].fillna("").tolist()
    assert f"cut over the {whole.attrs['with_both']:,} neighbourhoods" in drawn.alt_text
