"""Drawing on a Dask cluster: checks of the scheduler and workers, and the data sent to them; joblib does the rest."""

from __future__ import annotations

import asyncio
import logging
import platform
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache, partial
from importlib.metadata import version
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

import joblib
from joblib._dask import DaskDistributedBackend

from ec_maps import settings
from ec_maps.cache import package_digest
from ec_maps.errors import RenderError, SettingError
from ec_maps.maps.workers import alone, ended

Shared = TypeVar("Shared")
Task = TypeVar("Task")
Result = TypeVar("Result")

#: Seconds for a scheduler to answer; with the import of Dask the wait is less than ten.
_ANSWER = 5.0

#: Seconds for the workers to report their versions.
_ROLL_CALL = 20.0

#: Seconds that a cluster may be without workers, as a nanny restarts one that died.
_PATIENCE = 15.0

#: The most workers that a message lists.
_SHOWN = 20

_LOCALLY = "To draw on this machine, unset EC_MAPS_DASK."


@contextmanager
def joined() -> Iterator[Cluster]:
    """Yield the cluster that ``EC_MAPS_DASK`` names, checked, and disconnect at the end.

    Raises
    ------
    MissingExtraError
        If Dask is not installed.
    RenderError
        If the scheduler does not answer or has no workers, or if some workers have no ec_maps or a different version;
        all of these are listed.
    SettingError
        If ``EC_MAPS_BASEMAP`` asks for tiles.
    """
    address = settings.dask()
    if (tiles := settings.basemap()) != "none":
        msg = (
            f'EC_MAPS_BASEMAP is "{tiles}", and maps that a cluster draws have no tiles: every worker would have to '
            f"ask the provider, with your key. Unset EC_MAPS_BASEMAP. {_LOCALLY}"
        )
        raise SettingError(msg)
    settings.require_extra("dask", "Drawing on the cluster that EC_MAPS_DASK names")
    with _quiet():
        client = _connected(address)
        try:
            _check(client, address)
            yield Cluster(client, address)
        finally:
            client.close(timeout=_ANSWER)


@dataclass(frozen=True)
class Cluster:
    """A cluster that passed the checks."""

    client: Any
    address: str

    def results(
        self, draw: Callable[[Shared, Task], Result], shared: Shared, tasks: Sequence[Task]
    ) -> Iterator[Result]:
        """Yield the result of `draw` for each task as it finishes; `shared` is sent to each worker once.

        Tasks of a worker that dies are given to the others.

        Raises
        ------
        RenderError
            If all workers die, or the scheduler.
        """
        from distributed import KilledWorker

        backend = _Backend(client=self.client, scatter=[shared])
        # The only settings that a map without tiles depends on; the source decides on the demonstration band.
        environment = {"EC_MAPS_SOURCE": settings.source(), "EC_MAPS_BASEMAP": "none", "EC_MAPS_OFFLINE": "1"}
        pool = joblib.Parallel(backend=backend, return_as="generator_unordered", batch_size=1)
        over = threading.Event()
        watch = threading.Thread(target=_watch, args=(self.client, backend, over), daemon=True)
        watch.start()
        try:
            yield from ended(pool(joblib.delayed(_there)(environment, draw, shared, task) for task in tasks))
        except (KilledWorker, CancelledError, _Deserted, OSError) as error:
            # Dask's own message about a cancelled key does not help the user.
            why = "one map brought down several workers" if isinstance(error, KilledWorker) else self._lost()
            msg = (
                f"The cluster at {self.address} broke down: {why}. What it had drawn is kept: run the same command "
                f"again to continue, on this machine if EC_MAPS_DASK is unset."
            )
            raise RenderError(msg) from None
        finally:
            over.set()
            watch.join(_ANSWER)

    def _lost(self) -> str:
        there = _workers(self.client)
        if there is None:
            return "its scheduler does not answer any more"
        return "a worker went, and what the maps are drawn from with it" if there else "it has no workers any more"


class _Deserted(Exception):
    """A cluster has no workers any more."""


class _Backend(DaskDistributedBackend):  # type: ignore[misc]
    """joblib's backend, but with failed tasks reported to the caller and a single worker used as well."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._pending: dict[Future[Any], None] = {}

    def effective_n_jobs(self, n_jobs: int) -> int:
        return max(2, int(super().effective_n_jobs(n_jobs)))

    def submit(self, func: Any, callback: Callable[[Any], None] | None = None) -> Any:
        job: Future[Any] = super().submit(func, callback)
        self._pending[job] = None
        job.add_done_callback(partial(self._done, callback))
        return job

    def _done(self, callback: Callable[[Any], None] | None, job: Future[Any]) -> None:
        self._pending.pop(job, None)
        if callback and job.exception() is not None:
            callback(job.exception())

    def retrieve_result_callback(self, out: Any) -> Any:
        if isinstance(out, BaseException):
            raise out
        return super().retrieve_result_callback(out)

    def give_up(self) -> None:
        """Stop waiting for unfinished tasks."""
        for job in list(self._pending):
            if job.set_running_or_notify_cancel():
                job.set_exception(_Deserted())
                return


def _watch(client: Any, backend: _Backend, over: threading.Event) -> None:
    """Give up if the cluster has had no workers for too long, as Dask itself would wait for ever."""
    missing = 0.0
    while not over.wait(1.0):
        missing = 0.0 if _workers(client) else missing + 1.0
        if missing >= _PATIENCE:
            backend.give_up()
            return


def _workers(client: Any) -> dict[str, int] | None:
    """Return the workers with their numbers of threads; None if the scheduler does not answer."""
    if client.status != "running":
        return None
    try:
        return dict(client.sync(client.scheduler.ncores, callback_timeout=_ANSWER))
    except (OSError, TimeoutError, RuntimeError, AttributeError):
        return None


def _there(
    environment: Mapping[str, str], draw: Callable[[Shared, Task], Result], shared: Shared, task: Task
) -> Result:
    # A worker has no data folder, so caches go to a temporary folder that is removed with the worker.
    with alone({**environment, "EC_MAPS_DATA_DIR": _scratch().name}):
        return draw(shared, task)


@lru_cache(maxsize=1)
def _scratch() -> TemporaryDirectory[str]:
    return TemporaryDirectory(prefix="ec-maps-", ignore_cleanup_errors=True)


def _connected(address: str) -> Any:
    from distributed import Client

    try:
        # Dask's client would wait for ever for a server that accepts a connection and does not answer.
        with ThreadPoolExecutor(1) as aside:  # this thread may run Jupyter's event loop
            identity = aside.submit(lambda: asyncio.run(asyncio.wait_for(_identity(address), _ANSWER))).result()
        if identity.get("type") == "Scheduler":
            return Client(address, timeout=_ANSWER, set_as_default=False)  # type: ignore[no-untyped-call]
        what = f"is no scheduler, but a {str(identity.get('type')).lower()}"
    except (OSError, TimeoutError):
        what = "did not answer"
    except (ValueError, TypeError, AttributeError, RuntimeError, ImportError) as error:
        what = f"could not be understood ({type(error).__name__})"
    msg = (
        f"The Dask scheduler at {address} (EC_MAPS_DASK) {what}. Is it running, and can it be reached from here? "
        f"{_LOCALLY}"
    )
    raise RenderError(msg)


async def _identity(address: str) -> dict[str, Any]:
    from distributed import Security, rpc

    keys = Security().get_connection_args("client")  # type: ignore[no-untyped-call]
    async with rpc(address, timeout=_ANSWER, connection_args=keys) as scheduler:  # type: ignore[no-untyped-call]
        return dict(await scheduler.identity())


def _check(client: Any, address: str) -> None:
    """Raise `RenderError` if there are no workers, or if some would draw differently; all of those are listed."""
    there = _workers(client)
    if not there:
        msg = (
            f"The Dask scheduler at {address} (EC_MAPS_DASK) has no workers. Start some: dask worker {address}. "
            f"{_LOCALLY}"
        )
        raise RenderError(msg)
    faults: dict[str, str] = {}
    python = platform.python_version()
    for worker, answer in _asked(client, address, platform.python_version).items():
        if isinstance(answer, BaseException) or answer.split(".")[:2] != python.split(".")[:2]:
            faults[worker] = f"has Python {answer}; here it is {python}"
    ours = version("ec-maps")
    for worker, answer in _asked(client, address, version, "ec-maps").items():
        if isinstance(answer, BaseException):
            faults.setdefault(worker, "has no ec_maps")
        elif answer != ours:
            faults.setdefault(worker, f"has ec_maps {answer}; here it is {ours}")
    if alike := [worker for worker in there if worker not in faults]:
        digest = package_digest()
        for worker, answer in _asked(client, address, package_digest, workers=alike).items():
            if isinstance(answer, ImportError):
                faults[worker] = "has no ec_maps that can be imported"
            elif answer != digest:
                faults[worker] = (
                    f"has ec_maps {ours}, as here, but its code, palettes or the libraries that it draws with differ"
                )
    if faults:
        lines = [f"  {worker} {fault}" for worker, fault in sorted(faults.items())]
        named = "\n".join([*lines[:_SHOWN], *([f"  and {len(lines) - _SHOWN} more"] if len(lines) > _SHOWN else [])])
        msg = (
            f"Nothing was sent to the cluster at {address}, as not all its workers would draw the same:\n{named}\n"
            f"Install the same ec_maps there, from the same lock file. {_LOCALLY}"
        )
        raise RenderError(msg)


def _asked(client: Any, address: str, function: Callable[..., Any], *arguments: Any, **options: Any) -> dict[str, Any]:
    """Return what a function returns or raises on each worker."""
    try:
        answers = client.run(function, *arguments, on_error="return", callback_timeout=_ROLL_CALL, **options)
    except (OSError, TimeoutError) as error:
        msg = f"Not all workers of the cluster at {address} answered ({str(error) or 'no reason given'}). {_LOCALLY}"
        raise RenderError(msg) from None
    return dict(answers)


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep Dask's log of lost connections off the terminal; our own message replaces it."""
    import distributed

    loggers = [logging.getLogger(name) for name in (distributed.__name__, "distributed.client", "tornado")]
    before = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        for logger, level in zip(loggers, before, strict=True):
            logger.setLevel(level)
