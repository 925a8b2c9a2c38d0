"""What a strip plot says in words: its headings, its alternative text and its caption, counted from the tables."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from ec_maps.areas.wording import capital, ends_in_words, joined, some, tenth_in_words, the, the_district

if TYPE_CHECKING:
    import geopandas as gpd

    from ec_maps.analysis.district import Standing
    from ec_maps.measures import Measure


def districts(place: Standing) -> str:
    """Return what the strip of districts shows: how many there are, and how many are without a dot."""
    values = place.lads[place.measure]
    blank = int(values.isna().sum())
    return f"{len(values)} local authorities of {place.universe}{_without(blank)}"


def neighbourhoods(place: Standing) -> str:
    """Return what the strip of neighbourhoods shows: how many there are, and how many are without a dot."""
    number, blank = len(place.msoas), int(place.msoas[place.measure].isna().sum())
    if not number:
        return "no neighbourhoods, as no boundaries of any are known"
    if number == 1:
        return "its only neighbourhood" + (", without a published estimate" if blank else "")
    if blank == number:
        return f"its {number} neighbourhoods, none with a published estimate"
    return f"its {number} neighbourhoods{_without(blank)}"


def _without(blank: int) -> str:
    return f"; {some(blank)} without a published estimate" if blank else ""


def alt_text(place: Standing) -> str:
    """Return what a strip plot shows: its kind, the ends and middles, the tenths, what is marked or missing."""
    measure = place.entry
    valued, inside, said = _valued(place.lads, measure), _valued(place.msoas, measure), measure.said
    strips = "A strip of dots on an axis" if place.beyond else "Two strips of dots on one axis"
    kind = f"{strips} of {measure.title.lower()} {measure.short_unit}, one dot for each area, {ends_in_words(measure)}."
    text = [kind, f"{'It has' if place.beyond else 'Above,'} {districts(place)}."]
    if len(valued):
        text.append(f"{_ends(valued, 'lad21nm', measure)}; the middle one: {said(valued[measure.key].median())}.")
    if math.isnan(place.value):
        text.append(f"{place.name} has no published estimate and is not marked.")
    else:
        text.append(f"Marked: {place.name}, {said(place.value)}, {tenth_in_words(place.district['decile'])}.")
    if place.beyond:
        return joined(*text)
    text.append(f"Below, {neighbourhoods(place)}.")
    if len(inside) == 1:
        text.append(f"Its value: {said(inside[measure.key].iloc[0])}.")
    elif len(inside):
        counts = ", ".join(f"{count} in tenth {tenth}" for tenth, count in enumerate(place.tenths, 1) if count)
        text.append(f"Of those with an estimate, {counts}. {_ends(inside, 'msoa21nm', measure)}.")
    if len(place.country):
        text.append(f"The middle neighbourhood of England and Wales: {said(float(place.country.median()))}.")
    return joined(*text)


def caption(place: Standing) -> str:
    """Return what a strip plot says: where the district and its neighbourhoods lie against the middle ones."""
    values, said = place.lads[place.measure], place.entry.said
    region = float(values[place.lads["rgn21nm"] == place.region].median())
    where = capital(the_district(place.name))
    middles = f"the middle local authority of {place.universe} is at {said(float(values.median()))}"
    if not math.isnan(region):
        middles += f", that of {the(place.region)} at {said(region)}"
    if math.isnan(place.value):
        finding = f"{where} as a whole has no published estimate; {middles}."
    else:
        tenth = tenth_in_words(place.district["decile"])
        finding = f"{where}, at {said(place.value)}, is in {tenth} of local authorities; {middles}."
    return joined(finding, _inside(place))


def _inside(place: Standing) -> str:
    inside, said = place.msoas[place.measure], place.entry.said
    valued = inside.dropna()
    if not len(inside):
        return ""
    if len(inside) == 1:
        told = f", at {said(float(valued.iloc[0]))}" if len(valued) else ", without a published estimate"
        return f"It is a single neighbourhood{told}."
    if valued.empty:
        return f"None of its {len(inside)} neighbourhoods has a published estimate."
    middle = float(place.country.median())
    above = int((valued > middle).sum())
    blank = len(inside) - len(valued)
    missing = f"; {some(blank)} {'has' if blank == 1 else 'have'} no published estimate" if blank else ""
    return (
        f"{capital(some(above))} of its {len(inside)} neighbourhoods {'lies' if above == 1 else 'lie'} above the "
        f"middle one of England and Wales, {said(middle)}{missing}."
    )


def _valued(areas: gpd.GeoDataFrame, measure: Measure) -> gpd.GeoDataFrame:
    return areas[areas[measure.key].notna()].sort_values(measure.key, kind="stable")


def _ends(valued: gpd.GeoDataFrame, name: str, measure: Measure) -> str:
    first, last = valued.iloc[0], valued.iloc[-1]
    return (
        f"Lowest: {first[name]}, {measure.said(first[measure.key])}; highest: {last[name]}, "
        f"{measure.said(last[measure.key])}"
    )
