"""The script that prints how the library is built counts what is there and finds modules that import each other."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def structure(root: Path, *package: Path) -> str:
    """Return what the script prints."""
    command = [sys.executable, str(root / "scripts" / "structure.py"), *map(str, package)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_a_cycle_is_named_even_if_an_import_is_lazy(root: Path, tmp_path: Path) -> None:
    """Imports inside functions count, those for the type checker do not, nor does a submodule for its package."""
    room = tmp_path / "made" / "room"
    room.mkdir(parents=True)
    (tmp_path / "made" / "__init__.py").write_text("", encoding="utf-8")
    (room / "__init__.py").write_text("from made.room import one\n", encoding="utf-8")
    (room / "one.py").write_text("def go():\n    from made.room import two\n", encoding="utf-8")
    (room / "two.py").write_text("from made.room.one import go\nfrom made.room import three\n", encoding="utf-8")
    (room / "three.py").write_text("if TYPE_CHECKING:\n    from made.room import one\n", encoding="utf-8")
    printed = structure(root, tmp_path / "made").splitlines()
    assert printed[0].split() == ["room", "4", "modules", "7", "lines,", "median", "2"]
    assert printed[2].split()[:7] == ["in", "all", "5", "modules", "7", "lines,", "median"]
    assert printed[-1] == "import cycles: made.room.one ↔ made.room.two"


def test_it_counts_every_module_of_the_library(root: Path) -> None:
    """All modules are counted, and the longest is named."""
    package = root / "src" / "ec_maps"
    number = len(list(package.rglob("*.py")))
    printed = structure(root)
    assert f"in all      {number:>3} modules" in printed
    assert "longest: ec_maps." in printed
