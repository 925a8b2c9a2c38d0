"""Ranks of areas, as spans: values that come within the measure's tolerance of each other count as level."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

#: Added to the tolerance: 0.472 and 0.467 differ by half a point, though not in binary fractions.
ROUNDED = 1e-9


def rank_spans(
    values: pd.Series | float, tolerance: float, among: pd.Series | None = None
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return the lowest and the highest rank that each value may have; 1 is the lowest value, NaN for a missing one.

    Parameters
    ----------
    values
        The values to rank.
    tolerance
        How far two values may lie apart and count as level, in their unit.
    among
        The values of all areas, if not `values`; missing ones are left out.
    """
    wanted = np.atleast_1d(np.asarray(pd.Series(values), dtype=float))
    there = np.sort(np.asarray(pd.Series(values if among is None else among).dropna(), dtype=float))
    reach = tolerance * (1 + ROUNDED)
    lowest = np.searchsorted(there, wanted - reach, side="left") + 1
    highest = np.searchsorted(there, wanted + reach, side="right")
    missing = np.isnan(wanted)
    return np.where(missing, np.nan, lowest), np.where(missing, np.nan, highest)
