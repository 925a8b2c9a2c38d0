"""Dots along a line, moved off it so that none meets another."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

#: From one dot's centre to the next, in inches, at most and at least.
WIDEST, NARROWEST = 0.08, 0.02

_NONE = 1e-9


def swarm(across: np.ndarray, width: float) -> np.ndarray:
    """Return how far from the line dots lie so that none meets another, each as near to it as it can be.

    Parameters
    ----------
    across
        Where they lie along the line. Those in the middle are placed first, the outermost last.
    width
        How wide each is, in the same unit.

    Returns
    -------
    up
        The distances, negative beneath the line.
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
        # Of two places as near, now the upper and now the lower one: the swarm stays even.
        side = 1 if number % 2 else -1
        options = side * np.concatenate([[0.0], there + reach, there - reach])
        free = (np.abs(options[:, None] - side * there) >= reach - _NONE).all(axis=1)
        options = options[free]
        up[dot] = side * options[np.lexsort((-options, np.abs(options).round(6)))[0]]
    return up


def above(place: float, across: np.ndarray, up: np.ndarray, apart: float) -> float:
    """Return how far above the line a dot at a place must lie to clear all others, `apart` from centre to centre."""
    sideways = np.abs(across - place)
    near = sideways < apart
    return float(np.max(up[near] + np.sqrt(apart**2 - sideways[near] ** 2), initial=0.0))


def width_within(across: np.ndarray, height: float) -> float:
    """Return how wide dots can be in a strip of a height, all in inches.

    Parameters
    ----------
    across
        Where the dots lie along the strip.
    height
        The strip's height.

    Returns
    -------
    width
        The widest at which the swarm keeps to the height, or the narrowest that is still seen: there it does not.
    """
    return _width_within(across.astype(float).tobytes(), height)


@lru_cache(maxsize=64)
def _width_within(across: bytes, height: float) -> float:
    # The strip of all districts is much the same for each of them, and the search takes longer than the drawing.
    places, width = np.frombuffer(across), WIDEST
    while width > NARROWEST and len(places) and 2 * np.abs(swarm(places, width)).max() + width > height:
        width *= 0.96
    return max(width, NARROWEST)


def squeezed(up: np.ndarray, width: float, height: float) -> np.ndarray:
    """Return the distances, scaled where even the narrowest dots do not keep to the height: there they overlap."""
    most = float(np.max(np.abs(up), initial=0.0))
    return up * min(1.0, (height - width) / 2 / most) if most else up
