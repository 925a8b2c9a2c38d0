"""What the files at hand contain: each measure of each CSV, and every column that the codebook does not know."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ec_maps import settings
from ec_maps.atlas import archive, select
from ec_maps.atlas.csv_table import categories
from ec_maps.atlas.holdings import Holding, holdings
from ec_maps.errors import DataError, listed
from ec_maps.geography.levels import TableName, table_named
from ec_maps.measures import Measure, measures_in


@dataclass(frozen=True)
class Entry:
    """One CSV of an archive.

    Attributes
    ----------
    file
        Its name in the archive, and the archive's.
    level
        ``"lad"``, ``"msoa"``, ``"postcode_district"``, or None if it is a table of nothing known.
    measures
        The measures that its columns hold for the groups of people that it names.
    categories
        These groups, in the file's words; none if it names none.
    unknown
        Its columns that the codebook does not know.
    fault
        Why it cannot be used, if so.
    """

    file: str
    level: TableName | None
    measures: list[Measure]
    categories: list[str]
    unknown: list[str]
    fault: str = ""

    def __str__(self) -> str:
        """Return the entry as a few lines of plain text."""
        what = table_named(self.level).areas if self.level else "not a table of areas"
        lines = [f"{self.file}: {what}"]
        lines += [f"  {measure.key}: {measure.title}, {measure.unit_in_words}" for measure in self.measures]
        if self.categories:
            lines.append(f"  groups of people: {listed(self.categories, 20)}")
        if self.unknown:
            lines.append(f"  not in the codebook, and not read: {listed(self.unknown, 40)}")
        if self.fault:
            lines.append(f"  cannot be used: {self.fault}")
        return "\n".join(lines)


def inventory(paths: list[Path] | None = None) -> list[Entry]:
    """Return what each CSV of the archives holds, archive by archive; nothing is fetched.

    Parameters
    ----------
    paths
        The archives; those at hand if not given.

    Raises
    ------
    DataError
        If there are none at hand.
    """
    if paths is None and not (paths := select.archives()):
        msg = (
            f"Listing what the Atlas's files contain: there is no zip in {settings.data_dir()}. ec-maps fetch brings "
            f"them, or download them from {archive.DATASET_PAGE} and put them there as they are."
        )
        raise DataError(msg)
    entries = []
    for path in paths:
        try:
            found = holdings(path)
        except DataError as error:
            entries.append(Entry(path.name, None, [], [], [], str(error)))
            continue
        entries.extend(_entry(held) for held in found)
    return entries


def _entry(held: Holding) -> Entry:
    known = [measure for column in held.columns for measure in measures_in(column)]
    name = str(held.member)
    if held.table is None:
        return Entry(name, None, [], [], list(held.columns), held.words)
    try:
        groups = sorted(categories(archive.read(held.member), held.member))
    except DataError as error:
        return Entry(name, held.table, [], [], held.unknown, str(error))
    measures = [measure for measure in known if measure.category in ("", *groups)]
    # A column that is read only for other groups than the codebook's own can be mapped by naming the group.
    lost = [measure for measure in known if measure not in measures]
    also = {
        measure.columns: measure
        for measure in reversed(lost)
        if not any(m.columns == measure.columns for m in measures)
    }
    return Entry(name, held.table, [*measures, *also.values()], groups, held.unknown)
