"""The three maps: the country by district, a region by district, a district by neighbourhood.

Where ``EC_MAPS_BASEMAP`` names a tile provider, its tiles take the place of the grey land around, and its labels, if it
has them apart, lie over the areas.
"""

from __future__ import annotations

from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from ec_maps import describe, drawing, settings
from ec_maps.annotation import (
    area_numbers,
    call_out,
    in_inches,
    key_to_numbers,
    name_areas,
    name_neighbours,
    name_regions,
    number_areas,
)
from ec_maps.areas import load_context
from ec_maps.basemap import Basemap, basemap_for
from ec_maps.deciles import cut_points
from ec_maps.drawable import drawable
from ec_maps.errors import BoundaryError, PlaceError, SettingError, listed
from ec_maps.geometry import union
from ec_maps.inset import draw_inset
from ec_maps.labels import Placer
from ec_maps.levels import Level, Measure, level_named
from ec_maps.picture import Map
from ec_maps.places import find_region
from ec_maps.sheet import Key, Sheet, Words, new_sheet, view

#: England and Wales fill their map: it may be taller than the others.
_NATIONAL_TALLEST = 1.2


def national_map(lads: gpd.GeoDataFrame, *, context: gpd.GeoDataFrame | None = None) -> Map:
    """Draw England and Wales by local authority, with London enlarged in an inset.

    Parameters
    ----------
    lads
        The table of :func:`ec_maps.load_areas` for ``"lad"``, EPSG:27700.
    context
        Land outside the table to draw in grey; those of the boundaries at hand (Scotland) if not given.

    Returns
    -------
    map
        The map of all rows.
    """
    lads, measure = drawable(lads, "lad")
    extent = view(_bounds(lads), tallest=_NATIONAL_TALLEST)
    tiles = basemap_for(extent)
    around = _in_view(_context(context), extent, tiles)
    words = Words(
        f"{measure.title} across England and Wales",
        f"By local authority: {measure.meaning}. Purple is lower, white higher.",
        describe.sources(basemap=tiles.credit if tiles else ""),
    )
    key = _key(lads, lads, measure, "lad", "outside England and Wales" if len(around) else "")
    sheet = new_sheet(extent, words, key, demo=settings.is_demo())
    drawing.draw_neighbours(sheet.ax, around.geometry.to_numpy(), edge=0.3)
    drawing.draw_deciles(sheet.ax, lads, edge=drawing.EDGES["national"])
    regions = {str(name): union(part.to_numpy()) for name, part in lads.geometry.groupby(lads["rgn21nm"])}
    land = union(np.array(list(regions.values()), dtype=object))
    _draw_base(sheet, tiles, land)
    for shape in regions.values():
        drawing.draw_outline(sheet.ax, shape, width=0.7)
    placer = Placer(sheet.frame)
    inset = draw_inset(sheet, lads, regions.get("London"), land, on_tiles=tiles is not None)
    if inset:
        placer.taken.append(inset)
    name_regions(sheet, placer, lads, regions)
    _draw_labels(sheet, placer, tiles)
    return Map(sheet.figure, lads, describe.alt_text(lads, "national"), describe.caption(lads, "national"))


def regional_map(
    lads: gpd.GeoDataFrame, region: str, *, highlight: Sequence[str] = (), context: gpd.GeoDataFrame | None = None
) -> Map:
    """Draw one region by local authority on the national scale, its neighbours in grey.

    Parameters
    ----------
    lads
        The table of :func:`ec_maps.load_areas` for ``"lad"``, the whole of it: the neighbours come from it too.
    region
        A region's name, or ``"Wales"``.
    highlight
        Names of districts in the region to outline and to label with an arrow.
    context
        Land outside the table to draw in grey, as for :func:`national_map`.

    Raises
    ------
    PlaceError
        If the region is not in the table, or a place to highlight not in the region.
    """
    lads, measure = drawable(lads, "lad")
    region = find_region(region, sorted(lads["rgn21nm"].unique()))
    areas = lads[lads["rgn21nm"] == region].reset_index(drop=True)
    if strangers := [name for name in highlight if name not in set(areas["lad21nm"])]:
        msg = (
            f"{listed(strangers)}: not a local authority of {describe.the(region)}, whose districts are "
            f"{listed(list(areas['lad21nm']), 12)}."
        )
        raise PlaceError(msg)
    extent = view(_bounds(areas))
    tiles = basemap_for(extent)
    others = lads.loc[lads["rgn21nm"] != region, ["lad21nm", "geometry"]]
    around = _in_view(pd.concat([others, _context(context)], ignore_index=True), extent, tiles)
    words = Words(
        f"{measure.title} in {describe.the(region)}",
        f"By local authority: {measure.meaning}. Purple is lower, white higher.",
        describe.sources(basemap=tiles.credit if tiles else ""),
    )
    key = _key(lads, areas, measure, "lad", f"outside {describe.the(region)}" if len(around) else "")
    sheet = new_sheet(extent, words, key, demo=settings.is_demo())
    drawing.draw_neighbours(sheet.ax, around.geometry.to_numpy(), edge=0.5)
    drawing.draw_deciles(sheet.ax, areas, edge=drawing.EDGES["regional"])
    land = union(areas.geometry.to_numpy())
    _draw_base(sheet, tiles, land)
    drawing.draw_outline(sheet.ax, land, width=0.9)
    placer = Placer(sheet.frame)
    named = list(dict.fromkeys(highlight))
    call_out(sheet, placer, areas.set_index("lad21nm").loc[named].reset_index(), in_inches(sheet, land))
    name_areas(sheet, placer, areas)
    name_neighbours(sheet, placer, dict(zip(around["lad21nm"], around.geometry, strict=True)))
    _draw_labels(sheet, placer, tiles)
    alt_text = describe.alt_text(areas, "regional", highlight=named)
    return Map(sheet.figure, areas, alt_text, describe.caption(areas, "regional", highlight=named))


def local_map(msoas: gpd.GeoDataFrame, lad_name: str, *, context: gpd.GeoDataFrame | None = None) -> Map:
    """Draw one district by neighbourhood on the national scale, each numbered, its surroundings in grey.

    A neighbourhood's number is that at the end of its official name ("Great Yarmouth 001" is 1), and where readable
    names are known a key beneath the map gives them. A district without any value is drawn hatched, one with a
    single neighbourhood in its surroundings.

    Parameters
    ----------
    msoas
        The table of :func:`ec_maps.load_areas` for ``"msoa"``, the whole of it: the surroundings come from it too.
    lad_name
        The district's name as in ``lad21nm``.
    context
        Land outside the table to draw in grey, as for :func:`national_map`.

    Raises
    ------
    PlaceError
        If no neighbourhood of the table lies in a district of that name.
    """
    msoas, measure = drawable(msoas, "msoa")
    areas = msoas[msoas["lad21nm"] == lad_name].reset_index(drop=True)
    if areas.empty:
        msg = (
            f'There are no neighbourhoods of "{lad_name}" to draw. Either no local authority is called so (ec-maps '
            f"places lists them), or the boundaries have no neighbourhood in it."
        )
        raise PlaceError(msg)
    numbers = area_numbers(areas["msoa21nm"])
    # A single neighbourhood is shown in its surroundings, not from edge to edge.
    extent = view(_bounds(areas), room=1.09 if len(areas) > 1 else 1.5)
    tiles = basemap_for(extent)
    others = msoas.loc[msoas["lad21nm"] != lad_name, ["lad21nm", "geometry"]]
    around = _in_view(pd.concat([others, _context(context)], ignore_index=True), extent, tiles)
    words = Words(
        f"{measure.title} in {describe.the_district(lad_name)}",
        f"By neighbourhood (MSOA), on the national scale: {measure.meaning}. Purple is lower, white higher.",
        describe.sources(names="msoa21hclnm" in areas, basemap=tiles.credit if tiles else ""),
        key_to_numbers(areas, numbers),
    )
    key = _key(msoas, areas, measure, "msoa", f"outside {describe.the_district(lad_name)}" if len(around) else "")
    sheet = new_sheet(extent, words, key, demo=settings.is_demo())
    neighbours = {str(name): union(part.to_numpy()) for name, part in around.geometry.groupby(around["lad21nm"])}
    drawing.draw_neighbours(sheet.ax, np.array(list(neighbours.values()), dtype=object), edge=0)
    for shape in neighbours.values():
        drawing.draw_outline(sheet.ax, shape, width=0.5, colour="#ffffff")
    drawing.draw_deciles(sheet.ax, areas, edge=drawing.EDGES["local"])
    land = union(areas.geometry.to_numpy())
    _draw_base(sheet, tiles, land)
    drawing.draw_outline(sheet.ax, land, width=1.0)
    placer = Placer(sheet.frame)
    number_areas(sheet, placer, areas, numbers)
    name_neighbours(sheet, placer, neighbours)
    _draw_labels(sheet, placer, tiles)
    return Map(sheet.figure, areas, describe.alt_text(areas, "local"), describe.caption(areas, "local"))


def _context(given: gpd.GeoDataFrame | None) -> gpd.GeoDataFrame:
    if given is None:
        try:
            given = load_context()
        except (BoundaryError, SettingError):
            # A table that somebody made without boundary files is still drawn; there is just nothing around it.
            given = gpd.GeoDataFrame({"lad21nm": []}, geometry=[], crs="EPSG:27700")
    return given[["lad21nm", "geometry"]]


def _bounds(areas: gpd.GeoDataFrame) -> tuple[float, float, float, float]:
    left, bottom, right, top = (float(edge) for edge in areas.total_bounds)
    return left, bottom, right, top


def _in_view(
    around: gpd.GeoDataFrame, extent: tuple[float, float, float, float], tiles: Basemap | None
) -> gpd.GeoDataFrame:
    """Return the rows whose boxes the map's frame touches, or none where tiles show the land around."""
    if tiles:
        return around.iloc[:0]
    left, bottom, right, top = extent
    box = around.geometry.bounds
    seen = (box["minx"] < right) & (box["maxx"] > left) & (box["miny"] < top) & (box["maxy"] > bottom)
    return around[seen]


def _draw_base(sheet: Sheet, tiles: Basemap | None, land: shapely.Geometry) -> None:
    """Draw the tiles beneath everything, and on them a white rim round the areas: dark ones show on dark tiles too."""
    if tiles:
        drawing.draw_picture(sheet.ax, tiles.base, zorder=0)
        drawing.draw_outline(sheet.ax, land, width=3.0, colour="#ffffff", zorder=1)


def _draw_labels(sheet: Sheet, placer: Placer, tiles: Basemap | None) -> None:
    """Draw the tiles' labels over the areas and beneath our own words, less those that the words meet."""
    labels = tiles.labels_around(placer) if tiles else None
    if labels is not None:
        drawing.draw_picture(sheet.ax, labels, zorder=3.5)


def _key(whole: gpd.GeoDataFrame, shown: gpd.GeoDataFrame, measure: Measure, level: str, around: str) -> Key:
    words: Level = level_named(level)
    blank = int(shown["decile"].isna().sum())
    valued = int(whole["decile"].notna().sum())
    edges = whole.attrs.get("cut_points") or [float(edge) for edge in cut_points(whole[measure.key])]
    return Key(
        f"{measure.title}, by tenth of all {words.areas}",
        f"Tenths of the {valued:,} {words.areas} of England and Wales with a value; cut points in per cent.",
        edges,
        f"no published estimate ({blank})" if blank else "",
        around,
    )
