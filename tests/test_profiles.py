"""The pages of the places: what each holds, and that the folder always fits the list, whole or not at all."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pypandoc
import pytest
import yaml
from bs4 import BeautifulSoup

from ec_maps import profile, profiles
from ec_maps.errors import RenderError, SettingError
from ec_maps.profile import FILES, Around
from made import VALUE, districts, squares

TEN = [0.30 + 0.02 * place for place in range(10)]
AWKWARD = 'Tŷ & <b>Co</b> | "Saint\'s", *x* [y](z) $d$'


@pytest.fixture
def project(tmp_path: Path, demo: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a project of the demonstration data with three places."""
    del demo
    (tmp_path / "_quarto.yml").write_text("website:\n  site-url: https://maps.example.org/ec\n", encoding="utf-8")
    (tmp_path / "places").mkdir()
    (tmp_path / "places" / "index.qmd").write_text("The finder.\n", encoding="utf-8")
    listed(tmp_path, "Norwich", "City of London", "Great Yarmouth")
    monkeypatch.setenv("QUARTO_PROJECT_DIR", str(tmp_path))
    return tmp_path


def listed(project: Path, *names: str) -> None:
    """Write the project's list of places."""
    (project / "places.yml").write_text("".join(f"- {name}\n" for name in names), encoding="utf-8")


def build(project: Path) -> profiles.Built:
    """Bring the project's pages in line with its list."""
    return profiles.build(project, log=lambda _: None)


def files(project: Path) -> set[str]:
    """Return the paths of all files in the folder of the places."""
    folder = project / "places"
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def expected(*pages: str) -> set[str]:
    """Return the files that the folder holds for these pages."""
    shared = {"index.qmd", "maps/national.svg", "maps/finder-index.js", "maps/.stamps.json"}
    return shared | {f"{page}.qmd" for page in pages} | {f"maps/{page}{end}" for page in pages for end in FILES}


def parts(path: Path) -> tuple[dict[str, str], BeautifulSoup]:
    """Return a page's front matter and its text as pandoc reads it."""
    _, front, body = path.read_text(encoding="utf-8").split("---\n", 2)
    html = pypandoc.convert_text(body, "html", format="markdown-citations")
    return yaml.safe_load(front), BeautifulSoup(html, "html.parser")


def test_the_folder_fits_the_list(project: Path) -> None:
    """Each place has its page and files; one that is added is drawn, one that is removed goes with all it had."""
    assert build(project).drawn == ["Norwich", "City of London", "Great Yarmouth"]
    assert files(project) == expected("norwich", "city-of-london", "great-yarmouth")
    listed(project, "Cardiff", "City of London")
    done = build(project)
    assert done.removed == ["great-yarmouth", "norwich"]
    assert "Cardiff" in done.drawn
    assert files(project) == expected("cardiff", "city-of-london")


def test_what_has_not_changed_is_not_drawn_again(project: Path) -> None:
    """A second build leaves every file alone; a page that links to a new one is made anew, the others are not."""
    build(project)
    before = {name: (project / "places" / name).stat().st_mtime_ns for name in files(project) if name.endswith("vg")}
    assert build(project).drawn == []
    assert {name: (project / "places" / name).stat().st_mtime_ns for name in before} == before
    listed(project, "Norwich", "City of London", "Great Yarmouth", "Broadland")
    assert sorted(build(project).drawn) == ["Broadland", "Great Yarmouth", "Norwich"]
    for name in ("norwich.qmd", "maps/norwich-strip.svg", "maps/norwich.csv"):
        (project / "places" / name).unlink()
        assert build(project).drawn == ["Norwich"]
        assert (project / "places" / name).is_file()
    (project / "places" / "maps" / "national.svg").unlink()
    assert build(project).drawn == []
    assert (project / "places" / "maps" / "national.svg").is_file()


def test_a_build_that_fails_names_the_place_and_changes_nothing(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One figure in three cannot be drawn: the message says whose, and the folder is as it was."""
    listed(project, "Norwich")
    build(project)
    before = {name: (project / "places" / name).read_bytes() for name in files(project)}
    listed(project, "Norwich", "Cardiff", "Great Yarmouth")
    drawn: Callable[..., object] = profile.strip_plot

    def broken(lads: gpd.GeoDataFrame, msoas: gpd.GeoDataFrame, name: str) -> object:
        if name == "Great Yarmouth":
            message = "no room for a dot"
            raise ValueError(message)
        return drawn(lads, msoas, name)

    monkeypatch.setattr(profile, "strip_plot", broken)
    with pytest.raises(RenderError, match="The page of Great Yarmouth could not be made: ValueError: no room"):
        build(project)
    assert {name: (project / "places" / name).read_bytes() for name in files(project)} == before
    assert not (project / ".quarto" / "places.part").exists()


def test_which_places(project: Path, monkeypatch: pytest.MonkeyPatch, demo_data_dir: Path) -> None:
    """Those of the list in its order, or all by name; any other word is refused with those that there are."""
    from made import demo_tables

    lads = demo_tables(demo_data_dir).lads
    assert [place.name for place in profiles.wanted(lads)] == ["Norwich", "City of London", "Great Yarmouth"]
    monkeypatch.setenv("EC_MAPS_PLACES", "ALL")
    names = [place.name for place in profiles.wanted(lads)]
    assert len(names) == len(lads)
    assert names == sorted(names)
    monkeypatch.setenv("EC_MAPS_PLACES", "some")
    with pytest.raises(SettingError, match=r'EC_MAPS_PLACES is "some"; it can be "listed".*or "all"'):
        profiles.wanted(lads)
    assert project.is_dir()


def test_a_page_answers_the_readers_questions(project: Path) -> None:
    """Headline, tenths, three maps and a strip, the table, downloads, citation, neighbours and region, in order."""
    listed(project, "Norwich", "Broadland")
    build(project)
    front, html = parts(project / "places" / "norwich.qmd")
    assert front["title"] == "Norwich"
    assert front["description"].startswith("Demonstration data, not real values. In Norwich, 44.8% of ")
    assert (project / "places" / front["image"]).is_file()
    assert html.select_one(".ec-lead").text.strip().startswith("In Norwich, 44.8% of low-income people’s friends")
    assert [field.b.text for field in html.select(".ec-tenths li")] == [
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
        "maps/norwich-region.svg",
        html.find_all("img")[3]["src"],
    ]
    assert html.find_all("img")[3]["src"].startswith("maps/national.svg#X")
    for image in html.find_all("img"):
        assert (project / "places" / image["src"].split("#")[0]).is_file()
        assert int(image["width"]) == 700
        assert int(image["height"]) > 200
    rows = html.select(".ec-table tbody tr")
    assert len(rows) == 14
    shares = [float(row.find_all("td")[-2].text.rstrip("%")) for row in rows]
    assert shares == sorted(shares)
    assert [link["href"].rsplit(".", 1)[1] for link in html.select(".ec-downloads a")] == [
        "csv",
        "geojson",
        "svg",
        "png",
    ]
    assert "https://maps.example.org/ec/places/norwich.html" in html.select_one(".ec-cite").text
    assert "Demonstration data, not real values." in html.select_one(".ec-cite").text
    near = html.find(id="nearby").find_next("ul")
    assert [item.text.split(":")[0] for item in near.find_all("li")] == ["Broadland", "South Norfolk"]
    assert [link["href"] for link in near.find_all("a")] == ["broadland.html"]
    assert html.find("a", href="index.html#east-of-england").text == "All of the East of England"
    assert html.select_one(".ec-provenance")


def one_page(
    tmp_path: Path, lads: gpd.GeoDataFrame, msoas: gpd.GeoDataFrame, name: str
) -> tuple[dict[str, str], BeautifulSoup]:
    """Write one district's page and return its parts."""
    around = Around(profile.page_names(lads))
    profile.write(name, lads, msoas, around, tmp_path)
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
    assert front["title"] == AWKWARD
    assert html.find(["b", "script", "i"], string=lambda text: text in ("Co", "East")) is None
    assert AWKWARD.replace('"', "”") in html.select_one(".ec-tenths")["aria-label"]
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
    country = pd.concat(
        [squares(inside, district="A"), squares(TEN, district="B").assign(msoa21cd=lambda t: "Z" + t["msoa21cd"])]
    )
    _, html = one_page(
        tmp_path, districts(TEN), gpd.GeoDataFrame(country, crs="EPSG:27700").reset_index(drop=True), "A"
    )
    assert words in " ".join(html.text.split())
    assert {path.name for path in (tmp_path / "maps").iterdir()} == {f"a{ending}" for ending in FILES}


@pytest.mark.usefixtures("demo")
def test_a_district_without_a_value_has_a_page(tmp_path: Path) -> None:
    """It says so, in the headline, the card's words and the description."""
    lads = districts([None, *TEN])
    front, html = one_page(tmp_path, lads, squares(TEN, district="A"), "A")
    assert math.isnan(lads[VALUE].iloc[0])
    assert "There is no published estimate of economic connectedness for A" in front["description"]
    assert "it is in no tenth and has no rank" in html.select_one(".ec-lead").text


def test_pages_of_like_names_have_their_codes() -> None:
    """Two names that differ in marks only, and one that is called as the finder's page, get pages of their own."""
    lads = districts(TEN)
    lads.loc[:3, "lad21nm"] = ["St. Mary", "St Mary", "Index", "Other"]
    names = profile.page_names(lads)
    assert list(names.values())[:4] == ["st-mary-e06000001", "st-mary-e06000002", "index-e06000003", "other"]
    assert len(set(names.values())) == len(lads)


def test_real_pages_have_names_of_their_own(geo: Path) -> None:
    """No two of the real districts clash."""
    from made import real_tables

    lads = real_tables(geo).lads
    names = profile.page_names(lads)
    assert len(set(names.values())) == len(lads)
    assert not any(code.lower() in page for code, page in names.items())
