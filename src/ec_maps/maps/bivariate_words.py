"""The words of bivariate maps: of each area and class, alternative text, caption."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from ec_maps.analysis.bivariate import BETWEEN, CLASSES, DRIVERS, KINDS, THIRDS, class_number, kind_of, thirds_of
from ec_maps.areas import wording
from ec_maps.areas.wording import series
from ec_maps.geography.levels import Level, level_named
from ec_maps.measures import measure_named

if TYPE_CHECKING:
    import geopandas as gpd

    from ec_maps.areas.selection import Selection

#: The names of the corners' colours, by class.
_COLOURS = {1: "purple", 3: "orange", 7: "teal", 9: "ice blue"}

#: The names of the three thirds.
THIRD_IN_WORDS = {1: "lowest", 2: "middle", THIRDS: "highest"}


def level_of(areas: pd.DataFrame) -> Level:
    """Return the level of a table of areas."""
    return level_named("msoa" if "msoa21cd" in areas else "lad")


def whole_in_words(areas: gpd.GeoDataFrame) -> str:
    """Return which areas thirds are cut over: "the 7,089 neighbourhoods of England and Wales with both values"."""
    return f"the {areas.attrs['with_both']:,} {level_of(areas).areas} of {wording.universe(areas)} with both values"


def descriptions(areas: pd.DataFrame) -> list[str]:
    """Return the description of each area: "Leeds: exposure 51.2%, bias 8.1%; in between (near a cut point)"."""
    level, found = level_of(areas), []
    known = areas["msoa21hclnm"] if level.key == "msoa" and "msoa21hclnm" in areas else [None] * len(areas)
    for row, called in zip(areas.to_dict("records"), known, strict=True):
        name = f"{row[level.name]} ({called})" if isinstance(called, str) else row[level.name]
        if pd.isna(row["exposure"]) and pd.isna(row["bias"]):
            found.append(f"{name}: no published estimate")
            continue
        values = ", ".join(f"{key} {measure_named(key).format(row[key])}" for key in DRIVERS)
        kind = "" if pd.isna(row["kind"]) else f"; {row['kind']}"
        near = " (near a cut point)" if kind and row["near_cut"] else ""
        found.append(f"{name}: {values}{kind}{near}")
    return found


def class_in_words(number: int) -> str:
    """Return the description of a class: "lowest third of exposure, highest third of bias; fewer to meet, and …"."""
    exposure, bias = thirds_of(number)
    thirds = f"{THIRD_IN_WORDS[exposure]} third of exposure, {THIRD_IN_WORDS[bias]} third of bias"
    return f"{thirds}; {kind_of(exposure, bias)}"


def counts(areas: pd.DataFrame) -> list[int]:
    """Return the number of areas in each of the nine classes, class 1 first."""
    found = class_numbers(areas)
    return [found.count(number) for number in range(1, CLASSES + 1)]


def class_numbers(areas: pd.DataFrame) -> list[int]:
    """Return the class of each area, 1 to 9, or 0 for one that lacks either value."""
    thirds = (areas[f"{key}_third"].fillna(0).astype(int) for key in DRIVERS)
    return [class_number(*pair) if all(pair) else 0 for pair in zip(*thirds, strict=True)]


def in_between(found: list[int]) -> int:
    """Return how many areas are in none of the corner classes, from the counts of the nine."""
    return sum(found) - sum(found[kind.number - 1] for kind in KINDS)


def alt_text(areas: gpd.GeoDataFrame, place: Selection | None = None) -> str:
    """Return the alternative text: the number of areas in each corner class, the ends, and the missing."""
    found, level = counts(areas), level_of(areas)
    corners = [f"{_COLOURS[kind.number]} ({kind.name}) {found[kind.number - 1]:,}" for kind in KINDS]
    where = place.inside if place else wording.universe(areas)
    over = f", cut over {whole_in_words(areas)}" if place else ""
    counted = (
        f"Of the {sum(found):,} {level.areas} with both values: {'; '.join(corners)}; one of five colours {BETWEEN} "
        f"{in_between(found):,}."
    )
    return wording.joined(
        f"Map of {where} by {level.area} in nine colours: exposure in thirds by bias in thirds{over}.",
        counted if sum(found) > 1 else f"{_few(areas, where)}.",
        *_ends(areas, level),
        _missing(areas, level),
    )


def _ends(areas: gpd.GeoDataFrame, level: Level) -> list[str]:
    """Return the lowest and the highest value of both, each in a sentence."""
    ends = []
    for key in DRIVERS:
        valued = areas[areas[key].notna()].sort_values(key, kind="stable")
        said = (
            [
                f"{measure_named(key).format(row[key])} in {wording.the_district(row[level.name])}"
                for _, row in valued.iloc[[0, -1]].iterrows()
            ]
            if len(valued)
            else []
        )
        if len(valued) == 1:
            ends.append(f"{key.capitalize()} is {said[0]}.")
        elif said:
            ends.append(f"{key.capitalize()} runs from {said[0]} to {said[1]}.")
    return ends


def caption(areas: gpd.GeoDataFrame, place: Selection | None = None) -> str:
    """Return the caption: the number of areas of each kind, where most of them are, and the missing."""
    found, level = counts(areas), level_of(areas)
    if place is None:
        between = in_between(found)
        finding = f"Of {sum(found):,} {level.areas}, {between:,} {wording.are(between)} {BETWEEN}."
        parts = [part for kind in KINDS if (part := _by_region(areas, kind.name))]
        return wording.joined(finding, f"{'; '.join(parts)}." if parts else "", _missing(areas, level))
    return wording.joined(place.sentence, local_finding(areas, place.inside), _missing(areas, level))


def local_finding(areas: gpd.GeoDataFrame, where: str) -> str:
    """Return how many neighbourhoods of a place are of each kind, and how many are near a cut, in sentences."""
    found = counts(areas)
    both, over = sum(found), f"Thirds are cut over {whole_in_words(areas)}."
    if both < 2:
        return f"{_few(areas, where)}. {over}"
    parts = [f"“{kind.name}” {found[kind.number - 1]:,}" for kind in KINDS if found[kind.number - 1]]
    if between := in_between(found):
        parts.append(f"{BETWEEN} {between:,}")
    near = int(areas["near_cut"].sum())
    beside = f"{wording.capital(wording.some(near))} of them {wording.are(near)} near a cut point." if near else ""
    which = f"the {both:,} neighbourhoods of {where}" + ("" if both == len(areas) else " with both values")
    sentences = (f"Of {which}: {'; '.join(parts)}.", beside, over)
    return " ".join(filter(None, sentences))


def _few(areas: gpd.GeoDataFrame, where: str) -> str:
    """Return what the only neighbourhood with both values is, or that there is none."""
    there = areas[areas["kind"].notna()]
    if there.empty:
        return f"No neighbourhood of {where} has both values"
    only = there.iloc[0]
    kind = only["kind"] if only["kind"] == BETWEEN else f"“{only['kind']}”"
    with_both, near = "" if len(areas) == 1 else " with both values", ", near a cut point" if only["near_cut"] else ""
    return f"The only neighbourhood of {where}{with_both} is {kind}{near}"


def _by_region(areas: gpd.GeoDataFrame, kind: str) -> str:
    """Return how many areas are of a kind, and the region with most of them; empty if none is."""
    regions = areas.loc[(areas["kind"] == kind).fillna(False).astype(bool), "rgn21nm"].value_counts()  # noqa: FBT003
    if not len(regions):
        return ""
    # Equal counts are named together, so that the sentence does not depend on the order of rows.
    most = sorted(str(name) for name in regions.index[regions == regions.iloc[0]])
    where = series([wording.the(name) for name in most])
    each = " each" if len(most) > 1 else ""
    regions_in_words = f"the most in {where} ({regions.iloc[0]:,}{each})" if len(regions) > 1 else f"in {where}"
    return f"“{kind}”: {regions.sum():,}, {regions_in_words}"


def _missing(areas: gpd.GeoDataFrame, level: Level) -> str:
    lacking = int(areas["kind"].isna().sum())
    if not lacking:
        return ""
    lack = f"{level.area} lacks" if lacking == 1 else f"{level.areas} lack"
    return f"{wording.capital(wording.some(lacking))} {lack} one or both values and {wording.are(lacking)} hatched."
