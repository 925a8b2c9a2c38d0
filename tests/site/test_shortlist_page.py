"""The page of the shortlist in headless Chromium, from both engines, from a server and from a folder."""

from __future__ import annotations

import csv
import io
import os
import random
import re
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest

from browsing import DESK, PHONE, barriers, expect, listed, real, watched
from ec_maps import MEASURES, load_areas, shortlist
from ec_maps.analysis.shortlist import headings
from ec_maps.site.finder import page_names
from serving import served

if TYPE_CHECKING:
    import pandas as pd
    from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.full]


@pytest.fixture
def anywhere(home: str) -> str:
    """Return the address of the page, by either engine, on a server and in a folder."""
    return f"{home}shortlist.html"


@pytest.fixture
def there(address: str) -> str:
    """Return the address of the preview's page on a server."""
    return f"{address}shortlist.html"


def opened(page: Page, address: str) -> list[str]:
    """Open the page, wait for its list, and return the list of faults that fills."""
    faults = watched(page, address.partition("#")[0].rpartition("/")[0])
    page.goto(address)
    page.locator(".ec-counted").wait_for()
    return faults


def names(page: Page) -> list[str]:
    """Return the official names of the neighbourhoods listed."""
    return page.locator(".ec-list th[scope=row] > a").all_inner_texts()


def chosen(page: Page) -> list[str]:
    """Return the names of the places chosen."""
    return page.locator(".ec-chosen b").all_inner_texts()


def span(low: int, high: int) -> str:
    """Return the ends of a span as the page shows them."""
    return f"{low:,}" if low == high else f"{low:,}–{high:,}"


def rows_of(table: pd.DataFrame) -> list[list[str]]:
    """Return the cells that a table of :func:`ec_maps.shortlist` has on the page, with the headings of its groups."""
    measure, above, rows = MEASURES[table.attrs["measure"]], headings(table), []
    group = 0
    for row in table.to_dict("records"):
        if row["group"] != group:
            group = row["group"]
            rows += [[above[group]]] if group in above else []
        low, high = row["decile_low"], row["decile_high"]
        rows.append(
            [
                span(row["position_low"], row["position_high"]),
                f"{row['msoa21nm']}{row['lad21nm']}",
                measure.format(row[measure.key]),
                f"{row['decile']}" + ("" if low == high else f" ({span(low, high)})"),
                f"{row['num_users']:,}",
            ]
        )
    return rows


def test_a_hundred_choices_are_those_of_the_library(there: str, tab: Callable[..., Page], demo: Path) -> None:
    """The sentence, the groups and each row of random choices are those of `ec_maps.shortlist`."""
    choice = random.Random(16)
    lads = load_areas("lad")
    slug = {name: page_names(lads)[code] for code, name in zip(lads["lad21cd"], lads["lad21nm"], strict=True)}
    wider = {"Norfolk": "norfolk", "Wales": "wales", "East of England": "east-of-england", "North East": "north-east"}
    page = tab(**DESK)
    faults = opened(page, there)
    for _ in range(100):
        places = choice.sample(list(slug), choice.randint(1, 8))
        places += choice.sample(list(wider), choice.choice([0, 0, 0, 1]))
        key, at_most = choice.choice(list(MEASURES)), choice.randint(1, 10)
        kind = choice.choice([None, None, "bias", "exposure"])
        table = shortlist(places, at_most, measure=key, kind=kind)  # type: ignore[arg-type]
        address = f"#places={','.join((slug | wider)[name] for name in places)}&at_most={at_most}&measure={key}"
        page.goto(f"{there}{address}{f'&kind={kind}' if kind else ''}")
        expect(page.locator(".ec-counted")).to_have_text(table.attrs["in_words"])
        if page.locator(".ec-left button").count():
            page.locator(".ec-left button").click()
        cells = page.locator(".ec-list tbody tr").evaluate_all(
            "rows => rows.map(row => [...row.cells].map(cell => cell.textContent))"
        )
        assert cells == rows_of(table), address
    assert not faults, listed(faults)


def test_a_group_of_the_list(anywhere: str, tab: Callable[..., Page], demo: Path) -> None:
    """Its list is that of its districts, under its own name."""
    page = tab(**DESK)
    faults = opened(page, f"{anywhere}#places=greater-norwich&at_most=10")
    table = shortlist(["Norwich", "Broadland", "South Norfolk"], 10)
    assert names(page) == table["msoa21nm"].tolist()
    assert chosen(page) == ["Greater Norwich"]
    said = table.attrs["in_words"].replace("Norwich, Broadland and South Norfolk", "Greater Norwich")
    expect(page.locator(".ec-counted")).to_have_text(said)
    assert not real(faults), listed(faults)


def test_a_reader_with_mouse_and_keyboard(anywhere: str, tab: Callable[..., Page]) -> None:
    """Search, choose, narrow, follow a link to the map and come back; reload and a sent link show the same."""
    page = tab(**DESK)
    faults = opened(page, anywhere)
    assert len(chosen(page)) == 1
    assert page.locator(".ec-stamp").inner_text().startswith("Demonstration data")
    page.locator("#ec-find").focus()
    page.keyboard.type("norfolk")
    expect(page.locator("#ec-found a").first).to_be_visible()
    page.locator("#ec-found a", has_text=re.compile("^Norfolk$")).click()
    expect(page.locator(".ec-chosen b")).to_have_count(2)
    page.wait_for_url("**,norfolk&at_most=2")
    page.locator("#ec-find").fill("leeds")
    page.keyboard.press("Enter")
    expect(page.locator(".ec-chosen b").last).to_have_text("Leeds")
    page.get_by_role("button", name="Remove Leeds").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".ec-chosen b")).to_have_count(2)
    page.locator("#ec-at-most").select_option("3")
    page.locator("#ec-kind").select_option("exposure")
    page.wait_for_url("**,norfolk&at_most=3&kind=exposure")
    expect(page.locator(".ec-counted")).to_contain_text("of the kind “fewer to meet")
    before = [page.locator(".ec-listed").inner_text(), chosen(page)]
    first = names(page)[0]
    page.locator(".ec-list th[scope=row] > a").first.click()
    page.wait_for_url("**/explore.html#place=*&area=*")
    expect(page.locator(".ec-panel h2")).to_have_text(first)
    page.go_back()
    page.locator(".ec-counted").wait_for()
    assert [page.locator(".ec-listed").inner_text(), chosen(page)] == before
    page.reload()
    page.locator(".ec-counted").wait_for()
    assert [page.locator(".ec-listed").inner_text(), chosen(page)] == before
    page.get_by_role("button", name="Copy link").click()
    field = page.locator(".ec-told input")
    assert (field.input_value() if field.count() else page.url) == page.url
    page.go_back()
    expect(page.locator("#ec-kind")).to_have_value("")
    assert not real(faults), listed(faults)


def test_the_table_to_download(there: str, tab: Callable[..., Page], demo: Path) -> None:
    """A CSV whose name says what it is, with the rows of the library, codes, spans, users and source."""
    page = tab(**DESK)
    opened(page, f"{there}#places=norwich,great-yarmouth&at_most=2")
    with page.expect_download() as loaded:
        page.get_by_role("button", name="Download table").click()
    name = loaded.value.suggested_filename
    assert name == "shortlist-norwich-great-yarmouth-economic-connectedness-decile-2-or-below.csv"
    text = loaded.value.path().read_text(encoding="utf-8-sig")
    rows, table = list(csv.DictReader(io.StringIO(text))), shortlist(["Norwich", "Great Yarmouth"])
    same = [
        "msoa21cd",
        "msoa21nm",
        "lad21cd",
        "rgn21nm",
        "decile",
        "decile_low",
        "decile_high",
        "rank_low",
        "rank_high",
    ]
    same += ["group", "position_low", "position_high", "num_users"]
    assert [[row[column] for column in same] for row in rows] == table[same].astype(str).to_numpy().tolist()
    assert [row["value"] for row in rows] == [f"{100 * value:.1f}" for value in table["economic_connectedness"]]
    assert {row["source"].partition(".")[0] for row in rows} == {"Demonstration data – not real values"}


def test_what_is_not_there_is_said(there: str, tab: Callable[..., Page]) -> None:
    """Unknown places, measures, deciles and kinds, places beyond the border, none, and more than a handful."""
    page = tab(**DESK)
    faults = opened(page, f"{there}#places=norwich,atlantis&measure=wisdom&at_most=11&kind=nice")
    told = page.locator(".ec-told")
    for part in ("Not found here: “atlantis”", "no measure “wisdom”", "no decile “11”", "no kind “nice”"):
        expect(told).to_contain_text(part)
    assert chosen(page) == ["Norwich"]
    page.goto(f"{there}#places=belfast,scotland,norwich")
    expect(told).to_contain_text("Belfast is in Northern Ireland: neighbourhood data cover England and Wales only.")
    expect(told).to_contain_text("There is no list for Scotland")
    page.goto(f"{there}#places={'x' * 5000}")
    expect(told).to_contain_text("x" * 60 + "…")
    expect(told).to_contain_text("Choose a place")
    assert page.locator(".ec-listed > *").count() == 0
    page.goto(f"{there}#places=adur,ashford,babergh,barnet,bolton,bury,derby")
    expect(page.locator(".ec-counted")).to_contain_text("of these seven places, ")
    # The explorer's address of a place, a code, and the anchor of another part of the page.
    page.goto(f"{there}#place=norwich")
    expect(page.locator(".ec-chosen b")).to_have_text("Norwich")
    page.goto(f"{there}#places=X06000001")
    expect(page.locator(".ec-chosen b")).to_have_text("Adur")
    page.goto(f"{there}#content")
    expect(page.locator(".ec-chosen b")).to_have_text("Adur")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert not faults, listed(faults)


@pytest.mark.parametrize(
    "text", ['<img src=x onerror="window.ecHit=1">', '"><script>window.ecHit=1</script>', "%", "\\", "'"]
)
def test_the_address_is_only_text(text: str, there: str, tab: Callable[..., Page]) -> None:
    """Markup in the address is shown as it is, makes no element, and runs nothing."""
    page = tab(**DESK)
    words = "&".join(f"{name}={quote(text)}" for name in ("places", "measure", "at_most", "kind"))
    faults = watched(page, there.rpartition("/")[0])
    page.goto(f"{there}#{words}")
    expect(page.locator(".ec-told")).to_contain_text(text)
    assert page.locator(".ec-told > *").count() == 0
    assert page.evaluate("window.ecHit") is None
    assert not faults, listed(faults)


def test_a_broken_script_is_left_out_and_named(site: Path, tmp_path: Path, tab: Callable[..., Page]) -> None:
    """The list goes without it and says so; once it is there again, another try has it."""
    copy = tmp_path / "sub folder" / "site"
    for part in ("shortlist.html", "assets", "maps/explore", "maps/shortlist", "site_libs"):
        if (site / part).is_dir():
            shutil.copytree(site / part, copy / part)
        elif (site / part).is_file():
            copy.mkdir(parents=True, exist_ok=True)
            shutil.copy(site / part, copy / part)
    script = copy / "maps" / "explore" / "norwich.js"
    whole = script.read_text(encoding="utf-8")
    script.write_text(whole[:500], encoding="utf-8")
    page = tab(**DESK)
    with served(tmp_path) as address:
        page.goto(f"{address}{quote('sub folder/site/shortlist.html')}#places=norwich,great-yarmouth")
        expect(page.locator(".ec-told")).to_contain_text("The neighbourhoods of Norwich could not be loaded")
        expect(page.locator(".ec-counted")).to_contain_text("Without Norwich: Of the 13 neighbourhoods")
        assert not any("Norwich" in name for name in names(page))
        script.write_text(whole, encoding="utf-8")
        # Servers tell browsers of changes by the second.
        os.utime(script, (time.time() + 60, time.time() + 60))
        page.get_by_role("button", name="Try again").click()
        expect(page.locator(".ec-counted")).to_contain_text("Of the 27 neighbourhoods of")


@pytest.mark.parametrize("path", ["explore/values.js", "shortlist/places.js"])
def test_without_values_the_page_says_so(path: str, there: str, tab: Callable[..., Page]) -> None:
    """Where a script of the page does not come, a sentence leads to the list of places."""
    page = tab(**DESK)
    page.route(f"**/maps/{path}", lambda route: route.fulfill(status=404, body=""))
    page.goto(there)
    expect(page.locator(".ec-told")).to_contain_text("The values could not be loaded")
    expect(page.locator(".ec-told a")).to_have_attribute("href", "places/index.html")


def test_without_scripts(there: str, tab: Callable[..., Page]) -> None:
    """The page says what it would do, links to tables, and shows no control."""
    page = tab(**DESK, java_script_enabled=False)
    page.goto(there)
    expect(page.locator(".ec-without")).to_contain_text("With JavaScript, this page lists the neighbourhoods")
    assert page.locator(".ec-without a").evaluate_all("links => links.map(one => one.getAttribute('href'))") == [
        "places/index.html",
        "posts/hyperlocal/index.html",
    ]
    assert not page.locator(".ec-shortlist :is(button, select, input)").first.is_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("device", [DESK, PHONE], ids=["desk", "phone"])
def test_everybody_can_use_it(
    scheme: str, device: dict[str, Any], built: Path, tab: Callable[..., Page], axe: str
) -> None:
    """No finding of axe, no text below 11 px, no target below 24 px, and nothing wider than the window."""
    page = tab(**device, color_scheme=scheme)
    with served(built) as address:
        opened(page, f"{address}shortlist.html#places=norfolk,king-s-lynn-and-west-norfolk&at_most=3")
        assert barriers(page, axe) == []
        small = page.evaluate(
            """[...document.querySelectorAll('.ec-shortlist *')].filter((part) => part.checkVisibility()
                && [...part.childNodes].some((node) => node.nodeType === 3 && node.data.trim())
                && parseFloat(getComputedStyle(part).fontSize) < 11).map((part) => part.outerHTML.slice(0, 90))"""
        )
        assert small == []
        narrow = page.evaluate(
            """[...document.querySelectorAll('.ec-shortlist :is(button, select, input)')]
                .filter((part) => part.checkVisibility()).map((part) => [part, part.getBoundingClientRect()])
                .filter(([, { width, height }]) => Math.min(width, height) < 24).map(([part]) => part.outerHTML)"""
        )
        assert narrow == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        page.emulate_media(media="print")
        assert page.locator(".ec-list table").is_visible()
        assert page.locator(".ec-stamp").is_visible()
        assert not page.locator(".ec-controls").is_visible()
