"""Download files into the cache: checked before they count, and once, however many processes want them."""

from __future__ import annotations

import errno
import logging
import os
import re
import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from ec_maps import settings
from ec_maps.cache import file_digest
from ec_maps.errors import EcMapsError, FetchError, SettingError
from ec_maps.fetch import manifest
from ec_maps.fetch.manifest import (
    Entry,
    Job,
    Outcome,
    State,
    forget_failure,
    just_failed,
    raise_failures,
    remember_failure,
    why_failed,
)

logger = logging.getLogger(__name__)

#: Downloads that the manifest no longer lists stay this many seconds, as another process may be reading one.
_KEPT = 3600.0
_OURS = re.compile(r".+\.[0-9a-f]{8}\.(?:zip|parquet|csv|gpkg)")


def is_ours(path: Path) -> bool:
    """Return whether a file in the cache is a download of ours, which counts only if the manifest lists it."""
    return bool(_OURS.fullmatch(path.name))


def planned(jobs: Sequence[Job], *, refresh: bool = False) -> list[Outcome]:
    """Return what :func:`ensure` would do, without doing it."""
    outcomes = []
    for job in jobs:
        entry = job.serving
        state: State = "to be fetched" if entry is None else "to be asked for again" if refresh else "already there"
        outcomes.append(Outcome(job, state, entry))
    return outcomes


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
    before = [Outcome(job, "already there", job.serving) for job in jobs]
    if not refresh and all(done.entry or (not asked and just_failed(done.job)) for done in before):
        return [done if done.entry else Outcome(done.job, "failed", said=why_failed(done.job)) for done in before]
    if settings.is_offline():
        reason = "EC_MAPS_OFFLINE is set, so nothing was fetched."
        return [
            Outcome(done.job, "failed" if refresh or not done.entry else done.state, done.entry, reason)
            for done in before
        ]
    with _writable_cache() as folder:
        _sweep(folder)
        outcomes: list[Outcome] = []
        for job in jobs:
            # A host that cannot be reached is tried once, not for each of its files.
            gone = [done for done in outcomes if done.is_unreachable and done.job.publisher == job.publisher]
            outcomes.append(
                Outcome(job, "failed", job.serving, gone[0].said)
                if gone and (refresh or not job.serving)
                else _done(job, folder, refresh=refresh, asked=asked)
            )
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


def _done(job: Job, folder: Path, *, refresh: bool, asked: bool) -> Outcome:
    """Return the outcome of one job; the caller holds the lock of the cache."""
    old = job.serving
    if old and not refresh:
        return Outcome(job, "already there", old)
    if not old and not asked and just_failed(job):
        return Outcome(job, "failed", said=why_failed(job))
    note = "" if old else _remove_damaged(job)
    logger.info("Fetching: %s ...", job.what)
    try:
        entry, state = _brought(job, folder, old)
    except SettingError:
        raise  # the user's setting is wrong, not the data
    except EcMapsError as error:
        remember_failure(job, str(error))
        return Outcome(job, "failed", old, f"{note}{error}")
    except OSError as error:
        return Outcome(job, "failed", old, f"{note}{_disk(error, folder)}")
    forget_failure(job)
    if old and state == "replaced":
        note = (
            f"its publisher has replaced it{f' on {entry.date}' if entry.date else ''}: the earlier copy was "
            f"{old.sha256[:12]}, this one is {entry.sha256[:12]}."
        )
    return Outcome(job, state, entry, note)


def _brought(job: Job, folder: Path, old: Entry | None) -> tuple[Entry, State]:
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
        _to_disk(path)
        sha256 = file_digest(path)
        final = folder / f"{path.stem}.{sha256[:8]}{job.suffix}"
        os.replace(path, final)  # noqa: PTH105 - atomic on one file system, which Path.replace does not promise
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    entry = manifest.new_entry(job.key, final, brought, sha256)
    entries = manifest.read()
    manifest.write({**entries, job.key: entry})
    if old is None:
        return entry, "fetched"
    if old.sha256 == sha256:
        return entry, "unchanged"
    with suppress(OSError):
        old.path.touch()  # starts the time after which it may be removed
    return entry, "replaced"


def _to_disk(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def _remove_damaged(job: Job) -> str:
    """Remove a file that has changed since it was fetched, and return a note; empty if there is none."""
    entry = manifest.read().get(job.key)
    if entry is None or not entry.path.is_file() or entry.is_good():
        return ""
    with suppress(OSError):
        entry.path.unlink()
        return f"The copy in the cache, {entry.file}, was damaged since it was fetched and has been removed. "
    return ""


@contextmanager
def _writable_cache() -> Iterator[Path]:
    """Yield the cache's folder, created if need be and locked for this process."""
    folder = settings.cache_dir()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        from filelock import FileLock, Timeout

        lock = FileLock(folder / ".lock")
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
                is_ours(path) and path.name not in listed and time.time() - path.stat().st_mtime > _KEPT
            ):
                path.unlink()


def _disk(error: OSError, folder: Path) -> str:
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return f"No space left in {folder} ({error.strerror}). About 100 MB are needed; no partial file was stored."
    return (
        f"The cache {folder} cannot be written ({error.strerror or error}). EC_MAPS_DATA_DIR can name another folder."
    )
