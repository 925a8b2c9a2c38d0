from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import shapely

from ec_maps import settings
from ec_maps.maps import simplify
from ec_maps.maps.simplify import to_pixels
from makers import use

#: A map of this extent has pixels of about 450 metres.
EXTENT = (0.0, 0.0, 600_000.0, 600_000.0)


def wavy(step: float = 20.0) -> np.ndarray:
    """Return two areas that share a wavy border of 600 km with a vertex every few metres, and an island of 30 m."""
    y = np.arange(0, 600_000, step)
    border = np.stack([300_000 + 60 * np.sin(y / 90), y], axis=1)
    west = shapely.Polygon([(0, 0), *border, (0, 600_000)])
    east = shapely.Polygon([(600_000, 0), *border, (600_000, 600_000)])
    return np.array([west, east, shapely.box(700_000, 0, 700_030, 30)], dtype=object)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the cache's folder, not made yet."""
    use(monkeypatch, data=tmp_path)
    return settings.cache_dir()


def test_fewer_vertices_and_the_same_map(folder: Path) -> None:
    """Most vertices go, no edge moves by a pixel, no area goes, and neither gap nor overlap comes."""
    shapes = wavy()
    simple = to_pixels(shapes, EXTENT)
    assert len(simple) == 3
    assert shapely.get_num_coordinates(simple).sum() < shapely.get_num_coordinates(shapes).sum() / 5
    assert shapely.is_valid(simple).all()
    assert not shapely.is_empty(simple).any()
    assert shapely.coverage_is_valid(simple)
    assert shapely.area(simple).sum() == pytest.approx(shapely.area(shapes).sum(), rel=1e-8)
    pixel = 600_000 / 1335
    assert all(a.hausdorff_distance(b) < pixel for a, b in zip(shapes, simple, strict=True))


def test_simplified_once(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second time they come from the cache; another scale, or any outline changed, is simplified again."""
    first = to_pixels(wavy(), EXTENT)
    [path] = folder.iterdir()
    written = path.stat().st_mtime_ns
    monkeypatch.setattr(simplify, "_simplified", lambda *_: pytest.fail("simplified again"))
    assert shapely.equals_exact(to_pixels(wavy(), EXTENT), first).all()
    assert path.stat().st_mtime_ns == written
    monkeypatch.undo()
    use(monkeypatch, data=folder.parent)
    moved = wavy()
    moved[0] = shapely.transform(moved[0], lambda xy: xy + np.array([0, 1e-4]))
    to_pixels(moved, EXTENT)
    assert len(list(folder.iterdir())) == 1, "that of the outlines before is swept"
    assert not path.exists()
    to_pixels(moved, (0.0, 0.0, 400_000.0, 400_000.0))
    assert len(list(folder.iterdir())) == 2


def test_a_damaged_file_is_made_again(folder: Path) -> None:
    """What cannot be read is simplified again, without a word."""
    first = to_pixels(wavy(), EXTENT)
    [path] = folder.iterdir()
    path.write_bytes(path.read_bytes()[:-100])
    assert shapely.equals_exact(to_pixels(wavy(), EXTENT), first).all()


def test_what_is_coarse_stays(folder: Path) -> None:
    """Outlines with few vertices, or none finer than the pixels, come back as they are, and nothing is written."""
    few = wavy(step=200.0)
    assert to_pixels(few, EXTENT) is few
    coarse = np.array([shapely.buffer(shapely.Point(0, 0), 5_000_000, quad_segs=15_000)], dtype=object)
    assert shapely.get_num_coordinates(coarse).sum() > simplify._LEAST
    assert to_pixels(coarse, EXTENT) is coarse
    assert not folder.exists()


def test_overlapping_outlines(folder: Path) -> None:
    """Outlines that overlap, as they should not, are still valid and none is lost."""
    shapes = wavy()
    shapes[1] = shapely.transform(shapes[1], lambda xy: xy - np.array([5_000, 0]))
    simple = to_pixels(shapes, EXTENT)
    assert shapely.is_valid(simple).all()
    assert not shapely.is_empty(simple).any()


def test_what_cannot_be_simplified_stays(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of outlines that come out crossing themselves, or empty, the ones from before stay; the others are simple."""
    shapes, simplify = wavy(), shapely.coverage_simplify
    crossing = shapely.Polygon([(0, 0), (2, 2), (2, 0), (0, 2)])

    def poor(areas: np.ndarray, tolerance: float) -> np.ndarray:
        return np.array([crossing, *simplify(areas, tolerance)[1:2], shapely.Polygon()], dtype=object)

    monkeypatch.setattr(shapely, "coverage_simplify", poor)
    simple = to_pixels(shapes, EXTENT)
    assert simple[0].equals(shapes[0])
    assert shapely.get_num_coordinates(simple[1]) < shapely.get_num_coordinates(shapes[1]) / 5
    assert simple[2].equals(shapes[2])
