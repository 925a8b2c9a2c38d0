"""PNG files of maps, written faster and smaller than by a general library.

Libraries filter each row by its neighbours, which suits photographs. A map has flat colours, and without filters it
takes half the time and a sixth less space. The format is that of the PNG specification (W3C, third edition, 2025).
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator, Mapping

import numpy as np

#: Rows compressed at a time: a copy of a whole image without its fourth channel would be 8 MB.
_ROWS = 64

_LEVEL = 1
_METRE = 39.3701


def png(pixels: np.ndarray, *, dpi: float, texts: Mapping[str, str]) -> bytes:
    """Return an image as the bytes of a PNG file; the same image gives the same bytes.

    Parameters
    ----------
    pixels
        Rows, columns and four channels of ``uint8``, the top row first. The fourth is dropped, because nothing on a
        map is transparent.
    dpi
        Pixels per inch.
    texts
        Metadata by PNG keyword: ``Title``, ``Description``.
    """
    height, width, _ = pixels.shape
    a_metre = round(dpi * _METRE)
    chunks = [(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))]
    chunks += [(b"iTXt", key.encode("latin-1") + b"\0\0\0\0\0" + text.encode("utf-8")) for key, text in texts.items()]
    chunks += [(b"pHYs", struct.pack(">IIB", a_metre, a_metre, 1))]
    chunks += [(b"IDAT", b"".join(_packed(pixels))), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in chunks)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(data, zlib.crc32(kind)))


def _packed(pixels: np.ndarray) -> Iterator[bytes]:
    packer = zlib.compressobj(_LEVEL)
    height, width, _ = pixels.shape
    for top in range(0, height, _ROWS):
        part = pixels[top : top + _ROWS]
        # Each row begins with the number of its filter: 0, none.
        rows = np.zeros((len(part), 1 + 3 * width), dtype=np.uint8)
        for channel in range(3):  # five times as fast as all three at once
            rows[:, 1 + channel :: 3] = part[:, :, channel]
        yield packer.compress(rows.data)
    yield packer.flush()
