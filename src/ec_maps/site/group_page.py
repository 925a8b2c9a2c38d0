"""A group's page: as a district's, but without a value; its figures and downloads in ``maps/`` and its text."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from ec_maps.analysis.export import write_csv, write_geojson
from ec_maps.analysis.group import GroupProfile, group_profile
from ec_maps.areas.groups import PlaceGroup
from ec_maps.areas.wording import capital, joined, series, some, the
from ec_maps.geography.names import slug
from ec_maps.maps.choropleth import local_map, regional_map
from ec_maps.maps.figure_cache import FOLDER
from ec_maps.maps.share_card import card
from ec_maps.maps.strip_plot import strip_plot
from ec_maps.site import brief, district_page, driver_panel, markdown
from ec_maps.site.district_page import Around
from ec_maps.site.embed import Embedded
from ec_maps.site.finder import page_names
from ec_maps.site.markdown import escaped, framed, picture, pipe_table

if TYPE_CHECKING:
    import geopandas as gpd


def write(group: PlaceGroup, lads: gpd.GeoDataFrame, msoas: gpd.GeoDataFrame, around: Around, folder: Path) -> Embedded:
    """Write a group's page and its files, and return its map for other sites.

    Parameters
    ----------
    group
        The group; its page has the slug of its name.
    lads, msoas
        The tables of :func:`ec_maps.load_areas`, whole.
    around, folder
        As for :func:`ec_maps.site.district_page.write`; the files are those of ``files_of`` there.
    """
    profile, page, files = group_profile(lads, msoas, group), slug(group.name), folder / FOLDER
    address = f"{around.site}places/{page}.html" if around.site else ""
    files.mkdir(parents=True, exist_ok=True)
    card(lads, msoas, group, address).save(files / f"{page}-card.png")
    drawn = local_map(msoas, group, key=False)  # the table below has the numbers
    embedded = Embedded(group.name, page, picture(drawn, page), around.site)
    region = regional_map(lads, list(group.regions), highlight=group)
    links = {code: f"../{name}.html" for code, name in around.pages.items()}
    markdown.saved(region, f"{page}-region", files, links=links)
    write_csv(profile.msoas, files / f"{page}.csv")
    write_geojson(profile.msoas, files / f"{page}.geojson")
    colours = f"{profile.entry.colours_in_words} Each colour is a decile of all neighbourhoods of England and Wales."
    maps = {page: drawn, f"{page}-region": region}
    figure = markdown.saved(drawn, page, files)
    where = series([the(name) for name in group.regions])
    # The values of its districts are in their table.
    outlined = f"The local authorities of {where}, those of {profile.in_sentence} outlined."
    shown = replace(picture(region, f"{page}-region"), caption=joined(outlined))
    parts = [
        district_page.front(profile, embedded),
        _opening(profile),
        brief.link(profile, page, maps, around, folder, msoas=msoas),
        "## Neighbourhood by neighbourhood",
        colours,
        figure,
        _ends(profile),
        markdown.value_table(drawn.areas, f"Neighbourhoods of {profile.in_sentence}, lowest first"),
        markdown.downloads(page, f"{page} {profile.entry.title}", areas=True),
        f"## Its {some(len(group.codes))} local authorities",
        _districts(profile, around.pages),
        "## Compared with other places",
        "Each dot is one local authority above, and one neighbourhood below, whatever its area or population.",
        markdown.for_print(strip_plot(lads, msoas, group), f"{page}-strip", files),
        driver_panel.group_panel(profile, group, msoas, page, files),
        f"## {escaped(capital(profile.in_sentence))} in {escaped(where)}",
        shown.markdown(),
        markdown.print_link(f"{page}-region"),
        _further(profile, page),
        district_page.care(profile),
        district_page.citation(profile, address),
        embedded.section(),
        markdown.provenance(),
    ]
    (folder / f"{page}.qmd").write_text("\n\n".join(filter(None, parts)) + "\n", encoding="utf-8")
    return embedded


def _opening(profile: GroupProfile) -> str:
    """Return the lead, the spread of the neighbourhoods, their number by decile, and why there is no value."""
    lead = f"::: {{.ec-lead}}\n{escaped(profile.summary)}\n:::"
    parts = (lead, escaped(profile.inside), district_page.deciles(profile), escaped(profile.no_value))
    return "\n\n".join(part for part in parts if part)


def _ends(profile: GroupProfile) -> str:
    """Return the neighbourhoods with the lowest and the highest values by name; empty for fewer than two with one."""
    lines = []
    for words, highest in (("Lowest", False), ("Highest", True)):
        rows = profile.lowest(highest=highest)
        if rows.empty:
            return ""
        names = [f"{escaped(_known(row))}, {profile.entry.format(float(row[profile.measure]))}" for row in _each(rows)]
        lines.append(f"- **{words}:** {'; '.join(names)}.")
    level = f"Values within {profile.entry.tolerance_in_words} of each other count as level."
    return "\n".join(lines) + f"\n\n{level}"


def _each(rows: pd.DataFrame) -> list[pd.Series]:
    return [row for _, row in rows.iterrows()]


def _known(row: pd.Series) -> str:
    """Return a neighbourhood's readable name with the official one, or that alone."""
    readable = row.get("msoa21hclnm")
    return f"{readable} ({row['msoa21nm']})" if isinstance(readable, str) else str(row["msoa21nm"])


def _districts(profile: GroupProfile, pages: dict[str, str]) -> str:
    """Return the table of the districts, lowest first: value, decile and rank as spans, and their neighbourhoods.

    Each is linked to its page, or without one to the explorer.
    """
    table = profile.districts.sort_values([profile.measure, "lad21cd"], na_position="last")
    slugs, inside = page_names(profile.lads), profile.msoas["lad21cd"].value_counts()
    numbers = markdown.deciles_in_cells(table)
    rows = []
    for row, decile in zip(_each(pd.DataFrame(table)), numbers, strict=True):
        code, low, high = str(row["lad21cd"]), row["rank_low"], row["rank_high"]
        address = f"{pages[code]}.html" if code in pages else f"../explore.html#place={slugs[code]}"
        rank = "–" if pd.isna(low) else f"{low}" if low == high else f"{low}–{high}"
        value = profile.entry.format(float(row[profile.measure]))
        rows.append([f"[{escaped(row['lad21nm'])}]({address})", value, decile, rank, str(inside.get(code, 0))])
    number = int(profile.lads[profile.measure].notna().sum())
    heads = ["Local authority", profile.entry.title, "Decile (of 10)", f"Rank (of {number})", "Neighbourhoods"]
    title = f"Local authorities of {profile.in_sentence}, lowest first"
    note = (
        f"Deciles and ranks are among the {number} local authorities of {profile.universe} with a value; 1 is the "
        "lowest."
    )
    brackets = markdown.table_note(profile.entry, table.drop(columns="num_users", errors="ignore"), numbers)
    parts = (framed(pipe_table(heads, rows, title, "lrrrr"), title), note, brackets)
    return "\n\n".join(filter(None, parts))


def _further(profile: GroupProfile, page: str) -> str:
    """Return links to the tools of the site, with the group chosen."""
    region = slug(profile.regions[0])
    links = [
        f"[Explore the map](../explore.html#place={page})",
        f"[Compare with {escaped(the(profile.regions[0]))}](../compare-places.html#places={page},{region})",
        f"[List its lowest neighbourhoods](../shortlist.html#places={page})",
        "[Find another place](index.qmd)",
    ]
    return "## Further\n\n" + " · ".join(links)
