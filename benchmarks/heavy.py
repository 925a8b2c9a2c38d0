"""The demonstration's shapes made as heavy as real ones: the same borders, with many more bends.

    .venv/bin/python benchmarks/heavy.py FOLDER

Official boundaries have about 270,000 vertices for the 374 districts and 1.7 million for the neighbourhoods; the
demonstration's have 49,320 and 168,629. Each edge gets more vertices between its two ends, displaced sideways by a rule
that depends only on those ends, so that both sides of a border have the same ones, and a district's border the same as
its neighbourhoods'. Where bends would cross, those of the area are flatter, or its edges straight, so that there are
slightly fewer vertices (261,497 and 1,699,780). The result is the same each time.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import project
import shapely

DISTRICTS, NEIGHBOURHOODS = 270_000, 1_700_000

#: How far a bend leaves the straight line, of its edge's length, and how many waves make the bends up.
_SWAY, _WAVES = 0.03, 8

#: How often bends that cross are made flatter before an error is raised.
_TRIES = 20


@dataclass(frozen=True)
class Rings:
    """The rings of shapes, laid out flat.

    Attributes
    ----------
    points
        All points in order, metres of EPSG:27700, shape (n, 2).
    offsets
        Where rings, polygons and shapes begin, as of :func:`shapely.to_ragged_array`.
    starts
        Which of the points an edge starts at: all but the last of each ring.
    """

    points: np.ndarray
    offsets: tuple[np.ndarray, ...]
    starts: np.ndarray

    @classmethod
    def of(cls, shapes: np.ndarray) -> Rings:
        """Return the rings of MultiPolygons."""
        _, points, offsets = shapely.to_ragged_array(shapes, include_z=False)
        starts = np.delete(np.arange(len(points)), offsets[0][1:] - 1)
        return cls(points, offsets, starts)

    def edges(self) -> tuple[np.ndarray, np.ndarray]:
        """Return each edge as x, y, x, y, its ends sorted, and which of them run the other way round."""
        start, end = self.points[self.starts], self.points[self.starts + 1]
        turned = (start[:, 0] > end[:, 0]) | ((start[:, 0] == end[:, 0]) & (start[:, 1] > end[:, 1]))
        return np.where(turned[:, None], np.hstack([end, start]), np.hstack([start, end])), turned

    def shape_of_edges(self) -> np.ndarray:
        """Return which shape each edge belongs to."""
        rings, polygons, shapes = self.offsets
        return np.searchsorted(rings[polygons[shapes]], self.starts, side="right") - 1


def finer(
    layers: Sequence[np.ndarray], pieces: Callable[[np.ndarray, np.ndarray], np.ndarray], *, sway: float = _SWAY
) -> list[np.ndarray]:
    """Return layers of MultiPolygons with more vertices, with shared edges identical to the last digit.

    Parameters
    ----------
    layers
        Arrays of valid MultiPolygons, EPSG:27700. Shapes of one layer may be parts of those of another.
    pieces
        Is given the lengths of all different edges (metres) and whether each is in the last of the layers, and returns
        into how many pieces each is cut.
    sway
        How far a bend leaves the straight line, of its edge's length.

    Raises
    ------
    RuntimeError
        If bends cross one another however many edges stay straight.
    """
    rings = [Rings.of(shapes) for shapes in layers]
    laid = [one.edges() for one in rings]
    edges, which = np.unique(np.concatenate([both for both, _ in laid]), axis=0, return_inverse=True)
    whichs = np.split(which.ravel(), np.cumsum([len(both) for both, _ in laid])[:-1])
    last = np.zeros(len(edges), dtype=bool)
    last[whichs[-1]] = True
    counts = pieces(np.hypot(edges[:, 2] - edges[:, 0], edges[:, 3] - edges[:, 1]), last) - 1
    sways = np.full(len(edges), sway)
    for _ in range(_TRIES):
        between = _between(edges, counts, sways)
        made = [
            _laid_in(one, which, turned, counts, between)
            for one, which, (_, turned) in zip(rings, whichs, laid, strict=True)
        ]
        for one, which, new, old in zip(rings, whichs, made, layers, strict=True):
            crossing = np.flatnonzero(_crosses(new, old))
            if len(crossing):
                there = np.unique(which[np.isin(one.shape_of_edges(), crossing)])
                # A point on a straight edge is not on it to the last digit, and where others are near that matters.
                counts[there[sways[there] == 0]] = 0
                sways[there] = np.where(sways[there] == sway, sway / 5, 0)
                break  # what crosses in a layer crosses in those after it
        else:
            return made
    msg = f"After {_TRIES} tries bends still cross one another in {len(crossing)} areas."
    raise RuntimeError(msg)


def _crosses(shapes: np.ndarray, before: np.ndarray) -> np.ndarray:
    """Return which shapes cross themselves, or cross another that they only touched before."""
    crossing = ~shapely.is_valid(shapes)
    if not crossing.any() and shapely.coverage_is_valid(before):
        crossing |= ~shapely.is_empty(shapely.coverage_invalid_edges(shapes))
    return crossing


def _between(edges: np.ndarray, counts: np.ndarray, sway: np.ndarray) -> np.ndarray:
    """Return the points between the ends of each edge, one edge after the other."""
    edge = np.repeat(np.arange(len(edges)), counts)
    first = np.cumsum(counts) - counts
    along = (np.arange(len(edge)) - first[edge] + 1) / (counts[edge] + 1)
    start, way = edges[:, :2], edges[:, 2:] - edges[:, :2]
    aside = np.zeros(len(edge))
    for wave in range(1, _WAVES + 1):
        aside += _random(edges, wave)[edge] / wave * np.sin(wave * np.pi * along)
    across = np.column_stack([-way[:, 1], way[:, 0]])
    return start[edge] + along[:, None] * way[edge] + (sway[edge] * aside)[:, None] * across[edge]


def _random(edges: np.ndarray, salt: int) -> np.ndarray:
    """Return a number from -1 to 1 for each edge, from the bits of its coordinates (the mixing is SplitMix64's)."""
    mixed = np.full(len(edges), salt, dtype=np.uint64)
    for column in np.ascontiguousarray(edges.T).view(np.uint64):
        mixed = (mixed ^ column) + np.uint64(0x9E3779B97F4A7C15)
        mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        mixed ^= mixed >> np.uint64(31)
    return mixed.astype(np.float64) / 2**63 - 1


def _laid_in(
    rings: Rings, which: np.ndarray, turned: np.ndarray, counts: np.ndarray, between: np.ndarray
) -> np.ndarray:
    """Return the shapes with the points between laid in, those of turned edges the other way round."""
    more = np.zeros(len(rings.points), dtype=np.int64)
    more[rings.starts] = counts[which]
    places = np.concatenate([[0], np.cumsum(more + 1)])
    points = np.empty((places[-1], 2))
    points[places[:-1]] = rings.points
    many = counts[which]
    edge = np.repeat(np.arange(len(which)), many)
    step = np.arange(len(edge)) - np.repeat(np.cumsum(many) - many, many)
    first = (np.cumsum(counts) - counts)[which]
    from_ = first[edge] + np.where(turned[edge], many[edge] - 1 - step, step)
    points[places[rings.starts][edge] + 1 + step] = between[from_]
    ring, *others = rings.offsets
    return np.asarray(
        shapely.from_ragged_array(shapely.GeometryType.MULTIPOLYGON, points, (places[ring], *others)), dtype=object
    )


def vertices(shapes: np.ndarray) -> int:
    """Return how many points the rings of shapes have, the last of each, which is its first, too."""
    return int(shapely.get_num_coordinates(shapes).sum())


def _step(lengths: np.ndarray, wanted: int) -> float:
    """Return how long pieces may be, in metres, so that edges of these lengths are cut into so many."""
    low, high = 1.0, float(lengths.max())
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (middle, high) if np.ceil(lengths / middle).sum() > wanted else (low, middle)
    return high


def heavy(neighbourhoods: np.ndarray, districts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the shapes of both levels with the vertices of real ones: 1.7 million and 270,000."""
    lengths = []
    for shapes in (neighbourhoods, districts):
        edges, _ = Rings.of(shapes).edges()
        lengths.append((edges, np.hypot(edges[:, 2] - edges[:, 0], edges[:, 3] - edges[:, 1])))
    (edges, all_), (borders, of_districts) = lengths
    # Each ring's first point is counted twice, and that stays.
    coarse = _step(of_districts, DISTRICTS - (vertices(districts) - len(borders)))
    inner = ~_isin(edges, borders)
    there = np.ceil(all_[~inner] / coarse).sum() + (vertices(neighbourhoods) - len(edges))
    fine = _step(all_[inner], int(NEIGHBOURHOODS - there))

    def pieces(length: np.ndarray, border: np.ndarray) -> np.ndarray:
        return np.ceil(length / np.where(border, coarse, fine)).astype(np.int64)

    both = finer([neighbourhoods, districts], pieces)
    return both[0], both[1]


def _isin(edges: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Return which edges are among others."""
    kind = np.dtype([(name, edges.dtype) for name in "abcd"])
    return np.isin(*(np.ascontiguousarray(some).view(kind).ravel() for some in (edges, others)))


def main() -> None:
    """Write the heavy shapes as a project folder, and how many vertices they have to the terminal."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path)
    target = parser.parse_args().folder
    msoas, lads = (gpd.read_parquet(project.DEMO / name) for name in ("boundaries.parquet", "districts.parquet"))
    shapes = heavy(msoas.geometry.to_numpy(), lads.geometry.to_numpy())
    project.write(
        target, *(table.set_geometry(shape, crs=table.crs) for table, shape in zip((msoas, lads), shapes, strict=True))
    )
    print(json.dumps({"neighbourhoods": vertices(shapes[0]), "districts": vertices(shapes[1])}))


if __name__ == "__main__":
    main()
