"""The layout of hexagons: one each, meeting exactly, regions whole, neighbours near one another."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from ec_maps.hexagons import hexagon_layout, laid_out
from made import VALUE, demo_tables, real_tables, squares


class Country(NamedTuple):
    """A country's neighbourhoods, and the same as hexagons."""

    msoas: gpd.GeoDataFrame
    hexagons: gpd.GeoDataFrame


@lru_cache(maxsize=2)
def country_of(kind: str, folder: Path) -> Country:
    """Return a country, laid out once for all tests."""
    msoas = (demo_tables if kind == "demo" else real_tables)(folder).msoas
    return Country(msoas, hexagon_layout(msoas))


@pytest.fixture(params=["demo", "real"])
def country(request: pytest.FixtureRequest) -> Country:
    """Return the demonstration's country, and the real one where its boundaries are at hand."""
    return country_of(request.param, request.getfixturevalue("demo" if request.param == "demo" else "geo"))


def apart(country: Country) -> np.ndarray:
    """Return how far neighbours on the ground lie from one another as hexagons, in hexagons' widths."""
    shapes = country.msoas.geometry.to_numpy()
    one, other = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    one, other = one[one < other], other[one < other]
    hexagons = country.hexagons.geometry.to_numpy()
    centres = shapely.get_coordinates(shapely.centroid(hexagons))
    width = shapely.bounds(hexagons[0])[2] - shapely.bounds(hexagons[0])[0]
    return np.asarray(np.hypot(*(centres[one] - centres[other]).T) / width)


def test_same_table(country: Country) -> None:
    """Rows, their order, columns and attributes are those of the table; only the outlines differ."""
    msoas, hexagons = country
    assert list(hexagons.columns) == list(msoas.columns)
    pd.testing.assert_frame_equal(
        pd.DataFrame(hexagons.drop(columns="geometry")), pd.DataFrame(msoas.drop(columns="geometry"))
    )
    assert hexagons.attrs == msoas.attrs
    assert hexagons.crs == "EPSG:27700"


def test_one_hexagon_each(country: Country) -> None:
    """Each neighbourhood has a hexagon of its own; all are equal and valid, with six sides of about one length."""
    shapes = country.hexagons.geometry.to_numpy()
    assert shapely.is_valid(shapes).all()
    assert (shapely.get_num_coordinates(shapes) == 7).all()
    assert np.ptp(shapely.area(shapes)) == 0
    moved = shapely.get_coordinates(shapes).reshape(-1, 7, 2)
    assert (moved - moved[:, :1] == (moved - moved[:, :1])[0]).all()
    assert len(np.unique(moved[:, 0], axis=0)) == len(shapes)


def test_exact_tiling(country: Country) -> None:
    """Hexagons share their corners to the last digit and no ground: the coverage is valid, its area the sum."""
    shapes = country.hexagons.geometry.to_numpy()
    assert shapely.coverage_is_valid(shapes)
    assert shapely.union_all(shapes).area == pytest.approx(shapely.area(shapes).sum(), rel=1e-12)
    assert shapely.area(shapes).sum() == pytest.approx(country.msoas.area.sum(), rel=0.01)


def test_regions_are_whole(country: Country) -> None:
    """Every region is one piece."""
    for region, part in country.hexagons.groupby("rgn21nm"):
        assert isinstance(shapely.coverage_union_all(part.geometry.to_numpy()), shapely.Polygon), region


def test_districts_keep_together(country: Country) -> None:
    """Nineteen districts in twenty are one piece, and none is in more than four."""
    pieces = [
        len(shapely.get_parts(shapely.coverage_union_all(part.geometry.to_numpy())))
        for _, part in country.hexagons.groupby("lad21cd")
    ]
    assert np.mean(np.array(pieces) == 1) > 0.95
    assert max(pieces) <= 4


def test_neighbours_stay_near(country: Country) -> None:
    """Of neighbours on the ground, half are neighbours as hexagons, and four in five have one between them at most."""
    away = apart(country)
    assert (away < 1.1).mean() > 0.5
    assert (away < 2.1).mean() > 0.8


def test_recognisable(country: Country) -> None:
    """Where a district lies, north or south, east or west, it lies in the layout."""
    before, after = (
        pd.DataFrame({"x": table.centroid.x, "y": table.centroid.y}).groupby(table["lad21cd"]).mean()
        for table in country
    )
    assert np.corrcoef(before["x"], after["x"])[0, 1] > 0.9
    assert np.corrcoef(before["y"], after["y"])[0, 1] > 0.9


def test_same_layout_each_time(country: Country) -> None:
    """The same areas are laid out the same to the last byte."""
    wales = country.msoas[country.msoas["rgn21nm"] == "Wales"]
    one, other = (shapely.to_wkb(hexagon_layout(wales).geometry.to_numpy()) for _ in range(2))
    assert list(one) == list(other)


def test_one_region(country: Country) -> None:
    """A region alone is laid out whole, its index kept."""
    wales = country.msoas[country.msoas["rgn21nm"] == "Wales"]
    hexagons = hexagon_layout(wales)
    assert list(hexagons.index) == list(wales.index)
    assert isinstance(shapely.coverage_union_all(hexagons.geometry.to_numpy()), shapely.Polygon)


def test_row_of_squares() -> None:
    """Squares in a row become hexagons in one piece, in the same order from west to east."""
    table = squares([0.1 * n for n in range(12)])
    hexagons = hexagon_layout(table)
    assert isinstance(shapely.coverage_union_all(hexagons.geometry.to_numpy()), shapely.Polygon)
    assert (np.diff(hexagons.centroid.x) > 0).all()


def test_a_single_neighbourhood() -> None:
    """One neighbourhood is one hexagon of about its size, where it was."""
    table = squares([0.5])
    (hexagon,) = hexagon_layout(table).geometry
    assert hexagon.area == pytest.approx(1_000_000, rel=0.01)
    assert hexagon.centroid.distance(table.geometry.iloc[0].centroid) < 1000


def test_districts_of_a_single_neighbourhood() -> None:
    """Districts of one neighbourhood each, in two regions, get a hexagon each, and both regions are whole."""
    table = squares([0.1 * n for n in range(10)])
    table["lad21cd"] = table["lad21nm"] = [f"E{n}" for n in range(10)]
    table["rgn21nm"] = ["North East"] * 4 + ["London"] * 6
    hexagons = hexagon_layout(table)
    assert len(set(hexagons.geometry)) == 10
    for _, part in hexagons.groupby("rgn21nm"):
        assert isinstance(shapely.coverage_union_all(part.geometry.to_numpy()), shapely.Polygon)


def test_no_rows() -> None:
    """A table without rows has a layout without rows."""
    assert hexagon_layout(squares([0.5]).iloc[:0]).empty


def test_kept_in_the_cache(demo: Path) -> None:
    """A layout is kept and found again, whatever the values; other areas are laid out anew."""
    table = squares([0.1 * n for n in range(12)])
    first = laid_out(table)
    kept = sorted((demo / "cache").glob("hexagons-*"))
    table[VALUE] = 0.3
    second = laid_out(table)
    assert sorted((demo / "cache").glob("hexagons-*")) == kept
    assert list(second.geometry) == list(first.geometry) == list(hexagon_layout(table).geometry)
    assert (second[VALUE] == 0.3).all()
    laid_out(table.iloc[:11])
    assert sorted((demo / "cache").glob("hexagons-*")) != kept
