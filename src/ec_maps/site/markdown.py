"""Markdown of the pages: escaped text, tables and tabs; maps as figures with their files, tables and downloads."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import pandas as pd
from PIL import Image

from ec_maps.about import About
from ec_maps.analysis.export import lowest_first
from ec_maps.areas.provenance import data_date, date_in_words, line
from ec_maps.geography.levels import level_named
from ec_maps.geography.names import slug
from ec_maps.graphics.annotation import area_numbers
from ec_maps.graphics.figure import Map
from ec_maps.maps.figure_cache import FOLDER
from ec_maps.measures import Measure


def escaped(text: str) -> str:
    """Return text with the characters escaped that markdown would read as markup."""
    return re.sub(r"([\\`*_{}\[\]<>#|$~^@&])", r"\\\1", str(text))


def attribute(text: str) -> str:
    """Return text for use between the double quotes of an attribute."""
    return " ".join(str(text).replace("\\", "").replace('"', "”").split())


def quoted_yaml(text: str) -> str:
    """Return text as a double-quoted value of a page's front matter."""
    return '"' + " ".join(str(text).split()).replace("\\", "\\\\").replace('"', '\\"') + '"'


def pipe_table(heads: list[str], rows: list[list[str]], caption: str, align: str) -> str:
    """Return a table; `align` has one ``l`` or ``r`` for each column, and cells are markdown already.

    Columns on the right are classes of the table, as pandoc would write a style into each of their cells.
    """
    # Where a line is long, pandoc makes columns as wide as their dashes say: here as wide as what is in them, with room
    # for the arrow beside a head.
    widths = [max(_letters(head) + 3, *(_letters(row[at]) for row in rows)) for at, head in enumerate(heads)]
    rule = ["-" * (width + 1) for width in widths]
    classes = [".striped", *(f".ec-right-{at}" for at, side in enumerate(align, 1) if side == "r")]
    lines = [" | ".join(cells) for cells in (heads, rule, *rows)]
    body = "\n".join(f"| {line} |" for line in lines)
    return f"{body}\n\n: {escaped(caption)} {{{' '.join(classes)}}}"


def _letters(cell: str) -> int:
    """Return about how many letters of a cell are seen, at least three and at most forty."""
    return min(max(len(re.sub(r"\{#[^}]*\}|[\[\]\\]", "", cell)), 3), 40)


def framed(table: str, title: str) -> str:
    """Return a table in a frame of its own, in which it scrolls and which the keyboard reaches.

    Its address is ``#table-`` and its title, without the words on its order. Which columns are at the right is said by
    classes of the frame: pandoc would say it in each cell.
    """
    name = slug(f"table {re.sub(r', [^,]*$', '', title)}")
    heads, rule, rest = table.split("\n", 2)
    sides = rule.strip("| ").split(" | ")
    right = "".join(f".ec-right-{at} " for at, side in enumerate(sides, 1) if side.endswith(":"))
    table = "\n".join([heads, rule.replace(":", ""), rest])
    return (
        f'::: {{#{name} {right}.ec-table role="region" tabindex="0" aria-label="{attribute(title)}"}}\n\n{table}\n\n:::'
    )


def tabset(tabs: list[tuple[str, str]]) -> str:
    """Return tabs, each with a name, which is also its address, and its markdown; nothing for none."""
    if not tabs:
        return ""
    body = "\n\n".join(f"### {escaped(name)} {{#{slug(name)}}}\n\n{content}" for name, content in tabs)
    return f"\n::: {{.panel-tabset}}\n\n{body}\n\n:::\n"


# --- maps as figures of a page ----------------------------------------------------------------------


#: The width of a figure on a page, in CSS pixels.
WIDTH = 700

#: The width of the pictures in lists and cards, in pixels: at 1400 they weighed more than the rest of the home page.
_CARD = 700


@dataclass(frozen=True)
class Picture:
    """A saved map as a page shows it.

    `name` is that of its files, without folder and ending; `height` is in CSS pixels at a width of :data:`WIDTH`, and
    `narrow_height` that of its form for phones, or 0 if it has none.
    """

    name: str
    caption: str
    alt_text: str
    height: int
    narrow_height: int = 0

    @property
    def anchor(self) -> str:
        """The figure's address on its page."""
        return f"figure-{self.name}"

    def markdown(self, *, mark: str = "") -> str:
        """Return the figure, whose address is ``#figure-`` and its name.

        `mark` is the code of the area to outline on a map that many pages share.
        """
        address = f"{FOLDER}/{self.name}.svg" + (f"#{mark}" if mark else "")
        figure = (
            f'![{escaped(self.caption)}]({address}){{#{self.anchor} .ec-map fig-alt="{attribute(self.alt_text)}" '
            f"width={WIDTH} height={self.height}}}"
        )
        if not self.narrow_height:
            return figure
        # The page's style gives the picture this shape on phones; the picture then shows its larger words. Quarto keeps
        # the style of a block, not of a picture.
        return f'::: {{.ec-figure style="--ec-narrow:{WIDTH}/{self.narrow_height}"}}\n\n{figure}\n\n:::'


def picture(drawn: Map, name: str) -> Picture:
    """Return the figure of a map whose files have this name."""
    heights = [
        round(WIDTH * figure.get_figheight() / figure.get_figwidth()) if figure else 0
        for figure in (drawn.figure, drawn.narrow)
    ]
    return Picture(name, drawn.caption, drawn.alt_text, *heights)


#: Pixels per inch of pictures to download, for paper and word processors.
PRINT = 300


def saved(drawn: Map, name: str, folder: Path, *, png: bool = True, links: dict[str, str] | None = None) -> str:
    """Return the figure of a map, and save it as SVG, with `links` from its areas, and as PNG if `png` is true."""
    folder.mkdir(parents=True, exist_ok=True)
    drawn.save(folder / f"{name}.svg", links=links)
    if png:
        drawn.save(folder / f"{name}.png", dpi=PRINT)
    return picture(drawn, name).markdown()


def for_print(drawn: Map, name: str, folder: Path, *, links: dict[str, str] | None = None) -> str:
    """Return the figure of a map with a link to its PNG beneath it, and save it, as :func:`saved` does."""
    return f"{saved(drawn, name, folder, links=links)}\n\n{print_link(name)}"


def print_link(name: str) -> str:
    """Return the link to the PNG of a figure, to paste it into a document."""
    return f"::: {{.ec-downloads}}\n[Picture for a document (PNG)]({FOLDER}/{name}.png)\n:::"


def keep_card(page: str, name: str, folder: Path = Path(FOLDER)) -> None:
    """Save a smaller copy of a saved map as a page's card: its picture in lists and link previews."""
    with Image.open(folder / f"{name}.png") as picture:
        height = round(picture.height * _CARD / picture.width)
        small = picture.resize((_CARD, height), Image.Resampling.LANCZOS).quantize(256, dither=Image.Dither.NONE)
    small.save(folder / f"{page}-card.png", optimize=True)


def keep_national_card(page: str, lads: gpd.GeoDataFrame, folder: Path = Path(FOLDER)) -> None:
    """Save the national map as the card of a page whose own figure is left out."""
    from ec_maps.maps.choropleth import national_map

    folder.mkdir(exist_ok=True)
    whole = national_map(lads).save(folder / f"{page}.png")
    keep_card(page, page, folder)
    Path(whole).unlink()


def downloads(name: str, what: str, *, areas: bool = False) -> str:
    """Return the download links of a figure; with `areas`, those of its areas with outlines too.

    Files have a short `name`, so that links to them last; saved, they are called after `what` they show, the place and
    the measure, and the year of the data: ``great-yarmouth-economic-connectedness-2025.csv``.
    """
    saved_as = slug(f"{what} {(data_date('lad') or '')[:4]}")
    kinds = {"table (CSV)": "csv", "areas (GeoJSON)": "geojson", "map (SVG)": "svg", "map (PNG)": "png"}
    links = [
        f'[{words}]({FOLDER}/{name}.{kind}){{download="{saved_as}.{kind}"}}'
        for words, kind in kinds.items()
        if areas or kind != "geojson"
    ]
    return f"::: {{.ec-downloads}}\nDownload: {' · '.join(links)}\n:::"


def value_table(areas: gpd.GeoDataFrame, title: str, *, prefix: str = "") -> str:
    """Return the table of areas, lowest first, in a frame of its own.

    The name in each row is a link to its own address, the area's code in lower case; a second table of the same areas
    on a page needs a `prefix` before the codes.
    """
    table = lowest_first(areas)
    level = level_named("msoa" if "msoa21cd" in table else "lad")
    about = About.of(areas)
    measure, classes = about.what, about.classes
    by_rate = measure.unit == "rate"
    values = [
        measure.format(value) if pd.isna(value) or not by_rate else measure.short(value) for value in table[measure.key]
    ]
    numbers = deciles_in_cells(table) if classes.column == "decile" else _texts(table[classes.column])
    names = [escaped(name) for name in table[level.name]]
    anchors = [f"{prefix}{code.lower()}" for code in table[level.code]]
    names = [f"[{name}](#{anchor}){{#{anchor}}}" for name, anchor in zip(names, anchors, strict=True)]
    heads, columns, align = ["Local authority"], [names], "lrr"
    if level.key == "msoa":
        # As on the map, where the numbers of several districts run on in the order of the areas.
        on_map = dict(zip(areas[level.code], area_numbers(areas[level.name]), strict=True))
        own = [on_map[code] for code in table[level.code]]
        heads, columns, align = ["No.", "Neighbourhood"], [own, names], "rlrr"
        if "msoa21hclnm" in table:
            known = [escaped(name) if isinstance(name, str) else "" for name in table["msoa21hclnm"]]
            heads, columns, align = [*heads, "Known as"], [*columns, known], "rllrr"
    heads = [*heads, f"{measure.title} ({measure.short_unit})" if by_rate else measure.title, classes.noun.capitalize()]
    columns = [*columns, values, numbers]
    if "num_users" in table:
        heads, align = [*heads, "Users"], f"{align}r"
        columns.append(["–" if pd.isna(users) else f"{users:,}" for users in table["num_users"]])
    rows = [list(row) for row in zip(*columns, strict=True)]
    note = table_note(measure, table, numbers)
    return framed(pipe_table(heads, rows, title, align), title) + (f"\n\n{note}" if note else "")


def table_note(measure: Measure, table: pd.DataFrame, numbers: list[str]) -> str:
    """Return a note on the brackets and the users in a table; empty if it has neither."""
    notes = []
    if any("(" in number for number in numbers):
        notes.append(
            f"In brackets: the deciles that the area would be in if its value were {measure.tolerance_in_words} "
            f"lower or higher."
        )
    if "num_users" in table:
        notes.append("Users: the number of people that the estimate is made from.")
    return f"::: {{.ec-note}}\n{' '.join(notes)}\n:::" if notes else ""


def deciles_in_cells(table: pd.DataFrame) -> list[str]:
    """Return each row's decile as text, with the span of deciles within the tolerance if that is more than one."""
    if "decile_low" not in table:
        return _texts(table["decile"])
    spans = zip(table["decile"], table["decile_low"], table["decile_high"], strict=True)
    return [
        "–" if pd.isna(decile) else f"{decile}" if low == high else f"{decile} ({low}–{high})"
        for decile, low, high in spans
    ]


def _texts(numbers: pd.Series) -> list[str]:
    return ["–" if pd.isna(number) else str(number) for number in numbers]


def provenance() -> str:
    """Return the sources of values and boundaries and the version of the library, as a small paragraph."""
    text = re.sub(
        r"\d{4}-\d\d-\d\d", lambda m: f'<time datetime="{m[0]}">{date_in_words(m[0])}</time>', escaped(line())
    )
    return f"::: {{.ec-provenance}}\n{text}\n:::"
