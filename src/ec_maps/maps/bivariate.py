"""The bivariate map: the country by district, coloured by exposure and bias at once, with a square legend.

The colours are in ``assets/palettes/bivariate.txt`` in the order of the classes (see
:mod:`ec_maps.analysis.bivariate`): from purple, the least connected on every map, to ice.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
from matplotlib.patches import Rectangle

from ec_maps import settings
from ec_maps.analysis.bivariate import (
    BETWEEN,
    CLASSES,
    KINDS,
    THIRDS,
    bivariate_table,
    class_number,
    thirds_of,
)
from ec_maps.areas import wording
from ec_maps.areas.table import load_context
from ec_maps.areas.wording import series
from ec_maps.boundaries.geometry import union, unions
from ec_maps.errors import BoundaryError, SettingError
from ec_maps.graphics import layers, palette
from ec_maps.graphics.annotation import name_regions
from ec_maps.graphics.figure import Map
from ec_maps.graphics.labels import Placer
from ec_maps.graphics.layout import FAINT, LEGEND, MARGIN, SMALL, WIDTH, Words, new_layout, view, write
from ec_maps.graphics.palette import read_palette
from ec_maps.graphics.text_metrics import text_size, wrap
from ec_maps.maps.insets import draw_inset
from ec_maps.measures import measure_named

if TYPE_CHECKING:
    import geopandas as gpd
    from matplotlib.axes import Axes
    from matplotlib.collections import PathCollection

_FIELD_EDGE = "#6d6a80"

#: The legend, in inches: the side of a field; the space left of the square for its words and cut points; the space
#: between the square and the list; and the space above and beneath the square.
_SIDE = 0.36
_LEFT, _APART, _ABOVE, _BENEATH = 0.62, 0.4, 0.48, 0.44

_ACROSS, _UP = "more high-income\npeople to meet →", "friendships fall\nfurther short →"


@dataclass(frozen=True)
class Square:
    """The legend: nine fields, exposure to the right and bias upwards.

    Attributes
    ----------
    universe
        The areas that the thirds are of, in words.
    counts
        How many districts are in each class, class 1 first.
    exposure_cut_points, bias_cut_points
        The four edges of each as text, without a unit.
    missing, around
        The meaning of hatching and of the grey land, each empty if there is none.
    """

    universe: str
    counts: list[int]
    exposure_cut_points: list[str]
    bias_cut_points: list[str]
    missing: str = ""
    around: str = ""

    @classmethod
    def of(cls, areas: gpd.GeoDataFrame, around: gpd.GeoDataFrame) -> Square:
        """Return the legend of a table of :func:`ec_maps.analysis.bivariate.bivariate_table` with land around."""
        lacking = int(areas["kind"].isna().sum())
        where = wording.universe(areas)
        across, up = (
            [measure_named(key).short(edge) for edge in areas.attrs[f"{key}_cut_points"]]
            for key in ("exposure", "bias")
        )
        return cls(
            f"Thirds of the {len(areas) - lacking} local authorities of {where} with both values.\nCut points in per "
            f"cent; in each field, the number of local authorities.",
            counts(areas),
            across,
            up,
            missing=f"no published estimate of one or both ({lacking})" if lacking else "",
            around=f"outside {where}" if len(around) else "",
        )

    @property
    def height(self) -> float:
        """The height of the legend, in inches."""
        return 0.1 + _ABOVE + THIRDS * _SIDE + _BENEATH

    def draw(self, ax: Axes, top: float) -> None:
        """Draw the legend on axes in inches, from `top` downwards."""
        title = "Exposure and bias, by third of all local authorities"
        write(ax, MARGIN, top, title, size=LEGEND, weight="bold", va="top")
        write(ax, MARGIN, top - 0.16, self.universe, size=SMALL, color=FAINT, va="top")
        left, bottom = MARGIN + _LEFT, top - _ABOVE - THIRDS * _SIDE
        for number, colour in enumerate(bivariate_colours(), 1):
            exposure, bias = thirds_of(number)
            x, y = left + (exposure - 1) * _SIDE, bottom + (bias - 1) * _SIDE
            field = Rectangle((x, y), _SIDE, _SIDE, facecolor=colour, edgecolor=_FIELD_EDGE, linewidth=0.5)
            field.set_gid(f"{layers.SWATCH}{number}|{class_in_words(number)}")
            ax.add_patch(field)
            count, ink = str(self.counts[number - 1]), palette.ink_on(colour)
            write(ax, x + _SIDE / 2, y + _SIDE / 2, count, size=LEGEND, color=ink, ha="center", va="center_baseline")
        ends = {0: "left", THIRDS: "right"}
        for place, (across, up) in enumerate(zip(self.exposure_cut_points, self.bias_cut_points, strict=True)):
            x, y = left + place * _SIDE, bottom + place * _SIDE
            write(ax, x, bottom - 0.11, across, size=6, color=FAINT, va="baseline", ha=ends.get(place, "center"))
            level = {0: "bottom", THIRDS: "top"}.get(place, "center")
            write(ax, left - 0.05, y, up, size=6, color=FAINT, ha="right", va=level)
        middle = THIRDS * _SIDE / 2
        write(ax, left + middle, bottom - 0.17, _ACROSS, size=SMALL, weight="bold", ha="center", va="top")
        write(
            ax, left - 0.36, bottom + middle, _UP, size=SMALL, weight="bold", ha="right", va="center", rotation=90,
            rotation_mode="default",
        )  # fmt: skip
        self._list(ax, left + THIRDS * _SIDE + _APART, top - _ABOVE)

    def _list(self, ax: Axes, x: float, y: float) -> None:
        """Write the names of the corner classes and of what else is on the map, from a point downwards."""
        colours = bivariate_colours()
        plain = {"edgecolor": _FIELD_EDGE}
        rows = [(kind.name, {"facecolor": colours[kind.number - 1], **plain}) for kind in reversed(KINDS)]
        rows.append((f"the other five colours: {BETWEEN}", {}))
        rows.append((self.missing, {"facecolor": palette.MISSING, "edgecolor": palette.HATCH, "hatch": layers.HATCH}))
        rows.append((self.around, {"facecolor": palette.NEIGHBOUR, "edgecolor": "#8d8779"}))
        for words, style in rows:
            if not words:
                continue
            if style:
                swatch = Rectangle((x, y - 0.13), 0.22, 0.13, linewidth=0.5, **style)  # type: ignore[arg-type]
                if "hatch" in style:
                    swatch.set_gid(f"{layers.SWATCH}missing")
                ax.add_patch(swatch)
            text = wrap(words, SMALL, WIDTH - MARGIN - x - 0.3)
            write(ax, x + 0.3, y - 0.065, text, size=SMALL, va="center")
            y -= max(text_size(text, SMALL)[1], 0.13) + 0.08


# --- the map ----------------------------------------------------------------------------------------


_TALLEST = 1.2

#: The edges of dark and of light areas, and the lightness from which an area is light.
_LIGHT_EDGE, _DARK_EDGE = "#e8e2ea", "#4d4757"
_LIGHT = 60.0


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
    exposure_lads, bias_lads, connectedness_lads
        As for :func:`ec_maps.analysis.bivariate.bivariate_table`; districts of England and Wales.
    context
        Land outside the table to draw in grey; if not given, that of the installed boundaries (Scotland).

    Returns
    -------
    map
        The map of all rows; its ``areas`` are the table of :func:`ec_maps.analysis.bivariate.bivariate_table`.

    Raises
    ------
    DataError, SettingError
        As :func:`ec_maps.analysis.bivariate.bivariate_table` does.

    Examples
    --------
    >>> import ec_maps
    >>> exposure, bias = ec_maps.load_areas("lad", "exposure"), ec_maps.load_areas("lad", "bias")
    >>> picture = ec_maps.bivariate_map(exposure, bias)
    >>> int(picture.areas["exposure_third"].max()), int(picture.areas["bias_third"].max())
    (3, 3)
    """
    table = bivariate_table(exposure_lads, bias_lads, connectedness_lads)
    areas = table if table.crs == "EPSG:27700" else table.to_crs("EPSG:27700")
    left, bottom, right, top = (float(edge) for edge in areas.total_bounds)
    extent = view((left, bottom, right, top), tallest=_TALLEST)
    around = _around(context, extent)
    where = wording.universe(areas)
    words = Words(
        f"Exposure and bias across {where}",
        "By local authority: how many high-income people low-income people have to meet (exposure), and how far their "
        "friendships fall short of that (bias). Purple: few to meet and far short; ice: many and least short.",
        wording.sources(),
    )
    layout = new_layout(extent, words, Square.of(areas, around), demo=settings.is_demo())
    layers.draw_neighbours(layout.ax, around.geometry.to_numpy(), edge=0.3)
    draw_classes(layout.ax, areas, edge=layers.EDGES["national"])
    regions = unions(areas.geometry, areas["rgn21nm"])
    for shape in regions.values():
        layers.draw_outline(layout.ax, shape, width=0.7)
    placer = Placer(layout.frame)
    # An inset on the grey land would look like a part of it.
    land = union(np.array([*regions.values(), *around.geometry], dtype=object))
    inset = draw_inset(layout, areas[areas["rgn21nm"] == "London"], land, draw_classes)
    if inset:
        placer.taken.append(inset)
    name_regions(layout, placer, areas, regions)
    return Map(layout.figure, areas, alt_text(areas), caption(areas))


def draw_classes(ax: Axes, areas: gpd.GeoDataFrame, *, edge: float) -> None:
    """Draw districts in the colours of their classes, those without one hatched, with edges `edge` points wide."""
    there = areas["kind"].notna().to_numpy()
    lacking, valued = areas[~there], areas[there]
    missing = layers.draw_missing(ax, lacking.geometry.to_numpy(), edge=edge, zorder=1.9)
    _name(missing, [f"{row.lad21cd}||{description(row)}" for row in lacking.itertuples()])
    if valued.empty:
        return
    colours = bivariate_colours()
    numbers = class_numbers(valued)
    # The lightest last: their dark edges separate them from the sea and from one another.
    order = np.argsort([palette.lightness(colours[number - 1]) for number in numbers], kind="stable")
    faces = [colours[numbers[at] - 1] for at in order]
    drawn = layers.fill(
        ax,
        valued.geometry.to_numpy()[order],
        facecolors=faces,
        edgecolors=[_DARK_EDGE if palette.lightness(face) >= _LIGHT else _LIGHT_EDGE for face in faces],
        linewidths=edge,
        joinstyle="round",
        zorder=2,
    )
    rows = list(valued.itertuples())
    _name(drawn, [f"{rows[at].lad21cd}|{numbers[at]}|{description(rows[at])}" for at in order])


def _name(drawn: PathCollection | None, texts: list[str]) -> None:
    """Attach the descriptions of a collection's shapes for SVG, as ``layers.name_areas_in`` does for deciles."""
    if drawn is not None:
        # Some versions of matplotlib write no link for a single shape, so its id carries the text.
        drawn.set_gid(layers.AREAS if len(texts) > 1 else f"{layers.AREAS}|{texts[0]}")
        drawn.set_urls(texts)


def _around(given: gpd.GeoDataFrame | None, extent: tuple[float, float, float, float]) -> gpd.GeoDataFrame:
    """Return the land outside the table that is inside the map's frame."""
    if given is None:
        try:
            given = load_context()
        except (BoundaryError, SettingError):
            # A table made without boundary files is still drawn, with nothing around it.
            given = gpd.GeoDataFrame({"lad21nm": []}, geometry=[], crs="EPSG:27700")
    left, bottom, right, top = extent
    return given.cx[left:right, bottom:top] if len(given) else given


# --- its words: of each district and class, alternative text, caption -------------------------------


#: The names of the corners' colours, by class.
_COLOURS = {1: "purple", 3: "orange", 7: "teal", 9: "ice blue"}

#: The names of the three thirds.
THIRD_IN_WORDS = {1: "lowest", 2: "middle", THIRDS: "highest"}


def description(row: object) -> str:
    """Return the description of a district: "Leeds: exposure 51.2%, bias 8.1%; in between"."""
    name, exposure, bias, kind = (getattr(row, key) for key in ("lad21nm", "exposure", "bias", "kind"))
    one, other = measure_named("exposure").format(exposure), measure_named("bias").format(bias)
    if pd.isna(kind) and pd.isna(exposure) and pd.isna(bias):
        return f"{name}: no published estimate"
    return f"{name}: exposure {one}, bias {other}" + ("" if pd.isna(kind) else f"; {kind}")


def class_in_words(number: int) -> str:
    """Return the description of a class: "lowest third of exposure, highest third of bias; fewer to meet, and …"."""
    exposure, bias = thirds_of(number)
    kind = next((kind.name for kind in KINDS if kind.number == number), BETWEEN)
    return f"{THIRD_IN_WORDS[exposure]} third of exposure, {THIRD_IN_WORDS[bias]} third of bias; {kind}"


def counts(areas: pd.DataFrame) -> list[int]:
    """Return the number of districts in each of the nine classes, class 1 first."""
    found = np.array(class_numbers(areas[areas["kind"].notna()]), dtype=np.int64)
    return [int(count) for count in np.bincount(found, minlength=CLASSES + 1)[1:]]


def alt_text(areas: gpd.GeoDataFrame) -> str:
    """Return the alternative text: the number of districts in each corner class, the ends, and the missing."""
    found = counts(areas)
    corners = [f"{_COLOURS[kind.number]} ({kind.name}) {found[kind.number - 1]}" for kind in KINDS]
    ends = []
    for key in ("exposure", "bias"):
        valued = areas[areas[key].notna()].sort_values(key, kind="stable")
        if len(valued):
            ends_of_it = valued.iloc[[0, -1]]
            figures = ends_of_it[key].map(measure_named(key).format)
            one, other = (
                f"{value} in {wording.the_district(name)}"
                for name, value in zip(ends_of_it["lad21nm"], figures, strict=True)
            )
            ends.append(f"{key.capitalize()} runs from {one} to {other}.")
    return wording.joined(
        f"Map of {wording.universe(areas)} by local authority in nine colours: exposure in thirds by bias in thirds.",
        f"Of the {sum(found)} local authorities with both values: {'; '.join(corners)}; one of five colours {BETWEEN} "
        f"{_between(found)}.",
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
    finding = f"Of {sum(found)} local authorities, {_between(found)} are {BETWEEN}."
    return wording.joined(finding, f"{'; '.join(parts)}." if parts else "", _missing(areas))


def _between(found: list[int]) -> int:
    return sum(found) - sum(found[kind.number - 1] for kind in KINDS)


def _missing(areas: gpd.GeoDataFrame) -> str:
    lacking = int(areas["kind"].isna().sum())
    if not lacking:
        return ""
    lack = "local authority lacks" if lacking == 1 else "local authorities lack"
    are = "is" if lacking == 1 else "are"
    return f"{wording.capital(wording.some(lacking))} {lack} one or both values and {are} hatched."


def class_numbers(valued: pd.DataFrame) -> list[int]:
    """Return the class of each district, 1 to 9; none may be missing."""
    return [
        class_number(int(exposure), int(bias))
        for exposure, bias in zip(valued["exposure_third"], valued["bias_third"], strict=True)
    ]


# --- the nine colours -------------------------------------------------------------------------------


def bivariate_colours() -> list[str]:
    """Return the nine hex colours of the classes, class 1 (least exposure, largest bias: purple) first.

    Raises
    ------
    PaletteError
        If the file is missing, does not have nine colours, has a line that is not a hex code, or a colour twice. One
        error lists all faults.
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
