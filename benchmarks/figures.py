"""Draw the same seven figures as `plain.py`, through ec_maps, with what its settings in the environment say."""

from __future__ import annotations

import argparse
from pathlib import Path

import ec_maps

PLACES = ["Great Yarmouth", "Redcar and Cleveland", "Telford and Wrekin"]


def main() -> None:
    """Load both levels and draw."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-o", dest="out", type=Path, required=True, help="the folder for the figures")
    out = parser.parse_args().out
    out.mkdir(parents=True, exist_ok=True)

    lads = ec_maps.load_areas("lad")
    msoas = ec_maps.load_areas("msoa")
    ec_maps.national_map(lads).save(out / "national.png")
    for place in PLACES:
        region = lads.loc[lads["lad21nm"] == place, "rgn21nm"].iloc[0]
        ec_maps.regional_map(lads, region, highlight=[place]).save(out / f"region {region}.png")
        ec_maps.local_map(msoas, place).save(out / f"local {place}.png")


if __name__ == "__main__":
    main()
