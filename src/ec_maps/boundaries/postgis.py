"""Boundaries and lookups from a PostGIS database, written as files that :mod:`ec_maps.boundaries.table` reads.

See :mod:`ec_maps.boundaries.database` for finding and connecting to the database. Needs the extra ``ec-maps[postgis]``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from ec_maps import settings
from ec_maps.boundaries.database import Database, chosen, connected, dotted, explained
from ec_maps.errors import BoundaryError, listed
from ec_maps.fetch.manifest import Brought

if TYPE_CHECKING:
    import geopandas as gpd
    import sqlalchemy as sa

# Rows read at a time: the outline of a district with a long coast is a megabyte of text.
_AT_ONCE = 100


@dataclass(frozen=True)
class Wanted:
    """A table to read: our columns, each with the names that it may have in the database.

    The first name that is found counts. Columns in `more` are optional.
    """

    columns: dict[str, tuple[str, ...]]
    more: dict[str, tuple[str, ...]]


#: The tables by their usual names.
TABLES = {
    "lad21_boundaries": Wanted(
        {"LAD21CD": ("lad21cd",), "geometry": ("geometry", "geom")},
        {"LAD21NM": ("lad21nm",)},
    ),
    "msoa21_boundaries": Wanted(
        {"MSOA21CD": ("msoa21cd",), "geometry": ("geometry", "geom")},
        {"MSOA21NM": ("msoa21nm",), "MSOA21HCLNM": ("msoa21hclnm",)},
    ),
    "pcode_census21_lookup": Wanted(
        {"msoa21cd": ("msoa21cd",), "lad21cd": ("lad21cd",), "lad21nm": ("ladnm", "lad21nm")},
        {},
    ),
    "lad21_lookup": Wanted(
        {"lad21cd": ("lad21cd",), "rgn21nm": ("rgn21nm_filled", "rgn21nm")},
        {},
    ),
}

# Every table and view but those of extensions, with its columns and their types; those on the search path first.
_RELATIONS = """
SELECT n.nspname AS schema, c.relname AS name, pg_table_is_visible(c.oid) AS visible,
       has_schema_privilege(n.oid, 'USAGE') AND has_any_column_privilege(c.oid, 'SELECT') AS readable,
       (SELECT jsonb_object_agg(a.attname, t.typname)
          FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
         WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) AS columns
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname !~ '^(pg_|information_schema$)'
   AND NOT EXISTS (SELECT FROM pg_depend d
                    WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
 ORDER BY NOT pg_table_is_visible(c.oid), n.nspname <> 'public', n.nspname, c.relname
"""
_HAS_POSTGIS = "SELECT EXISTS (SELECT FROM pg_extension WHERE extname = 'postgis')"


@dataclass(frozen=True)
class _Relation:
    """A table or view in the database; `columns` gives the type of each column."""

    schema: str
    name: str
    visible: bool
    readable: bool
    columns: dict[str, str] | None

    def __str__(self) -> str:
        return self.name if self.visible else dotted(self.schema, self.name)

    def column(self, names: Sequence[str]) -> str | None:
        """Return the first of these columns that there is, as the database spells it."""
        there = list(self.columns or {})
        same = {name.lower(): name for name in there} | {name: name for name in there}
        return next((same[name] for name in names if name in same), None)


def address() -> str:
    """Return the database's address without user, password and options, and any renamed tables."""
    return str(chosen(list(TABLES)))


def bring(table: str, path: Path) -> Brought:
    """Write one of the four tables, by its usual name, to a path and return what is known of it.

    All four are looked for, so that everything missing is reported at once. The boundaries become GeoParquet, sorted by
    code, in the database's coordinate system, with none where the SRID is 0; the lookups become CSV, each row once.
    Nothing is written before the table is read and checked.

    Raises
    ------
    SettingError
        If no database is set, its settings cannot be understood, the server has no such database or user, or
        SQLAlchemy or psycopg is not installed.
    BoundaryError
        If the database cannot be reached or the connection is lost, if tables, columns or the right to read them are
        missing, or if their contents cannot be used.
    OSError
        If the file cannot be written.
    """
    database = chosen(list(TABLES))
    relation, frame = _fit(database, table)
    _write(frame, path)
    return Brought(str(database), dotted(relation.schema, relation.name), variant=str(database))


def _fit(database: Database, key: str) -> tuple[_Relation, pd.DataFrame]:
    """Return a table, read in a read-only transaction and checked."""
    if settings.is_offline():
        msg = f"EC_MAPS_OFFLINE is set, so the database {database} was not asked."
        raise BoundaryError(msg)
    with connected(database) as connection:
        with explained(database, "Looking for the tables"):
            relation = _find(connection, database)[key]
        with explained(database, f"Reading {relation}"):
            table = _read(connection, relation, TABLES[key])
    faults: list[str] = []
    ready = (_outlines if "geometry" in table else _lookup)(table, relation, faults)
    _stop_at(faults, database)
    return relation, ready


def _stop_at(faults: Sequence[str], database: Database, remedy: str = "") -> None:
    if faults:
        msg = f"The database {database} cannot be used as it is: {'; '.join(faults)}.{remedy and f' {remedy}'}"
        raise BoundaryError(msg)


def _find(connection: sa.Connection, database: Database) -> dict[str, _Relation]:
    """Return the four tables, all of them there, readable and with the columns that are needed."""
    import sqlalchemy as sa

    relations = [_Relation(**row) for row in connection.execute(sa.text(_RELATIONS)).mappings()]
    found, lost = {}, []
    for key in TABLES:
        schema, name = database.tables.get(key, (None, key))
        # On the search path, else in "public": a schema that may not be used is on no search path.
        homes = [one for one in relations if one.schema == (schema or "public") or (one.visible and not schema)]
        same = [one for one in homes if one.name == name] or [one for one in homes if one.name.lower() == name.lower()]
        if same:
            found[key] = same[0]
        else:
            lost.append(dotted(schema, name))
    faults = [] if connection.scalar(sa.text(_HAS_POSTGIS)) else ["it has no PostGIS (CREATE EXTENSION postgis)"]
    if lost:
        there = f"it has {listed(relations)}" if relations else "it has none at all"
        faults.append(f"there is no table {listed(lost)}; {there}")
    _stop_at(faults, database, "Other names can be given in the section [tables] of db_config.ini." if lost else "")
    faults = [f"the user may not read {one} (GRANT SELECT)" for one in found.values() if not one.readable]
    for key, relation in found.items():
        lost = [" or ".join(names) for names in TABLES[key].columns.values() if relation.column(names) is None]
        if lost:
            faults.append(f"{relation} has no column {listed(lost)}, only {listed(list(relation.columns or {}))}")
        outline = relation.column(TABLES[key].columns.get("geometry", ()))
        kind = (relation.columns or {}).get(outline or "")
        if kind not in (None, "geometry", "geography"):
            faults.append(f"the column {outline} of {relation} is of type {kind}, not geometry")
    _stop_at(faults, database)
    return found


def _read(connection: sa.Connection, relation: _Relation, wanted: Wanted) -> pd.DataFrame:
    """Return our columns of a table: text with missing values as empty text, outlines as shapely reads them."""
    import sqlalchemy as sa

    every = (wanted.columns | wanted.more).items()
    columns = {ours: theirs for ours, names in every if (theirs := relation.column(names)) is not None}
    # Quoted by SQLAlchemy: a name is never part of the statement's text.
    source = sa.table(
        sa.quoted_name(relation.name, quote=True),
        *(sa.column(sa.quoted_name(theirs, quote=True)) for theirs in columns.values()),
        schema=sa.quoted_name(relation.schema, quote=True),
    )
    chosen_columns = [
        (source.c[theirs] if ours == "geometry" else sa.cast(source.c[theirs], sa.Text)).label(ours)
        for ours, theirs in columns.items()
    ]
    statement = sa.select(*chosen_columns)
    if "geometry" not in columns:
        statement = statement.distinct()
    parts = [pd.DataFrame(columns=list(columns), dtype=object)]
    with connection.execute(statement, execution_options={"yield_per": _AT_ONCE}) as result:
        for rows in result.partitions():
            part = pd.DataFrame([tuple(row) for row in rows], columns=list(columns), dtype=object)
            for name in part.columns.drop("geometry", errors="ignore"):
                text = part[name].fillna("").str.strip()
                part[name] = text.str.upper() if name.lower().endswith("cd") else text
            if "geometry" in columns:
                part["geometry"] = _shapes(part, relation)
            parts.append(part)
    return pd.concat(parts, ignore_index=True)


def _shapes(part: pd.DataFrame, relation: _Relation) -> np.ndarray:
    """Return outlines from the hexadecimal text in which the database sends them."""
    try:
        return np.asarray(shapely.from_wkb(part["geometry"].to_numpy(dtype=object)), dtype=object)
    except (shapely.errors.ShapelyError, NotImplementedError) as error:
        reason = str(error).strip().rstrip(".")
        first, *_, last = list(part.iloc[:, 0])
        msg = (
            f"{relation} has outlines that cannot be read ({reason}), in the rows from {first} to {last}. "
            f"Curves can be made into lines in the database, with ST_CurveToLine."
        )
        raise BoundaryError(msg) from None


def _outlines(table: pd.DataFrame, relation: _Relation, faults: list[str]) -> gpd.GeoDataFrame:
    """Return boundaries sorted by code, in the database's coordinate system; `faults` gets what is wrong with them."""
    import geopandas as gpd
    import pyproj

    code = table.columns[0]
    shapes = table["geometry"].to_numpy(dtype=object)
    bare = shapely.is_missing(shapes) | shapely.is_empty(shapes)
    if not len(table):
        faults.append(f"{relation} holds no rows")
    if nameless := int((table[code] == "").sum()):
        faults.append(f"{relation} has no code in {nameless} of {len(table)} rows")
    if bare.any():
        rows = f"{int(bare.sum())} {'row' if bare.sum() == 1 else 'rows'}"
        faults.append(f"{relation} has no outline for {rows} ({listed(list(table.loc[bare, code]))})")
    srids = sorted({int(srid) for srid in shapely.get_srid(shapes[~bare])})
    crs = None
    if len(srids) > 1:
        faults.append(f"{relation} mixes coordinate systems (SRID {listed(srids)})")
    elif srids and srids != [0]:
        try:
            crs = pyproj.CRS.from_epsg(srids[0])
        except pyproj.exceptions.CRSError:
            faults.append(f"{relation} has SRID {srids[0]}, which is no EPSG code (UpdateGeometrySRID can set it)")
    frame = gpd.GeoDataFrame(table.drop(columns="geometry"), geometry=shapes, crs=crs)
    # A database returns rows in any order. Where an area is in several, its code alone does not say which is first.
    order = pd.concat([table.drop(columns="geometry"), frame.geometry.bounds], axis=1)
    return frame.loc[order.sort_values(list(order.columns)).index].reset_index(drop=True)


def _lookup(table: pd.DataFrame, relation: _Relation, faults: list[str]) -> pd.DataFrame:
    """Return a lookup's rows, each once and sorted; `faults` gets what is ambiguous in it."""
    table = table[(table.iloc[:, :2] != "").all(axis=1)].drop_duplicates()
    if table.empty:
        faults.append(f"{relation} holds no rows" + " with both codes" * ("msoa21cd" in table))
    for key, value in pairwise(table.columns):
        pairs = table.loc[table[value] != "", [key, value]].drop_duplicates()
        if key == "msoa21cd":
            # Codes such as S99999999 stand for the postcodes of a whole country.
            pairs = pairs[pairs[key].str[1:3] == "02"]
        if (twice := pairs[key].duplicated(keep=False)).any():
            both = pairs[twice].groupby(key)[value].agg(lambda values: " and ".join(sorted(values)))
            examples = listed([f"{code}: {values}" for code, values in both.items()], 3)
            faults.append(f"{relation} gives {len(both)} {key} more than one {value} ({examples})")
    return table.sort_values(list(table.columns), ignore_index=True)


def _write(table: pd.DataFrame, path: Path) -> None:
    if path.suffix == ".parquet":
        table.to_parquet(path, compression="zstd", write_page_checksum=True)
    else:
        table.to_csv(path, index=False, lineterminator="\n", encoding="utf-8")
