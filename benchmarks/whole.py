"""Maps drawn with every vertex of their shapes, as if the library did not simplify them to a map's pixels."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from ec_maps import maps


@contextmanager
def shapes() -> Iterator[None]:
    """Have maps of this process drawn with all vertices."""
    simplified = maps.to_pixels
    maps.to_pixels = _as_they_are
    try:
        yield
    finally:
        maps.to_pixels = simplified


def _as_they_are(shapes: np.ndarray, _extent: tuple[float, float, float, float]) -> np.ndarray:
    return shapes
