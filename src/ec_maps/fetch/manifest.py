"""The record of downloads in the cache: where each is from, when it was downloaded, its licence and its hash.

Only files that ``manifest.json`` lists are used. It is replaced in one step, after its files are complete and on disk,
so what a killed process leaves is either listed and right, or not listed and not used.
"""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from ec_maps import settings
from ec_maps.cache import atomic_write, file_digest, warn_if_shared

FORMAT = 1

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


@dataclass(frozen=True)
class Brought:
    """What is known of a file that was just downloaded: name, id of the resource, ETag, date and licence as published.

    The `address` is without query, user and password. `variant` says which of several forms it is, such as the
    resolution of boundaries, and `notes` what was odd, a sentence each.
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
    """One file of the cache: what its publisher says of it, its `key` in ``sources.csv``, and facts of the copy.

    `fetched_at` is in UTC; `tool` is the version of ec_maps that downloaded it.
    """

    key: str
    file: str
    size: int
    sha256: str
    fetched_at: str
    tool: str = ""

    @property
    def path(self) -> Path:
        """The path of the file."""
        return settings.cache_dir() / self.file

    def is_good(self) -> bool:
        """Return whether the file exists and is, byte for byte, the one that was downloaded."""
        try:
            return self.path.stat().st_size == self.size and file_digest(self.path) == self.sha256
        except OSError:
            return False


def new_entry(key: str, path: Path, brought: Brought, sha256: str) -> Entry:
    """Return the entry for a file that has just been downloaded to `path` in the cache."""
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    tool = f"ec_maps {version('ec-maps')}"
    known = asdict(brought)
    return Entry(key=key, file=path.name, size=path.stat().st_size, sha256=sha256, fetched_at=now, tool=tool, **known)


def manifest_path() -> Path:
    """Return the path of the manifest."""
    return settings.cache_dir() / "manifest.json"


def read() -> dict[str, Entry]:
    """Return the entries by key; nothing if there is no manifest, or none that this version can read."""
    warn_if_shared()
    try:
        content = json.loads(manifest_path().read_text(encoding="utf-8"))
        entries = [_entry(row) for row in content["files"]] if content["format"] == FORMAT else []
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return {}
    return {entry.key: entry for entry in entries}


def held(key: str) -> Entry | None:
    """Return the entry of a file in the cache, unchanged since it was downloaded; None if there is none."""
    entry = read().get(key)
    return entry if entry and entry.is_good() else None


def _entry(row: dict[str, Any]) -> Entry:
    """Return an entry; `ValueError` for one that names a file outside the cache or is incomplete."""
    known = {name: row[name] for name in (part.name for part in fields(Entry)) if name in row}
    entry = Entry(**{**known, "notes": tuple(row.get("notes", ()))})
    texts = [value for name, value in vars(entry).items() if name not in ("size", "notes")]
    if not all(isinstance(text, str) for text in (*texts, *entry.notes)) or not _NAME.fullmatch(entry.file):
        msg = f"The manifest has an invalid entry: {entry.key}."
        raise ValueError(msg)
    return entry


def write(entries: dict[str, Entry]) -> None:
    """Replace the manifest, in one step and on disk; `OSError` if that cannot be done."""
    rows = [asdict(entries[key]) for key in sorted(entries)]
    text = json.dumps({"format": FORMAT, "files": rows}, indent=2, ensure_ascii=False) + "\n"
    with atomic_write(manifest_path(), durable=True) as temporary:
        temporary.write_text(text, encoding="utf-8")
