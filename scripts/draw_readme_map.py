"""Draw the README's map, ``assets/readme-map.png``: the national map of the demonstration data.

Run it from the project's folder after a change of the look or the wording of the national map. The file has a colour
palette, which leaves the ten colours unchanged and makes it a third of the size.
"""

from __future__ import annotations

import io
import os
from pathlib import Path

from PIL import Image
from PIL.PngImagePlugin import PngInfo

PICTURE = Path(__file__).resolve().parents[1] / "assets" / "readme-map.png"
WIDTH = 700
COLOURS = 128


def main() -> None:
    """Draw the map and write the file."""
    os.environ["EC_MAPS_SOURCE"] = "demo"
    import ec_maps

    drawn = ec_maps.national_map(ec_maps.load_areas("lad"))
    buffer = io.BytesIO()
    drawn.figure.savefig(buffer, format="png", dpi=WIDTH / drawn.figure.get_size_inches()[0])
    texts = PngInfo()
    texts.add_itxt("Title", drawn.caption)
    texts.add_itxt("Description", drawn.alt_text)
    small = Image.open(buffer).convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
    small.save(PICTURE, optimize=True, pnginfo=texts)
    print(f"{PICTURE.name}: {small.width} by {small.height} pixels, {PICTURE.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
