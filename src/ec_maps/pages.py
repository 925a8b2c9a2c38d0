"""Functions for the cells of posts: figures, tabs, tables and downloads as markdown, with their files beside the page.

Each function saves its figures and tables in ``maps/`` of the working folder, which in a render is the post's own, and
returns markdown for a cell with ``output: asis`` to print. Tabs of figures that a cell shows in a loop break in several
versions of Quarto.

Results are cached: see :mod:`ec_maps.maps.figure_cache`. The content is made in :mod:`ec_maps.site`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ec_maps.maps.figure_cache import cached

if TYPE_CHECKING:
    import geopandas as gpd

    from ec_maps.geography.levels import LevelName


def areas(level: LevelName) -> gpd.GeoDataFrame:
    """Return the table of a level, loaded once in a process."""
    from ec_maps.site import posts

    return posts.areas(level)


@cached(places=True, card="national")
def national() -> str:
    """Return the national map with its table and downloads."""
    from ec_maps.site.posts import national

    return national()


@cached(places=True)
def kingdom() -> str:
    """Return the map of the United Kingdom with its table and downloads, or a sentence why there is none."""
    from ec_maps.site.posts import kingdom

    return kingdom()


@cached()
def hexagons() -> str:
    """Return the map of all neighbourhoods as equal hexagons, with downloads, or a sentence that it is left out."""
    from ec_maps.site.posts import hexagons

    return hexagons()


@cached(places=True)
def home_map() -> str:
    """Return the national map alone, for the home page."""
    from ec_maps.site.posts import home_map

    return home_map()


@cached(places=True, folder="explore")
def explorer() -> str:
    """Return the explorer as HTML, and write the scripts that it loads."""
    from ec_maps.site.explorer import explorer

    return explorer()


@cached(places=True, folder="compare")
def compare_places() -> str:
    """Return the comparison of places as HTML, and write the script that it loads beside those of the explorer."""
    from ec_maps.site.compare_places import compare_places

    return compare_places()


@cached(places=True, folder="shortlist")
def shortlist() -> str:
    """Return the shortlist as HTML, and write the script that it loads beside those of the explorer."""
    from ec_maps.site.shortlist import shortlist

    return shortlist()


def releases() -> str:
    """Return what changed from the release of the data before this one, and the list of all that are kept."""
    from ec_maps.site.releases import releases

    return releases()


def data_files() -> str:
    """Return the data files for other programs as a list, with links and sizes."""
    from ec_maps.site.api import files_list

    return files_list()


def example(language: str, code: str) -> str:
    """Return code that reads the data files as a block, with the address of the files in place of ``ADDRESS/``."""
    from ec_maps.site.api import example

    return example(language, code)


@cached(places=True, card="regional")
def regional() -> str:
    """Return one tab for each region that holds a place of the list, in the list's order, its places outlined."""
    from ec_maps.site.posts import regional

    return regional()


@cached(places=True)
def other_regions() -> str:
    """Return one tab for each region that holds no place of the list, in order of name; empty if there is none."""
    from ec_maps.site.posts import other_regions

    return other_regions()


@cached(places=True, card="hyperlocal")
def hyperlocal() -> str:
    """Return one tab for each place of the list, in the list's order."""
    from ec_maps.site.posts import hyperlocal

    return hyperlocal()


@cached()
def finder() -> str:
    """Return the search field of the finder."""
    from ec_maps.site.posts import finder

    return finder()


@cached(places=True)
def places_by_region() -> str:
    """Return the groups that have a page, and all districts by region, from A to Z, linked where they have one."""
    from ec_maps.site.posts import places_by_region

    return places_by_region()


@cached(places=True)
def pages_there() -> str:
    """Return how many districts have a page of their own, in a sentence."""
    from ec_maps.site.posts import pages_there

    return pages_there()


@cached(places=True)
def listed_places() -> str:
    """Return the places of the list as words: "Great Yarmouth, Redcar and Cleveland; …"."""
    from ec_maps.site.posts import listed_places

    return listed_places()


@cached(places=True)
def listed_regions() -> str:
    """Return the regions of the listed places as words: "the East of England, the North East and Wales"."""
    from ec_maps.site.posts import listed_regions

    return listed_regions()


@cached()
def number_of(level: LevelName) -> str:
    """Return how many areas of a level have a value, with a comma for the thousands."""
    from ec_maps.site.posts import number_of

    return number_of(level)


@cached()
def value_range(level: LevelName) -> str:
    """Return the lowest and the highest value of a level in words: "33.1% to 61.7%"."""
    from ec_maps.site.posts import value_range

    return value_range(level)


@cached()
def stability_note() -> str:
    """Return how many areas of each level a small change of value would move to another decile, as a list."""
    from ec_maps.site.posts import stability_note

    return stability_note()


@cached()
def join_reports() -> str:
    """Return the join report of both levels, as ``ec-maps check`` prints it."""
    from ec_maps.site.posts import join_reports

    return join_reports()


@cached(card="compare")
def correlations() -> str:
    """Return the two matrices with their tables and downloads, one tab a level, or a sentence why there is none."""
    from ec_maps.site.posts import correlations

    return correlations()


@cached()
def with_connectedness() -> str:
    """Return the rank correlation of economic connectedness with each other measure at both levels, as a table."""
    from ec_maps.site.posts import with_connectedness

    return with_connectedness()


@cached()
def both_levels() -> str:
    """Return how the correlations of districts and of neighbourhoods differ, in a few sentences."""
    from ec_maps.site.posts import both_levels

    return both_levels()


@cached()
def codebook_table() -> str:
    """Return the available measures with definition, unit and the meaning of a higher value, as a table."""
    from ec_maps.site.posts import codebook_table

    return codebook_table()


@cached()
def number_of_measures() -> str:
    """Return the number of available measures, in words up to nine."""
    from ec_maps.site.posts import number_of_measures

    return number_of_measures()


@cached(places=True, card="levers")
def drivers() -> str:
    """Return the bivariate map with its table and downloads, or a sentence why there is none."""
    from ec_maps.site.drivers import drivers

    return drivers()


@cached(places=True)
def driver_places() -> str:
    """Return one tab for each place of the list with its neighbourhoods by exposure and bias, or why there is none."""
    from ec_maps.site.drivers import driver_places

    return driver_places()


@cached()
def driver_kinds(level: LevelName = "lad") -> str:
    """Return the four kinds of place as a list, each with its meaning, its limits and the number of areas."""
    from ec_maps.site.drivers import driver_kinds

    return driver_kinds(level)


@cached()
def drivers_by_region(level: LevelName = "lad") -> str:
    """Return the number of areas of each kind by region, as a table."""
    from ec_maps.site.drivers import drivers_by_region

    return drivers_by_region(level)


@cached()
def driver_ranges(level: LevelName = "lad") -> str:
    """Return the range and the median of both measures in a sentence."""
    from ec_maps.site.drivers import driver_ranges

    return driver_ranges(level)


@cached()
def driver_cuts(level: LevelName = "lad") -> str:
    """Return the cut points of the thirds, and how many areas are near one, in two sentences."""
    from ec_maps.site.drivers import driver_cuts

    return driver_cuts(level)


@cached()
def driver_agreement(level: LevelName = "lad") -> str:
    """Return the rank correlation of the published bias with the shortfall calculated from the values, as text."""
    from ec_maps.site.drivers import driver_agreement

    return driver_agreement(level)


@cached()
def provenance() -> str:
    """Return the sources of values and boundaries and the version of the library, as a small paragraph."""
    from ec_maps.site.markdown import provenance

    return provenance()


@cached()
def sources_line() -> str:
    """Return the sources and licences of the maps, in a line."""
    from ec_maps.site.posts import sources_line

    return sources_line()


__all__ = [
    "areas",
    "both_levels",
    "codebook_table",
    "compare_places",
    "correlations",
    "driver_agreement",
    "driver_cuts",
    "driver_kinds",
    "driver_places",
    "driver_ranges",
    "drivers",
    "drivers_by_region",
    "explorer",
    "finder",
    "hexagons",
    "home_map",
    "hyperlocal",
    "join_reports",
    "kingdom",
    "listed_places",
    "listed_regions",
    "national",
    "number_of",
    "number_of_measures",
    "other_regions",
    "pages_there",
    "places_by_region",
    "provenance",
    "regional",
    "shortlist",
    "sources_line",
    "stability_note",
    "value_range",
    "with_connectedness",
]
