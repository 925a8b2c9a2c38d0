"""A site with a page for every district, built from the demonstration data and opened in headless Chromium."""

from __future__ import annotations

import csv
import random
import statistics
from collections.abc import Callable
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from playwright.sync_api import Page

from ec_maps import load_areas
from ec_maps.vintages import official_districts

pytestmark = [pytest.mark.browser, pytest.mark.slow]

#: The same twenty on every run, and five beyond England and Wales: a failure that a colleague cannot repeat helps
#: nobody.
TWENTY = random.Random(2026).sample(range(331), 20)
BEYOND = ["Glasgow City", "Scottish Borders", "Shetland Islands", "Belfast", "Derry City and Strabane"]


@pytest.fixture(scope="module")
def rows(whole_site: Path) -> list[dict[str, str]]:
    """Return the rows of the national page's download."""
    with (whole_site / "posts" / "national" / "maps" / "national.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def kingdom(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, str]]:
    """Return the rows of the United Kingdom as those of a download: no national page has one of it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EC_MAPS_SOURCE", "demo")
        patch.setenv("EC_MAPS_DATA_DIR", str(tmp_path_factory.mktemp("kingdom")))
        table = load_areas("lad", scope="uk").drop(columns="geometry")
    return table.astype(object).where(table.notna(), "").astype(str).to_dict("records")


def text(path: Path, selector: str) -> str:
    """Return the text of the first element that fits, on one line."""
    found = BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser").select_one(selector)
    return " ".join(found.get_text().replace("\N{NO-BREAK SPACE}", " ").split())


@pytest.fixture(scope="module")
def pages(whole_site: Path) -> dict[str, Path]:
    """Return the pages of the districts by their heading, with straight apostrophes."""
    found = sorted((whole_site / "places").glob("*.html"))
    return {text(path, "h1").replace("’", "'"): path for path in found if path.name != "index.html"}


def shown(value: float) -> str:
    """Return a share as a percentage with one decimal."""
    return f"{100 * value:.1f}%"


def nth(number: int) -> str:
    """Return "2nd", "11th", "21st"."""
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def apart(value: float, middle: float) -> str:
    """Return how far the middle lies from the value, as a reader finds who subtracts the percentages shown."""
    points = float(shown(middle)[:-1]) - float(shown(value)[:-1])
    if abs(points) < 0.05:
        return "level with it"
    return f"{abs(points):.1f} percentage point{'' if f'{abs(points):.1f}' == '1.0' else 's'} " + (
        "higher" if points > 0 else "lower"
    )


def span(share: float, shares: list[float]) -> str:
    """Return the ranks that a share may have: of those within half a percentage point, nobody knows the order."""
    level = [other for other in shares if round(abs(other - share), 9) <= 0.005]
    above, below = sum(other > max(level) for other in shares), sum(other < min(level) for other in shares)
    ahead, end = (above, "highest") if above <= below else (below, "lowest")
    if len(level) == 1:
        return f"the {nth(ahead + 1)} {end}" if ahead else f"the {end}"
    if not ahead:
        return f"one of the {len(level)} {end}"
    return f"between the {nth(ahead + 1)} and {nth(ahead + len(level))} {end}"


def sentences(row: dict[str, str], rows: list[dict[str, str]], whole: str = "England and Wales") -> str:
    """Return what a page has to say of its district, counted anew from the download of all districts of the whole."""
    name, value = row["lad21nm"], row["economic_connectedness"]
    article = ("City of ", "Forest of ", "Isle of ", "Isles of ", "New Forest", "Vale of ")
    article += ("Orkney Islands", "Scottish Borders", "Shetland Islands")
    inverted = {
        "Bristol, City of": "the City of Bristol",
        "Herefordshire, County of": "the County of Herefordshire",
        "Kingston upon Hull, City of": "the City of Kingston upon Hull",
    }
    where = inverted.get(name, f"the {name}" if name.startswith(article) else name)
    if not value:
        return (
            f"There is no published estimate of economic connectedness for {where} as a whole, so it is in no tenth "
            f"and has no rank."
        )
    share = float(value)
    valued = [other for other in rows if other["economic_connectedness"]]
    shares = [float(other["economic_connectedness"]) for other in valued]
    near = [float(other["economic_connectedness"]) for other in valued if other["rgn21nm"] == row["rgn21nm"]]
    rank = f"{span(share, shares)} of {len(valued)}"
    tenth = {"1": "the lowest tenth", "10": "the highest tenth"}.get(row["decile"], f"tenth {row['decile']} of 10")
    region = (
        row["rgn21nm"]
        if row["rgn21nm"] in ("London", "Wales", "Yorkshire and The Humber", "Scotland", "Northern Ireland")
        else f"the {row['rgn21nm']}"
    )
    middle, all_of_it = statistics.median(near), statistics.median(shares)
    return (
        f"In {where}, {shown(share)} of low-income people’s friends are high-income. That puts it in {tenth}: {rank} "
        f"local authorities of {whole}. The middle local authority of {region} is at "
        f"{shown(middle)}, {apart(share, middle)}; that of {whole} is at {shown(all_of_it)}, "
        f"{apart(share, all_of_it)}."
    )


def test_there_is_a_page_for_each_district(
    whole_site: Path, pages: dict[str, Path], rows: list[dict[str, str]]
) -> None:
    """374 pages, each headed by its district's name, each linked from the finder."""
    assert len(rows) == 331
    assert {row["lad21nm"] for row in rows} < set(pages)
    assert sorted(pages) == sorted(district.name for district in official_districts().values())
    finder = BeautifulSoup((whole_site / "places" / "index.html").read_text(encoding="utf-8"), "html.parser")
    linked = {link["href"] for link in finder.select(".ec-places a")}
    assert linked == {path.name for path in pages.values()}


@pytest.mark.parametrize("at", TWENTY)
def test_the_sentences_are_those_of_the_table(
    whole_site: Path, pages: dict[str, Path], rows: list[dict[str, str]], at: int
) -> None:
    """Value, tenth, rank, region and country, and the tenths of the neighbourhoods, as counted from the downloads."""
    row = sorted(rows, key=lambda one: one["lad21cd"])[at]
    page = pages[row["lad21nm"]]
    assert text(page, ".ec-lead").replace("’", "'") == sentences(row, rows).replace("’", "'")
    with (whole_site / "places" / "maps" / f"{page.stem}.csv").open(encoding="utf-8", newline="") as file:
        inside = [one["decile"] for one in csv.DictReader(file)]
    soup = BeautifulSoup(page.read_text(encoding="utf-8"), "html.parser")
    if any(inside):
        told = [field.b.text for field in soup.select(".ec-tenths li")]
        assert told == [str(inside.count(str(tenth)) or "–") for tenth in range(1, 11)]
    assert len(soup.select(".ec-table tbody tr")) == len(inside)


@pytest.mark.parametrize("name", BEYOND)
def test_the_sentences_beyond_the_border(pages: dict[str, Path], kingdom: list[dict[str, str]], name: str) -> None:
    """Value, tenth and rank are of the United Kingdom, and there is no table of neighbourhoods."""
    (row,) = [row for row in kingdom if row["lad21nm"] == name]
    assert text(pages[name], ".ec-lead") == sentences(row, kingdom, "the United Kingdom")
    soup = BeautifulSoup(pages[name].read_text(encoding="utf-8"), "html.parser")
    assert soup.select(".ec-tenths, .ec-table") == []
    assert "Neighbourhood data stop at the border" in soup.text


def test_every_page_opens_without_a_fault(whole_address: str, pages: dict[str, Path], tab: Callable[..., Page]) -> None:
    """All 374: nothing on the console, nothing asked of another host, nothing missing, no sideways scroll."""
    page = tab(viewport={"width": 1000, "height": 800})
    faults: list[str] = []
    page.on("console", lambda message: faults.append(f"{page.url}: console: {message.text}"))
    page.on("pageerror", lambda error: faults.append(f"{page.url}: error: {error}"))
    page.on(
        "request", lambda sent: sent.url.startswith((whole_address, "data:")) or faults.append(f"asks for {sent.url}")
    )
    page.on("response", lambda got: got.status < 400 or faults.append(f"{got.url}: {got.status}"))
    for path in pages.values():
        page.goto(f"{whole_address}places/{path.name}", wait_until="load")
        wide = page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
        faults += [f"{path.name} scrolls sideways"] if wide else []
    assert faults == []


def test_every_page_is_light(whole_site: Path, pages: dict[str, Path]) -> None:
    """With its maps, styles and scripts, all that it shows, each page is under 600 kB before any compression."""
    heavy = {}
    for name, path in pages.items():
        soup = BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
        loaded = [tag.get("src") or tag.get("href") for tag in soup.select("img, script[src], link[rel=stylesheet]")]
        files = {(path.parent / link.split("#")[0]).resolve() for link in loaded}
        shared = {whole_site / "places" / "maps" / f"{map_}.svg" for map_ in ("national", "uk")}
        assert len(shared & files) == 1
        weight = path.stat().st_size + sum(file.stat().st_size for file in files)
        heavy |= {name: weight} if weight >= 600_000 else {}
    assert heavy == {}
