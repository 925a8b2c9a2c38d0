"""The Content-Security-Policy of every page: it runs files of the site alone, and what Quarto itself writes into it."""

from __future__ import annotations

import base64
import hashlib
import os
import re
from html import unescape
from pathlib import Path

# Styles may be inline: maps are SVG with styles of their own, and Quarto writes style attributes. A page that is opened
# from a folder shows its maps as objects, as it may not fetch them (maps.js); no other page can load a `file:`.
_POLICY = (
    "default-src 'none'; script-src {scripts}; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "font-src 'self' data:; connect-src 'self'; object-src file:; frame-src file:; base-uri 'none'; form-action 'self'"
)
# The encoding has to stand in the first bytes of a page, and the policy before all that it guards.
_START = re.compile(
    r'(<head\b[^>]*>(?:\s*<meta charset=[^>]*>)?)(?:\n<meta http-equiv="Content-Security-Policy" content="[^"]*">)?'
)
_SCRIPT = r"<script\b(?![^>]*\bsrc=)([^>]*)>(.*?)</script>"
_DATA = re.compile(r'type="(?!text/javascript"|application/javascript"|module")')
_HANDLER = re.compile(r"""\son[a-z]+="([^"]*)\"""")


def guarded(page: str) -> str:
    """Return a page with the policy at the start of its head, in place of an older one there.

    Of a page by Quarto, each inline script that Quarto writes is allowed by its SHA-256. Scripts in the content are
    not, nor in the table of contents, which repeats headings: names of places get there.
    """
    scripts, handlers = _of_quarto(page) if '<meta name="generator" content="quarto' in page else ([], [])
    words = ["'self'", *(["'unsafe-hashes'"] if handlers else []), *dict.fromkeys(map(_hash, [*scripts, *handlers]))]
    policy = _POLICY.format(scripts=" ".join(words))
    tag = f'\n<meta http-equiv="Content-Security-Policy" content="{policy}">'
    return _START.sub(lambda found: found[1] + tag, page, count=1)


def guard_pages() -> None:
    """Write the policy into each page of the site that has just been built, if Quarto or the preview runs this."""
    for path in sorted(Path(os.environ["QUARTO_PROJECT_OUTPUT_DIR"]).rglob("*.html")):
        page = path.read_bytes().decode("utf-8")
        if (with_policy := guarded(page)) != page:
            path.write_bytes(with_policy.encode("utf-8"))


def _of_quarto(page: str) -> tuple[list[str], list[str]]:
    """Return the scripts in the head, first in the body and after the content, and the handlers in the header."""
    head, _, body = page.partition("<body")
    first = re.match(rf"[^>]*>\s*{_SCRIPT}", body, re.DOTALL)
    _, main, end = body.rpartition("</main>")
    found = [*re.findall(_SCRIPT, head, re.DOTALL), *([first.groups()] if first else [])]
    found += re.findall(_SCRIPT, end, re.DOTALL) if main else []
    header = body[first.end() if first else 0 :].partition("</header>")[0]
    scripts = [text for about, text in found if not _DATA.search(about) and text.strip()]
    return scripts, [unescape(text) for text in _HANDLER.findall(header)]


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode('utf-8')).digest()).decode('ascii')}'"
