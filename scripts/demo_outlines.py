"""The shapes, names and codes of the demonstration's Scottish and Northern Irish districts.

Shapes come from Natural Earth's first-level administrative units (1:10 million, public domain), from two npm
packages. They have the 26 districts of Northern Ireland before 2015, which are merged into today's eleven.
Codes are made up: X12 for Scotland, X19 for Northern Ireland.
"""

from __future__ import annotations

import base64
import hashlib
import io
import sys
import tarfile
from pathlib import Path

import geopandas as gpd
import pandas as pd
import shapely
from demo_shapes import GRID_M, names_in
from shapely.geometry.base import BaseGeometry

#: Where ``make demo-data`` puts the two packages.
PACKAGES = Path(sys.prefix) / "demo-data"
#: File, its npm integrity, and the member to read.
UNITS = (
    "superset-ui-legacy-plugin-chart-country-map-0.18.25.tgz",
    "sha512-2RtZOT2AAsQvefdGKJlrFhSjsnOwqlnifYCDn2vyBVxsiDWGlfgn98C72d/kmBRoxqqG0HfsmOsganT2lIxWTQ==",
    "package/esm/countries/uk.geojson",
)
COUNTRIES = (
    "world-atlas-2.0.2.tgz",
    "sha512-IXfV0qwlKXpckz1FhwXVwKRjiIhOnWttOskm5CtxMsjgE/MXAYRHWJqgXOpM8IkcPBoXnyTU5lFHcYa5ChG0LQ==",
    "package/countries-10m.json",
)
#: The slits that Natural Earth leaves between neighbours are narrower than this.
GAP_M = 500.0
#: The border of England differs by up to this much between Natural Earth and the ONS.
BORDER_GAP_M = 1000.0
SMALLEST_PART_M2 = 2e5
#: Narrower strips along the border are removed, unless they fill a gap.
TONGUE_M = 300.0
#: The islands that the units lack lie in these boxes: west, south, east, north.
ISLANDS = {
    "Na h-Eileanan Siar": (0, 790_000, 160_000, 970_000),
    "Shetland Islands": (390_000, 1_060_000, 480_000, 1_230_000),
}
#: Natural Earth has Arran, which lies in this box, in Argyll and Bute. It is in North Ayrshire.
ARRAN = (180_000, 615_000, 210_000, 655_000)

SCOTLAND = """Aberdeenshire; Angus; Argyll and Bute; Clackmannanshire; Dumfries and Galloway; East Ayrshire;
    East Dunbartonshire; East Lothian; East Renfrewshire; Falkirk; Fife; Highland; Inverclyde; Midlothian; Moray;
    North Lanarkshire; Renfrewshire; Scottish Borders; South Ayrshire; South Lanarkshire; Stirling;
    West Dunbartonshire; West Lothian"""
#: District by unit, where Natural Earth has another name.
RENAMED = {
    "Aberdeen": "Aberdeen City",
    "Dundee": "Dundee City",
    "Edinburgh": "City of Edinburgh",
    "Glasgow": "Glasgow City",
    "North Ayshire": "North Ayrshire",
    "Orkney": "Orkney Islands",
    "Perthshire and Kinross": "Perth and Kinross",
}
NORTHERN_IRELAND = {
    "Antrim and Newtownabbey": "Antrim; Newtownabbey",
    "Ards and North Down": "Ards; North Down",
    "Armagh City, Banbridge and Craigavon": "Armagh; Banbridge; Craigavon",
    "Belfast": "Belfast",
    "Causeway Coast and Glens": "Ballymoney; Coleraine; Limavady; Moyle",
    "Derry City and Strabane": "Derry; Strabane",
    "Fermanagh and Omagh": "Fermanagh; Omagh",
    "Lisburn and Castlereagh": "Castlereagh; Lisburn",
    "Mid and East Antrim": "Ballymena; Carrickfergus; Larne",
    # "Mid Ulster" is Natural Earth's name for Cookstown.
    "Mid Ulster": "Dungannon; Magherafelt; Mid Ulster",
    "Newry, Mourne and Down": "Down; Newry and Mourne",
}


def scotland_and_northern_ireland(rest: BaseGeometry) -> gpd.GeoDataFrame:
    """Return one row per district, sorted by code, in EPSG:27700 and in metres.

    Columns: ``lad21cd lad21nm rgn21nm geometry``.

    Parameters
    ----------
    rest
        England and Wales, to fit the districts along the border to.
    """
    units = gpd.read_file(io.BytesIO(_member(*UNITS))).set_crs(4326, allow_override=True).to_crs(27700)
    into = {name: name for name in names_in(SCOTLAND)} | RENAMED
    into |= {unit: name for name, text in NORTHERN_IRELAND.items() for unit in names_in(text)}
    if lost := sorted(set(into) - set(units["NAME_1"])):
        msg = f"{UNITS[0]} lacks {len(lost)} of the units that the districts are made of: {lost}."
        raise SystemExit(msg)
    named = units[units["NAME_1"].isin(into)].sort_values("NAME_1")
    clean = shapely.coverage_clean(_rounded(named.geometry), gap_width=GAP_M)
    pieces = pd.Series(_rounded(clean), index=named["NAME_1"].map(into))
    shapes = pieces.groupby(level=0).agg(lambda part: shapely.coverage_union_all(part.to_numpy())).to_dict()
    arran = shapely.intersection(shapes["Argyll and Bute"], shapely.box(*ARRAN))
    shapes["North Ayrshire"] = shapes["North Ayrshire"].union(arran)
    shapes["Argyll and Bute"] = shapes["Argyll and Bute"].difference(arran)
    shapes |= _islands(shapely.coverage_union_all(list(shapes.values())))
    _fit_to_border(shapes, units, rest)
    return _coded(shapes)


def _member(package: str, integrity: str, name: str) -> bytes:
    """Return a file of a package, after a check of the package's integrity."""
    path = PACKAGES / package
    if not path.is_file():
        msg = f"{path} does not exist. Run make demo-data, which downloads it (npm is needed)."
        raise SystemExit(msg)
    content = path.read_bytes()
    found = "sha512-" + base64.b64encode(hashlib.sha512(content).digest()).decode()
    if found != integrity:
        msg = f"{path} is not the expected package: its integrity is {found}, not {integrity}."
        raise SystemExit(msg)
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        member = archive.extractfile(name)
        assert member is not None, name
        return member.read()


def _rounded(shapes: gpd.GeoSeries) -> gpd.GeoSeries:
    return shapely.set_precision(shapes, GRID_M, mode="pointwise")


def _islands(land: BaseGeometry) -> dict[str, BaseGeometry]:
    """Return the districts that the units lack, from the outline of the whole country."""
    countries = gpd.read_file(io.BytesIO(_member(*COUNTRIES)), layer="countries")
    country = countries.loc[countries["name"] == "United Kingdom"].set_crs(4326, allow_override=True).to_crs(27700)
    parts = country.explode(ignore_index=True).geometry
    missing = _rounded(parts[~parts.intersects(land)].to_numpy())
    return {
        name: shapely.MultiPolygon([part for part in missing if shapely.box(*box).contains(part)])
        for name, box in ISLANDS.items()
    }


def _fit_to_border(shapes: dict[str, BaseGeometry], units: gpd.GeoDataFrame, rest: BaseGeometry) -> None:
    """Fit the two border districts to England: remove overlaps and fill the land between."""
    beyond = units.loc[units["NAME_1"].isin(["Cumbria", "Northumberland"])].union_all()
    for name, other in (("Scottish Borders", "Dumfries and Galloway"), ("Dumfries and Galloway", "Scottish Borders")):
        between = beyond.intersection(shapes[name].buffer(BORDER_GAP_M))
        holes = _holes(shapely.union_all([rest, between, shapes[name], shapes[other]]))
        near = [hole for hole in holes if hole.distance(shapes[name]) < min(BORDER_GAP_M, hole.distance(shapes[other]))]
        between = shapely.union_all([between, *near]).difference(shapes[other])
        grown = shapes[name].union(between).difference(rest)
        # The land between extends along the estuaries of Tweed and Esk and the coast, as tongues.
        wide = grown.buffer(-TONGUE_M).buffer(TONGUE_M, join_style="mitre")
        tongues = [part for part in shapely.get_parts(grown.difference(wide)) if part.area > TONGUE_M**2]
        grown = grown.difference(shapely.union_all(tongues).intersection(between).buffer(GRID_M))
        shapes[name] = shapely.MultiPolygon([part for part in shapely.get_parts(grown) if part.area > SMALLEST_PART_M2])


def _holes(shape: BaseGeometry) -> list[shapely.Polygon]:
    return [shapely.Polygon(ring) for part in shapely.get_parts(shape) for ring in part.interiors]


def _coded(shapes: dict[str, BaseGeometry]) -> gpd.GeoDataFrame:
    """Return the districts with running codes in the order of name, and shapes in normal form."""
    rows = []
    for letters, region, names in (
        ("X12", "Scotland", sorted(set(shapes) - set(NORTHERN_IRELAND))),
        ("X19", "Northern Ireland", sorted(NORTHERN_IRELAND)),
    ):
        rows += [(f"{letters}{number:06d}", name, region) for number, name in enumerate(names, start=1)]
    table = pd.DataFrame(rows, columns=["lad21cd", "lad21nm", "rgn21nm"])
    normal = [shapely.MultiPolygon(shapely.get_parts(shapes[name]).tolist()).normalize() for name in table["lad21nm"]]
    return gpd.GeoDataFrame(table, geometry=normal, crs=27700)
