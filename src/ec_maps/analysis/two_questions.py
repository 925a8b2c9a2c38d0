"""The two questions by neighbourhood: where people meet and seldom befriend, and where they seldom meet.

For some districts, two lists of neighbourhoods, each with what the literature says helps there.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from ec_maps.analysis.bivariate import DRIVERS, LEVERS, THIRDS, Kind, classified, thirds_of
from ec_maps.areas.deciles import group_span
from ec_maps.areas.wording import are, capital, series, some
from ec_maps.measures import measure_named

#: Of more neighbourhoods near a cut point than this, a sentence names the first.
_NAMED = 12

#: The caution that goes with both lists.
CAUTION = (
    "An area is not a person. A neighbourhood is listed for an average over those of its residents who are in the "
    "data, wherever their friends live; it says nothing about any one of them, nor about who or what is the cause. A "
    "third is a third of neighbourhoods, not a judgement."
)


@dataclass(frozen=True)
class Finding:
    """What a source says helps, in a sentence or two; `source` is how it is cited, `address` where it is."""

    text: str
    source: str
    address: str


_NATURE = "Chetty and others, Nature 608, 2022", "https://doi.org/10.1038/s41586-022-04997-3"

#: What the literature says helps, by the measure that stands out, as in :data:`LEVERS`.
FINDINGS = {
    "bias": (
        Finding(
            "In the United States, bias was higher in larger and more diverse groups, and lower in religious "
            "organisations than in schools and workplaces. Where it is high, more occasions for those who are in a "
            "group already to get to know one another may be needed.",
            *_NATURE,
        ),
        Finding(
            "It tends to be lowest where people meet over an interest that they share: faith, sport, the arts, "
            "volunteering.",
            "Royal Society of Arts, Connected Places",
            "https://www.thersa.org/",
        ),
    ),
    "exposure": (
        Finding(
            "In American schools with little bias, more high-income schoolmates led to more friendships with them, so "
            "bringing people together can by itself raise connectedness where bias is low.",
            *_NATURE,
        ),
        Finding(
            "A place can build on what it has: the facilities of its schools, its employers and its culture. "
            "Workplaces are where many connections are made.",
            "Coutts and Xia, Bridging the divide, Local Trust, 2025",
            "https://localtrust.org.uk/",
        ),
    ),
}


@dataclass(frozen=True)
class KindList:
    """The neighbourhoods of some districts that are of one kind.

    Attributes
    ----------
    kind
        The kind of place: its ``name`` heads the list, its ``question`` is one to ask there.
    rows
        Those of this kind, in order of their names: the columns of the table, among them ``msoa21nm``, ``exposure``,
        ``bias`` and ``near_cut``.
    others
        Those that are not, but could be if exposure and bias were lower or higher by their tolerances.
    total, lacking
        How many neighbourhoods of the districts have both values, and how many lack one or both.
    findings
        What the literature says helps.
    """

    kind: Kind
    rows: pd.DataFrame
    others: pd.DataFrame
    total: int
    lacking: int
    findings: tuple[Finding, ...]

    @property
    def heading(self) -> str:
        """The name of the kind, as a heading."""
        return capital(self.kind.name)

    @property
    def sentence(self) -> str:
        """How many there are, how many of them are near a cut point, and which others are, in sentences."""
        number, near, others = len(self.rows), int(self.rows["near_cut"].sum()), len(self.others)
        if not self.total:
            return "No neighbourhood here has a published estimate of both exposure and bias."
        with_both = " with both values" if self.lacking else ""
        if self.total == 1:
            said = [f"The only neighbourhood{with_both} is {'' if number else 'not '}of this kind."]
        else:
            of = f"of the {self.total:,} neighbourhoods{with_both}"
            said = [f"{capital(_number(number))} {of} {are(number)} of this kind."]
        if near:
            which = "It" if number == 1 else "Both" if near == number == 2 else "All" if near == number else None
            which = which or f"{capital(_number(near))} of them"
            said.append(f"{which} {are(near)} near a cut point and could be of another kind.")
        if others:
            more, names = "other is" if others == 1 else "others are", list(self.others["msoa21nm"])
            names = names if others <= _NAMED else [*names[: _NAMED - 1], f"{others - _NAMED + 1} more"]
            said.append(f"{capital(_number(others))} {more} near a cut point and could be: {series(names)}.")
        return " ".join(said)


def two_lists(msoas: pd.DataFrame, districts: Collection[str]) -> tuple[KindList, KindList]:
    """Return the neighbourhoods of some districts with many to meet but few friendships, and with the opposite.

    Parameters
    ----------
    msoas
        The table of :func:`ec_maps.bivariate_table` of all neighbourhoods.
    districts
        The codes of the districts.

    Returns
    -------
    lists
        First those in the highest third of both exposure and bias, then those in the lowest third of both. Both lists
        may be empty.
    """
    cuts = classified(msoas["exposure"], msoas["bias"]).attrs
    here = pd.DataFrame(msoas[msoas["lad21cd"].isin(list(districts))])
    here = here.drop(columns=["geometry", "about"], errors="ignore").sort_values(["msoa21nm", "msoa21cd"])
    could = _could_be(here, cuts)
    total, lists = int(here["kind"].notna().sum()), []
    lacking = len(here) - total
    for key, kind in LEVERS.items():
        of_kind = (here["kind"] == kind.name).fillna(False).astype(bool)  # noqa: FBT003
        rows, others = (here[chosen].reset_index(drop=True) for chosen in (of_kind, could[key] & ~of_kind))
        lists.append(KindList(kind, rows, others, total, lacking, FINDINGS[key]))
    return lists[0], lists[1]


def _could_be(msoas: pd.DataFrame, cuts: Mapping[Hashable, Any]) -> dict[str, pd.Series]:
    """Return which neighbourhoods could be of each kind of :data:`LEVERS` within the tolerances, by cut points."""
    there = msoas["kind"].notna()
    could = dict.fromkeys(LEVERS, there)
    for key in DRIVERS:
        low, high = group_span(msoas[key], cuts[f"{key}_cut_points"], measure_named(key).tolerance)
        for name, kind in LEVERS.items():
            third = dict(zip(DRIVERS, thirds_of(kind.number), strict=True))[key]
            reached = high >= third if third == THIRDS else low <= third
            could[name] = could[name] & reached.fillna(False).astype(bool)  # noqa: FBT003
    return could


def _number(number: int) -> str:
    return some(number) if number < 10 else f"{number:,}"
