"""How a caller wants a map: its title, colours and size, or axes to draw it into."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from ec_maps import settings
from ec_maps.about import About
from ec_maps.areas import wording
from ec_maps.errors import SettingError, listed, told
from ec_maps.geography.levels import level_named
from ec_maps.geography.names import named
from ec_maps.graphics import palette as palettes
from ec_maps.graphics.figure import Map
from ec_maps.graphics.layout import MARGIN, NARROW, WIDTH, Extent, Layout, Words, around_map, new_layout
from ec_maps.graphics.legend import Key
from ec_maps.graphics.text_metrics import undrawable
from ec_maps.graphics.user_axes import checked_axes, layout_in, room_in, without_marks

if TYPE_CHECKING:
    import geopandas as gpd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: The least and greatest width of a figure, and the least height of its map, in inches.
_NARROWEST, _LARGEST, _LOWEST = 3.2, 24.0, 1.5

#: Room for the attribution of tiles, which is known only once they are there.
_CREDIT = 0.22


@dataclasses.dataclass(frozen=True)
class Options:
    """The options of a map, checked; `colours` are those of the classes, lowest first."""

    title: str | None = None
    subtitle: str | None = None
    colours: list[str] | None = None
    figsize: tuple[float, float] | None = None
    ax: Axes | None = None
    legend: bool = False

    def words(self, title: str, subtitle: str, sources: str = "", numbers: Sequence[str] = ()) -> Words:
        """Return the words around a map, with the caller's title and subtitle in place of ours."""
        title = title if self.title is None else self.title
        subtitle = subtitle if self.subtitle is None else self.subtitle
        return Words(title, subtitle, sources, list(numbers))

    def key(self, about: About, areas: gpd.GeoDataFrame, around: str = "") -> Key:
        """Return the legend of a map of areas; for a part of a table, the classes are still those of the whole."""
        missing = int(areas[about.classes.column].isna().sum())
        return Key.of(
            about,
            f"the {about.valued:,} {level_named(about.level).areas} of {wording.universe(areas)}",
            chosen=self.colours,
            missing=f"no {about.what.estimate} ({missing})" if missing else "",
            around=around,
        )

    def colours_in_words(self, about: About) -> str:
        """Return what the colours mean, in a sentence: "Purple is lower, white higher."."""
        if self.colours is None:
            return about.what.colours_in_words
        return f"Darker is {'lower' if self._dark_is_low else 'higher'}."

    def ends_in_words(self, about: About) -> str:
        """Return the colours of the lowest and the highest class: "purple lowest, white highest"."""
        if self.colours is None:
            return wording.ends_in_words(about.what)
        return "darkest lowest, lightest highest" if self._dark_is_low else "lightest lowest, darkest highest"

    @property
    def _dark_is_low(self) -> bool:
        assert self.colours is not None
        return palettes.lightness(self.colours[0]) < palettes.lightness(self.colours[-1])

    def extent(self, shown: Extent, words: Words, key: Key) -> Extent:
        """Return the extent to draw, in metres: that of what is shown, and more around it to fill the map's room.

        Raises
        ------
        SettingError
            If the figure or the axes are too small.
        """
        demo = settings.is_demo()
        if self.ax is not None:
            width, height, room = room_in(self.ax, key if self.legend else None, demo=demo)
            left, bottom, right, top = _fitted(shown, (room.right - room.left) / (room.top - room.bottom))
            scale = (right - left) / width
            return left, bottom - room.bottom * scale, right, top + (height - room.top) * scale
        if self.figsize is None:
            return shown
        width, height = self.figsize
        needed = around_map(words, dataclasses.replace(key, width=width), demo=demo, width=width)
        needed += _CREDIT if settings.basemap() != "none" else 0.0
        if height - needed < _LOWEST:
            msg = (
                f"figsize= is {width:g} by {height:g} inches; title, legend and sources of this map take "
                f"{needed:.1f} inches of height at that width, and the map at least {_LOWEST:g}: give "
                f"figsize=({width:g}, {math.ceil(10 * (needed + _LOWEST)) / 10:g}) or more."
            )
            raise SettingError(msg)
        return _fitted(shown, (width - 2 * MARGIN) / (height - needed))

    def layout(self, extent: Extent, words: Words, key: Key, *, scale_bar: bool = True, narrow: bool = False) -> Layout:
        """Return the layout of a map of this extent: a figure of its own, perhaps for phones, or the caller's axes."""
        demo = settings.is_demo()
        if self.ax is not None:
            if self.title is not None:
                self.ax.set_title(self.title, parse_math=False)
            layout = layout_in(self.ax, extent, key if self.legend else None, demo=demo)
        else:
            size = (NARROW, None) if narrow else self.figsize or (WIDTH, None)
            key = dataclasses.replace(key, width=size[0])
            layout = new_layout(extent, words, key, demo=demo, scale_bar=scale_bar, size=size)
        layout.colours = self.colours
        return layout

    def finished(
        self, layout: Layout, areas: gpd.GeoDataFrame, alt_text: str, caption: str, draw_narrow: Callable[[], Figure]
    ) -> Map:
        """Return the map that has been drawn, which has a form for phones only if its size is the usual one."""
        if self.ax is not None:
            without_marks(self.ax)
        usual = self.ax is None and self.figsize is None
        areas.attrs = About.of(areas).attrs
        return Map(layout.figure, areas, alt_text, caption, self.ax is not None, draw_narrow if usual else None)


def narrow_of(lay_out: Callable[..., Layout], name: Callable[[Layout], object]) -> Callable[[], Figure]:
    """Return what draws the words and legend of a map for phones: `lay_out` as :meth:`Options.layout`, and labels."""

    def draw() -> Figure:
        layout = lay_out(narrow=True)
        name(layout)
        return layout.figure

    return draw


def options(
    about: About,
    *,
    title: object = None,
    subtitle: object = None,
    palette: object = None,
    figsize: object = None,
    ax: object = None,
    legend: object = False,
) -> Options:
    """Return the options of a map of a table that is about this, checked.

    Raises
    ------
    SettingError
        If one of them is not what it should be, or if they exclude one another.
    PaletteError
        If the palette does not fit the classes.
    """
    for name, words in (("title", title), ("subtitle", subtitle)):
        if words is not None and (not isinstance(words, str) or (name == "title" and not words.strip())):
            msg = f"{name}= is {told(words)}. The {name} of a map is a text; leave {name}= out for the usual one."
            raise SettingError(msg)
        if isinstance(words, str) and (lacking := undrawable(words)):
            letters = listed([named(letter) for letter in lacking], 3)
            msg = f"{name}= has characters that cannot be drawn, as the maps' typeface lacks them: {letters}."
            raise SettingError(msg)
    if not isinstance(legend, bool):
        msg = f"legend= is {told(legend)}; it is True or False."
        raise SettingError(msg)
    if ax is not None and (figsize is not None or subtitle is not None):
        name, why = ("figsize", "their size is the map's") if figsize is not None else ("subtitle", "they have no room")
        msg = f"{name}= does not go with ax=: the map is drawn into your axes, and {why}."
        raise SettingError(msg)
    return Options(
        None if title is None else str(title),
        None if subtitle is None else str(subtitle),
        None if palette is None else palettes.chosen_colours(palette, about.classes.number),
        None if figsize is None else _size(figsize),
        None if ax is None else checked_axes(ax),
        legend,
    )


def _size(given: object) -> tuple[float, float]:
    try:
        width, height = (float(inches) for inches in given)  # type: ignore[attr-defined]
    except (TypeError, ValueError, OverflowError):
        width = height = math.nan
    if isinstance(given, str) or not (_NARROWEST <= width <= _LARGEST and 0 < height <= _LARGEST):
        msg = (
            f"figsize= is {told(given)}; it is the width and height of the figure in inches, such as (8, 10): a width "
            f"of {_NARROWEST:g} to {_LARGEST:g} and a height of up to {_LARGEST:g}."
        )
        raise SettingError(msg)
    return width, height


def _fitted(extent: Extent, aspect: float) -> Extent:
    """Return an extent widened or heightened around its middle to an aspect, which is width by height."""
    left, bottom, right, top = extent
    width, height = right - left, top - bottom
    across, high = max(width, height * aspect), max(height, width / aspect)
    x, y = (left + right) / 2, (bottom + top) / 2
    return x - across / 2, y - high / 2, x + across / 2, y + high / 2
