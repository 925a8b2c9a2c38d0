"""The first examples of ``scripts/fuzz.py``, which runs as long as one likes: spoilt files for all that reads them."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

from browsing import listed

pytestmark = pytest.mark.full

#: How many examples of each reader take about two seconds.
EXAMPLES = {
    "archive": 60,
    "boundaries": 60,
    "country": 30,
    "places": 80,
    "own": 80,
    "manifest": 150,
    "release": 60,
    "answers": 300,
    "record": 300,
}


@pytest.mark.parametrize("reader", EXAMPLES)
def test_a_spoilt_file_is_read_or_refused(reader: str, root: Path, demo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing else is raised, whatever is changed in archives, tables, boundaries, lists, answers or manifests."""
    monkeypatch.syspath_prepend(str(root / "scripts"))
    fuzz = importlib.import_module("fuzz")
    assert set(EXAMPLES) == set(fuzz.READERS)
    taken = {number: fuzz.once(reader, number) for number in range(EXAMPLES[reader])}
    assert "read" in taken.values()
    faults = [f"{reader} {number}: {told}" for number, told in taken.items() if told not in ("read", "refused")]
    assert not faults, listed(faults)
