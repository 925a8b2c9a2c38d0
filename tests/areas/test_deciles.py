from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ec_maps.areas.deciles import cut_points, deciles
from ec_maps.errors import DataError

shares = st.lists(st.floats(0, 1, allow_nan=False, allow_subnormal=False), min_size=10, max_size=80)
noisy = st.lists(
    # Values that differ in the last bits only: 0.1 + 0.2 beside 0.3, thirds that do not add up.
    st.builds(lambda number, noise: number / 10 + noise * 1e-16, st.integers(0, 60), st.integers(-3, 3)),
    min_size=10,
    max_size=80,
)


def groups(values: list[float]) -> pd.Series:
    """Return the deciles of values that can be cut into ten; give up the example otherwise."""
    try:
        return deciles(pd.Series(values))
    except DataError:
        assume(False)
        raise


def test_ten_areas_have_ten_deciles() -> None:
    """Ten areas with ten values: the lowest is in decile 1, the highest in decile 10."""
    found = deciles(pd.Series([0.31, 0.55, 0.42, 0.38, 0.60, 0.47, 0.35, 0.50, 0.44, 0.58]))
    assert list(found) == [1, 8, 4, 3, 10, 6, 2, 7, 5, 9]


def test_twenty_areas_make_pairs() -> None:
    """Twenty values make ten pairs, lowest pair first, and the edges lie where linear interpolation puts them."""
    values = pd.Series(range(1, 21))
    assert list(deciles(values)) == [group for group in range(1, 11) for _ in range(2)]
    assert cut_points(values) == pytest.approx([1, 2.9, 4.8, 6.7, 8.6, 10.5, 12.4, 14.3, 16.2, 18.1, 20])


def test_a_value_on_an_edge_is_in_the_lower_group() -> None:
    """Of eleven evenly spaced values each lies on an edge, and belongs to the group below; the lowest to the first."""
    assert list(deciles(pd.Series(range(11)))) == [1, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]


def test_ties_share_a_decile() -> None:
    """Equal values are in one group, even where an edge falls among them."""
    values = pd.Series([*range(1, 30), 14, 14])
    assert deciles(values)[values == 14].nunique() == 1


def test_missing_values_stay_missing_and_move_nothing() -> None:
    """A missing value has no decile, and the others have those that they have without it."""
    values = pd.Series([0.31, 0.55, 0.42, 0.38, 0.60, 0.47, 0.35, 0.50, 0.44, 0.58], index=list("abcdefghij"))
    gaps = pd.concat([values, pd.Series([np.nan, None, pd.NA], index=list("xyz"), dtype="Float64")])
    found = deciles(gaps)
    assert found[list("xyz")].isna().all()
    pd.testing.assert_series_equal(found[list("abcdefghij")], deciles(values))
    assert list(cut_points(gaps)) == list(cut_points(values))


def test_the_form_of_the_answer() -> None:
    """The answer is a series of nullable integers called decile, with the index it was asked with, repeats included."""
    values = pd.Series([*range(10), None], index=["a", "a", *"bcdefghij"], dtype="Float64")
    found = deciles(values)
    assert (found.name, str(found.dtype)) == ("decile", "Int64")
    assert found.index.equals(values.index)
    assert list(found[:10]) == list(range(1, 11))
    assert found.isna().sum() == 1


@given(st.one_of(shares, noisy))
def test_same_as_qcut(values: list[float]) -> None:
    """The groups are those of pandas.qcut, to the last bit of a value."""
    found = groups(values)
    assert list(found) == list(pd.qcut(pd.Series(values), 10, labels=range(1, 11)).astype(int))


@given(shares)
def test_same_as_mapclassify(values: list[float]) -> None:
    """An independent classifier makes the same groups and the same upper edges."""
    import mapclassify

    values = [round(value, 6) for value in values]
    found = groups(values)
    assume(np.diff(cut_points(pd.Series(values))).min() > 1e-9)
    theirs = mapclassify.Quantiles(np.array(values), k=10)
    assert list(cut_points(pd.Series(values))[1:]) == pytest.approx(list(theirs.bins), abs=1e-12)
    # At an edge the last bit decides, and the two compute it in different ways.
    apart = [min(abs(np.array(theirs.bins) - value)) > 1e-12 for value in values]
    assert [g for g, far in zip(found, apart, strict=True) if far] == [
        b + 1 for b, far in zip(theirs.yb, apart, strict=True) if far
    ]


@given(st.one_of(shares, noisy))
def test_a_higher_value_is_in_no_lower_group(values: list[float]) -> None:
    """Deciles rise with the values, from 1 to 10, and equal values share one."""
    table = pd.DataFrame({"value": values, "decile": groups(values)}).sort_values("value")
    assert table["decile"].is_monotonic_increasing
    assert (table["decile"].iloc[0], table["decile"].iloc[-1]) == (1, 10)
    assert (table.groupby("value")["decile"].nunique() == 1).all()


@given(st.lists(st.floats(0, 1, allow_subnormal=False), min_size=10, max_size=200, unique=True))
def test_groups_of_different_values_are_about_equal(values: list[float]) -> None:
    """Without ties, no group is more than two areas larger than another."""
    sizes = groups(values).value_counts()
    assert sizes.max() - sizes.min() <= 2


@given(shares, st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(values: list[float], chance) -> None:
    """Shuffled rows have the same deciles."""
    found = groups(values)
    order = list(range(len(values)))
    chance.shuffle(order)
    shuffled = deciles(pd.Series(values).loc[order])
    pd.testing.assert_series_equal(shuffled.sort_index(), found)


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ([], "0 areas have a value, and only 0 of the values are distinct"),
        ([np.nan] * 20, "0 areas have a value"),
        ([0.4] * 30, "30 areas have a value, and only 1 of the values are distinct"),
        ([0.1 * n for n in range(9)] * 3, "27 areas have a value, and only 9 of the values are distinct"),
        ([0.5] * 80 + [0.01 * n for n in range(12)], r"so many of the 92 values are equal \(the commonest, 0\.5, 80"),
        ([*range(15), np.inf, -np.inf], "2 of the 17 values are infinite"),
    ],
)
def test_what_cannot_be_cut_into_ten(values: list[float], says: str) -> None:
    """Too few values, too many equal ones and infinite ones are an error with the numbers, never fewer groups."""
    for cut in (deciles, cut_points):
        with pytest.raises(DataError, match=says):
            cut(pd.Series(values, dtype=float))
