"""The live site through the real code path, from servers on this machine that behave as the publishers' do."""

from __future__ import annotations

import hashlib
import itertools
import json
import multiprocessing
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import pytest
from bs4 import BeautifulSoup

from ec_maps.areas import provenance
from ec_maps.areas.table import join_report, load_areas
from ec_maps.errors import FetchError
from ec_maps.fetch import fetcher, manifest
from fakes.arcgis import FakeArcGIS
from fakes.hdx import FakeHDX
from fakes.hexagons import FakeHexagons
from fakes.names import FakeNames
from processes import started

pytestmark = [pytest.mark.network, pytest.mark.full]

NOT_COPIED = (".*", "_site*", "cache", "dist", "maps", "node_modules", "__pycache__", "*.egg-info", "*.zip")
KEYS = {
    "atlas_lad", "atlas_msoa", "lad21_boundaries", "lad21_rgn21_lookup", "msoa21_boundaries", "msoa21_lad21_lookup",
    "msoa21_hexagons", "msoa21_names",
}  # fmt: skip
KILLS = 20


class Servers(NamedTuple):
    """The publishers."""

    hdx: FakeHDX
    ons: FakeArcGIS
    names: FakeNames
    hexagons: FakeHexagons

    def stop(self) -> None:
        """Take all of them off the net."""
        for server in self:
            server.stop()


@pytest.fixture
def servers(monkeypatch: pytest.MonkeyPatch) -> Iterator[Servers]:
    """Start the publishers in a normal mood and point the library at them."""
    with FakeHDX() as hdx, FakeArcGIS() as ons, FakeNames() as names, FakeHexagons() as hexagons:
        monkeypatch.setenv("EC_MAPS_HDX_URL", hdx.url)
        monkeypatch.setenv("EC_MAPS_ONS_URL", ons.url)
        monkeypatch.setenv("EC_MAPS_NAMES_URL", names.url)
        monkeypatch.setenv("EC_MAPS_HEXAGONS_URL", hexagons.url)
        yield Servers(hdx, ons, names, hexagons)


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an empty data folder."""
    monkeypatch.setenv("EC_MAPS_DATA_DIR", str(tmp_path / "data"))
    return tmp_path / "data"


def ec_maps(*words: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run the command line and return its result."""
    return subprocess.run(
        [sys.executable, "-m", "ec_maps", *words], cwd=cwd, env=os.environ, capture_output=True, text=True, check=False
    )


def sums(folder: Path, *suffixes: str) -> dict[str, str]:
    """Return the checksum of each file with one of the suffixes."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.suffix in suffixes
    }


def test_a_site_from_an_empty_cache_and_again_offline(
    root: Path, tmp_path: Path, servers: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A copy of the project builds its live site by itself, and once more without a server, to the same bytes."""
    project = tmp_path / "copy"
    shutil.copytree(root, project, ignore=shutil.ignore_patterns(*NOT_COPIED))
    monkeypatch.chdir(project)
    first = ec_maps("render", "--engine", "preview", cwd=project)
    assert first.returncode == 0, first.stderr
    site = project / "_site"
    before = sums(site, ".png", ".csv")
    assert {f"posts/national/maps/{name}.png" for name in ("national", "hexagons")} <= set(before)
    assert "posts/hyperlocal/maps/great-yarmouth.csv" in before
    for page in ("index.html", "about.html", "posts/regional/index.html"):
        soup = BeautifulSoup((site / page).read_text(encoding="utf-8"), "html.parser")
        (section,) = soup.select(".ec-provenance")
        assert "dated 28 February 2025" in section.text
        assert section.select('time[datetime="2025-02-28"]')
        assert "districts of December 2021 and MSOAs of 2021, ONS, generalised to 20 m" in section.text
        assert "ec_maps 0." in section.text
        assert "Demonstration" not in soup.text
    servers.stop()
    for derived in (project / "data" / "cache").glob("*-????????????????.parquet"):
        derived.unlink()
    shutil.rmtree(site)
    for figures in project.glob("posts/*/maps"):
        shutil.rmtree(figures)
    second = ec_maps("render", "--engine", "preview", cwd=project)
    assert second.returncode == 0, second.stderr
    assert sums(site, ".png", ".csv") == before


def test_pages_of_places_are_drawn_once_after_a_fetch(tmp_path: Path, servers: Servers, data: Path) -> None:
    """A build that fetches first marks its pages with what it fetched, so that the next one draws none."""
    project = tmp_path / "project"
    (project / "places").mkdir(parents=True)
    (project / "_quarto.yml").write_text("website: {title: Maps}\n", encoding="utf-8")
    (project / "places.yml").write_text("- Great Yarmouth\n", encoding="utf-8")
    for drawn in (1, 0):
        done = ec_maps("places", "build", "--quiet", cwd=project)
        assert done.returncode == 0, done.stderr
        assert done.stdout.endswith(f", {drawn} drawn.\n")
    assert (data / "cache" / "manifest.json").is_file()


def test_all_of_the_country(servers: Servers, data: Path) -> None:
    """Districts, neighbourhoods, regions and readable names come in full; what lies outside is counted."""
    lads, msoas = load_areas("lad"), load_areas("msoa")
    assert (len(lads), len(msoas)) == (331, 7264)
    assert lads["rgn21nm"].nunique() == 10
    assert {"msoa21hclnm", "msoa21hclnmw"} < set(msoas.columns)
    assert msoas["msoa21hclnm"].notna().all()
    assert (msoas["msoa21hclnmw"].notna() == msoas["msoa21cd"].str.startswith("W")).all()
    report = join_report("lad")
    assert report.left_out == {"Scotland": 32, "Northern Ireland": 11}
    assert "Local_Authority_Districts_December_2021_UK_BGC_2022" in report.boundaries
    # Only the map of hexagons fetches the hexagons.
    assert set(manifest.read()) == KEYS - {"msoa21_hexagons"}


def test_finer_and_coarser(servers: Servers, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Boundaries of another resolution are another file: they are downloaded when they are wanted, and only they."""
    assert ec_maps("fetch").returncode == 0
    before = manifest.read()
    monkeypatch.setenv("EC_MAPS_RESOLUTION", "super_generalised")
    planned = {done.job.key: done.state for done in provenance.fetch(dry_run=True)}
    assert {key for key, state in planned.items() if state == "to be fetched"} == {
        "lad21_boundaries",
        "msoa21_boundaries",
    }
    report = join_report("lad")
    assert "_UK_BUC_" in report.boundaries
    assert "_BSC_" in report.boundaries
    assert manifest.read()["atlas_lad"] == before["atlas_lad"]


def test_names_that_are_not_to_be_had(servers: Servers, data: Path) -> None:
    """Without the file of names all else is there; the fetch says so, and pages do not ask again and again."""
    servers.names.fault("404")
    fetched = ec_maps("fetch")
    assert fetched.returncode == 0, fetched.stderr
    assert "Readable names of neighbourhoods" in fetched.stdout
    assert "without readable names" in fetched.stdout
    asked = len(servers.names.requests)
    assert "msoa21hclnm" not in load_areas("msoa")
    assert "There are no readable names" in str(join_report("msoa"))
    assert len(servers.names.requests) == asked
    servers.names.clear()
    assert ec_maps("fetch").returncode == 0
    assert "msoa21hclnm" in load_areas("msoa")


def test_eight_processes_fetch_each_file_once(servers: Servers, data: Path) -> None:
    """Eight processes that begin with one empty cache all succeed, and no address is asked for twice."""
    words = [sys.executable, "-m", "ec_maps", "fetch"]
    with ExitStack() as stack:
        running = [
            stack.enter_context(started(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE)) for _ in range(8)
        ]
        outputs = [process.communicate(timeout=300) for process in running]
    assert [process.returncode for process in running] == [0] * 8, outputs
    for server in servers:
        asked = Counter((record.method, record.path, str(record.query)) for record in server.requests)
        repeated = [
            one for one, times in asked.items() if times > 1 and "package_show" not in one[1] and "last" not in one
        ]
        assert not [one for one in repeated if not is_description(one[1], one[2])]
    stored = [record.path for record in servers.hdx.requests if "storage" in record.tags]
    assert len(stored) == 2
    assert all(entry.is_good() for entry in manifest.read().values())


def is_description(path: str, query: str) -> bool:
    """Return whether a request is for what a service says of itself, which one fetch asks for before and after."""
    return path.endswith(("FeatureServer", "/0")) or "returnCountOnly" in query


def test_a_refresh_that_fails_takes_nothing_away(servers: Servers, data: Path) -> None:
    """With a publisher gone, a refresh says so and ends with 1; earlier copies stay, and maps are built from them."""
    assert ec_maps("fetch").returncode == 0
    before = {key: entry.sha256 for key, entry in manifest.read().items()}
    table = load_areas("lad")
    servers.ons.stop()
    refreshed = ec_maps("fetch", "--refresh")
    assert refreshed.returncode == 1
    assert "earlier copies are still in use" in refreshed.stderr
    assert "Traceback" not in refreshed.stderr
    assert {key: entry.sha256 for key, entry in manifest.read().items()} == before
    assert load_areas("lad").equals(table)


def test_nothing_can_be_reached(servers: Servers, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With an empty cache and no server the message lists everything missing at once, and what to do."""
    servers.stop()
    monkeypatch.setattr("ec_maps.fetch.http.pause", lambda _: None)
    with pytest.raises(FetchError) as caught:
        fetcher.required(provenance.needed())
    text = str(caught.value)
    assert len(text.split("\n\n")) == 2
    for part in ("No connection to 127.0.0.1", "Social Capital Atlas by local authority", "Boundaries of districts"):
        assert part in text
    for part in ("On a connected computer", "EC_MAPS_BOUNDARIES", "EC_MAPS_SOURCE=demo", "uk-social-capital-atlas"):
        assert part in text
    assert list((data / "cache").glob("[!.]*")) == []


def fetch(environment: dict[str, str]) -> None:
    """Fetch, in a process of its own."""
    os.environ.update(environment)
    provenance.fetch()


def test_killed_at_any_moment(servers: Servers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Twenty fetches are killed at random: what the manifest lists is always right, and the next build goes well."""
    addresses = {
        f"EC_MAPS_{name}_URL": os.environ[f"EC_MAPS_{name}_URL"] for name in ("HDX", "ONS", "NAMES", "HEXAGONS")
    }
    monkeypatch.setenv("EC_MAPS_DATA_DIR", str(tmp_path / "whole"))
    began = time.monotonic()
    provenance.fetch()
    lasts = time.monotonic() - began
    right = {key: entry.sha256 for key, entry in manifest.read().items()}
    expected = load_areas("msoa")
    processes = multiprocessing.get_context("forkserver")
    processes.set_forkserver_preload(
        [
            "ec_maps.areas.provenance",
            "ec_maps.boundaries.ons",
            "ec_maps.atlas.hdx",
            "ec_maps.boundaries.hexgrid",
            "geopandas",
        ]
    )
    chance = random.Random(1)
    killed = 0
    folder = tmp_path / "0"
    for number in itertools.count(1):
        monkeypatch.setenv("EC_MAPS_DATA_DIR", str(folder))
        process = processes.Process(target=fetch, args=({**addresses, "EC_MAPS_DATA_DIR": str(folder)},))
        wait, before = chance.uniform(0, lasts), manifest.read()
        process.start()
        try:
            process.join(wait)
        finally:
            process.kill()
        process.join()
        if process.exitcode == -signal.SIGKILL:
            killed += 1
        elif not before:
            # How long a whole fetch takes varies; one that was quicker than its kill says that kills must come sooner.
            lasts = wait
        listed = manifest.read()
        for entry in listed.values():
            assert entry.is_good()
            assert entry.sha256 == right[entry.key]
        # Every few kills, and whenever the fetch was quicker, the next build: it goes well, and the next starts again.
        if len(listed) == len(right) or number % 5 == 0:
            assert {done.state for done in provenance.fetch()} <= {"fetched", "already there"}
            assert load_areas("msoa").equals(expected)
            assert not [path for path in (folder / "cache").iterdir() if path.name.startswith(".fetch-")]
            folder = tmp_path / str(number)
        if killed == KILLS:
            break


def test_the_manifest_says_where_all_is_from(servers: Servers, data: Path) -> None:
    """Each file has its source, address without query, size, checksum, licence, time and tool; nothing is secret."""
    assert ec_maps("fetch").returncode == 0
    text = (data / "cache" / "manifest.json").read_text(encoding="utf-8")
    assert "?" not in text
    assert "Signature" not in text
    rows = {row["key"]: row for row in json.loads(text)["files"]}
    assert set(rows) == KEYS
    for row in rows.values():
        path = data / "cache" / row["file"]
        assert row["size"] == path.stat().st_size
        assert row["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
        assert row["address"].startswith("http://127.0.0.1:")
        assert row["licence"]
        assert row["fetched_at"].endswith("Z")
        assert row["tool"].startswith("ec_maps ")
    assert rows["atlas_lad"]["resource"] == "f87c1d44-a56c-48cf-a8bb-1caad97aa589"
    assert rows["atlas_lad"]["etag"] == hashlib.md5(servers.hdx.files["local_authority"]).hexdigest()
