"""Quarto's post-render step: a page with a Content-Security-Policy allows the inline scripts that Quarto writes.

Each is allowed by its SHA-256, so that a script that gets into a page in any other way stays forbidden. Pages of the
preview have no inline scripts after their policy.
"""

from __future__ import annotations

import base64
import hashlib
import os
import re
from html import unescape
from pathlib import Path

_POLICY = re.compile(r"""(<meta http-equiv="Content-Security-Policy" content="[^"]*?script-src 'self')[^;"]*""")
_SCRIPT = re.compile(r"<script\b([^>]*)>(.*?)</script>", re.DOTALL)
_HANDLER = re.compile(r"""\son[a-z]+="([^"]*)\"""")
_RUN = re.compile(r'type="(?:text/javascript|application/javascript|module)"')


def allowed(page: str) -> str:
    """Return a page with the hashes of its inline scripts and event handlers in its policy, if it has one."""
    scripts = [
        text
        for about, text in _SCRIPT.findall(page)
        if not re.search(r"\bsrc=", about) and ("type=" not in about or _RUN.search(about)) and text.strip()
    ]
    markup = _SCRIPT.sub("", page)
    handlers = [unescape(text) for text in _HANDLER.findall(markup)]
    words = [*(["'unsafe-hashes'"] if handlers else []), *dict.fromkeys(map(_hash, [*scripts, *handlers]))]
    return _POLICY.sub(lambda found: " ".join([found[1], *words]), page)


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode('utf-8')).digest()).decode('ascii')}'"


def main() -> None:
    """Rewrite the pages that Quarto has just built."""
    for name in os.environ.get("QUARTO_PROJECT_OUTPUT_FILES", "").splitlines():
        path = Path(name.strip())
        if path.suffix != ".html" or not path.is_file():
            continue
        page = path.read_bytes().decode("utf-8")
        if _POLICY.search(page):
            path.write_bytes(allowed(page).encode("utf-8"))


if __name__ == "__main__":
    main()
