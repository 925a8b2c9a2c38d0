"""One finder for the library, the command line and ``places.yml``: places and regions from what people write."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from ec_maps.areas.groups import PlaceGroup
from ec_maps.arguments import table_of
from ec_maps.errors import PlaceError, letter_of, listed
from ec_maps.geography.codes import BEYOND, official_districts
from ec_maps.geography.gazetteer import REGIONS, TOO_WIDE, Gazetteer, Place
from ec_maps.geography.groups import group_like
from ec_maps.geography.names import folded, plain, quoted

if TYPE_CHECKING:
    import pandas as pd

#: What functions take besides a name.
AnyPlace = Place | PlaceGroup

LOOK_UP = "`ec-maps places WORD` lists the official names that contain the word."


def find_place(given: str | Place, districts: pd.DataFrame | None = None) -> Place:
    """Return the place that a text names by its code, English or Welsh name, or a part that is in no other name.

    Raises
    ------
    PlaceError
        If it names none, or is no text; the message suggests similar names.
    """
    text, gazetteer = name_of(given), gazetteer_of(districts)
    place = gazetteer.find(text)
    if place is None:
        msg = f"{gazetteer.explain(text)}\n\n{LOOK_UP}"
        raise PlaceError(msg)
    return place


def find_places(
    given: str | AnyPlace | Iterable[str | AnyPlace],
    districts: pd.DataFrame | None = None,
    *,
    what: str = "the places",
    once: bool = True,
) -> list[Place]:
    """Return the places that one text or several name, in their order, each as for :func:`find_place`.

    A :class:`PlaceGroup` stands for its local authorities.

    `what` says in a message which places they are, such as "the places to compare". Unless each may stand there only
    `once`, repetitions are left out.

    Raises
    ------
    PlaceError
        If one is unknown, no text, or named twice; the message gives every fault.
    """
    each = [[*one.codes] if isinstance(one, PlaceGroup) else [one] for one in each_of(given)]
    texts, gazetteer = [one for several in each for one in several], gazetteer_of(districts)
    found: dict[Place, tuple[int, str]] = {}
    faults, misnamed = [], False
    for number, one in enumerate(texts, 1):
        where = f" (place {number})" if len(texts) > 1 else ""
        try:
            text = name_of(one, number if where else None)
        except PlaceError as error:
            faults.append(str(error))
            continue
        place = gazetteer.find(text)
        if place is None:
            misnamed = True
            faults.append(gazetteer.explain(text, where))
        elif place in found:
            faults += [said_twice(text, where, *found[place])] if once else []
        else:
            found[place] = (number, text)
    if faults:
        raise PlaceError(letter_of(faults, f"{len(faults)} of {what}:", LOOK_UP if misnamed else ""))
    return list(found)


def each_of(given: object) -> list[Any]:
    """Return names as a list: a single one, which may be a place or a group, as a list of one."""
    if isinstance(given, str | bytes | Place | PlaceGroup | Mapping):
        return [given]
    try:
        return [*given]  # type: ignore[misc]
    except TypeError:
        return [given]


def name_of(given: object, number: int | None = None) -> str:
    """Return the text that names a place, for a :class:`Place` its code; `PlaceError` if it is no text or empty.

    `number` is that of the place among several.
    """
    if isinstance(given, Place):
        return given.lad21cd
    if isinstance(given, PlaceGroup):
        names = listed([place.name for place in given.places])
        msg = f"{quoted(given.name)} is a {given.kind} of local authorities; name one of them: {names}."
        raise PlaceError(msg)
    if not isinstance(given, str):
        what = "None" if given is None else f"{quoted(str(given))}, of the type {type(given).__name__},"
        where = f" (place {number})" if number else ""
        msg = f'{what}{where} is not the name of a place. Write it as text, such as "Great Yarmouth".'
        raise PlaceError(msg)
    if not given.strip():
        which = f"Place {number} is empty." if number else "No place given: the text is empty."
        msg = f'{which} Name a local authority, such as "Great Yarmouth".'
        raise PlaceError(msg)
    return given


def said_twice(text: str, where: str, first: int, before: str) -> str:
    """Return the fault of a place that is named twice: first as the place of this number, by the text `before`."""
    as_what = "" if plain(text) == plain(before) else f" as {quoted(before)}"
    return f"{quoted(text)}{where} is already place {first}{as_what}; keep one of them."


def search_places(text: str, districts: pd.DataFrame | None = None) -> list[Place]:
    """Return the places that match `text`, the closest first, or all by name for an empty text.

    Unlike :func:`find_place`, it also matches parts of names and codes, popular names, former districts, regions and,
    if nothing else matches, misspellings.
    """
    return gazetteer_of(districts).search(text)


def find_region(text: str, regions: Sequence[str]) -> str:
    """Return the one of `regions` that `text` names, whatever its spelling, or of which alone it is a part.

    Raises
    ------
    PlaceError
        If it names none of them; the message lists them all.
    """
    text = name_of(text)
    if region := match_region(text, regions, part=True):
        return region
    place = Gazetteer(Place(one.name, one.code, one.region) for one in official_districts().values()).find(text)
    fact = f"{quoted(text)} is a local authority, in {place.region}" if place else f"Unknown region {quoted(text)}"
    wanted = REGIONS.get(folded(text), text)
    if plain(wanted) in map(plain, BEYOND):
        fact = f'{quoted(text)} is not in this table; it is in the table of the United Kingdom (scope "uk")'
    if len(likely := _regions_named(text, regions, part=True)) > 1:
        fact = f"{quoted(text)} could be any of several regions: {'; '.join(likely)}"
    msg = f"{fact}. The regions are: {', '.join(regions)}. {group_like(text)}".rstrip()
    raise PlaceError(msg)


def match_region(text: str, regions: Sequence[str], *, part: bool = False) -> str | None:
    """Return the one of `regions` that a text names, or with `part`, the only one that has its words; else None."""
    found = _regions_named(text, regions, part=part)
    return found[0] if len(found) == 1 else None


def _regions_named(text: str, regions: Sequence[str], *, part: bool) -> list[str]:
    key = folded(REGIONS.get(folded(text), text))
    same = [region for region in regions if folded(region) == key]
    if same or not part or key in TOO_WIDE or set(key.split()) <= {"and", "of", "the"}:
        return same
    return [region for region in regions if f" {key} " in f" {folded(region)} "]


def gazetteer_of(districts: pd.DataFrame | None) -> Gazetteer:
    """Return the gazetteer of the districts of a table, or of all districts that can be mapped if None."""
    if districts is None:
        from ec_maps.boundaries.table import available_districts

        districts = available_districts()
    columns = ["lad21nm", "lad21cd", "rgn21nm"]
    districts = table_of(districts, 'load_areas("lad")', columns).drop_duplicates(columns[:2])
    return _gazetteer(*(tuple(districts[column].tolist()) for column in columns))


@lru_cache(maxsize=16)
def _gazetteer(names: tuple[str, ...], codes: tuple[str, ...], regions: tuple[str, ...]) -> Gazetteer:
    """Return the gazetteer of districts, made once: each map of a table asks for it several times."""
    rows = zip(names, codes, regions, strict=True)
    return Gazetteer(Place(unicodedata.normalize("NFC", name), code, region) for name, code, region in rows)
