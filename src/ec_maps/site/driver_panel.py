"""The section of a place's page on exposure and bias: its sentences, its neighbourhoods' map and table, two lists."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from ec_maps.analysis.bivariate import BETWEEN, KINDS, THIRDS, class_number, thirds_of
from ec_maps.analysis.two_questions import CAUTION, KindList, two_lists
from ec_maps.areas.deciles import deciles
from ec_maps.areas.wording import capital, decile_in_words, some, the_district, universe
from ec_maps.graphics import palette
from ec_maps.graphics.annotation import area_numbers
from ec_maps.maps.bivariate import bivariate_map
from ec_maps.maps.bivariate_legend import bivariate_colours
from ec_maps.maps.bivariate_words import THIRD_IN_WORDS, class_in_words, counts, in_between
from ec_maps.measures import MEASURES
from ec_maps.site.markdown import attribute, escaped, for_print, framed, pipe_table

if TYPE_CHECKING:
    import geopandas as gpd

    from ec_maps.analysis.district import DistrictProfile
    from ec_maps.analysis.group import GroupProfile
    from ec_maps.areas.groups import PlaceGroup

_HEADING = "## Who is there to meet, and who becomes a friend"

#: The post that explains both, from a place's page.
_POST = "../posts/levers/index.qmd"

_LAST = (
    "Both are estimates about residents’ networks, wherever their friends live. They are related to much else and do "
    f"not prove a cause. [What the two mean, and what is not known]({_POST})."
)

#: The end of the name of the map's file.
MAP = "-bivariate"

#: Both measures are shares.
_percent = MEASURES["exposure"].format

#: A value nearer to zero than this is shown as zero.
_NOUGHT = 0.0005


def panel(profile: DistrictProfile, msoas: gpd.GeoDataFrame, page: str, folder: Path) -> str:
    """Return the section of a place page on exposure and bias, and save its map in the folder of the page's files.

    Parameters
    ----------
    profile
        The district, with the table of :func:`ec_maps.bivariate_table` of all districts as its `lads`, perhaps of the
        United Kingdom. The section says so where the district lacks one value or both.
    msoas
        That of all neighbourhoods. Where it has no kinds, or none of the district, the section is about the district
        alone, with the number of districts in each of the nine classes.
    page
        The name of the page.
    folder
        Gets the map.
    """
    lads, where, code = profile.lads, the_district(profile.name), str(profile.district["lad21cd"])
    at = int((lads["lad21cd"] == code).to_numpy().argmax())
    meet, follow = (_Driver.of(lads, key, at) for key in ("exposure", "bias"))
    parts = [_HEADING]
    if math.isnan(meet.value) and math.isnan(follow.value):
        parts.append(
            f"The Atlas has no published estimate of exposure or bias for {escaped(where)}. That is no sign of a low "
            f"or a high value."
        )
    else:
        parts.append(escaped(f"{_meeting(meet, where)} {_following(follow, where, expected=meet.value)}"))
    row, square = lads.iloc[at], ""
    if not pd.isna(row["kind"]):
        number = class_number(int(row["exposure_third"]), int(row["bias_third"]))
        parts.append(escaped(_of_its_kind(lads, where, number, near=bool(row["near_cut"]))))
        square = _square(lads, where, number)
    if len(profile.msoas) and "kind" in profile.msoas:
        parts += _by_neighbourhood(msoas, code, where, page, folder)
    else:
        parts.append(square)
    return "\n\n".join(filter(None, [*parts, _LAST]))


def group_panel(profile: GroupProfile, group: PlaceGroup, msoas: gpd.GeoDataFrame, page: str, folder: Path) -> str:
    """Return the section of a group's page, which has no value of its own; empty if `msoas` have no kinds.

    The other parameters are as for :func:`panel`.
    """
    if "kind" not in msoas:
        return ""
    parts = _by_neighbourhood(msoas, group, profile.in_sentence, page, folder)
    why = (
        "Exposure is about who there is to meet, bias about how far friendships fall short of that. A group has no "
        "value of either, so the map, the table and the two lists are of its neighbourhoods."
    )
    return "\n\n".join([_HEADING, why, *parts, _LAST])


# --- the neighbourhoods -----------------------------------------------------------------------------


def _by_neighbourhood(
    msoas: gpd.GeoDataFrame, place: str | PlaceGroup, where: str, page: str, folder: Path
) -> list[str]:
    """Return the map of a place's neighbourhoods in nine colours, their table, and the two lists with a caution."""
    drawn = bivariate_map(msoas, place, key=False)  # the table below has the numbers
    parts = [for_print(drawn, f"{page}{MAP}", folder), neighbourhood_table(drawn.areas, where)]
    lists = two_lists(msoas, drawn.areas["lad21cd"].unique())
    if lists[0].total:
        first, _, rest = CAUTION.partition(". ")
        parts += [*(_list(one) for one in lists), f"**{first}.** {rest}"]
    return parts


def neighbourhood_table(areas: gpd.GeoDataFrame, where: str) -> str:
    """Return the table of a place's neighbourhoods: values with thirds, and kinds, as they are numbered."""
    numbers, rows = area_numbers(areas["msoa21nm"]), []
    several = areas["lad21nm"].nunique() > 1
    for number, row in zip(numbers, areas.to_dict("records"), strict=True):
        known = row.get("msoa21hclnm")
        # The official names of one district end in the numbers.
        name = row["msoa21nm"] if not isinstance(known, str) else known
        name = f"{number} {name}" if several or isinstance(known, str) else name
        values = [
            _percent(row[key]) + ("" if pd.isna(row["kind"]) else f"\u00a0({row[f'{key}_third']})")
            for key in ("exposure", "bias")
        ]
        kind = "no class" if pd.isna(row["kind"]) else row["kind"]
        rows.append([escaped(name), *values, escaped(kind) + (_NEAR if row["near_cut"] is True else "")])
    title = f"Exposure and bias in the neighbourhoods of {where}, in order of their numbers"
    note = (
        f"In brackets: the third of all neighbourhoods of England and Wales, 1 for the lowest to {THIRDS} for the "
        f"highest. Near a cut: with either value {MEASURES['exposure'].tolerance_in_words} lower or higher, the "
        f"neighbourhood could be in another class."
    )
    table = framed(pipe_table(["Neighbourhood", "Exposure", "Bias", "Kind"], rows, title, "lrrl"), title)
    return f"{table}\n\n::: {{.ec-note}}\n{note}\n:::"


#: The mark of a neighbourhood near a cut point, in tables and lists.
_NEAR = "; near a cut"


def _list(found: KindList) -> str:
    """Return one of the two lists, with what the literature says helps and a question to ask."""
    items = []
    for row in found.rows.to_dict("records"):
        known = row.get("msoa21hclnm")
        name = f"{row['msoa21nm']}, {known}" if isinstance(known, str) else row["msoa21nm"]
        values = f"exposure {_percent(row['exposure'])}, bias {_percent(row['bias'])}"
        items.append(f"- {escaped(name)}: {values}{_NEAR if row['near_cut'] else ''}")
    helps = " ".join(f"{one.text.rstrip('.')} ([{escaped(one.source)}]({one.address}))." for one in found.findings)
    parts = [
        f"### {escaped(found.heading)}",
        escaped(found.sentence),
        "\n".join(items),
        f"**What helps, as far as is known.** {helps}",
        f"**A question to ask.** {found.kind.question}",
    ]
    return "\n\n".join(filter(None, parts))


# --- the district -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Driver:
    """One of the two measures: all its values, and a district's value (or NaN), decile (or NA) and third."""

    values: pd.Series
    value: float
    decile: object
    third: int
    where: str

    @classmethod
    def of(cls, lads: gpd.GeoDataFrame, key: str, at: int) -> _Driver:
        values, third = lads[key].astype(float), lads[f"{key}_third"].iloc[at]
        value = float(values.iloc[at])
        if pd.isna(third):
            # The other value is missing: the third among all districts that have this one.
            third = min(int(float((values.dropna() < value).mean()) * THIRDS) + 1, THIRDS)
        return cls(values, value, deciles(values, fewer=True).iloc[at], int(third), universe(lads))

    def place(self, *, brief: bool = False) -> str:
        """Return where the value lies: "decile 6 of 10 of the local authorities of …; the median is 49.8%"."""
        ends = {self.values.min(): "the lowest of all", self.values.max(): "the highest of all"}
        number, median = self.values.count(), f"the median is {_percent(self.values.median())}"
        if self.value in ends:
            return f"{ends[self.value]} {number}{'' if brief else ' local authorities'}; {median}"
        if pd.isna(self.decile):  # type: ignore[call-overload]
            return median
        whole = "" if brief else f" of the local authorities of {self.where}"
        return f"{decile_in_words(self.decile)}{whole}; {median}"


def _meeting(meet: _Driver, where: str) -> str:
    """Return the sentences on exposure."""
    if math.isnan(meet.value):
        return f"There is no published estimate of exposure for {where}."
    amount = {
        1: "fewer high-income people to meet than in most places",
        2: "neither many nor few high-income people to meet, compared with other places",
        THIRDS: "more high-income people to meet than in most places",
    }[meet.third]
    return (
        f"People on low incomes in {where} have {amount}. Given who there is to meet, one would "
        f"expect {_percent(meet.value)} of their friends to be high-income ({meet.place()})."
    )


def _following(follow: _Driver, where: str, *, expected: float) -> str:
    """Return the sentence on bias."""
    if math.isnan(follow.value):
        return f"There is no published estimate of bias for {where}."
    whose, what = "Their friendships", "that"
    if math.isnan(expected):
        whose, what = "Low-income people’s friendships with high-income people", "what one would expect"
    value, place = _percent(follow.value), follow.place(brief=not math.isnan(expected))
    if follow.value <= -_NOUGHT:
        return f"{whose} do not fall short of {what} but exceed it: the Atlas puts bias at {value} ({place})."
    if follow.value < _NOUGHT:
        return f"{whose} come to just {what}: the Atlas puts bias at 0.0% ({place})."
    much = {1: "less than in most places", 2: "about as much as elsewhere", THIRDS: "more than in most places"}[
        follow.third
    ]
    return f"{whose} fall short of {what} by {much}: the Atlas puts bias at {value} ({place})."


def _of_its_kind(table: gpd.GeoDataFrame, where: str, number: int, *, near: bool) -> str:
    """Return the kind of place, how many others are of it, and a question to ask; and whether it is `near` a cut."""
    found = counts(table)
    whole = f"the {sum(found)} local authorities of {universe(table)} with both values"
    exposure, bias = (THIRD_IN_WORDS[third] for third in thirds_of(number))
    thirds = f"{capital(where)} is in the {exposure} third for exposure and in the {bias} third for bias"
    thirds += ", near a cut point" if near else ""
    kind = next((kind for kind in KINDS if kind.number == number), None)
    if kind is None:
        return f"{thirds}. That is {BETWEEN}, {_others(in_between(found))} of {whole}."
    return (
        f"{thirds}: “{kind.name}”, {_others(found[number - 1])} of {whole}. {kind.means_not} A question to ask: "
        f"{kind.question[:1].lower()}{kind.question[1:]}"
    )


def _others(number: int) -> str:
    """Return how many others there are: "as are 28 others"."""
    if number <= 2:
        return f"as is {('no', 'one')[number - 1]} other"
    return f"as are {some(number - 1)} others"


def _square(table: gpd.GeoDataFrame, where: str, here: int) -> str:
    """Return the square as a list of nine fields with their counts; the field of the district is marked."""
    fields = []
    for number, (colour, count) in enumerate(zip(bivariate_colours(), counts(table), strict=True), 1):
        at = "<em>● here</em>" if number == here else ""
        current = ' aria-current="true"' if number == here else ""
        words = class_in_words(number)
        fields.append(
            f'<li{current} style="background:{colour};color:{palette.ink_on(colour)}"><b>{count}</b>{at}'
            f"<span>{words}</span></li>"
        )
    label = f"Where {attribute(where)} lies by exposure and bias: number of local authorities in each third"
    label = label.replace("&", "&amp;").replace("<", "&lt;")
    axis = "friendships fall further short →"
    return (
        "```{=html}\n"
        f'<div class="ec-square"><p aria-hidden="true">{axis}</p>\n<ol aria-label="{label}">\n'
        + "\n".join(fields)
        + '\n</ol>\n<p aria-hidden="true">more high-income people to meet →</p></div>\n```'
    )
