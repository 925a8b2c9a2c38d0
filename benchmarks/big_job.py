"""The big job: every measure of every region and every district, as PNG and as SVG, about 10,000 files.

    EC_MAPS_SOURCE=demo .venv/bin/python benchmarks/big_job.py -o FOLDER               by two processes of this machine
    EC_MAPS_SOURCE=demo .venv/bin/python benchmarks/big_job.py -o FOLDER --dask        by a Dask cluster of two workers
    EC_MAPS_SOURCE=demo .venv/bin/python benchmarks/big_job.py -o FOLDER --measures 1  with the first measure alone

The cluster is on this machine, so that what it costs more is what sending costs. Tables of a measure that are not yet
in the cache are joined on the way, as for any user. The last line is JSON: how many files, their bytes, and the seconds
and the processor's seconds of all, imports left out; `here` are those of the process that hands out the work (with
Dask the scheduler too).
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

import ec_maps

_WORKERS = 2


@contextmanager
def dask() -> Iterator[None]:
    """Let the library draw on a cluster of this machine for a while."""
    from distributed import LocalCluster

    with LocalCluster(
        n_workers=_WORKERS, threads_per_worker=1, host="tcp://127.0.0.1", dashboard_address=None
    ) as cluster:
        os.environ["EC_MAPS_DASK"] = cluster.scheduler_address
        try:
            yield
        finally:
            del os.environ["EC_MAPS_DASK"]


def processor() -> np.ndarray:
    """Return the processor's seconds of this process, and of those that it waited for."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return np.array([one.ru_utime + one.ru_stime for one in used])


def main() -> None:
    """Draw, and report."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("-o", dest="out", type=Path, required=True, help="the folder for the files")
    parser.add_argument("--dask", action="store_true", help="by a Dask cluster on this machine")
    parser.add_argument("--measures", type=int, metavar="N", help="the first N measures alone")
    asked = parser.parse_args()
    measures = ec_maps.measures_table("lad").attrs["measures"][: asked.measures]
    start, before = time.perf_counter(), processor()
    files: list[Path] = []

    def draw() -> None:
        for measure in measures:
            for kind in ("png", "svg"):
                files.extend(
                    ec_maps.draw_maps(asked.out / measure, measure=measure, format=kind, jobs=_WORKERS, quiet=True)
                )

    if asked.dask:
        with dask():
            draw()
    else:
        draw()
        _end_workers()
    here, there = processor() - before
    told = {"files": len(files), "bytes": sum(file.stat().st_size for file in files)}
    print(json.dumps(told | {"seconds": time.perf_counter() - start, "cpu": here + there, "here": here}))


def _end_workers() -> None:
    """End joblib's processes, which would wait for more work, so that their processor's seconds count."""
    from joblib.externals.loky import get_reusable_executor

    get_reusable_executor().shutdown(wait=True)


if __name__ == "__main__":
    main()
