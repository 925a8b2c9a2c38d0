"""Two strips of dots on one axis: a district among all districts, and its neighbourhoods among all neighbourhoods.

All dots have the same size, so that large rural areas do not dominate as they do on a map.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ec_maps import settings
from ec_maps.analysis.district import district_profile
from ec_maps.analysis.group import GroupProfile, group_profile
from ec_maps.analysis.statistics import BESIDE
from ec_maps.areas import wording
from ec_maps.areas.checked import whole
from ec_maps.areas.groups import PlaceGroup
from ec_maps.areas.wording import capital, the
from ec_maps.graphics import palette
from ec_maps.graphics.beeswarm import above, squeezed, swarm, width_within
from ec_maps.graphics.figure import Map
from ec_maps.graphics.labels import Box
from ec_maps.graphics.layers import BODY, descriptions, name_shapes
from ec_maps.graphics.layout import (
    FAINT,
    LEGEND,
    MAP_WIDTH,
    MARGIN,
    NARROW,
    SMALL,
    SUBTITLE,
    Words,
    moved_here,
    new_figure,
    write,
)
from ec_maps.graphics.style import own_settings
from ec_maps.graphics.text_metrics import text_size, wrap
from ec_maps.maps.strip_plot_key import EDGE, POINT, ROW, SHADE, THIN, draw_entry, key_entries
from ec_maps.maps.strip_plot_words import Place, alt_text, caption, districts, neighbourhoods

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from ec_maps.measures import Measure

#: The width of the marked district's dot, as a multiple of the others', and that of the dots of a group's districts.
MARKED, MEMBERS = 1.7, 1.6

#: The height of the district's name above the upper strip's dots, in inches.
_NAME = 0.16

#: The space between two dots, and the width of a thick edge, in points.
_FREE, _THICK = 0.3, 1.3

_GRID = "#e3dccb"


@own_settings()
def strip_plot(lads: gpd.GeoDataFrame, msoas: gpd.GeoDataFrame, lad_name: str | PlaceGroup) -> Map:
    """Draw all districts as a strip of dots, one of them or a group marked, and beneath it its neighbourhoods.

    Both share an axis. A grey shape behind the neighbourhoods is their distribution over England and Wales. Areas
    without a published estimate have no dot; the text gives their number. A district elsewhere has one strip.

    Parameters
    ----------
    lads, msoas
        Whole tables of :func:`ec_maps.load_areas`.
    lad_name
        The district's name (English or Welsh, or a part that is in no other) or code, or a group of
        :func:`ec_maps.read_places`, whose districts are all marked.

    Returns
    -------
    map
        The figure, whose first axes are in per cent (or the unit of a rate) across and in inches upwards; `areas` are
        the neighbourhoods.

    Raises
    ------
    PlaceError
        If no district of the table has the name; the message suggests some.
    SettingError
        If the tables are not whole tables of :func:`ec_maps.load_areas`, of the same measure.

    Examples
    --------
    >>> import ec_maps
    >>> lads, msoas = ec_maps.load_areas("lad"), ec_maps.load_areas("msoa")
    >>> picture = ec_maps.strip_plot(lads, msoas, "Norwich")
    >>> len(picture.areas)
    14
    """
    lads, msoas = whole(lads, "lad"), whole(msoas, "msoa")
    place: Place
    if isinstance(lad_name, PlaceGroup):
        place = group_profile(lads, msoas, lad_name)
    else:
        place = district_profile(lads, msoas, lad_name)
    measure = place.measure
    upper, lower = lads[lads[measure].notna()], place.msoas[place.msoas[measure].notna()]
    # The outermost 0.5% of neighbourhoods at each end would take up half the axis.
    usual = place.country[place.country.between(*place.country.quantile([0.005, 0.995]))]
    plot = _Plot.of(place, [upper[measure]] if place.beyond else [upper[measure], lower[measure], usual])
    if plot.lower:
        plot.draw_distribution(plot.lower, usual)
    _draw_medians(plot, place)
    xs = [plot.inches(rows[measure]) for rows in (upper, lower)][: len(plot.strips)]
    width = min(width_within(x, strip.height) for x, strip in zip(xs, plot.strips, strict=True))
    here = upper["lad21cd"].isin(place.codes).to_numpy()
    up = np.zeros(len(upper))
    among = ~here | isinstance(place, GroupProfile)
    up[among] = squeezed(swarm(xs[0][among], width), width, plot.upper.height)
    # The dot of one district lies above the others, so that the line to its name crosses none of them.
    up[~among] = [above(x, xs[0][among], up[among], width * (1 + MARKED) / 2) for x in xs[0][~among]]
    up += plot.upper.middle
    plot.draw_dots(plot.upper, upper, up, np.where(~among, MARKED, np.where(here, MEMBERS, 1)) * width)
    inside = upper["rgn21nm"].isin(place.regions).to_numpy() & ~here
    plot.draw_points(upper[inside], up[inside], width)
    _draw_name(plot, place, up[~among] + MARKED * width / 2)
    if plot.lower:
        up = plot.lower.middle + squeezed(swarm(xs[1], width), width, plot.lower.height)
        plot.draw_dots(plot.lower, lower, up, np.full(len(lower), width))
    return Map(plot.figure, place.msoas, alt_text(place), caption(place), draw_narrow=partial(_narrow, plot, place))


class _Strip(NamedTuple):
    """A strip: its middle line in inches above the axis, and its height."""

    middle: float
    height: float

    @property
    def top(self) -> float:
        return self.middle + self.height / 2

    @property
    def bottom(self) -> float:
        return self.middle - self.height / 2


@dataclass(frozen=True)
class _Plot:
    """The figure and its axes: per cent, or the measure's own unit, across, and inches above the axis upwards."""

    figure: Figure
    ax: Axes
    measure: Measure
    upper: _Strip
    lower: _Strip | None

    @classmethod
    def of(cls, place: Place, values: list[pd.Series]) -> _Plot:
        """Return the figure for values in the measure's unit, with all text but the labels of dots and medians."""
        lower = None if place.beyond else _Strip(ROW + 0.32, 0.64)
        # Beneath the upper strip are the medians' labels, and beneath those the heading of the lower strip.
        upper = _Strip((lower.top + 2 * ROW + 0.06 if lower else ROW) + 0.6, 1.2)
        body, key, measure = upper.top + _NAME + 2 * ROW, key_entries(place), place.entry
        words = _words(place)
        height = 0.34 + (key[-1][0] + 1) * ROW
        figure, ax, around, foot = new_figure(words, body, height, label="strips", demo=settings.is_demo(), gap=0.08)
        plot = cls(figure, ax, measure, upper, lower)
        shown = plot.units(np.concatenate(values))
        low, high = (float(shown.min()), float(shown.max())) if len(shown) else (0.0, 100.0)
        room = max((high - low) * 0.02, 0.005 * plot.units(1))
        ax.set(xlim=(low - room, high + room), ylim=(0, body), xticks=[], yticks=[], gid=f"{BODY}upper")
        ax.patch.set_visible(False)
        ax.spines[["left", "right", "top"]].set_visible(False)
        ax.spines["bottom"].set(color="#8d8779", linewidth=0.6, gid=plot.moving(plot.strips[-1]))
        ticks = _ticks(low - room, high + room, measure)
        for strip in plot.strips:
            lines = ax.vlines(list(ticks), strip.bottom, strip.top, color=_GRID, linewidth=0.5, zorder=0)
            lines.set_gid(plot.moving(strip))
        plot.label_ticks(around, foot, MAP_WIDTH)
        plot.write(0, upper.top + _NAME + ROW + 0.03, districts(place), size=LEGEND, weight="bold")
        if lower:
            plot.write(0, lower.top + 0.06, capital(neighbourhoods(place)), size=LEGEND, weight="bold")
        for entry in key:
            draw_entry(around, palette.colours(measure), entry, foot - 0.36)
        return plot

    @property
    def strips(self) -> list[_Strip]:
        return [self.upper, *([self.lower] if self.lower else [])]

    def moving(self, strip: _Strip) -> str:
        """Return the id of what is in a strip, as the two move apart in a narrow figure."""
        return f"{BODY}{'upper' if strip is self.upper else 'lower'}"

    def label_ticks(self, around: Axes, foot: float, wide: float) -> None:
        """Write the numbers beneath an axis as wide as this, each second or third where more have no room."""
        low, high = self.ax.get_xlim()
        ticks = list(_ticks(low, high, self.measure).items())
        least = max((text_size(label, LEGEND)[0] for _, label in ticks), default=0.0) + 0.08
        every = math.ceil(least * len(ticks) / wide) if wide < MAP_WIDTH else 1
        for tick, label in ticks[::every]:
            x = MARGIN + (tick - low) / (high - low) * wide
            write(around, x, foot - 0.14, label, size=LEGEND, color=FAINT, ha="center", va="baseline")

    def units(self, values: Any) -> Any:
        """Return values in the measure's unit as numbers on the axis."""
        return (1.0 if self.measure.unit == "rate" else 100.0) * values

    def inches(self, values: pd.Series | float) -> np.ndarray:
        """Return values in the measure's unit as inches from the axis's left end."""
        low, high = self.ax.get_xlim()
        return np.asarray((self.units(np.asarray(values, dtype=float)) - low) / (high - low) * MAP_WIDTH)

    def write(self, x: float, y: float, words: str, **style: Any) -> None:
        """Write words that start `x` inches from the axis's left end, moved so far that they lie beside the axis."""
        width = text_size(words, style["size"], style.get("weight", "normal"))[0]
        low, high = self.ax.get_xlim()
        x = min(max(x, 0.0), MAP_WIDTH - width)
        write(self.ax, low + x / MAP_WIDTH * (high - low), y, words, va="baseline", **style)

    def draw_distribution(self, strip: _Strip, values: pd.Series) -> None:
        """Draw the distribution of values: the higher the shape, the more values."""
        if values.empty:
            return
        shown = self.units(values)
        counts, edges = np.histogram(shown, bins=300, range=self.ax.get_xlim())
        # Smoothed over about a fiftieth of the axis, to show the distribution without noise.
        shape = np.convolve(counts, np.exp(-0.5 * (np.arange(-18, 19) / 5) ** 2), mode="same")
        shape = shape / shape.max() * strip.height / 2
        middles = (edges[1:] + edges[:-1]) / 2
        seen = (middles >= shown.min()) & (middles <= shown.max())
        low, high = strip.middle - shape[seen], strip.middle + shape[seen]
        shade = self.ax.fill_between(middles[seen], low, high, color=SHADE, linewidth=0, zorder=0.5)
        shade.set_gid(self.moving(strip))

    def draw_median(self, strip: _Strip, value: float, words: str, *, left: bool = False, **style: Any) -> None:
        """Draw a line through a strip, its label in the row beneath to its right or, with `left`, to its left."""
        x, low = float(self.inches(value)), strip.bottom - 0.14
        line = self.ax.vlines(self.units(value), low, strip.top, color=palette.INK, linewidth=0.8, zorder=1, **style)
        line.set_gid(self.moving(strip))
        start = x - 0.05 - text_size(words, SMALL)[0] if left else x + 0.05
        self.write(start, strip.bottom - 0.12, words, size=SMALL, zorder=5)

    def draw_dots(self, strip: _Strip, rows: gpd.GeoDataFrame, ups: np.ndarray, widths: np.ndarray) -> None:
        """Draw rows with a value as dots in their deciles' colours, `widths` inches wide including edges."""
        if rows.empty:
            return
        marked = widths > widths.min()
        edges = np.where(marked, _THICK, THIN)
        dots = self.ax.scatter(
            self.units(rows[self.measure.key]),
            ups,
            s=(72 * widths - edges - _FREE) ** 2,
            c=list(map(str, palette.colours_of(rows))),
            edgecolors=np.where(marked, palette.INK, EDGE).tolist(),
            linewidths=edges.tolist(),
            zorder=2,
        )
        name_shapes(dots, descriptions(rows.drop(columns=BESIDE, errors="ignore")), self.moving(strip))

    def draw_points(self, rows: gpd.GeoDataFrame, ups: np.ndarray, width: float) -> None:
        """Draw a point inside each dot of the region, so that it is not marked by colour alone."""
        if not rows.empty:
            inks, values = [palette.ink_on(str(colour)) for colour in palette.colours_of(rows)], rows[self.measure.key]
            self.ax.scatter(self.units(values), ups, s=(POINT * width * 72) ** 2, c=inks, linewidths=0, zorder=3)


def _words(place: Place) -> Words:
    return Words(
        f"{capital(place.in_sentence)} among all local authorities",
        f"{place.entry.title}: {place.entry.meaning}. Each dot is an area, in the colour of its decile.",
        wording.sources(),
    )


def _ticks(low: float, high: float, measure: Measure) -> dict[float, str]:
    """Return round numbers on the axis, twelve at most, each with its label."""
    rate = measure.unit == "rate"
    steps = (step * 10.0**power for power in range(-2 if rate else 0, 9) for step in (1, 2, 5))
    step = next(step for step in steps if (high - low) / step <= 12)
    marks = np.arange(math.ceil(low / step) * step, high, step)
    return {float(mark): f"{round(float(mark), 2):g}{'' if rate else '%'}".replace("-", "−") for mark in marks}


#: A median's value, its words, and the style of its line.
_Median = tuple[float, str, Any]


def _medians(place: Place) -> tuple[list[_Median], list[_Median]]:
    """Return the medians in the upper strip, of the country and of the region, the lower first; and in the lower."""
    in_words = place.entry.format
    medians = [(place.median, place.universe, "solid"), (place.region_median, the(place.regions[0]), (0, (3, 1.5)))]
    there = sorted((one for one in medians if not math.isnan(one[0])), key=lambda one: one[0])
    upper = [(value, f"median of {where} {in_words(value)}", line) for value, where, line in there]
    if place.beyond or not len(place.country):
        return upper, []
    median = float(place.country.median())
    return upper, [(median, f"median neighbourhood of England and Wales {in_words(median)}", "solid")]


def _draw_medians(plot: _Plot, place: Place) -> None:
    """Draw the medians as lines, with the label of the upper strip's lower one to its left."""
    upper, lower = _medians(place)
    for at, (value, words, line) in enumerate(upper):
        plot.draw_median(plot.upper, value, words, left=at == 0, linestyle=line)
    if plot.lower:
        for value, words, _ in lower:
            plot.draw_median(plot.lower, value, words)


def _name(place: Place) -> str:
    """Return the words above the strip: a district with its value, or what is marked of a group."""
    if isinstance(place, GroupProfile):
        return f"{place.name}: dots with a thick edge"
    return f"{place.name}{':' if math.isnan(place.value) else ''} {place.entry.format(place.value)}"


def _draw_name(plot: _Plot, place: Place, tops: np.ndarray) -> None:
    """Write the district's name and value above the strip, with a line down to the top of its dot if it has one."""
    top = plot.upper.top + _NAME
    words, x = _name(place), 0.0
    if len(tops):
        x = float(plot.inches(place.value)) - text_size(words, SUBTITLE, "bold")[0] / 2
        at = [plot.units(place.value)] * len(tops)
        plot.ax.vlines(at, tops, top - 0.02, color=palette.INK, linewidth=0.8, zorder=4)
    plot.write(x, top + 0.02, words, size=SUBTITLE, weight="bold", zorder=5)


# --- on a phone -------------------------------------------------------------------------------------

#: The length of the line before a median's words, in inches.
_SAMPLE = 0.2


def _narrow(plot: _Plot, place: Place) -> Figure:
    """Return the words and the key for phones: those of each strip above it, in rows of their own."""
    room, key = NARROW - 2 * MARGIN, key_entries(place, NARROW - 2 * MARGIN)
    scale = room / MAP_WIDTH
    upper, lower = _medians(place)
    above, between = _rows(districts(place), upper, room), _rows(capital(neighbourhoods(place)), lower, room)
    shift = 0.0
    if plot.lower:
        # From the top of the lower strip to the ends of the medians' lines beneath the upper one.
        shift = sum(high for *_, high in between) + 0.16 - scale * (plot.upper.bottom - 0.14 - plot.lower.top)
    name = shift + scale * (plot.upper.top + _NAME) + 0.02
    body = name + 0.18 + sum(high for *_, high in above)
    height = 0.34 + (key[-1][0] + 1) * ROW
    figure, ax, around, foot = new_figure(
        _words(place), body, height, label="words", demo=settings.is_demo(), gap=0.08, width=NARROW
    )
    ax.set(xlim=(0, room), ylim=(0, body))
    ax.set_axis_off()
    high = scale * plot.ax.get_ylim()[1]
    moved_here(figure, "lower", Box(MARGIN, foot, MARGIN + room, foot + high))
    moved_here(figure, "upper", Box(MARGIN, foot + shift, MARGIN + room, foot + shift + high))
    at = scale * float(plot.inches(place.value))
    width = text_size(_name(place), SMALL, "bold")[0]
    x = 0.0 if math.isnan(at) else min(max(at - width / 2, 0.0), room - width)
    write(ax, x, name, _name(place), size=SMALL, weight="bold", va="baseline")
    _write_rows(ax, above, body)
    if plot.lower:
        _write_rows(ax, between, scale * plot.lower.top + 0.08 + sum(high for *_, high in between))
    plot.label_ticks(around, foot, room)
    for entry in key:
        draw_entry(around, palette.colours(place.entry), entry, foot - 0.36)
    return figure


def _rows(heading: str, medians: list[_Median], room: float) -> list[tuple[str, Any, float]]:
    """Return the rows above a strip, each with its words, the style of its line (or None) and its height."""
    rows: list[tuple[str, Any, float]] = []
    for words, line in ((heading, None), *((words, line) for _, words, line in medians)):
        lines = wrap(words, SMALL, room - (_SAMPLE + 0.06 if line else 0.0), "normal" if line else "bold")
        rows.append((lines, line, text_size(lines, SMALL)[1] + 0.03))
    return rows


def _write_rows(ax: Axes, rows: list[tuple[str, Any, float]], y: float) -> None:
    """Write rows from a height in inches downwards."""
    for words, line, high in rows:
        if line:
            middle = y - SMALL / 144
            ax.plot([0, _SAMPLE], [middle, middle], color=palette.INK, linewidth=0.8, linestyle=line, clip_on=False)
        write(ax, _SAMPLE + 0.06 if line else 0.0, y, words, size=SMALL, weight="normal" if line else "bold", va="top")
        y -= high
