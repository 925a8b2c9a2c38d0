"""What the two-way map says in words: of each district and class, its alternative text and its caption."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ec_maps.analysis.kinds import BETWEEN, CLASSES, KINDS, THIRDS, class_number, thirds_of
from ec_maps.areas import wording
from ec_maps.measures import measure_named
from ec_maps.site.markup import series

if TYPE_CHECKING:
    import geopandas as gpd

#: What the corners' colours are called, by class.
_COLOURS = {1: "purple", 3: "orange", 7: "teal", 9: "ice blue"}

#: What the three thirds are called.
THIRD_IN_WORDS = {1: "lowest", 2: "middle", THIRDS: "highest"}


def said(row: object) -> str:
    """Return what is said of a district: "Leeds: exposure 51.2%, bias 8.1%; in between"."""
    name, exposure, bias, kind = (getattr(row, key) for key in ("lad21nm", "exposure", "bias", "kind"))
    one, other = measure_named("exposure").said(exposure), measure_named("bias").said(bias)
    if pd.isna(kind) and pd.isna(exposure) and pd.isna(bias):
        return f"{name}: no published estimate"
    return f"{name}: exposure {one}, bias {other}" + ("" if pd.isna(kind) else f"; {kind}")


def class_in_words(number: int) -> str:
    """Return what a class is: "lowest third of exposure, highest third of bias; fewer to meet, and …"."""
    exposure, bias = thirds_of(number)
    kind = next((kind.name for kind in KINDS if kind.number == number), BETWEEN)
    return f"{THIRD_IN_WORDS[exposure]} third of exposure, {THIRD_IN_WORDS[bias]} third of bias; {kind}"


def counts(areas: pd.DataFrame) -> list[int]:
    """Return how many districts are in each of the nine classes, class 1 first."""
    found = np.array(class_numbers(areas[areas["kind"].notna()]), dtype=np.int64)
    return [int(count) for count in np.bincount(found, minlength=CLASSES + 1)[1:]]


def alt_text(areas: gpd.GeoDataFrame) -> str:
    """Return what the map shows: its kind, how many districts are in each corner, the ends, the missing."""
    found = counts(areas)
    corners = [f"{_COLOURS[kind.number]} ({kind.name}) {found[kind.number - 1]}" for kind in KINDS]
    ends = []
    for key in ("exposure", "bias"):
        valued = areas[areas[key].notna()].sort_values(key, kind="stable")
        if len(valued):
            ends_of_it = valued.iloc[[0, -1]]
            one, other = (
                f"{value} in {wording.the_district(name)}"
                for name, value in zip(ends_of_it["lad21nm"], ends_of_it[key].map(measure_named(key).said), strict=True)
            )
            ends.append(f"{key.capitalize()} runs from {one} to {other}.")
    return wording.joined(
        f"Map of {wording.universe(areas)} by local authority in nine colours: exposure in thirds by bias in thirds.",
        f"Of the {sum(found)} local authorities with both values: {'; '.join(corners)}; one of five colours {BETWEEN} "
        f"{_between(found)}.",
        *ends,
        _missing(areas),
    )


def caption(areas: gpd.GeoDataFrame) -> str:
    """Return what the map says: how many are of each kind, where the most of them are, and what is missing."""
    found = counts(areas)
    parts = []
    for kind in KINDS:
        regions = areas.loc[areas["kind"] == kind.name, "rgn21nm"].value_counts()
        if len(regions):
            # Equal counts are named together, so that the sentence does not depend on the order of rows.
            most = sorted(str(name) for name in regions.index[regions == regions.iloc[0]])
            where = series([wording.the(name) for name in most])
            each = " each" if len(most) > 1 else ""
            told = f"the most in {where} ({regions.iloc[0]}{each})" if len(regions) > 1 else f"in {where}"
            parts.append(f"“{kind.name}”: {regions.sum()}, {told}")
    finding = f"Of {sum(found)} local authorities, {_between(found)} are {BETWEEN}."
    return wording.joined(finding, f"{'; '.join(parts)}." if parts else "", _missing(areas))


def _between(found: list[int]) -> int:
    return sum(found) - sum(found[kind.number - 1] for kind in KINDS)


def _missing(areas: gpd.GeoDataFrame) -> str:
    blank = int(areas["kind"].isna().sum())
    if not blank:
        return ""
    lack = "local authority lacks" if blank == 1 else "local authorities lack"
    are = "is" if blank == 1 else "are"
    return f"{wording.capital(wording.some(blank))} {lack} one or both values and {are} hatched."


def class_numbers(valued: pd.DataFrame) -> list[int]:
    """Return the class of each district, 1 to 9; all of them have one."""
    return [
        class_number(int(exposure), int(bias))
        for exposure, bias in zip(valued["exposure_third"], valued["bias_third"], strict=True)
    ]
