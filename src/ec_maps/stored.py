"""Tables as Parquet files of our own: written with checksums, read group by group, and of outlines only what is wanted.

GeoPandas writes the files and any GeoParquet reader opens them. They are read here because it takes a third of the
memory: each group of rows becomes geometries before the next is read, and a box leaves groups outside it unread.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import shapely

#: Which rows of a table are wanted: takes its columns and the boxes of its outlines (``xmin ymin xmax ymax``).
Rows = Callable[[pd.DataFrame, pd.DataFrame], np.ndarray]

#: What reading a damaged Parquet file raises, depending on which bytes are hit.
UNREADABLE = (
    OSError,
    ValueError,
    KeyError,
    TypeError,
    RuntimeError,
    pa.ArrowException,
    shapely.errors.ShapelyError,
)

#: Neighbours by code are mostly neighbours on the ground: so many rows together are a county or two.
_GROUP = 256


def write(table: pd.DataFrame, path: Path) -> None:
    """Write a table, with outlines (GeoParquet with a box for each row) or without."""
    # Without checksums, one flipped bit can come back as another value.
    options: dict[str, Any] = {"write_page_checksum": True, "row_group_size": _GROUP}
    if isinstance(table, gpd.GeoDataFrame):
        table.to_parquet(path, compression="zstd", write_covering_bbox=True, **options)
    else:
        table.to_parquet(path, compression="zstd", **options)


def read(path: Path, rows: Rows | None = None) -> pd.DataFrame:
    """Return a table that :func:`write` wrote, a GeoDataFrame if it has outlines.

    Parameters
    ----------
    path
        The file.
    rows
        Which rows of a table with outlines are wanted; all if None. The outlines of the others are not read.

    Raises
    ------
    OSError, ValueError, pyarrow.ArrowException
        Or another of :data:`UNREADABLE`, if the file is damaged.
    """
    with pq.ParquetFile(path, page_checksum_verification=True, pre_buffer=False) as file:
        names = [name for name in file.schema_arrow.names if name != "bbox"]
        # On one thread: each further one keeps memory of its own, and the files are small.
        columns = [name for name in names if name != "geometry"]
        table: pd.DataFrame = file.read(columns=columns, use_threads=False).to_pandas()
        if "geometry" not in names:
            return table
        wanted = np.ones(len(table), dtype=bool) if rows is None else rows(table, _boxes(file))
        shapes = _outlines(file, wanted)
        crs = json.dumps(json.loads(file.schema_arrow.metadata[b"geo"])["columns"]["geometry"]["crs"])
    whole: pd.DataFrame = gpd.GeoDataFrame(table[wanted].reset_index(drop=True), geometry=shapes, crs=crs)
    return whole[names]


def _boxes(file: pq.ParquetFile) -> pd.DataFrame:
    boxes = file.read(columns=["bbox"], use_threads=False)["bbox"].combine_chunks()
    return pd.DataFrame({edge: boxes.field(edge).to_numpy() for edge in ("xmin", "ymin", "xmax", "ymax")})


def _outlines(file: pq.ParquetFile, wanted: np.ndarray) -> np.ndarray:
    """Return the outlines of the wanted rows; groups without any are not read."""
    shapes = np.empty(int(wanted.sum()), dtype=object)
    first = filled = 0
    for group in range(file.num_row_groups):
        last = first + file.metadata.row_group(group).num_rows
        chosen = wanted[first:last]
        if chosen.any():
            column = file.read_row_group(group, columns=["geometry"], use_threads=False)["geometry"]
            found = shapely.from_wkb(column.to_numpy()[chosen])
            shapes[filled : filled + len(found)] = found
            filled += len(found)
        first = last
    return shapes
