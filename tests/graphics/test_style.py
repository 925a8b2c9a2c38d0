"""Drawing depends on nothing but its arguments: not on the user's settings, on threads, or on what was drawn before."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import matplotlib as mpl
import matplotlib.style
import numpy as np
import pytest
from cycler import cycler
from matplotlib import patheffects

from ec_maps.graphics import text_metrics
from ec_maps.graphics.style import own_settings
from ec_maps.maps.bivariate import bivariate_map
from ec_maps.maps.choropleth import Map, local_map, national_map, regional_map
from ec_maps.maps.correlation_matrix import correlation_matrix
from ec_maps.maps.hexmap import hexagon_map
from ec_maps.maps.share_card import card
from ec_maps.maps.strip_plot import strip_plot
from made import Tables, demo_tables, demonstration

#: What people set for all their figures, and what has changed our maps before.
SETTINGS: dict[str, dict[str, Any]] = {
    "font": {"font.family": "DejaVu Serif", "font.size": 20, "font.weight": "bold", "font.stretch": "condensed"},
    "sans": {"font.sans-serif": ["DejaVu Sans Mono"], "text.color": "red", "text.antialiased": False},
    "hatch": {"hatch.color": "red", "hatch.linewidth": 6.0},
    "sketch": {"path.sketch": (3.0, 50.0, 5.0), "path.effects": [patheffects.withStroke(linewidth=4)]},
    "paths": {"path.simplify_threshold": 1.0, "path.snap": False, "agg.path.chunksize": 100},
    "antialiasing": {"lines.antialiased": False, "patch.antialiased": False},
    "patches": {"patch.linewidth": 9.0, "patch.facecolor": "red", "patch.force_edgecolor": True},
    "lines": {"lines.linewidth": 9.0, "lines.marker": "s", "lines.color": "red", "lines.solid_capstyle": "round"},
    "saving": {"savefig.dpi": 40, "savefig.bbox": "tight", "savefig.facecolor": "red", "savefig.transparent": True},
    "figure": {"figure.figsize": (2, 2), "figure.dpi": 30, "figure.facecolor": "red", "figure.autolayout": True},
    "axes": {"axes.grid": True, "axes.facecolor": "red", "axes.linewidth": 5, "axes.prop_cycle": cycler(color=["red"])},
    "margins": {"axes.xmargin": 0.4, "axes.autolimit_mode": "round_numbers", "axes.spines.left": False},
    "ticks": {"xtick.top": True, "ytick.labelsize": 30, "xtick.minor.visible": True},
    "images": {"image.cmap": "gray", "image.origin": "lower", "image.interpolation": "bilinear"},
    "files": {"svg.fonttype": "path", "svg.hashsalt": "mine", "text.hinting": "force_autohint", "pdf.fonttype": 3},
}
STYLES = ["seaborn-v0_8", "Solarize_Light2", "dark_background", "ggplot", "classic", "fivethirtyeight"]


@pytest.fixture
def tables(demo: Path, demo_data_dir: Path) -> Tables:
    """Return the demonstration's tables, and switch to it."""
    return demo_tables(demo_data_dir)


def of(drawn: Map) -> list[bytes]:
    """Return the map's files."""
    return [drawn.png(), drawn.svg().encode()]


def picture(tables: Tables, place: str = "Rutland") -> list[bytes]:
    """Return the files of a small map, with hatching, numbers, lines to them, and a key."""
    return of(local_map(tables.msoas, place))


@pytest.fixture(scope="module")
def plain(demo_data_dir: Path) -> list[bytes]:
    """Return the files of that map under no settings of the user's."""
    with demonstration(demo_data_dir):
        return picture(demo_tables(demo_data_dir))


def everything(tables: Tables) -> dict[str, Callable[[], Map]]:
    """Return how every kind of map is drawn."""
    from ec_maps import load_areas, measures_table, rank_correlations

    wales = tables.msoas[tables.msoas["rgn21nm"] == "Wales"]
    return {
        "national": lambda: national_map(tables.lads),
        "regional": lambda: regional_map(tables.lads, "East of England", highlight=["Norwich", "Great Yarmouth"]),
        "local": lambda: local_map(tables.msoas, "Great Yarmouth"),
        "hexagons": lambda: hexagon_map(wales),
        "bivariate": lambda: bivariate_map(load_areas("lad", "exposure")),
        "strips": lambda: strip_plot(tables.lads, tables.msoas, "Norwich"),
        "matrix": lambda: correlation_matrix(rank_correlations(measures_table("lad"))),
        "card": lambda: card(tables.lads, tables.msoas, "York"),
    }


@contextmanager
def settings(name: str) -> Iterator[None]:
    """Set what a name of `SETTINGS` or `STYLES` stands for, or all settings at once."""
    every = {key: value for one in SETTINGS.values() for key, value in one.items()}
    with matplotlib.style.context(every if name == "all" else SETTINGS.get(name, name)):
        before = dict(mpl.rcParams)
        yield
        assert dict(mpl.rcParams) == before


@pytest.mark.parametrize("name", ["all", "seaborn-v0_8", "Solarize_Light2", "dark_background"])
def test_the_users_settings_change_nothing(tables: Tables, plain: list[bytes], name: str) -> None:
    """A map drawn and saved under any settings has the bytes of one under none, and leaves the settings."""
    with settings(name):
        assert picture(tables) == plain


def test_settings_between_drawing_and_saving(tables: Tables, plain: list[bytes]) -> None:
    """A map that was drawn under other settings than it is saved under has the same bytes too."""
    with settings("dark_background"):
        drawn = local_map(tables.msoas, "Rutland")
    assert of(drawn) == plain
    with settings("saving"):
        assert of(drawn) == plain


@pytest.mark.full
@pytest.mark.parametrize("name", [*SETTINGS, *STYLES])
def test_no_kind_of_map_depends_on_settings(tables: Tables, name: str) -> None:
    """Every kind of map has the same bytes under any settings."""
    for kind, draw in everything(tables).items():
        plain = of(draw())
        with settings(name):
            assert of(draw()) == plain, kind


def test_numpy_settings_change_nothing(tables: Tables, plain: list[bytes]) -> None:
    """How NumPy prints numbers and what it does about overflows change neither bytes nor what is drawn."""
    with np.printoptions(precision=1, suppress=True, floatmode="fixed", sign="+"), np.errstate(all="raise"):
        assert picture(tables) == plain
    with np.printoptions(legacy="1.13", formatter={"float": "~{:.0f}".format}):
        assert picture(tables) == plain


def test_text_is_measured_alike_under_any_settings() -> None:
    """Text that is first measured under another typeface has the size that it has in ours."""
    text_metrics._advance.cache_clear()
    text_metrics._width.cache_clear()
    with settings("font"):
        first = text_metrics.text_size("Wœǽ", 40.0)
    text_metrics._advance.cache_clear()
    text_metrics._width.cache_clear()
    assert first == text_metrics.text_size("Wœǽ", 40.0)


def in_threads(tables: Tables, places: list[str]) -> dict[str, list[bytes]]:
    """Return the files of maps drawn by ten threads at once."""
    with ThreadPoolExecutor(10) as pool:
        drawn = pool.map(partial(picture, tables), places)
        return dict(zip(places, drawn, strict=True))


PLACES = ["Rutland", "Norwich", "Isles of Scilly", "Melton", "City of London"]


@pytest.mark.full
def test_ten_threads_give_the_serial_bytes(tables: Tables) -> None:
    """Ten threads at once draw what one does, and leave the settings as they were."""
    alone = {place: picture(tables, place) for place in PLACES}
    before = dict(mpl.rcParams)
    assert in_threads(tables, PLACES * 2) == alone
    assert dict(mpl.rcParams) == before


@pytest.mark.full
def test_ten_threads_twenty_times(tables: Tables) -> None:
    """Twenty times over, ten threads with every kind of map give the serial bytes and leave the settings."""
    draw = everything(tables)
    alone = {kind: of(make()) for kind, make in draw.items()}
    before = dict(mpl.rcParams)
    with ThreadPoolExecutor(10) as pool:
        for _ in range(20):
            kinds = [*alone, *list(alone)[:2]]
            for kind, files in zip(kinds, pool.map(lambda kind: of(draw[kind]()), kinds), strict=True):
                assert files == alone[kind], kind
            assert dict(mpl.rcParams) == before


def test_settings_are_left_after_a_fault(tables: Tables) -> None:
    """A map that cannot be drawn leaves the settings as they were, and the next thread is not kept waiting."""
    before = dict(mpl.rcParams)
    with pytest.raises(ValueError, match="Nowhere"):
        local_map(tables.msoas, "Nowhere")
    assert dict(mpl.rcParams) == before
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(picture, tables).result(60) == picture(tables)


def test_the_settings_are_all_the_librarys_own() -> None:
    """While a map is drawn, no setting that a style can change is the user's."""
    for name in matplotlib.style.available:
        with matplotlib.style.context(name), own_settings():
            inside = dict(mpl.rcParams)
        with own_settings():
            assert {key for key, value in mpl.rcParams.items() if inside[key] != value} <= {
                key for key in inside if key.startswith("keymap")
            }
