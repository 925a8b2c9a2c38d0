"""What the posts print: figures, tabs, tables and downloads, whatever letters the names have."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path

import pandas as pd
import pypandoc
import pytest
from bs4 import BeautifulSoup, Tag
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageChops, ImageStat

from ec_maps import pages
from ec_maps.areas.wording import percent
from ec_maps.errors import BoundaryError
from ec_maps.maps.choropleth import local_map
from ec_maps.site import posts
from ec_maps.site.markdown import escaped, pipe_table
from facts import plain
from made import VALUE, demo_tables, nothing_around, squares
from makers import use, write_atlas, write_boundaries

TEN = [0.30 + 0.03 * place for place in range(10)]
AWKWARD = 'Tŷ & <b>Co</b> | "Saint\'s" *x* [y](z) `c` $d$ #e ~f~ ^g^ @h {i} \\j'


def rendered(markdown: str) -> BeautifulSoup:
    """Return markdown as pandoc reads it."""
    return BeautifulSoup(pypandoc.convert_text(markdown, "html", format="markdown"), "html.parser")


def texts(elements: Iterable[Tag]) -> list[str]:
    """Return the text of each element on one line, with straight quotation marks."""
    straight = str.maketrans("‘’“”", "''\"\"")
    return [" ".join(element.get_text().translate(straight).split()) for element in elements]


@pytest.fixture
def project(tmp_path: Path, demo: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a project of the demonstration data in which a page is being rendered."""
    del demo
    (tmp_path / "_quarto.yml").touch()
    listed(tmp_path, "Telford and Wrekin", "Norwich", "Great Yarmouth")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def listed(project: Path, *names: str) -> None:
    """Write the project's list of places."""
    (project / "places.yml").write_text("".join(f"- {name}\n" for name in names), encoding="utf-8")


def test_a_place_listed_during_a_preview_gets_its_page(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """``quarto preview`` draws the pages of places at its start only, so the post draws those that are missing."""
    built: list[Path] = []

    def record(root: Path, *, quiet: bool) -> None:
        assert quiet
        built.append(root)

    monkeypatch.setattr("ec_maps.site.district_pages.build", record)
    listed(project, "Norwich")
    posts.hyperlocal()
    assert built == []  # a post on its own, without the pages of places
    (project / "places").mkdir()
    (project / "places" / "index.qmd").touch()
    posts.hyperlocal()
    assert built == [project]
    (project / "places" / "norwich.qmd").touch()
    posts.hyperlocal()
    assert built == [project]


def check_figure(html: BeautifulSoup, project: Path) -> None:
    """Check that every picture and download of a page is there, and that each picture has its words."""
    for picture in html.find_all("img"):
        assert (project / picture["src"]).stat().st_size > 10_000
        assert picture["data-fig-alt"].startswith("Demonstration data, not real values. Map of ")
    for link in html.select(".ec-downloads a"):
        assert (project / link["href"]).is_file()


def check_card(project: Path, page: str, name: str) -> None:
    """Check that a page's card is a map, smaller: of its shape, nearly its colours, and light."""
    card = project / "maps" / f"{page}-card.png"
    assert card.stat().st_size < 150_000
    with Image.open(card) as small, Image.open(project / "maps" / f"{name}.png") as whole:
        assert small.width == 700
        assert small.height == pytest.approx(700 * whole.height / whole.width, abs=1)
        apart = ImageChops.difference(small.convert("RGB"), whole.convert("RGB").resize(small.size))
        assert ImageStat.Stat(apart).mean == pytest.approx([0, 0, 0], abs=4)


def check_lowest_first(values: list[str]) -> None:
    """Check that shares in words rise, and that what has none comes last."""
    shares = [float(value.rstrip("%")) for value in values if value.endswith("%")]
    assert shares == sorted(shares)
    assert values[len(shares) :] == ["no published estimate"] * (len(values) - len(shares))


def test_national(project: Path, demo_data_dir: Path) -> None:
    """The national page has the map, the table of all districts, lowest first, and its CSV."""
    html = rendered(pages.national())
    check_figure(html, project)
    lads = demo_tables(demo_data_dir).lads
    rows = [texts(row.find_all("td")) for row in html.find_all("tr")[1:]]
    assert len(rows) == len(lads)
    check_lowest_first([row[1] for row in rows])
    by_name = lads.set_index("lad21nm")
    for name, value, decile, users in rows:
        assert value == percent(by_name.loc[name, VALUE])
        row = by_name.loc[name]
        if pd.isna(row["decile"]):
            assert decile == "–"
            continue
        near = "" if row["decile_low"] == row["decile_high"] else f" ({row['decile_low']}–{row['decile_high']})"
        assert decile == f"{row['decile']}{near}"
        assert users == f"{row['num_users']:,}"
    told = (
        "In brackets: the deciles that the area would be in if its value were half a percentage point lower or higher."
    )
    assert told in plain(html.get_text())


def test_csv(project: Path, demo_data_dir: Path) -> None:
    """The CSV is the whole table but its shapes, lowest first, and each row says that it is a demonstration."""
    pages.national()
    written = pd.read_csv(project / "maps" / "national.csv")
    lads = demo_tables(demo_data_dir).lads
    assert list(written.columns) == [*lads.columns.drop(["geometry", "about"]), "decile_of", "source"]
    assert set(written["decile_of"]) == {"England and Wales"}
    (source,) = set(written["source"])
    assert source.startswith("Demonstration data – not real values. ")
    assert source.endswith(f"Made with ec_maps {version('ec-maps')}.")
    in_order = written.sort_values("lad21cd", ignore_index=True)
    assert list(in_order["lad21nm"]) == list(lads["lad21nm"])
    assert in_order[VALUE].to_numpy() == pytest.approx(lads[VALUE].to_numpy(), nan_ok=True, rel=1e-12)
    assert in_order["decile"].astype("Int64").equals(lads["decile"].astype("Int64"))
    shares = written[VALUE].dropna()
    assert shares.is_monotonic_increasing
    assert shares.index.max() == len(shares) - 1


def test_regional(project: Path) -> None:
    """One tab a region in the list's order; two places of one region share it, both outlined."""
    html = rendered(pages.regional())
    check_figure(html, project)
    assert texts(html.find_all("h3")) == ["West Midlands", "East of England"]
    second = html.find_all("img")[1]
    assert "Outlined: Norwich" in second["data-fig-alt"]
    assert "Outlined: Great Yarmouth" in second["data-fig-alt"]
    check_card(project, "regional", "west-midlands")


@pytest.mark.full
def test_other_regions(project: Path) -> None:
    """The other regions follow in order of name, the nations beyond last, nothing outlined; all together are twelve."""
    html = rendered(pages.other_regions())
    check_figure(html, project)
    names = texts(html.find_all("h3"))
    assert names == [*sorted(names[:-2]), "Scotland", "Northern Ireland"]
    assert len(names) == 10
    assert not {"West Midlands", "East of England"} & set(names)
    assert not any("Outlined" in picture["data-fig-alt"] for picture in html.find_all("img"))


def test_hyperlocal(project: Path, demo_data_dir: Path) -> None:
    """One tab a place in the list's order, each with the table of its own neighbourhoods; the first is the card."""
    html = rendered(pages.hyperlocal())
    check_figure(html, project)
    assert texts(html.find_all("h3")) == ["Telford and Wrekin", "Norwich", "Great Yarmouth"]
    msoas = demo_tables(demo_data_dir).msoas
    for table, place in zip(html.find_all("table"), texts(html.find_all("h3")), strict=True):
        rows = [texts(row.find_all("td")) for row in table.find_all("tr")[1:]]
        assert len(rows) == int((msoas["lad21nm"] == place).sum())
        assert all(place in row[1] for row in rows)
        check_lowest_first([row[-3] for row in rows])
    check_card(project, "hyperlocal", "telford-and-wrekin")


def test_order_is_the_author_s(project: Path) -> None:
    """Another order of the list is another order of tabs and of words."""
    listed(project, "Norwich", "Telford and Wrekin")
    assert pages.listed_places() == "Norwich and Telford and Wrekin"
    assert pages.listed_regions() == "the East of England and the West Midlands"
    assert texts(rendered(pages.hyperlocal()).find_all("h3")) == ["Norwich", "Telford and Wrekin"]


def test_one_place(project: Path) -> None:
    """A list of one place is named as it is."""
    listed(project, "Rutland")
    assert pages.listed_places() == "Rutland"
    assert pages.listed_regions() == "the East Midlands"


def test_numbers_in_prose(project: Path, demo_data_dir: Path) -> None:
    """The numbers that prose quotes are those of the tables."""
    lads, msoas, _ = demo_tables(demo_data_dir)
    assert pages.number_of("lad") == str(lads[VALUE].notna().sum())
    assert pages.number_of("msoa") == f"{msoas[VALUE].notna().sum():,}"
    assert pages.value_range("lad") == f"{lads[VALUE].min():.1%} to {lads[VALUE].max():.1%}"


def test_the_kingdom(project: Path) -> None:
    """The United Kingdom has its map, its table of all districts and its CSV, with deciles of the United Kingdom."""
    html = rendered(pages.kingdom())
    check_figure(html, project)
    assert len(html.find_all("tr")) == 375
    assert set(pd.read_csv(project / "maps" / "kingdom.csv")["decile_of"]) == {"the United Kingdom"}


@pytest.mark.full
def test_hexagons(project: Path) -> None:
    """The country by neighbourhood has its picture and its table as a download."""
    html = rendered(pages.hexagons())
    check_figure(html, project)
    assert len(pd.read_csv(project / "maps" / "hexagons.csv")) == 7200


def test_no_layout_of_hexagons(project: Path, root: Path) -> None:
    """Where the layout cannot be read, a sentence replaces the map; the next build, with it, has the map."""
    home = project / "data" / "demo"
    shutil.copytree(root / "data" / "demo", home)
    (home / "hexagons.csv").unlink()
    with pytest.warns(UserWarning, match=r"no layout of hexagons: there is no hexagons\.csv in "):
        html = rendered(pages.hexagons())
    assert texts([html]) == ["The map of hexagons is left out, as its layout could not be read."]
    shutil.copyfile(root / "data" / "demo" / "hexagons.csv", home / "hexagons.csv")
    check_figure(rendered(pages.hexagons()), project)


def test_what_warned_is_tried_again(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What kept the map of hexagons away may pass without any file having changed: the next page tries again."""

    def nothing() -> pd.DataFrame:
        raise BoundaryError("No connection.")  # noqa: EM101

    with monkeypatch.context() as patch:
        patch.setattr("ec_maps.boundaries.hexgrid.layout", nothing)
        with pytest.warns(UserWarning, match="No connection"):
            said = pages.hexagons()
    assert "left out" in said
    check_figure(rendered(pages.hexagons()), project)


def test_the_home_page_has_the_map_alone(project: Path) -> None:
    """One figure, without a table and downloads; its areas link to the places that have a page."""
    html = rendered(pages.home_map())
    check_figure(html, project)
    assert html.find("table") is None
    drawn = (project / "maps" / "home.svg").read_text(encoding="utf-8")
    assert set(re.findall(r'href="([^"#]+)"', drawn)) == {
        "../places/telford-and-wrekin.html",
        "../places/norwich.html",
        "../places/great-yarmouth.html",
    }


def test_the_finder_counts_the_pages(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """How many districts have a page of their own is said in words; with all of them, in others."""
    assert pages.pages_there() == "Three of the 374 have a page of their own."
    listed(project, "Norwich")
    assert pages.pages_there() == "One of the 374 has a page of its own."
    monkeypatch.setenv("EC_MAPS_PLACES", "all")
    assert pages.pages_there() == "Each has a page of its own."
    assert rendered(pages.finder()).find("input")["type"] == "search"
    assert len(rendered(pages.places_by_region()).find_all("a")) == 374


def test_join_reports(project: Path) -> None:
    """The method page shows the join report of both levels."""
    shown = pages.join_reports()
    assert "Local authorities:" in shown
    assert "Neighbourhoods:" in shown


def test_awkward_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Names with what markdown or HTML would take for markup come out as they are: caption, alt text, table and CSV."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("ec_maps.analysis.export.line", lambda _: "From a test.")
    table = squares([None, *TEN], district=AWKWARD)
    table["msoa21hclnm"] = [AWKWARD, *[f"Hill & Dale {place}" for place in range(10)]]
    drawn = local_map(table, AWKWARD, context=nothing_around())
    html = rendered(posts._figure(drawn, "awkward", drawn.areas, f"Neighbourhoods of {AWKWARD}"))
    assert not html.find_all(["b", "em", "code", "script"])
    files = html.select(".ec-downloads a")
    assert [link["href"] for link in files] == [f"maps/awkward.{kind}" for kind in ("csv", "svg", "png")]
    assert {link["href"] for link in html.select("td a")} == {f"#{code.lower()}" for code in table["msoa21cd"]}
    rows = [texts(row.find_all("td")) for row in html.find_all("tr")[1:]]
    assert rows[-1][1:3] == [f"{AWKWARD} 001", AWKWARD]
    assert AWKWARD in texts(html.find_all("figcaption"))[0]
    assert texts(html.find_all("caption")) == [f"Neighbourhoods of {AWKWARD}"]
    alt = html.find("img")["data-fig-alt"]  # type: ignore[index]
    assert "Tŷ & <b>Co</b>" in alt
    assert pd.read_csv("maps/awkward.csv")["lad21nm"].unique() == [AWKWARD]


@given(st.text("abc &|'\"<>,ŷ*_`[](){}#$~^@\\!-.:", max_size=30).map(str.strip))
def test_escaped(text: str) -> None:
    """Escaped text in a table's cell reads as the text did, and stays one cell."""
    if "--" in text or ".." in text or not text:
        return  # pandoc makes dashes and ellipses of them, as in prose
    markdown = pipe_table(["Name", "Value"], [[escaped(text), "1"]], "Caption", "lr")
    cells = rendered(markdown).find_all("td")
    assert len(cells) == 2
    assert "".join(texts(cells)[0].split()) == "".join(text.split())
    assert not cells[0].find_all(True)


def test_live_csv_names_its_source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The CSV of real data says where values and boundaries are from, of which date, and what made it."""
    monkeypatch.chdir(tmp_path)
    use(monkeypatch, data=write_atlas(tmp_path / "data"), boundaries=write_boundaries(tmp_path / "geo"))
    drawn = local_map(squares(TEN), "Testham", context=nothing_around())
    posts._figure(drawn, "testham", drawn.areas, "Title")
    (source,) = set(pd.read_csv("maps/testham.csv")["source"])
    for part in ("UK Social Capital Atlas, dated 2025-02-28, sha256 ", "from local files", "Made with ec_maps "):
        assert part in source
