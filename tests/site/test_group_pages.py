"""The pages of groups: what each holds, that the folder fits the list, and that no value stands for a whole."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import geopandas as gpd
import pypandoc
import pytest
import yaml
from bs4 import BeautifulSoup

from ec_maps.analysis import export
from ec_maps.areas.finder import gazetteer_of
from ec_maps.areas.groups import PlaceGroup, named_group
from ec_maps.areas.places import Place
from ec_maps.maps.share_card import PIXELS, card
from ec_maps.maps.strip_plot import strip_plot
from ec_maps.site import district_page, district_pages, finder, group_page, markdown
from ec_maps.site.district_page import FILES, Around
from facts import as_read, plain
from made import VALUE, demo_tables, districts, real_tables, squares, together
from tested_places import GROUPS

TEN = [0.30 + 0.02 * place for place in range(10)]
ODD = 'Tŷ & "Saint\'s" | #1, *x* [y](z) $d$ {w}'


def parts(path: Path) -> tuple[dict[str, str], BeautifulSoup]:
    """Return a page's front matter and its text as pandoc reads it."""
    _, front, body = path.read_text(encoding="utf-8").split("---\n", 2)
    html = pypandoc.convert_text(body, "html", format="markdown-citations")
    return yaml.safe_load(front), BeautifulSoup(html, "html.parser")


def rows(path: Path) -> list[dict[str, str]]:
    """Return the rows of a CSV."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def check_page(page: BeautifulSoup, table: list[dict[str, str]]) -> None:
    """Check a group's page against the rows of its download: deciles, ends, and a row for each neighbourhood."""
    inside = [row["decile"] for row in table]
    told = [field.b.text for field in page.select("ol.ec-deciles > li")]
    assert told == [str(inside.count(str(decile)) or "–") for decile in range(1, 11)]
    valued = [row for row in table if row[VALUE]]
    for words, row in (("Lowest:", valued[0]), ("Highest:", valued[-1])):
        item = page.find("strong", string=words).parent.text
        level = {one["msoa21nm"] for one in valued if one[VALUE] == row[VALUE]}
        first = plain(item.removeprefix(words).partition(";")[0]).replace(")", "")
        assert first.endswith(tuple(f"{name}, {float(row[VALUE]):.1%}" for name in level))
    own = page.select_one('[id^="table-neighbourhoods-of"]')
    members = page.select_one('[id^="table-local-authorities-of"]')
    assert len(own.select("tbody tr")) == len(table)
    names = [plain(row.td.text) for row in members.select("tbody tr")]
    assert sorted(names) == sorted({row["lad21nm"] for row in table})


def no_average(page: BeautifulSoup, lads: gpd.GeoDataFrame, msoas: gpd.GeoDataFrame, name: str) -> None:
    """Check that the page's lead has no percentage, and that the means of what is inside are nowhere said of it."""
    assert "%" not in page.select_one(".ec-lead").text
    for table in (lads, msoas):
        mean = f"{table[VALUE].mean():.1%}"
        assert not re.search(rf"{name}[^.;]* {mean}", page.text)
    assert "publishes no value for it as a whole" in page.text


def two(names: tuple[str, str] = ("A", "B")) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame, tuple[Place, Place]]:
    """Return made-up tables with two districts of ten neighbourhoods each, and the places."""
    lads = districts(TEN)
    lads.loc[:1, "lad21nm"] = list(names)
    msoas = together(squares(TEN, district=names[0]), squares([None, *TEN[1:]], district=names[1]))
    msoas["lad21cd"] = msoas["lad21nm"].map(dict(zip(lads["lad21nm"], lads["lad21cd"], strict=True)))
    one, other = (Place(name, code, "North East") for name, code in zip(names, lads["lad21cd"], strict=False))
    return lads, msoas, (one, other)


@pytest.mark.full
@pytest.mark.usefixtures("demo")
def test_a_page_with_an_odd_name(tmp_path: Path) -> None:
    """Its name is shown as it is, everywhere; the counts, the two tables and the links are there."""
    lads, msoas, places = two(("A", "B & <b>C</b>"))
    group = PlaceGroup(ODD, "group", places)
    around = Around({places[0].lad21cd: "a"}, "https://maps.example.org/", groups=(group,))
    embedded = group_page.write(group, lads, msoas, around, tmp_path)
    page = "ty-saint-s-1-x-y-z-d-w"
    front, html = parts(tmp_path / f"{page}.qmd")
    assert as_read(front["title"]) == ODD
    assert all((tmp_path / "maps" / f"{page}{end}").is_file() for end in FILES)
    check_page(html, rows(tmp_path / "maps" / f"{page}.csv"))
    assert "*x* [y](z) $d$ {w}" in " ".join(html.text.split())
    assert not html.find("b", string="C")
    links = {
        " ".join(link.text.split()): link["href"]
        for link in html.select('[id^="table-local-authorities-of"] a[href]')
        if not link["href"].startswith("#")
    }
    assert links == {"A": "a.html", "B & <b>C</b>": "../explore.html#place=b-b-c-b"}
    embedded.write(tmp_path / "embed")
    assert json.loads((tmp_path / "embed" / f"{page}.json").read_text(encoding="utf-8"))["title"].endswith(ODD)
    assert "&quot;Saint" in (tmp_path / "embed" / f"{page}.html").read_text(encoding="utf-8")


@pytest.mark.usefixtures("demo")
def test_a_long_name_fits(tmp_path: Path) -> None:
    """A name of sixty letters stays on the card and above the strips."""
    lads, msoas, places = two()
    group = PlaceGroup("Wordiness " * 6, "group", places)
    drawn = card(lads, msoas, group)
    frame, land = drawn.figure.bbox, drawn.figure.axes[0].bbox
    for text in (text for ax in drawn.figure.axes for text in ax.texts):
        box = text.get_window_extent()
        assert box.x0 >= 0, text
        assert box.x1 <= frame.x1, text
        assert not box.overlaps(land), text
    assert tuple(round(size) for size in drawn.figure.get_size_inches() * drawn.figure.dpi) == PIXELS
    strips = strip_plot(lads, msoas, group)
    assert "Marked: the local authorities of Wordiness" in strips.alt_text
    assert "The 2 local authorities of Wordiness" in strips.caption


# --- in a project ---------------------------------------------------------------------------------


def build(placeless: Path, *entries: str) -> district_pages.Built:
    """Write the project's list, and bring its pages in line with it."""
    (placeless / "places.yml").write_text("".join(f"- {entry}\n" for entry in entries), encoding="utf-8")
    return district_pages.build(placeless, log=lambda _: None)


@pytest.mark.full
def test_the_folder_fits_the_list(placeless: Path) -> None:
    """A group's page comes, is left alone, is drawn again when the group or a page that it links to changes, and goes.

    A district that lies in it links to it.
    """
    done = build(placeless, "Norwich", NORWICH := "Greater Norwich: [Norwich, Broadland, South Norfolk]")
    assert done.drawn == ["Norwich", "Greater Norwich"]
    folder = placeless / "places"
    assert all((folder / "maps" / f"greater-norwich{end}").is_file() for end in FILES)
    assert {path.name for path in (placeless / "embed").iterdir()} >= {"greater-norwich.html", "greater-norwich.json"}
    assert "[All of Greater Norwich](greater-norwich.html)" in (folder / "norwich.qmd").read_text(encoding="utf-8")
    assert build(placeless, "Norwich", NORWICH).drawn == []
    assert build(placeless, "Norwich", "Greater Norwich: [Norwich, Broadland]").drawn == ["Greater Norwich"]
    assert build(placeless, "Norwich", "Broadland", NORWICH).drawn == ["Norwich", "Broadland", "Greater Norwich"]
    (folder / "maps" / "greater-norwich.csv").unlink()
    assert build(placeless, "Norwich", "Broadland", NORWICH).drawn == ["Greater Norwich"]
    done = build(placeless, "Norwich")
    assert "greater-norwich" in done.removed
    assert [path for path in placeless.rglob("greater-norwich*") if path.is_file()] == []
    assert "greater-norwich" not in (folder / "norwich.qmd").read_text(encoding="utf-8")


@pytest.mark.full
def test_groups_have_pages_beside_all_districts(placeless: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With every district a page, the groups of the list have theirs too; without a list there are none."""
    monkeypatch.setenv("EC_MAPS_PLACES", "all")
    lads = districts(TEN)
    assert finder.wanted_groups(lads) == []
    (placeless / "places.yml").write_text("- Pair: [Norwich, York]\n", encoding="utf-8")
    names = [place.name for place in finder.wanted_groups(demo_tables(placeless).lads)]
    assert names == ["Pair"]


# --- the site -------------------------------------------------------------------------------------


@pytest.mark.site
@pytest.mark.full
def test_the_pages_of_the_site(site: Path, demo: Path) -> None:
    """Each group of the list has a page whose numbers are those of its download, linked from the list of places."""
    tables = demo_tables(demo)
    for name, page in GROUPS.items():
        html = BeautifulSoup((site / "places" / f"{page}.html").read_text(encoding="utf-8"), "html.parser")
        assert html.h1.text == name
        table = rows(site / "places" / "maps" / f"{page}.csv")
        check_page(html, table)
        inside = [{row[key] for row in table} for key in ("lad21nm", "msoa21cd")]
        lads, msoas = tables.lads, tables.msoas
        no_average(html, lads[lads["lad21nm"].isin(inside[0])], msoas[msoas["msoa21cd"].isin(inside[1])], name)
        index = BeautifulSoup((site / "places" / "index.html").read_text(encoding="utf-8"), "html.parser")
        assert index.select_one(f'#groups ~ * a[href="{page}.html"], #groups a[href="{page}.html"]')


@pytest.mark.site
@pytest.mark.full
def test_the_pages_are_light(site: Path) -> None:
    """With its maps, styles and scripts, each is under 600 kB before any compression."""
    for page in GROUPS.values():
        html = BeautifulSoup((site / "places" / f"{page}.html").read_text(encoding="utf-8"), "html.parser")
        loaded = [tag.get("src") or tag.get("href") for tag in html.select("img, script[src], link[rel=stylesheet]")]
        weights = [(site / "places" / link.split("#")[0]).resolve().stat().st_size for link in loaded]
        assert len(str(html).encode()) + sum(weights) < 600_000, page


@pytest.mark.site
@pytest.mark.full
def test_a_tab_of_each_post(site: Path) -> None:
    """A group has a tab in the hyperlocal post; the regional one outlines its districts; no address is there twice."""
    post = BeautifulSoup((site / "posts" / "hyperlocal" / "index.html").read_text(encoding="utf-8"), "html.parser")
    codes = [tag["id"] for tag in post.select("[id]")]
    assert len(codes) == len(set(codes))
    for name, page in GROUPS.items():
        assert post.select_one(f"#{page}")
        assert post.find("a", string=f"The page of {name}")["href"].endswith(f"places/{page}.html")
    regional = BeautifulSoup((site / "posts" / "regional" / "index.html").read_text(encoding="utf-8"), "html.parser")
    shown = next(image["alt"] for image in regional.select("img.ec-map") if "east-of-england" in image["src"])
    for name in ("Norwich", "Breckland", "South Norfolk"):
        assert name in shown.partition("utlined")[2] + shown.partition("ighlight")[2]


@pytest.mark.full
@pytest.mark.parametrize("name", ["Norfolk", "North East combined authority"])
def test_real_groups(tmp_path: Path, geo: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """On the real boundaries, a page's counts are those of its neighbourhoods, and the files are whole."""
    tables = real_tables(geo)
    found = named_group(name, "", gazetteer_of(tables.lads))
    assert found
    group, lacking = found
    assert not lacking
    monkeypatch.setenv("EC_MAPS_BOUNDARIES", str(geo))
    for module in (export, markdown, district_page):  # the Atlas, whose files they would name, is not at hand
        monkeypatch.setattr(module, "line", lambda *_: "Made-up values.")
    monkeypatch.setattr(markdown, "data_date", lambda _: None)
    group_page.write(group, tables.lads, tables.msoas, Around({}), tmp_path)
    page = name.lower().replace(" ", "-")
    _, html = parts(tmp_path / f"{page}.qmd")
    inside = tables.msoas[tables.msoas["lad21cd"].isin(group.codes)]
    table = rows(tmp_path / "maps" / f"{page}.csv")
    assert sorted(row["msoa21cd"] for row in table) == sorted(inside["msoa21cd"])
    check_page(html, table)
