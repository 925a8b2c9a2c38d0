"""Several measures side by side: the table of all areas for correlations and exports, and `compare`."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from ec_maps import cache
from ec_maps.areas.finder import LOOK_UP, find_places
from ec_maps.areas.groups import PlaceGroup
from ec_maps.areas.ranks import rank_spans
from ec_maps.areas.table import load_areas, load_values
from ec_maps.arguments import several
from ec_maps.atlas import select
from ec_maps.atlas.csv_table import inventory
from ec_maps.errors import DataError, PlaceError, SettingError
from ec_maps.geography.gazetteer import Place
from ec_maps.geography.levels import LevelName, ScopeName, level_named, scope_named
from ec_maps.geography.names import quoted
from ec_maps.measures import MEASURES, measure_named, unknown_measure

if TYPE_CHECKING:
    import geopandas as gpd

#: The endings of the columns of deciles, ranks and users, after a measure's key.
DECILE, RANK_LOW, RANK_HIGH, USERS = "_decile", "_rank_low", "_rank_high", "_users"

#: The most faults that a message lists.
_TOLD = 12

_NAMES = ("msoa21cd", "msoa21nm", "msoa21hclnm", "msoa21hclnmw", "lad21cd", "lad21nm", "rgn21nm")
_MEASURES = 'The measures to compare are keys such as "bias", one or a list'


def compare(
    places: str | Place | PlaceGroup | Sequence[str | Place | PlaceGroup],
    measures: str | Sequence[str] | None = None,
    *,
    level: LevelName = "lad",
    scope: ScopeName = "ew",
) -> pd.DataFrame:
    """Return the districts named, or all their neighbourhoods, with several measures side by side.

    Parameters
    ----------
    places
        Names (English or Welsh, or a part that is in no other) or codes of local authorities, or places from
        :func:`ec_maps.read_places`, of which a group stands for its local authorities; a single one needs no list.
    measures
        Keys of measures; if None or empty, every measure in the Atlas files at hand, in the codebook's order.
    level
        ``"lad"`` for a row a district, ``"msoa"`` for a row a neighbourhood of the districts.
    scope
        ``"ew"`` or, with districts, ``"uk"``: the areas over which the deciles are cut.

    Returns
    -------
    table
        The places in the order given, the neighbourhoods of each in order of code. The first columns are codes, names
        and region (``lad21cd lad21nm rgn21nm``, for neighbourhoods preceded by ``msoa21cd msoa21nm`` and any readable
        names). Then, for each measure, its value is in a column named by its key, and ``<key>_decile`` (``Int64``, 1
        the lowest) is its decile among all areas of the scope, not among those in the table. ``<key>_rank_low`` and
        ``<key>_rank_high`` (``Int64``, 1 the lowest value) are the ends of its rank among them: a span, because values
        within the measure's ``tolerance`` of each other count as level. Areas without a published estimate have
        missing values, deciles and ranks. ``attrs`` has ``level``, ``scope``, ``measures`` and, by measure, the
        ``cut_points`` of its deciles and its group of people in ``categories``.

    Raises
    ------
    PlaceError
        If no place is given, one is not a known district, or one is given twice, by whichever name; all faults at once.
    SettingError
        If there is no such level, scope or measure, or a measure is given twice.
    DataError
        If the files lack a measure that is named, or for the reasons of :func:`ec_maps.load_areas`. If none is named, a
        measure whose file is faulty is left out with a warning.

    Examples
    --------
    >>> import ec_maps
    >>> table = ec_maps.compare(["Norwich", "Great Yarmouth"], ["economic_connectedness", "exposure"])
    >>> print(table[["lad21nm", "economic_connectedness_decile", "exposure_decile"]].to_string(index=False))
           lad21nm  economic_connectedness_decile  exposure_decile
           Norwich                              5                4
    Great Yarmouth                              2                2
    """
    whole = measures_table(level, measures, scope=scope)
    columns = [name for name in whole.columns if name != "geometry" and not name.endswith(USERS)]
    wanted = find_places(places, whole, what="the places to compare")
    if not wanted:
        msg = f'No place to compare. Name at least one local authority, such as "Great Yarmouth". {LOOK_UP}'
        raise PlaceError(msg)
    order = {place.lad21cd: number for number, place in enumerate(wanted)}
    rows = whole.loc[whole["lad21cd"].isin(list(order)), columns]
    rows = rows.sort_values("lad21cd", key=lambda codes: codes.map(order), kind="stable", ignore_index=True)
    table = pd.DataFrame(rows)
    table.attrs = dict(whole.attrs)
    return table


def measures_table(
    level: LevelName, measures: str | Sequence[str] | None = None, *, scope: ScopeName = "ew"
) -> gpd.GeoDataFrame:
    """Return all areas of a level with several measures, with numbers of users and outlines.

    Parameters
    ----------
    level, measures, scope
        As for :func:`compare`, and so are the errors.

    Returns
    -------
    areas
        The columns of :func:`compare`, sorted by code; where the file of a measure counts users, ``<key>_users``
        (``Int64``) follows its ranks, and the last column is ``geometry`` (EPSG:27700).

    Raises
    ------
    DataError, FetchError, SettingError
        As :func:`compare`.
    BoundaryError
        If the outlines are absent, or are not those of the values.

    Examples
    --------
    >>> import ec_maps
    >>> table = ec_maps.measures_table("lad", ["economic_connectedness", "exposure"])
    >>> table.shape, table.crs.to_epsg()
    ((331, 14), 27700)
    >>> table.attrs["measures"]
    ['economic_connectedness', 'exposure']
    """
    wanted = level_named(level)
    scope = scope_named(scope, wanted)
    keys = _keys(measures)
    found = {key: load_values(level, key, scope=scope) for key in keys} if keys else _loadable(level, scope)
    tables = {key: table.set_index(wanted.code, drop=False) for key, table in found.items()}
    keys = list(tables)
    first = load_areas(level, keys[0], scope=scope).set_index(wanted.code, drop=False)
    names = [name for name in _NAMES if name in first]
    columns: dict[str, pd.Series] = {}
    for key, table in tables.items():
        columns |= {key: table[key], f"{key}{DECILE}": table["decile"]}
        ends = zip((RANK_LOW, RANK_HIGH), rank_spans(table[key], measure_named(key).tolerance), strict=True)
        columns |= {f"{key}{end}": pd.Series(ranks, table.index).astype("Int64") for end, ranks in ends}
        if "num_users" in table:
            columns[f"{key}{USERS}"] = table["num_users"]
    # pandas joins by code, so that the order of rows does not matter.
    whole: gpd.GeoDataFrame = first.assign(**columns)[[*names, *columns, "geometry"]].reset_index(drop=True)
    whole.attrs = {
        "level": level,
        "scope": scope,
        "measures": keys,
        "cut_points": {key: list(table.attrs["cut_points"]) for key, table in tables.items()},
        "categories": {key: str(table.attrs["category"]) for key, table in tables.items()},
    }
    return whole


def _loadable(level: LevelName, scope: ScopeName) -> dict[str, pd.DataFrame]:
    """Return the table of each measure in the files; a faulty one is left out with a warning, unless all are faulty."""
    tables, faults = {}, []
    for key in available_measures(level):
        try:
            tables[key] = load_values(level, key, scope=scope)
        except DataError as error:
            faults.append(f"{measure_named(key).title} of {level_named(level).areas} is left out. {error}")
    if not tables:
        raise DataError(faults[0])
    for fault in faults:
        warnings.warn(fault, stacklevel=4)
    return tables


def available_measures(level: LevelName) -> list[str]:
    """Return the keys of the measures in the Atlas files of a level, in the codebook's order; `DataError` if none.

    A CSV of the level must have the measure's column and, if it is about one group of people, rows about that group.
    """
    paths = tuple(select.supplied(level_named(level).key))
    return list(_available(level, paths, cache.fingerprint(paths)))


@lru_cache(maxsize=8)
def _available(level: LevelName, paths: tuple[Path, ...], _key: str) -> tuple[str, ...]:
    # Cached because it reads all CSVs, and a page calls it more than once.
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
            f"There is no measure of {level_named(level).areas} in the Atlas files. `ec-maps measures` lists their "
            f"contents. {faults}".rstrip()
        )
        raise DataError(msg)
    return tuple(key for key in MEASURES if key in there)


def _keys(measures: object) -> list[str]:
    """Return the keys asked for, or raise `SettingError` with all faults in them."""
    given = [] if measures is None else several(measures, str, _MEASURES)
    keys = [key for key in given if isinstance(key, str)]
    faults = [unknown_measure(key) for key in given if not isinstance(key, str)]
    faults += [unknown_measure(key) for key in dict.fromkeys(keys) if key not in MEASURES]
    faults += [
        f"The measure {quoted(key)} is given {keys.count(key)} times; name it once."
        for key in dict.fromkeys(keys)
        if keys.count(key) > 1
    ]
    if faults:
        msg = f"The measures to compare: {' '.join(faults[:_TOLD])} The measures are: {', '.join(MEASURES)}."
        raise SettingError(msg)
    return keys
