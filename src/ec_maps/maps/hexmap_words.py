"""What the map of hexagons shows and says, counted from its table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ec_maps.areas import wording
from ec_maps.areas.deciles import GROUPS
from ec_maps.geography.levels import level_named
from ec_maps.measures import measure_of

if TYPE_CHECKING:
    import geopandas as gpd

_LEVEL = level_named("msoa")

#: What a hexagon is, for the subtitle and the caption.
EXPLAINED = (
    "Each hexagon is one neighbourhood of about 8,000 people, placed near those it borders on; sizes and distances on "
    "the ground are not shown."
)

#: What lies between them, where they do not all hang together.
GAPS = "Groups of hexagons, mostly counties, are set apart; the gaps between them are not missing data."


def where(areas: gpd.GeoDataFrame) -> str:
    """Return what is mapped as it stands in a sentence: a region if all areas are of one, else England and Wales."""
    regions = areas["rgn21nm"].unique()
    return wording.the(str(regions[0])) if len(regions) == 1 else "England and Wales"


def alt_text(areas: gpd.GeoDataFrame) -> str:
    """Return what the map shows: its kind, how many are in each tenth, the ends and where they are, the missing."""
    measure = measure_of(areas)
    kind = (
        f"Map of {where(areas)} with a hexagon of the same size for each neighbourhood, coloured by tenth of "
        f"{measure.title.lower()}, {wording.ends_in_words(measure)}."
    )
    text = [kind]
    counts = areas["decile"].value_counts().sort_index()
    if len(counts):
        tenths = ", ".join(f"{count} in tenth {tenth}" for tenth, count in counts.items())
        text.append(f"Of {wording.number_of(len(areas), _LEVEL)}, {tenths}.")
        valued = areas[areas[measure.key].notna()].sort_values(measure.key, kind="stable")
        low, high = (measure.said(valued[measure.key].iloc[at]) for at in (0, -1))
        names = valued["msoa21nm"]
        ends = f"Lowest: {names.iloc[0]}, {low}; highest: {names.iloc[-1]}, {high}."
        text.append(ends if len(valued) > 1 else f"Its value: {low}.")
    if areas["rgn21nm"].nunique() > 1:
        for tenth, words in ((1, "lowest"), (GROUPS, "highest")):
            if most := _by_region(areas, tenth):
                shares = ", ".join(f"{number} in {wording.the(region)}" for region, number in most)
                text.append(f"Of the {words} tenth, {shares}.")
    return wording.joined(*text, wording.missing(areas, _LEVEL))


def caption(areas: gpd.GeoDataFrame, *, gaps: bool = False) -> str:
    """Return what the map says: where the lowest and the highest tenth are, what a hexagon is, what is missing.

    With `gaps`, what lies between groups of hexagons too.
    """
    parts = []
    number = wording.number_of(len(areas), _LEVEL)
    ends = {words: _by_region(areas, tenth) for tenth, words in ((1, "lowest"), (GROUPS, "highest"))}
    if areas["decile"].isna().all():
        parts.append(f"none of the {number} of {where(areas)} has a published estimate")
    elif areas["rgn21nm"].nunique() == 1:
        low, high = (sum(count for _, count in found) for found in ends.values())
        parts.append(
            f"of the {number} of {where(areas)}, {wording.some(low)} {'is' if low == 1 else 'are'} in the lowest "
            f"tenth of England and Wales and {wording.some(high)} in the highest"
        )
    else:
        sizes = areas["rgn21nm"].value_counts()
        for words, found in ends.items():
            # Equal counts are named together, so that the sentence does not depend on the order of rows.
            first = [region for region, count in found if count == found[0][1]]
            if first:
                names = " and ".join(f"{wording.the(region)} (which has {sizes[region]:,} of all)" for region in first)
                total = sum(count for _, count in found)
                parts.append(
                    f"{found[0][1]} of the {total} neighbourhoods in the {words} tenth are in {names}"
                    + (" each" if len(first) > 1 else "")
                )
    finding = wording.capital("; ".join(parts) or "no neighbourhood is in the lowest or the highest tenth") + "."
    blank = "" if areas["decile"].isna().all() else wording.missing(areas, _LEVEL)
    return wording.joined(finding, EXPLAINED, GAPS if gaps else "", blank)


def _by_region(areas: gpd.GeoDataFrame, tenth: int) -> list[tuple[str, int]]:
    """Return how many areas of a tenth each region has, the most first, equal counts by name."""
    counts = areas.loc[(areas["decile"] == tenth).fillna(value=False), "rgn21nm"].value_counts()
    return sorted(((str(region), int(count)) for region, count in counts.items()), key=lambda one: (-one[1], one[0]))
