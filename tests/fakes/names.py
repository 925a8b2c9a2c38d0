"""The House of Commons Library's file of neighbourhood names, with made-up names.

Faults beyond those of :mod:`.faults`, all of them states: ``msoa11`` (the file of 2011), ``short`` (`rows` rows, 5,000
by default), ``latin1`` (another encoding, without a mark).
"""

from __future__ import annotations

import csv
import hashlib
import io
from functools import cache

from ec_maps.geography.codes import neighbourhood_codes

from . import country
from .faults import Request, Response, page
from .server import Fake

COLUMNS = ["msoa21cd", "msoa21nm", "msoa21nmw", "msoa21hclnm", "msoa21hclnmw", "localauthorityname", "type"]
COLUMNS_2011 = ["msoa11cd", "msoa11nm", "msoa11nmw", "msoa11hclnm", "msoa11hclnmw", "Laname"]

#: How many names stand for two neighbourhoods, of different districts.
REPEATED = 73


def _words(text: str) -> list[str]:
    return text.split()


_FIRST = _words(
    "Abbey Alder Ash Barn Beacon Birch Bishop Black Bramble Bridge Brook Canal Castle Chapel Cherry Church Clay Cliff "
    "Copper Cross Dale Dean East Elm Farm Ferry Forge Fox Garden Glebe Grange Green Harbour Hawthorn Hazel Heath High "
    "Holly Iron Ivy King's Lake Lime Long Low Maple Market Mill Moor New North Oak Old Orchard Park Priory Queen's "
    "River South Station"
)
_SECOND = _words(
    "Bank Barrow Bay Bottom Bridge Brow Chase Close Common Corner Cottage Court Croft Dene Down Edge End Ferry Field "
    "Fold Ford Gate Glen Grove Hall Harbour Haven Head Heath Hill Hollow Holt House Lane Lea Ley Lock Meadow Mead "
    "Mount Nook Park Place Point Pool Quay Ridge Rise Road Row Side Spring Square Stead Street Terrace Vale View "
    "Way Wood"
)
_WELSH = [
    f"{first} {second}"
    for first in _words("Tŷ Llân Bryn Môr Pont Coed Rhŷd Cîl")
    for second in _words("Gwyn Isaf Uchaf")
]


@cache
def names() -> dict[str, tuple[str, str]]:
    """Return the readable name of each neighbourhood, and its Welsh one, which is empty in England."""
    codes = sorted(neighbourhood_codes("2021"))
    made = [f"{a}{between}{b}" for between in (" ", " & ") for a in _FIRST for b in _SECOND][: len(codes) - REPEATED]
    # The last codes, which are Welsh, bear the names of the first, which are English.
    english = dict(zip(codes, made + made[:REPEATED], strict=True))
    return {code: (name, _welsh(code) if code[0] == "W" else "") for code, name in english.items()}


def _welsh(code: str) -> str:
    return f"{_WELSH[int(code[3:]) % len(_WELSH)]} {int(code[-3:])}"


@cache
def names_csv(edition: str = "2021") -> str:
    """Return the file of an edition, sorted by ONS's names as the real one is."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    rows = country.lookup().sort_values("MSOA21NM")
    old = neighbourhood_codes("2011")
    gone = iter(sorted(old - neighbourhood_codes("2021")))
    writer.writerow(COLUMNS if edition == "2021" else COLUMNS_2011)
    for code, name, welsh, lad in zip(rows.MSOA21CD, rows.MSOA21NM, rows.MSOA21NMW, rows.LAD21CD, strict=True):
        start = [name, welsh.strip() or name, *names()[code], country.plain_name(lad)]
        if edition == "2021":
            writer.writerow([code, *start, "Present in 2011" if code in old else "New in 2021"])
        elif listed := code if code in old else next(gone, None):
            writer.writerow([listed, *start])
    return out.getvalue()


class FakeNames(Fake):
    """The pages that the file is on; `text` is its content, without the mark, and can be replaced."""

    prefix = "/msoanames/MSOA-Names-Latest2.csv"
    states = frozenset({"msoa11", "short", "latin1"})

    def __init__(self) -> None:
        super().__init__()
        self.text = names_csv()

    def respond(self, request: Request) -> Response:
        name = request.path.removeprefix("/msoanames/")
        if name not in ("MSOA-Names-Latest2.csv", "MSOA-Names-Latest.csv", "MSOA-Names-2.0.csv", "MSOA-Names-2.2.csv"):
            return page("Site not found · GitHub Pages", 404)
        old = self.state("msoa11") or name == "MSOA-Names-Latest.csv"
        text = names_csv("2011") if old else self.text
        if short := self.state("short"):
            text = "".join(text.splitlines(keepends=True)[: short.get("rows", 5000) + 1])
        body = text.encode("latin-1", "replace") if self.state("latin1") else text.encode("utf-8-sig")
        mark = hashlib.md5(body, usedforsecurity=False).hexdigest()
        headers = {
            "Content-Type": "text/csv; charset=utf-8",
            "Last-Modified": "Fri, 13 Feb 2026 09:30:00 GMT",
            "ETag": f'"{mark[:8]}-{len(body):x}"',
            "Server": "GitHub.com",
        }
        if request.headers.get("if-none-match") == headers["ETag"]:
            return Response(304, b"", headers, length=False)
        return Response(200, body, headers)
