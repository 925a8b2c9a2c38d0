"""The least time of drawing: the same polygons, drawn by matplotlib's Agg with nothing around them.

    EC_MAPS_SOURCE=demo .venv/bin/python benchmarks/limit.py

For each of the seven figures of the posts, a map of ec_maps is compared with a bare picture of the same areas in the
same colours and of the land around them. The bare picture has the same size in pixels (1400 wide), place and extent of
the map, in one collection of paths with edges of the same width, and no inset, outline, text or legend. It
has every vertex of the shapes in the tables. Three readings are timed:

shapes
    From a finished figure to pixels, with only its shapes visible (areas, land around, outlines and inset, without
    text, arrows, legend and scale bar), against the drawing of the bare picture's figure.
drawing
    From a finished figure to pixels: the canvas drawing of the map's whole figure, with text and legend, against
    that of the bare picture's, whose paths are ready.
tables
    From tables in memory to pixels: building the map (selecting areas, laying out paths, placing labels, writing text)
    and drawing it, against selecting the areas by their boxes, laying out their paths and drawing them.

Pixels are those of the canvas's buffer; no PNG is written. All are timed in this one process, in turns (map, bare
picture, map, bare picture) and each with a new figure, so that imports, tables and fonts are the same for both, without
the noise of two processes. Texts are laid out anew in each round, as in a new process. The seconds are sums over the
seven figures, one sum a round; the first round is not counted. The last line is JSON.
"""

from __future__ import annotations

import argparse
import json
import statistics
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from itertools import pairwise
from time import perf_counter

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from figures import PLACES, every_vertex
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import Collection, PathCollection
from matplotlib.figure import Figure
from matplotlib.path import Path

import ec_maps
from ec_maps.areas import table as ec_areas
from ec_maps.graphics.figure import Map
from ec_maps.graphics.renderers import PixelCanvas
from ec_maps.graphics.style import own_settings
from ec_maps.graphics.text_metrics import laid_out, measured

DPI = 1400 / 6
_EDGES = {"national": 0.25, "regional": 0.5, "local": 0.6}
_GREY, _WHITE = "#d9d4cb", "#ffffff"


@dataclass(frozen=True)
class Subject:
    """A figure: how ec_maps draws it, its areas and the land that may be around, and how wide edges are, in points."""

    name: str
    drawn: Callable[[], Map]
    areas: gpd.GeoDataFrame
    around: gpd.GeoDataFrame
    edge: float


def subjects() -> list[Subject]:
    """Return the seven figures of the posts."""
    lads, msoas, beyond = ec_maps.load_areas("lad"), ec_maps.load_areas("msoa"), ec_areas.load_context()
    found = [Subject("national", lambda: ec_maps.national_map(lads), lads, beyond, _EDGES["national"])]
    for place in PLACES:
        region = lads.loc[lads["lad21nm"] == place, "rgn21nm"].iloc[0]
        inside, there = (lads["rgn21nm"] == region), (msoas["lad21nm"] == place)
        found.append(
            Subject(
                f"region {region}",
                lambda region=region, place=place: ec_maps.regional_map(lads, region, highlight=[place]),
                lads[inside],
                pd.concat([lads[~inside], beyond]),
                _EDGES["regional"],
            )
        )
        found.append(
            Subject(
                f"local {place}",
                lambda place=place: ec_maps.local_map(msoas, place),
                msoas[there],
                pd.concat([msoas[~there], beyond]),
                _EDGES["local"],
            )
        )
    return found


@dataclass(frozen=True)
class Frame:
    """Where a map stands: the figure's size in inches, the map's box in it, its extent in metres, its ten colours."""

    size: tuple[float, float]
    box: tuple[float, float, float, float]
    extent: tuple[float, float, float, float]
    colours: np.ndarray

    @classmethod
    def of(cls, drawn: Map) -> Frame:
        """Return that of a finished map."""
        ax = drawn.figure.axes[0]
        (left, right), (bottom, top) = ax.get_xlim(), ax.get_ylim()
        width, height = drawn.figure.get_size_inches()
        colours = np.array(ec_maps.ice_colours())
        return cls((width, height), ax.get_position().bounds, (left, bottom, right, top), colours)


def bare(subject: Subject, frame: Frame) -> Figure:
    """Return the bare picture of a figure's areas, and of the land around that the frame has in view."""
    left, bottom, right, top = frame.extent
    around = subject.around.geometry.to_numpy()
    west, south, east, north = shapely.bounds(around).T
    around = around[(west < right) & (east > left) & (south < top) & (north > bottom)]
    deciles = subject.areas["decile"].to_numpy(dtype=float, na_value=np.nan)
    colours = np.full(len(deciles), _WHITE, dtype=frame.colours.dtype)
    there = ~np.isnan(deciles)
    colours[there] = frame.colours[deciles[there].astype(int) - 1]
    figure = Figure(figsize=frame.size, dpi=DPI)
    FigureCanvasAgg(figure)
    ax = figure.add_axes(frame.box)
    ax.set_axis_off()
    ax.set(xlim=(left, right), ylim=(bottom, top))
    drawn = PathCollection(
        paths(np.concatenate([around, subject.areas.geometry.to_numpy()])),
        facecolors=[_GREY] * len(around) + list(colours),
        edgecolors=_WHITE,
        linewidths=subject.edge,
        offset_transform=None,
    )
    drawn.set_transform(ax.transData)
    ax.add_collection(drawn, autolim=False)
    return figure


def paths(shapes: np.ndarray) -> list[Path]:
    """Return a compound path for each MultiPolygon."""
    _, points, (rings, polygons, parts) = shapely.to_ragged_array(shapes, include_z=False)
    codes = np.full(len(points), Path.LINETO, dtype=Path.code_type)
    codes[rings[:-1]] = Path.MOVETO
    codes[rings[1:] - 1] = Path.CLOSEPOLY
    return [Path(points[a:b], codes[a:b]) for a, b in pairwise(rings[polygons[parts]])]


def pixels(figure: Figure) -> np.ndarray:
    """Draw a map's figure as it is saved; return its pixels."""
    with own_settings():
        return _drawn(figure, PixelCanvas)


def _drawn(figure: Figure, kind: type[FigureCanvasAgg]) -> np.ndarray:
    figure.set_dpi(DPI)
    canvas = kind(figure)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())


def only_shapes(figure: Figure) -> None:
    """Hide all of a map but its collections of shapes, on the map and in the inset."""
    for artist in figure.findobj(Artist):
        if not isinstance(artist, (Axes, Collection, Figure)):
            artist.set_visible(False)
    for ax in figure.axes:
        ax.set_axis_off()


def times(subject: Subject, frame: Frame) -> dict[str, float]:
    """Return the seconds of the three readings, for the map and for the bare picture, each made again."""
    start = perf_counter()
    made = subject.drawn().figure
    built = perf_counter()
    there = pixels(made)
    drawn = perf_counter()
    plain = bare(subject, frame)
    laid = perf_counter()
    theirs = _drawn(plain, FigureCanvasAgg)
    end = perf_counter()
    only_shapes(made)
    before = perf_counter()
    pixels(made)
    shapes = perf_counter() - before
    if there.shape != theirs.shape:
        msg = f"{subject.name}: the pictures are of different sizes, {there.shape} and {theirs.shape}."
        raise SystemExit(msg)
    return {
        "shapes": shapes, "limit_shapes": end - laid,
        "drawing": drawn - built, "limit_drawing": end - laid, "tables": drawn - start, "limit_tables": end - drawn
    }  # fmt: skip


def main() -> None:
    """Time both, in turns, and print the medians."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("-n", dest="rounds", type=int, default=5)
    parser.add_argument("--no-simplify", action="store_true", help="have ec_maps draw every vertex too")
    parser.add_argument("--each", action="store_true", help="a line for each figure too")
    asked = parser.parse_args()
    with every_vertex() if asked.no_simplify else nullcontext():
        measure(asked.rounds, each=asked.each)


def measure(often: int, *, each: bool) -> None:
    """Time so many rounds and print the medians."""
    all_ = subjects()
    frames = [Frame.of(subject.drawn()) for subject in all_]
    rounds = []
    for _ in range(often + 1):
        measured.cache_clear()
        laid_out.cache_clear()
        rounds.append([times(subject, frame) for subject, frame in zip(all_, frames, strict=True)])
    rounds = rounds[1:]
    if each:
        for at, subject in enumerate(all_):
            middle = {name: statistics.median(one[at][name] for one in rounds) for name in rounds[0][at]}
            print(f"{subject.name:32}", *(f"{name} {1000 * value:7.0f} ms " for name, value in middle.items()))
    sums = {name: statistics.median(sum(one[name] for one in once) for once in rounds) for name in rounds[0][0]}
    print(json.dumps(sums))


if __name__ == "__main__":
    main()
