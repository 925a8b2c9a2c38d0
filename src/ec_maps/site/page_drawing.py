"""Draw the place pages that are out of date in a temporary folder, and move them into place when all are complete.

They are drawn on this machine even where a cluster draws maps: a page names its files with their checksums, and takes
neighbours, exposure, bias and links from more tables than a map does, so a worker would need the data folder.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ec_maps import settings
from ec_maps.analysis.bivariate import bivariate_table
from ec_maps.analysis.comparison import available_measures
from ec_maps.analysis.district import district_profile
from ec_maps.analysis.statistics import BESIDE
from ec_maps.areas.coverage import united_kingdom
from ec_maps.areas.places import Place
from ec_maps.areas.table import load_areas
from ec_maps.cache import digest
from ec_maps.errors import DataError, EcMapsError, RenderError
from ec_maps.geography.codes import BEYOND
from ec_maps.geography.levels import ScopeName
from ec_maps.maps import workers
from ec_maps.maps.choropleth import national_map
from ec_maps.maps.figure_cache import FOLDER, RECORDS, read_record, write_record
from ec_maps.site import district_page
from ec_maps.site.district_page import FILES, FILES_BEYOND, Around
from ec_maps.site.finder import INDEX, write_index
from ec_maps.site.markdown import Picture, picture
from ec_maps.site.page_list import KEEP, Built, linked, wanted

if TYPE_CHECKING:
    import geopandas as gpd

    from ec_maps.geography.gazetteer import Place

    Drivers = tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]


class PlaceTables(NamedTuple):
    """The tables that the pages are drawn from.

    `kingdom` is None where the data cover England and Wales only; `drivers` holds exposure and bias by scope, and may
    be empty.
    """

    lads: gpd.GeoDataFrame
    msoas: gpd.GeoDataFrame
    kingdom: gpd.GeoDataFrame | None
    drivers: dict[ScopeName, Drivers]

    def home(self, place: Place) -> tuple[gpd.GeoDataFrame, Drivers | None]:
        """Return the table whose deciles and ranks a place has, and exposure and bias of the same districts."""
        if place.region in BEYOND and self.kingdom is not None:
            return self.kingdom, self.drivers.get("uk")
        return self.lads, self.drivers.get("ew")


def tables_at(key: str, *, drivers: bool) -> PlaceTables:
    """Return the tables, loaded once in each process for each fingerprint of the data.

    Parameters
    ----------
    key
        A fingerprint of the data.
    drivers
        Whether to load exposure and bias too.
    """
    return _load(settings.source(), key, drivers)


def has_drivers(key: str, log: Callable[[str], None]) -> bool:
    """Return whether exposure and bias can be shown; `log` is called with the fault if they form no thirds.

    `key` is as for :func:`tables_at`.
    """
    there, fault = _look_for_drivers(settings.source(), key)
    if fault:
        log(f"The place pages have no section on exposure and bias. {fault}")
    return there


@lru_cache(maxsize=1)
def _look_for_drivers(_source: str, _key: str) -> tuple[bool, str]:
    if not {"exposure", "bias"} <= set(available_measures("lad")):
        return False, ""
    try:
        for scope in _scopes():
            bivariate_table(*_drivers(scope), load_areas("lad", scope=scope))
    except DataError as error:
        return False, str(error)
    return True, ""


@lru_cache(maxsize=1)
def _load(_source: str, _key: str, drivers: bool) -> PlaceTables:  # noqa: FBT001 - a cache takes positional ones
    both = {scope: _drivers(scope) for scope in _scopes()} if drivers else {}
    return PlaceTables(load_areas("lad"), load_areas("msoa"), united_kingdom(), both)


def _scopes() -> list[ScopeName]:
    return ["ew"] if united_kingdom() is None else ["ew", "uk"]


def _drivers(scope: ScopeName) -> Drivers:
    return load_areas("lad", "exposure", scope=scope), load_areas("lad", "bias", scope=scope)


# --- the pages --------------------------------------------------------------------------------------


#: The number of pages between two lines of the log.
_EVERY = 25


@dataclass(frozen=True)
class Page:
    """A page to build: its name, the fingerprint of its inputs, and its files relative to ``maps/``."""

    place: Place
    name: str
    stamp: str
    files: tuple[str, ...]

    def is_whole(self, folder: Path) -> bool:
        """Return whether the page is in a folder, with this fingerprint and every file as it was written."""
        return read_record(folder / FOLDER, self.name, self.stamp) is not None


class Work(NamedTuple):
    """A folder of pages to update.

    `aside` is the temporary folder that pages are drawn in; pages that an interrupted build left there are used.
    `inputs` is the fingerprint of the data, `basis` that of all inputs that every page shares; `site` is the address of
    the published site, or empty. The others are as for :func:`ec_maps.site.district_pages.build`.
    """

    folder: Path
    aside: Path
    inputs: str
    basis: str
    site: str
    log: Callable[[str], None]
    jobs: int | None
    quiet: bool


def redraw(work: Work) -> Built:
    """Update a folder of pages: see :func:`ec_maps.site.district_pages.build`."""
    notes: list[str] = []
    drivers = has_drivers(work.inputs, notes.append)
    for note in notes:
        work.log(note)
    tables = tables_at(work.inputs, drivers=drivers)
    links = linked(tables.lads)
    pages = [_page(place, links, work.basis, tables) for place in wanted(tables.lads)]
    (work.aside / FOLDER).mkdir(parents=True, exist_ok=True)
    stale = [page for page in pages if not page.is_whole(work.folder)]
    missing = [page for page in stale if not page.is_whole(work.aside)]
    shared = _shared(pages, tables)
    pictures = {name: _national(name, table, work, links) for name, table in shared.items()}
    around = Around(links, work.site, pictures["national"], pictures.get("uk"))
    _draw(missing, around, work, drivers=drivers)
    write_index(tables.lads, tables.msoas, links, work.aside / FOLDER / INDEX, tables.kingdom)
    removed = _take_over(work.aside, work.folder, pages, stale, list(shared))
    shutil.rmtree(work.aside, ignore_errors=True)
    return Built(len(pages), [page.place.name for page in missing], removed, tuple(notes))


def _page(place: Place, links: dict[str, str], basis: str, tables: PlaceTables) -> Page:
    name = links[place.lad21cd]
    endings = FILES_BEYOND if place.region in BEYOND else FILES
    files = (f"../{name}.qmd", *(f"{name}{ending}" for ending in endings))
    return Page(place, name, _stamp(basis, place, tables, links), files)


def _stamp(basis: str, place: Place, tables: PlaceTables, links: dict[str, str]) -> str:
    """Return the fingerprint of the inputs of one page, with the pages that it links to."""
    lads, _ = tables.home(place)
    region = lads.loc[lads["rgn21nm"] == place.region, "lad21cd"]
    profile = district_profile(lads, lads.iloc[:0], place.name, tables.kingdom)
    near = profile.surroundings.loc[profile.surroundings["lad21nm"].isin(profile.neighbours), "lad21cd"]
    return digest(basis, place, sorted({(code, links[code]) for code in [*region, *near] if code in links}))


def _shared(pages: list[Page], tables: PlaceTables) -> dict[str, gpd.GeoDataFrame]:
    """Return the tables of the national maps that many pages share, by the names of their files."""
    if tables.kingdom is None or not any(page.place.region in BEYOND for page in pages):
        return {"national": tables.lads}
    return {"national": tables.lads, "uk": tables.kingdom}


def _national(name: str, table: gpd.GeoDataFrame, work: Work, links: dict[str, str]) -> Picture:
    """Return the figure of a national map that pages share, and draw the map if its file is not there yet."""
    aside = work.aside
    stamp, file = digest(work.basis, name, sorted(links.items())), f"{name}.svg"
    for there in (work.folder, aside):
        if (text := read_record(there / FOLDER, name, stamp)) is not None:
            return Picture(**json.loads(text))
    # Every page loads this map, so its areas have short descriptions.
    drawn = national_map(table.drop(columns=BESIDE, errors="ignore"))
    addresses = {code: f"../{page}.html" for code, page in links.items()}
    drawn.save(aside / FOLDER / file, links=addresses, marks=True)
    shown = picture(drawn, name)
    write_record(aside / FOLDER, name, stamp, [file], json.dumps(asdict(shown)))
    return shown


def _draw(pages: list[Page], around: Around, work: Work, *, drivers: bool) -> None:
    from tqdm import tqdm

    if not pages:
        return
    bar = not work.quiet and sys.stderr.isatty()
    load = partial(tables_at, work.inputs, drivers=drivers)
    done = workers.local(partial(_draw_one, around, work.aside), load, pages, jobs=work.jobs)
    for number, _ in enumerate(tqdm(done, total=len(pages), desc="Pages of places", unit="page", disable=not bar), 1):
        if not bar and (number % _EVERY == 0 or number == len(pages)):
            work.log(f"Place pages drawn: {number} of {len(pages)}.")


def _draw_one(around: Around, aside: Path, tables: PlaceTables, page: Page) -> None:
    """Draw one page, in this or another process, and record it when all its files are written."""
    name = page.place.name
    try:
        lads, both = tables.home(page.place)
        district_page.write(
            name, lads, tables.msoas, around, aside, surroundings=tables.kingdom, exposure_and_bias=both
        )
        if all((aside / FOLDER / file).is_file() for file in page.files):
            write_record(aside / FOLDER, page.name, page.stamp, page.files)
    except EcMapsError as error:
        failure = RenderError(f"The page of {name} could not be made: {error}")
        failure.exit_status = error.exit_status
        raise failure from error
    except Exception as error:
        # Among hundreds of pages the author must learn which one failed.
        msg = (
            f"The page of {name} could not be made: {type(error).__name__}: {error}. This is a fault of ec_maps, "
            f"not yours. The previous site was not changed."
        )
        raise RenderError(msg) from error


def _take_over(aside: Path, folder: Path, pages: list[Page], stale: list[Page], shared: list[str]) -> list[str]:
    """Move new files into place, remove those that belong to no page, and return the removed pages.

    `shared` holds the names of the maps that many pages share.
    """
    here, there = folder / FOLDER, aside / FOLDER
    (here / RECORDS).mkdir(parents=True, exist_ok=True)
    names = {page.name for page in pages}
    removed = [path.stem for path in sorted(folder.glob("*.qmd")) if path.name != KEEP and path.stem not in names]
    for page in removed:
        (folder / f"{page}.qmd").unlink()
    files = [file for page in pages for file in page.files]
    records = [f"{name}.json" for name in (*names, *shared)]
    for place, ours in ((here, {*files, *(f"{name}.svg" for name in shared), INDEX}), (here / RECORDS, {*records})):
        for path in place.iterdir():
            if path.is_file() and path.name not in ours:
                path.unlink()
    # Figures first, then the text, the record last: a page then never lacks one of its figures.
    made = [*(f"{name}.svg" for name in shared), INDEX]
    made += [file for page in stale for file in reversed(page.files)]
    made += [f"{RECORDS}/{name}.json" for name in (*shared, *(page.name for page in stale))]
    for file in made:
        if (there / file).is_file():
            os.replace(there / file, here / file)  # noqa: PTH105 - atomic, also over an existing file
    return removed
