"""Figures that stand in a folder with a record of what they were made from, so that none is drawn twice.

As in a Makefile, each has a name and says which files it makes; in place of times there is a stamp, a mark of all that
it depends on. The records lie in ``.figure_cache/`` of the same folder, one JSON file each, written last: what was
interrupted has none and is made again. What a page shows is cached so, beside the page.

Importing this is light: where nothing has changed, a page's process loads no table and none of the libraries that draw.
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

#: The folder of the records, in the folder that they are about.
RECORDS = ".figure_cache"

#: Records of another form are not read.
_FORM = 1

#: The names of a figure's files, or what tells them from its text.
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
    """Return the text of a figure whose files stand in a folder; make both if they do not, or are not what they were.

    What warned while it was made (tiles that did not come) is not cached: the next time may do better.

    Parameters
    ----------
    folder
        Where the files are; it is created.
    name
        What the figure is called; a record of that name is replaced.
    stamp
        A mark of all that it depends on: data, code, options.
    files
        The names of the files that `make` writes into `folder`, each whole or not at all.
    make
        Writes them, and returns the text that goes with them.
    still
        Tells, once it is made, whether the stamp holds: what came from data that changed meanwhile is not cached.
    """
    text = read_record(folder, name, stamp, files)
    if text is not None:
        return text
    folder.mkdir(parents=True, exist_ok=True)
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        text = make()
    for one in said:
        warnings.warn_explicit(one.message, one.category, one.filename, one.lineno)
    # A library's word on its own future is no fault of the figure.
    whole = not any(issubclass(one.category, UserWarning) for one in said)
    if whole and (still is None or still()):
        write_record(folder, name, stamp, files, text)
    return text


def read_record(folder: Path, name: str, stamp: str, files: Files) -> str | None:
    """Return the text of a figure if it is in a folder, of this stamp and with all its files whole; else None."""
    try:
        told = json.loads(_record(folder, name).read_text(encoding="utf-8"))
        text, digests = told["text"], told["files"]
        if (told["form"], told["stamp"]) != (_FORM, stamp) or not isinstance(text, str):
            return None
        if sorted(digests) != _names(files, text):
            return None
        return text if all(cache.file_digest(folder / file) == digest for file, digest in digests.items()) else None
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
        # There is none, it is damaged, or one of its files has gone.
        return None


def write_record(folder: Path, name: str, stamp: str, files: Files, text: str) -> None:
    """Write the record of a figure whose files have just been written; where that fails, with one warning."""
    path = _record(folder, name)
    try:
        digests = {file: cache.file_digest(folder / file) for file in _names(files, text)}
        told = {"form": _FORM, "stamp": stamp, "files": digests, "text": text}
        path.parent.mkdir(exist_ok=True)
        with cache.atomic_write(path) as temporary:
            temporary.write_text(json.dumps(told, ensure_ascii=False, indent=0), encoding="utf-8")
    except OSError as error:
        _warn(str(path.parent), str(error.strerror or error))


def _names(files: Files, text: str) -> list[str]:
    return sorted(set(files(text) if callable(files) else files))


def _record(folder: Path, name: str) -> Path:
    return folder / RECORDS / f"{name}.json"


@lru_cache(maxsize=8)
def _warn(folder: str, reason: str) -> None:
    warnings.warn(
        f"What was drawn cannot be noted in {folder} ({reason}); the figures are there, and are drawn anew each time.",
        stacklevel=4,
    )


# --- what a page shows, cached beside the page --------------------------------------------------------


#: What a function of a page is called with: names, such as that of a level.
Words = ParamSpec("Words")

#: Where a page's files lie, beside it.
FOLDER = "maps"

#: The addresses of a page's own files in its markdown.
_FILE = re.compile(rf"""(?<![\w./-]){FOLDER}/([\w-]+\.(?:svg|png|csv|geojson))(?=[)#"'\s])""")


def cached(*, places: bool = False, card: str = "") -> Callable[[Callable[Words, str]], Callable[Words, str]]:
    """Have a function of a page called only if anything that it is made from has changed since the last time.

    It returns markdown, and writes the files that this names into ``maps/`` of the working folder. What it needs it
    imports itself: where nothing has changed, none of that is loaded.

    Parameters
    ----------
    places
        Whether it depends on the list of places, or on which of them have a page.
    card
        The page whose card it makes too, if it can: see :func:`ec_maps.site.markdown.keep_card`.
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

    `make` returns its markdown and writes the files that this names; what cannot be stamped is made each time.
    """
    mark = stamp(parts)
    if mark is None:
        return make()

    def still() -> bool:
        return stamp(parts) == mark and not cache.package_changed()

    return cached_figure(Path(FOLDER), name, mark, partial(_files, card=card), make, still=still)


def stamp(*parts: object) -> str | None:
    """Return a mark of the data, the library and `parts`; None where there is none that could be trusted."""
    if settings.basemap() != "none":
        return None  # tiles change where they come from, and what failed is warned of once, for all maps that lack it
    try:
        return cache.digest(inputs(), parts)
    except (EcMapsError, OSError):
        return None  # something is not at hand: whoever needs it says so, or fetches it


def _listed() -> tuple[str, bytes | None]:
    """Return what decides which places are listed and which have a page."""
    try:
        return settings.places(), (settings.project_root() / "places.yml").read_bytes()
    except OSError:
        return settings.places(), None  # whoever reads the list says so


def _files(text: str, *, card: str) -> list[str]:
    cards = [f"{card}-card.png"] if card and (Path(FOLDER) / f"{card}-card.png").is_file() else []
    return [*_FILE.findall(text), *cards]
