"""What each CSV in the Atlas's archives holds, by its columns and codes: names and order do not matter."""

from __future__ import annotations

import codecs
import csv
import io
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from ec_maps import settings
from ec_maps.atlas import archive
from ec_maps.atlas.archive import Member
from ec_maps.cache import file_digest
from ec_maps.errors import DataError, listed
from ec_maps.geography.codes import is_neighbourhood_code
from ec_maps.geography.levels import LEVELS, POSTCODE_DISTRICT, TableName, table_named
from ec_maps.measures import KEYS, Measure, measures_in

_ENOUGH_TO_TELL = 64 * 1024  # bytes of a CSV that show its header and some hundred codes

_WORDS = {
    "lad": "local authorities",
    "msoa": "neighbourhoods (MSOAs)",
    "postcode_district": 'postcode districts (such as "NR30"), which no map here is made from',
}


@dataclass(frozen=True)
class Holding:
    """What one CSV holds.

    Attributes
    ----------
    member
        The CSV.
    table
        ``"lad"``, ``"msoa"`` or ``"postcode_district"``; None if the table is not recognised.
    words
        What it is a table of, for a message.
    columns
        Its columns, in lower case, without the row numbers.
    """

    member: Member
    table: TableName | None
    words: str
    columns: tuple[str, ...]

    @property
    def unknown(self) -> list[str]:
        """Its columns that are neither measures nor keys, dates, groups or counts."""
        return [name for name in self.columns if name not in KEYS and not measures_in(name)]


def holdings(path: Path) -> list[Holding]:
    """Return what each CSV of an archive holds, in the archive's order; raise as `archive.members` and `read` do."""
    tables = tuple(member for member in archive.members(path) if member.base.lower().endswith(".csv"))
    return list(_held(tables, file_digest(path)))


@lru_cache(maxsize=8)
def _held(tables: tuple[Member, ...], _digest: str) -> tuple[Holding, ...]:
    # Every search for a measure looks at all CSVs.
    return tuple(map(_look, tables))


def _look(member: Member) -> Holding:
    if member.repeated:
        return Holding(member, None, "something stored twice under one name", ())
    start = archive.read(member, _ENOUGH_TO_TELL)
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return Holding(member, None, "text in UTF-16, not UTF-8; another program seems to have saved it again", ())
    text = start.decode("utf-8-sig", errors="replace").replace("\0", "")
    rows = [row for row in csv.reader(io.StringIO(text, newline=None)) if row]
    header = [name.strip().lower() for name in rows[0]] if rows else []
    table, words = _table_of(header, rows)
    columns = tuple(name for name in header if name not in ("", "unnamed: 0", "index"))
    return Holding(member, table, words or _WORDS[str(table)], columns)


def _table_of(header: list[str], rows: list[list[str]]) -> tuple[TableName | None, str]:
    """Return which table a header and the first codes are of; if of none, words for a message."""
    # A table of neighbourhoods may have district codes too, so the finer level is tried first.
    for level in (LEVELS["msoa"], LEVELS["lad"]):
        if level.atlas_code not in header:
            continue
        at = header.index(level.atlas_code)
        # The last row read may be cut off in the middle.
        codes = [row[at].strip(" \"'").upper() for row in rows[1:-1] or rows[1:] if len(row) > at]
        codes = [code for code in codes if code]
        if level.key == "msoa" and "lad_code" in header and not any(map(is_neighbourhood_code, codes)):
            continue
        if not codes or level.key == "lad" or any(map(is_neighbourhood_code, codes)):
            return level.key, ""
        if sum(bool(re.fullmatch(r"[A-Z]{1,2}\d[A-Z\d]?", code)) for code in codes) > len(codes) / 2:
            return POSTCODE_DISTRICT.key, ""
        if any(re.fullmatch(r"[SN]\d{8}|[EWX]\d{8}", code) for code in codes):
            return level.key, ""  # of another vintage or nation, which later checks report in more detail
        return None, f'codes that are not MSOA codes in "{level.atlas_code}" (such as "{codes[0]}")'
    columns = listed([name or "(unnamed)" for name in header]) or "none at all"
    hint = "; it seems to be separated by semicolons, not commas" if len(header) == 1 and ";" in header[0] else ""
    keys = " nor ".join(f'"{level.atlas_code}"' for level in LEVELS.values())
    return None, f"neither column {keys}; its columns are: {columns}. The file's layout may have changed{hint}"


# --- what the available files contain ---------------------------------------------------------------


@dataclass(frozen=True)
class Entry:
    """One CSV of an archive.

    Attributes
    ----------
    file
        Its name in the archive, and the archive's.
    level
        ``"lad"``, ``"msoa"``, ``"postcode_district"``, or None if the table is not recognised.
    measures
        The measures that its columns hold for the groups of people that it names.
    categories
        These groups, in the file's words; empty if it names none.
    unknown
        Its columns that the codebook does not know.
    fault
        Why it cannot be used, if so.
    """

    file: str
    level: TableName | None
    measures: list[Measure]
    categories: list[str]
    unknown: list[str]
    fault: str = ""

    def __str__(self) -> str:
        """Return the entry as a few lines of plain text."""
        what = table_named(self.level).areas if self.level else "not a table of areas"
        lines = [f"{self.file}: {what}"]
        lines += [f"  {measure.key}: {measure.title}, {measure.unit_in_words}" for measure in self.measures]
        if self.categories:
            lines.append(f"  groups of people: {listed(self.categories, 20)}")
        if self.unknown:
            lines.append(f"  not in the codebook, and not read: {listed(self.unknown, 40)}")
        if self.fault:
            lines.append(f"  cannot be used: {self.fault}")
        return "\n".join(lines)


def inventory(paths: list[Path] | None = None) -> list[Entry]:
    """Return what each CSV of the archives holds, archive by archive; nothing is fetched.

    Parameters
    ----------
    paths
        The archives; by default those that are available.

    Raises
    ------
    DataError
        If there are none.
    """
    if paths is None and not (paths := archive.archives()):
        msg = (
            f"Listing what the Atlas's files contain: there is no zip in {settings.data_dir()}. ec-maps fetch "
            f"downloads them, or download them from {archive.DATASET_PAGE} and put them there as they are."
        )
        raise DataError(msg)
    entries = []
    for path in paths:
        try:
            found = holdings(path)
        except DataError as error:
            entries.append(Entry(path.name, None, [], [], [], str(error)))
            continue
        entries.extend(_entry(held) for held in found)
    return entries


def _entry(held: Holding) -> Entry:
    # Imported here because it loads pandas, which a list of archives does not need.
    from ec_maps.atlas.csv_table import categories

    known = [measure for column in held.columns for measure in measures_in(column)]
    name = str(held.member)
    if held.table is None:
        return Entry(name, None, [], [], list(held.columns), held.words)
    try:
        groups = sorted(categories(archive.read(held.member), held.member))
    except DataError as error:
        return Entry(name, held.table, [], [], held.unknown, str(error))
    measures = [measure for measure in known if measure.category in ("", *groups)]
    # A column that is read only for other groups than the codebook's own can be mapped by naming the group.
    lost = [measure for measure in known if measure not in measures]
    also = {
        measure.columns: measure
        for measure in reversed(lost)
        if not any(m.columns == measure.columns for m in measures)
    }
    return Entry(name, held.table, [*measures, *also.values()], groups, held.unknown)
