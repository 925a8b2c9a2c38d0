"""The whole site: the template around each page, the listing and the feed."""

from __future__ import annotations

import datetime as dt
import posixpath
import re
from dataclasses import dataclass
from email.utils import format_datetime
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import quote, urljoin, urlsplit
from xml.etree import ElementTree as ET

from bs4 import BeautifulSoup
from jinja2 import Environment, PackageLoader, StrictUndefined
from PIL import Image, UnidentifiedImageError

from ec_maps.site.preview import html, includes, search
from ec_maps.site.preview.links import Links, without_fonts
from ec_maps.site.preview.project import Globs, Project, as_list, section
from ec_maps.site.preview.qmd import Page

SHELL = Path(__file__).parent / "shell"
SHELL_FILES = ("site_libs/preview/preview.css", "site_libs/preview/preview.js")
SEARCH_FILES = ("site_libs/preview/search.js",)
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_ATOM = "http://www.w3.org/2005/Atom"


@dataclass
class Site:
    """Data and functions that write the pages of one build."""

    project: Project
    pages: list[Page]
    links: Links

    @cached_property
    def _template(self) -> Any:
        environment = Environment(
            loader=PackageLoader("ec_maps.site.preview", "shell"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        environment.filters["day"] = day
        return environment.get_template("page.html.j2")

    def page(self, page: Page, soup: BeautifulSoup) -> str:
        """Return a whole page around its content, with its links rewritten and recorded."""
        website, meta = self.project.website, page.meta
        depth = int(meta.get("toc-depth", 3))
        headings = html.contents(soup, depth) if meta.get("toc") else []
        listing = self._listing(page)
        # Shown in place of any missing page, at any depth, so no link in it can be relative.
        anywhere = page.path.name == "404.qmd"
        if anywhere:
            prefix = urlsplit(str(website.get("site-url", "/"))).path.rstrip("/") + "/"
        else:
            prefix = posixpath.relpath(".", str(page.path.parent)).rstrip("/") + "/"
        self.links.resolve(page.path, soup, prefix if anywhere else "")
        included = ["" if anywhere else self._included(page, place) for place in includes.PLACES]
        image = self._image(page)
        return str(
            self._template.render(
                page=page,
                lang=str(meta.get("lang", "en")),
                site_title=str(website.get("title", "")),
                heading=str(meta.get("pagetitle") or page.title),
                description=str(meta.get("description") or website.get("description") or ""),
                authors=[str(author) for author in as_list(meta.get("author"))],
                categories=[str(category) for category in as_list(meta.get("categories"))],
                image=image and self.address(image),
                image_size=image and self._size(image),
                image_alt=str(meta.get("image-alt") or ""),
                address=self.address(str(page.target)) if not anywhere else "",
                prefix=prefix,
                home=self._from("index.qmd", prefix),
                css=[self._from(f"/{name}", prefix) for name in as_list(meta.get("css"))],
                inline_css=self._styles(meta) if anywhere else "",
                favicon=self._from(str(website["favicon"]), prefix) if "favicon" in website and not anywhere else "",
                feed=self.feed_name is not None and prefix + str(self.feed_name),
                in_header=included[0],
                after_body=included[1],
                search=search.wanted(website) and not anywhere,
                navigation=[self._navigation(page, side, prefix) for side in ("left", "right")],
                announcement=self._snippet(section(website, "announcement").get("content"), prefix),
                footer=[
                    self._snippet(text, prefix)
                    for side in ("left", "center", "right")
                    if (text := section(website, "page-footer").get(side))
                ],
                contents=headings if len(headings) > 1 else [],
                source=page.source if meta.get("code-tools") else "",
                body=str(soup),
                listing=listing,
                listing_type=section(meta, "listing").get("type", "default"),
                fields=as_list(section(meta, "listing").get("fields"))
                or ["date", "title", "description", "image", "author", "categories"],
            )
        )

    def address(self, path: str) -> str:
        """Return the full address of a file of the site, or an empty text without a ``site-url``."""
        base = str(self.project.website.get("site-url", ""))
        clean = re.sub(r"(^|/)index\.html$", r"\1", path)
        return urljoin(base.rstrip("/") + "/", quote(clean)) if base else ""

    def listed(self, page: Page) -> list[Page]:
        """Return the pages that a page's listing names, in its order."""
        listing = section(page.meta, "listing")
        globs = Globs([f"/{page.path.parent / str(glob)}" for glob in as_list(listing.get("contents"))])
        chosen = [other for other in self.pages if globs.match(str(other.path)) and other.path != page.path]
        for order in reversed(as_list(listing.get("sort"))):
            key, _, direction = str(order).partition(" ")
            chosen.sort(
                key=lambda other: other.title if key == "title" else str(other.date or ""), reverse=direction == "desc"
            )
        return chosen

    @property
    def feed_name(self) -> str | None:
        """The feed's path in the site, or None if no page has one."""
        if "site-url" not in self.project.website:
            return None
        owner = self._feed_owner
        return str(owner.path.with_suffix(".xml")) if owner else None

    @cached_property
    def _feed_owner(self) -> Page | None:
        return next((page for page in self.pages if section(page.meta, "listing").get("feed")), None)

    def feed(self) -> bytes:
        """Return the RSS feed of the listing; its date is that of the newest page, so that it changes with them."""
        owner = self._feed_owner
        assert owner is not None
        website = self.project.website
        ET.register_namespace("atom", _ATOM)
        rss = ET.Element("rss", version="2.0")
        channel = ET.SubElement(rss, "channel")
        _add(channel, "title", str(website.get("title", owner.title)))
        _add(channel, "link", self.address(str(owner.target)))
        ET.SubElement(
            channel,
            f"{{{_ATOM}}}link",
            href=self.address(str(self.feed_name)),
            rel="self",
            type="application/rss+xml",
        )
        _add(channel, "description", str(owner.meta.get("description") or website.get("description") or ""))
        _add(channel, "language", str(owner.meta.get("lang", "en")).lower())
        pages = self.listed(owner)
        if dates := [page.date for page in pages if page.date]:
            _add(channel, "lastBuildDate", _rfc822(max(dates)))
        for page in pages:
            item = ET.SubElement(channel, "item")
            _add(item, "title", page.title)
            _add(item, "link", self.address(str(page.target)))
            _add(item, "guid", self.address(str(page.target)))
            _add(item, "description", str(page.meta.get("description") or ""))
            for category in as_list(page.meta.get("categories")):
                _add(item, "category", str(category))
            if page.date:
                _add(item, "pubDate", _rfc822(page.date))
        ET.indent(rss)
        return bytes(ET.tostring(rss, encoding="utf-8", xml_declaration=True)) + b"\n"

    def _listing(self, page: Page) -> list[dict[str, Any]]:
        entries = []
        for other in self.listed(page) if "listing" in page.meta else []:
            image = self._image(other)
            entries.append(
                {
                    "href": posixpath.relpath(str(other.target), str(page.path.parent)),
                    "title": other.title,
                    "description": str(other.meta.get("description") or ""),
                    "date": other.date,
                    "author": ", ".join(str(author) for author in as_list(other.meta.get("author"))),
                    "categories": [str(category) for category in as_list(other.meta.get("categories"))],
                    "image": image and quote(posixpath.relpath(image, str(page.path.parent))),
                    "image_alt": str(other.meta.get("image-alt") or ""),
                }
            )
        return entries

    def _included(self, page: Page, place: str) -> str:
        text = includes.html(page.meta, place, self.project.root)
        if not text:
            return ""
        soup = BeautifulSoup(text, "html.parser")
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
        if urlsplit(link).scheme:
            return link
        root = PurePosixPath("_quarto.yml")
        target = self.links.locate(root, link)
        fragment = urlsplit(link).fragment
        return prefix + quote(target or link) + (f"#{fragment}" if fragment else "")

    @cached_property
    def _titles(self) -> dict[str, str]:
        return {str(other.path): other.title for other in self.pages}

    def _navigation(self, page: Page, side: str, prefix: str) -> list[dict[str, Any]]:
        return [self._item(item, page, prefix) for item in as_list(section(self.project.website, "navbar").get(side))]

    def _item(self, item: object, page: Page, prefix: str) -> dict[str, Any]:
        """Return a link of the menu, or a menu within it, which has `menu`, the links below it."""
        entry = item if isinstance(item, dict) else {"href": item}
        href = str(entry.get("href", ""))
        below = [self._item(one, page, prefix) for one in as_list(entry.get("menu"))]
        return {
            "href": "" if below else self._from(href, prefix),
            "text": str(entry.get("text") or self._titles.get(href.lstrip("/")) or entry.get("icon") or href),
            "label": str(entry.get("aria-label") or ""),
            "current": href.lstrip("/") == str(page.path) or any(one["current"] for one in below),
            "menu": below,
        }

    def _snippet(self, markdown: object, prefix: str) -> str:
        soup = BeautifulSoup(html.snippet(str(markdown)) if markdown else "", "html.parser")
        for link in soup.select("a[href]"):
            link["href"] = self._from(str(link["href"]), prefix)
        return str(soup)

    def _styles(self, meta: dict[str, Any]) -> str:
        # The page for missing addresses appears at any depth, so it contains its styles.
        files = [SHELL / "preview.css"]
        files += [self.project.root / str(name).lstrip("/") for name in as_list(meta.get("css"))]
        return without_fonts("\n".join(path.read_text(encoding="utf-8") for path in files))


def day(date: dt.date) -> str:
    """Return a date as it is written in Britain, whatever the machine's language: 22 November 2025."""
    return f"{date.day} {_MONTHS[date.month - 1]} {date.year}"


def _rfc822(date: dt.date) -> str:
    return format_datetime(dt.datetime(date.year, date.month, date.day, tzinfo=dt.UTC), usegmt=True)


def _add(parent: ET.Element, name: str, text: str) -> None:
    ET.SubElement(parent, name).text = text
