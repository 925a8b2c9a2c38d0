"""SVG outlines: parsed from matplotlib's path data, and written as compactly as possible in whole units."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape, quoteattr

import numpy as np
import shapely

from ec_maps.graphics.text_metrics import Style, text_size

Bounds = tuple[float, float, float, float]

_CURVED = re.compile("[CQ]")
_STEP = re.compile(r"([LCQ])([^LCQ]*)")


@dataclass(frozen=True)
class Ring:
    """One line of an outline: an array of points (n, 2), with y downwards as in SVG.

    `steps` has the letter of each step of a line with curves (L, C and Q take one, three and two of the points after
    the first); it is empty if all steps are straight.
    """

    points: np.ndarray
    closed: bool
    steps: str = ""


@dataclass(frozen=True)
class Shape:
    """An element that draws: its style, its bounds and its outline, in units; as text, its tag and geometry."""

    style: dict[str, str]
    reach: Bounds
    outline: list[Ring]

    @cached_property
    def tag(self) -> str:
        """``circle`` or ``path``."""
        return "circle" if self._circle else "path"

    @cached_property
    def geometry(self) -> str:
        """The attributes that say where it is; made only when asked for, as most of many hexagons repeat another."""
        return self._circle or f'd="{path_data(self.outline)}"'

    @cached_property
    def _circle(self) -> str:
        return circle(self.outline)


def rings(data: str, at: np.ndarray, units: float) -> list[Ring]:
    """Return the lines of matplotlib's path data, moved by `at` and then scaled by `units`."""
    found = []
    for part in data.split("M")[1:]:
        steps = "".join(step for step, _ in _STEP.findall(part)) if _CURVED.search(part) else ""
        # All numbers are parsed at once: an outline may have a million.
        numbers = np.fromstring(re.sub("[LCQz]", " ", part), sep=" ").reshape(-1, 2)
        found.append(Ring((numbers + at) * units, "z" in part, steps))
    return found


def bounds(outline: list[Ring]) -> Bounds:
    """Return left, top, right and bottom."""
    points = np.concatenate([ring.points for ring in outline])
    (left, top), (right, bottom) = points.min(axis=0), points.max(axis=0)
    return float(left), float(top), float(right), float(bottom)


def clipped(outline: list[Ring], window: Bounds) -> list[Ring]:
    """Return the part of an outline in a window; outlines with open lines or curves are returned whole."""
    if not all(ring.closed and not ring.steps for ring in outline):
        return outline
    inside = []
    for ring in outline:
        points = ring.points
        # Sutherland-Hodgman clipping: each side of the window cuts off what lies beyond it.
        for axis, limit, sign in ((0, window[0], 1), (1, window[1], 1), (0, window[2], -1), (1, window[3], -1)):
            points = _cut(points, axis, limit, sign)
        inside += [Ring(points, closed=True)] if len(points) else []
    return inside


def _next_of(ring: np.ndarray) -> np.ndarray:
    """Return what follows each entry of a ring: as `np.roll`, of whose time it takes a fifth for a few entries."""
    return np.concatenate([ring[1:], ring[:1]])


def _last_of(ring: np.ndarray) -> np.ndarray:
    """Return what precedes each entry of a ring."""
    return np.concatenate([ring[-1:], ring[:-1]])


def _cut(points: np.ndarray, axis: int, limit: float, sign: int) -> np.ndarray:
    depth = sign * (points[:, axis] - limit)
    inside = depth >= 0
    if inside.all():
        return points
    after = _next_of(points)
    crosses = inside != _next_of(inside)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = depth / (depth - _next_of(depth))
        meets = points + share[:, None] * (after - points)
    meets[:, axis] = limit
    # Each point inside, followed by the crossing with the side if the next point is on the other side.
    both = np.stack([points, meets], axis=1).reshape(-1, 2)
    return np.asarray(both[np.stack([inside, crosses], axis=1).ravel()])


def simplified(outlines: list[list[Ring]], tolerance: float) -> list[list[Ring]]:
    """Return outlines in whole units, simplified to a tolerance.

    Edges that outlines share stay shared: the arcs between points where more than two lines meet are simplified, and
    each arc in the same way for all outlines. Open lines and curves stay as they are.
    """
    whole = [ring for outline in outlines for ring in outline if ring.closed and not ring.steps]
    keys = [_distinct(_keys(ring.points)) for ring in whole]
    if not keys:
        return outlines
    meets = np.split(np.isin(np.concatenate(keys), _meets(keys)), np.cumsum([len(key) for key in keys])[:-1])
    ways = [_ways(key, meeting) for key, meeting in zip(keys, meets, strict=True)]
    every = [way for some in ways for way in some]
    if not every:
        return outlines
    # An arc is simplified in the same direction whichever way round an outline has it.
    back = [(way[0], way[1]) > (way[-1], way[-2]) for way in every]
    arcs = [way[::-1] if turned else way for way, turned in zip(every, back, strict=True)]
    lengths = [len(way) for way in arcs]
    lines = shapely.linestrings(_points(np.concatenate(arcs)), indices=np.repeat(np.arange(len(arcs)), lengths))
    points, of = shapely.get_coordinates(shapely.simplify(lines, tolerance, preserve_topology=False), return_index=True)
    parts = np.split(points, np.flatnonzero(np.diff(of)) + 1)
    parts = [part[::-1] if turned else part for part, turned in zip(parts, back, strict=True)]
    rest, slim = iter(parts), {}
    for ring, key, some in zip(whole, keys, ways, strict=True):
        points = np.concatenate([next(rest)[:-1] for _ in some]) if some else ring.points
        # An islet that would vanish stays as it is, so that it remains visible.
        slim[id(ring)] = Ring(points if len(points) > 2 else _points(key), closed=True)
    return [[slim.get(id(ring), ring) for ring in outline] for outline in outlines]


def _keys(points: np.ndarray) -> np.ndarray:
    """Return one integer for each point, rounded to whole units."""
    x, y = np.rint(points).astype(np.int64).T
    return np.asarray((x << 32) + y)


def _points(keys: np.ndarray) -> np.ndarray:
    y = ((keys & 0xFFFFFFFF) ^ 0x80000000) - 0x80000000
    return np.stack([(keys - y) >> 32, y], axis=1).astype(float)


def _distinct(keys: np.ndarray) -> np.ndarray:
    """Return a ring's points without repeats of the point before."""
    return keys[keys != _last_of(keys)] if len(keys) > 1 else keys


def _meets(keys: list[np.ndarray]) -> np.ndarray:
    """Return the points where more or fewer than two edges meet."""
    start, end = np.concatenate(keys), np.concatenate([_next_of(key) for key in keys])
    edges = np.unique(np.stack([np.minimum(start, end), np.maximum(start, end)], axis=1), axis=0)
    points, count = np.unique(edges.ravel(), return_counts=True)
    return np.asarray(points[count != 2])


def _ways(key: np.ndarray, meeting: np.ndarray) -> list[np.ndarray]:
    """Return a ring's arcs from one meeting point to the next; without any, the whole ring from its smallest point."""
    if len(key) < 3:
        return []
    at = np.flatnonzero(meeting)
    if not len(at):
        at = np.array([key.argmin()])
    turned = np.append(np.roll(key, -at[0]), key[at[0]])
    cuts = [*(at - at[0]), len(key)]
    return [turned[a : b + 1] for a, b in pairwise(cuts)]


def circle(outline: list[Ring]) -> str:
    """Return the SVG attributes of an outline that is a circle drawn by matplotlib; empty if it is not a circle."""
    if len(outline) != 1 or set(outline[0].steps) != {"C"} or len(outline[0].steps) != 8:
        return ""
    corners = outline[0].points[::3]
    (left, top), (right, bottom) = corners.min(axis=0), corners.max(axis=0)
    x, y, radius = (left + right) / 2, (top + bottom) / 2, (right - left) / 2
    if (abs(np.hypot(*(corners - (x, y)).T) - radius) > 0.01 * radius).any():
        return ""
    return f'cx="{x:.0f}" cy="{y:.0f}" r="{radius:.1f}"'.replace('.0"', '"')


def at_nought(outline: list[Ring]) -> list[Ring]:
    """Return an outline of one ring moved so that its first corner along a slanting line is at 0, 0."""
    points = outline[0].points
    first = int((points @ (0.4, 0.9)).argmin())
    return [Ring(np.roll(points - points[first], -first, axis=0), closed=True)]


def moved(stamp: list[Ring], outline: list[Ring]) -> np.ndarray | None:
    """Return where a stamp's first corner lies if an outline is the moved stamp, to within 1.5 units, else None."""
    if len(stamp) != 1 or len(outline) != 1 or stamp[0].steps or outline[0].steps:
        return None
    one, other = at_nought(stamp)[0].points, at_nought(outline)[0].points
    if len(one) != len(other) or np.abs(one - other).max() > 1.5:
        return None
    points = outline[0].points
    return np.asarray(points[(points @ (0.4, 0.9)).argmin()])


def path_data(outline: list[Ring]) -> str:
    """Return relative path data in whole units, without repeated points and points on a straight line.

    Shared edges stay shared, because each point is rounded by itself. An outline that shrinks to nothing becomes a dot,
    as it may be all there is of an area.
    """
    text, pen = [], np.zeros(2, dtype=np.int64)
    for ring in outline:
        points = np.rint(ring.points).astype(np.int64)
        if not ring.steps:
            points = _needed(points, closed=ring.closed)
            if ring.closed and len(points) < 3:
                continue
        start = points[0] - pen
        text.append(f"m{start[0]}{_next(start[1])}")
        text.append(_curves(points, ring.steps) if ring.steps else _straight(np.diff(points, axis=0)))
        text.append("z" if ring.closed else "")
        pen = points[0] if ring.closed else points[-1]
    if not text and outline:
        x, y = np.rint(outline[0].points[0]).astype(np.int64)
        return f"m{x}{_next(y)}h1v1z"
    return "".join(text)


def _needed(points: np.ndarray, *, closed: bool) -> np.ndarray:
    """Return the points that neither repeat the one before nor lie on a straight line between their neighbours."""
    again = (points == _last_of(points)).all(axis=1)
    again[0] = closed and again[0] and len(points) > 1
    points = points[~again]
    if len(points) < 3:
        return points
    before, after = points - _last_of(points), _next_of(points) - points
    straight = before[:, 0] * after[:, 1] == before[:, 1] * after[:, 0]
    onward = (before * after).sum(axis=1) > 0
    drop = straight & onward
    if not closed:
        drop[[0, -1]] = False
    return np.asarray(points[~drop])


def _straight(steps: np.ndarray) -> str:
    text, last = [], "m"
    for x, y in steps.tolist():
        letter = "h" if y == 0 else "v" if x == 0 else "l"
        numbers = (x,) if letter == "h" else (y,) if letter == "v" else (x, y)
        # After "m" and "l", the letter "l" can be omitted.
        implied = letter == last or (letter == "l" and last == "m")
        text.append((_next(numbers[0]) if implied else f"{letter}{numbers[0]}") + "".join(map(_next, numbers[1:])))
        last = letter
    return "".join(text)


def _curves(points: np.ndarray, steps: str) -> str:
    text, at = [], 0
    for step in steps:
        taken = {"L": 1, "C": 3, "Q": 2}[step]
        numbers = (points[at + 1 : at + 1 + taken] - points[at]).ravel().tolist()
        text.append(f"{step.lower()}{numbers[0]}" + "".join(map(_next, numbers[1:])))
        at += taken
    return "".join(text)


def _next(number: int) -> str:
    """Return a number as it follows another one, separated by a space or by its minus sign."""
    return str(number) if number < 0 else f" {number}"


# --- the styles and words of SVG elements -----------------------------------------------------------


#: Units of the file per point.
UNITS = 10

#: A placeholder for the prefix that makes the ids of a file unique; no text can contain it.
OWN = "\x01"

#: Texts of more letters than this have their length written.
_LONG = 12

_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:e-?\d+)?")
_MOVES = re.compile(r"(\w+)\(([^)]*)\)")
_OPACITIES = ("opacity", "fill-opacity", "stroke-opacity")
_LENGTHS = ("stroke-width", "stroke-dasharray", "stroke-dashoffset", "font-size")
_STYLES = (*_LENGTHS, "fill", "stroke", "stroke-linejoin", "stroke-linecap", *_OPACITIES)
_TEXT_STYLES = (*_STYLES, "font-weight", "font-style", "text-anchor")


def style_of(element: ET.Element, names: tuple[str, ...] = _STYLES, units: float = UNITS) -> dict[str, str]:
    """Return an element's style with lengths in units, so many per point, without defaults."""
    pairs = (part.partition(":") for part in element.get("style", "").split(";"))
    style = {key.strip(): value.strip() for key, _, value in pairs if key.strip() in names}
    for key in _LENGTHS:
        if key in style:
            style[key] = _NUMBER.sub(lambda found: f"{float(found[0]) * units:g}", style[key].replace("px", ""))
    if style.get("stroke-linejoin") == "round":
        del style["stroke-linejoin"]
    if style.get("fill", "").startswith("url(#"):
        style["fill"] = f"url(#{OWN}{style['fill'][5:]}"
    return style


def attributes(style: Mapping[str, str]) -> str:
    """Return attributes as XML text."""
    return " ".join(f"{key}={quoteattr(value)}" for key, value in style.items())


def text_of(element: ET.Element, casing: str, units: float = UNITS) -> tuple[str, str]:
    """Return a text's style, which its neighbours may share, and its element.

    `casing` is the width in points of the white line beneath it, or empty.
    """
    style = style_of(element, _TEXT_STYLES, units)
    if casing:
        style |= {"paint-order": "stroke", "stroke": "#fff", "stroke-width": f"{float(casing) * units:g}"}
    # The position is either x and y, perhaps with a rotation, or a translation.
    moved = {
        kind: list(map(float, numbers.replace(",", " ").split()))
        for kind, numbers in _MOVES.findall(element.get("transform", ""))
    }
    turn = moved.get("rotate", [0.0])[0]
    x, y = moved.get("translate") or (float(element.attrib["x"]), float(element.attrib["y"]))
    at = {"x": f"{x * units:.0f}", "y": f"{y * units:.0f}"}
    if turn:
        at["transform"] = f"rotate({turn:g} {at['x']} {at['y']})"
    # SVG would collapse two spaces into one.
    text = (element.text or "").replace("  ", "\u00a0 ")
    if len(text) > _LONG:
        slant: Style = "italic" if "font-style" in style else "normal"
        weight = "bold" if int(style.get("font-weight", 400)) > 500 else "normal"
        width = text_size(text, float(style["font-size"]) / units, weight, slant)[0]
        # In another typeface the text must not become wider.
        at["textLength"] = f"{width * 72 * units:.0f}"
        if units == UNITS:  # in the words for phones, which every map has too, the letters move closer instead
            at["lengthAdjust"] = "spacingAndGlyphs"
    return attributes(style), f"<text {attributes(at)}>{escape(text)}</text>"
