"""Nobody is shut out of the built site: axe-core, the Nu HTML checker and the keyboard, in headless Chromium."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from browsing import draw, unfold

pytestmark = [pytest.mark.browser, pytest.mark.slow]

ROOT = Path(__file__).resolve().parents[1]

# Of the pages of the places, which are alike, the longest and the shortest stand for all.
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

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice"]

# What the HTML checker says of style sheets and is wrong about, with the reason.
NOT_FAULTS = {
    "CSS: “vector-effect”: Property “vector-effect” doesn't exist.": "a property of SVG 2, which browsers know in CSS",
}

# What only a screen can use.
ON_SCREEN = ".skip-link, .code-tools, form, form + p, .ec-copy, .ec-downloads, .ec-tip"

# The words for search engines, where the first paragraph says the same.
HIDDEN = "main:has(.ec-lead, .ec-hero) .description"

# What can be focused with the Tab key and is on the page to be seen.
STOPS = """() => [...document.querySelectorAll("a[href], button, input, select, textarea, summary, [tabindex]")].filter(
    (stop) => stop.tabIndex >= 0 && !stop.disabled && stop.checkVisibility({ visibilityProperty: true }))"""

DESCRIBE = """(stop) => {
    const name = stop.getAttribute("aria-label") || stop.textContent || stop.value || "";
    return `<${stop.localName} class="${stop.getAttribute("class") || ""}"> ${name.trim().slice(0, 60)}`;
}"""


def page_of(kind: str, site: Path) -> str:
    """Return the path of the page that stands for a kind."""
    if kind not in (LONGEST, SHORTEST):
        return kind
    pages = sorted(path for path in (site / "places").glob("*.html") if path.name != "index.html")
    size = {path: path.stat().st_size for path in pages}
    chosen = (max if kind == LONGEST else min)(pages, key=size.__getitem__)
    return chosen.relative_to(site).as_posix()


@pytest.fixture
def name(request: pytest.FixtureRequest, site: Path) -> str:
    """Return the path of the page that stands for the kind which the test is given."""
    return page_of(request.param, site)


def barriers(page: Page, axe: str) -> list[str]:
    """Return what axe-core finds on the page as it stands: the rule, the element, and what to do."""
    page.evaluate(axe)
    options = {"runOnly": {"type": "tag", "values": RULES}, "resultTypes": ["violations"]}
    found = page.evaluate("options => axe.run(document, options)", options)
    assert found["passes"], "axe-core looked at nothing"
    return [
        f"{fault['id']} ({fault['impact']}): {fault['help']}\n    {node['html'][:300]}\n    {node['failureSummary']}"
        for fault in found["violations"]
        for node in fault["nodes"]
    ]


def listed(faults: list[str]) -> str:
    """Return faults one below the other, for a test that fails."""
    return "\n".join(["", *faults])


def test_each_kind_of_page_is_looked_at(site: Path, names: list[str]) -> None:
    """A page that is added to the site cannot be forgotten here, and none that is looked at is missing."""
    alike = {name for name in names if name.startswith(("places/", "reference/"))}
    assert {name for name in names if name not in alike or name in KINDS} == set(KINDS[:-2])
    assert page_of(LONGEST, site) != page_of(SHORTEST, site)


@pytest.mark.parametrize("view", [(scheme, width) for scheme in ("light", "dark") for width in (1280, 320)], ids=str)
@pytest.mark.parametrize("name", KINDS, indirect=True)
def test_axe_finds_no_barrier(
    name: str, view: tuple[str, int], address: str, axe: str, tab: Callable[..., Page]
) -> None:
    """With all tabs open and all maps drawn: no rule of WCAG 2.2 AA broken, none of good practice either."""
    scheme, width = view
    page = tab(color_scheme=scheme, viewport={"width": width, "height": 800}, reduced_motion="reduce")
    page.goto(address + name)
    unfold(page)
    found = barriers(page, axe)
    assert not found, listed(found)


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


def test_the_html_checker_finds_no_fault(site: Path, names: list[str], nu: list[str]) -> None:
    """Every page is valid HTML, its styles and drawings included."""
    options = ["--format", "json", "--stdout", "--exit-zero-always", "--skip-info-messages"]
    command = [*nu, *options, *(str(site / name) for name in names)]
    told = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=True, timeout=300)
    found = [
        f"{message.get('url', '').removeprefix(site.as_uri())}:{message.get('lastLine', '?')}: {message['message']}\n"
        f"    {message.get('extract', '').strip()}"
        for message in json.loads(told.stdout)["messages"]
        if message["message"] not in NOT_FAULTS
    ]
    assert not found, listed(found)


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


def test_the_first_link_leads_past_the_menu(address: str, tab: Callable[..., Page]) -> None:
    """The skip link is seen when it has the focus, and the next stop after it is in the content."""
    page = tab(viewport={"width": 1280, "height": 800})
    page.goto(address + "about.html")
    page.keyboard.press("Tab")
    assert page.locator(".skip-link").bounding_box()["x"] >= 0
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.querySelector('main').contains(document.activeElement)")


@pytest.mark.parametrize("name", KINDS, indirect=True)
def test_nothing_moves_for_those_who_asked_for_it(name: str, address: str, tab: Callable[..., Page]) -> None:
    """With prefers-reduced-motion no element has an animation, a transition or smooth scrolling."""
    page = tab(viewport={"width": 1280, "height": 800}, reduced_motion="reduce")
    page.goto(address + name)
    unfold(page)
    moving = page.evaluate(
        f"""[...document.querySelectorAll("*")].filter((element) => {{
            const style = getComputedStyle(element);
            return style.animationName !== "none" || style.scrollBehavior === "smooth"
                || style.transitionDuration.split(", ").some((time) => parseFloat(time) > 0);
        }}).map({DESCRIBE})"""
    )
    assert not moving, listed(moving)
    assert page.evaluate("document.getAnimations().length") == 0


@pytest.mark.parametrize("name", KINDS, indirect=True)
def test_paper_has_all_of_the_content_and_none_of_the_controls(
    name: str, address: str, tab: Callable[..., Page]
) -> None:
    """Printed: every tab, figure and table in full, and nothing that only a screen can use."""
    page = tab(viewport={"width": 700, "height": 1000}, color_scheme="dark")
    page.goto(address + name)
    draw(page)
    page.emulate_media(media="print")
    hidden = page.evaluate(
        f"""[...document.querySelectorAll("main :is(h1, h2, h3, p, li, figure, figcaption, table, tr, .tab-pane)")]
            .filter((part) => !part.checkVisibility() && !part.closest("{ON_SCREEN}, {HIDDEN}")).map({DESCRIBE})"""
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
    faults = [
        *(f"not on paper: {told}" for told in hidden),
        *(f"cut off on paper: {told}" for told in cut),
        *(f"of no use on paper: {told}" for told in controls),
    ]
    assert not faults, listed(faults)


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
