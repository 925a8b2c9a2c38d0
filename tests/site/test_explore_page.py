"""The explorer's page in headless Chromium, from both engines, from a server and from a folder."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest

from browsing import DESK, PHONE, barriers, expect, listed, real, watched
from serving import served

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.full]


@pytest.fixture
def explorer(home: str) -> str:
    """Return the address of the page, by either engine, on a server and in a folder."""
    return f"{home}explore.html"


@pytest.fixture
def there(address: str) -> str:
    """Return the address of the preview's page on a server."""
    return f"{address}explore.html"


def opened(page: Page, address: str) -> list[str]:
    """Open the explorer, wait until it listens, and return the list of faults that fills."""
    faults = watched(page, address.partition("#")[0].rpartition("/")[0])
    page.goto(address)
    page.locator(".ec-controls").wait_for()
    return faults


def settled(page: Page) -> None:
    """Wait until the map stands still."""
    # No wait_for_function on this page: it runs text as code, which the policy forbids.
    expect(page.locator(".ec-canvas:not(.ec-moving)")).to_be_attached()


def heading(page: Page) -> str:
    """Return the heading of the panel."""
    return page.locator(".ec-panel h2").inner_text()


def district(page: Page, name: str) -> Any:
    """Return the area of a district."""
    return page.locator(f".ec-districts [aria-label^='{name}:']")


def shown(page: Page) -> tuple[Any, ...]:
    """Return all that a link has to give again: panel, measure, legend, view, and the colours of the areas."""
    settled(page)
    return (
        page.locator(".ec-panel").inner_text(),
        page.locator("#ec-measure").input_value(),
        page.locator(".ec-key").inner_text(),
        page.locator(".ec-world").get_attribute("transform"),
        page.locator(".ec-patch [data-code]").evaluate_all("all => all.map(one => one.getAttribute('fill'))"),
    )


def test_a_reader_with_a_mouse(explorer: str, tab: Callable[..., Page]) -> None:
    """Country, district, neighbourhood, its row on the page of the place, and back by the browser's own button."""
    page = tab(**DESK)
    faults = opened(page, explorer)
    assert heading(page) == "England and Wales"
    expect(page.locator(".ec-stamp")).to_be_visible()
    page.mouse.move(*middle(page))
    page.locator(".ec-canvas").scroll_into_view_if_needed()
    district(page, "Great Yarmouth").click(force=True)
    expect(page.locator(".ec-panel h2")).to_have_text("Great Yarmouth")
    expect(page.locator(".ec-patch [data-code]")).to_have_count(13)
    assert page.url.endswith("#place=great-yarmouth")
    settled(page)
    page.locator(".ec-patch [data-code]").nth(2).click()
    expect(page.locator(".ec-panel h2")).to_have_text("Great Yarmouth 003")
    code = page.url.partition("area=")[2]
    page.get_by_role("link", name="The page of Great Yarmouth").click()
    page.wait_for_url(f"**/places/great-yarmouth.html#{code}")
    assert "Great Yarmouth 003" in page.locator(f"[id='{code}']").inner_text()
    page.go_back()
    expect(page.locator(".ec-panel h2")).to_have_text("Great Yarmouth 003")
    page.go_back()
    expect(page.locator(".ec-panel h2")).to_have_text("Great Yarmouth")
    page.get_by_role("button", name="Back", exact=True).click()
    expect(page.locator(".ec-panel h2")).to_have_text("England and Wales")
    page.go_back()
    expect(page.locator(".ec-panel h2")).to_have_text("Great Yarmouth")
    assert not real(faults), listed(faults)


def test_a_group_frames_its_districts(explorer: str, tab: Callable[..., Page]) -> None:
    """A county or a group of the list is found and outlined; the panel counts its neighbourhoods and has its districts.

    One of these opens; back, reload and the measure keep the group.
    """
    page = tab(**DESK)
    faults = opened(page, explorer)
    page.locator("#ec-find").fill("norfolk")
    page.locator("#ec-found a").first.click()
    expect(page.locator(".ec-panel h2")).to_have_text("Norfolk")
    assert page.url.endswith("#place=norfolk")
    settled(page)
    expect(page.locator(".ec-panel .ec-in")).to_have_text("County, 7 local authorities")
    counts = page.locator(".ec-panel .ec-deciles b").all_inner_texts()
    assert len(counts) == 10
    assert sum(int(count) for count in counts if count != "–") == 109, "one of the 110 has no estimate"
    assert page.locator(".ec-panel .ec-areas li").count() == 7
    for _ in range(50):  # the map may not have begun to glide when the panel is there
        canvas, ring = (page.locator(one).first.bounding_box() for one in (".ec-canvas", ".ec-ring-chosen"))
        assert canvas
        assert ring
        filled = max(ring["width"] / canvas["width"], ring["height"] / canvas["height"])
        if filled > 0.8:
            break
        page.wait_for_timeout(100)
    assert filled > 0.8
    page.locator("#ec-measure").select_option("bias")
    assert page.url.endswith("#place=norfolk&measure=bias")
    expect(page.locator(".ec-panel h2")).to_have_text("Norfolk")
    page.reload()
    expect(page.locator(".ec-panel h2")).to_have_text("Norfolk")
    page.locator(".ec-panel").get_by_role("button", name="Norwich").click()
    expect(page.locator(".ec-panel h2")).to_have_text("Norwich")
    page.go_back()
    expect(page.locator(".ec-panel h2")).to_have_text("Norfolk")
    page.get_by_role("button", name="Back", exact=True).click()
    expect(page.locator(".ec-panel h2")).to_have_text("England and Wales")
    page.goto(f"{explorer}#place=greater-norwich")
    expect(page.locator(".ec-panel .ec-in")).to_have_text("Group, 3 local authorities")
    page.get_by_role("link", name="The page of Greater Norwich").click()
    page.wait_for_url("**/places/greater-norwich.html")
    assert not real(faults), listed(faults)


def middle(page: Page) -> tuple[float, float]:
    """Return the middle of the map."""
    box = page.locator(".ec-canvas").bounding_box()
    assert box
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def test_a_reader_with_the_keyboard(explorer: str, tab: Callable[..., Page]) -> None:
    """Arrows and Enter on the map, Tab to the links, Escape back; the focus follows and is seen."""
    page = tab(**DESK)
    faults = opened(page, explorer)
    page.locator("[data-do=copy]").focus()
    page.keyboard.press("Tab")
    focused = "document.activeElement.getAttribute('aria-label')"
    first = page.evaluate(focused)
    assert first.startswith("Adur:")
    page.keyboard.press("ArrowUp")
    assert page.evaluate(focused) != first
    assert page.locator(".ec-ring-focus path").count() == 2
    page.keyboard.press("ArrowDown")
    for _ in range(40):
        page.keyboard.press("ArrowRight")
    name = page.evaluate(focused).partition(":")[0]
    page.keyboard.press("Enter")
    expect(page.locator(".ec-panel h2")).to_have_text(name)
    expect(page.locator(".ec-patch [data-code]:focus")).to_have_count(1)
    settled(page)
    before = page.locator(".ec-world").get_attribute("transform")
    page.keyboard.press("+")
    assert page.locator(".ec-world").get_attribute("transform") != before
    page.keyboard.press("-")
    page.keyboard.press("Enter")
    expect(page.locator(".ec-panel h2")).to_contain_text(f"{name} 0")
    page.keyboard.press("Escape")
    expect(page.locator(".ec-panel h2")).to_have_text(name)
    page.keyboard.press("Escape")
    expect(page.locator(".ec-panel h2")).to_have_text("England and Wales")
    assert page.evaluate(focused).startswith(f"{name}:")
    # The search by the keyboard alone, and on to the page of the place.
    page.locator("#ec-find").focus()
    page.keyboard.type("great yarmouth 00")
    expect(page.locator("#ec-found a").first).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.locator(".ec-panel h2")).to_contain_text("Great Yarmouth 00")
    page.get_by_role("link", name="The page of Great Yarmouth").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/places/great-yarmouth.html#*")
    page.go_back()
    expect(page.locator(".ec-panel h2")).to_contain_text("Great Yarmouth 00")
    assert not real(faults), listed(faults)


def test_a_reader_with_a_phone(explorer: str, tab: Callable[..., Page]) -> None:
    """Two fingers zoom, one moves the map, a tap opens; text is 11 px high or more and targets 24 px or more."""
    page = tab(**PHONE)
    faults = opened(page, explorer)
    page.locator(".ec-canvas").scroll_into_view_if_needed()
    x, y = middle(page)
    scale = "() => Number(/scale\\((.*)\\)/.exec(document.querySelector('.ec-world').getAttribute('transform'))[1])"
    before = page.evaluate(scale)
    fingers(page, [[(x - 20, y), (x + 20, y)], [(x - 60, y), (x + 60, y)], [(x - 80, y), (x + 80, y)]])
    assert page.evaluate(scale) > 2 * before
    page.goto("about:blank")
    page.goto(explorer)
    page.locator(".ec-controls").wait_for()
    box = district(page, "Gwynedd").bounding_box()
    assert box
    page.touchscreen.tap(box["x"] + 0.6 * box["width"], box["y"] + 0.6 * box["height"])
    expect(page.locator(".ec-patch [data-code]").first).to_be_attached()
    name = heading(page)
    assert name != "England and Wales"
    settled(page)
    page.locator(".ec-areas button").first.tap()
    expect(page.locator(".ec-panel h2")).to_contain_text(name)
    assert "area=" in page.url
    page.locator(".ec-up").tap()
    expect(page.locator(".ec-panel h2")).to_have_text(name)
    settled(page)
    small = page.evaluate(
        """[...document.querySelectorAll('.ec-explore *')].filter((part) => part.checkVisibility()
            && [...part.childNodes].some((node) => node.nodeType === 3 && node.data.trim())
            && parseFloat(getComputedStyle(part).fontSize) < 11).map((part) => part.outerHTML.slice(0, 90))"""
    )
    assert small == []
    narrow = page.evaluate(
        """[...document.querySelectorAll('.ec-explore :is(button, select, input, .ec-links a)')]
            .filter((part) => part.checkVisibility()).map((part) => [part, part.getBoundingClientRect()])
            .filter(([, box]) => Math.min(box.width, box.height) < 24).map(([part]) => part.outerHTML.slice(0, 90))"""
    )
    assert narrow == []
    assert page.evaluate("document.documentElement.scrollWidth <= 390")
    assert not real(faults), listed(faults)


def fingers(page: Page, steps: list[list[tuple[float, float]]]) -> None:
    """Put fingers on the page, move them along steps, and lift them."""
    session = page.context.new_cdp_session(page)
    for kind, points in zip(["touchStart", *["touchMove"] * (len(steps) - 1)], steps, strict=True):
        touches = [{"x": x, "y": y, "id": at} for at, (x, y) in enumerate(points)]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": touches})
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


@pytest.mark.parametrize("device", [DESK, PHONE], ids=["desk", "phone"])
def test_a_link_gives_the_same(device: dict[str, Any], explorer: str, tab: Callable[..., Page]) -> None:
    """Reloaded, or sent to someone else, the address shows the same place, measure, view and colours."""
    page = tab(**device, reduced_motion="reduce")
    opened(page, explorer)
    page.locator("#ec-find").fill("telford")
    page.locator("#ec-found a").first.click()
    expect(page.locator(".ec-areas button").first).to_be_visible()
    page.locator("#ec-measure").select_option("bias")
    page.locator(".ec-areas button").nth(1).click()
    page.wait_for_url("**#place=telford-and-wrekin&area=*&measure=bias")
    page.get_by_role("button", name="Copy link").click()
    told = page.locator(".ec-told")
    expect(told).not_to_be_empty()
    field = told.locator("input")
    link = field.input_value() if field.count() else page.url
    assert link == page.url
    first = shown(page)
    page.reload()
    page.locator(".ec-areas button").first.wait_for()
    assert shown(page) == first
    other = tab(**device, reduced_motion="reduce")
    opened(other, link)
    other.locator(".ec-areas button").first.wait_for()
    assert shown(other) == first


def test_the_panel_says_what_the_scripts_hold(site: Path, there: str, tab: Callable[..., Page]) -> None:
    """Value, decile, rank, users and words of a district in each measure, and every line of its list."""
    line = (site / "maps" / "explore" / "values.js").read_text(encoding="utf-8").split("\n")[1]
    data = json.loads(line.partition(" = ")[2].removesuffix(";"))
    at = [slug for _, slug, *_ in data["districts"]].index("telford-and-wrekin")
    page = tab(**DESK, reduced_motion="reduce")
    opened(page, f"{there}#place=telford-and-wrekin")
    for measure in data["measures"]:
        page.locator("#ec-measure").select_option(measure["key"])
        columns = measure["values"]
        panel = page.locator(".ec-panel")
        expect(panel.locator(".ec-meaning")).to_contain_text(measure["meaning"])
        told = panel.locator("dd").all_inner_texts()
        assert told[0] == columns["value"][at] + measure["after"]
        assert told[1].startswith(f"{columns['decile'][at]} of 10")
        assert {columns["rank_low"][at], columns["rank_high"][at]} <= {int(n) for n in numbers(told[2])}
        assert [columns["users"][at]] == [int(number) for number in numbers(told[3])]
        fills = page.locator(".ec-districts [data-code]").nth(at).get_attribute("fill")
        assert fills == measure["colours"][columns["decile"][at] - 1]


def test_similar_places_are_a_click_away(explorer: str, tab: Callable[..., Page]) -> None:
    """Five, the most alike first, with value and decile in the measure shown; one opens, or all are compared."""
    page = tab(**DESK, reduced_motion="reduce")
    faults = opened(page, f"{explorer}#place=norwich")
    page.locator(".ec-panel summary").press("Enter")
    similar = page.locator(".ec-alike button")
    expect(similar).to_have_count(5)
    assert [text.split("\n")[0] for text in similar.all_inner_texts()] == [
        *("Hastings", "Southampton", "Portsmouth", "Worcester", "Bristol, City of")
    ]
    assert all("%" in text and "decile" in text for text in similar.all_inner_texts())
    link = page.get_by_role("link", name="Compare it with them").get_attribute("href")
    assert link == "compare-places.html#places=norwich,hastings,southampton,portsmouth,worcester,bristol-city-of"
    similar.nth(1).click()
    expect(page.locator(".ec-panel h2")).to_have_text("Southampton")
    assert page.url.endswith("#place=southampton")
    page.goto(f"{explorer}#place=eden")
    expect(page.locator(".ec-panel h2")).to_have_text("Eden")
    page.locator(".ec-panel summary").click()
    expect(page.locator(".ec-panel details")).to_contain_text("became part of Westmorland and Furness on 1 April 2023")
    assert not real(faults), listed(faults)


def numbers(text: str) -> list[str]:
    """Return the whole numbers of a text without their commas."""
    return [word for word in text.replace(",", "").split() if word.isdigit()]


def test_what_is_not_there_is_said(there: str, tab: Callable[..., Page]) -> None:
    """An unknown place, measure or neighbourhood, a place beyond the map, and one without a value."""
    page = tab(**DESK, reduced_motion="reduce")
    faults = opened(page, f"{there}#place=atlantis&measure=wisdom")
    told = page.locator(".ec-told")
    expect(told).to_contain_text("no place “atlantis”")
    expect(told).to_contain_text("no measure “wisdom”")
    assert heading(page) == "England and Wales"
    page.goto(f"{there}#place=great-yarmouth&area=nowhere")
    expect(told).to_contain_text("no neighbourhood “nowhere” in Great Yarmouth")
    page.goto(f"{there}#place={'x' * 5000}")
    expect(told).to_contain_text("x" * 60 + "…")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.goto(f"{there}#place=belfast")
    expect(told).to_contain_text("Belfast is in Northern Ireland")
    page.goto(f"{there}#place=eden")
    expect(page.locator(".ec-panel dd")).to_have_text("no published estimate")
    page.goto(f"{there}#place=X06000001")
    expect(page.locator(".ec-panel h2")).to_have_text("Adur")
    # The anchor of another part of the page changes nothing.
    page.goto(f"{there}#content")
    expect(page.locator(".ec-panel h2")).to_have_text("Adur")
    assert not faults, listed(faults)


@pytest.mark.parametrize(
    "text", ['<img src=x onerror="window.ecHit=1">', '"><script>window.ecHit=1</script>', "%", "\\"]
)
def test_the_address_is_only_text(text: str, there: str, tab: Callable[..., Page]) -> None:
    """Markup in the address is shown as it is, makes no element, and runs nothing."""
    page = tab(**DESK)
    faults = opened(page, f"{there}#place={quote(text)}&area={quote(text)}&measure={quote(text)}")
    expect(page.locator(".ec-told")).to_contain_text(text)
    assert page.locator(".ec-told > *").count() == 0
    assert page.evaluate("window.ecHit") is None
    assert not faults, listed(faults)


@pytest.mark.parametrize("text", [None, "window.ecAreas = {"], ids=["missing", "cut short"])
def test_one_broken_script(text: str | None, there: str, tab: Callable[..., Page]) -> None:
    """The panel keeps the district's own values and says what is missing; asked again, it comes; others are as ever."""
    page = tab(**DESK, reduced_motion="reduce")
    broken = {"now": True}

    def answer(route: Any) -> None:
        if not broken["now"]:
            route.continue_()
        elif text is None:
            route.fulfill(status=404, body="")
        else:
            route.fulfill(content_type="text/javascript", body=text)

    page.route("**/maps/explore/great-yarmouth.js", answer)
    opened(page, f"{there}#place=great-yarmouth")
    failed = page.locator(".ec-failed")
    expect(failed).to_contain_text("The neighbourhoods of Great Yarmouth could not be loaded")
    assert page.locator(".ec-panel dd").count() == 4
    expect(page.locator(".ec-links a")).to_have_attribute("href", "places/great-yarmouth.html")
    broken["now"] = False
    failed.get_by_role("button").click()
    expect(page.locator(".ec-patch [data-code]")).to_have_count(13)
    page.locator("#ec-find").fill("telford")
    page.locator("#ec-found a").first.click()
    expect(page.locator(".ec-areas button").first).to_be_visible()


def test_without_values_the_page_says_so(there: str, tab: Callable[..., Page]) -> None:
    """Where the script of the values does not come, a sentence leads to the list of places."""
    page = tab(**DESK)
    page.route("**/maps/explore/values.js", lambda route: route.fulfill(status=404, body=""))
    page.goto(there)
    expect(page.locator(".ec-told")).to_contain_text("could not be loaded")
    expect(page.locator(".ec-told a")).to_have_attribute("href", "places/index.html")


def test_without_scripts(built: Path, tab: Callable[..., Page]) -> None:
    """The map is there, its areas are links to pages, and the page says what it would do and where the tables are."""
    page = tab(java_script_enabled=False, **DESK)
    with served(built) as address:
        page.goto(f"{address}explore.html")
        assert page.get_by_text("With JavaScript, a click on a local authority").is_visible()
        assert page.get_by_role("link", name="national table").is_visible()
        assert not page.locator(".ec-controls").is_visible()
        assert page.locator(".ec-stamp").is_visible()
        links = page.locator(".ec-districts a")
        assert links.count() == 331
        page.locator(".ec-districts a[href='places/great-yarmouth.html']").click(force=True)
        page.wait_for_url("**/places/great-yarmouth.html")


def test_reduced_motion_jumps(there: str, tab: Callable[..., Page]) -> None:
    """The map is at the district at once; without the wish for less motion it passes through other views."""
    moves = """() => { window.ecViews = []; new MutationObserver((all) => window.ecViews.push(all.length))
        .observe(document.querySelector('.ec-world'), { attributes: true, attributeFilter: ['transform'] }); }"""
    counts = {}
    for motion in ("reduce", "no-preference"):
        page = tab(**DESK, reduced_motion=motion)
        opened(page, there)
        page.evaluate(moves)
        page.evaluate("location.hash = '#place=norwich'")
        page.locator(".ec-patch [data-code]").first.wait_for(state="attached")
        page.wait_for_timeout(1200)
        counts[motion] = page.evaluate("window.ecViews.length")
    assert counts["reduce"] == 1
    assert counts["no-preference"] > 3


def test_zooming_opens_and_closes(there: str, tab: Callable[..., Page]) -> None:
    """With the wheel a district that fills the view opens, and closes far out, from where on the page scrolls."""
    page = tab(**DESK)
    opened(page, there)
    page.locator(".ec-canvas").scroll_into_view_if_needed()
    box = district(page, "Powys").bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    for _ in range(8):
        page.mouse.wheel(0, -150)
    page.wait_for_url("**#place=*")
    expect(page.locator(".ec-patch [data-code]").first).to_be_visible()
    for _ in range(16):
        page.mouse.wheel(0, 150)
    expect(page.locator(".ec-panel h2")).to_have_text("England and Wales")
    down = page.evaluate("scrollY")
    page.mouse.wheel(0, 300)
    page.wait_for_timeout(300)
    assert page.evaluate("scrollY") > down


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("device", [DESK, PHONE], ids=["desk", "phone"])
def test_axe_finds_no_barrier(
    scheme: str, device: dict[str, Any], built: Path, axe: str, tab: Callable[..., Page]
) -> None:
    """In the country, in a district with the search open, in a neighbourhood, and with a message."""
    page = tab(**device, color_scheme=scheme, reduced_motion="reduce")
    with served(built) as address:
        opened(page, f"{address}explore.html")
        found = barriers(page, axe)
        page.goto(f"{address}explore.html#place=great-yarmouth&measure=bias")
        page.locator(".ec-areas button").first.wait_for()
        page.locator("#ec-find").fill("yarm")
        page.locator("#ec-found a").first.wait_for()
        found += barriers(page, axe)
        page.locator("#ec-found a").last.click()
        page.locator(".ec-up").wait_for()
        found += barriers(page, axe)
        page.goto(f"{address}explore.html#place=atlantis")
        found += barriers(page, axe)
    assert not found, listed(found)


def test_a_printed_explorer_holds_map_and_panel(there: str, tab: Callable[..., Page]) -> None:
    """On paper: the stamp, the map, the legend, the values and all neighbourhoods, and no controls."""
    page = tab(**DESK, reduced_motion="reduce")
    opened(page, f"{there}#place=great-yarmouth")
    page.locator(".ec-areas button").first.wait_for()
    page.emulate_media(media="print")
    for part in (".ec-stamp", ".ec-canvas", ".ec-key", ".ec-panel dl"):
        assert page.locator(part).is_visible(), part
    assert page.locator(".ec-areas button:visible").count() == 13
    for part in (".ec-controls", ".ec-zoom", ".ec-finder", ".ec-keys", ".ec-told"):
        assert not page.locator(part).is_visible(), part
