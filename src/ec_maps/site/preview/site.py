"""The whole site: the template around each page, the listing, the feed and the index of the search."""

from __future__ import annotations

import datetime as dt
import json
import posixpath
import re
from collections import Counter
from dataclasses import dataclass, field
from email.utils import format_datetime
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import quote, urljoin, urlsplit

from bs4 import BeautifulSoup, Tag
from bs4.element import NavigableString, PageElement, PreformattedString
from jinja2 import Environment, PackageLoader, StrictUndefined
from PIL import Image, UnidentifiedImageError

from ec_maps import settings
from ec_maps.errors import RenderError
from ec_maps.site.preview import html
from ec_maps.site.preview.html import Links
from ec_maps.site.preview.project import INCLUDES, Project, as_list, globs, section
from ec_maps.site.preview.qmd import Page

SHELL = Path(__file__).parent / "shell"
#: The page for missing addresses, as hosts name it.
NOT_FOUND = "404.qmd"

_TEMPLATES = Environment(
    loader=PackageLoader("ec_maps.site.preview", "shell"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_TEMPLATES.filters["as_list"] = as_list
# The form of a date in a feed.
_TEMPLATES.filters["rfc822"] = lambda day: format_datetime(
    dt.datetime(day.year, day.month, day.day, tzinfo=dt.UTC), usegmt=True
)
_FONT_FACE = re.compile(r"@font-face\s*\{[^{}]*\}")
_INLINE = frozenset(("a", "abbr", "b", "cite", "code", "em", "i", "mark", "q", "small", "span", "strong", "sub", "sup"))
# Numbers of a table would be most of the index, and nobody looks for a page by one of them.
_LEFT_OUT = frozenset(
    ("script", "style", "template", "noscript", "svg", "thead", "tbody", "tfoot", "tr", "button", "select")
)
_LEFT_OUT_ROLES = frozenset(("tablist", "doc-noteref", "doc-backlink"))
# A paragraph on more pages than this does not help to distinguish them.
_COMMON = 10


@dataclass
class Site:
    """Data and functions that write the pages of one build."""

    project: Project
    pages: list[Page]

    @cached_property
    def links(self) -> Links:
        """The links of all pages."""
        made = {self.feed_file, "search.json" if self.searched else ""} - {""}
        return Links(self.project.root, {str(page.path): str(page.target) for page in self.pages}, made)

    def page(self, page: Page, soup: BeautifulSoup) -> str:
        """Return a whole page around its content, with its links rewritten and recorded."""
        website, meta = self.project.website, page.meta
        # Shown in place of any missing page, at any depth, so no link in it can be relative.
        anywhere = page.path.name == NOT_FOUND
        if anywhere:
            prefix = urlsplit(str(website.get("site-url", "/"))).path.rstrip("/") + "/"
        else:
            prefix = posixpath.relpath(".", str(page.path.parent)).rstrip("/") + "/"
        headings = html.contents(soup, int(meta.get("toc-depth", 3))) if meta.get("toc") else []
        self.links.resolve(page.path, soup, prefix if anywhere else "")
        image = self._image(page)
        return _TEMPLATES.get_template("page.html.j2").render(
            page=page,
            meta=meta,
            website=website,
            anywhere=anywhere,
            image=image and self.address(image),
            image_size=image and self._size(image),
            address="" if anywhere else self.address(str(page.target)),
            dataset="" if anywhere else self.dataset,
            prefix=prefix,
            home=self._from("index.qmd", prefix),
            css=[self._from(f"/{name}", prefix) for name in as_list(meta.get("css"))],
            inline_css=self._styles(meta) if anywhere else "",
            favicon=self._from(str(website["favicon"]), prefix) if "favicon" in website and not anywhere else "",
            feed=self.feed_file and prefix + self.feed_file,
            included={place: "" if anywhere else self._included(page, place) for place in INCLUDES},
            search=self.searched and not anywhere,
            navigation=[self._items(section(website, "navbar").get(side), page, prefix) for side in ("left", "right")],
            stamp=self._stamp(prefix),
            footer=[
                self._snippet(text, prefix)
                for side in ("left", "center", "right")
                if (text := section(website, "page-footer").get(side))
            ],
            contents=headings if len(headings) > 1 else [],
            body=str(soup),
            listing=[(other, self._image(other)) for other in self.listed(page)],
            listing_type=section(meta, "listing").get("type", "default"),
            fields=as_list(section(meta, "listing").get("fields"))
            or ["date", "title", "description", "image", "author", "categories"],
            beside=lambda path: quote(posixpath.relpath(str(path), str(page.path.parent))),
        )

    @cached_property
    def dataset(self) -> str:
        """What the data of the site are, as the pre-render step wrote it for the head of each page; or empty."""
        file = self.project.root / "api" / "v1" / "dataset.jsonld"
        return file.read_text(encoding="utf-8").strip() if file.is_file() else ""

    def address(self, path: str) -> str:
        """Return the full address of a file of the site, or an empty text without a ``site-url``."""
        base = str(self.project.website.get("site-url", ""))
        clean = re.sub(r"(^|/)index\.html$", r"\1", path)
        return urljoin(base.rstrip("/") + "/", quote(clean)) if base else ""

    def listed(self, page: Page) -> list[Page]:
        """Return the pages that a page's listing names, in its order."""
        listing = section(page.meta, "listing")
        named = globs([f"/{page.path.parent / str(glob)}" for glob in as_list(listing.get("contents"))])
        chosen = [other for other in self.pages if named(str(other.path)) and other.path != page.path]
        for order in reversed(as_list(listing.get("sort"))):
            key, _, direction = str(order).partition(" ")
            chosen.sort(
                key=lambda other: other.title if key == "title" else str(other.date or ""), reverse=direction == "desc"
            )
        return chosen

    @cached_property
    def feed(self) -> Page | None:
        """The page whose listing is the feed; None if no page has one, or the site has no address."""
        owners = (page for page in self.pages if section(page.meta, "listing").get("feed"))
        return next(owners, None) if "site-url" in self.project.website else None

    @property
    def feed_file(self) -> str:
        """The feed's path in the site; empty without one."""
        return str(self.feed.path.with_suffix(".xml")) if self.feed else ""

    def feed_text(self, owner: Page) -> str:
        """Return the RSS feed of the listing; its date is that of the newest page, so that it changes with them."""
        pages = self.listed(owner)
        text = _TEMPLATES.get_template("feed.xml.j2").render(
            owner=owner,
            website=self.project.website,
            pages=pages,
            newest=max((page.date for page in pages if page.date), default=None),
            address=lambda path: self.address(str(path)),
        )
        return f"{text}\n"

    def sitemap(self) -> str:
        """Return the addresses of all pages for search engines, as Quarto lists them."""
        pages = [page for page in self.pages if page.path.name != "404.qmd"]
        text = _TEMPLATES.get_template("sitemap.xml.j2").render(
            addresses=[self.address(str(page.target)) for page in pages]
        )
        return f"{text}\n"

    @property
    def searched(self) -> bool:
        """Whether the site has a search; as under Quarto it has unless ``search: false`` is set."""
        website = self.project.website
        return bool(website.get("search", True)) and bool(section(website, "navbar").get("search", True))

    def _included(self, page: Page, place: str) -> str:
        texts = [
            part["text"] if "text" in part else (self.project.root / part["file"]).read_text(encoding="utf-8")
            for part in as_list(page.meta.get(place))
        ]
        soup = BeautifulSoup("\n".join(text.strip() for text in texts), "html.parser")
        self.links.resolve(page.path, soup)
        return str(soup)

    def _size(self, image: str) -> tuple[int, int] | None:
        """Return width and height of the picture of a page's card in pixels, None for one that has no pixels."""
        try:
            with Image.open(self.project.root / image) as picture:
                return picture.size
        except UnidentifiedImageError:
            return None

    def _image(self, page: Page) -> str | None:
        return self.links.locate(page.path, str(page.meta["image"])) if page.meta.get("image") else None

    def _from(self, link: str, prefix: str) -> str:
        """Return a link of the project file, which is from the root, as it stands in a page."""
        parts = urlsplit(link)
        if parts.scheme:
            return link
        target = self.links.locate(PurePosixPath("_quarto.yml"), link)
        return prefix + quote(target or link) + (f"#{parts.fragment}" if parts.fragment else "")

    @cached_property
    def _titles(self) -> dict[str, str]:
        return {str(other.path): other.title for other in self.pages}

    def _items(self, items: object, page: Page, prefix: str) -> list[dict[str, Any]]:
        """Return links of the menu, and menus within it, which have `menu`, the links below them."""
        found = []
        for item in as_list(items):
            entry = item if isinstance(item, dict) else {"href": item}
            href = str(entry.get("href", ""))
            below = self._items(entry.get("menu"), page, prefix)
            found.append(
                {
                    "href": "" if below else self._from(href, prefix),
                    "text": str(entry.get("text") or self._titles.get(href.lstrip("/")) or entry.get("icon") or href),
                    "label": str(entry.get("aria-label") or ""),
                    "current": href.lstrip("/") == str(page.path) or any(one["current"] for one in below),
                    "menu": below,
                }
            )
        return found

    def _snippet(self, markdown: object, prefix: str) -> str:
        soup = BeautifulSoup(html.snippet(str(markdown)) if markdown else "", "html.parser")
        for link in soup.select("a[href]"):
            link["href"] = self._from(str(link["href"]), prefix)
        return str(soup)

    def _stamp(self, prefix: str) -> str:
        """Return what marks a page that is made from demonstration data; empty for real data."""
        words = self.project.config.get("demonstration")
        if settings.is_demo() and not words:
            msg = "EC_MAPS_SOURCE is demo, but _quarto.yml has no text `demonstration:` to mark pages with. Add one."
            raise RenderError(msg)
        return self._snippet(words, prefix) if settings.is_demo() else ""

    def _styles(self, meta: dict[str, Any]) -> str:
        # The page for missing addresses appears at any depth, so it contains its styles.
        files = [SHELL / "preview.css"]
        files += [self.project.root / str(name).lstrip("/") for name in as_list(meta.get("css"))]
        return _FONT_FACE.sub("", "\n".join(path.read_text(encoding="utf-8") for path in files))


# --- the search -------------------------------------------------------------------------------------


@dataclass
class SearchEntry:
    """An entry of the index: a page before its first ``h2``, or one ``h2``, its `section`, with what follows it.

    `blocks` is the text, one item for each paragraph, caption or list item.
    """

    href: str
    title: str
    section: str
    blocks: list[str] = field(default_factory=lambda: [""])


def entries(page: Page, soup: BeautifulSoup, site_title: str) -> list[SearchEntry]:
    """Return the entries of a page: one for the part before its first ``h2``, and one for each ``h2``.

    A page that says ``search: false`` and the page for missing addresses have none. Headings inside tabs begin no
    entry of their own.
    """
    if page.path.name == NOT_FOUND or page.meta.get("search") is False:
        return []
    first = SearchEntry(str(page.target), page.title or str(page.meta.get("pagetitle") or site_title), "")
    first.blocks = [str(page.meta.get("description") or ""), ""]
    found = [first]
    _walk(soup, found)
    for entry in found:
        entry.blocks = [block for text in entry.blocks if (block := " ".join(text.split()))]
    return found


def index(found: list[SearchEntry]) -> tuple[str, str]:
    """Return the index with the names that Quarto gives to its fields, and the same as a script.

    A page under ``file:`` can load a script but not a data file; it sets ``ecSearchIndex``. A paragraph that is on many
    pages, as pages made from one pattern have them, counts for the first only; an entry without text is left out, but
    for the first of a page.
    """
    pages = Counter(block for entry in found for block in set(entry.blocks))
    seen: set[str] = set()
    rows = []
    for entry in found:
        distinct = [block for block in entry.blocks if pages[block] <= _COMMON or block not in seen]
        seen.update(distinct)
        if distinct or not entry.section:
            row = {"href": entry.href, "title": entry.title, "section": entry.section, "text": " ".join(distinct)}
            rows.append({"objectID": entry.href, **row})
    short = json.dumps([list(row.values())[1:] for row in rows], ensure_ascii=False, separators=(",", ":"))
    data = json.dumps(rows, ensure_ascii=False, indent=0) + "\n"
    return data, f'"use strict";\nwindow.ecSearchIndex = {short};\n'


def _walk(element: PageElement, found: list[SearchEntry]) -> None:
    if isinstance(element, NavigableString):
        if not isinstance(element, PreformattedString):  # comments and the like
            found[-1].blocks[-1] += str(element)
        return
    if not isinstance(element, Tag) or element.name in _LEFT_OUT or element.get("role") in _LEFT_OUT_ROLES:
        return
    if element.name == "h2" and element.get("id") and not element.find_parent(class_="tab-pane"):
        page = found[0]
        found.append(SearchEntry(f"{page.href}#{element['id']}", page.title, element.get_text(" ", strip=True)))
        return
    for child in element.children:
        _walk(child, found)
    if element.name not in _INLINE:
        found[-1].blocks.append("")
