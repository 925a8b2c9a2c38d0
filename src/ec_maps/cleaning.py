"""Headers and cells of other people's files, cleaned where it is plain what is meant: one place for all readers.

What cannot be seen goes, full-width characters become usual ones. A code or a number that is still none is left to the
readers, which refuse it. pandas is loaded only by what cleans the columns of a user's own table.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from decimal import Decimal
from numbers import Real
from typing import TYPE_CHECKING

from ec_maps.errors import DataError, counted, listed

if TYPE_CHECKING:
    import pandas as pd

#: Larger numbers cannot be told from their neighbours, so that their classes would mislead.
_LARGEST = 1e15

_CODE = re.compile(r"[A-Z][0-9]{8}")
_NUMERIC_CODE = re.compile(r"\d{7,8}(?:\.0)?")
_THOUSANDS = re.compile(r"(?<![\d.,])[1-9]\d{0,2}(?:,\d{3})+(?![\d,])")
_NUMBER = re.compile(r"([-+]?)([£€$]?)([-+]?)((?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?)(%?)")

#: Unicode counts these as letters, marks or signs, but nothing is drawn for them.
_UNSEEN = re.compile("[\u034f\u115f\u1160\u2800\ufe00-\ufe0f]")

#: Control characters that are no white space.
_COMMANDS = re.compile("[\\x00-\\x08\\x0e-\\x1b\\x7f-\\x84\\x86-\\x9f]")

#: The header of a column of row numbers, as the publisher, pandas, R and DuckDB write it.
ROW_NUMBERS = frozenset(("", "unnamed:_0", "index", "column0", "x", "1"))

#: What stands in published tables for a value that is not there: signs of the Government Analysis Function among them.
MISSING = frozenset(
    ("", "-", "–", "—", ".", "..", "...", ":", "*", "~", "x", "c", "z", "[x]", "[c]", "[z]", "[low]", "[u]")
) | {"n/a", "na", "nan", "none", "null", "#n/a", "<na>"}


# --- one text ---------------------------------------------------------------------------------------


def visible(text: str) -> str:
    """Return a text without characters that nobody sees, such as zero-width spaces and byte-order marks."""
    if text.isascii():
        return text
    return _UNSEEN.sub("", "".join(one for one in text if unicodedata.category(one) != "Cf"))


def printable(text: str) -> str:
    """Return a text without invisible characters and without commands to a terminal."""
    return visible(_COMMANDS.sub("", text))


def clean(text: str) -> str:
    """Return a text without invisible characters and without spaces round it, those within being single."""
    # The acute accent alone, which some type for an apostrophe, would become a space.
    text = text if text.isascii() else unicodedata.normalize("NFKC", text.replace("\u00b4", "'"))
    return " ".join(printable(text).split())


def clean_header(text: str) -> str:
    """Return the name of a column, or of a group of people, in lower case, with underscores for spaces and hyphens."""
    return re.sub(r"[\s.-]+", "_", clean(text).strip("\"'").lower()).strip("_")


def clean_code(text: str) -> str:
    """Return a code in capitals, without spaces, quotes and Excel's ``=``; empty for a missing one."""
    if _CODE.fullmatch(text):
        return text
    code = re.sub(r"[\s\"'‘’“”=]+", "", clean(text)).upper()
    return "" if code.lower() in MISSING else code


def clean_number(text: str) -> str:
    """Return a number as programs write it: no spaces, no thousands separators, a plain minus."""
    if text.isascii() and text.isalnum():
        return text
    text = re.sub(r"^[−–](?=.)", "-", "".join(clean(text).split())).replace("−", "-")
    return _THOUSANDS.sub(lambda found: found[0].replace(",", ""), text)


def odd_characters(text: str) -> str:
    """Return the characters of a code that nobody types, by name: ``no-break space (U+00A0)``; or an empty text."""
    odd = [letter for letter in dict.fromkeys(text) if not (letter.isascii() and letter.isprintable())]
    return listed([f"{unicodedata.name(one, 'control character').lower()} (U+{ord(one):04X})" for one in odd], 3)


def code_notes(raw: Iterable[object], codes: Iterable[str | None], places: Iterable[object]) -> list[str]:
    """Return notes on codes that were corrected: how many, and which characters were in the way, and where."""
    changed = [
        (text, code, place)
        for text, code, place in zip(raw, codes, places, strict=True)
        if isinstance(text, str) and code and text != code
    ]
    odd = [(odd_characters(text), code, place) for text, code, place in changed if odd_characters(text)]
    plain = len(changed) - len(odd)
    notes = []
    if plain:
        were = "was" if plain == 1 else "were"
        notes.append(f"{counted(plain, 'code')} {were} in lower case, quoted or had spaces; corrected.")
    if odd:
        character, code, place = odd[0]
        where = f"the first is {character} in {code}, {place}" if odd[1:] else f"{character} in {code}, {place}"
        notes.append(f"{counted(len(odd), 'code')} had characters that do not belong there: {where}; corrected.")
    return notes


# --- a column of a user's own table -----------------------------------------------------------------


@dataclass
class Values:
    """A column as numbers, the unit that its text had (``"%"``, ``"£"`` or none), and notes on what was done."""

    numbers: pd.Series
    unit: str = ""
    notes: list[str] = field(default_factory=list)


def cleaned_values(column: pd.Series, name: str) -> Values:
    """Return a column as numbers; `DataError` for what are none, such as dates, booleans and infinities."""
    import numpy as np
    import pandas as pd

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
    import pandas as pd

    numbers, units, odd, empty = [], [], [], 0
    for value in column:
        number, unit = _read(value)
        if unit is None:
            odd.append(value)
        elif math.isnan(number):
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
        example = next(value for value in column if _read(value)[1] == signs[0])
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
        number, sign = _read_text(clean_number(value))
    elif isinstance(value, Real | Decimal) and not isinstance(value, bool):
        with suppress(OverflowError, ValueError):
            number, sign = float(value), ""
    elif _is_missing(value):
        sign = ""
    return number, sign


def _read_text(text: str) -> tuple[float, str | None]:
    if text.lower() in MISSING:
        return float("nan"), ""
    found = _NUMBER.fullmatch(text)
    if not found or (found[1] and found[3]) or (found[2] and found[5]):
        return float("nan"), None
    return float(found[4]) * (-1 if "-" in (found[1], found[3]) else 1), found[2] or found[5]


def _is_missing(value: object) -> bool:
    import pandas as pd

    try:
        return pd.isna(value) is True  # type: ignore[call-overload]
    except (TypeError, ValueError, ArithmeticError):
        return False


def cleaned_codes(column: pd.Series) -> tuple[pd.Series, list[str]]:
    """Return codes in capitals without spaces, missing ones as None, and notes; `DataError` if they are numbers."""
    import pandas as pd

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
    return codes, code_notes(column, codes, (f"row {number}" for number in range(1, len(codes) + 1)))


def plain_code(value: object) -> str | None:
    """Return a code in capitals without spaces, None for a missing one."""
    return None if _is_missing(value) else clean_code(str(value)) or None
