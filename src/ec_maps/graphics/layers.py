"""Areas as matplotlib collections: filled in their class's exact colour, hatched where no estimate is published."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely
from matplotlib.collections import PathCollection
from matplotlib.path import Path as Outline

from ec_maps.about import About
from ec_maps.geography.levels import level_named
from ec_maps.graphics import palette

if TYPE_CHECKING:
    import geopandas as gpd
    from matplotlib.axes import Axes

#: The width of areas' edges on each kind of map, in points.
BORDER_WIDTHS = {"national": 0.25, "regional": 0.5, "local": 0.6}

#: Ids of the artists that are interactive or special in SVG: collections of areas, a swatch of the legend (followed by
#: its class), and text with a white casing (followed by its width in points).
AREAS, SWATCH, CASED = "ec-areas", "ec-swatch-", "ec-cased-"

#: Ids of axes, or of some of what is in them, that a narrow figure shows too, in axes of the same id; and of the lines
#: of labels in them, which it has of its own, as all text.
BODY, LABEL = "ec-body-", "ec-label"

#: A map of more areas than this gives less about each, to keep its SVG small.
_MANY = 1000

HATCHING = "//////"
_HATCH_WIDTH = 0.7

#: Areas at least this light have a dark edge, others a light one, so that every edge is visible.
_LIGHT = 60.0
_LIGHT_EDGE = "#cfd6f5"
_DARK_EDGE = "#4a4f73"


def outlines(shapes: np.ndarray) -> list[Outline]:
    """Return one compound path for each Polygon or MultiPolygon, holes included, in the shapes' coordinates."""
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
    """Draw shapes with one style or a list of styles, and return the collection; None if there are no shapes."""
    if not len(shapes):
        return None
    drawn = PathCollection(outlines(shapes), offset_transform=None, **style)
    drawn.set_transform(ax.transData)
    ax.add_collection(drawn, autolim=False)
    return drawn


def name_shapes(drawn: PathCollection | None, texts: list[str], moving: str = "") -> None:
    """Attach a text to each of a collection's shapes, as "code|class|description", for interactive SVG.

    `moving` is the id of what they move with in a narrow figure, if that is not their axes'.
    A PNG does not change: the texts are the shapes' links, the one text for each shape that matplotlib writes into SVG.
    """
    if drawn is not None and texts:
        # Some versions of matplotlib write no link for a single shape, so its id carries the text.
        drawn.set_gid(f"{AREAS}{moving}" if len(texts) > 1 else f"{AREAS}{moving}|{texts[0]}")
        drawn.set_urls(texts)


def descriptions(areas: pd.DataFrame) -> list[str]:
    """Return the texts of :func:`name_shapes` for rows of a table; none if it lacks codes, names or values."""
    level, about = level_named("msoa" if "msoa21cd" in areas else "lad"), About.of(areas)
    measure, classes = about.what, about.classes
    if not {level.code, level.name, measure.key, classes.column} <= set(areas.columns):
        return []
    names = areas[level.name].astype(str)
    if level.key == "msoa" and "msoa21hclnm" in areas:
        names = names.where(areas["msoa21hclnm"].isna(), names + " (" + areas["msoa21hclnm"].astype(str) + ")")
    # By how many deciles a value may move says nothing of other classes.
    brief = areas[classes.column].count() > _MANY or classes.column != "decile"
    low, high, users = (
        [pd.NA] * len(areas) if brief or name not in areas else areas[name]
        for name in ("decile_low", "decile_high", "num_users")
    )
    texts = []
    for code, name, value, number, first, last, people in zip(
        areas[level.code], names, areas[measure.key], areas[classes.column], low, high, users, strict=True
    ):
        if pd.isna(number):
            texts.append(f"{code}||{name}: no {measure.estimate}")
            continue
        text = f"{code}|{number}|{name}: {measure.format(value)}, {classes.numbered(number)}"
        if not pd.isna(first) and int(first) != int(last):
            text += f" (could be {first} to {last})"
        texts.append(text if pd.isna(people) else f"{text}; {people:,} users")
    return texts


def draw_deciles(
    ax: Axes, areas: gpd.GeoDataFrame, *, edge: float, zorder: float = 2, colours: Sequence[str] | None = None
) -> None:
    """Draw areas in the colours of their deciles or other classes, those without any hatched, with edges in points.

    `colours` are those of the classes, if they are not ours.
    """
    if areas.empty:
        return  # no row says what the classes are
    # The lightest last: their dark edges separate them from the sea and from one another.
    column = About.of(areas).classes.column
    rows = areas.iloc[np.argsort(areas[column].fillna(0).to_numpy(dtype=int), kind="stable")]
    shapes, faces = rows.geometry.to_numpy(), palette.colours_of(rows, colours)
    draw_coloured(ax, shapes, faces, descriptions(rows), edge=edge, zorder=zorder)


def draw_coloured(
    ax: Axes,
    shapes: np.ndarray,
    faces: list[str | None],
    texts: list[str],
    *,
    edge: float,
    edges: tuple[str, str] = (_LIGHT_EDGE, _DARK_EDGE),
    zorder: float = 2,
) -> None:
    """Draw shapes in the order given, each in its colour or, without one, hatched.

    `texts` are those of :func:`name_shapes`, `edge` is the width of the edges in points, and `edges` their colours
    around dark and around light shapes.
    """
    there = np.array([face is not None for face in faces], dtype=bool)
    named = np.array(texts or [""] * len(shapes), dtype=object)
    hatched = draw_missing(ax, shapes[~there], edge=edge, zorder=zorder - 0.1)
    colours = [face for face in faces if face is not None]
    drawn = fill(
        ax,
        shapes[there],
        facecolors=colours,
        edgecolors=[edges[palette.lightness(colour) >= _LIGHT] for colour in colours],
        linewidths=edge,
        joinstyle="round",
        zorder=zorder,
    )
    if texts:
        name_shapes(hatched, list(named[~there]))
        name_shapes(drawn, list(named[there]))


def draw_missing(ax: Axes, shapes: np.ndarray, *, edge: float, zorder: float) -> PathCollection | None:
    """Draw shapes hatched, as areas without a published estimate; None if there are no shapes."""
    hatched = fill(
        ax,
        shapes,
        facecolors=palette.MISSING,
        edgecolors=palette.HATCH,
        linewidths=edge,
        hatch=HATCHING,
        joinstyle="round",
        zorder=zorder,
    )
    if hatched is not None:
        hatched.set_hatch_linewidth(_HATCH_WIDTH)
    return hatched


def draw_neighbours(ax: Axes, shapes: np.ndarray, *, edge: float) -> None:
    """Draw neighbouring land in pale grey; without an edge width, grey edges close the seams between areas."""
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
    """Draw a shape's outline; `cased` puts a white line beneath, so that it is visible on dark and on light colours."""
    shapes = np.array([shape], dtype=object)
    if cased:
        fill(ax, shapes, facecolors="none", edgecolors="#ffffff", linewidths=width + 1.8, joinstyle="round", zorder=3)
    fill(ax, shapes, facecolors="none", edgecolors=colour, linewidths=width, joinstyle="round", zorder=zorder)


def draw_picture(ax: Axes, pixels: np.ndarray, *, zorder: float) -> None:
    """Draw an image (rows, columns, four channels; the top row first) over the whole view; its limits do not change."""
    left, right = ax.get_xlim()
    bottom, top = ax.get_ylim()
    # The image has the map's own pixels, so it is not smoothed.
    ax.imshow(pixels, extent=(left, right, bottom, top), interpolation="nearest", aspect="auto", zorder=zorder)
    ax.set(xlim=(left, right), ylim=(bottom, top))
