"""The cache of tables, each stored under a fingerprint of its inputs; digests, and the atomic write.

Importing this module loads none of the libraries that read tables.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import platform
import uuid
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ec_maps import settings

if TYPE_CHECKING:
    import geopandas as gpd
    import numpy as np
    import pandas as pd
    import pyarrow.parquet as pq

    #: Which rows of a table are wanted: takes its columns and the boxes of its outlines (``xmin ymin xmax ymax``).
    Rows = Callable[[pd.DataFrame, pd.DataFrame], np.ndarray]

logger = logging.getLogger(__name__)

#: The code that tables depend on: folders and modules of the package.
_COMPUTING = (
    *("geography", "atlas", "boundaries", "areas"),
    *("about.py", "arguments.py", "cache.py", "classes.py", "cleaning.py", "measures.py", "own_measure.py"),
)

#: Rows in a row group: neighbouring codes are mostly neighbouring areas, so that a group is a county or two.
_GROUP = 256

#: This library and those whose versions may change a map, as Python's own may.
_DRAWING = ("ec-maps", "pandas", "geopandas", "shapely", "pyproj", "matplotlib", "numpy", "pillow", "zlib-ng")


def fingerprint(files: Iterable[Path], *parts: object) -> str:
    """Return sixteen hex digits that change with the contents of the files, the parts and the library's code."""
    digest = hashlib.sha256(_code_digest().encode())
    for path in sorted(files):
        digest.update(path.name.encode() + bytes.fromhex(file_digest(path)))
    digest.update(repr(parts).encode())
    return digest.hexdigest()[:16]


def digest(*parts: object) -> str:
    """Return sixteen hex digits that change with the parts; bytes are used unchanged."""
    found = hashlib.sha256()
    for part in parts:
        found.update(part if isinstance(part, bytes) else repr(part).encode())
    return found.hexdigest()[:16]


def file_digest(path: Path) -> str:
    """Return the SHA-256 of a file in hex; it is computed again only if size or time of change differ."""
    status = path.stat()
    return _digest(str(path), status.st_size, status.st_mtime_ns)


@lru_cache(maxsize=512)
def _digest(path: str, _size: int, _mtime_ns: int) -> str:
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@lru_cache(maxsize=1)
def _code_digest() -> str:
    # A change of the code or of these libraries may change the tables.
    digest = hashlib.sha256(" ".join(version(name) for name in ("pandas", "geopandas", "shapely")).encode())
    for path in _computing(Path(__file__).parent):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _computing(package: Path) -> list[Path]:
    """Return the files of the package that tables depend on: code and code lists."""
    modules = [
        path for name in _COMPUTING for path in ([package / name] if "." in name else (package / name).rglob("*.py"))
    ]
    return sorted([*modules, *package.glob("tables/*.csv")])


@lru_cache(maxsize=1)
def package_digest() -> str:
    """Return a digest of the whole package, its palettes and drawing libraries: a change may change any page."""
    digest = hashlib.sha256(" ".join([*platform.python_version_tuple()[:2], *map(version, _DRAWING)]).encode())
    package = Path(__file__).parent
    own = [path for ending in ("py", "csv") for path in package.rglob(f"*.{ending}")]
    for path in (*sorted(own), *sorted(settings.shipped("palettes").glob("*.txt"))):
        digest.update(bytes.fromhex(file_digest(path)))
    return digest.hexdigest()


def package_changed() -> bool:
    """Return whether the package has changed since its digest was computed in this process."""
    return package_digest.__wrapped__() != package_digest()


@contextmanager
def atomic_write(path: Path, *, durable: bool = False) -> Iterator[Path]:
    """Yield a temporary path to write to; its file then replaces `path` in one step, or is removed after a failure.

    Parameters
    ----------
    path
        The file to write or to replace.
    durable
        Whether the file must be on disk before it replaces the other.
    """
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}.part")
    try:
        yield temporary
        if durable:
            with temporary.open("rb+") as file:
                os.fsync(file.fileno())
        os.replace(temporary, path)  # noqa: PTH105 - atomic on one file system, which Path.replace does not promise
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


# --- tables -------------------------------------------------------------------------------------------


def cached(name: str, key: str, build: Callable[[], gpd.GeoDataFrame], *, rows: Rows | None = None) -> gpd.GeoDataFrame:
    """Return the table called `name` from the cache, or build and store it.

    A table under another key, one that cannot be read and one cut short are built again. If the cache cannot be
    written (no room, no permission), the table is still returned, with one warning.

    Parameters
    ----------
    name, key
        The name of the table, and the fingerprint of its inputs.
    build
        Builds the table, which has outlines.
    rows
        Selects rows, as for :func:`read_table`; all if None.
    """
    import geopandas as gpd

    table = _read(name, key, rows)
    if isinstance(table, gpd.GeoDataFrame):
        return table
    table = build()
    _write(table, name, key)
    if rows is None:
        return table
    boxes = table.geometry.bounds.set_axis(["xmin", "ymin", "xmax", "ymax"], axis=1)
    return table[rows(table.drop(columns="geometry"), boxes)].reset_index(drop=True)


def cached_values(name: str, key: str, build: Callable[[], pd.DataFrame]) -> pd.DataFrame:
    """Return a table without outlines from the cache, or build and store it, as :func:`cached` does."""
    table = _read(name, key, None)
    if table is None or "geometry" in table:
        table = build()
        _write(table, name, key)
    return table


def _read(name: str, key: str, rows: Rows | None) -> pd.DataFrame | None:
    """Return the table in the cache; None if it is absent, damaged or from another version."""
    path = settings.cache_dir() / f"{name}-{key}.parquet"
    warn_if_shared()
    try:
        table = read_table(path, rows) if path.is_file() else None
    except unreadable():
        table = None
    logger.debug("Table %s: %s, %s", name, "made" if table is None else "from the cache", path)
    return table


def _write(table: pd.DataFrame, name: str, key: str) -> None:
    if not settings.may_cache():
        return
    path = settings.cache_dir() / f"{name}-{key}.parquet"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with atomic_write(path) as temporary:
            write_table(table, temporary)
        for old in path.parent.glob(f"{name}-????????????????.parquet"):
            if old != path:
                old.unlink(missing_ok=True)
    except OSError as error:
        _warn_unwritable(str(path.parent), os.strerror(error.errno) if error.errno else str(error))


@lru_cache(maxsize=8)
def _warn_unwritable(folder: str, reason: str) -> None:
    warnings.warn(
        f"The cache {folder} cannot be written ({reason}); maps are still drawn, but more slowly each time. "
        f"Set EC_MAPS_DATA_DIR to a folder that can be written.",
        stacklevel=5,
    )


def warn_if_shared() -> None:
    """Warn, once, if another user of this machine can change what the cache holds."""
    for folder in (settings.data_dir(), settings.cache_dir()):
        if folder.is_dir() and hasattr(os, "geteuid"):
            status = folder.stat()
            _warn_shared(str(folder), _shared(status.st_mode, status.st_uid, os.geteuid()))


def _shared(mode: int, owner: int, me: int) -> str:
    """Return why others may change a folder's files; empty if only its owner, or root, may, and that is this user.

    Root of a container works in folders of the users outside.
    """
    if mode & 0o002:
        return "can be written by every user of this machine"
    return "belongs to another user" if owner not in (0, me) and me != 0 else ""


@lru_cache(maxsize=8)
def _warn_shared(folder: str, reason: str) -> None:
    if reason:
        warnings.warn(
            f"{folder} {reason}, so the values in it may have been put there by somebody else. Set EC_MAPS_DATA_DIR to "
            f"a folder of your own that only you can write.",
            stacklevel=5,
        )


# --- Parquet files of our own -------------------------------------------------------------------------
#
# GeoPandas writes the files. They are read here, group by group, because it takes a third of the memory and groups
# without a wanted row are not read. Libraries are imported where they are used, as fingerprints do not need them.


def write_table(table: pd.DataFrame, path: Path) -> None:
    """Write a table, with outlines (GeoParquet with a box for each row) or without."""
    import geopandas as gpd

    # Without checksums, a flipped bit may be read as another value.
    options: dict[str, Any] = {"write_page_checksum": True, "row_group_size": _GROUP}
    if isinstance(table, gpd.GeoDataFrame):
        table.to_parquet(path, compression="zstd", write_covering_bbox=True, **options)
    else:
        table.to_parquet(path, compression="zstd", **options)


def unreadable() -> tuple[type[Exception], ...]:
    """Return the exceptions that reading a damaged Parquet file may raise."""
    import pyarrow as pa
    import shapely

    return OSError, ValueError, KeyError, TypeError, RuntimeError, pa.ArrowException, shapely.errors.ShapelyError


def read_table(path: Path, rows: Rows | None = None) -> pd.DataFrame:
    """Return a table written by :func:`write_table`, as a GeoDataFrame if it has outlines.

    Parameters
    ----------
    path
        The file.
    rows
        Selects rows of a table with outlines; all if None. The outlines of the others are not read.

    Raises
    ------
    OSError, ValueError, pyarrow.ArrowException
        If the file is damaged, one of the exceptions of :func:`unreadable`.
    """
    import geopandas as gpd
    import numpy as np
    import pyarrow.parquet as pq

    with pq.ParquetFile(path, page_checksum_verification=True, pre_buffer=False) as file:
        names = [name for name in file.schema_arrow.names if name != "bbox"]
        # On one thread, because each takes memory of its own and the files are small.
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
    import pandas as pd

    boxes = file.read(columns=["bbox"], use_threads=False)["bbox"].combine_chunks()
    return pd.DataFrame({edge: boxes.field(edge).to_numpy() for edge in ("xmin", "ymin", "xmax", "ymax")})


def _outlines(file: pq.ParquetFile, wanted: np.ndarray) -> np.ndarray:
    """Return the outlines of the wanted rows; row groups without any are not read."""
    import numpy as np
    import shapely

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
