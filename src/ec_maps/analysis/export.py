"""One wide table of all measures for other tools, in five formats, with source and codebook.

Each format holds the source of the table and the meaning of its columns in its own way:

- CSV: in ``<name>.csv-metadata.json`` beside it, in the format of CSV on the Web, a W3C Recommendation that the
  UK government recommends for its own tables; its tools look for that file name. No outlines. It begins with a
  byte-order mark, without which Excel takes UTF-8 for another encoding; an open file or the standard output gets none.
- Excel: in a sheet ``codebook``, and in the properties of the workbook. No outlines.
- GeoParquet: in the schema's metadata, under ``ec_maps`` (JSON), and each column's meaning with the column.
- GeoPackage: in a table ``codebook`` beside the layer of areas, and in the package's own metadata.
- GeoJSON: in further members of the collection, with the meaning of each column under ``columns``.
"""

from __future__ import annotations

import io
import json
import sys
import tempfile
from codecs import BOM_UTF8
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Literal, get_args

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from ec_maps import settings
from ec_maps.about import COLUMN, About, measure_of
from ec_maps.analysis.codebook import SOURCE, Column, about, columns_of, columns_of_rows
from ec_maps.analysis.comparison import measures_table
from ec_maps.areas.provenance import line
from ec_maps.areas.wording import sources, universe
from ec_maps.arguments import is_known, path_of
from ec_maps.errors import SettingError, told
from ec_maps.geography.levels import LevelName, ScopeName, level_named

if TYPE_CHECKING:
    import geopandas as gpd

ExportName = Literal["csv", "parquet", "gpkg", "xlsx", "geojson"]

#: The layer or sheet of areas and the table of columns, and our key in the metadata of GeoParquet.
AREAS, CODEBOOK, KEY = "areas", "codebook", "ec_maps"

#: How a text begins that a spreadsheet runs as a formula.
_FORMULAS = ("=", "+", "-", "@", "\t", "\r")

#: The name that stands for the standard output.
STANDARD_OUTPUT = "-"

#: Decimals of a degree: about a metre, which is as fine as the outlines.
_DECIMALS = 5

_FORMATS = ".csv, .xlsx (Excel), .parquet (GeoParquet), .gpkg (GeoPackage) or .geojson"


def export(
    path: str | Path | IO[Any],
    *,
    level: LevelName,
    measures: str | Sequence[str] | None = None,
    scope: ScopeName = "ew",
    format: ExportName | None = None,
    force: bool = False,
) -> Path | None:
    """Write all areas of a level with several measures to a file, with source and codebook.

    The table has the columns of :func:`ec_maps.compare` for all areas, in order of code, and ``<key>_users`` where a
    measure's file counts users. GeoParquet and GeoPackage also have the outlines (EPSG:27700), GeoJSON in degrees; CSV
    and Excel have a last column ``source``. A CSV file begins with a byte-order mark, so that Excel opens it rightly.
    The file is written completely or not at all. The same data give the same bytes, except in a GeoPackage, which
    contains the time of writing.

    Parameters
    ----------
    path
        The file to write; an open file, which gets no second file with metadata; or ``"-"`` for the standard output.
    level, measures, scope
        As for :func:`ec_maps.compare`.
    format
        ``"csv"``, ``"xlsx"`` (with the extra ``excel``), ``"parquet"``, ``"gpkg"`` or ``"geojson"``; if None, as the
        suffix of the path says, and CSV for an open file.
    force
        Whether to replace an existing file.

    Returns
    -------
    path
        The file; None for an open file or the standard output.

    Raises
    ------
    SettingError
        If there is no such format, the file (or the metadata of a CSV) exists and `force` is not given, it cannot be
        written, or there is no such level, scope or measure.
    MissingExtraError
        If an Excel file is asked for without the extra ``excel``.
    DataError
        If the files lack a measure, or for the reasons of :func:`ec_maps.load_areas`.

    Examples
    --------
    >>> import ec_maps
    >>> path = ec_maps.export("districts.csv", level="lad", measures=["economic_connectedness", "exposure"], force=True)
    >>> path.name
    'districts.csv'
    >>> import pandas as pd
    >>> pd.read_csv(path).shape
    (331, 14)

    Into an open file:

    >>> import io
    >>> text = io.StringIO()
    >>> ec_maps.export(text, level="lad", measures="bias")
    >>> text.getvalue()[:28]
    'lad21cd,lad21nm,rgn21nm,bias'
    """
    if (isinstance(path, str | Path) and str(path) == STANDARD_OUTPUT) or hasattr(path, "write"):
        # The console may have another encoding than UTF-8, so that bytes are written to the stream beneath it.
        stream = getattr(sys.stdout, "buffer", sys.stdout) if isinstance(path, str | Path) else path
        _write_stream(
            stream, _format("csv" if format is None else format), lambda: measures_table(level, measures, scope=scope)
        )
        return None
    path = path_of(path, "A table is written to a path, an open file, or - for the standard output")
    chosen = _format(path.suffix.lower().removeprefix("."), path.name) if format is None else _format(format)
    parts = [path.name, *([_sidecar(path.name)] if chosen == "csv" else [])]
    _check(path, parts, force=force)
    areas = measures_table(level, measures, scope=scope)
    try:
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=".ec_maps-") as aside:
            _WRITERS[chosen](areas, Path(aside) / path.name)
            # The metadata are in place before the table.
            for name in reversed(parts):
                (Path(aside) / name).replace(path.with_name(name))
    except _faults() as error:
        # The message of SQLite repeats the whole statement.
        reason = getattr(error, "strerror", None) or str(error).partition(": sqlite3")[0]
        msg = (
            f"The table could not be written to {path}: {reason}. Is there room on the disk, and may you write "
            f"into the folder?"
        )
        raise SettingError(msg) from None
    return path


def _faults() -> tuple[type[Exception], ...]:
    """Return the exceptions of a disk or folder that cannot be written, which each library has of its own."""
    import pyarrow as pa
    import pyogrio

    faults = (OSError, pa.ArrowException, pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError)
    return (*faults, pyogrio.errors.FeatureError)


def _write_stream(stream: IO[Any], chosen: str, table: Callable[[], gpd.GeoDataFrame]) -> None:
    """Write a table to an open file: bytes, or if it takes text, text."""
    if getattr(stream, "closed", False):
        msg = "The table could not be written: the file is closed. Write to it before it is closed."
        raise SettingError(msg)
    areas = table()
    with tempfile.TemporaryDirectory(prefix="ec_maps-") as aside:
        file = Path(aside) / f"table.{chosen}"
        _WRITERS[chosen](areas, file)
        content = file.read_bytes()
    if chosen == "csv":
        content = content.removeprefix(BOM_UTF8)  # for programs; the mark is for files that Excel opens
    try:
        try:
            stream.write(content)
        except TypeError:  # it takes text
            if chosen not in ("csv", "geojson"):
                raise
            stream.write(content.decode())
        stream.flush()
    except BrokenPipeError:
        raise  # the reader of a pipe has seen enough, and the command line ends without a word
    except (OSError, ValueError, TypeError, AttributeError) as error:
        msg = f"The table could not be written to the open file: {error}. Open it for writing, with mode wb."
        raise SettingError(msg) from None


def _sidecar(name: str) -> str:
    return f"{name}-metadata.json"


def _format(chosen: object, name: str = "") -> str:
    """Return the name of a format; `SettingError` for another than the five, `MissingExtraError` for Excel."""
    if not is_known(chosen, get_args(ExportName)):
        given = f'the name "{name}" has none of these endings' if name else f"format= is {told(chosen)}"
        msg = f"A table is exported as {_FORMATS}, but {given}."
        raise SettingError(msg)
    if chosen == "xlsx":
        settings.require_extra("excel", "Writing an Excel file")
    return chosen


def _check(path: Path, parts: list[str], *, force: bool) -> None:
    """Raise `SettingError` if the files cannot be written there, or may not be."""
    there = [name for name in parts if path.with_name(name).exists()]
    folders = [path.with_name(name) for name in there if path.with_name(name).is_dir()]
    if not path.parent.is_dir():
        msg = f"The table could not be written to {path}: there is no folder {path.parent}. Make it first."
    elif folders:
        msg = f"The table could not be written to {path}: {folders[0]} is a folder. Name a file."
    elif there and force is not True:
        are, them = ("is", "it") if len(there) == 1 else ("are", "them")
        msg = (
            f"{' and '.join(there)} {are} already in {path.parent}, and nothing was changed. Use another name, or "
            f"replace {them} with --force (in Python, force=True)."
        )
    else:
        return
    raise SettingError(msg)


def _rows(areas: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return a table without outlines; each row gives the source, because what lies beside a file may get lost."""
    return pd.DataFrame(areas.drop(columns="geometry")).assign(**{SOURCE: line()})


def write_described_csv(areas: gpd.GeoDataFrame, path: Path) -> None:
    """Write a table of all measures as CSV, with its description beside it."""
    to_csv(_rows(areas), path)
    text = json.dumps(_csvw(areas, columns_of_rows(areas), path.name), ensure_ascii=False, indent=2)
    path.with_name(_sidecar(path.name)).write_text(text + "\n", encoding="utf-8")


def _csvw(areas: gpd.GeoDataFrame, columns: list[Column], name: str) -> dict[str, Any]:
    """Return the metadata of a CSV in the format of CSV on the Web (https://www.w3.org/TR/tabular-metadata/)."""
    facts = about(areas)
    described, limits = [], {"minimum": 1, "maximum": 10}
    for column in columns:
        counted = f"Counted: {column.counts}." if column.counts else ""
        entry: dict[str, Any] = {
            "name": column.column,
            "titles": column.column,
            "datatype": {"base": column.type, **(limits if column.column.endswith("decile") else {})},
            "dc:title": column.title,
            "dc:description": " ".join(part for part in (column.meaning, counted, column.more) if part),
        }
        if column.unit:
            category = f", measurement_category {column.category}" if column.category else ""
            entry |= {
                "schema:unitText": column.unit,
                "dc:source": f"{column.source}, column {column.atlas_columns.replace('; ', ' or ')}{category}",
            }
        described.append(entry)
    return {
        "@context": ["http://www.w3.org/ns/csvw", {"@language": "en"}],
        "url": name,
        "dc:title": facts["title"],
        "dc:description": facts["description"],
        "dc:source": facts["source"],
        "dc:rights": facts["licence"],
        "tableSchema": {"columns": described, "primaryKey": level_named(facts["level"]).code},
    }


def write_parquet(areas: gpd.GeoDataFrame, path: Path) -> None:
    """Write a table of all measures as GeoParquet, with source and codebook in its schema."""
    import pyarrow.parquet as pq

    plain = areas.copy()
    plain.attrs = {}  # pandas would write them as metadata in its own format
    plain.to_parquet(path, index=False)
    table, columns = pq.read_table(path), {column.column: column for column in columns_of(areas)}
    facts = {**about(areas), "columns": [asdict(column) for column in columns.values()]}
    schema = table.schema
    for at, field in enumerate(schema):
        meaning = {b"description": columns[field.name].meaning.encode()}
        schema = schema.set(at, field.with_metadata({**(field.metadata or {}), **meaning}))
    metadata = {**(schema.metadata or {}), KEY.encode(): json.dumps(facts, ensure_ascii=False).encode()}
    pq.write_table(table.cast(schema.with_metadata(metadata)), path)


def _write_gpkg(areas: gpd.GeoDataFrame, path: Path) -> None:
    import pyogrio

    facts = about(areas)
    pyogrio.write_dataframe(
        areas,
        path,
        layer=AREAS,
        promote_to_multi=True,
        dataset_metadata={name.upper(): text for name, text in facts.items()},
        layer_metadata={"SOURCE": facts["source"], "LICENCE": facts["licence"]},
        # GDAL writes these two where other programs display them.
        layer_options={"IDENTIFIER": facts["title"], "DESCRIPTION": f"{facts['description']} {facts['source']}"},
    )
    pyogrio.write_dataframe(pd.DataFrame([asdict(column) for column in columns_of(areas)]), path, layer=CODEBOOK)


def _write_xlsx(areas: gpd.GeoDataFrame, path: Path) -> None:
    import xlsxwriter

    facts, codebook = about(areas), pd.DataFrame([asdict(column) for column in columns_of_rows(areas)])
    content = io.BytesIO()
    book = xlsxwriter.Workbook(content, {"in_memory": True})
    # A fixed date: the same data give the same bytes.
    comments = f"{facts['description']} {facts['source']} {facts['licence']}"
    book.set_properties({"title": facts["title"], "comments": comments, "created": datetime(2025, 1, 1)})
    bold = book.add_format({"bold": True})
    for name, table, last in ((AREAS, _rows(areas), "rgn21nm"), (CODEBOOK, codebook, "column")):
        sheet = book.add_worksheet(name)
        sheet.freeze_panes(1, list(table.columns).index(last) + 1)
        for at, column in enumerate(table.columns):
            sheet.set_column(at, at, max(len(column) + 2, 30 if at < 3 else 12))
            sheet.write_string(0, at, column, bold)
            # By type: a text stays a text, whatever it begins with.
            write = sheet.write_number if pd.api.types.is_numeric_dtype(table[column]) else sheet.write_string
            for row, cell in enumerate(table[column].astype(object), 1):
                if not pd.isna(cell):
                    write(row, at, cell)
    book.close()
    path.write_bytes(content.getvalue())


def _write_geojson(areas: gpd.GeoDataFrame, path: Path) -> None:
    facts = about(areas)
    columns = [asdict(column) for column in columns_of(areas) if column.type != "geometry"]
    path.write_text(_geojson(areas, {**facts, "columns": columns}), encoding="utf-8")


_WRITERS: dict[str, Callable[[gpd.GeoDataFrame, Path], None]] = {
    "csv": write_described_csv,
    "xlsx": _write_xlsx,
    "parquet": write_parquet,
    "gpkg": _write_gpkg,
    "geojson": _write_geojson,
}


def _geojson(areas: gpd.GeoDataFrame, facts: Mapping[str, object]) -> str:
    """Return areas as the text of a GeoJSON file, with facts as further members of the collection."""
    shapes = areas.geometry.to_crs("EPSG:4326").to_numpy()
    shapes = shapely.orient_polygons(shapely.transform(shapes, lambda xy: np.round(xy, _DECIMALS)))
    found = areas.set_geometry(shapes, crs="EPSG:4326").to_geo_dict(drop_id=True)
    collection = {"type": found["type"], **facts, "features": found["features"]}
    return json.dumps(collection, ensure_ascii=False, separators=(",", ":"), allow_nan=False, default=str) + "\n"


# --- downloads of a page ----------------------------------------------------------------------------


def lowest_first(areas: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return a table without its outlines, by value and then code; areas without a value come last."""
    code = "msoa21cd" if "msoa21cd" in areas else "lad21cd"
    plain = pd.DataFrame(areas.drop(columns=["geometry", COLUMN], errors="ignore"))
    return plain.sort_values([measure_of(areas).key, code], na_position="last", ignore_index=True)


def write_csv(areas: gpd.GeoDataFrame, path: Path) -> None:
    """Write a table as CSV, lowest value first; each row gives its source and the areas of its decile or class."""
    about = About.of(areas)
    facts = {f"{about.classes.noun}_of": universe(areas), "source": line(about.source)}
    to_csv(lowest_first(areas).assign(**facts), path)


def as_text(cell: object) -> object:
    """Return a cell; with an apostrophe before a text that a spreadsheet would take for a formula."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULAS) else cell


def to_csv(table: pd.DataFrame, path: Path, digits: str | None = None) -> None:
    """Write rows as CSV, for people who open it in a spreadsheet.

    The byte-order mark at its beginning tells Excel that a name such as Ynys Môn is UTF-8. Text that a spreadsheet
    would run as a formula has an apostrophe before it, which keeps it text.
    """
    texts = table.select_dtypes(include=["object", "string", "category"]).columns
    safe = {name: table[name].map(as_text, na_action="ignore") for name in texts}
    table.assign(**safe).rename(columns=as_text).to_csv(
        path, index=False, encoding="utf-8-sig", lineterminator="\n", float_format=digits
    )


def write_geojson(areas: gpd.GeoDataFrame, path: Path) -> None:
    """Write areas as GeoJSON (RFC 7946: degrees, five decimals, exterior rings anticlockwise).

    The collection has the extra members ``decile_of`` (or as its classes are called), ``source`` and ``licence``.
    """
    about = About.of(areas)
    licence = sources(names="msoa21hclnm" in areas, values=about.source)
    facts = {f"{about.classes.noun}_of": universe(areas), "source": line(about.source), "licence": licence}
    path.write_text(_geojson(areas.drop(columns=COLUMN, errors="ignore"), facts), encoding="utf-8")
