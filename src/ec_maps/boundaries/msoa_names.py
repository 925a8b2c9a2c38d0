"""Readable names of neighbourhoods, by the House of Commons Library.

The Library replaces its file in place, and publishes the one for the neighbourhoods of 2011 beside it under almost the
same name. So a download is checked before it is used.
"""

from __future__ import annotations

import csv
import io
from pathlib import Path

from ec_maps import settings
from ec_maps.boundaries.ons import edition
from ec_maps.errors import listed
from ec_maps.fetch import sources
from ec_maps.fetch.http_errors import Fault, is_page
from ec_maps.fetch.manifest import Brought

__all__ = ["bring"]

_COLUMNS = ("msoa21cd", "msoa21nm", "msoa21hclnm", "msoa21hclnmw")


def bring(path: Path) -> Brought:
    """Download the Library's file of names, and return what is known of it: see :func:`sources.bring_file`.

    Raises
    ------
    Fault
        If the file cannot be downloaded, or is a web page, not in UTF-8, short, or of the neighbourhoods of 2011.
    """
    setting = ("EC_MAPS_NAMES_URL", settings.names_url(), settings.NAMES_URL)
    return sources.bring_file("msoa21_names", path, _checked, setting=setting)


def _checked(path: Path, where: str) -> list[str]:
    """Return what is odd about the file; :class:`Fault` if it is not the one that was expected."""
    content = path.read_bytes()
    if is_page(content.removeprefix(b"\xef\xbb\xbf")):
        msg = f"{where} is a web page, not the file of names. A proxy on the way may need a login."
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
    return [f"The House of Commons Library has no name for {_neighbourhoods(unnamed)} ({listed(unnamed, 3)})."]


def _neighbourhoods(codes: list[str]) -> str:
    return f"{len(codes):,} {'neighbourhood' if len(codes) == 1 else 'neighbourhoods'}"


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
    return f"it has two names for {_neighbourhoods(twice)} ({listed(twice, 3)})" if twice else ""
