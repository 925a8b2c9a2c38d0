"""Names as people write them: compared, quoted in messages, turned into file names."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from ec_maps.errors import quoted

__all__ = ["folded", "plain", "quoted", "slug"]

_APOSTROPHES = dict.fromkeys(map(ord, "\u2018\u2019\u02bc\u02b9\u00b4\u2032`"), "'")
_PREFIX = re.compile(
    r"^(?:the )?(?:(?:(?:london|royal|metropolitan) )*(?:city|county|borough|district)"
    r"(?: and (?:city|county|borough|district))? of (?:the )?)?(?=.)"
)
_SUFFIX = re.compile(r"(?:,? (?:city|county) of|(?: (?:city|county|borough|district|metropolitan|council))+)$")


def plain(text: str) -> str:
    """Return `text` without differences that never matter: case, spacing, apostrophes, Unicode form."""
    return unicodedata.normalize("NFC", " ".join(text.translate(_APOSTROPHES).casefold().split()))


@lru_cache(maxsize=4096)
def folded(text: str) -> str:
    """Return `text` without the parts that people vary: accents, stops, hyphens, "&", "Saint", "City of", "Council"."""
    text = _ascii(plain(text)).replace("&", " and ").replace(".", " ").replace("'", "")
    text = _SUFFIX.sub("", _PREFIX.sub("", " ".join(text.split())))
    return " ".join("st" if word == "saint" else word for word in re.findall(r"[a-z0-9]+", text))


def slug(name: str, code: str | None = None) -> str:
    """Return `name` as a file name or anchor: lower-case ASCII letters and digits joined by hyphens, 80 at most.

    A `code` is added at the end in full and distinguishes two like names. A name without any such letter becomes
    ``unnamed``.
    """
    tail = f"-{code.lower()}" if code else ""
    stem = "-".join(re.findall(r"[a-z0-9]+", _ascii(name).lower()))
    return (stem[: 80 - len(tail)].strip("-") or "unnamed") + tail


def _ascii(text: str) -> str:
    return unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode("ascii")
