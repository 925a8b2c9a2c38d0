"""The page on what changed: releases are kept with checksums, and the last two are compared."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pandas as pd
import pytest

from ec_maps.site.releases import keep, releases

pytestmark = [pytest.mark.usefixtures("demo"), pytest.mark.full]

NOW = "2025-02-28-demonstration"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a project without any release."""
    (tmp_path / "_quarto.yml").write_text("website: {}\n", encoding="utf-8")
    monkeypatch.setenv("QUARTO_PROJECT_DIR", str(tmp_path))
    return tmp_path


def test_a_release_is_kept_with_its_checksums(project: Path) -> None:
    """Its tables have all areas and measures and say what they are; a second build writes nothing."""
    folder = keep(project)
    assert folder == project / "archive" / NOW
    for line in (folder / "SHA256SUMS").read_text(encoding="utf-8").splitlines():
        digest, name = line.split("  ")
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest
    for name, number in (("lad", 331), ("msoa", 7200)):
        table = pd.read_csv(folder / f"{name}.csv")
        assert len(table) == number
        assert {f"{name}21cd", "bias", "bias_decile", "bias_users"} <= set(table.columns)
        assert table["source"].str.startswith("Demonstration data").all()
    assert json.loads((folder / "about.json").read_text(encoding="utf-8"))["date"] == "2025-02-28"
    before = {path: path.stat().st_mtime_ns for path in folder.iterdir()}
    keep(project)
    assert {path: path.stat().st_mtime_ns for path in folder.iterdir()} == before


def test_the_first_release_and_the_next(project: Path) -> None:
    """The first has none to compare with; after one, known differences are in the words, the table and the list."""
    text = releases()
    assert "This is the first release that this site has kept" in text
    assert f"(archive/{NOW}/lad.csv)" in text
    older = project / "archive" / "2024-02-28-demonstration"
    (project / "archive" / NOW).rename(older)
    path = older / "lad.csv"
    table = pd.read_csv(path, dtype=str, encoding="utf-8-sig")
    table.loc[table["lad21nm"] == "Adur", ["bias", "bias_decile"]] = ["0.1", "7"]
    table[table["lad21nm"] != "Norwich"].to_csv(path, index=False)
    text = releases()
    assert f"From 2024-02-28-demonstration to {NOW}, 1 of " in text
    assert "most of all Adur, from 10.0% to 16.8%; 1 changed their decile; 1 came" in text
    assert "| Friending bias, local authorities | 326 | 1 | 1 | 1 | 1 | 0 |" in text
    assert text.index(NOW) < text.rindex("archive/2024-02-28-demonstration/lad.csv")


def test_what_is_incomplete_is_no_release(project: Path) -> None:
    """A folder that a build left half-written, or that somebody put there, is neither listed nor compared."""
    for name in ("2023-01-01-demonstration", "notes"):
        (project / "archive" / name).mkdir(parents=True)
    (project / "archive" / "2023-01-01-demonstration" / "about.json").write_text("{", encoding="utf-8")
    text = releases()
    assert "first release" in text
    assert "2023" not in text
