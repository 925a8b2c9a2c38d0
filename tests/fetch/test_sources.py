"""The table of remote sources: each row is complete, of a kind that is known, and used."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from ec_maps.areas import provenance
from ec_maps.fetch import sources
from ec_maps.fetch.sources import Source
from ec_maps.geography.levels import LEVELS

ROWS = sources._table()
RESOLUTIONS = ("full", "generalised", "super_generalised")
LICENCES = {"Open Government Licence v3.0", "Open Parliament Licence v3.0"}
ADDRESSES = {
    "hdx": r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/[a-z_]+-\d{8}t\d{6}z-001\.zip",
    "arcgis": r"[A-Za-z0-9_]+",
    "file": r"[A-Za-z0-9.-]+\.csv",
    "github": r"[A-Za-z0-9_]+\.gpkg",
    "postgis": r"[a-z0-9_]+",
}


def _name(row: Source) -> str:
    return f"{row.key}-{row.address[:40]}"


@pytest.mark.parametrize("row", ROWS, ids=_name)
def test_each_row_is_complete(row: Source) -> None:
    """A row has a known kind, an address of that kind, words for a person, and a licence where one is known."""
    assert re.fullmatch(ADDRESSES[row.kind], row.address)
    assert re.fullmatch(r"[a-z0-9_]+", row.key)
    assert row.what == row.what.strip() != ""
    # The licence of the Atlas and that of one's own database are stated there, if anywhere.
    assert row.licence in (LICENCES if row.kind in ("arcgis", "file", "github") else {""})
    assert (row.resolution in RESOLUTIONS) == (row.kind == "arcgis" and row.key.endswith("_boundaries"))


@pytest.mark.parametrize("key", sorted({row.key for row in ROWS}))
def test_rows_of_a_key_are_of_one_thing(key: str) -> None:
    """All places of a key give the same thing, each is there once, and for boundaries in each resolution."""
    rows = sources.rows(key)
    assert len({(row.kind, row.what, row.licence) for row in rows}) == 1
    assert max(Counter(row.address for row in rows).values()) == 1
    assert sources.source(key) == rows[0]
    if rows[0].resolution:
        assert {row.resolution for row in rows} == set(RESOLUTIONS)


def test_each_key_is_used(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What a live site fetches, from the services or from a database, is in the table, and all of the table is used."""
    monkeypatch.setenv("EC_MAPS_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("EC_MAPS_DATABASE_URL", "postgresql://reader@127.0.0.1/country")
    used = set()
    for boundaries in ("ons", "postgis"):
        monkeypatch.setenv("EC_MAPS_BOUNDARIES", boundaries)
        jobs = provenance.needed()
        used |= {job.key for job in jobs}
        assert [job.what for job in jobs] == [sources.source(job.key).what for job in jobs]
    assert used == {row.key for row in ROWS}


@pytest.mark.parametrize("level", ["lad", "msoa"])
def test_archives_are_the_ones_of_the_data_set(level: str) -> None:
    """The Atlas's two archives are known by id and name; that of postcode districts is not among them."""
    assert len(sources.rows(f"atlas_{level}")) == 1
    assert f"{LEVELS[level].file_stem}-" in sources.source(f"atlas_{level}").address  # type: ignore[index]
    assert not any("postcode" in row.address for row in ROWS if row.kind == "hdx")


@pytest.mark.parametrize("resolution", RESOLUTIONS)
@pytest.mark.parametrize("key", ["lad21_boundaries", "msoa21_boundaries"])
def test_the_resolution_asked_for_comes_first(key: str, resolution: str) -> None:
    """Places of the resolution asked for come first, in the table's order; coarse ones never replace full ones."""
    found = sources.candidates(key, resolution)
    resolutions = [row.resolution for row in found]
    assert resolutions == sorted(resolutions, key=lambda one: one != resolution)
    asked_for = [row for row in sources.rows(key) if row.resolution == resolution]
    assert [row for row in found if row.resolution == resolution] == asked_for
    assert not (resolution == "full" and "super_generalised" in resolutions)


def test_what_has_no_resolution_is_in_the_tables_order() -> None:
    """Lookups and names are tried in the order of the table."""
    for key in ("msoa21_lad21_lookup", "lad21_rgn21_lookup", "msoa21_names"):
        assert sources.candidates(key) == sources.rows(key)
        assert len(sources.rows(key)) > 1
