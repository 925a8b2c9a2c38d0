"""Downloads into the cache: what is refused, replaced, fetched by several at once, killed, or without room."""

from __future__ import annotations

import gzip
import io
import os
import signal
import subprocess
import sys
import threading
import time
import warnings
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from ec_maps.areas import provenance
from ec_maps.atlas import archive, select
from ec_maps.errors import FetchError
from ec_maps.fetch import fetcher, manifest
from ec_maps.fetch.fetcher import Job
from ec_maps.fetch.http_errors import Fault, FaultKind
from ec_maps.fetch.manifest import Brought
from fakes.archives import EC_FILE, streamed_zip
from fakes.hdx import lad_zip, msoa_zip, postcode_zip
from fetching import Bench, bench, ec_maps, is_letter, is_tidy, kept
from processes import started

pytestmark = pytest.mark.network

TABLE = f"local_authority/{EC_FILE}"
COMMAND = [sys.executable, "-m", "ec_maps", "fetch"]
QUIET = {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE}
HEADS = ["what", "from", "size", "date", "licence", "sha256"]


@pytest.fixture
def hdx(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    """Return HDX in a normal mood and an empty cache."""
    with bench(tmp_path, monkeypatch) as made:
        yield made


# --- archives that are not what they should be ----------------------------------------------------


def _changed(body: bytes, at: int) -> bytes:
    return body[:at] + bytes([body[at] ^ 255]) + body[at + 1 :]


def _stored(text: str = "a,b\n1,2\n", *names: str) -> bytes:
    out = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(out, "w") as archive:
        warnings.simplefilter("ignore")  # of names that occur twice
        for name in names or (TABLE,):
            archive.writestr(name, text)
    return out.getvalue()


def _flagged(header: int, listing: int, value: int) -> bytes:
    """Return a zip with a byte changed in the member's own header and in that of the list."""
    body = bytearray(_stored())
    body[header] = body[body.index(b"PK\x01\x02") + listing] = value
    return bytes(body)


GOOD = lad_zip()
SPOILT = {
    "cut short": (GOOD[: len(GOOD) // 2], ("arrived incomplete or damaged", "not a zip file")),
    "a byte changed": (_changed(GOOD, GOOD.index(TABLE.encode()) + 5000), ("arrived incomplete or damaged", EC_FILE)),
    "upwards": (streamed_zip({"../evil.csv": "x"}), ('unsafe member name, "../evil.csv"',)),
    "absolute": (streamed_zip({"/etc/x": "x"}), ('unsafe member name, "/etc/x"',)),
    "a drive": (streamed_zip({"C:\\x": "x"}), ('unsafe member name, "C:/x"',)),
    "a bomb": (streamed_zip({TABLE: bytes(30 * 2**20)}), (f"{TABLE} in local_authority-2025", "expands to more")),
    "too many members": (streamed_zip({f"{n}.csv": "" for n in range(1001)}), ("lists 1001 members",)),
    "the table twice": (_stored("x", TABLE, TABLE), ("is stored twice under the same name",)),
    "another name": (
        streamed_zip({"lads/ec.csv": "a\n1\n"}),
        ("holds no CSV with a column 'high_ses_ratio'", "found: ec.csv"),
    ),
    "a bare CSV": (b",lad_code,ds\n0,E06000001,2025-02-28\n", ("begins with b',lad_code,ds",)),
    "gzip": (gzip.compress(GOOD, mtime=0), (r"begins with b'\x1f\x8b",)),
    "a workbook": (streamed_zip({"[Content_Types].xml": "<x/>", "xl/a.xml": "<x/>"}), ("It is an Excel workbook",)),
    "a zip in a zip": (streamed_zip({"local_authority.zip": GOOD}), ("found: local_authority.zip",)),
    "encrypted": (_flagged(6, 8, 1), ("cannot be unpacked", "password required")),
    "another method": (_flagged(8, 10, 99), ("cannot be unpacked", "compression method is not supported")),
    "no rows": (streamed_zip({TABLE: "lad_code,measurement_category,high_ses_ratio\n"}), ("has no data rows",)),
    "neighbourhoods": (msoa_zip(), ("holds neighbourhoods (MSOAs)",)),
    "of 2023": (lad_zip([f"E060000{n}" for n in range(63, 67)]), ("the maps are of December 2021",)),
}


@pytest.mark.parametrize("kind", SPOILT)
def test_an_archive_that_is_not_what_it_should_be(hdx: Bench, kind: str) -> None:
    """It is refused with its published name and its fault; nothing of it is stored, and no earlier copy is lost."""
    body, parts = SPOILT[kind]
    trial = hdx.refused(lambda it: it.files.update(local_authority=body), *parts)
    # What may have happened on the way is tried once more, what is so on the server is not.
    assert trial.waits == ([1] if kind in ("cut short", "a byte changed") else [])


def test_postcode_districts_are_not_mistaken_for_neighbourhoods(hdx: Bench) -> None:
    """Their table has the same columns: the codes give them away."""
    message = 'holds postcode districts (such as "NR30")'
    hdx.refused(lambda it: it.files.update(msoa=postcode_zip()), message, level="msoa")


@pytest.mark.parametrize("name", [TABLE.upper(), f"a/b/c/{EC_FILE}", f"a\\{EC_FILE}", EC_FILE.replace("uk_", "")])
def test_a_table_elsewhere_in_the_archive_is_found(hdx: Bench, name: str) -> None:
    """Another case, folder or separator is taken; so is a zip that was streamed, or has the long form of headers."""
    with zipfile.ZipFile(io.BytesIO(GOOD)) as archive:
        text = archive.read(TABLE)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive, archive.open(name, "w", force_zip64=True) as file:
        file.write(text)
    for body in (out.getvalue(), streamed_zip({name: text})):
        hdx.hdx.files["local_authority"] = body
        assert hdx.fetch(refresh=True).done.state in ("fetched", "replaced")


# --- the same, something newer, nothing at all ----------------------------------------------------


def test_a_copy_is_kept_until_a_refresh(hdx: Bench) -> None:
    """A plain fetch asks nothing though HDX has a newer file; --refresh adopts it and gives both checksums."""
    first = hdx.fetch().done.entry
    assert first is not None
    assert hdx.fetch(refresh=True).done.state == "unchanged"
    hdx.hdx.fault("replaced")
    plain = hdx.fetch()
    assert (plain.done.state, plain.asked, plain.done.entry) == ("already there", [], manifest.held("atlas_lad"))
    new = hdx.fetch(refresh=True).done
    assert new.state == "replaced"
    assert new.entry is not None
    assert f"the earlier copy was {first.sha256[:12]}, this one is {new.entry.sha256[:12]}" in new.message
    assert new.entry.date[:10] in new.message
    assert manifest.held("atlas_lad") == new.entry
    assert first.path.is_file()  # another process may be reading it; an hour later it is removed
    os.utime(first.path, (0, 0))
    hdx.fetch(refresh=True)
    assert sorted(kept(hdx.cache)) == sorted(["manifest.json", new.entry.file])


def test_a_host_without_a_connection_is_tried_once(hdx: Bench, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What counts is that there was no connection, not how the message puts it; another publisher is still asked."""
    tried: list[str] = []

    def unreachable(key: str, kind: FaultKind) -> Job:
        def bring(path: Path) -> Brought:
            tried.append(key)
            msg = "In words that nobody has foreseen."
            raise Fault(msg, kind)

        return Job(key, ".csv", bring, lambda _: None, "")

    jobs = [unreachable("atlas_lad", "offline"), unreachable("atlas_msoa", "offline")]
    jobs += [unreachable("lad21_rgn21_lookup", "busy"), unreachable("msoa21_lad21_lookup", "busy")]
    outcomes = fetcher.ensure(jobs)
    assert tried == ["atlas_lad", "lad21_rgn21_lookup", "msoa21_lad21_lookup"]
    assert [done.unreachable for done in outcomes] == [True, True, False, False]
    with pytest.raises(FetchError, match="On a connected computer"):
        fetcher.raise_failures(outcomes)
    with pytest.raises(FetchError) as caught:
        fetcher.raise_failures(outcomes[2:])
    assert "connected" not in str(caught.value)


def test_no_connection(hdx: Bench) -> None:
    """Without a copy, the message says how to copy one from elsewhere; with one, no connection is needed."""
    hdx.hdx.stop()
    trial = hdx.fetch()
    is_letter(
        trial.letter, "No connection to 127.0.0.1", "On a connected computer, ec-maps fetch fills", str(hdx.cache)
    )
    assert trial.waits == [1, 2]
    hdx.hdx.start()
    good = hdx.fetch().done.entry
    hdx.hdx.stop()
    assert hdx.fetch().done.state == "already there"
    failed = hdx.fetch(refresh=True)
    is_letter(failed.letter, "No connection to 127.0.0.1", "earlier copies are still in use")
    assert failed.done.entry == good == manifest.held("atlas_lad")


@pytest.mark.parametrize("when", [0, 4_000_000_000])
def test_the_times_of_files_decide_nothing(hdx: Bench, when: int) -> None:
    """A copy from 1970 or from the future, by a wrong clock, is as good as any: its hash decides."""
    hdx.fetch()
    for name in kept(hdx.cache):
        os.utime(hdx.cache / name, (when, when))
    assert hdx.fetch().done.state == "already there"


# --- several at once, and some that are killed ----------------------------------------------------


def test_threads_that_fetch_at_once(hdx: Bench) -> None:
    """Four threads want the same file: one fetches it, the others find it in the cache."""
    states: list[str] = []
    start = threading.Barrier(4)

    def fetch() -> None:
        start.wait()
        states.extend(done.state for done in fetcher.ensure(select.fetch_jobs("lad"), asked=True))

    threads = [threading.Thread(target=fetch) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Counter(states) == {"fetched": 1, "already there": 3}
    assert len(hdx.hdx.seen("storage")) == 1


def test_processes_that_fetch_at_once(hdx: Bench) -> None:
    """Three processes on one empty cache all succeed, and each file is downloaded once."""
    hdx.hdx.fault("slow", on="storage", piece=4096, pause=0.02)
    with ExitStack() as stack:
        processes = [stack.enter_context(started(COMMAND, **QUIET)) for _ in range(3)]
        output = [process.communicate(timeout=120)[1] for process in processes]
    assert [process.returncode for process in processes] == [0, 0, 0], output
    assert len(hdx.hdx.seen("storage local_authority")) == len(hdx.hdx.seen("storage msoa")) == 1
    is_tidy(hdx.cache)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_a_fetch_that_is_killed_leaves_nothing_that_is_trusted(hdx: Bench, number: signal.Signals) -> None:
    """Ended in mid-download, it leaves no archive; the next fetch downloads it and removes what was left."""
    hdx.hdx.files["local_authority"] = lad_zip(members={"padding.bin": os.urandom(400_000)})
    hdx.hdx.fault("slow", on="storage", piece=20_000, pause=0.1)
    with started(COMMAND, **QUIET) as process:
        until = time.monotonic() + 30
        while not any(path.stat().st_size for path in hdx.cache.glob(".fetch-*/*")) and time.monotonic() < until:
            time.sleep(0.01)
        process.send_signal(number)
        _, output = process.communicate(timeout=60)
    assert process.returncode != 0
    assert b"Traceback" not in output
    left = [name for name in kept(hdx.cache) if name.startswith(".fetch-")]
    assert bool(left) == (number == signal.SIGKILL)
    assert manifest.held("atlas_lad") is None
    assert archive.archives() == []
    hdx.restore()
    assert hdx.fetch().done.state == "fetched"  # which finds nothing half-written either


def test_what_was_left_between_two_steps(hdx: Bench) -> None:
    """A whole archive that no manifest lists, and half a manifest, count for nothing; the latter goes."""
    hdx.cache.mkdir(parents=True)
    stray = hdx.cache / "local_authority-20250320t000233z-001.0cbc51a9.zip"
    stray.write_bytes(lad_zip(scale=0.5))
    (hdx.cache / ".manifest.json.0123abcd.part").write_text('{"format": 1, "files": [', encoding="utf-8")
    assert manifest.held("atlas_lad") is None
    assert archive.archives() == []
    assert hdx.fetch().done.state == "fetched"


# --- disks ----------------------------------------------------------------------------------------


@pytest.mark.skipif(not hasattr(signal, "SIGXFSZ"), reason="this system limits no file's size")
def test_no_space_left(hdx: Bench) -> None:
    """Where the archive does not fit, the message says which folder is full, and nothing of the archive stays."""
    limited = ["sh", "-c", 'ulimit -f 16; exec "$@"', "sh", *COMMAND]  # 8 or 16 kB, by the shell
    hdx.hdx.files["local_authority"] = lad_zip(members={"padding.bin": os.urandom(40_000)})
    run = subprocess.run(limited, capture_output=True, text=True, check=False)
    assert run.returncode == 1, run.stderr
    is_letter(run.stderr, f"No space left in {hdx.cache}", "no partial file was stored", "EC_MAPS_DATA_DIR")
    assert kept(hdx.cache) == []
    assert hdx.fetch().done.state == "fetched"


def _a_file(folder: Path) -> Path:
    (folder / "file").touch()
    return folder / "file" / "below"


@pytest.mark.parametrize("where", [_a_file, lambda _: Path("/proc/nowhere")], ids=["below a file", "in /proc"])
def test_a_cache_that_cannot_be_made(
    hdx: Bench, tmp_path: Path, where: Callable[[Path], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder that cannot be written is reported before any request, with the setting for another."""
    folder = where(tmp_path)
    monkeypatch.setenv("EC_MAPS_DATA_DIR", str(folder))
    with pytest.raises(FetchError) as caught:
        hdx.fetch()
    is_letter(str(caught.value), str(folder), "cannot be written", "EC_MAPS_DATA_DIR")
    assert hdx.hdx.requests == []


def test_a_complete_cache_need_not_be_written(hdx: Bench) -> None:
    """What is there is read without a lock; only a fetch fails, with a message, and takes nothing away."""
    good = hdx.fetch().done.entry
    (hdx.cache / ".lock").unlink(missing_ok=True)
    (hdx.cache / ".lock").mkdir()
    assert hdx.fetch().done.entry == good
    with pytest.raises(FetchError, match="cannot be written"):
        hdx.fetch(refresh=True)
    assert manifest.held("atlas_lad") == good


# --- the command ----------------------------------------------------------------------------------


def _states(table: str) -> list[str]:
    heads, *rows = table.splitlines()[:3]
    assert heads.split() == HEADS
    return [row.split("  ")[-1].strip() for row in rows]


def test_the_command_on_a_good_day(hdx: Bench) -> None:
    """A dry run asks nothing; a fetch fills the cache; another and a refresh find it full; all end with 0."""
    dry = ec_maps("fetch", "--dry-run")
    assert (dry.returncode, _states(dry.stdout), hdx.hdx.requests) == (0, ["to be fetched"] * 2, [])
    assert not hdx.cache.exists()
    run = ec_maps("fetch")
    assert (run.returncode, _states(run.stdout)) == (0, ["fetched"] * 2), run.stderr
    assert "15 kB" in run.stdout
    assert "24 March 2025" in run.stdout
    assert f"127.0.0.1:{hdx.hdx.ports['site']}" in run.stdout
    for entry in (manifest.held("atlas_lad"), manifest.held("atlas_msoa")):
        assert entry is not None
        assert entry.sha256[:8] in run.stdout
    asked = len(hdx.hdx.requests)
    again = ec_maps("fetch")
    assert (again.returncode, _states(again.stdout), again.stderr) == (0, ["already there"] * 2, "")
    assert [done.state for done in provenance.fetch(refresh=True, dry_run=True)] == ["to be asked for again"] * 2
    assert len(hdx.hdx.requests) == asked
    hdx.hdx.fault("replaced", on="local_authority")
    new = ec_maps("fetch", "--refresh")
    assert (new.returncode, _states(new.stdout)) == (0, ["replaced", "unchanged"]), new.stderr
    assert "its publisher has replaced it" in new.stdout
    assert "values of" in new.stdout


def test_the_command_on_a_bad_day(hdx: Bench) -> None:
    """What fails is in the table and in the message, the rest is done; the status is 1, and no copy is lost."""
    hdx.hdx.fault("html403", on="msoa")
    run = ec_maps("fetch")
    assert (run.returncode, _states(run.stdout)) == (1, ["fetched", "failed"])
    letter = run.stderr[run.stderr.index("ec-maps: Social") :]
    is_letter(letter, "Social Capital Atlas by neighbourhood", "a challenge page", "in a browser")
    assert "by local authority:" not in letter
    hdx.restore()
    assert hdx.fetch("msoa").done.state == "fetched"
    before = kept(hdx.cache)
    hdx.hdx.fault("html403")
    refresh = ec_maps("fetch", "--refresh")
    assert (refresh.returncode, _states(refresh.stdout)) == (1, ["failed"] * 2)
    is_letter(refresh.stderr[refresh.stderr.index("ec-maps: Social") :], "earlier copies are still in use")
    assert kept(hdx.cache) == before
