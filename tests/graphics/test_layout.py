"""The layout: its bands, its legend, its scale bar, and how it grows with its words."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.axes import Axes

from ec_maps.graphics.layout import (
    DEMO_WORDS,
    FLATTEST,
    MAP_WIDTH,
    TALLEST,
    WIDTH,
    Layout,
    Words,
    new_layout,
    view,
)
from ec_maps.graphics.legend import Key
from ec_maps.graphics.palette import ice_colours

EXTENT = (400_000.0, 200_000.0, 440_000.0, 240_000.0)
CUTS = [f"{20 + 5 * place:.1f}" for place in range(11)]
KEY = Key(
    "Economic connectedness",
    "Deciles of the 20",
    CUTS,
    [*ice_colours()],
    "no published estimate (2)",
    "outside Testham",
)
WORDS = Words("Title", "Subtitle", "Sources")


def furniture(layout: Layout) -> Axes:
    """Return the axes with all that is not the map."""
    return next(ax for ax in layout.figure.axes if ax.get_label() == "furniture")


@given(
    st.floats(-2e5, 7e5), st.floats(-5e4, 1.2e6), st.floats(0, 7e5), st.floats(0, 7e5), st.sampled_from([1.09, 1.5]),
)  # fmt: skip
def test_view(left: float, bottom: float, width: float, height: float, room: float) -> None:
    """The view holds the areas with room around, centred, at least 2 km across, neither too flat nor too tall."""
    seen = view((left, bottom, left + width, bottom + height), room=room)
    across, up = seen[2] - seen[0], seen[3] - seen[1]
    assert across >= max(width * room, 2000) - 1e-3
    assert up >= height * room - 1e-3
    assert FLATTEST - 1e-6 <= up / across <= TALLEST + 1e-6
    assert (seen[0] + seen[2]) / 2 == pytest.approx(left + width / 2, abs=1e-3)
    assert (seen[1] + seen[3]) / 2 == pytest.approx(bottom + height / 2, abs=1e-3)


def test_bands() -> None:
    """The map is as wide as the layout less its margins, on one scale, with words above and beneath only."""
    layout = new_layout(EXTENT, WORDS, KEY, demo=False)
    assert layout.figure.get_figwidth() == WIDTH
    assert layout.frame.right == pytest.approx(MAP_WIDTH)
    assert layout.frame.top == pytest.approx(MAP_WIDTH)
    assert layout.scale == pytest.approx(40_000 / MAP_WIDTH)
    low, high = layout.ax.bbox.y0, layout.ax.bbox.y1
    for text in furniture(layout).texts:
        box = text.get_window_extent()
        assert box.y0 >= high or box.y1 <= low


def test_inches_and_metres() -> None:
    """Positions go from metres to inches and back, from the map's lower left corner."""
    layout = new_layout(EXTENT, WORDS, KEY, demo=False)
    corners = np.array([[400_000, 200_000], [440_000, 240_000]])
    assert layout.to_inches(corners) == pytest.approx(np.array([[0, 0], [MAP_WIDTH, MAP_WIDTH]]))
    assert layout.to_metres(MAP_WIDTH / 2, 0) == pytest.approx((420_000, 200_000))


@pytest.mark.parametrize("across", [2_000, 5_300, 47_000, 120_000, 640_000])
def test_scale_bar(across: float) -> None:
    """The scale bar's words are its length on the ground: a round one, a third to an inch and a third on paper."""
    layout = new_layout((0, 0, across, across), WORDS, KEY, demo=False)
    (line,) = furniture(layout).lines
    inches = max(line.get_xdata()) - min(line.get_xdata())
    (words,) = [text.get_text() for text in furniture(layout).texts if text.get_text().endswith((" km", " m"))]
    number, unit = words.split()
    metres = float(number) * {"km": 1000, "m": 1}[unit]
    assert metres == pytest.approx(inches * layout.scale, rel=1e-6)
    assert str(int(float(number) / 10 ** math.floor(math.log10(float(number))))) in "125"
    assert 0.4 <= inches <= 1.31


def test_stamp() -> None:
    """The stamp is on the layout exactly when asked for, above all else, and makes it taller."""
    plain, stamped = (new_layout(EXTENT, WORDS, KEY, demo=demo) for demo in (False, True))
    assert DEMO_WORDS not in [text.get_text() for text in furniture(plain).texts]
    stamp = next(text for text in furniture(stamped).texts if text.get_text() == DEMO_WORDS)
    assert all(text.get_position()[1] <= stamp.get_position()[1] for text in furniture(stamped).texts)
    assert stamped.figure.get_figheight() == pytest.approx(plain.figure.get_figheight() + 0.3)


@pytest.mark.parametrize(("missing", "around"), [("", ""), ("none", ""), ("", "beyond"), ("none", "beyond")])
def test_legend_says_what_there_is(missing: str, around: str) -> None:
    """Hatching and grey have a swatch and words only where they occur."""
    layout = new_layout(EXTENT, WORDS, Key("T", "U", CUTS, [*ice_colours()], missing, around), demo=False)
    texts = [text.get_text() for text in furniture(layout).texts]
    assert ("none" in texts) == bool(missing)
    assert ("beyond" in texts) == bool(around)
    assert len(furniture(layout).patches) == 10 + bool(missing) + bool(around)


@given(st.lists(st.text("abcdefgh &", min_size=1, max_size=60), max_size=140))
def test_key_to_numbers(names: list[str]) -> None:
    """However many lines the key has, each is there, in order down the columns, on the layout and on no other."""
    lines = [f"{number}  {name}" for number, name in enumerate(names, 1)]
    layout = new_layout(EXTENT, Words("Title", "Subtitle", "Sources", lines), KEY, demo=False)
    written = [text for text in furniture(layout).texts if "  " in text.get_text()]
    assert [text.get_text() for text in written] == lines
    columns = sorted({text.get_position()[0] for text in written})
    assert len(columns) <= 5
    ends = [max(t.get_window_extent().x1 for t in written if t.get_position()[0] == x) for x in columns]
    starts = [min(t.get_window_extent().x0 for t in written if t.get_position()[0] == x) for x in columns]
    assert all(end < start for end, start in zip(ends, starts[1:], strict=False))
    assert all(end <= layout.figure.bbox.x1 for end in ends)
    assert all(text.get_position()[1] > 0.2 for text in written)


def test_long_words_are_broken() -> None:
    """A long title is broken into lines, and the layout grows by them."""
    short = new_layout(EXTENT, WORDS, KEY, demo=False)
    long = new_layout(EXTENT, Words("Economic connectedness in " + "very " * 20 + "long", "S", "S"), KEY, demo=False)
    title = furniture(long).texts[0]
    assert "\n" in title.get_text()
    assert title.get_window_extent().x1 <= long.figure.bbox.x1
    assert long.figure.get_figheight() > short.figure.get_figheight()


def test_dollars_are_dollars() -> None:
    """Words with dollar signs are words, not formulae."""
    layout = new_layout(EXTENT, Words("$x_1$ and $y^2$", "S", "S"), KEY, demo=False)
    assert not furniture(layout).texts[0].get_parse_math()
