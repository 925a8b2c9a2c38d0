"""A page's source: front matter, prose and cells, each with its line, and what the preview does not support."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from ec_maps.errors import RenderError
from ec_maps.site.preview import includes
from ec_maps.site.preview.project import PAGE, Project, html_options, merge, read_yaml, unknown_keys

_FENCE = re.compile(r"^(\s*)(`{3,}|~{3,})\s*(.*?)\s*$")
_CELL = re.compile(r"\{\s*([A-Za-z][\w-]*)\b[^}]*\}")
_INLINE = re.compile(r"`\{python\}\s+([^`]+)`")
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
class Prose:
    """Markdown of the source."""

    line: int
    text: str


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


@dataclass(frozen=True)
class Page:
    """One ``.qmd`` file.

    Attributes
    ----------
    path
        Its path in the project.
    meta
        Its front matter over the folders' metadata over the project's, with the options of ``html`` at the top.
    parts
        Prose and cells in order.
    source
        The unchanged text of the file.
    """

    path: PurePosixPath
    meta: dict[str, Any]
    parts: list[Prose | Cell]
    source: str

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
    meta, wrong = includes.placed(html_options(project.config), PurePosixPath(), project.root, "_quarto.yml")
    faults += wrong
    for folder in reversed(path.relative_to(project.root).parents):
        metadata = project.root / folder / "_metadata.yml"
        if metadata.is_file():
            name = metadata.relative_to(project.root).as_posix()
            text = metadata.read_text(encoding="utf-8")
            placed, wrong = includes.placed(
                html_options(read_yaml(text, name)), PurePosixPath(folder.as_posix()), project.root, name
            )
            meta = merge(meta, placed)
            faults += [*unknown_keys(text, PAGE, name), *wrong]
    front, body, first = _front_matter(source)
    placed, wrong = includes.placed(
        html_options(read_yaml(front, where, 2)), PurePosixPath(where).parent, project.root, where
    )
    meta = merge(meta, placed)
    faults += [*unknown_keys(front, PAGE, where, 2), *wrong]
    parts, faults_in_body = _parts(body, first, where)
    page = Page(PurePosixPath(where), meta, parts, source)
    faults += faults_in_body
    try:
        _ = page.date
    except ValueError:
        faults.append(f"{where}: the date is {meta['date']!r}; expected year-month-day, such as 2025-11-22.")
    return page, faults


def refused_markup(text: str, where: str, first_line: int | None = None) -> list[str]:
    """Return one sentence for each part of markdown that has a meaning in Quarto and none in the preview.

    With `first_line`, each names its line; without, the text was printed by a cell and `where` says which.
    """
    faults = []
    for number, line in _outside_code(text):
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


def _outside_code(text: str) -> Iterator[tuple[int, str]]:
    fence = ""
    for number, line in enumerate(text.splitlines()):
        match = _FENCE.match(line)
        if fence:
            if match and match[2].startswith(fence) and not match[3]:
                fence = ""
        elif match:
            fence = match[2]
        else:
            yield number, line


def _front_matter(source: str) -> tuple[str, str, int]:
    lines = source.splitlines(keepends=True)
    if lines and lines[0].rstrip() == "---":
        for number, line in enumerate(lines[1:], 1):
            if line.rstrip() in ("---", "..."):
                return "".join(lines[1:number]), "".join(lines[number + 1 :]), number + 2
    return "", source, 1


def _parts(body: str, first: int, where: str) -> tuple[list[Prose | Cell], list[str]]:
    parts: list[Prose | Cell] = []
    faults: list[str] = []
    lines = body.splitlines(keepends=True)
    start = position = 0

    def prose(end: int) -> None:
        text = "".join(lines[start:end])
        faults.extend(refused_markup(text, where, first + start))
        parts.extend(_with_inline(text, first + start))

    while position < len(lines):
        match = _FENCE.match(lines[position])
        position += 1
        if not match:
            continue
        opened, (indent, fence, info) = position, match.groups()
        while position < len(lines):
            closing = _FENCE.match(lines[position])
            position += 1
            if closing and closing[2].startswith(fence) and not closing[3]:
                break
        else:
            faults.append(f"{where}, line {first + opened - 1}: this block has no closing {fence}.")
            break
        language = _CELL.fullmatch(info)
        if not language:
            continue
        if language[1] != "python" or info.strip("{} ") != "python" or indent:
            faults.append(
                f"{where}, line {first + opened - 1}: the preview runs {{python}} cells that start at the margin, with "
                f"options as #| lines; it does not know {(indent + info)!r}."
            )
        else:
            prose(opened - 1)
            cell, wrong = _cell(lines[opened : position - 1], first + opened - 1, where)
            parts.append(cell)
            faults += wrong
            start = position
    prose(len(lines))
    return parts, faults


def _with_inline(text: str, line: int) -> Iterator[Prose | Cell]:
    end = 0
    for match in _INLINE.finditer(text):
        yield Prose(line + text.count("\n", 0, end), text[end : match.start()])
        yield Cell(line + text.count("\n", 0, match.start()), match[1].strip(), None)
        end = match.end()
    yield Prose(line + text.count("\n", 0, end), text[end:])


def _cell(lines: list[str], line: int, where: str) -> tuple[Cell, list[str]]:
    count = next((number for number, text in enumerate(lines) if not text.startswith("#|")), len(lines))
    options = read_yaml("".join(text[2:].removeprefix(" ") for text in lines[:count]), where, line + 1)
    faults = []
    for name, value in options.items():
        if name not in _OPTIONS:
            faults.append(f"{where}, line {line}: the preview does not know the cell option `{name}`.")
        elif (allowed := _OPTIONS[name]) and value not in allowed:
            expected = " or ".join(str(item).lower() for item in allowed)
            faults.append(f"{where}, line {line}: the cell option `{name}` is {value!r}; expected {expected}.")
    return Cell(line, "".join(lines[count:]).strip("\n"), options), faults
