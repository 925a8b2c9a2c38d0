"""Axes that show no ticks: matplotlib makes two for each axis of usual ones, half of the time that axes take."""

from __future__ import annotations

from typing import Any

from matplotlib.axes import Axes
from matplotlib.axis import XAxis, YAxis


class UntickedAxes(Axes):
    """Axes whose ticks are made only if somebody sets some later."""

    def _init_axis(self) -> None:
        self.xaxis, self.yaxis = _XAxis(self, clear=False), _YAxis(self, clear=False)
        for side, axis in (("bottom", self.xaxis), ("top", self.xaxis), ("left", self.yaxis), ("right", self.yaxis)):
            self.spines[side].register_axis(axis)
            self.spines[side].set_position(("outward", 0.0))  # otherwise the first tick does it


class _Unticked:
    majorTicks: list[Any]
    minorTicks: list[Any]

    label: Any
    offsetText: Any

    def reset_ticks(self) -> None:
        self.majorTicks, self.minorTicks = [], []

    def get_children(self) -> list[Any]:
        # otherwise a search through a figure makes ticks only to look at them, a thirtieth of what a page costs
        return [self.label, self.offsetText, *self.majorTicks, *self.minorTicks]


class _XAxis(_Unticked, XAxis):
    pass


class _YAxis(_Unticked, YAxis):
    pass
