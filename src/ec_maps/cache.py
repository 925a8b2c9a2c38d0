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

import pyarrow as pa
import shapely

from ec_maps import settings

if TYPE_CHECKING:
    import geopandas as gpd

#: What reading a damaged Parquet file raises, depending on which bytes are hit.
_UNREADABLE = (
    OSError,
    ValueError,
    KeyError,
    TypeError,
    RuntimeError,
    pa.ArrowException,
    shapely.errors.ShapelyError,
)

#: The modules that a table is made by.
_COMPUTING = (
    "archive",
    "areas",
    "atlas",
    "boundaries",
    "cache",
    "codebook",
    "deciles",
    "files",
    "geometry",
    "holdings",
    "join",
    "levels",
    "measurements",
    "names",
    "origins",
    "vintages",
)


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


@lru_cache(maxsize=256)
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
    versions = (version(name) for name in ("pandas", "geopandas", "shapely", "matplotlib", "numpy", "pillow"))
    digest = hashlib.sha256(" ".join(versions).encode())
    package = Path(__file__).parent
    own = [path for ending in ("py", "csv") for path in package.rglob(f"*.{ending}")]
    for path in (*sorted(own), *sorted(settings.shipped("palettes").glob("*.txt"))):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def cached(name: str, key: str, build: Callable[[], gpd.GeoDataFrame]) -> gpd.GeoDataFrame:
    """Return the table called `name` from the cache, or build and keep it.

    A table under another key, one that cannot be read and one cut short are built anew. If the cache cannot be
    written (no room, no permission), the table is still returned, with one warning.
    """
    import geopandas as gpd

    path = settings.cache_dir() / f"{name}-{key}.parquet"
    if path.is_file():
        try:
            return gpd.read_parquet(path, page_checksum_verification=True)
        except _UNREADABLE:
            pass  # damaged, or of another geopandas: built anew below
    table = build()
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # Without checksums, one flipped bit can come back as another value.
        table.to_parquet(temporary, compression="zstd", write_page_checksum=True)
        os.replace(temporary, path)  # noqa: PTH105 - atomic on one file system, which Path.replace does not promise
        for old in path.parent.glob(f"{name}-????????????????.parquet"):
            if old != path:
                old.unlink(missing_ok=True)
    except OSError as error:
        _warn_unwritable(str(path.parent), str(error.strerror or error))
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
    return table


@lru_cache(maxsize=8)
def _warn_unwritable(folder: str, reason: str) -> None:
    warnings.warn(
        f"The cache {folder} cannot be written ({reason}); the maps are drawn all the same, but slower each time. "
        f"Set EC_MAPS_DATA_DIR to a folder that can be written.",
        stacklevel=4,
    )
