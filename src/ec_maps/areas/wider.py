"""Places wider than a district: nations, regions, counties, combined authorities and groups of the list of places."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ec_maps.areas.finder import gazetteer_of
from ec_maps.areas.groups import PlaceGroup
from ec_maps.areas.wording import the
from ec_maps.geography.codes import BEYOND
from ec_maps.geography.groups import groups
from ec_maps.geography.names import slug

if TYPE_CHECKING:
    import pandas as pd

#: The name of both nations with neighbourhoods together.
BOTH = "England and Wales"


@dataclass(frozen=True)
class Wider:
    """A place of several districts; `kind` is "nation", "region" or a kind of group, `codes` are its districts'."""

    name: str
    kind: str
    slug: str
    codes: tuple[str, ...]

    @property
    def is_group(self) -> bool:
        """Whether it is a county, a combined authority or a group of the list of places."""
        return self.kind not in ("nation", "nations", "region")

    @property
    def in_sentence(self) -> str:
        """Its name as it stands in a sentence: "the East of England", "Norfolk"."""
        return the(self.name) if self.kind == "region" else self.name


def wider_places(
    districts: pd.DataFrame, taken: set[str] | None = None, listed: Sequence[PlaceGroup] = ()
) -> list[Wider]:
    """Return the nations, the regions, and the counties and combined authorities of a table of districts.

    Parameters
    ----------
    districts
        All districts, with the columns ``lad21cd lad21nm rgn21nm``. Wales, Scotland and Northern Ireland, which are
        regions of their own there, are nations here. A group of which a district is not in the table is left out, and
        so is a combined authority with the districts of a county of the same name.
    taken
        Slugs that other places have, such as those of the districts; a place of the same name has its kind in its slug.
    listed
        The groups of a list of places, of which those that are not among the others come last.

    Returns
    -------
    places
        In the order nations, regions, groups, with a slug for each that is in no other.
    """
    regions = {str(name): tuple(rows["lad21cd"]) for name, rows in districts.groupby("rgn21nm", sort=True)}
    nations = {name: regions.pop(name) for name in ("Wales", *BEYOND) if name in regions}
    england = tuple(code for codes in regions.values() for code in codes)
    found: list[tuple[str, str, tuple[str, ...]]] = [(BOTH, "nations", (*england, *nations.get("Wales", ())))]
    found += [("England", "nation", england)] if england else []
    found += [(name, "nation", codes) for name, codes in nations.items()]
    found += [(name, "region", codes) for name, codes in regions.items()]
    gazetteer, there = gazetteer_of(districts), set()
    for group in groups():
        places = [gazetteer.find(code) for code in group.codes]
        codes = tuple(place.lad21cd for place in places if place)
        if len(codes) == len(places) and (group.name, codes) not in there:
            there.add((group.name, codes))
            found.append((group.name, group.kind, codes))
    slugs, wider = set(taken or ()), []
    for name, kind, codes in found:
        own = slug(name) if slug(name) not in slugs else slug(f"{name} {kind}")
        slugs.add(own)
        wider.append(Wider(name, kind, own, codes))
    wider += [Wider(one.name, one.kind, slug(one.name), one.codes) for one in listed if slug(one.name) not in slugs]
    return wider
