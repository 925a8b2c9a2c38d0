from __future__ import annotations

import csv
import hashlib
import io
import json
import time
import zipfile
from collections import Counter
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
import shapely

from fakes import country
from fakes.arcgis import FakeArcGIS
from fakes.hdx import IDS, SLUG, FakeHDX, lad_zip
from fakes.names import REPEATED, FakeNames
from fakes.tiles import FakeTiles

pytestmark = pytest.mark.network

LADS = "Local_Authority_Districts_December_2021_UK_BGC_2022"
MSOAS = "Middle_layer_Super_Output_Areas_December_2021_Boundaries_EW_BGC_V3"
OAS = "OA_LSOA_MSOA_EW_DEC_2021_LU_v3"


@pytest.fixture
def hdx() -> Iterator[FakeHDX]:
    """Return HDX in a normal mood."""
    with FakeHDX() as server:
        yield server


@pytest.fixture
def ons() -> Iterator[FakeArcGIS]:
    """Return the map services in a normal mood, with the whole country."""
    with FakeArcGIS() as server:
        yield server


@pytest.fixture
def http() -> Iterator[requests.Session]:
    """Return a client that keeps its connections."""
    with requests.Session() as session:
        yield session


def listed(hdx: FakeHDX, http: requests.Session) -> dict[str, dict[str, Any]]:
    """Return the resources of the dataset, by what they hold."""
    answer = http.get(f"{hdx.url}/api/3/action/package_show", params={"id": SLUG}).json()
    assert answer["success"] is True
    return {one["name"].rsplit("-", 2)[0]: one for one in answer["result"]["resources"]}


def queried(ons: FakeArcGIS, http: requests.Session, service: str, **query: object) -> dict[str, Any]:
    """Return the answer to a query, by default for all rows as GeoJSON."""
    whole = {"f": "geojson", "where": "1=1", **query}
    found: dict[str, Any] = http.post(f"{ons.url}/{service}/FeatureServer/0/query", data=whole).json()
    return found


# --- HDX ------------------------------------------------------------------------------------------


def test_a_download_is_redirected_to_another_port_and_its_mark_is_the_md5(hdx, http):
    """The site sends no file itself; the storage host does, with the MD5 as ETag."""
    answer = http.get(listed(hdx, http)["msoa"]["url"])
    assert [one.status_code for one in answer.history] == [302]
    assert urlsplit(answer.url).port == hdx.ports["storage"] != hdx.ports["site"]
    assert answer.headers["ETag"] == f'"{hashlib.md5(answer.content).hexdigest()}"'
    assert [record.status for record in hdx.seen("msoa")] == [302, 200]


def test_a_link_is_for_one_method_and_for_a_minute(hdx, http):
    """A link got with HEAD is refused to GET, and an old link to anyone."""
    address = listed(hdx, http)["local_authority"]["url"]
    link = http.head(address).headers["Location"]
    assert (http.head(link).status_code, http.get(link).status_code) == (200, 403)
    assert "SignatureDoesNotMatch" in http.get(link).text
    hdx.fault("expired", times=1)
    assert "Request has expired" in http.get(address).text
    assert http.get(address).status_code == 200


def test_the_site_does_not_notice_a_wrong_file_name_and_needs_none(hdx, http):
    """A wrong name is redirected to a file that is not there; without a name the right file comes."""
    resource = listed(hdx, http)["local_authority"]
    stale = http.get(f"{resource['alt_url']}local_authority-old.zip")
    assert [one.status_code for one in stale.history] == [302]
    assert stale.status_code == 404
    assert "NoSuchKey" in stale.text
    assert http.get(resource["alt_url"]).content == http.get(resource["alt_url"].rstrip("/")).content
    first = f"{hdx.url}/dataset/{SLUG}/resource_first/download"
    assert http.get(first).content == hdx.files["local_authority"]


def test_the_record_of_the_dataset_has_its_traps(hdx, http):
    """No size is right, no hash is given, times have no zone; an unknown dataset is a 404 in JSON."""
    for key, resource in listed(hdx, http).items():
        assert resource["id"] == IDS[key]
        assert resource["size"] != len(hdx.files[key])
        assert resource["hash"] == ""
        assert "+" not in resource["last_modified"]
        assert resource["alt_url"].endswith("/download/")
        assert resource["url"] == resource["download_url"] == resource["alt_url"] + resource["name"].lower()
    unknown = http.get(f"{hdx.url}/api/3/action/package_show", params={"id": "nothing"})
    assert (unknown.status_code, unknown.json()["success"]) == (404, False)


def test_the_zips_were_written_as_a_stream(hdx):
    """Every member has its sizes behind it, and the wanted CSV a column of numbers without a name."""
    for key, body in hdx.files.items():
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            assert archive.testzip() is None
            assert all(info.flag_bits & 8 for info in archive.infolist())
            assert all(info.filename.startswith(f"{key}/") for info in archive.infolist())
            text = archive.read(f"{key}/uk_economic_connectedness_20250301.csv").decode()
        header, *rows = csv.reader(text.splitlines())
        assert header[0] == ""
        codes = {row[header.index("lad_code" if key == "local_authority" else "zip_prediction")] for row in rows}
        assert len(rows) == 2 * len(codes)
        assert len(codes) == {"local_authority": 374, "msoa": 7264, "postcode_district": 180}[key]


def test_a_part_of_a_file_can_be_had(hdx, http):
    """A range is answered with 206, one that is not there with 416."""
    address, whole = listed(hdx, http)["local_authority"]["url"], hdx.files["local_authority"]
    part = http.get(address, headers={"Range": "bytes=10-19"})
    assert (part.status_code, part.content) == (206, whole[10:20])
    assert part.headers["Content-Range"] == f"bytes 10-19/{len(whole)}"
    assert http.get(address, headers={"Range": f"bytes={len(whole)}-"}).status_code == 416


def test_a_file_put_in_place_of_another_has_another_mark_and_time(hdx, http):
    """New content shows in the ETag and in the time of the last change, not in the address."""
    old = listed(hdx, http)["local_authority"]
    mark = http.get(old["url"]).headers["ETag"]
    hdx.files["local_authority"] = lad_zip(["E06000001"])
    new = listed(hdx, http)["local_authority"]
    assert new["url"] == old["url"]
    assert new["last_modified"] != old["last_modified"]
    assert http.get(new["url"]).headers["ETag"] != mark


# --- faults ---------------------------------------------------------------------------------------


def test_a_fault_ends_after_its_times_and_is_for_what_it_names(hdx, http):
    """Answers in place of the file come in order and then stop; the other resource is not touched."""
    hdx.fault("429", on="storage msoa", times=1, retry_after=-5)
    hdx.fault("html403", on="storage msoa", times=1)
    there = listed(hdx, http)
    limited, blocked, good = [http.get(there["msoa"]["url"]) for _ in range(3)]
    assert (limited.status_code, limited.headers["Retry-After"]) == (429, "-5")
    assert (blocked.status_code, blocked.headers["cf-mitigated"]) == (403, "challenge")
    assert good.content == hdx.files["msoa"]
    assert http.get(there["local_authority"]["url"]).status_code == 200
    with pytest.raises(ValueError, match="has no fault 'nonsense'"):
        hdx.fault("nonsense")


def test_a_short_body_is_short_with_and_without_its_length(hdx, http):
    """With a length the client can tell; without one the answer looks whole."""
    address = listed(hdx, http)["local_authority"]["url"]
    hdx.fault("truncate", on="storage", times=1, at=100)
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        http.get(address)
    hdx.fault("truncate", on="storage", times=1, at=100, length=False)
    answer = http.get(address)
    assert (answer.status_code, len(answer.content)) == (200, 100)
    assert "Content-Length" not in answer.headers
    hdx.fault("reset", on="storage", times=1)
    with pytest.raises(requests.exceptions.ConnectionError, match="reset"):
        http.get(address)


def test_a_stalled_answer_ends_when_the_server_stops(http):
    """Stopping takes no longer because somebody waits, and frees the port for a start at the same address."""
    with FakeHDX() as hdx:
        hdx.fault("stall", on="storage", where="body", at=10)
        answer = http.get(listed(hdx, http)["local_authority"]["url"], stream=True)
        begun = time.monotonic()
    assert time.monotonic() - begun < 5
    answer.close()
    ports = dict(hdx.ports)
    with pytest.raises(requests.ConnectionError):
        http.get(hdx.url)
    hdx.clear()
    with hdx:
        assert hdx.ports == ports
        assert http.get(listed(hdx, http)["local_authority"]["url"]).status_code == 200


# --- the map services -----------------------------------------------------------------------------


def test_the_map_services_count_as_the_real_ones_do(ons, http):
    """374 districts, of which 331 in England and Wales, and 7,264 neighbourhoods, each in one district."""
    counts = {"returnCountOnly": "true", "f": "json"}
    assert queried(ons, http, LADS, **counts) == {"count": 374}
    here = "LAD21CD LIKE 'E%' OR LAD21CD LIKE 'W%'"
    assert queried(ons, http, LADS, where=here, **counts) == {"count": 331}
    assert queried(ons, http, MSOAS, **counts) == {"count": 7264}
    pairs = {"outFields": "MSOA21CD,LAD22CD", "returnDistinctValues": "true", "returnGeometry": "false"}
    assert queried(ons, http, OAS, **pairs, **counts) == {"count": 7264}
    assert len(set(country.assignment().values())) == 331


def test_a_page_ends_at_the_cap_and_only_a_flag_says_so(ons, http):
    """The cap holds whatever is asked; the flag lies in `properties` in GeoJSON, on top in JSON, absent at the end."""
    asked = {"outFields": "MSOA21CD", "orderByFields": "MSOA21CD", "resultRecordCount": 9999, "outSR": 27700}
    pages = [queried(ons, http, MSOAS, **asked, resultOffset=start) for start in range(0, 8000, 2000)]
    assert [len(page["features"]) for page in pages] == [2000, 2000, 2000, 1264]
    assert [page.get("properties") for page in pages] == [{"exceededTransferLimit": True}] * 3 + [None]
    codes = {feature["properties"]["MSOA21CD"] for page in pages for feature in page["features"]}
    assert len(codes) == 7264
    plain = queried(ons, http, MSOAS, **asked, f="json", returnGeometry="false")
    assert (len(plain["features"]), plain["exceededTransferLimit"]) == (2000, True)
    assert len(queried(ons, http, OAS, outFields="OA21CD")["features"]) == 1000


def test_errors_come_with_http_200(ons, http):
    """A retired service, another layer, a field in other letters and a fault: 200, and an error in the body."""
    layer = f"{ons.url}/{MSOAS}/FeatureServer"
    ons.retire(LADS)
    for address in (f"{ons.url}/{LADS}/FeatureServer?f=json", f"{layer}/1?f=json"):
        answer = http.get(address)
        assert answer.status_code == 200
        assert answer.json() == {"error": {"code": 400, "message": "Invalid URL", "details": ["Invalid URL"]}}
    field = queried(ons, http, MSOAS, outFields="msoa21cd")["error"]
    assert field["details"] == ["'Invalid field: msoa21cd' parameter is invalid"]
    ons.fault("err504", on="page", times=1)
    assert queried(ons, http, MSOAS)["error"]["code"] == 504
    assert "features" in queried(ons, http, MSOAS, resultRecordCount=1)


def test_geojson_is_in_degrees_unless_asked_and_may_not_say_what_it_is_in(ons, http):
    """Without `outSR` the coordinates are degrees; with it metres, with or without a statement of it."""
    one = {"resultRecordCount": 1, "outFields": "*"}
    assert -9 < west_of(queried(ons, http, LADS, **one)) < 3
    metres = queried(ons, http, LADS, **one, outSR="27700")
    assert metres["crs"]["properties"]["name"] == "EPSG:27700"
    assert west_of(metres) > 10_000
    ons.fault("no_crs")
    assert "crs" not in queried(ons, http, LADS, **one, outSR="27700")


def west_of(collection: dict[str, Any]) -> float:
    """Return how far west the first outline of a collection reaches."""
    return float(shapely.from_geojson(json.dumps(collection["features"][0]["geometry"])).bounds[0])


def test_the_country_fits_together():
    """Only the bow-ties are invalid, the others share their edges, and the heavy country has the asked-for weight."""
    odd = {country.HOLE, country.ISLANDS, country.BOW_TIE, country.SLIVER}
    lads, areas = country.districts(2), country.neighbourhoods(2)
    assert list(lads.loc[~lads.is_valid, "LAD21CD"]) == [country.BOW_TIE_DISTRICT]
    assert list(areas.loc[~areas.is_valid, "MSOA21CD"]) == [country.BOW_TIE]
    assert shapely.coverage_is_valid(areas.geometry[~areas["MSOA21CD"].isin(odd)].to_numpy())
    heavy = country.districts(country.HEAVY_DISTRICTS), country.neighbourhoods(country.HEAVY_NEIGHBOURHOODS)
    weights = [shapely.get_num_coordinates(frame.geometry.to_numpy()).sum() for frame in heavy]
    assert weights == pytest.approx([270_000, 1_700_000], rel=0.05)
    for frame in (areas, heavy[1]):
        west, south, east, north = frame.total_bounds
        assert 82643 <= west < east <= 655989
        assert 5334 <= south < north <= 657600


# --- names and tiles ------------------------------------------------------------------------------


def test_the_file_of_names_has_a_mark_and_names_that_repeat(http):
    """The file begins with a byte order mark; 73 names stand twice, Welsh names only with Welsh codes."""
    with FakeNames() as names:
        body = http.get(names.url).content
    assert body.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(body.decode("utf-8-sig").splitlines()))
    assert len({row["msoa21cd"] for row in rows}) == len(rows) == 7264
    assert sum(number > 1 for number in Counter(row["msoa21hclnm"] for row in rows).values()) == REPEATED
    assert all(bool(row["msoa21hclnmw"]) == (row["msoa21cd"][0] == "W") for row in rows)
    assert {"&", "ŷ"} < set(body.decode())


def test_a_watermark_cannot_be_told_by_status_or_type(http):
    """Without a key the tile is as valid as with one, and another picture."""
    with FakeTiles() as tiles:
        address = tiles.template.format(z=7, x=63, y=42)
        clean = http.get(address)
        tiles.fault("watermark")
        marked = http.get(address)
        assert http.get(address, params={"key": "K"}).content == clean.content != marked.content
        assert [one.headers["Content-Type"] for one in (clean, marked)] == ["image/png"] * 2
