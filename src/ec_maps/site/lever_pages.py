"""What the post on exposure and bias calls: the two-way map with its table, the kinds of place, the counts."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, wraps
from pathlib import Path
from typing import TYPE_CHECKING

from ec_maps.analysis.bivariate import agreement, two_way
from ec_maps.analysis.downloads import write_csv
from ec_maps.analysis.kinds import BETWEEN, KINDS
from ec_maps.areas.table import load_areas
from ec_maps.areas.wording import capital, universe
from ec_maps.errors import DataError
from ec_maps.maps.bivariate import two_way_map
from ec_maps.measures import HEADLINE, measure_named
from ec_maps.site import markdown
from ec_maps.site.district_pages import PLACES, linked
from ec_maps.site.figure_cache import FOLDER, inputs
from ec_maps.site.markup import escaped, framed, pipe_table

if TYPE_CHECKING:
    import geopandas as gpd

#: What the post's files are called.
_NAME = "levers"


@lru_cache(maxsize=2)
def _tables(_inputs: str) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame, gpd.GeoDataFrame]:
    return load_areas("lad", "exposure"), load_areas("lad", "bias"), load_areas("lad", HEADLINE)


@lru_cache(maxsize=2)
def _table(_inputs: str) -> gpd.GeoDataFrame:
    return two_way(*_tables(_inputs))


def _there(page: Callable[[], str]) -> Callable[[], str]:
    """Return a function of the page that gives nothing where the data at hand have no exposure and bias to show."""

    @wraps(page)
    def guarded() -> str:
        return "" if _fault() else page()

    return guarded


def _fault() -> str:
    """Return why exposure and bias cannot be shown, or nothing."""
    try:
        _table(inputs())
    except DataError as error:
        return str(error)
    return ""


def levers() -> str:
    """Return the two-way map with its table and downloads, or why there is none."""
    if fault := _fault():
        return f"Exposure and bias cannot be shown from the data at hand. {escaped(fault)}"
    exposure, bias, connectedness = _tables(inputs())
    folder = Path(FOLDER)
    drawn = two_way_map(exposure, bias, connectedness)
    links = {code: f"../../../{PLACES}/{page}.html" for code, page in linked(connectedness).items()}
    figure = markdown.saved(drawn, _NAME, folder, links=links)
    write_csv(drawn.areas, folder / f"{_NAME}.csv")
    markdown.keep_card(_NAME, _NAME)
    return f"{figure}\n\n{lever_table()}\n\n{markdown.downloads(_NAME)}"


def lever_table() -> str:
    """Return all districts with both values and their kind, by name."""
    table = _table(inputs()).sort_values("lad21nm", kind="stable")
    exposure, bias = measure_named("exposure"), measure_named("bias")
    rows = [
        [escaped(row.lad21nm), exposure.said(row.exposure), bias.said(row.bias), _kind_cell(row.kind)]
        for row in table.itertuples()
    ]
    title = f"Exposure, bias and kind of place: local authorities of {universe(table)}, from A to Z"
    return framed(pipe_table(["Local authority", exposure.title, "Bias", "Kind"], rows, title, "lrrl"), title)


@_there
def lever_kinds() -> str:
    """Return the four kinds of place, each with what it means, what it does not, and how many there are."""
    found = _table(inputs())["kind"].value_counts()
    return "\n".join(
        f"- **{capital(kind.name)}** ({found.get(kind.name, 0)}). {kind.means} *{kind.means_not}*" for kind in KINDS
    )


@_there
def levers_by_region() -> str:
    """Return how many districts of each kind there are in each region, as a table."""
    table = _table(inputs())
    names = [*(kind.name for kind in KINDS), BETWEEN]
    counted = {name: table["rgn21nm"][table["kind"] == name].value_counts() for name in names}
    blank = table["rgn21nm"][table["kind"].isna()].value_counts()
    columns = [*counted.values(), *([blank] if len(blank) else [])]
    rows = [
        [escaped(region), *(str(column.get(region, 0)) for column in columns)]
        for region in sorted(table["rgn21nm"].unique())
    ]
    rows.append([f"All of {universe(table)}", *(str(int(column.sum())) for column in columns)])
    # The names stand in full above the table; here a column each has to fit.
    brief = [name.replace("and friendships ", "").replace("but friendships ", "") for name in names]
    heads = ["Region", *map(capital, brief), *(["No value"] if len(blank) else [])]
    title = "Local authorities of each kind, by region"
    return framed(pipe_table(heads, rows, title, "l" + "r" * len(columns)), title)


@_there
def lever_ranges() -> str:
    """Return the ends and middles of both in a sentence."""
    table = _table(inputs())
    parts = []
    for key in ("exposure", "bias"):
        said, values = measure_named(key).said, table[key]
        parts.append(
            f"{key} runs from {said(values.min())} to {said(values.max())}, with the middle local authority at "
            f"{said(values.median())}"
        )
    return f"{capital('; '.join(parts))}."


@_there
def lever_cuts() -> str:
    """Return where the thirds are cut, in a sentence."""
    table = _table(inputs())
    parts = []
    for key in ("exposure", "bias"):
        one, other = (measure_named(key).said(edge) for edge in table.attrs[f"{key}_cut_points"][1:-1])
        parts.append(f"{key} at {one} and {other}")
    number = int(table["kind"].notna().sum())
    return f"Over the {number} local authorities with both values, the thirds are cut for {' and for '.join(parts)}."


@_there
def lever_agreement() -> str:
    """Return how closely the files' bias goes with the shortfall that one can work out, as a number in words."""
    exposure, bias, connectedness = (
        lads.set_index("lad21cd")[key].astype(float)
        for lads, key in zip(_tables(inputs()), ("exposure", "bias", HEADLINE), strict=True)
    )
    return f"{agreement(exposure, bias, connectedness):.2f}"


def _kind_cell(kind: object) -> str:
    return escaped(kind) if isinstance(kind, str) else "–"
