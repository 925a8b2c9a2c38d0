"""The words: every number equal to the table's, in sentences that read."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ec_maps.areas.wording import ordinal, percent, sources, the, the_district
from ec_maps.maps import choropleth_words
from facts import counts
from made import VALUE, Tables, demo_tables, districts, squares

TEN = [0.30 + 0.03 * place for place in range(10)]
SMALL = ["none", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
VALUES = st.lists(st.one_of(st.none(), st.floats(0, 1)), min_size=1, max_size=40)


def caption(areas: pd.DataFrame, kind: str, **options: object) -> str:
    """Return a map's caption."""
    return choropleth_words.caption(areas, kind, **options)  # type: ignore[arg-type]


def alt_text(areas: pd.DataFrame, kind: str, **options: object) -> str:
    """Return a map's alternative text."""
    return choropleth_words.alt_text(areas, kind, **options)  # type: ignore[arg-type]


def in_words(number: int) -> str:
    """Return a count as prose has it: in letters below ten."""
    return SMALL[number] if number < 10 else str(number)


@pytest.fixture
def tables(demo_data_dir: Path) -> Tables:
    """Return the demonstration's tables, the library looking at live data."""
    return demo_tables(demo_data_dir)


@pytest.mark.parametrize("district", ["Great Yarmouth", "Cornwall", "Birmingham", "Rutland", "Telford and Wrekin"])
def test_local_numbers(tables: Tables, district: str) -> None:
    """A local map's caption and alt text say what pandas counts in the table."""
    areas = tables.msoas[tables.msoas["lad21nm"] == district]
    low, high = int((areas["decile"] == 1).sum()), int((areas["decile"] == 10).sum())
    words = caption(areas, "local")
    if low or high:
        assert words.startswith(f"{in_words(low).capitalize()} of the {len(areas)} neighbourhoods of {district} ")
        assert f"{in_words(high)} in the highest." in words
    else:
        assert "in the lowest or the highest decile" in words
    assert f"Values run from {areas[VALUE].min():.1%} to {areas[VALUE].max():.1%}." in words
    said = alt_text(areas, "local")
    check_deciles(areas, said)
    ends = areas.dropna(subset=[VALUE]).sort_values(VALUE)["msoa21nm"]
    assert f"Lowest: {ends.iloc[0]}, {areas[VALUE].min():.1%}" in said
    assert f"highest: {ends.iloc[-1]}, {areas[VALUE].max():.1%}" in said


def check_deciles(areas: pd.DataFrame, said: str) -> None:
    """Check the counts of every decile, and of the missing, in an alt text."""
    assert counts(said) == areas["decile"].dropna().astype(int).value_counts().to_dict()
    blank = int(areas["decile"].isna().sum())
    missing = re.search(r"(\w+) (?:neighbourhoods?|local authorit(?:y|ies)) (has|have) no published estimate", said)
    assert (missing is None) == (blank == 0)
    if missing:
        assert missing[1].lower() == in_words(blank)
        assert missing[2] == ("has" if blank == 1 else "have")


def test_regional_numbers(tables: Tables) -> None:
    """Every region's caption and alt text say what pandas counts in the table."""
    for region, areas in tables.lads.groupby("rgn21nm"):
        low, high = int((areas["decile"] == 1).sum()), int((areas["decile"] == 10).sum())
        words = caption(areas, "regional")
        head = f"{in_words(low).capitalize()} of the {len(areas)} local authorities of {the(str(region))} "
        assert words.startswith(head + ("is" if low == 1 else "are"))
        if low or high:
            assert f"in the lowest decile of England and Wales, {in_words(high)} in the highest." in words
        check_deciles(areas, alt_text(areas, "regional"))


def test_national_numbers(tables: Tables) -> None:
    """The national caption names the region with most districts at each end, and how many."""
    words = caption(tables.lads, "national")
    for decile, end in ((1, "lowest"), (10, "highest")):
        regions = tables.lads.loc[tables.lads["decile"] == decile, "rgn21nm"].value_counts()
        assert f"{regions.max()} of the {regions.sum()} local authorities in the {end} decile are in" in words
        assert all(the(name) in words for name in regions.index[regions == regions.max()])
    check_deciles(tables.lads, alt_text(tables.lads, "national"))


def test_national_tie() -> None:
    """Regions with equally many districts at an end are named together, whatever the order of rows."""
    table = districts([*TEN, *[value + 0.001 for value in TEN]])
    table["rgn21nm"] = ["Wales"] * 10 + ["London"] * 10
    words = caption(table, "national")
    assert words.startswith("Of the 2 local authorities in the lowest decile, London and Wales have 1 each")
    assert caption(table[::-1], "national") == words


def test_highlighted_place() -> None:
    """A place's value, decile and rank are those of the table: counted from the highest, and the ends in words."""
    table = districts(TEN)
    words = caption(table, "regional", highlight=["A", "C", "J"])
    assert "A 30.0%, the lowest decile, the lowest of 10 in the North East." in words
    assert "C 36.0%, decile 3 of 10, the 3rd lowest of 10 in the North East." in words
    assert "J 57.0%, the highest decile, the highest of 10 in the North East." in words
    assert "Outlined: C 36.0%, decile 3 of 10." in alt_text(table, "regional", highlight=["C"])


def test_highlighted_place_without_value() -> None:
    """A place without a value is said to have none, and has no rank."""
    table = districts([None, *TEN])
    words = caption(table, "regional", highlight=["A"])
    assert "A has no published estimate, so it has no rank." in words
    assert words.endswith("One local authority has no published estimate and is hatched.")


@pytest.mark.parametrize(
    ("values", "says"),
    [
        (
            TEN,
            "One of the 10 neighbourhoods of Testham is in the lowest decile of England and Wales, one in the highest.",
        ),
        (TEN * 2, "Two of the 20 neighbourhoods of Testham are in the lowest decile"),
        ([0.4], "Testham is a single neighbourhood: 40.0%, the lowest decile."),
        ([None], "Testham is a single neighbourhood, without a published estimate."),
        ([None, *TEN], "One neighbourhood has no published estimate and is hatched."),
        ([None, None, *TEN], "Two neighbourhoods have no published estimate and are hatched."),
    ],
)
def test_singular_and_plural(values: list[float | None], says: str) -> None:
    """One is, two are."""
    assert says in caption(squares(values), "local")


def test_neither_end() -> None:
    """A district with nothing at either end is said so once."""
    words = caption(squares(TEN).iloc[3:7], "local")
    assert words.startswith(
        "None of the 4 neighbourhoods of Testham are in the lowest or the highest decile of England and Wales."
    )


def test_missing_is_given_once() -> None:
    """A single neighbourhood without a value is given as missing in each text, and no number is made up for it."""
    table = squares([None])
    assert alt_text(table, "local").endswith("It has no published estimate and is hatched.")
    assert "%" not in caption(table, "local") + alt_text(table, "local")


@given(VALUES, st.sampled_from(["national", "regional", "local"]))
def test_any_table(values: list[float | None], kind: str) -> None:
    """Whatever is missing, words come out, their counts add up, and no "nan" is among them."""
    table = districts(values) if kind != "local" else squares(values)
    said, words = alt_text(table, kind), caption(table, kind)
    there = sum(value is not None for value in values)
    assert sum(counts(said).values()) == there
    assert not re.search(r"\bnan\b|<NA>|None,", said + words)
    assert said.endswith((".", "!"))
    assert words.endswith(".")
    assert "  " not in said + words


@given(VALUES, st.data())
def test_any_highlight(values: list[float | None], data: st.DataObject) -> None:
    """Any district of any table can be highlighted; its rank leaves out those within half a point, and spans them."""
    table = districts(values)
    name = data.draw(st.sampled_from(list(table["lad21nm"])))
    words = caption(table, "regional", highlight=[name])
    value = table.set_index("lad21nm").loc[name, VALUE]
    if np.isnan(value):
        return
    there = table[VALUE].dropna()
    close = (there - value).abs() <= 0.005 + 1e-9
    level, above, below = int(close.sum()), int((~close & (there > value)).sum()), int((~close & (there < value)).sum())
    end, first = ("highest", above) if above <= below else ("lowest", below)
    if level == len(there) > 1:
        assert f"level with all {level} in the North East" in words
        return
    rank = re.search(rf"(the|one of the|between the) (?:(\d+)\w* )?(?:and (\d+)\w\w )?{end} of {len(there)} in", words)
    assert rank is not None
    if level == 1:
        assert (rank[1], int(rank[2] or 1), rank[3]) == ("the", first + 1, None)
    elif first:
        assert (rank[1], int(rank[2]), int(rank[3])) == ("between the", first + 1, first + level)
    else:
        assert (rank[1], int(rank[2])) == ("one of the", level)


def test_demonstration_words(demo: Path) -> None:
    """In the demonstration every text says so first, and the sources name no real one."""
    table = districts(TEN)
    for text in (caption(table, "regional"), alt_text(table, "regional"), caption(districts([None]), "regional")):
        assert text.startswith("Demonstration data, not real values.")
    assert "made by a formula" in sources()
    assert "Atlas" not in sources()
    assert sources(basemap="© Somebody") == sources() + " Base map: © Somebody."


def test_live_words() -> None:
    """Of real data no text speaks of a demonstration, and the sources name the Atlas and the licences."""
    assert "emonstration" not in caption(districts(TEN), "regional") + alt_text(districts(TEN), "regional") + sources()
    assert "UK Social Capital Atlas" in sources()
    assert "Open Government Licence v3.0" in sources()
    assert "Open Parliament Licence" not in sources()
    assert "Open Parliament Licence" in sources(names=True)
    assert "Base map" not in sources(names=True)
    assert sources(basemap="© Somebody") == sources() + " Base map: © Somebody."


@pytest.mark.parametrize(
    ("region", "words"),
    [
        ("East of England", "the East of England"), ("North West", "the North West"), ("London", "London"),
        ("Wales", "Wales"), ("Yorkshire and The Humber", "Yorkshire and The Humber"),
    ],
)  # fmt: skip
def test_article_of_regions(region: str, words: str) -> None:
    """A region has its article where English wants one."""
    assert the(region) == words


@pytest.mark.parametrize(
    ("district", "words"),
    [
        ("Isle of Wight", "the Isle of Wight"), ("City of London", "the City of London"), ("Leeds", "Leeds"),
        ("Vale of White Horse", "the Vale of White Horse"), ("Bristol, City of", "the City of Bristol"),
    ],
)  # fmt: skip
def test_article_of_districts(district: str, words: str) -> None:
    """So has a district."""
    assert the_district(district) == words


@pytest.mark.parametrize(
    ("number", "words"),
    [(1, "1st"), (2, "2nd"), (3, "3rd"), (4, "4th"), (11, "11th"), (12, "12th"), (13, "13th"), (21, "21st"),
     (32, "32nd"), (103, "103rd"), (111, "111th"), (113, "113th")],
)  # fmt: skip
def test_ordinal(number: int, words: str) -> None:
    """Ordinals end as English has them, the teens included."""
    assert ordinal(number) == words


def test_percent() -> None:
    """A share has one decimal; a missing one is words, never "nan"."""
    assert percent(0.4724) == "47.2%"
    assert percent(0) == "0.0%"
    assert percent(float("nan")) == "no published estimate"


def test_many_outlined_are_named_alone() -> None:
    """Of more than five districts outlined the caption has the names alone, and the description their values."""
    lads = districts([0.30 + 0.01 * place for place in range(12)])
    few, many = list("ABCDE"), list("ABCDEF")
    assert "A 30.0%" in caption(lads, "regional", highlight=few)
    assert caption(lads, "regional", highlight=many).endswith("Outlined: A, B, C, D, E and F.")
    assert alt_text(lads, "regional", highlight=many).count("Outlined: ") == 6
