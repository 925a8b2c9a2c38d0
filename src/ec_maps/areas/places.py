"""The list of places, ``places.yml``."""

from __future__ import annotations

import re
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import yaml

from ec_maps import settings
from ec_maps.areas.finder import LOOK_UP, find_place, find_region, gazetteer_of, search_places
from ec_maps.areas.groups import EXAMPLE, PlaceGroup, named_group, own_group
from ec_maps.arguments import path_of
from ec_maps.cleaning import visible
from ec_maps.errors import PlaceError, letter_of, listed
from ec_maps.geography.gazetteer import Gazetteer, Place
from ec_maps.geography.groups import group_like
from ec_maps.geography.names import named, plain, quoted, slug

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Place", "PlaceGroup", "find_place", "find_region", "gazetteer_of", "read_places", "search_places", "slug"]

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


class _Entry(NamedTuple):
    """An entry of the list: its line, its text, and for a group of its own its local authorities with their lines."""

    line: int
    text: str
    members: list[tuple[int, str]] | None = None


def read_places(path: Path | str | None = None, *, districts: pd.DataFrame | None = None) -> list[Place | PlaceGroup]:
    r"""Return the places of the list, in the order of the file.

    Parameters
    ----------
    path
        A YAML list with one place in each entry; the project's ``places.yml`` if None. A place is a local authority by
        its name (English or Welsh, or a part that is in no other) or code; a county or combined authority of England by
        name; or a group of one's own, its name and a list: ``- Greater Norwich: [Norwich, Broadland, South Norfolk]``.
        Groups may have districts in common with each other and with the rest of the list.
    districts
        The districts that can be named, with the columns ``lad21cd lad21nm rgn21nm``; if None, all districts of the
        boundaries, including those of Scotland and Northern Ireland if they have them.

    Returns
    -------
    places
        The places, each with name, code and region. A :class:`PlaceGroup` has no code, so that its ``lad21cd`` is None;
        ``codes`` has those of its districts, or the one of a :class:`Place`.

    Raises
    ------
    PlaceError
        If the file cannot be read as such a list, or an entry is not a known place or is listed twice, under another
        name too; or if a group is empty, has only one district, one twice or one in Scotland or Northern Ireland, where
        there are no neighbourhoods, or has the name of another place. The message gives every fault in the file, with
        its line.

    Examples
    --------
    >>> import ec_maps
    >>> from pathlib import Path
    >>> text = "- great yarmouth\n- Suffolk\n- Around Norwich: [Norwich, Broadland]\n"
    >>> _ = Path("my-places.yml").write_text(text, encoding="utf-8")
    >>> [(place.name, len(place.codes)) for place in ec_maps.read_places("my-places.yml")]
    [('Great Yarmouth', 1), ('Suffolk', 5), ('Around Norwich', 2)]
    """
    if path is None:
        path = settings.project_root() / "places.yml"
    path = path_of(path, "The list of places is read from the path of a file", PlaceError)
    entries, faults, in_brackets = _entries(path)
    gazetteer = gazetteer_of(districts) if entries else Gazetteer([])
    written: dict[Place | PlaceGroup, _Entry] = {}
    misnamed = False
    for entry in entries:
        found = _place(entry, gazetteer, path.name)
        if isinstance(found, list):
            texts = [entry.text] if entry.members is None else [text for _, text in entry.members]
            misnamed = misnamed or any(gazetteer.find(text) is None for text in texts)
            faults += [(entry.line, fault) for fault in found]
        elif twice := _said_twice(entry, found, written, path.name):
            faults.append((entry.line, twice))
        else:
            written[found] = entry
    if faults:
        notes = [LOOK_UP] if misnamed else []
        if misnamed and in_brackets:
            notes.insert(0, "Within square brackets a name that has a comma needs quotation marks.")
        texts = [text for _, text in sorted(faults, key=lambda fault: fault[0])]
        raise PlaceError(letter_of(texts, f"{len(texts)} faults in {path.name}:", " ".join(notes)))
    return list(written)


def _place(entry: _Entry, gazetteer: Gazetteer, file: str) -> Place | PlaceGroup | list[str]:
    """Return what an entry names, or its faults."""
    where = f" (line {entry.line} of {file})"
    if entry.members is not None:
        members = [(text, f" (line {line} of {file})") for line, text in entry.members]
        return own_group(entry.text, members, gazetteer, where)
    if place := gazetteer.find(entry.text):
        return place
    try:
        found = named_group(entry.text, where, gazetteer)
    except PlaceError as error:
        return [str(error)]
    if found is None:
        also = f" {like}" if (like := group_like(entry.text)) else ""
        return [gazetteer.explain(entry.text, where) + also + _hint_on_lines(entry.text, gazetteer)]
    group, lacking = found
    if lacking:
        whole, there = len(group.places) + lacking, listed([place.name for place in group.places])
        fault = (
            f"{quoted(entry.text)}{where} is a {group.kind} of {whole} local authorities, and the table or the "
            f"boundaries in use have only {there}. List {'it' if whole - lacking == 1 else 'them'} instead."
        )
        return [fault]
    return group


def _said_twice(
    entry: _Entry, place: Place | PlaceGroup, written: dict[Place | PlaceGroup, _Entry], file: str
) -> str | None:
    """Return the fault of a place that an earlier entry has: itself, one of its name, or a group of its districts."""
    where = f" (line {entry.line} of {file})"
    for other, before in written.items():
        if slug(other.name) == slug(place.name) or other == place:
            as_what = "" if plain(entry.text) == plain(before.text) else f" as {quoted(before.text)}"
            return f"{quoted(entry.text)}{where} is already on line {before.line}{as_what}; keep one of them."
        if set(other.codes) == set(place.codes):
            return (
                f"{quoted(entry.text)}{where} has the same local authorities as {quoted(before.text)} on line "
                f"{before.line}; keep one of them."
            )
    return None


def _entries(path: Path) -> tuple[list[_Entry], list[tuple[int, str]], bool]:
    """Return the entries and the faults, each with its line, and whether one is written in brackets, "[a, b]"."""
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
    entries: list[_Entry] = []
    faults: list[tuple[int, str]] = []
    in_brackets = bool(root.flow_style)
    for node in root.value:
        line, fault = node.start_mark.line + 1, _not_a_name(node)
        if fault or not isinstance(node, yaml.MappingNode):
            if fault:
                faults.append((line, f"Line {line} of {path.name} is {fault}"))
            else:
                entries.append(_Entry(line, node.value))
            continue
        ((name, members),) = node.value
        in_brackets = in_brackets or bool(members.flow_style)
        wrong = [(one.start_mark.line + 1, fault) for one in members.value if (fault := _not_a_name(one, inside=True))]
        faults += [
            (at, f"Line {at} of {path.name}, in the group {quoted(name.value)}, is {fault}") for at, fault in wrong
        ]
        if not wrong:
            entries.append(_Entry(line, name.value, [(one.start_mark.line + 1, one.value) for one in members.value]))
    return entries, faults, in_brackets


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
    if marked != lines and not any(line.rstrip().endswith(":") for line in marked):
        # YAML would read differences of indentation, too, which only groups have.
        marked = [re.sub(r"^\s+-\s", "- ", line) for line in marked]
    return "\n".join(_QUOTED.sub(r'\1"\2"', re.sub(r"\s", " ", line)) for line in marked)


def _not_a_name(node: yaml.Node, *, inside: bool = False) -> str | None:
    """Return what an entry is instead of a name or a group, as the end of a sentence, or None if it is one.

    Those `inside` a group are names alone.
    """
    if isinstance(node, yaml.MappingNode) and not inside:
        return _not_a_group(node)
    if not isinstance(node, yaml.ScalarNode) and inside:
        return "a list or a group; write one list of local authorities."
    if isinstance(node, yaml.SequenceNode):
        return f"a list within the list; write each name after one hyphen, not indented, or a group as in {EXAMPLE}."
    if node.tag in _KINDS:
        return f"{quoted(node.value)}, {_KINDS[node.tag]}; write the name of a local authority."
    if node.tag == _NULL or not node.value.strip():
        return "empty; write the name of a local authority after the hyphen, or take the line out."
    return None


def _not_a_group(node: yaml.MappingNode) -> str | None:
    """Return what an entry with a colon is instead of one name with a list, as the end of a sentence."""
    if len(node.value) != 1:
        return f"several names with colons in one entry; begin each group with a hyphen, as in {EXAMPLE}."
    name, members = node.value[0]
    if not isinstance(name, yaml.ScalarNode):
        return f"a group without a name; write one before the colon, as in {EXAMPLE}."
    if isinstance(members, yaml.SequenceNode):
        return None
    if isinstance(members, yaml.MappingNode):
        return f"a group of groups; write one list of local authorities, as in {EXAMPLE}."
    if members.tag == _NULL:
        return f"the group {quoted(name.value)} without local authorities; write them after the colon, as in {EXAMPLE}."
    return (
        f"read as the group {quoted(name.value)} because of a colon, with no list after it. Write its local "
        f"authorities in square brackets, as in {EXAMPLE}; or put the whole name in quotation marks."
    )


def _hint_on_lines(text: str, gazetteer: Gazetteer) -> str:
    """Return a hint for two names that YAML joined because the second has no hyphen, else an empty text."""
    words = text.split()
    joined = any(
        gazetteer.find(" ".join(words[:cut])) and gazetteer.find(" ".join(words[cut:])) for cut in range(1, len(words))
    )
    return " If these are two names, a hyphen is missing before the second." if joined else ""
