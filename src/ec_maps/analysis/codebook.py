"""The codebook of an exported table: what it is and the meaning of each of its columns."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ec_maps.analysis.comparison import DECILE, RANK_HIGH, RANK_LOW, USERS
from ec_maps.areas.provenance import line
from ec_maps.areas.wording import capital, sources
from ec_maps.geography.levels import SCOPES, level_named
from ec_maps.measures import HEADLINE, measure_named
from ec_maps.settings import is_demo

if TYPE_CHECKING:
    import geopandas as gpd

#: The column with the source of each row, in formats that hold nothing but rows.
SOURCE = "source"

_NAMES = {
    "msoa21cd": "Code of the middle layer super output area of 2021",
    "msoa21nm": "Name of the middle layer super output area, by the Office for National Statistics",
    "msoa21hclnm": "Readable name of the neighbourhood, by the House of Commons Library",
    "msoa21hclnmw": "The same in Welsh",
    "lad21cd": "Code of the local authority district of December 2021",
    "lad21nm": "Name of the local authority district",
    "rgn21nm": "Region of England, or nation",
    "geometry": "Outline in metres of the British National Grid (EPSG:27700)",
    SOURCE: "Source of the row",
}


@dataclass(frozen=True)
class Column:
    """The meaning of a column of an exported table, in a few words and in a sentence.

    A measure's column also has its unit, what is counted of what, what a higher value means, and where it is in the
    Atlas files. `type` is ``"string"``, ``"integer"``, ``"number"`` or ``"geometry"``.
    """

    column: str
    type: str
    title: str
    meaning: str
    unit: str = ""
    counts: str = ""
    more: str = ""
    atlas_columns: str = ""
    category: str = ""
    source: str = ""


def columns_of(areas: gpd.GeoDataFrame) -> list[Column]:
    """Return the meaning of each column of a table of ``comparison.measures_table``, in the table's order."""
    return [
        _named(name, "geometry" if name == "geometry" else "string") if name in _NAMES else _of_measure(name, areas)
        for name in areas.columns
    ]


def columns_of_rows(areas: gpd.GeoDataFrame) -> list[Column]:
    """Return the meaning of each column where there are no outlines and each row gives its source."""
    return [*(column for column in columns_of(areas) if column.type != "geometry"), _named(SOURCE)]


def _named(name: str, type_: str = "string") -> Column:
    return Column(name, type_, _NAMES[name], f"{_NAMES[name]}.")


def _of_measure(name: str, areas: gpd.GeoDataFrame) -> Column:
    """Return the meaning of a measure's column: its value, decile, an end of its rank, or its number of users."""
    if name == "decile":
        return replace(_of_measure(f"{HEADLINE}{DECILE}", areas), column=name)
    ending = next((one for one in (DECILE, RANK_LOW, RANK_HIGH, USERS) if name.endswith(one)), "")
    key = name.removesuffix(ending)
    measure, level = measure_named(key), level_named(areas.attrs["level"])
    among = f"among the {level.areas} of {SCOPES[areas.attrs['scope']]} that have a value of {key}"
    if ending == DECILE:
        edges = ", ".join(f"{edge:.4g}" for edge in areas.attrs["cut_points"][key])
        meaning = f"Decile {among}: 1 is lowest, 10 is highest. Cut points of the deciles: {edges}."
        return Column(name, "integer", f"{measure.title}, decile", meaning)
    if ending in (RANK_LOW, RANK_HIGH):
        end = "Lowest" if ending == RANK_LOW else "Highest"
        meaning = (
            f"{end} rank {among} that the area may have: 1 is the lowest value, and values within "
            f"{measure.tolerance_in_words} of each other count as level."
        )
        return Column(name, "integer", f"{measure.title}, {end.lower()} rank", meaning)
    if ending == USERS:
        meaning = f"Number of users counted by the Atlas for {key}."
        return Column(name, "integer", f"{measure.title}, users", meaning)
    unit, in_atlas = measure.unit_in_words.partition(", shown")[0], "; ".join(measure.columns)
    words = (measure.title, f"{capital(measure.meaning)}.", unit, measure.counts, measure.more)
    return Column(name, "number", *words, in_atlas, areas.attrs["categories"][key], measure.source)


def about(areas: gpd.GeoDataFrame) -> dict[str, str]:
    """Return title, description, source and licences of a table."""
    level, scope = level_named(areas.attrs["level"]), areas.attrs["scope"]
    demo = "Demonstration data, not real values. " if is_demo() else ""
    beside = "deciles and ranks" if any(name.endswith(RANK_LOW) for name in areas.columns) else "deciles"
    return {
        "title": f"{demo}Social capital by {level.area} in {SCOPES[scope]}",
        "description": (
            f"{demo}Measures of the UK Social Capital Atlas with their {beside}, a row for each {level.area} "
            f"of {SCOPES[scope]}. A value without a published estimate is empty."
        ),
        "source": line(),
        "licence": sources(names="msoa21hclnm" in areas),
        "level": level.key,
        "scope": scope,
    }
