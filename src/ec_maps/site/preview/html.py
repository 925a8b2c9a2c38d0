"""Convert markdown to the content of a page: pandoc, then tabs, callouts, figures and the table of contents."""

from __future__ import annotations

import logging
import re
import subprocess
from functools import lru_cache

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
    # A single pass, as a page may have a table of thousands of cells.
    tags = [tag for tag in soup.descendants if isinstance(tag, Tag)]
    marked = [(tag, tag.get_attribute_list("class")) for tag in tags if "class" in tag.attrs]
    notes = [tag for tag, classes in marked if tag.name == "section" and "footnotes" in classes]
    for part in tags:
        if part.name == "section" and not any(part is note for note in notes):
            # pandoc turns a div with one heading into a section, and moves the heading's id to it.
            part.name = "div"
            heading = part.find(_HEADINGS)
            if isinstance(heading, Tag) and "id" in part.attrs:
                heading["id"] = part.attrs.pop("id")
    for number, tabset in enumerate((tag for tag, classes in marked if "panel-tabset" in classes), 1):
        _tabs(soup, tabset, number, where)
    for kind in _CALLOUTS:
        for callout in [tag for tag, classes in marked if f"callout-{kind}" in classes]:
            _callout(soup, callout, kind)
    for caption in tags:
        if caption.name == "figcaption":
            # pandoc hides a caption that repeats the alternative text; ours say different things.
            caption.attrs.pop("aria-hidden", None)
    for head in tags:
        if head.name == "th" and head.find_parent("thead"):
            head.attrs.setdefault("scope", "col")
    _blocks([tag for tag in tags if tag.name == "pre"])
    _pictures([tag for tag in tags if tag.name == "img"])
    for part in notes:
        rule = part.find("hr")
        if isinstance(rule, Tag):
            rule.replace_with(_new(soup, "h2", "Footnotes", id="footnotes-heading"))
    return soup


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


def _blocks(blocks: list[Tag]) -> None:
    for block in blocks:
        block.attrs.setdefault("tabindex", "0")  # it may scroll, and the keyboard has to reach it


def _pictures(images: list[Tag]) -> None:
    for number, image in enumerate(images):
        if "data-fig-alt" in image.attrs:
            image["alt"] = image.attrs.pop("data-fig-alt")
        # A picture without its size would move the text when it loads late.
        if number and "width" in image.attrs and "height" in image.attrs:
            image.attrs.setdefault("loading", "lazy")
            image.attrs.setdefault("decoding", "async")


def _new(soup: BeautifulSoup, name: str, text: str = "", /, **attributes: str) -> Tag:
    tag = soup.new_tag(name, attrs={key.rstrip("_").replace("_", "-"): value for key, value in attributes.items()})
    if text:
        tag.string = text
    return tag


def _tabs(soup: BeautifulSoup, tabset: Tag, number: int, where: str) -> None:
    # A tab per heading of the highest level, as in Quarto; the classes are Bootstrap's, so that one style sheet does.
    headings = [child for child in tabset.children if isinstance(child, Tag) and child.name in _HEADINGS]
    if not headings:
        msg = f"{where}: a panel-tabset has no headings to name its tabs. Start each tab with a heading, ### Name."
        raise RenderError(msg)
    level = min(heading.name for heading in headings)
    bar = _new(soup, "div", class_="nav nav-tabs", role="tablist", aria_label="Choose a tab")
    panes = _new(soup, "div", class_="tab-content")
    pane: Tag | None = None
    for child in list(tabset.children):
        if isinstance(child, Tag) and child.name == level:
            first = pane is None
            name = str(child.attrs.pop("id", f"tab-{number}-{len(panes.contents) + 1}"))
            button = _new(soup, "button", child.get_text(" ", strip=True), id=f"{name}-tab", type="button", role="tab")
            button["class"] = "nav-link active" if first else "nav-link"
            button["aria-controls"], button["aria-selected"] = name, str(first).lower()
            button["tabindex"] = "0" if first else "-1"
            bar.append(button)
            pane = _new(soup, "div", id=name, role="tabpanel", aria_labelledby=f"{name}-tab")
            pane["class"] = "tab-pane active" if first else "tab-pane"
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
    body = _new(soup, "div", class_="callout-body")
    for child in list(callout.children):
        body.append(child.extract())
    callout["class"] = f"callout callout-{kind}"
    callout["role"] = "note"
    callout.append(_new(soup, "p", title or kind.capitalize(), class_="callout-title"))
    callout.append(body)
