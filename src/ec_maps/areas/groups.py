"""Groups of local authorities: counties, combined authorities, and those that a list of places makes up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ec_maps.areas.wording import series, the_district
from ec_maps.errors import PlaceError
from ec_maps.geography.codes import BEYOND
from ec_maps.geography.gazetteer import REGIONS, TOO_WIDE, Gazetteer, Place
from ec_maps.geography.groups import Group, groups, groups_named, says_kind
from ec_maps.geography.names import folded, plain, quoted, slug

#: How a group is written in a list of places.
EXAMPLE = '"- Greater Norwich: [Norwich, Broadland, South Norfolk]"'

#: The kind of a group that a list of places makes up.
OWN = "group"

#: The most letters of a group's name: as many as fit into the heading of a map and of a card.
LONGEST = 60


@dataclass(frozen=True)
class PlaceGroup:
    r"""Several local authorities under one name: a county, a combined authority, or a group of a list of places.

    Attributes
    ----------
    name
        Its name; where a region or a district is called the same, with the kind: ``"West Midlands county"``.
    kind
        ``"county"``, ``"ceremonial county"`` or ``"combined authority"``, all of December 2021, or ``"group"``.
    places
        Its local authorities, those of a group of a list in the order of the list.

    Examples
    --------
    >>> import ec_maps
    >>> from pathlib import Path
    >>> _ = Path("my-places.yml").write_text("- Norfolk\n- Fens: [Fenland, Boston, Norwich]\n", encoding="utf-8")
    >>> norfolk, fens = ec_maps.read_places("my-places.yml")
    >>> norfolk.kind, len(norfolk.places), norfolk.region
    ('county', 7, 'East of England')
    >>> fens.region
    'East Midlands; East of England'
    >>> msoas = ec_maps.load_areas("msoa")
    >>> int(msoas["lad21cd"].isin(fens.codes).sum()) == len(ec_maps.local_map(msoas, fens).areas)
    True
    """

    name: str
    kind: str
    places: tuple[Place, ...]

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes of its local authorities."""
        return tuple(place.lad21cd for place in self.places)

    @property
    def lad21cd(self) -> None:
        """None, as a group has no code of its own; see :attr:`codes`."""

    @property
    def regions(self) -> tuple[str, ...]:
        """The regions that it lies in, by name."""
        return tuple(sorted({place.region for place in self.places}))

    @property
    def region(self) -> str:
        """The region that it lies in; several are separated by semicolons."""
        return "; ".join(self.regions)

    @property
    def in_sentence(self) -> str:
        """Its name as it stands in a sentence: "Norfolk", "the Tees Valley combined authority"."""
        if self.kind == "combined authority":
            return f"the {self.name.removesuffix(f' {self.kind}')} {self.kind}"
        if self.kind != OWN and self.name.endswith(f" {self.kind}"):
            return f"the {self.kind} of {self.name.removesuffix(f' {self.kind}')}"
        return self.name


def named_group(text: str, where: str, gazetteer: Gazetteer) -> tuple[PlaceGroup, int] | None:
    """Return the county or combined authority that a text names, and how many of its districts are not there.

    It has the districts that are. None is returned for a text that names none.

    Raises
    ------
    PlaceError
        If a region has the same name and the text does not say which is meant, or if no district of it is there.
        `where` follows the quoted text in the message.
    """
    found = groups_named(text)
    if not found:
        return None
    group, regions = found[0], {folded(place.region) for place in gazetteer.places}
    if folded(REGIONS.get(folded(text), text)) in regions and not says_kind(text):
        msg = (
            f"{quoted(text)}{where} is a region, and a {group.kind} of {len(group.codes)} local authorities. For the "
            f'{group.kind}, write "{group.name} {group.kind}".'
        )
        raise PlaceError(msg)
    places = tuple(place for code in group.codes if (place := gazetteer.find(code)))
    if not places:
        msg = f"{quoted(text)}{where} is a {group.kind}, and no local authority of it is in the table."
        raise PlaceError(msg)
    return PlaceGroup(_full_name(group, gazetteer), group.kind, places), len(group.codes) - len(places)


def _full_name(group: Group, gazetteer: Gazetteer) -> str:
    """Return a group's name, with its kind where a region or a district has the same name."""
    taken = {folded(name) for place in gazetteer.places for name in (place.name, place.region)}
    return f"{group.name} {group.kind}" if folded(group.name) in taken else group.name


def own_group(
    name: str, members: Sequence[tuple[str, str]], gazetteer: Gazetteer, where: str
) -> PlaceGroup | list[str]:
    """Return a group of a list of places, by its name and its local authorities, or what is wrong with it.

    Parameters
    ----------
    name
        Its name, which no other place may have.
    members
        For each local authority, of two or more in England and Wales, the text that names it, and where it stands, such
        as " (line 3 of places.yml)".
    gazetteer
        The districts that can be named.
    where
        Follows the quoted name in messages.
    """
    subject = f"The group {quoted(name)}{where}"
    faults = [f"{subject} {fault}" for fault in _faults_of_name(name, gazetteer)]
    found: dict[Place, str] = {}
    for text, there in members:
        place = gazetteer.find(text)
        if place is None:
            faults.append(gazetteer.explain(text, there))
        elif place in found:
            as_what = "" if plain(text) == plain(found[place]) else f", as {quoted(found[place])}"
            faults.append(f"{quoted(text)}{there} is already in the group {quoted(name)}{as_what}; keep one of them.")
        else:
            found[place] = text
    if not members:
        faults.append(f"{subject} is empty. Name its local authorities, as in {EXAMPLE}.")
    elif len(members) == 1 and found:
        (only,) = found
        faults.append(f'{subject} is {the_district(only.name)} alone. Write "- {only.name}" instead.')
    if away := [place for place in found if place.region in BEYOND]:
        them, regions = "it" if len(away) == 1 else "them", sorted({place.region for place in away})
        faults.append(
            f"{subject} has {series([place.name for place in away])} in {series(regions)}. A group is shown by "
            f"neighbourhood, and neighbourhood data cover England and Wales only. Take {them} out, or list {them} "
            f"apart."
        )
    return faults or PlaceGroup(" ".join(name.split()), OWN, tuple(found))


def _faults_of_name(name: str, gazetteer: Gazetteer) -> list[str]:
    """Return what is wrong with the name of a group, each as the end of a sentence."""
    if not name.strip():
        return [f"has no name. Write one before the colon, as in {EXAMPLE}."]
    faults = []
    if set(name) & set("<>"):
        faults.append('has a "<" or ">" in its name. Names are plain text, without HTML.')
    if len(name) > LONGEST:
        faults.append(f"has a name of {len(name)} letters; {LONGEST} fit above a map. Write a shorter one.")
    own = slug(name)
    if own in ("unnamed", "index"):
        faults.append("has a name that gives no address for its page. Use letters from a to z.")
    elif what := _others(gazetteer).get(own):
        faults.append(f"has the name of a {what}. Give it a name of its own.")
    return faults


def _others(gazetteer: Gazetteer) -> dict[str, str]:
    """Return what else has a name, by slug: nations, regions, counties and combined authorities, local authorities."""
    found = {slug(name): "nation" for name in TOO_WIDE}
    for group in groups():
        found[slug(group.name)] = f'{group.kind}, which is listed as "- {group.name}"'
        found.setdefault(slug(f"{group.name} {group.kind}"), group.kind)
    found |= {slug(place.region): "region" for place in gazetteer.places}
    return found | {slug(place.name): "local authority" for place in gazetteer.places}
