"""One Atlas CSV, turned into a checked table of one value an area."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from ec_maps.archive import DATASET_PAGE, Member
from ec_maps.errors import DataError, listed
from ec_maps.levels import Level, Measure

_MISSING = {"", "na", "n/a", "nan", "null", "none", "<na>"}


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


def parse(content: bytes, member: Member, level: Level, measure: Measure) -> Measurements:
    """Turn one CSV's bytes into a checked table, or raise `DataError` with all that is wrong."""
    frame = _frame(content, member)
    needed = [level.atlas_code, "measurement_category", measure.column]
    if missing := [name for name in needed if name not in frame.columns]:
        msg = (
            f"{member}: {_plural(len(missing), 'column')} {listed([repr(name) for name in missing])} not found. Its "
            f"columns are: {listed(list(frame.columns), 20)}. The file's layout may have changed since this version "
            f"of ec_maps; check {DATASET_PAGE}, fetch again with --refresh, or take an earlier file."
        )
        raise DataError(msg)
    category = frame["measurement_category"].str.strip().str.lower()
    rows = frame[category == measure.category]
    if rows.empty:
        present = listed(sorted(category.unique())) or "none"
        msg = (
            f'{member}: no row has measurement_category "{measure.category}". The values there are: {present}. The '
            f"file's layout may have changed; check {DATASET_PAGE}, or take an earlier file."
        )
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
    """Read the CSV as text, columns lower-cased, indexed by line; what a reader would bend into shape is an error."""
    # Lines may end as on any system.
    reader = csv.reader(io.StringIO(_text(content, member), newline=None), strict=True)
    try:
        header: list[str] = next((row for row in reader if row), [])
        numbered = [(reader.line_num, row) for row in reader if row]
    except csv.Error as error:
        msg = f"{member} is no readable CSV: line {reader.line_num}: {error}."
        raise DataError(msg) from None
    names = [name.strip().lower() for name in header]
    if repeated := sorted({name for name in names if name and names.count(name) > 1}):
        msg = f"{member} has more than one column called {listed(repeated)}; which one is meant cannot be told."
        raise DataError(msg)
    if not numbered:
        msg = f"{member} has no data rows, only the header {listed(header)}." if header else f"{member} is empty."
        raise DataError(msg)
    if odd := [(line, len(row)) for line, row in numbered if len(row) != len(header)]:
        (line, values), number = odd[0], len(odd)
        msg = (
            f"{member}: {_rows(number)} {'does' if number == 1 else 'do'} not have as many values as the header has "
            f"names (the first, line {line}, has {values}; the header {len(header)}: {listed(header)})."
        )
        raise DataError(msg)
    lines, rows = zip(*numbered, strict=True)
    frame = pd.DataFrame(list(rows), index=pd.Index(lines), columns=pd.Index(names), dtype=str)
    # The row numbers that the publisher's tool wrote have no name; they are no data.
    return frame.loc[:, [name not in ("", "unnamed: 0", "index") for name in names]]


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


def _latest(rows: pd.DataFrame, notes: list[str]) -> tuple[pd.DataFrame, str]:
    """Keep the latest date's rows where there are several dates that can be ordered."""
    if "ds" not in rows.columns:
        return rows, ""
    dates = rows["ds"].str.strip()
    if len(odd := dates[~dates.str.fullmatch(r"\d{4}-\d{2}-\d{2}.*")]):
        notes.append(f'The date column "ds" is not in the form 2025-02-28 (such as "{odd.iloc[0]}"); kept as it is.')
        return rows, str(odd.iloc[0])
    if dates.nunique() > 1:
        notes.append(f"The file has {dates.nunique()} dates; the latest, {dates.max()}, is used.")
    return rows[dates == dates.max()], str(dates.max())


def _codes(raw: pd.Series, notes: list[str]) -> pd.Series:
    codes = raw.str.strip(" \t\"'").str.upper()
    if changed := int((codes != raw).sum()):
        notes.append(f"{changed} codes were in lower case, quoted or had spaces round them; put right.")
    codes = codes.mask(codes.str.lower().isin(_MISSING), "")
    if len(odd := codes[(codes != "") & ~codes.str.fullmatch(r"[A-Z]\d{8}")]):
        notes.append(f'{_rows(len(odd))} {"has" if len(odd) == 1 else "have"} no code of an area, but "{odd.iloc[0]}".')
    return codes


def _numbers(raw: pd.Series, faults: list[str]) -> pd.Series:
    text = raw.str.strip()
    text = text.mask(text.str.lower().isin(_MISSING))
    numbers = pd.to_numeric(text, errors="coerce").astype(float)
    for bad, what in ((text.notna() & numbers.isna(), "is not a number"), (np.isinf(numbers), "is infinite")):
        if places := [int(place) for place in raw.index[bad]]:
            example = f'"{raw[places[0]]}" at line {places[0]}'
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
        number = once.loc[again, "code"].nunique()
        occur = "area occurs" if number == 1 else "areas occur"
        faults.append(f"{number} {occur} more than once (such as {code}: {values})")
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
