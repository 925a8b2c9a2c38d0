"""A cache of finished tables, each under a fingerprint of all that it was made from."""

from __future__ import annotations

import hashlib
import os
import uuid
import warnings
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from ec_maps import settings

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from ec_maps.stored import Rows

#: The modules that a table is made by.
_COMPUTING = (
    "areas/deciles",
    "areas/join",
    "areas/table",
    "atlas/archive",
    "atlas/csv_table",
    "atlas/holdings",
    "atlas/select",
    "boundaries/files",
    "boundaries/geometry",
    "boundaries/sources",
    "boundaries/table",
    "cache",
    "geography/codes",
    "geography/levels",
    "geography/names",
    "measures",
    "stored",
)

#: This library and those whose versions may change a picture.
_DRAWING = ("ec-maps", "pandas", "geopandas", "shapely", "pyproj", "matplotlib", "numpy", "pillow")


def fingerprint(files: Iterable[Path], *parts: object) -> str:
    """Return sixteen hex digits that change with the contents of the files, the parts and the library's own code."""
    digest = hashlib.sha256(_code_digest().encode())
    for path in sorted(files):
        digest.update(path.name.encode() + bytes.fromhex(file_digest(path)))
    digest.update(repr(parts).encode())
    return digest.hexdigest()[:16]


def file_digest(path: Path) -> str:
    """Return the sha256 of a file in hex, computed once in a process for each size and time of change."""
    status = path.stat()
    return _digest(str(path), status.st_size, status.st_mtime_ns)


@lru_cache(maxsize=512)
def _digest(path: str, _size: int, _mtime_ns: int) -> str:
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@lru_cache(maxsize=1)
def _code_digest() -> str:
    # The data half of the library and the versions of what it computes with: a change in either makes old tables stale.
    digest = hashlib.sha256(" ".join(version(name) for name in ("pandas", "geopandas", "shapely")).encode())
    package = Path(__file__).parent
    for path in (*(package / f"{name}.py" for name in _COMPUTING), *sorted(package.glob("tables/*.csv"))):
        digest.update(path.read_bytes())
    return digest.hexdigest()


@lru_cache(maxsize=1)
def package_digest() -> str:
    """Return a digest of the whole package, its palette and what it draws with: a change may change any page."""
    digest = hashlib.sha256(_versions().encode())
    package = Path(__file__).parent
    own = [path for ending in ("py", "csv") for path in package.rglob(f"*.{ending}")]
    for path in (*sorted(own), *sorted(settings.shipped("palettes").glob("*.txt"))):
        digest.update(bytes.fromhex(file_digest(path)))
    return digest.hexdigest()


@lru_cache(maxsize=1)
def _versions() -> str:
    return " ".join(map(version, _DRAWING))


def package_changed() -> bool:
    """Return whether the package is no longer what its digest was taken of in this process."""
    return package_digest.__wrapped__() != package_digest()


def cached(name: str, key: str, build: Callable[[], gpd.GeoDataFrame], *, rows: Rows | None = None) -> gpd.GeoDataFrame:
    """Return the table called `name` from the cache, or build and keep it.

    A table under another key, one that cannot be read and one cut short are built anew. If the cache cannot be
    written (no room, no permission), the table is still returned, with one warning.

    Parameters
    ----------
    name, key
        What the table is called, and the fingerprint of all that it is made from.
    build
        Makes the table, which has outlines.
    rows
        Which of its rows are wanted, as for :func:`ec_maps.stored.read`; all if None.
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
    """Return a table without outlines, as :func:`cached` does one with them."""
    table = _read(name, key, None)
    if table is None or "geometry" in table:
        table = build()
        _write(table, name, key)
    return table


def _read(name: str, key: str, rows: Rows | None) -> pd.DataFrame | None:
    """Return what is in the cache; None if it is not there, damaged, or written by another version."""
    path = settings.cache_dir() / f"{name}-{key}.parquet"
    if not path.is_file():
        return None
    # Here, because whoever only wants a fingerprint does without it.
    from ec_maps import stored

    try:
        return stored.read(path, rows)
    except stored.UNREADABLE:
        return None


def _write(table: pd.DataFrame, name: str, key: str) -> None:
    from ec_maps import stored

    if not settings.may_cache():
        return
    path = settings.cache_dir() / f"{name}-{key}.parquet"
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        stored.write(table, temporary)
        os.replace(temporary, path)  # noqa: PTH105 - atomic on one file system, which Path.replace does not promise
        for old in path.parent.glob(f"{name}-????????????????.parquet"):
            if old != path:
                old.unlink(missing_ok=True)
    except OSError as error:
        _warn_unwritable(str(path.parent), str(error.strerror or error))
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


@lru_cache(maxsize=8)
def _warn_unwritable(folder: str, reason: str) -> None:
    warnings.warn(
        f"The cache {folder} cannot be written ({reason}); the maps are drawn all the same, but slower each time. "
        f"Set EC_MAPS_DATA_DIR to a folder that can be written.",
        stacklevel=5,
    )
