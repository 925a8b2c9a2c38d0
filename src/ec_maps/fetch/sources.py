"""The remote sources, by key: where each may be found, in order of preference, and the download of plain files.

The table is ``sources.csv``. Services of the ONS are renamed and withdrawn, so most keys have several rows.
"""

from __future__ import annotations

import csv
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from functools import cache, partial
from importlib import resources
from pathlib import Path
from typing import Literal
from urllib.parse import urljoin

from ec_maps import settings
from ec_maps.fetch import http
from ec_maps.fetch.http_errors import NO_HOST, Fault, plain_address
from ec_maps.fetch.manifest import Brought

__all__ = ["Source", "bring_file", "candidates", "rows", "source"]

#: The resolutions to try, best first, by the resolution asked for.
_STAND_INS = {
    "generalised": ("generalised", "super_generalised"),
    "super_generalised": ("super_generalised", "generalised"),
    "full": ("full", "generalised"),
}


@dataclass(frozen=True)
class Source:
    """One place where a source may be found; `what` it is in words, and its `licence` as far as that is known.

    Several rows may share a `key`, such as ``"lad21_boundaries"``. Only boundaries have a `resolution`. The `address`
    is the resource's id and the file's name on HDX, the name of a map service, or that of a file or table.
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
    """Return the places where a key may be found, best first: of a `resolution`, then of those that may replace it."""
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


def bring_file(
    key: str,
    path: Path,
    check: Callable[[Path, str], list[str]],
    *,
    setting: tuple[str, str, str],
    begins: bytes = b"",
) -> Brought:
    """Download a file that its publisher replaces in place, byte for byte, and return what is known of it.

    Parameters
    ----------
    key
        Its key in ``sources.csv``; the rows are tried in order.
    path
        The file to write, whose folder must exist; after a failure it does not exist.
    check
        Takes the file and its address; returns what is odd about it, or raises `Fault` if it is another file.
    setting
        The name of the setting that can replace the address, the address in use, and the usual one.
    begins
        The bytes that it must begin with.

    Raises
    ------
    Fault
        If the file cannot be downloaded, or is not the expected one.
    OSError
        If it cannot be written.
    """
    name, chosen, usual = setting
    reasons: list[str] = []
    fault = Fault("", "missing")
    for url in [chosen] if chosen != usual else [urljoin(usual, row.address) for row in candidates(key)]:
        try:
            saved = http.patiently(partial(http.save, url, path, label=key, begins=begins))
            notes = check(path, plain_address(url))
        except Fault as error:
            path.unlink(missing_ok=True)
            fault = error
            reasons.append(str(error))
            if settings.is_offline() or error.kind in NO_HOST:
                break
            continue
        date = saved.date
        with suppress(ValueError):
            date = parsedate_to_datetime(date).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        skipped = [f"Another copy of the file was skipped: {reason}" for reason in reasons]
        return Brought(
            address=plain_address(url),
            name=url.rsplit("/", 1)[-1],
            etag=saved.etag,
            date=date,
            licence=source(key).licence,
            notes=(*skipped, *notes),
        )
    msg = f"{source(key).what} could not be downloaded. {' '.join(reasons)} {name} can give another address."
    raise Fault(msg, fault.kind, fault.wait, fault.status)
