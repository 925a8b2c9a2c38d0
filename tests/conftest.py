"""What all tests share: a clean environment, the demonstration data, the real boundaries where they are at hand."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from fakes.arcgis import FakeArcGIS

ROOT = Path(__file__).resolve().parents[1]

LOOPBACK = ["127.0.0.1", "::1", "localhost"]
BROWSERS = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)

# The same examples on every run: a failure that a colleague cannot repeat helps nobody.
settings.register_profile("ec_maps", derandomize=True, deadline=None, database=None, print_blob=False)
settings.load_profile("ec_maps")


def _may_connect(item: pytest.Item) -> bool:
    return any(item.get_closest_marker(name) for name in ("network", "site", "browser", "quarto"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Open loopback for the tests that need it, and skip those whose tool is not on this machine."""
    no_quarto = shutil.which("quarto") is None
    for item in items:
        if "geo" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.geo)
        if _may_connect(item):
            item.add_marker(pytest.mark.allow_hosts(LOOPBACK))
        if no_quarto and item.get_closest_marker("quarto"):
            item.add_marker(pytest.mark.skip(reason="Quarto is not on the PATH (quarto.org has it)"))


@pytest.fixture(scope="session", autouse=True)
def _clean_environment() -> Iterator[None]:
    """Hide the settings of whoever runs the tests; a test sets what it needs itself."""
    ours = ("EC_MAPS_TEST_GEO", "EC_MAPS_CHROMIUM")
    with pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            if (name.startswith("EC_MAPS_") and name not in ours) or name.startswith("QUARTO_"):
                patch.delenv(name)
        yield


@pytest.fixture(autouse=True)
def _offline(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the library from asking any server, except in the tests that have their own."""
    if not _may_connect(request.node):
        monkeypatch.setenv("EC_MAPS_OFFLINE", "1")


@pytest.fixture(scope="session")
def root() -> Path:
    """Return the project's folder."""
    return ROOT


@pytest.fixture(scope="session")
def demo_data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a data folder for the demonstration data's cache, one for the whole session."""
    return tmp_path_factory.mktemp("demo-data")


@pytest.fixture
def demo(demo_data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Switch the library to the demonstration data, and return the data folder that its cache is kept in."""
    monkeypatch.setenv("EC_MAPS_SOURCE", "demo")
    monkeypatch.setenv("EC_MAPS_DATA_DIR", str(demo_data_dir))
    return demo_data_dir


@pytest.fixture
def portal(server: FakeArcGIS, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeArcGIS]:
    """Return the module's map server in a normal mood, with the library pointed at it; waiting takes no time."""
    services = dict(server.services)
    server.requests.clear()
    monkeypatch.setenv("EC_MAPS_ONS_URL", server.url)
    monkeypatch.setattr("ec_maps.web.pause", lambda _: None)
    yield server
    server.clear()
    server.services = services


@pytest.fixture(scope="session")
def geo() -> Path:
    """Return the folder of real boundaries and lookups, or skip the test."""
    told = os.environ.get("EC_MAPS_TEST_GEO", "")
    folder = Path(told) if told else ROOT.parent / "shared" / "geo"
    if not folder.is_dir():
        if told:
            pytest.fail(f"EC_MAPS_TEST_GEO is {told}, which is not a folder.")
        pytest.skip("no real boundaries: EC_MAPS_TEST_GEO can name a folder of them")
    return folder.resolve()


@pytest.fixture(scope="session")
def chromium() -> str:
    """Return the path of a Chromium or Chrome; without one, skip the test here and fail it in CI."""
    told = os.environ.get("EC_MAPS_CHROMIUM", "")
    found = [path for name in ((told,) if told else BROWSERS) if (path := shutil.which(name))]
    if found:
        return found[0]
    reason = f"no browser: looked for {told or ', '.join(BROWSERS)}; EC_MAPS_CHROMIUM can name one"
    if told or os.environ.get("CI"):
        pytest.fail(reason)
    return pytest.skip(reason)
