"""A table says what it is about through all that analysts do with tables, or it is refused."""

import pickle
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

import ec_maps
from ec_maps.about import About
from ec_maps.areas.checked import checked, rest
from ec_maps.errors import BoundaryError, SettingError
from made import demo_tables, districts

Change = Callable[[gpd.GeoDataFrame, Path], gpd.GeoDataFrame]


@pytest.fixture
def lads(demo: Path) -> gpd.GeoDataFrame:
    """Return the districts of England and Wales, of the demonstration."""
    return demo_tables(demo).lads.copy()


def through_gpkg(table: gpd.GeoDataFrame, folder: Path) -> gpd.GeoDataFrame:
    """Return a table as it comes back from a GeoPackage."""
    table.to_file(folder / "table.gpkg")
    return gpd.read_file(folder / "table.gpkg")


def through_parquet(table: gpd.GeoDataFrame, folder: Path) -> gpd.GeoDataFrame:
    """Return a table as it comes back from GeoParquet."""
    table.to_parquet(folder / "table.parquet")
    return gpd.read_parquet(folder / "table.parquet")


def through_geojson(table: gpd.GeoDataFrame, folder: Path) -> gpd.GeoDataFrame:
    """Return a table as it comes back from GeoJSON, in degrees."""
    table.to_crs("EPSG:4326").to_file(folder / "table.geojson")
    return gpd.read_file(folder / "table.geojson")


def own(table: pd.DataFrame) -> pd.DataFrame:
    """Return a column of the analyst's own, by code."""
    return pd.DataFrame({"lad21cd": table["lad21cd"], "pupils": range(len(table))})


IDIOMS: dict[str, Change] = {
    "merge": lambda table, _: table.merge(own(table), on="lad21cd"),
    "merge into a plain table": lambda table, _: own(table).merge(table, on="lad21cd"),
    "concat": lambda table, _: pd.concat([table[100:], table[:100]]),
    "copy": lambda table, _: table.copy(),
    "sort": lambda table, _: table.sort_values("lad21nm", ascending=False),
    "assign": lambda table, _: table.assign(pupils=1),
    "to_crs": lambda table, _: table.to_crs("EPSG:4326"),
    "columns": lambda table, _: table[["lad21cd", "lad21nm", "rgn21nm", "bias", "decile", "geometry"]],
    "another name of the outlines": lambda table, _: table.rename_geometry("shape"),
    "index": lambda table, _: table.set_index("lad21cd", drop=False),
    "pickle": lambda table, _: pickle.loads(pickle.dumps(table)),
    "Parquet": through_parquet,
    "GeoPackage": through_gpkg,
    "GeoJSON": through_geojson,
}


@pytest.mark.parametrize("idiom", IDIOMS)
def test_what_a_table_is_about_travels_with_it(demo: Path, tmp_path: Path, idiom: str) -> None:
    """After every ordinary change of a table, maps know its measure, its people, its scope and its cut points."""
    table = ec_maps.load_areas("lad", "bias", scope="uk")
    changed = IDIOMS[idiom](table, tmp_path)
    ready, about = checked(changed, "lad")
    assert about == About.of(table)
    assert (about.measure, about.scope, about.areas) == ("bias", "uk", len(table))
    assert ready.crs == "EPSG:27700"
    assert str(ready["decile"].dtype) == "Int64"
    assert list(ready.sort_values("lad21cd")["decile"].fillna(0)) == list(table["decile"].fillna(0))


def test_a_merged_measure_changes_nothing(demo: Path, lads: gpd.GeoDataFrame) -> None:
    """Bias with a column of economic connectedness beside it is drawn and described as bias."""
    table = ec_maps.load_areas("lad", "bias")
    merged = table.merge(lads[["lad21cd", "economic_connectedness"]])
    plain, drawn = ec_maps.national_map(table), ec_maps.national_map(merged)
    assert drawn.alt_text == plain.alt_text
    assert "friending bias" in drawn.alt_text
    assert drawn.png() == plain.png()


def test_other_people_stay_other_people(lads: gpd.GeoDataFrame) -> None:
    """A table of high-income people's friends, merged, is not described as one of low-income people's."""
    rich = ec_maps.load_areas("lad", "high_income_connectedness")
    _, about = checked(rich.merge(own(rich)), "lad")
    assert about.title == About.of(rich).title != About.of(lads).title


def test_a_region_is_drawn_as_a_part(lads: gpd.GeoDataFrame) -> None:
    """London alone is a part of the country: its count, no claim about the whole, and grey land where rows lack."""
    london = lads[lads["rgn21nm"] == "London"]
    drawn = ec_maps.national_map(london)
    low = int((london["decile"] == 1).sum())
    assert f"of the {len(london)} of 331 local authorities of England and Wales in this table" in drawn.caption
    assert (
        f"{331 - len(london)} local authorities of England and Wales are not in the table and are grey" in drawn.caption
    )
    assert "in the lowest decile of England and Wales" in drawn.caption
    assert low == 0 or f"the {low} of" not in drawn.caption
    words = " ".join(text.get_text() for ax in drawn.figure.axes for text in ax.texts)
    assert "the 327 local authorities of England and Wales with a value" in words
    assert f"not in this table ({331 - len(london)})" in words


def test_a_whole_region_of_a_part_is_whole(lads: gpd.GeoDataFrame) -> None:
    """The map of a region from its rows alone is that from the whole table, pixel for pixel."""
    whole = ec_maps.regional_map(lads, "East of England")
    drawn = ec_maps.regional_map(lads[lads["rgn21nm"] == "East of England"], "East of England")
    assert (drawn.caption, drawn.alt_text) == (whole.caption, whole.alt_text)
    assert drawn.png() == whole.png()


def test_rows_left_out_of_a_local_map_are_grey(demo: Path) -> None:
    """Neighbourhoods that are not in the table are land, and the words count them."""
    msoas = demo_tables(demo).msoas
    some = msoas.drop(msoas.index[msoas["lad21nm"] == "Norwich"][:3])
    drawn = ec_maps.local_map(some, "Norwich")
    assert "of the 11 of 14 neighbourhoods of Norwich in this table" in drawn.caption
    assert "Three neighbourhoods of Norwich are not in the table and are grey." in drawn.caption
    assert "part of Norwich" in drawn.alt_text
    assert len(rest(some, About.of(some))) == 3


def test_surroundings_are_enough_for_their_own_map(demo: Path) -> None:
    """A table near Norwich draws Norwich as the whole table does, and another district with the land around it."""
    near = ec_maps.load_areas("msoa", near="Norwich")
    whole = ec_maps.local_map(demo_tables(demo).msoas, "Norwich")
    assert ec_maps.local_map(near, "Norwich").png() == whole.png()
    assert "are not in the table and are grey" in ec_maps.local_map(near, "Broadland").caption


def test_a_part_of_an_unknown_whole_is_refused(lads: gpd.GeoDataFrame, monkeypatch: pytest.MonkeyPatch) -> None:
    """If the boundaries at hand are not those of the table, nothing says what it lacks."""
    strange = districts([0.3 + 0.01 * place for place in range(20)])
    monkeypatch.setenv("EC_MAPS_SOURCE", "demo")
    with pytest.raises(BoundaryError, match=r"has 12 of the 20 local authorities .* Give the whole table"):
        rest(strange[:12], About.of(strange))


def silent(table: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return a table that has lost what it is about."""
    table = table.drop(columns="about")
    table.attrs = {}
    return table


REFUSED: dict[str, tuple[Callable[[gpd.GeoDataFrame], object], str]] = {
    "no table": (lambda _: None, "not from None"),
    "a list": (lambda _: [1, 2], r"not from \[1, 2\]"),
    "no rows": (lambda table: table[:0], "no rows"),
    "no outlines": (lambda table: pd.DataFrame(table.drop(columns="geometry")), r"areas\.merge\(mine\)"),
    "no coordinate system": (lambda table: table.set_crs(None, allow_override=True), "set_crs"),
    "another coordinate system": (lambda table: table.set_crs(4326, allow_override=True), "outside the United Kingdom"),
    "rows twice": (lambda table: pd.concat([table, table[:5]]), r"5 areas are in it more than once .*drop_duplicates"),
    "no outline of some": (
        lambda table: table.assign(geometry=table.geometry.where(table.index > 1)),
        "2 areas have no",
    ),
    "points": (lambda table: table.set_geometry(table.geometry.centroid), "331 areas have no outline"),
    "text": (lambda table: table.assign(economic_connectedness="45 %"), "not numbers"),
    "deciles of its own": (
        lambda table: table.assign(decile=11 - table["decile"]),
        r"deciles are not those .*area_table",
    ),
    "deciles of a part": (
        lambda table: table[:60].assign(decile=pd.qcut(table["economic_connectedness"][:60], 10, labels=False) + 1),
        "area_table",
    ),
    "values changed": (lambda table: table.assign(economic_connectedness=table["num_users"] / 1e6), "area_table"),
    "no names": (lambda table: table.assign(lad21nm=None), "331 of 331 rows lack"),
    "no deciles": (lambda table: table.drop(columns="decile"), "lacks the columns decile"),
    "suffixes": (lambda table: table.merge(table, on="lad21cd"), "lacks the columns decile, economic_connectedness"),
    "nothing said": (silent, r"does not say which measure .* measure=\"bias\""),
    "said wrongly": (lambda table: table.assign(about="economic connectedness"), "has been changed"),
    "two tables": (lambda table: pd.concat([table, ec_maps.load_areas("lad", "bias")]), "rows from 2 tables"),
    "rows of another table": (lambda table: pd.concat([table, own(table)]), "in 331 of 662 rows the column about"),
}


@pytest.mark.parametrize("fault", REFUSED)
def test_what_cannot_be_drawn_is_refused_in_a_letter(lads: gpd.GeoDataFrame, fault: str) -> None:
    """A table that would make a wrong map is an error that says what was found and what to do."""
    change, words = REFUSED[fault]
    with pytest.raises(SettingError, match=f"(?i){words}"):
        ec_maps.national_map(change(lads))


def test_all_faults_at_once(lads: gpd.GeoDataFrame) -> None:
    """Several faults are a list."""
    bad = pd.concat([lads, lads[:1]]).set_crs(None, allow_override=True)
    with pytest.raises(SettingError, match=r"(?s)\n- 1 areas? .*\n- its outlines have no coordinate system"):
        checked(bad, "lad")


def test_neighbourhoods_are_no_districts(demo: Path) -> None:
    """A table of the other level is refused by its name."""
    with pytest.raises(
        SettingError, match=r'is of neighbourhoods, and this map is of local authorities.*load_areas\("lad"\)'
    ):
        ec_maps.national_map(demo_tables(demo).msoas)


def test_saying_what_a_lost_table_is_about(lads: gpd.GeoDataFrame) -> None:
    """With `measure` a table that has lost it is drawn as before, and one that says something else is refused."""
    lost = silent(lads)
    assert checked(lost, "lad", measure="economic_connectedness")[1] == About.of(lads)
    assert About.of(checked(lost[:30], "lad", measure="economic_connectedness")[0]) == About.of(lads)
    assert checked(lads, "lad", measure="economic_connectedness", category="low_ses_users")[1] == About.of(lads)
    with pytest.raises(SettingError, match="about economic connectedness, not about friending bias"):
        checked(lads, "lad", measure="bias")
    with pytest.raises(SettingError, match="lacks the columns bias"):
        checked(lost, "lad", measure="bias")
    with pytest.raises(SettingError, match=r"not the Atlas's: 33. of 331 values differ.*area_table"):
        checked(lost.assign(bias=0.5), "lad", measure="bias")
    with pytest.raises(SettingError, match='There is no measure "wealth"'):
        checked(lost, "lad", measure="wealth")
    with pytest.raises(SettingError, match="measure= has to say what"):
        checked(lost, "lad", category="low_ses_users")


def test_demonstration_values_are_never_drawn_unstamped(
    lads: gpd.GeoDataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A table of the demonstration, kept until the source is another one, is refused."""
    monkeypatch.setenv("EC_MAPS_SOURCE", "live")
    with pytest.raises(SettingError, match="would not be stamped"):
        checked(lads, "lad")


def test_deciles_of_a_file_are_numbers(lads: gpd.GeoDataFrame) -> None:
    """Deciles that a file made floats, with a gap for a missing one, are deciles."""
    ready, _ = checked(lads.assign(decile=lads["decile"].astype(float)), "lad")
    assert ready["decile"].dropna().map(type).eq(int).all()
    assert int(ready["decile"].isna().sum()) == int(np.isnan(lads["economic_connectedness"]).sum())


def test_a_part_in_hexagons(demo: Path) -> None:
    """A region without some rows is a part of it, with grey hexagons; rows of two regions are a part of the country."""
    msoas = demo_tables(demo).msoas
    wales = msoas[msoas["rgn21nm"] == "Wales"]
    drawn = ec_maps.hexagon_map(wales[5:])
    words = " ".join(text.get_text().replace("\n", " ") for ax in drawn.figure.axes for text in ax.texts)
    assert "across a part of Wales" in words
    assert "not in this table (5)" in words
    assert f"Of the {len(wales) - 5} neighbourhoods of a part of Wales" in drawn.caption
    both = msoas[msoas["rgn21nm"].isin(["Wales", "London"])]
    found = ec_maps.hexagon_map(both).caption
    assert f"Of the {len(both):,} neighbourhoods of a part of England and Wales" in found
    assert "which has" not in found
