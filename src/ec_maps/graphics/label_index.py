"""Where labels can be: points in areas, and indexes with which the placement takes n log n steps for n areas."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import shapely

#: The edges of a box: left, bottom, right and top.
Edges = tuple[float, float, float, float]


class Index:
    """The first shapes of a list that grows, in trees of doubling size, so that adding n takes n log n steps.

    A copy shares the trees, which never change.
    """

    def __init__(self) -> None:
        self._trees: list[shapely.STRtree] = []
        self.number = 0

    def copy(self) -> Index:
        """Return a copy, for a trial."""
        copy = Index()
        copy._trees, copy.number = list(self._trees), self.number
        return copy

    def of(self, shapes: Sequence[shapely.Geometry]) -> Index:
        """Return the index after adding what the list has gained."""
        return self.grown(shapes[self.number :])

    def grown(self, shapes: Sequence[shapely.Geometry]) -> Index:
        """Return the index after adding shapes."""
        added = list(shapes)
        self.number += len(added)
        if added:
            while self._trees and len(self._trees[-1]) <= len(added):
                added = [*self._trees.pop().geometries, *added]
            self._trees.append(shapely.STRtree(added))
        return self

    def near(self, shape: shapely.Geometry) -> np.ndarray:
        """Return the shapes whose bounding boxes meet that of a shape."""
        found = [tree.geometries.take(tree.query(shape)) for tree in self._trees]
        return np.concatenate(found) if found else np.empty(0, dtype=object)

    def met(self, marks: np.ndarray) -> np.ndarray:
        """Return for each mark whether it meets any of the shapes."""
        met = np.zeros(len(marks), dtype=bool)
        for tree in self._trees:
            met[tree.query(marks, predicate="intersects")[0]] = True
        return met


@dataclass
class Near:
    """The positions near a shape, the cheapest at first sight first.

    `at` are their numbers among all positions, `known` is the cheap part of what each costs, and `first` is the number
    of the nearest. `cost` is the whole, NaN until somebody computes it: it is the same whatever else is placed, so
    that the many orders in which labels are tried compute it once.
    """

    at: np.ndarray
    known: np.ndarray
    first: int

    def __post_init__(self) -> None:
        self.cost = np.full(len(self.at), np.nan)

    @classmethod
    def to(
        cls, point: tuple[float, float], centres: np.ndarray, number: int, cheap: Callable[[np.ndarray], np.ndarray]
    ) -> Near:
        """Return the `number` positions nearest to a point; `cheap` returns what is known beside the distance."""
        distance = np.hypot(*(centres - point).T)
        nearest = np.arange(len(distance))
        if number < len(distance):
            nearest = np.flatnonzero(distance <= np.partition(distance, number - 1)[number - 1])
        known = distance[nearest] + cheap(centres[nearest])
        order = np.lexsort((distance[nearest], known))
        return cls(nearest[order], known[order], int(np.argmin(distance)))


class Shapes:
    """Shapes that labels are placed beside, with the points in them that lines lead to.

    `near` has the positions near a shape, by its index and the size of the box.
    """

    def __init__(self, shapes: Sequence[shapely.Geometry], points: Sequence[tuple[float, float]]) -> None:
        self.shapes = np.array(shapes, dtype=object)
        self.points = list(points)
        self.near: dict[tuple[int, tuple[float, float]], Near] = {}
        self._tree = shapely.STRtree(self.shapes)
        self._at = {id(shape): at for at, shape in enumerate(shapes)}

    def index(self, shape: shapely.Geometry) -> int:
        """Return the position of a shape, which is one of them."""
        return self._at[id(shape)]

    def hidden(self, marks: np.ndarray, size: Callable[..., np.ndarray], *, without: int = -1) -> np.ndarray:
        """Return for each mark (a box or a line) the share of it on shapes, or of those beneath it if larger."""
        mark, shape = self._tree.query(marks, predicate="intersects")
        others = shape != without
        mark, under = mark[others], self.shapes[shape[others]]
        whole = np.minimum(size(marks[mark]), np.maximum(size(under), 1e-9))
        share = size(shapely.intersection(marks[mark], under)) / np.maximum(whole, 1e-9)
        return np.asarray(np.bincount(mark, weights=share, minlength=len(marks)))


class Dots:
    """The ends of all lines, as small squares that labels and other lines leave uncovered."""

    def __init__(self, points: Sequence[tuple[float, float]], size: float) -> None:
        self._points = np.reshape(np.array(points, dtype=float), (-1, 2))
        low, high = self._points - size / 2, self._points + size / 2
        self._tree = shapely.STRtree(shapely.box(*low.T, *high.T))

    def met(self, marks: np.ndarray, own: tuple[float, float]) -> np.ndarray:
        """Return for each mark whether it meets a dot other than its own."""
        mark, dot = self._tree.query(marks, predicate="intersects")
        met = np.zeros(len(marks), dtype=bool)
        met[mark[(self._points[dot] != own).any(axis=1)]] = True
        return met


class Positions:
    """The centres at which a box of one size can stand, and which of them the first boxes of a list have taken."""

    def __init__(self, centres: np.ndarray, extent: tuple[float, float]) -> None:
        self.centres = centres
        self._half = np.array(extent) / 2
        self._taken = np.zeros(len(centres), dtype=bool)
        self._number = 0

    def after(self, boxes: Sequence[Edges]) -> Positions:
        """Return the positions after the list has gained boxes; what was returned before does not change."""
        if self._number == len(boxes):
            return self
        later = Positions(self.centres, (2 * self._half[0], 2 * self._half[1]))
        low, high = self.centres - self._half, self.centres + self._half
        later._taken = self._taken.copy()
        for left, bottom, right, top in boxes[self._number :]:
            # Boxes that only touch are in one another's way too.
            later._taken |= (low[:, 0] <= right) & (high[:, 0] >= left) & (low[:, 1] <= top) & (high[:, 1] >= bottom)
        later._number = len(boxes)
        return later

    @property
    def free(self) -> np.ndarray:
        """Whether each position is free."""
        return ~self._taken


def middle_of_level(part: shapely.Polygon, y: float) -> tuple[float, float]:
    """Return the middle of the widest stretch of a polygon at height `y`."""
    left, _, right, _ = part.bounds
    cut = shapely.get_parts(shapely.intersection(part, shapely.LineString([(left - 1, y), (right + 1, y)])))
    widest = max(cut, key=shapely.length)
    return float((widest.bounds[0] + widest.bounds[2]) / 2), y


def roomiest_point(shape: shapely.Geometry) -> tuple[float, float]:
    """Return the centre of the largest circle in an area's largest part, accurate to about 1% of the part's size."""
    part = max(shapely.get_parts(shape), key=shapely.area)
    left, bottom, right, top = part.bounds
    line = shapely.maximum_inscribed_circle(part, tolerance=max(right - left, top - bottom) / 100)
    x, y = shapely.get_coordinates(line)[0]
    return float(x), float(y)
