"""Two strips of dots on one axis: a district among all districts, and its neighbourhoods among all neighbourhoods.

A Scottish or Northern Irish district has only the first strip.

All dots have the same size, so that large rural areas do not dominate as they do on a map.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import Circle, Ellipse

from ec_maps import settings
from ec_maps.analysis.district import DistrictProfile, district_profile
from ec_maps.analysis.stability import BESIDE
from ec_maps.areas import wording
from ec_maps.areas.wording import capital, decile_in_words, ends_in_words, joined, some, the, the_district
from ec_maps.graphics import palette
from ec_maps.graphics.figure import Map
from ec_maps.graphics.layers import SWATCH, name_areas_in
from ec_maps.graphics.layout import (
    FAINT,
    LEGEND,
    MAP_WIDTH,
    MARGIN,
    SMALL,
    STAMP,
    SUBTITLE,
    TITLE,
    WIDTH,
    furniture,
    write,
)
from ec_maps.graphics.text_metrics import DPI, text_size, wrap
from ec_maps.maps.strip_layout import ROW, Scale, Strip, StripLayout, above, squeezed, swarm, width_within

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    from matplotlib.axes import Axes

    from ec_maps.analysis.district import DistrictProfile
    from ec_maps.measures import Measure

#: The width of the marked district's dot, as a multiple of the others'.
MARKED = 1.7

#: The space between two dots, and the widths of thin and thick edges, in points.
_FREE, _THIN, _THICK = 0.3, 0.4, 1.3

#: The width of the point in a dot, as a share of the dot's width.
_POINT = 0.34

#: The key: the words at the ends of the deciles, and the space between dots and between entries, in inches.
_ENDS, _PITCH, _BETWEEN = ("lowest decile", "highest decile"), 0.1, 0.16

_EDGE, _GRID, _SHADE = "#4a4f73", "#e3dccb", "#e9e2d2"


def strip_plot(lads: gpd.GeoDataFrame, msoas: gpd.GeoDataFrame, lad_name: str) -> Map:
    """Draw all districts as a strip of dots, one of them marked, and beneath it its neighbourhoods.

    Both strips share an axis. A grey shape behind the neighbourhoods shows the distribution over England and Wales.
    Areas without a published estimate have no dot; the text gives their number. A district outside England and Wales
    has no neighbourhoods and only one strip.

    Parameters
    ----------
    lads, msoas
        The complete tables of :func:`ec_maps.load_areas`.
    lad_name
        The district's name as in ``lad21nm``.

    Returns
    -------
    map
        The figure, whose first axes are in per cent (or the unit of a rate) across and in inches upwards; `areas` are
        the neighbourhoods.

    Raises
    ------
    PlaceError
        If no district of the table has the name.

    Examples
    --------
    >>> import ec_maps
    >>> lads, msoas = ec_maps.load_areas("lad"), ec_maps.load_areas("msoa")
    >>> picture = ec_maps.strip_plot(lads, msoas, "Norwich")
    >>> len(picture.areas)
    14
    """
    place = district_profile(lads, msoas, lad_name)
    measure = place.measure
    upper, lower = lads[lads[measure].notna()], place.msoas[place.msoas[measure].notna()]
    layout, shown = StripLayout.of(place), [upper[measure]]
    if layout.lower:
        shown += [lower[measure], _usual(place.country)]
    axis = Scale.of(place.entry, *shown)
    figure, ax = _new_figure(place, axis, layout)
    if layout.lower:
        _silhouette(ax, axis, layout.lower, _usual(place.country))
    _medians(ax, axis, layout, place)
    xs = [axis.inches(rows[measure]) for rows in (upper, lower)][: len(layout.strips)]
    width = min(width_within(x, strip.height) for x, strip in zip(xs, layout.strips, strict=True))
    here = (upper["lad21nm"] == lad_name).to_numpy()
    up = np.zeros(len(upper))
    up[~here] = squeezed(swarm(xs[0][~here], width), width, layout.upper.height)
    # The marked dot lies above the others, so that the line to its name crosses none of them.
    up[here] = [above(x, xs[0][~here], up[~here], width * (1 + MARKED) / 2) for x in xs[0][here]]
    _dots(ax, axis, upper, layout.upper.middle + up, np.where(here, MARKED, 1) * width)
    inside = (upper["rgn21nm"] == place.region).to_numpy() & ~here
    _points(ax, axis, upper[inside], layout.upper.middle + up[inside], width)
    _label(ax, axis, layout, place, layout.upper.middle + up[here] + MARKED * width / 2)
    if layout.lower:
        up = squeezed(swarm(xs[1], width), width, layout.lower.height)
        _dots(ax, axis, lower, layout.lower.middle + up, np.full(len(lower), width))
    return Map(figure, place.msoas, alt_text(place), caption(place))


def _usual(values: pd.Series) -> pd.Series:
    """Return the values without the outermost 0.5% at each end, which would take up half the axis."""
    return values[values.between(values.quantile(0.005), values.quantile(0.995))]


def _new_figure(place: DistrictProfile, axis: Scale, layout: StripLayout) -> tuple[Figure, Axes]:
    """Return the figure with all text but the labels of dots and medians, and the axes of the strips."""
    measure, demo, body = place.entry, settings.is_demo(), layout.body
    title = wrap(f"{capital(the_district(place.name))} among all local authorities", TITLE, MAP_WIDTH, "bold")
    subtitle = f"{measure.title}: {measure.meaning}. Each dot is an area, in the colour of its decile."
    subtitle = wrap(subtitle, SUBTITLE, MAP_WIDTH)
    sources = wrap(wording.sources(), SMALL, MAP_WIDTH)
    key = _key(place)
    foot = 0.3 + len(key) * ROW + text_size(sources, SMALL)[1] + 0.14
    head = (STAMP if demo else 0) + 0.14 + text_size(title, TITLE)[1] + text_size(subtitle, SUBTITLE)[1] + 0.08
    height = foot + body + head
    figure = Figure(figsize=(WIDTH, height), dpi=DPI, facecolor=palette.PAGE)
    FigureCanvasAgg(figure)
    ax = figure.add_axes((MARGIN / WIDTH, foot / height, MAP_WIDTH / WIDTH, body / height), label="strips")
    ax.set(xlim=(axis.low, axis.high), ylim=(0, body), xticks=[], yticks=[])
    ax.patch.set_visible(False)
    ax.spines[["left", "right", "top"]].set_visible(False)
    ax.spines["bottom"].set(color="#8d8779", linewidth=0.6)
    around = furniture(figure, title, subtitle, demo=demo)
    ticks = axis.ticks
    for strip in layout.strips:
        ax.vlines(list(ticks), strip.bottom, strip.top, color=_GRID, linewidth=0.5, zorder=0)
    for tick, words in ticks.items():
        x = MARGIN + (tick - axis.low) / (axis.high - axis.low) * MAP_WIDTH
        write(around, x, foot - 0.14, words, size=LEGEND, color=FAINT, ha="center", va="baseline")
    write(ax, axis.low, layout.name + ROW + 0.03, districts(place), size=LEGEND, weight="bold", va="baseline")
    if layout.lower:
        words, y = capital(neighbourhoods(place)), layout.lower.top + 0.06
        write(ax, axis.low, y, words, size=LEGEND, weight="bold", va="baseline")
    for row, entries in enumerate(key):
        _draw_key(around, place.entry, entries, foot - 0.36 - row * ROW)
    write(around, MARGIN, 0.08, sources, size=SMALL, color=FAINT, va="bottom")
    return figure, ax


def _silhouette(ax: Axes, axis: Scale, strip: Strip, values: pd.Series) -> None:
    """Draw the distribution of values: the higher the shape, the more values."""
    if values.empty:
        return
    shown = axis.units(values)
    counts, edges = np.histogram(shown, bins=300, range=(axis.low, axis.high))
    # Smoothed over about a fiftieth of the axis, to show the distribution without noise.
    bell = np.exp(-0.5 * (np.arange(-18, 19) / 5) ** 2)
    shape = np.convolve(counts, bell, mode="same")
    shape = shape / shape.max() * strip.height / 2
    middles = (edges[1:] + edges[:-1]) / 2
    seen = (middles >= shown.min()) & (middles <= shown.max())
    middles, shape = middles[seen], shape[seen]
    ax.fill_between(middles, strip.middle - shape, strip.middle + shape, color=_SHADE, linewidth=0, zorder=0.5)


def _medians(ax: Axes, axis: Scale, layout: StripLayout, place: DistrictProfile) -> None:
    """Draw the medians of the country and of the region as lines, with the label of the lower one to its left."""
    values = place.lads[place.measure]
    medians = [
        (float(values.median()), place.universe, "solid"),
        (float(values[place.lads["rgn21nm"] == place.region].median()), the(place.region), (0, (3, 1.5))),
    ]
    left = True
    for value, where, line in sorted(medians, key=lambda median: median[0]):
        if not math.isnan(value):
            words = f"median of {where} {place.entry.format(value)}"
            _tick(ax, axis, layout.upper, value, words, left=left, linestyle=line)
            left = False
    if layout.lower and len(place.country):
        median = float(place.country.median())
        words = f"median neighbourhood of England and Wales {place.entry.format(median)}"
        _tick(ax, axis, layout.lower, median, words)


def _tick(ax: Axes, axis: Scale, strip: Strip, value: float, words: str, **style: Any) -> None:
    """Draw a line through a strip and write its label in the row beneath, to its right or, with `left`, to its left."""
    left = style.pop("left", False)
    ax.vlines(axis.units(value), strip.bottom - 0.14, strip.top, color=palette.INK, linewidth=0.8, zorder=1, **style)
    width, x = text_size(words, SMALL)[0], float(axis.inches(value))
    start = x - 0.05 - width if left else x + 0.05
    start = min(max(start, 0.0), MAP_WIDTH - width)
    write(ax, axis.place(start), strip.bottom - 0.12, words, size=SMALL, va="baseline", zorder=5)


def _dots(ax: Axes, axis: Scale, rows: gpd.GeoDataFrame, ups: np.ndarray, widths: np.ndarray) -> None:
    """Draw rows with a value as dots in their deciles' colours, `widths` inches wide including edges."""
    if rows.empty:
        return
    colours = palette.colours(axis.measure)
    marked = widths > widths.min()
    edges = np.where(marked, _THICK, _THIN)
    dots = ax.scatter(
        axis.units(rows[axis.measure.key]),
        ups,
        s=(72 * widths - edges - _FREE) ** 2,
        c=[colours[decile - 1] for decile in rows["decile"].astype(int)],
        edgecolors=np.where(marked, palette.INK, _EDGE).tolist(),
        linewidths=edges.tolist(),
        zorder=2,
    )
    name_areas_in(dots, rows.drop(columns=BESIDE, errors="ignore"))


def _points(ax: Axes, axis: Scale, rows: gpd.GeoDataFrame, ups: np.ndarray, width: float) -> None:
    """Draw a point inside each dot of the region, so that it is not marked by colour alone."""
    if rows.empty:
        return
    colours = palette.colours(axis.measure)
    inks = [palette.ink_on(colours[decile - 1]) for decile in rows["decile"].astype(int)]
    values = axis.units(rows[axis.measure.key])
    ax.scatter(values, ups, s=(_POINT * width * 72) ** 2, c=inks, linewidths=0, zorder=3)


def _label(ax: Axes, axis: Scale, layout: StripLayout, place: DistrictProfile, tops: np.ndarray) -> None:
    """Write the district's name and value above the strip, with a line down to the top of its dot if it has one."""
    value = place.entry.format(place.value)
    words = f"{place.name} {value}" if len(tops) else f"{place.name}: {value}"
    width, x = text_size(words, SUBTITLE, "bold")[0], 0.0
    if len(tops):
        x = float(axis.inches(place.value))
        at, top = [axis.units(place.value)] * len(tops), layout.name - 0.02
        ax.vlines(at, tops, top, color=palette.INK, linewidth=0.8, zorder=4)
    left = min(max(x - width / 2, 0.0), MAP_WIDTH - width)
    write(ax, axis.place(left), layout.name + 0.02, words, size=SUBTITLE, weight="bold", va="baseline", zorder=5)


def _key(place: DistrictProfile) -> list[list[tuple[str, str]]]:
    """Return the rows of the key, with as many entries (a kind and its words) in a row as fit."""
    entries = [("deciles", ""), ("region", f"in {the(place.region)}")]
    if not place.beyond:
        entries.append(("shade", f"99% of all {len(place.country):,} neighbourhoods"))
    rows: list[list[tuple[str, str]]] = [[]]
    for entry in entries:
        widths = list(map(_key_width, [*rows[-1], entry]))
        if sum(widths) + (len(widths) - 1) * _BETWEEN > MAP_WIDTH:
            rows.append([])
        rows[-1].append(entry)
    return rows


def _key_width(entry: tuple[str, str]) -> float:
    kind, words = entry
    if kind == "deciles":
        return sum(text_size(end, SMALL, "bold")[0] for end in _ENDS) + 10 * _PITCH + 0.12
    return {"region": 0.12, "shade": 0.29}[kind] + text_size(words, SMALL)[0]


def _draw_key(ax: Axes, measure: Measure, entries: list[tuple[str, str]], y: float) -> None:
    x, line, colours = MARGIN, y - 0.033, palette.colours(measure)
    for entry in entries:
        kind, words = entry
        if kind == "deciles":
            first = x + text_size(_ENDS[0], SMALL, "bold")[0] + 0.1
            for decile, colour in enumerate(colours, 1):
                swatch = Circle((first + (decile - 1) * _PITCH, y), 0.04, facecolor=colour, edgecolor=_EDGE)
                swatch.set(linewidth=_THIN, gid=f"{SWATCH}{decile}")
                ax.add_patch(swatch)
            write(ax, x, line, _ENDS[0], size=SMALL, weight="bold", va="baseline")
            write(ax, first + 10 * _PITCH - 0.02, line, _ENDS[1], size=SMALL, weight="bold", va="baseline")
        elif kind == "region":
            ax.add_patch(Circle((x + 0.04, y), 0.04, facecolor=colours[6], edgecolor=_EDGE, linewidth=_THIN))
            ax.add_patch(Circle((x + 0.04, y), 0.04 * _POINT, facecolor=palette.ink_on(colours[6]), edgecolor="none"))
            write(ax, x + 0.12, line, words, size=SMALL, va="baseline")
        else:
            ax.add_patch(Ellipse((x + 0.12, y), 0.24, 0.1, facecolor=_SHADE, edgecolor="none"))
            write(ax, x + 0.29, line, words, size=SMALL, va="baseline")
        x += _key_width(entry) + _BETWEEN


# --- its words --------------------------------------------------------------------------------------


def districts(place: DistrictProfile) -> str:
    """Return the heading of the strip of districts: how many there are, and how many have no dot."""
    values = place.lads[place.measure]
    lacking = int(values.isna().sum())
    return f"{len(values)} local authorities of {place.universe}{_without(lacking)}"


def neighbourhoods(place: DistrictProfile) -> str:
    """Return the heading of the strip of neighbourhoods: how many there are, and how many have no dot."""
    number, lacking = len(place.msoas), int(place.msoas[place.measure].isna().sum())
    if not number:
        return "no neighbourhoods, as no boundaries of any are known"
    if number == 1:
        return "its only neighbourhood" + (", without a published estimate" if lacking else "")
    if lacking == number:
        return f"its {number} neighbourhoods, none with a published estimate"
    return f"its {number} neighbourhoods{_without(lacking)}"


def _without(lacking: int) -> str:
    return f"; {some(lacking)} without a published estimate" if lacking else ""


def alt_text(place: DistrictProfile) -> str:
    """Return the alternative text: the kind of plot, the ends and medians, the deciles, the marked dot, the missing."""
    measure = place.entry
    valued, inside, in_words = _valued(place.lads, measure), _valued(place.msoas, measure), measure.format
    strips = "A strip of dots on an axis" if place.beyond else "Two strips of dots on one axis"
    kind = f"{strips} of {measure.title.lower()} {measure.short_unit}, one dot for each area, {ends_in_words(measure)}."
    text = [kind, f"{'It has' if place.beyond else 'Above,'} {districts(place)}."]
    if len(valued):
        text.append(f"{_ends(valued, 'lad21nm', measure)}; median: {in_words(valued[measure.key].median())}.")
    if math.isnan(place.value):
        text.append(f"{place.name} has no published estimate and is not marked.")
    else:
        text.append(f"Marked: {place.name}, {in_words(place.value)}, {decile_in_words(place.district['decile'])}.")
    if place.beyond:
        return joined(*text)
    text.append(f"Below, {neighbourhoods(place)}.")
    if len(inside) == 1:
        text.append(f"Its value: {in_words(inside[measure.key].iloc[0])}.")
    elif len(inside):
        counts = ", ".join(f"{count} in decile {decile}" for decile, count in enumerate(place.deciles, 1) if count)
        text.append(f"Of those with an estimate, {counts}. {_ends(inside, 'msoa21nm', measure)}.")
    if len(place.country):
        text.append(f"The median neighbourhood of England and Wales: {in_words(float(place.country.median()))}.")
    return joined(*text)


def caption(place: DistrictProfile) -> str:
    """Return the caption: where the district and its neighbourhoods lie compared with the medians."""
    values, in_words = place.lads[place.measure], place.entry.format
    region = float(values[place.lads["rgn21nm"] == place.region].median())
    where = capital(the_district(place.name))
    medians = f"the median local authority of {place.universe} is at {in_words(float(values.median()))}"
    if not math.isnan(region):
        medians += f", that of {the(place.region)} at {in_words(region)}"
    if math.isnan(place.value):
        finding = f"{where} as a whole has no published estimate; {medians}."
    else:
        decile = decile_in_words(place.district["decile"])
        finding = f"{where}, at {in_words(place.value)}, is in {decile}; {medians}."
    return joined(finding, _inside(place))


def _inside(place: DistrictProfile) -> str:
    inside, in_words = place.msoas[place.measure], place.entry.format
    valued = inside.dropna()
    if not len(inside):
        return ""
    if len(inside) == 1:
        value = f", at {in_words(float(valued.iloc[0]))}" if len(valued) else ", without a published estimate"
        return f"It is a single neighbourhood{value}."
    if valued.empty:
        return f"None of its {len(inside)} neighbourhoods has a published estimate."
    median = float(place.country.median())
    above = int((valued > median).sum())
    lacking = len(inside) - len(valued)
    missing = f"; {some(lacking)} {'has' if lacking == 1 else 'have'} no published estimate" if lacking else ""
    return (
        f"{capital(some(above))} of its {len(inside)} neighbourhoods {'lies' if above == 1 else 'lie'} above the "
        f"median of England and Wales, {in_words(median)}{missing}."
    )


def _valued(areas: gpd.GeoDataFrame, measure: Measure) -> gpd.GeoDataFrame:
    return areas[areas[measure.key].notna()].sort_values(measure.key, kind="stable")


def _ends(valued: gpd.GeoDataFrame, name: str, measure: Measure) -> str:
    first, last = valued.iloc[0], valued.iloc[-1]
    return (
        f"Lowest: {first[name]}, {measure.format(first[measure.key])}; highest: {last[name]}, "
        f"{measure.format(last[measure.key])}"
    )
