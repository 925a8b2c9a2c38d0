"""The Humanitarian Data Exchange and its storage host, each on a port of its own.

A download is a redirect to the storage host, signed for one method and for a minute.

Faults beyond those of :mod:`.faults`, which `on` limits: ``site`` and ``storage`` are the two hosts, ``api`` and
``download`` what is asked of the site, ``local_authority``, ``msoa`` and ``postcode_district`` the resources.

- answers: ``ua_block`` (`how`: "202html", "202empty", "403"; only for absent and default user agents),
  ``dataset_404``, ``private``, ``direct200``, ``loop``, ``evil_host``, ``other_host`` (localhost, which works),
  ``to_http`` (a known host, not encrypted), ``expired``, ``slowdown``
- states: ``stale_size``, ``renamed``, ``new_id``, ``gone``, ``requestdata``, ``quarantine``, ``replaced``,
  ``multipart``, ``wrong_etag``, ``etag_of_parts``, ``no_etag``, ``missing_is_403``
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any, ClassVar
from urllib.parse import quote

from .archives import default_files, in_parts, lad_zip, msoa_zip, other_files, postcode_zip
from .faults import Fault, Request, Response, challenge, page
from .server import Fake

__all__ = ["DATASET", "IDS", "NAMES", "NEW_NAME", "SLUG", "FakeHDX", "lad_zip", "msoa_zip", "postcode_zip"]

DATASET = "79d5959f-73b8-4305-bb9e-d829e2e863da"
SLUG = "uk-social-capital-atlas"
IDS = {
    "local_authority": "f87c1d44-a56c-48cf-a8bb-1caad97aa589",
    "msoa": "b1c4a576-c469-4447-b822-7215a39afcd8",
    "postcode_district": "0b1f6a52-6e7c-4d5c-9d5e-6f2f5a7c1e90",
}
NAMES = {
    "local_authority": "local_authority-20250320T000233Z-001.zip",
    "msoa": "msoa-20250320T000309Z-001.zip",
    "postcode_district": "postcode_district-20250320T000341Z-001.zip",
}
NEW_NAME = "{key}-20260110T101112Z-001.zip"

_BUCKET = "hdx-production-filestore"
_SECRET = b"not a secret"
_FIRST = datetime(2025, 3, 24, 10, 0, 0, 869575, tzinfo=UTC)
_DEFAULT_AGENTS = re.compile(r"$|python-requests/|Python-urllib/|python-httpx/|curl/", re.IGNORECASE)


@dataclass(frozen=True)
class Resource:
    """A resource as it stands at the moment; `changed` is when its content last did."""

    key: str
    id: str
    name: str
    body: bytes
    changed: datetime

    @property
    def file(self) -> str:
        """The name of the stored file, in lower case as CKAN makes it."""
        return self.name.lower()

    @property
    def md5(self) -> str:
        return hashlib.md5(self.body, usedforsecurity=False).hexdigest()


class FakeHDX(Fake):
    """HDX with the Atlas in it.

    `files` are the zips by resource, and can be replaced at any time; `lifetime` is for how many seconds a link is
    good; `extra` is laid over the dataset's record, so that a test can set the licence.
    """

    roles = ("site", "storage")
    known_tags = frozenset({"api", "download", "default_agent", *IDS})
    # fmt: off
    canned = frozenset([
        "ua_block", "dataset_404", "private", "direct200", "loop", "evil_host", "other_host", "to_http", "expired",
        "slowdown",
    ])
    states = frozenset([
        "stale_size", "renamed", "new_id", "gone", "requestdata", "quarantine", "replaced", "multipart", "wrong_etag",
        "etag_of_parts", "no_etag", "missing_is_403",
    ])
    # fmt: on
    usually: ClassVar = {
        "ua_block": "site default_agent",
        "dataset_404": "site",
        "private": "site",
        "slowdown": "storage",
        **dict.fromkeys(["direct200", "loop", "evil_host", "other_host", "to_http", "expired"], "download"),
    }

    def __init__(self, files: dict[str, bytes] | None = None) -> None:
        super().__init__()
        self.files = dict(default_files() if files is None else files)
        self.lifetime = 60.0
        self.extra: dict[str, Any] = {}

    def resources(self) -> list[Resource]:
        """Return the resources as they are at the moment, with every state that is on."""
        return [] if self.state("requestdata") else [one for key in self.files for one in self._resource(key)]

    def _resource(self, key: str) -> Iterator[Resource]:
        if self.state("gone", key):
            return
        body = other_files(self.files)[key] if self.state("replaced", key) else self.files[key]
        name = NEW_NAME.format(key=key) if self.state("renamed", key) else NAMES.get(key, f"{key}.zip")
        known = IDS.get(key, str(uuid.uuid5(uuid.NAMESPACE_URL, key)))
        known = str(uuid.uuid5(uuid.NAMESPACE_URL, known)) if self.state("new_id", key) else known
        parts = in_parts(body) if self.state("multipart", key) else [body]
        for number, part in enumerate(parts):
            mark = hashlib.md5(part, usedforsecurity=False).hexdigest()
            # Another content is of another time, the same whenever the content is the same.
            later = 0 if part == default_files().get(key) else 1 + int(mark[:4], 16)
            yield Resource(
                key,
                known if number == 0 else str(uuid.uuid5(uuid.NAMESPACE_URL, f"{known} {number}")),
                name.replace("-001", f"-00{number + 1}"),
                part,
                _FIRST + timedelta(hours=later),
            )

    def record(self, place: int, resource: Resource) -> dict[str, Any]:
        """Return CKAN's record of a resource; none of its sizes is right."""
        address = f"{self.root()}/dataset/{DATASET}/resource/{resource.id}/download/"
        stale = len(resource.body) + 1547
        changed = resource.changed.replace(tzinfo=None).isoformat()
        record: dict[str, Any] = {
            "id": resource.id,
            "package_id": DATASET,
            "name": resource.name,
            "description": "",
            "format": "ZIP",
            "size": stale if self.state("stale_size", resource.key) else (0, stale, None)[place % 3],
            "hash": "",
            "mimetype": None,
            "position": place,
            "state": "active",
            "url_type": "upload",
            "resource_type": "file.upload",
            "created": "2025-03-24T09:59:00.000000",
            "last_modified": changed,
            "fs_check_info": '[{"state": "success", "message": "Hxl check not needed"}]',
            "url": address + resource.file,
            "download_url": address + resource.file,
            "alt_url": address,
            "hdx_rel_url": (address + resource.file).removeprefix(self.root()),
        }
        if self.state("quarantine", resource.key):
            record["in_quarantine"] = True
            for name in ("url", "download_url", "alt_url", "hdx_rel_url", "fs_check_info"):
                del record[name]
        return record

    def dataset(self) -> dict[str, Any]:
        """Return CKAN's record of the dataset."""
        resources = self.resources()
        changed = max((one.changed for one in resources), default=_FIRST).replace(tzinfo=None).isoformat()
        return {
            "id": DATASET,
            "name": SLUG,
            "title": "UK Social Capital Atlas",
            "state": "active",
            "private": False,
            "archived": False,
            "type": "dataset",
            "is_requestdata_type": bool(self.state("requestdata")),
            "license_id": "hdx-other",
            "license_title": "Other",
            "license_url": None,
            "organization": {"name": "meta", "title": "Data for Good at Meta"},
            "dataset_source": "Made-up values from a test server",
            "dataset_date": "[2025-02-01T00:00:00 TO 2025-02-28T23:59:59]",
            "data_update_frequency": "-2",
            "metadata_modified": changed,
            "last_modified": changed,
            "num_resources": len(resources),
            "resources": [self.record(place, one) for place, one in enumerate(resources)],
        } | self.extra

    def tags(self, request: Request) -> list[str]:
        found = [key for key in self.known_tags if request.path.startswith(("/dataset", f"/{_BUCKET}"))]
        found = [key for key in found if key in IDS and (IDS[key] in request.path or f"/{key}-" in request.path)]
        if request.role == "site":
            found += ["download"] if "/download" in request.path else ["api"] if "/api/" in request.path else []
        for one in self.resources():
            found += [one.key] if one.id in request.path else []
        if _DEFAULT_AGENTS.match(request.headers.get("user-agent", "").strip()):
            found.append("default_agent")
        return found

    def respond(self, request: Request) -> Response:
        if request.role == "storage":
            return self._stored(request)
        if action := re.fullmatch(r"/api/(?:3/)?action/(\w+)", request.path):
            return self._api(action[1], request.query.get("id", ""))
        resource, file = self._asked(request)
        if resource is None:
            return page("404 Resource not found", 404)
        if self.state("quarantine", resource.key):
            return page("403 Not authorized to download the resource", 403)
        return self._redirect(request, resource, file, self.lifetime)

    def _api(self, action: str, wanted: str) -> Response:
        dataset = self.dataset()
        resources = {one["id"]: one for one in dataset["resources"]}
        if action == "package_show" and wanted in (DATASET, SLUG):
            return self._json(action, result=dataset)
        if action == "resource_show" and wanted in resources:
            return self._json(action, result=resources[wanted])
        if action in ("package_show", "resource_show"):
            return self._json(action, error={"__type": "Not Found Error", "message": "Not found"}, status=404)
        return Response(400, b'"Bad request - Action name not known"', {"Content-Type": "application/json"})

    def _json(self, action: str, *, status: int = 200, **body: Any) -> Response:
        whole = {"help": f"{self.root()}/api/3/action/help_show?name={action}", "success": status == 200} | body
        return Response(status, json.dumps(whole).encode(), {"Content-Type": "application/json;charset=utf-8"})

    def _asked(self, request: Request) -> tuple[Resource | None, str]:
        """Return which resource a download address means, and the file name in it, right or wrong."""
        form = rf"/dataset/(?:{DATASET}|{SLUG})/(resource/([^/]+)|resource_at_position/(\d+)|resource_first)/download"
        match = re.fullmatch(rf"{form}(?:/([^/]*))?", request.path)
        if not match:
            return None, ""
        there = self.resources()
        if match[2] is None:
            place = int(match[3] or 0)
            found = there[place] if place < len(there) else None
        else:
            found = next((one for one in there if one.id == match[2]), None)
        return found, match[4] or (found.file if found else "")

    def _redirect(self, request: Request, resource: Resource, file: str, lifetime: float) -> Response:
        key = f"resources/{resource.id}/{file}"
        expires = int(time.time() + lifetime)
        signed = f"AWSAccessKeyId=AKIAEXAMPLE&Signature={_signature(request.method, key, expires)}&Expires={expires}"
        return self._to(f"{self.root('storage')}/{_BUCKET}/{quote(key)}?{signed}")

    def _to(self, address: str) -> Response:
        return Response(302, b"", {"Location": address, "Content-Type": "text/html; charset=utf-8"})

    def _stored(self, request: Request) -> Response:
        key = request.path.removeprefix(f"/{_BUCKET}/")
        expires = request.query.get("Expires", "")
        if not expires.isdecimal() or "Signature" not in request.query:
            return _error(403, "AccessDenied", "Access Denied")
        if request.query["Signature"] != _signature(request.method, key, int(expires), quoted=False):
            return _error(403, "SignatureDoesNotMatch", "The request signature we calculated does not match.")
        if time.time() > int(expires) + 1:
            now = datetime.now(UTC)
            times = f"<Expires>{datetime.fromtimestamp(int(expires), UTC):%FT%TZ}</Expires><ServerTime>{now:%FT%TZ}"
            return _error(403, "AccessDenied", "Request has expired", f"{times}</ServerTime>")
        found = next((one for one in self.resources() if key == f"resources/{one.id}/{one.file}"), None)
        if found is None and self.state("missing_is_403"):
            return _error(403, "AccessDenied", "Access Denied")
        if found is None:
            return _error(404, "NoSuchKey", "The specified key does not exist.", f"<Key>{key}</Key>")
        return self._file(request, found)

    def _file(self, request: Request, resource: Resource) -> Response:
        etag = f'"{resource.md5}"'
        if self.state("wrong_etag", resource.key):
            etag = f'"{hashlib.md5(b"another file", usedforsecurity=False).hexdigest()}"'
        elif self.state("etag_of_parts", resource.key):
            etag = f'"{resource.md5}-3"'
        headers = {
            "Content-Type": "application/zip",
            "ETag": etag,
            "Last-Modified": format_datetime(resource.changed, usegmt=True),
            "Accept-Ranges": "bytes",
            "Server": "AmazonS3",
        }
        if self.state("no_etag", resource.key):
            del headers["ETag"]
        if request.headers.get("if-none-match") == etag:
            return Response(304, b"", headers, length=False)
        wanted = re.fullmatch(r"bytes=(\d*)-(\d*)", request.headers.get("range", ""))
        if not wanted or not any(wanted.groups()) or request.headers.get("if-range", etag) != etag:
            return Response(200, resource.body, headers)
        size = len(resource.body)
        first = int(wanted[1]) if wanted[1] else max(size - int(wanted[2]), 0)
        last = min(int(wanted[2]) if wanted[1] and wanted[2] else size - 1, size - 1)
        if first > last:
            return _error(416, "InvalidRange", "The requested range is not satisfiable")
        return Response(
            206, resource.body[first : last + 1], headers | {"Content-Range": f"bytes {first}-{last}/{size}"}
        )

    def answer_ua_block(self, _: Request, fault: Fault) -> Response:
        if fault.get("how", "202html") == "403":
            return challenge(403)
        return Response(202) if fault.get("how", "202html") == "202empty" else page("Checking your browser", 202)

    def answer_dataset_404(self, request: Request, _: Fault) -> Response:
        if "api" not in request.tags:
            return page("404 Dataset not found", 404)
        return self._json("package_show", error={"__type": "Not Found Error", "message": "Not found"}, status=404)

    def answer_private(self, request: Request, _: Fault) -> Response:
        if "api" not in request.tags:
            return page("401 Not authorized to read this dataset", 401)
        message = f"Access denied: User not authorized to read package {DATASET}"
        return self._json("package_show", error={"__type": "Authorization Error", "message": message}, status=403)

    def answer_direct200(self, request: Request, _: Fault) -> Response:
        resource, _file = self._asked(request)
        return self._file(request, resource) if resource else page("404 Resource not found", 404)

    def answer_loop(self, request: Request, _: Fault) -> Response:
        return self._to(self.root() + request.target)

    def answer_evil_host(self, request: Request, _: Fault) -> Response:
        return self._to(f"http://evil.example/{request.path.rsplit('/', 1)[-1]}?Signature=stolen")

    def answer_other_host(self, request: Request, fault: Fault) -> Response:
        answer = self.answer_expired(request, fault, self.lifetime)
        moved = answer.headers.get("Location", "").replace("127.0.0.1", "localhost")
        return self._to(moved) if moved else answer

    def answer_to_http(self, request: Request, _: Fault) -> Response:
        file = request.path.rsplit("/", 1)[-1]
        return self._to(f"http://s3.us-east-1.amazonaws.com/{_BUCKET}/resources/{file}?Signature=open&Expires=1")

    def answer_expired(self, request: Request, _: Fault, lifetime: float = -60.0) -> Response:
        resource, file = self._asked(request)
        return self._redirect(request, resource, file, lifetime) if resource else page("404 Resource not found", 404)

    def answer_slowdown(self, _: Request, __: Fault) -> Response:
        return _error(503, "SlowDown", "Please reduce your request rate.")


def _signature(method: str, key: str, expires: int, *, quoted: bool = True) -> str:
    text = hmac.new(_SECRET, f"{method}\n{key}\n{expires}".encode(), "sha1").digest().hex() + "+/="
    return quote(text, safe="") if quoted else text


def _error(status: int, code: str, message: str, more: str = "") -> Response:
    body = f"<Error><Code>{code}</Code><Message>{message}</Message>{more}</Error>"
    body = f'<?xml version="1.0" encoding="UTF-8"?>\n{body}'
    return Response(status, body.encode(), {"Content-Type": "application/xml", "Server": "AmazonS3"})
