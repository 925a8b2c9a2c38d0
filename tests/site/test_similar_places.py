"""The section of a place's page on similar places: its words, its table, and what is linked."""

from __future__ import annotations

from pathlib import Path

import pypandoc
import pytest
from bs4 import BeautifulSoup

from ec_maps.analysis.district import DistrictProfile, district_profile
from ec_maps.areas.coverage import united_kingdom
from ec_maps.areas.table import load_areas
from ec_maps.site.similar_places import linked_to, section


@pytest.fixture(autouse=True)
def _demo(demo: Path) -> None:
    """Switch the library to the demonstration data."""


def profile(name: str) -> DistrictProfile:
    """Return the profile of a place of England and Wales, with its surroundings beyond."""
    lads = load_areas("lad")
    return district_profile(lads, lads.iloc[:0], name, united_kingdom())


def code_of(name: str) -> str:
    """Return the demonstration's code of a district."""
    lads = load_areas("lad")
    return str(lads.loc[lads["lad21nm"] == name, "lad21cd"].item())


def read(markdown: str) -> BeautifulSoup:
    """Return markdown as a page shows it."""
    return BeautifulSoup(pypandoc.convert_text(markdown, "html", format="markdown-citations"), "html.parser")


def test_the_section_says_where_it_stands_and_who_differs_most() -> None:
    """Sentences, with a link to the place that differs most if it has a page; the table has the rows, lowest first."""
    bristol, own = code_of("Bristol, City of"), code_of("Norwich")
    html = read(section(profile("Norwich"), {bristol: "bristol-city-of", own: "norwich"}))
    words = " ".join(html.find("p").text.split())
    assert words.startswith("Counted with the 20 places most like it, the value of Norwich is between the 5th and 6th ")
    assert "Most unlike it is the City of Bristol, at 35.7%, 9.1 percentage points lower;" in words
    assert html.find("p").a["href"] == "bristol-city-of.html"
    assert words.endswith(
        "One in Scotland or Northern Ireland has no decile here, as deciles are of England and Wales."
    )
    rows = [[cell.text for cell in row.select("td")] for row in html.select("tbody tr")]
    assert rows[0] == ["Bristol, City of", "35.7%", "1", "6"]
    assert ["Norwich", "44.8%", "5", ""] in rows
    assert ["Dundee City", "45.0%", "–", "3"] in rows
    values = [float(row[1].rstrip("%")) for row in rows]
    assert values == sorted(values)
    assert [cell.text for cell in html.select("tbody strong")] == ["Norwich"]
    assert [link["href"] for link in html.select("tbody a")] == ["bristol-city-of.html"]


def test_the_source_and_the_caution_are_there() -> None:
    """The publisher, the date, the licence, a link to the method, and that likeness is not of friendships."""
    html = read(section(profile("Hartlepool"), {}))
    note = html.select_one(".ec-note")
    for words in (
        "Office for National Statistics",
        "12 March 2026",
        "Open Government Licence v3.0",
        "not by friendships",
    ):
        assert words in " ".join(note.text.split())
    assert note.a["href"].startswith("https://www.ons.gov.uk/")
    compared, listed = (link["href"] for link in html.find_all("a")[-2:])
    six = "hartlepool,rotherham,redcar-and-cleveland,bassetlaw,tameside,north-east-derbyshire"
    assert compared == f"../compare-places.html#places={six}"
    assert listed.startswith(f"../shortlist.html#places={six},")
    assert listed.count(",") == 20


def test_a_place_without_a_list_has_a_sentence() -> None:
    """A district that was abolished in 2023 has no table, and links to nothing."""
    text = section(profile("Eden"), {})
    assert "Eden has no similar places: it became part of Westmorland and Furness on 1 April 2023" in text
    assert "|" not in text
    assert linked_to(profile("Eden")) == []


def test_pages_that_it_names_are_those_of_the_list() -> None:
    """The codes by which a page is drawn again are those of its own list."""
    assert linked_to(profile("Hartlepool"))[:2] == [code_of("Rotherham"), code_of("Redcar and Cleveland")]
    assert len(linked_to(profile("Hartlepool"))) == 20
