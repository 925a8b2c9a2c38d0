"""Spoilt archives, tables, boundaries, lists of places, answers and manifests for all that reads them.

    .venv/bin/python scripts/fuzz.py --minutes 10            # all readers in turn
    .venv/bin/python scripts/fuzz.py boundaries 123 456      # these examples again, with what they raise

An example is a small real file with a few changes, all drawn from its number. A reader may refuse it with an error of
ec_maps; any other exception, the end of the process, and more than ten seconds are a find.
"""

from __future__ import annotations

import argparse
import io
import json
import multiprocessing
import os
import resource
import sys
import tempfile
import time
import traceback
import warnings
from collections import Counter
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from random import Random
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

import makers
from ec_maps import area_table, diff, read_places
from ec_maps.atlas import archive, csv_table, hdx
from ec_maps.boundaries import arcgis, files
from ec_maps.boundaries.geometry import check_sizes, in_order
from ec_maps.boundaries.table import read_areas
from ec_maps.errors import EcMapsError
from ec_maps.fetch import http, manifest

#: The longest that a reader may take, in seconds, and the most memory of a process.
LONGEST, MEMORY = 10.0, 4 * 2**30

#: What stands in files where nobody expects it.
ODD = [
    b"", b"\0", b"\xff", b'"', b"'", b",", b";", b"\n", b"\r\n", b"\xef\xbb\xbf", b"{", b"}", b"[", b"]", b": ", b"- ",
    b"NaN", b"inf", b"-1", b"1e309", b"99999999999999999999", b"0x1", b"true", b"null", b"=1+1", b"../../x", b"/etc",
    b"<script>", b"&amp;", b"*a", b"&a ", b"<<: ", b"!!python/object:x", b"? ", b"|", b"E06000001", b"\xe2\x80\xae",
]  # fmt: skip

#: The same for values of JSON and of tables.
VALUES: list[Any] = [
    *(None, True, 0, -1, 1e300, float("nan"), float("inf"), 10**30, "", "x", "NaN", "=1+1", "\0", "\ud800"),
    *([], {}, [1], {"a": 1}, [None], "E06000001", "x" * 10_000, "2025-02-30", "http://[", "https://a/../b"),
]
TEXTS = [
    "", "x", "NaN", "inf", "-1", "1e300", "10" * 15, "=1+1", "\0", "E06000001", " ", "1,234", "12 %", "é" * 300, "2.5",
]  # fmt: skip

AREA = makers.lads().head(2).to_crs(4326)


def changed(content: bytes, random: Random) -> bytes:
    """Return bytes with one to six changes."""
    for _ in range(random.randint(1, 6)):
        at, other = sorted(random.randint(0, len(content)) for _ in range(2))
        other = min(other, at + random.choice([1, 4, 100, 10_000]))
        piece = content[at:other]
        new = random.choice(
            [random.choice(ODD), random.randbytes(random.randint(1, 8)), piece * random.randint(2, 9), b"", piece[::-1]]
        )
        content = content[:at] + new + content[other if random.random() < 0.7 else at :]
    return content[: random.randint(0, len(content))] if random.random() < 0.1 else content


def changed_json(value: Any, random: Random) -> Any:
    """Return a value of JSON with another in one place, at whatever depth."""
    if random.random() < 0.15 or not isinstance(value, dict | list) or not value:
        return random.choice(VALUES)
    if isinstance(value, dict):
        key = random.choice(list(value))
        if random.random() < 0.1:
            return {name: part for name, part in value.items() if name != key}
        return {**value, key: changed_json(value[key], random)}
    at = random.randrange(len(value))
    if random.random() < 0.1:
        return value[:at] + value[at : at + 1] * random.randint(0, 3) + value[at + 1 :]
    return [*value[:at], changed_json(value[at], random), *value[at + 1 :]]


def changed_table(table: pd.DataFrame, random: Random) -> pd.DataFrame:
    """Return a table with other cells, outlines, rows or columns."""
    table = table.copy()
    for _ in range(random.randint(1, 5)):
        column, row = random.choice(list(table.columns)), random.randrange(max(1, len(table)))
        kind = random.random()
        if kind < 0.6 and len(table):
            values = list(table[column])
            if column == "geometry":
                values[row] = odd_shape(values[row], random)
                table[column] = gpd.GeoSeries(values, crs=table.crs)
            else:
                values[row] = random.choice(TEXTS)
                table[column] = [str(value) for value in values]
        elif kind < 0.8:
            rows = (
                [random.randrange(len(table)) for _ in range(random.randint(0, 2 * len(table)))] if len(table) else []
            )
            table = table.iloc[rows].reset_index(drop=True)
        elif kind < 0.9 and column != "geometry":
            table = table.drop(columns=column)
        elif column != "geometry":
            names = {"LAD21CD", "MSOA21CD", "", "x", "LAD22NM", "geometry "} - set(table.columns)
            table = table.rename(columns={column: random.choice(sorted(names))})
        if not len(table.columns):
            break
    return table


def odd_shape(shape: Any, random: Random) -> Any:
    """Return what may stand in place of an outline."""
    far = random.choice([1e300, -1e9, np.inf, np.nan, 0.0, 180.0])
    square = shapely.box(400_000, 300_000, 410_000, 310_000)
    bow = shapely.Polygon([(400_000, 300_000), (410_000, 310_000), (410_000, 300_000), (400_000, 310_000)])
    return random.choice([
        None, shapely.Polygon(), shapely.Point(4e5, 3e5), shapely.LineString([(4e5, 3e5), (5e5, 4e5)]), bow, square,
        shapely.Polygon([(400_000, 300_000), (far, far), (410_000, 300_000)]),
        shapely.GeometryCollection([square, shapely.Point(0, 0), bow]), shapely.MultiPolygon([square, square]),
        shapely.force_3d(square), square.buffer(1e6), square.buffer(-4_999),
        shapely.transform(shape, lambda points: points * (far if np.isfinite(far) else 2)) if shape else None,
    ])  # fmt: skip


# --- the readers ----------------------------------------------------------------------------------


def atlas_zip(folder: Path, random: Random) -> Path:
    """Write an archive of the Atlas, whose bytes or whose CSV are changed."""
    whole = random.random() < 0.5
    text = makers.atlas_csv().encode() if random.random() < 0.5 else makers.msoa_csv().encode()
    name = (
        makers.LAD_CSV if random.random() < 0.9 else random.choice(["../x.csv", "x.csv", "a\\b.csv", "é.csv", ".csv"])
    )
    path = makers.write_zip(folder / makers.LAD_ZIP, {name: text if whole else changed(text, random)})
    if whole:
        path.write_bytes(changed(path.read_bytes(), random))
    return path


def read_archive(folder: Path, random: Random) -> None:
    """Read an archive: its members, what its tables hold, and its values for each level."""
    path = atlas_zip(folder, random)
    archive.check_whole(path)
    str(csv_table.inventory([path]))
    for member in archive.members(path):
        content = archive.read(member)
        csv_table.parse(content, member, random.choice([makers.LAD, makers.MSOA]), makers.MEASURE)


def read_boundaries(folder: Path, random: Random) -> None:
    """Read one boundary file of any format, by itself or in a zip."""
    suffix = random.choice(["gpkg", "geojson", "shp", "fgb", "parquet", "csv"])
    table: pd.DataFrame = AREA.drop(columns="geometry") if suffix == "csv" else AREA
    path = makers.write_table(folder / f"lads.{suffix}", table)
    target = random.choice(sorted(folder.iterdir()))
    target.write_bytes(changed(target.read_bytes(), random))
    if random.random() < 0.2:
        members = {f"a/{one.name}": one.read_bytes() for one in folder.iterdir()}
        path = makers.write_zip(folder / "lads.zip", members)
        if random.random() < 0.5:
            path.write_bytes(changed(path.read_bytes(), random))
    for found in files.find_tables([path]):
        names = [name for name in found.columns if name in ("lad21cd", "lad21nm")]
        if names:
            found.read_columns(names)
        if found.has_outlines:
            found.has_hexagons()
            frame = found.read_outlines()
            if "lad21cd" in frame and len(frame):
                check_sizes(in_order(frame, "lad21cd", where="lads", notes=[]), "lad", "lads")


def read_country(folder: Path, random: Random) -> None:
    """Read the four tables of a country, one of them changed in cells, outlines, rows or columns."""
    tables: dict[str, pd.DataFrame] = {name: getattr(makers, name)() for name in ("lads", "msoas", "lookup", "regions")}
    name = random.choice(list(tables))
    makers.write_boundaries(folder / "geo", **{name: changed_table(tables[name], random)})
    os.environ |= {"EC_MAPS_SOURCE": "live", "EC_MAPS_BOUNDARIES": str(folder / "geo")}
    read_areas()


def read_list(folder: Path, random: Random) -> None:
    """Read a list of places."""
    text = b"# Places\n- Norwich\n- st helens\n- Greater Norwich: [Norwich, Broadland]\n- Norfolk\n- E06000001\n"
    (folder / "places.yml").write_bytes(changed(text, random))
    read_places(folder / "places.yml")


def read_own(_: Path, random: Random) -> None:
    """Read a table of one's own."""
    level = random.choice(["lad", "lad", "msoa"])
    codes = makers.HERE if level == "lad" else makers.MSOAS
    table = pd.DataFrame({f"{level}21cd": codes, "value": [f"{n / 7:.3f} %" for n in range(len(codes))]})
    table = changed_table(table, random).rename(columns=lambda name: name or "value")
    texts = {"title": random.choice(["Trees", "<b>", "=1+1", "x" * 200, "", "\ud800", "a\nb", "$x$"])}
    area_table(table, level, "value", **texts, unit=random.choice(["", "%", "£", "<i>"]))


def read_manifest(folder: Path, random: Random) -> None:
    """Read the manifest of a cache."""
    entry = {"key": "atlas_lad", "file": "a.zip", "size": 3, "sha256": "0" * 64, "fetched_at": "2025-01-01T00:00:00Z"}
    brought = {"address": "https://a/b", "name": "a.zip", "etag": "", "date": "", "licence": "", "notes": ["x"]}
    content: Any = {"format": 1, "files": [{**entry, **brought}]}
    if random.random() < 0.7:
        content = changed_json(content, random)
    text = json.dumps(content).encode()
    (folder / "cache").mkdir()
    (folder / "cache" / "manifest.json").write_bytes(text if random.random() < 0.5 else changed(text, random))
    (folder / "cache" / "a.zip").write_bytes(b"abc")
    os.environ["EC_MAPS_DATA_DIR"] = str(folder)
    for key, held in manifest.read().items():
        manifest.held(key)
        str((held.path, held.is_good()))


def read_release(folder: Path, random: Random) -> None:
    """Compare a file of ours with itself before it was changed."""
    table = pd.DataFrame({"lad21cd": makers.HERE, "lad21nm": [makers.NAME_OF[code] for code in makers.HERE]})
    table["economic_connectedness"] = makers.spread(len(table))
    table["decile"] = range(1, len(table) + 1)
    suffix = random.choice(["csv", "csv", "parquet"])
    old = makers.write_table(folder / f"old.{suffix}", table)
    new = makers.write_table(folder / f"new.{suffix}", changed_table(table, random) if random.random() < 0.5 else table)
    if random.random() < 0.7:
        new.write_bytes(changed(new.read_bytes(), random))
    diff(old, new)


def read_answers(_: Path, random: Random) -> None:
    """Read the answers of a service of the ONS, one of them changed."""
    features = [
        {"id": n, "properties": {"OBJECTID": n, "LAD21CD": code}, "geometry": shapely.geometry.mapping(shape)}
        for n, (code, shape) in enumerate(zip(AREA["LAD21CD"], AREA.geometry, strict=True))
    ]
    fields = [{"name": "OBJECTID", "type": "esriFieldTypeOID"}, {"name": "LAD21CD", "type": "esriFieldTypeString"}]
    system = {"type": "name", "properties": {"name": "EPSG:27700"}}
    answers: dict[str, Any] = {
        "root": {"layers": [{"id": 0}], "tables": []},
        "layer": {
            "name": "a", "fields": fields, "maxRecordCount": 2000, "editingInfo": {"lastEditDate": 1_700_000_000_000},
            "objectIdField": "OBJECTID", "copyrightText": "OGL", "serviceItemId": "x",
        },
        "count": {"count": len(features)},
        "page": {"type": "FeatureCollection", "crs": system, "features": features, "properties": {}},
    }  # fmt: skip
    name = random.choice([*answers, "page"])
    failure = {"error": {"code": 400, "message": "a", "details": ["b"]}}
    answers[name] = changed_json(answers[name] if random.random() < 0.8 else failure, random)

    def answer(url: str, params: Any = None) -> Any:
        asked = dict(params or {})
        if url.endswith("/query"):
            return answers["count" if "returnCountOnly" in asked else "page"]
        return answers["root" if url.endswith("FeatureServer") else "layer"]

    http.get_json, http.pause = answer, lambda _: None
    layer = arcgis.open_layer("LAD", [("LAD21CD", "LAD22CD")])
    str(layer.date)
    arcgis.read(layer, [layer.field("LAD21CD")], least=len(features), page=500, label="")


def read_record(_: Path, random: Random) -> None:
    """Read the record of the data set at HDX."""
    row = {
        "id": "x", "name": "local_authority-20250320T000233Z-001.zip", "format": "ZIP", "size": 3, "state": "active",
        "url": "https://data.humdata.org/a/local_authority-1.zip", "alt_url": "https://data.humdata.org/b",
        "last_modified": "2025-03-20T00:00:00", "in_quarantine": False,
    }  # fmt: skip
    result = {"id": "y", "resources": [row, {**row, "id": "z"}], "license_title": "CC BY", "license_url": "https://a"}
    content = changed_json({"success": True, "result": result}, random)
    http.get_json, http.pause = lambda *_: content, lambda _: None
    hdx._find("atlas_lad")


READERS: dict[str, Callable[[Path, Random], None]] = {
    "archive": read_archive,
    "boundaries": read_boundaries,
    "country": read_country,
    "places": read_list,
    "own": read_own,
    "manifest": read_manifest,
    "release": read_release,
    "answers": read_answers,
    "record": read_record,
}


# --- running them ---------------------------------------------------------------------------------


def once(reader: str, number: int) -> str:
    """Return how a reader took an example: ``"read"``, ``"refused"``, or what it raised, in one line."""
    before = http.get_json, http.pause, dict(os.environ)
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            READERS[reader](Path(folder), Random(f"{reader} {number}"))
        except EcMapsError:
            return "refused"
        except Exception as error:  # noqa: BLE001 - whatever it is, it is what is looked for
            at = [frame for frame in traceback.extract_tb(error.__traceback__) if "ec_maps" in frame.filename][-1:]
            where = f" at {Path(at[0].filename).name}:{at[0].lineno}" if at else ""
            return f"{type(error).__name__}{where}: {str(error)[:160]}"
        finally:
            http.get_json, http.pause = before[:2]
            os.environ.clear()
            os.environ.update(before[2])
    return "read"


def prepare(folder: Path) -> None:
    """Point the library at the demonstration, and a cache of its own, in this process."""
    os.environ |= {"EC_MAPS_SOURCE": "demo", "EC_MAPS_DATA_DIR": str(folder), "EC_MAPS_OFFLINE": "1"}
    read_places(Path(__file__).resolve().parents[1] / "places.yml")


def work(reader: str, first: int, folder: Path, told: Connection) -> None:
    """Send the number of each example and then how it was taken, until this process is ended."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    sys.stderr = io.StringIO()
    prepare(folder)
    number = first
    while True:
        told.send(number)
        told.send(once(reader, number))
        number += 1


def spent(process: int) -> float:
    """Return the seconds of CPU that a process has taken."""
    fields = Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def answered(told: Connection, process: int) -> bool:
    """Wait for what a process tells next; return False if that takes it too long, however busy the machine is."""
    before, end = spent(process), time.monotonic() + 30 * LONGEST
    while not told.poll(0.5):
        if spent(process) - before > LONGEST or time.monotonic() > end:
            return False
    return True


def run(reader: str, seconds: float, folder: Path, first: int = 0) -> Counter[str]:
    """Return how often a reader read, refused and failed within some seconds; report each new find."""
    results: Counter[str] = Counter()
    end, number = time.monotonic() + seconds, first
    while time.monotonic() < end:
        here, there = multiprocessing.Pipe(duplex=False)
        process = multiprocessing.get_context("spawn").Process(target=work, args=(reader, number, folder, there))
        process.start()
        there.close()
        outcome = ""
        try:
            while time.monotonic() < end:
                number = here.recv()
                outcome = here.recv() if answered(here, process.pid) else f"HANG of more than {LONGEST:g} seconds"
                results[outcome] += 1
                if outcome not in ("read", "refused") and results[outcome] == 1:
                    print(f"  {reader} {number}: {outcome}", flush=True)
                if outcome.startswith("HANG"):
                    break
        except EOFError:
            outcome = "END of the process"
            results[outcome] += 1
            print(f"  {reader} {number}: {outcome}", flush=True)
        process.kill()
        process.join()
        number += 1
    return results


def main() -> int:
    """Run the readers for some minutes, or examples of one again."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("reader", nargs="?", choices=READERS, help="one reader; all by default")
    parser.add_argument("numbers", nargs="*", type=int, help="examples to run again")
    parser.add_argument("--minutes", type=float, default=10, help="how long, in all")
    parser.add_argument("--first", type=int, default=0, help="the number of the first example")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if asked.numbers:
            prepare(Path(folder))
            for number in asked.numbers:
                print(f"{asked.reader} {number}: {once(asked.reader, number)}")
            return 0
        readers = [asked.reader] if asked.reader else list(READERS)
        total: Counter[str] = Counter()
        for reader in readers:
            results = run(reader, 60 * asked.minutes / len(readers), Path(folder), asked.first)
            failed = sum(results.values()) - results["read"] - results["refused"]
            told = f"{results['read']:,} read, {results['refused']:,} refused, {failed:,} else"
            print(f"{reader}: {sum(results.values()):,} examples, {told}", flush=True)
            total += results
    failed = sum(total.values()) - total["read"] - total["refused"]
    print(f"all: {sum(total.values()):,} examples, {total['refused']:,} refused, {failed:,} else")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
