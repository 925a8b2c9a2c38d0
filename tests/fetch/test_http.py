"""Requests over the web: how often, how long, how large, to which hosts; and the messages when there is no answer."""

from __future__ import annotations

import shutil
import socket
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from ec_maps import settings
from ec_maps.fetch import http
from ec_maps.fetch.http_errors import Fault
from fakes.faults import Response
from fakes.hdx import FakeHDX
from fetching import Bench, bench, is_letter, kept

pytestmark = pytest.mark.network

Start = Callable[[str, str], Path]


@pytest.fixture
def hdx(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    """Return HDX in a normal mood and an empty cache."""
    monkeypatch.setenv("EC_MAPS_TIMEOUT", "5")
    with bench(tmp_path, monkeypatch) as made:
        yield made


# --- servers that are busy ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ("429", "is limiting requests (HTTP 429)"),
        ("500", "cannot answer at the moment (HTTP 500)"),
        ("502", "HTTP 502"),
        ("503", "HTTP 503"),
        ("504", "HTTP 504"),
        ("slowdown", "HTTP 503"),
    ],
)
def test_a_busy_server_is_asked_less_and_less_often(hdx: Bench, fault: str, message: str) -> None:
    """Six tries with 1, 2, 4, 8 and 16 seconds between them, plus a fraction; each starts at HDX; then an error."""
    trial = hdx.refused(lambda it: it.fault(fault, on="storage"), message)
    assert trial.waits == [1, 2, 4, 8, 16]
    assert trial.times == {"api": 1, "download": 6, "storage": 6}
    assert len({round(seconds % 1, 6) for seconds in hdx.waited}) > 1
    assert any(line.endswith("Trying again in 16 s (5/5).") for line in hdx.logged)


@pytest.mark.parametrize(
    ("retry_after", "seconds"),
    [
        ("7", 7),
        ("0", 0),
        ("-5", 0),
        ("3600", 120),
        (formatdate(0, usegmt=True), 0),
        (formatdate(4e9, usegmt=True), 120),
        ("soon", 1),
        ("", 1),
    ],
)
def test_what_a_server_asks_for_is_kept_to(hdx: Bench, retry_after: str, seconds: int) -> None:
    """Retry-After in seconds or as a date is waited for, never less than nothing nor more than two minutes."""
    hdx.hdx.fault("429", on="api", times=1, retry_after=retry_after)
    trial = hdx.fetch()
    assert (trial.done.state, trial.waits) == ("fetched", [seconds])


def test_a_date_to_come_back_at(hdx: Bench) -> None:
    """A date half a minute away is half a minute's wait."""
    hdx.hdx.fault("429", on="api", times=1, retry_after="date", seconds=30)
    (waited,) = hdx.fetch().waits
    assert 25 <= waited <= 30


def test_a_server_that_is_busy_throughout(hdx: Bench) -> None:
    """When all of HDX limits requests, its other address is tried once and not another six times."""
    trial = hdx.refused(lambda it: it.fault("429"), "is limiting requests (HTTP 429)")
    assert trial.waits == [1, 2, 4, 8, 16]
    assert trial.asked == ["api 429"] * 6 + ["download 429"]


def test_waits_come_to_an_end(hdx: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """No further wait is begun that would end after the deadline."""
    monkeypatch.setattr(http, "DEADLINE", 100.0)
    hdx.hdx.fault("429", on="storage", retry_after=9999)
    assert hdx.fetch().times["storage"] == 1


# --- where requests go ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "address",
    [
        "http://data.humdata.org/file.zip",
        "https://data.humdata.org:8443/file.zip",
        "https://data.humdata.org.evil.example/file.zip",
        "https://data.humdata.org@evil.example/file.zip",
        "https://evil.example/data.humdata.org",
        "https://evilamazonaws.com/file.zip",
        "https://hdx.s3.amazonaws.com.evil.example/file.zip",
        "http://hdx.s3.amazonaws.com/file.zip",
        "https://169.254.169.254/latest",
        "http://127.0.0.1/",
        "http://localhost/",
        "ftp://data.humdata.org/file.zip",
        "file:///etc/passwd",
        "https://[::1/",
        "https://data.humdata.org:http/",
        "",
    ],
)
def test_no_other_host_is_ever_asked(address: str) -> None:
    """Only the publishers' hosts are, over https and on its usual port; without the setting, http is refused too."""
    with pytest.raises(Fault, match="Refused to go") as caught:
        http.get_json(address)
    assert caught.value.kind == "wrong"


@pytest.mark.parametrize("fault", ["evil_host", "other_host", "to_http"])
def test_a_redirect_elsewhere_is_refused(hdx: Bench, fault: str) -> None:
    """A redirect to another host, or to a known one in the clear, is refused at once, and the message names it."""
    where = {"evil_host": "evil.example", "other_host": "localhost", "to_http": "s3.us-east-1.amazonaws.com"}[fault]
    trial = hdx.refused(lambda it: it.fault(fault), f"Refused to go from 127.0.0.1 to {where} over http", "known host")
    assert trial.waits == []
    assert "storage" not in trial.times


@pytest.mark.parametrize(
    ("location", "message"),
    [
        ("http://[::1", "redirects to something that is not an address"),
        ("https://data.humdata.org:x/", 'Refused to go to "https://data.humdata.org:x/", which is not an address'),
        ("file:///etc/passwd", "Refused to go from 127.0.0.1 to nowhere over file"),
    ],
)
def test_a_redirect_to_nowhere(hdx: Bench, monkeypatch: pytest.MonkeyPatch, location: str, message: str) -> None:
    """A redirect to something that is not a web address ends in a message."""
    monkeypatch.setattr(FakeHDX, "constants", {"astray": Response(302, b"", {"Location": location})})
    hdx.hdx.fault("astray", on="download")
    is_letter(hdx.fetch().letter, message)


def test_a_redirect_in_a_circle(hdx: Bench) -> None:
    """Three redirects are followed, not more."""
    trial = hdx.refused(lambda it: it.fault("loop"), "redirects in a circle", "3 redirects")
    assert trial.asked == ["api 200", *["download 302"] * 4]


def test_a_stand_in_for_hdx_is_known_on_any_port(hdx: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """The host that EC_MAPS_HDX_URL names may be asked over http and on other ports; without the setting it may not."""
    answer = http.get_json(f"{hdx.hdx.url}/api/3/action/package_show", {"id": "uk-social-capital-atlas"})
    assert answer["success"]
    assert hdx.hdx.ports["storage"] != hdx.hdx.ports["site"]
    assert hdx.fetch().done.state == "fetched"
    monkeypatch.delenv("EC_MAPS_HDX_URL")
    with pytest.raises(Fault, match=r"Refused to go from 127\.0\.0\.1 to 127\.0\.0\.1 over http"):
        http.get_json(f"{hdx.hdx.url}/api/3/action/package_show")


def test_the_publishers_own_addresses_told_as_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Setting the usual address, with a slash or without, allows nothing more."""
    monkeypatch.setenv("EC_MAPS_HDX_URL", f"{settings.HDX_URL}/")
    monkeypatch.setenv("EC_MAPS_ONS_URL", settings.ONS_URL)
    for host in ("data.humdata.org", "services1.arcgis.com"):
        with pytest.raises(Fault, match=f"{host} over http: not a known host"):
            http.get_json(f"http://{host}/")


def test_nothing_is_asked_offline(hdx: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """With EC_MAPS_OFFLINE no request is made, and the message says which setting it is."""
    monkeypatch.setenv("EC_MAPS_OFFLINE", "1")
    with pytest.raises(Fault, match="EC_MAPS_OFFLINE"):
        http.get_json(hdx.hdx.url)
    is_letter(hdx.fetch().letter, "EC_MAPS_OFFLINE is set")
    assert hdx.hdx.requests == []


def test_the_user_agent_is_honest(monkeypatch: pytest.MonkeyPatch) -> None:
    """By default it names the tool and its version and no browser."""
    from importlib.metadata import version

    assert settings.user_agent().startswith(f"ec_maps/{version('ec-maps')} ")
    assert "Mozilla" not in settings.user_agent()


# --- no answer at all -----------------------------------------------------------------------------


@pytest.fixture
def closed_port() -> int:
    """Return a port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def test_a_proxy_that_is_not_there(hdx: Bench, monkeypatch: pytest.MonkeyPatch, closed_port: int) -> None:
    """A proxy that cannot be reached is named as the reason, with the setting that names it."""
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{closed_port}")
    trial = hdx.fetch()
    is_letter(trial.letter, "The proxy on the way to 127.0.0.1", "HTTPS_PROXY")
    assert trial.waits == [1, 2]
    assert hdx.hdx.requests == []


class _Empty(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response_only(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, format: str, *args: object) -> None:
        """Log nothing."""


@pytest.fixture
def secure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Start]:
    """Return what starts a secure HDX with a certificate of its own, valid from one day to another, and returns it."""
    if not shutil.which("openssl"):
        pytest.skip("no openssl here to make a certificate with")
    servers: list[ThreadingHTTPServer] = []

    def start(first: str, last: str) -> Path:
        key, certificate = _certificate(tmp_path, first, last)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        server = ThreadingHTTPServer(("127.0.0.1", 0), _Empty)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        servers.append(server)
        monkeypatch.setenv("EC_MAPS_HDX_URL", f"https://127.0.0.1:{server.server_address[1]}")
        return certificate

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def _certificate(folder: Path, first: str, last: str) -> tuple[Path, Path]:
    (folder / "ca.cnf").write_text(
        "[ca]\ndefault_ca=own\n[own]\ndatabase=index.txt\nnew_certs_dir=.\nrand_serial=yes\ndefault_md=sha256\n"
        "policy=any\nx509_extensions=host\n[any]\ncommonName=supplied\n[host]\nsubjectAltName=IP:127.0.0.1\n"
        "basicConstraints=critical,CA:TRUE\n",
        encoding="utf-8",
    )
    (folder / "index.txt").touch()
    curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", "key.pem"]
    dates = ["-startdate", f"{first}000000Z", "-enddate", f"{last}000000Z"]
    own = ["-batch", "-selfsign", "-notext", "-config", "ca.cnf", "-keyfile", "key.pem"]
    for words in (
        ["req", "-new", *curve, "-subj", "/CN=127.0.0.1", "-out", "asked.pem"],
        ["ca", *own, *dates, "-in", "asked.pem", "-out", "certificate.pem"],
    ):
        subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True)
    return folder / "key.pem", folder / "certificate.pem"


@pytest.mark.parametrize(
    ("dates", "trusted", "message"),
    [
        (("20200101", "20990101"), False, "certificate verify failed: self-signed certificate"),
        (("20980101", "20990101"), True, "certificate verify failed: certificate is not yet valid"),
        (("20200101", "20200201"), True, "certificate verify failed: certificate has expired"),
    ],
)
def test_a_connection_that_is_not_secure(
    secure: Start, monkeypatch: pytest.MonkeyPatch, dates: tuple[str, str], trusted: bool, message: str
) -> None:
    """A certificate of a proxy's own, or a clock that is wrong: refused, with a message of what may help."""
    certificate = secure(*dates)
    if trusted:
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    with pytest.raises(Fault) as caught:
        http.patiently(lambda: http.get_json(settings.hdx_url()))
    is_letter(str(caught.value), "is not secure", message, "REQUESTS_CA_BUNDLE", "clock")


def test_a_proxys_certificate_can_be_named(secure: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    """With REQUESTS_CA_BUNDLE as the message says, the connection is secure again."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(secure("20200101", "20990101")))
    assert http.get_json(settings.hdx_url()) == {}


# --- what a body may be ---------------------------------------------------------------------------


def test_a_file_that_does_not_end(hdx: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """More bytes than any of the files has are not taken."""
    monkeypatch.setattr(http, "MAX_BYTES", 2**10)
    is_letter(hdx.fetch().letter, "no known file is so large")
    assert kept(hdx.cache) == []


def test_a_file_that_comes_too_slowly(hdx: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """A body that drips is given up at the deadline, however regularly it does."""
    monkeypatch.setattr(http, "DEADLINE", 0.2)
    monkeypatch.setattr(http, "MAX_BYTES", 2**40)
    hdx.hdx.files["local_authority"] = b"PK\x03\x04" + bytes(2**20)
    hdx.hdx.fault("slow", on="storage", piece=2**16, pause=0.05)
    is_letter(hdx.fetch().letter, "sent only")
    assert kept(hdx.cache) == []
