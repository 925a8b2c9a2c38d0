from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from PIL import Image

from ec_maps.graphics.saving import png


def opened(content: bytes) -> Image.Image:
    """Return the picture as Pillow reads it; a wrong checksum would be an error."""
    picture = Image.open(io.BytesIO(content))
    picture.load()
    return picture


@given(arrays.arrays(np.uint8, st.tuples(st.integers(1, 150), st.integers(1, 9), st.just(4))))
def test_every_pixel_comes_back(pixels: np.ndarray) -> None:
    """Another reader finds the same colours, whatever the picture's size; the fourth channel is left out."""
    assert np.array_equal(np.asarray(opened(png(pixels, dpi=100, texts={}))), pixels[:, :, :3])


def test_what_the_file_says_of_itself() -> None:
    """Title, description and resolution are read by others, in any script."""
    picture = opened(
        png(np.zeros((2, 3, 4), np.uint8), dpi=1400 / 6, texts={"Title": "Ynys Môn – ŷ", "Description": "…"})
    )
    assert picture.size == (3, 2)
    assert (picture.info["Title"], picture.info["Description"]) == ("Ynys Môn – ŷ", "…")
    assert picture.info["dpi"] == pytest.approx((1400 / 6, 1400 / 6), abs=0.02)


def test_the_same_picture_gives_the_same_bytes() -> None:
    """Nothing of the moment is in the file, and its chunks are those of the specification, in order."""
    pixels = np.random.default_rng(1).integers(0, 255, (70, 5, 4), np.uint8)
    content = png(pixels, dpi=100, texts={"Title": "a"})
    assert png(pixels.copy(), dpi=100, texts={"Title": "a"}) == content
    kinds, at = [], 8
    while at < len(content):
        length, kind = struct.unpack(">I4s", content[at : at + 8])
        kinds.append(kind)
        assert struct.unpack(">I", content[at + 8 + length : at + 12 + length])[0] == zlib.crc32(
            content[at + 4 : at + 8 + length]
        )
        at += 12 + length
    assert kinds == [b"IHDR", b"iTXt", b"pHYs", b"IDAT", b"IEND"]
