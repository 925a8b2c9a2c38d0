"""The record of what was brought into the cache: from where, when, under which licence, and what each file's hash is.

``manifest.json`` is what makes a file in the cache count. It is replaced in one step, after the files that it names are
whole and on disk; so whatever a killed process leaves is either listed and right, or not listed and not used.
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
    with atomic_write(path, durable=True) as temporary:
        temporary.write_text(text, encoding="utf-8")


# --- what is to be brought, and what became of it ---------------------------------------------------


State = Literal["already there", "fetched", "replaced", "unchanged", "failed", "to be fetched", "to be asked for again"]

#: What was not to be had is not asked for again so soon, unless someone asks.
_PATIENCE = 3600.0


@dataclass(frozen=True)
class Job:
    """One file to be brought.

    Attributes
    ----------
    key
        Its key in ``sources.csv`` and in the manifest.
    suffix
        Its kind: ``.zip``, ``.parquet``, ``.csv`` or ``.gpkg``.
    bring
        Writes it to a path and says what it is.
    check
        Raises an :class:`EcMapsError` if a file is not what is needed.
    by_hand
        What to do if it cannot be brought, in a sentence or two.
    variant
        A file of another variant does not serve; empty if any does.
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
        """What is in the cache for it, unchanged since it was brought and of the right variant; None if nothing is."""
        entry = held(self.key)
        return entry if entry and (not self.variant or entry.variant == self.variant) else None

    @property
    def publisher(self) -> str:
        """By whom it is published, as far as that decides which host it comes from."""
        return sources.source(self.key).kind


@dataclass(frozen=True)
class Outcome:
    """What became of a job: the file in the cache, if there is one, and what went wrong, if anything did."""

    job: Job
    state: State
    entry: Entry | None = None
    said: str = ""

    @property
    def is_unreachable(self) -> bool:
        """Whether it failed for want of a connection."""
        return self.state == "failed" and "No connection to" in self.said


def raise_failures(outcomes: Sequence[Outcome]) -> None:
    """Raise one `FetchError` for all that failed and is needed, or failed although there is a copy; else return."""
    failed = [done for done in outcomes if done.state == "failed" and (done.entry or not done.job.optional)]
    if not failed:
        return
    texts: dict[str, list[str]] = {}
    hints = []
    for done in failed:
        said, _, advice = done.said.partition("\n\n")
        texts.setdefault(said, []).append(done.job.what)
        hints += [] if done.entry else [done.job.by_hand or advice]
    first = " ".join(f"{'; '.join(whats)}: {said}" for said, whats in texts.items())
    if any(done.entry for done in failed):
        hints.insert(0, "The copies from before are still here and in use.")
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
    """Note that something optional was not to be had, so that not every page of a site asks for it again."""
    if job.optional:
        with suppress(OSError):
            _failure(job).write_text(said, encoding="utf-8")


def just_failed(job: Job) -> bool:
    """Return whether something optional was not to be had a short while ago."""
    try:
        return job.optional and abs(time.time() - _failure(job).stat().st_mtime) < _PATIENCE
    except OSError:
        return False


def why_failed(job: Job) -> str:
    """Return why it was not."""
    try:
        return _failure(job).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return "It was not to be had."


def forget_failure(job: Job) -> None:
    """Forget that it was not to be had, as now it was."""
    with suppress(OSError):
        _failure(job).unlink(missing_ok=True)
