"""Queries to the ArcGIS feature services of the ONS: what a service holds, its rows and its errors.

These servers report errors with HTTP 200, spell columns differently from year to year, and rename services.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from ec_maps import settings
from ec_maps.errors import listed
from ec_maps.fetch import http
from ec_maps.fetch.http_errors import Fault, FaultKind

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

logger = logging.getLogger(__name__)

#: The rows on a page where a layer does not state its limit.
_CAP = 1000

#: In milliseconds since 1970; later moments are no dates.
_YEAR_10000 = 253_402_300_800_000

_PASSING = (429, 500, 502, 503, 504)
_TOKEN = (498, 499)


class ServiceFault(Fault):
    """The failure of one `service`, for a `reason`, where another service on the same host may do better."""

    def __init__(self, service: str, reason: str, kind: FaultKind = "wrong", status: int = 0) -> None:
        super().__init__(f"{service}: {reason}.", kind, status=status)
        self.service = service
        self.reason = reason


@dataclass(frozen=True)
class Layer:
    """A layer or a table of a service, as it describes itself; `name`, `item` and `licence` may be empty.

    `fields` gives the names of its columns by their lower-case form, `object_id` the column that numbers the rows
    (empty if there is none), `cap` the most rows that it gives at once, and `edited` when it was last changed, in
    milliseconds since 1970 (None if it does not say).
    """

    service: str
    address: str
    name: str
    item: str
    licence: str
    fields: Mapping[str, str]
    object_id: str
    cap: int
    edited: int | None

    def field(self, *names: str) -> str:
        """Return the first of these columns that the layer has, as the layer spells it; empty if it has none."""
        return next((self.fields[name.casefold()] for name in names if name.casefold() in self.fields), "")

    @property
    def date(self) -> str:
        """When it was last changed, in UTC; empty if it does not say."""
        if self.edited is None:
            return ""
        return datetime.fromtimestamp(self.edited / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    def count(self) -> int:
        """Return how many rows there are; :class:`Fault` if the service does not say."""
        params = {"where": "1=1", "returnCountOnly": "true"}
        number = _patiently(f"{self.address}/query", self.service, params).get("count")
        if not isinstance(number, int):
            raise ServiceFault(self.service, "it does not say how many rows it has")
        return number


def open_layer(service: str, needed: Sequence[tuple[str, ...]]) -> Layer:
    """Return the first layer or table of a service of the ONS that has the columns.

    Parameters
    ----------
    service
        The service's name, unquoted.
    needed
        The columns; each may go by any one of several names, in letters of either case.

    Raises
    ------
    ServiceFault
        If the service does not exist, does not allow this, or no layer of it has the columns.
    Fault
        If the host does not answer.
    """
    root = f"{settings.ons_url()}/{quote(service, safe='')}/FeatureServer"
    answer = _patiently(root, service, {})
    with understood(service):
        numbers = [entry["id"] for part in ("layers", "tables") for entry in answer.get(part) or []]
    lacks = "it has no layer"
    for number in numbers:
        layer = describe(service, f"{root}/{number}")
        missing = [" or ".join(names) for names in needed if not layer.field(*names)]
        if not missing:
            return layer
        lacks = f"it has no column {listed(missing)} (its columns: {listed(list(layer.fields.values()), 6)})"
    raise ServiceFault(service, lacks)


def describe(service: str, address: str) -> Layer:
    """Return a layer's description of itself; :class:`Fault` if it cannot be understood."""
    answer = _patiently(address, service, {})
    with understood(service):
        fields = answer.get("fields") or []
        numbered = [entry["name"] for entry in fields if entry.get("type") == "esriFieldTypeOID"]
        cap, edited = answer.get("maxRecordCount"), (answer.get("editingInfo") or {}).get("lastEditDate")
        return Layer(
            service=service,
            address=address,
            name=str(answer.get("name") or ""),
            item=str(answer.get("serviceItemId") or ""),
            licence=re.sub(r"(?:<[^>]*>|\s)+", " ", str(answer.get("copyrightText") or "")).strip()[:300],
            fields={entry["name"].casefold(): entry["name"] for entry in fields},
            object_id=str(answer.get("objectIdField") or next(iter(numbered), "")),
            cap=cap if isinstance(cap, int) and cap > 0 else _CAP,
            edited=edited if isinstance(edited, int) and 0 <= edited < _YEAR_10000 else None,
        )


@contextmanager
def understood(service: str) -> Iterator[None]:
    """Turn exceptions over an answer of unexpected form into a fault of the service."""
    try:
        yield
    except (AttributeError, KeyError, TypeError) as error:
        reason = f"its answer does not have the expected form ({type(error).__name__}: {error})"
        raise ServiceFault(service, reason) from None


def ask(address: str, service: str, params: Mapping[str, str]) -> dict[str, Any]:
    """Return the server's answer, in one try; errors that come with HTTP 200 become faults.

    Raises
    ------
    ServiceFault
        If the answer is an error of the service, or not a JSON object.
    Fault
        If there is no answer.
    """
    answer = http.get_json(address, {"f": "json", **params})
    if not isinstance(answer, dict):
        raise ServiceFault(service, "its answer is not a JSON object")
    error = answer.get("error")
    if error is None:
        return answer
    code = error.get("code", 0) if isinstance(error, dict) else 0
    text = _error_text(error)
    if code in _PASSING:
        raise ServiceFault(service, f"the portal cannot answer at the moment ({text})", "busy", code)
    gone = "invalid url" in text.casefold()  # the server says so with code 400, as it does of a faulty query
    why = ": it may have been renamed or withdrawn" if gone else ""
    why = ": it needs a token, so it is no longer public" if code in _TOKEN else why
    raise ServiceFault(service, f"the portal refused the query ({text}){why}", "missing" if gone else "refused")


def _patiently(address: str, service: str, params: Mapping[str, str]) -> dict[str, Any]:
    return http.patiently(partial(ask, address, service, params))


def _error_text(error: object) -> str:
    """Return an error's code, its message and the first detail that adds to it, without any address's query."""
    if not isinstance(error, dict):
        return str(error).split("?", 1)[0][:200]
    message = str(error.get("message") or "no reason given").strip()
    given = error.get("details")
    details = [str(detail).strip() for detail in (given if isinstance(given, list) else [])]
    adds = next((detail for detail in details if detail not in ("", message)), "")
    return f"{error.get('code', '')} {message} {adds}".split("?", 1)[0][:200].strip(" .")


# --- all rows of a layer, or none -------------------------------------------------------------------
#
# These servers cut answers short, often without saying so, and fail on too many outlines at once. So rows are
# counted first, asked for in pages of a fixed order, and counted again at the end.


#: The most rows on a page of a table, and the fewest that pages are reduced to.
TABLE_PAGE = 2000
LEAST_PAGE = 25

_TOO_MUCH = (500, 504)

#: Key, values and outline of each row of a page, the outlines' coordinate system, and whether there are more pages.
_Page = tuple[list[tuple[object, tuple[str, ...], "BaseGeometry | None"]], str | None, bool]


@dataclass
class Rows:
    """Rows of a layer: text by column in the order asked for, outlines, and the outlines' coordinate systems."""

    values: list[tuple[str, ...]] = field(default_factory=list)
    shapes: list[BaseGeometry | None] = field(default_factory=list)
    systems: set[str | None] = field(default_factory=set)

    @property
    def system(self) -> str | None:
        """The coordinate system as the server names it; None if it does not."""
        return next(iter(self.systems), None)


def read(layer: Layer, columns: Sequence[str], *, least: int, page: int = 0, label: str) -> Rows:
    """Return all rows of a layer, each once.

    If the layer is changed while it is read, it is read once more.

    Parameters
    ----------
    layer, columns
        The layer, and the columns as it spells them.
    least
        How many rows there must be. Where a table has more, each combination of values is asked for once only.
    page
        How many outlines to ask for at once, in metres of the British National Grid to one decimal; 0 for none.
    label
        The label of the progress bar, which shows on a terminal only.

    Raises
    ------
    ServiceFault
        If rows are missing or cannot be read.
    Fault
        If the host does not answer.
    """
    for _ in range(2):
        count = layer.count()
        if count < least or (page and count > 2 * least):
            reason = f"it has {count:,} rows where {least:,} or a few more were expected"
            raise ServiceFault(layer.service, reason)
        distinct = not page and count > least
        rows = _read_pages(layer, columns, least if distinct else count, distinct=distinct, page=page, label=label)
        now = describe(layer.service, layer.address)
        if now.edited == layer.edited:
            break
        logger.info("%s was changed while it was read; reading it again.", layer.service)
        layer = now
    else:
        reason = "it is being changed at the moment: twice it was not the same before and after it was read"
        raise ServiceFault(layer.service, reason)
    if not distinct and len(rows.values) != count:
        raise ServiceFault(layer.service, f"it gave {len(rows.values):,} of the {count:,} rows that it says it has")
    if len(rows.systems) > 1:
        reason = f"its pages are in different coordinate systems ({listed(sorted(map(str, rows.systems)))})"
        raise ServiceFault(layer.service, reason)
    return rows


def _read_pages(layer: Layer, columns: Sequence[str], expected: int, *, distinct: bool, page: int, label: str) -> Rows:
    """Return the rows of all pages: fewer than expected if no more come, and some more if more come."""
    from tqdm import tqdm

    key = "" if distinct else layer.object_id
    query = {
        "where": "1=1",
        "outFields": ",".join(dict.fromkeys([*columns, *filter(None, [key])])),
        # Without a unique order, pages overlap and miss rows.
        "orderByFields": key or ",".join(columns),
        "returnGeometry": "true" if page else "false",
    }
    if distinct:
        query["returnDistinctValues"] = "true"
    if page:
        query |= {"outSR": "27700", "geometryPrecision": "1", "f": "geojson"}
    most = 2 * expected if distinct else expected
    rows, seen = Rows(), set[object]()
    size, received, fruitless, more = min(layer.cap, page or TABLE_PAGE), 0, 0, True
    with tqdm(total=expected, unit=" areas", desc=label, disable=None, leave=False) as bar:
        # A page may be short, or empty, with more to come; it is never taken for the last one while rows are missing.
        while fruitless < 2 and len(seen) <= most and (more or len(seen) < expected):
            (page_rows, system, more), size = _page(layer, columns, key, query | {"resultOffset": str(received)}, size)
            before = len(seen)
            for row_key, values, shape in page_rows:
                if row_key not in seen:
                    seen.add(row_key)
                    rows.values.append(values)
                    rows.shapes.append(shape)
            rows.systems |= {system} if page_rows else set()
            received += len(page_rows)
            fruitless = fruitless + 1 if len(seen) == before else 0
            bar.update(len(seen) - before)
    return rows


def _page(layer: Layer, columns: Sequence[str], key: str, query: dict[str, str], size: int) -> tuple[_Page, int]:
    """Return one page, and how many rows it was asked for: fewer than `size` if that is too much for the server."""

    def once() -> _Page | None:
        asked = query | {"resultRecordCount": str(size)}
        try:
            return _parsed(ask(f"{layer.address}/query", layer.service, asked), layer, columns, key)
        except Fault as fault:
            if size > LEAST_PAGE and _is_too_much(fault):
                return None
            raise

    while True:
        try:
            got = http.patiently(once)
        except Fault as fault:
            if not _is_too_much(fault):
                raise
            why = fault.reason if isinstance(fault, ServiceFault) else str(fault).rstrip(".")
            reason = f"it cannot even answer with {size} rows at a time ({why})"
            if query["returnGeometry"] == "true":
                reason += "; its outlines may be too fine for it, and EC_MAPS_RESOLUTION can ask for coarser ones"
            raise ServiceFault(layer.service, reason, fault.kind, fault.status) from None
        if got is not None:
            return got, size
        size = max(size // 2, LEAST_PAGE)
        logger.info("%s cannot give so many rows at once; asking for %d at a time.", layer.service, size)


def _is_too_much(fault: Fault) -> bool:
    return fault.kind == "stalled" or fault.status in _TOO_MUCH


def _parsed(answer: dict[str, Any], layer: Layer, columns: Sequence[str], key: str) -> _Page:
    rows: list[tuple[object, tuple[str, ...], BaseGeometry | None]] = []
    with understood(layer.service):
        for feature in answer["features"]:
            named = feature.get("attributes") or feature.get("properties") or {}
            named = {name.casefold(): value for name, value in named.items()}
            values = tuple(_text(named.get(name.casefold())) for name in columns)
            number = named.get(key.casefold(), feature.get("id")) if key else None
            shape = _shape(feature.get("geometry"), layer.service, values[0])
            rows.append((values if number is None else str(number), values, shape))
        system = str(answer["crs"]["properties"]["name"]) if answer.get("crs") else None
        flags = (answer, answer.get("properties") or {})
        return rows, system, any(flag.get("exceededTransferLimit") is True for flag in flags)


def _text(value: object) -> str:
    return "" if value is None else str(value).strip()


def _shape(geometry: Any, service: str, area: str) -> BaseGeometry | None:
    from shapely.errors import ShapelyError
    from shapely.geometry import shape

    if geometry is None:
        return None
    try:
        return shape(geometry)
    except (ValueError, IndexError, ShapelyError) as error:
        raise ServiceFault(service, f"its outline of {area} is not valid ({error})") from None
