"""The record of downloads: what it says of each file, and that a file it does not list is not used."""

from __future__ import annotations

import hashlib
import json
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

from ec_maps.areas import provenance
from ec_maps.atlas import archive
from ec_maps.fetch import manifest
from ec_maps.fetch.manifest import Brought, Entry
from fakes.hdx import DATASET, IDS, NAMES, lad_zip
from fetching import Bench, bench

pytestmark = pytest.mark.network


@pytest.fixture
def hdx(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    """Return HDX in a normal mood and an empty cache."""
    with bench(tmp_path, monkeypatch) as made:
        yield made


def fetched(hdx: Bench) -> Entry:
    """Fetch the districts and return their entry."""
    entry = hdx.fetch().done.entry
    assert entry is not None
    return entry


def rewrite(change: Callable[[dict[str, Any]], object]) -> None:
    """Change what the manifest says of its first file."""
    content = json.loads(manifest.manifest_path().read_text(encoding="utf-8"))
    change(content["files"][0])
    manifest.manifest_path().write_text(json.dumps(content), encoding="utf-8")


# --- what it says ---------------------------------------------------------------------------------


def test_what_is_recorded_of_a_file(hdx: Bench) -> None:
    """Key, address without a query, resource, size, hash, the server's ETag and date, licence and tool are recorded."""
    hdx.hdx.extra = {"license_title": "CC BY 4.0", "license_url": "https://cc.example/by"}
    fetched(hdx)
    body = hdx.hdx.files["local_authority"]
    (row,) = json.loads((hdx.cache / "manifest.json").read_text(encoding="utf-8"))["files"]
    when = row.pop("fetched_at")
    sha256 = hashlib.sha256(body).hexdigest()
    assert row == {
        "key": "atlas_lad",
        "file": f"{NAMES['local_authority'].lower().removesuffix('.zip')}.{sha256[:8]}.zip",
        "size": len(body),
        "sha256": sha256,
        "address": f"{hdx.hdx.url}/dataset/{DATASET}/resource/{IDS['local_authority']}/download/",
        "name": NAMES["local_authority"].lower(),
        "resource": IDS["local_authority"],
        "etag": hashlib.md5(body, usedforsecurity=False).hexdigest(),
        "date": "2025-03-24T10:00:00Z",
        "licence": "CC BY 4.0 (https://cc.example/by)",
        "variant": "",
        "notes": [],
        "tool": f"ec_maps {version('ec-maps')}",
    }
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", when)


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="this system's time zone cannot be set for a process")
@pytest.mark.parametrize("zone", ["UTC", "Pacific/Auckland", "America/St_Johns"])
def test_times_are_in_utc(hdx: Bench, monkeypatch: pytest.MonkeyPatch, zone: str) -> None:
    """Wherever the computer is, when a file was fetched is recorded in UTC, and says so with a Z."""
    with monkeypatch.context() as patch:
        patch.setenv("TZ", zone)
        time.tzset()
        when = fetched(hdx).fetched_at
    time.tzset()
    assert when.endswith("Z")
    assert abs(datetime.now(UTC) - datetime.fromisoformat(when)) < timedelta(minutes=10)


def test_the_record_of_another_file_stays(hdx: Bench) -> None:
    """A second file adds to the record; a replaced one takes its predecessor's place."""
    first = fetched(hdx)
    hdx.fetch("msoa")
    assert list(manifest.read()) == ["atlas_lad", "atlas_msoa"]
    hdx.hdx.fault("replaced")
    hdx.fetch("msoa", refresh=True)
    assert len(manifest.read()) == 2
    assert manifest.read()["atlas_lad"] == first


def test_what_is_written_is_what_is_read(hdx: Bench) -> None:
    """Notes, Welsh letters and odd names come back as they were."""
    hdx.cache.mkdir(parents=True)
    path = hdx.cache / "a.12345678.csv"
    path.write_bytes(b"x")
    brought = Brought("https://host.example/ŷ", 'a "b" \\ c', notes=("Môn – 1.", "Two."))
    entry = manifest.new_entry("key", path, brought, hashlib.sha256(b"x").hexdigest())
    manifest.write({"key": entry})
    assert manifest.read() == {"key": entry}
    assert entry.is_good()


# --- what does not count --------------------------------------------------------------------------


def _flip(path: Path) -> None:
    body = bytearray(path.read_bytes())
    body[len(body) // 2] ^= 1
    path.write_bytes(bytes(body))


@pytest.mark.parametrize(
    "spoil",
    [
        _flip,
        lambda path: path.write_bytes(path.read_bytes()[:-1]),
        lambda path: path.write_bytes(b""),
        lambda path: path.write_bytes(lad_zip(scale=0.5)),
    ],
    ids=["a bit flipped", "cut short", "emptied", "another archive"],
)
def test_a_changed_file_is_not_used_and_brought_again(hdx: Bench, spoil: Callable[[Path], None]) -> None:
    """A file whose hash is not the recorded one is never read; it is removed, reported and fetched again."""
    entry = fetched(hdx)
    spoil(entry.path)
    assert not entry.is_good()
    assert manifest.held("atlas_lad") is None
    assert archive.archives() == []
    again = hdx.fetch()
    assert again.done.state == "fetched"
    assert provenance.notes(again.done) == [
        f"The copy in the cache, {entry.file}, was damaged since it was fetched and has been removed."
    ]
    assert entry.is_good()
    assert archive.archives() == [entry.path]


def test_a_changed_file_without_a_connection(hdx: Bench) -> None:
    """If it cannot be downloaded again, the message says that there was a copy and why it is not used."""
    entry = fetched(hdx)
    _flip(entry.path)
    hdx.hdx.stop()
    letter = hdx.fetch().letter
    assert f"The copy in the cache, {entry.file}, was damaged since it was fetched and has been removed" in letter
    assert "No connection" in letter


def test_a_missing_file_is_brought_again(hdx: Bench) -> None:
    """A file that is recorded and missing is fetched, without a message of damage."""
    entry = fetched(hdx)
    entry.path.unlink()
    again = hdx.fetch()
    assert (again.done.state, provenance.notes(again.done)) == ("fetched", [])


def test_a_file_that_is_not_recorded_is_not_used(hdx: Bench) -> None:
    """A file with a name like ours that another program put into the cache is ignored."""
    entry = fetched(hdx)
    foreign = hdx.cache / "local_authority-20260110t101112z-001.deadbeef.zip"
    foreign.write_bytes(lad_zip(scale=0.5))
    assert archive.archives() == [entry.path]
    assert hdx.fetch().done.state == "already there"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        "7",
        '{"files": []}',
        '{"format": 1}',
        '{"format": 1, "files": 5}',
        '{"format": 1, "files": [5]}',
        '{"format": 1, "files": [{}]}',
        "[" * 100_000,
        b"\xff\xfe\x00",
    ],
)
def test_a_damaged_manifest_counts_for_nothing(hdx: Bench, text: str | bytes) -> None:
    """Without a record that can be read no file is used; the next fetch downloads them and writes a new one."""
    entry = fetched(hdx)
    manifest.manifest_path().write_bytes(text if isinstance(text, bytes) else text.encode())
    assert manifest.read() == {}
    assert manifest.held("atlas_lad") is None
    assert hdx.fetch().done.state == "fetched"
    assert manifest.read()["atlas_lad"].sha256 == entry.sha256


def test_a_manifest_of_another_format(hdx: Bench) -> None:
    """A record of a later or earlier version is not interpreted."""
    fetched(hdx)
    content = json.loads(manifest.manifest_path().read_text(encoding="utf-8"))
    manifest.manifest_path().write_text(json.dumps(content | {"format": manifest.FORMAT + 1}), encoding="utf-8")
    assert manifest.read() == {}
    assert hdx.fetch().done.state == "fetched"


@pytest.mark.parametrize(
    "name", ["../../outside.zip", "/etc/passwd", "C:\\x.zip", "sub/x.zip", "..", "", ".lock", "a\0b"]
)
def test_an_entry_outside_the_cache(hdx: Bench, tmp_path: Path, name: str) -> None:
    """An entry that names a path, and not a file of the cache, is not used, whatever lies there."""
    outside = tmp_path / "outside.zip"
    entry = fetched(hdx)
    outside.write_bytes(entry.path.read_bytes())
    rewrite(lambda row: row.update(file=name))
    assert manifest.read() == {}
    assert hdx.fetch().done.state == "fetched"
    assert outside.is_file()


@pytest.mark.parametrize(
    "change",
    [
        {"licence": None},
        {"date": 20250324},
        {"notes": 7},
        {"notes": [7]},
        {"etag": ["x"]},
        {"sha256": None},
        {"size": None},
        {"size": "13045"},
        {"key": 5},
        {"fetched_at": None},
    ],
    ids=str,
)
def test_an_entry_of_another_form(hdx: Bench, change: dict[str, object]) -> None:
    """A part of an entry that is not what it should be makes the file be fetched again, and ends in no traceback."""
    fetched(hdx)
    rewrite(lambda row: row.update(change))
    assert manifest.held("atlas_lad") is None
    done = hdx.fetch().done
    assert done.state == "fetched"
    assert "15 kB" in provenance.as_table([done])


def test_a_later_versions_entry_can_say_more(hdx: Bench) -> None:
    """Unknown parts of an entry are ignored."""
    entry = fetched(hdx)
    rewrite(lambda row: row.update(colour="blue"))
    assert manifest.read() == {"atlas_lad": entry}


def test_odd_published_names_become_safe_file_names(hdx: Bench) -> None:
    """Whatever a file is called on HDX, its name in the cache is short and plain, and the record can be read."""
    url = f"{hdx.hdx.url}/dataset/{DATASET}/resource/{IDS['local_authority']}/download/"
    for name in ("-" * 90 + "x.zip", "a" * 200 + ".zip", "..zip", "Ynys Môn (1).zip", "no suffix", ".hidden.zip"):
        row = hdx.hdx.record(0, hdx.hdx.resources()[0])
        hdx.hdx.extra = {"resources": [row | {"url": f"{url}{name}", "download_url": f"{url}{name}"}]}
        entry = hdx.fetch(refresh=True).done.entry
        assert entry is not None
        assert manifest.read() == {"atlas_lad": entry}
        assert re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{,100}", entry.file)
        assert replace(entry, name="") == replace(manifest.held("atlas_lad") or entry, name="")
