"""Groups in a list of places: counties, combined authorities and groups of one's own, and what is wrong with others."""

from __future__ import annotations

import contextlib
import re
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ec_maps.areas.finder import find_place, find_places
from ec_maps.areas.groups import PlaceGroup
from ec_maps.areas.places import Place, read_places
from ec_maps.areas.selection import select_any, select_districts, select_highlighted, select_regions
from ec_maps.errors import PlaceError
from ec_maps.geography.codes import official_districts

KINGDOM = pd.DataFrame(
    [(one.code, one.name, one.region) for one in official_districts().values()],
    columns=["lad21cd", "lad21nm", "rgn21nm"],
)
REAL = KINGDOM[KINGDOM["lad21cd"].str[0].isin(["E", "W"])].reset_index(drop=True)


def listed(folder: Path, text: str, districts: pd.DataFrame = KINGDOM) -> list[Place | PlaceGroup]:
    """Read a text as a list of places."""
    (folder / "places.yml").write_text(text, encoding="utf-8")
    return read_places(folder / "places.yml", districts=districts)


def group(folder: Path, text: str) -> PlaceGroup:
    """Read a list with one group."""
    (found,) = listed(folder, text)
    assert isinstance(found, PlaceGroup)
    return found


def faults(folder: Path, text: str, districts: pd.DataFrame = KINGDOM) -> list[str]:
    """Return the faults of a list, in its order."""
    with pytest.raises(PlaceError) as caught:
        listed(folder, text, districts)
    assert caught.value.exit_status == 2
    letter = str(caught.value).split("\n\n")[0]
    return letter.split("\n- ")[1:] if "\n- " in letter else [letter]


def names(found: PlaceGroup) -> list[str]:
    """Return the names of a group's districts."""
    return [place.name for place in found.places]


def test_a_county_is_listed_by_name(tmp_path: Path) -> None:
    """It has its districts, its region and no code, and places stay in the author's order."""
    york, norfolk, derby = listed(tmp_path, "- York\n- norfolk county council\n- E06000015\n")
    assert [york.name, norfolk.name, derby.name] == ["York", "Norfolk", "Derby"]
    assert isinstance(norfolk, PlaceGroup)
    assert (norfolk.kind, norfolk.region, norfolk.lad21cd) == ("county", "East of England", None)
    assert norfolk.codes == tuple(f"E070001{number}" for number in range(43, 50))
    assert york.codes == ("E06000014",)


@pytest.mark.parametrize(
    ("text", "name", "said", "what"),
    [
        ("Tees Valley", "Tees Valley", "the Tees Valley combined authority", ("combined authority", 5)),
        ("Greater Manchester", "Greater Manchester", "Greater Manchester", ("county", 10)),
        ("Berkshire", "Berkshire", "Berkshire", ("ceremonial county", 6)),
        ("West Midlands county", "West Midlands county", "the county of West Midlands", ("county", 7)),
        (
            "North East Combined Authority",
            "North East combined authority",
            "the North East combined authority",
            ("combined authority", 4),
        ),
    ],
)
def test_each_kind_has_its_name(tmp_path: Path, text: str, name: str, said: str, what: tuple[str, int]) -> None:
    """The name is the shortest that no region or district has; it stands in sentences with its kind where needed."""
    found = group(tmp_path, f"- {text}\n")
    assert (found.name, found.in_sentence, (found.kind, len(found.codes))) == (name, said, what)


@pytest.mark.parametrize(
    "text",
    [
        "- Greater Norwich: [Norwich, Broadland, South Norfolk]\n",
        "- Greater Norwich:\n    - Norwich\n    - broadland\n    - E07000149\n",
        "- Greater Norwich:\n  - Norwich\n  - Broadland\n  - South Norfolk\n",
        "– Greater Norwich:\n   - Norwich\n   - Broadland\n   - South Norfolk\n",
        "- 'Greater  Norwich': [\n    Norwich,\n    Broadland,\n    South Norfolk]\n",
    ],
)
def test_a_group_of_ones_own(tmp_path: Path, text: str) -> None:
    """It can be written in every way that YAML has for a list, and keeps the order of its districts."""
    found = group(tmp_path, text)
    assert (found.name, found.kind) == ("Greater Norwich", "group")
    assert names(found) == ["Norwich", "Broadland", "South Norfolk"]


def test_regions_of_a_group_are_joined(tmp_path: Path) -> None:
    """A group may lie in several regions, in England and in Wales."""
    found = group(tmp_path, "- Marches: [Shropshire, Powys, Wrexham]\n")
    assert found.regions == ("Wales", "West Midlands")
    assert found.region == "Wales; West Midlands"


def test_groups_may_overlap(tmp_path: Path) -> None:
    """A county and a combined authority share districts in life, as do a group and the districts listed beside it."""
    found = listed(
        tmp_path,
        "- Norwich\n- Norfolk\n- Greater Norwich: [Norwich, Broadland]\n- Cambridgeshire\n"
        "- Cambridgeshire and Peterborough\n",
    )
    assert len(found) == 5


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("- Empty: []\n", r'The group "Empty" \(line 1 of places.yml\) is empty'),
        ("- Empty:\n", r'Line 1 of places.yml is the group "Empty" without local authorities'),
        ("- One: [Norwich]\n", r'is Norwich alone\. Write "- Norwich" instead\.'),
        (
            "- Pair: [Norwich, norwich]\n",
            r'"norwich" \(line 1 of places.yml\) is already in the group "Pair"; keep one',
        ),
        ("- Pair: [Cardiff, Derby, Caerdydd]\n", r'is already in the group "Pair", as "Cardiff"'),
        ("- Pair: [Norwich, Nrwich]\n", r'Unknown local authority "Nrwich" \(line 1 of places.yml\)\. Did you mean: N'),
        (
            "- Pair: [Norwich, Suffolk]\n",
            r'"Suffolk" \(line 1 of places.yml\) is a county of 5 local authorities\. Did',
        ),
        ("- Borders: [Northumberland, Scottish Borders]\n", r"has Scottish Borders in Scotland\. .* Take it out"),
        ("- Nord: [Glasgow City, Belfast]\n", r"has Glasgow City and Belfast in Northern Ireland and Scotland\."),
        ("- Leeds: [York, Selby]\n", r'The group "Leeds" \(line 1 of places.yml\) has the name of a local authority'),
        ("- great-yarmouth: [York, Selby]\n", "has the name of a local authority"),
        ("- East of England: [York, Selby]\n", "has the name of a region"),
        ("- England and Wales: [York, Selby]\n", "has the name of a nation"),
        ("- Norfolk: [Norwich, Broadland]\n", r'has the name of a county, which is listed as "- Norfolk"'),
        ("- Tees Valley: [York, Selby]\n", r'of a combined authority, which is listed as "- Tees Valley"'),
        ("- index: [York, Selby]\n", "has a name that gives no address"),
        ("- 東京: [York, Selby]\n", "has a name that gives no address"),
        ("- '<b>Fens</b>': [Boston, Fenland]\n", r'has a "<" or ">" in its name'),
        (f"- {'F' * 61}: [Boston, Fenland]\n", "has a name of 61 letters; 60 fit"),
        ("- '': [Boston, Fenland]\n", "has no name"),
        ("- Fens: Boston\n", r'is read as the group "Fens" because of a colon, with no list after it'),
        ("- Fens: 7\n", "with no list after it"),
        ("- Fens: {Boston: Fenland}\n", "is a group of groups"),
        ("- Fens: [Boston, [Fenland]]\n", r'Line 1 of places.yml, in the group "Fens", is a list or a group'),
        ("- Fens: [Boston, 7]\n", r'in the group "Fens", is "7", a number'),
        ("- Fens: [Boston, Fenland]\n  More: [York, Selby]\n", "is several names with colons in one entry"),
        ("- [a, b]: [Boston, Fenland]\n", "is a group without a name"),
        ("- North East\n", r'is a region, and a combined authority of 4 .* write "North East combined authority"'),
        ("- Norfok\n", r"Or did you mean the county Norfolk\?"),
        ("- Fens: [Boston, Fenland]\n- Moor: [Fenland, Boston]\n", r'"Moor" \(line 2 .*\) has the same .* "Fens" on'),
        ("- Merseyside\n- M: [Knowsley, Liverpool, Sefton, St Helens, Wirral]\n", "has the same local authorities"),
        ("- Fens: [Boston, Fenland]\n- fens: [York, Selby]\n", r'"fens" \(line 2 of places.yml\) is already on line 1'),
        ("- Norfolk\n- NORFOLK COUNTY\n", 'is already on line 1 as "Norfolk"'),
    ],
)
def test_each_fault_has_its_letter(tmp_path: Path, text: str, says: str) -> None:
    """A letter names the line and the group, says what was found and what to write."""
    (fault,) = faults(tmp_path, text)
    assert re.search(says, fault), fault


def test_all_faults_come_at_once(tmp_path: Path) -> None:
    """Those of a group's name and of each of its districts, in the order of the lines, with those of other entries."""
    found = faults(
        tmp_path,
        "- Yrk\n- Norfolk:\n    - Norwich\n    - Nowhere at all\n    - Norwich\n- Empty: []\n- Fens: [Boston, Fenland]",
    )
    assert len(found) == 5
    assert [re.search(r"line (\d)", one)[1] for one in found] == ["1", "2", "4", "5", "6"]  # type: ignore[index]


def test_a_comma_in_brackets(tmp_path: Path) -> None:
    """A name with a comma in a group's brackets is split in two, and the letter says what to do."""
    with pytest.raises(PlaceError, match="Within square brackets a name that has a comma needs quotation marks"):
        listed(tmp_path, "- West: [Bristol, City of, Bath]\n")
    found = group(tmp_path, '- West: ["Bristol, City of", Bath and North East Somerset]\n')
    assert names(found)[0] == "Bristol, City of"


def test_a_name_of_sixty_letters_with_quotation_marks(tmp_path: Path) -> None:
    """It is taken as it is written."""
    name = 'The "Fens" & Saint Botolph\'s | $x$ *Wash*, [old] {new} #1 %~'.ljust(60, "n")[:60]
    found = group(tmp_path, f"- '{name.replace(chr(39), chr(39) * 2)}': [Boston, Fenland]\n")
    assert found.name == name


def test_a_county_of_which_a_district_is_absent(tmp_path: Path) -> None:
    """A part is never shown as the whole: the letter names the districts that are there."""
    (fault,) = faults(tmp_path, "- Norfolk\n", REAL[REAL["lad21nm"] != "Norwich"])
    assert "is a county of 7 local authorities, and the table or the boundaries in use have only Breckland" in fault
    assert "Norwich" not in fault


@given(st.text(max_size=40), st.lists(st.text(max_size=12), max_size=4))
def test_any_group_is_read_or_refused(tmp_path_factory: pytest.TempPathFactory, name: str, members: list[str]) -> None:
    """No texts make anything but places or a message."""
    path = tmp_path_factory.mktemp("any") / "places.yml"
    path.write_bytes(f"- {name}: [{', '.join(members)}]\n".encode("utf-8", errors="replace"))
    with contextlib.suppress(PlaceError):
        assert read_places(path, districts=REAL)


# --- where a place can be named -------------------------------------------------------------------


def test_a_group_is_taken_where_a_name_is(tmp_path: Path) -> None:
    """Maps by neighbourhood and by district, lists and comparisons take a group of the list as they take a name."""
    norfolk, marches = listed(tmp_path, "- Norfolk\n- Marches: [Shropshire, Powys]\n")
    by_name = select_districts("Norfolk", REAL)
    assert select_districts(norfolk, REAL) == by_name
    assert select_regions([norfolk], REAL).places == by_name.places
    assert select_any([marches, "Wales", norfolk, "York"], REAL).units[0].name == "Marches"
    assert [place.name for place in find_places([marches, "York"], REAL)] == ["Shropshire", "Powys", "York"]
    both = select_regions(["West Midlands", "Wales"], REAL)
    assert [place.name for place in select_highlighted(marches, REAL, both)] == ["Shropshire", "Powys"]
    assert select_districts([norfolk, marches], REAL).heading == "Norfolk and Marches (9 local authorities)"


def test_a_group_is_refused_where_one_district_is_wanted(tmp_path: Path) -> None:
    """The message names its districts; a table without any of them says so; an overlap on a map is a fault."""
    norfolk, near = listed(tmp_path, "- Norfolk\n- Greater Norwich: [Norwich, Broadland]\n")
    with pytest.raises(PlaceError, match='"Norfolk" is a county of local authorities; name one of them: Breckland'):
        find_place(norfolk, REAL)  # type: ignore[arg-type]
    with pytest.raises(PlaceError, match='The table has no local authority of "Greater Norwich"'):
        select_districts(near, REAL[REAL["rgn21nm"] == "London"])
    with pytest.raises(PlaceError, match='"Norfolk" and "Greater Norwich" overlap'):
        select_districts([norfolk, near], REAL)
