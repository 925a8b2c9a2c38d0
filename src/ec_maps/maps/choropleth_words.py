"""Alternative texts and captions of the choropleth maps, counted from the table that the map is drawn from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

import pandas as pd

from ec_maps.about import About
from ec_maps.areas.wording import (
    are,
    capital,
    ends_in_words,
    joined,
    missing,
    most_in,
    number_of,
    rank_in_words,
    series,
    some,
    the,
    the_district,
    universe,
)
from ec_maps.geography.levels import Level, level_named
from ec_maps.measures import Measure

if TYPE_CHECKING:
    import geopandas as gpd

    from ec_maps.areas.selection import Selection

MapKind = Literal["national", "regional", "local"]

#: Of more districts than this, such as those of a group, a caption gives the names alone.
_DESCRIBED = 5


def alt_text(
    areas: gpd.GeoDataFrame,
    kind: MapKind,
    *,
    highlight: Sequence[str] = (),
    lacking: int = 0,
    shown: Selection | None = None,
    ends: str = "",
) -> str:
    """Return a map's alternative text: its kind, the number of areas in each class, the lowest, highest and missing.

    Parameters
    ----------
    areas
        The rows drawn.
    kind
        Which of the three maps it is.
    highlight
        Names of the areas that are outlined.
    lacking
        How many areas of the place are not among the rows.
    shown
        What the map shows; if not given, it is read from the rows.
    ends
        The colours of the lowest and the highest class in words, if they are not ours.
    """
    level, about = level_of(kind), About.of(areas)
    measure, classes = about.what, about.classes
    where = f"{'a part of ' if lacking else ''}{_where(areas, kind, shown)}"
    if ":" in where:
        where += ","
    valued = _valued(areas, measure)
    coloured = f"coloured by {classes.noun} of {measure.title_within}, {ends or ends_in_words(measure)}"
    text = [f"Map of {where} by {level.area}, {coloured}."]
    if len(valued):
        counts = ", ".join(f"{count} in {classes.noun} {number}" for number, count in _counts(areas).items() if count)
        text.append(f"Of {number_of(len(areas), level)}, {counts}.")
        text.append(_ends(valued, level, measure))
    text += [f"Outlined: {_value_and_class(areas, name)}." for name in highlight]
    return joined(*text, missing(areas, level), _not_shown(areas, kind, lacking, shown))


def caption(
    areas: gpd.GeoDataFrame,
    kind: MapKind,
    *,
    highlight: Sequence[str] = (),
    lacking: int = 0,
    shown: Selection | None = None,
) -> str:
    """Return a map's caption: a finding in a sentence or two, and how many areas have no published estimate.

    The parameters are those of :func:`alt_text`.
    """
    level, about = level_of(kind), About.of(areas)
    measure, classes = about.what, about.classes
    counts = _counts(areas)
    valued = _valued(areas, measure)
    group = shown.sentence if shown else ""
    if valued.empty:
        if len(areas) == 1:
            only = f"{capital(_where(areas, kind, shown))} is a single {level.area}, without a {measure.estimate}."
            return joined(only)
        return joined(group, f"None of {_the_areas(areas, kind, lacking, shown)} has a {measure.estimate}.")
    if kind == "national" and not lacking:
        finding = _national_finding(areas)
    elif len(areas) == 1 and not lacking:
        only = areas.iloc[0]
        finding = (
            f"{capital(_where(areas, kind, shown))} is a single {level.area}: {measure.format(only[measure.key])}, "
            f"{classes.in_words(only[classes.column])}."
        )
    else:
        low, high = counts[1], counts[classes.number]
        ends = f"lowest {classes.noun} of {universe(areas)}, {some(high)} in the highest"
        if not low and not high:
            ends = f"lowest or the highest {classes.noun} of {universe(areas)}"
        finding = f"{capital(some(low))} of {_the_areas(areas, kind, lacking, shown)} {are(low)} in the {ends}."
        if group:
            finding += f" {_ends(valued, level, measure)}"
        elif kind == "local":
            values = valued[measure.key]
            finding += f" Values run from {measure.format(values.min())} to {measure.format(values.max())}."
    places = [f"{_value_and_class(areas, name)}, {_rank(areas, name, measure, lacking, shown)}." for name in highlight]
    if len(places) > _DESCRIBED:
        places = [f"Outlined: {series([the_district(name) for name in highlight])}."]
    unpublished = "" if len(areas) == 1 else missing(areas, level)
    return joined(group, finding, *places, unpublished, _not_shown(areas, kind, lacking, shown))


def level_of(kind: MapKind) -> Level:
    """Return the level of the areas of a kind of map."""
    return level_named("msoa" if kind == "local" else "lad")


def _where(areas: gpd.GeoDataFrame, kind: MapKind, shown: Selection | None) -> str:
    if shown:
        return shown.heading
    if kind == "national":
        return universe(areas)
    if kind == "regional":
        return the(str(areas["rgn21nm"].iloc[0]))
    return the_district(str(areas["lad21nm"].iloc[0]))


def _the_areas(areas: gpd.GeoDataFrame, kind: MapKind, lacking: int, shown: Selection | None) -> str:
    level, where = level_of(kind), _where(areas, kind, shown)
    if shown and shown.is_group:
        there = f"the {len(areas):,} of {shown.its} {len(areas) + lacking:,} {level.areas} in this table"
        return there if lacking else f"{shown.its} {number_of(len(areas), level)}"
    if lacking:
        return f"the {len(areas):,} of {len(areas) + lacking:,} {level.areas} of {where} in this table"
    return f"the {number_of(len(areas), level)} of {where}"


def _not_shown(areas: gpd.GeoDataFrame, kind: MapKind, lacking: int, shown: Selection | None) -> str:
    """Return how many areas of the place are not among the rows, in a sentence; empty if none is."""
    if not lacking:
        return ""
    level = level_of(kind)
    be = are(lacking)
    areas_lacking = f"{capital(some(lacking))} {level.area if lacking == 1 else level.areas}"
    where = shown.inside if shown else _where(areas, kind, shown)
    return f"{areas_lacking} of {where} {be} not in the table and {be} grey."


def _counts(areas: gpd.GeoDataFrame) -> dict[int, int]:
    classes = About.of(areas).classes
    found = areas[classes.column].value_counts()
    return {number: int(found.get(number, 0)) for number in range(1, classes.number + 1)}


def _valued(areas: gpd.GeoDataFrame, measure: Measure) -> gpd.GeoDataFrame:
    return areas[areas[measure.key].notna()].sort_values(measure.key, kind="stable")


def _ends(valued: gpd.GeoDataFrame, level: Level, measure: Measure) -> str:
    first, last = valued.iloc[0], valued.iloc[-1]
    if len(valued) == 1:
        return f"Its value: {measure.format(first[measure.key])}."
    return (
        f"Lowest: {first[level.name]}, {measure.format(first[measure.key])}; highest: {last[level.name]}, "
        f"{measure.format(last[measure.key])}."
    )


def _value_and_class(areas: gpd.GeoDataFrame, name: str) -> str:
    about = About.of(areas)
    measure, classes = about.what, about.classes
    row = areas[areas["lad21nm"] == name].iloc[0]
    if pd.isna(row[measure.key]):
        return f"{name} has no {measure.estimate}"
    return f"{name} {measure.format(row[measure.key])}, {classes.in_words(row[classes.column])}"


def _rank(areas: gpd.GeoDataFrame, name: str, measure: Measure, lacking: int, shown: Selection | None) -> str:
    row = areas[(areas["lad21nm"] == name) & areas[measure.key].notna()]
    if row.empty:
        return "so it has no rank"
    rank = rank_in_words(areas[measure.key], float(row[measure.key].iloc[0]), measure.tolerance)
    where = shown.inside if shown else the(str(areas["rgn21nm"].iloc[0]))
    return f"{rank} in {'this part of ' if lacking else ''}{where}"


def _national_finding(areas: gpd.GeoDataFrame) -> str:
    parts, classes = [], About.of(areas).classes
    for number, words in ((1, "lowest"), (classes.number, "highest")):
        regions = areas.loc[areas[classes.column] == number, "rgn21nm"]
        if len(regions):
            parts.append(most_in(regions, f"local authorities in the {words} {classes.noun}"))
    return capital("; ".join(parts) or f"no local authority is in the lowest or the highest {classes.noun}") + "."


def in_one(*sentences: str) -> str:
    """Return the non-empty sentences as one text."""
    return " ".join(sentence for sentence in sentences if sentence)
