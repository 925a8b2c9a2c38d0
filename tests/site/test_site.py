"""The project's own site, built from the demonstration data without Quarto: its links, words, tabs, menu and feed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, unquote, urldefrag, urljoin
from xml.etree import ElementTree as ET

import pytest
import yaml
from bs4 import BeautifulSoup

from browsing import KINDS, page_of
from published import script

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.site


def tabbed(site: Path, names: list[str]) -> list[str]:
    """Return the pages that have tabs."""
    found = [name for name in names if 'role="tab"' in (site / name).read_text(encoding="utf-8")]
    assert found, "no page of the site has tabs"
    return found


def test_every_page_says_what_it_is(site: Path, names: list[str], embedded: list[str]) -> None:
    """Language, one main heading, a title, a description, words for each picture and for the card that links to it."""
    assert embedded
    for name in [*names, *embedded]:
        soup = BeautifulSoup((site / name).read_text(encoding="utf-8"), "html.parser")
        assert soup.html["lang"] == "en-GB", name
        assert len(soup.select("h1")) == 1, name
        assert soup.title.text.strip(), name
        assert soup.select_one('meta[name="description"]')["content"].strip(), name
        assert all(picture["alt"].strip() for picture in soup.select("img")), name
        if name.startswith("posts/"):
            assert soup.select_one('meta[property="og:image"]')["content"].startswith("https://"), name
            assert soup.select_one('meta[property="og:image:alt"]')["content"].strip(), name


def test_each_tab_opens_by_click(site: Path, address: str, names: list[str], tab: Callable[..., Page]) -> None:
    """A click shows the tab's panel and hides the others of the set, and the address can be passed on."""
    page = tab()
    for name in tabbed(site, names):
        page.goto(address + name)
        for tabset in page.locator(".panel-tabset").all():
            for button in tabset.locator("> .nav-tabs [role=tab]").all():
                button.click()
                assert button.get_attribute("aria-selected") == "true"
                panel = button.get_attribute("aria-controls")
                assert page.locator(f"[id='{panel}']").is_visible(), (name, panel)
                assert tabset.locator("> .tab-content > .tab-pane:visible").count() == 1, (name, panel)
            other = page.context.new_page()
            other.goto(page.url)
            assert other.locator(f"[id='{panel}']").is_visible(), page.url
            other.close()


def test_each_tab_opens_by_keyboard(site: Path, address: str, names: list[str], tab: Callable[..., Page]) -> None:
    """Arrows go round the set, Home and End to its ends, and one tab of each set is in the order of the Tab key."""
    page = tab()
    for name in tabbed(site, names):
        page.goto(address + name)
        for tabset in page.locator(".panel-tabset").all():
            buttons = tabset.locator("> .nav-tabs [role=tab]").all()
            states = [button.get_attribute("tabindex") for button in buttons]
            assert sorted(states, reverse=True) == sorted(["0"] + ["-1"] * (len(buttons) - 1), reverse=True)
            buttons[0].focus()
            for key, expected in [
                *(("ArrowRight", (step + 1) % len(buttons)) for step in range(len(buttons))),
                ("ArrowLeft", len(buttons) - 1),
                ("Home", 0),
                ("End", len(buttons) - 1),
            ]:
                page.keyboard.press(key)
                button = buttons[expected]
                assert button.get_attribute("aria-selected") == "true", (name, key)
                assert button.evaluate("self => self === document.activeElement"), (name, key)
                assert page.locator(f"[id='{button.get_attribute('aria-controls')}']").is_visible()


def test_nothing_is_hidden_without_scripts(
    site: Path, address: str, names: list[str], tab: Callable[..., Page]
) -> None:
    """All panels show, each under its name, when tabs cannot be clicked."""
    page = tab(java_script_enabled=False)
    for name in tabbed(site, names):
        page.goto(address + name)
        for selector in (".tab-pane", ".tab-name"):
            assert page.locator(selector).count() == page.locator(f"{selector}:visible").count() > 0, (name, selector)
        assert page.locator("[role=tablist]:visible").count() == 0


def test_the_menu_of_a_narrow_screen_unfolds(address: str, tab: Callable[..., Page]) -> None:
    """The links are behind a button that says whether they show; Escape folds them away again."""
    page = tab(viewport={"width": 320, "height": 700})
    page.goto(address + "index.html")
    button, link = page.get_by_role("button", name="Menu"), page.get_by_role("link", name="Places", exact=True)
    assert not link.is_visible()
    button.click()
    assert (link.is_visible(), button.get_attribute("aria-expanded")) == (True, "true")
    page.keyboard.press("Escape")
    assert (link.is_visible(), button.get_attribute("aria-expanded")) == (False, "false")


def test_tables_are_within_reach_of_the_keyboard(site: Path, names: list[str]) -> None:
    """A table that scrolls in its frame can be focused and has a name; every table has header cells."""
    tables = 0
    for name in names:
        soup = BeautifulSoup((site / name).read_text(encoding="utf-8"), "html.parser")
        for frame in soup.select(".ec-table"):
            assert (frame["role"], frame["tabindex"]) == ("region", "0"), name
            assert frame["aria-label"].strip(), name
            tables += 1
        assert all(table.select_one("thead th[scope=col]") for table in soup.select("main table")), name
    assert tables > 0


def test_the_code_menu_shows_the_source(address: str, root: Path, names: list[str], tab: Callable[..., Page]) -> None:
    """Behind "Code" is the page as it was written."""
    page = tab()
    for name in (name for name in names if name.startswith("posts/")):
        page.goto(address + name)
        code = page.locator(".code-tools pre")
        assert not code.is_visible()
        page.locator(".code-tools summary").click()
        assert code.is_visible()
        written = (root / name).with_suffix(".qmd").read_text(encoding="utf-8")
        assert code.text_content().strip() == written.strip()


def test_the_home_page_lists_the_posts_newest_first(root: Path, site: Path) -> None:
    """All posts, by date, each with its picture; the feed has the same ones in the same order."""
    posts = {}
    for path in (root / "posts").rglob("*.qmd"):
        front = yaml.safe_load(path.read_text(encoding="utf-8").split("---")[1])
        posts[front["title"]] = str(front["date"])
    soup = BeautifulSoup((site / "index.html").read_text(encoding="utf-8"), "html.parser")
    listed = [link.text for link in soup.select(".listing-title a")]
    assert sorted(listed) == sorted(posts)
    assert [posts[title] for title in listed] == sorted(posts.values(), reverse=True)
    assert len(soup.select(".ec-card img")) == len(posts)
    channel = ET.parse(site / "index.xml").getroot().find("channel")
    assert [item.findtext("title") for item in channel.iter("item")] == listed
    for item in channel.iter("item"):
        assert item.findtext("link").startswith(channel.findtext("link"))
        assert item.findtext("pubDate").endswith("00:00:00 GMT")


def attributes(path: Path) -> list[tuple[str, str]]:
    """Return the names and addresses in a page or a drawing: pairs of attribute (id, href or src) and value."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".svg":
        tags = [{key.rpartition("}")[2]: value for key, value in tag.items()} for tag in ET.fromstring(text).iter()]
    else:
        tags = [tag.attrs for tag in BeautifulSoup(text, "html.parser").find_all(True)]
    return [(key, tag[key]) for tag in tags for key in ("id", "href", "src") if key in tag]


def test_internal_links_resolve(site: Path) -> None:
    """Every link of every page and drawing leads to a file of the site, and its anchor to an element there.

    Where it names places to show or compare, these are in the comparison.
    """
    values, more = script(site / "maps/explore/values.js"), script(site / "maps/compare/places.js")
    known = {row[1] for row in (*values["districts"], *more["beyond"])} | {row[0] for row in more["wider"]}
    found = {
        path.relative_to(site).as_posix(): attributes(path)
        for kind in ("html", "svg")
        for path in site.rglob(f"*.{kind}")
    }
    ids = {name: Counter(value for key, value in pairs if key == "id") for name, pairs in found.items()}
    assert {name: twice for name, count in ids.items() if (twice := [one for one in count if count[one] > 1])} == {}
    dead = []
    for name, pairs in found.items():
        for link in (value for key, value in pairs if key != "id"):
            address, anchor = urldefrag(urljoin(f"http://site/{name}", link))
            if not address.startswith("http://site/"):
                continue
            target = unquote(address.removeprefix("http://site/"))
            asked = parse_qs(anchor) if "=" in anchor else {}
            places = {slug for key in ("place", "places") for text in asked.get(key, []) for slug in text.split(",")}
            there = places <= known if asked else not anchor or unquote(anchor) in ids.get(target, ())
            if not (site / target).is_file() or not there:
                dead.append(f"{name}: {link}")
    assert dead == []


def test_the_site_opens_from_the_folder(site: Path, tab: Callable[..., Page]) -> None:
    """Without a server, from a memory stick: styles, scripts and pictures are found all the same."""
    page = tab()
    faults: list[str] = []
    page.on("console", lambda message: faults.append(message.text))
    page.on("requestfailed", lambda request: faults.append(request.url))
    for name in (page_of(kind, site) for kind in KINDS):
        # Leaving a page while its icon is on the way would abort that, which is no fault of the page.
        page.goto((site / name).as_uri(), wait_until="networkidle")
        assert page.evaluate("getComputedStyle(document.body).fontFamily").startswith("system-ui"), name
    assert faults == []
