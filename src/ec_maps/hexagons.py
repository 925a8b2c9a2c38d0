"""Every neighbourhood as a hexagon of one size: which lies where, so that the country stays recognisable.

Neighbourhoods have about as many people each, but not as much land: on a true map the few rural ones hide the many in
cities. Here the country is first redrawn with the same room for each (a cartogram), then laid over a honeycomb: every
region takes as many cells as it has neighbourhoods, every district a part of them, and in it each neighbourhood one.
Regions are of one piece, districts where it can be had, and neighbours near one another.
"""

from __future__ import annotations

import hashlib
import itertools
from importlib.metadata import version
from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely
from scipy import ndimage
from scipy.optimize import linear_sum_assignment

from ec_maps import cache, settings
from ec_maps.cartogram import Cartogram, cartogram
from ec_maps.geometry import BRITISH_NATIONAL_GRID
from ec_maps.honeycomb import NOBODY, Gathering, Honeycomb

#: Inlets narrower than about twice this are land, and regions' borders are smoothed by one of these, the first that
#: leaves every region whole; in widths of a hexagon.
_INLET = 0.6
_SMOOTHINGS = (1.0, 0.7, 0.5, 1.4)

#: To which share of their distance from its middle a district's neighbourhoods are drawn in before cells are dealt.
_SHRUNK = 0.4

#: A hexagon's width more of distance from the coast weighs as much as this, squared, from the region's border.
_COAST = 1.5

#: How far the honeycomb reaches beyond the areas, in widths of an average one.
_MARGIN = 8

#: How often districts are gone through for exchanges, how many there may be for each area, and what one must gain.
_ROUNDS = 2
_MOST = 2
_LEAST_GAIN = 0.01


def laid_out(msoas: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return :func:`hexagon_layout` of the table, from the cache if the same areas were laid out before."""
    digest = hashlib.sha256(repr([version(name) for name in ("scipy", "rasterio", "numpy")]).encode())
    for name in ("msoa21cd", "lad21cd", "rgn21nm"):
        digest.update("\n".join(msoas[name]).encode())
    for shape in shapely.to_wkb(msoas.geometry.to_numpy()):
        digest.update(shape)
    own = [Path(__file__).with_name(f"{module}.py") for module in ("cartogram", "hexagons", "honeycomb")]
    key = cache.fingerprint(own, digest.hexdigest())
    layout = cache.cached(f"hexagons-{settings.source()}", key, lambda: hexagon_layout(msoas)[["msoa21cd", "geometry"]])
    return _with_shapes(msoas, layout.geometry.to_numpy())


def hexagon_layout(msoas: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the table with each neighbourhood's outline replaced by a hexagon.

    Parameters
    ----------
    msoas
        The table of :func:`ec_maps.load_areas` for ``"msoa"``, or any rows of it, EPSG:27700.

    Returns
    -------
    hexagons
        The same rows, columns and ``attrs`` in the same order. The hexagons are equal, stand on a corner, share their
        corners to the last digit and none of their ground; together they have about as much room as the areas had.
        Coordinates are metres near those of the areas, but neither distances nor places mean anything. The same table
        gives the same layout. A region is in one piece wherever that was found; no rows give no rows.
    """
    if msoas.empty:
        return msoas.copy()
    shapes = msoas.geometry.to_numpy()
    regions = msoas.groupby("rgn21nm").ngroup().to_numpy()
    districts = msoas.groupby(["rgn21nm", "lad21cd"]).ngroup().to_numpy()
    drawn = cartogram(shapes)
    area = float(shapely.area(shapes).mean())
    margin = _MARGIN * np.sqrt(area)
    low, high = drawn.points.min(axis=0) - margin, drawn.points.max(axis=0) + margin
    comb = Honeycomb((*low, *high), area)
    held = _held_by_regions(comb, drawn, regions)
    points = np.rint(drawn.points)
    cells = _dealt(comb, _gathered_districts(comb, held, points, regions, districts), points, districts)
    return _with_shapes(msoas, comb.shapes(_closer(comb, cells, shapes, districts)))


def _with_shapes(areas: gpd.GeoDataFrame, shapes: np.ndarray) -> gpd.GeoDataFrame:
    drawn = areas.set_geometry(gpd.GeoSeries(shapes, index=areas.index, crs=BRITISH_NATIONAL_GRID))
    drawn.attrs = dict(areas.attrs)
    return drawn


def _held_by_regions(comb: Honeycomb, drawn: Cartogram, regions: np.ndarray) -> np.ndarray:
    """Return which region holds each cell: as many cells each as it has areas, in one piece if that can be had."""
    best, fewest = np.empty(0), np.inf
    for smoothing in _SMOOTHINGS:
        held = Gathering(comb, _shared_out(comb, drawn, regions, smoothing)).gathered()
        pieces = sum(len(comb.pieces(np.flatnonzero(held == region).tolist())) for region in np.unique(regions))
        if pieces < fewest:
            best, fewest = held, pieces
        if fewest == len(np.unique(regions)):
            break
    return best


def _shared_out(comb: Honeycomb, drawn: Cartogram, regions: np.ndarray, smoothing: float) -> np.ndarray:
    """Return which region each cell goes to: the cells furthest inland, each to the region that it is deepest in."""
    numbers = np.bincount(regions)
    width = comb.width / drawn.step
    distance = ndimage.distance_transform_edt
    land = drawn.owners >= 0
    land |= distance(distance(~land) <= _INLET * width) > _INLET * width
    nearest = distance(drawn.owners < 0, return_distances=False, return_indices=True)
    ground = regions[drawn.owners[tuple(nearest)]]
    shares = [
        ndimage.gaussian_filter(np.where(land & (ground == region), 1.0, 0.0), smoothing * width)
        for region in range(len(numbers))
    ]
    ground = np.where(land, np.argmax(shares, axis=0), NOBODY)
    where = ((comb.centres - drawn.corner) / drawn.step - 0.5).T[::-1]

    def outside(inside: np.ndarray) -> np.ndarray:
        """Return how far each cell's centre lies from ground, or within it if less than nothing, in cells' widths."""
        depth = distance(~inside) - distance(inside)
        depth = ndimage.map_coordinates(depth - np.sign(depth) / 2, where, order=1, mode="nearest")
        return np.asarray((depth / width).round(6))

    off = np.array([outside(ground == region) for region in range(len(numbers))])
    costs = np.maximum(off, 0) ** 2 + _COAST * outside(land)
    band = 0.5
    while True:
        # What lies well inside a region is its own; only the cells along its border need to be weighed.
        held = np.where(off.min(axis=0) < -band, off.argmin(axis=0), NOBODY)
        wanted = numbers - np.bincount(held[held != NOBODY], minlength=len(numbers))
        open_cells = np.flatnonzero((held == NOBODY) & (off.min(axis=0) < band + 0.5))
        if (wanted >= 0).all() and len(open_cells) >= wanted.sum():
            break
        band *= 2
    takers = np.repeat(np.arange(len(numbers)), wanted)
    taker, taken = linear_sum_assignment(costs[np.ix_(takers, open_cells)])
    held[open_cells[taken]] = takers[taker]
    return held


def _gathered_districts(
    comb: Honeycomb, held: np.ndarray, points: np.ndarray, regions: np.ndarray, districts: np.ndarray
) -> np.ndarray:
    """Return which district holds each cell, given which region does."""
    members = np.bincount(districts)
    middles = np.stack([np.bincount(districts, points[:, axis]) / members for axis in (0, 1)], axis=1)[districts]
    cells = _dealt(comb, held, (middles + _SHRUNK * (points - middles)).round(), regions)
    owners = np.full(len(held), NOBODY)
    owners[cells] = districts
    return Gathering(comb, owners, within=held).gathered()


def _dealt(comb: Honeycomb, held: np.ndarray, points: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """Return a cell for each point: of those that its group holds, so that all lie as near as they can together."""
    cells = np.empty(len(points), dtype=np.int64)
    for group in np.unique(groups):
        rows, free = np.flatnonzero(groups == group), np.flatnonzero(held == group)
        away = (points[rows, None, :] - comb.centres[free]) / comb.width
        row, cell = linear_sum_assignment((away**2).sum(axis=-1))
        cells[rows[row]] = free[cell]
    return cells


def _closer(comb: Honeycomb, cells: np.ndarray, shapes: np.ndarray, districts: np.ndarray) -> np.ndarray:
    """Return the cells after exchanges inside districts that bring areas nearer to those they border on."""
    one, other = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    apart = one != other
    order = np.argsort(one[apart], kind="stable")
    one, other = one[apart][order], other[apart][order]
    ends = np.searchsorted(one, np.arange(len(shapes) + 1))
    neighbours = [other[start:end] for start, end in itertools.pairwise(ends)]
    cells = cells.copy()
    for _ in range(_ROUNDS):
        for district in np.unique(districts):
            rows = np.flatnonzero(districts == district)
            _exchange(comb.centres / comb.width, cells, rows, [neighbours[row] for row in rows])
    return cells


def _exchange(centres: np.ndarray, cells: np.ndarray, rows: np.ndarray, neighbours: list[np.ndarray]) -> None:
    """Exchange the cells of a district's areas, each time the two that gain most, until no exchange gains."""
    places = centres[cells[rows]]
    at = {row: place for place, row in enumerate(rows.tolist())}
    inside = [[at[n] for n in near.tolist() if n in at] for near in neighbours]
    near = np.zeros((len(rows), len(rows)))
    for place, others in enumerate(inside):
        near[place, others] = 1
    between = np.hypot(*(places[:, None, :] - places[None, :, :]).transpose(2, 0, 1))
    outer = np.zeros((len(rows), len(rows)))
    for place, (all_near, own) in enumerate(zip(neighbours, inside, strict=True)):
        if len(all_near) > len(own):
            there = centres[cells[[n for n in all_near.tolist() if n not in at]]]
            outer[place] = np.hypot(*(places[:, None, :] - there[None, :, :]).transpose(2, 0, 1)).sum(axis=1)
    # Who is where: area a in the place that was area holder[a]'s.
    holder = np.arange(len(rows))
    for _ in range(_MOST * len(rows)):
        # What each area's distances add up to in each area's present place.
        total = (outer + near @ between[holder])[:, holder]
        now = np.diag(total)
        gain = now[:, None] + now[None, :] - total - total.T - 2 * near * between[np.ix_(holder, holder)]
        best = int(np.argmax(gain.round(9)))
        if gain.flat[best] < _LEAST_GAIN:
            break
        a, b = divmod(best, len(rows))
        holder[[a, b]] = holder[[b, a]]
    cells[rows] = cells[rows][holder]
