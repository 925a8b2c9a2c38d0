"""Names as people write them: compared, quoted in messages, turned into file names."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from ec_maps.cleaning import visible
from ec_maps.errors import quoted

__all__ = ["folded", "foreign_letter", "named", "plain", "quoted", "slug"]

_DASHES = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe63\uff0d"
_ALIKE = dict.fromkeys(map(ord, "\u2018\u2019\u02bc\u02b9\u00b4\u2032`"), "'")
_ALIKE |= dict.fromkeys(map(ord, _DASHES), "-")
_PREFIX = re.compile(
    r"^(?:the )?(?:(?:(?:london|royal|metropolitan) )*(?:city|county|borough|district)"
    r"(?: and (?:city|county|borough|district))? of (?:the )?)?(?=.)"
)
_SUFFIX = re.compile(r"(?:,? (?:city|county) of|(?: (?:city|county|borough|district|metropolitan|council))+)$")


def plain(text: str) -> str:
    """Return `text` without differences that never matter: case, spacing, dashes, apostrophes, Unicode form."""
    return unicodedata.normalize("NFC", " ".join(visible(text).translate(_ALIKE).casefold().split()))


def foreign_letter(text: str) -> str:
    """Return the first letter that is not Latin, as a Cyrillic one that looks the same; empty if all are."""
    return next((one for one in text if one.isalpha() and not unicodedata.name(one, "").startswith("LATIN")), "")


def named(character: str) -> str:
    """Return a character with its name: ``"\u2009" (thin space)``, ``U+0007``."""
    name = unicodedata.name(character, "").lower()
    return f'"{character}" ({name})' if name else f"U+{ord(character):04X}"


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
