"""Each page of the demonstration site in headless Chromium, opened once at each width for all that is looked at."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from browsing import (
    DESCRIBE,
    KINDS,
    LONGEST,
    OF_COLOURS,
    SHORTEST,
    barriers,
    draw,
    listed,
    moving,
    on_paper,
    page_of,
    too_wide,
    unfold,
    watched,
    without_banner,
)

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.full]

# What can be focused with the Tab key and is on the page to be seen.
STOPS = """() => [...document.querySelectorAll("a[href], button, input, select, textarea, summary, [tabindex]")].filter(
    (stop) => stop.tabIndex >= 0 && !stop.disabled && stop.checkVisibility({ visibilityProperty: true }))"""


@pytest.fixture
def name(request: pytest.FixtureRequest, site: Path) -> str:
    """Return the path of the page that stands for the kind which the test is given."""
    return page_of(request.param, site)


def test_each_kind_of_page_is_looked_at(site: Path, names: list[str]) -> None:
    """A page that is added to the site cannot be forgotten here, and none that is looked at is missing."""
    alike = {name for name in names if name.startswith(("places/", "reference/"))}
    assert {name for name in names if name not in alike or name in KINDS} == set(KINDS[:-2])
    assert page_of(LONGEST, site) != page_of(SHORTEST, site)


@pytest.mark.parametrize("width", [1280, 320])
@pytest.mark.parametrize("name", KINDS, indirect=True)
def test_a_page(name: str, width: int, address: str, axe: str, tab: Callable[..., Page]) -> None:
    """All that is to hold of a page; each fault begins with which of these it is.

    - It opens without a fault: nothing on the console, nothing asked of another host, no picture missing.
    - Banner: the demonstration says that it is one, in sight when the page opens.
    - Wide: with all tabs, tables and menus open, wide things scroll in frames of their own.
    - Moving: for those who asked for it, no element has an animation, a transition or smooth scrolling.
    - Barrier: with all open and drawn, axe-core finds no rule of WCAG 2.2 AA or of good practice broken; in the dark
      too, none that depends on colours.
    - Paper, once: every tab, figure and table in full, light, and nothing that only a screen can use.
    """
    page = tab(viewport={"width": width, "height": 800}, reduced_motion="reduce")
    faults = watched(page, address)
    page.goto(address + name, wait_until="load")
    faults += without_banner(page)
    if width == 1280:
        draw(page)
        faults += on_paper(page)
        page.set_viewport_size({"width": width, "height": 800})
    unfold(page)
    pictures = page.eval_on_selector_all(
        "img", "all => all.map(img => [img.src, img.naturalWidth || !img.checkVisibility()])"
    )
    faults += [f"{source} does not load" for source, there in pictures if not there]
    for narrow in [width] if width == 1280 else [768, width]:
        page.set_viewport_size({"width": narrow, "height": 800})
        faults += too_wide(page)
    faults += [f"moving: {told}" for told in moving(page)]
    faults += [f"barrier: {told}" for told in barriers(page, axe)]
    page.emulate_media(color_scheme="dark")
    faults += [f"barrier in the dark: {told}" for told in barriers(page, axe, OF_COLOURS)]
    assert not faults, listed(faults)


def test_pages_that_are_alike(address: str, names: list[str], embedded: list[str], tab: Callable[..., Page]) -> None:
    """All others, of places and of the reference, open without a fault, with their banner, and not too wide.

    So do the maps for other sites, whose caption says what the banner does.
    """
    others = [name for name in names if name not in KINDS]
    assert len(others) > 10
    page = tab(viewport={"width": 1280, "height": 800})
    faults = watched(page, address)
    for name in [*others, *embedded]:
        page.set_viewport_size({"width": 1280, "height": 800})
        page.goto(address + name, wait_until="load")
        for width in (1280, 320):
            page.set_viewport_size({"width": width, "height": 800})
            faults += too_wide(page) + ([] if name in embedded else without_banner(page))
    assert not faults, listed(faults)


@pytest.mark.parametrize("name", KINDS, indirect=True)
def test_the_keyboard_reaches_everything(name: str, address: str, tab: Callable[..., Page]) -> None:
    """From the first stop, which leads past the menu, Tab goes through all that can be used and out at the end.

    Each stop comes into sight, clear of what lies over the page, and shows that it has the focus.
    """
    page = tab(viewport={"width": 1280, "height": 800}, reduced_motion="reduce")
    page.goto(address + name)
    page.eval_on_selector_all("details", "all => all.forEach(details => { details.open = true })")
    draw(page)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.matches('.skip-link') && document.activeElement.hash") == "#content"
    faults = []
    for _ in range(3 * page.evaluate(f"({STOPS})().length") + 10):
        seen = page.evaluate(
            f"""() => {{
                const stop = document.activeElement;
                if (stop === document.body) return null;
                stop.ecSeen = true;
                const style = getComputedStyle(stop), box = stop.getBoundingClientRect();
                const ring = stop.closest("svg.ec-map")?.querySelector(".ec-ring-focus")?.childElementCount;
                return {{
                    told: ({DESCRIBE})(stop),
                    shown: Boolean(ring) || (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2),
                    inSight: box.width * box.height > 0 && box.bottom > 0 && box.top < innerHeight && box.right > 0
                        && box.left < innerWidth,
                }};
            }}"""
        )
        if seen is None:
            break
        if not seen["shown"]:
            faults.append(f"does not show that it has the focus: {seen['told']}")
        if not seen["inSight"]:
            faults.append(f"has the focus out of sight: {seen['told']}")
        page.keyboard.press("Tab")
    else:
        faults.append(f"the Tab key does not leave the page: {seen['told']}")
    missed = page.evaluate(f"({STOPS})().filter((stop) => !stop.ecSeen).map({DESCRIBE})")
    faults += [f"the Tab key does not reach: {told}" for told in missed]
    assert not faults, listed(faults)
