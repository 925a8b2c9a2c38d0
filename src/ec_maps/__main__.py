"""``python -m ec_maps``."""

from ec_maps.cli import main

main()
