"""The Atlas's zips at hand, and the one CSV in them that holds a measure at a level, by its name, columns and codes."""

from __future__ import annotations

import codecs
import csv
import io
import re
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from ec_maps import archive, download, hdx, manifest, settings
from ec_maps.archive import DATASET_PAGE, DamagedArchive, Member
from ec_maps.errors import DataError, FetchError, listed
from ec_maps.jobs import Job
from ec_maps.levels import LEVELS, Level, LevelName, Measure, level_named, measure_named
from ec_maps.measurements import Measurements, parse
from ec_maps.vintages import Vintage, district_vintage, is_neighbourhood_code, neighbourhood_vintage

_ENOUGH_TO_TELL = 64 * 1024  # bytes of a CSV that show its header and some hundred codes


def archives() -> list[Path]:
    """Return the Atlas zips at hand: those put into the data folder, those fetched, or the demonstration's.

    Of those fetched, only the ones count that are as they came.
    """
    if settings.is_demo():
        return sorted(settings.shipped("demo").glob("*.zip"))
    return [*_by_hand(), *(entry.path for level in LEVELS if (entry := manifest.held(f"atlas_{level}")))]


def _by_hand() -> list[Path]:
    folders = [folder for folder in (settings.data_dir(), settings.cache_dir()) if folder.is_dir()]
    found = [path for folder in folders for path in sorted(folder.iterdir()) if _is_zip_name(path)]
    return [path for path in found if path.parent != settings.cache_dir() or not download.is_ours(path)]


def fetch_jobs(level: LevelName, measure: str = "economic_connectedness") -> list[Job]:
    """Return what has to be fetched for a level: its archive, or nothing if one was put here by hand."""
    wanted, what = level_named(level), measure_named(measure)
    if settings.is_demo() or _candidates(wanted, what, _by_hand()).found:
        return []
    key = f"atlas_{level}"
    by_hand = (
        f'You can also download the zips of the Atlas ("local_authority-….zip", "msoa-….zip") from {DATASET_PAGE} in a '
        f"browser and put them, as they are, into {settings.data_dir()} (EC_MAPS_DATA_DIR)."
    )
    return [Job(key, ".zip", partial(hdx.bring, key), partial(_check_fetched, wanted, what), by_hand)]


def supplied(level: LevelName, measure: str = "economic_connectedness") -> list[Path]:
    """Return the archives at hand, having fetched the level's if none of them is it.

    Raises
    ------
    FetchError
        If there is none of the level and it cannot be fetched.
    """
    if settings.is_demo() or manifest.held(f"atlas_{level}"):
        return archives()
    wanted, what, by_hand = level_named(level), measure_named(measure), _by_hand()
    seen = _candidates(wanted, what, by_hand)
    if not seen.found and seen.unreadable:
        # It was put here by somebody who means it to be used: it is not passed over in silence.
        raise DataError(_not_found(wanted, what, by_hand, seen.looked_at + seen.unreadable))
    if not seen.found:
        try:
            download.required(fetch_jobs(level, measure))
        except FetchError as error:
            if not by_hand:
                raise
            why = str(error).split("\n\n", 1)[0]
            told = [*seen.looked_at, f"The right one could not be fetched either. {why}"]
            raise DataError(_not_found(wanted, what, by_hand, told)) from None
    return archives()


def _check_fetched(level: Level, measure: Measure, path: Path) -> None:
    """Raise `DataError` if a fetched archive does not hold the measure of the level and of the maps' year."""
    member, _ = _find(level, measure, [path])
    check_vintage(level, parse(archive.read(member), member, level, measure))


def read_measure(level: str, measure: str = "economic_connectedness") -> Measurements:
    """Read one measure at one level from the Atlas zips at hand; fetch the one that is missing.

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
    FetchError
        If there is no archive of the level here and it cannot be fetched.
    """
    wanted, what = level_named(level), measure_named(measure)
    member, notes = _find(wanted, what, supplied(wanted.key, measure))
    found = parse(_whole(member, wanted), member, wanted, what)
    found.notes.extend(notes)
    return found


def data_date(level: LevelName, measure: str = "economic_connectedness") -> str | None:
    """Return the date that the archives at hand give for a level, nothing fetched; None if they have no such table."""
    wanted, what = level_named(level), measure_named(measure)
    try:
        member, _ = _find(wanted, what, archives())
        return parse(archive.read(member), member, wanted, what).date
    except DataError:
        return None


def check_vintage(level: Level, values: Measurements) -> None:
    """Raise `DataError` for values of areas of another year than the maps, or of the demonstration in a live build."""
    codes = list(values.table["code"])
    vintage: Vintage = (district_vintage if level.key == "lad" else neighbourhood_vintage)(codes)
    expected = "demo" if settings.is_demo() else "2021"
    if vintage.name == expected:
        return
    if vintage.name == "demo":
        msg = (
            f"{values.member} is demonstration data (codes such as {codes[0]}), but the source is live. Remove it from "
            f"{settings.data_dir()}, or set EC_MAPS_SOURCE=demo."
        )
        raise DataError(msg)
    maps = "December 2021 local authority districts" if level.key == "lad" else "2021 MSOAs"
    what = {"mixed": "mixes vintages", "unknown": "uses codes of no vintage that is known"}
    says = what.get(vintage.name, f"uses areas of {vintage.name}")
    evidence = listed(vintage.evidence or vintage.unrecognised or codes, 4)
    blank = f" {len(vintage.blank)} areas would be blank: {listed(vintage.blank, 20)}." if vintage.blank else ""
    msg = (
        f"{values.member} {says} (such as {evidence}), but the maps are of {maps}.{blank}\n\n"
        f"Use the release of the Atlas that has the maps' areas, from {DATASET_PAGE}; if it was fetched, ec-maps fetch "
        f"--refresh asks for the present one."
    )
    raise DataError(msg)


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


@dataclass(frozen=True)
class _Seen:
    """What a look into archives gave: the CSVs of a measure and level, other contents, and what could not be read."""

    found: list[Member]
    looked_at: list[str]
    unreadable: list[str]


def _candidates(level: Level, measure: Measure, paths: list[Path]) -> _Seen:
    """Look into archives for CSVs of a measure whose codes are a level's."""
    seen = _Seen([], [], [])
    for path in paths:
        try:
            inside = archive.members(path)
            matching = [member for member in inside if _matches(member, measure)]
            kinds = [(member, _kind(member)) for member in matching]
        except DataError as error:
            seen.unreadable.append(f"{error} {_replace(path)}" if isinstance(error, DamagedArchive) else str(error))
            continue
        seen.found.extend(member for member, kind in kinds if kind == level.key)
        if not matching:
            names = listed([member.base for member in inside]) or "nothing"
            excel = " It is an Excel workbook." if any(m.base == "[Content_Types].xml" for m in inside) else ""
            seen.looked_at.append(
                f"{path.name} holds no CSV named like *_{measure.key}_<date>.csv; found: {names}.{excel}"
            )
        others = [(member, kind) for member, kind in kinds if kind != level.key]
        seen.looked_at.extend(f"{member} holds {_KINDS.get(kind, kind)}." for member, kind in others)
    return seen


def _find(level: Level, measure: Measure, paths: list[Path]) -> tuple[Member, list[str]]:
    """Return the latest CSV of the measure whose codes are the level's, and which archives could not be looked into."""
    seen = _candidates(level, measure, paths)
    if not seen.found:
        raise DataError(_not_found(level, measure, paths, seen.looked_at + seen.unreadable))
    latest = max(_date_in(member, measure) for member in seen.found)
    best = [member for member in seen.found if _date_in(member, measure) == latest]
    if len(best) > 1 and len({_whole(member, level) for member in best}) > 1:
        msg = (
            f"Reading {level.areas}: {len(best)} different files hold the same measure with the same date: "
            f"{listed(best)}. Which one is meant cannot be told: keep one of them in {settings.data_dir()}."
        )
        raise DataError(msg)
    return best[0], seen.unreadable


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
