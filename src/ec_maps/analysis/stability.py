"""How stable the deciles are: which areas a small change of their value would move to another decile."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ec_maps.areas.wording import some
from ec_maps.errors import SettingError
from ec_maps.geography.levels import level_named
from ec_maps.measures import Measure, measure_of

if TYPE_CHECKING:
    import pandas as pd

#: The columns of a table on the stability of its deciles and the number of users behind them.
BESIDE = ["decile_low", "decile_high", "num_users"]

#: The largest sampling error in 95% of cases, in standard errors.
_ERRORS = 1.96


@dataclass(frozen=True)
class Stability:
    """How stable the deciles of a table are.

    Attributes
    ----------
    measure
        The measure, whose ``tolerance`` is the change of value considered.
    areas
        What the areas are called.
    valued
        How many have a value.
    would_change_decile
        How many of them would be in another decile if their value were lower or higher by the tolerance.
    two_away
        How many of these would move by more than one decile.
    widest_error
        The largest error from counting only some people, in 95% of cases, for the area with the median number of users,
        in the measure's unit; None where users are not counted, or the unit is not a share.

    Examples
    --------
    >>> import ec_maps
    >>> found = ec_maps.stability(ec_maps.load_areas("msoa"))
    >>> found.areas, found.measure.tolerance_in_words
    ('neighbourhoods', 'half a percentage point')
    """

    measure: Measure
    areas: str
    valued: int
    would_change_decile: int
    two_away: int
    widest_error: float | None

    @property
    def sentence(self) -> str:
        """The result in one or two sentences."""
        moved = self.measure.tolerance_in_words
        share = f" ({self.would_change_decile / self.valued:.0%})" if self.valued else ""
        first = (
            f"Of the {self.valued:,} {self.areas} with a value, {self.would_change_decile:,}{share} would be in "
            f"another decile if their value were {moved} lower or higher, "
            f"{some(self.two_away)} of them by more than one decile."
        )
        text = [first]
        if self.widest_error is not None:
            text.append(
                f"In the area with the median number of users, the error from counting only these people is at most "
                f"{100 * self.widest_error:.1f} percentage points in 95% of cases."
            )
        return " ".join(text)


def stability(areas: pd.DataFrame) -> Stability:
    """Return how stable the deciles of a table of :func:`ec_maps.load_areas` are.

    The error from counting is bounded, not estimated, as the files give no standard deviation: the variance of shares
    with the mean *p* is at most *p* (1 − *p*), so that for *n* people the standard error of the mean is at most
    √(*p* (1 − *p*) / *n*). It leaves out a larger source of error: incomes and homes are predicted by a model.

    Parameters
    ----------
    areas
        The table of :func:`ec_maps.load_areas`, or any rows of it.

    Returns
    -------
    stability
        The counts, and a ``sentence`` that says them.

    Raises
    ------
    SettingError
        If the table lacks the columns needed.

    Examples
    --------
    >>> import ec_maps
    >>> found = ec_maps.stability(ec_maps.load_areas("lad"))
    >>> found.valued, found.would_change_decile, found.two_away
    (327, 162, 0)
    """
    needed = {"decile", "decile_low", "decile_high"}
    if lost := sorted(needed - set(areas.columns)):
        msg = f"This is not a whole table of load_areas: it lacks the columns {', '.join(lost)}."
        raise SettingError(msg)
    measure = measure_of(areas)
    there = areas[areas["decile"].notna()]
    reach = (there["decile_high"] - there["decile"]).combine(there["decile"] - there["decile_low"], max)
    error = None
    if measure.unit == "share" and "num_users" in there and there["num_users"].notna().any():
        users, value = float(there["num_users"].median()), float(there[measure.key].median())
        error = _ERRORS * (value * (1 - value) / users) ** 0.5
    level = level_named("msoa" if "msoa21cd" in areas else "lad")
    return Stability(measure, level.areas, len(there), int((reach > 0).sum()), int((reach > 1).sum()), error)
