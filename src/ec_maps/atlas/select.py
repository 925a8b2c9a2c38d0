"""The CSV in the Atlas's archives that holds a measure at a level, found by its columns and codes.

The code that reads values needs pandas, so it is imported only when values are read.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from ec_maps import settings
from ec_maps.arguments import optional_text
from ec_maps.atlas import archive, hdx
from ec_maps.atlas.archive import DATASET_PAGE, DamagedArchive, Holding, Member, holdings
from ec_maps.cleaning import clean_header
from ec_maps.errors import DataError, FetchError, counted, listed, quoted
from ec_maps.fetch import fetcher, manifest
from ec_maps.fetch.fetcher import Job
from ec_maps.geography.codes import Vintage, district_vintage, neighbourhood_vintage
from ec_maps.geography.levels import POSTCODE_DISTRICT, Level, TableName, table_named
from ec_maps.measures import HEADLINE, MEASURES, Measure, measure_named

if TYPE_CHECKING:
    from ec_maps.atlas.csv_table import Measurements

#: Words in a CSV's name that say that its rows are about parts of a group, such as people of one age.
_PARTS = {"by", "age", "gender", "sex", "cohort", "cohorts", "setting", "settings", "language"}


def fetch_jobs(level: TableName, measure: str = HEADLINE) -> list[Job]:
    """Return what has to be fetched for a level: its archive, or nothing if one was put here by hand."""
    wanted, what = table_named(level), measure_named(measure)
    if settings.is_demo() or level == POSTCODE_DISTRICT.key or _candidates(wanted, what, archive.by_hand()).found:
        return []  # postcode districts are on no map; their archive is added by hand
    key = f"atlas_{level}"
    by_hand = (
        f'By hand: download the zips of the Atlas ("local_authority-….zip", "msoa-….zip") from {DATASET_PAGE} in a '
        f"browser and put them, as they are, into {settings.data_dir()} (EC_MAPS_DATA_DIR).{_others()}"
    )
    return [Job(key, ".zip", partial(hdx.bring, key), partial(_check_fetched, wanted, what), by_hand)]


def supplied(level: TableName, measure: str = HEADLINE, category: str | None = None) -> list[Path]:
    """Return the available archives, after the level's was fetched if it was not among them.

    Raises
    ------
    FetchError
        If there is none of the level and it cannot be fetched.
    """
    if settings.is_demo() or manifest.held(f"atlas_{level}"):
        return archive.archives()
    wanted, what, by_hand = table_named(level), measure_named(measure), archive.by_hand()
    if level == POSTCODE_DISTRICT.key:
        return archive.archives()
    seen = _candidates(wanted, what, by_hand, clean_header(category or ""))
    if not seen.found and seen.unreadable:
        # Somebody put it here to be used, so it is not skipped silently.
        raise DataError(_not_found(wanted, what, by_hand, seen.looked_at + seen.unreadable))
    if not seen.found:
        try:
            fetcher.required(fetch_jobs(level, measure))
        except FetchError as error:
            if not by_hand:
                raise
            why = str(error).split("\n\n", 1)[0]
            reasons = [*seen.looked_at, f"The right one could not be fetched either. {why}"]
            raise DataError(_not_found(wanted, what, by_hand, reasons)) from None
    return archive.archives()


def _check_fetched(level: Level, measure: Measure, path: Path) -> None:
    """Raise `DataError` if a fetched archive does not hold the measure of the level and of the maps' year."""
    check_vintage(level, read_from(level, measure, [path]))


def read_from(level: Level, measure: Measure, paths: list[Path], category: str = "") -> Measurements:
    """Return a measure at a level from these archives alone, in any vintage; raise as :func:`read_measure` does."""
    from ec_maps.atlas.csv_table import parse

    member, notes = _find(level, measure, category, paths)
    found = parse(_whole(member, level), member, level, measure, category)
    found.notes.extend(notes)
    return found


def read_measure(level: str, measure: str = HEADLINE, category: str | None = None) -> Measurements:
    """Return one measure at one level from the available Atlas zips; a missing one is fetched.

    Parameters
    ----------
    level
        ``"lad"``, ``"msoa"`` or ``"postcode_district"``.
    measure
        A measure's key.
    category
        The group of people, as ``measurement_category`` has it, if not the measure's own.

    Raises
    ------
    DataError
        If no archive holds the measure and the group at that level, if more than one equally recent file does, or if
        the table has faults. A damaged archive in the cache is removed; one put into the data folder is left alone.
    FetchError
        If there is no archive of the level here and it cannot be fetched.
    """
    wanted, what = table_named(level), measure_named(measure)
    whom = clean_header(optional_text(category, "category") or "")
    return read_from(wanted, what, supplied(wanted.key, measure, whom), whom)


def data_date(level: TableName, measure: str = HEADLINE) -> str | None:
    """Return the data's date in the available archives, without fetching; None if they have no such table."""
    try:
        return read_from(table_named(level), measure_named(measure), archive.archives()).date
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
    what = {"mixed": "mixes vintages", "unknown": "uses codes of no known vintage"}
    says = what.get(vintage.name, f"uses areas of {vintage.name}")
    evidence = listed(vintage.evidence or vintage.unrecognised or codes, 4)
    missing = f"{counted(len(vintage.blank), 'area')} would have no published estimate: {listed(vintage.blank, 20)}"
    gaps = f" {missing}." if vintage.blank else ""
    msg = (
        f"{values.member} {says} (such as {evidence}), but the maps are of {maps}.{gaps}\n\n"
        f"Use the release of the Atlas that has the maps' areas, from {DATASET_PAGE}; if it was fetched, ec-maps fetch "
        f"--refresh downloads the current one."
    )
    raise DataError(msg)


def _whole(member: Member, level: Level) -> bytes:
    """Return the member's bytes; the error for a damaged archive says what to do."""
    try:
        return archive.read(member)
    except DamagedArchive as error:
        msg = f"Reading {level.areas}: {error} {_replace(member.archive)}"
        raise DataError(msg) from None


def _is_part(member: Member, measure: Measure, category: str) -> bool:
    """Return whether a CSV's name says that its rows are about parts of the group of people that is asked for."""
    alike = {one.category for one in MEASURES.values() if one.columns == measure.columns}
    own = set(re.findall(r"[a-z]+", " ".join([measure.file, *measure.columns])))
    name = member.base.lower().rpartition(measure.file)[2]
    words = set(re.findall(r"[a-z]+", re.sub(r"by_(lad|msoa|zip|local|area|district|postcode|geo|place)", "", name)))
    return category in {"", "all_users", *alike} and bool(words & _PARTS - own)


def _is_named(member: Member, measure: Measure) -> bool:
    """Return whether a CSV's name says that it is the measure's own; columns decide where none is."""
    return re.fullmatch(rf"(?:.*_)?{measure.file}_\d{{4}}.*\.csv", member.base, flags=re.IGNORECASE) is not None


def _date_in(member: Member) -> str:
    """Return the digits of the date in a member's name, padded so that text order is date order."""
    form = r"(?:^|_)(\d{4}(?:[-_]?\d{2}){0,2})(?!\d)[^_]*(?:_[^_]*)?\.csv"
    digits = re.search(form + "$", member.base, flags=re.IGNORECASE)
    return re.sub(r"\D", "", digits[1]).ljust(8, "0") if digits else ""


@dataclass(frozen=True)
class _Seen:
    """The result of a search: the CSVs of a measure and level, other contents, and what could not be read."""

    found: list[Holding]
    looked_at: list[str]
    unreadable: list[str]


def _candidates(level: Level, measure: Measure, paths: list[Path], category: str = "") -> _Seen:
    """Return the CSVs of a measure whose codes are a level's: those with its name, or else its column."""
    seen, loose = _Seen([], [], []), list[str]()
    column = f"a column {' or '.join(map(repr, measure.columns))}"
    column += f" beside '{measure.beside}'" if measure.beside else ""
    for path in paths:
        try:
            inside = holdings(path)
        except DataError as error:
            seen.unreadable.append(f"{error} {_replace(path)}" if isinstance(error, DamagedArchive) else str(error))
            continue
        own = [held for held in inside if _is_named(held.member, measure)]
        holding = [held for held in inside if measure.column_in(held.columns, level.key) or held in own]
        parts = [held for held in holding if _is_of(held, level) and _is_part(held.member, measure, category)]
        seen.found.extend(held for held in holding if _is_of(held, level) and held not in parts)
        for held in parts:
            seen.looked_at.append(
                f"{held.member} has {column}, but its name says that it is about parts of the people; its own groups "
                f"can be named with category=…."
            )
        names = [member.base for member in archive.members(path)]
        if not holding and names == [path.name]:
            loose.append(path.name)
        elif not holding:
            lacks = f"{path.name} holds no CSV with {column}; found: "
            excel = " It is an Excel workbook." if "[Content_Types].xml" in names else ""
            there = sorted({known.key for held in inside for name in held.columns for known in held.read_as(name)})
            present = f" The measures available are: {listed(there, 20)}." if there else ""
            seen.looked_at.append(f"{lacks}{listed(names) or 'nothing'}.{present}{excel}")
        others = [held for held in holding if not _is_of(held, level)]
        seen.looked_at.extend(f"{held.member} holds {held.words}." for held in others)
    if loose:
        seen.looked_at.append(f"{counted(len(loose), 'unzipped CSV')} ({listed(loose, 3)}) without {column}.")
    return seen


def _is_of(held: Holding, level: Level) -> bool:
    # One that is stored twice is an error that is reported when it is read.
    return held.level == level.key or (held.member.repeated and not held.columns)


def _find(level: Level, measure: Measure, category: str, paths: list[Path]) -> tuple[Member, list[str]]:
    """Return the latest CSV of the measure whose codes are the level's, and which archives could not be read.

    A CSV named after the measure comes before others that have its column (by age, say). For another group of people
    than the measure's own, all CSVs with the column are searched, unless their names say that they are of parts.
    """
    seen = _candidates(level, measure, paths, category)
    if not seen.found:
        raise DataError(_not_found(level, measure, paths, seen.looked_at + seen.unreadable))
    own = [held.member for held in seen.found if _is_named(held.member, measure)]
    having = [held.member for held in seen.found if measure.column_in(held.columns, level.key)]
    found = own or having
    if category not in ("", measure.category):
        found = _about(category, having, level, measure)
        found = [member for member in found if member in own] or found
    elif not own:
        found = _about(measure.category, found, level, measure)
    latest = max(map(_date_in, found))
    best = [member for member in found if _date_in(member) == latest]
    if len(best) > 1 and len({_whole(member, level) for member in best}) > 1:
        msg = (
            f"Reading {level.areas}: {len(best)} different files hold the same measure with the same date: "
            f"{listed(best)}. It is not clear which one is meant: keep one of them in {settings.data_dir()}."
        )
        raise DataError(msg)
    return best[0], seen.unreadable


def _about(category: str, members: list[Member], level: Level, measure: Measure) -> list[Member]:
    """Return the CSVs about a group of people; for a measure about everybody, those about all users, or else all."""
    from ec_maps.atlas.csv_table import groups_and_dates

    groups = {member: groups_and_dates(_whole(member, level), member)[0] for member in members}
    if not category:
        about_all = [member for member, there in groups.items() if "all_users" in there or not there]
        return about_all or members
    if found := [member for member, there in groups.items() if category in there]:
        return found
    msg = (
        f"{measure.title} of {level.areas} is not available for the group {quoted(category)}. The groups available "
        f"are: {listed(sorted(set().union(*groups.values())), 20) or 'none; its files do not name any'}. "
        f"Name one of them with category=…, or leave it out."
    )
    raise DataError(msg)


def _not_found(level: Level, measure: Measure, paths: list[Path], looked_at: list[str]) -> str:
    begin = f"{measure.title} of {level.areas} was not found."
    if settings.is_demo():
        return f"{begin} The demonstration data in {settings.shipped('demo')} are incomplete. {' '.join(looked_at)}"
    if not paths:
        begin += f" There is no file of the Atlas in {settings.data_dir()}."
    if level == POSTCODE_DISTRICT:
        begin += " It is not fetched automatically, as no map is made from it."
    where = (
        f'Download the file "{level.file_stem}-….zip" from {DATASET_PAGE} and put it, as it is, into '
        f"{settings.data_dir()} (or the folder that EC_MAPS_DATA_DIR names). To try things without it, use the "
        f"built-in data: EC_MAPS_SOURCE=demo."
    )
    return "\n\n".join(part for part in (" ".join([begin, *looked_at]), where) if part)


def _others() -> str:
    """Return the names of what lies in the data folder instead, in a sentence; empty if there is nothing."""
    folder = settings.data_dir()
    ours = {settings.cache_dir(), settings.shipped("demo"), folder / "README.md"}
    names = [path.name for path in sorted(folder.iterdir()) if path not in ours] if folder.is_dir() else []
    return f" There is nothing of the Atlas in what it holds now: {listed(names, 6)}." if names else ""


def _replace(path: Path) -> str:
    """Return what to do about a damaged archive; our own copy in the cache is removed."""
    if path.parent == settings.cache_dir():
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            return f"Remove it from the cache ({error.strerror}), so that it can be fetched again from {DATASET_PAGE}."
        return f"It was removed from the cache, so that it can be fetched again from {DATASET_PAGE}."
    return f"Download it again from {DATASET_PAGE} and put it in its place."
