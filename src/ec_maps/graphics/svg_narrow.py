"""A drawing with two sets of words: how it changes to the larger ones, for the width of a phone.

The areas are there once. Where the drawing is given the shape of its narrow figure, which is taller, the usual words
are hidden, the larger ones are shown, and the areas move among them. As a picture or on its own the drawing sees its
shape by itself; as a part of a page it follows the page's style.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ec_maps.graphics import palette
from ec_maps.graphics.layers import BODY
from ec_maps.graphics.svg_paths import UNITS

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: The rules for a shape nearer to the narrow figure's than to the usual one's. In a page, where the drawing is not the
#: root, they mean nothing.
_FITS = (
    "@media screen and (max-aspect-ratio:{0}/{1}) and (max-width:640px){{svg:root .ec-wide{{display:none}}"
    "svg:root .ec-narrow{{display:inline}}svg:root .ec-body{{transform:var(--ec-to)}}}}"
)


def beneath(across: float, high: float, tall: float) -> str:
    """Return the rules and the paper of a narrow figure; the figures are `across` wide and `high` and `tall` high."""
    paper = f'<path class="ec-narrow" display="none" fill="{palette.PAGE}" d="M0 0H{across:.0f}V{tall:.0f}H0z"/>'
    return f"<style>{_FITS.format(round(across), round(np.sqrt(high * tall)))}</style>{paper}"


def moves_between(figure: Figure, narrow: Figure) -> dict[str, str]:
    """Return by id of axes how what is in them moves to those of the narrow figure, enlarged to the usual width."""
    places = []
    for one in (figure, narrow):
        size = one.get_size_inches() * 72 * UNITS * figure.get_figwidth() / one.get_figwidth()
        boxes: dict[str, np.ndarray] = {}
        for ax in one.axes:
            box, gid = ax.get_position(), ax.get_gid() or ""
            if gid.startswith(BODY):  # the first of those with an id: an inset in it moves along
                boxes.setdefault(gid, np.array([box.x0, 1 - box.y1, box.width, box.height]) * [*size, *size])
        places.append(boxes)
    old, new = places
    moves = {}
    for gid, after in new.items():
        before = old.get(gid, next(iter(old.values())))  # an id of some of what is in the first axes
        scale = after[2:] / before[2:]
        x, y = after[:2] - scale * before[:2]
        moves[gid] = f"translate({x:.1f}px,{y:.1f}px) scale({scale[0]:.5g},{scale[1]:.5g})"
    return moves
