"""What a project puts into the head and the foot of each page, raw HTML, pictures and their cards."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from PIL import Image

from ec_maps.errors import RenderError
from ec_maps.site import preview
from ec_maps.site.preview.html import references

Write = Callable[[str, str], Path]
PROJECT = """\
project:
  type: website
  render: [/index.qmd, /404.qmd, "/posts/**/*.qmd"]
website:
  title: A small site
  site-url: https://maps.example.org/sub/
format:
  html:
    css: look.css
    include-in-header:
      - text: |
          <script src="/assets/x.js" defer></script>
          <link rel="preload" href="/assets/font.woff2" as="font">
      - file: parts/head.html
    include-after-body: parts/foot.html
"""
POST = "---\ntitle: A post\ndate: 2025-11-03\nimage: card.png\nimage-alt: A card.\ndescription: What it says.\n---\n"


@pytest.fixture
def write(write: Write, tmp_path: Path) -> Write:
    """Return a function that writes a file of a project with a home page, a 404 page and a post."""
    write("_quarto.yml", PROJECT)
    write("index.qmd", "---\ntitle: Home\n---\n\nWelcome.\n")
    write("404.qmd", "---\ntitle: Not here\n---\n\nSorry.\n")
    write("posts/one/index.qmd", POST)
    write("look.css", "a { color: red }\n")
    write("assets/x.js", "let x = 1;\n")
    write("assets/font.woff2", "font")
    write("parts/head.html", '<meta name="theme" content="&lt;x&gt;">\n')
    write("parts/foot.html", '<p id="foot"><a href="/index.qmd">Home</a></p>\n<script>if (1 < 2) x = "&amp;";</script>')
    Image.new("RGB", (1200, 630)).save(tmp_path / "posts/one/card.png")
    return write


@pytest.fixture
def build(tmp_path: Path, write: Write) -> Callable[[], Path]:
    """Return a function that builds the project and returns the site's folder."""
    return lambda: preview.render(tmp_path, log=lambda _: None)


def page(site: Path, name: str) -> BeautifulSoup:
    """Return a built page."""
    return BeautifulSoup((site / name).read_text(encoding="utf-8"), "html.parser")


def refusal(build: Callable[[], Path]) -> str:
    """Return the message that the build ends with."""
    with pytest.raises(RenderError) as caught:
        build()
    return str(caught.value)


def test_includes_are_in_the_head_and_at_the_end_with_links_from_the_page(build: Callable[[], Path]) -> None:
    """Links from the root become ones from the page, what they name is copied, and scripts stay as they are."""
    site = build()
    soup = page(site, "posts/one/index.html")
    assert soup.head.select_one("script[src$='x.js']")["src"] == "../../assets/x.js"
    assert soup.head.select_one("link[rel=preload]")["href"] == "../../assets/font.woff2"
    assert soup.head.select_one("meta[name=theme]")["content"] == "<x>"
    assert page(site, "index.html").head.select_one("script[src$='x.js']")["src"] == "assets/x.js"
    assert soup.select_one("#foot a")["href"] == "../../index.html"
    assert soup.body.find_all("script")[-1].string == 'if (1 < 2) x = "&amp;";'
    assert soup.select_one("#foot").find_next("footer") is None
    assert (site / "assets/x.js").is_file()
    assert (site / "assets/font.woff2").is_file()


def test_the_page_for_missing_addresses_has_none(build: Callable[[], Path]) -> None:
    """It is shown at any address, so it depends on no other file."""
    soup = page(build(), "404.html")
    assert soup.select("script[src], link[rel=preload], #foot") == []


def test_an_include_is_relative_to_the_file_that_names_it(build: Callable[[], Path], write: Write) -> None:
    """Folder metadata and pages name files beside them, or from the root with a slash; all layers' are joined."""
    write("posts/_metadata.yml", "include-in-header: folder.html\n")
    write("posts/folder.html", '<meta name="folder">')
    write("posts/one/own.html", '<meta name="own">')
    write(
        "posts/one/index.qmd",
        POST.replace("---\n", "---\ninclude-in-header:\n  - own.html\n  - /parts/more.html\n", 1),
    )
    write("parts/more.html", '<meta name="more">')
    names = [tag["name"] for tag in page(build(), "posts/one/index.html").head.select("meta[name]")]
    assert [name for name in names if name in ("theme", "folder", "own", "more")] == ["theme", "folder", "own", "more"]


def test_wrong_includes_are_all_named(build: Callable[[], Path], write: Write) -> None:
    """A missing file, one outside the project, an unknown key, a value that is no text: each with its file."""
    write("_quarto.yml", PROJECT.replace("parts/foot.html", "parts/no.html"))
    write("index.qmd", "---\ntitle: Home\ninclude-in-header:\n  - 3\n  - script: x\n  - text: a\n    file: b\n---\n")
    write("posts/_metadata.yml", "include-after-body:\n  file: ../../outside.html\n")
    (Path(write("x", "")).parent.parent / "outside.html").write_text("x", encoding="utf-8")
    message = refusal(build)
    for part in (
        "index.qmd, line 5: the preview does not know `include-in-header: script`",
        "index.qmd: `include-in-header` holds 3; expected the name of a file",
        "index.qmd: `include-in-header` holds {'text': 'a', 'file': 'b'}",
        "_quarto.yml: `include-after-body` names parts/no.html, and there is no file parts/no.html",
        "posts/_metadata.yml: `include-after-body` names ../../outside.html, and there is no file ../outside.html",
    ):
        assert part in message
    write("_quarto.yml", PROJECT + "    include-before-body: a.html\n")
    assert "does not know `format: html: include-before-body`" in refusal(build)


@pytest.mark.parametrize(
    ("tag", "expected"),
    [
        ('<script src="https://cdn.example.org/x.js"></script>', "x.js is loaded from another host"),
        ('<script src="//cdn.example.org/x.js"></script>', "x.js is loaded from another host"),
        ('<script src="/assets/no.js"></script>', "there is no file assets/no.js"),
        ('<img src="a.png" srcset="a.png 2x">', "copies no files of a srcset"),
        ('<svg><use href="https://example.org/a.svg#b"/></svg>', "a.svg#b is loaded from another host"),
    ],
)
def test_what_an_include_loads_has_to_be_in_the_project(
    build: Callable[[], Path], write: Write, tag: str, expected: str
) -> None:
    """A script of another host, or one that is not there, stops the build."""
    write("parts/foot.html", tag)
    assert expected in refusal(build)


def test_style_sheets_bring_their_fonts_and_pictures(build: Callable[[], Path], write: Write) -> None:
    """Files that a sheet names are copied; the 404 page contains the sheet, without the fonts."""
    write(
        "look.css",
        '@font-face { font-family: "A"; src: url("assets/font.woff2") format("woff2"); }\n'
        "/* url(assets/commented.png) */ a { background: url(data:image/png;base64,AA==) }\n",
    )
    site = build()
    assert (site / "assets/font.woff2").is_file()
    assert "font-face" not in page(site, "404.html").style.string
    write("look.css", "@import 'https://fonts.example.org/a.css';\na { background: url(assets/no.png) }")
    message = refusal(build)
    assert "look.css: https://fonts.example.org/a.css is loaded from another host" in message
    assert "look.css: assets/no.png leads nowhere" in message


def test_the_addresses_of_a_style_sheet() -> None:
    """Quoted or bare, once each; not those in comments, with content inside, or in the page itself."""
    css = "a{b:url( 'x y.png' )} c{d:url(e.svg#f),url(\"e.svg#f\")} /* url(g) */ h{i:url(#j) url(data:k)}"
    css += '@import "l.css";'
    assert references(css) == ["x y.png", "e.svg#f", "l.css"]


def test_raw_html_spans_and_links_to_built_pages(build: Callable[[], Path], write: Write) -> None:
    """HTML blocks stay as they are but for their links; a named span is a target; a built page may be named as such."""
    write("posts/one/map.csv", "a")
    write(
        "posts/one/index.qmd",
        POST
        + '```{=html}\n<button type="button" data-copy="a &amp; b">Copy</button><a href="map.csv" download>CSV</a>\n'
        '<p><a href="/index.html">Home</a> {{ not ours }} @nobody</p>\n```\n\n'
        "[Area 7]{#e07} and [there](#e07), [home](../../index.html), [self](index.html#e07)\n",
    )
    site = build()
    soup = page(site, "posts/one/index.html").main
    assert soup.button["data-copy"] == "a & b"
    assert [link["href"] for link in soup.select("a")] == [
        *("map.csv", "../../index.html", "#e07", "../../index.html", "index.html#e07")
    ]
    assert soup.select_one("span#e07").text == "Area 7"
    assert (site / "posts/one/map.csv").is_file()
    write("posts/one/index.qmd", POST + "[there](#e08)\n")
    assert "#e08" in refusal(build)


def test_pictures_keep_their_fragment_and_come_when_they_are_needed(build: Callable[[], Path], write: Write) -> None:
    """All but the first, if their size is known, load when they are near; an author's own attributes stay."""
    write("posts/one/maps/n.svg", "<svg xmlns='http://www.w3.org/2000/svg'/>")
    size = "width=700 height=500"
    write(
        "posts/one/index.qmd",
        POST
        + f'![One](maps/n.svg#e07){{.ec-map fig-alt="The map." {size} fetchpriority="high"}}\n\n'
        + f"![Two](maps/n.svg){{{size}}}\n\n![Three](maps/n.svg){{width=700}}\n\n"
        + f'![Four](maps/n.svg){{{size} loading="eager"}}\n',
    )
    site = build()
    images = page(site, "posts/one/index.html").main.select("img")
    assert images[0]["src"] == "maps/n.svg#e07"
    assert (images[0]["alt"], images[0]["fetchpriority"], images[0]["class"]) == ("The map.", "high", ["ec-map"])
    assert [image.get("loading") for image in images] == [None, "lazy", None, "eager"]
    assert [image.get("decoding") for image in images] == [None, "async", None, "async"]
    assert (site / "posts/one/maps/n.svg").is_file()


def test_the_card_of_a_page(build: Callable[[], Path]) -> None:
    """Its picture has a full address, size and alternative text; a page without a picture has the small card."""
    site = build()
    post, home = page(site, "posts/one/index.html").head, page(site, "index.html").head
    said = {tag.get("property") or tag.get("name"): tag["content"] for tag in post.select("meta[content]")}
    assert said["og:image"] == "https://maps.example.org/sub/posts/one/card.png"
    assert (said["og:image:width"], said["og:image:height"], said["og:image:alt"]) == ("1200", "630", "A card.")
    assert said["twitter:card"] == "summary_large_image"
    assert said["og:description"] == said["description"] == "What it says."
    assert said["og:url"] == "https://maps.example.org/sub/posts/one/"
    assert home.select_one("meta[name='twitter:card']")["content"] == "summary"
    assert home.select("meta[property^='og:image']") == []


def test_pages_without_cells_are_logged_by_the_fifty(tmp_path: Path, write: Write) -> None:
    """The log of a site with hundreds of places can be read; the order and content of the pages is that of one."""
    for number in range(53):
        write(f"posts/p{number:02}.qmd", f"---\ntitle: Place {number}\n---\n\nWords of {number}.\n")
    said: list[str] = []
    site = preview.render(tmp_path, log=said.append)
    assert said == ["50 of 56 pages without cells", "56 of 56 pages without cells"]
    assert all(f"Words of {number}." in page(site, f"posts/p{number:02}.html").main.text for number in range(53))
