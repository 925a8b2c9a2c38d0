"""The faults on which a benchmark in CI fails: only those that cannot be noise."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

#: The recorded memory of each job, with machine and date.
RECORDED = Path(__file__).resolve().parent / "recorded.json"

#: Modules that `import ec_maps` must not load, and modules that drawing must not load.
_HEAVY = ("numpy", "pandas", "geopandas", "matplotlib", "shapely", "pyarrow")
_NOT_FOR_DRAWING = (
    "matplotlib.pyplot",
    "contextily",
    "rasterio",
    "requests",
    "sqlalchemy",
    "psycopg",
    "IPython",
    "nbclient",
    "jupyter_client",
    "dask",
    "distributed",
    "bs4",
    "jinja2",
)
LAZY = {"import": _HEAVY, "drawing": _NOT_FOR_DRAWING}

#: Memory of this many times the recorded one is a fault.
_TIMES = 2.0


@dataclass
class Measured:
    """The measurements to check.

    Attributes
    ----------
    memory
        The greatest memory of each job, MB.
    modules
        The modules loaded after ``"import"`` and after ``"drawing"``.
    redrawn
        The files of figures that a second drawing wrote again; None if it was not tried.
    """

    memory: dict[str, float] = field(default_factory=dict)
    modules: dict[str, list[str]] = field(default_factory=dict)
    redrawn: list[str] | None = None


def faults(measured: Measured, recorded: Mapping[str, float]) -> list[str]:
    """Return a sentence for each fault that cannot be noise; nothing if there is none.

    Parameters
    ----------
    measured
        What was measured now.
    recorded
        The memory of each job as recorded, MB. A job that is not recorded is not judged.
    """
    found = []
    if measured.redrawn:
        number, some = len(measured.redrawn), ", ".join(measured.redrawn[:3])
        found.append(
            f"A second drawing with nothing changed wrote {number} figure{'s' * (number != 1)} again ({some}), not "
            f"none. Fingerprints differ from one run to the next, or figures are not cached."
        )
    for moment, modules in measured.modules.items():
        if there := [name for name in LAZY[moment] if name in modules]:
            after = "import ec_maps" if moment == "import" else "drawing the figures of the posts"
            found.append(
                f"After {after} these modules are loaded that should not be: {', '.join(there)}. Import them where "
                f"they are used."
            )
    for job, memory in measured.memory.items():
        if job in recorded and memory > _TIMES * recorded[job]:
            found.append(
                f"{job}: {memory:.0f} MB at most, {memory / recorded[job]:.1f} times the {recorded[job]:.0f} MB that "
                f"were recorded. If this is intended, record it again: make bench ARGS=--record"
            )
    return found


def recorded() -> dict[str, float]:
    """Return the recorded memory of each job in MB; empty if none was recorded."""
    if not RECORDED.is_file():
        return {}
    return dict(json.loads(RECORDED.read_text(encoding="utf-8"))["memory_mb"])


def record(memory: Mapping[str, float], machine: str) -> None:
    """Write the memory of each job; jobs that were not run have their earlier record."""
    both = recorded() | {job: round(number) for job, number in memory.items()}
    record = {"machine": machine, "memory_mb": dict(sorted(both.items()))}
    RECORDED.write_text(json.dumps(record, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def rewritten(folder: Path, before: Mapping[str, tuple[int, int]]) -> list[str]:
    """Return the files of a folder that have changed."""
    return sorted(name for name, mark in marks(folder).items() if before.get(name) != mark)


def marks(folder: Path) -> dict[str, tuple[int, int]]:
    """Return inode and time of change of each image in a folder, which change when it is written again."""
    return {path.name: (path.stat().st_ino, path.stat().st_mtime_ns) for path in sorted(folder.glob("*.[ps][nv]g"))}
