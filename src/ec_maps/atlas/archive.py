"""The Atlas's zip archives: which are available, what each CSV in them holds, and a member's bytes.

Nothing is extracted to disk; a CSV that somebody unpacked counts as an archive of its own. What a CSV holds is told by
its columns and codes: names and order do not matter.
"""

from __future__ import annotations

import codecs
import csv
import io
import lzma
import os
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path, PurePosixPath

from ec_maps import settings
from ec_maps.cache import file_digest
from ec_maps.cleaning import ROW_NUMBERS, clean_code, clean_header
from ec_maps.errors import DataError, listed
from ec_maps.fetch import fetcher, manifest
from ec_maps.geography.codes import is_neighbourhood_code
from ec_maps.geography.levels import LEVELS, POSTCODE_DISTRICT, TableName, table_named
from ec_maps.measures import COUNTS, KEYS, MEASURES, Measure, measures_in

#: Where the archives are published.
DATASET_PAGE = "https://data.humdata.org/dataset/uk-social-capital-atlas"

#: Limits beyond which nothing is read: far above the real files (a CSV is a few megabytes), far below memory sizes.
MAX_MEMBER_BYTES = 200 * 2**20
MAX_RATIO = 200
MAX_MEMBERS = 1_000

#: What Python raises for a zip with damaged contents.
_BROKEN = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, ValueError, struct.error)

_UNSAFE = re.compile(r"^/|^[A-Za-z]:|(^|/)\.\.(/|$)|\x00")

#: How a file begins that is no zip, and what it is then.
_BEGINNINGS = {
    b"PK\x03\x04": "is cut short or damaged: it begins like a zip, but its list of contents is missing",
    b"<": "is a web page, not a zip: the site may have answered with a notice in place of the file",
    b"\x1f\x8b": "is a gzip file, not a zip",
}

_ENOUGH_TO_TELL = 64 * 1024  # bytes of a CSV that show its header and some hundred codes

_WORDS = {
    "lad": "local authorities",
    "msoa": "neighbourhoods (MSOAs)",
    "postcode_district": 'postcode districts (such as "NR30"), which no map here is made from',
}


class DamagedArchive(DataError):
    """An archive that is not a complete zip, for a `reason`: fetching or copying it again may help."""

    def __init__(self, message: str, reason: object) -> None:
        super().__init__(f"{message} ({reason}).")
        self.reason = str(reason)


@dataclass(frozen=True)
class Member:
    """A regular file in an archive: the path as stored, its base name, and whether that occurs more than once.

    Without a path it stands for an archive that cannot be read.
    """

    archive: Path
    stored: str
    base: str
    repeated: bool

    def __str__(self) -> str:
        """Return ``member in archive``, for messages."""
        if not self.stored and _is_csv(self.archive):
            return "/".join(self.archive.parts[-2:])
        return f"{self.stored} in {self.archive.name}" if self.stored else self.archive.name


def _is_csv(path: Path) -> bool:
    return path.suffix.lower() == ".csv"


def members(path: Path) -> list[Member]:
    """Return the regular files of an archive, without resource forks, hidden files, folders and links.

    Raises
    ------
    DataError
        If the file is not a zip, is cut short, or holds what no Atlas archive holds (unsafe names, a thousand members).
    """
    if _is_csv(path):
        return [Member(path, "", path.name, repeated=False)]
    try:
        with zipfile.ZipFile(path) as archive:
            infos = archive.infolist()
    except OSError as error:
        msg = f"{path} cannot be read ({error.strerror or error})."
        raise DataError(msg) from None
    except (*_BROKEN, NotImplementedError) as error:
        with path.open("rb") as file:
            start = file.read(512).lstrip()
        what = "is not a zip archive" if start else "is empty"
        what = next((known for begins, known in _BEGINNINGS.items() if start.startswith(begins)), what)
        msg = f"{path} {what}"
        raise DamagedArchive(msg, error) from None
    if len(infos) > MAX_MEMBERS:
        msg = f"{path.name} lists {len(infos)} members; an Atlas zip holds a few dozen. Not read."
        raise DataError(msg)
    # The names as stored: Python's own `filename` ends at a NUL.
    names = [info.orig_filename.replace("\\", "/") for info in infos]
    if unsafe := [name for name in names if _UNSAFE.search(name)]:
        msg = f'{path.name} holds an unsafe member name, "{unsafe[0]}". Not read; fetch the archive from its publisher.'
        raise DataError(msg)
    found = []
    for info, name in zip(infos, names, strict=True):
        parts = PurePosixPath(name).parts
        link = (info.external_attr >> 16) & 0o170000 == 0o120000
        if not parts or info.is_dir() or link or any(part.startswith((".", "~", "__MACOSX")) for part in parts):
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
    most, too_large, content = limit if limit is not None else MAX_MEMBER_BYTES + 1, False, b""
    try:
        if _is_csv(member.archive):
            with member.archive.open("rb") as plain:
                content = plain.read(most)
        else:
            with zipfile.ZipFile(member.archive) as archive:
                info = archive.getinfo(member.stored)
                too_large = info.file_size > min(MAX_MEMBER_BYTES, MAX_RATIO * max(info.compress_size, 1024))
                if not too_large:
                    with archive.open(info) as file:
                        content = file.read(most)  # the declared size can lie, so what is read is counted too
    except (*_BROKEN, OSError) as error:
        if isinstance(error, OSError) and error.errno is not None:  # bz2 has none for damaged data
            msg = f"{member} cannot be read ({error.strerror})."
            raise DataError(msg) from None
        msg = f"{member} is damaged"
        raise DamagedArchive(msg, error) from None
    except RuntimeError as error:  # a method of compression or encryption that Python does not know
        reason = re.sub(r" <ZipInfo .*>", "", str(error))  # which means nothing to a user
        msg = f"{member} cannot be unpacked ({reason}); the Atlas's archives are plain zips. Fetch it again."
        raise DataError(msg) from None
    if too_large or len(content) > MAX_MEMBER_BYTES:
        limits = f"{MAX_MEMBER_BYTES // 2**20} MB, or 1:{MAX_RATIO}"
        msg = f"{member} expands to more than an Atlas file can hold ({limits}); not read."
        raise DataError(msg)
    return content


def check_whole(path: Path) -> None:
    """Read all members of an archive; `DamagedArchive` if it is damaged. Its other faults are left to its readers."""
    try:
        for member in members(path):
            if not member.repeated:
                read(member)
    except DamagedArchive:
        raise
    except DataError:
        return


def archives() -> list[Path]:
    """Return the available Atlas zips: those put into the data folder, those fetched, or the demonstration's.

    Fetched ones count only if they are unchanged since they were downloaded.
    """
    if settings.is_demo():
        return sorted(settings.shipped("demo").glob("*.zip"))
    return [*by_hand(), *(entry.path for level in LEVELS if (entry := manifest.held(f"atlas_{level}")))]


def by_hand() -> list[Path]:
    """Return the zips that somebody put into the data folder or the cache.

    A browser may have unpacked them, or put them into folders: zips and CSVs there count if they are of the Atlas.
    """
    data, downloads = settings.data_dir(), settings.cache_dir()
    found = [*_files(data, 2), *(path for path in _files(downloads, 0) if not fetcher.is_ours(path))]
    return [path for path in found if _is_of_atlas(path)]


def _files(folder: Path, depth: int) -> Iterator[Path]:
    """Yield zips and CSVs in a folder and in the folders in it, without hidden ones and those of our own."""
    readable = folder.is_dir() and os.access(folder, os.R_OK | os.X_OK)
    inside = sorted(path for path in folder.iterdir() if path.name[0] not in "._~") if readable else []
    yield from (path for path in inside if path.suffix.lower() in (".zip", ".csv") and path.is_file())
    for path in inside if depth else ():
        if path.is_dir() and path.resolve() not in (settings.cache_dir().resolve(), settings.shipped("demo").resolve()):
            yield from _files(path, depth - 1)


def _is_of_atlas(path: Path) -> bool:
    """Return whether a file counts: any zip in the folder itself, a damaged one, and what holds a table of areas."""
    if not _is_csv(path) and path.parent in (settings.data_dir(), settings.cache_dir()):
        return True
    return _has_areas(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=512)
def _has_areas(path: Path, _changed: int) -> bool:
    # Other people's files may be large, so that they are not read whole.
    try:
        return any(_look(member).level for member in members(path) if member.base.lower().endswith(".csv"))
    except DataError:
        return not _is_csv(path)


# --- what the CSVs hold -----------------------------------------------------------------------------


@dataclass(frozen=True)
class Holding:
    """What one CSV holds: areas of a `level` (None if it is not recognised), and columns, in lower case.

    `words` say what it is a table of, for a message. :func:`ec_maps.atlas.csv_table.inventory` adds the `categories`,
    the groups of people that its rows are about, their `dates`, and the `fault` for which it cannot be used.
    """

    member: Member
    level: TableName | None
    words: str
    columns: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    dates: tuple[str, ...] = ()
    fault: str = ""

    def read_as(self, column: str) -> list[Measure]:
        """Return the measures that are read from a column of this file."""
        return [one for one in measures_in(column) if one.column_in(self.columns, str(self.level)) == column]

    @property
    def unknown(self) -> list[str]:
        """Its columns that are neither measures nor keys, dates, groups or counts; all, if it is not recognised."""
        if self.level is None:
            return list(self.columns)
        keys = {*KEYS, table_named(self.level).code_in(self.columns)}
        return [name for name in self.columns if name not in keys and not self.read_as(name)]

    @property
    def measures(self) -> list[Measure]:
        """The measures that its columns hold for the groups of people that it names."""
        known = [measure for column in self.columns for measure in self.read_as(column)] if not self.fault else []
        held = [measure for measure in known if measure.category in ("", *self.categories)]
        # A column that is read only for other groups than the codebook's own can be mapped by naming the group.
        there = {measure.columns for measure in held}
        also = {measure.columns: measure for measure in reversed(known) if measure.columns not in there}
        return [*held, *also.values()]

    def __str__(self) -> str:
        """Return what it holds as a few lines of plain text."""
        lines = [f"{self.member}: {table_named(self.level).areas if self.level else 'not a table of areas'}"]
        if self.level and not self.fault:
            code = table_named(self.level).code_in(self.columns)
            users = next((name for name in COUNTS if name in self.columns), "not counted")
            dates = listed(self.dates, 4) + (" (the latest is read)" if self.dates[1:] else "") or "none"
            lines.append(f"  codes: {code}; users: {users}; dates: {dates}")
        for measure in self.measures:
            column = measure.column_in(self.columns, str(self.level))
            lines.append(f"  {measure.key}: {measure.title}, {measure.unit_in_words} ({column})")
        if self.categories:
            lines.append(f"  groups of people: {listed(self.categories, 20)}")
        if self.unknown:
            lines.append(f"  not in the codebook, and not read: {listed(self.unknown, 40)}")
        for other in MEASURES.values():
            if other.beside and not self.fault and set(other.columns) & set(self.unknown):
                lines.append(f"  {other.columns[0]} is {other.title_within} only beside {other.beside}")
        if self.fault:
            lines.append(f"  cannot be used: {self.fault}")
        return "\n".join(lines)


def holdings(path: Path) -> list[Holding]:
    """Return what each CSV of an archive holds, in its order; raise as :func:`members` and :func:`read` do."""
    tables = tuple(member for member in members(path) if member.base.lower().endswith(".csv"))
    return list(_held(tables, file_digest(path)))


@lru_cache(maxsize=64)
def _held(tables: tuple[Member, ...], _digest: str) -> tuple[Holding, ...]:
    # Every search for a measure looks at all CSVs.
    return tuple(map(_look, tables))


def _look(member: Member) -> Holding:
    if member.repeated:
        return Holding(member, None, "something stored twice under one name")
    start = read(member, _ENOUGH_TO_TELL)
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return Holding(member, None, "text in UTF-16, not UTF-8; another program seems to have saved it again")
    text = start.decode("utf-8-sig", errors="replace").replace("\0", "")
    rows = [row for row in csv.reader(io.StringIO(text, newline=None)) if row]
    header = list(map(clean_header, rows[0])) if rows else []
    level, words = _table_of(header, rows)
    columns = tuple(name for name in header if name not in ROW_NUMBERS)
    return Holding(member, level, words or _WORDS[str(level)], columns)


def _table_of(header: list[str], rows: list[list[str]]) -> tuple[TableName | None, str]:
    """Return which table a header and the first codes are of; if of none, words for a message."""
    # A table of neighbourhoods may have district codes too, so the finer level is tried first.
    for level in (LEVELS["msoa"], LEVELS["lad"]):
        if (key := level.code_in(header)) is None:
            continue
        at = header.index(key)
        # The last row read may be cut off in the middle.
        cells = [row[at] for row in rows[1:-1] or rows[1:] if len(row) > at and clean_code(row[at])]
        codes = list(map(clean_code, cells))
        fine = any(map(is_neighbourhood_code, codes))
        if level.key == "msoa" and "lad_code" in header and not fine:
            continue
        if not codes or level.key == "lad" or fine:
            return level.key, ""
        if sum(bool(re.fullmatch(r"[A-Z]{1,2}\d[A-Z\d]?", code)) for code in codes) > len(codes) / 2:
            return POSTCODE_DISTRICT.key, ""
        if any(re.fullmatch(r"[SNEWX]\d{8}", code) for code in codes):
            return level.key, ""  # of another vintage or nation, which later checks report in more detail
        return None, f'codes that are not MSOA codes in "{key}" (such as "{cells[0].strip()}")'
    columns = listed([name or "(unnamed)" for name in header]) or "none at all"
    signs = {";": "semicolons", "\t": "tabs"}
    wrong = [sign for sign in signs if len(header) == 1 and sign in rows[0][0]]
    hint = f"; it seems to be separated by {signs[wrong[0]]}, not commas" if wrong else ""
    keys = " nor ".join(f'"{level.atlas_code}"' for level in LEVELS.values())
    return None, f"neither column {keys}; its columns are: {columns}. The file's layout may have changed{hint}"
