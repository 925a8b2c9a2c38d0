"""A brief as a page: what it says, and how typst sets it from ``brief.typ`` as a tagged PDF of one page."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ec_maps import settings
from ec_maps.areas.provenance import data_date, date_in_words, line
from ec_maps.areas.wording import sources
from ec_maps.errors import RenderError
from ec_maps.graphics import palette
from ec_maps.graphics.layout import DEMO_WORDS
from ec_maps.graphics.svg_print import Panel, panel
from ec_maps.graphics.text_metrics import FONT

if TYPE_CHECKING:
    import typst

#: Millimetres to points.
_MM = 72 / 25.4

#: The greatest width and height in millimetres of the maps of neighbourhoods, region and country, or of the two where
#: there are no neighbourhoods.
_BOXES = {3: ((82.0, 68.0), (50.0, 58.0), (44.0, 58.0)), 2: ((100.0, 68.0), (76.0, 68.0))}


@dataclass(frozen=True)
class Picture:
    """A map of a brief: the text of its SVG, its alternative text, and a title.

    `marks` are the codes of areas to outline; `numbers` says whether areas have the number of their decile.
    """

    svg: str
    alt_text: str
    title: str = ""
    marks: tuple[str, ...] = ()
    numbers: bool = True

    @classmethod
    def saved(cls, path: Path, alt_text: str) -> Picture:
        """Return the map of a saved SVG."""
        return cls(path.read_text(encoding="utf-8"), alt_text)


@dataclass(frozen=True)
class Section:
    """A section of a brief: heading, sentences, a list, which may be cut short, and sentences after it."""

    heading: str
    text: str
    items: list[str] = field(default_factory=list)
    after: str = ""


@dataclass(frozen=True)
class Brief:
    """What a brief says, besides what all briefs say.

    Attributes
    ----------
    title, about
        The place's name, and what the brief is about, with the place in it.
    summary, compared, inside
        The lead, how the medians compare with it, and how its neighbourhoods are spread; the last two may be empty.
    pictures
        The maps, the most local first: three, or two without neighbourhoods.
    label, counts
        What is counted by decile, and how many there are in each, lowest first.
    colours
        Those of the deciles, lowest first.
    caution
        What to bear in mind, in sentences.
    lists, sections
        The sections side by side, and those beneath them.
    sources
        Sources besides those of all maps.
    address
        That of the place's page; empty without one.
    """

    title: str
    about: str
    summary: str
    compared: str
    inside: str
    pictures: list[Picture]
    label: str
    counts: list[int]
    colours: list[str]
    caution: str
    lists: Sequence[Section] = ()
    sections: Sequence[Section] = ()
    sources: Sequence[str] = ()
    address: str = ""

    def pdf(self) -> bytes:
        """Return the brief as PDF; the same brief gives the same bytes.

        `MissingExtraError` is raised without typst, `RenderError` if it cannot set the page.
        """
        settings.require_extra("brief", "Writing a brief")
        import typst

        date = data_date("lad") or ""
        try:
            pages = _compiler().compile(
                _template(),
                format="pdf",
                sys_inputs={"brief": json.dumps(self._values(date), ensure_ascii=False)},
                pdf_standards=["ua-1"],
                timestamp=_timestamp(date),
            )
        except typst.TypstError as error:
            msg = f"The brief of {self.title} could not be set: {error.message}. This is a fault of ec_maps, not yours."
            raise RenderError(msg) from error
        return bytes(pages)  # type: ignore[arg-type]

    def _values(self, date: str) -> dict[str, Any]:
        """Return the values of the template."""
        dated = f" Data of {date_in_words(date)}." if date else ""
        return {
            "document": f"{self.about}: a brief for a committee",
            "title": self.title,
            "kicker": f"A brief for a committee. {self.about}.{dated}",
            "author": f"ec_maps {version('ec-maps')}",
            "keywords": ["economic connectedness", "social capital", self.title],
            "font": FONT,
            "stamp": DEMO_WORDS if settings.is_demo() else "",
            "summary": self.summary,
            "compared": self.compared,
            "inside": self.inside,
            "maps": [
                {**asdict(drawn), "title": shown.title, "alt": shown.alt_text}
                for shown, drawn in zip(self.pictures, self._panels(), strict=True)
            ],
            "deciles": {
                "label": self.label,
                "counts": self.counts,
                "colours": self.colours,
                "inks": [palette.ink_on(colour) for colour in self.colours],
            },
            "key": (
                "The number on an area is its decile, where there is room for it, and its colour that of the table. "
                "Hatched: no published estimate. Grey: around it."
            ),
            "lists": [asdict(section) for section in self.lists],
            "sections": [asdict(section) for section in self.sections],
            "caution": self.caution,
            "source": [" ".join([sources(), *self.sources]), line()],
            "rest": "and {} more, on the page" if self.address else "and {} more",
            "more": "All values, larger maps and how to read them:",
            "address": self.address,
        }

    def _panels(self) -> list[Panel]:
        stamp = DEMO_WORDS if settings.is_demo() else ""
        return [
            panel(one.svg, width * _MM, height * _MM, marks=one.marks, numbers=one.numbers, stamp=stamp)
            for one, (width, height) in zip(self.pictures, _BOXES[len(self.pictures)], strict=True)
        ]


def _timestamp(date: str) -> datetime:
    """Return the time that the file gives as that of its making: the date of the data."""
    try:
        return datetime.fromisoformat(date[:10]).replace(tzinfo=UTC)
    except ValueError:
        return datetime(2025, 1, 1, tzinfo=UTC)


@lru_cache(maxsize=1)
def _compiler() -> typst.Compiler:
    """Return the compiler, with the typeface of the maps and no other: the machine's do not count."""
    import matplotlib as mpl
    import typst

    folder = Path(mpl.get_data_path()) / "fonts" / "ttf"
    fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[folder])
    return typst.Compiler(font_paths=fonts, ignore_system_fonts=True)


@lru_cache(maxsize=1)
def _template() -> bytes:
    return Path(__file__).with_name("brief.typ").read_bytes()
