"""Statistics: rank correlations with known answers, and what a small change of value would move, counted by hand."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ec_maps import load_areas, stability
from ec_maps.analysis.statistics import FEWEST, Correlations, Pair, correlation_in_words, rank_correlations, titles
from ec_maps.errors import SettingError
from made import districts

A, B, C = "economic_connectedness", "exposure", "bias"
RISING = [float(number) for number in range(12)]


def spearman(one: pd.Series, other: pd.Series) -> float:
    """Return SciPy's coefficient."""
    from scipy.stats import spearmanr

    return float(spearmanr(one, other).statistic)


def only(table: pd.DataFrame) -> Pair:
    """Return the one pair of a table of two measures."""
    (pair,) = rank_correlations(table, list(table.columns)).pairs
    return pair


def test_known_answers() -> None:
    """The same order is 1, however stretched; the order upside down is −1."""
    assert only(pd.DataFrame({A: RISING, B: np.exp(RISING)})).correlation == pytest.approx(1)
    assert only(pd.DataFrame({A: RISING, B: -(np.array(RISING) ** 3)})).correlation == pytest.approx(-1)


def test_each_pair_is_over_the_areas_with_both() -> None:
    """Missing values are left out pair by pair, the others are ranked again, and the areas are counted."""
    rng = np.random.default_rng(5)
    table = pd.DataFrame({key: rng.normal(size=60).round(1) for key in (A, B, C)})
    table.loc[:19, A] = np.nan
    table.loc[15:34, B] = np.nan
    found = {(pair.first, pair.second): pair for pair in rank_correlations(table, [A, B, C]).pairs}
    assert set(found) == {(A, B), (A, C), (B, C)}
    for (one, other), pair in found.items():
        both = table[[one, other]].dropna()
        assert pair.areas == len(both)
        assert pair.correlation == pytest.approx(spearman(both[one], both[other]))


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=FEWEST, max_size=40))
def test_ties_and_all(values: list[tuple[int, int]]) -> None:
    """It is SciPy's coefficient, ties or not; none where a measure is the same everywhere; turned, it changes sign."""
    table = pd.DataFrame(values, columns=[A, B], dtype=float)
    pair = only(table)
    if table.nunique().min() == 1:
        assert math.isnan(pair.correlation)
        return
    assert pair.correlation == pytest.approx(spearman(table[A], table[B]))
    assert only(table.assign(**{B: -table[B]})).correlation == pytest.approx(-pair.correlation)


def test_too_few_and_constant_have_none() -> None:
    """Fewer than ten areas with both, or a measure that is the same in all of these: missing, and said so."""
    values = pd.Series(RISING)
    few = only(pd.DataFrame({A: values, B: values.where(values < FEWEST - 1)}))
    assert (few.areas, math.isnan(few.correlation)) == (9, True)
    assert not math.isnan(only(pd.DataFrame({A: values, B: values.where(values < FEWEST)})).correlation)
    assert math.isnan(only(pd.DataFrame({A: values, B: 1.0})).correlation)
    # The first differs, but not where the second has values.
    longer = pd.DataFrame({A: [1.0] * 12 + [2.0] * 3, B: [*RISING, np.nan, np.nan, np.nan]})
    assert math.isnan(only(longer).correlation)
    found = rank_correlations(pd.DataFrame({A: values, B: 1.0, C: -values}), [A, B, C])
    assert [(pair.first, pair.second) for pair in found.missing] == [(A, B), (B, C)]
    assert [(pair.first, pair.second) for pair in found.strongest] == [(A, C)]
    assert correlation_in_words(found.missing[0].correlation) == "none"


def test_the_strongest_first_whatever_the_sign() -> None:
    """Pairs go by strength as it is shown, those that look alike in the codebook's order."""
    pairs = (Pair(A, B, 0.5, 20), Pair(A, C, -0.9012, 20), Pair(B, C, 0.9031, 20))
    found = Correlations((A, B, C), pairs)
    assert found.strongest == [pairs[1], pairs[2], pairs[0]]
    assert [pair.other(A) for pair in found.of(A)] == [C, B]
    assert found.table["correlation"].tolist() == [-0.9012, 0.9031, 0.5]


def test_the_table_says_which_areas() -> None:
    """Level and scope come from the table of areas, as do the measures."""
    table = pd.DataFrame({A: RISING, B: RISING})
    table.attrs = {"measures": [B, A], "level": "msoa", "scope": "ew"}
    found = rank_correlations(table)
    assert (found.measures, found.level, found.scope) == ((B, A), "msoa", "ew")
    assert found.table.columns.tolist() == ["first", "second", "correlation", "areas"]


@pytest.mark.parametrize("keys", [[], [A], [A, A], [A, B, C]])
def test_two_measures_at_least(keys: list[str]) -> None:
    """One measure, none, the same twice or one without a column is an error."""
    with pytest.raises(SettingError, match="two measures or more"):
        rank_correlations(pd.DataFrame({A: RISING, B: RISING}), keys)


def test_an_unknown_measure_is_an_error() -> None:
    """A column that is no measure of the codebook is not taken for one."""
    with pytest.raises(SettingError, match="no measure"):
        rank_correlations(pd.DataFrame({A: RISING, "rain": RISING}), [A, "rain"])


def test_words() -> None:
    """Two decimals, a true minus, no minus nought; titles begin small within a sentence."""
    assert [correlation_in_words(value) for value in (0.618, -0.618, -0.001, 1.0, math.nan)] == [
        "0.62",
        "−0.62",
        "0.00",
        "1.00",
        "none",
    ]
    assert titles([A, C]) == ["economic connectedness", "friending bias"]


# ---- how stable the deciles are ----


TEN = [0.30, 0.304, 0.36, 0.39, 0.42, 0.45, 0.48, 0.51, 0.54, 0.57]


def table() -> pd.DataFrame:
    """Return ten districts, two of which lie close to the edge between the first two deciles."""
    found = districts(TEN)
    for name, shift in (("decile_low", -1), ("decile_high", 1)):
        found[name] = found["decile"]
        found.loc[[0, 1] if shift > 0 else [1], name] += shift
    found.attrs["measure"] = "economic_connectedness"
    return found


def test_what_would_move() -> None:
    """Areas that would be in another decile are counted once, whichever way they would go."""
    told = stability(table())
    assert (told.valued, told.would_change_decile, told.two_away) == (10, 2 + 0, 0)
    assert told.widest_error is None
    assert told.sentence.startswith(
        "Of the 10 local authorities with a value, 2 (20%) would be in another decile if their value were half a "
        "percentage point lower or higher, none of them by more than one decile."
    )


def test_what_would_move_far() -> None:
    """An area that would go by more than one decile, up or down, is counted as that too; one that would not, is not."""
    areas = table()
    areas.loc[3, "decile_low"] -= 2
    areas.loc[6, "decile_high"] += 2
    told = stability(areas)
    assert (told.would_change_decile, told.two_away) == (4, 2)
    assert "two of them by more than one decile" in told.sentence


def test_the_error_from_counting() -> None:
    """The bound is that of a share whose people are all at 0 or 1: 1.96 times the root of p(1 - p)/n."""
    told = stability(table().assign(num_users=10_000))
    middle = (0.42 + 0.45) / 2
    assert told.widest_error == pytest.approx(1.96 * (middle * (1 - middle) / 10_000) ** 0.5)
    assert "at most 1.0 percentage points in 95% of cases" in told.sentence


def test_columns_of_the_table_are_what_the_band_says(demo: object) -> None:
    """The decile of a value half a point lower or higher, cut at the same points."""
    lads = load_areas("lad").dropna(subset=["decile"])
    edges = lads.attrs["cut_points"][1:-1]
    for name, shift in (("decile_low", -0.005), ("decile_high", 0.005)):
        expected = [1 + sum(value + shift > edge for edge in edges) for value in lads["economic_connectedness"]]
        assert lads[name].tolist() == expected


def test_a_table_that_cannot_tell() -> None:
    """A table without the columns is refused with what it lacks."""
    with pytest.raises(SettingError, match="decile_high, decile_low"):
        stability(districts(TEN))
