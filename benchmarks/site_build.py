"""The whole demonstration site: built first, again with nothing changed, and with one more place.

It is built in a copy of the files that git tracks or would add, so that the work tree does not change.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import project
from project import inherited
from timing import Command, Run, run

#: A place that is not in ``places.yml``.
_MORE = "Norwich"


def copy(folder: Path) -> Path:
    """Copy the tree into a folder and return it."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=project.ROOT, check=True, capture_output=True,
    ).stdout.decode()  # fmt: skip
    for name in filter(None, listed.split("\0")):
        if (source := project.ROOT / name).is_file():
            (target := folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target)
    return folder


def builds(folder: Path, again: int, tell: Callable[[str], None]) -> dict[str, list[Run]]:
    """Build the site in a copy of the tree, and return the runs by what was built.

    Parameters
    ----------
    folder
        Where the copy goes.
    again
        How often it is built with nothing changed.
    tell
        Called with each line of progress.
    """
    tree = copy(folder / "tree")
    own = {"PYTHONPATH": str(tree / "src"), "EC_MAPS_DATA_DIR": str(folder / "data"), "EC_MAPS_OFFLINE": "1"}
    words = [sys.executable, "-m", "ec_maps", "render", "--profile", "demo", "--engine", "preview"]
    command = Command(words, inherited() | own, tree, tree=True)
    tell("the first build")
    runs = {"first": [run(command)], "again": []}
    for _ in range(again):
        tell("a build with nothing changed")
        runs["again"].append(run(command))
    with (tree / "places.yml").open("a", encoding="utf-8") as places:
        places.write(f"- {_MORE}\n")
    tell("a build with one more place")
    runs["one more"] = [run(command)]
    if not (tree / "_site-demo/places/norwich.html").is_file():
        msg = f"The build with {_MORE} wrote no page for it."
        raise SystemExit(msg)
    return runs
