"""Settings from environment variables, read at each call and never at import; ``settings.qmd`` describes them all."""

from __future__ import annotations

import os
import re
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from typing import Literal, cast
from urllib.parse import urlsplit

from ec_maps.errors import MissingExtraError, SettingError

SourceName = Literal["live", "demo"]
Places = Literal["listed", "all"]
Resolution = Literal["full", "generalised", "super_generalised"]

HDX_URL = "https://data.humdata.org"
ONS_URL = "https://services1.arcgis.com/ESMARspQHYMw9BZ9/arcgis/rest/services"
NAMES_URL = "https://houseofcommonslibrary.github.io/msoanames/MSOA-Names-Latest2.csv"
HEXAGONS_URL = (
    "https://raw.githubusercontent.com/houseofcommonslibrary/uk-hex-cartograms-noncontiguous/main/geopackages/"
    "MSOA_2021.gpkg"
)


def _text(name: str) -> str:
    return os.environ.get(name, "").strip()


def _choice(name: str, meanings: dict[str, str]) -> str:
    """Return a variable's value in lower case, by default the first one; `SettingError` for any other."""
    value = _text(name).lower() or next(iter(meanings))
    if value not in meanings:
        choices = " or ".join(f'"{choice}" ({meaning})' for choice, meaning in meanings.items())
        msg = f'{name} is "{value}"; it can be {choices}.'
        raise SettingError(msg)
    return value


def source() -> SourceName:
    """Return ``"live"`` or ``"demo"``; `SettingError` for any other, so that a misspelt ``demo`` is not real data."""
    return cast(SourceName, _choice("EC_MAPS_SOURCE", {"live": "the real data, the default", "demo": "built in"}))


def is_demo() -> bool:
    """Return whether the built-in demonstration data are in use."""
    return source() == "demo"


def project_root() -> Path:
    """Return the project's folder: ``QUARTO_PROJECT_DIR``, or the working folder or nearest above it that has a site.

    Without either, it is the source tree of an editable install, or else the working folder.
    """
    if value := os.environ.get("QUARTO_PROJECT_DIR"):
        return Path(value).resolve()
    here = Path.cwd()
    known = (here, *here.parents, Path(__file__).resolve().parents[2])
    return next((folder for folder in known if _is_project(folder)), here)


def _is_project(folder: Path) -> bool:
    return all((folder / mark).exists() for mark in ("_quarto.yml", "places.yml"))


def data_dir() -> Path:
    """Return the folder of the Atlas zips and the cache; it need not exist."""
    value = _text("EC_MAPS_DATA_DIR")
    return Path(value).expanduser().resolve() if value else project_root() / "data"


def cache_dir() -> Path:
    """Return the cache's folder, ``cache/`` in the data folder; it need not exist."""
    return data_dir() / "cache"


def may_cache() -> bool:
    """Return whether tables and tiles may be cached: the demonstration writes nothing outside a project."""
    return bool(_text("EC_MAPS_DATA_DIR")) or not is_demo() or _is_project(project_root())


def boundaries() -> str | Path:
    """Return ``"ons"``, ``"postgis"`` or the path that ``EC_MAPS_BOUNDARIES`` names."""
    value = _text("EC_MAPS_BOUNDARIES") or "ons"
    return value.lower() if value.lower() in ("ons", "postgis") else Path(value).expanduser().resolve()


def resolution() -> Resolution:
    """Return the resolution of the ONS boundaries; ``SettingError`` for an unknown value."""
    meanings = {
        "generalised": "to 20 metres, the default",
        "full": "every bend, slow",
        "super_generalised": "to 200 metres and more, small",
    }
    return cast(Resolution, _choice("EC_MAPS_RESOLUTION", meanings))


def is_offline() -> bool:
    """Return whether downloads are switched off."""
    value = _text("EC_MAPS_OFFLINE").lower()
    if value not in ("", "0", "no", "false", "1", "yes", "true"):
        msg = f'EC_MAPS_OFFLINE is "{value}"; it can be 1 (use only downloaded files) or 0 (the default).'
        raise SettingError(msg)
    return value in ("1", "yes", "true")


def timeout() -> float:
    """Return how many seconds to wait for an answer from a server."""
    value = _text("EC_MAPS_TIMEOUT")
    try:
        seconds = float(value or 60)
    except ValueError:
        seconds = 0
    if not 0 < seconds < 3600:
        msg = f'EC_MAPS_TIMEOUT is "{value}"; it should be a number of seconds, such as 60.'
        raise SettingError(msg)
    return seconds


def user_agent() -> str:
    """Return the user agent of requests: ``EC_MAPS_USER_AGENT``, or the name and version of the library."""
    value = " ".join(os.environ.get("EC_MAPS_USER_AGENT", "").split())
    return value or f"ec_maps/{version('ec-maps')} (maps of the UK Social Capital Atlas)"


def hdx_url() -> str:
    """Return the address of the Humanitarian Data Exchange, or of its replacement, without a final slash."""
    return _address("EC_MAPS_HDX_URL", HDX_URL)


def ons_url() -> str:
    """Return the address of the ONS map services, or of their replacement, without a final slash."""
    return _address("EC_MAPS_ONS_URL", ONS_URL)


def names_url() -> str:
    """Return the address of the file of neighbourhood names."""
    return _address("EC_MAPS_NAMES_URL", NAMES_URL)


def hexagons_url() -> str:
    """Return the address of the file of hexagons, one for each neighbourhood."""
    return _address("EC_MAPS_HEXAGONS_URL", HEXAGONS_URL)


def database_url() -> str:
    """Return the address of the database, including its password, from ``EC_MAPS_DATABASE_URL``; empty if not set."""
    return _text("EC_MAPS_DATABASE_URL")


def places() -> Places:
    """Return which districts get a page of their own; ``SettingError`` for an unknown value."""
    meanings = {"listed": "those of places.yml, the default", "all": "every district"}
    return cast(Places, _choice("EC_MAPS_PLACES", meanings))


def basemap() -> str:
    """Return the xyzservices name of the tiles to draw beneath the maps, or ``"none"``."""
    value = _text("EC_MAPS_BASEMAP")
    return "none" if value.lower() in ("", "none") else value


def basemap_key() -> str:
    """Return the tile provider's key; empty if it is not set."""
    return _text("EC_MAPS_BASEMAP_KEY")


def jobs() -> int | None:
    """Return how many processes draw at once on this machine; None if ``EC_MAPS_JOBS`` is not set."""
    value = _text("EC_MAPS_JOBS")
    if not value:
        return None
    if not (value.isascii() and value.isdigit() and 0 < int(value) < 1000):
        msg = f'EC_MAPS_JOBS is "{value}"; it should be how many processes draw at once, a whole number such as 2.'
        raise SettingError(msg)
    return int(value)


def dask() -> str:
    """Return the address of the Dask scheduler; empty if this machine draws."""
    value = _text("EC_MAPS_DASK")
    if not value:
        return ""
    try:
        parts = urlsplit(value)
        sound = parts.scheme in ("tcp", "tls", "ws", "wss") and parts.hostname and parts.port
    except ValueError:  # a port that is not a number
        sound = False
    if not sound or parts.username or parts.password or parts.path.strip("/") or parts.query:
        # The value is not shown, because it may contain a password.
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
        Its name in ``pyproject.toml``, which lists its libraries.
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


def environment_file(path: Path) -> dict[str, str]:
    """Return the variables of a file of ``NAME=value`` lines, as Quarto's ``_environment``; none if it is absent."""
    found = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines() if path.is_file() else (), 1):
        name, equals, value = line.strip().partition("=")
        if name and not name.startswith("#"):
            if not equals or not re.fullmatch(r"[A-Za-z_]\w*", name.strip()):
                msg = f"{path.name}, line {number}: expected NAME=value, got {line.strip()!r}."
                raise SettingError(msg)
            found[name.strip()] = value.strip().strip("\"'")
    return found


def _address(name: str, default: str) -> str:
    address = _text(name) or default
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.query:
        msg = f"{name} should be an address such as {default}, without a password or a question mark in it."
        raise SettingError(msg)
    return address.rstrip("/")


def shipped(name: str) -> Path:
    """Return the path of a folder that is shipped with the library: ``demo`` or ``palettes``.

    The project's own copy comes first, so that changes in it count; without one, the copy in the wheel is used.
    """
    home = {"demo": "data/demo", "palettes": "assets/palettes"}[name]
    package = Path(__file__).resolve().parent
    candidates = (project_root() / home, package / "shipped" / name, package.parents[1] / home)
    return next((candidate for candidate in candidates if candidate.exists()), candidates[0])
