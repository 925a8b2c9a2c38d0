"""What the tests in a browser do to a page before they look at it."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page
from playwright.sync_api import TimeoutError as TooLong


def unfold(page: Page) -> None:
    """Open the page up: all tabs, all that is folded, and every map brought in as a drawing."""
    page.add_style_tag(content=".tab-content > .tab-pane { display: block !important }")
    page.eval_on_selector_all("details", "all => all.forEach(details => { details.open = true })")
    if page.locator(".menu-button").is_visible():
        page.locator(".menu-button").click()
    draw(page)


def draw(page: Page) -> None:
    """Bring every picture that shows in, and each map as a drawing: both happen when they come into sight."""
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
