"""Other classes than deciles: cut as mapclassify cuts them, said by their own name, and refused where they mislead."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

import geopandas as gpd
import mapclassify
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import ec_maps
from ec_maps.about import About
from ec_maps.analysis.export import write_csv, write_geojson
from ec_maps.areas.checked import checked
from ec_maps.areas.schemes import chosen
from ec_maps.classes import DECILES, SCHEMES, Classes
from ec_maps.errors import DataError, EcMapsError, SettingError
from ec_maps.graphics import palette
from ec_maps.maps.choropleth_words import alt_text, caption
from ec_maps.site.markdown import value_table
from made import VALUE, demo_tables

#: 1 to 100 twice, and ten far away.
SPREAD = pd.Series([*range(1, 101), *range(1, 101), *range(1000, 1010)], dtype=float)

NAMES: list[tuple[Any, int | None, str]] = [
    ("quintiles", None, "quintile"),
    ("quantiles", 4, "class"),
    ("equal_interval", 3, "class"),
    ("natural_breaks", 5, "class"),
    ([0, 0.4, 0.45, 0.5, 1], None, "class"),
]


@pytest.fixture
def lads(demo: Path) -> gpd.GeoDataFrame:
    """Return the districts of England and Wales, of the demonstration."""
    return demo_tables(demo).lads.copy()


def texts(drawn: ec_maps.Map) -> str:
    """Return all text of a figure."""
    return "\n".join(text.get_text() for ax in drawn.figure.axes for text in ax.texts)


def test_quantiles_and_intervals_are_those_of_mapclassify() -> None:
    """The upper edges are mapclassify's bins, and each value is in the same class."""
    for scheme, theirs in (("quantiles", mapclassify.Quantiles), ("equal_interval", mapclassify.EqualInterval)):
        for k in range(2, 11):
            expected = theirs(SPREAD.to_numpy(), k=k).bins
            assert chosen(scheme, k).cut(SPREAD)[1:] == pytest.approx(expected), (scheme, k)  # type: ignore[arg-type]


def test_natural_breaks_part_what_lies_apart() -> None:
    """Three clusters are three classes, whatever their sizes, and the same each time."""
    values = pd.Series([1.0] * 5 + [2.0, 2.1, 2.2] * 30 + [9.0, 9.5])
    assert list(chosen("natural_breaks", 3).cut(values)) == [1.0, 1.0, 2.2, 9.5]
    # Near to one another and far from 0, where single precision would not tell them apart.
    assert list(chosen("natural_breaks", 3).cut(values + 1e6)) == [1e6 + 1, 1e6 + 1, 1e6 + 2.2, 1e6 + 9.5]


def within(values: np.ndarray, edges: np.ndarray) -> float:
    """Return the sum of squares within classes."""
    classes = np.searchsorted(edges[1:-1], values, side="left")
    return float(
        sum(((values[classes == one] - values[classes == one].mean()) ** 2).sum() for one in np.unique(classes))
    )


def test_natural_breaks_of_many_values_are_as_good(demo: Path) -> None:
    """Breaks found on some of 1,800 values fit all of them as well as those of k-means, to a hundredth."""
    values = demo_tables(demo).msoas[VALUE].dropna().to_numpy(dtype=float)[::4]
    theirs = mapclassify.NaturalBreaks(values, k=4)
    ours = chosen("natural_breaks", 4).cut(pd.Series(values))
    assert within(values, ours) <= 1.01 * within(values, np.array([values.min(), *theirs.bins]))


@pytest.mark.parametrize(("scheme", "k", "noun"), NAMES)
def test_a_table_has_its_classes_beside_its_deciles(
    lads: gpd.GeoDataFrame, scheme: Any, k: int | None, noun: str
) -> None:
    """Deciles stay, ``class`` follows the outline, 1 is lowest, and a table that has been to a file is drawn."""
    areas = ec_maps.load_areas("lad", scheme=scheme, k=k)
    assert list(areas["decile"].fillna(0)) == list(lads["decile"].fillna(0))
    assert list(areas.columns[5:7]) == ["geometry", "class"]
    assert str(areas["class"].dtype) == "Int64"
    assert (areas["class"].isna() == areas[VALUE].isna()).all()
    number = len(areas.attrs["cut_points"]) - 1
    for at, (low, high) in enumerate(zip(areas.attrs["cut_points"], areas.attrs["cut_points"][1:], strict=False), 1):
        inside = areas.loc[areas["class"] == at, VALUE]
        assert ((inside > low) | (at == 1)).all()
        assert (inside <= high).all()
    ready, about = checked(areas.merge(lads[["lad21cd"]].assign(pupils=1)), "lad")
    assert (about.classes.number, about.classes.noun) == (number, noun)
    found = ready["class"].value_counts()
    words = alt_text(ready, "national")
    assert all(f"{found[at]} in {noun} {at}" in words for at in found.index)
    assert "decile" not in words + caption(ready, "national")


def test_a_part_and_a_file_keep_the_classes(demo: Path, tmp_path: Path) -> None:
    """Wales, from a GeoPackage, in the fifths of England and Wales."""
    areas = ec_maps.load_areas("lad", scheme="quintiles")
    areas[areas["rgn21nm"] == "Wales"].to_file(tmp_path / "wales.gpkg")
    whole = ec_maps.regional_map(areas, "Wales")
    again = ec_maps.regional_map(gpd.read_file(tmp_path / "wales.gpkg"), "Wales")
    assert again.caption == whole.caption
    assert again.png() == whole.png()


def test_surroundings_have_the_classes_of_the_whole(demo: Path) -> None:
    """Neighbourhoods near a place are in the fifths of all."""
    whole = ec_maps.load_areas("msoa", scheme="quintiles")
    near = ec_maps.load_areas("msoa", near="Norwich", scheme="quintiles")
    assert near.attrs["cut_points"] == whole.attrs["cut_points"]
    assert list(near["class"]) == list(whole.set_index("msoa21cd").loc[near["msoa21cd"], "class"])


def test_the_legend_has_a_swatch_for_each_class(demo: Path) -> None:
    """Five colours of the ten, both ends among them; quintile and not decile in all that a reader meets."""
    drawn = ec_maps.regional_map(ec_maps.load_areas("lad", scheme="quintiles"), "Wales", highlight=["Cardiff"])
    ten, shown = ec_maps.ice_colours(), palette.class_colours(About.of(drawn.areas))
    assert (len(shown), shown[0], shown[-1]) == (5, ten[0], ten[-1])
    words, svg = texts(drawn), drawn.svg()
    assert "lowest quintile" in words
    assert "by quintile of all local authorities" in words
    assert "Quintiles of the 327 local authorities of England and Wales with a value" in words
    usual, for_phones = svg.split('<g class="ec-narrow"')
    assert [part.count("<title>quintile ") for part in (usual, for_phones)] == [5, 5]
    assert "<title>quintile 5 of 5</title>" in svg
    assert "could be" not in svg, "by how many deciles a value may move says nothing of quintiles"
    for text in (words, svg, drawn.caption, drawn.alt_text):
        assert "decile" not in text.lower()
    for at, row in drawn.areas.set_index("lad21nm").iterrows():
        if pd.notna(row["class"]):
            assert f"{at}: {row[VALUE]:.1%}, quintile {row['class']} of 5" in svg


def test_tables_and_exports_follow(demo: Path, tmp_path: Path) -> None:
    """The table on a page, the CSV and the GeoJSON speak of quintiles."""
    areas = ec_maps.load_areas("lad", scheme="quintiles")
    assert "| Quintile |" in value_table(areas, "Districts").replace("  ", " ")
    write_csv(areas, tmp_path / "areas.csv")
    table = pd.read_csv(tmp_path / "areas.csv")
    assert set(table["quintile_of"]) == {"England and Wales"}
    assert list(table["class"].dropna()) == sorted(areas["class"].dropna())
    write_geojson(areas, tmp_path / "areas.geojson")
    assert '"quintile_of":"England and Wales"' in (tmp_path / "areas.geojson").read_text(encoding="utf-8")


def test_deciles_are_as_before(lads: gpd.GeoDataFrame) -> None:
    """Asked for by name, deciles are the table without a scheme; as quantiles they are the same classes."""
    pd.testing.assert_frame_equal(ec_maps.load_areas("lad", scheme="deciles"), lads)
    ten = ec_maps.load_areas("lad", scheme="quantiles", k=10)
    assert list(ten["class"].fillna(0)) == list(ten["decile"].fillna(0))


def test_classes_that_are_not_those_of_the_values_are_refused(demo: Path) -> None:
    """As deciles are checked against the values of the whole, so are other classes."""
    areas = ec_maps.load_areas("lad", scheme="natural_breaks", k=4)
    with pytest.raises(SettingError, match=r"of its classes are not those of its column economic_connectedness"):
        checked(areas.assign(**{"class": 5 - areas["class"]}), "lad")
    with pytest.raises(SettingError, match="lacks the columns class"):
        checked(areas.drop(columns="class"), "lad")


def test_plots_of_deciles_refuse_other_classes(demo: Path) -> None:
    """The strip plot's words are about deciles of the Atlas's measures."""
    tables = [ec_maps.load_areas(level, scheme="quintiles") for level in ("lad", "msoa")]  # type: ignore[arg-type]
    with pytest.raises(SettingError, match="without scheme="):
        ec_maps.strip_plot(*tables, "Norwich")


FAULTY: list[tuple[Any, Any, str]] = [
    ("jenks5", None, r'no scheme "jenks5"\. Perhaps scheme="natural_breaks"\?'),
    ("", None, 'no scheme ""'),
    ("quantiles", 1, "k is 1; .* 2 to 10"),
    ("quantiles", 11, "k is 11"),
    ("quantiles", True, "k is True"),
    ("natural_breaks", 4.0, "k is 4.0"),
    ("quintiles", 4, 'has 5 classes, and k is 4.*"quantiles"'),
    ("deciles", 5, "has 10 classes"),
    (None, None, "edges of classes; None was given"),
    (5, None, "edges of classes; 5 was given"),
    ([0, 0.5, 0.4, 1], None, r"have to rise: 0\.4 comes after 0\.5"),
    ([0, 0.5, 0.5, 1], None, "have to rise"),
    ([0, 1], None, "2 edges were given"),
    (list(range(12)), None, "12 edges were given"),
    ([0, 0.5, float("inf")], None, "inf is none"),
    ([0, "0.5", 1], None, '"0.5" is none'),
    ([0, 0.5, 1], 3, "make 2 classes, and k is 3"),
]


@pytest.mark.parametrize(("scheme", "k", "words"), FAULTY)
def test_what_is_no_scheme_is_refused_in_a_letter(scheme: Any, k: Any, words: str) -> None:
    """An unknown name, a number of classes that the palette does not have, edges out of order."""
    with pytest.raises(SettingError, match=words):
        ec_maps.load_areas("lad", scheme=scheme, k=k)


def test_classes_that_would_mislead_are_refused() -> None:
    """More classes than values, edges that leave values out or put all into one, and nothing to cut."""
    few = pd.Series([1.0, 1.0, 2.0, 3.0])
    with pytest.raises(DataError, match=r"only 3 of the values are distinct.*k=3"):
        chosen("quantiles", 4).cut(few)
    with pytest.raises(DataError, match=r"edges run from 2 to 5, but the values from 1 to 3: 2 of 4"):
        chosen([2, 3, 5], None).cut(few)
    with pytest.raises(DataError, match=r"All 4 values \(1 to 3\) are in one .* unit of the values: in pupils"):
        chosen([0, 50, 100], None).cut(few, "in pupils")
    with pytest.raises(DataError, match="all 4 values are equal"):
        chosen("quintiles", None).cut(few * 0)
    with pytest.raises(DataError, match="no area has a value"):
        chosen("quintiles", None).cut(few * np.nan)


def test_colours_are_taken_evenly() -> None:
    """Any number of classes has as many colours in the order of the ten, both ends included, none twice."""
    for number in range(2, 11):
        shown = Classes("quantiles", number).spread([str(at) for at in range(10)])
        steps = np.diff([int(one) for one in shown])
        assert (shown[0], shown[-1], len(shown)) == ("0", "9", number)
        assert steps.min() >= 1
        assert np.ptp(steps) <= 1


def test_a_class_in_words() -> None:
    """Both ends have a name, those between a number, and a missing one is hatched."""
    three = Classes("natural_breaks", 3)
    assert [three.in_words(one) for one in (1, 2, 3, pd.NA, None, float("nan"))] == [
        "the lowest class", "class 2 of 3", "the highest class", "hatched", "hatched", "hatched",
    ]  # fmt: skip
    assert DECILES.in_words(4) == "decile 4 of 10"


NUMBERS = st.lists(st.floats(-1e9, 1e9) | st.integers(0, 3).map(float) | st.none(), max_size=60)


@given(NUMBERS, st.sampled_from([name for name in SCHEMES if name != "deciles"]), st.integers(2, 10))
def test_any_values_are_cut_or_refused(numbers: list[float | None], scheme: Any, k: int) -> None:
    """Edges rise, begin and end with the values, and are one more than the classes; else it is a letter."""
    values = pd.Series(numbers, dtype=float)
    asked = chosen(scheme, None if scheme == "quintiles" else k)
    with suppress(EcMapsError):
        edges = asked.cut(values)
        assert len(edges) == asked.classes.number + 1
        assert (np.diff(edges) >= 0).all()
        assert (edges[0], edges[-1]) == (values.min(), values.max())
