"""What is to be brought, and what became of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ec_maps import settings
from ec_maps.errors import FetchError
from ec_maps.fetch import manifest, sources
from ec_maps.fetch.manifest import Brought, Entry

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
        entry = manifest.held(self.key)
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
