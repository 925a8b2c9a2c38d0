"""Where a district stands: numbers that can be counted by hand, and words for every odd case."""

from __future__ import annotations

import math
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest

import facts
from ec_maps.analysis.district import DistrictProfile, district_profile
from ec_maps.areas.wording import the_district
from ec_maps.errors import PlaceError
from facts import Rank
from made import VALUE, about, demo_tables, districts, squares
from tested_places import sample

TWENTY = [0.30 + 0.01 * place for place in range(20)]


def among(values: list[float | None], name: str, inside: list[float | None]) -> DistrictProfile:
    """Return the profile of one of a row of districts whose neighbourhoods have these values."""
    return district_profile(districts(values), squares(inside, district=name), name)


def test_the_summary_says_value_decile_and_rank() -> None:
    """The rank is counted from the nearer end, and the ends have no ordinal."""
    for name, value, decile, rank in (
        ("C", 32.0, 2, Rank(3, 3, "lowest", 20)),
        ("A", 30.0, 1, Rank(1, 1, "lowest", 20)),
        ("T", 49.0, 10, Rank(1, 1, "highest", 20)),
        ("S", 48.0, 10, Rank(2, 2, "highest", 20)),
    ):
        told = among(TWENTY, name, TWENTY).summary
        assert f"In {name}, " in told
        assert (facts.value(told), facts.decile(told), facts.rank(told)) == (value, decile, rank)
        assert "local authorities in England and Wales" in told


def test_level_values_share_a_span_of_ranks() -> None:
    """Districts within half a percentage point of one another have the same range of ranks."""
    values: list[float | None] = [*TWENTY[:16], 0.6, 0.604, 0.604, 0.7]
    for name in ("Q", "R", "S"):
        assert facts.rank(among(values, name, TWENTY).summary) == Rank(2, 4, "highest", 20)
    summary = among([*TWENTY[:17], 0.6, 0.604, 0.603], "T", TWENTY).summary
    assert facts.rank(summary) == Rank(1, 3, "highest", 20)


def kingdom(values: list[float | None], *, scots: int) -> gpd.GeoDataFrame:
    """Return a row of districts of the United Kingdom, the last of them Scottish."""
    lads = districts(values)
    lads.loc[len(lads) - scots :, "rgn21nm"] = "Scotland"
    lads.attrs["scope"] = "uk"
    return lads


def test_a_scottish_district_is_counted_in_the_kingdom() -> None:
    """Decile, rank and median are of the United Kingdom, and no neighbourhoods are looked for."""
    lads = kingdom(TWENTY, scots=3)
    told = district_profile(lads, squares(TWENTY, district="A"), "T")
    assert told.beyond
    text = f"{told.summary} {told.compared}"
    assert (facts.value(text), facts.decile(text)) == (49.0, 10)
    assert facts.rank(text) == Rank(1, 1, "highest", 20)
    assert facts.compared(text, "Scotland") == (48.0, -1.0)
    assert facts.compared(text, "the United Kingdom") == (39.5, -9.5)
    assert "England" not in text
    assert told.inside.startswith("Neighbourhood data cover England and Wales only: ")


def test_neighbours_across_the_border() -> None:
    """With the table of the United Kingdom, an English district has a Scottish neighbour; its figures do not change."""
    every = kingdom(TWENTY, scots=3)
    here = every[every["rgn21nm"] != "Scotland"].reset_index(drop=True)
    here.attrs["scope"] = "ew"
    msoas = squares(TWENTY, district="Q")
    assert district_profile(here, msoas, "Q").neighbours == ["P"]
    told = district_profile(here, msoas, "Q", every)
    assert told.neighbours == ["P", "R"]
    assert facts.rank(told.summary) == Rank(1, 1, "highest", 17)
    assert "local authorities in England and Wales" in told.summary


def test_a_rate_is_given_in_its_unit() -> None:
    """A measure for every 1,000 people has no per cent in its sentences, and differences have its unit too."""
    values = [3.0 + 0.5 * place for place in range(20)]
    lads, msoas = districts(values), squares(values, district="C")
    for table in (lads, msoas):
        table["activism_groups"] = table.pop(VALUE)
        about(table, measure="activism_groups")
    told = district_profile(lads, msoas, "C")
    assert "In C, the figure for activism groups is 4.0 per 1,000" in told.summary
    assert facts.decile(told.summary) == 2
    assert facts.compared(told.compared, "England and Wales") == (7.8, 3.8)
    assert facts.values(told.inside)[:2] == [3.0, 12.5]
    assert told.inside.count("per 1,000") == len(facts.values(told.inside))
    assert "%" not in told.summary + told.compared + told.inside


def test_the_medians_of_region_and_country() -> None:
    """Differences are those of the percentages as shown, so that a reader who subtracts finds the same."""
    lads = districts([0.30, 0.40, 0.50, *[0.60 + 0.01 * place for place in range(9)]])
    lads.loc[3:, "rgn21nm"] = "Wales"
    told = district_profile(lads, squares(TWENTY, district="A"), "A").compared
    assert facts.compared(told, "the North East") == (40.0, 10.0)
    # The sixth and seventh of twelve are 62 and 63 per cent.
    assert facts.compared(told, "England and Wales") == (62.5, 32.5)
    told = district_profile(lads, squares(TWENTY, district="H"), "H").compared
    assert facts.compared(told, "Wales") == (64.0, 0.0)


def test_differences_are_those_of_displayed_values() -> None:
    """44.84% and 44.96% are shown as 44.8% and 45.0%, and so are 0.2 points apart."""
    lads = districts([0.4484, 0.4496, 0.4496, *TWENTY])
    lads.loc[3:, "rgn21nm"] = "Wales"
    told = district_profile(lads, squares(TWENTY, district="A"), "A").compared
    assert facts.compared(told, "the North East") == (45.0, 0.2)


def test_a_district_without_a_value_has_no_rank() -> None:
    """A sentence says so, without a comparison."""
    told = among([None, *TWENTY], "A", TWENTY)
    assert math.isnan(told.value)
    assert "no published estimate of economic connectedness for A as a whole" in told.summary
    facts.says_nothing(told.summary)
    assert not told.compared
    assert facts.rank(among([None, *TWENTY], "B", TWENTY).summary).among == 20


def test_inside_counts_the_deciles() -> None:
    """Each decile that has a neighbourhood is named with how many, and the spread is given."""
    told = among(TWENTY, "A", TWENTY)
    assert told.deciles == [2] * 10
    assert facts.counts(told.inside) == dict.fromkeys(range(1, 11), 2)
    assert "Of its 20 neighbourhoods, " in told.inside
    assert "neighbourhoods of England and Wales" in told.inside
    # The lowest and highest, the interquartile range, the median here and that of the country.
    assert facts.values(told.inside) == [30.0, 49.0, 34.8, 44.2, 39.5, 39.5]


@pytest.mark.parametrize(
    ("inside", "words"),
    [
        ([0.4], "A is a single neighbourhood, which is at 40.0%, the lowest decile of all neighbourhoods."),
        ([None], "A is a single neighbourhood, which has no published estimate."),
        ([None, None], "None of its 2 neighbourhoods has a published estimate."),
        ([], "There are no boundaries of neighbourhoods for A."),
        ([0.4, None], "One has no published estimate. The one value is 40.0%."),
        ([0.4, 0.5, None, None], "Two have no published estimate. Their values run from 40.0% to 50.0%."),
    ],
)
def test_odd_insides(inside: list[float | None], words: str) -> None:
    """A single neighbourhood, none, and those without a value each have their own sentence."""
    assert words in among(TWENTY, "A", inside).inside


def test_neighbours_share_a_border() -> None:
    """In a row of squares each has the one on either side, in order of name."""
    assert among(TWENTY, "A", TWENTY).neighbours == ["B"]
    assert among(TWENTY, "J", TWENTY).neighbours == ["I", "K"]
    apart = districts(TWENTY)
    apart = apart.set_geometry(apart.geometry.buffer(-200))
    assert district_profile(apart, squares(TWENTY), "J").neighbours == []


def test_an_unknown_district_is_refused() -> None:
    """The message gives the name asked for and where to find the names."""
    with pytest.raises(PlaceError, match=r'(?s)Unknown local authority "Atlantis".*ec-maps places WORD'):
        among(TWENTY, "Atlantis", TWENTY)


def test_demonstration_districts_have_their_words(demo_data_dir: Path, demo: Path) -> None:
    """About twenty of all kinds, or all in the weekly run: the facts of each, and its neighbourhoods by decile."""
    del demo
    lads, msoas, _ = demo_tables(demo_data_dir)
    rows = lads.drop(columns="geometry").astype(object).where(lads.notna(), "").astype(str).to_dict("records")
    by_name = {row["lad21nm"]: row for row in rows}
    for name in sample(lads["lad21nm"]):
        told = district_profile(lads, msoas, name)
        facts.check(told.summary, told.compared, by_name[name], rows)
        assert the_district(name) in told.summary
        assert "nan" not in f"{told.summary} {told.compared} {told.inside}"
        inside = msoas.loc[msoas["lad21nm"] == name, "decile"].dropna()
        assert {decile: count for decile, count in enumerate(told.deciles, 1) if count} == dict(inside.value_counts())


def test_real_neighbours(geo: Path) -> None:
    """Norwich lies between Broadland and South Norfolk; the Isle of Wight shares no border."""
    from made import real_tables

    lads, msoas, context = real_tables(geo)
    assert district_profile(lads, msoas, "Norwich").neighbours == ["Broadland", "South Norfolk"]
    assert district_profile(lads, msoas, "Isle of Wight").neighbours == []
    assert isinstance(lads, gpd.GeoDataFrame)
    assert VALUE in lads
    every = gpd.GeoDataFrame(pd.concat([lads, context], ignore_index=True))
    assert "Dumfries and Galloway" in district_profile(lads, msoas, "Carlisle", every).neighbours
    assert "Scottish Borders" in district_profile(lads, msoas, "Northumberland", every).neighbours
