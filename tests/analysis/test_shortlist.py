"""The shortlist: which neighbourhoods it has, against an independent calculation from the CSVs, and its words."""

from __future__ import annotations

import csv
import io
import random
import re
import zipfile
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ec_maps import MEASURES, shortlist
from ec_maps.analysis import shortlist as words
from ec_maps.areas.table import load_values
from ec_maps.errors import PlaceError, SettingError
from ec_maps.geography.groups import groups

HEADLINE = "economic_connectedness"


@pytest.fixture(autouse=True)
def _demo(demo: Path) -> None:
    """Switch the library to the demonstration data."""


@cache
def published(root: Path) -> dict[str, dict[str, float]]:
    """Return the value of each neighbourhood by measure and code, read from the CSVs by the csv module."""
    found: dict[str, dict[str, float]] = {key: {} for key in MEASURES}
    with zipfile.ZipFile(root / "data" / "demo" / "msoa-demonstration.zip") as files:
        names = [name for name in files.namelist() if name.endswith(".csv") and "_by_age_" not in name]
        texts = [files.read(name).decode("utf-8") for name in names]
    here = set(load_values("msoa")["msoa21cd"])
    for text in texts:
        rows = list(csv.DictReader(io.StringIO(text)))
        for key, measure in MEASURES.items():
            column = next((name for name in measure.columns if name in rows[0]), None)
            for row in rows if column else ():
                code = row["zip_prediction"]
                if measure.category in ("", row["measurement_category"]) and row[column] and code in here:
                    found[key][code] = float(row[column])
    return found


def expected(values: dict[str, float], inside: set[str], at_most: int, far: float) -> list[dict[str, Any]]:
    """Return the rows of a shortlist, calculated from the values of all neighbourhoods."""
    numbers = np.array(list(values.values()))
    edges, reach = np.quantile(numbers, np.linspace(0, 1, 11)), far * (1 + 1e-9)
    deciles = {code: 1 + int((edges[1:-1] < values[code]).sum()) for code in inside & set(values)}
    codes = sorted((code for code, decile in deciles.items() if decile <= at_most), key=lambda one: (values[one], one))
    there = np.array([values[code] for code in codes])
    rows: list[dict[str, Any]] = []
    for at, code in enumerate(codes):
        value = values[code]
        apart = at == 0 or value - there[at - 1] > reach
        rows.append(
            {
                "msoa21cd": code,
                "decile": deciles[code],
                "rank_low": 1 + int((numbers < value - reach).sum()),
                "rank_high": int((numbers <= value + reach).sum()),
                "group": (rows[-1]["group"] if rows else 0) + apart,
                "position_low": 1 + int((there < value - reach).sum()),
                "position_high": int((there <= value + reach).sum()),
            }
        )
    return rows


def test_a_hundred_shortlists_are_those_of_the_files(root: Path) -> None:
    """Neighbourhoods, deciles, ranks, groups and positions, for any measure, decile and places of any level."""
    choice, lads = random.Random(16), load_values("lad")
    inside = {str(name): set(rows["msoa21cd"]) for name, rows in load_values("msoa").groupby("lad21nm")}
    regions = lads.groupby("rgn21nm")["lad21nm"].agg(list).to_dict()
    for _ in range(100):
        key, at_most = choice.choice(list(MEASURES)), choice.randint(1, 10)
        places = choice.sample(list(inside), choice.randint(1, 5))
        names = set(places)
        if choice.random() < 0.3:
            region = choice.choice(list(regions))
            places, names = [*places, region], names | set(regions[region])
        table = shortlist(places, at_most, measure=key)
        codes = set().union(*(inside[name] for name in names if name in inside))
        rows = expected(published(root)[key], codes, at_most, MEASURES[key].tolerance)
        columns = ["msoa21cd", "decile", "rank_low", "rank_high", "group", "position_low", "position_high"]
        assert table[columns].to_dict("records") == rows, (places, key, at_most)


def test_a_kind_is_a_corner_of_the_square(root: Path) -> None:
    """With bias, both are in their highest thirds over all neighbourhoods; with exposure, in their lowest."""
    values = published(root)
    both = sorted(set(values["exposure"]) & set(values["bias"]))
    cuts = {key: np.quantile([values[key][code] for code in both], [1 / 3, 2 / 3]) for key in ("exposure", "bias")}
    thirds = {key: {code: int((cuts[key] < values[key][code]).sum()) for code in both} for key in cuts}
    for kind, third in (("bias", 2), ("exposure", 0)):
        table = shortlist("England and Wales", 10, kind=kind)  # type: ignore[arg-type]
        wanted = {code for code in both if thirds["exposure"][code] == thirds["bias"][code] == third}
        assert set(table["msoa21cd"]) == wanted & set(values[HEADLINE])
        assert len(table) > 100


def test_the_order_is_certain_only_between_groups() -> None:
    """Two of different groups differ by more than the tolerance, and positions never reach beyond their group."""
    table = shortlist("East of England", 2)
    far = MEASURES[HEADLINE].tolerance
    lowest, highest = (getattr(table.groupby("group")[HEADLINE], end)() for end in ("min", "max"))
    assert len(lowest) > 2
    assert ((lowest.shift(-1) - highest).dropna() > far).all()
    for _, rows in table.groupby("group"):
        assert rows["position_low"].min() == rows.index[0] + 1
        assert rows["position_high"].max() == rows.index[-1] + 1
        assert (rows[HEADLINE].diff().dropna() <= far * (1 + 1e-9)).all()
    assert (table["decile_low"] <= table["decile"]).all()
    assert (table["decile"] <= table["decile_high"]).all()


def test_places_of_every_level_are_found() -> None:
    """Names, codes, Welsh names, counties, regions and nations, alone or in a list; what overlaps counts once."""
    table = load_values("msoa")
    everything = shortlist("England and Wales", 10)
    assert len(everything) == table[HEADLINE].notna().sum()
    assert set(shortlist("England", 10)["rgn21nm"]) == set(table["rgn21nm"]) - {"Wales"}
    assert set(shortlist("Cymru", 10)["rgn21nm"]) == {"Wales"}
    norfolk = next(group for group in groups() if group.name == "Norfolk")
    assert shortlist("Norfolk", 10)["lad21cd"].nunique() == len(norfolk.codes) == 7
    assert set(shortlist("West Midlands", 10)["rgn21nm"]) == {"West Midlands"}
    assert shortlist("West Midlands combined authority", 10)["lad21nm"].nunique() == 7
    code = table.loc[table["lad21nm"] == "Norwich", "lad21cd"].iloc[0]
    assert shortlist(code).equals(shortlist("norwich"))
    pd.testing.assert_frame_equal(shortlist(["Norwich", "Norfolk"], 3), shortlist("Norfolk", 3))


def test_the_sentences_count() -> None:
    """How many there are, in words up to nine; those without an estimate; those near the cut, on either side."""
    table, whole = shortlist(["Norwich", "Great Yarmouth"]), load_values("msoa")
    inside = whole[whole["lad21nm"].isin(["Norwich", "Great Yarmouth"])]
    said = table.attrs["in_words"]
    assert said.startswith(
        f"Of the {len(inside)} neighbourhoods of Norwich and Great Yarmouth, eight are in decile 2 or"
    )
    assert len(table) == 8
    near = inside[(inside["decile"] != inside["decile_low"]) | (inside["decile"] != inside["decile_high"])]
    near = near[(near["decile_low"] <= 2) & (near["decile_high"] > 2)]
    assert f"are within half a percentage point of the cut at {100 * whole.attrs['cut_points'][2]:.1f}% and" in said
    counts = {"one": 1, "two": 2}
    assert sum(counts[word.lower()] for word in re.findall(r"(\w+) (?:of those|not) listed", said)) == len(near)
    assert (
        shortlist("Isles of Scilly", 1)
        .attrs["in_words"]
        .startswith("The only neighbourhood of the Isles of Scilly is not in the lowest decile.")
    )
    assert (
        shortlist("Adur", 10).attrs["in_words"] == "Of the eight neighbourhoods of Adur, all are listed, of any decile."
    )
    many = shortlist(["Adur", "Ashford", "Babergh", "Barnet", "Bolton", "Bury", "Derby"]).attrs["in_words"]
    assert "neighbourhoods of these seven places, " in many
    kind = shortlist("Norfolk", 1, kind="exposure").attrs["in_words"]
    assert "in the lowest decile and of the kind “fewer to meet, but friendships follow”" in kind
    assert "In all deciles together, 10 are of this kind." in kind


NEAR = "within half a percentage point of the cut at 40.0% and could be on either side of it."


@pytest.mark.parametrize(
    ("counts", "said"),
    [
        ((2, 0, 2, 2, 0, 0), ["Of the two neighbourhoods of Here, both are in decile 3 or below."]),
        (
            (12, 1, 0, 11, 0, 1),
            [
                "Of the 12 neighbourhoods of Here, none are in decile 3 or below.",
                "One has no published estimate and cannot be listed.",
                f"One not listed is {NEAR}",
            ],
        ),
        ((1, 1, 0, 0, 0, 0), ["The only neighbourhood of Here has no published estimate and cannot be listed."]),
        ((1, 0, 1, 1, 0, 0), ["The only neighbourhood of Here is in decile 3 or below."]),
        (
            (1200, 20, 1100, 1180, 3, 0),
            [
                "Of the 1,200 neighbourhoods of Here, 1,100 are in decile 3 or below.",
                "20 have no published estimate and cannot be listed.",
                f"Three of those listed are {NEAR}",
            ],
        ),
    ],
)
def test_one_and_many_are_said_right(counts: tuple[int, ...], said: list[str]) -> None:
    """None, one, two, all and thousands, each in its grammar."""
    told = words.in_words(words.Counts(*counts), ["Here"], MEASURES[HEADLINE], "40.0%", at_most=3, kind=None)
    assert told == " ".join(said)


@pytest.mark.parametrize(
    ("places", "part"),
    [
        ("Norwhich", "Norwich"),
        (["Norwich", "norwich"], "already place 1"),
        ([], "the list is empty"),
        ("Scotland", "border of Scotland: the neighbourhoods mapped here"),
        (["Norwich", "Belfast"], "Belfast is in Northern Ireland"),
        (None, "not the name of a place"),
    ],
)
def test_places_that_cannot_be_listed(places: Any, part: str) -> None:
    """An unknown place, one named twice, none, and one without neighbourhoods: a letter that says which."""
    with pytest.raises(PlaceError, match=re.escape(part)):
        shortlist(places)


@pytest.mark.parametrize(
    ("options", "part"),
    [
        ({"at_most": 0}, "from 1, the lowest, to 10, and 0"),
        ({"at_most": 11}, "and 11"),
        ({"at_most": True}, "and True"),
        ({"at_most": 2.5}, "and 2.5"),
        ({"kind": "both"}, '"bias" (many to meet, but friendships follow less often) or "exposure"'),
        ({"measure": "biass"}, "Perhaps bias"),
    ],
)
def test_choices_that_are_not_there(options: dict[str, Any], part: str) -> None:
    """A decile, a kind or a measure that is not there: a letter that says what can be given."""
    with pytest.raises(SettingError, match=re.escape(part)):
        shortlist("Norwich", **options)


def test_a_whole_number_of_numpy_is_a_decile() -> None:
    """A decile taken from a table is as good as one typed."""
    assert shortlist("Norwich", np.int64(2)).equals(shortlist("Norwich", 2))
