"""One family of exceptions: catch :class:`EcMapsError` for all of them.

Each also is the builtin type that people already catch, and carries the exit status that ``ec-maps`` ends with.
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
    """Something that a message can explain; ``exit_status`` is what the command line ends with."""

    exit_status = 1


class DataError(EcMapsError, ValueError):
    """An Atlas archive, or a table in it, is absent, damaged or not what it should be."""


class BoundaryError(EcMapsError, ValueError):
    """Boundaries or lookups are absent, of another vintage or cannot be drawn."""


class FetchError(EcMapsError, RuntimeError):
    """Something could not be brought from where it is published; what was here before is still here."""


class MissingExtraError(EcMapsError, ImportError):
    """Something needs libraries of an extra of ec-maps that is not installed; the message names the extra."""


class PaletteError(EcMapsError, ValueError):
    """A palette file does not hold ten colours that run evenly from dark to light."""


class RenderError(EcMapsError, RuntimeError):
    """The site could not be built; what was there before is still there."""


class PlaceError(EcMapsError, ValueError):
    """A place, or the list of places, was not understood."""

    exit_status = 2


class SettingError(EcMapsError, ValueError):
    """An environment variable or an argument has a value that is not known."""

    exit_status = 2


def listed(items: Sequence[object], limit: int = 10) -> str:
    """Join items for a message: all of them, or the first `limit` and how many more there are."""
    shown = ", ".join(str(item) for item in items[:limit])
    more = len(items) - limit
    return f"{shown} and {more} more" if more > 0 else shown
