"""The profile of a group of districts: its districts, and how its neighbourhoods are spread over the deciles.

A group has no value: the Atlas publishes none, and a mean of its districts' would be one of averages.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import geopandas as gpd
import pandas as pd

from ec_maps.analysis.district import Profile, check_tables
from ec_maps.areas.deciles import GROUPS
from ec_maps.areas.groups import PlaceGroup
from ec_maps.areas.ranks import rank_spans
from ec_maps.areas.wording import are, capital, series, some, the
from ec_maps.errors import PlaceError, listed

#: How many neighbourhoods are named at either end.
ENDS = 5

#: As many deciles at either end are counted in the summary.
_PAIR = 2


@dataclass(frozen=True)
class GroupProfile(Profile):
    """The profile of one group.

    `districts` are its rows of `lads`, in its order, with the ends of their ranks; `msoas` its neighbourhoods, and
    `country` the values of all neighbourhoods of England and Wales.
    """

    group: PlaceGroup
    districts: gpd.GeoDataFrame
    lads: gpd.GeoDataFrame
    msoas: gpd.GeoDataFrame
    country: pd.Series

    @property
    def name(self) -> str:
        """The group's name."""
        return self.group.name

    @property
    def in_sentence(self) -> str:
        """Its name as it stands in a sentence."""
        return self.group.in_sentence

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes of its districts."""
        return self.group.codes

    @property
    def regions(self) -> tuple[str, ...]:
        """The regions that it lies in."""
        return self.group.regions

    @property
    def beyond(self) -> bool:
        """Whether it lies where there are no neighbourhoods: no group does."""
        return False

    @property
    def value(self) -> float:
        """NaN, as it has none."""
        return math.nan

    @cached_property
    def region_median(self) -> float:
        """The median of the districts of its region; NaN if it lies in several."""
        if len(self.regions) > 1:
            return math.nan
        return float(self.lads.loc[self.lads["rgn21nm"] == self.regions[0], self.measure].median())

    @property
    def what(self) -> str:
        """What it is: "a county of seven local authorities in the East of England"."""
        where = series([the(region) for region in self.regions])
        return f"a {self.group.kind} of {some(len(self.codes))} local authorities in {where}"

    @property
    def ends(self) -> tuple[int, int]:
        """How many of its neighbourhoods are in the two lowest deciles, and how many in the two highest."""
        return sum(self.deciles[:_PAIR]), sum(self.deciles[-_PAIR:])

    @property
    def summary(self) -> str:
        """How many of its neighbourhoods are at either end, in one or two sentences, 45 words at most."""
        number, valued = len(self.msoas), sum(self.deciles)
        if not valued:
            return f"None of the {number} neighbourhoods of {self.in_sentence} has a published estimate."
        low, high = self.ends
        share = round(valued * _PAIR / GROUPS)
        of = f"Of the {valued} neighbourhoods of {self.in_sentence}{' with an estimate' if valued < number else ''}"
        return (
            f"{of}, {some(low)} {are(low)} in the two lowest deciles of England and Wales and {some(high)} "
            f"{are(high)} in the two highest. If all places were alike, it would be about {some(share)} in each pair."
        )

    @property
    def inside(self) -> str:
        """How its neighbourhoods are spread over the deciles, and the range of their values."""
        return self.spread if sum(self.deciles) else ""

    @property
    def no_value(self) -> str:
        """Why it has no value, in a sentence."""
        return (
            f"{capital(self.in_sentence)} is {self.what}. The Atlas publishes no value for it as a whole, and an "
            f"average of averages would hide what differs inside, so that it has none here."
        )

    def lowest(self, *, highest: bool = False) -> pd.DataFrame:
        """Return its lowest neighbourhoods, the lowest first, or the highest, highest first; at most half of all."""
        valued = pd.DataFrame(self.msoas[self.msoas[self.measure].notna()])
        ranked = valued.sort_values([self.measure, "msoa21cd"], ascending=[not highest, True])
        return ranked.head(min(ENDS, len(valued) // 2))


def group_profile(lads: gpd.GeoDataFrame, msoas: gpd.GeoDataFrame, group: PlaceGroup) -> GroupProfile:
    """Return the profile of a group, from whole tables of :func:`ec_maps.load_areas`.

    Raises
    ------
    PlaceError
        If a district of the group is not in `lads`.
    SettingError
        If the tables are not of one measure of the Atlas, in deciles.
    """
    check_tables(lads, msoas)
    rows = lads.set_index("lad21cd", drop=False)
    if absent := [place.name for place in group.places if place.lad21cd not in rows.index]:
        msg = f"The table lacks local authorities of {group.name}: {listed(absent)}. Give the whole table."
        raise PlaceError(msg)
    districts = rows.loc[list(group.codes)].reset_index(drop=True)
    districts.attrs = lads.attrs
    found = GroupProfile(group, districts, lads, lads.iloc[:0], pd.Series(dtype=float))
    spans = rank_spans(districts[found.measure], found.entry.tolerance, among=lads[found.measure])
    for end, ranks in zip(("rank_low", "rank_high"), spans, strict=True):
        districts[end] = pd.Series(ranks, districts.index).astype("Int64")
    order = {code: at for at, code in enumerate(group.codes)}
    inside = msoas[msoas["lad21cd"].isin(group.codes)]
    inside = inside.iloc[inside["lad21cd"].map(order).argsort(kind="stable")].reset_index(drop=True)
    return GroupProfile(group, districts, lads, inside, msoas[found.measure].dropna())
