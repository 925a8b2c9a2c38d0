"""Importing the library does nothing but make its names known. Each test looks at a fresh process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import ec_maps
from ec_maps import errors

PROBE = """
import json, sys

opened = []
sys.addaudithook(lambda event, args: opened.append(event) if event.startswith("socket.") else None)
import {module}
print(json.dumps({{"modules": sorted(sys.modules), "sockets": opened}}))
"""


def imported(module: str, folder: Path, **variables: str) -> dict[str, list[str]]:
    """Import a module in a new process whose home and working folder is `folder`; tell what was loaded and opened."""
    keep = {name: value for name, value in os.environ.items() if name in ("PATH", "SYSTEMROOT", "LD_LIBRARY_PATH")}
    done = subprocess.run(
        [sys.executable, "-B", "-c", PROBE.format(module=module)],
        cwd=folder,
        env=keep | {"HOME": str(folder), "USERPROFILE": str(folder), "TMPDIR": str(folder)} | variables,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return json.loads(done.stdout)


def test_import_leaves_no_trace(tmp_path: Path) -> None:
    """Importing the library makes no file and opens no socket."""
    seen = imported("ec_maps", tmp_path)
    assert seen["sockets"] == []
    assert list(tmp_path.rglob("*")) == []


def test_import_reads_no_setting(tmp_path: Path) -> None:
    """A setting that makes no sense is not noticed before a function reads it."""
    imported("ec_maps", tmp_path, EC_MAPS_SOURCE="neither", EC_MAPS_DATA_DIR="/nowhere/at/all")


def test_import_is_light(tmp_path: Path) -> None:
    """Importing the library loads none of the heavy libraries."""
    heavy = {"contextily", "geopandas", "matplotlib.pyplot", "rasterio", "requests", "sqlalchemy"}
    assert heavy.isdisjoint(imported("ec_maps", tmp_path)["modules"])


def test_errors_are_names_of_the_package(tmp_path: Path) -> None:
    """Each kind of error is imported from the package itself, which loads nothing heavy, and is of the one family."""
    for name in errors.__all__:
        assert getattr(ec_maps, name) is getattr(errors, name)
        assert issubclass(getattr(ec_maps, name), ec_maps.EcMapsError)
    heavy = {"geopandas", "matplotlib", "numpy", "pandas"}
    assert heavy.isdisjoint(imported("ec_maps; ec_maps.SettingError", tmp_path)["modules"])


@pytest.mark.parametrize("module", ["ec_maps.pages", "ec_maps.methods"])
def test_what_pages_call_is_light(tmp_path: Path, module: str) -> None:
    """A page's process, whose figures are kept, loads neither what reads tables nor what draws."""
    heavy = {"geopandas", "matplotlib", "numpy", "pandas", "pyarrow", "requests", "scipy", "shapely"}
    assert heavy.isdisjoint(imported(module, tmp_path)["modules"])


def test_maps_do_without_tiles_cleaning_and_pyplot(tmp_path: Path) -> None:
    """Drawing needs no library of tiles, requests or databases, nor pyplot's global state, and opens no socket."""
    seen = imported("ec_maps.maps.choropleth", tmp_path)
    assert {"contextily", "matplotlib.pyplot", "rasterio", "requests", "sqlalchemy"}.isdisjoint(seen["modules"])
    assert "matplotlib.figure" in seen["modules"]
    assert seen["sockets"] == []


def test_no_public_name_is_hidden_by_a_module() -> None:
    """Importing a module binds its name in the package, and would hide a function that is called the same."""
    modules = {path.stem for path in Path(ec_maps.__file__).parent.iterdir()}
    assert not modules & set(ec_maps.__all__)
