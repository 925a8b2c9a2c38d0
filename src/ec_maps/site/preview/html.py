"""The content of a page: pandoc, then tabs, callouts and figures; and its links, whose files are copied."""

from __future__ import annotations

import logging
import posixpath
import re
import shutil
import subprocess
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path, PurePosixPath
from urllib.parse import quote, unquote, urlsplit, urlunsplit

import pypandoc
from bs4 import BeautifulSoup, Tag

from ec_maps.errors import RenderError

_log = logging.getLogger(__name__)

# `@` is for citations in pandoc; the source has been searched for them, so that an address in a table stays as it is.
_FORMAT = "markdown-citations"
_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
_CALLOUTS = ("note", "tip", "warning", "important", "caution")


def to_soup(markdown: str, where: str) -> BeautifulSoup:
    """Return the page's content as a tree, with the preview's own markup for tabs, callouts, figures and tables.

    Raises
    ------
    RenderError
        If pandoc stops, or a tabset has no headings to name its tabs.
    """
    soup = BeautifulSoup(_pandoc(markdown, where), "html.parser")
    tabsets, callouts, images = [], [], []
    # A single pass, as a page may have a table of thousands of cells.
    for tag in [tag for tag in soup.descendants if isinstance(tag, Tag)]:
        classes = tag.get_attribute_list("class") if "class" in tag.attrs else []
        if "panel-tabset" in classes:
            tabsets.append(tag)
        elif tag.name == "img":
            images.append(tag)
        callouts += [(tag, kind) for kind in _CALLOUTS if f"callout-{kind}" in classes]
        if "footnotes" in classes and isinstance(rule := tag.find("hr"), Tag):
            rule.replace_with(soup.new_tag("h2", attrs={"id": "footnotes-heading"}, string="Footnotes"))
        elif tag.name == "section":
            # pandoc turns a div with one heading into a section, and moves the heading's id to it.
            tag.name = "div"
            heading = tag.find(_HEADINGS)
            if isinstance(heading, Tag) and "id" in tag.attrs:
                heading["id"] = tag.attrs.pop("id")
        _for_readers(tag)
    for image in images[1:]:
        # A picture without its size would move the text when it loads late.
        if "width" in image.attrs and "height" in image.attrs:
            image.attrs.setdefault("loading", "lazy")
            image.attrs.setdefault("decoding", "async")
    for number, tabset in enumerate(tabsets, 1):
        _tabs(soup, tabset, number, where)
    for callout, kind in callouts:
        _callout(soup, callout, kind)
    return soup


def _for_readers(tag: Tag) -> None:
    """Give an element what those who listen, or use the keyboard, need."""
    if tag.name == "figcaption":
        # pandoc hides a caption that repeats the alternative text; ours say different things.
        tag.attrs.pop("aria-hidden", None)
    elif tag.name == "th" and tag.find_parent("thead"):
        tag.attrs.setdefault("scope", "col")
    elif tag.name == "pre":
        tag.attrs.setdefault("tabindex", "0")  # it may scroll
    elif "data-fig-alt" in tag.attrs:
        tag["alt"] = tag.attrs.pop("data-fig-alt")


@lru_cache(maxsize=64)
def snippet(markdown: str) -> str:
    """Return a line of markdown from the project file, a footer or a banner, as HTML."""
    return re.sub(r"\A<p>(.*)</p>\Z", r"\1", _pandoc(markdown, "_quarto.yml").strip(), flags=re.DOTALL)


def contents(soup: BeautifulSoup, depth: int) -> list[tuple[int, str, str]]:
    """Return the headings for the table of contents: level, id and text; those inside tabs are left out."""
    return [
        (int(heading.name[1]), str(heading["id"]), heading.get_text(" ", strip=True))
        for heading in soup.find_all(_HEADINGS[1:depth])
        if heading.get("id") and not heading.find_parent(class_="tab-pane")
    ]


def _pandoc(markdown: str, where: str) -> str:
    done = subprocess.run(_command(), input=markdown, capture_output=True, encoding="utf-8", check=False)
    warnings = done.stderr.strip().splitlines()
    if done.returncode:
        reason = warnings[-1] if warnings else f"it ended with status {done.returncode}"
        msg = f"{where}: pandoc could not read the page: {reason}"
        raise RenderError(msg)
    for line in warnings:
        _log.warning("%s: pandoc: %s", where, line)
    return done.stdout


@lru_cache(maxsize=1)
def _command() -> tuple[str, ...]:
    # pypandoc finds pandoc; its own convert_text would start it twice more for each page, to ask for its formats.
    # pandoc 3.8 renamed the option and warns of the old name.
    version = tuple(int(part) for part in pypandoc.get_pandoc_version().split(".")[:2])
    colours = "--syntax-highlighting=none" if version >= (3, 8) else "--no-highlight"
    return (pypandoc.get_pandoc_path(), "--from", _FORMAT, "--to", "html5", "--wrap=none", colours)


def _tabs(soup: BeautifulSoup, tabset: Tag, number: int, where: str) -> None:
    # A tab per heading of the highest level, as in Quarto; the classes are Bootstrap's, so that one style sheet does.
    headings = [child for child in tabset.children if isinstance(child, Tag) and child.name in _HEADINGS]
    if not headings:
        msg = f"{where}: a panel-tabset has no headings to name its tabs. Start each tab with a heading, ### Name."
        raise RenderError(msg)
    level = min(heading.name for heading in headings)
    bar = soup.new_tag("div", attrs={"class": "nav nav-tabs", "role": "tablist", "aria-label": "Choose a tab"})
    panes = soup.new_tag("div", attrs={"class": "tab-content"})
    pane: Tag | None = None
    for child in list(tabset.children):
        if isinstance(child, Tag) and child.name == level:
            first = pane is None
            active = " active" if first else ""
            name = str(child.attrs.pop("id", f"tab-{number}-{len(panes.contents) + 1}"))
            button = {"id": f"{name}-tab", "type": "button", "role": "tab", "class": f"nav-link{active}"}
            state = {"aria-controls": name, "aria-selected": str(first).lower(), "tabindex": "0" if first else "-1"}
            bar.append(soup.new_tag("button", attrs=button | state, string=child.get_text(" ", strip=True)))
            tab = {"id": name, "role": "tabpanel", "aria-labelledby": f"{name}-tab", "class": f"tab-pane{active}"}
            pane = soup.new_tag("div", attrs=tab)
            # Shown in print and where scripts do not run, when the tabs are not.
            child["class"] = "tab-name"
            panes.append(pane)
        if pane is not None:
            pane.append(child.extract())
    tabset.append(bar)
    tabset.append(panes)


def _callout(soup: BeautifulSoup, callout: Tag, kind: str) -> None:
    title = str(callout.attrs.pop("title", "") or callout.attrs.pop("data-title", ""))
    first = next((child for child in callout.children if isinstance(child, Tag)), None)
    if not title and first is not None and first.name in _HEADINGS:
        title = first.extract().get_text(" ", strip=True)
    body = soup.new_tag("div", attrs={"class": "callout-body"})
    for child in list(callout.children):
        body.append(child.extract())
    callout["class"] = f"callout callout-{kind}"
    callout["role"] = "note"
    callout.append(soup.new_tag("p", attrs={"class": "callout-title"}, string=title or kind.capitalize()))
    callout.append(body)


# --- links ------------------------------------------------------------------------------------------


_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_URL = re.compile(r"""url\(\s*(?:"([^"]*)"|'([^']*)'|([^"')\s]*))\s*\)|@import\s+(?:"([^"]*)"|'([^']*)')""")
_LOADED = frozenset(
    ("img", "script", "iframe", "source", "track", "video", "audio", "embed", "link", "object", "image", "use")
)
_ATTRIBUTES = ("href", "xlink:href", "src", "data", "poster")


def references(css: str) -> list[str]:
    """Return the addresses in a style sheet, in order and once each, those with their content inside left out."""
    found = [next(filter(None, match.groups()), "") for match in _URL.finditer(_COMMENT.sub("", css))]
    return [address for address in dict.fromkeys(found) if address and not address.startswith(("data:", "#"))]


@dataclass
class Links:
    """The links of one build: the project's folder, the built page of each source page, and files the build makes."""

    root: Path
    pages: dict[str, str]
    generated: set[str]
    _files: set[str] = field(default_factory=set)
    _faults: list[str] = field(default_factory=list)
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
                    # A browser does not fetch what a link in the head calls another form of the page.
                    loaded = tag.name in _LOADED and "alternate" not in tag.get_attribute_list("rel")
                    turned = self.turn(page, str(value), loaded=loaded)
                    tag[attribute] = turned if urlsplit(turned).scheme or turned.startswith("#") else prefix + turned
            if "srcset" in tag.attrs:
                self._faults.append(f"{page}: the preview copies no files of a srcset ({tag['srcset']}). Use src.")

    def turn(self, page: PurePosixPath, link: str, *, loaded: bool = False) -> str:
        """Return a link of `page` as the built page needs it.

        `loaded` is for what the browser fetches by itself: that may not lie on another host.
        """
        parts = urlsplit(link)
        if parts.scheme or parts.netloc:
            if loaded and parts.scheme != "data":
                self._faults.append(f"{page}: {link} is loaded from another host. Keep a copy in the project.")
            return link
        target = self.locate(page, link)
        if target is None:
            return link
        # "#place=norwich" is no element, but what the page's own script shows.
        if parts.fragment and "=" not in parts.fragment:
            self._fragments.append((str(page), link, target, unquote(parts.fragment)))
        if not parts.path:
            return link
        relative = posixpath.relpath(target, str(page.parent))
        return urlunsplit(("", "", quote(relative), parts.query, parts.fragment))

    def locate(self, page: PurePosixPath, link: str) -> str | None:
        """Return where in the site a link of `page` leads, or None (and a fault) if it leads nowhere."""
        path = unquote(urlsplit(link).path)
        if not path:
            return str(page.with_suffix(".html"))
        inside = posixpath.normpath(posixpath.join(str(page.parent), path)).lstrip("/")
        if path.endswith("/") or inside == ".":
            inside = posixpath.normpath(f"./{inside}/index.qmd")
        if inside in self.pages:
            return self.pages[inside]
        if inside in self.generated or inside in self.pages.values():
            return inside
        if inside.startswith("../"):
            self._faults.append(f"{page}: {link} lies outside the project.")
        elif inside.endswith(".qmd"):
            self._faults.append(f"{page}: {link} is no page of the site; see project: render: in _quarto.yml.")
        elif not (self.root / inside).is_file():
            self._faults.append(f"{page}: {link} leads nowhere: there is no file {inside}.")
        else:
            self.add(inside)
            return inside
        return None

    def finish(self, site: Path) -> None:
        """Check the anchors and copy the files into the built site; `RenderError` names all links that do not work."""
        for page, link, target, fragment in self._fragments:
            if target in self._anchors and fragment not in self._anchors[target]:
                self._faults.append(f"{page}: {link} leads to a page without a heading or element #{fragment}.")
        if self._faults:
            faults = list(dict.fromkeys(self._faults))
            shown = "\n".join(f"  {fault}" for fault in faults)
            msg = (
                f"The site was not replaced: {len(faults)} of its links do not work.\n{shown}\n"
                "Correct them in the pages named, or in the list of pages in _quarto.yml."
            )
            raise RenderError(msg)
        for name in sorted(self._files):
            (site / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(self.root / name, site / name)

    def add(self, name: str) -> None:
        """Record a file to copy; of a style sheet also the fonts, pictures and other style sheets that it uses."""
        if name not in self._files:
            self._files.add(name)
            if name.endswith(".css"):
                for address in references((self.root / name).read_text(encoding="utf-8")):
                    self.turn(PurePosixPath(name), address, loaded=True)
