"""Whether simplified shapes look the same: the seven figures drawn with both, compared pixel by pixel.

    EC_MAPS_SOURCE=demo .venv/bin/python benchmarks/sight.py

The pixels of the maps are compared, with the inset and without the text around. Two shares are given: of pixels that
differ in any channel, and of pixels that differ noticeably, by more than 2.3 in CIELAB. The last line is JSON, with the
shares in per cent.
"""

from __future__ import annotations

import json

import colour
import numpy as np
from figures import every_vertex
from limit import pixels, subjects

from ec_maps.graphics.figure import Map

#: The distance in CIELAB that is just noticeable.
_NOTICEABLE = 2.3


def map_pixels(drawn: Map) -> np.ndarray:
    """Return the pixels of a map without its surroundings, as red, green and blue."""
    picture = pixels(drawn.figure)[..., :3]
    height, width = picture.shape[:2]
    box = drawn.figure.axes[0].get_position()
    rows = slice(round((1 - box.y1) * height), round((1 - box.y0) * height))
    return picture[rows, round(box.x0 * width) : round(box.x1 * width)].copy()


def differing(one: np.ndarray, other: np.ndarray) -> tuple[int, int]:
    """Return how many pixels of two pictures differ in any channel, and how many noticeably."""
    differ = (one != other).any(axis=-1)
    first, second = (colour.XYZ_to_Lab(colour.sRGB_to_XYZ(picture[differ] / 255)) for picture in (one, other))
    return int(differ.sum()), int((np.linalg.norm(first - second, axis=-1) > _NOTICEABLE).sum())


def main() -> None:
    """Draw and compare."""
    all_, differ, noticed, worst = 0, 0, 0, 0.0
    for subject in subjects():
        simplified = map_pixels(subject.drawn())
        with every_vertex():
            full = map_pixels(subject.drawn())
        any_, seen = differing(simplified, full)
        size = simplified.shape[0] * simplified.shape[1]
        print(f"{subject.name:32} {100 * any_ / size:8.3f} % differ, {100 * seen / size:8.3f} % noticeably")
        all_, differ, noticed = all_ + size, differ + any_, noticed + seen
        worst = max(worst, 100 * any_ / size)
    print(json.dumps({"any": 100 * differ / all_, "noticed": 100 * noticed / all_, "worst": worst}))


if __name__ == "__main__":
    main()
