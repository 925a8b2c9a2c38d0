"""What a page shows, kept beside the page under a stamp of all that it is made from.

This half is light: where nothing has changed, a page's process loads no table and none of the libraries that draw.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from functools import partial
from importlib import import_module
from pathlib import Path

from ec_maps import cache, settings
from ec_maps.atlas import select
from ec_maps.boundaries import sources as boundary_sources
from ec_maps.errors import EcMapsError
from ec_maps.fetch import manifest
from ec_maps.geography.names import slug
from ec_maps.site.kept import kept

#: Where a page's files lie, beside it.
FOLDER = "maps"

#: The addresses of a page's own files in its markdown.
_FILE = re.compile(rf"""(?<![\w./-]){FOLDER}/([\w-]+\.(?:svg|png|csv|geojson))(?=[)#"'\s])""")


def shown(maker: str, *args: str, places: bool = False, card: str = "") -> str:
    """Return what a function of the library gives for a page, called only if anything that it is made from has changed.

    Parameters
    ----------
    maker
        The function and the module of ``ec_maps`` that has it: ``"site.posts.national"``. It returns markdown, and
        writes the files that this names into ``maps/`` of the working folder.
    *args
        What it is called with.
    places
        Whether it depends on the list of places, or on which of them have a page.
    card
        The page whose card it makes too, if it can: see :func:`ec_maps.site.markdown.keep_card`.
    """
    module, _, function = maker.rpartition(".")

    def make() -> str:
        return str(getattr(import_module(f"ec_maps.{module}"), function)(*args))

    parts = (maker, args, _listed() if places else None)
    return part("-".join([maker, *map(slug, args)]), parts, make, card=card)


def part(name: str, parts: object, make: Callable[[], str], *, card: str = "") -> str:
    """Return a part of a page, such as a tab, that depends on the data and on nothing else but `parts`.

    `make` returns its markdown and writes the files that this names; what cannot be stamped is made each time.
    """
    mark = stamp(parts)
    if mark is None:
        return make()

    def still() -> bool:
        return stamp(parts) == mark and not cache.package_changed()

    return kept(Path(FOLDER), name, mark, partial(_files, card=card), make, still=still)


def stamp(*parts: object) -> str | None:
    """Return a mark of the data, the library and `parts`; None where there is none that could be trusted."""
    if settings.basemap() != "none":
        return None  # tiles change where they come from, and what failed is warned of once, for all maps that lack it
    try:
        return hashlib.sha256(repr((inputs(), parts)).encode()).hexdigest()[:16]
    except (EcMapsError, OSError):
        return None  # something is not at hand: whoever needs it says so, or fetches it


def inputs() -> str:
    """Return a mark of all that any figure is made from: archives, boundaries, what is known of them, the library.

    Nothing is fetched, and what is missing is no part of it.

    Raises
    ------
    BoundaryError
        If the boundaries are to be where nothing is.
    """
    told: tuple[object, ...] = (settings.source(), cache.package_digest())
    if settings.is_demo():
        return cache.fingerprint([*select.archives(), *boundary_sources.boundary_files(fetch=False)], *told)
    chosen, entries = settings.boundaries(), manifest.read()
    by_hand = boundary_sources.boundary_files(fetch=False) if isinstance(chosen, Path) else []
    # What was fetched counts by what it is and by what the manifest says of it: pages name its dates.
    fetched = [entry for _, entry in sorted(entries.items()) if entry.is_good()]
    told = (*told, str(chosen), settings.detail(), settings.database_url(), fetched)
    return cache.fingerprint({*select.archives(), *by_hand, *(entry.path for entry in fetched)}, *told)


def _listed() -> tuple[str, bytes | None]:
    """Return what decides which places are listed and which have a page."""
    try:
        return settings.places(), (settings.project_root() / "places.yml").read_bytes()
    except OSError:
        return settings.places(), None  # whoever reads the list says so


def _files(text: str, *, card: str) -> list[str]:
    cards = [f"{card}-card.png"] if card and (Path(FOLDER) / f"{card}-card.png").is_file() else []
    return [*_FILE.findall(text), *cards]
