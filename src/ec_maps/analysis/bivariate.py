"""Exposure and bias in thirds: the table of districts for the bivariate map, its nine classes and four kinds of place.

Classes are numbered from 1 to 9 in the order of the legend's square, from the top left (least exposure, largest bias)
row by row to the bottom right (most exposure, smallest bias).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ec_maps.areas.deciles import group
from ec_maps.errors import DataError, SettingError, listed

if TYPE_CHECKING:
    import geopandas as gpd

#: The number of groups of each measure, and of classes of both.
THIRDS = 3
CLASSES = THIRDS * THIRDS

#: The two measures, by key, across and up in the square.
DRIVERS = ("exposure", "bias")

BETWEEN = "in between"


@dataclass(frozen=True)
class Kind:
    """A kind of place, a corner of the legend's square: its class, what it does not mean, and what to ask there."""

    number: int
    name: str
    means_not: str
    question: str

    @property
    def means(self) -> str:
        """What it means for a place, in a sentence."""
        exposure, bias = thirds_of(self.number)
        return (
            f"Low-income people have {'more' if exposure == THIRDS else 'fewer'} high-income people to meet here than "
            f"in most places, and their friendships fall short of that by {'more' if bias == THIRDS else 'less'} than "
            f"in most."
        )


#: The four kinds describe opportunities to meet people and the friendships that follow, not the merit of a place.
KINDS = (
    Kind(
        9,
        "many to meet, and friendships follow",
        "It does not mean that each of them has such friends, or that nothing stands between people.",
        "What brings people together here, and whom does it not reach yet?",
    ),
    Kind(
        3,
        "many to meet, but friendships follow less often",
        "It does not say why, nor that anyone keeps others out: people can share a school or a workplace and still "
        "have little occasion to get to know one another.",
        "Where do people of different incomes come together already, and what would help friendships to form there?",
    ),
    Kind(
        7,
        "fewer to meet, but friendships follow",
        "It does not mean that people here have few friends: friendships between people of like income are not what "
        "is measured.",
        "What would let people here meet more people from other walks of life?",
    ),
    Kind(
        1,
        "fewer to meet, and friendships follow less often",
        "It is about the occasions that a place offers, not about anyone’s effort, openness or worth.",
        "What would bring people of different incomes together, around something that they share?",
    ),
)

#: The kinds in which one measure alone stands out, by that measure: few connections for lack of one thing.
LEVERS = {"bias": KINDS[1], "exposure": KINDS[2]}


def class_number(exposure_third: int, bias_third: int) -> int:
    """Return the number of a class, 1 to 9, from its thirds (1 the lowest)."""
    return THIRDS * (THIRDS - bias_third) + exposure_third


def thirds_of(number: int) -> tuple[int, int]:
    """Return the third of exposure and that of bias of a class (1 to 9)."""
    row, column = divmod(number - 1, THIRDS)
    return column + 1, THIRDS - row


def kind_of(exposure_third: int, bias_third: int) -> str:
    """Return the name of a class's kind, "in between" for the five that are not corners."""
    return next((kind.name for kind in KINDS if kind.number == class_number(exposure_third, bias_third)), BETWEEN)


# --- the table of districts ---------------------------------------------------------------------------


#: With fewer districts, a rank correlation is too uncertain to raise an error.
_ENOUGH = 10


def bivariate_table(
    exposure_lads: gpd.GeoDataFrame,
    bias_lads: gpd.GeoDataFrame,
    connectedness_lads: gpd.GeoDataFrame | None = None,
) -> gpd.GeoDataFrame:
    """Return the districts with exposure and bias, the third of each, and the kind of place.

    The columns are ``lad21cd lad21nm rgn21nm exposure bias exposure_third bias_third kind geometry``. Thirds are
    nullable integers from 1, the lowest, to 3, cut over the districts that have both values; one that lacks either has
    no thirds and no kind. ``attrs`` has the four edges of each, ``exposure_cut_points`` and ``bias_cut_points``.

    The tables are those of :func:`ec_maps.load_areas`, of the same districts, or a `SettingError` is raised. It is a
    `DataError` if the values do not form three groups or, with a table of economic connectedness, if bias has the
    opposite sign.
    """
    tables = {"exposure": exposure_lads, "bias": bias_lads}
    if connectedness_lads is not None:
        tables["economic_connectedness"] = connectedness_lads
    if faults := list(_faults(tables)):
        msg = f"Joining exposure and bias: {listed(faults)}."
        raise SettingError(msg)
    table = exposure_lads[["lad21cd", "lad21nm", "rgn21nm"]].reset_index(drop=True)
    series = {
        key: pd.Series(lads.set_index("lad21cd")[key].reindex(table["lad21cd"]).to_numpy(dtype=float, na_value=np.nan))
        for key, lads in tables.items()
    }
    if connectedness_lads is not None:
        check_direction(**series)
    both = series["exposure"].notna() & series["bias"].notna()
    table = table.assign(exposure=series["exposure"], bias=series["bias"])
    attrs = dict(exposure_lads.attrs)
    for key in DRIVERS:
        table[f"{key}_third"], edges = thirds(table[key].where(both), key)
        attrs[f"{key}_cut_points"] = [float(edge) for edge in edges]
    pairs = zip(*(table[f"{key}_third"].fillna(0) for key in DRIVERS), strict=True)
    table["kind"] = pd.array([kind_of(*pair) if all(pair) else None for pair in pairs], dtype="string")
    whole = exposure_lads[["geometry"]].reset_index(drop=True).join(table)[[*table.columns, "geometry"]]
    whole.attrs = attrs
    return whole


def thirds(values: pd.Series, what: str) -> tuple[pd.Series, np.ndarray]:
    """Return each value's third (1 the lowest; missing where the value is), and the four edges, as for deciles.

    `DataError` is raised if a value is infinite, or if the values do not form three groups.
    """
    present = values.dropna().to_numpy(dtype=float)
    if np.isinf(present).any():
        msg = f"Cutting thirds of {what}: {int(np.isinf(present).sum())} of the {len(present)} values are infinite."
        raise DataError(msg)
    edges = np.quantile(present, np.linspace(0, 1, THIRDS + 1)) if len(present) else np.empty(0)
    third = group(values, edges)
    if (found := third.nunique()) < THIRDS:
        often = int(np.unique(present, return_counts=True)[1].max(initial=0))
        equal = f", {often} of them equal," if often > 1 else ""
        msg = (
            f"Cutting thirds of {what}: the {len(present)} values{equal} form only {found} "
            f"group{'' if found == 1 else 's'}. A bivariate map needs three groups of about equal size of each measure."
        )
        raise DataError(msg)
    return third, edges


def levers(exposure: pd.Series, bias: pd.Series) -> pd.Series:
    """Return the key in :data:`LEVERS` of each area's kind, missing for other areas; thirds are cut over all of them.

    `DataError` is raised as by :func:`thirds`. Areas without both values are left out of the cuts.
    """
    both = exposure.notna() & bias.notna()
    across, up = thirds(exposure.where(both), DRIVERS[0])[0], thirds(bias.where(both), DRIVERS[1])[0]
    found = pd.Series(pd.NA, exposure.index, dtype="string")
    for key, kind in LEVERS.items():
        exposure_third, bias_third = thirds_of(kind.number)
        found[(across == exposure_third).fillna(False) & (up == bias_third).fillna(False)] = key  # noqa: FBT003
    return found


def agreement(exposure: pd.Series, bias: pd.Series, economic_connectedness: pd.Series) -> float:
    """Return the rank correlation of bias and the shortfall of connectedness, (exposure − connectedness) / exposure.

    The values are shares in one order of areas; NaN if no area has all three.
    """
    short = (exposure - economic_connectedness) / exposure.where(exposure > 0)
    both = pd.DataFrame({"short": short, "bias": bias}).astype(float)
    # Of a Series alone, pandas would need SciPy for it.
    return float(both.corr(method="spearman").to_numpy()[0, 1])


def check_direction(exposure: pd.Series, bias: pd.Series, economic_connectedness: pd.Series) -> None:
    """Raise `DataError` if bias is lower where connectedness falls further short of exposure.

    If a release of the Atlas reversed the sign, every sentence and colour would be wrong, and no other check would find
    it. Fewer than ten areas with all three values are not checked.
    """
    number = int((exposure.notna() & bias.notna() & economic_connectedness.notna()).sum())
    correlation = agreement(exposure, bias, economic_connectedness)
    if number >= _ENOUGH and not correlation > 0:
        found = "cannot be computed" if np.isnan(correlation) else f"is {correlation:.2f}"
        msg = (
            f"Checking bias against exposure and connectedness: average_bias seems to have the opposite sign in these "
            f"files. Over {number} local authorities it should rise with the share by which connectedness falls short "
            f"of exposure, but the rank correlation of the two {found}. Look up the sign of average_bias in the "
            f"Atlas's own notes, and correct the codebook before publishing maps of exposure and bias."
        )
        raise DataError(msg)


def _faults(tables: dict[str, gpd.GeoDataFrame]) -> Iterator[str]:
    """Yield the faults that keep tables, by measure, from being joined."""
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
