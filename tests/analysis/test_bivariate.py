"""Exposure and bias in thirds: the table, what it refuses, and the nine colours for every eye."""

from __future__ import annotations

import itertools
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ec_maps import MEASURES, ice_colours, load_areas
from ec_maps.analysis.bivariate import (
    BETWEEN,
    CLASSES,
    KINDS,
    agreement,
    bivariate_table,
    check_direction,
    class_number,
    kind_of,
    thirds,
    thirds_of,
)
from ec_maps.errors import DataError, PaletteError, SettingError
from ec_maps.graphics import palette
from ec_maps.maps.bivariate_legend import bivariate_colours
from graphics.test_palette import SIGHTS, seen_lab
from made import VALUE, about, districts, squares

CONTEXT = {
    "page": palette.PAGE,
    "sea": palette.SEA,
    "neighbours": palette.NEIGHBOUR,
    "hatching": palette.HATCH,
}
COLUMNS = ["exposure", "bias", "exposure_third", "bias_third", "kind", "near_cut"]

#: Nine areas, one in each class in the order of the classes, none of them near a cut point.
EXPOSURE: list[float | None] = [0.40, 0.50, 0.60, 0.41, 0.51, 0.61, 0.42, 0.52, 0.62]
BIAS: list[float | None] = [0.20, 0.21, 0.22, 0.10, 0.11, 0.12, -0.02, 0.01, 0.02]


def both(exposure: list[float | None], bias: list[float | None], *, level: str = "lad") -> gpd.GeoDataFrame:
    """Return a table of exposure of districts, or of neighbourhoods of Testham, with bias in a column of its own."""
    table = (districts if level == "lad" else squares)(exposure)
    return about(table.rename(columns={VALUE: "exposure"}), measure="exposure").assign(
        bias=pd.Series(bias, dtype=float)
    )


def nine(level: str = "lad") -> gpd.GeoDataFrame:
    """Return the table of nine districts, A to I, or neighbourhoods, one in each class in the order of the classes."""
    return both(EXPOSURE, BIAS, level=level)


def apart(one: str, other: str, sight: str) -> float:
    """Return the CIEDE2000 distance of two colours as seen."""
    import colour

    return float(colour.difference.delta_E_CIE2000(seen_lab(one, sight), seen_lab(other, sight)))


# ---- the colours ----


@pytest.fixture
def written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the palette file of a project of its own, not yet there."""
    for mark in ("_quarto.yml", "places.yml"):
        (tmp_path / mark).touch()
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "assets" / "palettes" / "bivariate.txt"
    path.parent.mkdir(parents=True)
    return path


def test_nine_colours(root: Path) -> None:
    """There are nine hex colours, those of the file, in its order."""
    colours = bivariate_colours()
    assert len(set(colours)) == CLASSES
    assert colours == (root / "assets" / "palettes" / "bivariate.txt").read_text(encoding="utf-8").split()


def test_purple_to_ice() -> None:
    """The least connected corner is the purple of every other map; the best connected is the lightest, and cold."""
    colours = bivariate_colours()
    assert colours[0] == ice_colours()[0]
    assert max(colours, key=palette.lightness) == colours[-1]
    red, green, blue = (int(colours[-1][at : at + 2], 16) for at in (1, 3, 5))
    assert red < green < blue


def test_lightness_rises_both_ways() -> None:
    """More exposure is lighter at any bias, and less bias is lighter at any exposure: also without colour."""
    light = np.array([palette.lightness(code) for code in bivariate_colours()]).reshape(3, 3)
    assert (np.diff(light, axis=0) > 8).all()
    assert (np.diff(light, axis=1) > 8).all()


@pytest.mark.parametrize("sight", SIGHTS)
def test_every_two_are_apart(sight: str) -> None:
    """Any two of the nine are at least 10 apart (CIEDE2000), for every kind of sight."""
    for one, other in itertools.combinations(bivariate_colours(), 2):
        assert apart(one, other, sight) >= 10, (one, other)


@pytest.mark.parametrize("sight", SIGHTS)
@pytest.mark.parametrize("what", CONTEXT)
def test_apart_from_what_is_no_data(sight: str, what: str) -> None:
    """Every class is at least 10 from page, sea, the neighbours' grey and the hatching, for every kind of sight."""
    for code in bivariate_colours():
        assert apart(code, CONTEXT[what], sight) >= 10, code


def test_counts_read_on_every_class() -> None:
    """The ink of a count in the legend has a contrast of at least 4.5 with its field."""
    for code in bivariate_colours():
        one, other = sorted(map(palette.relative_luminance, (code, palette.ink_on(code))))
        assert (other + 0.05) / (one + 0.05) >= 4.5, code


def test_own_palette(written: Path) -> None:
    """A project's own file counts, with capitals and blank lines."""
    colours = [f"#{level:02x}0000" for level in range(10, 190, 20)]
    written.write_text("\n\n".join(colours).upper(), encoding="utf-8")
    assert bivariate_colours() == colours


def test_missing_palette(written: Path) -> None:
    """Without the file the error names it and says what it should be."""
    with pytest.raises(PaletteError, match=r"bivariate\.txt.*nine different hex colours"):
        bivariate_colours()


def test_all_faults_of_the_palette(written: Path) -> None:
    """A line that is not a colour, a repeated one and a wrong number are reported together, with their lines."""
    written.write_text("#340d57\npurple\n#340D57\n#ffffff", encoding="utf-8")
    with pytest.raises(PaletteError) as caught:
        bivariate_colours()
    for part in (str(written), 'line 2: "purple"', "line 3: #340d57 is that of line 1", "4 colours", "9"):
        assert part in str(caught.value)


# ---- the kinds ----


def test_classes_and_thirds_agree() -> None:
    """A class's number gives its thirds and they give the number, as the square is read from its top left corner."""
    assert [class_number(*thirds_of(number)) for number in range(1, CLASSES + 1)] == list(range(1, CLASSES + 1))
    assert (thirds_of(1), thirds_of(3), thirds_of(7), thirds_of(9)) == ((1, 3), (3, 3), (1, 1), (3, 1))


def test_four_corners_have_names() -> None:
    """The corners have four names of their own; the other five classes are in between."""
    names = [kind_of(*thirds_of(number)) for number in range(1, CLASSES + 1)]
    assert {names[at] for at in (0, 2, 6, 8)} == {kind.name for kind in KINDS}
    assert [names[at] for at in (1, 3, 4, 5, 7)] == [BETWEEN] * 5
    assert names[0].startswith("fewer to meet")
    assert names[8] == "many to meet, and friendships follow"


def test_each_kind_says_what_it_is_not() -> None:
    """Each kind has a sentence on what it means, one on what it does not, and a question, without words of blame."""
    for kind in KINDS:
        for text in (kind.means, kind.means_not):
            assert text.endswith(".")
        assert kind.question.endswith("?")
        text = f"{kind.name} {kind.means} {kind.means_not} {kind.question}".lower()
        assert not {"poor", "bad", "deprived", "failing", "worst", "problem", "segregated"} & set(text.split())


# ---- thirds ----


@given(st.lists(st.floats(-1, 1, allow_subnormal=False), min_size=3, max_size=60, unique=True))
def test_thirds_are_qcut_s(values: list[float]) -> None:
    """Thirds are those of pandas.qcut, and the edges too, wherever these are three groups."""
    series = pd.Series(values)
    groups, edges = pd.qcut(series, 3, labels=False, retbins=True, duplicates="drop")
    if groups.nunique() < 3:
        return
    third, found = thirds(series, "exposure")
    assert found == pytest.approx(edges)
    assert third.tolist() == (groups + 1).tolist()


def test_missing_has_no_third() -> None:
    """A missing value has a missing third and moves no edge."""
    values = [0.1, None, 0.2, 0.3, 0.4, None, 0.5, 0.6]
    third, edges = thirds(pd.Series(values, dtype=float), "bias")
    assert third.tolist() == [1, pd.NA, 1, 2, 2, pd.NA, 3, 3]
    assert edges[[0, -1]].tolist() == [0.1, 0.6]


@pytest.mark.parametrize("values", [[], [0.5], [0.1, 0.9], [0.2] * 20 + [0.3] * 4, [0.1, 0.1, 0.9, 0.9]])
def test_heavy_ties(values: list[float]) -> None:
    """Values that form fewer than three groups are an error that says of what, how many values and how many groups."""
    with pytest.raises(DataError, match=rf"thirds of bias: the {len(values)} values.*form only \d group.*three groups"):
        thirds(pd.Series(values, dtype=float), "bias")


def test_infinite() -> None:
    """Infinite values are an error."""
    with pytest.raises(DataError, match="1 of the 4 values are infinite"):
        thirds(pd.Series([0.1, 0.2, 0.3, np.inf]), "exposure")


# ---- the table ----


@pytest.mark.parametrize("level", ["lad", "msoa"])
def test_table(level: str) -> None:
    """Nine areas of either level, one in each class: columns as promised, kinds by corner, edges in the attributes."""
    given = nine(level)
    table = bivariate_table(given)
    before = list(given.columns[: list(given.columns).index("exposure")])
    assert list(table.columns) == [*before, "decile", *COLUMNS, "geometry", "about"]
    assert table.crs == "EPSG:27700"
    found = [class_number(one, other) for one, other in zip(table["exposure_third"], table["bias_third"], strict=True)]
    assert found == list(range(1, 10))
    assert table["kind"].tolist() == [kind_of(*thirds_of(number)) for number in found]
    assert (str(table["exposure_third"].dtype), str(table["near_cut"].dtype)) == ("Int64", "boolean")
    assert table.attrs["exposure_cut_points"] == pytest.approx([0.40, 0.47333, 0.54667, 0.62], abs=1e-4)
    assert len(table.attrs["bias_cut_points"]) == 4
    assert table.attrs["with_both"] == 9
    assert not table["near_cut"].any()
    pd.testing.assert_frame_equal(pd.DataFrame(bivariate_table(table)), pd.DataFrame(table))


def test_near_a_cut() -> None:
    """An area within the tolerance of a cut of either measure, on either side, is marked; one further off is not.

    The cuts of these exposures are at 46.4% and 54.6%, the tolerance is half a point.
    """
    exposure = [0.40, 0.41, 0.42, 0.4595, 0.4640, 0.5010, 0.5410, 0.5455, 0.5511, 0.60, 0.61, 0.62, 0.47]
    table = bivariate_table(both(exposure, [0.01 * place for place in range(13)]))
    cuts, tolerance = table.attrs["exposure_cut_points"], MEASURES["exposure"].tolerance
    assert tolerance == 0.005
    by_hand = [any(abs(value - cut) <= tolerance for cut in cuts[1:3]) for value in exposure]
    bias = [any(abs(0.01 * place - cut) <= MEASURES["bias"].tolerance for cut in (0.04, 0.08)) for place in range(13)]
    assert any(by_hand)
    assert table["near_cut"].tolist() == [one or other for one, other in zip(by_hand, bias, strict=True)]


def test_equal_values_share_a_third() -> None:
    """Areas at the very cut point are in the lower third together, and are near it."""
    table = bivariate_table(both([0.4, 0.5, 0.5, 0.5, 0.5, 0.6, 0.7, 0.8, 0.9], BIAS))
    assert table["exposure_third"].tolist() == [1, 1, 1, 1, 1, 2, 3, 3, 3]
    assert table.loc[1:4, "near_cut"].all()
    assert not table["near_cut"][0]


def test_rows_and_their_order() -> None:
    """The order of rows changes nothing, and the table given is left as it was."""
    given = nine()
    before = given.copy()
    turned = bivariate_table(given.iloc[::-1]).iloc[::-1]
    pd.testing.assert_frame_equal(pd.DataFrame(turned), pd.DataFrame(bivariate_table(given)))
    pd.testing.assert_frame_equal(pd.DataFrame(given), pd.DataFrame(before))


@pytest.mark.parametrize("level", ["lad", "msoa"])
def test_lacking_either_is_missing(level: str) -> None:
    """An area that lacks either value has neither thirds nor kind nor mark, and moves no cut point of the other."""
    table = bivariate_table(both([*EXPOSURE, 0.99, None], [*BIAS, None, 0.99], level=level))
    assert table.loc[9:, ["exposure_third", "bias_third", "kind", "near_cut"]].isna().all(axis=None)
    assert (table["exposure"][9], table["bias"][10]) == (0.99, 0.99)
    for key in ("exposure_cut_points", "bias_cut_points"):
        assert table.attrs[key] == pytest.approx(bivariate_table(nine()).attrs[key])


def test_what_is_no_such_table() -> None:
    """No table, one that says nothing, one of others' areas, and repeated areas are letters."""
    with pytest.raises(SettingError, match="such as load_areas returns, and 5 was given"):
        bivariate_table(5)  # type: ignore[arg-type]
    silent = nine().drop(columns="about")
    silent.attrs = {}
    with pytest.raises(SettingError, match="does not say which measure"):
        bivariate_table(silent)
    with pytest.raises(SettingError, match="more than once: E06000001"):
        bivariate_table(pd.concat([nine(), nine().iloc[[0]]]))


def test_the_other_measure_is_loaded(demo: Path) -> None:
    """A table of any measure, and a part of one, get both: the same as the whole, cut over all areas of the level."""
    whole = bivariate_table(load_areas("msoa"))
    assert whole["near_cut"].notna().sum() == whole.attrs["with_both"] == whole["kind"].notna().sum()
    for part in (load_areas("msoa", "clustering"), load_areas("msoa", "bias", near="Norwich")):
        some = bivariate_table(part)
        rows = whole.set_index("msoa21cd").loc[some["msoa21cd"], COLUMNS].reset_index()
        pd.testing.assert_frame_equal(pd.DataFrame(some[["msoa21cd", *COLUMNS]]), pd.DataFrame(rows))
    for key in ("exposure_third", "bias_third"):
        assert (whole[key].value_counts() / whole.attrs["with_both"]).between(0.32, 0.35).all()


def test_values_that_are_not_the_atlas_s(demo: Path) -> None:
    """A part with changed values, of other areas or of high-income people is refused, as thirds are of all areas."""
    part = load_areas("msoa", "exposure", near="Norwich")
    with pytest.raises(SettingError, match=r"In 38 of 39 rows the column exposure is not the Atlas's"):
        bivariate_table(part.assign(exposure=part["exposure"] + 0.01))
    with pytest.raises(SettingError, match=r"neighbourhoods that are not in the Atlas's files at hand \(E02000001"):
        bivariate_table(squares([0.5]))
    other = load_areas("lad", "exposure", category="high_ses_users")
    with pytest.raises(SettingError, match="shown for low-income people: load the table without category="):
        bivariate_table(other)


# ---- which way bias runs ----


def trio(*, turned: bool = False, number: int = 30) -> tuple[pd.Series, pd.Series, pd.Series]:
    """Return exposure, bias and connectedness of areas; `turned` has bias the wrong way round."""
    rng = np.random.default_rng(4)
    exposure = pd.Series(rng.uniform(0.4, 0.6, number))
    bias = pd.Series(rng.normal(0.07, 0.03, number))
    connectedness = exposure * (1 - bias) + rng.normal(0, 0.002, number)
    return exposure, -bias if turned else bias, connectedness


def test_right_way_round() -> None:
    """Where bias is the shortfall, the two agree closely and nothing is said."""
    assert agreement(*trio()) > 0.9
    check_direction(*trio())


def test_wrong_way_round() -> None:
    """Bias of the opposite sign is an error that says so, with the number of districts and the correlation."""
    with pytest.raises(
        DataError, match=r"average_bias seems to have the opposite sign.*30 local authorities.*is -0\.\d\d"
    ):
        check_direction(*trio(turned=True))


def test_the_table_checks_the_direction() -> None:
    """With connectedness in the table, a turned bias stops it being made; without it, not."""
    exposure, bias, connectedness = (list(values) for values in trio(turned=True))
    bivariate_table(both(exposure, bias))
    with pytest.raises(DataError, match=r"opposite sign.*30 neighbourhoods"):
        bivariate_table(both(exposure, bias, level="msoa").assign(**{VALUE: connectedness}))


def test_too_few_to_tell() -> None:
    """Of fewer than ten districts the direction is not checked; a correlation that cannot be computed is an error."""
    check_direction(*trio(turned=True, number=9))
    exposure, bias, _ = trio()
    with pytest.raises(DataError, match="cannot be computed"):
        check_direction(exposure, bias * 0, exposure)


def test_demonstration_data_run_our_way(demo: Path) -> None:
    """The demonstration data pass the check, and every kind of place but the missing has its name."""
    table = bivariate_table(load_areas("lad"))
    assert len(table) == 331
    assert table["kind"].isna().sum() == (table["exposure"].isna() | table["bias"].isna()).sum() > 0
