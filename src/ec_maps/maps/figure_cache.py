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
from collections.abc import Callable, Sequence
from functools import lru_cache, partial, wraps
from pathlib import Path
from typing import ParamSpec

from ec_maps import cache, settings
from ec_maps.areas.provenance import inputs
from ec_maps.errors import EcMapsError
from ec_maps.geography.names import slug

#: The folder of the records, in the folder of the figures.
RECORDS = ".figure_cache"

#: The version of the records' format; others are not read.
_FORM = 1

#: The names of a figure's files, or a function that finds them in its text.
Files = Sequence[str] | Callable[[str], Sequence[str]]


def cached_figure(
    folder: Path,
    name: str,
    stamp: str,
    files: Files,
    make: Callable[[], str],
    *,
    still: Callable[[], bool] | None = None,
) -> str:
    """Return the text of a figure whose files are in a folder; make text and files if they are missing or out of date.

    A figure made with a warning, such as missing tiles, is not cached, so that it is tried again next time.

    Parameters
    ----------
    folder
        The folder of the files; it is created.
    name
        The figure's name; an older record of that name is replaced.
    stamp
        A fingerprint of all that it depends on: data, code, options.
    files
        The names of the files that `make` writes into `folder`, each whole or not at all.
    make
        Writes the files and returns the text that goes with them.
    still
        Returns, after `make`, whether the fingerprint still holds; if the data changed meanwhile, nothing is cached.
    """
    text = read_record(folder, name, stamp, files)
    if text is not None:
        return text
    folder.mkdir(parents=True, exist_ok=True)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        text = make()
    for one in caught:
        warnings.warn_explicit(one.message, one.category, one.filename, one.lineno)
    # A library's deprecation warning is not a fault of the figure.
    whole = not any(issubclass(one.category, UserWarning) for one in caught)
    if whole and (still is None or still()):
        write_record(folder, name, stamp, files, text)
    return text


def read_record(folder: Path, name: str, stamp: str, files: Files) -> str | None:
    """Return the text of a figure if its record has this fingerprint and all its files are unchanged; else None."""
    try:
        record = json.loads(_record(folder, name).read_text(encoding="utf-8"))
        text, digests = record["text"], record["files"]
        if (record["form"], record["stamp"]) != (_FORM, stamp) or not isinstance(text, str):
            return None
        if sorted(digests) != _names(files, text):
            return None
        return text if all(cache.file_digest(folder / file) == digest for file, digest in digests.items()) else None
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
        # The record is missing or damaged, or one of its files is missing.
        return None


def write_record(folder: Path, name: str, stamp: str, files: Files, text: str) -> None:
    """Write the record of a figure whose files have just been written; if that fails, warn once."""
    path = _record(folder, name)
    try:
        digests = {file: cache.file_digest(folder / file) for file in _names(files, text)}
        record = {"form": _FORM, "stamp": stamp, "files": digests, "text": text}
        path.parent.mkdir(exist_ok=True)
        with cache.atomic_write(path) as temporary:
            temporary.write_text(json.dumps(record, ensure_ascii=False, indent=0), encoding="utf-8")
    except OSError as error:
        _warn(str(path.parent), str(error.strerror or error))


def _names(files: Files, text: str) -> list[str]:
    return sorted(set(files(text) if callable(files) else files))


def _record(folder: Path, name: str) -> Path:
    return folder / RECORDS / f"{name}.json"


@lru_cache(maxsize=8)
def _warn(folder: str, reason: str) -> None:
    warnings.warn(
        f"The figure cache in {folder} cannot be written ({reason}). The figures are saved, and are drawn again each "
        f"time.",
        stacklevel=4,
    )


# --- the figures of a page, cached beside the page ----------------------------------------------------


#: The arguments of a page's function: names, such as that of a level.
Words = ParamSpec("Words")

#: The folder of a page's files, beside the page.
FOLDER = "maps"

#: The addresses of a page's own files in its markdown.
_FILE = re.compile(rf"""(?<![\w./-]){FOLDER}/([\w-]+\.(?:svg|png|csv|geojson))(?=[)#"'\s])""")


def cached(*, places: bool = False, card: str = "") -> Callable[[Callable[Words, str]], Callable[Words, str]]:
    """Return a decorator that calls a page's function only if something that it depends on has changed.

    The function returns markdown and writes the files that this names into ``maps/`` of the working folder. It imports
    what it needs itself, so that nothing is loaded if nothing has changed.

    Parameters
    ----------
    places
        Whether the function depends on the list of places, or on which of them have a page.
    card
        The page whose social card the function also makes, if it can: see :func:`ec_maps.site.markdown.keep_card`.
    """

    def decorated(make: Callable[Words, str]) -> Callable[Words, str]:
        name = f"{make.__module__.rpartition('.')[2]}.{make.__name__}"

        @wraps(make)
        def cached_or_made(*args: Words.args, **options: Words.kwargs) -> str:
            parts = (name, args, options, _listed() if places else None)
            words = [slug(str(word)) for word in (*args, *options.values())]
            return cached_part("-".join([name, *words]), parts, lambda: make(*args, **options), card=card)

        return cached_or_made

    return decorated


def cached_part(name: str, parts: object, make: Callable[[], str], *, card: str = "") -> str:
    """Return a part of a page, such as a tab, that depends on the data and on nothing else but `parts`.

    `make` returns its markdown and writes the files that this names. Without a fingerprint it is called each time.
    """
    fingerprint = stamp(parts)
    if fingerprint is None:
        return make()

    def still() -> bool:
        return stamp(parts) == fingerprint and not cache.package_changed()

    return cached_figure(Path(FOLDER), name, fingerprint, partial(_files, card=card), make, still=still)


def stamp(*parts: object) -> str | None:
    """Return a fingerprint of the data, the library and `parts`; None if it could not be relied on."""
    if settings.basemap() != "none":
        return None  # tiles can change at their source, and their failure is warned of once for all maps
    try:
        return cache.digest(inputs(), parts)
    except (EcMapsError, OSError):
        return None  # an input is missing: the function that needs it reports that or downloads it


def _listed() -> tuple[str, bytes | None]:
    """Return the settings and the list that decide which places are listed and which have a page."""
    try:
        return settings.places(), (settings.project_root() / "places.yml").read_bytes()
    except OSError:
        return settings.places(), None  # the function that reads the list reports that


def _files(text: str, *, card: str) -> list[str]:
    cards = [f"{card}-card.png"] if card and (Path(FOLDER) / f"{card}-card.png").is_file() else []
    return [*_FILE.findall(text), *cards]
