"""Time and memory of processes, and of several run in turns."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter

#: The interval, in seconds, between readings of the memory of a process and its children.
_LOOK = 0.2


@dataclass(frozen=True)
class Command:
    """A command to measure.

    Attributes
    ----------
    words
        What to run: a program and its arguments.
    environment
        Its whole environment.
    folder
        Its working folder; that of this process if None.
    tree
        Whether it starts processes, whose memory counts too.
    """

    words: Sequence[str | Path]
    environment: Mapping[str, str]
    folder: Path | None = None
    tree: bool = False


@dataclass(frozen=True)
class Run:
    """One run of a command.

    Attributes
    ----------
    seconds
        From start to end, imports included.
    cpu
        The processor's seconds of it and of the processes that it waited for.
    memory
        The peak memory in MB. For one process as given by the system; for a tree the sum over all its processes, with
        shared pages counted once (on Linux; elsewhere the first process only).
    told
        The JSON in the last line of its output, or an empty dictionary.
    """

    seconds: float
    cpu: float
    memory: float
    told: dict = field(default_factory=dict)


def run(command: Command) -> Run:
    """Run a command and measure it.

    This process must be small: on Linux a child's greatest memory is never less than its parent's at the start.

    Raises
    ------
    SystemExit
        If it fails, with the last lines it wrote.
    """
    words = [str(word) for word in command.words]
    start = perf_counter()
    with (
        tempfile.TemporaryFile() as output,  # no pipe, because child processes may hold it open
        subprocess.Popen(
            words, env=dict(command.environment), cwd=command.folder, stdout=output, stderr=subprocess.STDOUT
        ) as process,
    ):
        watch = _Watch(process.pid) if command.tree else None
        # wait4 gives the memory of this child; getrusage gives the greatest of all children.
        _, status, usage = os.wait4(process.pid, 0)
        seconds = perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        written = output.read()
    lines = written.decode(errors="replace").splitlines()
    if process.returncode:
        msg = "\n".join([f"{' '.join(words[:4])} ended with exit status {process.returncode}:", *lines[-12:]])
        raise SystemExit(msg)
    memory = usage.ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)
    if watch:
        memory = watch.most() or memory
    last = lines[-1] if lines else ""
    return Run(seconds, usage.ru_utime + usage.ru_stime, memory, json.loads(last) if last.startswith("{") else {})


class _Watch:
    """Reads the memory of a process and its descendants in a thread, until it is stopped."""

    def __init__(self, pid: int) -> None:
        self._pid, self._most = pid, 0.0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def _look(self) -> None:
        while not self._over.wait(_LOOK):
            self._most = max(self._most, sum(map(_share, _family(self._pid))))

    def most(self) -> float:
        """Stop, and return the largest memory read, in MB; 0 where the system does not provide it."""
        self._over.set()
        self._thread.join()
        return self._most


def _family(pid: int) -> list[int]:
    """Return a process and its descendants."""
    children: dict[int, list[int]] = {}
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(status.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[1])
        except OSError:
            continue  # it has ended
        children.setdefault(parent, []).append(int(status.parent.name))
    found = [pid]
    for one in found:
        found.extend(children.get(one, []))
    return found


def _share(pid: int) -> float:
    """Return the memory of a process in MB, with its part of shared memory; 0 if it has ended."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="utf-8").splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 2**10 for line in lines if line.startswith("Pss:")), 0.0)


def in_turns(commands: Mapping[str, Command], rounds: int, *, before: Callable[[], None] | None = None) -> dict:
    """Run commands in turns, A B A B, so often, and return the runs of each.

    Parameters
    ----------
    commands
        What to run, by name.
    rounds
        How often.
    before
        Is called before each run, outside the measurement.
    """
    runs: dict[str, list[Run]] = {name: [] for name in commands}
    for _ in range(rounds):
        for name, command in commands.items():
            if before:
                before()
            runs[name].append(run(command))
    return runs


def seconds(runs: Sequence[Run], told: str = "") -> float:
    """Return the median of the seconds of runs, or of a number in their output."""
    return statistics.median(run.told[told] if told else run.seconds for run in runs)


def cpu(runs: Sequence[Run]) -> float:
    """Return the median of the processor's seconds of runs."""
    return statistics.median(run.cpu for run in runs)


def memory(runs: Sequence[Run]) -> float:
    """Return the median of the peak memory of runs, in MB."""
    return statistics.median(run.memory for run in runs)
