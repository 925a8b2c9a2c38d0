"""Data files for other programs: ``api/v1/`` of the site, and ``llms.txt``.

The files have the columns and the codebook of :func:`ec_maps.export`. A field of ``v1`` keeps its name and its meaning.
Each file says whether it is made from the demonstration.

Neighbourhoods have no file of their own: 7,264 small files would take longer to publish than the rest of the site, with
what the table and the files of the districts already hold.
"""

from __future__ import annotations

import json
import re
import shutil
import time
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from filelock import FileLock

from ec_maps import cache, settings
from ec_maps.areas.provenance import data_date, inputs, needed
from ec_maps.errors import DataError, counted
from ec_maps.fetch import fetcher
from ec_maps.geography.levels import LEVELS, SCOPES, LevelName, ScopeName
from ec_maps.maps.figure_cache import read_record, write_record
from ec_maps.measures import HEADLINE
from ec_maps.site import api_metadata
from ec_maps.site.api_metadata import API, DATASET, INDEX
from ec_maps.site.staging import site_address

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

#: How far outlines may move when they are simplified, in metres, and the most bytes of a file with outlines: what a
#: phone loads in a few seconds. Finer ones are at their publisher.
_TOLERANCE, _LARGEST = 100.0, 10_000_000


def build(root: Path) -> str:
    """Write the data files of a project if they are missing or out of date; return in a sentence what was done.

    Parameters
    ----------
    root
        The project's folder. ``api/v1/`` in it is replaced when all files are complete.

    Raises
    ------
    DataError
        If an area has a code that cannot be the name of a file, or for the reasons of :func:`ec_maps.compare`.
    """
    began, folder = time.monotonic(), root / API
    folder.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(folder.parent / ".lock"):
        fetcher.required(needed())  # downloads change the fingerprint, so they come first
        address = site_address(root)
        stamp, done = cache.digest(inputs(), address), "unchanged"
        if read_record(folder.parent, folder.name, stamp) is None:
            aside = folder.with_suffix(".part")
            shutil.rmtree(aside, ignore_errors=True)
            (aside / "areas").mkdir(parents=True)
            _write(aside, address)
            shutil.rmtree(folder, ignore_errors=True)
            aside.rename(folder)
            files = [path.relative_to(folder.parent).as_posix() for path in folder.rglob("*.*")]
            write_record(folder.parent, folder.name, stamp, files)
            done = f"written in {time.monotonic() - began:.1f} s"
        (root / "llms.txt").write_text(api_metadata.for_language_models(root, address), encoding="utf-8")
    sizes = [path.stat().st_size for path in folder.rglob("*.*")]
    return f"Data files for other programs: {len(sizes)} in {API}/, {sum(sizes) / 1e6:.1f} MB, {done}."


def listed(root: Path) -> dict[str, Any]:
    """Return the list of all data files of a project, after writing those that are out of date."""
    build(root)
    found: dict[str, Any] = json.loads((root / API / INDEX).read_text(encoding="utf-8"))
    return found


# --- the files --------------------------------------------------------------------------------------


def table(level: LevelName, scope: ScopeName = "ew") -> gpd.GeoDataFrame:
    """Return all areas of a level with value, decile and users of every measure.

    As in the table of :func:`ec_maps.load_areas`, the decile of economic connectedness is in ``decile`` too.
    """
    from ec_maps.analysis.comparison import DECILE, RANK_HIGH, RANK_LOW, measures_table

    whole = measures_table(level, scope=scope)
    attrs = dict(whole.attrs)
    areas = whole.drop(columns=[name for name in whole if name.endswith((RANK_LOW, RANK_HIGH))])
    if HEADLINE in areas:
        areas.insert(list(areas.columns).index(HEADLINE) + 1, "decile", areas[f"{HEADLINE}{DECILE}"])
    areas.attrs = attrs
    return areas


def _write(folder: Path, address: str) -> None:
    """Write all files into an empty folder that has a folder ``areas``."""
    from ec_maps.areas.coverage import united_kingdom

    tables = {level: table(level) for level in LEVELS}  # type: ignore[arg-type]
    for level, areas in tables.items():
        _write_table(areas, folder / f"{level}.csv")
        _write_outlines(areas, folder / f"{level}.parquet")
    beyond = table("lad", "uk") if united_kingdom() is not None else None
    paths = _write_areas(folder, tables["lad"], tables["msoa"], beyond)
    stamp = api_metadata.stamp(tables["msoa"])
    _json(folder / "measures.json", {**stamp, "measures": list(api_metadata.measures(tables))})
    _json(folder / "datapackage.json", api_metadata.package(tables))
    if address:  # search engines want full addresses
        _json(folder / DATASET, api_metadata.dataset(tables, folder, address))
    _json(folder / INDEX, {**stamp, **_contents(folder, tables), "areas": paths})


def _write_table(areas: gpd.GeoDataFrame, path: Path) -> None:
    """Write a table as CSV for programs, without the mark for spreadsheets, and its description beside it."""
    from codecs import BOM_UTF8

    from ec_maps.analysis.export import write_described_csv

    write_described_csv(areas, path)
    path.write_bytes(path.read_bytes().removeprefix(BOM_UTF8))


def _write_outlines(areas: gpd.GeoDataFrame, path: Path) -> None:
    """Write a table with simplified outlines as GeoParquet, unless it is too large."""
    import numpy as np
    import shapely

    from ec_maps.analysis.export import write_parquet

    simple = shapely.coverage_simplify(areas.geometry.to_numpy(), _TOLERANCE)
    whole_metres = shapely.transform(simple, np.round)
    good = shapely.is_valid(whole_metres) & ~shapely.is_empty(whole_metres)
    simpler = areas.set_geometry(np.where(good, whole_metres, simple), crs=areas.crs)
    simpler.attrs = dict(areas.attrs)
    write_parquet(simpler, path)
    if path.stat().st_size > _LARGEST:
        path.unlink()


def _write_areas(
    folder: Path, lads: gpd.GeoDataFrame, msoas: gpd.GeoDataFrame, kingdom: gpd.GeoDataFrame | None
) -> list[dict[str, str]]:
    """Write a file for each district, with its neighbourhoods; return code, name, region and path of each.

    Districts of Scotland and Northern Ireland have the deciles of the United Kingdom.
    """
    within: dict[str, list[dict[str, Any]]] = {}
    for record in _records(msoas):
        within.setdefault(record.pop("lad21cd"), []).append(record)
        del record["lad21nm"], record["rgn21nm"]
    rows = [(record, "ew") for record in _records(lads)]
    if kingdom is not None:
        rows += [(record, "uk") for record in _records(kingdom[~kingdom["lad21cd"].isin(lads["lad21cd"])])]
    stamp, found = api_metadata.stamp(msoas), []
    for record, scope in rows:
        code = record["lad21cd"]
        if not re.fullmatch(r"[A-Za-z0-9]+", str(code)):
            msg = f"The code {code!r} of {record['lad21nm']!r} has other signs than letters and digits. Correct it."
            raise DataError(msg)
        more = {"decile_of": SCOPES[scope], "neighbourhoods": within.get(code, [])}
        _json(folder / "areas" / f"{code}.json", {**stamp, **record, **more})
        names = {name: record[name] for name in ("lad21cd", "lad21nm", "rgn21nm")}
        found.append({**names, "path": f"areas/{code}.json"})
    return found


def _records(areas: pd.DataFrame) -> Iterator[dict[str, Any]]:
    """Yield each row with Python's own numbers, None for a missing one."""
    plain = areas.drop(columns="geometry").astype(object)
    for row in plain.where(plain.notna(), None).to_dict("records"):
        yield {str(name): cell for name, cell in row.items()}


def _contents(folder: Path, tables: dict[str, gpd.GeoDataFrame]) -> dict[str, Any]:
    """Return the list of the files with sizes and checksums, those of the areas aside."""
    files = [
        {"path": path.name, "bytes": path.stat().st_size, "sha256": cache.file_digest(path)}
        for path in sorted(folder.glob("*.*"))
    ]
    dates = {level: data_date(level) for level in tables}  # type: ignore[arg-type]
    return {"data_dates": dates, "made_with": f"ec_maps {version('ec-maps')}", "files": files}


def _json(path: Path, content: object) -> None:
    # Without "<" the text can also stand in a script element of a page.
    text = json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":")).replace("<", "\\u003c")
    path.write_text(f"{text}\n", encoding="utf-8")


# --- the page ---------------------------------------------------------------------------------------


_WORDS = {
    "lad.csv": "all local authorities, with every measure",
    "msoa.csv": "all neighbourhoods, with every measure",
    "lad.parquet": "local authorities with outlines, for maps (GeoParquet)",
    "msoa.parquet": "neighbourhoods with outlines, for maps (GeoParquet)",
    "measures.json": "what each measure means, its unit, and the cut points of its deciles",
    "datapackage.json": "the columns of both tables (Data Package)",
    "lad.csv-metadata.json": "the columns of one table (CSV on the Web)",
    "msoa.csv-metadata.json": "the columns of the other",
    DATASET: "the data in the words of schema.org, as in the head of each page",
}


def files_list() -> str:
    """Return the data files as a list, with links and sizes."""
    from ec_maps.site.markdown import escaped

    found = listed(settings.project_root())
    sizes = {entry["path"]: entry["bytes"] for entry in found["files"]}
    lines = [f"{_link(name)} ({_size(sizes[name])}): {what}" for name, what in _WORDS.items() if name in sizes]
    number, first = counted(len(found["areas"]), "file"), found["areas"][0]
    lines.append(f"{_link(INDEX)}: all files with their checksums, and the code of each local authority")
    lines.append(f"{_link(first['path'])}: {escaped(first['lad21nm'])} and its neighbourhoods; {number} like this one")
    return "\n".join(f"- {line}" for line in lines)


def _link(name: str) -> str:
    return f"[`{name}`]({API}/{name})"


def _size(number: int) -> str:
    """Return a size with a space at which no line is broken."""
    return f"{number / 1e6:.1f}\N{NO-BREAK SPACE}MB" if number >= 100_000 else f"{number / 1e3:.0f}\N{NO-BREAK SPACE}kB"


def example(language: str, code: str) -> str:
    """Return code as a block of markdown, with the site's own address in place of ``ADDRESS/``."""
    address = site_address(settings.project_root()) or "https://your-site.example/"
    return f"```{language}\n{code.strip().replace('ADDRESS/', f'{address}{API}/')}\n```"
