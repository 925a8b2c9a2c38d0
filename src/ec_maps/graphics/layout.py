"""The layout of a map: the title above the map; the legend, the scale bar and the sources beneath it.

All but the map is in bands above and beneath it, so that nothing covers the map, whatever its shape. Sizes are in
inches and follow from the text.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from ec_maps.graphics import palette
from ec_maps.graphics.labels import Box
from ec_maps.graphics.layers import BODY, HATCHING, SWATCH
from ec_maps.graphics.text_metrics import DPI, text_size, wrap
from ec_maps.graphics.unticked import UntickedAxes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: Left, bottom, right, top, in metres of a coordinate system.
Extent = tuple[float, float, float, float]

WIDTH = 6.0
MARGIN = 0.14
MAP_WIDTH = WIDTH - 2 * MARGIN

#: The width of a figure for phones, whose text is twice as large for its width, and the smallest text on it in points:
#: 11 CSS pixels on a phone 360 pixels wide.
NARROW, LEAST = 2.36, 6.0

#: The least and greatest height of a map for its width: flatter or taller places are shown with more surroundings.
FLATTEST, TALLEST = 0.62, 1.0

DEMO_WORDS = "Demonstration data – not real values"

#: The height of the band with these words, and its colour.
STAMP = 0.3
STAMPED = "#ffd23f"
_STAMP_WORDS = 11.0

#: The height of the scale bar where it has a band of its own.
_BAR = 0.16

#: Text sizes in points, and the colour of secondary text.
TITLE, SUBTITLE, LEGEND, SMALL = 13.0, 8.5, 7.5, 6.5
FAINT = "#575265"

#: The styles of a legend's swatches for areas without an estimate and for land around the areas.
HATCHED: dict[str, Any] = {"facecolor": palette.MISSING, "edgecolor": palette.HATCH, "hatch": HATCHING}
AROUND: dict[str, Any] = {"facecolor": palette.NEIGHBOUR, "edgecolor": "#8d8779"}


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
    """A figure with its map axes; `scale` is metres on the ground per inch on the map.

    `colours` are those of the classes, if they are not ours. `room` is the part of the axes for the map, in inches from
    their lower left corner, if it is not all of them.
    """

    figure: Figure
    ax: Axes
    scale: float
    colours: list[str] | None = None
    room: Box | None = None

    @property
    def is_narrow(self) -> bool:
        """Whether it is for phones: only the words and the legend, to go with the areas of the usual figure."""
        return self.room is None and float(self.figure.get_size_inches()[0]) <= NARROW

    def sizes(self, *points: float) -> tuple[float, ...]:
        """Return text sizes to choose from, those of them that are too small for phones enlarged."""
        return tuple(dict.fromkeys(max(size, LEAST) for size in points)) if self.is_narrow else points

    @property
    def frame(self) -> Box:
        """The map's box, in inches from the lower left corner of its axes."""
        if self.room is not None:
            return self.room
        box = self.ax.get_position()
        width, height = self.figure.get_size_inches()
        return Box(0, 0, box.width * width, box.height * height)

    def inset(self, box: Box, label: str) -> Axes:
        """Return axes that cover a box of the map, in inches from the lower left corner of its axes."""
        if self.room is not None:
            return self.ax.inset_axes(
                (*self.to_metres(box.left, box.bottom), (box.right - box.left) * self.scale,
                 (box.top - box.bottom) * self.scale), transform=self.ax.transData, label=label,
            )  # fmt: skip
        width, height = self.figure.get_size_inches()
        position = self.ax.get_position()
        across, tall = (box.right - box.left) / width, (box.top - box.bottom) / height
        where = (position.x0 + box.left / width, position.y0 + box.bottom / height, across, tall)
        return self.figure.add_axes(where, label=label, gid=self.ax.get_gid(), axes_class=UntickedAxes)

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
    extent: Extent,
    words: Words,
    key: Legend,
    *,
    demo: bool,
    scale_bar: bool = True,
    size: tuple[float, float | None] = (WIDTH, None),
) -> Layout:
    """Return the layout of a map of an extent (metres, EPSG:27700): everything but the contents of the map.

    With `demo` the figure is stamped as demonstration data; `scale_bar` is false where distances mean nothing. `size`
    is that of the figure, in inches; without a height, that follows from the extent.
    """
    left, bottom, right, top = extent
    width, height = size
    scale = (right - left) / (width - 2 * MARGIN)
    body, beneath = (top - bottom) / scale, _beneath(words, key, width)
    spare = max(0.0, height - around_map(words, key, demo=demo, width=width) - body) if height else 0.0
    figure, ax, around, foot = new_figure(words, body, beneath, label="map", demo=demo, gap=0.1 + spare, width=width)
    ax.set_gid(f"{BODY}map")
    numbers, row = _in_columns(words.numbers, width), SMALL / 72 * 1.3
    legend = key.height + (_BAR if width < WIDTH else 0.0)
    ax.set(xlim=(left, right), ylim=(bottom, top), xticks=[], yticks=[], facecolor=palette.SEA)
    ax.spines[:].set(color="#8d8779", linewidth=0.6)
    key.draw(around, foot - 0.1)
    if scale_bar:
        _scale_bar(around, foot - 0.1 if width >= WIDTH else foot - key.height, scale, width)
    for column, x in numbers:
        for at, line in enumerate(column, 1):
            write(around, MARGIN + x, foot - legend - at * row, line, size=SMALL, va="baseline")
    return Layout(figure, ax, scale)


def _beneath(words: Words, key: Legend, width: float) -> float:
    """Return the height of the legend and the key to numbers beneath a map."""
    numbers = _in_columns(words.numbers, width)
    rows = max((len(column) for column, _ in numbers), default=0) * SMALL / 72 * 1.3
    return key.height + (_BAR if width < WIDTH else 0.0) + rows + (0.1 if numbers else 0)


def around_map(words: Words, key: Legend, *, demo: bool, width: float) -> float:
    """Return the height in inches of all that is above and beneath a map in a figure of a width."""
    head, foot, _ = _bands(words, _beneath(words, key, width), demo=demo, gap=0.1, width=width)
    return head + foot


def _bands(
    words: Words, beneath: float, *, demo: bool, gap: float, width: float
) -> tuple[float, float, tuple[str, str, str]]:
    """Return the heights of what is above and beneath a map, and title, subtitle and sources broken into lines."""
    room = width - 2 * MARGIN
    stamped, large, less = _head(width)
    title = wrap(words.title, large, room, "bold")
    subtitle = wrap(words.subtitle, less, room)
    sources = wrap(words.sources, SMALL, room)
    foot = beneath + text_size(sources, SMALL)[1] + 0.1
    head = (stamped if demo else 0.0) + 0.14 + text_size(title, large)[1] + text_size(subtitle, less)[1] + gap
    return head, foot, (title, subtitle, sources)


def _head(width: float) -> tuple[float, float, float]:
    """Return the height of the stamp and the text sizes of title and subtitle in a figure of a width."""
    return (STAMP, TITLE, SUBTITLE) if width > NARROW else (0.2, 9.5, 7.0)


def new_figure(
    words: Words, body: float, beneath: float, *, label: str, demo: bool, gap: float = 0.1, width: float = WIDTH
) -> tuple[Figure, Axes, Axes, float]:
    """Return a figure with its text written: titles at the top, sources at the bottom.

    `body`, `beneath` and `gap` are the heights in inches of the axes, of what the caller puts beneath them, and of the
    gap above them. Returned are the figure, its axes, axes in inches over all of it, and the height at which the first
    axes start.
    """
    head, foot, (title, subtitle, sources) = _bands(words, beneath, demo=demo, gap=gap, width=width)
    height = head + body + foot
    figure = Figure(figsize=(width, height), dpi=DPI, facecolor=palette.PAGE)
    FigureCanvasAgg(figure)
    ax = figure.add_axes(
        (MARGIN / width, foot / height, (width - 2 * MARGIN) / width, body / height),
        label=label,
        axes_class=UntickedAxes,
    )
    around = axes_over(figure)
    stamped, large, less = _head(width)
    y = height
    if demo:
        stamp(around, height, stamped, width)
        y -= stamped
    y -= 0.1
    write(around, MARGIN, y, title, size=large, weight="bold", va="top")
    y -= text_size(title, large)[1] + 0.04
    write(around, MARGIN, y, subtitle, size=less, color=FAINT, va="top")
    # In an SVG the sources follow all else.
    write(around, MARGIN, 0.08, sources, size=SMALL, color=FAINT, va="bottom", zorder=4)
    return figure, ax, around, foot


def moved_here(figure: Figure, name: str, box: Box) -> None:
    """Add empty axes to a narrow figure, to which the contents of the usual figure's of that name move; in inches."""
    width, height = figure.get_size_inches()
    where = (box.left / width, box.bottom / height, (box.right - box.left) / width, (box.top - box.bottom) / height)
    figure.add_axes(where, label=name, gid=f"{BODY}{name}", axes_class=UntickedAxes).set_axis_off()


def axes_over(figure: Figure) -> Axes:
    """Return axes in inches over a whole figure, for its text."""
    width, height = figure.get_size_inches()
    around = figure.add_axes(
        (0, 0, 1, 1), label="furniture", xlim=(0, width), ylim=(0, height), axes_class=UntickedAxes
    )
    around.set_axis_off()
    around.patch.set_visible(False)
    return around


def write(ax: Axes, x: float, y: float, text: str, **style: object) -> None:
    """Write text at a point of the axes; dollar signs are not read as mathematics."""
    style = {"color": palette.INK, "linespacing": 1.15, "parse_math": False, **style}
    ax.text(x, y, text, **style)  # type: ignore[arg-type]


def stamp(ax: Axes, top: float, height: float = STAMP, width: float = WIDTH) -> None:
    """Draw the band that marks demonstration data, across the whole width of axes in inches."""
    ax.add_artist(Rectangle((0, top - height), width, height, facecolor=STAMPED, edgecolor="none"))
    write(ax, width / 2, top - height / 2, DEMO_WORDS, size=stamp_size(width), weight="bold", ha="center", va="center")


def stamp_size(width: float) -> float:
    """Return the size of the stamp's words, in points, that fits a width in inches."""
    return min(_STAMP_WORDS, _STAMP_WORDS * (width - 0.1) / text_size(DEMO_WORDS, _STAMP_WORDS, "bold")[0])


def entry_room(x: float, swatch: float, within: float) -> float:
    """Return the width for the words of an entry of a legend, after its swatch of a width at `x`."""
    return within - MARGIN - x - swatch - 0.08


def draw_entry(
    ax: Axes,
    x: float,
    y: float,
    words: str,
    style: dict[str, Any],
    *,
    size: tuple[float, float],
    meaning: str = "",
    within: float = WIDTH,
) -> str:
    """Draw an entry of a legend and return its words as lines.

    Its swatch is of this size, with the top left corner at a point; without a style there is none. `meaning` is what
    hatching means in SVG, if it is not that there is no published estimate; `within` is the width of the figure.
    """
    width, height = size
    if style:
        swatch = ax.add_artist(Rectangle((x, y - height), width, height, linewidth=0.5, **style))
        swatch.set_gid(f"{SWATCH}missing|{meaning}" if style is HATCHED else None)
    text = wrap(words, SMALL, entry_room(x, width, within))
    write(ax, x + width + 0.08, y - height / 2, text, size=SMALL, va="center")
    return text


def _scale_bar(ax: Axes, top: float, scale: float, width: float) -> None:
    """Draw a scale bar of a round length, 1.3 inches at most, to the right of the legend's title."""
    longest = 1.3 * scale / 1000
    length = max(step * 10.0**power for power in range(-2, 4) for step in (1, 2, 5) if step * 10.0**power <= longest)
    inches = length * 1000 / scale
    right, y = width - MARGIN, top - 0.04
    ax.plot(
        [right - inches, right - inches, right, right], [y, y - 0.05, y - 0.05, y], color=palette.INK, linewidth=0.9
    )
    words = f"{length:g} km" if length >= 1 else f"{length * 1000:g} m"
    write(ax, right - inches - 0.05, y - 0.025, words, size=SMALL, ha="right", va="center")


def _in_columns(lines: list[str], width: float) -> list[tuple[list[str], float]]:
    """Return lines in as many columns as fit side by side in a figure, each with its left edge in inches."""
    gap, room = 0.15, width - 2 * MARGIN
    if width <= NARROW:
        lines = [
            part
            for line in lines
            for part in (wrap(line, SMALL, room).split("\n") if text_size(line, SMALL)[0] > room else [line])
        ]
    for columns in range(min(5, len(lines)), 0, -1):
        rows = -(-len(lines) // columns)
        parts = [lines[at : at + rows] for at in range(0, len(lines), rows)]
        widths = [max(text_size(line, SMALL)[0] for line in part) + gap for part in parts]
        spare = room + gap - sum(widths)
        if spare >= 0 or columns == 1:
            # Even columns where they fit, as they are easier to read.
            lefts = [at * room / len(parts) for at in range(len(parts))]
            if max(widths) > room / len(parts):
                lefts = [sum(widths[:at]) + at * spare / len(parts) for at in range(len(parts))]
            return list(zip(parts, lefts, strict=True))
    return []
