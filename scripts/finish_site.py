"""Quarto's post-render step: all pages are written, and the mark of an unfinished site is taken away."""

from ec_maps.site.staging import mark_finished

if __name__ == "__main__":
    mark_finished()
