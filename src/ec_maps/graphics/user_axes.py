"""A map in axes of the caller's: its room within them, its stamp, its legend, and nothing beyond them."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from matplotlib.axes import Axes
from matplotlib.collections import PathCollection
from matplotlib.patches import Rectangle

from ec_maps.errors import SettingError
from ec_maps.graphics import palette
from ec_maps.graphics.labels import Box
from ec_maps.graphics.layout import DEMO_WORDS, STAMP, Layout, stamp_size, write
from ec_maps.graphics.legend import Key

if TYPE_CHECKING:
    from matplotlib.artist import Artist

#: The least room for a map, in inches each way.
LEAST = 1.0

#: The height of the stamp's band, in inches for each point of its words.
_BAND = STAMP / 11


def checked_axes(ax: object) -> Axes:
    """Return axes that a map can be drawn into; `SettingError` for others."""
    if not isinstance(ax, Axes):
        several = hasattr(ax, "__len__") and not isinstance(ax, str)
        kind = "several axes; give one of them, such as ax=axes[0]" if several else f"a {type(ax).__name__}"
        msg = f"ax= takes axes of matplotlib, as plt.subplots returns them, and is {kind}."
        raise SettingError(msg)
    if ax.get_figure() is None:
        msg = "The axes of ax= belong to no figure; they have been removed from theirs."
        raise SettingError(msg)
    if ax.name != "rectilinear":
        msg = f"The axes of ax= are {ax.name}; a map takes plain ones, in the metres of EPSG:27700."
        raise SettingError(msg)
    if any(len(shared.get_siblings(ax)) > 1 for shared in (ax.get_shared_x_axes(), ax.get_shared_y_axes())):
        msg = (
            "The axes of ax= share their limits with others, which the map would change; plt.subplots(sharex=False, "
            "sharey=False) makes axes that do not."
        )
        raise SettingError(msg)
    return ax


def room_in(ax: Axes, key: Key | None, *, demo: bool) -> tuple[float, float, Box]:
    """Return the width and height of axes in inches, and the box in them for the map.

    Above it is room for the stamp of demonstration data, beneath it for the legend, if they are wanted. `SettingError`
    if there is too little left.
    """
    figure = ax.get_figure(root=True)
    assert figure is not None
    engine = figure.get_layout_engine()
    if engine is not None:
        engine.execute(figure)
    locator: Any = ax.get_axes_locator()
    ax.apply_aspect(locator(ax, None) if locator else None)
    width, height = ax.bbox.width / figure.dpi, ax.bbox.height / figure.dpi
    top = height - (stamp_size(width) * _BAND if demo else 0.0)
    bottom = dataclasses.replace(key, width=width).height if key else 0.0
    if width < LEAST or top - bottom < LEAST:
        what = [words for words, there in (("the stamp of demonstration data", demo), ("the legend", key)) if there]
        beside = f" beside {' and '.join(what)}" if what else ""
        msg = (
            f"The axes of ax= are {width:.1f} by {height:.1f} inches; a map needs {LEAST:g} inch each way{beside}. A "
            f"larger figure gives them more: plt.subplots(figsize=(8, 8))."
        )
        raise SettingError(msg)
    return width, height, Box(0.0, bottom, width, top)


def layout_in(ax: Axes, extent: tuple[float, float, float, float], key: Key | None, *, demo: bool) -> Layout:
    """Return the layout of a map of an extent that fills the axes: with stamp and legend, ready for the map."""
    width, height, room = room_in(ax, key, demo=demo)
    figure = ax.get_figure(root=True)
    assert figure is not None
    left, bottom, right, top = extent
    ax.set(xlim=(left, right), ylim=(bottom, top), xticks=[], yticks=[], facecolor=palette.SEA)
    ax.set_aspect("equal", adjustable="box")
    ax.spines[:].set(color="#8d8779", linewidth=0.6)
    if demo:
        size = stamp_size(width)
        above = Rectangle(
            (0, room.top / height), 1, 1 - room.top / height, facecolor="#ffd23f", edgecolor="none", zorder=8,
            transform=ax.transAxes,
        )  # fmt: skip
        ax.add_artist(above)
        write(
            ax, 0.5, (1 + room.top / height) / 2, DEMO_WORDS, size=size, weight="bold", ha="center", va="center",
            zorder=9, transform=ax.transAxes,
        )  # fmt: skip
    if key:
        beneath = ax.inset_axes((0, 0, 1, room.bottom / height), zorder=8)
        beneath.set(xlim=(0, width), ylim=(0, room.bottom), xticks=[], yticks=[], facecolor=palette.PAGE)
        beneath.spines[:].set(color="#8d8779", linewidth=0.6)
        dataclasses.replace(key, width=width).draw(beneath, room.bottom - 0.1)
    return Layout(figure, ax, (right - left) / width, room=room)


def without_marks(ax: Axes) -> None:
    """Remove from axes the ids and links that only our own SVG reads; elsewhere they would be broken links."""

    def ours(artist: Artist) -> bool:
        return (artist.get_gid() or "").startswith("ec-")

    for artist in ax.findobj(ours):
        artist.set_gid(None)
        if isinstance(artist, PathCollection):
            artist.set_urls([None])
