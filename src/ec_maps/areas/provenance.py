"""Where what is shown comes from, in a line: the date of the data, the boundaries, the version of ec_maps."""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path

from ec_maps import settings
from ec_maps.atlas import select
from ec_maps.boundaries.sources import boundary_files
from ec_maps.cache import file_digest, fingerprint
from ec_maps.fetch import manifest
from ec_maps.fetch.manifest import Entry
from ec_maps.geography.levels import LEVELS, LevelName

_DETAILS = {"full": "in full detail", "generalised": "generalised to 20 m", "super": "super-generalised"}


def line() -> str:
    """Return where data and boundaries come from and what made the pages, in a few sentences; dates as 2025-02-28.

    What is missing is fetched first. Raises as :func:`ec_maps.load_areas` does if that fails.
    """
    made = f"Made with ec_maps {version('ec-maps')}."
    if settings.is_demo():
        return f"Demonstration data – not real values. They are made by a formula; shapes and names are real. {made}"
    levels: tuple[LevelName, ...] = ("lad", "msoa")
    for level in levels:
        select.supplied(level)
    boundary_files()
    return f"Values: {_values()}. Boundaries: {_boundaries()}. {made}"


def data_date(level: LevelName) -> str | None:
    """Return the date in the Atlas's file of a level, as it is written there; None if there is no such file here."""
    return _dated(level, fingerprint(select.archives(), settings.source()))


@lru_cache(maxsize=8)
def _dated(level: LevelName, _key: str) -> str | None:
    return select.data_date(level)


def boundaries_said() -> str:
    """Return what the boundaries are called where they come from: services, a database, or a folder."""
    if settings.is_demo():
        return "demonstration boundaries"
    chosen = settings.boundaries()
    if isinstance(chosen, Path):
        return chosen.name
    found = [entry for key in _keys(chosen) if (entry := manifest.held(key))]
    return ", ".join(dict.fromkeys(entry.name for entry in found)) or "not fetched yet"


def _keys(chosen: str) -> tuple[str, str]:
    stem = "postgis_" if chosen == "postgis" else ""
    return f"{stem}lad21_boundaries", f"{stem}msoa21_boundaries"


def _values() -> str:
    dates = {"lad": data_date("lad") or "", "msoa": data_date("msoa") or ""}
    told = [f"UK Social Capital Atlas, dated {dates['lad']}" if dates["lad"] else "UK Social Capital Atlas, undated"]
    if dates["lad"] != dates["msoa"]:
        told.append(f"neighbourhoods dated {dates['msoa'] or 'nowhere'}")
    fetched = [entry for level in LEVELS if (entry := manifest.held(f"atlas_{level}"))]
    if fetched:
        told.append(f"fetched on {max(entry.fetched_at for entry in fetched)[:10]}")
    sums = " and ".join(file_digest(path)[:8] for path in select.archives())
    return ", ".join([*told, f"sha256 {sums}"])


def _boundaries() -> str:
    chosen = settings.boundaries()
    areas = "districts of December 2021 and MSOAs of 2021"
    if isinstance(chosen, Path):
        return f"{areas}, from files put there by hand"
    entries: list[Entry] = [entry for key in _keys(chosen) if (entry := manifest.held(key))]
    if chosen == "postgis":
        return f"{areas}, from a PostGIS database"  # whose address is nobody's business
    details = " and ".join(dict.fromkeys(_DETAILS.get(_true_detail(entry), entry.variant) for entry in entries))
    when = f", fetched on {max(entry.fetched_at for entry in entries)[:10]}" if entries else ""
    return f"{areas}, ONS, {details}{when}"


def _true_detail(entry: Entry) -> str:
    """Return how fine boundaries are by the service they came from, which may have stood in for another."""
    from ec_maps.fetch import sources

    return next((row.detail for row in sources.rows(entry.key) if row.address == entry.name), entry.variant)


def in_words(text: str) -> str:
    """Return a date such as 2025-02-28 as "28 February 2025"; other text as it is."""
    try:
        day = date.fromisoformat(text[:10])
    except ValueError:
        return text
    return f"{day.day} {day:%B %Y}"
