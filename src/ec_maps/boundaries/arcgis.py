"""Questions to the ArcGIS feature services of the ONS: what a service holds, and errors told for what they are.

Such a server tells of its errors with HTTP 200, spells columns differently from year to year, and renames services.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any
from urllib.parse import quote

from ec_maps import settings
from ec_maps.errors import listed
from ec_maps.fetch import http
from ec_maps.fetch.http_errors import Fault, Kind

__all__ = ["Layer", "ServiceFault", "ask", "describe", "open_layer", "understood"]

#: The size of a page where a layer does not say how many rows it gives at once.
_CAP = 1000

_PASSING = (429, 500, 502, 503, 504)
_TOKEN = (498, 499)


class ServiceFault(Fault):
    """The failure of one `service`, for a `reason`, where another service on the same host may do better."""

    def __init__(self, service: str, reason: str, kind: Kind = "wrong", status: int = 0) -> None:
        super().__init__(f"{service}: {reason}.", kind, status=status)
        self.service = service
        self.reason = reason


@dataclass(frozen=True)
class Layer:
    """A layer or a table of a service, as it describes itself.

    Attributes
    ----------
    service, address
        The service's name, and the layer's address.
    name, item, licence
        What the layer calls itself, the service's id in the portal, and the statement of copyright; any may be empty.
    fields
        The names of its columns, by the same in small letters.
    object_id
        The column that numbers the rows; empty if there is none.
    cap
        How many rows it gives at once at most.
    edited
        When it was last changed, in milliseconds since 1970; None if it does not say.
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
        If the service is not there, does not allow this, or no layer of it has the columns.
    Fault
        If the host does not answer.
    """
    root = f"{settings.ons_url()}/{quote(service, safe='')}/FeatureServer"
    told = _patiently(root, service, {})
    with understood(service):
        numbers = [entry["id"] for part in ("layers", "tables") for entry in told.get(part) or []]
    lacks = "it has no layer"
    for number in numbers:
        layer = describe(service, f"{root}/{number}")
        missing = [" or ".join(names) for names in needed if not layer.field(*names)]
        if not missing:
            return layer
        lacks = f"it has no column {listed(missing)} (its columns: {listed(list(layer.fields.values()), 6)})"
    raise ServiceFault(service, lacks)


def describe(service: str, address: str) -> Layer:
    """Return what a layer says of itself; :class:`Fault` if it says nothing that can be understood."""
    told = _patiently(address, service, {})
    with understood(service):
        fields = told.get("fields") or []
        numbered = [entry["name"] for entry in fields if entry.get("type") == "esriFieldTypeOID"]
        cap, edited = told.get("maxRecordCount"), (told.get("editingInfo") or {}).get("lastEditDate")
        return Layer(
            service=service,
            address=address,
            name=str(told.get("name") or ""),
            item=str(told.get("serviceItemId") or ""),
            licence=re.sub(r"(?:<[^>]*>|\s)+", " ", str(told.get("copyrightText") or "")).strip()[:300],
            fields={entry["name"].casefold(): entry["name"] for entry in fields},
            object_id=str(told.get("objectIdField") or next(iter(numbered), "")),
            cap=cap if isinstance(cap, int) and cap > 0 else _CAP,
            edited=edited if isinstance(edited, int) else None,
        )


@contextmanager
def understood(service: str) -> Iterator[None]:
    """Turn what Python raises over an answer of another build into a fault of the service."""
    try:
        yield
    except (AttributeError, KeyError, TypeError) as error:
        reason = f"its answer is built otherwise than was expected ({type(error).__name__}: {error})"
        raise ServiceFault(service, reason) from None


def ask(address: str, service: str, params: Mapping[str, str]) -> dict[str, Any]:
    """Return what the server answers, in one try; errors that come with HTTP 200 become faults.

    Raises
    ------
    ServiceFault
        If the answer is an error of the service, or no JSON object.
    Fault
        If there is no answer.
    """
    answer = http.get_json(address, {"f": "json", **params})
    if not isinstance(answer, dict):
        raise ServiceFault(service, "its answer is no JSON object")
    error = answer.get("error")
    if error is None:
        return answer
    code = error.get("code", 0) if isinstance(error, dict) else 0
    said = _said(error)
    if code in _PASSING:
        raise ServiceFault(service, f"the portal cannot answer at the moment ({said})", "busy", code)
    reason = f"the portal refused the query ({said})"
    if code in _TOKEN:
        raise ServiceFault(service, f"{reason}: it wants a token, so this is no longer public", "refused")
    if "invalid url" in said.casefold():
        raise ServiceFault(service, f"{reason}: it may have been renamed or withdrawn", "missing")
    raise ServiceFault(service, reason, "refused")


def _patiently(address: str, service: str, params: Mapping[str, str]) -> dict[str, Any]:
    return http.patiently(partial(ask, address, service, params))


def _said(error: object) -> str:
    """Return an error's code, its message and the first detail that adds to it, without any address's query."""
    if not isinstance(error, dict):
        return str(error).split("?", 1)[0][:200]
    message = str(error.get("message") or "no reason given").strip()
    details = [str(detail).strip() for detail in error.get("details") or []]
    adds = next((detail for detail in details if detail not in ("", message)), "")
    return f"{error.get('code', '')} {message} {adds}".split("?", 1)[0][:200].strip(" .")
