from __future__ import annotations

import pandas as pd
import pytest

from ec_maps.boundaries.ons import (
    districts_of,
    edition,
    more_than_one,
    not_filled,
)
from ec_maps.geography.codes import district_codes, neighbourhood_codes, official_districts


def test_all_codes_of_2021_fit() -> None:
    """Boundaries may cover the whole kingdom, or Great Britain, or England and Wales; tables may not."""
    assert edition("lad").misfit(official_districts()) == ""
    assert edition("lad").misfit(district_codes(2021, "EWS")) == ""
    assert edition("lad").misfit(district_codes(2021, "EW")) == ""
    assert edition("msoa").misfit(neighbourhood_codes("2021")) == ""
    assert districts_of("EW").misfit(district_codes(2021, "EW")) == ""
    assert districts_of("EW").misfit(official_districts()) != ""
    assert districts_of("E").misfit(district_codes(2021, "E")) == ""
    assert districts_of("E").misfit(district_codes(2021, "EW")) != ""


@pytest.mark.parametrize(
    ("codes", "message"),
    [
        (district_codes(2023, "EW"), "17 of 331 codes are missing"),
        (district_codes(2023, "EW"), "4 are not of 2021 (E06000063, E06000064, E06000065 and 1 more)"),
        (district_codes(2023, "EW"), "its codes are of vintage 2023"),
        (district_codes(2020, "EW"), "its codes are of vintage 2020"),
        (district_codes(2021, "EW") - {"W06000015"}, "1 of 331 codes is missing (W06000015)"),
        ({*district_codes(2021, "EW"), ""}, "1 is not of 2021 ()"),
        ((), "331 of 331 codes are missing"),
    ],
)
def test_what_is_wrong_with_other_codes_is_reported(codes: frozenset[str], message: str) -> None:
    """How many are missing, how many are strange, which, and of which year they are."""
    assert message in edition("lad").misfit(codes)


def test_neighbourhoods_of_2011_are_told_by_both_sides() -> None:
    """121 codes went and 184 came."""
    message = edition("msoa").misfit(neighbourhood_codes("2011"))
    assert "184 of 7,264 codes are missing" in message
    assert "121 are not of 2021" in message
    assert "vintage 2011" in message


def test_areas_in_two_places_and_empty_cells_are_named() -> None:
    """The same pair twice is in one place."""
    table = pd.DataFrame({"area": ["a", "a", "b", "b"], "in": ["x", "x", "x", "y"], "name": ["A", "A", "", "B"]})
    assert more_than_one(table, "area", "in") == "it puts 1 area in more than one place (b: x and y)"
    assert more_than_one(table[:3], "area", "in") == ""
    assert not_filled(table, ["area", "in"]) == ""
    assert not_filled(table, ["area", "in", "name"]) == "it has no name for 1 area (b)"
