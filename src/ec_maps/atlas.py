"""The Atlas's CSVs, found inside the zips by their names, columns and codes, and read into one tidy table."""

from __future__ import annotations

import csv
import io
import re
import warnings
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from ec_maps import archive, settings
from ec_maps.archive import DamagedArchive, Member
from ec_maps.errors import DataError, listed
from ec_maps.levels import LEVELS, Level, Measure, level_named, measure_named
from ec_maps.vintages import is_district_code, is_neighbourhood_code

DATASET_PAGE = "https://data.humdata.org/dataset/uk-social-capital-atlas"

_MISSING = {"", "na", "n/a", "nan", "null", "none", "<na>"}
_ENOUGH_TO_TELL = 64 * 1024  # bytes of a CSV that show its header and some hundred codes


@dataclass(frozen=True)
class Measurements:
    """One measure at one level, as published.

    Attributes
    ----------
    table
        One row an area, columns ``code`` and ``value`` (float, missing as NaN), sorted by code.
    member
        The CSV that it was read from.
    date
        The data's own date (column ``ds``), as written there; empty if the file has none.
    notes
        What was put right or looked odd, a sentence each.
    """

    table: pd.DataFrame
    member: Member
    date: str = ""
    notes: list[str] = field(default_factory=list)


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
    member = _find(wanted, what)
    try:
        content = archive.read(member)
    except DamagedArchive as error:
        msg = f"Reading {wanted.areas}: {error} {_replace(member.archive, wanted)}"
        raise DataError(msg) from None
    return parse(content, member, wanted, what)


def _is_zip_name(path: Path) -> bool:
    return path.is_file() and path.suffix.lower() == ".zip" and not path.name.startswith(".")


def _matches(member: Member, measure: Measure) -> re.Match[str] | None:
    return re.fullmatch(rf"(?:.*_)?{measure.key}_(\d{{4}}.*)\.csv", member.base, flags=re.IGNORECASE)


def _date_in(member: Member, measure: Measure) -> str:
    """Return the digits of the date in a member's name, padded so that text order is date order."""
    match = _matches(member, measure)
    digits = re.match(r"\d{4}(?:[-_]?\d{2}){0,2}", match[1]) if match else None
    return re.sub(r"\D", "", digits[0]).ljust(8, "0") if digits else ""


def _find(level: Level, measure: Measure) -> Member:
    """Return the latest CSV of the measure whose codes are the level's."""
    candidates: list[Member] = []
    looked_at: list[str] = []
    paths = archives()
    for path in paths:
        try:
            inside = archive.members(path)
            matching = [member for member in inside if _matches(member, measure)]
            kinds = [(member, _kind(member)) for member in matching]
        except DamagedArchive as error:
            looked_at.append(f"{error} {_replace(path, level)}")
            continue
        except DataError as error:
            looked_at.append(str(error))
            continue
        candidates += [member for member, kind in kinds if kind == level.key]
        if not matching:
            names = listed([member.base for member in inside]) or "nothing"
            excel = " It is an Excel workbook." if any(m.base == "[Content_Types].xml" for m in inside) else ""
            looked_at.append(f"{path.name} holds no CSV named like *_{measure.key}_<date>.csv; found: {names}.{excel}")
        looked_at += [f"{member} holds {_KINDS.get(kind, kind)}." for member, kind in kinds if kind != level.key]
    if not candidates:
        raise DataError(_not_found(level, measure, paths, looked_at))
    latest = max(_date_in(member, measure) for member in candidates)
    best = [member for member in candidates if _date_in(member, measure) == latest]
    if len(best) > 1 and len({archive.read(member) for member in best}) > 1:
        msg = (
            f"Reading {level.areas}: {len(best)} different files hold the same measure with the same date: "
            f"{listed(best)}. Which one is meant cannot be told: keep one of them in {settings.data_dir()}."
        )
        raise DataError(msg)
    return best[0]


_KINDS = {
    "lad": "local authorities",
    "msoa": "neighbourhoods (MSOAs)",
    "postcode_district": 'postcode districts (such as "NR30"), which no map here is made from',
}


def _kind(member: Member) -> str:
    """Say what a CSV holds by its key column and its first codes: a level's key, or words for a message."""
    text = archive.read(member, _ENOUGH_TO_TELL).decode("utf-8-sig", errors="replace")
    rows = list(csv.reader(io.StringIO(text.replace("\0", ""))))
    header = [name.strip().lower() for name in rows[0]] if rows else []
    tests = {"lad": is_district_code, "msoa": is_neighbourhood_code}
    for level in LEVELS.values():
        if level.atlas_code not in header:
            continue
        at = header.index(level.atlas_code)
        # The last row read may be cut off in the middle.
        codes = [row[at].strip(" \"'").upper() for row in rows[1:-1] or rows[1:] if len(row) > at]
        codes = [code for code in codes if code]
        if not codes or level.key == "lad" or any(map(tests[level.key], codes)):
            return level.key
        if sum(bool(re.fullmatch(r"[A-Z]{1,2}\d[A-Z\d]?", code)) for code in codes) > len(codes) / 2:
            return "postcode_district"
        if any(re.fullmatch(r"[SN]\d{8}|[EWX]\d{8}", code) for code in codes):
            return level.key  # of another vintage or nation: the checks that follow say so with more to go on
        return f'codes that are not MSOA codes in "{level.atlas_code}" (such as "{codes[0]}")'
    columns = listed([name or "(unnamed)" for name in header]) or "none at all"
    hint = " It seems to be separated by semicolons, not commas." if len(header) == 1 and ";" in header[0] else ""
    keys = " nor ".join(f'"{level.atlas_code}"' for level in LEVELS.values())
    return f"neither column {keys}; its columns are: {columns}. The file's layout may have changed.{hint}"


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


def _replace(path: Path, level: Level) -> str:
    """Say what to do about a damaged archive, having removed it if it was our own copy."""
    if path.parent == settings.cache_dir():
        path.unlink(missing_ok=True)
        return f"It was removed from the cache, so that it can be fetched again from {DATASET_PAGE}."
    del level
    return f"Download it again from {DATASET_PAGE} and put it in its place."


def parse(content: bytes, member: Member, level: Level, measure: Measure) -> Measurements:
    """Turn one CSV's bytes into a checked table, or raise `DataError` with all that is wrong."""
    frame = _frame(content, member)
    columns = set(frame.columns)
    needed = [level.atlas_code, "measurement_category", measure.column]
    if missing := [name for name in needed if name not in columns]:
        msg = (
            f"{member}: {_plural(len(missing), 'column')} {listed([repr(name) for name in missing])} not found. Its "
            f"columns are: {listed(list(frame.columns), 20)}. The file's layout may have changed since this version "
            f"of ec_maps; check {DATASET_PAGE}, fetch again with --refresh, or take an earlier file."
        )
        raise DataError(msg)
    category = frame["measurement_category"].str.strip().str.lower()
    rows = frame[category == measure.category]
    if rows.empty:
        present = listed(sorted(category.unique()))
        msg = f'{member}: no row has measurement_category "{measure.category}". The values there are: {present}.'
        raise DataError(msg)
    faults: list[str] = []
    notes: list[str] = []
    rows, date = _latest(rows, notes)
    table = pd.DataFrame(
        {"code": _codes(rows[level.atlas_code], notes), "value": _numbers(rows[measure.column], faults)}
    )
    table = _one_row_an_area(table, rows[measure.column], faults, notes)
    _check_range(table["value"], measure, faults, notes)
    if not faults and table["value"].isna().all():
        faults.append(f"none of its {len(table)} areas has a value in {measure.column}")
    if faults:
        msg = f"{member} cannot be used: {'; '.join(faults)}. Fetch it again with --refresh, or from {DATASET_PAGE}."
        raise DataError(msg)
    return Measurements(table.sort_values("code", ignore_index=True), member, date, notes)


def _plural(number: int, noun: str) -> str:
    return noun if number == 1 else f"{noun}s"


def _frame(content: bytes, member: Member) -> pd.DataFrame:
    """Read the CSV as text, its columns lower-cased; anything pandas would bend into shape is an error."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        msg = f"{member} is not UTF-8 text (byte {error.start}: {error.reason}). It was expected to be a plain CSV."
        raise DataError(msg) from None
    header = next(csv.reader(io.StringIO(text)), [])
    names = [name.strip().lower() for name in header]
    if repeated := sorted({name for name in names if name and names.count(name) > 1}):
        msg = f"{member} has more than one column called {listed(repeated)}; which one is meant cannot be told."
        raise DataError(msg)
    try:
        with warnings.catch_warnings():
            # pandas drops a surplus last value with no more than this warning; the columns would be off by one.
            warnings.simplefilter("error", pd.errors.ParserWarning)
            frame = pd.read_csv(io.StringIO(text), dtype=str, keep_default_na=False, index_col=False)
    except pd.errors.ParserWarning:
        msg = f"{member}: its rows have more values than its header has names ({len(header)}: {listed(header)})."
        raise DataError(msg) from None
    except (pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        msg = f"{member} is no readable CSV: {str(error).strip().removeprefix('Error tokenizing data. C error: ')}."
        raise DataError(msg) from None
    if frame.empty:
        msg = f"{member} has no data rows, only the header {listed(header)}."
        raise DataError(msg)
    # The row numbers that the publisher's tool wrote have no name; they are no data.
    frame.columns = pd.Index(names)
    return frame.loc[:, [name for name in names if name not in ("", "unnamed: 0", "index")]]


def _latest(rows: pd.DataFrame, notes: list[str]) -> tuple[pd.DataFrame, str]:
    """Keep the latest date's rows where there are several dates that can be ordered."""
    if "ds" not in rows.columns:
        return rows, ""
    dates = rows["ds"].str.strip()
    if not dates.str.fullmatch(r"\d{4}-\d{2}-\d{2}.*").all():
        notes.append(f'The date column "ds" is not in the form 2025-02-28 (such as "{dates.iloc[0]}"); kept as it is.')
        return rows, str(dates.iloc[0])
    if dates.nunique() > 1:
        notes.append(f"The file has {dates.nunique()} dates; the latest, {dates.max()}, is used.")
    return rows[dates == dates.max()], str(dates.max())


def _codes(raw: pd.Series, notes: list[str]) -> pd.Series:
    codes = raw.str.strip(" \t\"'").str.upper()
    if changed := int((codes != raw).sum()):
        notes.append(f"{changed} codes were in lower case, quoted or had spaces round them; put right.")
    return codes


def _numbers(raw: pd.Series, faults: list[str]) -> pd.Series:
    text = raw.str.strip()
    text = text.mask(text.str.lower().isin(_MISSING))
    numbers = pd.to_numeric(text, errors="coerce").astype(float)
    for bad, what in ((text.notna() & numbers.isna(), "is not a number"), (np.isinf(numbers), "is infinite")):
        if places := [int(place) for place in raw.index[bad]]:
            # The header is line 1, the first row line 2.
            example = f'"{raw[places[0]]}" at line {places[0] + 2}'
            faults.append(f"{raw.name} {what} in {_rows(len(places))} (the first: {example})")
    return numbers


def _rows(number: int) -> str:
    return f"{number} {_plural(number, 'row')}"


def _one_row_an_area(table: pd.DataFrame, raw: pd.Series, faults: list[str], notes: list[str]) -> pd.DataFrame:
    if blank := int((table["code"] == "").sum()):
        faults.append(f"{_rows(blank)} {'has' if blank == 1 else 'have'} no area code")
    once = table.drop_duplicates()
    if len(once) < len(table):
        notes.append(f"{_rows(len(table) - len(once))} stood in the file twice, word for word; one of each was kept.")
    again = once["code"].duplicated(keep=False) & (once["code"] != "")
    if again.any():
        code = once.loc[again, "code"].iloc[0]
        values = ", ".join(raw[once.index[once["code"] == code]])
        faults.append(f"{once.loc[again, 'code'].nunique()} areas occur more than once (such as {code}: {values})")
    return once


def _check_range(values: pd.Series, measure: Measure, faults: list[str], notes: list[str]) -> None:
    finite = values[np.isfinite(values)]
    if finite.empty:
        return
    low, high = finite.min(), finite.max()
    if high > 1.5 or finite.median() > 1:
        faults.append(
            f"{measure.column} runs from {low:g} to {high:g}, which looks like percentages; shares from 0 to 1 were "
            f"expected"
        )
    elif low < -0.5:
        faults.append(f"{measure.column} runs from {low:g} to {high:g}; shares from 0 to 1 were expected")
    elif low < 0 or high > 1:
        outside = int(((finite < 0) | (finite > 1)).sum())
        notes.append(
            f"{outside} values lie just outside 0 to 1 ({low:g} to {high:g}), as added noise can make them; kept."
        )
