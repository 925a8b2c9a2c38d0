"""The hexagon map: every neighbourhood has the same size, so that large rural ones do not dominate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import shapely
from matplotlib.patches import PathPatch
from matplotlib.path import Path as Outline
from shapely.ops import substring

from ec_maps.about import About
from ec_maps.areas import wording
from ec_maps.areas.checked import checked, rest
from ec_maps.boundaries import hexgrid
from ec_maps.boundaries.geometry import union, unions
from ec_maps.geography.levels import level_named
from ec_maps.graphics import layers
from ec_maps.graphics.annotation import draw_leader, in_inches, in_two_lines, placed_in_turns
from ec_maps.graphics.figure import Map
from ec_maps.graphics.labels import Ground, Label, Placer
from ec_maps.graphics.layout import LEAST, Layout, view
from ec_maps.graphics.palette import INK, NEIGHBOUR, SEA
from ec_maps.graphics.style import own_settings
from ec_maps.maps.options import narrow_of, options

if TYPE_CHECKING:
    import geopandas as gpd
    from matplotlib.axes import Axes

#: Large cities that help readers find their way: districts and their short names.
CITIES = {
    "Birmingham": "Birmingham",
    "Bradford": "Bradford",
    "Brighton and Hove": "Brighton",
    "Bristol, City of": "Bristol",
    "Cardiff": "Cardiff",
    "Exeter": "Exeter",
    "Kingston upon Hull, City of": "Hull",
    "Leeds": "Leeds",
    "Leicester": "Leicester",
    "Liverpool": "Liverpool",
    "Manchester": "Manchester",
    "Newcastle upon Tyne": "Newcastle",
    "Norwich": "Norwich",
    "Nottingham": "Nottingham",
    "Plymouth": "Plymouth",
    "Sheffield": "Sheffield",
    "Southampton": "Southampton",
    "Swansea": "Swansea",
}

_TALLEST = 1.2

#: Room for names, which stand beside the land because they would hide hexagons on it.
_ROOM = 1.06

_REGION_SIZE, _CITY_SIZE = 7.5, 6.0

#: A name of more letters than this has two lines; the reach of a region's line into the region, in inches.
_LONG = 14
_REACH = 0.15

#: The least size of a part of a place that a name may point at, as a share of the largest part.
_SMALLEST = 0.3

#: The extra distance in inches that a name may be moved to leave land uncovered; the cost from which a position is
#: poor; and the most orders in which names are placed while there are poor positions.
_COVER = 30.0
_TIGHT = 3.5
_TRIES = 6


@own_settings()
def hexagon_map(
    msoas: gpd.GeoDataFrame,
    *,
    title: str | None = None,
    subtitle: str | None = None,
    palette: Sequence[str] | None = None,
    figsize: tuple[float, float] | None = None,
    ax: Axes | None = None,
    legend: bool = False,
) -> Map:
    """Draw every neighbourhood as a hexagon of one size in its decile's colour, districts and regions outlined.

    Parameters
    ----------
    msoas
        The table of :func:`ec_maps.load_areas` for ``"msoa"``, or any rows of it, such as those of one region; the
        hexagons of rows that a region lacks are grey.
    title, subtitle, palette, figsize, ax, legend
        As for :func:`ec_maps.national_map`.

    Returns
    -------
    map
        The map of all rows; its ``areas`` are equal hexagons in EPSG:27700 that share exact corners. Distances and
        positions have no meaning.

    Raises
    ------
    SettingError
        If the table is not one of `load_areas`, has no rows, or has areas that are not in the hexagon layout; or
        if an option is not what it should be.
    PaletteError
        If the colours of `palette` cannot be used.
    BoundaryError
        If there is no layout of hexagons, or none that is right. The House of Commons Library publishes one;
        ``ec-maps fetch`` brings it.

    Examples
    --------
    >>> import ec_maps
    >>> msoas = ec_maps.load_areas("msoa")
    >>> picture = ec_maps.hexagon_map(msoas[msoas["rgn21nm"] == "Wales"])
    >>> len(picture.areas)
    410
    """
    msoas, about = checked(msoas, "msoa")
    look = options(about, title=title, subtitle=subtitle, palette=palette, figsize=figsize, ax=ax, legend=legend)
    measure = about.what
    cells = hexgrid.layout()
    hexagons, backdrops = hexgrid.hexagons(msoas, cells), hexgrid.backdrops(msoas, cells)
    others = rest(msoas, about)
    lacking = hexgrid.hexagons(others[others["rgn21nm"].isin(msoas["rgn21nm"])].reset_index(drop=True), cells)
    part = len(lacking) > 0 or (len(others) > 0 and msoas["rgn21nm"].nunique() > 1)
    every = np.concatenate([hexagons.geometry.to_numpy(), lacking.geometry.to_numpy()])
    extent = view(tuple(shapely.total_bounds(every)), room=_ROOM, tallest=_TALLEST)
    words = look.words(
        f"{measure.title} across {where(hexagons, part=part)}, all neighbourhoods the same size",
        f"{EXPLAINED} {f'{GAPS} ' if backdrops else ''}Colour: {measure.meaning}. {look.colours_in_words(about)}",
        wording.sources(hexagons=True, values=about.source),
    )
    key = look.key(about, hexagons, f"not in this table ({len(lacking)})" if len(lacking) else "")
    lay_out = partial(look.layout, look.extent(extent, words, key), words, key, scale_bar=False)
    layout = lay_out()
    before = set(layout.ax.collections)
    # With readable names for so many areas the SVG would be too large.
    shown = hexagons.drop(columns=[name for name in ("msoa21hclnm", "msoa21hclnmw") if name in hexagons])
    layers.draw_neighbours(layout.ax, lacking.geometry.to_numpy(), edge=0.3)
    layers.draw_deciles(layout.ax, shown, edge=0, colours=look.colours)
    for drawn in set(layout.ax.collections) - before:
        # Hexagons meet exactly: with antialiasing, pale seams would show and the PNG would be larger.
        drawn.set_antialiased(False)
    land = np.array(list(backdrops.values()), dtype=object)
    layers.fill(layout.ax, land, facecolor=NEIGHBOUR, edgecolor="#ffffff", linewidth=1.2, zorder=0.5)
    regions, districts = borders(hexagons)
    _draw_lines(layout.ax, districts, INK, 0.4)
    _draw_lines(layout.ax, regions, "#ffffff", 1.7)
    _draw_lines(layout.ax, regions, INK, 0.9)
    cities = hexagons[hexagons["lad21nm"].isin(list(CITIES))]
    name = partial(
        _name_places,
        regions=dict(sorted(unions(hexagons.geometry, hexagons["rgn21nm"]).items())),
        cities=dict(sorted(unions(cities.geometry, cities["lad21nm"]).items())),
        land=shapely.union_all(land),
    )
    name(layout)
    in_words = alt_text(hexagons, part=part, ends=look.ends_in_words(about))
    found = caption(hexagons, gaps=bool(backdrops), part=part)
    return look.finished(layout, hexagons, in_words, found, narrow_of(lay_out, name))


def borders(hexagons: gpd.GeoDataFrame) -> tuple[shapely.Geometry, shapely.Geometry]:
    """Return the outlines of regions, coast included, and the borders between districts inside regions."""
    regions, districts = (
        shapely.union_all([shapely.boundary(shape) for shape in unions(hexagons.geometry, hexagons[name]).values()])
        for name in ("rgn21nm", "lad21cd")
    )
    return shapely.line_merge(regions), shapely.line_merge(shapely.difference(districts, regions))


def _draw_lines(ax: Axes, lines: shapely.Geometry, colour: str, width: float) -> None:
    """Draw lines as one path."""
    parts = [Outline(shapely.get_coordinates(part)) for part in shapely.get_parts(lines)]
    if parts:
        path = Outline.make_compound_path(*parts)
        ax.add_patch(PathPatch(path, facecolor="none", edgecolor=colour, linewidth=width, joinstyle="round", zorder=3))


@dataclass(frozen=True)
class _Name:
    """A name to write beside the land: its place in inches, its text size in points and its weight."""

    text: str
    place: shapely.Geometry
    size: float
    weight: str


def _name_places(
    layout: Layout, regions: dict[str, shapely.Geometry], cities: dict[str, shapely.Geometry], land: shapely.Geometry
) -> None:
    """Write the names of regions and of large cities beside their hexagons, each with a line to its place.

    A narrow map has room for the regions' alone.
    """
    shapes = {name: in_inches(layout, shape) for name, shape in regions.items()}
    size, tries, names = LEAST, 1, []
    if not layout.is_narrow:
        # Cities first: a region's name can stand anywhere beside it.
        size, tries = _REGION_SIZE, _TRIES
        names = [_Name(CITIES[name], in_inches(layout, shape), _CITY_SIZE, "normal") for name, shape in cities.items()]
    names += [_Name(in_two_lines(name, _LONG), shape, size, "bold") for name, shape in shapes.items()]
    ground = Ground(layout.frame, union(np.array(list(shapes.values()), dtype=object)))
    placed = placed_in_turns(
        Placer(layout.frame), names, lambda placer, name: _placed(placer, name, ground), tight=_TIGHT, tries=tries
    )
    for name, (label, line) in placed:
        box = label.box
        extent = box.right - box.left, box.top - box.bottom
        if layout.is_narrow and ground.covered(np.array([box.centre]), extent).any():
            continue  # there is no room beside the land
        _write(layout, label, line, name.weight, land)


def _placed(placer: Placer, name: _Name, ground: Ground) -> tuple[Label, shapely.LineString]:
    """Place a name and return it with its line, which ends just inside a region or in the middle of a city."""
    parts = shapely.get_parts(name.place)
    tries = []
    for part in parts[shapely.area(parts) >= _SMALLEST * shapely.area(parts).max()]:
        trial = placer.copy()
        label, point = trial.beside(
            name.text, part, name.size, ground, cover=_COVER, pad=0.03, least=0.1, weight=name.weight
        )
        tries.append((trial, part, label, point))
    cheapest, part, label, point = min(tries, key=lambda one: one[0].spent)
    placer.adopt(cheapest)
    line = shapely.LineString([label.box.centre, point])
    if name.weight == "bold":
        enters = shapely.distance(shapely.intersection(line, part), shapely.Point(label.box.centre))
        line = substring(line, 0, min(enters + _REACH, line.length))
        placer.lines[-1] = line
    return label, line


def _write(layout: Layout, label: Label, line: shapely.LineString, weight: str, land: shapely.Geometry) -> None:
    """Write a label with its line, which ends in a dot, on a box in the colour behind it."""
    ends = np.array([layout.to_metres(x, y) for x, y in line.coords])
    behind = NEIGHBOUR if shapely.intersects_xy(land, *ends[0]) else SEA
    draw_leader(layout, ends, dot=2.0)
    layout.ax.text(
        ends[0, 0], ends[0, 1], label.text, size=label.size, weight=weight, ha="center", va="center", linespacing=1.05,
        color=INK, zorder=6, parse_math=False,
        bbox={"boxstyle": "square,pad=0.12", "facecolor": behind, "edgecolor": "none"},
    )  # fmt: skip


# --- its words --------------------------------------------------------------------------------------


_LEVEL = level_named("msoa")

#: The explanation of a hexagon, for the subtitle and the caption.
EXPLAINED = (
    "Each hexagon is one neighbourhood of about 8,000 people, placed near those it borders on; sizes and distances on "
    "the ground are not shown."
)

#: The explanation of gaps between groups of hexagons.
GAPS = "Groups of hexagons, mostly counties, are set apart; the gaps between them are not missing data."


def where(areas: gpd.GeoDataFrame, *, part: bool = False) -> str:
    """Return the name of what is mapped, in full or in part: a region if all areas are in one, else the country."""
    regions = areas["rgn21nm"].unique()
    name = wording.the(str(regions[0])) if len(regions) == 1 else "England and Wales"
    return f"a part of {name}" if part else name


def alt_text(areas: gpd.GeoDataFrame, *, part: bool = False, ends: str = "") -> str:
    """Return the alternative text: counts by class, lowest and highest, both end classes by region, and missing."""
    about = About.of(areas)
    measure, classes = about.what, about.classes
    kind = (
        f"Map of {where(areas, part=part)} with a hexagon of the same size for each neighbourhood, coloured by "
        f"{classes.noun} of {measure.title_within}, {ends or wording.ends_in_words(measure)}."
    )
    text = [kind]
    counts = areas[classes.column].value_counts().sort_index()
    if len(counts):
        listed = ", ".join(f"{count} in {classes.noun} {number}" for number, count in counts.items())
        text.append(f"Of {wording.number_of(len(areas), _LEVEL)}, {listed}.")
        valued = areas[areas[measure.key].notna()].sort_values(measure.key, kind="stable")
        low, high = (measure.format(valued[measure.key].iloc[at]) for at in (0, -1))
        names = valued["msoa21nm"]
        ends = f"Lowest: {names.iloc[0]}, {low}; highest: {names.iloc[-1]}, {high}."
        text.append(ends if len(valued) > 1 else f"Its value: {low}.")
    if areas["rgn21nm"].nunique() > 1:
        for end, words in ((1, "lowest"), (classes.number, "highest")):
            if most := _by_region(areas, end):
                shares = ", ".join(f"{number} in {wording.the(region)}" for region, number in most)
                text.append(f"Of the {words} {classes.noun}, {shares}.")
    return wording.joined(*text, wording.missing(areas, _LEVEL))


def caption(areas: gpd.GeoDataFrame, *, gaps: bool = False, part: bool = False) -> str:
    """Return the caption: where the lowest and highest class are, what a hexagon is, and what is missing.

    With `gaps`, the gaps between groups of hexagons are explained too.
    """
    parts, about = [], About.of(areas)
    classes = about.classes
    number = wording.number_of(len(areas), _LEVEL)
    ends = {words: _by_region(areas, end) for end, words in ((1, "lowest"), (classes.number, "highest"))}
    empty = areas[classes.column].isna().all()
    if empty:
        parts.append(f"none of the {number} of {where(areas, part=part)} has a {about.what.estimate}")
    elif part or areas["rgn21nm"].nunique() == 1:
        low, high = (sum(count for _, count in found) for found in ends.values())
        parts.append(
            f"of the {number} of {where(areas, part=part)}, {wording.some(low)} {wording.are(low)} in the lowest "
            f"{classes.noun} of England and Wales and {wording.some(high)} in the highest"
        )
    else:
        sizes = areas["rgn21nm"].value_counts()
        for end, words in ((1, "lowest"), (classes.number, "highest")):
            regions = areas.loc[(areas[classes.column] == end).fillna(value=False), "rgn21nm"]
            if len(regions):
                parts.append(wording.most_in(regions, f"neighbourhoods in the {words} {classes.noun}", sizes))
    finding = (
        wording.capital("; ".join(parts) or f"no neighbourhood is in the lowest or the highest {classes.noun}") + "."
    )
    lacking = "" if empty else wording.missing(areas, _LEVEL)
    return wording.joined(finding, EXPLAINED, GAPS if gaps else "", lacking)


def _by_region(areas: gpd.GeoDataFrame, number: int) -> list[tuple[str, int]]:
    """Return the number of areas in a class by region, the largest first and equal numbers by name."""
    column = About.of(areas).classes.column
    counts = areas.loc[(areas[column] == number).fillna(value=False), "rgn21nm"].value_counts()
    return sorted(counts.items(), key=lambda one: (-one[1], one[0]))
