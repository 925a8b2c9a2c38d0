"""The pages of all districts, ``places/<page>.qmd``: which there are to be, and whether all of it is as it should be.

Where nothing has changed, none of the libraries that read tables or draw is loaded: every build of the site asks.
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

#: In ``.quarto/`` of the project: of what all pages were made when they were last whole, and which files they were.
_MARK = "places.json"


def build(root: Path, *, log: Callable[[str], None] = print, jobs: int | None = None, quiet: bool = False) -> Built:
    """Bring ``places/`` in line with the list: draw what is missing or out of date, remove what has gone.

    New pages are made aside and moved to their place when all of them are whole. A page is out of date if data,
    boundaries, the library or a page that it links to have changed, or one of its files has. What an interrupted build
    had drawn is not drawn again.

    Parameters
    ----------
    root
        The project's folder.
    log
        Is told how far it has come, where that is not seen in a terminal.
    jobs
        How many processes draw at once; if not given, ``EC_MAPS_JOBS``, or else the cores of this machine, 4 at most.
    quiet
        Tell nothing.

    Raises
    ------
    RenderError
        If a page cannot be made; the place is named, and ``places/`` is as it was.
    """
    folder, mark = root / PLACES, root / ".quarto" / _MARK
    mark.parent.mkdir(exist_ok=True)
    tell = (lambda _: None) if quiet else log
    settings.jobs()  # a fault in it is told before any work
    with FileLock(mark.with_suffix(".lock")):
        site = _site(root)
        basis = digest(inputs(), site)
        if (done := _as_left(mark, _state(basis, folder))) is not None:
            for note in done.notes:
                tell(note)
            return done
        mark.unlink(missing_ok=True)
        from ec_maps.site.page_drawing import Work, redraw

        fetcher.required(needed())  # what is fetched counts in the marks of the pages, so it is fetched before them
        state = inputs()
        basis = digest(state, site)
        work = Work(folder, mark.with_suffix(".part"), state, basis, site, tell, jobs, quiet)
        done = redraw(work)
        told = {"state": _state(basis, folder), "pages": done.pages, "notes": done.notes}
        with suppress(OSError):  # without the mark, the next build looks at each page again
            mark.write_text(json.dumps(told), encoding="utf-8")
    return done


def _state(basis: str, folder: Path) -> str:
    """Return a mark of all that the pages depend on, and of each file of theirs that there is."""
    path = settings.project_root() / "places.yml"
    listed = path.read_bytes() if path.is_file() else b""
    # Neither the finder nor what its page keeps is ours.
    ours = [path for path in sorted(folder.rglob("*")) if path.name != KEEP and RECORDS not in path.parts]
    files = [(path, path.stat()) for path in ours if path.is_file()]
    seen = [(path.relative_to(folder).as_posix(), told.st_size, told.st_mtime_ns) for path, told in files]
    return digest(basis, settings.places(), listed, seen)


def _as_left(mark: Path, state: str) -> Built | None:
    """Return what there is to say if everything is as the last build left it; None if it is not."""
    try:
        told = json.loads(mark.read_text(encoding="utf-8"))
        return Built(int(told["pages"]), [], [], tuple(told["notes"])) if told["state"] == state else None
    except (OSError, ValueError, KeyError, TypeError):
        return None  # there is no mark, or it was cut short


def _site(root: Path) -> str:
    """Return the address of the published site with a slash at its end, or nothing."""
    told = yaml.safe_load((root / "_quarto.yml").read_text(encoding="utf-8")) or {}
    address = str((told.get("website") or {}).get("site-url") or "")
    return f"{address.rstrip('/')}/" if address else ""
