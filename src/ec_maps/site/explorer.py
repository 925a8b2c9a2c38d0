"""The explorer: one map of all districts, in which each opens into its neighbourhoods, and the panel beside it.

The map is in the page, drawn once at render, so that it is there before any script and without one: each area is then a
link to its page. ``assets/explore.js`` does the rest with the scripts of :mod:`ec_maps.site.explorer_data`.
"""

from __future__ import annotations

import shutil
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from ec_maps import settings
from ec_maps.analysis.comparison import DECILE, measures_table
from ec_maps.areas.coverage import united_kingdom
from ec_maps.areas.table import load_context
from ec_maps.areas.wider import wider_places
from ec_maps.geography.names import slug
from ec_maps.graphics import palette
from ec_maps.graphics.layout import DEMO_WORDS
from ec_maps.maps.figure_cache import FOLDER, PLACES
from ec_maps.measures import HEADLINE, Measure, measure_named
from ec_maps.site.explorer_data import VALUES, Districts, anchors, coarse, links_of, whole_grid, write_values
from ec_maps.site.explorer_groups import write_groups
from ec_maps.site.finder import INDEX, form, linked, page_names, wanted_groups

if TYPE_CHECKING:
    import geopandas as gpd

#: The folder of the scripts, in the folder of the page's files.
SCRIPTS = "explore"

#: Room around the map of all districts, in its units.
_MARGIN = 120


def explorer() -> str:
    """Return the explorer as HTML, and write the scripts that it loads."""
    lads, msoas, around = measures_table("lad"), measures_table("msoa"), load_context()
    pages, root = linked(lads), settings.project_root()
    folder = Path(FOLDER) / SCRIPTS
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    kingdom = united_kingdom()
    write_values(folder / VALUES, lads, msoas, pages=pages, kingdom=kingdom)
    districts, slugs = Districts(lads, msoas, around, kingdom), page_names(lads)
    for at, (code, name, region) in enumerate(zip(lads["lad21cd"], lads["lad21nm"], lads["rgn21nm"], strict=True)):
        links = links_of(name, slugs[code], region, pages.get(code, ""), root)
        districts.write(at, slugs[code], links, folder)
    listed = wanted_groups(lads)
    wider = wider_places(lads, set(slugs.values()), listed)
    groups = write_groups(folder, wider, lads, msoas, [slug(group.name) for group in listed])
    measures = [measure_named(key).among(lads.attrs["categories"][key]) for key in lads.attrs["measures"]]
    return f"```{{=html}}\n{_page(lads, around, pages, measures, groups)}\n```"


def _page(
    lads: gpd.GeoDataFrame,
    around: gpd.GeoDataFrame,
    pages: dict[str, str],
    measures: list[Measure],
    groups: list[str],
) -> str:
    scripts = f"{FOLDER}/{SCRIPTS}"
    chosen = "".join(f'<option value="{one.key}">{escape(one.title)}</option>' for one in measures)
    stamp = f'<p class="ec-stamp">{escape(DEMO_WORDS)}</p>\n' if settings.is_demo() else ""
    buttons = {"+": "Zoom in", "−": "Zoom out", "⌂": "All of England and Wales"}
    keys = zip(("in", "out", "home"), buttons.items(), strict=True)
    zoom = "".join(
        f'<button type="button" data-do="{do}" aria-label="{words}" title="{words}">{sign}</button>'
        for do, (sign, words) in keys
    )
    return f"""<div class="ec-explore" data-scripts="{scripts}/" data-groups="{" ".join(groups)}">
{form(f"{PLACES}/{FOLDER}/{INDEX}")}
<div class="ec-controls" hidden>
<label for="ec-measure">Measure</label> <select id="ec-measure">{chosen}</select>
<button type="button" data-do="back" disabled>Back</button>
<button type="button" data-do="copy">Copy link</button>
</div>
<div class="ec-told" role="status"></div>
<figure class="ec-atlas">
<div class="ec-frame">
{_map(lads, around, pages)}
{stamp}<div class="ec-readout" aria-hidden="true"></div>
<div class="ec-zoom" role="group" aria-label="Zoom" hidden>{zoom}</div>
</div>
{_legend(lads)}
<figcaption id="ec-atlas-words">{_caption(lads)}</figcaption>
</figure>
<div class="ec-panel" role="region" aria-label="The place chosen" hidden></div>
<div class="ec-keys" hidden>Keys on the map: the arrows move from area to area, Enter opens one, Escape goes back,
+ and − zoom, 0 shows the whole country.</div>
</div>
<script src="{scripts}/{VALUES}" defer></script>"""


def _caption(lads: gpd.GeoDataFrame) -> str:
    measure = measure_named(HEADLINE)
    number = int(lads[HEADLINE].notna().sum())
    return (
        f"<b>{escape(measure.title)}</b>, by decile of the {number} local authorities of England and Wales with a "
        f"value. {measure.colours_in_words}"
    )


def _map(lads: gpd.GeoDataFrame, around: gpd.GeoDataFrame, pages: dict[str, str]) -> str:
    """Return the map of all districts as SVG: land around, and each district as a link in its decile's colour."""
    measure = measure_named(HEADLINE)
    colours = palette.colours(measure)
    outlines, land = coarse(lads, around)
    circles = anchors(lads.geometry.to_numpy(), whole_grid(lads))
    left, top, right, bottom = whole_grid(lads).box(tuple(lads.total_bounds))
    box = (left - _MARGIN, top - _MARGIN, right - left + 2 * _MARGIN, bottom - top + 2 * _MARGIN)
    areas = []
    rows = zip(lads["lad21cd"], lads["lad21nm"], lads["rgn21nm"], lads[HEADLINE], strict=True)
    drawn = zip(rows, lads[f"{HEADLINE}{DECILE}"], outlines, circles, strict=True)
    for (code, name, region, value), decile, outline, circle in drawn:
        href = f"{PLACES}/{pages[code]}.html" if code in pages else f"{PLACES}/index.html#{slug(region)}"
        fill = "url(#ec-missing)" if pd.isna(decile) else colours[decile - 1]
        words = f"{name}: {measure.format(value)}" + ("" if pd.isna(decile) else f", decile {decile} of 10")
        areas.append(
            f'<a data-code="{escape(code)}" data-at="{" ".join(map(str, circle))}" href="{href}" fill="{fill}">'
            f'<title>{escape(words)}</title><path d="{outline}"/></a>'
        )
    hatches = "".join(
        f'<pattern id="{name}" width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="scale(9)">'
        f'<path fill="{palette.MISSING}" d="M0 0h7v7H0z"/>'
        f'<path stroke="{palette.HATCH}" d="M-1 1l2-2M0 7l7-7M6 8l2-2"/></pattern>'
        for name in ("ec-missing", "ec-missing-near")
    )
    return (
        f'<svg class="ec-map ec-canvas" viewBox="{" ".join(map(str, box))}" role="group" aria-label="Map of the local '
        f'authorities of England and Wales" aria-describedby="ec-atlas-words" data-sea="{palette.SEA}" '
        f'data-around="{palette.NEIGHBOUR}" data-missing="{palette.MISSING}" data-ink="{palette.INK}">'
        f'<defs>{hatches}</defs><path fill="{palette.SEA}" d="M-9e4-9e4h2e5v2e5h-2e5z"/><g class="ec-world">'
        f'<path class="ec-land" fill="{palette.NEIGHBOUR}" d="{land}"/>'
        f'<g class="ec-districts">{"".join(areas)}</g></g></svg>'
    )


def _legend(lads: gpd.GeoDataFrame) -> str:
    """Return the legend: ten swatches with their cut points, words at both ends, and the hatching of no estimate."""
    measure = measure_named(HEADLINE)
    cuts = [measure.short(edge) for edge in lads.attrs["cut_points"][HEADLINE]]
    colours = palette.colours(measure)
    fields = "".join(
        f'<li><span class="ec-cut">{cut}</span><svg viewBox="0 0 10 4" preserveAspectRatio="none" aria-hidden="true">'
        f'<path fill="{colour}" d="M0 0h10v4H0z"/></svg><span class="ec-class">{decile}</span></li>'
        for decile, (colour, cut) in enumerate(zip(colours, cuts[:-1], strict=True), 1)
    )
    fields = fields.removesuffix("</li>") + f'<span class="ec-cut ec-last">{cuts[-1]}</span></li>'
    return (
        '<div class="ec-key"><ol aria-label="The ten deciles, each with the value at which it begins">'
        f'{fields}</ol><p class="ec-ends"><span>lowest decile</span> <span class="ec-unit">{measure.short_unit}</span> '
        "<span>highest decile</span></p>"
        f'<p class="ec-none"><svg viewBox="0 0 20 12" aria-hidden="true"><path fill="{palette.MISSING}" '
        f'd="M0 0h20v12H0z"/><path stroke="{palette.HATCH}" d="M2 12L14 0M8 12L20 0M-4 12L8 0M14 12l6-6"/></svg> '
        f"no {measure.estimate}</p></div>"
    )
