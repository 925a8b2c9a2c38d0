"""The layout of a strip plot: its strips, their shared scale, and the position of each dot (a beeswarm)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from ec_maps.graphics.layout import MAP_WIDTH

if TYPE_CHECKING:
    import pandas as pd

    from ec_maps.analysis.district import DistrictProfile
    from ec_maps.measures import Measure

#: The height of a row of text above or beneath a strip, in inches.
ROW = 0.17


@dataclass(frozen=True)
class Strip:
    """A strip: its middle line in inches above the axis, and its height."""

    middle: float
    height: float

    @property
    def top(self) -> float:
        """Its upper edge."""
        return self.middle + self.height / 2

    @property
    def bottom(self) -> float:
        """Its lower edge."""
        return self.middle - self.height / 2


@dataclass(frozen=True)
class StripLayout:
    """The positions in the axes, in inches above the axis: the lower strip, if there is one, and the upper strip."""

    lower: Strip | None
    upper: Strip

    @classmethod
    def of(cls, place: DistrictProfile) -> StripLayout:
        """Return the layout; outside England and Wales it has no strip of neighbourhoods."""
        lower = None if place.beyond else Strip(ROW + 0.32, 0.64)
        # Beneath the upper strip are the medians' labels, and beneath those the heading of the lower strip.
        foot = lower.top + 2 * ROW + 0.06 if lower else ROW
        return cls(lower, Strip(foot + 0.6, 1.2))

    @property
    def strips(self) -> list[Strip]:
        """The strips, the upper one first."""
        return [self.upper, *([self.lower] if self.lower else [])]

    @property
    def name(self) -> float:
        """The height of the district's name: above the upper strip's dots and the marked one."""
        return self.upper.top + 0.16

    @property
    def body(self) -> float:
        """The height of the axes, with the district's name and the heading of the upper strip."""
        return self.name + 2 * ROW


@dataclass(frozen=True)
class Scale:
    """The scale of the strips' axis: per cent, or the measure's own unit if that is not a share."""

    low: float
    high: float
    measure: Measure

    @classmethod
    def of(cls, measure: Measure, *values: pd.Series) -> Scale:
        """Return the scale for values in the measure's unit, with room for half a dot beyond each end."""
        all_of_them = _per_unit(measure) * np.concatenate(values)
        low, high = (float(all_of_them.min()), float(all_of_them.max())) if len(all_of_them) else (0.0, 100.0)
        room = max((high - low) * 0.02, 0.005 * _per_unit(measure))
        return cls(low - room, high + room, measure)

    def units(self, values: Any) -> Any:
        """Return values in the measure's unit as numbers on the axis."""
        return _per_unit(self.measure) * values

    def inches(self, values: pd.Series | float) -> np.ndarray:
        """Return values in the measure's unit as inches from the axis's left end."""
        on_axis = self.units(np.asarray(values, dtype=float))
        return np.asarray((on_axis - self.low) / (self.high - self.low) * MAP_WIDTH)

    def place(self, inches: float) -> float:
        """Return the number on the axis at a distance in inches from the left end."""
        return self.low + inches / MAP_WIDTH * (self.high - self.low)

    @property
    def ticks(self) -> dict[float, str]:
        """Round numbers, twelve at most, each with its label."""
        least = 0 if _per_unit(self.measure) > 1 else -2
        steps = (step * 10.0**power for power in range(least, 9) for step in (1, 2, 5))
        step = next(step for step in steps if (self.high - self.low) / step <= 12)
        marks = np.arange(math.ceil(self.low / step) * step, self.high, step)
        unit = "" if self.measure.unit == "rate" else "%"
        return {float(mark): f"{round(float(mark), 2):g}{unit}".replace("-", "−") for mark in marks}


def _per_unit(measure: Measure) -> float:
    """Return the axis's units for a value of 1: shares are shown in per cent."""
    return 1.0 if measure.unit == "rate" else 100.0


# --- a beeswarm: dots along a line, moved off it so that none overlaps another ----------------------


#: The greatest and least width of a dot with the space around it, in inches.
WIDEST, NARROWEST = 0.08, 0.02

_NONE = 1e-9


def swarm(across: np.ndarray, width: float) -> np.ndarray:
    """Return the distance of dots from the line, each as small as possible without overlaps (a beeswarm).

    Parameters
    ----------
    across
        The positions along the line. Dots in the middle are placed first, the outermost last.
    width
        The width of each dot, in the same unit.

    Returns
    -------
    up
        The distances, negative beneath the line.
    """
    up = np.zeros(len(across))
    if not len(across):
        return up
    order = np.argsort(np.abs(across - np.median(across)), kind="stable")
    for number, dot in enumerate(order):
        placed = order[:number]
        apart = np.abs(across[placed] - across[dot])
        near = apart < width - _NONE
        if not near.any():
            continue
        there, reach = up[placed[near]], np.sqrt(width**2 - apart[near] ** 2)
        # Of two equally near positions, the upper and the lower one alternate, so that the swarm is even.
        side = 1 if number % 2 else -1
        options = side * np.concatenate([[0.0], there + reach, there - reach])
        free = (np.abs(options[:, None] - side * there) >= reach - _NONE).all(axis=1)
        options = options[free]
        up[dot] = side * options[np.lexsort((-options, np.abs(options).round(6)))[0]]
    return up


def above(place: float, across: np.ndarray, up: np.ndarray, apart: float) -> float:
    """Return the height above the line at which a dot clears all others, `apart` from centre to centre."""
    sideways = np.abs(across - place)
    near = sideways < apart
    return float(np.max(up[near] + np.sqrt(apart**2 - sideways[near] ** 2), initial=0.0))


def width_within(across: np.ndarray, height: float) -> float:
    """Return the width of dots that fit into a strip of a height, all in inches.

    Parameters
    ----------
    across
        The positions of the dots along the strip.
    height
        The strip's height.

    Returns
    -------
    width
        The greatest width at which the swarm fits the height, or the least visible width if none fits.
    """
    return _width_within(across.astype(float).tobytes(), height)


@lru_cache(maxsize=64)
def _width_within(across: bytes, height: float) -> float:
    # Cached, because the strip is much the same for every district, and the search takes longer than the drawing.
    places, width = np.frombuffer(across), WIDEST
    while width > NARROWEST and len(places) and 2 * np.abs(swarm(places, width)).max() + width > height:
        width *= 0.96
    return max(width, NARROWEST)


def squeezed(up: np.ndarray, width: float, height: float) -> np.ndarray:
    """Return the distances, scaled to the height if even the narrowest dots do not fit; then dots overlap."""
    most = float(np.max(np.abs(up), initial=0.0))
    return up * min(1.0, (height - width) / 2 / most) if most else up
