"""Draw the same figures as `plain.py` with ec_maps, with its settings from the environment.

The last line printed is JSON: the seconds of the job, without imports where its docstring says so.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from itertools import pairwise
from pathlib import Path
from time import perf_counter

import ec_maps

# As in the command line: Arrow's own pools do not return memory.
os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")

PLACES = ["Great Yarmouth", "Redcar and Cleveland", "Telford and Wrekin"]


def posts(out: Path) -> dict[str, float]:
    """Draw the seven figures of the posts, in the same way."""
    lads = ec_maps.load_areas("lad")
    ec_maps.national_map(lads).save(out / "national.png")
    for place in PLACES:
        region = lads.loc[lads["lad21nm"] == place, "rgn21nm"].iloc[0]
        ec_maps.regional_map(lads, region, highlight=[place]).save(out / f"region {region}.png")
        ec_maps.local_map(ec_maps.load_areas("msoa", near=place), place).save(out / f"local {place}.png")
    return {}


def load() -> dict[str, float]:
    """Load both levels; the time leaves out the imports."""
    import geopandas  # noqa: F401 - loading needs it, and its import is another line of the table

    from ec_maps.areas import table as areas_table

    start = perf_counter()
    areas_table.load_areas("lad")
    areas_table.load_areas("msoa")
    return {"loading": perf_counter() - start}


def every(out: Path, jobs: int, names: list[str]) -> dict[str, float]:
    """Draw every region and every district by neighbourhood, or those that are named, with so many workers."""
    if names:
        import sample

        sample.draw_all(names, out, jobs)
    else:
        from ec_maps.maps import batch

        batch.draw_maps(out, jobs=jobs, quiet=True)
    return {}


def regions(out: Path) -> dict[str, float]:
    """Draw the ten regions, each once for a folder."""
    from ec_maps.maps import batch

    batch.draw_maps(out, kinds=["regions"], jobs=1, quiet=True)
    return {}


def places(out: Path, number: int) -> dict[str, float]:
    """Draw so many places; the time is that of the three of the posts, the last of them, for each.

    Places differ in what they cost, so that the same ones are looked at, however many are drawn before.
    """
    from sample import evenly

    msoas = ec_maps.load_areas("msoa")
    others = evenly(sorted(set(msoas["lad21nm"]) - set(PLACES)), number - len(PLACES))
    # The first map also loads fonts and context, which are not part of the cost of a place.
    for name in [*PLACES, *others]:
        ec_maps.local_map(msoas, name).save(out / f"{name}.png")
    start = perf_counter()
    for name in PLACES:
        ec_maps.local_map(msoas, name).save(out / f"{name}.png")
    return {"each": (perf_counter() - start) / len(PLACES), "number": number}


def areas(out: Path) -> dict[str, float]:
    """Load the neighbourhoods cold, if the cache is empty, then warm, and draw all of them in one picture, warm too."""
    import geopandas  # noqa: F401 - as in `load`

    from ec_maps import load_areas
    from ec_maps.graphics import layers, palette
    from ec_maps.graphics.figure import Map
    from ec_maps.graphics.layout import Words, new_layout, view
    from ec_maps.graphics.legend import Key
    from ec_maps.maps.simplify import to_pixels

    times = [perf_counter()]
    for _ in range(2):
        table = load_areas("msoa")
        times.append(perf_counter())
    key = Key("Deciles", "", [""] * 11, list(palette.ice_colours()))
    left, bottom, right, top = map(float, table.total_bounds)
    extent = view((left, bottom, right, top), tallest=1.2)
    for _ in range(2):  # the first time, shapes are simplified and cached
        start = perf_counter()
        layout = new_layout(extent, Words("All areas", "", ""), key, demo=True)
        shapes = to_pixels(table.geometry.to_numpy(), extent)
        layers.draw_deciles(layout.ax, table.set_geometry(shapes, crs=table.crs), edge=layers.BORDER_WIDTHS["national"])
        Map(layout.figure, table, "All areas", "All areas").save(out / "all.png")
        drawn = perf_counter() - start
    cold, warm = (after - before for before, after in pairwise(times))
    return {"number": len(table), "cold": cold, "warm": warm, "draw": drawn}


@contextmanager
def every_vertex() -> Iterator[None]:
    """Have maps of this process drawn with every vertex, as if shapes were not simplified to a map's pixels."""
    from ec_maps.maps import surroundings

    simplified = surroundings.to_pixels
    surroundings.to_pixels = lambda shapes, _extent: shapes
    try:
        yield
    finally:
        surroundings.to_pixels = simplified


def main() -> None:
    """Do the job that is asked for."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("job", choices=["posts", "load", "every", "regions", "places", "areas"])
    parser.add_argument("-o", dest="out", type=Path, default=Path(), help="the folder for the figures")
    parser.add_argument("--jobs", type=int, default=1, help="how many workers draw every map")
    parser.add_argument("--number", type=int, default=0, help="how many places")
    parser.add_argument("--names", type=Path, metavar="FILE", help="only the maps that the file lists")
    parser.add_argument("--no-simplify", action="store_true", help="draw every vertex of the shapes")
    parser.add_argument("--modules", action="store_true", help="report which modules were loaded")
    asked = parser.parse_args()
    asked.out.mkdir(parents=True, exist_ok=True)
    names = asked.names.read_text(encoding="utf-8").splitlines() if asked.names else []
    job = {
        "posts": lambda: posts(asked.out),
        "load": load,
        "every": lambda: every(asked.out, asked.jobs, names),
        "regions": lambda: regions(asked.out),
        "places": lambda: places(asked.out, asked.number),
        "areas": lambda: areas(asked.out),
    }[asked.job]
    with every_vertex() if asked.no_simplify else nullcontext():
        results: dict[str, object] = dict(job())
    if asked.modules:
        results["modules"] = sorted({name.partition(".")[0] for name in sys.modules} | set(sys.modules))
    print(json.dumps(results))


if __name__ == "__main__":
    main()
