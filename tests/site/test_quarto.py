"""The site as real Quarto renders it: as the preview's in content, head and feed, and readable by everyone."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest
from bs4 import BeautifulSoup

from browsing import KINDS, barriers, draw, expect, listed, on_paper, page_of, too_wide, unfold
from conftest import NOT_COPIED
from ec_maps.errors import RenderError
from ec_maps.site.build import render_site
from ec_maps.site.staging import UNFINISHED
from facts import plain
from serving import served

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.site, pytest.mark.quarto, pytest.mark.full]


def soup_of(path: Path) -> BeautifulSoup:
    """Return a page of a site."""
    return BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")


def every_path(site: Path) -> list[str]:
    """Return the paths of a site's pages and of its maps for other sites."""
    return sorted(path.relative_to(site).as_posix() for path in site.rglob("*.html"))


def paths(site: Path) -> list[str]:
    """Return the paths of a site's pages, without the maps for other sites."""
    return [path for path in every_path(site) if not path.startswith("embed/")]


def written(site: Path, page: str) -> dict[str, bytes]:
    """Return the contents of all files that a page of a site wrote, by their paths below its folder of maps."""
    folder = (site / page).parent / "maps"
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def theirs(quarto_site: Path) -> Iterator[str]:
    """Serve Quarto's site on this machine and return its address."""
    with served(quarto_site) as address:
        yield address


def test_it_is_built_without_warnings(quarto_site: Path) -> None:
    """``quarto render --profile demo``, typed by hand, warns of nothing, and no page loads anything from elsewhere."""
    told = (quarto_site.parent / "quarto.log").read_text(encoding="utf-8")
    # ipykernel's word on its own connection is none of ours.
    assert not [line for line in told.splitlines() if "WARN" in line.upper() and "TCP without encryption" not in line]
    for name in every_path(quarto_site):
        tags = soup_of(quarto_site / name).select("script[src], img[src], iframe[src], link[rel=stylesheet]")
        loaded = [str(tag.get("src") or tag.get("href")) for tag in tags]
        assert not [address for address in loaded if address.startswith(("http:", "https:", "//"))], name


def test_quarto_and_preview_build_the_same(quarto_site: Path, site: Path) -> None:
    """Both engines give the same pages, titles, tabs, tables and downloads, and maps alike to the byte."""
    assert every_path(quarto_site) == every_path(site)
    title, card = "#title-block-header", ".ec-card"
    for name in ("index.html", *(f"posts/{post}/index.html" for post in ("national", "regional", "hyperlocal"))):
        left, right = soup_of(site / name), soup_of(quarto_site / name)
        for selector in ("main td", "[role=tab]", ".tab-name", *(f"{title} {part}" for part in ("h1", "p.ec-meta"))):
            texts = [[plain(part.get_text(" ", strip=True)) for part in s.select(selector)] for s in (left, right)]
            assert texts[0] == texts[1], (name, selector)
        for selector in (".listing-title a", "time", ".ec-category"):
            texts = [[part.get_text(strip=True) for part in s.select(f"{card} {selector}")] for s in (left, right)]
            assert texts[0] == texts[1], (name, selector)
        for attribute in ("alt", "src"):
            values = [[str(found[attribute]) for found in s.select("main figure img")] for s in (left, right)]
            assert values[0] == values[1], name
        assert written(site, name) == written(quarto_site, name)


def test_the_head_is_the_same(quarto_site: Path, site: Path) -> None:
    """The page's own address and its description are those of the preview, and every page names the feed."""
    for name in paths(site):
        found = []
        for built in (site, quarto_site):
            soup = soup_of(built / name)
            tags = soup.select('link[rel=canonical], meta[property="og:url"], head meta[name=description]')
            found.append(sorted(plain(str(tag.get("href") or tag["content"])) for tag in tags))
            feeds = soup.select('link[type="application/rss+xml"]')
            assert len(feeds) == 1 or name == "404.html", (name, built)
        assert found[0] == found[1], name


def test_the_feed_is_short_and_its_links_are_whole(quarto_site: Path, site: Path) -> None:
    """The same posts with the same addresses and descriptions as in the preview's, and not their whole text."""
    feeds = [ET.parse(built / "index.xml").getroot() for built in (site, quarto_site)]
    ours, theirs = (
        [
            tuple(plain(item.findtext(tag).strip()) for tag in ("title", "link", "description"))
            for item in feed.iter("item")
        ]
        for feed in feeds
    )
    assert ours == theirs
    assert all(link.startswith("https://") for _, link, _ in theirs)
    assert (quarto_site / "index.xml").stat().st_size < 20_000


def test_every_page_has_the_stamp_in_its_body(quarto_site: Path) -> None:
    """It is the first thing in the content, neither hidden nor made by a script."""
    for name in paths(quarto_site):
        first = soup_of(quarto_site / name).select_one("main > *")
        assert "ec-banner" in first["class"], name
        assert first.get_text().startswith("Demonstration data – not real values."), name


def test_a_bare_render_of_demonstration_data_has_the_stamp(root: Path, tmp_path: Path, demo_data_dir: Path) -> None:
    """``EC_MAPS_SOURCE=demo quarto render`` without a profile marks its pages too; real data carry no mark."""
    project = tmp_path / "project"
    shutil.copytree(root, project, ignore=shutil.ignore_patterns(*NOT_COPIED))
    settings = (project / "_quarto.yml").read_text(encoding="utf-8")
    # Without the pages of the places, which would need the real data.
    (project / "_quarto.yml").write_text(settings.replace("  pre-render:", "  # "), encoding="utf-8")
    for source, stamps in (("demo", 1), ("live", 0)):
        environment = {**os.environ, "QUARTO_PYTHON": sys.executable, "EC_MAPS_DATA_DIR": str(demo_data_dir)}
        environment["EC_MAPS_SOURCE"] = source
        subprocess.run(["quarto", "render", "404.qmd"], cwd=project, env=environment, check=True, capture_output=True)
        assert len(soup_of(project / "_site" / "404.html").select("main > .ec-banner")) == stamps


@pytest.fixture
def faulty(root: Path, tmp_path: Path) -> Path:
    """Return a project of two pages and a place, the first of which waits for a fault."""
    project = tmp_path / "project"
    shutil.copytree(root, project, ignore=shutil.ignore_patterns(*NOT_COPIED))
    settings = (project / "_quarto.yml").read_text(encoding="utf-8")
    list_of_pages = re.compile(r"(?<=^  render:\n)(?: +[-#] .*\n)+", re.MULTILINE)
    pages = "    - /speed.qmd\n    - /index.qmd\n"
    (project / "_quarto.yml").write_text(list_of_pages.sub(pages, settings), encoding="utf-8")
    (project / "places.yml").write_text("- Rutland\n", encoding="utf-8")
    return project


def fault(project: Path, code: str) -> None:
    """Write a page with this code in its second cell."""
    cells = "".join(f"```{{python}}\n{part}\n```\n\n" for part in ("from ec_maps import pages", code))
    (project / "speed.qmd").write_text(f"---\ntitle: Fault\n---\n\n{cells}", encoding="utf-8")


def test_a_fault_under_bare_quarto_is_a_letter_and_leaves_no_finished_site(faulty: Path, demo_data_dir: Path) -> None:
    """Page, call and reason in place of a traceback; the site has no home page and a mark until a build succeeds."""
    site = faulty / "_site"
    environment = {**os.environ, "QUARTO_PYTHON": sys.executable, "EC_MAPS_DATA_DIR": str(demo_data_dir)}
    environment["EC_MAPS_SOURCE"] = "demo"

    def quarto(code: str) -> tuple[int, str]:
        fault(faulty, code)
        command = ["quarto", "render"]
        run = subprocess.run(command, cwd=faulty, env=environment, capture_output=True, text=True, check=False)
        return run.returncode, run.stdout + run.stderr

    inline = "1\n```\n\nSo `{python} pages.number_of('ward')` of them.\n\n```{python}\n2"
    for code, letter in (
        ('import ec_maps\nec_maps.compare("Norwhich")', 'ec_maps.compare("Norwhich"): Unknown local authority "Norw'),
        ("print(pages.nowhere())", "print(pages.nowhere()): AttributeError: module 'ec_maps.pages' has no attribute"),
        (inline, "pages.number_of('ward'): There is no level"),
    ):
        status, told = quarto(code)
        assert status
        assert f"ec-maps: speed.qmd: {letter}" in told, told
        assert "Traceback" not in told
        assert len(told[told.index("speed.qmd") :].splitlines()) < 30
        assert (site / UNFINISHED).is_file()
        assert not (site / "index.html").exists()
    status, told = quarto("1 + 1")
    assert status == 0, told
    assert (site / "index.html").is_file()
    assert not (site / UNFINISHED).exists()


def test_a_fault_under_ec_maps_render_is_a_letter(
    faulty: Path, demo_data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A few lines with page, call and reason; the site from before stays."""
    monkeypatch.chdir(faulty)
    monkeypatch.setenv("EC_MAPS_DATA_DIR", str(demo_data_dir))
    (faulty / "_site-demo").mkdir()
    (faulty / "_site-demo" / "index.html").write_text("from before", encoding="utf-8")
    for code, letter in (
        ("import ec_maps\nec_maps.load_areas('ward')", "ec_maps.load_areas('ward'): There is no level \"ward\"."),
        ("len(5)", "len(5): TypeError: object of type 'int' has no len()"),
    ):
        fault(faulty, code)
        with pytest.raises(RenderError) as caught:
            render_site(profile="demo", engine="quarto", log=lambda _: None)
        assert str(caught.value).startswith(f"Quarto stopped (exit status 1): speed.qmd: {letter}")
        assert str(caught.value).endswith("\nThe previous site was not changed.")
        assert len(str(caught.value).splitlines()) <= 8
        assert (faulty / "_site-demo" / "index.html").read_text(encoding="utf-8") == "from before"


@pytest.mark.browser
@pytest.mark.parametrize("kind", KINDS)
def test_a_page(kind: str, quarto_site: Path, theirs: str, axe: str, tab: Callable[..., Page]) -> None:
    """With all open, axe finds no barrier, light or dark, no page scrolls sideways, and paper holds all tabs."""
    name = page_of(kind, quarto_site)
    faults = []
    for scheme in ("light", "dark"):
        page = tab(viewport={"width": 1280, "height": 800}, color_scheme=scheme, reduced_motion="reduce")
        page.goto(theirs + name, wait_until="load")
        if scheme == "light":
            draw(page)
            faults += on_paper(page)
            page.set_viewport_size({"width": 1280, "height": 800})
        unfold(page)
        faults += [f"barrier, {scheme}: {told}" for told in barriers(page, axe)]
    for width in (600, 390, 320):
        page.set_viewport_size({"width": width, "height": 800})
        faults += too_wide(page)
    assert not faults, listed(faults)


@pytest.mark.browser
def test_the_title_of_the_site_is_whole(theirs: str, tab: Callable[..., Page]) -> None:
    """At every width its last word is seen, and the menu has six entries at most."""
    page = tab()
    page.goto(f"{theirs}about.html")
    assert page.locator(".navbar-nav > li").count() <= 6
    for width in (1440, 1280, 1024, 992, 768, 600, 390, 320):
        page.set_viewport_size({"width": width, "height": 800})
        cut = page.eval_on_selector(
            ".navbar-brand", "e => [e.scrollWidth - e.clientWidth, e.scrollHeight - e.clientHeight].some((d) => d > 1)"
        )
        assert not cut, width
        # In two lines at most, where there are more than 320 px.
        assert width == 320 or page.locator("#quarto-header").bounding_box()["height"] < 90, width


@pytest.mark.browser
def test_header_content_and_footer_start_at_one_edge(theirs: str, tab: Callable[..., Page]) -> None:
    """The title of the site, that of the page and the words below both."""
    page = tab()
    page.goto(f"{theirs}methods.html")
    for width in (1440, 1024, 800):
        page.set_viewport_size({"width": width, "height": 800})
        edges = [
            page.locator(part).first.bounding_box()["x"]
            for part in (".navbar-title", ".ec-banner", "h1", "main > p", ".nav-footer p")
        ]
        assert max(edges[1:]) - min(edges[1:]) < 1, (width, edges)
        # Below 992 px the button of the menu comes first.
        assert width < 992 or abs(edges[0] - edges[1]) < 1, (width, edges)


@pytest.mark.browser
def test_an_anchor_is_not_under_the_header(theirs: str, tab: Callable[..., Page]) -> None:
    """An address with the name of a heading shows that heading."""
    page = tab(viewport={"width": 1280, "height": 800}, reduced_motion="reduce")
    page.goto(f"{theirs}methods.html#limits")
    page.goto(f"{theirs}methods.html#deciles")
    page.wait_for_timeout(300)
    heading = page.locator("#deciles h2, h2#deciles").first.bounding_box()
    assert 0 < page.locator("#quarto-header").bounding_box()["height"] <= heading["y"] < 300


@pytest.mark.browser
def test_the_first_link_leads_past_the_menu(theirs: str, tab: Callable[..., Page]) -> None:
    """The skip link is the first stop, and the next one after it is in the content."""
    page = tab(viewport={"width": 1280, "height": 800})
    page.goto(f"{theirs}about.html")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.matches('.skip-link')")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.querySelector('main').contains(document.activeElement)")


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_barrier_in_what_opens(theirs: str, axe: str, tab: Callable[..., Page], scheme: str) -> None:
    """The window with the source of a page, and a menu."""
    page = tab(viewport={"width": 1280, "height": 800}, color_scheme=scheme, reduced_motion="reduce")
    page.goto(f"{theirs}posts/regional/index.html")
    page.get_by_role("button", name="Maps").or_(page.get_by_role("link", name="Maps")).click()
    found = barriers(page, axe)
    page.keyboard.press("Escape")
    page.locator(".code-tools-button").click()
    expect(page.locator(".modal-body")).to_be_visible()
    found += barriers(page, axe)
    assert not found, listed(found)


@pytest.mark.browser
def test_find_your_place_finds(theirs: str, tab: Callable[..., Page]) -> None:
    """What is typed on the home page arrives at the finder, though the search of Quarto reads the address first."""
    page = tab()
    page.goto(f"{theirs}index.html")
    page.locator("#ec-ask").fill("telford")
    page.keyboard.press("Enter")
    page.wait_for_url("**/places/index.html?find=telford")
    expect(page.locator("#ec-found a").first).to_have_text("Telford and Wrekin")


@pytest.mark.browser
@pytest.mark.parametrize("width", [1280, 390])
def test_heads_of_tables_hold_their_arrows(
    quarto_site: Path, theirs: str, tab: Callable[..., Page], width: int
) -> None:
    """Each head is as wide as its words and arrow, and the last column is not cut on a phone."""
    page = tab(viewport={"width": width, "height": 800})
    for name in (page_of(KINDS[-2], quarto_site), "posts/regional/index.html", "methods.html"):
        page.goto(theirs + name)
        wide = page.eval_on_selector_all(
            ".ec-table th", "all => all.filter((th) => th.scrollWidth > th.clientWidth + 1).map((th) => th.textContent)"
        )
        assert wide == [], name
    page.goto(f"{theirs}posts/regional/index.html")
    frame = page.locator(".ec-table").first
    assert frame.evaluate("e => e.scrollWidth - e.clientWidth") <= 0


@pytest.mark.browser
def test_without_scripts_all_tabs_and_the_menu_are_there(theirs: str, tab: Callable[..., Page]) -> None:
    """All panels show, each under its name, the tabs do not, and the links of the menu are in reach on a phone."""
    page = tab(java_script_enabled=False, viewport={"width": 390, "height": 800})
    page.goto(f"{theirs}posts/regional/index.html")
    for selector in (".tab-pane", ".tab-name"):
        assert page.locator(selector).count() == page.locator(f"{selector}:visible").count() == 12, selector
    assert page.locator(".nav-tabs:visible").count() == 0
    assert page.get_by_role("link", name="Places", exact=True).is_visible()
    assert page.locator("h1").bounding_box()["y"] > page.locator("#quarto-header").bounding_box()["height"]
