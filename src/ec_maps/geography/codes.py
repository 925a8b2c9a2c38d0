"""Which edition of the geography a set of codes belongs to.

Districts and neighbourhoods are renumbered, merged and split, and a table of another year joins to the boundaries of
December 2021 almost without a gap: 97.5 % of neighbourhoods and 95 % of districts match. So the vintage is read from
the codes that only one edition has. The facts are small tables in ``tables/``, described in its README.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Literal

from ec_maps.cleaning import clean_code
from ec_maps.errors import listed

MAP_YEAR = 2021

#: The nations that both levels cover. The demonstration's codes do not distinguish England from Wales.
ENGLAND_AND_WALES = ("England", "Wales", "demonstration")

#: The nations without neighbourhoods (MSOAs), each a region of its own.
BEYOND = ("Scotland", "Northern Ireland")

_NATIONS = {"E": "England", "W": "Wales", "S": "Scotland", "N": "Northern Ireland", "X": "demonstration"}
#: The demonstration's own Scottish and Northern Irish districts. Its other codes are of England and Wales together.
_DEMO_NATIONS = {"X12": "Scotland", "X19": "Northern Ireland"}
_EVER = (0, 9999)
_DEMO_DISTRICT = re.compile(r"X(?:0[6-9]|12|19)\d{6}")
_NEIGHBOURHOOD, _DEMO_NEIGHBOURHOOD = re.compile(r"[EW]02\d{6}"), re.compile(r"X02\d{6}")
_POSTCODE_DISTRICT = re.compile(r"[A-Z]{1,2}\d[A-Z\d]?")
_LAST_NEIGHBOURHOOD = {"E": 7116, "W": 428}
_NEIGHBOURHOOD_YEARS = {"2011": (_EVER[0], 2011), "2021": (2012, _EVER[1])}


@dataclass(frozen=True)
class District:
    """A local authority district of December 2021; ``welsh`` is empty outside Wales."""

    code: str
    name: str
    welsh: str
    region: str


@dataclass(frozen=True)
class Change:
    """A code or name of another year; ``first`` and ``last`` are the Decembers between which it was valid."""

    code: str
    name: str
    first: int
    last: int
    covers: tuple[str, ...]


@dataclass(frozen=True)
class Vintage:
    """The vintage of a set of codes.

    Attributes
    ----------
    name
        ``"2021"``, another year, ``"demo"``, ``"mixed"``, ``"postcode district"`` or ``"unknown"``.
    evidence
        The codes, with names where known, that decided it. Empty where nothing contradicts 2021.
    blank
        Areas of December 2021, by name or else by code, for which a table of this vintage has no value.
    unrecognised
        Well-formed codes of England and Wales that belong to no edition known here, and malformed ones.
    """

    name: str
    evidence: tuple[str, ...] = ()
    blank: tuple[str, ...] = ()
    unrecognised: tuple[str, ...] = ()

    @property
    def fits(self) -> bool:
        """Whether tables of this vintage join the maps' own areas, real or demonstration."""
        return self.name in (str(MAP_YEAR), "demo")

    def __str__(self) -> str:
        """Return the name with two or three examples, for a message."""
        return f"{self.name} (e.g. {listed(self.evidence[:3])})" if self.evidence else self.name


def shipped_table(name: str) -> list[dict[str, str]]:
    """Return the rows of a table in ``tables/``."""
    text = (resources.files("ec_maps") / "tables" / name).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


@cache
def official_districts() -> dict[str, District]:
    """Return the 374 districts of the United Kingdom in December 2021, by code."""
    return {row["code"]: District(**row) for row in shipped_table("districts.csv")}


@cache
def district_changes() -> tuple[Change, ...]:
    """Return the districts of other years, oldest first, and which districts of December 2021 cover them."""
    return tuple(
        Change(
            row["code"],
            row["name"],
            int(row["first"] or _EVER[0]),
            int(row["last"] or _EVER[1]),
            tuple(row["covers"].split(";")),
        )
        for row in shipped_table("district_changes.csv")
    )


@cache
def aliases() -> tuple[tuple[str, str], ...]:
    """Return pairs of a popular name of a district and the official one; a popular name may occur twice."""
    return tuple((row["alias"], row["name"]) for row in shipped_table("aliases.csv"))


@cache
def _district_years() -> dict[str, tuple[int, int]]:
    """Return the first and last December of every district code, from the changes on either side of 2021."""
    valid = dict.fromkeys(official_districts(), _EVER)
    for change in district_changes():
        if change.code in official_districts():
            continue  # a change of name alone says nothing about the code
        valid[change.code] = (change.first, change.last)
        for code in change.covers:
            first, last = valid[code]
            if change.last < MAP_YEAR:
                valid[code] = (max(first, change.last + 1), last)
            else:
                valid[code] = (first, min(last, change.first - 1))
    return valid


@cache
def _neighbourhood_years() -> dict[str, tuple[int, int]]:
    """Return the first and last December of every neighbourhood code, as if the editions met in between."""
    editions = {row["code"]: row["vintage"] for row in shipped_table("msoa_changes.csv")}
    every = [f"{letter}02{n:06d}" for letter, last in _LAST_NEIGHBOURHOOD.items() for n in range(1, last + 1)]
    return {
        code: _NEIGHBOURHOOD_YEARS.get(editions.get(code, ""), _EVER)
        for code in every
        if editions.get(code) != "neither"
    }


def _codes_in(valid: Mapping[str, tuple[int, int]], year: int, nations: str = "EW") -> frozenset[str]:
    return frozenset(code for code, (first, last) in valid.items() if code[0] in nations and first <= year <= last)


def district_codes(year: int, nations: str = "EW") -> frozenset[str]:
    """Return the district codes valid in December of `year` (2009 or later), in the nations with these letters."""
    return _codes_in(_district_years(), year, nations)


@cache
def neighbourhood_codes(edition: Literal["2011", "2021"]) -> frozenset[str]:
    """Return the neighbourhood (MSOA) codes of England and Wales in one edition: 7,201 of 2011, 7,264 of 2021."""
    return _codes_in(_neighbourhood_years(), int(edition))


def is_neighbourhood_code(code: str) -> bool:
    """Return whether this is the form of a real neighbourhood (MSOA) code."""
    return bool(_NEIGHBOURHOOD.fullmatch(code))


def is_demo_code(code: str) -> bool:
    """Return whether this is a code of the demonstration data, of a district or of a neighbourhood."""
    return bool(_DEMO_DISTRICT.fullmatch(code) or _DEMO_NEIGHBOURHOOD.fullmatch(code))


def nation(code: str) -> str:
    """Return the nation of a code, ``"unknown"`` if it has none and ``"demonstration"`` for most that begin with X."""
    return _DEMO_NATIONS.get(code[:3].upper()) or _NATIONS.get(code[:1].upper(), "unknown")


def district_vintage(codes: Iterable[object]) -> Vintage:
    """Return the vintage of a set of district codes.

    Parameters
    ----------
    codes
        District codes in any order, of any nation, of a whole table or a part of one. Missing values are ignored.

    Returns
    -------
    Vintage
        ``"2021"`` whenever every recognised code was valid in December 2021 (2022 is identical); else the nearest
        year in which all were valid, ``"2020"``, ``"2023"``, ``"2025"`` and so on; ``"mixed"`` where no year has
        them all; ``"unknown"`` where most are not known district codes, or there are none.
    """
    return _vintage(_clean(codes), _district_years(), _DEMO_DISTRICT)


def neighbourhood_vintage(codes: Iterable[object]) -> Vintage:
    """Return the vintage of a set of neighbourhood (MSOA) codes.

    Parameters
    ----------
    codes
        Codes in any order, of a whole table or a part of one. Missing values, and the well-formed codes of Scotland
        and Northern Ireland, which have no MSOAs, are ignored.

    Returns
    -------
    Vintage
        ``"2021"`` or ``"2011"`` by the codes that only one of them has (a part without any such code counts as
        2021, which holds it); ``"mixed"``; ``"postcode district"`` for values like NR30; ``"unknown"``.
    """
    here = [code for code in _clean(codes) if not re.fullmatch(r"[SN]\d{8}", code)]
    postcodes = [code for code in here if _POSTCODE_DISTRICT.fullmatch(code)]
    if here and len(postcodes) > len(here) / 2:
        return Vintage("postcode district", tuple(postcodes[:3]))
    return _vintage(here, _neighbourhood_years(), _DEMO_NEIGHBOURHOOD)


def _clean(codes: Iterable[object]) -> list[str]:
    """Return the distinct codes, cleaned and sorted; missing values are left out."""
    texts = {clean_code(code) for code in codes if isinstance(code, str)}
    return sorted(texts - {""})


def _vintage(codes: list[str], valid: Mapping[str, tuple[int, int]], demo: re.Pattern[str]) -> Vintage:
    """Return the vintage of codes, given the first and last December of each that is known."""
    made_up = [code for code in codes if demo.fullmatch(code)]
    known = [code for code in codes if code in valid]
    strange = tuple(code for code in codes if code not in valid)
    if made_up:
        real = sorted(set(codes) - set(made_up))
        return Vintage("mixed", (made_up[0], real[0])) if real else Vintage("demo", tuple(made_up[:3]))
    if not known or len(known) < len(codes) / 2:
        return Vintage("unknown", strange[:3], unrecognised=strange)
    since = max(valid[code][0] for code in known)
    until = min(valid[code][1] for code in known)
    newest = [_named(code) for code in known if valid[code][0] == since > _EVER[0]]
    oldest = [_named(code) for code in known if valid[code][1] == until < _EVER[1]]
    if since > until:
        return Vintage("mixed", (newest[0], oldest[0]), unrecognised=strange)
    if since <= MAP_YEAR <= until:
        return Vintage(str(MAP_YEAR), (*newest, *oldest), unrecognised=strange)
    year, evidence = (until, oldest) if until < MAP_YEAR else (since, newest)
    lost = sorted(_codes_in(valid, MAP_YEAR) - _codes_in(valid, year))
    return Vintage(str(year), tuple(evidence), tuple(_names().get(code, code) for code in lost), strange)


@cache
def _names() -> dict[str, str]:
    """Return the name of every district code; neighbourhoods have none here."""
    names = {change.code: change.name for change in reversed(district_changes())}
    return names | {code: district.name for code, district in official_districts().items()}


def _named(code: str) -> str:
    return f"{code} {_names().get(code, '')}".rstrip()
