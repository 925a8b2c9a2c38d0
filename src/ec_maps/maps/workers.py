"""Workers that draw: processes of this machine, or those of a Dask cluster. joblib hands the tasks out.

What all tasks need, such as a table, is no part of a task: a process of this machine loads it once, and a cluster gets
it once for each of its workers.
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

#: How the settings begin that a process of this machine must have as we do.
_OURS = ("EC_MAPS_", "QUARTO_")

#: Each process holds the tables, and more than this many wait for the disk and for memory.
_MOST = 4

#: Fewer tasks than this are not worth starting other processes for.
_WORTH_IT = 6

#: The settings belong to the process, and matplotlib draws one figure at a time.
_DRAWING = threading.Lock()


def processes(jobs: int | None = None) -> int:
    """Return how many processes of this machine draw at once.

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
    """Yield what a function returns for each tuple of arguments, as it comes, from processes of this machine."""
    few = len(calls) < _WORTH_IT and not (jobs or settings.jobs())
    at_once = 1 if few else min(processes(jobs), len(calls))
    pool = joblib.Parallel(n_jobs=max(1, at_once), return_as="generator_unordered", batch_size=1)
    environment = {name: value for name, value in os.environ.items() if name.startswith(_OURS)}
    yield from ended(pool(joblib.delayed(_here)(environment, os.getpid(), function, *call) for call in calls))


def ended(pool: Iterator[Result]) -> Iterator[Result]:
    """Yield from joblib's generator; if nobody wants the rest, let it go without joblib's advice on that."""
    with closing(pool):  # type: ignore[type-var]
        try:
            yield from pool
        finally:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                pool.close()  # type: ignore[attr-defined]


def _here(environment: Mapping[str, str], parent: int, function: Callable[..., Result], *arguments: Any) -> Result:
    """Call a function in a process of this machine, which may have been started earlier with other settings."""
    if os.getpid() != parent:
        # Ctrl-C reaches every process of a terminal. The first one ends the others, which have nothing to say.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        _set(environment)
    return function(*arguments)


@contextmanager
def alone(environment: Mapping[str, str]) -> Iterator[None]:
    """Have a process of a cluster to oneself, with these settings and no others of ours; then give it back."""
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
