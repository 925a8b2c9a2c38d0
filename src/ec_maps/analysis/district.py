"""The profile of a district: its value, tenth and rank, against its region and the country, and the spread inside."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import geopandas as gpd
import pandas as pd
import shapely

from ec_maps.areas.deciles import GROUPS
from ec_maps.areas.wording import capital, rank_in_words, series, some, tenth_in_words, the, the_district, universe
from ec_maps.errors import PlaceError
from ec_maps.geography.codes import BEYOND
from ec_maps.measures import HEADLINE, Measure, measure_named, measure_of

#: Outlines that are drawn apart by no more than this share a border all the same, in metres.
_TOUCHING = 50.0

#: Of fewer neighbourhoods the middle half is not worth a sentence.
_ENOUGH = 8


@dataclass(frozen=True)
class DistrictProfile:
    """The profile of one district.

    Attributes
    ----------
    district
        Its row of the table of districts.
    lads
        The whole table of districts that it is counted among: see :func:`ec_maps.load_areas`.
    msoas
        The rows of its neighbourhoods, perhaps none.
    country
        The values of all neighbourhoods of England and Wales that have one.
    surroundings
        The districts among which its neighbours are: `lads`, or those of the United Kingdom.
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
    def region(self) -> str:
        """The region that it lies in."""
        return str(self.district["rgn21nm"])

    @property
    def beyond(self) -> bool:
        """Whether it lies in Scotland or Northern Ireland, where there are no neighbourhoods (MSOAs)."""
        return self.region in BEYOND

    @property
    def universe(self) -> str:
        """What its tenth and rank are of, in words: "England and Wales" or "the United Kingdom"."""
        return universe(self.lads)

    @property
    def value(self) -> float:
        """Its value in the measure's unit, or NaN."""
        return float(self.district[self.measure])

    @cached_property
    def tenths(self) -> list[int]:
        """How many of its neighbourhoods are in each of the ten tenths."""
        found = self.msoas["decile"].value_counts()
        return [int(found.get(tenth, 0)) for tenth in range(1, GROUPS + 1)]

    @property
    def measure(self) -> str:
        """The measure's column."""
        return measure_of(self.lads).key

    @property
    def entry(self) -> Measure:
        """The measure, as the codebook has it."""
        return measure_of(self.lads)

    @property
    def finding(self) -> str:
        """Its value, in words: "47.2% of low-income people’s friends are high-income"; not for a missing one."""
        if self.entry == measure_named(HEADLINE):
            return f"{self.entry.format(self.value)} of low-income people’s friends are high-income"
        return f"the figure for {self.entry.title.lower()} is {self.entry.format(self.value)}"

    @property
    def headline(self) -> str:
        """Value, tenth and rank of the district, and how it compares with its region and the country."""
        return self.summary if math.isnan(self.value) else f"{self.summary} {self._compared()}"

    @property
    def summary(self) -> str:
        """Value, tenth and rank of the district."""
        where = the_district(self.name)
        if math.isnan(self.value):
            return (
                f"There is no published estimate of {self.entry.title.lower()} for {where} as a whole, so it is in no "
                f"tenth and has no rank."
            )
        rank = rank_in_words(self.lads[self.measure], self.value, self.entry.tolerance)
        return (
            f"In {where}, {self.finding}. That puts it in {tenth_in_words(self.district['decile'])}: {rank} local "
            f"authorities of {self.universe}."
        )

    @property
    def inside(self) -> str:
        """How its neighbourhoods are spread over the tenths and how far apart they lie."""
        valued = self.msoas[self.measure].dropna()
        number, blank = len(self.msoas), int(len(self.msoas) - len(valued))
        whole, said = capital(the_district(self.name)), self.entry.format
        if self.beyond and not number:
            return (
                f"Neighbourhood data stop at the border: the neighbourhoods mapped here (MSOAs) exist only in England "
                f"and Wales, so that {the_district(self.name)} is shown as a whole."
            )
        if not number:
            return f"No boundaries of neighbourhoods are known for {the_district(self.name)}."
        if valued.empty and number > 1:
            return f"None of its {number} neighbourhoods has a published estimate."
        if number == 1:
            only = self.msoas.iloc[0]
            told = "has no published estimate" if valued.empty else f"is at {said(float(valued.iloc[0]))}"
            place = "" if valued.empty else f", {tenth_in_words(only['decile'])} of all neighbourhoods"
            return f"{whole} is a single neighbourhood, which {told}{place}."
        counted = [f"{count} in tenth {tenth}" for tenth, count in enumerate(self.tenths, 1) if count]
        first, *rest = counted
        verb = "is" if first.startswith("1 ") else "are"
        counted = [first.replace(" ", f" {verb} ", 1), *rest]
        text = [f"Of its {number} neighbourhoods, {series(counted)} of all neighbourhoods of England and Wales."]
        if blank:
            text.append(f"{capital(some(blank))} {'has' if blank == 1 else 'have'} no published estimate.")
        if len(valued) == 1:
            return " ".join([*text, f"The one value is {said(valued.iloc[0])}."])
        low, high = valued.quantile([0.25, 0.75])
        half = f", half of them between {said(low)} and {said(high)}" if len(valued) >= _ENOUGH else ""
        text.append(
            f"Their values run from {said(valued.min())} to {said(valued.max())}{half}. The middle one is "
            f"{said(valued.median())}; of all neighbourhoods of England and Wales it is "
            f"{said(self.country.median())}."
        )
        return " ".join(text)

    @property
    def neighbours(self) -> list[str]:
        """The names of the districts of its surroundings that it shares a border with, in order of name."""
        tree = shapely.STRtree(self.surroundings.geometry.to_numpy())
        near = tree.query(self.district["geometry"], predicate="dwithin", distance=_TOUCHING)
        names = self.surroundings["lad21nm"].iloc[near]
        return sorted(names[names != self.name])

    def _compared(self) -> str:
        values = self.lads[self.measure]
        here = float(values[self.lads["rgn21nm"] == self.region].median())
        all_of_it = float(values.median())
        region, country = (_difference(self.entry, self.value, middle) for middle in (here, all_of_it))
        return (
            f"The middle local authority of {the(self.region)} is at {self.entry.format(here)}, {region}; that of "
            f"{self.universe} is at {self.entry.format(all_of_it)}, {country}."
        )


def district_profile(
    lads: gpd.GeoDataFrame, msoas: gpd.GeoDataFrame, lad_name: str, surroundings: gpd.GeoDataFrame | None = None
) -> DistrictProfile:
    """Return the profile of a district.

    Parameters
    ----------
    lads, msoas
        The tables of :func:`ec_maps.load_areas`, whole. A Scottish or Northern Irish district is only in a table of
        the United Kingdom.
    lad_name
        The district's name as in ``lad21nm``.
    surroundings
        The table of districts to look for its neighbours in; `lads` if not given.

    Raises
    ------
    PlaceError
        If no district of the table has the name.
    """
    rows = lads[lads["lad21nm"] == lad_name]
    if rows.empty:
        msg = f'There is no local authority "{lad_name}" in the table. ec-maps places lists them.'
        raise PlaceError(msg)
    measure = measure_of(lads).key
    inside = msoas[msoas["lad21nm"] == lad_name].reset_index(drop=True)
    around = lads if surroundings is None else surroundings
    return DistrictProfile(rows.iloc[0], lads, inside, msoas[measure].dropna(), around)


def _difference(measure: Measure, value: float, middle: float) -> str:
    """Return how far a middle value lies from the district's, as a reader finds who subtracts what is shown."""
    scale = 1 if measure.unit == "rate" else 100
    points = round(round(scale * middle, 1) - round(scale * value, 1), 1)
    if not points:
        return "level with it"
    unit = "" if measure.unit == "rate" else " percentage point" if abs(points) == 1 else " percentage points"
    return f"{abs(points):.1f}{unit} {'higher' if points > 0 else 'lower'}"
