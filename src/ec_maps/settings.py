"""Where things are, read from the environment when called and never at import.

| variable | meaning | default |
|---|---|---|
| ``EC_MAPS_SOURCE`` | ``live`` or ``demo`` | ``live`` |
| ``EC_MAPS_DATA_DIR`` | where the Atlas zips lie and the cache is kept | ``data/`` of the project |
| ``EC_MAPS_BOUNDARIES`` | ``ons``, or a folder or file of boundaries and lookups | ``ons`` |
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal, cast

from ec_maps.errors import SettingError

Source = Literal["live", "demo"]

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


def boundaries() -> str | Path:
    """Return ``"ons"``, ``"postgis"`` or the path that ``EC_MAPS_BOUNDARIES`` names."""
    told = os.environ.get("EC_MAPS_BOUNDARIES", "").strip()
    if told.lower() in ("", "ons"):
        return "ons"
    if told.lower() == "postgis":
        return "postgis"
    return Path(told).expanduser().resolve()


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
