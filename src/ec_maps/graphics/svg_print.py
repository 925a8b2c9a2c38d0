"""A saved map as a small picture for print: its areas without title, labels and legend, with the number of each decile.

The areas are those of the SVG as it was written, so that page and paper show one drawing. Its words are left out: made
for six inches, they could not be read at a third of that. Numbers take their place, as colours do not survive a black
and white printer.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from xml.etree import ElementTree as ET

import numpy as np
import shapely

from ec_maps.graphics import palette
from ec_maps.graphics.layout import STAMPED
from ec_maps.graphics.svg_paths import Bounds
from ec_maps.graphics.text_metrics import FONT, forms, text_size

_SVG = "http://www.w3.org/2000/svg"
_TOKEN = re.compile(r"[a-z]|-?\d+", re.IGNORECASE)

#: How many numbers follow each letter of the path data that the library writes; the last two are the point.
_TAKEN = {"m": 2, "l": 2, "h": 1, "v": 1, "c": 6, "q": 4}

#: In points on paper: the size of a decile's number, the lines of an outline, and the size below which an area that is
#: outlined is ringed too, with the radius of the ring.
NUMBER = 7.5
_CASING, _LINE = 2.6, 1.3
_SMALL, _RING = 12.0, 9.0

#: The height of a figure for its size of text, and how much of the box around it may lie outside its area.
_CAPITAL, _OVER = 0.73, 0.06


@dataclass(frozen=True)
class Panel:
    """A picture for print: its SVG, and its width and height in points."""

    svg: str
    width: float
    height: float


def panel(
    svg: str, width: float, height: float, *, marks: Collection[str] = (), numbers: bool = False, stamp: str = ""
) -> Panel:
    """Return the areas of a map's SVG as a picture as large as fits a width and a height, in points.

    Parameters
    ----------
    svg
        The text of the file, as :meth:`ec_maps.Map.svg` returns it.
    marks
        The codes of areas to outline; one that is small and alone is ringed too.
    numbers
        Whether each area with room for it has the number of its decile.
    stamp
        Words of a band above the map, which is part of the picture; empty for none.
    """
    root = ET.fromstring(svg)
    body = [part for part in root if part.get("class") == "ec-body"]
    left, top, right, bottom = box = _window(body[0])
    lines, band = _wrapped(stamp, (right - left) / (bottom - top), width, height)
    units = max((right - left) / width, (bottom - top) / (height - band))  # of the file, per point on paper
    areas = [area for part in body for area in _areas(part)]
    kept = [part for part in body if not any(child.get("class") == "ec-marks" for child in part)]
    extra = [*_outlines([area for area in areas if area.code in marks], units, box, together=len(marks) > 1)]
    if numbers:
        extra += _numbers(areas, units, box)
    for part in kept:
        _plain(part)
    ET.register_namespace("", _SVG)
    inside = [ET.tostring(part, encoding="unicode") for part in (*root.findall(f"{{{_SVG}}}defs"), *kept)]
    extra += _band(lines, band, units, box)
    top -= band * units
    text = "".join([*inside, *extra]).replace(f' xmlns="{_SVG}"', "")
    size = (right - left) / units, (bottom - top) / units
    head = (
        f'<svg xmlns="{_SVG}" width="{size[0]:.2f}pt" height="{size[1]:.2f}pt" '
        f'viewBox="{left:.0f} {top:.0f} {right - left:.0f} {bottom - top:.0f}" font-family="{FONT}" '
        f'stroke-linejoin="round" stroke-width="10">'
    )
    return Panel(f"{head}{text}</svg>", *size)


def _wrapped(words: str, shape: float, width: float, height: float) -> tuple[list[str], float]:
    """Return the lines of a band above a map of a shape, width by height, and the height of the band, in points."""
    for form in forms(words) if words else []:
        lines = form.split("\n")
        band = len(lines) * NUMBER * 1.2 + 4
        if text_size(form, NUMBER, "bold")[0] * 72 <= min(width, shape * (height - band)) - 4:
            break
    return (lines, band) if words else ([], 0.0)


def _band(lines: list[str], high: float, units: float, window: Bounds) -> Iterator[str]:
    """Yield the band above a map with its lines."""
    left, top, right, _ = window
    if lines:
        yield f'<path fill="{STAMPED}" d="M{left:.0f} {top - high * units:.0f}H{right:.0f}V{top:.0f}H{left:.0f}z"/>'
    for number, words in enumerate(lines):
        y = top - (high - 2 - (number + 0.8) * NUMBER * 1.2) * units
        yield (
            f'<text x="{(left + right) / 2:.0f}" y="{y:.0f}" font-size="{NUMBER * units:.1f}" font-weight="700" '
            f'text-anchor="middle" fill="{palette.INK}">{words}</text>'
        )


@dataclass(frozen=True)
class _Area:
    """An area of a map: its code, decile (or an empty text), fill and path data."""

    code: str
    decile: str
    fill: str
    data: str

    @property
    def shape(self) -> shapely.Polygon:
        """Its largest part."""
        found = [ring for ring in _rings(self.data) if len(ring) > 2]
        return max((shapely.Polygon(ring) for ring in found), key=lambda one: one.area, default=shapely.Polygon())


def _areas(part: ET.Element) -> Iterator[_Area]:
    for group in part.iter(f"{{{_SVG}}}g"):
        if group.get("class") != "ec-group":
            continue
        for area in group:
            path = area if area.get("d") else area.find(f"{{{_SVG}}}path")
            if path is not None and path.get("d"):
                code, data = area.get("data-code", ""), path.get("d", "")
                yield _Area(code, group.get("data-class", ""), group.get("fill", ""), data)


def _plain(part: ET.Element) -> None:
    """Take away what only a screen needs: links, titles, the tab key, ids."""
    for element in part.iter():
        if element.tag == f"{{{_SVG}}}a":
            element.tag = f"{{{_SVG}}}g"
        for title in element.findall(f"{{{_SVG}}}title"):
            element.remove(title)
        for name in ("id", "class", "style", "href", "target", "tabindex", "role", "data-code", "data-class"):
            element.attrib.pop(name, None)
        for name in [name for name in element.attrib if name.startswith("aria-") or name == "pointer-events"]:
            del element.attrib[name]


def _window(part: ET.Element) -> Bounds:
    """Return the box of the map: that of its ground, which is the first thing drawn."""
    path = next(part.iter(f"{{{_SVG}}}path"))
    points = np.array(next(_rings(path.attrib["d"])))
    return (*map(float, points.min(axis=0)), *map(float, points.max(axis=0)))  # type: ignore[return-value]


def _rings(data: str) -> Iterator[list[tuple[int, int]]]:
    """Yield the points of each line of compact path data; a curve counts as the straight line to its end."""
    x = y = at = 0
    letter, ring, tokens = "", [(0, 0)], _TOKEN.findall(data)
    while at < len(tokens):
        token = tokens[at]
        if token.isalpha():
            letter, at = token, at + 1
            if letter in "Mm" and len(ring) > 1:
                yield ring
            if letter in "zZ":
                x, y = ring[0]
            continue
        numbers = [int(number) for number in tokens[at : at + _TAKEN[letter.lower()]]]
        at += len(numbers)
        if letter in "HV":
            x, y = (numbers[0], y) if letter == "H" else (x, numbers[0])
        elif letter in "hv":
            x, y = (x + numbers[0], y) if letter == "h" else (x, y + numbers[0])
        elif letter.isupper():
            x, y = numbers[-2:]
        else:
            x, y = x + numbers[-2], y + numbers[-1]
        if letter in "Mm":
            ring, letter = [(x, y)], "L" if letter == "M" else "l"
        else:
            ring.append((x, y))
    if len(ring) > 1:
        yield ring


def _outlines(marked: list[_Area], units: float, window: Bounds, *, together: bool) -> Iterator[str]:
    """Yield the outlines of areas, of their copies in an inset too, and a ring around each that is small and alone."""
    for colour, width in (("#ffffff", _CASING), (palette.INK, _LINE)):
        style = f'stroke="{colour}" stroke-width="{width * units:.1f}" paint-order="stroke"'
        for area in marked:
            yield f'<path d="{area.data}" fill="{area.fill}" {style}/>'
    for area in () if together else marked:
        points = np.array([point for ring in _rings(area.data) for point in ring])
        (left, top), (right, bottom) = points.min(axis=0), points.max(axis=0)
        if max(right - left, bottom - top) < _SMALL * units:
            radius = _RING * units
            x = np.clip((left + right) / 2, window[0] + radius, window[2] - radius)
            y = np.clip((top + bottom) / 2, window[1] + radius, window[3] - radius)
            for colour, width in (("#ffffff", 2 * _CASING), (palette.INK, _LINE)):
                yield (
                    f'<circle cx="{x:.0f}" cy="{y:.0f}" r="{radius:.0f}" fill="none" stroke="{colour}" '
                    f'stroke-width="{width * units:.1f}"/>'
                )


def _numbers(areas: list[_Area], units: float, window: Bounds) -> list[str]:
    """Return the number of each area's decile, where its widest circle is, if that has room for it."""
    there = [area for area in areas if area.decile]
    # In whole units a narrow neck may cross itself.
    whole = shapely.intersection(shapely.make_valid(np.array([area.shape for area in there])), shapely.box(*window))
    texts = []
    for area, parts in zip(there, whole, strict=True):
        shape = max(shapely.get_parts(parts), key=lambda part: part.area, default=parts)
        if shape.area == 0:
            continue
        left, top, right, bottom = shape.bounds
        circle = shapely.maximum_inscribed_circle(shape, tolerance=max(right - left, bottom - top) / 20 or 1)
        wide, high = text_size(area.decile, NUMBER)[0] * 72 * units, NUMBER * _CAPITAL * units
        (x, y), *_ = circle.coords
        room = shapely.box(x - wide / 2, y - high / 2, x + wide / 2, y + high / 2)
        if room.difference(shape).area > _OVER * room.area:
            continue
        texts.append(
            f'<text x="{x:.0f}" y="{y + high / 2:.0f}" fill="{palette.ink_on(area.fill)}">{area.decile}</text>'
        )
    return [f'<g font-size="{NUMBER * units:.1f}" text-anchor="middle">{"".join(texts)}</g>'] if texts else []
