"""Figures that stand in a folder with a record of what they were made from, so that none is drawn twice.

As in a Makefile, each has a name and says which files it makes; in place of times there is a stamp, a mark of all that
it depends on. The records lie in ``.kept/`` of the same folder, one JSON file each, written last: what was interrupted
has none and is made again.
"""

from __future__ import annotations

import hashlib
import json
import os
import uuid
import warnings
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

#: The folder of the records, in the folder that they are about.
RECORDS = ".kept"

#: Records of another form are not read.
_FORM = 1

#: The names of a figure's files, or what tells them from its text.
Files = Sequence[str] | Callable[[str], Sequence[str]]


def kept(
    folder: Path,
    name: str,
    stamp: str,
    files: Files,
    make: Callable[[], str],
    *,
    still: Callable[[], bool] | None = None,
) -> str:
    """Return the text of a figure whose files stand in a folder; make both if they do not, or are not what they were.

    What warned while it was made (tiles that did not come) is not kept: the next time may do better.

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
        Tells, once it is made, whether the stamp holds: what came from data that changed meanwhile is not kept.
    """
    text = found(folder, name, stamp, files)
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
        keep(folder, name, stamp, files, text)
    return text


def found(folder: Path, name: str, stamp: str, files: Files) -> str | None:
    """Return the text of a figure if it is in a folder, of this stamp and with all its files whole; else None."""
    try:
        told = json.loads(_record(folder, name).read_text(encoding="utf-8"))
        text, digests = told["text"], told["files"]
        if (told["form"], told["stamp"]) != (_FORM, stamp) or not isinstance(text, str):
            return None
        if sorted(digests) != _names(files, text):
            return None
        return text if all(_digest(folder / file) == digest for file, digest in digests.items()) else None
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
        # There is none, it is damaged, or one of its files has gone.
        return None


def keep(folder: Path, name: str, stamp: str, files: Files, text: str) -> None:
    """Write the record of a figure whose files have just been written; where that fails, with one warning."""
    path = _record(folder, name)
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}")
    try:
        digests = {file: _digest(folder / file) for file in _names(files, text)}
        told = {"form": _FORM, "stamp": stamp, "files": digests, "text": text}
        path.parent.mkdir(exist_ok=True)
        temporary.write_text(json.dumps(told, ensure_ascii=False, indent=0), encoding="utf-8")
        os.replace(temporary, path)  # noqa: PTH105 - atomic, also over an existing file
    except OSError as error:
        _warn(str(path.parent), str(error.strerror or error))
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


def _names(files: Files, text: str) -> list[str]:
    return sorted(set(files(text) if callable(files) else files))


def _record(folder: Path, name: str) -> Path:
    return folder / RECORDS / f"{name}.json"


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@lru_cache(maxsize=8)
def _warn(folder: str, reason: str) -> None:
    warnings.warn(
        f"What was drawn cannot be noted in {folder} ({reason}); the figures are there, and are drawn anew each time.",
        stacklevel=4,
    )
