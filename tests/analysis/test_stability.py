"""How stable the deciles are: what a small change of value would move, counted by hand."""

from __future__ import annotations

import pandas as pd
import pytest

from ec_maps import load_areas, stability
from ec_maps.errors import SettingError
from made import districts

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
