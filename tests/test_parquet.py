from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from geopandas.testing import assert_geodataframe_equal
from shapely.geometry import MultiPolygon, box

from ec_maps import cache

SIZE = 1000


def table() -> gpd.GeoDataFrame:
    """Return a thousand squares in a row, in several groups of the file, with all kinds of columns and gaps."""
    return gpd.GeoDataFrame(
        {
            "code": [f"E{n:04}" for n in range(SIZE)],
            "welsh": [None if n % 3 else "ŷ" for n in range(SIZE)],
            "decile": pd.array([None if n == 5 else n % 10 + 1 for n in range(SIZE)], dtype="Int64"),
            "value": [np.nan if n == 5 else n / SIZE for n in range(SIZE)],
        },
        geometry=[MultiPolygon([box(n, 0, n + 1, 1)]) for n in range(SIZE)],
        crs=27700,
    )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return a file of the table."""
    cache.write_table(table(), tmp_path / "areas.parquet")
    return tmp_path / "areas.parquet"


def test_a_table_comes_back(path: Path) -> None:
    """Columns, their order and types, gaps, outlines and CRS are as they were."""
    assert_geodataframe_equal(cache.read_table(path), table(), check_crs=True)


def test_others_can_read_it(path: Path) -> None:
    """It is GeoParquet with a box for each row, which GeoPandas reads by a frame."""
    assert_geodataframe_equal(gpd.read_parquet(path), table(), check_crs=True)
    assert len(gpd.read_parquet(path, bbox=(10.2, 0.2, 12.8, 0.4))) == 3


def test_a_table_without_outlines(tmp_path: Path) -> None:
    """Such a table comes back as a DataFrame."""
    plain = pd.DataFrame(table().drop(columns="geometry"))
    cache.write_table(plain, tmp_path / "values.parquet")
    found = cache.read_table(tmp_path / "values.parquet")
    assert type(found) is pd.DataFrame
    pd.testing.assert_frame_equal(found, plain)


@pytest.mark.parametrize("wanted", [[], [0], [SIZE - 1], [255, 256, 257], [3, 700]])
def test_rows_that_are_wanted(path: Path, wanted: list[int]) -> None:
    """Some rows, wherever they are, are as those of the whole with numbers from 0; none is an empty table."""
    found = cache.read_table(
        path, lambda rows, boxes: rows.index.isin(wanted) & (boxes["xmin"] == rows.index).to_numpy()
    )
    assert_geodataframe_equal(found, table().iloc[wanted].reset_index(drop=True), check_crs=True)


def test_outlines_of_other_groups_are_not_read(path: Path) -> None:
    """A group of rows without a wanted one may be damaged: it is not looked at."""
    content = bytearray(path.read_bytes())
    chunk = pq.read_metadata(path).row_group(2)
    column = next(chunk.column(at) for at in range(chunk.num_columns) if chunk.column(at).path_in_schema == "geometry")
    first = column.dictionary_page_offset or column.data_page_offset
    for at in range(first + 40, first + column.total_compressed_size - 40):
        content[at] ^= 0xFF
    path.write_bytes(content)
    with pytest.raises(cache.unreadable()):
        cache.read_table(path)
    found = cache.read_table(path, lambda rows, _boxes: np.arange(len(rows)) < 20)
    assert_geodataframe_equal(found, table().iloc[:20], check_crs=True)
