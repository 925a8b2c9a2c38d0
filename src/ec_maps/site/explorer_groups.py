"""The scripts of the explorer's groups: counties, combined authorities and the groups of the list of places."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ec_maps.analysis.comparison import DECILE
from ec_maps.areas.deciles import GROUPS
from ec_maps.areas.wider import Wider
from ec_maps.areas.wording import some
from ec_maps.maps.figure_cache import PLACES
from ec_maps.measures import Measure, measure_named
from ec_maps.site.explorer_data import write_script

if TYPE_CHECKING:
    import pandas as pd


def write_groups(
    folder: Path, groups: Iterable[Wider], lads: pd.DataFrame, msoas: pd.DataFrame, paged: Iterable[str]
) -> list[str]:
    """Write a script for each group, and return their slugs.

    Parameters
    ----------
    folder
        Gets ``<slug>.js``, which adds a group to ``ecAreas``: ``name`` and ``kind``; ``members``, the rows of its
        districts in ``ecValues.districts``; ``links``, each as words and address; and by measure in ``spread`` the
        number of its neighbourhoods in each decile, and a sentence on their values.
    groups
        Places of several districts; those that are no groups are passed over.
    lads, msoas
        The tables of :func:`ec_maps.measures_table`.
    paged
        The slugs of those with a page.
    """
    rows, pages, written = {code: at for at, code in enumerate(lads["lad21cd"])}, set(paged), []
    for one in groups:
        if not one.is_group:
            continue
        inside = msoas[msoas["lad21cd"].isin(one.codes)]
        measures = [measure_named(key) for key in lads.attrs["measures"] if key in msoas]
        data = {
            "name": one.name,
            "kind": one.kind,
            "members": [rows[code] for code in one.codes],
            "links": _links(one, has_page=one.slug in pages),
            "spread": {measure.key: _spread(inside, measure) for measure in measures},
        }
        before = f"(window.ecAreas = window.ecAreas || {{}})[{json.dumps(one.slug)}] = "
        write_script(folder / f"{one.slug}.js", before, data)
        written.append(one.slug)
    return written


def _spread(inside: pd.DataFrame, measure: Measure) -> list[Any]:
    counts, values = inside[f"{measure.key}{DECILE}"].value_counts(), inside[measure.key].dropna()
    missing = len(inside) - len(values)
    said = f"None of its {len(inside)} neighbourhoods has a published estimate."
    if len(values):
        low, high = (measure.format(float(end)) for end in (values.min(), values.max()))
        said = f"The values of its {len(inside)} neighbourhoods run from {low} to {high}."
    if missing and len(values):
        said += f" {some(missing).capitalize()} {'has' if missing == 1 else 'have'} no {measure.estimate}."
    return [[int(counts.get(decile, 0)) for decile in range(1, GROUPS + 1)], said]


def _links(one: Wider, *, has_page: bool) -> list[tuple[str, str]]:
    page = [(f"The page of {one.name}", f"{PLACES}/{one.slug}.html")] if has_page else []
    return [
        *page,
        ("Compare it with other places", f"compare-places.html#places={one.slug}"),
        ("List its lowest neighbourhoods", f"shortlist.html#places={one.slug}"),
    ]
