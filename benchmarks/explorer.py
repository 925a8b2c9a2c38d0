"""Measure the explorer of a built site: the bytes of a first visit, the first paint, and the frames of a glide.

    .venv/bin/python benchmarks/explorer.py _site-demo

The page is opened in headless Chromium, which draws without a graphics card, with an empty cache: over a slow line
(1.6 Mbit/s, 150 ms) from a server that compresses, for bytes and paint; then without limit, for the frames while the
map glides from the country to a place, on to others, and back. A frame is the time between two calls of
``requestAnimationFrame``; other work on the machine lengthens it. The weights of all districts' scripts follow.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import sys
from pathlib import Path

from first_visit import BROWSERS, LINE, SWITCHES, VIEWS, Compressed, compressed, served
from playwright.sync_api import Browser, sync_playwright

#: Far apart, and with many and with few neighbourhoods.
TOUR = ("great-yarmouth", "cornwall", "birmingham", "northumberland", "")

PAINTED = """
  window.ecPainted = 0;
  new PerformanceObserver((list) => { for (const entry of list.getEntries()) window.ecPainted ||= entry.startTime; })
    .observe({ type: "paint", buffered: true });
  const look = () => {
    if (document.querySelector(".ec-key")) window.ecMap = performance.now();
    else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
"""

GLIDE = """(place) => new Promise((done) => {
  const frames = [];
  let last = performance.now();
  const began = last;
  const step = (now) => {
    frames.push(now - last);
    last = now;
    const moving = document.querySelector(".ec-canvas").classList.contains("ec-moving");
    if (now - began < 400 || moving) requestAnimationFrame(step);
    else done(frames.slice(1));
  };
  location.hash = place ? `#place=${place}` : "#";
  requestAnimationFrame(step);
})"""


def visit(browser: Browser, address: str, view: dict[str, int]) -> tuple[int, float, float]:
    """Return the bytes of a first visit, and the seconds until anything and until the whole map is painted."""
    context = browser.new_context(viewport=view)
    page = context.new_page()
    network = context.new_cdp_session(page)
    sizes: list[float] = []
    network.on("Network.loadingFinished", lambda done: sizes.append(done["encodedDataLength"]))
    network.send("Network.enable")
    network.send("Network.emulateNetworkConditions", LINE)
    page.add_init_script(PAINTED)
    page.goto(address, wait_until="networkidle", timeout=120_000)
    first, whole = page.evaluate("[window.ecPainted, window.ecMap]")
    context.close()
    return round(sum(sizes)), first / 1000, whole / 1000


def frames(browser: Browser, address: str, view: dict[str, int]) -> list[float]:
    """Return the milliseconds of each frame while the map glides along the tour."""
    page = browser.new_page(viewport=view)
    page.goto(address)
    page.locator(".ec-controls").wait_for()
    found: list[float] = []
    for place in TOUR:
        found += page.evaluate(GLIDE, place)
        page.wait_for_timeout(300)
    page.close()
    return found


def main() -> int:
    """Measure the explorer of the site that the command line names, and print what was found."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("site", type=Path, help="folder of the built site")
    site = parser.parse_args().site
    if not (site / "explore.html").is_file():
        print(f"There is no explore.html in {site}. Build the site first: make demo.", file=sys.stderr)
        return 2
    chromium = os.environ.get("EC_MAPS_CHROMIUM") or next(filter(None, map(shutil.which, BROWSERS)), None)
    if chromium is None:
        print("There is no Chromium or Chrome here; EC_MAPS_CHROMIUM can name one.", file=sys.stderr)
        return 2
    with sync_playwright() as playwright, served(site, Compressed) as address:
        browser = playwright.chromium.launch(executable_path=chromium, args=SWITCHES)
        for name, view in VIEWS.items():
            moved, first, whole = visit(browser, f"{address}explore.html", view)
            print(f"{name:6} first visit {moved / 1000:4.0f} kB; first paint {first:.2f} s, whole map {whole:.2f} s")
            found = frames(browser, f"{address}explore.html", view)
            last = statistics.quantiles(found, n=20)[-1]
            print(f"{'':6} {len(found)} frames: median {statistics.median(found):.1f} ms, 95% within {last:.1f} ms")
        browser.close()
    folder = site / "maps" / "explore"
    sizes = {path.stem: len(compressed(path)) / 1000 for path in sorted(folder.glob("*.js"))}
    page, values = len(compressed(site / "explore.html")) / 1000, sizes.pop("values")
    most = max(sizes, key=sizes.__getitem__)
    print(
        f"Compressed: the page with the map {page:.0f} kB, all values {values:.0f} kB; of {len(sizes)} districts the "
        f"median {statistics.median(sizes.values()):.1f} kB, the largest {most} {sizes[most]:.1f} kB."
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
