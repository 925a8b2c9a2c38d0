"""Quarto's last post-render step: copy what pages wrote for scripts, and take the mark of an unfinished site away."""

from pathlib import Path

from ec_maps.site.staging import copy_resources, mark_finished

if __name__ == "__main__":
    copy_resources(Path(__file__).resolve().parents[1])
    mark_finished()
