"""The search of the preview's sites: its index, and its box in headless Chromium, from a server and from the folder."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from bs4 import BeautifulSoup

from browsing import expect
from ec_maps.errors import RenderError
from ec_maps.site import preview

if TYPE_CHECKING:
    from playwright.sync_api import Page

PROJECT = """\
project:
  type: website
  render: [/index.qmd, /about.qmd, /404.qmd, /hidden.qmd, "/places/*.qmd"]
website:
  title: A small site
  navbar:
    left: [index.qmd, about.qmd]
"""
ABOUT = """\
---
title: About
description: What this is.
---

Before any heading<!-- a comment -->, **bo**ld.

## Method {#how}

Deciles of areas.[^n]

[^n]: At the foot.

::: {.panel-tabset}
## Tab one

Inside a tab.
:::

| a | b |
|---|--:|
| Cellword | 0.123 |

: The captionword

```{=html}
<script>let scriptword = 1;</script><table><tr><td>x</td></tr></table>
```

## Empty

## Sources

Paper & <ink>.
"""
PLACES = {
    "ynys-mon": "Ynys Môn",
    "st-helens": "St Helen’s",
    "hull": "Kingston upon Hull",
    "york": "York",
    "east": "East Riding of Yorkshire",
    **{f"p{number:02}": f"Little Place {number:02}" for number in range(12)},
}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a small project of places."""
    folder = tmp_path_factory.mktemp("search")
    files = {
        "_quarto.yml": PROJECT,
        "index.qmd": "---\ntitle: Home\n---\n\nWelcome.\n",
        "about.qmd": ABOUT,
        "404.qmd": "---\ntitle: Not here\n---\n",
        "hidden.qmd": "---\ntitle: Hidden\nsearch: false\n---\n\nHidden words.\n",
    } | {
        f"places/{slug}.qmd": f'---\ntitle: "{name}"\n---\n\nThe same for all places.\n\n## Numbers\n\nOnly {slug}.\n'
        for slug, name in PLACES.items()
    }
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def site(project: Path) -> Path:
    """Return the folder of the built site."""
    return preview.render(project, log=lambda _: None)


def rows(site: Path) -> dict[str, dict[str, str]]:
    """Return the index by address."""
    found = json.loads((site / "search.json").read_text(encoding="utf-8"))
    assert len({row["objectID"] for row in found}) == len(found)
    return {row["href"]: row for row in found}


def test_the_index_has_a_row_for_each_page_and_section(site: Path) -> None:
    """Quarto's names; what comes before the first heading with the description, then each heading that has text."""
    found = [row for href, row in rows(site).items() if href.startswith("about")]
    assert [(row["href"], row["objectID"], row["title"], row["section"]) for row in found] == [
        ("about.html", "about.html", "About", ""),
        ("about.html#how", "about.html#how", "About", "Method"),
        ("about.html#sources", "about.html#sources", "About", "Sources"),
        ("about.html#footnotes-heading", "about.html#footnotes-heading", "About", "Footnotes"),
    ]
    assert [row["text"] for row in found] == [
        "What this is. Before any heading, bold.",
        "Deciles of areas. Tab one Inside a tab. The captionword",
        "Paper & .",
        "At the foot.",
    ]


def test_what_says_nothing_of_a_page_is_not_in_the_index(site: Path) -> None:
    """No page for missing addresses, no page that asks so, and a paragraph of many pages with the first only."""
    found = rows(site)
    assert not [href for href in found if href.startswith(("404", "hidden"))]
    assert [href for href, row in found.items() if "The same for all places." in row["text"]] == ["places/east.html"]
    assert found["places/york.html"]["text"] == ""
    assert found["places/york.html#numbers"]["text"] == "Only york."


def test_the_script_has_what_the_index_has(site: Path) -> None:
    """Both are made from the same rows, in the same order."""
    script = (site / "site_libs/preview/search-index.js").read_text(encoding="utf-8")
    short = json.loads(script.split(" = ", 1)[1].rstrip().removesuffix(";"))
    assert short == [[row[name] for name in ("href", "title", "section", "text")] for row in rows(site).values()]


def test_a_site_that_wants_no_search_has_none(tmp_path: Path) -> None:
    """Neither index nor box; an option of Quarto's that the preview has no answer to is refused."""
    (tmp_path / "index.qmd").write_text("---\ntitle: Home\n---\n", encoding="utf-8")
    settings = "project: {type: website, render: [/index.qmd]}\nwebsite: {title: A, search: false}\n"
    (tmp_path / "_quarto.yml").write_text(settings, encoding="utf-8")
    bare = preview.render(tmp_path, log=lambda _: None)
    assert [path.name for path in bare.rglob("search*")] == []
    assert "search" not in (bare / "index.html").read_text(encoding="utf-8")
    (tmp_path / "_quarto.yml").write_text(settings.replace("false", "{algolia: {}}"), encoding="utf-8")
    with pytest.raises(RenderError, match="does not know `website: search: algolia`"):
        preview.render(tmp_path, log=lambda _: None)


# ---- the box ----


def asked(page: Page, words: str) -> list[str]:
    """Type words into the box and return the titles that it shows."""
    page.get_by_role("combobox", name="Search this site").fill(words)
    expect(page.locator(".site-search [role=status]")).not_to_be_empty()
    return page.locator("[role=option]:visible .search-title").all_text_contents()


@pytest.mark.browser
@pytest.mark.parametrize("how", ["server", "folder"])
def test_words_find_their_pages(how: str, address: str, site: Path, tab: Callable[..., Page]) -> None:
    """All words count, each from its beginning, in any order, whatever their accents, capitals and apostrophes."""
    page = tab()
    faults: list[str] = []
    page.on("console", lambda message: faults.append(message.text))
    page.goto(address + "places/york.html" if how == "server" else (site / "places/york.html").as_uri())
    for words, expected in [
        ("ynys mon", ["Ynys Môn"]),
        ("MÔN YN", ["Ynys Môn"]),
        ("st helens", ["St Helen’s"]),
        ("st helen's", ["St Helen’s"]),
        ("york", ["York", "East Riding of Yorkshire"]),
        ("decil areas", ["About: Method"]),
        ("only hull", ["Kingston upon Hull: Numbers"]),
        ("orkshire", []),
        ("cellword", []),
        ("scriptword", []),
        ("(*", []),
        ("york nowhere", []),
    ]:
        page.get_by_role("combobox").fill("")
        if words == "(*":
            page.get_by_role("combobox").fill(words)
            assert not page.locator("[role=listbox]").is_visible()
        else:
            assert asked(page, words) == expected, words
    assert page.locator(".site-search [role=status]").text_content() == "No page found"
    assert asked(page, "little") == [f"Little Place {number:02}" for number in range(10)]
    assert page.locator(".site-search [role=status]").text_content() == "12 pages found, the first 10 are listed"
    assert faults == []


@pytest.mark.browser
def test_the_index_is_loaded_when_it_is_needed(address: str, tab: Callable[..., Page]) -> None:
    """Who does not search does not pay; who does, pays once."""
    page = tab()
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url))
    page.goto(address + "index.html", wait_until="networkidle")
    assert not [url for url in sent if "index.js" in url]
    for words in ("york", "hull"):
        page.get_by_role("combobox").focus()
        assert asked(page, words)
    assert len([url for url in sent if "index.js" in url]) == 1


@pytest.mark.browser
def test_the_box_without_its_index_says_so(address: str, tab: Callable[..., Page]) -> None:
    """Nobody waits for an answer that cannot come."""
    page = tab()
    page.route("**/search-index.js", lambda route: route.abort())
    page.goto(address + "index.html")
    page.get_by_role("combobox").focus()
    expect(page.locator(".site-search [role=status]")).to_have_text("The index of the search could not be loaded.")


@pytest.mark.browser
def test_the_keys_of_the_box(address: str, tab: Callable[..., Page]) -> None:
    """Arrows go round the list, which stays named to assistive software; Escape closes, then empties; Enter goes."""
    page = tab()
    page.goto(address + "about.html")
    box, found = page.get_by_role("combobox"), page.locator("[role=listbox]")
    assert (box.get_attribute("aria-expanded"), found.is_visible()) == ("false", False)
    asked(page, "york")
    assert (box.get_attribute("aria-expanded"), found.is_visible()) == ("true", True)
    options = page.locator("[role=option]")
    ids = options.evaluate_all("all => all.map(option => option.id)")
    for key, expected in [("ArrowDown", 0), ("ArrowDown", 1), ("ArrowDown", 0), ("ArrowUp", 1), ("ArrowUp", 0)]:
        page.keyboard.press(key)
        assert box.get_attribute("aria-activedescendant") == ids[expected]
        selected = options.evaluate_all("all => all.map(option => option.getAttribute('aria-selected'))")
        assert selected == ["true" if number == expected else "false" for number in range(2)]
        assert box.evaluate("self => self === document.activeElement")
    page.keyboard.press("Escape")
    assert (box.input_value(), found.is_visible(), box.get_attribute("aria-activedescendant")) == ("york", False, None)
    page.keyboard.press("ArrowDown")
    assert found.is_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    assert box.input_value() == ""
    asked(page, "york")
    page.keyboard.press("Tab")
    assert not found.is_visible()
    box.focus()
    asked(page, "york")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url("**/places/east.html")
    asked(page, "decil")
    page.keyboard.press("Enter")
    page.wait_for_url("**/about.html#how")


@pytest.mark.browser
def test_a_click_goes_to_the_page(address: str, tab: Callable[..., Page]) -> None:
    """Results are links: a click, or a tap, opens them."""
    page = tab()
    page.goto(address + "places/york.html")
    asked(page, "mon")
    page.locator("[role=option]").first.click()
    page.wait_for_url("**/places/ynys-mon.html")


@pytest.mark.browser
@pytest.mark.parametrize("width", [320, 1280])
def test_the_box_fits(width: int, address: str, tab: Callable[..., Page]) -> None:
    """Box and results are in sight, within the page's width, in a size that can be hit."""
    page = tab(viewport={"width": width, "height": 700})
    page.goto(address + "index.html")
    asked(page, "little")
    for each in (page.get_by_role("combobox"), page.locator("[role=listbox]"), page.locator("[role=option]").first):
        box = each.bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width
        assert box["height"] >= 24
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.browser
def test_there_is_no_box_where_it_would_not_work(address: str, site: Path, tab: Callable[..., Page]) -> None:
    """Neither without scripts, nor on the page that is shown at any depth, nor on paper."""
    page = tab(java_script_enabled=False)
    page.goto(address + "index.html")
    assert not page.locator(".site-search").is_visible()
    missing = BeautifulSoup((site / "404.html").read_text(encoding="utf-8"), "html.parser")
    assert missing.select(".site-search, script[src]") == []
