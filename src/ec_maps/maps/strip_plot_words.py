"""Headings, alternative text and caption of the strip plot, counted from the tables that it is drawn from."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from ec_maps.analysis.district import DistrictProfile
from ec_maps.analysis.group import GroupProfile
from ec_maps.areas.wording import capital, decile_in_words, ends_in_words, joined, some, the

if TYPE_CHECKING:
    import geopandas as gpd

    from ec_maps.measures import Measure

#: What a strip plot can mark.
Place = DistrictProfile | GroupProfile


def districts(place: Place) -> str:
    """Return the heading of the strip of districts: how many there are, and how many have no dot."""
    lacking = int(place.lads[place.measure].isna().sum())
    without = f"; {some(lacking)} without a published estimate" if lacking else ""
    return f"{len(place.lads)} local authorities of {place.universe}{without}"


def neighbourhoods(place: Place) -> str:
    """Return the heading of the strip of neighbourhoods: how many there are, and how many have no dot."""
    number, lacking = len(place.msoas), int(place.msoas[place.measure].isna().sum())
    if not number:
        return "no neighbourhoods, as no boundaries of any are known"
    if number == 1:
        return "its only neighbourhood" + (", without a published estimate" if lacking else "")
    without = f"; {some(lacking)} without" if lacking < number else ", none with"
    return f"its {number} neighbourhoods{f'{without} a published estimate' if lacking else ''}"


def alt_text(place: Place) -> str:
    """Return the alternative text: the kind of plot, the ends and medians, the deciles, the marked dot, the missing."""
    measure = place.entry
    inside, in_words = place.msoas[measure.key].dropna(), measure.format
    strips = "A strip of dots on an axis" if place.beyond else "Two strips of dots on one axis"
    kind = f"{strips} of {measure.title.lower()} {measure.short_unit}, one dot for each area, {ends_in_words(measure)}."
    text = [kind, f"{'It has' if place.beyond else 'Above,'} {districts(place)}."]
    if not math.isnan(place.median):
        text.append(f"{_ends(place.lads, 'lad21nm', measure)}; median: {in_words(place.median)}.")
    if isinstance(place, GroupProfile):
        text.append(f"Marked: the local authorities of {place.in_sentence}: {_marked(place)}.")
    elif math.isnan(place.value):
        text.append(f"{place.name} has no published estimate and is not marked.")
    else:
        text.append(f"Marked: {place.name}, {in_words(place.value)}, {decile_in_words(place.district['decile'])}.")
    if place.beyond:
        return joined(*text)
    text.append(f"Below, {neighbourhoods(place)}.")
    if len(inside) == 1:
        text.append(f"Its value: {in_words(inside.iloc[0])}.")
    elif len(inside):
        counts = ", ".join(f"{count} in decile {decile}" for decile, count in enumerate(place.deciles, 1) if count)
        text.append(f"Of those with an estimate, {counts}. {_ends(place.msoas, 'msoa21nm', measure)}.")
    if len(place.country):
        text.append(f"The median neighbourhood of England and Wales: {in_words(float(place.country.median()))}.")
    return joined(*text)


def caption(place: Place) -> str:
    """Return the caption: where the district and its neighbourhoods lie compared with the medians."""
    in_words, where = place.entry.format, capital(place.in_sentence)
    medians = f"the median local authority of {place.universe} is at {in_words(place.median)}"
    if not math.isnan(place.region_median):
        medians += f", that of {the(place.regions[0])} at {in_words(place.region_median)}"
    if isinstance(place, GroupProfile):
        valued = place.districts[place.measure].dropna()
        low, high = (in_words(float(end)) for end in (valued.min(), valued.max()))
        run = f"have values from {low} to {high}" if len(valued) else "have no published estimates"
        finding = f"The {len(place.codes)} local authorities of {place.in_sentence} {run}; {medians}."
    elif math.isnan(place.value):
        finding = f"{where} as a whole has no published estimate; {medians}."
    else:
        decile = decile_in_words(place.district["decile"])
        finding = f"{where}, at {in_words(place.value)}, is in {decile}; {medians}."
    return joined(finding, _inside(place))


def _marked(place: GroupProfile) -> str:
    """Return a group's districts with their values, the lowest first."""
    rows = place.districts.sort_values(place.measure, kind="stable")
    return ", ".join(f"{row['lad21nm']}, {place.entry.format(float(row[place.measure]))}" for _, row in rows.iterrows())


def _inside(place: Place) -> str:
    """Return how many of its neighbourhoods lie above the median of all, in a sentence; empty if it has none."""
    number, in_words = len(place.msoas), place.entry.format
    valued = place.msoas[place.measure].dropna()
    if not number:
        return ""
    if number == 1:
        value = f", at {in_words(float(valued.iloc[0]))}" if len(valued) else ", without a published estimate"
        return f"It is a single neighbourhood{value}."
    if valued.empty:
        return f"None of its {number} neighbourhoods has a published estimate."
    median = float(place.country.median())
    above, lacking = int((valued > median).sum()), number - len(valued)
    missing = f"; {some(lacking)} {'has' if lacking == 1 else 'have'} no published estimate" if lacking else ""
    return (
        f"{capital(some(above))} of its {number} neighbourhoods {'lies' if above == 1 else 'lie'} above the "
        f"median of England and Wales, {in_words(median)}{missing}."
    )


def _ends(areas: gpd.GeoDataFrame, name: str, measure: Measure) -> str:
    """Return the lowest and the highest area by name, with their values."""
    valued = areas[areas[measure.key].notna()].sort_values(measure.key, kind="stable")
    low, high = (f"{row[name]}, {measure.format(row[measure.key])}" for _, row in valued.iloc[[0, -1]].iterrows())
    return f"Lowest: {low}; highest: {high}"
