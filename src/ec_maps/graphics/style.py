"""The settings of matplotlib and NumPy while a map is drawn or saved: always the library's own."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

import matplotlib as mpl
import numpy as np

from ec_maps.graphics.text_metrics import FONT

#: matplotlib's settings belong to the whole process: one thread at a time may have changed them.
_lock = threading.RLock()

#: Whether the thread that has the lock has changed them already.
_within = False

#: The beginnings of settings of the session and its windows, on which no drawing depends.
_OF_THE_SESSION = ("backend", "docstring", "interactive", "keymap", "macosx", "timezone", "tk.", "toolbar", "webagg")

#: What the bytes of a drawing depend on, where matplotlib's own default is not ours. The ids in an SVG depend on a
#: salt; without hinting, letters have the same width at every resolution; 42 is a font whose text can be copied.
_OURS: dict[str, Any] = {
    "font.family": [FONT],
    "pdf.fonttype": 42,
    "svg.fonttype": "none",
    "svg.hashsalt": "ec_maps",
    "text.hinting": "none",
}

#: NumPy's defaults: the ids in an SVG depend on how it prints numbers.
_PRINTED: dict[str, Any] = {
    "precision": 8, "threshold": 1000, "edgeitems": 3, "linewidth": 75, "suppress": False, "nanstr": "nan",
    "infstr": "inf", "formatter": None, "sign": "-", "floatmode": "maxprec", "legacy": False,
}  # fmt: skip


@contextmanager
def own_settings() -> Iterator[None]:
    """Draw with the library's settings, and leave the user's as they were; also a decorator of functions that draw.

    Threads wait for one another, because matplotlib has one set of settings for all.
    """
    global _within  # noqa: PLW0603
    with _lock:
        if _within:  # looking through all settings again would take 0.4 ms, thirty times for a page
            yield
            return
        user: Any = mpl.rcParams.copy()
        changed: Any = {name: value for name, value in _settings().items() if user[name] != value}
        with mpl.rc_context(changed), np.printoptions(**_PRINTED), np.errstate(all="warn", under="ignore"):
            _within = True
            try:
                yield
            finally:
                _within = False


@lru_cache(maxsize=1)
def _settings() -> dict[str, Any]:
    defaults: Any = mpl.rcParamsDefault.copy()
    return {name: defaults[name] for name in defaults if not name.startswith(_OF_THE_SESSION)} | _OURS
