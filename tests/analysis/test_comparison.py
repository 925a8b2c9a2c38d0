"""Comparing: which rows and columns the table of places has, what agrees with the maps' own tables, which errors."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from ec_maps.analysis.comparison import available_measures, compare, measures_table
from ec_maps.areas.places import find_place
from ec_maps.areas.table import load_areas
from ec_maps.areas.wording import ordinal, rank_in_words
from ec_maps.errors import PlaceError, SettingError
from ec_maps.measures import MEASURES
from ec_maps.site import posts

NAMES = ["lad21cd", "lad21nm", "rgn21nm"]


def columns(key: str) -> list[str]:
    """Return the columns of a measure."""
    return [key, f"{key}_decile", f"{key}_rank_low", f"{key}_rank_high"]


@pytest.fixture(autouse=True)
def _demo(demo: Path) -> None:
    """Switch the library to the demonstration data."""


def test_places_stand_in_the_order_given() -> None:
    """A row for each district, in the author's order; code, name and region, then value, decile and ranks."""
    table = compare(["Redcar and Cleveland", "Great Yarmouth", "Norwich"], ["exposure", "bias"])
    assert list(table["lad21nm"]) == ["Redcar and Cleveland", "Great Yarmouth", "Norwich"]
    assert list(table.columns) == [*NAMES, *columns("exposure"), *columns("bias")]
    assert list(table.index) == [0, 1, 2]
    assert type(table) is pd.DataFrame
    assert {str(table[f"bias_{what}"].dtype) for what in ("decile", "rank_low", "rank_high")} == {"Int64"}
    assert table.attrs["scope"] == "ew"
    assert table.attrs["measures"] == ["exposure", "bias"]


def test_values_are_those_of_the_maps() -> None:
    """Each value and decile is that of the measure's own table, for every area and measure."""
    whole = measures_table("lad").set_index("lad21cd")
    assert whole.attrs["measures"] == available_measures("lad") == list(MEASURES)
    for key in whole.attrs["measures"]:
        alone = load_areas("lad", key).set_index("lad21cd")
        pd.testing.assert_series_equal(whole[key], alone[key])
        pd.testing.assert_series_equal(whole[f"{key}_decile"], alone["decile"], check_names=False)
        pd.testing.assert_series_equal(whole[f"{key}_users"], alone["num_users"], check_names=False)
        assert whole.attrs["cut_points"][key] == alone.attrs["cut_points"]


def test_ranks_are_those_of_the_pages() -> None:
    """The ends of a rank are those of the sentence about the district, among all areas that have a value."""
    whole = measures_table("lad", "bias")
    valued = whole["bias"].notna()
    for row in whole[valued].itertuples():
        words = rank_in_words(whole["bias"], row.bias, MEASURES["bias"].tolerance)
        assert words == spoken(int(row.bias_rank_low), int(row.bias_rank_high), int(valued.sum()))
    assert whole.loc[~valued, ["bias_rank_low", "bias_rank_high"]].isna().all(axis=None)
    assert (~valued).any()


def spoken(low: int, high: int, number: int) -> str:
    """Return a rank, told from its lowest and highest, as the pages say it."""
    from_above = number - high <= low - 1
    first, last = (number - high + 1, number - low + 1) if from_above else (low, high)
    end = "highest" if from_above else "lowest"
    if first == last:
        return f"the {f'{ordinal(first)} ' if first > 1 else ''}{end} of {number}"
    if first == 1:
        return f"one of the {last} {end} of {number}"
    return f"between the {ordinal(first)} and {ordinal(last)} {end} of {number}"


@pytest.mark.parametrize("measures", [None, []])
def test_without_measures_all_available_are_there(measures: list[str] | None) -> None:
    """None and an empty list both give every measure, in the codebook's order."""
    table = compare("Norwich", measures)
    assert [name for name in table if name in MEASURES] == list(MEASURES)
    assert len(table) == 1


def test_neighbourhoods_of_districts() -> None:
    """With level "msoa" each district gives all its neighbourhoods, in order of code, the districts in that given."""
    table = compare(["Norwich", "Great Yarmouth"], "exposure", level="msoa")
    msoas = load_areas("msoa", "exposure")
    for name in ("Norwich", "Great Yarmouth"):
        own = msoas[msoas["lad21nm"] == name]
        assert list(table.loc[table["lad21nm"] == name, "msoa21cd"]) == sorted(own["msoa21cd"])
    assert list(table["lad21nm"].drop_duplicates()) == ["Norwich", "Great Yarmouth"]
    assert list(table.columns) == ["msoa21cd", "msoa21nm", *NAMES, *columns("exposure")]


def test_a_place_may_be_a_name_a_code_or_a_place() -> None:
    """Codes, names however written, and places as the list of places has them name the same districts."""
    place = find_place("Norwich")
    for told in ("norwich", place.lad21cd, place.lad21cd.lower(), place):
        assert list(compare(told, "bias")["lad21nm"]) == ["Norwich"]
        assert list(compare([told], "bias")["lad21nm"]) == ["Norwich"]


def test_all_faults_in_one_letter() -> None:
    """Unknown, foreign, empty and repeated places are reported at once, with suggestions."""
    with pytest.raises(PlaceError) as caught:
        compare(["Norwich", "Great Yarmoth", find_place("Norwich").lad21cd, "", "Glasgow City"], "bias")
    letter = str(caught.value)
    assert letter.startswith("4 of the places to compare:")
    assert '"Great Yarmoth" (place 2). Did you mean: Great Yarmouth?' in letter
    assert 'is already place 1 as "Norwich"; keep one of them.' in letter
    assert "Place 4 is empty." in letter
    assert "Glasgow City" in letter
    assert "ec-maps places" in letter


def test_no_places_is_an_error() -> None:
    """An empty list says what to write."""
    with pytest.raises(PlaceError, match="No place to compare"):
        compare([], "bias")


def test_a_place_twice_needs_no_lookup() -> None:
    """Where names are right and only one is there twice, nobody is sent to look names up."""
    with pytest.raises(PlaceError, match="is already place 1; keep one of them") as caught:
        compare(["Norwich", "norwich"], "bias")
    assert "ec-maps places" not in str(caught.value)


def test_unknown_measures_in_one_letter() -> None:
    """Unknown and repeated measures are reported at once, with the list of measures."""
    with pytest.raises(SettingError) as caught:
        compare("Norwich", ["exposur", "wealth", "bias", "bias"])
    letter = str(caught.value)
    assert '"exposur"' in letter
    assert '"wealth"' in letter
    assert '"bias" is given 2 times' in letter
    assert letter.count("economic_connectedness") == 1


@pytest.mark.parametrize("keys", [["wealth"], ["bias", "bias"], ["The measures are:", "bias", "bias"]])
def test_measures_are_listed_once(keys: list[str]) -> None:
    """The list of measures ends the letter, once, whatever is wrong and whatever a key may say."""
    with pytest.raises(SettingError) as caught:
        compare("Norwich", keys)
    assert str(caught.value).endswith(f" The measures are: {', '.join(MEASURES)}.")
    assert str(caught.value).count("economic_connectedness") == 1


def test_unknown_level_and_scope() -> None:
    """An unknown level or scope is an error, as is a scope that the level does not cover."""
    with pytest.raises(SettingError, match='no level "ward"'):
        compare("Norwich", level="ward")  # type: ignore[arg-type]
    with pytest.raises(SettingError, match='no scope "gb"'):
        compare("Norwich", scope="gb")  # type: ignore[arg-type]
    with pytest.raises(SettingError, match="England and Wales only"):
        compare("Norwich", level="msoa", scope="uk")


def test_the_page_shows_both_levels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each level has its figure, all pairs in a table and its files; the words count the same pairs."""
    monkeypatch.chdir(tmp_path)
    tabs = posts.correlations()
    pairs = len(MEASURES) * (len(MEASURES) - 1) // 2
    for level, name in (("lad", "### Local authorities"), ("msoa", "### Neighbourhoods")):
        tab = tabs.partition(name)[2].partition("### ")[0]
        assert f"](maps/measures-{level}.svg)" in tab
        assert sum(" and " in row for row in tab.splitlines() if row.startswith("| ")) == pairs
        assert len(pd.read_csv(tmp_path / "maps" / f"measures-{level}.csv")) == pairs
        assert {path.suffix for path in (tmp_path / "maps").glob(f"measures-{level}.*")} == {".csv", ".png", ".svg"}
    assert posts.both_levels().startswith(f"Of {pairs} pairs of measures, ")


def test_the_page_says_what_the_measures_are() -> None:
    """Every measure is described, and every other one is compared with economic connectedness."""
    described, against = posts.codebook_table(), posts.with_connectedness()
    for measure in MEASURES.values():
        assert f"| {measure.title} |" in described
        assert (f"| {measure.title} |" in against) == (measure.key != "economic_connectedness")
    assert posts.number_of_measures() == str(len(MEASURES))


def test_the_page_agrees_with_the_table() -> None:
    """The numbers on the page are those of the districts' own table."""
    found = posts.found("lad")
    table = measures_table("lad")
    for pair in found.pairs:
        both = table[[pair.first, pair.second]].dropna()
        assert pair.areas == len(both)
        assert pair.correlation == pytest.approx(both.rank().corr().iloc[0, 1])
