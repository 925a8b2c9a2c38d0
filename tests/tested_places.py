"""The districts that tests look at: a sample of the 374, or in the weekly run all of them."""

from __future__ import annotations

import os
from collections.abc import Iterable

#: Whether to look at every district, as the weekly run does.
ALL_PLACES = bool(os.environ.get("EC_MAPS_TEST_ALL_PLACES"))

#: The places of the demonstration site, of all kinds; the quick tier has the first alone. Those of the project's list;
#: one neighbourhood; no estimate; the lowest, with its name the other way round; a Welsh name; an apostrophe; the most
#: neighbourhoods; the highest; two beyond England and Wales.
SITE = (
    *("Great Yarmouth", "Redcar and Cleveland", "Telford and Wrekin", "City of London", "Eden", "Bristol, City of"),
    *("Isle of Anglesey", "King's Lynn and West Norfolk", "Birmingham", "Southwark", "Scottish Borders", "Belfast"),
)

#: Names in the site's list that are not the official ones.
WRITTEN = {"Isle of Anglesey": "Ynys Môn"}

#: The groups of the full tier's site, by name, with the names of their pages: a county, and one of the list's own.
GROUPS = {"Norfolk": "norfolk", "Greater Norwich": "greater-norwich"}

#: Their entries in the list.
GROUPS_WRITTEN = "- Norfolk\n- Greater Norwich: [Norwich, Broadland, South Norfolk]\n"


def listed(names: Iterable[str]) -> str:
    """Return the text of a list of places."""
    return "".join(f"- {WRITTEN.get(name, name)}\n" for name in names)


def sample(names: Iterable[str]) -> list[str]:
    """Return about twenty of the names of districts, of all kinds; in the weekly run all of them."""
    names = sorted(names)
    return names if ALL_PLACES else sorted({*names[::40], *set(SITE) & set(names)})
