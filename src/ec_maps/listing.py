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


def written(rows: Sequence[Row], form: ListingFormat, table: Callable[[], str]) -> bytes:
    """Return rows, all with the same keys, in a format; `table` writes them for people.

    JSON is one array of objects, CSV has a header; a missing value is null or empty. Both are UTF-8 on every console.
    """
    if form == "json":
        text = json.dumps([dict(row) for row in rows], ensure_ascii=False, indent=2, allow_nan=False)
    elif form == "csv":
        text = _as_csv(rows)
    else:
        text = table()
    return text.rstrip("\n").encode() + b"\n"


def _as_csv(rows: Sequence[Row]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerows(rows[:1])
    writer.writerows([_cell(value) for value in row.values()] for row in rows)
    return out.getvalue()


def _cell(value: object) -> object:
    """Return a value as it stands in one cell: several are separated by semicolons, as names have commas."""
    if isinstance(value, Mapping):
        value = [f"{key}: {one}" for key, one in value.items()]
    return "; ".join(map(str, value)) if isinstance(value, list) else value


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
