"""What the servers share: start and stop, a record of what was asked, and faults that can be switched on at any time.

A fault is chosen by name, for all requests or for some of them, for ever or for a number of times::

    with FakeHDX() as hdx:
        hdx.fault("html200", on="storage", times=2)       # the next two requests to the storage host get a web page
        hdx.fault("truncate", on="storage msoa", at=1000)  # every word of `on` is a tag, or else a part of the path
        hdx.fault("stall", after=1, where="body")          # the first request is let through
        hdx.clear()

Answers that are another thing altogether (a web page, 429) take precedence and use up their `times` first, so that two
of them make a sequence. Faults of delivery (cut short, slow, reset) apply to the proper answer and can be combined.
"""

from __future__ import annotations

import socket
import socketserver
import struct
import sys
import threading
import traceback
from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, ClassVar, Self
from urllib.parse import parse_qsl, unquote, urlsplit

from .faults import CANNED, DELIVERY, Fault, Request, Response


@dataclass(frozen=True)
class Record:
    """A request that came, and the status that was sent; header names are in lower case."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    status: int
    tags: frozenset[str]


class Fake(ABC):
    """A server, or several that belong together: one port for each of `roles`, the first being the main one.

    A subclass has `respond`, and may name more faults: `constants` are answers, `canned` are made by methods
    ``answer_<name>``, `twists` are taken account of in `respond`, `states` too, but have no `times`. It may say which
    requests a fault is about when nobody does (`usually`), and may tag requests.
    """

    roles: ClassVar[tuple[str, ...]] = ("site",)
    prefix: ClassVar[str] = ""
    canned: ClassVar[frozenset[str]] = frozenset()
    constants: ClassVar[dict[str, Response]] = {}
    twists: ClassVar[frozenset[str]] = frozenset()
    states: ClassVar[frozenset[str]] = frozenset()
    usually: ClassVar[dict[str, str]] = {}
    known_tags: ClassVar[frozenset[str]] = frozenset()

    def __init__(self) -> None:
        self.requests: list[Record] = []
        self.errors: list[str] = []
        self.faults: list[Fault] = []
        self.stopping = threading.Event()
        self.lock = threading.RLock()
        self.ports: dict[str, int] = dict.fromkeys(self.roles, 0)
        self._servers: list[tuple[_Server, threading.Thread]] = []

    # --- start and stop ---------------------------------------------------------------------------

    def start(self) -> Self:
        """Listen, on the same ports as before if it was stopped."""
        self.stopping = threading.Event()
        for role in self.roles:
            server = _Server(("127.0.0.1", self.ports[role]), self, role)
            self.ports[role] = server.server_address[1]
            thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
            thread.start()
            self._servers.append((server, thread))
        return self

    def stop(self) -> None:
        """Close every connection, also those that stall; RuntimeError if the server itself was at fault."""
        self.stopping.set()
        for server, thread in self._servers:
            server.shutdown()
            server.hang_up()
            server.server_close()
            thread.join()
        self._servers.clear()
        if self.errors:
            msg = "The test's own server broke:\n" + "\n".join(self.errors)
            self.errors = []
            raise RuntimeError(msg)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def root(self, role: str | None = None) -> str:
        """Return ``http://127.0.0.1:port`` of a role."""
        return f"http://127.0.0.1:{self.ports[role or self.roles[0]]}"

    @property
    def url(self) -> str:
        """What the setting for this host is to be."""
        return self.root() + self.prefix

    # --- faults -----------------------------------------------------------------------------------

    def fault(self, name: str, *, on: str = "", times: int | None = None, after: int = 0, **options: Any) -> Fault:
        """Switch a fault on: for requests with all the words of `on`, that many times, `after` so many of them."""
        if name not in (known := {*CANNED, *DELIVERY, *self.canned, *self.constants, *self.twists, *self.states}):
            msg = f"{type(self).__name__} has no fault {name!r}; it has: {', '.join(sorted(known))}"
            raise ValueError(msg)
        if name in self.states and (times is not None or after):
            msg = f"{name} is a state, for ever until clear({name!r}): it takes neither times nor after"
            raise ValueError(msg)
        fault = Fault(name, on or self.usually.get(name, ""), times, after, options)
        with self.lock:
            self.faults.append(fault)
        return fault

    def clear(self, name: str | None = None) -> None:
        """Switch one kind of fault off, or all."""
        with self.lock:
            self.faults = [fault for fault in self.faults if name is not None and fault.name != name]

    def take(self, request: Request, names: Iterable[str]) -> Fault | None:
        """Return the first of these faults that is on for the request, and count it as used."""
        with self.lock:
            for fault in self.faults:
                if fault.name not in names or fault.times == 0 or not self._meant(fault, request):
                    continue
                if fault.after > 0:
                    fault.after -= 1
                    continue
                if fault.times is not None:
                    fault.times -= 1
                return fault
        return None

    def state(self, name: str, key: str = "") -> Fault | None:
        """Return the state of that name if it is on for what `key` names."""
        with self.lock:
            return next((f for f in self.faults if f.name == name and all(w in key for w in f.on.split())), None)

    def _meant(self, fault: Fault, request: Request) -> bool:
        return all(
            word in request.tags if word in self.known_tags or word in self.roles else word in request.path
            for word in fault.on.split()
        )

    # --- answering --------------------------------------------------------------------------------

    def seen(self, on: str = "", *, status: int | None = None, method: str | None = None) -> list[Record]:
        """Return the requests with all the words of `on`, with that status and method."""
        return [
            record
            for record in list(self.requests)
            if all(word in record.tags or word in record.path for word in on.split())
            and status in (None, record.status)
            and method in (None, record.method)
        ]

    def handle(self, request: Request) -> Response:
        """Return the answer that is to be sent, faults and all, and record it."""
        request.tags = frozenset({request.role, *self.tags(request)})
        if fault := self.take(request, {*CANNED, *self.constants, *self.canned}):
            if fault.name in self.canned:
                response = getattr(self, f"answer_{fault.name}")(request, fault)
            else:
                made = (CANNED | self.constants)[fault.name]
                response = made(fault) if callable(made) else made
        else:
            response = self.respond(request)
            for name, change in DELIVERY.items():
                if fault := self.take(request, {name}):
                    response = change(fault, response)
        self.requests.append(
            Record(request.method, request.path, request.query, request.headers, response.status, request.tags)
        )
        return response

    def tags(self, request: Request) -> Iterable[str]:
        """Return what kind of request this is, in words of `known_tags`."""
        return self.known_tags & set(request.path.split("/"))

    @abstractmethod
    def respond(self, request: Request) -> Response:
        """Return the proper answer."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], fake: Fake, role: str) -> None:
        self.fake, self.role = fake, role
        self.open: set[socket.socket] = set()
        super().__init__(address, _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        self.open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self.open.discard(request)
        lingers, _ = struct.unpack("ii", request.getsockopt(socket.SOL_SOCKET, socket.SO_LINGER, 8))
        if lingers:  # closed without a farewell, the connection is reset
            self.close_request(request)
        else:
            super().shutdown_request(request)

    def hang_up(self) -> None:
        for client in list(self.open):
            try:
                client.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue  # it has hung up itself

    def server_bind(self) -> None:
        socketserver.TCPServer.server_bind(self)  # HTTPServer would look up the name of the machine
        self.server_name, self.server_port = "127.0.0.1", self.server_address[1]

    def handle_error(self, *_: Any) -> None:
        if not (isinstance(sys.exc_info()[1], ConnectionError) or self.fake.stopping.is_set()):
            self.fake.errors.append(traceback.format_exc())


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        form = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode("utf-8", "replace")
        fields = parse_qsl(parts.query, keep_blank_values=True) + parse_qsl(form, keep_blank_values=True)
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = Request(self.server.role, self.command, self.path, unquote(parts.path), dict(fields), headers)
        self._send(self.server.fake.handle(request))

    do_HEAD = do_POST = do_GET

    def _send(self, response: Response) -> None:
        if not response.silent:
            self.send_response_only(response.status)
            self.send_header("Date", self.date_time_string())
            for name, value in response.headers.items():
                self.send_header(name, value)
            if response.length:
                self.send_header("Content-Length", str(len(response.body)))
            else:
                self.send_header("Connection", "close")
            self.end_headers()
            if self.command != "HEAD":
                self._send_body(response)
        stopping = self.server.fake.stopping
        if response.then == "stall":
            stopping.wait()
        elif response.then == "reset":
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        if response.then or not response.length or stopping.is_set():
            self.close_connection = True

    def _send_body(self, response: Response) -> None:
        body = memoryview(response.body)[: response.end]
        for start in range(0, len(body), response.piece):
            self.wfile.write(body[start : start + response.piece])
            if response.pause and self.server.fake.stopping.wait(response.pause):
                return

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: the requests are recorded."""
