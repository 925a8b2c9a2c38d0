"""All measures of a release of the Atlas, read from its files wherever they lie, to be held against another's."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import pandas as pd

from ec_maps.atlas.csv_table import inventory
from ec_maps.atlas.select import read_from
from ec_maps.errors import DataError
from ec_maps.geography.levels import LEVELS, LevelName
from ec_maps.measures import MEASURES


@dataclass
class Release:
    """The values of a release.

    Attributes
    ----------
    name
        The file or folder that they are from.
    tables
        By level and measure, a table indexed by code: ``value``, and ``decile`` where the file says it.
    names
        Names of areas by code, where the file has them.
    columns
        The columns of its tables of each level, by level.
    date
        The latest date in the data; empty if they have none.
    faults
        Why a measure that it holds could not be read.
    """

    name: str
    tables: dict[tuple[LevelName, str], pd.DataFrame] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    columns: dict[LevelName, set[str]] = field(default_factory=dict)
    date: str = ""
    faults: list[str] = field(default_factory=list)


def read_release(path: Path) -> Release:
    """Return the release in a zip or CSV of the Atlas, or in the zips and CSVs of a data folder or of its cache.

    Raises
    ------
    DataError
        If it holds no measure of local authorities or neighbourhoods.
    """
    files, found = list(_files(path)), Release(str(path))
    there: set[tuple[LevelName, str]] = set()
    entries = inventory(files) if files else []
    for held in entries:
        if held.level in LEVELS:
            level = cast("LevelName", held.level)
            found.columns.setdefault(level, set()).update(held.columns)
            there |= {(level, measure.key) for measure in held.measures}
    # A loose CSV in a folder may be anything.
    named = [entry for entry in entries if path.is_file() or entry.member.archive.suffix.lower() != ".csv"]
    found.faults = [entry.fault for entry in named if entry.fault]
    order = list(MEASURES)
    for level, key in sorted(there, key=lambda one: (one[0], order.index(one[1]))):
        try:
            read = read_from(LEVELS[level], MEASURES[key], files)
        except DataError as error:
            found.faults.append(str(error))
            continue
        found.tables[level, key] = read.table.set_index("code")[["value"]]
        found.date = max(found.date, read.date)
    if not found.tables:
        what = "no measure of local authorities or neighbourhoods" if files else "no zip or CSV"
        msg = " ".join([f"{path} holds {what} that could be compared with another release.", *found.faults])
        raise DataError(msg)
    return found


def _files(path: Path) -> Iterator[Path]:
    """Yield the zips and CSVs that a path names: itself, or those in the folder and in its cache."""
    if path.is_file():
        yield path
    for folder in (path, path / "cache"):
        inside = sorted(folder.iterdir()) if folder.is_dir() else []
        yield from (one for one in inside if one.suffix.lower() in (".zip", ".csv") and one.name[0] not in "._~")
