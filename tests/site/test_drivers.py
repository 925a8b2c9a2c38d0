"""What exposure and bias say of a place: the panel in words for every sort of district, and the post's parts."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest

import facts
from analysis.test_bivariate import driver, nine
from ec_maps import MEASURES, load_areas
from ec_maps.about import About
from ec_maps.analysis.bivariate import BETWEEN, CLASSES, KINDS, bivariate_table
from ec_maps.analysis.district import DistrictProfile, district_profile
from ec_maps.site import drivers
from ec_maps.site.drivers import panel
from made import VALUE, demo_tables, squares

Tables = tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]


def told_of(tables: Tables, name: str) -> DistrictProfile:
    """Return the profile of a district of the tables."""
    lads = tables[0].rename(columns={"exposure": VALUE})
    facts = {"measure": VALUE, "category": MEASURES[VALUE].category, "scope": tables[0].attrs["scope"]}
    replace(About.of(tables[0]), **facts).on(lads)
    return district_profile(lads, squares([0.5]), name)


def words(tables: Tables, name: str) -> str:
    """Return a district's panel without its square."""
    return re.sub(r"```.*?```", "", panel(told_of(tables, name), *tables), flags=re.S)


def with_deciles(tables: Tables) -> Tables:
    """Return tables of thirty districts in place of nine: enough for deciles."""
    longer = []
    for key, table in zip(("exposure", "bias"), tables, strict=True):
        values = [value + 0.0001 * copy for copy in range(4) for value in table[key]]
        longer.append(driver(key, values))
    return longer[0], longer[1]


@pytest.fixture(autouse=True)
def _live(monkeypatch: pytest.MonkeyPatch) -> None:
    """Words without the warning of the demonstration, where a test does not ask for it."""
    monkeypatch.setenv("EC_MAPS_SOURCE", "live")


def test_a_place_of_each_corner() -> None:
    """Each corner has sentences on exposure and bias, its kind, what that does not mean, and a question."""
    tables = nine()
    said = {name: words(tables, name) for name in "ACGI"}
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
    tables = with_deciles(nine())
    row = tables[0].iloc[13]
    text = words(tables, row["lad21nm"])
    assert f"expect {row['exposure']:.1%} of their friends" in text
    assert "of the local authorities of England and Wales" in text
    assert facts.deciles(text) == [row["decile"], tables[1]["decile"][13]]
    medians = [tables[0]["exposure"].median(), tables[1]["bias"].median()]
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
    exposure, bias = nine()
    bias.loc[8, "bias"] = 0.0002
    assert "come to just that: the Atlas puts bias at 0.0%" in words((exposure, bias), "I")
    bias.loc[8, "bias"] = -0.0002
    assert "come to just that: the Atlas puts bias at 0.0%" in words((exposure, bias), "I")


@pytest.mark.parametrize("lacking", ["exposure", "bias", "both"])
def test_missing(lacking: str) -> None:
    """Without one value or both the page says so and has no kind and no square; the other value is still given."""
    exposure, bias = nine()
    values = {"exposure": None if lacking != "bias" else 0.6, "bias": None if lacking != "exposure" else 0.05}
    tables = (
        driver("exposure", [*exposure["exposure"], values["exposure"]]),
        driver("bias", [*bias["bias"], values["bias"]]),
    )
    text = panel(told_of(tables, "J"), *tables)
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


def test_not_in_the_tables() -> None:
    """For a district that is not in the tables, such as a Scottish one, the page says that there is no estimate."""
    exposure, bias = nine()
    told = told_of((exposure, bias), "I")
    assert "no published estimate of exposure or bias for I" in panel(told, exposure.iloc[:8], bias.iloc[:8])


def test_the_united_kingdom() -> None:
    """Tables of the United Kingdom say so."""
    tables = nine()
    for table in tables:
        table.attrs["scope"] = "uk"
    assert "the 9 local authorities of the United Kingdom with both values" in words(tables, "A")


def test_square_has_nine_fields() -> None:
    """The square is a list of nine counts that add up, each with its words; the district's own is marked."""
    text = panel(told_of(nine(), "C"), *nine())
    fields = re.findall(r"<li( aria-current=\"true\")? style=\"background:(#\w{6});color:(#\w{6})\"><b>(\d+)</b>", text)
    assert len(fields) == CLASSES
    assert sum(int(count) for *_, count in fields) == 9
    assert [bool(here) for here, *_ in fields] == [number == 3 for number in range(1, 10)]
    assert text.count("● here") == 1
    assert "highest third of exposure, highest third of bias; many to meet, but" in text
    assert re.search(r'<ol aria-label="Where C lies by exposure and bias', text)


def test_odd_names_are_safe() -> None:
    """A name with markup in it stays text, in the words and in the square."""
    tables = nine()
    for table in tables:
        table.loc[0, "lad21nm"] = 'Bryn & *Môn* <b>"x"</b>'
    text = panel(told_of(tables, tables[0]["lad21nm"][0]), *tables)
    assert r"Bryn \& \*Môn\* \<b\>" in text
    assert "Bryn &amp; *Môn* &lt;b>”x”" in text
    assert '<b>"x"' not in text


def test_panel_of_every_demonstration_district(demo: Path) -> None:
    """Every district of the demonstration has a panel in whole words; only those that lack a value have no square."""
    lads, msoas, _ = demo_tables(demo)
    tables = load_areas("lad", "exposure"), load_areas("lad", "bias")
    kinds = bivariate_table(*tables).set_index("lad21nm")["kind"]
    for name in lads["lad21nm"][::6]:
        text = panel(district_profile(lads, msoas, name), *tables)
        assert ("ec-square" in text) == (not pd.isna(kinds[name])), name
        assert not re.search(r"\bnan\b|<NA>|None|\{|\}\}", text.replace("{=html}", "")), name


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
    table = bivariate_table(load_areas("lad", "exposure"), load_areas("lad", "bias"))
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
    table = bivariate_table(load_areas("lad", "exposure"), load_areas("lad", "bias"))
    kinds = drivers.driver_kinds()
    for kind in KINDS:
        assert f"({(table['kind'] == kind.name).sum()})" in kinds
        assert kind.means_not in kinds
    rows = re.findall(r"^\| ([^|:]+?) \| ([\d |]+) \|$", drivers.drivers_by_region(), flags=re.M)
    sums = {region: sum(map(int, cells.split(" | "))) for region, cells in rows}
    assert sums.pop("All of England and Wales") == len(table)
    assert sums == table["rgn21nm"].value_counts().to_dict()


def test_sentences(folder: Path) -> None:
    """Cut points, ends and the agreement of bias with what one can work out are given as numbers."""
    table = bivariate_table(load_areas("lad", "exposure"), load_areas("lad", "bias"))
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
