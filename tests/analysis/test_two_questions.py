"""The two lists of a place: which neighbourhoods are on them, which could be, and what is said of them."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest

from analysis.test_bivariate import BIAS, EXPOSURE, both, nine
from ec_maps import MEASURES, load_areas
from ec_maps.analysis.bivariate import KINDS, LEVERS, bivariate_table
from ec_maps.analysis.two_questions import CAUTION, FINDINGS, KindList, two_lists

TESTHAM = "E06000999"


def lists(table: gpd.GeoDataFrame) -> tuple[KindList, KindList]:
    """Return the lists of Testham."""
    return two_lists(bivariate_table(table), [TESTHAM])


def names(rows: pd.DataFrame) -> list[str]:
    """Return the numbers of the neighbourhoods of Testham in a table."""
    return [name.removeprefix("Testham ") for name in rows["msoa21nm"]]


def test_one_of_each() -> None:
    """Of nine, one in each class, the third has many to meet and high bias, the seventh few to meet and low bias."""
    bias, exposure = lists(nine("msoa"))
    assert (bias.kind, exposure.kind) == (LEVERS["bias"], LEVERS["exposure"]) == (KINDS[1], KINDS[2])
    assert (names(bias.rows), names(exposure.rows)) == (["003"], ["007"])
    assert (names(bias.others), names(exposure.others)) == ([], [])
    assert bias.total == 9
    assert bias.sentence == "One of the 9 neighbourhoods is of this kind."
    assert bias.heading == "Many to meet, but friendships follow less often"


def test_near_a_cut() -> None:
    """One on the list within the tolerance of a cut is marked, and one off it that could be on it is named apart."""
    # The upper cut of exposure is at 54.9%: the third is just above it, and the second just below.
    exposure = [*EXPOSURE[:1], 0.5465, 0.550, *EXPOSURE[3:]]
    table = bivariate_table(both(exposure, BIAS, level="msoa"))
    cut = table.attrs["exposure_cut_points"][2]
    tolerance = MEASURES["exposure"].tolerance
    assert exposure[1] < cut < exposure[2]
    assert max(cut - exposure[1], exposure[2] - cut) < tolerance
    found, _ = two_lists(table, [TESTHAM])
    assert (names(found.rows), names(found.others)) == (["003"], ["002"])
    assert found.rows["near_cut"].tolist() == [True]
    assert found.sentence == (
        "One of the 9 neighbourhoods is of this kind. It is near a cut point and could be of another kind. One other "
        "is near a cut point and could be: Testham 002."
    )


def test_thirds_are_of_all_neighbourhoods() -> None:
    """A place's lists do not depend on which places are asked for: thirds are of the whole table."""
    table = nine("msoa")
    table.loc[:2, ["lad21cd", "lad21nm"]] = ["E06000998", "Overthere"]
    whole = bivariate_table(table)
    bias, exposure = two_lists(whole, [TESTHAM])
    assert (len(bias.rows), len(exposure.rows), bias.total) == (0, 1, 6)
    assert bias.sentence == "None of the 6 neighbourhoods are of this kind."
    bias, exposure = two_lists(whole, [TESTHAM, "E06000998"])
    assert (len(bias.rows), len(exposure.rows), bias.total) == (1, 1, 9)


def test_one_of_two_values_missing() -> None:
    """A neighbourhood without either value is on no list, could be on none, and is not counted."""
    bias, exposure = lists(both([*EXPOSURE, 0.61, None], [*BIAS, None, 0.20], level="msoa"))
    assert (bias.total, bias.lacking) == (9, 2)
    assert bias.sentence == "One of the 9 neighbourhoods with both values is of this kind."
    for found in (bias, exposure):
        assert not {"010", "011"} & {*names(found.rows), *names(found.others)}


def test_a_place_with_few() -> None:
    """A single neighbourhood, and none with both values, have sentences of their own."""
    table = nine("msoa")
    table.loc[2, ["lad21cd", "lad21nm"]] = ["E06000998", "Overthere"]
    whole = bivariate_table(table)
    bias, exposure = two_lists(whole, ["E06000998"])
    assert bias.sentence == "The only neighbourhood is of this kind."
    assert exposure.sentence == "The only neighbourhood is not of this kind."
    bias, _ = two_lists(whole, ["E06000997"])
    assert (bias.total, bias.sentence) == (
        0,
        "No neighbourhood here has a published estimate of both exposure and bias.",
    )


def test_what_helps_is_cited() -> None:
    """Each list has findings, each with its source and where that is, and words without blame; the caution is one."""
    for found in lists(nine("msoa")):
        assert found.findings
        for one in found.findings:
            assert one.text.endswith(".")
            assert one.source
            assert one.address.startswith("https://")
    assert set(FINDINGS) == set(LEVERS)
    words = " ".join([CAUTION, *(one.text for some in FINDINGS.values() for one in some)]).lower()
    assert not {"poor", "bad", "deprived", "failing", "worst", "problem", "segregated"} & set(words.split())
    assert CAUTION.startswith("An area is not a person.")


def test_the_demonstration(demo: Path) -> None:
    """Every neighbourhood of the two kinds is on its district's list once, and near ones are those marked in it."""
    table = bivariate_table(load_areas("msoa"))
    for at, key in enumerate(LEVERS):
        every = two_lists(table, table["lad21cd"].unique())[at]
        kind = (table["kind"] == LEVERS[key].name).fillna(value=False)
        assert sorted(every.rows["msoa21cd"]) == sorted(table.loc[kind, "msoa21cd"])
        assert every.others["near_cut"].all()
        assert every.total == table.attrs["with_both"]


@pytest.mark.parametrize("number", [0, 1, 2, 5, 20])
def test_grammar(number: int) -> None:
    """One and many agree with their verbs."""
    names = [f"A {place}" for place in range(1, number + 1)]
    rows = pd.DataFrame({"msoa21nm": names, "near_cut": [True] * number})
    found = KindList(KINDS[1], rows, rows, 30, 0, FINDINGS["bias"])
    near, of_kind = "near a cut point and could be", "of the 30 neighbourhoods are of this kind."
    expected = {
        0: f"None {of_kind}",
        1: f"One of the 30 neighbourhoods is of this kind. It is {near} of another kind. One other is {near}: A 1.",
        2: f"Two {of_kind} Both are {near} of another kind. Two others are {near}: A 1 and A 2.",
        5: f"Five {of_kind} All are {near} of another kind. Five others are {near}: A 1, A 2, A 3, A 4 and A 5.",
        20: f"20 {of_kind} All are {near} of another kind. 20 others are {near}: A 1, A 2, A 3, A 4, A 5, A 6, A 7, "
        "A 8, A 9, A 10, A 11 and 9 more.",
    }
    assert found.sentence == expected[number]
