"""The bivariate map: the country by district, coloured by exposure and bias at once, with a square legend.

The colours are in ``assets/palettes/bivariate.txt`` in the order of the classes (see
:mod:`ec_maps.analysis.bivariate`): from purple, the least connected on every map, to ice.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
from matplotlib.patches import Rectangle

from ec_maps import settings
from ec_maps.analysis.bivariate import (
    BETWEEN,
    CLASSES,
    DRIVERS,
    KINDS,
    THIRDS,
    bivariate_table,
    class_number,
    kind_of,
    thirds_of,
)
from ec_maps.areas import wording
from ec_maps.areas.checked import land_around, whole
from ec_maps.areas.table import load_context
from ec_maps.areas.wording import series
from ec_maps.boundaries.geometry import union, unions
from ec_maps.errors import BoundaryError, SettingError
from ec_maps.graphics import layers, palette
from ec_maps.graphics.annotation import name_regions
from ec_maps.graphics.figure import Map
from ec_maps.graphics.labels import Placer
from ec_maps.graphics.layout import (
    AROUND,
    FAINT,
    HATCHED,
    LEGEND,
    MARGIN,
    NARROW,
    SMALL,
    WIDTH,
    Words,
    draw_entry,
    entry_room,
    new_layout,
    view,
    write,
)
from ec_maps.graphics.palette import read_palette
from ec_maps.graphics.style import own_settings
from ec_maps.graphics.text_metrics import text_size, wrap
from ec_maps.maps.insets import draw_inset, name_inset
from ec_maps.measures import measure_named

if TYPE_CHECKING:
    import geopandas as gpd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_FIELD_EDGE = "#6d6a80"

#: The legend, in inches: the side of a field; the space left of the square for its words and cut points; the space
#: between the square and the list; and the space above and beneath the square.
_SIDE = 0.36
_LEFT, _APART, _ABOVE, _BENEATH = 0.62, 0.4, 0.48, 0.44
_SWATCH = (0.22, 0.13)

_ACROSS, _UP = "more high-income\npeople to meet →", "friendships fall\nfurther short →"

#: The greatest height of the map for its width.
_TALLEST = 1.2


@dataclass(frozen=True)
class Square:
    """The legend of a table of districts: nine fields, exposure to the right and bias upwards.

    `around` is whether there is grey land around the districts. In a narrow figure the list of corner classes is
    beneath the square instead of beside it.
    """

    areas: gpd.GeoDataFrame
    around: bool
    width: float = WIDTH

    @property
    def height(self) -> float:
        """The height of the legend, in inches."""
        listed = sum(self._row(words) for words, _ in self._rows) + 0.1 if self._is_narrow else 0.0
        return 0.1 + self._above + THIRDS * _SIDE + _BENEATH + listed

    @property
    def _is_narrow(self) -> bool:
        return self.width <= NARROW

    @property
    def _words(self) -> tuple[str, str]:
        """The title, and what the square is made of, broken into lines in a narrow figure."""
        title = "Exposure and bias, by third of all local authorities"
        universe = (
            f"Thirds of the {sum(counts(self.areas))} local authorities of {wording.universe(self.areas)} with both "
            f"values.\nCut points in per cent; in each field, the number of local authorities."
        )
        if not self._is_narrow:
            return title, universe
        room = self.width - 2 * MARGIN
        return wrap(title, LEGEND, room, "bold"), wrap(universe, SMALL, room)

    @property
    def _above(self) -> float:
        """The height of the words above the square."""
        title, universe = self._words
        return text_size(title, LEGEND)[1] + text_size(universe, SMALL)[1] + 0.1 if self._is_narrow else _ABOVE

    def draw(self, ax: Axes, top: float) -> None:
        """Draw the legend on axes in inches, from `top` downwards."""
        found = counts(self.areas)
        title, universe = self._words
        write(ax, MARGIN, top, title, size=LEGEND, weight="bold", va="top")
        write(ax, MARGIN, top - 0.16 - 0.125 * title.count("\n"), universe, size=SMALL, color=FAINT, va="top")
        left, bottom = MARGIN + _LEFT, top - self._above - THIRDS * _SIDE
        for number, (colour, count) in enumerate(zip(bivariate_colours(), found, strict=True), 1):
            exposure, bias = thirds_of(number)
            x, y = left + (exposure - 1) * _SIDE, bottom + (bias - 1) * _SIDE
            field = Rectangle((x, y), _SIDE, _SIDE, facecolor=colour, edgecolor=_FIELD_EDGE, linewidth=0.5)
            field.set_gid(f"{layers.SWATCH}{number}|{class_in_words(number)}")
            ax.add_artist(field)
            style = {"size": LEGEND, "color": palette.ink_on(colour), "ha": "center", "va": "center_baseline"}
            write(ax, x + _SIDE / 2, y + _SIDE / 2, str(count), **style)
        ends = {0: ("left", "bottom"), THIRDS: ("right", "top")}
        for place, edges in enumerate(zip(*(self.areas.attrs[f"{key}_cut_points"] for key in DRIVERS), strict=True)):
            across, up = (measure_named(key).short(edge) for key, edge in zip(DRIVERS, edges, strict=True))
            ha, va = ends.get(place, ("center", "center"))
            x, y = left + place * _SIDE, bottom + place * _SIDE
            write(ax, x, bottom - 0.11, across, size=6, color=FAINT, va="baseline", ha=ha)
            write(ax, left - 0.05, y, up, size=6, color=FAINT, ha="right", va=va)
        middle, bold = THIRDS * _SIDE / 2, {"size": SMALL, "weight": "bold"}
        write(ax, left + middle, bottom - 0.17, _ACROSS, ha="center", va="top", **bold)
        turned = {"ha": "right", "va": "center", "rotation": 90, "rotation_mode": "default"}
        write(ax, left - 0.36, bottom + middle, _UP, **bold, **turned)
        x, y = (MARGIN, bottom - _BENEATH) if self._is_narrow else (left + THIRDS * _SIDE + _APART, top - _ABOVE)
        for words, style in self._rows:
            down = (self._row(words, x) - _SWATCH[1] - 0.08) / 2 if self._is_narrow else 0.0
            draw_entry(ax, x, y - down, words, style, size=_SWATCH, within=self.width)
            y -= self._row(words, x)

    @property
    def _rows(self) -> list[tuple[str, dict[str, Any]]]:
        """The names of the corner classes and of what else is on the map, each with the style of its swatch."""
        colours, lacking = bivariate_colours(), int(self.areas["kind"].isna().sum())
        rows: list[tuple[str, dict[str, Any]]] = [
            (kind.name, {"facecolor": colours[kind.number - 1], "edgecolor": _FIELD_EDGE}) for kind in reversed(KINDS)
        ]
        rows.append((f"the other five colours: {BETWEEN}", {}))
        if lacking:
            rows.append((f"no published estimate of one or both ({lacking})", HATCHED))
        if self.around:
            rows.append((f"outside {wording.universe(self.areas)}", AROUND))
        return rows

    def _row(self, words: str, x: float = MARGIN) -> float:
        """Return the height of an entry of the list from `x`."""
        lines = wrap(words, SMALL, entry_room(x, _SWATCH[0], self.width))
        return max(text_size(lines, SMALL)[1], _SWATCH[1]) + 0.08


@own_settings()
def bivariate_map(
    exposure_lads: gpd.GeoDataFrame,
    bias_lads: gpd.GeoDataFrame,
    connectedness_lads: gpd.GeoDataFrame | None = None,
    *,
    context: gpd.GeoDataFrame | None = None,
) -> Map:
    """Draw England and Wales by local authority in nine colours, thirds of exposure by thirds of bias.

    This map never has tiles beneath it: nine colours need a plain background.

    Parameters
    ----------
    exposure_lads, bias_lads
        The tables of :func:`ec_maps.load_areas` for ``"lad"`` of ``"exposure"`` and ``"bias"``, of the same districts
        of England and Wales.
    connectedness_lads
        That of economic connectedness, to check the sign of bias in the files; if None, it is not checked.
    context
        Land outside the table to draw in grey; if not given, that of the installed boundaries (Scotland).

    Returns
    -------
    map
        The map of all rows; its ``areas`` have ``exposure_third`` and ``bias_third``, from 1, the lowest, to 3, and the
        ``kind`` of place, missing where a district lacks either value.

    Raises
    ------
    DataError
        If the values do not form three groups, or bias has the opposite sign.
    SettingError
        If the tables are not whole ones of :func:`ec_maps.load_areas`, or not of the same districts.

    Examples
    --------
    >>> import ec_maps
    >>> exposure, bias = ec_maps.load_areas("lad", "exposure"), ec_maps.load_areas("lad", "bias")
    >>> picture = ec_maps.bivariate_map(exposure, bias)
    >>> int(picture.areas["exposure_third"].max()), int(picture.areas["bias_third"].max())
    (3, 3)
    """
    exposure_lads, bias_lads = whole(exposure_lads, "lad"), whole(bias_lads, "lad")
    connectedness_lads = None if connectedness_lads is None else whole(connectedness_lads, "lad")
    areas = bivariate_table(exposure_lads, bias_lads, connectedness_lads)
    extent = view(areas.total_bounds, tallest=_TALLEST)
    around = _around(context, extent)
    words = Words(
        f"Exposure and bias across {wording.universe(areas)}",
        "By local authority: how many high-income people low-income people have to meet (exposure), and how far their "
        "friendships fall short of that (bias). Purple: few to meet and far short; ice: many and least short.",
        wording.sources(),
    )
    square = Square(areas, around=len(around) > 0)
    layout = new_layout(extent, words, square, demo=settings.is_demo())
    layers.draw_neighbours(layout.ax, around.geometry.to_numpy(), edge=0.3)
    draw_classes(layout.ax, areas, edge=layers.BORDER_WIDTHS["national"])
    regions = unions(areas.geometry, areas["rgn21nm"])
    for shape in regions.values():
        layers.draw_outline(layout.ax, shape, width=0.7)
    # An inset on the grey land would look like a part of it.
    land = union(np.array([*regions.values(), *around.geometry], dtype=object))
    inset = draw_inset(layout, areas[areas["rgn21nm"] == "London"], land, draw_classes)
    placer = Placer(layout.frame)
    if inset:
        placer.taken.append(name_inset(layout, inset))
    name_regions(layout, placer, areas, regions)

    def draw_narrow() -> Figure:
        narrow = replace(square, width=NARROW)
        layout = new_layout(extent, words, narrow, demo=settings.is_demo(), size=(NARROW, None))
        if inset:
            name_inset(layout, inset)
        return layout.figure

    return Map(layout.figure, areas, alt_text(areas), caption(areas), draw_narrow=draw_narrow)


def draw_classes(ax: Axes, areas: gpd.GeoDataFrame, *, edge: float) -> None:
    """Draw districts in the colours of their classes, those without one hatched, with edges `edge` points wide."""
    colours, numbers = bivariate_colours(), class_numbers(areas)
    faces = [colours[number - 1] if number else None for number in numbers]
    # The lightest last: their dark edges separate them from the sea and from one another.
    order = np.argsort([palette.lightness(face) if face else 0.0 for face in faces], kind="stable")
    rows = list(areas.itertuples())
    texts = [f"{rows[at].lad21cd}|{numbers[at] or ''}|{description(rows[at])}" for at in order]
    shapes = areas.geometry.to_numpy()[order]
    layers.draw_coloured(ax, shapes, [faces[at] for at in order], texts, edge=edge, edges=("#e8e2ea", "#4d4757"))


def _around(given: gpd.GeoDataFrame | None, extent: tuple[float, float, float, float]) -> gpd.GeoDataFrame:
    """Return the land outside the table that is inside the map's frame."""
    if given is None:
        try:
            given = load_context()
        except (BoundaryError, SettingError):
            # A table made without boundary files is still drawn, with nothing around it.
            given = gpd.GeoDataFrame({"lad21nm": []}, geometry=[], crs="EPSG:27700")
    given = land_around(given)
    left, bottom, right, top = extent
    return given.cx[left:right, bottom:top] if len(given) else given


# --- its words: of each district and class, alternative text, caption -------------------------------


#: The names of the corners' colours, by class.
_COLOURS = {1: "purple", 3: "orange", 7: "teal", 9: "ice blue"}

#: The names of the three thirds.
THIRD_IN_WORDS = {1: "lowest", 2: "middle", THIRDS: "highest"}


def description(row: Any) -> str:
    """Return the description of a district: "Leeds: exposure 51.2%, bias 8.1%; in between"."""
    if pd.isna(row.exposure) and pd.isna(row.bias):
        return f"{row.lad21nm}: no published estimate"
    one, other = measure_named("exposure").format(row.exposure), measure_named("bias").format(row.bias)
    return f"{row.lad21nm}: exposure {one}, bias {other}" + ("" if pd.isna(row.kind) else f"; {row.kind}")


def class_in_words(number: int) -> str:
    """Return the description of a class: "lowest third of exposure, highest third of bias; fewer to meet, and …"."""
    exposure, bias = thirds_of(number)
    thirds = f"{THIRD_IN_WORDS[exposure]} third of exposure, {THIRD_IN_WORDS[bias]} third of bias"
    return f"{thirds}; {kind_of(exposure, bias)}"


def counts(areas: pd.DataFrame) -> list[int]:
    """Return the number of districts in each of the nine classes, class 1 first."""
    found = class_numbers(areas)
    return [found.count(number) for number in range(1, CLASSES + 1)]


def class_numbers(areas: pd.DataFrame) -> list[int]:
    """Return the class of each district, 1 to 9, or 0 for one that lacks either value."""
    thirds = (areas[f"{key}_third"].fillna(0).astype(int) for key in DRIVERS)
    return [class_number(*pair) if all(pair) else 0 for pair in zip(*thirds, strict=True)]


def in_between(found: list[int]) -> int:
    """Return how many districts are in none of the corner classes, from the counts of the nine."""
    return sum(found) - sum(found[kind.number - 1] for kind in KINDS)


def alt_text(areas: gpd.GeoDataFrame) -> str:
    """Return the alternative text: the number of districts in each corner class, the ends, and the missing."""
    found = counts(areas)
    corners = [f"{_COLOURS[kind.number]} ({kind.name}) {found[kind.number - 1]}" for kind in KINDS]
    ends = []
    for key in DRIVERS:
        valued = areas[areas[key].notna()].sort_values(key, kind="stable")
        if len(valued):
            one, other = (
                f"{measure_named(key).format(row[key])} in {wording.the_district(row['lad21nm'])}"
                for _, row in valued.iloc[[0, -1]].iterrows()
            )
            ends.append(f"{key.capitalize()} runs from {one} to {other}.")
    return wording.joined(
        f"Map of {wording.universe(areas)} by local authority in nine colours: exposure in thirds by bias in thirds.",
        f"Of the {sum(found)} local authorities with both values: {'; '.join(corners)}; one of five colours {BETWEEN} "
        f"{in_between(found)}.",
        *ends,
        _missing(areas),
    )


def caption(areas: gpd.GeoDataFrame) -> str:
    """Return the caption: the number of districts of each kind, the region with most of them, and the missing."""
    found = counts(areas)
    parts = []
    for kind in KINDS:
        regions = areas.loc[areas["kind"] == kind.name, "rgn21nm"].value_counts()
        if len(regions):
            # Equal counts are named together, so that the sentence does not depend on the order of rows.
            most = sorted(str(name) for name in regions.index[regions == regions.iloc[0]])
            where = series([wording.the(name) for name in most])
            each = " each" if len(most) > 1 else ""
            regions_in_words = f"the most in {where} ({regions.iloc[0]}{each})" if len(regions) > 1 else f"in {where}"
            parts.append(f"“{kind.name}”: {regions.sum()}, {regions_in_words}")
    finding = f"Of {sum(found)} local authorities, {in_between(found)} are {BETWEEN}."
    return wording.joined(finding, f"{'; '.join(parts)}." if parts else "", _missing(areas))


def _missing(areas: gpd.GeoDataFrame) -> str:
    lacking = int(areas["kind"].isna().sum())
    if not lacking:
        return ""
    lack = "local authority lacks" if lacking == 1 else "local authorities lack"
    return f"{wording.capital(wording.some(lacking))} {lack} one or both values and {wording.are(lacking)} hatched."


# --- the nine colours -------------------------------------------------------------------------------


def bivariate_colours() -> list[str]:
    """Return the nine hex colours of the classes, class 1 (least exposure, largest bias: purple) first.

    All faults of the file are raised as one `PaletteError`.
    """
    return read_palette(
        "bivariate.txt",
        CLASSES,
        "nine different hex colours, one a line: three for the largest bias, from least to most exposure, then three "
        "for the middle, three for the smallest",
        _repeated,
    )


def _repeated(colours: list[tuple[int, str]]) -> list[str]:
    """Return the colours that are on an earlier line already, as faults."""
    first: dict[str, int] = {}
    return [
        f"line {at}: {colour} is that of line {first[colour]} again"
        for at, colour in colours
        if first.setdefault(colour, at) != at
    ]
