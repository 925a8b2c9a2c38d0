"""Insets: London enlarged in an empty part of the map, and Shetland moved nearer in a frame."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import geopandas as gpd
import numpy as np
import shapely
from matplotlib.patches import Rectangle

from ec_maps.boundaries.geometry import union
from ec_maps.graphics import layers, palette
from ec_maps.graphics.annotation import in_inches
from ec_maps.graphics.labels import Box, Ground
from ec_maps.graphics.layout import LEAST, LEGEND, TALLEST, Layout, view
from ec_maps.graphics.text_metrics import text_size

if TYPE_CHECKING:
    import geopandas as gpd


class Inset(NamedTuple):
    """London enlarged so many times; the corners of the room that this takes and its upper left one, in metres."""

    box: np.ndarray
    corner: np.ndarray
    times: float


def draw_inset(
    layout: Layout,
    london: gpd.GeoDataFrame,
    land_metres: shapely.Geometry,
    paint: Callable[..., None] = layers.draw_deciles,
) -> Inset | None:
    """Draw London enlarged in the largest empty part of the map, and a frame around its true place.

    `london` has its districts in full detail; without any, nothing is drawn and None is returned. The inset leaves the
    land, in metres (EPSG:27700), uncovered. `paint` draws the districts on axes.
    """
    if london.empty:
        return None
    whole = union(london.geometry.to_numpy())
    left, bottom, right, top = shapely.bounds(whole)
    room = 0.04 * (right - left)
    left, bottom, right, top = left - room, bottom - room, right + room, top + room
    head = 0.2
    box = Ground(layout.frame, in_inches(layout, land_metres)).empty_rectangle((right - left) / (top - bottom), 0.12)
    if box is None:
        return None
    shrunk = Box(box.left + 0.05, box.bottom + 0.05, box.right - 0.05, box.top - head)
    across = min(shrunk.right - shrunk.left, (shrunk.top - shrunk.bottom) * (right - left) / (top - bottom))
    tall = across * (top - bottom) / (right - left)
    x, y = shrunk.right - across, shrunk.bottom
    inset = layout.inset(Box(x, y, x + across, y + tall), "London")
    inset.set(xlim=(left, right), ylim=(bottom, top), xticks=[], yticks=[], facecolor=palette.NEIGHBOUR)
    inset.spines[:].set(color=palette.INK, linewidth=0.8)
    paint(inset, london, edge=layers.BORDER_WIDTHS["regional"])
    layers.draw_outline(inset, whole, width=0.9)
    times = layout.scale / ((right - left) / across)
    corners = [(left, bottom), (right, bottom), (right, top), (left, top), (left, bottom)]
    layout.ax.plot(*np.array(corners).T, color=palette.INK, linewidth=0.9, zorder=4)
    ends = [layout.to_metres(*corner) for corner in ((box.left, box.bottom), (box.right, box.top))]
    return Inset(np.array(ends), np.array(layout.to_metres(x, y + tall)), times)


def name_inset(layout: Layout, inset: Inset, *, on_tiles: bool = False) -> Box:
    """Write the name of an inset above it, and return the box in inches that both take.

    With `on_tiles` the name has a white background, because tiles may have any colour.
    """
    size, name = LEGEND, f"London, {inset.times:.1f} times larger"
    if layout.is_narrow:
        size, name = LEAST, f"London ×{inset.times:.1f}"
    x, y = layout.to_inches(inset.corner)
    # The name may be wider than a small inset, and must stay on the map.
    x = min(float(x), layout.frame.right - text_size(name, size, "bold")[0] - 0.08)
    layout.ax.text(
        *layout.to_metres(x, float(y) + 0.04), name, size=size, weight="bold", va="bottom",
        color=palette.INK, zorder=6,
        bbox={"boxstyle": "square,pad=0.2", "facecolor": "#ffffff", "edgecolor": "none"} if on_tiles else None,
    )  # fmt: skip
    left, bottom, right, top = map(float, layout.to_inches(inset.box).ravel())
    return Box(left, bottom, right, top)


def draw_frame(layout: Layout, frame: shapely.Polygon, name: str) -> Box:
    """Draw a frame (metres, EPSG:27700) with its name at the top, and return the name's box.

    The frame is filled with the colour of the sea, which hides tiles beneath it.
    """
    left, bottom, right, top = frame.bounds
    style = {"facecolor": palette.SEA, "edgecolor": palette.INK, "linewidth": 0.8, "zorder": 1.5}
    if not layout.is_narrow:
        layout.ax.add_patch(Rectangle((left, bottom), right - left, top - bottom, **style))  # type: ignore[arg-type]
    size = LEAST if layout.is_narrow else LEGEND
    width, height = text_size(name, size, "bold")
    x, y = (float(inches) for inches in layout.to_inches(np.array([left, top])))
    x, y = x + 0.05, y - 0.05
    if layout.is_narrow:
        x = min(x, layout.frame.right - width - 0.02)
    at = layout.to_metres(x, y)
    # For phones a white casing, as the name may be wider than the frame.
    gid = f"{layers.CASED}1.8" if layout.is_narrow else None
    layout.ax.text(*at, name, size=size, weight="bold", va="top", color=palette.INK, zorder=6, gid=gid)
    return Box(x, y - height, x + width, y)


# --- Shetland, moved nearer: in its true place it would make the rest of the map an eighth smaller --


_SHETLAND = "Shetland Islands"

#: Shetland's frame: the space around the islands as a share of their width; the space for the name and the space
#: around the frame as shares of the map's width.
_ROOM, _HEAD, _GAP = 0.14, 0.032, 0.015

#: The number of heights at which the frame is tried on each side of the map.
_TRIES = 40


@dataclass(frozen=True)
class Nearer:
    """Areas as they are drawn, Shetland in its frame, with the extent of the map and the frame, in metres (EPSG:27700).

    There is no frame if Shetland is not on the map or was not moved.
    """

    areas: gpd.GeoDataFrame
    extent: tuple[float, float, float, float]
    frame: shapely.Polygon | None = None

    @property
    def words(self) -> str:
        """The note for readers, in a sentence; empty if nothing was moved."""
        return "Shetland lies further north; it is shown in a frame, at the map’s scale." if self.frame else ""


def brought_near(areas: gpd.GeoDataFrame, land: gpd.GeoSeries, *, tallest: float = TALLEST) -> Nearer:
    """Return the areas with Shetland moved, unscaled, into an empty part of the map, so that the rest is drawn larger.

    Its frame covers none of the land that the map may show, which may include Shetland. Areas without Shetland, or of
    Shetland alone, stay as they are. The map may be `tallest` times as tall as wide.
    """
    there = (areas["lad21nm"] == _SHETLAND).to_numpy()
    if not there.any() or there.all():
        return Nearer(areas, view(areas.total_bounds, tallest=tallest))
    extent = view(areas[~there].total_bounds, tallest=tallest)
    left, bottom, right, top = areas[there].total_bounds
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
    return Nearer(areas, view(areas.total_bounds, tallest=tallest))
