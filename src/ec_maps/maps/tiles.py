"""Tiles as one image of a map's frame: downloaded once, cached as PNG, warped to the British National Grid.

contextily, which fetches them, is loaded only when tiles are wanted.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
import struct
import zlib
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from ec_maps import settings
from ec_maps.cache import atomic_write
from ec_maps.graphics.layout import MAP_WIDTH
from ec_maps.graphics.text_metrics import DPI

#: Left, bottom, right, top.
Extent = tuple[float, float, float, float]

GRID, MERCATOR = "EPSG:27700", "EPSG:3857"

#: The connections at once that OpenStreetMap's rules allow, and the seconds to wait before the one retry.
_CONNECTIONS = 2
_PAUSE = 1.0

_ROUND_THE_WORLD = 2 * math.pi * 6_378_137

#: The exceptions of reading a damaged image, depending on which bytes are damaged.
_DAMAGED = (
    OSError,
    ValueError,
    LookupError,
    TypeError,
    SyntaxError,
    EOFError,
    struct.error,
    zlib.error,
    Image.DecompressionBombError,
)


class NoTilesError(Exception):
    """Tiles failed, with the reason in plain sentences; `again` is whether the next map may request its own."""

    def __init__(self, why: str, *, again: bool = True) -> None:
        super().__init__(why)
        self.again = again


def framed(provider: Any, extent: Extent, *, most: int, ask: bool) -> np.ndarray:
    """Return a provider's tiles as an image of the map's frame, from the cache or from the server.

    Parameters
    ----------
    provider
        An ``xyzservices.TileProvider``, its key filled in.
    extent
        The map's frame, in metres (EPSG:27700).
    most
        The most tiles to request.
    ask
        Whether to request tiles that are not in the cache from the server.

    Returns
    -------
    image
        Rows from the top, columns, and red, green, blue and opacity from 0 to 255, at the resolution of saved maps.

    Raises
    ------
    NoTilesError
        If the tiles cannot be downloaded or used.
    """
    from pyproj import Transformer

    box = Transformer.from_crs(GRID, MERCATOR, always_xy=True).transform_bounds(*extent)
    zoom = _zoom(provider, box, most)
    path = _path(provider, box, zoom)
    stored = _read(path)
    if stored is None:
        if not ask:
            why = "They failed before."
            raise NoTilesError(why, again=False)
        if settings.is_offline():
            why = "They are not in the cache yet, and EC_MAPS_OFFLINE is set. Draw the maps once without it."
            raise NoTilesError(why)
        stored = _fetched(provider, box, zoom)
        _store(path, *stored)
    return _warped(*stored, extent)


def _zoom(provider: Any, box: Extent, most: int) -> int:
    """Return the zoom level at which tiles match the map's resolution, or a coarser one with few enough tiles.

    For tiles of double resolution the nearest level is used, for others the coarser one: on the finer one, letters
    would be too small to read.
    """
    import contextily

    size = provider.get("tileSize", 256)
    level = math.log2(_ROUND_THE_WORLD / (box[2] - box[0]) * MAP_WIDTH * DPI / size)
    coarsest, finest = provider.get("min_zoom", 0), provider.get("max_zoom", 19)
    zoom: int = max(coarsest, min(finest, math.floor(level + (0.5 if size > 256 else 0))))
    while (number := contextily.howmany(*box, zoom, verbose=False)) > most:
        if zoom <= coarsest:
            why = f"Its coarsest would take {number} for this map; {most} are the most that one asks for."
            raise NoTilesError(why)
        zoom -= 1
    return zoom


def _path(provider: Any, box: Extent, zoom: int) -> Path:
    """Return the cache file of an image, whose name depends on the address with its key, the extent and the zoom."""
    try:
        address = provider.build_url()
    except (ValueError, LookupError) as error:
        why = f"xyzservices can make no address for them ({type(error).__name__}); another provider may do."
        raise NoTilesError(why) from None
    key = hashlib.sha256(json.dumps([address, zoom, [round(edge) for edge in box]]).encode()).hexdigest()
    return settings.cache_dir() / "tiles" / f"{re.sub(r'[^A-Za-z0-9.-]', '_', provider['name'])}-{key[:24]}.png"


def _fetched(provider: Any, box: Extent, zoom: int) -> tuple[np.ndarray, Extent]:
    """Return the tiles of a box as one image (red, green, blue, opacity), and its extent in Web Mercator."""
    import contextily
    import requests

    again = False
    try:
        # contextily's own cache uses pickles, which run code when they are read; ours stores images.
        pixels, (left, right, bottom, top) = contextily.bounds2img(
            *box,
            zoom=zoom,
            source=provider,
            headers={"user-agent": settings.user_agent().encode()},
            timeout=settings.timeout(),
            wait=_PAUSE,
            n_connections=_CONNECTIONS,
            use_cache=False,
        )
        return pixels, (left, bottom, right, top)
    except requests.HTTPError as error:
        why, again = _refusal(str(error), zoom)
    except requests.RequestException as error:
        # Only the kind of error is given, because its text contains the address with the key.
        why = f"The connection to the server failed ({type(error).__name__})."
        if isinstance(error, requests.Timeout) or "timed out" in str(error):
            why = f"The server did not answer within {settings.timeout():g} seconds."
    except _DAMAGED as error:
        why, again = f"The server sent a damaged picture ({type(error).__name__}).", True
    raise NoTilesError(why, again=again)


def _refusal(theirs: str, zoom: int) -> tuple[str, bool]:
    """Return what an answer means, and whether to try again; contextily reports most of them as lost connections."""
    found = re.search(r"resulted in a (404)|Last message was: (\d{3})", theirs)
    status = int(found[1] or found[2]) if found else 0
    if status == 404:
        return f"The server has none for this place at zoom level {zoom} (404).", True
    if status in (401, 403):
        return f"The server refused them ({status}); is the key in EC_MAPS_BASEMAP_KEY right?", False
    if status == 429:
        return "The server has been asked too often (429); try again later.", False
    if status == 200:
        return "The server sent something that is no picture.", False
    return f"The server answered with an error ({status or 'not known'}); try again later.", False


def _read(path: Path) -> tuple[np.ndarray, Extent] | None:
    """Return an image from the cache with its extent; None if it is missing or damaged."""
    try:
        with Image.open(path, formats=("PNG",)) as picture:
            pixels = np.asarray(picture.convert("RGBA"))
            place, digest = picture.info["place"], picture.info["sha256"]
        if digest != _digest(pixels, place):
            return None
        left, bottom, right, top = json.loads(place)
    except _DAMAGED:
        return None  # missing, cut short or of another kind: downloaded again
    return pixels, (left, bottom, right, top)


def _store(path: Path, pixels: np.ndarray, place: Extent) -> None:
    """Write an image to the cache, whole or not at all; without permission to write, do nothing."""
    if not settings.may_cache():
        return
    about = PngInfo()
    about.add_text("place", json.dumps(place))
    about.add_text("sha256", _digest(pixels, json.dumps(place)))
    # The map is still drawn, and the table cache has already reported that the folder cannot be written.
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        with atomic_write(path) as temporary:
            Image.fromarray(pixels).save(temporary, "png", pnginfo=about)


def _digest(pixels: np.ndarray, place: str) -> str:
    return hashlib.sha256(f"{place} {pixels.shape} ".encode() + pixels.tobytes()).hexdigest()


def _warped(pixels: np.ndarray, place: Extent, extent: Extent) -> np.ndarray:
    """Return an image in Web Mercator warped to the map's frame on the British National Grid, at the map's pixels."""
    from rasterio import Affine
    from rasterio.enums import Resampling
    from rasterio.errors import RasterioError
    from rasterio.warp import reproject

    def transform(place: Extent, columns: int, rows: int) -> Affine:
        left, bottom, right, top = place
        return Affine((right - left) / columns, 0, left, 0, (bottom - top) / rows, top)

    height, width = pixels.shape[:2]
    columns = round(MAP_WIDTH * DPI)
    rows = round(columns * (extent[3] - extent[1]) / (extent[2] - extent[0]))
    # Colours are weighted by opacity, otherwise the black of transparent pixels would darken the edges of letters.
    opacity = pixels[..., 3:]
    weighted = (pixels[..., :3].astype(np.uint16) * opacity + 127) // 255
    source = np.concatenate([weighted.astype(np.uint8), opacity], axis=-1)
    target = np.zeros((4, rows, columns), dtype=np.uint8)
    try:
        reproject(
            source.transpose(2, 0, 1),
            target,
            src_transform=transform(place, width, height),
            src_crs=MERCATOR,
            dst_transform=transform(extent, columns, rows),
            dst_crs=GRID,
            resampling=Resampling.bilinear,
        )
    except (RasterioError, ValueError) as error:
        why = f"GDAL cannot warp them to the British National Grid ({type(error).__name__})."
        raise NoTilesError(why, again=False) from None
    picture = target.transpose(1, 2, 0)
    opacity = picture[..., 3:]
    plain = np.divide(
        picture[..., :3] * np.float32(255), opacity, out=np.zeros((rows, columns, 3), np.float32), where=opacity > 0
    )
    return np.concatenate([np.rint(plain).clip(0, 255).astype(np.uint8), opacity], axis=-1)
