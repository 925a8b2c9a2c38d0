from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest

from ec_maps import load_areas, settings
from ec_maps.boundaries import postgis
from ec_maps.errors import EcMapsError, MissingExtraError, SettingError, listed
from ec_maps.maps import workers
from ec_maps.maps.basemap import basemap_for
from ec_maps.site.build import render_site


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work in a folder that is no project."""
    monkeypatch.chdir(tmp_path)


def project(folder: Path) -> Path:
    """Make a folder that looks like a project."""
    folder.mkdir(parents=True, exist_ok=True)
    for mark in ("_quarto.yml", "places.yml"):
        (folder / mark).touch()
    return folder


@pytest.mark.parametrize(
    ("told", "source"),
    [(None, "live"), ("", "live"), ("  ", "live"), ("live", "live"), ("demo", "demo"), (" DEMO ", "demo")],
)
def test_source(told: str | None, source: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The data are live unless EC_MAPS_SOURCE says demo, in any case."""
    if told is not None:
        monkeypatch.setenv("EC_MAPS_SOURCE", told)
    assert settings.source() == source
    assert settings.is_demo() == (source == "demo")


@pytest.mark.parametrize("told", ["dmeo", "test", "1"])
def test_a_misspelt_source_is_an_error(told: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A misspelt demo is not taken for live data; the error gives it and the two choices, and its status is 2."""
    monkeypatch.setenv("EC_MAPS_SOURCE", told)
    with pytest.raises(SettingError, match=f'EC_MAPS_SOURCE is "{told}"; it can be "live" .* or "demo"') as caught:
        settings.is_demo()
    assert caught.value.exit_status == 2
    assert isinstance(caught.value, EcMapsError)


def test_project_root_is_the_nearest_project_above(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The project is the working folder or the nearest one above it that has its two marker files."""
    outer, inner = project(tmp_path / "outer"), project(tmp_path / "outer" / "a" / "inner")
    (inner / "posts" / "x").mkdir(parents=True)
    for here, root in ((inner / "posts" / "x", inner), (inner, inner), (outer / "a", outer)):
        monkeypatch.chdir(here)
        assert settings.project_root() == root


def test_quarto_says_where_the_project_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Under Quarto, its variable for the project's folder is used."""
    monkeypatch.chdir(project(tmp_path / "other"))
    monkeypatch.setenv("QUARTO_PROJECT_DIR", str(tmp_path / "mine"))
    assert settings.project_root() == tmp_path / "mine"


def test_outside_a_project_the_installed_tree_is_it(root: Path) -> None:
    """In a folder that is no project, the tree that an editable install comes from is the project."""
    assert settings.project_root() == root


def test_data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Data lie in the project's data folder, or where EC_MAPS_DATA_DIR says, from wherever that is seen."""
    monkeypatch.chdir(project(tmp_path / "p"))
    assert settings.data_dir() == tmp_path / "p" / "data"
    monkeypatch.setenv("EC_MAPS_DATA_DIR", "elsewhere")
    assert settings.data_dir() == tmp_path / "p" / "elsewhere"
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("EC_MAPS_DATA_DIR", "~/atlas")
    assert settings.data_dir() == tmp_path / "atlas"
    assert settings.cache_dir() == tmp_path / "atlas" / "cache"
    assert sorted(path.name for path in (tmp_path / "p").iterdir()) == ["_quarto.yml", "places.yml"]


def test_settings_are_read_when_called(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A changed variable counts at once, with no new import."""
    for name in ("one", "two"):
        monkeypatch.setenv("EC_MAPS_DATA_DIR", str(tmp_path / name))
        assert settings.data_dir() == tmp_path / name


@pytest.mark.parametrize(("told", "chosen"), [(None, "ons"), ("", "ons"), ("ONS", "ons"), ("PostGIS", "postgis")])
def test_boundaries_by_word(told: str | None, chosen: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Boundaries are ONS's unless EC_MAPS_BOUNDARIES says otherwise; values may be in any case."""
    if told is not None:
        monkeypatch.setenv("EC_MAPS_BOUNDARIES", told)
    assert settings.boundaries() == chosen


def test_boundaries_by_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Anything else is a path, relative to the working folder."""
    monkeypatch.setenv("EC_MAPS_BOUNDARIES", "geo")
    assert settings.boundaries() == tmp_path / "geo"


@pytest.mark.parametrize("told", [None, "", "0", "no", "False", "1", " YES ", "true"])
def test_offline(told: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """The network is asked unless a word says that it is not to be, in any case."""
    monkeypatch.delenv("EC_MAPS_OFFLINE")
    if told is not None:
        monkeypatch.setenv("EC_MAPS_OFFLINE", told)
    assert settings.is_offline() == (told in ("1", " YES ", "true"))


def test_patience_and_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server is given a minute, or the seconds that are told; pages are those of the list, or of all places."""
    assert (settings.timeout(), settings.places()) == (60, "listed")
    monkeypatch.setenv("EC_MAPS_TIMEOUT", "2.5")
    monkeypatch.setenv("EC_MAPS_PLACES", " All ")
    assert (settings.timeout(), settings.places()) == (2.5, "all")


@pytest.mark.parametrize(
    ("name", "told", "read"),
    [
        ("EC_MAPS_OFFLINE", "perhaps", settings.is_offline),
        *(("EC_MAPS_TIMEOUT", told, settings.timeout) for told in ("0", "-1", "soon", "nan", "3600")),
        ("EC_MAPS_PLACES", "some", settings.places),
        *(("EC_MAPS_HDX_URL", told, settings.hdx_url) for told in ("data.humdata.org", "ftp://a", "https://u:p@a.org")),
        ("EC_MAPS_ONS_URL", "https://a.org/?token=1", settings.ons_url),
    ],
)
def test_settings_that_cannot_be(
    name: str, told: str, read: Callable[[], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each is refused by its name."""
    monkeypatch.setenv(name, told)
    with pytest.raises(SettingError, match=name):
        read()


@pytest.mark.parametrize(("told", "number"), [(None, None), ("", None), (" 2 ", 2), ("12", 12)])
def test_jobs(told: str | None, number: int | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """The number of processes is a whole number from 1, or left to the library."""
    if told is not None:
        monkeypatch.setenv("EC_MAPS_JOBS", told)
    assert settings.jobs() == number


@pytest.mark.parametrize("told", ["0", "-3", "banana", "1.5", "²", "100000"])
def test_jobs_that_cannot_be(told: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Anything else is refused, and shown."""
    monkeypatch.setenv("EC_MAPS_JOBS", told)
    with pytest.raises(SettingError, match=f'EC_MAPS_JOBS is "{told}"; it should be .* a whole number'):
        settings.jobs()


@pytest.mark.parametrize(
    ("told", "address"),
    [
        (None, ""),
        (" ", ""),
        (" tcp://10.0.0.7:8786 ", "tcp://10.0.0.7:8786"),
        ("tls://scheduler.example.org:8786/", "tls://scheduler.example.org:8786"),
        ("tcp://[::1]:8786", "tcp://[::1]:8786"),
    ],
)
def test_dask(told: str | None, address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A scheduler has a kind of connection, a host and a port; without any, this machine draws."""
    if told is not None:
        monkeypatch.setenv("EC_MAPS_DASK", told)
    assert settings.dask() == address


@pytest.mark.parametrize(
    "told",
    ["host:8786", "tcp://host", "tcp://:8786", "http://host:8786", "tcp://host:port", "tcp://a:b@host:8786", "yes"],
)
def test_dask_that_cannot_be(told: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Anything else is refused and not shown, because it may contain a password."""
    monkeypatch.setenv("EC_MAPS_DASK", told)
    with pytest.raises(SettingError, match=r"EC_MAPS_DASK should be .*such as tcp://127.0.0.1:8786") as said:
        settings.dask()
    assert told not in str(said.value)


def test_shipped_files_of_the_project_come_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, root: Path) -> None:
    """An editor's own palette in the project is used; without one, that of the installed library."""
    assert settings.shipped("palettes") == root / "assets" / "palettes"
    monkeypatch.chdir(project(tmp_path / "p"))
    (tmp_path / "p" / "assets" / "palettes").mkdir(parents=True)
    assert settings.shipped("palettes") == tmp_path / "p" / "assets" / "palettes"


def test_long_lists_are_shortened() -> None:
    """A list in a message is whole up to its limit, then says how many more there are."""
    assert listed([]) == ""
    assert listed(["a", "b"]) == "a, b"
    assert listed(range(12), 10) == "0, 1, 2, 3, 4, 5, 6, 7, 8, 9 and 2 more"


@pytest.mark.parametrize(
    ("extra", "library", "variables", "use"),
    [
        ("tiles", "contextily", {"EC_MAPS_BASEMAP": "OpenStreetMap.Mapnik"}, lambda: basemap_for((0, 0, 1, 1))),
        ("postgis", "psycopg", {}, postgis.address),
        ("dask", "distributed", {"EC_MAPS_DASK": "tcp://127.0.0.1:1"}, lambda: next(workers.results(max, list, []))),
        ("site", "nbclient", {}, lambda: render_site(profile="demo")),
    ],
)
def test_a_missing_extra_is_named(
    extra: str, library: str, variables: dict[str, str], use: Callable[[], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where a library of an extra is not installed, what needs it says so in one sentence, with what to type."""
    real = settings.version

    def version(name: str) -> str:
        if name == library:
            raise PackageNotFoundError(name)
        return real(name)

    monkeypatch.setattr(settings, "version", version)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(MissingExtraError, match=rf'needs {library}, .*pip install "ec-maps\[{extra}\]"') as said:
        use()
    assert said.value.exit_status == 1


def test_the_demonstration_leaves_no_file_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Outside a project the demonstration caches nothing, unless a data folder is named."""
    monkeypatch.setenv("EC_MAPS_SOURCE", "demo")
    monkeypatch.setattr(settings, "project_root", Path.cwd)  # as an installed wheel has it
    table = load_areas("lad")
    assert len(table) == 331
    assert list(tmp_path.iterdir()) == []
    monkeypatch.setenv("EC_MAPS_DATA_DIR", str(tmp_path / "data"))
    load_areas("lad", "exposure")  # this process remembers the other
    assert list((tmp_path / "data" / "cache").glob("*.parquet"))
