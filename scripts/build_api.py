"""Quarto's pre-render step: run ``ec-maps api`` with the Python that runs the pages."""

from ec_maps.cli import main

if __name__ == "__main__":
    main(["api"], prog_name="ec-maps")
