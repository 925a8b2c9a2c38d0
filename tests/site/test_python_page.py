"""The code of "Use the data in Python" runs unchanged, and the citation is valid."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "python.qmd"


def cells(*, shown: bool) -> list[str]:
    """Return the code that the page runs, all of it or only what a reader sees."""
    found = re.findall(r"^```\{python\}\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    return [cell for cell in found if not shown or not re.search(r"^#\| (echo|include): false", cell, re.MULTILINE)]


def run(code: str, folder: Path) -> str:
    """Run code in a process of its own, in a folder, and return what it prints."""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, env=os.environ, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.full
@pytest.mark.usefixtures("demo")
def test_the_code_that_is_shown_runs_without_the_rest(tmp_path: Path) -> None:
    """A reader who copies what is on the page, block by block, needs nothing that is not on it but a folder."""
    (tmp_path / "maps").mkdir()
    told = run("\n".join(cells(shown=True)), tmp_path)
    assert re.search(r"Economic connectedness +\d\d\.\d% +decile \d", told)
    assert "Local authorities: 327 of 331 in England and Wales have a value." in told
    assert "'both': 331" in told
    assert "Did you mean" in told or "Great Yarmouth" in told.splitlines()[-1]
    assert (tmp_path / "maps" / "great-yarmouth-in-python.svg").stat().st_size > 10_000
    assert (tmp_path / "maps" / "districts.gpkg").is_file()


@pytest.mark.usefixtures("demo")
def test_five_lines_give_every_measure_of_a_district(tmp_path: Path) -> None:
    """The first block has at most five lines that do something, and prints a line a measure."""
    from ec_maps.measures import MEASURES

    first = cells(shown=True)[0]
    assert len([line for line in first.splitlines() if line.strip()]) <= 5
    lines = run(first, tmp_path).splitlines()
    assert [line[:36].strip() for line in lines] == [measure.title for measure in MEASURES.values()]


@pytest.mark.full
@pytest.mark.usefixtures("demo")
def test_exposure_and_bias_are_as_the_page_says(tmp_path: Path) -> None:
    """The block that the page cannot run where exposure is not in the data runs with the demonstration."""
    blocks = re.findall(r"^```python\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    (block,) = (block for block in blocks if "bivariate_table" in block)
    lines = run(f"import ec_maps\n{block}", tmp_path).splitlines()
    assert lines[0].split()[:2] == ["msoa21nm", "exposure"]
    assert len(lines) == 5


def test_postcode_districts_are_loaded_as_the_page_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The block that the page cannot run without the third archive runs with it."""
    blocks = re.findall(r"^```python\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    (block,) = (block for block in blocks if "postcode_district" in block)
    rows = "".join(f"{n},NR{n},low_ses_users,2025-02-28,0.{40 + n},{1000 * n}\n" for n in range(1, 16))
    with zipfile.ZipFile(tmp_path / "postcode_district-20250320T000233Z-001.zip", "w") as archive:
        archive.writestr(
            "postcode_district/uk_economic_connectedness_20250301.csv",
            f",zip_prediction,measurement_category,ds,high_ses_ratio,num_users\n{rows}",
        )
    monkeypatch.setenv("EC_MAPS_SOURCE", "live")
    monkeypatch.setenv("EC_MAPS_DATA_DIR", str(tmp_path))
    told = run(f"import ec_maps\n{block}\nprint(districts.to_csv(index=False))", tmp_path).split()
    assert told[0] == "postcode_district,economic_connectedness,num_users"
    assert "NR7,0.47,7000" in told
    assert len(told) == 16


def test_the_citation_file_has_what_its_format_asks_for() -> None:
    """The fields that the Citation File Format 1.2.0 requires, of the file and of each reference."""
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert citation["cff-version"] == "1.2.0"
    assert {"message", "title", "authors", "version", "license"} <= set(citation)
    for work in (citation, *citation["references"]):
        assert {"type", "title", "authors"} <= set(work)
        assert all("name" in author or "family-names" in author for author in work["authors"])
        assert re.fullmatch(r"10\.\d{4,9}/\S+", work.get("doi", "10.1234/x"))


def test_the_citation_file_names_the_authors_of_the_package() -> None:
    """No person is made up: the authors are those of pyproject.toml, and the data are referred to as data."""
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert citation["authors"] == project["authors"]
    (data,) = [one for one in citation["references"] if one["type"] == "data"]
    assert data["title"] == "UK Social Capital Atlas"
