"""Text laid out once: it looks as matplotlib draws it, and a caller's own text in another typeface is matplotlib's."""

from __future__ import annotations

import io
import shutil
from collections.abc import Callable
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_svg import RendererSVG
from matplotlib.figure import Figure
from matplotlib.font_manager import FontEntry, fontManager
from matplotlib.text import Text
from PIL import Image

from ec_maps.graphics import text_metrics
from ec_maps.graphics.figure import Map
from ec_maps.graphics.renderers import PixelCanvas, SvgRenderer
from ec_maps.graphics.style import own_settings
from ec_maps.graphics.text_metrics import FONT, laid_out, measured
from ec_maps.maps.choropleth import local_map
from made import Tables, demo_tables

WORDS = [
    "Great Yarmouth",
    "7",
    "difficult office",
    "Ynys Môn – £5",
    " ",
    "two\nlines",
    "with\n\na gap",
    "AV To fjord",
    "HILL",
]


@pytest.fixture
def tables(demo: Path, demo_data_dir: Path) -> Tables:
    """Return the demonstration's tables, and switch to it."""
    return demo_tables(demo_data_dir)


def drawn(canvas: type[FigureCanvasAgg], add: Callable[[Figure], object], dpi: float = 300) -> np.ndarray:
    """Return the pixels of a figure of one text as brightness, drawn on a kind of canvas."""
    with own_settings():
        figure = Figure(figsize=(3, 1.5), dpi=dpi)
        add(figure)
        on = canvas(figure)
        on.draw()
        return np.asarray(Image.fromarray(np.asarray(on.buffer_rgba())).convert("L")).astype(int)


@pytest.mark.parametrize("text", WORDS)
@pytest.mark.parametrize("style", [{}, {"weight": "bold"}, {"style": "italic"}, {"rotation": 30}, {"color": "#5b5344"}])
@pytest.mark.parametrize("dpi", [300, 1400 / 6])
def test_looks_as_matplotlib_draws_it(text: str, style: dict[str, object], dpi: float) -> None:
    """A text is where matplotlib has it and as dark; its edges differ by shades that cannot be seen."""

    def add(figure: Figure) -> None:
        figure.text(0.5, 0.5, text, size=7, ha="center", va="center", **style)

    usual, ours = drawn(FigureCanvasAgg, add, dpi), drawn(PixelCanvas, add, dpi)
    assert np.abs(usual - ours).max() < 32
    assert abs((255 - usual).sum() - (255 - ours).sum()) <= 0.01 * (255 - usual).sum()
    assert (np.abs(usual - ours) > 16).mean() <= 0.001


@pytest.mark.parametrize(
    "style",
    [{"family": "DejaVu Serif"}, {"family": [FONT, "DejaVu Serif"]}, {"family": "monospace"}, {"weight": 600}],
)
def test_other_typefaces_are_drawn_by_matplotlib(style: dict[str, object]) -> None:
    """What a caller writes on a map in another typeface or weight is the same, pixel for pixel."""

    def add(figure: Figure) -> None:
        figure.text(0.1, 0.5, "My own note", size=9, **style)

    assert (drawn(FigureCanvasAgg, add) == drawn(PixelCanvas, add)).all()


def test_mathematics_is_drawn_by_matplotlib() -> None:
    """A caller's formula is set as a formula, in pixels and in SVG."""

    def add(figure: Figure) -> None:
        figure.text(0.1, 0.5, r"$\sqrt{x^2}$ of 3", size=9)

    assert (drawn(FigureCanvasAgg, add) == drawn(PixelCanvas, add)).all()
    sizes = []
    for renderer in (RendererSVG, SvgRenderer):
        with own_settings():
            figure = Figure(figsize=(3, 1.5), dpi=72)
            add(figure)
            sizes.append(figure.texts[0].get_window_extent(renderer(216, 108, io.StringIO())).bounds)
    assert sizes[0] == sizes[1]


@pytest.mark.parametrize("text", [words for words in WORDS if "\n" not in words])
def test_svg_measures_as_matplotlib(text: str) -> None:
    """In SVG a text has the size that matplotlib's own renderer gives it, to the last digit."""
    with own_settings():
        font = Text(0, 0, text, size=7.5, weight="bold").get_fontproperties()
        own, usual = (kind(10, 10, io.StringIO()) for kind in (SvgRenderer, RendererSVG))
        assert own.get_text_width_height_descent(text, font, ismath=False) == pytest.approx(
            usual.get_text_width_height_descent(text, font, ismath=False), rel=1e-12
        )


def test_a_typeface_of_the_same_name(tables: Tables, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The letters are those that matplotlib brings, also where the machine has another of that name."""
    expected = local_map(tables.msoas, "Norwich").png()
    serif = shutil.copy(Path(mpl.get_data_path(), "fonts", "ttf", "DejaVuSerif.ttf"), tmp_path)
    found = [FontEntry(fname=str(serif), name=FONT, weight=weight, size="scalable") for weight in ("normal", "bold")]
    monkeypatch.setattr(fontManager, "ttflist", found + fontManager.ttflist)
    remembered = (measured, laid_out, text_metrics._font, text_metrics._advance, text_metrics._width)
    for cached in (*remembered, fontManager._findfont_cached):
        cached.cache_clear()
    try:
        assert local_map(tables.msoas, "Norwich").png() == expected
    finally:
        fontManager._findfont_cached.cache_clear()


def test_laid_out_once(tables: Tables) -> None:
    """Drawn again, a map has no text to lay out: neither for the same file, nor for another of the same place."""
    picture = local_map(tables.msoas, "Norwich")
    picture.png(), picture.svg()
    before = measured.cache_info().misses, laid_out.cache_info().misses
    again = local_map(tables.msoas, "Norwich")
    again.png(), again.svg()
    assert (measured.cache_info().misses, laid_out.cache_info().misses) == before


def test_no_ticks_are_made(tables: Tables) -> None:
    """Drawing and saving a map makes no tick, and leaves no text that holds on to the pixels."""
    picture: Map = local_map(tables.msoas, "Norwich")
    picture.png(), picture.svg()
    for ax in picture.figure.axes:
        assert not [*ax.xaxis.majorTicks, *ax.yaxis.majorTicks, *ax.xaxis.minorTicks, *ax.yaxis.minorTicks]
    assert not any(hasattr(text._renderer, "buffer_rgba") for text in picture.figure.findobj(Text))
