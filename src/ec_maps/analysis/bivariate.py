"""Exposure and bias in thirds: the table for the bivariate map, its nine classes and four kinds of place.

Classes are numbered from 1 to 9 in the order of the legend's square, from the top left (least exposure, largest bias)
row by row to the bottom right (most exposure, smallest bias).
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ec_maps.about import About
from ec_maps.areas.deciles import group, group_span
from ec_maps.areas.table import load_values
from ec_maps.arguments import numbers_of, table_of
from ec_maps.errors import DataError, SettingError, listed
from ec_maps.geography.levels import Level, level_named
from ec_maps.measures import HEADLINE, measure_named

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


# --- the table --------------------------------------------------------------------------------------


#: With fewer areas, a rank correlation is too uncertain to raise an error.
_ENOUGH = 10

#: The columns that the table has besides those of the one given, before its outlines.
COLUMNS = (*DRIVERS, *(f"{key}_third" for key in DRIVERS), "kind", "near_cut")


def bivariate_table(areas: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return a table of areas with exposure and bias, the third of each, and the kind of place.

    Parameters
    ----------
    areas
        The table of :func:`ec_maps.load_areas`, or rows of it, of either level and any measure. Of a whole table,
        exposure and bias are its own columns if it has both; otherwise they are loaded.

    Returns
    -------
    table
        The same rows with the columns ``exposure bias exposure_third bias_third kind near_cut`` before the outlines.
        Thirds are nullable integers from 1, the lowest, to 3, cut over all areas of the level that have both values;
        ``kind`` is the name of the corner of the nine classes that the area is in, or "in between"; ``near_cut`` is
        whether either value lies within its measure's ``tolerance`` of a cut point, so that the area could be in
        another class. An area that lacks either value has none of the four. ``attrs`` has the four edges of each third,
        ``exposure_cut_points`` and ``bias_cut_points``, and how many areas have both values, ``with_both``.

    Raises
    ------
    SettingError
        If it is no such table, or its values are not those of the Atlas.
    DataError, BoundaryError, FetchError
        If the files lack exposure or bias, the values do not form three groups, or bias has the opposite sign.

    Examples
    --------
    >>> import ec_maps
    >>> table = ec_maps.bivariate_table(ec_maps.load_areas("msoa"))
    >>> here = table[table["msoa21nm"] == "Norwich 001"].iloc[0]
    >>> int(here["exposure_third"]), int(here["bias_third"]), here["kind"], bool(here["near_cut"])
    (3, 2, 'in between', False)
    """
    about = About.of(table_of(areas, "load_areas"))
    level = level_named(about.level)
    table_of(areas, "load_areas", [level.code])
    values = _values(areas, about, level)
    if HEADLINE in values:
        check_direction(*(values[key] for key in (*DRIVERS, HEADLINE)), areas=level.areas)
    found = classified(values["exposure"], values["bias"]).reindex(areas[level.code])
    cuts, columns = found.attrs, [name for name in areas.columns if name not in COLUMNS]
    at = columns.index("geometry") if "geometry" in columns else len(columns)
    table = areas.assign(**{name: found[name].array for name in COLUMNS})[[*columns[:at], *COLUMNS, *columns[at:]]]
    table.attrs = {**areas.attrs, **cuts}
    return table


def _values(areas: pd.DataFrame, about: About, level: Level) -> pd.DataFrame:
    """Return exposure and bias of all areas by code, and connectedness where it is at hand, to check the sign of bias.

    `SettingError` is raised for areas, or for values of a measure, that are not those of the files.
    """
    own = [key for key in (*DRIVERS, HEADLINE) if key in areas]
    if about.own is None and about.measure in own and about.category != measure_named(about.measure).category:
        msg = (
            f"The table is about {about.title}. Exposure and bias are shown for low-income people: load the table "
            f"without category=."
        )
        raise SettingError(msg)
    codes, given = areas[level.code], numbers_of(areas, own).set_index(areas[level.code])
    if twice := sorted(set(codes[codes.duplicated()].astype(str))):
        msg = f"The table has {level.areas} more than once: {listed(twice, 3)}."
        raise SettingError(msg)
    if len(areas) == about.areas and {*DRIVERS} <= set(own):
        return given
    tables = {key: load_values(level.key, key, scope=about.scope) for key in (*DRIVERS, HEADLINE)}  # type: ignore[arg-type]
    loaded = pd.DataFrame({key: one.set_index(level.code)[key] for key, one in tables.items()}).astype(float)
    if strange := sorted(set(codes.astype(str)) - set(loaded.index)):
        msg = (
            f"The table has {level.areas} that are not in the Atlas's files at hand ({listed(strange, 3)}), so that "
            f"exposure and bias cannot be added. Give a table with both columns, or one of load_areas."
        )
        raise SettingError(msg)
    for key in own:
        if differ := int(
            (~np.isclose(given[key], loaded[key].reindex(codes), rtol=0, atol=1e-6, equal_nan=True)).sum()
        ):
            msg = (
                f"In {differ:,} of {len(areas):,} rows the column {key} is not the Atlas's. Thirds are cut over all "
                f"{level.areas}: give a whole table with both columns, or one of load_areas."
            )
            raise SettingError(msg)
    return loaded


def classified(exposure: pd.Series, bias: pd.Series) -> pd.DataFrame:
    """Return :data:`COLUMNS` for the values of all areas of a level; thirds are cut over those with both values.

    ``attrs`` has the cut points and the number of areas with both. `DataError` is raised as by :func:`thirds`.
    """
    table = pd.DataFrame({"exposure": exposure, "bias": bias}).astype(float)
    both, near = table.notna().all(axis=1), pd.Series(data=False, index=table.index)
    attrs: dict[Hashable, object] = {"with_both": int(both.sum())}
    for key in DRIVERS:
        values = table[key].where(both)
        table[f"{key}_third"], edges = thirds(values, key)
        low, high = group_span(values, edges, measure_named(key).tolerance)
        near |= (low != high).fillna(False).astype(bool)  # noqa: FBT003
        attrs[f"{key}_cut_points"] = [float(edge) for edge in edges]
    # Looked up: a kind is worked out once for each class, not for each area.
    kinds = {(one, other): kind_of(one, other) for one in range(1, THIRDS + 1) for other in range(1, THIRDS + 1)}
    pairs = zip(*(table[f"{key}_third"].fillna(0) for key in DRIVERS), strict=True)
    table["kind"] = pd.array([kinds.get(pair) for pair in pairs], dtype="string")
    table["near_cut"] = near.astype("boolean").where(both)
    table.attrs = attrs
    return table


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
    return classified(exposure, bias)["kind"].map({kind.name: key for key, kind in LEVERS.items()}).astype("string")


def agreement(exposure: pd.Series, bias: pd.Series, economic_connectedness: pd.Series) -> float:
    """Return the rank correlation of bias and the shortfall of connectedness, (exposure − connectedness) / exposure.

    The values are shares in one order of areas; NaN if no area has all three.
    """
    short = (exposure - economic_connectedness) / exposure.where(exposure > 0)
    both = pd.DataFrame({"short": short, "bias": bias}).astype(float)
    # Of a Series alone, pandas would need SciPy for it.
    return float(both.corr(method="spearman").to_numpy()[0, 1])


def check_direction(
    exposure: pd.Series, bias: pd.Series, economic_connectedness: pd.Series, *, areas: str = "local authorities"
) -> None:
    """Raise `DataError` if bias is lower where connectedness falls further short of exposure.

    If a release of the Atlas reversed the sign, every sentence and colour would be wrong, and no other check would find
    it. Fewer than ten areas with all three values are not checked. `areas` is what they are called.
    """
    number = int((exposure.notna() & bias.notna() & economic_connectedness.notna()).sum())
    correlation = agreement(exposure, bias, economic_connectedness)
    if number >= _ENOUGH and not correlation > 0:
        found = "cannot be computed" if np.isnan(correlation) else f"is {correlation:.2f}"
        msg = (
            f"Checking bias against exposure and connectedness: average_bias seems to have the opposite sign in these "
            f"files. Over {number:,} {areas} it should rise with the share by which connectedness falls short "
            f"of exposure, but the rank correlation of the two {found}. Look up the sign of average_bias in the "
            f"Atlas's own notes, and correct the codebook before publishing maps of exposure and bias."
        )
        raise DataError(msg)
