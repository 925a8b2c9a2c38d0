"""The record of the files in the cache: where each is from, when it was downloaded, its licence and its hash.

Only files that ``manifest.json`` lists are used. It is replaced in one step, after its files are complete and on disk,
so what a killed process leaves is either listed and right, or not listed and not used.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

from ec_maps import settings
from ec_maps.cache import atomic_write, file_digest
from ec_maps.errors import FetchError
from ec_maps.fetch import sources

FORMAT = 1

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


@dataclass(frozen=True)
class Brought:
    """What is known of a file that was just downloaded.

    Attributes
    ----------
    address
        Where it is from, without query, user and password.
    name
        The name of the file or service there.
    resource
        Its id there, if it has one.
    etag, date
        The server's ETag for the content, and its date.
    licence
        The licence as the server states it.
    variant
        Which of several forms it is, such as the resolution of boundaries.
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
    """One file of the cache: what is known from its publisher, and what is known of the copy.

    Attributes
    ----------
    key
        Its key in ``sources.csv``.
    file
        Its name in the cache.
    size, sha256
        Of the copy.
    fetched_at
        When it was downloaded, in UTC.
    tool
        The version of ec_maps that downloaded it.
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
            status = self.path.stat()
            return status.st_size == self.size and file_digest(self.path) == self.sha256
        except OSError:
            return False


def new_entry(key: str, path: Path, brought: Brought, sha256: str) -> Entry:
    """Return the entry for a file that has just been downloaded to `path` in the cache."""
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
    """Return the path of the manifest."""
    return settings.cache_dir() / "manifest.json"


def read() -> dict[str, Entry]:
    """Return the entries by key; nothing if there is no manifest, or none that this version can read."""
    try:
        content = json.loads(manifest_path().read_text(encoding="utf-8"))
        if content["format"] != FORMAT:
            return {}
        entries = [_entry(row) for row in content["files"]]
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
    path = manifest_path()
    rows = [asdict(entries[key]) for key in sorted(entries)]
    text = json.dumps({"format": FORMAT, "files": rows}, indent=2, ensure_ascii=False) + "\n"
    with atomic_write(path, durable=True) as temporary:
        temporary.write_text(text, encoding="utf-8")


# --- what to fetch, and the outcome -----------------------------------------------------------------


State = Literal["already there", "fetched", "replaced", "unchanged", "failed", "to be fetched", "to be asked for again"]

#: Do not retry a failed optional download within this many seconds, unless someone asks.
_PATIENCE = 3600.0


@dataclass(frozen=True)
class Job:
    """One file to fetch.

    Attributes
    ----------
    key
        Its key in ``sources.csv`` and in the manifest.
    suffix
        Its kind: ``.zip``, ``.parquet``, ``.csv`` or ``.gpkg``.
    bring
        Writes it to a path and returns what is known of it.
    check
        Raises an :class:`EcMapsError` if a file is not what is needed.
    by_hand
        What to do if it cannot be fetched, in a sentence or two.
    variant
        The variant that is needed; empty if any will do.
    optional
        Whether the other maps can be drawn without it.
    """

    key: str
    suffix: str
    bring: Callable[[Path], Brought]
    check: Callable[[Path], object]
    by_hand: str
    variant: str = ""
    optional: bool = False

    @property
    def what(self) -> str:
        """What it is, in words."""
        return sources.source(self.key).what

    @property
    def serving(self) -> Entry | None:
        """Its entry in the cache, unchanged since it was downloaded and of the right variant; None if there is none."""
        entry = held(self.key)
        return entry if entry and (not self.variant or entry.variant == self.variant) else None

    @property
    def publisher(self) -> str:
        """The kind of source, which decides the host that it comes from."""
        return sources.source(self.key).kind


@dataclass(frozen=True)
class Outcome:
    """The outcome of a job: the file in the cache, if there is one, and what went wrong, if anything did."""

    job: Job
    state: State
    entry: Entry | None = None
    said: str = ""

    @property
    def is_unreachable(self) -> bool:
        """Whether it failed because there was no connection."""
        return self.state == "failed" and "No connection to" in self.said


def raise_failures(outcomes: Sequence[Outcome]) -> None:
    """Raise one `FetchError` for all failed jobs that are required or have an earlier copy, if there are any."""
    failed = [done for done in outcomes if done.state == "failed" and (done.entry or not done.job.optional)]
    if not failed:
        return
    texts: dict[str, list[str]] = {}
    hints = []
    for done in failed:
        reason, _, advice = done.said.partition("\n\n")
        texts.setdefault(reason, []).append(done.job.what)
        hints += [] if done.entry else [done.job.by_hand or advice]
    first = " ".join(f"{'; '.join(whats)}: {reason}" for reason, whats in texts.items())
    if any(done.entry for done in failed):
        hints.insert(0, "The earlier copies are still in use.")
    elif any(done.is_unreachable for done in failed):
        hints.insert(
            0, f"On a connected computer, ec-maps fetch fills {settings.cache_dir()}, which can be copied here."
        )
    if not all(done.entry for done in failed):
        hints.append("To try things without any of it, use the built-in data: EC_MAPS_SOURCE=demo.")
    msg = "\n\n".join(part for part in (first, " ".join(filter(None, dict.fromkeys(hints)))) if part)
    raise FetchError(msg)


def _failure(job: Job) -> Path:
    return settings.cache_dir() / f".{job.key}.failed"


def remember_failure(job: Job, said: str) -> None:
    """Record that an optional download failed, so that not every page of a site tries it again."""
    if job.optional:
        with suppress(OSError):
            _failure(job).write_text(said, encoding="utf-8")


def just_failed(job: Job) -> bool:
    """Return whether an optional download failed within the last hour."""
    try:
        return job.optional and abs(time.time() - _failure(job).stat().st_mtime) < _PATIENCE
    except OSError:
        return False


def why_failed(job: Job) -> str:
    """Return why it failed."""
    try:
        return _failure(job).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return "It could not be downloaded."


def forget_failure(job: Job) -> None:
    """Remove the record of a failure, as the download has now succeeded."""
    with suppress(OSError):
        _failure(job).unlink(missing_ok=True)
