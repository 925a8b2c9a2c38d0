"""The report of the join between boundaries and Atlas values: which areas matched and which did not."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ec_maps.areas.provenance import boundaries_in_words
from ec_maps.atlas import select
from ec_maps.atlas.csv_table import Measurements
from ec_maps.errors import DataError, listed
from ec_maps.geography.codes import BEYOND, ENGLAND_AND_WALES, nation
from ec_maps.geography.levels import SCOPES, Level, ScopeName, TableName, level_named

if TYPE_CHECKING:
    import geopandas as gpd

#: The build stops if a larger share is lost in the join: values without a boundary (always a mismatch), and boundaries
#: without a row (a few areas are not published; up to two are always allowed).
MAX_VALUES_LOST = 0.01
MAX_AREAS_WITHOUT_ROW = 0.05


@dataclass(frozen=True)
class JoinReport:
    """Which areas and values joined and which did not, by name.

    Attributes
    ----------
    level
        ``"lad"`` or ``"msoa"``.
    areas
        How many areas of England and Wales, or of the United Kingdom, the boundaries have.
    with_value
        How many of them have a value.
    without_value
        Names of those with a row in the Atlas, but no value in it.
    without_row
        Names of those that the Atlas does not mention.
    without_boundary
        Codes in the Atlas, in England and Wales, that no boundary has.
    left_out
        How many areas of the Atlas lie in each nation outside the scope.
    atlas_file, atlas_date
        The CSV of the values, and its date.
    boundaries
        The file, folder or service of the boundaries.
    notes
        What was corrected, assumed or unusual.
    scope
        ``"ew"`` for England and Wales, ``"uk"`` for the United Kingdom.

    Examples
    --------
    >>> import ec_maps
    >>> report = ec_maps.join_report("lad")
    >>> print(report.summary)
    Local authorities: 327 of 331 in England and Wales have a value.
    >>> report.left_out
    {'Scotland': 32, 'Northern Ireland': 11}
    """

    level: TableName
    areas: int
    with_value: int
    without_value: list[str]
    without_row: list[str]
    without_boundary: list[str]
    left_out: dict[str, int]
    atlas_file: str
    atlas_date: str
    boundaries: str
    notes: list[str] = field(default_factory=list)
    scope: ScopeName = "ew"

    @property
    def summary(self) -> str:
        """How many areas have a value, in a sentence."""
        areas = level_named(self.level).areas.capitalize()
        return f"{areas}: {self.with_value:,} of {self.areas:,} in {SCOPES[self.scope]} have a value."

    @property
    def details(self) -> list[str]:
        """The sources of the table, what did not join, and the notes, one a line."""
        lines = [
            f"values: {self.atlas_file}" + (f", dated {self.atlas_date}" if self.atlas_date else ""),
            f"boundaries: {self.boundaries}",
        ]
        for words, names in (
            ("in the Atlas, without a value", self.without_value),
            ("not in the Atlas", self.without_row),
            ("in the Atlas, without a boundary", self.without_boundary),
        ):
            lines.append(f"{words}: {f'{len(names)} ({listed(names, 12)})' if names else 'none'}")
        if self.left_out:
            counts = listed([f"{number} in {where}" for where, number in self.left_out.items()])
            what = f"not mapped, as there are {level_named(self.level).areas} (MSOAs) only in England and Wales"
            if self.level == "lad":
                what = f"left out, as the table covers {SCOPES[self.scope]}"
            lines.append(f"{what}: {counts}")
        return [*lines, *(f"note: {note}" for note in self.notes)]

    def __str__(self) -> str:
        """Return the report as a few lines of plain text."""
        return "\n".join([self.summary, *(f"  {line}" for line in self.details)])


def report_of(
    level: Level, here: gpd.GeoDataFrame, values: Measurements, notes: list[str], scope: ScopeName
) -> JoinReport:
    """Return the report on joining the areas `here` to the values; `DataError` for values of another year."""
    select.check_vintage(level, values)
    published = values.table.set_index("code")["value"]
    nations = published.index.to_series().map(nation)
    within = nations.isin(ENGLAND_AND_WALES)
    if scope == "uk":
        within |= nations.isin(BEYOND)
    covered = published[within.to_numpy()]
    left_out = nations[~within].value_counts()
    names = here.set_index(level.code)[level.name]
    has_row = covered.index.get_indexer(names.index) >= 0
    with_row = names[has_row]
    empty = with_row[covered.reindex(with_row.index).isna().to_numpy()]
    return JoinReport(
        level=level.key,
        areas=len(here),
        with_value=len(with_row) - len(empty),
        without_value=sorted(empty),
        without_row=sorted(names[~has_row]),
        without_boundary=sorted(covered.index.difference(names.index)),
        left_out={str(name): int(number) for name, number in left_out.items()},
        atlas_file=str(values.member),
        atlas_date=values.date,
        boundaries=boundaries_in_words(),
        notes=[*values.notes, *notes],
        scope=scope,
    )


def stop_if_lost(level: Level, report: JoinReport, here: gpd.GeoDataFrame, values: Measurements) -> None:
    """Raise `DataError` if too much is lost in the join."""
    lost, unmatched = len(report.without_boundary), len(report.without_row)
    matched = report.areas - unmatched
    if lost <= MAX_VALUES_LOST * max(matched + lost, 1) and unmatched <= max(2, MAX_AREAS_WITHOUT_ROW * report.areas):
        return
    msg = (
        f"Only {matched} of {report.areas} {level.areas} have a row in {values.member}. Areas without one: {unmatched} "
        f"({listed(report.without_row, 3) or 'none'}). Codes of the file without a boundary: {lost} "
        f"({listed(report.without_boundary, 3) or 'none'}).\n\nBoundary codes look like "
        f"{listed(list(here[level.code]), 2)}, "
        f"the file's like {listed(list(values.table['code']), 2)}. Use a file and boundaries of the same "
        f"year and country."
    )
    raise DataError(msg)
