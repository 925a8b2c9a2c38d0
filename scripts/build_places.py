"""Quarto's pre-render step: run ``ec-maps places build`` with the Python that runs the pages."""

from ec_maps.cli import main

if __name__ == "__main__":
    main(["places", "build"], prog_name="ec-maps")
