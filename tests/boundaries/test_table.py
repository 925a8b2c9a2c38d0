from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from geopandas.testing import assert_geodataframe_equal
from shapely.geometry import Polygon, box

from ec_maps.boundaries.sources import boundary_files
from ec_maps.boundaries.table import (
    Areas,
    in_england_and_wales,
    load_boundaries,
    load_districts,
    outside_england_and_wales,
    read_areas,
)
from ec_maps.errors import BoundaryError, EcMapsError
from ec_maps.geography.codes import neighbourhood_codes
from fakes import hexagons
from makers import (
    DISTRICT_OF,
    HERE,
    LADS,
    MSOAS,
    NAME_OF,
    lads,
    lookup,
    msoas,
    regions,
    use,
    write_boundaries,
    write_table,
    write_zip,
)

Read = Callable[..., Areas]


@pytest.fixture
def read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Read:
    """Return a function that writes the little country, with the parts it is given replaced, and reads it."""

    def written_and_read(**tables: pd.DataFrame | None) -> Areas:
        use(monkeypatch, data=tmp_path / "data", boundaries=write_boundaries(tmp_path / "geo", **tables))
        return read_areas()

    return written_and_read


def refused(read: Read, **tables: pd.DataFrame | None) -> str:
    """Return why the boundaries are refused, in two paragraphs at most."""
    with pytest.raises(BoundaryError) as caught:
        read(**tables)
    assert len(str(caught.value).split("\n\n")) <= 2
    return str(caught.value)


# --- what is read ---------------------------------------------------------------------------------


def test_the_two_tables(read: Read) -> None:
    """From four files come districts and neighbourhoods with names, districts and regions, sorted, on the grid."""
    found = read()
    assert list(found.lads.columns) == ["lad21cd", "lad21nm", "rgn21nm", "geometry"]
    assert list(found.msoas.columns) == ["msoa21cd", "msoa21nm", "lad21cd", "lad21nm", "rgn21nm", "geometry"]
    assert list(found.lads["lad21cd"]) == sorted(LADS)
    assert list(found.msoas["msoa21cd"]) == sorted(MSOAS)
    assert found.lads.crs == found.msoas.crs == "EPSG:27700"
    assert dict(zip(found.msoas["msoa21cd"], found.msoas["lad21cd"], strict=True)) == DISTRICT_OF
    assert dict(zip(found.lads["lad21cd"], found.lads["lad21nm"], strict=True)) == {
        code: NAME_OF[code] for code in LADS
    }
    assert list(found.msoas["lad21nm"]) == [NAME_OF[code] for code in found.msoas["lad21cd"]]


def test_regions_outside_england(read: Read) -> None:
    """ONS leaves the region empty outside England; Wales and Scotland are regions of their own."""
    found = read()
    region = dict(zip(found.lads["lad21cd"], found.lads["rgn21nm"], strict=True))
    assert (region["W06000001"], region["S12000033"], region["E09000001"]) == ("Wales", "Scotland", "London")
    assert set(found.msoas.loc[found.msoas["msoa21cd"].str[0] == "W", "rgn21nm"]) == {"Wales"}


def test_on_either_side(read: Read) -> None:
    """Every district is either in England and Wales or outside, and both are numbered from 0."""
    lads = read().lads
    here, there = in_england_and_wales(lads, "lad21cd"), outside_england_and_wales(lads, "lad21cd")
    assert set(here["lad21cd"].str[0]) == {"E", "W"}
    assert list(there["lad21cd"]) == [code for code in sorted(LADS) if code[0] in "SN"]
    assert len(here) + len(there) == len(lads)
    assert list(there.index) == list(range(len(there)))


@pytest.mark.usefixtures("demo")
def test_the_demonstration_on_either_side() -> None:
    """The demonstration has 331 districts in England and Wales, 32 in Scotland and 11 in Northern Ireland."""
    lads = load_boundaries("lad")
    assert len(in_england_and_wales(lads, "lad21cd")) == len(load_districts()) == 331
    there = outside_england_and_wales(lads, "lad21cd")
    assert there["rgn21nm"].value_counts().to_dict() == {"Scotland": 32, "Northern Ireland": 11}
    assert len(outside_england_and_wales(load_boundaries("msoa"), "msoa21cd")) == 0


def test_a_part_of_the_country_is_noted(read: Read) -> None:
    """Fewer than the 331 districts and 7,264 neighbourhoods can be read, with a note that says how many there are."""
    notes = read().notes
    assert any("13 of the 331 districts" in note for note in notes)
    assert any("39 of the 7,264 neighbourhoods" in note for note in notes)


@pytest.mark.parametrize("suffix", [".parquet", ".gpkg", ".geojson", ".shp"])
@pytest.mark.parametrize("case", [str.upper, str.lower, str.title])
def test_any_format_and_case(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str, case: Callable[[str], str]
) -> None:
    """Boundaries are recognised by their columns in any case and format, under any file name, in folders within."""
    folder = tmp_path / "geo"
    lookups = (
        (lookup(), regions()) if suffix != ".gpkg" else (lookup().rename(columns={"LAD22CD": "LAD21CD"}), regions())
    )
    for name, table in zip("xyzw", (lads(), msoas(), *lookups), strict=True):
        renamed = table.rename(columns={old: case(old) for old in table.columns if old != "geometry"})
        home = suffix if isinstance(table, gpd.GeoDataFrame) or suffix == ".parquet" else ".csv"
        if suffix == ".geojson" and home == suffix:
            renamed = renamed.to_crs(4326)
        write_table(folder / name / f"{name}{home}", renamed)
    use(monkeypatch, boundaries=folder)
    found = read_areas()
    assert list(found.lads["lad21cd"]) == sorted(LADS)
    assert dict(zip(found.msoas["msoa21cd"], found.msoas["lad21cd"], strict=True)) == DISTRICT_OF
    west, south, east, north = found.lads.total_bounds
    assert (west, south, east, north) == pytest.approx((400_000, 300_000, 540_000, 310_000), abs=5)


def test_readable_names(read: Read) -> None:
    """Where a lookup has readable names, they come as one more column; repeats among them do no harm."""
    found = read(lookup=lookup().assign(MSOA21HCLNM=["Town Centre"] * len(MSOAS)))
    assert list(found.msoas.columns)[-1] == "msoa21hclnm"
    assert set(found.msoas["msoa21hclnm"]) == {"Town Centre"}


def test_names_and_codes_from_a_lookup(read: Read) -> None:
    """Boundaries without names, or with some missing, take them from a lookup; codes may be in lower case."""
    bare = msoas().drop(columns="MSOA21NM").assign(MSOA21CD=[code.lower() for code in MSOAS])
    gaps = lads().assign(LAD21NM=[None, *lads()["LAD21NM"][1:]])
    names = lookup().assign(MSOA21NM=msoas()["MSOA21NM"], LAD22CD=[DISTRICT_OF[code].lower() for code in MSOAS])
    found = read(msoas=bare, lads=gaps, lookup=names)
    assert list(found.msoas["msoa21nm"]) == list(msoas().sort_values("MSOA21CD")["MSOA21NM"])
    assert found.lads["lad21nm"][0] == NAME_OF["E06000001"]


def test_a_single_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One GeoPackage with a layer for each level serves as the source."""
    whole = msoas().merge(lookup(), on="MSOA21CD")
    lads().merge(regions().drop(columns="LAD21NM"), on="LAD21CD").to_file(tmp_path / "uk.gpkg", layer="districts")
    whole.to_file(tmp_path / "uk.gpkg", layer="neighbourhoods")
    use(monkeypatch, boundaries=tmp_path / "uk.gpkg")
    found = read_areas()
    assert (len(found.lads), len(found.msoas)) == (len(LADS), len(MSOAS))
    assert boundary_files() == [tmp_path / "uk.gpkg"]


def test_a_shapefile_has_several_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A shapefile named as the source counts with the files beside it, so that a changed table is seen."""
    write_table(tmp_path / "areas.shp", msoas())
    write_table(tmp_path / "other.shp", msoas())
    use(monkeypatch, boundaries=tmp_path / "areas.shp")
    assert {"areas.shp", "areas.dbf", "areas.prj"} <= {path.name for path in boundary_files()}
    assert not any(path.stem == "other" for path in boundary_files())


def test_districts_from_neighbourhoods(read: Read) -> None:
    """Without district boundaries they are made from the neighbourhoods, with a note."""
    found = read(lads=None)
    assert list(found.lads["lad21cd"]) == sorted(HERE)
    assert any("put together from the neighbourhoods" in note for note in found.notes)
    whole = lads().set_index("LAD21CD").geometry
    assert all(
        found.lads.set_index("lad21cd").geometry[code].equals(whole[code]) for code in ["E06000001", "W06000002"]
    )


def test_a_hexagon_layout_is_set_aside(read: Read) -> None:
    """A hexagon cartogram has codes and shapes but is no map: it is not used, with a note."""
    angles = np.arange(6) * np.pi / 3
    cells = [
        Polygon([(400_000 + 9_000 * n + 5_000 * np.cos(a), 300_000 + 5_000 * np.sin(a)) for a in angles])
        for n in range(len(MSOAS))
    ]
    found = read(hexes=gpd.GeoDataFrame({"msoa21cd": MSOAS}, geometry=cells, crs=27700))
    assert any("hexes.parquet is a hexagon layout" in note for note in found.notes)
    assert found.msoas.geometry.area.sum() == pytest.approx(13 * 1e8)


def test_the_published_hexagons_are_set_aside(read: Read, tmp_path: Path) -> None:
    """The Library's GeoPackage among the boundaries changes none: its outlines of districts are not of the ground."""
    plain = read()
    (tmp_path / "geo" / "MSOA_2021.gpkg").write_bytes(hexagons.gpkg())
    found = read()
    assert_geodataframe_equal(found.lads, plain.lads)
    assert_geodataframe_equal(found.msoas, plain.msoas)
    expected = "MSOA_2021.gpkg, layer 3 MSOA hex is a hexagon layout, not outlines; it is not used."
    assert [note for note in found.notes if note not in plain.notes] == [expected]


def test_only_a_hexagon_layout(read: Read) -> None:
    """With nothing but hexagons, the message says that they were found and not used."""
    angles = np.arange(6) * np.pi / 3
    cell = Polygon([(400_000 + 5_000 * np.cos(a), 300_000 + 5_000 * np.sin(a)) for a in angles])
    hexes = gpd.GeoDataFrame({"msoa21cd": MSOAS}, geometry=[cell] * len(MSOAS), crs=27700)
    text = refused(read, msoas=None, hexes=hexes)
    assert "holds no neighbourhood boundaries" in text
    assert "hexes.parquet is a hexagon layout" in text


def test_what_was_put_right_is_noted(read: Read) -> None:
    """An undeclared system, a crossed outline and rows of one area each leave a note that names the file."""
    shapes = list(msoas().geometry)
    west, south, east, north = shapes[0].bounds
    shapes[0] = Polygon([(west, south), (east, north), (east, south), (west, north)])
    crossed = msoas().set_geometry(shapes, crs=27700).set_crs(None, allow_override=True)
    found = read(
        msoas=crossed,
        lads=pd.concat(
            [lads(), lads()[:1].translate(0, 50_000).to_frame("geometry").join(lads().drop(columns="geometry"))]
        ),
    )
    assert [note for note in found.notes if "msoas.parquet" in note and "taken for EPSG:27700" in note]
    assert [note for note in found.notes if "msoas.parquet" in note and f"repaired ({MSOAS[0]})" in note]
    assert [note for note in found.notes if "lads.parquet" in note and "E06000001" in note and "joined" in note]
    assert len(found.lads) == len(LADS)


def test_districts_without_neighbourhoods_are_noted(read: Read) -> None:
    """A district of England or Wales without one neighbourhood boundary is named in a note; a Scottish one has none."""
    some = [code for code in MSOAS if DISTRICT_OF[code] != "E06000002"]
    found = read(msoas=msoas()[msoas()["MSOA21CD"].isin(some)])
    assert any("1 district has no neighbourhood boundaries: Middlesbrough." in note for note in found.notes)
    assert not any(NAME_OF["S12000033"] in note for note in read().notes)


# --- what is refused ------------------------------------------------------------------------------


def test_nothing_chosen(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """With no boundaries named and none to be fetched, the message says what to download and set."""
    use(monkeypatch, data=tmp_path)
    with pytest.raises(EcMapsError) as caught:
        boundary_files()
    for part in (
        "December 2021",
        "MSOA21CD with LAD21CD or LAD22CD",
        "geoportal.statistics.gov.uk",
        "EC_MAPS_BOUNDARIES",
    ):
        assert part in str(caught.value)


def test_a_folder_that_is_not_there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A misspelt folder is named."""
    use(monkeypatch, boundaries=tmp_path / "goe")
    with pytest.raises(BoundaryError, match=r"EC_MAPS_BOUNDARIES names .*/goe, which does not exist"):
        boundary_files()


def test_an_empty_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A folder without any table says which formats can be read, and which files of others there are."""
    write_zip(tmp_path / "lads.zip", {"read me.txt": "x"})
    (tmp_path / "lookup.xlsx").write_bytes(b"PK")
    use(monkeypatch, boundaries=tmp_path)
    with pytest.raises(BoundaryError, match=r"Shapefile, CSV, or a zip of these\)\. Not read: lads\.zip, lookup\.xlsx"):
        read_areas()


@pytest.mark.parametrize(("table", "level"), [("lads", "LAD"), ("msoas", "MSOA")])
def test_two_sets_of_boundaries(read: Read, table: str, level: str) -> None:
    """Two sets of outlines of one level: both files are named, neither is chosen."""
    more = {"lads": lads, "msoas": msoas}[table]()
    text = refused(read, generalised=more)
    assert f"more than one set of {level} boundaries (generalised.parquet, {table}.parquet)" in text


@pytest.mark.parametrize(
    ("code", "year", "example"),
    [
        ("E06000065", "2023", "North Yorkshire"),
        ("E07000150", "2020", "Corby"),
        ("E08000038", "2025", "Barnsley"),
    ],
)
def test_districts_of_another_year(read: Read, code: str, year: str, example: str) -> None:
    """Districts of another year are refused by the code that gives them away, whatever the column is called."""
    text = refused(read, lads=lads().replace({"LAD21CD": {"E06000003": code}}))
    assert f"lads.parquet is of vintage {year} ({code} {example})" in text
    assert "December 2021 districts" in text


def test_neighbourhoods_of_2011(read: Read) -> None:
    """Neighbourhoods of 2011 under the name of 2021 are refused: nearly all codes match, and would hide the rest."""
    older = sorted(neighbourhood_codes("2011") - neighbourhood_codes("2021"))[0]
    text = refused(read, msoas=msoas().replace({"MSOA21CD": {MSOAS[0]: older}}))
    assert f"msoas.parquet is of vintage 2011 ({older})" in text
    assert "2021 MSOAs" in text


def test_columns_of_another_year(read: Read) -> None:
    """Files with columns of other years only are listed with those columns."""
    text = refused(read, msoas=msoas().rename(columns={"MSOA21CD": "MSOA11CD"}))
    assert "holds no neighbourhood boundaries" in text
    assert "msoas.parquet (msoa11cd, msoa21nm" in text
    text = refused(read, lookup=lookup().rename(columns={"LAD22CD": "LAD23CD"}))
    assert "no lookup from neighbourhood to district" in text
    assert "lookup.csv (msoa21cd, lad23cd" in text


def test_districts_of_2023_only(read: Read) -> None:
    """District boundaries of 2023 alone are no help: districts are put together from neighbourhoods, with a note."""
    found = read(lads=lads().rename(columns={"LAD21CD": "LAD23CD"}))
    assert any("put together from the neighbourhoods" in note for note in found.notes)


def test_a_lookup_of_2023_alone(read: Read) -> None:
    """Where districts come from the lookup alone, a lookup of another year is refused too."""
    text = refused(read, lads=None, lookup=lookup().replace({"LAD22CD": {"E06000003": "E06000065"}}))
    assert "lookup" in text
    assert "of vintage 2023 (E06000065 North Yorkshire)" in text


def test_a_lookup_that_does_not_fit(read: Read) -> None:
    """Districts that only the lookup knows are named."""
    text = refused(read, lookup=lookup().replace({"LAD22CD": {"E06000003": "E06000065"}}))
    assert "lack 1 of the districts that the neighbourhood lookup names (E06000065)" in text


def test_no_lookup(read: Read) -> None:
    """Without a lookup, the message says which columns are needed and which files there are."""
    text = refused(read, lookup=None)
    assert "no file has MSOA21CD with LAD21CD or LAD22CD" in text
    assert "msoas.parquet (msoa21cd, msoa21nm, geometry)" in text


def test_an_incomplete_lookup(read: Read) -> None:
    """Neighbourhoods that the lookup leaves out, or has with no district, are counted and listed."""
    empty = lookup().assign(LAD22CD=["", *lookup()["LAD22CD"][1:]])
    text = refused(read, lookup=empty[:-2])
    assert "3 of 39 neighbourhoods have no district in the lookup" in text
    assert MSOAS[0] in text


def test_a_lookup_of_overlaps(read: Read) -> None:
    """A best-fit lookup or two that disagree put a neighbourhood in two districts; it is listed with both."""
    other = pd.DataFrame({"msoa21cd": MSOAS[:2], "lad21cd": ["E06000009", "E06000009"]})
    text = refused(read, other=other)
    assert "put 2 neighbourhoods in more than one district" in text
    assert f"{MSOAS[0]}: " in text
    assert "E06000001" in text
    assert "E06000009" in text


def test_lookups_that_agree(read: Read) -> None:
    """Two lookups that say the same, and lookups of finer areas with a row for each, are no fault."""
    finer = pd.concat([lookup(), lookup()]).assign(LSOA21CD=[f"E01{n:06}" for n in range(2 * len(MSOAS))])
    assert len(read(finer=finer).msoas) == len(MSOAS)


def test_no_regions(read: Read) -> None:
    """Without a region lookup, the English districts are counted and the needed columns are named."""
    text = refused(read, regions=None)
    assert "11 of 14 districts have no region (Hartlepool, " in text
    assert "LAD21CD and RGN21NM" in text


def test_no_names(read: Read) -> None:
    """Where no file names any neighbourhood, as in a bare database, codes are used as names, and a note says so."""
    found = read(msoas=msoas().drop(columns="MSOA21NM"))
    assert list(found.msoas["msoa21nm"]) == list(found.msoas["msoa21cd"])
    assert any("no official names of neighbourhoods; their codes are used" in note for note in found.notes)


def test_districts_without_names(read: Read) -> None:
    """Districts that no file names, as those beyond the lookup of a database, have their official names."""
    found = read(lads=lads().drop(columns="LAD21NM"), regions=regions().drop(columns="LAD21NM"))
    assert dict(zip(found.lads["lad21cd"], found.lads["lad21nm"], strict=True)) == {
        code: NAME_OF[code] for code in LADS
    }


def test_some_names(read: Read) -> None:
    """Where some are named and others not, the latter are counted and listed by code."""
    names = msoas()["MSOA21NM"].where(msoas().index != 7)
    text = refused(read, msoas=msoas().assign(MSOA21NM=names))
    assert f"1 area has no name (msoa21nm) in any file: {MSOAS[7]}" in text


@pytest.mark.parametrize("crs", [4326, 27700])
def test_areas_without_an_outline(read: Read, crs: int) -> None:
    """An area with a code and no outline is named with its file."""
    areas = lads().to_crs(crs)
    areas.loc[2, "geometry"] = None
    assert "lads.parquet: 1 of 14 areas has no outline (E06000003)" in refused(read, lads=areas)


def test_an_empty_layer(read: Read) -> None:
    """A layer of no areas is not used and reported as empty."""
    text = refused(read, msoas=msoas()[:0])
    assert "msoas.parquet holds no areas" in text


# --- files as people save them --------------------------------------------------------------------


def zipped(folder: Path, table: gpd.GeoDataFrame, suffix: str, *, within: str = "") -> None:
    """Write a table of outlines and zip its files as the portal does, under a name that a browser gives."""
    path = write_table(folder / "unzipped" / f"areas{suffix}", table)
    parts = {f"{within}{part.name}": part.read_bytes() for part in path.parent.iterdir()}
    write_zip(folder / "geo" / f"{table.columns[1]} (it's 1).zip", parts)
    shutil.rmtree(path.parent)


@pytest.mark.parametrize(("suffix", "within"), [(".shp", ""), (".shp", "a folder/"), (".gpkg", ""), (".geojson", "")])
def test_outlines_are_read_inside_a_zip(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str, within: str
) -> None:
    """The zip that the portal makes of a shapefile or another file is read as it is, beside lookups in CSV."""
    write_boundaries(tmp_path / "geo", lads=None, msoas=None)
    zipped(tmp_path, lads().drop(columns="OBJECTID").assign(x=1)[["x", "LAD21CD", "LAD21NM", "geometry"]], suffix)
    zipped(tmp_path, msoas(), suffix, within=within)
    use(monkeypatch, boundaries=tmp_path / "geo")
    found = read_areas()
    assert list(found.lads["lad21cd"]) == sorted(LADS)
    assert dict(zip(found.msoas["msoa21cd"], found.msoas["lad21cd"], strict=True)) == DISTRICT_OF


def test_a_lookup_is_read_inside_a_zip(read: Read, tmp_path: Path) -> None:
    """A CSV in a zip is read too; a resource fork of macOS beside it is not."""
    content = regions().to_csv(index=False)
    write_zip(tmp_path / "geo" / "regions.zip", {"a/regions.csv": content, "__MACOSX/a/._regions.csv": b"\0\5"})
    assert "London" in set(read(regions=None).lads["rgn21nm"])


@pytest.mark.parametrize("content", [b"PK", b"<html>", b""])
def test_a_zip_that_is_none_is_named(read: Read, tmp_path: Path, content: bytes) -> None:
    """A zip that is cut short, or a web page, is an error with its name."""
    read()
    (tmp_path / "geo" / "lads.zip").write_bytes(content)
    assert "lads.zip cannot be read as .zip" in refused(read)


def test_pages_are_one_set(read: Read) -> None:
    """Files without a code in common are the pages of one set, in any order and coordinate system; a note says so."""
    pages = {"msoas": msoas()[30:], "b": msoas()[:10].to_crs(4326), "c": msoas()[10:30]}
    found = read(**pages, lookup=lookup()[:20], more=lookup()[20:])
    assert list(found.msoas["msoa21cd"]) == sorted(MSOAS)
    assert found.msoas.crs == "EPSG:27700"
    parts = "b.parquet, c.parquet, msoas.parquet were read as the parts of one set of MSOA boundaries."
    assert parts in found.notes
    assert dict(zip(found.msoas["msoa21cd"], found.msoas["lad21cd"], strict=True)) == DISTRICT_OF


def test_pages_that_overlap(read: Read) -> None:
    """Pages that share a few areas are refused with those areas: which of the two outlines is meant is not clear."""
    text = refused(read, msoas=msoas()[:21], b=msoas()[20:])
    assert f"MSOA boundaries (b.parquet, msoas.parquet): 1 area has two outlines ({MSOAS[20]})." in text
    assert "its parts may not overlap" in text


@pytest.mark.parametrize("level", ["lad", "msoa"])
def test_one_page_of_several_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, level: Literal["lad", "msoa"]
) -> None:
    """A first page alone is refused, whatever level is asked for, with the numbers and what to do."""
    use(monkeypatch, data=tmp_path, boundaries=write_boundaries(tmp_path / "geo", msoas=msoas()[:20]))
    with pytest.raises(
        BoundaryError, match=r"boundaries of 20 of the 39 neighbourhoods in its lookup\. The portal saves"
    ):
        load_boundaries(level)


def test_one_page_of_outlines_and_of_the_lookup(read: Read) -> None:
    """Where the lookup is one page too, the districts that are left without neighbourhoods tell."""
    text = refused(read, msoas=msoas()[:20], lookup=lookup()[:20])
    assert "6 districts have no neighbourhood boundaries" in text


ODD = ["\u00a0{}", "{}\u200b", "\ufeff{}", "{}\u00ad", "{}\u202f", "'{}'", '="{}"', " {}\t"]


@pytest.mark.parametrize("form", ODD)
def test_codes_are_cleaned_in_every_file(read: Read, form: str) -> None:
    """Invisible characters, odd spaces, quotes and Excel's formulas in codes do no harm, in outlines and lookups."""
    spoilt = [form.format(MSOAS[0].lower()), *MSOAS[1:]]
    wide = [code.translate({48 + n: 0xFF10 + n for n in range(10)}) for code in LADS]
    found = read(
        msoas=msoas().assign(MSOA21CD=spoilt),
        lookup=lookup().assign(MSOA21CD=spoilt),
        lads=lads().assign(LAD21CD=[form.format(code) for code in LADS]),
        regions=regions().assign(LAD21CD=wide).rename(columns={"RGN21NM": "\ufeffRGN21NM\u00a0"}),
    )
    assert dict(zip(found.msoas["msoa21cd"], found.msoas["lad21cd"], strict=True)) == DISTRICT_OF
    assert list(found.lads["lad21cd"]) == sorted(LADS)
    [note] = [note for note in found.notes if note.startswith("regions.csv: ")]
    assert len([note for note in found.notes if note.startswith("lads.parquet: ")]) == 1
    assert "fullwidth digit zero (U+FF10)" in note
    assert "in E06000001, row 1" in note


# --- what cannot be -------------------------------------------------------------------------------


def test_neighbourhoods_elsewhere(read: Read) -> None:
    """Neighbourhoods that do not lie in their districts are refused: both files are named, with where they lie."""
    moved = msoas().set_geometry(msoas().translate(0, 200_000))
    text = refused(read, msoas=moved)
    assert text.startswith(
        "lads.parquet and msoas.parquet do not lie on each other: 39 of 39 neighbourhoods lie outside"
    )
    assert "the neighbourhoods from 400, 500 to 530, 510 km: one of the two files is misplaced" in text


def test_a_lookup_sorted_by_one_column(read: Read) -> None:
    """A lookup whose columns no longer belong together puts neighbourhoods into districts where they do not lie."""
    text = refused(read, lookup=lookup().assign(LAD22CD=list(lookup()["LAD22CD"][::-1])))
    assert "Their extents agree: look at the lookup from neighbourhood to district" in text


def test_neighbourhoods_much_smaller_than_districts(read: Read) -> None:
    """Neighbourhoods that lie in their districts but do not fill them are refused."""
    small = [shape.buffer(-1_000) for shape in msoas().geometry]
    text = refused(read, msoas=msoas().set_geometry(small, crs=27700))
    assert "13 of 14 districts are twice or half the size of theirs" in text


@pytest.mark.parametrize(("table", "words"), [("lads", "local authorities"), ("msoas", "neighbourhoods")])
def test_areas_of_an_absurd_size(read: Read, table: str, words: str) -> None:
    """A layer in another unit, or with an area larger than any, is refused by name with what is usual."""
    whole = {"lads": lads(), "msoas": msoas()}[table]
    other = whole.set_geometry(whole.scale(0.05, 0.05, origin=(0, 0)))
    assert f"{table}.parquet cannot be boundaries of {words}: half of its areas are smaller than" in refused(
        read, **{table: other}
    )
    shapes = [box(0, 0, 600_000, 600_000), *whole.geometry[1:]]
    text = refused(read, **{table: whole.set_geometry(shapes, crs=27700)})
    assert f"{whole.iloc[0, 1 if table == 'lads' else 0]}, has 360,000, where" in text


# --- the cache ------------------------------------------------------------------------------------


def test_boundaries_are_kept(read: Read, tmp_path: Path) -> None:
    """Loaded boundaries equal those read, from the first time on, and lie in the cache."""
    fresh = read()
    for _ in range(2):
        assert_geodataframe_equal(load_boundaries("lad"), fresh.lads)
        assert_geodataframe_equal(load_boundaries("msoa"), fresh.msoas)
    assert len(list((tmp_path / "data" / "cache").iterdir())) == 2


def test_a_changed_file_is_seen(read: Read) -> None:
    """A changed lookup changes what is loaded."""
    read()
    assert set(load_boundaries("lad")["rgn21nm"]) >= {"London"}
    read(regions=regions().replace({"RGN21NM": {"London": "Capital"}}))
    assert set(load_boundaries("lad")["rgn21nm"]) >= {"Capital"}


def test_the_districts_of_england_and_wales(read: Read) -> None:
    """The list of districts has those of England and Wales, without outlines."""
    read()
    found = load_districts()
    assert list(found["lad21cd"]) == sorted(HERE)
    assert list(found.columns) == ["lad21cd", "lad21nm", "rgn21nm"]
    assert type(found) is pd.DataFrame


# --- the real ones --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def real(geo: Path) -> Areas:
    """Return the real areas."""
    with pytest.MonkeyPatch.context() as patch:
        use(patch, boundaries=geo)
        return read_areas()


def test_the_real_districts(real: Areas) -> None:
    """The real files have 374 districts, in twelve regions of which ten are England's and Wales's."""
    here = real.lads[real.lads["lad21cd"].str[0].isin(["E", "W"])]
    assert (len(real.lads), len(here)) == (374, 331)
    assert here["rgn21nm"].value_counts().to_dict() == {
        "North East": 12,
        "North West": 39,
        "Yorkshire and The Humber": 21,
        "East Midlands": 35,
        "West Midlands": 30,
        "East of England": 45,
        "London": 33,
        "South East": 64,
        "South West": 30,
        "Wales": 22,
    }
    assert real.lads.geometry.is_valid.all()


def test_the_real_neighbourhoods(real: Areas) -> None:
    """The real files have 7,264 neighbourhoods in 331 districts, as many in each as is known."""
    assert len(real.msoas) == real.msoas["msoa21cd"].nunique() == 7264
    counts = real.msoas["lad21nm"].value_counts()
    assert len(counts) == 331
    known = {
        "Birmingham": 132,
        "Leeds": 107,
        "Cornwall": 73,
        "Sheffield": 70,
        "Buckinghamshire": 67,
        "Bristol, City of": 57,
        "Telford and Wrekin": 24,
        "Redcar and Cleveland": 19,
        "Great Yarmouth": 13,
        "Rutland": 5,
        "City of London": 1,
        "Isles of Scilly": 1,
    }
    assert {name: int(counts[name]) for name in known} == known
    assert real.notes == ["msoa21_hex.parquet is a hexagon layout, not outlines; it is not used."]


def test_the_real_neighbourhoods_lie_in_their_districts(real: Areas) -> None:
    """A point inside each neighbourhood lies in or beside its district, but for one on a detached strip of river."""
    outlines = real.lads.set_index("lad21cd").geometry
    points = real.msoas.representative_point()
    away = points.distance(outlines.loc[real.msoas["lad21cd"]].reset_index(drop=True))
    assert list(real.msoas.loc[away > 1_000, "msoa21nm"]) in ([], ["Norwich 014"])


def test_real_districts_from_neighbourhoods(geo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the file of districts, the 331 are put together from the real neighbourhoods."""
    for path in geo.iterdir():
        if path.name != "lad21_uk.parquet":
            shutil.copy(path, tmp_path / path.name)
    use(monkeypatch, boundaries=tmp_path)
    found = read_areas()
    assert len(found.lads) == 331
    assert found.lads.geometry.is_valid.all()
    assert found.lads.area.sum() == pytest.approx(found.msoas.area.sum(), rel=1e-3)
