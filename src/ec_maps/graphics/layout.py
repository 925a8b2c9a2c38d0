"""The layout of a map: the title above the map; the legend, the scale bar and the sources beneath it.

All but the map is in bands above and beneath it, so that nothing covers the map, whatever its shape. Sizes are in
inches and follow from the text.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from ec_maps.areas.deciles import GROUPS
from ec_maps.geography.levels import level_named
from ec_maps.graphics import palette
from ec_maps.graphics.label_space import Box
from ec_maps.graphics.layers import HATCH, SWATCH
from ec_maps.graphics.text_metrics import DPI, text_size, wrap
from ec_maps.measures import Measure

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

WIDTH = 6.0
MARGIN = 0.14
MAP_WIDTH = WIDTH - 2 * MARGIN

#: The least and greatest height of a map for its width: flatter or taller places are shown with more surroundings.
FLATTEST, TALLEST = 0.62, 1.0

DEMO_WORDS = "Demonstration data – not real values"

#: The height of the band with these words.
STAMP = 0.3

#: Text sizes in points, and the colour of secondary text.
TITLE, SUBTITLE, LEGEND, SMALL = 13.0, 8.5, 7.5, 6.5
FAINT = "#575265"


@dataclass(frozen=True)
class Key:
    """The contents of a legend.

    Attributes
    ----------
    title
        What the colours stand for.
    universe
        The areas that the deciles are of, and the unit of the cut points, in words.
    cut_points
        The eleven edges of the deciles as text, without a unit.
    colours
        The colour of each class, the lowest first; None for a class that is empty because many values are equal.
    missing
        What hatching means; empty if nothing on the map is hatched.
    around
        What the grey land is; empty if there is none.
    """

    title: str
    universe: str
    cut_points: list[str]
    colours: list[str | None]
    missing: str = ""
    around: str = ""

    @classmethod
    def of(cls, measure: Measure, universe: str, whole: pd.DataFrame, edges: list[float], **more: str) -> Key:
        """Return the legend of a measure's deciles.

        Parameters
        ----------
        measure
            The measure.
        universe
            The areas with a value that the deciles are of: "the 331 local authorities of England and Wales".
        whole
            The table, whose ``attrs`` give the deciles that are not empty if many values are equal.
        edges
            The eleven edges of the deciles, in the measure's unit.
        more
            `missing` and `around`.
        """
        filled = whole.attrs.get("groups") or list(range(1, GROUPS + 1))
        colours = [
            colour if decile in filled else None for decile, colour in enumerate(palette.colours(measure), start=1)
        ]
        few = "" if len(filled) == GROUPS else f" Many values are equal: {len(filled)} groups are shown."
        level = level_named("msoa" if "msoa21cd" in whole else "lad")
        return cls(
            f"{measure.title}, by decile of all {level.areas}",
            f"Deciles of {universe} with a value; cut points {measure.short_unit}.{few}",
            [measure.short(edge) for edge in edges],
            colours,
            **more,
        )


class Legend(Protocol):
    """A legend that replaces the ten classes: its height in inches, and how it is drawn from `top` downwards."""

    @property
    def height(self) -> float: ...  # noqa: D102

    def draw(self, ax: Axes, top: float) -> None: ...  # noqa: D102


@dataclass(frozen=True)
class Words:
    """The text around a map: title, subtitle, sources, and the lines of a key to its numbers (or none)."""

    title: str
    subtitle: str
    sources: str
    numbers: list[str] = field(default_factory=list)


@dataclass
class Layout:
    """A figure with its map axes; `scale` is metres on the ground per inch on the map."""

    figure: Figure
    ax: Axes
    scale: float

    @property
    def frame(self) -> Box:
        """The map's box, in inches from its own lower left corner."""
        box = self.ax.get_position()
        width, height = self.figure.get_size_inches()
        return Box(0, 0, box.width * width, box.height * height)

    def to_inches(self, coordinates: np.ndarray) -> np.ndarray:
        """Return coordinates in metres (EPSG:27700) as inches from the map's lower left corner."""
        corner = np.array([self.ax.get_xlim()[0], self.ax.get_ylim()[0]])
        return np.asarray((coordinates - corner) / self.scale)

    def to_metres(self, x: float, y: float) -> tuple[float, float]:
        """Return a point in inches from the map's lower left corner as metres (EPSG:27700)."""
        return self.ax.get_xlim()[0] + x * self.scale, self.ax.get_ylim()[0] + y * self.scale


def view(
    bounds: tuple[float, float, float, float], *, room: float = 1.09, least: float = 2_000.0, tallest: float = TALLEST
) -> tuple[float, float, float, float]:
    """Return the extent to show for areas with these bounds, in metres: `room` times their size.

    At least `least` metres are shown each way, so that a single small area is shown with its surroundings. An extent
    taller than `tallest` times its width is widened.
    """
    left, bottom, right, top = bounds
    width, height = max((right - left) * room, least), max((top - bottom) * room, least)
    height = max(height, width * FLATTEST)
    width = max(width, height / tallest)
    x, y = (left + right) / 2, (bottom + top) / 2
    return x - width / 2, y - height / 2, x + width / 2, y + height / 2


def new_layout(
    extent: tuple[float, float, float, float], words: Words, key: Key | Legend, *, demo: bool, scale_bar: bool = True
) -> Layout:
    """Return the layout of a map: everything but the contents of the map.

    Parameters
    ----------
    extent
        Left, bottom, right and top of the map, in metres (EPSG:27700).
    words
        The text around the map.
    key
        The legend.
    demo
        Whether to stamp the figure as demonstration data.
    scale_bar
        Whether to draw a scale bar: not where distances mean nothing.
    """
    left, bottom, right, top = extent
    scale = (right - left) / MAP_WIDTH
    map_height = (top - bottom) / scale
    title = wrap(words.title, TITLE, MAP_WIDTH, "bold")
    subtitle = wrap(words.subtitle, SUBTITLE, MAP_WIDTH)
    sources = wrap(words.sources, SMALL, MAP_WIDTH)
    numbers = _in_columns(words.numbers)
    stamp_height = STAMP if demo else 0.0
    head = stamp_height + 0.1 + text_size(title, TITLE)[1] + 0.04 + text_size(subtitle, SUBTITLE)[1] + 0.1
    numbers_height = max((len(column) for column, _ in numbers), default=0) * SMALL / 72 * 1.3 + (0.1 if numbers else 0)
    legend_height = 1.12 if isinstance(key, Key) else key.height
    foot = legend_height + numbers_height + text_size(sources, SMALL)[1] + 0.1
    height = head + map_height + foot
    figure = Figure(figsize=(WIDTH, height), dpi=DPI, facecolor=palette.PAGE)
    FigureCanvasAgg(figure)
    ax = figure.add_axes((MARGIN / WIDTH, foot / height, MAP_WIDTH / WIDTH, map_height / height), label="map")
    ax.set(xlim=(left, right), ylim=(bottom, top), xticks=[], yticks=[], facecolor=palette.SEA)
    ax.spines[:].set(color="#8d8779", linewidth=0.6)
    around = furniture(figure, title, subtitle, demo=demo)
    if isinstance(key, Key):
        _legend(around, foot - 0.1, key)
    else:
        key.draw(around, foot - 0.1)
    if scale_bar:
        _scale_bar(around, foot - 0.1, scale)
    y = foot - legend_height
    for column, x in numbers:
        for row, line in enumerate(column):
            write(around, MARGIN + x, y - (row + 1) * SMALL / 72 * 1.3, line, size=SMALL, va="baseline")
    write(around, MARGIN, 0.08, sources, size=SMALL, color=FAINT, va="bottom")
    return Layout(figure, ax, scale)


def furniture(figure: Figure, title: str, subtitle: str, *, demo: bool) -> Axes:
    """Return axes in inches over a whole figure, with the demonstration band and the titles written at the top."""
    width, height = figure.get_size_inches()
    around = figure.add_axes((0, 0, 1, 1), label="furniture", xlim=(0, width), ylim=(0, height))
    around.set_axis_off()
    around.patch.set_visible(False)
    y = height
    if demo:
        stamp(around, height)
        y -= STAMP
    y -= 0.1
    write(around, MARGIN, y, title, size=TITLE, weight="bold", va="top")
    y -= text_size(title, TITLE)[1] + 0.04
    write(around, MARGIN, y, subtitle, size=SUBTITLE, color=FAINT, va="top")
    return around


def write(ax: Axes, x: float, y: float, text: str, **style: object) -> None:
    """Write text at a point of the axes; dollar signs are not read as mathematics."""
    style = {"color": palette.INK, "linespacing": 1.15, "parse_math": False, **style}
    ax.text(x, y, text, **style)  # type: ignore[arg-type]


def stamp(ax: Axes, top: float, height: float = STAMP, width: float = WIDTH) -> None:
    """Draw the band that marks demonstration data, across the whole width of axes in inches."""
    ax.add_artist(Rectangle((0, top - height), width, height, facecolor="#ffd23f", edgecolor="none"))
    write(ax, width / 2, top - height / 2, DEMO_WORDS, size=11, weight="bold", ha="center", va="center")


def _legend(ax: Axes, top: float, key: Key) -> None:
    """Draw the ten classes as a strip with cut points above, decile numbers beneath, and words at both ends."""
    # Added as artists, because for patches matplotlib would compute limits that are already set.
    wide, high = 0.38, 0.17
    strip = top - 0.46
    write(ax, MARGIN, top, key.title, size=LEGEND, weight="bold", va="top")
    for place, edge in enumerate(key.cut_points):
        ends = {0: "left", len(key.cut_points) - 1: "right"}
        write(
            ax, MARGIN + place * wide, strip + high + 0.04, edge, size=6, color=FAINT, va="baseline",
            ha=ends.get(place, "center"),
        )  # fmt: skip
    for place, colour in enumerate(key.colours):
        x = MARGIN + place * wide
        if colour is None:
            continue
        swatch = Rectangle((x, strip), wide, high, facecolor=colour, edgecolor="#6d6a80", linewidth=0.5)
        swatch.set_gid(f"{SWATCH}{place + 1}")
        ax.add_artist(swatch)
        write(ax, x + wide / 2, strip - 0.11, str(place + 1), size=7, ha="center", va="baseline")
    end = MARGIN + 10 * wide
    write(ax, MARGIN, strip - 0.25, "lowest decile", size=LEGEND, weight="bold", va="baseline")
    write(ax, end, strip - 0.25, "highest decile", size=LEGEND, weight="bold", ha="right", va="baseline")
    write(ax, MARGIN, strip - 0.39, key.universe, size=SMALL, color=FAINT, va="baseline")
    x, y = end + 0.22, top - 0.28
    for words, style in (
        (key.missing, {"facecolor": palette.MISSING, "edgecolor": palette.HATCH, "hatch": HATCH}),
        (key.around, {"facecolor": palette.NEIGHBOUR, "edgecolor": "#8d8779"}),
    ):
        if words:
            swatch = Rectangle((x, y - high), 0.3, high, linewidth=0.5, **style)  # type: ignore[arg-type]
            if words == key.missing:
                swatch.set_gid(f"{SWATCH}missing")
            ax.add_artist(swatch)
            text = wrap(words, SMALL, WIDTH - MARGIN - x - 0.38)
            write(ax, x + 0.38, y - high / 2, text, size=SMALL, va="center")
            y -= 0.24


def _scale_bar(ax: Axes, top: float, scale: float) -> None:
    """Draw a scale bar of a round length, 1.3 inches at most, to the right of the legend's title."""
    longest = 1.3 * scale / 1000
    length = max(step * 10.0**power for power in range(-2, 4) for step in (1, 2, 5) if step * 10.0**power <= longest)
    inches = length * 1000 / scale
    right, y = WIDTH - MARGIN, top - 0.04
    ax.plot(
        [right - inches, right - inches, right, right], [y, y - 0.05, y - 0.05, y], color=palette.INK, linewidth=0.9
    )
    words = f"{length:g} km" if length >= 1 else f"{length * 1000:g} m"
    write(ax, right - inches - 0.05, y - 0.025, words, size=SMALL, ha="right", va="center")


def _in_columns(lines: list[str]) -> list[tuple[list[str], float]]:
    """Return lines in as many columns as fit side by side, each with its left edge in inches."""
    gap = 0.15
    for columns in range(min(5, len(lines)), 0, -1):
        rows = -(-len(lines) // columns)
        parts = [lines[at : at + rows] for at in range(0, len(lines), rows)]
        widths = [max(text_size(line, SMALL)[0] for line in part) + gap for part in parts]
        spare = MAP_WIDTH + gap - sum(widths)
        if spare >= 0 or columns == 1:
            # Even columns where they fit, as they are easier to read.
            lefts = [at * MAP_WIDTH / len(parts) for at in range(len(parts))]
            if max(widths) > MAP_WIDTH / len(parts):
                lefts = [sum(widths[:at]) + at * spare / len(parts) for at in range(len(parts))]
            return list(zip(parts, lefts, strict=True))
    return []
