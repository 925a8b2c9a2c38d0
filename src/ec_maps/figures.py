"""Maps as figures of a page: the files beside it, and the markdown that shows them with their tables."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import pandas as pd

from ec_maps.annotation import area_numbers
from ec_maps.describe import percent
from ec_maps.downloads import lowest_first
from ec_maps.levels import level_named, measure_named
from ec_maps.markup import attribute, escaped, framed, pipe_table
from ec_maps.picture import Map
from ec_maps.provenance import in_words, line

#: Where a page's files lie, beside it.
FOLDER = "maps"

#: The width of a figure on a page, in CSS pixels.
WIDTH = 700


@dataclass(frozen=True)
class Picture:
    """A saved map as a page shows it.

    `name` is that of its files, without folder and ending; `height` is in CSS pixels at a width of :data:`WIDTH`.
    """

    name: str
    caption: str
    alt_text: str
    height: int

    def markdown(self, *, mark: str = "") -> str:
        """Return the figure; `mark` is the code of the area to mark on a map that many pages share."""
        address = f"{FOLDER}/{self.name}.svg" + (f"#{mark}" if mark else "")
        return (
            f'![{escaped(self.caption)}]({address}){{.ec-map fig-alt="{attribute(self.alt_text)}" '
            f"width={WIDTH} height={self.height}}}"
        )


def picture(drawn: Map, name: str) -> Picture:
    """Return how a page shows a map whose files have this name."""
    across, high = drawn.figure.get_size_inches()
    return Picture(name, drawn.caption, drawn.alt_text, round(WIDTH * high / across))


def saved(drawn: Map, name: str, folder: Path, *, png: bool = True, links: dict[str, str] | None = None) -> str:
    """Write a map into a page's folder as SVG, with `links` from its areas, and as `png`, and return its figure."""
    folder.mkdir(parents=True, exist_ok=True)
    drawn.save(folder / f"{name}.svg", links=links)
    if png:
        drawn.save(folder / f"{name}.png")
    return picture(drawn, name).markdown()


def downloads(name: str, *, areas: bool = False) -> str:
    """Return the links to what can be taken away beside a figure, the `areas` with their outlines too."""
    told = {"table (CSV)": "csv", "areas (GeoJSON)": "geojson", "map (SVG)": "svg", "map (PNG)": "png"}
    links = [f"[{words}]({FOLDER}/{name}.{kind})" for words, kind in told.items() if areas or kind != "geojson"]
    return f"::: {{.ec-downloads}}\nDownload: {' · '.join(links)}\n:::"


def area_table(areas: gpd.GeoDataFrame, title: str, *, anchors: bool = False) -> str:
    """Return the table of areas, lowest first, in a frame of its own.

    With `anchors`, each row can be addressed by its area's code in small letters.
    """
    table = lowest_first(areas)
    level = level_named("msoa" if "msoa21cd" in table else "lad")
    measure = measure_named(areas.attrs.get("measure", "economic_connectedness"))
    values = [percent(value) for value in table[measure.key]]
    tenths = ["–" if pd.isna(decile) else str(decile) for decile in table["decile"]]
    names = [escaped(name) for name in table[level.name]]
    if anchors:
        names = [f"[{name}]{{#{code.lower()}}}" for name, code in zip(names, table[level.code], strict=True)]
    heads, columns, align = ["Local authority"], [names], "lrr"
    if level.key == "msoa":
        heads, columns, align = ["No.", "Neighbourhood"], [area_numbers(table[level.name]), names], "rlrr"
        if "msoa21hclnm" in table:
            known = [escaped(name) if isinstance(name, str) else "" for name in table["msoa21hclnm"]]
            heads, columns, align = [*heads, "Known as"], [*columns, known], "rllrr"
    rows = [list(row) for row in zip(*columns, values, tenths, strict=True)]
    return framed(pipe_table([*heads, measure.title, "Tenth"], rows, title, align), title)


def provenance() -> str:
    """Return where values and boundaries come from, and what made the page, as a small paragraph; dates as dates."""
    told = re.sub(r"\d{4}-\d\d-\d\d", lambda m: f'<time datetime="{m[0]}">{in_words(m[0])}</time>', escaped(line()))
    return f"::: {{.ec-provenance}}\n{told}\n:::"
