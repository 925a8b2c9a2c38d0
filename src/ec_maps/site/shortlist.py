"""The page of the shortlist, and the script of what the explorer's scripts do not hold: places and sentences.

The values are those of the explorer: ``values.js``, and the script of each district that is chosen.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from ec_maps import settings
from ec_maps.analysis.bivariate import DRIVERS, LEVERS
from ec_maps.analysis.comparison import measures_table
from ec_maps.analysis.shortlist import NAMED, SENTENCES, neighbourhood_levers
from ec_maps.areas.coverage import united_kingdom
from ec_maps.areas.deciles import GROUPS
from ec_maps.areas.groups import PlaceGroup
from ec_maps.areas.places import read_places
from ec_maps.areas.provenance import line
from ec_maps.areas.selection import known_districts, select_any
from ec_maps.areas.wider import wider_places
from ec_maps.areas.wording import some, the_district
from ec_maps.errors import DataError
from ec_maps.geography.codes import BEYOND
from ec_maps.geography.names import slug
from ec_maps.graphics.layout import DEMO_WORDS
from ec_maps.maps.figure_cache import FOLDER, PLACES
from ec_maps.measures import HEADLINE, measure_named
from ec_maps.site import explorer
from ec_maps.site.explorer_data import VALUES, write_script
from ec_maps.site.finder import INDEX, form, page_names, wanted_groups

if TYPE_CHECKING:
    import pandas as pd

#: The folder of the script in the folder of the page's files, and its name.
SCRIPTS, SCRIPT = "shortlist", "places.js"


def shortlist() -> str:
    """Return the shortlist as HTML, and write the script that it loads beside those of the explorer."""
    lads, msoas = measures_table("lad"), measures_table("msoa")
    folder = Path(FOLDER) / SCRIPTS
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    kinds = _kinds(msoas)
    write_places(folder / SCRIPT, lads, kinds, wanted_groups(lads))
    return f"```{{=html}}\n{_page(msoas, kinds)}\n```"


def _kinds(msoas: pd.DataFrame) -> dict[str, str]:
    """Return the name of each kind by its key; none if the files have not both measures, or these form no thirds."""
    try:
        if {*DRIVERS} <= {*msoas.attrs["measures"]}:
            neighbourhood_levers()
            return {key: kind.name for key, kind in LEVERS.items()}
    except DataError:  # the page of exposure and bias says what is wrong
        pass
    return {}


def write_places(path: Path, lads: pd.DataFrame, kinds: dict[str, str], groups: Sequence[PlaceGroup] = ()) -> None:
    """Write the script that sets ``ecShortlist``.

    Parameters
    ----------
    path
        The script. ``wider`` has slug, name, name in a sentence, kind and districts (their rows in
        ``ecValues.districts``) of each nation, region, county and combined authority; ``said`` the names of districts
        that are other in a sentence; ``beyond`` what has no neighbourhoods, by slug, as a sentence; ``sentences`` the
        templates of :mod:`ec_maps.analysis.shortlist`, and ``small`` the numbers in words.
    lads
        The table of districts.
    kinds
        The names of the kinds that can be chosen, by key.
    groups
        The groups of the list of places.
    """
    slugs, known = page_names(lads), known_districts(lads)
    rows = {code: at for at, code in enumerate(lads["lad21cd"])}
    wider, listed = [], {slug(group.name): group for group in groups}
    for one in wider_places(known, set(slugs.values()), groups):
        kind = "county" if one.kind.endswith("county") else one.kind
        named = f"{one.name} {kind}" if one.is_group else one.name
        unit = select_any(listed.get(one.slug, named), known).units[0]
        districts = [rows[place.lad21cd] for place in unit.places]
        wider.append([one.slug, one.name, unit.name, "both nations" if kind == "nations" else kind, districts])
    kingdom = united_kingdom()
    away = [] if kingdom is None else kingdom.loc[kingdom["rgn21nm"].isin(BEYOND), ["lad21nm", "rgn21nm"]].to_numpy()
    data = {
        "first": _first(lads, slugs),
        "wider": wider,
        "said": {name: said for name in lads["lad21nm"] if (said := the_district(name)) != name},
        "beyond": {slug(name): f"{name} is in {region}" for name, region in away}
        | {slug(region): f"There is no list for {region}" for region in BEYOND},
        "kinds": kinds,
        "named": NAMED,
        "sentences": SENTENCES,
        "small": [some(number) for number in range(10)],
        "source": line(),
        "stamp": DEMO_WORDS if settings.is_demo() else "",
    }
    write_script(path, "window.ecShortlist = ", data)


def _first(lads: pd.DataFrame, slugs: dict[str, str]) -> list[str]:
    """Return the place that the page begins with: the first of the list that has neighbourhoods, or else a region."""
    here = [place for place in read_places() if {*place.codes} <= {*slugs}]
    first = [slugs[place.lad21cd] if place.lad21cd else slug(place.name) for place in here[:1]]
    return first or [slug(str(min(lads["rgn21nm"])))]


def _page(msoas: pd.DataFrame, kinds: dict[str, str]) -> str:
    measures = [measure_named(key).among(msoas.attrs["categories"][key]) for key in msoas.attrs["measures"]]
    titles = {one.key: one.title for one in measures}
    deciles = {str(number): f"{number} or below" for number in range(1, GROUPS + 1)}
    deciles |= {"1": "1, the lowest", str(GROUPS): f"{GROUPS} or below: all"}
    chosen = [("measure", "Measure", titles, HEADLINE), ("at-most", "Decile", deciles, "2")]
    chosen += [("kind", "Kind of place", {"": "any kind", **kinds}, "")] if kinds else []
    fields = "\n".join(
        f'<span class="ec-field"><label for="ec-{name}">{label}</label> <select id="ec-{name}">'
        + "".join(
            f'<option value="{key}"{" selected" if key == first else ""}>{escape(words)}</option>'
            for key, words in options.items()
        )
        + "</select></span>"
        for name, label, options, first in chosen
    )
    return f"""<div class="ec-shortlist" data-scripts="{FOLDER}/{explorer.SCRIPTS}/">
{form(f"{PLACES}/{FOLDER}/{INDEX}", adds=True)}
<ul class="ec-chosen" aria-label="Places chosen" hidden></ul>
<div class="ec-controls" hidden>
{fields}
<button type="button" data-do="copy">Copy link</button>
<button type="button" data-do="csv" disabled>Download table (CSV)</button>
</div>
<div class="ec-told" role="status"></div>
<div class="ec-listed"></div>
</div>
<script src="{FOLDER}/{explorer.SCRIPTS}/{VALUES}" defer></script>
<script src="{FOLDER}/{SCRIPTS}/{SCRIPT}" defer></script>"""
