"""Where a district stands: its value, tenth and rank, against its region and the country, and the spread inside."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import geopandas as gpd
import pandas as pd
import shapely

from ec_maps.deciles import GROUPS
from ec_maps.describe import capital, ordinal, percent, some, tenth_in_words, the, the_district
from ec_maps.errors import PlaceError
from ec_maps.levels import measure_named
from ec_maps.markup import series

#: Outlines that are drawn apart by no more than this share a border all the same, in metres.
_TOUCHING = 50.0

#: Of fewer neighbourhoods the middle half is not worth a sentence.
_ENOUGH = 8


@dataclass(frozen=True)
class Standing:
    """Where one district stands.

    Attributes
    ----------
    district
        Its row of the table of districts.
    lads
        The whole table of districts: see :func:`ec_maps.load_areas`.
    msoas
        The rows of its neighbourhoods, perhaps none.
    country
        The values of all neighbourhoods of England and Wales that have one.
    """

    district: pd.Series
    lads: gpd.GeoDataFrame
    msoas: gpd.GeoDataFrame
    country: pd.Series

    @property
    def name(self) -> str:
        """The district's official name."""
        return str(self.district["lad21nm"])

    @property
    def region(self) -> str:
        """The region that it lies in."""
        return str(self.district["rgn21nm"])

    @property
    def value(self) -> float:
        """Its value as a share, or NaN."""
        return float(self.district[self.measure])

    @cached_property
    def tenths(self) -> list[int]:
        """How many of its neighbourhoods are in each of the ten tenths."""
        found = self.msoas["decile"].value_counts()
        return [int(found.get(tenth, 0)) for tenth in range(1, GROUPS + 1)]

    @property
    def measure(self) -> str:
        """The measure's column."""
        return str(self.lads.attrs.get("measure", "economic_connectedness"))

    @property
    def headline(self) -> str:
        """Value, tenth and rank of the district, and how it compares with its region and the country."""
        return self.summary if math.isnan(self.value) else f"{self.summary} {self._compared()}"

    @property
    def summary(self) -> str:
        """Value, tenth and rank of the district."""
        where, measure = the_district(self.name), measure_named(self.measure)
        if math.isnan(self.value):
            return (
                f"There is no published estimate of {measure.title.lower()} for {where} as a whole, so it is in no "
                f"tenth and has no rank."
            )
        return (
            f"In {where}, {percent(self.value)} of low-income people’s friends are high-income. That puts it in "
            f"{tenth_in_words(self.district['decile'])}: {self._rank()} local authorities of England and Wales."
        )

    @property
    def inside(self) -> str:
        """How its neighbourhoods are spread over the tenths and how far apart they lie."""
        valued = self.msoas[self.measure].dropna()
        number, blank = len(self.msoas), int(len(self.msoas) - len(valued))
        whole = capital(the_district(self.name))
        if not number:
            return f"No boundaries of neighbourhoods are known for {the_district(self.name)}."
        if valued.empty and number > 1:
            return f"None of its {number} neighbourhoods has a published estimate."
        if number == 1:
            only = self.msoas.iloc[0]
            told = "has no published estimate" if valued.empty else f"is at {percent(float(valued.iloc[0]))}"
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
            return " ".join([*text, f"The one value is {percent(valued.iloc[0])}."])
        low, high = valued.quantile([0.25, 0.75])
        half = f", half of them between {percent(low)} and {percent(high)}" if len(valued) >= _ENOUGH else ""
        text.append(
            f"Their values run from {percent(valued.min())} to {percent(valued.max())}{half}. The middle one is "
            f"{percent(valued.median())}; of all neighbourhoods of England and Wales it is "
            f"{percent(self.country.median())}."
        )
        return " ".join(text)

    @property
    def neighbours(self) -> list[str]:
        """The names of the districts of England and Wales that it shares a border with, in order of name."""
        tree = shapely.STRtree(self.lads.geometry.to_numpy())
        near = tree.query(self.district["geometry"], predicate="dwithin", distance=_TOUCHING)
        names = self.lads["lad21nm"].iloc[near]
        return sorted(names[names != self.name])

    def _rank(self) -> str:
        """Return "12th highest of 331", counted from the nearer end."""
        values = self.lads[self.measure].dropna()
        above, below = int((values > self.value).sum()), int((values < self.value).sum())
        joint = "joint " if int((values == self.value).sum()) > 1 else ""
        end, place = ("highest", above) if above <= below else ("lowest", below)
        return f"{joint}{f'{ordinal(place + 1)} ' if place else ''}{end} of {len(values)}"

    def _compared(self) -> str:
        values = self.lads[self.measure]
        here = float(values[self.lads["rgn21nm"] == self.region].median())
        all_of_it = float(values.median())
        region, country = _difference(self.value, here), _difference(self.value, all_of_it)
        return (
            f"The middle local authority of {the(self.region)} is at {percent(here)}, {region}; that of England and "
            f"Wales is at {percent(all_of_it)}, {country}."
        )


def standing(lads: gpd.GeoDataFrame, msoas: gpd.GeoDataFrame, lad_name: str) -> Standing:
    """Return where a district stands.

    Parameters
    ----------
    lads, msoas
        The tables of :func:`ec_maps.load_areas`, whole.
    lad_name
        The district's name as in ``lad21nm``.

    Raises
    ------
    PlaceError
        If no district of the table has the name.
    """
    rows = lads[lads["lad21nm"] == lad_name]
    if rows.empty:
        msg = f'There is no local authority "{lad_name}" in the table. ec-maps places lists them.'
        raise PlaceError(msg)
    measure = lads.attrs.get("measure", "economic_connectedness")
    inside = msoas[msoas["lad21nm"] == lad_name].reset_index(drop=True)
    return Standing(rows.iloc[0], lads, inside, msoas[measure].dropna())


def _difference(value: float, middle: float) -> str:
    """Return how far a middle value lies from the district's, in points as the two percentages are shown."""
    points = round(round(100 * middle, 1) - round(100 * value, 1), 1)
    if not points:
        return "level with it"
    word = "point" if abs(points) == 1 else "points"
    return f"{abs(points):.1f} percentage {word} {'higher' if points > 0 else 'lower'}"
