"""The pages of all districts and groups, ``places/<page>.qmd``: draw those that are missing or out of date.

Each comes with its map for other sites, ``embed/<page>.html``.

Pages are drawn in a temporary folder and moved into place when all are complete. They are drawn on this machine even
where a cluster draws maps: a page names its files with their checksums, and takes neighbours, exposure, bias and links
from more tables than a map does, so a worker would need the data folder.

Where nothing has changed, no library that reads tables or draws is loaded, as every build of the site calls this.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from filelock import FileLock

from ec_maps import settings
from ec_maps.areas.provenance import inputs, needed
from ec_maps.cache import digest
from ec_maps.errors import DataError, EcMapsError, RenderError
from ec_maps.fetch import fetcher
from ec_maps.geography.codes import BEYOND
from ec_maps.maps.figure_cache import EMBED, FOLDER, PLACES, RECORDS, read_record, write_record
from ec_maps.site.staging import site_address

if TYPE_CHECKING:
    import geopandas as gpd

    from ec_maps.areas.places import Place, PlaceGroup
    from ec_maps.site.district_page import Around, Shared

#: The finder's page, which is never removed.
KEEP = "index.qmd"

#: In ``.quarto/`` of the project: the fingerprint of the inputs and files of the last complete build.
_MARK = "places.json"

#: The number of pages between two lines of the log.
_EVERY = 25


@dataclass(frozen=True)
class Built:
    """The result of a build: the number of pages, those drawn, those removed, and notes that concern all pages."""

    pages: int
    drawn: list[str]
    removed: list[str]
    notes: tuple[str, ...] = ()


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
        site = site_address(root)
        if (done := _as_left(record_file, _state(inputs(), site, folder))) is not None:
            for note in done.notes:
                tell(note)
            return done
        record_file.unlink(missing_ok=True)
        fetcher.required(needed())  # downloads change the fingerprints of the pages, so they come first
        data = inputs()
        done = _redraw(folder, record_file.with_suffix(".part") / PLACES, site, data, tell, jobs=jobs, bar=not quiet)
        record = {"state": _state(data, site, folder), "pages": done.pages, "notes": done.notes}
        with suppress(OSError):  # without the record, the next build checks each page again
            record_file.write_text(json.dumps(record), encoding="utf-8")
    return done


def _state(data: str, site: str, folder: Path) -> str:
    """Return the fingerprint of all inputs of the pages and of each of their files."""
    path = settings.project_root() / "places.yml"
    listed = path.read_bytes() if path.is_file() else b""
    # The finder and its cached figures belong to another page.
    ours = [path for path in sorted(folder.rglob("*")) if path.name != KEEP and RECORDS not in path.parts]
    ours += sorted((folder.parent / EMBED).glob("*"))
    files = [(path, path.stat()) for path in ours if path.is_file()]
    seen = [(path.relative_to(folder.parent).as_posix(), status.st_size, status.st_mtime_ns) for path, status in files]
    return digest(data, site, settings.places(), listed, seen)


def _as_left(record_file: Path, state: str) -> Built | None:
    """Return what the last build reported if nothing has changed since; None if something has."""
    try:
        record = json.loads(record_file.read_text(encoding="utf-8"))
        return Built(int(record["pages"]), [], [], tuple(record["notes"])) if record["state"] == state else None
    except (OSError, ValueError, KeyError, TypeError):
        return None  # there is no record, or it was cut short


# --- drawing ------------------------------------------------------------------------------------------


class PageTables(NamedTuple):
    """The tables that the pages are drawn from.

    `kingdom` is None where the data cover England and Wales only. The tables have the columns of
    :func:`ec_maps.bivariate_table`, except where exposure and bias are not in the data or form no thirds, which the
    notes say.
    """

    lads: gpd.GeoDataFrame
    msoas: gpd.GeoDataFrame
    kingdom: gpd.GeoDataFrame | None
    notes: tuple[str, ...]

    def home(self, place: Place) -> gpd.GeoDataFrame:
        """Return the table whose deciles, ranks and thirds a place has."""
        return self.kingdom if place.region in BEYOND and self.kingdom is not None else self.lads


@lru_cache(maxsize=1)
def _tables(_source: str, _data: str) -> PageTables:
    """Return the tables, loaded once in each process for each fingerprint of the data."""
    from ec_maps.analysis.bivariate import DRIVERS, bivariate_table
    from ec_maps.analysis.comparison import available_measures
    from ec_maps.areas.coverage import united_kingdom
    from ec_maps.areas.table import load_areas

    lads, msoas, kingdom, notes = load_areas("lad"), load_areas("msoa"), united_kingdom(), []
    if {*DRIVERS} <= set(available_measures("lad")):
        try:
            lads, kingdom = bivariate_table(lads), None if kingdom is None else bivariate_table(kingdom)
            if {*DRIVERS} <= set(available_measures("msoa")):
                msoas = bivariate_table(msoas)
        except DataError as error:
            without = "no neighbourhoods in the section" if "kind" in lads else "no section"
            notes.append(f"The place pages have {without} on exposure and bias. {error}")
    return PageTables(lads, msoas, kingdom, tuple(notes))


@dataclass(frozen=True)
class PlacePage:
    """A page to build: its name, the fingerprint of its inputs, and its files relative to ``maps/``."""

    place: Place | PlaceGroup
    name: str
    stamp: str
    files: tuple[str, ...]

    def is_whole(self, folder: Path) -> bool:
        """Return whether the page is in a folder, with this fingerprint and every file as it was written."""
        return read_record(folder / FOLDER, self.name, self.stamp) is not None


def _redraw(
    folder: Path, aside: Path, site: str, data: str, tell: Callable[[str], None], *, jobs: int | None, bar: bool
) -> Built:
    """Update a folder of pages by way of a temporary one; pages that an interrupted build left there are used."""
    from tqdm import tqdm

    from ec_maps.maps import workers
    from ec_maps.site.district_page import Around
    from ec_maps.site.finder import INDEX, linked, wanted, wanted_groups, write_index

    load = partial(_tables, settings.source(), data)
    tables, basis = load(), digest(data, site)
    for note in tables.notes:
        tell(note)
    links, groups = linked(tables.lads), wanted_groups(tables.lads)
    pages = [_page(place, links, groups, basis, tables) for place in wanted(tables.lads)]
    pages += [_group_page(group, links, basis, tables) for group in groups]
    for made in (aside / FOLDER, aside.parent / EMBED):
        made.mkdir(parents=True, exist_ok=True)
    stale = [page for page in pages if not page.is_whole(folder)]
    missing = [page for page in stale if not page.is_whole(aside)]
    shared = {"national": tables.lads}
    if tables.kingdom is not None and any(page.place.region in BEYOND for page in pages):
        shared["uk"] = tables.kingdom
    stamp = digest(basis, sorted(links.items()))
    whole = {name: _national(name, table, links, stamp, (folder, aside)) for name, table in shared.items()}
    around = Around(links, site, whole["national"], whole.get("uk"), tuple(groups))
    drawn = workers.local(partial(_draw, around, aside), load, missing, jobs=jobs) if missing else ()
    bar = bar and bool(missing) and sys.stderr.isatty()
    for number, _ in enumerate(
        tqdm(drawn, total=len(missing), desc="Pages of places", unit="page", disable=not bar), 1
    ):
        if not bar and (number % _EVERY == 0 or number == len(missing)):
            tell(f"Place pages drawn: {number} of {len(missing)}.")
    write_index(tables.lads, tables.msoas, links, aside / FOLDER / INDEX, tables.kingdom, groups=groups)
    removed = _take_over(aside, folder, pages, stale, [*shared])
    shutil.rmtree(aside.parent, ignore_errors=True)
    return Built(len(pages), [page.place.name for page in missing], removed, tables.notes)


def _page(place: Place, links: dict[str, str], groups: list[PlaceGroup], basis: str, tables: PageTables) -> PlacePage:
    """Return a page; its fingerprint holds the pages that it links to."""
    from ec_maps.analysis.district import district_profile
    from ec_maps.site.district_page import files_of
    from ec_maps.site.similar_places import linked_to

    name = links[place.lad21cd]
    files = _files(name, files_of(place.region, tables.msoas))
    lads = tables.home(place)
    region = lads.loc[lads["rgn21nm"] == place.region, "lad21cd"]
    profile = district_profile(lads, lads.iloc[:0], place.name, tables.kingdom)
    near = profile.surroundings.loc[profile.surroundings["lad21nm"].isin(profile.neighbours), "lad21cd"]
    linking = sorted({(code, links[code]) for code in [*region, *near, *linked_to(profile)] if code in links})
    wider = [(group.name, group.kind) for group in groups if place.lad21cd in group.codes]
    return PlacePage(place, name, digest(basis, place, linking, wider), files)


def _group_page(group: PlaceGroup, links: dict[str, str], basis: str, tables: PageTables) -> PlacePage:
    """Return a group's page; its fingerprint holds the pages that it links to, which are all on its map."""
    from ec_maps.geography.names import slug
    from ec_maps.site.district_page import files_of

    name = slug(group.name)
    return PlacePage(
        group, name, digest(basis, group, sorted(links.items())), _files(name, files_of(group.region, tables.msoas))
    )


def _files(name: str, ends: tuple[str, ...]) -> tuple[str, ...]:
    """Return the files of a page relative to ``maps/``."""
    embedded = (f"../../{EMBED}/{name}{end}" for end in (".html", ".json"))
    return (f"../{name}.qmd", f"../{name}.pdf", *embedded, *(f"{name}{end}" for end in ends))


def _national(
    name: str, table: gpd.GeoDataFrame, links: dict[str, str], stamp: str, folders: tuple[Path, Path]
) -> Shared:
    """Return a national map that pages share, and draw it if it is in neither folder yet."""
    from ec_maps.analysis.statistics import BESIDE
    from ec_maps.maps.choropleth import national_map
    from ec_maps.site.district_page import Shared
    from ec_maps.site.markdown import PRINT, Picture, picture

    for there in folders:
        if (text := read_record(there / FOLDER, name, stamp)) is not None:
            return Shared(Picture(**json.loads(text)), there / FOLDER / f"{name}.svg")
    # Every page loads this map, so its areas have short descriptions.
    drawn = national_map(table.drop(columns=BESIDE, errors="ignore"))
    addresses = {code: f"../{page}.html" for code, page in links.items()}
    files, shown = folders[1] / FOLDER, picture(drawn, name)
    drawn.save(files / f"{name}.svg", links=addresses, marks=True)
    drawn.save(files / f"{name}.png", dpi=PRINT)
    write_record(files, name, stamp, [f"{name}.svg", f"{name}.png"], json.dumps(asdict(shown)))
    return Shared(shown, files / f"{name}.svg")


def _draw(around: Around, aside: Path, tables: PageTables, page: PlacePage) -> None:
    """Draw one page, in this or another process, and record it when all its files are written."""
    from ec_maps.areas.places import Place
    from ec_maps.site import district_page, group_page

    name = page.place.name
    try:
        if isinstance(page.place, Place):
            embedded = district_page.write(
                name, tables.home(page.place), tables.msoas, around, aside, surroundings=tables.kingdom
            )
        else:
            embedded = group_page.write(page.place, tables.lads, tables.msoas, around, aside)
        embedded.write(aside.parent / EMBED)
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


def _take_over(
    aside: Path, folder: Path, pages: list[PlacePage], stale: list[PlacePage], shared: list[str]
) -> list[str]:
    """Move new files into place, remove those that belong to no page, and return the removed pages.

    `shared` holds the names of the maps that many pages share.
    """
    from ec_maps.site.finder import INDEX

    here, there = folder / FOLDER, aside / FOLDER
    for needed_folder in (here / RECORDS, folder.parent / EMBED):
        needed_folder.mkdir(parents=True, exist_ok=True)
    names = [page.name for page in pages]
    removed = [path.stem for path in sorted(folder.glob("*.qmd")) if path.name != KEEP and path.stem not in names]
    common = [*(f"{name}.{end}" for name in shared for end in ("svg", "png")), INDEX]
    ours = {*common, *(file for page in pages for file in page.files)}
    ours |= {f"{name}.json" for name in (*names, *shared)}
    left = [path for path in (*here.iterdir(), *(here / RECORDS).iterdir()) if path.is_file() and path.name not in ours]
    left += [path for path in (folder.parent / EMBED).iterdir() if path.stem not in names]
    left += [path for path in folder.glob("*.pdf") if path.stem not in names]
    for path in (*(folder / f"{page}.qmd" for page in removed), *left):
        path.unlink()
    # Figures first, then the text, the record last: a page then never lacks one of its figures.
    made = [*common, *(file for page in stale for file in reversed(page.files))]
    made += [f"{RECORDS}/{name}.json" for name in (*shared, *(page.name for page in stale))]
    for file in made:
        if (there / file).is_file():
            os.replace(there / file, here / file)  # noqa: PTH105 - atomic, also over an existing file
    return removed
