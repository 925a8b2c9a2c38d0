"""Several measures side by side: the table of all areas that correlations and exports are made from, and `compare`."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from ec_maps import cache
from ec_maps.areas.places import gazetteer_of
from ec_maps.areas.table import load_areas, load_values
from ec_maps.atlas import select
from ec_maps.atlas.inventory import inventory
from ec_maps.errors import DataError, PlaceError, SettingError
from ec_maps.geography.gazetteer import Place
from ec_maps.geography.levels import LevelName, ScopeName, level_named, scope_named
from ec_maps.geography.names import plain, quoted
from ec_maps.measures import MEASURES, measure_named

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

#: What follows a measure's key in the name of its column of deciles, and of its column of users.
DECILE, USERS = "_decile", "_users"

_NAMES = ("msoa21cd", "msoa21nm", "msoa21hclnm", "msoa21hclnmw", "lad21cd", "lad21nm", "rgn21nm")
_LOOK_UP = "`ec-maps places WORD` lists the official names that have the word in them."


def compare(
    places: str | Place | Sequence[str | Place],
    measures: str | Sequence[str] | None = None,
    *,
    level: LevelName = "lad",
    scope: ScopeName = "ew",
) -> pd.DataFrame:
    """Return any districts, or all their neighbourhoods, with several measures side by side.

    Parameters
    ----------
    places
        Names (English or Welsh) or codes of local authorities, or places as :func:`ec_maps.read_places` gives them;
        a single one may stand alone.
    measures
        Keys of measures; every measure of the files at hand if None or empty, in the codebook's order.
    level
        ``"lad"`` for a row a district, ``"msoa"`` for a row a neighbourhood of the districts.
    scope
        ``"ew"`` or, with districts, ``"uk"``: what the deciles are tenths of.

    Returns
    -------
    table
        The places in the order given, the neighbourhoods of each in order of code. First codes, names and region
        (``lad21cd lad21nm rgn21nm``, before them for neighbourhoods ``msoa21cd msoa21nm`` and readable names where
        there are any), then for each measure its value, in a column named by its key, and ``<key>_decile`` (``Int64``,
        1 the lowest tenth of all areas of the scope, not of those in the table). Values and deciles that are not
        published are missing. ``attrs`` has ``level``, ``scope``, ``measures`` and, by measure, the ``cut_points`` of
        its deciles and the people it is about in ``categories``.

    Raises
    ------
    PlaceError
        If no place is given, any is not one known district, or one is there twice, by whichever name; all faults at
        once.
    SettingError
        If there is no such level, scope or measure, or a measure is there twice.
    DataError
        If the files at hand lack a measure that is named, and as :func:`ec_maps.load_areas` raises. Where none is
        named, a measure whose file is faulty is left out with a warning.
    """
    whole = measures_table(level, measures, scope=scope)
    columns = [name for name in whole.columns if name != "geometry" and not name.endswith(USERS)]
    wanted = _districts([places] if isinstance(places, str | Place) else list(places), whole)
    order = {place.lad21cd: number for number, place in enumerate(wanted)}
    rows = whole.loc[whole["lad21cd"].isin(list(order)), columns]
    rows = rows.sort_values("lad21cd", key=lambda codes: codes.map(order), kind="stable", ignore_index=True)
    import pandas as pd

    table = pd.DataFrame(rows)
    table.attrs = dict(whole.attrs)
    return table


def measures_table(
    level: LevelName, measures: str | Sequence[str] | None = None, *, scope: ScopeName = "ew"
) -> gpd.GeoDataFrame:
    """Return all areas of a level with several measures: as :func:`compare`, with users and outlines.

    Parameters
    ----------
    level, measures, scope
        As for :func:`compare`, and so are the errors.

    Returns
    -------
    areas
        As the table of :func:`compare`, sorted by code; where the file of a measure counts users, ``<key>_users``
        (``Int64``) follows its decile, and the last column is ``geometry`` (EPSG:27700).
    """
    import pandas as pd

    wanted = level_named(level)
    scope = scope_named(scope, wanted)
    keys = _keys(measures)
    found = {key: load_values(level, key, scope=scope) for key in keys} if keys else _loadable(level, scope)
    tables = {key: table.set_index(wanted.code, drop=False) for key, table in found.items()}
    keys = list(tables)
    first = load_areas(level, keys[0], scope=scope).set_index(wanted.code, drop=False)
    parts = [first[[name for name in _NAMES if name in first]]]
    for key, table in tables.items():
        told = {key: table[key], f"{key}{DECILE}": table["decile"]}
        if "num_users" in table:
            told[f"{key}{USERS}"] = table["num_users"]
        parts.append(pd.DataFrame(told))
    # Joined by code: one level has the same areas whatever the measure, and their order is not relied on.
    joined = first[["geometry"]].join(pd.concat(parts, axis=1)).reset_index(drop=True)
    whole: gpd.GeoDataFrame = joined[[*(name for name in joined.columns if name != "geometry"), "geometry"]]
    whole.attrs = {
        "level": level,
        "scope": scope,
        "measures": keys,
        "cut_points": {key: list(table.attrs["cut_points"]) for key, table in tables.items()},
        "categories": {key: str(table.attrs["category"]) for key, table in tables.items()},
    }
    return whole


def _loadable(level: LevelName, scope: ScopeName) -> dict[str, pd.DataFrame]:
    """Return the table of each measure at hand; one that is faulty is left out with a warning, unless all are."""
    tables, faults = {}, []
    for key in measures_at_hand(level):
        try:
            tables[key] = load_values(level, key, scope=scope)
        except DataError as error:
            faults.append(f"{measure_named(key).title} of {level_named(level).areas} is left out. {error}")
    if not tables:
        raise DataError(faults[0])
    for fault in faults:
        warnings.warn(fault, stacklevel=4)
    return tables


def measures_at_hand(level: LevelName) -> list[str]:
    """Return the keys of the measures that the Atlas's files hold at a level, in the codebook's order.

    A measure counts if a CSV of the level has its column and, if it is about one group of people, rows about these.

    Raises
    ------
    DataError
        If there is none.
    """
    paths = tuple(select.supplied(level_named(level).key))
    return list(_at_hand(level, paths, cache.fingerprint(paths)))


@lru_cache(maxsize=8)
def _at_hand(level: LevelName, paths: tuple[Path, ...], _key: str) -> tuple[str, ...]:
    # All CSVs are read for it, and a page asks more than once.
    entries = inventory(list(paths))
    there = {
        measure.key
        for entry in entries
        for measure in entry.measures
        if entry.level == level and measure.category in ("", *entry.categories)
    }
    if not there:
        faults = " ".join(entry.fault for entry in entries if entry.fault)
        msg = (
            f"No measure of {level_named(level).areas} is at hand. `ec-maps measures` lists what is. {faults}".rstrip()
        )
        raise DataError(msg)
    return tuple(key for key in MEASURES if key in there)


def _keys(measures: str | Sequence[str] | None) -> list[str]:
    """Return the keys asked for, or raise `SettingError` with all that is wrong with them."""
    keys = [measures] if isinstance(measures, str) else list(measures or ())
    faults: list[str] = []
    for key in dict.fromkeys(keys):
        try:
            measure_named(key)
        except SettingError as error:
            # Each would list all measures: one list is enough.
            faults.append(str(error) if len(set(keys)) == 1 else str(error).partition(" The measures are:")[0])
        if keys.count(key) > 1:
            faults.append(f"The measure {quoted(str(key))} is there {keys.count(key)} times; name it once.")
    if faults:
        known = "" if any("The measures are:" in fault for fault in faults) else f" They are: {', '.join(MEASURES)}."
        msg = f"The measures to compare: {' '.join(faults)}{known}"
        raise SettingError(msg)
    return keys


def _districts(places: list[str | Place], whole: gpd.GeoDataFrame) -> list[Place]:
    """Return the districts that are named, or raise `PlaceError` with all that is wrong with the names."""
    if not places:
        msg = f'No place to compare. Name at least one local authority, such as "Great Yarmouth". {_LOOK_UP}'
        raise PlaceError(msg)
    gazetteer = gazetteer_of(whole.drop_duplicates("lad21cd"))
    found: dict[Place, tuple[int, str]] = {}
    faults, misnamed = [], False
    for number, told in enumerate(places, 1):
        text = told.lad21cd if isinstance(told, Place) else str(told)
        where = f" (place {number})" if len(places) > 1 else ""
        place = gazetteer.find(text)
        if place is None:
            misnamed = True
            faults.append(gazetteer.explain(text, where) if text.strip() else f"Place {number} is empty.")
        elif place in found:
            first, before = found[place]
            as_what = "" if plain(text) == plain(before) else f" as {quoted(before)}"
            faults.append(f"{quoted(text)}{where} is already place {first}{as_what}; keep one of them.")
        else:
            found[place] = (number, text)
    if faults:
        letter = faults[0] if len(faults) == 1 else "\n- ".join([f"{len(faults)} of the places to compare:", *faults])
        raise PlaceError(f"{letter}\n\n{_LOOK_UP}" if misnamed else letter)
    return list(found)
