"""The shortlist: the neighbourhoods of some places that are lowest, grouped where their order is not certain."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from numbers import Integral
from typing import Literal

import pandas as pd

from ec_maps.analysis.bivariate import DRIVERS, LEVERS, check_direction, levers
from ec_maps.areas.deciles import GROUPS
from ec_maps.areas.groups import PlaceGroup
from ec_maps.areas.ranks import rank_spans
from ec_maps.areas.selection import known_districts, select_any
from ec_maps.areas.table import load_values
from ec_maps.areas.wording import are, capital, series, some
from ec_maps.arguments import is_known
from ec_maps.errors import SettingError, told
from ec_maps.geography.gazetteer import Place
from ec_maps.measures import HEADLINE, Measure, measure_named

KindName = Literal["bias", "exposure"]

#: Of more places than this, the sentence gives the number.
NAMED = 6

#: The sentences on a shortlist. The page's script completes the same ones.
SENTENCES = {
    "decile": "in decile {at_most} or below",
    "lowest": "in the lowest decile",
    "any": "listed, of any decile",
    "decile_kind": "in decile {at_most} or below and of the kind “{kind}”",
    "lowest_kind": "in the lowest decile and of the kind “{kind}”",
    "any_kind": "of the kind “{kind}”, of any decile",
    "places": "these {number} places",
    "count": "Of the {total} neighbourhoods of {places}, {count} {are} {what}.",
    "only": "The only neighbourhood of {places} is {what}.",
    "only_not": "The only neighbourhood of {places} is not {what}.",
    "only_missing": "The only neighbourhood of {places} has no published estimate and cannot be listed.",
    "missing": "{Number} {has} no published estimate and cannot be listed.",
    "cut": "{Near} {are} within {tolerance} of the cut at {cut} and could be on either side of it.",
    "near_listed": "{number} of those listed",
    "near_others": "{number} not listed",
    "kind": "In all deciles together, {number} {are} of this kind.",
    "level": "Positions {low} to {high}: {number} neighbourhoods whose order is not certain",
    "chain": "Positions {low} to {high}: {number} neighbourhoods; where the spans of two overlap, their order is not "
    "certain",
}


def shortlist(
    places: str | Place | PlaceGroup | Iterable[str | Place | PlaceGroup],
    at_most: int = 2,
    *,
    measure: str = HEADLINE,
    kind: KindName | None = None,
) -> pd.DataFrame:
    """Return the neighbourhoods of some places that are in a decile or below, the lowest first.

    Parameters
    ----------
    places
        Names or codes of local authorities, counties, combined authorities, regions, ``"England"`` or ``"England and
        Wales"``, or places and groups of :func:`ec_maps.read_places`; one or several, of any level.
    at_most
        The highest decile to list, 1 to 10, of all neighbourhoods of England and Wales; 1 is the lowest.
    measure
        A key of :data:`ec_maps.MEASURES`.
    kind
        ``"bias"`` for those with many high-income people to meet whose friendships follow less often: in the highest
        third of both exposure and bias; ``"exposure"`` for those with fewer to meet whose friendships follow: in the
        lowest third of both. If None, all are listed. Thirds are cut over all neighbourhoods with both values.

    Returns
    -------
    table
        A row for each neighbourhood, sorted by value, then code: ``msoa21cd msoa21nm``, readable names where there are
        any, ``lad21cd lad21nm rgn21nm``, the value under the measure's key, and ``decile decile_low decile_high``, of
        which the last two are the deciles within the measure's ``tolerance``. ``rank_low`` and ``rank_high`` are the
        ends of its rank among all neighbourhoods, ``position_low`` and ``position_high`` those of its position in the
        table: values within the tolerance of each other count as level, and positions in between are in any order. The
        order between two of one ``group`` (numbered from 1) may be uncertain; that between groups is not. ``num_users``
        follows where the file counts users. ``attrs`` has
        ``measure``, ``at_most``, ``kind``, and ``in_words``, the sentences on how many there are.

    Raises
    ------
    PlaceError
        If a place is unknown, named twice, or has no neighbourhoods here; all faults at once.
    SettingError
        If there is no such decile, kind or measure.
    DataError, BoundaryError, FetchError
        As :func:`ec_maps.load_areas`; or if `kind` is given and the files lack exposure or bias.

    Examples
    --------
    >>> import ec_maps
    >>> table = ec_maps.shortlist(["Norwich", "Great Yarmouth"], at_most=1)
    >>> print(table[["msoa21nm", "decile", "group", "position_low", "position_high"]].to_string(index=False))
              msoa21nm  decile  group  position_low  position_high
    Great Yarmouth 007       1      1             1              1
    Great Yarmouth 003       1      2             2              2
    Great Yarmouth 001       1      3             3              3
    >>> table.attrs["in_words"].partition(".")[0]
    'Of the 27 neighbourhoods of Norwich and Great Yarmouth, three are in the lowest decile'
    """
    if isinstance(at_most, bool) or not isinstance(at_most, Integral) or not 1 <= at_most <= GROUPS:
        msg = f"at_most= is a decile, a whole number from 1, the lowest, to {GROUPS}, and {told(at_most)} was given."
        raise SettingError(msg)
    if kind is not None and not is_known(kind, LEVERS):
        known = " or ".join(f'"{key}" ({one.name})' for key, one in LEVERS.items())
        msg = f"kind= is {known}, or None for all neighbourhoods, and {told(kind)} was given."
        raise SettingError(msg)
    at_most, wanted = int(at_most), measure_named(measure)
    whole = load_values("msoa", measure)
    selection = select_any(places, known_districts(whole))
    wanted = wanted.among(str(whole.attrs["category"]))
    for end, ranks in zip(("rank_low", "rank_high"), rank_spans(whole[measure], wanted.tolerance), strict=True):
        whole[end] = pd.Series(ranks, whole.index).astype("Int64")
    rows = whole[whole["lad21cd"].isin([place.lad21cd for place in selection.places])]
    of_kind = rows if kind is None else rows[rows["msoa21cd"].isin(_codes_of(kind))]
    low = (of_kind["decile"] <= at_most).fillna(False)  # noqa: FBT003
    listed = of_kind[low].sort_values([measure, "msoa21cd"], ignore_index=True)
    near = [of_kind["decile_high"] > at_most, of_kind["decile_low"] <= at_most]
    counts = Counts(
        total=len(rows),
        missing=int(rows[measure].isna().sum()),
        listed=len(listed),
        of_kind=int(of_kind[measure].notna().sum()),
        near_listed=int((near[0] & low).sum()),
        near_others=int((near[1] & ~low).sum()),
    )
    table = _grouped(listed, wanted)
    cut = wanted.format(whole.attrs["cut_points"][at_most])
    words = in_words(counts, [unit.name for unit in selection.units], wanted, cut, at_most=at_most, kind=kind)
    table.attrs = {"measure": measure, "category": wanted.category, "at_most": at_most, "kind": kind, "in_words": words}
    return table


def neighbourhood_levers() -> pd.Series:
    """Return which of :data:`ec_maps.analysis.bivariate.LEVERS` each neighbourhood is, by code, or missing.

    `DataError` is raised if the files lack a measure, if its values form no thirds, or if bias has the opposite sign.
    """
    values = {key: load_values("msoa", key).set_index("msoa21cd")[key] for key in (*DRIVERS, HEADLINE)}
    table = pd.DataFrame(values).astype(float)
    check_direction(**{key: table[key] for key in values}, areas="neighbourhoods")
    return levers(table["exposure"], table["bias"])


def _codes_of(kind: str) -> list[str]:
    found = neighbourhood_levers()
    return found.index[(found == kind).fillna(False)].tolist()  # noqa: FBT003


def _grouped(listed: pd.DataFrame, measure: Measure) -> pd.DataFrame:
    """Return the columns of a shortlist: a group ends where its values lie below all that follow."""
    low, high = rank_spans(listed[measure.key], measure.tolerance)
    starts = pd.Series(high, listed.index).shift(fill_value=0) <= listed.index
    names = [name for name in listed if str(name).startswith(("msoa21", "lad21", "rgn21"))]
    columns = [*names, measure.key, "decile", "decile_low", "decile_high", "rank_low", "rank_high"]
    return listed[columns].assign(
        group=starts.cumsum().astype("Int64"),
        position_low=pd.Series(low, listed.index).astype("Int64"),
        position_high=pd.Series(high, listed.index).astype("Int64"),
        **({"num_users": listed["num_users"]} if "num_users" in listed else {}),
    )


# --- in words ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Counts:
    """How many neighbourhoods some places have: in all, without an estimate, listed, and of the kind asked for.

    `near_listed` and `near_others` are those within the tolerance of the cut, on the list and off it.
    """

    total: int
    missing: int
    listed: int
    of_kind: int
    near_listed: int
    near_others: int


def in_words(
    counts: Counts, places: Sequence[str], measure: Measure, cut: str, *, at_most: int, kind: str | None
) -> str:
    """Return how many neighbourhoods are listed, how many cannot be, and how many are near the cut, in sentences."""
    which = ("any" if at_most == GROUPS else "lowest" if at_most == 1 else "decile") + ("_kind" if kind else "")
    what = SENTENCES[which].format(at_most=at_most, kind=LEVERS[kind].name if kind else "")
    where = series(places) if len(places) <= NAMED else SENTENCES["places"].format(number=some(len(places)))
    if counts.total == 1:
        name = "only" if counts.listed else "only_missing" if counts.missing else "only_not"
        said = [SENTENCES[name].format(places=where, what=what)]
    else:
        count = "all" if counts.listed == counts.total > 2 else "both" if counts.listed == counts.total else None
        facts = {"total": _number(counts.total), "places": where, "are": are(counts.listed), "what": what}
        said = [SENTENCES["count"].format(count=count or _number(counts.listed), **facts)]
    if counts.missing and counts.total > 1:
        has = "has" if counts.missing == 1 else "have"
        said.append(SENTENCES["missing"].format(Number=capital(_number(counts.missing)), has=has))
    if kind and counts.of_kind > counts.listed and at_most < GROUPS:
        said.append(SENTENCES["kind"].format(number=_number(counts.of_kind), are=are(counts.of_kind)))
    near = {name: number for name in ("near_listed", "near_others") if (number := getattr(counts, name))}
    if near and at_most < GROUPS:
        parts = series([SENTENCES[name].format(number=_number(number)) for name, number in near.items()])
        number = sum(near.values())
        facts = {"tolerance": measure.tolerance_in_words, "cut": cut, "Near": capital(parts), "are": are(number)}
        said.append(SENTENCES["cut"].format(**facts))
    return " ".join(said)


def headings(table: pd.DataFrame) -> dict[int, str]:
    """Return what stands above each group of two or more: its positions, and whose order is not certain."""
    found = {}
    for group, rows in table.groupby("group"):
        low, high = int(rows["position_low"].min()), int(rows["position_high"].max())
        level = (rows["position_low"] == low).all() and (rows["position_high"] == high).all()
        if len(rows) > 1:
            words = SENTENCES["level" if level else "chain"]
            found[int(str(group))] = words.format(low=f"{low:,}", high=f"{high:,}", number=_number(len(rows)))
    return found


def _number(number: int) -> str:
    return some(number) if number < 10 else f"{number:,}"
