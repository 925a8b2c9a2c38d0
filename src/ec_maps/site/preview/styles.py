"""What a style sheet points at: fonts and pictures that have to come along with it."""

from __future__ import annotations

import re

_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_URL = re.compile(r"""url\(\s*(?:"([^"]*)"|'([^']*)'|([^"')\s]*))\s*\)|@import\s+(?:"([^"]*)"|'([^']*)')""")
_FONT_FACE = re.compile(r"@font-face\s*\{[^{}]*\}")


def references(css: str) -> list[str]:
    """Return the addresses in a style sheet, in order and once each, those with their content inside left out."""
    found = [next(filter(None, match.groups()), "") for match in _URL.finditer(_COMMENT.sub("", css))]
    return [address for address in dict.fromkeys(found) if address and not address.startswith(("data:", "#"))]


def without_fonts(css: str) -> str:
    """Return a style sheet without its ``@font-face`` rules, for a page that may depend on no other file."""
    return _FONT_FACE.sub("", css)
