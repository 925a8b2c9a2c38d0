"""matplotlib's renderers of pixels and of SVG, for which each line of text is laid out once in a process.

Otherwise matplotlib lays out every text anew for each file, and draws it letter by letter: half of what a map costs.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from matplotlib.backends.backend_agg import FigureCanvasAgg, RendererAgg
from matplotlib.backends.backend_svg import RendererSVG
from matplotlib.transforms import Affine2D

from ec_maps.graphics.text_metrics import FONT, LaidOut, laid_out, measured

if TYPE_CHECKING:
    from matplotlib.font_manager import FontProperties


def _is_ours(font: FontProperties, math: object) -> bool:
    """Return whether a text is in the typeface of maps, as a caller's own text on a map may not be."""
    ours = font.get_family() == [FONT] and font.get_file() is None and font.get_weight() in ("normal", "bold")
    return ours and font.get_style() in ("normal", "italic") and not math


class SvgRenderer(RendererSVG):
    """A renderer of SVG."""

    def get_text_width_height_descent(self, s: str, prop: FontProperties, ismath: Any) -> Any:
        """Return the size of a line, in the units of the drawing."""
        if not _is_ours(prop, ismath):
            return super().get_text_width_height_descent(s, prop, ismath)  # type: ignore[no-untyped-call]
        return tuple(prop.get_size_in_points() * part for part in measured(s, prop.get_weight(), prop.get_style()))


class PixelRenderer(RendererAgg):
    """A renderer of pixels that draws a line of text as one shape."""

    def get_text_width_height_descent(self, s: str, prop: FontProperties, ismath: Any) -> Any:
        """Return the size of a line, in the units of the drawing."""
        if not _is_ours(prop, ismath):
            return super().get_text_width_height_descent(s, prop, ismath)  # type: ignore[no-untyped-call]
        return self._laid_out(s, prop).size

    def _laid_out(self, line: str, font: FontProperties) -> LaidOut:
        # matplotlib's own text has whole dots per inch too
        return laid_out(line, font.get_size_in_points(), int(self.dpi), font.get_weight(), font.get_style())

    def draw_text(  # noqa: PLR0917  (as matplotlib calls it)
        self,
        gc: Any,
        x: float,
        y: float,
        s: str,
        prop: FontProperties,
        angle: float,
        ismath: Any = False,  # noqa: FBT002
        mtext: Any = None,
    ) -> None:
        """Draw a line with its left end at a point, y downwards."""
        if not _is_ours(prop, ismath):
            super().draw_text(gc, x, y, s, prop, angle, ismath, mtext)  # type: ignore[no-untyped-call]
            return
        gc.set_linewidth(0.0)
        gc.set_snap(False)  # letters stay where they are between pixels, as the others do
        cos, sin = math.cos(math.radians(angle)), math.sin(math.radians(angle))
        place = Affine2D.from_values(cos, sin, -sin, cos, x, self.height - y)
        self.draw_path(gc, self._laid_out(s, prop).letters, place, gc.get_rgb())  # type: ignore[no-untyped-call]


class PixelCanvas(FigureCanvasAgg):
    """A canvas of such pixels."""

    def get_renderer(self) -> Any:
        """Return a new renderer of the figure's size and resolution."""
        self.renderer = PixelRenderer(*self.get_width_height(physical=True), self.figure.dpi)  # type: ignore[no-untyped-call]
        return self.renderer
