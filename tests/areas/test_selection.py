from __future__ import annotations

import contextlib
import re

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ec_maps.areas.selection import Selection, known_districts, select_districts, select_regions
from ec_maps.errors import PlaceError
from ec_maps.geography.codes import official_districts
from ec_maps.geography.gazetteer import Place
from ec_maps.geography.groups import groups

EVERY = pd.DataFrame(
    [(one.code, one.name, one.region) for one in official_districts().values()],
    columns=["lad21cd", "lad21nm", "rgn21nm"],
)
HERE = EVERY[EVERY["lad21cd"].str[0].isin(["E", "W"])].reset_index(drop=True)


def names(selection: Selection) -> list[str]:
    """Return the names of the districts of a selection."""
    return [place.name for place in selection.places]


@pytest.mark.parametrize(
    ("given", "heading", "inside", "number"),
    [
        ("norwich", "Norwich", "Norwich", 1),
        ("bristol", "the City of Bristol", "the City of Bristol", 1),
        (["York", "E06000015"], "2 local authorities: York and Derby", "these 2 local authorities", 2),
        (
            ("Norwich", "Broadland", "south norfolk"),
            "3 local authorities: Norwich, Broadland and South Norfolk",
            "these 3 local authorities",
            3,
        ),
        (
            ["Norwich", "Leeds", "York", "Derby", "Hull", "Bath", "Cardiff"],
            "7 local authorities: Norwich, Leeds, York, Derby, the City of Kingston upon Hull and 2 more",
            "these 7 local authorities",
            7,
        ),
        ("Norfolk", "Norfolk (7 local authorities)", "Norfolk", 7),
        (["norfolk", "Suffolk"], "Norfolk and Suffolk (12 local authorities)", "Norfolk and Suffolk", 12),
        (
            "tees valley",
            "the Tees Valley combined authority (5 local authorities)",
            "the Tees Valley combined authority",
            5,
        ),
        (
            "West Midlands county",
            "the county of West Midlands (7 local authorities)",
            "the county of West Midlands",
            7,
        ),
        ("Greater Manchester", "Greater Manchester (10 local authorities)", "Greater Manchester", 10),
    ],
)
def test_groups_for_a_map_by_neighbourhood(given: object, heading: str, inside: str, number: int) -> None:
    """A district, a list of them, and counties and combined authorities by name, each with its words."""
    selection = select_districts(given, HERE)  # type: ignore[arg-type]
    assert (selection.heading, selection.inside, len(selection.places)) == (heading, inside, number)


@pytest.mark.parametrize(
    ("given", "heading", "number"),
    [
        ("yorkshire", "Yorkshire and The Humber", 21),
        ("east of england", "the East of England", 45),
        ("Cymru", "Wales", 22),
        ("West Midlands", "the West Midlands", 30),
        ("North East", "the North East", 12),
        ("North East combined authority", "the North East combined authority (4 local authorities)", 4),
        (["London", "wales"], "London and Wales (55 local authorities)", 55),
        (["Rutland", "Peterborough"], "2 local authorities: Rutland and Peterborough", 2),
        (["Leeds"], "Leeds", 1),
        ("Lancashire", "Lancashire (12 local authorities)", 12),
    ],
)
def test_groups_for_a_map_by_district(given: object, heading: str, number: int) -> None:
    """A region comes before a county of its name; lists of regions or of districts are groups."""
    selection = select_regions(given, HERE)  # type: ignore[arg-type]
    assert (selection.heading, len(selection.places)) == (heading, number)


@pytest.mark.parametrize("group", groups(), ids=lambda group: f"{group.name}, {group.kind}")
def test_every_group_can_be_mapped(group: object) -> None:
    """Each group of the table is found by its name and kind, with all its districts, in both kinds of map."""
    text = f"{group.name} {group.kind.removeprefix('ceremonial ')}"  # type: ignore[attr-defined]
    for select in (select_districts, select_regions):
        codes = [place.lad21cd for place in select(text, HERE).places]
        assert codes == list(group.codes)  # type: ignore[attr-defined]


def test_groups_of_the_demonstration() -> None:
    """A county holds the same districts by name where codes are the demonstration's."""
    demo = HERE.assign(lad21cd="X" + HERE["lad21cd"].str[1:] + HERE["lad21cd"].str[0])
    assert names(select_districts("Norfolk", demo)) == names(select_districts("Norfolk", HERE))


def test_a_county_without_all_its_districts_says_so() -> None:
    """Where the boundaries lack a district of a county, the words count those that are there."""
    some = HERE[HERE["lad21nm"] != "Norwich"]
    assert select_regions("Norfolk", some).heading == "Norfolk (6 of 7 local authorities)"
    with pytest.raises(PlaceError, match="no local authority of it is in the table"):
        select_regions("Norfolk", HERE[HERE["rgn21nm"] == "Wales"])


@pytest.mark.parametrize("select", [select_districts, select_regions])
@pytest.mark.parametrize(
    ("given", "says"),
    [
        (None, "None is not the name of a place"),
        (7, '"7", of the type int, is not the name'),
        (float("nan"), "is not the name of a place"),
        ("", "the text is empty"),
        ("  ", "the text is empty"),
        ([], "the list is empty"),
        ([None, ""], "2 faults in the places"),
        (["Norwich", "NORWICH"], "is already place 1; keep one"),
        (["Norwich", "E07000148"], 'is already place 1 as "Norwich"; keep one'),
        (["Norfolk", "Norwich"], "mixes levels"),
        (["Tyne and Wear", "North East combined authority"], "overlap: both have South Tyneside, Sunderland, Gate"),
        (["Norfolk", "Norfolk County Council"], "is already place 1"),
        (["Norwich", "Corby", "Leds"], "2 faults in the places"),
        ("Norfok", "Or did you mean the county Norfolk"),
        ({"Norwich": 1}, "is not the name of a place"),
    ],
)  # fmt: skip
def test_what_cannot_be_mapped_is_refused(select: object, given: object, says: str) -> None:
    """No name, no text, an empty list, repetitions, several levels and overlaps are errors that say so."""
    with pytest.raises(PlaceError) as caught:
        select(given, HERE)  # type: ignore[operator]
    assert says in str(caught.value)


@pytest.mark.parametrize("region", ["West Midlands", "North East"])
def test_a_region_with_the_name_of_a_group(region: str) -> None:
    """By neighbourhood, a name of a region and of a group is an error that says what to write for the group."""
    with pytest.raises(PlaceError) as caught:
        select_districts(region, HERE)
    text = re.findall(r'write "(.+?)"', str(caught.value))[0]
    assert select_districts(text, HERE).places


def test_a_region_and_a_district_in_one_list() -> None:
    """Levels are not mixed."""
    with pytest.raises(PlaceError, match='"Leeds" is a local authority and "London" is a region'):
        select_regions(["Leeds", "London"], HERE)


def test_neighbourhoods_stop_at_the_border() -> None:
    """A group with districts of Scotland and Northern Ireland has no map by neighbourhood, but one by district."""
    with pytest.raises(PlaceError, match="Glasgow City and Belfast are in Scotland and Northern Ireland, and"):
        select_districts(["Carlisle", "glasgow", "Belfast"], HERE)
    assert len(select_regions(["Carlisle", "glasgow", "Belfast"], EVERY).places) == 3
    with pytest.raises(PlaceError, match="table of the United Kingdom"):
        select_regions(["Wales", "Scotland"], HERE)


def test_a_district_alone_is_no_region() -> None:
    """The message says in which region it is; in a list it is drawn."""
    with pytest.raises(PlaceError, match='"leeds" is a local authority, in Yorkshire and The Humber'):
        select_regions("leeds", HERE)


def test_rows_stand_district_by_district() -> None:
    """The rows of a group are in the order given, those of one district in the order of the table."""
    table = pd.concat([HERE, HERE.iloc[::-1]], ignore_index=True).assign(row=range(2 * len(HERE)))
    rows = select_districts(["York", "Derby"], HERE).rows(table)
    assert list(rows["lad21nm"]) == ["York", "York", "Derby", "Derby"]
    assert rows["row"].iloc[0] < rows["row"].iloc[1]
    assert list(known_districts(table, rows).columns) == ["lad21cd", "lad21nm", "rgn21nm"]


_ANY = st.one_of(
    st.none(), st.integers(), st.floats(), st.text(max_size=12), st.sampled_from(list(HERE["lad21nm"])),
    st.sampled_from([group.name for group in groups()]), st.sampled_from(sorted(set(EVERY["rgn21nm"]))),
    st.just(Place("Norwich", "E07000148", "East of England")),
)  # fmt: skip


@given(st.one_of(_ANY, st.lists(_ANY, max_size=4), st.sets(st.text(max_size=3), max_size=2)))
def test_anything_is_a_selection_or_a_message(given: object) -> None:
    """Whatever is given, the answer is a selection with districts, each once, or a `PlaceError`."""
    for select in (select_districts, select_regions):
        with contextlib.suppress(PlaceError):
            found = select(given, HERE).places  # type: ignore[arg-type]
            assert found
            assert len(set(found)) == len(found)
