"""Labels on a map: names and numbers inside areas, and boxed names with arrows."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from matplotlib import patheffects

from ec_maps.boundaries.geometry import union
from ec_maps.errors import SettingError, told
from ec_maps.graphics import layers, palette
from ec_maps.graphics.labels import CROWDED, NEAREST, Ground, Label, Placer
from ec_maps.graphics.layout import Layout
from ec_maps.graphics.text_metrics import forms

_Item = TypeVar("_Item")
_Placed = TypeVar("_Placed")

_NAME_SIZES = (7.0, 6.0, 5.5)
_NUMBER_SIZES = (7.5, 6.5, 5.5, 5.0)

#: For up to this many places, labels are placed in every order and the best order is used.
_ORDERS_TRIED = 3

#: How many orders are tried for the numbers beside crowded areas, until each has room.
_TRIES = 12

#: For more areas than this one order is tried, and only so many positions near each. More areas than the most have no
#: numbers beside them: hardly one in thirty would find room.
_MANY, _NEAR, _MOST = 100, 250, 500

#: A name of more letters than this is broken into two lines beside the place.
_LONG = 24

_BOX = {"boxstyle": "square,pad=0.12", "facecolor": "#ffffff", "edgecolor": "#8d8779", "linewidth": 0.4}
_ON_HATCHING = {"boxstyle": "square,pad=0.1", "facecolor": palette.MISSING, "edgecolor": "none"}
_ARROW = {"arrowstyle": "-|>", "color": palette.INK, "linewidth": 1.1, "shrinkA": 0, "shrinkB": 0, "mutation_scale": 9}


def area_numbers(names: pd.Series) -> list[str]:
    """Return a number for each official name: the one at its end, without leading zeros, or else one that is free.

    Where two names end in the same number, as those of two districts do, all are numbered by their order.
    """
    numbers = names.astype(str).str.extract(r"\s(\d+)$")[0].str.lstrip("0").fillna("")
    if numbers[numbers != ""].duplicated().any():
        return [str(place) for place in range(1, len(names) + 1)]
    free = (str(number) for number in itertools.count(1) if str(number) not in set(numbers))
    return [number or next(free) for number in numbers]


def in_inches(layout: Layout, shape: shapely.Geometry) -> shapely.Geometry:
    """Return a shape (metres, EPSG:27700) in inches from the map's lower left corner."""
    return shapely.transform(shape, layout.to_inches)


def _write(layout: Layout, label: Label, *, zorder: float = 5, **style: Any) -> None:
    """Write a placed label at the centre of its box."""
    x, y = layout.to_metres(*label.box.centre)
    middle = "center_baseline" if label.text.isdigit() else "center"
    style = {"ha": "center", "va": middle, "linespacing": 1.05, "color": palette.INK, "parse_math": False, **style}
    layout.ax.text(x, y, label.text, size=label.size, zorder=zorder, **style)


def _write_inside(layout: Layout, label: Label, colour: str | None) -> None:
    """Write a placed label inside an area of a colour, or on its hatching."""
    _write(layout, label, **({"color": palette.ink_on(colour)} if colour else {"bbox": _ON_HATCHING}))


def call_out(layout: Layout, placer: Placer, places: gpd.GeoDataFrame, land_inches: shapely.Geometry) -> None:
    """Outline places and write their names in boxes beside them, each with an arrow from the box to the place.

    The place is filled again on top of its outline, so that a small place is not hidden by it. The land, which names
    leave uncovered, is in inches from the map's lower left corner.
    """
    if not layout.is_narrow:
        for shape in places.geometry:
            layers.draw_outline(layout.ax, shape, width=2.6, cased=True)
        layers.draw_deciles(
            layout.ax, places, edge=layers.BORDER_WIDTHS["regional"], zorder=3.2, colours=layout.colours
        )
    shapes = [in_inches(layout, shape) for shape in places.geometry]
    ground = Ground(layout.frame, land_inches)
    keep = placer.keep(shapes)
    size, longest = (9.0, _LONG) if not layout.is_narrow else (7.0, _LONG // 2)
    names = [in_two_lines(name, longest) for name in places["lad21nm"]]

    def placed_in(order: Sequence[int]) -> tuple[Placer, list[tuple[Label, tuple[float, float]]]]:
        trial = placer.copy()
        return trial, [
            trial.beside(names[at], shapes[at], size, ground, keep=keep, cover=3.0, weight="bold", pad=0.06, least=0.3)
            for at in order
        ]

    # The first label may take the best position of a later one: for a few places, every order is tried.
    orders = itertools.permutations(range(len(names))) if len(names) <= _ORDERS_TRIED else [range(len(names))]
    best, placed = min((placed_in(order) for order in orders), key=lambda trial: trial[0].spent)
    placer.adopt(best)
    for label, point in placed:
        layout.ax.annotate(
            label.text, xy=layout.to_metres(*point), xytext=layout.to_metres(*label.box.centre), size=label.size,
            weight="bold", ha="center", va="center", color=palette.INK, zorder=7, annotation_clip=False,
            parse_math=False, bbox={**_BOX, "boxstyle": "square,pad=0.35", "edgecolor": palette.INK, "linewidth": 0.8},
            arrowprops={**_ARROW, "path_effects": _cased(3), "gid": layers.LABEL},
        )  # fmt: skip


def in_two_lines(name: str, longest: int) -> str:
    """Return a name in two lines if it has more letters than `longest`."""
    return forms(name)[1] if len(name) > longest and " " in name else name


def _cased(width: float) -> list[patheffects.AbstractPathEffect]:
    """Return the path effect of a white line of this width, in points, beneath the drawn one."""
    return [patheffects.Stroke(linewidth=width, foreground="#ffffff"), patheffects.Normal()]


def draw_leader(layout: Layout, ends: np.ndarray, *, dot: float) -> None:
    """Draw the line of a label between two points in metres, with a dot of this size, in points, at the second."""
    layout.ax.plot(
        *ends.T, color=palette.INK, linewidth=0.5, zorder=5, marker="o", markevery=[1], markersize=dot,
        path_effects=_cased(1.5), gid=layers.LABEL,
    )  # fmt: skip


def name_areas(layout: Layout, placer: Placer, areas: gpd.GeoDataFrame) -> list[str]:
    """Write each name inside its area where it fits, and return the names that do not fit."""
    unnamed = []
    colours = palette.colours_of(areas, layout.colours)
    for name, colour, shape in zip(areas["lad21nm"], colours, areas.geometry, strict=True):
        label = placer.inside_area(name, in_inches(layout, shape), layout.sizes(*_NAME_SIZES), wrapped=True)
        if label:
            _write_inside(layout, label, colour)
        else:
            unnamed.append(name)
    return unnamed


def name_neighbours(layout: Layout, placer: Placer, neighbours: dict[str, shapely.Geometry]) -> None:
    """Write the names of neighbouring land in italics where they fit in its visible part."""
    frame = placer.frame.grown(-0.04).shape()
    for name, shape in neighbours.items():
        visible = shapely.intersection(shapely.make_valid(in_inches(layout, shape)), frame)
        parts = [part for part in shapely.get_parts(visible) if isinstance(part, shapely.Polygon)]
        label = placer.inside_area(
            name, shapely.MultiPolygon(parts), layout.sizes(6.5, 5.5), wrapped=True, style="italic"
        )
        if label:
            _write(layout, label, style="italic", color="#5b5344", zorder=4)


def name_regions(
    layout: Layout,
    placer: Placer,
    areas: gpd.GeoDataFrame,
    regions: dict[str, shapely.Geometry],
    column: str = "rgn21nm",
) -> None:
    """Write the regions' names, or those in another column, over their areas where they hide no area."""
    for name, shape in regions.items():
        districts = areas.geometry[areas[column] == name]
        inches = np.array([in_inches(layout, district) for district in districts], dtype=object)
        label = placer.over_areas(name, in_inches(layout, shape), inches, 7.0, "bold")
        if label:
            _write(layout, label, weight="bold", path_effects=_cased(1.8), gid=f"{layers.CASED}1.8")


def number_areas(
    layout: Layout, placer: Placer, areas: gpd.GeoDataFrame, numbers: list[str], colours: Sequence[str | None]
) -> None:
    """Write each area's number inside it if it fits, else beside it with a line to it, or not at all without room.

    `colours` are those of the areas, None for one that is hatched. On a narrow map there is no room beside areas.
    """
    small: list[tuple[str, shapely.Geometry]] = []
    for number, colour, shape in zip(numbers, colours, areas.geometry, strict=True):
        inches = in_inches(layout, shape)
        label = placer.inside_area(number, inches, layout.sizes(*_NUMBER_SIZES))
        if label is None:
            small.append((number, inches))
        else:
            _write_inside(layout, label, colour)
    if layout.is_narrow or not 0 < len(small) <= _MOST:
        return
    ground = Ground(layout.frame, in_inches(layout, union(areas.geometry.to_numpy())))
    keep = placer.keep([inches for _, inches in small])

    def beside(trial: Placer, one: tuple[str, shapely.Geometry]) -> tuple[Label, tuple[float, float]]:
        return trial.beside(*one, 6.0, ground, keep=keep, cover=0.5, pad=0.02, least=0.08, always=False, tried=tried)

    # With so many numbers neither another order nor a distant position helps.
    tries, tried = (_TRIES, NEAREST) if len(small) <= _MANY else (1, _NEAR)
    for _, (label, point) in placed_in_turns(placer, small, beside, tight=CROWDED, tries=tries):
        if label.crowded:
            continue
        draw_leader(layout, np.array([layout.to_metres(*label.box.centre), layout.to_metres(*point)]), dot=1.5)
        _write(layout, label, zorder=6, bbox=_BOX)


def placed_in_turns(
    placer: Placer, items: list[_Item], place: Callable[[Placer, _Item], _Placed], *, tight: float, tries: int
) -> list[tuple[_Item, _Placed]]:
    """Place items one after another, several times, and return them with what was placed the cheapest time.

    Those whose position cost `tight` or more go first the next time.
    """
    best, placed = placer, []
    for number in range(tries):
        trial, found, poor = placer.copy(), [], []
        for item in items:
            before = trial.spent
            found.append((item, place(trial, item)))
            if trial.spent - before >= tight:
                poor.append(item)
        if not number or trial.spent < best.spent:
            best, placed = trial, found
        if not poor:
            break
        first = {id(item) for item in poor}
        items = poor + [item for item in items if id(item) not in first]
    placer.adopt(best)
    return placed


def key_to_numbers(areas: gpd.GeoDataFrame, numbers: list[str], *, wanted: bool = True) -> list[str]:
    """Return the key to the numbers, such as "1  Hillside", under the names of the districts if there are several.

    Without readable names, one line explains the numbers of a district, and those of several get official names. If it
    is not `wanted`, it is empty.
    """
    if not isinstance(wanted, bool):
        msg = f"key= is {told(wanted)}; it is True or False."
        raise SettingError(msg)
    if not wanted:
        return []
    several, names = areas["lad21nm"].nunique() > 1, areas["msoa21nm"]
    readable = "msoa21hclnm" in areas and areas["msoa21hclnm"].notna().any()
    if readable or several:
        entries = pd.DataFrame({"number": [int(number) for number in numbers], "district": areas["lad21nm"].to_numpy()})
        entries["name"] = (areas["msoa21hclnm"].fillna(names) if readable else names).to_numpy()
        lines = []
        for district, rows in entries.sort_values("number", kind="stable").groupby("district", sort=False):
            lines += [f"{district}:"] if several and readable else []
            lines += [f"{number}  {name}" for number, name in zip(rows["number"], rows["name"], strict=True)]
        return lines
    return [f"Numbers are those of the official names: {numbers[0]} is {areas['msoa21nm'].iloc[0]}."]
