"""The exceptions of the library, all derived from :class:`EcMapsError`.

Each is also a built-in exception type, and has the exit status of the ``ec-maps`` command.
"""

from __future__ import annotations

from collections.abc import Sequence

__all__ = [
    "BoundaryError",
    "DataError",
    "EcMapsError",
    "FetchError",
    "MissingExtraError",
    "PaletteError",
    "PlaceError",
    "RenderError",
    "SettingError",
]


class EcMapsError(Exception):
    """A fault that a message can explain; ``exit_status`` is the exit status of the command line.

    Examples
    --------
    >>> import ec_maps
    >>> try:
    ...     table = ec_maps.compare("Norwhich")
    ... except ec_maps.EcMapsError as error:
    ...     print(type(error).__name__, error.exit_status)
    PlaceError 2
    """

    exit_status = 1


class DataError(EcMapsError, ValueError):
    """An Atlas archive, or a table in it, is absent, damaged or not of the expected form.

    Examples
    --------
    >>> import ec_maps
    >>> try:
    ...     table = ec_maps.load_areas("lad", category="rich")
    ... except ec_maps.DataError as error:
    ...     print(str(error)[:72])
    Economic connectedness of local authorities is not available for the gro
    """


class BoundaryError(EcMapsError, ValueError):
    """Boundaries or lookups are absent, of another vintage or cannot be drawn.

    Examples
    --------
    >>> import ec_maps
    >>> issubclass(ec_maps.BoundaryError, ec_maps.EcMapsError), ec_maps.BoundaryError.exit_status
    (True, 1)
    """


class FetchError(EcMapsError, RuntimeError):
    """A file could not be downloaded; an earlier copy is unchanged.

    Examples
    --------
    >>> import ec_maps
    >>> issubclass(ec_maps.FetchError, ec_maps.EcMapsError), ec_maps.FetchError.exit_status
    (True, 1)
    """


class MissingExtraError(EcMapsError, ImportError):
    """The libraries of an extra of ec-maps are not installed; the message names the extra.

    Examples
    --------
    >>> import ec_maps
    >>> issubclass(ec_maps.MissingExtraError, (ec_maps.EcMapsError, ImportError))
    True
    """


class PaletteError(EcMapsError, ValueError):
    """A palette file does not have ten colours that run evenly from dark to light.

    Examples
    --------
    >>> import ec_maps
    >>> issubclass(ec_maps.PaletteError, ec_maps.EcMapsError), ec_maps.PaletteError.exit_status
    (True, 1)
    """


class RenderError(EcMapsError, RuntimeError):
    """The site could not be built; an earlier site is unchanged.

    Examples
    --------
    >>> import ec_maps
    >>> issubclass(ec_maps.RenderError, ec_maps.EcMapsError), ec_maps.RenderError.exit_status
    (True, 1)
    """


class PlaceError(EcMapsError, ValueError):
    """A place is not known, or the list of places cannot be read.

    Examples
    --------
    >>> import ec_maps
    >>> try:
    ...     table = ec_maps.compare("Great Yarmoth")
    ... except ec_maps.PlaceError as error:
    ...     print(str(error).splitlines()[0])
    Unknown local authority "Great Yarmoth". Did you mean: Great Yarmouth?
    """

    exit_status = 2


class SettingError(EcMapsError, ValueError):
    """An environment variable or an argument has an unknown value.

    Examples
    --------
    >>> import ec_maps
    >>> try:
    ...     table = ec_maps.load_areas("ward")
    ... except ec_maps.SettingError as error:
    ...     print(error)
    There is no level "ward". The levels are 'lad' and 'msoa'.
    """

    exit_status = 2


def listed(items: Sequence[object], limit: int = 10) -> str:
    """Return items as text for a message: all of them, or the first `limit` and the number of the others."""
    shown = ", ".join(str(item) for item in items[:limit])
    more = len(items) - limit
    return f"{shown} and {more} more" if more > 0 else shown


def letter_of(faults: Sequence[str], first: str, note: str = "") -> str:
    """Return a message: one fault, or several in a list after a first line, and a note after a blank line."""
    text = faults[0] if len(faults) == 1 else "\n- ".join([first, *faults])
    return "\n\n".join(part for part in (text, note) if part)


def counted(number: int, noun: str) -> str:
    """Return a number with its noun: ``1 area``, ``1,204 areas``."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def quoted(text: str, limit: int = 60) -> str:
    """Return `text` in quotation marks, on one line and shortened for a message."""
    text = " ".join(text[: 4 * limit].split())
    return f'"{text}"' if len(text) <= limit else f'"{text[: limit - 1]}…"'


def told(thing: object) -> str:
    """Return a thing as a message names it: ``None``, ``5``, ``(8, 10)``, a quoted text, ``a DataFrame``."""
    if isinstance(thing, str):
        return quoted(thing)
    if isinstance(thing, list | tuple) and 0 < len(thing) <= 10:
        inside = ", ".join(quoted(one) if isinstance(one, str) else told(one) for one in thing)
        if len(inside) <= 60 and not any(isinstance(one, list | tuple | dict) for one in thing):
            return f"({inside})" if isinstance(thing, tuple) else f"[{inside}]"
    if thing is None or isinstance(thing, bool | float) or (isinstance(thing, int) and abs(thing) < 1e15):
        return str(thing)
    name = type(thing).__name__
    return f"{'an' if name[0] in 'AEIOaeio' else 'a'} {name}"


def aligned(rows: Sequence[Sequence[str]]) -> str:
    """Return rows of texts as lines whose columns begin beneath each other."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)
    return "\n".join(line.rstrip() for line in lines)
