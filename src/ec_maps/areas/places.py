"""The list of places, ``places.yml``."""

from __future__ import annotations

import re
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from ec_maps import settings
from ec_maps.areas.finder import LOOK_UP, find_place, find_region, gazetteer_of, search_places
from ec_maps.arguments import path_of
from ec_maps.cleaning import visible
from ec_maps.errors import PlaceError, letter_of
from ec_maps.geography.gazetteer import Gazetteer, Place
from ec_maps.geography.names import named, plain, quoted, slug

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Place", "find_place", "find_region", "gazetteer_of", "read_places", "search_places", "slug"]

_EXAMPLE = '"- Great Yarmouth"'
_NULL = "tag:yaml.org,2002:null"

#: The mark at the beginning of a line that Word, a web page or a hasty hand puts where YAML has a hyphen and a space.
_MARKED = re.compile(
    r"""^\s*(?:-(?![\s\d-])|[–—−‐‑‒―•‣◦∙·●○■□▪▫⁃➢✓\uf0a7\uf0b7]|[*+](?=\s)|o(?=\t)|\d{1,3}[.)](?=\s))\s*(?=\S)"""
)
_LINE_ENDS = re.compile(r"\r\n|[\r\n\v\f\x85\u2028\u2029]")
_QUOTED = re.compile(r"""^(\s*- +)[“”„‟"]([^“”„‟"]+)[“”‟"](?=\s*(?:#|$))""")

#: How files of other programs begin that people rename or save under the list's name.
_DOCUMENTS = {
    b"PK\x03\x04": "a document of Word or Excel, or another zip",
    b"\xd0\xcf\x11\xe0": "a document of an older Word or Excel",
    b"{\\rtf": "a document with formats (RTF)",
    b"%PDF": "a PDF",
    b"<": "a web page",
}
_KINDS = {
    "tag:yaml.org,2002:int": "a number",
    "tag:yaml.org,2002:float": "a number",
    "tag:yaml.org,2002:bool": "which YAML reads as yes or no",
    "tag:yaml.org,2002:timestamp": "a date",
}


def read_places(path: Path | str | None = None, *, districts: pd.DataFrame | None = None) -> list[Place]:
    r"""Return the places of the list, in the order of the file.

    Parameters
    ----------
    path
        A YAML list with the name (English or Welsh, or a part that is in no other) or code of one local authority in
        each entry; the project's ``places.yml`` if None.
    districts
        The districts that can be named, with the columns ``lad21cd lad21nm rgn21nm``; if None, all districts of the
        boundaries, including those of Scotland and Northern Ireland if they have them.

    Returns
    -------
    places
        The places, each with its official name, code and region.

    Raises
    ------
    PlaceError
        If the file cannot be read as such a list, or an entry is not a known district or is listed twice. The message
        gives every fault in the file, with its line.

    Examples
    --------
    >>> import ec_maps
    >>> from pathlib import Path
    >>> _ = Path("my-places.yml").write_text("- Norwich\n- great yarmouth\n", encoding="utf-8")
    >>> [(place.name, place.region) for place in ec_maps.read_places("my-places.yml")]
    [('Norwich', 'East of England'), ('Great Yarmouth', 'East of England')]
    """
    if path is None:
        path = settings.project_root() / "places.yml"
    path = path_of(path, "The list of places is read from the path of a file", PlaceError)
    entries, faults, in_brackets = _entries(path)
    gazetteer = gazetteer_of(districts) if entries else Gazetteer([])
    written: dict[Place, tuple[int, str]] = {}
    misnamed = False
    for line, text in entries:
        where = f" (line {line} of {path.name})"
        place = gazetteer.find(text)
        if place is None:
            misnamed = True
            faults.append((line, gazetteer.explain(text, where) + _hint_on_lines(text, gazetteer)))
        elif place in written:
            first, before = written[place]
            as_what = "" if plain(text) == plain(before) else f" as {quoted(before)}"
            faults.append((line, f"{quoted(text)}{where} is already on line {first}{as_what}; keep one of them."))
        else:
            written[place] = (line, text)
    if faults:
        notes = [LOOK_UP] if misnamed else []
        if misnamed and in_brackets:
            notes.insert(0, "Within square brackets a name that has a comma needs quotation marks.")
        texts = [text for _, text in sorted(faults, key=lambda fault: fault[0])]
        raise PlaceError(letter_of(texts, f"{len(texts)} faults in {path.name}:", " ".join(notes)))
    return list(written)


def _entries(path: Path) -> tuple[list[tuple[int, str]], list[tuple[int, str]], bool]:
    """Return the text entries and the faults, each with its line, and whether the list is written "[a, b]"."""
    root = _compose(path)
    if root is None or (isinstance(root, yaml.ScalarNode) and (root.tag == _NULL or not root.value.strip())):
        msg = f"{path} names no place. Write at least one local authority, each on a line like {_EXAMPLE}."
        raise PlaceError(msg)
    if not isinstance(root, yaml.SequenceNode):
        what = "key and value (a name and a colon)" if isinstance(root, yaml.MappingNode) else "a single text"
        msg = (
            f"{path} should be a list of names, but from line {root.start_mark.line + 1} it is {what}. Write each name "
            f"on a line of its own, after a hyphen and a space: {_EXAMPLE}.{_odd_character(root.start_mark)}"
        )
        raise PlaceError(msg)
    if not root.value:
        msg = f"{path} is an empty list. Write at least one local authority, each on a line like {_EXAMPLE}."
        raise PlaceError(msg)
    entries, faults = [], []
    for node in root.value:
        line = node.start_mark.line + 1
        if fault := _not_a_name(node):
            faults.append((line, f"Line {line} of {path.name} is {fault}"))
        else:
            entries.append((line, node.value))
    return entries, faults, bool(root.flow_style)


def _compose(path: Path) -> yaml.Node | None:
    text = _text(path)
    try:
        root: yaml.Node | None = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        parts = [(error.context, error.context_mark), (error.problem, error.problem_mark)]
        reason = ", ".join(f"{what} (line {mark.line + 1})" if mark else what for what, mark in parts if what)
        odd = _odd_character(error.context_mark) or _odd_character(error.problem_mark)
        msg = f"{path} is not valid YAML: {reason}. Write each name on a line like {_EXAMPLE}.{odd}"
        raise PlaceError(msg) from error
    except yaml.reader.ReaderError as error:
        before, character = text[: error.position].split("\n"), named(text[error.position])
        msg = (
            f"{path} is not valid YAML: line {len(before)}, column {len(before[-1]) + 1}, has the character "
            f"{character}, which cannot be printed. Type the line again."
        )
        raise PlaceError(msg) from error
    return root


def _odd_character(mark: yaml.Mark | None) -> str:
    """Return which character is at a place in the file, as a sentence, if no keyboard for English has it."""
    if mark is None or not mark.buffer or (character := mark.buffer[mark.pointer : mark.pointer + 1]).isascii():
        return ""
    return f" In the way is {named(character)} in line {mark.line + 1}, column {mark.column + 1}."


def _text(path: Path) -> str:
    """Return the text of the list, with what Word and its like put between a reader and a name made plain."""
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        msg = f"There is no list of places: {path} does not exist. Write one, each name on a line like {_EXAMPLE}."
        raise PlaceError(msg) from None
    except OSError as error:
        msg = f"{path} cannot be read as a list of places: {error.strerror}."
        raise PlaceError(msg) from error
    for beginning, what in _DOCUMENTS.items():
        if raw.removeprefix(BOM_UTF8).lstrip()[:8].startswith(beginning):
            msg = f"{path} is {what}, not plain text. Save it as plain text (UTF-8), names on lines like {_EXAMPLE}."
            raise PlaceError(msg)
    # Windows calls UTF-16 "Unicode"; without its mark, it shows by the empty half of the first letter.
    half = raw[:2].find(b"\0")
    encoding = (
        "utf-16" if raw[:2] in (BOM_UTF16_LE, BOM_UTF16_BE) else {0: "utf-16-be", 1: "utf-16-le"}.get(half, "utf-8")
    )
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError as error:
        line, column = (
            error.object.count(b"\n", 0, error.start) + 1,
            error.start - error.object.rfind(b"\n", 0, error.start),
        )
        letter = named(error.object[error.start : error.start + 1].decode("cp1252", errors="replace"))
        msg = (
            f"{path} is not UTF-8 text (line {line}): column {column} would be {letter} in the encoding of Windows. "
            f"Save it again with the encoding UTF-8."
        )
        raise PlaceError(msg) from error
    lines = [visible(line) for line in _LINE_ENDS.split(text)]
    marked = [_MARKED.sub("- ", line, count=1) for line in lines]
    if marked != lines:  # YAML would read differences of indentation, too
        marked = [re.sub(r"^\s+-\s", "- ", line) for line in marked]
    return "\n".join(_QUOTED.sub(r'\1"\2"', re.sub(r"\s", " ", line)) for line in marked)


def _not_a_name(node: yaml.Node) -> str | None:
    """Return what an entry is instead of a name, as the end of a sentence, or None if it is a name."""
    if isinstance(node, yaml.MappingNode):
        return "read as key and value because of a colon; put the whole name in quotation marks, or take the colon out."
    if isinstance(node, yaml.SequenceNode):
        return "a list within the list; write each name after one hyphen, not indented."
    if node.tag in _KINDS:
        return f"{quoted(node.value)}, {_KINDS[node.tag]}; write the name of a local authority."
    if node.tag == _NULL or not node.value.strip():
        return "empty; write the name of a local authority after the hyphen, or take the line out."
    return None


def _hint_on_lines(text: str, gazetteer: Gazetteer) -> str:
    """Return a hint for two names that YAML joined because the second has no hyphen, else an empty text."""
    words = text.split()
    joined = any(
        gazetteer.find(" ".join(words[:cut])) and gazetteer.find(" ".join(words[cut:])) for cut in range(1, len(words))
    )
    return " If these are two names, a hyphen is missing before the second." if joined else ""
