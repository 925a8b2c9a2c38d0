"""The pages of all districts, ``places/<page>.qmd``: which there are to be, and whether all of it is as it should be.

Where nothing has changed, none of the libraries that read tables or draw is loaded: every build of the site asks.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import yaml
from filelock import FileLock

from ec_maps import cache, settings
from ec_maps.atlas import select
from ec_maps.boundaries.sources import boundary_files
from ec_maps.site.kept import RECORDS

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from ec_maps.areas.places import Place

#: The folder of the pages in the project; the finder, ``index.qmd``, is there too and stays.
PLACES = "places"

#: The finder, which this module leaves alone.
KEEP = "index.qmd"

#: In ``.quarto/`` of the project: of what all pages were made when they were last whole, and which files they were.
_MARK = "places.json"


@dataclass(frozen=True)
class Built:
    """What a build did: how many pages there are, which were drawn or removed, and what was said of all of them."""

    pages: int
    drawn: list[str]
    removed: list[str]
    notes: tuple[str, ...] = ()


def wanted(lads: gpd.GeoDataFrame) -> list[Place]:
    """Return the districts that are to have a page: those of the list, or all by name if ``EC_MAPS_PLACES`` is so.

    Beside those of the table, Scottish and Northern Irish ones may be among them, where the data at hand reach so far.
    """
    from ec_maps.areas.places import Place, read_places

    districts = _with_those_beyond(lads)
    if settings.places() == "listed":
        return read_places(districts=districts)
    rows = districts.sort_values("lad21nm")
    return [Place(*row) for row in zip(rows["lad21nm"], rows["lad21cd"], rows["rgn21nm"], strict=True)]


def _with_those_beyond(lads: pd.DataFrame) -> pd.DataFrame:
    """Return code, name and region of a table's districts, and of those beyond it in the United Kingdom."""
    import pandas as pd

    from ec_maps.areas.coverage import BEYOND, united_kingdom

    columns = ["lad21cd", "lad21nm", "rgn21nm"]
    kingdom = united_kingdom()
    if kingdom is None or set(BEYOND) & set(lads["rgn21nm"]):
        return pd.DataFrame(lads[columns])
    beyond = kingdom.loc[kingdom["rgn21nm"].isin(BEYOND), columns]
    return pd.concat([pd.DataFrame(lads[columns]), pd.DataFrame(beyond)], ignore_index=True)


def linked(lads: gpd.GeoDataFrame) -> dict[str, str]:
    """Return the pages that there are to be, code to name without ending."""
    from ec_maps.site.district_page import page_names

    names = page_names(_with_those_beyond(lads))
    return {place.lad21cd: names[place.lad21cd] for place in wanted(lads)}


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
        inputs, site = _inputs(), _site(root)
        basis = digest(inputs, cache.package_digest(), site)
        if (done := _as_left(mark, _state(basis, folder))) is not None:
            for note in done.notes:
                tell(note)
            return done
        mark.unlink(missing_ok=True)
        from ec_maps.site.redrawing import Work, redraw

        work = Work(folder, mark.with_suffix(".part"), inputs, basis, site, tell, jobs, quiet)
        done = redraw(work)
        told = {"state": _state(basis, folder), "pages": done.pages, "notes": done.notes}
        with suppress(OSError):  # without the mark, the next build looks at each page again
            mark.write_text(json.dumps(told), encoding="utf-8")
    return done


def digest(*parts: object) -> str:
    """Return sixteen hex digits that change with the parts."""
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]


def _inputs() -> str:
    return cache.fingerprint([*select.archives(), *boundary_files(fetch=False)], settings.source(), settings.basemap())


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
