"""The numbers that a text gives for a place, whatever its wording, to compare with the tables."""

from __future__ import annotations

import re
import statistics
from collections.abc import Iterable
from dataclasses import dataclass
from html import unescape

import pypandoc

_SHARE = r"(\d+\.\d)(?:%| per 1,000)"
_DECILE = re.compile(r"\b(?:decile (\d+)|(lowest|highest) decile)\b")
_RANK = re.compile(
    r"(?:\b(\d+)\w\w (?:and|to) (?:the )?(\d+)\w\w |\bone of the (\d+) |\b(?:(\d+)\w\w )?)"
    r"(lowest|highest) of (?:all )?(?:the )?(\d+)\b"
)
_AWAY = re.compile(r"(\d+\.\d)(?: percentage points?| points?)? (higher|lower|above|below)")


@dataclass(frozen=True)
class Rank:
    """The first and the last rank that a place may have, counted from an end, and among how many."""

    first: int
    last: int
    end: str
    among: int


def plain(text: str) -> str:
    """Return a text on one line, with straight apostrophes and ordinary spaces."""
    return " ".join(text.replace("\N{NO-BREAK SPACE}", " ").replace("\N{RIGHT SINGLE QUOTATION MARK}", "'").split())


def as_read(markdown: str) -> str:
    """Return what pandoc reads in a line of markdown: its text, if no markup is in it."""
    html = pypandoc.convert_text(markdown, "html", format="markdown-smart", extra_args=["--wrap=none"])
    return unescape(re.sub(r"\A<p>([^<]*)</p>\s*\Z", r"\1", html))


def clauses(text: str) -> list[str]:
    """Return a text's sentences, split at semicolons too."""
    return re.split(r"[.;](?:\s+|$)", plain(text))


def values(text: str) -> list[float]:
    """Return all values of a text, in its order."""
    return [float(found) for found in re.findall(_SHARE, text)]


def value(text: str) -> float:
    """Return the first value of a text, in its unit."""
    found = values(text)
    assert found, f"no value: {text}"
    return found[0]


def decile(text: str) -> int:
    """Return the first decile of a text."""
    number, end = _found(_DECILE.search(plain(text)), "decile", text).groups()
    return int(number) if number else {"lowest": 1, "highest": 10}[end]


def deciles(text: str) -> list[int]:
    """Return all deciles of a text, in its order."""
    return [
        int(number) if number else {"lowest": 1, "highest": 10}[end] for number, end in _DECILE.findall(plain(text))
    ]


def counts(text: str) -> dict[int, int]:
    """Return how many areas a text counts in each decile that it names."""
    found = re.findall(r"(\d+)(?: is| are)? in decile (\d+)", plain(text))
    assert len(found) == len({decile for _, decile in found}), text
    return {int(decile): int(count) for count, decile in found}


def rank(text: str) -> Rank:
    """Return the first rank of a text."""
    first, last, level, one, end, among = _found(_RANK.search(plain(text)), "rank", text).groups()
    if first:
        return Rank(int(first), int(last), end, int(among))
    if level:
        return Rank(1, int(level), end, int(among))
    return Rank(int(one or 1), int(one or 1), end, int(among))


def compared(text: str, whole: str) -> tuple[float, float]:
    """Return the value that a text gives for a region or a country as a whole, and how far that lies from the place's.

    The difference is positive where the whole is higher, zero where they are level.
    """
    for clause in clauses(text):
        # Wales is also a part of England and Wales.
        if re.search(rf"(?<!England and ){re.escape(whole)}\b", clause) and (
            there := re.search(rf"\bat {_SHARE}", clause)
        ):
            away = _AWAY.search(clause)
            if away is None:
                assert re.search(r"\b(?:level|same)\b", clause), f"no difference from {whole}: {clause}"
                return float(there[1]), 0.0
            return float(there[1]), float(away[1]) * (1 if away[2] in ("higher", "below") else -1)
    message = f"nothing is compared with {whole}: {text}"
    raise AssertionError(message)


def _found(match: re.Match[str] | None, what: str, text: str) -> re.Match[str]:
    assert match is not None, f"no {what}: {text}"
    return match


# --- the expected facts, computed from a table's values ---------------------------------------------


def shown(share: float) -> float:
    """Return a share as a page shows it, in per cent."""
    return float(f"{100 * share:.1f}")


def ranked(share: float, shares: Iterable[float]) -> Rank:
    """Return the ranks that a share may have: those within half a percentage point count as level."""
    shares = list(shares)
    level = [other for other in shares if round(abs(other - share), 9) <= 0.005]
    above, below = sum(other > max(level) for other in shares), sum(other < min(level) for other in shares)
    ahead, end = (above, "highest") if above <= below else (below, "lowest")
    return Rank(ahead + 1, ahead + len(level), end, len(shares))


def distance(share: float, shares: Iterable[float]) -> tuple[float, float]:
    """Return the median of shares as shown, and how far that is from a share, computed from both as displayed."""
    median = shown(statistics.median(shares))
    return median, round(median - shown(share), 1)


def says_nothing(text: str) -> None:
    """Check that a text says that there is no estimate, and has no value, decile or rank."""
    assert "no published estimate" in plain(text)
    assert _DECILE.search(text) is _RANK.search(text) is re.search(_SHARE, text) is None, text


def check_length(lead: str) -> None:
    """Check that an opening has two sentences at most, and 45 words."""
    text = plain(lead).strip()
    assert text.endswith("."), text
    # A full stop within a number or a name is followed by no space and capital letter of a sentence.
    assert len(re.findall(r"(?<!\bSt)\.(?=\s|$)", text)) <= 2, text
    assert len(text.split()) <= 45, text


def check(
    lead: str, after: str, row: dict[str, str], rows: list[dict[str, str]], whole: str = "England and Wales"
) -> None:
    """Check that an opening and what follows it say of a district what the download of all districts holds.

    Value, decile and rank are in the opening, the medians of region and whole and how far they lie off in what follows.
    """
    name = row["lad21nm"].replace("Herefordshire, County of", "County of Herefordshire").split(", ")[0]
    assert name in plain(lead)
    check_length(lead)
    if not row["economic_connectedness"]:
        says_nothing(lead)
        assert not re.search(r"\bmedian local authority\b", after), after
        return
    share = float(row["economic_connectedness"])
    valued = [other for other in rows if other["economic_connectedness"]]
    near = [float(other["economic_connectedness"]) for other in valued if other["rgn21nm"] == row["rgn21nm"]]
    shares = [float(other["economic_connectedness"]) for other in valued]
    assert (value(lead), decile(lead), rank(lead)) == (shown(share), int(row["decile"]), ranked(share, shares)), lead
    medians = (compared(after, row["rgn21nm"]), compared(after, whole))
    assert medians == (distance(share, near), distance(share, shares)), after
