"""One wide table of all measures for other tools, as CSV, GeoParquet or GeoPackage, with metadata.

Each format holds the source of the table and the meaning of its columns in its own way:

- CSV: in ``<name>.csv-metadata.json`` beside it, in the format of CSV on the Web, a W3C Recommendation that the
  UK government recommends for its own tables; its tools look for that file name. No outlines.
- GeoParquet: in the schema's metadata, under ``ec_maps`` (JSON), and each column's meaning with the column.
- GeoPackage: in a table ``codebook`` beside the layer of areas, and in the package's own metadata.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from ec_maps.about import COLUMN, measure_of
from ec_maps.analysis.comparison import DECILE, USERS, measures_table
from ec_maps.areas.provenance import line
from ec_maps.areas.wording import capital, sources, universe
from ec_maps.errors import SettingError
from ec_maps.geography.levels import SCOPES, LevelName, ScopeName, level_named
from ec_maps.measures import measure_named
from ec_maps.settings import is_demo

if TYPE_CHECKING:
    import geopandas as gpd

#: The layer of areas and the table of columns in a GeoPackage, and our key in the metadata of GeoParquet.
AREAS, CODEBOOK, KEY = "areas", "codebook", "ec_maps"

_NAMES = {
    "msoa21cd": "Code of the middle layer super output area of 2021",
    "msoa21nm": "Name of the middle layer super output area, by the Office for National Statistics",
    "msoa21hclnm": "Readable name of the neighbourhood, by the House of Commons Library",
    "msoa21hclnmw": "The same in Welsh",
    "lad21cd": "Code of the local authority district of December 2021",
    "lad21nm": "Name of the local authority district",
    "rgn21nm": "Region of England, or nation",
    "geometry": "Outline in metres of the British National Grid (EPSG:27700)",
    "source": "Source of the row",
}


@dataclass(frozen=True)
class Column:
    """The meaning of a column of an exported table, in a few words and in a sentence.

    A measure's column also has its unit, what is counted of what, what a higher value means, and where it is in the
    Atlas files. `type` is ``"string"``, ``"integer"``, ``"number"`` or ``"geometry"``.
    """

    column: str
    type: str
    title: str
    meaning: str
    unit: str = ""
    counts: str = ""
    more: str = ""
    atlas_columns: str = ""
    category: str = ""
    source: str = ""


def export(
    path: str | Path,
    *,
    level: LevelName,
    measures: str | Sequence[str] | None = None,
    scope: ScopeName = "ew",
    force: bool = False,
) -> Path:
    """Write all areas of a level with several measures to a file, with source and codebook.

    The table has the columns of :func:`ec_maps.compare` for all areas, in order of code, and ``<key>_users`` where a
    measure's file counts users. GeoParquet and GeoPackage also have the outlines (EPSG:27700); CSV has a last column
    ``source``. The file is written completely or not at all. The same data give the same bytes, except in a GeoPackage,
    which contains the time of writing.

    Parameters
    ----------
    path
        The file to write; its suffix sets the format: ``.csv``, ``.parquet`` or ``.gpkg``.
    level, measures, scope
        As for :func:`ec_maps.compare`.
    force
        Whether to replace an existing file.

    Returns
    -------
    path
        The file.

    Raises
    ------
    SettingError
        If the suffix is another, the file (or the metadata of a CSV) exists and `force` is not given, it cannot be
        written, or there is no such level, scope or measure.
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
    (331, 10)
    """
    path = Path(path)
    write = _writer(path)
    parts = [path.name, *([_sidecar(path.name)] if path.suffix.lower() == ".csv" else [])]
    _check(path, parts, force=force)
    areas = measures_table(level, measures, scope=scope)
    import pyarrow as pa
    import pyogrio

    try:
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=".ec_maps-") as aside:
            write(areas, Path(aside) / path.name)
            # The metadata are in place before the table.
            for name in reversed(parts):
                (Path(aside) / name).replace(path.with_name(name))
    except (OSError, pa.ArrowException, pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError,
            pyogrio.errors.FeatureError) as error:  # fmt: skip
        # The message of SQLite repeats the whole statement.
        reason = getattr(error, "strerror", None) or str(error).partition(": sqlite3")[0]
        msg = (
            f"The table could not be written to {path}: {reason}. Is there room on the disk, and may you write "
            f"into the folder?"
        )
        raise SettingError(msg) from None
    return path


def columns_of(areas: gpd.GeoDataFrame) -> list[Column]:
    """Return the meaning of each column of a table of ``comparison.measures_table``, in the table's order."""
    level, scope = level_named(areas.attrs["level"]), SCOPES[areas.attrs["scope"]]
    columns: list[Column] = []
    for name in areas.columns:
        if name in _NAMES:
            columns.append(_named(name, "geometry" if name == "geometry" else "string"))
            continue
        key = name.removesuffix(DECILE).removesuffix(USERS)
        measure, people = measure_named(key), areas.attrs["categories"][key]
        if name == key:
            unit, in_atlas = measure.unit_in_words.partition(", shown")[0], "; ".join(measure.columns)
            words = (measure.title, f"{capital(measure.meaning)}.", unit, measure.counts, measure.more)
            columns.append(Column(name, "number", *words, in_atlas, people, measure.source))
        elif name.endswith(DECILE):
            edges = ", ".join(f"{edge:.4g}" for edge in areas.attrs["cut_points"][key])
            meaning = (
                f"Decile among the {level.areas} of {scope} that have a value of {key}: 1 is lowest, 10 is highest. "
                f"Cut points of the deciles: {edges}."
            )
            columns.append(Column(name, "integer", f"{measure.title}, decile", meaning))
        else:
            meaning = f"Number of users counted by the Atlas for {key}."
            columns.append(Column(name, "integer", f"{measure.title}, users", meaning))
    return columns


def _named(name: str, type_: str = "string") -> Column:
    return Column(name, type_, _NAMES[name], f"{_NAMES[name]}.")


def about(areas: gpd.GeoDataFrame) -> dict[str, str]:
    """Return title, description, source and licences of a table."""
    level, scope = level_named(areas.attrs["level"]), areas.attrs["scope"]
    demo = "Demonstration data, not real values. " if is_demo() else ""
    return {
        "title": f"{demo}Social capital by {level.area} in {SCOPES[scope]}",
        "description": (
            f"{demo}Measures of the UK Social Capital Atlas and their deciles, a row for each {level.area} of "
            f"{SCOPES[scope]}. A value without a published estimate is empty."
        ),
        "source": line(),
        "licence": sources(names="msoa21hclnm" in areas),
        "level": level.key,
        "scope": scope,
    }


def _sidecar(name: str) -> str:
    return f"{name}-metadata.json"


def _writer(path: Path) -> Callable[[gpd.GeoDataFrame, Path], None]:
    writers = {".csv": _write_csv, ".parquet": _write_parquet, ".gpkg": _write_gpkg}
    if path.suffix.lower() not in writers:
        msg = (
            f'A table is exported as .csv, .parquet (GeoParquet) or .gpkg (GeoPackage), but the name "{path.name}" has '
            f"none of these endings."
        )
        raise SettingError(msg)
    return writers[path.suffix.lower()]


def _check(path: Path, parts: list[str], *, force: bool) -> None:
    """Raise `SettingError` if the files cannot be written there, or may not be."""
    there = [name for name in parts if path.with_name(name).exists()]
    folders = [path.with_name(name) for name in there if path.with_name(name).is_dir()]
    if not path.parent.is_dir():
        msg = f"The table could not be written to {path}: there is no folder {path.parent}. Make it first."
    elif folders:
        msg = f"The table could not be written to {path}: {folders[0]} is a folder. Name a file."
    elif there and not force:
        are, them = ("is", "it") if len(there) == 1 else ("are", "them")
        msg = (
            f"{' and '.join(there)} {are} already in {path.parent}, and nothing was changed. Use another name, or "
            f"replace {them} with --force (in Python, force=True)."
        )
    else:
        return
    raise SettingError(msg)


def _write_csv(areas: gpd.GeoDataFrame, path: Path) -> None:
    table = pd.DataFrame(areas.drop(columns="geometry"))
    # The metadata file may get lost, so that each row gives the source too.
    table.assign(source=line()).to_csv(path, index=False, encoding="utf-8", lineterminator="\n")
    columns = [column for column in columns_of(areas) if column.type != "geometry"]
    columns.append(_named("source"))
    text = json.dumps(_csvw(areas, columns, path.name), ensure_ascii=False, indent=2)
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
            "datatype": {"base": column.type, **(limits if column.column.endswith(DECILE) else {})},
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


def _write_parquet(areas: gpd.GeoDataFrame, path: Path) -> None:
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


# --- downloads of a page ----------------------------------------------------------------------------


#: Decimals of a degree: about a metre, which is as fine as the outlines.
_DECIMALS = 5


def lowest_first(areas: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return a table without its outlines, by value and then code; areas without a value come last."""
    code = "msoa21cd" if "msoa21cd" in areas else "lad21cd"
    plain = pd.DataFrame(areas.drop(columns=["geometry", COLUMN], errors="ignore"))
    return plain.sort_values([measure_of(areas).key, code], na_position="last", ignore_index=True)


def write_csv(areas: gpd.GeoDataFrame, path: Path) -> None:
    """Write a table as CSV, lowest value first; each row gives its source and the areas of its decile."""
    table = lowest_first(areas).assign(decile_of=universe(areas), source=line())
    table.to_csv(path, index=False, encoding="utf-8", lineterminator="\n")


def write_geojson(areas: gpd.GeoDataFrame, path: Path) -> None:
    """Write areas as GeoJSON (RFC 7946: degrees, five decimals, exterior rings anticlockwise).

    The collection has the extra members ``decile_of``, ``source`` and ``licence``.
    """
    shapes = areas.geometry.to_crs("EPSG:4326").to_numpy()
    shapes = shapely.orient_polygons(shapely.transform(shapes, lambda xy: np.round(xy, _DECIMALS)))
    found = areas.drop(columns=COLUMN, errors="ignore").set_geometry(shapes, crs="EPSG:4326").to_geo_dict(drop_id=True)
    facts = {"decile_of": universe(areas), "source": line(), "licence": sources(names="msoa21hclnm" in areas)}
    collection = {"type": found["type"], **facts, "features": found["features"]}
    text = json.dumps(collection, ensure_ascii=False, separators=(",", ":"), default=str)
    path.write_text(text + "\n", encoding="utf-8")
