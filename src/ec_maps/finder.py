"""The finder: all districts by region as a list, and the index that its search field looks into."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from ec_maps.describe import percent
from ec_maps.figures import FOLDER
from ec_maps.levels import measure_named
from ec_maps.markup import escaped
from ec_maps.names import folded, slug
from ec_maps.vintages import aliases, official_districts

if TYPE_CHECKING:
    import geopandas as gpd

#: The file that the search looks into: a script, since a page opened from a folder may not fetch.
INDEX = "finder-index.js"


def by_region(lads: gpd.GeoDataFrame, pages: dict[str, str]) -> str:
    """Return all districts, by region and from A to Z, with value and tenth, linked where they have a page.

    Parameters
    ----------
    lads
        The table of districts, whole.
    pages
        The pages that there are: see :func:`ec_maps.profiles.linked`.
    """
    measure = measure_named(lads.attrs.get("measure", "economic_connectedness"))
    parts = []
    for region, rows in lads.groupby("rgn21nm", sort=True):
        lines = []
        for row in rows.sort_values("lad21nm", key=lambda names: names.map(folded)).itertuples():
            page = pages.get(str(row.lad21cd))
            name = f"[{escaped(row.lad21nm)}]({page}.html)" if page else escaped(row.lad21nm)
            value = getattr(row, measure.key)
            tenth = "" if pd.isna(value) else f", tenth {row.decile}"
            lines.append(f"- {name} [{percent(value)}{tenth}]{{.ec-value}}")
        told = "\n".join(lines)
        parts.append(f"## {escaped(str(region))} {{#{slug(str(region))}}}\n\n::: {{.ec-places}}\n{told}\n:::")
    return "\n\n".join(parts)


def field() -> str:
    """Return the search field; it is shown where scripts run."""
    return (
        "```{=html}\n"
        '<form class="ec-finder" role="search" aria-label="Find a place" hidden>\n'
        '<label for="ec-find">District, neighbourhood or region</label>\n'
        '<input id="ec-find" name="q" type="search" autocomplete="off" spellcheck="false" '
        'placeholder="For example Norwich" aria-describedby="ec-found-number">\n'
        '<p id="ec-found-number" role="status"></p>\n'
        '<ul id="ec-found"></ul>\n'
        "</form>\n"
        f'<script src="{FOLDER}/{INDEX}" defer></script>\n'
        "```"
    )


def write_index(lads: gpd.GeoDataFrame, msoas: gpd.GeoDataFrame, pages: dict[str, str], path: Path) -> None:
    """Write the index: each district with region, page (or nothing), value and tenth, and each neighbourhood.

    A neighbourhood is its district's place in the list, what follows the district's name in its official name, its
    readable names (none, one, or an English and a Welsh one), and its code in small letters. ``also`` has Welsh and
    popular names of districts, each with its district's place.
    """
    measure = measure_named(lads.attrs.get("measure", "economic_connectedness"))
    order = {name: place for place, name in enumerate(lads["lad21nm"])}
    districts = [
        [
            row.lad21nm,
            row.rgn21nm,
            pages.get(str(row.lad21cd), ""),
            percent(getattr(row, measure.key)),
            _tenth(row.decile),
        ]
        for row in lads.itertuples()
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
    also = [[name, order[lad]] for name, lad in (*welsh, *aliases()) if lad in order and name != lad]
    regions = {region: slug(str(region)) for region in sorted(set(lads["rgn21nm"]))}
    told = {"districts": districts, "also": also, "areas": areas, "regions": regions}
    text = json.dumps(told, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
    path.write_text(f"window.ecPlaces = {text};\n", encoding="utf-8")


def _tenth(decile: object) -> int | None:
    return None if pd.isna(decile) else int(str(decile))  # type: ignore[call-overload]
