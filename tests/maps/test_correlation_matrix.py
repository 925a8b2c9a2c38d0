"""The matrix figure: its cells' colours, numbers and contrast, where words lie, what it says, how it is saved."""

from __future__ import annotations

import itertools
import math
import re
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from matplotlib.collections import PathCollection
from matplotlib.colors import to_hex
from matplotlib.text import Text

from ec_maps.analysis.statistics import Correlations, Pair
from ec_maps.graphics import palette
from ec_maps.graphics.figure import Map
from ec_maps.graphics.layout import DEMO_WORDS, WIDTH
from ec_maps.maps.correlation_matrix import COLOURS, STRENGTH_EDGES, colour_of, correlation_matrix
from ec_maps.measures import MEASURES
from graphics.test_palette import distance
from made import Picture

KEYS = tuple(MEASURES)
CLASSES = [-0.9, -0.6, -0.4, -0.2, 0.0, 0.2, 0.4, 0.6, 0.9]


def made(number: int = len(KEYS), *, blank: int = 0, level: str = "lad") -> Correlations:
    """Return correlations between the first measures that run through all classes, the last ones missing."""
    pairs = [
        Pair(one, other, CLASSES[place % len(CLASSES)], 300 + place)
        for place, (one, other) in enumerate(itertools.combinations(KEYS[:number], 2))
    ]
    cut = len(pairs) - blank
    pairs[cut:] = [Pair(pair.first, pair.second, math.nan, 4) for pair in pairs[cut:]]
    return Correlations(KEYS[:number], tuple(pairs), level)  # type: ignore[arg-type]


def cells(drawn: Map) -> list[PathCollection]:
    """Return what is drawn in the matrix."""
    return [item for item in drawn.figure.axes[0].collections if isinstance(item, PathCollection)]


def words(drawn: Map) -> list[Text]:
    """Return all words on the figure that are not empty."""
    return [text for ax in drawn.figure.axes for text in ax.texts if text.get_text()]


def luminance_ratio(one: str, other: str) -> float:
    """Return WCAG's contrast between two colours."""
    low, high = sorted(palette.relative_luminance(hue) for hue in (one, other))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize(("value", "place"), [(-1, 0), (-0.7, 0), (-0.699, 0), (-0.69, 1), (-0.3, 2), (-0.1, 3),
    (-0.094, 4), (0, 4), (0.0951, 5), (0.1, 5), (0.49, 6), (0.4951, 7), (0.5, 7), (0.7, 8), (1, 8)])  # fmt: skip
def test_the_class_is_that_of_the_number_shown(value: float, place: int) -> None:
    """A cell's colour goes by the number as it is printed, the classes are mirrored about nought."""
    assert colour_of(value) == COLOURS[place]
    assert colour_of(-value) == COLOURS[8 - place]


def test_every_number_can_be_read() -> None:
    """The ink on every class has a contrast of 4.5 or more."""
    for hue in COLOURS:
        assert luminance_ratio(palette.ink_on(hue), hue) >= 4.5


@pytest.mark.parametrize("sight", ["Normal", "Protanomaly", "Deuteranomaly", "Tritanomaly"])
def test_classes_stay_apart_under_colour_blindness(sight: str) -> None:
    """Each two classes differ by 10 or more to every kind of sight."""
    for one, other in itertools.combinations(COLOURS, 2):
        assert distance(one, other, sight) >= 10, (one, other)


def test_each_pair_has_its_cell(tmp_path: Path, demo: Path) -> None:
    """Each cell lies in the row of the later and the column of the earlier measure, in its class's colour."""
    found = made()
    drawn = correlation_matrix(found)
    (collection,) = cells(drawn)
    assert len(collection.get_paths()) == len(found.pairs) == 91
    order = {key: place for place, key in enumerate(KEYS)}
    faces = [to_hex(face) for face in collection.get_facecolor()]
    wide = collection.get_paths()[0].get_extents().width
    top = drawn.figure.axes[0].get_ylim()[1]
    for pair, path, face in zip(found.pairs, collection.get_paths(), faces, strict=True):
        box = path.get_extents()
        assert face == colour_of(pair.correlation)
        assert box.x0 == pytest.approx(order[pair.first] * wide)
        assert top - box.y1 == pytest.approx(order[pair.second] * box.height)
    picture = Picture(drawn, tmp_path)
    assert all(picture.has(hue) for hue in COLOURS)


def test_each_cell_has_its_number(demo: Path) -> None:
    """The numbers stand in the middle of the cells that they belong to, and fit in them."""
    found = made()
    drawn = correlation_matrix(found)
    drawn.figure.canvas.draw()
    (collection,) = cells(drawn)
    told = {tuple(np.round(text.get_position(), 6)): text for text in drawn.figure.axes[0].texts}
    for pair, path in zip(found.pairs, collection.get_paths(), strict=True):
        box = path.get_extents()
        text = told[tuple(np.round(((box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2), 6))]
        assert float(text.get_text().replace("−", "-")) == pytest.approx(pair.correlation)
        extent = text.get_window_extent().transformed(drawn.figure.axes[0].transData.inverted())
        assert extent.width <= box.width


@pytest.mark.parametrize(("number", "blank"), [(14, 0), (14, 20), (9, 2), (3, 1), (2, 0)])
def test_no_words_overlap_or_leave_the_sheet(number: int, blank: int, demo: Path) -> None:
    """However many measures there are, no words lie on others, on a neighbour's cell or outside the figure."""
    drawn = correlation_matrix(made(number, blank=blank))
    drawn.figure.canvas.draw()
    boxes = [(text.get_text(), text.get_window_extent()) for text in words(drawn)]
    page = drawn.figure.bbox
    for text, box in boxes:
        assert page.x0 <= box.x0, text
        assert box.x1 <= page.x1 + 1, text
        assert page.y0 <= box.y0, text
        assert box.y1 <= page.y1, text
    for (one, first), (other, second) in itertools.combinations(boxes, 2):
        assert not (first.padded(-2).overlaps(second.padded(-2))), (one, other)


def test_every_measure_is_named_and_the_sheet_says_what_it_is(demo: Path) -> None:
    """Names of all measures, a legend with all edges, sources and, on the demonstration, its band."""
    drawn = correlation_matrix(made(blank=1))
    said = [text.get_text().replace("\n", " ") for text in words(drawn)]
    assert {measure.title for measure in MEASURES.values()} <= set(said)
    for edge in STRENGTH_EDGES:
        assert f"{edge:g}".removeprefix("0") in said
    assert DEMO_WORDS in said
    assert "Rank correlation (Spearman’s)" in said
    assert any(text.startswith("none: ") for text in said)
    assert any(text.startswith("Values: ") for text in said)
    assert drawn.figure.get_figwidth() == WIDTH


def test_numbers_are_large_enough(demo: Path) -> None:
    """At 700 pixels across, numbers are 14 pixels high or more, and names 11."""
    drawn = correlation_matrix(made())
    pixels = 700 / drawn.figure.get_figwidth() / 72
    texts = drawn.figure.axes[0].texts
    numbers = [text for text in texts if text.get_zorder() == 3 and text.get_weight() != "bold"]
    numbers = [text for text in numbers if re.fullmatch(r"−?\.\d\d", text.get_text())]
    assert len(numbers) == 91
    assert min(text.get_fontsize() for text in numbers) * pixels >= 14
    names = [text for text in texts if text.get_weight() == "bold"]
    assert min(text.get_fontsize() for text in names) * pixels >= 11


def test_a_missing_pair_is_hatched_and_counted(demo: Path) -> None:
    """Pairs without a correlation have a hatched cell and no number, and the words count them."""
    drawn = correlation_matrix(made(4, blank=2))
    hatched = [collection for collection in cells(drawn) if collection.get_hatch()]
    assert sum(len(collection.get_paths()) for collection in hatched) == 2
    for text in (drawn.caption, drawn.alt_text):
        assert "Two pairs have no correlation." in text


def test_the_words_are_computed() -> None:
    """Caption and alternative text name the strongest pairs and what goes with economic connectedness."""
    pairs = (
        Pair(KEYS[0], KEYS[2], 0.81, 320),
        Pair(KEYS[0], KEYS[3], -0.52, 318),
        Pair(KEYS[2], KEYS[3], 0.2, 318),
    )
    drawn = correlation_matrix(Correlations((KEYS[0], KEYS[2], KEYS[3]), pairs))
    assert drawn.caption == (
        "Rank correlations over 318 to 320 local authorities of England and Wales: two of 3 pairs are 0.5 or stronger, "
        "up or down. The strongest correlations of economic connectedness are with exposure (0.81) and friending bias "
        "(−0.52)."
    )
    assert "Of 3 pairs, one at 0.5 or above, one at −0.5 or below and one in between." in drawn.alt_text
    assert "The strongest: economic connectedness and exposure (0.81); economic" in drawn.alt_text
    assert "3 measures over the local authorities of England and Wales" in drawn.alt_text


def test_a_weak_correlation_is_called_none() -> None:
    """Where no other measure goes with economic connectedness, the caption says so and names none as the closest."""
    weak = Correlations((KEYS[0], KEYS[2]), (Pair(KEYS[0], KEYS[2], 0.08, 320),))
    assert "has no correlation of 0.1 or stronger with another measure" in correlation_matrix(weak).caption
    one = Correlations((KEYS[0], KEYS[2]), (Pair(KEYS[0], KEYS[2], -0.3, 320),))
    assert (
        "The strongest correlation of economic connectedness is with exposure (−0.30)."
        in correlation_matrix(one).caption
    )


def test_nothing_to_tell() -> None:
    """Where no pair has a correlation, the words say so and the figure is drawn all the same."""
    drawn = correlation_matrix(made(3, blank=3, level="msoa"))
    assert drawn.caption == "No pair of measures has a correlation over the neighbourhoods of England and Wales."
    assert "Three pairs have no correlation." in drawn.alt_text


def test_cells_of_the_svg_are_interactive(tmp_path: Path, demo: Path) -> None:
    """In SVG each cell says which measures it is of, how closely they go together and over how many areas."""
    root = ET.fromstring(correlation_matrix(made(blank=3)).save(tmp_path / "m.svg").read_text(encoding="utf-8"))
    told = [element.findtext("{*}title") for element in root.iter() if element.get("class") == "ec-area"]
    assert len(told) == 91
    assert "Economic connectedness and connectedness of high-income people: −0.90, over 300 local authorities" in told
    assert sum(": none, over 4 local authorities" in str(words) for words in told) == 3


def test_a_single_cell_is_interactive_too(tmp_path: Path, demo: Path) -> None:
    """With two measures there is one cell, and it has its words."""
    text = correlation_matrix(made(2)).save(tmp_path / "m.svg").read_text(encoding="utf-8")
    assert text.count('class="ec-area"') == 1


@pytest.mark.parametrize("suffix", ["png", "svg"])
def test_the_same_bytes(tmp_path: Path, suffix: str, demo: Path) -> None:
    """The same correlations give the same file."""
    first, second = (correlation_matrix(made()).save(tmp_path / f"{n}.{suffix}").read_bytes() for n in "ab")
    assert first == second
