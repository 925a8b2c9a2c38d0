"""The map services of the ONS: an ArcGIS feature server, with its silent caps and its errors in answers of HTTP 200.

Faults beyond those of :mod:`.faults`; `on` may hold ``service``, ``layer``, ``query``, ``count``, ``ids``, ``page`` and
any part of a service's name.

- answers with HTTP 200: ``err400 err429 err500 err503 err504 token498 token499 invalid_url``
- of pages, with `times` and `after`: ``short_pages`` (half of what was asked), ``empty_page`` (with the flag set),
  ``cap_lowered`` (`to` rows; usually `after=1`), ``edited_during_paging``, ``null_geometry`` (the first outline)
- states: ``err500_until_page`` (`limit` rows and fewer work; `code` 500, 503 or 504), ``truncated`` (rows end at the
  cap, or `keep`, without the flag; with `count=True` the count agrees), ``dup_rows_without_order``, ``dup_rows`` (right
  count, five rows twice), ``wrong_vintage``, ``lowercase_fields``, ``layer3``, ``retired``, ``retired_then_new_name``
  (`on` the whole name, `new`), ``empty_features``, ``flag_top``, ``flag_both``, ``flag_absent``, ``degrees``
  (`label="asked"`: and says otherwise), ``no_crs``, ``rounding`` (to `to` metres)
"""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import replace
from typing import Any, ClassVar

import numpy as np
import pandas as pd
import shapely

from .faults import Request, Response, page
from .server import Fake
from .services import Content, Service, of_another_edition, services, with_repeated_rows
from .where import BadQuery, chosen

PREFIX = "/ESMARspQHYMw9BZ9/arcgis/rest/services"
LONGEST_ADDRESS = 2048
_TYPES = {"i": "esriFieldTypeInteger", "f": "esriFieldTypeDouble"}


def answered(body: object) -> Response:
    """Return JSON, given as text or as what is to be written as text."""
    text = body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)
    return Response(200, text.encode(), {"Content-Type": "application/json; charset=utf-8"})


def refused(code: int, message: str, *details: str) -> Response:
    """Return an error as ArcGIS gives it: with HTTP 200."""
    return answered({"error": {"code": code, "message": message, "details": list(details)}})


def _invalid(detail: str) -> Response:
    return refused(400, "Cannot perform query. Invalid query parameters.", detail)


INVALID_URL = refused(400, "Invalid URL", "Invalid URL")
ERRORS = {
    "err400": _invalid("'Invalid field: LAD21CODE' parameter is invalid"),
    "err429": refused(429, "Unable to perform query. Too many requests."),
    "err500": refused(500, "Error performing query operation"),
    "err503": refused(503, "An error occurred."),
    "err504": refused(504, "Your request has timed out."),
    "token498": refused(498, "Invalid token."),
    "token499": refused(499, "Token Required"),
    "invalid_url": INVALID_URL,
}


class FakeArcGIS(Fake):
    """The map services; `services` holds them by name, and can be changed at any time.

    The parameters are those of :func:`.services.services`: `districts` and `neighbourhoods` are bends an edge, `only`
    confines all to some districts, `cap` replaces the real caps.
    """

    prefix = PREFIX
    known_tags = frozenset({"service", "layer", "query", "count", "ids", "page"})
    constants: ClassVar = ERRORS
    twists = frozenset({"short_pages", "empty_page", "cap_lowered", "edited_during_paging", "null_geometry"})
    # fmt: off
    states = frozenset([
        "err500_until_page", "truncated", "dup_rows_without_order", "dup_rows", "wrong_vintage", "lowercase_fields",
        "layer3", "retired", "retired_then_new_name", "empty_features", "flag_top", "flag_both", "flag_absent",
        "degrees", "no_crs", "rounding",
    ])
    # fmt: on

    def __init__(self, **options: Any) -> None:
        super().__init__()
        self.services = services(**options)
        self._contents: dict[object, Content] = {}
        self._edits: Counter[str] = Counter()
        self._asked = 0

    def retire(self, name: str) -> Service:
        """Take a service away and return it."""
        return self.services.pop(name)

    def rename(self, old: str, new: str) -> None:
        """Offer a service under another name only."""
        self.add(replace(self.retire(old), name=new))

    def add(self, service: Service) -> None:
        self.services[service.name] = service

    def put(self, name: str, frame: pd.DataFrame) -> None:
        """Put a table in place of a service's own, or add a service; a GeoDataFrame has to be in EPSG:27700."""
        self.services[name] = replace(self.services.get(name, Service(name, frame.copy)), make=frame.copy)

    def tags(self, request: Request) -> list[str]:
        parts = request.path.rstrip("/").split("/FeatureServer")[-1].strip("/").split("/")
        if parts[-1] != "query":
            return ["layer" if parts[0] else "service"]
        counts, ids = (request.query.get(key, "").lower() == "true" for key in ("returnCountOnly", "returnIdsOnly"))
        return ["query", "count" if counts else "ids" if ids else "page"]

    def respond(self, request: Request) -> Response:
        if request.method == "GET" and len(request.target) > LONGEST_ADDRESS:
            return page("414 Request-URI Too Long", 414)
        path = re.sub("^/ESMARspQHYMw9BZ9/arcgis/", "/ESMARspQHYMw9BZ9/arcgis/", request.path, flags=re.IGNORECASE)
        match = re.fullmatch(rf"{PREFIX}/([^/]+)/FeatureServer(?:/(\d+)(/query)?)?/?", path)
        service = self._service(match[1]) if match else None
        if match is None or service is None or int(match[2] or service.layer) != service.layer:
            return INVALID_URL
        if "json" not in request.query.get("f", "html"):
            return page(f"{service.name} (FeatureServer)")
        if match[3]:
            return self._query(service, request)
        return answered(self._layer(service) if match[2] else self._root(service))

    def _service(self, name: str) -> Service | None:
        for fault in [one for one in self.faults if one.name == "retired_then_new_name"]:
            if name == fault.get("new", f"{fault.on}_V9"):
                found = self.services.get(fault.on)
                return replace(found, name=name) if found else None
            if name == fault.on:
                return None
        found = self.services.get(name)
        if found is None or self.state("retired", name):
            return None
        return replace(found, layer=3) if self.state("layer3", name) else found

    def content(self, service: Service) -> Content:
        """Return the rows of a service as they stand, with every state that is on."""
        changes = ("wrong_vintage", "dup_rows", "empty_features", "lowercase_fields")
        other, twice, empty, small = (bool(self.state(name, service.name)) for name in changes)
        key = (service.make, service.oid, other, twice, empty, small)
        with self.lock:
            if key not in self._contents:
                frame = of_another_edition(service.make()) if other else service.make()
                frame = with_repeated_rows(frame) if twice else frame
                content = Content.of(frame[:0] if empty else frame, service.oid)
                if small:
                    content.table.columns = content.table.columns.str.lower()
                    content.oid = content.oid.lower()
                self._contents[key] = content
            return self._contents[key]

    def _root(self, service: Service) -> dict[str, Any]:
        content = self.content(service)
        record = {"id": service.layer, "name": service.name.split("_UK_")[0], "type": self._type(content)}
        return {
            "currentVersion": 11.4,
            "serviceItemId": "7ceb69f99a024752b97ddac6b0323ab0",
            "maxRecordCount": service.cap,
            "supportedQueryFormats": "JSON",
            "capabilities": "Query,Extract",
            "copyrightText": "Source: Office for National Statistics licensed under the Open Government Licence v.3.0",
            "spatialReference": {"wkid": 27700, "latestWkid": 27700},
            "layers": [record] if content.shapes else [],
            "tables": [] if content.shapes else [record],
        }

    def _layer(self, service: Service) -> dict[str, Any]:
        content = self.content(service)
        record = self._root(service) | {
            "id": service.layer,
            "name": service.name,
            "type": self._type(content),
            "objectIdField": content.oid,
            "standardMaxRecordCount": service.cap,
            "supportedQueryFormats": "JSON, geoJSON, PBF",
            "fields": self._fields(content, list(content.table.columns)),
            "advancedQueryCapabilities": dict.fromkeys(
                ["supportsPagination", "supportsOrderBy", "supportsDistinct"], True
            ),
            "editingInfo": {"lastEditDate": service.edited + 60_000 * self._edits[service.name]},
        }
        del record["layers"], record["tables"]
        if content.shapes:
            edges = zip(("xmin", "ymin", "xmax", "ymax"), shapely.total_bounds(content.shapes[27700]), strict=True)
            box = {name: None if np.isnan(value) else float(value) for name, value in edges}
            record["extent"] = box | {"spatialReference": {"wkid": 27700, "latestWkid": 27700}}
            record["geometryType"] = "esriGeometryPolygon"
        return record

    def _type(self, content: Content) -> str:
        return "Feature Layer" if content.shapes else "Table"

    def _fields(self, content: Content, names: list[str]) -> list[dict[str, Any]]:
        fields = []
        for name in names:
            kind = _TYPES.get(content.table[name].dtype.kind, "esriFieldTypeString")
            kind = "esriFieldTypeOID" if name == content.oid else kind
            kind = "esriFieldTypeGlobalID" if name.startswith("GlobalID") else kind
            fields.append({"name": name, "type": kind, "alias": name, "sqlType": "sqlTypeOther"})
        return fields

    # --- queries ----------------------------------------------------------------------------------

    def _query(self, service: Service, request: Request) -> Response:
        content, query = self.content(service), request.query
        try:
            table = chosen(content.table, content.oid, query)
        except BadQuery as error:
            return _invalid(str(error))
        names = [name for name in query.get("outFields", content.oid).replace(" ", "").split(",") if name]
        names = list(content.table.columns) if "*" in names else names
        if strange := [name for name in names if name not in content.table.columns]:
            return _invalid(f"'Invalid field: {strange[0]}' parameter is invalid")
        distinct = query.get("returnDistinctValues", "").lower() == "true"
        outlines = bool(content.shapes) and query.get("returnGeometry", "true").lower() == "true"
        if distinct and outlines:
            return _invalid("'returnGeometry' must be false when 'returnDistinctValues' is true")
        if distinct:
            table = table.drop_duplicates(names)
        whole = len(table)
        if cut := self.state("truncated", service.name):
            table = table[: cut.get("keep", service.cap)]
            whole = len(table) if cut.get("count", False) else whole
        if "count" in request.tags:
            return answered({"count": whole})
        if "ids" in request.tags:
            return answered({"objectIdFieldName": content.oid, "objectIds": table[content.oid].tolist()})
        return self._page(service, request, content, self._ordered(table, service, query), names, outlines=outlines)

    def _ordered(self, table: pd.DataFrame, service: Service, query: dict[str, str]) -> pd.DataFrame:
        with self.lock:
            self._asked += 1
        if self.state("dup_rows_without_order", service.name):
            table = table.sample(frac=1, random_state=self._asked)
        order = [part.split() for part in query.get("orderByFields", "").split(",") if part.strip()]
        if order:
            ascending = [part[-1].upper() != "DESC" for part in order]
            table = table.sort_values([part[0] for part in order], ascending=ascending, kind="stable")
        return table

    def _page(
        self,
        service: Service,
        request: Request,
        content: Content,
        table: pd.DataFrame,
        names: list[str],
        *,
        outlines: bool,
    ) -> Response:
        """Return one page, never longer than the cap, and say as ArcGIS does whether there is more."""
        cap = lowered.get("to", 500) if (lowered := self.take(request, {"cap_lowered"})) else service.cap
        size = min(int(request.query.get("resultRecordCount", cap)), cap)
        heavy = self.state("err500_until_page", service.name)
        if heavy and size > heavy.get("limit", 500):
            return ERRORS[f"err{heavy.get('code', 500)}"]
        start = int(request.query.get("resultOffset", 0))
        if self.take(request, {"short_pages"}):
            size = max(size // 2, 1)
        if self.take(request, {"empty_page"}):
            size = 0
        rows = table[start : start + size]
        if self.take(request, {"edited_during_paging"}):
            self._edits[service.name] += 1
        more = start + len(rows) < len(table) or (size == 0 and start < len(table))
        asked = re.search(r"\d+", request.query.get("outSR", ""))
        geojson = "geojson" in request.query["f"].lower()
        epsg = int(asked[0]) if asked else 4326 if geojson else 27700
        shapes = self._outlines(service, request, content, rows, epsg) if outlines else None
        attributes = _plain(rows[names])
        label = self._label(service, epsg)
        if geojson:
            return self._geojson(service, rows[content.oid].tolist(), attributes, shapes, label, more=more)
        body: dict[str, Any] = {"objectIdFieldName": content.oid, "globalIdFieldName": "GlobalID"}
        if content.shapes:
            body |= {"geometryType": "esriGeometryPolygon", "spatialReference": {"wkid": label, "latestWkid": label}}
        body["fields"] = self._fields(content, names)
        body["features"] = [{"attributes": row} for row in attributes]
        for feature, shape in zip(body["features"], [] if shapes is None else shapes, strict=False):
            feature["geometry"] = None if shape is None else {"rings": _rings(shape)}
        return answered(body | self._flag(service, more=more))

    def _flag(self, service: Service, *, more: bool) -> dict[str, bool]:
        return {"exceededTransferLimit": True} if more and not self.state("flag_absent", service.name) else {}

    def _label(self, service: Service, epsg: int) -> int:
        wrong = self.state("degrees", service.name)
        return 4326 if wrong and wrong.get("label", "true") == "true" else epsg

    def _outlines(
        self, service: Service, request: Request, content: Content, rows: pd.DataFrame, epsg: int
    ) -> np.ndarray:
        epsg = 4326 if self.state("degrees", service.name) else epsg
        with self.lock:
            shapes = content.in_system(epsg)[rows.index]
        if allowed := float(request.query.get("maxAllowableOffset", 0)):
            shapes = shapely.simplify(shapes, allowed)
        if coarse := self.state("rounding", service.name):
            step = coarse.get("to", 50) * (1e-5 if epsg == 4326 else 1)
            shapes = shapely.transform(shapes, lambda points: np.round(points / step) * step)
        if decimals := request.query.get("geometryPrecision", ""):
            shapes = shapely.transform(shapes, lambda points: np.round(points, int(decimals)))
        if len(shapes) and self.take(request, {"null_geometry"}):
            shapes = np.array([None, *shapes[1:]], dtype=object)
        return shapes

    def _geojson(
        self,
        service: Service,
        ids: list[int],
        attributes: list[dict[str, Any]],
        shapes: np.ndarray | None,
        label: int,
        *,
        more: bool,
    ) -> Response:
        body: dict[str, Any] = {"type": "FeatureCollection"}
        if shapes is not None and not self.state("no_crs", service.name):
            body["crs"] = {"type": "name", "properties": {"name": f"EPSG:{label}"}}
        flag = self._flag(service, more=more)
        if self.state("flag_top", service.name) or self.state("flag_both", service.name):
            body |= flag
        if flag and not self.state("flag_top", service.name):
            body["properties"] = flag
        texts = [None] * len(ids) if shapes is None else shapely.to_geojson(shapes)
        rows = [json.dumps(row, ensure_ascii=False) for row in attributes]
        features = [
            f'{{"type":"Feature","id":{oid},"geometry":{text or "null"},"properties":{row}}}'
            for oid, text, row in zip(ids, texts, rows, strict=True)
        ]
        return answered(f'{json.dumps(body)[:-1]}, "features": [{",".join(features)}]}}')


def _plain(rows: pd.DataFrame) -> list[dict[str, Any]]:
    """Return rows as JSON has them: Python's own numbers, and null for what is missing."""
    columns = {name: [None if pd.isna(v) else v for v in rows[name].astype(object).tolist()] for name in rows}
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _rings(shape: shapely.Geometry) -> list[list[list[float]]]:
    """Return the rings of a shape, outer ones clockwise, as Esri has it."""
    parts = shapely.get_parts(shapely.orient_polygons(shape, exterior_cw=True))
    return [shapely.get_coordinates(ring).tolist() for ring in shapely.get_rings(parts)]
