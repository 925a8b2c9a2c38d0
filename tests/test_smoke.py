"""The demonstration site as a newcomer sees it: it is built, three kinds of page open, and they have no barriers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from browsing import barriers, listed, unfold, watched

if TYPE_CHECKING:
    from playwright.sync_api import Page

PAGES = ["index.html", "posts/regional/index.html", "places/great-yarmouth.html"]


@pytest.mark.site
def test_the_site_is_whole(site: Path, names: list[str]) -> None:
    """Every page says that it is a demonstration, and home, a post and a page of a place are among them."""
    assert set(PAGES) < set(names)
    for name in names:
        assert "Demonstration data – not real values." in (site / name).read_text(encoding="utf-8"), name


@pytest.mark.smoke
@pytest.mark.browser
def test_pages_open(address: str, tab: Callable[..., Page]) -> None:
    """With all tabs open and all maps drawn: no message on the console, no request to another host, nothing missing."""
    page = tab(viewport={"width": 1280, "height": 800})
    faults = watched(page, address)
    for name in PAGES:
        page.goto(address + name, wait_until="load")
        assert page.get_by_text("Demonstration data").first.is_visible()
        unfold(page)
        pictures = page.eval_on_selector_all("img", "all => all.map(img => [img.src, img.naturalWidth])")
        faults += [f"{name}: {source} does not load" for source, width in pictures if not width]
        assert page.locator("svg.ec-map").count() > 0, name
    assert not faults, listed(faults)


@pytest.mark.smoke
@pytest.mark.browser
def test_a_place_is_open_to_all(address: str, axe: str, tab: Callable[..., Page]) -> None:
    """axe-core finds no barrier on a place's page with all its maps drawn."""
    page = tab(viewport={"width": 1280, "height": 800}, reduced_motion="reduce")
    page.goto(address + PAGES[-1])
    unfold(page)
    found = barriers(page, axe)
    assert not found, listed(found)
