"""A place's map for other sites: ``embed/<page>.html``, to be shown in a frame, and its oEmbed description.

The map is the file that the place's page shows, with its legend, its sources and the stamp of the demonstration.
Without a script it is a picture; with one its areas can be asked for their values, as on the page.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from html import escape
from pathlib import Path

from ec_maps import settings
from ec_maps.graphics.layout import DEMO_WORDS
from ec_maps.maps.figure_cache import EMBED, FOLDER, PLACES
from ec_maps.maps.share_card import PIXELS
from ec_maps.site.markdown import WIDTH, Picture

#: The height of the line below the map: three lines on a phone.
_BELOW = 90

_SITE = "Economic connectedness in England and Wales"


@dataclass(frozen=True)
class Embedded:
    """The map of a place for other sites: the place's `name` and `page`, its map, and the address of the site.

    `site` has a slash at its end; it is empty for a site without an address.
    """

    name: str
    page: str
    picture: Picture
    site: str

    @property
    def title(self) -> str:
        """What the frame shows, for those who do not see it."""
        return f"Map of economic connectedness in {self.name}"

    @property
    def height(self) -> int:
        """The height that a frame of full width needs, in CSS pixels."""
        return self.picture.height + _BELOW

    @property
    def line(self) -> str:
        """The HTML that shows the map on another site."""
        return (
            f'<iframe src="{self.site}{EMBED}/{self.page}.html" title="{escape(self.title)}" width="{WIDTH}" '
            f'height="{self.height}" style="border:0;max-width:100%" loading="lazy"></iframe>'
        )

    @property
    def head(self) -> str:
        """The link to the oEmbed description, for the head of the place's page."""
        return (
            f'<link rel="alternate" type="application/json+oembed" href="{self.site}{EMBED}/{self.page}.json" '
            f'title="{escape(self.title)}">'
        )

    def section(self) -> str:
        """Return the section of the place's page that offers the map, as markdown; empty without an address."""
        if not self.site:
            return ""
        return (
            "## Show this map on your site\n\n"
            f"[The map alone](../{EMBED}/{self.page}.html), with its legend and sources, can be shown on any page. It "
            "asks no other site for anything, sets no cookies, and needs no script. Paste this line:\n\n"
            f"::: {{.ec-embed}}\n```\n{self.line}\n```\n:::"
        )

    def write(self, folder: Path) -> None:
        """Write the embedded map and, for a site with an address, its oEmbed description into a folder."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{self.page}.html").write_text(self._html(), encoding="utf-8")
        (folder / f"{self.page}.json").write_text(self._oembed(), encoding="utf-8")

    def _html(self) -> str:
        shown = self.picture
        drawing = f"../{PLACES}/{FOLDER}/{shown.name}.svg"
        size = f'width="{WIDTH}" height="{shown.height}"'
        stamp = f"<b>{escape(DEMO_WORDS)}.</b> " if settings.is_demo() else ""
        shape = f' style="--ec-narrow:{WIDTH}/{shown.narrow_height}"' if shown.narrow_height else ""
        canonical = f'<link rel="canonical" href="{self.site}{PLACES}/{self.page}.html">\n' if self.site else ""
        return f"""<!DOCTYPE html>
<html lang="en-GB">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<meta name="description" content="{escape(shown.caption)}">
<base target="_blank">
<title>{escape(self.title)}</title>
{canonical}<link rel="icon" href="../assets/favicon.svg">
<link rel="stylesheet" href="../assets/site.css">
<script src="../assets/maps.js" defer></script>
</head>
<body class="ec-embedded">
<main>
<h1>{escape(self.title)}</h1>
<div class="ec-figure"{shape}>
<figure>
<img class="ec-map" src="{drawing}" alt="{escape(shown.alt_text)}" {size}>
<figcaption>{stamp}<a href="../{PLACES}/{self.page}.html">{escape(self.name)}: all values and what they mean</a>, from
<i>{_SITE}</i></figcaption>
</figure>
</div>
</main>
</body>
</html>
"""

    def _oembed(self) -> str:
        card = f"{self.site}{PLACES}/{FOLDER}/{self.page}-card.png"
        wide, high = PIXELS
        thumbnail = {"thumbnail_url": card, "thumbnail_width": wide, "thumbnail_height": high}
        data = {
            "version": "1.0",
            "type": "rich",
            "title": self.title,
            "provider_name": _SITE,
            "provider_url": self.site,
            "width": WIDTH,
            "height": self.height,
            "html": self.line,
            **(thumbnail if self.site else {}),
        }
        return json.dumps(data, ensure_ascii=False, indent=1) + "\n"
