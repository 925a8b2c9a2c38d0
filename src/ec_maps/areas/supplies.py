"""All that a site needs from elsewhere: what it is, bringing it, and the table of what was brought."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

from ec_maps import settings
from ec_maps.areas.provenance import in_words
from ec_maps.atlas import select
from ec_maps.boundaries.sources import boundary_jobs, layout_jobs
from ec_maps.fetch import fetcher, sources
from ec_maps.fetch.jobs import Job, Outcome

_HEADS = ("what", "from", "size", "date", "licence", "sha256", "")


def needed() -> list[Job]:
    """Return everything that a site needs from elsewhere with the present settings; nothing for the demonstration.

    What was put into the data folder by hand is not fetched.
    """
    if settings.is_demo():
        return []
    return [*select.fetch_jobs("lad"), *select.fetch_jobs("msoa"), *boundary_jobs(), *layout_jobs()]


def fetch(*, refresh: bool = False, dry_run: bool = False) -> list[Outcome]:
    """Bring everything that a site needs into the cache, and say what became of each file.

    Parameters
    ----------
    refresh
        Ask again for what is there already, and adopt what has changed.
    dry_run
        Only say what would be done.

    Raises
    ------
    FetchError
        If the cache cannot be written.
    """
    jobs = needed()
    return fetcher.planned(jobs, refresh=refresh) if dry_run else fetcher.ensure(jobs, refresh=refresh, asked=True)


def as_table(outcomes: Sequence[Outcome]) -> str:
    """Return what became of each file as a table in plain text."""
    rows = [_HEADS, *(_row(done) for done in outcomes)]
    widths = [max(len(row[at]) for row in rows) for at in range(len(_HEADS))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


def notes(done: Outcome) -> list[str]:
    """Return what a person should know of an outcome: what was odd, replaced, or is not to be had."""
    told = list(done.entry.notes) if done.entry else []
    if done.state == "failed" and done.job.optional and not done.entry:
        told.append(f"{done.said} {done.job.by_hand}")
    elif done.said and done.state != "failed":
        told.append(done.said.strip())
    return told


def _row(done: Outcome) -> tuple[str, ...]:
    entry, planned = done.entry, sources.source(done.job.key)
    if entry is None:
        return (done.job.what, _host(planned.kind), "", "", planned.licence, "", done.state)
    size = f"{entry.size / 1e6:.1f} MB" if entry.size >= 100_000 else f"{entry.size / 1e3:.0f} kB"
    return (
        done.job.what,
        urlsplit(entry.address).netloc,
        size,
        in_words(entry.date or entry.fetched_at),
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
