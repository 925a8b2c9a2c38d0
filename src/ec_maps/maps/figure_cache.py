"""A cache of figures: files in a folder with a record of what they were made from, so that none is drawn twice.

As in a Makefile, each figure has a name and a list of its files; in place of file times it has a fingerprint of all
that it depends on. Records are in ``.figure_cache/`` of the same folder, one JSON file each, written last, so that an
interrupted figure is made again. The figures of a page are cached beside the page.

This module imports little: if nothing has changed, a page's process loads no table and no drawing library.
"""

from __future__ import annotations

import json
import re
import warnings
from collections.abc import Callable, Iterable
from functools import lru_cache, wraps
from pathlib import Path
from typing import ParamSpec

from ec_maps import cache, settings
from ec_maps.areas.provenance import inputs
from ec_maps.errors import EcMapsError
from ec_maps.geography.names import slug

#: The folder of the records, in the folder of the figures.
RECORDS = ".figure_cache"

#: The folder of a page's files, beside the page.
FOLDER = "maps"

#: The folder of the places' pages in the project; it also holds the finder, ``index.qmd``.
PLACES = "places"

#: The folder of the places' maps for other sites, beside it.
EMBED = "embed"

#: The addresses of a page's own files in its markdown.
_FILE = re.compile(rf"""(?<![\w./-]){FOLDER}/([\w-]+\.(?:svg|png|csv|geojson))(?=[)#"'\s])""")


def read_record(folder: Path, name: str, stamp: str) -> str | None:
    """Return the text of a figure if its record has this fingerprint and all its files are unchanged; else None."""
    try:
        record = json.loads(_record(folder, name).read_text(encoding="utf-8"))
        text, files = record["text"], record["files"].items()
        whole = record["stamp"] == stamp and all(cache.file_digest(folder / file) == digest for file, digest in files)
        return text if whole and isinstance(text, str) else None
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return None  # the record is missing or damaged, or one of its files is missing


def write_record(folder: Path, name: str, stamp: str, files: Iterable[str], text: str = "") -> None:
    """Write the record of a figure whose files have just been written; if that fails, warn once."""
    path = _record(folder, name)
    try:
        digests = {file: cache.file_digest(folder / file) for file in sorted(set(files))}
        path.parent.mkdir(exist_ok=True)
        with cache.atomic_write(path) as temporary:
            record = {"stamp": stamp, "files": digests, "text": text}
            temporary.write_text(json.dumps(record, ensure_ascii=False, indent=0), encoding="utf-8")
    except OSError as error:
        _warn(str(path.parent), str(error.strerror or error))


def _record(folder: Path, name: str) -> Path:
    return folder / RECORDS / f"{name}.json"


@lru_cache(maxsize=8)
def _warn(folder: str, reason: str) -> None:
    warnings.warn(
        f"The figure cache in {folder} cannot be written ({reason}). The figures are saved, and are drawn again each "
        f"time.",
        stacklevel=4,
    )


#: The arguments of a page's function: names, such as that of a level.
_Arguments = ParamSpec("_Arguments")


def cached(
    *, places: bool = False, card: str = "", folder: str = ""
) -> Callable[[Callable[_Arguments, str]], Callable[_Arguments, str]]:
    """Return a decorator that calls a page's function only if something that it depends on has changed.

    The function imports what it needs itself, so that nothing is loaded if nothing has changed. `places` says whether
    it depends on the list of places, or on which of them have a page; `card` and `folder` are as for
    :func:`cached_part`.
    """

    def decorated(make: Callable[_Arguments, str]) -> Callable[_Arguments, str]:
        name = f"{make.__module__.rpartition('.')[2]}.{make.__name__}"

        @wraps(make)
        def cached_or_made(*args: _Arguments.args, **options: _Arguments.kwargs) -> str:
            parts = (name, args, options, places_file() if places else None)
            words = [slug(str(word)) for word in (*args, *options.values())]
            return cached_part("-".join([name, *words]), parts, lambda: make(*args, **options), card=card, more=folder)

        return cached_or_made

    return decorated


def cached_part(name: str, parts: object, make: Callable[[], str], *, card: str = "", more: str = "") -> str:
    """Return a part of a page, such as a tab, made only if something that it depends on has changed.

    Without a fingerprint it is made each time. It is not cached if it was made with a warning, such as missing tiles,
    or if data or code changed meanwhile.

    Parameters
    ----------
    name
        The part's name on its page; an older record of that name is replaced.
    parts
        What it depends on besides the data and the library.
    make
        Returns its markdown and writes the files that this names into ``maps/`` of the working folder.
    card
        The page whose social card `make` also writes, if it can: see :func:`ec_maps.site.markdown.keep_card`.
    more
        A folder in ``maps/`` of further files that `make` writes and its markdown does not name.
    """
    fingerprint, folder = state(parts), Path(FOLDER)
    if fingerprint is None:
        return make()
    if (text := read_record(folder, name, fingerprint)) is not None:
        return text
    folder.mkdir(exist_ok=True)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        text = make()
    for one in caught:
        warnings.warn_explicit(one.message, one.category, one.filename, one.lineno)
    # A library's deprecation warning is not a fault of the figure.
    warned = any(issubclass(one.category, UserWarning) for one in caught)
    if not warned and state(parts) == fingerprint and not cache.package_changed():
        cards = [f"{card}-card.png"] if card and (folder / f"{card}-card.png").is_file() else []
        beside = [f"{more}/{path.name}" for path in (folder / more).iterdir()] if more else []
        write_record(folder, name, fingerprint, [*_FILE.findall(text), *cards, *beside], text)
    return text


def state(*parts: object) -> str | None:
    """Return a fingerprint of the data, the library and `parts`; None if it could not be relied on."""
    if settings.basemap() != "none":
        return None  # tiles can change at their source, and their failure is warned of once for all maps
    try:
        return cache.digest(inputs(), parts)
    except (EcMapsError, OSError):
        return None  # an input is missing: the function that needs it reports that or downloads it


def places_file() -> tuple[str, bytes | None]:
    """Return the settings and the list that decide which places are listed and which have a page."""
    try:
        return settings.places(), (settings.project_root() / "places.yml").read_bytes()
    except OSError:
        return settings.places(), None  # the function that reads the list reports that
