"""The ten colours of the deciles, read from ``assets/palettes/ice.txt``, their only source."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from ec_maps import settings
from ec_maps.about import About
from ec_maps.errors import PaletteError, listed, told
from ec_maps.measures import Measure

if TYPE_CHECKING:
    from matplotlib.colors import ListedColormap

_HEX = re.compile(r"#[0-9a-f]{6}")
_CLASSES = 10

#: Colours of what is not data: warm where the palette is cold, so that they differ from every class, also for people
#: with any of the three kinds of colour blindness.
PAGE = "#ffffff"
SEA = "#f1ebdd"
NEIGHBOUR = "#d9d1c0"
MISSING = "#ffffff"
HATCH = "#6b6257"
_NOT_DATA = {SEA: "the sea", NEIGHBOUR: "land around", MISSING: "the page and of areas without an estimate"}
#: Nearly black: on the middle class neither white nor a lighter ink has a contrast of 4.5.
INK = "#0b0910"


def ice_colours() -> list[str]:
    """Return the ten hex colours of the deciles, decile 1 (lowest, deep purple) first.

    Returns
    -------
    colours
        Ten strings such as ``"#340d57"``, from dark to light.

    Raises
    ------
    PaletteError
        If the file is missing, does not have ten colours, has a line that is not a hex code, or if lightness does not
        rise from each colour to the next. One error lists all faults.

    Examples
    --------
    >>> import ec_maps
    >>> colours = ec_maps.ice_colours()
    >>> len(colours), colours[0], colours[-1]
    (10, '#340d57', '#e9f8fe')
    """
    return read_palette(
        "ice.txt",
        _CLASSES,
        "ten hex colours, one a line, from the darkest (decile 1) to the lightest (decile 10)",
        _not_rising,
    )


def ice_colormap() -> ListedColormap:
    """Return the ten colours of the deciles as a colormap of matplotlib, for ``plot`` and ``explore`` of GeoPandas.

    Returns
    -------
    colormap
        Ten colours, decile 1 (deep purple) first, named ``"ice"``.

    Raises
    ------
    PaletteError
        As :func:`ec_maps.ice_colours`.

    Examples
    --------
    >>> import ec_maps
    >>> cmap = ec_maps.ice_colormap()
    >>> cmap.name, cmap.N
    ('ice', 10)
    >>> style = {"column": "decile", "cmap": cmap, "vmin": 0.5, "vmax": 10.5}  # districts.plot(**style)
    """
    from matplotlib.colors import ListedColormap

    return ListedColormap(ice_colours(), name="ice")


def colours(measure: Measure) -> list[str]:
    """Return the ten colours of a measure's deciles, decile 1 first; the codebook says which end is purple."""
    return ice_colours() if measure.low_connection_end == "low" else ice_colours()[::-1]


def colours_of(areas: pd.DataFrame, chosen: Sequence[str] | None = None) -> list[str | None]:
    """Return the colour of each row's decile or other class, None for a row without one.

    `chosen` are the colours of the classes, if they are not ours.
    """
    about = About.of(areas)
    shown = chosen or class_colours(about)
    return [None if pd.isna(number) else shown[number - 1] for number in areas[about.classes.column]]


def class_colours(about: About) -> list[str]:
    """Return the colours of a table's classes, class 1 first: of ten deciles all, of fewer classes some."""
    return about.classes.spread(colours(about.what))


#: Returns the faults of a palette's colours, each given with its line number.
Check = Callable[[list[tuple[int, str]]], list[str]]


def read_palette(name: str, number: int, expected: str, check: Check) -> list[str]:
    """Return the colours of a file in the palettes folder in lower case, in the order of the file.

    `PaletteError` says what the file should hold, and lists all faults: a wrong number of colours, lines that are no
    hex code, and what `check` finds.
    """
    path = settings.shipped("palettes") / name
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        msg = f"Reading the palette {path}: {error}. It should be a text file of {expected}."
        raise PaletteError(msg) from None
    return list(_parse(text, path, number, expected, check))


@lru_cache(maxsize=8)
def _parse(text: str, path: Path, number: int, expected: str, check: Check) -> tuple[str, ...]:
    lines = [(at, line.strip().lower()) for at, line in enumerate(text.splitlines(), 1) if line.strip()]
    faults = [f'line {at}: "{line}" is no colour such as #340d57' for at, line in lines if not _HEX.fullmatch(line)]
    if len(lines) != number:
        faults.append(f"{len(lines)} colours, where there have to be {number}")
    faults += check([(at, line) for at, line in lines if _HEX.fullmatch(line)])
    if faults:
        msg = f"The palette {path} cannot be used: {listed(faults)}. It should hold {expected}."
        raise PaletteError(msg)
    return tuple(line for _, line in lines)


def chosen_colours(given: object, number: int) -> list[str]:
    """Return a caller's colours of `number` classes, the lowest first, as hex codes; `PaletteError` lists all faults.

    They are opaque, run evenly from dark to light or from light to dark, and are none of what is not data.
    """
    from matplotlib.colors import to_rgba

    # An array of one number says that it can be iterated over, and cannot.
    if isinstance(given, str) or not isinstance(given, Iterable) or getattr(given, "ndim", 1) == 0:
        msg = f'palette= is {told(given)}; it is a list of {number} colours such as "#340d57", the lowest class first.'
        raise PaletteError(msg)
    found, faults = [], []
    for at, colour in enumerate(given, 1):
        try:
            *channels, opacity = to_rgba(colour)
        except (ValueError, TypeError):
            faults.append(f"colour {at}: {told(colour)} is no colour such as #340d57")
            continue
        code = "#" + "".join(f"{round(255 * channel):02x}" for channel in channels)
        if opacity < 1:
            faults.append(f"colour {at}: {told(colour)} is see-through")
        if code in _NOT_DATA:
            faults.append(f"colour {at}: {code} is the colour of {_NOT_DATA[code]}")
        found.append((at, code))
    if len(found) != number and not faults:
        faults.append(f"{len(found)} colours, where there have to be {number}")
    if len(found) > 1 and not faults:
        falls = lightness(found[0][1]) > lightness(found[-1][1])
        faults += _uneven(found, "colour", falls=falls)
    if faults:
        msg = (
            f"The colours of palette= cannot be used: {listed(faults, 4)}. There have to be {number}, the lowest class "
            f"first, that run from dark to light or from light to dark."
        )
        raise PaletteError(msg)
    return [code for _, code in found]


def _not_rising(colours: list[tuple[int, str]]) -> list[str]:
    """Return the colours that are not lighter than the one before, as faults."""
    return _uneven(colours, "line")


def _uneven(colours: list[tuple[int, str]], each: str, *, falls: bool = False) -> list[str]:
    """Return the colours that are not lighter (or with `falls` not darker) than the one before, as faults."""
    return [
        f"{each} {at}: {colour} (lightness {lightness(colour):.0f}) is not {'darker' if falls else 'lighter'} than "
        f"{before} before it ({lightness(before):.0f})"
        for (_, before), (at, colour) in pairwise(colours)
        if (lightness(colour) >= lightness(before) if falls else lightness(colour) <= lightness(before))
    ]


def lightness(colour: str) -> float:
    """Return the CIE lightness L* (0 black to 100 white) of a hex colour."""
    luminance = relative_luminance(colour)
    # CIE 15:2004, equation 8.3; 216/24389 and 24389/27 are the exact forms of 0.008856 and 903.3.
    return 116 * luminance ** (1 / 3) - 16 if luminance > 216 / 24389 else luminance * 24389 / 27


def relative_luminance(colour: str) -> float:
    """Return the relative luminance (0 to 1) of a hex colour as WCAG 2.2 defines it."""
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def ink_on(colour: str) -> str:
    """Return the text colour, dark or white, with the higher WCAG contrast on a colour."""
    luminance = relative_luminance(colour)
    with_white = 1.05 / (luminance + 0.05)
    with_ink = (luminance + 0.05) / (relative_luminance(INK) + 0.05)
    return "#ffffff" if with_white > with_ink else INK
