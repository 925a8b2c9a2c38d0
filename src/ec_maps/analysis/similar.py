"""A district among the places most like it: where it stands, and which of them differ most in connectedness."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pandas as pd

from ec_maps.about import scope_of
from ec_maps.analysis.district import difference_in_words
from ec_maps.areas.coverage import united_kingdom
from ec_maps.areas.finder import find_place
from ec_maps.areas.ranks import ROUNDED, rank_spans
from ec_maps.areas.table import load_areas
from ec_maps.areas.wording import are, capital, rank_in_words, some, the_district
from ec_maps.errors import PlaceError
from ec_maps.geography.codes import BEYOND
from ec_maps.geography.gazetteer import Place
from ec_maps.geography.levels import SCOPES
from ec_maps.geography.similar import LISTED, SOURCE, official_code, similar_codes, successor
from ec_maps.measures import HEADLINE, Measure, measure_named

if TYPE_CHECKING:
    import geopandas as gpd

#: Writes the name of a place in a sentence, from its code and its name.
Naming = Callable[[str, str], str]

_NAMES = ["lad21cd", "lad21nm", "rgn21nm"]


def similar(place: str | Place, measure: str = HEADLINE) -> pd.DataFrame:
    """Return a local authority and the places most like it, as the Office for National Statistics finds them.

    Parameters
    ----------
    place
        The name (English or Welsh, or a part that is in no other) or code of a local authority of the United Kingdom.
    measure
        A key of :data:`ec_maps.MEASURES`.

    Returns
    -------
    table
        The place, then the similar ones, the most alike first: ``similarity`` (``Int64``, 1 the most alike, missing for
        the place itself), ``lad21cd lad21nm rgn21nm``, the value under the measure's key, and ``decile`` (``Int64``, 1
        the lowest), ``rank_low`` and ``rank_high`` among all areas of the scope: England and Wales, or for a place in
        Scotland or Northern Ireland the United Kingdom. They are missing where an area has no published estimate, and
        for those of another scope. ``position_low`` and ``position_high`` are the ends of the rank among the rows: a
        span, as values within the measure's ``tolerance`` of each other count as level. ``difference`` is the value
        less that of the place, and ``no_different`` (``boolean``) whether it is within the tolerance.
        Of the twenty places that the Office lists, those created after 2021 are not in the table, nor those in Scotland
        and Northern Ireland where the data cover England and Wales only. ``attrs`` has ``measure``, ``category``,
        ``scope``, ``left_out``, the number of these, ``in_words``, the sentences on where the place stands, and
        ``source``, that of the list.

    Raises
    ------
    PlaceError
        If there is no such place, or no list is published for it because it was abolished after 2021.
    DataError, BoundaryError, FetchError, SettingError
        As :func:`ec_maps.load_areas`.

    Examples
    --------
    >>> import ec_maps
    >>> table = ec_maps.similar("Norwich")
    >>> print(table[["similarity", "lad21nm", "decile", "no_different"]].head(4).to_string(index=False))
     similarity     lad21nm  decile  no_different
           <NA>     Norwich       5          True
              1    Hastings       5         False
              2 Southampton       6         False
              3 Dundee City    <NA>          True
    >>> table.attrs["in_words"].partition(".")[0]
    'Counted with the 20 places most like it, the value of Norwich is between the 5th and 6th highest of 21'
    """
    lads, everywhere = load_areas("lad", measure), united_kingdom(measure)
    found = find_place(place, lads if everywhere is None else everywhere)
    if found.region in BEYOND and everywhere is not None:
        lads = everywhere
    if why := why_none(found.lad21cd, found.name):
        msg = f"{why} `ec_maps.compare` and `ec-maps compare` take any places that you choose."
        raise PlaceError(msg)
    return similar_table(found.lad21cd, lads, everywhere)


def why_none(code: str, name: str) -> str:
    """Return why there are no similar places of a district, in a sentence; empty if there are some."""
    official = official_code(code, name)
    if similar_codes(official):
        return ""
    where, later = capital(the_district(name)), successor(official)
    if later is None:
        return f"{where} has no similar places: the Office for National Statistics publishes no list for it."
    return (
        f"{where} has no similar places: it became part of {later.name} on 1 April {later.first}, and the Office for "
        f"National Statistics publishes them for the local authorities of today."
    )


def similar_places(areas: pd.DataFrame) -> dict[str, list[str]]:
    """Return the codes of the places of a table of districts that are most like each of them, the most alike first."""
    named = zip(areas["lad21cd"], areas["lad21nm"], strict=True)
    own = {official_code(code, name): code for code, name in named}
    return {code: [own[one] for one in similar_codes(official) if one in own] for official, code in own.items()}


def similar_table(code: str, lads: gpd.GeoDataFrame, everywhere: gpd.GeoDataFrame | None = None) -> pd.DataFrame:
    """Return the table of :func:`similar` for a district by its code, from tables of :func:`ec_maps.load_areas`.

    Parameters
    ----------
    code
        The district's code.
    lads
        The table of all districts that deciles and ranks are of, with that one.
    everywhere
        The table of the districts of the United Kingdom, if there is one.
    """
    whole, key = lads if everywhere is None else everywhere, str(lads.attrs["measure"])
    measure = measure_named(key).among(str(lads.attrs["category"]))
    codes = [code, *similar_places(whole)[code]]
    table = pd.DataFrame(whole.set_index("lad21cd", drop=False).loc[codes, [*_NAMES, key]]).reset_index(drop=True)
    table.insert(0, "similarity", pd.Series([None, *range(1, len(codes))], dtype="Int64"))
    own = lads.set_index("lad21cd").reindex(codes)
    table["decile"] = own["decile"].array
    spans = {"rank": rank_spans(own[key], measure.tolerance, among=lads[key])}
    spans["position"] = rank_spans(table[key], measure.tolerance)
    for name, ends in spans.items():
        for end, ranks in zip(("low", "high"), ends, strict=True):
            table[f"{name}_{end}"] = pd.Series(ranks).astype("Int64")
    table["difference"] = (table[key] - table[key].iloc[0]).round(9)
    near = (table["difference"].abs() <= measure.tolerance * (1 + ROUNDED)).astype("boolean")
    table["no_different"] = near.mask(table["difference"].isna())
    table.attrs = {
        "measure": key,
        "category": measure.category,
        "scope": scope_of(lads),
        "left_out": LISTED + 1 - len(codes),
        "source": SOURCE,
    }
    table.attrs["in_words"] = in_words(table)
    return table


# --- in words ---------------------------------------------------------------------------------------


def in_words(table: pd.DataFrame, named: Naming | None = None) -> str:
    """Return where a place stands among those most like it, and which of them differ most, in two or three sentences.

    Parameters
    ----------
    table
        The table of :func:`similar_table`, in any order but for its first row.
    named
        Writes the names of places.
    """
    name = named or (lambda _, official: the_district(official))
    measure = measure_named(str(table.attrs["measure"])).among(str(table.attrs["category"]))
    own, values = table.iloc[0], table[measure.key]
    place, number = name(own["lad21cd"], own["lad21nm"]), len(table) - 1
    if not number:
        return f"None of the places most like {place} is in the data of this site."
    missing = int(values.iloc[1:].isna().sum())
    few = f"{capital(some(missing))} of the {number} {'has' if missing == 1 else 'have'} no {measure.estimate}."
    if missing == number:
        return f"None of the {number} places most like {place} has a {measure.estimate}."
    if pd.isna(own[measure.key]):
        ends = values.iloc[1:].dropna()
        said = (
            f"{capital(place)} has no {measure.estimate}; the {number} places most like it run from "
            f"{measure.format(ends.min())} to {measure.format(ends.max())}."
        )
        return f"{said} {few}" if missing else said
    rank = rank_in_words(values, float(own[measure.key]), measure.tolerance)
    parts = [f"Counted with the {number} places most like it, the value of {place} is {rank}."]
    parts += [few] if missing else []
    return " ".join([*parts, _most_unlike(table, measure, place, name)])


def _most_unlike(table: pd.DataFrame, measure: Measure, place: str, name: Naming) -> str:
    """Return which similar place differs most, and which most to the other side."""
    rows = [row for row in table.to_dict("records") if row["no_different"] is False]
    rows.sort(key=lambda row: -abs(row["difference"]))
    if not rows:
        return f"None of them differs from {place} by more than {measure.tolerance_in_words}."
    others = [row for row in rows if (row["difference"] > 0) != (rows[0]["difference"] > 0)]
    value = float(table[measure.key].iloc[0])
    told = [
        f"{name(row['lad21cd'], row['lad21nm'])}, at {measure.format(row[measure.key])}, "
        f"{difference_in_words(measure, value, row[measure.key])}"
        for row in (*rows[:1], *others[:1])
    ]
    return f"Most unlike it is {'; furthest the other way is '.join(told)}."


def differences(table: pd.DataFrame) -> list[str]:
    """Return how far each place lies from the first: "no difference", "1.2 percentage points higher", or nothing."""
    key = str(table.attrs["measure"])
    measure, value, words = measure_named(key), float(table[key].iloc[0]), [""]
    for row in table.iloc[1:].to_dict("records"):
        if pd.isna(row["no_different"]):
            words.append("")
        else:
            near = bool(row["no_different"])
            words.append("no difference" if near else difference_in_words(measure, value, row[key]))
    return words


def coverage_in_words(table: pd.DataFrame) -> str:
    """Return how many of the places that are listed the table lacks, and whose deciles are not given; or nothing."""
    left, beyond = int(table.attrs["left_out"]), table["rgn21nm"].isin(BEYOND)
    said = []
    if left:
        said.append(
            f"The published list has {LISTED} places; {some(left)} of them {are(left)} not on these maps and "
            f"{are(left)} left out."
        )
    if table.attrs["scope"] == "ew" and beyond.any():
        number = int(beyond.sum())
        said.append(
            f"{capital(some(number))} in Scotland or Northern Ireland {'has' if number == 1 else 'have'} no decile "
            f"here, as deciles are of {SCOPES['ew']}."
        )
    return " ".join(said)
