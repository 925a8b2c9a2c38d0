from __future__ import annotations

import zipfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from geopandas.testing import assert_geodataframe_equal
from shapely.geometry import box

from ec_maps.boundaries import files
from ec_maps.boundaries.files import Table, files_in, find_tables
from ec_maps.boundaries.geometry import in_order
from ec_maps.errors import BoundaryError
from makers import write_table, write_zip

OUTLINED = ["parquet", "geoparquet", "gpkg", "geojson", "json", "shp", "fgb"]
PLAIN = ["parquet", "csv", "gpkg"]


def areas() -> gpd.GeoDataFrame:
    """Return two districts as a publisher has them, with columns that are of no use here."""
    return gpd.GeoDataFrame(
        {
            "FID": [1, 2],
            "LAD21CD": ["E06000001", "W06000001"],
            "LAD21NM": ["Hartlepool", "Ynys Môn"],
            "LONG": [-1.2, -4.3],
        },
        geometry=[box(-1.3, 54.6, -1.2, 54.7), box(-4.5, 53.2, -4.2, 53.4)],
        crs=4326,
    )


def written(path: Path, table: pd.DataFrame) -> Path:
    """Write a table, whatever form the suffix stands for."""
    if path.suffix == ".geoparquet":
        table.to_parquet(path)
        return path
    if path.suffix == ".json":
        return write_table(path.with_suffix(".geojson"), table).rename(path)
    return write_table(path, table)


def only(root: Path) -> Table:
    """Return the one table there is."""
    [table] = find_tables(files_in(root))
    return table


@pytest.mark.parametrize("suffix", OUTLINED)
def test_outlines_in_any_format(tmp_path: Path, suffix: str) -> None:
    """Outlines come under our names from Parquet, GeoPackage, GeoJSON, Shapefile and FlatGeobuf, accents included."""
    written(tmp_path / f"any name.{suffix}", areas())
    table = only(tmp_path)
    assert table.has_outlines
    assert {"lad21cd", "lad21nm", "fid", "long"} - {"fid"} <= set(table.columns)
    found = table.read_outlines().sort_values("lad21cd", ignore_index=True)
    assert_geodataframe_equal(
        found,
        areas().rename(columns=str.lower)[["lad21cd", "lad21nm", "geometry"]],
        check_less_precise=True,
        normalize=True,
        check_dtype=False,
        check_like=True,
    )


@pytest.mark.parametrize("suffix", [*OUTLINED, "csv"])
def test_columns_in_any_format(tmp_path: Path, suffix: str) -> None:
    """Columns come as text under our names from every format, without reading outlines."""
    table = pd.DataFrame(areas().drop(columns="geometry")) if suffix == "csv" else areas()
    written(tmp_path / f"t.{suffix}", table)
    found = only(tmp_path).read_columns(["lad21cd", "lad21nm"])
    assert sorted(zip(found["lad21cd"], found["lad21nm"], strict=True)) == [
        ("E06000001", "Hartlepool"),
        ("W06000001", "Ynys Môn"),
    ]


@pytest.mark.parametrize("suffix", PLAIN)
def test_tables_without_outlines(tmp_path: Path, suffix: str) -> None:
    """A lookup has no outlines, in whichever format it is stored."""
    write_table(tmp_path / f"t.{suffix}", pd.DataFrame(areas().drop(columns="geometry")))
    assert not only(tmp_path).has_outlines


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("LAD21CD", "lad21cd"),
        ("lad22cd", "lad21cd"),
        ("Lad22Nm", "lad21nm"),
        (" RGN22NM ", "rgn21nm"),
        ("rgn21nm_filled", "rgn21nm"),
        ("MSOA21CD", "msoa21cd"),
        ("msoa21hclnm", "msoa21hclnm"),
        ("LAD23CD", "lad23cd"),
        ("MSOA11CD", "msoa11cd"),
        ("MSOA22CD", "msoa22cd"),
        ("LAD21NMW", "lad21nmw"),
    ],
)
def test_our_names(tmp_path: Path, theirs: str, ours: str) -> None:
    """Columns are known in any case; districts and regions of 2022 are those of 2021, other years and kinds are not."""
    pd.DataFrame({theirs: ["x"]}).to_csv(tmp_path / "t.csv", index=False)
    assert only(tmp_path).columns == [ours]


def test_the_2021_form_is_preferred(tmp_path: Path) -> None:
    """Where a table has both the 2021 and the 2022 column, the 2021 one is read."""
    pd.DataFrame({"LAD22CD": ["E2"], "LAD21CD": ["E1"]}).to_csv(tmp_path / "t.csv", index=False)
    assert list(only(tmp_path).read_columns(["lad21cd"])["lad21cd"]) == ["E1"]


def test_text_is_trimmed_and_codes_are_in_capitals(tmp_path: Path) -> None:
    """Spaces round text go, codes are put in capitals, names are not; missing and "NA" stay what they are."""
    (tmp_path / "t.csv").write_text("lad21cd,lad21nm\n e06000001 , Hartlepool \nE06000002,\nE06000003,NA\n", "utf-8")
    found = only(tmp_path).read_columns(["lad21cd", "lad21nm"])
    assert found.to_numpy().tolist() == [["E06000001", "Hartlepool"], ["E06000002", ""], ["E06000003", "NA"]]


def test_missing_values_are_empty_text(tmp_path: Path) -> None:
    """A missing name is empty text from Parquet too, never the word None or nan; numbers become text."""
    write_table(tmp_path / "t.parquet", pd.DataFrame({"lad21cd": ["E06000001", None], "lad21nm": [None, "x"]}))
    assert only(tmp_path).read_columns(["lad21cd", "lad21nm"]).to_numpy().tolist() == [["E06000001", ""], ["", "x"]]


def test_a_byte_order_mark_is_no_part_of_a_name(tmp_path: Path) -> None:
    """A CSV with a byte order mark, as spreadsheets write it, has the names of its header."""
    (tmp_path / "t.csv").write_bytes("msoa21cd,msoa21hclnm\nW02000001,Tŷ\n".encode("utf-8-sig"))
    assert only(tmp_path).read_columns(["msoa21cd", "msoa21hclnm"]).to_numpy().tolist() == [["W02000001", "Tŷ"]]


def test_layers_are_tables_of_their_own(tmp_path: Path) -> None:
    """Each layer of a GeoPackage is a table, named with its layer."""
    areas().to_file(tmp_path / "all.gpkg", layer="districts")
    areas().rename(columns={"LAD21CD": "MSOA21CD"}).to_file(tmp_path / "all.gpkg", layer="neighbourhoods")
    assert [str(table) for table in find_tables(files_in(tmp_path))] == [
        "all.gpkg, layer districts",
        "all.gpkg, layer neighbourhoods",
    ]


def test_folders_are_searched_and_the_rest_passed_over(tmp_path: Path) -> None:
    """Tables in folders within are found; hidden files, documents and a shapefile's other parts are not tables."""
    written(tmp_path / "deep" / "er" / "a.csv", pd.DataFrame({"lad21cd": ["x"]}))
    written(tmp_path / "b.shp", areas())
    for name in (".hidden.csv", "._b.shp", "README.md", "notes.txt"):
        (tmp_path / name).write_text("x", encoding="utf-8")
    write_zip(tmp_path / "zipped.zip", {"README.md": "x", "__MACOSX/._b.csv": "x", ".c.csv": "x"})
    assert [table.path.name for table in find_tables(files_in(tmp_path))] == ["b.shp", "a.csv"]


def test_suffixes_in_capitals(tmp_path: Path) -> None:
    """A suffix in capitals is the same suffix."""
    (tmp_path / "T.CSV").write_text("LAD21CD\nE06000001\n", encoding="utf-8")
    assert only(tmp_path).columns == ["lad21cd"]
    assert list(only(tmp_path / "T.CSV").read_columns(["lad21cd"])["lad21cd"]) == ["E06000001"]


@pytest.mark.parametrize("suffix", ["parquet", "gpkg", "geojson", "shp", "fgb", "csv"])
@pytest.mark.parametrize("content", [b"", b"<html>Just a moment...", b"\xff\xfe\x00"], ids=["empty", "page", "bytes"])
def test_a_damaged_file_is_named(tmp_path: Path, suffix: str, content: bytes) -> None:
    """A file that is not what its suffix says is an error that names it and says what to do, or has no known column."""
    path = tmp_path / f"lads.{suffix}"
    path.write_bytes(content)
    if suffix == "csv" and content:
        assert only(tmp_path).columns not in (["lad21cd"], ["msoa21cd"])
        return
    with pytest.raises(BoundaryError, match="cannot be read as") as caught:
        find_tables(files_in(tmp_path))
    assert str(path) in str(caught.value)
    assert "fetch it again" in str(caught.value)


def test_damage_behind_a_good_beginning(tmp_path: Path) -> None:
    """Damage that shows only when a table is read through is reported in the same way."""
    path = written(tmp_path / "lads.parquet", pd.concat([areas().drop(columns="FID")] * 400))
    content = bytearray(path.read_bytes())
    for place in range(len(content) // 4, len(content) // 2):
        content[place] ^= 0x5A
    path.write_bytes(content)
    for read in (Table.read_outlines, lambda table: table.read_columns(["lad21cd", "lad21nm"])):
        with pytest.raises(BoundaryError, match=r"lads\.parquet cannot be read as"):
            read(only(tmp_path))


def test_a_lookup_in_another_encoding(tmp_path: Path) -> None:
    """Names in Windows-1252 are not read with letters replaced: the file is an error."""
    (tmp_path / "t.csv").write_bytes("lad21cd,lad21nm\nW06000001,Ynys Môn\n".encode("cp1252"))
    with pytest.raises(BoundaryError, match=r"t\.csv cannot be read as \.csv \(.*utf-8.*decode"):
        only(tmp_path).read_columns(["lad21cd", "lad21nm"])


def test_an_empty_collection_has_no_columns(tmp_path: Path) -> None:
    """A GeoJSON without features says nothing of its columns."""
    (tmp_path / "t.geojson").write_text('{"type": "FeatureCollection", "features": []}', encoding="utf-8")
    assert only(tmp_path).columns == []


# --- files from an attacker ------------------------------------------------------------------------------------


def leading_elsewhere(secret: Path) -> dict[str, str]:
    """Return files that GDAL opens by their contents as something else: sources that name a file, and markup."""
    source = f"<SrcDataSource>{secret}</SrcDataSource>"
    entities = "".join(f'<!ENTITY e{n + 1} "{f"&e{n};" * 10}">' for n in range(9))
    return {
        "list of sources": f'<OGRVRTDataSource><OGRVRTLayer name="a">{source}</OGRVRTLayer></OGRVRTDataSource>',
        "chain of commands": f'{{"type": "gdal_streamed_alg", "command_line": "gdal vector pipeline ! read {secret}"}}',
        "entities": f'<!DOCTYPE kml [<!ENTITY e0 "0">{entities}]><kml><Document><name>&e9;</name></Document></kml>',
        "entity of a file": f'<!DOCTYPE kml [<!ENTITY e SYSTEM "file://{secret}">]><kml><name>&e;</name></kml>',
    }


@pytest.mark.parametrize("kind", ["list of sources", "chain of commands", "entities", "entity of a file"])
@pytest.mark.parametrize("suffix", ["gpkg", "geojson", "json", "shp", "fgb", "gdb"])
def test_a_file_leads_to_no_other(tmp_path: Path, kind: str, suffix: str) -> None:
    """A file of another format than its name says is refused, by itself and in a zip, and what it names is not read."""
    (tmp_path / "elsewhere").mkdir()
    secret = written(tmp_path / "elsewhere" / "secret.geojson", areas())
    content = leading_elsewhere(secret)[kind]
    here = tmp_path / "here"
    here.mkdir()
    (here / f"lads.{suffix}").write_text(content, encoding="utf-8")
    with pytest.raises(BoundaryError, match=rf"lads\.{suffix} cannot be read as \.{suffix}"):
        find_tables(files_in(here))
    (here / f"lads.{suffix}").unlink()
    write_zip(here / "lads.zip", {f"a/lads.{suffix}": content})
    with pytest.raises(BoundaryError, match=r"lads\.zip cannot be read as \.zip"):
        find_tables(files_in(here))


@pytest.mark.parametrize(
    ("members", "fault"),
    [
        ({"lads.csv": "LAD21CD\n" + "0" * 2**20}, "more than 200 times its size"),
        ({f"{n}.csv": "LAD21CD\n" for n in range(1001)}, "lists 1,001 members"),
    ],
    ids=["bomb", "members"],
)
def test_a_zip_that_is_a_bomb(tmp_path: Path, members: dict[str, str], fault: str) -> None:
    """A few bytes that unpack to many are not read, nor a list of members without end."""
    with zipfile.ZipFile(tmp_path / "lads.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in members.items():
            archive.writestr(name, text)
    with pytest.raises(BoundaryError, match=fault):
        find_tables(files_in(tmp_path))


@pytest.mark.parametrize("suffix", ["csv", "gpkg", "parquet", "zip"])
def test_a_file_that_is_too_large(tmp_path: Path, suffix: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its size on disk, what a zip lists and what a Parquet file expands to are looked at before it is read."""
    table = pd.concat([areas()] * 500).drop(columns="FID")
    if suffix in ("csv", "zip"):
        table = table.drop(columns="geometry")
    path = written(tmp_path / "lads.csv" if suffix == "zip" else tmp_path / f"lads.{suffix}", table)
    if suffix == "zip":
        write_zip(tmp_path / "lads.zip", {"lads.csv": path.read_text(encoding="utf-8")})
        path.unlink()
    (path,) = tmp_path.iterdir()
    monkeypatch.setattr(files, "MAX_BYTES", 1_000)
    with pytest.raises(BoundaryError, match=rf"lads\.{suffix} cannot be read as .* more than the"):
        find_tables([path])


@pytest.mark.full
def test_an_outline_of_six_million_points(tmp_path: Path) -> None:
    """It is refused with a letter when it is read; so many are in none of the ONS."""
    turn = np.linspace(0, 2 * np.pi, 6_000_000)
    wide = shapely.Polygon(np.column_stack([400_000 + 9_000 * np.cos(turn), 300_000 + 9_000 * np.sin(turn)]))
    table = gpd.GeoDataFrame({"LAD21CD": ["E06000001"]}, geometry=[wide], crs=27700)
    written(tmp_path / "lads.parquet", table)
    with pytest.raises(BoundaryError, match=r"an outline has 6,000,000 points, and 5,000,000 are the most"):
        only(tmp_path).read_outlines()


@pytest.mark.parametrize("crs", [None, 27700, 4326])
@pytest.mark.parametrize("far", [1e300, -1e300, np.inf, np.nan, 1e9])
def test_coordinates_of_no_place(far: float, crs: int | None) -> None:
    """One corner that lies nowhere is a letter, in any system."""
    corners = areas().to_crs(crs).geometry if crs else areas().geometry
    first, _, *others = corners[0].exterior.coords
    with np.errstate(invalid="ignore"):
        corner = shapely.Polygon([first, (far, far), *others])
    frame = gpd.GeoDataFrame({"lad21cd": ["E06000001", "W06000001"]}, geometry=[corner, corners[1]], crs=crs)
    with pytest.raises(BoundaryError):
        in_order(frame, "lad21cd", where="lads.gpkg", notes=[])


def test_coordinates_of_another_planet() -> None:
    """A system that has no way to the British National Grid is a letter."""
    frame = areas().to_crs(27700).rename(columns=str.lower).set_crs("IAU_2015:49910", allow_override=True)
    with pytest.raises(BoundaryError, match="no way to the British National Grid"):
        in_order(frame, "lad21cd", where="lads.gpkg", notes=[])
