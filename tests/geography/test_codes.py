from __future__ import annotations

import csv
import re
from collections import Counter
from itertools import pairwise
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ec_maps.geography.codes import (
    Vintage,
    aliases,
    district_changes,
    district_codes,
    district_vintage,
    is_demo_code,
    is_neighbourhood_code,
    nation,
    neighbourhood_codes,
    neighbourhood_vintage,
    official_districts,
)

DISTRICT_CODE = re.compile(r"(?:E0[6-9]|W06|S12|N09)\d{6}")
ABOLISHED_2023 = [f"E070000{n}" for n in range(26, 32)] + [f"E07000{n}" for n in [*range(163, 170), 187, 188, 189, 246]]
YEARS = (2020, 2021, 2023, 2025)
ONLY_2011 = sorted(neighbourhood_codes("2011") - neighbourhood_codes("2021"))
ONLY_2021 = sorted(neighbourhood_codes("2021") - neighbourhood_codes("2011"))


def demo(codes: list[str]) -> list[str]:
    """Return the codes as the demonstration data have them."""
    return ["X" + code[1:] for code in codes]


# --- the facts ------------------------------------------------------------------------------------


def test_districts_by_nation() -> None:
    """December 2021 has 374 districts: 309 in England, 22 in Wales, 32 in Scotland, 11 in Northern Ireland."""
    assert Counter(map(nation, official_districts())) == {
        "England": 309,
        "Wales": 22,
        "Scotland": 32,
        "Northern Ireland": 11,
    }
    assert Counter(code[:3] for code in official_districts() if code[0] == "E") == {
        "E06": 59,
        "E07": 181,
        "E08": 36,
        "E09": 33,
    }


def test_districts_by_region() -> None:
    """The ten regions of England and Wales have 12, 39, 21, 35, 30, 45, 33, 64, 30 and 22 districts."""
    counts = Counter(district.region for code, district in official_districts().items() if code[0] in "EW")
    assert counts == {
        "North East": 12,
        "North West": 39,
        "Yorkshire and The Humber": 21,
        "East Midlands": 35,
        "West Midlands": 30,
        "East of England": 45,
        "London": 33,
        "South East": 64,
        "South West": 30,
        "Wales": 22,
    }


def test_districts_are_well_formed() -> None:
    """Codes have the form of district codes and names are unique, so that a name leads to one district."""
    assert all(map(DISTRICT_CODE.fullmatch, official_districts()))
    assert len({district.name for district in official_districts().values()}) == 374


def test_every_welsh_district_has_a_welsh_name() -> None:
    """All 22, and only they, have one."""
    assert {code for code, district in official_districts().items() if district.welsh} == district_codes(2021, "W")


@pytest.mark.parametrize(
    ("year", "count"), [(2008, 376), (2009, 348), (2018, 348), (2019, 339), (2020, 336), (2021, 331), (2022, 331),
                        (2023, 318), (2024, 318), (2025, 318)]
)  # fmt: skip
def test_districts_in_each_year(year: int, count: int) -> None:
    """The changes, applied to the list of 2021, give the known number of districts of England and Wales in a year."""
    assert len(district_codes(year)) == count


def test_the_2023_reorganisation() -> None:
    """17 districts gave way to four, and Barnsley and Sheffield got new codes two years later."""
    assert sorted(district_codes(2022) - district_codes(2023)) == ABOLISHED_2023
    assert sorted(district_codes(2023) - district_codes(2022)) == [f"E060000{n}" for n in (63, 64, 65, 66)]
    assert district_codes(2025) - district_codes(2024) == {"E08000038", "E08000039"}


def test_changes_lead_to_districts_of_2021() -> None:
    """Each district of another time is covered by known ones, in its own nation, and has a code of the right form."""
    for change in district_changes():
        assert DISTRICT_CODE.fullmatch(change.code), change
        assert set(change.covers) <= set(official_districts()), change
        assert {nation(code) for code in change.covers} == {nation(change.code)}, change


def test_neighbourhood_counts() -> None:
    """7,201 neighbourhoods of 2011 and 7,264 of 2021 have 7,080 codes in common, which leaves 121 and 184."""
    assert (len(neighbourhood_codes("2011")), len(neighbourhood_codes("2021"))) == (7201, 7264)
    assert len(neighbourhood_codes("2011") & neighbourhood_codes("2021")) == 7080
    assert (len(ONLY_2011), len(ONLY_2021)) == (121, 184)
    assert sum(code[0] == "W" for code in neighbourhood_codes("2021")) == 408


def test_aliases_are_of_known_districts() -> None:
    """An alias leads to an official name and is not one itself."""
    names = {district.name for district in official_districts().values()}
    assert {name for _, name in aliases()} <= names
    assert {alias for alias, _ in aliases()} & names == set()


def test_facts_equal_the_published_lists(geo: Path) -> None:
    """The shipped tables have the codes, names and regions of the publisher's own files."""
    published = pd.read_csv(geo / "lad21_rgn21_en.csv")
    ours = official_districts()
    assert set(published["LAD21CD"]) == set(ours)
    for code, name, region in zip(published["LAD21CD"], published["LAD21NM"], published["RGN21NM"], strict=True):
        assert ours[code].name == name
        assert ours[code].region == (region if isinstance(region, str) else nation(code))
    with (geo / "msoa11_codes.csv").open(encoding="utf-8-sig") as lines:
        assert {row["msoa11_code"] for row in csv.DictReader(lines)} == neighbourhood_codes("2011")
    with (geo / "msoa21_lookup.csv").open(encoding="utf-8-sig") as lines:
        assert {row["msoa21cd"] for row in csv.DictReader(lines)} == neighbourhood_codes("2021")


# --- the form of codes ----------------------------------------------------------------------------


def test_demo_codes_are_recognised() -> None:
    """A demonstration code is recognised, and no real one is; a neighbourhood's real code has a form of its own."""
    for code in ("X06000001", "X02000001"):
        assert is_demo_code(code)
        assert not is_neighbourhood_code(code)
    for code in ("E06000001", "W06000024", "S12000049", "N09000011", "E02000001", "W02000428"):
        assert not is_demo_code(code)
        assert is_neighbourhood_code(code) == (code[1:3] == "02")
    assert nation("X06000001") == "demonstration"


def test_demo_codes_of_scotland_and_northern_ireland() -> None:
    """The demonstration's Scottish and Northern Irish districts have forms of their own, which show their nation."""
    for code, where in (("X12000001", "Scotland"), ("X19000011", "Northern Ireland")):
        assert is_demo_code(code)
        assert nation(code) == nation(code.lower()) == where
    assert district_vintage(["X06000001", "X12000001", "X19000001"]).name == "demo"
    assert not is_demo_code("X13000001")


def test_the_nation_of_no_code() -> None:
    """What begins with none of the letters is of no known nation."""
    assert nation("") == nation("?") == "unknown"


# --- the vintage of districts ---------------------------------------------------------------------


@pytest.mark.parametrize("nations", ["EW", "EWSN"])
@pytest.mark.parametrize("year", [2018, 2019, *YEARS])
def test_a_whole_table_of_districts(year: int, nations: str) -> None:
    """All districts of a year, of England and Wales or of the whole kingdom, are recognised as that year's."""
    assert district_vintage(district_codes(year, nations)).name == str(year)


def test_2022_and_2024_are_the_years_before() -> None:
    """Nothing changed in those years, so the earlier name stands for both."""
    assert district_vintage(district_codes(2022)).name == "2021"
    assert district_vintage(district_codes(2024)).name == "2023"


def test_a_2023_table_says_what_would_be_missing() -> None:
    """The verdict on 2023 names its new districts as evidence and the 17 that no row would reach."""
    vintage = district_vintage(district_codes(2023))
    assert vintage.evidence == (
        "E06000063 Cumberland",
        "E06000064 Westmorland and Furness",
        "E06000065 North Yorkshire",
        "E06000066 Somerset",
    )
    assert len(vintage.blank) == 17
    assert {"Allerdale", "Craven", "Somerset West and Taunton"} <= set(vintage.blank)
    assert not vintage.fits
    assert str(vintage).startswith("2023 (e.g. E06000063 Cumberland, ")


def test_a_2020_table_says_what_would_be_missing() -> None:
    """Of 2020, the seven districts of Northamptonshire are the evidence, and the two of 2021 would have no value."""
    vintage = district_vintage(district_codes(2020))
    assert len(vintage.evidence) == 7
    assert "E07000150 Corby" in vintage.evidence
    assert vintage.blank == ("North Northamptonshire", "West Northamptonshire")


@given(st.sets(st.sampled_from(sorted(district_codes(2021, "EWSN"))), min_size=1))
def test_any_part_of_2021_is_2021(codes: set[str]) -> None:
    """A part of the districts of 2021 counts as 2021, whether or not it has any telling code."""
    vintage = district_vintage(codes)
    assert vintage.name == "2021"
    assert vintage.fits
    assert vintage.unrecognised == ()


@given(st.sets(st.sampled_from(ABOLISHED_2023), min_size=1), st.sampled_from(["E06000063", "E06000066", "E08000039"]))
def test_districts_of_both_sides_are_mixed(old: set[str], new: str) -> None:
    """A district abolished in 2023 beside one created then or later is of no one year, and the verdict shows both."""
    vintage = district_vintage([*old, new])
    assert vintage.name == "mixed"
    assert len(vintage.evidence) == 2
    assert vintage.evidence[0].startswith(new)


def test_neighbouring_changes_are_mixed() -> None:
    """Each pair of successive vintages, joined, is mixed: none hides in the other."""
    for earlier, later in pairwise(YEARS):
        assert district_vintage(district_codes(earlier) | district_codes(later)).name == "mixed", (earlier, later)


def test_untidy_codes_are_understood() -> None:
    """Spaces, lower case, repetitions and missing values do not change the verdict."""
    codes = [" e06000063", "E06000063 ", None, float("nan"), "", "E06000001"]
    assert district_vintage(codes).name == "2023"


def test_a_stray_code_is_reported_and_does_not_decide() -> None:
    """One code of no vintage is set apart; the rest decide."""
    vintage = district_vintage([*district_codes(2021), "E06000999"])
    assert (vintage.name, vintage.unrecognised) == ("2021", ("E06000999",))


@pytest.mark.parametrize("codes", [[], [None], ["York", "Leeds"], ["E05000001", "E05000002"], ["E02000001"]])
def test_other_things_are_unknown(codes: list[str | None]) -> None:
    """Nothing, names, wards and neighbourhoods are no districts of any year."""
    assert district_vintage(codes).name == "unknown"


def test_demonstration_districts() -> None:
    """Codes of the demonstration are recognised, also in a table that mixes them with real ones."""
    codes = demo(sorted(district_codes(2021)))
    assert district_vintage(codes).name == "demo"
    assert district_vintage(codes).fits
    assert district_vintage([*codes, "E06000001"]) == Vintage("mixed", ("X06000001", "E06000001"))


# --- the vintage of neighbourhoods ----------------------------------------------------------------


@pytest.mark.parametrize("edition", ["2011", "2021"])
def test_a_whole_table_of_neighbourhoods(edition: str) -> None:
    """All codes of an edition are recognised as that edition."""
    codes = neighbourhood_codes("2011") if edition == "2011" else neighbourhood_codes("2021")
    assert neighbourhood_vintage(codes).name == edition


def test_a_2011_table_says_what_would_be_missing() -> None:
    """Of 2011, the 121 retired codes are the evidence, and 184 neighbourhoods of 2021 would have no value."""
    vintage = neighbourhood_vintage(neighbourhood_codes("2011"))
    assert vintage.evidence == tuple(ONLY_2011)
    assert vintage.blank == tuple(ONLY_2021)


@given(
    st.sets(st.sampled_from(sorted(neighbourhood_codes("2011") & neighbourhood_codes("2021"))), max_size=20),
    st.sets(st.sampled_from(ONLY_2011), max_size=3),
    st.sets(st.sampled_from(ONLY_2021), max_size=3),
)
def test_telling_codes_decide(common: set[str], older: set[str], newer: set[str]) -> None:
    """Codes of one edition decide however few they are, of both make it mixed, and of neither it is 2021."""
    expected = "mixed" if older and newer else "2011" if older else "2021" if common | newer else "unknown"
    assert neighbourhood_vintage([*common, *older, *newer]).name == expected


def test_scottish_zones_are_passed_over() -> None:
    """Scotland and Northern Ireland have no such neighbourhoods; their codes do not disturb the verdict."""
    assert neighbourhood_vintage(["S02001236", "N21000001", *ONLY_2021]).name == "2021"
    assert neighbourhood_vintage(["S02001236"]).name == "unknown"


def test_postcode_districts_are_named() -> None:
    """The third geography of the Atlas is recognised by its values."""
    vintage = neighbourhood_vintage(["NR30", "E1", "EC1A", "W1"])
    assert vintage == Vintage("postcode district", ("E1", "EC1A", "NR30"))


@pytest.mark.parametrize("codes", [[], ["E06000001"], ["E02009999", "E02009998"], ["Hillside"]])
def test_other_things_are_no_neighbourhoods(codes: list[str]) -> None:
    """Nothing, districts, codes never issued and names are unknown."""
    assert neighbourhood_vintage(codes).name == "unknown"


def test_demonstration_neighbourhoods() -> None:
    """Codes of the demonstration are recognised, also in a table that mixes them with real ones."""
    assert neighbourhood_vintage(demo(ONLY_2021)).name == "demo"
    assert neighbourhood_vintage([*demo(ONLY_2021), *ONLY_2021]).name == "mixed"


def test_table_files_end_with_a_newline_and_have_no_empty_lines(root: Path) -> None:
    """The tables are plain UTF-8 lines, so that a change of one fact is a change of one line."""
    for path in sorted((root / "src" / "ec_maps" / "tables").glob("*.csv")):
        text = path.read_text(encoding="utf-8")
        assert text.endswith("\n"), path.name
        assert not re.search(r"\n\n|\r", text), path.name
