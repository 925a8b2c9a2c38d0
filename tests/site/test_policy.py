"""The Content-Security-Policy of every page, in both engines: nothing of a page is stopped, and nothing else runs."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from bs4 import BeautifulSoup

from browsing import KINDS, LONGEST, draw, expect, listed, page_of, real, watched
from ec_maps.site.policy import guarded

if TYPE_CHECKING:
    from playwright.sync_api import Page

#: A page as Quarto writes it: scripts first in the body and after the content, data, a handler in the header.
OF_QUARTO = """<html><head>
<meta charset="utf-8">
<meta name="generator" content="quarto-1.8.0">
<script src="a.js"></script><script type="application/ld+json">{"a": 1}</script><script>alert(1)</script>
</head>
<body class="x"><script id="quarto-html-before-body" type="application/javascript">two()</script>
<header id="quarto-header"><a onclick="go(&quot;x&quot;)">go</a></header>
<nav id="TOC"><a><script>three()</script><b onclick="four()">b</b></a></nav>
<main><p onclick="five()"><script>six()</script></main><script>seven()</script>
</main>
<script type="module">eight()</script>
</body></html>"""


def scripts_of(page: str) -> str:
    """Return what the policy of a page allows as scripts; there is one policy, first in the head."""
    assert page.count("Content-Security-Policy") == 1
    start = r'<head\b[^>]*>\s*<meta charset="utf-8"/?>\s*<meta http-equiv="Content-Security-Policy" content="([^"]*)">'
    found = re.search(start, page)
    assert found, page[:300]
    policy = dict(part.strip().split(" ", 1) for part in found[1].split(";"))
    assert policy["default-src"] == policy["base-uri"] == "'none'"
    assert policy["object-src"] == policy["frame-src"] == "file:"
    assert policy["connect-src"] == policy["form-action"] == "'self'"
    return policy["script-src"]


def test_what_quarto_writes_is_allowed_and_no_more() -> None:
    """The hash of each script around the content and of each handler in the header; data and the content have none."""
    # printf 'alert(1)' | openssl dgst -sha256 -binary | base64, and of two(), eight() and go("x").
    assert scripts_of(guarded(OF_QUARTO)).split() == [
        "'self'",
        "'unsafe-hashes'",
        "'sha256-bhHHL3z2vDgxUt0W3dWQOrprscmda2Y5pLsLg4GF+pI='",
        "'sha256-iMrPAWirDC2X0OhZzLsM2MRIWSmepJGI4r7D8ZlwBOw='",
        "'sha256-cWth368lWjECQCfmJiUgPvShsduFrxtrqhNpTJRUEC8='",
        "'sha256-lvqDDRHHabLt5CZkuiO+A4+IF2n5Jk22flVtezagqfY='",
    ]


def test_a_page_of_ours_allows_files_of_the_site_alone() -> None:
    """Without Quarto's mark no inline script is allowed, wherever it stands."""
    ours = OF_QUARTO.replace('<meta name="generator" content="quarto-1.8.0">', "")
    assert scripts_of(guarded(ours)) == "'self'"


@pytest.mark.parametrize("page", [OF_QUARTO, OF_QUARTO.replace("quarto", "x"), "<head></head><p>A", "no head"])
def test_a_second_run_changes_nothing(page: str) -> None:
    """A page that was rendered before keeps one policy; what has no head is left alone."""
    once = guarded(page)
    assert guarded(once) == once
    assert ("Content-Security-Policy" in once) == ("<head" in page)


@pytest.mark.site
@pytest.mark.full
def test_every_page_has_the_policy_and_no_script_of_ours(built: Path) -> None:
    """Maps for other sites too. What is inline is Quarto's, or data; handlers are in Quarto's header alone."""
    pages = sorted(built.rglob("*.html"))
    assert len(pages) > 30
    for path in pages:
        text = path.read_text(encoding="utf-8")
        soup = BeautifulSoup(text, "html.parser")
        by_quarto = soup.select_one('meta[name=generator][content^="quarto"]') is not None
        assert (scripts_of(text) != "'self'") == by_quarto, path
        inline = [tag for tag in soup.select("script:not([src])") if "json" not in str(tag.get("type"))]
        known = [tag for tag in inline if str(tag.get("id")).startswith("quarto-") or "quarto-listing" in tag.text]
        assert inline == (known if by_quarto else []), path
        handled = [tag for tag in soup.find_all(True) if any(name.startswith("on") for name in tag.attrs)]
        assert all(by_quarto and tag.find_parent(id="quarto-header") for tag in handled), path


#: Fills with what the policy stops, before the page has a script of its own.
LISTEN = """addEventListener("securitypolicyviolation", (event) => {
    (window.ecStopped ??= []).push(`${event.effectiveDirective}: ${event.blockedURI} ${event.sample}`);
});"""

#: What a name could bring into a page, if it were not escaped.
ATTACK = """() => {
    const add = (name, about) => document.body.appendChild(Object.assign(document.createElement(name), about));
    add("script", { textContent: "window.ecHit = 1" });
    add("script", { src: "data:text/javascript,window.ecHit=2" });
    document.body.insertAdjacentHTML("beforeend", '<img src="x:" onerror="window.ecHit = 3">');
    document.body.insertAdjacentHTML("beforeend", '<svg onload="window.ecHit = 4"></svg><a href="javascript:ecHit=5">');
    document.body.lastChild.click();
    add("iframe", { srcdoc: "<script>parent.ecHit = 6</script>" });
    add("iframe", { src: "about.html" });
    add("object", { data: "https://example.org/" });
    add("form", { action: "https://example.org/" }).submit();
    document.head.append(Object.assign(document.createElement("base"), { href: "https://example.org/" }));
    setTimeout("window.ecHit = 7");
    fetch("https://example.org/").catch(() => {});
}"""


#: The directives that stop it.
STOPPED = {
    *("script-src-elem", "script-src-attr", "frame-src", "object-src"),
    *("form-action", "base-uri", "connect-src", "img-src"),
}


#: Kinds of pages with maps and with tools of their own.
FROM_A_FOLDER = ["index.html", "explore.html", "posts/regional/index.html", LONGEST]


@pytest.mark.browser
@pytest.mark.full
def test_nothing_of_a_page_is_stopped_and_nothing_else_runs(home: str, built: Path, tab: Callable[..., Page]) -> None:
    """Every kind of page, of a server and from a folder, is drawn in full; then what gets into it does not run."""
    page = tab(viewport={"width": 1280, "height": 800})
    page.add_init_script(LISTEN)
    faults = watched(page, home)
    stopped = []
    # The page for missing addresses is made for the root of a site.
    kinds = [kind for kind in KINDS if kind != "404.html"] if home.startswith("http:") else FROM_A_FOLDER
    for name in [*(page_of(kind, built) for kind in kinds), f"embed/{next(built.glob('embed/*.html')).name}"]:
        page.goto(home + name, wait_until="load")
        if home.startswith("http:"):
            draw(page)
        else:
            page.wait_for_timeout(200)
        stopped += [f"{name}: {told}" for told in page.evaluate("window.ecStopped ?? []")]
        before = len(faults)
        page.evaluate(ATTACK)
        for part in STOPPED if home.startswith("http:") else STOPPED - {"frame-src"}:
            page.wait_for_function("part => ecStopped.some((told) => told.startsWith(part + ':'))", arg=part)
        assert page.evaluate("window.ecHit") is None, name
        del faults[before:]
    assert not stopped, listed(stopped)
    assert not real(faults), listed(real(faults))


@pytest.mark.browser
@pytest.mark.quarto
@pytest.mark.full
def test_what_quarto_adds_to_a_page_works(quarto_site: Path, tab: Callable[..., Page]) -> None:
    """The search, the colours, the menu, the source of the page and its copy button."""
    from serving import served

    with served(quarto_site) as address:
        page = tab(viewport={"width": 1280, "height": 800})
        page.add_init_script(LISTEN)
        faults = watched(page, address)
        page.goto(f"{address}python.html")
        page.locator("#quarto-search button").click()
        page.locator(".aa-Input").fill("deciles")
        expect(page.locator(".aa-Item").first).to_be_visible()
        page.keyboard.press("Escape")
        page.keyboard.press("Escape")
        dark = page.evaluate("document.body.matches('.quarto-dark')")
        page.locator(".quarto-color-scheme-toggle").first.click()
        assert page.evaluate("document.body.matches('.quarto-dark')") != dark
        page.locator("main pre").first.hover()
        page.locator("main .code-copy-button").first.click()
        expect(page.locator("main .code-copy-button-checked")).to_be_attached()
        page.goto(f"{address}posts/regional/index.html")
        page.locator(".code-tools-button").click()
        expect(page.locator(".modal-body")).to_be_visible()
        assert page.evaluate("window.ecStopped ?? []") == []
        assert not faults, listed(faults)
