"""Tables and images for the tests of the maps."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from matplotlib import image
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ec_maps import settings
from ec_maps.about import About
from ec_maps.areas.deciles import deciles
from ec_maps.areas.table import load_areas
from ec_maps.boundaries.table import read_areas
from ec_maps.errors import DataError
from ec_maps.maps.choropleth import Map
from ec_maps.measures import MEASURES
from fakes import hexagons as fake

VALUE = "economic_connectedness"


class Tables(NamedTuple):
    """The two tables, and the land outside them."""

    lads: gpd.GeoDataFrame
    msoas: gpd.GeoDataFrame
    context: gpd.GeoDataFrame


def nothing_around() -> gpd.GeoDataFrame:
    """Return a context without land."""
    return gpd.GeoDataFrame({"lad21nm": []}, geometry=[], crs="EPSG:27700")


def valued(areas: gpd.GeoDataFrame, level: str, *, blank: float = 0.02) -> gpd.GeoDataFrame:
    """Return the areas with made-up values, a share of them missing, and their deciles."""
    rng = np.random.default_rng(len(areas))
    table = areas.reset_index(drop=True)
    values = pd.Series(rng.normal(0.5, 0.06, len(table)).clip(0.1, 0.9))
    table[VALUE] = values.mask(pd.Series(rng.random(len(table)) < blank))
    table["decile"] = deciles(table[VALUE])
    return about(table, level)


def about(table: gpd.GeoDataFrame, level: str = "", measure: str = VALUE, scope: str = "ew") -> gpd.GeoDataFrame:
    """Return the table saying that it is whole, and of which measure, as one of `load_areas` does."""
    level = level or ("msoa" if "msoa21cd" in table else "lad")
    values = table[measure].dropna()
    edges = list(values.quantile(np.linspace(0, 1, 11))) if len(values) else [0.0] * 11
    if (table["decile"].dropna() == 1).all():
        # Too few values for deciles: all of them are in the first.
        edges = [edges[0], *edges[-1:] * 10]
    category = MEASURES[measure].category
    facts = {"measure": measure, "category": category, "level": level, "scope": scope, "demo": settings.is_demo()}
    About.whole(table, edges, **facts).on(table)
    return table


@lru_cache(maxsize=1)
def real_tables(geo: Path) -> Tables:
    """Return the tables of the real boundaries, with made-up values."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EC_MAPS_BOUNDARIES", str(geo))
        areas = read_areas()
    here, there = areas.lads["lad21cd"].str[0].isin(["E", "W"]), areas.msoas["msoa21cd"].str[0].isin(["E", "W"])
    around = areas.lads[~here].reset_index(drop=True)
    return Tables(valued(areas.lads[here], "lad", blank=0.03), valued(areas.msoas[there], "msoa"), around)


@contextmanager
def demonstration(data_dir: Path) -> Iterator[None]:
    """Switch the library to the demonstration data for a while, with their cache in this folder."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EC_MAPS_SOURCE", "demo")
        patch.setenv("EC_MAPS_DATA_DIR", str(data_dir))
        yield


@lru_cache(maxsize=1)
def demo_tables(data_dir: Path) -> Tables:
    """Return the tables of the demonstration data, with their cache in this folder."""
    with demonstration(data_dir):
        return Tables(load_areas("lad"), load_areas("msoa"), nothing_around())


def squares(values: list[float | None], *, district: str = "Testham", region: str = "North East") -> gpd.GeoDataFrame:
    """Return a table of both levels' columns: a square of a kilometre for each value, side by side.

    If the values do not form deciles, every value is in the first.
    """
    shapes = [shapely.box(x * 1000, 0, x * 1000 + 1000, 1000) for x in range(400, 400 + len(values))]
    shares = pd.Series(values, dtype=float)
    try:
        groups = deciles(shares)
    except DataError:
        groups = shares.notna().astype("Int64").where(shares.notna())
    table = gpd.GeoDataFrame(
        {
            "msoa21cd": [f"E02{number:06}" for number in range(1, len(values) + 1)],
            "msoa21nm": [f"{district} {number:03}" for number in range(1, len(values) + 1)],
            "lad21cd": "E06000999",
            "lad21nm": district,
            "rgn21nm": region,
            VALUE: shares,
            "decile": groups,
        },
        geometry=shapes,
        crs="EPSG:27700",
    )
    return about(table)


def together(*tables: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the neighbourhoods of several tables of `squares` as one whole table, each with a code of its own."""
    table = pd.concat(tables, ignore_index=True)
    table["msoa21cd"] = [f"E02{number:06}" for number in range(1, len(table) + 1)]
    table["decile"] = deciles(table[VALUE])
    return about(table)


def use_layout(patch: pytest.MonkeyPatch, folder: Path) -> None:
    """Point the library at a folder with a layout of hexagons alone, in which `squares` lie side by side."""
    cells = fake.cells(fake.library())
    (folder / "boundaries").mkdir(exist_ok=True)
    cells.to_csv(folder / "boundaries" / "cells.csv", index=False)
    patch.setenv("EC_MAPS_BOUNDARIES", str(folder / "boundaries"))
    patch.setenv("EC_MAPS_DATA_DIR", str(folder / "data"))


def districts(values: list[float | None], *, region: str = "North East") -> gpd.GeoDataFrame:
    """Return a table of districts, a square for each value, named A, B, C and so on."""
    table = squares(values, region=region)
    table["lad21nm"] = [chr(65 + place % 26) + str(place // 26 or "") for place in range(len(values))]
    table["lad21cd"] = [f"E06{number:06}" for number in range(1, len(values) + 1)]
    return about(table.drop(columns=["msoa21cd", "msoa21nm"]))


class Picture:
    """A map as saved: its pixels, and where the axes' coordinates lie among them."""

    def __init__(self, drawn: Map, folder: Path) -> None:
        pixels = image.imread(io.BytesIO(drawn.save(folder / "picture.png").read_bytes()))
        self.pixels = np.rint(pixels[..., :3] * 255).astype(np.uint8)
        self.figure: Figure = drawn.figure
        self._scale = self.pixels.shape[1] / (self.figure.get_figwidth() * self.figure.dpi)

    def inside(self, ax: Axes, shape: shapely.Geometry, *, off_edge: float = 3) -> np.ndarray:
        """Return the colours, one a row, of a shape's pixels, `off_edge` of them off its edge; data of the axes."""
        height, width, _ = self.pixels.shape
        placed = shapely.transform(shape, lambda points: ax.transData.transform(points) * self._scale)
        placed = shapely.transform(placed.buffer(-off_edge), lambda points: np.c_[points[:, 0], height - points[:, 1]])
        if placed.is_empty:
            return np.empty((0, 3), dtype=np.uint8)
        left, top, right, bottom = (int(edge) for edge in placed.bounds)
        xs, ys = np.arange(max(left, 0), min(right + 2, width)), np.arange(max(top, 0), min(bottom + 2, height))
        grid = np.stack(np.meshgrid(xs, ys), axis=-1).reshape(-1, 2)
        shapely.prepare(placed)
        grid = grid[shapely.intersects_xy(placed, grid[:, 0] + 0.5, grid[:, 1] + 0.5)]
        return self.pixels[grid[:, 1], grid[:, 0]]

    def has(self, colour: str) -> bool:
        """Return whether any pixel is of this colour."""
        return bool((self.pixels == np.array(rgb(colour))).all(axis=-1).any())


def rgb(colour: str) -> tuple[int, int, int]:
    """Return a hex colour's red, green and blue, 0 to 255."""
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return red, green, blue


def counted(colours: np.ndarray) -> dict[str, int]:
    """Return how often each colour occurs, the commonest first."""
    packed = colours.astype(np.int64) @ np.array([65536, 256, 1])
    found, numbers = np.unique(packed, return_counts=True)
    order = np.argsort(-numbers, kind="stable")
    return {f"#{found[at]:06x}": int(numbers[at]) for at in order}
