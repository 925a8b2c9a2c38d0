"""What the pages of the places are drawn from, and which of it a place is counted in."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from ec_maps import settings
from ec_maps.analysis.bivariate import two_way
from ec_maps.analysis.comparison import measures_at_hand
from ec_maps.areas.coverage import BEYOND, united_kingdom
from ec_maps.areas.table import load_areas
from ec_maps.errors import DataError
from ec_maps.geography.levels import ScopeName

if TYPE_CHECKING:
    import geopandas as gpd

    from ec_maps.geography.gazetteer import Place

    Levers = tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]


class PlaceTables(NamedTuple):
    """What the pages are drawn from.

    `kingdom` is None where the data at hand stop at the border; `levers` has exposure and bias by scope, or nothing.
    """

    lads: gpd.GeoDataFrame
    msoas: gpd.GeoDataFrame
    kingdom: gpd.GeoDataFrame | None
    levers: dict[ScopeName, Levers]

    def home(self, place: Place) -> tuple[gpd.GeoDataFrame, Levers | None]:
        """Return the table that a place is counted in, and the levers of the same districts."""
        if place.region in BEYOND and self.kingdom is not None:
            return self.kingdom, self.levers.get("uk")
        return self.lads, self.levers.get("ew")


def tables_at(key: str, *, levers: bool) -> PlaceTables:
    """Return the tables, loaded once in each process for each state of the data.

    Parameters
    ----------
    key
        A mark of the state of the data.
    levers
        Whether exposure and bias are wanted too.
    """
    return _load(settings.source(), key, levers)


def levers_at_hand(key: str, log: Callable[[str], None]) -> bool:
    """Return whether exposure and bias are there and fall into thirds; `log` is told if they are there but do not.

    `key` is as for :func:`tables_at`.
    """
    there, fault = _look_for_levers(settings.source(), key)
    if fault:
        log(f"The pages of the places are made without a panel of exposure and bias. {fault}")
    return there


@lru_cache(maxsize=1)
def _look_for_levers(_source: str, _key: str) -> tuple[bool, str]:
    if not {"exposure", "bias"} <= set(measures_at_hand("lad")):
        return False, ""
    try:
        for scope in _scopes():
            two_way(*_levers(scope), load_areas("lad", scope=scope))
    except DataError as error:
        return False, str(error)
    return True, ""


@lru_cache(maxsize=1)
def _load(_source: str, _key: str, levers: bool) -> PlaceTables:  # noqa: FBT001 - a cache takes positional ones
    both = {scope: _levers(scope) for scope in _scopes()} if levers else {}
    return PlaceTables(load_areas("lad"), load_areas("msoa"), united_kingdom(), both)


def _scopes() -> list[ScopeName]:
    return ["ew"] if united_kingdom() is None else ["ew", "uk"]


def _levers(scope: ScopeName) -> Levers:
    return load_areas("lad", "exposure", scope=scope), load_areas("lad", "bias", scope=scope)
