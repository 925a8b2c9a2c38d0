"""Nations, regions and groups as sets of districts."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from ec_maps import load_areas
from ec_maps.areas.wider import wider_places


def test_each_place_has_its_districts(demo: Path) -> None:
    """Regions and Wales share out all districts, England is the regions, and a county has the members of its list."""
    del demo
    lads = load_areas("lad")
    wider = {(one.kind, one.name): one for one in wider_places(lads)}
    parts = [one for one in wider.values() if one.kind == "region" or one.name == "Wales"]
    assert sorted(code for one in parts for code in one.codes) == lads["lad21cd"].tolist()
    assert wider["nation", "Wales"].codes == tuple(lads.loc[lads["rgn21nm"] == "Wales", "lad21cd"])
    assert ("region", "Wales") not in wider
    assert set(wider["nation", "England"].codes).isdisjoint(wider["nation", "Wales"].codes)
    assert len(wider["nations", "England and Wales"].codes) == 331
    norfolk = lads.set_index("lad21cd").loc[list(wider["county", "Norfolk"].codes), "lad21nm"]
    assert set(norfolk) >= {"Norwich", "Great Yarmouth", "King's Lynn and West Norfolk"}
    assert len(norfolk) == 7


def test_slugs_are_unlike_and_names_stand_in_sentences(demo: Path) -> None:
    """A region and a county of one name have different slugs, none of which is taken; a region has its article."""
    del demo
    wider = wider_places(load_areas("lad"), {"norfolk"})
    slugs = [one.slug for one in wider]
    assert len(set(slugs)) == len(slugs)
    assert {"west-midlands", "west-midlands-county", "norfolk-county"} <= set(slugs)
    assert "norfolk" not in slugs
    said = {one.slug: one.in_sentence for one in wider}
    assert said["east-of-england"] == "the East of England"
    assert said["london"] == "London"
    assert said["kent"] == "Kent"


def test_a_group_of_which_a_district_is_absent_is_none(demo: Path) -> None:
    """A part is never shown as the whole."""
    del demo
    lads = pd.DataFrame(load_areas("lad").drop(columns="geometry"))
    names = {one.name for one in wider_places(lads[lads["lad21nm"] != "Norwich"])}
    assert "Norfolk" not in names
    assert "Suffolk" in names
