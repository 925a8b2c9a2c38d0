"""The pages of the demonstration site, and what browser tests do to a page before they check it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Locator, LocatorAssertions, Page

ROOT = Path(__file__).resolve().parents[1]

# The place pages are alike, so the longest and the shortest represent all.
LONGEST, SHORTEST = "places/ (the longest)", "places/ (the shortest)"
KINDS = [
    *sorted(
        path.relative_to(ROOT).with_suffix(".html").as_posix()
        for pattern in ("*.qmd", "posts/**/*.qmd", "places/index.qmd", "reference/index.qmd", "reference/load_*s.qmd")
        for path in ROOT.glob(pattern)
    ),
    LONGEST,
    SHORTEST,
]

#: What a page is opened on.
DESK: dict[str, Any] = {"viewport": {"width": 1280, "height": 900}}
PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}

#: What Quarto's own scripts say of every page that is opened from a folder.
OF_QUARTO = ("origin 'null'", "net::ERR_FAILED", 'URL scheme "file"')

#: The rules of axe-core: all of these kinds, or only those on colours.
RULES = {
    "type": "tag",
    "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice"],
}
OF_COLOURS = {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}

# What only a screen can use.
ON_SCREEN = ".skip-link, .nav-tabs, .code-tools, .code-tools-button, form, form + p, .ec-copy, .ec-downloads, .ec-tip"

# The words for search engines, where the first paragraph says the same.
HIDDEN = "main:has(.ec-lead, .ec-hero) .description"

#: A JavaScript function that describes an element in a few words.
DESCRIBE = """(stop) => {
    const name = stop.getAttribute("aria-label") || stop.textContent || stop.value || "";
    return `<${stop.localName} class="${stop.getAttribute("class") || ""}"> ${name.trim().slice(0, 60)}`;
}"""


def expect(found: Locator) -> LocatorAssertions:
    """Return Playwright's expectations for a part of a page, imported only by tests that open one."""
    from playwright.sync_api import expect as expected

    return expected(found)


def page_of(kind: str, site: Path) -> str:
    """Return the path of the page that represents a kind."""
    if kind not in (LONGEST, SHORTEST):
        return kind
    pages = sorted(path for path in (site / "places").glob("*.html") if path.name != "index.html")
    size = {path: path.stat().st_size for path in pages}
    chosen = (max if kind == LONGEST else min)(pages, key=size.__getitem__)
    return chosen.relative_to(site).as_posix()


def listed(faults: list[str]) -> str:
    """Return faults one a line, for the message of a failed test."""
    return "\n".join(["", *faults])


def watched(page: Page, address: str) -> list[str]:
    """Return a list that fills with what goes wrong as pages open: console messages and requests to other hosts."""
    faults: list[str] = []
    page.on("console", lambda message: faults.append(f"{page.url}: console: {message.text}"))
    page.on("pageerror", lambda error: faults.append(f"{page.url}: error: {error}"))
    page.on("request", lambda sent: sent.url.startswith((address, "data:")) or faults.append(f"asks for {sent.url}"))
    page.on("response", lambda got: got.status < 400 or faults.append(f"{got.url}: {got.status}"))
    return faults


def real(faults: list[str]) -> list[str]:
    """Return the faults that are ours, and not of Quarto's own scripts in a page that is opened from a folder."""
    return [fault for fault in faults if not any(words in fault for words in OF_QUARTO)]


def barriers(page: Page, axe: str, rules: dict[str, object] = RULES) -> list[str]:
    """Return the findings of axe-core on the page in its current state: rule, element and advice."""
    page.evaluate(axe)
    options = {"runOnly": rules, "resultTypes": ["violations"]}
    found = page.evaluate("options => axe.run(document, options)", options)
    assert found["passes"], "axe-core looked at nothing"
    return [
        f"{fault['id']} ({fault['impact']}): {fault['help']}\n    {node['html'][:300]}\n    {node['failureSummary']}"
        for fault in found["violations"]
        for node in fault["nodes"]
    ]


def unfold(page: Page) -> None:
    """Open all tabs and everything that is folded, and load every map as SVG."""
    page.add_style_tag(content=".tab-content > .tab-pane { display: block !important }")
    page.eval_on_selector_all("details", "all => all.forEach(details => { details.open = true })")
    if page.locator(".menu-button").is_visible():
        page.locator(".menu-button").click()
    draw(page)


def draw(page: Page) -> None:
    """Scroll every visible picture into view, so that it loads and each map becomes SVG."""
    from playwright.sync_api import TimeoutError as TooLong

    for picture in page.locator("img:visible").element_handles():
        source = picture.get_attribute("src")
        picture.evaluate("self => self.scrollIntoView()")
        try:
            page.wait_for_function(
                "self => !self.isConnected || (self.complete && !self.matches('.ec-map'))", arg=picture
            )
        except TooLong:
            pytest.fail(f"{page.url}: {source} does not come in, or not as a drawing.")
    page.evaluate("scrollTo(0, 0)")


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
