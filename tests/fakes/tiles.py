"""A tile server: plain light tiles, each of a shade that follows from its place, and a layer of labels.

Faults beyond those of :mod:`.faults`: ``watermark`` (a valid tile with words across it, where no `key` was sent),
``access_blocked`` (a valid tile that says so, where the user agent begins with ``contextily-``), ``truncated_png``
(half a picture in a whole answer; with ``truncate`` it is the answer that is cut short).
"""

from __future__ import annotations

import io
import re
from dataclasses import replace
from functools import lru_cache

from PIL import Image, ImageDraw

from .faults import Fault, Request, Response, page
from .server import Fake

DEEPEST = 20


def shade(z: int, x: int, y: int) -> tuple[int, int, int]:
    """Return the colour of a tile: light, and another one for its neighbours."""
    return 225 + z % 16, 225 + 3 * (x % 8), 225 + 3 * (y % 8)


@lru_cache(maxsize=512)
def tile(z: int, x: int, y: int, text: str = "") -> bytes:
    """Return a tile as PNG, with its place drawn in small, or with a text across it."""
    image = Image.new("RGB", (256, 256), shade(z, x, y))
    ImageDraw.Draw(image).text((20, 120) if text else (4, 4), text or f"{z}/{x}/{y}", fill=(90, 90, 90))
    return _png(image)


@lru_cache(maxsize=512)
def labels(z: int, x: int, y: int) -> bytes:
    """Return a tile of labels as PNG: see-through, with a dark mark in its middle."""
    image = Image.new("RGBA", (256, 256), (0, 0, 0, 0))
    draw = ImageDraw.Draw(image)
    draw.rectangle((112, 120, 144, 136), fill=(40, 40, 40, 255))
    draw.text((112, 140), f"{z}/{x}/{y}", fill=(40, 40, 40, 255))
    return _png(image)


def _png(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


class FakeTiles(Fake):
    """The tile server; :attr:`template` and :attr:`labels_template` are what a provider has as its address."""

    known_tags = frozenset({"keyless", "contextily", "labels"})
    canned = frozenset({"watermark", "access_blocked", "truncated_png"})
    usually = {"watermark": "keyless", "access_blocked": "contextily"}  # noqa: RUF012

    @property
    def template(self) -> str:
        return self.root() + "/{z}/{x}/{y}.png"

    @property
    def labels_template(self) -> str:
        return self.root() + "/labels/{z}/{x}/{y}.png"

    def tags(self, request: Request) -> list[str]:
        found = [] if request.query.get("key") else ["keyless"]
        found += ["contextily"] if request.headers.get("user-agent", "").startswith("contextily-") else []
        return [*found, "labels"] if request.path.startswith("/labels/") else found

    def respond(self, request: Request) -> Response:
        match = self._place(request)
        if match is None:
            return page("Not Found", 404)
        return _answer(labels(*match) if "labels" in request.tags else tile(*match))

    def answer_watermark(self, request: Request, _: Fault) -> Response:
        return _answer(tile(*(self._place(request) or (0, 0, 0)), "API KEY REQUIRED carto.com/basemaps/apikey"))

    def answer_access_blocked(self, request: Request, _: Fault) -> Response:
        return _answer(tile(*(self._place(request) or (0, 0, 0)), "Access blocked"))

    def answer_truncated_png(self, request: Request, _: Fault) -> Response:
        whole = self.respond(request)
        return replace(whole, body=whole.body[: len(whole.body) // 2])

    def _place(self, request: Request) -> tuple[int, int, int] | None:
        match = re.fullmatch(r"(?:/labels)?/(\d+)/(\d+)/(\d+)(?:@2x)?\.png", request.path)
        if match is None:
            return None
        z, x, y = (int(number) for number in match.groups())
        return (z, x, y) if z <= DEEPEST and max(x, y) < 2**z else None


def _answer(body: bytes) -> Response:
    return Response(200, body, {"Content-Type": "image/png", "Cache-Control": "max-age=86400"})
