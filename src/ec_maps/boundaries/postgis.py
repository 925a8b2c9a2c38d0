"""Boundaries and lookups from a PostGIS database, written as files that :mod:`ec_maps.boundaries.table` reads.

Needs the extra ``ec-maps[postgis]``. No message contains a password.
"""

from __future__ import annotations

import configparser
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd
import pyproj
import shapely
from shapely.errors import ShapelyError

from ec_maps import settings
from ec_maps.boundaries.files import conflicts, write
from ec_maps.cleaning import clean, clean_code
from ec_maps.errors import BoundaryError, SettingError, counted, listed
from ec_maps.fetch.manifest import Brought

if TYPE_CHECKING:
    import sqlalchemy as sa

CONFIG = "db_config.ini"

#: The tables by their usual names: our columns, each with the names that it may have there; the first found counts.
TABLES: dict[str, dict[str, tuple[str, ...]]] = {
    "lad21_boundaries": {"LAD21CD": ("lad21cd",), "geometry": ("geometry", "geom"), "LAD21NM": ("lad21nm",)},
    "msoa21_boundaries": {
        "MSOA21CD": ("msoa21cd",),
        "geometry": ("geometry", "geom"),
        "MSOA21NM": ("msoa21nm",),
        "MSOA21HCLNM": ("msoa21hclnm",),
    },
    "pcode_census21_lookup": {"msoa21cd": ("msoa21cd",), "lad21cd": ("lad21cd",), "lad21nm": ("ladnm", "lad21nm")},
    "lad21_lookup": {"lad21cd": ("lad21cd",), "rgn21nm": ("rgn21nm_filled", "rgn21nm")},
}
_OPTIONAL = {"LAD21NM", "MSOA21NM", "MSOA21HCLNM"}

_VARIABLE = "EC_MAPS_DATABASE_URL"
_SHAPE = "postgresql://user:password@host:port/database"
_ENCODE = "there, the characters @ : / ? # % and space in a password are written %40 %3A %2F %3F %23 %25 %20"
_SECTION = "The section [postgresql] has host, port (5432 if left out), database, user and password."
_NAME = r'(?:"([^"]+)"|([^".][^.]*))'
# What libpq says where a setting is wrong, not the network or the server.
_SETTING_IS_WRONG = r'password|invalid connection option|invalid sslmode|database ".*" does not exist'

# Every table and view but those of extensions, with the columns that may be read; those on the search path first.
_RELATIONS = """
SELECT n.nspname AS schema, c.relname AS name, pg_table_is_visible(c.oid) AS visible,
       (SELECT coalesce(jsonb_object_agg(a.attname, t.typname), '{}')
          FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
         WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
           AND has_schema_privilege(n.oid, 'USAGE') AND has_column_privilege(c.oid, a.attnum, 'SELECT')) AS columns
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname !~ '^(pg_|information_schema$)'
   AND NOT EXISTS (SELECT FROM pg_depend d
                    WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
 ORDER BY NOT pg_table_is_visible(c.oid), n.nspname <> 'public', n.nspname, c.relname
"""


@dataclass(frozen=True)
class Database:
    """A database: its address, the setting or file that gives it, and schema and name of any renamed tables."""

    url: sa.URL = field(repr=False)
    origin: str
    tables: Mapping[str, tuple[str, str]]

    def __str__(self) -> str:
        """Return the address without user, password and options, and any renamed tables."""
        from sqlalchemy import URL

        host = self.url.host or str(self.url.query.get("host"))
        plain = URL.create("postgresql", host=host, port=self.url.port or 5432, database=self.url.database)
        named = [f"{key} = {'.'.join(filter(None, place))}" for key, place in self.tables.items()]
        return plain.render_as_string() + (f" ({', '.join(named)})" if named else "")

    def quoted(self, cause: object) -> str:
        """Return the client's or server's message on one line, without the password."""
        line = re.sub(r"\bconnection (is bad|failed): ", "", " ".join(str(cause).split()))
        secret = str(self.url.password or "")
        return (line.replace(secret, "***") if secret else line)[:300].rstrip(". ")


@dataclass(frozen=True)
class _Relation:
    """A table or view in the database; `columns` gives the type of each column that may be read."""

    schema: str
    name: str
    visible: bool
    columns: dict[str, str]

    def __str__(self) -> str:
        return f"{self.schema}.{self.name}"

    def column(self, names: Sequence[str]) -> str | None:
        """Return the first of these columns that there is, as the database spells it."""
        same = {name.lower(): name for name in self.columns} | {name: name for name in self.columns}
        return next((same[name] for name in names if name in same), None)


def address() -> str:
    """Return the database's address without user, password and options, and any renamed tables."""
    return str(_chosen())


def bring(table: str, path: Path) -> Brought:
    """Write one of the four tables, by its usual name, to a path and return what is known of it.

    All four are looked for, in one read-only transaction, so that everything missing is reported at once. Boundaries
    become GeoParquet in the database's coordinate system (none for SRID 0), lookups CSV, each row once; both sorted.

    Raises
    ------
    SettingError
        If no database is set, its settings cannot be understood, or the server has no such database or user.
    BoundaryError
        If the database cannot be used, or tables, columns or the right to read them are missing.
    """
    database = _chosen()
    if settings.is_offline():
        msg = f"EC_MAPS_OFFLINE is set, so the database {database} was not asked."
        raise BoundaryError(msg)
    with _connected(database) as connection:
        with _explained(database, "Looking for the tables"):
            relation = _find(connection, database)[table]
        with _explained(database, f"Reading {relation}"):
            frame = _read(connection, relation, TABLES[table])
    faults: list[str] = []
    ready = (_outlines if "geometry" in frame else _lookup)(frame, relation, faults)
    _stop_at(faults, database)
    write(ready, path)
    return Brought(str(database), str(relation), variant=str(database))


def _chosen() -> Database:
    """Return the database that the settings name; `SettingError` if none is, or it cannot be understood."""
    settings.require_extra("postgis", "Reading PostGIS")
    homes = [settings.project_root(), Path.cwd(), settings.data_dir()]
    path = next((folder / CONFIG for folder in homes if (folder / CONFIG).is_file()), None)
    config = _config(path)
    tables = _renamed(config, path)
    if value := settings.database_url():
        return Database(_from_address(value), _VARIABLE, tables)
    if path is None:
        msg = (
            f'EC_MAPS_BOUNDARIES is "postgis", but nothing says which database. Set {_VARIABLE} to {_SHAPE}, or '
            f"write a file {CONFIG} in {homes[0]}. {_SECTION}"
        )
        raise SettingError(msg)
    return Database(_from_config(config, path), str(path), tables)


def _config(path: Path | None) -> configparser.ConfigParser:
    """Return the contents of the file, without interpolation: a password may contain a percent sign."""
    config = configparser.ConfigParser(interpolation=None, default_section="")
    reason = ""
    try:
        if path is not None:
            config.read_string(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError, configparser.Error) as error:
        # The error itself, with which the password may come, is neither quoted nor chained.
        line = getattr(error, "lineno", None) or getattr(error, "errors", [[""]])[0][0]
        reason = f"line {line}" if line else getattr(error, "strerror", "not UTF-8 text")
    if reason:
        msg = (
            f"{path} cannot be understood ({reason}). It should be UTF-8 text with a line [postgresql] and beneath it, "
            f"each once, lines such as host = localhost."
        )
        raise SettingError(msg)
    return config


def _renamed(config: configparser.ConfigParser, path: Path | None) -> dict[str, tuple[str, str]]:
    """Return schema and name of the tables that the section [tables] renames."""
    names: dict[str, tuple[str, str]] = {}
    faults = []
    for key, value in config["tables"].items() if "tables" in config else ():
        match = re.fullmatch(f"(?:{_NAME}[.])?{_NAME}", value)
        if key not in TABLES:
            faults.append(f"{key} is none of {', '.join(TABLES)}")
        elif match is None:
            faults.append(f'{key} is "{value}", which should be table or schema.table')
        elif (place := (match[1] or match[2] or "", match[3] or match[4])) != ("", key):
            names[key] = place
    if faults:
        msg = f"{path}, section [tables]: {'; '.join(faults)}."
        raise SettingError(msg)
    return {key: names[key] for key in TABLES if key in names}


def _from_address(value: str) -> sa.URL:
    from sqlalchemy import make_url
    from sqlalchemy.exc import ArgumentError

    fault = "is not a valid address"
    if not re.match(r"postgres(ql)?(\+psycopg2?)?://", value, flags=re.IGNORECASE):
        fault = "does not begin with postgresql://"
    elif value.count("@") > 1:
        # The text after the first @ would be taken for the host and appear in messages.
        fault = "has more than one @"
    else:
        with suppress(ArgumentError, ValueError):
            url = make_url(value).set(drivername="postgresql+psycopg")
            # Only the address's own password field is hidden from messages.
            if secret := url.query.get("password"):
                url = url.set(password=str(secret)).difference_update_query(["password"])
            parts = {"host": url.host or url.query.get("host"), "database": url.database}
            lacks = [part for part, there in parts.items() if not there]
            if lacks:
                fault = f"names no {' and no '.join(lacks)}"
            elif not re.search(r"\s", url.host or ""):
                return url
    msg = f"{_VARIABLE} {fault}. It should be {_SHAPE}; {_ENCODE}."
    raise SettingError(msg)


def _from_config(config: configparser.ConfigParser, path: Path) -> sa.URL:
    from sqlalchemy import URL

    keys = dict(config["postgresql"]) if "postgresql" in config else {}
    host, name, user, password = (keys.pop(key, "") for key in ("host", "database", "user", "password"))
    lost = [key for key, given in (("host", host), ("database", name), ("user", user)) if not given]
    faults = [f"{listed(lost)} not given"] * bool(lost)
    if not re.fullmatch(r"[0-9]{1,5}", port := keys.pop("port", "") or "5432"):
        faults.append("port is not a number from 1 to 65535")
    if faults:
        msg = f"{path}: {'; '.join(faults)}. {_SECTION}"
        raise SettingError(msg)
    return URL.create("postgresql+psycopg", user, password or None, host, int(port), name, query=keys)


@contextmanager
def _connected(database: Database) -> Iterator[sa.Connection]:
    """Yield a connection for one read-only transaction that sees all tables as of one moment.

    A statement may take ten times as long as ``EC_MAPS_TIMEOUT``.
    """
    import sqlalchemy as sa

    arguments = {
        "connect_timeout": max(2, min(10, round(settings.timeout()))),
        "application_name": "ec_maps",
        "client_encoding": "utf8",
        "prepare_threshold": None,  # a pooler on the way may not know prepared statements
        "keepalives_idle": 30,
        "keepalives_interval": 10,
        "keepalives_count": 3,
    }
    with _explained(database):
        engine = sa.create_engine(database.url, poolclass=sa.NullPool, connect_args=arguments)
        sa.event.listen(engine, "handle_error", _close_cursor)
        connection = engine.connect().execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    with connection:
        with _explained(database):
            longest = {"milliseconds": str(round(settings.timeout() * 10_000))}
            connection.execute(sa.text("SELECT set_config('statement_timeout', :milliseconds, true)"), longest)
        yield connection


def _close_cursor(context: sa.ExceptionContext) -> None:
    """Close the cursor of a lost connection, which SQLAlchemy leaves open."""
    if context.is_disconnect and (running := context.execution_context):
        running.cursor.close()


@contextmanager
def _explained(database: Database, doing: str = "") -> Iterator[None]:
    """Turn exceptions of SQLAlchemy and shapely into an error that names the step; by default, connecting."""
    from sqlalchemy.exc import DBAPIError, SQLAlchemyError

    try:
        yield
    except (SQLAlchemyError, UnicodeDecodeError, ShapelyError, NotImplementedError) as error:
        cause = error.orig if isinstance(error, DBAPIError) else error
        said = database.quoted(cause)
        if not doing:
            kind = SettingError if re.search(_SETTING_IS_WRONG, str(cause)) else BoundaryError
            hint = f"; {_ENCODE}" if "password" in str(cause) and database.origin == _VARIABLE else ""
            msg = f"The database {database} cannot be used: {said}. Check what {database.origin} says of it{hint}."
            raise kind(msg) from None
        if isinstance(error, DBAPIError) and error.connection_invalidated:
            said = "the connection was lost. Run the command again"
        elif getattr(cause, "sqlstate", None) == "57014":
            seconds = f"{settings.timeout() * 10:g} seconds"
            said += f". It may take {seconds}; EC_MAPS_TIMEOUT can be set higher, to a tenth of what it may take"
        elif isinstance(error, (ShapelyError, NotImplementedError)):
            said += ". Curves can be made into lines in the database, with ST_CurveToLine"
        msg = f"{doing} in {database}: {said}."
        raise BoundaryError(msg) from None


def _stop_at(faults: Sequence[str], database: Database) -> None:
    if faults:
        msg = f"The database {database} cannot be used as it is: {'; '.join(faults)}."
        raise BoundaryError(msg)


def _find(connection: sa.Connection, database: Database) -> dict[str, _Relation]:
    """Return the four tables, all of them there, readable and with the columns that are needed."""
    import sqlalchemy as sa

    relations = [_Relation(**row) for row in connection.execute(sa.text(_RELATIONS)).mappings()]
    found: dict[str, _Relation] = {}
    extension = connection.scalar(sa.text("SELECT extname FROM pg_extension WHERE extname = 'postgis'"))
    faults = [] if extension else ["it has no PostGIS (CREATE EXTENSION postgis)"]
    lost = []
    for key, columns in TABLES.items():
        schema, name = database.tables.get(key, ("", key))
        # On the search path, else in "public": a schema that may not be used is on no search path.
        homes = [one for one in relations if one.schema == (schema or "public") or (one.visible and not schema)]
        same = [one for one in homes if one.name == name] or [one for one in homes if one.name.lower() == name.lower()]
        if not same:
            lost.append(f"{schema}.{name}" if schema else name)
            continue
        found[key] = relation = same[0]
        needed = {ours: names for ours, names in columns.items() if ours not in _OPTIONAL}
        if not relation.columns:
            faults.append(f"the user may not read {relation} (GRANT SELECT)")
        elif absent := [" or ".join(names) for names in needed.values() if relation.column(names) is None]:
            faults.append(f"{relation} has no column {listed(absent)}, only {listed(list(relation.columns))}")
        outline = relation.column(needed.get("geometry", ()))
        if outline and (kind := relation.columns[outline]) not in ("geometry", "geography"):
            faults.append(f"the column {outline} of {relation} is of type {kind}, not geometry")
    if lost:
        there = f"it has {listed(relations) or 'none at all'}"
        faults.append(f"there is no table {listed(lost)}; {there} (the section [tables] of {CONFIG} can rename them)")
    _stop_at(faults, database)
    return found


def _read(connection: sa.Connection, relation: _Relation, wanted: Mapping[str, tuple[str, ...]]) -> pd.DataFrame:
    """Return our columns of a table: stripped text, codes in capitals, missing values empty; outlines by shapely."""
    import sqlalchemy as sa

    columns = {ours: theirs for ours, names in wanted.items() if (theirs := relation.column(names)) is not None}
    # SQLAlchemy quotes what is no plain name.
    source = sa.table(relation.name, *map(sa.column, columns.values()), schema=relation.schema)
    cells = [source.c[t] if ours == "geometry" else sa.cast(source.c[t], sa.Text) for ours, t in columns.items()]
    statement = sa.select(*cells) if "geometry" in columns else sa.select(*cells).distinct()
    # A hundred rows at a time: the outline of a district with a long coast is a megabyte of text.
    with connection.execute(statement, execution_options={"yield_per": 100}) as result:
        rows = [
            [shapely.from_wkb(cell) if ours == "geometry" else cell for ours, cell in zip(columns, row, strict=True)]
            for row in result
        ]
    table = pd.DataFrame(rows, columns=list(columns), dtype=object)
    for name in table.columns.drop("geometry", errors="ignore"):
        table[name] = table[name].fillna("").map(clean_code if name.lower().endswith("cd") else clean)
    return table


def _outlines(table: pd.DataFrame, relation: _Relation, faults: list[str]) -> gpd.GeoDataFrame:
    """Return boundaries sorted by code, in the database's coordinate system; `faults` gets what is wrong with them."""
    code = table.columns[0]
    shapes = table["geometry"].to_numpy(dtype=object)
    bare = shapely.is_missing(shapes) | shapely.is_empty(shapes)
    if table.empty:
        faults.append(f"{relation} holds no rows")
    if nameless := int((table[code] == "").sum()):
        faults.append(f"{relation} has no code in {nameless} of {len(table)} rows")
    if bare.any():
        faults.append(f"{relation} has no outline for {counted(bare.sum(), 'row')} ({listed(list(table[code][bare]))})")
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
        # Codes such as S99999999 stand for the postcodes of a whole country.
        pairs = table[(table[value] != "") & (table[key].str[1:3].eq("02") | (key != "msoa21cd"))]
        if several := conflicts(pairs, key, value):
            faults.append(f"{relation} gives {len(several)} {key} more than one {value} ({listed(several, 3)})")
    return table.sort_values(list(table.columns), ignore_index=True)
