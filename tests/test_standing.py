"""Where a district stands: numbers that can be counted by hand, and words for every odd case."""

from __future__ import annotations

import math
from pathlib import Path

import geopandas as gpd
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
        "In C, 32.0% of low-income people’s friends are high-income. That puts it in tenth 2 of 10: 3rd lowest of 20 "
        "local authorities of England and Wales."
    )
    assert "in the lowest tenth: lowest of 20 local" in among(TWENTY, "A", TWENTY).summary
    assert "in the highest tenth: highest of 20 local" in among(TWENTY, "T", TWENTY).summary
    assert "in the highest tenth: 2nd highest of 20 local" in among(TWENTY, "S", TWENTY).summary


def test_equal_values_share_a_rank() -> None:
    """Two districts of one value are both the joint second."""
    values: list[float | None] = [*TWENTY[:17], 0.6, 0.6, 0.7]
    for name in ("R", "S"):
        assert "joint 2nd highest of 20" in among(values, name, TWENTY).summary


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

    lads, msoas, _ = real_tables(geo)
    assert standing(lads, msoas, "Norwich").neighbours == ["Broadland", "South Norfolk"]
    assert standing(lads, msoas, "Isle of Wight").neighbours == []
    assert isinstance(lads, gpd.GeoDataFrame)
    assert VALUE in lads
