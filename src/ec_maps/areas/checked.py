"""Whether a table of areas can be drawn, and the areas that a part of a table lacks."""

from __future__ import annotations

from collections.abc import Iterator

import geopandas as gpd
import numpy as np
import pandas as pd

from ec_maps import settings
from ec_maps.about import About
from ec_maps.areas.deciles import group
from ec_maps.areas.table import load_values
from ec_maps.arguments import optional_text, table_of
from ec_maps.boundaries.table import in_england_and_wales, load_boundaries
from ec_maps.errors import BoundaryError, FetchError, SettingError, listed, told
from ec_maps.geography.codes import BEYOND
from ec_maps.geography.levels import SCOPES, Level, LevelName, level_named
from ec_maps.measures import measure_named

#: A value this far from the edge of a class, or nearer, may be in either: some formats of file round.
_ROUNDED = 1e-9


def checked(
    areas: gpd.GeoDataFrame, level: LevelName, *, measure: str | None = None, category: str | None = None
) -> tuple[gpd.GeoDataFrame, About]:
    """Return a table ready to be drawn, in EPSG:27700, and what it is about.

    Parameters
    ----------
    areas
        The table: all rows of :func:`ec_maps.load_areas`, or some of them, with any further columns.
    level
        The level that it should have.
    measure, category
        What the table is about, if it does not say so itself; its values are compared with those of the Atlas.

    Raises
    ------
    SettingError
        If it is no such table; the message gives all faults at once.
    """
    wanted = level_named(level)
    measure, category = optional_text(measure, "measure"), optional_text(category, "category")
    if not isinstance(areas, pd.DataFrame):
        msg = f'A map is drawn from a table such as load_areas("{level}") returns, not from {told(areas)}.'
        raise SettingError(msg)
    if areas.empty:
        msg = "The table has no rows, so there is nothing to draw."
        raise SettingError(msg)
    table = _with_active_outlines(areas)
    about = About.of(areas) if measure is None and category is None else _named(areas, wanted, measure, category)
    if faults := list(_faults(table, about, wanted)):
        first = "The table cannot be drawn: " if len(faults) == 1 else "The table cannot be drawn:\n- "
        raise SettingError(first + "\n- ".join(faults))
    table = table.set_geometry(table.geometry.rename("geometry")).reset_index(drop=True)
    if table.crs != "EPSG:27700":
        table = table.to_crs("EPSG:27700")
    column = about.classes.column
    table[column] = table[column].astype("Int64")
    about.on(table)
    table.attrs = {}  # pandas copies them deeply with each selection; a finished map's areas have them again
    return table, about


def whole(areas: gpd.GeoDataFrame, level: LevelName) -> gpd.GeoDataFrame:
    """Return a table as :func:`checked` does; `SettingError` for a part, which would pass for the whole."""
    table, about = checked(areas, level)
    table.attrs = about.attrs
    if len(table) != about.areas:
        msg = (
            f"The picture shows all areas, and the table has {len(table):,} of the {about.areas:,} "
            f'{level_named(level).areas}. Give the whole table of load_areas("{level}").'
        )
        raise SettingError(msg)
    return table


def land_around(context: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return name and outline of land around a map, in EPSG:27700; `SettingError` for what is no such table."""
    given = table_of(context, "load_areas", ["lad21nm", "geometry"])
    outlines = given["geometry"]
    if not isinstance(outlines.dtype, gpd.array.GeometryDtype) or (len(given) and outlines.crs is None):
        msg = "The land around a map has outlines with a coordinate system in its column geometry; context= has none."
        raise SettingError(msg)
    if nameless := sum(not isinstance(name, str) for name in given["lad21nm"]):
        msg = f"In {nameless} of {len(given)} rows of context= the column lad21nm has no name; drop these rows."
        raise SettingError(msg)
    land = gpd.GeoDataFrame(given[["lad21nm", "geometry"]], geometry="geometry")
    return land if not len(land) or land.crs == "EPSG:27700" else land.to_crs("EPSG:27700")


def rest(areas: gpd.GeoDataFrame, about: About, near: str | None = None) -> gpd.GeoDataFrame:
    """Return code, district, region and outline of the areas that a part of a table lacks; none for a whole table.

    With `near`, for a map of that local authority, the surroundings that ``load_areas(near=…)`` returns are enough.

    Raises
    ------
    BoundaryError
        If the boundaries at hand are not those of the table.
    """
    level = level_named(about.level)
    columns = list(dict.fromkeys([level.code, "lad21cd", "lad21nm", "rgn21nm", "geometry"]))
    if len(areas) == about.areas:
        return areas.iloc[:0][columns]
    part = f"The table has {len(areas):,} of the {about.areas:,} {level.areas} of {SCOPES[about.scope]}"
    try:
        every = load_boundaries("msoa" if level.key == "msoa" else "lad", near if near == about.near else None)
    except (BoundaryError, FetchError) as error:
        msg = f"{part}, and the outlines of the others cannot be read. Give the whole table.\n\n{error}"
        raise BoundaryError(msg) from None
    every = every if about.scope == "uk" else in_england_and_wales(every, level.code)
    lacking = every[~every[level.code].isin(areas[level.code])]
    if len(every) - len(lacking) != len(areas) or (near != about.near and len(every) != about.areas):
        msg = f"{part}, and the boundaries at hand are not those of the table. Give the whole table."
        raise BoundaryError(msg)
    return lacking[columns].reset_index(drop=True)


def _with_active_outlines(areas: pd.DataFrame) -> gpd.GeoDataFrame:
    """Return a table with its outlines active: merging into a plain table makes it plain."""
    outlines = areas.get("geometry")
    if isinstance(areas, gpd.GeoDataFrame) and areas.active_geometry_name is not None:
        return areas
    if outlines is None or not isinstance(outlines.dtype, gpd.array.GeometryDtype):
        msg = (
            "The table has no outlines: it is a plain pandas table. Merge into the table of load_areas, not the other "
            "way round: areas.merge(mine)."
        )
        raise SettingError(msg)
    return gpd.GeoDataFrame(areas, geometry="geometry")


def _named(areas: pd.DataFrame, level: Level, measure: str | None, category: str | None) -> About:
    """Return what a table is about, as its maker says, checked against the table itself or the Atlas."""
    try:
        about = About.of(areas)
    except SettingError:
        about = None
    key = measure or (about.measure if about else None)
    if key is None:
        msg = 'category= says for which people; measure= has to say what, such as measure="bias".'
        raise SettingError(msg)
    if about is None or key != about.measure:
        measure_named(key)
    if about is not None:
        if key != about.measure or (category and category not in (about.category, about.what.category)):
            named = measure_named(key) if key != about.measure else about.what
            asked = named.among(category or "").title
            msg = f"The table is about {_lower(about.title)}, not about {_lower(asked)}, as measure= and category= say."
            raise SettingError(msg)
        return about
    if lost := sorted({level.code, key} - set(areas.columns)):
        msg = f"The table cannot be drawn: it lacks the columns {listed(lost)}."
        raise SettingError(msg)
    nations = areas.get("rgn21nm", pd.Series(dtype=object))
    scope = "uk" if level.key == "lad" and nations.isin(BEYOND).any() else "ew"
    values = load_values(level.key, key, category=category, scope=scope)  # type: ignore[arg-type]
    published = areas[level.code].map(values.set_index(level.code)[key])
    numbers = pd.to_numeric(areas[key], errors="coerce")
    if differ := int((~np.isclose(published, numbers, rtol=0, atol=1e-6, equal_nan=True)).sum()):
        msg = (
            f"The column {key} is not the Atlas's: {differ:,} of {len(areas):,} values differ. A column of your own "
            f"becomes a table by ec_maps.area_table."
        )
        raise SettingError(msg)
    return About.of(values)


def _lower(title: str) -> str:
    return title[:1].lower() + title[1:]


def _faults(table: gpd.GeoDataFrame, about: About, level: Level) -> Iterator[str]:
    """Yield what keeps a table from being drawn, each fault with what to do."""
    if about.level != level.key:
        has = level_named(about.level)
        yield f'it is of {has.areas}, and this map is of {level.areas}, as from load_areas("{level.key}").'
        return
    if about.demo != settings.is_demo():
        yield (
            "it is of demonstration data, and EC_MAPS_SOURCE is not demo, so that the map would not be stamped."
            if about.demo
            else "it is not of demonstration data, and EC_MAPS_SOURCE is demo."
        )
    if not table.columns.is_unique:
        yield f"it has columns of the same name: {listed(sorted(set(table.columns[table.columns.duplicated()])))}."
        return
    needed = {level.code, level.name, "lad21cd", "lad21nm", "rgn21nm", about.measure, about.classes.column}
    if lost := sorted(needed - set(table.columns)):
        yield f"it lacks the columns {listed(lost)}."
        return
    names = table[level.name].where(table[level.name].notna(), table[level.code])
    if nameless := int(table[list(needed - {about.measure, about.classes.column})].isna().any(axis=1).sum()):
        yield f"{nameless} of {len(table)} rows lack a code, a name or a region; drop these rows."
    twice = table[level.code].duplicated() & table[level.code].notna()
    if twice.any():
        yield (
            f"{int(twice.sum())} areas are in it more than once ({listed(list(names[twice].unique()), 3)}); "
            f'drop_duplicates("{level.code}") keeps one row of each.'
        )
    shapes = table.geometry
    bare = shapes.isna() | shapes.is_empty | ~shapes.geom_type.isin(["Polygon", "MultiPolygon"])
    if bare.any():
        yield f"{int(bare.sum())} areas have no outline ({listed(list(names[bare]), 3)}); drop these rows."
    elif table.crs is None:
        yield 'its outlines have no coordinate system; table.set_crs("EPSG:27700") says that they are in metres.'
    elif not _in_britain(table):
        yield f"its outlines lie outside the United Kingdom; is {table.crs.name} their coordinate system?"
    yield from _value_faults(table, about)


def _in_britain(table: gpd.GeoDataFrame) -> bool:
    try:
        outlines = table.geometry if table.crs == "EPSG:27700" else table.geometry.to_crs("EPSG:27700")
    except (RuntimeError, ValueError):
        return False
    left, bottom, right, top = outlines.total_bounds
    return bool(-200_000 <= left <= right <= 900_000 and -200_000 <= bottom <= top <= 1_400_000)


def _value_faults(table: gpd.GeoDataFrame, about: About) -> Iterator[str]:
    """Yield what is wrong with values and deciles or classes; these should be those of the values."""
    key, classes = about.measure, about.classes
    for name in (key, classes.column):
        kinds = (pd.api.types.is_bool_dtype, pd.api.types.is_complex_dtype)
        if not pd.api.types.is_numeric_dtype(table[name]) or any(is_kind(table[name]) for is_kind in kinds):
            yield f"its column {name} holds {table[name].dtype}, not numbers; pd.to_numeric makes them."
            return
    numbers = table[classes.column].astype("Float64")
    values = table[key].astype("Float64")
    wrong = (numbers % 1 != 0) | ~numbers.between(1, classes.number)
    low, high = (group(values + off, about.edges).astype("Float64") for off in (-_ROUNDED, _ROUNDED))
    wrong |= ~numbers.between(low, high)
    differ = (wrong.fillna(value=False) | (numbers.isna() != values.isna())).to_numpy()
    if differ.any():
        yield (
            f"{int(differ.sum())} of its {classes.nouns} are not those of its column {key} among all areas. Values of "
            f"your own become a table by ec_maps.area_table."
        )
