"""The sources of boundaries and lookups: the ONS, a database, a folder of files, or the demonstration."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from ec_maps import settings
from ec_maps.boundaries.files import files_in, find_tables
from ec_maps.errors import BoundaryError
from ec_maps.fetch import fetcher, manifest
from ec_maps.fetch.fetcher import Job

PORTAL = "https://geoportal.statistics.gov.uk"

_ONS = ("lad21_boundaries", "msoa21_boundaries", "msoa21_lad21_lookup", "lad21_rgn21_lookup")
_BY_HAND = (
    f"You can also download the boundaries of local authority districts (December 2021) and MSOAs (2021), a lookup of "
    f"MSOA21CD with LAD21CD or LAD22CD, and one of LAD21CD with RGN21NM from {PORTAL} into one folder, and name it in "
    f"EC_MAPS_BOUNDARIES."
)


def boundary_jobs() -> list[Job]:
    """Return what has to be fetched for the boundaries; nothing if they are files put somewhere by hand."""
    chosen = settings.boundaries()
    if settings.is_demo() or isinstance(chosen, Path):
        return []
    return [*(_database_jobs() if chosen == "postgis" else _ons_jobs()), _names_job()]


def _ons_jobs() -> list[Job]:
    from ec_maps.boundaries import ons

    return [
        Job(
            key,
            ".parquet" if key.endswith("_boundaries") else ".csv",
            partial(ons.bring, key),
            is_table,
            _BY_HAND,
            variant=settings.resolution() if key.endswith("_boundaries") else "",
        )
        for key in _ONS
    ]


def _database_jobs() -> list[Job]:
    from ec_maps.boundaries import postgis

    return [
        Job(
            f"postgis_{table}",
            ".parquet" if table.endswith("_boundaries") else ".csv",
            partial(postgis.bring, table),
            is_table,
            "",
            variant=postgis.address(),
        )
        for table in postgis.TABLES
    ]


def _names_job() -> Job:
    from ec_maps.boundaries import msoa_names

    by_hand = "The maps are drawn without readable names of neighbourhoods."
    return Job("msoa21_names", ".csv", msoa_names.bring, is_table, by_hand, optional=True)


def is_table(path: Path) -> None:
    """Raise `BoundaryError` if a fetched file is not a readable table; its contents were checked on download."""
    find_tables([path])


def boundary_files(*, fetch: bool = True) -> list[Path]:
    """Return every file that the boundaries are made from, in order of name.

    Parameters
    ----------
    fetch
        Whether to fetch missing files. If not, a missing file is an error.

    Raises
    ------
    BoundaryError
        If the chosen folder or file does not exist, or a file is missing and not to be fetched.
    FetchError
        If they cannot be fetched.
    """
    if settings.is_demo():
        folder = settings.shipped("demo")
        return sorted([*folder.glob("*.parquet"), *folder.glob("*.csv")])
    chosen = settings.boundaries()
    if isinstance(chosen, Path):
        return _by_hand(chosen)
    jobs = boundary_jobs()
    if not fetch and any(done.entry is None for done in fetcher.planned(jobs) if not done.job.optional):
        msg = "The boundaries have not been fetched yet: ec-maps fetch downloads them."
        raise BoundaryError(msg)
    entries = fetcher.required(jobs) if fetch else [done.entry for done in fetcher.planned(jobs) if done.entry]
    return sorted(entry.path for entry in entries)


def boundary_notes() -> list[str]:
    """Return what was corrected or odd when the boundaries were fetched."""
    return [note for job in boundary_jobs() if (entry := manifest.held(job.key)) for note in entry.notes]


def _by_hand(chosen: Path) -> list[Path]:
    if not chosen.exists():
        msg = f"EC_MAPS_BOUNDARIES names {chosen}, which does not exist. It should be a folder of boundary files."
        raise BoundaryError(msg)
    return files_in(chosen)


def boundary_name() -> str:
    """Return the name of the source of the boundaries, for messages."""
    if settings.is_demo():
        return "The demonstration"
    chosen = settings.boundaries()
    if isinstance(chosen, Path):
        return str(chosen)
    return "The database" if chosen == "postgis" else "The cache of ONS boundaries"
