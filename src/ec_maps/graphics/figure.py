"""A finished map: its figure, rows, caption and alternative text, and how it is saved."""

from __future__ import annotations

import io
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from html import escape
from pathlib import Path
from textwrap import shorten
from typing import IO, TYPE_CHECKING, overload

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text

from ec_maps.errors import SettingError
from ec_maps.graphics import saving
from ec_maps.graphics.renderers import PixelCanvas
from ec_maps.graphics.saving import png
from ec_maps.graphics.style import own_settings
from ec_maps.graphics.text_metrics import DPI

if TYPE_CHECKING:
    import geopandas as gpd
    from matplotlib.figure import Figure


@dataclass(frozen=True, eq=False, repr=False)
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
    on_axes
        Whether it was drawn into axes of the caller's, so that the figure is the caller's too.
    draw_narrow
        Draws the words and the legend for the width of a phone, larger and with fewer labels, where SVG shows them in
        place of the usual ones; None if it has the usual ones at every width.

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
    on_axes: bool = False
    draw_narrow: Callable[[], Figure] | None = None

    @cached_property
    def narrow(self) -> Figure | None:
        """The figure of words and legend for phones, drawn once; None if there is none."""
        with own_settings():
            return self.draw_narrow() if self.draw_narrow else None

    @overload
    def save(
        self,
        path_or_file: str | Path,
        *,
        width: int | None = ...,
        dpi: float | None = ...,
        format: str | None = ...,
        links: Mapping[str, str] | None = ...,
        marks: bool = ...,
    ) -> Path: ...

    @overload
    def save(
        self,
        path_or_file: IO[bytes],
        *,
        width: int | None = ...,
        dpi: float | None = ...,
        format: str | None = ...,
        links: Mapping[str, str] | None = ...,
        marks: bool = ...,
    ) -> IO[bytes]: ...

    def save(
        self,
        path_or_file: str | Path | IO[bytes],
        *,
        width: int | None = None,
        dpi: float | None = None,
        format: str | None = None,
        links: Mapping[str, str] | None = None,
        marks: bool = False,
    ) -> Path | IO[bytes]:
        r"""Write the map as PNG, SVG or PDF.

        The same map gives the same bytes. A path is written whole or not at all. The caption is the title of the file
        and the alternative text its description (in a PDF its subject).

        Parameters
        ----------
        path_or_file
            The file to write: a path, or a file that is open for bytes.
        width
            The width of a PNG in pixels; the words grow with it. If neither it nor `dpi` is given, a map of the usual
            size is 1400 pixels wide.
        dpi
            The pixels per inch of a PNG, in place of `width`.
        format
            ``"png"``, ``"svg"`` or ``"pdf"``; if not given, it is the suffix of the path.
        links, marks
            As for :meth:`svg`; ignored for the other formats.

        Returns
        -------
        path_or_file
            The path or the file.

        Raises
        ------
        SettingError
            If the format is none of the three, the size is out of range or not of a PNG, or the file cannot be written.

        Examples
        --------
        >>> import ec_maps, io
        >>> picture = ec_maps.local_map(ec_maps.load_areas("msoa"), "Norwich")
        >>> picture.save("norwich.pdf").name
        'norwich.pdf'
        >>> picture.save(io.BytesIO(), format="png", width=2800).getvalue()[:4]
        b'\x89PNG'
        """
        kind = saving.format_of(path_or_file, format)
        if kind != "png" and (width is not None or dpi is not None):
            msg = f"width= and dpi= are for PNG; {kind.upper()} is sharp at any size."
            raise SettingError(msg)
        size = self.figure.get_size_inches()
        sharpness = saving.resolution((float(size[0]), float(size[1])), width, dpi, self._dpi)
        draw: dict[str, Callable[[], bytes]] = {
            "png": lambda: self._png(sharpness),
            "svg": lambda: self.svg(links=links, marks=marks).encode(),
            "pdf": self._pdf,
        }
        return saving.write(path_or_file, draw[kind])

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

        if self.on_axes:
            if links or marks:
                msg = "links= and marks= are for maps in a figure of their own, without ax=."
                raise SettingError(msg)
            return self._saved("svg", {"Title": self.caption, "Description": self.alt_text, "Date": None}).decode()
        return svg_of(self.figure, self.caption, self.alt_text, links=links or {}, marks=marks, narrow=self.narrow)

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
        return self._png(self._dpi)

    def _png(self, dpi: float) -> bytes:
        with own_settings(), self._canvas(dpi) as canvas:
            canvas.draw()  # type: ignore[no-untyped-call]
            pixels = np.asarray(canvas.buffer_rgba())  # type: ignore[no-untyped-call]
        return png(pixels, dpi=dpi, texts={"Title": self.caption, "Description": self.alt_text})

    def _pdf(self) -> bytes:
        about = {"Title": self.caption, "Subject": self.alt_text, "Creator": "ec_maps", "CreationDate": None}
        return self._saved("pdf", about)

    def _saved(self, kind: str, about: dict[str, str | None]) -> bytes:
        stream = io.BytesIO()
        with own_settings(), self._canvas(self._dpi):
            self.figure.savefig(stream, format=kind, metadata=about)
        return stream.getvalue()

    @property
    def _dpi(self) -> float:
        """The pixels per inch at which the map is saved if the caller says nothing else."""
        return self.figure.dpi if self.on_axes else DPI

    @contextmanager
    def _canvas(self, dpi: float) -> Iterator[FigureCanvasAgg]:
        """Yield a canvas of a resolution for a while, and leave the figure's own as it was."""
        own, before = self.figure.canvas, self.figure.dpi
        canvas = FigureCanvasAgg(self.figure) if self.on_axes else PixelCanvas(self.figure)
        self.figure.set_dpi(dpi)
        try:
            yield canvas
        finally:
            self.figure.set_dpi(before)
            self.figure.set_canvas(own)
            # Free the 10 MB of pixels: otherwise each text of the figure holds on to its renderer.
            for text in self.figure.findobj(Text):
                text._renderer = None  # type: ignore[attr-defined]

    def __repr__(self) -> str:
        number = f"{len(self.areas):,} area{'' if len(self.areas) == 1 else 's'}"
        return f"<Map of {number}: {shorten(self.caption, 100, placeholder=' …')}>"

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        """Return what notebooks show: the map with its alternative text, or without HTML the picture alone."""
        picture = b64encode(self.png()).decode()
        alt = escape(self.alt_text, quote=True)
        html = f'<img src="data:image/png;base64,{picture}" width="700" alt="{alt}">'
        return {"text/plain": repr(self), "image/png": picture, "text/html": html}

    def _repr_png_(self) -> bytes:
        return self.png()
