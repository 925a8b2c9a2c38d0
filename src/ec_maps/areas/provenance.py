"""Where values and boundaries come from, what has to be downloaded, and the fingerprint of all inputs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from urllib.parse import urlsplit

from ec_maps import cache, settings
from ec_maps.atlas import archive, select
from ec_maps.boundaries.sources import boundary_files, boundary_jobs
from ec_maps.cache import file_digest, fingerprint
from ec_maps.errors import aligned
from ec_maps.fetch import fetcher, manifest, sources
from ec_maps.fetch.fetcher import Job, Outcome
from ec_maps.fetch.manifest import Entry
from ec_maps.geography.levels import LEVELS, LevelName

_RESOLUTIONS = {
    "full": "in full detail",
    "generalised": "generalised to 20 m",
    "super_generalised": "super-generalised",
}


def line(values: str | None = None) -> str:
    """Return the sources of values and boundaries and the version of ec_maps, in a few sentences; dates as 2025-02-28.

    `values` is the source of values that are not the Atlas's. Missing files are downloaded first; errors are those of
    :func:`ec_maps.load_areas`.
    """
    made = f"Made with ec_maps {version('ec-maps')}."
    if settings.is_demo():
        formula = "They are made by a formula" if values is None else f"Values: {values}"
        return f"Demonstration data – not real values. {formula}; shapes and names are real, codes invented. {made}"
    if values is not None:
        boundary_files()
        return f"Values: {values}. Boundaries: {_boundaries()}. {made}"
    levels: tuple[LevelName, ...] = ("lad", "msoa")
    for level in levels:
        select.supplied(level)
    boundary_files()
    return f"Values: {_values()}. Boundaries: {_boundaries()}. {made}"


def data_date(level: LevelName) -> str | None:
    """Return the date in the Atlas file of a level, as it is written there, empty if undated; None without a file."""
    return _dated(level, fingerprint(archive.archives(), settings.source()))


@lru_cache(maxsize=8)
def _dated(level: LevelName, _key: str) -> str | None:
    return select.data_date(level)


def boundaries_in_words() -> str:
    """Return the names of the boundaries at their source: services, a database table, or a folder."""
    if settings.is_demo():
        return "demonstration boundaries"
    chosen = settings.boundaries()
    if isinstance(chosen, Path):
        return chosen.name
    found = [entry for key in _keys(chosen) if (entry := manifest.held(key))]
    return ", ".join(dict.fromkeys(entry.name for entry in found)) or "not downloaded yet"


def _keys(chosen: str) -> tuple[str, str]:
    stem = "postgis_" if chosen == "postgis" else ""
    return f"{stem}lad21_boundaries", f"{stem}msoa21_boundaries"


def _values() -> str:
    lads, msoas = data_date("lad"), data_date("msoa")
    parts = ["UK Social Capital Atlas", *([] if lads is None else [dated_in_words(lads)])]
    if msoas is not None and msoas != lads:
        parts.append(f"neighbourhoods {dated_in_words(msoas)}")
    fetched = [entry for level in LEVELS if (entry := manifest.held(f"atlas_{level}"))]
    if fetched:
        parts.append(f"downloaded on {max(entry.fetched_at for entry in fetched)[:10]}")
    sums = " and ".join(list(dict.fromkeys(file_digest(path)[:8] for path in archive.archives()))[:4])
    return ", ".join([*parts, f"sha256 {sums}"])


def dated_in_words(date: str) -> str:
    """Return "dated 2025-02-28", or "undated" for an empty text."""
    return f"dated {date}" if date else "undated"


def _boundaries() -> str:
    chosen = settings.boundaries()
    areas = "districts of December 2021 and MSOAs of 2021"
    if isinstance(chosen, Path):
        return f"{areas}, from local files"
    entries: list[Entry] = [entry for key in _keys(chosen) if (entry := manifest.held(key))]
    if chosen == "postgis":
        return f"{areas}, from a PostGIS database"  # its address may be confidential
    words = (_RESOLUTIONS.get(_true_resolution(entry), entry.variant) for entry in entries)
    resolutions = " and ".join(dict.fromkeys(words))
    when = f", downloaded on {max(entry.fetched_at for entry in entries)[:10]}" if entries else ""
    return f"{areas}, ONS, {resolutions}{when}"


def _true_resolution(entry: Entry) -> str:
    """Return the resolution of the service that was downloaded, which may differ from the one asked for."""
    return next((row.resolution for row in sources.rows(entry.key) if row.address == entry.name), entry.variant)


def inputs() -> str:
    """Return the fingerprint of all inputs of figures and pages: archives, boundaries, their dates, the library.

    Nothing is downloaded; missing files do not count.

    Raises
    ------
    BoundaryError
        If there is nothing at the path of the boundaries.
    """
    parts: tuple[object, ...] = (settings.source(), settings.basemap(), cache.package_digest())
    if settings.is_demo():
        return fingerprint([*archive.archives(), *boundary_files(fetch=False)], *parts)
    chosen, entries = settings.boundaries(), manifest.read()
    by_hand = boundary_files(fetch=False) if isinstance(chosen, Path) else []
    # Manifest entries count too, because pages give the dates in them.
    fetched = [entry for _, entry in sorted(entries.items()) if entry.is_good()]
    parts = (*parts, str(chosen), settings.resolution(), settings.database_url(), fetched)
    return fingerprint({*archive.archives(), *by_hand, *(entry.path for entry in fetched)}, *parts)


def date_in_words(text: str) -> str:
    """Return a date such as 2025-02-28 as "28 February 2025"; other text as it is."""
    try:
        day = date.fromisoformat(text[:10])
    except ValueError:
        return text
    return f"{day.day} {day:%B %Y}"


# --- what a site downloads -----------------------------------------------------------


_HEADS = ("what", "from", "size", "date", "licence", "sha256", "")


def needed() -> list[Job]:
    """Return the downloads that a site needs with the current settings; none for the demonstration.

    Files that were put into the data folder by hand are not downloaded.
    """
    if settings.is_demo():
        return []
    from ec_maps.boundaries.hexgrid import layout_jobs

    return [*select.fetch_jobs("lad"), *select.fetch_jobs("msoa"), *boundary_jobs(), *layout_jobs()]


def fetch(*, refresh: bool = False, dry_run: bool = False) -> list[Outcome]:
    """Download everything that a site needs into the cache, and return the outcome for each file.

    Parameters
    ----------
    refresh
        Ask again for files in the cache, and replace those that have changed.
    dry_run
        Only return what would be done.

    Raises
    ------
    FetchError
        If the cache cannot be written.
    """
    jobs = needed()
    return fetcher.planned(jobs, refresh=refresh) if dry_run else fetcher.ensure(jobs, refresh=refresh, asked=True)


def as_table(outcomes: Sequence[Outcome]) -> str:
    """Return the outcome for each file as a table in plain text."""
    return aligned([_HEADS, *(_row(done) for done in outcomes)])


def notes(done: Outcome) -> list[str]:
    """Return the notes on an outcome: what was unusual, was replaced, or could not be downloaded."""
    messages = list(done.entry.notes) if done.entry else []
    if done.state == "failed" and done.job.optional and not done.entry:
        messages.append(f"{done.message} {done.job.by_hand}")
    elif done.message and done.state != "failed":
        messages.append(done.message.strip())
    return messages


def _row(done: Outcome) -> tuple[str, ...]:
    entry, planned = done.entry, sources.source(done.job.key)
    if entry is None:
        return (done.job.what, _host(planned.kind), "", "", planned.licence, "", done.state)
    size = f"{entry.size / 1e6:.1f} MB" if entry.size >= 100_000 else f"{entry.size / 1e3:.0f} kB"
    return (
        done.job.what,
        urlsplit(entry.address).netloc,
        size,
        date_in_words(entry.date or entry.fetched_at),
        planned.licence or entry.licence or "not stated",
        entry.sha256[:8],
        done.state,
    )


def _host(kind: str) -> str:
    addresses = {
        "hdx": settings.hdx_url(),
        "arcgis": settings.ons_url(),
        "file": settings.names_url(),
        "github": settings.hexagons_url(),
    }
    return urlsplit(addresses.get(kind, "//the database")).netloc
