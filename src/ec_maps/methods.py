"""Functions for the methods page: tables and sentences as markdown, computed from the data in use and cached."""

from __future__ import annotations

from ec_maps.maps.figure_cache import cached


@cached()
def codebook() -> str:
    """Return the table of measures, in the codebook's order: definition, unit and columns in the Atlas."""
    from ec_maps.site.methods import codebook

    return codebook()


@cached()
def absent_measures() -> str:
    """Return which measures of the codebook are not in the available files, in a sentence for each level."""
    from ec_maps.site.methods import absent_measures

    return absent_measures()


@cached()
def left_out() -> str:
    """Return which measures in the files cannot be mapped and are left out, in sentences; empty if there are none."""
    from ec_maps.site.methods import left_out

    return left_out()


@cached()
def spread() -> str:
    """Return the number of areas with a value and the main cut points of each measure, in a tab for each level."""
    from ec_maps.site.methods import spread

    return spread()


@cached()
def deciles() -> str:
    """Return the range of each decile of economic connectedness and its number of areas, at both levels."""
    from ec_maps.site.methods import deciles

    return deciles()


@cached()
def ties() -> str:
    """Return how many values are distinct, and which measures have so many ties that some deciles are empty."""
    from ec_maps.site.methods import ties

    return ties()


@cached()
def missing() -> str:
    """Return how many areas have no published estimate of economic connectedness, in a sentence for each level."""
    from ec_maps.site.methods import missing

    return missing()


@cached()
def united_kingdom() -> str:
    """Return how many districts the United Kingdom adds, and how many districts are in another decile of it."""
    from ec_maps.site.methods import united_kingdom

    return united_kingdom()


@cached()
def exposure_and_bias() -> str:
    """Return how far published bias is from one minus connectedness divided by exposure, in sentences."""
    from ec_maps.site.methods import exposure_and_bias

    return exposure_and_bias()


@cached()
def similar_places() -> str:
    """Return which districts have no similar places, and how far apart similar ones and any two are, in sentences."""
    from ec_maps.site.methods import similar_places

    return similar_places()


@cached()
def vintages() -> str:
    """Return the table of files, dates and code formats of values and boundaries, by level."""
    from ec_maps.site.methods import vintages

    return vintages()


@cached()
def colours() -> str:
    """Return the ten colours of the deciles with their lightness, as a table."""
    from ec_maps.site.methods import colours

    return colours()


@cached()
def citations() -> str:
    """Return how to cite the data and this version of the library, as a list."""
    from ec_maps.site.methods import citations

    return citations()


__all__ = [
    "absent_measures",
    "citations",
    "codebook",
    "colours",
    "deciles",
    "exposure_and_bias",
    "left_out",
    "missing",
    "similar_places",
    "spread",
    "ties",
    "united_kingdom",
    "vintages",
]
