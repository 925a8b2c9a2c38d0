"""The choropleth maps: the country by district, a region by district, a district by neighbourhood.

If ``EC_MAPS_BASEMAP`` names a tile provider, its tiles replace the grey neighbouring land, and its labels, if they are
a separate layer, lie over the areas.
"""

from __future__ import annotations

from collections.abc import Iterable

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from ec_maps import settings
from ec_maps.about import About
from ec_maps.areas import wording
from ec_maps.areas.checked import checked, rest
from ec_maps.areas.finder import several
from ec_maps.areas.selection import (
    known_districts,
    names_only,
    select_districts,
    select_highlighted,
    select_regions,
)
from ec_maps.boundaries.geometry import union, unions
from ec_maps.errors import SettingError
from ec_maps.geography.gazetteer import Place
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
from ec_maps.maps.surroundings import context_of, grey_in_words, in_view, to_scale

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
    around = pd.concat([context_of(context, about), others[["lad21nm", "geometry"]]], ignore_index=True)
    shown = brought_near(lads, pd.concat([lads.geometry, around.geometry]), tallest=_NATIONAL_TALLEST[about.scope])
    tiles = basemap_for(shown.extent)
    around = in_view(around, shown.extent, tiles)
    where = wording.universe(lads)
    words = Words(
        f"{about.title} {f'in a part of {where}' if len(others) else f'across {where}'}",
        _joined(f"By local authority: {about.what.meaning}. {about.what.colours_in_words}", shown.words),
        wording.sources(basemap=tiles.credit if tiles else "", values=about.source),
    )
    key = _key(about, lads, grey_in_words(where, around, others))
    layout = new_layout(shown.extent, words, key, demo=settings.is_demo())
    drawn, around = to_scale(shown.areas, around, shown.extent)
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
    region: str | Place | Iterable[str | Place],
    *,
    highlight: str | Place | Iterable[str | Place] = (),
    title: str | None = None,
    measure: str | None = None,
    category: str | None = None,
    context: gpd.GeoDataFrame | None = None,
) -> Map:
    """Draw a region, or a group of local authorities, on the national scale, its neighbours in grey.

    On a map of Scotland, Shetland is in a frame of its own, at the map's scale.

    Parameters
    ----------
    lads
        The table of :func:`ec_maps.load_areas` for ``"lad"``, or rows of it, as for :func:`national_map`.
    region
        A region's name in any spelling (``"yorkshire"``), or ``"Wales"``; for the United Kingdom also ``"Scotland"``
        or ``"Northern Ireland"``. Or the name of a county or combined authority of England (``"Norfolk"``,
        ``"Tees Valley"``), or a list: of regions, of such groups, or of districts, which may lie in several regions.
    highlight
        Name or code of a district in the region to outline and to label with an arrow, or several.
    title
        The title, instead of one that says what the map is of; for a group, the subtitle then says it.
    measure, category, context
        As for :func:`national_map`.

    Returns
    -------
    map
        The map; its ``areas`` are the region's rows, those of a group district by district in the order given.

    Raises
    ------
    PlaceError
        If the region is not in the table, or a place to highlight not in the region, or a list is empty, names
        something twice or mixes levels; the message suggests names.
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

    A county, and districts of two regions:

    >>> len(ec_maps.regional_map(lads, "Norfolk").areas)
    7
    >>> picture = ec_maps.regional_map(lads, ["Peterborough", "Rutland"], title="Either side of the border")
    >>> "2 local authorities: Peterborough and Rutland." in picture.caption
    True
    """
    lads, about = checked(lads, "lad", measure=measure, category=category)
    absent = rest(lads, about)
    selection = select_regions(region, known_districts(lads, absent))
    inside, lacking = selection.drawn(lads), selection.rows(absent)
    areas = inside.reset_index(drop=True)
    named = [place.name for place in select_highlighted(highlight, lads, selection)]
    columns = ["lad21nm", "geometry"]
    others = lads.drop(inside.index)[columns]
    around = pd.concat([others, absent[columns], context_of(context, about)], ignore_index=True)
    shown = brought_near(areas, pd.concat([areas.geometry, around.geometry]))
    tiles = basemap_for(shown.extent)
    around = in_view(around, shown.extent, tiles)
    words = Words(
        _title(title, f"{about.title} in {'a part of ' if len(lacking) else ''}{selection.heading}"),
        _joined(
            selection.sentence if title else "",
            f"By local authority: {about.what.meaning}. {about.what.colours_in_words}",
            shown.words,
        ),
        wording.sources(basemap=tiles.credit if tiles else "", values=about.source),
    )
    key = _key(about, areas, grey_in_words(selection.inside, around, lacking))
    layout = new_layout(shown.extent, words, key, demo=settings.is_demo())
    drawn, around = to_scale(shown.areas, around, shown.extent)
    layers.draw_neighbours(layout.ax, around.geometry.to_numpy(), edge=0.5)
    layers.draw_deciles(layout.ax, drawn, edge=layers.EDGES["regional"])
    land = union(drawn.geometry.to_numpy())
    _draw_base(layout, tiles, land)
    for shape in [union(unit.geometry.to_numpy()) for unit in selection.by_unit(drawn)] or [land]:
        layers.draw_outline(layout.ax, shape, width=0.9)
    placer = Placer(layout.frame)
    if shown.frame:
        placer.taken.append(draw_frame(layout, shown.frame, "Shetland"))
        land = shapely.union(land, shown.frame)
    rows, land_inches = drawn.set_index("lad21nm"), in_inches(layout, land)
    call_out(layout, placer, rows.loc[named].reset_index(), land_inches)
    unnamed = [name for name in name_areas(layout, placer, drawn) if name not in named]
    if selection.is_short_list:
        call_out(layout, placer, rows.loc[unnamed].reset_index(), land_inches)
    name_neighbours(layout, placer, dict(zip(around["lad21nm"], around.geometry, strict=True)))
    _draw_labels(layout, placer, tiles)
    said, found = (
        words_of(areas, "regional", highlight=named, lacking=len(lacking), shown=selection)
        for words_of in (alt_text, caption)
    )
    shown_in_words = _joined(said, shown.words)
    return Map(layout.figure, areas, shown_in_words, found)


@own_settings()
def local_map(
    msoas: gpd.GeoDataFrame,
    place: str | Place | Iterable[str | Place],
    *,
    title: str | None = None,
    measure: str | None = None,
    category: str | None = None,
    context: gpd.GeoDataFrame | None = None,
) -> Map:
    """Draw a district, or several, by numbered neighbourhood on the national scale, with the surroundings in grey.

    A neighbourhood's number is the one at the end of its official name ("Great Yarmouth 001" is 1). A key beneath the
    map gives readable names where they are known. On a map of several districts the numbers run on from one to the
    next, the key gives each a name, and the districts have borders. A district without any published estimate is drawn
    hatched, and one with a single neighbourhood is drawn with more of its surroundings.

    Parameters
    ----------
    msoas
        The table of :func:`ec_maps.load_areas` for ``"msoa"``, or rows of it, as for :func:`national_map`.
    place
        A district's name (English or Welsh, or a part that is in no other) or code, or several in a list. Or the name
        of a county or combined authority of England (``"Norfolk"``, ``"Greater Manchester"``).
    title
        The title, instead of one that says what the map is of; for a group, the subtitle then says it.
    measure, category, context
        As for :func:`national_map`.

    Returns
    -------
    map
        The map; its ``areas`` are the neighbourhoods, those of several districts one district after another.

    Raises
    ------
    PlaceError
        If a district is unknown, not in the table or not in England and Wales, or a list is empty, names something
        twice or mixes levels; the message suggests names.
    SettingError, BoundaryError, FetchError
        As :func:`national_map`, with a table for ``"msoa"``.

    Examples
    --------
    >>> import ec_maps
    >>> picture = ec_maps.local_map(ec_maps.load_areas("msoa"), "Norwich")
    >>> len(picture.areas)
    14
    >>> path = picture.save("norwich.png")

    Several districts, and a county:

    >>> picture = ec_maps.local_map(ec_maps.load_areas("msoa"), ["norwich", "Broadland"], title="Around Norwich")
    >>> "2 local authorities: Norwich and Broadland." in picture.caption
    True
    >>> picture = ec_maps.local_map(ec_maps.load_areas("msoa"), "Norfolk")
    >>> picture.areas["lad21nm"].nunique()
    7
    """
    msoas, about = checked(msoas, "msoa", measure=measure, category=category)
    wanted = several(place)
    absent = rest(msoas, about, about.near if about.near and names_only(wanted, about.near, msoas) else None)
    selection = select_districts(wanted, known_districts(msoas, absent))
    inside, lacking = selection.drawn(msoas), selection.rows(absent)
    areas = inside.reset_index(drop=True)
    numbers = area_numbers(areas["msoa21nm"])
    # A single neighbourhood is shown with its surroundings, not from edge to edge.
    extent = view(_bounds(areas), room=1.09 if len(areas) > 1 else 1.5)
    tiles = basemap_for(extent)
    columns = ["lad21nm", "geometry"]
    others = msoas.drop(inside.index)[columns]
    land_around = pd.concat([others, absent[columns], context_of(context, about)], ignore_index=True)
    around = in_view(land_around, extent, tiles)
    words = Words(
        _title(title, f"{about.title} in {'a part of ' if len(lacking) else ''}{selection.heading}"),
        _joined(
            selection.sentence if title else "",
            f"By neighbourhood (MSOA), on the national scale: {about.what.meaning}. {about.what.colours_in_words}",
        ),
        wording.sources(names="msoa21hclnm" in areas, basemap=tiles.credit if tiles else "", values=about.source),
        key_to_numbers(areas, numbers),
    )
    key = _key(about, areas, grey_in_words(selection.inside, around, lacking))
    layout = new_layout(extent, words, key, demo=settings.is_demo())
    drawn, around = to_scale(areas, around, extent)
    neighbours = unions(around.geometry, around["lad21nm"])
    layers.draw_neighbours(layout.ax, np.array(list(neighbours.values()), dtype=object), edge=0)
    for shape in neighbours.values():
        layers.draw_outline(layout.ax, shape, width=0.5, colour="#ffffff")
    layers.draw_deciles(layout.ax, drawn, edge=layers.EDGES["local"])
    land = union(drawn.geometry.to_numpy())
    _draw_base(layout, tiles, land)
    districts = unions(drawn.geometry, drawn["lad21nm"]) if selection.is_group else {"": land}
    for shape in districts.values():
        layers.draw_outline(layout.ax, shape, width=1.0)
    placer = Placer(layout.frame)
    number_areas(layout, placer, drawn, numbers)
    if selection.is_group:
        name_regions(layout, placer, drawn, districts, "lad21nm")
    name_neighbours(layout, placer, neighbours)
    _draw_labels(layout, placer, tiles)
    shown_in_words, found = (
        words_of(areas, "local", lacking=len(lacking), shown=selection) for words_of in (alt_text, caption)
    )
    return Map(layout.figure, areas, shown_in_words, found)


def _title(given: object, usual: str) -> str:
    """Return the title of a map: the one given, or else the usual one."""
    if given is None:
        return usual
    if not isinstance(given, str) or not given.strip():
        msg = f"The title of a map is a text, not {given!r}. Leave title= out for the usual one."
        raise SettingError(msg)
    return given


def _joined(*sentences: str) -> str:
    return " ".join(sentence for sentence in sentences if sentence)


def _bounds(areas: gpd.GeoDataFrame) -> tuple[float, float, float, float]:
    left, bottom, right, top = (float(edge) for edge in areas.total_bounds)
    return left, bottom, right, top


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


def _key(about: About, shown: gpd.GeoDataFrame, around: str) -> Key:
    missing = int(shown[about.classes.column].isna().sum())
    areas = level_named(about.level).areas
    return Key.of(
        about,
        f"the {about.valued:,} {areas} of {wording.universe(shown)}",
        missing=f"no {about.what.estimate} ({missing})" if missing else "",
        around=around,
    )
