"""Markdown of the pages: text without markup in it, tables, tabs, attributes."""

from __future__ import annotations

import re
from collections.abc import Sequence


def escaped(text: str) -> str:
    """Return text with what markdown would take for markup made plain."""
    return re.sub(r"([\\`*_{}\[\]<>#|$~^@&])", r"\\\1", str(text))


def attribute(text: str) -> str:
    """Return text as it can stand between the double quotes of an attribute."""
    return " ".join(str(text).replace("\\", "").replace('"', "”").split())


def quoted_yaml(text: str) -> str:
    """Return text as a double-quoted value of a page's front matter."""
    return '"' + " ".join(str(text).split()).replace("\\", "\\\\").replace('"', '\\"') + '"'


def pipe_table(heads: list[str], rows: list[list[str]], caption: str, align: str) -> str:
    """Return a table; `align` has one ``l`` or ``r`` for each column, and cells are markdown already."""
    # Where a line is long, pandoc makes columns as wide as their dashes say: here as wide as what is in them, with room
    # for the arrow beside a head.
    widths = [max(_letters(head) + 3, *(_letters(row[at]) for row in rows)) for at, head in enumerate(heads)]
    rule = [f"{'-' * width}:" if side == "r" else f":{'-' * width}" for side, width in zip(align, widths, strict=True)]
    lines = [" | ".join(cells) for cells in (heads, rule, *rows)]
    body = "\n".join(f"| {line} |" for line in lines)
    return f"{body}\n\n: {escaped(caption)} {{.striped}}"


def _letters(cell: str) -> int:
    """Return about how many letters of a cell are seen, at least three and at most forty."""
    return min(max(len(re.sub(r"\{#[^}]*\}|[\[\]\\]", "", cell)), 3), 40)


def framed(table: str, title: str) -> str:
    """Return a table in a frame of its own, in which it scrolls and which the keyboard reaches."""
    return f'::: {{.ec-table role="region" tabindex="0" aria-label="{attribute(title)}"}}\n\n{table}\n\n:::'


def tabset(tabs: list[tuple[str, str]]) -> str:
    """Return tabs, each with a name and its markdown; nothing for none."""
    if not tabs:
        return ""
    body = "\n\n".join(f"### {escaped(name)}\n\n{content}" for name, content in tabs)
    return f"\n::: {{.panel-tabset}}\n\n{body}\n\n:::\n"


def series(items: Sequence[str], last: str = "and") -> str:
    """Return items as words: "a, b and c"."""
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} {last} {items[-1]}" if items else ""
