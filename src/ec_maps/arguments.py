"""Arguments of public functions: checked, or refused in a sentence that says what to give."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, TypeGuard

from ec_maps.errors import EcMapsError, SettingError, told

if TYPE_CHECKING:
    import pandas as pd


def is_known(key: object, keys: Container[str]) -> TypeGuard[str]:
    """Return whether a key is a text among others; a thing that cannot be looked up is not."""
    return isinstance(key, str) and key in keys


def unknown(noun: str, key: object) -> str:
    """Return that there is no such key, in a sentence: "There is no level "ward"."."""
    given = told(key)
    if isinstance(key, str):
        return f"There is no {noun} {given}."
    return f"{given[:1].upper()}{given[1:]} is no {noun}; give its name."


def optional_text(thing: object, name: str) -> str | None:
    """Return a text or None; `SettingError` for anything else."""
    if thing is None or isinstance(thing, str):
        return thing
    msg = f"{name}= is a text, and {told(thing)} was given."
    raise SettingError(msg)


def several(
    things: object, one: type | tuple[type, ...], what: str, error: type[EcMapsError] = SettingError
) -> list[object]:
    """Return one thing, or each of several, as a list; an error for what is neither.

    Parameters
    ----------
    things
        What was given.
    one
        The types of a single thing.
    what
        What can be given, as the subject of a sentence.
    error
        The class of the error.
    """
    if isinstance(things, one):
        return [things]
    unfit = isinstance(things, str | bytes | bytearray | Mapping) or hasattr(things, "columns")
    if isinstance(things, Iterable) and not unfit:
        try:
            return list(things)
        except TypeError:  # an array without dimensions
            pass
    msg = f"{what}; {told(things)} was given."
    raise error(msg)


def path_of(thing: object, what: str, error: type[EcMapsError] = SettingError) -> Path:
    """Return a path that a file system can be asked for.

    `what` is what can be given, as the subject of a sentence; what is no text or path, or has characters that no name
    can have, or is too long, is an error of the class `error`.
    """
    if isinstance(thing, str | Path) and str(thing).strip():
        path = Path(thing)
        try:
            path.stat()
        except (FileNotFoundError, NotADirectoryError, PermissionError):
            return path
        except (OSError, ValueError) as fault:
            msg = f"{told(str(thing))} cannot be the name of a file: {getattr(fault, 'strerror', None) or fault}."
            raise error(msg) from None
        return path
    msg = f"{what}; {told(thing)} was given."
    raise error(msg)


def table_of(thing: object, example: str, needed: Iterable[str] = ()) -> pd.DataFrame:
    """Return a table that has columns, each once; `SettingError` for what is no table or lacks some.

    `example` is the call that returns such a table.
    """
    import pandas as pd

    if not isinstance(thing, pd.DataFrame):
        msg = f"The table is one such as {example} returns, and {told(thing)} was given."
        raise SettingError(msg)
    if not thing.columns.is_unique:
        msg = "The table has columns of the same name; name each once."
        raise SettingError(msg)
    if lost := sorted(set(needed) - set(thing.columns)):
        msg = f"The table is one such as {example} returns; this one lacks the columns {', '.join(lost)}."
        raise SettingError(msg)
    return thing


def numbers_of(table: pd.DataFrame, columns: Iterable[str]) -> pd.DataFrame:
    """Return columns as numbers, missing ones as NaN; `SettingError` for a column that holds something else."""
    import pandas as pd

    found = {}
    for name in columns:
        values = table[name]
        if not pd.api.types.is_numeric_dtype(values) or pd.api.types.is_complex_dtype(values):
            if values.notna().any():
                msg = f"The column {name} holds {values.dtype}, not numbers; pandas.to_numeric makes them."
                raise SettingError(msg)
            values = values.astype("Float64")
        found[name] = values.astype("Float64").astype(float)
    return pd.DataFrame(found, index=table.index)
