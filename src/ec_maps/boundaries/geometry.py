"""Corrected geometry: British National Grid, valid, polygons only, one row per area."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj.exceptions import ProjError
from shapely.geometry.base import BaseGeometry

from ec_maps.errors import BoundaryError, listed
from ec_maps.geography.levels import LEVELS, LevelName

BRITISH_NATIONAL_GRID = "EPSG:27700"

#: Eastings and northings of Great Britain with room around, and the same in degrees with Northern Ireland.
_GRID_BOX = (-300_000.0, -50_000.0, 800_000.0, 1_350_000.0)
_DEGREES_BOX = (-9.5, 49.0, 2.5, 61.5)

#: Between which sizes the median of a level's areas lies, and the largest that an area has, in square kilometres.
_SIZES = {"lad": (20.0, 5_000.0, 30_000.0), "msoa": (0.3, 300.0, 5_000.0)}

#: The largest share of areas that may lie elsewhere, and how far two extents that agree may differ, in kilometres.
_MAX_OFF, _NEAR = 0.05, 30.0


def in_order(frame: gpd.GeoDataFrame, code: str, *, where: str, notes: list[str]) -> gpd.GeoDataFrame:
    """Return the areas in EPSG:27700, each one valid two-dimensional MultiPolygon in one row.

    Parameters
    ----------
    frame, code
        The areas as read, in any coordinate system or with none, and the column that names them.
    where
        The file, for messages.
    notes
        Gets a sentence for each correction: an assumed coordinate system, repaired outlines, areas in several rows.

    Raises
    ------
    BoundaryError
        If the coordinates fit no known system, or areas have no outline.
    """
    shapes = frame.geometry.to_numpy()
    empty = shapely.is_missing(shapes) | shapely.is_empty(shapes)
    if empty.any():
        has, which = "has" if empty.sum() == 1 else "have", listed(list(frame.loc[empty, code]))
        msg = f"{where}: {empty.sum()} of {len(frame)} areas {has} no outline ({which}). Fetch the file again."
        raise BoundaryError(msg)
    frame = _on_grid(frame, where, notes)
    shapes = shapely.force_2d(frame.geometry.to_numpy())
    bad = ~shapely.is_valid(shapes)
    if bad.any():
        if not np.isfinite(shapely.get_coordinates(shapes[bad])).all():
            msg = f"{where}: an outline has a corner without coordinates. Fetch the file again."
            raise BoundaryError(msg)
        shapes[bad] = shapely.make_valid(shapes[bad], method="structure", keep_collapsed=False)
        number = int(bad.sum())
        did = "outline crossed itself and was" if number == 1 else "outlines crossed themselves and were"
        notes.append(f"{where}: {number} {did} repaired ({listed(list(frame.loc[bad, code]))}).")
    shapes = np.array([_polygons(shape) for shape in shapes], dtype=object)
    if lost := [area for area, shape in zip(frame[code], shapes, strict=True) if shape.is_empty]:
        msg = f"{where}: {listed(lost)} {'has' if len(lost) == 1 else 'have'} no polygon; each area needs one."
        raise BoundaryError(msg)
    frame = frame.set_geometry(gpd.GeoSeries(shapes, index=frame.index, crs=BRITISH_NATIONAL_GRID))
    if frame[code].duplicated().any():
        repeated = list(frame.loc[frame[code].duplicated(), code].unique())
        was = "area was in more than one row and was" if len(repeated) == 1 else "areas were in several rows and were"
        notes.append(f"{where}: {len(repeated)} {was} joined ({listed(repeated)}).")
        frame = frame.dissolve(by=code, as_index=False)
        frame = frame.set_geometry(frame.geometry.map(_polygons))
    return frame


def _polygons(shape: BaseGeometry) -> shapely.MultiPolygon:
    if isinstance(shape, shapely.MultiPolygon):
        return shape
    parts = [part for part in shapely.get_parts(shape, return_index=False) if not part.is_empty]
    nested = [inner for part in parts for inner in shapely.get_parts(part)]
    polygons = [part for part in nested if isinstance(part, shapely.Polygon)]
    whole = shapely.MultiPolygon(polygons)
    # The parts of a collection may overlap; those of a MultiPolygon may not.
    return whole if whole.is_valid else _polygons(shapely.union_all(polygons))


def _on_grid(frame: gpd.GeoDataFrame, where: str, notes: list[str]) -> gpd.GeoDataFrame:
    bounds = tuple(float(edge) for edge in frame.total_bounds)
    numbers = ", ".join(f"{edge:,.6g}" for edge in bounds)
    on_grid, in_degrees = _inside(bounds, _GRID_BOX), _inside(bounds, _DEGREES_BOX)
    if frame.crs is None:
        if not (on_grid or in_degrees):
            msg = (
                f"{where} does not say which coordinate system it is in, and its extent ({numbers}) fits neither the "
                f"British National Grid (EPSG:27700) nor degrees (EPSG:4326). Save it again with its system."
            )
            raise BoundaryError(msg)
        assumed = "EPSG:4326" if in_degrees else BRITISH_NATIONAL_GRID
        notes.append(f"{where} does not say its coordinate system; by its extent it was taken for {assumed}.")
        frame = frame.set_crs(assumed)
    if frame.crs.is_geographic != in_degrees:
        swapped = _inside((bounds[1], bounds[0], bounds[3], bounds[2]), _DEGREES_BOX)
        looks = "British National Grid" if on_grid else "no place in the United Kingdom"
        # Degrees are small numbers, which the box of the grid has room for too.
        looks = "degrees" if in_degrees else "latitude and longitude in the wrong order" if swapped else looks
        msg = (
            f"{where} says its coordinates are in {frame.crs.name}, but they look like {looks} (extent {numbers}). "
            f"Fetch it again, or save it with its true system (ONS: usually EPSG:27700; degrees: EPSG:4326)."
        )
        raise BoundaryError(msg)
    try:
        moved = frame.to_crs(BRITISH_NATIONAL_GRID)
    except ProjError:
        msg = f"{where} is in a system that has no way to the British National Grid: {frame.crs.name}. Fetch it again."
        raise BoundaryError(msg) from None
    if not _inside(tuple(float(edge) for edge in moved.total_bounds), _GRID_BOX):
        msg = f"{where} ({frame.crs.name}, extent {numbers}) does not lie in the United Kingdom. Is it the right file?"
        raise BoundaryError(msg)
    return moved


def _inside(bounds: tuple[float, ...], box: tuple[float, float, float, float]) -> bool:
    finite = all(np.isfinite(bounds))
    return finite and bounds[0] >= box[0] and bounds[1] >= box[1] and bounds[2] <= box[2] and bounds[3] <= box[3]


def check_sizes(frame: gpd.GeoDataFrame, level: LevelName, where: str) -> None:
    """Raise `BoundaryError` if areas have sizes that none of their level has in the United Kingdom."""
    least, most, largest = _SIZES[level]
    sizes = pd.Series(shapely.area(frame.geometry.to_numpy()) / 1e6, frame[LEVELS[level].code].to_numpy())
    if not (least <= sizes.median() <= most and sizes.max() <= largest):
        msg = (
            f"{where} cannot be boundaries of {LEVELS[level].areas}: half of its areas are smaller than "
            f"{sizes.median():,.3g} km², where {least:g} to {most:,g} are usual, and the largest, {sizes.idxmax()}, "
            f"has {sizes.max():,.0f}, where {largest:,g} are the most. Are its coordinates in metres? Fetch it again."
        )
        raise BoundaryError(msg)


def check_together(lads: gpd.GeoDataFrame, msoas: gpd.GeoDataFrame, lads_from: str, msoas_from: str) -> None:
    """Raise `BoundaryError` unless neighbourhoods lie in their districts (``lad21cd``) and fill them."""
    districts = lads.set_index("lad21cd").geometry
    homes = districts.reindex(msoas["lad21cd"]).to_numpy()
    shapes = msoas.geometry.to_numpy()
    sizes, centroids = pd.Series(shapely.area(shapes)), shapely.centroid(shapes)
    known = ~shapely.is_missing(homes)
    shapely.prepare(homes[known])
    away = np.zeros(len(msoas))
    off = known & ~shapely.intersects(homes, centroids)
    away[off] = shapely.distance(homes[off], centroids[off])
    # The centroid of a bent area, or of one on another coastline, may lie beside the district, but not far.
    strays = np.flatnonzero(away > np.sqrt(sizes))
    filled = sizes.groupby(msoas["lad21cd"].to_numpy()).sum() / districts.area
    odd = list(filled.index[(filled < 0.5) | (filled > 2)])
    too_far, too_odd = (len(some) > max(2, _MAX_OFF * len(of)) for some, of in ((strays, msoas), (odd, lads)))
    if not (too_far or too_odd):
        return
    if too_far:
        one = msoas.iloc[strays[0]]
        far = f"{one['msoa21cd']} is {away[strays[0]] / 1000:,.0f} km from {one['lad21cd']}"
        found = f"{len(strays):,} of {len(msoas):,} neighbourhoods lie outside their district (such as {far})"
    else:
        found = f"{len(odd):,} of {len(lads):,} districts are twice or half the size of theirs ({listed(odd, 3)})"
    boxes = [frame.total_bounds / 1000 for frame in (lads[lads["lad21cd"].isin(msoas["lad21cd"])], msoas)]
    first, second = (f"from {box[0]:.0f}, {box[1]:.0f} to {box[2]:.0f}, {box[3]:.0f} km" for box in boxes)
    hint = f"The districts reach {first}, the neighbourhoods {second}: one of the two files is misplaced."
    if np.abs(boxes[0] - boxes[1]).max() < _NEAR:
        hint = "Their extents agree: look at the lookup from neighbourhood to district, which may be sorted wrongly."
    msg = f"{lads_from} and {msoas_from} do not lie on each other: {found}. {hint}"
    raise BoundaryError(msg)


def is_hexagon_layout(shapes: np.ndarray) -> bool:
    """Return whether the shapes are a hexagon cartogram, equal six-cornered cells, and not true outlines."""
    six = shapely.get_num_coordinates(shapes) == 7
    areas = shapely.area(shapes)
    return len(shapes) > 1 and bool(six.all()) and float(areas.max()) <= 1.01 * float(areas.min())


def dissolved(frame: gpd.GeoDataFrame, by: str) -> gpd.GeoDataFrame:
    """Return one row per group: the union of its areas, and the first value of each other column."""
    first = pd.DataFrame(frame.drop(columns="geometry")).groupby(by, sort=True).first().reset_index()
    groups = frame.geometry.groupby(frame[by], sort=True)
    shapes = [_polygons(union(part.to_numpy())) for _, part in groups]
    return gpd.GeoDataFrame(first, geometry=shapes, crs=frame.crs)


def unions(shapes: gpd.GeoSeries, by: pd.Series) -> dict[str, BaseGeometry]:
    """Return the union of each group of shapes, by the group's name."""
    groups = {str(name): part.to_numpy() for name, part in shapes.groupby(by)}
    # If the whole is a valid coverage, so is each part.
    join = shapely.coverage_union_all if bool(shapely.coverage_is_valid(shapes.to_numpy())) else union
    return {name: join(part) if len(part) > 1 else union(part) for name, part in groups.items()}


def union(shapes: np.ndarray) -> BaseGeometry:
    """Return the union of shapes."""
    # Many times faster where edges are shared exactly; wrong elsewhere.
    if len(shapes) > 1 and bool(shapely.coverage_is_valid(shapes)):
        return shapely.coverage_union_all(shapes)
    return shapely.union_all(shapes)
