"""The data that scripts of the site load: all districts' values, and each district with its neighbourhoods.

Scripts and not JSON, since a page opened from a folder may load no data file. ``values.js`` sets ``window.ecValues``;
``<slug>.js`` adds the district of that name to ``window.ecAreas``. Numbers are written here as pages show them, so that
no script has to calculate one.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from ec_maps.analysis.bivariate import DRIVERS
from ec_maps.analysis.comparison import DECILE, RANK_HIGH, RANK_LOW, USERS
from ec_maps.analysis.district import compared_in_words
from ec_maps.analysis.shortlist import neighbourhood_levers
from ec_maps.analysis.similar import similar_places, why_none
from ec_maps.areas.deciles import group
from ec_maps.areas.wording import the, the_district
from ec_maps.errors import DataError
from ec_maps.geography.codes import BEYOND
from ec_maps.geography.names import slug
from ec_maps.graphics import palette
from ec_maps.graphics.svg_paths import Ring, path_data
from ec_maps.maps.figure_cache import PLACES
from ec_maps.measures import HEADLINE, Measure, measure_named
from ec_maps.site.finder import page_names

if TYPE_CHECKING:
    import geopandas as gpd

#: The script with the values of all districts.
VALUES = "values.js"

#: The unit of the map of all districts, and the tolerance of its outlines, in metres.
UNIT, _COARSE = 100.0, 600.0

#: A district's outlines: steps across its longer side, the tolerance in steps, and the land around it, in its widths.
_STEPS, _TOLERANCE, _AROUND = 3000.0, 5.0, 0.75

#: Parts of an area smaller than this many squares of the tolerance are left out, but for its largest.
_ISLET = 2.0

#: How many similar places a script holds: in a comparison of six, five may be there before five are added.
_SIMILAR = 10

Bounds = tuple[float, float, float, float]


@dataclass(frozen=True)
class Grid:
    """Coordinates of a drawing: metres east of `left` and south of `top`, in units of `unit` metres."""

    left: float
    top: float
    unit: float

    def path(self, shape: shapely.Geometry, least: float = 0.0) -> str:
        """Return an outline as SVG path data, without parts of less than `least` square metres but for the largest."""
        parts = sorted(
            (part for part in shapely.get_parts(shape) if part.geom_type == "Polygon"), key=lambda one: -one.area
        )
        kept = [part for at, part in enumerate(parts) if not at or part.area >= least]
        rings = [ring for part in kept for ring in (part.exterior, *part.interiors)]
        return path_data([Ring(self.points(shapely.get_coordinates(ring)[:-1]), closed=True) for ring in rings])

    def points(self, metres: np.ndarray) -> np.ndarray:
        """Return coordinates in the drawing's units, with y downwards."""
        return np.column_stack([(metres[:, 0] - self.left) / self.unit, (self.top - metres[:, 1]) / self.unit])

    def box(self, bounds: Bounds) -> list[int]:
        """Return bounds in metres as left, top, right and bottom in whole units."""
        corners = self.points(np.array([[bounds[0], bounds[3]], [bounds[2], bounds[1]]]))
        return [int(number) for number in np.rint(corners).ravel()]


def whole_grid(lads: gpd.GeoDataFrame) -> Grid:
    """Return the coordinates of the map of all districts."""
    left, _, _, top = lads.total_bounds
    return Grid(float(left), float(top), UNIT)


def coarse(lads: gpd.GeoDataFrame, around: gpd.GeoDataFrame) -> tuple[list[str], str]:
    """Return the outline of each district, and that of the land around, as path data of :func:`whole_grid`."""
    shapes = np.concatenate([lads.geometry.to_numpy(), around.geometry.to_numpy()])
    simple = shapely.coverage_simplify(shapes, _COARSE)
    grid, least = whole_grid(lads), _ISLET * _COARSE**2
    window = _grown(tuple(lads.total_bounds), 0.15)
    land = shapely.clip_by_rect(shapely.union_all(simple[len(lads) :]), *window)
    return [grid.path(shape, least) for shape in simple[: len(lads)]], grid.path(land, 4 * least)


def write_values(
    path: Path,
    lads: gpd.GeoDataFrame,
    msoas: gpd.GeoDataFrame,
    *,
    pages: dict[str, str],
    kingdom: gpd.GeoDataFrame | None = None,
) -> None:
    """Write the script with the measures and the values of all districts.

    Parameters
    ----------
    path
        The script. ``ecValues.districts`` has code, slug, name, region and page (or an empty text) of each district;
        ``ecValues.measures`` says of each measure what it is, and in ``values`` has the columns of
        :func:`columns_of_measure` in the order of the districts; ``ecValues.beyond`` has slug, name, region and page of
        the districts of Scotland and Northern Ireland, which are not on the map.
    lads, msoas
        The tables of :func:`ec_maps.measures_table`.
    pages
        The name of each district's page, if it has one, by code.
    kingdom
        The table of the districts of the United Kingdom, if there is one.
    """
    slugs = page_names(lads)
    districts = [
        [code, slugs[code], name, region, pages.get(code, "")]
        for code, name, region in zip(lads["lad21cd"], lads["lad21nm"], lads["rgn21nm"], strict=True)
    ]
    beyond = []
    if kingdom is not None:
        rows = kingdom[kingdom["rgn21nm"].isin(BEYOND)]
        named = zip(rows["lad21cd"], rows["lad21nm"], rows["rgn21nm"], strict=True)
        beyond = [[slug(name), name, region, pages.get(code, "")] for code, name, region in named]
    measures = [_measure(key, lads, msoas) for key in lads.attrs["measures"]]
    regions = {region: the(region) for region in sorted(set(lads["rgn21nm"]))}
    data = {
        "districts": districts,
        "regions": regions,
        "beyond": beyond,
        "measures": measures,
        "headline": HEADLINE,
    }
    write_script(path, "window.ecValues = ", data)


def _measure(key: str, lads: gpd.GeoDataFrame, msoas: gpd.GeoDataFrame) -> dict[str, Any]:
    """Return what a measure is, its colours, cut points, medians and ends by level, and all districts' values."""
    measure = measure_named(key).among(lads.attrs["categories"][key])
    levels = {}
    for table in (lads, msoas):
        if key not in table:
            continue
        valued = table[key].dropna()
        levels[table.attrs["level"]] = {
            "cuts": [measure.short(edge) for edge in table.attrs["cut_points"][key]],
            "number": len(valued),
            "median": measure.format(float(valued.median())),
            "ends": [measure.short(float(valued.min())), measure.short(float(valued.max()))],
        }
    return {
        "key": key,
        "title": measure.title,
        "meaning": measure.meaning,
        "more": measure.more,
        "after": measure.format(0.0).removeprefix(measure.short(0.0)),
        "unit": measure.short_unit,
        "missing": f"no {measure.estimate}",
        "level": measure.tolerance_in_words,
        "colours": palette.colours(measure),
        "inks": [palette.ink_on(colour) for colour in palette.colours(measure)],
        "in_words": measure.colours_in_words,
        "levels": levels,
        "values": columns_of_measure(lads, measure, lads.attrs["cut_points"][key]),
    }


def columns_of_measure(table: pd.DataFrame, measure: Measure, edges: list[float]) -> dict[str, list[Any]]:
    """Return the columns of a measure as pages show them, with None for an area without a published estimate.

    ``value`` is a bare number as text, which the measure's ``after`` completes; ``decile`` and the deciles within the
    tolerance, ``decile_low`` and ``decile_high``, run from 1; ``rank_low`` and ``rank_high`` are the ends of the rank,
    which is 1 for the lowest value; ``users`` is there where the file counts them.
    """
    key, numbers = measure.key, table[measure.key]
    columns = {
        "decile": table[f"{key}{DECILE}"],
        "decile_low": group(numbers - measure.tolerance, edges),
        "decile_high": group(numbers + measure.tolerance, edges),
        "rank_low": table[f"{key}{RANK_LOW}"],
        "rank_high": table[f"{key}{RANK_HIGH}"],
    }
    if f"{key}{USERS}" in table:
        columns["users"] = table[f"{key}{USERS}"]
    values = [None if pd.isna(value) else measure.short(value) for value in numbers]
    return {"value": values, **{name: _integers(column) for name, column in columns.items()}}


def similar_rows(lads: pd.DataFrame, beyond: pd.DataFrame | None) -> dict[str, list[int] | str]:
    """Return the places most like each district, by code, or a sentence that says why there are none.

    Each is the position of a district: those of `lads` come first, then those of `beyond`, the districts of Scotland
    and Northern Ireland.
    """
    names = ["lad21cd", "lad21nm"]
    whole = pd.DataFrame(lads[names] if beyond is None else pd.concat([lads[names], beyond[names]], ignore_index=True))
    order = {code: at for at, code in enumerate(whole["lad21cd"])}
    found, named = similar_places(whole), dict(zip(whole["lad21cd"], whole["lad21nm"], strict=True))
    return {
        code: [order[other] for other in found[code][:_SIMILAR]] or why_none(code, name) for code, name in named.items()
    }


def _integers(column: pd.Series) -> list[int | None]:
    return [None if pd.isna(number) else int(number) for number in column]


# --- one district with its neighbourhoods -----------------------------------------------------------


class Districts:
    """Writes the script of each district: outlines of its neighbourhoods and of the land around, values and words.

    Parameters
    ----------
    lads, msoas
        The tables of :func:`ec_maps.measures_table`.
    around
        Land around the districts of `lads`: those beyond England and Wales.
    kingdom
        The table of the districts of the United Kingdom, if there is one.
    """

    def __init__(
        self,
        lads: gpd.GeoDataFrame,
        msoas: gpd.GeoDataFrame,
        around: gpd.GeoDataFrame,
        kingdom: gpd.GeoDataFrame | None = None,
    ) -> None:
        self.grid, self.bounds = whole_grid(lads), shapely.bounds(lads.geometry.to_numpy())
        self.number = len(lads)
        self.land = np.concatenate([lads.geometry.to_numpy(), around.geometry.to_numpy()])
        self.tree = shapely.STRtree(self.land)
        self.outlines = msoas.geometry.to_numpy()
        self.codes, self.regions = lads["lad21cd"].tolist(), lads["rgn21nm"].tolist()
        self.members = msoas.groupby("lad21cd").indices
        self.names = list(zip(msoas["msoa21cd"], msoas["msoa21nm"], _readable(msoas), strict=True))
        self.words: dict[str, list[str]] = {}
        self.columns: dict[str, dict[str, list[Any]]] = {}
        self.signs: dict[str, dict[str, str]] = {}
        self.kinds = _kinds(msoas)
        self.similar = similar_rows(lads, None if kingdom is None else kingdom[kingdom["rgn21nm"].isin(BEYOND)])
        for measure in map(measure_named, lads.attrs["measures"]):
            self._add(measure, lads, msoas)

    def _add(self, measure: Measure, lads: gpd.GeoDataFrame, msoas: gpd.GeoDataFrame) -> None:
        """Add a measure: the words on each district, and the columns and signs of all neighbourhoods."""
        key = measure.key
        median, by_region = float(lads[key].median()), lads.groupby("rgn21nm")[key].median()
        self.words[key] = [
            compared_in_words(measure, value, region, (float(by_region[region]), median), "England and Wales")
            for value, region in zip(lads[key].to_numpy(dtype=float, na_value=np.nan), self.regions, strict=True)
        ]
        if key in msoas:
            values = msoas[key].to_numpy(dtype=float, na_value=np.nan)
            of_district = msoas["lad21cd"].map(lads.set_index("lad21cd")[key]).to_numpy(dtype=float, na_value=np.nan)
            self.columns[key] = columns_of_measure(msoas, measure, msoas.attrs["cut_points"][key])
            # Two areas are level if the rank of the higher one is not above the rank_high of the lower one.
            self.columns[key]["rank"] = _integers(msoas[key].rank(method="min"))
            self.signs[key] = {
                "than_district": _signs(values - of_district, measure.tolerance),
                "than_country": _signs(values - msoas[key].median(), measure.tolerance),
            }

    def write(self, at: int, name: str, links: list[tuple[str, str]], folder: Path) -> None:
        """Write the script of the district in row `at` of the table, with links to what else there is about it."""
        members = self.members.get(self.codes[at], np.array([], dtype=int))
        bounds = tuple(self.bounds[at].tolist())
        size = max(bounds[2] - bounds[0], bounds[3] - bounds[1])
        step = max(round(size / _STEPS, 1), 0.5)
        grid, tolerance = Grid(bounds[0], bounds[3], step), _TOLERANCE * step
        shapes = shapely.coverage_simplify(self.outlines[members], tolerance) if len(members) else np.array([])
        areas = [
            [*self.names[member], grid.path(shape, _ISLET * tolerance**2), *circle]
            for member, shape, circle in zip(members, shapes, anchors(shapes, grid), strict=True)
        ]
        window = _grown(bounds, _AROUND)
        ((left, top),) = self.grid.points(np.array([[bounds[0], bounds[3]]]))
        data = {
            "at": [round(float(left), 2), round(float(top), 2), round(step / UNIT, 5)],
            "window": grid.box(window),
            "around": self._around(at, window, grid, tolerance),
            "areas": areas,
            "links": links,
            "similar": self.similar[self.codes[at]],
            "words": {key: words[at] for key, words in self.words.items()},
            "values": {key: self._values(key, members) for key in self.columns},
        }
        if self.kinds:
            data["kinds"] = "".join(self.kinds[member] for member in members)
        write_script(folder / f"{name}.js", f"(window.ecAreas = window.ecAreas || {{}})[{json.dumps(name)}] = ", data)

    def _around(self, at: int, window: Bounds, grid: Grid, tolerance: float) -> list[list[Any]]:
        """Return the land in a window: each district's row in the table, or -1 beyond, and its outline; itself last."""
        near = [int(one) for one in self.tree.query(shapely.box(*window)) if one != at]
        shapes = [shapely.clip_by_rect(self.land[one], *window) for one in near]
        there = [(one, shape) for one, shape in zip(near, shapes, strict=True) if not shape.is_empty]
        there = [*sorted(there, key=lambda one: one[0]), (at, self.land[at])]
        simple = shapely.coverage_simplify(np.array([shape for _, shape in there]), tolerance)
        return [
            [one if one < self.number else -1, grid.path(shape, 4 * tolerance**2)]
            for (one, _), shape in zip(there, simple, strict=True)
            if not shape.is_empty
        ]

    def _values(self, key: str, members: np.ndarray) -> dict[str, Any]:
        """Return a measure's columns for some neighbourhoods, and how their values differ from two others.

        ``than_district`` and ``than_country`` have one sign for each neighbourhood: "<" below the district's value or
        the median of all neighbourhoods, "=" level within the tolerance, ">" above, "." without an estimate.
        """
        columns = {name: [column[member] for member in members] for name, column in self.columns[key].items()}
        return columns | {name: "".join(signs[member] for member in members) for name, signs in self.signs[key].items()}


def _kinds(msoas: pd.DataFrame) -> str:
    """Return a letter for each neighbourhood, "b" or "e" by its kind in ``LEVERS``, "." for others; empty without."""
    try:
        kinds = neighbourhood_levers() if {*DRIVERS} <= {*msoas.attrs["measures"]} else None
    except DataError:  # the page of exposure and bias says what is wrong
        kinds = None
    return "" if kinds is None else "".join(kinds.reindex(msoas["msoa21cd"]).str[0].fillna("."))


def _signs(apart: np.ndarray, tolerance: float) -> str:
    # As for ranks, 0.472 and 0.467 differ by half a point, though not in binary fractions.
    reach = tolerance * (1 + 1e-9)
    return "".join(np.select([np.isnan(apart), apart < -reach, apart > reach], [".", "<", ">"], "=").tolist())


def _readable(areas: pd.DataFrame) -> list[str]:
    """Return the readable name of each neighbourhood, the English and the Welsh one if they differ; empty for none."""
    columns = [areas[name] for name in ("msoa21hclnm", "msoa21hclnmw") if name in areas]
    if not columns:
        return [""] * len(areas)
    return [
        " / ".join(dict.fromkeys(name for name in names if isinstance(name, str)))
        for names in zip(*columns, strict=True)
    ]


def anchors(shapes: np.ndarray, grid: Grid) -> list[list[int]]:
    """Return the widest circle within each area's largest part, where its name goes: x, y and radius in whole units."""
    if not len(shapes):
        return []
    largest = np.array([max(shapely.get_parts(shape), key=lambda part: part.area) for shape in shapes])
    bounds = shapely.bounds(largest)
    sizes = np.maximum(bounds[:, 2] - bounds[:, 0], bounds[:, 3] - bounds[:, 1])
    radii = shapely.maximum_inscribed_circle(largest, sizes / 20)
    points = grid.points(shapely.get_coordinates(shapely.get_point(radii, 0)))
    circles = np.column_stack([points, shapely.length(radii) / grid.unit])
    return [[round(number) for number in circle] for circle in circles.tolist()]


def _grown(bounds: tuple[float, ...], by: float) -> Bounds:
    """Return bounds grown on each side by a share of their longer side."""
    more = by * max(bounds[2] - bounds[0], bounds[3] - bounds[1])
    return bounds[0] - more, bounds[1] - more, bounds[2] + more, bounds[3] + more


def write_script(path: Path, before: str, data: object) -> None:
    """Write a script that assigns data to what `before` names; nothing in the data can end it."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
    path.write_text(f'"use strict";\n{before}{text};\n', encoding="utf-8")


def links_of(name: str, own: str, region: str, page: str, root: Path) -> list[tuple[str, str]]:
    """Return what the site has about a district, each as words and address: its page, its files, or its region.

    `own` is its slug, by which it is compared with its region.
    """
    compared = (f"Compare it with {the(region)}", f"compare-places.html#places={own},{slug(region)}")
    if not page:
        return [("Back to the list of all places", f"{PLACES}/index.html#{slug(region)}"), compared]
    files = [("Table of its neighbourhoods (CSV)", f"maps/{page}.csv"), ("Brief to print (PDF)", f"{page}.pdf")]
    there = [(words, f"{PLACES}/{file}") for words, file in files if (root / PLACES / file).is_file()]
    return [(f"The page of {the_district(name)}", f"{PLACES}/{page}.html"), *there, compared]
