"""Boundaries and lookups from the Open Geography Portal of the Office for National Statistics (ONS).

Services there are renamed and withdrawn, and some that have the right name hold something else. So each key has several
candidates (``sources.csv``), and the first one counts that has the right columns and every code of the right edition.

Checks of a table return what is wrong with it, without a full stop; an empty text if nothing is.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np
import pandas as pd

from ec_maps import settings
from ec_maps.boundaries.arcgis import Layer, Rows, ServiceFault, open_layer, read
from ec_maps.boundaries.files import conflicts, write
from ec_maps.cleaning import clean_code
from ec_maps.errors import BoundaryError, counted, listed
from ec_maps.fetch.http_errors import NO_HOST, Fault, host_of
from ec_maps.fetch.manifest import Brought
from ec_maps.fetch.sources import Source, candidates, source
from ec_maps.geography.codes import (
    MAP_YEAR,
    Vintage,
    district_codes,
    district_vintage,
    neighbourhood_codes,
    neighbourhood_vintage,
    official_districts,
)
from ec_maps.geography.levels import LevelName

if TYPE_CHECKING:
    import geopandas as gpd


logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Edition:
    """The codes that a table must have, those that it may have, and how to find the vintage of others."""

    needed: frozenset[str]
    known: frozenset[str]
    vintage: Callable[[Iterable[object]], Vintage]

    def misfit(self, codes: Iterable[str]) -> str:
        """Return what is wrong with these codes."""
        got = set(codes)
        lost, strange = sorted(self.needed - got), sorted(got - self.known)
        if not (lost or strange):
            return ""
        gaps = f"{len(lost):,} of {len(self.needed):,} codes {_are(lost)} missing ({listed(lost, 3)})"
        parts = [gaps] if lost else []
        parts += [f"{len(strange):,} {_are(strange)} not of {MAP_YEAR} ({listed(strange, 3)})"] if strange else []
        vintage = self.vintage(sorted(got))
        of = "" if vintage.fits or vintage.name == "unknown" else f"; its codes are of vintage {vintage}"
        return f"it does not hold the areas of {MAP_YEAR}: {' and '.join(parts)}{of}"


def _are(things: Sequence[str]) -> str:
    return "is" if len(things) == 1 else "are"


def edition(level: LevelName) -> Edition:
    """Return the edition of a level's boundaries; districts may be those of the whole United Kingdom."""
    if level == "lad":
        return Edition(district_codes(MAP_YEAR, "EW"), frozenset(official_districts()), district_vintage)
    codes = neighbourhood_codes("2021")
    return Edition(codes, codes, neighbourhood_vintage)


def districts_of(nations: str) -> Edition:
    """Return the edition of a table of the districts of England (``"E"``) or of England and Wales (``"EW"``) only."""
    codes = district_codes(MAP_YEAR, nations)
    return Edition(codes, codes, district_vintage)


def more_than_one(table: pd.DataFrame, code: str, group: str) -> str:
    """Return which areas are in more than one group."""
    several = conflicts(table, code, group)
    number = counted(len(several), "area")
    return f"it puts {number} in more than one place ({listed(several, 3)})" if several else ""


def not_filled(table: pd.DataFrame, names: Sequence[str]) -> str:
    """Return which areas, named by the first column, have an empty value in one of the columns."""
    for name in names:
        if (empty := table[name] == "").any():
            return f"it has no {name} for {counted(empty.sum(), 'area')} ({listed(list(table[names[0]][empty]), 3)})"
    return ""


# --- what the portal has ----------------------------------------------------------------------------


#: How many outlines to ask for at once. Those of full resolution are up to a megabyte each.
_PAGES = {"full": 50, "generalised": 500, "super_generalised": 500}

#: The English regions, in the order of their codes, E12000001 and so on.
_REGIONS = (
    "North East",
    "North West",
    "Yorkshire and The Humber",
    "East Midlands",
    "West Midlands",
    "East of England",
    "London",
    "South East",
    "South West",
)

#: The resolution of outlines in the names of services and layers: BFC is full, BGC generalised, and so on.
_FINENESS = re.compile(r"(?<![A-Z])B(?:FC|FE|GC|SC|UC)(?![A-Z])")

Made = tuple[Layer, "pd.DataFrame | gpd.GeoDataFrame", list[str]]


def bring(key: str, path: Path) -> Brought:
    """Download the table of a key to a file, replacing it, and return what is known of it.

    Parameters
    ----------
    key
        ``"lad21_boundaries"`` or ``"msoa21_boundaries"``: GeoParquet in EPSG:27700 with ``LAD21CD LAD21NM LAD21NMW
        geometry`` (``MSOA21…``), the names in English and Welsh, districts of the whole kingdom where the service has
        them. ``"msoa21_lad21_lookup"``: CSV, ``MSOA21CD,LAD21CD``. ``"lad21_rgn21_lookup"``: CSV,
        ``LAD21CD,LAD21NM,RGN21CD,RGN21NM`` of England. Sorted by code; the same data make the same bytes.
        If outlines of another resolution than the one asked for, the `variant`, are used, a note says so.
    path
        The file to write, whose folder must exist. It is written only once everything is here and checked.

    Raises
    ------
    Fault
        If no candidate could be downloaded: it says why; the log has what was wrong with each.
    OSError
        If the file cannot be written.
    """
    make, resolution, reasons = _MAKERS[key], settings.resolution(), dict[str, str]()
    for row in candidates(key, resolution):
        try:
            layer, frame, notes = make(row)
        except (Fault, BoundaryError) as fault:
            if isinstance(fault, ServiceFault):
                reasons[row.address] = fault.reason
            elif isinstance(fault, Fault) and (settings.is_offline() or fault.kind in NO_HOST):
                again = " It may answer again later." if fault.kind in ("busy", "stalled") else ""
                msg = f"{fault}{again}{_tried(reasons)}"
                raise Fault(msg, fault.kind, fault.wait, fault.status) from None
            else:
                reasons[row.address] = str(fault).rstrip(".")
            logger.debug("%s: %s – %s", key, row.address, reasons[row.address])
            continue
        if row.resolution not in ("", resolution):
            note = f"Outlines of {resolution} resolution could not be downloaded; {row.resolution} ones are used."
            notes.insert(0, note.replace("_", "-"))
        write(frame, path)
        return Brought(
            address=layer.address,
            name=row.address,
            resource=layer.item,
            date=layer.date,
            licence=layer.licence or row.licence,
            variant=resolution if row.resolution else "",
            notes=(*_passed_over(reasons), *notes),
        )
    if key == "lad21_rgn21_lookup":
        return _own_regions(key, path, reasons)
    msg = f"No service of the ONS portal ({host_of(settings.ons_url())}) has what is needed.{_tried(reasons)} "
    msg += "A newer version of ec_maps may know where it is now."
    raise Fault(msg, "wrong")


def _tried(reasons: dict[str, str]) -> str:
    """Return why the services that were tried failed, by reason; the log has each with its own."""
    alike: dict[str, list[str]] = {}
    for name, why in reasons.items():
        alike.setdefault(why, []).append(name)
    if len(alike) == 1 and len(reasons) > 1:
        return f" Each of them failed alike: {next(iter(alike))}."
    tried = [f"{counted(len(names), 'service') if names[1:] else names[0]} – {why}" for why, names in alike.items()]
    return f" Tried: {'; '.join(tried)}." if tried else ""


def _passed_over(reasons: dict[str, str]) -> list[str]:
    return [f"{name} was skipped: {why}." for name, why in reasons.items()]


def _boundaries(row: Source) -> Made:
    """Return the layer of a candidate, and its areas in order and of the right edition."""
    import geopandas as gpd
    import shapely
    from pyproj import CRS
    from pyproj.exceptions import CRSError

    from ec_maps.boundaries.geometry import in_order

    level = cast(LevelName, row.key.split("21", 1)[0])
    names = [f"{level}21{part}".upper() for part in ("cd", "nm", "nmw")]
    layer = open_layer(row.address, [(name,) for name in names[:2]])
    says, should = _FINENESS.search(layer.name), _FINENESS.search(row.address)
    if says and should and says[0] != should[0]:
        _refuse_if(row, f"its outlines are of another kind ({layer.name}, {says[0]}) than its name says")
    areas = edition(level)
    columns = [name for name in names if layer.field(name)]
    theirs = [layer.field(name) for name in columns]
    rows = read(layer, theirs, least=len(areas.needed), page=_PAGES[row.resolution], label=row.key)
    table = _table(rows, columns).reindex(columns=names, fill_value="")
    _refuse_if(row, areas.misfit(table[names[0]]) or not_filled(table, names[:2]))
    _refuse_if(row, _too_coarse(shapely.get_coordinates(rows.shapes)))
    notes = _nations_left_out(set(table[names[0]]), row.address) if level == "lad" else []
    try:
        system = None if rows.system is None else CRS.from_user_input(rows.system)
        frame = gpd.GeoDataFrame(table, geometry=gpd.GeoSeries(rows.shapes, crs=system))
        frame = in_order(frame, names[0], where=row.address, notes=notes)
    except (CRSError, shapely.errors.ShapelyError) as error:
        raise ServiceFault(row.address, f"its outlines cannot be used ({error})") from None
    return layer, frame.sort_values(names[0], ignore_index=True)[[*names, "geometry"]], notes


def _districts_of_neighbourhoods(row: Source) -> Made:
    """Return the layer of a candidate, and its pairs of codes, one for each neighbourhood."""
    areas = edition("msoa")
    layer, table = _lookup(row, [("MSOA21CD",), ("LAD21CD", "LAD22CD")], len(areas.needed))
    _refuse_if(row, areas.misfit(table["MSOA21CD"]) or more_than_one(table, "MSOA21CD", "LAD21CD"))
    _refuse_if(row, districts_of("EW").misfit(table["LAD21CD"]))
    return layer, table, []


def _regions_of_districts(row: Source) -> Made:
    """Return the layer of a candidate, and the English districts with their regions, named as ONS does."""
    pairs = [("LAD21CD", "LAD22CD"), ("LAD21NM", "LAD22NM"), ("RGN21CD", "RGN22CD"), ("RGN21NM", "RGN22NM")]
    english = districts_of("E")
    layer, table = _lookup(row, pairs, len(english.needed))
    # Some list the other nations too, without a region or as one of their own.
    table = table[~table["LAD21CD"].str[:1].isin(["W", "S", "N"])]
    _refuse_if(row, english.misfit(table["LAD21CD"]) or more_than_one(table, "LAD21CD", "RGN21CD"))
    _refuse_if(row, not_filled(table, list(table.columns)))
    # Spelt "Yorkshire and the Humber" by some.
    names = {name.casefold(): name for name in _REGIONS}
    table = table.assign(RGN21NM=[names.get(name.casefold(), name) for name in table["RGN21NM"]])
    if differing := sorted(set(_REGIONS) ^ set(table["RGN21NM"])):
        _refuse_if(row, f"its regions are not the nine English ones (in only one of the two: {listed(differing)})")
    return layer, table, []


_MAKERS: dict[str, Callable[[Source], Made]] = {
    "lad21_boundaries": _boundaries,
    "msoa21_boundaries": _boundaries,
    "msoa21_lad21_lookup": _districts_of_neighbourhoods,
    "lad21_rgn21_lookup": _regions_of_districts,
}

#: What :func:`bring` can bring.
TABLE_KEYS = tuple(_MAKERS)


def _own_regions(key: str, path: Path, reasons: dict[str, str]) -> Brought:
    """Write the regions of our own table of districts."""
    english = [district for code, district in sorted(official_districts().items()) if code[0] == "E"]
    rows = [(each.code, each.name, f"E120000{_REGIONS.index(each.region) + 1:02d}", each.region) for each in english]
    write(pd.DataFrame(rows, columns=["LAD21CD", "LAD21NM", "RGN21CD", "RGN21NM"]), path)
    note = "The lookup from district to region could not be downloaded from ONS; ec_maps's own table is used."
    return Brought(
        address="",
        name="ec_maps's own table of districts",
        licence=source(key).licence,
        notes=(note, *_passed_over(reasons)),
    )


def _lookup(row: Source, needed: Sequence[tuple[str, ...]], least: int) -> tuple[Layer, pd.DataFrame]:
    layer = open_layer(row.address, needed)
    rows = read(layer, [layer.field(*names) for names in needed], least=least, label=row.key)
    table = _table(rows, [names[0] for names in needed])
    return layer, table.drop_duplicates().sort_values(list(table.columns), ignore_index=True)


def _table(rows: Rows, columns: list[str]) -> pd.DataFrame:
    table = pd.DataFrame(rows.values, columns=columns)
    return table.assign(**{name: table[name].map(clean_code) for name in columns if name.endswith("CD")})


def _refuse_if(row: Source, reason: str) -> None:
    if reason:
        raise ServiceFault(row.address, reason)


def _too_coarse(points: np.ndarray) -> str:
    """Return what is wrong where degrees came although metres were asked for, to one decimal."""
    in_degrees = len(points) > 0 and float(np.abs(points).max()) <= 360
    if in_degrees and bool((points == points.round(1)).all()):
        return "its outlines are in degrees and to one decimal, which is 11 kilometres"
    return ""


def _nations_left_out(codes: set[str], where: str) -> list[str]:
    nations = {"S": "Scotland", "N": "Northern Ireland"}
    lost = [code[0] for code in set(official_districts()) - codes]
    return [
        f"{where} leaves out {counted(lost.count(letter), 'district')} of {name}."
        for letter, name in nations.items()
        if letter in lost
    ]
