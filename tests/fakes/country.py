"""A country of the full size: every real code and name, and made-up shapes that fit together like tiles.

Neighbourhoods are the cells of a grid that covers England and Wales; a district is the union of its cells, and lies
near others of its region. Edges are shared to the last digit, with as many bends (`detail`) as are asked for. Four
shapes are odd: :data:`HOLE`, :data:`ISLANDS`, :data:`BOW_TIE` and :data:`SLIVER` say which.
"""

from __future__ import annotations

import hashlib
from functools import cache

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from ec_maps.geography.codes import neighbourhood_codes, official_districts

#: How many bends an edge of a cell needs for about 270,000 vertices of districts, and 1.7 million of neighbourhoods.
HEAVY_DISTRICTS, HEAVY_NEIGHBOURHOODS = 32, 58

CITY, CITY_MSOA = "E09000001", "E02000001"
SCILLY, SCILLY_MSOA = "E06000053", "E02006781"

#: True numbers of neighbourhoods of some districts; the others get about as many as are usual.
COUNTS = {
    "E08000025": 132,  # Birmingham
    "E08000035": 107,  # Leeds
    "E06000052": 73,  # Cornwall
    "E08000019": 70,  # Sheffield
    "E06000060": 67,  # Buckinghamshire
    "E06000023": 57,  # Bristol
    "E06000020": 24,  # Telford and Wrekin
    "E06000003": 19,  # Redcar and Cleveland
    "E07000145": 13,  # Great Yarmouth
    "E06000017": 5,  # Rutland
    CITY: 1,
    SCILLY: 1,
}

#: The odd shapes: a lake, three islands, an outline that crosses itself (in each layer), and 30 metres of width.
HOLE, ISLANDS, BOW_TIE, SLIVER = "E02000002", SCILLY_MSOA, "E02000003", "E02000004"
BOW_TIE_DISTRICT = "E06000001"

_REGIONS = ["South West", "South East", "London", "East of England", "West Midlands", "", "East Midlands"]
_REGIONS += ["Yorkshire and The Humber", "North West", "North East"]
# The true extent is 82643, 5334 to 655989, 657600; what an edge bends outwards stays within it.
_WEST, _SOUTH, _EAST, _NORTH = 82963.0, 5654.0, 655669.0, 657280.0
_COLUMNS, _ROWS, _BAND = 87, 84, 4
_WIDE, _HIGH = (_EAST - _WEST) / _COLUMNS, (_NORTH - _SOUTH) / _ROWS
_BENDS = 0.04  # how far an edge bends, as a share of a cell: too little to touch another edge


@cache
def assignment() -> dict[str, str]:
    """Return the district of each of the 7,264 neighbourhoods, districts of a region together."""
    districts = official_districts()
    order = {name: place for place, name in enumerate(_REGIONS)}
    found: dict[str, str] = {}
    for letter in "EW":
        codes = [c for c in sorted(neighbourhood_codes("2021")) if c[0] == letter and c not in (CITY_MSOA, SCILLY_MSOA)]
        here = [code for code in sorted(districts) if code[0] == letter]
        free = [code for code in here if code not in COUNTS]
        left = len(codes) - sum(COUNTS[code] for code in here if code in COUNTS and COUNTS[code] > 1)
        # Larger and smaller ones alternate; what does not divide goes to the first.
        usual = {code: left // len(free) + (place % 5 - 2) * 2 for place, code in enumerate(free)}
        spare = left - sum(usual.values())
        for place, code in enumerate(free):
            usual[code] += spare // len(free) + (place < spare % len(free))
        numbers = usual | {code: COUNTS[code] for code in here if code in COUNTS}
        start = 0
        for code in here:
            if numbers[code] > 1:
                found |= dict.fromkeys(codes[start : start + numbers[code]], code)
                start += numbers[code]
    found |= {CITY_MSOA: CITY, SCILLY_MSOA: SCILLY}
    # The islands come first: they lie in the outermost corner.
    return dict(sorted(found.items(), key=lambda item: _place_of(item, order)))


def _place_of(item: tuple[str, str], order: dict[str, int]) -> tuple[bool, int, str, str]:
    code, district = item
    return (
        district != SCILLY,
        order[official_districts()[district].region if district[0] == "E" else ""],
        district,
        code,
    )


def _cells() -> np.ndarray:
    """Return column and row of a cell for each neighbourhood: to and fro in bands, so that neighbours stay together."""
    path = []
    for band in range(_ROWS // _BAND):
        columns = range(_COLUMNS) if band % 2 == 0 else range(_COLUMNS - 1, -1, -1)
        for place, column in enumerate(columns):
            rows = range(_BAND) if place % 2 == 0 else range(_BAND - 1, -1, -1)
            path += [(column, band * _BAND + row) for row in rows]
    return np.array(path[: len(assignment())], dtype=float)


def _bent(shapes: np.ndarray, detail: int) -> np.ndarray:
    """Return shapes whose corners are whole numbers of cells in metres, each unit of edge with that many bends."""
    rings, ring_of = shapely.get_coordinates(shapes), _ring_numbers(shapes)
    start, end = rings[:-1], rings[1:]
    inside = ring_of[:-1] == ring_of[1:]
    start, end, ring = start[inside], end[inside], ring_of[:-1][inside]
    # An edge looks the same from both sides: its bends follow from its lower end, whichever way it is gone along.
    turned = (start > end).any(axis=1)
    low, high = np.where(turned[:, None], end, start), np.where(turned[:, None], start, end)
    steps = np.arange(detail + 1) / (detail + 1)
    along = np.where(turned[:, None], 1 - steps, steps)
    along[:, 0] = turned
    phase = (low @ [12.9898, 78.233] + (high - low) @ [3.1, 7.7])[:, None]
    aside = _BENDS * np.sin(np.pi * along) * np.sin(phase + 9 * np.pi * along)
    aside[:, 0] = 0
    way = (high - low)[:, None, :]
    points = low[:, None, :] + way * along[:, :, None] + way[:, :, ::-1] * aside[:, :, None]
    closed = shapely.linearrings(
        _metres(points.reshape(-1, 2)), indices=np.repeat(np.unique(ring, return_inverse=True)[1], detail + 1)
    )
    return _rebuilt(shapes, closed)


def _ring_numbers(shapes: np.ndarray) -> np.ndarray:
    rings = shapely.get_rings(shapely.get_parts(shapes))
    return np.repeat(np.arange(len(rings)), shapely.get_num_coordinates(rings))


def _rebuilt(shapes: np.ndarray, rings: np.ndarray) -> np.ndarray:
    """Return the shapes again with other rings in place of theirs."""
    parts, shape_of = shapely.get_parts(shapes, return_index=True)
    _, part_of = shapely.get_rings(parts, return_index=True)
    polygons = shapely.polygons(rings[np.unique(part_of, return_index=True)[1]])
    for part in np.flatnonzero(shapely.get_num_interior_rings(parts)):
        own = rings[part_of == part]
        polygons[part] = shapely.Polygon(own[0], list(own[1:]))
    number = np.bincount(shape_of, minlength=len(shapes))
    first = np.concatenate([[0], np.cumsum(number)[:-1]])
    return np.array(
        [
            polygons[at] if n == 1 else shapely.MultiPolygon(list(polygons[at : at + n]))
            for at, n in zip(first, number, strict=True)
        ],
        dtype=object,
    )


def _metres(points: np.ndarray) -> np.ndarray:
    return np.round(points * [_WIDE, _HIGH] + [_WEST, _SOUTH], 4)


def _in_cell(cell: np.ndarray, *rings: list[tuple[float, float]]) -> list[np.ndarray]:
    return [_metres(cell + np.array(ring)) for ring in rings]


def _square(west: float, south: float, size: float) -> list[tuple[float, float]]:
    return [(west, south), (west + size, south), (west + size, south + size), (west, south + size), (west, south)]


def _knotted(shape: shapely.Polygon) -> shapely.Polygon:
    """Return the polygon with an outline that crosses itself at its first corner."""
    ring = shapely.get_coordinates(shape.exterior)
    start, after, before = ring[0], ring[1], ring[-2]
    towards, back = start + (after - start) * 0.3, start + (before - start) * 0.3
    out = start + (start - (towards + back) / 2) * 0.2
    # Going out past the corner and coming back on the other side makes a bow.
    return shapely.Polygon([towards, *ring[1:-1], back, out + (towards - start) * 0.1, out + (back - start) * 0.1])


@cache
def _neighbourhood_shapes(detail: int) -> np.ndarray:
    cells = _cells()
    shapes = _bent(shapely.box(cells[:, 0], cells[:, 1], cells[:, 0] + 1, cells[:, 1] + 1), detail)
    at = {code: place for place, code in enumerate(assignment())}
    shapes[at[HOLE]] = shapely.Polygon(
        shapes[at[HOLE]].exterior, _in_cell(cells[at[HOLE]], _square(0.4, 0.4, 0.2)[::-1])
    )
    shapes[at[ISLANDS]] = _islands(cells[at[ISLANDS]])
    shapes[at[BOW_TIE]] = _knotted(shapes[at[BOW_TIE]])
    width = 30 / _WIDE
    sliver = [(0.5, 0.3), (0.5 + width, 0.3), (0.5 + width, 0.7), (0.5, 0.7), (0.5, 0.3)]
    shapes[at[SLIVER]] = shapely.Polygon(_in_cell(cells[at[SLIVER]], sliver)[0])
    return shapes


def _islands(cell: np.ndarray) -> shapely.MultiPolygon:
    corners = [_square(0.0, 0.0, 0.3), _square(0.5, 0.2, 0.2), _square(0.2, 0.6, 0.15)]
    return shapely.MultiPolygon([shapely.Polygon(ring) for ring in _in_cell(cell, *corners)])


@cache
def _district_shapes(detail: int) -> dict[str, shapely.Geometry]:
    cells = _cells()
    boxes = shapely.box(cells[:, 0], cells[:, 1], cells[:, 0] + 1, cells[:, 1] + 1)
    groups = pd.Series(boxes).groupby(list(assignment().values()), sort=False)
    whole = {code: shapely.segmentize(shapely.coverage_union_all(part.to_numpy()), 1) for code, part in groups}
    # North of the border and across the sea there are no neighbourhoods: one cell a district.
    places = {"S": iter(range(32)), "N": iter(range(11))}
    for code in official_districts():
        if code[0] == "S":
            place = next(places["S"])
            whole[code] = _cell(10.0 + 5 * (place % 8), 86.0 + 12 * (place // 8), 5.0, 12.0)
        elif code[0] == "N":
            place = next(places["N"])
            whole[code] = _cell(-28.0 + 6 * (place % 4), 60.0 + 5 * (place // 4), 6.0, 5.0)
    shapes = dict(zip(whole, _bent(np.array(list(whole.values()), dtype=object), detail), strict=True))
    shapes[SCILLY] = _islands(cells[0])
    shapes[BOW_TIE_DISTRICT] = _knotted(shapes[BOW_TIE_DISTRICT])
    return shapes


def _cell(west: float, south: float, wide: float, high: float) -> shapely.Polygon:
    return shapely.segmentize(shapely.box(west, south, west + wide, south + high), 1)


@cache
def districts(detail: int = 0) -> gpd.GeoDataFrame:
    """Return the 374 districts as ONS publishes them, in EPSG:27700."""
    shapes = _district_shapes(detail)
    table = pd.DataFrame(
        [
            {"LAD21CD": one.code, "LAD21NM": one.name, "LAD21NMW": one.welsh or " "}
            for one in official_districts().values()
        ]
    )
    return _placed(table, np.array([shapes[code] for code in table["LAD21CD"]], dtype=object))


@cache
def neighbourhoods(detail: int = 0) -> gpd.GeoDataFrame:
    """Return the 7,264 neighbourhoods as ONS publishes them, in EPSG:27700; they do not say their district."""
    table = lookup()[["MSOA21CD", "MSOA21NM", "MSOA21NMW"]].copy()
    return _placed(table, _neighbourhood_shapes(detail))


def _placed(table: pd.DataFrame, shapes: np.ndarray) -> gpd.GeoDataFrame:
    """Return the table with shapes and the columns of position that ONS adds, in an order that is not that of codes."""
    frame = gpd.GeoDataFrame(table, geometry=shapes, crs=27700)
    points = gpd.GeoSeries(shapely.centroid(shapes), crs=27700)
    frame["BNG_E"], frame["BNG_N"] = points.x.round().astype(int), points.y.round().astype(int)
    degrees = points.to_crs(4326)
    frame["LONG"], frame["LAT"] = degrees.x.round(6), degrees.y.round(6)
    code = frame.columns[0]
    frame["GlobalID"] = [f"{hash_of(value):032x}" for value in frame[code]]
    return frame.sort_values("GlobalID", ignore_index=True)


def hash_of(text: str) -> int:
    """Return a number that looks like chance and is the same on every run."""
    return int.from_bytes(hashlib.md5(text.encode(), usedforsecurity=False).digest())


def plain_name(code: str) -> str:
    """Return a district's name as neighbourhoods bear it: without ", City of" or ", County of"."""
    return official_districts()[code].name.removesuffix(", City of").removesuffix(", County of")


@cache
def lookup() -> pd.DataFrame:
    """Return neighbourhood, district and region: ``MSOA21CD MSOA21NM MSOA21NMW LAD21CD LAD21NM LAD21NMW RGN21NM``."""
    rows = []
    numbers: dict[str, int] = {}
    for msoa, lad in assignment().items():
        numbers[lad] = numbers.get(lad, 0) + 1
        one = official_districts()[lad]
        rows.append(
            {
                "MSOA21CD": msoa,
                "MSOA21NM": f"{plain_name(lad)} {numbers[lad]:03}",
                "MSOA21NMW": f"{one.welsh} {numbers[lad]:03}" if one.welsh else " ",
                "LAD21CD": lad,
                "LAD21NM": one.name,
                "LAD21NMW": one.welsh or " ",
                "RGN21NM": one.region if lad[0] == "E" else "",
            }
        )
    return pd.DataFrame(rows)
