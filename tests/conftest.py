"""What all tests share: a clean environment, the demonstration data, the real boundaries where they are at hand."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import pytest
from filelock import FileLock
from hypothesis import settings

from serving import served
from tested_places import ALL_PLACES, GROUPS_WRITTEN, SITE, listed

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from fakes.arcgis import FakeArcGIS

ROOT = Path(__file__).resolve().parents[1]
CHECKERS = ROOT / "tests" / "web" / "node_modules"

LOOPBACK = ["127.0.0.1", "::1", "localhost"]
BROWSERS = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)

SWITCHES = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]
#: What a test asks for that makes it one of the full tier: real boundaries, a browser, a database.
IN_FULL = {"geo", "chromium", "postgresql"}

NOT_COPIED = (
    *(".*", "_site*", "api", "archive", "cache", "dist", "embed", "maps"),
    *("node_modules", "__pycache__", "*.egg-info"),
)

# Else jsonschema, which reads notebooks, builds grammars of addresses when it is loaded: seconds for each process, and
# no notebook has one checked by them.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]

# The same examples on every run: a failure that a colleague cannot repeat helps nobody.
settings.register_profile("ec_maps", derandomize=True, deadline=None, database=None, print_blob=False)
settings.load_profile("ec_maps")


def _may_connect(item: pytest.Item) -> bool:
    return any(item.get_closest_marker(name) for name in ("network", "site", "browser", "quarto"))


_FULL = pytest.StashKey[bool]()


def pytest_collection_finish(session: pytest.Session) -> None:
    """Note which tier is run: the quick one has a site of one place."""
    session.config.stash[_FULL] = any(item.get_closest_marker("full") for item in session.items)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Sort the tests into their tiers, open loopback where it is needed, and skip those whose tool is not here."""
    no_quarto = shutil.which("quarto") is None
    for item in items:
        asked = set(getattr(item, "fixturenames", ()))
        for fixture, marker in (("geo", "geo"), ("chromium", "browser")):
            if fixture in asked:
                item.add_marker(marker)
        if (asked & IN_FULL or item.get_closest_marker("quarto")) and not item.get_closest_marker("smoke"):
            item.add_marker(pytest.mark.full)
        if ALL_PLACES:
            item.add_marker(pytest.mark.timeout(3600))
        if _may_connect(item):
            item.add_marker(pytest.mark.allow_hosts(LOOPBACK))
        if no_quarto and item.get_closest_marker("quarto"):
            item.add_marker(pytest.mark.skip(reason="Quarto is not on the PATH (quarto.org has it)"))


@pytest.fixture(scope="session", autouse=True)
def _clean_environment() -> Iterator[None]:
    """Hide the settings of whoever runs the tests; a test sets what it needs itself."""
    ours = ("EC_MAPS_TEST_GEO", "EC_MAPS_TEST_VERAPDF", "EC_MAPS_CHROMIUM")
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


def _shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder that all processes of a run of the tests have in common."""
    base = tmp_path_factory.getbasetemp()
    return base.parent if "PYTEST_XDIST_WORKER" in os.environ else base


@pytest.fixture(scope="session")
def demo_data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a data folder for the demonstration data's cache, one for all processes."""
    folder = _shared(tmp_path_factory) / "demo-data"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture
def demo(demo_data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Switch the library to the demonstration data, and return the data folder that its cache is kept in."""
    monkeypatch.setenv("EC_MAPS_SOURCE", "demo")
    monkeypatch.setenv("EC_MAPS_DATA_DIR", str(demo_data_dir))
    return demo_data_dir


@pytest.fixture
def placeless(tmp_path: Path, demo: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a project of the demonstration data, without a list of places or a page of one."""
    del demo
    (tmp_path / "_quarto.yml").write_text("website:\n  site-url: https://maps.example.org/ec\n", encoding="utf-8")
    (tmp_path / "places").mkdir()
    (tmp_path / "places" / "index.qmd").write_text("The finder.\n", encoding="utf-8")
    monkeypatch.setenv("QUARTO_PROJECT_DIR", str(tmp_path))
    return tmp_path


@pytest.fixture
def portal(server: FakeArcGIS, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeArcGIS]:
    """Return the module's map server in a normal mood, with the library pointed at it; waiting takes no time."""
    services = dict(server.services)
    server.requests.clear()
    monkeypatch.setenv("EC_MAPS_ONS_URL", server.url)
    monkeypatch.setattr("ec_maps.fetch.http.pause", lambda _: None)
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


def _absent(reason: str, *, told: bool = False) -> NoReturn:
    """Skip the test here, and fail it in CI or where the tool was `told` by name."""
    if told or os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def chromium() -> str:
    """Return the path of a Chromium or Chrome; without one, skip the test here and fail it in CI."""
    told = os.environ.get("EC_MAPS_CHROMIUM", "")
    found = [path for name in ((told,) if told else BROWSERS) if (path := shutil.which(name))]
    if not found:
        reason = f"no browser: looked for {told or ', '.join(BROWSERS)}; EC_MAPS_CHROMIUM can name one"
        _absent(reason, told=bool(told))
    return found[0]


@pytest.fixture(scope="session")
def axe() -> str:
    """Return the script of axe-core, which looks for barriers in an open page."""
    script = CHECKERS / "axe-core" / "axe.min.js"
    if not script.is_file():
        _absent("axe-core is not installed; `make test` brings it where npm is on the PATH")
    return script.read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def nu() -> list[str]:
    """Return the command of the Nu HTML checker, without its options."""
    jar, java = CHECKERS / "vnu-jar" / "build" / "dist" / "vnu.jar", shutil.which("java")
    if not jar.is_file():
        _absent("the Nu HTML checker is not installed; `make test` brings it where npm is on the PATH")
    if java is None:
        _absent("the Nu HTML checker needs Java (on Debian and Ubuntu the package default-jre-headless)")
    # Pages are checked as they are served, on this machine.
    return [java, "-Dnu.validator.servlet.allow-forbidden-hosts=true", "-jar", str(jar)]


@pytest.fixture(scope="session")
def site(
    root: Path, demo_data_dir: Path, tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config
) -> Path:
    """Return the folder of the demonstration site, built in a copy of the project once for all processes.

    It has one place in the quick tier and a dozen in the full one; the weekly run has all 374.
    """
    from ec_maps.site import preview

    project = _shared(tmp_path_factory) / "project"
    built = project / "_site-demo"
    with FileLock(project.with_suffix(".lock")), pytest.MonkeyPatch.context() as patch:
        patch.setenv("EC_MAPS_DATA_DIR", str(demo_data_dir))
        if ALL_PLACES:
            patch.setenv("EC_MAPS_PLACES", "all")
        if not built.is_dir():
            shutil.rmtree(project, ignore_errors=True)
            shutil.copytree(root, project, ignore=shutil.ignore_patterns(*NOT_COPIED))
            text = listed(SITE) + GROUPS_WRITTEN if pytestconfig.stash[_FULL] else listed(SITE[:1])
            (project / "places.yml").write_text(text, encoding="utf-8")
            assert preview.render(project, profile="demo", log=lambda _: None) == built
    return built


@pytest.fixture(scope="session")
def quarto_site(root: Path, demo_data_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the demonstration site as Quarto renders it, typed by hand, built once for all processes.

    What Quarto said is beside it, in ``quarto.log``.
    """
    project = _shared(tmp_path_factory) / "quarto-project"
    built, log = project / "_site-demo", project / "quarto.log"
    with FileLock(project.with_suffix(".lock")):
        if not log.is_file():
            shutil.rmtree(project, ignore_errors=True)
            shutil.copytree(root, project, ignore=shutil.ignore_patterns(*NOT_COPIED))
            (project / "places.yml").write_text(listed(SITE) + GROUPS_WRITTEN, encoding="utf-8")
            environment = {**os.environ, "QUARTO_PYTHON": sys.executable, "EC_MAPS_DATA_DIR": str(demo_data_dir)}
            command = ["quarto", "render", "--profile", "demo"]
            done = subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stderr
            log.write_text(done.stdout + done.stderr, encoding="utf-8")
    return built


@pytest.fixture(params=["preview", pytest.param("quarto", marks=pytest.mark.quarto)])
def built(request: pytest.FixtureRequest) -> Path:
    """Return the folder of the site as an engine builds it."""
    return request.getfixturevalue("site" if request.param == "preview" else "quarto_site")


@pytest.fixture(params=["http", "file"])
def home(request: pytest.FixtureRequest, built: Path) -> Iterator[str]:
    """Return the address of the site, below a folder of a server, or in a folder without one."""
    if request.param == "file":
        yield f"{built.as_uri()}/"
        return
    with served(built.parent) as address:
        yield f"{address}{built.name}/"


@pytest.fixture(scope="session")
def names(site: Path) -> list[str]:
    """Return the paths of the site's pages, without the maps for other sites."""
    return sorted(path.relative_to(site).as_posix() for path in site.rglob("*.html") if path.parent.name != "embed")


@pytest.fixture
def embedded(site: Path) -> list[str]:
    """Return the paths of the maps for other sites, which have no menu, no banner and no text of a page."""
    return sorted(path.relative_to(site).as_posix() for path in site.glob("embed/*.html"))


@pytest.fixture
def address(site: Path) -> Iterator[str]:
    """Serve the site on this machine and return its address."""
    with served(site) as address:
        yield address


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    """Start Chromium once for a file of tests."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium, args=SWITCHES)
        yield running
        running.close()


@pytest.fixture
def tab(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Return a function that opens an empty page, with the options of a browser context."""
    contexts = []

    def open_tab(**options: Any) -> Page:
        contexts.append(browser.new_context(**options))
        return contexts[-1].new_page()

    yield open_tab
    for context in contexts:
        context.close()
