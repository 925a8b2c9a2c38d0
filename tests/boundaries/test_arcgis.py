from __future__ import annotations

from collections.abc import Iterator

import pytest

from ec_maps.boundaries.arcgis import Layer, ServiceFault, describe, open_layer, read
from ec_maps.fetch.http_errors import Fault
from fakes.arcgis import FakeArcGIS, answered

pytestmark = pytest.mark.network

LEEDS, BIRMINGHAM = "E08000035", "E08000025"
AREAS = "Middle_layer_Super_Output_Areas_December_2021_Boundaries_EW_BGC_V3"
NEEDED = [("MSOA21CD",), ("MSOA21NM",)]


@pytest.fixture(scope="module")
def server() -> Iterator[FakeArcGIS]:
    """Serve two districts and their 239 neighbourhoods."""
    with FakeArcGIS(only=[LEEDS, BIRMINGHAM]) as fake:
        yield fake


def refusal(service: str = AREAS) -> ServiceFault:
    """Return the fault of one service that must not open."""
    with pytest.raises(ServiceFault) as caught:
        open_layer(service, NEEDED).count()
    assert "?" not in str(caught.value)
    assert str(caught.value).startswith(f"{service}: ")
    return caught.value


def test_a_layer_says_what_it_is(portal: FakeArcGIS) -> None:
    """Its columns, its size, its id in the portal, its licence and when it was changed come from its description."""
    layer = open_layer(AREAS, NEEDED)
    assert layer == Layer(
        service=AREAS,
        address=f"{portal.url}/{AREAS}/FeatureServer/0",
        name=AREAS,
        item="7ceb69f99a024752b97ddac6b0323ab0",
        licence="Source: Office for National Statistics licensed under the Open Government Licence v.3.0",
        fields=layer.fields,
        object_id="FID",
        cap=2000,
        edited=1_664_000_000_000,
    )
    assert layer.field("nothing", "msoa21nmw") == "MSOA21NMW"
    assert layer.field("LAD21CD") == ""
    assert layer.date == "2022-09-24T06:13:20Z"
    assert layer.count() == 239


def test_e1_a_withdrawn_service_is_an_error_although_its_status_is_good(portal: FakeArcGIS) -> None:
    """What ONS has renamed answers 200 with an error in the body; it is reported with its code, not retried."""
    portal.retire(AREAS)
    fault = refusal()
    assert fault.kind == "missing"
    assert "400 Invalid URL" in fault.reason
    assert "renamed or withdrawn" in fault.reason
    assert len(portal.requests) == 1


def test_e1_a_refused_query_names_what_was_refused(portal: FakeArcGIS) -> None:
    """The detail that ArcGIS gives is in the message, and nothing is tried again."""
    portal.fault("err400", on="count")
    fault = refusal()
    assert fault.kind == "refused"
    assert "'Invalid field: LAD21CODE' parameter is invalid" in fault.reason
    assert len(portal.seen("count")) == 1


def test_e7_columns_are_found_whatever_their_case(portal: FakeArcGIS) -> None:
    """A layer of another year's spelling opens, and its columns are named as it names them."""
    portal.fault("lowercase_fields")
    assert open_layer(AREAS, NEEDED).field("MSOA21CD") == "msoa21cd"


def test_e7_a_layer_without_the_columns_is_refused_and_lists_its_own(portal: FakeArcGIS) -> None:
    """The message says which column is missing, by all names it may have, and which there are."""
    with pytest.raises(ServiceFault, match=r"no column LAD21CD or LAD22CD \(its columns: FID, MSOA21CD, MSOA21NM"):
        open_layer(AREAS, [("MSOA21CD",), ("LAD21CD", "LAD22CD")])


def test_e8_a_layer_may_have_any_number(portal: FakeArcGIS) -> None:
    """The service's own list is followed: /0 is never guessed."""
    portal.fault("layer3")
    layer = open_layer(AREAS, NEEDED)
    assert layer.address.endswith("/FeatureServer/3")
    assert layer.count() == 239
    assert not portal.seen("FeatureServer/0")


def test_e8_a_table_is_found_as_a_layer_is(portal: FakeArcGIS) -> None:
    """Lookups are tables, which a service lists apart from its layers."""
    assert open_layer("MSOA21_PCON25_LAD21_EW_LU", [("LAD21CD",)]).count() == 239


@pytest.mark.parametrize("name", ["429", "503", "504", "err429", "err500", "err503", "err504"])
def test_e10_a_busy_server_is_waited_for(portal: FakeArcGIS, name: str) -> None:
    """A page of HTML with a bad status, and a bad code in an answer of 200, pass: three of them are outlasted."""
    portal.fault(name, times=3)
    assert open_layer(AREAS, NEEDED).count() == 239
    assert len(portal.requests) == 6


@pytest.mark.parametrize("name", ["429", "503"])
def test_e10_a_server_that_stays_busy_is_given_up(portal: FakeArcGIS, name: str) -> None:
    """After six tries it is left alone, and the fault is the host's: no other service need be tried."""
    portal.fault(name)
    with pytest.raises(Fault, match=f"HTTP {name}") as caught:
        open_layer(AREAS, NEEDED)
    assert caught.value.kind == "busy"
    assert not isinstance(caught.value, ServiceFault)
    assert len(portal.requests) == 6


def test_e10_a_service_that_stays_busy_may_be_replaced_by_another(portal: FakeArcGIS) -> None:
    """An error that the host gives for one service is that service's."""
    portal.fault("err503")
    fault = refusal()
    assert fault.kind == "busy"
    assert "503 An error occurred" in fault.reason


def test_e11_json_counts_whatever_type_it_is_said_to_be(portal: FakeArcGIS) -> None:
    """Answers sent as plain text or as HTML are read by their content."""
    portal.fault("text_plain", type="text/html; charset=utf-8")
    assert open_layer(AREAS, NEEDED).count() == 239


@pytest.mark.parametrize("name", ["token498", "token499"])
def test_e12_a_service_that_needs_a_token_is_not_asked_again(portal: FakeArcGIS, name: str) -> None:
    """A layer made private will not open by trying."""
    portal.fault(name)
    fault = refusal()
    assert fault.kind == "refused"
    assert "no longer public" in fault.reason
    assert len(portal.requests) == 1


def test_e18_a_maintenance_page_is_no_answer(portal: FakeArcGIS) -> None:
    """A page with a good status is reported as a page of the host, and not parsed."""
    portal.fault("maintenance_html")
    with pytest.raises(Fault, match="answered with a web page") as caught:
        open_layer(AREAS, NEEDED)
    assert caught.value.kind == "blocked"
    assert not isinstance(caught.value, ServiceFault)


def test_e19_a_name_is_quoted_in_the_address(portal: FakeArcGIS) -> None:
    """Spaces and parentheses, which nine services of ONS have, reach the server as they are."""
    name = "MSOA (2021) to LAD/EW"
    portal.rename("MSOA21_PCON25_LAD21_EW_LU", "MSOA (2021) EW")
    assert open_layer("MSOA (2021) EW", NEEDED).count() == 239
    assert "/MSOA%20%282021%29%20EW/FeatureServer/0" in open_layer("MSOA (2021) EW", NEEDED).address
    assert refusal(name).kind == "missing"


@pytest.mark.parametrize(
    "answer",
    [
        [],
        {"layers": 3},
        {"layers": [{}]},
        {"layers": [{"id": 0}], "fields": ["MSOA21CD"]},
        {"error": "no"},
        {"error": []},
        {"layers": []},
    ],
)
def test_an_answer_of_another_build_is_a_fault_of_the_service(
    portal: FakeArcGIS, monkeypatch: pytest.MonkeyPatch, answer: object
) -> None:
    """JSON that no such server should send ends in a sentence and not in a traceback."""
    monkeypatch.setattr(portal, "respond", lambda _: answered(answer))
    refusal()


def test_half_an_answer_is_asked_for_again(portal: FakeArcGIS) -> None:
    """JSON that was cut short on the way is not parsed as far as it goes."""
    portal.fault("truncate", times=1)
    portal.fault("bad_json", times=1)
    assert open_layer(AREAS, NEEDED).count() == 239


def test_a_count_that_is_none_is_a_fault(portal: FakeArcGIS, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a number of rows there is nothing to check them against."""
    layer = open_layer(AREAS, NEEDED)
    monkeypatch.setattr(portal, "respond", lambda _: answered({"count": "many"}))
    with pytest.raises(ServiceFault, match="does not say how many rows"):
        layer.count()


LAYER = {"fields": [{"name": "LAD21CD"}], "objectIdField": "LAD21CD", "editingInfo": {"lastEditDate": 10**17}}
FEATURE = {"properties": {"LAD21CD": "E06000001"}, "geometry": {"type": "Point", "coordinates": [1, 2]}}


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        ({"error": {"code": 400, "message": "no", "details": True}}, "refused the query .400 no"),
        ({"features": [FEATURE | {"geometry": {"type": "", "coordinates": ""}}]}, "outline of E06000001 is not valid"),
        ({"features": [FEATURE | {"geometry": []}]}, "is not valid|expected form"),
        ({"features": [FEATURE], "crs": {"properties": {"name": {"a": []}}}}, ""),
    ],
    ids=["details", "no type", "no outline", "system"],
)
def test_answers_of_another_form(answer: object, fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a server may send in place of a list, a name, an outline or a date is a fault of it, or is no date."""
    answers = {"query": answer, "count": {"count": 1}, "layer": LAYER}

    def get_json(address: str, params: dict[str, str]) -> object:
        return answers["count" if "returnCountOnly" in params else "query" if "query" in address else "layer"]

    monkeypatch.setattr("ec_maps.fetch.http.get_json", get_json)
    layer = describe("LAD", "https://a/0")
    assert layer.date == ""
    if not fault:
        assert read(layer, ["LAD21CD"], least=1, page=5, label="").system == "{'a': []}"
        return
    with pytest.raises(ServiceFault, match=fault):
        read(layer, ["LAD21CD"], least=1, page=5, label="")
