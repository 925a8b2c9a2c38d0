"""What changed from one release of the data to another: values, deciles, areas, cut points and columns."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pandas as pd
import pyogrio

from ec_maps.analysis.export import AREAS
from ec_maps.areas.deciles import cut_points, group
from ec_maps.areas.wording import capital, some
from ec_maps.arguments import path_of
from ec_maps.atlas.releases import Release, read_release
from ec_maps.boundaries.files import for_gdal
from ec_maps.errors import DataError, SettingError, counted, listed
from ec_maps.geography.codes import (
    ENGLAND_AND_WALES,
    district_vintage,
    is_demo_code,
    nation,
    neighbourhood_vintage,
    official_districts,
)
from ec_maps.geography.levels import LEVELS, LevelName
from ec_maps.measures import HEADLINE, MEASURES, measure_named

COLUMNS = ["level", "measure", "code", "name", "change", "old", "new", "difference", "old_decile", "new_decile"]

#: Values this close are the same: exports have six decimals.
_SAME = 1.5e-6

_VINTAGES = {"lad": district_vintage, "msoa": neighbourhood_vintage}


def diff(old: str | Path, new: str | Path) -> pd.DataFrame:
    """Return what changed from one release of the data to another.

    Parameters
    ----------
    old, new
        Two of: a data folder or cache with zips of the Atlas, a zip or CSV of it, or a file that :func:`ec_maps.export`
        wrote (CSV, GeoParquet, GeoPackage or GeoJSON). Of two zips of different levels nothing can be compared.

    Returns
    -------
    table
        A row for each value that changed, by level, measure and code: ``level``, ``measure``, ``code``, ``name`` (of
        districts, and of neighbourhoods where a file has names), ``change``, ``old``, ``new`` and ``difference`` in the
        measure's unit, ``old_decile`` and ``new_decile`` (``Int64``, 1 the lowest, among the areas of England and Wales
        with a value). ``change`` is ``"moved"``; ``"decile"`` where the value is the same and its decile is not;
        ``"came"`` for an area, or its estimate, that only the new release has; ``"went"`` for one that only the old
        has. Values that differ by no more than their sixth decimal are the same, as exports are rounded.
        ``attrs`` has ``in_words``, the finding in a paragraph; ``share``, the largest share of a measure's areas that
        changed their decile; ``measures``, a record for each level and measure with the numbers and the cut points; and
        ``notes``, on what could not be compared.

    Raises
    ------
    DataError
        If one of them holds no measure, or they have none in common.
    SettingError
        If there is no such file or folder, or it is of a kind that is not read.

    Examples
    --------
    >>> import ec_maps
    >>> from pathlib import Path
    >>> path = ec_maps.export("before.csv", level="lad", measures="bias")
    >>> text = path.read_text(encoding="utf-8")
    >>> _ = Path("after.csv").write_text(text.replace(",0.168337,", ",0.158337,"), encoding="utf-8")
    >>> table = ec_maps.diff("before.csv", "after.csv")
    >>> print(table[["name", "change", "old", "new"]].to_string(index=False))
    name change      old      new
    Adur  moved 0.168337 0.158337
    """
    before, after = (_read(path_of(path, "A release of the data is read from a path")) for path in (old, new))
    shared = [key for key in before.tables if key in after.tables]
    if not shared:
        has = [_measures_in(release) for release in (before, after)]
        msg = f"{before.name} and {after.name} have no measure in common: the first has {has[0]}, the second {has[1]}."
        raise DataError(msg)
    names = {code: district.name for code, district in official_districts().items()} | before.names | after.names
    compared = [_compared(key, before.tables[key], after.tables[key], names) for key in shared]
    table = pd.concat([rows for rows, _ in compared], ignore_index=True)
    facts = [fact for _, fact in compared]
    table.attrs = {
        "measures": facts,
        "share": max(fact["deciles_moved"] / max(fact["compared"], 1) for fact in facts),
        "notes": list(_notes(before, after)),
        "demo": any(is_demo_code(code) for tables in (before.tables, after.tables) for code in tables[shared[0]].index),
        "old": before.date or before.name,
        "new": after.date or after.name,
    }
    table.attrs["in_words"] = in_words(table)
    return table


# --- reading ----------------------------------------------------------------------------------------


def _read(path: Path) -> Release:
    """Return the release in a file of ours, or else in files of the Atlas."""
    if not path.exists():
        msg = f"There is no file or folder {path}, so there is nothing to compare."
        raise SettingError(msg)
    tables = [path / f"{level}.csv" for level in LEVELS]
    if path.is_dir() and all(table.is_file() for table in tables):  # a release that a site has kept
        kept = [_of_export(table, _exported(table)) for table in tables]
        return Release(
            path.name,
            {key: table for one in kept for key, table in one.tables.items()},
            {code: name for one in kept for code, name in one.names.items()},
            {level: columns for one in kept for level, columns in one.columns.items()},
        )
    frame = _exported(path)
    return read_release(path) if frame is None else _of_export(path, frame)


def _of_export(path: Path, frame: pd.DataFrame | None) -> Release:
    """Return the release in a table that :func:`ec_maps.export` wrote."""
    level = LEVELS["msoa" if frame is not None and "msoa21cd" in frame else "lad"]
    if frame is None or level.code not in frame:
        msg = f"{path} is not a table of areas: it has no column lad21cd."
        raise DataError(msg)
    rows = frame.loc[frame[level.code].notna(), ~frame.columns.duplicated()]
    found, rows = Release(str(path)), rows.set_index(rows[level.code].astype(str))
    if rows.index.has_duplicates:
        msg = f"{path} has more than one row of {listed(list(rows.index[rows.index.duplicated()].unique()), 3)}."
        raise DataError(msg)
    keys = [key for key in MEASURES if key in rows]
    for key in keys:
        table = pd.DataFrame({"value": _numbers(rows[key])})
        decile = next((name for name in (f"{key}_decile", "decile") if name in rows), None)
        if decile:
            table["decile"] = _numbers(rows[decile]).where(lambda each: each.isin(range(1, 11))).astype("Int64")
        found.tables[cast("LevelName", level.key), key] = table
    if not keys:
        msg = f"{path} has no measure of the Atlas among its columns ({listed(list(frame.columns), 12)})."
        raise DataError(msg)
    found.columns[cast("LevelName", level.key)] = set(map(str, frame.columns))
    if level.name in rows:
        found.names = {str(code): str(name) for code, name in rows[level.name].items()}
    return found


def _numbers(column: pd.Series) -> pd.Series:
    """Return a column's numbers, missing where there is none, or one that no measure has."""
    numbers = pd.to_numeric(column.astype(str), errors="coerce")
    return numbers.where(numbers.abs() < 1e6)


def _exported(path: Path) -> pd.DataFrame | None:
    """Return the table of a file that :func:`ec_maps.export` wrote; None for what is none, such as a zip."""
    kind = path.suffix.lower()
    try:
        if kind == ".parquet":
            return pd.read_parquet(path)
        if kind in (".gpkg", ".geojson"):
            layer = {"layer": AREAS} if kind == ".gpkg" else {}
            return pd.DataFrame(pyogrio.read_dataframe(for_gdal(path), read_geometry=False, **layer))
        if kind == ".csv":
            frame = pd.read_csv(path, encoding="utf-8-sig")
            return frame if "lad21cd" in frame else None
    except (OSError, ValueError, RuntimeError) as error:
        msg = f"{path} cannot be read: {str(error).splitlines()[0]}."
        raise DataError(msg) from None
    if path.is_file() and kind != ".zip":
        msg = f"{path} is none of what is compared: a folder, a .zip, .csv, .parquet, .gpkg or .geojson."
        raise SettingError(msg)
    return None


# --- comparing --------------------------------------------------------------------------------------


def _compared(
    key: tuple[LevelName, str], old: pd.DataFrame, new: pd.DataFrame, names: dict[str, str]
) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Return the rows of what changed in a measure, and its numbers."""
    level, measure = key
    ends = [_with_deciles(table, measure) for table in (old, new)]
    sides = [table.add_suffix(f"_{end}") for table, end in zip(ends, ("old", "new"), strict=True)]
    table = sides[0].join(sides[1], how="outer").sort_index()
    first, second = (table[f"value_{end}"].astype(float) for end in ("old", "new"))
    apart = (second - first).abs()
    deciles = table["decile_old"].fillna(0) != table["decile_new"].fillna(0)
    change = pd.Series("", index=table.index)
    change[deciles & first.notna() & second.notna()] = "decile"
    change[apart > _SAME] = "moved"
    change[first.isna() & second.notna()] = "came"
    change[first.notna() & second.isna()] = "went"
    both = first.notna() & second.notna()
    rows = pd.DataFrame(
        {
            "level": level,
            "measure": measure,
            "code": table.index.astype(str),
            "name": pd.Series([names.get(str(code)) for code in table.index], dtype=object),
            "change": change.to_numpy(),
            "old": first.to_numpy(),
            "new": second.to_numpy(),
            "difference": (second - first).round(9).to_numpy(),
            "old_decile": table["decile_old"].array,
            "new_decile": table["decile_new"].array,
        }
    )
    facts = {
        "level": level,
        "measure": measure,
        "compared": int(both.sum()),
        "moved": int((change == "moved").sum()),
        "beyond_tolerance": int((apart > measure_named(measure).tolerance + _SAME).sum()),
        "largest": None if not both.any() else round(float(apart.max()), 6),
        "deciles_moved": int((deciles & both).sum()),
        "came": int((change == "came").sum()),
        "went": int((change == "went").sum()),
        "old_cut_points": _cuts(ends[0], measure),
        "new_cut_points": _cuts(ends[1], measure),
    }
    return rows[change.to_numpy() != ""], facts


def _with_deciles(table: pd.DataFrame, measure: str) -> pd.DataFrame:
    """Return values with their deciles, those of the file or else cut over the areas of England and Wales."""
    if "decile" in table:
        return table
    here = table["value"].where(pd.Series(table.index.map(nation), table.index).isin(ENGLAND_AND_WALES))
    try:
        return table.assign(decile=group(here, cut_points(here, fewer=measure != HEADLINE)))
    except DataError:  # too few values for ten groups
        return table.assign(decile=pd.array([pd.NA] * len(table), dtype="Int64"))


def _cuts(table: pd.DataFrame, measure: str) -> list[float] | None:
    """Return the edges of the deciles; None where they cannot be cut."""
    here = table["value"].where(table["decile"].notna())
    try:
        return [round(float(edge), 6) for edge in cut_points(here, fewer=measure != HEADLINE)]
    except DataError:
        return None


def _notes(old: Release, new: Release) -> Iterator[str]:
    """Yield sentences on what only one of two releases has, and on what could not be compared."""
    for release, other, when in ((old, new, "old"), (new, old, "new")):
        if alone := _measures_in(release, other):
            yield f"Only the {when} release has {alone}."
        for fault in release.faults:
            yield f"In the {when} release: {fault}"
    for level in sorted(set(old.columns) & set(new.columns)):
        went, came = old.columns[level] - new.columns[level], new.columns[level] - old.columns[level]
        for columns, what in ((went, "went"), (came, "came")):
            if columns:
                yield f"Columns of {LEVELS[level].areas} that {what}: {listed(sorted(columns), 8)}."
        found = [_VINTAGES[level](sorted(_codes(release, level))).name for release in (old, new)]
        if found[0] != found[1]:
            areas = LEVELS[level].areas
            yield (
                f"The {areas} are of different years ({found[0]} and {found[1]}): only codes that both have are "
                f"compared, and a code that stayed may be of another area."
            )


def _codes(release: Release, level: LevelName) -> set[str]:
    return {code for (of, _), table in release.tables.items() if of == level for code in table.index}


def _measures_in(release: Release, without: Release | None = None) -> str:
    """Return the measures of a release, as text, without those that another has too."""
    keys = [key for key in release.tables if without is None or key not in without.tables]
    return listed([f"{MEASURES[key].title.lower()} of {LEVELS[level].areas}" for level, key in keys], 4)


# --- in words ---------------------------------------------------------------------------------------


def in_words(table: pd.DataFrame) -> str:
    """Return what changed, as a paragraph: a sentence on each measure that did, and the notes."""
    facts: list[dict[str, Any]] = table.attrs["measures"]
    old, new = table.attrs["old"], table.attrs["new"]
    between = f"from {old} to {new}" if old != new else f"between two releases of {old}"
    changed = [fact for fact in facts if fact["moved"] or fact["deciles_moved"] or fact["came"] or fact["went"]]
    number = sum(fact["compared"] for fact in facts)
    same = f"{number:,} values of {counted(len({fact['measure'] for fact in facts}), 'measure')}"
    said = [f"Nothing changed {between}: {same} are the same."] if not changed else []
    if changed:
        moved = sum(fact["moved"] for fact in facts)
        said = [f"{capital(between)}, {moved:,} of {same} moved."]
        said += [_sentence(fact, table) for fact in changed]
    stamp = ["Demonstration data, not real values."] if table.attrs["demo"] else []
    return " ".join([*stamp, *said, *table.attrs["notes"]])


def _sentence(fact: dict[str, Any], table: pd.DataFrame) -> str:
    """Return the sentence on a measure at a level."""
    measure, level = measure_named(fact["measure"]), LEVELS[fact["level"]]
    parts = []
    if fact["moved"]:
        rows = table[(table["level"] == level.key) & (table["measure"] == measure.key) & (table["change"] == "moved")]
        most = rows.to_dict("records")[int(rows["difference"].abs().to_numpy().argmax())]
        where = most["name"] if isinstance(most["name"], str) else most["code"]
        parts.append(
            f"{fact['moved']:,} of {fact['compared']:,} moved, {some(fact['beyond_tolerance'])} of them by more than "
            f"{measure.tolerance_in_words}, most of all {where}, from {measure.format(most['old'])} to "
            f"{measure.format(most['new'])}"
        )
    if fact["deciles_moved"]:
        parts.append(f"{fact['deciles_moved']:,} changed their decile")
    for what in ("came", "went"):
        if fact[what]:
            parts.append(f"{fact[what]:,} {what}")
    return f"{measure.title} of {level.areas}: {'; '.join(parts)}."
