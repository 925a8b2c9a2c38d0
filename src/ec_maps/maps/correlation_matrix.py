"""The correlation matrix: the rank correlation of each two measures, with the number in each cell."""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import shapely
from matplotlib.patches import Rectangle

from ec_maps import settings
from ec_maps.analysis.statistics import FEWEST, Correlations, Pair, correlation_in_words, titles
from ec_maps.areas.wording import capital, joined, number_of, series, some, sources
from ec_maps.errors import SettingError, told
from ec_maps.geography.levels import SCOPES, Level, level_named
from ec_maps.graphics import palette
from ec_maps.graphics.figure import Map
from ec_maps.graphics.labels import Box
from ec_maps.graphics.layers import BODY, LABEL, draw_missing, fill, name_shapes
from ec_maps.graphics.layout import (
    FAINT,
    HATCHED,
    LEAST,
    LEGEND,
    MAP_WIDTH,
    MARGIN,
    NARROW,
    SMALL,
    Words,
    moved_here,
    new_figure,
    write,
)
from ec_maps.graphics.style import own_settings
from ec_maps.graphics.text_metrics import forms, text_size, wrap
from ec_maps.measures import HEADLINE, measure_named

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: From brown, one measure high where the other is low, to green-blue, both high together: after ColorBrewer's BrBG,
#: the pale greens moved apart for readers who do not see red. No hue is one of the deciles'.
COLOURS = ("#8c510a", "#bf812d", "#dfc27d", "#f6e8c3", "#fafafa", "#b3e0d8", "#6fc3b7", "#35978f", "#01665e")

#: The lower edges of the classes of strength, whatever the sign.
STRENGTH_EDGES = (0.1, 0.3, 0.5, 0.7)

#: The strength from which the text counts a correlation as strong.
STRONG = 0.5

#: In inches: the greatest width and the height of a cell, the room for the last measure's name, and swatch sizes.
_WIDEST, _HIGH, _NAME, _SWATCH, _SWATCH_HIGH = 0.44, 0.36, 0.94, 0.27, 0.15
#: The height of a cell in a narrow figure: two lines of text.
_HIGH_NARROW = 0.2
_LEGEND_WIDTH = 9 * _SWATCH
#: The rows beside the legend, and the fewest rows of a figure.
_BESIDE = 3

_CELL_EDGE = "#8d8779"


def colour_of(correlation: float) -> str:
    """Return the colour of a correlation's class, for the number rounded to two decimals as shown."""
    strength = int(np.searchsorted(STRENGTH_EDGES, abs(round(correlation, 2)), side="right"))
    return COLOURS[4 + int(math.copysign(strength, correlation))]


#: A correlation weaker than this is not called a relation.
_WEAK = 0.1


@own_settings()
def correlation_matrix(found: Correlations) -> Map:
    """Draw the correlations between measures as the lower triangle of a table.

    The measures are on the diagonal, in the order of `found`. The cell of a pair is where the row that ends at one
    measure's name meets the column beneath the other's; a pair without a correlation is hatched.

    Parameters
    ----------
    found
        At least two measures' correlations.

    Returns
    -------
    map
        The figure, whose first axes are in inches; `areas` are the pairs: see :attr:`Correlations.table`.

    Raises
    ------
    SettingError
        If `found` is not what :func:`ec_maps.rank_correlations` returns.

    Examples
    --------
    >>> import ec_maps
    >>> table = ec_maps.measures_table("lad", ["economic_connectedness", "exposure", "bias"])
    >>> picture = ec_maps.correlation_matrix(ec_maps.rank_correlations(table))
    >>> len(picture.areas)
    3
    """
    given: object = found  # a caller without a type checker may pass anything
    if not isinstance(given, Correlations) or len(given.measures) < 2:
        msg = f"The correlations of two measures or more are what rank_correlations returns; {told(given)} was given."
        raise SettingError(msg)
    cell = min(_WIDEST, (MAP_WIDTH - _NAME) / (len(found.measures) - 1))
    areas, top = level_named(found.level).areas, max(len(found.measures), _BESIDE) * _HIGH
    words = Words(
        f"Which measures go together, by {level_named(found.level).area}",
        f"Each cell is a pair: its row ends at one measure’s name, its column hangs from the other’s. All {areas} of "
        f"{SCOPES[found.scope]} with both values.",
        sources(),
    )
    figure, ax, *_ = new_figure(words, top, 0.12, label="matrix", demo=settings.is_demo(), gap=0.12)
    ax.set_gid(f"{BODY}matrix")
    ax.set(xlim=(0, MAP_WIDTH), ylim=(0, top))
    ax.set_axis_off()
    ax.patch.set_visible(False)
    _draw_cells(ax, found, cell, top)
    for row, key in enumerate(found.measures):
        x, y = row * cell + 0.06, top - (row + 0.5) * _HIGH
        right = MAP_WIDTH - _LEGEND_WIDTH - 0.15 if row < _BESIDE else MAP_WIDTH
        name = wrap(measure_named(key).title, LEGEND, right - x, "bold")
        write(ax, x, y, name, size=LEGEND, weight="bold", va="center")
    _draw_legend(ax, MAP_WIDTH - _LEGEND_WIDTH, top, _SWATCH, missing=bool(found.missing))
    narrow = partial(_narrow, found, words, cell)
    return Map(figure, found.table, _alt_text(found), _caption(found), draw_narrow=narrow)


def _narrow(found: Correlations, words: Words, cell: float) -> Figure:
    """Return the words and the legend for phones, where narrow cells without numbers leave room for the names.

    `cell` is the width of a cell of the usual figure.
    """
    number, room = len(found.measures), NARROW - 2 * MARGIN
    names = [
        [(form, text_size(form, LEAST, "bold")[0] + 0.06) for form in forms(measure_named(key).title)[:2]]
        for key in found.measures
    ]
    # As wide as leaves room for each name in two lines.
    wide = min(cell, *((room - min(width for _, width in each)) / row for row, each in enumerate(names[1:], 1)))
    top, legend = number * _HIGH_NARROW, 1.08 if found.missing else 0.82
    figure, ax, around, foot = new_figure(
        words, top, legend, label="words", demo=settings.is_demo(), gap=0.12, width=NARROW
    )
    ax.set(xlim=(0, room), ylim=(0, top))
    ax.set_axis_off()
    rows = max(number, _BESIDE) * _HIGH_NARROW
    box = Box(MARGIN, foot + top - rows, MARGIN + MAP_WIDTH * wide / cell, foot + top)
    moved_here(figure, "matrix", box)
    for row, each in enumerate(names):
        x, y = row * wide + 0.06, top - (row + 0.5) * _HIGH_NARROW
        name = next((form for form, width in each if row * wide + width <= room), each[-1][0])
        write(ax, x, y, name, size=LEAST, weight="bold", va="center", linespacing=1.0)
    _draw_legend(around, MARGIN, foot - 0.12, room / len(COLOURS), missing=bool(found.missing))
    return figure


def _draw_cells(ax: Axes, found: Correlations, cell: float, top: float) -> None:
    order = {key: place for place, key in enumerate(found.measures)}
    columns, rows = (np.array([order[getattr(pair, end)] for pair in found.pairs]) for end in ("first", "second"))
    left, upper = columns * cell, top - rows * _HIGH
    shapes = np.asarray(shapely.box(left, upper - _HIGH, left + cell, upper))
    values = np.array([pair.correlation for pair in found.pairs])
    there = ~np.isnan(values)
    texts = np.array([_description(pair, level_named(found.level)) for pair in found.pairs], dtype=object)
    style = {"edgecolors": _CELL_EDGE, "linewidths": 0.5, "zorder": 2}
    drawn = fill(ax, shapes[there], facecolors=[colour_of(value) for value in values[there]], **style)
    hatched = draw_missing(ax, shapes[~there], edge=0.5, zorder=1.9)
    name_shapes(drawn, list(texts[there]))
    name_shapes(hatched, list(texts[~there]))
    # As large as the widest number allows, to be legible on a phone.
    style = {"size": min(10.0, (cell - 0.055) / text_size("−.88", 1)[0]), "ha": "center", "va": "center", "zorder": 3}
    for value, x, y in zip(values[there], left[there], upper[there], strict=True):
        write(ax, x + cell / 2, y - _HIGH / 2, _short(value), color=palette.ink_on(colour_of(value)), **style)


def _description(pair: Pair, level: Level) -> str:
    """Return the description of a cell for SVG: a code, no decile, and words."""
    one, other = measure_named(pair.first).title, *titles([pair.second])
    words = f"{one} and {other}: {correlation_in_words(pair.correlation)}, over {number_of(pair.areas, level)}"
    return f"{pair.first}--{pair.second}||{words}"


def _short(value: float) -> str:
    """Return a correlation as written in a cell: ".62", "−.62", "1.0"."""
    text = f"{abs(value):.2f}"
    text = "1.0" if text == "1.00" else text[1:]
    return f"−{text}" if value < 0 and text != ".00" else text


def _draw_legend(ax: Axes, left: float, top: float, wide: float, *, missing: bool) -> None:
    """Draw the legend from its upper left corner on, with swatches of a width."""
    strip, right = top - 0.48, left + len(COLOURS) * wide
    write(ax, left, top - 0.02, "Rank correlation (Spearman’s)", size=LEGEND, weight="bold", va="top")
    for place, colour in enumerate(COLOURS):
        style = {"facecolor": colour, "edgecolor": _CELL_EDGE, "linewidth": 0.5, "gid": LABEL}
        ax.add_artist(Rectangle((left + place * wide, strip), wide, _SWATCH_HIGH, **style))  # type: ignore[arg-type]
    for place, edge in enumerate((-1.0, *(-edge for edge in reversed(STRENGTH_EDGES)), *STRENGTH_EDGES, 1.0)):
        sides = {0: "left", len(COLOURS): "right"} if wide == _SWATCH else {}
        words, x, y = f"{edge:g}".replace("-", "−"), left + place * wide, strip + _SWATCH_HIGH + 0.03
        words = words.replace("0.", ".")
        write(ax, x, y, words, size=SMALL, color=FAINT, ha=sides.get(place, "center"), va="baseline")
    write(ax, left, strip - 0.13, "one high, the other low", size=SMALL, va="baseline")
    write(ax, right, strip - 0.13, "both high together", size=SMALL, ha="right", va="baseline")
    if missing:
        style = {**HATCHED, "linewidth": 0.5, "gid": LABEL}
        ax.add_artist(Rectangle((left, strip - 0.38), _SWATCH, _SWATCH_HIGH, **style))  # type: ignore[arg-type]
        words = f"none: all alike, or under {FEWEST} areas"
        write(ax, left + _SWATCH + 0.06, strip - 0.38 + _SWATCH_HIGH / 2, words, size=SMALL, va="center")


def _strongest(found: Correlations, number: int) -> str:
    pairs = [
        f"{' and '.join(titles([pair.first, pair.second]))} ({correlation_in_words(pair.correlation)})"
        for pair in found.strongest[:number]
    ]
    return f"The strongest: {'; '.join(pairs)}." if pairs else ""


def _with_headline(found: Correlations, number: int) -> str:
    """Return the measures that economic connectedness correlates with most, in a sentence; empty if it is not there."""
    pairs, title = found.of(HEADLINE)[:number], measure_named(HEADLINE).title
    strong = [pair for pair in pairs if abs(pair.correlation) >= _WEAK]
    if pairs and not strong:
        return f"{title} has no correlation of {_WEAK} or stronger with another measure."
    names = [f"{titles([pair.other(HEADLINE)])[0]} ({correlation_in_words(pair.correlation)})" for pair in strong]
    are = "correlation of {} is" if len(names) == 1 else "correlations of {} are"
    return f"The strongest {are.format(title.lower())} with {series(names)}." if names else ""


def _without(found: Correlations) -> str:
    number = len(found.missing)
    return f"{capital(some(number))} {'pair has' if number == 1 else 'pairs have'} no correlation." if number else ""


def _caption(found: Correlations) -> str:
    level = level_named(found.level)
    counts = [pair.areas for pair in found.strongest]
    if not counts:
        return joined(f"No pair of measures has a correlation over the {level.areas} of {SCOPES[found.scope]}.")
    strong = sum(abs(round(pair.correlation, 2)) >= STRONG for pair in found.strongest)
    low, high = min(counts), max(counts)
    span = number_of(high, level) if low == high else f"{low:,} to {number_of(high, level)}"
    finding = (
        f"Rank correlations over {span} of {SCOPES[found.scope]}: {some(strong)} of {_number(found)} "
        f"{'is' if strong == 1 else 'are'} {STRONG} or stronger, up or down."
    )
    return joined(finding, _with_headline(found, 3), _without(found))


def _alt_text(found: Correlations) -> str:
    values = np.array([round(pair.correlation, 2) for pair in found.strongest])
    counts = [
        f"{some(int(which.sum()))} {words}"
        for words, which in (
            (f"at {STRONG} or above", values >= STRONG),
            (f"at −{STRONG} or below", values <= -STRONG),
            ("in between", np.abs(values) < STRONG),
        )
    ]
    kind = (
        f"Matrix of the rank correlations between {len(found.measures)} measures over the "
        f"{level_named(found.level).areas} of {SCOPES[found.scope]}, brown where one is high and the other low, "
        f"green-blue where both are high together."
    )
    classes = f"Of {_number(found)}, {series(counts)}." if len(values) else ""
    return joined(kind, classes, _strongest(found, 3), _with_headline(found, 3), _without(found))


def _number(found: Correlations) -> str:
    return "1 pair" if len(found.pairs) == 1 else f"{len(found.pairs)} pairs"
