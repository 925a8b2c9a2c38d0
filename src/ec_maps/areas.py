"""*The* table: areas, values and deciles joined, and the report of what did not join."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

from ec_maps import atlas, cache, settings
from ec_maps.boundaries import in_england_and_wales, load_boundaries, read_areas
from ec_maps.deciles import cut_points, deciles
from ec_maps.errors import DataError, listed
from ec_maps.levels import Level, LevelName, Measure, level_named, measure_named
from ec_maps.measurements import Measurements
from ec_maps.origins import boundary_files
from ec_maps.provenance import boundaries_said, data_date
from ec_maps.vintages import nation

if TYPE_CHECKING:
    import geopandas as gpd

#: The build stops when more than this share of the areas of England and Wales is lost in the join: values without a
#: boundary (always a mismatch), and boundaries without even an empty row (some areas are not published, but few; two
#: are never too many).
MAX_VALUES_LOST = 0.01
MAX_AREAS_WITHOUT_ROW = 0.05


@dataclass(frozen=True)
class JoinReport:
    """What joined and what did not, by name, on both sides.

    Attributes
    ----------
    level
        ``"lad"`` or ``"msoa"``.
    areas
        How many areas of England and Wales the boundaries have.
    with_value
        How many of them have a value.
    without_value
        Names of those with a row in the Atlas, but no value in it.
    without_row
        Names of those that the Atlas does not mention.
    without_boundary
        Codes in the Atlas, in England and Wales, that no boundary has.
    left_out
        How many areas of the Atlas lie in each nation that the maps do not cover.
    atlas_file, atlas_date
        The CSV that the values are from, and the date in it.
    boundaries
        The file or folder that the boundaries are from.
    notes
        What was put right, assumed or looked odd.
    """

    level: LevelName
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

    @property
    def summary(self) -> str:
        """How many areas have a value, in a sentence."""
        areas = level_named(self.level).areas.capitalize()
        return f"{areas}: {self.with_value:,} of {self.areas:,} in England and Wales have a value."

    @property
    def details(self) -> list[str]:
        """Where the table is from, what did not join on either side, and the notes; a line each."""
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
            lines.append(f"left out, as the maps cover England and Wales: {counts}")
        return [*lines, *(f"note: {note}" for note in self.notes)]

    def __str__(self) -> str:
        """Return the report as a few lines of plain text."""
        return "\n".join([self.summary, *(f"  {line}" for line in self.details)])


def load_areas(level: LevelName, measure: str = "economic_connectedness") -> gpd.GeoDataFrame:
    """Return the areas of England and Wales with their values and deciles.

    Parameters
    ----------
    level
        ``"lad"`` for the local authority districts of December 2021, ``"msoa"`` for the middle layer super output
        areas of 2021.
    measure
        The measure; its key is the name of the value column.

    Returns
    -------
    areas
        One row an area, EPSG:27700, sorted by code. For ``"lad"`` the columns ``lad21cd lad21nm rgn21nm
        economic_connectedness decile geometry``; for ``"msoa"`` ``msoa21cd msoa21nm lad21cd lad21nm rgn21nm
        economic_connectedness decile geometry`` and, where they are to be had, readable names in ``msoa21hclnm`` and
        Welsh ones in ``msoa21hclnmw``. The
        value is a share from 0 to 1; an area without a published value keeps its row, value and decile missing.
        ``decile`` runs from 1, the lowest tenth of the areas that have a value, to 10. ``areas.attrs`` holds
        ``cut_points``, the eleven edges, and ``measure``.

    Raises
    ------
    DataError
        If the Atlas zips are absent or faulty, of another vintage than the boundaries, or too much is lost in joining.
    BoundaryError
        If the boundaries or lookups are.
    FetchError
        If something is missing and cannot be fetched.
    """
    wanted, what = level_named(level), measure_named(measure)
    source = settings.source()
    key = cache.fingerprint([*atlas.supplied(wanted.key, measure), *boundary_files()], source, measure)
    table = cache.cached(f"areas-{source}-{level}-{measure}", key, lambda: _build(wanted, what))
    table.attrs = {"measure": measure, "level": level, "cut_points": [float(e) for e in cut_points(table[measure])]}
    return table


def load_context() -> gpd.GeoDataFrame:
    """Return the districts outside England and Wales that the boundaries have, for the background of maps."""
    return _context(settings.source(), cache.fingerprint(boundary_files(fetch=False)))


@lru_cache(maxsize=2)
def _context(_source: str, _key: str) -> gpd.GeoDataFrame:
    # Every map asks for it, and it is the same for all of them.
    lads = load_boundaries("lad")
    return lads[~lads["lad21cd"].str[0].isin(["E", "W", "X"])].reset_index(drop=True)


def join_report(level: LevelName, measure: str = "economic_connectedness") -> JoinReport:
    """Return what joined and what did not at a level, read afresh from the files; raise as `load_areas` does."""
    wanted, _ = level_named(level), measure_named(measure)
    areas = read_areas()
    here = in_england_and_wales(getattr(areas, f"{level}s"), wanted.code)
    values = atlas.read_measure(level, measure)
    notes = list(areas.notes)
    other: LevelName = "msoa" if level == "lad" else "lad"
    if (date := data_date(other)) != values.date:
        notes.append(
            f"These data are dated {values.date or 'nowhere'}, but those of {level_named(other).areas} {date}."
        )
    return _report(wanted, here, values, notes)


def _build(level: Level, measure: Measure) -> gpd.GeoDataFrame:
    here = in_england_and_wales(load_boundaries(level.key), level.code)
    values = atlas.read_measure(level.key, measure.key)
    report = _report(level, here, values, [])
    _stop_if_lost(level, report, here, values)
    table = here.merge(
        values.table.rename(columns={"code": level.code, "value": measure.key}),
        on=level.code,
        how="left",
        validate="one_to_one",
    )
    try:
        table["decile"] = deciles(table[measure.key])
    except DataError as error:
        msg = f"{values.member}: {error}"
        raise DataError(msg) from None
    first = [*_columns_before(level), measure.key, "decile", "geometry"]
    return table[[*first, *(name for name in table.columns if name not in first)]]


def _columns_before(level: Level) -> list[str]:
    above = [] if level.key == "lad" else ["lad21cd", "lad21nm"]
    return [level.code, level.name, *above, "rgn21nm"]


def _report(level: Level, here: gpd.GeoDataFrame, values: Measurements, notes: list[str]) -> JoinReport:
    atlas.check_vintage(level, values)
    published = values.table.set_index("code")["value"]
    nations = published.index.to_series().map(nation)
    covered = published[nations.isin(["England", "Wales", "demonstration"]).to_numpy()]
    left_out = nations[~nations.isin(["England", "Wales", "demonstration"])].value_counts()
    names = here.set_index(level.code)[level.name]
    with_row = names[names.index.isin(covered.index)]
    empty = with_row[covered.reindex(with_row.index).isna().to_numpy()]
    return JoinReport(
        level=level.key,
        areas=len(here),
        with_value=len(with_row) - len(empty),
        without_value=sorted(empty),
        without_row=sorted(names[~names.index.isin(covered.index)]),
        without_boundary=sorted(covered.index.difference(names.index)),
        left_out={str(name): int(number) for name, number in left_out.items()},
        atlas_file=str(values.member),
        atlas_date=values.date,
        boundaries=boundaries_said(),
        notes=[*values.notes, *notes],
    )


def _stop_if_lost(level: Level, report: JoinReport, here: gpd.GeoDataFrame, values: Measurements) -> None:
    lost, blank = len(report.without_boundary), len(report.without_row)
    matched = report.areas - blank
    if lost <= MAX_VALUES_LOST * max(matched + lost, 1) and blank <= max(2, MAX_AREAS_WITHOUT_ROW * report.areas):
        return
    msg = (
        f"Only {matched} of {report.areas} {level.areas} found a row in {values.member}. Areas without one: {blank} "
        f"({listed(report.without_row, 3) or 'none'}). Codes of the file without a boundary: {lost} "
        f"({listed(report.without_boundary, 3) or 'none'}).\n\nBoundary codes look like "
        f"{listed(list(here[level.code]), 2)}, "
        f"the file's like {listed(list(values.table['code']), 2)}. File and boundaries should be of the same year "
        f"and country."
    )
    raise DataError(msg)
