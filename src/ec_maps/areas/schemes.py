"""Other classes than deciles: a scheme by name and number, or the user's own edges, and the values cut by it."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from numbers import Real
from typing import Any, Literal

import numpy as np
import pandas as pd

from ec_maps.areas.deciles import cut_points
from ec_maps.arguments import several
from ec_maps.classes import FEWEST, MOST, SCHEMES, Classes, Cut
from ec_maps.errors import DataError, SettingError, listed, told

SchemeName = Literal["deciles", "quintiles", "quantiles", "equal_interval", "natural_breaks"]

#: What `scheme=` may be: a name, or edges.
Scheme = SchemeName | Sequence[float]

#: The number of classes if none is given, as in mapclassify.
_USUAL = 5

#: Natural breaks take time with the square of the number of values: of more than this, so many are taken by rank.
_ENOUGH = 600

#: Parts of names that people know from elsewhere, and what they are here.
_ELSEWHERE = {
    "jenks": 'scheme="natural_breaks"',
    "fisher": 'scheme="natural_breaks"',
    "natural": 'scheme="natural_breaks"',
    "interval": 'scheme="equal_interval"',
    "equal": 'scheme="equal_interval"',
    "quart": 'scheme="quantiles", k=4',
    "terc": 'scheme="quantiles", k=3',
    "decil": 'scheme="deciles"',
    "quint": 'scheme="quintiles"',
    "quant": 'scheme="quantiles"',
}


@dataclass(frozen=True)
class Chosen:
    """The classes that a caller chose, and the edges if they are the caller's own."""

    classes: Classes
    edges: tuple[float, ...] = ()

    def cut(self, values: pd.Series, unit: str = "") -> np.ndarray:
        """Return the edges of the classes of values, the lowest first; `unit` is that of the values, for a message.

        Raises
        ------
        DataError
            If the values do not form so many classes, or the caller's edges do not cover them.
        """
        present = np.sort(values.dropna().to_numpy(dtype=float))
        distinct, k, plural = len(np.unique(present)), self.classes.number, self.classes.nouns
        if self.edges:
            _check_cover(self.edges, present, unit)
            return np.array(self.edges)
        if distinct < k:
            msg = (
                f"Cutting {k} {plural}: {len(present)} areas have a value, and only {distinct} of the values "
                f"{'is' if distinct == 1 else 'are'} distinct. Classes made from fewer values than classes would "
                f'mislead; ask for fewer, such as scheme="quantiles", k={max(distinct, FEWEST)}.'
            )
            if distinct < FEWEST:
                found = f"all {len(present)} values are equal" if len(present) > 1 else "only one area has a value"
                found = found if distinct else "no area has a value"
                msg = f"Cutting {k} {plural}: {found}, so that there is nothing to tell apart on a map."
            raise DataError(msg)
        if self.classes.cut == "size":
            return cut_points(values, groups=k, fewer=True)
        return _edges(self.classes.cut, present.tobytes(), k)


def chosen(scheme: Scheme, k: int | None) -> Chosen:
    """Return the classes for `scheme` and `k` of :func:`ec_maps.load_areas`; `SettingError` for what is none."""
    if not isinstance(scheme, str):
        return _own_edges(scheme, k)
    if scheme not in SCHEMES:
        near = next((known for part, known in _ELSEWHERE.items() if part in scheme.lower()), "")
        hint = f" Perhaps {near}?" if near else ""
        msg = (
            f"There is no scheme {told(scheme)}.{hint} The schemes are {', '.join(SCHEMES)}; k= is the number of "
            f"classes of the last three. A list of numbers gives the edges of classes."
        )
        raise SettingError(msg)
    fixed = SCHEMES[scheme]
    number = _number(k, fixed or _USUAL)
    if fixed not in (None, number):
        msg = f'scheme="{scheme}" has {fixed} classes, and k is {number}. For another number, use scheme="quantiles".'
        raise SettingError(msg)
    return Chosen(Classes(scheme, number))


def _number(k: object, usual: int) -> int:
    if k is None:
        return usual
    if isinstance(k, bool) or not isinstance(k, int | np.integer) or not FEWEST <= k <= MOST:
        msg = f"k is {told(k)}; it should be a number from {FEWEST} to {MOST}, as the palette has {MOST} colours."
        raise SettingError(msg)
    return int(k)


def _own_edges(scheme: object, k: int | None) -> Chosen:
    """Return the classes with the caller's own edges."""
    what = f"scheme= is {', '.join(SCHEMES)}, or a list of numbers, the edges of classes"
    given: list[Any] = several(scheme, (), what)
    wrong = [edge for edge in given if isinstance(edge, bool | np.bool_) or not isinstance(edge, Real)]
    if wrong or not all(math.isfinite(edge) for edge in given):
        odd = wrong or [edge for edge in given if not math.isfinite(edge)]
        msg = (
            f"The edges of classes have to be numbers, and {listed(list(map(told, odd)), 3)} is none that can "
            f"be shown in a legend. The first edge is the lowest value or below it, the last the highest or above it."
        )
        raise SettingError(msg)
    edges = tuple(map(float, given))
    if not FEWEST <= len(edges) - 1 <= MOST:
        msg = (
            f"{len(edges)} edges were given. From {FEWEST + 1} to {MOST + 1} make {FEWEST} to {MOST} classes; both "
            f"ends count, as in [0, 20, 40, 60]."
        )
        raise SettingError(msg)
    if falls := [(one, other) for one, other in pairwise(edges) if not one < other]:
        one, other = falls[0]
        msg = f"The edges of classes have to rise: {other:g} comes after {one:g} in {list(edges)}."
        raise SettingError(msg)
    if (number := _number(k, len(edges) - 1)) != len(edges) - 1:
        msg = f"{len(edges)} edges make {len(edges) - 1} classes, and k is {number}. Leave k out: the edges say it."
        raise SettingError(msg)
    return Chosen(Classes("edges", len(edges) - 1), edges)


def _check_cover(edges: Sequence[float], present: np.ndarray, unit: str) -> None:
    """Raise `DataError` if edges do not cover the values, or put all of them into one class."""
    if not len(present):
        msg = "No area has a value, so that there is nothing to tell apart on a map."
        raise DataError(msg)
    low, high = float(present[0]), float(present[-1])
    inside = f" The edges are in the unit of the values: {unit}." if unit else ""
    if low < edges[0] or high > edges[-1]:
        beyond = int(((present < edges[0]) | (present > edges[-1])).sum())
        msg = (
            f"The edges run from {edges[0]:g} to {edges[-1]:g}, but the values from {low:g} to {high:g}: {beyond} of "
            f"{len(present)} would be in no class. Begin at or below the lowest and end at or above the "
            f"highest.{inside}"
        )
        raise DataError(msg)
    used = np.unique(np.searchsorted(np.asarray(edges)[1:-1], present, side="left"))
    if len(used) == 1:
        msg = (
            f"All {len(present)} values ({low:g} to {high:g}) are in one of the classes with the edges {list(edges)}, "
            f"so that there is nothing to tell apart on a map.{inside}"
        )
        raise DataError(msg)


@lru_cache(maxsize=32)
def _edges(cut: Cut, values: bytes, k: int) -> np.ndarray:
    """Return the edges of equal intervals or natural breaks of sorted values, given as bytes to be remembered."""
    import mapclassify

    present, bins = np.frombuffer(values), np.empty(0)
    if cut == "interval":
        bins = mapclassify.EqualInterval(present, k=k).bins
    else:
        # FisherJenks, because NaturalBreaks begins at random; it sums in single precision, so values are near 0.
        some = _by_rank(present, k)
        scaled = (some - some.mean()) / np.ptp(some)
        if len(np.unique(scaled)) >= k:
            with warnings.catch_warnings():
                warnings.filterwarnings("ignore", message="Numba not installed")
                found = mapclassify.FisherJenks(scaled, k=k).bins
            bins = some[np.searchsorted(scaled, found)]
    if len(np.unique(bins)) < k:
        msg = f"The values from {present[0]:g} to {present[-1]:g} lie too near together to tell {k} classes apart."
        raise DataError(msg)
    # The first interval is closed on both sides, so that its edges can be equal.
    return np.array([present[0], *bins[:-1], present[-1]])


def _by_rank(present: np.ndarray, k: int) -> np.ndarray:
    """Return sorted values, of very many some at even steps of rank, the ends included."""
    if len(present) <= _ENOUGH:
        return present
    some = present[np.linspace(0, len(present) - 1, _ENOUGH).round().astype(int)]
    return some if len(np.unique(some)) >= k else np.unique(present)[-_ENOUGH:]
