"""The profile of a district: value, decile and rank, its region and the country, and the spread inside it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import geopandas as gpd
import pandas as pd
import shapely

from ec_maps.about import About, measure_of
from ec_maps.areas.deciles import GROUPS
from ec_maps.areas.finder import find_place
from ec_maps.areas.wording import capital, decile_in_words, rank_in_words, series, some, the, the_district, universe
from ec_maps.errors import SettingError
from ec_maps.geography.codes import BEYOND
from ec_maps.measures import HEADLINE, Measure, measure_named

#: Districts share a border if their outlines are no further apart than this, in metres.
_TOUCHING = 50.0

#: With fewer neighbourhoods, no interquartile range is given.
ENOUGH = 8


class Profile:
    """What the profiles of a district and of a group have in common: tables, and words on the neighbourhoods."""

    lads: gpd.GeoDataFrame
    msoas: gpd.GeoDataFrame
    country: pd.Series

    @property
    def universe(self) -> str:
        """The areas that its decile and rank refer to: "England and Wales" or "the United Kingdom"."""
        return universe(self.lads)

    @cached_property
    def deciles(self) -> list[int]:
        """How many of its neighbourhoods are in each decile, lowest first."""
        found = self.msoas["decile"].value_counts()
        return [int(found.get(decile, 0)) for decile in range(1, GROUPS + 1)]

    @property
    def measure(self) -> str:
        """The measure's column."""
        return measure_of(self.lads).key

    @property
    def entry(self) -> Measure:
        """The measure's entry in the codebook."""
        return measure_of(self.lads)

    @cached_property
    def median(self) -> float:
        """The median of the districts that it is compared with."""
        return float(self.lads[self.measure].median())

    @property
    def caution(self) -> str:
        """What to bear in mind before one quotes a number of it, in sentences."""
        single = ", and read groups of neighbourhoods rather than single ones" if len(self.msoas) else ""
        return (
            "The number describes the friendships of residents, wherever their friends live, not what happens inside "
            "the boundary. It is an average over an area and says nothing about any one person. It is an estimate for "
            f"Facebook users aged 25 to 64: do not rank two places whose values differ only in the last digit{single}. "
            "It is related to other things, above all to the income of an area, and does not explain them."
        )

    @property
    def spread(self) -> str:
        """How many of its neighbourhoods, two or more with a value, are in each decile, and the range of the values."""
        valued = self.msoas[self.measure].dropna()
        number, missing, shown = len(self.msoas), int(len(self.msoas) - len(valued)), self.entry.format
        counted = [f"{count} in decile {decile}" for decile, count in enumerate(self.deciles, 1) if count]
        first, *rest = counted
        verb = "is" if first.startswith("1 ") else "are"
        counted = [first.replace(" ", f" {verb} ", 1), *rest]
        text = [f"Of its {number} neighbourhoods, {series(counted)} of all neighbourhoods of England and Wales."]
        if missing:
            text.append(f"{capital(some(missing))} {'has' if missing == 1 else 'have'} no published estimate.")
        if len(valued) == 1:
            return " ".join([*text, f"The one value is {shown(valued.iloc[0])}."])
        low, high = valued.quantile([0.25, 0.75])
        half = f", half of them between {shown(low)} and {shown(high)}" if len(valued) >= ENOUGH else ""
        text.append(
            f"Their values run from {shown(valued.min())} to {shown(valued.max())}{half}. Their median is "
            f"{shown(valued.median())}; the median of all neighbourhoods of England and Wales is "
            f"{shown(self.country.median())}."
        )
        return " ".join(text)


@dataclass(frozen=True)
class DistrictProfile(Profile):
    """The profile of one district.

    `district` is its row of `lads`, the whole table of districts that it is compared with; `msoas` are its
    neighbourhoods, of which there may be none; `country` has the values of all neighbourhoods of England and Wales, and
    `surroundings` the districts to look for neighbours in.
    """

    district: pd.Series
    lads: gpd.GeoDataFrame
    msoas: gpd.GeoDataFrame
    country: pd.Series
    surroundings: gpd.GeoDataFrame

    @property
    def name(self) -> str:
        """The district's official name."""
        return str(self.district["lad21nm"])

    @property
    def in_sentence(self) -> str:
        """Its name as it stands in a sentence: "the Isle of Wight"."""
        return the_district(self.name)

    @property
    def codes(self) -> tuple[str, ...]:
        """Its code alone, as for a group those of its districts."""
        return (str(self.district["lad21cd"]),)

    @property
    def region(self) -> str:
        """The region that it lies in."""
        return str(self.district["rgn21nm"])

    @property
    def regions(self) -> tuple[str, ...]:
        """Its region alone, as for a group all that it lies in."""
        return (self.region,)

    @property
    def beyond(self) -> bool:
        """Whether it lies in Scotland or Northern Ireland, where there are no neighbourhoods (MSOAs)."""
        return self.region in BEYOND

    @property
    def value(self) -> float:
        """Its value in the measure's unit, or NaN."""
        return float(self.district[self.measure])

    @property
    def finding(self) -> str:
        """Its value, in words: "47.2% of low-income people’s friends are high-income"; not for a missing value."""
        if self.entry == measure_named(HEADLINE):
            return f"{self.entry.format(self.value)} of low-income people’s friends are high-income"
        return f"the figure for {self.entry.title.lower()} is {self.entry.format(self.value)}"

    @property
    def compared(self) -> str:
        """How far the medians of its region and of the country lie from its value; empty for a missing value."""
        return compared_in_words(self.entry, self.value, self.region, (self.region_median, self.median), self.universe)

    @property
    def summary(self) -> str:
        """Value, decile and rank of the district in one or two sentences, 45 words at most."""
        where = the_district(self.name)
        if math.isnan(self.value):
            return (
                f"There is no published estimate of {self.entry.title.lower()} for {where} as a whole, so it is in no "
                f"decile and has no rank."
            )
        rank = rank_in_words(self.lads[self.measure], self.value, self.entry.tolerance)
        decile = int(self.district["decile"])
        ends = {1: "the lowest decile", GROUPS: "the highest decile"}
        group = ends.get(decile, f"decile {decile} of {GROUPS}, where 1 is lowest")
        return f"In {where}, {self.finding}. That puts it in {group}: {rank} local authorities in {self.universe}."

    @property
    def inside(self) -> str:
        """How its neighbourhoods are spread over the deciles, and the range of their values."""
        valued = self.msoas[self.measure].dropna()
        number, whole, shown = len(self.msoas), capital(the_district(self.name)), self.entry.format
        if self.beyond and not number:
            return (
                f"Neighbourhood data cover England and Wales only: the neighbourhoods mapped here (MSOAs) exist only "
                f"there, so that {the_district(self.name)} is shown as a whole."
            )
        if not number:
            return f"There are no boundaries of neighbourhoods for {the_district(self.name)}."
        if valued.empty and number > 1:
            return f"None of its {number} neighbourhoods has a published estimate."
        if number == 1:
            only = self.msoas.iloc[0]
            value = "has no published estimate" if valued.empty else f"is at {shown(float(valued.iloc[0]))}"
            place = "" if valued.empty else f", {decile_in_words(only['decile'])} of all neighbourhoods"
            return f"{whole} is a single neighbourhood, which {value}{place}."
        return self.spread

    @cached_property
    def region_median(self) -> float:
        """The median of those in its region."""
        return float(self.lads.loc[self.lads["rgn21nm"] == self.region, self.measure].median())

    @property
    def neighbours(self) -> list[str]:
        """The names of the districts that share a border with it, in order of name."""
        tree = shapely.STRtree(self.surroundings.geometry.to_numpy())
        near = tree.query(self.district["geometry"], predicate="dwithin", distance=_TOUCHING)
        names = self.surroundings["lad21nm"].iloc[near]
        return sorted(names[names != self.name])


def district_profile(
    lads: gpd.GeoDataFrame, msoas: gpd.GeoDataFrame, lad_name: str, surroundings: gpd.GeoDataFrame | None = None
) -> DistrictProfile:
    """Return the profile of a district of whole tables of :func:`ec_maps.load_areas`, by its name or code.

    Its neighbours are looked for in `surroundings`, or else in `lads`. `PlaceError` is raised if it is not there.
    """
    check_tables(lads, msoas)
    district = lads[lads["lad21cd"] == find_place(lad_name, lads).lad21cd].iloc[0]
    measure = measure_of(lads).key
    inside = msoas[msoas["lad21nm"] == district["lad21nm"]].reset_index(drop=True)
    around = lads if surroundings is None else surroundings
    return DistrictProfile(district, lads, inside, msoas[measure].dropna(), around)


def check_tables(lads: gpd.GeoDataFrame, msoas: gpd.GeoDataFrame) -> None:
    """Raise `SettingError` unless two tables are of the deciles of one measure of the Atlas."""
    for about in (About.of(table) for table in (lads, msoas) if len(table)):
        if about.own or about.scheme != "deciles":
            msg = (
                f"A table is of {'a measure of your own' if about.own else 'other classes than deciles'}, and this "
                f"plot is made for deciles of the Atlas's measures, as load_areas gives them without scheme=."
            )
            raise SettingError(msg)
    titles = sorted({measure_of(lads).title, measure_of(msoas).title})
    if len(titles) > 1:
        msg = f"The two tables are of different measures: {' and '.join(titles)}. Load both of one."
        raise SettingError(msg)


def compared_in_words(measure: Measure, value: float, region: str, medians: tuple[float, float], universe: str) -> str:
    """Return how far the medians of its region and of all districts lie from a value; empty for a missing value."""
    if math.isnan(value):
        return ""
    regional, national = (
        f"{measure.format(median)}, {difference_in_words(measure, value, median)}" for median in medians
    )
    return (
        f"The median local authority in {the(region)} is at {regional}; in {universe} as a whole it is at {national}."
    )


def difference_in_words(measure: Measure, value: float, other: float) -> str:
    """Return how far another value lies from a district's, computed from both as displayed: "0.4 … points lower"."""
    scale = 1 if measure.unit == "rate" else 100
    points = round(round(scale * other, 1) - round(scale * value, 1), 1)
    if not points:
        return "level with it"
    unit = "" if measure.unit == "rate" else " percentage point" if abs(points) == 1 else " percentage points"
    return f"{abs(points):.1f}{unit} {'higher' if points > 0 else 'lower'}"
