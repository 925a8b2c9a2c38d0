"""Free space on a map: boxes, and a fine raster of the land, to find room for labels quickly."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely


@dataclass(frozen=True)
class Box:
    """A rectangle by its edges, in inches."""

    left: float
    bottom: float
    right: float
    top: float

    @classmethod
    def around(cls, x: float, y: float, size: tuple[float, float]) -> Box:
        """Return the box of a size centred on a point."""
        return cls(x - size[0] / 2, y - size[1] / 2, x + size[0] / 2, y + size[1] / 2)

    @property
    def centre(self) -> tuple[float, float]:
        """The middle of the box."""
        return (self.left + self.right) / 2, (self.bottom + self.top) / 2

    def grown(self, by: float) -> Box:
        """Return the box with `by` inches more on each side."""
        return Box(self.left - by, self.bottom - by, self.right + by, self.top + by)

    def meets(self, other: Box) -> bool:
        """Return whether the two boxes overlap."""
        return (
            self.left < other.right and other.left < self.right and self.bottom < other.top and other.bottom < self.top
        )

    def inside(self, other: Box) -> bool:
        """Return whether this box lies within another."""
        return (
            self.left >= other.left
            and self.right <= other.right
            and self.bottom >= other.bottom
            and self.top <= other.top
        )

    def shape(self) -> shapely.Polygon:
        """Return the box as a polygon."""
        return shapely.box(self.left, self.bottom, self.right, self.top)


# --- land on a fine raster --------------------------------------------------------------------------


_STEP = 0.04
_SAMPLES = 24


class Ground:
    """A raster of a map, with cells a twenty-fifth of an inch wide, of what is land.

    Parameters
    ----------
    frame
        The map's box, in inches from its own lower left corner.
    land
        The land, in inches from the same corner.
    """

    def __init__(self, frame: Box, land: shapely.Geometry) -> None:
        self.frame = frame
        xs = np.arange(frame.left + _STEP / 2, frame.right, _STEP)
        ys = np.arange(frame.bottom + _STEP / 2, frame.top, _STEP)
        # Detail finer than half a cell makes no visible difference.
        coarse = shapely.simplify(land, _STEP / 2)
        shapely.prepare(coarse)
        grid = np.stack(np.meshgrid(xs, ys), axis=-1).reshape(-1, 2)
        self._land = shapely.intersects_xy(coarse, grid[:, 0], grid[:, 1]).reshape(len(ys), len(xs))
        # Sums over all cells below and left give the count in any rectangle from its four corners.
        self._sums = np.pad(self._land.cumsum(axis=0).cumsum(axis=1), ((1, 0), (1, 0)))

    def covered(self, centres: np.ndarray, extent: tuple[float, float]) -> np.ndarray:
        """Return the share of land beneath boxes of a size (width, height in inches) at these centres."""
        rows, columns = self._land.shape
        low = np.rint((centres - np.array(extent) / 2 - (self.frame.left, self.frame.bottom)) / _STEP).astype(int)
        high = low + np.maximum(1, np.rint(np.array(extent) / _STEP)).astype(int)
        left, right = np.clip(low[:, 0], 0, columns), np.clip(high[:, 0], 0, columns)
        bottom, top = np.clip(low[:, 1], 0, rows), np.clip(high[:, 1], 0, rows)
        sums = self._sums
        inside = sums[top, right] - sums[bottom, right] - sums[top, left] + sums[bottom, left]
        return np.asarray(inside / np.prod(high - low, axis=1))

    def crossed(self, starts: np.ndarray, end: tuple[float, float]) -> np.ndarray:
        """Return the length over land, in inches, of the line from each start to the end point."""
        rows, columns = self._land.shape
        along = np.linspace(0, 1, _SAMPLES)[:, None, None]
        points = starts + along * (np.array(end) - starts)
        cells = ((points - (self.frame.left, self.frame.bottom)) / _STEP).astype(int)
        on_land = self._land[np.clip(cells[..., 1], 0, rows - 1), np.clip(cells[..., 0], 0, columns - 1)]
        return np.asarray(on_land.mean(axis=0) * np.hypot(*(starts - end).T))

    def empty_rectangle(self, aspect: float, gap: float) -> Box | None:
        """Return the largest rectangle of an aspect (width by height) that is `gap` inches away from all land.

        Of equally large ones, the one furthest to the right is returned; None if none is wider than an inch.
        """
        around = round(gap / _STEP)
        rows, columns = self._land.shape
        sums = self._sums
        for inner in range(columns // 2, round(1 / _STEP), -1):
            width, height = inner + 2 * around, max(1, round(inner / aspect)) + 2 * around
            if height >= rows or width >= columns:
                continue
            land = sums[height:, width:] - sums[:-height, width:] - sums[height:, :-width] + sums[:-height, :-width]
            y, x = np.nonzero(land == 0)
            if len(y):
                best = int(np.argmax(x * rows + y))
                left, bottom = self.frame.left + x[best] * _STEP, self.frame.bottom + y[best] * _STEP
                return Box(left, bottom, left + width * _STEP, bottom + height * _STEP).grown(-around * _STEP)
        return None
