"""Many maps into a folder: which there are, that none is drawn twice, and that a run goes on where it was stopped."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
import termios
import time
import warnings
from pathlib import Path

import geopandas as gpd
import pytest

import ec_maps
from ec_maps.errors import RenderError, SettingError
from ec_maps.maps import batch, workers
from processes import started


def stamps(folder: Path) -> dict[str, tuple[int, int]]:
    """Return of each file in a folder which it is and when it was written."""
    found = {path.name: path.stat() for path in folder.iterdir() if path.is_file()}
    return {name: (told.st_ino, told.st_mtime_ns) for name, told in found.items()}


@pytest.fixture
def three(monkeypatch: pytest.MonkeyPatch, demo: Path) -> None:
    """Have three places instead of all, and the region that two of them are in."""
    del demo
    every = batch._all_maps
    names = ("Norwich", "Cardiff", "Great Yarmouth", "East of England")
    monkeypatch.setattr(batch, "_all_maps", lambda *words: [one for one in every(*words) if one.name in names])


@pytest.mark.usefixtures("demo")
def test_every_district_and_region_has_a_map() -> None:
    """There are 331 districts of England and Wales and ten regions, each with a file of its own name."""
    maps = batch._all_maps(batch.KINDS, "economic_connectedness", None, "svg")
    assert [one.kind for one in maps] == ["regions"] * 10 + ["places"] * 331
    assert len({one.file for one in maps}) == 341
    assert maps[0].file == "east-midlands.svg"
    assert "kingston-upon-hull-city-of.svg" in {one.file for one in maps}


@pytest.mark.usefixtures("demo")
def test_places_of_like_names_have_their_codes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two districts whose names differ in marks only, and one that is called as a region, keep files apart."""
    from ec_maps.areas import table as areas_table

    lads = areas_table.load_areas("lad").head(4).copy()
    lads["lad21nm"] = ["St. Mary", "St Mary", "North-East", "Other"]
    lads["rgn21nm"] = "North East"
    monkeypatch.setattr(areas_table, "load_areas", lambda *_, **__: lads)
    files = {one.name: one.file for one in batch._all_maps(batch.KINDS, "economic_connectedness", None, "png")}
    codes = [code.lower() for code in lads["lad21cd"]]
    assert files["St. Mary"] == f"st-mary-{codes[0]}.png"
    assert files["St Mary"] == f"st-mary-{codes[1]}.png"
    assert files["North-East"] == f"north-east-{codes[2]}.png"
    assert files["Other"] == "other.png"
    assert files["North East"] == "north-east.png"


@pytest.mark.usefixtures("three")
def test_what_is_there_is_not_drawn_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A second run leaves the files alone; a damaged or missing one is drawn again, and all if the version changes."""
    folder = tmp_path / "a" / "maps"
    first = ec_maps.draw_maps(folder, format="svg")
    assert [path.name for path in first] == ["east-of-england.svg", "cardiff.svg", "great-yarmouth.svg", "norwich.svg"]
    before = stamps(folder)
    assert batch.bring(folder, format="svg").drawn == []
    assert stamps(folder) == before
    norwich = folder / "norwich.svg"
    whole = norwich.read_bytes()
    norwich.write_bytes(whole[:1000])
    (folder / "cardiff.svg").unlink()
    assert batch.bring(folder, format="svg").drawn == ["Cardiff", "Norwich"]
    assert norwich.read_bytes() == whole
    assert stamps(folder)["great-yarmouth.svg"] == before["great-yarmouth.svg"]
    assert batch.bring(folder, format="svg", kinds=["regions"], measure="bias").drawn == ["East of England"]
    monkeypatch.setattr("ec_maps.cache.package_digest", lambda: "another version")
    assert len(batch.bring(folder, format="svg").drawn) == 4


@pytest.mark.usefixtures("three")
def test_the_maps_are_those_that_are_drawn_one_by_one(tmp_path: Path) -> None:
    """Each file has the bytes of the same map drawn alone, from one process as from two."""
    lads, msoas = ec_maps.load_areas("lad"), ec_maps.load_areas("msoa")
    alone = {
        "east-of-england": ec_maps.regional_map(lads, "East of England"),
        "norwich": ec_maps.local_map(msoas, "Norwich"),
    }
    for jobs in (1, 2):
        ec_maps.draw_maps(tmp_path / str(jobs), jobs=jobs)
        for name, drawn in alone.items():
            assert (tmp_path / str(jobs) / f"{name}.png").read_bytes() == drawn.save(tmp_path / "one.png").read_bytes()


@pytest.mark.usefixtures("three")
def test_a_map_that_cannot_be_drawn_is_named_and_costs_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All others are drawn and stay; when the fault has gone, only the one that is missing is drawn."""
    drawn = ec_maps.local_map

    def broken(msoas: gpd.GeoDataFrame, name: str, **options: object) -> object:
        if name == "Cardiff":
            message = "no room for a number"
            raise ValueError(message)
        return drawn(msoas, name, **options)

    with monkeypatch.context() as patch:
        patch.setattr("ec_maps.maps.choropleth.local_map", broken)
        with pytest.raises(RenderError, match=r"(?s)1 of 4 maps could not be drawn.*Cardiff: ValueError: no room"):
            batch.bring(tmp_path)
    assert set(stamps(tmp_path)) == {"east-of-england.png", "great-yarmouth.png", "norwich.png"}
    assert batch.bring(tmp_path).drawn == ["Cardiff"]


@pytest.mark.usefixtures("three")
def test_what_warned_is_said_and_drawn_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A map that lacks something (tiles that did not come) is there, with a warning, and is tried again."""
    drawn = ec_maps.local_map

    def lacking(msoas: gpd.GeoDataFrame, name: str, **options: object) -> object:
        warnings.warn("a tile did not come", stacklevel=2)
        return drawn(msoas, name, **options)

    monkeypatch.setattr("ec_maps.maps.choropleth.local_map", lacking)
    for _ in range(2):
        with pytest.warns(UserWarning, match=r"(Norwich|Cardiff|Great Yarmouth): a tile did not come") as said:
            assert len(batch.bring(tmp_path, kinds=["places"]).drawn) == 3
        assert len(said) == 3
    assert "norwich.png" in stamps(tmp_path)


@pytest.mark.usefixtures("demo")
@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"kinds": ["towns"]}, r'"regions" and "places".*towns'),
        ({"kinds": []}, "kinds of maps"),
        ({"format": "pdf"}, '"png" or "svg"; "pdf"'),
        ({"jobs": 0}, "jobs is 0"),
        ({"jobs": "2"}, 'jobs is "2"'),
        ({"measure": "happiness"}, 'no measure "happiness"'),
    ],
)
def test_options_that_make_no_sense(tmp_path: Path, options: dict[str, object], told: str) -> None:
    """Each is refused with what there is, before anything is written."""
    with pytest.raises(SettingError, match=told):
        ec_maps.draw_maps(tmp_path / "maps", **options)
    assert not (tmp_path / "maps").exists()


@pytest.mark.usefixtures("three")
def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    """A file in the way is a short letter."""
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(SettingError, match="cannot be written into"):
        ec_maps.draw_maps(tmp_path / "file")


def command(folder: Path, *words: str) -> list[str]:
    """Return the command that draws the places of England and Wales into a folder."""
    return [sys.executable, "-m", "ec_maps", "map", "all", "--kind", "places", "-o", str(folder), *words]


def processes(group: int) -> list[str]:
    """Return the processes of a group that are still there, dead ones that nobody has asked after apart."""
    listed = subprocess.run(["ps", "-A", "-ww", "-o", "pgid=,stat=,args="], capture_output=True, text=True, check=True)
    rows = [line.split(maxsplit=2) for line in listed.stdout.splitlines()]
    return [row[-1] for row in rows if row[0] == str(group) and not row[1].startswith("Z")]


def _ends_itself(_: object, task: int) -> int:
    if task == 5:
        os.kill(os.getpid(), signal.SIGKILL)
    return task


def _stays(_: object, task: int) -> int:
    return task


@pytest.mark.full
def test_a_process_that_is_killed_in_the_middle() -> None:
    """A process that the system ends, for lack of memory, is a letter, and the next run has new processes."""
    drawn = workers.local(_ends_itself, dict, range(40), jobs=2)
    with pytest.raises(RenderError, match=r"ended from outside \(SIGKILL.*is kept.*EC_MAPS_JOBS=1"):
        list(drawn)
    assert sorted(workers.local(_stays, dict, range(10), jobs=2)) == [*range(10)]


@pytest.mark.full
@pytest.mark.usefixtures("demo")
def test_a_command_with_a_killed_process_ends_with_a_letter(tmp_path: Path) -> None:
    """There is no traceback, and what was drawn is there, whole."""
    folder = tmp_path / "maps"
    with started(command(folder, "--jobs", "2"), stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
        end = time.monotonic() + 120
        while len(list(folder.glob("*.png"))) < 3:
            assert running.poll() is None, running.stderr
            assert time.monotonic() < end, "so few maps in two minutes"
            time.sleep(0.05)
        listed = subprocess.run(
            ["ps", "-A", "-ww", "-o", "pid=,pgid=,args="], capture_output=True, text=True, check=True
        )
        rows = [line.split(maxsplit=2) for line in listed.stdout.splitlines()]
        drawing = [int(pid) for pid, group, words in rows if group == str(running.pid) and "popen_loky" in words]
        os.kill(drawing[0], signal.SIGKILL)
        _, said = running.communicate(timeout=60)
    assert running.returncode == 1
    assert said.decode().startswith("ec-maps: A process that drew was ended from outside")
    assert "Traceback" not in said.decode()
    assert all(name.endswith(".png") for name in stamps(folder))


@pytest.mark.full
@pytest.mark.usefixtures("demo")
@pytest.mark.parametrize("jobs", ["1", "2"])
def test_an_interrupted_run_goes_on_where_it_was(tmp_path: Path, jobs: str) -> None:
    """After Ctrl-C there are whole maps only and no process; the next run leaves them alone and draws others."""
    folder = tmp_path / "maps"

    def interrupted(after: int) -> tuple[int, str]:
        words = command(folder, "--jobs", jobs)
        with started(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
            end = time.monotonic() + 120
            while len(list(folder.glob("*.png"))) < after:
                assert running.poll() is None, running.stderr
                assert time.monotonic() < end, "so few maps in two minutes"
                time.sleep(0.05)
            os.killpg(running.pid, signal.SIGINT)  # as a terminal does, to all of them
            _, said = running.communicate(timeout=60)
            gone = time.monotonic() + 30
            while processes(running.pid) and time.monotonic() < gone:
                time.sleep(0.1)
            assert processes(running.pid) == []
        return running.returncode, said.decode()

    status, said = interrupted(3)
    assert status == 130
    assert said == "ec-maps: Interrupted. Finished maps are stored: run the same command again to continue.\n"
    before = stamps(folder)
    assert all(name.endswith(".png") for name in before)
    assert len(before) >= 3
    interrupted(len(before) + 2)
    after = stamps(folder)
    recorded = [path.name.removesuffix(".json") for path in (folder / ".figure_cache").iterdir()]
    assert all(name.endswith(".png") for name in after)
    assert len(after) >= len(before) + 2
    # The last one may have been written in the moment of the interruption, without its record.
    assert sum(after[name] != before[name] for name in before) <= 1
    assert len(set(after) - set(recorded)) <= 1


@pytest.mark.full
@pytest.mark.usefixtures("demo")
def test_progress_is_for_a_terminal(tmp_path: Path) -> None:
    """On a terminal there is a bar, without one or with --quiet there is none; the result is a line either way."""
    script = (
        "import sys, ec_maps.maps.batch as many; from ec_maps.cli import main; every = many._all_maps\n"
        "many._all_maps = lambda *words: [one for one in every(*words) if one.name == 'Norwich']\n"
        "main(sys.argv[1:])"
    )

    def run(name: str, *words: str, terminal: bool) -> tuple[str, str]:
        words = (sys.executable, "-c", script, "map", "all", "-o", str(tmp_path / name), *words)
        if not terminal:
            done = subprocess.run(words, capture_output=True, text=True, check=True)
            return done.stdout, done.stderr
        ours, theirs = pty.openpty()
        termios.tcsetwinsize(theirs, (24, 80))
        with started(words, stdout=subprocess.PIPE, stderr=theirs) as running:
            os.close(theirs)
            said = b""
            try:
                while piece := os.read(ours, 1024):
                    said += piece
            except OSError:
                pass  # so a terminal ends on Linux
            told = running.communicate()[0].decode()
            assert running.returncode == 0
        os.close(ours)
        return told, said.decode()

    told, said = run("terminal", terminal=True)
    assert "1/1" in said
    assert told == f"Maps: 1 in {tmp_path / 'terminal'}, 1 drawn.\n"
    assert run("quiet", "--quiet", terminal=True) == (f"Maps: 1 in {tmp_path / 'quiet'}, 1 drawn.\n", "")
    assert run("pipe", terminal=False) == (f"Maps: 1 in {tmp_path / 'pipe'}, 1 drawn.\n", "")
    assert json.loads((tmp_path / "pipe" / ".figure_cache" / "norwich.png.json").read_text(encoding="utf-8"))["stamp"]
