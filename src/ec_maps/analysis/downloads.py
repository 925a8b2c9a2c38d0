"""Files to take away: tables as CSV, areas as GeoJSON, each row with where it is from."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from ec_maps.areas.provenance import line
from ec_maps.areas.wording import sources, universe
from ec_maps.measures import measure_of

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

#: A metre or so: outlines are no finer than that.
_DECIMALS = 5


def lowest_first(areas: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return a table without its outlines, by value and then code; what has no value comes last."""
    code = "msoa21cd" if "msoa21cd" in areas else "lad21cd"
    plain = pd.DataFrame(areas.drop(columns="geometry"))
    measure = measure_of(areas).key
    return plain.sort_values([measure, code], na_position="last", ignore_index=True)


def write_csv(areas: gpd.GeoDataFrame, path: Path) -> None:
    """Write a table lowest first, each row with what it is: a file outlives the page it came from."""
    told = lowest_first(areas).assign(decile_of=universe(areas), source=line())
    told.to_csv(path, index=False, encoding="utf-8", lineterminator="\n")


def write_geojson(areas: gpd.GeoDataFrame, path: Path) -> None:
    """Write areas with their outlines as GeoJSON (RFC 7946: degrees, five decimals, exterior rings anticlockwise).

    The collection carries members of its own, ``decile_of``, ``source`` and ``licence``; each feature has the columns
    of the table.
    """
    shapes = areas.geometry.to_crs("EPSG:4326").to_numpy()
    shapes = shapely.orient_polygons(shapely.transform(shapes, lambda xy: np.round(xy, _DECIMALS)))
    rows = pd.DataFrame(areas.drop(columns="geometry")).astype(object)
    rows = rows.where(rows.notna(), None)
    features = [
        {"type": "Feature", "properties": properties, "geometry": _geometry(shape)}
        for properties, shape in zip(rows.to_dict("records"), shapes, strict=True)
    ]
    told = {
        "type": "FeatureCollection",
        "decile_of": universe(areas),
        "source": line(),
        "licence": sources(names="msoa21hclnm" in areas),
        "features": features,
    }
    text = json.dumps(told, ensure_ascii=False, separators=(",", ":"), default=_plain)
    path.write_text(text + "\n", encoding="utf-8")


def _geometry(shape: BaseGeometry) -> dict[str, object]:
    return dict(shapely.geometry.mapping(shape))


def _plain(value: object) -> object:
    """Return NumPy's numbers as Python's own."""
    return value.item() if isinstance(value, np.generic) else str(value)
