"""The shipped table of similar places: what is in it, what was recoded, and who has none."""

from __future__ import annotations

from ec_maps.geography.codes import official_districts, shipped_table
from ec_maps.geography.similar import LISTED, official_code, similar_codes, successor

#: The districts that were abolished on 1 April 2023, by what they became part of.
ABOLISHED = {
    "Cumberland": ["Allerdale", "Carlisle", "Copeland"],
    "Westmorland and Furness": ["Barrow-in-Furness", "Eden", "South Lakeland"],
    "North Yorkshire": ["Craven", "Hambleton", "Harrogate", "Richmondshire", "Ryedale", "Scarborough", "Selby"],
    "Somerset": ["Mendip", "Sedgemoor", "Somerset West and Taunton", "South Somerset"],
}


def code_of(name: str) -> str:
    """Return the code of a district of December 2021."""
    return next(code for code, district in official_districts().items() if district.name == name)


def test_the_order_is_the_publishers() -> None:
    """Hartlepool's list, and the beginnings of two others, are those of the published file."""
    assert similar_codes("E06000001") == (
        *("E08000018", "E06000003", "E07000171", "E08000008", "E07000038", "W06000022", "E07000033", "E07000010"),
        *("E08000036", "E08000023", "E08000017", "E06000004", "E08000024", "E07000141", "E08000005", "E07000076"),
        *("E07000108", "E08000027", "E08000030", "E06000021"),
    )
    assert similar_codes("E06000002")[:3] == ("E08000021", "E07000123", "W06000022")
    assert similar_codes("E06000002")[-1] == "S12000049"


def test_every_code_is_of_december_2021() -> None:
    """All places are districts of that date; none is in its own list, and none is in a list twice."""
    rows = shipped_table("similar_places.csv")
    assert [row["code"] for row in rows] == sorted({row["code"] for row in rows})
    for row in rows:
        listed = row["similar"].split(";")
        assert {row["code"], *listed} <= set(official_districts()), row
        assert len({row["code"], *listed}) == len(listed) + 1, row
        assert 16 <= len(listed) <= LISTED, row


def test_codes_of_2025_are_replaced() -> None:
    """Barnsley and Sheffield, whose codes changed in 2025, have lists and are in others' lists by those of 2021."""
    everyone = {code for row in shipped_table("similar_places.csv") for code in row["similar"].split(";")}
    for name in ("Barnsley", "Sheffield"):
        assert len(similar_codes(code_of(name))) == LISTED
        assert code_of(name) in everyone
        assert successor(code_of(name)) is None
    assert similar_codes("E06000003")[6:8] == ("E08000016", "E08000018")


def test_districts_abolished_in_2023_have_none() -> None:
    """All 17, and no others, lack a list, are in nobody's list, and have the district that replaced them."""
    rows = shipped_table("similar_places.csv")
    without = {district.name for code, district in official_districts().items() if not similar_codes(code)}
    assert without == {name for names in ABOLISHED.values() for name in names}
    everyone = {code for row in rows for code in row["similar"].split(";")}
    for later, names in ABOLISHED.items():
        for name in names:
            code = code_of(name)
            assert code not in everyone, name
            found = successor(code)
            assert found is not None
            assert (found.name, found.first) == (later, 2023)


def test_a_demonstration_code_leads_by_its_name() -> None:
    """An official code stays; another is replaced by that of the district of the same name, if there is one."""
    assert official_code("E06000001", "anything") == "E06000001"
    assert official_code("X06000001", "hartlepool") == "E06000001"
    assert official_code("X06000001", "Nowhere") == "X06000001"
