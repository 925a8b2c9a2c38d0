"""Which districts have a page, ``places/<page>.qmd``, and what it is called.

None of the libraries that read tables is loaded before it is needed: every build of the site asks.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ec_maps import settings
from ec_maps.geography.names import slug

if TYPE_CHECKING:
    import pandas as pd

    from ec_maps.areas.places import Place

#: The folder of the pages in the project; the finder, ``index.qmd``, is there too and stays.
PLACES = "places"

#: The finder, which this module leaves alone.
KEEP = "index.qmd"


@dataclass(frozen=True)
class Built:
    """What a build did: how many pages there are, which were drawn or removed, and what was said of all of them."""

    pages: int
    drawn: list[str]
    removed: list[str]
    notes: tuple[str, ...] = ()


def page_names(lads: pd.DataFrame) -> dict[str, str]:
    """Return each district's page, code to name; two districts of like names have their codes in them."""
    import pandas as pd

    names = {code: slug(name) for code, name in zip(lads["lad21cd"], lads["lad21nm"], strict=True)}
    often = pd.Series(names).value_counts()
    own = dict(zip(lads["lad21cd"], lads["lad21nm"], strict=True))
    # The finder's own page is called index.
    return {code: slug(own[code], code) if often[page] > 1 or page == "index" else page for code, page in names.items()}


def wanted(lads: pd.DataFrame) -> list[Place]:
    """Return the districts that are to have a page: those of the list, or all by name if ``EC_MAPS_PLACES`` is so.

    Beside those of the table, Scottish and Northern Irish ones may be among them, where the data at hand reach so far.
    """
    from ec_maps.areas.places import Place, read_places

    districts = _with_those_beyond(lads)
    if settings.places() == "listed":
        return read_places(districts=districts)
    rows = districts.sort_values("lad21nm")
    return [Place(*row) for row in zip(rows["lad21nm"], rows["lad21cd"], rows["rgn21nm"], strict=True)]


def _with_those_beyond(lads: pd.DataFrame) -> pd.DataFrame:
    """Return code, name and region of a table's districts, and of those beyond it in the United Kingdom."""
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
    """Return the pages that there are to be, code to name without ending."""
    names = page_names(_with_those_beyond(lads))
    return {place.lad21cd: names[place.lad21cd] for place in wanted(lads)}
