"""What the posts call: figures, tabs, tables and downloads as markdown, the files beside the page.

Each function saves its figures and tables in ``maps/`` of the working folder, which in a render is the post's own, and
returns markdown for a cell with ``output: asis`` to print. Figures are never shown in a loop: tabs made so come apart.

Each is kept: see :mod:`ec_maps.site.figure_cache`. What makes them is in :mod:`ec_maps.site.posts` and its likes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ec_maps.site.figure_cache import shown

if TYPE_CHECKING:
    import geopandas as gpd

    from ec_maps.geography.levels import LevelName


def areas(level: LevelName) -> gpd.GeoDataFrame:
    """Return the table of a level, loaded once in a process."""
    from ec_maps.site import posts

    return posts.areas(level)


def national() -> str:
    """Return the national map with its table and downloads."""
    return shown("site.posts.national", places=True, card="national")


def kingdom() -> str:
    """Return the map of the United Kingdom with its table and downloads, or why there is none."""
    return shown("site.posts.kingdom", places=True)


def hexagons() -> str:
    """Return the map of all neighbourhoods as hexagons of one size, with its downloads, or that there is none."""
    return shown("site.posts.hexagons")


def home_map() -> str:
    """Return the national map alone, for the home page."""
    return shown("site.posts.home_map", places=True)


def regional() -> str:
    """Return one tab for each region that holds a place of the list, in the list's order, its places outlined."""
    return shown("site.posts.regional", places=True, card="regional")


def other_regions() -> str:
    """Return one tab for each region that holds no place of the list, in order of name; empty if there is none."""
    return shown("site.posts.other_regions", places=True)


def hyperlocal() -> str:
    """Return one tab for each place of the list, in the list's order."""
    return shown("site.posts.hyperlocal", places=True, card="hyperlocal")


def finder() -> str:
    """Return the search field of the finder."""
    return shown("site.posts.finder")


def places_by_region() -> str:
    """Return all districts, by region and from A to Z, linked where they have a page."""
    return shown("site.posts.places_by_region", places=True)


def pages_there() -> str:
    """Return how many districts have a page of their own, in a sentence."""
    return shown("site.posts.pages_there", places=True)


def listed_places() -> str:
    """Return the places of the list as words: "Great Yarmouth, Redcar and Cleveland; …"."""
    return shown("site.posts.listed_places", places=True)


def listed_regions() -> str:
    """Return the regions of the listed places as words: "the East of England, the North East and Wales"."""
    return shown("site.posts.listed_regions", places=True)


def number_of(level: LevelName) -> str:
    """Return how many areas of a level have a value, with a comma for the thousands."""
    return shown("site.posts.number_of", level)


def value_range(level: LevelName) -> str:
    """Return the lowest and the highest value of a level in words: "33.1% to 61.7%"."""
    return shown("site.posts.value_range", level)


def stability_note() -> str:
    """Return how many areas of each level a small change of value would move to another tenth, as a list."""
    return shown("site.posts.stability_note")


def join_reports() -> str:
    """Return the join report of both levels, what ``ec-maps check`` prints."""
    return shown("site.posts.join_reports")


def correlations() -> str:
    """Return the two matrices with their tables and downloads, one tab a level."""
    return shown("site.posts.correlations", card="compare")


def with_connectedness() -> str:
    """Return how closely economic connectedness goes with each other measure at both levels, as a table."""
    return shown("site.compare_pages.with_connectedness")


def both_levels() -> str:
    """Return what changes from districts to neighbourhoods, in a few sentences."""
    return shown("site.compare_pages.both_levels")


def measures_table() -> str:
    """Return the measures at hand, what each is and what a higher value means, as a table."""
    return shown("site.compare_pages.measures_table")


def number_of_measures() -> str:
    """Return how many measures are at hand, in words up to nine."""
    return shown("site.compare_pages.number_of_measures")


def levers() -> str:
    """Return the two-way map with its table and downloads, or why there is none."""
    return shown("site.lever_pages.levers", places=True, card="levers")


def lever_kinds() -> str:
    """Return the four kinds of place, each with what it means, what it does not, and how many there are."""
    return shown("site.lever_pages.lever_kinds")


def levers_by_region() -> str:
    """Return how many districts of each kind there are in each region, as a table."""
    return shown("site.lever_pages.levers_by_region")


def lever_ranges() -> str:
    """Return the ends and middles of both in a sentence."""
    return shown("site.lever_pages.lever_ranges")


def lever_cuts() -> str:
    """Return where the thirds are cut, in a sentence."""
    return shown("site.lever_pages.lever_cuts")


def lever_agreement() -> str:
    """Return how closely the files' bias goes with the shortfall that one can work out, as a number in words."""
    return shown("site.lever_pages.lever_agreement")


def provenance() -> str:
    """Return where values and boundaries come from, and what made the page, as a small paragraph; dates as dates."""
    return shown("site.markdown.provenance")


def sources_line() -> str:
    """Return the sources and licences of what is drawn."""
    return shown("site.posts.sources_line")


__all__ = [
    "areas",
    "both_levels",
    "correlations",
    "finder",
    "hexagons",
    "home_map",
    "hyperlocal",
    "join_reports",
    "kingdom",
    "lever_agreement",
    "lever_cuts",
    "lever_kinds",
    "lever_ranges",
    "levers",
    "levers_by_region",
    "listed_places",
    "listed_regions",
    "measures_table",
    "national",
    "number_of",
    "number_of_measures",
    "other_regions",
    "pages_there",
    "places_by_region",
    "provenance",
    "regional",
    "sources_line",
    "stability_note",
    "value_range",
    "with_connectedness",
]
