"""The House of Commons Library's GeoPackage of hexagons, with its layers and columns and another arrangement.

There are no faults but those of :mod:`.faults`; `content` can be replaced.
"""

from __future__ import annotations

import hashlib
import tempfile
from functools import cache
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from . import country
from .faults import Request, Response, page
from .server import Fake

#: How many hexagons a row has, and how far from one another they and the rows are.
ROW = 90
ACROSS, UP = 0.3, 0.2598

#: From here on the hexagons stand apart: so many rows higher, and half a hexagon to the side of where they should be.
APART, ROWS = 4_500, 3


def places(number: int) -> np.ndarray:
    """Return the column, in half hexagons, and the row of so many hexagons, from the south-west."""
    at = np.arange(number)
    rows = at // ROW
    there = rows >= APART // ROW
    return np.stack([at % ROW * 2 + rows % 2, rows + ROWS * there], axis=1)


def hexagons(codes: list[str]) -> gpd.GeoDataFrame:
    """Return a hexagon for each code: as in the real file, turned by a hair and a little larger than their room."""
    centres = places(len(codes)) * (ACROSS / 2, UP) + (12.6, 2.3)
    angles = np.radians([90.2, 29.8, -29.8, -89.8, -150.2, 150.2, 90.2])
    corners = 0.174 * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    shapes = [shapely.MultiPolygon([shapely.Polygon(centre + corners)]) for centre in centres]
    return gpd.GeoDataFrame({"msoa21cd": codes}, geometry=shapes, crs=27700)


def library() -> gpd.GeoDataFrame:
    """Return the layer of hexagons, sorted by code, with the columns that the Library gives it."""
    rows = country.lookup().sort_values("MSOA21CD", ignore_index=True)
    table = hexagons(list(rows["MSOA21CD"]))
    table["msoa21nm"], table["lad22cd"], table["lad22nm"] = rows["MSOA21NM"], rows["LAD21CD"], rows["LAD21NM"]
    table["group"] = table["region"] = rows["RGN21NM"].mask(rows["RGN21NM"] == "", "Wales")
    return table


def written(table: gpd.GeoDataFrame) -> bytes:
    """Return the GeoPackage of a layer of hexagons, with outlines of districts and of the country beside it."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "MSOA_2021.gpkg"
        table.to_file(path, layer="3 MSOA hex")
        if "lad22cd" in table:
            around = table.groupby(["lad22cd", "lad22nm"])["geometry"].agg(shapely.union_all).reset_index()
            gpd.GeoDataFrame(around, crs=27700).to_file(path, layer="2 Local authority outlines")
        whole = gpd.GeoDataFrame({"Name": ["England and Wales"]}, geometry=[table.union_all().envelope], crs=27700)
        whole.to_file(path, layer="5 Country background")
        return path.read_bytes()


@cache
def gpkg() -> bytes:
    """Return the file in order."""
    return written(library())


def cells(table: pd.DataFrame) -> pd.DataFrame:
    """Return the code, column and row of each hexagon of the table of :func:`library`."""
    return pd.DataFrame(places(len(table)), columns=["column", "row"]).assign(msoa21cd=table["msoa21cd"])


class FakeHexagons(Fake):
    """The page that the file is on."""

    prefix = "/houseofcommonslibrary/uk-hex-cartograms-noncontiguous/main/geopackages/MSOA_2021.gpkg"

    def __init__(self) -> None:
        super().__init__()
        self.content = gpkg()

    def respond(self, request: Request) -> Response:
        if request.path != self.prefix:
            return page("404: Not Found", 404)
        mark = hashlib.sha256(self.content).hexdigest()
        headers = {"Content-Type": "application/octet-stream", "ETag": f'"{mark}"', "Server": "github.com"}
        return Response(200, self.content, headers)
