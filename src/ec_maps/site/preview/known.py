"""The keys that the preview knows, so that it can refuse by name the ones that would change a page under Quarto."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any

import yaml

# A name maps to the names known below it; None takes whatever is below.
Known = Mapping[str, Any]

_INCLUDE: Known = dict.fromkeys(("text", "file"))

_EXECUTE: Known = dict.fromkeys(("echo", "warning", "freeze", "enabled"))

# Options of `format: html:`, which Quarto also takes at the top of a page. Those of the second row are matters of
# Quarto's own theme: the preview has the same look from the style sheet and passes over them.
_HTML: Known = {
    **dict.fromkeys(("css", "toc", "toc-depth", "code-tools", "html-math-method", "date-format")),
    **dict.fromkeys(("theme", "respect-user-color-scheme", "grid", "anchor-sections", "smooth-scroll", "code-copy")),
    **dict.fromkeys(("include-in-header", "include-after-body"), _INCLUDE),
}

_LISTING: Known = {
    **dict.fromkeys(("contents", "sort", "type", "fields", "categories", "feed", "sort-ui", "filter-ui")),
    **dict.fromkeys(("date-format", "image-height", "image-align", "grid-columns")),
}

_ANYWHERE: Known = {**_HTML, "format": {"html": _HTML}, "execute": _EXECUTE} | dict.fromkeys(
    ("lang", "author", "jupyter")
)

PAGE: Known = {**_ANYWHERE, "listing": _LISTING} | dict.fromkeys(
    ("title", "pagetitle", "description", "date", "categories", "image", "image-alt", "search")
)

_LINK: Known = dict.fromkeys(("text", "href", "icon", "aria-label"))
_NAVBAR_ITEM: Known = {**_LINK, "menu": _LINK}

PROJECT: Known = {
    **_ANYWHERE,
    # For the script that writes the reference; Quarto passes over it too.
    "quartodoc": None,
    "project": dict.fromkeys(("type", "output-dir", "render", "resources", "pre-render")),
    "website": {
        "navbar": {"left": _NAVBAR_ITEM, "right": _NAVBAR_ITEM}
        | dict.fromkeys(("title", "search", "pinned", "collapse-below", "background", "foreground")),
        "page-footer": dict.fromkeys(("left", "center", "right", "border", "background", "foreground")),
        "announcement": dict.fromkeys(("content", "type", "dismissable", "icon", "position", "id")),
        # Where Quarto puts its box and what it looks like; the preview has one, in the header.
        "search": dict.fromkeys(("location", "type")),
    }
    | dict.fromkeys(("title", "description", "site-url", "favicon", "open-graph", "twitter-card")),
}


def unknown_keys(text: str, known: Known, where: str, first_line: int = 1) -> list[str]:
    """Return one sentence for each key of a YAML text that is not known, with file and line.

    `first_line` is the line of the file that the text starts at. The text is YAML: the caller has read it.
    """
    node = yaml.compose(text, Loader=yaml.SafeLoader)
    return [
        f"{where}, line {line + first_line}: the preview does not know `{key}`.{hint}"
        for line, key, hint in _unknown(node, known, "")
    ]


def _unknown(node: yaml.Node | None, known: Known, above: str) -> list[tuple[int, str, str]]:
    found: list[tuple[int, str, str]] = []
    if isinstance(node, yaml.SequenceNode):
        for item in node.value:
            found += _unknown(item, known, above)
    elif isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            name = str(key.value)
            if name not in known:
                close = difflib.get_close_matches(name, known, n=1)
                hint = f" Did you mean `{close[0]}`?" if close else ""
                found.append((key.start_mark.line, f"{above}{name}", hint))
            elif known[name] is not None:
                found += _unknown(value, known[name], f"{above}{name}: ")
    return found
