"""A map is saved as PNG, SVG or PDF, into a path or an open file, and shows itself in notebooks."""

from __future__ import annotations

import gc
import io
import os
import re
import subprocess
import sys
import zlib
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import matplotlib as mpl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.backends.backend_agg import RendererAgg

import ec_maps
from ec_maps.errors import EcMapsError, SettingError
from ec_maps.graphics import saving
from ec_maps.maps.choropleth import Map, regional_map
from made import districts, nothing_around

VALUES: list[float | None] = [0.31, 0.32, 0.33, 0.34, 0.35, 0.36, 0.37, 0.38, 0.39, 0.4, None]


@pytest.fixture(scope="module")
def drawn() -> Map:
    """Return a map of eleven districts."""
    return regional_map(districts(VALUES), "North East", context=nothing_around())


def saved(drawn: Map, **options: Any) -> bytes:
    """Return what a map saved into an open file has written."""
    file = io.BytesIO()
    assert drawn.save(file, **options) is file
    return file.getvalue()


def pixels(png: bytes) -> tuple[int, int]:
    """Return the width and height of a PNG."""
    return int.from_bytes(png[16:20], "big"), int.from_bytes(png[20:24], "big")


@pytest.mark.parametrize(("kind", "begins"), [("png", b"\x89PNG"), ("svg", b"<?xml"), ("pdf", b"%PDF")])
def test_a_path_and_an_open_file_get_the_same(drawn: Map, tmp_path: Path, kind: str, begins: bytes) -> None:
    """A path, a path as text in capitals, an open file and a file by its own name hold the same bytes."""
    path = drawn.save(tmp_path / f"a.{kind}")
    assert path == tmp_path / f"a.{kind}"
    assert path.read_bytes()[: len(begins)] == begins
    assert saved(drawn, format=kind) == path.read_bytes()
    if kind == "png":
        assert drawn.save(str(tmp_path / "B.PNG")).read_bytes() == path.read_bytes()
        with (tmp_path / "c.png").open("wb") as file:
            drawn.save(file)
        assert (tmp_path / "c.png").read_bytes() == path.read_bytes()
        assert drawn.save(tmp_path / "no suffix", format=".PNG").read_bytes() == path.read_bytes()


@pytest.mark.parametrize("width", [120, 333, 701, 1400, 2801])
def test_width_is_in_pixels(drawn: Map, width: int) -> None:
    """A PNG has exactly the pixels across that are asked for, and the same shape."""
    across, high = drawn.figure.get_size_inches()
    found = pixels(saved(drawn, format="png", width=width))
    assert found[0] == width
    assert abs(found[1] - width * high / across) <= 1


def test_dpi_is_pixels_per_inch(drawn: Map) -> None:
    """A map six inches wide has 600 pixels at 100 for each inch, and its file says so."""
    png = saved(drawn, format="png", dpi=100)
    assert pixels(png)[0] == 600
    at = png.index(b"pHYs") + 4
    assert int.from_bytes(png[at : at + 4], "big") == 3937


def test_saving_large_changes_nothing_else(drawn: Map) -> None:
    """After a PNG of another size the map has the same bytes, canvas and resolution as before."""
    before, canvas, dpi = saved(drawn, format="png"), drawn.figure.canvas, drawn.figure.dpi
    saved(drawn, format="png", width=500)
    saved(drawn, format="pdf")
    assert saved(drawn, format="png") == before
    assert (drawn.figure.canvas, drawn.figure.dpi) == (canvas, dpi)
    gc.collect()
    assert not any(isinstance(thing, RendererAgg) for thing in gc.get_objects())


def texts(pdf: bytes) -> bytes:
    """Return a PDF with its streams unpacked."""
    found = [pdf]
    for stream in re.findall(rb"stream\r?\n(.*?)\r?\nendstream", pdf, flags=re.DOTALL):
        try:
            found.append(zlib.decompress(stream))
        except zlib.error:
            continue
    return b"".join(found)


def test_a_pdf_has_words_fonts_and_no_date(drawn: Map) -> None:
    """A PDF has the caption as its title, the alternative text as its subject, its fonts within, and no date."""
    pdf = saved(drawn, format="pdf")
    assert f"/Title ({drawn.caption[:40]}".encode() in pdf
    assert f"/Subject ({drawn.alt_text[:40]}".encode() in pdf
    assert b"Date" not in pdf
    assert pdf.count(b"/FontFile2") == len(re.findall(rb"/Type /FontDescriptor", pdf)) > 0
    assert b"/Subtype /Type3" not in pdf
    assert b"/URI" not in texts(pdf)
    assert b"E06000001" not in texts(pdf)


@pytest.mark.full
def test_a_pdf_has_the_same_bytes_in_another_process(demo: Path, tmp_path: Path) -> None:
    """Another process with another order of sets writes the same PDF."""
    code = (
        "import sys; from ec_maps import load_areas, local_map\n"
        "local_map(load_areas('msoa'), 'Rutland').save(sys.argv[1])"
    )
    for seed in "18":
        env = {**os.environ, "PYTHONHASHSEED": seed}
        subprocess.run([sys.executable, "-c", code, str(tmp_path / f"{seed}.pdf")], check=True, env=env)
    assert (tmp_path / "1.pdf").read_bytes() == (tmp_path / "8.pdf").read_bytes()


@pytest.mark.parametrize(
    ("name", "options", "says"),
    [
        ("a.gif", {}, r'"a\.gif" ends in none'),
        ("a", {}, '"a" ends in none'),
        ("", {}, "ends in none"),
        ("a.png", {"format": "gif"}, 'format= is "gif"'),
        ("a.png", {"format": 3}, "format= is 3"),
        ("a.png", {"width": 0}, r"width= is 0; for this map it is a whole number of pixels from \d+ to"),
        ("a.png", {"width": -5}, "width= is -5"),
        ("a.png", {"width": 99}, "width= is 99"),
        ("a.png", {"width": 10**6}, "width= is 1000000"),
        ("a.png", {"width": 700.5}, "whole number"),
        ("a.png", {"width": float("nan")}, "width= is nan"),
        ("a.png", {"width": float("inf")}, "width= is inf"),
        ("a.png", {"width": "700"}, 'width= is "700"'),
        ("a.png", {"width": True}, "width= is True"),
        ("a.png", {"width": 10**400}, "width= is an int"),
        ("a.png", {"dpi": float("nan")}, "dpi= is nan"),
        ("a.png", {"dpi": 0}, "dpi= is 0; for this map it is a number of pixels per inch"),
        ("a.png", {"width": 700, "dpi": 100}, "give one of them"),
        ("a.svg", {"width": 700}, "SVG is sharp at any size"),
        ("a.pdf", {"dpi": 300}, "PDF is sharp at any size"),
        ("lost/a.png", {}, "Does the folder exist"),
        ("a\0.png", {}, "could not be written"),
        ("folder.png", {}, "could not be written"),
        ("x" * 300 + ".png", {}, "could not be written"),
    ],
)
def test_what_cannot_be_saved(drawn: Map, tmp_path: Path, name: str, options: dict[str, Any], says: str) -> None:
    """A format, a size or a path that cannot be is a letter that says what can, and nothing is written."""
    (tmp_path / "folder.png").mkdir()
    with pytest.raises(SettingError, match=says):
        drawn.save(f"{tmp_path}/{name}" if name else "", **options)
    assert [path.name for path in tmp_path.rglob("*")] == ["folder.png"]


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_permission(drawn: Map, tmp_path: Path) -> None:
    """A folder that may not be written in is a letter."""
    tmp_path.chmod(0o500)
    with pytest.raises(SettingError, match="may you write in it"):
        drawn.save(tmp_path / "a.png")


def test_files_that_cannot_be_written(drawn: Map, tmp_path: Path) -> None:
    """A closed file, one open for text or for reading, one without a format, and what is no file are letters."""
    closed = io.BytesIO()
    closed.close()
    (tmp_path / "old.png").write_bytes(b"old")
    with (tmp_path / "old.png").open("rb") as reading, (tmp_path / "text.png").open("w") as text:
        for file, options, says in (
            (closed, {"format": "png"}, "has been closed"),
            (io.StringIO(), {"format": "png"}, "open for text"),
            (text, {}, "open for text"),
            (reading, {}, "could not be written into the open file"),
            (io.BytesIO(), {}, 'format="png"'),
            (None, {"format": "png"}, "not into nothing"),
            (7, {"format": "png"}, "not into a int"),
        ):
            with pytest.raises(SettingError, match=says):
                drawn.save(file, **options)  # type: ignore[call-overload]
    assert (tmp_path / "old.png").read_bytes() == b"old"


ANY = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5), st.binary(max_size=5))


@given(width=ANY, dpi=ANY, size=st.tuples(st.floats(1, 30), st.floats(1, 30)))
def test_any_size_is_a_resolution_or_a_letter(width: object, dpi: object, size: tuple[float, float]) -> None:
    """Whatever is given as width and resolution, a PNG of 100 to 20,000 pixels each way follows, or a letter."""
    try:
        found = saving.resolution(size, width, dpi, 200.0)
    except EcMapsError:
        return
    assert found == 200.0 or (found * min(size) >= 99 and found * max(size) <= 20_001)


@given(target=ANY, kind=ANY)
def test_any_format_is_one_or_a_letter(target: object, kind: Any) -> None:
    """Whatever is given as path and format, one of the three formats follows, or a letter."""
    try:
        assert saving.format_of(target, kind) in ("png", "svg", "pdf")
    except SettingError:
        return


class Images(HTMLParser):
    """Collects the attributes of all images."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[dict[str, str | None]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep an image."""
        if tag == "img":
            self.found.append(dict(attrs))


def test_in_a_notebook(drawn: Map) -> None:
    """A notebook gets the picture with the alternative text, and one line where it shows no pictures."""
    bundle = drawn._repr_mimebundle_(include=None, exclude=None)
    image = Images(bundle["text/html"]).found[0]
    assert image["alt"] == drawn.alt_text
    assert image["src"] == f"data:image/png;base64,{bundle['image/png']}"
    assert bundle["text/plain"] == repr(drawn)


def test_the_line_of_a_map(drawn: Map) -> None:
    """A map in a list or at the prompt is one short line with what it shows, and is equal to itself alone."""
    assert re.fullmatch(r"<Map of 11 areas: [^\n]{20,110}>", repr(drawn))
    assert drawn != regional_map(districts(VALUES), "North East", context=nothing_around())


def test_measures_show_as_a_table() -> None:
    """All measures are a row each with key, title and unit, in words and in HTML, and still a dictionary."""
    lines = repr(ec_maps.MEASURES).splitlines()
    assert len(lines) == 1 + len(ec_maps.MEASURES)
    for line, (key, measure) in zip(lines[1:], ec_maps.MEASURES.items(), strict=True):
        assert re.fullmatch(rf"{key} +{re.escape(measure.title)} +{measure.unit}", line)
    html = ec_maps.MEASURES._repr_html_()
    assert html.count("<tr>") == len(lines)
    assert "<td>Friending bias</td>" in html
    assert isinstance(ec_maps.MEASURES, dict)


def test_the_colormap_is_the_palette() -> None:
    """The colormap has the ten colours in order; over 0.5 to 10.5 each decile has its own."""
    cmap = ec_maps.ice_colormap()
    norm = mpl.colors.Normalize(0.5, 10.5)
    assert [mpl.colors.to_hex(cmap(norm(decile))) for decile in range(1, 11)] == ec_maps.ice_colours()
    assert [mpl.colors.to_hex(cmap(at)) for at in range(10)] == ec_maps.ice_colours()
