"""Marks: hidden outlines on a map that many pages share, of which an address shows one."""

from __future__ import annotations

from collections.abc import Mapping
from xml.sax.saxutils import quoteattr

import numpy as np

from ec_maps.graphics import palette
from ec_maps.graphics.svg_paths import Shape

#: Areas smaller than this each way, in tenths of a point, are ringed too; so far from the area, and no smaller.
_SMALL, _AWAY, _LEAST = 140.0, 50.0, 110.0

#: Three of each outline, one upon the other: a white casing, the line, and the area in its own colour; two of a ring.
_STYLE = (
    ".ec-mark{display:none;fill:none;stroke:#fff;stroke-width:70}.ec-mark:target,.ec-mark.ec-shown{display:inline}"
    f".ec-mark use:nth-of-type(3n+2){{stroke:{palette.INK};stroke-width:40}}"
    ".ec-mark use:nth-of-type(3n){stroke:none}"
    f".ec-mark circle{{stroke-width:44}}.ec-mark circle:nth-of-type(2n){{stroke:{palette.INK};stroke-width:18}}"
)


def marks_of(drawn: Mapping[str, list[tuple[str, Shape]]]) -> str:
    """Return the marks of areas, each in an element with the area's code as its name.

    Parameters
    ----------
    drawn
        By code, the name and the shape of each copy of the area: a district of London is in the inset too.
    """
    text = []
    for code, copies in drawn.items():
        lines = [
            2 * f'<use href="#{name}"/>'
            + f'<use href="#{name}" fill={quoteattr(shape.style["fill"])}/>'
            + 2 * _ring(shape)
            for name, shape in copies
        ]
        text.append(f'<g id={quoteattr(code)} class="ec-mark">{"".join(lines)}</g>')
    return f'<style>{_STYLE}</style><g aria-hidden="true" pointer-events="none">{"".join(text)}</g>'


def _ring(shape: Shape) -> str:
    """Return the ring round an area, or nothing if the area is large enough to be seen."""
    left, top, right, bottom = shape.reach
    if max(right - left, bottom - top) >= _SMALL:
        return ""
    radius = max(np.hypot(right - left, bottom - top) / 2 + _AWAY, _LEAST)
    return f'<circle cx="{(left + right) / 2:.0f}" cy="{(top + bottom) / 2:.0f}" r="{radius:.0f}"/>'
