"""``include-in-header:`` and ``include-after-body:``: HTML that a project puts into each of its pages."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from ec_maps.site.preview.project import Config, as_list

PLACES = ("include-in-header", "include-after-body")


def placed(options: Mapping[str, Any], folder: PurePosixPath, root: Path, where: str) -> tuple[Config, list[str]]:
    """Return options with each include as a list of ``{text: …}`` and ``{file: path from the root}``, and its faults.

    A file's name is meant from the folder of the file that says so, or from the project's root if it starts with a
    slash; so it has to be read before options of several folders are merged.

    Parameters
    ----------
    options
        The options of one file, with those of ``format: html:`` at the top.
    folder
        The folder of that file in the project.
    where
        The file's name for messages.
    """
    found, faults = dict(options), []
    for place in PLACES:
        if place not in options:
            continue
        found[place] = items = []
        for item in as_list(options[place]):
            match {"file": item} if isinstance(item, str) else item:
                case {"text": str(text), **others} if not others:
                    items.append({"text": text})
                case {"file": str(name), **others} if not others:
                    inside = posixpath.normpath(name.lstrip("/") if name.startswith("/") else str(folder / name))
                    items.append({"file": inside})
                    if inside.startswith("../") or not (root / inside).is_file():
                        faults.append(f"{where}: `{place}` names {name}, and there is no file {inside} in the project.")
                case _:
                    faults.append(
                        f"{where}: `{place}` holds {item!r}; expected the name of a file, `text: |` with HTML below "
                        "it, or a list of these."
                    )
    return found, faults


def html(options: Mapping[str, Any], place: str, root: Path) -> str:
    """Return the HTML of one place, links as they were written."""
    return "\n".join(
        (item["text"] if "text" in item else (root / item["file"]).read_text(encoding="utf-8")).strip()
        for item in as_list(options.get(place))
    )
