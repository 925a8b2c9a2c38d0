from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from ec_maps.boundaries import ons
from ec_maps.boundaries import table as boundaries_table
from ec_maps.errors import FetchError
from ec_maps.fetch.manifest import Brought
from ec_maps.geography.codes import neighbourhood_codes, official_districts
from fakes import country
from fakes.arcgis import FakeArcGIS
from fakes.faults import Request, Response

pytestmark = pytest.mark.network

DISTRICTS = "Local_Authority_Districts_December_2021_"
LADS = f"{DISTRICTS}UK_BGC_2022"
AREAS = "Middle_layer_Super_Output_Areas_December_2021_Boundaries_EW_BGC_V3"
LOOKUP, LOOKUP_2022, OUTPUT_AREAS = (
    "MSOA21_PCON25_LAD21_EW_LU",
    "MSOA21_WD22_LAD22_EW_LU_v2",
    "OA_LSOA_MSOA_EW_DEC_2021_LU_v3",
)
REGIONS, REGIONS_2022 = "LAD21_RGN21_EN_LU_e39114ca0d934551b012bba304cdd11f", "LAD22_RGN22_EN_LU"
TO_DISTRICT, TO_REGION = "msoa21_lad21_lookup", "lad21_rgn21_lookup"

Bring = Callable[[str], tuple[Brought, pd.DataFrame]]


@pytest.fixture(scope="module")
def server() -> Iterator[FakeArcGIS]:
    """Serve the whole country in simple outlines."""
    with FakeArcGIS() as fake:
        yield fake


@pytest.fixture
def bring(portal: FakeArcGIS, tmp_path: Path) -> Bring:
    """Return a function that downloads a key, and gives what is known of the file, and what is in it."""

    def brought(key: str) -> tuple[Brought, pd.DataFrame]:
        path = file_of(key, tmp_path)
        known = ons.bring(key, path)
        if path.suffix == ".csv":
            return known, pd.read_csv(path, dtype=str, keep_default_na=False)
        return known, gpd.read_parquet(path)

    return brought


def file_of(key: str, folder: Path) -> Path:
    """Return the file that a key is written to."""
    return folder / f"{key}{'.parquet' if key.endswith('boundaries') else '.csv'}"


def refused(bring: Bring, key: str) -> str:
    """Return the message for a key that is not available, in one paragraph without any query."""
    with pytest.raises(FetchError) as caught:
        bring(key)
    message = str(caught.value)
    assert "?" not in message
    assert "\n" not in message
    return message


def keep_only(portal: FakeArcGIS, *names: str) -> None:
    """Withdraw all services but these."""
    portal.services = {name: portal.services[name] for name in names}


def change(portal: FakeArcGIS, name: str, how: Callable[[pd.DataFrame], pd.DataFrame]) -> None:
    """Put something else in a service's place."""
    portal.put(name, how(portal.services[name].make().copy()))


def outlined(portal: FakeArcGIS, patch: pytest.MonkeyPatch, how: Callable[[np.ndarray], np.ndarray]) -> None:
    """Let the server send its outlines changed."""
    proper = portal._outlines
    patch.setattr(portal, "_outlines", lambda *arguments: how(proper(*arguments)))


# --- the whole country ------------------------------------------------------------------------------------------------


def test_every_district_comes(portal: FakeArcGIS, bring: Bring) -> None:
    """All 374 codes of the kingdom come once, sorted, in metres of the grid, with names in both languages."""
    known, lads = bring("lad21_boundaries")
    assert list(lads["LAD21CD"]) == sorted(official_districts())
    assert list(lads.columns) == ["LAD21CD", "LAD21NM", "LAD21NMW", "geometry"]
    assert lads.crs.to_epsg() == 27700
    cardiff = lads.set_index("LAD21CD").loc["W06000015"]
    assert (cardiff["LAD21NM"], cardiff["LAD21NMW"]) == ("Cardiff", "Caerdydd")
    assert (lads["LAD21NMW"] == "").sum() == 374 - 22
    assert known == Brought(
        address=f"{portal.url}/{LADS}/FeatureServer/0",
        name=LADS,
        resource="7ceb69f99a024752b97ddac6b0323ab0",
        date="2022-09-24T06:13:20Z",
        licence="Source: Office for National Statistics licensed under the Open Government Licence v.3.0",
        variant="generalised",
        notes=(f"{LADS}: 1 outline crossed itself and was repaired ({country.BOW_TIE_DISTRICT}).",),
    )


def test_every_neighbourhood_comes_in_pages(portal: FakeArcGIS, bring: Bring) -> None:
    """All 7,264 codes come once, sorted, 500 outlines at a time, with outlines as they were published."""
    _, msoas = bring("msoa21_boundaries")
    assert list(msoas["MSOA21CD"]) == sorted(neighbourhood_codes("2021"))
    assert list(msoas.columns) == ["MSOA21CD", "MSOA21NM", "MSOA21NMW", "geometry"]
    assert len(portal.seen("page")) == 15
    published = country.neighbourhoods().set_index("MSOA21CD").geometry
    fair = msoas.set_index("MSOA21CD").geometry.drop(country.BOW_TIE)
    assert (published[fair.index].hausdorff_distance(fair) < 0.1).all()


def test_every_neighbourhood_has_its_district(bring: Bring) -> None:
    """The lookup has one of the 331 districts for each of the 7,264 neighbourhoods."""
    known, lookup = bring(TO_DISTRICT)
    assert dict(zip(lookup["MSOA21CD"], lookup["LAD21CD"], strict=True)) == country.assignment()
    assert len(lookup) == 7264
    assert lookup["LAD21CD"].nunique() == 331
    assert known.name == LOOKUP
    assert known.variant == ""


def test_every_english_district_has_its_region(bring: Bring) -> None:
    """The lookup has one of the nine regions for each of the 309 districts of England."""
    known, lookup = bring(TO_REGION)
    assert list(lookup.columns) == ["LAD21CD", "LAD21NM", "RGN21CD", "RGN21NM"]
    assert list(lookup["RGN21NM"].value_counts().sort_values()) == [12, 21, 30, 30, 33, 35, 39, 45, 64]
    assert known.name == REGIONS


def test_the_same_data_make_the_same_bytes(bring: Bring, portal: FakeArcGIS, tmp_path: Path) -> None:
    """Fetched again, and in other pages, files are the same to the last byte."""
    first = {}
    for key in ons.TABLE_KEYS:
        bring(key)
        first[key] = file_of(key, tmp_path).read_bytes()
    portal.fault("err500_until_page", limit=400)
    for key in ons.TABLE_KEYS:
        bring(key)
        assert file_of(key, tmp_path).read_bytes() == first[key]


def test_what_comes_makes_the_table_of_areas(bring: Bring, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The four files are what the reading of boundaries needs, and no more."""
    for key in ons.TABLE_KEYS:
        bring(key)
    monkeypatch.setenv("EC_MAPS_BOUNDARIES", str(tmp_path))
    monkeypatch.setenv("EC_MAPS_SOURCE", "live")
    areas = boundaries_table.read_areas()
    assert len(areas.lads) == 374
    assert len(areas.msoas) == 7264
    english = {one.region for one in official_districts().values() if one.code[0] == "E"}
    assert set(areas.msoas["rgn21nm"]) == {*english, "Wales"}


@pytest.mark.full
def test_boundaries_of_true_size_take_little_memory(tmp_path: Path) -> None:
    """Two million vertices are read page by page: a fresh process stays below 600 MB."""
    if not Path("/proc/self/status").is_file():
        pytest.skip("the greatest memory of a process is read from /proc")
    script = (
        "import re, sys\n"
        "from pathlib import Path\n"
        "from ec_maps.boundaries import ons\n"
        "for key in ons.TABLE_KEYS:\n"
        "    ons.bring(key, Path(sys.argv[1]) / key)\n"
        "print(re.search(r'VmHWM:\\s*(\\d+) kB', Path('/proc/self/status').read_text())[1])\n"
    )
    with FakeArcGIS(districts=country.HEAVY_DISTRICTS, neighbourhoods=country.HEAVY_NEIGHBOURHOODS) as fake:
        done = subprocess.run(
            [sys.executable, "-c", script, str(tmp_path)],
            env={**os.environ, "EC_MAPS_ONS_URL": fake.url},
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    outlines = [gpd.read_parquet(tmp_path / key).geometry.to_numpy() for key in ons.TABLE_KEYS[:2]]
    assert shapely.get_num_coordinates(outlines[0]).sum() > 250_000
    assert shapely.get_num_coordinates(outlines[1]).sum() > 1_700_000
    assert int(done.stdout) < 600 * 2**10


# --- one candidate after the other ------------------------------------------------------------------------------------


def test_e1_all_services_withdrawn_says_which_were_tried_and_why_each_failed(
    portal: FakeArcGIS, bring: Bring, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The message has the one reason for all, the log each name with it; nothing is written."""
    keep_only(portal)
    with caplog.at_level("DEBUG", "ec_maps"):
        message = refused(bring, "lad21_boundaries")
    assert message.count("400 Invalid URL") == 1
    assert "has what is needed. Each of them failed alike: the portal refused the query" in message
    assert len(message) < 300
    for name in ("UK_BGC", "GB_BGC", "UK_BUC", "GB_BUC"):
        assert f"lad21_boundaries: {DISTRICTS}{name}_2022 – the portal refused the query (400 Inv" in caplog.text
        assert f"Asking {portal.url}/{DISTRICTS}{name}_2022/FeatureServer\n" in caplog.text
    assert "No service of the ONS portal (127.0.0.1:" in message
    assert not list(tmp_path.iterdir())


def test_e1_a_renamed_service_is_found_under_its_next_name(portal: FakeArcGIS, bring: Bring) -> None:
    """The next candidate of the same resolution serves, and a note says that the first was skipped."""
    portal.rename(AREAS, "MSOA_2021_EW_BGC_V3")
    known, msoas = bring("msoa21_boundaries")
    assert known.name == "MSOA_2021_EW_BGC_V3"
    assert len(msoas) == 7264
    assert known.notes[0].startswith(f"{AREAS} was skipped: the portal refused the query (400 Invalid URL)")


def test_another_resolution_that_stands_in_is_a_note(
    portal: FakeArcGIS, bring: Bring, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where full outlines are not available, generalised ones are used, and a note says so."""
    monkeypatch.setenv("EC_MAPS_RESOLUTION", "full")
    keep_only(portal, LADS)
    known, _ = bring("lad21_boundaries")
    assert known.name == LADS
    assert known.variant == "full"
    assert "Outlines of full resolution could not be downloaded; generalised ones are used." in known.notes


@pytest.mark.parametrize(
    ("resolution", "lads", "msoas"),
    [
        ("full", f"{DISTRICTS}UK_BFC_2022", AREAS.replace("BGC_V3", "BFC_V7")),
        ("super_generalised", f"{DISTRICTS}UK_BUC_2022", AREAS.replace("BGC", "BSC")),
    ],
)
def test_the_resolution_that_was_asked_for_comes_first(
    bring: Bring, monkeypatch: pytest.MonkeyPatch, resolution: str, lads: str, msoas: str
) -> None:
    """EC_MAPS_RESOLUTION chooses the services."""
    monkeypatch.setenv("EC_MAPS_RESOLUTION", resolution)
    assert bring("lad21_boundaries")[0].name == lads
    assert bring("msoa21_boundaries")[0].name == msoas


def test_e9_a_service_too_heavy_for_its_server_is_replaced_by_another(portal: FakeArcGIS, bring: Bring) -> None:
    """When even 25 outlines are too many, the next candidate is tried."""
    portal.fault("err500_until_page", on=LADS, limit=10)
    known, lads = bring("lad21_boundaries")
    assert known.name == f"{DISTRICTS}GB_BGC_2022"
    assert len(lads) == 363
    assert "cannot even answer with 25 rows" in known.notes[0]


def test_no_connection_is_reported_at_once(bring: Bring, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nobody listens, the other services on the host are not asked."""
    monkeypatch.setenv("EC_MAPS_ONS_URL", "http://127.0.0.1:9/arcgis")
    message = {refused(bring, key) for key in ons.TABLE_KEYS}
    assert message == {"No connection to 127.0.0.1:9 (refused)."}


@pytest.mark.parametrize("name", ["maintenance_html", "html403", "429", "503"])
def test_e18_a_host_that_sends_pages_is_not_asked_for_the_other_services(
    portal: FakeArcGIS, bring: Bring, name: str
) -> None:
    """A maintenance or challenge page, or a host that is busy, would meet every candidate alike."""
    portal.fault(name)
    refused(bring, TO_REGION)
    assert {record.path.split("/")[5] for record in portal.requests} == {REGIONS}


def test_a_silent_host_is_not_asked_for_the_other_services(
    portal: FakeArcGIS, bring: Bring, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is asked twice, and then given up."""
    monkeypatch.setenv("EC_MAPS_TIMEOUT", "0.5")
    portal.fault("stall")
    message = refused(bring, "msoa21_boundaries")
    assert message.startswith("No data from 127.0.0.1:")
    assert len(portal.requests) == 2


def test_offline_nothing_is_asked(portal: FakeArcGIS, bring: Bring, monkeypatch: pytest.MonkeyPatch) -> None:
    """EC_MAPS_OFFLINE is reported once."""
    monkeypatch.setenv("EC_MAPS_OFFLINE", "1")
    assert refused(bring, "msoa21_boundaries") == "EC_MAPS_OFFLINE is set, so 127.0.0.1 was not asked."
    assert not portal.requests


def test_what_was_there_stays_when_nothing_better_comes(portal: FakeArcGIS, bring: Bring, tmp_path: Path) -> None:
    """A file is written only when all of it is here."""
    path = file_of("lad21_boundaries", tmp_path)
    path.write_bytes(b"from before")
    portal.fault("dup_rows")
    refused(bring, "lad21_boundaries")
    assert path.read_bytes() == b"from before"


# --- the right thing under the right name -----------------------------------------------------------------------------


def test_e16_great_britain_serves_with_a_note(portal: FakeArcGIS, bring: Bring) -> None:
    """England and Wales are whole without Northern Ireland, which is named as left out."""
    keep_only(portal, f"{DISTRICTS}GB_BGC_2022")
    known, lads = bring("lad21_boundaries")
    assert len(lads) == 363
    assert f"{DISTRICTS}GB_BGC_2022 leaves out 11 districts of Northern Ireland." in known.notes


def test_e16_other_outlines_under_the_right_name_are_skipped(
    portal: FakeArcGIS, bring: Bring, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A layer that calls itself BUC is not taken for BGC."""
    proper = portal._layer
    monkeypatch.setattr(portal, "_layer", lambda service: {**proper(service), "name": "LAD_DEC_2021_UK_BUC"})
    keep_only(portal, LADS)
    assert "its outlines are of another kind (LAD_DEC_2021_UK_BUC, BUC)" in refused(bring, "lad21_boundaries")


@pytest.mark.parametrize(
    ("key", "service", "message"),
    [
        ("lad21_boundaries", LADS, "17 of 331 codes are missing"),
        ("lad21_boundaries", LADS, "vintage 2023 (e.g. E06000063 Cumberland"),
        ("msoa21_boundaries", AREAS, "rows where 7,264 or a few more were expected"),
        (TO_DISTRICT, LOOKUP, "rows where 7,264 or a few more were expected"),
    ],
)
def test_e16_another_edition_under_the_right_name_is_refused(
    portal: FakeArcGIS, bring: Bring, key: str, service: str, message: str
) -> None:
    """Districts of 2023 or neighbourhoods of 2011 under the columns of 2021 are known by their codes or number."""
    keep_only(portal, service)
    portal.fault("wrong_vintage")
    assert message in refused(bring, key)


def test_e16_the_number_alone_does_not_make_the_edition(portal: FakeArcGIS, bring: Bring) -> None:
    """As many neighbourhoods as there should be, a few of them of 2011, are mixed."""
    old = sorted(neighbourhood_codes("2011") - neighbourhood_codes("2021"))[:5]
    change(portal, LOOKUP, lambda rows: rows.assign(MSOA21CD=[*old, *rows["MSOA21CD"][5:]]))
    known, lookup = bring(TO_DISTRICT)
    assert known.name == LOOKUP_2022
    assert len(lookup) == 7264
    assert "5 of 7,264 codes are missing" in known.notes[0]
    assert f"5 are not of 2021 ({old[0]}" in known.notes[0]
    assert "vintage mixed" in known.notes[0]


@pytest.mark.parametrize(
    ("key", "service"), [("lad21_boundaries", LADS), ("msoa21_boundaries", AREAS), (TO_DISTRICT, LOOKUP)]
)
def test_e17_the_right_number_with_repeated_rows_is_refused(
    portal: FakeArcGIS, bring: Bring, key: str, service: str
) -> None:
    """Five areas twice and five not at all make the right count, and do not pass."""
    keep_only(portal, service)
    portal.fault("dup_rows")
    assert "codes are missing" in refused(bring, key)


def test_districts_of_2022_are_those_of_2021(portal: FakeArcGIS, bring: Bring) -> None:
    """A lookup to districts of 2022, which are the same, serves and is written as one to 2021."""
    portal.retire(LOOKUP)
    known, lookup = bring(TO_DISTRICT)
    assert known.name == LOOKUP_2022
    assert dict(zip(lookup["MSOA21CD"], lookup["LAD21CD"], strict=True)) == country.assignment()


def test_the_lookup_of_output_areas_serves_by_its_distinct_values(portal: FakeArcGIS, bring: Bring) -> None:
    """The last candidate has many rows an area; each pair is asked for once."""
    keep_only(portal, OUTPUT_AREAS)
    _, lookup = bring(TO_DISTRICT)
    assert dict(zip(lookup["MSOA21CD"], lookup["LAD21CD"], strict=True)) == country.assignment()
    assert len(portal.seen("page")) == 8


def test_d6_a_lookup_with_two_districts_for_an_area_is_skipped(portal: FakeArcGIS, bring: Bring) -> None:
    """A best fit that splits an area between districts is no answer; the next candidate is."""

    def split(rows: pd.DataFrame) -> pd.DataFrame:
        return pd.concat([rows, rows[:1].assign(LAD21CD="E08000035")], ignore_index=True)

    change(portal, LOOKUP, split)
    known, lookup = bring(TO_DISTRICT)
    assert known.name == LOOKUP_2022
    assert not lookup["MSOA21CD"].duplicated().any()
    assert "it puts 1 area in more than one place" in known.notes[0]


def test_d7_regions_of_the_other_nations_are_left_to_those_who_fill_them(portal: FakeArcGIS, bring: Bring) -> None:
    """A lookup that lists Wales and Scotland too, without a region, is read for England."""
    others = [(one.code, one.name, None, None) for one in official_districts().values() if one.code[0] != "E"]

    def whole(rows: pd.DataFrame) -> pd.DataFrame:
        return pd.concat([rows, pd.DataFrame(others, columns=rows.columns)], ignore_index=True)

    change(portal, REGIONS, whole)
    known, lookup = bring(TO_REGION)
    assert known.name == REGIONS
    assert len(lookup) == 309


def test_d8_a_lookup_that_lacks_areas_is_skipped(portal: FakeArcGIS, bring: Bring) -> None:
    """One row of each split area only, as in a lookup that ONS has out, is recognised by the missing codes."""
    change(portal, LOOKUP, lambda rows: pd.concat([rows[82:], rows[-82:]], ignore_index=True))
    known, _ = bring(TO_DISTRICT)
    assert known.name == LOOKUP_2022
    assert "82 of 7,264 codes are missing" in known.notes[0]


def test_a_lookup_to_districts_of_2023_is_skipped(portal: FakeArcGIS, bring: Bring) -> None:
    """Every neighbourhood has a district, but they are not those that the maps show."""

    def later(rows: pd.DataFrame) -> pd.DataFrame:
        return rows.assign(LAD21CD=rows["LAD21CD"].replace("E07000026", "E06000063"))

    change(portal, LOOKUP, later)
    known, _ = bring(TO_DISTRICT)
    assert known.name == LOOKUP_2022
    assert "1 of 331 codes is missing (E07000026) and 1 is not of 2021 (E06000063)" in known.notes[0]


def test_a_region_is_spelt_in_one_way(portal: FakeArcGIS, bring: Bring) -> None:
    """Yorkshire and the Humber is Yorkshire and The Humber."""
    change(portal, REGIONS, lambda rows: rows.replace("Yorkshire and The Humber", "YORKSHIRE AND THE HUMBER"))
    known, lookup = bring(TO_REGION)
    assert known.name == REGIONS
    assert (lookup["RGN21NM"] == "Yorkshire and The Humber").sum() == 21


@pytest.mark.parametrize(
    ("how", "message"),
    [
        (lambda rows: rows.replace("North East", "North"), "its regions are not the nine English ones"),
        (lambda rows: rows.assign(RGN21NM=" "), "it has no RGN21NM for 309 areas"),
        (lambda rows: rows.rename(columns={"RGN21CD": "RGN24CD"}), "no column RGN21CD or RGN22CD"),
        (lambda rows: pd.concat([rows, rows[:1].assign(RGN21CD="E12000009")]), "it puts 1 area in more than one"),
    ],
)
def test_regions_that_are_not_the_nine_are_skipped(
    portal: FakeArcGIS, bring: Bring, how: Callable[[pd.DataFrame], pd.DataFrame], message: str
) -> None:
    """The next candidate serves, under the names of 2021, and the reason is recorded."""
    change(portal, REGIONS, how)
    known, lookup = bring(TO_REGION)
    assert known.name == REGIONS_2022
    assert list(lookup.columns) == ["LAD21CD", "LAD21NM", "RGN21CD", "RGN21NM"]
    assert message in known.notes[0]


def test_without_any_lookup_our_own_regions_serve(portal: FakeArcGIS, bring: Bring) -> None:
    """Regions of 2021 do not change: our own table gives what ONS would, and a note says whose it is."""
    _, theirs = bring(TO_REGION)
    keep_only(portal)
    known, ours = bring(TO_REGION)
    pd.testing.assert_frame_equal(ours, theirs)
    assert known.address == ""
    assert "ec_maps's own table is used" in known.notes[0]


def test_boundaries_without_names_are_skipped(portal: FakeArcGIS, bring: Bring) -> None:
    """An area has to have a name; a missing Welsh one is no fault."""
    change(portal, LADS, lambda rows: rows.assign(LAD21NM=[None, *rows["LAD21NM"][1:]]))
    assert "it has no LAD21NM for 1 area" in bring("lad21_boundaries")[0].notes[0]
    keep_only(portal, AREAS)
    change(portal, AREAS, lambda rows: rows.drop(columns="MSOA21NMW"))
    assert set(bring("msoa21_boundaries")[1]["MSOA21NMW"]) == {""}


# --- outlines ---------------------------------------------------------------------------------------------------------


def test_f1_outlines_without_a_system_are_placed_by_their_extent(portal: FakeArcGIS, bring: Bring) -> None:
    """Metres of the grid were asked for; that they came is recognised by the extent, and reported."""
    portal.fault("no_crs")
    known, lads = bring("lad21_boundaries")
    assert lads.crs.to_epsg() == 27700
    assert lads.total_bounds[3] > 1_000_000
    assert any("by its extent it was taken for EPSG:27700" in note for note in known.notes)


def test_f1_outlines_without_a_system_that_fit_nowhere_are_refused(
    portal: FakeArcGIS, bring: Bring, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is guessed."""
    portal.fault("no_crs")
    outlined(portal, monkeypatch, lambda shapes: shapely.transform(shapes, lambda points: points + 5e6))
    assert "fits neither the British National Grid" in refused(bring, "lad21_boundaries")


def test_degrees_that_say_so_are_put_on_the_grid(
    portal: FakeArcGIS, bring: Bring, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that ignores the system and the precision asked for, and says which system it sends, does no harm."""
    proper = portal.respond

    def respond(request: Request) -> Response:
        request.query.pop("geometryPrecision", None)
        return proper(request)

    monkeypatch.setattr(portal, "respond", respond)
    keep_only(portal, f"{DISTRICTS}GB_BGC_2022")
    portal.fault("degrees")
    _, lads = bring("lad21_boundaries")
    welsh = lads[lads["LAD21CD"].str.startswith("W")].set_index("LAD21CD").geometry
    published = country.districts().set_index("LAD21CD").geometry.loc[welsh.index]
    assert (welsh.hausdorff_distance(published) < 1).all()


def test_degrees_to_one_decimal_are_refused(portal: FakeArcGIS, bring: Bring) -> None:
    """A server that ignores the system, but not the precision, has rounded its outlines to eleven kilometres."""
    portal.fault("degrees")
    assert "to one decimal, which is 11 kilometres" in refused(bring, "lad21_boundaries")


def test_f2_degrees_that_are_said_to_be_metres_are_refused(
    portal: FakeArcGIS, bring: Bring, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The whole kingdom within a few metres of the grid's corner is not drawn."""
    keep_only(portal, f"{DISTRICTS}GB_BGC_2022")
    outlined(portal, monkeypatch, lambda shapes: shapely.transform(shapes, lambda xy: xy / 2e5 + [-6, 50]))
    assert "they look like degrees" in refused(bring, "lad21_boundaries")


def test_f2_metres_that_are_said_to_be_degrees_are_refused(
    portal: FakeArcGIS, bring: Bring, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Coordinates are compared with the system that they are labelled with."""
    monkeypatch.setattr(portal, "_label", lambda *_: 4326)
    assert "they look like British National Grid" in refused(bring, "lad21_boundaries")


def test_f3_degrees_with_axes_swapped_are_refused(
    portal: FakeArcGIS, bring: Bring, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Latitude before longitude is known by the box of the kingdom."""
    keep_only(portal, f"{DISTRICTS}GB_BGC_2022")
    monkeypatch.setattr(portal, "_label", lambda *_: 4326)
    outlined(portal, monkeypatch, lambda shapes: shapely.transform(shapes, lambda xy: (xy / 2e5 + [-6, 50])[:, ::-1]))
    assert "latitude and longitude in the wrong order" in refused(bring, "lad21_boundaries")


@pytest.mark.parametrize(
    ("key", "code"), [("lad21_boundaries", country.BOW_TIE_DISTRICT), ("msoa21_boundaries", country.BOW_TIE)]
)
def test_f4_an_outline_that_crosses_itself_is_repaired_and_named(bring: Bring, key: str, code: str) -> None:
    """It stays a polygon of about its size, and the note names it."""
    known, areas = bring(key)
    assert areas.geometry.is_valid.all()
    assert set(areas.geom_type) == {"MultiPolygon"}
    assert any(f"crossed itself and was repaired ({code})" in note for note in known.notes)


def test_f5_an_area_without_an_outline_is_refused(portal: FakeArcGIS, bring: Bring) -> None:
    """It is named; a map would leave it empty."""
    portal.fault("null_geometry")
    keep_only(portal, LADS)
    first = country.districts()["LAD21CD"][0]
    assert f"1 of 374 areas has no outline ({first})" in refused(bring, "lad21_boundaries")


def test_f5_a_mixture_of_kinds_becomes_one(portal: FakeArcGIS, bring: Bring, monkeypatch: pytest.MonkeyPatch) -> None:
    """Polygons in collections, with lines beside them, come out as MultiPolygons of the same area."""

    def mixed(shapes: np.ndarray) -> np.ndarray:
        line = shapely.LineString([(400_000, 300_000), (401_000, 300_000)])
        return np.array([shapely.GeometryCollection([shape, line]) for shape in shapes], dtype=object)

    _, fair = bring("lad21_boundaries")
    outlined(portal, monkeypatch, mixed)
    _, lads = bring("lad21_boundaries")
    assert set(lads.geom_type) == {"MultiPolygon"}
    np.testing.assert_allclose(lads.area, fair.area)


def test_f6_an_outline_that_has_collapsed_is_refused(portal: FakeArcGIS, bring: Bring) -> None:
    """A narrow area that vanished in simplification is named, not lost."""
    portal.fault("rounding", to=2000)
    keep_only(portal, AREAS)
    message = refused(bring, "msoa21_boundaries")
    assert "no polygon" in message or "no outline" in message
    assert country.SLIVER in message


def test_f7_heights_are_dropped(portal: FakeArcGIS, bring: Bring, monkeypatch: pytest.MonkeyPatch) -> None:
    """Outlines are flat."""
    outlined(portal, monkeypatch, lambda shapes: shapely.force_3d(shapes, 7.0))
    _, lads = bring("lad21_boundaries")
    assert not lads.geometry.has_z.any()


def test_f8_an_area_in_several_rows_is_put_together(portal: FakeArcGIS, bring: Bring) -> None:
    """Islands in rows of their own, under one code, become one area, and a note says so."""

    def apart(rows: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
        return rows.explode(ignore_index=True)

    _, fair = bring("lad21_boundaries")
    change(portal, LADS, apart)
    known, lads = bring("lad21_boundaries")
    assert len(lads) == 374
    assert any(f"1 area was in more than one row and was joined ({country.SCILLY})" in note for note in known.notes)
    np.testing.assert_allclose(lads.area, fair.area)


def test_f9_a_hole_stays_a_hole(bring: Bring) -> None:
    """A lake is not filled."""
    _, msoas = bring("msoa21_boundaries")
    shape = msoas.set_index("MSOA21CD").geometry[country.HOLE]
    assert shapely.get_num_interior_rings(shape.geoms[0]) == 1


def test_f10_a_service_without_rows_is_refused(portal: FakeArcGIS, bring: Bring) -> None:
    """An empty collection is reported before anything is made of it."""
    keep_only(portal, LADS)
    portal.fault("truncated", keep=0, count=True)
    assert "it has 0 rows where 331 or a few more were expected" in refused(bring, "lad21_boundaries")


def test_f10_a_collection_without_features_is_refused(portal: FakeArcGIS, bring: Bring) -> None:
    """Nor is anything made of nothing where rows were announced."""
    keep_only(portal, LADS)
    portal.fault("truncated", keep=0)
    assert "it gave 0 of the 374 rows that it says it has" in refused(bring, "lad21_boundaries")
