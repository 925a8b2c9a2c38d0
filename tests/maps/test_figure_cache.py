"""What was drawn once is not drawn again, and nothing that has changed is shown as it was."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import warnings
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import pytest

from ec_maps import cache, load_areas, methods, pages
from ec_maps.errors import BoundaryError, PlaceError
from ec_maps.maps import figure_cache
from ec_maps.maps.figure_cache import RECORDS, cached_part
from ec_maps.site import methods as method_tables
from ec_maps.site import posts
from makers import atlas_csv, use, write_atlas, write_boundaries

HEAVY = {"geopandas", "matplotlib", "numpy", "pandas", "pyarrow", "scipy", "shapely"}

PROBE = """
import json, sys
from ec_maps import methods, pages
from ec_maps.maps import figure_cache
told = [{calls}]
print(json.dumps({{"told": told, "modules": sorted(sys.modules)}}))
"""

FULL = """
import resource, signal, warnings
from pathlib import Path
from ec_maps.maps.figure_cache import cached_part

def make():
    Path("maps/a.svg").write_text("drawn", encoding="utf-8")
    return "![](maps/a.svg)" + "x" * 100_000

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))
with warnings.catch_warnings(record=True) as said:
    warnings.simplefilter("always")
    assert cached_part("a", "1", make).endswith("x" * 100_000)
(one,) = said
print(one.message)
"""

TEXT = "text – with ŷ ![](maps/a.svg) [PNG](maps/a.png)"


class Maker:
    """Writes ``a.svg`` and ``a.png`` beside the page and returns a text that names them; it counts how often."""

    def __init__(self, warning: type[Warning] | None = None) -> None:
        self.warning, self.times = warning, 0

    def __call__(self) -> str:
        """Make it."""
        self.times += 1
        for name in ("a.svg", "a.png"):
            Path("maps", name).write_text(f"{name} {'drawn ' * 50}", encoding="utf-8")
        if self.warning:
            warnings.warn("tiles did not come", self.warning, stacklevel=1)
        return TEXT


def states(folder: Path) -> dict[str, tuple[int, int]]:
    """Return which files a folder holds, each with its number on the disk and when it was written."""
    return {
        path.name: (path.stat().st_ino, path.stat().st_mtime_ns) for path in sorted(folder.iterdir()) if path.is_file()
    }


def fresh(folder: Path, *calls: str, library: Path | None = None, **variables: str) -> tuple[list[str], set[str]]:
    """Return what calls give in a new process in a folder, and which heavy libraries it loaded."""
    there = {"PYTHONPATH": str(library)} if library else {}
    done = subprocess.run(
        [sys.executable, "-c", PROBE.format(calls=", ".join(calls))],
        cwd=folder,
        env={**os.environ, **there, **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    return seen["told"], HEAVY & set(seen["modules"])


@pytest.fixture
def project(tmp_path: Path, demo: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a project of the demonstration data, with its list of places, in which a page is being rendered."""
    del demo
    (tmp_path / "_quarto.yml").touch()
    listed(tmp_path, "Great Yarmouth", "Telford and Wrekin")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def folder(project: Path) -> Path:
    """Return the folder of the page's figures."""
    return project / "maps"


def listed(project: Path, *names: str) -> None:
    """Write the project's list of places."""
    (project / "places.yml").write_text("".join(f"- {name}\n" for name in names), encoding="utf-8")


# --- a figure and its record ----------------------------------------------------------------------


def test_a_figure_is_made_once(folder: Path) -> None:
    """The second time its text comes from the record, and not one of its files is touched."""
    maker = Maker()
    first, before = cached_part("a", "1", maker), states(folder)
    assert cached_part("a", "1", maker) == first == TEXT
    assert maker.times == 1
    assert states(folder) == before
    assert [path.name for path in (folder / RECORDS).iterdir()] == ["a.json"]


def test_a_lost_file_of_its_folder_makes_it_again(folder: Path) -> None:
    """Files that the text does not name are checked too, if they are in the folder that belongs to it."""
    times = []

    def make() -> str:
        times.append(1)
        (folder / "more").mkdir(exist_ok=True)
        for name in ("a.js", "b.js"):
            (folder / "more" / name).write_text(name, encoding="utf-8")
        return "text"

    for harm, expected in ((None, 1), (None, 1), (Path.unlink, 2), (lambda path: path.write_text("x"), 3)):
        if harm:
            harm(folder / "more" / "b.js")
        assert cached_part("a", "1", make, more="more") == "text"
        assert len(times) == expected


def test_another_fingerprint_makes_it_again(folder: Path) -> None:
    """With another fingerprint it is made, and the one before is forgotten: one record a name."""
    maker = Maker()
    for stamp in ("1", "2", "2", "1"):
        cached_part("a", stamp, maker)
    assert maker.times == 3


@pytest.mark.parametrize("name", ["a.svg", "a.png"])
@pytest.mark.parametrize(
    "harm",
    [
        Path.unlink,
        lambda path: path.write_bytes(b""),
        lambda path: path.write_bytes(path.read_bytes()[:-1]),
        lambda path: path.write_bytes(path.read_bytes().replace(b"drawn", b"drawm", 1)),
        lambda path: (path.unlink(), path.mkdir(), path.rmdir()),
    ],
    ids=["missing", "empty", "cut short", "one letter", "gone as a folder"],
)
def test_a_harmed_figure_is_made_again(folder: Path, name: str, harm: Callable[[Path], object]) -> None:
    """A file that is missing, cut short or altered is made again, and is then cached."""
    maker = Maker()
    cached_part("a", "1", maker)
    whole = (folder / name).read_bytes()
    harm(folder / name)
    for _ in range(2):
        cached_part("a", "1", maker)
        assert (folder / name).read_bytes() == whole
    assert maker.times == 2


@pytest.mark.parametrize(
    "alter",
    [
        lambda _: b"",
        lambda told: told[: len(told) // 2],
        lambda _: b"\xff\xfe\0",
        lambda _: b"[" * 100_000,
        lambda _: b"[]",
        lambda _: b'"text"',
        lambda _: b"{}",
        lambda told: json.dumps(json.loads(told) | {"files": ["a.png", "a.svg"]}).encode(),
        lambda told: json.dumps(json.loads(told) | {"files": None}).encode(),
        lambda told: json.dumps(json.loads(told) | {"text": None}).encode(),
        lambda told: json.dumps(json.loads(told) | {"files": {"a.png": 1, "a.svg": 2}}).encode(),
    ],
)
def test_a_damaged_record_counts_for_nothing(folder: Path, alter: Callable[[bytes], bytes]) -> None:
    """A record that is damaged, or of another version, is ignored without a message and written again."""
    maker = Maker()
    cached_part("a", "1", maker)
    record = folder / RECORDS / "a.json"
    whole = record.read_bytes()
    record.write_bytes(alter(whole))
    assert record.read_bytes() != whole
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for _ in range(2):
            assert cached_part("a", "1", maker) == TEXT
    assert maker.times == 2
    assert record.read_bytes() == whole


def test_what_warned_is_not_kept(folder: Path) -> None:
    """A figure that its maker warned of is there, the warning is heard each time, and it is made again."""
    maker = Maker(UserWarning)
    for _ in range(2):
        with pytest.warns(UserWarning, match="tiles did not come"):
            cached_part("a", "1", maker)
    assert maker.times == 2
    assert not (folder / RECORDS).exists()


def test_a_library_s_word_on_its_future_hinders_nothing(folder: Path) -> None:
    """What is deprecated is heard once, and the figure is cached."""
    maker = Maker(DeprecationWarning)
    with pytest.warns(DeprecationWarning, match="tiles did not come"):
        cached_part("a", "1", maker)
    cached_part("a", "1", maker)
    assert maker.times == 1


@pytest.mark.parametrize("error", [PlaceError("no such place"), KeyboardInterrupt()])
def test_a_fault_comes_out_and_nothing_is_kept(folder: Path, error: BaseException) -> None:
    """What the maker raises is raised as it is, and there is no record, though files may be there."""

    def fails() -> str:
        Maker()()
        raise error

    with pytest.raises(type(error)) as raised:
        cached_part("a", "1", fails)
    assert raised.value is error
    assert not (folder / RECORDS).exists()


def test_what_changed_meanwhile_is_not_kept(folder: Path, root: Path) -> None:
    """If what it is made from changed while it was made, nobody knows what it shows."""
    data, maker = folder.parent / "data" / "demo", Maker()
    shutil.copytree(root / "data" / "demo", data)

    def meanwhile() -> str:
        with (data / "msoa-demonstration.zip").open("ab") as file:
            file.write(b"\n")
        return maker()

    cached_part("a", "1", meanwhile)
    for _ in range(2):
        cached_part("a", "1", maker)
    assert maker.times == 2


def test_records_that_cannot_be_written_cost_one_warning(folder: Path) -> None:
    """Where a file is in the records' place the figures come all the same, each time, with one warning for all."""
    folder.mkdir()
    (folder / RECORDS).write_text("not a folder", encoding="utf-8")
    maker = Maker()
    with pytest.warns(UserWarning, match="cannot be written .*figures are saved") as caught:
        told = [cached_part(name, "1", maker) for name in ("a", "b", "a")]
    assert told == [TEXT] * 3
    assert len(caught) == 1
    assert maker.times == 3
    assert sorted(states(folder)) == [RECORDS, "a.png", "a.svg"]


@pytest.mark.skipif(sys.platform == "win32", reason="limits of a process are a thing of POSIX")
def test_no_room_for_the_record(folder: Path) -> None:
    """Where writing stops half-way the figure is there, with one warning, and no half record stays."""
    done = subprocess.run([sys.executable, "-c", FULL], cwd=folder.parent, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "File too large" in done.stdout
    assert (folder / "a.svg").read_text(encoding="utf-8") == "drawn"
    assert list((folder / RECORDS).iterdir()) == []


# --- the pages ------------------------------------------------------------------------------------


@pytest.mark.full
def test_a_kept_page_loads_no_heavy_library(project: Path) -> None:
    """The second process shows the same from the records, without the libraries that read tables and draw maps."""
    calls = (
        *("pages.home_map()", "pages.value_range('lad')", "pages.provenance()", "pages.listed_places()"),
        *("pages.finder()", "methods.codebook()", "methods.missing()", "pages.number_of_measures()"),
    )
    first, loaded = fresh(project, *calls)
    assert "matplotlib" in loaded
    before = states(project / "maps")
    again, loaded = fresh(project, *calls)
    assert loaded == set()
    assert again == first
    assert states(project / "maps") == before
    assert "home.svg" in before


@pytest.mark.full
def test_another_place_draws_only_what_it_changes(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a place more, the tabs of other places and regions stay untouched; its own, and its region's, are drawn."""
    pages.regional()
    pages.hyperlocal()
    before = states(project / "maps")
    listed(project, "Great Yarmouth", "Norwich", "Telford and Wrekin")
    regional, hyperlocal = pages.regional(), pages.hyperlocal()
    after = states(project / "maps")
    assert set(after) - set(before) == {f"norwich.{kind}" for kind in ("svg", "png", "csv")}
    # The cards are small, and are made from what is there.
    drawn = {name.partition(".")[0] for name in before if after[name] != before[name] and "-card" not in name}
    assert drawn == {"east-of-england"}
    assert "Outlined: Norwich" in regional
    assert re.findall(r"^### (.+?)(?: \{.*)?$", hyperlocal, flags=re.M) == [
        "Great Yarmouth",
        "Norwich",
        "Telford and Wrekin",
    ]
    region = project / "maps" / "east-of-england.svg"
    assert "places/norwich.html" in region.read_text(encoding="utf-8")
    assert "places/ipswich.html" not in region.read_text(encoding="utf-8")
    monkeypatch.setenv("EC_MAPS_PLACES", "all")
    assert pages.regional() == regional
    assert "places/ipswich.html" in region.read_text(encoding="utf-8")
    listed(project, "Great Yarmouth", "Telford and Wrekin")
    assert "Outlined: Norwich" not in pages.regional()


def test_a_place_taken_away_leaves_no_tab(project: Path) -> None:
    """Without a place, neither tab nor word of it is left, though its files may still lie there."""
    pages.hyperlocal()
    assert pages.listed_places() == "Great Yarmouth and Telford and Wrekin"
    listed(project, "Telford and Wrekin")
    assert "Yarmouth" not in pages.hyperlocal()
    assert pages.listed_places() == "Telford and Wrekin"


def test_the_links_of_a_region_are_its_own(project: Path) -> None:
    """Links to other regions' pages change nothing in a region's picture, so that its tab need not know of them."""
    lads = load_areas("lad")
    drawn = posts.regional_map(lads, "West Midlands", highlight=["Telford and Wrekin"])
    own = set(lads.loc[lads["rgn21nm"] == "West Midlands", "lad21cd"])
    every = {code: f"{code}.html" for code in lads["lad21cd"]}
    pictures = []
    for name, links in (("some", {code: link for code, link in every.items() if code in own}), ("every", every)):
        drawn.save(project / f"{name}.svg", links=links)
        pictures.append((project / f"{name}.svg").read_text(encoding="utf-8"))
    assert pictures[0].count("href=") > 20
    assert re.findall(r'href="(\w+\.html)"', pictures[0]) == re.findall(r'href="(\w+\.html)"', pictures[1])


def test_other_data_are_shown(project: Path, root: Path) -> None:
    """Values that changed are shown, and those before them too when they are back."""
    home = project / "data" / "demo"
    shutil.copytree(root / "data" / "demo", home)
    first = pages.value_range("lad")
    assert pages.value_range("lad") == first
    zips = home / "local_authority-demonstration.zip", home / "msoa-demonstration.zip"
    whole = zips[0].read_bytes()
    shutil.copyfile(zips[1], zips[0])
    assert figure_cache.state("x") is not None
    with pytest.raises(Exception, match="was not found"):
        pages.value_range("lad")
    zips[0].write_bytes(whole)
    assert pages.value_range("lad") == first


def test_demonstration_and_real_data_never_mix(project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In one folder, what was cached from the demonstration is not shown of real data, nor the other way round."""
    demo = [pages.value_range("lad"), pages.provenance()]
    monkeypatch.setenv("EC_MAPS_SOURCE", "live")
    use(monkeypatch, data=write_atlas(tmp_path / "atlas"), boundaries=write_boundaries(tmp_path / "geo"))
    live = [pages.value_range("lad"), pages.provenance()]
    assert live == [pages.value_range("lad"), pages.provenance()]
    assert live[0] == "30.0% to 57.7%"
    assert "Demonstration" not in live[1]
    write_atlas(tmp_path / "atlas", lads=atlas_csv(values=[0.2 + 0.04 * place for place in range(14)]))
    assert pages.value_range("lad") == "20.0% to 68.0%"
    monkeypatch.setenv("EC_MAPS_SOURCE", "demo")
    monkeypatch.delenv("EC_MAPS_BOUNDARIES")
    monkeypatch.setenv("EC_MAPS_DATA_DIR", str(tmp_path / "other"))
    assert [pages.value_range("lad"), pages.provenance()] == demo


def test_faults_are_reported_as_ever(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A fault of the list, or boundaries that are not there, come out as they are, and nothing is cached."""
    listed(project, "Great Yarmoth")
    for _ in range(2):
        with pytest.raises(PlaceError, match="Great Yarmoth"):
            pages.listed_places()
    (project / "places.yml").unlink()
    monkeypatch.setenv("QUARTO_PROJECT_DIR", str(project))
    with pytest.raises(PlaceError, match="no list of places"):
        pages.listed_places()
    monkeypatch.setenv("EC_MAPS_SOURCE", "live")
    use(monkeypatch, data=write_atlas(project / "atlas"), boundaries=project / "nowhere")
    with pytest.raises(BoundaryError, match="does not exist"):
        pages.value_range("lad")
    assert "ec-finder" in pages.finder()  # which asks for neither
    assert list((project / "maps").rglob("*.json")) == []


def test_maps_over_tiles_are_drawn_each_time(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tiles are another's and may change or fail, so that nothing drawn over them has a fingerprint."""
    assert figure_cache.state("x") == figure_cache.state("x") != figure_cache.state("y")
    monkeypatch.setenv("EC_MAPS_BASEMAP", "OpenStreetMap.Mapnik")
    assert figure_cache.state("x") is None
    assert pages.number_of("lad").isdigit()
    assert not (project / "maps").exists()


def test_every_input_is_in_the_fingerprint(project: Path, root: Path, tmp_path: Path) -> None:
    """The library's code, palette, data, boundaries and places each change the fingerprint; nothing else does."""
    library = tmp_path / "library"
    shutil.copytree(root / "src" / "ec_maps", library / "ec_maps", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(root / "assets" / "palettes", project / "assets" / "palettes")
    shutil.copytree(root / "data" / "demo", project / "data" / "demo")
    seen = []

    def note(**variables: str) -> None:
        (told,), loaded = fresh(project, "figure_cache.state(figure_cache.places_file())", library=library, **variables)
        assert told
        assert loaded == set()
        seen.append(told)

    note()
    note(EC_MAPS_TIMEOUT="7")
    assert seen[0] == seen[1]
    with (library / "ec_maps" / "graphics" / "labels.py").open("a", encoding="utf-8") as code:
        code.write("# changed\n")
    note()
    for path in (
        next((project / "assets" / "palettes").glob("*.txt")),
        project / "data" / "demo" / "msoa-demonstration.zip",
        project / "data" / "demo" / "districts.parquet",
        project / "places.yml",
    ):
        with path.open("ab") as file:
            file.write(b"\n")
        note()
    note(EC_MAPS_PLACES="all")
    assert len(set(seen)) == len(seen) - 1


def test_code_that_changes_meanwhile_keeps_nothing(project: Path, root: Path, tmp_path: Path) -> None:
    """If the library is edited while a page is made, nobody knows which code drew it, and nothing is cached."""
    library = tmp_path / "library"
    shutil.copytree(root / "src" / "ec_maps", library / "ec_maps", ignore=shutil.ignore_patterns("__pycache__"))
    edit = f"open({str(library / 'ec_maps' / 'graphics' / 'labels.py')!r}, 'a').write('# changed')"
    for calls, number in (("figure_cache.state()", edit, "pages.provenance()"), 0), (("pages.provenance()",), 1):
        (*_, told), _ = fresh(project, *calls, library=library)
        assert "Made with ec" in told
        assert len(list((project / "maps" / RECORDS).glob("*.json"))) == number


def test_fetched_files_and_their_dates_are_in_the_fingerprint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a live build the fingerprint changes with the boundaries, and with the manifest's entries of fetched files."""
    use(monkeypatch, data=write_atlas(tmp_path / "atlas"), boundaries=write_boundaries(tmp_path / "geo"))
    stamps = [figure_cache.state()]
    (tmp_path / "geo" / "more.csv").write_text("a,b\n", encoding="utf-8")
    stamps.append(figure_cache.state())
    held = tmp_path / "atlas" / "cache" / "names.csv"
    held.parent.mkdir()
    held.write_text("x\n", encoding="utf-8")
    row = {"key": "msoa21_names", "file": held.name, "size": 2, "sha256": cache.file_digest(held), "name": "n"}
    for when in ("2025-01-01T00:00:00Z", "2025-01-02T00:00:00Z"):
        entry = row | {"fetched_at": when, "address": "https://example.org/n"}
        (held.parent / "manifest.json").write_text(json.dumps({"format": 1, "files": [entry]}), encoding="utf-8")
        stamps.append(figure_cache.state())
    held.write_text("y\n", encoding="utf-8")
    stamps.append(figure_cache.state())  # no longer the file that was fetched: it counts for nothing
    monkeypatch.setenv("EC_MAPS_RESOLUTION", "full")
    stamps.append(figure_cache.state())
    assert None not in stamps
    assert stamps[4] == stamps[1]
    assert len(set(stamps)) == len(stamps) - 1


def test_what_pages_call_is_there() -> None:
    """Each function that a page can call is cached, and calls one of the same name that says the same of itself."""
    for front in (pages, methods):
        text = Path(str(front.__file__)).read_text(encoding="utf-8")
        calls = re.findall(
            r'^@cached\(.*\)\ndef (\w+)\((?:(\w+):.*)?\) -> str:\n    """.*"""\n'
            r"    from (ec_maps\.site\.\w+) import (\w+)\n\n    return (\w+)\((\w*)\)$",
            text,
            flags=re.MULTILINE,
        )
        for name, word, module, imported, called, handed in calls:
            assert (imported, called, handed) == (name, name, word)
            assert getattr(import_module(module), name).__doc__ == getattr(front, name).__doc__
        assert sorted(name for name, *_ in calls) == [name for name in front.__all__ if name != "areas"]
    assert methods.__all__ == method_tables.__all__


def test_records_are_no_part_of_the_project(root: Path) -> None:
    """Git passes over the records, wherever they lie."""
    if not (root / ".git").exists():
        pytest.skip("this is no clone")
    paths = [f"{folder}/{RECORDS}/national.json" for folder in ("maps", "posts/national/maps", "places/maps")]
    done = subprocess.run(["git", "check-ignore", *paths], cwd=root, capture_output=True, text=True, check=False)
    assert done.stdout.split() == paths
