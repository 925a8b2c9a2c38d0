"""The layout of a map: the title above the map; the legend, the scale bar and the sources beneath it.

All but the map is in bands above and beneath it, so that nothing covers the map, whatever its shape. Sizes are in
inches and follow from the text.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from ec_maps.classes import DECILES, Classes
from ec_maps.geography.levels import level_named
from ec_maps.graphics import palette
from ec_maps.graphics.labels import Box
from ec_maps.graphics.layers import HATCH, SWATCH
from ec_maps.graphics.text_metrics import DPI, text_size, wrap

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ec_maps.about import About

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

#: The width of a legend's strip of classes, and of its title before that reaches the scale bar, in inches.
_STRIP, _TITLE_WIDTH = 3.8, 4.2

#: The height of a line beneath it, and the least space between two numbers above it, in inches.
_LINE, _GAP = 0.12, 0.01

#: The styles of a legend's swatches for areas without an estimate and for land around the areas.
HATCHED: dict[str, Any] = {"facecolor": palette.MISSING, "edgecolor": palette.HATCH, "hatch": HATCH}
AROUND: dict[str, Any] = {"facecolor": palette.NEIGHBOUR, "edgecolor": "#8d8779"}


@dataclass(frozen=True)
class Key:
    """The contents of a legend of deciles or other classes.

    `cut_points` are the edges as text, without a unit; `colours` has None for a class that is empty because many values
    are equal; `missing` and `around` are what hatching and grey land mean, empty if there is none.
    """

    title: str
    universe: str
    cut_points: list[str]
    colours: list[str | None]
    missing: str = ""
    around: str = ""
    classes: Classes = DECILES

    @classmethod
    def of(cls, about: About, universe: str, **more: str) -> Key:
        """Return the legend of a table's classes.

        Parameters
        ----------
        about
            What the table is about.
        universe
            The areas with a value that the classes are of: "the 331 local authorities of England and Wales".
        more
            `missing` and `around`.
        """
        measure, classes, filled = about.what, about.classes, about.groups
        if not classes.equal_in_size:
            filled = tuple(range(1, classes.number + 1))
        colours = [
            colour if number in filled else None for number, colour in enumerate(palette.class_colours(about), start=1)
        ]
        few = "" if len(filled) == classes.number else f" Many values are equal: {len(filled)} groups are shown."
        unit = f"; cut points {measure.short_unit}" if measure.short_unit else ""
        divided = classes.of(level_named(about.level).areas)
        title = f"{measure.title}, {divided}"
        if text_size(title, LEGEND, "bold")[0] > _TITLE_WIDTH:
            title = f"{divided[:1].upper()}{divided[1:]}"
        return cls(
            title,
            f"{classes.made} {universe} with a value{unit}.{few}",
            [measure.short(edge) for edge in about.edges],
            colours,
            classes=classes,
            **more,
        )

    @property
    def height(self) -> float:
        """The height of the legend, in inches."""
        return 1.12 + _LINE * (len(self._lines) - 1)

    @property
    def _lines(self) -> list[str]:
        return wrap(self.universe, SMALL, MAP_WIDTH).split("\n")

    def draw(self, ax: Axes, top: float) -> None:
        """Draw the classes as a strip with cut points above, numbers beneath, and words at both ends."""
        # Added as artists, because for patches matplotlib would compute limits that are already set.
        wide, high = _STRIP / len(self.colours), 0.17
        strip = top - 0.46
        write(ax, MARGIN, top, self.title, size=LEGEND, weight="bold", va="top")
        last = len(self.cut_points) - 1
        # Long numbers stand at every second or third edge, and always at both ends, where they do not lie centred.
        every = math.ceil((1.5 * max(text_size(edge, 6)[0] for edge in self.cut_points) + _GAP) / wide)
        for place, edge in enumerate(self.cut_points):
            if place != last and (place % every or last - place < every):
                continue
            x, ends = MARGIN + place * wide, {0: "left", last: "right"}
            write(ax, x, strip + high + 0.04, edge, size=6, color=FAINT, va="baseline", ha=ends.get(place, "center"))
        for place, colour in enumerate(self.colours):
            if colour is None:
                continue
            x = MARGIN + place * wide
            swatch = Rectangle((x, strip), wide, high, facecolor=colour, edgecolor="#6d6a80", linewidth=0.5)
            swatch.set_gid(f"{SWATCH}{place + 1}|{self.classes.numbered(place + 1)}")
            ax.add_artist(swatch)
            write(ax, x + wide / 2, strip - 0.11, str(place + 1), size=7, ha="center", va="baseline")
        end, noun = MARGIN + _STRIP, self.classes.noun
        write(ax, MARGIN, strip - 0.25, f"lowest {noun}", size=LEGEND, weight="bold", va="baseline")
        write(ax, end, strip - 0.25, f"highest {noun}", size=LEGEND, weight="bold", ha="right", va="baseline")
        for at, line in enumerate(self._lines):
            write(ax, MARGIN, strip - 0.39 - at * _LINE, line, size=SMALL, color=FAINT, va="baseline")
        x, y = end + 0.22, top - 0.28
        for words, style in ((self.missing, HATCHED), (self.around, AROUND)):
            if words:
                draw_entry(ax, x, y, words, style, size=(0.3, high), meaning=words.partition(" (")[0])
                y -= 0.24


class Legend(Protocol):
    """A legend: its height in inches, and how it is drawn on axes in inches from `top` downwards."""

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
    bounds: Sequence[float] | np.ndarray, *, room: float = 1.09, least: float = 2_000.0, tallest: float = TALLEST
) -> tuple[float, float, float, float]:
    """Return the extent to show for areas with these bounds, in metres: `room` times their size.

    At least `least` metres are shown each way, so that a single small area is shown with its surroundings. An extent
    taller than `tallest` times its width is widened.
    """
    left, bottom, right, top = map(float, bounds)
    width, height = max((right - left) * room, least), max((top - bottom) * room, least)
    height = max(height, width * FLATTEST)
    width = max(width, height / tallest)
    x, y = (left + right) / 2, (bottom + top) / 2
    return x - width / 2, y - height / 2, x + width / 2, y + height / 2


def new_layout(
    extent: tuple[float, float, float, float], words: Words, key: Legend, *, demo: bool, scale_bar: bool = True
) -> Layout:
    """Return the layout of a map of an extent (metres, EPSG:27700): everything but the contents of the map.

    With `demo` the figure is stamped as demonstration data; `scale_bar` is false where distances mean nothing.
    """
    left, bottom, right, top = extent
    scale = (right - left) / MAP_WIDTH
    numbers = _in_columns(words.numbers)
    row = SMALL / 72 * 1.3
    beneath = key.height + max((len(column) for column, _ in numbers), default=0) * row + (0.1 if numbers else 0)
    figure, ax, around, foot = new_figure(words, (top - bottom) / scale, beneath, label="map", demo=demo)
    ax.set(xlim=(left, right), ylim=(bottom, top), xticks=[], yticks=[], facecolor=palette.SEA)
    ax.spines[:].set(color="#8d8779", linewidth=0.6)
    key.draw(around, foot - 0.1)
    if scale_bar:
        _scale_bar(around, foot - 0.1, scale)
    for column, x in numbers:
        for at, line in enumerate(column, 1):
            write(around, MARGIN + x, foot - key.height - at * row, line, size=SMALL, va="baseline")
    return Layout(figure, ax, scale)


def new_figure(
    words: Words, body: float, beneath: float, *, label: str, demo: bool, gap: float = 0.1
) -> tuple[Figure, Axes, Axes, float]:
    """Return a figure with its text written: titles at the top, sources at the bottom.

    `body`, `beneath` and `gap` are the heights in inches of the axes, of what the caller puts beneath them, and of the
    gap above them. Returned are the figure, its axes, axes in inches over all of it, and the height at which the first
    axes start.
    """
    title = wrap(words.title, TITLE, MAP_WIDTH, "bold")
    subtitle = wrap(words.subtitle, SUBTITLE, MAP_WIDTH)
    sources = wrap(words.sources, SMALL, MAP_WIDTH)
    foot = beneath + text_size(sources, SMALL)[1] + 0.1
    head = (STAMP if demo else 0.0) + 0.14 + text_size(title, TITLE)[1] + text_size(subtitle, SUBTITLE)[1] + gap
    height = head + body + foot
    figure = Figure(figsize=(WIDTH, height), dpi=DPI, facecolor=palette.PAGE)
    FigureCanvasAgg(figure)
    ax = figure.add_axes((MARGIN / WIDTH, foot / height, MAP_WIDTH / WIDTH, body / height), label=label)
    around = axes_over(figure)
    y = height
    if demo:
        stamp(around, height)
        y -= STAMP
    y -= 0.1
    write(around, MARGIN, y, title, size=TITLE, weight="bold", va="top")
    y -= text_size(title, TITLE)[1] + 0.04
    write(around, MARGIN, y, subtitle, size=SUBTITLE, color=FAINT, va="top")
    # In an SVG the sources follow all else.
    write(around, MARGIN, 0.08, sources, size=SMALL, color=FAINT, va="bottom", zorder=4)
    return figure, ax, around, foot


def axes_over(figure: Figure) -> Axes:
    """Return axes in inches over a whole figure, for its text."""
    width, height = figure.get_size_inches()
    around = figure.add_axes((0, 0, 1, 1), label="furniture", xlim=(0, width), ylim=(0, height))
    around.set_axis_off()
    around.patch.set_visible(False)
    return around


def write(ax: Axes, x: float, y: float, text: str, **style: object) -> None:
    """Write text at a point of the axes; dollar signs are not read as mathematics."""
    style = {"color": palette.INK, "linespacing": 1.15, "parse_math": False, **style}
    ax.text(x, y, text, **style)  # type: ignore[arg-type]


def stamp(ax: Axes, top: float, height: float = STAMP, width: float = WIDTH) -> None:
    """Draw the band that marks demonstration data, across the whole width of axes in inches."""
    ax.add_artist(Rectangle((0, top - height), width, height, facecolor="#ffd23f", edgecolor="none"))
    write(ax, width / 2, top - height / 2, DEMO_WORDS, size=11, weight="bold", ha="center", va="center")


def draw_entry(
    ax: Axes, x: float, y: float, words: str, style: dict[str, Any], *, size: tuple[float, float], meaning: str = ""
) -> str:
    """Draw an entry of a legend and return its words as lines.

    Its swatch is of this size, with the top left corner at a point; without a style there is none. `meaning` is what
    hatching means in SVG, if it is not that there is no published estimate.
    """
    width, height = size
    if style:
        swatch = ax.add_artist(Rectangle((x, y - height), width, height, linewidth=0.5, **style))
        swatch.set_gid(f"{SWATCH}missing|{meaning}" if style is HATCHED else None)
    text = wrap(words, SMALL, WIDTH - MARGIN - x - width - 0.08)
    write(ax, x + width + 0.08, y - height / 2, text, size=SMALL, va="center")
    return text


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
