"""Label placement: inside an area if the text fits, else beside it with a line, without overlaps.

A fine raster of the land tells quickly where a label would cover it.

All positions are inches from the lower left corner of the map, so that text and land are measured alike.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import shapely

from ec_maps.graphics.label_index import Dots, Index, Near, Positions, Shapes, middle_of_level, roomiest_point
from ec_maps.graphics.text_metrics import Style, forms, text_size

#: The width of a cell of the raster of land, in inches, and how many points of a line are looked up in it.
_STEP = 0.04
_SAMPLES = 24

_DIGIT_HEIGHT = 0.85
_BATCH = 250

#: How many of the nearest positions are tried.
NEAREST = 4000
_HIDDEN = 0.5

#: The cost of a label without a free position.
CROWDED = 100.0

_DOT = 0.03


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


class Ground:
    """A raster of what is land on a map, both in inches from the map's lower left corner."""

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


@dataclass(frozen=True)
class Label:
    """A placed text: its lines, its size in points, its box, and whether it is on others, as no position is free."""

    text: str
    size: float
    box: Box
    crowded: bool = False


@dataclass
class Placer:
    """Place labels on one map, whose box is `frame`, so that none overlaps another.

    Later labels avoid the boxes in `taken`, the `lines` from labels to areas, and the `dots` where lines end, placed
    or still to come. `spent` is the total cost of the labels placed with lines.
    """

    frame: Box
    taken: list[Box] = field(default_factory=list)
    lines: list[shapely.LineString] = field(default_factory=list)
    dots: Dots = field(default_factory=lambda: Dots([], _DOT))
    spent: float = 0.0
    _boxes: Index = field(default_factory=Index)
    _lines: Index = field(default_factory=Index)
    _positions: dict[tuple[float, float], Positions] = field(default_factory=dict)

    def copy(self) -> Placer:
        """Return a copy of the placer, for a trial."""
        copy = Placer(self.frame, list(self.taken), list(self.lines), self.dots, self.spent)
        copy._boxes, copy._lines, copy._positions = self._boxes.copy(), self._lines.copy(), dict(self._positions)
        return copy

    def adopt(self, other: Placer) -> None:
        """Take over what another placer has placed."""
        self.taken, self.lines, self.spent = other.taken, other.lines, other.spent
        self._boxes, self._lines, self._positions = other._boxes, other._lines, other._positions

    def keep(self, shapes: Sequence[shapely.Geometry]) -> Shapes:
        """Return shapes that labels go beside and leave visible; the labels to come avoid their lines' ends."""
        points = [roomiest_point(shape) for shape in shapes]
        self.dots = Dots(points, _DOT)
        return Shapes(shapes, points)

    def free(self, box: Box) -> bool:
        """Return whether a box lies on the map and overlaps nothing that is placed."""
        if not box.inside(self.frame):
            return False
        shape = box.shape()
        if any(box.meets(Box(*other.bounds)) for other in self._taken().near(shape)):
            return False
        return not self._lines.of(self.lines).met(np.array([shape])).any()

    def _taken(self) -> Index:
        new = self.taken[self._boxes.number :]
        return self._boxes.grown([box.shape() for box in new])

    def inside_area(
        self,
        text: str,
        shape: shapely.Geometry,
        sizes: tuple[float, ...],
        *,
        wrapped: bool = False,
        style: Style = "normal",
    ) -> Label | None:
        """Return a label inside an area, at the largest size at which the whole text fits; None if it does not fit.

        For a number, which has no descenders, only the digits must fit.
        """
        part = max(shapely.get_parts(shape), key=shapely.area, default=None)
        if part is None or part.is_empty:
            return None
        tries = [
            (size, form, self._extent(form, size, style))
            for size, form in itertools.product(sizes, forms(text) if wrapped else [text])
        ]
        left, bottom, right, top = part.bounds
        # Most areas of a large table are smaller than any text, which their bounds alone show.
        tries = [one for one in tries if one[2][0] <= right - left and one[2][1] <= top - bottom]
        if not tries:
            return None
        centre = roomiest_point(part)
        # Text is wider than tall, so the middle of the widest stretch at that height is tried too.
        level = middle_of_level(part, centre[1])
        shapely.prepare(part)
        for (size, form, extent), (x, y) in itertools.product(tries, dict.fromkeys((centre, level))):
            box = Box.around(x, y, extent)
            if shapely.contains(part, box.shape()) and self.free(box):
                self.taken.append(box)
                return Label(form, size, box)
        return None

    @staticmethod
    def _extent(form: str, size: float, style: Style) -> tuple[float, float]:
        width, height = text_size(form, size, style=style)
        return width, size / 72 * _DIGIT_HEIGHT if form.isdigit() else height

    def beside(
        self,
        text: str,
        place: shapely.Geometry,
        size: float,
        ground: Ground,
        *,
        keep: Shapes | None = None,
        cover: float,
        pad: float,
        least: float,
        weight: str = "normal",
        always: bool = True,
        tried: int = NEAREST,
    ) -> tuple[Label, tuple[float, float]]:
        """Return a label in a box beside the place it names, and the point in the place that its line leads to.

        Of all positions on a fine grid, the one with the lowest cost is used: the distance, the share of the box that
        covers land, above all `place` and the shapes to `keep` visible, and the length of line over land. If no
        position is free (a map full of labels), the label is `crowded`: on others, in the nearest one
        within the map, which it takes only if it has `always` to be there.

        In inches are `cover`, the extra distance that is acceptable to leave land uncovered, `pad`, from the text to
        the edge of its box, and `least`, the shortest line allowed. Of all positions, the `tried` nearest are.
        """
        keep = keep or Shapes([place], [roomiest_point(place)])
        own = keep.index(place)
        point = keep.points[own]
        width, height = text_size(text, size, weight)
        extent = (width + 2 * pad, height + 2 * pad)
        stands = self._standing(extent)
        positions = stands.centres
        if (near := keep.near.get((own, extent))) is None:
            near = Near.to(point, positions, tried, lambda centres: cover * ground.covered(centres, extent))
            keep.near[own, extent] = near
        best, least_cost = near.first, np.inf
        for start in range(0, len(near.at), _BATCH):
            if near.known[start] >= least_cost:
                break
            batch = np.arange(start, min(start + _BATCH, len(near.at)))
            # A comparison with what is not known yet is false.
            batch = batch[stands.free[near.at[batch]] & ~(near.cost[batch] >= least_cost)]
            centres = positions[near.at[batch]]
            boxes, leaders = _boxes(centres, extent), _lines_between(centres, point)
            clear = self._clear(boxes, leaders)
            batch, centres, boxes, leaders = batch[clear], centres[clear], boxes[clear], leaders[clear]
            new = np.isnan(near.cost[batch])
            if new.any():
                hidden = keep.hidden(boxes[new], shapely.area)
                hidden = hidden + keep.hidden(leaders[new], shapely.length, without=own)
                cost = near.known[batch[new]] + 0.5 * ground.crossed(centres[new], point) + 6.0 * hidden
                cost[shapely.distance(boxes[new], shapely.Point(point)) < least] = np.inf
                cost[self.dots.met(boxes[new], point) | self.dots.met(leaders[new], point)] = np.inf
                near.cost[batch[new]] = cost
            cost = near.cost[batch]
            if len(cost) and cost.min() < least_cost:
                best, least_cost = int(near.at[batch[np.argmin(cost)]]), float(cost.min())
        box = Box.around(float(positions[best, 0]), float(positions[best, 1]), extent)
        self.spent += min(least_cost, CROWDED)
        crowded = least_cost == np.inf
        if always or not crowded:
            self.taken.append(box)
            self.lines.append(_lines_between(positions[[best]], point)[0])
        return Label(text, size, box, crowded), point

    def _standing(self, extent: tuple[float, float]) -> Positions:
        """Return the positions for boxes of this size after all that is placed."""
        before = self._positions.get(extent) or Positions(self._grid(extent), extent)
        self._positions[extent] = before.after([(box.left, box.bottom, box.right, box.top) for box in self.taken])
        return self._positions[extent]

    def _clear(self, boxes: np.ndarray, leaders: np.ndarray) -> np.ndarray:
        """Return which of these boxes, which overlap no other box, meet no line, and their lines nothing placed."""
        lines, clear = self._lines.of(self.lines), np.arange(len(boxes))
        # One after another: what one test rules out, the next need not look at.
        for marks, index in ((leaders, self._taken()), (leaders, lines), (boxes, lines)):
            clear = clear[~index.met(marks[clear])]
        return clear

    def over_areas(
        self, text: str, whole: shapely.Geometry, areas: np.ndarray, size: float, weight: str
    ) -> Label | None:
        """Return a label over many areas, within their union, that hides as little as possible of any one of them.

        Of equal positions, the nearest to the middle is used. None if every position hides more than half of some area.
        """
        found: list[tuple[float, float, Label]] = []
        middle = roomiest_point(whole)
        # Outlines simplified to a hundredth of an inch are accurate enough here and much quicker to intersect.
        whole, areas = shapely.simplify(whole, 0.01), shapely.simplify(areas, 0.01)
        tree = shapely.STRtree(areas)
        low, high = np.reshape(whole.bounds, (2, 2))
        taken = shapely.union_all([box.shape() for box in self.taken])
        shapely.prepare([whole, taken])
        for form in forms(text):
            extent = text_size(form, size, weight)
            half = np.array(extent) / 2
            positions = self._grid(extent)[::4]
            positions = positions[((positions > low + half) & (positions < high - half)).all(axis=1)]
            distance = np.hypot(*(positions - middle).T)
            order = np.argsort(distance, kind="stable")
            best: tuple[float, float, int] | None = None
            for start in range(0, len(order), _BATCH):
                batch = order[start : start + _BATCH]
                hidden = self._hides(positions[batch], extent, whole, taken, tree)
                at = int(np.argmin(hidden))
                if hidden[at] < (best[0] if best else np.inf):
                    best = float(hidden[at]), float(distance[batch[at]]), int(batch[at])
                # Sorted by distance: no later position can be better than one that hides nothing.
                if best and best[0] == 0:
                    break
            if best:
                box = Box.around(float(positions[best[2], 0]), float(positions[best[2], 1]), extent)
                found.append((best[0], best[1], Label(form, size, box)))
        hides, _, label = min(found, key=lambda one: one[:2], default=(1.0, 0.0, Label("", 0, self.frame)))
        if hides > _HIDDEN:
            return None
        self.taken.append(label.box)
        return label

    @staticmethod
    def _hides(
        positions: np.ndarray,
        extent: tuple[float, float],
        whole: shapely.Geometry,
        taken: shapely.Geometry,
        tree: shapely.STRtree,
    ) -> np.ndarray:
        """Return for a box at each position the largest share of an area that it hides, rounded to 0.1.

        It is infinite for boxes that overlap `taken` or leave `whole`.
        """
        boxes = _boxes(positions, extent)
        within = shapely.contains_properly(whole, boxes) & ~shapely.intersects(taken, boxes)
        hidden = np.where(within, 0.0, np.inf)
        box, area = tree.query(boxes[within], predicate="contains")
        hidden[np.flatnonzero(within)[box]] = 1.0  # whole areas: no intersection needed
        some = np.flatnonzero(hidden == 0)
        box, area = tree.query(boxes[some], predicate="intersects")
        areas = tree.geometries[area]
        shares = shapely.area(shapely.intersection(boxes[some][box], areas)) / shapely.area(areas)
        np.maximum.at(hidden, some[box], shares.round(1))
        return hidden

    def _grid(self, extent: tuple[float, float]) -> np.ndarray:
        """Return the centres, a twentieth of an inch apart, of boxes of this size that lie on the map."""
        margin = 0.03
        spans = []
        for low, high, size in (
            (self.frame.left, self.frame.right, extent[0]),
            (self.frame.bottom, self.frame.top, extent[1]),
        ):
            first, last = low + size / 2 + margin, high - size / 2 - margin
            spans.append(np.linspace(first, max(first, last), max(2, int((last - first) * 20))))
        return np.stack(np.meshgrid(*spans), axis=-1).reshape(-1, 2)


def _boxes(centres: np.ndarray, extent: tuple[float, float]) -> np.ndarray:
    """Return a box of this size around each point."""
    half = np.array(extent) / 2
    return np.asarray(shapely.box(*(centres - half).T, *(centres + half).T))


def _lines_between(starts: np.ndarray, end: tuple[float, float]) -> np.ndarray:
    """Return a line from each start to the end point."""
    return np.asarray(shapely.linestrings(np.stack([starts, np.broadcast_to(end, starts.shape)], axis=1)))
