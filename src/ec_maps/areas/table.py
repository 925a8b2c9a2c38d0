"""The table of areas with their values and deciles."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import geopandas as gpd
import pandas as pd

from ec_maps import cache, settings
from ec_maps.about import About
from ec_maps.areas.deciles import cut_points, group, group_span
from ec_maps.areas.finder import find_place
from ec_maps.areas.join import JoinReport, report_of, stop_if_lost
from ec_maps.areas.provenance import boundaries_in_words, data_date, dated_in_words
from ec_maps.areas.schemes import Scheme, chosen
from ec_maps.arguments import optional_text
from ec_maps.atlas import archive, select
from ec_maps.boundaries.sources import boundary_files, boundary_jobs
from ec_maps.boundaries.table import available_areas, in_england_and_wales, load_boundaries, outside_england_and_wales
from ec_maps.errors import BoundaryError, DataError
from ec_maps.fetch import fetcher
from ec_maps.geography.codes import BEYOND
from ec_maps.geography.levels import Level, LevelName, ScopeName, TableName, level_named, scope_named, table_named
from ec_maps.geography.names import slug
from ec_maps.measures import HEADLINE, Measure, measure_named


def load_areas(
    level: LevelName,
    measure: str = HEADLINE,
    *,
    category: str | None = None,
    scope: ScopeName = "ew",
    near: str | None = None,
    scheme: Scheme = "deciles",
    k: int | None = None,
) -> gpd.GeoDataFrame:
    """Return the areas of England and Wales, or the districts of the United Kingdom, with their values and deciles.

    Parameters
    ----------
    level
        ``"lad"`` for the local authority districts of December 2021, ``"msoa"`` for the middle layer super output
        areas of 2021.
    measure
        The measure; its key, as ``ec-maps measures`` lists them, is the name of the value column.
    category
        The group of people, a value of the Atlas's ``measurement_category``, if not the measure's own.
    scope
        ``"ew"`` for England and Wales, ``"uk"`` for the United Kingdom (districts only). Deciles are cut over it.
    near
        The name (English or Welsh, or a part that is in no other) or code of a district, to return only the rows that
        a map of it can show, in less time and memory. Deciles, cut points and legends are still those of all areas.
    scheme
        The classes that maps show: ``"deciles"``; ``"quintiles"``; ``"quantiles"``, `k` classes of equal size;
        ``"equal_interval"``, `k` intervals of equal width; ``"natural_breaks"``, `k` classes as alike inside as can be
        (Fisher and Jenks; of more than 600 values, 600 at even steps of rank decide); or a list of numbers, the edges
        of classes in the measure's unit, which have to cover all values.
    k
        The number of classes, 2 to 10; 5 if not given.

    Returns
    -------
    areas
        One row an area, EPSG:27700, sorted by code. For ``"lad"`` the columns ``lad21cd lad21nm rgn21nm
        economic_connectedness decile geometry``; for ``"msoa"`` ``msoa21cd msoa21nm lad21cd lad21nm rgn21nm
        economic_connectedness decile geometry`` and, where they are available, readable names in ``msoa21hclnm`` and
        Welsh ones in ``msoa21hclnmw``. The value is in the measure's unit, of :data:`ec_maps.MEASURES`; an area without
        a published estimate has a row with value and decile missing. ``decile`` runs from 1, the lowest decile of the
        areas that have a value, to 10; where many values are equal some of the ten may be empty, but never those of
        economic connectedness. With another `scheme` than deciles, ``class`` follows the outline, from 1, the lowest,
        and maps show it instead; like deciles, classes are nullable integers of intervals closed on the right. The last
        columns are ``decile_low`` and ``decile_high``, the deciles that the area would have if its value were lower or
        higher by the measure's ``tolerance``; ``num_users`` where the Atlas counts users; and ``about``, the same text
        in each row, which says what the table is about: maps read it, and a table keeps it through ``merge``,
        ``concat``, filters and files.
        ``areas.attrs`` gives the same to read: ``cut_points``, the edges of the deciles or classes, eleven for deciles;
        ``groups``, those that are not empty; ``measure``, ``category``, ``level`` and ``scope``; ``valued``, how many
        areas of the scope have a value; and ``near``.

    Raises
    ------
    PlaceError
        If `near` names no district of the table; the message suggests some.
    DataError
        If the Atlas zips are absent or faulty, lack the measure or the category, are of another vintage than the
        boundaries, or too much is lost in joining; or if the values do not form the classes asked for.
    BoundaryError
        If the boundaries or lookups are absent or faulty, or do not cover the scope.
    FetchError
        If a missing file cannot be downloaded.
    SettingError
        If there is no such level, measure, scope or scheme, or `k` or the edges do not fit it.

    Examples
    --------
    >>> import ec_maps
    >>> lads = ec_maps.load_areas("lad")
    >>> list(lads.columns[:6])
    ['lad21cd', 'lad21nm', 'rgn21nm', 'economic_connectedness', 'decile', 'geometry']
    >>> len(lads), lads.attrs["valued"], lads.crs.to_epsg()
    (331, 327, 27700)
    >>> int(lads.loc[lads["lad21nm"] == "Norwich", "decile"].item())
    5

    Only the surroundings of one local authority, with the deciles of the whole:

    >>> msoas = ec_maps.load_areas("msoa", near="Norwich")
    >>> len(msoas)
    39

    Five natural breaks instead of deciles:

    >>> lads = ec_maps.load_areas("lad", scheme="natural_breaks", k=5)
    >>> lads["class"].value_counts().sort_index().to_list()
    [70, 101, 65, 53, 38]
    """
    asked = chosen(scheme, k)
    values = load_values(level, measure, category=category, scope=scope)
    about = About.of(values)
    if near is not None:
        here = values["lad21cd"] == find_place(near, values).lad21cd
        near = str(values.loc[here, "lad21nm"].iloc[0])
    if asked.classes.column not in values:
        edges = asked.cut(values[measure], about.what.unit_in_words)
        values.insert(list(values.columns).index("decile") + 1, asked.classes.column, group(values[measure], edges))
        facts = {name: getattr(about, name) for name in ("measure", "category", "level", "scope", "demo")}
        about = About.whole(values, edges, scheme=asked.classes.scheme, **facts)
    table = with_outlines(values, level_named(level), near)
    replace(about, near=near).on(table)
    return table


def load_values(
    level: LevelName, measure: str = HEADLINE, *, category: str | None = None, scope: ScopeName = "ew"
) -> pd.DataFrame:
    """Return the table of :func:`load_areas` without outlines, for callers that draw nothing."""
    wanted, what, category = level_named(level), measure_named(measure), optional_text(category, "category")
    scope, source = scope_named(scope, wanted), settings.source()
    if not archive.by_hand():
        # One letter lists all that is missing.
        fetcher.required([*select.fetch_jobs(wanted.key, measure), *boundary_jobs()])
    files = [*select.supplied(wanted.key, measure, category), *boundary_files()]
    key = cache.fingerprint(files, source, measure, category, scope)
    return _values(wanted, what, category, scope, key, settings.cache_dir()).copy()


@lru_cache(maxsize=32)
def _values(
    level: Level, measure: Measure, category: str | None, scope: ScopeName, key: str, _folder: Path
) -> pd.DataFrame:
    more = [slug(category)] if category else []
    name = "-".join(["areas", settings.source(), level.key, measure.key, *more, *([] if scope == "ew" else [scope])])
    values = cache.cached_values(name, key, lambda: _build(level, measure, category, scope))
    edges = cut_points(values[measure.key], fewer=measure.key != HEADLINE)
    # The category is stored as a column, because attributes are not stored in the cache.
    table = values.drop(columns="category")
    people = str(values["category"].iloc[0])
    facts = {"measure": measure.key, "category": people, "level": level.key, "scope": scope, "demo": settings.is_demo()}
    About.whole(table, edges, **facts).on(table)
    return table


def with_outlines(values: pd.DataFrame, level: Level, near: str | None) -> gpd.GeoDataFrame:
    """Return the values of a level with their outlines after the decile: all, or those near a district."""
    outlines = load_boundaries("msoa" if level.key == "msoa" else "lad", near)
    at = pd.Index(outlines[level.code]).get_indexer(pd.Index(values[level.code]))
    if near is not None:
        values, at = values[at >= 0].reset_index(drop=True), at[at >= 0]
    table = gpd.GeoDataFrame(values, geometry=outlines.geometry.to_numpy()[at], crs=outlines.crs)
    columns = [name for name in table.columns if name != "geometry"]
    after = columns.index("decile") + 1
    return table[[*columns[:after], "geometry", *columns[after:]]]


def load_measure(level: TableName, measure: str = HEADLINE, *, category: str | None = None) -> pd.DataFrame:
    """Return one measure as the Atlas publishes it, checked, but not joined to boundaries.

    Postcode districts are available only here: they have no open boundaries, so that they cannot be mapped.

    Parameters
    ----------
    level
        ``"lad"``, ``"msoa"`` or ``"postcode_district"``. The archive of postcode districts is not downloaded: put it
        into the data folder.
    measure, category
        As for :func:`load_areas`.

    Returns
    -------
    values
        One row an area of the file, sorted by code: the code (``lad_code``, ``zip_prediction`` and so on are called
        ``lad21cd``, ``msoa21cd`` and ``postcode_district`` here), the value under the measure's key, and ``num_users``
        where the file counts them. No area is left out, whatever its nation or vintage. ``values.attrs`` holds
        ``measure``, ``category``, ``level``, ``file``, ``date`` and ``notes``.

    Raises
    ------
    DataError, FetchError, SettingError
        As :func:`load_areas`.

    Examples
    --------
    >>> import ec_maps
    >>> values = ec_maps.load_measure("lad", "exposure")
    >>> list(values.columns)
    ['lad21cd', 'exposure', 'num_users']
    >>> values.attrs["category"], values.attrs["date"]
    ('low_ses_users', '2025-02-28')
    """
    wanted = table_named(level)
    found = select.read_measure(level, measure, category)
    table = found.table.rename(columns={"code": wanted.code, "value": measure})
    table.attrs = {
        "measure": measure,
        "category": found.category,
        "level": level,
        "file": str(found.member),
        "date": found.date,
        "notes": found.notes,
    }
    return table


def load_context() -> gpd.GeoDataFrame:
    """Return the districts outside England and Wales, if the boundaries have them, for the background of maps."""
    return _context(settings.source(), cache.fingerprint(boundary_files(fetch=False)))


@lru_cache(maxsize=2)
def _context(_source: str, _key: str) -> gpd.GeoDataFrame:
    # The same for every map.
    return outside_england_and_wales(load_boundaries("lad"), "lad21cd")


def join_report(
    level: LevelName, measure: str = HEADLINE, *, category: str | None = None, scope: ScopeName = "ew"
) -> JoinReport:
    """Return which areas and values of a level joined and which did not, from the files and not from the cache.

    Parameters
    ----------
    level, measure, category, scope
        As for :func:`ec_maps.load_areas`, and so are the errors.

    Returns
    -------
    report
        The report; its ``summary`` is one sentence, its ``details`` are one line each.

    Raises
    ------
    DataError, BoundaryError, FetchError, SettingError
        As :func:`load_areas`.

    Examples
    --------
    >>> import ec_maps
    >>> report = ec_maps.join_report("lad")
    >>> report.areas, report.with_value
    (331, 327)
    >>> report.without_value
    ['Merthyr Tydfil', 'Ryedale']
    >>> report.without_row
    ['Eden', 'Torridge']
    """
    wanted, _ = level_named(level), measure_named(measure)
    scope = scope_named(scope, wanted)
    areas = available_areas()
    here = covered(getattr(areas, f"{level}s"), wanted, scope)
    values = select.read_measure(level, measure, category)
    notes = list(areas.notes)
    other: LevelName = "msoa" if level == "lad" else "lad"
    # Nothing is said of a file that is not there.
    if (date := data_date(other)) is not None and date != values.date:
        notes.append(
            f"These data are {dated_in_words(values.date)}, but those of {level_named(other).areas} are "
            f"{dated_in_words(date)}."
        )
    return report_of(wanted, here, values, notes, scope)


def covered(areas: gpd.GeoDataFrame, level: Level, scope: ScopeName) -> gpd.GeoDataFrame:
    """Return the areas of a scope; `BoundaryError` if a whole nation of it is absent."""
    if scope == "ew":
        return in_england_and_wales(areas, level.code)
    there = set(areas["rgn21nm"])
    if lost := [name for name in BEYOND if name not in there]:
        msg = (
            f"A table of the United Kingdom needs the boundaries of all its districts, but {boundaries_in_words()} has "
            f"none in {' or '.join(lost)}. Use a file of all 374 local authority districts of December 2021 (the "
            f"Office for National Statistics has it), or the table of England and Wales."
        )
        raise BoundaryError(msg)
    return areas


def _build(level: Level, measure: Measure, category: str | None, scope: ScopeName) -> pd.DataFrame:
    """Return the values and deciles of the areas of a scope, without outlines, which all measures share."""
    here = covered(load_boundaries("msoa" if level.key == "msoa" else "lad"), level, scope)
    values = select.read_measure(level.key, measure.key, category)
    report = report_of(level, here, values, [], scope)
    stop_if_lost(level, report, here, values)
    table = pd.DataFrame(here.drop(columns="geometry")).merge(
        values.table.rename(columns={"code": level.code, "value": measure.key}),
        on=level.code,
        how="left",
        validate="one_to_one",
    )
    numbers = table[measure.key]
    try:
        edges = cut_points(numbers, fewer=measure.key != HEADLINE)
    except DataError as error:
        msg = f"{values.member}: {error}"
        raise DataError(msg) from None
    table["decile"] = group(numbers, edges)
    table["decile_low"], table["decile_high"] = group_span(numbers, edges, measure.tolerance)
    table["category"] = values.category
    first = [*columns_before(level), measure.key, "decile"]
    last = [name for name in ("decile_low", "decile_high", "num_users", "category") if name in table]
    return pd.DataFrame(table[[*first, *(name for name in table.columns if name not in {*first, *last}), *last]])


def columns_before(level: Level) -> list[str]:
    """Return the columns that stand before the value."""
    above = [] if level.key == "lad" else ["lad21cd", "lad21nm"]
    return [level.code, level.name, *above, "rgn21nm"]
