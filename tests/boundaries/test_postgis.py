from __future__ import annotations

import os
import re
import socket
import tempfile
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from urllib.parse import quote

import geopandas as gpd
import numpy as np
import pandas as pd
import psycopg
import pytest
from geopandas.testing import assert_geodataframe_equal
from pandas.testing import assert_frame_equal

import postgres
from ec_maps.boundaries import postgis
from ec_maps.boundaries.files import find_tables
from ec_maps.boundaries.geometry import dissolved
from ec_maps.boundaries.table import read_areas
from ec_maps.errors import BoundaryError, EcMapsError, SettingError
from fakes.names import FakeNames
from makers import DISTRICT_OF, HERE, LADS, MSOAS, NAME_OF, lads, msoas, regions
from postgres import Server

pytestmark = pytest.mark.network

FILES = ["lad21_boundaries.parquet", "msoa21_boundaries.parquet", "pcode_census21_lookup.csv", "lad21_lookup.csv"]
CODES = {"lad21_boundaries": "lad21cd", "msoa21_boundaries": "msoa21cd"}

#: As awkward as passwords are: all that has a meaning in an address or in a configuration file.
PASSWORD = "p%40 @:/?#[%(x)s]é&=w"

Run = Callable[..., None]


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Server]:
    """Return a running server; without PostgreSQL and PostGIS, skip the test here and fail it in CI."""
    try:
        with postgres.running() as running:
            running.run("postgres", f"CREATE ROLE reader LOGIN PASSWORD '{PASSWORD}'")
            yield running
    except postgres.MissingServerError as error:
        if os.environ.get("CI"):
            pytest.fail(str(error))
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def country(postgresql: Server) -> str:
    """Return a database of the makers' little country, with a postcode or three in each neighbourhood."""
    postgresql.run("postgres", "CREATE DATABASE country")
    postgresql.run("country", "CREATE EXTENSION postgis")
    load(
        postgresql,
        "country",
        lads().rename(columns={"OBJECTID": "fid"}),
        msoas()[["MSOA21CD", "geometry"]],
        postcodes(),
    )
    return "country"


def load(
    postgresql: Server, name: str, districts: gpd.GeoDataFrame, places: gpd.GeoDataFrame, codes: pd.DataFrame
) -> None:
    """Load a country into a database, and let everyone read it."""
    postgresql.load(name, "lad21_boundaries", districts[["LAD21CD", "geometry"]])
    postgresql.load(name, "msoa21_boundaries", places)
    postgresql.load(name, "pcode_census21_lookup", codes)
    lookup = regions().rename(columns={"RGN21NM": "rgn21nm_filled"})[["LAD21CD", "rgn21nm_filled"]]
    postgresql.load(name, "lad21_lookup", lookup.assign(rgn21nm_filled=lookup["rgn21nm_filled"].replace("", "Wales")))
    postgresql.run(name, "GRANT SELECT ON ALL TABLES IN SCHEMA public TO PUBLIC")


def postcodes() -> pd.DataFrame:
    """Return a lookup with a row for each postcode: in and out of order, some in Scotland or nowhere at all."""
    rows = [
        (f"AB{place} {number}CD", code, DISTRICT_OF[code], NAME_OF[DISTRICT_OF[code]])
        for number in range(3)
        for place, code in enumerate(reversed(MSOAS))
        if number <= place % 3
    ]
    rows += [("EH1 1AA", "S99999999", "S12000033", NAME_OF["S12000033"]), ("G1 1AA", "S99999999", "S12000049", "x")]
    rows += [("IM1 1AA", None, None, None), ("JE1 1AA", " ", "", None)]
    return pd.DataFrame(rows, columns=["pcds", "msoa21cd", "lad21cd", "ladnm"])


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder that counts as the project's, where db_config.ini is looked for."""
    monkeypatch.setenv("QUARTO_PROJECT_DIR", str(tmp_path))
    monkeypatch.setenv("EC_MAPS_BOUNDARIES", "postgis")
    return tmp_path


@pytest.fixture
def database(
    postgresql: Server, country: str, here: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Iterator[Run]:
    """Return a function that runs statements in a copy of the little country's database, which is the one in use."""
    name = re.sub(r"\W+", "_", request.node.name)[:60]
    postgresql.copy_of(country, name)
    monkeypatch.setenv("EC_MAPS_DATABASE_URL", postgresql.url(name, "reader", PASSWORD))
    yield partial(postgresql.run, name)
    postgresql.drop(name)


def read_tables(folder: Path) -> list[Path]:
    """Write all four tables into a folder."""
    for table, file in zip(postgis.TABLES, FILES, strict=True):
        postgis.bring(table, folder / file)
    return [folder / file for file in FILES]


def refused(folder: Path, kind: type[EcMapsError] = BoundaryError, *secrets: str) -> str:
    """Return why tables are not read: briefly, without the password anywhere, and nothing of them written."""
    found: list[EcMapsError] = []
    with tempfile.TemporaryDirectory(dir=folder) as out:
        for table, file in zip(postgis.TABLES, FILES, strict=True):
            try:
                postgis.bring(table, Path(out) / file)
            except EcMapsError as error:
                found.append(error)
                if (Path(out) / file).exists():
                    pytest.fail(f"{file} was written although it was refused")
                if len(found) > 1 and str(found[-2]) == str(error):
                    break  # it is the database's fault, and reported for each table alike
    assert {type(error) for error in found} == {kind}
    return " ".join(dict.fromkeys(letter(error, *secrets) for error in found))


def letter(caught: EcMapsError, *secrets: str) -> str:
    """Return an error's message, having looked for the password in it and in all that is chained to it."""
    message = str(caught)
    assert len(message.split("\n\n")) <= 2
    assert "Traceback" not in message
    texts = [*traceback.format_exception(caught)]
    error: BaseException | None = caught
    while error is not None:  # also what Python would not print
        texts += [str(error), repr(error)]
        error = error.__cause__ or error.__context__
    for secret in (PASSWORD, quote(PASSWORD, safe=""), *secrets):
        assert secret not in "\n".join(texts)
    return message


def write_config(folder: Path, text: str) -> Path:
    """Write the configuration file."""
    path = folder / "db_config.ini"
    path.write_text(text, encoding="utf-8")
    return path


def config_of(postgresql: Server, name: str, tables: str = "") -> str:
    """Return the text of a configuration file for a database."""
    return (
        f"[postgresql]\nhost = {postgresql.host}\nport = {postgresql.port}\ndatabase = {name}\nuser = reader\n"
        f"password = {PASSWORD}\n{tables}"
    )


# --- what comes back ------------------------------------------------------------------------------


def test_the_demonstration_comes_back_as_it_went_in(
    postgresql: Server, here: Path, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Boundaries loaded into a database come out with all areas, shapes, names and regions, on the National Grid."""
    whole = gpd.read_parquet(root / "data/demo/boundaries.parquet")
    districts = dissolved(whole[["lad21cd", "geometry"]], by="lad21cd")
    postgresql.run("postgres", "CREATE DATABASE demonstration")
    postgresql.run("demonstration", "CREATE EXTENSION postgis")
    shuffled = whole.sample(frac=1, random_state=1)
    postgresql.load("demonstration", "lad21_boundaries", districts)
    postgresql.load("demonstration", "msoa21_boundaries", shuffled[["msoa21cd", "geometry"]])
    twice = pd.concat([shuffled, shuffled])[["msoa21cd", "lad21cd", "lad21nm"]]
    postgresql.load("demonstration", "pcode_census21_lookup", pd.DataFrame(twice).rename(columns={"lad21nm": "ladnm"}))
    known = pd.DataFrame(whole[["lad21cd", "rgn21nm"]]).drop_duplicates()
    postgresql.load("demonstration", "lad21_lookup", known.rename(columns={"rgn21nm": "rgn21nm_filled"}))
    monkeypatch.setenv("EC_MAPS_DATABASE_URL", postgresql.url("demonstration"))
    paths = read_tables(here)
    assert [path.name for path in paths] == FILES

    lad, msoa = (gpd.read_parquet(path) for path in paths[:2])
    lookup, region = (pd.read_csv(path) for path in paths[2:])
    assert (len(lad), len(msoa), len(lookup), len(region)) == (331, 7200, 7200, 331)
    assert lad.crs.to_epsg() == msoa.crs.to_epsg() == 27700
    assert_geodataframe_equal(
        msoa, whole.sort_values("msoa21cd", ignore_index=True)[["msoa21cd", "geometry"]].set_axis(msoa.columns, axis=1)
    )
    assert_geodataframe_equal(lad, districts.set_axis(lad.columns, axis=1))
    merged = lookup.merge(region, on="lad21cd", validate="many_to_one")
    names = ["msoa21cd", "lad21cd", "lad21nm", "rgn21nm"]
    assert_frame_equal(
        merged.sort_values("msoa21cd", ignore_index=True)[names],
        pd.DataFrame(whole).sort_values("msoa21cd", ignore_index=True)[names],
    )


def test_files_are_recognised(database: Run, here: Path) -> None:
    """The files have the columns that tables of boundaries and lookups are known by."""
    paths = read_tables(here)
    found = {table.path.name: (set(table.columns), table.has_outlines) for table in find_tables(paths)}
    assert found == {
        "lad21_boundaries.parquet": ({"lad21cd", "geometry"}, True),
        "msoa21_boundaries.parquet": ({"msoa21cd", "geometry"}, True),
        "pcode_census21_lookup.csv": ({"msoa21cd", "lad21cd", "lad21nm"}, False),
        "lad21_lookup.csv": ({"lad21cd", "rgn21nm"}, False),
    }


def test_boundaries_for_the_maps(
    database: Run, postgresql: Server, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The areas of a database are fetched and put together, and afterwards the database is not needed."""
    monkeypatch.setenv("EC_MAPS_DATA_DIR", str(here / "data"))
    with FakeNames() as library:
        monkeypatch.setenv("EC_MAPS_NAMES_URL", library.url)
        library.fault("404")
        areas = read_areas()
    assert sorted(areas.lads["lad21cd"]) == sorted(LADS)
    assert dict(zip(areas.msoas["msoa21cd"], areas.msoas["lad21cd"], strict=True)) == DISTRICT_OF
    assert list(areas.msoas["msoa21nm"]) == list(areas.msoas["msoa21cd"])
    assert set(areas.lads.loc[areas.lads["lad21cd"].str[0] == "W", "rgn21nm"]) == {"Wales"}
    record = (here / "data/cache/manifest.json").read_text(encoding="utf-8")
    assert postgis.address() in record
    assert all(secret not in record for secret in (PASSWORD, quote(PASSWORD, safe=""), "reader"))
    database("DROP TABLE lad21_lookup")
    assert_geodataframe_equal(read_areas().msoas, areas.msoas)


def test_postcodes_become_one_row_a_neighbourhood(database: Run, here: Path) -> None:
    """Of the postcodes' lookup each pair of areas is stored once, and postcodes without areas are left out."""
    read_tables(here)
    lookup = pd.read_csv(here / "pcode_census21_lookup.csv")
    inside = lookup[lookup["msoa21cd"] != "S99999999"]
    assert dict(zip(inside["msoa21cd"], inside["lad21cd"], strict=True)) == DISTRICT_OF
    assert len(inside) == len(MSOAS)
    assert list(inside["lad21nm"]) == [NAME_OF[code] for code in inside["lad21cd"]]
    assert len(lookup) == len(MSOAS) + 2


def test_same_content_gives_same_bytes(database: Run, here: Path) -> None:
    """The order that the database has the rows in leaves no trace, also where an area stands in several rows."""
    database("INSERT INTO lad21_boundaries SELECT lad21cd, ST_Translate(geometry, 0, 20000) FROM lad21_boundaries")
    before = [path.read_bytes() for path in read_tables(here)]
    for table in (*CODES, "lad21_lookup", "pcode_census21_lookup"):
        database(
            f"CREATE TABLE aside AS SELECT * FROM {table} ORDER BY random()",
            f"TRUNCATE {table}",
            f"INSERT INTO {table} SELECT * FROM aside",
            "DROP TABLE aside",
        )
    assert [path.read_bytes() for path in read_tables(here)] == before


def test_one_table_alone(database: Run, here: Path) -> None:
    """Each table can be read by itself: the same bytes, and where it is from without user and password."""
    for table, whole in zip(postgis.TABLES, read_tables(here), strict=True):
        path = here / f"alone{whole.suffix}"
        brought = postgis.bring(table, path)
        assert path.read_bytes() == whole.read_bytes()
        assert brought.address == brought.variant == postgis.address()
        assert brought.name == f"public.{table}"


def test_names_are_taken_along(database: Run, here: Path) -> None:
    """Names of areas that stand beside the outlines come along, in whatever case the columns are written."""
    database(
        'ALTER TABLE msoa21_boundaries ADD "MSOA21NM" text',
        "UPDATE msoa21_boundaries SET \"MSOA21NM\" = 'Name of ' || msoa21cd",
    )
    read_tables(here)
    frame = gpd.read_parquet(here / "msoa21_boundaries.parquet")
    assert list(frame["MSOA21NM"]) == [f"Name of {code}" for code in sorted(MSOAS)]


def test_column_names_in_any_case(database: Run, here: Path) -> None:
    """Columns are found as ONS and as ogr2ogr write them, and codes in lower case or with spaces are corrected."""
    database(
        'ALTER TABLE lad21_boundaries RENAME lad21cd TO "LAD21CD"',
        'ALTER TABLE lad21_boundaries RENAME geometry TO "Geom"',
        "ALTER TABLE lad21_lookup RENAME rgn21nm_filled TO rgn21nm",
        "UPDATE msoa21_boundaries SET msoa21cd = ' ' || lower(msoa21cd) || ' '",
        "ALTER TABLE pcode_census21_lookup ALTER msoa21cd TYPE char(12)",
    )
    read_tables(here)
    assert sorted(gpd.read_parquet(here / "lad21_boundaries.parquet")["LAD21CD"]) == sorted(LADS)
    assert sorted(gpd.read_parquet(here / "msoa21_boundaries.parquet")["MSOA21CD"]) == sorted(MSOAS)
    assert set(MSOAS) < set(pd.read_csv(here / "pcode_census21_lookup.csv")["msoa21cd"])


def test_reading_changes_nothing(database: Run, here: Path, postgresql: Server) -> None:
    """The transaction may only read: a view that writes is refused."""
    database(
        "CREATE TABLE log (at timestamp)",
        "GRANT ALL ON log TO PUBLIC",
        "CREATE FUNCTION noted() RETURNS bool VOLATILE LANGUAGE sql AS 'INSERT INTO log VALUES (now()) RETURNING true'",
        "ALTER TABLE lad21_lookup RENAME TO hidden",
        "CREATE VIEW lad21_lookup AS SELECT * FROM hidden WHERE noted()",
        "GRANT SELECT ON lad21_lookup TO PUBLIC",
    )
    assert "read-only transaction" in refused(here)


# --- coordinate systems and outlines --------------------------------------------------------------


def test_no_coordinate_system_stays_none(database: Run, here: Path) -> None:
    """SRID 0 says nothing, so the file says nothing either and the extent decides later."""
    database("UPDATE lad21_boundaries SET geometry = ST_SetSRID(geometry, 0)")
    read_tables(here)
    assert gpd.read_parquet(here / "lad21_boundaries.parquet").crs is None
    assert gpd.read_parquet(here / "msoa21_boundaries.parquet").crs.to_epsg() == 27700


@pytest.mark.parametrize("kind", ["geometry", "geography"])
def test_another_coordinate_system_is_kept(database: Run, here: Path, kind: str) -> None:
    """Degrees stay degrees and are labelled so, as geometry and as geography; they are transformed later."""
    database(f"ALTER TABLE msoa21_boundaries ALTER geometry TYPE {kind} USING ST_Transform(geometry, 4326)::{kind}")
    read_tables(here)
    frame = gpd.read_parquet(here / "msoa21_boundaries.parquet")
    assert frame.crs.to_epsg() == 4326
    there = msoas().sort_values("MSOA21CD", ignore_index=True).geometry
    distance = frame.geometry.to_crs(27700).centroid.distance(there.centroid)
    assert np.all(distance < 1)


def test_mixed_coordinate_systems(database: Run, here: Path) -> None:
    """Two systems in one column are refused, and so is one that no register knows."""
    database(
        f"UPDATE lad21_boundaries SET geometry = ST_Transform(geometry, 4326) WHERE lad21cd = '{LADS[0]}'",
        "UPDATE msoa21_boundaries SET geometry = ST_SetSRID(geometry, 990000)",
    )
    message = refused(here)
    assert "lad21_boundaries mixes coordinate systems (SRID 4326, 27700)" in message
    assert "msoa21_boundaries has SRID 990000, which is no EPSG code" in message


def test_missing_outlines_and_codes(database: Run, here: Path) -> None:
    """Areas without outline or code are counted and named, in all tables at once."""
    database(
        f"UPDATE lad21_boundaries SET geometry = NULL WHERE lad21cd = '{LADS[2]}'",
        f"UPDATE lad21_boundaries SET geometry = 'SRID=27700;POLYGON EMPTY' WHERE lad21cd = '{LADS[3]}'",
        f"UPDATE msoa21_boundaries SET msoa21cd = NULL WHERE msoa21cd = '{MSOAS[0]}'",
    )
    message = refused(here)
    assert re.search(rf"lad21_boundaries has no outline for 2 rows \({LADS[2]}, {LADS[3]}\)", message)
    assert "msoa21_boundaries has no code in 1 of 39 rows" in message


def test_curves(database: Run, here: Path) -> None:
    """Outlines with arcs, which no tool of ours reads, are refused with the function that straightens them."""
    database("UPDATE msoa21_boundaries SET geometry = 'SRID=27700;CURVEPOLYGON(CIRCULARSTRING(0 0,1 1,0 2,-1 1,0 0))'")
    assert "ST_CurveToLine" in refused(here)


def test_geometry_that_is_text(database: Run, here: Path) -> None:
    """A column of another type, such as outlines written as text, is refused by its type."""
    database("ALTER TABLE lad21_boundaries ALTER geometry TYPE text USING ST_AsText(geometry)")
    assert "the column geometry of public.lad21_boundaries is of type text, not geometry" in refused(here)


# --- tables, columns, rights ----------------------------------------------------------------------


def test_missing_tables(database: Run, here: Path) -> None:
    """All missing tables are named at once, with those that there are and the way to give other names."""
    database(
        "ALTER TABLE lad21_boundaries RENAME TO districts",
        "CREATE SCHEMA elsewhere",
        "ALTER TABLE lad21_lookup SET SCHEMA elsewhere",
    )
    message = refused(here)
    assert "no table lad21_boundaries, lad21_lookup; it has" in message
    assert "districts" in message
    assert "elsewhere.lad21_lookup" in message
    assert "[tables]" in message
    assert "spatial_ref_sys" not in message


def test_missing_columns(database: Run, here: Path) -> None:
    """All missing columns are named at once, with those that there are."""
    database(
        "ALTER TABLE lad21_boundaries RENAME lad21cd TO code",
        "ALTER TABLE pcode_census21_lookup DROP ladnm, DROP lad21cd",
    )
    message = refused(here)
    assert "lad21_boundaries has no column lad21cd, only " in message
    assert "code" in message
    assert "pcode_census21_lookup has no column lad21cd, ladnm or lad21nm, only " in message


def test_no_postgis(postgresql: Server, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A database without PostGIS and without tables, such as the wrong one, is reported as just that."""
    monkeypatch.setenv("EC_MAPS_DATABASE_URL", postgresql.url("postgres", "reader", PASSWORD))
    message = refused(here)
    assert "it has no PostGIS (CREATE EXTENSION postgis)" in message
    assert "no table lad21_boundaries, msoa21_boundaries, pcode_census21_lookup, lad21_lookup; it has" in message
    assert "it has none at all" in message


def test_no_right_to_read(database: Run, here: Path) -> None:
    """All tables that the user may not read are named, whether the table or its schema is closed."""
    database(
        "REVOKE SELECT ON msoa21_boundaries FROM PUBLIC",
        "REVOKE SELECT ON lad21_lookup FROM PUBLIC",
        "GRANT SELECT (lad21cd) ON lad21_lookup TO reader",
    )
    message = refused(here)
    assert "the user may not read public.msoa21_boundaries" in message
    assert "lad21_lookup has no column rgn21nm_filled or rgn21nm, only lad21cd" in message
    database("REVOKE USAGE ON SCHEMA public FROM PUBLIC")
    message = refused(here)
    assert all(f"the user may not read public.{table}" in message for table in ("lad21_boundaries", "lad21_lookup"))


def test_empty_tables(database: Run, here: Path) -> None:
    """Tables without rows, or with none that is of use, are all named."""
    database(
        "TRUNCATE lad21_boundaries",
        "TRUNCATE lad21_lookup",
        "UPDATE pcode_census21_lookup SET lad21cd = NULL",
    )
    message = refused(here)
    for fault in ("lad21_boundaries holds no rows", "lad21_lookup holds no rows", "holds no rows with both codes"):
        assert fault in message


def test_contradicting_lookups(database: Run, here: Path) -> None:
    """A neighbourhood in two districts, and a district with two names or in two regions, are refused by name."""
    database(
        f"INSERT INTO pcode_census21_lookup VALUES ('ZE1', '{MSOAS[0]}', '{HERE[5]}', '{NAME_OF[HERE[5]]}')",
        f"INSERT INTO pcode_census21_lookup VALUES ('ZE1', '{MSOAS[3]}', '{HERE[1]}', 'Elsewhere')",
        f"INSERT INTO lad21_lookup VALUES ('{HERE[0]}', 'London')",
    )
    message = refused(here)
    assert f"1 msoa21cd more than one lad21cd ({MSOAS[0]}: {HERE[0]} and {HERE[5]})" in message
    assert f"1 lad21cd more than one lad21nm ({HERE[1]}: " in message
    assert f"1 lad21cd more than one rgn21nm ({HERE[0]}: London and North East)" in message


# --- names of tables ------------------------------------------------------------------------------


def test_tables_with_other_names(database: Run, here: Path) -> None:
    """Tables are found under the names that the file gives, whatever is in them, and named in the address."""
    database(
        'CREATE SCHEMA "Geo Data"',
        'ALTER TABLE lad21_boundaries RENAME TO "Robert\'); DROP TABLE ""lad21_lookup"";--"',
        'ALTER TABLE msoa21_boundaries SET SCHEMA "Geo Data"',
        'GRANT USAGE ON SCHEMA "Geo Data" TO PUBLIC',
        "ALTER TABLE lad21_lookup RENAME TO Districts",
    )
    write_config(
        here,
        '[tables]\nlad21_boundaries = Robert\'); DROP TABLE "lad21_lookup";--\n'
        "msoa21_boundaries = Geo Data.msoa21_boundaries\nlad21_lookup = public.DISTRICTS\n",
    )
    read_tables(here)
    assert len(gpd.read_parquet(here / "lad21_boundaries.parquet")) == len(LADS)
    assert "msoa21_boundaries = Geo Data.msoa21_boundaries, lad21_lookup = public.DISTRICTS)" in postgis.address()


def test_bad_names_of_tables(database: Run, here: Path) -> None:
    """Tables that we do not read, and names in too many parts, are all refused at once."""
    write_config(here, "[tables]\nlads = x\nlad21_lookup = a.b.c\nmsoa21_boundaries =\n")
    message = refused(here, SettingError)
    for part in (
        "lads is none of lad21_boundaries, ",
        'lad21_lookup is "a.b.c"',
        'msoa21_boundaries is ""',
        "[tables]",
    ):
        assert part in message


# --- where the database is ------------------------------------------------------------------------


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+psycopg", "POSTGRESQL"])
def test_address_of_the_database(database: Run, here: Path, monkeypatch: pytest.MonkeyPatch, scheme: str) -> None:
    """Each way to begin an address works; user, password and options are not in what is quoted of it."""
    address = os.environ["EC_MAPS_DATABASE_URL"].replace("postgresql", scheme, 1)
    monkeypatch.setenv("EC_MAPS_DATABASE_URL", f"{address}?sslmode=prefer")
    assert re.fullmatch(r"postgresql://127\.0\.0\.1:\d+/test_address_of_the_database_\w+", postgis.address())
    assert len(read_tables(here)) == 4


def test_password_as_an_option(database: Run, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A password that stands among the address's options is used and hidden like any other."""
    address = os.environ["EC_MAPS_DATABASE_URL"].replace(f":{quote(PASSWORD, safe='')}@", "@")
    monkeypatch.setenv("EC_MAPS_DATABASE_URL", f"{address}?password={quote(PASSWORD, safe='')}")
    assert len(read_tables(here)) == 4
    assert postgis.address() == f"postgresql://{address.rpartition('@')[2]}"


@pytest.mark.parametrize("folder", [".", "data"])
def test_configuration_file(
    database: Run, postgresql: Server, here: Path, monkeypatch: pytest.MonkeyPatch, folder: str
) -> None:
    """The file in the project's or the data folder says all, with a password as it is, percent sign and all."""
    name = os.environ["EC_MAPS_DATABASE_URL"].rpartition("/")[2]
    monkeypatch.delenv("EC_MAPS_DATABASE_URL")
    (here / folder).mkdir(exist_ok=True)
    write_config(here / folder, "\ufeff" + config_of(postgresql, name))
    assert postgis.address() == f"postgresql://127.0.0.1:{postgresql.port}/{name}"
    assert len(read_tables(here)) == 4


def test_neither_address_nor_file(here: Path) -> None:
    """Without either, both ways are explained."""
    message = refused(here, SettingError)
    assert "EC_MAPS_DATABASE_URL" in message
    assert f"db_config.ini in {here}" in message
    assert "host, port (5432 if left out), database, user and password" in message


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("", ["host, database, user not given", "The section [postgresql]"]),
        ("[database]\nhost = h\n", ["host, database, user not given"]),
        ("[postgresql]\n", ["host, database, user not given"]),
        (
            "[postgresql]\nuser =\nhost = h\npassword = s3cret\nport = x\n",
            ["database, user not given", "port is not"],
        ),
        ("password = s3cret\n", ["cannot be understood (line 1)"]),
        ("[postgresql]\nhost = h\ns3cret\n", ["cannot be understood (line 3)"]),
        ("[postgresql]\npassword = s3cret\npassword = s3cret\n", ["cannot be understood (line 3)", "each once"]),
        ("[postgresql]\n[postgresql]\n", ["cannot be understood (line 2)", "each once"]),
    ],
)
def test_bad_configuration_file(here: Path, text: str, parts: list[str]) -> None:
    """All that is missing is named at once, and of a line that is not understood only the number is given."""
    path = write_config(here, text)
    message = refused(here, SettingError, "s3cret")
    for part in (str(path), *parts):
        assert part in message


def test_configuration_file_of_other_letters(here: Path) -> None:
    """A file that is not UTF-8 is refused, and nothing of it is quoted."""
    (here / "db_config.ini").write_bytes("[postgresql]\npassword = s3crét\n".encode("latin-1"))
    assert "not UTF-8 text" in refused(here, SettingError, "s3cr")


@pytest.mark.parametrize(
    ("address", "fault"),
    [
        ("s3cret", "does not begin with postgresql://"),
        ("mysql://u:s3cret@h/d", "does not begin with postgresql://"),
        ("http://u:s3cret@h/d", "does not begin with postgresql://"),
        ("postgresql://u:s@3cret@h/d", "has more than one @"),
        ("postgresql://u:s3cret@a:b@h:1/d", "has more than one @"),
        ("postgresql://u:x@s3cret/z@h:5432/d", "has more than one @"),
        ("postgresql://u:s3cret@h:port/d", "is not a valid address"),
        ("postgresql://u:s3cret/d", "is not a valid address"),
        ("postgresql://u:s3cret@h", "names no database"),
        ("postgresql://u:s3cret@", "names no host and no database"),
        ("postgresql://u:s3cret@h o/d", "is not a valid address"),
    ],
)
def test_bad_address(here: Path, monkeypatch: pytest.MonkeyPatch, address: str, fault: str) -> None:
    """An address that cannot be parsed is not quoted, since its password cannot be found in it."""
    monkeypatch.setenv("EC_MAPS_DATABASE_URL", address)
    message = refused(here, SettingError, "s3cret", "3cret")
    assert fault in message
    assert "postgresql://user:password@host:port/database" in message
    assert "%40" in message


def test_offline(database: Run, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is asked when nothing is to be asked."""
    monkeypatch.setenv("EC_MAPS_OFFLINE", "1")
    assert "EC_MAPS_OFFLINE" in refused(here)


# --- connecting -----------------------------------------------------------------------------------


def test_wrong_password_and_user(
    database: Run, postgresql: Server, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A wrong password and an unknown user are the same to the server; the message says how to write a password."""
    for user, password in (("reader", PASSWORD[1:]), ("nobody", PASSWORD), ("reader", "")):
        monkeypatch.setenv("EC_MAPS_DATABASE_URL", postgresql.url("country", user, password))
        message = refused(here, SettingError, *[password[:8]] * bool(password))
        assert re.search("password authentication failed|no password supplied", message)
        assert "EC_MAPS_DATABASE_URL" in message
        assert "%40" in message
    monkeypatch.delenv("EC_MAPS_DATABASE_URL")
    path = write_config(here, config_of(postgresql, "country").replace(PASSWORD, "s3cret"))
    message = refused(here, SettingError, "s3cret")
    assert str(path) in message
    assert "%40" not in message


def test_unknown_database(postgresql: Server, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A database that the server does not have is named."""
    monkeypatch.setenv("EC_MAPS_DATABASE_URL", postgresql.url("nowhere"))
    message = refused(here, SettingError)
    assert f"postgresql://127.0.0.1:{postgresql.port}/nowhere cannot be used" in message
    assert 'database "nowhere" does not exist' in message


def test_nothing_listens(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A port where nothing listens, and a socket that is not there, have messages of their own."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound and not listening: refused, and nobody else's
        secret = quote(PASSWORD, safe="")
        monkeypatch.setenv("EC_MAPS_DATABASE_URL", f"postgresql://u:{secret}@127.0.0.1:{taken.getsockname()[1]}/d")
        assert re.search("Connection refused|No such file", refused(here))
    monkeypatch.setenv("EC_MAPS_DATABASE_URL", f"postgresql://u:{secret}@/d?host={here}")
    assert re.search("Connection refused|No such file", refused(here))


def test_unknown_host(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A host of no known name is named."""
    monkeypatch.setenv("EC_MAPS_DATABASE_URL", f"postgresql://u:{quote(PASSWORD, safe='')}@nowhere.invalid:5432/d")
    message = refused(here)
    assert "postgresql://nowhere.invalid:5432/d cannot be used" in message
    assert "resolve host" in message


@pytest.mark.full
def test_silent_server(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that takes the connection and says nothing is given up."""
    monkeypatch.setenv("EC_MAPS_TIMEOUT", "2")
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        monkeypatch.setenv(
            "EC_MAPS_DATABASE_URL", f"postgresql://u:{PASSWORD[-1]}@127.0.0.1:{silent.getsockname()[1]}/d"
        )
        assert "timeout expired" in refused(here)


@pytest.mark.full
def test_server_of_another_kind(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What speaks another language, such as a web server, is reported to be no database."""
    with socket.create_server(("127.0.0.1", 0)) as web:

        def answer() -> None:
            peer, _ = web.accept()
            with peer:
                peer.recv(100)
                peer.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

        thread = threading.Thread(target=answer)
        thread.start()
        monkeypatch.setenv("EC_MAPS_DATABASE_URL", f"postgresql://u:s3cret@127.0.0.1:{web.getsockname()[1]}/d")
        assert "invalid response to SSL negotiation" in refused(here, BoundaryError, "s3cret")
        thread.join()


@pytest.mark.parametrize("option", ["colour=blue", "sslmode=perhaps"])
def test_unknown_option(database: Run, here: Path, monkeypatch: pytest.MonkeyPatch, option: str) -> None:
    """An option that the client library does not know is the user's fault, and named."""
    monkeypatch.setenv("EC_MAPS_DATABASE_URL", f"{os.environ['EC_MAPS_DATABASE_URL']}?{option}")
    assert re.search('"colour"|"perhaps"', refused(here, SettingError))


def test_refusal_in_other_words(database: Run, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is in no list is quoted: a server that wants encryption, or speaks another language."""
    monkeypatch.setenv("EC_MAPS_DATABASE_URL", f"{os.environ['EC_MAPS_DATABASE_URL']}?sslmode=require")
    assert "server does not support SSL, but SSL was required" in refused(here)


# --- while reading --------------------------------------------------------------------------------


def slow(run: Run) -> None:
    """Make the neighbourhoods' table one that takes half a minute to read."""
    run(
        "ALTER TABLE msoa21_boundaries RENAME TO hidden",
        "CREATE VIEW msoa21_boundaries AS SELECT msoa21cd, geometry FROM hidden, (SELECT pg_sleep(30)) AS a_while",
        "GRANT SELECT ON msoa21_boundaries TO PUBLIC",
    )


def test_slow_query(database: Run, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A query that takes too long is stopped, and the message says how to allow more."""
    slow(database)
    monkeypatch.setenv("EC_MAPS_TIMEOUT", "0.03")
    message = refused(here)
    assert "Reading public.msoa21_boundaries" in message
    assert "It may take 0.3 seconds" in message
    assert "EC_MAPS_TIMEOUT" in message


def test_lost_connection(
    database: Run, postgresql: Server, here: Path, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    """A connection that breaks while a table is read is one sentence, with no noise beside it."""
    slow(database)

    def end_it() -> None:
        for _ in range(200):
            with postgresql.connect("postgres") as connection:
                done = connection.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE application_name = 'ec_maps' AND wait_event = 'PgSleep'"
                ).fetchall()
            if done:
                return
            time.sleep(0.05)

    thread = threading.Thread(target=end_it)
    thread.start()
    message = refused(here)
    thread.join()
    assert re.search(r"Reading public.msoa21_boundaries in postgresql://\S+: the connection was lost", message)
    assert capfd.readouterr() == ("", "")
    assert caplog.records == []


def test_text_in_another_encoding(postgresql: Server, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Text is read whatever encoding the database uses; where it has none, what is not UTF-8 is refused."""
    postgresql.run(
        "postgres", "CREATE DATABASE western ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0"
    )
    postgresql.run(
        "postgres", "CREATE DATABASE raw ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0"
    )
    for name in ("western", "raw"):
        postgresql.run(name, "CREATE EXTENSION postgis")
        load(postgresql, name, lads(), msoas()[["MSOA21CD", "geometry"]], postcodes())
        monkeypatch.setenv("EC_MAPS_DATABASE_URL", postgresql.url(name))
        if name == "western":
            postgresql.run(name, "UPDATE pcode_census21_lookup SET ladnm = 'Ynys Môn' WHERE lad21cd = 'W06000001'")
            read_tables(here)
            assert "Ynys Môn" in (here / "pcode_census21_lookup.csv").read_text(encoding="utf-8")
        else:
            with psycopg.connect(postgresql.url(name), client_encoding="latin1") as connection:
                connection.execute("UPDATE pcode_census21_lookup SET ladnm = 'M\xf4n' WHERE lad21cd = 'W06000001'")
            assert "Reading public.pcode_census21_lookup" in refused(here)
