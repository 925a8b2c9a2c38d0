"""Every measure of the Atlas: found by its columns, checked, mapped in the right direction; and what cannot be."""

from __future__ import annotations

import csv
import io
import zipfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from ec_maps import (
    MEASURES,
    Map,
    join_report,
    load_areas,
    load_measure,
    local_map,
    national_map,
    regional_map,
    settings,
)
from ec_maps.areas.deciles import deciles
from ec_maps.atlas.csv_table import inventory
from ec_maps.errors import BoundaryError, DataError, SettingError
from ec_maps.geography.codes import official_districts
from ec_maps.graphics import palette
from ec_maps.measures import KEYS, Measure, measures_in
from made import Picture
from makers import LAD_CSV, LADS, MSOAS, as_csv, rows, use, write_atlas, write_boundaries, write_zip

KEYS_OF = list(MEASURES)
ZIPS = sorted(settings.shipped("demo").glob("*.zip"))


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the data folder of the little country, its boundaries in place."""
    use(monkeypatch, data=tmp_path / "data", boundaries=write_boundaries(tmp_path / "boundaries"))
    return tmp_path / "data"


def words(drawn: Map) -> str:
    """Return what stands around a map, in one line."""
    return " ".join(" ".join(text.get_text() for text in drawn.figure.axes[1].texts).split())


def with_columns(**columns: object) -> str:
    """Return a CSV of districts with more columns; a callable gets the row's place."""
    table = rows(LADS)
    for place, row in enumerate(table):
        row.update({name: value(place) if callable(value) else value for name, value in columns.items()})
    return as_csv(table)


# --- every column, whatever the files are called --------------------------------------------------


def renamed(source: Path, target: Path) -> Path:
    """Copy an archive with its CSVs renamed and their columns in another order."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for number, name in enumerate(name for name in old.namelist() if name.endswith(".csv")):
            table = list(csv.reader(io.StringIO(old.read(name).decode())))
            out = io.StringIO()
            csv.writer(out, lineterminator="\n").writerows(row[::-1] for row in table)
            new.writestr(f"x/{chr(97 + number)}.csv", out.getvalue())
    return target


@pytest.fixture(scope="module")
def renamed_zips(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Return the demonstration's archives with their CSVs renamed and reordered."""
    folder = tmp_path_factory.mktemp("renamed")
    return [renamed(path, folder / path.name) for path in ZIPS]


@pytest.mark.parametrize("as_published", [True, False])
def test_every_column_is_a_measure_or_unknown(tmp_path: Path, as_published: bool) -> None:
    """Each column of each CSV is one to map, a key or a count, or listed as unknown; names and order do not matter."""
    paths = ZIPS if as_published else [renamed(path, tmp_path / path.name) for path in ZIPS]
    seen: set[str] = set()
    for path in paths:
        entries = {str(entry.member): entry for entry in inventory([path])}
        with zipfile.ZipFile(path) as archive:
            for name in (name for name in archive.namelist() if name.endswith(".csv")):
                entry = entries[f"{name} in {path.name}"]
                header = next(csv.reader(io.StringIO(archive.read(name).decode())))
                for column in filter(None, header):
                    known = set(measures_in(column))
                    mapped = known & set(entry.measures)
                    assert mapped or column in KEYS or column in entry.unknown, (name, column)
                    seen |= {measure.key for measure in mapped}
                assert entry.fault == ""
                assert entry.level == ("lad" if "local_authority" in path.name else "msoa")
    assert seen == set(MEASURES)


@pytest.mark.parametrize("key", KEYS_OF)
def test_renamed_files_give_the_same_table(
    demo: Path, renamed_zips: list[Path], monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    """A measure is found by its column, wherever it is, for its own group of people: not the one by age."""
    expected = load_measure("lad", key)
    monkeypatch.setattr("ec_maps.atlas.archive.archives", lambda: renamed_zips)
    found = load_measure("lad", key)
    pd.testing.assert_frame_equal(found, expected)
    assert found.attrs["category"] == expected.attrs["category"]
    assert found.attrs["file"].startswith("x/")


@pytest.mark.parametrize(
    "measure",
    [
        # Of all measures the quick tier has the one whose colours run the other way.
        pytest.param(measure, marks=() if key == "bias" else pytest.mark.full, id=key)
        for key, measure in MEASURES.items()
    ],
)
def test_maps_of_every_measure(demo: Path, tmp_path: Path, measure: Measure) -> None:
    """National, regional and local maps have the measure's title, its direction, and each area its decile's colour."""
    lads, msoas = load_areas("lad", measure.key), load_areas("msoa", measure.key)
    colours = palette.ice_colours() if measure.low_connection_end == "low" else palette.ice_colours()[::-1]
    ends = "purple lowest" if measure.low_connection_end == "low" else "white lowest, purple highest"
    for drawn in (national_map(lads), regional_map(lads, "Wales"), local_map(msoas, "Norwich")):
        message = words(drawn)
        assert measure.title in message
        assert measure.colours_in_words in message
        assert ends in drawn.alt_text
        picture = Picture(drawn, tmp_path)
        largest = drawn.areas.assign(size=drawn.areas.area).dropna(subset=["decile"]).nlargest(4, "size")
        for shape, decile in zip(largest.geometry, largest["decile"], strict=True):
            colours_there, counts = np.unique(picture.inside(drawn.figure.axes[0], shape), axis=0, return_counts=True)
            commonest = colours_there[counts.argmax()]
            assert "#{:02x}{:02x}{:02x}".format(*commonest) == colours[decile - 1]


# --- groups of people -----------------------------------------------------------------------------


def test_another_group_of_people(demo: Path) -> None:
    """A group that is in another file than the measure's own is found there, and named in words."""
    young = load_areas("lad", category="low_ses_users_25_to_34")
    assert young.attrs["category"] == "low_ses_users_25_to_34"
    assert not young["economic_connectedness"].equals(load_areas("lad")["economic_connectedness"])
    assert "people in the Atlas’s group “low_ses_users_25_to_34”" in words(regional_map(young, "Wales"))


def test_the_same_column_for_high_incomes(demo: Path) -> None:
    """Connectedness of high-income people is the same column for the other group of people."""
    one = load_measure("lad", "high_income_connectedness")
    other = load_measure("lad", "economic_connectedness", category="HIGH_SES_USERS ")
    pd.testing.assert_series_equal(one["high_income_connectedness"], other["economic_connectedness"], check_names=False)


def test_a_group_that_is_not_there(demo: Path) -> None:
    """A category that the files lack is answered with those that they have."""
    with pytest.raises(
        DataError, match=r'not available for the group "rich".*high_ses_users, high_ses_users_25_to_34, low'
    ):
        load_areas("lad", category="rich")


def test_a_measure_that_is_not_there(data: Path) -> None:
    """A measure that the zips lack is answered with those that they have."""
    write_atlas(data)
    with pytest.raises(DataError) as caught:
        load_areas("lad", "clustering")
    message = str(caught.value)
    assert message.startswith("Clustering of local authorities was not found.")
    assert "holds no CSV with a column 'average_clustering'" in message
    assert "The measures available are: economic_connectedness, high_income_connectedness." in message


def test_two_files_with_the_same_measure(data: Path) -> None:
    """Two CSVs with the column, the same people and no date: an error that lists both."""
    first, second = (with_columns(average_clustering=lambda place, by=by: by * place) for by in (0.01, 0.02))
    write_zip(data / "a.zip", {"one.csv": first, "two.csv": second})
    with pytest.raises(DataError, match=r"2 different files hold the same measure.*one\.csv in a\.zip, two\.csv in"):
        load_measure("lad", "clustering", category="low_ses_users")


def test_a_file_called_after_the_measure_comes_first(data: Path) -> None:
    """A later file with the same column under another name is not used where one has the measure's name."""
    write_zip(data / "a.zip", {LAD_CSV: as_csv(rows(LADS)), "by_age_20260301.csv": as_csv(rows(LADS, [0.9] * 14))})
    assert load_measure("lad")["economic_connectedness"].max() == 0.6


# --- counts of users ------------------------------------------------------------------------------


def test_users_are_counted(data: Path) -> None:
    """Users come with the values, as whole numbers, missing where they are not given."""
    table = rows(LADS)
    for row, users in zip(table, ["1200", "1200.0", "", "NA"], strict=False):
        row["num_users"] = users
    write_zip(data / "a.zip", {LAD_CSV: as_csv(table)})
    found = load_measure("lad")
    assert str(found["num_users"].dtype) == "Int64"
    assert found["num_users"].iloc[:4].tolist() == [1200, 1200, pd.NA, pd.NA]
    assert found.attrs["notes"] == []


def test_counts_that_cannot_be(data: Path) -> None:
    """Counts that are negative or text are left out, fractions rounded, and both reported; the values stay."""
    table = rows(LADS)
    for row, users in zip(table, ["-4", "many", "10.5", "inf"], strict=False):
        row["num_users"] = users
    write_zip(data / "a.zip", {LAD_CSV: as_csv(table)})
    found = load_measure("lad")
    assert found["num_users"].iloc[:4].tolist() == [pd.NA, pd.NA, 10, pd.NA]
    assert found["economic_connectedness"].notna().all()
    assert found.attrs["notes"] == [
        '3 values of num_users cannot be counts and were left out (the first: "-4" at line 2).',
        '1 value of num_users is a fraction and was rounded (the first: "10.5" at line 4).',
    ]


# --- ties -----------------------------------------------------------------------------------------


def test_heavy_ties_leave_some_deciles_empty() -> None:
    """Equal values share the lowest decile that they fill; the others that they fill are empty."""
    found = deciles(pd.Series([0.0] * 45 + [float(n) for n in range(1, 56)]), fewer=True)
    assert found.iloc[:45].eq(1).all()
    assert sorted(found.iloc[45:].unique()) == [5, 6, 7, 8, 9, 10]


def test_fewer_values_than_deciles() -> None:
    """Three values make three groups, in order."""
    found = deciles(pd.Series([0.1] * 40 + [0.2] * 40 + [0.3] * 20), fewer=True)
    assert found.nunique() == 3
    assert found.is_monotonic_increasing


def test_one_value_makes_no_groups() -> None:
    """Where all are equal there is nothing to show."""
    with pytest.raises(DataError, match="only 1 of the values is distinct, so that there are no groups"):
        deciles(pd.Series([0.1] * 40), fewer=True)


def test_different_values_are_cut_as_ever() -> None:
    """Where ten groups can be made, allowing fewer changes nothing."""
    values = pd.Series(np.random.default_rng(1).random(331))
    pd.testing.assert_series_equal(deciles(values, fewer=True), deciles(values))


def test_a_map_with_ties_says_how_many_groups(data: Path) -> None:
    """The legend has the groups that there are, and says how many; deciles keep their colours."""
    fraction = [0, 0, 0, 0, 0, 0, 0.01, 0.02, 0.03, 0.03, 0.03, 0.03, 0.03, 0.03]
    write_zip(
        data / "a.zip", {"v_20250301.csv": with_columns(volunteering_fraction=lambda place: fraction[place % 14])}
    )
    write_zip(data / "b.zip", {"m_20250301.csv": as_csv(rows(MSOAS, key="zip_prediction"))})
    lads = load_areas("lad", "volunteering", category="low_ses_users")
    groups = lads.attrs["groups"]
    assert groups == sorted(lads["decile"].dropna().unique())
    assert len(groups) == 4
    drawn = national_map(lads)
    assert "Many values are equal: 4 groups are shown." in words(drawn)
    swatches = [patch.get_gid() for patch in drawn.figure.axes[1].patches if patch.get_gid()]
    classes = [gid.partition("|")[0] for gid in swatches if gid != "ec-swatch-missing"]
    assert classes == [f"ec-swatch-{decile}" for decile in groups]


# --- the United Kingdom ---------------------------------------------------------------------------


def test_no_neighbourhoods_beyond_the_border(demo: Path) -> None:
    """Neighbourhoods of the United Kingdom are refused with the reason, and an unknown scope with those there are."""
    with pytest.raises(SettingError, match=r"Neighbourhoods \(MSOAs\) exist in England and Wales only"):
        load_areas("msoa", scope="uk")
    with pytest.raises(SettingError, match='no scope "gb"'):
        load_areas("lad", scope="gb")  # type: ignore[arg-type]


def test_boundaries_that_end_at_the_border(data: Path) -> None:
    """Where the boundaries have no district of a nation, a table of the United Kingdom is refused and says so."""
    write_atlas(data)
    with pytest.raises(BoundaryError, match="none in Northern Ireland"):
        load_areas("lad", scope="uk")


def test_the_real_kingdom(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, geo: Path) -> None:
    """All 374 districts are there, with regions, and their deciles are of all of them."""
    codes = list(official_districts())
    write_zip(tmp_path / "a.zip", {LAD_CSV: as_csv(rows(codes))})
    use(monkeypatch, data=tmp_path, boundaries=geo)
    lads = load_areas("lad", scope="uk")
    assert len(lads) == 374
    assert lads["rgn21nm"].value_counts()[["Scotland", "Northern Ireland", "Wales"]].tolist() == [32, 11, 22]
    assert lads["decile"].value_counts().between(37, 38).all()
    assert lads.attrs["scope"] == "uk"
    assert join_report("lad", scope="uk").summary.endswith("374 of 374 in the United Kingdom have a value.")


# --- postcode districts ---------------------------------------------------------------------------


def test_postcode_districts(data: Path) -> None:
    """Their table is checked and returned unchanged, joined to nothing; a malformed code is reported."""
    codes = ["NR30", "E1", "SW1A", "CF10", "M1", "ls12", "Norwich"]
    write_zip(data / "p.zip", {"postcode/p.csv": as_csv(rows(codes, key="zip_prediction"))})
    found = load_measure("postcode_district")
    assert list(found.columns) == ["postcode_district", "economic_connectedness", "num_users"]
    assert sorted(found["postcode_district"]) == sorted(["NR30", "E1", "SW1A", "CF10", "M1", "LS12", "NORWICH"])
    assert any('no valid area code (the first: "NORWICH")' in note for note in found.attrs["notes"])
    assert not isinstance(found, gpd.GeoDataFrame)


def test_no_postcode_districts(data: Path) -> None:
    """Without their archive the message says that it is not fetched automatically."""
    write_atlas(data)
    with pytest.raises(DataError, match=r"of postcode districts was not found\. It is not fetched automatically"):
        load_measure("postcode_district")


def test_scottish_small_areas_are_counted(data: Path) -> None:
    """Small areas of the other nations are named in the report as not mapped."""
    codes = [*MSOAS, "S02001236", "S02001237", "N21000001"]
    write_atlas(data, msoas=as_csv(rows(codes, key="zip_prediction")))
    report = join_report("msoa")
    assert report.left_out == {"Scotland": 2, "Northern Ireland": 1}
    assert "not mapped, as there are neighbourhoods (MSOAs) only in England and Wales: 2 in Scotland, 1 in" in str(
        report
    )
