"""Maps drawn with every vertex of their shapes, as if the library did not simplify them to a map's pixels."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from ec_maps.maps import choropleth


@contextmanager
def shapes() -> Iterator[None]:
    """Have maps of this process drawn with all vertices."""
    simplified = choropleth.to_pixels
    choropleth.to_pixels = _as_they_are
    try:
        yield
    finally:
        choropleth.to_pixels = simplified


def _as_they_are(shapes: np.ndarray, _extent: tuple[float, float, float, float]) -> np.ndarray:
    return shapes
