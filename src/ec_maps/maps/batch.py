"""Many maps at once: every region and every district, one file each; files that are up to date are not drawn again."""

from __future__ import annotations

import errno
import os
import warnings
from collections.abc import Iterable, Sequence
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

from ec_maps import cache, settings
from ec_maps.areas.provenance import inputs
from ec_maps.arguments import is_known, path_of, several
from ec_maps.errors import EcMapsError, RenderError, SettingError, listed, told
from ec_maps.geography.names import slug
from ec_maps.maps import workers
from ec_maps.maps.figure_cache import read_record, write_record
from ec_maps.measures import HEADLINE

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from ec_maps.geography.levels import LevelName

KindName = Literal["regions", "places"]
PictureFormat = Literal["png", "svg"]

KINDS: tuple[KindName, ...] = ("regions", "places")
FORMATS: tuple[PictureFormat, ...] = ("png", "svg")

#: The most failed maps that a message lists.
_LISTED = 10


class Wanted(NamedTuple):
    """A map to draw: its kind, the region or place, and the file name."""

    kind: KindName
    name: str
    file: str


class Tables(NamedTuple):
    """The tables that maps are drawn from: those of the areas, by kind of map, and that of the surroundings."""

    areas: dict[KindName, gpd.GeoDataFrame]
    context: gpd.GeoDataFrame


class DrawnMap(NamedTuple):
    """The result of one map: the file's content or the fault in a sentence, and the warnings."""

    wanted: Wanted
    content: bytes
    fault: str = ""
    warned: tuple[str, ...] = ()


class Done(NamedTuple):
    """The result of a run: all files, and the names of the maps that were drawn in it."""

    paths: list[Path]
    drawn: list[str]


def draw_maps(
    folder: str | Path,
    *,
    kinds: Iterable[KindName] = KINDS,
    measure: str = HEADLINE,
    category: str | None = None,
    format: PictureFormat = "png",
    jobs: int | None = None,
    quiet: bool = False,
) -> list[Path]:
    """Draw the map of every region and of every district of England and Wales, and return the files.

    A file that is already in the folder, made from the same data by the same version, is not drawn again, so that an
    interrupted run continues where it stopped. Maps are drawn by several processes of this machine, or by the Dask
    cluster whose scheduler ``EC_MAPS_DASK`` names; the files are the same either way.

    Parameters
    ----------
    folder
        The folder of the files; it is created. Files are named after places: ``norwich.png``. A hidden folder in it,
        ``.figure_cache``, records what each file was made from.
    kinds
        ``"regions"`` for the ten maps of regions by district, ``"places"`` for those of the districts by neighbourhood.
    measure, category
        As for :func:`ec_maps.load_areas`.
    format
        ``"png"`` or ``"svg"``.
    jobs
        How many processes draw at once; if not given, ``EC_MAPS_JOBS``, or else the cores of this machine, 4 at most.
    quiet
        Whether to hide the progress bar, which is shown only in a terminal.

    Returns
    -------
    files
        All files, the regions first, each kind sorted by name.

    Raises
    ------
    RenderError
        If some maps cannot be drawn (the others are saved), or the cluster cannot be used.
    SettingError
        If the kind, measure or format does not exist, or the folder cannot be written.
    DataError, BoundaryError, FetchError
        As :func:`ec_maps.load_areas`.

    Examples
    --------
    >>> import ec_maps
    >>> files = ec_maps.draw_maps("maps", kinds=["regions"], format="svg", jobs=1, quiet=True)
    >>> len(files), files[0].name
    (10, 'east-midlands.svg')
    """
    return bring(
        path_of(folder, "The maps are written into a folder"),
        kinds=kinds,
        measure=measure,
        category=category,
        format=format,
        jobs=jobs,
        quiet=quiet,
    ).paths


def bring(
    folder: Path,
    *,
    kinds: Iterable[KindName] = KINDS,
    measure: str = HEADLINE,
    category: str | None = None,
    format: PictureFormat = "png",
    jobs: int | None = None,
    quiet: bool = False,
) -> Done:
    """Draw the maps as :func:`draw_maps` does, and return the files and the names of the maps drawn in this run."""
    from tqdm import tqdm

    chosen = _checked(kinds, format, jobs)
    settings.jobs(), settings.dask()  # raises for a faulty setting before any work
    maps = _all_maps(chosen, measure, category, format)
    state = inputs()
    fingerprints = {one: cache.digest((state, measure, category, format), one) for one in maps}
    missing = [one for one in maps if read_record(folder, one.file, fingerprints[one]) is None]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if missing and not os.access(folder, os.W_OK):  # else each process would draw a map first
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    except OSError as error:
        msg = f"The maps cannot be written into {folder}: {error.strerror or error}. Name a folder."
        raise SettingError(msg) from None
    load = partial(_tables, settings.source(), state, chosen, measure, category)
    outcomes = workers.results(partial(draw, format), load, missing, jobs=jobs) if missing else ()
    faults: list[str] = []
    drawn: list[str] = []
    # Without `disable`, tqdm shows its bar in a terminal only.
    for done in tqdm(
        outcomes, total=len(missing), desc="Maps", unit="map", disable=True if quiet or not missing else None
    ):
        one = done.wanted
        if done.fault:
            faults.append(f"  {one.name}: {done.fault}")
            continue
        _write(folder / one.file, done.content)
        drawn.append(one.name)
        for warning in done.warned:
            warnings.warn(f"{one.name}: {warning}", stacklevel=2)
        if not done.warned:  # a map with a warning, such as missing tiles, is drawn again next time
            write_record(folder, one.file, fingerprints[one], [one.file])
    if faults:
        more = f"\n  and {len(faults) - _LISTED} more" if len(faults) > _LISTED else ""
        msg = (
            f"{len(faults)} of {len(maps)} maps could not be drawn; the others are saved and will not be drawn again:\n"
            + "\n".join(faults[:_LISTED])
            + more
        )
        raise RenderError(msg)
    return Done([folder / one.file for one in maps], drawn)


def _checked(kinds: object, format: object, jobs: object) -> tuple[KindName, ...]:
    """Return the kinds in the order drawn; raise `SettingError` for an unknown kind, format or number of jobs."""
    asked = several(kinds, str, 'The kinds of maps are "regions" and "places"')
    if not asked or not all(is_known(kind, KINDS) for kind in asked):
        msg = f'The kinds of maps are "regions" and "places"; what was asked for is {listed(list(map(told, asked)))}.'
        raise SettingError(msg)
    if not is_known(format, FORMATS):
        msg = f'The maps can be saved as "png" or "svg"; {told(format)} was asked for.'
        raise SettingError(msg)
    if jobs is not None and not (isinstance(jobs, int) and jobs > 0):
        msg = f"jobs is {told(jobs)}; it should be how many processes draw at once, a whole number such as 2."
        raise SettingError(msg)
    return tuple(kind for kind in KINDS if kind in asked)


def _all_maps(kinds: Sequence[KindName], measure: str, category: str | None, format: str) -> list[Wanted]:
    from ec_maps.areas.table import load_areas

    lads = load_areas("lad", measure, category=category)
    names: list[tuple[KindName, str, str | None]] = []
    if "regions" in kinds:
        names += [("regions", name, None) for name in sorted(lads["rgn21nm"].unique())]
    if "places" in kinds:
        rows: pd.DataFrame = lads.sort_values("lad21nm")
        names += [("places", name, code) for name, code in zip(rows["lad21nm"], rows["lad21cd"], strict=True)]
    # File names must not depend on which kinds are drawn, so all places are compared.
    taken = [slug(name) for name in (*lads["lad21nm"], *lads["rgn21nm"].unique())]
    often = {one for one in taken if taken.count(one) > 1} if len(set(taken)) < len(taken) else set()
    files = [slug(name, code if slug(name) in often else None) for _, name, code in names]
    return [Wanted(kind, name, f"{file}.{format}") for (kind, name, _), file in zip(names, files, strict=True)]


@lru_cache(maxsize=1)
def _tables(_source: str, _inputs: str, kinds: Sequence[KindName], measure: str, category: str | None) -> Tables:
    """Return the tables; each process loads them once for each state of the data."""
    from ec_maps.areas.table import load_areas, load_context

    levels: dict[KindName, LevelName] = {"regions": "lad", "places": "msoa"}
    return Tables({kind: load_areas(levels[kind], measure, category=category) for kind in kinds}, load_context())


def draw(format: PictureFormat, tables: Tables, wanted: Wanted) -> DrawnMap:
    """Draw one map in the calling process and return the outcome; nothing is written."""
    from ec_maps.maps.choropleth import local_map, regional_map

    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            make = local_map if wanted.kind == "places" else regional_map
            drawn = make(tables.areas[wanted.kind], wanted.name, context=tables.context)
            content = drawn.svg().encode() if format == "svg" else drawn.png()
    except EcMapsError as error:
        return DrawnMap(wanted, b"", str(error))
    except Exception as error:  # noqa: BLE001 - a fault in one map must not stop the others
        return DrawnMap(wanted, b"", f"{type(error).__name__}: {error} (a fault of ec_maps rather than yours)")
    # A library's deprecation warning is not a fault of the map.
    warned = dict.fromkeys(str(one.message) for one in caught if issubclass(one.category, UserWarning))
    return DrawnMap(wanted, content, warned=tuple(warned))


def _write(path: Path, content: bytes) -> None:
    try:
        with cache.atomic_write(path) as temporary:
            temporary.write_bytes(content)
    except OSError as error:
        msg = (
            f"The map could not be written to {path}: {error.strerror or error}. The maps written before are kept; run "
            f"the same command again to continue."
        )
        raise SettingError(msg) from None
