"""A beeswarm: dots along a line, moved off it so that none overlaps another."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

#: The greatest and least width of a dot with the space around it, in inches.
WIDEST, NARROWEST = 0.08, 0.02

_NONE = 1e-9


def swarm(across: np.ndarray, width: float) -> np.ndarray:
    """Return the distance of dots from the line (negative beneath it), each as small as possible without overlaps.

    `across` are the positions along the line, and `width` is that of a dot. Dots in the middle are placed first.
    """
    up = np.zeros(len(across))
    if not len(across):
        return up
    order = np.argsort(np.abs(across - np.median(across)), kind="stable")
    for number, dot in enumerate(order):
        placed = order[:number]
        apart = np.abs(across[placed] - across[dot])
        near = apart < width - _NONE
        if not near.any():
            continue
        there, reach = up[placed[near]], np.sqrt(width**2 - apart[near] ** 2)
        # Of two equally near positions, the upper and the lower one alternate, so that the swarm is even.
        side = 1 if number % 2 else -1
        options = side * np.concatenate([[0.0], there + reach, there - reach])
        free = (np.abs(options[:, None] - side * there) >= reach - _NONE).all(axis=1)
        options = options[free]
        up[dot] = side * options[np.lexsort((-options, np.abs(options).round(6)))[0]]
    return up


def above(place: float, across: np.ndarray, up: np.ndarray, apart: float) -> float:
    """Return the height above the line at which a dot clears all others, `apart` from centre to centre."""
    sideways = np.abs(across - place)
    near = sideways < apart
    return float(np.max(up[near] + np.sqrt(apart**2 - sideways[near] ** 2), initial=0.0))


def width_within(across: np.ndarray, height: float) -> float:
    """Return the greatest width of dots at which they fit a strip's height, all in inches, or the least visible one."""
    return _width_within(across.astype(float).tobytes(), height)


@lru_cache(maxsize=64)
def _width_within(across: bytes, height: float) -> float:
    # Cached, because the strip is much the same for every district, and the search takes longer than the drawing.
    places, width = np.frombuffer(across), WIDEST
    while width > NARROWEST and len(places) and 2 * np.abs(swarm(places, width)).max() + width > height:
        width *= 0.96
    return max(width, NARROWEST)


def squeezed(up: np.ndarray, width: float, height: float) -> np.ndarray:
    """Return the distances, scaled to the height if even the narrowest dots do not fit; then dots overlap."""
    most = float(np.max(np.abs(up), initial=0.0))
    return up * min(1.0, (height - width) / 2 / most) if most else up
