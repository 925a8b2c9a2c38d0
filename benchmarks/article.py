"""Draw the seven figures the way of the article that this project began with, as it is described, without tiles.

    .venv/bin/python benchmarks/article.py --prepare --demo ROOT -o FOLDER
    .venv/bin/python benchmarks/article.py --zips ROOT/data/demo -o FOLDER

Boundaries from a pickle, the Atlas archive unpacked, its CSV read, merged by code, cut by `qcut`; then a choropleth
with a colour bar for each figure, and one arrow on each map of a region. Nothing is around the areas and nothing is
labelled, so that it draws less than `plain.py`. Fills are see-through, as in the article. The description gives no
size: by default figures are as wide as those of ec_maps, 6 inches and 1400 pixels, the least that is fair to compare;
`--print` draws them 12 inches wide at 300 dots per inch, as such figures are often saved.

With `--prepare` it only writes the pickles into the folder, which is not measured: no pickle is in the project.
"""

from __future__ import annotations

import argparse
import zipfile
from pathlib import Path

import geopandas as gpd
import matplotlib as mpl

mpl.use("Agg")

import matplotlib.pyplot as plt
import pandas as pd

PLACES = ["Great Yarmouth", "Redcar and Cleveland", "Telford and Wrekin"]


def read_atlas(zips: Path, out: Path, name: str) -> pd.DataFrame:
    """Unpack an Atlas zip and read the economic connectedness of low-income users."""
    data = out / "data"
    with zipfile.ZipFile(next(zips.glob(f"{name}*.zip"))) as archive:
        archive.extractall(data)
    table = pd.read_csv(next((data / name).glob("*_economic_connectedness_[0-9][0-9][0-9][0-9]*.csv")))
    table = table[table["measurement_category"] == "low_ses_users"]
    return table.rename(columns={"high_ses_ratio": "economic_connectedness"})


def with_deciles(areas: gpd.GeoDataFrame, values: pd.DataFrame, left: str, right: str) -> gpd.GeoDataFrame:
    """Join the values to the areas and cut them into deciles, 1 the highest as in the article."""
    joined = areas.merge(values, left_on=left, right_on=right, how="left")
    deciles = pd.qcut(joined["economic_connectedness"], 10, labels=list(range(10, 0, -1)), duplicates="drop")
    joined["decile"] = deciles.astype(float)
    return joined


def draw(areas: gpd.GeoDataFrame, title: str, path: Path, size: tuple[float, float], place: str = "") -> None:
    """Draw a choropleth with a colour bar, and an arrow to a place; `size` is in inches and dots per inch."""
    width, dpi = size
    fig, ax = plt.subplots(figsize=(width, width))
    areas.plot(
        ax=ax, column="decile", cmap="PuBu", alpha=0.8, edgecolor="grey", linewidth=0.2, vmin=1, vmax=10,
        legend=True, legend_kwds={"label": "Decile", "orientation": "vertical"},
    )  # fmt: skip
    if place:
        point = areas[areas["lad21nm"] == place].geometry.centroid.iloc[0]
        ax.annotate(
            place, (point.x, point.y), xytext=(0.7, 0.95), textcoords="axes fraction", arrowprops={"arrowstyle": "->"}
        )
    ax.set_axis_off()
    ax.set_title(title)
    fig.savefig(path, dpi=dpi)
    plt.close(fig)


def main() -> None:
    """Write the pickles, or read, join, cut and draw."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--prepare", action="store_true", help="only write the pickles")
    parser.add_argument("--demo", type=Path, metavar="ROOT", help="with --prepare: demonstration data")
    parser.add_argument("--lads", type=Path, metavar="FILE", help="with --demo: its districts, dissolved beforehand")
    parser.add_argument("--geo", type=Path, metavar="FOLDER", help="with --prepare: real boundaries and lookups")
    parser.add_argument("--zips", type=Path, metavar="FOLDER", help="the Atlas zips")
    parser.add_argument("--print", action="store_true", help="figures of 12 inches at 300 dpi")
    parser.add_argument("-o", dest="out", type=Path, required=True, help="the folder for pickles and figures")
    options = parser.parse_args()
    out = options.out
    if options.prepare:
        import plain

        both = plain.real_areas(options.geo) if options.geo else plain.demo_areas(options.demo, options.lads)
        for areas, name in zip(both, ("lads", "msoas"), strict=True):
            areas.to_pickle(out / f"{name}.pickle")
        return
    lads, msoas = (pd.read_pickle(out / f"{name}.pickle") for name in ("lads", "msoas"))
    lads = with_deciles(lads, read_atlas(options.zips, out, "local_authority"), "lad21cd", "lad_code")
    msoas = with_deciles(msoas, read_atlas(options.zips, out, "msoa"), "msoa21cd", "zip_prediction")
    size = (12, 300) if options.print else (6, 1400 / 6)
    draw(lads, "England and Wales", out / "national.png", size)
    for place in PLACES:
        region = lads.loc[lads["lad21nm"] == place, "rgn21nm"].iloc[0]
        draw(lads[lads["rgn21nm"] == region], region, out / f"region {region}.png", size, place)
        draw(msoas[msoas["lad21nm"] == place], place, out / f"local {place}.png", size)


if __name__ == "__main__":
    main()
