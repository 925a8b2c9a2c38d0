"""Tiles as one picture of a map's frame: fetched once, kept as PNG, warped onto the British National Grid.

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

#: As many connections at once as OpenStreetMap's rules allow, and how many seconds to wait before asking once more.
_CONNECTIONS = 2
_PAUSE = 1.0

_ROUND_THE_WORLD = 2 * math.pi * 6_378_137

#: What reading a picture raises, depending on which bytes are damaged.
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
    """Why there are no tiles, in sentences of ours; `again` is whether the next map may ask for its own."""

    def __init__(self, why: str, *, again: bool = True) -> None:
        super().__init__(why)
        self.again = again


def framed(provider: Any, extent: Extent, *, most: int, ask: bool) -> np.ndarray:
    """Return a provider's tiles as a picture of the map's frame, from the cache or from the server.

    Parameters
    ----------
    provider
        An ``xyzservices.TileProvider``, its key filled in.
    extent
        The map's frame, in metres (EPSG:27700).
    most
        How many tiles may be asked for.
    ask
        Whether the server may be asked for what is not in the cache.

    Returns
    -------
    picture
        Rows from the top, columns, and red, green, blue and opacity from 0 to 255; as fine as the map is saved.

    Raises
    ------
    NoTilesError
        If the tiles cannot be had or cannot be used.
    """
    from pyproj import Transformer

    box = Transformer.from_crs(GRID, MERCATOR, always_xy=True).transform_bounds(*extent)
    zoom = _zoom(provider, box, most)
    path = _path(provider, box, zoom)
    kept = _kept(path)
    if kept is None:
        if not ask:
            why = "They failed before."
            raise NoTilesError(why, again=False)
        if settings.is_offline():
            why = "They are not in the cache yet, and EC_MAPS_OFFLINE is set. Draw the maps once without it."
            raise NoTilesError(why)
        kept = _fetched(provider, box, zoom)
        _keep(path, *kept)
    return _warped(*kept, extent)


def _zoom(provider: Any, box: Extent, most: int) -> int:
    """Return the zoom level at which tiles are about as fine as the map, or the next coarser one that takes few enough.

    Of tiles with twice the detail the nearest level is taken, of others the coarser: on the finer, letters would be too
    small to read.
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
    """Return where a picture is kept: its name changes with the address, key and all, the place and the zoom level."""
    try:
        address = provider.build_url()
    except (ValueError, LookupError) as error:
        why = f"xyzservices can make no address for them ({type(error).__name__}); another provider may do."
        raise NoTilesError(why) from None
    told = hashlib.sha256(json.dumps([address, zoom, [round(edge) for edge in box]]).encode()).hexdigest()
    return settings.cache_dir() / "tiles" / f"{re.sub(r'[^A-Za-z0-9.-]', '_', provider['name'])}-{told[:24]}.png"


def _fetched(provider: Any, box: Extent, zoom: int) -> tuple[np.ndarray, Extent]:
    """Return the tiles of a box as one picture (red, green, blue, opacity), and its place in Web Mercator."""
    import contextily
    import requests

    again = False
    try:
        # contextily's own cache is of pickles, which run code when they are read; ours is of pictures.
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
        # Only the kind of error is told: its text has the address, and that has the key.
        why = f"The connection to the server failed ({type(error).__name__})."
        if isinstance(error, requests.Timeout) or "timed out" in str(error):
            why = f"The server did not answer within {settings.timeout():g} seconds."
    except _DAMAGED as error:
        why, again = f"The server sent a picture that is damaged ({type(error).__name__}).", True
    raise NoTilesError(why, again=again)


def _refusal(theirs: str, zoom: int) -> tuple[str, bool]:
    """Return what an answer means, and whether to go on asking; contextily tells of most as of a lost connection."""
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


def _kept(path: Path) -> tuple[np.ndarray, Extent] | None:
    """Return a picture from the cache, and its place; None if there is none, or not as it was put there."""
    try:
        with Image.open(path, formats=("PNG",)) as picture:
            pixels = np.asarray(picture.convert("RGBA"))
            place, digest = picture.info["place"], picture.info["sha256"]
        if digest != _digest(pixels, place):
            return None
        left, bottom, right, top = json.loads(place)
    except _DAMAGED:
        return None  # absent, cut short or of another kind: fetched anew
    return pixels, (left, bottom, right, top)


def _keep(path: Path, pixels: np.ndarray, place: Extent) -> None:
    """Put a picture into the cache, whole or not at all; where it cannot be written, it is not kept."""
    if not settings.may_cache():
        return
    told = PngInfo()
    told.add_text("place", json.dumps(place))
    told.add_text("sha256", _digest(pixels, json.dumps(place)))
    # The map is drawn all the same, and the cache of tables has said why the folder cannot be written.
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        with atomic_write(path) as temporary:
            Image.fromarray(pixels).save(temporary, "png", pnginfo=told)


def _digest(pixels: np.ndarray, place: str) -> str:
    return hashlib.sha256(f"{place} {pixels.shape} ".encode() + pixels.tobytes()).hexdigest()


def _warped(pixels: np.ndarray, place: Extent, extent: Extent) -> np.ndarray:
    """Return a picture in Web Mercator as one of the map's frame on the British National Grid, at the map's pixels."""
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
    # Colours weighted by their opacity: else the black that stands for nothing seeps into the rims of letters.
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
        why = f"GDAL cannot bring them onto the British National Grid ({type(error).__name__})."
        raise NoTilesError(why, again=False) from None
    picture = target.transpose(1, 2, 0)
    opacity = picture[..., 3:]
    plain = np.divide(
        picture[..., :3] * np.float32(255), opacity, out=np.zeros((rows, columns, 3), np.float32), where=opacity > 0
    )
    return np.concatenate([np.rint(plain).clip(0, 255).astype(np.uint8), opacity], axis=-1)
