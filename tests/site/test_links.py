"""Addresses that open a tab, a row, a sorted table or a figure, and the way to a neighbourhood's number."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
import yaml

from browsing import DESK, PHONE, ROOT, expect, listed, real, watched

if TYPE_CHECKING:
    from playwright.sync_api import Page

REGIONAL = "posts/regional/index.html"


reader = [pytest.mark.browser, pytest.mark.full]


def test_the_menu_has_few_entries() -> None:
    """The menu has six entries at most, so that the name of the site is never cut."""
    project = yaml.safe_load((ROOT / "_quarto.yml").read_text(encoding="utf-8"))
    navbar = project["website"]["navbar"]
    assert 0 < len([*navbar.get("left", []), *navbar.get("right", [])]) <= 6


def opened(page: Page, address: str) -> None:
    """Open an address afresh and wait until its page has settled."""
    page.goto("about:blank")
    page.goto(address)
    page.wait_for_timeout(400)


def in_sight(page: Page, name: str) -> bool:
    """Return whether the element with this id, or the tabs around it, are in the window."""
    return bool(
        page.evaluate(
            """(name) => {
                const found = document.getElementById(name);
                const shown = found.checkVisibility() ? found : found.closest(".panel-tabset");
                const box = shown.getBoundingClientRect();
                return box.top < innerHeight && box.bottom > 0;
            }""",
            name,
        )
    )


def reach(page: Page, selector: str) -> None:
    """Press Tab until something that the selector matches has the focus and is in the window; fail if it never has."""
    for _ in range(100):
        page.keyboard.press("Tab")
        if page.evaluate("(selector) => document.activeElement.matches(selector)", selector):
            box = page.evaluate("(({ top, bottom }) => [top, bottom])(document.activeElement.getBoundingClientRect())")
            assert 0 <= box[0] < box[1] <= page.evaluate("innerHeight"), f"{selector} has the focus and is out of sight"
            return
    pytest.fail(f"the Tab key does not reach {selector}")


class TestAddresses:
    """From both engines, from a server and from a folder."""

    pytestmark = reader

    @pytest.mark.parametrize("name", ["north-east", "wales", "figure-wales", "table-local-authorities-of-wales"])
    def test_a_tab_a_figure_and_a_table(self, name: str, home: str, tab: Callable[..., Page]) -> None:
        """The tab of that name, or around what has that name, is open and in sight."""
        page = tab(**DESK)
        opened(page, f"{home}{REGIONAL}#{name}")
        chosen = page.locator(".nav-tabs .active").all_inner_texts()
        assert ("North East" if name == "north-east" else "Wales") in chosen
        assert in_sight(page, name)

    def test_a_row(self, home: str, tab: Callable[..., Page]) -> None:
        """The row of an area is marked, in its tab; its name is the link, and the button copies it."""
        page = tab(**DESK)
        opened(page, f"{home}{REGIONAL}#wales")
        link = page.locator("td a", has_text="Powys")
        link.click()
        code = page.url.partition("#")[2]
        opened(page, f"{home}{REGIONAL}#{code}")
        expect(page.locator("tr:has(:target)")).to_contain_text("Powys")
        assert in_sight(page, code)
        button = page.locator(".tab-pane.active .ec-link button", has_text="row")
        button.click()
        status = page.locator(".ec-link [role=status]:not(:empty)")
        expect(status).to_be_visible()
        field = status.locator("input")
        assert not field.count() or field.input_value() == page.url

    def test_a_sorted_table(self, home: str, tab: Callable[..., Page]) -> None:
        """A click on a head changes the address, which gives the same order again; an unknown column is said."""
        page = tab(**DESK)
        opened(page, f"{home}{REGIONAL}#wales")
        head = page.locator("[id='table-local-authorities-of-wales'] th", has_text="Users")
        head.locator("button").click()
        head.locator("button").click()
        assert page.url.endswith("#table-local-authorities-of-wales&sort=users&order=descending")
        rows = page.locator("[id='table-local-authorities-of-wales'] tbody tr")
        first = rows.all_inner_texts()
        opened(page, page.url)
        assert rows.all_inner_texts() == first
        expect(page.locator("[aria-sort=descending]:visible")).to_contain_text("Users")
        for unknown in ("wisdom", quote("<img src=x onerror=alert(1)>")):
            opened(page, f"{home}{REGIONAL}#table-local-authorities-of-wales&sort={unknown}")
            expect(page.locator(".ec-link [role=status]:not(:empty)")).to_contain_text("no such column")
            assert page.locator(".ec-link img").count() == 0

    @pytest.mark.parametrize("bad", ["%", "nothing", quote('"><script>window.ecHit=1</script>'), "&sort=users", "&&&"])
    def test_an_address_of_nothing(self, bad: str, home: str, tab: Callable[..., Page]) -> None:
        """The page opens as without it: no fault, nothing run, maps and tables as ever."""
        page = tab(**DESK)
        faults = watched(page, home)
        opened(page, f"{home}posts/national/index.html#{bad}")
        assert page.evaluate("window.ecHit") is None
        page.locator("main .ec-map").first.scroll_into_view_if_needed()
        page.locator("svg.ec-map, object.ec-map").first.wait_for()
        assert not real(faults), listed(faults)

    def test_a_clicked_tab_has_an_address(self, home: str, tab: Callable[..., Page]) -> None:
        """A click changes the address to the tab's name, without a step in the history."""
        page = tab(**DESK)
        opened(page, f"{home}{REGIONAL}")
        before = page.evaluate("history.length")
        page.get_by_role("tab", name="London").click()
        assert page.url.endswith("#london")
        assert page.evaluate("history.length") == before
        assert page.get_by_role("button", name="Copy link to this tab", exact=True).count() == 2


@pytest.mark.browser
def test_a_download_says_what_it_is(address: str, tab: Callable[..., Page]) -> None:
    """A saved table is called after place, measure and year."""
    page = tab()
    page.goto(f"{address}places/great-yarmouth.html")
    with page.expect_download() as saved:
        page.get_by_role("link", name="table (CSV)").click()
    assert saved.value.suggested_filename == "great-yarmouth-economic-connectedness-2025.csv"


class TestFrontDoor:
    """From the home page to a neighbourhood's number in three clicks."""

    pytestmark = reader

    @pytest.mark.parametrize("device", [DESK, PHONE], ids=["desk", "phone"])
    @pytest.mark.parametrize("place", ["Great Yarmouth 005", "Burnley 003"], ids=["with a page", "without"])
    def test_by_search(self, place: str, device: dict[str, Any], home: str, tab: Callable[..., Page]) -> None:
        """Typed into the field of the home page: Find, the first result, and there is the number."""
        page = tab(**device, reduced_motion="reduce")
        page.goto(f"{home}index.html")
        act = "tap" if device is PHONE else "click"
        page.locator("#ec-ask").fill(place)
        getattr(page.get_by_role("button", name="Find"), act)()
        result = page.locator("#ec-found a").first
        expect(result).to_have_text(place)
        getattr(result, act)()
        number = page.locator("tr:has(:target) td", has_text="%").or_(page.locator(".ec-panel dd").first)
        expect(number.first).to_be_visible()
        expect(number.first).to_contain_text("%")
        assert number.first.evaluate("one => one.getBoundingClientRect().top") < 10_000

    def test_by_keyboard(self, home: str, tab: Callable[..., Page]) -> None:
        """Without a mouse: the field of the home page, the finder's first result, the page, a neighbourhood's row."""
        page = tab(**DESK, reduced_motion="reduce")
        page.goto(f"{home}index.html")
        reach(page, "#ec-ask")
        page.keyboard.type("Great Yarmouth")
        page.keyboard.press("Enter")
        page.wait_for_url("**/places/index.html?find=*")
        page.locator("#ec-found a").first.wait_for()
        reach(page, "#ec-found a")
        assert page.evaluate("document.activeElement.textContent") == "Great Yarmouth"
        page.keyboard.press("Enter")
        page.wait_for_url("**/places/great-yarmouth.html")
        page.locator(".ec-table th button").first.wait_for()
        reach(page, "[id=table-neighbourhoods-of-great-yarmouth] tbody a")
        name, number = page.evaluate(
            "[document.activeElement.textContent, document.activeElement.closest('tr').cells[2].textContent]"
        )
        assert name.startswith("Great Yarmouth 0")
        assert number.endswith("%")
        page.keyboard.press("Enter")
        expect(page.locator("tr:has(:target)")).to_contain_text(number)

    @pytest.mark.parametrize("device", [DESK, PHONE], ids=["desk", "phone"])
    def test_by_map(self, device: dict[str, Any], home: str, tab: Callable[..., Page]) -> None:
        """The explorer, a district, a neighbourhood."""
        page = tab(**device, reduced_motion="reduce")
        page.goto(f"{home}index.html")
        act = "tap" if device is PHONE else "click"
        getattr(page.get_by_role("link", name="explore the map"), act)()
        page.locator(".ec-controls").wait_for()
        page.locator(".ec-canvas").scroll_into_view_if_needed()
        area = page.locator(".ec-districts [aria-label^='Powys:']")
        box = area.bounding_box()
        assert box
        point = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        (page.touchscreen.tap if device is PHONE else page.mouse.click)(*point)
        getattr(page.locator(".ec-areas button").first, act)()
        expect(page.locator(".ec-panel dd").first).to_contain_text("%")
