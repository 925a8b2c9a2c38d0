from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ec_maps import settings
from ec_maps.boundaries.sources import bring_names
from ec_maps.fetch.http_errors import Fault
from fakes.names import FakeNames, names_csv

pytestmark = pytest.mark.network


@pytest.fixture(scope="module")
def server() -> Iterator[FakeNames]:
    """Serve the file of names."""
    with FakeNames() as fake:
        yield fake


@pytest.fixture
def library(server: FakeNames, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeNames]:
    """Return the server in a normal mood, with the library pointed at it; waiting takes no time."""
    text = server.text
    server.requests.clear()
    monkeypatch.setenv("EC_MAPS_NAMES_URL", server.url)
    monkeypatch.setattr("ec_maps.fetch.http.pause", lambda _: None)
    yield server
    server.clear()
    server.text = text


def refused(path: Path) -> Fault:
    """Return the fault of a file that must not count; nothing of it is left."""
    with pytest.raises(Fault) as caught:
        bring_names(path)
    message = str(caught.value)
    assert message.startswith("Readable names of neighbourhoods could not be downloaded. ")
    assert "\n" not in message
    assert "?" not in message
    assert not path.exists()
    return caught.value


def test_the_file_comes_byte_for_byte(library: FakeNames, tmp_path: Path) -> None:
    """Its bytes are stored unchanged, byte order mark and Welsh letters included, with the server's details."""
    known = bring_names(tmp_path / "names.csv")
    assert (tmp_path / "names.csv").read_bytes() == names_csv().encode("utf-8-sig")
    assert known.address == library.url
    assert known.name == "MSOA-Names-Latest2.csv"
    assert known.date == "2026-02-13T09:30:00Z"
    assert known.etag
    assert known.licence == "Open Parliament Licence v3.0"
    assert known.notes == ()


def test_names_of_2011_are_refused(library: FakeNames, tmp_path: Path) -> None:
    """The older file lies beside it under almost the same name."""
    library.fault("msoa11")
    assert "no column msoa21cd, msoa21nm" in str(refused(tmp_path / "names.csv"))


def test_names_of_2011_under_the_columns_of_2021_are_refused(library: FakeNames, tmp_path: Path) -> None:
    """The codes decide."""
    old = names_csv("2011").replace("msoa11", "msoa21")
    library.text = old
    message = str(refused(tmp_path / "names.csv"))
    assert "184 of 7,264 codes are missing" in message
    assert "vintage 2011" in message


def test_a_short_file_is_refused(library: FakeNames, tmp_path: Path) -> None:
    """A file that ends early, on a whole line and without an error, is recognised by its codes."""
    library.fault("short")
    assert "2,264 of 7,264 codes are missing" in str(refused(tmp_path / "names.csv"))


def test_a_file_cut_on_the_way_is_asked_for_again(library: FakeNames, tmp_path: Path) -> None:
    """Fewer bytes than were announced are no file."""
    library.fault("truncate", times=2)
    bring_names(tmp_path / "names.csv")
    assert len(library.requests) == 3


@pytest.mark.parametrize("name", ["login", "html200", "maintenance_html"])
def test_a_web_page_is_refused(library: FakeNames, tmp_path: Path, name: str) -> None:
    """A login or maintenance page with a good status is reported as what it is."""
    library.fault(name)
    fault = refused(tmp_path / "names.csv")
    assert fault.kind == "blocked"
    assert "a web page" in str(fault)


def test_another_encoding_is_refused(library: FakeNames, tmp_path: Path) -> None:
    """Welsh names with letters replaced are worse than none."""
    library.fault("latin1")
    assert "CSV in UTF-8" in str(refused(tmp_path / "names.csv"))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("msoa21hclnmw", "welsh", "no column msoa21hclnmw"),
        ("msoa21cd", "code", "no column msoa21cd"),
        ("E02000001,", '"E02000001,', "cannot be read as CSV"),
        ("E02000001,", "E02000002,", "1 of 7,264 codes is missing"),
    ],
)
def test_another_table_is_refused(library: FakeNames, tmp_path: Path, old: str, new: str, message: str) -> None:
    """The columns and the codes have to be those that are read later."""
    assert library.text.count(old) == 1 or old.startswith("msoa")
    library.text = library.text.replace(old, new, 1)
    assert message in str(refused(tmp_path / "names.csv"))


def test_two_names_for_one_neighbourhood_are_refused(library: FakeNames, tmp_path: Path) -> None:
    """Neither would be right; the same row twice is no fault."""
    first = next(line for line in library.text.splitlines() if line.startswith("E02000001"))
    library.text += first + "\r\n"
    bring_names(tmp_path / "names.csv")
    library.text += first.replace(first.split(",")[3], "Elsewhere") + "\r\n"
    assert "two names for 1 neighbourhood (E02000001: " in str(refused(tmp_path / "names.csv"))


def test_a_missing_name_is_a_note(library: FakeNames, tmp_path: Path) -> None:
    """The maps show such an area's official name, and it says so."""
    first = next(line for line in library.text.splitlines() if line.startswith("E02000001"))
    library.text = library.text.replace(first, first.replace(first.split(",")[3], ""))
    (note,) = bring_names(tmp_path / "names.csv").notes
    assert "no name for 1 neighbourhood (E02000001)" in note


def test_a_file_that_is_gone_is_told(library: FakeNames, tmp_path: Path) -> None:
    """There is one address where a person gave it."""
    library.fault("404")
    fault = refused(tmp_path / "names.csv")
    assert fault.kind == "missing"
    assert len(library.requests) == 1


def test_no_connection_is_told(library: FakeNames, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The kind of the fault says that it is the network."""
    monkeypatch.setenv("EC_MAPS_NAMES_URL", "http://127.0.0.1:9/names.csv")
    fault = refused(tmp_path / "names.csv")
    assert fault.kind == "offline"
    assert "No connection to 127.0.0.1:9" in str(fault)


def test_a_disk_that_is_full_is_no_fault_of_the_library(library: FakeNames, tmp_path: Path) -> None:
    """An error of the disk is passed on to the caller."""
    path = tmp_path / "names.csv"
    path.symlink_to("/dev/full")
    with pytest.raises(OSError, match="No space left"):
        bring_names(path)


def test_the_fixed_version_stands_in_for_the_latest(
    library: FakeNames, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At the Library's own address, the file of a fixed version is the second way in, and a note says so."""
    monkeypatch.setattr(settings, "NAMES_URL", library.url)
    monkeypatch.setenv("EC_MAPS_HDX_URL", library.root())  # which makes this computer a known host
    library.fault("404", on="Latest2", times=1)
    known = bring_names(tmp_path / "names.csv")
    assert known.name == "MSOA-Names-2.2.csv"
    assert known.address == library.url.replace("Latest2", "2.2")
    assert "skipped" in known.notes[0]
    assert "Latest2.csv is not there (HTTP 404)" in known.notes[0]
