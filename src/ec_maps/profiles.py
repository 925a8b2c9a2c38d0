"""The pages of all districts, ``places/<page>.qmd``: which there are to be, drawing the new ones, removing the old."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import joblib
import yaml
from filelock import FileLock

from ec_maps import atlas, cache, profile, settings
from ec_maps.areas import load_areas
from ec_maps.errors import EcMapsError, RenderError
from ec_maps.figures import FOLDER, picture
from ec_maps.finder import INDEX, write_index
from ec_maps.maps import national_map
from ec_maps.origins import boundary_files
from ec_maps.places import Place, read_places
from ec_maps.profile import FILES, Around
from ec_maps.standing import standing

if TYPE_CHECKING:
    import geopandas as gpd

#: The folder of the pages in the project; the finder, ``index.qmd``, is there too and stays.
PLACES = "places"

_KEEP = "index.qmd"
_STAMPS = ".stamps.json"

#: Fewer pages than this are not worth starting other processes for.
_WORTH_IT = 6

#: How the settings begin that a worker must have.
_OURS = ("EC_MAPS_", "QUARTO_")

#: After so many pages the terminal hears of it.
_EVERY = 25


@dataclass(frozen=True)
class Built:
    """What a build did: how many pages there are, and which were drawn or removed."""

    pages: int
    drawn: list[str]
    removed: list[str]


def wanted(lads: gpd.GeoDataFrame) -> list[Place]:
    """Return the districts that are to have a page: those of the list, or all by name if ``EC_MAPS_PLACES`` is so."""
    if settings.places() == "listed":
        return read_places(districts=lads)
    rows = lads.sort_values("lad21nm")
    return [Place(*row) for row in zip(rows["lad21nm"], rows["lad21cd"], rows["rgn21nm"], strict=True)]


def linked(lads: gpd.GeoDataFrame) -> dict[str, str]:
    """Return the pages that there are to be, code to name without ending."""
    names = profile.page_names(lads)
    return {place.lad21cd: names[place.lad21cd] for place in wanted(lads)}


def build(root: Path, *, log: Callable[[str], None] = print) -> Built:
    """Bring ``places/`` in line with the list: draw what is missing or out of date, remove what has gone.

    New pages are made aside and moved to their place when all of them are whole. A page is out of date if data,
    boundaries, the library or a page that it links to have changed.

    Parameters
    ----------
    root
        The project's folder.
    log
        Is told how far it has come.

    Raises
    ------
    RenderError
        If a page cannot be made; the place is named, and ``places/`` is as it was.
    """
    (root / ".quarto").mkdir(exist_ok=True)
    with FileLock(root / ".quarto" / "places.lock"):
        return _build(root, log)


def _build(root: Path, log: Callable[[str], None]) -> Built:
    lads, msoas = load_areas("lad"), load_areas("msoa")
    places, pages = wanted(lads), linked(lads)
    folder, aside = root / PLACES, root / ".quarto" / "places.part"
    shutil.rmtree(aside, ignore_errors=True)
    (aside / FOLDER).mkdir(parents=True)
    try:
        basis = _basis(root)
        stamps = {pages[place.lad21cd]: _stamp(basis, place, lads, pages) for place in places}
        stamps["national"] = _digest(basis, sorted(pages.items()))
        before = _stamps(folder)
        stale = [
            place
            for place in places
            if not _whole(folder, page := pages[place.lad21cd]) or before.get(page) != stamps[page]
        ]
        shared = folder / FOLDER / "national.svg"
        if stale or before.get("national") != stamps["national"] or not shared.is_file():
            national = national_map(lads)
            links = {code: f"../{page}.html" for code, page in pages.items()}
            national.save(aside / FOLDER / "national.svg", links=links, marks=True)
            _draw(stale, Around(pages, _site(root), picture(national, "national")), aside, log)
        write_index(lads, msoas, pages, aside / FOLDER / INDEX)
        removed = _take_over(aside, folder, pages)
        (folder / FOLDER / _STAMPS).write_text(json.dumps(stamps, indent=0, sort_keys=True), encoding="utf-8")
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return Built(len(places), [place.name for place in stale], removed)


def _draw(places: list[Place], around: Around, aside: Path, log: Callable[[str], None]) -> None:
    workers = min(os.cpu_count() or 1, 4) if len(places) >= _WORTH_IT else 1
    environment = {name: value for name, value in os.environ.items() if name.startswith(_OURS)}
    pool = joblib.Parallel(n_jobs=workers, return_as="generator_unordered", batch_size=1)
    tasks = (joblib.delayed(_draw_one)(place, around, aside, environment) for place in places)
    for number, _ in enumerate(pool(tasks), 1):
        if number % _EVERY == 0 or number == len(places):
            log(f"Place pages drawn: {number} of {len(places)}.")


def _draw_one(place: Place, around: Around, aside: Path, environment: dict[str, str]) -> None:
    """Draw one page, here or in a worker, which may have been started by an earlier build with other settings."""
    for name in [name for name in os.environ if name.startswith(_OURS) and name not in environment]:
        del os.environ[name]
    os.environ.update(environment)
    try:
        lads, msoas = _tables(settings.source(), _inputs())
        profile.write(place.name, lads, msoas, around, aside)
    except EcMapsError as error:
        failure = RenderError(f"The page of {place.name} could not be made: {error}")
        failure.exit_status = error.exit_status
        raise failure from error
    except Exception as error:
        # Whatever it is, among 331 pages the author must hear which one it was.
        msg = (
            f"The page of {place.name} could not be made: {type(error).__name__}: {error}. This is a fault of ec_maps "
            f"rather than yours; the site that was there before is as it was."
        )
        raise RenderError(msg) from error


_held: dict[tuple[str, str], tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]] = {}


def _tables(source: str, key: str) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Return both tables, loaded once in each process for each state of the data."""
    if (source, key) not in _held:
        _held.clear()
        _held[source, key] = load_areas("lad"), load_areas("msoa")
    return _held[source, key]


def _inputs() -> str:
    return cache.fingerprint([*atlas.archives(), *boundary_files(fetch=False)], settings.source(), settings.basemap())


def _basis(root: Path) -> str:
    """Return a mark of all that every page depends on: data, library, palette, the site's address."""
    return _digest(_inputs(), cache.package_digest(), _site(root))


def _stamp(basis: str, place: Place, lads: gpd.GeoDataFrame, pages: dict[str, str]) -> str:
    """Return a mark of all that one page depends on: the pages that it links to, too."""
    region = lads.loc[lads["rgn21nm"] == place.region, "lad21cd"]
    near = lads.loc[lads["lad21nm"].isin(standing(lads, lads.iloc[:0], place.name).neighbours), "lad21cd"]
    links = sorted({(code, pages[code]) for code in [*region, *near] if code in pages})
    return _digest(basis, place, links)


def _digest(*parts: object) -> str:
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]


def _stamps(folder: Path) -> dict[str, str]:
    try:
        told = json.loads((folder / FOLDER / _STAMPS).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return told if isinstance(told, dict) else {}


def _whole(folder: Path, page: str) -> bool:
    """Return whether a page and all its files are there; one of a district without neighbourhoods never is."""
    return (folder / f"{page}.qmd").is_file() and all((folder / FOLDER / f"{page}{end}").is_file() for end in FILES)


def _take_over(aside: Path, folder: Path, pages: dict[str, str]) -> list[str]:
    """Move what was made into its place and remove what belongs to no page; return the pages that have gone."""
    files = folder / FOLDER
    files.mkdir(parents=True, exist_ok=True)
    there = set(pages.values())
    removed = [path.stem for path in sorted(folder.glob("*.qmd")) if path.name != _KEEP and path.stem not in there]
    for page in removed:
        (folder / f"{page}.qmd").unlink()
    ours = {f"{page}{ending}" for page in there for ending in FILES} | {"national.svg", INDEX, _STAMPS}
    for path in files.iterdir():
        if path.name not in ours:
            path.unlink()
    # The text last: a page is there when all that it shows is.
    made = sorted(aside.rglob("*.*"), key=lambda path: path.suffix == ".qmd")
    for path in made:
        if path.is_file():
            os.replace(path, folder / path.relative_to(aside))  # noqa: PTH105 - atomic, also over an existing file
    return removed


def _site(root: Path) -> str:
    """Return the address of the published site with a slash at its end, or nothing."""
    told = yaml.safe_load((root / "_quarto.yml").read_text(encoding="utf-8")) or {}
    address = str((told.get("website") or {}).get("site-url") or "")
    return f"{address.rstrip('/')}/" if address else ""
