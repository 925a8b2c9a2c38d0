"""The pages of all districts, ``places/<page>.qmd``: draw those that are missing or out of date.

Where nothing has changed, no library that reads tables or draws is loaded, as every build of the site calls this.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import yaml
from filelock import FileLock

from ec_maps import settings
from ec_maps.areas.provenance import inputs, needed
from ec_maps.cache import digest
from ec_maps.fetch import fetcher
from ec_maps.maps.figure_cache import RECORDS
from ec_maps.site.page_list import KEEP, PLACES, Built

if TYPE_CHECKING:
    pass

#: In ``.quarto/`` of the project: the fingerprint of the inputs and files of the last complete build.
_MARK = "places.json"


def build(root: Path, *, log: Callable[[str], None] = print, jobs: int | None = None, quiet: bool = False) -> Built:
    """Draw the pages of ``places/`` that are missing or out of date, and remove those that left the list.

    New pages are drawn in a temporary folder and moved to ``places/`` when all of them are complete. A page is out of
    date if the data, the boundaries, the library, a page that it links to or one of its own files has changed. Pages
    that an interrupted build had finished are not drawn again.

    Parameters
    ----------
    root
        The project's folder.
    log
        Is called with a line of progress where no terminal shows a progress bar.
    jobs
        The number of processes that draw at once. Default: ``EC_MAPS_JOBS``, or else one a core, 4 at most.
    quiet
        Whether to report nothing.

    Raises
    ------
    RenderError
        If a page cannot be made. The error names the place, and ``places/`` stays as it was.
    """
    folder, record_file = root / PLACES, root / ".quarto" / _MARK
    record_file.parent.mkdir(exist_ok=True)
    tell = (lambda _: None) if quiet else log
    settings.jobs()  # a fault in it is reported before any work
    with FileLock(record_file.with_suffix(".lock")):
        site = _site(root)
        basis = digest(inputs(), site)
        if (done := _as_left(record_file, _state(basis, folder))) is not None:
            for note in done.notes:
                tell(note)
            return done
        record_file.unlink(missing_ok=True)
        from ec_maps.site.page_drawing import Work, redraw

        fetcher.required(needed())  # downloads change the fingerprints of the pages, so they come first
        state = inputs()
        basis = digest(state, site)
        work = Work(folder, record_file.with_suffix(".part"), state, basis, site, tell, jobs, quiet)
        done = redraw(work)
        record = {"state": _state(basis, folder), "pages": done.pages, "notes": done.notes}
        with suppress(OSError):  # without the record, the next build checks each page again
            record_file.write_text(json.dumps(record), encoding="utf-8")
    return done


def _state(basis: str, folder: Path) -> str:
    """Return the fingerprint of all inputs of the pages and of each of their files."""
    path = settings.project_root() / "places.yml"
    listed = path.read_bytes() if path.is_file() else b""
    # The finder and its cached figures belong to another page.
    ours = [path for path in sorted(folder.rglob("*")) if path.name != KEEP and RECORDS not in path.parts]
    files = [(path, path.stat()) for path in ours if path.is_file()]
    seen = [(path.relative_to(folder).as_posix(), status.st_size, status.st_mtime_ns) for path, status in files]
    return digest(basis, settings.places(), listed, seen)


def _as_left(record_file: Path, state: str) -> Built | None:
    """Return what the last build reported if nothing has changed since; None if something has."""
    try:
        record = json.loads(record_file.read_text(encoding="utf-8"))
        return Built(int(record["pages"]), [], [], tuple(record["notes"])) if record["state"] == state else None
    except (OSError, ValueError, KeyError, TypeError):
        return None  # there is no record, or it was cut short


def _site(root: Path) -> str:
    """Return the address of the published site with a slash at its end; empty if it has none."""
    project = yaml.safe_load((root / "_quarto.yml").read_text(encoding="utf-8")) or {}
    address = str((project.get("website") or {}).get("site-url") or "")
    return f"{address.rstrip('/')}/" if address else ""
