"""What exposure and bias say of a place: the panel in words for every sort of district, and the post's parts."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pypandoc
import pytest
from bs4 import BeautifulSoup, Tag

import facts
from analysis.test_bivariate import BIAS, EXPOSURE, both, nine
from ec_maps import load_areas
from ec_maps.about import About
from ec_maps.analysis.bivariate import BETWEEN, CLASSES, KINDS, LEVERS, bivariate_table
from ec_maps.analysis.district import DistrictProfile, district_profile
from ec_maps.analysis.group import group_profile
from ec_maps.analysis.two_questions import CAUTION, FINDINGS
from ec_maps.areas.deciles import deciles
from ec_maps.areas.places import PlaceGroup, read_places
from ec_maps.site import drivers
from ec_maps.site.driver_panel import group_panel, panel
from made import VALUE, about, squares


def told_of(table: gpd.GeoDataFrame, name: str, msoas: gpd.GeoDataFrame | None = None) -> DistrictProfile:
    """Return the profile of a district of the table, with thirds; its neighbourhoods have none unless given."""
    if msoas is None:
        msoas = about(squares([0.5]).rename(columns={VALUE: "exposure"}), measure="exposure")
    return district_profile(bivariate_table(table), msoas, name)


def shown(table: gpd.GeoDataFrame, name: str) -> str:
    """Return the panel of a district without neighbourhoods."""
    told = told_of(table, name)
    return panel(told, told.msoas, "page", Path("nowhere"))


def words(table: gpd.GeoDataFrame, name: str) -> str:
    """Return a district's panel without its square."""
    return re.sub(r"```.*?```", "", shown(table, name), flags=re.S)


def of_the_kingdom(table: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return a table that says that it is of the United Kingdom."""
    replace(About.of(table), scope="uk").on(table)
    return table


def with_deciles() -> gpd.GeoDataFrame:
    """Return a table of 36 districts in place of nine: enough for deciles."""
    longer = [[value + 0.0001 * copy for copy in range(4) for value in values] for values in (EXPOSURE, BIAS)]
    return both(*longer)


@pytest.fixture(autouse=True)
def _live(monkeypatch: pytest.MonkeyPatch) -> None:
    """Words without the warning of the demonstration, where a test does not ask for it."""
    monkeypatch.setenv("EC_MAPS_SOURCE", "live")


def test_a_place_of_each_corner() -> None:
    """Each corner has sentences on exposure and bias, its kind, what that does not mean, and a question."""
    said = {name: words(nine(), name) for name in "ACGI"}
    for name, meets, follows in (
        ("A", "fewer", "more"),
        ("C", "more", "more"),
        ("G", "fewer", "less"),
        ("I", "more", "less"),
    ):
        assert f"have {meets} high-income people to meet than in most places" in said[name]
        if name != "G":
            assert f"fall short of that by {follows} than in most places" in said[name]
    for kind in KINDS:
        text = said["ACGI"[{1: 0, 3: 1, 7: 2, 9: 3}[kind.number]]]
        for part in (f"“{kind.name}”", kind.means_not, kind.question[1:]):
            assert part in text


def test_in_between() -> None:
    """A district in the middle third of either is in between, with the number of others, and gets no question."""
    text = words(nine(), "E")
    assert "neither many nor few high-income people to meet" in text
    assert "by about as much as elsewhere" in text
    assert f"That is {BETWEEN}, as are four others of the 9 local authorities of England and Wales with both" in text
    assert "question" not in text


def test_numbers_deciles_and_medians() -> None:
    """Both values are given with their deciles and the medians of all."""
    table = with_deciles()
    row = table.iloc[13]
    text = words(table, row["lad21nm"])
    assert f"expect {row['exposure']:.1%} of their friends" in text
    assert "of the local authorities of England and Wales" in text
    assert facts.deciles(text) == [row["decile"], deciles(table["bias"])[13]]
    medians = [table["exposure"].median(), table["bias"].median()]
    assert {facts.shown(median) for median in medians} <= set(facts.values(text))


def test_ends() -> None:
    """The lowest and the highest of all are called so, with of how many."""
    text = words(nine(), "A")
    assert "(the lowest of all 9 local authorities; " in text
    assert 51.0 in facts.values(text)
    assert "(the highest of all 9 local authorities; " in words(nine(), "I")
    assert "bias at 22.0% (the highest of all 9; " in words(nine(), "C")


def test_negative_bias() -> None:
    """Friendships beyond what is expected are said to exceed it; a bias that rounds to nought, to come to just that."""
    text = words(nine(), "G")
    assert "do not fall short of that but exceed it: the Atlas puts bias at −2.0% (the lowest of all 9; " in text
    for value in (0.0002, -0.0002):
        table = both(EXPOSURE, [*BIAS[:8], value])
        assert "come to just that: the Atlas puts bias at 0.0%" in words(table, "I")


@pytest.mark.parametrize("lacking", ["exposure", "bias", "both"])
def test_missing(lacking: str) -> None:
    """Without one value or both the page says so and has no kind and no square; the other value is still given."""
    exposure, bias = None if lacking != "bias" else 0.6, None if lacking != "exposure" else 0.05
    text = shown(both([*EXPOSURE, exposure], [*BIAS, bias]), "J")
    assert "```" not in text
    assert "third for exposure" not in text
    expected = {
        "exposure": [
            "There is no published estimate of exposure for J.",
            "fall short of what one would expect by",
            "5.0% (",
            "England",
        ],
        "bias": ["60.0% of their friends", "There is no published estimate of bias for J."],
        "both": ["no published estimate of exposure or bias for J", "no sign of a low or a high value"],
    }
    for part in expected[lacking]:
        assert part in text
    assert "nan" not in text


def test_the_united_kingdom() -> None:
    """Tables of the United Kingdom say so."""
    text = words(of_the_kingdom(nine()), "A")
    assert "the 9 local authorities of the United Kingdom with both values" in text


def test_a_district_near_a_cut() -> None:
    """A district within the tolerance of a cut point is said to be near it."""
    assert "near a cut point" not in words(nine(), "E")
    assert "third for bias, near a cut point." in words(both([*EXPOSURE[:4], 0.43, *EXPOSURE[5:]], BIAS), "E")


def test_square_has_nine_fields() -> None:
    """The square is a list of nine counts that add up, each with its words; the district's own is marked."""
    text = shown(nine(), "C")
    fields = re.findall(r"<li( aria-current=\"true\")? style=\"background:(#\w{6});color:(#\w{6})\"><b>(\d+)</b>", text)
    assert len(fields) == CLASSES
    assert sum(int(count) for *_, count in fields) == 9
    assert [bool(here) for here, *_ in fields] == [number == 3 for number in range(1, 10)]
    assert text.count("● here") == 1
    assert "highest third of exposure, highest third of bias; many to meet, but" in text
    assert re.search(r'<ol aria-label="Where C lies by exposure and bias', text)


def test_odd_names_are_safe() -> None:
    """A name with markup in it stays text, in the words and in the square."""
    table = nine()
    table.loc[0, "lad21nm"] = 'Bryn & *Môn* <b>"x"</b>'
    text = shown(table, table["lad21nm"][0])
    assert r"Bryn \& \*Môn\* \<b\>" in text
    assert "Bryn &amp; *Môn* &lt;b>”x”" in text
    assert '<b>"x"' not in text


# ---- by neighbourhood ----


def of_testham(exposure: list[float | None] = EXPOSURE, bias: list[float | None] = BIAS) -> DistrictProfile:
    """Return the profile of a district with a neighbourhood for each pair of values."""
    lads = nine()
    lads.loc[0, ["lad21cd", "lad21nm"]] = ["E06000999", "Testham"]
    return told_of(lads, "Testham", bivariate_table(both(exposure, bias, level="msoa")))


def by_neighbourhood(profile: DistrictProfile, folder: Path) -> BeautifulSoup:
    """Return the panel of a district with neighbourhoods as HTML."""
    text = panel(profile, profile.msoas, "testham", folder)
    return BeautifulSoup(
        pypandoc.convert_text(text, "html", format="markdown-citations", extra_args=["--wrap=none"]), "html.parser"
    )


def said(html: Tag) -> str:
    """Return the text of an element in one line."""
    return " ".join(html.text.split())


def test_the_neighbourhoods(tmp_path: Path) -> None:
    """In place of the district's square: the map as a file, a table with thirds and kinds, and two lists with sources.

    Where the district itself lies stays among the words.
    """
    html = by_neighbourhood(of_testham(), tmp_path)
    assert html.select(".ec-square") == []
    assert "Testham is in the lowest third for exposure and in the highest third for bias" in said(html)
    assert [image["src"] for image in html.find_all("img")] == ["maps/testham-bivariate.svg"]
    assert "Map of Testham by neighbourhood" in str(html.img)
    assert (tmp_path / "testham-bivariate.svg").is_file()
    rows = [[cell.text for cell in row.find_all("td")] for row in html.select(".ec-table tbody tr")]
    assert rows[2] == ["Testham 003", "60.0%\u00a0(3)", "22.0%\u00a0(3)", KINDS[1].name]
    assert [row[3] for row in rows].count(BETWEEN) == 5
    heads = html.find_all("h3")
    assert [" ".join(head.text.split()) for head in heads] == [
        "Many to meet, but friendships follow less often",
        "Fewer to meet, but friendships follow",
    ]
    for head, listed, key in zip(heads, ("003", "007"), LEVERS, strict=True):
        after = head.find_next_siblings()
        assert "One of the 9 neighbourhoods is of this kind." in after[0].text
        assert [item.text.split(":")[0] for item in after[1].find_all("li")] == [f"Testham {listed}"]
        assert [link["href"] for link in after[2].find_all("a")] == [one.address for one in FINDINGS[key]]
        assert LEVERS[key].question in " ".join(after[3].text.split())
    assert CAUTION in said(html)


def test_marks_near_a_cut(tmp_path: Path) -> None:
    """A neighbourhood near a cut is marked in the table and in a list, and one that could be on the list is named."""
    html = by_neighbourhood(of_testham(exposure=[*EXPOSURE[:1], 0.5465, 0.550, *EXPOSURE[3:]]), tmp_path)
    kinds = [row.find_all("td")[3].text for row in html.select(".ec-table tbody tr")]
    assert [at for at, kind in enumerate(kinds, 1) if kind.endswith("; near a cut")] == [2, 3]
    after = html.h3.find_next_siblings()
    assert " ".join(after[0].text.split()).endswith("One other is near a cut point and could be: Testham 002.")
    assert after[1].li.text == "Testham 003: exposure 55.0%, bias 22.0%; near a cut"


def test_neighbourhoods_without_values(tmp_path: Path) -> None:
    """One of two values missing is said in the table, and has no class; where all are missing there are no lists."""
    html = by_neighbourhood(of_testham([*EXPOSURE, 0.5], [*BIAS, None]), tmp_path)
    rows = [[cell.text for cell in row.find_all("td")] for row in html.select(".ec-table tbody tr")]
    assert rows[9] == ["Testham 010", "50.0%", "no published estimate", "no class"]
    assert "One neighbourhood lacks one or both values and is hatched." in said(html.figcaption)
    there = both([*EXPOSURE, None], [*BIAS, None], level="msoa")
    there.loc[:8, ["lad21cd", "lad21nm"]] = ["E06000998", "Overthere"]
    whole = bivariate_table(there)
    profile = replace(of_testham(), msoas=whole[whole["lad21cd"] == "E06000999"])
    text = panel(profile, whole, "testham", tmp_path)
    assert "###" not in text
    assert "No neighbourhood of Testham has both values." in text


@pytest.mark.full
def test_panel_of_every_demonstration_district(demo: Path, tmp_path: Path) -> None:
    """Every district of the demonstration has a panel in whole words, with a row for each neighbourhood."""
    lads, msoas = bivariate_table(load_areas("lad")), bivariate_table(load_areas("msoa"))
    for name in lads["lad21nm"][::40]:
        profile = district_profile(lads, msoas, name)
        text = panel(profile, msoas, "page", tmp_path)
        assert not re.search(r"\bnan\b|<NA>|None\b(?! of)|\{\}", text), name
        rows = re.findall(r"^\| (?!Neighbourhood|:?-)", text, flags=re.M)
        assert len(rows) == len(profile.msoas), name


@pytest.mark.full
def test_a_group_of_districts(demo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A group has no value of its own, and map, table and lists of all its neighbourhoods, numbered through."""
    monkeypatch.setenv("EC_MAPS_SOURCE", "demo")
    (tmp_path / "places.yml").write_text("- Around Norwich: [Norwich, Broadland]\n", encoding="utf-8")
    (group,) = read_places(tmp_path / "places.yml")
    assert isinstance(group, PlaceGroup)
    lads, msoas = bivariate_table(load_areas("lad")), bivariate_table(load_areas("msoa"))
    text = group_panel(group_profile(lads, msoas, group), group, msoas, "around", tmp_path)
    assert "A group has no value of either" in text
    assert (tmp_path / "around-bivariate.svg").is_file()
    inside = msoas[msoas["lad21cd"].isin(group.codes)]
    rows = re.findall(r"^\| (\d+) (\w+ \d+) \|", text, flags=re.M)
    assert [int(number) for number, _ in rows] == list(range(1, len(inside) + 1))
    assert {name for _, name in rows} == set(inside["msoa21nm"])
    assert f"of the {inside['kind'].notna().sum()} neighbourhoods" in text
    assert group_panel(group_profile(lads, msoas, group), group, load_areas("msoa"), "around", tmp_path) == ""


# ---- the post ----


@pytest.fixture
def folder(demo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an empty working folder, with the library switched to the demonstration."""
    monkeypatch.setenv("EC_MAPS_SOURCE", "demo")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_map_with_table_and_downloads(folder: Path) -> None:
    """The post's map comes with its files, a card, and a table of all districts from A to Z with both values."""
    text = drivers.drivers()
    assert sorted(path.name for path in (folder / "maps").iterdir()) == [
        *("levers-card.png", "levers.csv", "levers.png", "levers.svg")
    ]
    for name in ("svg", "png", "csv"):
        assert f"maps/levers.{name}" in text
    rows = re.findall(r"^\| (.+?) \| (.+?) \| (.+?) \| (.+?) \|$", text, flags=re.M)[2:]
    table = bivariate_table(load_areas("lad"))
    table = table.sort_values("lad21nm", kind="stable")
    assert len(rows) == len(table)
    for (name, exposure, _, kind), row in zip(rows, table.itertuples(), strict=True):
        assert name.replace("\\", "") == row.lad21nm
        assert exposure == ("no published estimate" if pd.isna(row.exposure) else f"{row.exposure:.1%}")
        assert kind == ("–" if pd.isna(row.kind) else row.kind)
    csv = pd.read_csv(folder / "maps" / "levers.csv")
    assert {"exposure", "bias", "exposure_third", "bias_third", "kind", "source"} <= set(csv.columns)
    assert len(csv) == len(table)


def test_counts_are_computed(folder: Path) -> None:
    """Kinds and regions are counted from the table: each region's row adds up to its districts."""
    table = bivariate_table(load_areas("lad"))
    kinds = drivers.driver_kinds()
    for kind in KINDS:
        assert f"({(table['kind'] == kind.name).sum()})" in kinds
        assert kind.means_not in kinds
    rows = re.findall(r"^\| ([^|:]+?) \| ([\d |]+) \|$", drivers.drivers_by_region(), flags=re.M)
    sums = {region: sum(map(int, cells.split(" | "))) for region, cells in rows}
    assert sums.pop("All of England and Wales") == len(table)
    assert sums == table["rgn21nm"].value_counts().to_dict()


def test_counts_of_neighbourhoods(folder: Path) -> None:
    """The same functions count neighbourhoods, whose thirds are their own."""
    table = bivariate_table(load_areas("msoa"))
    kinds = drivers.driver_kinds("msoa")
    for kind in KINDS:
        assert f"({(table['kind'] == kind.name).sum():,})" in kinds
    rows = re.findall(r"^\| ([^|:]+?) \| ([\d, |]+) \|$", drivers.drivers_by_region("msoa"), flags=re.M)
    sums = {region: sum(int(cell.replace(",", "")) for cell in cells.split(" | ")) for region, cells in rows}
    assert sums.pop("All of England and Wales") == len(table)
    assert sums == table["rgn21nm"].value_counts().to_dict()
    cuts = drivers.driver_cuts("msoa")
    assert f"Over the {table.attrs['with_both']:,} neighbourhoods with both values" in cuts
    assert f"Of these, {table['near_cut'].sum():,} are near a cut point" in cuts


def test_a_tab_for_each_place(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each place of the list has a tab with its neighbourhoods' map, table and downloads with thirds; Scotland none."""
    (folder / "_quarto.yml").touch()
    monkeypatch.setenv("QUARTO_PROJECT_DIR", str(folder))
    (folder / "places.yml").write_text("- Norwich\n- Belfast\n- City of London\n", encoding="utf-8")
    text = drivers.driver_places()
    assert re.findall(r"^### (.+) \{#", text, flags=re.M) == ["Norwich", "City of London"]
    assert "maps/levers-norwich.svg" in text
    csv = pd.read_csv(folder / "maps" / "levers-norwich.csv")
    assert {"exposure", "bias", "exposure_third", "bias_third", "kind", "near_cut", "source"} <= set(csv.columns)
    assert len(csv) == 14


def test_sentences(folder: Path) -> None:
    """Cut points, ends and the agreement of bias with what one can work out are given as numbers."""
    table = bivariate_table(load_areas("lad"))
    cuts = drivers.driver_cuts()
    for key in ("exposure", "bias"):
        for edge in table.attrs[f"{key}_cut_points"][1:3]:
            assert f"{edge:.1%}" in cuts
        assert f"{table[key].max():.1%}" in drivers.driver_ranges()
    assert -1 <= float(drivers.driver_agreement()) <= 1


def test_post_calls_what_there_is(root: Path) -> None:
    """Everything of exposure and bias that the post calls is there."""
    text = (root / "posts" / "levers" / "index.qmd").read_text(encoding="utf-8")
    called = set(re.findall(r"pages\.(driver\w+)\(", text))
    assert called
    assert all(callable(getattr(drivers, name)) for name in called)
