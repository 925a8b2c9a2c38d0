"""Completion in Bash, zsh and fish: what each is given, and in the shells that are here, what they make of it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ec_maps.measures import MEASURES

#: Runs the command under its own name, as an installed script does.
COMMAND = "import sys; from ec_maps.cli import main; main(prog_name='ec-maps')"


def proposed(shell: str, *words: str, folder: Path) -> list[str]:
    """Return the lines that a shell is given for the last word of a command."""
    lines = " ".join(words)
    asked = {"_EC_MAPS_COMPLETE": f"{shell}_complete", "COMP_WORDS": f"ec-maps {lines}", "COMP_CWORD": f"{len(words)}"}
    if shell == "fish":
        asked["COMP_CWORD"] = words[-1]
    command = [sys.executable, "-c", COMMAND]
    run = subprocess.run(command, cwd=folder, env=os.environ | asked, capture_output=True, text=True, check=True)
    assert run.stderr == ""
    return run.stdout.splitlines()


@pytest.mark.parametrize(
    "words", [("compare", "--measure"), ("export", "lad", "--measure"), ("map", "national", "--measure")]
)
def test_measures_are_proposed(tmp_path: Path, words: tuple[str, ...]) -> None:
    """Where a measure is asked for, its key is proposed."""
    keys = sorted(f"plain,{key}" for key in MEASURES if key.startswith("ex"))
    assert len(keys) > 1
    assert sorted(proposed("bash", *words, "ex", folder=tmp_path)) == keys


def test_places_are_proposed_and_escaped_for_bash(tmp_path: Path) -> None:
    """A name is found in any case; Bash gets its spaces and apostrophes escaped, the others get it as it is."""
    bash = proposed("bash", "compare", "Norwich", "KING", folder=tmp_path)
    assert bash[:2] == [r"plain,King\'s\ Lynn\ and\ West\ Norfolk", r"plain,Kingston\ upon\ Hull,\ City\ of"]
    assert proposed("bash", "places", "Great", folder=tmp_path) == [r"plain,Great\ Yarmouth"]
    assert proposed("bash", "map", "region", "east", folder=tmp_path) == [
        r"plain,East\ Midlands",
        r"plain,East\ of\ England",
    ]
    assert proposed("zsh", "map", "local", "great", folder=tmp_path) == ["plain", "Great Yarmouth", "East of England"]
    (fish,) = proposed("fish", "map", "local", "great", folder=tmp_path)
    assert re.split(r"[,\t]", fish) == ["plain", "Great Yarmouth", "East of England"]


@pytest.fixture
def command(tmp_path: Path) -> Path:
    """Return a folder with the command, for a shell to find."""
    (tmp_path / "ec-maps").write_text(f"#!{sys.executable}\n{COMMAND}\n", encoding="utf-8")
    (tmp_path / "ec-maps").chmod(0o755)
    return tmp_path


SHELLS = {
    "bash": """
        eval "$(_EC_MAPS_COMPLETE=bash_source ec-maps)"
        COMP_WORDS=(ec-maps map local "Great\\ y"); COMP_CWORD=3
        _ec_maps_completion ec-maps
        printf "%s\n" "${COMPREPLY[@]}" """,
    "fish": """
        _EC_MAPS_COMPLETE=fish_source ec-maps | source
        complete -C "ec-maps map local Great" | string split -f 1 \\t | string escape """,
}


@pytest.mark.skipif(sys.platform == "win32", reason="shells of Unix")
@pytest.mark.parametrize(("shell", "answer"), [("bash", r"Great\ Yarmouth"), ("fish", "'Great Yarmouth'")])
def test_the_shell_completes(command: Path, shell: str, answer: str) -> None:
    """What the page tells to write into the shell's start-up file works in the shell itself, if it is here."""
    if shutil.which(shell) is None:
        pytest.skip(f"no {shell} here")
    env = os.environ | {"PATH": f"{command}{os.pathsep}{os.environ['PATH']}", "HOME": str(command)}
    run = subprocess.run([shell, "-c", SHELLS[shell]], env=env, capture_output=True, text=True, check=True)
    assert run.stdout.splitlines() == [answer]


def test_completing_loads_nothing_heavy(tmp_path: Path) -> None:
    """A key press waits for no library of tables."""
    code = f"import atexit, sys; atexit.register(lambda: print(*sys.modules, file=sys.stderr)); {COMMAND}"
    asked = {"_EC_MAPS_COMPLETE": "zsh_complete", "COMP_WORDS": "ec-maps compare no", "COMP_CWORD": "2"}
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=os.environ | asked, capture_output=True, text=True, check=True
    )
    assert "Norwich" in run.stdout
    assert {"pandas", "numpy", "shapely", "requests"}.isdisjoint(run.stderr.split())
