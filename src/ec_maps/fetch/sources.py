"""The remote sources, by key: where each may be found, in order of preference, and its licence.

The table is ``sources.csv``. Services of the ONS are renamed and withdrawn, so most keys have several rows.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Literal

__all__ = ["Source", "candidates", "rows", "source"]

#: The resolutions to try, best first, by the resolution asked for.
_STAND_INS = {
    "generalised": ("generalised", "super_generalised"),
    "super_generalised": ("super_generalised", "generalised"),
    "full": ("full", "generalised"),
}


@dataclass(frozen=True)
class Source:
    """One place where a source may be found.

    Attributes
    ----------
    key
        Its key in the manifest, such as ``"lad21_boundaries"``; several rows may share it.
    kind
        How it is fetched: from HDX, from a map service, as a plain file, from GitHub, or from a database.
    resolution
        The resolution of boundaries: ``"full"``, ``"generalised"`` or ``"super_generalised"``; else empty.
    address
        For HDX the resource's id and the file's name, for a map service the service's name, else a file's name.
    what
        What it is, in words.
    licence
        Its licence as far as it is known beforehand.
    """

    key: str
    kind: Literal["hdx", "arcgis", "file", "github", "postgis"]
    resolution: str
    address: str
    what: str
    licence: str


@cache
def _table() -> tuple[Source, ...]:
    text = (resources.files("ec_maps") / "tables" / "sources.csv").read_text(encoding="utf-8")
    return tuple(Source(**row) for row in csv.DictReader(text.splitlines()))  # type: ignore[arg-type]


def candidates(key: str, resolution: str = "") -> list[Source]:
    """Return the places where a key may be found, best first.

    With a `resolution`, those of that resolution come first, and then those that may replace it.
    """
    found = rows(key)
    if not any(row.resolution for row in found):
        return found
    order = _STAND_INS[resolution]
    return sorted((row for row in found if row.resolution in order), key=lambda row: order.index(row.resolution))


def rows(key: str) -> list[Source]:
    """Return all rows of a key, in the table's order."""
    return [row for row in _table() if row.key == key]


def source(key: str) -> Source:
    """Return the first row of a key: what it is, and its licence."""
    return rows(key)[0]
