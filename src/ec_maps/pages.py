"""What the posts call: figures, tabs, tables and downloads as markdown, the files beside the page.

Each function saves its figures and tables in ``maps/`` of the working folder, which in a render is the post's own, and
returns markdown for a cell with ``output: asis`` to print. Figures are never shown in a loop: tabs made so come apart.
"""

from __future__ import annotations

import re
import shutil
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from ec_maps import settings
from ec_maps.annotation import area_numbers
from ec_maps.areas import join_report, load_areas
from ec_maps.deciles import cut_points
from ec_maps.describe import percent, sources, the, the_district
from ec_maps.levels import LevelName, level_named, measure_named
from ec_maps.maps import local_map, national_map, regional_map
from ec_maps.picture import Map
from ec_maps.places import Place, read_places, slug
from ec_maps.provenance import in_words, line

if TYPE_CHECKING:
    import geopandas as gpd

FOLDER = "maps"
_MEASURE = measure_named("economic_connectedness")


@lru_cache(maxsize=4)
def _table(level: LevelName, source: str) -> gpd.GeoDataFrame:
    del source  # part of the key: a process may look at the demonstration and at the real data
    return load_areas(level)


def areas(level: LevelName) -> gpd.GeoDataFrame:
    """Return the table of a level, loaded once in a process."""
    return _table(level, settings.source())


def national() -> str:
    """Return the national map with its table and downloads."""
    lads = areas("lad")
    return _figure(national_map(lads), "national", lads, "Local authorities of England and Wales, lowest first")


def regional() -> str:
    """Return one tab for each region that holds a place of the list, in the list's order, its places outlined."""
    tabs = []
    for region, names in _places_by_region().items():
        tabs.append((region, _region(region, names)))
    _card("regional", tabs[0][0])
    return _tabset(tabs)


def other_regions() -> str:
    """Return one tab for each region that holds no place of the list, in order of name; empty if there is none."""
    rest = sorted(set(areas("lad")["rgn21nm"]) - set(_places_by_region()))
    return _tabset([(region, _region(region, [])) for region in rest])


def hyperlocal() -> str:
    """Return one tab for each place of the list, in the list's order."""
    msoas = areas("msoa")
    tabs = []
    for place in read_places():
        drawn = local_map(msoas, place.name)
        table = f"Neighbourhoods of {the_district(place.name)}, lowest first"
        tabs.append((place.name, _figure(drawn, slug(place.name), drawn.areas, table)))
    _card("hyperlocal", tabs[0][0])
    return _tabset(tabs)


def listed_places() -> str:
    """Return the places of the list as words: "Great Yarmouth, Redcar and Cleveland; …"."""
    return _series([place.name for place in read_places()])


def listed_regions() -> str:
    """Return the regions of the listed places as words: "the East of England, the North East and Wales"."""
    return _series([the(region) for region in _places_by_region()])


def number_of(level: LevelName) -> str:
    """Return how many areas of a level have a value, with a comma for the thousands."""
    return f"{int(areas(level)['decile'].notna().sum()):,}"


def value_range(level: LevelName) -> str:
    """Return the lowest and the highest value of a level in words: "33.1% to 61.7%"."""
    values = areas(level)[_MEASURE.key]
    return f"{percent(values.min())} to {percent(values.max())}"


def cut_point_table() -> str:
    """Return the range of each tenth at both levels as a table."""
    edges = {level: cut_points(areas(level)[_MEASURE.key]) for level in ("lad", "msoa")}
    rows = [
        [str(tenth), *(f"{percent(edge[tenth - 1])} to {percent(edge[tenth])}" for edge in edges.values())]
        for tenth in range(1, 11)
    ]
    return _pipe_table(
        ["Tenth", "Local authorities", "Neighbourhoods"], rows, "The tenths: lowest and highest value of each", "rll"
    )


def join_reports() -> str:
    """Return the join report of both levels, what ``ec-maps check`` prints."""
    levels: tuple[LevelName, ...] = ("lad", "msoa")
    reports = [join_report(level) for level in levels]
    lists = ("\n".join(f"- {escaped(line)}" for line in report.details) for report in reports)
    return "\n\n".join(f"**{report.summary}**\n\n{details}" for report, details in zip(reports, lists, strict=True))


def provenance() -> str:
    """Return where the page's values and boundaries come from, and what made it, as a small paragraph."""
    told = re.sub(r"\d{4}-\d\d-\d\d", lambda m: f'<time datetime="{m[0]}">{in_words(m[0])}</time>', escaped(line()))
    return f"::: {{.ec-provenance}}\n{told}\n:::"


def sources_line() -> str:
    """Return the sources and licences of what is drawn."""
    return sources(names="msoa21hclnm" in areas("msoa"))


def _places_by_region() -> dict[str, list[str]]:
    regions: dict[str, list[str]] = {}
    for place in read_places():
        regions.setdefault(place.region, []).append(place.name)
    return regions


def _region(region: str, names: list[str]) -> str:
    drawn = regional_map(areas("lad"), region, highlight=names)
    return _figure(drawn, slug(region), drawn.areas, f"Local authorities of {the(region)}, lowest first")


def _card(page: str, tab: str) -> None:
    """Keep the first tab's map under the page's name: the picture that stands for the page in lists and cards."""
    shutil.copyfile(Path(FOLDER) / f"{slug(tab)}.png", Path(FOLDER) / f"{page}.png")


def _tabset(tabs: list[tuple[str, str]]) -> str:
    if not tabs:
        return ""
    body = "\n\n".join(f"### {escaped(name)}\n\n{content}" for name, content in tabs)
    return f"\n::: {{.panel-tabset}}\n\n{body}\n\n:::\n"


def _figure(drawn: Map, name: str, table: gpd.GeoDataFrame, title: str) -> str:
    """Save a map and its table, and return the figure, the table folded away beneath it, and the downloads."""
    folder = Path(FOLDER)
    folder.mkdir(exist_ok=True)
    drawn.save(folder / f"{name}.png")
    lowest_first = _lowest_first(table)
    _write_csv(lowest_first, folder / f"{name}.csv")
    alt = drawn.alt_text.replace("\\", "").replace('"', "”")
    figure = f'![{escaped(drawn.caption)}]({FOLDER}/{name}.png){{fig-alt="{alt}" width=700}}'
    rows = _area_table(lowest_first, title)
    label = title.replace('"', "”")
    return (
        f"{figure}\n\n"
        f'::: {{.ec-table role="region" tabindex="0" aria-label="{label}"}}\n\n{rows}\n\n:::\n\n'
        f"::: {{.ec-downloads}}\nDownload: [table (CSV)]({FOLDER}/{name}.csv) · [map (PNG)]({FOLDER}/{name}.png)\n:::"
    )


def _lowest_first(table: gpd.GeoDataFrame) -> pd.DataFrame:
    code = "msoa21cd" if "msoa21cd" in table else "lad21cd"
    plain = pd.DataFrame(table.drop(columns="geometry"))
    return plain.sort_values([_MEASURE.key, code], na_position="last", ignore_index=True)


def _write_csv(table: pd.DataFrame, path: Path) -> None:
    """Write a table for download, each row with what it is: a file outlives the page it came from."""
    table.assign(source=line()).to_csv(path, index=False, encoding="utf-8", lineterminator="\n")


def _area_table(table: pd.DataFrame, title: str) -> str:
    level = level_named("msoa" if "msoa21cd" in table else "lad")
    values = [percent(value) for value in table[_MEASURE.key]]
    tenths = ["–" if pd.isna(decile) else str(decile) for decile in table["decile"]]
    names = [escaped(name) for name in table[level.name]]
    if level.key == "lad":
        heads, columns, align = ["Local authority"], [names], "lrr"
    else:
        heads, columns, align = ["No.", "Neighbourhood"], [area_numbers(table[level.name]), names], "rlrr"
        if "msoa21hclnm" in table:
            known = [escaped(name) if isinstance(name, str) else "" for name in table["msoa21hclnm"]]
            heads, columns, align = [*heads, "Known as"], [*columns, known], "rllrr"
    rows = [list(row) for row in zip(*columns, values, tenths, strict=True)]
    return _pipe_table([*heads, _MEASURE.title, "Tenth"], rows, title, align)


def _pipe_table(heads: list[str], rows: list[list[str]], caption: str, align: str) -> str:
    rule = ["---:" if side == "r" else ":---" for side in align]
    lines = [" | ".join(cells) for cells in (heads, rule, *rows)]
    body = "\n".join(f"| {line} |" for line in lines)
    return f"{body}\n\n: {escaped(caption)} {{.striped}}"


def _series(items: list[str]) -> str:
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}"


def escaped(text: str) -> str:
    """Return text with what markdown would take for markup made plain."""
    return re.sub(r"([\\`*_{}\[\]<>#|$~^@&])", r"\\\1", str(text))


__all__ = [
    "Place",
    "areas",
    "cut_point_table",
    "escaped",
    "hyperlocal",
    "join_reports",
    "listed_places",
    "listed_regions",
    "national",
    "number_of",
    "other_regions",
    "provenance",
    "regional",
    "sources_line",
    "value_range",
]
