"""The map of hexagons: colours pixel by pixel, outlines, names, words, odd tables."""

from __future__ import annotations

import re
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from matplotlib.colors import to_hex
from matplotlib.text import Text

from ec_maps import ice_colours
from ec_maps.errors import BoundaryError, SettingError
from ec_maps.geography.codes import neighbourhood_codes
from ec_maps.graphics import palette
from ec_maps.graphics.figure import Map
from ec_maps.graphics.layout import DEMO_WORDS
from ec_maps.maps.hexmap import CITIES, EXPLAINED, GAPS, alt_text, borders, caption, hexagon_map
from made import VALUE, Picture, about, counted, demo_tables, real_tables, squares, use_layout

TEN = [0.30 + 0.03 * place for place in range(10)]


@pytest.fixture(scope="module")
def _drawn() -> dict[str, Map]:
    return {}


@pytest.fixture
def drawn(demo: Path, _drawn: dict[str, Map]) -> Map:
    """Return the map of the demonstration, drawn once for all tests."""
    if "map" not in _drawn:
        _drawn["map"] = hexagon_map(demo_tables(demo).msoas)
    return _drawn["map"]


@pytest.fixture(params=["demo", "real"])
def country(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, _drawn: dict[str, Map]) -> Map:
    """Return the map of the demonstration, and that of the real country where its boundaries are at hand."""
    if request.param == "demo":
        return request.getfixturevalue("drawn")  # type: ignore[no-any-return]
    geo = request.getfixturevalue("geo")
    monkeypatch.setenv("EC_MAPS_BOUNDARIES", str(geo))
    if "real" not in _drawn:
        _drawn["real"] = hexagon_map(real_tables(geo).msoas)
    return _drawn["real"]


@pytest.fixture
def made_up_hexagons(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lay the hexagons of made-up tables side by side."""
    use_layout(monkeypatch, tmp_path)


def settings_are_demo(drawn: Map) -> bool:
    """Return whether a map is of the demonstration."""
    return DEMO_WORDS in words(drawn)


def words(drawn: Map) -> list[str]:
    """Return all texts of the layout round the map."""
    return [text.get_text() for text in drawn.figure.axes[1].texts]


def names(drawn: Map) -> dict[str, Text]:
    """Return the texts on the map by what they say, on one line."""
    return {text.get_text().replace("\n", " "): text for text in drawn.figure.axes[0].texts}


def two_regions(values: list[float | None]) -> gpd.GeoDataFrame:
    """Return a row of squares in two regions, the North East and London, each with two districts."""
    table = squares(values)
    half, quarter = len(table) // 2, len(table) // 4
    table["rgn21nm"] = ["North East"] * half + ["London"] * (len(table) - half)
    table["lad21nm"] = [f"District {min(place // quarter, 3)}" for place in range(len(table))]
    table["lad21cd"] = table["lad21nm"]
    table["msoa21cd"] = sorted(neighbourhood_codes("2021"))[: len(table)]
    return table


def test_rows(drawn: Map, demo: Path) -> None:
    """The map's areas are the table's rows in order, each with its hexagon."""
    msoas = demo_tables(demo).msoas
    assert list(drawn.areas["msoa21cd"]) == list(msoas["msoa21cd"])
    assert list(drawn.areas["decile"].fillna(0)) == list(msoas["decile"].fillna(0))
    assert (shapely.get_num_coordinates(drawn.areas.geometry.to_numpy()) == 7).all()


def test_pixels_of_hexagons(country: Map, tmp_path: Path) -> None:
    """Inside each hexagon the commonest colour is exactly its decile's; without a value it is white and hatched."""
    picture, colours = Picture(country, tmp_path), ice_colours()
    ax = country.figure.axes[0]
    some = country.areas.iloc[::9]
    right = 0
    for decile, shape in zip(some["decile"], some.geometry, strict=True):
        found = counted(picture.inside(ax, shape, off_edge=2))
        expected = palette.MISSING if pd.isna(decile) else colours[int(decile) - 1]
        right += next(iter(found)) == expected
    # Lines to the names' places and their dots run over a few.
    assert right > 0.97 * len(some)


def test_hexagons_are_drawn_as_one(drawn: Map) -> None:
    """All hexagons with a value are one collection and those without another, so that files stay small."""
    numbers = [len(one.get_paths()) for one in drawn.figure.axes[0].collections]
    blank = int(drawn.areas["decile"].isna().sum())
    assert sorted(numbers) == [blank, len(drawn.areas) - blank]


def test_sheet(drawn: Map) -> None:
    """The layout has a title, the explanation of a hexagon, ten classes, the number missing, and the band."""
    said = words(drawn)
    blank = int(drawn.areas["decile"].isna().sum())
    assert EXPLAINED in " ".join(" ".join(said).split())
    assert {str(decile) for decile in range(1, 11)} <= set(said)
    assert f"no published estimate ({blank})" in said
    assert f"Deciles of the {len(drawn.areas) - blank:,} neighbourhoods of England and Wales" in " ".join(said)
    assert DEMO_WORDS in said
    edges = [f"{edge * 100:.1f}" for edge in drawn.areas.attrs["cut_points"]]
    assert [text for text in said if re.fullmatch(r"\d+\.\d", text)] == edges


def test_what_lies_between_groups(country: Map, tmp_path: Path) -> None:
    """Where groups of hexagons stand apart, the ground of their region lies behind them and names are set on it."""
    apart = not settings_are_demo(country)
    picture, ax = Picture(country, tmp_path), country.figure.axes[0]
    assert picture.has(palette.NEIGHBOUR) == apart
    assert (GAPS in country.caption) == (GAPS in " ".join(" ".join(words(country)).split())) == apart
    # Two letters' heights above each name, so beyond its box, is the colour that the name is set on.
    same = 0
    for text in ax.texts:
        box = text.get_window_extent().transformed(ax.transData.inverted())
        strip = shapely.box(box.x0, box.y1, box.x1, box.y1 + (box.y1 - box.y0) / 2)
        set_on = text.get_bbox_patch().get_facecolor()[:3]
        same += next(iter(counted(picture.inside(ax, strip, off_edge=0)))) == to_hex(set_on)
    assert same > 0.6 * len(ax.texts)


def test_attribution(country: Map) -> None:
    """The Library's layout is attributed as its licence asks for; the demonstration's own is not said to be its."""
    said = " ".join(" ".join(words(country)).split())
    attributed = "contains Parliamentary information licensed under the Open Parliament Licence v3.0" in said
    assert attributed == ("House of Commons Library" in said) == (not settings_are_demo(country))


def test_no_scale_bar(drawn: Map) -> None:
    """There is no scale bar: distances on this map mean nothing."""
    assert not drawn.figure.axes[1].lines
    assert not [text for text in words(drawn) if text.endswith((" km", " m"))]


def test_names(country: Map) -> None:
    """All regions and ten to twenty cities are named, on the map's ground, with no name over another or a hexagon."""
    placed = names(country)
    assert set(country.areas["rgn21nm"]) <= set(placed)
    assert 10 <= len(set(placed) & set(CITIES.values())) <= 20
    frame = country.figure.axes[0].get_window_extent()
    boxes = [text.get_window_extent() for text in placed.values()]
    shapes = [shapely.box(*box.extents) for box in boxes]
    assert all(frame.x0 <= box.x0 and box.x1 <= frame.x1 and frame.y0 <= box.y0 and box.y1 <= frame.y1 for box in boxes)
    one, other = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    assert (one == other).all()
    to_pixels = country.figure.axes[0].transData.transform
    land = shapely.transform(shapely.coverage_union_all(country.areas.geometry.to_numpy()), to_pixels)
    covered = shapely.area(shapely.intersection(shapes, land)) / shapely.area(shapes)
    assert (covered < 0.1).all()


def test_lines_end_in_their_places(country: Map) -> None:
    """The line from each name ends in the region or city that it names."""
    ax = country.figure.axes[0]
    ends = {tuple(np.round(line.get_xydata()[0], 3)): line.get_xydata()[-1] for line in ax.lines}
    by_name = dict(CITIES) | {region: region for region in country.areas["rgn21nm"].unique()}
    column = {name: "lad21nm" if name in CITIES else "rgn21nm" for name in by_name}
    placed = names(country)
    seen = 0
    for name, said in by_name.items():
        part = country.areas.geometry[country.areas[column[name]] == name]
        if part.empty:
            continue
        end = ends[tuple(np.round(placed[said].get_position(), 3))]
        assert shapely.coverage_union_all(part.to_numpy()).buffer(1).contains(shapely.Point(end)), name
        seen += 1
    assert seen == len(placed)


def test_borders(country: Map) -> None:
    """Lines round regions are the regions' outlines, each once, and with those of districts the districts'."""
    regions, districts = borders(country.areas)

    def outlines(column: str) -> shapely.Geometry:
        shapes = [
            shapely.coverage_union_all(p.to_numpy()) for _, p in country.areas.geometry.groupby(country.areas[column])
        ]
        return shapely.union_all(shapely.boundary(shapes))

    assert regions.length == pytest.approx(outlines("rgn21nm").length, rel=1e-9)
    assert regions.length + districts.length == pytest.approx(outlines("lad21cd").length, rel=1e-9)
    # A dozen hexagons' sides to a line: short ones would make a large file.
    assert len(shapely.get_parts(districts)) < shapely.get_num_coordinates(districts) / 4


def test_alt_text_is_counted(drawn: Map) -> None:
    """The alternative text's numbers are those of the table, counted again."""
    areas = drawn.areas
    said = drawn.alt_text
    assert said.startswith("Demonstration data, not real values. Map of England and Wales with a hexagon")
    deciles = {int(decile): int(count) for count, decile in re.findall(r"(\d+) in decile (\d+)", said)}
    assert deciles == {decile: int((areas["decile"] == decile).sum()) for decile in range(1, 11)}
    assert f"Of {len(areas):,} neighbourhoods, " in said
    lowest, highest = areas.loc[areas[VALUE].idxmin()], areas.loc[areas[VALUE].idxmax()]
    assert (
        f"Lowest: {lowest['msoa21nm']}, {lowest[VALUE]:.1%}; highest: {highest['msoa21nm']}, {highest[VALUE]:.1%}."
        in said
    )
    for decile, name in ((1, "lowest"), (10, "highest")):
        told = re.search(rf"Of the {name} decile, (.*?)\.", said)
        assert told
        counts = {region: int(number) for number, region in re.findall(r"(\d+) in (?:the )?([A-Z][A-Za-z ]+)", told[1])}
        assert counts == areas.loc[(areas["decile"] == decile).fillna(False), "rgn21nm"].value_counts().to_dict()
    assert said.endswith(
        f"{int(areas['decile'].isna().sum())} neighbourhoods have no published estimate and are hatched."
    )


def test_caption_is_counted(drawn: Map) -> None:
    """The caption names the region with most of the lowest decile and with most of the highest, by number."""
    areas = drawn.areas
    for decile, name in ((1, "lowest"), (10, "highest")):
        there = areas[areas["decile"] == decile]["rgn21nm"].value_counts()
        told = re.search(
            rf"(\d+) of the (\d+) neighbourhoods in the {name} decile are in (?:the )?(.*?) \(", drawn.caption
        )
        assert told
        assert (int(told[1]), int(told[2])) == (there.max(), there.sum())
        assert there[told[3]] == there.max()
        size = int((areas["rgn21nm"] == told[3]).sum())
        assert f"{told[3]} (which has {size:,} of all)" in drawn.caption
    assert EXPLAINED in drawn.caption


def test_words_of_real_data() -> None:
    """Real data are not called a demonstration."""
    table = two_regions([*TEN, *TEN])
    assert "Demonstration" not in alt_text(table) + caption(table)


def test_equal_counts_are_named_together() -> None:
    """Two regions with as many of the lowest decile are both named, in whatever order the rows are."""
    table = two_regions([*TEN, *TEN])
    said = caption(table)
    assert said.startswith(
        "Of the 2 neighbourhoods in the lowest decile, London (which has 10 of all) and the North East (which has 10 "
        "of all) have 1 each; of the 2"
    )
    assert caption(table.iloc[::-1]) == said
    assert alt_text(table.iloc[::-1]).split("Lowest:")[0] == alt_text(table).split("Lowest:")[0]


def test_one_region(demo: Path, tmp_path: Path) -> None:
    """Rows of one region are a map of it on the national scale, whose words count within it."""
    msoas = demo_tables(demo).msoas
    wales = msoas[msoas["rgn21nm"] == "Wales"]
    drawn = hexagon_map(wales)
    low, high = ((wales["decile"] == decile).sum() for decile in (1, 10))
    assert f"Of the {len(wales)} neighbourhoods of Wales, {low} are in the lowest decile" in drawn.caption
    assert f"and {high or 'none'} in the highest" in drawn.caption
    assert "across Wales" in words(drawn)[1]
    edges = [f"{edge * 100:.1f}" for edge in msoas.attrs["cut_points"]]
    assert set(edges) <= set(words(drawn))
    universe = f"Deciles of the {msoas.attrs['valued']:,} neighbourhoods of England and Wales with a value"
    assert universe in " ".join(words(drawn))
    assert "Wales" in names(drawn)


def test_svg_has_every_area(demo: Path, tmp_path: Path) -> None:
    """In SVG every hexagon is there under its area's code."""
    msoas = demo_tables(demo).msoas
    wales = msoas[msoas["rgn21nm"] == "Wales"]
    text = hexagon_map(wales).save(tmp_path / "wales.svg").read_text(encoding="utf-8")
    assert all(code in text for code in wales["msoa21cd"])


@pytest.mark.full
def test_sizes_of_files(drawn: Map, tmp_path: Path) -> None:
    """The whole country's map is under a megabyte as SVG, and little more as PNG."""
    assert drawn.save(tmp_path / "map.svg").stat().st_size < 1_000_000
    assert drawn.save(tmp_path / "map.png").stat().st_size < 1_200_000


@pytest.mark.parametrize("blank", [0, 1, 3])
def test_missing(blank: int, made_up_hexagons: None) -> None:
    """Neighbourhoods without a value are hatched, and counted in the legend, the alternative text and the caption."""
    drawn = hexagon_map(two_regions([*TEN, *TEN, *[None] * blank]))
    hatched = [one for one in drawn.figure.axes[0].collections if one.get_hatch()]
    assert [len(one.get_paths()) for one in hatched] == ([blank] if blank else [])
    expected = {
        0: "",
        1: "One neighbourhood has no published estimate and is hatched.",
        3: "Three neighbourhoods have no published estimate and are hatched.",
    }[blank]
    for said in (drawn.alt_text, drawn.caption):
        assert said.endswith(expected)
        assert ("hatched" in said) == bool(blank)
    assert [text for text in words(drawn) if text.startswith("no published")] == (
        [f"no published estimate ({blank})"] if blank else []
    )


def test_a_region_without_any_value(made_up_hexagons: None) -> None:
    """A region where no neighbourhood has a value is drawn hatched, and the caption says so once."""
    table = two_regions([*TEN, *TEN])
    part = table.iloc[:10].copy()
    part[VALUE], part["decile"] = np.nan, pd.array([pd.NA] * 10, dtype="Int64")
    drawn = hexagon_map(about(part))
    assert "None of the 10 neighbourhoods of the North East has a published estimate." in drawn.caption
    assert drawn.caption.count("estimate") == 1


def test_a_single_neighbourhood(made_up_hexagons: None) -> None:
    """One neighbourhood is a map of one hexagon."""
    table = two_regions([*TEN, *TEN])
    drawn = hexagon_map(about(table.iloc[[4]].copy()))
    assert len(drawn.areas) == 1
    assert "Its value: 42.0%." in drawn.alt_text


def test_not_such_a_table(demo: Path) -> None:
    """A table of districts, or one without deciles, is refused with what it lacks."""
    with pytest.raises(SettingError, match=r'it is of local authorities, .* as from load_areas\("msoa"\)'):
        hexagon_map(demo_tables(demo).lads)
    with pytest.raises(SettingError, match="lacks the columns decile"):
        hexagon_map(squares(TEN).drop(columns="decile"))


def test_areas_without_a_hexagon(demo: Path) -> None:
    """A table of areas that the layout lacks, here real ones in the demonstration, is refused by their codes."""
    with pytest.raises(SettingError, match="no place for neighbourhoods of the table: E02000001, E02000002"):
        hexagon_map(squares(TEN))


def test_no_layout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a layout and a network there is no map, and the letter says how to get one."""
    use_layout(monkeypatch, tmp_path)
    (tmp_path / "boundaries" / "cells.csv").unlink()
    with pytest.raises(BoundaryError, match="has no layout") as caught:
        hexagon_map(squares(TEN))
    assert "ec-maps fetch" in str(caught.value)
    assert "MSOA_2021.gpkg" in str(caught.value)


def test_no_rows(demo: Path) -> None:
    """A table without rows is refused."""
    with pytest.raises(SettingError, match="no rows"):
        hexagon_map(squares(TEN).iloc[:0])


def test_other_coordinates(made_up_hexagons: None) -> None:
    """A table in degrees gives the same map."""
    table = two_regions([*TEN, *TEN])
    one, other = hexagon_map(table), hexagon_map(table.to_crs("EPSG:4326"))
    assert one.areas.crs == other.areas.crs == "EPSG:27700"
    assert len(other.areas) == len(one.areas)


def test_same_picture_each_time(made_up_hexagons: None, tmp_path: Path) -> None:
    """The same table gives the same bytes."""
    table = two_regions([*TEN, *TEN])
    one, other = (hexagon_map(table).save(tmp_path / f"{name}.png").read_bytes() for name in "ab")
    assert one == other
