"""The methods page counts what it says from the data, and its tables agree with the tables of areas."""

from __future__ import annotations

import io
import re
import shutil
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pypandoc
import pytest
from bs4 import BeautifulSoup

from ec_maps import load_areas, methods, pages
from ec_maps.errors import BoundaryError
from ec_maps.geography.codes import official_districts
from ec_maps.geography.similar import similar_codes
from ec_maps.graphics.palette import ice_colours
from ec_maps.measures import MEASURES
from ec_maps.site import district_pages, posts
from ec_maps.site import methods as method_tables


def tables(markdown: str) -> list[list[list[str]]]:
    """Return the tables of some markdown as rows of cells, heads first."""
    html = BeautifulSoup(pypandoc.convert_text(markdown, "html", format="markdown"), "html.parser")
    return [
        [[" ".join(cell.get_text().split()) for cell in row.find_all(["th", "td"])] for row in table.find_all("tr")]
        for table in html.find_all("table")
    ]


@pytest.mark.full
@pytest.mark.usefixtures("demo")
def test_every_function_of_the_page_gives_text_and_every_table_its_frame() -> None:
    """Whatever the page calls gives markdown without a gap; tables scroll in frames that have a name."""
    for name in method_tables.__all__:
        text = getattr(method_tables, name)()
        assert text.strip() or name == "left_out", name  # of the demonstration, nothing is
        assert not re.search(r"\bnan\b|<NA>|None\b|\{\w+\}", text), name
        assert len(re.findall(r'\.ec-table role="region" tabindex="0" aria-label="[^"]+"', text)) == len(tables(text))


def test_the_page_calls_what_the_module_has(root: Path) -> None:
    """No sentence of the module is forgotten, and the page computes nothing by itself."""
    used = {
        name
        for page in ("methods.qmd", "python.qmd")
        for name in re.findall(r"\bmethods\.(\w+)\(\)", (root / page).read_text(encoding="utf-8"))
    }
    assert used == set(methods.__all__)
    cells = re.findall(r"```\{python\}\n(.*?)```", (root / "methods.qmd").read_text(encoding="utf-8"), flags=re.DOTALL)
    assert [cell for cell in cells if "lambda" in cell or "[" in cell] == []


@pytest.mark.usefixtures("demo")
def test_similar_places_are_nearer_than_any_two() -> None:
    """The medians of all differences, counted here one by one; the 17 without a list are named."""
    lads = load_areas("lad")
    values = dict(zip(lads["lad21nm"], lads["economic_connectedness"], strict=True))
    near, far = [], []
    for code, district in official_districts().items():
        if pd.notna(own := values.get(district.name)):
            others = [values.get(official_districts()[one].name) for one in similar_codes(code)]
            near += [abs(own - other) for other in others if pd.notna(other)]
            far += [abs(own - other) for name, other in values.items() if pd.notna(other) and name != district.name]
    said = method_tables.similar_places()
    assert f"lie within {100 * pd.Series(near).median():.1f} percentage points of each other" in said
    assert f"half of any two lie within {100 * pd.Series(far).median():.1f}." in said
    assert "17 have no list" in said
    assert "Allerdale, Barrow-in-Furness" in said


def test_the_codebook_has_each_measure_once() -> None:
    """A row a measure, in the codebook's order, with its key and every column that it is read from."""
    ((_, *rows),) = tables(method_tables.codebook())
    assert [row[0] for row in rows] == [f"{measure.title} {measure.key}" for measure in MEASURES.values()]
    for row, measure in zip(rows, MEASURES.values(), strict=True):
        assert all(column in row[3] for column in measure.columns)
        assert row[4] == measure.low_connection_end


@pytest.mark.usefixtures("demo")
def test_the_deciles_are_those_of_the_tables() -> None:
    """The edges and the number of areas of each decile are those that the maps are drawn with."""
    ((_, *rows),) = tables(method_tables.deciles())
    lads = load_areas("lad")
    assert [int(row[2]) for row in rows] == [int((lads["decile"] == decile).sum()) for decile in range(1, 11)]
    assert rows[0][1] == f"{lads['economic_connectedness'].min():.1%} to {lads.attrs['cut_points'][1]:.1%}"
    assert rows[9][1].endswith(f"{lads['economic_connectedness'].max():.1%}")


@pytest.mark.usefixtures("demo")
def test_the_spread_has_every_available_measure() -> None:
    """A row a measure and a table a level; the number of areas with a value is counted from the table."""
    for level, (_, *rows) in zip(("lad", "msoa"), tables(method_tables.spread()), strict=True):
        keys = method_tables.available_measures(level)
        assert [row[0] for row in rows] == [MEASURES[key].title for key in keys]
        assert [row[1] for row in rows] == [f"{load_areas(level, key)[key].notna().sum():,}" for key in keys]


@pytest.mark.usefixtures("demo")
def test_missing_areas_are_told_apart() -> None:
    """Of the demonstration, two districts have no row and two no value."""
    assert method_tables.missing().startswith(
        "Of the 331 local authorities, 327 have a value; two have a row without one and two are not in the file at all."
    )


@pytest.mark.usefixtures("demo")
def test_measures_with_ties_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a measure of which many values are equal, the page says how many groups there are."""
    areas = load_areas("lad")
    areas.attrs["groups"] = [1, 4, 5, 6, 7, 8, 9]
    monkeypatch.setattr(method_tables, "load_values", lambda *_: areas)
    monkeypatch.setattr(method_tables, "_usable", lambda level: ["volunteering_groups"] if level == "lad" else [])
    assert method_tables.ties().endswith(
        "So many values are equal that fewer than ten groups can be shown for Volunteering groups by local authority "
        "(seven groups)."
    )


def districts(deciles: list[int], regions: list[str], codes: str) -> pd.DataFrame:
    """Return districts with deciles."""
    names = [f"{code}{number}" for number, code in enumerate(codes)]
    return pd.DataFrame({"lad21cd": names, "rgn21nm": regions, "decile": pd.array(deciles, dtype="Int64")})


def test_what_the_scale_of_the_kingdom_changes_is_counted() -> None:
    """The added districts are counted by nation, and so are those in another decile, with the largest step."""
    here = districts([1, 2, 3], ["London"] * 3, "EEE")
    whole = districts([1, 3, 5, 2, 8], ["London"] * 3 + ["Scotland", "Northern Ireland"], "EEESN")
    told = method_tables._uk_districts(whole, here)
    assert told == (
        "There are 5 districts in the United Kingdom: 3 in England and Wales, 1 in Northern Ireland and 1 in Scotland. "
        "Of the 3 districts of England and Wales that have a value, 2 are in another decile of the United Kingdom than "
        "of England and Wales, by two at most."
    )
    assert "each is in the same decile" in method_tables._uk_districts(here, here.iloc[:2])


@pytest.mark.usefixtures("demo")
def test_boundaries_without_scotland_are_no_fault_of_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no table of the United Kingdom can be made, the page says so and is built."""

    def areas(_level: str, _measure: str = "", scope: str = "ew") -> gpd.GeoDataFrame:
        assert scope == "uk"
        msg = "none in Scotland"
        raise BoundaryError(msg)

    monkeypatch.setattr(method_tables, "load_values", areas)
    assert method_tables.united_kingdom().endswith("so there is no table of the United Kingdom.")


def test_bias_is_compared_with_one_less_the_ratio(monkeypatch: pytest.MonkeyPatch) -> None:
    """Known values: connectedness 0.4 of an exposure of 0.5 is a bias of 0.2; 0.23 is three points away."""
    told = {
        "economic_connectedness": [0.4, 0.4, 0.6, None],
        "exposure": [0.5, 0.5, 0.5, 0.5],
        "bias": [0.2, 0.23, -0.2, 0.1],
    }
    frames = {key: pd.DataFrame({"lad21cd": list("abcd"), key: values}) for key, values in told.items()}
    monkeypatch.setattr(method_tables, "load_values", lambda _level, key: frames[key])
    text = method_tables._of_drivers("lad")
    assert text.startswith("Of the 3 local authorities that have all three values, one has a bias below zero. ")
    assert text.endswith("is less than 0.1 percentage points; the largest is 3.0 percentage points.")


def test_the_colours_are_those_of_the_palette() -> None:
    """Ten rows, decile 1 first, and lightness rises."""
    ((_, *rows),) = tables(method_tables.colours())
    assert [row[1].strip() for row in rows] == ice_colours()
    lightness = [int(row[2]) for row in rows]
    assert lightness == sorted(lightness)


@pytest.mark.usefixtures("demo")
def test_the_demonstration_cannot_be_cited() -> None:
    """The citation has the version and the data set's address; of invented data it gives no date."""
    from importlib.metadata import version

    told = method_tables.citations()
    assert f"version {version('ec-maps')}" in told
    assert "data.humdata.org/dataset/uk-social-capital-atlas" in told
    assert "demonstration data" in told
    assert "Data dated" not in told


# --- measures that cannot be mapped -----------------------------------------------------------------


SPOILT: dict[str, Callable[[pd.Series], pd.Series]] = {
    "constant": lambda values: values.where(values.isna(), 0.25),
    "constant but for one": lambda values: values.where(values.isna(), 0.25).where(values.index != 7, 0.5),
    "missing": lambda values: values * float("nan"),
    "three values": lambda values: values.where(values.index < 3),
}


def spoil(project: Path, how: Callable[[pd.Series], pd.Series]) -> None:
    """Give a project demonstration data of its own, in which all measures but the first are spoilt."""
    home = project / "data" / "demo"
    shutil.copytree(Path(__file__).parents[2] / "data" / "demo", home)
    columns = {column for measure in MEASURES.values() for column in measure.columns} - {"high_ses_ratio"}
    for path in home.glob("*.zip"):
        with zipfile.ZipFile(path) as old:
            tables = {name: old.read(name) for name in old.namelist() if name.endswith(".csv")}
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
            for name, content in tables.items():
                table = pd.read_csv(io.BytesIO(content), index_col=0, dtype={"ds": str})
                for column in columns & set(table.columns):
                    table[column] = how(table[column].astype(float))
                new.writestr(name, table.to_csv(lineterminator="\n"))


def test_measures_that_are_left_out_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """By level, and in no words at all where each can be mapped."""
    faulty = {"lad": ("exposure", "bias"), "msoa": ("bias",)}
    monkeypatch.setattr(method_tables, "inputs", lambda: "")
    monkeypatch.setattr(method_tables, "_sorted_out", lambda level, _: ((), faulty[level]))
    because = "because the values in the files cannot be mapped"
    assert method_tables.left_out() == (
        f"Left out for local authorities, {because}: Exposure and Friending bias. "
        f"Left out for neighbourhoods, {because}: Friending bias."
    )
    monkeypatch.setattr(method_tables, "_sorted_out", lambda *_: ((), ()))
    assert method_tables.left_out() == ""


def test_one_measure_is_compared_with_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where only economic connectedness can be mapped, the page that compares says so; at one level, it has one tab."""
    cards: list[str] = []
    monkeypatch.setattr(posts, "inputs", lambda: "")
    monkeypatch.setattr(posts, "_found", lambda *_: (["economic_connectedness"], None))
    monkeypatch.setattr(posts, "areas", lambda _: None)
    monkeypatch.setattr(posts.markdown, "keep_national_card", lambda page, _: cards.append(page))
    assert posts.correlations().startswith("The matrix is left out: only one measure in the files at hand")
    assert cards == ["compare"]  # the picture that lists and links show of the page
    assert (posts.with_connectedness(), posts.number_of_measures()) == ("", "one")
    assert posts.both_levels() == "No pair of measures has a correlation at both levels."
    ((_, row),) = tables(posts.codebook_table())
    assert row[0] == "Economic connectedness"


@pytest.mark.full
@pytest.mark.parametrize("kind", SPOILT)
def test_measures_that_cannot_be_mapped_leave_their_pages(
    demo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    """Every page is built, with a sentence on what it leaves out; those about economic connectedness lack nothing."""
    project = tmp_path
    (project / "_quarto.yml").touch()
    monkeypatch.chdir(project)
    spoil(project, SPOILT[kind])
    monkeypatch.setenv("EC_MAPS_DATA_DIR", str(project / "data"))
    (project / "places.yml").write_text("- Rutland\n", encoding="utf-8")
    (project / "maps").mkdir()
    names = [name for name in pages.__all__ if name not in ("areas", "hyperlocal", "regional", "other_regions")]
    if kind != "constant":  # the maps of economic connectedness are the same
        names = [name for name in names if name not in ("national", "kingdom", "hexagons", "home_map")]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        told = {name: getattr(pages, name)(*["lad"] * (name in ("number_of", "value_range"))) for name in names}
        told |= {name: getattr(methods, name)() for name in methods.__all__}
        district_pages.build(project, quiet=True, jobs=1)
        text = (Path(__file__).parents[2] / "python.qmd").read_text(encoding="utf-8")
        shown: dict[str, object] = {}
        for cell in re.findall(r"^```\{python\}\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL):
            exec(cell, shown)
    place = (project / "places" / "rutland.qmd").read_text(encoding="utf-8")
    if kind in ("constant", "missing"):
        assert re.fullmatch(
            r"Left out for local authorities, because the values in the files cannot be mapped: .*Exposure.* "
            r"Left out for neighbourhoods, because .*: .*Exposure.*",
            told["left_out"],
        )
        assert told["drivers"].startswith("Exposure and bias cannot be shown from the data at hand.")
        assert "The section on exposure and bias is left out" in place
    assert {path.name for path in (project / "maps").glob("*-card.png")} >= {"compare-card.png", "levers-card.png"}
    assert not re.search(r"\bnan\b|<NA>|None\b", " ".join(told.values()))
    assert "## Neighbourhood by neighbourhood" in place
