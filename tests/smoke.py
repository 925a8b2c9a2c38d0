"""The library as an analyst has it, with nothing but what its wheel brings: tables, maps, a comparison, an export.

Not a test of pytest's: ``python smoke.py`` runs it in an environment that has only ec-maps, and leaves its files in the
working folder.
"""

from __future__ import annotations

import os
from importlib.metadata import distributions
from pathlib import Path

MOST_PACKAGES = 40


def main() -> None:
    """Load, draw, compare and export the demonstration, and count what is installed."""
    os.environ["EC_MAPS_SOURCE"] = "demo"
    import ec_maps

    lads, msoas = ec_maps.load_areas("lad"), ec_maps.load_areas("msoa")
    assert len(lads) == 331
    assert len(msoas) == 7200
    maps = {
        "national.png": ec_maps.national_map(lads),
        "regional.svg": ec_maps.regional_map(lads, "East of England", highlight=["Great Yarmouth"]),
        "local.png": ec_maps.local_map(msoas, "Great Yarmouth"),
    }
    for name, drawn in maps.items():
        assert drawn.save(name).stat().st_size > 10_000
        assert drawn.alt_text.startswith("Demonstration data")
    assert len(ec_maps.compare(["Great Yarmouth", "Norwich"])) == 2
    assert ec_maps.export("lad.csv", level="lad", force=True).stat().st_size > 10_000
    assert not Path("data").exists()
    installed = {one.metadata["Name"].lower() for one in distributions()} - {"pip", "setuptools", "wheel", "uv"}
    assert len(installed) <= MOST_PACKAGES, sorted(installed)
    print(f"{len(installed)} packages: both tables, {len(maps)} maps, a comparison and an export, as they should be.")


if __name__ == "__main__":
    main()
