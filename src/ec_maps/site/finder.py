"""Which districts have a page, ``places/<page>.qmd``; the finder: their list by region and the index of its search."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from ec_maps import settings
from ec_maps.about import measure_of
from ec_maps.areas.coverage import united_kingdom
from ec_maps.areas.places import Place, PlaceGroup, read_places
from ec_maps.areas.wider import wider_places
from ec_maps.areas.wording import universe
from ec_maps.geography.codes import BEYOND, aliases, district_changes, official_districts, shipped_table
from ec_maps.geography.gazetteer import what_became
from ec_maps.geography.names import folded, slug
from ec_maps.maps.figure_cache import FOLDER
from ec_maps.site.markdown import escaped

if TYPE_CHECKING:
    import geopandas as gpd

#: The index of the search: a script, since a page opened from a folder may not fetch data.
INDEX = "finder-index.js"


def page_names(lads: pd.DataFrame) -> dict[str, str]:
    """Return the name of each district's page by code; where two names would be the same, both include the code."""
    names = {code: slug(name) for code, name in zip(lads["lad21cd"], lads["lad21nm"], strict=True)}
    often = pd.Series(names).value_counts()
    own = dict(zip(lads["lad21cd"], lads["lad21nm"], strict=True))
    # The finder's own page is called index.
    return {code: slug(own[code], code) if often[page] > 1 or page == "index" else page for code, page in names.items()}


def wanted(lads: pd.DataFrame) -> list[Place]:
    """Return the districts that get a page: those of the list, or with ``EC_MAPS_PLACES=all`` every one, by name."""
    districts = _with_those_beyond(lads)
    if settings.places() == "listed":
        return [place for place in read_places(districts=districts) if isinstance(place, Place)]
    rows = districts.sort_values("lad21nm")
    return [Place(*row) for row in zip(rows["lad21nm"], rows["lad21cd"], rows["rgn21nm"], strict=True)]


def wanted_groups(lads: pd.DataFrame) -> list[PlaceGroup]:
    """Return the groups that get a page, those of the list; the page has the slug of its name."""
    if settings.places() == "all" and not (settings.project_root() / "places.yml").is_file():
        return []
    listed = read_places(districts=_with_those_beyond(lads))
    return [place for place in listed if isinstance(place, PlaceGroup)]


def _with_those_beyond(lads: pd.DataFrame) -> pd.DataFrame:
    """Return code, name and region of the districts of a table and of those in Scotland and Northern Ireland."""
    columns = ["lad21cd", "lad21nm", "rgn21nm"]
    kingdom = united_kingdom()
    if kingdom is None or set(BEYOND) & set(lads["rgn21nm"]):
        return pd.DataFrame(lads[columns])
    beyond = kingdom.loc[kingdom["rgn21nm"].isin(BEYOND), columns]
    return pd.concat([pd.DataFrame(lads[columns]), pd.DataFrame(beyond)], ignore_index=True)


def linked(lads: pd.DataFrame) -> dict[str, str]:
    """Return the pages to build: code to file name without ending."""
    names = page_names(_with_those_beyond(lads))
    return {place.lad21cd: names[place.lad21cd] for place in wanted(lads)}


def by_region(lads: gpd.GeoDataFrame, pages: dict[str, str], kingdom: gpd.GeoDataFrame | None = None) -> str:
    """Return all districts, by region and from A to Z, with value and decile, linked where they have a page.

    Parameters
    ----------
    lads
        The table of districts of England and Wales, whole.
    pages
        The existing pages: see :func:`linked`.
    kingdom
        The table of the United Kingdom; its Scottish and Northern Irish districts follow the others. None leaves them
        out.
    """
    measure = measure_of(lads)
    parts = []
    for region, rows in [*lads.groupby("rgn21nm", sort=True), *_beyond(kingdom)]:
        lines = []
        for row in rows.sort_values("lad21nm", key=lambda names: names.map(folded)).itertuples():
            page = pages.get(str(row.lad21cd))
            name = f"[{escaped(row.lad21nm)}]({page}.html)" if page else escaped(row.lad21nm)
            value = getattr(row, measure.key)
            decile = "" if pd.isna(value) else f", decile {row.decile}"
            lines.append(f"- {name} [{measure.format(value)}{decile}]{{.ec-value}}")
        listed = "\n".join(lines)
        note = f"Deciles here are of the local authorities of {universe(rows)}.\n\n" if region in BEYOND else ""
        parts.append(f"## {escaped(str(region))} {{#{slug(str(region))}}}\n\n{note}::: {{.ec-places}}\n{listed}\n:::")
    return "\n\n".join(parts)


def groups_with_pages(groups: Sequence[PlaceGroup], msoas: pd.DataFrame) -> str:
    """Return the groups that have a page as a list under a heading, or an empty text."""
    lines = []
    for group in groups:
        inside = int(msoas["lad21cd"].isin(group.codes).sum())
        about = f"a {group.kind} of {len(group.codes)} local authorities with {inside} neighbourhoods"
        lines.append(f"- [{escaped(group.name)}]({slug(group.name)}.html), {about}")
    return "\n".join(["## Counties and other groups {#groups}", "", *lines]) if lines else ""


def field() -> str:
    """Return the search field as HTML; it stays hidden where scripts do not run."""
    return f'```{{=html}}\n{form()}\n<script src="{FOLDER}/{INDEX}" defer></script>\n```'


def form(index: str = "", *, adds: bool = False) -> str:
    """Return the form of the search.

    With the address of an `index`, that is loaded when someone begins to search, and results are addresses of the
    explorer: ``#place=…``. If it `adds`, results add a place to those that the page's script names in ``data-chosen``:
    ``#places=…,…``. Then regions, nations and groups are found, and no neighbourhoods.
    """
    later = f' data-index="{index}"' if index else ""
    later += ' data-chosen=""' if adds else ""
    what = "District or neighbourhood" if index else "District, neighbourhood or region"
    what = "Add a local authority, region, nation or county" if adds else what
    return (
        f'<form class="ec-finder" role="search" aria-label="Find a place"{later} hidden>\n'
        f'<label for="ec-find">{what}</label>\n'
        '<input id="ec-find" name="find" type="search" autocomplete="off" spellcheck="false" '
        'placeholder="For example Norwich" aria-describedby="ec-found-number">\n'
        '<p id="ec-found-number" role="status"></p>\n'
        '<ul id="ec-found"></ul>\n'
        "</form>"
    )


def _beyond(kingdom: gpd.GeoDataFrame | None) -> list[tuple[str, gpd.GeoDataFrame]]:
    """Return the regions beyond England and Wales with their rows."""
    if kingdom is None:
        return []
    return [(region, kingdom[kingdom["rgn21nm"] == region]) for region in BEYOND]


def write_index(
    lads: gpd.GeoDataFrame,
    msoas: gpd.GeoDataFrame,
    pages: dict[str, str],
    path: Path,
    kingdom: gpd.GeoDataFrame | None = None,
    *,
    groups: Sequence[PlaceGroup] = (),
) -> None:
    """Write the index: each district with region, page (if it has one), value and decile, and each neighbourhood.

    The districts of England and Wales come first, then those beyond, if `kingdom` is given: their decile is text, "3 of
    the United Kingdom".

    A neighbourhood has the position of its district in the list, the part of its official name after the district's,
    its readable names (none, one, or an English and a Welsh one), and its code in lower case. ``also`` holds other
    names of districts, each with the position of its district: Welsh and popular ones, and those of districts of other
    years, which also have a sentence on what became of them. ``slugs`` are the names of the districts in addresses.
    ``wider`` holds name, kind, number of districts and slug of each nation, region and group, and of a group the
    positions of its districts, and 1 if it is one of `groups`, those with a page. ``postcodes`` holds, by
    the letters that postcodes begin with, the town and the position of its district; ``mapped`` is the number of
    districts that the explorer shows.
    """
    measure = measure_of(lads)
    tables = [lads, *(rows for _, rows in _beyond(kingdom))]
    order = {name: place for place, name in enumerate(name for rows in tables for name in rows["lad21nm"])}
    districts = [
        [
            row.lad21nm,
            row.rgn21nm,
            pages.get(str(row.lad21cd), ""),
            measure.format(getattr(row, measure.key)),
            _decile(row.decile, rows),
        ]
        for rows in tables
        for row in rows.itertuples()
    ]
    columns = [msoas[name] for name in ("msoa21hclnm", "msoa21hclnmw") if name in msoas]
    readable = [
        [name for name in dict.fromkeys(names) if isinstance(name, str)] for names in zip(*columns, strict=True)
    ] or [[] for _ in range(len(msoas))]
    areas = [
        [order[lad], name.removeprefix(f"{lad} "), " / ".join(known), code.lower()]
        for lad, name, known, code in zip(msoas["lad21nm"], msoas["msoa21nm"], readable, msoas["msoa21cd"], strict=True)
        if lad in order
    ]
    welsh = [(district.welsh, district.name) for district in official_districts().values() if district.welsh]
    also: list[list[object]] = [
        [name, order[lad]] for name, lad in (*welsh, *aliases()) if lad in order and name != lad
    ]
    also += [[name, order[lad], history] for name, lad, history in _of_other_years() if lad in order]
    towns = [(row["letters"], row["town"], row["district"]) for row in shipped_table("postcode_areas.csv")]
    names = [*sorted(set(lads["rgn21nm"])), *(region for region, _ in _beyond(kingdom))]
    regions = {region: slug(str(region)) for region in names}
    names_of = pd.concat([pd.DataFrame(rows[["lad21cd", "lad21nm", "rgn21nm"]]) for rows in tables])
    slugs = page_names(names_of)
    wider = wider_places(names_of, set(slugs.values()), groups)
    at, there = {code: place for place, code in enumerate(slugs)}, {slug(group.name) for group in groups}
    inside = [[[at[code] for code in one.codes], *([1] if one.slug in there else [])] for one in wider]
    index = {
        "districts": districts,
        "slugs": list(slugs.values()),
        "also": also,
        "areas": areas,
        "regions": regions,
        "wider": [
            [one.name, one.kind, len(one.codes), one.slug, *(more if one.is_group else [])]
            for one, more in zip(wider, inside, strict=True)
        ],
        "mapped": len(lads),
        "postcodes": {letters: [town, order[lad]] for letters, town, lad in towns if lad in order},
    }
    text = json.dumps(index, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
    path.write_text(f"window.ecPlaces = {text};\n", encoding="utf-8")


def _of_other_years() -> list[tuple[str, str, str]]:
    """Return the names of districts of other years, each with a district of 2021 and what became of the old one."""
    now = {code: district.name for code, district in official_districts().items()}
    taken = {folded(name) for name in now.values()}
    return [
        (change.name, now[code], f"{change.name} {what_became(change)}")
        for change in district_changes()
        if folded(change.name) not in taken
        for code in change.covers
    ]


def _decile(decile: object, rows: gpd.GeoDataFrame) -> int | str | None:
    """Return a decile; beyond England and Wales as text that says of which areas."""
    if pd.isna(decile):  # type: ignore[call-overload]
        return None
    return int(str(decile)) if rows.attrs.get("scope", "ew") == "ew" else f"{decile} of {universe(rows)}"
