"""Exposure and bias, the drivers of connectedness: what the post on them calls."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, partial, wraps
from pathlib import Path
from typing import TYPE_CHECKING, ParamSpec

from ec_maps.analysis.bivariate import BETWEEN, DRIVERS, KINDS, agreement, bivariate_table
from ec_maps.analysis.export import write_csv
from ec_maps.areas.places import Place, PlaceGroup, read_places
from ec_maps.areas.provenance import inputs
from ec_maps.areas.table import load_areas
from ec_maps.areas.wording import capital, the_district, universe
from ec_maps.errors import DataError
from ec_maps.geography.codes import BEYOND
from ec_maps.geography.levels import LevelName, level_named
from ec_maps.geography.names import slug
from ec_maps.maps.bivariate import bivariate_map
from ec_maps.maps.figure_cache import FOLDER, PLACES, cached_part
from ec_maps.measures import HEADLINE, MEASURES
from ec_maps.site import markdown
from ec_maps.site.driver_panel import neighbourhood_table
from ec_maps.site.finder import linked
from ec_maps.site.markdown import escaped, framed, pipe_table, tabset

if TYPE_CHECKING:
    import geopandas as gpd

#: Both measures are shares.
_percent = MEASURES["exposure"].format

#: What the post's files are called.
_NAME = "levers"


@lru_cache(maxsize=4)
def _tables(level: LevelName, _inputs: str) -> gpd.GeoDataFrame:
    return bivariate_table(load_areas(level, HEADLINE))


def _table(level: LevelName) -> gpd.GeoDataFrame:
    """Return the table of a level with thirds and kinds, made once for each state of the data."""
    return _tables(level, inputs())


_Arguments = ParamSpec("_Arguments")


def _there(page: Callable[_Arguments, str]) -> Callable[_Arguments, str]:
    """Return a decorated function that returns an empty text where exposure and bias of its level cannot be shown."""

    @wraps(page)
    def guarded(*args: _Arguments.args, **options: _Arguments.kwargs) -> str:
        level = args[0] if args else options.get("level", "lad")
        return "" if _fault("msoa" if level == "msoa" else "lad") else page(*args, **options)

    return guarded


def _fault(level: LevelName) -> str:
    """Return why exposure and bias cannot be shown; empty if they can."""
    try:
        _table(level)
    except DataError as error:
        return str(error)
    return ""


def drivers() -> str:
    """Return the bivariate map with its table and downloads, or a sentence why there is none."""
    if fault := _fault("lad"):
        markdown.keep_national_card(_NAME, load_areas("lad", HEADLINE))
        return f"Exposure and bias cannot be shown from the data at hand. {escaped(fault)}"
    folder, table = Path(FOLDER), _table("lad")
    drawn = bivariate_map(table)
    links = {code: f"../../../{PLACES}/{page}.html" for code, page in linked(table).items()}
    figure = markdown.saved(drawn, _NAME, folder, links=links)
    write_csv(drawn.areas, folder / f"{_NAME}.csv")
    markdown.keep_card(_NAME, _NAME)
    return f"{figure}\n\n{driver_table()}\n\n{markdown.downloads(_NAME, 'England and Wales exposure and bias')}"


def driver_places() -> str:
    """Return one tab for each place of the list with its neighbourhoods by exposure and bias, or why there is none."""
    if fault := _fault("msoa"):
        return f"Exposure and bias of neighbourhoods cannot be shown from the data at hand. {escaped(fault)}"
    here = [place for place in read_places() if place.region not in BEYOND]
    parts = [(place, f"{_NAME}-{slug(place.name)}") for place in here]
    return tabset([(place.name, cached_part(name, place, partial(_place, place, name))) for place, name in parts])


def _place(place: Place | PlaceGroup, name: str) -> str:
    folder = Path(FOLDER)
    drawn = bivariate_map(_table("msoa"), place, key=False)  # the table below has the numbers
    figure = markdown.saved(drawn, name, folder)
    write_csv(drawn.areas, folder / f"{name}.csv")
    where = place.in_sentence if isinstance(place, PlaceGroup) else the_district(place.name)
    table = neighbourhood_table(drawn.areas, where)
    return f"{figure}\n\n{table}\n\n{markdown.downloads(name, f'{place.name} exposure and bias')}"


def driver_table() -> str:
    """Return the table of all districts with both values and their kind, by name."""
    table = _table("lad").sort_values("lad21nm", kind="stable")
    columns = (table["lad21nm"].map(escaped), *(table[key].map(_percent) for key in DRIVERS))
    rows = list(map(list, zip(*columns, table["kind"].fillna("–").map(escaped), strict=True)))
    title = f"Exposure, bias and kind of place: local authorities of {universe(table)}, from A to Z"
    return framed(pipe_table(["Local authority", "Exposure", "Bias", "Kind"], rows, title, "lrrl"), title)


@_there
def driver_kinds(level: LevelName = "lad") -> str:
    """Return the four kinds of place as a list, each with its meaning, its limits and the number of areas."""
    found = _table(level)["kind"].value_counts()
    return "\n".join(
        f"- **{capital(kind.name)}** ({found.get(kind.name, 0):,}). {kind.means} *{kind.means_not}*" for kind in KINDS
    )


@_there
def drivers_by_region(level: LevelName = "lad") -> str:
    """Return the number of areas of each kind by region, as a table."""
    table = _table(level)
    names = [*(kind.name for kind in KINDS), BETWEEN]
    kinds = table["kind"].fillna("")
    counted = [table["rgn21nm"][kinds == name].value_counts() for name in [*names, ""]]
    columns = counted if len(counted[-1]) else counted[:-1]
    rows = [
        [escaped(region), *(f"{column.get(region, 0):,}" for column in columns)]
        for region in sorted(table["rgn21nm"].unique())
    ]
    rows.append([f"All of {universe(table)}", *(f"{int(column.sum()):,}" for column in columns)])
    # The full names are above the table; here each must fit a column.
    brief = [name.replace("and friendships ", "").replace("but friendships ", "") for name in names]
    heads = ["Region", *map(capital, brief), "No published estimate"][: len(columns) + 1]
    title = f"{capital(level_named(level).areas)} of each kind, by region"
    return framed(pipe_table(heads, rows, title, "l" + "r" * len(columns)), title)


@_there
def driver_ranges(level: LevelName = "lad") -> str:
    """Return the range and the median of both measures in a sentence."""
    table = _table(level)
    parts = []
    for key in DRIVERS:
        values = table[key]
        parts.append(
            f"{key} runs from {_percent(values.min())} to {_percent(values.max())}, with a median of "
            f"{_percent(values.median())}"
        )
    return f"{capital('; '.join(parts))}."


@_there
def driver_cuts(level: LevelName = "lad") -> str:
    """Return the cut points of the thirds, and how many areas are near one, in two sentences."""
    table, areas = _table(level), level_named(level).areas
    parts = []
    for key in DRIVERS:
        one, other = map(_percent, table.attrs[f"{key}_cut_points"][1:-1])
        parts.append(f"{key} at {one} and {other}")
    number, near = table.attrs["with_both"], int(table["near_cut"].sum())
    return (
        f"Over the {number:,} {areas} with both values, the thirds are cut for {' and for '.join(parts)}. Of these, "
        f"{near:,} are near a cut point: with either value {MEASURES['exposure'].tolerance_in_words} lower or higher "
        f"they could be in another class."
    )


@_there
def driver_agreement(level: LevelName = "lad") -> str:
    """Return the rank correlation of the published bias with the shortfall calculated from the values, as text."""
    table = _table(level)
    return f"{agreement(*(table[key].astype(float) for key in (*DRIVERS, HEADLINE))):.2f}"
