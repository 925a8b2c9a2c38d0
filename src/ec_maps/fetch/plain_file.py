"""Files that a publisher replaces in place at one address: downloaded, checked and described."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC
from email.utils import parsedate_to_datetime
from functools import partial
from pathlib import Path
from urllib.parse import urljoin

from ec_maps import settings
from ec_maps.fetch import http
from ec_maps.fetch.http_errors import Fault, plain
from ec_maps.fetch.manifest import Brought
from ec_maps.fetch.sources import candidates, source

__all__ = ["bring"]


def bring(
    key: str,
    path: Path,
    check: Callable[[Path, str], list[str]],
    *,
    what: str,
    setting: tuple[str, str, str],
    begins: bytes = b"",
) -> Brought:
    """Download a published file, byte for byte, and return what is known of it.

    Parameters
    ----------
    key
        Its key in ``sources.csv``; the rows are tried in order.
    path
        The file to write, whose folder must exist; after a failure it does not exist.
    check
        Takes the file and its address; returns what is odd about it, or raises `Fault` if it is another file.
    what
        What it is, as the beginning of a sentence.
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
            notes = check(path, plain(url))
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
        return Brought(
            address=plain(url),
            name=url.rsplit("/", 1)[-1],
            etag=saved.etag,
            date=_in_utc(saved.date),
            licence=source(key).licence,
            notes=(*(f"Another copy of the file was skipped: {reason}" for reason in reasons), *notes),
        )
    msg = f"{what} could not be downloaded. {' '.join(reasons)} {name} can give another address of the file."
    raise Fault(msg, fault.kind, fault.wait, fault.status)


def _in_utc(date: str) -> str:
    """Return the date of an HTTP header in the manifest's form; unchanged if it cannot be read."""
    try:
        return parsedate_to_datetime(date).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except ValueError:
        return date
