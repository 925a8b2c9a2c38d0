"""What the CSVs in the Atlas's archives hold, told by their columns and codes: names and order do not matter."""

from __future__ import annotations

import codecs
import csv
import io
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from ec_maps.atlas import archive
from ec_maps.atlas.archive import Member
from ec_maps.cache import file_digest
from ec_maps.errors import listed
from ec_maps.geography.codes import is_neighbourhood_code
from ec_maps.geography.levels import LEVELS, POSTCODE_DISTRICT, TableName
from ec_maps.measures import KEYS, measures_in

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
        ``"lad"``, ``"msoa"`` or ``"postcode_district"``; None if it is a table of nothing known.
    words
        What it is a table of, for a message.
    columns
        Its columns, in small letters, less that of the row numbers.
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
    # Whoever looks for one measure looks at all of them.
    return tuple(map(_look, tables))


def _look(member: Member) -> Holding:
    if member.repeated:
        return Holding(member, None, "something stored twice under one name", ())
    start = archive.read(member, _ENOUGH_TO_TELL)
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return Holding(member, None, "text in UTF-16, not UTF-8; it must have been saved anew by another program", ())
    text = start.decode("utf-8-sig", errors="replace").replace("\0", "")
    rows = [row for row in csv.reader(io.StringIO(text, newline=None)) if row]
    header = [name.strip().lower() for name in rows[0]] if rows else []
    table, words = _table_of(header, rows)
    columns = tuple(name for name in header if name not in ("", "unnamed: 0", "index"))
    return Holding(member, table, words or _WORDS[str(table)], columns)


def _table_of(header: list[str], rows: list[list[str]]) -> tuple[TableName | None, str]:
    """Return which table a header and the first codes are of; if of none, words for a message."""
    # A table of neighbourhoods may say their district too, so the finer level is tried first.
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
            return level.key, ""  # of another vintage or nation: the checks that follow say so with more to go on
        return None, f'codes that are not MSOA codes in "{level.atlas_code}" (such as "{codes[0]}")'
    columns = listed([name or "(unnamed)" for name in header]) or "none at all"
    hint = "; it seems to be separated by semicolons, not commas" if len(header) == 1 and ";" in header[0] else ""
    keys = " nor ".join(f'"{level.atlas_code}"' for level in LEVELS.values())
    return None, f"neither column {keys}; its columns are: {columns}. The file's layout may have changed{hint}"
