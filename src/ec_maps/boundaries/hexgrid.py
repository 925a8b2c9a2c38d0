"""The layout of hexagons: which cell of a honeycomb stands for which neighbourhood.

The House of Commons Library publishes one for the MSOAs of 2021, arranged by hand. Its groups of hexagons, mostly
counties, stand apart. The demonstration has one of its own.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from ec_maps import settings
from ec_maps.boundaries.files import Table, find_tables
from ec_maps.boundaries.geometry import BRITISH_NATIONAL_GRID
from ec_maps.boundaries.ons import edition
from ec_maps.boundaries.sources import boundary_files, boundary_name, is_table
from ec_maps.errors import BoundaryError, SettingError, listed
from ec_maps.fetch import fetcher, sources
from ec_maps.fetch.fetcher import Job
from ec_maps.fetch.http_errors import Fault
from ec_maps.fetch.manifest import Brought

#: A neighbourhood's code and its cell: columns are half a hexagon wide, and each row is three quarters of one higher.
COLUMNS = ["msoa21cd", "column", "row"]

LAYOUT_PAGE = "https://github.com/houseofcommonslibrary/uk-hex-cartograms-noncontiguous"
_BY_HAND = f"MSOA_2021.gpkg of {LAYOUT_PAGE} (folder geopackages)"

#: Half a hexagon's width and a quarter of its height in metres: together they cover the area of England and Wales.
_HALF, _QUARTER = 2_463, 1_422
#: How deep the bays of the land behind the hexagons may be, from 0 to 1: see :func:`shapely.concave_hull`.
_BAYS = 0.1

_CORNERS = ((0, 2), (-1, 1), (-1, -1), (0, -2), (1, -1), (1, 1), (0, 2))

#: How far columns and rows lie apart in the Library's file, which has no unit; how far off its cell a hexagon may lie,
#: as a share of that; and more cells than any row has.
_GRID = (0.15, 0.2598)
_OFF = 0.2
_WIDEST = 1_000_000


def bring(path: Path) -> Brought:
    """Download the Library's GeoPackage, checked, and return what is known of it: see :func:`sources.bring_file`."""
    setting = ("EC_MAPS_HEXAGONS_URL", settings.hexagons_url(), settings.HEXAGONS_URL)
    return sources.bring_file("msoa21_hexagons", path, _checked, setting=setting, begins=b"SQLite format 3\0")


def _checked(path: Path, where: str) -> list[str]:
    try:
        found = layouts(find_tables([path]))
        reason = _read(found[0])[1] if found else "no layer has hexagons with MSOA21CD"
    except BoundaryError:
        msg = f"{where} is damaged: it cannot be read as a GeoPackage."
        raise Fault(msg, "wrong") from None
    if reason:
        msg = f"{where} is not the file of hexagons that was expected: {reason}."
        raise Fault(msg, "wrong")
    return []


def layouts(tables: Iterable[Table]) -> list[Table]:
    """Return the tables that are layouts: hexagons by MSOA21CD, or the columns of :data:`COLUMNS`."""
    return [table for table in tables if _is_layout(table)]


def _is_layout(table: Table) -> bool:
    wanted = ["msoa21cd"] if table.has_outlines else COLUMNS
    return set(wanted) <= set(table.columns) and (not table.has_outlines or table.has_hexagons())


def local_layout() -> Table | None:
    """Return the layout in a folder of boundaries or the demonstration; None if there is none, an error if several."""
    if not (settings.is_demo() or isinstance(settings.boundaries(), Path)):
        return None
    found = layouts(find_tables(boundary_files()))
    if len(found) > 1:
        names = listed([str(table) for table in found])
        msg = f"{boundary_name()} holds more than one layout of hexagons ({names}). Keep the one to be drawn."
        raise BoundaryError(msg)
    return found[0] if found else None


def layout_jobs() -> list[Job]:
    """Return what has to be fetched for the map of hexagons; nothing if a layout lies among the boundaries."""
    with suppress(BoundaryError):  # whoever reads the boundaries reports it
        if local_layout():
            return []
    by_hand = "The map of hexagons is left out; all others are drawn."
    return [Job("msoa21_hexagons", ".gpkg", bring, is_table, by_hand, optional=True)]


def layout() -> pd.DataFrame:
    """Return the cell of each neighbourhood, ``msoa21cd column row``; it is fetched if need be.

    Columns count half hexagons from west to east, rows count from south to north. Hexagons that meet lie two columns
    apart in a row, or one column and one row.

    Raises
    ------
    BoundaryError
        If there is no layout and none can be fetched, or it does not have one hexagon for each neighbourhood.
    """
    table = local_layout()
    if table is None and settings.is_demo():
        msg = f"The demonstration has no layout of hexagons: there is no hexagons.csv in {settings.shipped('demo')}."
        raise BoundaryError(msg)
    if table is None:
        (done,) = fetcher.ensure(layout_jobs())
        if done.entry is None:
            msg = (
                f"The map of hexagons has no layout. {done.message}\n\nec-maps fetch downloads it. You can also put "
                f"{_BY_HAND} into a folder with the boundaries, and name that in EC_MAPS_BOUNDARIES."
            )
            raise BoundaryError(msg)
        (table,) = layouts(find_tables([done.entry.path]))
    cells, reason = _read(table)
    if reason:
        msg = f"{table} is not a layout of hexagons for the maps: {reason}. In its place put {_BY_HAND}."
        raise BoundaryError(msg)
    return cells


def hexagons(msoas: gpd.GeoDataFrame, cells: pd.DataFrame) -> gpd.GeoDataFrame:
    """Return the table with each neighbourhood's outline replaced by a hexagon.

    Parameters
    ----------
    msoas
        The table of :func:`ec_maps.load_areas` for ``"msoa"``, or any rows of it.
    cells
        A layout: see :func:`layout`.

    Returns
    -------
    hexagons
        The same rows, columns and ``attrs`` in the same order, EPSG:27700. The hexagons are equal, stand on a corner
        and share their corners to the last digit. Distances and positions have no meaning.

    Raises
    ------
    SettingError
        If the layout lacks some of the areas.
    """
    if lost := sorted(set(msoas["msoa21cd"]) - set(cells["msoa21cd"])):
        its = "the invented ones of the demonstration" if settings.is_demo() else "those of the MSOAs of 2021"
        what = "The layout of hexagons has no place for neighbourhoods of the table"
        msg = f"{what}: {listed(lost, 3)}. Its codes are {its}."
        raise SettingError(msg)
    shapes = _polygons(cells.set_index("msoa21cd").loc[msoas["msoa21cd"]])
    drawn = msoas.set_geometry(gpd.GeoSeries(shapes, index=msoas.index, crs=BRITISH_NATIONAL_GRID))
    drawn.attrs = dict(msoas.attrs)
    return drawn


def backdrops(msoas: gpd.GeoDataFrame, cells: pd.DataFrame) -> dict[str, shapely.Geometry]:
    """Return the ground behind each region's hexagons, by region: all that is nearer to them than to any others.

    Empty if these hexagons, or all of the layout, are in one piece: then there are no gaps to fill.
    """
    shapes = _polygons(cells)
    own = shapes[cells["msoa21cd"].isin(msoas["msoa21cd"])]
    if any(isinstance(shapely.coverage_union_all(part), shapely.Polygon) for part in (own, shapes)):
        return {}
    centres = shapely.multipoints(shapely.centroid(shapes))
    land = shapely.concave_hull(centres, ratio=_BAYS).buffer(2 * _HALF)
    rooms = shapely.get_parts(shapely.voronoi_polygons(centres, extend_to=land, ordered=True))
    room = pd.Series(rooms, index=cells["msoa21cd"])
    return {
        str(region): shapely.intersection(shapely.coverage_union_all(room[codes].to_numpy()), land)
        for region, codes in msoas.groupby("rgn21nm")["msoa21cd"]
    }


def _polygons(cells: pd.DataFrame) -> np.ndarray:
    corners = (cells[["column", "row"]].to_numpy() * (1, 3))[:, None, :] + np.array(_CORNERS)
    return np.asarray(shapely.polygons((corners * (_HALF, _QUARTER)).astype(float)))


def _read(table: Table) -> tuple[pd.DataFrame, str]:
    """Return the cells of a layout, sorted by code, and what is wrong with it; empty if nothing is."""
    frame = table.read_outlines() if table.has_outlines else table.read_columns(COLUMNS)
    codes = frame["msoa21cd"]
    if (twice := codes.duplicated()).any():
        return frame, f"it has more than one hexagon for {listed(list(codes[twice]), 3)}"
    if not settings.is_demo() and (reason := edition("msoa").misfit(codes)):
        return frame, reason
    places = frame.reindex(columns=COLUMNS[1:]).apply(pd.to_numeric, errors="coerce")
    if table.has_outlines:
        places[:] = _snapped(frame)
    if (lost := places.isna().any(axis=1)).any():
        return frame, f"it has no hexagon for {listed(list(codes[lost]), 3)}"
    cells = places.round().astype(int)
    off = (places - cells).abs().max(axis=1) > _OFF
    number = cells["row"] * _WIDEST + cells["column"]
    over = number.duplicated() | (number + 1).isin(number) | (number + _WIDEST).isin(number)
    if (off | over).any():
        wrong = listed(list(codes[off | over]), 3)
        return frame, f"hexagons overlap others or lie off the grid of the rest ({wrong})"
    return cells.assign(msoa21cd=codes)[COLUMNS].sort_values("msoa21cd", ignore_index=True), ""


def _snapped(frame: gpd.GeoDataFrame) -> np.ndarray:
    """Return the column and row of each hexagon, whole numbers but for rounding; NaN where there is none."""
    frame = frame if frame.crs is None else frame.to_crs(BRITISH_NATIONAL_GRID)
    boxes = shapely.bounds(frame.geometry.to_numpy())
    return np.asarray((boxes - np.nanmin(boxes, axis=0))[:, :2] / _GRID)
