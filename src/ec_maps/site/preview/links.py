"""Links of the pages: copy local files, point addresses to built pages, and report broken links."""

from __future__ import annotations

import posixpath
import re
import shutil
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from urllib.parse import quote, unquote, urlsplit

from bs4 import BeautifulSoup, Tag

from ec_maps.errors import RenderError

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


# --- links ------------------------------------------------------------------------------------------


_LOADED = frozenset(
    ("img", "script", "iframe", "source", "track", "video", "audio", "embed", "link", "object", "image", "use")
)
_ATTRIBUTES = ("href", "xlink:href", "src", "data", "poster")


@dataclass
class Links:
    """The links of one build.

    Attributes
    ----------
    root
        The project's folder.
    pages
        The built page of each source page, paths in the project and in the site.
    generated
        Files of the site that the build makes itself, such as the feed.
    """

    root: Path
    pages: dict[str, str]
    generated: set[str]
    files: set[str] = field(default_factory=set)
    faults: list[str] = field(default_factory=list)
    _anchors: dict[str, set[str]] = field(default_factory=dict)
    _fragments: list[tuple[str, str, str, str]] = field(default_factory=list)

    def resolve(self, page: PurePosixPath, soup: BeautifulSoup, prefix: str = "") -> None:
        """Rewrite the links of a page for the site; record files to copy and broken links.

        `prefix` goes before the links to other files, for a page that is shown at addresses other than its own.
        """
        anchors = self._anchors.setdefault(str(page.with_suffix(".html")), set())
        for tag in soup.descendants:
            if not isinstance(tag, Tag) or not tag.attrs:
                continue
            if "id" in tag.attrs:
                anchors.add(str(tag["id"]))
            if tag.name != "a" and tag.name not in _LOADED:
                continue
            for attribute in _ATTRIBUTES:
                if value := tag.attrs.get(attribute):
                    turned = self.turn(page, str(value), loaded=tag.name in _LOADED)
                    tag[attribute] = turned if urlsplit(turned).scheme or turned.startswith("#") else prefix + turned
            if "srcset" in tag.attrs:
                self.faults.append(f"{page}: the preview copies no files of a srcset ({tag['srcset']}). Use src.")

    def turn(self, page: PurePosixPath, link: str, *, loaded: bool = False) -> str:
        """Return a link of `page` as the built page needs it.

        `loaded` is for what the browser fetches by itself: that may not lie on another host.
        """
        parts = urlsplit(link)
        if parts.scheme or parts.netloc:
            if loaded and parts.scheme != "data":
                self.faults.append(f"{page}: {link} is loaded from another host. Keep a copy in the project.")
            return link
        target = self.locate(page, link)
        if target is None:
            return link
        if parts.fragment:
            self._fragments.append((str(page), link, target, unquote(parts.fragment)))
        if not parts.path:
            return link
        relative = posixpath.relpath(target, str(page.parent))
        return (
            quote(relative)
            + (f"?{parts.query}" if parts.query else "")
            + (f"#{parts.fragment}" if parts.fragment else "")
        )

    def locate(self, page: PurePosixPath, link: str) -> str | None:
        """Return where in the site a link of `page` leads, or None (and a fault) if it leads nowhere."""
        path = unquote(urlsplit(link).path)
        if not path:
            return str(page.with_suffix(".html"))
        inside = posixpath.normpath(path.lstrip("/") if path.startswith("/") else str(page.parent / path))
        if path.endswith("/") or inside == ".":
            inside = posixpath.normpath(f"{inside}/index.qmd")
        if inside in self.pages:
            return self.pages[inside]
        if inside in self.generated or inside in self.pages.values():
            return inside
        if inside.startswith("../"):
            self.faults.append(f"{page}: {link} lies outside the project.")
        elif inside.endswith(".qmd"):
            self.faults.append(f"{page}: {link} is no page of the site; see project: render: in _quarto.yml.")
        elif not (self.root / inside).is_file():
            self.faults.append(f"{page}: {link} leads nowhere: there is no file {inside}.")
        else:
            self.files.add(inside)
            return inside
        return None

    def finish(self, site: Path) -> None:
        """Check the anchors and copy the files into the built site.

        Raises
        ------
        RenderError
            If any link of any page leads nowhere; all of them are named.
        """
        self._follow_styles()
        for page, link, target, fragment in self._fragments:
            if target in self._anchors and fragment not in self._anchors[target]:
                self.faults.append(f"{page}: {link} leads to a page without a heading or element #{fragment}.")
        if self.faults:
            faults = list(dict.fromkeys(self.faults))
            shown = "\n".join(f"  {fault}" for fault in faults)
            msg = (
                f"The site was not replaced: {len(faults)} of its links do not work.\n{shown}\n"
                "Correct them in the pages named, or in the list of pages in _quarto.yml."
            )
            raise RenderError(msg)
        for name in sorted(self.files):
            (site / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(self.root / name, site / name)

    def _follow_styles(self) -> None:
        """Record the files that style sheets use: fonts, pictures and other style sheets."""
        todo = sorted(name for name in self.files if name.endswith(".css"))
        seen = set(todo)
        while todo:
            sheet = todo.pop(0)
            for address in references((self.root / sheet).read_text(encoding="utf-8")):
                self.turn(PurePosixPath(sheet), address, loaded=True)
            more = sorted(name for name in self.files - seen if name.endswith(".css"))
            todo, seen = todo + more, seen | set(more)
