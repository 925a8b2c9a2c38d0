"""Processes that draw maps: those of this machine, by joblib, or those of a Dask cluster.

What all tasks share, such as tables, is not part of a task: a process of this machine loads it once, and a cluster is
sent it once for each worker.
"""

from __future__ import annotations

import asyncio
import logging
import os
import re
import signal
import threading
import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import CancelledError, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing, contextmanager
from functools import lru_cache
from importlib.metadata import version
from tempfile import TemporaryDirectory
from typing import Any, NoReturn, TypeVar

import joblib

from ec_maps import settings
from ec_maps.cache import package_digest
from ec_maps.errors import RenderError, SettingError

Shared = TypeVar("Shared")
Task = TypeVar("Task")
_Result = TypeVar("_Result")

#: The prefixes of the environment variables that processes of this machine share.
_OURS = ("EC_MAPS_", "QUARTO_")

#: The default limit: each process holds the tables, and more processes than this wait for disk and memory.
_MOST = 4

#: For fewer tasks than this, starting other processes takes longer than it saves.
_WORTH_IT = 6

#: Settings belong to the whole process, and matplotlib is not safe in threads.
_DRAWING = threading.Lock()

#: Seconds for a scheduler to answer, and for the workers to report their versions.
_ANSWER, _ROLL_CALL = 5.0, 20.0

#: Seconds that a cluster may be without workers, as a nanny restarts one that died.
_PATIENCE = 15.0

#: Seconds between two looks at whether a map has come from the cluster.
_PAUSE = 0.02


def results(
    draw: Callable[[Shared, Task], _Result],
    load: Callable[[], Shared],
    tasks: Sequence[Task],
    *,
    jobs: int | None = None,
) -> Iterator[_Result]:
    """Yield the result of `draw` for each task as it finishes, on this machine or the cluster of ``EC_MAPS_DASK``.

    Parameters
    ----------
    draw
        A function of a module, called with the result of `load` and a task, in any process. It must not write files.
    load
        Returns what all tasks share. A process of this machine calls it for each task, so it should cache its result;
        for a cluster it is called here, and its result is sent to each worker once.
    tasks
        The tasks, each small.
    jobs
        The number of processes of this machine. Default: ``EC_MAPS_JOBS``, or else one a core, 4 at most.

    Raises
    ------
    MissingExtraError
        If ``EC_MAPS_DASK`` is set and Dask is not installed.
    RenderError
        If the scheduler does not answer or has no workers, if workers have no ec_maps or a different version (all of
        these are listed), or if all workers die, or the scheduler.
    SettingError
        If ``EC_MAPS_DASK`` and ``EC_MAPS_BASEMAP`` are set.
    """
    return _by_cluster(draw, load, tasks) if settings.dask() else local(draw, load, tasks, jobs=jobs)


def local(
    draw: Callable[[Shared, Task], _Result],
    load: Callable[[], Shared],
    tasks: Sequence[Task],
    *,
    jobs: int | None = None,
) -> Iterator[_Result]:
    """Yield the results as :func:`results` does, always from processes of this machine; `draw` may write files.

    `RenderError` is raised if one of the processes is ended from outside, as a system without memory does.
    """
    wanted = jobs or settings.jobs()
    at_once = wanted or (1 if len(tasks) < _WORTH_IT else min(joblib.cpu_count(), _MOST))
    pool = joblib.Parallel(n_jobs=max(1, min(at_once, len(tasks))), return_as="generator_unordered", batch_size=1)
    environment = {name: value for name, value in os.environ.items() if name.startswith(_OURS)}
    done = pool(joblib.delayed(_here)(environment, os.getpid(), draw, load, task) for task in tasks)
    with closing(done):
        try:
            yield from done
        except BrokenProcessPool as error:
            codes = re.search(r"\{(.*?)\}", str(error))
            msg = (
                f"A process that drew was ended from outside{f' ({codes[1]})' if codes else ''}; the memory of the "
                "machine may not be enough for so many at once. What is finished is kept: run the same command again "
                "to continue, with EC_MAPS_JOBS=1 if it happens again."
            )
            raise RenderError(msg) from None
        finally:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # joblib warns if the caller stops early
                done.close()


def _here(
    environment: Mapping[str, str],
    parent: int,
    draw: Callable[[Shared, Task], _Result],
    load: Callable[[], Shared],
    task: Task,
) -> _Result:
    """Draw in a process of this machine, with the caller's settings."""
    if os.getpid() != parent:
        # Ctrl-C reaches every process of a terminal; only the first should react and end the others.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        _set(environment)
    return draw(load(), task)


def _set(environment: Mapping[str, str]) -> None:
    for name in [name for name in os.environ if name.startswith(_OURS) and name not in environment]:
        del os.environ[name]
    os.environ.update(environment)


# --- on a Dask cluster --------------------------------------------------------------------------------


def _by_cluster(
    draw: Callable[[Shared, Task], _Result], load: Callable[[], Shared], tasks: Sequence[Task]
) -> Iterator[_Result]:
    if (tiles := settings.basemap()) != "none":
        msg = (
            f'EC_MAPS_BASEMAP is "{tiles}", and maps that a cluster draws have no tiles: every worker would have to '
            f"ask the provider, with your key. Unset EC_MAPS_BASEMAP, or EC_MAPS_DASK to draw on this machine."
        )
        raise SettingError(msg)
    settings.require_extra("dask", "Drawing on the cluster that EC_MAPS_DASK names")
    with _quiet(), closing(_connected()) as client:
        _check(client)
        yield from _finished(client, draw, load(), tasks)


def _finished(
    client: Any, draw: Callable[[Shared, Task], _Result], shared: Shared, tasks: Sequence[Task]
) -> Iterator[_Result]:
    """Yield the results; Dask gives the tasks of a worker that dies to the others."""
    from distributed import KilledWorker, as_completed

    # The only settings that a map without tiles depends on; the source decides on the demonstration band.
    environment = {"EC_MAPS_SOURCE": settings.source(), "EC_MAPS_BASEMAP": "none", "EC_MAPS_OFFLINE": "1"}
    try:
        sent = client.scatter(shared, broadcast=True, hash=False)
        futures = client.map(_there, tasks, environment=environment, draw=draw, shared=sent, pure=False)
        done: Any = as_completed(futures, loop=client.loop, with_results=True)  # type: ignore[no-untyped-call]
        del futures  # so that a worker may forget what it drew
        alive = asked = time.monotonic()
        while not done.is_empty():
            if done.has_ready():
                _, result = next(done)
                if isinstance(result, CancelledError):
                    raise result
                yield result
                alive = time.monotonic()
                continue
            time.sleep(_PAUSE)
            # Dask itself would wait for ever for workers.
            if time.monotonic() - asked > 1.0:
                alive = time.monotonic() if _workers(client) else alive
                asked = time.monotonic()
                if asked - alive > _PATIENCE:
                    raise CancelledError
    except (KilledWorker, CancelledError, OSError) as error:
        there = _workers(client)
        if isinstance(error, KilledWorker):
            why = "one map brought down several workers"
        elif there is None:
            why = "its scheduler does not answer any more"
        else:
            why = "a worker went, and the tables with it" if there else "it has no workers any more"
        msg = (
            f"The cluster at {settings.dask()} broke down: {why}. What it had drawn is kept: run the same command "
            f"again to continue, on this machine if EC_MAPS_DASK is unset."
        )
        raise RenderError(msg) from None


def _there(
    task: Task, *, environment: Mapping[str, str], draw: Callable[[Shared, Task], _Result], shared: Shared
) -> _Result:
    """Draw in a worker, alone in its process and with these settings only."""
    with _DRAWING:
        before = {name: value for name, value in os.environ.items() if name.startswith(_OURS)}
        _set({**environment, "EC_MAPS_DATA_DIR": _scratch().name})
        try:
            return draw(shared, task)
        finally:
            _set(before)


@lru_cache(maxsize=1)
def _scratch() -> TemporaryDirectory[str]:
    """Return a folder for caches, removed with the worker, which has no data folder."""
    return TemporaryDirectory(prefix="ec-maps-", ignore_cleanup_errors=True)


def _workers(client: Any) -> dict[str, int] | None:
    """Return the workers with their numbers of threads; None if the scheduler does not answer."""
    if client.status != "running":
        return None
    try:
        return dict(client.sync(client.scheduler.ncores, callback_timeout=_ANSWER))
    except (OSError, TimeoutError, RuntimeError, AttributeError):
        return None


def _refuse(what: str) -> NoReturn:
    msg = f"The Dask scheduler at {settings.dask()} (EC_MAPS_DASK) {what} To draw on this machine, unset EC_MAPS_DASK."
    raise RenderError(msg)


def _connected() -> Any:
    from distributed import Client, Security, rpc

    address = settings.dask()

    async def identity() -> Any:
        keys = Security().get_connection_args("client")  # type: ignore[no-untyped-call]
        async with rpc(address, timeout=_ANSWER, connection_args=keys) as server:  # type: ignore[no-untyped-call]
            return await server.identity()

    try:
        # Dask's client would wait for ever for a server that accepts a connection and does not answer.
        with ThreadPoolExecutor(1) as aside:  # this thread may run Jupyter's event loop
            kind = aside.submit(lambda: asyncio.run(asyncio.wait_for(identity(), _ANSWER))).result()["type"]
        if kind == "Scheduler":
            return Client(address, timeout=_ANSWER, set_as_default=False)  # type: ignore[no-untyped-call]
        what = f"is no scheduler, but a {kind.lower()}"
    except Exception as error:  # noqa: BLE001 - what is not a scheduler may fail in any way
        what = f"did not answer as one ({type(error).__name__})"
    _refuse(f"{what}. Is it running, and can it be reached from here?")


def _check(client: Any) -> None:
    """Raise `RenderError` if there are no workers, or if some would draw differently; all of those are listed."""
    if not _workers(client):
        _refuse(f"has no workers. Start some: dask worker {settings.dask()}.")
    options = {"on_error": "return", "callback_timeout": _ROLL_CALL}
    try:
        versions = client.run(version, "ec-maps", **options)
        digests = client.run(package_digest, **options)
    except (OSError, TimeoutError) as error:
        _refuse(f"has workers that do not answer ({type(error).__name__}).")
    ours, faults = version("ec-maps"), []
    for worker, theirs in sorted(versions.items()):
        if isinstance(theirs, BaseException):
            faults.append(f"{worker} has no ec_maps")
        elif theirs != ours:
            faults.append(f"{worker} has ec_maps {theirs}; here it is {ours}")
        elif digests.get(worker) != package_digest():
            faults.append(f"{worker} has ec_maps {ours}, as here, but its code, palettes, Python or libraries differ")
    if faults:
        _refuse(
            "was sent nothing, as not all its workers would draw the same:\n"
            + "".join(f"  {fault}\n" for fault in faults)
            + "Install the same ec_maps there, from the same lock file."
        )


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep Dask's log of lost connections off the terminal; our own message replaces it."""
    loggers = [logging.getLogger(name) for name in ("distributed", "distributed.client", "tornado")]
    before = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        for logger, level in zip(loggers, before, strict=True):
            logger.setLevel(level)
