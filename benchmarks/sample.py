"""A sample of all maps, drawn by the same workers: the short form of that job."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import geopandas as gpd


def evenly(names: list[str], number: int) -> list[str]:
    """Return this number of names, evenly spaced, or all of them if there are fewer."""
    return [names[at * len(names) // number] for at in range(number)] if number < len(names) else list(names)


@lru_cache(maxsize=1)
def tables() -> dict[str, gpd.GeoDataFrame]:
    """Return the tables of both levels, loaded once in each process."""
    from ec_maps import load_areas

    return {"lad": load_areas("lad"), "msoa": load_areas("msoa")}


def draw(shared: dict[str, gpd.GeoDataFrame], task: tuple[str, Path]) -> str:
    """Draw the map of a region or a place into a folder."""
    from ec_maps import local_map, regional_map

    name, out = task
    lads = shared["lad"]
    drawn = regional_map(lads, name) if name in set(lads["rgn21nm"]) else local_map(shared["msoa"], name)
    drawn.save(out / f"{name}.png")
    return name


def draw_all(names: list[str], out: Path, jobs: int) -> None:
    """Draw the maps of these regions and places with so many workers."""
    from ec_maps.maps import workers

    list(workers.results(draw, tables, [(name, out) for name in names], jobs=jobs))
