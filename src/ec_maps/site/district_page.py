"""One district's page: its figures and downloads in ``maps/`` and the text that shows them, without a kernel."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from ec_maps.analysis.district import DistrictProfile, district_profile
from ec_maps.analysis.export import write_csv, write_geojson
from ec_maps.areas.provenance import line
from ec_maps.areas.wording import capital, joined, the, the_district, universe
from ec_maps.geography.codes import BEYOND
from ec_maps.geography.names import slug
from ec_maps.graphics import palette
from ec_maps.graphics.figure import Map
from ec_maps.maps.choropleth import local_map, regional_map
from ec_maps.maps.figure_cache import FOLDER
from ec_maps.maps.share_card import card
from ec_maps.maps.strip_plot import strip_plot
from ec_maps.site import drivers, markdown
from ec_maps.site.markdown import Picture, attribute, escaped, picture, quoted_yaml

if TYPE_CHECKING:
    import geopandas as gpd

#: The files of a page in ``maps/``, by what follows the page's name; those beyond England and Wales, where there are
#: no neighbourhoods.
FILES = (".svg", ".png", ".csv", ".geojson", "-region.svg", "-strip.svg", "-card.png")
FILES_BEYOND = ("-region.svg", "-strip.svg", "-card.png")


@dataclass(frozen=True)
class Around:
    """What a page needs to know of the others.

    Attributes
    ----------
    pages
        The page of each district that has one: its code to a name without ending, ``norwich``.
    site
        The address of the published site with a slash at its end, or empty.
    national
        The national map, one file for all pages, on which each marks its district; None leaves it out.
    kingdom
        The map of the United Kingdom, for the pages beyond England and Wales; None leaves it out.
    """

    pages: dict[str, str]
    site: str = ""
    national: Picture | None = None
    kingdom: Picture | None = None


def write(
    name: str,
    lads: gpd.GeoDataFrame,
    msoas: gpd.GeoDataFrame,
    around: Around,
    folder: Path,
    *,
    surroundings: gpd.GeoDataFrame | None = None,
    both_levers: tuple[gpd.GeoDataFrame, gpd.GeoDataFrame] | None = None,
) -> None:
    """Write a district's page and its files.

    Parameters
    ----------
    name
        The district's name as in ``lad21nm``.
    lads, msoas
        The tables of :func:`ec_maps.load_areas`, whole; of a Scottish or Northern Irish district, `lads` is that of the
        United Kingdom.
    around
        The other pages.
    folder
        Gets ``<page>.qmd``, and in its ``maps/`` all of :data:`FILES`, or of :data:`FILES_BEYOND`.
    surroundings
        The table of districts to look for its neighbours in, across the border too; `lads` if not given.
    both_levers
        The tables of exposure and bias, of the same districts as `lads`; None leaves their panel out.

    Raises
    ------
    PlaceError
        If there is no such district.
    """
    told = district_profile(lads, msoas, name, surroundings)
    code = str(told.district["lad21cd"])
    page = around.pages[code]
    files = folder / FOLDER
    address = f"{around.site}places/{page}.html" if around.site else ""
    parts = [_front(told, page), _opening(told)]
    files.mkdir(parents=True, exist_ok=True)
    if len(told.msoas):
        parts.append(_inside(told, local_map(msoas, name), page, files))
    card(lads, msoas, name, address).save(files / f"{page}-card.png")
    strip = strip_plot(lads, msoas, name)
    strip.save(files / f"{page}-strip.svg")
    region = regional_map(lads, told.region, highlight=[name])
    links = {other: f"../{target}.html" for other, target in around.pages.items() if other != code}
    region.save(files / f"{page}-region.svg", links=links)
    parts.append(_compared(told, picture(strip, f"{page}-strip")))
    if both_levers:
        parts.append(drivers.panel(told, *both_levers))
    parts.append(_in_the_region(told, picture(region, f"{page}-region")))
    if country := around.kingdom if told.beyond else around.national:
        parts.append(_in_the_country(told, country))
    parts += [_nearby(told, around.pages), _care(told), _citation(told, address), markdown.provenance()]
    (folder / f"{page}.qmd").write_text("\n\n".join(parts) + "\n", encoding="utf-8")


def _front(told: DistrictProfile, page: str) -> str:
    """Return the page's front matter: what search engines, feeds and cards show."""
    words = joined(told.summary)
    drawn = "With a small map of it." if told.beyond else "With a map of its neighbourhoods."
    return "\n".join(
        [
            "---",
            f"title: {quoted_yaml(told.name)}",
            f"pagetitle: {quoted_yaml(f'{told.entry.title} in {the_district(told.name)}')}",
            f"description: {quoted_yaml(words)}",
            f"image: {FOLDER}/{page}-card.png",
            f"image-alt: {quoted_yaml(f'Card: {words} {drawn}')}",
            "code-tools: false",
            "---",
        ]
    )


def _opening(told: DistrictProfile) -> str:
    return f"::: {{.ec-lead}}\n{escaped(told.headline)}\n:::\n\n{escaped(told.inside)}\n\n{_tenths(told)}"


def _tenths(told: DistrictProfile) -> str:
    """Return how many neighbourhoods are in each tenth as a row of ten fields in the tenths' colours."""
    if not sum(told.tenths):
        return ""
    fields = [
        f'<li style="background:{colour};color:{palette.ink_on(colour)}"><b>{count or "–"}</b> '
        f"<span>{'lowest ' if tenth == 1 else 'highest ' if tenth == 10 else ''}tenth {tenth}</span></li>"
        for tenth, (count, colour) in enumerate(zip(told.tenths, palette.colours(told.entry), strict=True), 1)
    ]
    label = f"Neighbourhoods of {attribute(the_district(told.name))} in each tenth of England and Wales"
    return (
        "```{=html}\n"
        f'<ol class="ec-tenths" aria-label="{label.replace("&", "&amp;").replace("<", "&lt;")}">\n'
        + "\n".join(fields)
        + "\n</ol>\n```"
    )


def _inside(told: DistrictProfile, drawn: Map, page: str, files: Path) -> str:
    figure = markdown.saved(drawn, page, files)
    write_csv(told.msoas, files / f"{page}.csv")
    write_geojson(told.msoas, files / f"{page}.geojson")
    table = markdown.area_table(drawn.areas, f"Neighbourhoods of {the_district(told.name)}, lowest first", anchors=True)
    return (
        "## Neighbourhood by neighbourhood\n\n"
        f"{told.entry.colours_in_words} The colours are tenths of all neighbourhoods of England and Wales, so that "
        "the same colour means the same on every page.\n\n"
        f"{figure}\n\n{table}\n\n{markdown.downloads(page, areas=True)}"
    )


def _in_the_country(told: DistrictProfile, national: Picture) -> str:
    marked = replace(
        national,
        caption=f"{national.caption} {capital(the_district(told.name))} is outlined.",
        alt_text=f"{national.alt_text} Outlined: {told.name}.",
    )
    figure = marked.markdown(mark=str(told.district["lad21cd"]))
    return f"## {escaped(told.name)} in {told.universe}\n\n{figure}"


def _compared(told: DistrictProfile, strip: Picture) -> str:
    dots = "Each dot is one local authority" + ("" if told.beyond else " above, and one neighbourhood below")
    return (
        f"## Compared with other places\n\n"
        f"{dots}, so that a large and thinly settled place weighs no more than a small and crowded one.\n\n"
        f"{strip.markdown()}"
    )


def _in_the_region(told: DistrictProfile, region: Picture) -> str:
    return f"## {escaped(told.name)} in {escaped(the(told.region))}\n\n{region.markdown()}"


def _nearby(told: DistrictProfile, pages: dict[str, str]) -> str:
    """Return the neighbours and the region, linked where they have a page.

    Across the border of England and Wales tenths are of other areas, so that a neighbour there is told without one.
    """
    rows = told.surroundings.set_index("lad21nm")
    lines, across = [], False
    for name in told.neighbours:
        row = rows.loc[name]
        shown = f"[{escaped(name)}]({pages[row['lad21cd']]}.html)" if row["lad21cd"] in pages else escaped(name)
        value, region = row[told.measure], str(row["rgn21nm"])
        if (region in BEYOND) != told.beyond:
            across = True
            lines.append(f"- {shown}, in {escaped(the(region))}: {told.entry.format(value)}")
            continue
        tenth = "" if pd.isna(value) else f", tenth {row['decile']}"
        lines.append(f"- {shown}: {told.entry.format(value)}{tenth}")
    if across:
        lines.append(
            f"\nTenths in this list are of the local authorities of {told.universe}. Across the border none is given: "
            f"the pages there count other tenths."
        )
    where = universe(told.surroundings)
    none = f"{escaped(told.name)} shares no border with another local authority of {where}."
    region = f"[All of {escaped(the(told.region))}](index.html#{slug(told.region)})"
    return (
        "## Nearby\n\n"
        + ("\n".join(lines) if lines else none)
        + f"\n\n{region} · [The regional picture](../posts/regional/index.qmd) · [Find another place](index.qmd)"
    )


def _care(told: DistrictProfile) -> str:
    single = "" if told.beyond else ", and read groups of neighbourhoods rather than single ones"
    return (
        "## Before you quote it\n\n"
        "The number describes the friendships of residents, wherever their friends live, not what happens inside the "
        "boundary. It is an average of an area and says nothing about any one person. It is an estimate for Facebook "
        f"users aged 25 to 64: do not rank two places whose values differ in the last digit{single}. It goes with "
        "other things, above all with the income of an area, and does not explain them. "
        "[Method and caveats](../about.qmd) has more."
    )


def _citation(told: DistrictProfile, address: str) -> str:
    where = f" {escaped(address)}" if address else ""
    return (
        "## Cite this page\n\n"
        f"::: {{.ec-cite}}\n{escaped(joined(told.summary))} In: *Economic connectedness in England and Wales*, page "
        f"“{escaped(told.name)}”.{where} {escaped(line())}\n:::"
    )
