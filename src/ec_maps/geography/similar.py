"""The places that the Office for National Statistics finds most like each local authority, from a shipped table."""

from __future__ import annotations

from functools import cache

from ec_maps.geography.codes import MAP_YEAR, Change, district_changes, official_districts, shipped_table
from ec_maps.geography.names import plain

#: How many places each list of the Office has; some were created after December 2021 and are left out here.
LISTED = 20

#: The article in which the Office describes how the lists are made.
METHOD = (
    "https://www.ons.gov.uk/peoplepopulationandcommunity/wellbeing/methodologies/"
    "clusteringsimilarlocalauthoritiesandstatisticalnearestneighboursintheuk"
)

#: What pages, commands and tables say of the source.
SOURCE = (
    "Similar places: Office for National Statistics, statistical nearest neighbours of local authorities, 12 March "
    "2026, licensed under the Open Government Licence v3.0."
)


@cache
def _lists() -> dict[str, tuple[str, ...]]:
    return {row["code"]: tuple(row["similar"].split(";")) for row in shipped_table("similar_places.csv")}


@cache
def _codes() -> dict[str, str]:
    return {plain(district.name): code for code, district in official_districts().items()}


def official_code(code: str, name: str) -> str:
    """Return the code of a district in December 2021: a real code as it is, a demonstration's by the name."""
    return code if code in official_districts() else _codes().get(plain(name), code)


def similar_codes(code: str) -> tuple[str, ...]:
    """Return the codes of the places most like a district, the most alike first; none where no list is published.

    Codes are those of December 2021. A list has at most :data:`LISTED`.
    """
    return _lists().get(code, ())


def successor(code: str) -> Change | None:
    """Return the district that replaced one of December 2021, or None if it is still there, by whichever code."""
    later = [change for change in district_changes() if change.first > MAP_YEAR and code in change.covers]
    return next((change for change in later if len(change.covers) > 1), None)
