"""The page that compares places in headless Chromium, from both engines, from a server and from a folder."""

from __future__ import annotations

import csv
import random
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest

from browsing import DESK, OF_COLOURS, PHONE, barriers, expect, listed, real, watched
from ec_maps import MEASURES
from published import published, script
from serving import served

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.full]

SIX = "great-yarmouth,east-of-england,norfolk,belfast,eden,england"


@pytest.fixture
def comparison(home: str) -> str:
    """Return the address of the page, by either engine, on a server and in a folder."""
    return f"{home}compare-places.html"


@pytest.fixture
def there(address: str) -> str:
    """Return the address of the preview's page on a server."""
    return f"{address}compare-places.html"


def opened(page: Page, address: str) -> list[str]:
    """Open the page, wait until it listens, and return the list of faults that fills."""
    faults = watched(page, address.partition("#")[0].rpartition("/")[0])
    page.goto(address)
    page.locator(".ec-compare .ec-controls").wait_for()
    return faults


def names(page: Page) -> list[str]:
    """Return the places compared, as the page lists them."""
    return page.locator(".ec-chosen li").evaluate_all("all => all.map((li) => li.querySelector('a, b').textContent)")


def add(page: Page, text: str) -> None:
    """Find a place by the keyboard and add it."""
    page.locator("#ec-find").fill(text)
    page.locator("#ec-found a").first.wait_for()
    page.locator("#ec-find").press("Enter")


def test_a_group_has_no_value(comparison: str, tab: Callable[..., Page]) -> None:
    """A county and a group of the list are compared by their neighbourhoods; they have a range and a page, no value."""
    page = tab(**DESK)
    faults = opened(page, f"{comparison}#places=greater-norwich,norfolk,great-yarmouth")
    assert names(page) == ["Greater Norwich", "Norfolk", "Great Yarmouth"]
    assert page.get_by_role("link", name="Greater Norwich").first.get_attribute("href") == "places/greater-norwich.html"
    row = page.locator(".ec-multiple").first.locator(".ec-rows > li").nth(1)
    assert " to " in row.locator("b").inner_text()
    assert "110" not in row.locator("b").inner_text()
    expect(row.locator(".ec-fine")).to_contain_text("109 neighbourhoods, half of them")
    value = page.locator(".ec-table tbody").first.locator("tr", has=page.locator("th", has_text="Value"))
    assert value.locator("td").all_inner_texts()[:2] == ["–", "–"]
    page.goto(f"{comparison}#places=norfolk")
    expect(page.locator(".ec-said")).to_contain_text("Norfolk has values from")
    assert not real(faults), listed(faults)


def test_a_reader_compares_places(comparison: str, tab: Callable[..., Page]) -> None:
    """Two at the beginning; one is added by keyboard, one by mouse, one removed; back, reload and a link agree."""
    page = tab(**DESK)
    faults = opened(page, comparison)
    assert len(names(page)) == 2
    expect(page.locator(".ec-multiple")).to_have_count(len(MEASURES))
    assert page.locator(".ec-multiple .ec-stamp").count() == len(MEASURES)
    page.goto(f"{comparison}#places=great-yarmouth,norwich")
    expect(page.locator(".ec-chosen li")).to_have_count(2)
    add(page, "norfolk")
    expect(page.locator(".ec-told")).to_contain_text("Compared now")
    assert page.url.endswith("#places=great-yarmouth,norwich,norfolk")
    page.locator("#ec-find").fill("east of eng")
    page.locator("#ec-found a").first.click()
    expect(page.locator(".ec-chosen li")).to_have_count(4)
    expect(page.locator(".ec-said li")).to_have_count(3)
    page.get_by_role("button", name="Remove Norwich").press("Enter")
    expect(page.locator(".ec-chosen li")).to_have_count(3)
    assert page.evaluate("document.activeElement.id") == "ec-find"
    page.get_by_role("button", name="Make first: Norfolk").click()
    expect(page.locator(".ec-said li").first).to_contain_text("the median neighbourhood of Norfolk")
    assert names(page) == ["Norfolk", "Great Yarmouth", "East of England"]
    page.get_by_role("button", name="Copy link").click()
    expect(page.locator(".ec-told")).not_to_be_empty()
    field = page.locator(".ec-told input")
    link = field.input_value() if field.count() else page.url
    assert link == page.url
    seen = page.locator(".ec-compared").inner_text()
    page.reload()
    page.locator(".ec-multiple").first.wait_for()
    assert page.locator(".ec-compared").inner_text() == seen
    other = tab(**DESK)
    opened(other, link)
    assert other.locator(".ec-compared").inner_text() == seen
    page.go_back()
    expect(page.locator(".ec-chosen li").first).to_contain_text("Great Yarmouth")
    page.get_by_role("button", name="Begin again").click()
    expect(page.locator(".ec-chosen li")).to_have_count(0)
    expect(page.locator(".ec-told")).to_have_text("Choose places to compare.")
    assert not real(faults), listed(faults)


def test_similar_places_are_added(comparison: str, tab: Callable[..., Page]) -> None:
    """Those most like the first place fill the comparison, across the border too; none twice, and none beyond six."""
    page = tab(**DESK)
    faults = opened(page, f"{comparison}#places=norwich,portsmouth")
    button = page.locator("[data-do=similar]")
    expect(button).to_have_text("Add places similar to Norwich")
    button.press("Enter")
    expect(page.locator(".ec-chosen li")).to_have_count(6)
    assert names(page) == ["Norwich", "Portsmouth", "Hastings", "Southampton", "Dundee City", "Worcester"]
    expect(page.locator(".ec-told")).to_contain_text("Compared now: Norwich, Portsmouth, Hastings")
    button.click()
    expect(page.locator(".ec-told")).to_contain_text("Six places are compared")
    page.goto(f"{comparison}#places=glasgow-city")
    expect(button).to_have_text("Add places similar to Glasgow City")
    button.click()
    expect(page.locator(".ec-chosen li")).to_have_count(6)
    assert names(page)[:4] == ["Glasgow City", "Leeds", "Cardiff", "Newcastle upon Tyne"]
    page.goto(f"{comparison}#places=eden")
    expect(button).to_have_text("Add places similar to Eden")
    button.click()
    expect(page.locator(".ec-told")).to_contain_text("became part of Westmorland and Furness on 1 April 2023")
    assert names(page) == ["Eden"]
    page.goto(f"{comparison}#places=norfolk,norwich")
    expect(page.locator(".ec-chosen li")).to_have_count(2)
    expect(button).to_be_hidden()
    assert not real(faults), listed(faults)


def test_a_list_that_is_not_to_be_had_is_said(there: str, tab: Callable[..., Page]) -> None:
    """Where the script of the first place is broken, the page says so, and the next click tries again."""
    page = tab(**DESK)
    opened(page, f"{there}#places=norwich")
    page.route("**/explore/norwich.js", lambda route: route.fulfill(body="{", content_type="text/javascript"))
    page.locator("[data-do=similar]").click()
    expect(page.locator(".ec-told")).to_contain_text("The places similar to Norwich could not be loaded. Try again.")
    page.unroute("**/explore/norwich.js")
    page.locator("[data-do=similar]").click()
    expect(page.locator(".ec-chosen li")).to_have_count(6)


def test_differences_are_those_of_the_files(root: Path, site: Path, there: str, tab: Callable[..., Page]) -> None:
    """Higher, lower or no different, for 100 pairs of districts in any measure, calculated from the CSVs."""
    lads = published(root, "local_authority-demonstration.zip")
    districts = script(site / "maps" / "explore" / "values.js")["districts"]
    choice = random.Random(16)
    page = tab(**DESK)
    opened(page, there)
    told = {1: 0, 0: 0, -1: 0}
    for _ in range(20):
        some = choice.sample(districts, 6)
        page.goto(f"{there}#places={','.join(slug for _, slug, *_ in some)}")
        expect(page.locator(".ec-chosen li").last).to_contain_text(some[-1][2])
        key = choice.choice(list(MEASURES))
        at = list(MEASURES).index(key)
        fine = page.locator(".ec-multiple").nth(at).locator("li:not(.ec-rug) .ec-fine").all_inner_texts()
        values = page.locator(".ec-multiple").nth(at).locator("li > b").all_inner_texts()
        first = some[0]
        for district, text, shown in zip(some[1:], fine[1:], values[1:], strict=True):
            a, b = (lads[key].get(code, (None,))[0] for code in (district[0], first[0]))
            assert shown == MEASURES[key].format(float("nan") if a is None else a)
            if a is None or b is None:
                assert "cannot be compared" in text
                continue
            apart = 0 if abs(a - b) <= MEASURES[key].tolerance * (1 + 1e-9) else (1 if a > b else -1)
            told[apart] += 1
            words = {0: "no difference from", 1: "higher than", -1: "lower than"}
            assert [one for one, said in words.items() if said in text] == [apart], (district, first, key, text)
    assert all(told.values()), told


def test_the_table_is_downloaded(comparison: str, tab: Callable[..., Page], tmp_path: Path) -> None:
    """A row for each place and measure, by Excel's mark and in commas, with the source, under a name that says it."""
    page = tab(**DESK, accept_downloads=True)
    faults = opened(page, f"{comparison}#places=norwich,bristol-city-of,norfolk")
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Download table").click()
    assert waiting.value.suggested_filename == "compare-norwich-bristol-city-of-norfolk.csv"
    file = tmp_path / "table.csv"
    waiting.value.save_as(file)
    text = file.read_bytes()
    assert text.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(text.decode("utf-8-sig").splitlines()))
    assert [row["place"] for row in rows[:3]] == ["Norwich", "Bristol, City of", "Norfolk"]
    assert [row["measure"] for row in rows[::3]] == list(MEASURES)
    values = page.locator(".ec-multiple").first.locator("li > b").all_inner_texts()
    ranges = [f"{row['neighbourhoods_lowest']} to {row['neighbourhoods_highest']}" for row in rows[:3]]
    assert [f"{row['value'] or inside}%" for row, inside in zip(rows[:3], ranges, strict=True)] == values
    assert all(row["source"].startswith("Demonstration data") for row in rows)
    assert rows[1]["compared_with"] == "Norwich"
    assert rows[2]["decile"] == ""
    assert not real(faults), listed(faults)


def test_what_is_not_there_is_said(there: str, tab: Callable[..., Page]) -> None:
    """Unknown places, a seventh one, a place twice, a code, a district without values, nothing at all."""
    page = tab(**DESK)
    faults = opened(page, f"{there}#places=atlantis,norwich,norwich,X06000001,{SIX}")
    told = page.locator(".ec-told")
    expect(told).to_contain_text("There is no place “atlantis” here.")
    expect(told).to_contain_text("At most six places are compared at once: Eden and England are left out.")
    assert names(page) == ["Norwich", "Adur", "Great Yarmouth", "East of England", "Norfolk", "Belfast"]
    page.goto(f"{there}#places=norwich,eden")
    expect(page.locator(".ec-said li")).to_contain_text("cannot be compared: there is no published estimate")
    page.goto(f"{there}#places=eden")
    expect(page.locator(".ec-said li")).to_contain_text("no published estimate")
    page.goto(f"{there}#places={'x' * 5000},{','.join(f'y{n}' for n in range(50))}")
    expect(told).to_contain_text("x" * 60 + "…")
    assert page.locator(".ec-multiple").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    # The anchor of a part of the page changes nothing.
    page.goto(f"{there}#places=norwich")
    expect(page.locator(".ec-chosen li")).to_have_count(1)
    page.goto(f"{there}#table")
    assert names(page) == ["Norwich"]
    assert not faults, listed(faults)


@pytest.mark.parametrize(
    "text", ['<img src=x onerror="window.ecHit=1">', '"><script>window.ecHit=1</script>', "%", "\\", "__proto__"]
)
def test_the_address_is_only_text(text: str, there: str, tab: Callable[..., Page]) -> None:
    """Markup in the address is shown as it is, makes no element, and runs nothing."""
    page = tab(**DESK)
    faults = opened(page, f"{there}#places={quote(text)},norwich")
    expect(page.locator(".ec-told")).to_contain_text(text)
    assert page.locator(".ec-told > *").count() == 0
    assert names(page) == ["Norwich"]
    assert page.evaluate("window.ecHit") is None
    assert not faults, listed(faults)


@pytest.mark.parametrize("broken", ["compare/places.js", "explore/values.js"])
def test_a_broken_script_is_said(broken: str, there: str, tab: Callable[..., Page]) -> None:
    """Without its numbers the page says so and leads to the list of places; nothing else breaks."""
    page = tab(**DESK)
    page.route(f"**/{broken}", lambda route: route.fulfill(body="window.ec = {", content_type="text/javascript"))
    page.goto(there)
    expect(page.locator(".ec-told")).to_contain_text("could not be loaded")
    assert page.locator(".ec-told a").get_attribute("href") == "places/index.html"
    assert page.locator(".ec-multiple").count() == 0


def test_without_scripts_the_page_says_what_it_would_do(there: str, tab: Callable[..., Page]) -> None:
    """The words and links to tables and places are seen, and no control that does nothing."""
    page = tab(**DESK, java_script_enabled=False)
    page.goto(there)
    assert page.get_by_text("With JavaScript, this page").is_visible()
    assert page.locator(".ec-without a").count() == 3
    assert not page.locator(".ec-compare :is(input, button)").filter(visible=True).count()


@pytest.mark.parametrize("device", [DESK, PHONE], ids=["desk", "phone"])
def test_nobody_is_shut_out(device: dict[str, Any], there: str, axe: str, tab: Callable[..., Page]) -> None:
    """With six places of all kinds and the finder open: no barrier, light or dark, no small words, nothing too wide."""
    page = tab(**device, reduced_motion="reduce")
    opened(page, f"{there}#places={SIX}")
    page.locator("#ec-find").fill("nor")
    page.locator("#ec-found a").first.wait_for()
    found = barriers(page, axe)
    page.emulate_media(color_scheme="dark")
    found += barriers(page, axe, OF_COLOURS)
    assert not found, listed(found)
    small = page.evaluate(
        """[...document.querySelectorAll('.ec-compare *')].filter((part) => part.checkVisibility()
            && [...part.childNodes].some((node) => node.nodeType === 3 && node.data.trim())
            && parseFloat(getComputedStyle(part).fontSize) < 11).map((part) => part.outerHTML.slice(0, 90))"""
    )
    assert small == []
    narrow = page.evaluate(
        """[...document.querySelectorAll('.ec-compare :is(button, input)')].filter((part) => part.checkVisibility())
            .map((part) => [part, part.getBoundingClientRect()])
            .filter(([, box]) => Math.min(box.width, box.height) < 24).map(([part]) => part.outerHTML.slice(0, 90))"""
    )
    assert narrow == []
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def test_a_very_long_name_fits(there: str, tab: Callable[..., Page]) -> None:
    """A name of 300 letters with markup in it is text and widens nothing."""
    name = 'St "Agnes" <b>' + "Llanfairpwllgwyngyll" * 15
    page = tab(**PHONE)
    page.add_init_script(
        f"""let given;
        Object.defineProperty(window, "ecValues", {{ get: () => given, set: (value) => {{
            given = value;
            value.districts[0][2] = {name!r};
        }} }});"""
    )
    opened(page, f"{there}#places=adur,norwich")
    assert names(page)[0] == name
    assert page.locator(".ec-compared b b").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth <= 390")


def test_the_explorer_leads_here(site: Path, tab: Callable[..., Page]) -> None:
    """From the panel of a district to its comparison with its region."""
    page = tab(**DESK)
    with served(site) as address:
        page.goto(f"{address}explore.html#place=great-yarmouth")
        page.get_by_role("link", name="Compare it with the East of England").click()
        page.wait_for_url("**/compare-places.html#places=great-yarmouth,east-of-england")
        assert names(page) == ["Great Yarmouth", "East of England"]
