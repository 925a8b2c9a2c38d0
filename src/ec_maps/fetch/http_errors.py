"""What can go wrong with a request, each as a sentence that leaves out the query of any address."""

from __future__ import annotations

import json
import re
from contextlib import suppress
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlsplit

from ec_maps import settings
from ec_maps.errors import FetchError

if TYPE_CHECKING:
    import requests

#: What went wrong, as far as it decides what to do next.
FaultKind = Literal[
    "offline", "stalled", "short", "damaged", "busy", "expired", "blocked", "missing", "refused", "wrong"
]

_PASSING = (429, 500, 502, 503, 504)
_LONGEST_WAIT = 120.0

#: The kinds of fault of a host that does not answer, so that its other files need not be tried.
NO_HOST: tuple[FaultKind, ...] = ("offline", "blocked", "stalled", "busy")


class Fault(FetchError):
    """The failure of one request: its `kind`, and the seconds that the server asks to `wait`.

    `status` is the HTTP status of a server that is busy, else 0.
    """

    def __init__(self, message: str, kind: FaultKind, wait: float | None = None, status: int = 0) -> None:
        super().__init__(message)
        self.kind = kind
        self.wait = wait
        self.status = status


def stalled(url: str) -> Fault:
    """Return the fault of a server that connects and then sends nothing."""
    return Fault(f"No data from {host_of(url)} for {settings.timeout():g} seconds.", "stalled")


def from_requests(error: requests.RequestException, url: str) -> Fault:
    """Return the fault that an exception of requests stands for: there was no answer at all."""
    import requests

    host, text = host_of(url), str(error)
    if isinstance(error, requests.exceptions.SSLError):
        reason = re.search(r"verify failed(?:: [a-z -]*[a-z])?", text)
        msg = (
            f"The connection to {host} is not secure{f' (certificate {reason[0]})' if reason else ''}. A proxy may "
            f"stand in between (REQUESTS_CA_BUNDLE can name its certificate), or this computer's clock may be wrong."
        )
        return Fault(msg, "wrong")
    if isinstance(error, requests.exceptions.ProxyError):
        return Fault(f"The proxy on the way to {host} could not be used; HTTPS_PROXY names it.", "offline")
    if isinstance(error, requests.TooManyRedirects):
        return Fault(f"{plain_address(url)} redirects in a circle or too often ({error}).", "wrong")
    if isinstance(error, requests.ReadTimeout):
        return stalled(url)
    if isinstance(error, (requests.ConnectionError, requests.Timeout)):
        reason = re.search(
            r"Name or service not known|name resolution|refused|reset|aborted|timed out|unreachable", text
        )
        return Fault(f"No connection to {host}{f' ({reason[0]})' if reason else ''}.", "offline")
    return Fault(f"{plain_address(url)} could not be requested ({type(error).__name__}).", "wrong")


def from_status(response: requests.Response, url: str) -> Fault:
    """Return the fault that an answer other than 200 stands for."""
    from urllib3.exceptions import HTTPError

    body = b""
    with suppress(HTTPError):
        body = response.raw.read(4096, decode_content=True) or b""
    status, host = response.status_code, host_of(url)
    http_status = f"HTTP {status}"
    if fault := _of_storage(body, http_status, host) or _of_a_block(response, body, url):
        return fault
    if status in _PASSING:
        what = "is limiting requests" if status == 429 else "cannot answer at the moment"
        return Fault(f"{host} {what} ({http_status}).", "busy", _retry_after(response), status)
    if status in (404, 410):
        return Fault(f"{plain_address(url)} is not there ({http_status}).", "missing")
    if status in (401, 403):
        return Fault(f"{host} does not allow this request ({http_status}{_reason(body)}).", "refused")
    return Fault(f"{plain_address(url)} answered with {http_status}{_reason(body)}, which was not expected.", "wrong")


def _of_storage(body: bytes, http_status: str, host: str) -> Fault | None:
    """Return the fault that the storage behind HDX gives in XML, if any; the status shows that it is busy."""
    code = re.search(rb"<Code>(\w+)</Code>", body)
    if not code or code[1] == b"SlowDown":
        return None
    name = code[1].decode()
    if b"expired" in body:
        return Fault("The temporary download link expired.", "expired", 0.0)
    if name in ("NoSuchKey", "AccessDenied", "NoSuchBucket"):
        return Fault(f"{host} has no file of that name ({http_status}, {name}).", "missing")
    return Fault(f"{host} refused the download ({http_status}, {name}).", "refused")


def _of_a_block(response: requests.Response, body: bytes, url: str) -> Fault | None:
    """Return the fault of a server that blocks automated downloads, if this is one."""
    status = response.status_code
    if not (status == 202 or "cf-mitigated" in response.headers or (status in (401, 403) and is_page(body))):
        return None
    if not body:
        msg = f"{host_of(url)} accepted the request but sent no file (HTTP {status}, 0 bytes). This is a soft block."
        return Fault(msg, "blocked")
    return Fault(page(url, response), "blocked")


def _retry_after(response: requests.Response) -> float | None:
    from urllib3 import Retry
    from urllib3.exceptions import InvalidHeader

    value = response.headers.get("Retry-After", "").strip()
    if not value:
        return None
    try:
        return min(max(Retry().parse_retry_after(value), 0.0), _LONGEST_WAIT)
    except InvalidHeader:
        return 0.0 if value.startswith("-") else None


def _reason(body: bytes) -> str:
    """Return the message in an error's JSON, if there is one."""
    with suppress(ValueError, AttributeError, TypeError):
        return f": {json.loads(body)['error']['message']}"
    return ""


def is_page(body: bytes) -> bool:
    """Return whether this begins like a web page."""
    return (
        body.removeprefix(b"\xef\xbb\xbf")
        .lstrip()[:15]
        .lower()
        .startswith((b"<!doctype html", b"<html", b"<head", b"<!--", b"<title"))
    )


def page(url: str, response: requests.Response) -> str:
    """Return the message that a web page came in place of the data."""
    kind = response.headers.get("Content-Type", "").split(";")[0] or "no type"
    challenge = ", a challenge page" if "cf-mitigated" in response.headers else ""
    return (
        f"{host_of(url)} answered with a web page (HTTP {response.status_code}, {kind}{challenge}) in place of the "
        f"data. It may be blocking automated downloads, or a proxy on the way may need a login."
    )


def host_of(url: str) -> str:
    """Return an address's host and port."""
    parts = urlsplit(url)
    return f"{parts.hostname}:{parts.port}" if parts.port else str(parts.hostname)


def plain_address(url: str) -> str:
    """Return an address without its query."""
    return url.split("?", 1)[0]
