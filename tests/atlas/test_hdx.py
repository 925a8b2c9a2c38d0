"""The Atlas from HDX, on good days and bad ones: a server with each fault on, and what comes of a fetch."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ec_maps.areas import provenance
from ec_maps.areas.table import join_report
from ec_maps.atlas import archive
from ec_maps.atlas.archive import DATASET_PAGE, DamagedArchive
from ec_maps.fetch import http, manifest
from ec_maps.fetch.http_errors import Fault
from fakes.faults import Response
from fakes.hdx import IDS, NAMES, FakeHDX, lad_zip, msoa_zip
from fetching import Bench, bench, is_letter, kept
from makers import LADS, MSOAS, write_boundaries

pytestmark = pytest.mark.network

LAD_FILE = NAMES["local_authority"].lower()


@pytest.fixture
def hdx(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    """Return HDX in a normal mood and an empty cache."""
    monkeypatch.setenv("EC_MAPS_TIMEOUT", "0.3")
    with bench(tmp_path, monkeypatch) as made:
        yield made


# --- a good day -----------------------------------------------------------------------------------


def test_a_good_day(hdx: Bench) -> None:
    """The data set is asked for, then the file, then the storage: three requests, no wait, one archive and a record."""
    trial = hdx.fetch()
    assert trial.asked == ["api 200", "download 302", "storage 200"]
    assert trial.waits == []
    entry = trial.done.entry
    assert entry is not None
    assert sorted(kept(hdx.cache)) == sorted(["manifest.json", entry.file])
    assert entry.path.read_bytes() == hdx.hdx.files["local_authority"]


def test_requests_are_plain_and_say_who_asks(hdx: Bench) -> None:
    """No HEAD, no range, no compression for files; and each request names the tool, not a browser."""
    hdx.fetch()
    hdx.fetch(refresh=True)
    assert {one.method for one in hdx.hdx.requests} == {"GET"}
    assert not any({"range", "if-range"} & set(one.headers) for one in hdx.hdx.requests)
    files = hdx.hdx.seen("download") + hdx.hdx.seen("storage")
    assert {one.headers["accept-encoding"] for one in files} == {"identity"}
    agents = {one.headers["user-agent"] for one in hdx.hdx.requests}
    assert len(agents) == 1
    assert agents.pop().startswith("ec_maps/")


def test_the_user_agent_can_be_told(hdx: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """The server receives the user agent of EC_MAPS_USER_AGENT, on one line, and only if it is set."""
    hdx.hdx.fault("ua_block")
    assert hdx.fetch().done.state == "fetched"
    monkeypatch.setenv("EC_MAPS_USER_AGENT", "python-requests/2\n  like everybody")
    is_letter(hdx.fetch(refresh=True).letter, "web page")
    assert hdx.hdx.requests[-1].headers["user-agent"] == "python-requests/2 like everybody"


@pytest.mark.parametrize("fault", ["direct200", "etag_of_parts", "no_etag", "no_length", "gzip", "text_plain"])
def test_odd_but_good_answers(hdx: Bench, fault: str) -> None:
    """No redirect, an ETag that is no checksum, no ETag, no length, a compressed or a mistyped body: all are taken."""
    hdx.hdx.fault(fault)
    trial = hdx.fetch()
    assert (trial.done.state, trial.waits) == ("fetched", [])
    assert trial.done.entry is not None
    assert trial.done.entry.path.read_bytes() == hdx.hdx.files["local_authority"]


def test_a_size_in_the_record_is_a_hint(hdx: Bench) -> None:
    """A complete file is stored although HDX gives another size; the difference is reported and recorded."""
    hdx.hdx.fault("stale_size")
    entry = hdx.fetch().done.entry
    assert entry is not None
    assert entry.notes == (
        f"HDX says the file has {entry.size + 1547:,} bytes, and it has {entry.size:,}; it is whole.",
    )


# --- something else in place of the file ----------------------------------------------------------


@pytest.mark.parametrize("on", ["", "download", "storage"])
@pytest.mark.parametrize(
    ("fault", "status"), [("html200", 200), ("html202", 202), ("html403", 403), ("challenge503", 503), ("login", 200)]
)
def test_a_web_page_is_never_taken_for_the_archive(hdx: Bench, fault: str, status: int, on: str) -> None:
    """Whatever its status, a page is refused at once, and the message says what it was and what may be behind it."""
    challenge = ", a challenge page)" if fault in ("html403", "challenge503") else ")"
    message = f"answered with a web page (HTTP {status}, text/html{challenge} in place of the data"
    trial = hdx.refused(
        lambda it: it.fault(fault, on=on), message, "blocking automated downloads", "a proxy on the way"
    )
    assert trial.waits == []
    assert max(trial.times.values()) == 1


@pytest.mark.parametrize("on", ["", "api download", "download", "storage"])
def test_an_empty_202_is_not_asked_again(hdx: Bench, on: str) -> None:
    """An accepted request without a file is a soft block: no address is asked twice."""
    for one in on.split() or [""]:
        hdx.hdx.fault("empty202", on=one)
    trial = hdx.fetch()
    assert trial.done.state == "failed"
    is_letter(trial.letter, "accepted the request but sent no file (HTTP 202, 0 bytes)", "soft block", "in a browser")
    assert trial.waits == []
    assert max(trial.times.values()) == 1
    assert kept(hdx.cache) == []


def test_an_empty_file_is_none(hdx: Bench) -> None:
    """A good status with nothing behind it is tried again, and then an error."""
    trial = hdx.refused(lambda it: it.fault("empty200", on="storage"), "sent no file (HTTP 200, 0 bytes)")
    assert trial.waits == [1, 2, 4, 8]


# --- on the way -----------------------------------------------------------------------------------


def test_a_short_download_is_noticed_and_tried_again(hdx: Bench) -> None:
    """Fewer bytes than announced: five tries, each started at HDX again, and a message with both numbers."""
    size = len(hdx.hdx.files["local_authority"])
    trial = hdx.refused(
        lambda it: it.fault("truncate", on="storage", at=1000), f"stopped after 1,000 of {size:,} bytes"
    )
    assert trial.waits == [1, 2, 4, 8]
    assert trial.times == {"api": 1, "download": 5, "storage": 5}


@pytest.mark.parametrize("options", [{"at": 1000}, {"at": 0}])
@pytest.mark.parametrize("fault", ["truncate", "reset"])
def test_a_broken_download_can_recover(hdx: Bench, fault: str, options: dict[str, int]) -> None:
    """Two broken tries cost two waits, and the third downloads the whole file."""
    hdx.hdx.fault(fault, on="storage", times=2, **options)
    trial = hdx.fetch()
    assert (trial.done.state, trial.waits) == ("fetched", [1, 2])


@pytest.mark.parametrize("marked", [True, False])
def test_a_short_download_that_says_no_length(hdx: Bench, marked: bool) -> None:
    """Where HTTP does not show it, the storage's checksum does, or the archive itself: nothing of it is stored."""

    def spoil(fake: FakeHDX) -> None:
        fake.fault("truncate", on="storage", length=False)
        if not marked:
            fake.fault("no_etag")

    message = "its checksum is not the one that the storage gives" if marked else "incomplete or damaged"
    trial = hdx.refused(spoil, f"{LAD_FILE} arrived", message)
    assert trial.waits == [1]


def test_another_content_than_the_storage_says(hdx: Bench) -> None:
    """A whole archive whose checksum is not the storage's is refused."""
    hdx.refused(lambda it: it.fault("wrong_etag"), f"{LAD_FILE} arrived damaged", "checksum")


def test_an_expired_link_is_requested_again(hdx: Bench) -> None:
    """The storage's address is never used twice: each try gets a new one from HDX."""
    hdx.hdx.fault("expired", times=2)
    trial = hdx.fetch()
    assert trial.done.state == "fetched"
    assert trial.asked == ["api 200", *["download 302", "storage 403"] * 2, "download 302", "storage 200"]


def test_links_that_are_always_expired(hdx: Bench) -> None:
    """Clocks that disagree, or a slow proxy: five links, then a message."""
    trial = hdx.refused(lambda it: it.fault("expired"), "The temporary download link expired")
    assert trial.times == {"api": 1, "download": 5, "storage": 5}


@pytest.mark.parametrize("options", [{}, {"where": "body", "at": 1000}])
def test_a_server_that_falls_silent(hdx: Bench, options: dict[str, Any]) -> None:
    """After EC_MAPS_TIMEOUT seconds without a byte it is given up, twice."""
    hdx.hdx.fault("stall", on="storage", **options)
    trial = hdx.fetch()
    is_letter(trial.letter, f"No data from 127.0.0.1:{hdx.hdx.ports['storage']} for 0.3 seconds")
    assert trial.times["storage"] == 2
    assert kept(hdx.cache) == []


# --- another state of things on HDX ---------------------------------------------------------------


@pytest.mark.parametrize("missing_is_403", [False, True])
@pytest.mark.parametrize("api", [True, False])
def test_a_renamed_file_is_found(hdx: Bench, api: bool, missing_is_403: bool) -> None:
    """HDX's address without a file's name leads to the file of today; with the data set's record or without."""
    hdx.hdx.fault("renamed")
    if missing_is_403:
        hdx.hdx.fault("missing_is_403")
    if not api:
        hdx.hdx.fault("html403", on="api")
    trial = hdx.fetch()
    assert trial.done.state == "fetched"
    assert trial.waits == []
    if api:
        assert trial.done.entry is not None
        assert trial.done.entry.name == "local_authority-20260110t101112z-001.zip"


def test_a_file_that_the_storage_has_not(hdx: Bench) -> None:
    """A record that leads nowhere: the message names resource, file and date, and no address is asked twice."""
    parts = ("does not have the file", LAD_FILE, IDS["local_authority"], "2025-03-24")
    trial = hdx.refused(lambda it: it.fault("404", on="storage"), *parts)
    assert trial.waits == []
    assert trial.times["storage"] == trial.times["download"] == 2


def test_a_resource_of_another_id_is_found_by_name(hdx: Bench) -> None:
    """Where the id is gone, the name decides, and that is reported and recorded."""
    hdx.hdx.fault("new_id", on="local_authority")
    entry = hdx.fetch().done.entry
    assert entry is not None
    assert entry.resource != IDS["local_authority"]
    assert any(IDS["local_authority"] in note and NAMES["local_authority"] in note for note in entry.notes)


def test_a_resource_that_is_gone(hdx: Bench) -> None:
    """The message says which resource, and lists those that there are; nothing else is tried."""
    trial = hdx.refused(
        lambda it: it.fault("gone", on="local_authority"),
        f"Resource {IDS['local_authority']} no longer exists",
        f"Resources now: {NAMES['msoa']}, {NAMES['postcode_district']}",
    )
    assert trial.asked == ["api 200"]


def test_a_data_set_that_is_gone(hdx: Bench) -> None:
    """Not there by name, by id, nor under the old addresses: the message says so."""
    trial = hdx.refused(lambda it: it.fault("dataset_404"), "HDX does not have the file", LAD_FILE, "HTTP 404")
    assert trial.waits == []
    assert trial.times == {"api": 2, "download": 2}


def test_a_resource_in_quarantine(hdx: Bench) -> None:
    """A record without addresses is no accident: it is in quarantine, and no file is asked for."""
    trial = hdx.refused(lambda it: it.fault("quarantine"), f'"{NAMES["local_authority"]}" in quarantine')
    assert trial.asked == ["api 200"]


@pytest.mark.parametrize(("fault", "message"), [("private", "not authorized"), ("requestdata", "request data")])
def test_a_data_set_that_is_restricted(hdx: Bench, fault: str, message: str) -> None:
    """A private data set, or one on request: the message says so after one request."""
    trial = hdx.refused(lambda it: it.fault(fault), "HDX now restricts", message)
    assert len(trial.asked) == 1


def test_an_export_in_parts(hdx: Bench) -> None:
    """If the table is not in the first part, the message names the others."""
    hdx.refused(
        lambda it: it.fault("multipart", on="local_authority"),
        "_by_age_2025.csv in local_authority-20250320t000233z-001.zip has a column 'high_ses_ratio', but its name says",
        f"in several parts; the others are {NAMES['local_authority'].replace('-001', '-002')}",
    )


@pytest.mark.parametrize(
    "answer",
    [
        {"success": True, "result": {"resources": 7}},
        {"success": True, "result": {"resources": [None, 3, {"id": None}, {"id": IDS["msoa"], "url": 5}]}},
        {"success": False},
        {"success": True, "result": []},
        [],
        "a string",
    ],
)
def test_a_record_of_another_form(hdx: Bench, monkeypatch: pytest.MonkeyPatch, answer: object) -> None:
    """A record that is not in CKAN's form ends in a message or at the old addresses, not in a traceback."""
    monkeypatch.setattr(FakeHDX, "constants", {"odd": Response(200, json.dumps(answer).encode())})
    hdx.hdx.fault("odd", on="api")
    trial = hdx.fetch()
    if trial.done.entry is None:
        is_letter(trial.letter, f"Resource {IDS['local_authority']} no longer exists", "Resources now")
    else:
        assert "does not say what is in uk-social-capital-atlas" in trial.done.entry.notes[0]


@pytest.mark.parametrize("fault", ["bad_json", "empty200", "500", "html403", "404", "stall"])
def test_the_addresses_of_old_are_a_second_way_in(hdx: Bench, fault: str) -> None:
    """If the data set's record is unavailable, the file comes from its first address; that is reported and recorded."""
    hdx.hdx.fault(fault, on="api")
    entry = hdx.fetch().done.entry
    assert entry is not None
    assert entry.notes[0].startswith("HDX could not be asked about the data set: ")
    assert entry.resource == IDS["local_authority"]
    assert entry.licence == f"as stated at {DATASET_PAGE}"


# --- what a good archive says of itself -----------------------------------------------------------


@pytest.mark.parametrize(
    ("stated", "recorded"),
    [
        ({}, "Other"),
        ({"license_title": "CC BY 4.0", "license_url": "https://cc.example/by"}, "CC BY 4.0 (https://cc.example/by)"),
        ({"license_title": None, "license_id": "hdx-other"}, "hdx-other"),
        ({"license_title": None, "license_id": None}, f"as stated at {DATASET_PAGE}"),
    ],
)
def test_the_licence_is_recorded_as_stated(hdx: Bench, stated: dict[str, object], recorded: str) -> None:
    """The licence is that of the data set's record, title and address; without one, where to look is recorded."""
    hdx.hdx.extra = stated
    entry = hdx.fetch().done.entry
    assert entry is not None
    assert entry.licence == recorded


def test_archives_of_different_dates_are_told_apart(hdx: Bench, tmp_path: Path) -> None:
    """Districts of one release and neighbourhoods of another: join report and provenance line say both dates."""
    write_boundaries(tmp_path / "boundaries")
    hdx.hdx.files |= {"local_authority": lad_zip(LADS), "msoa": msoa_zip(MSOAS, ds="2025-09-30")}
    assert {hdx.fetch("lad").done.state, hdx.fetch("msoa").done.state} == {"fetched"}
    assert "dated 2025-02-28, but those of neighbourhoods are dated 2025-09-30." in str(join_report("lad"))
    assert "dated 2025-02-28, neighbourhoods dated 2025-09-30" in provenance.line()
    assert manifest.held("atlas_msoa") is not None


# --- what decides is carried, not read out of a message -------------------------------------------


def test_the_storage_cannot_be_reached(hdx: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """HDX answers and its storage does not: the kind of the fault says that there is no connection, not its words."""

    def unreachable(*_: object, **__: object) -> None:
        msg = "In words that nobody has foreseen."
        raise Fault(msg, "offline")

    monkeypatch.setattr(http, "save", unreachable)
    trial = hdx.fetch()
    assert trial.done.unreachable
    assert "On a connected computer" in trial.letter


def test_why_an_archive_is_damaged(hdx: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """The reason is the error's own, whatever else its message says."""

    def damaged(path: Path) -> None:
        msg = "Words (with brackets"
        raise DamagedArchive(msg, "the third of (its) blocks is missing")

    monkeypatch.setattr(archive, "check_whole", damaged)
    is_letter(hdx.fetch().letter, "arrived incomplete or damaged", "; the third of (its) blocks is missing)")


def test_a_fault_of_both_addresses_is_reported_once(hdx: Bench) -> None:
    """A second fault of the same kind adds nothing; one of another kind is reported beside the first."""
    hdx.hdx.fault("429")
    assert "HDX could not be asked" not in hdx.fetch().letter
    hdx.restore()
    hdx.hdx.fault("html403", on="api")
    hdx.hdx.fault("500", on="storage")
    is_letter(hdx.fetch().letter, "HTTP 500", "HDX could not be asked about the data set")
