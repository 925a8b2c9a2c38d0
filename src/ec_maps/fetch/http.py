"""Requests over the web: to known hosts only, tried again where waiting helps, and no page taken for a file.

A failed request raises :class:`Fault`, whose message leaves out the query of any address: temporary download links
carry a signature there.
"""

from __future__ import annotations

import hashlib
import json
import logging
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urljoin, urlsplit

from ec_maps import settings
from ec_maps.errors import quoted
from ec_maps.fetch.http_errors import (
    Fault,
    FaultKind,
    from_requests,
    from_status,
    host_of,
    is_page,
    page,
    plain_address,
    stalled,
)

if TYPE_CHECKING:
    import requests
    import tenacity

logger = logging.getLogger(__name__)

#: How many times a request is tried, the first included, by kind of fault. For other kinds it is once.
TRIES: dict[FaultKind, int] = {"offline": 3, "stalled": 2, "short": 5, "damaged": 2, "busy": 6, "expired": 5}

#: A download is given up after this many seconds, retries and waits included, or beyond this many bytes.
DEADLINE = 15 * 60.0
MAX_BYTES = 500 * 2**20
MAX_TEXT_BYTES = 64 * 2**20

_HOPS = 3
_HOSTS = (
    "data.humdata.org",
    "services1.arcgis.com",
    "houseofcommonslibrary.github.io",
    "raw.githubusercontent.com",
)
_STORAGE = ".amazonaws.com"

_Answer = TypeVar("_Answer")


@dataclass(frozen=True)
class Saved:
    """A downloaded file: size, MD5, and the server's ETag (without quotation marks) and date of the last change."""

    size: int
    md5: str
    etag: str
    date: str


def pause(seconds: float) -> None:
    """Wait this many seconds."""
    time.sleep(seconds)


def patiently(request: Callable[[], _Answer], tries: Mapping[FaultKind, int] = TRIES) -> _Answer:
    """Return the result of `request`, tried again as often as its faults allow; raise the last :class:`Fault`.

    The waits are 1, 2, 4, 8 and 16 seconds plus a random fraction, or what the server asks for (two minutes at most).
    """
    from tenacity import Retrying, retry_if_exception_type, stop_before_delay

    def enough(state: tenacity.RetryCallState) -> bool:
        return state.attempt_number >= tries.get(_fault(state).kind, 1)

    def how_long(state: tenacity.RetryCallState) -> float:
        requested = _fault(state).wait
        return min(2.0 ** (state.attempt_number - 1), 16.0) + random.uniform(0, 0.3) if requested is None else requested

    def log(state: tenacity.RetryCallState) -> None:
        fault, number = _fault(state), state.attempt_number
        logger.info("%s Trying again in %.0f s (%d/%d).", fault, state.upcoming_sleep, number, tries[fault.kind] - 1)

    retrying = Retrying(
        retry=retry_if_exception_type(Fault),
        stop=lambda state: enough(state) or stop_before_delay(DEADLINE)(state),
        wait=how_long,
        before_sleep=log,
        sleep=pause,
        reraise=True,
    )
    return retrying(request)


def _fault(state: tenacity.RetryCallState) -> Fault:
    fault = state.outcome.exception() if state.outcome else None
    assert isinstance(fault, Fault)
    return fault


def get_json(url: str, params: Mapping[str, str] | None = None) -> Any:
    """Return the JSON at an address, whatever content type it is sent as; one try.

    Raises
    ------
    Fault
        If there is no answer, or it is not JSON. A web page in its place is of the kind ``"blocked"``.
    """
    with _open(url, params) as response:
        body = b"".join(_chunks(response, MAX_TEXT_BYTES))
    try:
        return json.loads(body.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        if is_page(body):
            raise Fault(page(url, response), "blocked") from None
        msg = f"{plain_address(url)} answered with {len(body):,} bytes that are not the JSON that was expected."
        raise Fault(msg, "short") from None


def save(url: str, path: Path, *, label: str, begins: bytes = b"") -> Saved:
    """Download an address to a file, replacing it, and return what is known of it; one try.

    Parameters
    ----------
    url
        The address. Redirects are followed to known hosts only.
    path
        The file to write, whose folder must exist.
    label
        The label of the progress bar, which shows on a terminal only.
    begins
        The bytes that the file must begin with.

    Raises
    ------
    Fault
        If there is no answer, an error, a web page, a file that begins differently, or fewer bytes than were announced.
    OSError
        If the file cannot be written.
    """
    from tqdm import tqdm

    md5 = hashlib.md5(usedforsecurity=False)
    size = 0
    with _open(url, headers={"Accept-Encoding": "identity"}) as response, path.open("wb") as file:
        announced = response.headers.get("Content-Length", "")
        total = int(announced) if announced.isdigit() else None
        with tqdm(total=total, unit="B", unit_scale=True, desc=label, disable=None, leave=False) as bar:
            for chunk in _chunks(response, MAX_BYTES):
                if not size:
                    _check_beginning(chunk, begins, url, response)
                file.write(chunk)
                md5.update(chunk)
                size += len(chunk)
                bar.update(len(chunk))
    if not size:
        msg = f"{plain_address(url)} sent no file (HTTP {response.status_code}, 0 bytes)."
        raise Fault(msg, "short")
    etag = response.headers.get("ETag", "").removeprefix("W/").strip('"')
    return Saved(size, md5.hexdigest(), etag, response.headers.get("Last-Modified", ""))


def _check_beginning(chunk: bytes, begins: bytes, url: str, response: requests.Response) -> None:
    if is_page(chunk):
        raise Fault(page(url, response), "blocked")
    if chunk.startswith(begins):
        return
    if chunk.startswith(b"{"):  # "being prepared", or an error with a good status
        text = " ".join(chunk[:200].decode("utf-8", errors="replace").split())
        msg = f"{host_of(url)} answered with a message, not with the file: {quoted(text, 80)}."
        raise Fault(msg, "refused")
    msg = f"{plain_address(url)} begins with {chunk[:20]!r}: it is not the kind of file that was expected."
    raise Fault(msg, "wrong")


def _open(
    url: str, params: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None
) -> requests.Response:
    """Return the response at the end of any redirects, with status 200 and its body unread."""
    import requests

    if settings.is_offline():
        msg = f"EC_MAPS_OFFLINE is set, so {urlsplit(url).hostname} was not asked."
        raise Fault(msg, "refused")
    _check_host(url, url)
    logger.debug("Asking %s", plain_address(url))
    try:
        response = _session().get(
            url,
            params=params,
            headers={"User-Agent": settings.user_agent(), **(headers or {})},
            timeout=(min(10.0, settings.timeout()), settings.timeout()),
            stream=True,
        )
    except requests.RequestException as error:
        raise from_requests(error, getattr(error.request, "url", url)) from None
    except ValueError:  # requests parses a redirect's address before it can be checked here
        msg = f"{plain_address(url)} redirects to something that is not an address."
        raise Fault(msg, "wrong") from None
    for one in (*response.history, response):
        logger.debug("%s answered with HTTP %d", plain_address(one.url), one.status_code)
    if response.status_code != 200:
        with response:
            raise from_status(response, response.url)
    return response


@lru_cache(maxsize=1)
def _session() -> requests.Session:
    """Return a session that follows a few redirects, each to a known host."""
    import requests

    class Session(requests.Session):
        def get_redirect_target(self, resp: requests.Response) -> str | None:
            target = super().get_redirect_target(resp)
            if target is not None:
                with resp:  # closed, whether it is followed or refused
                    _check_host(urljoin(resp.url, target), resp.url)
            return target

    session = Session()
    session.max_redirects = _HOPS
    return session


def _check_host(url: str, start: str) -> None:
    """Raise `Fault` for an address that is neither a publisher's, over https, nor a replacement from the settings."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        msg = f'Refused to go to "{plain_address(url)[:200]}", which is not an address.'
        raise Fault(msg, "wrong") from None
    configured = {
        settings.hdx_url(): settings.HDX_URL,
        settings.ons_url(): settings.ONS_URL,
        settings.names_url(): settings.NAMES_URL,
        settings.hexagons_url(): settings.HEXAGONS_URL,
    }
    replaced = {urlsplit(address).hostname for address, usual in configured.items() if address != usual}
    if parts.scheme in ("http", "https") and host in replaced:
        return
    if parts.scheme == "https" and port in (None, 443) and (host in _HOSTS or host.endswith(_STORAGE)):
        return
    how = "" if parts.scheme == "https" else f" over {parts.scheme or 'no protocol'}"
    msg = f"Refused to go from {urlsplit(start).hostname} to {host or 'nowhere'}{how}: not a known host of these data."
    raise Fault(msg, "wrong")


def _chunks(response: requests.Response, most: int) -> Any:
    """Yield the body as it comes, decoded; a fault if it stops early, grows too large or takes too long."""
    from urllib3.exceptions import HTTPError, ReadTimeoutError

    begun, size = time.monotonic(), 0
    try:
        for chunk in response.raw.stream(64 * 1024, decode_content=True):
            size += len(chunk)
            if size > most:
                msg = f"{plain_address(response.url)} sends more than {most // 2**20} MB; no known file is so large."
                raise Fault(msg, "wrong")
            if time.monotonic() - begun > DEADLINE:
                msg = f"{plain_address(response.url)} sent only {size:,} bytes in {DEADLINE / 60:.0f} minutes."
                raise Fault(msg, "wrong")
            if chunk:
                yield chunk
    except ReadTimeoutError:
        raise stalled(response.url) from None
    except HTTPError:
        announced = response.headers.get("Content-Length", "")
        total = f" of {int(announced):,}" if announced.isdigit() else ""
        # Counts an incomplete last chunk, which was not yielded.
        msg = f"The download from {host_of(response.url)} stopped after {response.raw.tell():,}{total} bytes."
        raise Fault(msg, "short") from None
