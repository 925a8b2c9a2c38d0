"""One Atlas CSV as a checked table with one value per area, and the list of what all of them hold."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pandas as pd

from ec_maps import cleaning, settings
from ec_maps.atlas import archive
from ec_maps.atlas.archive import DATASET_PAGE, Holding, Member
from ec_maps.errors import DataError, counted, listed
from ec_maps.geography.levels import POSTCODE_DISTRICT, Level
from ec_maps.measures import COUNTS, Measure

#: The expected values of each unit, in words, and their lower and upper limits.
_RANGES = {
    "share": ("shares from 0 to 1", 0.0, 1.0),
    "gap": ("shares from −1 to 1", -1.0, 1.0),
    "rate": ("numbers for every 1,000 people", 0.0, 1000.0),
}

#: More people than there are.
_MOST_USERS = 1e10


@dataclass(frozen=True)
class Measurements:
    """One measure at one level, as published in a `column` of a `member`.

    `table` has one row per area, sorted by ``code``, with its ``value`` (float, missing as NaN) and, where the file
    counts them, ``num_users`` (nullable integers). `category` is the group of people, as the file names it, and `date`
    the data's own (column ``ds``); both may be empty. `notes` say what was corrected or looked odd.
    """

    table: pd.DataFrame
    member: Member
    column: str = ""
    category: str = ""
    date: str = ""
    notes: list[str] = field(default_factory=list)


def parse(content: bytes, member: Member, level: Level, measure: Measure, category: str = "") -> Measurements:
    """Return one CSV's bytes as a checked table, or raise `DataError` with all its faults.

    The rows are those of `category`; if that is empty, of the measure's own category, and if it has none, of the only
    one in the file, or of all users.
    """
    frame = _frame(content, member)
    column = measure.column_in(frame.columns, level.key)
    code = level.code_in(frame.columns) or level.atlas_code
    needed = [code, *(["measurement_category"] if measure.category or category else [])]
    missing = [name for name in needed if name not in frame.columns]
    if column is None or missing:
        missing += [] if column else [" or ".join(measure.columns)]
        msg = (
            f"{member}: {'columns' if missing[1:] else 'column'} {listed(list(map(repr, missing)))} not found. Its "
            f"columns are: {listed(list(frame.columns), 20)}. The file's layout may have changed since this version "
            f"of ec_maps; check {DATASET_PAGE}, fetch again with --refresh, or take an earlier file."
        )
        raise DataError(msg)
    rows, category = _of_category(frame, member, category or measure.category)
    faults: list[str] = []
    notes: list[str] = []
    rows, date = _latest(rows, faults, notes)
    table = pd.DataFrame({"code": _codes(rows[code], level, notes), "value": _numbers(rows[column], faults)})
    users = [name for name in COUNTS if name in rows.columns]
    if users:
        table["num_users"] = _counts(rows[users[0]], notes)
    if users[1:] and (rows[users[0]] != rows[users[1]]).any():
        notes.append(f"The file counts users in two columns; {users[0]} is used, and not {users[1]}.")
    table = _one_row_an_area(table, rows[column], faults, notes)
    _check_range(table["value"], measure, column, faults, notes)
    if not faults and table["value"].isna().all():
        faults.append(f"none of its {len(table)} areas has a value in {column}")
    if faults:
        msg = f"{member} cannot be used: {'; '.join(faults)}. Fetch it again with --refresh, or from {DATASET_PAGE}."
        raise DataError(msg)
    return Measurements(table.sort_values("code", ignore_index=True), member, column, category, date, notes)


def groups_and_dates(content: bytes, member: Member) -> tuple[set[str], set[str]]:
    """Return the groups of people that a CSV's rows are about, and their dates; empty where it names none."""
    names, _, rows = _read(content, member)
    there = (
        {row[names.index(name)] for row in rows} if name in names else () for name in ("measurement_category", "ds")
    )
    groups, dates = there
    return set(map(cleaning.clean_header, groups)), set(map(cleaning.clean, dates))


def _of_category(frame: pd.DataFrame, member: Member, wanted: str) -> tuple[pd.DataFrame, str]:
    """Return the rows of the category wanted, or of the only one, and its name."""
    if "measurement_category" not in frame:
        return frame, ""
    category = frame["measurement_category"].map(cleaning.clean_header)
    present = sorted(category.unique())
    if not wanted:
        wanted = present[0] if len(present) == 1 else "all_users"
    rows = frame[category == wanted]
    if rows.empty:
        msg = (
            f'{member}: no row has measurement_category "{wanted}". The values there are: {listed(present, 20)}. One '
            f"of them can be named with category=…; if none is what you expect, the file's layout may have changed: "
            f"check {DATASET_PAGE}, or take an earlier file."
        )
        raise DataError(msg)
    return rows, wanted


def _frame(content: bytes, member: Member) -> pd.DataFrame:
    """Return the CSV as text, its column names in lower case, indexed by line."""
    names, lines, rows = _read(content, member)
    frame = pd.DataFrame(rows, index=pd.Index(lines), columns=pd.Index(names), dtype=str)
    # The publisher's row numbers stand in a column without a name; they are not data.
    return frame.loc[:, [name not in cleaning.ROW_NUMBERS for name in names]]


def _read(content: bytes, member: Member) -> tuple[list[str], list[int], list[list[str]]]:
    """Return column names, line numbers and rows; what pandas would silently repair is an error."""
    # The line endings of any system are accepted.
    reader = csv.reader(io.StringIO(_text(content, member), newline=None), strict=True)
    try:
        header: list[str] = next((row for row in reader if row), [])
        numbered = [(reader.line_num, row) for row in reader if row]
    except csv.Error as error:
        msg = f"{member} is not a readable CSV: line {reader.line_num}: {error}."
        raise DataError(msg) from None
    names = list(map(cleaning.clean_header, header))
    repeated = sorted({name for name in names if name and names.count(name) > 1})
    odd = [(line, len(row)) for line, row in numbered if len(row) != len(header)]
    fault = ""
    if repeated:
        fault = f"has more than one column called {listed(repeated)}; it is not clear which one is meant"
    elif not numbered:
        fault = f"has no data rows, only the header {listed(header)}" if header else "is empty"
    elif odd:
        (line, values), which = odd[0], "row does" if len(odd) == 1 else "rows do"
        fault = (
            f"is not a whole table: {len(odd)} {which} not have as many values as the header has names (the first, "
            f"line {line}, has {values}; the header {len(header)}: {listed(header)})"
        )
    if fault:
        msg = f"{member} {fault}."
        raise DataError(msg)
    return names, [line for line, _ in numbered], [row for _, row in numbered]


def _text(content: bytes, member: Member) -> str:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        msg = (
            f"{member} is not UTF-8 text (line {line}, byte {error.start}: {error.reason}). A spreadsheet may have "
            f"saved it in Windows-1252 or UTF-16; put the file in its place as it was published."
        )
        raise DataError(msg) from None
    if "\0" in text:
        msg = f"{member} is not plain text: it holds NUL bytes, the first at byte {content.index(0)}."
        raise DataError(msg)
    return text


def _latest(rows: pd.DataFrame, faults: list[str], notes: list[str]) -> tuple[pd.DataFrame, str]:
    """Return the rows of the latest date, and that date, where there are several dates that can be ordered."""
    if "ds" not in rows.columns:
        return rows, ""
    dates = rows["ds"].map(cleaning.clean)
    if len(odd := dates[~dates.str.fullmatch(r"\d{4}-\d{2}-\d{2}.*")]):
        notes.append(f'The date column "ds" is not in the form 2025-02-28 (such as "{odd.iloc[0]}"); used unchanged.')
        if dates.nunique() > 1:
            faults.append(f"its dates cannot be put in order ({listed(sorted(dates.unique()), 3)})")
        return rows, str(odd.iloc[0])
    if dates.nunique() > 1:
        notes.append(f"The file has {dates.nunique()} dates; the latest, {dates.max()}, is used.")
    return rows[dates == dates.max()], str(dates.max())


def _codes(raw: pd.Series, level: Level, notes: list[str]) -> pd.Series:
    codes = raw.map(cleaning.clean_code)
    notes.extend(cleaning.code_notes(raw, codes, (f"line {line}" for line in raw.index)))
    form = r"[A-Z]{1,2}\d[A-Z\d]?" if level == POSTCODE_DISTRICT else r"[A-Z]\d{8}"
    if len(odd := codes[(codes != "") & ~codes.str.fullmatch(form)]):
        rows = f"{counted(len(odd), 'row')} {'has' if len(odd) == 1 else 'have'}"
        strange = cleaning.odd_characters(odd.iloc[0])
        notes.append(f'{rows} no valid area code (the first: "{odd.iloc[0]}"{strange and f", with {strange}"}).')
    return codes


def _numbers(raw: pd.Series, faults: list[str]) -> pd.Series:
    text, numbers = _parsed(raw)
    for bad, what in ((text.notna() & numbers.isna(), "is not a number"), (np.isinf(numbers), "is infinite")):
        if places := [int(place) for place in raw.index[bad]]:
            example = f'"{raw[places[0]]}" at line {places[0]}'
            faults.append(f"{raw.name} {what} in {counted(len(places), 'row')} (the first: {example})")
    return numbers


def _parsed(raw: pd.Series) -> tuple[pd.Series, pd.Series]:
    """Return a column's text, missing values as NaN, and its numbers, NaN where there is none."""
    text = raw.map(cleaning.clean_number)
    text = text.mask(text.str.lower().isin(cleaning.MISSING))
    return text, pd.to_numeric(text, errors="coerce").astype(float)


def _counts(raw: pd.Series, notes: list[str]) -> pd.Series:
    """Return counts as nullable integers, fractions rounded, impossible ones left out; the notes say so."""
    text, numbers = _parsed(raw)
    impossible = text.notna() & ~numbers.between(0, _MOST_USERS)
    fractions = ~impossible & numbers.notna() & (numbers % 1 != 0)
    for found, one, many, done in (
        (impossible, "cannot be a count", "cannot be counts", "left out"),
        (fractions, "is a fraction", "are fractions", "rounded"),
    ):
        if number := int(found.sum()):
            place = int(raw.index[found][0])
            words = f"value of {raw.name} {one} and was" if number == 1 else f"values of {raw.name} {many} and were"
            notes.append(f'{number} {words} {done} (the first: "{raw[place]}" at line {place}).')
    return numbers.mask(impossible).round().astype("Int64")


def _one_row_an_area(table: pd.DataFrame, raw: pd.Series, faults: list[str], notes: list[str]) -> pd.DataFrame:
    if missing := int((table["code"] == "").sum()):
        faults.append(f"{counted(missing, 'row')} {'has' if missing == 1 else 'have'} no area code")
    once = table.drop_duplicates()
    if len(once) < len(table):
        number = len(table) - len(once)
        repeats = "repeats another exactly and was" if number == 1 else "repeat others exactly and were"
        notes.append(f"{counted(number, 'row')} {repeats} left out.")
    again = once["code"].duplicated(keep=False) & (once["code"] != "")
    if again.any():
        code = once.loc[again, "code"].iloc[0]
        values = ", ".join(raw[once.index[once["code"] == code]])
        number = once.loc[again, "code"].nunique()
        occur = "area occurs" if number == 1 else "areas occur"
        faults.append(f"{number} {occur} more than once (such as {code}: {values})")
    return once


def _check_range(values: pd.Series, measure: Measure, column: str, faults: list[str], notes: list[str]) -> None:
    finite = values[np.isfinite(values)]
    if finite.empty:
        return
    low, high = finite.min(), finite.max()
    expected, least, most = _RANGES[measure.unit]
    extent = f"{column} runs from {low:g} to {high:g}"
    if measure.unit != "rate" and (high > 1.5 or abs(finite.median()) > 1):
        faults.append(f"{extent}, which looks like percentages; {expected} were expected")
    elif low < least - 0.5 or high > most + 0.5:
        faults.append(f"{extent}; {expected} were expected")
    elif low < least or high > most:
        outside = int(((finite < least) | (finite > most)).sum())
        notes.append(
            f"{outside} {'value lies' if outside == 1 else 'values lie'} just outside {least:g} to {most:g} ({low:g} "
            f"to {high:g}), as noise added for privacy can cause; used unchanged."
        )


def inventory(paths: list[Path] | None = None) -> list[Holding]:
    """Return what each CSV of the archives holds and for which groups, archive by archive; nothing is fetched.

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
            f"Listing what the Atlas's files contain: there is no zip or CSV in {settings.data_dir()}. ec-maps fetch "
            f"downloads them, or download them from {DATASET_PAGE} and put them there as they are."
        )
        raise DataError(msg)
    found: list[Holding] = []
    for path in paths:
        try:
            found += map(_with_categories, archive.holdings(path))
        except DataError as error:
            found.append(Holding(Member(path, "", path.name, repeated=False), None, "", fault=str(error)))
    return found


def _with_categories(held: Holding) -> Holding:
    if held.level is None:
        return replace(held, fault=held.words)
    try:
        groups, dates = groups_and_dates(archive.read(held.member), held.member)
        return replace(held, categories=tuple(sorted(groups)), dates=tuple(sorted(dates)))
    except DataError as error:
        return replace(held, fault=str(error))
