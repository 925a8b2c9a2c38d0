"""The social card of a place's page, shown where the page is shared: its name, value and neighbourhoods.

Outside England and Wales, where there are no neighbourhoods, the district itself is drawn among its neighbours.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import Polygon, Rectangle

from ec_maps import settings
from ec_maps.analysis.district import district_profile
from ec_maps.analysis.group import GroupProfile, group_profile
from ec_maps.areas import wording
from ec_maps.areas.deciles import GROUPS
from ec_maps.areas.groups import PlaceGroup
from ec_maps.areas.wording import capital, decile_in_words, ends_in_words, joined, some
from ec_maps.graphics import layers, palette
from ec_maps.graphics.figure import Map
from ec_maps.graphics.layout import FAINT, axes_over, stamp, write
from ec_maps.graphics.style import own_settings
from ec_maps.graphics.text_metrics import DPI, text_size, wrap
from ec_maps.graphics.unticked import UntickedAxes
from ec_maps.maps.strip_plot_words import Place

if TYPE_CHECKING:
    import geopandas as gpd
    from matplotlib.axes import Axes

#: The size of a social card that platforms recommend, in pixels.
PIXELS = (1200, 630)

#: In inches: the card, its margin and its stamp, the left edge of the map and the column of words left of it, and the
#: height of a decile's swatch.
_WIDTH, _HEIGHT = (pixels / DPI for pixels in PIXELS)
_MARGIN, _STAMP = 0.2, 0.24
_MAP_LEFT = 3.2
_COLUMN = _MAP_LEFT - 0.2 - _MARGIN
_SWATCH = 0.17

#: Text sizes in points; for the name, the first that fits is used.
_NAME_SIZES = (27.0, 25.0, 23.0, 21.0, 19.0, 17.0, 15.0, 13.0, 11.0, 9.0)
_SITE, _LINE, _WORDS, _SMALL = 7.5, 10.5, 7.0, 5.5

_PAPER = "#f7f4ec"


@own_settings()
def card(lads: gpd.GeoDataFrame, msoas: gpd.GeoDataFrame, place: str | PlaceGroup, address: str = "") -> Map:
    """Draw the card of a district's or a group's page, 1200 by 630 pixels as PNG, with its address under the heading.

    The tables are those of :func:`ec_maps.load_areas`, whole. The first axes are the map of the neighbourhoods,
    EPSG:27700, or of the district itself outside England and Wales.
    """
    profile: Place
    if isinstance(place, PlaceGroup):
        profile = group_profile(lads, msoas, place)
    else:
        profile = district_profile(lads, msoas, place)
    areas, around = profile.msoas, lads.iloc[:0]
    if profile.beyond:
        here = lads["lad21cd"].isin(profile.codes)
        areas, around = lads[here].reset_index(drop=True), lads[~here]
    areas, around = (rows if rows.crs == "EPSG:27700" else rows.to_crs("EPSG:27700") for rows in (areas, around))
    figure = Figure(figsize=(_WIDTH, _HEIGHT), dpi=DPI, facecolor=_PAPER)
    FigureCanvasAgg(figure)
    top = _HEIGHT - _MARGIN - (_STAMP if settings.is_demo() else 0.0)
    sources = wrap(wording.sources(), _SMALL, _WIDTH - 2 * _MARGIN)
    bottom = 0.12 + text_size(sources, _SMALL)[1] + 0.12
    _draw_map(figure, areas, around, (_MAP_LEFT, bottom, _WIDTH - _MARGIN - _MAP_LEFT, top - bottom))
    around = axes_over(figure)
    if settings.is_demo():
        stamp(around, _HEIGHT, _STAMP, _WIDTH)
    write(around, _MARGIN, 0.12, sources, size=_SMALL, color=FAINT, va="bottom", linespacing=1.1)
    _write_words(around, profile, address, bottom, top)
    return Map(figure, areas, _alt_text(profile), _caption(profile))


def _draw_map(
    figure: Figure, areas: gpd.GeoDataFrame, around: gpd.GeoDataFrame, box: tuple[float, float, float, float]
) -> None:
    """Draw areas as large as fits into the box (left, bottom, width and height in inches), and their neighbours."""
    x, y, width, height = box
    ax = figure.add_axes(
        (x / _WIDTH, y / _HEIGHT, width / _WIDTH, height / _HEIGHT), label="map", axes_class=UntickedAxes
    )
    ax.set_axis_off()
    if areas.empty:
        return
    left, bottom, right, top = areas.total_bounds
    scale = max((right - left) / width, (top - bottom) / height) * (1.25 if len(around) else 1.02)
    (x, y), half = ((left + right) / 2, (bottom + top) / 2), (scale * width / 2, scale * height / 2)
    ax.set(xlim=(x - half[0], x + half[0]), ylim=(y - half[1], y + half[1]))
    layers.draw_neighbours(ax, around.geometry.to_numpy(), edge=0.5)
    layers.draw_deciles(ax, areas, edge=layers.BORDER_WIDTHS["local"])
    if len(around):
        layers.draw_outline(ax, areas.geometry.iloc[0], width=0.8)


def _write_words(ax: Axes, place: Place, address: str, bottom: float, top: float) -> None:
    """Write the column of text: the heading, name and sentence at its top, the deciles at its bottom."""
    site = f"{place.entry.title} in {place.universe}"
    write(ax, _MARGIN, top, site, size=_SITE, color=FAINT, weight="bold", va="top")
    y = top - 0.16
    if address:
        write(ax, _MARGIN, y, _shortened(address), size=_SMALL, color=FAINT, va="top")
        y -= 0.12
    y -= 0.06
    sentence = wrap(_sentence(place), _LINE, _COLUMN)
    scale = bottom + 0.12
    name, size = _fitted(place.name, y - scale - _SWATCH - 0.26 - text_size(sentence, _LINE)[1])
    write(ax, _MARGIN, y, name, size=size, weight="bold", va="top", linespacing=1.05)
    y -= text_size(name, size)[1] + 0.06
    write(ax, _MARGIN, y, sentence, size=_LINE, va="top")
    colours = palette.colours(place.entry)
    if isinstance(place, GroupProfile):
        _deciles(ax, scale, colours, counts=place.deciles)
    else:
        _deciles(ax, scale, colours, None if math.isnan(place.value) else int(place.district["decile"]))


def _deciles(
    ax: Axes, y: float, colours: list[str], decile: int | None = None, counts: list[int] | None = None
) -> None:
    """Draw the ten deciles in a row, the district's own framed and with a pointer above it, or counts above them."""
    wide, high = _COLUMN / GROUPS, _SWATCH
    for number, colour in enumerate(colours, 1):
        x = _MARGIN + (number - 1) * wide
        style = {"edgecolor": "#6d6a80", "linewidth": 0.5}
        if number == decile:
            style = {"edgecolor": palette.INK, "linewidth": 1.8, "zorder": 3}
            middle = x + wide / 2
            corners = [(middle - 0.06, y + high + 0.1), (middle + 0.06, y + high + 0.1), (middle, y + high + 0.03)]
            ax.add_patch(Polygon(corners, facecolor=palette.INK, edgecolor="none"))
        ax.add_patch(Rectangle((x, y), wide, high, facecolor=colour, **style))  # type: ignore[arg-type]
        write(
            ax, x + wide / 2, y + high / 2, str(number), size=_WORDS, color=palette.ink_on(colour), ha="center",
            va="center_baseline", weight="bold" if number == decile else "normal", zorder=4,
        )  # fmt: skip
        if counts and counts[number - 1]:
            above = {"size": _WORDS, "weight": "bold", "ha": "center", "va": "baseline"}
            write(ax, x + wide / 2, y + high + 0.05, str(counts[number - 1]), **above)
    write(ax, _MARGIN, y - 0.12, "lowest", size=_WORDS, va="baseline")
    write(ax, _MARGIN + _COLUMN, y - 0.12, "highest", size=_WORDS, ha="right", va="baseline")


def _fitted(name: str, height: float) -> tuple[str, float]:
    """Return a name broken into lines as wide as the column, and the size in points at which it fits the height."""
    for size in _NAME_SIZES:
        lines = wrap(name, size, _COLUMN, "bold")
        width, high = text_size(lines, size, "bold")
        if width <= _COLUMN and high <= height:
            break
    return lines, size


def _shortened(address: str) -> str:
    """Return an address without its scheme, and without its beginning if it is too long for the column."""
    shown = address.split("://", 1)[-1].rstrip("/")
    if text_size(shown, _SMALL)[0] <= _COLUMN:
        return shown
    length = next(size for size in range(len(shown), 0, -1) if text_size(f"…{shown[-size:]}", _SMALL)[0] <= _COLUMN)
    return f"…{shown[-length:]}"


def _sentence(place: Place) -> str:
    if isinstance(place, GroupProfile):
        (low, high), number = place.ends, sum(place.deciles)
        if not number:
            return f"No estimate is published for the neighbourhoods of {place.in_sentence}"
        return f"Of {number} neighbourhoods, {some(low)} in the two lowest deciles, {some(high)} in the two highest"
    if math.isnan(place.value):
        return f"No estimate is published for {place.in_sentence} as a whole"
    return f"{capital(place.finding)}: {decile_in_words(place.district['decile'])} in {place.universe}"


def _alt_text(place: Place) -> str:
    number, lacking = len(place.msoas), int(place.msoas[place.measure].isna().sum())
    shown = "its only neighbourhood" if number == 1 else f"its {number} neighbourhoods"
    drawn, hatched = f"A small map of {shown}, coloured by decile, {ends_in_words(place.entry)}." if number else "", ""
    if place.beyond:
        drawn = (
            "A small map of the district in the colour of its decile, or hatched without one, those around it in grey."
        )
    if lacking:
        which = "It" if number == 1 else "All" if lacking == number else capital(some(lacking))
        verb = "is" if lacking == 1 else "are"
        hatched = f"{which} {verb} hatched, without a published estimate."
    return joined(f"Card for {place.in_sentence}. {_sentence(place)}.", drawn, hatched)


def _caption(place: Place) -> str:
    if isinstance(place, GroupProfile):
        return joined(f"{capital(place.in_sentence)}: {_sentence(place)[:1].lower()}{_sentence(place)[1:]}.")
    if math.isnan(place.value):
        return joined(f"{_sentence(place)}.")
    decile = decile_in_words(place.district["decile"])
    return joined(f"In {place.in_sentence}, {place.finding}: {decile} in {place.universe}.")
