"""What can be taken away: GeoJSON that other programs read, with where it is from."""

from __future__ import annotations

import json
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from ec_maps.analysis.export import write_csv, write_geojson
from made import VALUE, demo_tables, squares

TEN = [0.30 + 0.02 * place for place in range(10)]


@pytest.mark.usefixtures("demo")
def test_geojson_is_read_back_with_the_same_values(demo_data_dir: Path, tmp_path: Path) -> None:
    """Degrees, valid outlines that turn as RFC 7946 wants, all columns, and areas within a part in a thousand."""
    msoas = demo_tables(demo_data_dir).msoas
    areas = msoas[msoas["lad21nm"] == "Isle of Anglesey"].reset_index(drop=True)
    write_geojson(areas, tmp_path / "areas.geojson")
    told = json.loads((tmp_path / "areas.geojson").read_text(encoding="utf-8"))
    assert told["source"].startswith("Demonstration data – not real values.")
    assert "Open Government Licence" in told["licence"]
    read = gpd.read_file(tmp_path / "areas.geojson")
    assert read.crs == "EPSG:4326"
    assert list(read["msoa21cd"]) == list(areas["msoa21cd"])
    assert read[VALUE].to_numpy() == pytest.approx(areas[VALUE].to_numpy(), nan_ok=True)
    assert read["decile"].isna().sum() == areas["decile"].isna().sum() > 0
    assert read.geometry.is_valid.all()
    for shape in read.geometry:
        assert all(shapely.is_ccw(part.exterior) for part in shapely.get_parts(shape))
    metres = read.to_crs("EPSG:27700").area.to_numpy()
    assert metres == pytest.approx(areas.area.to_numpy(), rel=1e-3)


@pytest.mark.usefixtures("demo")
def test_odd_names_survive(tmp_path: Path) -> None:
    """Quotes, commas, accents and angle brackets come back as they were, from CSV and from GeoJSON."""
    odd = 'Tŷ, "Saint\'s" & <b>Co</b>'
    areas = squares(TEN, district=odd)
    write_csv(areas, tmp_path / "a.csv")
    write_geojson(areas, tmp_path / "a.geojson")
    assert set(pd.read_csv(tmp_path / "a.csv")["lad21nm"]) == {odd}
    assert set(gpd.read_file(tmp_path / "a.geojson")["lad21nm"]) == {odd}
