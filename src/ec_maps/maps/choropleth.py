"""The choropleth maps: the country by district, a region by district, a district by neighbourhood.

If ``EC_MAPS_BASEMAP`` names a tile provider, its tiles replace the grey neighbouring land, and its labels, if they are
a separate layer, lie over the areas.
"""

from __future__ import annotations

from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from ec_maps import settings
from ec_maps.about import About
from ec_maps.areas import wording
from ec_maps.areas.checked import checked, rest
from ec_maps.areas.table import load_context
from ec_maps.boundaries.geometry import union, unions
from ec_maps.errors import BoundaryError, PlaceError, SettingError, listed
from ec_maps.geography.codes import BEYOND, official_districts
from ec_maps.geography.levels import level_named
from ec_maps.graphics import layers
from ec_maps.graphics.annotation import (
    area_numbers,
    call_out,
    in_inches,
    key_to_numbers,
    name_areas,
    name_neighbours,
    name_regions,
    number_areas,
)
from ec_maps.graphics.figure import Map
from ec_maps.graphics.labels import Placer
from ec_maps.graphics.layout import Key, Layout, Words, new_layout, view
from ec_maps.graphics.style import own_settings
from ec_maps.maps.basemap import Basemap, basemap_for
from ec_maps.maps.choropleth_words import alt_text, caption
from ec_maps.maps.insets import brought_near, draw_frame, draw_inset
from ec_maps.maps.simplify import to_pixels

#: The greatest height of a national map for its width, by the scope of the table.
_NATIONAL_TALLEST = {"ew": 1.2, "uk": 1.36}


@own_settings()
def national_map(
    lads: gpd.GeoDataFrame,
    *,
    measure: str | None = None,
    category: str | None = None,
    context: gpd.GeoDataFrame | None = None,
) -> Map:
    """Draw England and Wales, or the United Kingdom, by local authority, with London enlarged in an inset.

    On a map of the United Kingdom, Shetland is in a frame of its own, at the map's scale. The Republic of Ireland is
    not in the data and is not drawn.

    Parameters
    ----------
    lads
        The table of :func:`ec_maps.load_areas` for ``"lad"``, of either scope, with any further columns. Some of its
        rows are drawn as a part, with the deciles of the whole; the areas that they lack are grey.
    measure, category
        What the table is about, if its column ``about`` has been lost.
    context
        Land outside the table to draw in grey; if not given, that of the installed boundaries (Scotland) for a table
        of England and Wales, and none for one of the United Kingdom.

    Returns
    -------
    map
        The map of all rows.

    Raises
    ------
    SettingError
        If it is no such table, or does not say what it is about; the message gives all faults.
    BoundaryError, FetchError
        If the boundaries for `context`, or for areas that the table lacks, cannot be read.

    Examples
    --------
    >>> import ec_maps
    >>> picture = ec_maps.national_map(ec_maps.load_areas("lad"))
    >>> len(picture.areas)
    331
    >>> path = picture.save("national.svg")
    """
    lads, about = checked(lads, "lad", measure=measure, category=category)
    others = rest(lads, about)
    around = pd.concat([_context(context, about), others[["lad21nm", "geometry"]]], ignore_index=True)
    shown = brought_near(lads, pd.concat([lads.geometry, around.geometry]), tallest=_NATIONAL_TALLEST[about.scope])
    tiles = basemap_for(shown.extent)
    around = _in_view(around, shown.extent, tiles)
    where = wording.universe(lads)
    words = Words(
        f"{about.title} {f'in a part of {where}' if len(others) else f'across {where}'}",
        _joined(f"By local authority: {about.what.meaning}. {about.what.colours_in_words}", shown.words),
        wording.sources(basemap=tiles.credit if tiles else "", values=about.source),
    )
    key = _key(about, lads, _grey(where, around, others))
    layout = new_layout(shown.extent, words, key, demo=settings.is_demo())
    drawn, around = _to_scale(shown.areas, around, shown.extent)
    layers.draw_neighbours(layout.ax, around.geometry.to_numpy(), edge=0.3)
    layers.draw_deciles(layout.ax, drawn, edge=layers.EDGES["national"])
    regions = unions(drawn.geometry, drawn["rgn21nm"])
    land = union(np.array(list(regions.values()), dtype=object))
    _draw_base(layout, tiles, land)
    for shape in regions.values():
        layers.draw_outline(layout.ax, shape, width=0.7)
    placer = Placer(layout.frame)
    if shown.frame:
        placer.taken.append(draw_frame(layout, shown.frame, "Shetland"))
        land = shapely.union(land, shown.frame)
    if len(around):
        # An inset on the grey land would look like a part of it.
        land = shapely.union(land, union(around.geometry.to_numpy()))
    # A part may lack some of London.
    london = lads[lads["rgn21nm"] == "London"].iloc[: None if others.empty else 0]
    inset = draw_inset(layout, london, land, on_tiles=tiles is not None)
    if inset:
        placer.taken.append(inset)
    name_regions(layout, placer, drawn, regions)
    _draw_labels(layout, placer, tiles)
    shown_in_words = _joined(alt_text(lads, "national", lacking=len(others)), shown.words)
    return Map(layout.figure, lads, shown_in_words, caption(lads, "national", lacking=len(others)))


@own_settings()
def regional_map(
    lads: gpd.GeoDataFrame,
    region: str,
    *,
    highlight: Sequence[str] = (),
    measure: str | None = None,
    category: str | None = None,
    context: gpd.GeoDataFrame | None = None,
) -> Map:
    """Draw one region by local authority on the national scale, its neighbours in grey.

    On a map of Scotland, Shetland is in a frame of its own, at the map's scale.

    Parameters
    ----------
    lads
        The table of :func:`ec_maps.load_areas` for ``"lad"``, or rows of it, as for :func:`national_map`.
    region
        A region's name, or ``"Wales"``; for the United Kingdom also ``"Scotland"`` or ``"Northern Ireland"``.
    highlight
        Names of districts in the region to outline and to label with an arrow.
    measure, category, context
        As for :func:`national_map`.

    Returns
    -------
    map
        The map; its ``areas`` are the region's rows.

    Raises
    ------
    PlaceError
        If the region is not in the table, or a place to highlight not in the region.
    SettingError, BoundaryError, FetchError
        As :func:`national_map`.

    Examples
    --------
    >>> import ec_maps
    >>> lads = ec_maps.load_areas("lad")
    >>> picture = ec_maps.regional_map(lads, "East of England", highlight=["Norwich"])
    >>> len(picture.areas)
    45
    >>> "Norwich" in picture.caption
    True
    """
    # Imported here, because it loads a YAML parser for the list of places.
    from ec_maps.areas.places import find_region

    lads, about = checked(lads, "lad", measure=measure, category=category)
    region = find_region(region, sorted(lads["rgn21nm"].unique()))
    areas = lads[lads["rgn21nm"] == region].reset_index(drop=True)
    if strangers := [name for name in highlight if name not in set(areas["lad21nm"])]:
        msg = (
            f"{listed(strangers)}: not a local authority of {wording.the(region)}, whose districts are "
            f"{listed(list(areas['lad21nm']), 12)}."
        )
        raise PlaceError(msg)
    absent = rest(lads, about)
    lacking = absent[absent["rgn21nm"] == region]
    columns = ["lad21nm", "geometry"]
    others = lads.loc[lads["rgn21nm"] != region, columns]
    around = pd.concat([others, absent[columns], _context(context, about)], ignore_index=True)
    shown = brought_near(areas, pd.concat([areas.geometry, around.geometry]))
    tiles = basemap_for(shown.extent)
    around = _in_view(around, shown.extent, tiles)
    words = Words(
        f"{about.title} in {'a part of ' if len(lacking) else ''}{wording.the(region)}",
        _joined(f"By local authority: {about.what.meaning}. {about.what.colours_in_words}", shown.words),
        wording.sources(basemap=tiles.credit if tiles else "", values=about.source),
    )
    key = _key(about, areas, _grey(wording.the(region), around, lacking))
    layout = new_layout(shown.extent, words, key, demo=settings.is_demo())
    drawn, around = _to_scale(shown.areas, around, shown.extent)
    layers.draw_neighbours(layout.ax, around.geometry.to_numpy(), edge=0.5)
    layers.draw_deciles(layout.ax, drawn, edge=layers.EDGES["regional"])
    land = union(drawn.geometry.to_numpy())
    _draw_base(layout, tiles, land)
    layers.draw_outline(layout.ax, land, width=0.9)
    placer = Placer(layout.frame)
    named = list(dict.fromkeys(highlight))
    if shown.frame:
        placer.taken.append(draw_frame(layout, shown.frame, "Shetland"))
        land = shapely.union(land, shown.frame)
    call_out(layout, placer, drawn.set_index("lad21nm").loc[named].reset_index(), in_inches(layout, land))
    name_areas(layout, placer, drawn)
    name_neighbours(layout, placer, dict(zip(around["lad21nm"], around.geometry, strict=True)))
    _draw_labels(layout, placer, tiles)
    shown_in_words = _joined(alt_text(areas, "regional", highlight=named, lacking=len(lacking)), shown.words)
    found = caption(areas, "regional", highlight=named, lacking=len(lacking))
    return Map(layout.figure, areas, shown_in_words, found)


@own_settings()
def local_map(
    msoas: gpd.GeoDataFrame,
    lad_name: str,
    *,
    measure: str | None = None,
    category: str | None = None,
    context: gpd.GeoDataFrame | None = None,
) -> Map:
    """Draw one district by numbered neighbourhood on the national scale, with its surroundings in grey.

    A neighbourhood's number is the one at the end of its official name ("Great Yarmouth 001" is 1). A key beneath the
    map gives readable names where they are known. A district without any published estimate is drawn hatched, and one
    with a single neighbourhood is drawn with more of its surroundings.

    Parameters
    ----------
    msoas
        The table of :func:`ec_maps.load_areas` for ``"msoa"``, or rows of it, as for :func:`national_map`.
    lad_name
        The district's name as in ``lad21nm``.
    measure, category, context
        As for :func:`national_map`.

    Returns
    -------
    map
        The map; its ``areas`` are the district's neighbourhoods.

    Raises
    ------
    PlaceError
        If no neighbourhood of the table lies in a district of that name.
    SettingError, BoundaryError, FetchError
        As :func:`national_map`, with a table for ``"msoa"``.

    Examples
    --------
    >>> import ec_maps
    >>> picture = ec_maps.local_map(ec_maps.load_areas("msoa"), "Norwich")
    >>> len(picture.areas)
    14
    >>> path = picture.save("norwich.png")
    """
    msoas, about = checked(msoas, "msoa", measure=measure, category=category)
    areas = msoas[msoas["lad21nm"] == lad_name].reset_index(drop=True)
    if areas.empty:
        beyond = [one.region for one in official_districts().values() if one.name == lad_name and one.region in BEYOND]
        if beyond:
            msg = (
                f"{wording.capital(wording.the_district(lad_name))} is in {beyond[0]}, and neighbourhood data stop "
                f"at the border: the neighbourhoods mapped here (MSOAs) exist only in England and Wales. The map of "
                f'the region "{beyond[0]}" has it, from a table with scope="uk".'
            )
            raise PlaceError(msg)
        msg = (
            f'There are no neighbourhoods of "{lad_name}" to draw. Either there is no local authority of that name '
            f"(ec-maps places lists them), or the boundaries have no neighbourhood in it."
        )
        raise PlaceError(msg)
    numbers = area_numbers(areas["msoa21nm"])
    # A single neighbourhood is shown with its surroundings, not from edge to edge.
    extent = view(_bounds(areas), room=1.09 if len(areas) > 1 else 1.5)
    tiles = basemap_for(extent)
    absent = rest(msoas, about, lad_name)
    lacking = absent[absent["lad21nm"] == lad_name]
    columns = ["lad21nm", "geometry"]
    others = msoas.loc[msoas["lad21nm"] != lad_name, columns]
    land_around = pd.concat([others, absent[columns], _context(context, about)], ignore_index=True)
    around = _in_view(land_around, extent, tiles)
    where = wording.the_district(lad_name)
    words = Words(
        f"{about.title} in {'a part of ' if len(lacking) else ''}{where}",
        f"By neighbourhood (MSOA), on the national scale: {about.what.meaning}. {about.what.colours_in_words}",
        wording.sources(names="msoa21hclnm" in areas, basemap=tiles.credit if tiles else "", values=about.source),
        key_to_numbers(areas, numbers),
    )
    key = _key(about, areas, _grey(where, around, lacking))
    layout = new_layout(extent, words, key, demo=settings.is_demo())
    drawn, around = _to_scale(areas, around, extent)
    neighbours = unions(around.geometry, around["lad21nm"])
    layers.draw_neighbours(layout.ax, np.array(list(neighbours.values()), dtype=object), edge=0)
    for shape in neighbours.values():
        layers.draw_outline(layout.ax, shape, width=0.5, colour="#ffffff")
    layers.draw_deciles(layout.ax, drawn, edge=layers.EDGES["local"])
    land = union(drawn.geometry.to_numpy())
    _draw_base(layout, tiles, land)
    layers.draw_outline(layout.ax, land, width=1.0)
    placer = Placer(layout.frame)
    number_areas(layout, placer, drawn, numbers)
    name_neighbours(layout, placer, neighbours)
    _draw_labels(layout, placer, tiles)
    shown_in_words, found = (words_of(areas, "local", lacking=len(lacking)) for words_of in (alt_text, caption))
    return Map(layout.figure, areas, shown_in_words, found)


def _joined(*sentences: str) -> str:
    return " ".join(sentence for sentence in sentences if sentence)


def _context(given: gpd.GeoDataFrame | None, about: About) -> gpd.GeoDataFrame:
    """Return the land around the table: the one given, or that of the boundaries outside England and Wales.

    A table of the United Kingdom contains all land of the boundaries, so nothing is around it.
    """
    if given is None:
        nothing = gpd.GeoDataFrame({"lad21nm": []}, geometry=[], crs="EPSG:27700")
        try:
            given = nothing if about.scope == "uk" else load_context()
        except (BoundaryError, SettingError):
            # A table made without boundary files is still drawn, with nothing around it.
            given = nothing
    return given[["lad21nm", "geometry"]]


def _bounds(areas: gpd.GeoDataFrame) -> tuple[float, float, float, float]:
    left, bottom, right, top = (float(edge) for edge in areas.total_bounds)
    return left, bottom, right, top


def _in_view(
    around: gpd.GeoDataFrame, extent: tuple[float, float, float, float], tiles: Basemap | None
) -> gpd.GeoDataFrame:
    """Return the rows whose bounding boxes meet the map's frame, or none where tiles show the land around."""
    if tiles:
        return around.iloc[:0]
    left, bottom, right, top = extent
    box = around.geometry.bounds
    seen = (box["minx"] < right) & (box["maxx"] > left) & (box["miny"] < top) & (box["maxy"] > bottom)
    return around[seen]


def _to_scale(
    areas: gpd.GeoDataFrame, around: gpd.GeoDataFrame, extent: tuple[float, float, float, float]
) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Return areas and the land around them, simplified together to the map's pixels."""
    shapes = to_pixels(np.concatenate([areas.geometry.to_numpy(), around.geometry.to_numpy()]), extent)
    first, last = shapes[: len(areas)], shapes[len(areas) :]
    return areas.set_geometry(first, crs=areas.crs), around.set_geometry(last, crs=around.crs)


def _draw_base(layout: Layout, tiles: Basemap | None, land: shapely.Geometry) -> None:
    """Draw the tiles at the bottom, with a white rim around the areas, so that dark areas are visible on dark tiles."""
    if tiles:
        layers.draw_picture(layout.ax, tiles.base, zorder=0)
        layers.draw_outline(layout.ax, land, width=3.0, colour="#ffffff", zorder=1)


def _draw_labels(layout: Layout, placer: Placer, tiles: Basemap | None) -> None:
    """Draw the tiles' labels over the areas and beneath our own labels, without those that overlap them."""
    labels = tiles.labels_around(placer) if tiles else None
    if labels is not None:
        layers.draw_picture(layout.ax, labels, zorder=3.5)


def _grey(where: str, around: gpd.GeoDataFrame, lacking: gpd.GeoDataFrame) -> str:
    """Return what the grey land on a map is, for the legend."""
    if lacking.empty:
        return f"outside {where}" if len(around) else ""
    return f"not in this table ({len(lacking)}), or outside {where}"


def _key(about: About, shown: gpd.GeoDataFrame, around: str) -> Key:
    missing = int(shown[about.classes.column].isna().sum())
    areas = level_named(about.level).areas
    return Key.of(
        about,
        f"the {about.valued:,} {areas} of {wording.universe(shown)}",
        missing=f"no {about.what.estimate} ({missing})" if missing else "",
        around=around,
    )
