"""What a map can be saved as, how large, and into which path or open file."""

from __future__ import annotations

import io
import math
import struct
import zlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import IO, Any, Literal, cast, get_args

import numpy as np
from zlib_ng import zlib_ng

from ec_maps.cache import atomic_write
from ec_maps.errors import SettingError, told

Format = Literal["png", "svg", "pdf"]

#: The fewest and most pixels of a PNG each way: matplotlib draws no more than 65,536.
_FEWEST, _MOST = 100, 20_000

#: Rows of a PNG compressed at a time: a copy of a whole image without its fourth channel would be 8 MB.
_ROWS = 64

#: zlib-ng takes less than half the time that zlib takes at its level 1, and no more space.
_LEVEL = 3
_METRE = 39.3701


def format_of(target: object, given: str | None) -> Format:
    """Return the format to save in: the one given, or else that of the suffix; `SettingError` if it is neither."""
    known = get_args(Format)
    name = getattr(target, "name", None) if hasattr(target, "write") else target
    name = Path(name).name if isinstance(name, str | Path) else ""
    found = Path(name).suffix if given is None else given
    kind = str(found).lower().removeprefix(".")
    if kind in known:
        return cast("Format", kind)
    if given is not None:
        msg = f"format= is {told(given)}, and a map is saved as {', '.join(known[:-1])} or {known[-1]}."
    elif hasattr(target, "write"):
        msg = 'The open file does not say what to save the map as; format="png", "svg" or "pdf" does.'
    else:
        msg = (
            f'A map is saved as .png, .svg or .pdf, and the name "{name}" ends in none of them; format= can say which.'
        )
    raise SettingError(msg)


def resolution(size: tuple[float, float], width: object, dpi: object, default: float) -> float:
    """Return the pixels per inch of a PNG of a figure of this size, in inches.

    `width` is in pixels; at most one of it and `dpi` is given, else `default` is used. `SettingError` if they are no
    numbers, or if the picture would be too small or too large.
    """
    if width is not None and dpi is not None:
        msg = "width= and dpi= both say how many pixels a PNG has; give one of them."
        raise SettingError(msg)
    if width is None and dpi is None:
        return default
    name, given = ("width", width) if dpi is None else ("dpi", dpi)
    found = _number(given, whole=name == "width") / (size[0] if name == "width" else 1.0)
    if not (math.isfinite(found) and min(size) * found >= _FEWEST - 0.5 and max(size) * found <= _MOST):
        least, most = _FEWEST / min(size), _MOST / max(size)
        if name == "width":
            least, most = least * size[0], most * size[0]
        what = "a whole number of pixels" if name == "width" else "a number of pixels per inch"
        msg = f"{name}= is {told(given)}; for this map it is {what} from {math.ceil(least)} to {math.floor(most):,}."
        raise SettingError(msg)
    # Slightly more, because matplotlib rounds the number of pixels down.
    return found if name == "dpi" else found * (1 + 1e-9)


def _number(given: object, *, whole: bool) -> float:
    """Return a number as it is given, and NaN for what is none or, if it should be, not whole."""
    if isinstance(given, bool) or not isinstance(given, int | float | np.integer | np.floating):
        return math.nan
    try:
        number = float(given)
    except OverflowError:
        return math.inf
    return number if number.is_integer() or not whole else math.nan


def write(target: str | Path | IO[bytes], draw: Callable[[], bytes], *, what: str = "map") -> Path | IO[bytes]:
    """Write what `draw` returns into a path, whole or not at all, or into an open file, and return the path or file.

    `what` it is stands in the message of the `SettingError` that is raised if it cannot be written.
    """
    if hasattr(target, "write"):
        return _into_file(cast("IO[bytes]", target), draw, what)
    if not isinstance(target, str | Path):
        msg = f"A {what} is saved into a path or into a file that is open for writing, not into {_kind(target)}."
        raise SettingError(msg)
    path = Path(target)
    content = draw()
    try:
        with atomic_write(path) as temporary:
            temporary.write_bytes(content)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        msg = f"The {what} could not be written to {path}: {reason}. Does the folder exist, and may you write in it?"
        raise SettingError(msg) from None
    return path


def _into_file(file: IO[bytes], draw: Callable[[], bytes], what: str) -> IO[bytes]:
    if getattr(file, "closed", False):
        msg = f"The file to save the {what} into has been closed; save while it is open, inside its with block."
        raise SettingError(msg)
    if isinstance(file, io.TextIOBase):
        msg = (
            f'The file to save the {what} into is open for text; open it for bytes: open(name, "wb"), or io.BytesIO().'
        )
        raise SettingError(msg)
    content = draw()
    try:
        file.write(content)
    except (OSError, ValueError, TypeError) as error:
        msg = f'The {what} could not be written into the open file: {error}. It has to be open for bytes, mode "wb".'
        raise SettingError(msg) from None
    return file


def _kind(target: Any) -> str:
    return "nothing" if target is None else f"a {type(target).__name__}"


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
    packer = zlib_ng.compressobj(_LEVEL)
    height, width, _ = pixels.shape
    for top in range(0, height, _ROWS):
        part = pixels[top : top + _ROWS]
        # Each row begins with the number of its filter: 0, none.
        rows = np.zeros((len(part), 1 + 3 * width), dtype=np.uint8)
        for channel in range(3):  # five times as fast as all three at once
            rows[:, 1 + channel :: 3] = part[:, :, channel]
        yield packer.compress(rows.data)
    yield packer.flush()
