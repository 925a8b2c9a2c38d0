"""What changed from one release to another: known differences are found, and nothing else."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from ec_maps import settings
from ec_maps.analysis.changes import COLUMNS, diff
from ec_maps.analysis.export import export
from ec_maps.errors import DataError, SettingError
from makers import HERE, spread
from test_cli import ec_maps

pytestmark = pytest.mark.usefixtures("demo")

Row = dict[str, str]
MAIN = "uk_economic_connectedness_20250301.csv"


@pytest.fixture
def districts() -> Path:
    """Return the demonstration's archive of districts."""
    return next(settings.shipped("demo").glob("local_authority*.zip"))


def changed(target: Path, change: Callable[[list[Row]], list[Row]]) -> Path:
    """Write the demonstration's archive of districts into a folder, the rows of its main table changed."""
    target.mkdir()
    path = next(settings.shipped("demo").glob("local_authority*.zip"))
    content = io.BytesIO()
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(content, "w") as new:
        for name in old.namelist():
            text = old.read(name).decode()
            if name.endswith(MAIN):
                rows = change(list(csv.DictReader(io.StringIO(text))))
                out = io.StringIO()
                writer = csv.DictWriter(out, list(rows[0]), lineterminator="\n")
                writer.writeheader()
                writer.writerows(rows)
                text = out.getvalue()
            new.writestr(name, text)
    (target / path.name).write_bytes(content.getvalue())
    return target


def with_value(code: str, column: str, value: str) -> Callable[[list[Row]], list[Row]]:
    """Return a change of one value of low-income people."""

    def change(rows: list[Row]) -> list[Row]:
        found = [row for row in rows if row["lad_code"] == code and row["measurement_category"] == "low_ses_users"]
        assert len(found) == 1
        found[0][column] = value
        return rows

    return change


@pytest.mark.full
def test_nothing_new() -> None:
    """A release against itself has no row, and the words say how many values are the same."""
    demo = settings.shipped("demo")
    table = diff(demo, demo)
    assert list(table.columns) == COLUMNS
    assert len(table) == 0
    assert table.attrs["share"] == 0
    words = "Nothing changed between two releases of 2025-02-28: 104,412 values of 14 measures are the same."
    assert table.attrs["in_words"] == f"Demonstration data, not real values. {words}"


def test_known_differences(tmp_path: Path, districts: Path) -> None:
    """One value that moved, one area that went, one that came: each is a row, and the words name the largest."""

    def change(rows: list[Row]) -> list[Row]:
        rows = with_value("X06000001", "high_ses_ratio", "0.9")(rows)
        rows = [row for row in rows if row["lad_code"] != "X06000002"]
        return [*rows, {**rows[0], "lad_code": "X06000999", "measurement_category": "low_ses_users"}]

    table = diff(districts, changed(tmp_path / "new", change))
    rows = table[(table["measure"] == "economic_connectedness") & (table["change"] != "decile")]
    assert dict(zip(rows["code"], rows["change"], strict=True)) == {
        "X06000001": "moved",
        "X06000002": "went",
        "X06000999": "came",
    }
    moved = rows[rows["change"] == "moved"].iloc[0]
    assert (moved["new"], moved["new_decile"]) == (0.9, 10)
    assert moved["difference"] == pytest.approx(0.9 - moved["old"])
    fact = next(one for one in table.attrs["measures"] if one["measure"] == "economic_connectedness")
    assert (fact["level"], fact["moved"], fact["came"], fact["went"], fact["compared"]) == ("lad", 1, 1, 1, 368)
    assert fact["new_cut_points"][-1] == 0.9
    assert len(fact["old_cut_points"]) == 11
    assert f"most of all X06000001, from {100 * moved['old']:.1f}% to 90.0%" in table.attrs["in_words"]
    assert set(table["level"]) == {"lad"}


def test_a_value_that_moves_little_moves_no_decile(tmp_path: Path) -> None:
    """A change in the sixth decimal is none; one in the fourth is a row, within the tolerance."""
    value = "X06000003", "high_ses_ratio"
    first = changed(tmp_path / "a", with_value(*value, "0.450000"))
    assert len(diff(first, changed(tmp_path / "b", with_value(*value, "0.450001")))) == 0
    table = diff(first, changed(tmp_path / "c", with_value(*value, "0.4504")))
    assert list(table["change"]) == ["moved"]
    assert "none of them by more than half a percentage point" in table.attrs["in_words"]


def test_exports(tmp_path: Path, districts: Path) -> None:
    """Two exports are compared by name and by the deciles that they give; an export and a zip by their values."""
    first = export(tmp_path / "a.csv", level="lad", measures=["bias", "exposure"])
    assert first
    text = first.read_text(encoding="utf-8-sig")
    second = tmp_path / "b.csv"
    second.write_text(text.replace("Adur,South East,0.168337,10,", "Adur,South East,0.158337,9,"), encoding="utf-8")
    table = diff(first, second)
    assert table[["name", "change", "old", "new", "old_decile", "new_decile"]].to_numpy().tolist() == [
        ["Adur", "moved", 0.168337, 0.158337, 10, 9]
    ]
    assert "most of all Adur, from 16.8% to 15.8%; 1 changed their decile" in table.attrs["in_words"]
    for kind in ("parquet", "gpkg", "geojson"):
        other = export(tmp_path / f"c.{kind}", level="lad", measures=["bias", "exposure"])
        assert other
        assert len(diff(first, other)) == 0, kind
    against = diff(first, districts)
    assert set(against["change"]) <= {"came"}  # an export has England and Wales alone
    assert "Only the new release has " in against.attrs["in_words"]


def test_columns_and_years(tmp_path: Path) -> None:
    """A column that came or went is a note; areas of different years are compared by code, and the note says so."""
    path = tmp_path / "a.csv"
    pd.DataFrame({"lad21cd": ["E06000001", "E07000026"], "bias": [0.1, 0.2], "odd": 1}).to_csv(path)
    later = tmp_path / "b.csv"
    pd.DataFrame({"lad21cd": ["E06000001", "E06000063"], "bias": [0.1, 0.2]}).to_csv(later)
    table = diff(path, later)
    assert list(zip(table["name"], table["change"], strict=True)) == [(None, "came"), ("Allerdale", "went")]
    assert "Columns of local authorities that went: odd." in table.attrs["in_words"]
    assert "are of different years (2021 and 2023)" in table.attrs["in_words"]


@pytest.mark.parametrize(
    ("name", "content", "error", "says"),
    [
        ("nowhere", None, SettingError, "no file or folder"),
        ("a.txt", b"x", SettingError, "none of what is compared"),
        ("a.zip", b"x", DataError, "is not a zip archive"),
        ("a.csv", b"lad21cd,trees\nE06000001,7\n", DataError, "no measure of the Atlas among its columns"),
        ("a.csv", b"\x00\xff\xfe", DataError, "a.csv"),
        ("a.parquet", b"x", DataError, "cannot be read"),
        ("a.gpkg", b"x", DataError, "cannot be read"),
        ("a.gpkg", b"<OGRVRTDataSource></OGRVRTDataSource>", DataError, "does not begin like a .gpkg file"),
        ("a.csv", b"lad21cd,economic_connectedness\nA,1\nA,2\n", DataError, "more than one row of A"),
        ("", "folder", DataError, "holds no zip or CSV"),
    ],
)
def test_what_is_no_release(tmp_path: Path, name: str, content: object, error: type[Exception], says: str) -> None:
    """A path that is not there, of another kind, broken or empty is a letter that names it."""
    path = tmp_path / name
    if isinstance(content, bytes):
        path.write_bytes(content)
    with pytest.raises(error, match=says):
        diff(path, path)


@pytest.mark.parametrize("column", ["decile", "economic_connectedness", "lad21cd", "lad21nm"])
@pytest.mark.parametrize("cell", ["inf", "1e300", "2.5", "x", ""])
def test_a_cell_that_nobody_expects(tmp_path: Path, column: str, cell: str) -> None:
    """It is no value, no decile or no code, and the others are compared."""
    table = pd.DataFrame({"lad21cd": HERE, "lad21nm": HERE, "economic_connectedness": spread(13), "decile": 1})
    table.to_csv(tmp_path / "old.csv", index=False)
    table.assign(**{column: [cell, *table[column].astype(str)[1:]]}).to_csv(tmp_path / "new.csv", index=False)
    changes = diff(tmp_path / "old.csv", tmp_path / "new.csv")
    assert set(changes["code"]) <= {HERE[0], cell}
    (tmp_path / "other.parquet").write_bytes(table.drop(columns="lad21cd").to_parquet())
    with pytest.raises(DataError, match="has no column lad21cd"):
        diff(tmp_path / "old.csv", tmp_path / "other.parquet")


@pytest.mark.full
def test_two_zips_of_different_levels() -> None:
    """They have no measure in common, and the letter lists what each has."""
    zips = [next(settings.shipped("demo").glob(f"{name}*.zip")) for name in ("local_authority", "msoa")]
    with pytest.raises(DataError, match="have no measure in common"):
        diff(*zips)


@pytest.mark.full
def test_the_command(tmp_path: Path, districts: Path, demo_data_dir: Path) -> None:
    """It tells for people, as CSV and as JSON, and fails where more changed than is allowed."""
    demo = {"EC_MAPS_SOURCE": "demo", "EC_MAPS_DATA_DIR": demo_data_dir}
    old, new = districts, changed(tmp_path / "new", with_value("X06000001", "high_ses_ratio", "0.9"))
    told = ec_maps("diff", old, new, cwd=tmp_path, **demo)
    assert told.returncode == 0, told.stderr
    assert told.stdout.startswith("Demonstration data, not real values. Between two releases of 2025-02-28, 1 of ")
    rows = json.loads(ec_maps("diff", old, new, "--format", "json", cwd=tmp_path, **demo).stdout)
    assert [row["code"] for row in rows if row["change"] == "moved"] == ["X06000001"]
    assert all(row["source"].startswith("Demonstration data") for row in rows)
    stopped = ec_maps("diff", old, new, "--at-most", "0.1", cwd=tmp_path, **demo)
    assert stopped.returncode == 1
    assert "more than the 0.1 that --at-most allows" in stopped.stderr
    assert ec_maps("diff", old, new, "--at-most", "50", cwd=tmp_path, **demo).returncode == 0
