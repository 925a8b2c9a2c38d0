"""The command line: exit statuses, short messages on stderr, no traceback; run as a user runs it."""

from __future__ import annotations

import csv
import json
import os
import re
import shutil
import struct
import subprocess
import sys
from functools import partial
from pathlib import Path

import pandas as pd
import pytest

from ec_maps.analysis.comparison import compare

Run = subprocess.CompletedProcess[str]

#: Of runs that are much alike, the quick tier has one.
full = partial(pytest.param, marks=pytest.mark.full)


def ec_maps(*words: str | Path, cwd: Path, **variables: str | Path) -> Run:
    """Run ``ec-maps`` in a folder and return what came of it."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("EC_MAPS_")}
    command = [sys.executable, "-m", "ec_maps", *map(str, words)]
    settings = {"EC_MAPS_OFFLINE": "1"} | {name: str(value) for name, value in variables.items()}
    return subprocess.run(command, cwd=cwd, env=clean | settings, capture_output=True, text=True, check=False)


@pytest.fixture
def demo_run(demo_data_dir: Path) -> dict[str, str | Path]:
    """Return the variables of a run on the demonstration data."""
    return {"EC_MAPS_SOURCE": "demo", "EC_MAPS_DATA_DIR": demo_data_dir}


@pytest.fixture
def project(root: Path, tmp_path: Path) -> Path:
    """Return a folder that is a project of its own, with a list of places to spoil."""
    for name in ("_quarto.yml", "places.yml"):
        shutil.copy(root / name, tmp_path)
    shutil.copytree(root / "assets" / "palettes", tmp_path / "assets" / "palettes")
    return tmp_path


def is_letter(run: Run, status: int, *parts: str) -> None:
    """Check that a run ended with a status and one short message that has these parts."""
    assert run.returncode == status, run.stderr
    assert run.stderr.startswith("ec-maps: ")
    assert "Traceback" not in run.stderr + run.stdout
    assert len(run.stderr.strip().split("\n\n")) <= 2
    letter = run.stderr[run.stderr.rindex("ec-maps: ") :]
    assert len(letter.splitlines()) <= 8, letter
    assert len(letter) < 1100, letter
    for part in parts:
        assert part in run.stderr, run.stderr


def size(path: Path) -> tuple[int, int]:
    """Return the width and height of a PNG."""
    width, height = struct.unpack(">II", path.read_bytes()[16:24])
    return width, height


def test_help_lists_the_commands(tmp_path: Path) -> None:
    """The help names each command of the contract."""
    run = ec_maps("--help", cwd=tmp_path)
    assert run.returncode == 0
    assert all(name in run.stdout for name in ("check", "places", "map", "render"))


def test_version_is_the_projects(tmp_path: Path) -> None:
    """The version is the one that the package metadata have."""
    from importlib.metadata import version

    assert version("ec-maps") in ec_maps("--version", cwd=tmp_path).stdout


def test_check_prints_both_levels_and_the_places(project: Path, demo_run: dict[str, str | Path]) -> None:
    """Without faults the status is 0, and the report of both levels and the places are printed."""
    run = ec_maps("check", cwd=project, **demo_run)
    assert run.returncode == 0, run.stderr
    assert "327 of 331" in run.stdout
    assert "7,089 of 7,200" in run.stdout
    assert "Great Yarmouth, East of England" in run.stdout


def test_places_lists_all_and_searches(project: Path, demo_run: dict[str, str | Path]) -> None:
    """Without a search all 374 districts are listed; with one, those that it finds; else the status is 2."""
    assert len(ec_maps("places", cwd=project, **demo_run).stdout.splitlines()) == 374
    assert "Kingston upon Hull, City of" in ec_maps("places", "hull", cwd=project, **demo_run).stdout
    is_letter(ec_maps("places", "qqqqzzzz", cwd=project, **demo_run), 2, "qqqqzzzz")


@pytest.mark.full
def test_places_build_writes_the_pages(project: Path, demo_run: dict[str, str | Path]) -> None:
    """A page for each place of the list; a second time there is nothing to draw; a profile gives the source."""
    (project / "places.yml").write_text("- Rutland\n", encoding="utf-8")
    shutil.copy(Path(__file__).parents[1] / "_environment-demo", project)
    folder = {"EC_MAPS_DATA_DIR": demo_run["EC_MAPS_DATA_DIR"], "QUARTO_PROFILE": "demo"}
    run = ec_maps("places", "build", cwd=project, **folder)
    assert run.returncode == 0, run.stderr
    assert f"Place pages: 1 in {project / 'places'}, 1 drawn." in run.stdout
    assert "Demonstration data" in (project / "places" / "rutland.qmd").read_text(encoding="utf-8")
    assert "1 in" in (again := ec_maps("places", "build", cwd=project, **folder)).stdout
    assert ", 0 drawn." in again.stdout


def test_places_build_refuses_what_it_cannot_do(
    project: Path, tmp_path_factory: pytest.TempPathFactory, demo_run: dict[str, str | Path]
) -> None:
    """No project, an unknown setting, a list with a fault: each is one message, and nothing is written."""
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    run = ec_maps("places", "build", cwd=elsewhere, QUARTO_PROJECT_DIR=elsewhere, **demo_run)
    is_letter(run, 2, "There is no site in", "_quarto.yml")
    run = ec_maps("places", "build", cwd=project, EC_MAPS_PLACES="every", **demo_run)
    is_letter(run, 2, 'EC_MAPS_PLACES is "every"; it can be "listed"')
    (project / "places.yml").write_text("- Atlantis\n- Rutland\n", encoding="utf-8")
    is_letter(ec_maps("places", "build", cwd=project, **demo_run), 2, "Atlantis", "line 1")
    assert not list(project.glob("places/*.qmd"))


@pytest.mark.parametrize(
    "words",
    [
        full(("national",)),
        full(("region", "wales")),
        ("region", "East of England", "--highlight", "great yarmouth"),
        ("local", "Ynys Môn"),
        ("region", "yorkshire", "--highlight", "hull"),
        ("local", "norwich", "broadland"),
        full(("region", "Tees Valley")),
        full(("region", "Scotland", "Wales")),
        full(("local", "bristol")),
    ],
)
def test_map_writes_a_file(project: Path, demo_run: dict[str, str | Path], words: tuple[str, ...]) -> None:
    """Each kind of map is written where it was asked for, names forgiven as in places.yml."""
    run = ec_maps("map", *words, "-o", "map.png", cwd=project, **demo_run)
    assert run.returncode == 0, run.stderr
    assert size(project / "map.png")[0] == 1400


@pytest.mark.parametrize(
    ("words", "parts"),
    [
        (("map", "local", "West Midlands", "-o", "x.png"), ('"West Midlands county"', "region")),
        full(("map", "region", "London", "Leeds", "-o", "x.png"), ("mixes levels",)),
        full(("map", "local", "", "-o", "x.png"), ("the text is empty",)),
        (("map", "local", "Richmond", "-o", "x.png"), ("Richmond upon Thames", "Richmondshire")),
        full(("map", "region", "Wessex", "-o", "x.png"), ("Wessex", "South West", "Wales")),
        full(("map", "region", "Wales", "--highlight", "Cardif", "-o", "x.png"), ("Cardif", "Cardiff")),
        full(("map", "region", "Wales", "--highlight", "Hartlepool", "-o", "x.png"), ("Hartlepool", "Wales")),
        (("map", "national", "-o", "x.gif"), ("x.gif", ".png", ".svg")),
        (("map", "national", "-o", "nowhere/x.png"), ("nowhere",)),
    ],
)
def test_what_was_typed_wrong(
    project: Path, demo_run: dict[str, str | Path], words: tuple[str, ...], parts: tuple[str, ...]
) -> None:
    """A fault in what was typed ends with 2, says what it was and what there is, and writes nothing."""
    is_letter(ec_maps(*words, cwd=project, **demo_run), 2, *parts)
    assert not list(project.glob("*x.p*"))


@pytest.mark.parametrize("words", [("map",), ("map", "national"), ("fly",), ("render", "--profile", "dmeo")])
def test_usage_errors(project: Path, words: tuple[str, ...]) -> None:
    """A command that is not there, or lacks something, ends with 2 and the usage, not with a traceback."""
    run = ec_maps(*words, cwd=project)
    assert run.returncode == 2
    assert "Traceback" not in run.stderr


@pytest.mark.parametrize("told", ["0", "-3", "banana", "1.5"])
@pytest.mark.parametrize("words", [("map", "all", "-o", "maps"), ("places", "build"), ("render",)])
def test_how_many_processes_cannot_be(
    project: Path, demo_run: dict[str, str | Path], words: tuple[str, ...], told: str
) -> None:
    """A number of processes that is none, or less than one, is a usage error of a few lines; nothing is drawn."""
    run = ec_maps(*words, "--jobs", told, cwd=project, **demo_run)
    assert run.returncode == 2
    assert f"Invalid value for '--jobs': {told} is not" in run.stderr.replace("'" + told + "'", told)
    assert len(run.stderr.splitlines()) <= 5
    assert "Traceback" not in run.stderr
    assert not (project / "maps").exists()


def test_settings_of_workers_that_make_no_sense(project: Path, demo_run: dict[str, str | Path]) -> None:
    """The message names EC_MAPS_JOBS or EC_MAPS_DASK and a valid value; an address and its password are not shown."""
    words = ("map", "all", "--kind", "regions", "-o", "maps")
    is_letter(ec_maps(*words, cwd=project, EC_MAPS_JOBS="many", **demo_run), 2, 'EC_MAPS_JOBS is "many"')
    run = ec_maps(*words, cwd=project, EC_MAPS_DASK="tcp://me:secret@host:8786", **demo_run)
    is_letter(run, 2, "EC_MAPS_DASK should be the address of a Dask scheduler, such as tcp://")
    assert "secret" not in run.stderr
    run = ec_maps("places", "build", cwd=project, EC_MAPS_JOBS="0", **demo_run)
    is_letter(run, 2, 'EC_MAPS_JOBS is "0"')


@pytest.mark.full
def test_quiet_places_build(project: Path, demo_run: dict[str, str | Path]) -> None:
    """With --quiet there is the line of the result and no other; without a terminal a line of progress is left."""
    (project / "places.yml").write_text("- Rutland\n", encoding="utf-8")
    run = ec_maps("places", "build", "--quiet", "--jobs", "1", cwd=project, **demo_run)
    assert run.stderr == ""
    assert run.stdout == f"Place pages: 1 in {project / 'places'}, 1 drawn.\n"
    (project / "places.yml").write_text("- Rutland\n- Torfaen\n", encoding="utf-8")
    assert ec_maps("places", "build", cwd=project, **demo_run).stderr == "Place pages drawn: 1 of 1.\n"


def test_a_source_that_is_not_known(project: Path) -> None:
    """A misspelt source is not taken for real data."""
    is_letter(ec_maps("check", cwd=project, EC_MAPS_SOURCE="dmeo"), 2, "EC_MAPS_SOURCE", "dmeo", "live", "demo")


def test_live_without_data_says_where_to_get_them(project: Path) -> None:
    """Without boundaries and archives the message names the place to get them, where to put them, and the demo."""
    run = ec_maps("check", cwd=project, EC_MAPS_DATA_DIR=project / "data")
    is_letter(run, 1, "EC_MAPS_BOUNDARIES", "geoportal.statistics.gov.uk", "EC_MAPS_SOURCE=demo")


@pytest.mark.full
def test_no_home_folder(project: Path, demo_run: dict[str, str | Path]) -> None:
    """Without a home folder that can be written, as in a container, maps are still drawn."""
    run = ec_maps("map", "local", "Great Yarmouth", "-o", "map.png", cwd=project, HOME="/dev/null/none", **demo_run)
    assert run.returncode == 0, run.stderr
    assert (project / "map.png").stat().st_size > 10_000


def test_faults_of_the_list_come_together(project: Path, demo_run: dict[str, str | Path]) -> None:
    """All faults of places.yml are reported at once, with their lines, and the status is 2."""
    (project / "places.yml").write_text("- Telfrd and Wrekin\n- Corby\n- 7\n- Glasgw City\n", encoding="utf-8")
    run = ec_maps("check", cwd=project, **demo_run)
    is_letter(run, 2, "places.yml", "Telford and Wrekin", "North Northamptonshire", "Glasgow City", "Line 3")


def test_a_spoilt_palette(project: Path, demo_run: dict[str, str | Path]) -> None:
    """A palette of nine colours ends with status 1, and the message names the file."""
    path = project / "assets" / "palettes" / "ice.txt"
    path.write_text("\n".join(path.read_text(encoding="utf-8").split()[:9]), encoding="utf-8")
    is_letter(ec_maps("check", cwd=project, **demo_run), 1, "ice.txt", "9 colours")


@pytest.mark.full
def test_a_warning_is_one_line(project: Path, demo_run: dict[str, str | Path]) -> None:
    """With a cache that cannot be written, the map is drawn and a note is on stderr."""
    (project / "file").write_text("", encoding="utf-8")
    run = ec_maps(
        "map", "national", "-o", "m.png", cwd=project, **demo_run | {"EC_MAPS_DATA_DIR": project / "file" / "x"}
    )
    assert run.returncode == 0, run.stderr
    assert run.stderr.count("ec-maps: note:") == 1
    assert "EC_MAPS_DATA_DIR" in run.stderr


def test_measures_lists_what_is_there(project: Path, demo_run: dict[str, str | Path], tmp_path: Path) -> None:
    """Each CSV is listed with its measures and groups of people, and unknown columns; nothing is downloaded."""
    told = ec_maps("measures", cwd=project, **demo_run).stdout
    assert "local_authority/uk_economic_connectedness_20250301.csv in local_authority-demonstration.zip: local" in told
    assert "  bias: Friending bias, a share that can be below 0, shown in per cent (average_bias)\n" in told
    assert "  groups of people: high_ses_users, low_ses_users\n" in told
    unknown = "num_volunteering_groups_1000_people_zip_full, zip_prediction_full"
    assert f"  not in the codebook, and not read: {unknown}\n" in told
    assert told.endswith("columns not in the codebook: 2.\n")
    run = ec_maps("measures", cwd=project, EC_MAPS_DATA_DIR=tmp_path / "none")
    is_letter(run, 1, "there is no zip", "ec-maps fetch")


@pytest.mark.full
def test_maps_of_other_measures_and_of_the_kingdom(project: Path, demo_run: dict[str, str | Path]) -> None:
    """A measure and a scope can be named; Scotland has deciles of the United Kingdom, and no neighbourhoods."""
    for words in (("national", "--measure", "bias"), ("region", "Scotland"), ("national", "--scope", "uk")):
        run = ec_maps("map", *words, "-o", "map.png", "--force", cwd=project, **demo_run)
        assert run.returncode == 0, run.stderr
        assert size(project / "map.png")[0] == 1400
    run = ec_maps("map", "national", "--measure", "happiness", "-o", "x.png", cwd=project, **demo_run)
    is_letter(run, 2, 'no measure "happiness"', "economic_connectedness")
    run = ec_maps("map", "national", "--category", "rich", "-o", "x.png", cwd=project, **demo_run)
    is_letter(run, 1, 'the group "rich"', "low_ses_users")
    run = ec_maps("map", "local", "Glasgow City", "-o", "x.png", cwd=project, **demo_run)
    is_letter(run, 2, "only in England and Wales", 'ec-maps map region "Scotland"')


def test_export_writes_once(project: Path, demo_run: dict[str, str | Path]) -> None:
    """A table is written with its metadata; a second time only with --force, and only in a known format."""
    words = ("export", "lad", "--measure", "bias", "-o", "bias.csv")
    run = ec_maps(*words, cwd=project, **demo_run)
    assert run.returncode == 0, run.stderr
    first = (project / "bias.csv").read_bytes()
    assert first.startswith(b"\xef\xbb\xbflad21cd,lad21nm,rgn21nm,bias,bias_decile")
    is_letter(ec_maps(*words, cwd=project, **demo_run), 2, "bias.csv", "--force")
    assert ec_maps(*words, "--force", cwd=project, **demo_run).returncode == 0
    assert (project / "bias.csv").read_bytes() == first
    is_letter(ec_maps("export", "lad", "-o", "a.xls", cwd=project, **demo_run), 2, ".csv", ".xlsx", ".gpkg")


def test_export_to_the_standard_output(project: Path, demo_run: dict[str, str | Path]) -> None:
    """With - the standard output is the file, and nothing else is on it; --format chooses another than CSV."""
    words = ("export", "lad", "--measure", "bias")
    ec_maps(*words, "-o", "bias.csv", cwd=project, **demo_run)
    run = ec_maps(*words, "-o", "-", cwd=project, **demo_run)
    assert run.stdout == (project / "bias.csv").read_text(encoding="utf-8-sig")
    run = ec_maps(*words, "-o", "-", "--format", "geojson", cwd=project, **demo_run)
    assert len(json.loads(run.stdout)["features"]) == 331


@pytest.mark.skipif(sys.platform == "win32", reason="a shell's pipe")
def test_a_reader_that_has_seen_enough(project: Path, demo_run: dict[str, str | Path]) -> None:
    """A pipe that closes early ends the command without a word."""
    command = f'"{sys.executable}" -m ec_maps export msoa -o - | head -n 1'
    run = subprocess.run(
        command, shell=True, cwd=project, env=os.environ | demo_run, capture_output=True, text=True, check=False
    )
    assert run.stdout.startswith("msoa21cd,msoa21nm,")
    assert run.stderr == ""


# --- what is listed, for people and for programs ----------------------------------------------------


@pytest.mark.parametrize(
    ("words", "keys", "number"),
    [
        (("check",), ["level", "areas", "with_value"], 2),
        # 14 measures at two levels, one of them in a second file at each, for other groups of people.
        (("measures",), ["key", "title", "level", "unit"], 30),
        (("places",), ["lad21cd", "name", "region"], 374),
        (("places", "norfolk"), ["lad21cd", "name", "region"], 7),
        (("compare", "Norwich", "Eden"), ["lad21cd", "lad21nm", "rgn21nm", "economic_connectedness"], 2),
        full(("shortlist", "Norwich", "Great Yarmouth", "--at-most", "1"), ["msoa21cd", "msoa21nm", "lad21cd"], 3),
        full(("similar", "Norwich", "--measure", "bias"), ["similarity", "lad21cd", "lad21nm", "rgn21nm", "bias"], 21),
    ],
)
def test_lists_for_programs(
    project: Path, demo_run: dict[str, str | Path], words: tuple[str, ...], keys: list[str], number: int
) -> None:
    """JSON is one array of objects with the same keys and without NaN; CSV has the same rows and names."""
    told = ec_maps(*words, "--format", "json", cwd=project, **demo_run)
    assert (told.returncode, told.stderr) == (0, "")
    rows = json.loads(told.stdout, parse_constant=lambda name: pytest.fail(f"there is a {name}"))
    assert len(rows) == number
    assert {tuple(row) for row in rows} == {tuple(rows[0])}
    assert list(rows[0])[: len(keys)] == keys
    table = list(csv.DictReader(ec_maps(*words, "--format", "csv", cwd=project, **demo_run).stdout.splitlines()))
    assert [list(row) for row in table] == [list(rows[0])] * number
    assert [row[keys[0]] for row in table] == ["" if row[keys[0]] is None else str(row[keys[0]]) for row in rows]
    missing = [name for row in rows for name, value in row.items() if value is None]
    assert len(missing) == sum(
        row[name] == "" for row in table for name in rows[0] if row[name] == "" and name in missing
    )


def test_compare_has_what_the_library_has(project: Path, demo_run: dict[str, str | Path], demo: Path) -> None:
    """Values, deciles and ranks are those of `compare`, missing ones null, and each row says that it is invented."""
    words = ("compare", "norwich", "Eden", "--measure", "bias", "--measure", "exposure", "--scope", "uk")
    rows = json.loads(ec_maps(*words, "--format", "json", cwd=project, **demo_run).stdout)
    table = compare(["Norwich", "Eden"], ["bias", "exposure"], scope="uk")
    assert list(rows[0]) == [*table.columns, "source"]
    for row, expected in zip(rows, table.to_dict("records"), strict=True):
        assert row.pop("source").startswith("Demonstration data – not real values.")
        assert row == {name: None if pd.isna(value) else value for name, value in expected.items()}
    assert rows[1]["bias_rank_low"] is None


def test_compare_for_people(project: Path, demo_run: dict[str, str | Path]) -> None:
    """A line for each place and measure, with units, and the source beneath; neighbourhoods by name."""
    run = ec_maps("compare", "Norwich", "Eden", "--measure", "bias", cwd=project, **demo_run)
    head, norwich, eden, empty, source = run.stdout.splitlines()
    assert head.split() == ["place", "measure", "value", "decile", "rank", "(1", "is", "lowest)"]
    assert re.fullmatch(r"Norwich +Friending bias +\d+\.\d% +\d+ +\d+ to \d+", norwich)
    assert re.fullmatch(r"Eden +Friending bias +no published estimate", eden)
    assert (empty, source.startswith("Demonstration data")) == ("", True)
    run = ec_maps("compare", "Norwich", "--measure", "bias", "--level", "msoa", cwd=project, **demo_run)
    assert [line[:11] for line in run.stdout.splitlines()[1:4]] == ["Norwich 001", "Norwich 002", "Norwich 003"]


@pytest.mark.parametrize(
    ("words", "parts"),
    [
        (("Norwhich",), ("Norwhich", "Norwich")),
        (("Norwich", "--measure", "biass"), ('no measure "biass"', "Perhaps bias?")),
        full(("Norwich", "--level", "msoa", "--scope", "uk"), ("England and Wales only",)),
        full(("Norwich", "norwich"), ("already place 1",)),
    ],
)
def test_compare_typed_wrong(
    project: Path, demo_run: dict[str, str | Path], words: tuple[str, ...], parts: tuple[str, ...]
) -> None:
    """What was typed wrong is one letter with status 2, whatever the format, and nothing is on the output."""
    run = ec_maps("compare", *words, "--format", "json", cwd=project, **demo_run)
    is_letter(run, 2, *parts)
    assert run.stdout == ""


def test_a_shortlist_for_people(project: Path, demo_run: dict[str, str | Path]) -> None:
    """The count in words, a line for each with its span, a heading for each group."""
    run = ec_maps("shortlist", "Norwich", "Great Yarmouth", cwd=project, **demo_run)
    said, head, *_, source = (part for part in run.stdout.split("\n\n"))
    assert said.startswith("Economic connectedness. Of the 27 neighbourhoods of Norwich and Great Yarmouth, eight ")
    assert re.split(r"  +", head.rstrip()) == ["position", "neighbourhood", "value", "decile (1 is lowest)", "users"]
    assert "\nPositions 3 to 4: two neighbourhoods whose order is not certain:\n3–4  " in run.stdout
    assert source.startswith("Demonstration data – not real values.")


@pytest.mark.full
def test_a_shortlist_of_none(project: Path, demo_run: dict[str, str | Path]) -> None:
    """It says in words that there is none, and is a header for programs; what is typed wrong is a letter."""
    words = ("shortlist", "Isles of Scilly", "--at-most", "1")
    none = ec_maps(*words, cwd=project, **demo_run)
    assert none.stdout.startswith("Economic connectedness. The only neighbourhood of the Isles of Scilly is not in the")
    table = ec_maps(*words, "--format", "csv", cwd=project, **demo_run)
    assert table.stdout.startswith("msoa21cd,msoa21nm,lad21cd,")
    assert len(table.stdout.splitlines()) == 1
    is_letter(ec_maps("shortlist", "Belfast", cwd=project, **demo_run), 2, "Belfast is in Northern Ireland")
    assert ec_maps("shortlist", "Norwich", "--at-most", "11", cwd=project, **demo_run).returncode == 2


def test_similar_places_for_people(project: Path, demo_run: dict[str, str | Path]) -> None:
    """Where the place stands, a line for each place, the most alike first, and both sources."""
    run = ec_maps("similar", "hartlepool", cwd=project, **demo_run)
    said, table, similar, source = run.stdout.split("\n\n")
    assert said.startswith(
        "Economic connectedness. Counted with the 20 places most like it, the value of Hartlepool is "
    )
    head, own, first, *others = table.splitlines()
    assert head.split() == ["similarity", "place", "value", "decile", "difference"]
    assert re.fullmatch(r" +Hartlepool +\d+\.\d% +\d+ *", own)
    assert re.fullmatch(r"1 +Rotherham +\d+\.\d% +\d+ +\d+\.\d percentage points (higher|lower)", first)
    assert len(others) == 19
    assert similar.startswith("Similar places: Office for National Statistics")
    assert source.startswith("Demonstration data")


@pytest.mark.full
def test_a_place_without_similar_places(project: Path, demo_run: dict[str, str | Path]) -> None:
    """A district that was abolished is a letter with status 2, in every format."""
    run = ec_maps("similar", "eden", "--format", "json", cwd=project, **demo_run)
    is_letter(run, 2, "Eden has no similar places", "Westmorland and Furness", "1 April 2023")
    assert run.stdout == ""


def test_help_is_quick(tmp_path: Path) -> None:
    """The help of the command and of each of its commands loads no library of tables, maps or downloads."""
    code = "import sys; from ec_maps.cli import main; main(sys.argv[1:], standalone_mode=False); print(*sys.modules)"
    for words in (["--help"], ["compare", "--help"], ["export", "--help"], ["map", "local", "--help"]):
        command = [sys.executable, "-c", code, *words]
        run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
        loaded = set(run.stdout.splitlines()[-1].split())
        assert "ec_maps.cli" in loaded
        assert loaded.isdisjoint({"pandas", "numpy", "geopandas", "matplotlib", "shapely", "pyarrow", "requests"})
