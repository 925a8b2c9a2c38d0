"""The record of what was brought into the cache: from where, when, under which licence, and what each file's hash is.

``manifest.json`` is what makes a file in the cache count. It is replaced in one step, after the files that it names are
whole and on disk; so whatever a killed process leaves is either listed and right, or not listed and not used.
"""

from __future__ import annotations

import json
import os
import re
import uuid
from contextlib import suppress
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from ec_maps import settings
from ec_maps.cache import file_digest

FORMAT = 1

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


@dataclass(frozen=True)
class Brought:
    """What is known of a file that was just brought.

    Attributes
    ----------
    address
        Where it is from, without anything after a question mark, and without user and password.
    name
        What it is called there: a file's or a service's name.
    resource
        Its id there, if it has one.
    etag, date
        The server's mark for the content, and its date.
    licence
        The licence as the server states it.
    variant
        Which of several forms it is, such as how fine boundaries are.
    notes
        What was odd, a sentence each.
    """

    address: str
    name: str
    resource: str = ""
    etag: str = ""
    date: str = ""
    licence: str = ""
    variant: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Entry(Brought):
    """One file of the cache: what is known of it from where it came, and what we know of the copy.

    Attributes
    ----------
    key
        What it is called in ``sources.csv``.
    file
        Its name in the cache.
    size, sha256
        Of the copy.
    fetched_at
        When it came, in UTC.
    tool
        Which version of ec_maps brought it.
    """

    key: str
    file: str
    size: int
    sha256: str
    fetched_at: str
    tool: str = ""

    @property
    def path(self) -> Path:
        """Where the file lies."""
        return settings.cache_dir() / self.file

    def is_good(self) -> bool:
        """Return whether the file is there and is, byte for byte, the one that was brought."""
        try:
            status = self.path.stat()
            return status.st_size == self.size and file_digest(self.path) == self.sha256
        except OSError:
            return False


def new_entry(key: str, path: Path, brought: Brought, sha256: str) -> Entry:
    """Return the entry for a file that has just been brought and lies at `path` in the cache."""
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return Entry(
        key=key,
        file=path.name,
        size=path.stat().st_size,
        sha256=sha256,
        fetched_at=now,
        tool=f"ec_maps {version('ec-maps')}",
        **asdict(brought),
    )


def manifest_path() -> Path:
    """Return where the manifest lies."""
    return settings.cache_dir() / "manifest.json"


def read() -> dict[str, Entry]:
    """Return the entries by key; nothing if there is no manifest, or none that this version can read."""
    try:
        told = json.loads(manifest_path().read_text(encoding="utf-8"))
        if told["format"] != FORMAT:
            return {}
        entries = [_entry(row) for row in told["files"]]
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return {}
    return {entry.key: entry for entry in entries}


def held(key: str) -> Entry | None:
    """Return the entry of a file that is in the cache and unchanged since it was brought; None if there is none."""
    entry = read().get(key)
    return entry if entry and entry.is_good() else None


def _entry(row: dict[str, Any]) -> Entry:
    """Return an entry; `ValueError` for one that names a file outside the cache or is not whole."""
    known = {name: row[name] for name in (part.name for part in fields(Entry)) if name in row}
    entry = Entry(**{**known, "notes": tuple(row.get("notes", ()))})
    texts = [value for name, value in vars(entry).items() if name not in ("size", "notes")]
    if not all(isinstance(text, str) for text in (*texts, *entry.notes)) or not _NAME.fullmatch(entry.file):
        msg = f"The manifest has an entry that is no entry: {entry.key}."
        raise ValueError(msg)
    return entry


def write(entries: dict[str, Entry]) -> None:
    """Replace the manifest, in one step and on disk; `OSError` if that cannot be done."""
    path = manifest_path()
    rows = [asdict(entries[key]) for key in sorted(entries)]
    text = json.dumps({"format": FORMAT, "files": rows}, indent=2, ensure_ascii=False) + "\n"
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}.part")
    try:
        with temporary.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)  # noqa: PTH105 - atomic on one file system, which Path.replace does not promise
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
