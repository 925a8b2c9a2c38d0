"""The Atlas's zips at hand, and the one CSV in them that holds a measure at a level, by its name, columns and codes."""

from __future__ import annotations

import codecs
import csv
import io
import re
from pathlib import Path

from ec_maps import archive, settings
from ec_maps.archive import DATASET_PAGE, DamagedArchive, Member
from ec_maps.errors import DataError, listed
from ec_maps.levels import LEVELS, Level, Measure, level_named, measure_named
from ec_maps.measurements import Measurements, parse
from ec_maps.vintages import is_neighbourhood_code

_ENOUGH_TO_TELL = 64 * 1024  # bytes of a CSV that show its header and some hundred codes


def archives() -> list[Path]:
    """Return the Atlas zips at hand: those put into the data folder, those fetched, or the demonstration's."""
    if settings.is_demo():
        return sorted(settings.shipped("demo").glob("*.zip"))
    folders = (settings.data_dir(), settings.cache_dir())
    return [path for folder in folders if folder.is_dir() for path in sorted(folder.iterdir()) if _is_zip_name(path)]


def read_measure(level: str, measure: str = "economic_connectedness") -> Measurements:
    """Read one measure at one level from the Atlas zips at hand.

    Parameters
    ----------
    level
        ``"lad"`` or ``"msoa"``.
    measure
        A measure's key.

    Raises
    ------
    DataError
        If no archive holds the measure at that level, if more than one equally recent file does, or if the table has
        faults; all faults of the table at once. A damaged archive in the cache is removed, so that it can be fetched
        again; one put into the data folder by hand is left alone.
    """
    wanted, what = level_named(level), measure_named(measure)
    member, notes = _find(wanted, what)
    found = parse(_whole(member, wanted), member, wanted, what)
    found.notes.extend(notes)
    return found


def _whole(member: Member, level: Level) -> bytes:
    """Return the member's bytes; say what to do if its archive is damaged."""
    try:
        return archive.read(member)
    except DamagedArchive as error:
        msg = f"Reading {level.areas}: {error} {_replace(member.archive)}"
        raise DataError(msg) from None


def _is_zip_name(path: Path) -> bool:
    return path.is_file() and path.suffix.lower() == ".zip" and not path.name.startswith(".")


def _matches(member: Member, measure: Measure) -> re.Match[str] | None:
    return re.fullmatch(rf"(?:.*_)?{measure.key}_(\d{{4}}.*)\.csv", member.base, flags=re.IGNORECASE)


def _date_in(member: Member, measure: Measure) -> str:
    """Return the digits of the date in a member's name, padded so that text order is date order."""
    match = _matches(member, measure)
    digits = re.match(r"\d{4}(?:[-_]?\d{2}){0,2}", match[1]) if match else None
    return re.sub(r"\D", "", digits[0]).ljust(8, "0") if digits else ""


def _find(level: Level, measure: Measure) -> tuple[Member, list[str]]:
    """Return the latest CSV of the measure whose codes are the level's, and which archives could not be looked into."""
    candidates: list[Member] = []
    looked_at: list[str] = []
    unreadable: list[str] = []
    paths = archives()
    for path in paths:
        try:
            inside = archive.members(path)
            matching = [member for member in inside if _matches(member, measure)]
            kinds = [(member, _kind(member)) for member in matching]
        except DataError as error:
            unreadable.append(f"{error} {_replace(path)}" if isinstance(error, DamagedArchive) else str(error))
            continue
        candidates += [member for member, kind in kinds if kind == level.key]
        if not matching:
            names = listed([member.base for member in inside]) or "nothing"
            excel = " It is an Excel workbook." if any(m.base == "[Content_Types].xml" for m in inside) else ""
            looked_at.append(f"{path.name} holds no CSV named like *_{measure.key}_<date>.csv; found: {names}.{excel}")
        looked_at += [f"{member} holds {_KINDS.get(kind, kind)}." for member, kind in kinds if kind != level.key]
    if not candidates:
        raise DataError(_not_found(level, measure, paths, looked_at + unreadable))
    latest = max(_date_in(member, measure) for member in candidates)
    best = [member for member in candidates if _date_in(member, measure) == latest]
    if len(best) > 1 and len({_whole(member, level) for member in best}) > 1:
        msg = (
            f"Reading {level.areas}: {len(best)} different files hold the same measure with the same date: "
            f"{listed(best)}. Which one is meant cannot be told: keep one of them in {settings.data_dir()}."
        )
        raise DataError(msg)
    return best[0], unreadable


_KINDS = {
    "lad": "local authorities",
    "msoa": "neighbourhoods (MSOAs)",
    "postcode_district": 'postcode districts (such as "NR30"), which no map here is made from',
}


def _kind(member: Member) -> str:
    """Say what a CSV holds by its key column and its first codes: a level's key, or words for a message."""
    start = archive.read(member, _ENOUGH_TO_TELL)
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "text in UTF-16, not UTF-8; it must have been saved anew by another program"
    text = start.decode("utf-8-sig", errors="replace").replace("\0", "")
    rows = [row for row in csv.reader(io.StringIO(text, newline=None)) if row]
    header = [name.strip().lower() for name in rows[0]] if rows else []
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
            return level.key
        if sum(bool(re.fullmatch(r"[A-Z]{1,2}\d[A-Z\d]?", code)) for code in codes) > len(codes) / 2:
            return "postcode_district"
        if any(re.fullmatch(r"[SN]\d{8}|[EWX]\d{8}", code) for code in codes):
            return level.key  # of another vintage or nation: the checks that follow say so with more to go on
        return f'codes that are not MSOA codes in "{level.atlas_code}" (such as "{codes[0]}")'
    columns = listed([name or "(unnamed)" for name in header]) or "none at all"
    hint = "; it seems to be separated by semicolons, not commas" if len(header) == 1 and ";" in header[0] else ""
    keys = " nor ".join(f'"{level.atlas_code}"' for level in LEVELS.values())
    return f"neither column {keys}; its columns are: {columns}. The file's layout may have changed{hint}"


def _not_found(level: Level, measure: Measure, paths: list[Path], looked_at: list[str]) -> str:
    begin = f"{measure.title} of {level.areas} was not found."
    if settings.is_demo():
        return f"{begin} The demonstration data in {settings.shipped('demo')} are incomplete. {' '.join(looked_at)}"
    if not paths:
        begin += f" There is no zip in {settings.data_dir()}."
    where = (
        f'Download the file "{level.file_stem}-….zip" from {DATASET_PAGE} and put it, as it is, into '
        f"{settings.data_dir()} (or the folder that EC_MAPS_DATA_DIR names). To try things without it, use the "
        f"built-in data: EC_MAPS_SOURCE=demo."
    )
    return "\n\n".join(part for part in (" ".join([begin, *looked_at]), where) if part)


def _replace(path: Path) -> str:
    """Say what to do about a damaged archive, having removed it if it was our own copy."""
    if path.parent == settings.cache_dir():
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            return f"Remove it from the cache ({error.strerror}), so that it can be fetched again from {DATASET_PAGE}."
        return f"It was removed from the cache, so that it can be fetched again from {DATASET_PAGE}."
    return f"Download it again from {DATASET_PAGE} and put it in its place."
