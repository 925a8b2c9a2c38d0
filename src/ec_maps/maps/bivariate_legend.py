"""The colours of bivariate maps, and their legend, a square of nine fields.

The colours are in ``assets/palettes/bivariate.txt`` in the order of the classes (see
:mod:`ec_maps.analysis.bivariate`): from purple, the least connected on every map, to ice.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from matplotlib.patches import Rectangle

from ec_maps.analysis.bivariate import BETWEEN, CLASSES, DRIVERS, KINDS, THIRDS, thirds_of
from ec_maps.graphics import layers, palette
from ec_maps.graphics.layout import (
    AROUND,
    FAINT,
    HATCHED,
    LEGEND,
    MARGIN,
    NARROW,
    SMALL,
    WIDTH,
    draw_entry,
    entry_room,
    write,
)
from ec_maps.graphics.palette import read_palette
from ec_maps.graphics.text_metrics import text_size, wrap
from ec_maps.maps.bivariate_words import class_in_words, class_numbers, counts, level_of, whole_in_words
from ec_maps.measures import measure_named

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    from matplotlib.axes import Axes

_FIELD_EDGE = "#6d6a80"

#: The legend, in inches: the side of a field; the space left of the square for its words and cut points; the space
#: between the square and the list; the space above and beneath the square; and a further line above it.
_SIDE = 0.36
_LEFT, _APART, _ABOVE, _BENEATH, _LINE = 0.62, 0.4, 0.48, 0.44, 0.11
_SWATCH = (0.22, 0.13)

_ACROSS, _UP = "more high-income\npeople to meet →", "friendships fall\nfurther short →"


@dataclass(frozen=True)
class Square:
    """The legend of a table of areas: nine fields, exposure to the right and bias upwards.

    `around` is what grey land is, and `shows_around` whether there is any in view; `place` is the place whose
    neighbourhoods are counted, empty for all areas. In a narrow figure the list of corner classes is beneath the square
    instead of beside it.
    """

    areas: gpd.GeoDataFrame
    around: str
    place: str = ""
    shows_around: bool = True
    width: float = WIDTH

    @property
    def height(self) -> float:
        """The height of the legend, in inches."""
        listed = sum(self._row(words) for words, _ in self._rows) + 0.1 if self._is_narrow else 0.0
        return 0.1 + self._above + THIRDS * _SIDE + _BENEATH + listed

    @property
    def _is_narrow(self) -> bool:
        return self.width <= NARROW

    @property
    def _words(self) -> tuple[str, str]:
        """The title, and what the square is made of, broken into lines in a narrow figure."""
        areas = level_of(self.areas).areas
        title = f"Exposure and bias, by third of all {areas}"
        counted = f"{areas} of {self.place}" if self.place else areas
        universe = (
            f"Thirds of {whole_in_words(self.areas)}.\nCut points in per cent; in each field, the number of {counted}."
        )
        room = self.width - 2 * MARGIN
        if not self._is_narrow:
            return title, "\n".join(wrap(line, SMALL, room) for line in universe.split("\n"))
        return wrap(title, LEGEND, room, "bold"), wrap(universe, SMALL, room)

    @property
    def _above(self) -> float:
        """The height of the words above the square."""
        title, universe = self._words
        if self._is_narrow:
            return text_size(title, LEGEND)[1] + text_size(universe, SMALL)[1] + 0.1
        return _ABOVE + _LINE * (universe.count("\n") - 1)

    def draw(self, ax: Axes, top: float) -> None:
        """Draw the legend on axes in inches, from `top` downwards."""
        found = counts(self.areas)
        title, universe = self._words
        write(ax, MARGIN, top, title, size=LEGEND, weight="bold", va="top")
        write(ax, MARGIN, top - 0.16 - 0.125 * title.count("\n"), universe, size=SMALL, color=FAINT, va="top")
        left, bottom = MARGIN + _LEFT, top - self._above - THIRDS * _SIDE
        for number, (colour, count) in enumerate(zip(bivariate_colours(), found, strict=True), 1):
            exposure, bias = thirds_of(number)
            x, y = left + (exposure - 1) * _SIDE, bottom + (bias - 1) * _SIDE
            field = Rectangle((x, y), _SIDE, _SIDE, facecolor=colour, edgecolor=_FIELD_EDGE, linewidth=0.5)
            field.set_gid(f"{layers.SWATCH}{number}|{class_in_words(number)}")
            ax.add_artist(field)
            style = {"size": LEGEND, "color": palette.ink_on(colour), "ha": "center", "va": "center_baseline"}
            write(ax, x + _SIDE / 2, y + _SIDE / 2, f"{count:,}", **style)
        ends = {0: ("left", "bottom"), THIRDS: ("right", "top")}
        for place, edges in enumerate(zip(*(self.areas.attrs[f"{key}_cut_points"] for key in DRIVERS), strict=True)):
            across, up = (measure_named(key).short(edge) for key, edge in zip(DRIVERS, edges, strict=True))
            ha, va = ends.get(place, ("center", "center"))
            x, y = left + place * _SIDE, bottom + place * _SIDE
            write(ax, x, bottom - 0.11, across, size=6, color=FAINT, va="baseline", ha=ha)
            write(ax, left - 0.05, y, up, size=6, color=FAINT, ha="right", va=va)
        middle, bold = THIRDS * _SIDE / 2, {"size": SMALL, "weight": "bold"}
        write(ax, left + middle, bottom - 0.17, _ACROSS, ha="center", va="top", **bold)
        turned = {"ha": "right", "va": "center", "rotation": 90, "rotation_mode": "default"}
        write(ax, left - 0.36, bottom + middle, _UP, **bold, **turned)
        x, y = (MARGIN, bottom - _BENEATH) if self._is_narrow else (left + THIRDS * _SIDE + _APART, top - self._above)
        for words, style in self._rows:
            down = (self._row(words, x) - _SWATCH[1] - 0.08) / 2 if self._is_narrow else 0.0
            draw_entry(ax, x, y - down, words, style, size=_SWATCH, within=self.width)
            y -= self._row(words, x)

    @property
    def _rows(self) -> list[tuple[str, dict[str, Any]]]:
        """The names of the corner classes and of what else is on the map, each with the style of its swatch."""
        colours, lacking = bivariate_colours(), int(self.areas["kind"].isna().sum())
        rows: list[tuple[str, dict[str, Any]]] = [
            (kind.name, {"facecolor": colours[kind.number - 1], "edgecolor": _FIELD_EDGE}) for kind in reversed(KINDS)
        ]
        rows.append((f"the other five colours: {BETWEEN}", {}))
        if lacking:
            rows.append((f"no published estimate of one or both ({lacking:,})", HATCHED))
        if self.around and self.shows_around:
            rows.append((self.around, AROUND))
        return rows

    def _row(self, words: str, x: float = MARGIN) -> float:
        """Return the height of an entry of the list from `x`."""
        lines = wrap(words, SMALL, entry_room(x, _SWATCH[0], self.width))
        return max(text_size(lines, SMALL)[1], _SWATCH[1]) + 0.08


def colours_of(areas: pd.DataFrame) -> list[str | None]:
    """Return the colour of each area's class, None for an area without one."""
    colours = bivariate_colours()
    return [colours[number - 1] if number else None for number in class_numbers(areas)]


def bivariate_colours() -> list[str]:
    """Return the nine hex colours of the classes, class 1 (least exposure, largest bias: purple) first.

    All faults of the file are raised as one `PaletteError`.
    """
    return read_palette(
        "bivariate.txt",
        CLASSES,
        "nine different hex colours, one a line: three for the largest bias, from least to most exposure, then three "
        "for the middle, three for the smallest",
        _repeated,
    )


def _repeated(colours: list[tuple[int, str]]) -> list[str]:
    """Return the colours that are on an earlier line already, as faults."""
    first: dict[str, int] = {}
    return [
        f"line {at}: {colour} is that of line {first[colour]} again"
        for at, colour in colours
        if first.setdefault(colour, at) != at
    ]
