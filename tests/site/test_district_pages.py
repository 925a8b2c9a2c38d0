"""The pages of the places: what each holds, and that the folder always fits the list, whole or not at all."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import pypandoc
import pytest
import yaml
from bs4 import BeautifulSoup
from PIL import Image

import facts
from ec_maps.areas.provenance import inputs
from ec_maps.errors import DataError, PlaceError, RenderError, SettingError
from ec_maps.maps import figure_cache
from ec_maps.site import district_page, district_pages, finder
from ec_maps.site.district_page import FILES, FILES_BEYOND, Around
from made import VALUE, districts, squares, together

TEN = [0.30 + 0.02 * place for place in range(10)]
AWKWARD = 'Tŷ & <b>Co</b> | "Saint\'s", *x* [y](z) $d$'


@pytest.fixture
def project(placeless: Path) -> Path:
    """Return a project of the demonstration data with three places."""
    listed(placeless, "Norwich", "City of London", "Great Yarmouth")
    return placeless


def listed(project: Path, *names: str) -> None:
    """Write the project's list of places."""
    (project / "places.yml").write_text("".join(f"- {name}\n" for name in names), encoding="utf-8")


def build(project: Path) -> district_pages.Built:
    """Bring the project's pages in line with its list."""
    return district_pages.build(project, log=lambda _: None)


def files(project: Path) -> set[str]:
    """Return the paths of all files in the folders of the places and of their maps for other sites."""
    folder = project / "places"
    embedded = {f"../embed/{path.name}" for path in (project / "embed").iterdir()}
    return embedded | {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def expected(*pages: str) -> set[str]:
    """Return the files that the folder holds for these pages of England and Wales."""
    shared = {"index.qmd", "maps/national.svg", "maps/national.png", "maps/finder-index.js"}
    records = {f"maps/.figure_cache/{name}.json" for name in (*pages, "national")}
    texts = {f"{page}.{end}" for page in pages for end in ("qmd", "pdf")} | {
        f"../embed/{page}.{end}" for page in pages for end in ("html", "json")
    }
    return (
        shared
        | records
        | texts
        | {f"maps/{page}{end}" for page in pages for end in (*FILES, "-bivariate.svg", "-bivariate.png")}
    )


def parts(path: Path) -> tuple[dict[str, str], BeautifulSoup]:
    """Return a page's front matter and its text as pandoc reads it."""
    _, front, body = path.read_text(encoding="utf-8").split("---\n", 2)
    html = pypandoc.convert_text(body, "html", format="markdown-citations")
    return yaml.safe_load(front), BeautifulSoup(html, "html.parser")


@pytest.mark.full
def test_the_folder_fits_the_list(project: Path) -> None:
    """Each place has its page and files; one that is added is drawn, one that is removed goes with all it had."""
    assert build(project).drawn == ["Norwich", "City of London", "Great Yarmouth"]
    assert files(project) == expected("norwich", "city-of-london", "great-yarmouth")
    listed(project, "Cardiff", "City of London")
    done = build(project)
    assert done.removed == ["great-yarmouth", "norwich"]
    assert "Cardiff" in done.drawn
    assert files(project) == expected("cardiff", "city-of-london")


@pytest.mark.full
def test_what_has_not_changed_is_not_drawn_again(project: Path) -> None:
    """A second build leaves every file alone; a page that links to a new one is drawn again, the others are not."""
    build(project)
    before = {name: (project / "places" / name).stat().st_mtime_ns for name in files(project) if name.endswith("vg")}
    assert build(project).drawn == []
    assert {name: (project / "places" / name).stat().st_mtime_ns for name in before} == before
    listed(project, "Norwich", "City of London", "Great Yarmouth", "Broadland")
    assert sorted(build(project).drawn) == ["Broadland", "Great Yarmouth", "Norwich"]
    for name in ("norwich.qmd", "norwich.pdf", "maps/norwich-strip.svg", "maps/norwich.csv"):
        (project / "places" / name).unlink()
        assert build(project).drawn == ["Norwich"]
        assert (project / "places" / name).is_file()
    (project / "places" / "maps" / "national.svg").unlink()
    assert build(project).drawn == []
    assert (project / "places" / "maps" / "national.svg").is_file()


@pytest.mark.full
def test_pages_and_posts_go_by_the_same_state_of_the_data(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files brought again on another day: pages of places and figures of posts name it, and both are redrawn."""
    listed(project, "Norwich")
    build(project)
    state, stamp = inputs(), figure_cache.state()
    assert build(project).drawn == []
    for module in (district_pages, figure_cache):
        monkeypatch.setattr(module, "inputs", lambda: f"{state}, brought again")
    assert figure_cache.state() != stamp
    assert build(project).drawn == ["Norwich"]
    assert build(project).drawn == []


@pytest.mark.full
def test_a_build_that_fails_names_the_place_and_changes_nothing(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One figure in three cannot be drawn: the message says whose, and the folder is as it was."""
    listed(project, "Norwich")
    build(project)
    before = {name: (project / "places" / name).read_bytes() for name in files(project)}
    listed(project, "Norwich", "Cardiff", "Great Yarmouth")
    drawn: Callable[..., object] = district_page.strip_plot

    def broken(lads: gpd.GeoDataFrame, msoas: gpd.GeoDataFrame, name: str) -> object:
        if name == "Great Yarmouth":
            message = "no room for a dot"
            raise ValueError(message)
        return drawn(lads, msoas, name)

    monkeypatch.setattr(district_page, "strip_plot", broken)
    with pytest.raises(RenderError, match="The page of Great Yarmouth could not be made: ValueError: no room"):
        build(project)
    assert {name: (project / "places" / name).read_bytes() for name in files(project)} == before
    # The place before it was whole, and is not drawn again when the fault has gone.
    whole = project / ".quarto" / "places.part" / "places" / "maps" / "cardiff.svg"
    drawn_at = whole.stat().st_mtime_ns
    monkeypatch.setattr(district_page, "strip_plot", drawn)
    assert build(project).drawn == ["Great Yarmouth"]
    assert (project / "places" / "maps" / "cardiff.svg").stat().st_mtime_ns == drawn_at
    assert files(project) == expected("norwich", "cardiff", "great-yarmouth")
    assert not (project / ".quarto" / "places.part").exists()


@pytest.mark.full
def test_a_file_that_is_not_as_it_was_drawn_is_drawn_again(project: Path) -> None:
    """A figure cut short costs its page a new drawing, and so does one left half-drawn by an interrupted build."""
    listed(project, "Norwich", "Cardiff")
    build(project)
    figure = project / "places" / "maps" / "norwich.svg"
    whole = figure.read_bytes()
    figure.write_bytes(whole[: len(whole) // 2])
    assert build(project).drawn == ["Norwich"]
    assert figure.read_bytes() == whole
    aside = project / ".quarto" / "places.part" / "places"
    aside.mkdir(parents=True)
    (project / "embed").rename(aside.parent / "embed")
    for path in (project / "places").rglob("*"):
        if path.is_file() and path.name != "index.qmd":
            moved = aside / path.relative_to(project / "places")
            moved.parent.mkdir(parents=True, exist_ok=True)
            path.rename(moved)
    (aside / "maps" / "cardiff.png").write_bytes(b"half of it")
    assert build(project).drawn == ["Cardiff"]
    assert files(project) == expected("norwich", "cardiff")


@pytest.mark.full
def test_nothing_to_do_is_known_without_the_libraries_that_draw(project: Path, demo: Path) -> None:
    """A build with nothing changed loads neither tables nor maps; a changed list, setting or file has them loaded."""
    del demo
    listed(project, "Norwich")
    build(project)
    told = "ec_maps.site.district_pages, json, pathlib, sys"
    probe = f"""import {told}
done = ec_maps.site.district_pages.build(pathlib.Path(sys.argv[1]))
print(json.dumps([done.pages, done.drawn, "geopandas" in sys.modules, "matplotlib" in sys.modules]))"""

    def again(**variables: str) -> list[object]:
        run = subprocess.run(
            [sys.executable, "-c", probe, str(project)],
            env=os.environ | variables,
            capture_output=True,
            text=True,
            check=True,
        )
        return json.loads(run.stdout.splitlines()[-1])

    assert again() == [1, [], False, False]
    (project / "places" / "maps" / "norwich.csv").write_text("changed\n", encoding="utf-8")
    assert again() == [1, ["Norwich"], True, True]
    assert again() == [1, [], False, False]
    listed(project, "Cardiff")
    assert again() == [1, ["Cardiff"], True, True]


def test_which_places(project: Path, monkeypatch: pytest.MonkeyPatch, demo_data_dir: Path) -> None:
    """Those of the list in its order, or all by name; any other word is refused with those that there are."""
    from made import demo_tables

    lads = demo_tables(demo_data_dir).lads
    assert [place.name for place in finder.wanted(lads)] == ["Norwich", "City of London", "Great Yarmouth"]
    monkeypatch.setenv("EC_MAPS_PLACES", "ALL")
    names = [place.name for place in finder.wanted(lads)]
    assert len(names) == 374
    assert names == sorted(names)
    assert len(set(finder.linked(lads).values())) == 374
    monkeypatch.setenv("EC_MAPS_PLACES", "some")
    with pytest.raises(SettingError, match=r'EC_MAPS_PLACES is "some"; it can be "listed".*or "all"'):
        finder.wanted(lads)
    assert project.is_dir()


def test_a_page_answers_the_readers_questions(project: Path) -> None:
    """Lead, deciles, three maps and a strip plot, the table, downloads, citation, neighbours and region, in order."""
    listed(project, "Norwich", "Broadland")
    build(project)
    front, html = parts(project / "places" / "norwich.qmd")
    assert front["title"] == "Norwich"
    assert front["description"].startswith("Demonstration data, not real values. In Norwich, 44.8% of ")
    assert (project / "places" / front["image"]).is_file()
    assert html.select_one(".ec-lead").text.strip().startswith("In Norwich, 44.8% of low-income people’s friends")
    medians = " ".join(html.select_one(".ec-lead").find_next("p").find_next("p").text.split())
    assert medians.startswith("The median local authority in the East of England is at 51.1%, 6.3 percentage points")
    assert [field.b.text for field in html.select(".ec-deciles li")] == [
        "–",
        "2",
        "2",
        "2",
        "1",
        "4",
        "2",
        "1",
        "–",
        "–",
    ]
    assert [image["src"] for image in html.find_all("img")] == [
        "maps/norwich.svg",
        "maps/norwich-strip.svg",
        "maps/norwich-bivariate.svg",
        "maps/norwich-region.svg",
        html.find_all("img")[4]["src"],
    ]
    assert html.find_all("img")[4]["src"].startswith("maps/national.svg#X")
    for image in html.find_all("img"):
        assert (project / "places" / image["src"].split("#")[0]).is_file()
        assert int(image["width"]) == 700
        assert int(image["height"]) > 200
    rows = html.select("[id^=table-neighbourhoods] tbody tr")
    assert len(rows) == 14
    heads = [head.text for head in html.select("[id^=table-neighbourhoods] thead th")]
    values = heads.index("Economic connectedness")
    shares = [float(row.find_all("td")[values].text.rstrip("%")) for row in rows]
    assert shares == sorted(shares)
    assert [link["href"].rsplit(".", 1)[1] for link in html.select(".ec-downloads a")] == [
        "csv",
        "geojson",
        "svg",
        *["png"] * 5,
    ]
    for link in html.select(".ec-downloads a[href$=png]"):
        with Image.open(project / "places" / link["href"]) as picture:
            assert picture.width == 1800
            assert picture.info["dpi"] == pytest.approx((300, 300), abs=0.1)
            assert picture.text["Description"].startswith("Demonstration data, not real values.")
    brief = html.find("a", href="norwich.pdf")
    size = (project / "places" / "norwich.pdf").stat().st_size
    assert brief.text == "Brief for a committee"
    assert f"(PDF, one page, {size / 1000:.0f} kB)" in " ".join(brief.parent.text.split())
    assert "https://maps.example.org/ec/places/norwich.html" in html.select_one(".ec-cite").text
    assert "Demonstration data, not real values." in html.select_one(".ec-cite").text
    columns = (project / "places" / "maps" / "norwich.csv").read_text(encoding="utf-8-sig").split("\n")[0].split(",")
    assert {"exposure", "bias", "exposure_third", "bias_third", "kind", "near_cut"} <= set(columns)
    near = html.find(id="nearby").find_next("ul")
    assert [item.text.split(":")[0] for item in near.find_all("li")] == ["Broadland", "South Norfolk"]
    assert [link["href"] for link in near.find_all("a")] == ["broadland.html"]
    assert html.find("a", href="index.html#east-of-england").text == "All of the East of England"
    assert html.select_one(".ec-provenance")


@pytest.mark.full
def test_a_page_beyond_england_and_wales(project: Path) -> None:
    """A Scottish place has decile, rank and maps of the UK, no neighbourhoods, and neighbours in England."""
    listed(project, "Scottish Borders", "Northumberland")
    build(project)
    beyond = {
        "scottish-borders.qmd",
        "scottish-borders.pdf",
        *(f"maps/scottish-borders{end}" for end in FILES_BEYOND),
        "maps/uk.svg",
        "maps/uk.png",
    }
    beyond |= {"maps/.figure_cache/scottish-borders.json", "maps/.figure_cache/uk.json"}
    beyond |= {"../embed/scottish-borders.html", "../embed/scottish-borders.json"}
    assert files(project) == expected("northumberland") | beyond
    front, html = parts(project / "places" / "scottish-borders.qmd")
    assert "local authorities in the United Kingdom." in front["description"]
    assert front["image-alt"].endswith("With a small map of it.")
    text = " ".join(html.text.split())
    assert "Neighbourhood data cover England and Wales only" in text
    assert "neighbourhoods of England and Wales" not in text
    assert "groups of neighbourhoods" not in text
    assert html.select(".ec-deciles") == []
    assert html.select("[id^=table-neighbourhoods]") == []
    pictures = [link["href"] for link in html.select(".ec-downloads a")]
    assert pictures == ["maps/scottish-borders-strip.png", "maps/scottish-borders-region.png", "maps/uk.png"]
    sources = [image["src"].split("#")[0] for image in html.find_all("img")]
    assert sources == ["maps/scottish-borders-strip.svg", "maps/scottish-borders-region.svg", "maps/uk.svg"]
    marked = html.find_all("img")[-1]["src"].split("#")[1]
    assert f'id="{marked}"' in (project / "places" / "maps" / "uk.svg").read_text(encoding="utf-8")
    heads = [" ".join(head.text.split()) for head in html.find_all("h2")]
    assert [head.split(" in ")[1] for head in heads if " in " in head] == ["Scotland", "the United Kingdom"]
    near = [" ".join(item.text.split()) for item in html.find(id="nearby").find_next("ul").find_all("li")]
    assert any(line.startswith("Northumberland, in the North East: 3") and not facts.deciles(line) for line in near)
    assert any(line.startswith("Midlothian: ") and facts.deciles(line) for line in near)
    assert html.find("a", href="index.html#scotland").text == "All of Scotland"
    _, english = parts(project / "places" / "northumberland.qmd")
    assert "local authorities in England and Wales." in english.select_one(".ec-lead").text
    near = {
        " ".join(item.text.split()).split(",")[0]: item
        for item in english.find(id="nearby").find_next("ul").find_all("li")
    }
    assert near["Scottish Borders"].find("a")["href"] == "scottish-borders.html"
    assert not facts.deciles(near["Scottish Borders"].text)
    assert [image["src"].split("#")[0] for image in english.find_all("img")][-1] == "maps/national.svg"
    assert build(project).drawn == []
    listed(project, "Northumberland")
    build(project)
    assert files(project) == expected("northumberland")


@pytest.fixture
def uncached(monkeypatch: pytest.MonkeyPatch) -> None:
    """Load the tables of the pages again, as tests change them without changing the files."""
    monkeypatch.setattr(district_pages, "_tables", district_pages._tables.__wrapped__)


@pytest.mark.full
@pytest.mark.usefixtures("uncached")
def test_data_that_stop_at_the_border(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without districts beyond it all is as if there were none: no neighbours there, and their names are refused."""
    for module in ("areas.coverage", "site.finder"):
        monkeypatch.setattr(f"ec_maps.{module}.united_kingdom", lambda: None)
    listed(project, "Northumberland")
    build(project)
    assert files(project) == expected("northumberland")
    assert "Scottish Borders" not in (project / "places" / "northumberland.qmd").read_text(encoding="utf-8")
    index = (project / "places" / "maps" / "finder-index.js").read_text(encoding="utf-8")
    assert "Northern Ireland" not in index
    listed(project, "Glasgow City")
    with pytest.raises(PlaceError, match="is in Scotland, and the data cover England and Wales only"):
        build(project)


@pytest.mark.full
def test_both_drivers_have_their_panel(project: Path) -> None:
    """After the comparison each page has exposure and bias, in England and Wales or in the United Kingdom."""
    listed(project, "Norwich", "Belfast")
    build(project)
    for page, where in (("norwich", "England and Wales"), ("belfast", "the United Kingdom")):
        _, html = parts(project / "places" / f"{page}.qmd")
        heads = [" ".join(head.text.split()) for head in html.find_all("h2")]
        at = heads.index("Who is there to meet, and who becomes a friend")
        assert heads[at - 1] == "Compared with other places"
        told = " ".join(html.find_all("h2")[at].find_next("p").text.split())
        assert f"of the local authorities of {where};" in told
        assert len(html.select(".ec-square")) == (page == "belfast")
        assert len(html.select("img[src$='-bivariate.svg']")) == (page == "norwich")


@pytest.mark.full
@pytest.mark.usefixtures("uncached")
def test_neighbourhoods_without_exposure(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where only the files of districts have exposure and bias, pages have the district's square, and stay as drawn."""
    there = {"lad": ["exposure", "bias"], "msoa": []}
    monkeypatch.setattr("ec_maps.analysis.comparison.available_measures", there.get)
    listed(project, "Norwich")
    assert build(project).drawn == ["Norwich"]
    assert files(project) == expected("norwich") - {f"maps/norwich-bivariate.{kind}" for kind in ("svg", "png")}
    _, html = parts(project / "places" / "norwich.qmd")
    assert len(html.select(".ec-square")) == 1
    assert build(project).drawn == []


@pytest.mark.usefixtures("uncached")
def test_drivers_that_cannot_be_told_are_left_out(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where bias forms no thirds, pages have no section on it, and the log says why."""

    def broken(*_: object) -> None:
        message = "Cutting thirds of bias: 331 values form only 1 group."
        raise DataError(message)

    monkeypatch.setattr("ec_maps.analysis.bivariate.bivariate_table", broken)
    listed(project, "Norwich")
    said: list[str] = []
    district_pages.build(project, log=said.append)
    assert said[0] == (
        "The place pages have no section on exposure and bias. Cutting thirds of bias: 331 values form only 1 group."
    )
    assert "Who is there to meet" not in (project / "places" / "norwich.qmd").read_text(encoding="utf-8")


def one_page(
    tmp_path: Path, lads: gpd.GeoDataFrame, msoas: gpd.GeoDataFrame, name: str
) -> tuple[dict[str, str], BeautifulSoup]:
    """Write one district's page and return its parts."""
    around = Around(finder.page_names(lads))
    district_page.write(name, lads, msoas, around, tmp_path)
    code = lads.loc[lads["lad21nm"] == name, "lad21cd"].iloc[0]
    return parts(tmp_path / f"{around.pages[code]}.qmd")


@pytest.mark.usefixtures("demo")
def test_odd_names_are_shown_as_they_are(tmp_path: Path) -> None:
    """Markup in a name of a district, a region or a neighbourhood is text: no element comes of it."""
    lads = districts(TEN, region="North & <i>East</i>")
    lads.loc[0, "lad21nm"] = AWKWARD
    msoas = squares(TEN, district=AWKWARD, region="North & <i>East</i>")
    msoas["msoa21hclnm"] = ['Hill "top" & <script>', *["Dale, the"] * 9]
    front, html = one_page(tmp_path, lads, msoas, AWKWARD)
    assert facts.as_read(front["title"]) == AWKWARD
    assert html.find(["b", "script", "i"], string=lambda text: text in ("Co", "East")) is None
    assert AWKWARD.replace('"', "”") in html.select_one(".ec-deciles")["aria-label"]
    plain = " ".join(html.text.split())
    for word in ("<b>Co</b>", "*x* [y](z) $d$", "<script>", "<i>East</i>"):
        assert word in plain


@pytest.mark.usefixtures("demo")
@pytest.mark.parametrize(
    ("inside", "words"),
    [
        ([None, None, None], "None of its 3 neighbourhoods has a published estimate."),
        ([0.4], "A is a single neighbourhood, which is at 40.0%"),
        ([None], "A is a single neighbourhood, which has no published estimate."),
        ([0.4, None], "One has no published estimate."),
    ],
)
def test_odd_districts_have_a_page(tmp_path: Path, inside: list[float | None], words: str) -> None:
    """Without values, or with a single neighbourhood, a district has its page, figures and files all the same."""
    country = together(squares(inside, district="A"), squares(TEN, district="B"))
    _, html = one_page(tmp_path, districts(TEN), country, "A")
    assert words in " ".join(html.text.split())
    assert {path.name for path in (tmp_path / "maps").iterdir()} == {f"a{ending}" for ending in FILES}


@pytest.mark.usefixtures("demo")
def test_a_district_without_a_value_has_a_page(tmp_path: Path) -> None:
    """The lead and the description say so."""
    lads = districts([None, *TEN])
    front, html = one_page(tmp_path, lads, squares(TEN, district="A"), "A")
    assert math.isnan(lads[VALUE].iloc[0])
    assert "There is no published estimate of economic connectedness for A" in front["description"]
    facts.says_nothing(html.select_one(".ec-lead").text)


def test_pages_of_like_names_have_their_codes() -> None:
    """Two names that differ in marks only, and one that is called as the finder's page, get pages of their own."""
    lads = districts(TEN)
    lads.loc[:3, "lad21nm"] = ["St. Mary", "St Mary", "Index", "Other"]
    names = finder.page_names(lads)
    assert list(names.values())[:4] == ["st-mary-e06000001", "st-mary-e06000002", "index-e06000003", "other"]
    assert len(set(names.values())) == len(lads)


def test_real_pages_have_names_of_their_own(geo: Path) -> None:
    """No two of the real districts clash."""
    from made import real_tables

    lads = real_tables(geo).lads
    names = finder.page_names(lads)
    assert len(set(names.values())) == len(lads)
    assert not any(code.lower() in page for code, page in names.items())
