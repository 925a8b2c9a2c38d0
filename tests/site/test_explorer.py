"""The explorer: what its scripts hold, against an independent calculation from the CSVs."""

from __future__ import annotations

import random
import re
import statistics
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from bs4 import BeautifulSoup
from shapely.affinity import affine_transform

from ec_maps import MEASURES, ice_colours, measures_table, shortlist
from ec_maps.areas.coverage import united_kingdom
from ec_maps.areas.table import load_context
from ec_maps.geography.codes import BEYOND
from ec_maps.site import explorer_data
from published import published, script

PLACE = "great-yarmouth"


# --- the numbers ------------------------------------------------------------------------------------


def expected(values: dict[str, tuple[float, int]], code: str, key: str) -> dict[str, Any]:
    """Return what the scripts have to hold for an area, calculated from the values of all areas."""
    if code not in values:
        return {"value": None, "decile": None, "rank_low": None, "rank_high": None}
    measure, numbers = MEASURES[key], np.array([value for value, _ in values.values()])
    value = values[code][0]
    edges = np.quantile(numbers, np.linspace(0, 1, 11))
    reach = measure.tolerance * (1 + 1e-9)
    text = f"{value if measure.unit == 'rate' else 100 * value:.1f}".replace("-", "\N{MINUS SIGN}")
    return {
        "value": text,
        "decile": 1 + int((edges[1:-1] < value).sum()),
        "rank_low": 1 + int((numbers < value - reach).sum()),
        "rank_high": int((numbers <= value + reach).sum()),
    }


def test_the_numbers_of_a_hundred_areas_are_those_of_the_files(root: Path, site: Path) -> None:
    """Value, decile, rank and users of 50 districts and 50 neighbourhoods in any measure, and the medians in words."""
    folder, choice = site / "maps" / "explore", random.Random(16)
    data = script(folder / "values.js")
    codes = [code for code, *_ in data["districts"]]
    lads, msoas = (published(root, f"{name}-demonstration.zip") for name in ("local_authority", "msoa"))
    here = {key: {code: one for code, one in values.items() if code in codes} for key, values in lads.items()}
    for _ in range(50):
        measure, at = choice.choice(data["measures"]), choice.randrange(len(codes))
        code, slug, _, region, _ = data["districts"][at]
        columns, values = measure["values"], here[measure["key"]]
        found = {name: columns[name][at] for name in ("value", "decile", "rank_low", "rank_high")}
        assert found == expected(values, code, measure["key"]), (code, measure["key"])
        assert code not in values or columns["users"][at] == values[code][1]
        words = script(folder / f"{slug}.js")["words"][measure["key"]]
        of_region = [values[one[0]][0] for one in data["districts"] if one[3] == region and one[0] in values]
        whole = statistics.median(value for value, _ in values.values())
        medians = [MEASURES[measure["key"]].format(one) for one in (statistics.median(of_region), whole)]
        assert all(median in words for median in medians) if code in values else words == "", (code, words)
    # Neighbourhoods in the files that are on no map count for nothing.
    drawn = {area[0] for _, slug, *_ in data["districts"] for area in script(folder / f"{slug}.js")["areas"]}
    msoas = {key: {code: one for code, one in values.items() if code in drawn} for key, values in msoas.items()}
    for _ in range(50):
        slug = choice.choice(data["districts"])[1]
        district = script(folder / f"{slug}.js")
        at = choice.randrange(len(district["areas"]))
        key, code = choice.choice(list(district["values"])), district["areas"][at][0]
        columns = district["values"][key]
        found = {name: columns[name][at] for name in ("value", "decile", "rank_low", "rank_high")}
        assert found == expected(msoas[key], code, key), (code, key)
        # How many are lower, and one: whole numbers by which scripts sort.
        values = msoas[key]
        lower = 1 + sum(value < values[code][0] for value, _ in values.values()) if code in values else None
        assert columns["rank"][at] == lower


def test_kinds_of_neighbourhoods_are_those_of_the_shortlist(site: Path, demo: Path) -> None:
    """A letter for each neighbourhood: b and e for the two kinds that a shortlist can have, a point for others."""
    folder, places = site / "maps" / "explore", [PLACE, "norwich", "leeds"]
    for kind in ("bias", "exposure"):
        listed = set(shortlist(["Great Yarmouth", "Norwich", "Leeds"], 10, kind=kind)["msoa21cd"])  # type: ignore[arg-type]
        found = set()
        for district in (script(folder / f"{place}.js") for place in places):
            valued = district["values"]["economic_connectedness"]["value"]
            assert len(district["kinds"]) == len(district["areas"])
            rows = zip(district["areas"], district["kinds"], valued, strict=True)
            found |= {area[0] for area, letter, value in rows if letter == kind[0] and value is not None}
        assert found == listed
        assert listed


def test_the_signs_say_how_a_neighbourhood_differs(site: Path) -> None:
    """Above, below or level with its district and the median of all, within the tolerance, from the values as shown."""
    folder = site / "maps" / "explore"
    data, district = script(folder / "values.js"), script(folder / f"{PLACE}.js")
    at = [slug for _, slug, *_ in data["districts"]].index(PLACE)
    for measure in data["measures"]:
        columns, far = district["values"][measure["key"]], MEASURES[measure["key"]].tolerance
        far *= 1 if MEASURES[measure["key"]].unit == "rate" else 100
        others = {
            "than_district": measure["values"]["value"][at],
            "than_country": measure["levels"]["msoa"]["median"].removesuffix(measure["after"]),
        }
        for name, other in others.items():
            for text, sign in zip(columns["value"], columns[name], strict=True):
                apart = float(text.replace("\N{MINUS SIGN}", "-")) - float(other.replace("\N{MINUS SIGN}", "-"))
                # Rounding moves each of the two by half of the last digit at most.
                assert sign == ("=" if abs(apart) < far - 0.1 else sign)
                assert sign == ((">" if apart > 0 else "<") if abs(apart) > far + 0.1 else sign)


# --- the scripts ------------------------------------------------------------------------------------


def test_groups_count_the_neighbourhoods_of_their_districts(site: Path) -> None:
    """Each county and combined authority has as many neighbourhoods in each decile as its districts together."""
    folder = site / "maps" / "explore"
    data = script(folder / "values.js")
    for slug in ("norfolk", "tees-valley", "west-midlands-county", "berkshire"):
        group = script(folder / f"{slug}.js")
        inside = [script(folder / f"{data['districts'][at][1]}.js") for at in group["members"]]
        for key, (counts, said) in group["spread"].items():
            deciles = [decile for one in inside for decile in one["values"][key]["decile"]]
            assert counts == [deciles.count(decile) for decile in range(1, 11)]
            assert f"its {len(deciles)} neighbourhoods" in said
    norfolk = script(folder / "norfolk.js")
    assert (norfolk["kind"], len(norfolk["members"])) == ("county", 7)


def test_there_is_a_script_for_every_district(site: Path) -> None:
    """Each has its neighbourhoods with outlines and as many numbers, under the name that its address has."""
    folder = site / "maps" / "explore"
    data = script(folder / "values.js")
    slugs = [slug for _, slug, *_ in data["districts"]]
    assert len(set(slugs)) == len(slugs) == 331
    page = BeautifulSoup((site / "explore.html").read_text(encoding="utf-8"), "html.parser")
    groups = page.select_one(".ec-explore")["data-groups"].split()
    assert {path.stem for path in folder.glob("*.js")} == {*slugs, *groups, "values"}
    assert len({*slugs, *groups}) == len(slugs) + len(groups)
    assert [one["key"] for one in data["measures"]] == list(MEASURES)
    assert data["measures"][0]["colours"] == ice_colours()
    for slug in slugs[::30]:
        district = script(folder / f"{slug}.js")
        number = len(district["areas"])
        assert number
        assert all(area[3].startswith("m") and area[3].endswith("z") for area in district["areas"])
        columns = [column for values in district["values"].values() for column in values.values()]
        assert {len(column) for column in columns} == {number}


def test_names_cannot_end_a_script(demo: Path, tmp_path: Path) -> None:
    """Quotes, angle brackets and line ends in a name stay text, and its address has letters and hyphens only."""
    del demo
    name = 'St "Agnes" </script><b>\N{LINE SEPARATOR}&amp;'
    lads, msoas = (measures_table(level, "bias").head(20) for level in ("lad", "msoa"))
    lads.loc[0, "lad21nm"] = name
    msoas["msoa21nm"] = name
    explorer_data.write_values(tmp_path / "values.js", lads, msoas, pages={})
    assert script(tmp_path / "values.js")["districts"][0][1:3] == ["st-agnes-script-b-amp", name]
    explorer_data.Districts(lads, msoas, load_context()).write(0, "st-agnes", [(name, "places/x.html")], tmp_path)
    district = script(tmp_path / "st-agnes.js")
    assert district["areas"][0][1] == name
    assert district["links"] == [[name, "places/x.html"]]


def test_similar_places_are_positions_in_the_list(demo: Path) -> None:
    """Ten of the shipped list, in its order, those beyond England and Wales after all others; a sentence for none."""
    del demo
    lads, kingdom = measures_table("lad", "bias"), united_kingdom()
    assert kingdom is not None
    beyond = kingdom[kingdom["rgn21nm"].isin(BEYOND)]
    names = [*lads["lad21nm"], *beyond["lad21nm"]]
    found = explorer_data.similar_rows(lads, beyond)
    code = dict(zip(lads["lad21nm"], lads["lad21cd"], strict=True))
    assert [names[at] for at in found[code["Norwich"]]] == [
        *("Hastings", "Southampton", "Dundee City", "Portsmouth", "Worcester"),
        *("Bristol, City of", "Nottingham", "Cardiff", "Calderdale", "Swansea"),
    ]
    assert "Eden has no similar places" in str(found[code["Eden"]])
    assert set(found) == {*lads["lad21cd"], *beyond["lad21cd"]}
    alone = explorer_data.similar_rows(lads, None)
    assert "Dundee City" not in [names[at] for at in alone[code["Norwich"]]]


def test_a_district_without_values_has_a_script(demo: Path, tmp_path: Path) -> None:
    """Its numbers are missing, its sentence is empty, its neighbourhoods are as ever; one without any has none."""
    del demo
    lads, msoas = measures_table("lad", "economic_connectedness"), measures_table("msoa", "economic_connectedness")
    at = lads["lad21nm"].tolist().index("Norwich")
    lads.loc[at, "economic_connectedness"] = None
    explorer_data.Districts(lads, msoas, load_context()).write(at, "norwich", [], tmp_path)
    norwich = script(tmp_path / "norwich.js")
    assert norwich["words"] == {"economic_connectedness": ""}
    values = norwich["values"]["economic_connectedness"]
    assert None not in values["decile"]
    assert set(values["than_district"]) == {"."}
    assert "." not in values["than_country"]
    explorer_data.Districts(lads, msoas.iloc[:0], load_context()).write(at, "empty", [], tmp_path)
    assert script(tmp_path / "empty.js")["areas"] == []


def test_outlines_are_those_of_the_boundaries(demo: Path, tmp_path: Path) -> None:
    """An outline as drawn covers its area but for a hundredth, whatever is between metres and the page."""
    del demo
    lads, msoas = measures_table("lad", "bias"), measures_table("msoa", "bias")
    at = lads["lad21nm"].tolist().index("Great Yarmouth")
    explorer_data.Districts(lads, msoas, load_context()).write(at, PLACE, [], tmp_path)
    district = script(tmp_path / f"{PLACE}.js")
    left, _, _, top = lads.total_bounds
    x, y, unit = district["at"]
    for code, _, _, path, *_ in district["areas"]:
        numbers = affine_transform(outline(path), [100 * unit, 0, 0, -100 * unit, left + 100 * x, top - 100 * y])
        true = msoas.set_index("msoa21cd").loc[code, "geometry"]
        assert numbers.symmetric_difference(true).area < 0.02 * true.area, code


def outline(path: str) -> shapely.Geometry:
    """Return the polygon of relative path data."""
    rings, pen = [], np.zeros(2)
    for part in path.split("z")[:-1]:
        points, letter, numbers = [], "", []
        for token in re.findall(r"[mlhv]|-?\d+", part):
            if token.isalpha():
                letter = token
                continue
            numbers.append(int(token))
            step = {"h": (1, 0), "v": (0, 1)}.get(letter)
            if step:
                pen = pen + numbers.pop() * np.array(step)
            elif len(numbers) == 2:
                pen, numbers = pen + numbers, []
            else:
                continue
            points.append(pen)
        rings.append(shapely.Polygon(points))
        pen = points[0]
    whole = rings[0]
    for ring in rings[1:]:
        whole = whole.symmetric_difference(ring)
    return whole
