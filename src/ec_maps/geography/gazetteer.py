"""Find a local authority by code or name, and suggest some where a text is not exact.

A code, an official name or its Welsh form is accepted, however it is capitalised, spaced or spelt, and so are whole
words of a name that are in no other ("Bristol"). Anything looser (a town, a former district, a misspelt name) gets a
suggestion and is never chosen.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from ec_maps.errors import listed
from ec_maps.geography.codes import (
    BEYOND,
    MAP_YEAR,
    Change,
    District,
    aliases,
    district_changes,
    is_demo_code,
    is_neighbourhood_code,
    official_districts,
)
from ec_maps.geography.groups import groups, groups_named
from ec_maps.geography.names import folded, foreign_letter, named, plain, quoted

__all__ = ["Gazetteer", "Place"]

_CODE = re.compile(r"[A-Z]\d{8}")
TOO_WIDE = frozenset({"england", "england and wales", "great britain", "britain", "ireland", "united kingdom", "uk"})
#: Other names of regions, in their loosest form.
REGIONS = {
    "cymru": "Wales",
    "greater london": "London",
    "llundain": "London",
    "yr alban": "Scotland",
    "gogledd iwerddon": "Northern Ireland",
}
# These words are in many names, so they do not help to recognise a misspelt one.
_COMMON_WORDS = frozenset({"north", "south", "central", "forest", "county", "isles", "valley"})
# A part of a name made of these alone names no place.
_EMPTY_WORDS = _COMMON_WORDS | {
    *("and", "borough", "by", "castle", "city", "coast", "council", "district", "east", "great", "heath", "high"),
    *("hills", "horse", "in", "isle", "le", "mid", "new", "of", "on", "point", "riding", "rivers", "royal", "sea"),
    *("test", "the", "three", "tower", "under", "upon", "vale", "west", "white", "with", "y"),
}
_LIKE = 78  # of 100: "Telfrd and Wrekin" has 97; unrelated names of the list rarely have more than 70
_NEARLY_AS_LIKE = 12


@dataclass(frozen=True)
class Place:
    r"""A local authority district.

    Attributes
    ----------
    name
        Its official name, in composed Unicode (NFC).
    lad21cd
        Its code of December 2021.
    region
        Its region; Wales, Scotland and Northern Ireland are regions of their own.

    Examples
    --------
    >>> import ec_maps
    >>> from pathlib import Path
    >>> _ = Path("my-places.yml").write_text("- Norwich\n", encoding="utf-8")
    >>> (place,) = ec_maps.read_places("my-places.yml")
    >>> place.name, place.region
    ('Norwich', 'East of England')
    >>> ec_maps.compare(place, "exposure")["lad21nm"].item()
    'Norwich'
    """

    name: str
    lad21cd: str
    region: str

    @property
    def codes(self) -> tuple[str, ...]:
        """Its code alone, as for a group those of its local authorities."""
        return (self.lad21cd,)


class Gazetteer:
    """The available districts, and the other names that people use for them.

    Parameters
    ----------
    places
        The districts that can be found. Their codes may be the demonstration's: Welsh names, real codes and all hints
        come from the shipped tables and lead to a place by its official name.
    """

    def __init__(self, places: Iterable[Place]) -> None:
        self.places = tuple(places)
        self._codes = {place.lad21cd: place for place in self.places}
        self._official = {plain(place.name): place for place in self.places}
        self._names = self._official | {
            plain(district.welsh): self._official[plain(district.name)]
            for district in official_districts().values()
            if district.welsh and plain(district.name) in self._official
        }

    def find(self, text: str) -> Place | None:
        """Return the place that this is the code or a name of, or the only one of whose name it is a part, or None."""
        code = plain(text).upper()
        if code in self._codes:
            return self._codes[code]
        if code in official_districts():
            return self._official.get(plain(official_districts()[code].name))
        return self._names.get(plain(text)) or self._spelt(folded(text))

    def _spelt(self, key: str) -> Place | None:
        """Return the place whose name is `key`, or the only one with these words in its name, in the loosest form."""
        wider = self._in_region(key) or groups_named(key)
        if not key or wider or key in self._absent or key in self._other_times:
            return None
        same = {place for name, place in self._folded_names if name == key}
        if same:
            return same.pop() if len(same) == 1 else None
        likely = {*self._suggested.get(key, ()), *self._beginning(key)}
        places = {place for name, place in self._folded_names if _has_words(name, key)}
        other = [*self._absent, *map(folded, REGIONS.values()), *self._wider_names]
        if set(key.split()) <= _EMPTY_WORDS or likely != places or any(_has_words(name, key) for name in other):
            return None
        return places.pop() if len(places) == 1 else None

    def search(self, text: str) -> list[Place]:
        """Return the places that `text` may mean, the closest first; all of them, by name, for an empty text."""
        key = folded(text)
        if not text.strip():
            return sorted(self.places, key=_by_name)
        exact = self.find(text)
        change = self._other_times.get(key)
        tiers = [
            [exact] if exact else [],
            self._suggested.get(key, []),
            self._beginning(key, shortest=1),
            self._in_region(key),
            self._in_group(text),
            self._covering(change),
            [place for name, place in self._folded_names if key and key in name],
            [place for place in self.places if key and place.lad21cd.lower().startswith(key)],
        ]
        found = [place for tier in tiers for place in sorted(tier, key=_by_name)]
        return list(dict.fromkeys(found or [place for hit in self._like(key) for place in self._covering(hit)]))

    def explain(self, text: str, where: str = "") -> str:
        """Return why :meth:`find` does not find `text` and what to write instead.

        `where` follows the quoted text in the sentence, such as " (line 3 of places.yml)".
        """
        if letter := foreign_letter(text):
            where += f" with the letter {named(letter)}"
        code, key, subject = plain(text).upper(), folded(text), f"{quoted(text)}{where}"
        if _CODE.fullmatch(code):
            return self._explain_code(code, subject)
        if district := self._absent.get(key):
            return f"{subject} {_why_absent(district)}"
        if change := self._other_times.get(key):
            return self._explain_change(change, subject, self._beginning(key))
        if area := self._explain_area(text, subject):
            return area
        if likely := self._suggested.get(key) or self._beginning(key):
            return _ask(subject, likely)
        return self._explain_misspelt(key, subject)

    @cached_property
    def _folded_names(self) -> list[tuple[str, Place]]:
        return [(folded(name), place) for name, place in self._names.items()]

    @cached_property
    def _wider_names(self) -> list[str]:
        """Names of regions and of groups, in their loosest form."""
        regions = {place.region for place in self.places}
        return [folded(name) for name in [*sorted(regions), *(group.name for group in groups())]]

    @cached_property
    def _suggested(self) -> dict[str, list[Place]]:
        """Official and Welsh names in their loosest form, and aliases, each with the places it may mean."""
        also = [(folded(alias), self._official.get(plain(name))) for alias, name in aliases()]
        found: dict[str, dict[Place, None]] = defaultdict(dict)
        for key, place in [*self._folded_names, *also]:
            if place:
                found[key][place] = None
        return {key: list(places) for key, places in found.items()}

    @cached_property
    def _absent(self) -> dict[str, District]:
        """Districts of December 2021 that cannot be found here, by folded name or alias."""
        absent = {d.name: d for d in official_districts().values() if plain(d.name) not in self._official}
        names = [*((alias, name) for alias, name in aliases() if name in absent), *zip(absent, absent, strict=True)]
        return {folded(spelling): absent[name] for spelling, name in names if folded(spelling) not in self._suggested}

    @cached_property
    def _other_times(self) -> dict[str, Change]:
        """Districts of before and after December 2021, unless one of that date has the name."""
        names = {folded(district.name) for district in official_districts().values()}
        return {key: change for change in district_changes() if (key := folded(change.name)) not in names}

    @cached_property
    def _spellings(self) -> dict[str, list[Place | District | Change]]:
        """Every key that a misspelt text is compared with: whole names of all kinds, and distinctive words in names."""
        found: dict[str, dict[Place | District | Change, None]] = defaultdict(dict)
        for name, place in self._folded_names:
            for key in {name, *(word for word in name.split() if len(word) > 4 and word not in _COMMON_WORDS)}:
                found[key][place] = None
        for key, places in self._suggested.items():
            found[key].update(dict.fromkeys(places))
        for things in (self._absent, self._other_times):
            for key, thing in things.items():
                found[key][thing] = None
        return {key: list(things) for key, things in found.items()}

    def _like(self, key: str) -> list[Place | District | Change]:
        """Return what is spelt nearly as `key`, the closest first."""
        score: dict[str, float] = {}
        # Imported here because most names need no suggestion.
        from rapidfuzz import fuzz, process

        for scorer in (fuzz.ratio, fuzz.token_sort_ratio):
            for spelling, likeness, _ in process.extract(
                key, list(self._spellings), scorer=scorer, limit=8, score_cutoff=_LIKE
            ):
                score[spelling] = max(likeness, score.get(spelling, 0))
        enough = max(score.values(), default=0) - _NEARLY_AS_LIKE
        near = sorted((spelling for spelling in score if score[spelling] > enough), key=lambda one: -score[one])
        return list(dict.fromkeys(thing for spelling in near for thing in self._spellings[spelling]))

    def _beginning(self, key: str, shortest: int = 3) -> list[Place]:
        """Return the places in whose name a word, or several, begin with `key`."""
        if len(key) < shortest or key in ("and", "the"):
            return []
        start = re.compile(rf"\b{re.escape(key)}")
        return sorted({place for name, place in self._folded_names if start.search(name)}, key=_by_name)

    def _in_region(self, key: str) -> list[Place]:
        region = folded(REGIONS.get(key, key))
        return [place for place in self.places if folded(place.region) == region]

    def _in_group(self, text: str) -> list[Place]:
        return [place for group in groups_named(text) for code in group.codes if (place := self.find(code))]

    def _covering(self, thing: Place | District | Change | None) -> list[Place]:
        """Return a place itself, the places that cover a district of another year, and none for an absent one."""
        if isinstance(thing, Place):
            return [thing]
        codes = thing.covers if isinstance(thing, Change) else ()
        found = (self._official.get(plain(official_districts()[code].name)) for code in codes)
        return [place for place in found if place]

    def _explain_area(self, text: str, subject: str) -> str | None:
        key = folded(text)
        if members := self._in_region(key):
            also = _did_you_mean(self._suggested.get(key, []))
            return f"{subject} is a region of {len(members)} local authorities; name the ones you want. {also}".rstrip()
        if members := self._in_group(text):
            kind = groups_named(text)[0].kind
            return f"{subject} is a {kind} of {len(members)} local authorities. {_did_you_mean(members)}"
        if key in map(folded, BEYOND):
            return f"{subject} is not on the maps, as the data cover England and Wales only."
        return f"{subject} is not one local authority; name the ones you want." if key in TOO_WIDE else None

    def _explain_change(self, change: Change, subject: str, alike: Sequence[Place]) -> str:
        covering = self._covering(change)
        if change.last < MAP_YEAR and set(alike) - set(covering):
            likely = sorted({*covering, *alike}, key=_by_name)
            return f"{_ask(subject, likely)} The district called {change.name} {what_became(change)}"
        return f"{subject} {what_became(change)} {_did_you_mean(covering)}".rstrip()

    def _explain_code(self, code: str, subject: str) -> str:
        if district := official_districts().get(code):
            return f"{subject} ({district.name}) {_why_absent(district)}"
        for change in district_changes():
            if change.code == code:
                if same := [place for place in self._covering(change) if place.name == change.name]:
                    span = f"before {change.last + 1}" if change.last < MAP_YEAR else f"since {change.first}"
                    return f"{subject} is the code of {change.name} {span}. {_did_you_mean(same)}"
                return self._explain_change(change, f"{subject} ({change.name})", ())
        if is_demo_code(code):
            return f"{subject} is a code of the demonstration data, not of a place in use here; write the name."
        if is_neighbourhood_code(code):
            return f"{subject} is the code of a neighbourhood; write the name of its local authority."
        return f"Unknown local authority code {subject}. Write the name."

    def _explain_misspelt(self, key: str, subject: str) -> str:
        hits = self._like(key)
        unknown = f"Unknown local authority {subject}"
        if not hits:
            return f"{unknown}; no name is similar."
        if isinstance(hits[0], Place):
            return f"{unknown}. {_did_you_mean([hit for hit in hits if isinstance(hit, Place)][:4])}"
        fact = _why_absent(hits[0]) if isinstance(hits[0], District) else what_became(hits[0])
        return f"{unknown}. {hits[0].name} {fact} {_did_you_mean(self._covering(hits[0]))}".rstrip()


def _why_absent(district: District) -> str:
    if district.region in BEYOND:
        return f"is in {district.region}, and the data cover England and Wales only."
    return "is a local authority of December 2021, but the table or the boundaries in use do not have it."


def what_became(change: Change) -> str:
    """Return the history of a district of another year, to follow its name in a sentence."""
    now = listed([official_districts()[code].name for code in change.covers])
    if change.first > MAP_YEAR:
        return f"was created on 1 April {change.first}; the maps use the local authorities of December {MAP_YEAR}."
    if change.code in official_districts():
        return f"has been called {now} since 1 April {change.last + 1}."
    return f"was abolished on 1 April {change.last + 1} and became part of {now}."


def _has_words(name: str, words: str) -> bool:
    return f" {words} " in f" {name} "


def _by_name(place: Place) -> tuple[str, str]:
    return folded(place.name), place.lad21cd


def _did_you_mean(places: Sequence[Place]) -> str:
    return f"Did you mean: {_several(places)}?" if places else ""


def _several(places: Sequence[Place]) -> str:
    # Some names contain commas, so semicolons separate them.
    more = f"; and {len(places) - 10} more" if len(places) > 10 else ""
    return "; ".join(place.name for place in places[:10]) + more


def _ask(subject: str, places: Sequence[Place]) -> str:
    if len(places) == 1:
        return f"Unknown local authority {subject}. {_did_you_mean(places)}"
    return f"{subject} could be any of several local authorities: {_several(places)}. Write the whole name of one."
