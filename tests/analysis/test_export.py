"""Exports: what is read back from each format, the metadata, and files that are never replaced."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
from codecs import BOM_UTF8
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import geopandas as gpd
import openpyxl
import pandas as pd
import pyarrow.csv
import pyarrow.parquet as pq
import pyogrio
import pytest
import shapely

from ec_maps.analysis.codebook import columns_of
from ec_maps.analysis.comparison import measures_table
from ec_maps.analysis.export import export, to_csv, write_csv, write_geojson
from ec_maps.areas.own import area_table
from ec_maps.areas.provenance import line
from ec_maps.areas.table import load_areas
from ec_maps.boundaries.files import find_tables
from ec_maps.errors import MissingExtraError, SettingError
from ec_maps.measures import MEASURES
from made import VALUE, demo_tables, squares

SOME = ["exposure", "bias", "volunteering_groups"]
TEN = [0.30 + 0.02 * place for place in range(10)]
FORMATS = [".csv", ".xlsx", ".parquet", ".gpkg", ".geojson"]


@pytest.fixture(autouse=True)
def _demo(demo: Path) -> None:
    """Switch the library to the demonstration data."""


def like(table: pd.DataFrame, whole: pd.DataFrame) -> None:
    """Assert that a table read back has the columns, values and missing values of the whole one."""
    names = [name for name in whole.columns if name != "geometry"]
    assert [name for name in table.columns if name not in ("geometry", "source")] == names
    back = pd.DataFrame(table[names]).astype({name: whole[name].dtype for name in names})
    pd.testing.assert_frame_equal(back, pd.DataFrame(whole[names]), check_exact=True)


def test_csv_reads_back(tmp_path: Path) -> None:
    """All measures of all districts come back from CSV, missing ones empty; each row says where it is from."""
    path = export(tmp_path / "all.csv", level="lad")
    whole = measures_table("lad")
    assert whole["bias_decile"].isna().any()
    table = pd.read_csv(path, dtype={name: "Int64" for name in whole if whole[name].dtype == "Int64"})
    like(table, whole)
    assert set(MEASURES) < set(table.columns)
    assert table["source"].unique().tolist() == [line()]
    assert "geometry" not in table


def test_csv_is_described_beside_it(tmp_path: Path) -> None:
    """The metadata of CSV on the Web name the file, each column in its order with its type, and the provenance."""
    path = export(tmp_path / "some.csv", level="lad", measures=SOME)
    told = json.loads((tmp_path / "some.csv-metadata.json").read_text(encoding="utf-8"))
    assert told["@context"][0] == "http://www.w3.org/ns/csvw"
    assert told["url"] == path.name
    assert told["dc:source"] == line()
    assert "Open Government Licence" in told["dc:rights"]
    assert "Demonstration data, not real values" in told["dc:title"]
    columns = {column["name"]: column for column in told["tableSchema"]["columns"]}
    assert list(columns) == list(pd.read_csv(path, nrows=0).columns)
    assert told["tableSchema"]["primaryKey"] == "lad21cd"
    assert columns["bias"]["datatype"] == {"base": "number"}
    assert MEASURES["bias"].meaning[1:] in columns["bias"]["dc:description"]
    assert "average_bias, measurement_category low_ses_users" in columns["bias"]["dc:source"]
    assert columns["bias_decile"]["datatype"] == {"base": "integer", "minimum": 1, "maximum": 10}
    assert all(column["dc:description"] for column in columns.values())


def test_geoparquet_reads_back(tmp_path: Path) -> None:
    """Values, nullable integers, outlines and their coordinate system come back from GeoParquet as they were."""
    whole = measures_table("lad", SOME)
    table = gpd.read_parquet(export(tmp_path / "some.parquet", level="lad", measures=SOME))
    like(table, whole)
    assert list(table.columns) == list(whole.columns)
    assert table.crs == "EPSG:27700"
    assert table.geometry.geom_equals(whole.geometry).all()
    assert {str(table[f"{key}{end}"].dtype) for key in SOME for end in ("_decile", "_users")} == {"Int64"}


def test_geoparquet_says_what_it_is(tmp_path: Path) -> None:
    """Provenance and codebook lie in the schema's metadata, each column's meaning with the column."""
    path = export(tmp_path / "some.parquet", level="lad", measures=SOME)
    schema = pq.read_schema(path)
    told = json.loads(schema.metadata[b"ec_maps"])
    assert told["source"] == line()
    assert [column["column"] for column in told["columns"]] == schema.names
    assert all(field.metadata[b"description"] for field in schema)
    assert MEASURES["exposure"].meaning[1:] in schema.field("exposure").metadata[b"description"].decode()


def test_geopackage_reads_back(tmp_path: Path) -> None:
    """Values, whole numbers, outlines and their coordinate system come back from the layer of areas."""
    whole = measures_table("lad", SOME)
    path = export(tmp_path / "some.gpkg", level="lad", measures=SOME)
    like(gpd.read_file(path, layer="areas"), whole)
    table = gpd.read_file(path, layer="areas")
    assert table.crs == "EPSG:27700"
    assert table.geometry.geom_equals(whole.geometry).all()
    info = pyogrio.read_info(path, layer="areas")
    types = dict(zip(info["fields"], info["ogr_types"], strict=True))
    assert {types["bias_decile"], types["bias_users"], types["bias"]} == {"OFTInteger64", "OFTReal"}


def test_geopackage_says_what_it_is(tmp_path: Path) -> None:
    """A table beside the layer describes each column; provenance is in the package's metadata."""
    path = export(tmp_path / "some.gpkg", level="lad", measures=SOME)
    assert [name for name, _ in pyogrio.list_layers(path)] == ["areas", "codebook"]
    codebook = pyogrio.read_dataframe(path, layer="codebook", read_geometry=False).set_index("column")
    assert list(codebook.index) == list(measures_table("lad", SOME).columns)
    assert codebook.loc["bias", "title"] == MEASURES["bias"].title
    assert codebook.loc["bias", "atlas_columns"] == "average_bias"
    assert pyogrio.read_info(path, layer="areas")["dataset_metadata"]["SOURCE"] == line()


def test_excel_reads_back(tmp_path: Path) -> None:
    """Numbers come back as numbers, codes and names as text, missing values as empty cells; nothing is a formula."""
    whole = measures_table("lad", SOME)
    book = openpyxl.load_workbook(export(tmp_path / "some.xlsx", level="lad", measures=SOME))
    assert book.sheetnames == ["areas", "codebook"]
    header, *rows = book["areas"].iter_rows()
    table = pd.DataFrame([[cell.value for cell in row] for row in rows], columns=[cell.value for cell in header])
    like(table, whole)
    types = {name: {row[at].data_type for row in rows} for at, name in enumerate(table.columns)}
    texts = {"lad21cd", "lad21nm", "rgn21nm", "source"}
    # openpyxl calls an empty cell a number too.
    assert types == {name: {"s" if name in texts else "n"} for name in table}
    assert table["bias"].isna().sum() == whole["bias"].isna().sum() > 0
    assert table["source"].unique().tolist() == [line()]
    assert book.properties.title.startswith("Demonstration data, not real values.")


def test_excel_has_a_codebook(tmp_path: Path) -> None:
    """The second sheet has a row for each column of the first, in their order."""
    path = export(tmp_path / "some.xlsx", level="lad", measures=SOME)
    codebook = pd.read_excel(path, sheet_name="codebook").set_index("column")
    assert list(codebook.index) == list(pd.read_excel(path, sheet_name="areas", nrows=0).columns)
    assert codebook.loc["bias", "title"] == MEASURES["bias"].title
    assert codebook.loc["bias_rank_low", "meaning"].startswith("Lowest rank among the local authorities of England")


@pytest.mark.parametrize("name", ["=1+1", "+44", "-5", "@SUM(A1)", "http://host/", "007", "=HYPERLINK(1)", "12e3"])
def test_no_text_becomes_a_formula(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """A name that a spreadsheet would calculate, link or read as a number is the text that it is."""
    whole = measures_table("lad", SOME)
    whole["lad21nm"] = name
    monkeypatch.setattr("ec_maps.analysis.export.measures_table", lambda *_args, **_more: whole)
    sheet = openpyxl.load_workbook(export(tmp_path / "some.xlsx", level="lad"))["areas"]
    for row in sheet.iter_rows(min_row=2, max_row=20):
        assert (row[1].value, row[1].data_type, row[1].hyperlink) == (name, "s", None)


def test_excel_needs_its_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the library the message names the extra, and nothing is written."""

    def absent(name: str) -> str:
        raise PackageNotFoundError(name)

    monkeypatch.setattr("ec_maps.settings.version", absent)
    with pytest.raises(MissingExtraError, match=r"xlsxwriter, which is not installed.*ec-maps\[excel\]"):
        export(tmp_path / "some.xlsx", level="lad", measures=SOME)
    assert not list(tmp_path.iterdir())


def test_geojson_reads_back(tmp_path: Path) -> None:
    """Outlines are in degrees, missing values null, whole numbers whole, and the codebook is in the collection."""
    whole = measures_table("lad", SOME)
    path = export(tmp_path / "some.geojson", level="lad", measures=SOME)
    told = json.loads(path.read_text(encoding="utf-8"), parse_constant=lambda name: pytest.fail(f"there is a {name}"))
    like(pd.DataFrame([feature["properties"] for feature in told["features"]]), whole)
    assert type(told["features"][0]["properties"]["bias_rank_low"]) is int
    assert None in {feature["properties"]["bias"] for feature in told["features"]}
    assert told["source"] == line()
    assert [column["column"] for column in told["columns"]] == [name for name in whole if name != "geometry"]
    assert gpd.read_file(path).crs == "EPSG:4326"


def test_an_open_file(tmp_path: Path) -> None:
    """An open file gets what a path would, without the mark for Excel, and is left open; nothing lies beside it."""
    path = export(tmp_path / "some.csv", level="lad", measures=SOME)
    text, content = io.StringIO(), io.BytesIO()
    assert export(text, level="lad", measures=SOME) is None
    assert export(content, level="lad", measures=SOME, format="csv") is None
    assert text.getvalue().encode() == content.getvalue() == path.read_bytes().removeprefix(BOM_UTF8)
    excel = io.BytesIO()
    export(excel, level="lad", measures=SOME, format="xlsx")
    assert excel.getvalue() == export(tmp_path / "some.xlsx", level="lad", measures=SOME).read_bytes()
    with (tmp_path / "wide.csv").open("w", encoding="utf-16") as file:
        export(file, level="lad", measures=SOME)
    assert (tmp_path / "wide.csv").read_text(encoding="utf-16") == text.getvalue()


def test_open_files_that_cannot_be(tmp_path: Path) -> None:
    """A closed file, one open for reading, text for a format of bytes, an unknown format: each is a letter."""
    closed = io.BytesIO()
    closed.close()
    with pytest.raises(SettingError, match="the file is closed"):
        export(closed, level="lad", measures=SOME)
    with pytest.raises(SettingError, match="Open it for writing, with mode wb"):
        export(io.StringIO(), level="lad", measures=SOME, format="xlsx")
    (tmp_path / "read").write_bytes(b"mine")
    with (tmp_path / "read").open("rb") as file, pytest.raises(SettingError, match="Open it for writing"):
        export(file, level="lad", measures=SOME)
    with pytest.raises(SettingError, match='format= is "xls"'):
        export(io.BytesIO(), level="lad", measures=SOME, format="xls")  # type: ignore[arg-type]


def test_the_standard_output(tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    """The name - stands for the standard output, in UTF-8, without a mark or a word around the table."""
    assert export("-", level="lad", measures=SOME) is None
    path = export(tmp_path / "some.csv", level="lad", measures=SOME)
    assert BOM_UTF8 + capfdbinary.readouterr().out == path.read_bytes()


def test_a_format_that_the_suffix_does_not_say(tmp_path: Path) -> None:
    """`format` goes before the suffix."""
    path = export(tmp_path / "some.txt", level="lad", measures=SOME, format="csv")
    assert (tmp_path / "some.txt-metadata.json").is_file()
    assert path.read_text(encoding="utf-8-sig").startswith("lad21cd,")


def test_neighbourhoods(tmp_path: Path) -> None:
    """A table of neighbourhoods has their codes and their districts', and says so."""
    path = export(tmp_path / "all.parquet", level="msoa", measures="bias")
    table = gpd.read_parquet(path)
    assert list(table.columns[:5]) == ["msoa21cd", "msoa21nm", "lad21cd", "lad21nm", "rgn21nm"]
    like(table, measures_table("msoa", "bias"))
    assert "by neighbourhood" in json.loads(pq.read_schema(path).metadata[b"ec_maps"])["title"]


def test_every_column_is_told() -> None:
    """Each column of a table with all measures has a type, a title and a meaning; each measure its unit."""
    for column in columns_of(measures_table("lad")):
        assert column.type in ("string", "integer", "number", "geometry")
        assert column.title
        assert column.meaning.endswith(".")
        assert bool(column.unit and column.atlas_columns and column.source) == (column.column in MEASURES)


@pytest.mark.parametrize("suffix", [".csv", ".xlsx", ".parquet", ".geojson"])
def test_the_same_bytes(tmp_path: Path, suffix: str) -> None:
    """The same data give the same file."""
    for name in "ab":
        (tmp_path / name).mkdir()
        export(tmp_path / name / f"some{suffix}", level="lad", measures=SOME)
    for first in (tmp_path / "a").iterdir():
        assert first.read_bytes() == (tmp_path / "b" / first.name).read_bytes()


@pytest.mark.parametrize("suffix", FORMATS)
def test_nothing_is_written_over(tmp_path: Path, suffix: str) -> None:
    """An existing file is not replaced unless `force` is given."""
    path = tmp_path / f"mine{suffix}"
    path.write_text("mine", encoding="utf-8")
    with pytest.raises(SettingError, match=r"already.*--force"):
        export(path, level="lad", measures=SOME)
    assert path.read_text(encoding="utf-8") == "mine"
    export(path, level="lad", measures=SOME, force=True)
    assert path.stat().st_size > 1000
    assert not [one for one in tmp_path.iterdir() if one.name.startswith(".")]


def test_nor_is_what_lies_beside_a_csv(tmp_path: Path) -> None:
    """Existing metadata are not replaced either."""
    beside = tmp_path / "new.csv-metadata.json"
    beside.write_text("mine", encoding="utf-8")
    with pytest.raises(SettingError, match=r"new\.csv-metadata\.json is already in"):
        export(tmp_path / "new.csv", level="lad", measures=SOME)
    assert [one.name for one in tmp_path.iterdir()] == [beside.name]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("table.xls", r"\.csv, \.xlsx \(Excel\), \.parquet \(GeoParquet\), \.gpkg \(GeoPackage\) or \.geojson"),
        ("a\0b.csv", "cannot be the name of a file"),
        ("a" * 300 + ".csv", "cannot be the name of a file"),
        ("table", "has none of these endings"),
        ("nowhere/table.csv", "there is no folder"),
        ("folder.csv", "is a folder"),
    ],
)
def test_paths_that_cannot_be(tmp_path: Path, name: str, words: str) -> None:
    """Another suffix, a missing folder, a folder in the file's place: an error message, and nothing is written."""
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(SettingError, match=words):
        export(tmp_path / name, level="lad", measures=SOME, force=True)
    assert [one.name for one in tmp_path.iterdir()] == ["folder.csv"]


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="nothing is closed to root")
def test_a_folder_that_is_closed(tmp_path: Path) -> None:
    """A folder without permission to write is an error."""
    tmp_path.chmod(0o500)
    with pytest.raises(SettingError, match="may you write into the folder"):
        export(tmp_path / "table.csv", level="lad", measures=SOME)


def test_measures_are_checked(tmp_path: Path) -> None:
    """An unknown measure or scope is an error, and nothing is written."""
    for arguments in ({"measures": "wealth"}, {"scope": "gb"}, {"level": "ward"}):
        with pytest.raises(SettingError, match="There is no"):
            export(tmp_path / "table.csv", **{"level": "lad", **arguments})  # type: ignore[arg-type]
    assert not list(tmp_path.iterdir())


_WITHOUT_ROOM = """
import resource, sys
from pathlib import Path
from ec_maps.analysis.comparison import measures_table
from ec_maps.errors import SettingError
from ec_maps.analysis.export import export

measures_table("lad", ["exposure", "bias"])
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
try:
    export(Path(sys.argv[1]), level="lad", measures=["exposure", "bias"], force=True)
except SettingError as error:
    print(error)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="such limits are Unix's")
@pytest.mark.parametrize("suffix", FORMATS)
def test_no_room(tmp_path: Path, suffix: str) -> None:
    """On a full disk the earlier file is unchanged, no part is left, and the message says so."""
    path = tmp_path / f"mine{suffix}"
    path.write_text("mine", encoding="utf-8")
    command = [sys.executable, "-c", _WITHOUT_ROOM, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, encoding="utf-8")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"The table could not be written to {path}: ")
    assert "Traceback" not in done.stderr
    assert {one.name: one.read_text(encoding="utf-8") for one in tmp_path.iterdir()} == {path.name: "mine"}


def test_geojson_is_read_back_with_the_same_values(demo_data_dir: Path, tmp_path: Path) -> None:
    """Degrees, valid outlines that turn as RFC 7946 wants, all columns, and areas within a part in a thousand."""
    msoas = demo_tables(demo_data_dir).msoas
    areas = msoas[msoas["lad21nm"] == "Isle of Anglesey"].reset_index(drop=True)
    write_geojson(areas, tmp_path / "areas.geojson")
    told = json.loads((tmp_path / "areas.geojson").read_text(encoding="utf-8"))
    assert told["source"].startswith("Demonstration data – not real values.")
    assert "Open Government Licence" in told["licence"]
    read = gpd.read_file(tmp_path / "areas.geojson")
    assert read.crs == "EPSG:4326"
    assert list(read["msoa21cd"]) == list(areas["msoa21cd"])
    assert read[VALUE].to_numpy() == pytest.approx(areas[VALUE].to_numpy(), nan_ok=True)
    assert read["decile"].isna().sum() == areas["decile"].isna().sum() > 0
    assert read.geometry.is_valid.all()
    for shape in read.geometry:
        assert all(shapely.is_ccw(part.exterior) for part in shapely.get_parts(shape))
    metres = read.to_crs("EPSG:27700").area.to_numpy()
    assert metres == pytest.approx(areas.area.to_numpy(), rel=1e-3)


@pytest.mark.parametrize("kind", ["export", "download"])
def test_csv_opens_in_excel_and_elsewhere(tmp_path: Path, kind: str) -> None:
    """A file begins with the mark by which Excel knows UTF-8, and no reader takes the mark for a part of a name."""
    path = tmp_path / "some.csv"
    if kind == "export":
        export(path, level="lad", measures=SOME)
    else:
        write_csv(load_areas("lad"), path)
    assert path.read_bytes().startswith(BOM_UTF8 + b"lad21cd,lad21nm,")
    assert path.read_bytes().count(BOM_UTF8) == 1
    (ours,) = find_tables([path])
    names = {
        "pandas": list(pd.read_csv(path).columns),
        "Arrow, as R's arrow": pyarrow.csv.read_csv(path).column_names,
        "GDAL, as R's sf": list(pyogrio.read_dataframe(path).columns),
        "ours": [ours.original[name] for name in ours.columns],
        "csv": next(csv.reader(path.read_text(encoding="utf-8-sig").splitlines())),
    }
    assert all(sorted(found) == sorted(names["csv"]) for found in names.values()), names
    assert set(ours.read_columns(["lad21cd"])["lad21cd"]) == set(pd.read_csv(path)["lad21cd"])
    measure = "bias" if kind == "export" else VALUE
    mine = pd.read_csv(path)[["lad21cd", measure]].set_axis(["lad21cd", "mine"], axis=1)
    assert len(area_table(mine, "lad", "mine", title="Mine")) == 331


def test_odd_names_survive(tmp_path: Path) -> None:
    """Quotes, commas, accents and angle brackets come back as they were, from CSV and from GeoJSON."""
    odd = 'Tŷ, "Saint\'s" & <b>Co</b>'
    areas = squares(TEN, district=odd)
    write_csv(areas, tmp_path / "a.csv")
    write_geojson(areas, tmp_path / "a.geojson")
    assert set(pd.read_csv(tmp_path / "a.csv")["lad21nm"]) == {odd}
    assert set(gpd.read_file(tmp_path / "a.geojson")["lad21nm"]) == {odd}


def test_no_cell_of_a_csv_is_a_formula(tmp_path: Path) -> None:
    """Text that a spreadsheet would run has an apostrophe before it, in headers too; numbers below zero are numbers."""
    path = tmp_path / "table.csv"
    texts = ["=HYPERLINK(A1)", "+1", "-1", "@SUM(A1)", "\t=1", "Ynys Môn", None]
    to_csv(pd.DataFrame({"=name": texts, "kind": pd.Categorical(texts), "value": [-0.5] * 7}), path)
    read = pd.read_csv(path)
    assert list(read.columns) == ["'=name", "kind", "value"]
    for name in ("'=name", "kind"):
        assert list(read[name])[:6] == [*(f"'{text}" for text in texts[:5]), "Ynys Môn"]
        assert pd.isna(read[name].iloc[6])
    assert (read["value"] == -0.5).all()
