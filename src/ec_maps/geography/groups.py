"""Counties and combined authorities of England: groups of districts that people know by name."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from ec_maps.geography.codes import shipped_table
from ec_maps.geography.names import folded, plain

#: A text with these words means one kind of group: "West Midlands Combined Authority", "Norfolk County Council".
_COMBINED = re.compile(r"[,(]?\s*\b(?:mayoral )?combined authority\b\)?")
_COUNTY = re.compile(r"\bcounty\b")

#: How alike two names are, of 100, to suggest one for the other.
_LIKE = 85


@dataclass(frozen=True)
class Group:
    """A county or a combined authority; `codes` are those of its districts in December 2021, in order."""

    name: str
    kind: str
    codes: tuple[str, ...]


@cache
def groups() -> tuple[Group, ...]:
    """Return the groups, first the counties, then the combined authorities, each by name."""
    found: dict[tuple[str, str], list[str]] = {}
    for row in shipped_table("groups.csv"):
        found.setdefault((row["kind"], row["group"]), []).append(row["code"])
    return tuple(Group(name, kind, tuple(codes)) for (kind, name), codes in found.items())


def groups_named(text: str) -> list[Group]:
    """Return the groups that a text names, one for each set of districts; none for a text that names no group.

    A county and a combined authority of the same districts are one group, the county.
    """
    combined = _COMBINED.search(plain(text)) is not None
    county = _COUNTY.search(plain(text)) is not None
    key = folded(_COMBINED.sub("", plain(text)))
    found: dict[tuple[str, ...], Group] = {}
    for group in groups():
        is_county = group.kind.endswith("county")
        if key and folded(group.name) == key and not (combined and is_county) and not (county and not is_county):
            found.setdefault(group.codes, group)
    return list(found.values())


def says_kind(text: str) -> bool:
    """Return whether a text says that it means a county or a combined authority, and no region of the same name."""
    return bool(_COMBINED.search(plain(text)) or _COUNTY.search(plain(text)))


def group_like(text: str) -> str:
    """Return a question that suggests the group whose name is nearly the text; empty if there is none."""
    from rapidfuzz import fuzz, process

    names = {folded(group.name): group for group in reversed(groups())}
    hit = process.extractOne(folded(text), list(names), scorer=fuzz.ratio, score_cutoff=_LIKE)
    group = names[hit[0]] if hit else None
    return f"Or did you mean the {group.kind} {group.name}?" if group else ""
