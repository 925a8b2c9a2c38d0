"""The folder that a benchmark works in: the data of each weight, and the commands of both ways on them."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import project
from guard import Measured
from timing import Command, run

HERE = Path(__file__).resolve().parent


@dataclass
class Work:
    """The data and commands that all parts of a benchmark share.

    Attributes
    ----------
    folder
        Where everything is written.
    rounds
        How often the commands of a line are run, in turns.
    short
        Whether to measure on the demonstration's shapes alone, and few places.
    long
        Whether to write the pages of all places and draw all maps of the big job, not a sample.
    simplify
        Whether the figures of the posts are drawn as the library draws them, or with every vertex.
    tell
        Called with each line of progress.
    measured
        Gets what the guard rails look at.
    """

    folder: Path
    rounds: int
    short: bool
    long: bool
    simplify: bool
    tell: Callable[[str], None]
    measured: Measured = field(default_factory=Measured)

    @property
    def weights(self) -> dict[str, str]:
        """The weights to measure at, with their labels in the table."""
        both = {"demo": "", "heavy": ", heavy shapes"}
        return {"demo": both["demo"]} if self.short else both

    def project(self, weight: str) -> Path:
        """Return the project folder of a weight, or of the neighbourhoods cut into so many parts; make it first."""
        folder = self.folder / weight
        if not (folder / project.LADS).is_file():
            self.tell(f"the data: {weight}")
            maker: list[str | Path] = {"demo": ["project.py", folder], "heavy": ["heavy.py", folder]}.get(
                weight, ["parts.py", folder, weight.rpartition("-")[2]]
            )
            run(self._python(weight, *maker))
        return folder

    def ours(self, weight: str, *words: str | Path, tree: bool = False, data: str = "", script: str = "") -> Command:
        """Return a command of `figures.py`, or of another script, on a weight's data; `data` names another cache."""
        self.project(weight)
        script = script or "figures.py"
        if not self.simplify and (script == "limit.py" or "posts" in words):
            words = (*words, "--no-simplify")
        return self._python(weight, script, *words, tree=tree, data=data)

    def plain(self, weight: str, *words: str | Path, tree: bool = False) -> Command:
        """Return a command of `plain.py` on a weight's data."""
        folder = self.project(weight)
        more = ["--demo", folder, "--lads", folder / project.LADS]
        return self._python(weight, "plain.py", *more, *words, tree=tree)

    def article(self, weight: str, out: Path, *words: str) -> Command:
        """Return a command of `article.py` on a weight's data, once its pickles are written."""
        folder = self.project(weight)
        run(
            self._python(
                weight, "article.py", "--prepare", "--demo", folder, "--lads", folder / project.LADS, "-o", out
            )
        )
        return self._python(weight, "article.py", "--zips", folder / "data/demo", "-o", out, *words)

    def cli(self, *words: str | Path) -> Command:
        """Return a command of `ec-maps` on the demonstration."""
        self.project("demo")
        return Command([sys.executable, "-m", "ec_maps", *words], self._environment("demo", ""), self.folder)

    def then(self, command: Command) -> Command | None:
        """Return a command with the code of an earlier commit and a cache of its own; None if the history lacks it."""
        if (tree := project.then(self.folder)) is None:
            return None
        own = {"PYTHONPATH": str(tree / "src"), "EC_MAPS_DATA_DIR": str(self.folder / "data-then")}
        return replace(command, environment={**command.environment, **own})

    def python(self, code: str) -> Command:
        """Return a command that runs a line of Python."""
        return Command([sys.executable, "-c", code], self._environment("demo", ""), self.folder)

    def out(self, name: str) -> Path:
        """Return an empty folder for figures."""
        path = self.folder / "out" / name
        shutil.rmtree(path, ignore_errors=True)
        path.mkdir(parents=True)
        return path

    def empty(self, data: str) -> None:
        """Remove a cache."""
        shutil.rmtree(self.folder / f"data-{data}", ignore_errors=True)

    def _python(self, weight: str, script: str, *words: str | Path, tree: bool = False, data: str = "") -> Command:
        environment = self._environment(weight, data)
        return Command([sys.executable, HERE / script, *words], environment, self.folder, tree)

    def _environment(self, weight: str, data: str) -> dict[str, str]:
        return project.environment(self.folder / weight, self.folder / f"data-{data or weight}")
