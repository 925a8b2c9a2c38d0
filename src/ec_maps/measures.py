"""The codebook of the Atlas's measures, read from ``tables/measures.csv``: columns, units and definitions."""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Collection
from dataclasses import dataclass, replace
from html import escape
from importlib import resources
from typing import Literal, get_args

from ec_maps.arguments import is_known, unknown
from ec_maps.errors import DataError, SettingError, listed, told

UnitName = Literal["share", "gap", "rate", "number"]
End = Literal["low", "high"]

#: The measure that the site is about.
HEADLINE = "economic_connectedness"

#: Columns of the Atlas files that are not measures, with their contents.
COUNTS = ("num_users", "user_count")
KEYS = {
    "lad_code": "the code of a local authority",
    "zip_prediction": "the code of a neighbourhood, or a postcode district",
    "ds": "the date of the data",
    "measurement_category": "the group of people",
    **dict.fromkeys(COUNTS, "the number of users"),
}

#: The groups of people in the Atlas files, in words.
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
        Its name in code, and of its column in our tables.
    title
        Its name in words.
    file
        The part of a file's name before the date, for files dedicated to it; other files may have it too.
    columns
        Its column in the Atlas files, or two where districts and neighbourhoods name it differently.
    category
        Its value of ``measurement_category``; empty if it is about all people in the file.
    beside
        A column that its file has too, where other files have a column of the same name; or empty.
    meaning, meaning_for
        Its definition, as part of a sentence, for its own `category` and for another one.
    counts
        What is counted, of what.
    unit
        ``"share"`` (0 to 1), ``"gap"`` (a share that can be negative), ``"rate"`` (for every 1,000 people), or
        ``"number"`` for a measure of the user's own.
    more
        What a higher value means.
    low_connection_end
        The end with less connection, which is purple on maps.
    tolerance
        How far two values may differ, in its unit, and count as level.
    source
        Its source.

    Examples
    --------
    >>> import ec_maps
    >>> measure = ec_maps.MEASURES["economic_connectedness"]
    >>> measure.title, measure.columns, measure.unit
    ('Economic connectedness', ('high_ses_ratio',), 'share')
    >>> measure.colours_in_words
    'Purple is lower, white higher.'
    """

    key: str
    title: str
    file: str
    columns: tuple[str, ...]
    category: str
    beside: str
    meaning: str
    meaning_for: str
    counts: str
    unit: UnitName
    more: str
    low_connection_end: End
    tolerance: float
    source: str

    @property
    def unit_in_words(self) -> str:
        """Its unit, in words."""
        return _UNITS[self.unit]

    @property
    def title_within(self) -> str:
        """Its title as it stands within a sentence."""
        return self.title.lower()

    @property
    def estimate(self) -> str:
        """What an area can lack: "published estimate"."""
        return "published estimate"

    @property
    def colours_in_words(self) -> str:
        """The colours of the two ends, in a sentence."""
        low, high = ("lower", "higher") if self.low_connection_end == "low" else ("higher", "lower")
        return f"Purple is {low}, white {high}."

    def format(self, value: float) -> str:
        """Return a value in words: "47.2%", "4.3 per 1,000", or for NaN "no published estimate".

        Parameters
        ----------
        value
            The value, in the measure's unit: of a share from 0 to 1.

        Returns
        -------
        words
            The value with one decimal, a share in per cent.

        Examples
        --------
        >>> import ec_maps
        >>> measure = ec_maps.MEASURES["economic_connectedness"]
        >>> measure.format(0.472), measure.format(float("nan"))
        ('47.2%', 'no published estimate')
        """
        value = _number(value)
        if math.isnan(value):
            return f"no {self.estimate}"
        return f"{value:.1f} per 1,000" if self.unit == "rate" else f"{value:.1%}".replace("-", "−")

    @property
    def tolerance_in_words(self) -> str:
        """The tolerance in words: "half a percentage point", "0.05 per 1,000"."""
        if self.unit == "rate":
            return f"{self.tolerance:g} per 1,000"
        points = 100 * self.tolerance
        return {0.5: "half a percentage point", 1.0: "one percentage point"}.get(
            round(points, 6), f"{points:g} percentage points"
        )

    def short(self, value: float) -> str:
        """Return a value as a bare number in the measure's unit: "47.2", "4.3".

        Parameters
        ----------
        value
            The value, in the measure's unit; not missing.

        Returns
        -------
        number
            The value with one decimal, in what :attr:`short_unit` says.

        Examples
        --------
        >>> import ec_maps
        >>> measure = ec_maps.MEASURES["economic_connectedness"]
        >>> measure.short(0.472), measure.short_unit
        ('47.2', 'in per cent')
        """
        value = _number(value)
        return f"{value if self.unit == 'rate' else 100 * value:.1f}".replace("-", "−")

    @property
    def short_unit(self) -> str:
        """The unit of bare numbers: "in per cent", "per 1,000 people"."""
        return "per 1,000 people" if self.unit == "rate" else "in per cent"

    def among(self, category: str) -> Measure:
        """Return the measure for another group of people, with its title and definition adapted.

        Parameters
        ----------
        category
            A value of the Atlas's ``measurement_category``; its own, or an empty one, changes nothing.

        Returns
        -------
        measure
            The same measure, with the title and the meaning of that group.

        Examples
        --------
        >>> import ec_maps
        >>> measure = ec_maps.MEASURES["economic_connectedness"].among("high_ses_users")
        >>> measure.category, measure.key
        ('high_ses_users', 'economic_connectedness')
        """
        if not isinstance(category, str):
            msg = f"A group of people is a text such as low_ses_users, and {told(category)} was given."
            raise SettingError(msg)
        if category in (self.category, "") or (not self.category and category == "all_users"):
            return self
        people = _PEOPLE.get(category, f"people in the Atlas’s group “{category[:60]}”")
        meaning = self.meaning_for.format(people=people)
        return replace(self, category=category, title=f"{self.title} of {people}", meaning=meaning)

    def column_in(self, header: Collection[str], level: str) -> str | None:
        """Return the column of the measure that a file has, or None; of several, the one named after the level.

        Parameters
        ----------
        header
            The file's columns.
        level
            ``"lad"``, ``"msoa"`` or ``"postcode_district"``.

        Returns
        -------
        column
            Its name, or None if the file does not hold the measure.

        Examples
        --------
        >>> import ec_maps
        >>> measure = ec_maps.MEASURES["economic_connectedness"]
        >>> measure.column_in(["lad_code", "high_ses_ratio"], "lad")
        'high_ses_ratio'
        >>> print(measure.column_in(["lad_code"], "lad"))
        None
        """
        there = [column for column in self.columns if column in header and (not self.beside or self.beside in header)]
        full = "zip_prediction_full" in header and "zip_prediction" not in header
        ending = "_lad" if level == "lad" else "_zip_full" if full else "_zip"
        return next((column for column in there if column.endswith(ending)), there[0] if there else None)


def _number(value: object) -> float:
    """Return a value as a number, NaN for a missing one; `SettingError` for what is none."""
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return math.nan
    try:
        return float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        msg = f"A value is a number in the measure's unit, and {told(value)} was given."
        raise SettingError(msg) from None


class Measures(dict[str, Measure]):
    """Measures by key, shown as a table: their key, title, unit and meaning."""

    _HEAD = ("key", "title", "unit", "meaning")

    def _rows(self) -> list[tuple[str, ...]]:
        return [(key, measure.title, measure.unit, measure.meaning) for key, measure in self.items()]

    def __repr__(self) -> str:
        rows = [self._HEAD[:3], *(row[:3] for row in self._rows())]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        lines = ("  ".join(f"{cell:{width}}" for cell, width in zip(row, widths, strict=True)) for row in rows)
        return "\n".join(line.rstrip() for line in lines)

    def _repr_html_(self) -> str:
        head = "".join(f'<th scope="col">{name}</th>' for name in self._HEAD)
        rows = (
            f'<tr><th scope="row">{escape(row[0])}</th>{"".join(f"<td>{escape(cell)}</td>" for cell in row[1:])}</tr>'
            for row in self._rows()
        )
        return f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"


def read_codebook(text: str, name: str) -> Measures:
    """Return the measures of a codebook by key, in its order; `DataError` names all faults of its entries at once.

    The text is CSV with a column for each attribute of :class:`Measure`; several `columns` are separated by ``;``.
    """
    measures = Measures()
    faults: list[str] = []
    for number, row in enumerate(csv.DictReader(text.splitlines()), 2):
        entry = {field: (row.get(field) or "").strip() for field in Measure.__dataclass_fields__}
        here = f"line {number} ({entry['key'] or 'no key'})"
        if empty := [field for field, value in entry.items() if not value and field not in ("category", "beside")]:
            faults.append(f"{here} has nothing in {listed(empty)}")
        if not re.fullmatch(r"[a-z][a-z0-9_]*", entry["key"] or "x"):
            faults.append(f"{here}: a key has lower-case letters, digits and underscores only")
        if entry["key"] in measures:
            faults.append(f"{here}: there is another entry with this key")
        for field, allowed in (("unit", tuple(_UNITS)), ("low_connection_end", get_args(End))):
            if entry[field] and entry[field] not in allowed:
                faults.append(f'{here}: {field} is "{entry[field]}", not {" or ".join(allowed)}')
        columns, tolerance = entry.pop("columns"), entry.pop("tolerance") or "0"
        if not (is_number := re.fullmatch(r"\d*\.?\d+", tolerance)):
            faults.append(f'{here}: tolerance is "{tolerance}", not a number')
        measures[entry["key"]] = Measure(
            columns=tuple(part.strip() for part in columns.split(";") if part.strip()),
            tolerance=float(tolerance) if is_number else 0.0,
            **entry,  # type: ignore[arg-type]
        )
    if faults or not measures:
        shown = listed(faults, 12) if faults else "it has no entries"
        msg = f"Reading {name}: {shown}. Each entry needs a key, texts, the Atlas's column and a unit."
        raise DataError(msg)
    return measures


#: All measures by key, in the codebook's order.
MEASURES = read_codebook(
    (resources.files("ec_maps") / "tables" / "measures.csv").read_text(encoding="utf-8"), "the codebook measures.csv"
)


def measure_named(key: str) -> Measure:
    """Return the measure with this key; `SettingError` for a key that is not in the codebook."""
    if not is_known(key, MEASURES):
        msg = f"{unknown_measure(key)} The measures are: {', '.join(MEASURES)}."
        raise SettingError(msg)
    return MEASURES[key]


def unknown_measure(key: object) -> str:
    """Return that there is no measure with this key, and which one it may be, without the list of all."""
    from rapidfuzz import process

    near = [found for found, *_ in process.extract(str(key), list(MEASURES), limit=2, score_cutoff=75)]
    hint = f" Perhaps {' or '.join(near)}?" if near else ""
    return f"{unknown('measure', key)}{hint}"


def measures_in(column: str) -> list[Measure]:
    """Return the measures that are read from a column of the Atlas; none for a column not in the codebook."""
    return [measure for measure in MEASURES.values() if column in measure.columns]
