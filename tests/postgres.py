"""A real PostgreSQL server with PostGIS for the tests: made in a temporary folder, on loopback, gone afterwards."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import geopandas as gpd
import pandas as pd
import psycopg
import shapely
from psycopg import sql

OWNER = "owner"
PATIENCE = 60.0
# Nothing here outlives the tests, so nothing need be safe on disk.
SWIFT = ("fsync=off", "full_page_writes=off", "synchronous_commit=off", "shared_buffers=32MB", "max_connections=20")


class MissingServerError(Exception):
    """There is no PostgreSQL with PostGIS on this machine."""


@dataclass(frozen=True)
class Server:
    """A running server; its owner may do everything."""

    port: int
    password: str
    host: str = "127.0.0.1"

    def url(self, database: str, user: str = OWNER, password: str | None = None) -> str:
        """Return the address of a database, user and password encoded in it."""
        told = quote(self.password if password is None else password, safe="")
        return f"postgresql://{quote(user, safe='')}:{told}@{self.host}:{self.port}/{database}"

    def connect(self, database: str) -> psycopg.Connection:
        """Connect as the owner, each statement its own transaction."""
        return psycopg.connect(self.url(database), autocommit=True, client_encoding="utf8", connect_timeout=10)

    def run(self, database: str, *statements: str | sql.Composable) -> None:
        """Run statements as the owner."""
        with self.connect(database) as connection:
            for statement in statements:
                connection.execute(statement if isinstance(statement, sql.Composable) else statement.encode())

    def copy_of(self, template: str, name: str) -> None:
        """Make a database like another one."""
        self.run("postgres", f'CREATE DATABASE "{name}" TEMPLATE "{template}"')

    def drop(self, name: str) -> None:
        """Remove a database, whoever is still connected."""
        self.run("postgres", f'DROP DATABASE "{name}" WITH (FORCE)')

    def load(self, database: str, table: str, frame: pd.DataFrame) -> None:
        """Write a table, with its outlines if it has any, under the names in lower case; SRID 0 without a CRS."""
        columns = dict.fromkeys(frame.columns, "text")
        if isinstance(frame, gpd.GeoDataFrame):
            columns["geometry"] = "geometry"
            frame = pd.DataFrame(frame).assign(geometry=outlines(frame))
        fields = sql.SQL(", ").join(
            sql.SQL("{} {}").format(sql.Identifier(name.lower()), sql.SQL(kind)) for name, kind in columns.items()
        )
        place = sql.Identifier(table)
        with self.connect(database) as connection, connection.cursor() as cursor:
            cursor.execute(sql.SQL("CREATE TABLE {} ({})").format(place, fields))
            with cursor.copy(sql.SQL("COPY {} FROM STDIN").format(place)) as copy:
                for row in frame.astype(object).where(frame.notna(), None).itertuples(index=False):
                    copy.write_row(row)


def outlines(frame: gpd.GeoDataFrame) -> list[str | None]:
    """Return the outlines as the server reads them: hexadecimal, each with its SRID."""
    srid = frame.crs.to_epsg() if frame.crs is not None else 0
    shapes = shapely.set_srid(frame.geometry.to_numpy(), srid)
    return list(shapely.to_wkb(shapes, hex=True, include_srid=True))


@contextmanager
def running() -> Iterator[Server]:
    """Make a server in a temporary folder and start it; stop and remove it at the end.

    Raises
    ------
    MissingServerError
        If PostgreSQL or its PostGIS is not installed here.
    """
    programs = _programs()
    folder = Path(tempfile.mkdtemp(prefix="ec-maps-postgres-"))
    server = Server(_free_port(), secrets.token_hex(16))
    try:
        with _started(programs, folder, server) as process:
            _await(process, folder, server)
            with server.connect("postgres") as connection:
                row = connection.execute("SELECT 1 FROM pg_available_extensions WHERE name = 'postgis'").fetchone()
            if row is None:
                msg = f"the PostgreSQL in {programs} has no PostGIS (Debian: apt-get install postgresql-postgis)"
                raise MissingServerError(msg)
            yield server
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _programs() -> Path:
    """Return the folder of `initdb` and `postgres`, the newest version that has PostGIS first."""
    debian = sorted(
        Path("/usr/lib/postgresql").glob("*/bin"),
        key=lambda folder: (_shares(folder.parent.name), float(folder.parent.name)),
        reverse=True,
    )
    on_path = [Path(found).resolve().parent] if (found := shutil.which("initdb")) else []
    for folder in [*debian, *on_path]:
        if all((folder / name).exists() for name in ("initdb", "postgres")):
            return folder
    msg = "no PostgreSQL here (Debian: apt-get install postgresql-postgis)"
    raise MissingServerError(msg)


def _shares(version: str) -> bool:
    return Path(f"/usr/share/postgresql/{version}/extension/postgis.control").exists()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def _started(programs: Path, folder: Path, server: Server) -> Iterator[subprocess.Popen[bytes]]:
    # The server refuses to run as root, so root hands it to a user without rights.
    user = next(name for name in ("postgres", "nobody") if _is_user(name)) if os.geteuid() == 0 else None
    secret, data, log = folder / "password", folder / "data", folder / "log"
    secret.write_text(server.password, encoding="utf-8")
    if user:
        for path in (folder, secret):
            shutil.chown(path, user)
    as_user = {"user": user, "group": _group(user), "extra_groups": []} if user else {}
    make = [programs / "initdb", "--pgdata", data, "--username", OWNER, "--pwfile", secret, "--auth=scram-sha-256"]
    made = subprocess.run(
        [*make, "--encoding=UTF8", "--no-locale", "--no-sync"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        **as_user,
    )
    if made.returncode:
        msg = f"initdb failed:\n{made.stderr}"
        raise RuntimeError(msg)
    options = [f"port={server.port}", f"listen_addresses={server.host}", "unix_socket_directories=", *SWIFT]
    flags = [part for option in options for part in ("-c", option)]
    with log.open("wb") as output:
        process = subprocess.Popen(
            [programs / "postgres", "-D", data, *flags], cwd=folder, stdout=output, stderr=output, **as_user
        )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGINT)  # stop at once, whoever is connected
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGQUIT)
            process.wait(PATIENCE)


def _is_user(name: str) -> bool:
    import pwd

    return any(entry.pw_name == name for entry in pwd.getpwall())


def _group(user: str) -> int:
    import pwd

    return pwd.getpwnam(user).pw_gid


def _await(process: subprocess.Popen[bytes], folder: Path, server: Server) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        try:
            server.connect("postgres").close()
        except psycopg.OperationalError:
            time.sleep(0.05)
        else:
            return
    msg = f"The server did not start:\n{(folder / 'log').read_text(encoding='utf-8', errors='replace')[-2000:]}"
    raise RuntimeError(msg)
