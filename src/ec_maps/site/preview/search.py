"""The index of the site's search, with Quarto's field names, and again as a script for a site opened from a folder."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bs4 import BeautifulSoup, Tag
from bs4.element import NavigableString, PageElement, PreformattedString

from ec_maps.site.preview.project import section
from ec_maps.site.preview.qmd import Page

FILE = "search.json"
SCRIPT = "site_libs/preview/search-index.js"

_INLINE = frozenset(("a", "abbr", "b", "cite", "code", "em", "i", "mark", "q", "small", "span", "strong", "sub", "sup"))
# Numbers of a table would be most of the index, and nobody looks for a page by one of them.
_LEFT_OUT = frozenset(
    ("script", "style", "template", "noscript", "svg", "thead", "tbody", "tfoot", "tr", "button", "select")
)
_LEFT_OUT_ROLES = frozenset(("tablist", "doc-noteref", "doc-backlink"))
# A paragraph on more pages than this does not help to distinguish them.
_COMMON = 10


@dataclass
class Entry:
    """An entry of the index: a page before its first ``h2``, or one ``h2`` and its section.

    Attributes
    ----------
    href
        The address in the site, with the heading's fragment.
    title
        The page's title.
    section
        The heading, or an empty text.
    blocks
        The text, one item for each paragraph, caption or list item.
    """

    href: str
    title: str
    section: str
    blocks: list[str] = field(default_factory=lambda: [""])


def wanted(website: Mapping[str, Any]) -> bool:
    """Return whether the site has a search; as under Quarto it has unless ``search: false`` is set."""
    return bool(website.get("search", True)) and bool(section(website, "navbar").get("search", True))


def entries(page: Page, soup: BeautifulSoup, site_title: str) -> list[Entry]:
    """Return the entries of a page: one for the part before its first ``h2``, and one for each ``h2``.

    A page that says ``search: false`` and the page for missing addresses have none. Headings inside tabs begin no
    entry of their own.
    """
    if page.path.name == "404.qmd" or page.meta.get("search") is False:
        return []
    first = Entry(str(page.target), page.title or str(page.meta.get("pagetitle") or site_title), "")
    first.blocks = [str(page.meta.get("description") or ""), ""]
    found = [first]
    _walk(soup, found)
    for entry in found:
        entry.blocks = [block for text in entry.blocks if (block := " ".join(text.split()))]
    return found


def index(found: list[Entry]) -> list[dict[str, str]]:
    """Return the rows of the index, with the names that Quarto gives to their fields.

    A paragraph that stands on many pages, as pages made from one pattern have them, counts for the first only; an
    entry without text is left out, but for the first of a page.
    """
    pages = Counter(block for entry in found for block in set(entry.blocks))
    seen: set[str] = set()
    rows = []
    for entry in found:
        distinct = [block for block in entry.blocks if pages[block] <= _COMMON or block not in seen]
        seen.update(distinct)
        if distinct or not entry.section:
            row = {"objectID": entry.href, "href": entry.href, "title": entry.title, "section": entry.section}
            rows.append(row | {"text": " ".join(distinct)})
    return rows


def as_json(rows: list[dict[str, str]]) -> str:
    """Return the index as ``search.json``."""
    return json.dumps(rows, ensure_ascii=False, indent=0) + "\n"


def as_script(rows: list[dict[str, str]]) -> str:
    """Return the index as a script, as a page under ``file:`` can load a script but not a data file.

    It sets ``ecSearchIndex``, rows of address, title, section and text.
    """
    short = [[row[name] for name in ("href", "title", "section", "text")] for row in rows]
    return f'"use strict";\nwindow.ecSearchIndex = {json.dumps(short, ensure_ascii=False, separators=(",", ":"))};\n'


def _walk(element: PageElement, found: list[Entry]) -> None:
    if isinstance(element, NavigableString):
        if not isinstance(element, PreformattedString):  # comments and the like
            found[-1].blocks[-1] += str(element)
        return
    if not isinstance(element, Tag) or element.name in _LEFT_OUT or element.get("role") in _LEFT_OUT_ROLES:
        return
    if element.name == "h2" and element.get("id") and not element.find_parent(class_="tab-pane"):
        page = found[0]
        found.append(Entry(f"{page.href}#{element['id']}", page.title, element.get_text(" ", strip=True)))
        return
    for child in element.children:
        _walk(child, found)
    if element.name not in _INLINE:
        found[-1].blocks.append("")
