"""The styles and words of SVG elements: read as matplotlib writes them, and written as attributes, lengths in units."""

from __future__ import annotations

import re
from collections.abc import Mapping
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape, quoteattr

from ec_maps.graphics.text_metrics import Style, text_size

#: A unit of the file is a tenth of a point.
UNITS = 10

#: Stands for what sets the names in this file apart from those in others; no text can hold it.
OWN = "\x01"

#: Words of more letters say how long they are.
_LONG = 12

_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:e-?\d+)?")
_MOVES = re.compile(r"(\w+)\(([^)]*)\)")
_LENGTHS = ("stroke-width", "stroke-dasharray", "stroke-dashoffset", "font-size")
_KEPT = (*_LENGTHS, "fill", "stroke", "stroke-linejoin", "stroke-linecap", "opacity", "fill-opacity", "stroke-opacity")
_KEPT_OF_WORDS = (*_KEPT, "font-weight", "font-style", "text-anchor")


def style_of(element: ET.Element, kept: tuple[str, ...] = _KEPT) -> dict[str, str]:
    """Return an element's style, lengths in units, without what is the same for all."""
    pairs = (part.partition(":") for part in element.get("style", "").split(";"))
    style = {key.strip(): value.strip() for key, _, value in pairs if key.strip() in kept}
    for key in _LENGTHS:
        if key in style:
            style[key] = _NUMBER.sub(lambda found: f"{float(found[0]) * UNITS:g}", style[key].replace("px", ""))
    if style.get("stroke-linejoin") == "round":
        del style["stroke-linejoin"]
    if style.get("fill", "").startswith("url(#"):
        style["fill"] = f"url(#{OWN}{style['fill'][5:]}"
    return style


def attributes(style: Mapping[str, str]) -> str:
    """Return attributes as they are written."""
    return " ".join(f"{key}={quoteattr(value)}" for key, value in style.items())


def text_of(element: ET.Element, casing: str) -> str:
    """Return an element of words; `casing` is the width in points of the white line beneath them, or empty."""
    style = style_of(element, _KEPT_OF_WORDS)
    if casing:
        style |= {"paint-order": "stroke", "stroke": "#fff", "stroke-width": f"{float(casing) * UNITS:g}"}
    # Either a point and the turn about it, or a way to move (and a turn, if any).
    moved = {
        kind: list(map(float, told.replace(",", " ").split()))
        for kind, told in _MOVES.findall(element.get("transform", ""))
    }
    turn = moved.get("rotate", [0.0])[0]
    x, y = moved.get("translate") or (float(element.attrib["x"]), float(element.attrib["y"]))
    at = {"x": f"{x * UNITS:.0f}", "y": f"{y * UNITS:.0f}"}
    if turn:
        at["transform"] = f"rotate({turn:g} {at['x']} {at['y']})"
    # Two blanks in a row would be one.
    text = (element.text or "").replace("  ", "\u00a0 ")
    if len(text) > _LONG:
        slant: Style = "italic" if "font-style" in style else "normal"
        weight = "bold" if int(style.get("font-weight", 400)) > 500 else "normal"
        width = text_size(text, float(style["font-size"]) / UNITS, weight, slant)[0]
        # Set in another typeface, it takes no more room than it has.
        at |= {"textLength": f"{width * 72 * UNITS:.0f}", "lengthAdjust": "spacingAndGlyphs"}
    return f"<text {attributes({**at, **style})}>{escape(text)}</text>"
