"""Public functions and odd arguments: whatever is given, what comes out is a result or an error with a letter."""

from __future__ import annotations

import inspect
import io
import warnings
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import ec_maps
from ec_maps import EcMapsError
from ec_maps.arguments import several
from ec_maps.geography.codes import official_districts
from ec_maps.settings import shipped
from made import VALUE, about, districts, squares
from tested_places import ALL_PLACES

#: How often each function is called: often in the weekly run.
EXAMPLES = 2000 if ALL_PLACES else 10

#: A letter has no more letters than this.
LONGEST = 1500

#: Pictures, some of which are drawn, are called less often.
PICTURES = {"bivariate_map", "hexagon_map", "local_map", "national_map", "regional_map", "strip_plot"}

FUNCTIONS = [
    name
    for name in ec_maps.__all__
    if inspect.isfunction(getattr(ec_maps, name)) and inspect.signature(getattr(ec_maps, name)).parameters
]

VALUES = [0.30 + 0.01 * place for place in range(20)]

TEXTS = st.one_of(
    st.text(max_size=20),
    st.sampled_from(
        ["", " ", "lad", "msoa", "uk", "bias", "Norwich", "\ud800", "a\0b", "x" * 5000, "=1+1", "-", "ŷ\u202e"]
    ),
)

THINGS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    TEXTS,
    st.binary(max_size=4),
    st.lists(st.one_of(st.none(), st.integers(), TEXTS), max_size=3),
    st.dictionaries(TEXTS, st.integers(), max_size=2),
    st.tuples(TEXTS, st.none()),
    st.sampled_from([pd.NA, pd.NaT, 10**400, object(), len, int, range(3), {"bias"}, np.array(5), np.array(["bias"])]),
    st.sampled_from(
        [pd.Series(["Norwich", None]), pd.DataFrame(), pd.DataFrame({"lad21cd": ["E1"]}), gpd.GeoDataFrame()]
    ),
)


def value_of(table: gpd.GeoDataFrame) -> str:
    """Return the column of values, which stands before the deciles."""
    return str(table.columns[table.columns.get_loc("decile") - 1])


#: What may have happened to a table before it is given to a function.
SPOILT: list[Callable[[gpd.GeoDataFrame], Any]] = [
    lambda table: table.iloc[:0],
    lambda table: table.iloc[3:],
    lambda table: pd.concat([table, table]),
    lambda table: pd.DataFrame(table).drop(columns="geometry"),
    lambda table: table.drop(columns="decile"),
    lambda table: table.drop(columns="about"),
    lambda table: table.drop(columns=value_of(table)),
    lambda table: table.assign(about=5),
    lambda table: table.assign(about=[[]] * len(table)),
    lambda table: table.assign(decile="low"),
    lambda table: table.assign(lad21nm=None),
    lambda table: table.assign(**{value_of(table): "45 %"}),
    lambda table: table.assign(**{value_of(table): np.inf}),
    lambda table: table.assign(**{value_of(table): table[value_of(table)] * 1j}),
    lambda table: table.set_crs(None, allow_override=True),
    lambda table: table.assign(geometry=None),
    lambda table: table.set_axis(["x"] * len(table.columns), axis=1),
    lambda table: table.set_axis(range(len(table.columns)), axis=1),
    lambda table: pd.concat([table, table[["decile", "about"]]], axis=1),
    lambda table: table["decile"],
    lambda table: table.T,
    lambda table: table.to_numpy(),
]


@pytest.fixture(scope="module", autouse=True)
def folder(demo_data_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Switch the library to the demonstration data, in an empty folder."""
    here = tmp_path_factory.mktemp("here")
    (here / "places.yml").write_text("- Norwich\n", encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EC_MAPS_SOURCE", "demo")
        patch.setenv("EC_MAPS_DATA_DIR", str(demo_data_dir))
        patch.chdir(here)
        yield here


@cache
def tables() -> dict[str, gpd.GeoDataFrame]:
    """Return a sound table for each parameter that takes one; made once, as making them is most of the work."""
    lads = districts(VALUES)

    return {"lads": lads, "msoas": squares(VALUES, district="A"), "areas": lads}


@cache
def with_both() -> list[gpd.GeoDataFrame]:
    """Return tables of exposure with bias in a column of its own, of both levels."""
    named = [tables()[name].rename(columns={VALUE: "exposure"}) for name in ("msoas", "lads")]
    return [about(table, measure="exposure").assign(bias=table["exposure"] / 10) for table in named]


def own() -> pd.DataFrame:
    """Return a user's own column, with the codes of all local authorities of England and Wales."""
    codes = [code for code in official_districts() if code[0] in "EW"]
    return pd.DataFrame({"code": codes, "value": range(len(codes))})


def lads_around() -> gpd.GeoDataFrame:
    """Return local authorities, for a map of neighbourhoods to lie among."""
    return tables()["lads"].copy()


def group(**codes: str) -> ec_maps.PlaceGroup:
    """Return a group of districts by their names and codes."""
    return ec_maps.PlaceGroup("Some", "group", tuple(ec_maps.Place(name, code, "") for name, code in codes.items()))


def sound(name: str, parameter: str) -> list[Any]:
    """Return arguments that a function takes, none for a parameter that is not known here."""
    if name.startswith("bivariate") and parameter == "areas":
        return [table.copy() for table in with_both()]
    if parameter in tables():
        return [tables()[parameter].copy()]
    pair, both = group(A="E06000001", B="E06000002"), group(Norwich="E07000148", Eden="E07000030")
    known: dict[str, list[Any]] = {
        "level": ["lad"],
        "scope": ["ew", "uk"],
        "measure": ["bias"],
        "measures": ["bias", ["bias", "exposure"]],
        "category": [None, "high_ses_users"],
        "near": ["Norwich"],
        "places": ["Norwich", ["Norwich", "Eden"], both],
        "path": ["table.csv", "places.yml", io.BytesIO()],
        "force": [True],
        "lad_name": ["A", pair],
        "region": ["North East", pair],
        "highlight": [["A"], pair],
        "key": [False],
        "folder": ["maps"],
        "kinds": [["regions"]],
        "data": [own(), own().set_index("code")["value"], own().assign(value=[f"{place} %" for place in range(331)])],
        "value": ["value"],
        "title": ["Trees"],
        "subtitle": ["In the north", ""],
        "unit": ["", "%"],
        "code": [None, "code"],
        "scheme": ["quantiles", "natural_breaks", "equal_interval", [0, 100, 400]],
        "k": [None, 5],
        "palette": [None, ["#000000", "#222222", "#444444", "#666666", "#888888"]],
        "figsize": [None, (8, 12)],
        "context": [None, lads_around()],
        "place": ["A", ["A"], pair],
        "jobs": [1],
        "quiet": [True],
        "found": [ec_maps.Correlations(("bias", "exposure"), ())],
    }
    if name in ("national_map", "regional_map", "local_map"):
        known |= {"measure": [None], "category": [None]}
    if name == "diff":
        known |= {key: [next(shipped("demo").glob("local_authority*.zip"))] for key in ("old", "new")}
    if name == "similar":
        known |= {"place": ["Norwich", "Glasgow City", "Eden"]}
    if name == "brief":
        known |= {"place": ["Norwich"], "path_or_file": ["brief.pdf", io.BytesIO()]}
    if name == "draw_maps":
        known |= {"format": ["none, so that nothing is drawn"]}
    return known.get(parameter, [])


@st.composite
def arguments(draw: st.DrawFn, name: str) -> dict[str, Any]:
    """Return arguments of a function, some of them odd, some sound, some left out."""
    given_arguments = {}
    parameters = inspect.signature(getattr(ec_maps, name)).parameters
    odd = draw(st.sampled_from(list(parameters)))
    for parameter, described in parameters.items():
        fitting = sound(name, parameter)
        if parameter == odd or not fitting:
            whole = [table for table in fitting if isinstance(table, gpd.GeoDataFrame)]
            if whole and draw(st.booleans()):
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    given_arguments[parameter] = draw(st.sampled_from(SPOILT))(whole[0])
                continue
            if described.default is not inspect.Parameter.empty and parameter != odd:
                continue
            given_arguments[parameter] = draw(THINGS)
        elif described.default is inspect.Parameter.empty or draw(st.booleans()):
            given_arguments[parameter] = draw(st.sampled_from(fitting))
    if name == "draw_maps":
        given_arguments.setdefault("format", "none, so that nothing is drawn")
    if draw(st.integers(0, 9)) == 0 and name != "draw_maps":
        given_arguments.pop(odd)
    return given_arguments


@pytest.mark.timeout(3600 if ALL_PLACES else 400)
@pytest.mark.parametrize("name", FUNCTIONS)
def test_nothing_but_letters(name: str) -> None:
    """A wrong type, odd text or spoilt table is an `EcMapsError`; only a missing argument is Python's own error."""
    function = getattr(ec_maps, name)
    needed = {
        parameter
        for parameter, described in inspect.signature(function).parameters.items()
        if described.default is inspect.Parameter.empty
    }

    @given(arguments(name))
    @settings(
        max_examples=EXAMPLES if ALL_PLACES or name not in PICTURES else 4,
        # A fault is not made simpler: pictures would be drawn for minutes.
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def call(given_arguments: dict[str, Any]) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                function(**given_arguments)
            except EcMapsError as error:
                assert 0 < len(str(error)) <= LONGEST  # noqa: PT017 - most calls raise none
            except TypeError:
                if needed <= set(given_arguments):
                    raise

    call()


@given(THINGS)
@settings(max_examples=EXAMPLES * 4)
def test_values_in_words(thing: object) -> None:
    """A measure writes any number, says that a missing one is not published, and refuses what is no number."""
    for write in (ec_maps.MEASURES["bias"].format, ec_maps.MEASURES["volunteering_groups"].short):
        try:
            assert isinstance(write(thing), str)
        except EcMapsError as error:
            assert "is a number" in str(error)  # noqa: PT017 - numbers raise none
    try:
        ec_maps.MEASURES["bias"].among(thing)  # type: ignore[arg-type]
    except EcMapsError as error:
        assert not isinstance(thing, str), error  # noqa: PT017 - texts raise none


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: ec_maps.compare(5), '"5", of the type int, is not the name of a place. Write it as text'),
        (lambda: ec_maps.compare(None), "None is not the name of a place"),
        (lambda: ec_maps.compare(["Norwich", 5]), '"5", of the type int, (place 2) is not the name of a place'),
        (lambda: ec_maps.compare("Norwich", 7), 'keys such as "bias", one or a list; 7 was given'),
        (lambda: ec_maps.export(None, level="lad"), "a path, an open file, or - for the standard output; None was"),
        (lambda: ec_maps.load_areas(3), "3 is no level; give its name. The levels are 'lad' and 'msoa'"),
        (lambda: ec_maps.load_measure("lad", None), "None is no measure; give its name. The measures are: economic"),
        (lambda: ec_maps.load_areas("lad", category=5), "category= is a text, and 5 was given"),
        (lambda: ec_maps.rank_correlations(pd.DataFrame()), "two measures or more"),
        (lambda: ec_maps.rank_correlations("bias"), 'The table is one such as measures_table returns, and "bias"'),
        (lambda: ec_maps.stability([]), "The table is one such as load_areas returns, and a list was given"),
        (lambda: ec_maps.correlation_matrix(None), "what rank_correlations returns; None was given"),
        (lambda: ec_maps.draw_maps(None), "The maps are written into a folder; None was given"),
        (lambda: ec_maps.draw_maps("m", kinds=5), 'The kinds of maps are "regions" and "places"; 5 was given'),
        (lambda: ec_maps.draw_maps("m", jobs="two"), 'jobs is "two"; it should be'),
        (lambda: ec_maps.read_places(5), "read from the path of a file; 5 was given"),
        (lambda: ec_maps.read_places("a\0b"), "cannot be the name of a file"),
        (lambda: ec_maps.read_places(districts=[]), "a list was given"),
        (lambda: ec_maps.strip_plot(None, None, "A"), "not from None"),
        (lambda: ec_maps.bivariate_map(5), "not from 5"),
        (lambda: ec_maps.bivariate_table(5), "such as load_areas returns, and 5 was given"),
        (lambda: ec_maps.brief(5, "x.pdf"), '"5", of the type int, is not the name of a place'),
    ],
)
def test_known_letters(call: Callable[[], object], words: str) -> None:
    """The letter says what can be given, and what was."""
    with pytest.raises(EcMapsError) as caught:
        call()
    assert words in str(caught.value)


def test_one_or_several() -> None:
    """One thing or any collection of them is a list; texts of bytes, mappings, tables and numbers are not."""
    for things in (
        ["a", "b"],
        ("a", "b"),
        pd.Series(["a", "b"]),
        np.array(["a", "b"]),
        iter("ab"),
        {"a": 1, "b": 2}.keys(),
    ):
        assert several(things, str, "Words") == ["a", "b"]
    assert several("ab", str, "Words") == ["ab"]
    for thing in (b"ab", {"a": 1}, pd.DataFrame({"a": [1]}), 5, None, np.array(5)):
        with pytest.raises(EcMapsError, match="Words; "):
            several(thing, str, "Words")
