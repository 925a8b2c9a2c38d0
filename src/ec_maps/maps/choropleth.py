"""The choropleth maps: the country by district, a region by district, a district by neighbourhood.

If ``EC_MAPS_BASEMAP`` names a tile provider, its tiles replace the grey neighbouring land, and its labels, if they are
a separate layer, lie over the areas.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from ec_maps.areas import wording
from ec_maps.areas.checked import checked, rest
from ec_maps.areas.groups import PlaceGroup
from ec_maps.areas.selection import known_districts, select_highlighted, select_regions
from ec_maps.boundaries.geometry import union, unions
from ec_maps.geography.gazetteer import Place
from ec_maps.graphics import layers
from ec_maps.graphics import palette as palettes
from ec_maps.graphics.annotation import (
    call_out,
    in_inches,
    key_to_numbers,
    name_areas,
    name_neighbours,
    name_regions,
)
from ec_maps.graphics.figure import Map
from ec_maps.graphics.labels import Placer
from ec_maps.graphics.layout import Layout
from ec_maps.graphics.style import own_settings
from ec_maps.maps.choropleth_words import alt_text, caption, in_one
from ec_maps.maps.insets import brought_near, draw_frame, draw_inset, name_inset
from ec_maps.maps.neighbourhoods import draw_neighbourhoods, neighbourhoods_of
from ec_maps.maps.options import options
from ec_maps.maps.surroundings import context_of, draw_base, draw_labels, grey_in_words, scene, to_scale

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: The greatest height of a national map for its width, by the scope of the table.
_NATIONAL_TALLEST = {"ew": 1.2, "uk": 1.36}


@own_settings()
def national_map(
    lads: gpd.GeoDataFrame,
    *,
    measure: str | None = None,
    category: str | None = None,
    context: gpd.GeoDataFrame | None = None,
    title: str | None = None,
    subtitle: str | None = None,
    palette: Sequence[str] | None = None,
    figsize: tuple[float, float] | None = None,
    ax: Axes | None = None,
    legend: bool = False,
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
    title, subtitle
        Words in place of the map's own.
    palette
        A colour for each class, the lowest first, in place of the ice palette: opaque, and running from dark to light
        or from light to dark.
    figsize
        The width and height of the figure in inches. Text keeps its size; the map shows more around the areas to fill
        its room.
    ax
        Axes to draw the map alone into, such as those of ``plt.subplots``, in place of a figure of its own. They are
        filled to their size at that moment, stamped if the data are the demonstration's, and `title` is their title.
    legend
        Whether a map in `ax` has its legend, at the bottom of the axes.

    Returns
    -------
    map
        The map of all rows.

    Raises
    ------
    SettingError
        If it is no such table, or does not say what it is about, or if an option is not what it should be; the
        message gives all faults of the table.
    PaletteError
        If the colours of `palette` cannot be used.
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
    look = options(about, title=title, subtitle=subtitle, palette=palette, figsize=figsize, ax=ax, legend=legend)
    others = rest(lads, about)
    around = pd.concat([context_of(context, about), others[["lad21nm", "geometry"]]], ignore_index=True)
    shown = brought_near(lads, pd.concat([lads.geometry, around.geometry]), tallest=_NATIONAL_TALLEST[about.scope])
    where, sources = wording.universe(lads), partial(wording.sources, values=about.source)
    words = look.words(
        f"{about.title} {f'in a part of {where}' if len(others) else f'across {where}'}",
        in_one(f"By local authority: {about.what.meaning}. {look.colours_in_words(about)}", shown.words),
    )
    key = look.key(about, lads, grey_in_words(where, around, others))
    at = scene(look, shown.extent, words, key, around, part=len(others) > 0, sources=sources)
    layout = at.layout
    drawn, around = to_scale(shown.areas, at.around, at.extent)
    layers.draw_neighbours(layout.ax, around.geometry.to_numpy(), edge=0.3)
    paint = partial(layers.draw_deciles, colours=look.colours)
    paint(layout.ax, drawn, edge=layers.BORDER_WIDTHS["national"])
    regions = unions(drawn.geometry, drawn["rgn21nm"])
    land = union(np.array(list(regions.values()), dtype=object))
    draw_base(layout, at.tiles, land)
    for shape in regions.values():
        layers.draw_outline(layout.ax, shape, width=0.7)
    land = shapely.union(land, shown.frame) if shown.frame else land
    if len(around):
        # An inset on the grey land would look like a part of it.
        land = shapely.union(land, union(around.geometry.to_numpy()))
    # A part may lack some of London.
    london = lads[lads["rgn21nm"] == "London"].iloc[: None if others.empty else 0]
    inset = draw_inset(layout, london, land, paint)

    def name(layout: Layout) -> Placer:
        placer = Placer(layout.frame)
        if shown.frame:
            placer.taken.append(draw_frame(layout, shown.frame, "Shetland"))
        if inset:
            placer.taken.append(name_inset(layout, inset, on_tiles=at.tiles is not None))
        if not layout.is_narrow:
            name_regions(layout, placer, drawn, regions)
        return placer

    draw_labels(layout, name(layout), at.tiles)
    in_words = alt_text(lads, "national", lacking=len(others), ends=look.ends_in_words(about))
    in_words, found = in_one(in_words, shown.words), caption(lads, "national", lacking=len(others))
    return look.finished(layout, lads, in_words, found, at.narrow(name))


@own_settings()
def regional_map(
    lads: gpd.GeoDataFrame,
    region: str | Place | PlaceGroup | Iterable[str | Place | PlaceGroup],
    *,
    highlight: str | Place | PlaceGroup | Iterable[str | Place | PlaceGroup] = (),
    measure: str | None = None,
    category: str | None = None,
    context: gpd.GeoDataFrame | None = None,
    title: str | None = None,
    subtitle: str | None = None,
    palette: Sequence[str] | None = None,
    figsize: tuple[float, float] | None = None,
    ax: Axes | None = None,
    legend: bool = False,
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
        Name or code of a district in the region to outline and to label with an arrow, or several, or a group.
    title
        The title in place of the map's own; for a group, the subtitle then says what it is.
    measure, category, context, subtitle, palette, figsize, ax, legend
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
    SettingError, PaletteError, BoundaryError, FetchError
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
    look = options(about, title=title, subtitle=subtitle, palette=palette, figsize=figsize, ax=ax, legend=legend)
    absent = rest(lads, about)
    selection = select_regions(region, known_districts(lads, absent))
    inside, lacking = selection.drawn(lads), selection.rows(absent)
    areas = inside.reset_index(drop=True)
    named = [place.name for place in select_highlighted(highlight, lads, selection)]
    columns = ["lad21nm", "geometry"]
    others = lads.drop(inside.index)[columns]
    around = pd.concat([others, absent[columns], context_of(context, about)], ignore_index=True)
    shown = brought_near(areas, pd.concat([areas.geometry, around.geometry]))
    sources = partial(wording.sources, values=about.source)
    words = look.words(
        f"{about.title} in {'a part of ' if len(lacking) else ''}{selection.heading}",
        in_one(
            selection.sentence if title else "",
            f"By local authority: {about.what.meaning}. {look.colours_in_words(about)}",
            shown.words,
        ),
    )
    key = look.key(about, areas, grey_in_words(selection.inside, around, lacking))
    at = scene(look, shown.extent, words, key, around, part=len(lacking) > 0, sources=sources)
    layout = at.layout
    drawn, around = to_scale(shown.areas, at.around, at.extent)
    layers.draw_neighbours(layout.ax, around.geometry.to_numpy(), edge=0.5)
    layers.draw_deciles(layout.ax, drawn, edge=layers.BORDER_WIDTHS["regional"], colours=look.colours)
    land = union(drawn.geometry.to_numpy())
    draw_base(layout, at.tiles, land)
    for shape in [union(unit.geometry.to_numpy()) for unit in selection.by_unit(drawn)] or [land]:
        layers.draw_outline(layout.ax, shape, width=0.9)
    if shown.frame:
        land = shapely.union(land, shown.frame)
    rows = drawn.set_index("lad21nm")

    def name(layout: Layout) -> Placer:
        placer, land_inches = Placer(layout.frame), in_inches(layout, land)
        if shown.frame:
            placer.taken.append(draw_frame(layout, shown.frame, "Shetland"))
        call_out(layout, placer, rows.loc[named].reset_index(), land_inches)
        unnamed = [name for name in name_areas(layout, placer, drawn) if name not in named]
        if selection.is_short_list and not layout.is_narrow:
            call_out(layout, placer, rows.loc[unnamed].reset_index(), land_inches)
        if not layout.is_narrow:
            name_neighbours(layout, placer, dict(zip(around["lad21nm"], around.geometry, strict=True)))
        return placer

    draw_labels(layout, name(layout), at.tiles)
    ends = look.ends_in_words(about)
    in_words = alt_text(areas, "regional", highlight=named, lacking=len(lacking), shown=selection, ends=ends)
    found = caption(areas, "regional", highlight=named, lacking=len(lacking), shown=selection)
    return look.finished(layout, areas, in_one(in_words, shown.words), found, at.narrow(name))


@own_settings()
def local_map(
    msoas: gpd.GeoDataFrame,
    place: str | Place | PlaceGroup | Iterable[str | Place | PlaceGroup],
    *,
    measure: str | None = None,
    category: str | None = None,
    context: gpd.GeoDataFrame | None = None,
    title: str | None = None,
    subtitle: str | None = None,
    palette: Sequence[str] | None = None,
    figsize: tuple[float, float] | None = None,
    ax: Axes | None = None,
    legend: bool = False,
    key: bool = True,
) -> Map:
    """Draw a district, or several, by numbered neighbourhood on the national scale, with the surroundings in grey.

    A neighbourhood's number is the one at the end of its official name ("Great Yarmouth 001" is 1). A key beneath the
    map gives readable names where they are known. A number without room is left out. On a map of several districts the
    numbers run on from one to the next, the key gives each a name, and the districts have borders. A district without
    any published estimate is drawn hatched, and one with a single neighbourhood is drawn with more of its surroundings.

    Parameters
    ----------
    msoas
        The table of :func:`ec_maps.load_areas` for ``"msoa"``, or rows of it, as for :func:`national_map`.
    place
        A district's name (English or Welsh, or a part that is in no other) or code, or several in a list. Or the name
        of a county or combined authority of England (``"Norfolk"``), or a group of :func:`ec_maps.read_places`.
    title, measure, category, context, subtitle, palette, figsize, ax, legend
        As for :func:`regional_map`.
    key
        Whether the key to the numbers is drawn. Leave it out where a table beside the map has them.

    Returns
    -------
    map
        The map; its ``areas`` are the neighbourhoods, those of several districts one district after another.

    Raises
    ------
    PlaceError
        If a district is unknown, not in the table or not in England and Wales, or a list is empty, names something
        twice or mixes levels; the message suggests names.
    SettingError, PaletteError, BoundaryError, FetchError
        As :func:`national_map`, with a table for ``"msoa"``.

    Examples
    --------
    >>> import ec_maps
    >>> picture = ec_maps.local_map(ec_maps.load_areas("msoa"), "Norwich")
    >>> len(picture.areas)
    14

    Several districts, and a county:

    >>> picture = ec_maps.local_map(ec_maps.load_areas("msoa"), ["norwich", "Broadland"], title="Around Norwich")
    >>> "2 local authorities: Norwich and Broadland." in picture.caption
    True
    >>> ec_maps.local_map(ec_maps.load_areas("msoa"), "Norfolk").areas["lad21nm"].nunique()
    7
    """
    msoas, about = checked(msoas, "msoa", measure=measure, category=category)
    look = options(about, title=title, subtitle=subtitle, palette=palette, figsize=figsize, ax=ax, legend=legend)
    shown = neighbourhoods_of(msoas, about, place, context)
    areas, selection, lacking = shown.areas, shown.selection, shown.lacking
    sources = partial(wording.sources, names="msoa21hclnm" in areas, values=about.source)
    words = look.words(
        f"{about.title} in {'a part of ' if len(lacking) else ''}{selection.heading}",
        in_one(
            selection.sentence if title else "",
            f"By neighbourhood (MSOA), on the national scale: {about.what.meaning}. {look.colours_in_words(about)}",
        ),
        numbers=key_to_numbers(areas, shown.numbers, wanted=key),
    )
    at = scene(
        look, shown.extent, words, look.key(about, areas, shown.grey), shown.around, part=len(lacking) > 0,
        sources=sources,
    )  # fmt: skip
    paint = partial(layers.draw_deciles, colours=look.colours)
    name = draw_neighbourhoods(at, shown, paint, partial(palettes.colours_of, chosen=look.colours))
    in_words = alt_text(areas, "local", lacking=len(lacking), shown=selection, ends=look.ends_in_words(about))
    found = caption(areas, "local", lacking=len(lacking), shown=selection)
    return look.finished(at.layout, areas, in_words, found, at.narrow(name))
