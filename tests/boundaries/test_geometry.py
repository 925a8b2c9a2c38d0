from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from shapely.geometry import GeometryCollection, LineString, MultiPolygon, Point, Polygon, box
from shapely.geometry.base import BaseGeometry

from ec_maps.boundaries.geometry import dissolved, in_order, is_hexagon_layout
from ec_maps.errors import BoundaryError

SQUARE = box(400_000, 300_000, 410_000, 310_000)
EAST = box(410_000, 300_000, 420_000, 310_000)
BOW_TIE = Polygon([(400_000, 300_000), (410_000, 310_000), (410_000, 300_000), (400_000, 310_000)])


def frame(*shapes: BaseGeometry | None, crs: object = 27700, codes: list[str] | None = None) -> gpd.GeoDataFrame:
    """Return areas called A, B, C and so on."""
    codes = codes or list("ABCDEFGH"[: len(shapes)])
    return gpd.GeoDataFrame({"code": codes, "name": [f"{c}-name" for c in codes]}, geometry=list(shapes), crs=crs)


def put(areas: gpd.GeoDataFrame) -> tuple[gpd.GeoDataFrame, list[str]]:
    """Return the areas in order, and the notes."""
    notes: list[str] = []
    return in_order(areas, "code", where="areas.gpkg", notes=notes), notes


def refused(areas: gpd.GeoDataFrame) -> str:
    """Return why the areas are refused; the message begins with the file."""
    with pytest.raises(BoundaryError) as caught:
        put(areas)
    assert str(caught.value).startswith("areas.gpkg")
    return str(caught.value)


def swapped(areas: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the areas with the two coordinates exchanged, under the same CRS."""
    return areas.set_geometry(shapely.transform(areas.geometry.to_numpy(), lambda xy: xy[:, ::-1]), crs=areas.crs)


def test_good_outlines_stay_as_they_are() -> None:
    """Valid outlines on the grid keep their shape; each becomes a MultiPolygon, without a note."""
    found, notes = put(frame(SQUARE, MultiPolygon([EAST])))
    assert notes == []
    assert found.crs == "EPSG:27700"
    assert list(found.geom_type) == ["MultiPolygon"] * 2
    assert found.geometry[0].equals(SQUARE)
    assert list(found["name"]) == ["A-name", "B-name"]


@pytest.mark.parametrize("crs", [4326, 3857, 4258, 3035])
def test_other_systems_are_projected_to_the_grid(crs: int) -> None:
    """Outlines in degrees, Web Mercator or another declared system come to lie where they are."""
    found, notes = put(frame(SQUARE).to_crs(crs))
    assert notes == []
    assert found.crs == "EPSG:27700"
    assert shapely.hausdorff_distance(found.geometry[0], SQUARE) < 5


@pytest.mark.parametrize(("crs", "taken_for"), [(27700, "EPSG:27700"), (4326, "EPSG:4326")])
def test_an_undeclared_system_is_taken_from_the_extent(crs: int, taken_for: str) -> None:
    """Without a declared system, coordinates that fit the grid or degrees are taken for that, with a note."""
    found, notes = put(frame(SQUARE).to_crs(crs).set_crs(None, allow_override=True))
    assert notes == [f"areas.gpkg does not say its coordinate system; by its extent it was taken for {taken_for}."]
    assert shapely.hausdorff_distance(found.geometry[0], SQUARE) < 5


def test_an_undeclared_system_that_fits_nothing() -> None:
    """Without a declared system, coordinates that fit neither are refused with their extent."""
    text = refused(frame(shapely.transform(SQUARE, lambda xy: xy * 10), crs=None))
    assert "does not say which coordinate system" in text
    assert "4e+06" in text
    assert "EPSG:27700" in text
    assert "EPSG:4326" in text


def test_metres_labelled_degrees() -> None:
    """Grid metres in a file that says degrees, as a GeoJSON without its system does, are recognised."""
    text = refused(frame(SQUARE, crs=4326))
    assert "they look like British National Grid" in text
    assert "400,000" in text


def test_degrees_labelled_metres() -> None:
    """Degrees in a file that says the grid would make a country of eight metres; they are refused."""
    text = refused(frame(SQUARE).to_crs(4326).set_crs(27700, allow_override=True))
    assert "British National Grid, but they look like degrees" in text


def test_latitude_before_longitude() -> None:
    """Axes in the wrong order are named."""
    assert "latitude and longitude in the wrong order" in refused(swapped(frame(SQUARE).to_crs(4326)))


@pytest.mark.parametrize(
    "areas",
    [
        frame(box(10, 40, 11, 41), crs=4326),
        frame(box(500_000, 5_000_000, 510_000, 5_010_000), crs=32632),
        frame(box(400_000, 3_000_000, 410_000, 3_010_000)),
    ],
    ids=["Italy in degrees", "Italy in metres", "beyond the grid"],
)
def test_another_country(areas: gpd.GeoDataFrame) -> None:
    """Outlines that lie outside the United Kingdom are refused with their extent."""
    assert "extent" in refused(areas)


@pytest.mark.parametrize("empty", [None, Polygon(), MultiPolygon()])
@pytest.mark.parametrize("crs", [27700, 4326, None])
def test_areas_without_an_outline(empty: BaseGeometry | None, crs: int | None) -> None:
    """Missing and empty outlines are refused by code, whatever else is wrong."""
    assert "1 of 2 areas has no outline (B)" in refused(frame(SQUARE, empty, crs=crs))
    assert "2 of 2 areas have no outline (A, B)" in refused(frame(empty, empty, crs=crs))


@pytest.mark.parametrize("shape", [Point(400_000, 300_000), LineString([(400_000, 300_000), (410_000, 300_000)])])
def test_points_and_lines_are_no_areas(shape: BaseGeometry) -> None:
    """Centres and lines have no inside to colour."""
    assert "B has no polygon" in refused(frame(SQUARE, shape))


def test_a_bow_tie_is_repaired_and_reported() -> None:
    """An outline that crosses itself is repaired without losing its area, and its code is reported."""
    found, notes = put(frame(SQUARE, BOW_TIE))
    assert found.geometry.is_valid.all()
    assert found.geometry[1].area == pytest.approx(SQUARE.area / 2)
    assert found.geometry[0].equals(SQUARE)
    assert notes == ["areas.gpkg: 1 outline crossed itself and was repaired (B)."]


def test_a_spike_is_cut_off() -> None:
    """An outline that runs out and back along one line is left without the line."""
    spike = Polygon([*SQUARE.exterior.coords[:-1], (410_000, 300_000), (500_000, 300_000), (410_000, 300_000)])
    found, notes = put(frame(spike))
    assert len(notes) == 1
    assert found.geometry[0].area == pytest.approx(SQUARE.area)
    assert found.total_bounds[2] == 410_000


def test_overlapping_parts_are_united() -> None:
    """Where two parts of one outline overlap, the overlap is land, not a hole."""
    found, notes = put(frame(MultiPolygon([SQUARE, box(405_000, 300_000, 415_000, 310_000)])))
    assert len(notes) == 1
    assert found.geometry[0].equals(box(400_000, 300_000, 415_000, 310_000))


def test_a_loop_is_land() -> None:
    """Where an outline loops over itself, what it goes round twice is land, not a hole."""
    loop = [(0, 0), (10, 0), (10, 6), (4, 6), (4, 4), (6, 4), (6, 10), (0, 10)]
    found, _ = put(frame(Polygon([(400_000 + 1_000 * x, 300_000 + 1_000 * y) for x, y in loop])))
    assert found.geometry[0].area == pytest.approx(84e6)
    assert len(found.geometry[0].geoms[0].interiors) == 0


def test_collections_keep_their_polygons() -> None:
    """Of a collection the polygons stay, overlapping ones united; points and lines go."""
    overlapping = GeometryCollection(
        [
            SQUARE,
            MultiPolygon([EAST, box(405_000, 300_000, 412_000, 310_000)]),
            Point(0, 0),
            LineString([(0, 0), (1, 1)]),
        ]
    )
    found, _ = put(frame(GeometryCollection([SQUARE, Point(405_000, 305_000)]), overlapping))
    assert list(found.geom_type) == ["MultiPolygon"] * 2
    assert found.geometry.is_valid.all()
    assert found.geometry[0].equals(SQUARE)
    assert found.geometry[1].area == pytest.approx(2 * SQUARE.area)


def test_heights_are_dropped() -> None:
    """Coordinates with a third number lose it."""
    found, notes = put(frame(shapely.force_3d(SQUARE, 12.0)))
    assert not found.geometry.has_z.any()
    assert notes == []


def test_holes_stay() -> None:
    """A hole in a district, where another lies, stays a hole."""
    ring = SQUARE.difference(box(404_000, 304_000, 406_000, 306_000))
    found, _ = put(frame(ring))
    assert found.geometry[0].area == ring.area


def test_rows_of_one_area_are_joined_and_reported() -> None:
    """Islands in rows of their own are joined under their code, and reported."""
    island = box(430_000, 300_000, 431_000, 301_000)
    found, notes = put(frame(SQUARE, EAST, island, codes=["A", "B", "A"]))
    assert list(found["code"]) == ["A", "B"]
    assert found.geometry[0].equals(MultiPolygon([SQUARE, island]))
    assert found.crs == "EPSG:27700"
    assert notes == ["areas.gpkg: 1 area was in more than one row and was joined (A)."]


def hexagon(x: float, y: float, size: float = 5_000) -> Polygon:
    """Return a regular hexagon."""
    return Polygon([(x + size * np.cos(a), y + size * np.sin(a)) for a in np.arange(6) * np.pi / 3])


def test_hexagon_layouts_are_recognised() -> None:
    """Equal hexagons are a layout; real outlines, a single area and squares are not."""
    cells = np.array([hexagon(400_000 + 10_000 * n, 300_000) for n in range(30)])
    assert is_hexagon_layout(cells)
    assert not is_hexagon_layout(np.array([*cells[:-1], SQUARE]))
    assert not is_hexagon_layout(np.array([hexagon(0, 0, 5 + n) for n in range(5)]))
    assert not is_hexagon_layout(np.array([SQUARE, EAST]))
    assert not is_hexagon_layout(cells[:1])
    assert not is_hexagon_layout(np.array([None, SQUARE]))
    assert not is_hexagon_layout(np.array([], dtype=object))


def test_dissolving_unites_groups() -> None:
    """Groups become one outline each, sorted, without inner edges; gaps and overlaps between parts do no harm."""
    overlap = box(419_000, 300_000, 430_000, 310_000)
    areas = frame(SQUARE, EAST, overlap).assign(group=["Y", "Y", "X"])
    found = dissolved(areas[["group", "geometry"]], by="group")
    assert list(found["group"]) == ["X", "Y"]
    assert found.geometry[1].equals(box(400_000, 300_000, 420_000, 310_000))
    assert len(shapely.get_parts(found.geometry[1])) == 1
    assert found.crs == "EPSG:27700"
    together = dissolved(areas.assign(group="Z")[["group", "geometry"]], by="group")
    assert together.geometry[0].area == pytest.approx(3 * SQUARE.area)
