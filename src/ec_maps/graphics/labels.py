"""Label placement: inside an area if the text fits, else beside it with a line, without overlaps.

All positions are inches from the lower left corner of the map, so that text and land are measured alike.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import shapely

from ec_maps.graphics.label_space import Box, Ground
from ec_maps.graphics.text_metrics import Style, forms, text_size

_DIGIT_HEIGHT = 0.85
_BATCH = 250
_NEAREST = 4000
_HIDDEN = 0.5

#: The cost of a label without a free position.
CROWDED = 100.0

_DOT = 0.03


@dataclass(frozen=True)
class Label:
    """A placed text: its lines, its size in points and its box."""

    text: str
    size: float
    box: Box


@dataclass
class Placer:
    """Place labels on one map so that none overlaps another.

    Attributes
    ----------
    frame
        The map's own box.
    taken
        Boxes that no later label may overlap.
    lines
        Lines from labels to areas, which later labels avoid.
    points
        End points of lines, placed or still to come; no label may cover them.
    spent
        The total cost of the labels placed with lines.
    """

    frame: Box
    taken: list[Box] = field(default_factory=list)
    lines: list[shapely.LineString] = field(default_factory=list)
    points: list[tuple[float, float]] = field(default_factory=list)
    spent: float = 0.0

    def copy(self) -> Placer:
        """Return a copy of the placer, for a trial."""
        return Placer(self.frame, list(self.taken), list(self.lines), self.points, self.spent)

    def adopt(self, other: Placer) -> None:
        """Take over what another placer has placed."""
        self.taken, self.lines, self.spent = other.taken, other.lines, other.spent

    def free(self, box: Box) -> bool:
        """Return whether a box lies on the map and overlaps nothing that is placed."""
        if not box.inside(self.frame) or any(box.meets(other) for other in self.taken):
            return False
        return not self.lines or not shapely.intersects(self.lines, box.shape()).any()

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
        centre = _roomiest_point(part)
        # Text is wider than tall, so the middle of the widest stretch at that height is tried too.
        level = _middle_of_level(part, centre[1])
        shapely.prepare(part)
        tries = forms(text) if wrapped else [text]
        for size, form, (x, y) in itertools.product(sizes, tries, dict.fromkeys((centre, level))):
            width, height = text_size(form, size, style=style)
            box = Box.around(x, y, (width, size / 72 * _DIGIT_HEIGHT if form.isdigit() else height))
            if shapely.contains(part, box.shape()) and self.free(box):
                self.taken.append(box)
                return Label(form, size, box)
        return None

    def beside(
        self,
        text: str,
        place: shapely.Geometry,
        size: float,
        ground: Ground,
        *,
        keep: Sequence[shapely.Geometry] = (),
        cover: float,
        pad: float,
        least: float,
        weight: str = "normal",
    ) -> tuple[Label, tuple[float, float]]:
        """Return a label beside the place it names, and the end of the line between them.

        Of all positions on a fine grid, the one with the lowest cost is used. The cost is the distance, the share of
        the box that covers land, above all `place` and other shapes to keep visible, and the length of line over land.
        If no position is free (a map full of labels), the nearest one within the map is used.

        Parameters
        ----------
        text, size, weight
            The text, its size in points and its weight.
        place
            The area named; the line leads to the centre of its largest inscribed circle.
        ground
            The land, which should be left uncovered.
        keep
            Shapes that neither the box nor the line should hide, besides `place`.
        cover
            How many inches of extra distance are acceptable to leave land uncovered.
        pad
            Padding between the text and the edge of its box, in inches.
        least
            The shortest line allowed, from the box's edge to the point, in inches.

        Returns
        -------
        label, point
            The text in its box, and the point in the place that the line leads to.
        """
        point = roomiest_point(place)
        width, height = text_size(text, size, weight)
        extent = (width + 2 * pad, height + 2 * pad)
        positions = self._grid(extent)
        distance = np.hypot(*(positions - point).T)
        nearest = np.argsort(distance, kind="stable")[:_NEAREST]
        others = [shape for shape in keep if shape is not place]
        best, least_cost = int(nearest[0]), np.inf
        obstacles = self._obstacles(point)
        # Sorted by the cheap part of the cost, so that the search can stop once that exceeds the best total.
        known = distance[nearest] + cover * ground.covered(positions[nearest], extent)
        order = np.argsort(known, kind="stable")
        nearest, known = nearest[order], known[order]
        for at in range(0, len(nearest), _BATCH):
            batch, cost = nearest[at : at + _BATCH], known[at : at + _BATCH]
            if cost[0] >= least_cost:
                break
            half = np.array(extent) / 2
            boxes = shapely.box(*(positions[batch] - half).T, *(positions[batch] + half).T)
            leaders = _lines_between(positions[batch], point)
            free = np.flatnonzero(
                _clear(boxes, leaders, obstacles) & (shapely.distance(boxes, shapely.Point(point)) >= least)
            )
            boxes, leaders, batch = boxes[free], leaders[free], batch[free]
            if not len(batch):
                continue
            crossed = ground.crossed(positions[batch], point)
            hidden = _hidden(boxes, [place, *others], shapely.area) + _hidden(leaders, others, shapely.length)
            cost = cost[free] + 0.5 * crossed + 6.0 * hidden
            if cost.min() < least_cost:
                best, least_cost = int(batch[np.argmin(cost)]), float(cost.min())
        box = Box.around(float(positions[best, 0]), float(positions[best, 1]), extent)
        self.spent += min(least_cost, CROWDED)
        self.taken.append(box)
        self.lines.append(_lines_between(positions[[best]], point)[0])
        return Label(text, size, box), point

    def _obstacles(self, own: tuple[float, float]) -> shapely.STRtree:
        """Return everything placed so far, and the end points of other labels' lines."""
        ends = [(x - _DOT / 2, y - _DOT / 2, x + _DOT / 2, y + _DOT / 2) for x, y in self.points if (x, y) != own]
        boxes = [(box.left, box.bottom, box.right, box.top) for box in self.taken] + ends
        return shapely.STRtree([*shapely.box(*np.reshape(boxes, (-1, 4)).T), *self.lines])

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
        half = np.array(extent) / 2
        boxes = shapely.box(*(positions - half).T, *(positions + half).T)
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


def _clear(boxes: np.ndarray, leaders: np.ndarray, obstacles: shapely.STRtree) -> np.ndarray:
    """Return for each box with its line whether both avoid all obstacles."""
    clear = np.ones(len(boxes), dtype=bool)
    for marks in (boxes, leaders):
        clear[obstacles.query(marks, predicate="intersects")[0]] = False
    return clear


def _lines_between(starts: np.ndarray, end: tuple[float, float]) -> np.ndarray:
    """Return a line from each start to the end point."""
    return np.asarray(shapely.linestrings(np.stack([starts, np.broadcast_to(end, starts.shape)], axis=1)))


def _hidden(marks: np.ndarray, shapes: Sequence[shapely.Geometry], size: Callable[..., np.ndarray]) -> np.ndarray:
    """Return for each mark (a box or a line) the share of it that lies on shapes, or of them beneath it if larger."""
    mark, shape = shapely.STRtree(shapes).query(marks, predicate="intersects")
    under = np.asarray(shapes, dtype=object)[shape]
    whole = np.minimum(size(marks[mark]), np.maximum(size(under), 1e-9))
    share = size(shapely.intersection(marks[mark], under)) / np.maximum(whole, 1e-9)
    return np.bincount(mark, weights=share, minlength=len(marks))


def _roomiest_point(part: shapely.Polygon) -> tuple[float, float]:
    """Return the centre of the largest circle inside a polygon, accurate to about 1% of the polygon's size."""
    size = max(part.bounds[2] - part.bounds[0], part.bounds[3] - part.bounds[1])
    line = shapely.maximum_inscribed_circle(part, tolerance=size / 100)
    x, y = shapely.get_coordinates(line)[0]
    return float(x), float(y)


def _middle_of_level(part: shapely.Polygon, y: float) -> tuple[float, float]:
    """Return the middle of the widest stretch of a polygon at height `y`."""
    left, _, right, _ = part.bounds
    cut = shapely.get_parts(shapely.intersection(part, shapely.LineString([(left - 1, y), (right + 1, y)])))
    widest = max(cut, key=shapely.length)
    return float((widest.bounds[0] + widest.bounds[2]) / 2), y


def roomiest_point(shape: shapely.Geometry) -> tuple[float, float]:
    """Return the centre of the largest circle inside the largest part of an area, for a label or a line."""
    return _roomiest_point(max(shapely.get_parts(shape), key=shapely.area))
