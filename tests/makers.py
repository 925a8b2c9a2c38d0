"""Builders of small Atlas zips and small folders of boundaries, with real codes and made-up shapes and values.

The little country has fourteen districts in a row, ten kilometres square, each cut into three neighbourhoods: eleven in
England, two in Wales and one in Scotland, which has no neighbourhoods.
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
from shapely.geometry import box
from shapely.geometry.base import BaseGeometry

from ec_maps.atlas.archive import Member
from ec_maps.geography.codes import neighbourhood_codes, official_districts
from ec_maps.geography.levels import LEVELS
from ec_maps.measures import MEASURES

LAD_ZIP = "local_authority-20250320T000233Z-001.zip"
MSOA_ZIP = "msoa-20250320T000309Z-001.zip"
LAD_CSV = "local_authority/uk_economic_connectedness_20250301.csv"
MSOA_CSV = "msoa/uk_economic_connectedness_20250301.csv"

MEASURE = MEASURES["economic_connectedness"]
LAD, MSOA = LEVELS["lad"], LEVELS["msoa"]

_EDITIONS = sorted(neighbourhood_codes("2011") & neighbourhood_codes("2021"))

#: The districts of the little country, and its neighbourhoods (three to each of the first thirteen).
LADS = [*[f"E0600000{n}" for n in range(1, 10)], "E06000010", "E09000001", "W06000001", "W06000002", "S12000033"]
HERE = LADS[:13]
MSOAS = [*[c for c in _EDITIONS if c[0] == "E"][:33], *[c for c in _EDITIONS if c[0] == "W"][:6]]
DISTRICT_OF = {code: HERE[place // 3] for place, code in enumerate(MSOAS)}
NAME_OF = {code: district.name for code, district in official_districts().items()}


# --- Atlas zips -----------------------------------------------------------------------------------


def spread(number: int) -> list[float]:
    """Return that many different values between 0.3 and 0.6, lowest first."""
    return [round(0.3 + 0.3 * place / max(number - 1, 1), 6) for place in range(number)]


def rows(
    codes: Iterable[str], values: Sequence[object] | None = None, key: str = "lad_code"
) -> list[dict[str, object]]:
    """Return the rows of an Atlas CSV: each area for low-income users and, 0.1 higher, for high-income ones."""
    codes = list(codes)
    values = spread(len(codes)) if values is None else values
    table: list[dict[str, object]] = []
    for category, more in (("low_ses_users", 0.0), ("high_ses_users", 0.1)):
        for code, value in zip(codes, values, strict=True):
            shown = round(value + more, 6) if isinstance(value, float) else value
            table.append(
                {key: code, "ds": "2025-02-28", "measurement_category": category, "high_ses_ratio": shown}
                | {"num_users": 1000}
            )
    return table


def as_csv(
    table: Sequence[Mapping[str, object]], columns: Sequence[str] | None = None, *, numbered: bool = True
) -> str:
    """Return rows as the text of a CSV, by default with the Atlas's first column of row numbers, which has no name."""
    columns = list(table[0]) if columns is None else columns
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([*[""] * numbered, *columns])
    writer.writerows([*[place] * numbered, *(row[name] for name in columns)] for place, row in enumerate(table))
    return out.getvalue()


def atlas_csv(codes: Iterable[str] = LADS, values: Sequence[object] | None = None, key: str = "lad_code") -> str:
    """Return the text of a CSV in the Atlas's format, by default of all the little country's districts."""
    return as_csv(rows(codes, values, key))


def msoa_csv(codes: Iterable[str] = MSOAS, values: Sequence[object] | None = None) -> str:
    """Return the text of a CSV of neighbourhoods."""
    return atlas_csv(codes, values, key="zip_prediction")


def write_zip(path: Path, members: Mapping[str, str | bytes] | None = None) -> Path:
    """Write a zip of these members, by default the one CSV of districts."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in (members if members is not None else {LAD_CSV: atlas_csv()}).items():
            archive.writestr(name, content)
    return path


def write_atlas(folder: Path, lads: str | None = None, msoas: str | None = None) -> Path:
    """Write both of the Atlas's zips into a folder, and return it."""
    write_zip(folder / LAD_ZIP, {LAD_CSV: atlas_csv() if lads is None else lads})
    write_zip(folder / MSOA_ZIP, {MSOA_CSV: msoa_csv() if msoas is None else msoas})
    return folder


def a_member(name: str = LAD_CSV) -> Member:
    """Return a member of a zip that does not exist, for messages."""
    return Member(Path(LAD_ZIP), name, name.rsplit("/", 1)[-1], repeated=False)


# --- boundaries -----------------------------------------------------------------------------------


def district_shape(place: int) -> BaseGeometry:
    """Return the square of the district at a place in the row."""
    return box(400_000 + 10_000 * place, 300_000, 410_000 + 10_000 * place, 310_000)


def neighbourhood_shape(place: int) -> BaseGeometry:
    """Return the strip of the neighbourhood at a place: three strips make a district's square."""
    west, south, east, _ = district_shape(place // 3).bounds
    return box(west, south + 10_000 / 3 * (place % 3), east, south + 10_000 / 3 * (place % 3 + 1))


def lads() -> gpd.GeoDataFrame:
    """Return the districts' boundaries as ONS has them."""
    return gpd.GeoDataFrame(
        {"OBJECTID": range(len(LADS)), "LAD21CD": LADS, "LAD21NM": [NAME_OF[code] for code in LADS]},
        geometry=[district_shape(place) for place in range(len(LADS))],
        crs=27700,
    )


def msoas() -> gpd.GeoDataFrame:
    """Return the neighbourhoods' boundaries as ONS has them."""
    names = [f"{NAME_OF[DISTRICT_OF[code]]} {place % 3 + 1:03}" for place, code in enumerate(MSOAS)]
    return gpd.GeoDataFrame(
        {"MSOA21CD": MSOAS, "MSOA21NM": names},
        geometry=[neighbourhood_shape(place) for place in range(len(MSOAS))],
        crs=27700,
    )


def lookup() -> pd.DataFrame:
    """Return the lookup from neighbourhood to district, of 2022 as ONS publishes it."""
    districts = [DISTRICT_OF[code] for code in MSOAS]
    return pd.DataFrame({"MSOA21CD": MSOAS, "LAD22CD": districts, "LAD22NM": [NAME_OF[code] for code in districts]})


def regions() -> pd.DataFrame:
    """Return the lookup from district to region, which ONS leaves empty outside England."""
    inside = [official_districts()[code].region if code[0] == "E" else "" for code in LADS]
    return pd.DataFrame({"LAD21CD": LADS, "LAD21NM": [NAME_OF[code] for code in LADS], "RGN21NM": inside})


def write_table(path: Path, table: pd.DataFrame) -> Path:
    """Write a table with or without outlines, in the format that the suffix names."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".csv":
        table.to_csv(path, index=False)
    elif path.suffix == ".parquet":
        table.to_parquet(path)
    else:
        gpd.GeoDataFrame(table).to_file(path)
    return path


def write_boundaries(folder: Path, **tables: pd.DataFrame | None) -> Path:
    """Write the little country into a folder; `lads`, `msoas`, `lookup` and `regions` replace a part, None omits it."""
    folder.mkdir(parents=True, exist_ok=True)
    whole: dict[str, pd.DataFrame | None] = {
        "lads": lads(),
        "msoas": msoas(),
        "lookup": lookup(),
        "regions": regions(),
    } | tables
    for name, table in whole.items():
        if table is not None:
            suffix = ".parquet" if isinstance(table, gpd.GeoDataFrame) else ".csv"
            write_table(folder / f"{name}{suffix}", table)
    return folder


def use(patch: pytest.MonkeyPatch, *, data: Path | None = None, boundaries: Path | None = None) -> None:
    """Point the library at a data folder and at boundaries."""
    if data is not None:
        patch.setenv("EC_MAPS_DATA_DIR", str(data))
    if boundaries is not None:
        patch.setenv("EC_MAPS_BOUNDARIES", str(boundaries))
