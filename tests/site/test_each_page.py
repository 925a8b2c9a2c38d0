"""Each page of the demonstration site in headless Chromium, opened once at each width for all that is looked at."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from browsing import DESCRIBE, KINDS, LONGEST, OF_COLOURS, SHORTEST, barriers, draw, listed, page_of, unfold, watched

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.full]

# What only a screen can use.
ON_SCREEN = ".skip-link, .code-tools, form, form + p, .ec-copy, .ec-downloads, .ec-tip"

# The words for search engines, where the first paragraph says the same.
HIDDEN = "main:has(.ec-lead, .ec-hero) .description"

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
    pictures = page.eval_on_selector_all("img", "all => all.map(img => [img.src, img.naturalWidth])")
    faults += [f"{source} does not load" for source, wide in pictures if not wide]
    for narrow in [width] if width == 1280 else [768, width]:
        page.set_viewport_size({"width": narrow, "height": 800})
        faults += too_wide(page)
    faults += [f"moving: {told}" for told in moving(page)]
    faults += [f"barrier: {told}" for told in barriers(page, axe)]
    page.emulate_media(color_scheme="dark")
    faults += [f"barrier in the dark: {told}" for told in barriers(page, axe, OF_COLOURS)]
    assert not faults, listed(faults)


def test_pages_that_are_alike(address: str, names: list[str], tab: Callable[..., Page]) -> None:
    """All others, of places and of the reference, open without a fault, with their banner, and not too wide."""
    others = [name for name in names if name not in KINDS]
    assert len(others) > 10
    page = tab(viewport={"width": 1280, "height": 800})
    faults = watched(page, address)
    for name in others:
        page.set_viewport_size({"width": 1280, "height": 800})
        page.goto(address + name, wait_until="load")
        for width in (1280, 320):
            page.set_viewport_size({"width": width, "height": 800})
            faults += without_banner(page) + too_wide(page)
    assert not faults, listed(faults)


def without_banner(page: Page) -> list[str]:
    """Return what is wrong with the banner of a page that has just opened."""
    banner = page.get_by_text("Demonstration data").first
    seen = banner.is_visible() and banner.bounding_box()["y"] < 300
    return [] if seen else [f"banner: not in sight on {page.url}"]


def too_wide(page: Page) -> list[str]:
    """Return how far a page reaches that scrolls sideways."""
    reach, width = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
    return [f"wide: {page.url} reaches to {reach} of {width} px"] if reach > width else []


def moving(page: Page) -> list[str]:
    """Return what moves on a page."""
    elements = page.evaluate(
        f"""[...document.querySelectorAll("*")].filter((element) => {{
            const style = getComputedStyle(element);
            return style.animationName !== "none" || style.scrollBehavior === "smooth"
                || style.transitionDuration.split(", ").some((time) => parseFloat(time) > 0);
        }}).map({DESCRIBE})"""
    )
    return [*elements, *(page.evaluate("document.getAnimations().map(String)"))]


def on_paper(page: Page) -> list[str]:
    """Return what is wrong with a page when it is printed, from a dark screen; the page is a light screen's again."""
    page.set_viewport_size({"width": 700, "height": 1000})
    page.emulate_media(media="print", color_scheme="dark")
    hidden = page.evaluate(
        f"""[...document.querySelectorAll("main :is(h1, h2, h3, p, li, figure, figcaption, table, tr, .tab-pane)")]
            .filter((part) => !part.checkVisibility() && !part.closest("{ON_SCREEN}, {HIDDEN}")).map({DESCRIBE})"""
    )
    unnamed = page.evaluate(
        f"""[...document.querySelectorAll(".tab-name")].filter((part) => !part.checkVisibility()).map({DESCRIBE})"""
    )
    cut = page.evaluate(
        f"""[...document.querySelectorAll("main *")].filter((part) => {{
            const style = getComputedStyle(part);
            const clips = style.overflowX !== "visible" || style.overflowY !== "visible";
            return clips && !part.closest("svg, .code-tools") && part.clientWidth > 1  // a pixel: for ears alone
                && (part.scrollHeight > part.clientHeight + 1 || part.scrollWidth > part.clientWidth + 1);
        }}).map({DESCRIBE})"""
    )
    controls = page.evaluate(
        f"""[...document.querySelectorAll("{ON_SCREEN}, nav, input, [role=tablist]")]
            .filter((part) => part.checkVisibility()).map({DESCRIBE})"""
    )
    colour = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.emulate_media(media="screen", color_scheme="light")
    return [
        *(f"not on paper: {told}" for told in hidden),
        *(f"not on paper, the name of a tab: {told}" for told in unnamed),
        *(f"cut off on paper: {told}" for told in cut),
        *(f"of no use on paper: {told}" for told in controls),
        *([] if colour == "rgb(255, 255, 255)" else [f"not white on paper: {colour}"]),
    ]


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
