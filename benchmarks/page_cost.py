"""What a district's page costs: CPU, from a sample of districts, in one process with the library's own settings.

    EC_MAPS_SOURCE=demo .venv/bin/python benchmarks/page_cost.py -n 20 -o FOLDER

Pages of evenly spaced districts are written as a build writes them. The first also loads fonts and caches and does not
count. The last line is JSON: the seconds of a page, those of its brief, and how many pages there are.

With ``--as-then`` pages have the figures and sections that they had at the earlier commit of `project.py`: no brief, no
similar places, no neighbourhoods in the section on exposure and bias, no figures for phones, and no pictures to
download of the region and the dots.
If ``PYTHONPATH`` names the code of that commit, the pages are written by it.
"""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Callable
from contextlib import ExitStack
from importlib.util import find_spec
from pathlib import Path
from time import process_time
from unittest.mock import patch

from sample import evenly

os.environ["EC_MAPS_PLACES"] = "all"

_SITE = "https://maps.example.org/"

#: Seconds of the briefs, which are part of those of the pages.
_briefs = 0.0


def now(out: Path, *, as_then: bool) -> dict[str, Callable[[], object]]:
    """Return what writes each district's page, by name."""
    from ec_maps import load_areas, settings
    from ec_maps.areas.provenance import inputs
    from ec_maps.geography.codes import BEYOND
    from ec_maps.site import brief, district_page, district_pages
    from ec_maps.site.finder import linked, wanted

    tables = district_pages._tables(settings.source(), inputs())
    if as_then:
        tables = tables._replace(msoas=load_areas("msoa"))  # without kinds
    links = linked(tables.lads)
    whole = {"national": tables.lads} | ({} if tables.kingdom is None else {"uk": tables.kingdom})
    shared = {name: district_pages._national(name, table, links, "", (out, out)) for name, table in whole.items()}
    around = district_page.Around(links, _SITE, shared["national"], shared.get("uk"))
    link = brief.link

    def timed(*arguments: object, **options: object) -> str:
        global _briefs  # noqa: PLW0603
        start = process_time()
        try:
            return link(*arguments, **options)  # type: ignore[arg-type]
        finally:
            _briefs += process_time() - start

    def write(name: str, home: object) -> None:
        with ExitStack() as changed:
            for where, part, instead in _left_out() if as_then else [(brief, "link", timed)]:
                changed.enter_context(patch.object(where, part, instead))
            district_page.write(name, home, tables.msoas, around, out, surroundings=tables.kingdom)

    return {
        place.name: lambda place=place: write(place.name, tables.home(place))
        for place in wanted(tables.lads)
        if place.region not in BEYOND or tables.kingdom is not None
    }


def _left_out() -> list[tuple[object, str, object]]:
    """Return the parts of a page that are new since then, each with what stands in its place."""
    from ec_maps.graphics.figure import Map
    from ec_maps.site import brief, embed, markdown, similar_places

    def nothing(*_: object, **__: object) -> str:
        return ""

    def only_svg(drawn: object, name: str, folder: Path, *, links: dict[str, str] | None = None) -> str:
        return markdown.saved(drawn, name, folder, png=False, links=links)

    return [
        (brief, "link", nothing),
        (similar_places, "section", nothing),
        (embed.Embedded, "section", nothing),
        (markdown, "for_print", only_svg),
        (Map, "narrow", None),
    ]


def then(out: Path) -> dict[str, Callable[[], object]]:
    """Return what writes each district's page, by name, in the code of that commit."""
    from ec_maps.place_tables import tables_at

    from ec_maps import profile, profiles, redrawing

    inputs = profiles._inputs()
    tables = tables_at(inputs, levers=True)
    links = profiles.linked(tables.lads)
    work = redrawing.Work(out, out, inputs, "", _SITE, print, 1, quiet=True)
    whole = {"national": tables.lads} | ({} if tables.kingdom is None else {"uk": tables.kingdom})
    shared = {name: redrawing._national(name, table, work, links) for name, table in whole.items()}
    around = profile.Around(links, _SITE, shared["national"], shared.get("uk"))

    def write(place: object) -> None:
        lads, both = tables.home(place)
        profile.write(place.name, lads, tables.msoas, around, out, surroundings=tables.kingdom, both_levers=both)

    return {place.name: lambda place=place: write(place) for place in profiles.wanted(tables.lads)}


def main() -> None:
    """Write the pages of the sample, and report."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("-n", dest="number", type=int, default=20, help="how many pages")
    parser.add_argument("-o", dest="out", type=Path, required=True, help="the folder for the pages")
    parser.add_argument("--as-then", action="store_true", help="with what they had then")
    asked = parser.parse_args()
    (asked.out / "maps").mkdir(parents=True, exist_ok=True)
    writers = then(asked.out) if find_spec("ec_maps.profile") else now(asked.out, as_then=asked.as_then)
    chosen = evenly(sorted(writers), asked.number)
    writers[chosen[-1]]()
    before, start = _briefs, process_time()
    for name in chosen:
        writers[name]()
    page, brief = (process_time() - start) / len(chosen), (_briefs - before) / len(chosen)
    print(json.dumps({"page": page, "brief": brief, "number": len(writers)}))


if __name__ == "__main__":
    main()
