"""Base maps: tiles of the provider that ``EC_MAPS_BASEMAP`` names, and their attribution.

contextily fetches them, once for a map's frame; they are cached as PNG and warped to the British National Grid. If
tiles fail for any reason, the map is drawn without them, with one warning.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
import struct
import warnings
import zlib
from contextlib import suppress
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import numpy as np
import shapely
from PIL import Image, ImageFilter
from PIL.PngImagePlugin import PngInfo

from ec_maps import settings
from ec_maps.cache import atomic_write
from ec_maps.errors import SettingError, listed
from ec_maps.graphics.layout import MAP_WIDTH, Extent
from ec_maps.graphics.text_metrics import DPI

if TYPE_CHECKING:
    from ec_maps.graphics.labels import Placer

GRID, MERCATOR = "EPSG:27700", "EPSG:3857"

#: The endings of providers' names for a layer without labels and for one of labels only.
_PAIRS = (("NoLabels", "OnlyLabels"), ("Background", "Labels"))

#: The most tiles that one map requests over all layers: servers are shared, and many are run by volunteers.
MOST_TILES = 64

#: The connections at once that OpenStreetMap's rules allow, and the seconds to wait before the one retry.
_CONNECTIONS = 2
_PAUSE = 1.0

#: Half the space between words, in pixels of the map: grown by this much, the letters of a label join.
_SPACE = 5

_NO_KEY = "<insert your"

_ROUND_THE_WORLD = 2 * math.pi * 6_378_137

#: The exceptions of reading a damaged image, depending on which bytes are damaged.
_DAMAGED = (
    OSError, ValueError, LookupError, TypeError, SyntaxError, EOFError, struct.error, zlib.error,
    Image.DecompressionBombError,
)  # fmt: skip

#: The providers that failed in this process, by name and key, and whether they may be asked again.
_failed: dict[tuple[str, str], bool] = {}


class _NoTilesError(Exception):
    """Tiles failed, with the reason in plain sentences; `again` is whether the next map may request its own."""

    def __init__(self, why: str, *, again: bool = True) -> None:
        super().__init__(why)
        self.again = again


@dataclass(frozen=True)
class Basemap:
    """The base map of one map.

    Attributes
    ----------
    base, labels
        Images of exactly the map's frame: rows from the top, columns, and red, green, blue and opacity from 0 to 255.
        `labels` is None unless the provider has them as a separate layer.
    credit
        The attribution of the tiles, which must be on the map.
    """

    base: np.ndarray
    labels: np.ndarray | None
    credit: str

    def labels_around(self, placer: Placer) -> np.ndarray | None:
        """Return the label layer without the labels that meet our own labels or lines, or are cut by the frame."""
        if self.labels is None:
            return None
        from rasterio import features

        ink = Image.fromarray(np.where(self.labels[..., 3], np.uint8(255), np.uint8(0)))
        for _ in range(_SPACE):
            ink = ink.filter(ImageFilter.MaxFilter(3))
        inked = np.asarray(ink) > 0
        found = features.shapes(inked.astype(np.uint8), mask=inked, connectivity=8)
        boxes, lines = [box.shape() for box in placer.taken], [line.buffer(0.03) for line in placer.lines]
        ours = shapely.union_all([*boxes, *lines, placer.frame.shape().exterior.buffer(1 / DPI)])
        ours = shapely.transform(ours, lambda points: np.c_[points[:, 0], placer.frame.top - points[:, 1]] * DPI)
        met = [label for label, _ in found if shapely.geometry.shape(label).intersects(ours)]
        if not met:
            return self.labels
        hidden = features.rasterize(met, out_shape=inked.shape, dtype=np.uint8) > 0
        return np.where(hidden[..., None], np.uint8(0), self.labels)


def basemap_for(extent: Extent) -> Basemap | None:
    """Return the tiles for a map; None if no tiles are wanted, or if they fail, which is warned of once.

    Parameters
    ----------
    extent
        Left, bottom, right and top of the map, in metres (EPSG:27700).

    Raises
    ------
    SettingError
        If ``EC_MAPS_BASEMAP`` names no provider, or one whose tiles are not in Web Mercator.
    MissingExtraError
        If the packages that fetch tiles are not installed.
    """
    wanted = settings.basemap()
    if wanted == "none":
        return None
    settings.require_extra("tiles", "Drawing the tiles that EC_MAPS_BASEMAP names")
    key = settings.basemap_key()
    name, layers = _layers(wanted, key)
    asked = _failed.get((name, key), True)
    try:
        layers = [_with_key(layer, key) for layer in layers]
        pictures = [_framed(layer, extent, most=MOST_TILES // len(layers), ask=asked) for layer in layers]
    except _NoTilesError as fault:
        if (name, key) not in _failed:
            warnings.warn(
                f"The maps are drawn without the tiles of {name}, as with EC_MAPS_BASEMAP=none. {fault}", stacklevel=3
            )
        _failed[name, key] = asked and fault.again
        return None
    return Basemap(pictures[0], pictures[1] if len(pictures) > 1 else None, _credit(layers[0]))


def _layers(wanted: str, key: str) -> tuple[str, list[Any]]:
    """Return a provider's name and its one or two layers, for a name in any case and punctuation."""
    import xyzservices.providers as known

    providers = known.flatten()
    try:
        name = known.query_name(wanted)["name"]
    except ValueError:
        from rapidfuzz import process, utils

        found = process.extract(wanted, [*providers], limit=3, score_cutoff=75, processor=utils.default_process)
        near = [name for name, *_ in found]
        msg = (
            f'EC_MAPS_BASEMAP is "{_without_key(wanted, key)}", and xyzservices knows no tiles of that name'
            f"{f'; the nearest: {listed(near)}' if near else ''}. It can be none (the default: the maps' own plain "
            f"surroundings) or a name such as CartoDB.Positron or OpenStreetMap.Mapnik."
        )
        raise SettingError(msg) from None
    system = providers[name].get("crs", MERCATOR)
    if system != MERCATOR:
        msg = (
            f"EC_MAPS_BASEMAP is {name}, whose tiles are in {system}; only tiles in Web Mercator ({MERCATOR}) can be "
            f"drawn. Most providers have a set of those too."
        )
        raise SettingError(msg)
    for without, only in _PAIRS:
        if name + without in providers and name + only in providers:
            return name, [providers[name + without], providers[name + only]]
    return name, [providers[name]]


def _without_key(wanted: str, key: str) -> str:
    """Return what the user typed without the key, which an address may contain."""
    shown = wanted.partition("?")[0]
    for secret in {key, quote(key, safe="")} - {""}:
        shown = shown.replace(secret, "…")
    return shown


def _with_key(provider: Any, key: str) -> Any:
    """Return a provider with its key filled in, and with tiles of double resolution if it has them."""
    name, url = provider["name"], provider["url"]
    places = [
        place
        for place, value in provider.items()
        if isinstance(value, str) and _NO_KEY in value and f"{{{place}}}" in url
    ]
    is_carto = name.startswith("CartoDB.")
    if (places or is_carto) and not key:
        why = (
            "CARTO writes a watermark over tiles that are asked for without a key; a key is free at "
            "carto.com/basemaps/apikey and"
            if is_carto
            else "This provider wants a key, which"
        )
        why += " goes into EC_MAPS_BASEMAP_KEY."
        raise _NoTilesError(why)
    changes: dict[str, Any] = dict.fromkeys(places, quote(key, safe=""))
    if is_carto:
        # CARTO reads the key only from "key", which not every version of xyzservices knows.
        changes = {"url": url.partition("?")[0] + "?key={apikey}", "apikey": quote(key, safe="")}
    if "{r}" in url and provider.get("tileSize", 256) == 256:
        changes |= {"r": "@2x", "tileSize": 512}
    return provider(**changes)


def _credit(provider: Any) -> str:
    """Return the attribution of the tiles as one line of plain text; if there is none, the provider's name."""
    text = re.sub(r"<[^>]+>", "", unescape(provider.get("attribution") or ""))
    text = text.replace("(C)", "©").replace(" -- ", " – ")
    return " ".join(text.split()).rstrip(".") or str(provider["name"])


# --- one layer ----------------------------------------------------------------------------------------


def _framed(provider: Any, extent: Extent, *, most: int, ask: bool) -> np.ndarray:
    """Return a provider's tiles as an image of the map's frame, at the resolution of saved maps.

    They come from the cache or, if `ask` is true, from the server, which is asked for `most` tiles at most.
    """
    from pyproj import Transformer

    box = Transformer.from_crs(GRID, MERCATOR, always_xy=True).transform_bounds(*extent)
    zoom = _zoom(provider, box, most)
    path = _path(provider, box, zoom)
    stored = _read(path)
    if stored is None:
        if not ask:
            why = "They failed before."
            raise _NoTilesError(why, again=False)
        if settings.is_offline():
            why = "They are not in the cache yet, and EC_MAPS_OFFLINE is set. Draw the maps once without it."
            raise _NoTilesError(why)
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
            raise _NoTilesError(why)
        zoom -= 1
    return zoom


def _path(provider: Any, box: Extent, zoom: int) -> Path:
    """Return the cache file of an image, whose name depends on the address with its key, the extent and the zoom."""
    try:
        address = provider.build_url()
    except (ValueError, LookupError) as error:
        why = f"xyzservices can make no address for them ({type(error).__name__}); another provider may do."
        raise _NoTilesError(why) from None
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
    raise _NoTilesError(why, again=again)


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
    """Return an image from the cache with its extent; None if it is missing or damaged, to be downloaded again."""
    try:
        with Image.open(path, formats=("PNG",)) as picture:
            picture.verify()  # all checksums, after which the file has to be opened again
        with Image.open(path, formats=("PNG",)) as picture:
            left, bottom, right, top = json.loads(picture.info["place"])
            return np.asarray(picture.convert("RGBA")), (left, bottom, right, top)
    except _DAMAGED:
        return None


def _store(path: Path, pixels: np.ndarray, place: Extent) -> None:
    """Write an image to the cache, whole or not at all; without permission to write, do nothing."""
    if not settings.may_cache():
        return
    about = PngInfo()
    about.add_text("place", json.dumps(place))
    # The map is still drawn, and the table cache has already reported that the folder cannot be written.
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        with atomic_write(path) as temporary:
            Image.fromarray(pixels).save(temporary, "png", pnginfo=about)


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
        raise _NoTilesError(why, again=False) from None
    picture = target.transpose(1, 2, 0)
    opacity = picture[..., 3:]
    plain = np.divide(
        picture[..., :3] * np.float32(255), opacity, out=np.zeros((rows, columns, 3), np.float32), where=opacity > 0
    )
    return np.concatenate([np.rint(plain).clip(0, 255).astype(np.uint8), opacity], axis=-1)
