"""A finished map: its figure, rows, caption and alternative text, and how it is saved."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text

from ec_maps.cache import atomic_write
from ec_maps.errors import SettingError
from ec_maps.graphics.style import own_settings
from ec_maps.graphics.text_metrics import DPI

if TYPE_CHECKING:
    import geopandas as gpd
    from matplotlib.figure import Figure


#: Rows compressed at a time: a copy of a whole image without its fourth channel would be 8 MB.
_ROWS = 64

_LEVEL = 1
_METRE = 39.3701


@dataclass(frozen=True)
class Map:
    """A finished map.

    Attributes
    ----------
    figure
        The figure; ``axes[0]`` is the map, in EPSG:27700.
    areas
        The rows drawn in colour or hatched.
    alt_text
        What the map shows, for readers who cannot see it.
    caption
        The map's finding, in a sentence or two.

    Examples
    --------
    >>> import ec_maps
    >>> picture = ec_maps.local_map(ec_maps.load_areas("msoa"), "Norwich")
    >>> len(picture.areas), picture.areas.crs.to_epsg()
    (14, 27700)
    >>> picture.caption.startswith("Demonstration data, not real values.")
    True
    """

    figure: Figure
    areas: gpd.GeoDataFrame
    alt_text: str
    caption: str

    def save(self, path: str | Path, *, links: Mapping[str, str] | None = None, marks: bool = False) -> Path:
        """Write the map as PNG (1400 pixels wide) or SVG, by the suffix, and return the path.

        The same map gives the same bytes. The file is written whole or not at all.

        Parameters
        ----------
        path
            The file to write.
        links, marks
            As for :meth:`svg`; ignored for PNG.

        Returns
        -------
        path
            The file.

        Raises
        ------
        SettingError
            If the suffix is neither ``.png`` nor ``.svg``, or the file cannot be written.

        Examples
        --------
        >>> import ec_maps
        >>> picture = ec_maps.local_map(ec_maps.load_areas("msoa"), "Norwich")
        >>> picture.save("norwich.svg").name
        'norwich.svg'
        """
        path = Path(path)
        if path.suffix.lower() not in (".png", ".svg"):
            msg = f'A map is saved as .png or .svg, and the name "{path.name}" ends in neither.'
            raise SettingError(msg)
        drawn = self.png() if path.suffix.lower() == ".png" else self.svg(links=links, marks=marks).encode()
        try:
            with atomic_write(path) as temporary:
                temporary.write_bytes(drawn)
        except OSError as error:
            msg = f"The map could not be written to {path}: {error.strerror or error}. Does the folder exist?"
            raise SettingError(msg) from None
        return path

    def svg(self, *, links: Mapping[str, str] | None = None, marks: bool = False) -> str:
        """Return the map as interactive, accessible SVG: each area has its name, value and decile.

        Parameters
        ----------
        links
            Addresses by area code, relative to the folder of the file; those areas become links.
        marks
            Whether to add an outline of each area, which shows when the file's address ends in ``#`` and its code, so
            that many pages can share one file.

        Returns
        -------
        svg
            The text of the file.

        Examples
        --------
        >>> import ec_maps
        >>> picture = ec_maps.local_map(ec_maps.load_areas("msoa"), "Norwich")
        >>> svg = picture.svg()
        >>> "Norwich 001" in svg
        True
        """
        from ec_maps.graphics.svg import svg_of

        return svg_of(self.figure, self.caption, self.alt_text, links=links or {}, marks=marks)

    def png(self) -> bytes:
        r"""Return the map as PNG, 1400 pixels wide; the same map gives the same bytes.

        Returns
        -------
        png
            The content of the file.

        Examples
        --------
        >>> import ec_maps
        >>> picture = ec_maps.local_map(ec_maps.load_areas("msoa"), "Norwich")
        >>> picture.png()[:4]
        b'\x89PNG'
        """
        with own_settings():
            self.figure.set_dpi(DPI)
            canvas = FigureCanvasAgg(self.figure)
            canvas.draw()  # type: ignore[no-untyped-call]
        drawn = np.asarray(canvas.buffer_rgba())  # type: ignore[no-untyped-call]
        written = png(drawn, dpi=DPI, texts={"Title": self.caption, "Description": self.alt_text})
        # Free the 10 MB of pixels: otherwise each text of the figure holds on to its renderer.
        FigureCanvasAgg(self.figure)
        for text in self.figure.findobj(Text):
            text._renderer = None  # type: ignore[attr-defined]
        return written

    def _repr_png_(self) -> bytes:
        return self.png()


# --- PNG (W3C, third edition, 2025) ---------------------------------------------------------------------


def png(pixels: np.ndarray, *, dpi: float, texts: Mapping[str, str]) -> bytes:
    """Return pixels of red, green, blue and opacity, the top row first, as a PNG file; nothing is transparent.

    Pillow filters each row by its neighbours, which suits photographs. A map has flat colours: without filters it takes
    less than half the time and a sixth less space. `texts` are by PNG keyword: ``Title``, ``Description``.
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
