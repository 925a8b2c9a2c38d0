"""Maps of economic connectedness for every place in England and Wales, from the UK Social Capital Atlas.

Importing this package reads nothing, writes nothing and loads none of the heavy libraries; each name below loads its
module when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ec_maps.areas import JoinReport, join_report, load_areas
    from ec_maps.errors import EcMapsError
    from ec_maps.hexmap import hexagon_map
    from ec_maps.maps import local_map, national_map, regional_map
    from ec_maps.palette import ice_colours
    from ec_maps.picture import Map
    from ec_maps.places import Place, read_places
    from ec_maps.strips import strip_plot

__all__ = [
    "EcMapsError",
    "JoinReport",
    "Map",
    "Place",
    "__version__",
    "hexagon_map",
    "ice_colours",
    "join_report",
    "load_areas",
    "local_map",
    "national_map",
    "read_places",
    "regional_map",
    "strip_plot",
]

_HOMES = {
    "EcMapsError": "errors",
    "JoinReport": "areas",
    "Map": "picture",
    "Place": "places",
    "hexagon_map": "hexmap",
    "ice_colours": "palette",
    "join_report": "areas",
    "load_areas": "areas",
    "local_map": "maps",
    "national_map": "maps",
    "read_places": "places",
    "regional_map": "maps",
    "strip_plot": "strips",
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
