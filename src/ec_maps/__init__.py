"""Maps of economic connectedness for every place in England and Wales, from the UK Social Capital Atlas.

Importing this package reads and writes nothing and loads no heavy library; each name below loads its module when it is
first used.
"""

from __future__ import annotations

import os
import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ec_maps.analysis.bivariate import bivariate_table
    from ec_maps.analysis.changes import diff
    from ec_maps.analysis.comparison import compare, measures_table
    from ec_maps.analysis.export import export
    from ec_maps.analysis.shortlist import shortlist
    from ec_maps.analysis.similar import similar
    from ec_maps.analysis.statistics import Correlations, Stability, rank_correlations, stability
    from ec_maps.areas.join import JoinReport
    from ec_maps.areas.own import area_table
    from ec_maps.areas.places import Place, PlaceGroup, read_places
    from ec_maps.areas.table import join_report, load_areas, load_measure
    from ec_maps.errors import (
        BoundaryError,
        DataError,
        EcMapsError,
        FetchError,
        MissingExtraError,
        PaletteError,
        PlaceError,
        RenderError,
        SettingError,
    )
    from ec_maps.graphics.figure import Map
    from ec_maps.graphics.palette import ice_colormap, ice_colours
    from ec_maps.maps.batch import draw_maps
    from ec_maps.maps.bivariate import bivariate_map
    from ec_maps.maps.choropleth import local_map, national_map, regional_map
    from ec_maps.maps.correlation_matrix import correlation_matrix
    from ec_maps.maps.hexmap import hexagon_map
    from ec_maps.maps.strip_plot import strip_plot
    from ec_maps.measures import MEASURES, Measure
    from ec_maps.site.brief import brief

__all__ = [
    "MEASURES",
    "BoundaryError",
    "Correlations",
    "DataError",
    "EcMapsError",
    "FetchError",
    "JoinReport",
    "Map",
    "Measure",
    "MissingExtraError",
    "PaletteError",
    "Place",
    "PlaceError",
    "PlaceGroup",
    "RenderError",
    "SettingError",
    "Stability",
    "__version__",
    "area_table",
    "bivariate_map",
    "bivariate_table",
    "brief",
    "compare",
    "correlation_matrix",
    "diff",
    "draw_maps",
    "export",
    "hexagon_map",
    "ice_colormap",
    "ice_colours",
    "join_report",
    "load_areas",
    "load_measure",
    "local_map",
    "measures_table",
    "national_map",
    "rank_correlations",
    "read_places",
    "regional_map",
    "shortlist",
    "similar",
    "stability",
    "strip_plot",
]

_HOMES = {
    "Correlations": "analysis.statistics",
    "BoundaryError": "errors",
    "DataError": "errors",
    "EcMapsError": "errors",
    "FetchError": "errors",
    "MissingExtraError": "errors",
    "PaletteError": "errors",
    "PlaceError": "errors",
    "RenderError": "errors",
    "SettingError": "errors",
    "JoinReport": "areas.join",
    "MEASURES": "measures",
    "Map": "graphics.figure",
    "Measure": "measures",
    "Place": "areas.places",
    "PlaceGroup": "areas.places",
    "Stability": "analysis.statistics",
    "area_table": "areas.own",
    "compare": "analysis.comparison",
    "correlation_matrix": "maps.correlation_matrix",
    "draw_maps": "maps.batch",
    "diff": "analysis.changes",
    "export": "analysis.export",
    "hexagon_map": "maps.hexmap",
    "ice_colormap": "graphics.palette",
    "ice_colours": "graphics.palette",
    "join_report": "areas.table",
    "load_areas": "areas.table",
    "load_measure": "areas.table",
    "local_map": "maps.choropleth",
    "national_map": "maps.choropleth",
    "rank_correlations": "analysis.statistics",
    "read_places": "areas.places",
    "regional_map": "maps.choropleth",
    "measures_table": "analysis.comparison",
    "shortlist": "analysis.shortlist",
    "similar": "analysis.similar",
    "stability": "analysis.statistics",
    "strip_plot": "maps.strip_plot",
    "bivariate_map": "maps.bivariate",
    "bivariate_table": "analysis.bivariate",
    "brief": "site.brief",
}


if "QUARTO_PROJECT_DIR" in os.environ and "IPython" in sys.modules:  # a page of the site is being built
    import_module("ec_maps.cell_errors").install()


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
