"""The classes that the values of a table are in: deciles, or others, and what they are called."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

#: The fewest and the most classes: the palette has ten colours.
FEWEST, MOST = 2, 10

#: How classes can be cut: as many areas in each, equal intervals of the values, natural breaks, or by given edges.
Cut = Literal["size", "interval", "breaks", "edges"]

#: What one class of a scheme is called, what has been done, before "the 331 local authorities", the number of classes
#: if it is fixed, and how they are cut.
_SCHEMES: dict[str, tuple[str, str, int | None, Cut]] = {
    "deciles": ("decile", "Deciles of", 10, "size"),
    "quintiles": ("quintile", "Quintiles of", 5, "size"),
    "quantiles": ("class", "Classes of equal size of", None, "size"),
    "equal_interval": ("class", "Equal intervals of the values of", None, "interval"),
    "natural_breaks": ("class", "Natural breaks in the values of", None, "breaks"),
    "edges": ("class", "Given classes of", None, "edges"),
}

#: What a class can be called.
NOUNS = tuple(dict.fromkeys(noun for noun, *_ in _SCHEMES.values()))

#: The schemes by name, each with its number of classes if it is fixed; a scheme of given edges has none.
SCHEMES = {name: number for name, (_, _, number, _) in _SCHEMES.items() if name != "edges"}


@dataclass(frozen=True)
class Classes:
    """The classes of a table: ``scheme`` is how they are cut (:data:`SCHEMES`, or ``"edges"``), ``number`` how many."""

    scheme: str
    number: int

    def __post_init__(self) -> None:
        if self.scheme not in _SCHEMES or not FEWEST <= self.number <= MOST:
            raise ValueError(self)

    @property
    def column(self) -> str:
        """The column of a table that holds them."""
        return "decile" if self.scheme == "deciles" else "class"

    @property
    def noun(self) -> str:
        """What one of them is called."""
        return _SCHEMES[self.scheme][0]

    @property
    def nouns(self) -> str:
        """What several of them are called."""
        return f"{self.noun}{'es' if self.noun == 'class' else 's'}"

    @property
    def made(self) -> str:
        """What was done, to stand before "the 331 local authorities"."""
        return _SCHEMES[self.scheme][1]

    @property
    def cut(self) -> Cut:
        """How they are cut; only one of equal size can lack areas in a class, where many values are equal."""
        return _SCHEMES[self.scheme][3]

    def of(self, areas: str) -> str:
        """Return how areas are divided: "by decile of all local authorities", "in five classes"."""
        if self.noun == "class":
            return f"{areas} in {self.number} classes"
        return f"by {self.noun} of all {areas}"

    def numbered(self, number: object) -> str:
        """Return "decile 4 of 10", "class 1 of 5"."""
        return f"{self.noun} {number} of {self.number}"

    def in_words(self, number: object) -> str:
        """Return "the lowest decile", "decile 4 of 10", "the highest class"; "hatched" for a missing one."""
        if not _is_number(number):
            return "hatched"
        ends = {1: f"the lowest {self.noun}", self.number: f"the highest {self.noun}"}
        return ends.get(int(str(number)), self.numbered(number))

    def spread(self, colours: Sequence[str]) -> list[str]:
        """Return a colour for each class, taken evenly from the colours of ten, both ends included."""
        steps = (place * (len(colours) - 1) / (self.number - 1) for place in range(self.number))
        return [colours[round(step)] for step in steps]


def _is_number(value: object) -> bool:
    try:
        return not math.isnan(float(value))  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return False


#: The classes of every table that asks for no others.
DECILES = Classes("deciles", 10)
