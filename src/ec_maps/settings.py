"""Where things are, read from the environment when called and never at import.

| variable | meaning | default |
|---|---|---|
| ``EC_MAPS_SOURCE`` | ``live`` or ``demo`` | ``live`` |
| ``EC_MAPS_DATA_DIR`` | where the Atlas zips lie and the cache is kept | ``data/`` of the project |
| ``EC_MAPS_BOUNDARIES`` | ``ons``, ``postgis``, or a folder or file of boundaries and lookups | ``ons`` |
| ``EC_MAPS_RESOLUTION`` | of the ONS boundaries: ``full``, ``generalised`` or ``super_generalised`` | ``generalised`` |
| ``EC_MAPS_DATABASE_URL`` | the PostGIS database, ``postgresql://user:password@host/database`` | ``db_config.ini`` |
| ``EC_MAPS_PLACES`` | which districts get a page: ``listed`` in ``places.yml``, or ``all`` | ``listed`` |
| ``EC_MAPS_BASEMAP`` | ``none``, or a tile provider by its xyzservices name | ``none`` |
| ``EC_MAPS_BASEMAP_KEY`` | the key of the tile provider | none |
| ``EC_MAPS_JOBS`` | how many processes of this machine draw at once | its cores, at most 4 |
| ``EC_MAPS_DASK`` | the scheduler of a Dask cluster that draws, ``tcp://host:8786`` | none: this machine draws |
| ``EC_MAPS_OFFLINE`` | ``1``: never ask the network | ``0`` |
| ``EC_MAPS_TIMEOUT`` | seconds without an answer before a server is given up | 60 |
| ``EC_MAPS_USER_AGENT`` | how requests name themselves | ``ec_maps/<version> (…)`` |
| ``EC_MAPS_HDX_URL`` | in place of the Humanitarian Data Exchange | ``https://data.humdata.org`` |
| ``EC_MAPS_ONS_URL`` | in place of the ONS services | see :data:`ONS_URL` |
| ``EC_MAPS_NAMES_URL`` | in place of the House of Commons Library's file of names | see :data:`NAMES_URL` |
| ``EC_MAPS_HEXAGONS_URL`` | in place of its file of hexagons | see :data:`HEXAGONS_URL` |
"""

from __future__ import annotations

import os
import re
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from typing import Literal, cast
from urllib.parse import urlsplit

from ec_maps.errors import MissingExtraError, SettingError

Source = Literal["live", "demo"]
Places = Literal["listed", "all"]
Resolution = Literal["full", "generalised", "super_generalised"]

HDX_URL = "https://data.humdata.org"
ONS_URL = "https://services1.arcgis.com/ESMARspQHYMw9BZ9/arcgis/rest/services"
NAMES_URL = "https://houseofcommonslibrary.github.io/msoanames/MSOA-Names-Latest2.csv"
HEXAGONS_URL = (
    "https://raw.githubusercontent.com/houseofcommonslibrary/uk-hex-cartograms-noncontiguous/main/geopackages/"
    "MSOA_2021.gpkg"
)

_MARKS = ("_quarto.yml", "places.yml")


def source() -> Source:
    """Return ``"live"`` or ``"demo"``.

    Raises
    ------
    SettingError
        If ``EC_MAPS_SOURCE`` is anything else: a misspelt ``demo`` must not pass for real data.
    """
    value = os.environ.get("EC_MAPS_SOURCE", "").strip().lower() or "live"
    if value not in ("live", "demo"):
        msg = f'EC_MAPS_SOURCE is "{value}"; it can be "live" (the real data, the default) or "demo" (built in).'
        raise SettingError(msg)
    return cast(Source, value)


def is_demo() -> bool:
    """Return whether the built-in demonstration data are in use."""
    return source() == "demo"


def project_root() -> Path:
    """Return the project's folder: Quarto's own word for it, else the nearest folder above that looks like one.

    Falls back on the tree that the library was installed from (an editable install), else on the working folder.
    """
    if told := os.environ.get("QUARTO_PROJECT_DIR"):
        return Path(told).resolve()
    here = Path.cwd()
    for folder in (here, *here.parents):
        if all((folder / mark).exists() for mark in _MARKS):
            return folder
    tree = Path(__file__).resolve().parents[2]
    return tree if all((tree / mark).exists() for mark in _MARKS) else here


def data_dir() -> Path:
    """Return the folder of the Atlas zips and the cache; it need not exist."""
    told = os.environ.get("EC_MAPS_DATA_DIR", "").strip()
    return Path(told).expanduser().resolve() if told else project_root() / "data"


def cache_dir() -> Path:
    """Return the cache's folder, ``cache/`` in the data folder; it need not exist."""
    return data_dir() / "cache"


def may_cache() -> bool:
    """Return whether tables and tiles may be cached: the demonstration leaves nothing in a stranger's folder."""
    told = os.environ.get("EC_MAPS_DATA_DIR", "").strip()
    return bool(told) or not is_demo() or all((project_root() / mark).exists() for mark in _MARKS)


def boundaries() -> str | Path:
    """Return ``"ons"``, ``"postgis"`` or the path that ``EC_MAPS_BOUNDARIES`` names."""
    told = os.environ.get("EC_MAPS_BOUNDARIES", "").strip()
    if told.lower() in ("", "ons"):
        return "ons"
    if told.lower() == "postgis":
        return "postgis"
    return Path(told).expanduser().resolve()


def resolution() -> Resolution:
    """Return how fine the boundaries from ONS are to be; ``SettingError`` for a word that is not known."""
    value = os.environ.get("EC_MAPS_RESOLUTION", "").strip().lower() or "generalised"
    if value not in ("full", "generalised", "super_generalised"):
        msg = (
            f'EC_MAPS_RESOLUTION is "{value}"; it can be "full" (every bend, slow), "generalised" (to 20 metres, the '
            f'default) or "super_generalised" (to 200 metres and more, small).'
        )
        raise SettingError(msg)
    return cast(Resolution, value)


def is_offline() -> bool:
    """Return whether the network is not to be asked for anything."""
    value = os.environ.get("EC_MAPS_OFFLINE", "").strip().lower()
    if value not in ("", "0", "no", "false", "1", "yes", "true"):
        msg = f'EC_MAPS_OFFLINE is "{value}"; it can be 1 (use only what is here) or 0 (the default).'
        raise SettingError(msg)
    return value in ("1", "yes", "true")


def timeout() -> float:
    """Return after how many seconds without an answer a server is given up."""
    value = os.environ.get("EC_MAPS_TIMEOUT", "").strip()
    try:
        seconds = float(value or 60)
    except ValueError:
        seconds = 0
    if not 0 < seconds < 3600:
        msg = f'EC_MAPS_TIMEOUT is "{value}"; it should be a number of seconds, such as 60.'
        raise SettingError(msg)
    return seconds


def user_agent() -> str:
    """Return how our requests name themselves: honestly; ``EC_MAPS_USER_AGENT`` can add an address."""
    told = " ".join(os.environ.get("EC_MAPS_USER_AGENT", "").split())
    return told or f"ec_maps/{version('ec-maps')} (maps of the UK Social Capital Atlas)"


def hdx_url() -> str:
    """Return the address of the Humanitarian Data Exchange, or of what stands in for it, without a last slash."""
    return _address("EC_MAPS_HDX_URL", os.environ.get("EC_MAPS_HDX_URL", ""), HDX_URL)


def ons_url() -> str:
    """Return the address of the ONS map services, or of what stands in for them, without a last slash."""
    return _address("EC_MAPS_ONS_URL", os.environ.get("EC_MAPS_ONS_URL", ""), ONS_URL)


def names_url() -> str:
    """Return the address of the file of neighbourhood names."""
    return _address("EC_MAPS_NAMES_URL", os.environ.get("EC_MAPS_NAMES_URL", ""), NAMES_URL)


def hexagons_url() -> str:
    """Return the address of the file that has a hexagon for each neighbourhood."""
    return _address("EC_MAPS_HEXAGONS_URL", os.environ.get("EC_MAPS_HEXAGONS_URL", ""), HEXAGONS_URL)


def database_url() -> str:
    """Return the database's address, password and all, as ``EC_MAPS_DATABASE_URL`` has it; empty if it is not set."""
    return os.environ.get("EC_MAPS_DATABASE_URL", "").strip()


def places() -> Places:
    """Return which districts get a page of their own; ``SettingError`` for a word that is not known."""
    value = os.environ.get("EC_MAPS_PLACES", "").strip().lower() or "listed"
    if value not in ("listed", "all"):
        msg = f'EC_MAPS_PLACES is "{value}"; it can be "listed" (those of places.yml, the default) or "all".'
        raise SettingError(msg)
    return cast(Places, value)


def basemap() -> str:
    """Return the xyzservices name of the tiles to draw beneath the maps, or ``"none"``."""
    value = os.environ.get("EC_MAPS_BASEMAP", "").strip()
    return "none" if value.lower() in ("", "none") else value


def basemap_key() -> str:
    """Return the tile provider's key; empty if it is not set."""
    return os.environ.get("EC_MAPS_BASEMAP_KEY", "").strip()


def jobs() -> int | None:
    """Return how many processes of this machine are to draw at once; None if ``EC_MAPS_JOBS`` is not set."""
    value = os.environ.get("EC_MAPS_JOBS", "").strip()
    if not value:
        return None
    if not (value.isascii() and value.isdigit() and 0 < int(value) < 1000):
        msg = f'EC_MAPS_JOBS is "{value}"; it should be how many processes draw at once, a whole number such as 2.'
        raise SettingError(msg)
    return int(value)


def dask() -> str:
    """Return the address of the scheduler of the Dask cluster that draws; empty if this machine does."""
    value = os.environ.get("EC_MAPS_DASK", "").strip()
    if not value:
        return ""
    try:
        parts = urlsplit(value)
        sound = parts.scheme in ("tcp", "tls", "ws", "wss") and parts.hostname and parts.port
    except ValueError:  # a port that is no number
        sound = False
    if not sound or parts.username or parts.password or parts.path.strip("/") or parts.query:
        # What stands there is not shown: it may have a password in it.
        msg = (
            "EC_MAPS_DASK should be the address of a Dask scheduler, such as tcp://127.0.0.1:8786: tcp or tls, a host "
            "and a port, without a password. Unset it to draw on this machine."
        )
        raise SettingError(msg)
    return f"{parts.scheme}://{parts.netloc}"


def require_extra(extra: str, purpose: str) -> None:
    """Raise ``MissingExtraError`` unless all libraries of an extra of ec-maps are installed.

    Parameters
    ----------
    extra
        Its name in ``pyproject.toml``, the one home of what belongs to it.
    purpose
        What needs it, as the subject of a sentence: ``"Drawing tiles"``.
    """
    missing = []
    for line in requires("ec-maps") or ():
        name, _, condition = line.partition(";")
        if re.search(rf"""extra == ['"]{extra}['"]""", condition):
            library = re.split(r"[^A-Za-z0-9._-]", name.strip(), maxsplit=1)[0]
            try:
                version(library)
            except PackageNotFoundError:
                missing.append(library)
    if missing:
        msg = (
            f"{purpose} needs {' and '.join(missing)}, which {'are' if missing[1:] else 'is'} not installed. "
            f'Install ec-maps with its extra: pip install "ec-maps[{extra}]".'
        )
        raise MissingExtraError(msg)


def _address(name: str, value: str, default: str) -> str:
    told = value.strip() or default
    parts = urlsplit(told)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.query:
        msg = f"{name} should be an address such as {default}, without a password or a question mark in it."
        raise SettingError(msg)
    return told.rstrip("/")


def shipped(name: str) -> Path:
    """Return the path of a file or folder that comes with the library: ``demo`` or ``palettes``.

    The project's own copy wins, so that an editor's change counts; a wheel installed elsewhere uses the copy in it.
    """
    homes = {"demo": Path("data/demo"), "palettes": Path("assets/palettes")}
    in_package = Path(__file__).resolve().parent / "shipped" / name
    for candidate in (project_root() / homes[name], in_package, Path(__file__).resolve().parents[2] / homes[name]):
        if candidate.exists():
            return candidate
    return project_root() / homes[name]
