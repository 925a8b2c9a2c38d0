"""Exposure and bias in thirds: the table of districts that the bivariate map is drawn from, its classes and kinds.

A class has a number from 1 to 9, as the square of the legend is read, from the top left (least exposure, largest bias)
row by row to the bottom right (most exposure, smallest bias).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ec_maps.errors import DataError, SettingError, listed

if TYPE_CHECKING:
    import geopandas as gpd

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


# --- exposure and bias in thirds: the table of districts that the bivariate map is drawn from, and its nine colours


#: Of fewer districts, a rank correlation is too much a matter of chance to stop for.
_ENOUGH = 10


def bivariate_table(
    exposure_lads: gpd.GeoDataFrame,
    bias_lads: gpd.GeoDataFrame,
    connectedness_lads: gpd.GeoDataFrame | None = None,
) -> gpd.GeoDataFrame:
    """Return the districts with both levers, the third of each, and the kind of place.

    Parameters
    ----------
    exposure_lads, bias_lads
        The tables of ``load_areas("lad", "exposure")`` and ``load_areas("lad", "bias")``, of the same districts.
    connectedness_lads
        That of economic connectedness, to check against which way the bias of the files runs; not checked without.

    Returns
    -------
    table
        ``lad21cd lad21nm rgn21nm exposure bias exposure_third bias_third kind geometry``, a row for each district in
        the order of `exposure_lads`. Thirds are nullable integers from 1, the lowest, to 3, cut over the districts that
        have both values; an area that lacks either has neither third nor kind. ``attrs`` has the four edges of each,
        ``exposure_cut_points`` and ``bias_cut_points``, as shares.

    Raises
    ------
    DataError
        If the values do not form three groups, or bias runs the other way round.
    SettingError
        If the tables are not those of :func:`ec_maps.load_areas`, or not of the same districts.
    """
    tables = {"exposure": exposure_lads, "bias": bias_lads}
    if connectedness_lads is not None:
        tables["economic_connectedness"] = connectedness_lads
    if faults := list(_faults(tables)):
        msg = f"Putting exposure and bias together: {listed(faults)}."
        raise SettingError(msg)
    columns = ["lad21cd", "lad21nm", "rgn21nm", "exposure", "geometry"]
    table = exposure_lads[columns].reset_index(drop=True)
    levers = {key: _aligned(lads, key, table["lad21cd"]) for key, lads in tables.items()}
    if connectedness_lads is not None:
        check_direction(**levers)
    both = levers["exposure"].notna() & levers["bias"].notna()
    table.insert(columns.index("exposure") + 1, "bias", levers["bias"])
    edges = {}
    for place, key in enumerate(("exposure", "bias"), columns.index("exposure") + 2):
        third, edges[key] = thirds(table[key].where(both), key)
        table.insert(place, f"{key}_third", third)
    kinds = [
        kind_of(int(exposure), int(bias)) if there else None
        for exposure, bias, there in zip(
            table["exposure_third"].fillna(0), table["bias_third"].fillna(0), both, strict=True
        )
    ]
    table.insert(len(table.columns) - 1, "kind", pd.Series(kinds, dtype="string"))
    table.attrs = {
        "measure": "exposure",
        "level": "lad",
        "scope": exposure_lads.attrs.get("scope", "ew"),
        **{f"{key}_cut_points": [float(edge) for edge in cuts] for key, cuts in edges.items()},
    }
    return table


def thirds(values: pd.Series, what: str) -> tuple[pd.Series, np.ndarray]:
    """Return each value's third among those that are there, and the four edges.

    The edges are those of :func:`pandas.qcut`, as for deciles: equal values always share a third.

    Parameters
    ----------
    values
        One value an area, with missing values as NaN or NA.
    what
        What they are called in messages.

    Returns
    -------
    third
        Nullable integers from 1, the lowest, to 3; index as in `values`.
    edges
        Four numbers, lowest first.

    Raises
    ------
    DataError
        If a value is infinite, or the values do not form three groups: too few of them, or too many that are equal.
    """
    numbers = values.to_numpy(dtype=float, na_value=np.nan)
    present = numbers[~np.isnan(numbers)]
    if np.isinf(present).any():
        msg = f"Cutting thirds of {what}: {int(np.isinf(present).sum())} of the {len(present)} values are infinite."
        raise DataError(msg)
    edges = np.quantile(present, np.linspace(0, 1, THIRDS + 1)) if len(present) else np.empty(0)
    groups = np.searchsorted(edges[1:-1], numbers, side="left") + 1
    found = len(set(groups[~np.isnan(numbers)]))
    if found < THIRDS:
        often = int(np.unique(present, return_counts=True)[1].max()) if len(present) else 0
        equal = f", {often} of them equal," if often > 1 else ""
        msg = (
            f"Cutting thirds of {what}: the {len(present)} values{equal} form only {found} "
            f"group{'' if found == 1 else 's'}. A bivariate map needs three groups of about equal size of each measure."
        )
        raise DataError(msg)
    return pd.Series(pd.arrays.IntegerArray(groups.astype(np.int64), np.isnan(numbers)), values.index), edges


def agreement(exposure: pd.Series, bias: pd.Series, economic_connectedness: pd.Series) -> float:
    """Return how far bias goes with the shortfall seen in the other two, (exposure − connectedness) / exposure.

    Parameters
    ----------
    exposure, bias, economic_connectedness
        A value for each area, in one order, as shares.

    Returns
    -------
    correlation
        Spearman's, from −1 to 1, over the areas that have all three values; NaN where there are none to compare.
    """
    short = ((exposure - economic_connectedness) / exposure.where(exposure > 0)).astype(float)
    there = short.notna() & bias.notna()
    # The correlation of ranks is Spearman's; pandas would ask another library for it.
    return float(short[there].rank().corr(bias[there].astype(float).rank()))


def check_direction(exposure: pd.Series, bias: pd.Series, economic_connectedness: pd.Series) -> None:
    """Raise `DataError` if bias falls where connectedness falls further short of exposure.

    Our reading is that more bias means friendships that fall further short. Should a release of the Atlas turn the
    sign, every word and colour here would be the wrong way round, and nothing else would show it. Fewer than ten areas
    with all three values are not checked. The parameters are those of :func:`agreement`.
    """
    number = int((exposure.notna() & bias.notna() & economic_connectedness.notna()).sum())
    correlation = agreement(exposure, bias, economic_connectedness)
    if number >= _ENOUGH and not correlation > 0:
        found = "cannot be told" if np.isnan(correlation) else f"is {correlation:.2f}"
        msg = (
            f"Checking bias against exposure and connectedness: average_bias seems to run the other way in these "
            f"files. Over {number} local authorities it should rise with the share by which connectedness falls short "
            f"of exposure, and the rank correlation of the two {found}. Look up in the Atlas's own notes which sign "
            f"average_bias has, and correct the codebook before exposure and bias are shown."
        )
        raise DataError(msg)


def _faults(tables: dict[str, gpd.GeoDataFrame]) -> Iterator[str]:
    """Yield what keeps tables, by measure, from being put together."""
    shared: set[str] | None = None
    for key, lads in tables.items():
        if lost := sorted({"lad21cd", "lad21nm", "rgn21nm", "geometry", key} - set(lads.columns)):
            yield f'this is not a table of load_areas("lad", "{key}"): it lacks {listed(lost)}'
            continue
        if twice := sorted(set(lads.loc[lads["lad21cd"].duplicated(), "lad21cd"])):
            yield f"the table of {key} has {listed(twice)} more than once"
        codes = set(lads["lad21cd"])
        if shared is None:
            shared = codes
        elif codes != shared:
            yield f"the table of {key} is not of the same districts: {listed(sorted(codes ^ shared))} is in one only"


def _aligned(lads: gpd.GeoDataFrame, key: str, codes: pd.Series) -> pd.Series:
    """Return a measure of districts in the order of these codes, as plain numbers."""
    values = lads.set_index("lad21cd")[key].reindex(codes)
    return pd.Series(values.to_numpy(dtype=float, na_value=np.nan), codes.index)
