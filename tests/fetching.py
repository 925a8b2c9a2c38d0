"""A watched fetch: from the fake HDX into a cache of the test's own, with what was asked, waited for, said and kept."""

from __future__ import annotations

import logging
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from ec_maps.atlas import select
from ec_maps.errors import FetchError
from ec_maps.fetch import fetcher, http, manifest
from ec_maps.fetch.fetcher import Outcome
from ec_maps.geography.levels import LevelName
from fakes.archives import default_files
from fakes.hdx import FakeHDX

#: The resource on HDX that a level's archive is.
RESOURCE: dict[LevelName, str] = {"lad": "local_authority", "msoa": "msoa"}


@dataclass(frozen=True)
class Trial:
    """One fetch: its outcome, the letter that a user gets if it failed, the requests it took and the waits."""

    done: Outcome
    letter: str
    asked: list[str]
    waits: list[int]

    @property
    def times(self) -> Counter[str]:
        """How often which kind of request was made."""
        return Counter(one.split()[0] for one in self.asked)


@dataclass
class Bench:
    """The fake HDX, and the cache that is fetched into."""

    hdx: FakeHDX
    cache: Path
    waited: list[float] = field(default_factory=list)
    logged: list[str] = field(default_factory=list)

    def fetch(self, level: LevelName = "lad", *, refresh: bool = False) -> Trial:
        """Fetch a level's archive as somebody would who asks for it, and check that nothing half-written stays."""
        asked, waited = len(self.hdx.requests), len(self.waited)
        (done,) = fetcher.ensure(select.fetch_jobs(level), refresh=refresh, asked=True)
        letter = ""
        try:
            fetcher.raise_failures([done])
        except FetchError as error:
            letter = str(error)
        is_tidy(self.cache)
        is_letter(" ".join(self.logged))
        kinds = ("api", "download", "storage")
        requests = [
            f"{next((kind for kind in kinds if kind in one.tags), 'else')} {one.status}"
            for one in self.hdx.requests[asked:]
        ]
        return Trial(done, letter, requests, [int(seconds) for seconds in self.waited[waited:]])

    def restore(self) -> None:
        """Switch all faults off and put the proper archives back."""
        self.hdx.clear()
        self.hdx.files = dict(default_files())
        self.hdx.extra = {}

    def refused(self, spoil: Callable[[FakeHDX], object], *parts: str, level: LevelName = "lad") -> Trial:
        """Check that a spoilt HDX yields a letter with these parts and takes nothing away; return the first fetch.

        That is: from an empty cache, nothing is kept; with a good copy, a refresh fails and the copy is still in use.
        """
        key = f"atlas_{level}"
        spoil(self.hdx)
        first = self.fetch(level)
        assert (first.done.state, first.done.entry) == ("failed", None)
        is_letter(first.letter, *parts, "data.humdata.org/dataset/uk-social-capital-atlas", "EC_MAPS_DATA_DIR")
        assert kept(self.cache) == []
        self.restore()
        good = self.fetch(level).done
        assert good.state == "fetched"
        spoil(self.hdx)
        again = self.fetch(level, refresh=True)
        assert again.done.state == "failed"
        is_letter(again.letter, *parts, "earlier copies are still in use")
        assert again.done.entry == manifest.held(key) == good.entry
        later = self.fetch(level)
        assert (later.done.state, later.asked) == ("already there", [])
        assert sorted(kept(self.cache)) == sorted(["manifest.json", good.entry.file if good.entry else ""])
        return first


@contextmanager
def bench(tmp_path: Path, patch: pytest.MonkeyPatch) -> Iterator[Bench]:
    """Start HDX, point the library at it and at an empty data folder, and let no wait take time."""
    with FakeHDX() as hdx:
        made = Bench(hdx, tmp_path / "data" / "cache")
        patch.setenv("EC_MAPS_HDX_URL", hdx.url)
        patch.setenv("EC_MAPS_DATA_DIR", str(made.cache.parent))
        # Boundaries and a layout of hexagons put there by hand are not fetched, so that only the archives are.
        (tmp_path / "boundaries").mkdir()
        (tmp_path / "boundaries" / "hexagons.csv").write_text("msoa21cd,column,row\n", encoding="utf-8")
        patch.setenv("EC_MAPS_BOUNDARIES", str(tmp_path / "boundaries"))
        patch.setattr(http, "pause", made.waited.append)
        with _listening(made.logged):
            yield made


@contextmanager
def _listening(heard: list[str]) -> Iterator[None]:
    """Note what the library logs, as a user sees it on the terminal."""
    logger, listener = logging.getLogger("ec_maps"), logging.Handler()
    listener.emit = lambda record: heard.append(record.getMessage())  # type: ignore[method-assign]
    before = logger.level
    logger.setLevel(logging.INFO)
    logger.addHandler(listener)
    try:
        yield
    finally:
        logger.removeHandler(listener)
        logger.setLevel(before)


def kept(cache: Path) -> list[str]:
    """Return what lies in the cache, the lock left out."""
    return [str(path.relative_to(cache)) for path in cache.rglob("*") if path.name != ".lock"]


def is_tidy(cache: Path) -> None:
    """Check that a cache holds nothing half-written."""
    assert [name for name in kept(cache) if name.endswith(".part") or name.startswith(".")] == []


def is_letter(text: str, *parts: str) -> None:
    """Check that a message is short, has these parts, and neither a signed address nor a traceback."""
    for part in parts:
        assert part in text, text
    assert len(text.strip().split("\n\n")) <= 2, text
    assert not re.search(r"Signature|Expires=|AWSAccessKeyId|//\S*\?|Traceback|\.fetch-", text), text


def ec_maps(*words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run the command line with the environment as it is and these variables, and return what came of it."""
    return subprocess.run(
        [sys.executable, "-m", "ec_maps", *words],
        env=os.environ | variables,
        capture_output=True,
        text=True,
        check=False,
    )
