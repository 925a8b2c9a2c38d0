"""One district's page: its figures and downloads in ``maps/`` and the text that shows them, without a kernel."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from ec_maps.analysis.district import DistrictProfile, district_profile
from ec_maps.analysis.export import write_csv, write_geojson
from ec_maps.analysis.group import GroupProfile
from ec_maps.areas.groups import PlaceGroup
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
from ec_maps.site import brief, driver_panel, markdown, similar_places
from ec_maps.site.embed import Embedded
from ec_maps.site.markdown import Picture, attribute, escaped, picture, quoted_yaml

if TYPE_CHECKING:
    import geopandas as gpd

#: The files of a page in ``maps/``, by what follows the page's name; beyond England and Wales there are no
#: neighbourhoods. The brief is beside the page.
FILES_BEYOND = ("-region.svg", "-region.png", "-strip.svg", "-strip.png", "-card.png")
FILES = (".svg", ".png", ".csv", ".geojson", *FILES_BEYOND)


def files_of(region: str, msoas: gpd.GeoDataFrame) -> tuple[str, ...]:
    """Return the ends of the files of the page of a place in a region, where `msoas` are all neighbourhoods."""
    if region in BEYOND:
        return FILES_BEYOND
    return (*FILES, f"{driver_panel.MAP}.svg", f"{driver_panel.MAP}.png") if "kind" in msoas else FILES


@dataclass(frozen=True)
class Shared:
    """A map that many pages share: its figure on a page, and the path of its SVG."""

    picture: Picture
    path: Path


@dataclass(frozen=True)
class Around:
    """The other pages, as far as one page links to them or shares a map with them.

    `pages` holds the names of the pages by code, `site` the address of the published site with a slash at its end.
    `national` and `kingdom` are the maps that all pages share, each with its district outlined; None leaves one out,
    and the brief with it. `groups` are those with a page, which has the slug of the name.
    """

    pages: dict[str, str]
    site: str = ""
    national: Shared | None = None
    kingdom: Shared | None = None
    groups: tuple[PlaceGroup, ...] = ()


def write(
    name: str,
    lads: gpd.GeoDataFrame,
    msoas: gpd.GeoDataFrame,
    around: Around,
    folder: Path,
    *,
    surroundings: gpd.GeoDataFrame | None = None,
) -> Embedded:
    """Write a district's page and its files, and return its map for other sites.

    Parameters
    ----------
    name
        The district's name as in ``lad21nm``.
    lads, msoas
        The tables of :func:`ec_maps.load_areas`, whole; of a Scottish or Northern Irish district, `lads` is that of the
        United Kingdom. With the columns of :func:`ec_maps.bivariate_table` the page has a section on exposure and bias.
    around
        The other pages.
    folder
        Gets ``<page>.qmd`` and ``<page>.pdf``, and in its ``maps/`` the files of :func:`files_of`.
    surroundings
        The table of districts to look for its neighbours in, across the border too; `lads` if not given.

    Raises
    ------
    PlaceError
        If there is no such district.
    """
    profile = district_profile(lads, msoas, name, surroundings)
    code = str(profile.district["lad21cd"])
    page = around.pages[code]
    files = folder / FOLDER
    address = f"{around.site}places/{page}.html" if around.site else ""
    parts = [_opening(profile)]
    files.mkdir(parents=True, exist_ok=True)
    drawn = local_map(msoas, name) if len(profile.msoas) else None
    if drawn:
        parts.append(_inside(profile, drawn, page, files))
    card(lads, msoas, name, address).save(files / f"{page}-card.png")
    parts.append(_compared(profile, markdown.for_print(strip_plot(lads, msoas, name), f"{page}-strip", files)))
    region = regional_map(lads, profile.region, highlight=[name])
    links = {other: f"../{target}.html" for other, target in around.pages.items() if other != code}
    if "kind" in lads:
        parts.append(driver_panel.panel(profile, msoas, page, files))
    else:
        parts.append(
            "The section on exposure and bias is left out: the files of this site have none that can be mapped."
        )
    where = f"{escaped(profile.name)} in {escaped(the(profile.region))}"
    parts.append(f"## {where}\n\n{markdown.for_print(region, f'{page}-region', files, links=links)}")
    if country := around.kingdom if profile.beyond else around.national:
        parts.append(_in_the_country(profile, country.picture))
    maps = {page: drawn, f"{page}-region": region} if drawn else {f"{page}-region": region}
    parts.insert(1, brief.link(profile, page, maps, around, folder, msoas=msoas, everywhere=surroundings))
    embedded = Embedded(
        profile.name, page, picture(drawn, page) if drawn else picture(region, f"{page}-region"), around.site
    )
    parts.append(similar_places.section(profile, around.pages))
    parts += [_nearby(profile, around), care(profile), citation(profile, address), embedded.section()]
    parts = [front(profile, embedded), *filter(None, parts), markdown.provenance()]
    (folder / f"{page}.qmd").write_text("\n\n".join(parts) + "\n", encoding="utf-8")
    return embedded


def front(profile: DistrictProfile | GroupProfile, embedded: Embedded) -> str:
    """Return the page's front matter: title, description and card for search engines, feeds and links.

    Titles and descriptions are read as markdown.
    """
    words = joined(profile.summary)
    page = embedded.page
    drawn = "With a small map of it." if profile.beyond else "With a map of its neighbourhoods."
    return "\n".join(
        [
            "---",
            f"title: {quoted_yaml(escaped(profile.name))}",
            f"pagetitle: {quoted_yaml(escaped(f'{profile.entry.title} in {profile.in_sentence}'))}",
            f"description: {quoted_yaml(escaped(words))}",
            f"image: {FOLDER}/{page}-card.png",
            f"image-alt: {quoted_yaml(f'Card: {words} {drawn}')}",
            "code-tools: false",
            *(["include-in-header:", "  - text: |", f"      {embedded.head}"] if embedded.site else []),
            "---",
        ]
    )


def _opening(profile: DistrictProfile) -> str:
    """Return the lead, the medians of region and country, and the neighbourhoods by decile."""
    lead = f"::: {{.ec-lead}}\n{escaped(profile.summary)}\n:::"
    parts = (lead, escaped(profile.compared), escaped(profile.inside), deciles(profile))
    return "\n\n".join(part for part in parts if part)


def deciles(profile: DistrictProfile | GroupProfile) -> str:
    """Return the number of neighbourhoods in each decile, as an ordered list of ten fields in the deciles' colours."""
    if not sum(profile.deciles):
        return ""
    fields = [
        f'<li style="background:{colour};color:{palette.ink_on(colour)}"><b>{count or "–"}</b> '
        f"<span>{'lowest ' if decile == 1 else 'highest ' if decile == 10 else ''}decile {decile}</span></li>"
        for decile, (count, colour) in enumerate(zip(profile.deciles, palette.colours(profile.entry), strict=True), 1)
    ]
    label = f"Neighbourhoods of {attribute(profile.in_sentence)} in each decile of England and Wales"
    return (
        "```{=html}\n"
        f'<ol class="ec-deciles" aria-label="{label.replace("&", "&amp;").replace("<", "&lt;")}">\n'
        + "\n".join(fields)
        + "\n</ol>\n```"
    )


def _inside(profile: DistrictProfile, drawn: Map, page: str, files: Path) -> str:
    figure = markdown.saved(drawn, page, files)
    write_csv(profile.msoas, files / f"{page}.csv")
    write_geojson(profile.msoas, files / f"{page}.geojson")
    table = markdown.value_table(drawn.areas, f"Neighbourhoods of {the_district(profile.name)}, lowest first")
    downloads = markdown.downloads(page, f"{page} {profile.entry.title}", areas=True)
    return (
        "## Neighbourhood by neighbourhood\n\n"
        f"{profile.entry.colours_in_words} Each colour is a decile of all neighbourhoods of England and Wales, so that "
        "it means the same on every page.\n\n"
        f"{figure}\n\n{table}\n\n{downloads}"
    )


def _in_the_country(profile: DistrictProfile, national: Picture) -> str:
    marked = replace(
        national,
        caption=f"{national.caption} {capital(the_district(profile.name))} is outlined.",
        alt_text=f"{national.alt_text} Outlined: {profile.name}.",
    )
    figure = marked.markdown(mark=str(profile.district["lad21cd"]))
    return f"## {escaped(profile.name)} in {profile.universe}\n\n{figure}\n\n{markdown.print_link(national.name)}"


def _compared(profile: DistrictProfile, strip: str) -> str:
    dots = "Each dot is one local authority" + ("" if profile.beyond else " above, and one neighbourhood below")
    return f"## Compared with other places\n\n{dots}, whatever its area or population.\n\n{strip}"


def _nearby(profile: DistrictProfile, around: Around) -> str:
    """Return the neighbours, the groups and the region, linked where they have a page.

    Deciles across the border of England and Wales are of other areas, so a neighbour there has none in this list.
    """
    pages, rows = around.pages, profile.surroundings.set_index("lad21nm")
    lines, across = [], False
    for name in profile.neighbours:
        row = rows.loc[name]
        shown = f"[{escaped(name)}]({pages[row['lad21cd']]}.html)" if row["lad21cd"] in pages else escaped(name)
        value, region = row[profile.measure], str(row["rgn21nm"])
        if (region in BEYOND) != profile.beyond:
            across = True
            lines.append(f"- {shown}, in {escaped(the(region))}: {profile.entry.format(value)}")
            continue
        decile = "" if pd.isna(value) else f", decile {row['decile']}"
        lines.append(f"- {shown}: {profile.entry.format(value)}{decile}")
    if across:
        lines.append(
            f"\nDeciles in this list are of the local authorities in {profile.universe}. None is given across the "
            f"border, where deciles are of other areas."
        )
    where = universe(profile.surroundings)
    none = f"{escaped(profile.name)} shares no border with another local authority in {where}."
    groups = [group for group in around.groups if profile.codes[0] in group.codes]
    wider = [f"[All of {escaped(group.in_sentence)}]({slug(group.name)}.html)" for group in groups]
    wider.append(f"[All of {escaped(the(profile.region))}](index.html#{slug(profile.region)})")
    wider += ["[The regional picture](../posts/regional/index.qmd)", "[Find another place](index.qmd)"]
    return "## Nearby\n\n" + ("\n".join(lines) if lines else none) + f"\n\n{' · '.join(wider)}"


def care(profile: DistrictProfile | GroupProfile) -> str:
    """Return what to bear in mind before a number is quoted."""
    return f"## Before you quote it\n\n{profile.caution} [Method and caveats](../about.qmd) has more."


def citation(profile: DistrictProfile | GroupProfile, address: str) -> str:
    """Return how to cite the page: its lead, its address and its sources."""
    where = f" {escaped(address)}" if address else ""
    return (
        "## Cite this page\n\n"
        f"::: {{.ec-cite}}\n{escaped(joined(profile.summary))} In: *Economic connectedness in England and Wales*, page "
        f"“{escaped(profile.name)}”.{where} {escaped(line())}\n:::"
    )
