"""What the briefs of all places cost beside their pages: CPU of both, in one run, with the library's own settings.

    EC_MAPS_SOURCE=demo .venv/bin/python benchmarks/brief_cost.py -n 20 -o FOLDER

Pages of evenly spaced districts are written as a build writes them, each with its brief. The time of a page is that
of all else on it. The first page also loads fonts and caches and does not count. The last line is JSON: the seconds of
all briefs and of all pages, extrapolated from the sample, and how many there are.
"""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path
from time import process_time

from sample import evenly

from ec_maps import settings
from ec_maps.areas.provenance import inputs
from ec_maps.geography.codes import BEYOND
from ec_maps.site import brief, district_page, district_pages
from ec_maps.site.district_page import Around
from ec_maps.site.finder import linked, wanted

os.environ["EC_MAPS_PLACES"] = "all"


def main() -> None:
    """Write the pages of the sample, and report."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("-n", dest="number", type=int, default=20, help="how many pages")
    parser.add_argument("-o", dest="out", type=Path, required=True, help="the folder for the pages")
    asked = parser.parse_args()
    (asked.out / "maps").mkdir(parents=True, exist_ok=True)
    tables = district_pages._tables(settings.source(), inputs())
    links, places = linked(tables.lads), wanted(tables.lads)
    whole = {"national": tables.lads} | ({} if tables.kingdom is None else {"uk": tables.kingdom})
    folders = (asked.out, asked.out)
    shared = {name: district_pages._national(name, table, links, "", folders) for name, table in whole.items()}
    around = Around(links, "https://maps.example.org/", shared["national"], shared.get("uk"))
    spent = {"briefs": 0.0}
    link = brief.link

    def timed(*arguments: object, **options: object) -> str:
        start = process_time()
        try:
            return link(*arguments, **options)  # type: ignore[arg-type]
        finally:
            spent["briefs"] += process_time() - start

    brief.link = timed
    chosen = evenly(
        [place.name for place in places if place.region not in BEYOND or tables.kingdom is not None], asked.number
    )
    by_name = {place.name: place for place in places}
    for at, name in enumerate([chosen[-1], *chosen]):
        if at == 1:
            spent, start = {"briefs": 0.0}, process_time()
        lads = tables.home(by_name[name])
        district_page.write(name, lads, tables.msoas, around, asked.out, surroundings=tables.kingdom)
    pages = process_time() - start - spent["briefs"]
    each = {"briefs": spent["briefs"] / len(chosen), "pages": pages / len(chosen)}
    results = {name: seconds * len(places) for name, seconds in each.items()} | {"number": len(places)}
    print(json.dumps(results))


if __name__ == "__main__":
    main()
