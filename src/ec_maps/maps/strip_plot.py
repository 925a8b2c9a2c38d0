"""Two strips of dots on one axis: a district among all districts, and its neighbourhoods among all neighbourhoods.

All dots have the same size, so that large rural areas do not dominate as they do on a map.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from matplotlib.patches import Circle, Ellipse

from ec_maps import settings
from ec_maps.analysis.district import DistrictProfile, district_profile
from ec_maps.analysis.statistics import BESIDE
from ec_maps.areas import wording
from ec_maps.areas.checked import whole
from ec_maps.areas.wording import capital, the, the_district
from ec_maps.graphics import palette
from ec_maps.graphics.beeswarm import above, squeezed, swarm, width_within
from ec_maps.graphics.figure import Map
from ec_maps.graphics.layers import SWATCH, descriptions, name_shapes
from ec_maps.graphics.layout import FAINT, LEGEND, MAP_WIDTH, MARGIN, SMALL, SUBTITLE, Words, new_figure, write
from ec_maps.graphics.style import own_settings
from ec_maps.graphics.text_metrics import text_size
from ec_maps.maps.strip_plot_words import alt_text, caption, districts, neighbourhoods

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from ec_maps.measures import Measure

#: The width of the marked district's dot, as a multiple of the others', and of the point in a dot, as a share of it.
MARKED, _POINT = 1.7, 0.34

#: The height of a row of text, and that of the district's name above the upper strip's dots, in inches.
_ROW, _NAME = 0.17, 0.16

#: The space between two dots, and the widths of thin and thick edges, in points.
_FREE, _THIN, _THICK = 0.3, 0.4, 1.3

#: The key: the words at the ends of the deciles, and the space between dots and between entries, in inches.
_ENDS, _PITCH, _BETWEEN = ("lowest decile", "highest decile"), 0.1, 0.16

_EDGE, _GRID, _SHADE = "#4a4f73", "#e3dccb", "#e9e2d2"


@own_settings()
def strip_plot(lads: gpd.GeoDataFrame, msoas: gpd.GeoDataFrame, lad_name: str) -> Map:
    """Draw all districts as a strip of dots, one of them marked, and beneath it its neighbourhoods.

    Both share an axis. A grey shape behind the neighbourhoods is their distribution over England and Wales. Areas
    without a published estimate have no dot; the text gives their number. A district elsewhere has one strip.

    Parameters
    ----------
    lads, msoas
        Whole tables of :func:`ec_maps.load_areas`.
    lad_name
        The district's name (English or Welsh, or a part that is in no other) or code.

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
    here = (upper["lad21cd"] == place.district["lad21cd"]).to_numpy()
    up = np.zeros(len(upper))
    up[~here] = squeezed(swarm(xs[0][~here], width), width, plot.upper.height)
    # The marked dot lies above the others, so that the line to its name crosses none of them.
    up[here] = [above(x, xs[0][~here], up[~here], width * (1 + MARKED) / 2) for x in xs[0][here]]
    up += plot.upper.middle
    plot.draw_dots(upper, up, np.where(here, MARKED, 1) * width)
    inside = (upper["rgn21nm"] == place.region).to_numpy() & ~here
    plot.draw_points(upper[inside], up[inside], width)
    _draw_name(plot, place, up[here] + MARKED * width / 2)
    if plot.lower:
        up = plot.lower.middle + squeezed(swarm(xs[1], width), width, plot.lower.height)
        plot.draw_dots(lower, up, np.full(len(lower), width))
    return Map(plot.figure, place.msoas, alt_text(place), caption(place))


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
    def of(cls, place: DistrictProfile, values: list[pd.Series]) -> _Plot:
        """Return the figure for values in the measure's unit, with all text but the labels of dots and medians."""
        lower = None if place.beyond else _Strip(_ROW + 0.32, 0.64)
        # Beneath the upper strip are the medians' labels, and beneath those the heading of the lower strip.
        upper = _Strip((lower.top + 2 * _ROW + 0.06 if lower else _ROW) + 0.6, 1.2)
        body, key, measure = upper.top + _NAME + 2 * _ROW, _key(place), place.entry
        words = Words(
            f"{capital(the_district(place.name))} among all local authorities",
            f"{measure.title}: {measure.meaning}. Each dot is an area, in the colour of its decile.",
            wording.sources(),
        )
        beneath = 0.34 + (key[-1][0] + 1) * _ROW
        figure, ax, around, foot = new_figure(words, body, beneath, label="strips", demo=settings.is_demo(), gap=0.08)
        plot = cls(figure, ax, measure, upper, lower)
        shown = plot.units(np.concatenate(values))
        low, high = (float(shown.min()), float(shown.max())) if len(shown) else (0.0, 100.0)
        room = max((high - low) * 0.02, 0.005 * plot.units(1))
        ax.set(xlim=(low - room, high + room), ylim=(0, body), xticks=[], yticks=[])
        ax.patch.set_visible(False)
        ax.spines[["left", "right", "top"]].set_visible(False)
        ax.spines["bottom"].set(color="#8d8779", linewidth=0.6)
        ticks = _ticks(low - room, high + room, measure)
        for strip in plot.strips:
            ax.vlines(list(ticks), strip.bottom, strip.top, color=_GRID, linewidth=0.5, zorder=0)
        for tick, label in ticks.items():
            x = MARGIN + (tick - (low - room)) / (high - low + 2 * room) * MAP_WIDTH
            write(around, x, foot - 0.14, label, size=LEGEND, color=FAINT, ha="center", va="baseline")
        plot.write(0, upper.top + _NAME + _ROW + 0.03, districts(place), size=LEGEND, weight="bold")
        if lower:
            plot.write(0, lower.top + 0.06, capital(neighbourhoods(place)), size=LEGEND, weight="bold")
        for entry in key:
            _draw_entry(around, palette.colours(measure), entry, foot - 0.36)
        return plot

    @property
    def strips(self) -> list[_Strip]:
        return [self.upper, *([self.lower] if self.lower else [])]

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
        self.ax.fill_between(middles[seen], low, high, color=_SHADE, linewidth=0, zorder=0.5)

    def draw_median(self, strip: _Strip, value: float, words: str, *, left: bool = False, **style: Any) -> None:
        """Draw a line through a strip, its label in the row beneath to its right or, with `left`, to its left."""
        x, low = float(self.inches(value)), strip.bottom - 0.14
        self.ax.vlines(self.units(value), low, strip.top, color=palette.INK, linewidth=0.8, zorder=1, **style)
        start = x - 0.05 - text_size(words, SMALL)[0] if left else x + 0.05
        self.write(start, strip.bottom - 0.12, words, size=SMALL, zorder=5)

    def draw_dots(self, rows: gpd.GeoDataFrame, ups: np.ndarray, widths: np.ndarray) -> None:
        """Draw rows with a value as dots in their deciles' colours, `widths` inches wide including edges."""
        if rows.empty:
            return
        marked = widths > widths.min()
        edges = np.where(marked, _THICK, _THIN)
        dots = self.ax.scatter(
            self.units(rows[self.measure.key]),
            ups,
            s=(72 * widths - edges - _FREE) ** 2,
            c=list(map(str, palette.colours_of(rows))),
            edgecolors=np.where(marked, palette.INK, _EDGE).tolist(),
            linewidths=edges.tolist(),
            zorder=2,
        )
        name_shapes(dots, descriptions(rows.drop(columns=BESIDE, errors="ignore")))

    def draw_points(self, rows: gpd.GeoDataFrame, ups: np.ndarray, width: float) -> None:
        """Draw a point inside each dot of the region, so that it is not marked by colour alone."""
        if not rows.empty:
            inks, values = [palette.ink_on(str(colour)) for colour in palette.colours_of(rows)], rows[self.measure.key]
            self.ax.scatter(self.units(values), ups, s=(_POINT * width * 72) ** 2, c=inks, linewidths=0, zorder=3)


def _ticks(low: float, high: float, measure: Measure) -> dict[float, str]:
    """Return round numbers on the axis, twelve at most, each with its label."""
    rate = measure.unit == "rate"
    steps = (step * 10.0**power for power in range(-2 if rate else 0, 9) for step in (1, 2, 5))
    step = next(step for step in steps if (high - low) / step <= 12)
    marks = np.arange(math.ceil(low / step) * step, high, step)
    return {float(mark): f"{round(float(mark), 2):g}{'' if rate else '%'}".replace("-", "−") for mark in marks}


def _draw_medians(plot: _Plot, place: DistrictProfile) -> None:
    """Draw the medians of the country and of the region as lines, with the label of the lower one to its left."""
    in_words = place.entry.format
    medians = [(place.median, place.universe, "solid"), (place.region_median, the(place.region), (0, (3, 1.5)))]
    there = sorted((one for one in medians if not math.isnan(one[0])), key=lambda one: one[0])
    for at, (value, where, line) in enumerate(there):
        words = f"median of {where} {in_words(value)}"
        plot.draw_median(plot.upper, value, words, left=at == 0, linestyle=line)
    if plot.lower and len(place.country):
        median = float(place.country.median())
        words = f"median neighbourhood of England and Wales {in_words(median)}"
        plot.draw_median(plot.lower, median, words)


def _draw_name(plot: _Plot, place: DistrictProfile, tops: np.ndarray) -> None:
    """Write the district's name and value above the strip, with a line down to the top of its dot if it has one."""
    top = plot.upper.top + _NAME
    words, x = f"{place.name}{'' if len(tops) else ':'} {place.entry.format(place.value)}", 0.0
    if len(tops):
        x = float(plot.inches(place.value)) - text_size(words, SUBTITLE, "bold")[0] / 2
        at = [plot.units(place.value)] * len(tops)
        plot.ax.vlines(at, tops, top - 0.02, color=palette.INK, linewidth=0.8, zorder=4)
    plot.write(x, top + 0.02, words, size=SUBTITLE, weight="bold", zorder=5)


#: An entry of the key: its row, its distance from the left in inches, its kind and its words.
_Entry = tuple[int, float, str, str]


def _key(place: DistrictProfile) -> list[_Entry]:
    """Return the key's entries, as many in a row as fit."""
    words = {"deciles": "", "region": f"in {the(place.region)}"}
    if not place.beyond:
        words["shade"] = f"99% of all {len(place.country):,} neighbourhoods"
    room = {"deciles": sum(text_size(end, SMALL, "bold")[0] for end in _ENDS) + 10 * _PITCH + 0.12}
    room |= {"region": 0.12, "shade": 0.29}
    key, row, x = [], 0, 0.0
    for kind, text in words.items():
        width = room[kind] + text_size(text, SMALL)[0]
        if x + width > MAP_WIDTH:
            row, x = row + 1, 0.0
        key.append((row, MARGIN + x, kind, text))
        x += width + _BETWEEN
    return key


def _draw_entry(ax: Axes, colours: list[str], entry: _Entry, top: float) -> None:
    """Draw an entry of the key on axes in inches, its first row at `top`."""
    row, x, kind, words = entry
    y, style = top - row * _ROW, {"size": SMALL, "va": "baseline"}
    at = y - 0.033
    if kind == "deciles":
        first = x + text_size(_ENDS[0], SMALL, "bold")[0] + 0.1
        for decile, colour in enumerate(colours, 1):
            swatch = Circle((first + (decile - 1) * _PITCH, y), 0.04, facecolor=colour, edgecolor=_EDGE)
            swatch.set(linewidth=_THIN, gid=f"{SWATCH}{decile}")
            ax.add_artist(swatch)
        write(ax, x, at, _ENDS[0], weight="bold", **style)
        write(ax, first + 10 * _PITCH - 0.02, at, _ENDS[1], weight="bold", **style)
    elif kind == "region":
        ax.add_artist(Circle((x + 0.04, y), 0.04, facecolor=colours[6], edgecolor=_EDGE, linewidth=_THIN))
        ax.add_artist(Circle((x + 0.04, y), 0.04 * _POINT, facecolor=palette.ink_on(colours[6]), edgecolor="none"))
        write(ax, x + 0.12, at, words, **style)
    else:
        ax.add_artist(Ellipse((x + 0.12, y), 0.24, 0.1, facecolor=_SHADE, edgecolor="none"))
        write(ax, x + 0.29, at, words, **style)
