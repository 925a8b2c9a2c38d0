"""A user's own column as a table of areas, for the same maps."""

from __future__ import annotations

import warnings
from collections.abc import Hashable

import geopandas as gpd
import numpy as np
import pandas as pd

from ec_maps import settings
from ec_maps.about import About
from ec_maps.areas.deciles import cut_points, group
from ec_maps.areas.own_codes import Matched, columns, letter, matched_codes, of_year
from ec_maps.areas.schemes import Scheme, chosen
from ec_maps.areas.table import columns_before, covered, with_outlines
from ec_maps.boundaries.table import load_boundaries
from ec_maps.cleaning import cleaned_codes, cleaned_values
from ec_maps.errors import DataError, SettingError, counted, listed, told
from ec_maps.geography.codes import is_demo_code
from ec_maps.geography.levels import SCOPES, LevelName, ScopeName, level_named, scope_named
from ec_maps.measures import MEASURES
from ec_maps.own_measure import OwnFacts

#: Columns of our own tables, whose names a value cannot have.
_OURS = frozenset(
    ("lad21cd", "lad21nm", "rgn21nm", "msoa21cd", "msoa21nm", "msoa21hclnm", "msoa21hclnmw", "geometry", "about")
) | {"decile", "decile_low", "decile_high", "class", "num_users"}

#: The longest texts, and words in them, that fit beside a map, in letters.
_LONGEST = {"title": (150, 30), "unit": (40, 30), "source": (400, 100)}


def area_table(
    data: pd.DataFrame | pd.Series,
    level: LevelName,
    value: Hashable,
    *,
    title: str,
    unit: str = "",
    source: str = "",
    code: Hashable | None = None,
    low_is_purple: bool = True,
    scope: ScopeName = "ew",
    scheme: Scheme = "deciles",
    k: int | None = None,
) -> gpd.GeoDataFrame:
    """Return a column of your own as a table of areas, with deciles and outlines, for the same maps.

    Codes and values are cleaned where it is plain what is meant: spaces, quotes, invisible characters and small letters
    in codes; text such as ``"1,234"``, ``"45 %"`` or ``"£12"``; signs for missing values; rows that repeat another one.
    All else is an error.

    Parameters
    ----------
    data
        A table with a row for each area, or a series of values whose index has the codes.
    level
        ``"lad"`` for the local authority districts of December 2021, ``"msoa"`` for the middle layer super output areas
        of 2021.
    value
        The column of values, and its name in the result. Of a series it is the name only.
    title
        What the values are, as the title of a map begins: "Pupils with free school meals".
    unit
        Their unit: ``"%"``, ``"£"``, ``"per 1,000 people"``, ``"years"``; nothing for plain numbers. Values written
        with a sign have it already.
    source
        Who published them, for the line beneath a map.
    code
        The column of codes; if not given, it is found by its name (``lad21cd``, ``LAD_CODE``, ``msoa21cd`` and so on)
        and its content.
    low_is_purple
        Whether low values are purple, as for most measures of the Atlas, or high ones.
    scope, scheme, k
        As for :func:`ec_maps.load_areas`; own edges are in the unit of the values.

    Returns
    -------
    areas
        The areas of the level as :func:`ec_maps.load_areas` gives them, with the values in a column of their own name;
        an area without a value has a row with value and decile missing. ``areas.attrs["unmatched"]`` reports on the
        codes: a ``summary``; ``codes`` that are of no area, how many rows have no code (``without_code``), how many
        areas are ``left_out`` by nation; names of the areas ``without_value``; the ``vintage`` of the codes; and
        ``notes`` on what was cleaned. If some codes are of no area, perhaps because they are of another year, a
        ``UserWarning`` says so.

    Raises
    ------
    DataError
        If most codes are of no area, a code has two values, or the values are not numbers or form no classes.
    SettingError
        If there is no such column, level, scope or scheme, or a text does not fit beside a map.
    BoundaryError, FetchError
        As :func:`ec_maps.load_areas`.

    Examples
    --------
    >>> import ec_maps
    >>> import pandas as pd
    >>> codes = ec_maps.load_areas("lad")["lad21cd"]
    >>> mine = pd.DataFrame({"LAD21CD": codes, "trees": [f"{number / 10} %" for number in range(331)]})
    >>> areas = ec_maps.area_table(mine, "lad", "trees", title="Land under trees", source="my own survey")
    >>> list(areas.columns)
    ['lad21cd', 'lad21nm', 'rgn21nm', 'trees', 'decile', 'geometry', 'about']
    >>> areas["decile"].value_counts().unique().tolist()
    [34, 33]
    >>> areas.attrs["unmatched"]["notes"]
    ['Values written with % were read as numbers: "0.0 %" is 0.']
    >>> "Land under trees" in ec_maps.regional_map(areas, "Wales").alt_text
    True
    """
    wanted, asked = level_named(level), chosen(scheme, k)
    scope = scope_named(scope, wanted)
    texts = {"title": title, "unit": unit, "source": source}
    texts = {name: _text(text, name) for name, text in texts.items()}
    if not isinstance(low_is_purple, bool | np.bool_):
        msg = f"low_is_purple is {told(low_is_purple)}; it should be True (low values are purple) or False."
        raise SettingError(msg)
    name = _name(value)
    codes, column = columns(data, value, wanted, code)
    known, notes = cleaned_codes(codes)
    read = cleaned_values(column, name)
    if read.unit and texts["unit"] not in ("", read.unit):
        msg = f'The values of {name} are written with {read.unit}, and unit is "{texts["unit"]}". Leave unit out.'
        raise DataError(msg)
    texts["unit"] = read.unit or texts["unit"]
    here = covered(load_boundaries(level), wanted, scope)
    matched = matched_codes(known, here, wanted, scope)
    values = _one_each(matched.codes, read.numbers, name)
    table = pd.DataFrame(here.drop(columns="geometry"))
    table[name] = table[wanted.code].map(values).astype(float)
    edges = asked.cut(table[name], texts["unit"])
    if asked.classes.column != "decile":
        table["class"] = group(table[name], edges)
    table["decile"] = group(table[name], edges if "class" not in table else cut_points(table[name], fewer=True))
    first = [*columns_before(wanted), name, "decile"]
    table = table[[*first, *(["class"] if "class" in table else []), *table.columns.difference([*first, "class"])]]
    present = table[name].dropna()
    about = About.whole(
        table, edges, measure=name, category="", level=level, scope=scope, demo=settings.is_demo(),
        scheme=asked.classes.scheme,
        own=OwnFacts(
            **texts, low_is_purple=bool(low_is_purple), spread=float(np.ptp(present)),
            largest=float(present.abs().max()), whole=bool((present % 1 == 0).all()),
        ),
    )  # fmt: skip
    areas = with_outlines(table, wanted, None)
    about.on(areas)
    if settings.is_demo() and not known.dropna().map(is_demo_code).all():
        notes.append("The demonstration's codes are invented: districts with real codes were found by their names.")
    areas.attrs["unmatched"] = _report(matched, areas, about, [*notes, *read.notes])
    if matched.strange:
        warnings.warn(letter(matched, wanted), UserWarning, stacklevel=2)
    return areas


def _text(text: object, name: str) -> str:
    """Return a text in one line; `SettingError` if it is none, or too long to stand beside a map."""
    if not isinstance(text, str) or (name == "title" and not text.strip()):
        msg = f"{name} is {told(text)}; it should be a text" + (", what the values are." if name == "title" else ".")
        raise SettingError(msg)
    line = " ".join("".join(letter for letter in text if letter.isprintable() or letter.isspace()).split())
    longest = (len(line), max(map(len, line.split()), default=0))
    for what, letters, most in zip((name, f"A word of {name}"), longest, _LONGEST[name], strict=True):
        if letters > most:
            msg = f"{what} has {letters} letters, more than the {most} that fit beside a map. Shorten it."
            raise SettingError(msg)
    return line.rstrip(".") if name == "source" else line


def _name(value: Hashable) -> str:
    name = str(value).strip() if isinstance(value, str | int | np.integer) and not isinstance(value, bool) else ""
    if not name:
        msg = f"value is {told(value)}; it should be the name of the column of values."
        raise SettingError(msg)
    if name.lower() in _OURS or name in MEASURES:
        of = "a measure of the Atlas" if name in MEASURES else "a column of the tables here"
        msg = f'"{name}" is the name of {of}. Rename your column: data.rename(columns={{"{name}": "my_{name}"}}).'
        raise SettingError(msg)
    return name


def _one_each(codes: pd.Series, numbers: pd.Series, name: str) -> pd.Series:
    """Return the value of each code; `DataError` if a code has two values."""
    rows = pd.DataFrame({"code": codes, "value": numbers}).dropna(subset="code").drop_duplicates()
    twice = rows["code"].duplicated(keep=False)
    if twice.any():
        several = rows[twice].sort_values("code", kind="stable")
        code = several["code"].iloc[0]
        found = [f"{value:g}" for value in several.loc[several["code"] == code, "value"]]
        msg = (
            f"{counted(several['code'].nunique(), 'area')} {'has' if several['code'].nunique() == 1 else 'have'} more "
            f"than one value of {name}, such as {code}: {listed(found, 3)}. Keep one row for each, such as those of "
            f"one year or of one group of people."
        )
        raise DataError(msg)
    return rows.set_index("code")["value"]


def _report(matched: Matched, areas: gpd.GeoDataFrame, about: About, notes: list[str]) -> dict[str, object]:
    """Return what did not join, in plain types, so that files can hold it."""
    level, where = level_named(about.level), SCOPES[about.scope]
    year = of_year(matched.vintage, level) if matched.strange else ""
    return {
        "summary": f"{level.areas.capitalize()}: {about.valued:,} of {about.areas:,} in {where} have a value.",
        "codes": matched.strange,
        "without_code": matched.without_code,
        "left_out": matched.left_out,
        "without_value": sorted(areas.loc[areas[about.measure].isna(), level.name]),
        "vintage": matched.vintage.name,
        "notes": [*notes, *([year] if year else [])],
    }
