"""The scripts of the pages, in headless Chromium on the demonstration site: the finder, sorting, the citation."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from browsing import expect

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

PLACE = "places/great-yarmouth.html"


def found(page: Page) -> list[str]:
    """Return the names of what the finder shows."""
    return page.locator("#ec-found a").all_inner_texts()


def test_the_finder_finds_as_one_types(address: str, tab: Callable[..., Page]) -> None:
    """Parts of names, popular and Welsh ones, whatever the accents and capitals; districts come first."""
    page = tab()
    page.goto(f"{address}places/index.html")
    field = page.get_by_label("District, neighbourhood or region")
    field.fill("GREAT YAR")
    assert found(page)[0] == "Great Yarmouth"
    assert "Great Yarmouth 001" in found(page)
    field.fill("ynys mon")
    assert found(page)[0] == "Ynys Môn: Isle of Anglesey"
    field.fill("banbury")
    assert found(page) == ["Banbury: Cherwell"]
    field.fill("east midl")
    assert found(page)[0] == "East Midlands"
    field.fill("xyzzy")
    assert found(page) == []
    expect(page.get_by_role("status").last).to_contain_text("Nothing found")


@pytest.mark.parametrize(
    ("typed", "first", "said"),
    [
        ("Grate Yarmoth", "Great Yarmouth", "Similar names"),
        ("greatyarmouth", "Great Yarmouth", "Similar names"),
        ("Birmingam", "Birmingham", "Similar names"),
        ("telfrd", "Telford and Wrekin", "Similar names"),
        ("suffolk coastal", "Suffolk Coastal: East Suffolk", "1 found"),
        ("NR30 1AB", "Norwich", "Postcodes cannot be looked up here"),
        ("sw1a", None, "Postcodes cannot be looked up here"),
        ("<b>norwich</b", "Norwich", "Similar names"),
    ],
)
def test_the_finder_takes_what_people_type(
    typed: str, first: str | None, said: str, address: str, tab: Callable[..., Page]
) -> None:
    """Misspellings, names of districts that are gone, and postcodes, which get a sentence and the post town's place."""
    page = tab()
    page.goto(f"{address}places/index.html")
    page.get_by_label("District, neighbourhood or region").fill(typed)
    expect(page.get_by_role("status").last).to_contain_text(said)
    assert next(iter(found(page)), None) == first
    assert page.locator("#ec-found b").count() == 0


def test_a_place_without_a_page_is_in_the_explorer(address: str, tab: Callable[..., Page]) -> None:
    """Its result, and that of its neighbourhoods, lead to the explorer; beyond its map, to the list of the region."""
    page = tab()
    page.goto(f"{address}places/index.html")
    field = page.get_by_label("District, neighbourhood or region")
    field.fill("burnley 001")
    link = page.locator("#ec-found a").first
    assert str(link.get_attribute("href")).startswith("../explore.html#place=burnley&area=")
    link.click()
    expect(page.locator(".ec-panel h2")).to_have_text("Burnley 001")
    page.goto(f"{address}places/index.html")
    field.fill("midlothian")
    assert page.locator("#ec-found a").first.get_attribute("href") == "#scotland"


def test_the_finder_knows_groups(address: str, tab: Callable[..., Page]) -> None:
    """A county comes first, then its districts; without a page it leads to the explorer, which frames it."""
    page = tab()
    page.goto(f"{address}places/index.html")
    page.get_by_label("District, neighbourhood or region").fill("suffolk")
    assert found(page)[:6] == ["Suffolk", "Babergh", "East Suffolk", "Ipswich", "Mid Suffolk", "West Suffolk"]
    page.get_by_label("District, neighbourhood or region").fill("West Midlands")
    assert found(page)[:3] == ["West Midlands", "West Midlands", "Birmingham"], "the region, then the county"
    assert page.locator("#ec-found a").first.get_attribute("href") == "#west-midlands"
    page.get_by_label("District, neighbourhood or region").fill("suffolk")
    page.locator("#ec-found a").first.click()
    page.wait_for_url("**/explore.html#place=suffolk")
    expect(page.locator(".ec-panel h2")).to_have_text("Suffolk")


def test_the_finder_leads_to_the_page(address: str, tab: Callable[..., Page]) -> None:
    """Enter opens the first result, arrows reach the others; a neighbourhood's row is where its link leads."""
    page = tab()
    page.goto(f"{address}places/index.html")
    page.get_by_label("District, neighbourhood or region").fill("great yarmouth")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    chosen = page.evaluate("document.activeElement.textContent")
    assert chosen.startswith("Great Yarmouth 0")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/{PLACE}#*")
    assert page.locator(f"[id='{page.url.partition('#')[2]}']").inner_text() == chosen


def test_a_question_can_come_with_the_address(address: str, tab: Callable[..., Page]) -> None:
    """The home page asks the finder; the field holds the question, and the answer is there.

    The name of the parameter is not `q`, which the search of Quarto takes for itself.
    """
    page = tab()
    page.goto(f"{address}index.html")
    page.get_by_label("Find your place").last.fill("telford")
    page.keyboard.press("Enter")
    page.wait_for_url("**/places/index.html?find=telford")
    assert page.get_by_label("District, neighbourhood or region").input_value() == "telford"
    expect(page.locator("#ec-found a").first).to_have_text("Telford and Wrekin")


def test_without_scripts_the_list_is_there(address: str, tab: Callable[..., Page]) -> None:
    """All districts by region, and no search field that would do nothing."""
    page = tab(java_script_enabled=False)
    page.goto(f"{address}places/index.html")
    assert page.locator(".ec-places li").count() == 374
    assert page.locator(".ec-places h2, .ec-places").first.is_visible()
    assert not page.locator(".ec-finder").is_visible()


def test_a_table_is_sorted_by_its_headers(address: str, tab: Callable[..., Page]) -> None:
    """A click sorts upwards, another downwards; numbers as numbers; the header says which way."""
    page = tab()
    page.goto(address + PLACE)
    table = page.locator("[id^=table-neighbourhoods] table")

    def column(place: int) -> list[str]:
        return table.locator(f"tbody td:nth-child({place})").all_inner_texts()

    number = table.get_by_role("button", name="No.")
    number.click()
    assert column(1) == [str(count) for count in range(1, 14)]
    assert table.locator("th").first.get_attribute("aria-sort") == "ascending"
    number.press("Enter")
    assert column(1) == [str(count) for count in range(13, 0, -1)]
    assert table.locator("th").first.get_attribute("aria-sort") == "descending"
    table.get_by_role("button", name="Economic connectedness").click()
    shares = [float(share.rstrip("%")) for share in column(3)]
    assert shares == sorted(shares)
    assert table.locator("th[aria-sort]").count() == 1


def test_what_has_no_value_stays_last(address: str, tab: Callable[..., Page], site: Path) -> None:
    """Whichever way the national table is turned, the districts without an estimate are at its end."""
    assert "no published estimate" in (site / "posts/national/index.html").read_text(encoding="utf-8")
    page = tab()
    page.goto(f"{address}posts/national/index.html")
    value = page.get_by_role("button", name="Economic connectedness").first
    for _ in range(2):
        value.click()
        shares = page.locator(".ec-table").first.locator("tbody td:nth-child(2)").all_inner_texts()
        assert shares[-4:] == ["no published estimate"] * 4
        assert "no published estimate" not in shares[:-4]


def test_the_citation_can_be_copied(address: str, tab: Callable[..., Page]) -> None:
    """One button copies it whole, without the button's own words, and says so."""
    page = tab(permissions=["clipboard-read", "clipboard-write"])
    page.goto(address + PLACE)
    page.get_by_role("button", name="Copy", exact=True).click()
    expect(page.locator(".ec-cite .ec-copy [role=status]")).to_have_text("Copied.")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith("Demonstration data, not real values. In Great Yarmouth, 40.5%")
    assert copied.endswith(".")
    assert "Copy" not in copied
