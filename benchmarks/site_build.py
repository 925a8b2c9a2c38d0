"""The whole demonstration site: built first, again with nothing changed, and with one more place; the places' pages.

It is built in a copy of the files that git tracks or would add, so that the work tree does not change.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
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


def command(tree: Path, data: Path, **more: str) -> Command:
    """Return the command that builds the demonstration site of a tree with its own code, its cache in a folder."""
    own = {"PYTHONPATH": str(tree / "src"), "EC_MAPS_DATA_DIR": str(data), "EC_MAPS_OFFLINE": "1"}
    words = [sys.executable, "-m", "ec_maps", "render", "--profile", "demo", "--engine", "preview"]
    return Command(words, inherited() | own | more, tree, tree=True)


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
    build = command(tree, folder / "data")
    tell("the first build")
    runs = {"first": [run(build)], "again": []}
    for _ in range(again):
        tell("a build with nothing changed")
        runs["again"].append(run(build))
    with (tree / "places.yml").open("a", encoding="utf-8") as places:
        places.write(f"- {_MORE}\n")
    tell("a build with one more place")
    runs["one more"] = [run(build)]
    if not (tree / "_site-demo/places/norwich.html").is_file():
        msg = f"The build with {_MORE} wrote no page for it."
        raise SystemExit(msg)
    return runs


def first_builds(folder: Path, then: Path, tell: Callable[[str], None]) -> dict[str, list[Run]]:
    """Build the site of an earlier tree, and the same pages now, once each in one process; return the runs of both.

    Pages with code that are new since then are empty, because others link to them; new ones of text alone stay.
    """
    # A copy, because a build leaves its figures in the tree, and the next would not be a first one.
    then = Path(shutil.copytree(then, folder / "then"))
    tree = copy(folder / "tree")
    for page in tree.rglob("*.qmd"):
        if not (then / page.relative_to(tree)).is_file() and "```{python}" in page.read_text(encoding="utf-8"):
            page.write_text('---\ntitle: "New"\n---\n', encoding="utf-8")
    shutil.copy(then / "places.yml", tree)
    runs = {}
    for name, where in (("theirs", then), ("ours", tree)):
        tell(f"the pages of then, {'then' if name == 'theirs' else 'now'}")
        runs[name] = [run(command(where, folder / f"data-{name}", EC_MAPS_JOBS="1"))]
    return runs


def place_pages(folder: Path, names: list[str], tell: Callable[[str], None]) -> dict[str, Run]:
    """Write the pages of places by one worker and by two, each in a copy of the tree; all places if none is named."""
    runs = {}
    for workers, jobs in (("none", "1"), ("one", "1"), ("two", "2")):
        tree = copy(folder / workers)
        listed = names[:1] or ["Norwich"] if workers == "none" else names  # the first run fills the caches
        (tree / "places.yml").write_text("".join(f'- "{name}"\n' for name in listed), encoding="utf-8")
        build = command(tree, folder / "data", EC_MAPS_SOURCE="demo", EC_MAPS_PLACES="listed" if listed else "all")
        words = [sys.executable, "-m", "ec_maps", "places", "build", "--quiet", "--jobs", jobs]
        tell(f"pages by {workers} of two workers")
        runs[workers] = run(replace(build, words=words))
    return runs
