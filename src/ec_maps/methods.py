"""What the methods page calls: tables and sentences as markdown, all counted from the data at hand and then kept."""

from __future__ import annotations

from ec_maps.maps.figure_cache import cached


@cached()
def codebook() -> str:
    """Return the measures in the codebook's order: what each is, its unit, and its columns in the Atlas."""
    from ec_maps.site.methods import codebook

    return codebook()


@cached()
def absent_measures() -> str:
    """Return which measures of the codebook the files at hand lack, in a sentence for each level."""
    from ec_maps.site.methods import absent_measures

    return absent_measures()


@cached()
def spread() -> str:
    """Return, in a tab for each level, how many areas each measure has, and its cut points in short."""
    from ec_maps.site.methods import spread

    return spread()


@cached()
def tenths() -> str:
    """Return the range of each tenth of economic connectedness, and how many areas are in it, at both levels."""
    from ec_maps.site.methods import tenths

    return tenths()


@cached()
def ties() -> str:
    """Return how many values are distinct, and which measures have so many equal that some tenths stay empty."""
    from ec_maps.site.methods import ties

    return ties()


@cached()
def missing() -> str:
    """Return how many areas have no value of economic connectedness and why, in a sentence for each level."""
    from ec_maps.site.methods import missing

    return missing()


@cached()
def united_kingdom() -> str:
    """Return what the scale of the United Kingdom changes: how many districts it adds, how many change their tenth."""
    from ec_maps.site.methods import united_kingdom

    return united_kingdom()


@cached()
def exposure_and_bias() -> str:
    """Return how near bias comes to one less connectedness divided by exposure in the data at hand, in sentences."""
    from ec_maps.site.methods import exposure_and_bias

    return exposure_and_bias()


@cached()
def vintages() -> str:
    """Return from which files values and boundaries come, of which dates, and how codes look, level by level."""
    from ec_maps.site.methods import vintages

    return vintages()


@cached()
def colours() -> str:
    """Return the ten colours of the tenths, with their lightness, as a table."""
    from ec_maps.site.methods import colours

    return colours()


@cached()
def citations() -> str:
    """Return how to cite the data at hand and this version of the library, as a list."""
    from ec_maps.site.methods import citations

    return citations()


__all__ = [
    "absent_measures",
    "citations",
    "codebook",
    "colours",
    "exposure_and_bias",
    "missing",
    "spread",
    "tenths",
    "ties",
    "united_kingdom",
    "vintages",
]
