"""The data files for other programs: they fit one another and the library, say what they are, and the examples run."""

from __future__ import annotations

import csv
import hashlib
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pyarrow.parquet as pq
import pytest
from bs4 import BeautifulSoup

from ec_maps.areas.table import load_areas
from ec_maps.errors import DataError
from ec_maps.site import api, api_metadata
from made import squares
from serving import served

ADDRESS = "https://ec-maps.example.org/"
API = "api/v1"
LEVELS = ("lad", "msoa")
DEMONSTRATION = "Demonstration data"

#: What schema.org or search engines of data sets ask of a data set.
REQUIRED = {"@context", "@type", "name", "description", "license", "creator", "distribution", "url"}


def read(path: Path) -> Any:
    """Return the content of a JSON file."""
    return json.loads(path.read_text(encoding="utf-8"))


def hostile() -> gpd.GeoDataFrame:
    """Return a table of three districts whose names are a formula, markup and a path."""
    names = ['=HYPERLINK("http://x")', "</script><b>[x](y)</b>", "../../etc"]
    areas = squares([0.1, None, 0.3]).assign(
        lad21cd=["X06000001", "X06000002", "X06000003"], lad21nm=names, rgn21nm="Wales"
    )
    areas = areas.assign(bias=[0.1, None, 0.3], bias_decile=pd.array([1, None, 2], "Int64"))
    areas = areas[["lad21cd", "lad21nm", "rgn21nm", "bias", "bias_decile", "geometry"]]
    areas.attrs = {"level": "lad", "scope": "ew", "measures": ["bias"]}
    areas.attrs |= {"cut_points": {"bias": [0.1, 0.2, 0.3]}, "categories": {"bias": "low_ses_users"}}
    return areas


@pytest.mark.usefixtures("demo")
class TestFiles:
    """What is in the files of the built site."""

    @pytest.mark.parametrize("level", LEVELS)
    def test_a_table_is_that_of_the_library(self, site: Path, level: Any) -> None:
        """Its first columns are those of `load_areas`, with the same areas, values, deciles and missing values."""
        whole = pd.DataFrame(load_areas(level)).drop(columns="geometry")
        names = [name for name in whole.columns if name in ("economic_connectedness", "decile") or "21" in name]
        found = pd.read_csv(site / API / f"{level}.csv", dtype={"decile": "Int64"})
        assert list(found.columns[: len(names)]) == names
        pd.testing.assert_frame_equal(found[names], whole[names], check_exact=True, check_dtype=False)
        assert found["decile"].equals(found["economic_connectedness_decile"].astype("Int64"))
        assert found["economic_connectedness"].isna().any()

    def test_a_district_has_its_row_and_its_neighbourhoods(self, site: Path) -> None:
        """Every file of a district has the numbers of both tables, and null where they are empty."""
        tables = {}
        for level in LEVELS:
            with (site / API / f"{level}.csv").open(encoding="utf-8", newline="") as file:
                tables[level] = {row[f"{level}21cd"]: row for row in csv.DictReader(file)}
        seen = set()
        for code, row in tables["lad"].items():
            found = read(site / API / "areas" / f"{code}.json")
            assert found["decile_of"] == "England and Wales"
            inside = {place["msoa21cd"]: place for place in found.pop("neighbourhoods")}
            for record, line in ((found, row), *((place, tables["msoa"][name]) for name, place in inside.items())):
                for name, cell in line.items():
                    if name in record and name != "source":
                        assert str("" if record[name] is None else record[name]) == cell, (code, name)
            assert all(tables["msoa"][name]["lad21cd"] == code for name in inside)
            seen |= set(inside)
        assert seen == set(tables["msoa"])

    def test_districts_beyond_say_what_their_decile_is_of(self, site: Path) -> None:
        """Those of Scotland and Northern Ireland have a file too, with a decile of the whole kingdom."""
        beyond = [one for one in read(site / API / "index.json")["areas"] if one["rgn21nm"] == "Scotland"]
        kingdom = load_areas("lad", scope="uk").set_index("lad21cd")["decile"]
        for one in beyond:
            found = read(site / API / one["path"])
            assert found["decile_of"] == "the United Kingdom"
            assert found["decile"] == (None if pd.isna(kingdom[one["lad21cd"]]) else kingdom[one["lad21cd"]])
        assert beyond

    @pytest.mark.parametrize("level", LEVELS)
    def test_outlines_have_the_same_rows(self, site: Path, level: str) -> None:
        """GeoParquet has the columns of the CSV, valid outlines that leave no gaps, and is small."""
        path = site / API / f"{level}.parquet"
        areas, table = gpd.read_parquet(path), pd.read_csv(site / API / f"{level}.csv")
        assert list(areas.columns) == [*table.columns[:-1], "geometry"]
        assert areas[f"{level}21cd"].tolist() == table[f"{level}21cd"].tolist()
        assert areas.crs == "EPSG:27700"
        assert areas.geometry.is_valid.all()
        whole = load_areas(level).geometry  # type: ignore[arg-type]
        assert areas.area.sum() == pytest.approx(whole.area.sum(), rel=0.002)
        assert path.stat().st_size < 10_000_000

    def test_each_file_says_that_it_is_a_demonstration(self, site: Path) -> None:
        """JSON has a field, each row of a CSV its source, GeoParquet its metadata, descriptions their title."""
        faults = []
        for path in (site / API).rglob("*.*"):
            if path.suffix == ".csv":
                said = pd.read_csv(path)["source"].str.startswith(DEMONSTRATION).all()
            elif path.suffix == ".parquet":
                said = json.loads(pq.read_schema(path).metadata[b"ec_maps"])["source"].startswith(DEMONSTRATION)
            else:
                found = read(path)
                said = found.get("demonstration") is True or found.get("dc:title", found.get("name")).startswith(
                    DEMONSTRATION
                )
            faults += [] if said else [path.name]
        assert faults == []
        assert DEMONSTRATION in (site / "llms.txt").read_text(encoding="utf-8")

    def test_the_list_of_files_has_their_checksums(self, site: Path) -> None:
        """All files are listed, those of districts by path, the others with size and SHA-256."""
        told = read(site / API / "index.json")
        for entry in told["files"]:
            content = (site / API / entry["path"]).read_bytes()
            assert (len(content), hashlib.sha256(content).hexdigest()) == (entry["bytes"], entry["sha256"])
        listed = {entry["path"] for entry in (*told["files"], *told["areas"])}
        assert listed | {"index.json"} == {
            path.relative_to(site / API).as_posix() for path in (site / API).rglob("*.*")
        }

    def test_measures_are_described(self, site: Path) -> None:
        """Each measure of the tables has name, unit, what a higher value means, source, and the cuts of its deciles."""
        found = {one["key"]: one for one in read(site / API / "measures.json")["measures"]}
        columns = pd.read_csv(site / API / "lad.csv", nrows=0).columns
        assert {name.removesuffix("_decile") for name in columns if name.endswith("_decile")} == set(found)
        for one in found.values():
            assert all(one[name] for name in ("title", "unit", "higher_means", "source", "meaning"))
            assert len(one["levels"]["lad"]["cut_points"]) == 11
        assert found["bias"]["levels"]["msoa"]["cut_points"] == load_areas("msoa", "bias").attrs["cut_points"]

    @pytest.mark.parametrize("level", LEVELS)
    def test_columns_are_described(self, site: Path, level: str) -> None:
        """The Data Package and CSV on the Web name every column of the table, in its order, with a description."""
        columns = list(pd.read_csv(site / API / f"{level}.csv", nrows=0).columns)
        (resource,) = (one for one in read(site / API / "datapackage.json")["resources"] if one["name"] == level)
        described = read(site / API / f"{level}.csv-metadata.json")
        assert described["url"] == resource["path"] == f"{level}.csv"
        assert [field["name"] for field in resource["schema"]["fields"] if field["description"]] == columns
        found = [column["name"] for column in described["tableSchema"]["columns"] if column["dc:description"]]
        assert found == columns

    def test_what_language_models_read(self, site: Path) -> None:
        """Each address in llms.txt leads to a file of the site: the data, and every page of the menu."""
        text = (site / "llms.txt").read_text(encoding="utf-8")
        links = re.findall(r"\]\(([^)]*)\)", text)
        assert len(links) > 15
        assert [link for link in links if not (site / link.removeprefix(ADDRESS)).is_file()] == []
        assert f"{ADDRESS}data.html" in links
        assert text.startswith("# ")


@pytest.mark.full
def test_the_data_package_validates(site: Path, tmp_path: Path) -> None:
    """Frictionless finds no fault in it, but in a decile of eleven, a doubled code and a code that no district has."""
    from frictionless import Package

    report = Package(str(site / API / "datapackage.json")).validate()
    assert report.flatten(["message"]) == []
    assert [task.stats["rows"] for task in report.tasks] == [331, 7200]
    for name in ("datapackage.json", "lad.csv", "msoa.csv"):
        shutil.copy(site / API / name, tmp_path)
    for name, column, cell in (("lad", "decile", "11"), ("lad", "lad21cd", None), ("msoa", "lad21cd", "X99999999")):
        table = pd.read_csv(site / API / f"{name}.csv", dtype=str).head(20)
        table.loc[0, column] = table.loc[1, column] if cell is None else cell
        table.to_csv(tmp_path / f"{name}.csv", index=False)
        spoilt = Package(str(tmp_path / "datapackage.json")).validate()
        assert spoilt.flatten(["type"]), (name, column)
        shutil.copy(site / API / f"{name}.csv", tmp_path)


def test_each_page_describes_the_data(built: Path) -> None:
    """Its head has one data set in the words of schema.org, with what is required and files that are on the site."""
    pages = [path for path in built.rglob("*.html") if path.parent.name != "embed" and path.name != "404.html"]
    pages = [path for path in pages if "site_libs" not in path.parts]
    texts = {
        text
        for path in pages
        for text in re.findall(
            r'<script type="application/ld\+json">(.*?)</script>', path.read_text(encoding="utf-8"), re.DOTALL
        )
        or [path.name]
    }
    (text,) = texts  # the same on all
    found = json.loads(text)
    assert set(found) >= REQUIRED
    assert found["@type"] == "Dataset"
    assert found["name"].startswith(DEMONSTRATION)
    assert 50 <= len(found["description"]) <= 5000
    files = [one["contentUrl"] for one in found["distribution"]]
    for link in (found["url"], *files):
        assert (built / link.removeprefix(ADDRESS)).is_file(), link
    assert "Dataset" not in (built / "404.html").read_text(encoding="utf-8")


@pytest.mark.usefixtures("demo")
class TestBadInput:
    """Names and codes from an attacker."""

    def test_names_break_no_file(self, tmp_path: Path) -> None:
        """A name that is a formula is text in CSV, one that is markup cannot end a script, a path stays a name."""
        areas, none = hostile(), hostile().assign(msoa21cd="").iloc[:0]
        (tmp_path / "areas").mkdir()
        api._write_table(areas, tmp_path / "lad.csv")
        listed = api._write_areas(tmp_path, areas, none, None)
        assert [one["path"] for one in listed] == [f"areas/{code}.json" for code in areas["lad21cd"]]
        assert len(list(tmp_path.rglob("*"))) == 6
        names = pd.read_csv(tmp_path / "lad.csv")["lad21nm"].tolist()
        assert names == [f"'{areas['lad21nm'][0]}", *areas["lad21nm"][1:]]
        for code, name in zip(areas["lad21cd"], areas["lad21nm"], strict=True):
            path = tmp_path / "areas" / f"{code}.json"
            assert read(path)["lad21nm"] == name
            assert "<" not in path.read_text(encoding="utf-8")
        assert read(tmp_path / "areas" / "X06000002.json")["bias"] is None

    @pytest.mark.parametrize("code", ["../X06000001", "a/b", "", ".", "X06 1", "X\x00"])
    def test_a_code_that_is_no_name_of_a_file(self, tmp_path: Path, code: str) -> None:
        """It stops the build with a letter, before a file is written for it."""
        (tmp_path / "areas").mkdir()
        areas = hostile().iloc[:1].assign(lad21cd=code)
        with pytest.raises(DataError, match=r"has other signs than letters and digits\. Correct it"):
            api._write_areas(tmp_path, areas, areas.assign(msoa21cd="").iloc[:0], None)
        assert not [path for path in tmp_path.rglob("*") if path.is_file()]

    def test_outlines_that_are_too_large_are_left_out(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """There is no file of outlines beyond the limit, and one within it."""
        api._write_outlines(hostile(), tmp_path / "small.parquet")
        monkeypatch.setattr(api, "_LARGEST", 100)
        api._write_outlines(hostile(), tmp_path / "large.parquet")
        assert [path.name for path in tmp_path.iterdir()] == ["small.parquet"]


@pytest.mark.full
def test_a_build_says_what_it_did(placeless: Path) -> None:
    """It prints the number of files, their size and the time; a second does nothing; a lost file is written again.

    A site without an address has no description in its pages, because that names full addresses.
    """
    told = r"^Data files for other programs: \d+ in api/v1/, \d+\.\d MB, "
    assert re.match(told + r"written in \d+\.\d s\.$", api.build(placeless))
    before = {path: path.stat().st_mtime_ns for path in (placeless / API).rglob("*.*")}
    assert re.match(told + r"unchanged\.$", api.build(placeless))
    assert {path: path.stat().st_mtime_ns for path in (placeless / API).rglob("*.*")} == before
    (placeless / API / "lad.csv").write_text("lad21cd\n", encoding="utf-8")
    (placeless / "_quarto.yml").write_text("project: {}\n", encoding="utf-8")
    assert "written in" in api.build(placeless)
    assert len(pd.read_csv(placeless / API / "lad.csv")) == 331
    assert not (placeless / API / api_metadata.DATASET).exists()
    assert "](api/v1/lad.csv)" in (placeless / "llms.txt").read_text(encoding="utf-8")


@pytest.mark.full
@pytest.mark.site
@pytest.mark.usefixtures("demo")
@pytest.mark.parametrize(
    ("language", "command"),
    [
        ("python", [sys.executable, "-c"]),
        ("r", ["Rscript", "--vanilla", "-e"]),
        ("javascript", ["node", "--input-type=module", "-e"]),
    ],
)
def test_an_example_runs(built: Path, language: str, command: list[str]) -> None:
    """The code that the page shows, at the address where the site is served, prints what the library says."""
    if shutil.which(command[0]) is None:
        pytest.skip(f"{command[0]} is not here")
    soup = BeautifulSoup((built / "data.html").read_text(encoding="utf-8"), "html.parser")
    (code,) = soup.select(f"pre.{language} code, pre.sourceCode.{language} code")
    table = load_areas("lad").set_index("lad21nm").loc["Great Yarmouth"]
    places = load_areas("msoa").query("lad21nm == 'Great Yarmouth'")
    with served(built) as address:
        text = code.get_text().replace(ADDRESS, address)
        assert text != code.get_text()
        done = subprocess.run([*command, text], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    first, second = done.stdout.strip().splitlines()
    value, decile = map(float, first.split())
    assert (value, decile) == (pytest.approx(table["economic_connectedness"]), table["decile"])
    assert int(second) == (places["decile"] == 1).sum() > 0


def test_git_does_not_see_the_files(root: Path) -> None:
    """What the build writes is ignored by git, and `make clean` removes it."""
    names = [f"{API}/lad.csv", f"{API}/areas/X06000001.json", "llms.txt"]
    done = subprocess.run(["git", "check-ignore", *names], cwd=root, capture_output=True, text=True, check=False)
    if done.returncode == 128:
        pytest.skip("not a git work tree")
    assert done.stdout.split() == names
    clean = re.search(r"^clean:.*\n\t@rm -rf (.*)$", (root / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert {"api", "llms.txt"} <= set(clean[1].split())  # type: ignore[index]
