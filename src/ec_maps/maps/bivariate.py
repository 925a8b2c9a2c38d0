"""The bivariate map: areas coloured by exposure and bias at once, of the country or of a place by neighbourhood."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd

from ec_maps import settings
from ec_maps.about import COLUMN
from ec_maps.analysis.bivariate import DRIVERS, bivariate_table
from ec_maps.areas import wording
from ec_maps.areas.checked import checked
from ec_maps.areas.finder import AnyPlace
from ec_maps.boundaries.geometry import union, unions
from ec_maps.errors import SettingError
from ec_maps.graphics import layers, palette
from ec_maps.graphics.annotation import key_to_numbers, name_regions
from ec_maps.graphics.figure import Map
from ec_maps.graphics.labels import Placer
from ec_maps.graphics.layout import NARROW, WIDTH, Extent, Layout, Words, new_layout, view
from ec_maps.graphics.style import own_settings
from ec_maps.maps.bivariate_legend import Square, colours_of
from ec_maps.maps.bivariate_words import alt_text, caption, class_numbers, descriptions, level_of
from ec_maps.maps.insets import draw_inset, name_inset
from ec_maps.maps.neighbourhoods import draw_neighbourhoods, neighbourhoods_of
from ec_maps.maps.options import narrow_of
from ec_maps.maps.surroundings import Scene, context_of, in_view, to_scale

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ec_maps.about import About

#: The greatest height of the map of a country for its width.
_TALLEST = 1.2

#: What exposure and bias are, and the colours of both ends.
_SUBTITLE = (
    "how many high-income people low-income people have to meet (exposure), and how far their friendships fall short "
    "of that (bias). Purple: few to meet and far short; ice: many and least short."
)


@own_settings()
def bivariate_map(
    areas: gpd.GeoDataFrame,
    place: str | AnyPlace | Iterable[str | AnyPlace] | None = None,
    *,
    context: gpd.GeoDataFrame | None = None,
    key: bool = True,
) -> Map:
    """Draw areas in nine colours, thirds of exposure by thirds of bias: all of them, or the neighbourhoods of a place.

    This map never has tiles beneath it: nine colours need a plain background.

    Parameters
    ----------
    areas
        The table of :func:`ec_maps.load_areas` for ``"lad"`` or ``"msoa"``, of any measure, or what
        :func:`ec_maps.bivariate_table` or :func:`ec_maps.measures_table` returns. If it lacks exposure or bias, they
        are loaded. For a map of a place, rows of it are enough; thirds are still those of all areas.
    place
        The place to draw by neighbourhood, as for :func:`ec_maps.local_map`: a district, several in a list, or a county
        or combined authority. If None, all areas of the table are drawn.
    context
        Land outside the table to draw in grey; if not given, that of the installed boundaries (Scotland).
    key
        Whether the key to the numbers is drawn, as for :func:`ec_maps.local_map`.

    Returns
    -------
    map
        The map; its ``areas`` are the rows drawn, with ``exposure_third`` and ``bias_third``, from 1, the lowest, to 3,
        the ``kind`` of place, missing where an area lacks either value, and ``near_cut``: see
        :func:`ec_maps.bivariate_table`.

    Raises
    ------
    PlaceError
        As :func:`ec_maps.local_map`.
    SettingError
        If it is no such table; if it is a part and no place is given; or if a place is given with a table of districts.
    DataError, BoundaryError, FetchError
        As :func:`ec_maps.bivariate_table`.

    Examples
    --------
    >>> import ec_maps
    >>> picture = ec_maps.bivariate_map(ec_maps.load_areas("lad"))
    >>> int(picture.areas["exposure_third"].max()), int(picture.areas["bias_third"].max())
    (3, 3)

    A place by neighbourhood:

    >>> picture = ec_maps.bivariate_map(ec_maps.load_areas("msoa"), "Norwich")
    >>> len(picture.areas), int(picture.areas["near_cut"].sum())
    (14, 3)
    """
    table, about = _checked(areas)
    if place is not None and about.level != "msoa":
        msg = (
            'A place is drawn by neighbourhood, and the table is of local authorities: give load_areas("msoa"), or '
            "leave the place out for a map of all local authorities."
        )
        raise SettingError(msg)
    if place is None and len(table) != about.areas:
        msg = (
            f"Without a place the map shows all areas, and the table has {len(table):,} of the {about.areas:,} "
            f'{level_of(table).areas}. Give the whole table of load_areas("{about.level}")'
            f"{', or a place' if about.level == 'msoa' else ''}."
        )
        raise SettingError(msg)
    whole = bivariate_table(table)
    return _national(whole, about, context) if place is None else _local(whole, about, place, context, key=key)


def _checked(areas: Any) -> tuple[gpd.GeoDataFrame, About]:
    """Return a table ready to be drawn, and what it is about."""
    if not isinstance(areas, pd.DataFrame):
        return checked(areas, "lad")
    level, measure = level_of(areas).key, None
    if COLUMN not in areas and {*DRIVERS, f"{DRIVERS[0]}_decile"} <= set(areas.columns):
        # A table of several measures does not say which it is about.
        areas, measure = areas.assign(decile=areas[f"{DRIVERS[0]}_decile"]), DRIVERS[0]
    return checked(areas, level, measure=measure)  # type: ignore[arg-type]


def _national(areas: gpd.GeoDataFrame, about: About, context: gpd.GeoDataFrame | None) -> Map:
    """Draw all areas, with London enlarged in an inset."""
    level, where = level_of(areas), wording.universe(areas)
    words = Words(f"Exposure and bias across {where}", f"By {level.area}: {_SUBTITLE}", wording.sources())
    extent = view(areas.total_bounds, tallest=_TALLEST)
    at = _scene(extent, words, Square(areas, f"outside {where}"), context_of(context, about))
    layout = at.layout
    drawn, around = to_scale(areas, at.around, extent)
    layers.draw_neighbours(layout.ax, around.geometry.to_numpy(), edge=0.3)
    paint = partial(draw_classes, thin=1.0 if level.key == "lad" else 0.4)
    paint(layout.ax, drawn, edge=layers.BORDER_WIDTHS["national"])
    regions = unions(drawn.geometry, drawn["rgn21nm"])
    for shape in regions.values():
        layers.draw_outline(layout.ax, shape, width=0.7)
    # An inset on the grey land would look like a part of it.
    land = union(np.array([*regions.values(), *around.geometry], dtype=object))
    inset = draw_inset(layout, areas[areas["rgn21nm"] == "London"], land, paint)

    def name(layout: Layout) -> None:
        placer = Placer(layout.frame)
        if inset:
            placer.taken.append(name_inset(layout, inset))
        if not layout.is_narrow:
            name_regions(layout, placer, drawn, regions)

    name(layout)
    return Map(layout.figure, areas, alt_text(areas), caption(areas), draw_narrow=at.narrow(name))


def _local(whole: gpd.GeoDataFrame, about: About, place: Any, context: gpd.GeoDataFrame | None, *, key: bool) -> Map:
    """Draw the neighbourhoods of a place, with the surroundings in grey."""
    shown = neighbourhoods_of(whole, about, place, context)
    areas, selection = shown.areas, shown.selection
    areas.attrs = whole.attrs
    part = len(shown.lacking) > 0
    words = Words(
        f"Exposure and bias in {'a part of ' if part else ''}{selection.heading}",
        f"By neighbourhood (MSOA), in thirds of all neighbourhoods: {_SUBTITLE}",
        wording.sources(names="msoa21hclnm" in areas),
        key_to_numbers(areas, shown.numbers, wanted=key),
    )
    at = _scene(shown.extent, words, Square(areas, shown.grey, selection.inside), shown.around, part=part)
    name = draw_neighbourhoods(at, shown, draw_classes, colours_of)
    return Map(
        at.layout.figure, areas, alt_text(areas, selection), caption(areas, selection), draw_narrow=at.narrow(name)
    )


def _scene(extent: Extent, words: Words, key: Square, around: gpd.GeoDataFrame, *, part: bool = False) -> Scene:
    """Return what the map is drawn on, without tiles; `part` is whether areas are grey because the table lacks them."""
    seen = in_view(around, extent, None)
    key = replace(key, shows_around=part or len(seen) > 0)

    def draw(*, narrow: bool = False) -> Layout:
        width = NARROW if narrow else WIDTH
        return new_layout(extent, words, replace(key, width=width), demo=settings.is_demo(), size=(width, None))

    return Scene(draw(), partial(narrow_of, draw), extent, seen, None)


def draw_classes(ax: Axes, areas: gpd.GeoDataFrame, *, edge: float, thin: float = 1.0) -> None:
    """Draw areas in the colours of their classes, those without one hatched, with edges `edge` × `thin` points wide."""
    faces, numbers = colours_of(areas), class_numbers(areas)
    # The lightest last: their dark edges separate them from the sea and from one another.
    order = np.argsort([palette.lightness(face) if face else 0.0 for face in faces], kind="stable")
    codes, said = areas[level_of(areas).code].tolist(), descriptions(areas)
    texts = [f"{codes[at]}|{numbers[at] or ''}|{said[at]}" for at in order]
    shapes = areas.geometry.to_numpy()[order]
    layers.draw_coloured(ax, shapes, [faces[at] for at in order], texts, edge=edge * thin, edges=("#e8e2ea", "#4d4757"))
