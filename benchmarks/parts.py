"""The demonstration's neighbourhoods cut into parts, so that there are many more of them, each with a value.

    .venv/bin/python benchmarks/parts.py FOLDER 10

Each is cut along lines from vertex to vertex across its longer side, and edges shared with neighbours are identical to
the last digit. Straight edges get more vertices first, so that a part has about as many vertices as a neighbourhood.
"""

from __future__ import annotations

import argparse
import json
import zipfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import project
import shapely
from heavy import finer, vertices

_TABLE = "msoa/uk_economic_connectedness_20250301.csv"


def cut(shapes: np.ndarray, into: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the parts of MultiPolygons, and which shape each is a part of.

    Parameters
    ----------
    shapes
        Valid MultiPolygons, EPSG:27700.
    into
        How many parts of each there are to be; a shape of few vertices may have fewer.
    """
    if into == 1:
        return shapes, np.arange(len(shapes))
    triangles, owner = shapely.get_parts(shapely.constrained_delaunay_triangles(shapes), return_index=True)
    left, bottom, right, top = shapely.bounds(shapes).T
    middle = shapely.get_coordinates(shapely.centroid(triangles))
    along = np.where((right - left > top - bottom)[owner], middle[:, 0], middle[:, 1])
    order = np.lexsort((along, owner))
    triangles, owner = triangles[order], owner[order]
    many = np.bincount(owner, minlength=len(shapes))
    rank = np.arange(len(owner)) - (np.cumsum(many) - many)[owner]
    part = owner * into + rank * np.minimum(into, many)[owner] // many[owner]
    names, begin = np.unique(part, return_index=True)
    parts = [shapely.coverage_union_all(some) for some in np.split(triangles, begin[1:])]
    return np.array([_multi(one) for one in parts], dtype=object), names // into


def _multi(shape: shapely.Geometry) -> shapely.MultiPolygon:
    return shape if isinstance(shape, shapely.MultiPolygon) else shapely.MultiPolygon([shape])


def areas_in_parts(msoas: gpd.GeoDataFrame, into: int) -> tuple[gpd.GeoDataFrame, np.ndarray]:
    """Return a table of neighbourhoods cut into parts, with codes and names of their own, and each one's old row."""
    shapes = msoas.geometry.to_numpy()
    if into > 1:
        shapes = finer([shapes], lambda lengths, _: np.full(len(lengths), max(2, into // 2)), sway=0.0)[0]
    parts, owner = cut(shapes, into)
    table = msoas.iloc[owner].reset_index(drop=True).set_geometry(parts, crs=msoas.crs)
    numbers = table.groupby("lad21cd").cumcount() + 1
    table["msoa21cd"] = [f"X02{number:06d}" for number in range(1, len(table) + 1)]
    table["msoa21nm"] = [f"{name} {number:03d}" for name, number in zip(table["lad21nm"], numbers, strict=True)]
    return table, owner


def atlas_rows(values: pd.DataFrame, before: pd.Series, after: pd.DataFrame, owner: np.ndarray) -> pd.DataFrame:
    """Return the Atlas's rows for the parts: those of the neighbourhood, each with a value a little above the last.

    Parameters
    ----------
    values
        The rows of the neighbourhoods.
    before, after, owner
        The neighbourhoods' codes, the table of the parts, and of which neighbourhood each is a part.
    """
    parts = pd.DataFrame({"zip_prediction": before.to_numpy()[owner], "new": after["msoa21cd"].to_numpy()})
    parts["place"] = parts.groupby("zip_prediction").cumcount()
    rows = values.merge(parts, on="zip_prediction")
    rows["high_ses_ratio"] += rows["place"] * 1e-5
    rows["zip_prediction"] = rows["new"]
    return rows[list(values.columns)]


def main() -> None:
    """Write a project folder with the parts, and how many there are to the terminal."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("into", type=int, help="how many parts each neighbourhood is cut into")
    asked = parser.parse_args()
    msoas, lads = (gpd.read_parquet(project.DEMO / name) for name in ("boundaries.parquet", "districts.parquet"))
    table, owner = areas_in_parts(msoas, asked.into)
    local, of_parts = project.DEMO / "local_authority-demonstration.zip", asked.folder / "data/demo/msoa-parts.zip"
    with zipfile.ZipFile(project.DEMO / "msoa-demonstration.zip") as archive, archive.open(_TABLE) as file:
        rows = atlas_rows(pd.read_csv(file), msoas["msoa21cd"], table, owner)
    of_parts.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(of_parts, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(_TABLE, rows.to_csv(index=False))
    project.write(asked.folder, table, lads, [local, of_parts])
    print(json.dumps({"areas": len(table), "vertices": vertices(table.geometry.to_numpy())}))


if __name__ == "__main__":
    main()
