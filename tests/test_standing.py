"""Where a district stands: numbers that can be counted by hand, and words for every odd case."""

from __future__ import annotations

import math
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest

from ec_maps.describe import the_district
from ec_maps.errors import PlaceError
from ec_maps.standing import Standing, standing
from made import VALUE, demo_tables, districts, squares

TWENTY = [0.30 + 0.01 * place for place in range(20)]


def among(values: list[float | None], name: str, inside: list[float | None]) -> Standing:
    """Return the standing of one of a row of districts whose neighbourhoods have these values."""
    return standing(districts(values), squares(inside, district=name), name)


def test_the_summary_says_value_tenth_and_rank() -> None:
    """The rank is counted from the nearer end, and the ends have no ordinal."""
    assert among(TWENTY, "C", TWENTY).summary == (
        "In C, 32.0% of low-income people’s friends are high-income. That puts it in tenth 2 of 10: the 3rd lowest of "
        "20 local authorities of England and Wales."
    )
    assert "in the lowest tenth: the lowest of 20 local" in among(TWENTY, "A", TWENTY).summary
    assert "in the highest tenth: the highest of 20 local" in among(TWENTY, "T", TWENTY).summary
    assert "in the highest tenth: the 2nd highest of 20 local" in among(TWENTY, "S", TWENTY).summary


def test_level_values_share_a_span_of_ranks() -> None:
    """Districts within half a percentage point of one another are not told apart."""
    values: list[float | None] = [*TWENTY[:16], 0.6, 0.604, 0.604, 0.7]
    for name in ("Q", "R", "S"):
        assert ": between the 2nd and 4th highest of 20 local" in among(values, name, TWENTY).summary
    assert ": one of the 3 highest of 20 local" in among([*TWENTY[:17], 0.6, 0.604, 0.603], "T", TWENTY).summary


def kingdom(values: list[float | None], *, scots: int) -> gpd.GeoDataFrame:
    """Return a row of districts of the United Kingdom, the last of them Scottish."""
    lads = districts(values)
    lads.loc[len(lads) - scots :, "rgn21nm"] = "Scotland"
    lads.attrs["scope"] = "uk"
    return lads


def test_a_scottish_district_is_counted_in_the_kingdom() -> None:
    """Tenth, rank and middle are of the United Kingdom, and no neighbourhoods are looked for."""
    lads = kingdom(TWENTY, scots=3)
    told = standing(lads, squares(TWENTY, district="A"), "T")
    assert told.beyond
    assert told.headline == (
        "In T, 49.0% of low-income people’s friends are high-income. That puts it in the highest tenth: the highest of "
        "20 local authorities of the United Kingdom. The middle local authority of Scotland is at 48.0%, 1.0 "
        "percentage point lower; that of the United Kingdom is at 39.5%, 9.5 percentage points lower."
    )
    assert told.inside == (
        "Neighbourhood data stop at the border: the neighbourhoods mapped here (MSOAs) exist only in England and "
        "Wales, so that T is shown as a whole."
    )


def test_neighbours_across_the_border() -> None:
    """With the table of the kingdom at hand, an English district has a Scottish neighbour; its figures stay its own."""
    every = kingdom(TWENTY, scots=3)
    here = every[every["rgn21nm"] != "Scotland"].reset_index(drop=True)
    here.attrs["scope"] = "ew"
    msoas = squares(TWENTY, district="Q")
    assert standing(here, msoas, "Q").neighbours == ["P"]
    told = standing(here, msoas, "Q", every)
    assert told.neighbours == ["P", "R"]
    assert "the highest of 17 local authorities of England and Wales." in told.summary


def test_a_rate_is_told_in_its_unit() -> None:
    """A measure for every 1,000 people has no per cent in its words, and differences have its unit too."""
    values = [3.0 + 0.5 * place for place in range(20)]
    lads, msoas = districts(values), squares(values, district="C")
    for table in (lads, msoas):
        table["activism_groups"] = table.pop(VALUE)
        table.attrs["measure"] = "activism_groups"
    told = standing(lads, msoas, "C")
    assert told.summary.startswith("In C, the figure for activism groups is 4.0 per 1,000. That puts it in tenth 2 of")
    assert told.headline.endswith("that of England and Wales is at 7.8 per 1,000, 3.8 higher.")
    assert "run from 3.0 per 1,000 to 12.5 per 1,000, half" in told.inside
    assert "%" not in told.headline + told.inside


def test_the_headline_compares_with_region_and_country() -> None:
    """Differences are those of the percentages as shown, so that a reader who subtracts finds the same."""
    lads = districts([0.30, 0.40, 0.50, *[0.60 + 0.01 * place for place in range(9)]])
    lads.loc[3:, "rgn21nm"] = "Wales"
    told = standing(lads, squares(TWENTY, district="A"), "A").headline
    assert "The middle local authority of the North East is at 40.0%, 10.0 percentage points higher;" in told
    # The sixth and seventh of twelve are 62 and 63 per cent.
    assert told.endswith("that of England and Wales is at 62.5%, 32.5 percentage points higher.")
    assert "Wales is at 64.0%, level with it" in standing(lads, squares(TWENTY, district="H"), "H").headline


def test_one_tenth_of_a_point_is_told_as_shown() -> None:
    """44.84% and 44.96% are shown as 44.8% and 45.0%, and so are 0.2 points apart."""
    lads = districts([0.4484, 0.4496, 0.4496, *TWENTY])
    lads.loc[3:, "rgn21nm"] = "Wales"
    assert "is at 45.0%, 0.2 percentage points higher;" in standing(lads, squares(TWENTY, district="A"), "A").headline


def test_a_district_without_a_value_has_no_rank() -> None:
    """It is said in a sentence, without a comparison."""
    told = among([None, *TWENTY], "A", TWENTY)
    assert math.isnan(told.value)
    assert told.headline == (
        "There is no published estimate of economic connectedness for A as a whole, so it is in no tenth and has no "
        "rank."
    )
    assert "of 20 local" in among([None, *TWENTY], "B", TWENTY).summary


def test_inside_counts_the_tenths() -> None:
    """Each tenth that has a neighbourhood is named with how many, and the spread is given."""
    told = among(TWENTY, "A", TWENTY)
    assert told.tenths == [2] * 10
    assert told.inside.startswith("Of its 20 neighbourhoods, 2 are in tenth 1, 2 in tenth 2, ")
    assert " and 2 in tenth 10 of all neighbourhoods of England and Wales." in told.inside
    assert "run from 30.0% to 49.0%, half of them between 34.8% and 44.2%." in told.inside
    assert told.inside.endswith("The middle one is 39.5%; of all neighbourhoods of England and Wales it is 39.5%.")


@pytest.mark.parametrize(
    ("inside", "words"),
    [
        ([0.4], "A is a single neighbourhood, which is at 40.0%, the lowest tenth of all neighbourhoods."),
        ([None], "A is a single neighbourhood, which has no published estimate."),
        ([None, None], "None of its 2 neighbourhoods has a published estimate."),
        ([], "No boundaries of neighbourhoods are known for A."),
        ([0.4, None], "One has no published estimate. The one value is 40.0%."),
        ([0.4, 0.5, None, None], "Two have no published estimate. Their values run from 40.0% to 50.0%."),
    ],
)
def test_odd_insides(inside: list[float | None], words: str) -> None:
    """A single neighbourhood, none, and those without a value each get words of their own."""
    assert words in among(TWENTY, "A", inside).inside


def test_neighbours_share_a_border() -> None:
    """In a row of squares each has the one on either side, in order of name."""
    assert among(TWENTY, "A", TWENTY).neighbours == ["B"]
    assert among(TWENTY, "J", TWENTY).neighbours == ["I", "K"]
    apart = districts(TWENTY)
    apart = apart.set_geometry(apart.geometry.buffer(-200))
    assert standing(apart, squares(TWENTY), "J").neighbours == []


def test_an_unknown_district_is_refused() -> None:
    """The message says what was asked for and where the names are."""
    with pytest.raises(PlaceError, match=r'no local authority "Atlantis" in the table.*ec-maps places lists them'):
        among(TWENTY, "Atlantis", TWENTY)


def test_every_demonstration_district_has_its_sentences(demo_data_dir: Path, demo: Path) -> None:
    """All 331 are told without a fault, with their own names, and their neighbourhoods add up to the country's."""
    del demo
    lads, msoas, _ = demo_tables(demo_data_dir)
    total = 0
    for name in lads["lad21nm"]:
        told = standing(lads, msoas, name)
        assert the_district(name) in told.headline
        assert "nan" not in f"{told.headline} {told.inside}"
        total += sum(told.tenths)
    assert total == msoas["decile"].notna().sum()


def test_real_neighbours(geo: Path) -> None:
    """Norwich lies between Broadland and South Norfolk; the Isle of Wight shares no border."""
    from made import real_tables

    lads, msoas, context = real_tables(geo)
    assert standing(lads, msoas, "Norwich").neighbours == ["Broadland", "South Norfolk"]
    assert standing(lads, msoas, "Isle of Wight").neighbours == []
    assert isinstance(lads, gpd.GeoDataFrame)
    assert VALUE in lads
    every = gpd.GeoDataFrame(pd.concat([lads, context], ignore_index=True))
    assert "Dumfries and Galloway" in standing(lads, msoas, "Carlisle", every).neighbours
    assert "Scottish Borders" in standing(lads, msoas, "Northumberland", every).neighbours
