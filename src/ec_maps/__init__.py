"""Maps of economic connectedness for every place in England and Wales, from the UK Social Capital Atlas.

Importing this package reads nothing, writes nothing and loads none of the heavy libraries; each name below loads its
module when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ec_maps.areas import join_report, load_areas, load_measure
    from ec_maps.bands import Stability, stability
    from ec_maps.bivariate import two_way_map
    from ec_maps.codebook import MEASURES, Measure
    from ec_maps.comparison import compare, side_by_side
    from ec_maps.correlations import Correlations, rank_correlations
    from ec_maps.errors import EcMapsError
    from ec_maps.exports import export
    from ec_maps.hexmap import hexagon_map
    from ec_maps.join import JoinReport
    from ec_maps.many import draw_maps
    from ec_maps.maps import local_map, national_map, regional_map
    from ec_maps.matrix import correlation_matrix
    from ec_maps.palette import ice_colours
    from ec_maps.picture import Map
    from ec_maps.places import Place, read_places
    from ec_maps.strips import strip_plot

__all__ = [
    "MEASURES",
    "Correlations",
    "EcMapsError",
    "JoinReport",
    "Map",
    "Measure",
    "Place",
    "Stability",
    "__version__",
    "compare",
    "correlation_matrix",
    "draw_maps",
    "export",
    "hexagon_map",
    "ice_colours",
    "join_report",
    "load_areas",
    "load_measure",
    "local_map",
    "national_map",
    "rank_correlations",
    "read_places",
    "regional_map",
    "side_by_side",
    "stability",
    "strip_plot",
    "two_way_map",
]

_HOMES = {
    "Correlations": "correlations",
    "EcMapsError": "errors",
    "JoinReport": "join",
    "MEASURES": "codebook",
    "Map": "picture",
    "Measure": "codebook",
    "Place": "places",
    "Stability": "bands",
    "compare": "comparison",
    "correlation_matrix": "matrix",
    "draw_maps": "many",
    "export": "exports",
    "hexagon_map": "hexmap",
    "ice_colours": "palette",
    "join_report": "areas",
    "load_areas": "areas",
    "load_measure": "areas",
    "local_map": "maps",
    "national_map": "maps",
    "rank_correlations": "correlations",
    "read_places": "places",
    "regional_map": "maps",
    "side_by_side": "comparison",
    "stability": "bands",
    "strip_plot": "strips",
    "two_way_map": "bivariate",
}


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("ec-maps")
    if name in _HOMES:
        return getattr(import_module(f"ec_maps.{_HOMES[name]}"), name)
    msg = f"module 'ec_maps' has no attribute {name!r}"
    raise AttributeError(msg)


def __dir__() -> list[str]:
    return sorted(__all__)
