"""Nobody is shut out of the built site: what appears on request, the Nu HTML checker, the first link, the weight.

What holds of each page as it opens is in ``test_each_page.py``.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from browsing import LONGEST, barriers, listed, page_of, unfold

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

# What the HTML checker says of style sheets and is wrong about, with the reason.
NOT_FAULTS = {
    "CSS: “vector-effect”: Property “vector-effect” doesn't exist.": "a property of SVG 2, which browsers know in CSS",
}

# The checker takes a policy to govern what comes before it too; what the policy forbids in a browser would be on the
# console, where other tests look.
NOT_BLOCKED = "Inline script violates Content Security"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_barrier_in_what_appears_on_request(
    scheme: str, site: Path, address: str, axe: str, tab: Callable[..., Page]
) -> None:
    """What the finder and the search find, a map's tooltip, a sorted table, a copied citation."""
    page = tab(color_scheme=scheme, viewport={"width": 1280, "height": 800}, reduced_motion="reduce")
    page.goto(address + "places/index.html")
    page.locator(".ec-finder input").fill("yarm")
    page.locator(".ec-finder li a").first.wait_for()
    found = barriers(page, axe)
    page.goto(address + page_of(LONGEST, site))
    unfold(page)
    search = page.locator(".site-search input")
    search.fill("friends")
    page.locator(".search-option").first.wait_for()
    found += barriers(page, axe)
    search.press("Escape")
    page.locator(".ec-copy button").first.click()
    page.locator(".ec-table thead button").first.click()
    page.locator("svg.ec-map [tabindex='0']").first.focus()
    page.keyboard.press("End")
    page.locator(".ec-tip").wait_for()
    found += barriers(page, axe)
    assert not found, listed(found)


@pytest.mark.full
def test_the_html_checker_finds_no_fault(address: str, names: list[str], nu: list[str]) -> None:
    """Every page is valid HTML as it is served, its styles and drawings included."""
    options = ["--format", "json", "--stdout", "--exit-zero-always", "--skip-info-messages"]
    command = [*nu, *options, *(address + name for name in names)]
    told = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=True, timeout=300)
    found = [
        f"{message.get('url', '').removeprefix(address)}:{message.get('lastLine', '?')}: {message['message']}\n"
        f"    {message.get('extract', '').strip()}"
        for message in json.loads(told.stdout)["messages"]
        if message["message"] not in NOT_FAULTS and not message["message"].startswith(NOT_BLOCKED)
    ]
    assert not found, listed(found)


def test_the_first_link_leads_past_the_menu(address: str, tab: Callable[..., Page]) -> None:
    """The skip link is seen when it has the focus, and the next stop after it is in the content."""
    page = tab(viewport={"width": 1280, "height": 800})
    page.goto(address + "about.html")
    page.keyboard.press("Tab")
    assert page.locator(".skip-link").bounding_box()["x"] >= 0
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.querySelector('main').contains(document.activeElement)")


def moved(page: Page) -> Callable[[], int]:
    """Return a function that tells how many bytes the page has moved since now, headers included."""
    network: Any = page.context.new_cdp_session(page)
    sizes: list[float] = []
    network.on("Network.loadingFinished", lambda done: sizes.append(done["encodedDataLength"]))
    network.send("Network.enable")
    return lambda: round(sum(sizes))


def test_a_first_visit_to_a_place_is_light(site: Path, address: str, tab: Callable[..., Page]) -> None:
    """The page of a place with all its maps moves less than 600 kB, from a server that compresses nothing."""
    page = tab(viewport={"width": 1280, "height": 800})
    weight = moved(page)
    page.goto(address + page_of(LONGEST, site))
    unfold(page)
    assert 0 < weight() < 600_000
