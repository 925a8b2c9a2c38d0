"""The codebook: what each measure of the Atlas is, in columns and in words; written down in ``tables/measures.csv``."""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Collection
from dataclasses import dataclass, replace
from importlib import resources
from typing import TYPE_CHECKING, Literal, get_args

from ec_maps.errors import DataError, SettingError, listed

if TYPE_CHECKING:
    import pandas as pd

Unit = Literal["share", "gap", "rate"]
End = Literal["low", "high"]

#: The measure that the site is about.
HEADLINE = "economic_connectedness"

#: Columns of the Atlas's files that are no measures, by what they hold.
COUNTS = ("num_users", "user_count")
KEYS = {
    "lad_code": "the code of a local authority",
    "zip_prediction": "the code of a neighbourhood, or a postcode district",
    "ds": "the date of the data",
    "measurement_category": "whom the row is about",
    **dict.fromkeys(COUNTS, "how many users the row is about"),
}

#: The groups of people that the files name, in words.
_PEOPLE = {
    "low_ses_users": "low-income people",
    "high_ses_users": "high-income people",
    "all_users": "all people",
    "english_language_users": "people who use English",
    "target_age_cohort_users": "people of that age group",
}

_UNITS = {
    "share": "a share from 0 to 1, shown in per cent",
    "gap": "a share that can be below 0, shown in per cent",
    "rate": "a number for every 1,000 people",
}


@dataclass(frozen=True)
class Measure:
    """A measure of the Atlas.

    Attributes
    ----------
    key
        What it is called in code; the name of its column in our tables.
    title
        What it is called in words.
    file
        What the names of files that are its own hold before their date; others may hold it too.
    columns
        Its column in the Atlas's files; there are two where districts and neighbourhoods name it differently.
    category
        The value of ``measurement_category`` that it is read for; empty if it is about everybody the file has.
    meaning, meaning_for
        What it is, as it stands in a sentence, for its own `category` and for another one.
    counts
        What is counted, of what.
    unit
        ``"share"`` (0 to 1), ``"gap"`` (a share that can be negative) or ``"rate"`` (for every 1,000 people).
    more
        What a higher value means.
    low_connection_end
        Which end of it is purple on maps, the end with less connection.
    tolerance
        How far a value may move, in its unit, before a change of tenth counts as one.
    source
        Where it is from.
    """

    key: str
    title: str
    file: str
    columns: tuple[str, ...]
    category: str
    meaning: str
    meaning_for: str
    counts: str
    unit: Unit
    more: str
    low_connection_end: End
    tolerance: float
    source: str

    @property
    def unit_in_words(self) -> str:
        """Its unit, in words."""
        return _UNITS[self.unit]

    @property
    def colours_in_words(self) -> str:
        """Which end is which colour, in a sentence."""
        low, high = ("lower", "higher") if self.low_connection_end == "low" else ("higher", "lower")
        return f"Purple is {low}, white {high}."

    def format(self, value: float) -> str:
        """Return a value in words: "47.2%", "4.3 for every 1,000", or for NaN "no published estimate"."""
        if math.isnan(value):
            return "no published estimate"
        return f"{value:.1f} per 1,000" if self.unit == "rate" else f"{value:.1%}".replace("-", "−")

    @property
    def tolerance_in_words(self) -> str:
        """How far values may move and count as level: "half a percentage point", "0.05 per 1,000"."""
        if self.unit == "rate":
            return f"{self.tolerance:g} per 1,000"
        points = 100 * self.tolerance
        return {0.5: "half a percentage point", 1.0: "one percentage point"}.get(
            round(points, 6), f"{points:g} percentage points"
        )

    def short(self, value: float) -> str:
        """Return a value as a bare number in the measure's unit: "47.2", "4.3"."""
        return f"{value if self.unit == 'rate' else 100 * value:.1f}".replace("-", "−")

    @property
    def short_unit(self) -> str:
        """What the bare numbers are in: "in per cent", "per 1,000 people"."""
        return "per 1,000 people" if self.unit == "rate" else "in per cent"

    def among(self, category: str) -> Measure:
        """Return the measure for another group of people than its own, its words changed with it."""
        if category in (self.category, "") or (not self.category and category == "all_users"):
            return self
        people = _PEOPLE.get(category, f"people in the Atlas’s group “{category}”")
        meaning = self.meaning_for.format(people=people)
        return replace(self, category=category, title=f"{self.title} of {people}", meaning=meaning)

    def column_in(self, header: Collection[str], level: str) -> str | None:
        """Return which of its columns a file has; of two, the one whose name is the level's."""
        there = [column for column in self.columns if column in header]
        own = [column for column in there if column.endswith("_lad") == (level == "lad")]
        return next(iter(own or there), None)


def read_codebook(text: str, name: str) -> dict[str, Measure]:
    """Return the measures of a codebook by key, in its order.

    Parameters
    ----------
    text
        CSV with a column for each attribute of :class:`Measure`; several `columns` are parted by ``;``.
    name
        What the codebook is called in messages.

    Raises
    ------
    DataError
        If an entry lacks its column, words or unit, or two have the same key; all faults at once.
    """
    measures: dict[str, Measure] = {}
    faults: list[str] = []
    for number, row in enumerate(csv.DictReader(text.splitlines()), 2):
        told = {name: (row.get(name) or "").strip() for name in Measure.__dataclass_fields__}
        here = f"line {number} ({told['key'] or 'no key'})"
        empty = [field for field, value in told.items() if not value and field != "category"]
        if empty:
            faults.append(f"{here} has nothing in {listed(empty)}")
        if not re.fullmatch(r"[a-z][a-z0-9_]*", told["key"] or "x"):
            faults.append(f"{here}: a key is small letters, digits and underscores")
        if told["key"] in measures:
            faults.append(f"{here}: there is another entry with this key")
        for field, allowed in (("unit", get_args(Unit)), ("low_connection_end", get_args(End))):
            if told[field] and told[field] not in allowed:
                faults.append(f'{here}: {field} is "{told[field]}", not {" or ".join(allowed)}')
        written = told.pop("tolerance")
        is_number = re.fullmatch(r"\d*\.?\d+", written)
        if written and not is_number:
            faults.append(f'{here}: tolerance is "{written}", not a number')
        columns = tuple(part.strip() for part in told.pop("columns").split(";") if part.strip())
        tolerance = float(written) if is_number else 0.0
        measures[told["key"]] = Measure(columns=columns, tolerance=tolerance, **told)  # type: ignore[arg-type]
    if not measures:
        faults.append("it has no entries")
    if faults:
        msg = f"Reading {name}: {listed(faults, 12)}. Each entry needs a key, words, the Atlas's column and a unit."
        raise DataError(msg)
    return measures


#: All measures by key, in the codebook's order.
MEASURES = read_codebook(
    (resources.files("ec_maps") / "tables" / "measures.csv").read_text(encoding="utf-8"), "the codebook measures.csv"
)


def measure_named(key: str) -> Measure:
    """Return the measure; `SettingError` for one that the codebook has not."""
    if key not in MEASURES:
        from rapidfuzz import process

        near = [found for found, *_ in process.extract(str(key), list(MEASURES), limit=2, score_cutoff=75)]
        hint = f" Perhaps {' or '.join(near)}?" if near else ""
        msg = f'There is no measure "{key}".{hint} The measures are: {", ".join(MEASURES)}.'
        raise SettingError(msg)
    return MEASURES[key]


def measure_of(areas: pd.DataFrame) -> Measure:
    """Return the measure that a table of :func:`ec_maps.load_areas` is of, the one of the site if it does not say."""
    measure = measure_named(areas.attrs.get("measure", HEADLINE))
    return measure.among(areas.attrs.get("category", measure.category))


def measures_in(column: str) -> list[Measure]:
    """Return the measures that are read from a column of the Atlas; none if the codebook does not know it."""
    return [measure for measure in MEASURES.values() if column in measure.columns]
