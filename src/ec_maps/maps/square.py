"""The legend of the two-way map: a square of nine fields with the counts in them, and what the corners are called."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from matplotlib.patches import Rectangle

from ec_maps.analysis.bivariate import two_way_colours
from ec_maps.analysis.kinds import BETWEEN, KINDS, THIRDS, thirds_of
from ec_maps.areas import wording
from ec_maps.graphics import layers, palette
from ec_maps.graphics.layout import FAINT, LEGEND, MARGIN, SMALL, WIDTH, write
from ec_maps.graphics.text_metrics import text_size, wrap
from ec_maps.maps.two_way_words import class_in_words, counts
from ec_maps.measures import measure_named

if TYPE_CHECKING:
    import geopandas as gpd
    from matplotlib.axes import Axes

_FIELD_EDGE = "#6d6a80"

#: Of the legend, in inches: a field's side; from the margin to the square, where its words and cut points stand; from
#: the square to the list; and what lies above and beneath the square.
_SIDE = 0.36
_LEFT, _APART, _ABOVE, _BENEATH = 0.62, 0.4, 0.48, 0.44

_ACROSS, _UP = "more high-income\npeople to meet →", "friendships fall\nfurther short →"


@dataclass(frozen=True)
class Square:
    """The legend: nine fields, exposure to the right and bias upwards.

    Attributes
    ----------
    universe
        Of what they are thirds, in words.
    counts
        How many districts are in each class, class 1 first.
    exposure_cut_points, bias_cut_points
        The four edges of each in words, as bare numbers.
    missing, around
        What hatching and the grey land mean, each empty if there is none.
    """

    universe: str
    counts: list[int]
    exposure_cut_points: list[str]
    bias_cut_points: list[str]
    missing: str = ""
    around: str = ""

    @classmethod
    def of(cls, areas: gpd.GeoDataFrame, around: gpd.GeoDataFrame) -> Square:
        """Return the legend of a table of :func:`ec_maps.analysis.bivariate.two_way` with land around."""
        blank = int(areas["kind"].isna().sum())
        where = wording.universe(areas)
        across, up = (
            [measure_named(key).short(edge) for edge in areas.attrs[f"{key}_cut_points"]]
            for key in ("exposure", "bias")
        )
        return cls(
            f"Thirds of the {len(areas) - blank} local authorities of {where} with both values.\nCut points in per "
            f"cent; in each field, the number of local authorities.",
            counts(areas),
            across,
            up,
            missing=f"no published estimate of one or both ({blank})" if blank else "",
            around=f"outside {where}" if len(around) else "",
        )

    @property
    def height(self) -> float:
        """How much of the sheet's foot it takes, in inches."""
        return 0.1 + _ABOVE + THIRDS * _SIDE + _BENEATH

    def draw(self, ax: Axes, top: float) -> None:
        """Draw it on axes in inches, from `top` downwards."""
        title = "Exposure and bias, by third of all local authorities"
        write(ax, MARGIN, top, title, size=LEGEND, weight="bold", va="top")
        write(ax, MARGIN, top - 0.16, self.universe, size=SMALL, color=FAINT, va="top")
        left, bottom = MARGIN + _LEFT, top - _ABOVE - THIRDS * _SIDE
        for number, colour in enumerate(two_way_colours(), 1):
            exposure, bias = thirds_of(number)
            x, y = left + (exposure - 1) * _SIDE, bottom + (bias - 1) * _SIDE
            field = Rectangle((x, y), _SIDE, _SIDE, facecolor=colour, edgecolor=_FIELD_EDGE, linewidth=0.5)
            field.set_gid(f"{layers.SWATCH}{number}|{class_in_words(number)}")
            ax.add_patch(field)
            count, ink = str(self.counts[number - 1]), palette.ink_on(colour)
            write(ax, x + _SIDE / 2, y + _SIDE / 2, count, size=LEGEND, color=ink, ha="center", va="center_baseline")
        ends = {0: "left", THIRDS: "right"}
        for place, (across, up) in enumerate(zip(self.exposure_cut_points, self.bias_cut_points, strict=True)):
            x, y = left + place * _SIDE, bottom + place * _SIDE
            write(ax, x, bottom - 0.11, across, size=6, color=FAINT, va="baseline", ha=ends.get(place, "center"))
            level = {0: "bottom", THIRDS: "top"}.get(place, "center")
            write(ax, left - 0.05, y, up, size=6, color=FAINT, ha="right", va=level)
        middle = THIRDS * _SIDE / 2
        write(ax, left + middle, bottom - 0.17, _ACROSS, size=SMALL, weight="bold", ha="center", va="top")
        write(
            ax, left - 0.36, bottom + middle, _UP, size=SMALL, weight="bold", ha="right", va="center", rotation=90,
            rotation_mode="default",
        )  # fmt: skip
        self._list(ax, left + THIRDS * _SIDE + _APART, top - _ABOVE)

    def _list(self, ax: Axes, x: float, y: float) -> None:
        """Write what the corners are called, and what else is on the map, from a corner downwards."""
        colours = two_way_colours()
        plain = {"edgecolor": _FIELD_EDGE}
        rows = [(kind.name, {"facecolor": colours[kind.number - 1], **plain}) for kind in reversed(KINDS)]
        rows.append((f"the other five colours: {BETWEEN}", {}))
        rows.append((self.missing, {"facecolor": palette.MISSING, "edgecolor": palette.HATCH, "hatch": layers.HATCH}))
        rows.append((self.around, {"facecolor": palette.NEIGHBOUR, "edgecolor": "#8d8779"}))
        for words, style in rows:
            if not words:
                continue
            if style:
                swatch = Rectangle((x, y - 0.13), 0.22, 0.13, linewidth=0.5, **style)  # type: ignore[arg-type]
                if "hatch" in style:
                    swatch.set_gid(f"{layers.SWATCH}missing")
                ax.add_patch(swatch)
            text = wrap(words, SMALL, WIDTH - MARGIN - x - 0.3)
            write(ax, x + 0.3, y - 0.065, text, size=SMALL, va="center")
            y -= max(text_size(text, SMALL)[1], 0.13) + 0.08
