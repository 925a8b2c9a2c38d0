"""Text on a map: its size, its shape and its line breaks."""

from __future__ import annotations

import itertools
from collections import defaultdict
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, NamedTuple

import matplotlib as mpl
import numpy as np
from matplotlib.font_manager import get_font
from matplotlib.ft2font import FT2Font, LoadFlags
from matplotlib.path import Path as Outline
from matplotlib.textpath import text_to_path
from matplotlib.transforms import Affine2D

Style = Literal["normal", "italic"]

#: The typeface, which comes with matplotlib.
FONT = "DejaVu Sans"
_FOLDER = Path(mpl.get_data_path(), "fonts", "ttf")

#: Pixels per inch: 1400 for the six inches of a map, twice the width at which pages show it.
DPI = 1400 / 6

_LINE_HEIGHT = 1.18

#: In how many times finer pixels the curves of letters become lines.
_FINE = 4.0

_MEASURED_AT = 40.0


@lru_cache(maxsize=16)
def _font(weight: str, style: Style) -> FT2Font:
    # Not by its name: the machine may have another typeface of that name.
    form = ("Bold" if weight == "bold" else "") + ("Oblique" if style == "italic" else "")
    return get_font(str(_FOLDER / f"DejaVuSans{form and '-'}{form}.ttf"))


def undrawable(text: str) -> list[str]:
    """Return the different characters of a text that the typeface lacks, in their order; a line break is none."""
    font = _font("normal", "normal")
    return [letter for letter in dict.fromkeys(text) if letter != "\n" and not font.get_char_index(ord(letter))]


@lru_cache(maxsize=1024)
def _advance(letter: str, weight: str, style: Style) -> float:
    """Return the advance width of a letter, or of the box in place of one that is lacking, in inches per point."""
    font = _font(weight, style)
    font.set_size(_MEASURED_AT, 72)
    # Maps are drawn without hinting, so that letters have the same width at every resolution.
    glyph = font.load_glyph(font.get_char_index(ord(letter)), flags=LoadFlags.NO_HINTING)
    return float(glyph.linearHoriAdvance) / 65536 / 72 / _MEASURED_AT


@lru_cache(maxsize=8192)
def _width(line: str, weight: str, style: Style) -> float:
    """Return the width of a line without kerning, which would only make it narrower, in inches per point of size."""
    return sum(_advance(letter, weight, style) for letter in line)


#: The shapes of the letters met so far, by size, dots per inch, weight and style.
_letters: defaultdict[tuple[float, int, str, Style], dict[str, Any]] = defaultdict(dict)


class LaidOut(NamedTuple):
    """A line of text: its width, height and descent, and its letters from its left end on the baseline, upwards."""

    size: tuple[float, float, float]
    letters: Outline


@lru_cache(maxsize=512)
def laid_out(line: str, size: float, dpi: int, weight: str, style: Style) -> LaidOut:
    """Return a line as matplotlib lays it out for pixels, in pixels; `size` is in points."""
    font = _font(weight, style)
    font.set_size(size, dpi)
    # A space stands where the line ends, which matplotlib would otherwise have to find by laying it out once more.
    known = _letters[size, dpi, weight, style]  # matplotlib adds to it
    (*placed, end), shapes, _ = text_to_path.get_glyphs_with_font(font, f"{line} ", known)
    points = np.concatenate([np.empty((0, 2)), *(shapes[letter][0] + (x, y) for letter, x, y, _ in placed)])
    codes = np.concatenate([np.empty(0, Outline.code_type), *(shapes[letter][1] for letter, *_ in placed)])
    heights = points[codes != Outline.CLOSEPOLY, 1]
    low, high = (heights.min(), heights.max()) if len(heights) else (0.0, 0.0)
    # Drawn as they are, curves would be off by up to half a pixel, which letters show.
    fine = Outline(points, codes).cleaned(transform=Affine2D().scale(_FINE), curves=False)
    points, codes = np.asarray(fine.vertices) / _FINE, np.asarray(fine.codes)
    there = codes != Outline.STOP
    return LaidOut((end[1], high - low, -low), Outline(points[there], codes[there], readonly=True))


@lru_cache(maxsize=4096)
def measured(line: str, weight: str, style: Style) -> tuple[float, float, float]:
    """Return width, height and descent of a line as matplotlib lays it out for SVG, in points at a size of 1."""
    font = _font(weight, style)
    font.set_size(text_to_path.FONT_SCALE, text_to_path.DPI)
    font.set_text(line, 0.0, flags=LoadFlags.NO_HINTING)
    units = 64 * text_to_path.FONT_SCALE
    width, height = font.get_width_height()
    return width / units, height / units, font.get_descent() / units


def text_size(text: str, size: float, weight: str = "normal", style: Style = "normal") -> tuple[float, float]:
    """Return the width and height in inches of a text of one or more lines; `size` is in points."""
    lines = text.split("\n")
    width = size * max(_width(line, weight, style) for line in lines)
    return width, len(lines) * size / 72 * _LINE_HEIGHT


def wrap(text: str, size: float, width: float, weight: str = "normal") -> str:
    """Return the text broken into lines of at most `width` inches, unless a single word is wider."""
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and text_size(longer, size, weight)[0] <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return "\n".join(lines)


def forms(text: str) -> list[str]:
    """Return a name as one line, and broken into two and three lines as evenly as its words allow."""
    words = text.split(" ")
    forms = [text]
    for lines in (2, 3):
        if len(words) < lines:
            break
        cuts = itertools.combinations(range(1, len(words)), lines - 1)
        splits = [["\u0020".join(words[a:b]) for a, b in itertools.pairwise((0, *cut, len(words)))] for cut in cuts]
        forms.append("\n".join(min(splits, key=lambda parts: max(map(len, parts)))))
    return forms
