from __future__ import annotations

from collections.abc import Iterator

import pytest
import shapely

from ec_maps.boundaries.arcgis import Rows, ServiceFault, open_layer, read
from ec_maps.fetch.http_errors import Fault
from fakes import country
from fakes.arcgis import FakeArcGIS, answered
from fakes.faults import Request, Response

pytestmark = pytest.mark.network

LEEDS, BIRMINGHAM = "E08000035", "E08000025"
AREAS = "Middle_layer_Super_Output_Areas_December_2021_Boundaries_EW_BGC_V3"
LOOKUP = "MSOA21_PCON25_LAD21_EW_LU"
OUTPUT_AREAS = "OA_LSOA_MSOA_EW_DEC_2021_LU_v3"
CODES = sorted(msoa for msoa, lad in country.assignment().items() if lad in (LEEDS, BIRMINGHAM))


@pytest.fixture(scope="module")
def server() -> Iterator[FakeArcGIS]:
    """Serve two districts and their 239 neighbourhoods, a hundred rows at a time at most."""
    with FakeArcGIS(only=[LEEDS, BIRMINGHAM], cap=100) as fake:
        yield fake


def areas(page: int = 500) -> Rows:
    """Return the neighbourhoods with their outlines."""
    return read(open_layer(AREAS, [("MSOA21CD",)]), ["MSOA21CD", "MSOA21NM"], least=239, page=page, label="areas")


def districts(service: str = LOOKUP, column: str = "LAD21CD") -> Rows:
    """Return the neighbourhoods with their districts."""
    return read(open_layer(service, [(column,)]), ["MSOA21CD", column], least=239, label="lookup")


def codes(rows: Rows) -> list[str]:
    """Return the codes of rows, in order."""
    return sorted(row[0] for row in rows.values)


def asked(portal: FakeArcGIS) -> list[tuple[int, int]]:
    """Return offset and size of every page that was asked for."""
    pages = [record.query for record in portal.seen("page")]
    return [(int(query["resultOffset"]), int(query["resultRecordCount"])) for query in pages]


def test_rows_come_whole_in_pages_of_a_unique_order(portal: FakeArcGIS) -> None:
    """Each area comes once, with its outline in metres, in as few pages as the server gives."""
    rows = areas()
    assert codes(rows) == CODES
    assert rows.system == "EPSG:27700"
    assert all(isinstance(shape, shapely.Polygon) for shape in rows.shapes)
    assert asked(portal) == [(0, 100), (100, 100), (200, 100)]
    assert {record.query["orderByFields"] for record in portal.seen("page")} == {"FID"}


def test_e2_rows_that_end_early_are_refused(portal: FakeArcGIS) -> None:
    """A hundred of 239 without a flag for more are not taken for all."""
    portal.fault("truncated")
    with pytest.raises(ServiceFault, match="it gave 100 of the 239 rows that it says it has"):
        areas()


def test_e2_a_count_that_agrees_with_cut_rows_is_refused(portal: FakeArcGIS) -> None:
    """What is expected is known beforehand, and not only from the server."""
    portal.fault("truncated", count=True)
    with pytest.raises(ServiceFault, match="it has 100 rows where 239 or a few more were expected"):
        areas()
    assert not portal.seen("page")


@pytest.mark.parametrize("flag", ["", "flag_top", "flag_both", "flag_absent"])
def test_e3_the_flag_of_more_to_come_may_be_anywhere(portal: FakeArcGIS, flag: str) -> None:
    """In the collection's properties, at the top, at both or nowhere: all rows come."""
    if flag:
        portal.fault(flag)
    assert codes(areas()) == CODES
    assert codes(districts()) == CODES


def test_e4_an_empty_page_is_not_the_end(portal: FakeArcGIS) -> None:
    """An empty page with more to come is asked for once more."""
    portal.fault("empty_page", on="page", times=1, after=1)
    assert codes(areas()) == CODES
    assert [offset for offset, _ in asked(portal)] == [0, 100, 100, 200]


def test_e4_empty_pages_without_end_are_given_up(portal: FakeArcGIS) -> None:
    """Two empty pages in a row end the reading, and rows are missing then."""
    portal.fault("empty_page", on="page", after=1)
    with pytest.raises(ServiceFault, match="it gave 100 of the 239 rows"):
        areas()
    assert len(asked(portal)) == 3


def test_e5_pages_of_a_server_without_order_do_not_overlap(portal: FakeArcGIS) -> None:
    """A server that shuffles its rows unless an order is set gives each one once."""
    portal.fault("dup_rows_without_order")
    assert codes(areas()) == CODES
    assert codes(districts()) == CODES


def test_e5_pages_that_overlap_nevertheless_are_refused(portal: FakeArcGIS, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that ignores the place to go on from gives its first rows for ever: they are not counted twice."""
    proper = portal.respond

    def respond(request: Request) -> Response:
        request.query.pop("resultOffset", None)
        return proper(request)

    monkeypatch.setattr(portal, "respond", respond)
    with pytest.raises(ServiceFault, match="it gave 100 of the 239 rows"):
        areas()
    assert len(portal.seen("page")) == 3


def test_e6_a_cap_lowered_on_the_way_skips_no_row(portal: FakeArcGIS) -> None:
    """The next page begins where the last one ended, not where it should have ended."""
    portal.fault("cap_lowered", on="page", after=1, to=30)
    assert codes(areas()) == CODES
    assert [offset for offset, _ in asked(portal)] == [0, 100, 130, 160, 190, 220]


def test_e6_short_pages_skip_no_row(portal: FakeArcGIS) -> None:
    """Half of what was asked for is no sign of the end."""
    portal.fault("short_pages", on="page", times=2)
    assert codes(areas()) == CODES


@pytest.mark.parametrize("code", [500, 504])
def test_e9_too_many_outlines_are_asked_for_in_smaller_pages(portal: FakeArcGIS, code: int) -> None:
    """A server that fails on large pages is asked for half as many until it manages, and stays at that."""
    portal.fault("err500_until_page", limit=30, code=code)
    assert codes(areas()) == CODES
    assert [size for _, size in asked(portal)][:3] == [100, 50, 25]
    assert {size for _, size in asked(portal)[2:]} == {25}


@pytest.mark.parametrize("name", ["500", "504", "err504"])
def test_e9_a_page_that_came_is_not_asked_for_again(portal: FakeArcGIS, name: str) -> None:
    """After a failure in the middle, reading goes on from there, with smaller pages."""
    portal.fault(name, on="page", after=1, times=1)
    assert codes(areas()) == CODES
    assert asked(portal) == [(0, 100), (100, 100), (100, 50), (150, 50), (200, 50)]


def test_e9_a_server_that_falls_silent_over_outlines_gets_smaller_pages(
    portal: FakeArcGIS, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page that does not come in time is a page too large."""
    monkeypatch.setenv("EC_MAPS_TIMEOUT", "1")
    portal.fault("stall", on="page", times=1)
    assert codes(areas()) == CODES
    assert asked(portal)[:2] == [(0, 100), (0, 50)]


def test_e9_a_server_that_never_manages_is_given_up(portal: FakeArcGIS) -> None:
    """The message says how few outlines were too many, and that coarser ones can be asked for."""
    portal.fault("err500_until_page", limit=10)
    with pytest.raises(ServiceFault, match="cannot even answer with 25 rows at a time") as caught:
        areas()
    assert "EC_MAPS_RESOLUTION" in str(caught.value)
    assert [size for _, size in asked(portal)] == [100, 50, 25, 25, 25, 25, 25, 25]


def test_e9_a_table_is_asked_for_in_smaller_pages_too(portal: FakeArcGIS) -> None:
    """What holds for outlines holds for the rows of a lookup."""
    portal.fault("err500_until_page", limit=60)
    assert codes(districts()) == CODES
    assert {size for _, size in asked(portal)[1:]} == {50}


def test_e10_a_busy_server_between_pages_is_waited_for(portal: FakeArcGIS) -> None:
    """A request to wait is no reason for smaller pages."""
    portal.fault("429", on="page", after=1, times=2, retry_after=7)
    assert codes(areas()) == CODES
    assert {size for _, size in asked(portal)} == {100}


def test_e10_a_host_that_stays_busy_between_pages_is_the_hosts_fault(portal: FakeArcGIS) -> None:
    """The next service would be refused too."""
    portal.fault("429", on="page", after=1)
    with pytest.raises(Fault, match="HTTP 429") as caught:
        areas()
    assert not isinstance(caught.value, ServiceFault)


def test_e15_a_layer_changed_while_it_is_read_is_read_again(portal: FakeArcGIS) -> None:
    """Pages of two editions are not put together."""
    portal.fault("edited_during_paging", on="page", times=1)
    assert codes(areas()) == CODES
    assert [offset for offset, _ in asked(portal)] == [0, 100, 200] * 2


def test_e15_a_layer_that_keeps_changing_is_given_up(portal: FakeArcGIS) -> None:
    """It is read twice at most."""
    portal.fault("edited_during_paging", on="page")
    with pytest.raises(ServiceFault, match="being changed at the moment"):
        areas()
    assert len(asked(portal)) == 6


def test_a_long_table_is_asked_for_its_distinct_values(portal: FakeArcGIS) -> None:
    """Of a table with several rows an area, each pair of codes comes once."""
    rows = districts(OUTPUT_AREAS, "LAD22CD")
    assert codes(rows) == CODES
    assert {record.query.get("returnDistinctValues") for record in portal.seen("page")} == {"true"}
    assert [offset for offset, _ in asked(portal)] == [0, 100, 200]


def test_a_server_without_distinct_values_gives_the_same(portal: FakeArcGIS, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the server sends all rows all the same, repeated ones are ignored."""
    proper = portal.respond

    def respond(request: Request) -> Response:
        request.query.pop("returnDistinctValues", None)
        return proper(request)

    monkeypatch.setattr(portal, "respond", respond)
    assert codes(districts(OUTPUT_AREAS, "LAD22CD")) == CODES


@pytest.mark.parametrize(
    ("geometry", "reason"),
    [
        ({"type": "Polygon", "coordinates": [[[0, 0], [1, 1]]]}, "its outline of E1 is not valid"),
        ({"type": "Blob", "coordinates": []}, "its outline of E1 is not valid"),
        ({"coordinates": []}, "does not have the expected form"),
        ({"type": "Polygon"}, "does not have the expected form"),
        ({"rings": [[[0, 0], [1, 0], [1, 1], [0, 0]]]}, "does not have the expected form"),
        ("POLYGON EMPTY", "does not have the expected form"),
    ],
)
def test_an_outline_that_is_none_is_a_fault_of_the_service(
    portal: FakeArcGIS, monkeypatch: pytest.MonkeyPatch, geometry: object, reason: str
) -> None:
    """Broken geometry ends in a sentence and not in a traceback."""
    layer = open_layer(AREAS, [("MSOA21CD",)])
    feature = {"type": "Feature", "id": 1, "geometry": geometry, "properties": {"MSOA21CD": "E1"}}
    collection = {"type": "FeatureCollection", "features": [feature], "count": 1}
    monkeypatch.setattr(portal, "respond", lambda _: answered(collection))
    with pytest.raises(ServiceFault, match=reason):
        read(layer, ["MSOA21CD"], least=1, page=500, label="areas")
