"""Whether the data cover Scotland and Northern Ireland, and the inset of Shetland."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from ec_maps.areas import coverage
from ec_maps.areas.coverage import united_kingdom
from ec_maps.boundaries import table
from ec_maps.boundaries.table import available_districts
from ec_maps.geography.codes import BEYOND
from ec_maps.maps.insets import brought_near

pytestmark = pytest.mark.usefixtures("demo")


def islands(*boxes: tuple[float, float, float, float], last: str = "Shetland Islands") -> gpd.GeoDataFrame:
    """Return districts that are boxes in kilometres, the last of them with this name."""
    shapes = [shapely.box(*(1000 * edge for edge in box)) for box in boxes]
    names = [*(f"District {number}" for number in range(1, len(boxes))), last]
    return gpd.GeoDataFrame({"lad21nm": names}, geometry=shapes, crs="EPSG:27700")


def test_the_kingdom_is_there() -> None:
    """The demonstration has 374 districts, with deciles cut over all of them."""
    lads = united_kingdom()
    assert len(lads) == len(available_districts()) == 374
    assert lads.attrs["scope"] == "uk"
    assert list(available_districts().columns) == ["lad21cd", "lad21nm", "rgn21nm"]


@pytest.mark.parametrize("nation", BEYOND)
def test_boundaries_without_a_nation(monkeypatch: pytest.MonkeyPatch, nation: str) -> None:
    """Without either nation in the boundaries, there is no table of the United Kingdom."""
    every = coverage.load_boundaries("lad")
    for home in (coverage, table):
        monkeypatch.setattr(home, "load_boundaries", lambda _: every[every["rgn21nm"] != nation])
    monkeypatch.setattr(coverage, "_reaches", coverage._reaches.__wrapped__)
    assert united_kingdom() is None
    assert len(available_districts()) == 331


def test_values_without_the_nations(monkeypatch: pytest.MonkeyPatch) -> None:
    """With rows but no value for either nation, there is no table of the United Kingdom, as without rows."""
    values = coverage.load_measure("lad")
    beyond = values["lad21cd"].map(coverage.nation).isin(BEYOND)
    monkeypatch.setattr(coverage, "_reaches", coverage._reaches.__wrapped__)
    for left in (values[~beyond], values.assign(economic_connectedness=values.iloc[:, 1].where(~beyond))):
        monkeypatch.setattr(coverage, "load_measure", lambda *_, left=left: left)
        assert united_kingdom() is None
    one = values[~beyond | (beyond.cumsum() == beyond.sum())]
    assert isinstance(one, pd.DataFrame)
    monkeypatch.setattr(coverage, "load_measure", lambda *_: one)
    assert united_kingdom() is not None


def test_shetland_comes_nearer() -> None:
    """It keeps its size and shape, the others stay, and the map reaches no further than they do."""
    areas = islands((0, 0, 400, 900), (450, 0, 500, 100), (420, 1100, 460, 1200))
    shown = brought_near(areas, areas.geometry)
    assert shown.frame.contains(shown.areas.geometry.iloc[2])
    assert shown.areas.geometry.iloc[2].area == pytest.approx(areas.geometry.iloc[2].area)
    assert shown.areas.geometry.iloc[:2].geom_equals(areas.geometry.iloc[:2]).all()
    assert shown.extent[3] < 1_000_000
    assert shapely.box(*shown.extent).contains(shown.frame)
    assert not areas.geometry.iloc[:2].intersects(shown.frame).any()
    assert "Shetland lies further north" in shown.words


def test_the_frame_avoids_land_around() -> None:
    """Where something else lies in the corner, the frame stands lower, or on the other side."""
    areas = islands((300, 0, 600, 900), (430, 1100, 460, 1150))
    free = brought_near(areas, areas.geometry).frame
    corner = gpd.GeoSeries([free.buffer(1000)], crs=areas.crs)
    other = brought_near(areas, pd.concat([areas.geometry, corner])).frame
    assert not other.intersects(corner.iloc[0])
    whole_side = gpd.GeoSeries([shapely.box(650_000, -1e6, 2e6, 2e6)], crs=areas.crs)
    assert brought_near(areas, pd.concat([areas.geometry, whole_side])).frame.bounds[2] < 300_000


def test_shetland_stays_where_there_is_no_room() -> None:
    """Without room for a frame the map reaches as far as Shetland, and no words speak of one."""
    areas = islands((0, 0, 1000, 900), (430, 1100, 460, 1150))
    everywhere = gpd.GeoSeries([shapely.box(-2e6, -2e6, 3e6, 1.06e6)], crs=areas.crs)
    shown = brought_near(areas, pd.concat([areas.geometry, everywhere]))
    assert shown.frame is None
    assert shown.words == ""
    assert shown.extent[3] > 1_150_000
    assert shown.areas is areas


@pytest.mark.parametrize("last", ["Orkney Islands", "Shetland Islands"])
def test_nothing_moves_without_need(last: str) -> None:
    """A table without Shetland, and Shetland by itself, stay as they are."""
    areas = islands((0, 0, 400, 900), (420, 1100, 460, 1200), last=last)
    alone = areas if last == "Orkney Islands" else areas.iloc[1:].reset_index(drop=True)
    shown = brought_near(alone, alone.geometry)
    assert shown.frame is None
    assert shown.areas is alone
