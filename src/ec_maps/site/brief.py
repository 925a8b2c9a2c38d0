"""The brief of a place for a committee: one A4 page as a tagged PDF.

It says what the place's page says, with the page's own maps: the areas of their SVG, without the words around them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import IO, TYPE_CHECKING

import pandas as pd

from ec_maps import settings
from ec_maps.analysis.bivariate import DRIVERS, bivariate_table
from ec_maps.analysis.comparison import available_measures
from ec_maps.analysis.district import DistrictProfile, district_profile
from ec_maps.analysis.group import GroupProfile, group_profile
from ec_maps.analysis.similar import coverage_in_words, similar_table, why_none
from ec_maps.analysis.two_questions import CAUTION, two_lists
from ec_maps.areas.coverage import united_kingdom
from ec_maps.areas.deciles import GROUPS
from ec_maps.areas.finder import find_place, gazetteer_of
from ec_maps.areas.groups import PlaceGroup, named_group
from ec_maps.areas.table import load_areas
from ec_maps.areas.wording import series, some, the
from ec_maps.errors import DataError, SettingError, told
from ec_maps.geography.codes import BEYOND
from ec_maps.geography.names import folded, slug
from ec_maps.geography.similar import SOURCE
from ec_maps.graphics import palette, saving
from ec_maps.maps.choropleth import local_map, national_map, regional_map
from ec_maps.maps.figure_cache import FOLDER, PLACES
from ec_maps.site.brief_page import Brief, Picture, Section
from ec_maps.site.finder import linked, page_names, wanted_groups
from ec_maps.site.staging import site_address

if TYPE_CHECKING:
    import geopandas as gpd

    from ec_maps.geography.gazetteer import Place
    from ec_maps.graphics.figure import Map
    from ec_maps.site.district_page import Around


def brief(place: str | Place | PlaceGroup, path_or_file: str | Path | IO[bytes]) -> Path | IO[bytes]:
    """Write the brief of a place for a committee: one A4 page as a tagged PDF (PDF/UA-1), black-and-white legible.

    It has the place's value, decile and rank in a sentence, or of a group how its neighbourhoods are spread; maps of
    its neighbourhoods, its region and the country with the number of the decile on each area; how many neighbourhoods
    are in each decile; where it stands among similar places; what to bear in mind, and the sources. On a site that has
    a page of the place, it has a link to it. The same data give the same bytes, on machines with any fonts: the file
    has its own.

    Parameters
    ----------
    place
        The name or code of a local authority of the United Kingdom; or the name of a county or combined authority of
        England (``"Norfolk"``), or of a group in the list of places.
    path_or_file
        The file to write: a path that ends in ``.pdf``, or a file that is open for bytes.

    Returns
    -------
    path_or_file
        The path or the file.

    Raises
    ------
    PlaceError
        If the place is unknown; the message suggests names.
    SettingError
        If the file has another ending or cannot be written.
    MissingExtraError
        If typst is not installed.
    DataError, BoundaryError, FetchError
        As :func:`ec_maps.load_areas`.

    Examples
    --------
    >>> import ec_maps
    >>> ec_maps.brief("Norwich", "norwich.pdf").name
    'norwich.pdf'
    """
    if isinstance(path_or_file, str | Path) and Path(path_or_file).suffix.lower() != ".pdf":
        msg = f"A brief is a PDF, and the name {told(str(path_or_file))} does not end in .pdf."
        raise SettingError(msg)
    settings.require_extra("brief", "Writing a brief")
    return saving.write(path_or_file, lambda: _drawn(place).pdf(), what="brief")


def _drawn(place: str | Place | PlaceGroup) -> Brief:
    """Return the brief of a place or a group, with maps drawn for it."""
    everywhere, lads, msoas = united_kingdom(), load_areas("lad"), _with_kinds(load_areas("msoa"))
    profile: DistrictProfile | GroupProfile
    home: gpd.GeoDataFrame = lads
    if group := _group_of(place, lads):
        profile, page = group_profile(lads, msoas, group), slug(group.name)
    else:
        found = find_place(place, lads if everywhere is None else everywhere)  # type: ignore[arg-type]
        home = everywhere if found.region in BEYOND and everywhere is not None else lads
        profile, page = district_profile(home, msoas, found.lad21cd), page_names(home)[found.lad21cd]
    maps = [regional_map(home, list(profile.regions), highlight=list(profile.codes)), national_map(home)]
    if len(profile.msoas):
        maps.insert(0, local_map(msoas, list(profile.codes)))
    *shown, whole = (Picture(one.svg(), one.alt_text) for one in maps)
    return of_profile(profile, shown, whole, msoas=msoas, address=_address_of(page, lads), everywhere=everywhere)


def _with_kinds(msoas: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the table of all neighbourhoods with exposure, bias and kinds, or as it is where the files lack them."""
    try:
        return bivariate_table(msoas) if {*DRIVERS} <= set(available_measures("msoa")) else msoas
    except DataError:  # the values form no thirds
        return msoas


def _group_of(place: object, districts: pd.DataFrame) -> PlaceGroup | None:
    """Return the group that is given or named: one of this project's list, a county or a combined authority."""
    if isinstance(place, PlaceGroup) or not isinstance(place, str) or not place.strip():
        return place if isinstance(place, PlaceGroup) else None
    listed = wanted_groups(districts) if _has_site() else []
    if own := next((group for group in listed if folded(group.name) == folded(place)), None):
        return own
    gazetteer = gazetteer_of(districts)
    named = None if gazetteer.find(place) else named_group(place, "", gazetteer)
    return named[0] if named else None


def _address_of(page: str, lads: pd.DataFrame) -> str:
    """Return the address of a page on the site of this project; empty without a site or such a page."""
    site = site_address(settings.project_root()) if _has_site() else ""
    pages = {*linked(lads).values(), *(slug(group.name) for group in wanted_groups(lads))} if site else set()
    return f"{site}{PLACES}/{page}.html" if page in pages else ""


def _has_site() -> bool:
    return all((settings.project_root() / name).is_file() for name in ("_quarto.yml", "places.yml"))


def of_profile(
    profile: DistrictProfile | GroupProfile,
    maps: Sequence[Picture],
    country: Picture,
    *,
    msoas: gpd.GeoDataFrame,
    address: str = "",
    everywhere: gpd.GeoDataFrame | None = None,
) -> Brief:
    """Return the brief of a district or a group: its profile in words, and the maps of its page.

    Parameters
    ----------
    profile
        The profile, from whole tables.
    maps, country
        The maps of its neighbourhoods, which may lack, of its region, and of the country. Titles and outlines are set
        here. Without neighbourhoods, the table counts the districts of the region by decile.
    msoas
        The table of all neighbourhoods; with the kinds of :func:`ec_maps.bivariate_table`, the brief has the two lists.
    address
        That of its page.
    everywhere
        The table of the districts of the United Kingdom, if there is one, for places like it.
    """
    number, here = len(profile.msoas), series([the(region) for region in profile.regions])
    *inside, region = maps
    only = "Its only neighbourhood" if number == 1 else f"Its {number} neighbourhoods"
    alt = f"{country.alt_text} Outlined: {profile.name}."
    pictures = [
        *(replace(picture, title=only) for picture in inside),
        replace(region, title=f"In {here}", marks=profile.codes),
        replace(country, title=f"In {profile.universe}", marks=profile.codes, numbers=False, alt_text=alt),
    ]
    label, counts = "Neighbourhoods", profile.deciles
    if not inside:
        found = profile.lads.loc[profile.lads["rgn21nm"].isin(profile.regions), "decile"].value_counts()
        label, counts = f"Local authorities in {here}", [int(found.get(one, 0)) for one in range(1, GROUPS + 1)]
    lists = _lists(profile, msoas)
    return Brief(
        title=profile.name,
        about=f"{profile.entry.title} in {profile.in_sentence}",
        summary=profile.summary,
        compared=profile.compared if isinstance(profile, DistrictProfile) else profile.no_value,
        inside=profile.inside,
        pictures=pictures,
        label=label,
        counts=counts,
        colours=list(palette.colours(profile.entry)),
        caution=f"{profile.caution} {CAUTION}" if lists else profile.caution,
        lists=lists,
        sources=[SOURCE] if isinstance(profile, DistrictProfile) else [],
        sections=[_similar(profile, everywhere) if isinstance(profile, DistrictProfile) else _districts(profile)],
        address=address,
    )


def _lists(profile: DistrictProfile | GroupProfile, msoas: gpd.GeoDataFrame) -> list[Section]:
    """Return the two lists of neighbourhoods by exposure and bias; none where no neighbourhood has both values."""
    found = two_lists(msoas, profile.codes) if "kind" in msoas else ()
    sections = []
    for one in found if found and found[0].total else ():
        items = []
        for row in one.rows.to_dict("records"):
            known = row.get("msoa21hclnm")
            name = f"{known} ({row['msoa21nm']})" if isinstance(known, str) else str(row["msoa21nm"])
            items.append(f"{name}{', near a cut' if row['near_cut'] else ''}")
        # Those that only could be of the kind are on the page.
        number, helps = replace(one, others=one.others.iloc[:0]).sentence, one.findings[0]
        text = f"{number} What helps, as far as is known: {helps.text.rstrip('.')} ({helps.source})."
        after = f"A question to ask: {one.kind.question}"
        sections.append(Section(one.heading, text, items, after) if items else Section(one.heading, number))
    return sections


def _similar(profile: DistrictProfile, everywhere: gpd.GeoDataFrame | None) -> Section:
    """Return the section on the places most like a district, or on why there are none."""
    words = why_none(profile.codes[0], profile.name)
    if not words:
        table = similar_table(profile.codes[0], profile.lads, everywhere)
        words = f"{table.attrs['in_words']} {coverage_in_words(table)}".strip()
    return Section("Among similar places", words)


def _districts(profile: GroupProfile) -> Section:
    """Return the section on the districts of a group, lowest first."""
    rows = profile.districts.sort_values([profile.measure, "lad21cd"], na_position="last").to_dict("records")
    told = [
        f"{row['lad21nm']}, {profile.entry.format(float(row[profile.measure]))}"
        + ("" if pd.isna(row["decile"]) else f" (decile {row['decile']})")
        for row in rows
    ]
    return Section(f"Its {some(len(rows))} local authorities", f"{'; '.join(told)}.")


def link(
    profile: DistrictProfile | GroupProfile,
    page: str,
    maps: Mapping[str, Map],
    around: Around,
    folder: Path,
    *,
    msoas: gpd.GeoDataFrame,
    everywhere: gpd.GeoDataFrame | None = None,
) -> str:
    """Write the brief of a page beside it, and return the link to it as markdown; empty without a map of the country.

    `maps` are those of the page by the names of their files in ``maps/`` of the folder, as for :func:`of_profile`.
    """
    country = around.kingdom if profile.beyond else around.national
    if country is None:
        return ""
    shown = [Picture.saved(folder / FOLDER / f"{name}.svg", drawn.alt_text) for name, drawn in maps.items()]
    whole = Picture.saved(country.path, country.picture.alt_text)
    address = f"{around.site}{PLACES}/{page}.html" if around.site else ""
    content = of_profile(profile, shown, whole, msoas=msoas, address=address, everywhere=everywhere).pdf()
    (folder / f"{page}.pdf").write_bytes(content)
    return f"[Brief for a committee]({page}.pdf) (PDF, one page, {round(len(content) / 1000)} kB)"
