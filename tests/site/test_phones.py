"""Figures on a phone, 390 pixels wide: words are large enough, tooltips stay on the screen, outlines are right."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import pytest

from browsing import draw, expect
from serving import served

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.full]

PHONE = {"width": 390, "height": 844}

KINDS = {
    "correlations",
    "country",
    "country, on the home page",
    "exposure and bias",
    "hexagons",
    "local",
    "region",
    "strip plot",
    "United Kingdom",
}


@pytest.fixture(scope="module")
def measure(root: Path) -> Iterator[ModuleType]:
    """Return the script that measures text."""
    sys.path.insert(0, str(root / "benchmarks"))
    try:
        yield __import__("smallest_text")
    finally:
        sys.path.remove(str(root / "benchmarks"))
        sys.modules.pop("smallest_text", None)


@pytest.mark.parametrize("engine", ["preview", pytest.param("quarto", marks=pytest.mark.quarto)])
def test_words_are_large_enough(
    engine: str, measure: ModuleType, request: pytest.FixtureRequest, tab: Callable[..., Page]
) -> None:
    """Each word that can be seen in any figure has letters of at least 11 CSS pixels, and each figure has its stamp."""
    built: Path = request.getfixturevalue("site" if engine == "preview" else "quarto_site")
    page = tab(viewport=PHONE)
    with served(built) as address:
        pages = [measure.texts_of(page, address, name) for name in measure.pages_with_figures(built)]
    texts = [text for found in pages for text in found]
    small = [text for text in texts if text.size < measure.LEAST]
    assert not small
    assert {text.kind for text in texts} == KINDS
    assert all(any("not real values" in text.words for text in found) for found in pages)


def test_the_same_words_without_scripts(address: str, tab: Callable[..., Page]) -> None:
    """A picture that no script has made a drawing of looks as the drawing does, which is the shape for phones."""
    looks = []
    for scripts in (True, False):
        page = tab(viewport=PHONE, java_script_enabled=scripts)
        page.goto(address + "index.html")
        figure = page.locator("figure .ec-map").first
        if scripts:
            draw(page)
            page.locator("figure svg.ec-map").first.wait_for()
        figure.scroll_into_view_if_needed()
        looks.append(figure.bounding_box())
    assert looks[0]["height"] == pytest.approx(looks[1]["height"], abs=1)
    assert looks[0]["height"] > 1.6 * looks[0]["width"]


def test_a_touched_area(address: str, tab: Callable[..., Page]) -> None:
    """The tooltip of an area at each edge of the map is on the screen, and the outline lies on the area."""
    page = tab(viewport=PHONE, has_touch=True, is_mobile=True)
    page.goto(address + "index.html")
    draw(page)
    page.locator("svg.ec-map").first.wait_for()
    edges = page.evaluate(
        """() => {
            const areas = [...document.querySelectorAll("svg.ec-map .ec-body [data-code]")];
            const left = (area) => area.getBoundingClientRect().left;
            areas.sort((one, other) => left(one) - left(other));
            return [areas[0], areas.at(-1)].map((area) => area.dataset.code);
        }"""
    )
    for code in edges:
        area = page.locator(f"svg.ec-map [data-code='{code}']").first
        area.dispatch_event("pointerdown", {"pointerType": "touch", "clientX": 5, "clientY": 300, "bubbles": True})
        tip = page.locator(".ec-tip")
        expect(tip).to_be_visible()
        box = tip.bounding_box()
        assert min(box["x"], box["y"]) >= 0
        assert box["x"] + box["width"] <= PHONE["width"]
        assert box["y"] + box["height"] <= PHONE["height"]
        lies, ring = area.bounding_box(), page.locator(".ec-ring-hover > .ec-ring-line").first.bounding_box()
        for side in ("x", "y", "width", "height"):
            assert ring[side] == pytest.approx(lies[side], abs=4)


def test_turned_to_its_side_and_printed(address: str, tab: Callable[..., Page]) -> None:
    """A figure follows the screen when this becomes wide, and on paper has its usual words; one set at once."""
    page = tab(viewport=PHONE)
    page.goto(address + "index.html")
    draw(page)
    page.locator("svg.ec-map").first.wait_for()
    words = "[...document.querySelectorAll('svg.ec-map text')].filter(text => text.getClientRects().length).length"
    narrow = page.evaluate(words)
    page.set_viewport_size({"width": 844, "height": 390})
    wide = page.evaluate(words)
    page.set_viewport_size(PHONE)
    assert page.evaluate(words) == narrow != wide
    page.emulate_media(media="print")
    assert page.evaluate(words) == wide
