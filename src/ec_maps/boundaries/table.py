"""Boundaries and lookups, recognised by their columns, as one table of areas for each level."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ec_maps import cache, settings
from ec_maps.boundaries.files import Table, conflicts, find_tables
from ec_maps.boundaries.sources import PORTAL, boundary_files, boundary_name, boundary_notes
from ec_maps.errors import BoundaryError, counted, listed
from ec_maps.geography.codes import (
    BEYOND,
    ENGLAND_AND_WALES,
    district_vintage,
    nation,
    neighbourhood_vintage,
    official_districts,
)
from ec_maps.geography.levels import LevelName

if TYPE_CHECKING:
    import geopandas as gpd

    from ec_maps.cache import Rows

#: The width of the frame round a district, in widths of the district, and the least width in metres assumed for it.
_ROOM, _LEAST = 2.0, 4_000.0

#: The largest share of neighbourhoods, or of districts, that may be without outlines: more is a part of a download.
MAX_WITHOUT_OUTLINES = 0.1

#: Regions of their own: ONS leaves the region empty outside England.
_NATIONS_AS_REGIONS = ("Wales", *BEYOND)


@dataclass(frozen=True)
class Areas:
    """The areas of both levels as the boundary files give them, EPSG:27700, sorted by code.

    `lads` has ``lad21cd lad21nm rgn21nm geometry``, of Scotland and Northern Ireland too where the files have them.
    `msoas` has ``msoa21cd msoa21nm lad21cd lad21nm rgn21nm geometry`` and, where a file has readable names,
    ``msoa21hclnm`` and ``msoa21hclnmw`` (Welsh; missing in England). `notes` say what was corrected or assumed.
    """

    lads: gpd.GeoDataFrame
    msoas: gpd.GeoDataFrame
    notes: list[str] = field(default_factory=list)


def load_boundaries(level: LevelName, near: str | None = None) -> gpd.GeoDataFrame:
    """Return the areas of a level, from the cache if the files have not changed: see :class:`Areas`.

    Parameters
    ----------
    level
        The level.
    near
        The name of a district: only the areas in a wide frame round it; no row if there is no such district.
    """
    key = cache.fingerprint(boundary_files(), settings.source())
    if near is not None:
        return _read(level, settings.source(), key, lambda table, boxes: _framed(table["lad21nm"] == near, boxes))
    # A copy that shares the outlines: a caller's changes to it do not reach other callers.
    return _whole(level, settings.source(), key, settings.cache_dir()).copy(deep=False)


@lru_cache(maxsize=2)
def _whole(level: LevelName, source: str, key: str, _folder: Path) -> gpd.GeoDataFrame:
    # The tables of all measures share it.
    return _read(level, source, key, None)


def _read(level: LevelName, source: str, key: str, rows: Rows | None) -> gpd.GeoDataFrame:
    return cache.cached(f"boundaries-{source}-{level}", key, lambda: getattr(available_areas(), f"{level}s"), rows=rows)


def _framed(here: pd.Series, boxes: pd.DataFrame) -> np.ndarray:
    """Return which boxes touch a square frame round those that are `here`, with room for any map of them."""
    if not here.any():
        return np.zeros(len(here), dtype=bool)
    left, bottom, right, top = (*boxes.loc[here, ["xmin", "ymin"]].min(), *boxes.loc[here, ["xmax", "ymax"]].max())
    reach = max(right - left, top - bottom, _LEAST) * _ROOM / 2
    x, y = (left + right) / 2, (bottom + top) / 2
    across = (boxes["xmin"] <= x + reach) & (boxes["xmax"] >= x - reach)
    up = (boxes["ymin"] <= y + reach) & (boxes["ymax"] >= y - reach)
    return np.asarray(across & up)


def load_districts() -> pd.DataFrame:
    """Return ``lad21cd lad21nm rgn21nm`` of the districts of England and Wales, sorted by code."""
    return pd.DataFrame(in_england_and_wales(load_boundaries("lad"), "lad21cd").drop(columns="geometry"))


def available_districts() -> pd.DataFrame:
    """Return ``lad21cd lad21nm rgn21nm`` of all districts that can be mapped, sorted by code.

    These are the districts of the United Kingdom, or of England and Wales if the boundaries lack Scotland or Northern
    Ireland.
    """
    every = load_boundaries("lad")
    return every[["lad21cd", "lad21nm", "rgn21nm"]] if covers_the_kingdom(every) else load_districts()


def covers_the_kingdom(districts: pd.DataFrame) -> bool:
    """Return whether districts of Scotland and of Northern Ireland are among these."""
    return set(BEYOND) <= set(districts["rgn21nm"])


def in_england_and_wales(frame: gpd.GeoDataFrame, code: str) -> gpd.GeoDataFrame:
    """Return the rows whose code is of England or Wales, real or the demonstration's, numbered from 0."""
    return frame[_is_here(frame[code])].reset_index(drop=True)


def outside_england_and_wales(frame: gpd.GeoDataFrame, code: str) -> gpd.GeoDataFrame:
    """Return the other rows, those of Scotland and Northern Ireland, real or the demonstration's, numbered from 0."""
    return frame[~_is_here(frame[code])].reset_index(drop=True)


def _is_here(codes: pd.Series) -> pd.Series:
    return codes.map(nation).isin(ENGLAND_AND_WALES)


def available_areas() -> Areas:
    """Return :func:`read_areas`, read once in a process while the files are unchanged."""
    return _areas_of(boundary_name(), tuple(boundary_notes()), cache.fingerprint(boundary_files(), settings.source()))


@lru_cache(maxsize=1)
def _areas_of(_root: str, _notes: tuple[str, ...], _key: str) -> Areas:
    # The tables of both levels and every join report use it.
    return read_areas()


def read_areas() -> Areas:
    """Return the areas of both levels from the boundary files, uncached.

    Raises
    ------
    BoundaryError
        If a level has no boundaries or more than one set, they are of another vintage, or neighbourhoods or districts
        cannot be placed because a lookup is absent, incomplete or ambiguous.
    """
    root = boundary_name()
    tables = find_tables(boundary_files())
    notes = boundary_notes()
    hexagons = [table for table in tables if {"lad21cd", "msoa21cd"} & set(table.columns) and table.has_hexagons()]
    notes += [f"{table} is a hexagon layout, not outlines; it is not used." for table in hexagons]
    # Other layers of its file, such as outlines of districts, belong to the layout too.
    apart = {(table.path, table.inside) for table in hexagons}
    tables = [table for table in tables if (table.path, table.inside) not in apart]
    msoas, msoas_from = _outlines(tables, "msoa", root, notes)
    if msoas is None:
        msg = " ".join([f"{root} holds no neighbourhood boundaries (MSOA21CD with outlines).", *notes, _seen(tables)])
        raise BoundaryError(msg)
    lookup = _district_of_each(tables, list(msoas["msoa21cd"]), root)
    msoas = msoas.drop(columns=["lad21cd", "lad21nm", "rgn21nm"], errors="ignore").merge(
        lookup, on="msoa21cd", how="left", validate="one_to_one"
    )
    lads, lads_from = _outlines(tables, "lad", root, notes)
    names = _names(tables, lads, "lad")
    if lads is None:
        from ec_maps.boundaries.geometry import dissolved

        notes.append("No file holds district boundaries; they were put together from the neighbourhoods.")
        _check_vintage("lad", list(msoas["lad21cd"]), f"{root}: the neighbourhood lookup")
        lads = dissolved(msoas[["lad21cd", "geometry"]], by="lad21cd")
    else:
        from ec_maps.boundaries.geometry import check_together

        check_together(lads, msoas, lads_from, msoas_from)
    lads["lad21nm"] = lads["lad21cd"].map(names)
    # A database may have no names beyond England and Wales, and those of December 2021 are known.
    known = {code: district.name for code, district in official_districts().items()}
    lads["lad21nm"] = lads["lad21nm"].fillna(lads["lad21cd"].map(known))
    lads["rgn21nm"] = lads["lad21cd"].map(_regions(tables, list(lads["lad21cd"]), names, root))
    places = lads.set_index("lad21cd")
    if strangers := sorted(set(msoas["lad21cd"]) - set(places.index)):
        msg = (
            f"{root}: the district boundaries lack {len(strangers)} of the districts that the neighbourhood lookup "
            f"names ({listed(strangers)}). Both must be of December 2021 (or 2022, which is the same)."
        )
        raise BoundaryError(msg)
    msoas["lad21nm"] = msoas["lad21cd"].map(places["lad21nm"])
    msoas["rgn21nm"] = msoas["lad21cd"].map(places["rgn21nm"])
    msoas["msoa21nm"] = msoas["msoa21cd"].map(_names(tables, msoas, "msoa"))
    if msoas["msoa21nm"].isna().all():
        notes.append(f"{root} has no official names of neighbourhoods; their codes are used instead.")
        msoas["msoa21nm"] = msoas["msoa21cd"]
    _complete(lads, "lad21nm", "lad21cd", root)
    _complete(msoas, "msoa21nm", "msoa21cd", root)
    more = []
    for name in ("msoa21hclnm", "msoa21hclnmw"):
        if readable := _column(tables, "msoa21cd", name):
            msoas[name] = msoas["msoa21cd"].map(readable)
            more.append(name)
    if not more:
        notes.append("There are no readable names of neighbourhoods; the maps show their official ones.")
    _check_parts(lads, msoas, root, notes)
    notes += dict.fromkeys(note for table in tables for note in table.notes)
    return Areas(
        lads.sort_values("lad21cd", ignore_index=True)[["lad21cd", "lad21nm", "rgn21nm", "geometry"]],
        msoas.sort_values("msoa21cd", ignore_index=True)[
            ["msoa21cd", "msoa21nm", "lad21cd", "lad21nm", "rgn21nm", "geometry", *more]
        ],
        notes,
    )


def _outlines(
    tables: list[Table], level: LevelName, root: str, notes: list[str]
) -> tuple[gpd.GeoDataFrame | None, str]:
    """Return the outlines of a level, in order and of the right vintage, or None if no file has them; and the files.

    Files without a code in common are pages of one set, as the portal saves at most some thousand areas at a time.
    """
    from ec_maps.boundaries.geometry import check_sizes, in_order

    code = f"{level}21cd"
    found = [table for table in tables if table.has_outlines and code in table.columns]
    if level == "lad":
        found = [table for table in found if "msoa21cd" not in table.columns]
    frames = []
    for table in found:
        frame = table.read_outlines()
        if not len(frame):
            notes.append(f"{table} holds no areas; it is not used.")
        else:
            frames.append((table, frame))
    if not frames:
        return None, ""
    where = listed([str(table) for table, _ in frames])
    distinct = [set(frame[code]) for _, frame in frames]
    if twice := sorted(one for one, number in Counter(chain(*distinct)).items() if number > 1):
        msg = (
            f"{root} holds more than one set of {level.upper()} boundaries ({where}): {counted(len(twice), 'area')} "
            f"{_have(len(twice))} two outlines ({listed(twice, 3)}). Keep one set; its parts may not overlap."
        )
        raise BoundaryError(msg)
    for table, frame in frames:
        _check_vintage(level, list(frame[code]), str(table))
    ordered = [in_order(frame, code, where=str(table), notes=notes) for table, frame in frames]
    if ordered[1:]:
        notes.append(f"{where} were read as the parts of one set of {level.upper()} boundaries.")
    whole = pd.concat(ordered, ignore_index=True)
    check_sizes(whole, level, where)
    return whole, where


def _check_vintage(level: LevelName, codes: list[str], where: str) -> None:
    vintage = (district_vintage if level == "lad" else neighbourhood_vintage)(codes)
    if not vintage.fits:
        msg = (
            f"{where} is of vintage {vintage.name} ({listed(vintage.evidence, 3)}), but the maps are made for "
            f"{'December 2021 districts' if level == 'lad' else '2021 MSOAs'}. Fetch the 2021 files from {PORTAL}."
        )
        raise BoundaryError(msg)


def _column(tables: list[Table], key: str, value: str) -> dict[str, str]:
    """Return value by key from every table that has both, without empty ones; the first file that has a key wins."""
    found: dict[str, str] = {}
    for table in tables:
        if {key, value} <= set(table.columns):
            rows = table.read_columns([key, value])
            for left, right in zip(rows[key], rows[value], strict=True):
                if left and right:
                    found.setdefault(left, right)
    return found


def _district_of_each(tables: list[Table], codes: list[str], root: str) -> pd.DataFrame:
    """Return ``msoa21cd lad21cd``, one row for each of the codes."""
    pairs = [
        table.read_columns(["msoa21cd", "lad21cd"]) for table in tables if {"msoa21cd", "lad21cd"} <= set(table.columns)
    ]
    if not pairs:
        msg = (
            f"{root} holds no lookup from neighbourhood to district: no file has MSOA21CD with LAD21CD or "
            f"LAD22CD. {_seen(tables)}"
        )
        raise BoundaryError(msg)
    lookup = pd.concat(pairs).drop_duplicates()
    # A lookup of postcodes has small areas of Scotland and Northern Ireland too.
    known = {code for code in lookup["msoa21cd"] if nation(code) in ENGLAND_AND_WALES}
    if len(known - set(codes)) > MAX_WITHOUT_OUTLINES * len(known):
        msg = (
            f"{root} has boundaries of {len(known & set(codes)):,} of the {len(known):,} neighbourhoods in its lookup. "
            f"The portal saves at most 2,000 areas at a time: put the files of the others beside them, or the whole "
            f"file from {PORTAL}."
        )
        raise BoundaryError(msg)
    lookup = lookup[lookup["msoa21cd"].isin(codes) & (lookup["lad21cd"] != "")]
    if several := conflicts(lookup, "msoa21cd", "lad21cd"):
        number = counted(len(several), "neighbourhood")
        msg = (
            f"{root}: the lookups put {number} in more than one district ({listed(several, 3)}). Keep one exact "
            f"lookup of 2021 MSOAs to 2021 or 2022 districts, such as the one at {PORTAL}."
        )
        raise BoundaryError(msg)
    if lost := sorted(set(codes) - set(lookup["msoa21cd"])):
        msg = (
            f"{root}: {len(lost)} of {len(codes)} neighbourhoods {_have(len(lost))} no district in the lookup "
            f"({listed(lost, 3)}). A lookup of 2021 MSOAs to 2021 or 2022 districts is needed, from {PORTAL}."
        )
        raise BoundaryError(msg)
    return lookup


def _have(number: int) -> str:
    return "has" if number == 1 else "have"


def _names(tables: list[Table], areas: gpd.GeoDataFrame | None, level: LevelName) -> dict[str, str]:
    """Return name by code: the boundaries' own names first, then those of any other file."""
    code, name = f"{level}21cd", f"{level}21nm"
    names = _column(tables, code, name)
    if areas is not None and name in areas.columns:
        names |= {code: text for code, text in zip(areas[code], areas[name], strict=True) if text}
    return names


def _regions(tables: list[Table], codes: list[str], names: dict[str, str], root: str) -> dict[str, str]:
    """Return the region of each district; Wales, Scotland and Northern Ireland are regions of their own."""
    regions = _column(tables, "lad21cd", "rgn21nm")
    regions |= {code: nation(code) for code in codes if nation(code) in _NATIONS_AS_REGIONS}
    if lost := [code for code in codes if code not in regions]:
        examples = listed([names.get(code, code) for code in lost], 5)
        msg = (
            f"{root}: {len(lost)} of {len(codes)} districts {_have(len(lost))} no region ({examples}). A lookup with "
            f"LAD21CD and RGN21NM (local authority district to region, December 2021) is needed, "
            f"from {PORTAL}. {_seen(tables)}"
        )
        raise BoundaryError(msg)
    return regions


def _complete(frame: gpd.GeoDataFrame, column: str, code: str, root: str) -> None:
    if (lost := frame[column].isna() | (frame[column] == "")).any():
        areas, examples = counted(lost.sum(), "area"), listed(list(frame.loc[lost, code]), 5)
        msg = f"{root}: {areas} {_have(lost.sum())} no name ({column}) in any file: {examples}."
        raise BoundaryError(msg)


def _check_parts(lads: gpd.GeoDataFrame, msoas: gpd.GeoDataFrame, root: str, notes: list[str]) -> None:
    """Note what part of the country the areas are; `BoundaryError` if too many districts have no neighbourhoods."""
    here = in_england_and_wales(lads, "lad21cd")
    if here["lad21cd"].str[0].ne("X").any() and len(here) != 331:
        notes.append(f"{root} holds {len(here)} of the 331 districts of England and Wales; the others cannot be drawn.")
    if msoas["msoa21cd"].str[0].ne("X").any() and len(msoas) != 7264:
        notes.append(f"{root} holds {len(msoas)} of the 7,264 neighbourhoods; the others cannot be drawn.")
    if empty := sorted(set(here["lad21nm"]) - set(msoas["lad21nm"])):
        districts = counted(len(empty), "district")
        text = f"{districts} {_have(len(empty))} no neighbourhood boundaries: {listed(empty)}."
        if len(empty) > MAX_WITHOUT_OUTLINES * len(here):
            msg = f"{root}: {text} The neighbourhoods of all districts are needed, from {PORTAL}."
            raise BoundaryError(msg)
        notes.append(text)


def _seen(tables: list[Table]) -> str:
    """Return a list of the files and their columns, for a message."""
    stems = {table.path.stem for table in tables}  # a shapefile has several files
    rest = [path.name for path in boundary_files() if path.stem not in stems and path.name[0] != "."]
    left = f" Not read: {listed(rest, 6)}." if rest else ""
    if not tables:
        return f"No file there is a table (Parquet, GeoPackage, GeoJSON, Shapefile, CSV, or a zip of these).{left}"
    return "Files there: " + "; ".join(f"{table} ({listed(table.columns, 6)})" for table in tables[:8]) + f".{left}"
