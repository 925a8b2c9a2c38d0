"""Tiles beneath the maps, from a server on this machine; H1 to H14 are what is known to go wrong with tiles."""

from __future__ import annotations

import io
import json
import math
import os
import re
import shutil
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from PIL import Image
from pyproj import Transformer
from xyzservices import providers

from ec_maps import ice_colours, settings
from ec_maps.errors import SettingError
from ec_maps.graphics import palette
from ec_maps.graphics.labels import Box, Placer
from ec_maps.graphics.text_metrics import DPI
from ec_maps.maps import basemap
from ec_maps.maps.basemap import MOST_TILES, Basemap
from ec_maps.maps.choropleth import Map, local_map, national_map, regional_map
from fakes.faults import Request, Response
from fakes.tiles import FakeTiles
from made import Picture, Tables, counted, demo_tables, districts, nothing_around, valued

pytestmark = pytest.mark.network

KEY = "s3cret/k&y"
QUOTED = "s3cret%2Fk%26y"
EDGE = 2 * math.pi * 6_378_137
PALE, PALER, LETTERS = (212, 218, 220), (250, 250, 248), (200, 30, 30)
FIELD = 1000.0
CREDIT = "Base map: © OpenStreetMap contributors © CARTO."


class Tiles(FakeTiles):
    """A server whose tiles show where they belong: a chessboard of fields a Mercator kilometre wide.

    Its labels are short bars, one in the middle of each fourth field, and see-through all around. Tiles with ``@2x`` in
    their names have twice the detail.
    """

    colours = (PALE, PALER)

    def respond(self, request: Request) -> Response:
        """Return the tile, as PNG."""
        kind, *place, twice = re.fullmatch(r"(/labels)?/(\d+)/(\d+)/(\d+)(@2x)?\.png", request.path).groups()
        place = tuple(int(number) for number in place)
        return Response(200, painted("labels" if kind else "base", place, 512 if twice else 256, self.colours))


@lru_cache(maxsize=512)
def painted(kind: str, place: tuple[int, ...], side: int, colours: tuple[tuple[int, ...], ...]) -> bytes:
    """Return a tile as PNG; its place is zoom level, column and row."""
    zoom, x, y = place
    span = EDGE / 2**zoom
    middles = (np.arange(side) + 0.5) / side * span
    across, up = np.meshgrid(x * span - EDGE / 2 + middles, EDGE / 2 - y * span - middles)
    if kind == "base":
        picture = np.array(colours, dtype=np.uint8)[field(across, up)]
    else:
        picture = np.zeros((side, side, 4), dtype=np.uint8)
        east, north = across / FIELD % 2, up / FIELD % 2
        picture[(abs(east - 0.5) < 0.22) & (abs(north - 0.5) < 0.1)] = (*LETTERS, 120)
        picture[(abs(east - 0.5) < 0.2) & (abs(north - 0.5) < 0.08)] = (*LETTERS, 255)
    stream = io.BytesIO()
    Image.fromarray(picture).save(stream, "png")
    return stream.getvalue()


def field(x: Any, y: Any) -> Any:
    """Return which of its two colours the chessboard has at a point in Web Mercator."""
    return (np.floor(x / FIELD) + np.floor(y / FIELD)).astype(int) % 2


@pytest.fixture
def server() -> Iterator[Tiles]:
    """Return a server of tiles that is running."""
    with Tiles() as fake:
        yield fake


@pytest.fixture(autouse=True)
def fresh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Begin each test like a process of its own, with a data folder of its own and no pause between tries."""
    monkeypatch.setattr(basemap, "_failed", {})
    monkeypatch.setattr(basemap, "_PAUSE", 0)
    monkeypatch.setenv("EC_MAPS_DATA_DIR", str(tmp_path / "data"))


@pytest.fixture
def carto(server: Tiles, monkeypatch: pytest.MonkeyPatch) -> Tiles:
    """Ask for CARTO's tiles, with a key, and have the server on this machine stand in for theirs."""
    point(monkeypatch, server)
    monkeypatch.setenv("EC_MAPS_BASEMAP", "CartoDB.Positron")
    monkeypatch.setenv("EC_MAPS_BASEMAP_KEY", KEY)
    return server


@pytest.fixture
def osm(server: Tiles, monkeypatch: pytest.MonkeyPatch) -> Tiles:
    """Ask for OpenStreetMap's tiles, which need no key."""
    monkeypatch.setitem(providers.OpenStreetMap.Mapnik, "url", server.template)
    monkeypatch.setenv("EC_MAPS_BASEMAP", "OpenStreetMap.Mapnik")
    return server


def point(monkeypatch: pytest.MonkeyPatch, server: Tiles, query: str = "?key={apikey}") -> None:
    """Have CARTO's three sets of tiles come from the server, with or without a place for the key."""
    for ending, kind in (("", ""), ("NoLabels", ""), ("OnlyLabels", "/labels")):
        provider = providers.CartoDB["Positron" + ending]
        monkeypatch.setitem(provider, "url", f"{server.root()}{kind}/{{z}}/{{x}}/{{y}}{{r}}.png{query}")
        if not query:
            monkeypatch.delitem(provider, "apikey", raising=False)


def table() -> gpd.GeoDataFrame:
    """Return ten districts in a row, a kilometre square each, west of the Isle of Wight."""
    areas = valued(districts([0.3 + 0.03 * place for place in range(10)]), "lad", blank=0)
    return areas.set_geometry(areas.geometry.translate(0, 80_000))


def draw(areas: gpd.GeoDataFrame | None = None) -> Map:
    """Return a map of the ten districts."""
    return regional_map(table() if areas is None else areas, "North East", context=nothing_around())


@lru_cache(maxsize=1)
def plain() -> bytes:
    """Return the map of the ten districts as it is without tiles."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("EC_MAPS_BASEMAP", raising=False)
        return draw()._repr_png_()


def warned(what: Callable[[], Map]) -> tuple[Map, list[str]]:
    """Return a map, and what was warned of on the way."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        drawn = what()
    return drawn, [str(warning.message) for warning in caught]


def texts(drawn: Map) -> str:
    """Return all words round a map in one line."""
    return " ".join(" ".join(text.get_text().split()) for text in drawn.figure.axes[1].texts)


def kept() -> list[Path]:
    """Return the files in the cache of tiles."""
    folder = settings.cache_dir() / "tiles"
    return sorted(folder.iterdir()) if folder.is_dir() else []


def test_none_is_the_default(tmp_path: Path) -> None:
    """Without the setting, and with "none", maps are byte for byte alike, and no tile library is even loaded."""
    code = (
        "import sys, hashlib; sys.path.insert(0, sys.argv[1])\n"
        "from maps.test_basemap import draw\n"
        "[sys.modules.pop(name) for name in list(sys.modules) if name.split('.')[0] in sys.argv[2:]]\n"
        "print(hashlib.sha256(draw()._repr_png_()).hexdigest())\n"
        "print([name for name in sys.argv[2:] if name in sys.modules])"
    )
    told = set()
    for value in ({}, {"EC_MAPS_BASEMAP": "none"}, {"EC_MAPS_BASEMAP": " None "}):
        done = subprocess.run(
            [sys.executable, "-c", code, str(Path(__file__).parents[1]), "contextily", "xyzservices", "rasterio"],
            env={**os.environ, **value}, capture_output=True, text=True, check=True,
        )  # fmt: skip
        told.add(done.stdout)
    (only,) = told
    assert only.split("\n")[1] == "[]"


def test_tiles_lie_where_they_belong(osm: Tiles, tmp_path: Path) -> None:
    """H11: at points all over the map the tiles' colour is that of the same place in Web Mercator."""
    drawn = draw()
    ax = drawn.figure.axes[0]
    (left, right), (bottom, top) = ax.get_xlim(), ax.get_ylim()
    rng = np.random.default_rng(7)
    points = rng.uniform((left + 200, bottom + 200), (right - 200, top - 200), (600, 2))
    points = points[shapely.distance(shapely.points(points), drawn.areas.union_all()) > 300]
    x, y = Transformer.from_crs("EPSG:27700", "EPSG:3857", always_xy=True).transform(*points.T)
    # Edges of fields are two pixels wide, as tiles may be half as fine as the map.
    near = np.minimum(abs(x / FIELD - np.rint(x / FIELD)), abs(y / FIELD - np.rint(y / FIELD))) * FIELD
    metres = (right - left) / (5.72 * DPI)
    points, x, y = points[near > 6 * metres], x[near > 6 * metres], y[near > 6 * metres]
    picture = Picture(drawn, tmp_path)
    assert len(points) > 300
    for point, colour in zip(points, np.array([PALE, PALER])[field(x, y)], strict=True):
        place = shapely.Point(point).buffer(1.5 * metres)
        assert (picture.inside(ax, place, off_edge=0) == colour).all()


def test_the_axes_stay_the_map(carto: Tiles) -> None:
    """With tiles, the first axes are the map in EPSG:27700, with the view, shape and size that they have without."""
    with_tiles = draw().figure
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EC_MAPS_BASEMAP", "none")
        without = draw().figure
    for figure in (with_tiles, without):
        assert figure.axes[0].get_label() == "map"
    assert with_tiles.axes[0].get_xlim() == without.axes[0].get_xlim()
    assert with_tiles.axes[0].get_ylim() == without.axes[0].get_ylim()
    assert with_tiles.axes[0].get_aspect() == without.axes[0].get_aspect()
    assert len(with_tiles.axes) == len(without.axes)


def test_fills_are_exact_and_labels_above(carto: Tiles, tmp_path: Path) -> None:
    """The base is beneath all, each area's fill is exactly its decile's colour, and labels are over the fills."""
    drawn = draw()
    picture, ax = Picture(drawn, tmp_path), drawn.figure.axes[0]
    with_letters = 0
    for decile, shape in zip(drawn.areas["decile"], drawn.areas.geometry, strict=True):
        found = counted(picture.inside(ax, shape))
        assert next(iter(found)) == ice_colours()[int(decile) - 1]
        assert not {f"#{r:02x}{g:02x}{b:02x}" for r, g, b in (PALE, PALER)} & set(found)
        with_letters += "#c81e1e" in found
    assert with_letters >= 1
    base, labels = sorted(ax.images, key=lambda image: image.get_zorder())
    fills = [drawn.get_zorder() for drawn in ax.collections if len(drawn.get_facecolor())]
    words = [text.get_zorder() for text in ax.texts]
    assert base.get_zorder() == 0 < min(fills)
    assert max(fills) < labels.get_zorder() < min(words)


@pytest.fixture
def tables(demo_data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> Tables:
    """Return the demonstration's tables, with a cache of tiles of this test's own."""
    found = demo_tables(demo_data_dir)
    monkeypatch.setenv("EC_MAPS_SOURCE", "demo")
    return found


@pytest.mark.parametrize(
    "kind",
    [pytest.param("national", marks=pytest.mark.full), pytest.param("regional", marks=pytest.mark.full), "local"],
)
def test_each_kind_of_map(carto: Tiles, tables: Tables, tmp_path: Path, kind: str) -> None:
    """H10, H14: each map has the credit, at most 64 tiles and no grey land, not in its legend; London stays plain."""
    away = gpd.GeoDataFrame({"lad21nm": ["Away"]}, geometry=[shapely.box(0, 0, 7e5, 13e5)], crs="EPSG:27700")
    drawn = {
        "national": lambda: national_map(tables.lads, context=away),
        "regional": lambda: regional_map(tables.lads, "East of England", highlight=["Norwich"], context=away),
        "local": lambda: local_map(tables.msoas, "Norwich", context=away),
    }[kind]()
    assert 0 < len(carto.requests) <= MOST_TILES == 64
    assert CREDIT in texts(drawn)
    assert "outside" not in texts(drawn)
    insets = [ax for ax in drawn.figure.axes if ax.get_label() == "London"]
    assert len(insets) == (kind == "national")
    assert not any(ax.images for ax in insets)
    picture, ax = Picture(drawn, tmp_path), drawn.figure.axes[0]
    frame = shapely.box(ax.get_xlim()[0], ax.get_ylim()[0], ax.get_xlim()[1], ax.get_ylim()[1])
    assert bool(insets) == (counted(picture.inside(ax, frame)).get(palette.NEIGHBOUR, 0) > 500)
    for decile, shape in zip(drawn.areas["decile"], drawn.areas.geometry, strict=True):
        pixels = picture.inside(ax, shape)
        if len(pixels) > 600 and not pd.isna(decile):
            found = counted(pixels)
            assert next(colour for colour in found if colour in ice_colours()) == ice_colours()[int(decile) - 1]


def test_no_attribution_is_lost(osm: Tiles, monkeypatch: pytest.MonkeyPatch) -> None:
    """H10: whatever a provider's attribution looks like, it is on the map as plain text; without one, its name is."""
    provider = providers.OpenStreetMap.Mapnik
    for theirs, ours in (
        ("(C) OpenStreetMap contributors", "© OpenStreetMap contributors"),
        ("Tiles (C) Esri -- Esri, DeLorme, NAVTEQ", "Tiles © Esri – Esri, DeLorme, NAVTEQ"),
        ('Tiles &copy; <a href="https://x.org">X</a>.', "Tiles © X"),
        ("", "OpenStreetMap.Mapnik"),
        ("$1 a & b", "$1 a & b"),
    ):
        monkeypatch.setitem(provider, "attribution", theirs)
        assert f"Base map: {ours}." in texts(draw())


@pytest.mark.parametrize(
    "query", ["", *(pytest.param(query, marks=pytest.mark.full) for query in ("?key={apikey}", "?api_key={apikey}"))]
)
def test_carto_without_a_key(server: Tiles, monkeypatch: pytest.MonkeyPatch, query: str) -> None:
    """H1, H8: CARTO is not asked without a key, whether xyzservices knows of keys or not; one warning says where to."""
    point(monkeypatch, server, query)
    monkeypatch.setenv("EC_MAPS_BASEMAP", "CartoDB.Positron")
    drawn, notes = warned(draw)
    assert drawn._repr_png_() == plain()
    assert len(notes) == 1
    assert "EC_MAPS_BASEMAP_KEY" in notes[0]
    assert "watermark" in notes[0]
    assert server.requests == []
    assert warned(draw)[1] == []


@pytest.mark.parametrize(
    "query", ["", *(pytest.param(query, marks=pytest.mark.full) for query in ("?key={apikey}", "?api_key={apikey}"))]
)
def test_carto_with_a_key(server: Tiles, monkeypatch: pytest.MonkeyPatch, query: str) -> None:
    """H1, H8: the key goes out as ``key``, the one that CARTO reads, whatever xyzservices has; nothing is warned of."""
    point(monkeypatch, server, query)
    monkeypatch.setenv("EC_MAPS_BASEMAP", "CartoDB.Positron")
    monkeypatch.setenv("EC_MAPS_BASEMAP_KEY", KEY)
    server.fault("watermark")
    drawn, notes = warned(draw)
    assert notes == []
    assert len(drawn.figure.axes[0].images) == 2
    assert all(record.query == {"key": KEY} for record in server.requests)
    assert 0 < len(server.seen("labels")) < len(server.requests)
    assert not server.seen("keyless")


def test_other_keys(server: Tiles, monkeypatch: pytest.MonkeyPatch) -> None:
    """A provider that declares another parameter gets its key there, and none without one."""
    monkeypatch.setitem(providers.Thunderforest.Transport, "url", server.root() + "/{z}/{x}/{y}{r}.png?token={apikey}")
    monkeypatch.setenv("EC_MAPS_BASEMAP", "Thunderforest.Transport")
    drawn, notes = warned(draw)
    assert drawn._repr_png_() == plain()
    assert ["EC_MAPS_BASEMAP_KEY" in note for note in notes] == [True]
    monkeypatch.setenv("EC_MAPS_BASEMAP_KEY", KEY)
    drawn, notes = warned(draw)
    assert notes == []
    assert len(drawn.figure.axes[0].images) == 1
    assert {json.dumps(record.query) for record in server.requests} == {json.dumps({"token": KEY})}


def test_our_own_user_agent(osm: Tiles, monkeypatch: pytest.MonkeyPatch) -> None:
    """H2: every request names this library, not contextily, and the user may add an address of any letters."""
    osm.fault("access_blocked")
    draw()
    assert not osm.seen("contextily")
    assert {record.headers["user-agent"] for record in osm.requests} == {settings.user_agent()}
    assert settings.user_agent().startswith("ec_maps/")
    shutil.rmtree(settings.cache_dir())
    osm.requests.clear()
    monkeypatch.setenv("EC_MAPS_USER_AGENT", "maps of Llŷn (maps@example.org)")
    draw()
    agents = {record.headers["user-agent"].encode("latin-1").decode("utf-8") for record in osm.requests}
    assert agents == {"maps of Llŷn (maps@example.org)"}


@pytest.mark.parametrize(
    ("fault", "options", "says"),
    [
        ("429", {}, "asked too often (429)"),
        ("403", {}, "refused them (403)"),
        ("500", {}, "error (500)"),
        ("503", {}, "error (503)"),
        ("html403", {}, "refused them (403)"),
        ("html200", {}, "no picture"),
        ("empty200", {}, "no picture"),
        ("404", {}, "(404)"),
        ("truncated_png", {}, "damaged"),
        ("truncate", {}, "connection to the server failed"),
        ("truncate", {"length": False}, "damaged"),
        ("reset", {}, "connection to the server failed"),
        ("drop", {}, "connection to the server failed"),
        ("stall", {}, "did not answer within 0.3 seconds"),
        ("stall", {"where": "body"}, "within 0.3 seconds"),
    ],
)
def test_bad_days(
    carto: Tiles, monkeypatch: pytest.MonkeyPatch, fault: str, options: dict[str, Any], says: str
) -> None:
    """H3, H4, H5, H6: the map is the one without tiles, byte for byte, and one warning says why without the key."""
    monkeypatch.setenv("EC_MAPS_TIMEOUT", "0.3")
    carto.fault(fault, after=3, **options)
    drawn, notes = warned(draw)
    assert drawn._repr_png_() == plain()
    assert len(notes) == 1
    assert says in notes[0]
    assert "CartoDB.Positron" in notes[0]
    for secret in (KEY, QUOTED, "http", "127.0.0.1", "Connection reset by peer"):
        assert secret not in notes[0]
    assert warned(draw)[1] == []
    assert len(carto.requests) < 64


def test_labels_that_fail(carto: Tiles) -> None:
    """H3: where the base comes and the labels do not, there is no half of a basemap."""
    carto.fault("503", on="labels")
    drawn, notes = warned(draw)
    assert drawn._repr_png_() == plain()
    assert len(notes) == 1


def test_a_server_that_is_down_is_asked_once(osm: Tiles, monkeypatch: pytest.MonkeyPatch) -> None:
    """H3: a server that refuses is not asked again for every map of the process."""
    osm.fault("503")
    warned(draw)
    assert osm.requests
    # The other connection may still be at its second try, so the second map's requests are recognised by their name.
    monkeypatch.setenv("EC_MAPS_USER_AGENT", "the second map")
    warned(draw)
    assert "the second map" not in {record.headers["user-agent"] for record in osm.requests}


def test_nobody_there(osm: Tiles) -> None:
    """H3: where nothing listens, the map has no tiles and one warning says so."""
    osm.stop()
    drawn, notes = warned(draw)
    assert drawn._repr_png_() == plain()
    assert ["failed (ConnectionError)" in note for note in notes] == [True]


@pytest.mark.parametrize("fault", ["429", "503", "html200"])
def test_one_bad_moment(osm: Tiles, fault: str) -> None:
    """H3: a tile that fails once is asked for again, and all is well."""
    osm.fault(fault, times=1)
    drawn, notes = warned(draw)
    assert notes == []
    assert len(drawn.figure.axes[0].images) == 1


def test_never_too_deep(osm: Tiles, monkeypatch: pytest.MonkeyPatch) -> None:
    """H4: no zoom level beyond the provider's is asked for, and a tile that is missing all the same is reported."""
    monkeypatch.setitem(providers.OpenStreetMap.Mapnik, "max_zoom", 9)
    assert len(draw().figure.axes[0].images) == 1
    assert {record.path.split("/")[1] for record in osm.requests} == {"9"}
    shutil.rmtree(settings.cache_dir())
    osm.fault("404", times=1)
    assert ["zoom level 9 (404)" in note for note in warned(draw)[1]] == [True]
    assert len(draw().figure.axes[0].images) == 1


def test_never_too_many(osm: Tiles, monkeypatch: pytest.MonkeyPatch) -> None:
    """H14: where even the coarsest level takes more than 64 tiles, none is asked for."""
    monkeypatch.setitem(providers.OpenStreetMap.Mapnik, "min_zoom", 17)
    drawn, notes = warned(draw)
    assert drawn._repr_png_() == plain()
    assert ["64 are the most" in note for note in notes] == [True]
    assert osm.requests == []


@pytest.mark.parametrize("across", [2e3, 1e4, 7.7e4, 3e5, 6.6e5])
@pytest.mark.parametrize("shape", [0.62, 1.0, 1.2])
def test_few_tiles_at_any_scale(carto: Tiles, across: float, shape: float) -> None:
    """H14: at every scale and shape of map at most 64 tiles are taken, and no pixel of them is drawn very coarse."""
    import contextily

    extent = (3e5, 2e5, 3e5 + across, 2e5 + across * shape)
    box = Transformer.from_crs("EPSG:27700", "EPSG:3857", always_xy=True).transform_bounds(*extent)
    for name, most, coarsest in (("CartoDB.PositronNoLabels", 32, 1.5), ("OpenStreetMap.Mapnik", 64, 2.1)):
        provider = basemap._with_key(providers.query_name(name), KEY)
        zoom = basemap._zoom(provider, box, most)
        assert contextily.howmany(*box, zoom, verbose=False) <= most
        metres = EDGE / 2**zoom / provider.get("tileSize", 256)
        assert metres < coarsest * (box[2] - box[0]) / (5.72 * DPI)


def test_second_draw_asks_nothing(carto: Tiles, monkeypatch: pytest.MonkeyPatch) -> None:
    """H9, H13: the second map comes from the cache, offline too, and is the same though the tiles have changed."""
    first, asked = draw()._repr_png_(), len(carto.requests)
    carto.colours = ((0, 0, 0), (9, 9, 9))
    assert draw()._repr_png_() == first
    monkeypatch.setenv("EC_MAPS_OFFLINE", "1")
    assert draw()._repr_png_() == first
    assert len(carto.requests) == asked
    assert first != plain()


def test_cache_of_pictures_alone(carto: Tiles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """H9, H12: the cache holds whole PNG files and nothing else, above all no pickles, and the key in none of them."""
    import contextily

    draw()
    files = [path for path in (tmp_path / "data").rglob("*") if path.is_file()]
    assert sorted(files) == kept()
    assert len(files) == 2
    assert {path.name.rpartition("-")[0] for path in files} == {
        "CartoDB.PositronNoLabels",
        "CartoDB.PositronOnlyLabels",
    }
    for path in files:
        assert path.suffix == ".png"
        assert path.read_bytes()[:4] == b"\x89PNG"
        assert not any(secret.encode() in path.read_bytes() for secret in (KEY, QUOTED))
        assert not any(secret in str(path) for secret in (KEY, QUOTED))
    theirs = Path(contextily.tile.memory.store_backend.location)
    assert not list(theirs.rglob("*.pkl"))


@pytest.mark.full
def test_cache_of_each_key(carto: Tiles, monkeypatch: pytest.MonkeyPatch) -> None:
    """H9: with another key, and after the folder is removed, tiles are requested again."""
    draw()
    asked = len(carto.requests)
    monkeypatch.setenv("EC_MAPS_BASEMAP_KEY", "another")
    draw()
    assert len(carto.requests) == 2 * asked
    shutil.rmtree(settings.cache_dir() / "tiles")
    draw()
    assert len(carto.requests) == 3 * asked


@pytest.mark.full
def test_damaged_cache(osm: Tiles) -> None:
    """H9: a file in the cache that is cut short, changed or another picture is downloaded again, without a message."""
    first = draw()
    (path,) = kept()
    good, picture = path.read_bytes(), first.figure.axes[0].images[0].get_array()
    rng = np.random.default_rng(3)
    bad = [
        b"",
        b"<html>",
        good[:60],
        good[: len(good) // 2],
        good[:-20],
        painted("base", (1, 0, 0), 256, (PALE, PALER)),
    ]
    for at in [*range(1, 60, 9), *rng.integers(0, len(good), 5)]:
        bad.append(good[:at] + bytes([good[at] ^ 0x10]) + good[at + 1 :])
    ax = first.figure.axes[0]
    frame = (ax.get_xlim()[0], ax.get_ylim()[0], ax.get_xlim()[1], ax.get_ylim()[1])
    for content in bad:
        path.write_bytes(content)
        assert (basemap._framed(providers.OpenStreetMap.Mapnik, frame, most=64, ask=True) == picture).all()
        assert path.read_bytes() in (good, content)
    path.write_bytes(good[:60])
    assert draw()._repr_png_() == first._repr_png_()
    assert kept() == [path]
    assert path.read_bytes() == good


def test_cache_that_cannot_be_written(osm: Tiles) -> None:
    """Where the cache cannot be written the tiles are drawn all the same, and just not kept."""
    settings.cache_dir().mkdir(parents=True)
    (settings.cache_dir() / "tiles").write_text("in the way", encoding="utf-8")
    for asked in (1, 2):
        drawn, notes = warned(draw)
        assert notes == []
        assert len(drawn.figure.axes[0].images) == 1
        if asked == 1:
            first = len(osm.requests)
    assert len(osm.requests) == 2 * first


def test_offline_with_an_empty_cache(osm: Tiles, monkeypatch: pytest.MonkeyPatch) -> None:
    """Offline, tiles that are not in the cache are not asked for, and one warning says so; online again, they are."""
    monkeypatch.setenv("EC_MAPS_OFFLINE", "1")
    drawn, notes = warned(draw)
    assert drawn._repr_png_() == plain()
    assert ["EC_MAPS_OFFLINE" in note for note in notes] == [True]
    assert osm.requests == []
    monkeypatch.delenv("EC_MAPS_OFFLINE")
    assert len(draw().figure.axes[0].images) == 1


def test_the_key_is_nowhere(carto: Tiles, tmp_path: Path) -> None:
    """H12: the key is neither in a map's files, nor in its words, nor in those of a warning."""
    drawn = draw()
    for kind in ("png", "svg"):
        content = drawn.save(tmp_path / f"a.{kind}").read_bytes()
        assert not any(secret.encode() in content for secret in (KEY, QUOTED, "127.0.0.1", "?key"))
    with Image.open(tmp_path / "a.png") as picture:
        assert set(picture.info) == {"Title", "Description", "dpi"}
    assert KEY not in texts(drawn) + drawn.alt_text + drawn.caption


@pytest.mark.parametrize(
    ("name", "near"),
    [("CartoDB.Positon", "CartoDB.Positron"), ("openstreetmap.mapnick", "OpenStreetMap.Mapnik"), ("zzzzqqq", "none")],
)
def test_unknown_provider(monkeypatch: pytest.MonkeyPatch, name: str, near: str) -> None:
    """A name that is not known is a fault in what was typed, with the names near to it."""
    monkeypatch.setenv("EC_MAPS_BASEMAP", name)
    with pytest.raises(SettingError) as caught:
        draw()
    assert caught.value.exit_status == 2
    assert f'"{name}"' in str(caught.value)
    assert near in str(caught.value)


def test_an_address_for_a_provider(monkeypatch: pytest.MonkeyPatch) -> None:
    """H12: an address in place of a name is refused, and what may be a key in it is not shown."""
    monkeypatch.setenv("EC_MAPS_BASEMAP_KEY", KEY)
    for wanted in ("https://example.org/{z}.png?token=0ther", f"https://example.org/{QUOTED}/{{z}}", KEY):
        monkeypatch.setenv("EC_MAPS_BASEMAP", wanted)
        with pytest.raises(SettingError) as caught:
            draw()
        assert not any(secret in str(caught.value) for secret in (KEY, QUOTED, "0ther"))


def test_tiles_in_another_system(monkeypatch: pytest.MonkeyPatch) -> None:
    """H11: tiles that are not in Web Mercator are refused by name rather than drawn in the wrong place."""
    monkeypatch.setenv("EC_MAPS_BASEMAP", "OrdnanceSurvey.Light_27700")
    monkeypatch.setenv("EC_MAPS_BASEMAP_KEY", KEY)
    with pytest.raises(SettingError, match="EPSG:27700"):
        draw()


@pytest.mark.full
@pytest.mark.parametrize("name", ["CARTODB.POSITRON", "cartodb positron", "CartoDB_Positron"])
def test_names_in_any_case(carto: Tiles, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """A provider's name may be written in any case and punctuation."""
    monkeypatch.setenv("EC_MAPS_BASEMAP", name)
    assert len(draw().figure.axes[0].images) == 2


def test_labels_keep_off_our_words() -> None:
    """A label that meets a word or line of ours, or is cut by the frame, goes as a whole; the others stay."""
    high, wide = round(3 * DPI), round(4 * DPI)
    labels = np.zeros((high, wide, 4), dtype=np.uint8)

    def write(x: float, y: float) -> tuple[slice, slice]:
        """Put down a word of three letters, its lower left corner at x, y inches."""
        row, column = round((3 - y) * DPI), round(x * DPI)
        for letter in range(3):
            labels[max(row - 10, 0) : row, column + letter * 12 : column + letter * 12 + 6] = (*LETTERS, 255)
        return slice(max(row - 10, 0), row), slice(column, column + 30)

    free, boxed, crossed, cut = write(0.5, 0.5), write(1.5, 1.5), write(3.0, 2.0), write(2.0, 2.96)
    placer = Placer(Box(0, 0, 4, 3), taken=[Box(1.0, 1.4, 1.52, 1.6)], lines=[shapely.LineString([(3, 1), (3, 2.5)])])
    left = Basemap(labels[..., :], labels, "").labels_around(placer)
    assert (left[free] == labels[free]).all()
    assert labels[cut].any()
    assert not any(left[gone].any() for gone in (boxed, crossed, cut))
    assert left.any()
    assert Basemap(labels, None, "").labels_around(placer) is None


def test_dark_tiles(osm: Tiles, tmp_path: Path) -> None:
    """A white rim parts the areas from tiles as dark as the darkest class."""
    osm.colours = ((5, 5, 5), (5, 5, 5))
    drawn = draw()
    picture, ax = Picture(drawn, tmp_path), drawn.figure.axes[0]
    metres = (ax.get_xlim()[1] - ax.get_xlim()[0]) / (5.72 * DPI)
    land = drawn.areas.union_all()
    found = counted(picture.inside(ax, land.buffer(4 * metres).difference(land.buffer(2 * metres)), off_edge=0))
    assert next(iter(found)) == "#ffffff"


def test_letters_without_dark_rims(carto: Tiles, tmp_path: Path) -> None:
    """Where letters end nothing is drawn that is darker than both the letters and what they stand on."""
    drawn = draw()
    _, labels = drawn.figure.axes[0].images
    pixels = np.asarray(labels.get_array())
    seen = pixels[(pixels[..., 3] > 40) & (pixels[..., 3] < 250)]
    assert len(seen)
    assert (abs(seen[:, :3].astype(int) - LETTERS) <= 8).all()
