"""A release: tag, version, changelog and citation agree, and workflows run only what was looked at."""

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

FILES = ("pyproject.toml", "_quarto.yml", "CITATION.cff", "CHANGELOG.md", "scripts/release.py")


@pytest.fixture
def project(root: Path, tmp_path: Path) -> Path:
    """Return a copy of what a release is made of, ready to be released as 9.8.7."""
    for name in FILES:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(root / name, tmp_path / name)
    now = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    change(tmp_path / "pyproject.toml", f'version = "{now}"', 'version = "9.8.7"')
    change(tmp_path / "CITATION.cff", f"version: {now}\n", "version: 9.8.7\ndate-released: 2027-01-31\n")
    change(
        tmp_path / "CHANGELOG.md", f"## {now} – unreleased", "## 9.8.7 – 2027-01-31\n\n- New.\n\n## 9.8.6 – 2026-01-31"
    )
    for name in ("pyproject.toml", "_quarto.yml"):
        change(tmp_path / name, "ec-maps.example.org", "maps.example.com")
    return tmp_path


def change(path: Path, old: str, new: str) -> None:
    """Replace a text in a file, where it has to be."""
    text = path.read_text(encoding="utf-8")
    assert old in text, (path.name, old)
    path.write_text(text.replace(old, new), encoding="utf-8")


def released(project: Path, tag: str) -> subprocess.CompletedProcess[str]:
    """Run the check of a release."""
    command = [sys.executable, "scripts/release.py", tag]
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
        ("_quarto.yml", "maps.example.com", "ec-maps.example.org", "_quarto.yml still has an address"),
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


def test_the_version_has_one_home(root: Path) -> None:
    """The installed version is that of pyproject.toml, and the citation has the same."""
    declared = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    citation = yaml.safe_load((root / "CITATION.cff").read_text(encoding="utf-8"))
    assert version("ec-maps") == declared == citation["version"]


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
