"""Draw the seven figures the plain way: pandas, geopandas and matplotlib, as a competent analyst would.

One national map of districts with London enlarged, the regions of the three places, and the neighbourhoods of the
three places, each in its surroundings and with a label on each area, as PNG. It does not use ec_maps, and is
the comparison of `run.py`. It draws only what takes one call: labels may overlap, there is no scale bar, and there are
no captions or alternative texts. With `--all` it draws the neighbourhoods of every district and every region, with
`--load` nothing. The last line printed has the seconds for reading, joining and cutting, without imports.
"""

from __future__ import annotations

import argparse
import fnmatch
import json
import zipfile
from pathlib import Path
from time import perf_counter

import geopandas as gpd
import matplotlib as mpl

mpl.use("Agg")

import matplotlib.pyplot as plt
import pandas as pd

PLACES = ["Great Yarmouth", "Redcar and Cleveland", "Telford and Wrekin"]
ICE = mpl.colormaps["PuBu_r"].resampled(10)
DECILES = list(range(1, 11))
SOURCES = "Values: UK Social Capital Atlas. Boundaries: Office for National Statistics, OGL v3.0."


def read_atlas(zips: Path, pattern: str, code: str) -> pd.DataFrame:
    """Read the code and the economic connectedness of low-income users from an Atlas zip."""
    with zipfile.ZipFile(next(zips.glob(pattern))) as archive:
        names = fnmatch.filter(archive.namelist(), "*_economic_connectedness_[0-9][0-9][0-9][0-9]*.csv")
        with archive.open(max(names)) as file:
            table = pd.read_csv(file, usecols=[code, "measurement_category", "high_ses_ratio"])
    table = table[table["measurement_category"] == "low_ses_users"]
    return table.rename(columns={"high_ses_ratio": "economic_connectedness"})[[code, "economic_connectedness"]]


def with_deciles(areas: gpd.GeoDataFrame, values: pd.DataFrame, left: str, right: str) -> gpd.GeoDataFrame:
    """Join the values to the areas and cut them into deciles."""
    joined = areas.merge(values, left_on=left, right_on=right, how="left")
    joined["decile"] = pd.qcut(joined["economic_connectedness"], 10, labels=DECILES)
    return joined


def draw(
    areas: gpd.GeoDataFrame,
    around: gpd.GeoDataFrame,
    title: str,
    path: Path,
    *,
    mark: str,
    outlines: str,
    place: str = "",
    inset: str = "",
) -> None:
    """Draw the deciles of the areas in their surroundings, 6 inches wide and 1400 pixels, with legend and labels.

    `mark` is the column whose text is written on each area, `outlines` the one to draw thicker borders by; `place` is
    outlined and pointed at, the region `inset` enlarged in a corner.
    """
    west, south, east, north = areas.total_bounds
    room = 0.045 * (east - west)
    fig, ax = plt.subplots(figsize=(6, 6 * (north - south) / (east - west) + 1.5))
    near = around.cx[west - room : east + room, south - room : north + room]
    if len(near):
        near.plot(ax=ax, color="lightgrey", edgecolor="lightgrey")
        districts = near.dissolve("lad21nm")
        districts.boundary.plot(ax=ax, color="white", linewidth=0.5)
        for name, point in districts.representative_point().items():
            ax.annotate(name, (point.x, point.y), ha="center", va="center", fontsize=6, style="italic", clip_on=True)
    style = {
        "column": "decile",
        "cmap": ICE,
        "edgecolor": "grey",
        "linewidth": 0.2,
        "missing_kwds": {"color": "white", "hatch": "///", "label": "No estimate"},
    }
    areas.plot(ax=ax, legend=True, legend_kwds={"title": "Decile", "loc": "upper left"}, **style)
    areas.dissolve(outlines).boundary.plot(ax=ax, color="black", linewidth=0.8)
    for text, point in zip(areas[mark], areas.representative_point(), strict=True):
        if text:
            ax.annotate(text, (point.x, point.y), ha="center", va="center", fontsize=6)
    if place:
        marked = areas[areas["lad21nm"] == place]
        marked.boundary.plot(ax=ax, color="black", linewidth=2)
        point = marked.representative_point().iloc[0]
        ax.annotate(place, (point.x, point.y), xytext=(0.7, 0.95), textcoords="axes fraction", arrowprops={"width": 1})
    if inset:
        small = fig.add_axes((0.7, 0.7, 0.25, 0.2))
        areas[areas["rgn21nm"] == inset].plot(ax=small, **style)
        small.set_axis_off()
    ax.set(xlim=(west - room, east + room), ylim=(south - room, north + room), title=title)
    ax.set_axis_off()
    fig.text(0.02, 0.01, SOURCES, fontsize=6)
    fig.savefig(path, dpi=1400 / 6)
    plt.close(fig)


def demo_areas(root: Path, districts: Path | None) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Read the demonstration boundaries; districts come ready-made, or are dissolved here if no file is named."""
    msoas = gpd.read_parquet(root / "data/demo/boundaries.parquet")
    if districts is not None:
        return gpd.read_parquet(districts), msoas
    return msoas.dissolve(["lad21cd", "lad21nm", "rgn21nm"], as_index=False), msoas


def real_areas(folder: Path) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Read real districts, neighbourhoods and lookups from a folder, and join the lookups."""
    lads = gpd.read_parquet(folder / "lad21_uk.parquet").rename(columns=str.lower)
    lads = lads[lads["lad21cd"].str.startswith(("E", "W"))]
    regions = pd.read_csv(folder / "lad21_rgn21_en.csv").rename(columns=str.lower)
    lads = lads.merge(regions[["lad21cd", "rgn21nm"]], on="lad21cd", how="left").fillna({"rgn21nm": "Wales"})
    lookup = pd.read_csv(folder / "msoa21_lookup.csv").rename(columns={"lad22cd": "lad21cd", "lad22nm": "lad21nm"})
    msoas = gpd.read_parquet(folder / "msoa21_ew.parquet").rename(columns=str.lower)
    return lads, msoas.merge(lookup[["msoa21cd", "lad21cd", "lad21nm"]], on="msoa21cd", how="left")


def draw_local(msoas: gpd.GeoDataFrame, place: str, out: Path) -> None:
    """Draw the neighbourhoods of a district."""
    there = msoas["lad21nm"] == place
    draw(msoas[there], msoas[~there], place, out / f"local {place}.png", mark="number", outlines="lad21nm")


def draw_region(lads: gpd.GeoDataFrame, region: str, out: Path, place: str = "") -> None:
    """Draw the districts of a region, a place in it marked."""
    inside, path = lads["rgn21nm"] == region, out / f"region {region}.png"
    draw(lads[inside], lads[~inside], region, path, mark="lad21nm", outlines="rgn21nm", place=place)


def beyond(folder: Path) -> gpd.GeoDataFrame:
    """Read the districts outside England and Wales, which the national map shows in grey."""
    lads = gpd.read_parquet(folder / "lad21_uk.parquet")
    return lads[~lads["LAD21CD"].str.startswith(("E", "W"))].rename(columns=str.lower)


def main() -> None:
    """Read, join, cut and draw."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    kind = parser.add_mutually_exclusive_group(required=True)
    kind.add_argument("--demo", type=Path, metavar="ROOT", help="the project's folder, for its demonstration data")
    kind.add_argument("--geo", type=Path, metavar="FOLDER", help="real boundaries and lookups")
    parser.add_argument("--zips", type=Path, metavar="FOLDER", help="the Atlas zips (with --geo)")
    parser.add_argument("--lads", type=Path, metavar="FILE", help="the demonstration's districts, dissolved beforehand")
    parser.add_argument("-o", dest="out", type=Path, required=True, help="the folder for the figures")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--load", action="store_true", help="draw nothing")
    what.add_argument("--all", action="store_true", help="draw every district's neighbourhoods, and every region")
    parser.add_argument("--names", type=Path, metavar="FILE", help="with --all: draw those that the file lists")
    options = parser.parse_args()
    if options.geo and not options.zips:
        parser.error("--geo needs --zips")
    options.out.mkdir(parents=True, exist_ok=True)

    start = perf_counter()
    lads, msoas = demo_areas(options.demo, options.lads) if options.demo else real_areas(options.geo)
    zips = options.zips or options.demo / "data/demo"
    lads = with_deciles(lads, read_atlas(zips, "local_authority*.zip", "lad_code"), "lad21cd", "lad_code")
    msoas = with_deciles(msoas, read_atlas(zips, "msoa*.zip", "zip_prediction"), "msoa21cd", "zip_prediction")
    loading = perf_counter() - start

    lads["nothing"], msoas["number"] = "", msoas["msoa21nm"].str[-3:]
    if options.all:
        districts, regions = lads["lad21nm"].unique(), lads["rgn21nm"].unique()
        names = options.names.read_text(encoding="utf-8").splitlines() if options.names else [*districts, *regions]
        for name in names:
            if name in regions:
                draw_region(lads, name, options.out)
            else:
                draw_local(msoas, name, options.out)
    elif not options.load:
        nowhere = lads.iloc[:0] if options.demo else beyond(options.geo)
        path = options.out / "national.png"
        draw(lads, nowhere, "England and Wales", path, mark="nothing", outlines="rgn21nm", inset="London")
        for place in PLACES:
            draw_region(lads, lads.loc[lads["lad21nm"] == place, "rgn21nm"].iloc[0], options.out, place)
            draw_local(msoas, place, options.out)
    print(json.dumps({"loading": loading}))


if __name__ == "__main__":
    main()
