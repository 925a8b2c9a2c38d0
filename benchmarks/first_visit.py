"""Measure a first visit to pages of a built site: the bytes moved, and when the largest part is painted.

    .venv/bin/python benchmarks/first_visit.py _site-demo places/great-yarmouth.html

Each page is opened in Chromium with an empty cache, over a slow line (1.6 Mbit/s, 150 ms), from a server on this
machine: once with files uncompressed and once compressed, as most hosts send them. The bytes are those of the whole
page, all its maps included, with headers. The largest paint is that of the first screen.
"""

from __future__ import annotations

import argparse
import functools
import gzip
import os
import shutil
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, sync_playwright

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
SWITCHES = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
LINE = {"offline": False, "latency": 150, "downloadThroughput": 1_600_000 / 8, "uploadThroughput": 750_000 / 8}
VIEWS = {"desk": {"width": 1280, "height": 800}, "phone": {"width": 360, "height": 740}}
TEXT = (".html", ".css", ".js", ".json", ".svg", ".xml", ".csv", ".geojson")

WATCH = """
  window.ecPaint = 0;
  new PerformanceObserver((list) => { for (const entry of list.getEntries()) window.ecPaint = entry.startTime; })
    .observe({ type: "largest-contentful-paint", buffered: true });
"""


class Plain(SimpleHTTPRequestHandler):
    """A file server that writes no log."""

    def log_message(self, format: str, *args: Any) -> None:
        """Write nothing."""


class Compressed(Plain):
    """A file server that compresses text, and caches the result."""

    def send_head(self) -> Any:
        """Send the headers and return the body."""
        path = Path(self.translate_path(self.path))
        if path.suffix not in TEXT or not path.is_file():
            return super().send_head()
        body = compressed(path)
        self.send_response(200)
        self.send_header("Content-Type", self.guess_type(str(path)))
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Last-Modified", self.date_time_string(path.stat().st_mtime))
        self.end_headers()
        return BytesIO(body)


@functools.cache
def compressed(path: Path) -> bytes:
    """Return a file's bytes, compressed."""
    return gzip.compress(path.read_bytes(), 6)


@contextmanager
def served(site: Path, handler: type[Plain]) -> Iterator[str]:
    """Serve a folder on this machine, and yield its address."""
    with ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(handler, directory=str(site))) as http:
        thread = threading.Thread(target=http.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{http.server_port}/"
        http.shutdown()
        thread.join()


def visit(browser: Browser, address: str, view: dict[str, int]) -> tuple[int, float]:
    """Return the bytes that a first visit moves, and the seconds until the largest paint."""
    context = browser.new_context(viewport=view)
    page = context.new_page()
    network = context.new_cdp_session(page)
    sizes: list[float] = []
    network.on("Network.loadingFinished", lambda done: sizes.append(done["encodedDataLength"]))
    network.send("Network.enable")
    network.send("Network.emulateNetworkConditions", LINE)
    page.add_init_script(WATCH)
    page.goto(address, wait_until="networkidle", timeout=120_000)
    paint = page.evaluate("window.ecPaint") / 1000
    for picture in page.locator("main img:visible").element_handles():
        picture.evaluate("self => self.scrollIntoView()")
        # A map is loaded when its SVG has replaced the image.
        page.wait_for_function(
            "self => !self.isConnected || (self.complete && !self.matches('.ec-map'))", arg=picture, timeout=120_000
        )
    context.close()
    return round(sum(sizes)), paint


def main() -> int:
    """Measure the pages that the command line names, and print a line for each visit."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("site", type=Path, help="folder of the built site")
    parser.add_argument("pages", nargs="+", metavar="page", help="path of a page in it")
    asked = parser.parse_args()
    if missing := [page for page in asked.pages if not (asked.site / page).is_file()]:
        print(f"There is no {', '.join(missing)} in {asked.site}. Build the site first: make demo.", file=sys.stderr)
        return 2
    chromium = os.environ.get("EC_MAPS_CHROMIUM") or next(filter(None, map(shutil.which, BROWSERS)), None)
    if chromium is None:
        print("There is no Chromium or Chrome here; EC_MAPS_CHROMIUM can name one.", file=sys.stderr)
        return 2
    print(f"{'page':40} {'view':6} {'sent':8} {'moved':>9} {'largest paint':>14}")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=SWITCHES)
        for sent, handler in (("as is", Plain), ("gzip", Compressed)):
            with served(asked.site, handler) as address:
                for page in asked.pages:
                    for view, size in VIEWS.items():
                        moved, paint = visit(browser, address + page, size)
                        print(f"{page:40} {view:6} {sent:8} {moved / 1000:6.0f} kB {paint:12.2f} s")
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
