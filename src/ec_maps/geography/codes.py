"""Which edition of the geography a set of codes belongs to.

Districts and neighbourhoods are renumbered, merged and split, and a table of another year joins to the boundaries of
December 2021 almost without a gap: 97.5 % of neighbourhoods and 95 % of districts match. So the vintage is read from
the codes that only one edition has. The facts are small tables in ``tables/``, described in its README.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Literal

from ec_maps.errors import listed

__all__ = [
    "MAP_YEAR",
    "Change",
    "District",
    "Vintage",
    "aliases",
    "district_changes",
    "district_codes",
    "district_vintage",
    "is_demo_code",
    "is_district_code",
    "is_neighbourhood_code",
    "nation",
    "neighbourhood_codes",
    "neighbourhood_vintage",
    "official_districts",
    "recoded_districts",
]

MAP_YEAR = 2021

_EVER = (0, 9999)
_DISTRICT = re.compile(r"(?:E0[6-9]|W06|S12|N09)\d{6}")
_NEIGHBOURHOOD = re.compile(r"[EW]02\d{6}")
_DEMO_DISTRICT = re.compile(r"X(?:0[6-9]|12|19)\d{6}")
_DEMO_NEIGHBOURHOOD = re.compile(r"X02\d{6}")
_POSTCODE_DISTRICT = re.compile(r"[A-Z]{1,2}\d[A-Z\d]?")
#: The nations that both levels cover. The demonstration's codes do not distinguish England from Wales.
ENGLAND_AND_WALES = ("England", "Wales", "demonstration")

#: The nations without neighbourhoods (MSOAs), each a region of its own.
BEYOND = ("Scotland", "Northern Ireland")

_NATIONS = {
    "E": "England",
    "W": "Wales",
    "S": "Scotland",
    "N": "Northern Ireland",
    "X": "demonstration",
}
#: The demonstration's own Scottish and Northern Irish districts. Its other codes are of England and Wales together.
_DEMO_NATIONS = {"X12": "Scotland", "X19": "Northern Ireland"}
_LAST_NEIGHBOURHOOD = {"E": 7116, "W": 428}


@dataclass(frozen=True)
class District:
    """A local authority district of December 2021; ``welsh`` and ``county`` are empty where it has none."""

    code: str
    name: str
    welsh: str
    region: str
    county: str


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


def _table(name: str) -> list[dict[str, str]]:
    text = (resources.files("ec_maps") / "tables" / name).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


@cache
def official_districts() -> dict[str, District]:
    """Return the 374 districts of the United Kingdom in December 2021, by code."""
    return {row["code"]: District(**row) for row in _table("districts.csv")}


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
        for row in _table("district_changes.csv")
    )


@cache
def aliases() -> tuple[tuple[str, str], ...]:
    """Return pairs of a popular name of a district and the official one; a popular name may occur twice."""
    return tuple((row["alias"], row["name"]) for row in _table("aliases.csv"))


@cache
def _validity() -> dict[str, tuple[int, int]]:
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


def district_codes(year: int, nations: str = "EW") -> frozenset[str]:
    """Return the district codes valid in December of `year` (2009 or later), in the nations with these letters."""
    return frozenset(
        code for code, (first, last) in _validity().items() if code[0] in nations and first <= year <= last
    )


def recoded_districts() -> dict[str, str]:
    """Return later codes that stand for an unchanged district of December 2021: new code to code of 2021."""
    districts = official_districts()
    return {
        change.code: change.covers[0]
        for change in district_changes()
        if change.first > MAP_YEAR and len(change.covers) == 1 and districts[change.covers[0]].name == change.name
    }


@cache
def _neighbourhood_editions() -> dict[str, str]:
    return {row["code"]: row["vintage"] for row in _table("msoa_changes.csv")}


@cache
def neighbourhood_codes(edition: Literal["2011", "2021"]) -> frozenset[str]:
    """Return the neighbourhood (MSOA) codes of England and Wales in one edition: 7,201 of 2011, 7,264 of 2021."""
    ever = {f"{letter}02{n:06d}" for letter, last in _LAST_NEIGHBOURHOOD.items() for n in range(1, last + 1)}
    return frozenset(ever - {code for code, home in _neighbourhood_editions().items() if home != edition})


def is_district_code(code: str) -> bool:
    """Return whether this is the form of a real district code, of any year and nation."""
    return bool(_DISTRICT.fullmatch(code))


def is_neighbourhood_code(code: str) -> bool:
    """Return whether this is the form of a real neighbourhood (MSOA) code."""
    return bool(_NEIGHBOURHOOD.fullmatch(code))


def is_demo_code(code: str) -> bool:
    """Return whether this is a code of the demonstration data, of a district or of a neighbourhood."""
    return bool(_DEMO_DISTRICT.fullmatch(code) or _DEMO_NEIGHBOURHOOD.fullmatch(code))


def nation(code: str) -> str:
    """Return the nation that a code's first letter stands for, ``"unknown"`` if it stands for none.

    Of the demonstration's codes, X12 stands for Scotland, X19 for Northern Ireland, and any other X for
    ``"demonstration"``: England and Wales, which its codes do not distinguish.
    """
    return _DEMO_NATIONS.get(code[:3].upper()) or _NATIONS.get(code[:1].upper(), "unknown")


def _clean(codes: Iterable[object]) -> list[str]:
    """Return the distinct codes, trimmed, in capitals, sorted; missing values are left out."""
    texts = {code.strip().upper() for code in codes if isinstance(code, str)}
    return sorted(texts - {""})


def _demo_or_not(codes: list[str], demo: re.Pattern[str]) -> Vintage | None:
    """Return the vintage if there are demonstration codes, else None."""
    made_up = [code for code in codes if demo.fullmatch(code)]
    if not made_up:
        return None
    real = [code for code in codes if not demo.fullmatch(code)]
    if real:
        return Vintage("mixed", (made_up[0], real[0]))
    return Vintage("demo", tuple(made_up[:3]))


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
    texts = _clean(codes)
    if demo := _demo_or_not(texts, _DEMO_DISTRICT):
        return demo
    valid = _validity()
    known = [code for code in texts if code in valid]
    strange = tuple(code for code in texts if code not in valid)
    if not known or len(known) < len(texts) / 2:
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
    there = district_codes(year, "EW")
    blank = tuple(_name(code) for code in sorted(district_codes(MAP_YEAR, "EW") - there))
    return Vintage(str(year), tuple(evidence), blank, strange)


def _name(code: str) -> str:
    if code in official_districts():
        return official_districts()[code].name
    return next(change.name for change in district_changes() if change.code == code)


def _named(code: str) -> str:
    return f"{code} {_name(code)}"


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
    texts = _clean(codes)
    if demo := _demo_or_not(texts, _DEMO_NEIGHBOURHOOD):
        return demo
    here = [code for code in texts if not re.fullmatch(r"[SN]\d{8}", code)]
    postcodes = [code for code in here if _POSTCODE_DISTRICT.fullmatch(code)]
    if here and len(postcodes) > len(here) / 2:
        return Vintage("postcode district", tuple(postcodes[:3]))
    home = _neighbourhood_editions()
    known = [code for code in here if code in neighbourhood_codes("2021") or home.get(code) == "2011"]
    strange = tuple(sorted(set(here) - set(known)))
    if not known or len(known) < len(here) / 2:
        return Vintage("unknown", strange[:3] or tuple(texts[:3]), unrecognised=strange)
    older = tuple(code for code in known if home.get(code) == "2011")
    newer = tuple(code for code in known if home.get(code) == "2021")
    if older and newer:
        return Vintage("mixed", (older[0], newer[0]), unrecognised=strange)
    if older:
        blank = tuple(sorted(neighbourhood_codes("2021") - neighbourhood_codes("2011")))
        return Vintage("2011", older, blank, strange)
    return Vintage("2021", newer, unrecognised=strange)
