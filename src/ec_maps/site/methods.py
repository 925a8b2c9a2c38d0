"""The content of the methods page, all computed from the data in use; :mod:`ec_maps.methods` caches it."""

from __future__ import annotations

from functools import lru_cache
from importlib.metadata import version

import pandas as pd

from ec_maps import settings
from ec_maps.analysis.comparison import available_measures
from ec_maps.analysis.similar import similar_places as similar
from ec_maps.areas.deciles import GROUPS
from ec_maps.areas.join import JoinReport
from ec_maps.areas.provenance import date_in_words, inputs
from ec_maps.areas.table import join_report, load_values
from ec_maps.areas.wording import capital, series, some
from ec_maps.errors import BoundaryError, DataError
from ec_maps.geography.levels import SCOPES, LevelName, level_named
from ec_maps.graphics import palette
from ec_maps.measures import HEADLINE, MEASURES, measure_named
from ec_maps.site.markdown import escaped, framed, pipe_table, tabset

_LEVELS: tuple[LevelName, ...] = ("lad", "msoa")

_SWATCH = "display: inline-block; width: 2.5em; height: 1em; border: 1px solid; vertical-align: -0.1em;"


@lru_cache(maxsize=4)
def _report_of(level: LevelName, _inputs: str) -> JoinReport:
    return join_report(level)


def _report(level: LevelName) -> JoinReport:
    return _report_of(level, inputs())


@lru_cache(maxsize=4)
def _sorted_out(level: LevelName, _inputs: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the measures of a level that can be mapped, and those whose tables are faulty."""
    good, bad = [], []
    for key in available_measures(level):
        try:
            load_values(level, key)
        except DataError:
            bad.append(key)
        else:
            good.append(key)
    return tuple(good), tuple(bad)


def _usable(level: LevelName) -> tuple[str, ...]:
    return _sorted_out(level, inputs())[0]


def codebook() -> str:
    """Return the table of measures, in the codebook's order: definition, unit and columns in the Atlas."""
    title = "The measures"
    rows = [
        [
            f"**{escaped(measure.title)}** `{measure.key}`",
            escaped(capital(measure.meaning)),
            escaped(capital(measure.unit_in_words)),
            " or ".join(f"`{column}`" for column in measure.columns)
            + (f" of `{measure.category}`" if measure.category else ""),
            measure.low_connection_end,
        ]
        for measure in MEASURES.values()
    ]
    heads = ["Measure and key", "What it is", "Unit", "Column in the Atlas", "Purple end"]
    return framed(pipe_table(heads, rows, title, "lllll"), title)


def absent_measures() -> str:
    """Return which measures of the codebook are not in the available files, in a sentence for each level."""
    sentences = []
    for level in _LEVELS:
        there = available_measures(level)
        lacking = [measure.title for key, measure in MEASURES.items() if key not in there]
        areas = level_named(level).areas
        sentences.append(
            f"The files of {areas} hold all {len(MEASURES)} measures."
            if not lacking
            else f"The files of {areas} hold {len(there)} of the {len(MEASURES)} measures; not among them: "
            f"{escaped(series(lacking))}."
        )
    return " ".join([*sentences, left_out()]).rstrip()


def left_out() -> str:
    """Return which measures in the files cannot be mapped and are left out, in sentences; empty if there are none."""
    faulty = {level: [measure_named(key).title for key in _sorted_out(level, inputs())[1]] for level in _LEVELS}
    return " ".join(
        f"Left out for {level_named(level).areas}, because the values in the files cannot be mapped: "
        f"{escaped(series(titles))}."
        for level, titles in faulty.items()
        if titles
    )


def spread() -> str:
    """Return the number of areas with a value and the main cut points of each measure, in a tab for each level."""
    return tabset([(capital(level_named(level).areas), _spread(level)) for level in _LEVELS])


def _spread(level: LevelName) -> str:
    title = f"{capital(level_named(level).areas)} of England and Wales: the measures and their cut points"
    rows = []
    for key in _usable(level):
        measure, areas = measure_named(key), load_values(level, key)
        edges = areas.attrs["cut_points"]
        shown = [edges[at] for at in (0, 1, GROUPS // 2, GROUPS - 1, GROUPS)]
        numbers = [f"{int(areas[key].notna().sum()):,}", *(measure.short(edge) for edge in shown)]
        rows.append([escaped(measure.title), *numbers, measure.short_unit])
    heads = ["Measure", "With a value", "Lowest", "End of decile 1", "Median", "End of decile 9", "Highest", "Unit"]
    return framed(pipe_table(heads, rows, title, "lrrrrrrl"), title)


def deciles() -> str:
    """Return the range of each decile of economic connectedness and its number of areas, at both levels."""
    measure, title = measure_named(HEADLINE), "The deciles of economic connectedness in England and Wales"
    tables = [load_values(level) for level in _LEVELS]
    rows = []
    for decile in range(1, GROUPS + 1):
        row = [str(decile)]
        for areas in tables:
            low, high = areas.attrs["cut_points"][decile - 1 : decile + 1]
            row += [f"{measure.format(low)} to {measure.format(high)}", f"{int((areas['decile'] == decile).sum()):,}"]
        rows.append(row)
    heads = ["Decile", *(head for level in _LEVELS for head in (capital(level_named(level).areas), "Areas"))]
    return framed(pipe_table(heads, rows, title, "rlrlr"), title)


def ties() -> str:
    """Return how many values are distinct, and which measures have so many ties that some deciles are empty."""
    sentences, fewer = [], []
    for level in _LEVELS:
        values = load_values(level)[HEADLINE].dropna()
        sentences.append(
            f"{values.nunique():,} of the {len(values):,} values of {level_named(level).areas} are distinct"
        )
        for key in _usable(level):
            groups = load_values(level, key).attrs["groups"]
            if len(groups) < GROUPS:
                fewer.append(
                    f"{escaped(measure_named(key).title)} by {level_named(level).area} ({some(len(groups))} groups)"
                )
    rest = (
        f"So many values are equal that fewer than ten groups can be shown for {series(fewer)}."
        if fewer
        else "Every available measure forms ten groups."
    )
    return f"Of economic connectedness, {series(sentences)}. {rest}"


def missing() -> str:
    """Return how many areas have no published estimate of economic connectedness, in a sentence for each level."""
    sentences = []
    for level in _LEVELS:
        report, words = _report(level), level_named(level)
        empty, absent = len(report.without_value), len(report.without_row)
        if not empty and not absent:
            sentences.append(f"Each of the {report.areas:,} {words.areas} has a value.")
            continue
        why = [f"{some(empty)} {_have(empty)} a row without one"] if empty else []
        why += [f"{some(absent)} {_are(absent)} not in the file at all"] if absent else []
        sentences.append(f"Of the {report.areas:,} {words.areas}, {report.with_value:,} have a value; {series(why)}.")
    return " ".join(sentences)


def united_kingdom() -> str:
    """Return how many districts the United Kingdom adds, and how many districts are in another decile of it."""
    try:
        whole = load_values("lad", scope="uk")
    except BoundaryError:
        return (
            "The boundaries used for this page hold no districts of Scotland and Northern Ireland, so there is no "
            "table of the United Kingdom."
        )
    return f"{_uk_districts(whole, load_values('lad'))} {_beyond_the_border()}"


def similar_places() -> str:
    """Return which districts have no similar places, and how far apart similar ones and any two are, in sentences."""
    lads, measure = load_values("lad"), measure_named(HEADLINE)
    found, values = similar(lads), lads.set_index("lad21cd")[HEADLINE].astype(float)
    named = lads.set_index("lad21cd")["lad21nm"]
    without = [named[code] for code, others in found.items() if not others]
    apart = pd.Series([values[code] - values[one] for code, others in found.items() for one in others]).abs()
    any_two = (pd.Series(values).dropna().to_numpy()[:, None] - values.dropna().to_numpy()).ravel()
    pairs = pd.Series(any_two[any_two != 0]).abs()
    said = (
        f"Half of the local authorities of {SCOPES['ew']} and the places on their lists lie within "
        f"{100 * apart.median():.1f} percentage points of each other in {measure.title.lower()}; half of any two lie "
        f"within {100 * pairs.median():.1f}."
    )
    if not without:
        return said
    number = f"{capital(some(len(without)))} {'has' if len(without) == 1 else 'have'}"
    return (
        f"{said} {number} no list, because they were abolished on 1 April 2023 and the lists are of today’s local "
        f"authorities: {series(sorted(without))}. The four that replaced them are left out of the lists of others."
    )


def _uk_districts(whole: pd.DataFrame, here: pd.DataFrame) -> str:
    added = whole.loc[~whole["lad21cd"].isin(here["lad21cd"])]
    nations = added["rgn21nm"].value_counts()
    more = series([f"{int(number)} in {name}" for name, number in sorted(nations.items())])
    both = here.merge(whole, on="lad21cd", suffixes=("", "_uk"), validate="one_to_one").dropna(
        subset=["decile", "decile_uk"]
    )
    apart = both["decile_uk"] - both["decile"]
    changed, far = int((apart != 0).sum()), int(apart.abs().max()) if len(apart) else 0
    moved = (
        f"{changed} are in another decile of the United Kingdom than of {SCOPES['ew']}, by {some(far)} at most."
        if changed
        else f"each is in the same decile of the United Kingdom as of {SCOPES['ew']}."
    )
    moved = f"Of the {len(both)} districts of {SCOPES['ew']} that have a value, {moved}"
    return f"There are {len(whole)} districts in {SCOPES['uk']}: {len(here)} in {SCOPES['ew']}, {more}. {moved}"


def _beyond_the_border() -> str:
    left = _report("msoa").left_out
    if not left:
        return f"The file of neighbourhoods holds none outside {SCOPES['ew']}."
    counts = series([f"{number:,} in {name}" for name, number in left.items()])
    return f"The file of neighbourhoods holds areas outside {SCOPES['ew']}, which are counted and not mapped: {counts}."


def exposure_and_bias() -> str:
    """Return how far published bias is from one minus connectedness divided by exposure, in sentences."""
    sentences = [_of_drivers(level) for level in _LEVELS if {"exposure", "bias"} <= set(_usable(level))]
    return " ".join(sentences) if sentences else "The files do not hold exposure and bias."


def _of_drivers(level: LevelName) -> str:
    words, code = level_named(level), level_named(level).code
    tables = [load_values(level, key).set_index(code)[key] for key in (HEADLINE, "exposure", "bias")]
    values = pd.concat(tables, axis=1).dropna()
    values = values[values["exposure"] > 0]
    apart = (values["bias"] - (1 - values[HEADLINE] / values["exposure"])).abs()
    exceed = int((values["bias"] < 0).sum())
    return (
        f"Of the {len(values):,} {words.areas} that have all three values, {some(exceed)} {_have(exceed)} a bias below "
        f"zero. The median difference between published bias and one minus connectedness divided by exposure is "
        f"{_points(float(apart.median()))}; the largest is {_points(float(apart.max()))}."
    )


def vintages() -> str:
    """Return the table of files, dates and code formats of values and boundaries, by level."""
    rows = []
    for level in _LEVELS:
        report, areas = _report(level), load_values(level)
        files = [escaped(report.atlas_file), report.atlas_date or "no date", escaped(report.boundaries)]
        rows.append([capital(level_named(level).areas), *files, str(areas[level_named(level).code].iloc[0])])
    title = "Files, dates and codes"
    heads = ["Level", "Values", "Date in the file", "Boundaries", "First code"]
    return framed(pipe_table(heads, rows, title, "lllll"), title)


def colours() -> str:
    """Return the ten colours of the deciles with their lightness, as a table."""
    title = "The colours of the deciles, where low is purple"
    rows = [
        [str(decile), f'[]{{style="{_SWATCH} background: {colour}"}} `{colour}`', f"{palette.lightness(colour):.0f}"]
        for decile, colour in enumerate(palette.ice_colours(), 1)
    ]
    return framed(pipe_table(["Decile", "Colour", "Lightness (0 to 100)"], rows, title, "rlr"), title)


def citations() -> str:
    """Return how to cite the data and this version of the library, as a list."""
    return f"- **The data:** {_of_data()}\n- **The software:** {_of_software()}"


def _of_data() -> str:
    date = _report("lad").atlas_date
    dated = f" Data dated {date_in_words(date)}." if date else ""
    if settings.is_demo():
        dated = " This page was made from demonstration data, which have no date to cite."
    address = "https://data.humdata.org/dataset/uk-social-capital-atlas"
    return (
        "Meta, with the Behavioural Insights Team and partners (2025). *UK Social Capital Atlas* \\[data set\\]. "
        f"Humanitarian Data Exchange. [{address.removeprefix('https://')}]({address}).{dated}"
    )


def _of_software() -> str:
    title = f"*ec\\_maps: maps of economic connectedness*, version {version('ec-maps')}"
    return f"The ec\\_maps authors. {title} \\[software\\]."


def _points(apart: float) -> str:
    return "less than 0.1 percentage points" if apart < 0.0005 else f"{100 * apart:.1f} percentage points"


def _have(number: int) -> str:
    return "has" if number == 1 else "have"


def _are(number: int) -> str:
    return "is" if number == 1 else "are"


__all__ = [
    "absent_measures",
    "citations",
    "codebook",
    "colours",
    "deciles",
    "exposure_and_bias",
    "left_out",
    "missing",
    "similar_places",
    "spread",
    "ties",
    "united_kingdom",
    "vintages",
]
