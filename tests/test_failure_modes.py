"""The table of failure modes names a test for each entry, or says why there is none."""

from __future__ import annotations

import ast
import re
from functools import lru_cache
from pathlib import Path

HERE = Path(__file__).parent
COUNTS = {"A": 24, "B": 16, "C": 18, "D": 11, "E": 19, "F": 11, "G": 17, "H": 14, "I": 17, "J": 12}
ENTRIES = [f"{letter}{number}" for letter, count in COUNTS.items() for number in range(1, count + 1)]


def rows() -> dict[str, str]:
    """Return the table's text for each entry; a repeated entry is an error."""
    text = (HERE / "failure_modes.md").read_text(encoding="utf-8")
    found = re.findall(r"^\| ([A-J]\d+) \| ([^|]+) \| (.+) \|$", text, flags=re.MULTILINE)
    table = {entry: tests for entry, _, tests in found}
    assert len(table) == len(found)
    return table


@lru_cache
def functions_of(file: str) -> set[str]:
    """Return the names of the functions of a file of tests."""
    tree = ast.parse((HERE / file).read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def test_every_entry_is_there() -> None:
    """All 159 entries are in the table, in order, and nothing else."""
    assert list(rows()) == ENTRIES


def test_each_entry_names_tests_that_exist() -> None:
    """Each test named for an entry is there under that name; an entry without one says why."""
    faults = []
    for entry, tests in rows().items():
        named = re.findall(r"`([\w/]*test_\w+\.py)::(test_\w+)`", tests)
        if not named and not tests.startswith("No test: "):
            faults.append(f"{entry} names no test and gives no reason")
        faults += [f"{entry} names {file}::{name}" for file, name in named if name not in functions_of(file)]
    assert not faults, "\n".join(["", *faults])
