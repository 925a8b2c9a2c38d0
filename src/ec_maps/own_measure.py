"""A measure of the user's own: its facts, which travel with a table, and how its values are written."""

from __future__ import annotations

import math
from dataclasses import dataclass

from ec_maps.measures import Measure

#: Currency signs stand before a number.
_BEFORE = ("£", "€", "$")

#: Large numbers are in thousands and so on where there is little room.
_STEPS = {1.0: "", 1e3: "thousands", 1e6: "millions", 1e9: "billions", 1e12: "trillions"}

#: Values that are all smaller than this are written with an exponent.
_TINY = 1e-6


@dataclass(frozen=True)
class OwnMeasure(Measure):
    """A measure of the user's own: numbers in any unit, with the decimals that tell them apart."""

    own: OwnFacts

    @property
    def unit_in_words(self) -> str:
        """Its unit, as the user gave it."""
        return self.own.unit

    @property
    def title_within(self) -> str:
        """Its title, as the user wrote it."""
        return self.title

    @property
    def estimate(self) -> str:
        """What an area can lack: "value"."""
        return "value"

    def format(self, value: float) -> str:
        """Return a value in words: "47.2%", "£1,250", "12 pupils", or for NaN "no value"."""
        if math.isnan(value):
            return f"no {self.estimate}"
        number, unit = self.own.number(value), self.own.unit
        if unit in _BEFORE:
            return f"−{unit}{number[1:]}" if number.startswith("−") else f"{unit}{number}"
        return f"{number}%" if unit == "%" else f"{number} {unit}".rstrip()

    @property
    def tolerance_in_words(self) -> str:
        """The tolerance in words: values that differ at all are not level."""
        return "nothing"

    def short(self, value: float) -> str:
        """Return a value as a bare number, in what :attr:`short_unit` says."""
        return self.own.number(value, short=True)

    @property
    def short_unit(self) -> str:
        """The unit of bare numbers: "in per cent", "in thousands of £", or empty for a plain number."""
        unit, many = self.own.unit_in_words, _STEPS[self.own.step]
        if not many or not unit:
            return unit or (f"in {many}" if many else "")
        return f"in {many} {unit if unit.startswith('per ') else unit.replace('in ', 'of ', 1)}"


@dataclass(frozen=True)
class OwnFacts:
    """The facts of a measure of the user's own.

    Attributes
    ----------
    title, unit, source
        As for :func:`ec_maps.area_table`.
    low_is_purple
        Whether the lowest values are purple.
    spread, largest, whole
        The range of the values, the largest in size, and whether all are whole numbers: they decide how many decimals
        are shown.
    """

    title: str
    unit: str
    source: str
    low_is_purple: bool
    spread: float
    largest: float
    whole: bool

    def __post_init__(self) -> None:
        texts = all(isinstance(text, str) for text in (self.title, self.unit, self.source))
        flags = all(isinstance(flag, bool) for flag in (self.low_is_purple, self.whole))
        if not (texts and flags and math.isfinite(self.spread) and math.isfinite(self.largest)):
            raise ValueError(self)

    @property
    def unit_in_words(self) -> str:
        """The unit as it follows numbers in a sentence: "in per cent", "in £", "per 1,000 people"; or empty."""
        unit = "per cent" if self.unit == "%" else self.unit
        return f"in {unit}" if unit and (self.unit == "%" or not unit.startswith("per ")) else unit

    @property
    def step(self) -> float:
        """What bare numbers are divided by: a thousand from a hundred thousand on, and so on, if they still differ."""
        return max(step for step in _STEPS if step == 1 or (self.largest >= 100 * step and self.spread >= step))

    def number(self, value: float, *, short: bool = False) -> str:
        """Return a value with three digits of the spread, in groups of three; if `short`, divided by :attr:`step`."""
        step = self.step if short else 1.0
        size = self.spread / step
        if 0 < self.largest < _TINY:
            digits = 3 + math.ceil(math.log10(self.largest / size)) if size else 3
            return f"{value:.{digits}g}".replace("-", "−")
        decimals = max(2 - math.floor(math.log10(size)), 0) if size else 1
        if self.whole and step == 1:
            # Cut points may lie between whole numbers.
            decimals = min(decimals, int(short))
        text = f"{value / step:,.{decimals}f}"
        return text.removeprefix("-") if not float(text.replace(",", "")) else text.replace("-", "−")

    def measure(self, key: str) -> OwnMeasure:
        """Return the measure, whose values are in the column `key`."""
        meaning = f"values {self.unit_in_words or 'without a unit'}"
        return OwnMeasure(
            key=key, title=self.title, file="", columns=(key,), category="", beside="", meaning=meaning,
            meaning_for=meaning, counts="", unit="number", more="", tolerance=0.0, source=self.source, own=self,
            low_connection_end="low" if self.low_is_purple else "high",
        )  # fmt: skip
