from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest

import ec_maps
from ec_maps.areas.deciles import deciles
from ec_maps.errors import PlaceError, SettingError
from ec_maps.graphics.annotation import area_numbers, key_to_numbers
from ec_maps.graphics.figure import Map
from made import about, demo_tables, nothing_around, squares, together


@pytest.fixture
def msoas(demo: Path) -> gpd.GeoDataFrame:
    """Return the demonstration's neighbourhoods."""
    return demo_tables(demo).msoas


@pytest.fixture
def lads(demo: Path) -> gpd.GeoDataFrame:
    """Return the demonstration's districts."""
    return demo_tables(demo).lads


def words_around(drawn: Map) -> list[str]:
    """Return the texts around a map, each on one line."""
    (around,) = [ax for ax in drawn.figure.axes if ax.get_label() == "furniture"]
    return [" ".join(text.get_text().split()) for text in around.texts]


def three() -> gpd.GeoDataFrame:
    """Return twelve neighbourhoods of three districts, Aham, Beham and Ceham, with values of 30% and more."""
    parts = []
    for place, name in enumerate(("Aham", "Beham", "Ceham")):
        part = squares([0.3 + 0.04 * place + 0.01 * number for number in range(4)], district=name)
        parts.append(part.assign(lad21cd=f"E0699990{place}", geometry=part.geometry.translate(0, 1000 * place)))
    return together(*parts)


def test_numbers_run_on_over_districts() -> None:
    """Two districts of a map have no number in common, and the key has each number with its name."""
    drawn = ec_maps.local_map(three(), ["Ceham", "Aham"], context=nothing_around())
    assert list(drawn.areas["lad21nm"]) == ["Ceham"] * 4 + ["Aham"] * 4
    numbers = [text.get_text() for text in drawn.figure.axes[0].texts if text.get_text().isdigit()]
    assert sorted(numbers, key=int) == ["1", "2", "3", "4", "5", "6", "7", "8"]
    key = [words for words in words_around(drawn) if words.split()[0].isdigit() and "ham 00" in words]
    assert key == [f"{n} Ceham 00{n}" for n in range(1, 5)] + [f"{n + 4} Aham 00{n}" for n in range(1, 5)]


def test_area_numbers_are_unique() -> None:
    """Official numbers are kept; a name without one gets a number that no other has; repeated ones are replaced."""
    assert area_numbers(pd.Series(["T 002", "T 010"])) == ["2", "10"]
    assert area_numbers(pd.Series(["T 002", "E", "T 003"])) == ["2", "1", "3"]
    assert area_numbers(pd.Series(["T 001", "E", "F", "T 003"])) == ["1", "2", "4", "3"]
    assert area_numbers(pd.Series(["A 001", "A 002", "B 001"])) == ["1", "2", "3"]
    assert area_numbers(pd.Series([], dtype=str)) == []


def test_the_key_groups_readable_names_by_district() -> None:
    """Readable names stand beneath their district's, in order of number."""
    table = three().iloc[2:6].assign(msoa21hclnm=["Mill", None, "Church End", "Mill"])
    assert key_to_numbers(table, ["1", "2", "3", "4"]) == [
        *("Aham:", "1  Mill", "2  Aham 004"),
        *("Beham:", "3  Church End", "4  Mill"),
    ]
    assert key_to_numbers(table.iloc[:2], ["3", "4"]) == ["3  Mill", "4  Aham 004"]


def test_a_group_is_described_as_a_group() -> None:
    """Title, caption, alt text and legend say which districts; the words count deciles and never average."""
    table = together(three(), squares([0.2 + 0.01 * number for number in range(20)]))
    table["decile"] = deciles(table["economic_connectedness"])
    table = about(table)
    drawn = ec_maps.local_map(table, ["aham", "ceham"], context=nothing_around())
    of = "2 local authorities: Aham and Ceham"
    assert words_around(drawn)[0] == f"Economic connectedness in {of}"
    assert drawn.caption == (
        f"{of}. None of their 8 neighbourhoods are in the lowest decile of England and Wales, three in the highest. "
        "Lowest: Aham 001, 30.0%; highest: Ceham 004, 41.0%."
    )
    assert drawn.alt_text.startswith(f"Map of {of}, by neighbourhood, coloured by decile of economic connectedness")
    assert "Of 8 neighbourhoods, " in drawn.alt_text
    assert ", 3 in decile 10. Lowest: Aham 001, 30.0%" in drawn.alt_text
    assert "outside these 2 local authorities" in words_around(drawn)


def test_a_title_of_ones_own() -> None:
    """The title is the one given, and the subtitle says what the group is."""
    drawn = ec_maps.local_map(three(), ["Aham", "Beham"], title="Up the hill", context=nothing_around())
    assert words_around(drawn)[0] == "Up the hill"
    assert words_around(drawn)[1].startswith("2 local authorities: Aham and Beham. By neighbourhood")
    assert "2 local authorities: Aham and Beham." in drawn.caption
    for title in ("", " ", 7):
        with pytest.raises(SettingError, match="The title of a map is a text"):
            ec_maps.local_map(three(), "Aham", title=title, context=nothing_around())  # type: ignore[arg-type]


def test_districts_have_borders() -> None:
    """Each district of a group has an outline of its own, and one district alone has one."""

    def outlines(drawn: Map) -> int:
        lines = [one for one in drawn.figure.axes[0].collections if tuple(one.get_linewidths()) == (1.0,)]
        return len(lines)

    one, two = (ec_maps.local_map(three(), names, context=nothing_around()) for names in ("Aham", ["Aham", "Ceham"]))
    assert (outlines(one), outlines(two)) == (1, 2)


def test_a_list_of_one_is_the_district(demo: Path) -> None:
    """A list of one name, another spelling, a code and a place draw the map of the district."""
    msoas = demo_tables(demo).msoas
    plain = ec_maps.local_map(msoas, "Norwich")
    (place,) = {ec_maps.Place("Norwich", code, "East of England") for code in plain.areas["lad21cd"]}
    for given in (["norwich"], ("NORWICH",), "E07000148", place, iter(["Norwich"])):
        drawn = ec_maps.local_map(msoas, given)
        assert (drawn.alt_text, drawn.caption) == (plain.alt_text, plain.caption)
    assert drawn.png() == plain.png()


def test_names_are_found_in_maps(lads: gpd.GeoDataFrame, msoas: gpd.GeoDataFrame) -> None:
    """Parts, Welsh names and codes are names of places and of regions, and one place to highlight needs no list."""
    assert set(ec_maps.local_map(msoas, "bristol").areas["lad21nm"]) == {"Bristol, City of"}
    assert set(ec_maps.local_map(msoas, "Ynys Môn").areas["lad21nm"]) == {"Isle of Anglesey"}
    wales = ec_maps.regional_map(lads, "Cymru", highlight="Caerdydd")
    assert len(wales.areas) == 22
    assert wales.alt_text.count("Outlined: ") == wales.alt_text.count("Outlined: Cardiff") == 1
    assert len(ec_maps.regional_map(lads, "yorkshire").areas) == 21
    with pytest.raises(PlaceError, match="could be any of several local authorities: Richmond upon Thames; Richmonds"):
        ec_maps.local_map(msoas, "Richmond")
    with pytest.raises(PlaceError, match="None is not the name of a place"):
        ec_maps.regional_map(lads, "Wales", highlight=None)  # type: ignore[arg-type]
    with pytest.raises(PlaceError, match="Cardiff: not a local authority of Norfolk"):
        ec_maps.regional_map(lads, "Norfolk", highlight=["Norwich", "Cardiff"])


def test_groups_by_district(lads: gpd.GeoDataFrame) -> None:
    """A county, two regions and districts of two regions are drawn with their own rows and words."""
    county = ec_maps.regional_map(lads, "Greater Manchester", highlight="Salford")
    assert len(county.areas) == 10
    assert "Greater Manchester (10 local authorities). " in county.caption
    assert "highest of 10 in Greater Manchester" in county.caption
    assert "outside Greater Manchester" in words_around(county)
    regions = ec_maps.regional_map(lads, ["London", "South East"])
    assert regions.areas.groupby("rgn21nm").size().to_dict() == {"London": 33, "South East": 64}
    assert "London and the South East (97 local authorities). " in regions.caption
    across = ec_maps.regional_map(lads, ["Rutland", "Peterborough", "Bristol"])
    assert list(across.areas["lad21nm"]) == ["Rutland", "Peterborough", "Bristol, City of"]
    named = [" ".join(text.get_text().split()) for text in across.figure.axes[0].texts]
    assert {"Rutland", "Peterborough", "Bristol, City of"} <= set(named)
    single = ec_maps.regional_map(lads, ["Leeds"])
    assert "Leeds is a single local authority" in single.caption


def test_a_part_of_a_group(lads: gpd.GeoDataFrame) -> None:
    """What a table lacks of a group is grey and counted, and a group that it lacks as a whole is refused."""
    drawn = ec_maps.regional_map(lads[lads["lad21nm"] != "Norwich"], "Norfolk")
    assert len(drawn.areas) == 6
    assert "Economic connectedness in a part of Norfolk (7 local authorities)" in words_around(drawn)
    assert "One local authority of Norfolk is not in the table and is grey." in drawn.caption
    assert "the 6 of its 7 local authorities in this table" in drawn.caption
    with pytest.raises(PlaceError, match="The table has no row of Norfolk, so there is nothing to draw"):
        ec_maps.regional_map(lads[lads["rgn21nm"] == "Wales"], "Norfolk")


def test_a_group_from_surroundings(demo: Path) -> None:
    """From a table of the surroundings of a district, what it lacks of a group is grey, however far away."""
    near = ec_maps.load_areas("msoa", near="norwich")
    drawn = ec_maps.local_map(near, ["Norwich", "Leeds"])
    assert set(drawn.areas["lad21nm"]) == {"Norwich"}
    leeds = int((demo_tables(demo).msoas["lad21nm"] == "Leeds").sum())
    assert f"{leeds} neighbourhoods of these 2 local authorities are not in the table and are grey." in drawn.caption


def test_a_group_without_values() -> None:
    """A group all of whose neighbourhoods lack values is described as such."""
    table = three()
    table.loc[table["lad21nm"] != "Aham", ["economic_connectedness", "decile"]] = None
    table["decile"] = table["decile"].astype("Int64").where(table["decile"].isna(), 1)
    drawn = ec_maps.local_map(about(table), ["Beham", "Ceham"], context=nothing_around())
    assert drawn.caption.startswith(
        "2 local authorities: Beham and Ceham. None of their 8 neighbourhoods has a published estimate."
    )


def test_a_map_without_its_key() -> None:
    """Beside a table that has the numbers, the key can be left out; the numbers stay. It is a matter of yes or no."""
    drawn = ec_maps.local_map(three(), ["Ceham", "Aham"], context=nothing_around(), key=False)
    assert not [words for words in words_around(drawn) if "Ceham 001" in words]
    assert {"1", "8"} <= {text.get_text() for text in drawn.figure.axes[0].texts}
    with pytest.raises(SettingError, match='key= is "no"; it is True or False'):
        ec_maps.local_map(three(), "Aham", context=nothing_around(), key="no")  # type: ignore[arg-type]
