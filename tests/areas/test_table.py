from __future__ import annotations

import shutil
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Literal

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from geopandas.testing import assert_geodataframe_equal
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import ec_maps
from ec_maps import cache
from ec_maps.about import About
from ec_maps.areas import table
from ec_maps.areas.table import join_report, load_areas, load_context
from ec_maps.boundaries import table as outlines
from ec_maps.errors import DataError, FetchError, PlaceError, SettingError
from ec_maps.geography.codes import district_codes, neighbourhood_codes, official_districts
from makers import (
    DISTRICT_OF,
    HERE,
    LAD_CSV,
    LAD_ZIP,
    LADS,
    MSOA_ZIP,
    MSOAS,
    NAME_OF,
    as_csv,
    atlas_csv,
    msoa_csv,
    regions,
    rows,
    spread,
    use,
    write_atlas,
    write_boundaries,
    write_zip,
)

#: What follows the columns that are promised.
MORE = ["decile_low", "decile_high", "num_users", "about"]
COLUMNS = {
    "lad": ["lad21cd", "lad21nm", "rgn21nm", "economic_connectedness", "decile", "geometry"],
    "msoa": [
        "msoa21cd",
        "msoa21nm",
        "lad21cd",
        "lad21nm",
        "rgn21nm",
        "economic_connectedness",
        "decile",
        "geometry",
    ],
}


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a data folder with both zips of the little country, its boundaries beside it."""
    folder = write_atlas(tmp_path / "data")
    use(monkeypatch, data=folder, boundaries=write_boundaries(tmp_path / "geo"))
    return folder


def refused(level: str = "lad") -> str:
    """Return why a level is refused, in two paragraphs at most."""
    with pytest.raises(DataError) as caught:
        load_areas(level)  # type: ignore[arg-type]
    assert len(str(caught.value).split("\n\n")) <= 2
    return str(caught.value)


@pytest.mark.parametrize("level", ["lad", "msoa"])
def test_all_that_is_missing_is_in_one_letter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, level: Literal["lad", "msoa"]
) -> None:
    """With nothing at hand and no connection, one letter lists the Atlas, boundaries and lookups, and what to do."""
    use(monkeypatch, data=tmp_path)
    with pytest.raises(FetchError) as caught:
        load_areas(level)
    what, advice = str(caught.value).split("\n\n")
    for part in ("Social Capital Atlas by", "Boundaries of districts", "Boundaries of neighb", "district to region"):
        assert part in what, part
    assert advice.startswith('By hand: download the zips of the Atlas ("local_authority-….zip"')
    assert "By hand: download the boundaries" in advice


# --- the table ------------------------------------------------------------------------------------


@pytest.mark.parametrize("level", ["lad", "msoa"])
def test_the_form_of_the_table(data: Path, level: str) -> None:
    """The columns, their order and types, the CRS and the order of rows are those promised; Scotland is not there."""
    found = load_areas(level)
    assert list(found.columns) == [*COLUMNS[level], *MORE]
    assert type(found) is gpd.GeoDataFrame
    assert found.crs == "EPSG:27700"
    assert str(found["decile"].dtype) == "Int64"
    assert found["economic_connectedness"].dtype == np.float64
    code = COLUMNS[level][0]
    assert list(found[code]) == sorted(HERE if level == "lad" else MSOAS)
    assert list(found.index) == list(range(len(found)))
    assert set(found.geom_type) == {"MultiPolygon"}


def test_values_and_deciles_are_the_areas_own(data: Path) -> None:
    """Each area has the value of its own code, low-income users only, and the decile among the mapped areas."""
    found = load_areas("lad").set_index("lad21cd")
    values = dict(zip(LADS, spread(len(LADS)), strict=True))
    assert found["economic_connectedness"].to_dict() == {code: values[code] for code in HERE}
    expected = pd.qcut(pd.Series({code: values[code] for code in HERE}), 10, labels=range(1, 11)).astype(int)
    assert found["decile"].to_dict() == expected.to_dict()
    assert found["decile"]["E06000001"] == 1
    assert found["decile"]["W06000002"] == 10


def test_areas_outside_move_no_edge(data: Path) -> None:
    """The edges are cut over England and Wales: a Scottish value, however high, moves none."""
    before = load_areas("lad").attrs["cut_points"]
    write_zip(data / LAD_ZIP, {LAD_CSV: atlas_csv(values=[*spread(len(LADS))[:-1], 0.99])})
    assert load_areas("lad").attrs["cut_points"] == before
    assert len(before) == 11
    assert before[0] == 0.3


def test_missing_values_stay_missing(data: Path) -> None:
    """An area without a value, or without a row, keeps its row and outline; value and decile are missing."""
    codes = [code for code in LADS if code != "E06000004"]
    write_zip(data / LAD_ZIP, {LAD_CSV: atlas_csv(codes, ["", *spread(len(codes) - 1)])})
    found = load_areas("lad").set_index("lad21cd")
    assert len(found) == 13
    for code in ("E06000001", "E06000004"):
        assert np.isnan(found["economic_connectedness"][code])
        assert found["decile"][code] is pd.NA
    assert found["decile"].notna().sum() == 11
    assert found.geometry.notna().all()


def test_readable_names_come_last(data: Path, tmp_path: Path) -> None:
    """Readable names, where there are any, follow the promised columns."""
    lookup = pd.read_csv(tmp_path / "geo" / "lookup.csv").assign(msoa21hclnm="Town")
    lookup.to_csv(tmp_path / "geo" / "lookup.csv", index=False)
    assert list(load_areas("msoa").columns) == [*COLUMNS["msoa"], "msoa21hclnm", *MORE]


def test_the_package_offers_both(data: Path) -> None:
    """The two functions are the package's own."""
    assert ec_maps.load_areas is load_areas
    assert ec_maps.join_report is join_report


def test_context_is_what_lies_outside(data: Path) -> None:
    """The districts outside England and Wales are there for the background of maps."""
    assert list(load_context()["lad21cd"]) == ["S12000033"]


@pytest.mark.parametrize("call", [load_areas, join_report])
def test_unknown_levels_and_measures(data: Path, call) -> None:
    """The error for an unknown level or measure lists the known ones."""
    with pytest.raises(SettingError, match="no level"):
        call("region")
    with pytest.raises(SettingError, match="no measure"):
        call("lad", "height")


# --- the cache ------------------------------------------------------------------------------------


def cached(data: Path) -> set[str]:
    """Return the names in the cache."""
    return {path.name for path in (data / "cache").iterdir()}


def forget() -> None:
    """Forget the tables that this process remembers: what follows is as in another one."""
    for remembered in (table._values, outlines._whole, outlines._areas_of):
        remembered.cache_clear()


@pytest.mark.parametrize("level", ["lad", "msoa"])
def test_the_same_with_and_without_cache(data: Path, tmp_path: Path, level: str, monkeypatch) -> None:
    """Built, read back and built without a cache, the table is the same: columns, types, CRS and attributes."""
    built = load_areas(level)
    forget()
    back = load_areas(level)
    assert len(cached(data)) == 2
    forget()
    shutil.rmtree(data / "cache")
    (data / "cache").write_text("a file, where the folder should be", encoding="utf-8")
    with pytest.warns(UserWarning, match="cache .* cannot be written"):
        uncached = load_areas(level)
    for other in (back, uncached):
        assert_geodataframe_equal(built, other, check_crs=True)
        assert list(built.dtypes) == list(other.dtypes)
        assert built.attrs == other.attrs
    assert built.attrs["measure"] == "economic_connectedness"


def test_rebuilt_when_the_zip_changes(data: Path) -> None:
    """New values in the zip are in the next table."""
    assert load_areas("lad")["economic_connectedness"].max() < 0.6
    write_zip(data / LAD_ZIP, {LAD_CSV: atlas_csv(values=[value + 0.1 for value in spread(len(LADS))])})
    assert load_areas("lad")["economic_connectedness"].max() > 0.6


def test_rebuilt_when_a_boundary_file_changes(data: Path, tmp_path: Path) -> None:
    """A changed lookup is in the next table."""
    load_areas("lad")
    write_boundaries(tmp_path / "geo", regions=regions().replace({"RGN21NM": {"London": "Capital"}}))
    assert "Capital" in set(load_areas("lad")["rgn21nm"])


def test_rebuilt_when_the_code_changes(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a change of the code the table is built again, and the old one is removed."""
    load_areas("lad")
    before = cached(data)
    monkeypatch.setattr(cache, "_code_digest", lambda: "another version")
    load_areas("lad")
    assert cached(data).isdisjoint(before)
    assert len(cached(data)) == 2


def test_a_second_reading_reads_no_zip(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From a warm cache no zip is opened and no boundary file is parsed."""
    first = load_areas("msoa")
    forget()
    monkeypatch.setattr("ec_maps.atlas.csv_table.parse", None)
    monkeypatch.setattr("ec_maps.boundaries.table.read_areas", None)
    assert_geodataframe_equal(load_areas("msoa"), first)


def test_near_a_district(data: Path) -> None:
    """Near a district are its rows and those around it, as in the whole table, with the attributes of the whole."""
    whole, near = load_areas("msoa"), load_areas("msoa", near=NAME_OF[HERE[5]])
    codes = set(near["msoa21cd"])
    assert {code for code, lad in DISTRICT_OF.items() if lad in (HERE[4], HERE[5], HERE[6])} <= codes
    assert len(codes) < len(whole)
    here = whole[whole["msoa21cd"].isin(codes)].reset_index(drop=True)
    assert_geodataframe_equal(near.drop(columns="about"), here.drop(columns="about"))
    assert near.attrs == {**whole.attrs, "near": NAME_OF[HERE[5]], "about": near["about"].iloc[0]}
    assert About.of(near) == replace(About.of(whole), near=NAME_OF[HERE[5]])
    assert whole.attrs["valued"] == int(whole["decile"].notna().sum())


def test_near_no_district(data: Path) -> None:
    """A name that is not a district is an error."""
    with pytest.raises(PlaceError, match='Unknown local authority "Nowhere"'):
        load_areas("lad", near="Nowhere")


def test_near_by_code(data: Path) -> None:
    """A code, and a name in any case, give the same rows as the name."""
    rows = load_areas("lad", near=NAME_OF[HERE[5]])
    for text in (HERE[5], NAME_OF[HERE[5]].upper()):
        assert_geodataframe_equal(load_areas("lad", near=text), rows)


def test_a_table_can_be_changed(data: Path) -> None:
    """Tables share their outlines, and what is done to one is not done to the next."""
    first = load_areas("lad")
    first.loc[0, "geometry"] = first.geometry.iloc[0].centroid
    first["lad21nm"] = "changed"
    again = load_areas("lad")
    assert again.geometry.iloc[0].geom_type == "MultiPolygon"
    assert "changed" not in set(again["lad21nm"])


def test_a_failed_build_leaves_nothing(data: Path) -> None:
    """A table that could not be made is not in the cache, under any name."""
    write_zip(data / LAD_ZIP, {LAD_CSV: atlas_csv(values=[0.4] * len(LADS))})
    refused()
    assert not any(name.startswith(("areas", ".")) for name in cached(data))


# --- the report -----------------------------------------------------------------------------------


def test_a_complete_join(data: Path) -> None:
    """With a value for every area, the report says so, and counts what lies outside by nation."""
    report = join_report("lad")
    assert (report.areas, report.with_value) == (13, 13)
    assert (report.without_value, report.without_row, report.without_boundary) == ([], [], [])
    assert report.left_out == {"Scotland": 1}
    text = str(report)
    assert text.startswith("Local authorities: 13 of 13 in England and Wales have a value.")
    assert f"{LAD_CSV} in {LAD_ZIP}, dated 2025-02-28" in text
    assert "left out, as the table covers England and Wales: 1 in Scotland" in text


def test_the_other_nations_are_counted(data: Path) -> None:
    """Every Scottish and Northern Irish row is counted as left out, none is an error."""
    more = sorted(district_codes(2021, "SN"))
    write_zip(data / LAD_ZIP, {LAD_CSV: atlas_csv([*HERE, *more])})
    assert join_report("lad").left_out == {"Scotland": 32, "Northern Ireland": 11}
    write_zip(
        data / MSOA_ZIP, {"msoa/uk_economic_connectedness_2025.csv": msoa_csv([*MSOAS, "S02001236", "N21000001"])}
    )
    assert join_report("msoa").left_out == {"Scotland": 1, "Northern Ireland": 1}
    assert len(load_areas("msoa")) == len(MSOAS)


@given(
    absent=st.sets(st.sampled_from(HERE), max_size=2),
    empty=st.sets(st.sampled_from(HERE), max_size=3),
    chance=st.randoms(use_true_random=False),
)
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_area_is_accounted_for_once(data: Path, absent: set[str], empty: set[str], chance) -> None:
    """Whichever values and rows are missing, each area is in one place of the report, and the counts add up."""
    codes = [code for code in LADS if code not in absent]
    chance.shuffle(codes)
    values = ["" if code in empty else value for code, value in zip(codes, spread(len(codes)), strict=True)]
    write_zip(data / LAD_ZIP, {LAD_CSV: atlas_csv(codes, values)})
    report = join_report("lad")
    assert report.without_row == sorted(NAME_OF[code] for code in absent)
    assert report.without_value == sorted(NAME_OF[code] for code in empty - absent)
    assert report.with_value + len(report.without_value) + len(report.without_row) == report.areas == len(HERE)
    assert report.without_boundary == []
    assert sum(report.left_out.values()) == 1
    if len(HERE) - len(absent | empty) >= 10:
        table = load_areas("lad")
        assert len(table) == len(HERE)
        assert table["economic_connectedness"].notna().sum() == table["decile"].notna().sum() == report.with_value
        assert set(table.loc[table["decile"].isna(), "lad21nm"]) == {NAME_OF[code] for code in absent | empty}


def test_notes_of_both_sides_are_in_the_report(data: Path, tmp_path: Path) -> None:
    """Corrections in the CSV and in the boundaries are in one report."""
    write_zip(data / LAD_ZIP, {LAD_CSV: atlas_csv([code.lower() for code in LADS])})
    notes = join_report("lad").notes
    assert any("14 codes were in lower case" in note for note in notes)
    assert any("13 of the 331 districts" in note for note in notes)
    assert all(f"note: {note}" in str(join_report("lad")) for note in notes)


@pytest.mark.parametrize("gone", [MSOA_ZIP, LAD_ZIP])
def test_a_file_that_is_not_there_has_no_date(data: Path, gone: str) -> None:
    """With the archive of one level only, its report says nothing of the other's date, neither none nor undated."""
    (data / gone).unlink()
    report = str(join_report("lad" if gone == MSOA_ZIP else "msoa"))
    assert ", dated 2025-02-28" in report
    assert "undated" not in report
    assert "None" not in report
    assert "These data are" not in report


def test_other_dates_are_told(data: Path) -> None:
    """Where both files are there and have different dates, or one has none, the report says so."""
    for date, words in (("2024-01-31", "are dated 2024-01-31."), ("", "are undated.")):
        write_atlas(data, msoas=msoa_csv().replace("2025-02-28", date))
        assert f"These data are dated 2025-02-28, but those of neighbourhoods {words}" in str(join_report("lad"))


def test_a_value_without_a_boundary(data: Path, tmp_path: Path) -> None:
    """A value that no boundary takes up is reported by code; where it is one in fourteen, no table is made."""
    write_zip(data / LAD_ZIP, {LAD_CSV: atlas_csv([*LADS, "E06000011"])})
    assert join_report("lad").without_boundary == ["E06000011"]
    text = refused()
    assert "Only 13 of 13 local authorities have a row" in text
    assert "Codes of the file without a boundary: 1 (E06000011)." in text


def test_too_few_rows(data: Path) -> None:
    """Values for a third of the areas are not the country: the message has counts and samples of both sides."""
    write_zip(data / MSOA_ZIP, {"msoa/uk_economic_connectedness_2025.csv": msoa_csv(MSOAS[:13])})
    text = refused("msoa")
    assert "Only 13 of 39 neighbourhoods have a row" in text
    assert "Areas without one: 26 (" in text
    assert MSOAS[0] in text


# --- vintages -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "year", "evidence", "blank"),
    [
        ("E06000065", "2023", "E06000065 North Yorkshire", "17 areas would have no published estimate: Allerdale, "),
        ("E07000150", "2020", "E07000150 Corby", "2 areas would have no published estimate: North N"),
        ("E08000038", "2025", "E08000038 Barnsley", "areas would have no published estimate: "),
    ],
)
def test_districts_of_another_year(data: Path, code: str, year: str, evidence: str, blank: str) -> None:
    """Districts of another year are refused: the year, the code that shows it, and the areas without an estimate."""
    write_zip(data / LAD_ZIP, {LAD_CSV: atlas_csv([code, *LADS[1:]])})
    text = refused()
    assert f"{LAD_CSV} in {LAD_ZIP} uses areas of {year} (such as {evidence})" in text
    assert "December 2021 local authority districts" in text
    assert blank in text


def test_neighbourhoods_of_2011(data: Path) -> None:
    """One neighbourhood code that only 2011 had is enough, and 184 areas would have no estimate."""
    older = sorted(neighbourhood_codes("2011") - neighbourhood_codes("2021"))[0]
    write_zip(data / MSOA_ZIP, {"msoa/uk_economic_connectedness_2025.csv": msoa_csv([older, *MSOAS[1:]])})
    text = refused("msoa")
    assert f"uses areas of 2011 (such as {older})" in text
    assert "184 areas would have no published estimate" in text


@pytest.mark.parametrize("level", ["lad", "msoa"])
def test_mixed_vintages(data: Path, level: str) -> None:
    """Codes that never were valid together are called mixed, with one of each kind."""
    if level == "lad":
        old, new = "E07000150", "E06000065"
        write_zip(data / LAD_ZIP, {LAD_CSV: atlas_csv([old, new, *LADS[2:]])})
    else:
        old = sorted(neighbourhood_codes("2011") - neighbourhood_codes("2021"))[0]
        new = sorted(neighbourhood_codes("2021") - neighbourhood_codes("2011"))[0]
        write_zip(data / MSOA_ZIP, {"msoa/uk_economic_connectedness_2025.csv": msoa_csv([old, new, *MSOAS[2:]])})
    text = refused(level)
    assert "mixes vintages" in text
    assert old in text
    assert new in text


def test_codes_of_no_vintage(data: Path) -> None:
    """Names in place of codes are of no known vintage, and are listed."""
    write_zip(data / LAD_ZIP, {LAD_CSV: atlas_csv([NAME_OF[code] for code in LADS])})
    text = refused()
    assert "codes of no known vintage" in text
    assert "HARTLEPOOL" in text or "BLACKBURN" in text


def test_the_report_refuses_what_the_table_does(data: Path) -> None:
    """The report, too, stops at another vintage."""
    write_zip(data / LAD_ZIP, {LAD_CSV: atlas_csv(["E06000065", *LADS[1:]])})
    with pytest.raises(DataError, match="uses areas of 2023"):
        join_report("lad")


@pytest.mark.parametrize("level", ["lad", "msoa"])
def test_demonstration_data_in_a_live_folder(data: Path, level: str) -> None:
    """Demonstration zips in a live data folder are refused, and the message says where they are."""
    codes = ["X" + code[1:] for code in (LADS if level == "lad" else MSOAS) if code[0] == "E"]
    write_atlas(data, lads=atlas_csv(codes), msoas=msoa_csv(codes))
    text = refused(level)
    assert "is demonstration data (codes such as X0" in text
    assert f"Remove it from {data}" in text


def test_demonstration_data_beside_the_real(data: Path) -> None:
    """Demonstration zips beside the real ones, under one date, are not chosen between."""
    write_zip(data / "demo.zip", {LAD_CSV: atlas_csv(["X" + code[1:] for code in LADS[:11]])})
    text = refused()
    assert f"{LAD_CSV} in demo.zip" in text
    assert f"{LAD_CSV} in {LAD_ZIP}" in text


# --- deciles of the table -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ([0.4] * 14, "only 1 of the values are distinct"),
        ([0.3 + 0.05 * (n % 7) for n in range(14)], "only 7 of the values are distinct"),
        (["", "", "", "", *[0.3 + n / 100 for n in range(10)]], "9 areas have a value"),
    ],
)
def test_too_few_values(data: Path, values: list[object], says: str) -> None:
    """Too few different values for ten groups: an error that names the file and the numbers."""
    write_zip(data / LAD_ZIP, {LAD_CSV: atlas_csv(values=values)})
    text = refused()
    assert text.startswith(f"{LAD_CSV} in {LAD_ZIP}: Cutting deciles:")
    assert says in text


def test_a_district_without_values(data: Path) -> None:
    """A district whose neighbourhoods are all missing keeps them, undrawn but there."""
    values = [None if n < 3 else 0.3 + n / 200 for n in range(len(MSOAS))]
    table = rows(MSOAS, ["" if value is None else value for value in values], "zip_prediction")
    write_zip(data / MSOA_ZIP, {"msoa/uk_economic_connectedness_2025.csv": as_csv(table)})
    found = load_areas("msoa")
    assert found.loc[found["lad21cd"] == "E06000001", "decile"].isna().tolist() == [True] * 3
    assert join_report("msoa").without_value == ["Hartlepool 001", "Hartlepool 002", "Hartlepool 003"]


# --- the real boundaries --------------------------------------------------------------------------


@pytest.fixture(scope="module")
def real(geo: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, gpd.GeoDataFrame]:
    """Return both tables made from the real boundaries, with values made up for every real code."""
    folder = tmp_path_factory.mktemp("real")
    lads, msoas = sorted(official_districts()), sorted(neighbourhood_codes("2021"))
    write_atlas(folder, lads=atlas_csv(lads), msoas=msoa_csv(msoas, [*spread(len(msoas) - 64), *[""] * 64]))
    with pytest.MonkeyPatch.context() as patch:
        use(patch, data=folder, boundaries=geo)
        return {level: load_areas(level) for level in ("lad", "msoa")} | {
            "reports": {level: join_report(level) for level in ("lad", "msoa")}
        }


def test_the_real_tables(real: dict[str, gpd.GeoDataFrame]) -> None:
    """331 districts and 7,264 neighbourhoods, in deciles of about equal size, with readable names."""
    lads, msoas = real["lad"], real["msoa"]
    assert (len(lads), len(msoas)) == (331, 7264)
    assert sorted(Counter(lads["decile"]).values()) == [33] * 9 + [34]
    assert Counter(msoas["decile"].dropna()) == dict.fromkeys(range(1, 11), 720)
    assert list(msoas.columns) == [*COLUMNS["msoa"], "msoa21hclnm", *MORE]
    assert msoas["msoa21hclnm"].notna().all()


def test_the_real_reports(real) -> None:
    """The reports of the real join: nothing without a boundary, the other nations counted."""
    report = real["reports"]["lad"]
    assert (report.areas, report.with_value, report.without_boundary) == (331, 331, [])
    assert report.left_out == {"Scotland": 32, "Northern Ireland": 11}
    report = real["reports"]["msoa"]
    assert (report.areas, report.with_value, len(report.without_value)) == (7264, 7200, 64)


def test_the_real_regions(real: dict[str, gpd.GeoDataFrame]) -> None:
    """Each of the ten regions has its known number of districts, and Wales is one of them."""
    counts = real["lad"]["rgn21nm"].value_counts()
    order = ["North East", "North West", "Yorkshire and The Humber", "East Midlands", "West Midlands"]
    order += ["East of England", "London", "South East", "South West", "Wales"]
    assert [int(counts[name]) for name in order] == [12, 39, 21, 35, 30, 45, 33, 64, 30, 22]
    assert set(real["msoa"]["rgn21nm"]) == set(order)


def test_a_real_district_with_one_neighbourhood(real: dict[str, gpd.GeoDataFrame]) -> None:
    """The City of London and the Isles of Scilly have one neighbourhood each."""
    msoas = real["msoa"]
    for name, code in (("City of London", "E02000001"), ("Isles of Scilly", "E02006781")):
        assert list(msoas.loc[msoas["lad21nm"] == name, "msoa21cd"]) == [code]
