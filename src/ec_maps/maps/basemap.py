"""Base maps: tiles of the provider that ``EC_MAPS_BASEMAP`` names, and their attribution.

If tiles fail for any reason, the map is drawn without them, with one warning.
"""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass
from html import unescape
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import numpy as np
import shapely
from PIL import Image, ImageFilter

from ec_maps import settings
from ec_maps.errors import SettingError, listed
from ec_maps.graphics.text_metrics import DPI
from ec_maps.maps.tiles import MERCATOR, Extent, NoTilesError, framed

if TYPE_CHECKING:
    from ec_maps.graphics.labels import Placer

#: The endings of providers' names for a layer without labels and for one of labels only.
_PAIRS = (("NoLabels", "OnlyLabels"), ("Background", "Labels"))

#: The most tiles that one map requests over all layers: servers are shared, and many are run by volunteers.
MOST_TILES = 64

#: Half the space between words, in pixels of the map: grown by this much, the letters of a label join.
_SPACE = 5

_NO_KEY = "<insert your"

#: The providers that failed in this process, by name and key, and whether they may be asked again.
_failed: dict[tuple[str, str], bool] = {}


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
        pictures = [framed(layer, extent, most=MOST_TILES // len(layers), ask=asked) for layer in layers]
    except NoTilesError as fault:
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
    names = {_bare(name): name for name in providers}
    name = names.get(_bare(wanted))
    if name is None:
        from rapidfuzz import process

        near = [names[found] for found, *_ in process.extract(_bare(wanted), list(names), limit=3, score_cutoff=75)]
        msg = (
            f'EC_MAPS_BASEMAP is "{_without_key(wanted, key)}", and xyzservices knows no tiles of that name'
            f"{f'; the nearest: {listed(near)}' if near else ''}. It can be none (the default: the maps' own plain "
            f"surroundings) or a name such as CartoDB.Positron or OpenStreetMap.Mapnik."
        )
        raise SettingError(msg)
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


def _bare(name: str) -> str:
    return re.sub(r"[\W_]", "", name.lower())


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
        raise NoTilesError(why)
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
