"""The kinds of place by exposure and bias: nine classes, four corners with names of their own, and what they say.

A class has a number from 1 to 9, as the square of the legend is read, from the top left (least exposure, largest bias)
row by row to the bottom right (most exposure, smallest bias).
"""

from __future__ import annotations

from dataclasses import dataclass

#: How many groups each of the two is cut into, and how many classes that makes.
THIRDS = 3
CLASSES = THIRDS * THIRDS

BETWEEN = "in between"


@dataclass(frozen=True)
class Kind:
    """One of the four corners of the square.

    Attributes
    ----------
    exposure_third, bias_third
        Which corner it is.
    name
        What it is called.
    means, means_not
        A sentence on what that says of a place, and one on what it does not say.
    question
        What to ask in such a place.
    """

    exposure_third: int
    bias_third: int
    name: str
    means: str
    means_not: str
    question: str

    @property
    def number(self) -> int:
        """The number of its class, 1 to 9."""
        return class_number(self.exposure_third, self.bias_third)


#: The four kinds, by opportunity and never by merit: all four are about who is there to meet, and what comes of it.
KINDS = (
    Kind(
        THIRDS,
        1,
        "many to meet, and friendships follow",
        "Low-income people have more high-income people to meet here than in most places, and their friendships fall "
        "short of that by less than in most.",
        "It does not mean that each of them has such friends, or that nothing stands between people.",
        "What brings people together here, and whom does it not reach yet?",
    ),
    Kind(
        THIRDS,
        THIRDS,
        "many to meet, but friendships follow less often",
        "Low-income people have more high-income people to meet here than in most places, and their friendships fall "
        "short of that by more than in most.",
        "It does not say why, nor that anyone keeps others out: people can share a school or a workplace and still "
        "have little occasion to get to know one another.",
        "Where do people of different incomes come together already, and what would help friendships to form there?",
    ),
    Kind(
        1,
        1,
        "fewer to meet, but friendships follow",
        "Low-income people have fewer high-income people to meet here than in most places, and their friendships fall "
        "short of that by less than in most.",
        "It does not mean that people here have few friends: friendships between people of like income are not what "
        "is measured.",
        "What would let people here meet more people from other walks of life?",
    ),
    Kind(
        1,
        THIRDS,
        "fewer to meet, and friendships follow less often",
        "Low-income people have fewer high-income people to meet here than in most places, and their friendships fall "
        "short of that by more than in most.",
        "It is about the occasions that a place offers, not about anyone’s effort, openness or worth.",
        "What would bring people of different incomes together, around something that they share?",
    ),
)


def class_number(exposure_third: int, bias_third: int) -> int:
    """Return the number of a class, 1 to 9, from its thirds (1 the lowest)."""
    return THIRDS * (THIRDS - bias_third) + exposure_third


def thirds_of(number: int) -> tuple[int, int]:
    """Return the third of exposure and that of bias of a class (1 to 9)."""
    row, column = divmod(number - 1, THIRDS)
    return column + 1, THIRDS - row


def kind_of(exposure_third: int, bias_third: int) -> str:
    """Return the name of a class's kind, "in between" for the five that are no corner."""
    return next((kind.name for kind in KINDS if kind.number == class_number(exposure_third, bias_third)), BETWEEN)
