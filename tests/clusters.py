"""A Dask cluster on this machine for the tests: a scheduler and workers, each a process of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

#: How often something was taken apart here that had come from elsewhere.
_arrived: list[int] = []

#: Seconds in which a process has to come up, on a machine that has other things to do.
PATIENCE = 120


class Counted:
    """Something large to send, which notes where it arrives."""

    def __init__(self, size: int) -> None:
        self.content = bytes(size)

    def __reduce__(self) -> tuple[object, tuple[int, bytes]]:
        return _arrive, (len(self.content), self.content)


def _arrive(size: int, content: bytes) -> Counted:
    assert len(content) == size
    _arrived.append(size)
    return Counted(size)


def arrivals() -> int:
    """Return how often something arrived in this process."""
    return len(_arrived)


def seen(shared: Counted, task: int) -> tuple[int, int, int]:
    """Return the task, the process that it came to, and which object it was given."""
    time.sleep(0.02)
    return task, os.getpid(), id(shared)


class Cluster:
    """A scheduler, and workers that are added to it; their output goes into files of a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.running: list[subprocess.Popen[bytes]] = []
        self.address = ""

    def start(self, name: str, *words: str, python: tuple[str, ...] = (), **variables: str) -> subprocess.Popen[bytes]:
        """Start one of Dask's commands, without our settings, in a folder that is no project; it finds this module."""
        ours = os.pathsep.join([str(Path(__file__).parent), *filter(None, [os.environ.get("PYTHONPATH")])])
        variables = {"PYTHONPATH": ours} | variables
        clean = {key: value for key, value in os.environ.items() if not key.startswith(("EC_MAPS_", "QUARTO_"))}
        with (self.folder / f"{name}.log").open("wb") as log:
            running = subprocess.Popen(
                [sys.executable, *python, "-m", f"distributed.cli.dask_{name.partition('-')[0]}", *words],
                cwd=self.folder,
                env=clean | variables,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        self.running.append(running)
        return running

    def worker(self, name: str, *, python: tuple[str, ...] = (), **variables: str) -> subprocess.Popen[bytes]:
        """Start a worker of one thread, which is not started again when it dies."""
        words = (self.address, "--nthreads", "1", "--no-nanny", "--no-dashboard", "--host", "127.0.0.1")
        local = ("--local-directory", str(self.folder / name), "--name", name)
        return self.start(f"worker-{name}", *words, *local, python=python, **variables)

    def wait_for(self, workers: int) -> None:
        """Wait until the scheduler knows so many workers."""
        import distributed

        with distributed.Client(self.address, timeout=PATIENCE, set_as_default=False) as client:
            client.wait_for_workers(workers, timeout=PATIENCE)

    def workers(self) -> dict[str, int]:
        """Return the process of each worker by its address."""
        import distributed

        with distributed.Client(self.address, timeout=PATIENCE, set_as_default=False) as client:
            return dict(client.run(os.getpid))


@contextmanager
def cluster(folder: Path) -> Iterator[Cluster]:
    """Start a scheduler on a free port, and end it and all its workers."""
    here = Cluster(folder)
    told = folder / "scheduler.json"
    words = ("--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", str(told))
    here.start("scheduler", *words)
    try:
        end = time.monotonic() + PATIENCE
        while not told.is_file() or not told.read_text(encoding="utf-8").strip().endswith("}"):
            assert time.monotonic() < end, (folder / "scheduler.log").read_text(encoding="utf-8")
            time.sleep(0.1)
        here.address = json.loads(told.read_text(encoding="utf-8"))["address"]
        yield here
    finally:
        for running in here.running:
            running.send_signal(signal.SIGKILL)
        for running in here.running:
            running.wait()
