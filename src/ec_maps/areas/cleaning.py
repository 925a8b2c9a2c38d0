"""Codes and values of a user's own column, cleaned where it is plain what is meant, and refused where it is not."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass, field
from decimal import Decimal
from numbers import Real

import numpy as np
import pandas as pd

from ec_maps.errors import DataError, counted, listed

#: Larger numbers cannot be told from their neighbours, so that their classes would mislead.
_LARGEST = 1e15

_SPACE = re.compile(r"[\s\u00a0\u2009\u200b\u202f\ufeff]+")
_NUMBER = re.compile(r"([-+−]?)([£€$]?)([-+−]?)((?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d*)?|\.\d+)(%?)")
_NUMERIC_CODE = re.compile(r"\d{7,8}(?:\.0)?")

#: What stands in published tables for a value that is not there: signs of the Government Analysis Function among them.
_NOTHING = frozenset(
    ("", "-", "–", "—", ".", "..", "...", ":", "*", "~", "x", "c", "z", "[x]", "[c]", "[z]", "[low]", "[u]")
) | {"n/a", "na", "nan", "none", "null", "#n/a", "<na>"}


@dataclass
class Values:
    """A column as numbers, the unit that its text had (``"%"``, ``"£"`` or none), and notes on what was done."""

    numbers: pd.Series
    unit: str = ""
    notes: list[str] = field(default_factory=list)


def cleaned_values(column: pd.Series, name: str) -> Values:
    """Return a column as numbers; `DataError` for what are none, such as dates, booleans and infinities."""
    kinds = pd.api.types
    # Of objects, the kind shows in what is there: a column of True and False with a gap is one of objects.
    flags = {
        isinstance(one, bool | np.bool_) for one in column if kinds.is_object_dtype(column) and not _is_missing(one)
    }
    if kinds.is_bool_dtype(column) or flags == {True}:
        msg = (
            f"The column {name} holds yes and no (booleans), which have no order to cut into classes. Map a share or a "
            f"number, such as its mean over groups."
        )
        raise DataError(msg)
    if kinds.is_numeric_dtype(column) and not kinds.is_complex_dtype(column):
        found = Values(pd.Series(column.to_numpy(dtype=float, na_value=np.nan), column.index))
    elif (
        kinds.is_object_dtype(column) or kinds.is_string_dtype(column) or isinstance(column.dtype, pd.CategoricalDtype)
    ):
        found = _from_text(column.astype(object), name)
    else:
        msg = f"The column {name} holds {column.dtype}, not numbers."
        raise DataError(msg)
    size = found.numbers.abs()
    if (endless := int(np.isinf(size).sum())) or (size > _LARGEST).any():
        what = f"{endless} of its values are infinite" if endless else f"some of its values are above {_LARGEST:g}"
        msg = (
            f"The column {name} cannot be mapped: {what}. A division by zero? Make them missing, or correct them: "
            f"data[{name!r}].replace([float('inf'), -float('inf')], float('nan'))."
        )
        raise DataError(msg)
    return found


def _from_text(column: pd.Series, name: str) -> Values:
    """Return text, or objects of several kinds, as numbers."""
    numbers, units, odd, empty = [], [], [], 0
    for value in column:
        number, unit = _read(value)
        if unit is None:
            odd.append(value)
        elif np.isnan(number):
            empty += isinstance(value, str)
        else:
            units.append(unit)
        numbers.append(number)
    if odd:
        shown = listed([repr(value)[:40] for value in dict.fromkeys(map(str, odd))], 3)
        msg = (
            f"The column {name} holds {counted(len(odd), 'value')} that cannot be read as numbers: {shown}. Text is "
            f'read if it is a number such as "1,234", "45 %" or "£12", or a sign for a missing one such as "n/a".'
        )
        raise DataError(msg)
    signs = sorted(set(units) - {""})
    if len(signs) > 1 or ("%" in signs and "" in units):
        plain = f", {units.count('')} without a sign" if "" in units else ""
        found = ", ".join(f"{units.count(sign)} with {sign}" for sign in signs)
        msg = (
            f"The column {name} mixes units ({found}{plain}), so that it is not clear what its numbers mean. "
            f"Bring all of them to one unit."
        )
        raise DataError(msg)
    notes = []
    if signs:
        example = next(value for value in column if isinstance(value, str) and signs[0] in value)
        read = f"{_read(example)[0]:g}"
        notes.append(f'Values written with {signs[0]} were read as numbers: "{example.strip()}" is {read}.')
    elif any(isinstance(value, str) for value in column) and units:
        notes.append("Values written as text were read as numbers.")
    if empty:
        notes.append(f"{counted(empty, 'value')} such as n/a, - or .. {'is' if empty == 1 else 'are'} missing.")
    return Values(pd.Series(numbers, column.index, dtype=float), signs[0] if signs else "", notes)


def _read(value: object) -> tuple[float, str | None]:
    """Return a value as a number with its sign (``%`` or a currency); NaN if missing; None as sign if it is neither."""
    number, sign = float("nan"), None
    if isinstance(value, str):
        number, sign = _read_text(_SPACE.sub("", value))
    elif isinstance(value, Real | Decimal) and not isinstance(value, bool | np.bool_):
        with suppress(OverflowError, ValueError):
            number, sign = float(value), ""
    elif _is_missing(value):
        sign = ""
    return number, sign


def _read_text(text: str) -> tuple[float, str | None]:
    if text.lower() in _NOTHING:
        return float("nan"), ""
    found = _NUMBER.fullmatch(text)
    if not found or (found[1] and found[3]) or (found[2] and found[5]):
        return float("nan"), None
    number = float(found[4].replace(",", ""))
    return -number if {found[1], found[3]} & {"-", "−"} else number, found[2] or found[5]


def _is_missing(value: object) -> bool:
    try:
        return pd.isna(value) is True  # type: ignore[call-overload]
    except (TypeError, ValueError, ArithmeticError):
        return False


def cleaned_codes(column: pd.Series) -> tuple[pd.Series, list[str]]:
    """Return codes in capitals without spaces, missing ones as None, and notes; `DataError` if they are numbers."""
    codes = pd.Series([plain_code(value) for value in column], column.index, dtype=object)
    known = codes.dropna()
    if len(known) and known.str.fullmatch(_NUMERIC_CODE).mean() > 0.5:
        number = str(known.iloc[0]).removesuffix(".0")
        msg = (
            f"The codes are numbers, such as {number}. A code begins with the letter of its nation, and without it "
            f"E{number:0>8} and W{number:0>8} cannot be told apart. Put the letters back: "
            f'"E" + data["code"].astype(str).str.zfill(8).'
        )
        raise DataError(msg)
    changed = sum(
        isinstance(value, str) and code not in (None, value) for value, code in zip(column, codes, strict=True)
    )
    return codes, [f"{counted(changed, 'code')} had spaces or small letters."] if changed else []


def plain_code(value: object) -> str | None:
    """Return a code in capitals without spaces, None for a missing one."""
    text = "" if _is_missing(value) else _SPACE.sub("", str(value)).upper()
    return None if text.lower() in _NOTHING else text
