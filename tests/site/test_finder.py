"""The finder: the list by region, and the index that its search looks into."""

from __future__ import annotations

import json
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pypandoc
from bs4 import BeautifulSoup

from ec_maps.areas.places import Place, PlaceGroup
from ec_maps.geography.codes import official_districts, shipped_table
from ec_maps.site import finder
from facts import plain
from made import demo_tables, districts, squares

TEN = [0.30 + 0.02 * place for place in range(10)]


def indexed(path: Path) -> dict[str, list[object]]:
    """Return what the index script sets."""
    text = path.read_text(encoding="utf-8")
    return json.loads(text.removeprefix("window.ecPlaces = ").removesuffix(";\n"))


def test_every_district_is_in_the_list_of_its_region(demo_data_dir: Path, demo: Path) -> None:
    """All regions in order of name, each with its districts from A to Z; those with a page are links to it."""
    del demo
    lads = demo_tables(demo_data_dir).lads
    norwich = lads.set_index("lad21nm").loc["Norwich", "lad21cd"]
    html = BeautifulSoup(
        pypandoc.convert_text(finder.by_region(lads, {norwich: "norwich"}), "html", format="markdown"), "html.parser"
    )
    regions = [head.text for head in html.find_all("h2")]
    assert regions == sorted(set(lads["rgn21nm"]))
    for head in html.find_all("h2"):
        names = {
            " ".join(item.contents[0].text.replace("’", "'").split()) for item in head.find_next("ul").find_all("li")
        }
        assert names == set(lads.loc[lads["rgn21nm"] == head.text, "lad21nm"])
    assert [link["href"] for link in html.find_all("a")] == ["norwich.html"]
    assert plain(html.find("a").parent.text) == "Norwich 44.8%, decile 5"


def kingdom_of(lads: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the districts as a table of the United Kingdom, one in either nation beyond England and Wales added."""
    more = districts([0.41, None])
    more["lad21cd"], more["lad21nm"] = ["S12000013", "N09000003"], ["Na h-Eileanan Siar", "Belfast"]
    more["rgn21nm"], more["decile"] = ["Scotland", "Northern Ireland"], pd.array([3, pd.NA], dtype="Int64")
    every = gpd.GeoDataFrame(pd.concat([lads, more], ignore_index=True), crs="EPSG:27700")
    every.attrs = {"scope": "uk"}
    return every


def test_the_list_goes_on_beyond_the_border() -> None:
    """Scotland and Northern Ireland follow the other regions, each with a sentence that its deciles are of the UK."""
    lads = districts([*TEN, None])
    pages = {"S12000013": "western-isles"}
    html = BeautifulSoup(
        pypandoc.convert_text(finder.by_region(lads, pages, kingdom_of(lads)), "html", format="markdown"), "html.parser"
    )
    assert [(head.text, head["id"]) for head in html.find_all("h2")] == [
        ("North East", "north-east"),
        ("Scotland", "scotland"),
        ("Northern Ireland", "northern-ireland"),
    ]
    told = [plain(line.text) for line in html.find_all("p")]
    assert told == ["Deciles here are of the local authorities of the United Kingdom."] * 2
    told = html.find("a", href="western-isles.html").parent.text
    assert plain(told) == "Na h-Eileanan Siar 41.0%, decile 3"
    assert len(html.find_all("li")) == 13


def test_the_index_goes_on_beyond_the_border(tmp_path: Path) -> None:
    """Districts beyond the border follow the others, whose positions do not change; their deciles name their scope."""
    lads, msoas = districts([*TEN, None]), squares(TEN, district="B")
    pages = {"S12000013": "western-isles"}
    finder.write_index(lads, msoas, pages, tmp_path / "without.js")
    finder.write_index(lads, msoas, pages, tmp_path / "with.js", kingdom_of(lads))
    without, told = indexed(tmp_path / "without.js"), indexed(tmp_path / "with.js")
    assert told["districts"][:-2] == without["districts"]
    assert told["districts"][-2:] == [
        ["Na h-Eileanan Siar", "Scotland", "western-isles", "41.0%", "3 of the United Kingdom"],
        ["Belfast", "Northern Ireland", "", "no published estimate", None],
    ]
    assert told["areas"] == without["areas"]
    assert ["Western Isles", 11] in told["also"]
    assert list(told["regions"].items())[1:] == [("Scotland", "scotland"), ("Northern Ireland", "northern-ireland")]


def test_the_index_has_every_district_and_neighbourhood(tmp_path: Path) -> None:
    """A neighbourhood carries its district's place, its number, readable name and code; nothing can end the script."""
    lads = districts([*TEN, None])
    lads.loc[0, "lad21nm"] = "Tŷ & </script>"
    msoas = squares(TEN, district="B")
    lads.loc[1, "lad21nm"] = "Isle of Anglesey"
    msoas["lad21nm"] = "Isle of Anglesey"
    msoas["msoa21nm"] = [f"Isle of Anglesey {number:03}" for number in range(1, 11)]
    msoas["msoa21hclnm"] = ["Hill & Dale", "Amlwch", *[None] * 8]
    msoas["msoa21hclnmw"] = ["Bryn a Dyffryn", "Amlwch", *[None] * 8]
    finder.write_index(lads, msoas, {"E06000002": "b"}, tmp_path / "index.js")
    assert "</script>" not in (tmp_path / "index.js").read_text(encoding="utf-8")
    told = indexed(tmp_path / "index.js")
    assert told["districts"][0] == ["Tŷ & </script>", "North East", "", "30.0%", 1]
    assert told["districts"][1] == ["Isle of Anglesey", "North East", "b", "32.0%", 2]
    assert told["districts"][10] == ["K", "North East", "", "no published estimate", None]
    assert told["areas"][:3] == [
        [1, "001", "Hill & Dale / Bryn a Dyffryn", "e02000001"],
        [1, "002", "Amlwch", "e02000002"],
        [1, "003", "", "e02000003"],
    ]
    assert ["Ynys Môn", 1] in told["also"]
    assert ["Anglesey", 1] in told["also"]
    assert told["regions"] == {"North East": "north-east"}


def test_the_index_has_groups(tmp_path: Path) -> None:
    """A group of the list has the positions of its districts and a mark; counties lead to theirs, and have a slug."""
    lads, msoas = districts([*TEN, None]), squares(TEN, district="B")
    lads.loc[[0, 2, 3, 4], "lad21nm"] = ["Mendip", "Sedgemoor", "Somerset West and Taunton", "South Somerset"]
    places = tuple(Place(lads["lad21nm"][at], lads["lad21cd"][at], "North East") for at in (3, 0))
    pair = PlaceGroup("Levels </script>", "group", places)
    finder.write_index(lads, msoas, {}, tmp_path / "index.js", groups=[pair])
    assert "</script>" not in (tmp_path / "index.js").read_text(encoding="utf-8")
    # The made-up codes are those of a combined authority's districts.
    groups = [one for one in indexed(tmp_path / "index.js")["wider"] if len(one) > 4 and one[0] != "Tees Valley"]
    assert groups == [
        ["Somerset", "county", 4, "somerset", [0, 2, 4, 3]],
        ["Levels </script>", "group", 2, "levels-script", [3, 0], 1],
    ]
    text = finder.groups_with_pages([pair], msoas)
    assert "(levels-script.html), a group of 2 local authorities with 0 neighbourhoods" in text
    assert finder.groups_with_pages([], msoas) == ""


def test_the_index_has_districts_of_other_years(tmp_path: Path) -> None:
    """An abolished district leads to its successor and a later one to those it was made of, with a sentence each."""
    lads, msoas = districts([*TEN, None]), squares(TEN, district="B")
    there = ["East Suffolk", "Allerdale", "Carlisle", "Copeland", "Norwich", "Kirklees", "Bedford"]
    lads["lad21nm"] = [*there, *lads["lad21nm"][len(there) :]]
    finder.write_index(lads, msoas, {}, tmp_path / "index.js")
    told = indexed(tmp_path / "index.js")
    names = [district[0] for district in told["districts"]]
    also: dict[str, list[tuple[str, str]]] = {}
    for name, at, *history in told["also"]:
        also.setdefault(name, []).append((names[at], *history))
    gone = "Suffolk Coastal was abolished on 1 April 2019 and became part of East Suffolk."
    assert also["Suffolk Coastal"] == [("East Suffolk", gone)]
    assert sorted(name for name, _ in also["Cumberland"]) == ["Allerdale", "Carlisle", "Copeland"]
    assert not set(names) & {name for name, at, *history in told["also"] if history}
    assert told["mapped"] == len(lads)
    assert [names[at] for _, at in [told["postcodes"]["NR"], told["postcodes"]["HD"]]] == ["Norwich", "Kirklees"]


def test_the_table_of_postcode_areas() -> None:
    """Each has one or two letters, once, and a district of December 2021; London's own letters are not in it."""
    rows = shipped_table("postcode_areas.csv")
    letters = [row["letters"] for row in rows]
    assert len(set(letters)) == len(letters) == 113
    assert all(one.isupper() and len(one) < 3 for one in letters)
    assert not set(letters) & {"E", "EC", "N", "NW", "SE", "SW", "W", "WC"}
    assert {row["district"] for row in rows} <= {district.name for district in official_districts().values()}
