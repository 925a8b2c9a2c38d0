"""The PostGIS database: its address, the connection, and its errors in plain words.

No message contains a password.
"""

from __future__ import annotations

import configparser
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from ec_maps import settings
from ec_maps.errors import BoundaryError, EcMapsError, SettingError

if TYPE_CHECKING:
    import sqlalchemy as sa

CONFIG = "db_config.ini"

_VARIABLE = "EC_MAPS_DATABASE_URL"
_SHAPE = "postgresql://user:password@host:port/database"
_ENCODE = "there, the characters @ : / ? # % and space in a password are written %40 %3A %2F %3F %23 %25 %20"
_NAME = r'(?:"([^"]+)"|([^".][^.]*))'

# Why a connection is refused, as the client library or the server words it in English. Anything else is quoted.
_REFUSALS: tuple[tuple[str, str, type[EcMapsError]], ...] = (
    (
        "password authentication failed|no password supplied",
        "does not accept this user name and password",
        SettingError,
    ),
    ("invalid connection option|invalid sslmode", "cannot be reached with these settings: {reason}", SettingError),
    ('database ".*" does not exist', "has no database of that name", SettingError),
    ("resolve host|translate host|name resolution", "is not found: no computer of that name", BoundaryError),
    ("[Cc]onnection refused|No such file", "does not answer: nothing listens there", BoundaryError),
    ("timeout expired|timed out", "does not answer: nothing came within {seconds} seconds", BoundaryError),
    ("no pg_hba.conf entry", "does not admit this user from this computer, or only with encryption", BoundaryError),
    ("SSL negotiation", "is not PostgreSQL, or something stands in between", BoundaryError),
)


@dataclass(frozen=True)
class Database:
    """A database: its address, the setting or file that gives it, and any renamed tables.

    `tables` gives schema (or None, for the search path) and name by the usual name.
    """

    url: sa.URL = field(repr=False)
    origin: str
    tables: Mapping[str, tuple[str | None, str]]

    def __str__(self) -> str:
        """Return the address without user, password and options, and any renamed tables."""
        from sqlalchemy import URL

        host = self.url.host or str(self.url.query.get("host"))
        plain = URL.create("postgresql", host=host, port=self.url.port or 5432, database=self.url.database)
        named = [f"{key} = {dotted(*place)}" for key, place in self.tables.items()]
        return plain.render_as_string() + (f" ({', '.join(named)})" if named else "")


def dotted(schema: str | None, name: str) -> str:
    """Return a table's name with its schema's, if it has one."""
    return f"{schema}.{name}" if schema else name


def chosen(tables: Sequence[str]) -> Database:
    """Return the database that the settings name; `tables` are the tables' usual names.

    Raises
    ------
    SettingError
        If there is no setting, or it cannot be understood.
    MissingExtraError
        If SQLAlchemy or psycopg is not installed.
    """
    settings.require_extra("postgis", "Reading PostGIS")
    path = next((folder / CONFIG for folder in _homes() if (folder / CONFIG).is_file()), None)
    config = _config(path)
    names = _tables(config, tables, path)
    if value := settings.database_url():
        return Database(_from_address(value), _VARIABLE, names)
    if path is None:
        msg = (
            f'EC_MAPS_BOUNDARIES is "postgis", but nothing says which database. Set {_VARIABLE} to {_SHAPE}, or '
            f"write a file {CONFIG} in {_homes()[0]} with a section [postgresql] and in it host, port, database, user "
            f"and password."
        )
        raise SettingError(msg)
    return Database(_from_config(config, path), str(path), names)


def _homes() -> list[Path]:
    return list(dict.fromkeys([settings.project_root(), Path.cwd(), settings.data_dir()]))


def _config(path: Path | None) -> configparser.ConfigParser:
    """Return the contents of the file, without interpolation: a password may contain a percent sign."""
    config = configparser.ConfigParser(interpolation=None, default_section="")
    fault = ""
    try:
        if path is not None:
            config.read_string(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        fault = f"cannot be read ({error.strerror})"
    except UnicodeDecodeError:
        fault = "is not UTF-8 text. Save it as UTF-8"
    except (configparser.DuplicateOptionError, configparser.DuplicateSectionError) as error:
        fault = f"gives the same setting or section twice (line {error.lineno})"
    except configparser.ParsingError as error:
        # The parser's own message quotes the line, and with it perhaps the password.
        line = error.lineno if isinstance(error, configparser.MissingSectionHeaderError) else error.errors[0][0]
        fault = (
            f"cannot be understood (line {line}). It should have a line [postgresql] and beneath it lines such as "
            f"host = localhost"
        )
    if fault:
        msg = f"{path} {fault}."
        raise SettingError(msg)
    return config


def _tables(
    config: configparser.ConfigParser, tables: Sequence[str], path: Path | None
) -> dict[str, tuple[str | None, str]]:
    """Return schema and name of the tables that the section [tables] renames."""
    names: dict[str, tuple[str | None, str]] = {}
    faults = []
    for key, value in config["tables"].items() if "tables" in config else ():
        match = re.fullmatch(f"(?:{_NAME}[.])?{_NAME}", value)
        if key not in tables:
            faults.append(f"{key} is none of {', '.join(tables)}")
        elif match is None:
            faults.append(f'{key} is "{value}", which should be table or schema.table')
        elif (place := (match[1] or match[2], match[3] or match[4])) != (None, key):
            names[key] = place
    if faults:
        msg = f"{path}, section [tables]: {'; '.join(faults)}."
        raise SettingError(msg)
    return {key: names[key] for key in tables if key in names}


def _from_address(value: str) -> sa.URL:
    from sqlalchemy import make_url
    from sqlalchemy.exc import ArgumentError

    scheme = value.partition("://")[0].lower()
    fault = ""
    if not re.fullmatch(r"(postgres|postgresql)(\+psycopg2?)?", scheme) or "://" not in value:
        fault = f"does not begin with {_SHAPE.partition('//')[0]}//"
    elif value.count("@") > 1:
        # The text after the first @ would be taken for the host and appear in messages.
        fault = "has more than one @"
    if not fault:
        try:
            url = make_url(value).set(drivername="postgresql+psycopg")
        except (ArgumentError, ValueError):
            fault = "is not a valid address"
        else:
            # Only the address's own password field is hidden from messages.
            if secret := url.query.get("password"):
                url = url.set(password=str(secret)).difference_update_query(["password"])
            lacks = [
                part
                for part, there in (("host", url.host or url.query.get("host")), ("database", url.database))
                if not there
            ]
            fault = f"names no {' and no '.join(lacks)}" if lacks else ""
            fault = fault or ("has a space in the host's name" if re.search(r"\s", url.host or "") else "")
    if fault:
        msg = f"{_VARIABLE} {fault}. It should be {_SHAPE}; {_ENCODE}."
        raise SettingError(msg)
    return url


def _from_config(config: configparser.ConfigParser, path: Path) -> sa.URL:
    from sqlalchemy import URL

    keys = dict(config["postgresql"]) if "postgresql" in config else {}
    faults = []
    if "postgresql" not in config:
        faults.append("there is no section [postgresql]")
    elif lost := [key for key in ("host", "database", "user") if not keys.get(key)] + ["password"] * (
        "password" not in keys
    ):
        faults.append(f"{' and '.join([', '.join(lost[:-1]), lost[-1]] if lost[1:] else lost)} not given")
    port = keys.pop("port", "") or "5432"
    if not (port.isascii() and port.isdigit() and 0 < int(port) < 65536):
        faults.append("port is not a number from 1 to 65535")
    if faults:
        msg = (
            f"{path}: {'; '.join(faults)}. The section [postgresql] has host, port (5432 if left out), database, user "
            f"and password."
        )
        raise SettingError(msg)
    host, name, user, password = (keys.pop(key) for key in ("host", "database", "user", "password"))
    return URL.create("postgresql+psycopg", user, password or None, host, int(port), name, query=keys)


# --- connecting ------------------------------------------------------------------------------------


@contextmanager
def connected(database: Database) -> Iterator[sa.Connection]:
    """Yield a connection for one read-only transaction that sees all tables as of one moment.

    A statement may take ten times as long as ``EC_MAPS_TIMEOUT``.
    """
    import sqlalchemy as sa

    arguments = {
        "connect_timeout": _patience(),
        "application_name": "ec_maps",
        "client_encoding": "utf8",
        "prepare_threshold": None,  # a pooler on the way may not know prepared statements
        "keepalives_idle": 30,
        "keepalives_interval": 10,
        "keepalives_count": 3,
    }
    with explained(database):
        engine = sa.create_engine(database.url, poolclass=sa.NullPool, connect_args=arguments)
        sa.event.listen(engine, "handle_error", _close_cursor)
        connection = engine.connect().execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    try:
        with explained(database):
            longest = {"milliseconds": str(round(settings.timeout() * 10_000))}
            connection.execute(sa.text("SELECT set_config('statement_timeout', :milliseconds, true)"), longest)
        yield connection
    finally:
        connection.close()


@contextmanager
def explained(database: Database, doing: str = "") -> Iterator[None]:
    """Turn SQLAlchemy's exceptions into an error that names the step; by default, connecting."""
    from sqlalchemy.exc import DBAPIError, SQLAlchemyError

    try:
        yield
    except (SQLAlchemyError, UnicodeDecodeError) as error:
        lost = isinstance(error, DBAPIError) and error.connection_invalidated
        cause = error.orig if isinstance(error, DBAPIError) else error
        raise (_while(database, doing, cause, lost=lost) if doing else _refusal(database, cause)) from None


def _close_cursor(context: sa.ExceptionContext) -> None:
    """Close the cursor of a lost connection, which SQLAlchemy leaves open."""
    if context.is_disconnect and (running := context.execution_context):
        running.cursor.close()


def _patience() -> int:
    """Return how many seconds a server has to accept a connection."""
    return max(2, min(10, round(settings.timeout())))


def _refusal(database: Database, cause: object) -> EcMapsError:
    reason = _quoted(database, cause)
    for pattern, meaning, kind in _REFUSALS:
        if re.search(pattern, str(cause)):
            meant = meaning.format(seconds=_patience(), reason=reason)
            msg = f"The database {database} {meant}. Check what {database.origin} says of it"
            if "password" in meant and database.origin == _VARIABLE:
                msg += f"; {_ENCODE}"
            return kind(f"{msg}.")
    return BoundaryError(f"The database {database} cannot be used: {reason}. Check what {database.origin} says of it.")


def _while(database: Database, doing: str, cause: object, *, lost: bool) -> EcMapsError:
    state = getattr(cause, "sqlstate", None)
    if lost:
        what = "the connection was lost. Run the command again"
    elif state == "57014":
        what = (
            f"the database stopped the query; it may take {settings.timeout() * 10:g} seconds. Set EC_MAPS_TIMEOUT "
            f"higher, to a tenth of the seconds that it may take"
        )
    elif state == "42501":
        what = f"the user has no right to do that ({_quoted(database, cause)})"
    else:
        what = f"the database says: {_quoted(database, cause)}"
    return BoundaryError(f"{doing} in {database}: {what}.")


def _quoted(database: Database, cause: object) -> str:
    """Return the first line of the client's or server's message, without the password."""
    line = (str(cause).strip().splitlines() or [type(cause).__name__])[0]
    line = re.sub(r"^connection (is bad|failed): (connection to server .* failed: )?", "", line)
    secret = str(database.url.password or "")
    return (line.replace(secret, "***") if secret else line).rstrip(".")
