"""The two-way map: the country by district, coloured by exposure and bias at once, with a square for a legend."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np

from ec_maps import settings
from ec_maps.analysis.bivariate import two_way, two_way_colours
from ec_maps.areas import wording
from ec_maps.areas.table import load_context
from ec_maps.boundaries.geometry import union, unions
from ec_maps.errors import BoundaryError, SettingError
from ec_maps.graphics import layers, palette
from ec_maps.graphics.annotation import name_regions
from ec_maps.graphics.figure import Map
from ec_maps.graphics.labels import Placer
from ec_maps.graphics.layout import Words, new_sheet, view
from ec_maps.maps.insets import draw_inset
from ec_maps.maps.square import Square
from ec_maps.maps.two_way_words import alt_text, caption, class_numbers, said

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.collections import PathCollection

_TALLEST = 1.2

#: The edges of dark areas and of light ones; from this lightness on an area is light.
_LIGHT_EDGE, _DARK_EDGE = "#e8e2ea", "#4d4757"
_LIGHT = 60.0


def two_way_map(
    exposure_lads: gpd.GeoDataFrame,
    bias_lads: gpd.GeoDataFrame,
    connectedness_lads: gpd.GeoDataFrame | None = None,
    *,
    context: gpd.GeoDataFrame | None = None,
) -> Map:
    """Draw England and Wales by local authority in nine colours, thirds of exposure by thirds of bias.

    There are never tiles beneath this map: nine colours want a quiet ground.

    Parameters
    ----------
    exposure_lads, bias_lads, connectedness_lads
        As for :func:`ec_maps.analysis.bivariate.two_way`; districts of England and Wales.
    context
        Land outside the table to draw in grey; those of the boundaries at hand (Scotland) if not given.

    Returns
    -------
    map
        The map of all rows; its ``areas`` are the table of :func:`ec_maps.analysis.bivariate.two_way`.

    Raises
    ------
    DataError, SettingError
        As :func:`ec_maps.analysis.bivariate.two_way` does.
    """
    table = two_way(exposure_lads, bias_lads, connectedness_lads)
    areas = table if table.crs == "EPSG:27700" else table.to_crs("EPSG:27700")
    left, bottom, right, top = (float(edge) for edge in areas.total_bounds)
    extent = view((left, bottom, right, top), tallest=_TALLEST)
    around = _around(context, extent)
    where = wording.universe(areas)
    words = Words(
        f"Exposure and bias across {where}",
        "By local authority: how many high-income people low-income people have to meet (exposure), and how far their "
        "friendships fall short of that (bias). Purple: few to meet and far short; ice: many and least short.",
        wording.sources(),
    )
    sheet = new_sheet(extent, words, Square.of(areas, around), demo=settings.is_demo())
    layers.draw_neighbours(sheet.ax, around.geometry.to_numpy(), edge=0.3)
    draw_classes(sheet.ax, areas, edge=layers.EDGES["national"])
    regions = unions(areas.geometry, areas["rgn21nm"])
    for shape in regions.values():
        layers.draw_outline(sheet.ax, shape, width=0.7)
    placer = Placer(sheet.frame)
    # The inset stands on neither: on the grey land it would seem to be a part of it.
    land = union(np.array([*regions.values(), *around.geometry], dtype=object))
    inset = draw_inset(sheet, areas[areas["rgn21nm"] == "London"], land, draw_classes)
    if inset:
        placer.taken.append(inset)
    name_regions(sheet, placer, areas, regions)
    return Map(sheet.figure, areas, alt_text(areas), caption(areas))


def draw_classes(ax: Axes, areas: gpd.GeoDataFrame, *, edge: float) -> None:
    """Draw districts in the colours of their classes, those without one hatched, `edge` points wide edged."""
    there = areas["kind"].notna().to_numpy()
    blank, valued = areas[~there], areas[there]
    missing = layers.draw_missing(ax, blank.geometry.to_numpy(), edge=edge, zorder=1.9)
    _name(missing, [f"{row.lad21cd}||{said(row)}" for row in blank.itertuples()])
    if valued.empty:
        return
    colours = two_way_colours()
    numbers = class_numbers(valued)
    # The lightest last: their dark edges are what parts them from the sea and from one another.
    order = np.argsort([palette.lightness(colours[number - 1]) for number in numbers], kind="stable")
    faces = [colours[numbers[at] - 1] for at in order]
    drawn = layers.fill(
        ax,
        valued.geometry.to_numpy()[order],
        facecolors=faces,
        edgecolors=[_DARK_EDGE if palette.lightness(face) >= _LIGHT else _LIGHT_EDGE for face in faces],
        linewidths=edge,
        joinstyle="round",
        zorder=2,
    )
    rows = list(valued.itertuples())
    _name(drawn, [f"{rows[at].lad21cd}|{numbers[at]}|{said(rows[at])}" for at in order])


def _name(drawn: PathCollection | None, told: list[str]) -> None:
    """Give a collection's shapes their words for SVG, as ``layers.name_areas_in`` does for tenths."""
    if drawn is not None:
        # Of a single shape matplotlib may write the link or not, by its version: its name carries it then.
        drawn.set_gid(layers.AREAS if len(told) > 1 else f"{layers.AREAS}|{told[0]}")
        drawn.set_urls(told)


def _around(given: gpd.GeoDataFrame | None, extent: tuple[float, float, float, float]) -> gpd.GeoDataFrame:
    """Return the land outside the table that the map's frame shows."""
    if given is None:
        try:
            given = load_context()
        except (BoundaryError, SettingError):
            # A table that somebody made without boundary files is still drawn; there is just nothing around it.
            given = gpd.GeoDataFrame({"lad21nm": []}, geometry=[], crs="EPSG:27700")
    left, bottom, right, top = extent
    return given.cx[left:right, bottom:top] if len(given) else given
