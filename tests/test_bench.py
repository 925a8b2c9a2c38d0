"""The benchmark's own work: heavy shapes, areas in number, its table and its guard rails. No time is measured."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import geopandas as gpd
import numpy as np
import pytest
import shapely

NAMES = ("figures", "guard", "heavy", "labels", "parts", "project", "sample", "table", "timing")


@pytest.fixture(scope="module")
def bench(root: Path) -> Iterator[dict[str, ModuleType]]:
    """Return the modules of the benchmark by name."""
    sys.path.insert(0, str(root / "benchmarks"))
    try:
        yield {name: __import__(name) for name in NAMES}
    finally:
        sys.path.remove(str(root / "benchmarks"))
        for name in NAMES:
            sys.modules.pop(name, None)


@pytest.fixture(scope="module")
def coarse(root: Path) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Return the demonstration's neighbourhoods and districts."""
    folder = root / "data" / "demo"
    return gpd.read_parquet(folder / "boundaries.parquet"), gpd.read_parquet(folder / "districts.parquet")


@pytest.fixture(scope="module")
def fine(bench: dict[str, ModuleType], coarse: tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]) -> tuple[np.ndarray, ...]:
    """Return the heavy shapes of both levels."""
    return bench["heavy"].heavy(*(table.geometry.to_numpy() for table in coarse))


@pytest.mark.full
def test_heavy_shapes_have_the_vertices_of_real_ones(bench, fine) -> None:
    """There are about 1.7 million for the neighbourhoods and 270,000 for the districts, within a twentieth."""
    for shapes, wanted in zip(fine, (1_700_000, 270_000), strict=True):
        assert bench["heavy"].vertices(shapes) == pytest.approx(wanted, rel=0.05)


@pytest.mark.full
def test_heavy_shapes_are_sound_and_still_fit_together(coarse, fine) -> None:
    """All are valid, neighbourhoods have neither gaps nor overlaps, and a district is what its neighbourhoods are."""
    msoas, lads = coarse
    neighbourhoods, districts = fine
    assert shapely.is_valid(neighbourhoods).all()
    assert shapely.is_valid(districts).all()
    assert shapely.coverage_is_valid(neighbourhoods)
    for code in lads["lad21cd"][:331:30]:
        joined = shapely.coverage_union_all(neighbourhoods[(msoas["lad21cd"] == code).to_numpy()])
        district = districts[(lads["lad21cd"] == code).to_numpy()][0]
        assert shapely.equals(joined, district)
        assert shapely.get_num_coordinates(joined) == shapely.get_num_coordinates(district)


def test_heavy_shapes_are_the_same_each_time(bench, coarse) -> None:
    """Made twice they are equal to the last digit."""
    some = coarse[0][coarse[0]["rgn21nm"] == "Wales"].geometry.to_numpy()
    one, other = (bench["heavy"].finer([some], lambda lengths, _: np.ceil(lengths / 90).astype(int)) for _ in range(2))
    assert bench["heavy"].vertices(one[0]) > 5 * bench["heavy"].vertices(some)
    assert shapely.equals_exact(one[0], other[0], tolerance=0).all()


def test_both_sides_of_an_edge_get_the_same_points(bench) -> None:
    """Two squares, drawn in opposite directions along their shared side, share it with all its bends."""
    left = shapely.MultiPolygon([shapely.Polygon([(0, 0), (100, 0), (100, 100), (0, 100)])])
    right = shapely.MultiPolygon([shapely.Polygon([(200, 0), (100, 0), (100, 100), (200, 100)])])
    (made,) = bench["heavy"].finer([np.array([left, right])], lambda lengths, _: np.full(len(lengths), 9))
    shared = [set(map(tuple, shapely.get_coordinates(shape))) for shape in made]
    assert len(shared[0] & shared[1]) == 10
    assert {bench["heavy"].vertices(made[:1]), bench["heavy"].vertices(made[1:])} == {4 * 9 + 1}
    assert shapely.coverage_is_valid(made)
    assert not all(x == 100 for x, _ in shared[0] & shared[1])


def test_neighbourhoods_in_parts_are_sound(bench, coarse) -> None:
    """A district's neighbourhoods in ten parts each are ten times as many, valid, and cover the same land once."""
    some = coarse[0][coarse[0]["lad21nm"] == "Norwich"].reset_index(drop=True)
    parts, owner = bench["parts"].areas_in_parts(some, 10)
    assert len(parts) == 10 * len(some)
    assert parts["msoa21cd"].is_unique
    assert parts["msoa21nm"].is_unique
    assert parts.is_valid.all()
    assert shapely.coverage_is_valid(parts.geometry.to_numpy())
    assert parts.area.groupby(owner).sum().to_numpy() == pytest.approx(some.area.to_numpy())


def test_the_benchmark_finds_what_it_reaches_into(bench) -> None:
    """Labels can be placed as the row on them does it, and shapes be drawn as they are, and simplified again after."""
    assert bench["labels"].seconds(20) > 0
    from ec_maps.maps import surroundings

    before, shapes = surroundings.to_pixels, np.array([shapely.box(0, 0, 1, 1)])
    with bench["figures"].every_vertex():
        assert surroundings.to_pixels(shapes, (0, 0, 1, 1)) is shapes
    assert surroundings.to_pixels is before


def test_a_sample_is_spread_evenly(bench) -> None:
    """Of ten names three are the first, the fourth and the seventh; more than there are is all of them."""
    names = list("abcdefghij")
    assert bench["sample"].evenly(names, 3) == ["a", "d", "g"]
    assert bench["sample"].evenly(names, 20) == names


def test_the_table_says_what_was_met_and_by_how_much_it_was_missed(bench) -> None:
    """A ratio is judged where there is something to measure against, and else the number itself."""
    row = bench["table"].Row
    met = row("figures", 2.0, "s", 8.0, "plain way", 0.4, 5)
    lost = row("peak memory", 300.0, "MB", 400.0, "plain way", 0.6, 5, of="figures")
    slow = row("the site", 18.2, target=15)
    idle, without = row("import", 0.02), row("a page", None, "s", None, "an earlier commit", 0.3)
    assert [one.verdict for one in (met, lost, slow, idle)] == ["met", "missed by 0.15", "missed by 3.20 s", ""]
    alone = row("a map", 1.2, "s", None, "an earlier commit", 0.5)
    assert without.cells() == ["a page", "an earlier commit", "", "", "", "≤ 0.30", "not measured", "1"]
    assert alone.cells() == ["a map", "an earlier commit", "", "1.20 s", "", "≤ 0.50", "not measured", "1"]
    assert met.cells() == ["figures", "plain way", "8.00 s", "2.00 s", "0.25", "≤ 0.40", "met", "5"]
    assert bench["table"].missed([met, lost, slow, idle, alone]) == [
        "figures, peak memory, against plain way: missed by 0.15",
        "the site: missed by 3.20 s",
        "a map, against an earlier commit: not measured",
    ]
    text = bench["table"].as_text([met, lost, slow, idle]).splitlines()
    assert len(text) == 6
    assert text[3].startswith("    peak memory")
    marked = bench["table"].as_markdown([met, lost]).splitlines()
    assert [line.count("|") for line in marked] == [9] * 4


def test_the_rails_find_nothing_where_nothing_is_wrong(bench) -> None:
    """Less than twice the recorded memory, light imports and figures left alone are no fault; new jobs neither."""
    measured = bench["guard"].Measured(
        {"figures": 399.0, "a new job": 9999.0}, {"import": ["ec_maps", "json"], "drawing": ["matplotlib"]}, []
    )
    assert bench["guard"].faults(measured, {"figures": 200.0}) == []


def test_the_rails_name_what_is_wrong(bench) -> None:
    """Figures drawn again, a heavy import, pyplot after drawing and twice the memory are a sentence each."""
    measured = bench["guard"].Measured(
        {"figures": 401.0}, {"import": ["numpy"], "drawing": ["numpy", "matplotlib.pyplot"]}, ["london.png"]
    )
    redrawn, early, pyplot, memory = bench["guard"].faults(measured, {"figures": 200.0})
    assert "wrote 1 figure again (london.png)" in redrawn
    assert "import ec_maps" in early
    assert "numpy" in early
    assert "matplotlib.pyplot" in pyplot
    assert "numpy" not in pyplot
    assert "401 MB at most, 2.0 times the 200 MB" in memory


def test_a_picture_written_again_is_noticed(bench, tmp_path: Path) -> None:
    """One of the same bytes is another file all the same; the one left alone is not named."""
    for name in ("a.png", "b.png"):
        (tmp_path / name).write_bytes(b"same")
    before = bench["guard"].marks(tmp_path)
    assert bench["guard"].rewritten(tmp_path, before) == []
    (tmp_path / "new").write_bytes(b"same")
    (tmp_path / "new").replace(tmp_path / "a.png")
    assert bench["guard"].rewritten(tmp_path, before) == ["a.png"]


@pytest.mark.parametrize("tree", [False, True])
def test_a_run_tells_its_memory_and_what_was_printed(bench, root: Path, tmp_path: Path, tree: bool) -> None:
    """A process that takes 80 MB is seen to, alone or as the child of another, and its last line is read."""
    if tree and not Path("/proc/self/smaps_rollup").is_file():
        pytest.skip("the memory of other processes is seen on Linux alone")
    takes = tmp_path / "takes.py"
    takes.write_text(
        "import json, time\nsome = bytearray(80 * 2**20)\ntime.sleep(1)\nprint(json.dumps({'size': len(some)}))\n",
        encoding="utf-8",
    )
    words = [sys.executable, str(takes)]
    if tree:
        words = [sys.executable, "-c", f"import subprocess; subprocess.run({words!r})"]
    # The tests' own process is large, and a child's greatest memory is never less than its parent's at the start.
    asks = f"import timing; print(timing.run(timing.Command({words!r}, {{}}, tree={tree})))"
    said = subprocess.run(
        [sys.executable, "-c", asks], cwd=root / "benchmarks", capture_output=True, text=True, check=True
    )
    memory, size = re.search(r"memory=([\d.]+), told={'size': (\d+)}", said.stdout).groups()
    assert int(size) == 80 * 2**20
    assert 80 < float(memory) < 160


def test_an_earlier_commit_is_unpacked_where_the_history_has_it(bench, tmp_path: Path, monkeypatch) -> None:
    """Without that commit there is no folder, so that the rows of the table can say that they were not measured."""
    monkeypatch.setattr(bench["project"], "THEN", "0" * 40)
    assert bench["project"].then(tmp_path) is None
    monkeypatch.setattr(bench["project"], "THEN", "HEAD")
    there = bench["project"].then(tmp_path)
    if there is None:
        pytest.skip("this is no clone of the repository")
    assert (there / "src/ec_maps/__init__.py").is_file()


@pytest.mark.full
def test_the_articles_way_draws_the_seven_figures(root: Path, tmp_path: Path) -> None:
    """Its pickles are written beside the figures, in the folder that it is given, and nowhere else."""
    script, demo = root / "benchmarks/article.py", root / "data/demo"
    prepare = ["--prepare", "--demo", str(root), "--lads", str(demo / "districts.parquet")]
    for words in (prepare, ["--zips", str(demo)]):
        subprocess.run([sys.executable, str(script), *words, "-o", str(tmp_path)], check=True, cwd=tmp_path)
    assert sorted(path.name for path in tmp_path.glob("*.pickle")) == ["lads.pickle", "msoas.pickle"]
    pictures = [path.name for path in tmp_path.glob("*.png")]
    assert len(pictures) == 7
    assert {"national.png", "region East of England.png", "local Great Yarmouth.png"} <= set(pictures)
    assert not list(demo.rglob("*.pickle"))


def test_a_run_that_fails_is_said(bench) -> None:
    """It ends the benchmark with what it wrote."""
    command = bench["timing"].Command([sys.executable, "-c", "raise SystemExit('no such thing')"], {})
    with pytest.raises(SystemExit, match=r"(?s)ended with exit status 1.*no such thing"):
        bench["timing"].run(command)
