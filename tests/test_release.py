"""A release: tag, version, changelog, citation and recipe agree, and workflows run only what was looked at."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from importlib.metadata import version
from pathlib import Path

import pytest
import yaml

ADDRESSED = ("pyproject.toml", "_quarto.yml", "recipe/recipe.yaml", "CITATION.cff")
FILES = (*ADDRESSED, "CHANGELOG.md", "scripts/release.py")

#: Names of packages that conda-forge has under another name: without what the library does not use.
AT_CONDA = {"geopandas": "geopandas-base", "matplotlib": "matplotlib-base", "zlib-ng": "python-zlib-ng"}


@pytest.fixture
def project(root: Path, tmp_path: Path) -> Path:
    """Return a copy of what a release is made of, ready to be released as 9.8.7."""
    for name in FILES:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(root / name, tmp_path / name)
    now = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    change(tmp_path / "pyproject.toml", f'version = "{now}"', 'version = "9.8.7"')
    change(tmp_path / "CITATION.cff", f"version: {now}\n", "version: 9.8.7\ndate-released: 2027-01-31\n")
    with (tmp_path / "CITATION.cff").open("a", encoding="utf-8") as citation:
        citation.write("repository-code: https://git.example.com/ec_maps\n")
    change(
        tmp_path / "CHANGELOG.md", f"## {now} – unreleased", "## 9.8.7 – 2027-01-31\n\n- New.\n\n## 9.8.6 – 2026-01-31"
    )
    change(tmp_path / "recipe/recipe.yaml", f'version: "{now}"', 'version: "9.8.7"')
    for name in ADDRESSED:
        change(tmp_path / name, "ec-maps.example.org", "maps.example.com")
    return tmp_path


def change(path: Path, old: str, new: str) -> None:
    """Replace a text in a file, where it has to be."""
    text = path.read_text(encoding="utf-8")
    assert old in text, (path.name, old)
    path.write_text(text.replace(old, new), encoding="utf-8")


def released(project: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run the check of a release."""
    command = [sys.executable, "scripts/release.py", *words]
    return subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)


def test_notes_are_the_part_of_the_changelog(project: Path) -> None:
    """Where all agrees, the notes are what stands beneath the version's heading, and no more."""
    run = released(project, "v9.8.7")
    assert (run.returncode, run.stdout, run.stderr) == (0, "- New.\n", "")


@pytest.mark.parametrize(
    ("name", "old", "new", "says"),
    [
        ("pyproject.toml", '"9.8.7"', '"9.9.0"', "the tag should be v9.9.0"),
        ("CHANGELOG.md", "2027-01-31", "unreleased", "found: unreleased"),
        ("CHANGELOG.md", "## 9.8.7 – 2027-01-31", "## 9.8.5 – 2027-01-31", "found: none"),
        ("CHANGELOG.md", "\n- New.\n", "", "says nothing beneath"),
        ("CITATION.cff", "version: 9.8.7\n", "version: 9.8.6\n", "version 9.8.6; it should be 9.8.7"),
        ("CITATION.cff", "date-released: 2027-01-31\n", "", "date-released nowhere; it should be 2027-01-31"),
        ("CITATION.cff", "repository-code", "repository", "has no repository-code"),
        ("_quarto.yml", "maps.example.com", "ec-maps.example.org", "_quarto.yml still has an address"),
        ("CITATION.cff", "maps.example.com", "ec-maps.example.org", "CITATION.cff still has an address"),
        ("recipe/recipe.yaml", '"9.8.7"', '"9.8.6"', "recipe.yaml has version 9.8.6; it should be 9.8.7"),
    ],
)
def test_what_does_not_agree_is_said(project: Path, name: str, old: str, new: str, says: str) -> None:
    """A tag, a heading, a date or an address that does not fit stops the release, with a letter and no notes."""
    change(project / name, old, new)
    run = released(project, "v9.8.7")
    assert (run.returncode, run.stdout) == (1, "")
    assert run.stderr.startswith("This cannot be released yet:\n- ")
    assert says in run.stderr
    assert "Traceback" not in run.stderr


def test_version_and_date_are_written_where_they_belong(project: Path) -> None:
    """From one version and one date, changelog, citation and recipe are made to agree, a second time too."""
    change(project / "pyproject.toml", '"9.8.7"', '"9.9.0"')
    change(project / "CHANGELOG.md", "## 9.8.7 – 2027-01-31", "## 9.9.0 – unreleased")
    for day in ("2027-02-01", "2027-02-02"):
        assert released(project, "--date", day).returncode == 0
        run = released(project, "v9.9.0")
        assert (run.returncode, run.stdout) == (0, "- New.\n"), run.stderr
        assert f"date-released: {day}\n" in (project / "CITATION.cff").read_text(encoding="utf-8")
    assert released(project, "--date", "unreleased").returncode == 0
    assert "date-released" not in (project / "CITATION.cff").read_text(encoding="utf-8")


def test_the_version_has_one_home(root: Path) -> None:
    """The installed version is that of pyproject.toml, and citation and recipe have the same."""
    declared = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    citation, recipe = (read(root / name) for name in ("CITATION.cff", "recipe/recipe.yaml"))
    assert version("ec-maps") == declared == citation["version"] == recipe["context"]["version"]


def read(path: Path) -> dict:
    """Return what a YAML file holds."""
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def test_the_recipe_asks_for_what_the_wheel_asks_for(root: Path) -> None:
    """Dependencies and bounds, the least Python, the builder, the command and the words are those of pyproject.toml."""
    declared = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    project, recipe = declared["project"], read(root / "recipe/recipe.yaml")

    def at_conda(wanted: str) -> str:
        name, bound = re.fullmatch(r"([\w-]+)(>=[\d.]+)", wanted).groups()
        return f"{AT_CONDA.get(name, name)} {bound}"

    python, *run = recipe["requirements"]["run"]
    assert python == "python >=${{ python_min }}"
    assert recipe["context"]["python_min"] == project["requires-python"].removeprefix(">=")
    assert run == [at_conda(one) for one in project["dependencies"]]
    assert {at_conda(one) for one in declared["build-system"]["requires"]} < set(recipe["requirements"]["host"])
    scripts = [f"{name} = {where}" for name, where in project["scripts"].items()]
    assert recipe["build"]["python"]["entry_points"] == scripts
    about = recipe["about"]
    assert (about["summary"], about["license"]) == (project["description"], project["license"])
    assert about["homepage"] == project["urls"]["Homepage"]


def test_the_citation_has_what_an_archive_of_software_needs(root: Path) -> None:
    """Title, authors, licence, address and keywords are there, and are those of pyproject.toml where it has them."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    citation = read(root / "CITATION.cff")
    assert citation["type"] == "software"
    assert citation["license"] == project["license"]
    assert citation["authors"] == project["authors"]
    assert citation["url"] == project["urls"]["Homepage"]
    assert citation["title"].startswith("ec_maps")
    assert all(citation[key] for key in ("cff-version", "message", "abstract", "keywords"))


def test_workflows_run_only_what_was_looked_at(root: Path) -> None:
    """Every action is pinned to a commit, with its version beside it, and the same one everywhere."""
    pinned: dict[str, set[str]] = {}
    for path in sorted((root / ".github" / "workflows").glob("*.yml")):
        lines = re.findall(r"uses: (.+)", path.read_text(encoding="utf-8"))
        for line in lines:
            found = re.fullmatch(r"([\w./-]+)@([0-9a-f]{40})  # v[\d.]+", line)
            assert found, (path.name, line)
            pinned.setdefault(found[1], set()).add(found[2])
    assert pinned
    assert {name for name, commits in pinned.items() if len(commits) > 1} == set()
