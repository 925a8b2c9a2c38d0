"""What the methods page calls: tables and sentences as markdown, all counted from the data at hand and then kept."""

from __future__ import annotations

from ec_maps.site.figure_cache import shown


def codebook() -> str:
    """Return the measures in the codebook's order: what each is, its unit, and its columns in the Atlas."""
    return shown("site.methods.codebook")


def absent_measures() -> str:
    """Return which measures of the codebook the files at hand lack, in a sentence for each level."""
    return shown("site.methods.absent_measures")


def spread() -> str:
    """Return, in a tab for each level, how many areas each measure has, and its cut points in short."""
    return shown("site.methods.spread")


def tenths() -> str:
    """Return the range of each tenth of economic connectedness, and how many areas are in it, at both levels."""
    return shown("site.methods.tenths")


def ties() -> str:
    """Return how many values are distinct, and which measures have so many equal that some tenths stay empty."""
    return shown("site.methods.ties")


def missing() -> str:
    """Return how many areas have no value of economic connectedness and why, in a sentence for each level."""
    return shown("site.methods.missing")


def united_kingdom() -> str:
    """Return what the scale of the United Kingdom changes: how many districts it adds, how many change their tenth."""
    return shown("site.methods.united_kingdom")


def exposure_and_bias() -> str:
    """Return how near bias comes to one less connectedness divided by exposure in the data at hand, in sentences."""
    return shown("site.methods.exposure_and_bias")


def vintages() -> str:
    """Return from which files values and boundaries come, of which dates, and how codes look, level by level."""
    return shown("site.methods.vintages")


def colours() -> str:
    """Return the ten colours of the tenths, with their lightness, as a table."""
    return shown("site.methods.colours")


def citations() -> str:
    """Return how to cite the data at hand and this version of the library, as a list."""
    return shown("site.methods.citations")


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
