"""A figure as interactive, accessible SVG: every area has its name, value and class, and the file is small.

matplotlib's SVG is parsed, its areas are found by the ids and links of `layers.name_shapes`, and everything is
written again with coordinates rounded to 0.1 point. The file refers to nothing outside it.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape, quoteattr

import numpy as np

from ec_maps.cache import digest
from ec_maps.classes import DECILES, NOUNS
from ec_maps.graphics import palette
from ec_maps.graphics.layers import AREAS, BODY, CASED, LABEL, SWATCH
from ec_maps.graphics.renderers import SvgRenderer
from ec_maps.graphics.style import own_settings
from ec_maps.graphics.svg_narrow import beneath, moves_between
from ec_maps.graphics.svg_paths import (
    OWN,
    UNITS,
    Bounds,
    Ring,
    Shape,
    at_nought,
    attributes,
    bounds,
    clipped,
    moved,
    path_data,
    rings,
    simplified,
    style_of,
    text_of,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: In units of 0.1 point: areas smaller than this each way are also ringed; the ring's distance and least radius.
_SMALL, _AWAY, _LEAST = 140.0, 50.0, 110.0

#: Each outline is a white casing, and the line with the area in its own colour on top; a ring is two lines.
_STYLE = (
    ".ec-marks>g{display:none;fill:none;stroke:#fff;stroke-width:70}"
    ".ec-marks>g:target,.ec-marks>.ec-shown{display:inline}"
    f".ec-marks use:nth-of-type(2n){{stroke:{palette.INK};stroke-width:40;paint-order:stroke}}"
    f".ec-marks circle{{stroke-width:44}}.ec-marks circle:nth-of-type(2n){{stroke:{palette.INK};stroke-width:18}}"
)


def marks_of(drawn: Mapping[str, list[tuple[str, Shape]]]) -> str:
    """Return the outlines that highlight areas, each in an element with the area's code as its id.

    `drawn` has, by code, the id and the shape of each copy of the area: a district of London is also in the inset.
    """
    text = []
    for code, copies in drawn.items():
        lines = [
            f'<use href="#{name}"/>' + f'<use href="#{name}" fill={quoteattr(shape.style["fill"])}/>' + 2 * _ring(shape)
            for name, shape in copies
        ]
        text.append(f"<g id={quoteattr(code)}>{''.join(lines)}</g>")
    return f'<style>{_STYLE}</style><g class="ec-marks" aria-hidden="true" pointer-events="none">{"".join(text)}</g>'


def _ring(shape: Shape) -> str:
    """Return the ring around an area, or an empty text if the area is large enough to be visible."""
    left, top, right, bottom = shape.reach
    if max(right - left, bottom - top) >= _SMALL:
        return ""
    radius = max(np.hypot(right - left, bottom - top) / 2 + _AWAY, _LEAST)
    return f'<circle cx="{(left + right) / 2:.0f}" cy="{(top + bottom) / 2:.0f}" r="{radius:.0f}"/>'


# --- the figure -------------------------------------------------------------------------------------


#: The width of a map on a page, in CSS pixels.
WIDTH = 700

#: The tolerance of simplification, in units: half a pixel at the width of a page; and one pixel for a file that many
#: pages share, which is the heaviest of what each of them shows.
_TOLERANCE, _SHARED = 3.0, 6.0

#: A map of more areas than this omits what its script can add from an area's group; so do dots, and a shared file.
_MANY = 1000

#: The words about an area before those about its class, which follow the value.
_BEFORE_CLASS = re.compile(rf"(.*), (?:{'|'.join(NOUNS)}) \d")

_HREF = "{http://www.w3.org/1999/xlink}href"


#: The class of what only the usual figure shows.
_WIDE = "ec-wide"


def svg_of(
    figure: Figure,
    title: str,
    description: str,
    *,
    links: Mapping[str, str],
    marks: bool,
    narrow: Figure | None = None,
) -> str:
    """Return a figure as SVG; the same figure gives the same text.

    Collections and patches with the ids of :mod:`ec_maps.graphics.layers` are interactive. `links` are addresses by
    area code, relative to the file's own folder. `marks` adds an outline of each area, which shows when the file's
    address ends in ``#`` and its code.

    `narrow` is a figure for phones with words and legend alone. The file has these too, hidden; where they are shown,
    the areas move from the axes of the one figure to those of the other.
    """
    writer = _Writer(_parsed(figure), links, marks, moves=moves_between(figure, narrow) if narrow else {})
    body = writer.body()
    (across, high), fit = writer.size, ""
    if narrow:
        fit = 'preserveAspectRatio="xMidYMin" '
        body += _narrow(narrow, across)
        body = beneath(across, high, across * narrow.get_figheight() / narrow.get_figwidth()) + body
    text = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{round(WIDTH * high / across)}" '
        f'viewBox="0 0 {round(across)} {round(high)}" {fit}'
        f'role="group" aria-labelledby="{OWN}t" '
        f'aria-describedby="{OWN}d" font-family="DejaVu Sans, Verdana, sans-serif" '
        f'stroke-linejoin="round" stroke-width="{UNITS}">'
        f'<title id="{OWN}t">{escape(title)}</title><desc id="{OWN}d">{escape(description)}</desc>{body}</svg>\n'
    )
    own = "m" + digest(text.encode("utf-8"))[:6]
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + text.replace(OWN, own)


def _parsed(figure: Figure) -> ET.Element:
    """Return a figure as matplotlib writes it."""
    text, before = io.StringIO(), figure.dpi
    width, height = figure.get_size_inches() * 72
    with own_settings(), _real_words(figure):
        metadata = dict.fromkeys(("Date", "Creator", "Format", "Type"))
        renderer = SvgRenderer(width, height, text, metadata=metadata)  # type: ignore[no-untyped-call]
        figure.set_dpi(72)
        try:
            figure.draw(renderer)
        finally:
            figure.set_dpi(before)
        renderer.finalize()  # type: ignore[no-untyped-call]
    return ET.fromstring(text.getvalue())


def _narrow(figure: Figure, across: float) -> str:
    """Return the words and the legend of a narrow figure, `across` units wide."""
    figure.patch.set_visible(False)
    for ax in figure.axes:
        ax.patch.set_visible(False)
        ax.spines[:].set_visible(False)
    units = across / 72 / figure.get_figwidth()
    body = _Writer(_parsed(figure), {}, marks=False, units=units).body().replace(OWN, f"{OWN}n")
    return f'<g class="ec-narrow" display="none" stroke-width="{units:.0f}">{body}</g>'


@contextmanager
def _real_words(figure: Figure) -> Iterator[None]:
    """Remove the white casing of text for a while: with it, matplotlib writes letters as shapes."""
    # Not `findobj`, which would make the axes' ticks only to look at them.
    cased = [text for ax in figure.axes for text in ax.texts if (text.get_gid() or "").startswith(CASED)]
    effects = [text.get_path_effects() for text in cased]
    try:
        for text in cased:
            text.set_path_effects([])
        yield
    finally:
        for text, effect in zip(cased, effects, strict=True):
            text.set_path_effects(effect)


@dataclass
class _Writer:
    """The parsed SVG of matplotlib, and the parts written so far.

    `units` are those of the file per point. `moves` says where in a narrow figure what is in axes is, by their id.
    `parts` are elements, each with the id of its axes if they are there too, whether it is hidden from assistive
    technology, and its style; `drawn` has the shapes of each
    area with their ids, by code; `at` has the index of the part of each such shape.
    """

    root: ET.Element
    links: Mapping[str, str]
    marks: bool
    units: float = UNITS
    moves: Mapping[str, str] = field(default_factory=dict)
    parts: list[tuple[str, bool, str, str]] = field(default_factory=list)
    drawn: dict[str, list[tuple[str, Shape]]] = field(default_factory=dict)
    at: dict[tuple[str, str], int] = field(default_factory=dict)
    stamp: Shape | None = None

    def __post_init__(self) -> None:
        for element in self.root.iter():
            element.tag = element.tag.rpartition("}")[2]
        for parent in [*self.root.iter()]:
            for child in [*parent]:
                if child.tag == "path" and not {"d", "id"} & set(child.attrib):
                    parent.remove(child)  # all of it lies outside the figure
        self.size = np.array(self.root.attrib["viewBox"].split()[2:], dtype=float) * self.units
        self.defined = {element.attrib["id"]: element for element in self.root.iter() if "id" in element.attrib}
        leaves = [
            element for element in self.root.iter() if element.tag in ("path", "use") and "id" not in element.attrib
        ]
        outlines = simplified([self._outline(leaf) for leaf in leaves], _SHARED if self.marks else _TOLERANCE)
        self.outlines = {id(leaf): outline for leaf, outline in zip(leaves, outlines, strict=True)}
        self.many = sum(element.tag == "a" for element in self.root.iter()) > _MANY

    def body(self) -> str:
        """Return everything within the root."""
        self._walk(self.root, "", _WIDE)
        text = []
        for (layer, hidden), parts in groupby(self.parts, key=lambda part: (part[0] if self.moves else _WIDE, part[1])):
            runs = [
                f"<g {style}>{''.join(part for *_, part in run)}</g>" if style else "".join(part for *_, part in run)
                for style, run in groupby(parts, key=lambda part: part[2])
            ]
            # Text over areas must not intercept the pointer.
            about = 'aria-hidden="true" pointer-events="none"' if hidden else ""
            if self.moves:
                about = f"{self._layer(layer)} {about}".rstrip()
            text.append(f"<g {about}>{''.join(runs)}</g>" if about else "".join(runs))
        used = sorted(set(re.findall(rf"url\(#{OWN}(\w+)\)", "".join(text))))
        defs = "".join(self._definition(name) for name in used)
        if self.stamp:
            defs += f'<path id="{OWN}h" d="{path_data(at_nought(self.stamp.outline))}"/>'
        marks = marks_of(self.drawn) if self.marks else ""
        if marks and self.moves:
            marks = f"<g {self._layer(next(iter(self.moves)))}>{marks}</g>"
        return f"<defs>{defs}</defs>{''.join(text)}{marks}" if defs else f"{''.join(text)}{marks}"

    def _layer(self, gid: str) -> str:
        """Return the attributes of a group of what moves with axes in a narrow figure, or is not in it."""
        return f'class="ec-body" style="--ec-to:{self.moves[gid]}"' if gid in self.moves else f'class="{_WIDE}"'

    def _walk(self, element: ET.Element, clip: str, layer: str, casing: str = "") -> None:
        for child in element:
            name, within = child.get("id", ""), child.get("clip-path", clip)
            if child.tag in ("g", "a") and name.startswith(AREAS):
                own, _, only = name.removeprefix(AREAS).partition("|")
                self._areas(child, within, only, own or layer)
            elif child.tag == "g" and name.startswith(SWATCH):
                self._swatch(child, within, name.removeprefix(SWATCH))
            elif child.tag in ("g", "a"):
                own = name if name.startswith(BODY) else _WIDE if name.startswith((LABEL, CASED, "text_")) else layer
                self._walk(child, within, own, name.removeprefix(CASED) if name.startswith(CASED) else casing)
            elif child.tag in ("path", "use"):
                shape = self._shape(child, within)
                if shape:
                    self.parts.append((layer, True, attributes(shape.style), f"<{shape.tag} {shape.geometry}/>"))
            elif child.tag == "text":
                self.parts.append((_WIDE, True, *text_of(child, casing, self.units)))
            elif child.tag == "image":
                placed = {key: child.get(key, "") for key in ("x", "y", "width", "height", "transform")}
                text = attributes({**placed, "href": "".join(child.attrib[_HREF].split())})
                self.parts.append((layer, True, f'transform="scale({self.units:g})"', f"<image {text}/>"))

    def _areas(self, group: ET.Element, clip: str, only: str, layer: str) -> None:
        """Write a collection of areas, each with its description, grouped by class."""
        found = [(text.split("|", 2), self._shape(leaf, within)) for leaf, within, text in _leaves(group, clip, only)]
        for _, shape in found:
            if shape and self.many and "stroke" not in shape.style and shape.style["fill"].startswith("#"):
                # Without a stroke, antialiasing would show pale seams between so many small areas.
                shape.style.update({"stroke": shape.style["fill"], "stroke-width": "5"})
        visible = [(about, shape, attributes(shape.style)) for about, shape in found if shape]
        # Maps are drawn in the order of deciles; dots, which do not overlap, may have any order.
        visible.sort(key=lambda one: (int(one[0][1] or 0), one[2]))
        for (code, decile, words), shape, style in visible:
            tag, geometry = self._stamped(shape) if self.many else (shape.tag, shape.geometry)
            place = (code, geometry)
            if place in self.at:
                # A highlighted area is drawn again on top: only that copy is interactive.
                self.parts[self.at[place]] = (*self.parts[self.at[place]][:3], "")
                self.drawn[code] = [copy for copy in self.drawn[code] if copy[1].geometry != shape.geometry]
            self.at[place] = len(self.parts)
            name = f"{OWN}{len(self.parts)}"
            self.drawn.setdefault(code, []).append((name, shape))
            if self.marks:
                geometry = f'id="{name}" {geometry}'
            about = f'class="ec-area" data-code={quoteattr(code)}'
            title = f"<title>{escape(words)}</title>"
            if code in self.links:
                address = quoteattr(self.links[code])
                text = f'<a {about} href={address} target="_top">{title}<{tag} {geometry}/></a>'
            elif self.many or self.marks or tag == "circle":
                short = None if tag == "circle" else _BEFORE_CLASS.match(words)
                title = f"<title>{escape(short[1] if short else words)}</title>"
                text = f"<{tag} data-code={quoteattr(code)} {geometry}>{title}</{tag}>"
            else:
                text = f'<{tag} {about} tabindex="0" role="img" {geometry}>{title}</{tag}>'
            self.parts.append((layer, False, f'class="ec-group" data-class="{decile}" {style}', text))

    def _stamped(self, shape: Shape) -> tuple[str, str]:
        """Return the tag and geometry of one of many areas, most of which may repeat one shape, such as a hexagon."""
        if self.stamp is None:
            self.stamp = shape
        at = moved(self.stamp.outline, shape.outline)
        if at is None:
            return shape.tag, shape.geometry
        return "use", f'href="#{OWN}h" x="{at[0]:.0f}" y="{at[1]:.0f}"'

    def _swatch(self, group: ET.Element, clip: str, decile: str) -> None:
        # A swatch of anything but a decile has its own description after its number.
        decile, _, words = decile.partition("|")
        decile = "" if decile == "missing" else decile
        words = words or (DECILES.numbered(decile) if decile else "no published estimate")
        for path, within, _ in _leaves(group, clip, ""):
            shape = self._shape(path, within)
            if shape:
                kind = "ec-swatch" if self.units == UNITS else "ec-narrow-swatch"
                about = f'class="{kind}" data-class="{decile}" role="img"'
                text = f"<{shape.tag} {about} {shape.geometry}><title>{escape(words)}</title></{shape.tag}>"
                self.parts.append((_WIDE, False, attributes(shape.style), text))

    def _outline(self, element: ET.Element) -> list[Ring]:
        """Return the outline of a path or of a ``use`` of one, in units."""
        if element.tag == "path":
            return rings(element.attrib["d"], np.zeros(2), self.units)
        at = np.array([float(element.get("x", 0)), float(element.get("y", 0))])
        return rings(self.defined[element.attrib[_HREF][1:]].attrib["d"], at, self.units)

    def _shape(self, element: ET.Element, clip: str) -> Shape | None:
        """Return a path or a ``use`` of one as a shape; None if all of it is clipped away."""
        style, outline = style_of(element, units=self.units), self.outlines[id(element)]
        if element.tag == "use":
            style = {**style_of(self.defined[element.attrib[_HREF][1:]], units=self.units), **style}
        reach = bounds(outline)
        if name := clip[len("url(#") : -1]:
            edge, window = float(style.get("stroke-width", self.units)), self._window(name)
            left, top, right, bottom = _grown(reach, edge)
            if left > window[2] or top > window[3] or right < window[0] or bottom < window[1]:
                return None
            if left < window[0] or top < window[1] or right > window[2] or bottom > window[3]:
                style["clip-path"] = f"url(#{OWN}{name})"
                outline = clipped(outline, _grown(window, edge + 1))
        return Shape(style, reach, outline) if outline else None

    def _window(self, name: str) -> Bounds:
        rect = next(self.defined[name].iter("rect"))
        x, y, width, height = (float(rect.attrib[key]) * self.units for key in ("x", "y", "width", "height"))
        return x, y, x + width, y + height

    def _definition(self, name: str) -> str:
        """Return a clip path or a pattern."""
        element = self.defined[name]
        if element.tag == "clipPath":
            left, top, right, bottom = self._window(name)
            box = f'x="{left:.0f}" y="{top:.0f}" width="{right - left:.0f}" height="{bottom - top:.0f}"'
            return f'<clipPath id="{OWN}{name}"><rect {box}/></clipPath>'
        side = float(element.attrib["width"]) * self.units
        ground = next(element.iter("rect")).attrib["fill"]
        shape = self._shape(next(element.iter("path")), "")
        lines = f"<{shape.tag} {shape.geometry} {attributes(shape.style)}/>" if shape else ""
        return (
            f'<pattern id="{OWN}{name}" patternUnits="userSpaceOnUse" width="{side:.0f}" height="{side:.0f}">'
            f'<path fill="{ground}" d="m0 0h{side:.0f}v{side:.0f}h-{side:.0f}z"/>{lines}</pattern>'
        )


def _leaves(group: ET.Element, clip: str, link: str) -> Iterator[tuple[ET.Element, str, str]]:
    """Yield the elements of a group that draw, each with its clip path and the link around it."""
    for child in group:
        within = child.get("clip-path", clip)
        if child.tag in ("path", "use"):
            yield child, within, link
        elif child.tag != "defs":
            yield from _leaves(child, within, link or child.get(_HREF, ""))


def _grown(box: Bounds, by: float) -> Bounds:
    return box[0] - by, box[1] - by, box[2] + by, box[3] + by
