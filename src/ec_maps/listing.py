"""What commands list: their rows, written as a table for people, or as CSV or JSON for programs."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Literal

from ec_maps.errors import aligned

if TYPE_CHECKING:
    import pandas as pd

    from ec_maps.areas.join import JoinReport
    from ec_maps.areas.places import Place
    from ec_maps.atlas.archive import Holding

ListingFormat = Literal["table", "csv", "json"]
FORMATS: tuple[ListingFormat, ...] = ("table", "csv", "json")

Row = Mapping[str, object]


def written(rows: Sequence[Row], form: ListingFormat, table: Callable[[], str], columns: Sequence[str] = ()) -> bytes:
    """Return rows, all with the same keys, in a format; `table` writes them for people.

    JSON is one array of objects, CSV has a header; a missing value is null or empty. Both are UTF-8 on every console.
    `columns` are the keys, for the header of a list that may be empty.
    """
    if form == "json":
        text = json.dumps([dict(row) for row in rows], ensure_ascii=False, indent=2, allow_nan=False)
    elif form == "csv":
        text = _as_csv(rows, columns)
    else:
        text = table()
    return text.rstrip("\n").encode() + b"\n"


def _as_csv(rows: Sequence[Row], columns: Sequence[str]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerows(rows[:1] or [columns])
    writer.writerows([_cell(value) for value in row.values()] for row in rows)
    return out.getvalue()


def _cell(value: object) -> object:
    """Return a value as it stands in one cell: several are separated by semicolons, as names have commas."""
    from ec_maps.analysis.export import as_text

    if isinstance(value, Mapping):
        value = [f"{key}: {one}" for key, one in value.items()]
    return as_text("; ".join(map(str, value)) if isinstance(value, list) else value)


# --- the rows of each command -----------------------------------------------------------------------


def of_reports(reports: Iterable[JoinReport], source: str) -> list[Row]:
    """Return a row for each join report, with the sources of values and boundaries."""
    return [{**asdict(report), "source": source} for report in reports]


def of_places(places: Iterable[Place]) -> list[Row]:
    """Return a row for each place."""
    return [{"lad21cd": place.lad21cd, "name": place.name, "region": place.region} for place in places]


def of_measures(entries: Iterable[Holding]) -> list[Row]:
    """Return a row for each measure in each CSV, by level."""
    return [
        {
            "key": measure.key,
            "title": measure.title,
            "level": entry.level,
            "unit": measure.unit,
            "meaning": measure.meaning,
            "category": measure.category or None,
            "groups": list(entry.categories),
            "column": measure.column_in(entry.columns, str(entry.level)),
            "file": str(entry.member),
        }
        for entry in entries
        for measure in entry.measures
    ]


def of_areas(table: pd.DataFrame, source: str) -> list[Row]:
    """Return a row for each area of a table of ``compare``, with its source; missing values are None."""
    rows = table.astype(object).where(table.notna(), None).to_dict("records")
    return [{**{str(name): value for name, value in row.items()}, "source": source} for row in rows]


def areas_in_words(table: pd.DataFrame) -> str:
    """Return a table of ``compare`` in words: a line for each area and measure, with value, decile and rank."""
    from ec_maps.measures import measure_named

    name = "msoa21nm" if "msoa21nm" in table else "lad21nm"
    lines = [("place", "measure", "value", "decile", "rank (1 is lowest)")]
    for row in table.to_dict("records"):
        where = str(row[name])
        for key in table.attrs["measures"]:
            measure = measure_named(key).among(table.attrs["categories"][key])
            decile, low, high = (row[f"{key}_{what}"] for what in ("decile", "rank_low", "rank_high"))
            ends = ("", "") if math.isnan(row[key]) else (f"{decile}", f"{low}" if low == high else f"{low} to {high}")
            lines.append((where, measure.title, measure.format(row[key]), *ends))
            where = ""
    return aligned(lines)


def similar_in_words(table: pd.DataFrame) -> str:
    """Return a table of ``similar`` in words: where the place stands, and a line for each place."""
    from ec_maps.analysis.similar import coverage_in_words, differences
    from ec_maps.measures import measure_named

    measure = measure_named(table.attrs["measure"]).among(table.attrs["category"])
    lines = [("similarity", "place", "value", "decile", "difference")]
    for row, apart in zip(table.to_dict("records"), differences(table), strict=True):
        value = measure.format(row[measure.key])
        lines.append((_text(row["similarity"]), str(row["lad21nm"]), value, _text(row["decile"]), apart))
    said = (f"{measure.title}. {table.attrs['in_words']}", aligned(lines), coverage_in_words(table))
    return "\n\n".join([*filter(None, said), table.attrs["source"]])


def changes_in_words(table: pd.DataFrame) -> str:
    """Return a table of ``diff`` in words: the finding, and a line for each value that changed."""
    from ec_maps.measures import measure_named

    lines = [("measure", "area", "change", "old", "new", "decile")]
    for row in table.to_dict("records"):
        measure, old, new = measure_named(row["measure"]), _text(row["old_decile"]), _text(row["new_decile"])
        name = row["name"] if isinstance(row["name"], str) else row["code"]
        ends = (measure.format(row[end]) if row[end] == row[end] else "–" for end in ("old", "new"))
        lines.append((measure.title, name, row["change"], *ends, old if old == new else f"{old or '–'} → {new or '–'}"))
    return "\n\n".join([table.attrs["in_words"], *([aligned(lines)] if len(table) else [])])


def _text(number: object) -> str:
    """Return a whole number, or nothing for a missing one."""
    return f"{number}" if isinstance(number, int) else ""


def shortlist_in_words(table: pd.DataFrame) -> str:
    """Return a table of ``shortlist`` in words: how many there are, and a line for each, with a heading by group."""
    from ec_maps.analysis.shortlist import headings
    from ec_maps.measures import measure_named

    measure, above = measure_named(table.attrs["measure"]).among(table.attrs["category"]), headings(table)
    lines = [("position", "neighbourhood", "value", "decile (1 is lowest)", "users")]
    for row in table.to_dict("records"):
        name = row.get("msoa21hclnm")
        name = f"{name} ({row['msoa21nm']})" if isinstance(name, str) else str(row["msoa21nm"])
        span = _span(row["decile_low"], row["decile_high"])
        decile = f"{row['decile']}" + (f" ({span})" if "–" in span else "")
        users = f"{row['num_users']:,}" if isinstance(row.get("num_users"), int) else ""
        position, value = _span(row["position_low"], row["position_high"]), measure.format(row[measure.key])
        lines.append((position, name, value, decile, users))
    text = aligned(lines).split("\n")
    groups = table["group"].tolist()
    for at in range(len(groups) - 1, -1, -1):
        if not at or groups[at] != groups[at - 1]:
            text[at + 1 : at + 1] = [f"\n{above[groups[at]]}:"] if groups[at] in above else [""]
    said = f"{measure.title}. {table.attrs['in_words']}"
    return "\n\n".join([said, "\n".join(text)]) if groups else said


def _span(low: int, high: int) -> str:
    return f"{low}" if low == high else f"{low}–{high}"
