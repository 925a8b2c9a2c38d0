"""Which districts have a page, ``places/<page>.qmd``, and the name of that page.

Libraries that read tables are loaded only when needed, as every build of the site imports this module.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ec_maps import settings
from ec_maps.geography.names import slug

if TYPE_CHECKING:
    import pandas as pd

    from ec_maps.areas.places import Place

#: The folder of the pages in the project; it also holds the finder, ``index.qmd``.
PLACES = "places"

#: The finder's page, which is never removed.
KEEP = "index.qmd"


@dataclass(frozen=True)
class Built:
    """The result of a build: the number of pages, those drawn, those removed, and notes that concern all pages."""

    pages: int
    drawn: list[str]
    removed: list[str]
    notes: tuple[str, ...] = ()


def page_names(lads: pd.DataFrame) -> dict[str, str]:
    """Return the name of each district's page by code; where two names would be the same, both include the code."""
    import pandas as pd

    names = {code: slug(name) for code, name in zip(lads["lad21cd"], lads["lad21nm"], strict=True)}
    often = pd.Series(names).value_counts()
    own = dict(zip(lads["lad21cd"], lads["lad21nm"], strict=True))
    # The finder's own page is called index.
    return {code: slug(own[code], code) if often[page] > 1 or page == "index" else page for code, page in names.items()}


def wanted(lads: pd.DataFrame) -> list[Place]:
    """Return the districts that get a page: those of the list, or with ``EC_MAPS_PLACES=all`` every one, by name.

    Scottish and Northern Irish districts are included where the data cover the United Kingdom.
    """
    from ec_maps.areas.places import Place, read_places

    districts = _with_those_beyond(lads)
    if settings.places() == "listed":
        return read_places(districts=districts)
    rows = districts.sort_values("lad21nm")
    return [Place(*row) for row in zip(rows["lad21nm"], rows["lad21cd"], rows["rgn21nm"], strict=True)]


def _with_those_beyond(lads: pd.DataFrame) -> pd.DataFrame:
    """Return code, name and region of the districts of a table and of those in Scotland and Northern Ireland."""
    import pandas as pd

    from ec_maps.areas.coverage import united_kingdom
    from ec_maps.geography.codes import BEYOND

    columns = ["lad21cd", "lad21nm", "rgn21nm"]
    kingdom = united_kingdom()
    if kingdom is None or set(BEYOND) & set(lads["rgn21nm"]):
        return pd.DataFrame(lads[columns])
    beyond = kingdom.loc[kingdom["rgn21nm"].isin(BEYOND), columns]
    return pd.concat([pd.DataFrame(lads[columns]), pd.DataFrame(beyond)], ignore_index=True)


def linked(lads: pd.DataFrame) -> dict[str, str]:
    """Return the pages to build: code to file name without ending."""
    names = page_names(_with_those_beyond(lads))
    return {place.lad21cd: names[place.lad21cd] for place in wanted(lads)}
