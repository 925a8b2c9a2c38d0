"""Figures, tabs and tables of the posts, which call them through :mod:`ec_maps.pages`.

This module imports the libraries that draw. Each tab is cached separately, so a new place in the list draws one tab.
"""

from __future__ import annotations

import math
import warnings
from functools import lru_cache, partial
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from ec_maps import settings
from ec_maps.analysis.comparison import measures_table
from ec_maps.analysis.district import district_profile
from ec_maps.analysis.export import to_csv, write_csv
from ec_maps.analysis.statistics import Correlations, correlation_in_words, rank_correlations, stability, titles
from ec_maps.areas.coverage import united_kingdom
from ec_maps.areas.places import Place, PlaceGroup, read_places, slug
from ec_maps.areas.provenance import inputs, line
from ec_maps.areas.table import join_report, load_areas
from ec_maps.areas.wording import capital, percent, series, some, sources, the, the_district
from ec_maps.errors import EcMapsError
from ec_maps.geography.codes import BEYOND
from ec_maps.geography.levels import LEVELS, LevelName
from ec_maps.graphics.figure import Map
from ec_maps.maps.choropleth import local_map, national_map, regional_map
from ec_maps.maps.correlation_matrix import correlation_matrix
from ec_maps.maps.figure_cache import FOLDER, PLACES, cached_part
from ec_maps.maps.hexmap import hexagon_map
from ec_maps.measures import HEADLINE, MEASURES, measure_named
from ec_maps.site import markdown
from ec_maps.site.finder import by_region, field, groups_with_pages, linked, wanted_groups
from ec_maps.site.markdown import escaped, framed, keep_card, pipe_table, tabset

if TYPE_CHECKING:
    import geopandas as gpd

_MEASURE = measure_named(HEADLINE)
_LEVELS: tuple[LevelName, ...] = ("lad", "msoa")


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
    figure = _figure(national_map(lads), "national", lads, title, what="England and Wales", links=_links("../../.."))
    keep_card("national", "national")
    return figure


def kingdom() -> str:
    """Return the map of the United Kingdom with its table and downloads, or a sentence why there is none."""
    every = united_kingdom()
    if every is None:
        return (
            "The boundaries of this site hold no districts of Scotland or Northern Ireland, so there is no map of the "
            "United Kingdom."
        )
    title = "Local authorities of the United Kingdom, lowest first"
    # The page has the districts of England and Wales in another table, whose rows have the codes as their addresses.
    drawn, links = national_map(every), _links("../../..")
    return _figure(drawn, "kingdom", every, title, what="United Kingdom", links=links, prefix="uk-")


def hexagons() -> str:
    """Return the map of all neighbourhoods as equal hexagons, with downloads, or a sentence that it is left out."""
    table = areas("msoa")
    try:
        drawn = hexagon_map(table)
    except EcMapsError as error:
        # A result with a warning is not cached, so the next build tries again.
        warnings.warn(str(error), stacklevel=2)
        return "The map of hexagons is left out, as its layout could not be read."
    figure = markdown.saved(drawn, "hexagons", Path(FOLDER))
    write_csv(drawn.areas, Path(FOLDER) / "hexagons.csv")
    what = f"England and Wales neighbourhoods {_MEASURE.title}"
    return f"{figure}\n\n{markdown.downloads('hexagons', what)}"


def home_map() -> str:
    """Return the national map alone, for the home page."""
    return markdown.saved(national_map(areas("lad")), "home", Path(FOLDER), png=False, links=_links(".."))


def regional() -> str:
    """Return one tab for each region that holds a place of the list, in the list's order, its places outlined."""
    tabs = [(region, _region(region, names)) for region, names in _places_by_region().items()]
    keep_card("regional", slug(tabs[0][0]))
    return tabset(tabs)


def other_regions() -> str:
    """Return one tab for each region that holds no place of the list, in order of name; empty if there is none."""
    every = [*sorted(set(areas("lad")["rgn21nm"])), *(BEYOND if united_kingdom() is not None else ())]
    rest = [region for region in every if region not in _places_by_region()]
    return tabset([(region, _region(region, [])) for region in rest])


def hyperlocal() -> str:
    """Return one tab for each place of the list, in the list's order."""
    _draw_new_pages()
    tabs = []
    for place in read_places():
        if isinstance(place, Place) and place.region in BEYOND:
            tabs.append((place.name, _no_neighbourhoods(place)))
            continue
        tabs.append((place.name, cached_part(slug(place.name), place, partial(_local, place))))
    first = next((place.name for place in read_places() if place.region not in BEYOND), None)
    if first:
        keep_card("hyperlocal", slug(first))
    return tabset(tabs)


def _draw_new_pages() -> None:
    """Draw the pages of places listed since the build began: ``quarto preview`` runs pre-render only at its start."""
    from ec_maps.site import district_pages

    root = settings.project_root()
    lads = areas("lad")
    names = [*linked(lads).values(), *(slug(group.name) for group in wanted_groups(lads))]
    pages = [root / PLACES / f"{page}.qmd" for page in names]
    if (root / PLACES / district_pages.KEEP).is_file() and not all(page.is_file() for page in pages):
        district_pages.build(root, quiet=True)


def _local(place: Place | PlaceGroup) -> str:
    if isinstance(place, PlaceGroup):
        drawn, page = local_map(areas("msoa"), place, key=False), slug(place.name)
        title = f"Neighbourhoods of {place.in_sentence}, lowest first"
        # Its neighbourhoods may be on the page in a tab of their own district, under the addresses of their codes.
        figure = _figure(drawn, page, drawn.areas, title, prefix=f"{page}-")
        own = f"[The page of {escaped(place.in_sentence)}](../../{PLACES}/{page}.qmd)"
        return f"{own} counts its neighbourhoods by decile.\n\n{figure}"
    drawn = local_map(load_areas("msoa", near=place.name), place.name)
    return _figure(drawn, slug(place.name), drawn.areas, f"Neighbourhoods of {the_district(place.name)}, lowest first")


def _no_neighbourhoods(place: Place) -> str:
    """Return the text in place of a local map for a district in Scotland or Northern Ireland."""
    page = linked(areas("lad"))[place.lad21cd]
    profile = district_profile(_home(place.region), areas("msoa"), place.name)
    return f"{escaped(profile.inside)} [{escaped(place.name)} as a whole](../../{PLACES}/{page}.qmd)."


def finder() -> str:
    """Return the search field of the finder."""
    return field()


def places_by_region() -> str:
    """Return the groups that have a page, and all districts by region, from A to Z, linked where they have one."""
    lads = areas("lad")
    found = [groups_with_pages(wanted_groups(lads), areas("msoa")), by_region(lads, linked(lads), united_kingdom())]
    return "\n\n".join(filter(None, found))


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
    """Return how many areas of each level a small change of value would move to another decile, as a list."""
    return "\n".join(f"- {stability(areas(level)).sentence}" for level in _LEVELS)


def join_reports() -> str:
    """Return the join report of both levels, as ``ec-maps check`` prints it."""
    parts = []
    for report in map(join_report, _LEVELS):
        parts += [f"**{report.summary}**", "\n".join(f"- {escaped(line)}" for line in report.details)]
    return "\n\n".join(parts)


def sources_line() -> str:
    """Return the sources and licences of the maps, in a line."""
    return sources(names="msoa21hclnm" in areas("msoa"))


def _places_by_region() -> dict[str, list[str]]:
    """Return the names of the districts to outline by region, in the list's order, those of its groups too."""
    regions: dict[str, list[str]] = {}
    for listed in read_places():
        for place in listed.places if isinstance(listed, PlaceGroup) else [listed]:
            names = regions.setdefault(place.region, [])
            if place.name not in names:
                names.append(place.name)
    return regions


def _region(region: str, names: list[str]) -> str:
    table = _home(region)
    links, own = _links("../../.."), set(table.loc[table["rgn21nm"] == region, "lad21cd"])
    links = {code: link for code, link in links.items() if code in own}

    def make() -> str:
        drawn = regional_map(table, region, highlight=names)
        title = f"Local authorities of {the(region)}, lowest first"
        return _figure(drawn, slug(region), drawn.areas, title, links=links)

    return cached_part(slug(region), (region, names, sorted(links.items())), make)


def _home(region: str) -> gpd.GeoDataFrame:
    """Return the table whose deciles and ranks the districts of a region have."""
    every = united_kingdom() if region in BEYOND else None
    return areas("lad") if every is None else every


def _links(root: str) -> dict[str, str]:
    """Return the address of each district's page by code; `root` is the path from the folder of maps to the site."""
    return {code: f"{root}/{PLACES}/{page}.html" for code, page in linked(areas("lad")).items()}


def _figure(
    drawn: Map,
    name: str,
    table: gpd.GeoDataFrame,
    title: str,
    *,
    what: str = "",
    links: dict[str, str] | None = None,
    prefix: str = "",
) -> str:
    """Save a map and its table, and return the figure, the table beneath it, and the downloads.

    `what` is the place in the downloads' names, `name` if not given; `prefix` is as for
    :func:`ec_maps.site.markdown.value_table`.
    """
    folder = Path(FOLDER)
    figure = markdown.saved(drawn, name, folder, links=links)
    write_csv(table, folder / f"{name}.csv")
    rows = markdown.value_table(table, title, prefix=prefix)
    return f"{figure}\n\n{rows}\n\n{markdown.downloads(name, f'{what or name} {_MEASURE.title}')}"


# --- what the page that compares the measures calls -------------------------------------------------


@lru_cache(maxsize=4)
def _found(level: LevelName, _inputs: str) -> tuple[list[str], Correlations | None]:
    table = measures_table(level)
    keys: list[str] = table.attrs["measures"]
    return keys, rank_correlations(table) if len(keys) > 1 else None


def found(level: LevelName) -> Correlations | None:
    """Return the correlations between all measures of a level that can be mapped; None if it is only one."""
    return _found(level, inputs())[1]


def _mapped() -> list[str]:
    """Return the keys of the measures that can be mapped at either level, in the codebook's order."""
    there = {key for level in _LEVELS for key in _found(level, inputs())[0]}
    return [key for key in MEASURES if key in there]


def correlations() -> str:
    """Return the two matrices with their tables and downloads, one tab a level, or a sentence why there is none."""
    tabs = [(capital(LEVELS[level].areas), _tab(level, pairs)) for level in _LEVELS if (pairs := found(level))]
    if not tabs:
        markdown.keep_national_card("compare", areas("lad"))
        return (
            "The matrix is left out: only one measure in the files at hand can be mapped, so there are none to compare."
        )
    keep_card("compare", f"measures-{next(level for level in _LEVELS if found(level))}")
    return tabset(tabs)


def with_connectedness() -> str:
    """Return the rank correlation of economic connectedness with each other measure at both levels, as a table."""
    pairs = [one.of(HEADLINE) if (one := found(level)) else [] for level in _LEVELS]
    sides = [{pair.other(HEADLINE): pair.correlation for pair in side} for side in pairs]
    rows = [
        [escaped(measure_named(key).title), *(correlation_in_words(side.get(key, math.nan)) for side in sides)]
        for key in dict.fromkeys(key for side in sides for key in side)
    ]
    title = "Rank correlation of each measure with economic connectedness, the strongest first"
    if not rows:
        return ""
    return framed(pipe_table(["Measure", "Local authorities", "Neighbourhoods"], rows, title, "lrr"), title)


def both_levels() -> str:
    """Return how the correlations of districts and of neighbourhoods differ, in a few sentences."""
    lad, msoa = (
        {(pair.first, pair.second): round(pair.correlation, 2) for pair in (one.strongest if one else ())}
        for one in map(found, _LEVELS)
    )
    both = [keys for keys in lad if keys in msoa]
    if not both:
        return "No pair of measures has a correlation at both levels."
    turned = sum(lad[keys] * msoa[keys] < 0 for keys in both)
    first, last = (median(abs(side[keys]) for keys in both) for side in (lad, msoa))
    most = max(both, key=lambda keys: round(abs(lad[keys] - msoa[keys]), 2))
    pairs = "1 pair of measures" if len(both) == 1 else f"{len(both)} pairs of measures"
    have = "has" if turned == 1 else "have"
    return (
        f"Of {pairs}, {some(turned)} {have} opposite signs at the two levels. The median strength is {first:.2f} among "
        f"local authorities and {last:.2f} among neighbourhoods. The largest change is that of "
        f"{escaped(' and '.join(titles(most)))}: {correlation_in_words(lad[most])} among local authorities, "
        f"{correlation_in_words(msoa[most])} among neighbourhoods."
    )


def codebook_table() -> str:
    """Return the available measures with definition, unit and the meaning of a higher value, as a table."""
    rows = [
        list(map(escaped, (one.title, capital(one.meaning), one.short_unit, one.more)))
        for one in map(measure_named, _mapped())
    ]
    title = "The measures, in the order of the codebook"
    return framed(pipe_table(["Measure", "What it is", "Unit", "A higher value means"], rows, title, "llll"), title)


def number_of_measures() -> str:
    """Return the number of available measures, in words up to nine."""
    return some(len(_mapped()))


def _tab(level: LevelName, pairs: Correlations) -> str:
    name, drawn = f"measures-{level}", correlation_matrix(pairs)
    figure = markdown.saved(drawn, name, Path(FOLDER))
    _write_pairs(pairs, Path(FOLDER) / f"{name}.csv")
    links = markdown.downloads(name, f"rank correlations {LEVELS[level].areas}").replace("[map (", "[figure (")
    return f"{figure}\n\n{_pair_table(pairs)}\n\n{links}"


def _pair_table(pairs: Correlations) -> str:
    rows = [
        # Both names share a column, so that the number stays visible on a phone.
        [
            escaped(capital(" and ".join(titles([pair.first, pair.second])))),
            correlation_in_words(pair.correlation),
            f"{pair.areas:,}",
        ]
        for pair in [*pairs.strongest, *pairs.missing]
    ]
    title = f"Rank correlations over {LEVELS[pairs.level].areas}, the strongest first"
    return framed(pipe_table(["Measures", "Correlation", "Areas"], rows, title, "lrr"), title)


def _write_pairs(pairs: Correlations, path: Path) -> None:
    """Write the pairs to a CSV, the strongest first, each row with its level and source."""
    table = pairs.table.assign(level=pairs.level, source=line())
    to_csv(table, path, digits="%.4f")
