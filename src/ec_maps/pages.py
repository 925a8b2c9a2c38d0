"""What the posts call: figures, tabs, tables and downloads as markdown, the files beside the page.

Each function saves its figures and tables in ``maps/`` of the working folder, which in a render is the post's own, and
returns markdown for a cell with ``output: asis`` to print. Figures are never shown in a loop: tabs made so come apart.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image

from ec_maps import figures, settings
from ec_maps.areas import join_report, load_areas
from ec_maps.deciles import cut_points
from ec_maps.describe import capital, percent, some, sources, the, the_district
from ec_maps.downloads import write_csv
from ec_maps.figures import FOLDER
from ec_maps.finder import by_region, field
from ec_maps.hexmap import hexagon_map
from ec_maps.levels import LevelName, measure_named
from ec_maps.maps import local_map, national_map, regional_map
from ec_maps.markup import escaped, framed, pipe_table, series, tabset
from ec_maps.picture import Map
from ec_maps.places import read_places, slug
from ec_maps.profiles import PLACES, linked

if TYPE_CHECKING:
    import geopandas as gpd

#: The width of the pictures in lists and cards, in pixels: at 1400 they weighed more than the rest of the home page.
_CARD = 700

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
    title = "Local authorities of England and Wales, lowest first"
    figure = _figure(national_map(lads), "national", lads, title, links=_links("../../.."))
    _card("national", "national")
    return figure


def hexagons() -> str:
    """Return the map of all neighbourhoods as hexagons of one size, with its downloads."""
    drawn = hexagon_map(areas("msoa"))
    figure = figures.saved(drawn, "hexagons", Path(FOLDER))
    write_csv(drawn.areas, Path(FOLDER) / "hexagons.csv")
    return f"{figure}\n\n{figures.downloads('hexagons')}"


def home_map() -> str:
    """Return the national map alone, for the home page."""
    return figures.saved(national_map(areas("lad")), "home", Path(FOLDER), png=False, links=_links(".."))


def regional() -> str:
    """Return one tab for each region that holds a place of the list, in the list's order, its places outlined."""
    tabs = []
    for region, names in _places_by_region().items():
        tabs.append((region, _region(region, names)))
    _card("regional", slug(tabs[0][0]))
    return tabset(tabs)


def other_regions() -> str:
    """Return one tab for each region that holds no place of the list, in order of name; empty if there is none."""
    rest = sorted(set(areas("lad")["rgn21nm"]) - set(_places_by_region()))
    return tabset([(region, _region(region, [])) for region in rest])


def hyperlocal() -> str:
    """Return one tab for each place of the list, in the list's order."""
    msoas = areas("msoa")
    tabs = []
    for place in read_places():
        drawn = local_map(msoas, place.name)
        table = f"Neighbourhoods of {the_district(place.name)}, lowest first"
        tabs.append((place.name, _figure(drawn, slug(place.name), drawn.areas, table)))
    _card("hyperlocal", slug(tabs[0][0]))
    return tabset(tabs)


def finder() -> str:
    """Return the search field of the finder."""
    return field()


def places_by_region() -> str:
    """Return all districts, by region and from A to Z, linked where they have a page."""
    lads = areas("lad")
    return by_region(lads, linked(lads))


def pages_there() -> str:
    """Return how many districts have a page of their own, in a sentence."""
    lads = areas("lad")
    number = len(linked(lads))
    if number == len(lads):
        return "Each has a page of its own."
    have = "has a page of its own" if number == 1 else "have a page of their own"
    return f"{capital(some(number))} of the {len(lads)} {have}."


def listed_places() -> str:
    """Return the places of the list as words: "Great Yarmouth, Redcar and Cleveland; …"."""
    return series([place.name for place in read_places()])


def listed_regions() -> str:
    """Return the regions of the listed places as words: "the East of England, the North East and Wales"."""
    return series([the(region) for region in _places_by_region()])


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
    title = "The tenths: lowest and highest value of each"
    return framed(pipe_table(["Tenth", "Local authorities", "Neighbourhoods"], rows, title, "rll"), title)


def join_reports() -> str:
    """Return the join report of both levels, what ``ec-maps check`` prints."""
    levels: tuple[LevelName, ...] = ("lad", "msoa")
    reports = [join_report(level) for level in levels]
    lists = ("\n".join(f"- {escaped(line)}" for line in report.details) for report in reports)
    return "\n\n".join(f"**{report.summary}**\n\n{details}" for report, details in zip(reports, lists, strict=True))


def provenance() -> str:
    """Return where the page's values and boundaries come from, and what made it, as a small paragraph."""
    return figures.provenance()


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
    title = f"Local authorities of {the(region)}, lowest first"
    return _figure(drawn, slug(region), drawn.areas, title, links=_links("../../.."))


def _links(root: str) -> dict[str, str]:
    """Return the address of each district's page, by code, from a folder of maps that `root` leads out of."""
    return {code: f"{root}/{PLACES}/{page}.html" for code, page in linked(areas("lad")).items()}


def _card(page: str, name: str) -> None:
    """Keep a map, smaller, under the page's name: the picture that stands for the page in lists and cards."""
    with Image.open(Path(FOLDER) / f"{name}.png") as picture:
        height = round(picture.height * _CARD / picture.width)
        small = picture.resize((_CARD, height), Image.Resampling.LANCZOS).quantize(256, dither=Image.Dither.NONE)
    small.save(Path(FOLDER) / f"{page}-card.png", optimize=True)


def _figure(drawn: Map, name: str, table: gpd.GeoDataFrame, title: str, *, links: dict[str, str] | None = None) -> str:
    """Save a map and its table, and return the figure, the table beneath it, and the downloads."""
    folder = Path(FOLDER)
    figure = figures.saved(drawn, name, folder, links=links)
    write_csv(table, folder / f"{name}.csv")
    return f"{figure}\n\n{figures.area_table(table, title)}\n\n{figures.downloads(name)}"


__all__ = [
    "areas",
    "cut_point_table",
    "finder",
    "hexagons",
    "home_map",
    "hyperlocal",
    "join_reports",
    "listed_places",
    "listed_regions",
    "national",
    "number_of",
    "other_regions",
    "pages_there",
    "places_by_region",
    "provenance",
    "regional",
    "sources_line",
    "value_range",
]
