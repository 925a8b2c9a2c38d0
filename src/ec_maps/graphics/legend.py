"""The legend of a map: its classes as a strip of colours with cut points, and what hatching and grey land mean."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from matplotlib.patches import Rectangle

from ec_maps.classes import DECILES, Classes
from ec_maps.geography.levels import level_named
from ec_maps.graphics import palette
from ec_maps.graphics.layers import SWATCH
from ec_maps.graphics.layout import AROUND, FAINT, HATCHED, LEGEND, MARGIN, SMALL, WIDTH, draw_entry, write
from ec_maps.graphics.text_metrics import text_size, wrap

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ec_maps.about import About

#: The greatest width of the strip of classes, and of the title before that reaches the scale bar, in inches.
_STRIP, _TITLE_WIDTH = 3.8, 4.2

#: The heights of a line beneath the strip, of a further line of the title, and of a row for hatching or grey land in
#: a narrow figure; and the least space between two numbers above the strip, and that which is tight, in inches.
_LINE, _TITLE_LINE, _ROW, _GAP, _TIGHT = 0.12, 0.125, 0.24, 0.01, 0.05

#: The width and height of a swatch of hatching or grey land, in inches.
_SWATCH = (0.3, 0.17)

#: The size of the classes' numbers, in points.
_NUMBER = 7.0


@dataclass(frozen=True)
class Key:
    """The contents of a legend of deciles or other classes.

    `cut_points` are the edges as text, without a unit; `colours` has None for a class that is empty because many values
    are equal; `missing` and `around` are what hatching and grey land mean, empty if there is none. In a figure of less
    than the usual `width`, in inches, these are beneath the classes. Without `shows_around` the room for `around` stays
    empty: whether there is grey land in view is known only once the legend has its height.
    """

    title: str
    universe: str
    cut_points: list[str]
    colours: list[str | None]
    missing: str = ""
    around: str = ""
    classes: Classes = DECILES
    width: float = WIDTH
    shows_around: bool = True

    @classmethod
    def of(
        cls, about: About, universe: str, *, chosen: Sequence[str] | None = None, missing: str = "", around: str = ""
    ) -> Key:
        """Return the legend of a table's classes.

        Parameters
        ----------
        about
            What the table is about.
        universe
            The areas with a value that the classes are of: "the 331 local authorities of England and Wales".
        chosen
            The classes' colours, if they are not ours.
        missing, around
            What hatching and grey land mean.
        """
        measure, classes, filled = about.what, about.classes, about.groups
        if classes.cut != "size":
            filled = tuple(range(1, classes.number + 1))
        colours = [
            colour if number in filled else None
            for number, colour in enumerate(chosen or palette.class_colours(about), start=1)
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
            missing,
            around,
            classes,
        )

    @property
    def height(self) -> float:
        """The height of the legend, in inches."""
        further = _TITLE_LINE * (len(self._title) - 1) + _LINE * (len(self._universe) - 1)
        return 1.12 + further + (sum(map(self._row, (self.missing, self.around))) if self._is_narrow else 0.0)

    def _row(self, words: str) -> float:
        """Return the height of the row for hatching or grey land, in inches."""
        lines = wrap(words, SMALL, self._room - _SWATCH[0] - 0.08)
        return max(_ROW, text_size(lines, SMALL)[1] + 0.04) if words else 0.0

    @property
    def _is_narrow(self) -> bool:
        return self.width < WIDTH

    @property
    def _room(self) -> float:
        return self.width - 2 * MARGIN

    @property
    def _title(self) -> list[str]:
        return wrap(self.title, LEGEND, self._room, "bold").split("\n")

    @property
    def _universe(self) -> list[str]:
        return wrap(self.universe, SMALL, self._room).split("\n")

    def draw(self, ax: Axes, top: float) -> None:
        """Draw the classes as a strip with cut points above, numbers beneath, and words at both ends."""
        across, high = min(_STRIP, self._room), _SWATCH[1]
        wide = across / len(self.colours)
        write(ax, MARGIN, top, "\n".join(self._title), size=LEGEND, weight="bold", va="top")
        strip = top - 0.46 - _TITLE_LINE * (len(self._title) - 1)
        self._draw_cut_points(ax, strip + high + 0.04, wide)
        self._draw_classes(ax, strip, (wide, high))
        end, noun = MARGIN + across, self.classes.noun
        ends = [f"lowest {noun}", f"highest {noun}"]
        if sum(text_size(words, LEGEND, "bold")[0] for words in ends) + 0.1 > across:
            ends = ["lowest", "highest"]
        write(ax, MARGIN, strip - 0.25, ends[0], size=LEGEND, weight="bold", va="baseline")
        write(ax, end, strip - 0.25, ends[1], size=LEGEND, weight="bold", ha="right", va="baseline")
        y = strip - 0.39
        for line in self._universe:
            write(ax, MARGIN, y, line, size=SMALL, color=FAINT, va="baseline")
            y -= _LINE
        x, y = (MARGIN, y + _LINE - 0.09) if self._is_narrow else (end + 0.22, top - 0.28)
        for words, style in ((self.missing, HATCHED), (self.around if self.shows_around else "", AROUND)):
            if words:
                down = (self._row(words) - _ROW) / 2 if self._is_narrow else 0.0
                meaning = words.partition(" (")[0]
                draw_entry(ax, x, y - down, words, style, size=_SWATCH, meaning=meaning, within=self.width)
                y -= _ROW + 2 * down

    def _draw_cut_points(self, ax: Axes, y: float, wide: float) -> None:
        """Write the edges of the classes at a height, each where its class begins."""
        last = len(self.cut_points) - 1
        widest = max(text_size(edge, 6)[0] for edge in self.cut_points)
        # On narrow classes half of the first and of the last number stands in the margin.
        centred = self._is_narrow and widest / 2 < MARGIN and 1.5 * widest + _TIGHT > wide
        # Long numbers stand at every second or third edge, and always at both ends.
        every = math.ceil(((1.0 if centred else 1.5) * widest + _GAP) / wide)
        for place, edge in enumerate(self.cut_points):
            if place != last and (place % every or last - place < every):
                continue
            x, ends = MARGIN + place * wide, {} if centred else {0: "left", last: "right"}
            write(ax, x, y, edge, size=6, color=FAINT, va="baseline", ha=ends.get(place, "center"))

    def _draw_classes(self, ax: Axes, y: float, size: tuple[float, float]) -> None:
        """Draw the swatches of the classes, each of this size, side by side with their numbers beneath."""
        wide, high = size
        narrow = text_size(str(len(self.colours)), _NUMBER)[0] > wide
        for place, colour in enumerate(self.colours):
            if colour is None:
                continue
            x = MARGIN + place * wide
            swatch = Rectangle((x, y), wide, high, facecolor=colour, edgecolor="#6d6a80", linewidth=0.5)
            swatch.set_gid(f"{SWATCH}{place + 1}|{self.classes.numbered(place + 1)}")
            # Added as an artist, because for patches matplotlib would compute limits that are already set.
            ax.add_artist(swatch)
            if not narrow or place in (0, len(self.colours) - 1):
                write(ax, x + wide / 2, y - 0.11, str(place + 1), size=_NUMBER, ha="center", va="baseline")
