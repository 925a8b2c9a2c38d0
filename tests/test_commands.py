"""What all commands share: letters on files that may not be used, ``--verbose``, ``--force``, commands to paste."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from conftest import ROOT
from test_cli import ec_maps, is_letter

#: A superuser may read and write everything, unless the process gives that right up.
_RIGHTS = "-dac_override,-dac_read_search"
AS_ANYBODY = ["setpriv", f"--inh-caps={_RIGHTS}", f"--bounding-set={_RIGHTS}"] if os.geteuid() == 0 else []

#: Runs the commands of a JSON file, each with variables of its own, in one process, and prints statuses and messages.
DRIVER = """
import json, os, sys
from click.testing import CliRunner
from ec_maps.cli import main

results = {}
for name, (words, variables) in json.load(open("commands.json")).items():
    result = CliRunner().invoke(main, words, env=variables)
    results[name] = result.exit_code, result.stderr, repr(result.exception)
print(json.dumps(results))
"""

#: By name: the words of a command, the variables, the parts of the letter, and the exit status.
LIVE = {"EC_MAPS_SOURCE": "live", "EC_MAPS_OFFLINE": "1", "EC_MAPS_DATA_DIR": "atlas", "EC_MAPS_BOUNDARIES": "outlines"}
CLOSED: dict[str, tuple[list[str], dict[str, str], tuple[str, ...], int]] = {
    "csv": (["export", "lad", "--measure", "bias", "-o", "fixed/a.csv"], {}, ("fixed/a.csv", "Permission denied"), 2),
    "package": (["export", "lad", "--measure", "bias", "-o", "fixed/a.gpkg"], {}, ("fixed/a.gpkg", "Permission de"), 2),
    "replaced": (
        ["export", "lad", "--measure", "bias", "-o", "fixed/old.csv", "--force"],
        {},
        ("fixed/old.csv", "Permission denied"),
        2,
    ),
    "not replaced": (["export", "lad", "-o", "fixed/old.csv"], {}, ("old.csv is already in fixed", "--force"), 2),
    "table in a closed folder": (["export", "lad", "-o", "closed/a.csv"], {}, ("closed/a.csv", "Permission denied"), 1),
    "map": (["map", "national", "-o", "fixed/a.png"], {}, ("fixed/a.png", "Permission denied"), 2),
    "map in a closed folder": (["map", "national", "-o", "closed/a.png"], {}, ("closed/a.png", "Permission den"), 1),
    "map below a file": (["map", "national", "-o", "file/a.png"], {}, ("file/a.png", "Not a directory"), 2),
    "maps": (["map", "all", "--kind", "regions", "-o", "fixed"], {}, ("into fixed: Permission denied",), 2),
    "maps below": (["map", "all", "-o", "fixed/maps"], {}, ("into fixed/maps: Permission denied",), 2),
    "list of places": (["check"], {}, ("places.yml cannot be read", "Permission denied"), 2),
    "data": (["measures"], LIVE | {"EC_MAPS_DATA_DIR": "closed"}, ("closed", "Permission", "EC_MAPS_DATA_DIR"), 1),
    "archive": (
        ["map", "national", "-o", "a.png"],
        LIVE | {"EC_MAPS_DATA_DIR": "sealed"},
        ("local_authority-demonstration.zip", "Permission denie"),
        1,
    ),
    "boundaries": (
        ["map", "national", "-o", "a.png"],
        LIVE | {"EC_MAPS_BOUNDARIES": "closed"},
        ("closed", "Permission denied", "EC_MAPS_BOUNDARIES"),
        1,
    ),
    "folder in boundaries": (
        ["map", "national", "-o", "a.png"],
        LIVE | {"EC_MAPS_BOUNDARIES": "."},
        ("closed", "Permission denied", "EC_MAPS_BOUNDARIES"),
        1,
    ),
    "boundary file": (
        ["map", "national", "-o", "a.png"],
        LIVE | {"EC_MAPS_BOUNDARIES": "shapes"},
        ("shapes/boundaries.parquet", "Permission denied", "EC_MAPS_BOUNDARIES"),
        1,
    ),
    "cache": (
        ["fetch"],
        {"EC_MAPS_SOURCE": "live", "EC_MAPS_DATA_DIR": "fixed"},
        ("fixed/cache cannot be written (Permission denied)", "EC_MAPS_DATA_DIR"),
        1,
    ),
    "site": (["render", "--engine", "preview", "--profile", "demo"], {}, (".quarto: Permission denied",), 1),
}


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory, demo_data_dir: Path) -> dict[str, tuple[int, str, str]]:
    """Run the commands as anybody in a project whose files and folders may not be read or written."""
    if AS_ANYBODY and not shutil.which("setpriv"):
        pytest.skip("a superuser, and no setpriv to give up rights with")
    project = tmp_path_factory.mktemp("closed")
    for name in ("_quarto.yml", "_quarto-demo.yml", "_environment-demo", "places.yml"):
        shutil.copy(ROOT / name, project)
    shutil.copytree(ROOT / "assets" / "palettes", project / "assets" / "palettes")
    for name in ("fixed", "closed", "atlas", "sealed", "outlines", "shapes"):
        (project / name).mkdir()
    for path in (ROOT / "data" / "demo").iterdir():
        shutil.copy(path, project / ("atlas" if path.suffix == ".zip" else "outlines"))
    shutil.copy(project / "outlines" / "boundaries.parquet", project / "shapes")
    shutil.copy(project / "atlas" / "local_authority-demonstration.zip", project / "sealed")
    for name in ("fixed/old.csv", "file"):
        (project / name).write_text("from before", encoding="utf-8")
    demo = {"EC_MAPS_SOURCE": "demo", "EC_MAPS_DATA_DIR": str(demo_data_dir)}
    commands = {name: (words, demo | variables) for name, (words, variables, *_) in CLOSED.items()}
    (project / "commands.json").write_text(json.dumps(commands), encoding="utf-8")
    rights = {"fixed": 0o555, "closed": 0, "sealed/local_authority-demonstration.zip": 0, "places.yml": 0}
    rights |= {"shapes/boundaries.parquet": 0, ".": 0o555}
    for name, mode in rights.items():
        (project / name).chmod(mode)
    run = subprocess.run(
        [*AS_ANYBODY, sys.executable, "-c", DRIVER], cwd=project, capture_output=True, text=True, check=False
    )
    for name in reversed(rights):
        (project / name).chmod(0o755)
    assert run.returncode == 0, run.stderr
    assert (project / "fixed" / "old.csv").read_text(encoding="utf-8") == "from before"
    return json.loads(run.stdout)


@pytest.mark.full
@pytest.mark.parametrize("name", CLOSED)
def test_what_may_not_be_read_or_written(closed: dict[str, tuple[int, str, str]], name: str) -> None:
    """A file or folder that the user may not use ends a command with a letter that names its path and why."""
    *_, parts, status = CLOSED[name]
    found, letter, exception = closed[name]
    assert found == status, (letter, exception)
    letter = letter[letter.rindex("ec-maps: ") :]
    assert len(letter) < 700
    for part in parts:
        assert part in letter, letter


# --- more that all commands share -------------------------------------------------------------------


@pytest.fixture
def project(root: Path, tmp_path: Path) -> Path:
    """Return a folder that is a project of its own."""
    for name in ("_quarto.yml", "places.yml"):
        shutil.copy(root / name, tmp_path)
    return tmp_path


@pytest.fixture
def demo_run(demo_data_dir: Path) -> dict[str, str | Path]:
    """Return the variables of a run on the demonstration data."""
    return {"EC_MAPS_SOURCE": "demo", "EC_MAPS_DATA_DIR": demo_data_dir}


def test_a_folder_where_a_file_should_be(project: Path, demo_run: dict[str, str | Path]) -> None:
    """A folder of the name of the list is refused by name; so is one of the name of a map, before it is drawn."""
    (project / "places.yml").unlink()
    (project / "places.yml").mkdir()
    is_letter(ec_maps("check", cwd=project, **demo_run), 2, "places.yml cannot be read", "Is a directory")
    run = ec_maps("map", "national", "-o", "places.yml", cwd=project, **demo_run)
    assert (run.returncode, "File 'places.yml' is a directory." in run.stderr) == (2, True)


def test_check_without_a_list_of_places(project: Path, demo_run: dict[str, str | Path]) -> None:
    """The list belongs to the site: where there is none, the data are checked all the same, and a note says so."""
    (project / "places.yml").unlink()
    run = ec_maps("check", cwd=project, QUARTO_PROJECT_DIR=project, **demo_run)
    assert (run.returncode, run.stderr) == (0, "")
    assert "327 of 331" in run.stdout
    assert run.stdout.rstrip().splitlines()[-1].startswith("note: There is no list of places, ")
    run = ec_maps("check", "--format", "json", cwd=project, QUARTO_PROJECT_DIR=project, **demo_run)
    assert (run.returncode, len(json.loads(run.stdout))) == (0, 2)


@pytest.mark.parametrize("words", [("national",), pytest.param(("local", "rutland"), marks=pytest.mark.full)])
def test_a_map_replaces_no_file(project: Path, demo_run: dict[str, str | Path], words: tuple[str, ...]) -> None:
    """A file that is there is replaced only with --force, as by export; without, nothing is loaded or drawn."""
    (project / "a.png").write_bytes(b"from before")
    run = ec_maps("map", *words, "-o", "a.png", cwd=project, **demo_run)
    is_letter(run, 2, "a.png is already there", "nothing was changed", "--force")
    assert (project / "a.png").read_bytes() == b"from before"
    run = ec_maps("map", *words, "-o", "a.png", "--force", cwd=project, **demo_run)
    assert run.returncode == 0, run.stderr
    assert (project / "a.png").read_bytes().startswith(b"\x89PNG")


def test_a_command_that_is_printed_can_be_pasted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder with spaces, brackets and an apostrophe in its name is one word of the command, as a shell reads it."""
    from click.testing import CliRunner

    from ec_maps.cli import main

    site = tmp_path / "ec máps [1]'s $HOME" / "_site"
    monkeypatch.setattr("ec_maps.site.build.render_site", lambda **_: (site, "Quarto"))
    told = CliRunner().invoke(main, ["render"])
    assert told.exit_code == 0
    (line,) = [line for line in told.stdout.splitlines() if "http.server" in line]
    words = shlex.split(line.partition("   and open ")[0])
    assert words[words.index("--directory") + 1 :] == [str(site), "8000"]


COMMANDS = (
    *(("fetch",), ("check",), ("measures",), ("compare", "York"), ("export", "lad", "-o", "-"), ("places", "search")),
    *(("places", "york"), ("places", "build"), ("map", "national"), ("map", "region", "Wales"), ("map", "local", "x")),
    *(("map", "all"), ("render",)),
)


@pytest.mark.parametrize("words", COMMANDS)
def test_every_command_can_tell_what_it_tries(words: tuple[str, ...]) -> None:
    """--verbose is an option of each command."""
    from click.testing import CliRunner

    from ec_maps.cli import main

    told = CliRunner().invoke(main, [*words, "--help"])
    assert told.exit_code == 0
    assert "--verbose" in told.stdout


def test_verbose_tells_settings_and_what_is_read(project: Path, demo_run: dict[str, str | Path]) -> None:
    """The version, the settings without passwords, and each table with whether it came from the cache."""
    secret = {"EC_MAPS_DATABASE_URL": "postgresql://me:secret@host/x"}
    run = ec_maps("places", "rutland", "--verbose", cwd=project, **demo_run, **secret)
    assert run.returncode == 0, run.stderr
    assert f"ec-maps: EC_MAPS_DATA_DIR={demo_run['EC_MAPS_DATA_DIR']}\n" in run.stderr
    assert "ec-maps: ec_maps 0." in run.stderr
    assert "secret" not in run.stderr
    assert re.search(r"ec-maps: Table boundaries-demo-lad: (from the cache|made), ", run.stderr)
    assert ec_maps("--verbose", "places", "rutland", cwd=project, **demo_run, **secret).stderr == run.stderr
    assert ec_maps("places", "rutland", cwd=project, **demo_run).stderr == ""
