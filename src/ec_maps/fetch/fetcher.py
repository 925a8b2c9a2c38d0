"""Download files into the cache: checked before they count, and once, however many processes want them."""

from __future__ import annotations

import errno
import logging
import os
import re
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ec_maps import settings
from ec_maps.cache import file_digest
from ec_maps.errors import EcMapsError, FetchError, SettingError, counted, letter_of
from ec_maps.fetch import manifest, sources
from ec_maps.fetch.http_errors import Fault
from ec_maps.fetch.manifest import Brought, Entry

logger = logging.getLogger(__name__)

State = Literal["already there", "fetched", "replaced", "unchanged", "failed", "to be fetched", "to be asked for again"]

#: For so many seconds a failed optional download is not retried unless someone asks, and a download that the manifest
#: no longer lists stays, as another process may be reading it.
_HOUR = 3600.0
_OURS = re.compile(r".+\.[0-9a-f]{8}\.(?:zip|parquet|csv|gpkg)")


@dataclass(frozen=True)
class Job:
    """One file to fetch, by its `key` in ``sources.csv`` and in the manifest.

    Attributes
    ----------
    suffix
        ``.zip``, ``.parquet``, ``.csv`` or ``.gpkg``.
    bring, check
        The one writes it to a path and returns what is known of it, the other raises if it is not what is needed.
    by_hand
        What to do if it cannot be fetched, in a sentence or two.
    variant, optional
        The variant needed, if not any will do; and whether the other maps can be drawn without it.
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
        entry = manifest.held(self.key)
        return entry if entry and (not self.variant or entry.variant == self.variant) else None


@dataclass(frozen=True)
class Outcome:
    """The outcome of a job: the file in the cache, if there is one, and what went wrong, if anything did.

    `unreachable` is set if it failed because there was no connection.
    """

    job: Job
    state: State
    entry: Entry | None = None
    message: str = ""
    unreachable: bool = False


def is_ours(path: Path) -> bool:
    """Return whether a file in the cache is a download of ours, which counts only if the manifest lists it."""
    return bool(_OURS.fullmatch(path.name))


def planned(jobs: Sequence[Job], *, refresh: bool = False) -> list[Outcome]:
    """Return what :func:`ensure` would do, without doing it."""
    there: State = "to be asked for again" if refresh else "already there"
    return [Outcome(job, there if (entry := job.serving) else "to be fetched", entry) for job in jobs]


def ensure(jobs: Sequence[Job], *, refresh: bool = False, asked: bool = False) -> list[Outcome]:
    """Fetch what is not in the cache yet, and return the outcome of each job.

    A good copy is not requested again unless `refresh` is set. Processes that want the same file take turns: the first
    fetches it, the others find it in the cache. A job that fails leaves the earlier copy; the other jobs still run.

    Parameters
    ----------
    jobs
        What is needed.
    refresh
        Request everything again. A copy that differs replaces the earlier one.
    asked
        Whether a person asked for it: then an optional download that failed within the last hour is tried again.

    Raises
    ------
    FetchError
        If the cache cannot be written although something has to be fetched.
    SettingError
        If a setting stands in the way, such as a wrong password.
    """
    settled = [None if refresh else _settled(job, asked=asked) for job in jobs]
    if all(settled):
        return [done for done in settled if done]
    if settings.is_offline():
        reason = "EC_MAPS_OFFLINE is set, so nothing was fetched."
        entries = [job.serving for job in jobs]
        return [
            Outcome(job, "failed" if refresh or not entry else "already there", entry, reason)
            for job, entry in zip(jobs, entries, strict=True)
        ]
    with _writable_cache() as folder:
        _sweep(folder)
        gone: dict[str, str] = {}
        outcomes = []
        for job in jobs:
            # A host that cannot be reached is tried once, not for each of its files.
            publisher = sources.source(job.key).kind
            done = None if refresh else _settled(job, asked=asked)
            if done is None and publisher in gone:
                done = Outcome(job, "failed", job.serving, gone[publisher], unreachable=True)
            done = done or _done(job, folder)
            if done.unreachable:
                gone[publisher] = done.message
            outcomes.append(done)
        return outcomes


def required(jobs: Sequence[Job]) -> list[Entry]:
    """Return the entries of all jobs, fetched if need be, without optional ones that are not available.

    Raises
    ------
    FetchError
        If a required file is not available: why, and what to do.
    """
    outcomes = ensure(jobs)
    raise_failures(outcomes)
    return [done.entry for done in outcomes if done.entry]


def raise_failures(outcomes: Sequence[Outcome]) -> None:
    """Raise one `FetchError` for all failed jobs that are required or have an earlier copy, if there are any."""
    failed = [done for done in outcomes if done.state == "failed" and (done.entry or not done.job.optional)]
    if not failed:
        return
    texts: dict[str, list[str]] = {}
    hints = []
    if any(done.entry for done in failed):
        hints.append("The earlier copies are still in use.")
    elif any(done.unreachable for done in failed):
        hints.append(f"On a connected computer, ec-maps fetch fills {settings.cache_dir()}, which can be copied here.")
    for done in failed:
        reason, _, advice = done.message.partition("\n\n")
        texts.setdefault(reason, []).append(done.job.what)
        hints += [] if done.entry else [done.job.by_hand or advice]
    if not all(done.entry for done in failed):
        hints.append("To try things without any of it, use the built-in data: EC_MAPS_SOURCE=demo.")
    hints.append("ec-maps fetch --verbose lists everything that is tried.")
    lines = [f"{'; '.join(whats)}: {reason}" for reason, whats in texts.items()]
    hint = "\n".join(filter(None, dict.fromkeys(hints)))
    raise FetchError(letter_of(lines, f"{counted(len(failed), 'download')} failed:", hint))


def _settled(job: Job, *, asked: bool) -> Outcome | None:
    """Return the outcome of a job for which nothing is requested: the file is there, or has failed just now."""
    if entry := job.serving:
        return Outcome(job, "already there", entry)
    with suppress(OSError, UnicodeDecodeError):
        failure = _failure(job)
        if job.optional and not asked and abs(time.time() - failure.stat().st_mtime) < _HOUR:
            return Outcome(job, "failed", message=failure.read_text(encoding="utf-8"))
    return None


def _failure(job: Job) -> Path:
    """Return the file that says why an optional download failed, so that not every page of a site tries it again."""
    return settings.cache_dir() / f".{job.key}.failed"


def _done(job: Job, folder: Path) -> Outcome:
    """Return the outcome of a job that has to be fetched; the caller holds the lock of the cache."""
    old = job.serving
    note = "" if old else _remove_damaged(job)
    logger.info("Fetching: %s ...", job.what)
    try:
        entry = _brought(job, folder)
    except SettingError:
        raise  # the user's setting is wrong, not the data
    except EcMapsError as error:
        logger.debug("%s failed: %s", job.what, error)
        if job.optional:
            with suppress(OSError):
                _failure(job).write_text(str(error), encoding="utf-8")
        offline = isinstance(error, Fault) and error.kind == "offline"
        return Outcome(job, "failed", old, f"{note}{error}", unreachable=offline)
    except OSError as error:
        return Outcome(job, "failed", old, f"{note}{_disk(error, folder)}")
    with suppress(OSError):
        _failure(job).unlink(missing_ok=True)
    if old is None or old.sha256 == entry.sha256:
        return Outcome(job, "unchanged" if old else "fetched", entry, note)
    with suppress(OSError):
        old.path.touch()  # starts the time after which it may be removed
    when = f" on {entry.date}" if entry.date else ""
    hashes = f"the earlier copy was {old.sha256[:12]}, this one is {entry.sha256[:12]}"
    return Outcome(job, "replaced", entry, f"its publisher has replaced it{when}: {hashes}.")


def _brought(job: Job, folder: Path) -> Entry:
    """Download a file to a temporary folder, check it, move it into the cache and record it there."""
    aside = Path(tempfile.mkdtemp(prefix=".fetch-", dir=folder))
    try:
        path = aside / f"{job.key}{job.suffix}"
        brought = job.bring(path)
        # Its published name, so that messages name it as its publisher does.
        if brought.name.lower().endswith(job.suffix):
            path = path.rename(aside / re.sub(r"[^A-Za-z0-9._-]", "_", brought.name)[-80:].lstrip("._-"))
        try:
            job.check(path)
        except EcMapsError as error:
            first, *rest = str(error).split("\n\n")
            msg = "\n\n".join([" ".join([first, *brought.notes]), *rest])
            raise FetchError(msg) from None
        with path.open("rb+") as file:
            os.fsync(file.fileno())
        sha256 = file_digest(path)
        final = folder / f"{path.stem}.{sha256[:8]}{job.suffix}"
        os.replace(path, final)  # noqa: PTH105 - atomic on one file system, which Path.replace does not promise
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    entry = manifest.new_entry(job.key, final, brought, sha256)
    manifest.write({**manifest.read(), job.key: entry})
    return entry


def _remove_damaged(job: Job) -> str:
    """Remove a file that has changed since it was fetched, and return a note; empty if there is none."""
    entry = manifest.read().get(job.key)
    if entry and entry.path.is_file() and not entry.is_good():
        with suppress(OSError):
            entry.path.unlink()
            return f"The copy in the cache, {entry.file}, was damaged since it was fetched and has been removed. "
    return ""


@contextmanager
def _writable_cache() -> Iterator[Path]:
    """Yield the cache's folder, created if need be and locked for this process."""
    from filelock import FileLock, Timeout

    folder = settings.cache_dir()
    lock = FileLock(folder / ".lock")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            logger.info("Another process is fetching into %s; waiting for it.", folder)
            lock.acquire()
    except OSError as error:
        raise FetchError(_disk(error, folder)) from None
    try:
        yield folder
    finally:
        lock.release()


def _sweep(folder: Path) -> None:
    """Remove what killed processes left and files that were replaced a while ago."""
    listed = {entry.file for entry in manifest.read().values()}
    unfinished = f".{manifest.manifest_path().name}."
    for path in folder.iterdir():
        with suppress(OSError):
            if path.name.startswith(".fetch-"):
                shutil.rmtree(path)
            elif path.name.startswith(unfinished) or (
                is_ours(path) and path.name not in listed and time.time() - path.stat().st_mtime > _HOUR
            ):
                path.unlink()


def _disk(error: OSError, folder: Path) -> str:
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return f"No space left in {folder} ({error.strerror}). About 100 MB are needed; no partial file was stored."
    return (
        f"The cache {folder} cannot be written ({error.strerror or error}). EC_MAPS_DATA_DIR can name another folder."
    )
