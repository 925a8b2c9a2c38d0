"""The map services of the ONS that matter here, by their real names, with the country's areas in them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from functools import cache

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely

from ec_maps.geography.codes import district_changes, district_codes, neighbourhood_codes, official_districts

from . import country

_LAD = "Local_Authority_Districts_December_2021_"
_MSOA = "Middle_layer_Super_Output_Areas_December_2021_Boundaries_EW_"
_REGION_CODES = {
    "North East": "E12000001",
    "North West": "E12000002",
    "Yorkshire and The Humber": "E12000003",
    "East Midlands": "E12000004",
    "West Midlands": "E12000005",
    "East of England": "E12000006",
    "London": "E12000007",
    "South East": "E12000008",
    "South West": "E12000009",
}


@dataclass
class Service:
    """A service of one layer (if its table has a geometry column) or one table; `edited` is in milliseconds."""

    name: str
    make: Callable[[], pd.DataFrame]
    oid: str = "FID"
    cap: int = 2000
    layer: int = 0
    edited: int = 1_664_000_000_000


@dataclass
class Content:
    """The rows of a service: columns with the object id among them, and outlines by coordinate system."""

    table: pd.DataFrame
    oid: str
    shapes: dict[int, np.ndarray] = field(default_factory=dict)

    @classmethod
    def of(cls, frame: pd.DataFrame, oid: str) -> Content:
        """Return a frame's rows, numbered; outlines get the columns of their size."""
        table = pd.DataFrame(frame.drop(columns="geometry", errors="ignore")).reset_index(drop=True)
        shapes = {}
        if "geometry" in frame.columns:
            outlines = frame["geometry"].to_numpy()
            table["Shape__Area"], table["Shape__Length"] = shapely.area(outlines), shapely.length(outlines)
            shapes = {27700: outlines}
        table.insert(0, oid, range(1, len(table) + 1))
        return cls(table, oid, shapes)

    def in_system(self, epsg: int) -> np.ndarray:
        """Return the outlines in a coordinate system, cached for the next request."""
        if epsg not in self.shapes:
            move = pyproj.Transformer.from_crs(27700, epsg, always_xy=True).transform
            self.shapes[epsg] = shapely.transform(
                self.shapes[27700], lambda points: np.column_stack(move(points[:, 0], points[:, 1]))
            )
        return self.shapes[epsg]


def _lookup(edition: str, *columns: str) -> pd.DataFrame:
    """Return neighbourhood, `columns` (made up, one value each) and district, named for an edition of districts."""
    rows = country.lookup()
    table = rows[["MSOA21CD", "MSOA21NM", "MSOA21NMW"]].copy()
    for name in columns:
        kind = name[:-4]
        table[name] = [f"{kind[0]}{code[1:]}" if name.endswith("CD") else f"{kind} of {code}" for code in rows.MSOA21CD]
    return table.assign(**{f"LAD{edition}{part}": rows[f"LAD21{part}"] for part in ("CD", "NM", "NMW")})


def _regions(edition: str) -> pd.DataFrame:
    english = [one for one in official_districts().values() if one.code[0] == "E"]
    columns = [f"LAD{edition}CD", f"LAD{edition}NM", f"RGN{edition}CD", f"RGN{edition}NM"]
    return pd.DataFrame([(d.code, d.name, _REGION_CODES[d.region], d.region) for d in english], columns=columns)


def _with_region() -> pd.DataFrame:
    regions = country.lookup()["RGN21NM"].replace("", None)
    return _lookup("22", "BUA22CD", "BUA22NM").assign(RGN22CD=regions.map(_REGION_CODES), RGN22NM=regions)


@cache
def _output_areas() -> pd.DataFrame:
    """Return three output areas a neighbourhood, in place of 26."""
    rows = country.lookup()
    thrice = rows.loc[rows.index.repeat(3)].reset_index(drop=True)
    number = pd.Series(range(len(thrice))).map("{:08}".format)
    names = {f"LAD22{part}": thrice[f"LAD21{part}"] for part in ("CD", "NM", "NMW")}
    lsoa = {"LSOA21CD": thrice["MSOA21CD"].str[0] + "01" + number.str[2:], "LSOA21NM": thrice["MSOA21NM"] + "A"}
    table = pd.DataFrame({"OA21CD": thrice["MSOA21CD"].str[0] + number, **lsoa, "LSOA21NMW": " "})
    table = table.join(thrice[["MSOA21CD", "MSOA21NM", "MSOA21NMW"]]).assign(**names)
    return table.sample(frac=1, random_state=1).reset_index(drop=True)


@cache
def _rural_urban(detail: int) -> gpd.GeoDataFrame:
    areas = country.neighbourhoods(detail).rename(columns={"GlobalID": "GlobalID_2"})
    return areas.assign(RUC21CD="UN1", RUC21NM="Urban: Nearer to a major town or city")


def services(
    districts: int = 0, neighbourhoods: int = 0, only: Collection[str] | None = None, cap: int | None = None
) -> dict[str, Service]:
    """Return the services by name.

    Parameters
    ----------
    districts, neighbourhoods
        How many bends an edge has: see :mod:`.country`.
    only
        Codes of districts; all services are confined to them. By default the whole country.
    cap
        How many rows each gives at most, where it is not the real number.
    """

    def british() -> pd.DataFrame:
        whole = country.districts(districts)
        return whole[whole["LAD21CD"].str[0] != "N"].reset_index(drop=True)

    def all_districts() -> pd.DataFrame:
        return country.districts(districts)

    def all_msoas() -> pd.DataFrame:
        return country.neighbourhoods(neighbourhoods)

    def made() -> Iterator[Service]:
        for kind in ("BGC", "BUC", "BFC", "BFE"):
            yield Service(f"{_LAD}UK_{kind}_2022", all_districts, "OBJECTID")
        for name in (f"{_LAD}GB_BGC_2022", f"{_LAD}GB_BUC_2022", f"{_LAD}GB_BFE_2022", "LAD_Dec_2021_GB_BFC_2022"):
            yield Service(name, british, "OBJECTID")
        for kind in ("BGC_V3", "BSC_V3", "BFC_V7", "BFE_V8"):
            yield Service(f"{_MSOA}{kind}", all_msoas)
        yield Service("MSOA_2021_EW_BGC_V2", all_msoas, "OBJECTID")
        yield Service("MSOA_2021_EW_BSC_V3_RUC", lambda: _rural_urban(neighbourhoods), "OBJECTID")
        yield Service("MSOA_2021_EW_BFE_V8_RUC", lambda: _rural_urban(neighbourhoods), "OBJECTID", layer=3)
        yield Service("LAD21_RGN21_EN_LU_e39114ca0d934551b012bba304cdd11f", lambda: _regions("21"))
        yield Service("LAD22_RGN22_EN_LU", lambda: _regions("22"), cap=1000)
        yield Service("MSOA21_PCON25_LAD21_EW_LU", lambda: _lookup("21", "PCON25CD", "PCON25NM"), "ObjectId", 1000)
        yield Service("MSOA21_WD22_LAD22_EW_LU_v2", lambda: _lookup("22", "WD22CD", "WD22NM"), "ObjectId", 1000)
        yield Service("MSOA21_BUA22_LAD22_RGN22_EW_LU_v2", _with_region, "ObjectId", 1000)
        yield Service("OA_LSOA_MSOA_EW_DEC_2021_LU_v3", _output_areas, "ObjectId", 1000)

    found = {one.name: one for one in made()}
    for one in found.values():
        one.make = cache(_confined(one.make, only) if only is not None else one.make)
        one.cap = cap or one.cap
    return found


def _confined(make: Callable[[], pd.DataFrame], only: Collection[str]) -> Callable[[], pd.DataFrame]:
    def confined() -> pd.DataFrame:
        frame = make()
        lads = next((frame[name] for name in ("LAD21CD", "LAD22CD") if name in frame), None)
        lads = frame["MSOA21CD"].map(country.assignment()) if lads is None else lads
        return frame[lads.isin(list(only))].reset_index(drop=True)

    return confined


def of_another_edition(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the table with neighbourhoods of 2011 or districts of 2023 in it, under the column names of 2021."""
    if "MSOA21CD" in frame.columns:
        old = sorted(neighbourhood_codes("2011") - neighbourhood_codes("2021"))
        new = sorted(neighbourhood_codes("2021") - neighbourhood_codes("2011"))
        codes = frame["MSOA21CD"].replace(dict(zip(new, old, strict=False)))
        return frame.assign(MSOA21CD=codes)[~codes.isin(new)].reset_index(drop=True)
    column = next(name for name in frame.columns if name in ("LAD21CD", "LAD22CD"))
    gone, new = district_codes(2021) - district_codes(2023), district_codes(2023) - district_codes(2021)
    stands_for = {change.covers[0]: change for change in district_changes() if change.code in new}
    codes = frame[column].map(lambda code: stands_for[code].code if code in stands_for else code)
    names = {stands_for[code].code: stands_for[code].name for code in stands_for}
    name = column.replace("CD", "NM")
    later = frame.assign(**{column: codes, name: [names.get(c, n) for c, n in zip(codes, frame[name], strict=True)]})
    return later[~codes.isin(gone)].reset_index(drop=True)


def with_repeated_rows(frame: pd.DataFrame, number: int = 5) -> pd.DataFrame:
    """Return as many rows as there were, the last few of them the first ones again."""
    return pd.concat([frame[:-number], frame[:number]], ignore_index=True)
