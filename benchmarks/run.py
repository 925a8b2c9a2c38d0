"""Measure ec_maps against the plain way and against the limit, and print one table of medians with their ratios.

    make bench                                   everything, half an hour on an idle machine with two cores
    make bench ARGS=--short                      one round of the quick parts, four minutes
    make bench ARGS=--long                       the pages of all places instead of forty, and all 10,000 maps of the
                                                 big job instead of those of one measure: half an hour more
    make bench ARGS="--only figures,import"      some parts, of: import load figures limit every places briefs page map
                                                 labels areas sight site then workers job
    make bench ARGS="-o table.md"                the table as Markdown too

Measurements in one row were run in turns, each in a new process. Caches are filled before, outside the measurement.
The exit status is 0 whatever the result; with `--guard` it is 1 for a fault that cannot be noise.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import platform
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from time import perf_counter

import guard
import table
from lines import PARTS, rails
from work import Work

_LIBRARIES = ("numpy", "shapely", "geopandas", "matplotlib")


def options() -> argparse.Namespace:
    """Return what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--short", action="store_true", help="one round, the demonstration's shapes, few places")
    parser.add_argument("--long", action="store_true", help="all places and all maps, not a sample")
    parser.add_argument("--only", metavar="PARTS", help="some parts, with commas between")
    parser.add_argument("-n", dest="rounds", type=int, help="how often each is run (default 5, short 1)")
    parser.add_argument("-o", dest="output", type=Path, metavar="FILE", help="write the table as Markdown too")
    parser.add_argument("--work", type=Path, metavar="FOLDER", help="keep data and figures there for another run")
    parser.add_argument("--no-simplify", action="store_true", help="draw the seven figures with every vertex")
    parser.add_argument("--guard", action="store_true", help="exit status 1 for faults that cannot be noise")
    parser.add_argument("--record", action="store_true", help="record the memory of each job, for --guard")
    asked = parser.parse_args()
    asked.parts = (
        asked.only.split(",") if asked.only else [one for one, (_, short) in PARTS.items() if short or not asked.short]
    )
    if strange := [part for part in asked.parts if part not in PARTS]:
        parser.error(f"there is no part {', '.join(strange)}; the parts are {', '.join(PARTS)}")
    if asked.rounds is not None and asked.rounds < 1:
        parser.error(f"-n {asked.rounds}: each has to run at least once")
    return asked


@contextlib.contextmanager
def folder(asked: Path | None) -> Iterator[Path]:
    """Yield the working folder: the one asked for, or a temporary one."""
    if asked is None:
        with tempfile.TemporaryDirectory(prefix="ec-maps-bench-") as name:
            yield Path(name).resolve()
    else:
        asked.mkdir(parents=True, exist_ok=True)
        yield asked.resolve()


def machine() -> str:
    """Return the machine and versions in a line: processor, cores, memory, date."""
    versions = ", ".join(f"{name} {version(name)}" for name in _LIBRARIES)
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    today = datetime.now(tz=UTC).date().isoformat()
    return (
        f"{_processor()}, {os.cpu_count()} cores, {memory:.0f} GB, {platform.system()}; {today}; "
        f"Python {'.'.join(map(str, sys.version_info[:3]))}, {versions}"
    )


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())


def tell(line: str) -> None:
    """Print a line of progress on the terminal."""
    print(f"bench: {line}", file=sys.stderr, flush=True)


def main() -> int:
    """Measure, and print the table and the missed targets."""
    asked = options()
    rows: list[table.Row] = []
    start = perf_counter()
    with folder(asked.work) as place:
        work = Work(
            place, asked.rounds or (1 if asked.short else 5), asked.short, asked.long, not asked.no_simplify, tell
        )
        for part in asked.parts:
            tell(part)
            rows += PARTS[part][0](work)
        if asked.guard:
            tell("the guard rails")
            rails(work)
    on = machine()
    took = f"{(perf_counter() - start) / 60:.1f} minutes in all."
    missed = table.missed(rows)
    closing = [f"Not met: {line}" for line in missed] or ["Every target was met."]
    print(f"\n{table.as_text(rows)}\n\n{on}. {took}\n" + "\n".join(closing))
    if asked.output:
        asked.output.write_text(f"{table.as_markdown(rows)}\n\n{on}.\n", encoding="utf-8")
    if asked.record:
        guard.record(work.measured.memory, on)
    faults = guard.faults(work.measured, guard.recorded()) if asked.guard else []
    for fault in faults:
        print(f"bench: {fault}", file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
