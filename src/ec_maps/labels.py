"""Where words go on a map: inside an area if they fit, else beside it with a line; never on one another.

All positions are inches from the lower left corner of the map, so that text and land are measured alike.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal

import numpy as np
import shapely
from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.font_manager import FontProperties

Style = Literal["normal", "italic"]

_MEASURING_DPI = 288
_LINE_HEIGHT = 1.18
_NEVER = 1e6


@lru_cache(maxsize=1)
def _renderer() -> RendererAgg:
    return RendererAgg(8, 8, _MEASURING_DPI)  # type: ignore[no-untyped-call]


@lru_cache(maxsize=8192)
def _line_width(line: str, size: float, weight: str, style: Style) -> float:
    font = FontProperties(size=size, weight=weight, style=style)
    width, _, _ = _renderer().get_text_width_height_descent(line, font, ismath=False)  # type: ignore[no-untyped-call]
    return float(width) / _MEASURING_DPI


def text_size(text: str, size: float, weight: str = "normal", style: Style = "normal") -> tuple[float, float]:
    """Return width and height in inches of a text of one or more lines, `size` in points."""
    lines = text.split("\n")
    width = max(_line_width(line, size, weight, style) for line in lines)
    return width, len(lines) * size / 72 * _LINE_HEIGHT


def wrap(text: str, size: float, width: float, weight: str = "normal") -> str:
    """Return the text broken into lines no wider than `width` inches, where its words allow."""
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and text_size(longer, size, weight)[0] <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return "\n".join(lines)


@dataclass(frozen=True)
class Box:
    """A rectangle in inches by its edges."""

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
        """Return whether the two share any area."""
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


@dataclass(frozen=True)
class Label:
    """A placed text: its lines, its size in points and its box."""

    text: str
    size: float
    box: Box


@dataclass
class Placer:
    """Places labels on one map, keeping clear of what it has placed.

    Attributes
    ----------
    frame
        The map's own box.
    taken
        Boxes that no later label may meet.
    lines
        Lines from labels to areas; later labels keep off them.
    """

    frame: Box
    taken: list[Box] = field(default_factory=list)
    lines: list[shapely.LineString] = field(default_factory=list)

    def free(self, box: Box) -> bool:
        """Return whether a box lies on the map and off all that is placed."""
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
        """Place a text inside an area where it fits whole, at the largest of the sizes that does; else None."""
        part = max(shapely.get_parts(shape), key=shapely.area, default=None)
        if part is None or part.is_empty:
            return None
        centre = _roomiest_point(part)
        # Text is wider than tall, so the middle of the area's widest level is worth a try beside the roomiest point.
        level = _middle_of_level(part, centre[1])
        shapely.prepare(part)
        forms = _forms(text) if wrapped else [text]
        for size, form, (x, y) in itertools.product(sizes, forms, dict.fromkeys((centre, level))):
            box = Box.around(x, y, text_size(form, size, style=style))
            if shapely.contains(part, box.shape()) and self.free(box):
                self.taken.append(box)
                return Label(form, size, box)
        return None

    def beside(
        self,
        text: str,
        place: shapely.Geometry,
        size: float,
        land: shapely.Geometry,
        *,
        pad: float,
        least: float,
        weight: str = "normal",
    ) -> tuple[Label, tuple[float, float]]:
        """Place a text beside the place it names, with a line to it: near, off the drawn land, crossing nothing.

        Of all positions on a fine grid, that with the least cost is taken: distance, the share of the box that covers
        `land`, most of all `place` itself, and the length of line that runs over land. A position always comes back:
        if none is free (a map full of labels), the nearest one within the map.

        Parameters
        ----------
        text, size, weight
            The text, its size in points and its weight.
        place
            The area named; the line leads to its roomiest point.
        land
            What is better left uncovered.
        pad
            Room between the text and the edge of its box, in inches.
        least
            The shortest line that is wanted, from the box's edge to the point, in inches.

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
        half = np.array(extent) / 2
        boxes = shapely.box(*(positions - half).T, *(positions + half).T)
        leaders = shapely.linestrings(np.stack([positions, np.broadcast_to(point, positions.shape)], axis=1))
        free = shapely.distance(boxes, shapely.Point(point)) >= least
        for obstacles in ([other.shape() for other in self.taken], self.lines):
            tree = shapely.STRtree(obstacles)
            free[tree.query(boxes, predicate="intersects")[0]] = False
            free[tree.query(leaders, predicate="intersects")[0]] = False
        nearest = np.argsort(np.where(free, distance, distance + _NEVER), kind="stable")[:400]
        # To weigh land by, its outline to a fiftieth of an inch will do, and is far quicker to cut boxes from.
        coarse = shapely.simplify(land, 0.02)
        covered = shapely.area(shapely.intersection(boxes[nearest], coarse)) / (extent[0] * extent[1])
        hidden = shapely.area(shapely.intersection(boxes[nearest], shapely.simplify(place, 0.02))) / (
            extent[0] * extent[1]
        )
        crossed = shapely.length(shapely.intersection(leaders[nearest], coarse))
        cost = distance[nearest] + 3.0 * covered + 6.0 * hidden + 0.5 * crossed + np.where(free[nearest], 0, _NEVER)
        best = int(nearest[int(np.argmin(cost))])
        box = Box.around(float(positions[best, 0]), float(positions[best, 1]), extent)
        self.taken.append(box)
        self.lines.append(leaders[best])
        return Label(text, size, box), point

    def _grid(self, extent: tuple[float, float]) -> np.ndarray:
        """Return the centres, a twelfth of an inch apart, at which a box of this extent lies on the map."""
        margin = 0.03
        spans = []
        for low, high, size in (
            (self.frame.left, self.frame.right, extent[0]),
            (self.frame.bottom, self.frame.top, extent[1]),
        ):
            first, last = low + size / 2 + margin, high - size / 2 - margin
            spans.append(np.linspace(first, max(first, last), max(2, int((last - first) * 12))))
        return np.stack(np.meshgrid(*spans), axis=-1).reshape(-1, 2)


def _roomiest_point(part: shapely.Polygon) -> tuple[float, float]:
    """Return the centre of the largest circle inside a polygon, to about a hundredth of its size."""
    size = max(part.bounds[2] - part.bounds[0], part.bounds[3] - part.bounds[1])
    line = shapely.maximum_inscribed_circle(part, tolerance=size / 100)
    x, y = shapely.get_coordinates(line)[0]
    return float(x), float(y)


def _middle_of_level(part: shapely.Polygon, y: float) -> tuple[float, float]:
    """Return the middle of the widest stretch of a polygon at a height."""
    left, _, right, _ = part.bounds
    cut = shapely.get_parts(shapely.intersection(part, shapely.LineString([(left - 1, y), (right + 1, y)])))
    widest = max(cut, key=shapely.length)
    return float((widest.bounds[0] + widest.bounds[2]) / 2), y


def _forms(text: str) -> list[str]:
    """Return a name as one line and broken into two and three, each as evenly as its words allow."""
    words = text.split(" ")
    forms = [text]
    for lines in (2, 3):
        if len(words) < lines:
            break
        cuts = itertools.combinations(range(1, len(words)), lines - 1)
        splits = [["\u0020".join(words[a:b]) for a, b in itertools.pairwise((0, *cut, len(words)))] for cut in cuts]
        forms.append("\n".join(min(splits, key=lambda parts: max(map(len, parts)))))
    return forms


def roomiest_point(shape: shapely.Geometry) -> tuple[float, float]:
    """Return a point well inside the largest part of an area, for a label or a line to point at."""
    return _roomiest_point(max(shapely.get_parts(shape), key=shapely.area))


def empty_rectangle(frame: Box, land: shapely.Geometry, aspect: float, gap: float) -> Box | None:
    """Return the largest rectangle of an aspect (width by height) on the map that keeps `gap` inches off the land.

    Of equally large ones the one nearest the right-hand side is taken. None if nothing wider than an inch is free.
    """
    step = 0.05
    xs = np.arange(frame.left + step / 2, frame.right, step)
    ys = np.arange(frame.bottom + step / 2, frame.top, step)
    grid = np.stack(np.meshgrid(xs, ys), axis=-1).reshape(-1, 2)
    near = shapely.buffer(land, gap)
    shapely.prepare(near)
    covered = shapely.intersects_xy(near, grid[:, 0], grid[:, 1]).reshape(len(ys), len(xs))
    total = np.pad(covered.cumsum(axis=0).cumsum(axis=1), ((1, 0), (1, 0)))
    for width in range(len(xs) // 2, round(1 / step), -1):
        height = max(1, round(width / aspect))
        if height >= len(ys):
            continue
        sums = total[height:, width:] - total[:-height, width:] - total[height:, :-width] + total[:-height, :-width]
        rows, columns = np.nonzero(sums == 0)
        if len(rows):
            best = int(np.argmax(columns * len(ys) + rows))
            left, bottom = frame.left + columns[best] * step, frame.bottom + rows[best] * step
            return Box(left, bottom, left + width * step, bottom + height * step)
    return None
