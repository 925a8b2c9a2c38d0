"""The sources of boundaries, lookups and names: the ONS, a database, a folder of files, or the demonstration."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

from ec_maps import settings
from ec_maps.boundaries.files import conflicts, files_in, find_tables
from ec_maps.errors import BoundaryError, counted, listed
from ec_maps.fetch import fetcher, manifest
from ec_maps.fetch.fetcher import Job
from ec_maps.fetch.http_errors import Fault
from ec_maps.fetch.manifest import Brought
from ec_maps.fetch.sources import bring_file

PORTAL = "https://geoportal.statistics.gov.uk"

_NAMES = ("msoa21cd", "msoa21nm", "msoa21hclnm", "msoa21hclnmw")
_BY_HAND = (
    f"By hand: download the boundaries of local authority districts (December 2021) and MSOAs (2021), a lookup of "
    f"MSOA21CD with LAD21CD or LAD22CD, and one of LAD21CD with RGN21NM from {PORTAL} into one folder, and name it in "
    f"EC_MAPS_BOUNDARIES."
)


def boundary_jobs() -> list[Job]:
    """Return what has to be fetched for the boundaries; nothing if they are files put somewhere by hand."""
    chosen = settings.boundaries()
    if settings.is_demo() or isinstance(chosen, Path):
        return []
    by_hand = "The maps are drawn without readable names of neighbourhoods."
    names = Job("msoa21_names", ".csv", bring_names, is_table, by_hand, optional=True)
    return [*(_database_jobs() if chosen == "postgis" else _ons_jobs()), names]


def _ons_jobs() -> list[Job]:
    from ec_maps.boundaries import ons

    jobs = [Job(key, _suffix(key), partial(ons.bring, key), is_table, _BY_HAND) for key in ons.TABLE_KEYS]
    return [replace(job, variant=settings.resolution()) if job.suffix == ".parquet" else job for job in jobs]


def _suffix(table: str) -> str:
    return ".parquet" if table.endswith("_boundaries") else ".csv"


def _database_jobs() -> list[Job]:
    from ec_maps.boundaries import postgis

    address = postgis.address()
    return [
        Job(f"postgis_{table}", _suffix(table), partial(postgis.bring, table), is_table, "", variant=address)
        for table in postgis.TABLES
    ]


def is_table(path: Path) -> None:
    """Raise `BoundaryError` if a fetched file is not a readable table; its contents were checked on download."""
    find_tables([path])


def bring_names(path: Path) -> Brought:
    """Download the House of Commons Library's names of neighbourhoods, and return what is known of the file.

    The Library replaces its file in place, and publishes the one for the neighbourhoods of 2011 beside it under almost
    the same name, so it is checked before it is used: see :func:`ec_maps.fetch.sources.bring_file`.
    """
    setting = ("EC_MAPS_NAMES_URL", settings.names_url(), settings.NAMES_URL)
    return bring_file("msoa21_names", path, _checked_names, setting=setting)


def _checked_names(path: Path, where: str) -> list[str]:
    """Return what is odd about the file of names; :class:`Fault` if it is not the one that was expected."""
    from ec_maps.boundaries.ons import edition

    try:
        (table,) = find_tables([path])
        missing = [name for name in _NAMES if name not in table.columns]
        rows = table.read_columns([name for name in _NAMES if name not in missing])
    except BoundaryError:
        msg = f"{where} cannot be read as CSV in UTF-8."
        raise Fault(msg, "wrong") from None
    if missing:
        reason = f"it has no column {listed(missing)} (its columns: {listed(table.columns, 8)})"
    elif not (reason := edition("msoa").misfit(rows["msoa21cd"])):
        several = conflicts(rows, "msoa21cd", "msoa21hclnm")
        reason = f"it has two names for {counted(len(several), 'neighbourhood')} ({listed(several, 3)})" * bool(several)
    if reason:
        msg = f"{where} is not the file of names that was expected: {reason}."
        raise Fault(msg, "wrong")
    unnamed = list(rows.loc[rows["msoa21hclnm"] == "", "msoa21cd"])
    number = counted(len(unnamed), "neighbourhood")
    note = f"The House of Commons Library has no name for {number} ({listed(unnamed, 3)})."
    return [note] if unnamed else []


def boundary_files(*, fetch: bool = True) -> list[Path]:
    """Return every file that the boundaries are made from, in order of name.

    Parameters
    ----------
    fetch
        Whether to fetch missing files. If not, a missing file is an error.

    Raises
    ------
    BoundaryError
        If the chosen folder does not exist, or a file is missing and not to be fetched.
    FetchError
        If they cannot be fetched.
    """
    if settings.is_demo():
        folder = settings.shipped("demo")
        return sorted([*folder.glob("*.parquet"), *folder.glob("*.csv")])
    chosen = settings.boundaries()
    if isinstance(chosen, Path):
        if not chosen.exists():
            msg = f"EC_MAPS_BOUNDARIES names {chosen}, which does not exist. It should be a folder of boundary files."
            raise BoundaryError(msg)
        return files_in(chosen)
    if fetch:
        return sorted(entry.path for entry in fetcher.required(boundary_jobs()))
    planned = fetcher.planned(boundary_jobs())
    if any(done.entry is None for done in planned if not done.job.optional):
        msg = "The boundaries have not been fetched yet: ec-maps fetch downloads them."
        raise BoundaryError(msg)
    return sorted(done.entry.path for done in planned if done.entry)


def boundary_notes() -> list[str]:
    """Return what was corrected or odd when the boundaries were fetched."""
    return [note for job in boundary_jobs() if (entry := manifest.held(job.key)) for note in entry.notes]


def boundary_name() -> str:
    """Return the name of the source of the boundaries, for messages."""
    if settings.is_demo():
        return "The demonstration"
    chosen = settings.boundaries()
    if isinstance(chosen, Path):
        return str(chosen)
    return "The database" if chosen == "postgis" else "The cache of ONS boundaries"
