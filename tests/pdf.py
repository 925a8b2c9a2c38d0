"""What a PDF says of itself, read by two libraries that had no part in making it: pikepdf and PDFium."""

from __future__ import annotations

import ctypes
import io
from collections.abc import Iterator
from typing import Any

import numpy as np
import pikepdf
import pypdfium2
import pypdfium2.raw as pdfium


class Pdf:
    """A PDF of one page, or more if that went wrong."""

    def __init__(self, content: bytes) -> None:
        self.file = pikepdf.open(io.BytesIO(content))
        self._drawn = pypdfium2.PdfDocument(content)

    @property
    def pages(self) -> int:
        """The number of pages."""
        return len(self.file.pages)

    @property
    def text(self) -> str:
        """The text of the first page, on one line."""
        return " ".join(self._drawn[0].get_textpage().get_text_range().split())

    def tags(self, kind: str = "") -> list[Any]:
        """Return the elements of the structure in reading order, or those of a kind, such as ``Figure``."""
        return [one for one in _walked(self.file.Root.StructTreeRoot.K) if not kind or f"/{kind}" == one.S]

    def letters(self) -> list[tuple[str, float, tuple[float, float, float, float]]]:
        """Return each letter with its size in points on paper and its box (left, bottom, right, top)."""
        page, found = self._drawn[0].get_textpage(), []
        for at in range(page.count_chars()):
            letter, matrix = chr(pdfium.FPDFText_GetUnicode(page, at)), pdfium.FS_MATRIX()
            if letter.isspace():
                continue
            pdfium.FPDFText_GetMatrix(page, at, ctypes.byref(matrix))
            size = pdfium.FPDFText_GetFontSize(page, at) * float(np.hypot(matrix.c, matrix.d))
            found.append((letter, size, page.get_charbox(at, loose=True)))
        return found

    def pixels(self, *, scale: float = 1.0) -> np.ndarray:
        """Return the first page as printed in black and white: the lightness of each pixel, 0 to 255."""
        return np.asarray(self._drawn[0].render(scale=scale).to_pil().convert("L"))

    def fonts(self) -> dict[str, bool]:
        """Return the names of all fonts, without the prefix of a subset, and whether each is in the file."""
        found = {}
        for one in self.file.objects:
            if isinstance(one, pikepdf.Dictionary) and one.get("/Type") == "/FontDescriptor":
                inside = any(name in one for name in ("/FontFile", "/FontFile2", "/FontFile3"))
                found[str(one.FontName).removeprefix("/").partition("+")[2]] = inside
        return found


def _walked(element: Any) -> Iterator[Any]:
    if isinstance(element, pikepdf.Array):
        for child in element:
            yield from _walked(child)
    elif isinstance(element, pikepdf.Dictionary) and "/S" in element:
        yield element
        if "/K" in element:
            yield from _walked(element.K)
