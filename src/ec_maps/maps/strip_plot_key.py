"""The key of a strip plot: the colours of the deciles, the dots of the region, and the grey shape."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matplotlib.patches import Circle, Ellipse

from ec_maps.areas.wording import series, the
from ec_maps.graphics import palette
from ec_maps.graphics.layers import SWATCH
from ec_maps.graphics.layout import MAP_WIDTH, MARGIN, SMALL, write
from ec_maps.graphics.text_metrics import text_size
from ec_maps.maps.strip_plot_words import Place

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: The height of a row, and the space between dots and between entries, in inches.
ROW, _PITCH, _BETWEEN = 0.17, 0.1, 0.16

#: The width of the point in a dot, as a share of it; the width of a dot's edge in points; and colours.
POINT, THIN = 0.34, 0.4
EDGE, SHADE = "#4a4f73", "#e9e2d2"

#: An entry of the key: its row, its distance from the left in inches, its kind and its words.
_Entry = tuple[int, float, str, str]


def key_entries(place: Place, within: float = MAP_WIDTH) -> list[_Entry]:
    """Return the key's entries, as many in a row as fit within a width; that of the deciles has two lines of words."""
    ends = "lowest decile\nhighest decile" if within == MAP_WIDTH else "lowest\nhighest"
    words = {"deciles": ends, "region": f"in {series([the(region) for region in place.regions])}"}
    if not place.beyond:
        words["shade"] = f"99% of all {len(place.country):,} neighbourhoods"
    widths = {"region": 0.12, "shade": 0.29}
    key, row, x = [], 0, 0.0
    for kind, text in words.items():
        if kind == "deciles":
            width = sum(text_size(end, SMALL, "bold")[0] for end in text.split("\n")) + 10 * _PITCH + 0.12
        else:
            width = widths[kind] + text_size(text, SMALL)[0]
        if x and x + width > within:
            row, x = row + 1, 0.0
        key.append((row, MARGIN + x, kind, text))
        x += width + _BETWEEN
    return key


def draw_entry(ax: Axes, colours: list[str], entry: _Entry, top: float) -> None:
    """Draw an entry of the key on axes in inches, its first row at `top`."""
    row, x, kind, words = entry
    y, style = top - row * ROW, {"size": SMALL, "va": "baseline"}
    at = y - 0.033
    if kind == "deciles":
        lowest, highest = words.split("\n")
        first = x + text_size(lowest, SMALL, "bold")[0] + 0.1
        for decile, colour in enumerate(colours, 1):
            swatch = Circle((first + (decile - 1) * _PITCH, y), 0.04, facecolor=colour, edgecolor=EDGE)
            swatch.set(linewidth=THIN, gid=f"{SWATCH}{decile}")
            ax.add_artist(swatch)
        write(ax, x, at, lowest, weight="bold", **style)
        write(ax, first + 10 * _PITCH - 0.02, at, highest, weight="bold", **style)
    elif kind == "region":
        ax.add_artist(Circle((x + 0.04, y), 0.04, facecolor=colours[6], edgecolor=EDGE, linewidth=THIN))
        ax.add_artist(Circle((x + 0.04, y), 0.04 * POINT, facecolor=palette.ink_on(colours[6]), edgecolor="none"))
        write(ax, x + 0.12, at, words, **style)
    else:
        ax.add_artist(Ellipse((x + 0.12, y), 0.24, 0.1, facecolor=SHADE, edgecolor="none"))
        write(ax, x + 0.29, at, words, **style)
