"""What stands apart on a map: London enlarged in whatever part of it is empty, Shetland in a frame."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import shapely
from matplotlib.patches import Rectangle

from ec_maps.boundaries.geometry import union
from ec_maps.graphics import layers, palette
from ec_maps.graphics.annotation import in_inches
from ec_maps.graphics.label_space import Box, Ground
from ec_maps.graphics.layout import LEGEND, TALLEST, Layout, view
from ec_maps.graphics.text_metrics import text_size

if TYPE_CHECKING:
    import geopandas as gpd


def draw_inset(
    layout: Layout,
    london: gpd.GeoDataFrame,
    land: shapely.Geometry,
    paint: Callable[..., None] = layers.draw_deciles,
    *,
    on_tiles: bool = False,
) -> Box | None:
    """Draw London enlarged in the largest empty part of the map, and a frame round it in its place; return the box.

    `london` has its districts, in full detail; without any, nothing is drawn. `paint` draws them on axes.
    What is drawn `on_tiles` gets a white ground of its own, as nobody knows what colour theirs is there.
    """
    if london.empty:
        return None
    whole = union(london.geometry.to_numpy())
    left, bottom, right, top = shapely.bounds(whole)
    room = 0.04 * (right - left)
    left, bottom, right, top = left - room, bottom - room, right + room, top + room
    head = 0.2
    box = Ground(layout.frame, in_inches(layout, land)).empty_rectangle((right - left) / (top - bottom), 0.12)
    if box is None:
        return None
    width, height = layout.figure.get_size_inches()
    position = layout.ax.get_position()
    shrunk = Box(box.left + 0.05, box.bottom + 0.05, box.right - 0.05, box.top - head)
    across = min(shrunk.right - shrunk.left, (shrunk.top - shrunk.bottom) * (right - left) / (top - bottom))
    tall = across * (top - bottom) / (right - left)
    x, y = shrunk.right - across, shrunk.bottom
    inset = layout.figure.add_axes(
        (position.x0 + x / width, position.y0 + y / height, across / width, tall / height), label="London"
    )
    inset.set(xlim=(left, right), ylim=(bottom, top), xticks=[], yticks=[], facecolor=palette.NEIGHBOUR)
    inset.spines[:].set(color=palette.INK, linewidth=0.8)
    paint(inset, london, edge=layers.EDGES["regional"])
    layers.draw_outline(inset, whole, width=0.9)
    times = layout.scale / ((right - left) / across)
    words = f"London, {times:.1f} times larger"
    # Of a small inset the words are the wider: they stay on the map.
    at = min(x, layout.frame.right - text_size(words, LEGEND, "bold")[0] - 0.08)
    layout.ax.text(
        *layout.to_metres(at, y + tall + 0.04), words, size=LEGEND, weight="bold", va="bottom",
        color=palette.INK, zorder=6,
        bbox={"boxstyle": "square,pad=0.2", "facecolor": "#ffffff", "edgecolor": "none"} if on_tiles else None,
    )  # fmt: skip
    corners = [(left, bottom), (right, bottom), (right, top), (left, top), (left, bottom)]
    layout.ax.plot(*np.array(corners).T, color=palette.INK, linewidth=0.9, zorder=4)
    return box


def draw_frame(layout: Layout, frame: shapely.Polygon, name: str) -> Box:
    """Draw a frame (in metres of the map) round what was moved into it, its name at the top; return the name's box.

    It has a ground of its own, the sea's, which hides tiles beneath.
    """
    left, bottom, right, top = frame.bounds
    layout.ax.add_patch(
        Rectangle(
            (left, bottom),
            right - left,
            top - bottom,
            facecolor=palette.SEA,
            edgecolor=palette.INK,
            linewidth=0.8,
            zorder=1.5,
        )
    )
    width, height = text_size(name, LEGEND, "bold")
    x, y = (float(inches) for inches in layout.to_inches(np.array([left, top])))
    x, y = x + 0.05, y - 0.05
    layout.ax.text(*layout.to_metres(x, y), name, size=LEGEND, weight="bold", va="top", color=palette.INK, zorder=6)
    return Box(x, y - height, x + width, y)


# --- Shetland, brought nearer: where it lies, it makes the rest of a map an eighth smaller ----------


_SHETLAND = "Shetland Islands"

#: Of Shetland's frame: what is free round the islands, of their width; the room for its word at the top, of the map's
#: width; and what is free round the frame, of the map's width.
_ROOM, _HEAD, _GAP = 0.14, 0.032, 0.015

#: The frame is tried at so many heights along each side of the map.
_TRIES = 40


@dataclass(frozen=True)
class Nearer:
    """Areas as they are drawn.

    Attributes
    ----------
    areas
        The areas, Shetland in its frame.
    extent
        What the map shows: left, bottom, right and top, in metres (EPSG:27700).
    frame
        The frame round Shetland, or None if it is not on the map or lies where it lies.
    """

    areas: gpd.GeoDataFrame
    extent: tuple[float, float, float, float]
    frame: shapely.Polygon | None = None

    @property
    def words(self) -> str:
        """What a reader has to know of it, in a sentence; empty where nothing was moved."""
        return "Shetland lies further north; it stands in a frame, at the map’s scale." if self.frame else ""


def brought_near(areas: gpd.GeoDataFrame, land: gpd.GeoSeries, *, tallest: float = TALLEST) -> Nearer:
    """Move Shetland into an empty part of the map, unscaled, so that the rest is not drawn small because of it.

    Parameters
    ----------
    areas
        The rows to draw, EPSG:27700; a table without Shetland, or of Shetland alone, stays as it is.
    land
        All land that the map may show, Shetland itself or not: the frame lies on none of it.
    tallest
        How tall the map may be for its width.
    """
    there = (areas["lad21nm"] == _SHETLAND).to_numpy()
    if not there.any() or there.all():
        return Nearer(areas, view(_bounds(areas), tallest=tallest))
    extent = view(_bounds(areas[~there]), tallest=tallest)
    left, bottom, right, top = _bounds(areas[there])
    wide, gap = extent[2] - extent[0], _GAP * (extent[2] - extent[0])
    room, head = _ROOM * (right - left), _HEAD * wide
    width, height = right - left + 2 * room, top - bottom + 2 * room + head
    others = land[~land.geom_equals(areas.geometry[there].iloc[0])]
    tree = shapely.STRtree(others.to_numpy())
    for x in (extent[2] - gap - width, extent[0] + gap):
        for y in np.linspace(extent[3] - gap - height, extent[1] + gap, _TRIES):
            frame = shapely.box(x, y, x + width, y + height)
            if not len(tree.query(frame.buffer(gap), predicate="intersects")):
                shapes = areas.geometry.to_numpy().copy()
                by = np.array([x + room - left, y + room - bottom])
                shapes[there] = shapely.transform(shapes[there], lambda points, by=by: points + by)
                return Nearer(areas.set_geometry(shapes, crs=areas.crs), extent, frame)
    return Nearer(areas, view(_bounds(areas), tallest=tallest))


def _bounds(areas: gpd.GeoDataFrame) -> tuple[float, float, float, float]:
    left, bottom, right, top = (float(edge) for edge in areas.total_bounds)
    return left, bottom, right, top
