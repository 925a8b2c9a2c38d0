"""What makes the figures, tabs and tables of the posts, which call it through :mod:`ec_maps.pages`.

Here are the libraries that draw. A tab is kept by itself, so that another place in the list draws no other tab anew.
"""

from __future__ import annotations

import warnings
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

from ec_maps.analysis.district import standing
from ec_maps.analysis.downloads import write_csv
from ec_maps.analysis.stability import stability
from ec_maps.areas.coverage import BEYOND, united_kingdom
from ec_maps.areas.places import Place, read_places, slug
from ec_maps.areas.table import join_report, load_areas
from ec_maps.areas.wording import capital, percent, some, sources, the, the_district
from ec_maps.errors import EcMapsError
from ec_maps.geography.levels import LevelName
from ec_maps.graphics.figure import Map
from ec_maps.maps.choropleth import local_map, national_map, regional_map
from ec_maps.maps.hexmap import hexagon_map
from ec_maps.measures import HEADLINE, measure_named
from ec_maps.site import compare_pages, markdown
from ec_maps.site.district_pages import PLACES, linked
from ec_maps.site.figure_cache import FOLDER, inputs, part
from ec_maps.site.finder import by_region, field
from ec_maps.site.markdown import keep_card
from ec_maps.site.markup import escaped, series, tabset

if TYPE_CHECKING:
    import geopandas as gpd

_MEASURE = measure_named(HEADLINE)


@lru_cache(maxsize=4)
def _table(level: LevelName, _inputs: str) -> gpd.GeoDataFrame:
    return load_areas(level)


def areas(level: LevelName) -> gpd.GeoDataFrame:
    """Return the table of a level, loaded once in a process."""
    return _table(level, inputs())


def national() -> str:
    """Return the national map with its table and downloads."""
    lads = areas("lad")
    title = "Local authorities of England and Wales, lowest first"
    figure = _figure(national_map(lads), "national", lads, title, links=_links("../../.."))
    keep_card("national", "national")
    return figure


def kingdom() -> str:
    """Return the map of the United Kingdom with its table and downloads, or why there is none."""
    every = united_kingdom()
    if every is None:
        return "The data at hand stop at the border: they have no districts of Scotland or Northern Ireland."
    title = "Local authorities of the United Kingdom, lowest first"
    return _figure(national_map(every), "kingdom", every, title, links=_links("../../.."))


def hexagons() -> str:
    """Return the map of all neighbourhoods as hexagons of one size, with its downloads, or that there is none."""
    table = areas("msoa")
    try:
        drawn = hexagon_map(table)
    except EcMapsError as error:
        # What warns is not kept: the next build tries again.
        warnings.warn(str(error), stacklevel=2)
        return "The map of hexagons is left out here, as its layout could not be read."
    figure = markdown.saved(drawn, "hexagons", Path(FOLDER))
    write_csv(drawn.areas, Path(FOLDER) / "hexagons.csv")
    return f"{figure}\n\n{markdown.downloads('hexagons')}"


def home_map() -> str:
    """Return the national map alone, for the home page."""
    return markdown.saved(national_map(areas("lad")), "home", Path(FOLDER), png=False, links=_links(".."))


def regional() -> str:
    """Return one tab for each region that holds a place of the list, in the list's order, its places outlined."""
    tabs = []
    for region, names in _places_by_region().items():
        tabs.append((region, _region(region, names)))
    keep_card("regional", slug(tabs[0][0]))
    return tabset(tabs)


def other_regions() -> str:
    """Return one tab for each region that holds no place of the list, in order of name; empty if there is none."""
    every = [*sorted(set(areas("lad")["rgn21nm"])), *(BEYOND if united_kingdom() is not None else ())]
    rest = [region for region in every if region not in _places_by_region()]
    return tabset([(region, _region(region, [])) for region in rest])


def hyperlocal() -> str:
    """Return one tab for each place of the list, in the list's order."""
    tabs = []
    for place in read_places():
        if place.region in BEYOND:
            tabs.append((place.name, _no_neighbourhoods(place)))
            continue
        tabs.append((place.name, part(slug(place.name), place, partial(_local, place))))
    first = next((place.name for place in read_places() if place.region not in BEYOND), None)
    if first:
        keep_card("hyperlocal", slug(first))
    return tabset(tabs)


def _local(place: Place) -> str:
    drawn = local_map(load_areas("msoa", near=place.name), place.name)
    return _figure(drawn, slug(place.name), drawn.areas, f"Neighbourhoods of {the_district(place.name)}, lowest first")


def _no_neighbourhoods(place: Place) -> str:
    """Return what stands in place of a local map beyond England and Wales, where there are no neighbourhoods."""
    page = linked(areas("lad"))[place.lad21cd]
    told = standing(_home(place.region), areas("msoa"), place.name)
    return f"{escaped(told.inside)} [{escaped(place.name)} as a whole](../../{PLACES}/{page}.qmd)."


def finder() -> str:
    """Return the search field of the finder."""
    return field()


def places_by_region() -> str:
    """Return all districts, by region and from A to Z, linked where they have a page."""
    lads = areas("lad")
    return by_region(lads, linked(lads), united_kingdom())


def pages_there() -> str:
    """Return how many districts have a page of their own, in a sentence."""
    lads, kingdom = areas("lad"), united_kingdom()
    number, whole = len(linked(lads)), len(lads if kingdom is None else kingdom)
    if number == whole:
        return "Each has a page of its own."
    have = "has a page of its own" if number == 1 else "have a page of their own"
    return f"{capital(some(number))} of the {whole} {have}."


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


def stability_note() -> str:
    """Return how many areas of each level a small change of value would move to another tenth, as a list."""
    levels: tuple[LevelName, ...] = ("lad", "msoa")
    return "\n".join(f"- {stability(areas(level)).sentence}" for level in levels)


def join_reports() -> str:
    """Return the join report of both levels, what ``ec-maps check`` prints."""
    levels: tuple[LevelName, ...] = ("lad", "msoa")
    reports = [join_report(level) for level in levels]
    lists = ("\n".join(f"- {escaped(line)}" for line in report.details) for report in reports)
    return "\n\n".join(f"**{report.summary}**\n\n{details}" for report, details in zip(reports, lists, strict=True))


def correlations() -> str:
    """Return the two matrices with their tables and downloads, one tab a level."""
    tabs = compare_pages.correlations()
    keep_card("compare", "measures-lad")
    return tabs


def sources_line() -> str:
    """Return the sources and licences of what is drawn."""
    return sources(names="msoa21hclnm" in areas("msoa"))


def _places_by_region() -> dict[str, list[str]]:
    regions: dict[str, list[str]] = {}
    for place in read_places():
        regions.setdefault(place.region, []).append(place.name)
    return regions


def _region(region: str, names: list[str]) -> str:
    table = _home(region)
    links, own = _links("../../.."), set(table.loc[table["rgn21nm"] == region, "lad21cd"])
    links = {code: link for code, link in links.items() if code in own}

    def make() -> str:
        drawn = regional_map(table, region, highlight=names)
        title = f"Local authorities of {the(region)}, lowest first"
        return _figure(drawn, slug(region), drawn.areas, title, links=links)

    return part(slug(region), (region, names, sorted(links.items())), make)


def _home(region: str) -> gpd.GeoDataFrame:
    """Return the table that a region's districts are counted in."""
    every = united_kingdom() if region in BEYOND else None
    return areas("lad") if every is None else every


def _links(root: str) -> dict[str, str]:
    """Return the address of each district's page, by code, from a folder of maps that `root` leads out of."""
    return {code: f"{root}/{PLACES}/{page}.html" for code, page in linked(areas("lad")).items()}


def _figure(drawn: Map, name: str, table: gpd.GeoDataFrame, title: str, *, links: dict[str, str] | None = None) -> str:
    """Save a map and its table, and return the figure, the table beneath it, and the downloads."""
    folder = Path(FOLDER)
    figure = markdown.saved(drawn, name, folder, links=links)
    write_csv(table, folder / f"{name}.csv")
    return f"{figure}\n\n{markdown.area_table(table, title)}\n\n{markdown.downloads(name)}"
