"""The comparison of places: what its script holds, against an independent calculation from the CSVs."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from ec_maps import MEASURES, measures_table
from ec_maps.geography.codes import shipped_table
from ec_maps.site import compare_places
from published import published, script
from tested_places import GROUPS_WRITTEN

MINUS = "\N{MINUS SIGN}"
GROUPS = ("county", "ceremonial county", "combined authority", "group")

#: The groups that the list of places makes up, with their districts.
OWN = {name: there for one in yaml.safe_load(GROUPS_WRITTEN) if isinstance(one, dict) for name, there in one.items()}


def tenths(value: float, key: str) -> int:
    """Return a value as pages show it, in whole tenths."""
    return round(10 * float(f"{value if MEASURES[key].unit == 'rate' else 100 * value:.1f}"))


def spread(values: list[float], key: str) -> list[int | None]:
    """Return number, lowest, lower quartile, median, upper quartile and highest, as the script has to hold them."""
    if not values:
        return [0, None, None, None, None, None]
    low, lower, median, upper, high = (tenths(one, key) for one in np.quantile(values, [0, 0.25, 0.5, 0.75, 1]))
    return [len(values), low, *((lower, median, upper) if len(values) >= 8 else (None, median, None)), high]


def members(data: Any, more: Any, at: int) -> list[int]:
    """Return which districts lie in the place at a position of the comparison's order."""
    regions = [region for _, _, _, region, _ in data["districts"]]
    if at < len(regions):
        return [at]
    _, name, _, kind, *_ = more["wider"][at - len(regions)]
    if kind in GROUPS:
        there = {row["name"] for row in shipped_table("groups.csv") if (row["group"], row["kind"]) == (name, kind)}
        there |= set(OWN.get(name, ()))
        return [one for one, (_, _, lad, *_) in enumerate(data["districts"]) if lad in there]
    return [
        one
        for one, region in enumerate(regions)
        if name in (region, "England and Wales") or (name == "England" and region != "Wales")
    ]


def test_the_numbers_of_a_hundred_places_are_those_of_the_files(root: Path, site: Path) -> None:
    """The value compared, and the spread of districts and of neighbourhoods, of any place in any measure."""
    folder, choice = site / "maps", random.Random(16)
    data, more = script(folder / "explore" / "values.js"), script(folder / "compare" / "places.js")
    lads, msoas = (published(root, f"{name}-demonstration.zip") for name in ("local_authority", "msoa"))
    number = len(data["districts"])
    beyond = [row[3] for row in more["beyond"]]
    wider = [at for at in range(number, number + len(more["wider"])) if more["wider"][at - number][1] not in beyond]
    for at in [*choice.choices(range(number), k=50), *choice.choices(wider, k=50)]:
        key = choice.choice(list(MEASURES))
        measure, inside = more["measures"][key], members(data, more, at)
        codes = [data["districts"][one][0] for one in inside]
        slugs = [data["districts"][one][1] for one in inside]
        values = [lads[key][code][0] for code in codes if code in lads[key]]
        areas = [area[0] for slug in slugs for area in script(folder / "explore" / f"{slug}.js")["areas"]]
        near = [msoas[key][code][0] for code in areas if code in msoas[key]]
        group = at >= number and more["wider"][at - number][3] in GROUPS
        exact = None if group or not values else float(np.median(values))
        assert measure["exact"][at] == (None if exact is None else pytest.approx(exact, abs=1e-6)), (at, key)
        columns = measure["msoas"]
        assert [columns[name][at] for name in compare_places.SPREAD] == spread(near, key), (at, key)
        assert columns["exact"][at] == (pytest.approx(float(np.median(near)), abs=1e-6) if near else None)
        if at >= number:
            found = [measure["districts"][name][at - number] for name in compare_places.SPREAD]
            assert found == spread([] if group else values, key), (at, key)
            assert more["wider"][at - number][4] == len(inside)


def test_districts_of_scotland_have_their_own_columns(root: Path, site: Path) -> None:
    """Their value and their place among all districts of the United Kingdom, for their ranks are of those."""
    more = script(site / "maps" / "compare" / "places.js")
    lads = published(root, "local_authority-demonstration.zip")
    for key in MEASURES:
        measure = more["measures"][key]
        numbers = np.array([value for value, _ in lads[key].values()])
        for at, (code, *_) in enumerate(more["beyond"]):
            if code in lads[key]:
                value = lads[key][code][0]
                assert tenths(value, key) == round(10 * float(measure["beyond"]["value"][at].replace(MINUS, "-")))
                reach = MEASURES[key].tolerance * (1 + 1e-9)
                assert measure["beyond"]["rank_low"][at] == 1 + int((numbers < value - reach).sum())
        assert measure["kingdom"] == len(numbers)


def test_every_value_is_on_the_axis(site: Path) -> None:
    """No mark can lie outside its drawing."""
    more = script(site / "maps" / "compare" / "places.js")
    for measure in more["measures"].values():
        low, high = measure["axis"]
        ends = [one for columns in (measure["msoas"], measure["districts"]) for one in columns["low"] + columns["high"]]
        assert low <= min(one for one in ends if one is not None)
        assert high >= max(one for one in ends if one is not None)


def test_the_page_begins_with_places_that_are_there(site: Path) -> None:
    """Two of them, by slugs that the scripts know."""
    more, data = script(site / "maps" / "compare" / "places.js"), script(site / "maps" / "explore" / "values.js")
    known = {row[1] for row in data["districts"]} | {row[0] for row in more["wider"]}
    assert len(more["first"]) == 2
    assert set(more["first"]) <= known


def test_what_is_missing_has_no_number_and_names_stay_text(demo: Path, tmp_path: Path) -> None:
    """A district without values, one without neighbourhoods, and a name with quotes and angle brackets."""
    del demo
    name = 'St "Agnes" </script><b>'
    lads, msoas = (measures_table(level, "bias") for level in ("lad", "msoa"))
    lads.loc[0, ["lad21nm", "bias"]] = [name, None]
    msoas = msoas[msoas["lad21cd"] != lads["lad21cd"].iloc[1]]
    compare_places.write_places(tmp_path / "places.js", lads, msoas, None, pages={}, first=["adur"])
    measure = script(tmp_path / "places.js")["measures"]["bias"]
    assert measure["exact"][0] is None
    assert measure["msoas"]["number"][1] == 0
    assert [measure["msoas"][column][1] for column in compare_places.SPREAD[1:]] == [None] * 5
    assert measure["msoas"]["exact"][1] is None
