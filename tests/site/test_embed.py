"""The map of a place for other sites: what is in its file, its oEmbed description, and how it looks in a frame."""

from __future__ import annotations

import html
import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from bs4 import BeautifulSoup

from browsing import barriers, expect, listed, watched
from ec_maps.site.embed import Embedded
from ec_maps.site.markdown import Picture
from serving import served

if TYPE_CHECKING:
    from playwright.sync_api import Page

PLACE = "great-yarmouth"


@pytest.fixture
def host(tmp_path: Path) -> Iterator[tuple[Callable[[str], None], str]]:
    """Return a function that writes the page of another site, and its address."""
    with served(tmp_path) as address:
        yield lambda text: (tmp_path / "index.html").write_text(text, encoding="utf-8") and None, address


@pytest.mark.usefixtures("demo")
def test_awkward_names_stay_text(tmp_path: Path) -> None:
    """Markup and quotes in a name, a caption or an alternative text make no element and end no attribute."""
    name = 'Tŷ & <b>Co</b> "x" onload="y"'
    made = Embedded(name, "ty", Picture("ty", f"{name} has", f"Map of {name}", 500, 900), "https://example.org/")
    made.write(tmp_path)
    soup = BeautifulSoup((tmp_path / "ty.html").read_text(encoding="utf-8"), "html.parser")
    assert not soup.select("b:not(figcaption > b:first-child), [onload]")
    assert soup.img["alt"] == f"Map of {name}"  # type: ignore[index]
    told = json.loads((tmp_path / "ty.json").read_text(encoding="utf-8"))
    frame = BeautifulSoup(told["html"], "html.parser").iframe
    assert frame is not None
    assert (frame["title"], frame["src"]) == (told["title"], "https://example.org/embed/ty.html")
    assert not frame.has_attr("onload")


@pytest.mark.usefixtures("demo")
def test_a_site_without_an_address_offers_no_line(tmp_path: Path) -> None:
    """Its maps are written, but a line for other sites would lead nowhere."""
    made = Embedded("Norwich", "norwich", Picture("norwich", "words", "more words", 500), "")
    made.write(tmp_path)
    assert made.section() == ""
    assert "canonical" not in (tmp_path / "norwich.html").read_text(encoding="utf-8")


@pytest.mark.site
def test_each_page_offers_its_map(site: Path) -> None:
    """Each page of a place has its map, a line to copy, and in its head the description that holds the same line."""
    pages = sorted(path for path in (site / "places").glob("*.html") if path.name != "index.html")
    assert {path.stem for path in (site / "embed").glob("*.html")} == {path.stem for path in pages}
    for path in pages:
        soup = BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
        line = soup.select_one(".ec-embed pre")
        link = soup.select_one('head link[type="application/json+oembed"]')
        assert line is not None
        assert link is not None
        told = json.loads((site / "embed" / str(link["href"]).rpartition("/")[2]).read_text(encoding="utf-8"))
        assert told["html"] == line.text.strip()
        assert (told["type"], told["version"]) == ("rich", "1.0")
        assert link["href"] == f"{told['provider_url']}embed/{path.stem}.json"
        assert f'src="{told["provider_url"]}embed/{path.stem}.html"' in html.unescape(told["html"])
        embedded = BeautifulSoup((site / "embed" / f"{path.stem}.html").read_text(encoding="utf-8"), "html.parser")
        drawing = site / "embed" / str(embedded.img["src"])  # type: ignore[index]
        assert drawing.is_file()
        assert "Demonstration data" in drawing.read_text(encoding="utf-8")
        assert "Demonstration data" in embedded.get_text()
        assert (site / "embed" / str(embedded.select_one("figcaption a")["href"])).samefile(path)


@pytest.mark.full
@pytest.mark.browser
@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_in_a_frame(
    width: int,
    *,
    script: bool,
    built: Path,
    host: tuple[Callable[[str], None], str],
    axe: str,
    tab: Callable[..., Page],
) -> None:
    """On another site the whole map is seen without scrolling sideways, asks nobody else, and leads to its page."""
    write, address = host
    with served(built.parent) as there:
        line = json.loads((built / "embed" / f"{PLACE}.json").read_text(encoding="utf-8"))["html"]
        line = line.replace("https://ec-maps.example.org/", f"{there}{built.name}/")
        write(
            f'<!DOCTYPE html><meta name="viewport" content="width=device-width"><link rel="icon" href="data:,">{line}'
        )
        page = tab(viewport={"width": width, "height": 900}, java_script_enabled=script)
        faults = [one for one in watched(page, there) if not one.startswith(f"asks for {address}")]
        page.goto(address)
        frame = page.frame_locator("iframe")
        shown = frame.locator("svg.ec-map" if script else "img.ec-map")
        expect(shown).to_be_visible()
        box, outer = shown.bounding_box(), page.locator("iframe").bounding_box()
        assert box
        assert outer
        assert outer["width"] == min(700, width - 16)
        assert box["width"] > 0.9 * min(700, width - 16)
        assert box["x"] + box["width"] <= outer["x"] + outer["width"] + 1
        if script:
            frame.locator("[data-code]").first.focus()
            expect(frame.locator("svg.ec-map")).to_be_visible()
        with page.context.expect_page() as opened:
            frame.locator("figcaption a").click()
        opened.value.wait_for_url(f"**/places/{PLACE}.html")
        assert not faults, listed(faults)
        if script:
            alone = tab(viewport={"width": width, "height": 900})
            alone.goto(f"{there}{built.name}/embed/{PLACE}.html")
            alone.locator("svg.ec-map").wait_for()
            assert not barriers(alone, axe), listed(barriers(alone, axe))


@pytest.mark.full
@pytest.mark.browser
def test_from_a_folder(site: Path, tab: Callable[..., Page]) -> None:
    """Opened from a folder, the map is there."""
    page = tab()
    page.goto((site / "embed" / f"{PLACE}.html").as_uri())
    expect(page.locator(".ec-map")).to_be_visible()
    assert page.locator(".ec-map").bounding_box()["height"] > 500  # type: ignore[index]


@pytest.mark.full
@pytest.mark.site
def test_the_html_checker_finds_no_fault(site: Path, nu: list[str]) -> None:
    """The files are valid HTML."""
    command = [*nu, "--format", "json", "--stdout", "--exit-zero-always", *map(str, (site / "embed").glob("*.html"))]
    told = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=True, timeout=300)
    found = [one["message"] for one in json.loads(told.stdout)["messages"] if one["type"] == "error"]
    assert not found, listed(found)
