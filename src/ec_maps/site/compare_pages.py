"""What the page that compares the measures calls: the two matrices with their tables, and what the measures are."""

from __future__ import annotations

import math
from functools import lru_cache
from pathlib import Path
from statistics import median

from ec_maps.analysis.comparison import side_by_side
from ec_maps.analysis.correlations import Correlations, rank_correlations, said, titles
from ec_maps.areas.provenance import line
from ec_maps.areas.wording import capital, some
from ec_maps.geography.levels import LEVELS, LevelName
from ec_maps.maps.correlation_matrix import correlation_matrix
from ec_maps.measures import HEADLINE, MEASURES, measure_named
from ec_maps.site import markdown
from ec_maps.site.figure_cache import FOLDER, inputs
from ec_maps.site.markup import escaped, framed, pipe_table, tabset

_LEVELS: tuple[LevelName, ...] = ("lad", "msoa")


@lru_cache(maxsize=4)
def _found(level: LevelName, _inputs: str) -> Correlations:
    return rank_correlations(side_by_side(level))


def found(level: LevelName) -> Correlations:
    """Return the correlations between all measures at hand over the areas of a level, counted once in a process."""
    return _found(level, inputs())


def correlations() -> str:
    """Return the matrix of each level with its table and downloads, one tab a level."""
    return tabset([(capital(LEVELS[level].areas), _tab(level)) for level in _LEVELS])


def with_connectedness() -> str:
    """Return how closely economic connectedness goes with each other measure at both levels, as a table."""
    sides = [{pair.other(HEADLINE): pair.correlation for pair in found(level).of(HEADLINE)} for level in _LEVELS]
    rows = [
        [escaped(measure_named(key).title), *(said(side.get(key, math.nan)) for side in sides)]
        for key in dict.fromkeys(key for side in sides for key in side)
    ]
    title = "Rank correlation of each measure with economic connectedness, the strongest first"
    return framed(pipe_table(["Measure", "Local authorities", "Neighbourhoods"], rows, title, "lrr"), title)


def both_levels() -> str:
    """Return what changes from districts to neighbourhoods, in a few sentences."""
    sides = [
        {(pair.first, pair.second): round(pair.correlation, 2) for pair in found(level).strongest} for level in _LEVELS
    ]
    lad, msoa = sides
    both = [keys for keys in lad if keys in msoa]
    if not both:
        return "No pair of measures has a correlation at both levels."
    turned = sum(lad[keys] * msoa[keys] < 0 for keys in both)
    first, last = (median(abs(side[keys]) for keys in both) for side in sides)
    most = max(both, key=lambda keys: round(abs(lad[keys] - msoa[keys]), 2))
    pairs = "1 pair of measures" if len(both) == 1 else f"{len(both)} pairs of measures"
    go = "goes" if turned == 1 else "go"
    return (
        f"Of {pairs}, {some(turned)} {go} one way among local authorities and the other way among neighbourhoods. Half "
        f"of the pairs are at least as strong as {first:.2f} among local authorities, {last:.2f} among neighbourhoods. "
        f"What changes most is how {escaped(' goes with '.join(titles(most)))}: {said(lad[most])} among local "
        f"authorities, {said(msoa[most])} among neighbourhoods."
    )


def measures_table() -> str:
    """Return the measures at hand, what each is and what a higher value means, as a table."""
    at_hand = {key for level in _LEVELS for key in found(level).measures}
    rows = [
        [
            escaped(measure.title),
            escaped(capital(measure.meaning)),
            escaped(measure.short_unit),
            escaped(measure.more),
        ]
        for key, measure in MEASURES.items()
        if key in at_hand
    ]
    title = "The measures, in the order of the codebook"
    return framed(pipe_table(["Measure", "What it is", "Unit", "A higher value means"], rows, title, "llll"), title)


def number_of_measures() -> str:
    """Return how many measures are at hand, in words up to nine."""
    return some(len({key for level in _LEVELS for key in found(level).measures}))


def _tab(level: LevelName) -> str:
    name, drawn = f"measures-{level}", correlation_matrix(found(level))
    figure = markdown.saved(drawn, name, Path(FOLDER))
    _write_pairs(found(level), Path(FOLDER) / f"{name}.csv")
    links = markdown.downloads(name).replace("[map (", "[figure (")
    return f"{figure}\n\n{_pair_table(found(level))}\n\n{links}"


def _pair_table(pairs: Correlations) -> str:
    rows = [
        # Both names in one column: on a phone the number stays in sight.
        [escaped(capital(" and ".join(titles([pair.first, pair.second])))), said(pair.correlation), f"{pair.areas:,}"]
        for pair in [*pairs.strongest, *pairs.missing]
    ]
    title = f"Rank correlations over {LEVELS[pairs.level].areas}, the strongest first"
    return framed(pipe_table(["Measures", "Correlation", "Areas"], rows, title, "lrr"), title)


def _write_pairs(pairs: Correlations, path: Path) -> None:
    """Write the pairs, the strongest first, each row with what it is: a file outlives the page it came from."""
    table = pairs.table.assign(level=pairs.level, source=line())
    table.to_csv(path, index=False, encoding="utf-8", lineterminator="\n", float_format="%.4f")
