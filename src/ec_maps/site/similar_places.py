"""The section of a place's page on the places most like it: where it stands among them, and a table."""

from __future__ import annotations

import pandas as pd

from ec_maps.analysis.district import DistrictProfile
from ec_maps.analysis.similar import coverage_in_words, in_words, similar_places, similar_table, why_none
from ec_maps.areas.wording import capital, the_district
from ec_maps.geography.codes import BEYOND
from ec_maps.geography.similar import METHOD, SOURCE
from ec_maps.site.finder import page_names
from ec_maps.site.markdown import escaped, framed, pipe_table

#: What the lists say and do not say, wherever they are shown.
CAUTION = (
    "They are alike by indicators of population, work and pay, child poverty, housing, broadband, well-being and more, "
    "not by friendships. Where two of them differ, that is a question to ask, and not yet the effect of anything done "
    "there."
)

#: How many places a comparison takes, with the page's own.
_MOST = 6


def section(profile: DistrictProfile, pages: dict[str, str]) -> str:
    """Return the section as markdown; `pages` are the names of the pages that can be linked to, by code."""
    code = str(profile.district["lad21cd"])
    if why := why_none(code, profile.name):
        return f"## Similar places\n\n{escaped(why)}"
    table = similar_table(code, profile.lads, profile.surroundings)

    def named(one: str, name: str) -> str:
        shown = escaped(the_district(name))
        return f"[{shown}]({pages[one]}.html)" if one in pages and one != code else shown

    words = " ".join(part for part in (in_words(table, named), coverage_in_words(table)) if part)
    slugs = page_names(profile.surroundings)
    first = ",".join(slugs[one] for one in table["lad21cd"].head(_MOST))
    parts = [
        f"## Similar places\n\n{words}",
        _table(profile, table, pages),
        f"::: {{.ec-note}}\nLikeness: 1 is the most alike. {CAUTION} [{SOURCE.rstrip('.')}]({METHOD}).\n:::",
    ]
    if len(table) > 1:
        links = [f"[Compare it with the most alike in every measure](../compare-places.html#places={first})"]
        if not profile.beyond:
            here = ",".join(slugs[one] for one in table.loc[~table["rgn21nm"].isin(BEYOND), "lad21cd"])
            links.append(f"[List the lowest neighbourhoods of them all](../shortlist.html#places={here})")
        parts.append(" · ".join(links))
    return "\n\n".join(parts)


def linked_to(profile: DistrictProfile) -> list[str]:
    """Return the codes of the places that the section names."""
    return similar_places(profile.surroundings)[str(profile.district["lad21cd"])]


def _table(profile: DistrictProfile, table: pd.DataFrame, pages: dict[str, str]) -> str:
    """Return the places, lowest first, the page's own in bold, each with its place on the published list."""
    rows = []
    for row in table.sort_values(profile.measure, kind="stable").to_dict("records"):
        name, own = escaped(row["lad21nm"]), pd.isna(row["similarity"])
        if own:
            name = f"**{name}**"
        elif row["lad21cd"] in pages:
            name = f"[{name}]({pages[row['lad21cd']]}.html)"
        value = profile.entry.format(row[profile.measure])
        decile = "–" if pd.isna(row["decile"]) else f"{row['decile']}"
        rows.append([name, value, decile, "" if own else f"{row['similarity']}"])
    title = f"{capital(the_district(profile.name))} among the places most like it, lowest first"
    return framed(
        pipe_table(["Local authority", profile.entry.title, "Decile", "Likeness"], rows, title, "lrrr"), title
    )
