"""The three maps: colours pixel by pixel, what they take, what they refuse, how they are saved."""

from __future__ import annotations

import gc
import hashlib
import os
import subprocess
import sys
from pathlib import Path

import geopandas as gpd
import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
import shapely
from geopandas.testing import assert_geodataframe_equal
from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.patches import Rectangle

from ec_maps import ice_colours, load_areas
from ec_maps.errors import PlaceError, SettingError
from ec_maps.graphics import palette
from ec_maps.maps.choropleth import Map, local_map, national_map, regional_map
from made import (
    VALUE,
    Picture,
    Tables,
    about,
    counted,
    demo_tables,
    demonstration,
    districts,
    nothing_around,
    real_tables,
    rgb,
    squares,
    together,
    valued,
)

TEN = [0.30 + 0.03 * place for place in range(10)]


@pytest.fixture
def tables(demo: Path) -> Tables:
    """Return the demonstration's tables, with the library switched to it."""
    return demo_tables(demo)


@pytest.fixture(scope="module", params=["national", "regional", "regional with places", "local", "local with holes"])
def drawn(request: pytest.FixtureRequest, demo_data_dir: Path) -> Map:
    """Return a map of each kind, drawn once for the tests that look at it."""
    tables = demo_tables(demo_data_dir)
    holes = tables.msoas.copy()
    holes.loc[(holes["lad21nm"] == "Birmingham") & (holes.index % 5 == 0), [VALUE, "decile"]] = None
    places = ["Great Yarmouth", "Norwich"]
    draw = {
        "national": lambda: national_map(tables.lads),
        "regional": lambda: regional_map(tables.lads, "South East"),
        "regional with places": lambda: regional_map(tables.lads, "East of England", highlight=places),
        "local": lambda: local_map(tables.msoas, "Leeds"),
        "local with holes": lambda: local_map(holes, "Birmingham"),
    }
    with demonstration(demo_data_dir):
        return draw[request.param]()


@pytest.fixture(scope="module")
def picture(drawn: Map, tmp_path_factory: pytest.TempPathFactory) -> Picture:
    """Return the same map as saved."""
    return Picture(drawn, tmp_path_factory.mktemp("picture"))


def swatches(drawn: Map) -> list[Rectangle]:
    """Return the legend's ten swatches from left to right: the equal boxes in one row."""
    boxes = [patch for patch in drawn.figure.axes[1].patches if isinstance(patch, Rectangle) and not patch.get_hatch()]
    rows: dict[tuple[float, float], list[Rectangle]] = {}
    for box in boxes:
        rows.setdefault((round(box.get_y(), 3), round(box.get_width(), 3)), []).append(box)
    row = max(rows.values(), key=len)
    assert len(row) == 10
    return sorted(row, key=Rectangle.get_x)


def test_pixels_of_areas(drawn: Map, picture: Picture) -> None:
    """The commonest fill inside each area is exactly its decile's colour; one without a value is hatched on white."""
    colours = ice_colours()
    seen = 0
    for name, decile, shape in zip(drawn.areas["lad21nm"], drawn.areas["decile"], drawn.areas.geometry, strict=True):
        pixels = picture.inside(drawn.figure.axes[0], shape)
        if len(pixels) < 60:
            continue
        found = counted(pixels)
        if pd.isna(decile):
            assert found[palette.MISSING] > 0.2 * len(pixels), name
            assert found[palette.HATCH] > 0.02 * len(pixels), name
            assert not set(found) & set(colours[:-1]), name
        else:
            # Letters over a small area may cover most of it; of the fills, the commonest is its own.
            assert next(colour for colour in found if colour in colours) == colours[int(decile) - 1], name
        seen += 1
    assert seen > 0.7 * len(drawn.areas)


def test_no_other_fills(drawn: Map, picture: Picture) -> None:
    """Inside the areas no colour but the palette's, the ink's and the hatching's takes up a hundredth of the pixels."""
    pixels = np.concatenate([picture.inside(drawn.figure.axes[0], shape) for shape in drawn.areas.geometry])
    known = {*ice_colours(), palette.INK, palette.MISSING, palette.HATCH, "#ffffff"}
    found = counted(pixels)
    assert {colour for colour, count in found.items() if count > 0.01 * len(pixels)} <= known


def test_every_class_is_in_the_picture(drawn: Map, picture: Picture) -> None:
    """The map's own part of the picture has every class that the table has, and no other where none is drawn."""
    ax = drawn.figure.axes[0]
    frame = shapely.box(ax.get_xlim()[0], ax.get_ylim()[0], ax.get_xlim()[1], ax.get_ylim()[1])
    found = counted(picture.inside(ax, frame))
    there = {ice_colours()[int(decile) - 1] for decile in drawn.areas["decile"].dropna()}
    # Three dozen pixels could be the rims of letters; an area is more.
    assert {colour for colour in ice_colours() if found.get(colour, 0) > 36} == there


def test_pixels_of_the_legend(drawn: Map, picture: Picture) -> None:
    """Inside, the legend's k-th swatch is the k-th colour and nothing else, and its number k stands beneath it."""
    furniture = drawn.figure.axes[1]
    numbers = {text.get_text(): text.get_position() for text in furniture.texts}
    for place, (swatch, colour) in enumerate(zip(swatches(drawn), ice_colours(), strict=True), 1):
        x, y = swatch.get_xy()
        shape = shapely.box(x, y, x + swatch.get_width(), y + swatch.get_height())
        assert list(counted(picture.inside(furniture, shape, off_edge=4))) == [colour]
        assert x < numbers[str(place)][0] < x + swatch.get_width()
        assert numbers[str(place)][1] < y


def test_pixels_of_london_enlarged(tables: Tables, tmp_path: Path) -> None:
    """In the national map's inset, too, each borough has exactly its decile's colour."""
    drawn = national_map(tables.lads)
    picture = Picture(drawn, tmp_path)
    inset = next(ax for ax in drawn.figure.axes if ax.get_label() == "London")
    boroughs = tables.lads[tables.lads["rgn21nm"] == "London"].dropna(subset=[VALUE])
    assert len(boroughs) > 25
    for name, decile, shape in zip(boroughs["lad21nm"], boroughs["decile"], boroughs.geometry, strict=True):
        pixels = picture.inside(inset, shape, off_edge=2)
        if name != "City of London":
            assert len(pixels) > 60
        if len(pixels):
            assert next(iter(counted(pixels))) == ice_colours()[int(decile) - 1], name


def test_land_around_is_grey(tables: Tables, tmp_path: Path) -> None:
    """Districts outside the region are of the neighbours' grey, the sea of its own colour."""
    drawn = regional_map(tables.lads, "East of England")
    picture, ax = Picture(drawn, tmp_path), drawn.figure.axes[0]
    outside = tables.lads[tables.lads["lad21nm"].isin(["South Kesteven", "Rutland"])]
    for shape in outside.geometry:
        left, bottom, right, top = (*ax.get_xlim(), *ax.get_ylim())[0::2] + (*ax.get_xlim(), *ax.get_ylim())[1::2]
        seen = shape.intersection(shapely.box(left, bottom, right, top))
        assert next(iter(counted(picture.inside(ax, seen)))) == palette.NEIGHBOUR
    at_sea = shapely.Point(650_000, 250_000).buffer(2000)
    assert list(counted(picture.inside(ax, at_sea))) == [palette.SEA]


@pytest.mark.parametrize("blank", [0, 1, 3])
def test_missing_in_the_legend(blank: int) -> None:
    """The legend names the hatching and counts it exactly when something is hatched."""
    table = squares([None] * blank + [*TEN, *TEN])
    drawn = local_map(table, "Testham", context=nothing_around())
    words = [text.get_text() for text in drawn.figure.axes[1].texts]
    expected = [f"no published estimate ({blank})"] if blank else []
    assert [text for text in words if text.startswith("no published")] == expected
    hatched = [patch for patch in drawn.figure.axes[1].patches if patch.get_hatch()]
    assert len(hatched) == (1 if blank else 0)


def test_legend_ends_and_cut_points() -> None:
    """The legend says which end is which, and its eleven cut points are those of the table, in per cent."""
    values = [0.2 + 0.01 * place for place in range(41)]
    drawn = local_map(squares(values), "Testham", context=nothing_around())
    texts = {text.get_text(): text.get_position() for text in drawn.figure.axes[1].texts}
    assert texts["lowest decile"][0] < texts["highest decile"][0]
    cuts = [text for text in texts if text.replace(".", "").isdigit() and "." in text]
    assert cuts == [f"{20 + 4 * place:.1f}" for place in range(11)]


def test_stamp(tables: Tables, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Maps of the demonstration data say so, on a yellow band, in the caption and in the alt text; real ones do not."""
    stamp = "Demonstration data – not real values"
    for source, there in (("demo", True), ("live", False)):
        monkeypatch.setenv("EC_MAPS_SOURCE", source)
        lads, msoas = (about(table.copy(), level) for table, level in ((tables.lads, "lad"), (tables.msoas, "msoa")))
        maps = [
            national_map(lads, context=nothing_around()),
            regional_map(lads, "Wales", context=nothing_around()),
            local_map(msoas, "Hartlepool", context=nothing_around()),
        ]
        for drawn in maps:
            words = [text.get_text() for text in drawn.figure.axes[1].texts]
            assert (stamp in words) == there
            assert drawn.caption.startswith("Demonstration data") == there
            assert drawn.alt_text.startswith("Demonstration data") == there
            assert Picture(drawn, tmp_path).has("#ffd23f") == there
            assert any("made by a formula" in text for text in words) == there


def test_axes_are_the_grid(drawn: Map) -> None:
    """The first axes are the map: in metres of the British National Grid, one scale both ways, round all its areas."""
    ax = drawn.figure.axes[0]
    left, bottom, right, top = drawn.areas.total_bounds
    assert ax.get_xlim()[0] < left < right < ax.get_xlim()[1]
    assert ax.get_ylim()[0] < bottom < top < ax.get_ylim()[1]
    metres = (np.diff(ax.get_xlim())[0] / ax.bbox.width, np.diff(ax.get_ylim())[0] / ax.bbox.height)
    assert metres[0] == pytest.approx(metres[1], rel=1e-3)
    assert drawn.areas.crs == "EPSG:27700"


def test_areas_are_the_rows_drawn(tables: Tables) -> None:
    """`areas` holds all districts, those of the region, or the neighbourhoods of the district."""
    assert list(national_map(tables.lads).areas["lad21cd"]) == list(tables.lads["lad21cd"])
    wales = regional_map(tables.lads, "Wales").areas
    assert list(wales["lad21cd"]) == list(tables.lads.loc[tables.lads["rgn21nm"] == "Wales", "lad21cd"])
    yarmouth = local_map(tables.msoas, "Great Yarmouth").areas
    assert set(yarmouth["lad21nm"]) == {"Great Yarmouth"}
    assert len(yarmouth) == int((tables.msoas["lad21nm"] == "Great Yarmouth").sum())


def test_other_systems_are_projected(tables: Tables) -> None:
    """A table in degrees is drawn on the grid all the same."""
    drawn = regional_map(tables.lads.to_crs("EPSG:4326"), "Wales", context=nothing_around())
    assert drawn.areas.crs == "EPSG:27700"
    assert drawn.figure.axes[0].get_xlim()[1] > 300_000


def test_nothing_is_left_behind(tables: Tables, tmp_path: Path) -> None:
    """Drawing and saving change neither the tables nor matplotlib's settings, and open no pyplot figure."""
    before, settings = [table.copy() for table in tables], dict(mpl.rcParams)
    attributes = [dict(table.attrs) for table in tables]
    national_map(tables.lads).save(tmp_path / "a.svg")
    regional_map(tables.lads, "Wales", highlight=["Powys"]).save(tmp_path / "b.png")
    local_map(tables.msoas, "Powys").save(tmp_path / "c.png")
    for table, copy, attrs in zip(tables, before, attributes, strict=True):
        assert_geodataframe_equal(table, copy)
        assert table.attrs == attrs
    assert dict(mpl.rcParams) == settings
    pyplot = sys.modules.get("matplotlib.pyplot")
    assert pyplot is None or not pyplot.get_fignums()


def test_unknown_region(tables: Tables) -> None:
    """A region that there is not is an error that lists the ten."""
    with pytest.raises(PlaceError) as caught:
        regional_map(tables.lads, "Mercia")
    assert all(region in str(caught.value) for region in tables.lads["rgn21nm"].unique())


def test_place_of_another_region(tables: Tables) -> None:
    """A place to highlight that lies elsewhere is an error that names it and the region's own."""
    with pytest.raises(PlaceError, match=r"Cornwall: not a local authority of the North East.*Hartlepool"):
        regional_map(tables.lads, "North East", highlight=["Hartlepool", "Cornwall"])


def test_unknown_district(tables: Tables) -> None:
    """A district that there is not is an error that names it."""
    with pytest.raises(PlaceError, match='"Atlantis"'):
        local_map(tables.msoas, "Atlantis")


def test_neighbourhoods_stop_at_the_border(tables: Tables) -> None:
    """A Scottish or Northern Irish district is no unknown name: the message says why it has no local map."""
    with pytest.raises(PlaceError, match=r"Glasgow City is in Scotland, and neighbourhood data stop at the border"):
        local_map(tables.msoas, "Glasgow City")
    with pytest.raises(PlaceError, match=r'region "Northern Ireland" has it'):
        local_map(tables.msoas, "Belfast")


def test_wrong_table(tables: Tables) -> None:
    """A table of the other level, or one without deciles, is an error that names what it lacks."""
    with pytest.raises(SettingError, match="it is of local authorities, and this map is of neighbourhoods"):
        local_map(tables.lads, "Powys")
    with pytest.raises(SettingError, match="decile"):
        national_map(tables.lads.drop(columns="decile"))


def test_region_in_any_case(tables: Tables) -> None:
    """A region may be written in lower case."""
    assert regional_map(tables.lads, "east of england").areas["rgn21nm"].unique() == ["East of England"]


def test_district_without_any_value(tmp_path: Path) -> None:
    """A district all of whose neighbourhoods lack values is drawn hatched, and the words say so."""
    table = together(squares([*TEN, *TEN]), squares([None, None], district="Blankton"))
    drawn = local_map(table, "Blankton", context=nothing_around())
    assert drawn.caption == "None of the 2 neighbourhoods of Blankton has a published estimate."
    assert "Two neighbourhoods have no published estimate and are hatched." in drawn.alt_text
    picture = Picture(drawn, tmp_path)
    pixels = picture.inside(drawn.figure.axes[0], drawn.areas.geometry[0])
    assert set(list(counted(pixels))[:2]) == {palette.MISSING, palette.HATCH}


def test_district_of_one_neighbourhood(tables: Tables) -> None:
    """A district that is a single neighbourhood has a map with its surroundings, and a caption in the singular."""
    drawn = local_map(tables.msoas, "City of London")
    assert len(drawn.areas) == 1
    assert "The City of London is a single neighbourhood" in drawn.caption
    across = drawn.areas.total_bounds[2] - drawn.areas.total_bounds[0]
    assert np.diff(drawn.figure.axes[0].get_xlim())[0] > 1.3 * across


def test_the_same_place_twice(tables: Tables) -> None:
    """A place named twice is outlined and described once."""
    drawn = regional_map(tables.lads, "Wales", highlight=["Powys", "Powys"])
    assert drawn.alt_text.count("Outlined: Powys") == 1


def test_context_is_drawn() -> None:
    """Land given as context is drawn in grey, and the legend says what it is."""
    here = districts([*TEN, *TEN])
    around = gpd.GeoDataFrame({"lad21nm": ["Faraway"]}, geometry=[shapely.box(4e5, 2e3, 4.2e5, 9e3)], crs="EPSG:27700")
    words = [text.get_text() for text in national_map(here, context=around).figure.axes[1].texts]
    assert "outside England and Wales" in words
    words = [text.get_text() for text in national_map(here, context=nothing_around()).figure.axes[1].texts]
    assert "outside England and Wales" not in words


@pytest.fixture
def kingdom(demo: Path) -> gpd.GeoDataFrame:
    """Return the demonstration's table of the United Kingdom."""
    del demo
    return load_areas("lad", scope="uk")


def frame_of(drawn: Map) -> shapely.Geometry:
    """Return the frame on the map, in its metres."""
    (frame,) = (patch for patch in drawn.figure.axes[0].patches if isinstance(patch, Rectangle))
    (left, bottom), width, height = frame.get_xy(), frame.get_width(), frame.get_height()
    return shapely.box(left, bottom, left + width, bottom + height)


def words_of(drawn: Map) -> str:
    """Return all words of a map, its caption and its alternative text, on one line."""
    told = [text.get_text() for ax in drawn.figure.axes for text in ax.texts]
    return " ".join(" ".join([*told, drawn.caption, drawn.alt_text]).split())


@pytest.mark.parametrize("region", ["", "Scotland"])
def test_shetland_in_its_frame(kingdom: gpd.GeoDataFrame, tmp_path: Path, region: str) -> None:
    """Shetland is in a frame that no other land meets, in its own colour and size; the words say that it was moved."""
    drawn = regional_map(kingdom, region) if region else national_map(kingdom)
    frame, picture = frame_of(drawn), Picture(drawn, tmp_path)
    shetland = kingdom.set_index("lad21nm").loc["Shetland Islands"]
    others = kingdom.loc[kingdom["lad21nm"] != "Shetland Islands"]
    assert not others.intersects(frame).any()
    ax = drawn.figure.axes[0]
    assert frame.bounds[2] < ax.get_xlim()[1]
    assert frame.bounds[3] < ax.get_ylim()[1] < shetland["geometry"].bounds[3]
    pixels = picture.inside(ax, frame, off_edge=4)
    found = counted(pixels)
    assert {colour for colour in found if colour in ice_colours()} == {ice_colours()[int(shetland["decile"]) - 1]}
    # The islands' pixels are as many as their ground has room for, less their edges: they are not drawn larger.
    share = sum(found.get(colour, 0) for colour in ice_colours()) / len(pixels)
    assert 0.2 < share / (shetland["geometry"].area / frame.area) <= 1.1
    words = words_of(drawn)
    assert words.count("Shetland lies further north; it is shown in a frame, at the map’s scale.") == 2
    assert drawn.areas.set_index("lad21nm").loc["Shetland Islands", "geometry"].equals(shetland["geometry"])


def test_the_kingdom_has_its_deciles(kingdom: gpd.GeoDataFrame) -> None:
    """Legend, caption and alt text are of the United Kingdom, and nothing is said to lie outside it."""
    for drawn in (national_map(kingdom), regional_map(kingdom, "Scotland"), regional_map(kingdom, "northern ireland")):
        words = words_of(drawn)
        valued_ones = int(kingdom["decile"].notna().sum())
        assert f"Deciles of the {valued_ones} local authorities of the United Kingdom with a value" in words
        assert "outside the United Kingdom" not in words
        assert "England and Wales" not in words
    assert "across the United Kingdom" in words_of(national_map(kingdom))
    assert "lowest decile of the United Kingdom" in regional_map(kingdom, "Scotland").caption
    # Scotland has the sea on three sides; Northern Ireland has Scotland's coast in view.
    assert "outside Scotland" in words_of(regional_map(kingdom, "Scotland"))


def test_the_kingdom_is_no_smaller_for_shetland(kingdom: gpd.GeoDataFrame) -> None:
    """The map reaches as far north as Orkney; with Shetland in its place it would have to reach further."""
    top = national_map(kingdom).figure.axes[0].get_ylim()[1]
    shetland, rest = kingdom["lad21nm"] == "Shetland Islands", kingdom["lad21nm"] != "Shetland Islands"
    assert kingdom[rest].total_bounds[3] < top < kingdom[shetland].total_bounds[3]
    inset = [ax.get_label() for ax in national_map(kingdom).figure.axes]
    assert "London" in inset


@pytest.mark.full
@pytest.mark.parametrize("without", ["Shetland Islands", "Orkney Islands", "Westminster"])
def test_a_kingdom_with_a_gap(kingdom: gpd.GeoDataFrame, without: str) -> None:
    """A table of the United Kingdom that lacks a district is drawn all the same, without what is not there."""
    lads = kingdom[kingdom["lad21nm"] != without].reset_index(drop=True)
    for drawn in (national_map(lads), regional_map(lads, "Scotland")):
        assert without not in set(drawn.areas["lad21nm"])
        assert ("Shetland" in words_of(drawn)) == (without != "Shetland Islands")


def test_shetland_by_itself(kingdom: gpd.GeoDataFrame) -> None:
    """A table of Shetland alone shows it where it lies."""
    lads = kingdom[kingdom["lad21nm"] == "Shetland Islands"].reset_index(drop=True)
    drawn = regional_map(lads, "Scotland")
    assert "frame" not in words_of(drawn)
    left, bottom, right, top = lads.total_bounds
    ax = drawn.figure.axes[0]
    assert ax.get_xlim()[0] < left < right < ax.get_xlim()[1]
    assert ax.get_ylim()[0] < bottom < top < ax.get_ylim()[1]


def test_shetland_is_called_out(kingdom: gpd.GeoDataFrame) -> None:
    """Named as a place, Shetland has its box and arrow at its frame."""
    drawn = regional_map(kingdom, "Scotland", highlight=["Shetland Islands"])
    (arrow,) = (text for text in drawn.figure.axes[0].texts if getattr(text, "arrow_patch", None) is not None)
    assert arrow.get_text() == "Shetland Islands"
    assert frame_of(drawn).contains(shapely.Point(arrow.xy))
    assert not frame_of(drawn).contains(shapely.Point(arrow.get_position()))


def test_the_real_kingdom(geo: Path) -> None:
    """With the real boundaries the frames lie on no land, and the kingdom is drawn without a fault."""
    tables = real_tables(geo)
    every = gpd.GeoDataFrame(pd.concat([tables.lads[tables.context.columns], tables.context], ignore_index=True))
    lads = valued(every, "lad")
    lads.attrs["scope"] = "uk"
    for drawn in (national_map(lads), regional_map(lads, "Scotland")):
        rest = lads[lads["lad21nm"] != "Shetland Islands"]
        assert not rest.intersects(frame_of(drawn)).any()
        assert "outside the United Kingdom" not in words_of(drawn)


def test_made_table_without_boundaries(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A table that somebody made is drawn where no boundary files are at hand."""
    monkeypatch.setenv("EC_MAPS_BOUNDARIES", str(tmp_path / "nowhere"))
    assert len(regional_map(valued(districts(TEN), "lad", blank=0), "North East").areas) == 10


def test_saved_files(tables: Tables, tmp_path: Path) -> None:
    """A PNG is 1400 pixels wide, an SVG is one; both carry the words and neither a date."""
    drawn = local_map(tables.msoas, "Rutland")
    assert drawn.save(tmp_path / "a.png") == tmp_path / "a.png"
    png, svg = (tmp_path / "a.png").read_bytes(), drawn.save(str(tmp_path / "a.SVG")).read_text(encoding="utf-8")
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    assert int.from_bytes(png[16:20], "big") == 1400
    assert drawn.caption.encode() in png
    assert b"Software" not in png
    assert svg.lstrip().startswith("<?xml")
    assert "<dc:date>" not in svg
    assert drawn.caption.split(":")[0] in svg
    assert drawn._repr_png_() == png
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.SVG", "a.png"]


def test_saved_twice(tables: Tables, tmp_path: Path) -> None:
    """The same map gives the same bytes: saved twice, drawn twice, and in another process."""
    code = (
        "import sys; from ec_maps import load_areas, local_map\n"
        "drawn = local_map(load_areas('msoa'), 'Rutland')\n"
        "for path in sys.argv[1:]: drawn.save(path)"
    )
    first = local_map(tables.msoas, "Rutland")
    second = local_map(tables.msoas, "Rutland")
    for kind in ("png", "svg"):
        files = [
            first.save(tmp_path / f"1.{kind}"),
            first.save(tmp_path / f"2.{kind}"),
            second.save(tmp_path / f"3.{kind}"),
        ]
        hashes = {hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
        other = tmp_path / f"4.{kind}"
        subprocess.run([sys.executable, "-c", code, str(other)], check=True, env={**os.environ, "PYTHONHASHSEED": "7"})
        assert hashes == {hashlib.sha256(other.read_bytes()).hexdigest()}


@pytest.mark.parametrize(("name", "says"), [("a.gif", '"a.gif"'), ("a", '"a"'), ("lost/a.png", "written")])
def test_not_saved(tables: Tables, tmp_path: Path, name: str, says: str) -> None:
    """A suffix that is not known, or a folder that is not there, is an error, and nothing is written."""
    with pytest.raises(SettingError, match=says):
        local_map(tables.msoas, "Rutland").save(tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_saved_over_an_old_file(tables: Tables, tmp_path: Path) -> None:
    """Saving replaces what was there; a folder in its place is an error that leaves it and no half file."""
    (tmp_path / "a.png").write_text("old", encoding="utf-8")
    drawn = local_map(tables.msoas, "Rutland")
    assert drawn.save(tmp_path / "a.png").stat().st_size > 10_000
    (tmp_path / "b.png").mkdir()
    with pytest.raises(SettingError, match=r"b\.png"):
        drawn.save(tmp_path / "b.png")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.png", "b.png"]


def test_colours_are_opaque(drawn: Map) -> None:
    """Nothing that is filled lets what is beneath show through."""
    for collection in drawn.figure.axes[0].collections:
        faces = collection.get_facecolor()
        assert all(alpha in (0, 1) for alpha in faces[:, 3])
    assert all(
        rgb(colour) == tuple(round(part * 255) for part in mpl.colors.to_rgb(colour)) for colour in ice_colours()
    )


@pytest.mark.full
def test_near_a_district_is_enough(demo: Path) -> None:
    """A map drawn from the surroundings alone is that of the whole table: small, long, lonely and large districts."""
    whole = load_areas("msoa")
    for name in ("Great Yarmouth", "Isles of Scilly", "City of London", "Northumberland", "East Riding of Yorkshire"):
        near = load_areas("msoa", near=name)
        assert len(near) < len(whole) / 3
        first, second = local_map(whole, name), local_map(near, name)
        assert first.svg() == second.svg()
        assert (first.caption, first.alt_text) == (second.caption, second.alt_text)


def test_a_saved_map_keeps_no_pixels(tables: Tables, tmp_path: Path) -> None:
    """The pixels, ten megabytes, go with the saving, although the map stays."""
    gc.collect()
    before = {id(thing) for thing in gc.get_objects() if isinstance(thing, RendererAgg)}  # those of other tests
    drawn = regional_map(tables.lads, "North East")
    drawn.save(tmp_path / "a.png")
    gc.collect()
    assert not {id(thing) for thing in gc.get_objects() if isinstance(thing, RendererAgg)} - before
    drawn.save(tmp_path / "b.png")
    assert (tmp_path / "b.png").read_bytes() == (tmp_path / "a.png").read_bytes()


def test_land_around_without_a_name_is_a_letter(tables: Tables) -> None:
    """The row of a caller's own land that has no name is said, as it can have no label."""
    around = tables.lads.iloc[:3][["lad21nm", "geometry"]].copy()
    around["lad21nm"] = ["Somewhere", None, float("nan")]
    with pytest.raises(SettingError, match="In 2 of 3 rows of context= the column lad21nm has no name"):
        regional_map(tables.lads, "Wales", context=around)
