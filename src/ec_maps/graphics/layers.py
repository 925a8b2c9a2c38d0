"""Areas as matplotlib collections: fills exactly in the decile's colour, hatching where there is no value."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely
from matplotlib.collections import PathCollection
from matplotlib.path import Path as Outline

from ec_maps.areas.deciles import GROUPS
from ec_maps.errors import SettingError, listed
from ec_maps.geography.levels import LevelName, level_named
from ec_maps.graphics import palette
from ec_maps.measures import Measure, measure_of

if TYPE_CHECKING:
    import geopandas as gpd
    from matplotlib.axes import Axes

#: The width of areas' edges on each kind of map, in points.
EDGES = {"national": 0.25, "regional": 0.5, "local": 0.6}

#: What the artists are called by whose parts can be questioned once the figure is SVG: collections of areas, a swatch
#: of the legend (its tenth follows), and words with a white casing (its width in points follows).
AREAS, SWATCH, CASED = "ec-areas", "ec-swatch-", "ec-cased-"

#: Of more areas than this, less is told of each: the hexagons of the country would make a file too large to send.
_MANY = 1000

HATCH = "//////"
_HATCH_WIDTH = 0.7

#: From this lightness on, an area is edged dark, below it light: each class has an edge that is seen.
_LIGHT = 60.0
_LIGHT_EDGE = "#cfd6f5"
_DARK_EDGE = "#4a4f73"


def outlines(shapes: np.ndarray) -> list[Outline]:
    """Return one compound path for each Polygon or MultiPolygon, holes included; coordinates as in the shapes."""
    if not len(shapes):
        return []
    multi = np.array(
        [s if isinstance(s, shapely.MultiPolygon) else shapely.MultiPolygon([s]) for s in shapes], dtype=object
    )
    _, points, (ring_at, polygon_at, shape_at) = shapely.to_ragged_array(multi, include_z=False)
    codes = np.full(len(points), Outline.LINETO, dtype=Outline.code_type)
    codes[ring_at[:-1]] = Outline.MOVETO
    codes[ring_at[1:] - 1] = Outline.CLOSEPOLY
    at = ring_at[polygon_at[shape_at]]
    return [Outline(points[a:b], codes[a:b]) for a, b in pairwise(at)]


def fill(ax: Axes, shapes: np.ndarray, **style: Any) -> PathCollection | None:
    """Draw shapes with one style or a list of styles, without touching the view; None if there are no shapes."""
    if not len(shapes):
        return None
    drawn = PathCollection(outlines(shapes), offset_transform=None, **style)
    drawn.set_transform(ax.transData)
    ax.add_collection(drawn, autolim=False)
    return drawn


def name_areas_in(drawn: PathCollection | None, areas: pd.DataFrame) -> None:
    """Give a collection's shapes (or the places where it repeats one) the names and values of their areas.

    In a picture nothing changes; in SVG each shape is then one that can be questioned. matplotlib carries one text for
    each shape into SVG, its link, and so ours are written there: code, tenth and words.

    Parameters
    ----------
    drawn
        The collection, that of ``ax.scatter`` too; with None nothing is done.
    areas
        A row for each shape in the order drawn, as of :func:`ec_maps.load_areas`. Those without codes, names or values
        stay a picture.
    """
    level = level_named("msoa" if "msoa21cd" in areas else "lad")
    measure = measure_of(areas)
    if drawn is None or not {level.code, level.name, measure.key, "decile"} <= set(areas.columns):
        return
    names = areas[level.name].astype(str)
    if level.key == "msoa" and "msoa21hclnm" in areas:
        names = names.where(areas["msoa21hclnm"].isna(), names + " (" + areas["msoa21hclnm"].astype(str) + ")")
    told, more = [], _more_words(areas, level.code)
    for code, name, value, decile in zip(areas[level.code], names, areas[measure.key], areas["decile"], strict=True):
        if pd.isna(decile):
            told.append(f"{code}||{name}: no published estimate")
        else:
            told.append(
                f"{code}|{decile}|{name}: {measure.format(value)}, decile {decile} of {GROUPS}{more.get(code, '')}"
            )
    # Of a single shape matplotlib may write the link or not, by its version: its name carries it then.
    drawn.set_gid(AREAS if len(told) > 1 else f"{AREAS}|{told[0]}")
    drawn.set_urls(told)


def _more_words(areas: pd.DataFrame, code: str) -> dict[str, str]:
    """Return by code what else is told of an area: the tenths that it is near to, and how many users it is about."""
    steady = {"decile_low", "decile_high"} <= set(areas.columns)
    words = dict.fromkeys(areas[code], "")
    if steady and len(areas) <= _MANY:
        there = areas[areas["decile"].notna()]
        for key, low, high in zip(there[code], there["decile_low"], there["decile_high"], strict=True):
            words[key] += f" (could be {low} to {high})" if int(low) != int(high) else ""
    if "num_users" in areas and len(areas) <= _MANY:
        for key, users in zip(areas[code], areas["num_users"], strict=True):
            words[key] += "" if pd.isna(users) else f"; {users:,} users"
    return words


def draw_deciles(ax: Axes, areas: gpd.GeoDataFrame, *, edge: float, zorder: float = 2) -> None:
    """Draw areas in their deciles' colours, those without a value hatched.

    Parameters
    ----------
    ax
        The map's axes.
    areas
        Rows with ``decile`` and geometry.
    edge
        The width of the areas' edges, in points.
    zorder
        Where to draw them among what else is on the map.
    """
    colours = palette.colours(measure_of(areas))
    there = areas["decile"].notna().to_numpy()
    deciles = areas["decile"][there].astype(int).to_numpy()
    shapes = areas.geometry.to_numpy()
    # The lightest last: their dark edges are what parts them from the sea and from one another.
    order = np.argsort(deciles, kind="stable")
    faces = [colours[decile - 1] for decile in deciles[order]]
    edges = [_DARK_EDGE if palette.lightness(face) >= _LIGHT else _LIGHT_EDGE for face in faces]
    name_areas_in(draw_missing(ax, shapes[~there], edge=edge, zorder=zorder - 0.1), areas[~there])
    drawn = fill(
        ax,
        shapes[there][order],
        facecolors=faces,
        edgecolors=edges,
        linewidths=edge,
        joinstyle="round",
        zorder=zorder,
    )
    name_areas_in(drawn, areas[there].iloc[order])


def draw_missing(ax: Axes, shapes: np.ndarray, *, edge: float, zorder: float) -> PathCollection | None:
    """Draw shapes hatched, as areas without a value; None if there are no shapes."""
    hatched = fill(
        ax,
        shapes,
        facecolors=palette.MISSING,
        edgecolors=palette.HATCH,
        linewidths=edge,
        hatch=HATCH,
        joinstyle="round",
        zorder=zorder,
    )
    if hatched is not None:
        hatched.set_hatch_linewidth(_HATCH_WIDTH)
    return hatched


def draw_neighbours(ax: Axes, shapes: np.ndarray, *, edge: float) -> None:
    """Draw the land around in pale grey; with no edge width, edges in the same grey close the seams between areas."""
    colour = "#ffffff" if edge else palette.NEIGHBOUR
    fill(
        ax, shapes, facecolors=palette.NEIGHBOUR, edgecolors=colour, linewidths=edge or 0.4, joinstyle="round", zorder=1
    )


def draw_outline(
    ax: Axes,
    shape: shapely.Geometry,
    *,
    width: float,
    cased: bool = False,
    colour: str = palette.INK,
    zorder: float = 3.1,
) -> None:
    """Draw a shape's outline; `cased` puts a white line beneath, so that it shows on dark and on light."""
    shapes = np.array([shape], dtype=object)
    if cased:
        fill(ax, shapes, facecolors="none", edgecolors="#ffffff", linewidths=width + 1.8, joinstyle="round", zorder=3)
    fill(ax, shapes, facecolors="none", edgecolors=colour, linewidths=width, joinstyle="round", zorder=zorder)


def draw_picture(ax: Axes, pixels: np.ndarray, *, zorder: float) -> None:
    """Draw a picture (rows, columns, four channels; the top row first) over the whole view, without touching it."""
    left, right = ax.get_xlim()
    bottom, top = ax.get_ylim()
    # Its pixels are the map's own: no need to smooth them.
    ax.imshow(pixels, extent=(left, right, bottom, top), interpolation="nearest", aspect="auto", zorder=zorder)
    ax.set(xlim=(left, right), ylim=(bottom, top))


# --- whether a table can be drawn -------------------------------------------------------------------


def drawable(areas: gpd.GeoDataFrame, level: LevelName) -> tuple[gpd.GeoDataFrame, Measure]:
    """Return the table on the British National Grid, and its measure; `SettingError` if it is not of `load_areas`."""
    measure = measure_of(areas)
    needed = {level_named(level).code, level_named(level).name, "lad21cd", "lad21nm", "rgn21nm", measure.key, "decile"}
    if lost := sorted(needed - set(areas.columns)):
        msg = f'This is not a table of load_areas("{level}"): it lacks the columns {listed(lost)}.'
        raise SettingError(msg)
    return areas if areas.crs == "EPSG:27700" else areas.to_crs("EPSG:27700"), measure
