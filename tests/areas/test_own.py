"""A column of the user's own is a table for the same maps, cleaned where it is plain what is meant, else refused."""

from __future__ import annotations

from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import ec_maps
from ec_maps.about import About
from ec_maps.analysis.export import write_csv
from ec_maps.areas.checked import checked
from ec_maps.cleaning import cleaned_values
from ec_maps.errors import DataError, EcMapsError, SettingError
from ec_maps.geography.codes import district_codes, neighbourhood_codes, official_districts
from ec_maps.own_measure import OwnFacts
from made import demo_tables

REAL = sorted(code for code in official_districts() if code[0] in "EW")
TITLE = "Pupils with free school meals"


@pytest.fixture
def codes(demo: Path) -> list[str]:
    """Return the codes of the demonstration's districts of England and Wales."""
    return list(demo_tables(demo).lads["lad21cd"])


def made(codes: list[Any], values: Any = None, **options: Any) -> gpd.GeoDataFrame:
    """Return the table of a column by code; without values, they are 0, 1, 2 and so on."""
    given = range(len(codes)) if values is None else values
    data = pd.DataFrame({"lad21cd": codes, "pupils": list(given)})
    return ec_maps.area_table(data, "lad", "pupils", **{"title": TITLE, **options})


def test_it_is_a_table_as_load_areas_gives_it(codes: list[str]) -> None:
    """The same columns in the same order, values where the code says, deciles of the values, missing ones missing."""
    plain = ec_maps.load_areas("lad")
    areas = made(codes[20:][::-1])
    assert list(areas.columns) == ["lad21cd", "lad21nm", "rgn21nm", "pupils", "decile", "geometry", "about"]
    assert areas.crs == "EPSG:27700"
    assert list(areas["lad21nm"]) == list(plain["lad21nm"])
    assert areas.geometry.geom_equals(plain.geometry).all()
    assert areas["pupils"].isna().sum() == areas["decile"].isna().sum() == 20
    assert list(areas["pupils"][20:]) == list(range(310, -1, -1))
    assert list(areas["decile"][20:]) == list(pd.qcut(areas["pupils"][20:], 10, labels=False) + 1)
    assert areas.attrs["unmatched"]["without_value"] == sorted(areas["lad21nm"][:20])
    assert areas.attrs["unmatched"]["summary"] == "Local authorities: 311 of 331 in England and Wales have a value."
    assert areas.attrs["unmatched"]["codes"] == []


def test_neighbourhoods_have_their_names_and_classes(demo: Path) -> None:
    """The columns of neighbourhoods are those of load_areas too, with other classes after the outline."""
    msoas = demo_tables(demo).msoas
    data = pd.DataFrame({"MSOA21CD": msoas["msoa21cd"], "lad21cd": msoas["lad21cd"], "v": np.arange(len(msoas)) / 7})
    areas = ec_maps.area_table(data, "msoa", "v", title="T", scheme="equal_interval", k=4)
    first = ["msoa21cd", "msoa21nm", "lad21cd", "lad21nm", "rgn21nm", "v", "decile", "geometry", "class"]
    assert list(areas.columns[:9]) == first
    assert checked(areas, "msoa")[1].classes.number == 4


def test_maps_speak_of_the_column(codes: list[str], tmp_path: Path) -> None:
    """Title, unit, source and direction are the user's, in words, legend and tooltips, also after a file."""
    values = [f"{number / 10:.1f} %" for number in range(len(codes))]
    areas = made(codes, values, source="Department for Education, 2024.", low_is_purple=False)
    areas.to_file(tmp_path / "own.gpkg")
    for table in (areas, gpd.read_file(tmp_path / "own.gpkg"), areas.merge(pd.DataFrame({"lad21cd": codes}))):
        drawn = ec_maps.regional_map(table, "Wales")
        words = " ".join(text.get_text().replace("\n", " ") for ax in drawn.figure.axes for text in ax.texts)
        assert f"{TITLE} in Wales" in words
        assert "values in per cent. Purple is higher, white lower." in words
        assert "Values: Department for Education, 2024. Shapes:" in words
        assert "cut points in per cent" in words
        assert "Atlas" not in words + drawn.svg()
        assert f"of {TITLE}, white lowest, purple highest" in drawn.alt_text
        row = drawn.areas.iloc[0]
        assert f"{row['lad21nm']}: {row['pupils']:.1f}%, decile {row['decile']} of 10" in drawn.svg()
    write_csv(areas, tmp_path / "own.csv")
    assert pd.read_csv(tmp_path / "own.csv")["source"].str.contains("Values: Department for Education, 2024").all()


def test_missing_values_are_no_unpublished_estimates(codes: list[str]) -> None:
    """An area that the user's table lacks has no value; nobody has failed to publish one."""
    drawn = ec_maps.national_map(made(codes[1:]))
    words = " ".join(text.get_text() for ax in drawn.figure.axes for text in ax.texts)
    assert "no value (1)" in words
    assert "One local authority has no value and is hatched." in drawn.caption
    for text in (words, drawn.caption, drawn.alt_text, drawn.svg()):
        assert "estimate" not in text


def test_real_codes_reach_the_demonstration_by_name(demo: Path) -> None:
    """Each real code's value is at the area of its official name, and a note says that codes are invented here."""
    table = made(REAL)
    [note] = table.attrs["unmatched"]["notes"]
    assert note == "The demonstration's codes are invented: districts with real codes were found by their names."
    assert made(list(demo_tables(demo).lads["lad21cd"])).attrs["unmatched"]["notes"] == []
    areas = table.set_index("lad21nm")["pupils"]
    names = [official_districts()[code].name for code in REAL]
    assert [areas[name] for name in names] == list(range(331))


def test_districts_of_another_year_are_said_so(demo: Path) -> None:
    """Codes of 2023 that are of no district of 2021 are named in a warning and in the report, with the year."""
    with pytest.warns(UserWarning, match=r"4 codes .*E06000063.* These are codes of districts of 2023") as caught:
        areas = made(sorted(district_codes(2023)))
    assert len(caught) == 1
    assert areas.attrs["unmatched"]["codes"] == ["E06000063", "E06000064", "E06000065", "E06000066"]
    assert areas.attrs["unmatched"]["vintage"] == "2023"
    assert "Ryedale" in areas.attrs["unmatched"]["without_value"]
    assert areas["pupils"].notna().sum() == len(district_codes(2023)) - 4


def test_scotland_is_left_out_without_a_warning(demo: Path) -> None:
    """A table of the United Kingdom is one of England and Wales, unless its scope says otherwise."""
    everywhere = sorted(official_districts())
    assert made(everywhere).attrs["unmatched"]["left_out"] == {"Scotland": 32, "Northern Ireland": 11}
    assert len(made(everywhere, scope="uk").dropna(subset="pupils")) == 374
    with pytest.raises(DataError, match=r'All codes are of Scotland.*scope="uk"'):
        made([code for code in everywhere if code[0] == "S"])


def test_codes_are_cleaned(codes: list[str]) -> None:
    """Spaces, small letters, rows twice, and rows without a code."""
    plain = made(codes)
    untidy = [f" {code[:3].lower()}\u00a0{code[3:]} " for code in codes]
    areas = made([*untidy, codes[0], None], [*range(331), 0, 5])
    assert list(areas["pupils"]) == list(plain["pupils"])
    assert areas.attrs["unmatched"]["without_code"] == 1
    [note] = areas.attrs["unmatched"]["notes"]
    where = "the first is no-break space (U+00A0) in X06000001, row 1"
    assert note == f"331 codes had characters that do not belong there: {where}; corrected."


def test_a_header_that_looks_the_same_is_the_same(codes: list[str]) -> None:
    """A column whose name has a byte order mark, an odd space or other letters of case is found by its plain name."""
    data = pd.DataFrame({"\ufeffLAD21CD": codes, " Pupils\u00a0": range(331)})
    areas = ec_maps.area_table(data, "lad", "pupils", title=TITLE, code="lad21cd")
    assert list(areas["pupils"]) == list(made(codes)["pupils"])


def test_codes_are_found_wherever_they_are(codes: list[str]) -> None:
    """In a column of any usual name or of none, in the index, and in that of a Series."""
    plain = list(made(codes)["pupils"])
    data = pd.DataFrame({"name": "x", "lad21cd": codes, "v": range(331)})
    for name in ("LAD21CD", "lad_code", "Geography code", "thing"):
        renamed = data.rename(columns={"lad21cd": name})
        assert list(ec_maps.area_table(renamed, "lad", "v", title=TITLE)["v"]) == plain
    for found in (
        data.set_index("lad21cd"),
        data.set_index("lad21cd")["v"],
        data.set_index("lad21cd").rename_axis(None),
    ):
        assert list(ec_maps.area_table(found, "lad", "v", title=TITLE)["v"]) == plain
    both = data.assign(lad23cd=data["lad21cd"].shift())
    assert list(ec_maps.area_table(both, "lad", "v", title=TITLE)["v"]) == plain
    assert list(ec_maps.area_table(both, "lad", "v", title=TITLE, code="lad21cd")["v"]) == plain


def test_text_becomes_numbers() -> None:
    """Per cent, thousands, currencies, minus signs and the usual signs for nothing, each noted."""
    found = cleaned_values(pd.Series(["45 %", " 1,234.5%", "−3%", "n/a", "..", None, ""]), "v")
    assert found.numbers.fillna(-99).tolist() == [45, 1234.5, -3, -99, -99, -99, -99]
    assert found.unit == "%"
    assert found.notes == [
        'Values written with % were read as numbers: "45 %" is 45.',
        "3 values such as n/a, - or .. are missing.",
    ]
    assert cleaned_values(pd.Series(["£12", "-£1,000", "7"]), "v").numbers.tolist() == [12, -1000, 7]


VALUES: list[tuple[list[Any], str]] = [
    (["45 %", "0.4"] * 20, r"mixes units \(20 with %, 20 without a sign\)"),
    (["£1", "$2"] * 20, "mixes units"),
    (["1,5", "2"] * 20, "20 values that cannot be read as numbers: '1,5'"),
    (["high", "low"] * 20, "'high', 'low'"),
    ([True, False] * 20, "yes and no"),
    ([True, None] * 20, "yes and no"),
    ([1.0, float("inf")] * 20, "20 of its values are infinite"),
    ([1e300, 2.0] * 20, r"above 1e\+15"),
    ([None] * 40, "no area has a value"),
    ([5] * 40, "all 40 values are equal"),
    ([1, 2, 3, 4] * 10, r'only 4 of the values are distinct.*scheme="quantiles", k=4'),
    (list(pd.date_range("2024", periods=40)), "not numbers"),
    ([1j] * 40, "not numbers"),
]


@pytest.mark.parametrize(("values", "words"), VALUES)
def test_values_that_are_no_numbers_are_refused(codes: list[str], values: list[Any], words: str) -> None:
    """What could mean two things, has no order, or forms no deciles is a letter that shows what was found."""
    with pytest.raises(DataError, match=words):
        made(codes[: len(values)], values)


def test_codes_that_cannot_be_used_are_refused(codes: list[str], demo: Path) -> None:
    """Numbers, names, the other level, real neighbourhoods in the demonstration, a code with two values."""
    with pytest.raises(DataError, match=r"codes are numbers, such as 6000001.*E06000001 and W06000001"):
        made([int(code[1:]) for code in REAL])
    with pytest.raises(DataError, match="These are no codes"):
        made([district.name for district in official_districts().values()])
    with pytest.raises(DataError, match='codes of neighbourhoods: use level="msoa"'):
        made(list(demo_tables(demo).msoas["msoa21cd"]))
    series = pd.Series(range(7264), index=sorted(neighbourhood_codes("2021")))
    with pytest.raises(DataError, match=r"made-up codes.*EC_MAPS_SOURCE=live"):
        ec_maps.area_table(series, "msoa", "v", title=TITLE)
    with pytest.raises(DataError, match="1 area has more than one value of pupils, such as X06000001: 0, 7"):
        made([*codes, codes[0]], [*range(331), 7])
    with pytest.raises(DataError, match="No row has a code"):
        made([None] * 40, code="lad21cd")


ARGUMENTS: list[tuple[dict[str, Any], str]] = [
    ({"level": "ward"}, 'no level "ward"'),
    ({"scope": "gb"}, 'no scope "gb"'),
    ({"value": "visits"}, 'data has no column "visits", which value= names'),
    ({"value": ["v"]}, "should be the name"),
    ({"value": "decile"}, '"decile" is the name of a column of the tables here'),
    ({"value": "geometry"}, "Rename your column"),
    ({"value": "lad21nm"}, "Rename your column"),
    ({"value": "bias"}, "a measure of the Atlas"),
    ({"code": "place"}, 'data has no column "place", which code= names'),
    ({"title": ""}, 'title is ""; it should be a text, what the values are'),
    ({"title": None}, "title is None"),
    ({"title": "x " * 80}, "title has 159 letters"),
    ({"title": "x" * 31}, "A word of title has 31 letters"),
    ({"unit": 5}, "unit is 5"),
    ({"low_is_purple": "yes"}, 'low_is_purple is "yes"'),
    ({"scheme": "jenks5"}, 'no scheme "jenks5"'),
    ({"data": [1, 2]}, "data is a list"),
    ({"data": {"E06000001": 1}}, r"pd\.Series\(yours\)"),
    ({"data": pd.Series(range(40))}, "The Series has no codes"),
    ({"data": pd.DataFrame({"v": range(40), "place": "x"})}, "No column of data has codes of local authorities"),
]


@pytest.mark.parametrize(("changed", "words"), ARGUMENTS)
def test_arguments_that_cannot_be_meant_are_refused(codes: list[str], changed: dict[str, Any], words: str) -> None:
    """Each is a letter that names the argument and what it should be."""
    data = pd.DataFrame({"lad21cd": codes, "v": range(331)})
    call = {"data": data, "level": "lad", "value": "v", "title": TITLE, **changed}
    with pytest.raises(SettingError, match=words):
        ec_maps.area_table(**call)


def test_a_unit_is_said_once(codes: list[str]) -> None:
    """Values written in per cent cannot be pounds."""
    with pytest.raises(DataError, match=r'written with %, and unit is "£"'):
        made(codes, ["1 %", "2 %"] * 165 + ["3 %"], unit="£")


def facts(unit: str, spread: float, largest: float, *, whole: bool = False) -> OwnFacts:
    """Return the facts of a measure of one's own."""
    return OwnFacts("T", unit, "", low_is_purple=True, spread=spread, largest=largest, whole=whole)


def test_numbers_have_the_decimals_that_tell_them_apart() -> None:
    """Three digits of the spread; whole numbers as they are; large ones short in the legend."""
    per_cent, price = facts("%", 66.0, 78.9).measure("v"), facts("£", 1.2e6, 1.5e6, whole=True).measure("v")
    share, many = facts("", 0.3, 0.7).measure("v"), facts("per 1,000 people", 9.0, 12.0).measure("v")
    assert (per_cent.format(45), per_cent.short(45), per_cent.short_unit) == ("45.0%", "45.0", "in per cent")
    assert (price.format(-250_000), price.short(250_000)) == ("−£250,000", "250")
    assert price.short_unit == "in thousands of £"
    assert (share.format(0.4567), share.short_unit) == ("0.457", "")
    assert (many.format(4.321), many.short_unit) == ("4.32 per 1,000 people", "per 1,000 people")
    assert per_cent.format(float("nan")) == "no value"
    near, tiny = facts("", 1e-3, 1e9).measure("v"), facts("", 1e-9, 1e-8).measure("v")
    assert (near.format(1e9 + 1e-4), near.short(1e9)) == ("1,000,000,000.00010", "1,000,000,000.00000")
    assert [tiny.short(value) for value in (1e-8, 1.1e-9)] == ["1e−08", "1.1e−09"]


def test_long_numbers_and_units_stay_in_the_legend(codes: list[str]) -> None:
    """No two cut points overlap, both ends are there, and no line is wider than the map."""
    values = [1e9 + number / 1e4 for number in range(331)]
    areas = made(codes, values, unit="kilograms for each of the people there")
    drawn = ec_maps.regional_map(areas, "Wales")
    drawn.png()
    around = next(ax for ax in drawn.figure.axes if ax.get_label() == "furniture")
    boxes = {text.get_text(): text.get_window_extent() for text in around.texts}
    about = About.of(areas)
    ends = [about.what.short(edge) for edge in (about.edges[0], about.edges[-1])]
    points = sorted((box.x0, box.x1) for text, box in boxes.items() if text in map(about.what.short, about.edges))
    assert set(ends) <= set(boxes)
    assert 2 <= len(points) < 11
    assert all(right < left for (_, right), (left, _) in pairwise(points))
    assert max(box.x1 for box in boxes.values()) <= drawn.figure.bbox.x1


def test_what_a_table_says_of_itself_is_read_back(codes: list[str]) -> None:
    """The measure of one's own is in the column about, with its classes, and a changed text is refused."""
    areas = made(codes, unit="pupils", source="me", scheme="natural_breaks", k=3)
    about = About.of(areas)
    assert (about.what.title, about.what.source, about.classes.number) == (TITLE, "me", 3)
    assert checked(areas, "lad", measure="pupils")[1] == about
    for old, new in (('"natural_breaks"', '"jenks5"'), ('"pupils", "source"', '5, "source"')):
        with pytest.raises(SettingError, match="has been changed"):
            About.of(areas.assign(about=areas["about"].astype(str).str.replace(old, new)))


ANYTHING = st.one_of(
    st.none(), st.floats(), st.integers(), st.text(max_size=5), st.booleans(), st.decimals(),
    st.sampled_from(["45 %", "1,234", "£12", "n/a", pd.NA, pd.Timestamp("2020"), [1], 1j]),
)  # fmt: skip


@given(st.lists(ANYTHING, max_size=20) | st.lists(st.floats(-1e6, 1e6), min_size=10, max_size=40))
def test_any_column_is_numbers_or_a_letter(values: list[Any]) -> None:
    """Whatever a column holds, it becomes finite numbers of the same length, or a letter says what it holds."""
    with suppress(EcMapsError):
        found = cleaned_values(pd.Series(values, dtype=object), "v")
        assert len(found.numbers) == len(values)
        assert not np.isinf(found.numbers).any()
