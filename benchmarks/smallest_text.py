"""The smallest text of each figure of a built site on a phone, in CSS pixels.

    .venv/bin/python benchmarks/smallest_text.py [SITE] [--width 390]

Every page of the site (`_site-demo` if none is named) is opened in Chromium as wide as a phone. For each kind of figure
the smallest text that can be seen is printed, with its words and page: the size of its letters as the browser draws
them. Pictures of maps that have not become drawings are a fault, because their text cannot be measured.
"""

from __future__ import annotations

import argparse
import re
import shutil
import sys
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from playwright.sync_api import Page

#: The width of a common phone, and the least size of text, in CSS pixels.
WIDTH, LEAST = 390, 11.0

#: The kinds of figures, by what is in the name of the file; anything else is a local map or one made by hand.
_KINDS = {
    "-strip": "strip plot",
    "-region": "region",
    "posts/regional": "region",
    "hexagons": "hexagons",
    "levers": "exposure and bias",
    "measures-": "correlations",
    "kingdom": "United Kingdom",
    "national": "country",
    "home": "country, on the home page",
}

#: JavaScript: the texts of each drawing that can be seen, with their size in CSS pixels.
_MEASURE = """async () => {
    for (const pane of document.querySelectorAll(".tab-pane")) {
        pane.style.setProperty("display", "block", "important");
    }
    // Some pictures have become drawings by now: the page as it was sent has all of them, in the same order.
    const sent = new DOMParser().parseFromString(await (await fetch(location.href)).text(), "text/html");
    const sources = [...sent.querySelectorAll("main figure img.ec-map")].map((img) => img.getAttribute("src"));
    for (const img of document.querySelectorAll("main figure img.ec-map")) {
        img.scrollIntoView();
        for (let tries = 0; img.isConnected && tries < 200; tries += 1) {
            await new Promise((done) => setTimeout(done, 50));
        }
    }
    const found = [];
    const waits = [];
    document.querySelectorAll("main figure .ec-map").forEach((svg, at) => {
        if (svg.localName !== "svg") waits.push(sources[at]);
        for (const text of svg.querySelectorAll("text")) {
            if (!text.getClientRects().length) continue;
            const { a, b } = text.getScreenCTM();
            const size = parseFloat(getComputedStyle(text).fontSize) * Math.hypot(a, b);
            found.push([sources[at], text.textContent, size]);
        }
    });
    return [found, waits];
}"""


class Text(NamedTuple):
    """A text of a figure: the kind and page of this, its words, and its size in CSS pixels."""

    kind: str
    page: str
    words: str
    size: float


def kind_of(page: str, source: str) -> str:
    """Return the kind of a figure from its page and its file."""
    return next((kind for part, kind in _KINDS.items() if part in f"{page} {source}"), "local")


def texts_of(page: Page, address: str, name: str) -> list[Text]:
    """Return the texts that can be seen in the figures of a page; `ValueError` for a figure that is only a picture."""
    page.goto(address + name)
    found, waits = page.evaluate(_MEASURE)
    if waits:
        msg = f"{name}: {', '.join(waits)} did not become a drawing"
        raise ValueError(msg)
    return [Text(kind_of(name, source.rpartition("/")[2] + name), name, words, size) for source, words, size in found]


def smallest(texts: list[Text]) -> dict[str, Text]:
    """Return the smallest text of each kind of figure."""
    least: dict[str, Text] = {}
    for text in texts:
        if text.kind not in least or text.size < least[text.kind].size:
            least[text.kind] = text
    return least


def pages_with_figures(site: Path) -> list[str]:
    """Return the pages of a site that have a map or another drawing."""
    pages = sorted(site.rglob("*.html"))
    return [
        path.relative_to(site).as_posix()
        for path in pages
        if re.search(r'<img[^>]*class="[^"]*ec-map', path.read_text(encoding="utf-8"))
    ]


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing of each request."""


def main() -> int:
    """Print the smallest text of each kind of figure; 1 if one is too small."""
    from playwright.sync_api import sync_playwright

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("site", nargs="?", default="_site-demo", type=Path)
    parser.add_argument("--width", default=WIDTH, type=int)
    asked = parser.parse_args()
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(asked.site)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    texts: list[Text] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium") or shutil.which("google-chrome"),
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        page = browser.new_page(viewport={"width": asked.width, "height": 844})
        for name in pages_with_figures(asked.site):
            texts += texts_of(page, f"http://127.0.0.1:{server.server_port}/", name)
        browser.close()
    least = smallest(texts)
    for kind, text in sorted(least.items(), key=lambda one: one[1].size):
        print(f"{text.size:5.1f} px  {kind:26} {text.words[:40]!r} ({text.page})")
    return int(not least or min(text.size for text in least.values()) < LEAST)


if __name__ == "__main__":
    sys.exit(main())
