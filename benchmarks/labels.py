"""How the time to place the numbers of areas grows with their number: ten thousand against one thousand.

    .venv/bin/python benchmarks/labels.py

The areas are the cells of scattered points, in one district. Both are timed in one run, so that their ratio does not
depend on the machine. The last line is JSON: the seconds, and the ratio, which is 10 for time that grows with n.
"""

from __future__ import annotations

import json
import time

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from ec_maps.graphics.annotation import number_areas
from ec_maps.graphics.labels import Placer
from ec_maps.graphics.layout import Words, new_layout, view
from ec_maps.graphics.legend import Key
from ec_maps.graphics.style import own_settings

SIDE = 40_000


def areas(number: int) -> gpd.GeoDataFrame:
    """Return so many cells of points scattered in a square, without values."""
    square = shapely.box(0, 0, SIDE, SIDE)
    points = shapely.MultiPoint(np.random.default_rng(number).uniform(0, SIDE, (number, 2)))
    cells = shapely.intersection(shapely.get_parts(shapely.voronoi_polygons(points, extend_to=square)), square)
    return gpd.GeoDataFrame({"decile": pd.array([1] * number, dtype="Int64")}, geometry=list(cells), crs="EPSG:27700")


def seconds(number: int) -> float:
    """Return how long placing and writing the numbers of so many areas takes."""
    table = areas(number)
    key = Key("", "", [""] * 11, [None] * 10)
    layout = new_layout(view(table.total_bounds), Words("", "", ""), key, demo=False)
    with own_settings():
        start = time.perf_counter()
        numbers = [str(at) for at in range(1, number + 1)]
        number_areas(layout, Placer(layout.frame), table, numbers, ["#ffffff"] * number)
        return time.perf_counter() - start


def main() -> None:
    """Time both and print them."""
    seconds(100)  # fonts are loaded once
    few, many = seconds(1_000), seconds(10_000)
    print(f"1,000 areas: {few:.2f} s; 10,000 areas: {many:.2f} s")
    print(json.dumps({"1000": few, "10000": many, "ratio": many / few}))


if __name__ == "__main__":
    main()
