"""The profile of a group: what its districts hold, and no value of its own."""

from __future__ import annotations

import math
from pathlib import Path

import geopandas as gpd
import pytest

from ec_maps.analysis.district import district_profile
from ec_maps.analysis.group import GroupProfile, group_profile
from ec_maps.areas.finder import gazetteer_of
from ec_maps.areas.groups import PlaceGroup, named_group
from ec_maps.areas.places import Place
from ec_maps.errors import PlaceError
from ec_maps.geography.groups import groups
from made import VALUE, Tables, demo_tables, districts, real_tables, squares, together

TWENTY = [0.30 + 0.01 * place for place in range(20)]


def of_two(first: list[float | None], second: list[float | None]) -> tuple[GroupProfile, gpd.GeoDataFrame]:
    """Return the profile of a group of two districts, A and B, with neighbourhoods of these values, among others."""
    lads = districts([0.4, 0.5, 0.6, None])
    names = dict(zip(lads["lad21nm"], lads["lad21cd"], strict=True))
    parts = [squares(values, district=name) for name, values in (("A", first), ("B", second), ("C", TWENTY))]
    msoas = together(*parts)
    msoas["lad21cd"] = msoas["lad21nm"].map(names)
    msoas["msoa21cd"] = [f"E0200{at:04}" for at in range(len(msoas))]
    regions = dict(zip(lads["lad21nm"], lads["rgn21nm"], strict=True))
    places = tuple(Place(name, names[name], regions[name]) for name in "BA")
    return group_profile(lads, msoas, PlaceGroup("Both", "group", places)), msoas


def check_sums(tables: Tables, every: int = 1) -> None:
    """Check that the counts of each group, or of a part of them, are the sums of those of its districts."""
    gazetteer = gazetteer_of(tables.lads)
    for one in groups()[::every]:
        found = named_group(f"{one.name} {one.kind.removeprefix('ceremonial ')}", "", gazetteer)
        assert found
        profile = group_profile(tables.lads, tables.msoas, found[0])
        each = [district_profile(tables.lads, tables.msoas, code) for code in profile.codes]
        assert profile.deciles == [sum(counts) for counts in zip(*(one.deciles for one in each), strict=True)]
        assert len(profile.msoas) == sum(len(one.msoas) for one in each)
        assert sum(profile.deciles) == profile.msoas[VALUE].notna().sum()
        assert profile.districts["lad21cd"].tolist() == list(profile.codes)
        assert len(profile.summary.split()) <= 45
        assert f"{sum(profile.deciles[:2])}" in profile.summary or sum(profile.deciles[:2]) < 10


def test_counts_are_the_sums_of_the_districts(demo: Path) -> None:
    """In the demonstration, of some counties and combined authorities."""
    check_sums(demo_tables(demo), every=8)


@pytest.mark.full
def test_counts_are_the_sums_of_the_districts_for_real(geo: Path) -> None:
    """On the real boundaries, of each county and combined authority."""
    check_sums(real_tables(geo))


def test_known_answers() -> None:
    """Deciles, ends, words and the order of districts of a hand-made group."""
    profile, msoas = of_two([0.30, None, 0.31], [0.49, 0.49, 0.30, 0.40])
    assert profile.districts["lad21nm"].tolist() == ["B", "A"]
    assert profile.msoas["lad21nm"].tolist() == ["B"] * 4 + ["A"] * 3
    inside = msoas[msoas["lad21nm"].isin(["A", "B"])]
    assert profile.deciles == [int((inside["decile"] == decile).sum()) for decile in range(1, 11)]
    low, high = profile.ends
    assert (low, high) == (sum(profile.deciles[:2]), sum(profile.deciles[8:]))
    assert (low, high) == (3, 2)
    assert profile.summary == (
        "Of the 6 neighbourhoods of Both with an estimate, three are in the two lowest deciles of England and Wales "
        "and two are in the two highest. If all places were alike, it would be about one in each pair."
    )
    assert "One has no published estimate." in profile.inside
    assert [round(value, 2) for value in profile.lowest()[VALUE]] == [0.30, 0.30, 0.31]
    assert [round(value, 2) for value in profile.lowest(highest=True)[VALUE]] == [0.49, 0.49, 0.40]


def test_it_has_no_value() -> None:
    """Nothing stands for the whole: there is no value, and the words say why."""
    profile, _ = of_two([0.3], [0.5, 0.6])
    assert math.isnan(profile.value)
    assert "publishes no value for it as a whole" in profile.no_value
    assert "45.0%" not in profile.summary + profile.no_value, "the mean of its districts"


def test_ranks_are_among_all_districts() -> None:
    """A district of a group has the rank that it has in the country, as a span."""
    profile, _ = of_two([0.3], [0.5])
    assert profile.districts[["rank_low", "rank_high"]].to_numpy().tolist() == [[2, 2], [1, 1]]


def test_without_estimates() -> None:
    """A group of which no neighbourhood has an estimate says so, and has no ends."""
    profile, _ = of_two([None], [None, None])
    assert profile.summary == "None of the 3 neighbourhoods of Both has a published estimate."
    assert profile.inside == ""
    assert profile.lowest().empty


def test_a_part_of_the_table_is_refused() -> None:
    """A table that lacks a district of the group is a fault that names it."""
    profile, msoas = of_two([0.3], [0.5])
    lads = profile.lads[profile.lads["lad21nm"] != "A"]
    with pytest.raises(PlaceError, match="lacks local authorities of Both: A"):
        group_profile(lads, msoas, profile.group)
