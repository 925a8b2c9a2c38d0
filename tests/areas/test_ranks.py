"""Ranks: spans of values that count as level, counted from the lowest; the same as counting one by one."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from ec_maps.areas.ranks import rank_spans

VALUES = st.lists(
    st.one_of(st.integers(0, 40).map(lambda number: number / 100), st.just(math.nan)), min_size=1, max_size=40
)


def test_known_ranks() -> None:
    """Without a tolerance equal values share a rank; with one, those half a point apart do; missing ones have none."""
    values = pd.Series([0.40, 0.30, math.nan, 0.472, 0.30, 0.467])
    low, high = rank_spans(values, 0)
    np.testing.assert_array_equal(low, [3, 1, math.nan, 5, 1, 4])
    np.testing.assert_array_equal(high, [3, 2, math.nan, 5, 2, 4])
    # In binary fractions 0.472 and 0.467 lie slightly more than 0.005 apart.
    low, high = rank_spans(values, 0.005)
    np.testing.assert_array_equal(low, [3, 1, math.nan, 4, 1, 4])
    np.testing.assert_array_equal(high, [3, 2, math.nan, 5, 2, 5])


def test_a_value_among_others() -> None:
    """A single value is ranked among all; integers that may be missing are values too; no values, no ranks."""
    among = pd.Series([1, None, 5, 9], dtype="Int64")
    assert [rank.tolist() for rank in rank_spans(5, 4, among)] == [[1], [3]]
    assert [rank.tolist() for rank in rank_spans(pd.Series([], dtype=float), 1)] == [[], []]
    assert all(math.isnan(rank[0]) for rank in rank_spans(math.nan, 1, among))


@given(VALUES, st.sampled_from([0, 0.005, 0.01, 0.05]))
def test_as_counted_one_by_one(values: list[float], tolerance: float) -> None:
    """The lowest rank counts the values clearly below, the highest all but those clearly above."""
    low, high = rank_spans(pd.Series(values, dtype=float), tolerance)
    there = [value for value in values if not math.isnan(value)]
    for value, first, last in zip(values, low, high, strict=True):
        if math.isnan(value):
            assert math.isnan(first)
            assert math.isnan(last)
            continue
        assert first == 1 + sum(round(value - other, 6) > tolerance for other in there)
        assert last == len(there) - sum(round(other - value, 6) > tolerance for other in there)
