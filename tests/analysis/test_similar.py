"""Similar places: which rows the table has, numbers equal to an independent calculation, and the sentences."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from ec_maps.analysis.similar import coverage_in_words, differences, similar, similar_places, similar_table, why_none
from ec_maps.areas.coverage import united_kingdom
from ec_maps.areas.table import load_areas
from ec_maps.errors import PlaceError
from ec_maps.geography.codes import official_districts
from ec_maps.geography.similar import similar_codes
from ec_maps.measures import MEASURES
from makers import atlas_csv, use, write_atlas


@pytest.fixture(autouse=True)
def _demo(demo: Path) -> None:
    """Switch the library to the demonstration data."""


def names_of(code: str) -> list[str]:
    """Return the names of the places on the shipped list of a district."""
    return [official_districts()[one].name for one in similar_codes(code)]


def test_the_place_is_followed_by_its_list() -> None:
    """The first row is the place; the others are those of the shipped list, in its order, numbered from 1."""
    table = similar("hartlepool")
    assert table["lad21nm"].tolist() == ["Hartlepool", *names_of("E06000001")]
    assert pd.isna(table["similarity"].iloc[0])
    assert table["similarity"].iloc[1:].tolist() == list(range(1, 21))
    assert table.attrs["left_out"] == 0


@pytest.mark.parametrize(("place", "measure"), [("Norwich", "economic_connectedness"), ("Great Yarmouth", "bias")])
def test_numbers_are_those_of_the_tables(place: str, measure: str) -> None:
    """Value and decile are those of the maps' own table; positions and differences are counted here one by one."""
    table = similar(place, measure)
    lads = load_areas("lad", measure).set_index("lad21nm")
    kingdom = united_kingdom(measure)
    assert kingdom is not None
    values = kingdom.set_index("lad21nm")[measure]
    within = MEASURES[measure].tolerance + 1e-9
    there = [values[name] for name in table["lad21nm"] if pd.notna(values[name])]
    for row in table.to_dict("records"):
        name = row["lad21nm"]
        value = values[name]
        if pd.isna(value):
            assert pd.isna([row[measure], row["position_low"], row["difference"], row["no_different"]]).all()
            continue
        assert row[measure] == value
        assert row["position_low"] == 1 + sum(other < value - within for other in there)
        assert row["position_high"] == sum(other <= value + within for other in there)
        assert row["difference"] == pytest.approx(value - values[place])
        assert row["no_different"] == (abs(value - values[place]) <= within)
        if name in lads.index:
            assert row["decile"] == lads.loc[name, "decile"]
        else:
            assert pd.isna([row["decile"], row["rank_low"]]).all()


def test_places_of_scotland_have_deciles_of_the_kingdom() -> None:
    """A place beyond England and Wales is ranked over the United Kingdom, and so are those like it."""
    table = similar("Glasgow City")
    kingdom = load_areas("lad", scope="uk").set_index("lad21nm")
    assert table.attrs["scope"] == "uk"
    assert table["lad21nm"].tolist() == ["Glasgow City", *names_of("S12000049")]
    assert table["decile"].tolist() == kingdom.loc[table["lad21nm"], "decile"].tolist()


@pytest.mark.parametrize("place", ["Eden", "Allerdale", "Harrogate", "Mendip"])
def test_an_abolished_district_has_none(place: str) -> None:
    """The letter says what became of it, and what takes any places."""
    with pytest.raises(
        PlaceError, match=f"{place} has no similar places: it became part of .* on 1 April 2023"
    ) as caught:
        similar(place)
    assert "ec-maps compare" in str(caught.value)
    assert why_none("E06000001", "Hartlepool") == ""


def test_on_the_real_boundaries(geo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With real codes each district has its own list, in full; 17 have none. Values rise with the codes here."""
    monkeypatch.setenv("EC_MAPS_SOURCE", "live")
    codes = sorted(official_districts())
    use(monkeypatch, data=write_atlas(tmp_path, lads=atlas_csv(codes)), boundaries=geo)
    found = similar_places(load_areas("lad", scope="uk"))
    assert {code: tuple(others) for code, others in found.items()} == {code: similar_codes(code) for code in codes}
    assert sum(not others for others in found.values()) == 17
    table = similar("Hartlepool")
    assert table["lad21cd"].tolist() == ["E06000001", *similar_codes("E06000001")]
    assert table.attrs["in_words"].startswith("Counted with the 20 places most like it, the value of Hartlepool is ")
    assert similar("Barnsley")["lad21cd"].iloc[0] == "E08000016"


def test_a_shorter_list_says_how_many_are_left_out() -> None:
    """Of the Isle of Wight's twenty, one was created in 2023; the numbers after it stay in the order of the list."""
    table = similar("Isle of Wight")
    assert table["similarity"].iloc[1:].tolist() == list(range(1, 20))
    assert coverage_in_words(table).startswith(
        "The published list has 20 places; one of them is not on these maps and is left out."
    )


def test_without_scotland_its_places_are_left_out() -> None:
    """With tables of England and Wales alone, places beyond are not in the list, which says how many."""
    lads = load_areas("lad")
    code = lads.loc[lads["lad21nm"] == "Norwich", "lad21cd"].item()
    table = similar_table(code, lads)
    assert table["lad21nm"].tolist() == ["Norwich", *(name for name in names_of("E07000148") if name != "Dundee City")]
    assert table.attrs["left_out"] == 1


def made(own: float, *others: float) -> pd.DataFrame:
    """Return the table of Norwich with other values, of which those left over are missing."""
    lads = load_areas("lad").set_index("lad21nm", drop=False)
    lads["economic_connectedness"] = float("nan")
    for name, value in zip(["Norwich", *names_of("E07000148")], (own, *others), strict=False):
        if name in lads.index:
            lads.loc[name, "economic_connectedness"] = value
    return similar_table(lads.loc["Norwich", "lad21cd"], lads.reset_index(drop=True))


BEGINS = "Counted with the 19 places most like it, the value of Norwich is "
UNLIKE = (
    "Most unlike it is Southampton, at 47.0%, 7.0 percentage points higher; furthest the other way is Hastings, at "
    "38.0%, 2.0 percentage points lower."
)
FEW = "18 of the 19 have no published estimate. Most unlike it is Hastings, at 42.0%, 2.0 percentage points higher."
LEVEL = "level with all 20. None of them differs from Norwich by more than half a percentage point."
MISSING = "Norwich has no published estimate; the 19 places most like it run from 38.0% to 47.0%."
NONE = "None of the 19 places most like Norwich has a published estimate."


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ((0.40, *[0.40] * 20), BEGINS + LEVEL),
        ((0.40, 0.38, 0.47, 0.403, *[0.40] * 17), f"{BEGINS}between the 2nd and 19th highest of 20. {UNLIKE}"),
        ((0.40, 0.42), f"{BEGINS}the lowest of 2. {FEW}"),
        ((float("nan"), 0.38, 0.47, *[0.40] * 18), MISSING),
        ((0.40,), NONE),
    ],
)
def test_in_words(values: tuple[float, ...], words: str) -> None:
    """Where the place stands, how many have no estimate, and who differs most on either side, beyond the band."""
    assert made(*values).attrs["in_words"] == words


def test_differences_in_words() -> None:
    """A place within the tolerance is no different; one without an estimate, and the place itself, have no words."""
    table = made(0.40, 0.404, 0.47, 0.41, 0.38)
    assert differences(table)[:6] == [
        "",
        "no difference",
        "7.0 percentage points higher",
        "2.0 percentage points lower",
        "",
        "",
    ]
