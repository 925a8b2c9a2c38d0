"""The comparison of up to six places in all measures: its page, and the script of what the explorer's does not hold.

Districts' values are those of the explorer's ``values.js``. ``places.js`` adds the places wider than a district, the
districts of Scotland and Northern Ireland, the spread of neighbourhoods, and numbers that tell whether two places
differ. A wider place has no value of its own, but the median and the spread of those inside it.
"""

from __future__ import annotations

import math
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ec_maps import settings
from ec_maps.analysis.comparison import measures_table
from ec_maps.analysis.district import ENOUGH
from ec_maps.areas.coverage import united_kingdom
from ec_maps.areas.groups import PlaceGroup
from ec_maps.areas.places import read_places
from ec_maps.areas.provenance import line
from ec_maps.areas.ranks import ROUNDED
from ec_maps.areas.wider import Wider, wider_places
from ec_maps.areas.wording import the_district
from ec_maps.geography.codes import BEYOND
from ec_maps.geography.names import slug
from ec_maps.graphics.layout import DEMO_WORDS
from ec_maps.maps.figure_cache import FOLDER, PLACES
from ec_maps.measures import Measure, measure_named
from ec_maps.site import explorer
from ec_maps.site.explorer_data import VALUES, columns_of_measure, similar_rows, write_script
from ec_maps.site.finder import INDEX, form, linked, page_names, wanted_groups

if TYPE_CHECKING:
    import geopandas as gpd

#: The folder of the script in the folder of the page's files, and its name.
SCRIPTS, SCRIPT = "compare", "places.js"

#: The most places that are compared at once.
MOST = 6

#: Decimals of the numbers by which places are compared.
_DECIMALS = 6

#: The columns of a spread.
SPREAD = ("number", "low", "lower", "median", "upper", "high")


def compare_places() -> str:
    """Return the comparison of places as HTML, and write the script that it loads beside those of the explorer."""
    lads, msoas = measures_table("lad"), measures_table("msoa")
    kingdom = united_kingdom()
    whole = None if kingdom is None else measures_table("lad", lads.attrs["measures"], scope="uk")
    folder = Path(FOLDER) / SCRIPTS
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    pages, groups = linked(lads), wanted_groups(lads)
    write_places(folder / SCRIPT, lads, msoas, whole, pages=pages, first=_first(lads), groups=groups)
    return f"```{{=html}}\n{_page()}\n```"


def _first(lads: pd.DataFrame) -> list[str]:
    """Return the slugs of the places that the page begins with: the first two of the list, or the first and its region.

    Those of Scotland and Northern Ireland, which have no neighbourhoods to compare, are passed over.
    """
    slugs = page_names(lads)
    here = [place for place in read_places() if {*place.codes} <= {*slugs}]
    if not here:
        return [slug(str(region)) for region in sorted(set(lads["rgn21nm"]))[:2]]
    pair = [slugs[place.lad21cd] if place.lad21cd else slug(place.name) for place in here[:2]]
    return pair if len(pair) > 1 else [*pair, slug(here[0].region.partition("; ")[0])]


# --- the script -------------------------------------------------------------------------------------


def write_places(
    path: Path,
    lads: gpd.GeoDataFrame,
    msoas: gpd.GeoDataFrame,
    kingdom: gpd.GeoDataFrame | None,
    *,
    pages: dict[str, str],
    first: Sequence[str],
    groups: Sequence[PlaceGroup] = (),
) -> None:
    """Write the script that sets ``ecCompare``.

    Parameters
    ----------
    path
        The script. Places stand in one order: the districts as in ``ecValues.districts``, then ``ecCompare.wider``
        (slug, name, name in a sentence, kind, number of districts, and 1 if it has a page of its own), then
        ``ecCompare.beyond`` (code, slug, name, region, page and :func:`ec_maps.site.explorer_data.similar_rows` of the
        districts of Scotland and Northern Ireland). In this order, ``exact`` of a measure has the value by which a
        place is compared, with six decimals: a district's own, the median of those of a nation or a region, none for a
        group. ``msoas`` has the spread of the
        neighbourhoods of all but those beyond, ``districts`` that of the districts of a wider place, both in whole
        tenths as pages show them, with None for what there is not.
    lads, msoas
        The tables of :func:`ec_maps.measures_table`.
    kingdom
        That of the districts of the United Kingdom, if there is one.
    pages
        The name of each district's page, if it has one, by code.
    first
        The slugs of the places that the page begins with.
    groups
        The groups that have a page.
    """
    slugs, paged = page_names(lads), {slug(group.name) for group in groups}
    beyond = None if kingdom is None else kingdom[kingdom["rgn21nm"].isin(BEYOND)].reset_index(drop=True)
    names = ["lad21cd", "lad21nm", "rgn21nm"]
    districts = pd.DataFrame(lads[names] if beyond is None else pd.concat([lads[names], beyond[names]]))
    similar = similar_rows(lads, beyond)
    wider = wider_places(
        districts, {*slugs.values(), *([] if beyond is None else map(slug, beyond["lad21nm"]))}, groups
    )
    data = {
        "first": list(first),
        "most": MOST,
        "source": line(),
        "stamp": DEMO_WORDS if settings.is_demo() else "",
        "said": {name: said for name in districts["lad21nm"] if (said := the_district(name)) != name},
        "wider": [
            [one.slug, one.name, one.in_sentence, one.kind, len(one.codes), *([1] if one.slug in paged else [])]
            for one in wider
        ],
        "beyond": [
            [
                *(row.lad21cd, slug(str(row.lad21nm)), row.lad21nm, row.rgn21nm),
                *(pages.get(str(row.lad21cd), ""), similar[str(row.lad21cd)]),
            ]
            for row in (() if beyond is None else beyond.itertuples())
        ],
        "measures": {key: _measure(key, lads, msoas, kingdom, wider) for key in lads.attrs["measures"]},
    }
    write_script(path, "window.ecCompare = ", data)


def _measure(
    key: str, lads: gpd.GeoDataFrame, msoas: gpd.GeoDataFrame, kingdom: gpd.GeoDataFrame | None, wider: list[Wider]
) -> dict[str, Any]:
    """Return what the comparison needs to know of a measure."""
    measure = measure_named(key)
    table = lads if kingdom is None else kingdom
    values = table.set_index("lad21cd")[key].astype(float)
    inside = [pd.Series(dtype=float) if one.is_group else values.reindex(one.codes).dropna() for one in wider]
    exact = [*lads[key].astype(float), *(within.median() for within in inside)]
    ends = [table[key].min(), table[key].max()]
    data: dict[str, Any] = {
        "points": [" per 1,000"] * 2 if measure.unit == "rate" else [" percentage point", " percentage points"],
        "reach": measure.tolerance * (1 + ROUNDED),
        "districts": _spread(inside, measure),
    }
    if key in msoas:
        of_district = msoas[key].astype(float).dropna().groupby(msoas["lad21cd"])
        by_district = dict(list(of_district))
        nothing = pd.Series(dtype=float)
        each = [by_district.get(code, nothing) for code in lads["lad21cd"]]
        each += [
            pd.concat([nothing, *(by_district[code] for code in one.codes if code in by_district)]) for one in wider
        ]
        data["msoas"] = {**_spread(each, measure), "exact": _exact([values.median() for values in each])}
        ends += [msoas[key].min(), msoas[key].max()]
    if kingdom is not None:
        columns = columns_of_measure(kingdom, measure, kingdom.attrs["cut_points"][key])
        there = np.flatnonzero(kingdom["rgn21nm"].isin(BEYOND))
        data["beyond"] = {name: [column[at] for at in there] for name, column in columns.items()}
        data["kingdom"] = int(kingdom[key].notna().sum())
        exact += kingdom[key].iloc[there].astype(float).tolist()
    data["exact"] = _exact(exact)
    data["axis"] = [_tenths(min(ends), measure), _tenths(max(ends), measure)]
    return data


def _spread(each: list[pd.Series], measure: Measure) -> dict[str, list[int | None]]:
    """Return the columns of the spread of some values for each place; the quartiles of a few say nothing."""
    rows = []
    for values in each:
        if values.empty:
            rows.append([0, *[None] * 5])
            continue
        low, lower, median, upper, high = (_tenths(one, measure) for one in values.quantile([0, 0.25, 0.5, 0.75, 1]))
        enough = len(values) >= ENOUGH
        rows.append([len(values), low, lower if enough else None, median, upper if enough else None, high])
    return dict(zip(SPREAD, map(list, zip(*rows, strict=True)), strict=True))


def _tenths(value: float, measure: Measure) -> int:
    """Return a value as pages show it, in whole tenths of its unit."""
    return round(10 * float(measure.short(value).replace("−", "-")))


def _exact(values: Sequence[float]) -> list[float | None]:
    return [None if math.isnan(value) else round(value, _DECIMALS) for value in values]


# --- the page ---------------------------------------------------------------------------------------


def _page() -> str:
    return f"""<div class="ec-compare" data-scripts="{FOLDER}/{explorer.SCRIPTS}/">
{form(f"{PLACES}/{FOLDER}/{INDEX}", adds=True)}
<ul class="ec-chosen" aria-label="Places compared" hidden></ul>
<div class="ec-controls" hidden>
<button type="button" data-do="similar">Add similar places</button>
<button type="button" data-do="copy">Copy link</button>
<button type="button" data-do="csv">Download table (CSV)</button>
<button type="button" data-do="clear">Begin again</button>
</div>
<div class="ec-told" role="status"></div>
<div class="ec-compared"></div>
</div>
<script src="{FOLDER}/{explorer.SCRIPTS}/{VALUES}" defer></script>
<script src="{FOLDER}/{SCRIPTS}/{SCRIPT}" defer></script>"""
