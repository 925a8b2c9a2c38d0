"""A page's source: front matter, prose and cells, each with its line, and what the preview does not support."""

from __future__ import annotations

import datetime as dt
import posixpath
import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from ec_maps.errors import RenderError
from ec_maps.site.preview.project import (
    INCLUDES,
    PAGE_KEYS,
    Config,
    Project,
    as_list,
    merge,
    read_yaml,
    section,
    unknown_keys,
)

_BLOCK = re.compile(
    r"^([ \t]*)(`{3,}|~{3,})[ \t]*(.*?)[ \t]*\n"  # indentation, fence, what it opens
    r"((?:.*\n)*?)(?:[ \t]*\2[`~]*[ \t]*\n|(\Z))",  # the code, then the closing fence or the end
    re.MULTILINE,
)
_CELL = re.compile(r"\{\s*([A-Za-z][\w-]*)\b[^}]*\}")
_INLINE = re.compile(r"`\{python\}(\s[^`]+)`")
_OPTIONS = {"output": (True, False, "asis"), "label": None} | dict.fromkeys(
    ("echo", "include", "eval", "warning", "message"), (True, False)
)

# Syntax that has a meaning in Quarto and none in the preview.
_CLASSES = re.compile(
    r"panel-(?!tabset$).*|column-.*|layout.*|content-(visible|hidden)|callout-(?!(note|tip|warning|important|caution)$)"
    r".*|g-col-.*|grid|aside|hidden|lightbox|margin-.*|theorem|proof|notes|incremental"
)
_ATTRIBUTES = re.compile(
    r"layout.*|collapse|group|appearance|icon|when-.*|unless-.*|fig-(?!alt$).*|tbl-.*|lightbox|filename"
)
_CROSS_REFERENCE = re.compile(r"(fig|tbl|lst|eq|thm)-.*")
_BRACES = re.compile(r"\{\s*([.#][^{}]*|[\w-]+\s*=[^{}]*)\}")
_CITATION = re.compile(r"(?<![\w/.@\\])@[A-Za-z_][\w:-]*")
_CODE_SPAN = re.compile(r"(`+)(?!`).+?(?<!`)\1(?!`)")


@dataclass(frozen=True)
class Cell:
    """A ``{python}`` cell, or an inline expression, for which `options` is None."""

    line: int
    code: str
    options: dict[str, Any] | None

    @property
    def runs(self) -> bool:
        """Whether it is to be run, not only shown."""
        return self.options is None or self.options.get("eval", True) is True


# Texts of the front matter, which pandoc reads as markdown.
_TEXTS = ("title", "pagetitle", "description")
_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")


@dataclass(frozen=True)
class Page:
    """One ``.qmd`` file: its path in the project, its options, its prose and cells in order, and its unchanged text.

    The options are its front matter over the folders' metadata over the project's, with those of ``html`` at the top.
    """

    path: PurePosixPath
    meta: Config
    parts: list[str | Cell]
    source: str

    @property
    def cells(self) -> list[Cell]:
        """Its cells, in order."""
        return [part for part in self.parts if isinstance(part, Cell)]

    @property
    def target(self) -> PurePosixPath:
        """The built page's path in the site."""
        return self.path.with_suffix(".html")

    @property
    def title(self) -> str:
        """The title, or an empty text."""
        return str(self.meta.get("title") or "")

    @property
    def date(self) -> dt.date | None:
        """The day that the page was published, or None."""
        value = self.meta.get("date")
        if isinstance(value, dt.datetime):
            return value.date()
        if value is None or isinstance(value, dt.date):
            return value
        return dt.date.fromisoformat(str(value))


def read_page(project: Project, path: Path) -> tuple[Page, list[str]]:
    """Read a page; return it with one sentence for each thing in it that the preview does not know."""
    where = path.relative_to(project.root).as_posix()
    if path.suffix != ".qmd":
        msg = f"{where} is in the render list; the preview builds .qmd pages only. Take it out of the list."
        raise RenderError(msg)
    source = path.read_text(encoding="utf-8")
    faults: list[str] = []
    meta = _options(project.config, "_quarto.yml", project.root, faults)
    for folder in reversed(path.relative_to(project.root).parents):
        metadata = project.root / folder / "_metadata.yml"
        if metadata.is_file():
            text, name = metadata.read_text(encoding="utf-8"), metadata.relative_to(project.root).as_posix()
            meta = merge(meta, _options(read_yaml(text, name), name, project.root, faults))
            faults += unknown_keys(text, PAGE_KEYS, name)
    front, body, first = _front_matter(source)
    meta = merge(meta, _options(read_yaml(front, where, 2), where, project.root, faults))
    faults += unknown_keys(front, PAGE_KEYS, where, 2)
    meta |= {key: _ESCAPED.sub(r"\1", meta[key]) for key in _TEXTS if isinstance(meta.get(key), str)}
    page = Page(PurePosixPath(where), meta, _parts(body + "\n", first, where, faults), source)
    try:
        _ = page.date
    except ValueError:
        faults.append(f"{where}: the date is {meta['date']!r}; expected year-month-day, such as 2025-11-22.")
    return page, faults


def _options(config: Config, where: str, root: Path, faults: list[str]) -> Config:
    """Return a file's options with those of ``format: html:`` at the top and each include as a list of its parts.

    A part is ``{text: …}`` or ``{file: path from the root}``. A file is named from the folder of the file that names
    it, or with a slash from the root, so this comes before options of several folders are merged.
    """
    found = merge({key: value for key, value in config.items() if key != "format"}, section(config, "format", "html"))
    for place in INCLUDES:
        parts = []
        for item in as_list(found.pop(place, None)):
            match {"file": item} if isinstance(item, str) else item:
                case {"text": str(text), **others} if not others:
                    parts.append({"text": text})
                case {"file": str(name), **others} if not others:
                    inside = posixpath.normpath(posixpath.join(posixpath.dirname(where), name)).lstrip("/")
                    parts.append({"file": inside})
                    if inside.startswith("../") or not (root / inside).is_file():
                        faults.append(f"{where}: `{place}` names {name}, and there is no file {inside} in the project.")
                case _:
                    faults.append(
                        f"{where}: `{place}` holds {item!r}; expected the name of a file, `text: |` with HTML below "
                        "it, or a list of these."
                    )
        if parts:
            found[place] = parts
    return found


def refused_markup(text: str, where: str, first_line: int | None = None) -> list[str]:
    """Return one sentence for each part of markdown that has a meaning in Quarto and none in the preview.

    With `first_line`, each names its line; without, the text was printed by a cell and `where` says which.
    """
    faults = []
    outside_code = _BLOCK.sub(lambda block: "\n" * block[0].count("\n"), f"{text}\n")
    for number, line in enumerate(outside_code.splitlines()):
        at = f"{where}, line {first_line + number}" if first_line is not None else where
        prose = _CODE_SPAN.sub("", line)
        if re.search(r"(?<!\{)\{\{<", prose):
            faults.append(f"{at}: the preview knows no shortcodes: {line.strip()!r}. Write out what it would insert.")
            continue
        blocks = [match[1] for match in _BRACES.finditer(prose)]
        if bare := re.match(r"\s*:{3,}\s*([A-Za-z][\w-]*)\s*:*$", prose):
            blocks.append(f".{bare[1]}")
        for block in blocks:
            names = re.sub(r"(=\s*)(\"[^\"]*\"|'[^']*'|\S+)", "=", block)
            faults += [
                f"{at}: the preview does not know {kind}{name}. Leave it out, or write it another way."
                for kind, pattern, known in (
                    (".", r"\.([\w-]+)", _CLASSES),
                    ("", r"([\w-]+)\s*=", _ATTRIBUTES),
                    ("#", r"#([\w:-]+)", _CROSS_REFERENCE),
                )
                for name in re.findall(pattern, names)
                if known.fullmatch(name)
            ]
        faults += [
            f"{at}: the preview knows no citations or cross-references: {cited}. Use a footnote or a link; "
            "put a backslash before an @ that is meant as it is."
            for cited in _CITATION.findall(prose)
        ]
    return faults


def _front_matter(source: str) -> tuple[str, str, int]:
    lines = source.splitlines(keepends=True)
    if lines and lines[0].rstrip() == "---":
        for number, line in enumerate(lines[1:], 1):
            if line.rstrip() in ("---", "..."):
                return "".join(lines[1:number]), "".join(lines[number + 1 :]), number + 2
    return "", source, 1


def _parts(body: str, first: int, where: str, faults: list[str]) -> list[str | Cell]:
    parts: list[str | Cell] = []
    start = 0

    def prose(end: int) -> None:
        text, line = body[start:end], first + body.count("\n", 0, start)
        faults.extend(refused_markup(text, where, line))
        for number, piece in enumerate(_INLINE.split(text)):
            parts.append(Cell(line, piece.strip(), None) if number % 2 else piece)
            line += piece.count("\n")

    for block in _BLOCK.finditer(body):
        indent, fence, info, code, unclosed = block.groups()
        line = first + body.count("\n", 0, block.start())
        if unclosed is not None:
            faults.append(f"{where}, line {line}: this block has no closing {fence}.")
        elif language := _CELL.fullmatch(info):
            if language[1] == "python" == info.strip("{} ") and not indent:
                prose(block.start())
                parts.append(_cell(code, line, where, faults))
                start = block.end()
            else:
                faults.append(
                    f"{where}, line {line}: the preview runs {{python}} cells that start at the margin, with options "
                    f"as #| lines; it does not know {(indent + info)!r}."
                )
    prose(len(body))
    return parts


def _cell(text: str, line: int, where: str, faults: list[str]) -> Cell:
    lines = text.splitlines()
    count = next((number for number, text in enumerate(lines) if not text.startswith("#|")), len(lines))
    options = read_yaml("\n".join(text[2:].removeprefix(" ") for text in lines[:count]), where, line + 1)
    for name, value in options.items():
        if name not in _OPTIONS:
            faults.append(f"{where}, line {line}: the preview does not know the cell option `{name}`.")
        elif (allowed := _OPTIONS[name]) and value not in allowed:
            expected = " or ".join(str(item).lower() for item in allowed)
            faults.append(f"{where}, line {line}: the cell option `{name}` is {value!r}; expected {expected}.")
    return Cell(line, "\n".join(lines[count:]).strip("\n"), options)
