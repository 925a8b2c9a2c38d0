"""The layout of hexagons: read from any file that has it, refused if it is wrong, fetched if there is none."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from ec_maps.areas import provenance
from ec_maps.boundaries import hexgrid
from ec_maps.boundaries.hexgrid import layout_jobs
from ec_maps.boundaries.sources import boundary_files
from ec_maps.errors import BoundaryError, EcMapsError, SettingError
from ec_maps.fetch import fetcher, manifest
from ec_maps.fetch.fetcher import Job
from ec_maps.fetch.http_errors import Fault
from ec_maps.geography.codes import neighbourhood_codes
from fakes import hexagons as fake
from fakes.hexagons import FakeHexagons
from fetching import is_letter, is_tidy
from made import demo_tables, real_tables, squares

CODES = sorted(neighbourhood_codes("2021"))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an empty folder that the boundaries are read from; the cache is empty too."""
    monkeypatch.setenv("EC_MAPS_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("EC_MAPS_BOUNDARIES", str(tmp_path / "boundaries"))
    (tmp_path / "boundaries").mkdir()
    return tmp_path / "boundaries"


def refused(*parts: str) -> str:
    """Return why there is no layout, in a message that has these parts."""
    with pytest.raises(BoundaryError) as caught:
        hexgrid.layout()
    is_letter(str(caught.value), *parts)
    return str(caught.value)


def check_cells(cells: pd.DataFrame, table: gpd.GeoDataFrame) -> None:
    """Check that a layout is that of the fake file, wherever it begins."""
    expected = fake.cells(table).sort_values("msoa21cd", ignore_index=True)
    assert list(cells["msoa21cd"]) == list(expected["msoa21cd"])
    for name in ("column", "row"):
        assert (cells[name] - expected[name]).nunique() == 1, name


# --- reading --------------------------------------------------------------------------------------

WAYS: dict[str, Callable[[gpd.GeoDataFrame, Path], object]] = {
    "gpkg": lambda table, folder: (folder / "MSOA_2021.gpkg").write_bytes(fake.written(table)),
    "parquet": lambda table, folder: table.sample(frac=1, random_state=1).to_parquet(folder / "hexes.parquet"),
    "geojson": lambda table, folder: table.to_file(folder / "hexes.geojson"),
    "degrees": lambda table, folder: table.to_crs(4326).to_file(folder / "hexes.geojson"),
    "capitals": lambda table, folder: table.rename(columns={"msoa21cd": "MSOA21CD"}).to_parquet(folder / "a.parquet"),
    "no system": lambda table, folder: table.set_crs(None, allow_override=True).to_parquet(folder / "a.parquet"),
    "polygons": lambda table, folder: table.explode().to_parquet(folder / "a.parquet"),
    "hundredths": lambda table, folder: table.set_geometry(
        shapely.transform(table.geometry.to_numpy(), lambda points: points.round(2)), crs=27700
    ).to_parquet(folder / "a.parquet"),
    "csv": lambda table, folder: fake.cells(table).to_csv(folder / "cells.csv", index=False),
}


@pytest.mark.parametrize("way", WAYS)
def test_every_form_gives_the_same_cells(folder: Path, way: str) -> None:
    """A layout is known by its hexagons or its columns, in any format, order, precision and system, groups apart."""
    table = fake.library()
    WAYS[way](table, folder)
    check_cells(hexgrid.layout(), table)
    assert layout_jobs() == []


def test_the_published_layout(geo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the Library's own layout cells lie as hexagons do: those that touch there, and no others, are neighbours."""
    monkeypatch.setenv("EC_MAPS_BOUNDARIES", str(geo))
    cells = hexgrid.layout()
    assert list(cells["msoa21cd"]) == CODES
    shapes = gpd.read_parquet(geo / "msoa21_hex.parquet").set_index("msoa21cd").geometry.loc[CODES]
    centres = shapely.get_coordinates(shapely.centroid(shapes.to_numpy()))
    one, other = shapely.STRtree(shapely.points(centres)).query(
        shapely.points(centres), predicate="dwithin", distance=0.31
    )
    touching = set(zip(one[one < other].tolist(), other[one < other].tolist(), strict=True))
    at = {cell: place for place, cell in enumerate(zip(cells["column"], cells["row"], strict=True))}
    beside = [(place, at.get((x + dx, y + dy))) for (x, y), place in at.items() for dx, dy in ((2, 0), (1, 1), (-1, 1))]
    assert {(min(pair), max(pair)) for pair in beside if pair[1] is not None} == touching
    for values, name in ((centres[:, 0], "column"), (centres[:, 1], "row")):
        assert np.corrcoef(values, cells[name])[0, 1] > 0.999999


# --- what is refused ------------------------------------------------------------------------------


def spoilt(spoil: Callable[[gpd.GeoDataFrame], gpd.GeoDataFrame], folder: Path) -> None:
    """Write the layout, spoilt, into a folder."""
    spoil(fake.library()[["msoa21cd", "geometry"]]).to_parquet(folder / "hexes.parquet")


def shifted(table: gpd.GeoDataFrame, number: int, by: float) -> gpd.GeoDataFrame:
    """Return a table with one hexagon so far to the east."""
    shapes = table.geometry.to_numpy().copy()
    shapes[number] = shapely.transform(shapes[number], lambda points: points + np.array([by, 0]))
    return table.set_geometry(shapes, crs=27700)


def turned(table: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return a table with x and y exchanged: hexagons that lie on a side."""
    return table.set_geometry(shapely.transform(table.geometry.to_numpy(), lambda points: points[:, ::-1]), crs=27700)


REFUSED = {
    "missing": (lambda t: t.drop(index=[7, 8]), "2 of 7,264 codes are missing", CODES[7]),
    "twice": (lambda t: pd.concat([t, t.iloc[[5]]]), "more than one hexagon for", CODES[5]),
    "2011": (
        lambda _: fake.hexagons(sorted(neighbourhood_codes("2011"))),
        "184 of 7,264 codes are missing",
        "vintage 2011",
    ),
    "invented": (lambda _: fake.hexagons([f"X02{n:06}" for n in range(7264)]), "codes are missing", "X02000000"),
    "over another": (lambda t: shifted(t, 4, fake.ACROSS), "overlap others or lie off the grid", CODES[5]),
    "half over another": (lambda t: shifted(t, 4, fake.ACROSS / 2), "overlap others or lie off the grid", CODES[4]),
    "off the grid": (lambda t: shifted(t, 89, 0.07), f"off the grid of the rest ({CODES[89]})", CODES[89]),
    "on a side": (turned, "overlap others or lie off the grid", CODES[1]),
    "no hexagon": (
        lambda t: t.set_geometry(t.geometry.where(t.index != 300), crs=27700),
        "it has no hexagon for",
        CODES[300],
    ),
    "one place": (
        lambda t: t.set_geometry([t.geometry.iloc[0]] * len(t), crs=27700),
        "and 7260 more",
        CODES[1],
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_wrong_layout_is_refused(folder: Path, case: str) -> None:
    """A layout that is not one hexagon for each neighbourhood of 2021 is refused: file, reason, codes, what to do."""
    spoil, reason, code = REFUSED[case]
    spoilt(spoil, folder)
    refused("hexes.parquet is not a layout", reason, code, "In its place put MSOA_2021.gpkg of https://")


def test_cells_that_are_no_numbers(folder: Path) -> None:
    """A table of cells with a gap or a word among the numbers is refused by the area's code."""
    cells = fake.cells(fake.library()).astype(str)
    cells.loc[3, "column"] = "left"
    cells.loc[4, "row"] = ""
    cells.to_csv(folder / "cells.csv", index=False)
    refused("cells.csv is not a layout", "it has no hexagon for", CODES[3], CODES[4])


def test_two_layouts(folder: Path) -> None:
    """Of two layouts in a folder none is taken, and both are named."""
    WAYS["csv"](fake.library(), folder)
    WAYS["gpkg"](fake.library(), folder)
    refused("more than one layout of hexagons", "MSOA_2021.gpkg, layer 3 MSOA hex", "cells.csv")


def test_no_layout_and_no_network(folder: Path) -> None:
    """Where there is none and none can be fetched, the message says how to get one."""
    refused("EC_MAPS_OFFLINE is set", "ec-maps fetch", "MSOA_2021.gpkg of https://github.com/", "EC_MAPS_BOUNDARIES")


# --- hexagons -------------------------------------------------------------------------------------


@pytest.fixture(params=["demo", "real"])
def country(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """Return the demonstration's neighbourhoods and layout, and the real ones where they are available."""
    if request.param == "demo":
        return demo_tables(request.getfixturevalue("demo")).msoas, hexgrid.layout()
    geo = request.getfixturevalue("geo")
    monkeypatch.setenv("EC_MAPS_BOUNDARIES", str(geo))
    return real_tables(geo).msoas, hexgrid.layout()


def test_the_same_table(country: tuple[gpd.GeoDataFrame, pd.DataFrame]) -> None:
    """Rows, their order, index, columns and attributes are those of the table; only the outlines differ."""
    msoas, cells = country
    wales = msoas[msoas["rgn21nm"] == "Wales"].iloc[::-1]
    for table in (msoas, wales, msoas.iloc[[7]], msoas.iloc[:0]):
        hexagons = hexgrid.hexagons(table, cells)
        pd.testing.assert_frame_equal(
            pd.DataFrame(hexagons.drop(columns="geometry")), pd.DataFrame(table.drop(columns="geometry"))
        )
        assert list(hexagons.columns) == list(table.columns)
        assert hexagons.attrs == table.attrs
        assert hexagons.crs == "EPSG:27700"


def test_one_hexagon_each(country: tuple[gpd.GeoDataFrame, pd.DataFrame]) -> None:
    """Each has a hexagon of its own, all equal, corners shared to the last digit, with the country's room together."""
    msoas, cells = country
    shapes = hexgrid.hexagons(msoas, cells).geometry.to_numpy()
    corners = shapely.get_coordinates(shapes).reshape(-1, 7, 2)
    assert (corners - corners[:, :1] == (corners - corners[:, :1])[0]).all()
    assert len(np.unique(corners[:, 0], axis=0)) == len(shapes)
    assert shapely.coverage_is_valid(shapes)
    assert shapely.union_all(shapes).area == pytest.approx(shapely.area(shapes).sum(), rel=1e-12)
    assert shapely.area(shapes).sum() == pytest.approx(msoas.area.sum(), rel=0.02)


def test_recognisable(country: tuple[gpd.GeoDataFrame, pd.DataFrame]) -> None:
    """Where a district lies, north or south, east or west, it lies in the layout, and nearly all are in one piece."""
    msoas, cells = country
    hexagons = hexgrid.hexagons(msoas, cells)
    before, after = (
        pd.DataFrame({"x": table.centroid.x, "y": table.centroid.y}).groupby(table["lad21cd"]).mean()
        for table in (msoas, hexagons)
    )
    assert np.corrcoef(before["x"], after["x"])[0, 1] > 0.9
    assert np.corrcoef(before["y"], after["y"])[0, 1] > 0.9
    whole = [
        isinstance(shapely.coverage_union_all(part.geometry.to_numpy()), shapely.Polygon)
        for _, part in hexagons.groupby("lad21cd")
    ]
    assert np.mean(whole) > 0.95


def test_the_demonstration_hangs_together(demo: Path) -> None:
    """In the demonstration's layout every region is in one piece and the whole is too, so that nothing lies behind."""
    msoas, cells = demo_tables(demo).msoas, hexgrid.layout()
    assert set(cells["msoa21cd"]) == set(msoas["msoa21cd"])
    for region, part in hexgrid.hexagons(msoas, cells).groupby("rgn21nm"):
        assert isinstance(shapely.coverage_union_all(part.geometry.to_numpy()), shapely.Polygon), region
    assert hexgrid.backdrops(msoas, cells) == {}


def test_behind_groups_that_stand_apart(geo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Behind the groups of a region lies ground that is its own: its hexagons lie on it, and other regions' do not."""
    monkeypatch.setenv("EC_MAPS_BOUNDARIES", str(geo))
    msoas, cells = real_tables(geo).msoas, hexgrid.layout()
    hexagons = hexgrid.hexagons(msoas, cells)
    grounds = hexgrid.backdrops(msoas, cells)
    assert set(grounds) == set(msoas["rgn21nm"])
    for region, ground in grounds.items():
        inside = shapely.area(shapely.intersection(ground, hexagons.geometry.to_numpy())) / hexagons.area.iloc[0]
        own = hexagons["rgn21nm"] == region
        assert (inside[own] > 0.98).all(), region
        assert (inside[~own] < 0.02).all(), region
    # All of a region but Wales, whose middle and north are far from one another, is joined by its ground.
    assert [name for name, ground in grounds.items() if not isinstance(ground, shapely.Polygon)] in ([], ["Wales"])
    wales = hexgrid.backdrops(msoas[msoas["rgn21nm"] == "Wales"], cells)
    assert wales["Wales"].equals(grounds["Wales"])
    # London is in one piece, so that alone it has no gaps.
    assert hexgrid.backdrops(msoas[msoas["rgn21nm"] == "London"], cells) == {}


def test_areas_that_the_layout_lacks(demo: Path) -> None:
    """Areas of another country are named, with what codes the layout has."""
    with pytest.raises(SettingError, match="no place for neighbourhoods of the table: E02000001, E02000002") as caught:
        hexgrid.hexagons(squares([0.1, 0.2]), hexgrid.layout())
    assert "the invented ones of the demonstration" in str(caught.value)


# --- fetching -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def server() -> Iterator[FakeHexagons]:
    """Serve the file of hexagons."""
    with FakeHexagons() as started:
        yield started


@pytest.fixture
def library(server: FakeHexagons, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeHexagons]:
    """Return the server in a normal mood, with the library pointed at it; waiting takes no time."""
    server.requests.clear()
    monkeypatch.setenv("EC_MAPS_HEXAGONS_URL", server.url)
    monkeypatch.setattr("ec_maps.fetch.http.pause", lambda _: None)
    yield server
    server.clear()
    server.content = fake.gpkg()


def job() -> Job:
    """Return the job that fetches the layout."""
    (only,) = layout_jobs()
    return only


@pytest.mark.network
def test_the_file_is_fetched_when_it_is_needed(library: FakeHexagons, tmp_path: Path) -> None:
    """A map of hexagons fetches the layout byte for byte, once; the manifest says what it is and where it is from."""
    check_cells(hexgrid.layout(), fake.library())
    check_cells(hexgrid.layout(), fake.library())
    assert len(library.requests) == 1
    entry = manifest.held("msoa21_hexagons")
    assert entry
    assert entry.path.read_bytes() == fake.gpkg()
    assert (entry.address, entry.name) == (library.url, "MSOA_2021.gpkg")
    assert entry.licence == "Open Parliament Licence v3.0"
    assert entry.etag
    is_tidy(tmp_path / "data" / "cache")
    # It is no boundary.
    assert boundary_files() == []


@pytest.mark.network
def test_a_layout_in_the_folder_is_not_fetched(library: FakeHexagons, folder: Path) -> None:
    """With a layout among the boundaries there is nothing to fetch."""
    assert "msoa21_hexagons" in [one.key for one in provenance.needed()]
    WAYS["gpkg"](fake.library(), folder)
    assert "msoa21_hexagons" not in [one.key for one in provenance.needed()]
    hexgrid.layout()
    assert library.requests == []


WRONG = {
    "2011": lambda: fake.written(fake.hexagons(sorted(neighbourhood_codes("2011")))),
    "no codes": lambda: fake.written(fake.library().rename(columns={"msoa21cd": "msoa11cd"})),
    "a missing area": lambda: fake.written(fake.library().iloc[1:]),
    "cut short": lambda: fake.gpkg()[:100_000],
    "a picture": lambda: b"\x89PNG" + bytes(1000),
}
SAID = {
    "2011": ("184 of 7,264 codes are missing", "vintage 2011"),
    "no codes": ("no layer has hexagons with MSOA21CD",),
    "a missing area": ("1 of 7,264 codes is missing (E02000001)",),
    "cut short": ("is damaged: it cannot be read as a GeoPackage",),
    "a picture": ("not the kind of file that was expected",),
}


@pytest.mark.network
@pytest.mark.parametrize("case", WRONG)
def test_another_file_does_not_count(library: FakeHexagons, case: str) -> None:
    """A file that is not the layout of 2021 is reported for what it is, is not stored, and removes nothing."""
    library.content = WRONG[case]()
    (first,) = fetcher.ensure([job()], asked=True)
    is_letter(
        first.message, "A hexagon for each neighbourhood could not be downloaded", "EC_MAPS_HEXAGONS_URL", *SAID[case]
    )
    assert (first.state, first.entry) == ("failed", None)
    refused("has no layout", *SAID[case])
    assert provenance.notes(first) == [f"{first.message} The map of hexagons is left out; all others are drawn."]
    library.content = fake.gpkg()
    (good,) = fetcher.ensure([job()], asked=True)
    assert good.state == "fetched"
    library.content = WRONG[case]()
    (again,) = fetcher.ensure([job()], refresh=True, asked=True)
    assert (again.state, again.entry) == ("failed", good.entry)
    assert manifest.held("msoa21_hexagons") == good.entry
    check_cells(hexgrid.layout(), fake.library())


@pytest.mark.network
@pytest.mark.parametrize("name", ["login", "html200", "404", "truncate"])
def test_faults_on_the_way(library: FakeHexagons, tmp_path: Path, name: str) -> None:
    """A web page, a missing or a short file is a fault, and nothing of it stays."""
    library.fault(name)
    with pytest.raises(Fault):
        hexgrid.bring(tmp_path / "hexagons.gpkg")
    assert not (tmp_path / "hexagons.gpkg").exists()


@pytest.mark.network
def test_it_is_asked_for_once_an_hour(library: FakeHexagons) -> None:
    """A failed download is not tried again at once, unless a person fetches."""
    library.fault("404")
    refused("is not there (HTTP 404)")
    refused("is not there (HTTP 404)")
    assert len(library.requests) == 1
    library.clear()
    fetcher.ensure([job()], asked=True)
    check_cells(hexgrid.layout(), fake.library())


@pytest.mark.network
def test_a_replaced_file_is_adopted_by_a_refresh(library: FakeHexagons) -> None:
    """The Library may rearrange its hexagons: a refresh downloads that, a plain fetch does not."""
    hexgrid.layout()
    other = fake.library()
    other["msoa21cd"] = other["msoa21cd"].to_numpy()[::-1]
    library.content = fake.written(other)
    check_cells(hexgrid.layout(), fake.library())
    (done,) = fetcher.ensure([job()], refresh=True, asked=True)
    assert done.state == "replaced"
    check_cells(hexgrid.layout(), other)


def test_a_damaged_folder_does_not_keep_from_fetching(folder: Path) -> None:
    """A file that cannot be read is reported when the boundaries are read, not when the fetch is planned."""
    (folder / "a.parquet").write_bytes(b"nothing")
    assert job().optional
    with pytest.raises(EcMapsError, match="cannot be read"):
        hexgrid.layout()
