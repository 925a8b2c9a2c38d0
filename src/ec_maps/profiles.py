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
import pandas as pd
import yaml
from filelock import FileLock

from ec_maps import atlas, cache, profile, settings
from ec_maps.bands import BESIDE
from ec_maps.errors import EcMapsError, RenderError
from ec_maps.figures import FOLDER, picture
from ec_maps.finder import INDEX, write_index
from ec_maps.kingdom import BEYOND, united_kingdom
from ec_maps.maps import national_map
from ec_maps.origins import boundary_files
from ec_maps.place_tables import PlaceTables, levers_at_hand, tables_at
from ec_maps.places import Place, read_places
from ec_maps.profile import FILES, FILES_BEYOND, Around
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
    """Return the districts that are to have a page: those of the list, or all by name if ``EC_MAPS_PLACES`` is so.

    Beside those of the table, Scottish and Northern Irish ones may be among them, where the data at hand reach so far.
    """
    districts = _with_those_beyond(lads)
    if settings.places() == "listed":
        return read_places(districts=districts)
    rows = districts.sort_values("lad21nm")
    return [Place(*row) for row in zip(rows["lad21nm"], rows["lad21cd"], rows["rgn21nm"], strict=True)]


def _with_those_beyond(lads: pd.DataFrame) -> pd.DataFrame:
    """Return code, name and region of a table's districts, and of those beyond it in the United Kingdom."""
    columns = ["lad21cd", "lad21nm", "rgn21nm"]
    kingdom = united_kingdom()
    if kingdom is None or set(BEYOND) & set(lads["rgn21nm"]):
        return pd.DataFrame(lads[columns])
    beyond = kingdom.loc[kingdom["rgn21nm"].isin(BEYOND), columns]
    return pd.concat([pd.DataFrame(lads[columns]), pd.DataFrame(beyond)], ignore_index=True)


def linked(lads: gpd.GeoDataFrame) -> dict[str, str]:
    """Return the pages that there are to be, code to name without ending."""
    names = profile.page_names(_with_those_beyond(lads))
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
    inputs = _inputs()
    levers = levers_at_hand(inputs, log)
    tables = tables_at(inputs, levers=levers)
    places, pages = wanted(tables.lads), linked(tables.lads)
    endings = {pages[place.lad21cd]: _endings(place) for place in places}
    folder, aside = root / PLACES, root / ".quarto" / "places.part"
    shutil.rmtree(aside, ignore_errors=True)
    (aside / FOLDER).mkdir(parents=True)
    try:
        basis = _basis(root)
        stamps = {pages[place.lad21cd]: _stamp(basis, place, tables, pages) for place in places}
        shared = _shared(places, tables)
        stamps["national"] = _digest(basis, sorted(pages.items()), sorted(shared))
        before = _stamps(folder)
        stale = [
            place
            for place in places
            if not _whole(folder, page := pages[place.lad21cd], endings[page]) or before.get(page) != stamps[page]
        ]
        there = all((folder / FOLDER / f"{name}.svg").is_file() for name in shared)
        if stale or before.get("national") != stamps["national"] or not there:
            links = {code: f"../{page}.html" for code, page in pages.items()}
            pictures = {}
            for name, table in shared.items():
                # Every page sends it: its areas tell only what is short.
                drawn = national_map(table.drop(columns=BESIDE, errors="ignore"))
                drawn.save(aside / FOLDER / f"{name}.svg", links=links, marks=True)
                pictures[name] = picture(drawn, name)
            around = Around(pages, _site(root), pictures["national"], pictures.get("uk"))
            _draw(stale, around, aside, log, levers=levers)
        write_index(tables.lads, tables.msoas, pages, aside / FOLDER / INDEX, tables.kingdom)
        removed = _take_over(aside, folder, endings, [f"{name}.svg" for name in shared])
        (folder / FOLDER / _STAMPS).write_text(json.dumps(stamps, indent=0, sort_keys=True), encoding="utf-8")
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return Built(len(places), [place.name for place in stale], removed)


def _shared(places: list[Place], tables: PlaceTables) -> dict[str, gpd.GeoDataFrame]:
    """Return the tables of the national maps that many pages share, by the names of their files."""
    if tables.kingdom is None or not any(place.region in BEYOND for place in places):
        return {"national": tables.lads}
    return {"national": tables.lads, "uk": tables.kingdom}


def _endings(place: Place) -> tuple[str, ...]:
    return FILES_BEYOND if place.region in BEYOND else FILES


def _draw(places: list[Place], around: Around, aside: Path, log: Callable[[str], None], *, levers: bool) -> None:
    workers = min(os.cpu_count() or 1, 4) if len(places) >= _WORTH_IT else 1
    environment = {name: value for name, value in os.environ.items() if name.startswith(_OURS)}
    pool = joblib.Parallel(n_jobs=workers, return_as="generator_unordered", batch_size=1)
    tasks = (joblib.delayed(_draw_one)(place, around, aside, environment, levers=levers) for place in places)
    for number, _ in enumerate(pool(tasks), 1):
        if number % _EVERY == 0 or number == len(places):
            log(f"Place pages drawn: {number} of {len(places)}.")


def _draw_one(place: Place, around: Around, aside: Path, environment: dict[str, str], *, levers: bool) -> None:
    """Draw one page, here or in a worker, which may have been started by an earlier build with other settings."""
    for name in [name for name in os.environ if name.startswith(_OURS) and name not in environment]:
        del os.environ[name]
    os.environ.update(environment)
    try:
        tables = tables_at(_inputs(), levers=levers)
        lads, both = tables.home(place)
        profile.write(place.name, lads, tables.msoas, around, aside, surroundings=tables.kingdom, both_levers=both)
    except EcMapsError as error:
        failure = RenderError(f"The page of {place.name} could not be made: {error}")
        failure.exit_status = error.exit_status
        raise failure from error
    except Exception as error:
        # Whatever it is, among hundreds of pages the author must hear which one it was.
        msg = (
            f"The page of {place.name} could not be made: {type(error).__name__}: {error}. This is a fault of ec_maps "
            f"rather than yours; the site that was there before is as it was."
        )
        raise RenderError(msg) from error


def _inputs() -> str:
    return cache.fingerprint([*atlas.archives(), *boundary_files(fetch=False)], settings.source(), settings.basemap())


def _basis(root: Path) -> str:
    """Return a mark of all that every page depends on: data, library, palette, the site's address."""
    return _digest(_inputs(), cache.package_digest(), _site(root))


def _stamp(basis: str, place: Place, tables: PlaceTables, pages: dict[str, str]) -> str:
    """Return a mark of all that one page depends on: the pages that it links to, too."""
    lads, _ = tables.home(place)
    region = lads.loc[lads["rgn21nm"] == place.region, "lad21cd"]
    told = standing(lads, lads.iloc[:0], place.name, tables.kingdom)
    near = told.surroundings.loc[told.surroundings["lad21nm"].isin(told.neighbours), "lad21cd"]
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


def _whole(folder: Path, page: str, endings: tuple[str, ...]) -> bool:
    """Return whether a page and all its files are there; one of a district without neighbourhoods never is."""
    return (folder / f"{page}.qmd").is_file() and all((folder / FOLDER / f"{page}{end}").is_file() for end in endings)


def _take_over(aside: Path, folder: Path, endings: dict[str, tuple[str, ...]], shared: list[str]) -> list[str]:
    """Move what was made into its place and remove what belongs to no page; return the pages that have gone.

    `endings` says of each page that there is to be how the names of its files end, `shared` what else is there.
    """
    files = folder / FOLDER
    files.mkdir(parents=True, exist_ok=True)
    removed = [path.stem for path in sorted(folder.glob("*.qmd")) if path.name != _KEEP and path.stem not in endings]
    for page in removed:
        (folder / f"{page}.qmd").unlink()
    ours = {f"{page}{ending}" for page, ends in endings.items() for ending in ends} | {*shared, INDEX, _STAMPS}
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
