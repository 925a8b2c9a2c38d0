"""The maps' script in headless Chromium: pages with a map or two, questioned by pointer, keyboard and touch."""

from __future__ import annotations

import io
import shutil
from collections.abc import Callable, Iterator
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image

from browsing import expect
from ec_maps import local_map, national_map, regional_map
from ec_maps.graphics import palette
from made import demo_tables
from serving import served

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

pytestmark = pytest.mark.browser

SHELL = """<!doctype html><html lang="en-GB"><meta charset="utf-8"><title>A map</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="site.css"><link rel="icon" href="data:,"><script src="maps.js" defer></script>
<main><h1>A map</h1>{}<p>The end</p></main></html>"""


def figure(address: str, words: str, height: int) -> str:
    """Return a figure as the pages have them."""
    return (
        f'<figure><img class="ec-map" src="{address}" alt="{escape(words)}" width="700" height="{height}">'
        f"<figcaption>What it says</figcaption></figure>"
    )


@pytest.fixture(scope="module")
def pages(root: Path, demo_data_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of small pages: a district's map, the national one with a mark, a region's, and two alike."""
    folder = tmp_path_factory.mktemp("pages")
    (folder / "maps").mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EC_MAPS_SOURCE", "demo")
        patch.setenv("EC_MAPS_DATA_DIR", str(demo_data_dir))
        tables = demo_tables(demo_data_dir)
        drawn = {
            "local": local_map(tables.msoas, "Norwich"),
            "national": national_map(tables.lads),
            "region": regional_map(tables.lads, "East of England", highlight=["Norwich"]),
        }
        code = dict(zip(tables.lads["lad21nm"], tables.lads["lad21cd"], strict=True))
        links = {code["Norwich"]: "../local.html", code["Breckland"]: "../places/breckland.html"}
        for name, one in drawn.items():
            one.save(folder / "maps" / f"{name}.svg", marks=name == "national", links={} if name == "local" else links)
            one.save(folder / "maps" / f"{name}.png")
    high = {name: round(700 * one.figure.get_figheight() / one.figure.get_figwidth()) for name, one in drawn.items()}
    about = {name: figure(f"maps/{name}.svg", one.alt_text, high[name]) for name, one in drawn.items()}
    marked = about["national"].replace("national.svg", f"national.svg#{code['Camden']}")
    bodies = {"local": about["local"], "national": marked, "region": about["region"], "twice": 2 * about["local"]}
    bodies["gone"] = figure("maps/gone.svg", "A map that is not there", 700)
    bodies["far"] = '<div style="height: 5000px">A long text</div>' + about["local"]
    first = drawn["local"].areas["msoa21cd"].iloc[3].lower()
    bodies["table"] = about["local"] + f'<table><tr><td id="{first}">The area in a table</td></tr></table>'
    for name, body in bodies.items():
        (folder / f"{name}.html").write_text(SHELL.format(body), encoding="utf-8")
    for name in ("maps.js", "site.css"):
        shutil.copy(root / "assets" / name, folder)
    return folder


@pytest.fixture(scope="module")
def server(pages: Path) -> Iterator[str]:
    """Serve the pages on this machine and return their address."""
    with served(pages) as address:
        yield address


@pytest.fixture
def open_page(browser: Browser, server: str) -> Iterator[Callable[..., Page]]:
    """Return a function that opens a page; at the end, no page may have had a fault or asked another host."""
    contexts, faults = [], []

    def open_one(name: str, *, quiet: bool = True, **options: Any) -> Page:
        contexts.append(browser.new_context(**{"viewport": {"width": 1000, "height": 1300}, **options}))
        page = contexts[-1].new_page()
        if quiet:
            page.on("console", lambda message: faults.append(f"console: {message.text}"))
        page.on("pageerror", lambda error: faults.append(f"error: {error}"))
        page.on("request", lambda sent: sent.url.startswith((server, "data:")) or faults.append(f"asks {sent.url}"))
        page.goto(server + name, wait_until="load")
        return page

    yield open_one
    for context in contexts:
        context.close()
    assert faults == []


def questioned(page: Page) -> Locator:
    """Wait for the drawing and return it."""
    svg = page.locator("svg.ec-map").first
    svg.wait_for()
    return svg


def area(page: Page, name: str) -> Locator:
    """Return the area of a name."""
    return page.locator(f'.ec-area[aria-label^="{name}"]').first


def tip(page: Page) -> Locator:
    """Return the tooltip."""
    return page.locator("[role=tooltip]")


def focused(page: Page) -> str:
    """Return the name of what has the focus."""
    return page.evaluate("document.activeElement.getAttribute('aria-label') || ''")


def test_the_picture_becomes_the_drawing(pages: Path, open_page: Callable[..., Page]) -> None:
    """It replaces the picture in the same place, to the pixel, with its text, and nothing below it moves."""
    plain = open_page("local.html", java_script_enabled=False)
    page = open_page("local.html")
    svg = questioned(page)
    assert svg.bounding_box() == plain.locator("img").bounding_box()
    assert page.get_by_text("The end").bounding_box() == plain.get_by_text("The end").bounding_box()
    words = plain.locator("img").get_attribute("alt")
    assert svg.get_attribute("role") == "group"
    assert svg.get_attribute("aria-label")
    described = page.evaluate("id => document.getElementById(id).textContent", svg.get_attribute("aria-describedby"))
    assert described.startswith(words)
    assert page.locator("svg.ec-map title").count() == 0
    assert page.locator("svg.ec-map [tabindex='0']").count() == 1


def test_drawing_and_picture_look_the_same(pages: Path, open_page: Callable[..., Page], tmp_path: Path) -> None:
    """The SVG shows what the PNG shows: at the width of a page, few pixels differ by much, and those lie on edges."""
    seen = []
    page = open_page("local.html", java_script_enabled=False)
    for kind in ("png", "svg"):
        page.evaluate("name => { document.querySelector('img').src = name }", f"maps/national.{kind}")
        page.evaluate("document.querySelector('img').decode()")
        seen.append(np.asarray(Image.open(io.BytesIO(page.locator("img").screenshot())).convert("RGB"), dtype=int))
    differs = (np.abs(seen[0] - seen[1]).max(axis=2) > 100).mean()
    assert differs < 0.03


def test_a_picture_far_below_waits(open_page: Callable[..., Page]) -> None:
    """What is far from sight stays a picture until it is near."""
    page = open_page("far.html")
    page.wait_for_timeout(200)
    assert page.locator("img.ec-map").count() == 1
    page.locator("img.ec-map").scroll_into_view_if_needed()
    questioned(page)


def test_without_the_drawing_the_picture_stays(open_page: Callable[..., Page]) -> None:
    """Where the file cannot be had, nothing is replaced, and the words remain."""
    page = open_page("gone.html", quiet=False)
    page.wait_for_timeout(200)
    assert page.locator("img.ec-map").get_attribute("alt") == "A map that is not there"


def test_pointer(open_page: Callable[..., Page]) -> None:
    """Over an area, the tooltip has its name, value and decile, and its class is marked in the legend."""
    page = open_page("local.html")
    questioned(page)
    assert not tip(page).is_visible()
    one = area(page, "Norwich 011")
    label = one.get_attribute("aria-label")
    one.hover()
    expect(tip(page)).to_be_visible()
    name, said = label.split(": ")
    assert (tip(page).locator("strong").inner_text(), tip(page).locator("span").inner_text()) == (name, said)
    decile = one.get_attribute("data-class")
    assert f"decile {decile} of 10" in said
    assert page.locator(".ec-swatch.ec-on").evaluate_all("all => all.map(one => one.dataset.class)") == [decile]
    page.mouse.move(5, 5)
    expect(tip(page)).to_be_hidden()
    assert page.locator(".ec-on").count() == 0


def test_the_tooltip_can_be_reached_and_dismissed(open_page: Callable[..., Page]) -> None:
    """It stays while the pointer is on it, and Escape sends it away without the pointer moving."""
    page = open_page("local.html")
    questioned(page)
    area(page, "Norwich 011").hover()
    box = tip(page).bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, steps=8)
    page.wait_for_timeout(500)
    expect(tip(page)).to_be_visible()
    page.keyboard.press("Escape")
    expect(tip(page)).to_be_hidden()


def test_legend(open_page: Callable[..., Page]) -> None:
    """Over a swatch, the areas of its class stand out and are counted; the others are dimmed."""
    page = open_page("local.html")
    questioned(page)
    page.locator('.ec-swatch[data-class="6"]').hover()
    expect(page.locator("svg.ec-map.ec-dim")).to_be_visible()
    same = page.locator('.ec-area[data-class="6"]').count()
    assert page.locator(".ec-area.ec-on").count() == same > 1
    assert tip(page).inner_text().split("\n") == ["Decile 6 of 10", f"{same} areas on this map"]
    opacities = page.eval_on_selector_all(".ec-area:not(.ec-on)", "all => all.map(a => getComputedStyle(a).opacity)")
    assert set(opacities) == {"0.2"}


def test_keyboard(open_page: Callable[..., Page]) -> None:
    """The map is one stop; arrows go to areas that way, Home and End to the ends, and each area can be reached."""
    page = open_page("local.html")
    questioned(page)
    page.keyboard.press("Tab")
    page.keyboard.press("Home")
    values = {
        float(label.split(": ")[1].split("%")[0]): label
        for label in page.eval_on_selector_all(".ec-area", "all => all.map(a => a.getAttribute('aria-label'))")
    }
    assert focused(page) == values[min(values)]
    expect(tip(page)).to_contain_text(values[min(values)].split(": ")[0])
    page.keyboard.press("End")
    assert focused(page) == values[max(values)]
    where = "(({ x, width }) => x + width / 2)(document.activeElement.getBoundingClientRect())"
    before = page.evaluate(where)
    page.keyboard.press("ArrowLeft")
    assert page.evaluate(where) < before
    assert page.locator("svg.ec-map [tabindex='0']").count() == 1
    assert page.locator(".ec-ring-focus > *").count() == 2
    # Wherever one starts, arrows lead everywhere.
    reached, fresh = set(), {focused(page)}
    while fresh:
        label = fresh.pop()
        reached.add(label)
        for key in ("ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown"):
            page.evaluate('label => document.querySelector(`[aria-label="${label}"]`).focus()', label)
            page.keyboard.press(key)
            fresh |= {focused(page)} - reached
    assert set(values.values()) <= reached
    assert any(label.startswith("Decile 1 of 10") for label in reached)
    page.keyboard.press("Escape")
    expect(tip(page)).to_be_hidden()
    page.keyboard.press("Tab")
    assert not focused(page)


def test_the_focus_is_seen_on_dark_and_on_light(open_page: Callable[..., Page]) -> None:
    """A dark line in a white casing lies along the focused area's edge, on top of all."""
    page = open_page("local.html")
    questioned(page)
    page.keyboard.press("Tab")
    lines = page.eval_on_selector_all(
        ".ec-ring-focus > *", "all => all.map(a => [getComputedStyle(a).stroke, getComputedStyle(a).strokeWidth])"
    )
    assert [colour for colour, _ in lines] == ["rgb(255, 255, 255)", "rgb(11, 9, 16)"]
    assert palette.INK == "#0b0910"
    assert [float(width[:-2]) for _, width in lines] == [8, 3.5]
    assert page.locator("svg.ec-map > :last-child").get_attribute("class").endswith("ec-ring-focus")


def test_links(server: str, open_page: Callable[..., Page]) -> None:
    """Links lead where the file said, from its own folder; the keyboard opens them, and the tooltip tells."""
    page = open_page("region.html")
    questioned(page)
    one = area(page, "Breckland")
    assert one.get_attribute("href") == f"{server}places/breckland.html"
    assert page.locator("a.ec-area[role]").count() == 0
    area(page, "Norwich").hover()
    expect(tip(page)).to_contain_text("Enter")
    area(page, "Norwich").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/local.html")


def test_touch(open_page: Callable[..., Page]) -> None:
    """The first tap tells, the second on the same area opens its page; a tap elsewhere sends the tooltip away."""
    page = open_page("region.html", has_touch=True, viewport={"width": 360, "height": 700})
    svg = questioned(page)
    one = area(page, "Norwich")
    svg.scroll_into_view_if_needed()
    area(page, "Tendring").tap()
    expect(tip(page)).to_contain_text("Tendring")
    one.tap()
    expect(tip(page)).to_contain_text("Norwich")
    page.locator("h1").tap()
    expect(tip(page)).to_be_hidden()
    one.tap()
    page.wait_for_timeout(100)
    assert page.url.endswith("region.html")
    one.tap()
    page.wait_for_url("**/local.html")


def test_mark(pages: Path, open_page: Callable[..., Page]) -> None:
    """The area after # in the picture's address is outlined: in the picture, and in the drawing, wherever it is."""
    page = open_page("national.html")
    svg = questioned(page)
    shown = page.locator(".ec-marks > .ec-shown")
    assert shown.count() == 1
    assert shown.is_visible()
    assert page.locator(".ec-marks > :not(.ec-shown)").first.is_hidden()
    assert page.locator(".ec-marks > [id]").count() == 0
    # A district of London is outlined in its place and in the inset, ringed in both.
    assert (shown.locator("use").count(), shown.locator("circle").count()) == (4, 4)
    with_mark = open_page("national.html", java_script_enabled=False)
    picture = with_mark.locator("img").screenshot()
    with_mark.evaluate("() => { const img = document.querySelector('img'); img.src = img.src.split('#')[0] }")
    with_mark.evaluate("document.querySelector('img').decode()")
    assert with_mark.locator("img").screenshot() != picture
    assert svg.bounding_box()["height"] > 0


@pytest.mark.parametrize("name", ["local", "table"])
def test_an_address_with_an_area(name: str, pages: Path, open_page: Callable[..., Page]) -> None:
    """The map outlines the area that the address names, and goes to it unless something else is called so."""
    page = open_page("table.html")
    code = page.locator("td[id]").get_attribute("id")
    page = open_page(f"{name}.html#{code}")
    questioned(page)
    assert page.locator(".ec-ring-chosen > *").count() == 2
    assert (page.evaluate("document.activeElement.dataset.code") or "").lower() == (code if name == "local" else "")
    page.evaluate("location.hash = ''")
    expect(page.locator(".ec-ring-chosen > *")).to_have_count(0)


def test_the_same_map_twice(open_page: Callable[..., Page]) -> None:
    """Two copies of a map on one page do not share a name, and one tooltip serves both."""
    page = open_page("twice.html")
    page.locator("svg.ec-map").nth(1).scroll_into_view_if_needed()
    page.locator("svg.ec-map").nth(1).wait_for()
    ids = page.eval_on_selector_all("[id]", "all => all.map(one => one.id)")
    assert len(ids) == len(set(ids)) > 3
    assert tip(page).count() == 1


def test_narrow(open_page: Callable[..., Page]) -> None:
    """At 320 pixels nothing scrolls sideways, and the tooltip of every area lies within the window."""
    page = open_page("local.html", viewport={"width": 320, "height": 600})
    questioned(page)
    for one in page.locator(".ec-area").all():
        one.focus()
        page.keyboard.press("ArrowRight")
        box = tip(page).bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 320
        assert box["y"] >= 0
        assert box["y"] + box["height"] <= 600
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


def test_from_a_folder(pages: Path, browser: Browser) -> None:
    """Without a server the drawing is shown in a frame, with its words, and the console stays empty."""
    page = browser.new_page()
    faults: list[str] = []
    page.on("console", lambda message: faults.append(message.text))
    page.goto((pages / "local.html").as_uri(), wait_until="networkidle")
    frame = page.locator("object.ec-map")
    assert frame.get_attribute("aria-label").startswith("Demonstration data")
    assert frame.bounding_box()["height"] > frame.bounding_box()["width"] > 600
    assert faults == []
    page.close()


def test_on_paper(open_page: Callable[..., Page]) -> None:
    """Printed, the drawing is as it was drawn: no tooltip, nothing dimmed."""
    page = open_page("local.html")
    questioned(page)
    page.locator('.ec-swatch[data-class="6"]').hover()
    expect(tip(page)).to_be_visible()
    page.emulate_media(media="print")
    expect(tip(page)).to_be_hidden()
    opacities = page.eval_on_selector_all(".ec-area", "all => all.map(a => getComputedStyle(a).opacity)")
    assert set(opacities) == {"1"}
