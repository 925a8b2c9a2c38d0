"""Exposure and bias, the drivers of connectedness: the section of a place page, and the figures of the post."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, wraps
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from ec_maps.analysis.bivariate import (
    BETWEEN,
    DRIVERS,
    KINDS,
    THIRDS,
    agreement,
    bivariate_table,
    class_number,
    thirds_of,
)
from ec_maps.analysis.export import write_csv
from ec_maps.areas.provenance import inputs
from ec_maps.areas.table import load_areas
from ec_maps.areas.wording import capital, decile_in_words, some, the_district, universe
from ec_maps.errors import DataError
from ec_maps.graphics import palette
from ec_maps.maps.bivariate import THIRD_IN_WORDS, bivariate_colours, bivariate_map, class_in_words, counts, in_between
from ec_maps.maps.figure_cache import FOLDER, PLACES
from ec_maps.measures import HEADLINE, MEASURES
from ec_maps.site import markdown
from ec_maps.site.finder import linked
from ec_maps.site.markdown import attribute, escaped, framed, pipe_table

if TYPE_CHECKING:
    import geopandas as gpd

    from ec_maps.analysis.district import DistrictProfile

_HEADING = "## Who is there to meet, and who becomes a friend"

#: The post that explains both, from a place's page.
_POST = "../posts/levers/index.qmd"

#: Both measures are shares.
_percent = MEASURES["exposure"].format

#: A value nearer to zero than this is shown as zero.
_NOUGHT = 0.0005


def panel(profile: DistrictProfile, exposure: gpd.GeoDataFrame, bias: gpd.GeoDataFrame) -> str:
    """Return the section of a place page on exposure and bias: sentences, then the district's field in the square.

    Thirds and deciles are those of the tables of :func:`ec_maps.load_areas` for the two measures, whole, which may be
    of the United Kingdom. The section says so where a district lacks one value or both, or is not in the tables.
    """
    table = bivariate_table(exposure, bias)
    code, where = str(profile.district["lad21cd"]), the_district(profile.name)
    row = table.set_index("lad21cd").reindex([code]).iloc[0]
    tables = {"exposure": exposure, "bias": bias}
    meet, follow = (_Driver.of(lads, key, code, row[f"{key}_third"]) for key, lads in tables.items())
    parts = [_HEADING]
    if math.isnan(meet.value) and math.isnan(follow.value):
        parts.append(
            f"The Atlas has no published estimate of exposure or bias for {escaped(where)}. That is no sign of a low "
            f"or a high value."
        )
    else:
        parts.append(escaped(f"{_meeting(meet, where)} {_following(follow, where, expected=meet.value)}"))
    if not pd.isna(row["kind"]):
        number = class_number(int(row["exposure_third"]), int(row["bias_third"]))
        parts += [escaped(_of_its_kind(table, where, number)), _square(table, where, number)]
    parts.append(
        f"Both are estimates about residents’ networks, wherever their friends live. They are related to "
        f"much else and do not prove a cause. [What the two mean, and what is not known]({_POST})."
    )
    return "\n\n".join(parts)


@dataclass(frozen=True)
class _Driver:
    """One of the two measures: all its values, and a district's value (or NaN), decile (or NA) and third."""

    values: pd.Series
    value: float
    decile: object
    third: int
    where: str

    @classmethod
    def of(cls, lads: gpd.GeoDataFrame, key: str, code: str, third: object) -> _Driver:
        values = lads[key].astype(float)
        here = lads.set_index("lad21cd").reindex([code]).iloc[0]
        value = math.nan if pd.isna(here[key]) else float(here[key])
        if pd.isna(third):  # type: ignore[call-overload]
            # The other value is missing: the third among all districts that have this one.
            third = min(int(float((values.dropna() < value).mean()) * THIRDS) + 1, THIRDS)
        return cls(values, value, here.get("decile", pd.NA), int(str(third)), universe(lads))

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


def _of_its_kind(table: gpd.GeoDataFrame, where: str, number: int) -> str:
    """Return the kind of place, how many others are of it, and a question to ask."""
    found = counts(table)
    whole = f"the {sum(found)} local authorities of {universe(table)} with both values"
    exposure, bias = (THIRD_IN_WORDS[third] for third in thirds_of(number))
    thirds = f"{capital(where)} is in the {exposure} third for exposure and in the {bias} third for bias"
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


# --- what the post on exposure and bias calls -------------------------------------------------------


#: What the post's files are called.
_NAME = "levers"


@lru_cache(maxsize=2)
def _tables(_inputs: str) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame, gpd.GeoDataFrame]:
    return load_areas("lad", "exposure"), load_areas("lad", "bias"), load_areas("lad", HEADLINE)


@lru_cache(maxsize=2)
def _table(_inputs: str) -> gpd.GeoDataFrame:
    return bivariate_table(*_tables(_inputs))


def _there(page: Callable[[], str]) -> Callable[[], str]:
    """Return a decorated function that returns an empty text where exposure and bias cannot be shown."""

    @wraps(page)
    def guarded() -> str:
        return "" if _fault() else page()

    return guarded


def _fault() -> str:
    """Return why exposure and bias cannot be shown; empty if they can."""
    try:
        _table(inputs())
    except DataError as error:
        return str(error)
    return ""


def drivers() -> str:
    """Return the bivariate map with its table and downloads, or a sentence why there is none."""
    if fault := _fault():
        markdown.keep_national_card(_NAME, load_areas("lad", HEADLINE))
        return f"Exposure and bias cannot be shown from the data at hand. {escaped(fault)}"
    exposure, bias, connectedness = _tables(inputs())
    folder = Path(FOLDER)
    drawn = bivariate_map(exposure, bias, connectedness)
    links = {code: f"../../../{PLACES}/{page}.html" for code, page in linked(connectedness).items()}
    figure = markdown.saved(drawn, _NAME, folder, links=links)
    write_csv(drawn.areas, folder / f"{_NAME}.csv")
    markdown.keep_card(_NAME, _NAME)
    return f"{figure}\n\n{driver_table()}\n\n{markdown.downloads(_NAME, 'England and Wales exposure and bias')}"


def driver_table() -> str:
    """Return the table of all districts with both values and their kind, by name."""
    table = _table(inputs()).sort_values("lad21nm", kind="stable")
    columns = (table["lad21nm"].map(escaped), *(table[key].map(_percent) for key in DRIVERS))
    rows = list(map(list, zip(*columns, table["kind"].fillna("–").map(escaped), strict=True)))
    title = f"Exposure, bias and kind of place: local authorities of {universe(table)}, from A to Z"
    return framed(pipe_table(["Local authority", "Exposure", "Bias", "Kind"], rows, title, "lrrl"), title)


@_there
def driver_kinds() -> str:
    """Return the four kinds of place as a list, each with its meaning, its limits and the number of districts."""
    found = _table(inputs())["kind"].value_counts()
    return "\n".join(
        f"- **{capital(kind.name)}** ({found.get(kind.name, 0)}). {kind.means} *{kind.means_not}*" for kind in KINDS
    )


@_there
def drivers_by_region() -> str:
    """Return the number of districts of each kind by region, as a table."""
    table = _table(inputs())
    names = [*(kind.name for kind in KINDS), BETWEEN]
    counted = {name: table["rgn21nm"][table["kind"] == name].value_counts() for name in names}
    missing = table["rgn21nm"][table["kind"].isna()].value_counts()
    columns = [*counted.values(), *([missing] if len(missing) else [])]
    rows = [
        [escaped(region), *(str(column.get(region, 0)) for column in columns)]
        for region in sorted(table["rgn21nm"].unique())
    ]
    rows.append([f"All of {universe(table)}", *(str(int(column.sum())) for column in columns)])
    # The full names are above the table; here each must fit a column.
    brief = [name.replace("and friendships ", "").replace("but friendships ", "") for name in names]
    heads = ["Region", *map(capital, brief), *(["No published estimate"] if len(missing) else [])]
    title = "Local authorities of each kind, by region"
    return framed(pipe_table(heads, rows, title, "l" + "r" * len(columns)), title)


@_there
def driver_ranges() -> str:
    """Return the range and the median of both measures in a sentence."""
    table = _table(inputs())
    parts = []
    for key in DRIVERS:
        values = table[key]
        parts.append(
            f"{key} runs from {_percent(values.min())} to {_percent(values.max())}, with a median of "
            f"{_percent(values.median())}"
        )
    return f"{capital('; '.join(parts))}."


@_there
def driver_cuts() -> str:
    """Return the cut points of the thirds in a sentence."""
    table = _table(inputs())
    parts = []
    for key in DRIVERS:
        one, other = map(_percent, table.attrs[f"{key}_cut_points"][1:-1])
        parts.append(f"{key} at {one} and {other}")
    number = int(table["kind"].notna().sum())
    return f"Over the {number} local authorities with both values, the thirds are cut for {' and for '.join(parts)}."


@_there
def driver_agreement() -> str:
    """Return the rank correlation of the published bias with the shortfall calculated from the values, as text."""
    exposure, bias, connectedness = (
        lads.set_index("lad21cd")[key].astype(float)
        for lads, key in zip(_tables(inputs()), ("exposure", "bias", HEADLINE), strict=True)
    )
    return f"{agreement(exposure, bias, connectedness):.2f}"
