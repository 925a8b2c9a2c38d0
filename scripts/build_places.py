"""Quarto's pre-render step: what ``ec-maps places build`` does, by the Python that Quarto runs the pages with."""

from ec_maps.cli import main

if __name__ == "__main__":
    main(["places", "build"], prog_name="ec-maps")
