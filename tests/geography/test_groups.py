from __future__ import annotations

from collections import Counter

import pytest

from ec_maps.geography.codes import official_districts, shipped_table
from ec_maps.geography.groups import group_like, groups, groups_named


def test_every_code_is_of_a_district_of_its_name() -> None:
    """Each district of the table exists in December 2021, in England, under the name written beside its code."""
    for row in shipped_table("groups.csv"):
        assert official_districts()[row["code"]].name == row["name"], row
        assert row["code"].startswith("E"), row


def test_no_district_is_twice_in_a_kind() -> None:
    """A district belongs to one county at most, and to one combined authority at most."""
    rows = shipped_table("groups.csv")
    assert max(Counter((row["kind"], row["code"]) for row in rows).values()) == 1
    counties = Counter(row["code"] for row in rows if row["kind"].endswith("county"))
    assert max(counties.values()) == 1


def test_counties_hold_all_lower_tier_and_metropolitan_districts() -> None:
    """Each E07 and E08 district has a county, which lies in one region, and no other district has one."""
    counties = [group for group in groups() if group.kind == "county"]
    inside = {code for group in counties for code in group.codes}
    assert inside == {code for code in official_districts() if code[:3] in ("E07", "E08")}
    assert len(counties) == 30
    for group in counties:
        assert len({official_districts()[code].region for code in group.codes}) == 1, group


def test_the_ten_combined_authorities() -> None:
    """Those of December 2021 have the numbers of districts that are known."""
    sizes = {group.name: len(group.codes) for group in groups() if group.kind == "combined authority"}
    assert sizes == {
        "Cambridgeshire and Peterborough": 6,
        "Greater Manchester": 10,
        "Liverpool City Region": 6,
        "North East": 4,
        "North of Tyne": 3,
        "South Yorkshire": 4,
        "Tees Valley": 5,
        "West Midlands": 7,
        "West of England": 3,
        "West Yorkshire": 5,
    }


@pytest.mark.parametrize(
    ("text", "kind", "number"),
    [
        ("Norfolk", "county", 7),
        (" norfolk  COUNTY council", "county", 7),
        ("Greater Manchester", "county", 10),
        ("the greater manchester combined authority", "combined authority", 10),
        ("West Midlands county", "county", 7),
        ("North East Combined Authority", "combined authority", 4),
        ("North East (combined authority)", "combined authority", 4),
        ("Berkshire", "ceremonial county", 6),
    ],
)
def test_groups_are_found(text: str, kind: str, number: int) -> None:
    """A name in any case, with or without its kind, leads to one group."""
    (group,) = groups_named(text)
    assert (group.kind, len(group.codes)) == (kind, number)


@pytest.mark.parametrize("text", ["", "Norf", "Norfolk combined authority", "Tees Valley county", "York", "county"])
def test_other_texts_are_no_groups(text: str) -> None:
    """A part of a name, the wrong kind, a district and nothing lead to none."""
    assert groups_named(text) == []


def test_a_misspelt_group_is_suggested() -> None:
    """A name that is nearly a group's gets it as a suggestion, and another gets none."""
    assert group_like("Norfok") == "Or did you mean the county Norfolk?"
    assert group_like("Xyzzy") == ""
