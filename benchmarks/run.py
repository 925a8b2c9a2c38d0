"""Time the seven figures: plain geopandas and ec_maps, in turns, each run a fresh process with its imports.

ec_maps runs from a warm cache, as it does from the second time on. The plain way is given the districts of the
demonstration data ready-made, as an analyst would have them. Exit status 1 if ec_maps takes more than `--limit` times
as long.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
HERE = Path(__file__).resolve().parent
FIGURES = 7


def measure(command: list[str | Path], variables: dict[str, str]) -> tuple[float, float]:
    """Run a command; return its seconds, and its greatest memory in MB."""
    start = time.perf_counter()
    with subprocess.Popen([str(part) for part in command], env=os.environ | variables, cwd=ROOT) as process:
        # wait4 tells the memory of this one child; getrusage would tell the greatest of all so far.
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        msg = f"{command[1]} ended with exit status {process.returncode}."
        raise SystemExit(msg)
    unit = 2**20 if sys.platform == "darwin" else 2**10
    return seconds, usage.ru_maxrss / unit


def pixels(path: Path) -> int:
    """Return how many pixels a PNG has."""
    width, height = struct.unpack(">II", path.read_bytes()[16:24])
    return width * height


def dissolved(folder: Path) -> Path:
    """Dissolve the demonstration's districts into a file, for the plain way."""
    import geopandas as gpd

    path = folder / "districts.parquet"
    msoas = gpd.read_parquet(ROOT / "data/demo/boundaries.parquet")
    msoas.dissolve(["lad21cd", "lad21nm", "rgn21nm"], as_index=False).to_parquet(path)
    return path


def commands(options: argparse.Namespace, work: Path) -> tuple[dict[str, list[str | Path]], dict[str, str]]:
    """Return both commands, and the settings for ec_maps."""
    plain: list[str | Path] = [sys.executable, HERE / "plain.py", "-o", work / "plain"]
    if options.geo:
        plain += ["--geo", options.geo.resolve(), "--zips", options.zips.resolve()]
        data = work / "data"
        data.mkdir()
        for path in options.zips.glob("*.zip"):
            shutil.copy(path, data)
        variables = {"EC_MAPS_SOURCE": "live", "EC_MAPS_BOUNDARIES": str(options.geo.resolve())}
    else:
        plain += ["--demo", ROOT, "--lads", dissolved(work)]
        variables = {"EC_MAPS_SOURCE": "demo"}
    variables["EC_MAPS_DATA_DIR"] = str(work / "data")
    return {"plain": plain, "ec_maps": [sys.executable, HERE / "figures.py", "-o", work / "ec_maps"]}, variables


def main() -> None:
    """Warm up, measure in turns, and print the medians and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("-n", dest="rounds", type=int, default=5, help="how often each is run (default 5)")
    parser.add_argument("--limit", type=float, default=0.5, help="the greatest ratio that is good (default 0.5)")
    parser.add_argument("--geo", type=Path, metavar="FOLDER", help="real boundaries and lookups")
    parser.add_argument("--zips", type=Path, metavar="FOLDER", help="the Atlas zips (with --geo)")
    options = parser.parse_args()
    if bool(options.geo) != bool(options.zips):
        parser.error("--geo and --zips go together")

    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        both, variables = commands(options, work)
        for command in both.values():  # fills ec_maps' cache, and the system's file cache for both
            measure(command, variables)
        for name in both:
            drawn = len(list((work / name).glob("*.png")))
            if drawn != FIGURES:
                msg = f"{name} drew {drawn} figures instead of {FIGURES}."
                raise SystemExit(msg)
        size = {name: sum(pixels(path) for path in (work / name).glob("*.png")) / 1e6 for name in both}
        runs: dict[str, list[tuple[float, float]]] = {name: [] for name in both}
        for _ in range(options.rounds):
            for name, command in both.items():
                runs[name].append(measure(command, variables))

    print(f"Seven figures, {options.rounds} runs each in turns, imports included\n")
    print(f"{'':8}{'median':>10}{'fastest':>10}{'slowest':>10}{'memory':>10}{'pixels':>10}")
    medians = {}
    for name, results in runs.items():
        seconds = [second for second, _ in results]
        medians[name] = statistics.median(seconds)
        memory = max(megabytes for _, megabytes in results)
        times = "".join(f"{second:8.2f} s" for second in (medians[name], min(seconds), max(seconds)))
        print(f"{name:8}{times}{memory:7.0f} MB{size[name]:8.1f} M")
    ratio = medians["ec_maps"] / medians["plain"]
    print(f"\nec_maps takes {ratio:.2f} times as long as the plain way (at most {options.limit:g} is good).")
    sys.exit(ratio > options.limit)


if __name__ == "__main__":
    main()
