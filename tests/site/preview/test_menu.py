"""A menu within the menu: links that unfold, in the preview as under Quarto; and code that scrolls."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from bs4 import BeautifulSoup

from ec_maps.errors import RenderError
from ec_maps.site import preview
from serving import served

if TYPE_CHECKING:
    from playwright.sync_api import Page

PROJECT = """\
project:
  type: website
  render: [/index.qmd, /about.qmd]
website:
  title: A small site
  navbar:
    left:
      - text: Home
        href: index.qmd
      - text: More
        menu:
          - text: About
            href: about.qmd
          - text: Elsewhere
            href: https://example.org/
"""


@pytest.fixture
def project(write: Callable[[str, str], Path]) -> Path:
    """Return a project of two pages, one of them in a menu within the menu."""
    for name in ("index", "about"):
        write(f"{name}.qmd", f"---\ntitle: {name}\n---\n\nText.\n")
    return write("_quarto.yml", PROJECT).parent


def test_the_links_are_in_a_menu_of_their_own(project: Path) -> None:
    """The name unfolds it, its links lead where they should, and the page that one is on is marked."""
    site = preview.render(project, log=lambda _: None)
    menus = [
        BeautifulSoup((site / name).read_text(encoding="utf-8"), "html.parser").select_one(".site-more")
        for name in ("index.html", "about.html")
    ]
    assert [menu.summary.text for menu in menus] == ["More", "More"]
    assert [[link["href"] for link in menu.select("a")] for menu in menus] == [
        ["./about.html", "https://example.org/"]
    ] * 2
    assert [len(menu.select("[aria-current=page]")) for menu in menus] == [0, 1]
    assert ["has-current" in menu["class"] for menu in menus] == [False, True]


def test_an_unknown_key_of_its_links_is_refused(project: Path) -> None:
    """As everywhere in the project file."""
    (project / "_quarto.yml").write_text(
        PROJECT.replace("            href: about", "            hreff: about"), "utf-8"
    )
    with pytest.raises(RenderError, match="does not know `website: navbar: left: menu: hreff`"):
        preview.render(project, log=lambda _: None)


def test_code_is_within_reach_of_the_keyboard(project: Path) -> None:
    """A block of code or of output may be wider than the page."""
    (project / "about.qmd").write_text("---\ntitle: About\n---\n\n```python\nimport ec_maps\n```\n", encoding="utf-8")
    site = preview.render(project, log=lambda _: None)
    block = BeautifulSoup((site / "about.html").read_text(encoding="utf-8"), "html.parser").select_one("main pre")
    assert block["tabindex"] == "0"


@pytest.mark.browser
@pytest.mark.parametrize("width", [320, 1280])
def test_it_opens_and_folds_away(project: Path, tab: Callable[..., Page], width: int) -> None:
    """By key and by click; Escape folds it away and keeps the focus on its name, and so does a click elsewhere."""
    with served(preview.render(project, log=lambda _: None)) as address:
        page = tab(viewport={"width": width, "height": 700})
        page.goto(f"{address}index.html")
        if width == 320:
            page.get_by_role("button", name="Menu").click()
        name, link = page.locator(".site-more summary"), page.get_by_role("link", name="About")
        assert not link.is_visible()
        name.focus()
        page.keyboard.press("Enter")
        assert link.is_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        link.focus()
        page.keyboard.press("Escape")
        assert not link.is_visible()
        assert name.evaluate("self => self === document.activeElement")
        name.click()
        assert link.is_visible()
        page.locator("h1").click()
        assert not link.is_visible()
        name.click()
        link.click()
        assert page.url.endswith("about.html")
