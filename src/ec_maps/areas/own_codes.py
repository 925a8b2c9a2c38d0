"""Which rows of a user's own table are which areas: the column of codes, and what the codes are of."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Hashable
from dataclasses import dataclass

import geopandas as gpd
import pandas as pd

from ec_maps import settings
from ec_maps.cleaning import clean_header, plain_code
from ec_maps.errors import DataError, SettingError, counted, listed, told
from ec_maps.geography.codes import (
    BEYOND,
    Vintage,
    district_vintage,
    is_demo_code,
    is_neighbourhood_code,
    nation,
    neighbourhood_vintage,
    official_districts,
)
from ec_maps.geography.levels import SCOPES, Level, ScopeName, level_named
from ec_maps.geography.names import plain

#: Names of columns of codes, without capitals and signs: those of a level, and those that any level may have.
_CODE_NAMES = {
    "lad": re.compile(r"(?:lad|ltla|la|localauthority|localauthoritydistrict|district)(?:\d\d)?(?:cd|code|gsscode)"),
    "msoa": re.compile(r"(?:msoa|neighbourhood)(?:\d\d)?(?:cd|code)"),
}
_ANY_CODE = re.compile(r"(?:area|geography|gss|ons|geo)?(?:cd|code)|code")
_FORM = {"lad": re.compile(r"(?:[EWNSX](?:06|07|08|09|12|19|11))\d{6}"), "msoa": re.compile(r"[EWX]02\d{6}")}
_ANY_FORM = re.compile(r"[A-Z]\d{8}")


def columns(data: object, value: Hashable, level: Level, code: Hashable | None) -> tuple[pd.Series, pd.Series]:
    """Return the codes and the values of the rows of `data`, numbered from 0."""
    if not isinstance(data, pd.DataFrame | pd.Series):
        hint = " pd.Series(yours) makes one of a dictionary by code." if isinstance(data, dict) else ""
        msg = f"data is a {type(data).__name__}; it should be a pandas DataFrame, or a Series indexed by code.{hint}"
        raise SettingError(msg)
    if data.empty:
        msg = "data has no rows, so that there is nothing to map."
        raise DataError(msg)
    if isinstance(data, pd.Series):
        if code is not None:
            msg = "data is a Series, whose index has the codes. Leave code out, or give a DataFrame."
            raise SettingError(msg)
        frame, value = pd.DataFrame({"value": data.array}), "value"
    else:
        frame = pd.DataFrame(data.reset_index(drop=True))
        value = _only(frame, value, "value")
    index = data.index
    if not isinstance(index, pd.MultiIndex) and not _is_numbered(index):
        name = index.name if index.name is not None and index.name not in frame.columns else "the index"
        frame.insert(0, name, pd.Series(index.array), allow_duplicates=True)
        code = name if isinstance(data, pd.Series) else code
    if code is None and isinstance(data, pd.Series):
        msg = (
            f"The Series has no codes: its index is not one of codes such as {_example(level)}. Set them as its index, "
            f'or give a DataFrame: data.set_index("{level.code}")["{value}"].'
        )
        raise SettingError(msg)
    if code is None:
        code = _found(frame.drop(columns=[value]), level)
    code = _only(frame, code, "code")
    return frame[code], frame[value]


def _only(frame: pd.DataFrame, name: Hashable, argument: str) -> Hashable:
    """Return the one column of this name, or of one that looks the same; `SettingError` if it is not one."""
    try:
        number = 0 if frame.columns.nlevels > 1 else [*frame.columns].count(name)
    except (TypeError, ValueError):
        number = 0
    if not number and isinstance(name, str):
        alike = [one for one in frame.columns if clean_header(str(one)) == clean_header(name)]
        name, number = (alike[0], 1) if len(alike) == 1 else (name, 0)
    if number != 1:
        has = f"has {number} columns" if number else "has no column"
        msg = f"data {has} {told(name)}, which {argument}= names. Its columns are {listed(list(frame.columns), 12)}."
        raise SettingError(msg)
    return name


def _is_numbered(index: pd.Index) -> bool:
    """Return whether an index numbers the rows; codes that are numbers have seven digits."""
    return bool(pd.api.types.is_numeric_dtype(index) and not index.max() >= 1_000_000)


def _share(column: pd.Series, level: Level) -> float:
    """Return the share of a column that has the form of codes of a level."""
    if pd.api.types.is_numeric_dtype(column) or column.dtype == "geometry":
        return 0.0
    fits = [_FORM[level.key].fullmatch(code) is not None for code in map(plain_code, column) if code]
    return sum(fits) / len(fits) if fits else 0.0


def _found(frame: pd.DataFrame, level: Level) -> Hashable:
    """Return the column that has the codes of a level: by its content, then by its name."""
    if not frame.columns.is_unique:
        frame = frame.loc[:, ~frame.columns.duplicated()]
    shares = {name: _share(frame[name], level) for name in frame.columns}
    words = {name: re.sub(r"[^a-z0-9]", "", str(name).lower()) for name in frame.columns}
    named = [name for name in words if _CODE_NAMES[level.key].fullmatch(words[name])]
    coded = [name for name in shares if shares[name] > 0.5]
    # A table may have the codes of two years side by side, and names say which are ours.
    for some in (
        [name for name in coded if words[name] == level.code],
        [name for name in coded if name in named],
        coded,
    ):
        if some and all(frame[name].equals(frame[some[0]]) for name in some):
            return some[0]
        if some:
            msg = f"data has codes in {listed(list(map(str, some)))}. Name the column to join on: code={some[0]!r}."
            raise SettingError(msg)
    named = named or [name for name in words if _ANY_CODE.fullmatch(words[name])]
    if not named:
        msg = (
            f"No column of data has codes of {level.areas} such as {_example(level)}, or a name such as {level.code}. "
            f"Its columns are {listed(list(frame.columns), 12)}. Name the column of codes: code=…."
        )
        raise SettingError(msg)
    return named[0]


def _example(level: Level) -> str:
    return "E07000148" if level.key == "lad" else "E02000001"


@dataclass(frozen=True)
class Matched:
    """The codes of rows as codes of our areas, missing where they are of none."""

    codes: pd.Series
    strange: list[str]
    left_out: dict[str, int]
    without_code: int
    vintage: Vintage


def matched_codes(known: pd.Series, here: gpd.GeoDataFrame, level: Level, scope: ScopeName) -> Matched:
    """Return the rows' codes as codes of our areas; `DataError` if most of them are of none."""
    distinct = pd.Index(known.dropna().unique())
    ours = {code: code for code in here[level.code]}
    if settings.is_demo() and level.key == "lad":
        # The demonstration has real names and made-up codes.
        by_name = {plain(name): code for code, name in zip(here["lad21cd"], here["lad21nm"], strict=True)}
        real = {code: by_name.get(plain(one.name)) for code, one in official_districts().items()}
        ours |= {code: found for code, found in real.items() if found}
    beyond = [code for code in distinct if code not in ours and _ANY_FORM.fullmatch(code) and nation(code) in BEYOND]
    beyond = [] if scope == "uk" else beyond
    strange = sorted(set(distinct) - set(ours) - set(beyond))
    vintage = (district_vintage if level.key == "lad" else neighbourhood_vintage)(
        code for code in distinct if not is_demo_code(code)
    )
    found = len(distinct) - len(strange) - len(beyond)
    left_out = {place: count for place in BEYOND if (count := Counter(map(nation, beyond))[place])}
    result = Matched(known.map(ours), strange, left_out, int(known.isna().sum()), vintage)
    if found <= len(strange):
        raise DataError(_refusal(result, distinct, found, level, scope))
    return result


def _refusal(matched: Matched, distinct: pd.Index, found: int, level: Level, scope: ScopeName) -> str:
    """Return why codes cannot be used, and what may be meant."""
    if not len(distinct):
        return "No row has a code, so that no value can be placed. Name the column of codes: code=…."
    if not matched.strange:
        where = " and ".join(matched.left_out)
        more = ' scope="uk" has the districts of the whole United Kingdom.' if level.key == "lad" else ""
        return f"All codes are of {where}, and the table is of {SCOPES[scope]}.{more}"
    begin = (
        f"Only {found} of {len(distinct)} codes are of {level.areas} of {SCOPES[scope]}; the others are such as "
        f"{listed(matched.strange, 3)}."
    )
    return f"{begin} {_meant(matched, level)}".rstrip()


def _meant(matched: Matched, level: Level) -> str:
    """Return what codes that are of no area may be, and what to do."""
    other = level_named("msoa" if level.key == "lad" else "lad")
    if sum(bool(_FORM[other.key].fullmatch(code)) for code in matched.strange) > len(matched.strange) / 2:
        found = f'These are codes of {other.areas}: use level="{other.key}".'
    elif settings.is_demo() and level.key == "msoa" and any(map(is_neighbourhood_code, matched.strange)):
        found = (
            "The demonstration has neighbourhoods with made-up codes, to which real ones cannot be joined. Use the "
            "codes of load_areas, or the real data (EC_MAPS_SOURCE=live)."
        )
    elif any(map(is_demo_code, matched.strange)):
        found = "These are codes of the demonstration (EC_MAPS_SOURCE=demo), which join to no real area."
    elif not any(map(_ANY_FORM.fullmatch, matched.strange)):
        found = f"These are no codes. Values are joined by code, such as {_example(level)}, and never by name."
    else:
        found = of_year(matched.vintage, level)
    return found


def of_year(vintage: Vintage, level: Level) -> str:
    """Return that codes are of another year, in a sentence; empty if nothing says so."""
    if vintage.fits or vintage.name in ("unknown", "postcode district"):
        return "These are postcode districts, which have no boundaries here." if "postcode" in vintage.name else ""
    kind = "districts" if level.key == "lad" else "neighbourhoods (MSOAs)"
    of = "of several years" if vintage.name == "mixed" else f"of {vintage.name}"
    example = f" (such as {vintage.evidence[0]})" if vintage.evidence else ""
    map_year = "December 2021" if level.key == "lad" else "2021"
    return f"These are codes of {kind} {of}{example}, and the maps have those of {map_year}."


def letter(matched: Matched, level: Level) -> str:
    """Return which codes are of no area, for a warning."""
    number = len(matched.strange)
    year = of_year(matched.vintage, level)
    return (
        f"{counted(number, 'code')} {'is' if number == 1 else 'are'} of no {level.area} here and "
        f"{'is' if number == 1 else 'are'} left out: {listed(matched.strange, 5)}."
        + (f" {year} Find a table by the codes of that year, or look up what became of the areas." if year else "")
        + ' The table says all: areas.attrs["unmatched"].'
    )
