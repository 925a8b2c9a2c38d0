"""What maps of a place by neighbourhood have in common: what they show, and how it is drawn, numbered and named."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

import geopandas as gpd
import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from ec_maps.about import About
from ec_maps.areas.checked import rest
from ec_maps.areas.finder import AnyPlace, each_of
from ec_maps.areas.selection import Selection, known_districts, names_only, select_districts
from ec_maps.boundaries.geometry import union, unions
from ec_maps.graphics import layers
from ec_maps.graphics.annotation import area_numbers, name_neighbours, name_regions, number_areas
from ec_maps.graphics.labels import Placer
from ec_maps.graphics.layout import Extent, Layout, view
from ec_maps.maps.surroundings import Scene, context_of, draw_base, draw_labels, grey_in_words, to_scale


class Paint(Protocol):
    """Draws areas in their colours, with edges `edge` points wide."""

    def __call__(self, ax: Axes, areas: gpd.GeoDataFrame, *, edge: float) -> None: ...  # noqa: D102


@dataclass(frozen=True)
class Neighbourhoods:
    """The neighbourhoods of a place, as a map shows them.

    `numbers` are those on the map; `lacking` are the neighbourhoods of the place that the table lacks, `around` is all
    grey land, and `extent` what has to be seen, in metres.
    """

    areas: gpd.GeoDataFrame
    selection: Selection
    lacking: gpd.GeoDataFrame
    around: gpd.GeoDataFrame

    @property
    def numbers(self) -> list[str]:
        """The number of each neighbourhood on the map."""
        return area_numbers(self.areas["msoa21nm"])

    @property
    def extent(self) -> Extent:
        """What has to be seen: a single neighbourhood with its surroundings, not from edge to edge."""
        return view(self.areas.total_bounds, room=1.09 if len(self.areas) > 1 else 1.5)

    @property
    def grey(self) -> str:
        """What grey land is, for the legend."""
        return grey_in_words(self.selection.inside, self.around, self.lacking)


def neighbourhoods_of(
    msoas: gpd.GeoDataFrame,
    about: About,
    place: str | AnyPlace | Iterable[str | AnyPlace],
    context: gpd.GeoDataFrame | None,
) -> Neighbourhoods:
    """Return the neighbourhoods of a place in a checked table; `PlaceError` if there are none."""
    wanted = each_of(place)
    absent = rest(msoas, about, about.near if about.near and names_only(wanted, about.near, msoas) else None)
    selection = select_districts(wanted, known_districts(msoas, absent))
    inside, lacking = selection.drawn(msoas), selection.rows(absent)
    columns = ["lad21nm", "geometry"]
    others = msoas.drop(inside.index)[columns]
    around = pd.concat([others, absent[columns], context_of(context, about)], ignore_index=True)
    return Neighbourhoods(inside.reset_index(drop=True), selection, lacking, around)


def draw_neighbourhoods(
    at: Scene, shown: Neighbourhoods, paint: Paint, colours_of: Callable[[pd.DataFrame], list[str | None]]
) -> Callable[[Layout], Placer]:
    """Draw the neighbourhoods of a place with numbers, borders of districts and the land around them.

    `colours_of` returns the colour of each row, None for one that is hatched. Returned is what writes numbers and names
    on a layout, for the form for phones.
    """
    layout = at.layout
    drawn, around = to_scale(shown.areas, at.around, at.extent)
    neighbours = unions(around.geometry, around["lad21nm"])
    layers.draw_neighbours(layout.ax, np.array(list(neighbours.values()), dtype=object), edge=0)
    for shape in neighbours.values():
        layers.draw_outline(layout.ax, shape, width=0.5, colour="#ffffff")
    paint(layout.ax, drawn, edge=layers.BORDER_WIDTHS["local"])
    land = union(drawn.geometry.to_numpy())
    draw_base(layout, at.tiles, land)
    is_group = shown.selection.is_group
    districts = unions(drawn.geometry, drawn["lad21nm"]) if is_group else {"": land}
    for shape in districts.values():
        layers.draw_outline(layout.ax, shape, width=1.0)

    def name(layout: Layout) -> Placer:
        placer = Placer(layout.frame)
        number_areas(layout, placer, drawn, shown.numbers, colours_of(drawn))
        if is_group:
            name_regions(layout, placer, drawn, districts, "lad21nm")
        name_neighbours(layout, placer, neighbours)
        return placer

    draw_labels(layout, name(layout), at.tiles)
    return name
