"""Texts of others in drawings: no element comes of them. Section J of `failure_modes.md` has the other attacks."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from ec_maps import area_table, load_areas, regional_map

NAMES = [
    *("<script>x()</script>", "<img src=x onerror=x()>", "*x* [y](javascript:z) `q`"),
    *("=1+1", "../../x", "&lt;b&gt; ]]>"),
]


@pytest.mark.full
@pytest.mark.usefixtures("demo")
@pytest.mark.parametrize("name", NAMES)
def test_words_of_an_own_measure_are_text(tmp_path: Path, name: str) -> None:
    """Title, source, unit and column, and the names of the areas, in the drawing, its caption and its words."""
    lads = load_areas("lad")
    table = lads[["lad21cd"]].assign(**{name: range(len(lads))})
    areas = area_table(table, "lad", name, title=f"Trees {name}", source=f"Own {name}", unit="<i>")
    areas["lad21nm"] = areas["lad21nm"].mask(areas["lad21nm"] == "Cardiff", name)
    drawn = regional_map(areas, "Wales", highlight=[name])
    assert f"Trees {name}" in " ".join(drawn.alt_text.split())
    path = drawn.save(tmp_path / "map.svg")
    root = ET.parse(path).getroot()
    tags = {element.tag.rpartition("}")[2] for element in root.iter()}
    assert not tags & {"script", "img", "image", "b", "i", "foreignObject"}
    assert not [key for element in root.iter() for key in element.attrib if key.startswith("on")]
    assert f"Trees {name}" in " ".join("".join(root.itertext()).split())
    assert [path.name for path in tmp_path.iterdir()] == ["map.svg"]
