"""The pages of districts of all kinds, built from the demonstration data: their words and figures against the tables.

Among a dozen of them, or all 374 in the weekly run. What a browser sees of them is in ``test_site.py``.
"""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

import facts
from ec_maps import load_areas
from ec_maps.areas.coverage import BEYOND
from ec_maps.geography.codes import official_districts
from ec_maps.geography.similar import similar_codes
from tested_places import ALL_PLACES, GROUPS, SITE

pytestmark = [pytest.mark.site, pytest.mark.full]

Rows = list[dict[str, str]]


@pytest.fixture(scope="module")
def rows(site: Path) -> Rows:
    """Return the rows of the national page's download."""
    return read(site / "posts" / "national" / "maps" / "national.csv")


@pytest.fixture(scope="module")
def kingdom(tmp_path_factory: pytest.TempPathFactory) -> Rows:
    """Return the rows of the United Kingdom as those of a download: no national page has one of it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EC_MAPS_SOURCE", "demo")
        patch.setenv("EC_MAPS_DATA_DIR", str(tmp_path_factory.mktemp("kingdom")))
        table = load_areas("lad", scope="uk").drop(columns="geometry")
    return table.astype(object).where(table.notna(), "").astype(str).to_dict("records")


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[str, BeautifulSoup]:
    """Return the pages of the districts by their heading."""
    found = [
        BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
        for path in sorted((site / "places").glob("*.html"))
        if path.stem not in ("index", *GROUPS.values())
    ]
    return {facts.plain(page.h1.text): page for page in found}


def read(path: Path) -> Rows:
    """Return the rows of a CSV."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def each(pages: dict[str, BeautifulSoup], check: Callable[[str, BeautifulSoup], None]) -> None:
    """Check each page; a failure names all those that fail, each with the first thing that is wrong with it."""
    faults = []
    for name, page in pages.items():
        try:
            check(name, page)
        except AssertionError as error:
            faults.append(f"{name}: {error}")
    assert not faults, "\n".join(["", *faults])


def test_there_is_a_page_for_each_district(site: Path, pages: dict[str, BeautifulSoup], rows: Rows) -> None:
    """Each is headed by its district's name and linked from the finder, which has the others without a link."""
    assert len(rows) == 331
    official = {district.name for district in official_districts().values()}
    assert set(pages) == (official if ALL_PLACES else set(SITE))
    finder = BeautifulSoup((site / "places" / "index.html").read_text(encoding="utf-8"), "html.parser")
    assert len(finder.select(".ec-places li")) == len(official) == 374
    linked = {link["href"] for link in finder.select(".ec-places a")}
    others = {"index.html", *(f"{page}.html" for page in GROUPS.values())}
    assert linked == {path.name for path in (site / "places").glob("*.html")} - others


def test_the_words_are_those_of_the_table(pages: dict[str, BeautifulSoup], rows: Rows, kingdom: Rows) -> None:
    """Value, decile and rank open the page, the medians of region and whole follow, as counted from the downloads.

    The opening has two sentences at most, and 45 words. Places beyond England and Wales are counted in the United
    Kingdom.
    """
    here, there = ({row["lad21nm"]: row for row in table} for table in (rows, kingdom))

    def check(name: str, page: BeautifulSoup) -> None:
        lead = page.select_one(".ec-lead")
        after = lead.find_next_sibling("p").text
        if name in here:
            facts.check(lead.text, after, here[name], rows)
        else:
            facts.check(lead.text, after, there[name], kingdom, "the United Kingdom")

    each(pages, check)


def test_the_neighbourhoods_are_those_of_the_table(site: Path, pages: dict[str, BeautifulSoup], rows: Rows) -> None:
    """How many there are in each decile, and a row for each in two tables; beyond the border it says why none is."""
    here = {row["lad21nm"] for row in rows}
    beyond = {one.name for one in official_districts().values() if one.region in BEYOND}

    def check(name: str, page: BeautifulSoup) -> None:
        if name not in here:
            assert name in beyond
            assert page.select(".ec-deciles, [id^=table-neighbourhoods]") == []
            assert "Neighbourhood data cover England and Wales only" in page.text
            return
        download = page.find("a", href=lambda link: bool(link) and link.endswith(".csv"))["href"]
        inside = [one["decile"] for one in read(site / "places" / download)]
        if any(inside):
            told = [field.b.text for field in page.select(".ec-deciles li")]
            assert told == [str(inside.count(str(decile)) or "–") for decile in range(1, 11)]
        tables = page.select(".ec-table:not([id$=most-like-it])")
        assert [len(table.select("tbody tr")) for table in tables] == 2 * [len(inside)]

    each(pages, check)


def test_similar_places_are_those_of_the_list(pages: dict[str, BeautifulSoup], rows: Rows, kingdom: Rows) -> None:
    """A row for each place on the shipped list, with its value and, within the page's own scope, its decile.

    A place that has a page is linked; one without a list has a sentence instead.
    """
    known = {row["lad21nm"]: row for row in kingdom}
    here = {row["lad21nm"] for row in rows}

    def check(name: str, page: BeautifulSoup) -> None:
        code = next(code for code, one in official_districts().items() if one.name == name)
        listed = [official_districts()[one].name for one in similar_codes(code)]
        part = page.find(id="similar-places")
        if not listed:
            assert f"{name} has no similar places: it became part of" in part.find_next("p").text
            assert page.select("[id$=among-the-places-most-like-it]") == []
            return
        found = [[cell.text for cell in row.select("td")] for row in part.find_next("tbody").select("tr")]
        assert sorted(facts.plain(row[0]) for row in found) == sorted([name, *listed])
        for shown, value, decile, likeness in found:
            row = known[facts.plain(shown)]
            share = row["economic_connectedness"]
            assert value == (f"{100 * float(share):.1f}%" if share else "no published estimate")
            scope = {one["lad21nm"]: one for one in rows} if name in here else known
            assert decile == (scope.get(row["lad21nm"], {}).get("decile") or "–")
            assert likeness == ("" if row["lad21nm"] == name else str(1 + listed.index(row["lad21nm"])))
        linked = {facts.plain(link.text) for link in part.find_next("tbody").select("a")}
        assert linked == set(listed) & set(pages)

    each(pages, check)


def test_every_page_is_light(site: Path, pages: dict[str, BeautifulSoup]) -> None:
    """With its maps, styles and scripts, all that it shows, each page is under 600 kB before any compression."""

    def check(name: str, page: BeautifulSoup) -> None:
        loaded = [tag.get("src") or tag.get("href") for tag in page.select("img, script[src], link[rel=stylesheet]")]
        files = {(site / "places" / link.split("#")[0]).resolve() for link in loaded}
        shared = {site / "places" / "maps" / f"{map_}.svg" for map_ in ("national", "uk")}
        assert len(shared & files) == 1
        assert len(str(page).encode()) + sum(file.stat().st_size for file in files) < 600_000

    each(pages, check)
