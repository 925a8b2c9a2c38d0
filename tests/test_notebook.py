"""Notebooks, run headless: an analyst's, and the one to start from. Each picture is in its output, with its words."""

from __future__ import annotations

import base64
import os
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

CELLS = {
    "merged": """
        import ec_maps
        import matplotlib.pyplot as plt

        lads = ec_maps.load_areas("lad", "bias")
        mine = ec_maps.load_areas("lad")[["lad21cd", "economic_connectedness"]]
        ec_maps.national_map(lads.merge(mine))
    """,
    "county": """
        ec_maps.local_map(ec_maps.load_areas("msoa"), "Norfolk")
    """,
    "own": """
        pupils = lads[["lad21cd"]].assign(pupils=range(len(lads)))
        own = ec_maps.area_table(pupils, "lad", "pupils", title="Pupils", scheme="quintiles", source="Our count")
        ec_maps.national_map(own)
    """,
    "two": """
        figure, axes = plt.subplots(1, 2, figsize=(10, 5))
        for ax, region in zip(axes, ["Wales", "London"]):
            drawn = ec_maps.regional_map(lads, region, ax=ax, title=region)
            assert drawn.figure is figure
        print([ax.get_title() for ax in axes])
    """,
    "pdf": """
        print(ec_maps.regional_map(lads, "Wales").save("wales.pdf").read_bytes()[:5])
    """,
}


@pytest.mark.full
@pytest.mark.site
def test_a_notebook_shows_what_was_asked_for(demo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A merged table, a county, an own column in quintiles, two maps in one figure and a PDF are what they say."""
    monkeypatch.setenv("MPLBACKEND", "agg")
    assert os.environ["EC_MAPS_SOURCE"] == "demo"
    lines = {name: "\n".join(line[8:] for line in code.strip("\n").split("\n")) for name, code in CELLS.items()}
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code.strip()) for code in lines.values()])
    NotebookClient(book, timeout=120, resources={"metadata": {"path": str(tmp_path)}}).execute()
    outputs = {name: cell["outputs"] for name, cell in zip(CELLS, book["cells"], strict=True)}
    shown = {name: outputs[name][-1]["data"] for name in ("merged", "county", "own")}
    for data in shown.values():
        assert base64.b64decode(data["image/png"]).startswith(b"\x89PNG")
    words = {name: data["text/html"] for name, data in shown.items()}
    assert "decile of friending bias" in words["merged"]
    assert "conomic connectedness" not in words["merged"]
    assert "Map of Norfolk (7 local authorities) by neighbourhood" in words["county"]
    assert "coloured by quintile of Pupils" in words["own"]
    assert "['Wales', 'London']" in outputs["two"][-1]["text"]
    assert "b'%PDF-'" in outputs["pdf"][-1]["text"]


def start(root: Path) -> nbformat.NotebookNode:
    """Return the notebook to start from."""
    return nbformat.read(root / "notebooks/start.ipynb", as_version=4)


def test_the_notebook_to_start_from_has_no_output(root: Path) -> None:
    """It is kept without outputs and numbers of runs, so that changes can be read, and uses the demonstration."""
    cells = [cell for cell in start(root)["cells"] if cell["cell_type"] == "code"]
    assert [cell for cell in cells if cell["outputs"] or cell["execution_count"]] == []
    assert 'os.environ["EC_MAPS_SOURCE"] = "demo"' in cells[0]["source"]


@pytest.mark.full
@pytest.mark.site
def test_the_notebook_to_start_from_runs(root: Path, demo: Path, tmp_path: Path) -> None:
    """From top to bottom, in an empty folder: four maps with their words, tables, and the file that it saves."""
    del demo
    book = start(root)
    NotebookClient(book, timeout=120, resources={"metadata": {"path": str(tmp_path)}}).execute()
    shown = [output["data"] for cell in book["cells"] for output in cell.get("outputs", []) if "data" in output]
    pictures = [data for data in shown if "image/png" in data]
    assert len(pictures) == 4
    assert all("Demonstration data" in data["text/html"] for data in pictures)
    assert len([data for data in shown if "dataframe" in data.get("text/html", "")]) == 3
    assert "<svg" in (tmp_path / "clubs.svg").read_text(encoding="utf-8")
