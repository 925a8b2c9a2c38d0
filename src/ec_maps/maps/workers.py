"""Processes that draw maps, on this machine or on a Dask cluster. joblib distributes the tasks.

Data that all tasks share, such as a table, are not part of a task: a process of this machine loads them once, and a
cluster gets them once for each worker.
"""

from __future__ import annotations

import os
import signal
import threading
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from typing import Any, TypeVar

import joblib

from ec_maps import settings

Shared = TypeVar("Shared")
Task = TypeVar("Task")
Result = TypeVar("Result")

#: The prefixes of the environment variables that processes of this machine share.
_OURS = ("EC_MAPS_", "QUARTO_")

#: The default limit: each process holds the tables, and more processes than this wait for disk and memory.
_MOST = 4

#: For fewer tasks than this, starting other processes takes longer than it saves.
_WORTH_IT = 6

#: Settings belong to the whole process, and matplotlib is not safe in threads.
_DRAWING = threading.Lock()


def processes(jobs: int | None = None) -> int:
    """Return the number of processes of this machine that draw at once.

    Parameters
    ----------
    jobs
        How many are wanted; if not given, ``EC_MAPS_JOBS``, or else the cores that this process may use, 4 at most.
    """
    wanted = jobs or settings.jobs()
    return wanted or max(1, min(joblib.cpu_count(), _MOST))


def local(
    function: Callable[..., Result], calls: Sequence[tuple[Any, ...]], *, jobs: int | None = None
) -> Iterator[Result]:
    """Yield a function's result for each tuple of arguments as it finishes, from processes of this machine."""
    few = len(calls) < _WORTH_IT and not (jobs or settings.jobs())
    at_once = 1 if few else min(processes(jobs), len(calls))
    pool = joblib.Parallel(n_jobs=max(1, at_once), return_as="generator_unordered", batch_size=1)
    environment = {name: value for name, value in os.environ.items() if name.startswith(_OURS)}
    yield from ended(pool(joblib.delayed(_here)(environment, os.getpid(), function, *call) for call in calls))


def ended(pool: Iterator[Result]) -> Iterator[Result]:
    """Yield from joblib's generator; if the caller stops early, close it without joblib's warning."""
    with closing(pool):  # type: ignore[type-var]
        try:
            yield from pool
        finally:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                pool.close()  # type: ignore[attr-defined]


def _here(environment: Mapping[str, str], parent: int, function: Callable[..., Result], *arguments: Any) -> Result:
    """Call a function in a process of this machine, with the caller's settings."""
    if os.getpid() != parent:
        # Ctrl-C reaches every process of a terminal; only the first should react and end the others.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        _set(environment)
    return function(*arguments)


@contextmanager
def alone(environment: Mapping[str, str]) -> Iterator[None]:
    """Run a block alone in a cluster's process with these settings only; restore the others afterwards."""
    with _DRAWING:
        before = {name: value for name, value in os.environ.items() if name.startswith(_OURS)}
        _set(environment)
        try:
            yield
        finally:
            _set(before)


def _set(environment: Mapping[str, str]) -> None:
    for name in [name for name in os.environ if name.startswith(_OURS) and name not in environment]:
        del os.environ[name]
    os.environ.update(environment)
