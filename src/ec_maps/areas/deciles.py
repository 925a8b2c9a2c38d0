"""Deciles: ten equal groups of areas, 1 the lowest and 10 the highest; and other equal groups."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from ec_maps.errors import DataError

GROUPS = 10


def deciles(values: pd.Series, *, fewer: bool = False) -> pd.Series:
    """Return each value's decile among the values that are not missing.

    The edges are those of :func:`pandas.qcut` (linear interpolation between ordered values, intervals closed on the
    right), so equal values always share a decile. A missing value has a missing decile and does not affect the edges.

    Parameters
    ----------
    values
        One value an area, with missing values as NaN or NA.
    fewer
        Whether fewer than ten groups are allowed where many values are equal. Equal values then have the lowest of the
        deciles that they fill, and the others are empty: if a quarter of the areas are at zero, all of these are in
        decile 1, none is in 2, and the rest are in 3 to 10.

    Returns
    -------
    decile
        Nullable integers (``Int64``) from 1, the lowest, to 10, the highest; index as in `values`.

    Raises
    ------
    DataError
        If the values do not form ten groups: fewer than ten of them, or so many equal that two edges coincide; with
        `fewer`, if they do not form two.
    """
    return group(values, cut_points(values, fewer=fewer))


def group(values: pd.Series, edges: Sequence[float] | np.ndarray) -> pd.Series:
    """Return each value's decile, or other class, by given edges; one beyond them is in the first or the last."""
    numbers = values.to_numpy(dtype=float, na_value=np.nan)
    # As in pandas.qcut, intervals are closed on the right, the first one on the left too.
    groups = np.searchsorted(np.asarray(edges)[1:-1], numbers, side="left") + 1
    return pd.Series(pd.arrays.IntegerArray(groups.astype(np.int64), np.isnan(numbers)), values.index, name="decile")


def group_span(values: pd.Series, edges: Sequence[float] | np.ndarray, tolerance: float) -> tuple[pd.Series, pd.Series]:
    """Return the lowest and the highest class that each value is in if it is up to a tolerance lower or higher."""
    return group(values - tolerance, edges), group(values + tolerance, edges)


def cut_points(values: pd.Series, *, groups: int = GROUPS, fewer: bool = False) -> np.ndarray:
    """Return the edges of the deciles, or of another number of groups, lowest first; raise as :func:`deciles` does."""
    present = values.dropna().astype(float)
    if np.isinf(present).any():
        msg = f"Cutting deciles: {int(np.isinf(present).sum())} of the {len(present)} values are infinite."
        raise DataError(msg)
    distinct = present.nunique()
    if fewer and distinct < 2:
        msg = (
            f"Cutting deciles: {len(present)} areas have a value, and only {distinct} of the values "
            f"{'is' if distinct == 1 else 'are'} distinct, so that there are no groups."
        )
        raise DataError(msg)
    if distinct < groups and not fewer:
        msg = (
            f"Cutting deciles: {len(present)} areas have a value, and only {distinct} of the values are distinct. "
            f"Ten groups need at least ten different values; deciles made from fewer would mislead."
        )
        raise DataError(msg)
    _, edges = pd.qcut(present, groups, labels=False, retbins=True, duplicates="drop")
    if len(edges) != groups + 1 and fewer:
        edges = present.quantile(np.linspace(0, 1, groups + 1)).to_numpy()
    if len(edges) != groups + 1:
        msg = (
            f"Cutting deciles: so many of the {len(present)} values are equal (the commonest, "
            f"{present.mode().iloc[0]:g}, {int(present.value_counts().iloc[0])} times) that they form only "
            f"{len(edges) - 1} groups. Ten groups of about equal size cannot be made from them."
        )
        raise DataError(msg)
    return np.asarray(edges, dtype=float)
