"""The Atlas's zip archives: which are available, what is in them, and a member's bytes, never extracted to disk."""

from __future__ import annotations

import lzma
import re
import struct
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from ec_maps import settings
from ec_maps.errors import DataError
from ec_maps.fetch import fetcher, manifest
from ec_maps.geography.levels import LEVELS

#: Where the archives are published.
DATASET_PAGE = "https://data.humdata.org/dataset/uk-social-capital-atlas"

#: Limits beyond which nothing is read: far above the real files (a CSV is a few megabytes), far below memory sizes.
MAX_MEMBER_BYTES = 200 * 2**20
MAX_RATIO = 200
MAX_MEMBERS = 1_000

#: What Python raises for a zip with damaged contents.
_BROKEN = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, ValueError, struct.error)

_UNSAFE = re.compile(r"^/|^[A-Za-z]:|(^|/)\.\.(/|$)|\x00")


@dataclass(frozen=True)
class Member:
    """A regular file in an archive: the path as stored, its base name, and whether that occurs more than once."""

    archive: Path
    stored: str
    base: str
    repeated: bool

    def __str__(self) -> str:
        """Return ``archive: member``, for messages."""
        return f"{self.stored} in {self.archive.name}"


def members(path: Path) -> list[Member]:
    """Return the regular files of an archive, without resource forks, hidden files, folders and links.

    Raises
    ------
    DataError
        If the file is not a zip, is cut short, or holds what no Atlas archive holds (unsafe names, a thousand members).
    """
    try:
        with zipfile.ZipFile(path) as archive:
            infos = archive.infolist()
    except OSError as error:
        msg = f"{path} cannot be read ({error.strerror or error})."
        raise DataError(msg) from None
    except (*_BROKEN, NotImplementedError) as error:
        msg = f"{path} {_what_it_is(path)} ({error})."
        raise DamagedArchive(msg) from None
    if len(infos) > MAX_MEMBERS:
        msg = f"{path} lists {len(infos)} members; an Atlas zip holds a few dozen. Not read."
        raise DataError(msg)
    # The names as stored: Python's own `filename` ends at a NUL.
    names = [info.orig_filename.replace("\\", "/") for info in infos]
    if unsafe := [name for name in names if _UNSAFE.search(name)]:
        msg = f'{path} holds an unsafe member name, "{unsafe[0]}". Not read; fetch the archive from its publisher.'
        raise DataError(msg)
    found = []
    for info, name in zip(infos, names, strict=True):
        parts = PurePosixPath(name).parts
        link = (info.external_attr >> 16) & 0o170000 == 0o120000
        if info.is_dir() or link or not parts or any(part.startswith((".", "~", "__MACOSX")) for part in parts):
            continue
        found.append(Member(path, info.filename, parts[-1], names.count(name) > 1))
    return found


def read(member: Member, limit: int | None = None) -> bytes:
    """Return a member's bytes, or the first `limit` of them.

    Raises
    ------
    DataError
        If the member is damaged (its checksum does not match), encrypted, packed by a method that Python lacks, stored
        twice under one name, or grows beyond any Atlas file.
    """
    if member.repeated:
        msg = f"{member} is stored twice under the same name; it is not clear which one is meant."
        raise DataError(msg)
    try:
        with zipfile.ZipFile(member.archive) as archive:
            info = archive.getinfo(member.stored)
            too_large = info.file_size > min(MAX_MEMBER_BYTES, MAX_RATIO * max(info.compress_size, 1024))
            content = b""
            if not too_large:
                with archive.open(info) as file:
                    # The declared size can lie, so what is read is counted too.
                    content = file.read(limit if limit is not None else MAX_MEMBER_BYTES + 1)
    except OSError as error:
        if error.errno is None:  # bz2 raises this for damaged data
            msg = f"{member} is damaged ({error})."
            raise DamagedArchive(msg) from None
        msg = f"{member} cannot be read ({error.strerror})."
        raise DataError(msg) from None
    except _BROKEN as error:
        msg = f"{member} is damaged ({error})."
        raise DamagedArchive(msg) from None
    except (RuntimeError, NotImplementedError) as error:
        reason = re.sub(r" <ZipInfo .*>", "", str(error))  # which means nothing to a user
        msg = f"{member} cannot be unpacked ({reason}); the Atlas's archives are plain zips. Fetch it again."
        raise DataError(msg) from None
    if too_large or len(content) > MAX_MEMBER_BYTES:
        raise DataError(_too_large(member))
    return content


def check_whole(path: Path) -> None:
    """Read all members of an archive, and raise as :func:`members` and :func:`read` do if anything is wrong."""
    for member in members(path):
        if not member.repeated:
            read(member)


class DamagedArchive(DataError):
    """An archive that is not a complete zip: fetching or copying it again may help."""


def _too_large(member: Member) -> str:
    return (
        f"{member} expands to more than an Atlas file can hold ({MAX_MEMBER_BYTES // 2**20} MB, or 1:{MAX_RATIO}); "
        f"not read."
    )


def _what_it_is(path: Path) -> str:
    try:
        with path.open("rb") as file:
            start = file.read(512).lstrip()
    except OSError:
        return "cannot be read"
    if not start:
        return "is empty"
    if start[:4] == b"PK\x03\x04":
        return "is cut short or damaged: it begins like a zip, but its list of contents is missing"
    if start[:1] == b"<":
        return "is a web page, not a zip: the site may have answered with a notice in place of the file"
    if start[:2] == b"\x1f\x8b":
        return "is a gzip file, not a zip"
    return "is not a zip archive"


def archives() -> list[Path]:
    """Return the available Atlas zips: those put into the data folder, those fetched, or the demonstration's.

    Fetched ones count only if they are unchanged since they were downloaded.
    """
    if settings.is_demo():
        return sorted(settings.shipped("demo").glob("*.zip"))
    return [*by_hand(), *(entry.path for level in LEVELS if (entry := manifest.held(f"atlas_{level}")))]


def by_hand() -> list[Path]:
    """Return the zips that somebody put into the data folder or the cache."""
    folders = [folder for folder in (settings.data_dir(), settings.cache_dir()) if folder.is_dir()]
    found = [path for folder in folders for path in sorted(folder.iterdir()) if _is_zip_name(path)]
    return [path for path in found if path.parent != settings.cache_dir() or not fetcher.is_ours(path)]


def _is_zip_name(path: Path) -> bool:
    return path.is_file() and path.suffix.lower() == ".zip" and not path.name.startswith(".")
