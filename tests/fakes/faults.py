"""Answers, and what can go wrong with any of them on the way, by name."""

from __future__ import annotations

import gzip
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from email.utils import formatdate
from typing import Any, Literal


@dataclass
class Request:
    """A request; `path` is unquoted, `query` holds the fields of a form too."""

    role: str
    method: str
    target: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    tags: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Response:
    """An answer, and how it is delivered.

    `end` is after how many bytes the body stops and `then` what happens there; `silent` sends not even a status line;
    without `length` there is no Content-Length, and the end of the connection is the end of the body.
    """

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    end: int | None = None
    then: Literal["close", "stall", "reset"] | None = None
    silent: bool = False
    length: bool = True
    piece: int = 1 << 16
    pause: float = 0.0


@dataclass
class Fault:
    """A fault that was switched on; `times` counts down, None is for ever."""

    name: str
    on: str
    times: int | None
    after: int
    options: dict[str, Any]

    def get(self, option: str, otherwise: Any) -> Any:
        return self.options.get(option, otherwise)


def page(title: str, status: int = 200, **headers: str) -> Response:
    """Return a web page, as servers send where a file was asked for."""
    text = f"<!DOCTYPE html><html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>\n"
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response(status, text.encode(), {"Content-Type": "text/html; charset=UTF-8"} | named)


def challenge(status: int = 403) -> Response:
    """Return the page of Cloudflare that holds up clients it takes for robots."""
    return page("Just a moment...", status, cf_mitigated="challenge", Server="cloudflare")


def _limited(fault: Fault) -> Response:
    """Return 429; option `retry_after`: seconds (any number, also below zero), or ``"date"`` for `seconds` from now."""
    value = fault.get("retry_after", None)
    if value == "date":
        value = formatdate(time.time() + fault.get("seconds", 1), usegmt=True)
    return page("Too Many Requests", 429, **({} if value is None else {"Retry_After": str(value)}))


#: Answers in place of the proper one.
CANNED: dict[str, Response | Callable[[Fault], Response]] = {
    "html200": page("Just a moment..."),
    "html202": page("Checking your browser", 202),
    "html403": challenge(403),
    "challenge503": challenge(503),
    "login": page("Wi-Fi login: please accept the terms"),
    "maintenance_html": page("We'll be back soon"),
    "empty200": Response(200),
    "empty202": Response(202),
    "403": page("Forbidden", 403),
    "404": page("Not Found", 404),
    "429": _limited,
    "500": page("Internal Server Error", 500),
    "502": page("Bad Gateway", 502),
    "503": page("Service Unavailable", 503),
    "504": page("Gateway Time-out", 504),
}


def _truncate(fault: Fault, response: Response) -> Response:
    """Stop after `at` bytes (half, by default); with `length=False` nothing says how many there should be."""
    at = fault.get("at", len(response.body) // 2)
    return replace(response, end=at, then="close", length=fault.get("length", True))


def _stall(fault: Fault, response: Response) -> Response:
    """Send nothing more until the server stops: `where` is ``"headers"`` or ``"body"`` (after `at` bytes)."""
    if fault.get("where", "headers") == "headers":
        return replace(response, silent=True, then="stall")
    return replace(response, end=fault.get("at", len(response.body) // 2), then="stall")


def _reset(fault: Fault, response: Response) -> Response:
    """Reset the connection, at once or, with `at`, after so many bytes of the body."""
    return replace(response, silent="at" not in fault.options, end=fault.get("at", 0), then="reset")


def _slow(fault: Fault, response: Response) -> Response:
    """Send `piece` bytes at a time, with a `pause` in seconds after each."""
    return replace(response, piece=fault.get("piece", 1024), pause=fault.get("pause", 0.02))


def _gzip(_: Fault, response: Response) -> Response:
    packed = gzip.compress(response.body)
    return replace(response, body=packed, headers=response.headers | {"Content-Encoding": "gzip"})


def _typed(fault: Fault, response: Response) -> Response:
    return replace(response, headers=response.headers | {"Content-Type": fault.get("type", "text/plain;charset=utf-8")})


#: What can go wrong on the way with the proper answer.
DELIVERY: dict[str, Callable[[Fault, Response], Response]] = {
    "truncate": _truncate,
    "stall": _stall,
    "reset": _reset,
    "drop": lambda _, response: replace(response, silent=True, then="close"),
    "slow": _slow,
    "no_length": lambda _, response: replace(response, length=False),
    "gzip": _gzip,
    "text_plain": _typed,
    "bad_json": lambda _, response: replace(response, body=response.body[: len(response.body) // 2]),
}
