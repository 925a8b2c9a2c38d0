"""Readable names of neighbourhoods, by the House of Commons Library.

The Library replaces its file in place, and keeps the one for the neighbourhoods of 2011 beside it under almost the same
name. So what comes is looked at before it counts.
"""

from __future__ import annotations

import csv
import io
from contextlib import suppress
from datetime import UTC
from email.utils import parsedate_to_datetime
from functools import partial
from pathlib import Path
from urllib.parse import urljoin

from ec_maps import settings, web
from ec_maps.editions import edition
from ec_maps.errors import listed
from ec_maps.faults import Fault, is_page, plain
from ec_maps.manifest import Brought
from ec_maps.sources import candidates, source

__all__ = ["bring"]

_KEY = "msoa21_names"
_COLUMNS = ("msoa21cd", "msoa21nm", "msoa21hclnm", "msoa21hclnmw")


def bring(path: Path) -> Brought:
    """Write the Library's file of names, byte for byte, to a file, and return what is known of it.

    Parameters
    ----------
    path
        The file to write, whose folder must exist; after a failure it is not there.

    Raises
    ------
    Fault
        If the file cannot be had, or is a web page, not in UTF-8, short, or of the neighbourhoods of 2011.
    OSError
        If the file cannot be written.
    """
    reasons: list[str] = []
    fault = Fault("", "missing")
    for url in _addresses():
        try:
            saved = web.patiently(partial(web.save, url, path, label=_KEY))
            notes = _checked(path.read_bytes(), plain(url))
        except (Fault, OSError) as error:
            with suppress(OSError):
                path.unlink(missing_ok=True)
            if not isinstance(error, Fault):
                raise
            fault = error
            reasons.append(str(error))
            if settings.is_offline() or error.kind in ("offline", "blocked", "stalled", "busy"):
                break
            continue
        passed = [f"Another file of names was passed over: {reason}" for reason in reasons]
        return Brought(
            address=plain(url),
            name=url.rsplit("/", 1)[-1],
            etag=saved.etag,
            date=_in_utc(saved.date),
            licence=source(_KEY).licence,
            notes=(*passed, *notes),
        )
    msg = (
        f"The House of Commons Library's names of neighbourhoods could not be had. {' '.join(reasons)} "
        f"EC_MAPS_NAMES_URL can give another address of the file."
    )
    raise Fault(msg, fault.kind, fault.wait, fault.status)


def _addresses() -> list[str]:
    told = settings.names_url()
    if told != settings.NAMES_URL:
        return [told]
    return [urljoin(told, row.address) for row in candidates(_KEY)]


def _checked(content: bytes, where: str) -> list[str]:
    """Return what is odd about the file; :class:`Fault` if it is not the one that was expected."""
    if is_page(content.removeprefix(b"\xef\xbb\xbf")):
        msg = f"{where} is a web page, not the file of names. A proxy on the way may want a login."
        raise Fault(msg, "blocked")
    try:
        rows = csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True)
        header = [name.strip().casefold() for name in next(rows, [])]
        table = [dict(zip(header, row, strict=False)) for row in rows if row]
    except UnicodeDecodeError as error:
        msg = f"{where} is not in UTF-8 (byte {error.start:,}), so its Welsh names cannot be read."
        raise Fault(msg, "wrong") from None
    except csv.Error as error:
        msg = f"{where} cannot be read as CSV ({error})."
        raise Fault(msg, "wrong") from None
    if reason := _misfit(header, table):
        msg = f"{where} is not the file of names that was expected: {reason}."
        raise Fault(msg, "wrong")
    unnamed = [row["msoa21cd"].strip() for row in table if not row.get("msoa21hclnm", "").strip()]
    if not unnamed:
        return []
    return [f"The House of Commons Library has no name for {len(unnamed):,} neighbourhoods ({listed(unnamed, 3)})."]


def _misfit(header: list[str], table: list[dict[str, str]]) -> str:
    if "msoa11cd" in header and "msoa21cd" not in header:
        return "it names the neighbourhoods of 2011, and the maps are made for those of 2021"
    if missing := [name for name in _COLUMNS if name not in header]:
        return f"it has no column {listed(missing)} (its columns: {listed(header, 8)})"
    codes = [row.get("msoa21cd", "").strip().upper() for row in table]
    if reason := edition("msoa").misfit(codes):
        return reason
    names: dict[str, str] = {}
    twice = [
        code
        for code, row in zip(codes, table, strict=True)
        if names.setdefault(code, row.get("msoa21hclnm", "")) != row.get("msoa21hclnm", "")
    ]
    return f"it has two names for {len(twice):,} neighbourhoods ({listed(twice, 3)})" if twice else ""


def _in_utc(date: str) -> str:
    """Return the date of an HTTP header as the manifest has dates; as it is if it cannot be read."""
    try:
        return parsedate_to_datetime(date).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except ValueError:
        return date
