"""Quarto's post-render step: copy what pages wrote for scripts, guard the pages, end the mark of an unfinished site."""

from pathlib import Path

from ec_maps.site.policy import guard_pages
from ec_maps.site.staging import copy_resources, mark_finished

if __name__ == "__main__":
    copy_resources(Path(__file__).resolve().parents[1])
    guard_pages()
    mark_finished()
