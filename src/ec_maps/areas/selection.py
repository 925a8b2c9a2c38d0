"""What a map shows: a district or a region, or a group of them, from the text or texts that name it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ec_maps.areas.finder import (
    LOOK_UP,
    AnyPlace,
    each_of,
    find_places,
    find_region,
    gazetteer_of,
    match_region,
    name_of,
    said_twice,
)
from ec_maps.areas.groups import PlaceGroup, named_group
from ec_maps.areas.wording import are, capital, series, the, the_district
from ec_maps.errors import PlaceError, letter_of, listed
from ec_maps.geography.codes import BEYOND, official_districts
from ec_maps.geography.gazetteer import Gazetteer, Place
from ec_maps.geography.groups import group_like, groups_named, says_kind
from ec_maps.geography.names import folded, plain, quoted

if TYPE_CHECKING:
    import geopandas as gpd

DISTRICT, REGION, GROUP, NATION = "local authority", "region", "county or combined authority", "nation"

#: What is wider than a region, in the loosest form of its name, as it stands in a sentence.
NATIONS = {"england": "England", "england and wales": "England and Wales"}

#: Of more districts than this, a heading names the first five.
_NAMED = 6


@dataclass(frozen=True)
class Unit:
    """A district, a region, or a county or combined authority.

    `name` is as it stands in a sentence, `lacking` how many of its districts are on no map.
    """

    level: str
    name: str
    places: tuple[Place, ...]
    lacking: int = 0


@dataclass(frozen=True)
class Selection:
    """One unit, or several of one level."""

    units: tuple[Unit, ...]

    @property
    def places(self) -> list[Place]:
        """The districts, in the order of the units."""
        return [place for unit in self.units for place in unit.places]

    def rows(self, table: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
        """Return the rows of a table that lie in it, district by district in their order."""
        order = {(place.lad21cd, plain(place.name)): number for number, place in enumerate(self.places)}
        inside = table[table["lad21cd"].isin([code for code, _ in order])]
        # By name too, as districts of a table of one's own may share a code.
        keys = zip(inside["lad21cd"], inside["lad21nm"].map(plain), strict=True)
        at = np.array([order.get(key, -1) for key in keys], dtype=int)
        ranks = np.argsort(at, kind="stable") if self.is_group else np.arange(len(at))
        return inside.iloc[ranks[at[ranks] >= 0]]

    def drawn(self, table: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
        """Return :meth:`rows`; `PlaceError` if there are none."""
        rows = self.rows(table)
        if rows.empty:
            msg = (
                f"The table has no row of {self.inside}, so there is nothing to draw. Give the whole table of "
                f"load_areas, or a part with these areas."
            )
            raise PlaceError(msg)
        return rows

    def by_unit(self, table: gpd.GeoDataFrame) -> list[gpd.GeoDataFrame]:
        """Return the rows of a table that lie in it, in a table for each unit; units without rows are left out."""
        tables = [Selection((unit,)).rows(table) for unit in self.units]
        return [rows for rows in tables if len(rows)]

    @property
    def is_group(self) -> bool:
        """Whether it is other than one district or one region."""
        return len(self.units) > 1 or self.units[0].level == GROUP

    @property
    def is_short_list(self) -> bool:
        """Whether it is a list of districts, few enough that a heading names them all."""
        return self.units[0].level == DISTRICT and len(self.units) <= _NAMED

    @property
    def heading(self) -> str:
        """What it is: "the East of England", "Norfolk (7 local authorities)", "2 local authorities: Derby and York"."""
        names = [unit.name for unit in self.units]
        if not self.is_group:
            return names[0]
        if self.units[0].level == DISTRICT:
            more = len(names) - _NAMED + 1
            shown = [*names[: _NAMED - 1], f"{more} more"] if more > 1 else names
            return f"{len(names)} local authorities: {series(shown)}"
        there, lacking = len(self.places), sum(unit.lacking for unit in self.units)
        number = f"{there} of {there + lacking}" if lacking else str(there)
        return f"{series(names)} ({number} local authorit{'y' if number == '1' else 'ies'})"

    @property
    def sentence(self) -> str:
        """What a group is, in a sentence: "3 local authorities: A, B and C."; empty for one district or region."""
        return f"{capital(self.heading)}." if self.is_group else ""

    @property
    def inside(self) -> str:
        """What stands after "in" or "outside": "the East of England", "Norfolk", "these 2 local authorities"."""
        if self.is_group and self.units[0].level == DISTRICT:
            return f"these {len(self.units)} local authorities"
        return series([unit.name for unit in self.units])

    @property
    def its(self) -> str:
        """The possessive: "its" or "their"."""
        return "its" if len(self.units) == 1 else "their"


def known_districts(*tables: pd.DataFrame) -> pd.DataFrame:
    """Return ``lad21cd lad21nm rgn21nm`` of the districts of tables of any level."""
    columns = ["lad21cd", "lad21nm", "rgn21nm"]
    return pd.concat([table[columns] for table in tables], ignore_index=True).drop_duplicates()


def names_only(given: object, name: str, table: pd.DataFrame) -> bool:
    """Return whether what a caller wrote names one district of a table, the one of this name, and nothing else."""
    texts = each_of(given)
    if len(texts) != 1 or not isinstance(texts[0], str | Place):
        return False
    place = gazetteer_of(table).find(name_of(texts[0])) if texts[0] else None
    return place is not None and plain(place.name) == plain(name)


def select_districts(given: str | AnyPlace | Iterable[str | AnyPlace], known: pd.DataFrame) -> Selection:
    """Return the selection of a map by neighbourhood: one district or several, or counties or combined authorities.

    Parameters
    ----------
    given
        What the caller wrote: one name, code or place, or several.
    known
        The districts that can be shown, ``lad21cd lad21nm rgn21nm``.

    Raises
    ------
    PlaceError
        If something is unknown, no text, named twice, of another level than the rest, or without neighbourhoods.
    """
    gazetteer = _with_those_beyond(known)
    selection = _select(each_of(given), lambda text, where: _district_or_group(text, where, gazetteer), gazetteer)
    _refuse_beyond(selection)
    return selection


def select_any(given: str | AnyPlace | Iterable[str | AnyPlace], known: pd.DataFrame) -> Selection:
    """Return the selection of a list of neighbourhoods: places of any level, which may overlap.

    The parameters and errors are those of :func:`select_districts`; besides, regions, England, and England and Wales
    can be named.
    """
    gazetteer, regions = _with_those_beyond(known), sorted(known["rgn21nm"].unique())

    def unit(text: str, where: str) -> Unit:
        if name := NATIONS.get(folded(text)):
            outside = {*BEYOND, "Wales"} if name == "England" else {*BEYOND}
            return Unit(NATION, name, tuple(place for place in gazetteer.places if place.region not in outside))
        place = gazetteer.find(text)
        if place and plain(place.name) == plain(text):  # the City of London is not London
            return _district_or_group(text, where, gazetteer)
        return _region_or_less(text, where, gazetteer, [*regions, *BEYOND])

    selection = _select(each_of(given), unit, gazetteer, together=True)
    _refuse_beyond(selection)
    return selection


def _with_those_beyond(known: pd.DataFrame) -> Gazetteer:
    """Return the gazetteer of some districts and of those of Scotland and Northern Ireland."""
    there = {plain(name) for name in known["lad21nm"]}
    beyond = [
        (district.code, district.name, district.region)
        for district in official_districts().values()
        if district.region in BEYOND and plain(district.name) not in there
    ]
    return gazetteer_of(known_districts(known, pd.DataFrame(beyond, columns=["lad21cd", "lad21nm", "rgn21nm"])))


def _refuse_beyond(selection: Selection) -> None:
    """Raise `PlaceError` if places of Scotland or Northern Ireland are asked for by neighbourhood."""
    away = [place for place in selection.places if place.region in BEYOND]
    if not away:
        return
    regions = list(dict.fromkeys(place.region for place in away))
    named = [unit.name for unit in selection.units if unit.level == REGION and set(unit.places) <= set(away)]
    names = named or [the_district(place.name) for place in away]
    border = "neighbourhood data stop at the border"
    fact = f"{capital(series(names))} {are(len(names))} in {series(regions)}, and {border}"
    if named:
        fact = f"{capital(border)} of {series(names)}"
    msg = (
        f"{fact}: the neighbourhoods mapped here (MSOAs) exist only in England and Wales. The map of the region "
        f"{series([quoted(region) for region in regions], 'or')} has {'it' if len(names) == 1 else 'them'}, from a "
        f'table with scope="uk" (ec-maps map region "{regions[0]}").'
    )
    raise PlaceError(msg)


def select_regions(given: str | AnyPlace | Iterable[str | AnyPlace], known: pd.DataFrame) -> Selection:
    """Return the selection of a map by district: one region or several, districts in a list, or counties and the like.

    The parameters and errors are those of :func:`select_districts`; one district alone is refused.
    """
    gazetteer, regions = gazetteer_of(known), sorted(known["rgn21nm"].unique())

    def unit(text: str, where: str) -> Unit:
        if match_region(text, BEYOND) and not match_region(text, regions):
            find_region(text, regions)
        return _region_or_less(text, where, gazetteer, regions)

    if isinstance(given, str) and not groups_named(given):
        find_region(given, regions)
    return _select(each_of(given), unit, gazetteer)


def select_highlighted(
    given: str | AnyPlace | Iterable[str | AnyPlace], known: pd.DataFrame, shown: Selection
) -> list[Place]:
    """Return the districts to highlight, each once; `PlaceError` if one is unknown or not in the selection."""
    places = find_places(given, known, what="the places to highlight", once=False)
    if strangers := [place.name for place in places if place not in shown.places]:
        msg = (
            f"{listed(strangers)}: not a local authority of {shown.inside}, whose districts are "
            f"{listed(sorted(place.name for place in shown.places), 12)}."
        )
        raise PlaceError(msg)
    return places


def _select(
    texts: list[object], unit_of: Callable[[str, str], Unit], gazetteer: Gazetteer, *, together: bool = False
) -> Selection:
    """Return the units that texts name, checked as a group, or raise `PlaceError` with all faults.

    With `together`, they may be of several levels and overlap.
    """
    if not texts:
        msg = f"No place given: the list is empty. {LOOK_UP}"
        raise PlaceError(msg)
    found: dict[Unit, tuple[int, str]] = {}
    faults, misnamed = [], False
    for number, given in enumerate(texts, 1):
        where = f" (place {number})" if len(texts) > 1 else ""
        try:
            if isinstance(given, PlaceGroup):
                text, unit = given.name, _unit_of(given, gazetteer)
            else:
                text = name_of(given, number if where else None)
                unit = unit_of(text, where)
        except PlaceError as error:
            faults.append(str(error))
            misnamed = misnamed or (isinstance(given, str) and bool(given.strip()))
            continue
        if unit in found:
            faults.append(said_twice(text, where, *found[unit]))
        else:
            found[unit] = (number, text)
    units = list(found)
    if not faults and not together:
        faults = _faults_together(units, [text for _, text in found.values()])
    if faults:
        raise PlaceError(letter_of(faults, f"{len(faults)} faults in the places:", LOOK_UP if misnamed else ""))
    return Selection(tuple(units))


def _faults_together(units: list[Unit], texts: list[str]) -> list[str]:
    """Return what keeps units from being a group: that they are of several levels, or share districts."""
    levels = {unit.level: f"{quoted(text)} is a {unit.level}" for unit, text in zip(units, texts, strict=True)}
    if len(levels) > 1:
        return [f"The list mixes levels: {series(list(levels.values()))}. Name places of one level."]
    holders: dict[Place, list[str]] = {}
    for unit, text in zip(units, texts, strict=True):
        for place in unit.places:
            holders.setdefault(place, []).append(text)
    shared = [place for place, names in holders.items() if len(names) > 1]
    if not shared:
        return []
    names = series([quoted(name) for name in holders[shared[0]]])
    return [f"{names} overlap: both have {listed([place.name for place in shared])}. Name local authorities instead."]


def _region_or_less(text: str, where: str, gazetteer: Gazetteer, regions: list[str]) -> Unit:
    """Return the region, district, county or combined authority that a text names; `PlaceError` if none."""
    region = None if says_kind(text) else match_region(text, regions)
    if region is None and not gazetteer.find(text) and not groups_named(text):
        region = match_region(text, regions, part=True)
    if region is None:
        return _district_or_group(text, where, gazetteer)
    return Unit(REGION, the(region), tuple(place for place in gazetteer.places if place.region == region))


def _district_or_group(text: str, where: str, gazetteer: Gazetteer) -> Unit:
    """Return the district, county or combined authority that a text names; `PlaceError` if none."""
    if place := gazetteer.find(text):
        return Unit(DISTRICT, the_district(place.name), (place,))
    if found := named_group(text, where, gazetteer):
        group, lacking = found
        return Unit(GROUP, group.in_sentence, group.places, lacking)
    raise PlaceError(f"{gazetteer.explain(text, where)} {group_like(text)}".rstrip())


def _unit_of(group: PlaceGroup, gazetteer: Gazetteer) -> Unit:
    """Return a group as a unit; `PlaceError` if the table has none of its districts."""
    places = tuple(place for code in group.codes if (place := gazetteer.find(code)))
    if not places:
        msg = f"The table has no local authority of {quoted(group.name)}."
        raise PlaceError(msg)
    return Unit(GROUP, group.in_sentence, places, len(group.codes) - len(places))
