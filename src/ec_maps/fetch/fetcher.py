"""Bringing files into the cache: aside, checked, moved, recorded; once, however many processes want them."""

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

#: Files of ours that no manifest lists stay this long, as another process may be reading what was just replaced.
_KEPT = 3600.0
_OURS = re.compile(r".+\.[0-9a-f]{8}\.(?:zip|parquet|csv|gpkg)")


def is_ours(path: Path) -> bool:
    """Return whether a file in the cache is one that we brought, so that only the manifest makes it count."""
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
    """Bring what is not in the cache yet, and say what became of each job.

    What is there and good is not asked for, unless `refresh` is set. Processes that want the same take turns: the first
    brings it, the others find it there. A job that fails leaves what was there before; the others are still done.

    Parameters
    ----------
    jobs
        What is needed.
    refresh
        Ask for all of it again. A copy that differs replaces the one before.
    asked
        Whether a person asked for it: then what was not to be had an hour ago is tried again.

    Raises
    ------
    FetchError
        If the cache cannot be written although something has to be brought.
    SettingError
        If a setting stands in the way, such as a wrong password.
    """
    before = [Outcome(job, "already there", job.serving) for job in jobs]
    if not refresh and all(done.entry or (not asked and just_failed(done.job)) for done in before):
        return [done if done.entry else Outcome(done.job, "failed", said=why_failed(done.job)) for done in before]
    if settings.is_offline():
        said = "EC_MAPS_OFFLINE is set, so nothing was fetched."
        return [
            Outcome(done.job, "failed" if refresh or not done.entry else done.state, done.entry, said)
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
    """Return the entries of all jobs, brought if need be, without the optional ones that are not to be had.

    Raises
    ------
    FetchError
        If one that is not optional is not to be had: why, and what to do.
    """
    outcomes = ensure(jobs)
    raise_failures(outcomes)
    return [done.entry for done in outcomes if done.entry]


def _done(job: Job, folder: Path, *, refresh: bool, asked: bool) -> Outcome:
    """Do one job, the cache being ours."""
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
        raise  # what was typed is wrong, not what is there
    except EcMapsError as error:
        remember_failure(job, str(error))
        return Outcome(job, "failed", old, f"{note}{error}")
    except OSError as error:
        return Outcome(job, "failed", old, f"{note}{_disk(error, folder)}")
    forget_failure(job)
    if old and state == "replaced":
        note = (
            f"its publisher has replaced it{f' on {entry.date}' if entry.date else ''}: the copy from before was "
            f"{old.sha256[:12]}, this one is {entry.sha256[:12]}."
        )
    return Outcome(job, state, entry, note)


def _brought(job: Job, folder: Path, old: Entry | None) -> tuple[Entry, State]:
    """Bring a file aside, check it, move it into the cache and record it: only then does it count."""
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
        old.path.touch()  # from now on it may go
    return entry, "replaced"


def _to_disk(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def _remove_damaged(job: Job) -> str:
    """Remove a file that is not what was brought any more, and say so."""
    entry = manifest.read().get(job.key)
    if entry is None or not entry.path.is_file() or entry.is_good():
        return ""
    with suppress(OSError):
        entry.path.unlink()
        return f"The copy in the cache, {entry.file}, was damaged since it was fetched and has been removed. "
    return ""


@contextmanager
def _writable_cache() -> Iterator[Path]:
    """Give the cache's folder, made if need be, and to us alone."""
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
    """Clear away what killed processes left and what was replaced a while ago."""
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
        return f"No space left in {folder} ({error.strerror}). About 100 MB are needed; nothing half-written was kept."
    return (
        f"The cache {folder} cannot be written ({error.strerror or error}). EC_MAPS_DATA_DIR can name another folder."
    )
