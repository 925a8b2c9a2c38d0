from __future__ import annotations

import os
import re
import threading
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import Any
from xml.etree import ElementTree as ET

import pytest
import yaml
from bs4 import BeautifulSoup

from ec_maps.errors import RenderError, SettingError
from ec_maps.site import preview
from ec_maps.site.preview.cells import kernels
from ec_maps.site.preview.project import globs, merge
from ec_maps.site.preview.qmd import Cell, Page

PROJECT = """\
project:
  type: website
  output-dir: _site
  render: [/index.qmd, /about.qmd, "/posts/**/*.qmd"]
website:
  title: A small site
  site-url: https://maps.example.org/sub/
  navbar:
    left:
      - text: Home
        href: index.qmd
      - about.qmd
    right:
      - text: RSS
        href: index.xml
  page-footer:
    left: "See [about](/about.qmd)."
lang: en-GB
execute:
  echo: false
format:
  html:
    toc: true
    code-tools: true
"""
INDEX = """\
---
title: Home page
listing:
  contents: posts
  sort: "date desc"
  type: grid
  feed: true
---

Welcome.
"""
POST = """\
---
title: "A & B <first>"
description: "What it shows."
date: 2025-11-03
categories: [maps]
---

Words.
"""

Write = Callable[[str, str], Path]


@pytest.fixture
def write(write: Write) -> Write:
    """Return a function that writes a file of a small project, which has a home page, a page about it and a post."""
    write("_quarto.yml", PROJECT)
    write("index.qmd", INDEX)
    write("about.qmd", "---\ntitle: About\n---\n\n## Method\n\nText.\n")
    write("posts/one/index.qmd", POST)
    return write


@pytest.fixture
def build(tmp_path: Path, write: Write) -> Callable[..., Path]:
    """Return a function that builds the small project and returns the site's folder."""

    def build_site(**options: object) -> Path:
        return preview.render(tmp_path, **{"log": lambda _: None} | options)

    return build_site


def page(site: Path, name: str) -> BeautifulSoup:
    """Return a built page."""
    return BeautifulSoup((site / name).read_text(encoding="utf-8"), "html.parser")


def refusal(build: Callable[..., Path]) -> str:
    """Return the message that the build ends with."""
    with pytest.raises(RenderError) as caught:
        build()
    return str(caught.value)


# ---- the project file ----


@pytest.mark.parametrize(
    ("pattern", "picked", "passed_over"),
    [
        ("/index.qmd", ["index.qmd"], ["posts/index.qmd", "index.qmd.bak"]),
        ("index.qmd", ["index.qmd", "posts/a/index.qmd"], ["myindex.qmd"]),
        ("/posts/**/*.qmd", ["posts/a.qmd", "posts/a/b/c.qmd"], ["x/posts/a.qmd", "posts/a.md"]),
        ("*.qmd", ["a.qmd", "x/y/a.qmd"], ["a.ipynb"]),
        ("/posts", ["posts/a.qmd", "posts/a/b.csv"], ["postscript/a.qmd"]),
        ("/posts/?.qmd", ["posts/a.qmd"], ["posts/ab.qmd"]),
    ],
)
def test_globs_mean_what_they_mean_to_quarto(pattern: str, picked: list[str], passed_over: list[str]) -> None:
    """A leading slash anchors, a bare name matches at any depth, a folder stands for all in it."""
    matches = globs([pattern])
    assert [path for path in picked if matches(path)] == picked
    assert [path for path in passed_over if matches(path)] == []


def test_an_exclamation_mark_excludes() -> None:
    """A glob that starts with ! takes pages out again."""
    matches = globs(["/posts", "!/posts/draft"])
    assert matches("posts/a/index.qmd")
    assert not matches("posts/draft/index.qmd")


def test_merging_goes_key_by_key_and_joins_lists() -> None:
    """The upper layer wins, mappings are merged, lists are joined without doubles, and neither input changes."""
    base = {"a": {"x": 1, "y": [1, 2]}, "b": 1}
    assert merge(base, {"a": {"y": [2, 3], "z": 4}, "b": [5]}) == {"a": {"x": 1, "y": [1, 2, 3], "z": 4}, "b": [5]}
    assert base == {"a": {"x": 1, "y": [1, 2]}, "b": 1}


def test_a_page_beats_its_folder_and_a_folder_beats_the_project(build: Callable[..., Path], write: Write) -> None:
    """Folder metadata lies between the project's and the page's own."""
    write("posts/_metadata.yml", "author: The folder\ntoc: false\n")
    write("posts/one/index.qmd", POST + "\n## One\n\n## Two\n")
    write(
        "posts/two/index.qmd", POST.replace("---\n", "---\nauthor: The page\ntoc: true\n", 1) + "\n## One\n\n## Two\n"
    )
    site = build()
    first, second = page(site, "posts/one/index.html"), page(site, "posts/two/index.html")
    assert [first.select_one(".author").text, second.select_one(".author").text] == ["The folder", "The page"]
    assert first.select_one("nav.contents") is None
    assert [link["href"] for link in second.select("nav.contents a")] == ["#one", "#two"]


def test_a_profile_is_laid_over_the_project(build: Callable[..., Path], write: Write, tmp_path: Path) -> None:
    """The demo profile has its own output folder and a stamp on every page, and leaves the real site alone."""
    write("_quarto.yml", f"{PROJECT}demonstration: '**Not** real'\n")
    write("_quarto-demo.yml", "project:\n  output-dir: _site-demo\n")
    write("_environment-demo", "EC_MAPS_SOURCE=demo\n")
    site = build(profile="demo")
    assert site == tmp_path / "_site-demo"
    assert not (tmp_path / "_site").exists()
    for name in ("index.html", "about.html", "posts/one/index.html"):
        assert page(site, name).select_one("main > .ec-banner:first-child").text == "Not real"
    assert page(build(), "index.html").select(".ec-banner") == []


def test_demonstration_data_are_not_shown_without_a_stamp(build: Callable[..., Path], write: Write) -> None:
    """A project that has no words for it cannot show made-up numbers at all."""
    write("_environment-demo", "EC_MAPS_SOURCE=demo\n")
    with pytest.raises(RenderError, match="no text `demonstration:`"):
        build(profile="demo")


def test_a_mistyped_profile_is_an_error(build: Callable[..., Path], write: Write) -> None:
    """Quarto ignores an unknown profile without a word; then real data would be shown for demonstration or the like."""
    write("_quarto-demo.yml", "")
    with pytest.raises(SettingError, match=r'no profile "dmeo".*Profiles here: demo'):
        build(profile="dmeo")


def test_an_unknown_key_is_refused_with_file_line_and_suggestion(build: Callable[..., Path], write: Write) -> None:
    """Keys of the project file, of folder metadata and of pages that would change a page under Quarto are all named."""
    write("_quarto.yml", PROJECT.replace("  title: A small", "  titel: x\n  title: A small"))
    assert "_quarto.yml, line 6: the preview does not know `website: titel`. Did you mean `title`?" in refusal(build)
    write("_quarto.yml", PROJECT)
    write("posts/_metadata.yml", "comments:\n  giscus: {}\n")
    write("about.qmd", "---\ntitle: About\nformat:\n  pdf: default\nbibliography: a.bib\n---\n")
    text = refusal(build)
    assert "posts/_metadata.yml, line 1: the preview does not know `comments`." in text
    assert "about.qmd, line 4: the preview does not know `format: pdf`." in text
    assert "about.qmd, line 5: the preview does not know `bibliography`." in text


@pytest.mark.parametrize(
    ("front", "expected"),
    [
        ("title: [unclosed", "about.qmd, line 3: this is not YAML"),
        ("date: soon", "the date is 'soon'; expected year-month"),
    ],
)
def test_front_matter_faults_are_named(build: Callable[..., Path], write: Write, front: str, expected: str) -> None:
    """Front matter that is not YAML, or has a date that is none, names the page."""
    write("about.qmd", f"---\n{front}\n---\n")
    assert expected in refusal(build)


def test_without_a_render_list_nothing_is_published(build: Callable[..., Path], write: Write) -> None:
    """Every note in the folder would become a page otherwise."""
    write("_quarto.yml", "project:\n  type: website\n")
    assert "no project: render: list" in refusal(build)


# ---- what is refused ----


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("```{r}\n1\n```", "line 6: the preview runs {python} cells"),
        ("```{ojs}\n1\n```", "'{ojs}'"),
        ("```{python, echo=FALSE}\n1\n```", "'{python, echo=FALSE}'"),
        ("```{python}\n#| fig-cap: A\n1\n```", "line 6: the preview does not know the cell option `fig-cap`"),
        ("```{python}\n#| output: hidden\n1\n```", "`output` is 'hidden'; expected true or false or asis"),
        ("```{python}\n1", "line 6: this block has no closing ```"),
        ("{{< include _a.qmd >}}", "line 6: the preview knows no shortcodes"),
        ("::: {.panel-sidebar}\nx\n:::", ".panel-sidebar"),
        ("::: {layout-ncol=2}\nx\n:::", "layout-ncol"),
        ("::: panel-fill\nx\n:::", ".panel-fill"),
        ('::: {.content-visible when-profile="demo"}\nx\n:::', "when-profile"),
        ("::: {.callout-danger}\nx\n:::", ".callout-danger"),
        ("![c](a.png){#fig-a}", "#fig-a"),
        ("See @fig-a.", "no citations or cross-references: @fig-a"),
        ("As shown [@harris2025].", "@harris2025"),
        ("[x]{.aside}", ".aside"),
    ],
)
def test_what_quarto_would_treat_in_its_own_way_is_refused(
    build: Callable[..., Path], write: Write, text: str, named: str
) -> None:
    """Each is refused with file and line before any cell runs, and the message says what to do instead."""
    write("about.qmd", f"---\ntitle: About\n---\n\nWords.\n{text}\n")
    message = refusal(build)
    assert named in message
    assert "about.qmd, line " in message
    assert "--engine quarto" in message


def test_all_refusals_of_all_pages_are_in_one_message(build: Callable[..., Path], write: Write) -> None:
    """An author corrects everything in one go."""
    write("about.qmd", "{{< video a >}}\n\n```{r}\n1\n```\n")
    write("posts/one/index.qmd", POST + "\n@fig-a\n")
    message = refusal(build)
    for place in ("about.qmd, line 1:", "about.qmd, line 3:", "posts/one/index.qmd, line 10:"):
        assert place in message
    assert message.count("\n  ") == 3


def test_what_only_looks_special_is_left_alone(build: Callable[..., Path], write: Write) -> None:
    """Code that shows a shortcode, an address with an @, attributes of a link: none of them is refused."""
    write(
        "about.qmd",
        "---\ntitle: About\n---\n\n```\n{{< include x >}} @fig-a\n```\n\n"
        "Write to `@somebody` or a@example.org, [site](https://example.org/@user){.external}.\n\n"
        "::: {.ec-note}\nplain\n:::\n",
    )
    assert "{{< include x >}}" in page(build(), "about.html").select_one("main").text


# ---- cells ----


@pytest.mark.site
def test_cells_run_in_the_pages_folder_and_their_output_is_part_of_the_page(
    build: Callable[..., Path], write: Write, tmp_path: Path
) -> None:
    """Printed markdown, shown markdown and HTML, inline values and hidden cells come out as Quarto has them."""
    write(
        "posts/one/index.qmd",
        POST
        + """
```{python}
#| include: false
import os, pathlib, sys
place = "St_Helen's *"
print("not shown")
```

It is `{python} place` and `{python} 6 * 7`.

```{python}
#| output: asis
#| label: tabs
print("## Printed\\n\\n**bold** from " + pathlib.Path.cwd().name)
print(os.environ["QUARTO_PROJECT_DIR"])
```

```{python}
#| eval: false
raise ValueError
```

```{python}
#| echo: true
print("plain *text*")
```

```{python}
class Shown:
    def _repr_html_(self):
        return "<b class='html'>x</b>"
Shown()
```
""",
    )
    content = page(build(), "posts/one/index.html").select_one("main")
    content.select_one(".code-tools").decompose()
    text = content.get_text(" ", strip=True)
    assert "It is St_Helen’s * and 42." in text
    assert content.select_one("h2#printed") is not None
    assert content.select_one("strong").text == "bold"
    assert f"from one {tmp_path}" in " ".join(text.split())
    assert "not shown" not in text
    assert "plain *text*" in text
    assert 'print("plain *text*")' in text
    assert "raise ValueError" not in text
    assert content.select_one("b.html") is not None


@pytest.mark.site
def test_variables_of_the_environment_file_reach_the_cells_but_the_shell_wins(
    build: Callable[..., Path], write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As with Quarto; afterwards the process has the environment that it had before."""
    write("_environment-demo", '# a comment\nEC_TEST_ONE="from file"\nEC_TEST_TWO=file\n')
    monkeypatch.setenv("EC_TEST_TWO", "shell")
    write(
        "about.qmd",
        '`{python} __import__("os").environ["EC_TEST_ONE"] + "/" + __import__("os").environ["EC_TEST_TWO"]`\n',
    )
    before = dict(os.environ)
    assert "from file/shell" in page(build(profile="demo"), "about.html").select_one("main").text
    assert dict(os.environ) == before


@pytest.mark.site
@pytest.mark.parametrize(
    ("code", "expected", "status"),
    [
        ("x = 1\n1 / 0", "about.qmd, cell at line 6: 1 / 0: ZeroDivisionError: division by zero", 1),
        (
            "from ec_maps.errors import PlaceError\nfault = PlaceError('places.yml: no.\\n\\nTry Hull.')\nraise fault",
            "about.qmd, cell at line 6: raise fault: places.yml: no.\n\nTry Hull.",
            2,
        ),
        (
            "import ec_maps\nec_maps.compare(\n    'Norwhich', ['happiness']\n)",
            "about.qmd, cell at line 6: ec_maps.compare(: The measures to compare: There is no measure",
            2,
        ),
        (
            "import ec_maps\nec_maps.nowhere()",
            "about.qmd, cell at line 6: ec_maps.nowhere(): AttributeError: module",
            1,
        ),
        ("import os\nos._exit(3)", "about.qmd, cell at line 6: its Python process ended", 1),
    ],
)
def test_a_failing_cell_stops_the_build(
    build: Callable[..., Path], write: Write, code: str, expected: str, status: int
) -> None:
    """The message names page, line and call; then the exception's last line, or our own letter whole; no traceback."""
    write("about.qmd", f"---\ntitle: About\n---\n\n\n```{{python}}\n{code}\n```\n")
    with pytest.raises(RenderError) as caught:
        build()
    assert str(caught.value).startswith(expected)
    assert "Traceback" not in str(caught.value)
    assert caught.value.exit_status == status


@pytest.mark.site
def test_nothing_of_a_page_is_left_for_the_next_one(
    build: Callable[..., Path], write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One process runs both; variables, modules, folder, path, environment, warnings, options are as they were."""
    monkeypatch.setattr(preview, "_KERNELS", 1)
    for folder in ("one", "two"):
        write(f"posts/{folder}/helper.py", f"name = '{folder}'")
        write(
            f"posts/{folder}/index.qmd",
            POST
            + """
```{python}
#| include: false
import os, sys, warnings
import helper, matplotlib, pandas
def state():
    return " ".join(map(str, [
        os.getpid(), "left" in globals(), os.environ.get("EC_TEST_LEFT"), "/left" in sys.path,
        matplotlib.rcParams["lines.linewidth"], pandas.options.display.precision, helper.name,
        hasattr(helper, "left"), os.path.basename(os.getcwd())]))
before = state()
```

State: `{python} before`.

```{python}
#| include: false
left = helper.left = True
os.environ["EC_TEST_LEFT"] = "left"
sys.path.append("/left")
matplotlib.rcParams["lines.linewidth"] = 7
pandas.options.display.precision = 3
os.chdir("/")
told = matplotlib.__dict__.setdefault("__warningregistry__", {})
warnings.warn_explicit("of a library", UserWarning, "library.py", 1, registry=told)
warnings.simplefilter("ignore")
```
""",
        )
    said: list[str] = []
    site = build(log=said.append)
    states = [
        re.search(r"State: (\d+) (.*)\.", page(site, f"posts/{folder}/index.html").select_one("main").text)
        for folder in ("one", "two")
    ]
    assert states[0][1] == states[1][1]
    assert [state[2] for state in states] == [
        f"False None False 1.5 6 {folder} False {folder}" for folder in ("one", "two")
    ]
    assert len([line for line in said if line.endswith("library.py:1: UserWarning: of a library")]) == 2


@pytest.mark.site
@pytest.mark.parametrize("code", ["import os\nos._exit(3)", "1 / 0"])
def test_a_page_after_one_that_failed_has_a_new_process(tmp_path: Path, code: str) -> None:
    """Whatever the failed one left behind or broke, the next page that is in work runs as it would alone."""
    processes = []
    with kernels(1) as execute:

        def run(*cells: str) -> list[dict[str, Any]]:
            parts = [Cell(line, part, None) for line, part in enumerate(cells, 1)]
            return execute(Page(PurePosixPath("a.qmd"), {}, parts, ""), tmp_path)[-1]

        for _ in range(2):
            processes.append(run("import os", "os.getpid()")[0]["data"]["text/plain"])
            with pytest.raises(RenderError, match=r"a\.qmd, cell at line 2"):
                run("left = 1", code)
    assert processes[0] != processes[1]


@pytest.mark.site
def test_what_a_cell_prints_is_searched_as_well(build: Callable[..., Path], write: Write) -> None:
    """Markup from a library is refused like that of an author, under the line of the cell."""
    write("about.qmd", "```{python}\n#| output: asis\nprint('::: {.panel-input}\\nx\\n:::')\n```\n")
    assert "about.qmd, cell at line 1 printed: the preview does not know .panel-input" in refusal(build)


@pytest.mark.site
def test_a_warning_in_a_cell_is_passed_on(build: Callable[..., Path], write: Write) -> None:
    """It is not on the page when warnings are off, but whoever builds the site sees it."""
    write("about.qmd", "```{python}\n#| warning: false\nimport warnings\nwarnings.warn('areas left out')\n```\n")
    said: list[str] = []
    site = build(log=said.append)
    assert any("about.qmd, cell at line 1" in line for line in said)
    content = page(site, "about.html").select_one("main")
    content.select_one(".code-tools").decompose()
    assert "areas left out" not in content.text


# ---- pages ----


def test_tabs_are_tabs(build: Callable[..., Path], write: Write) -> None:
    """Each heading of the tabset names a tab; roles, names and states are those of the ARIA pattern."""
    write(
        "about.qmd",
        "::: {.panel-tabset}\n### North East\n\nA\n\n#### Deeper\n\n### St Helens & Co {#sh}\n\nB\n:::\n\n"
        "::: {.panel-tabset}\n### Only one\n\nC\n:::\n",
    )
    soup = page(build(), "about.html")
    assert [tab.text for tab in soup.select("[role=tab]")] == ["North East", "St Helens & Co", "Only one"]
    assert [tab["aria-selected"] for tab in soup.select("[role=tab]")] == ["true", "false", "true"]
    for tab in soup.select("[role=tab]"):
        panel = soup.find(id=tab["aria-controls"])
        assert panel["role"] == "tabpanel"
        assert soup.find(id=panel["aria-labelledby"]) is tab
        assert panel.select_one(".tab-name").text == tab.text
    assert [panel["id"] for panel in soup.select(".tab-pane")] == ["north-east", "sh", "only-one"]
    assert len(soup.select("#north-east h4")) == 1


def test_figures_callouts_tables_and_footnotes(build: Callable[..., Path], write: Write, tmp_path: Path) -> None:
    """A figure has its own alternative text and caption, a callout its title, a table its caption and header cells."""
    (tmp_path / "maps").mkdir()
    (tmp_path / "maps" / "a b.png").write_bytes(b"png")
    write(
        "about.qmd",
        '![Three of *13*.](maps/a%20b.png){fig-alt="Map of \\"X\\"." width=700}\n\n'
        '::: {.callout-note title="Mind"}\nBody.\n:::\n\n::: {.callout-tip}\n## Headed\nBody.\n:::\n\n'
        "| a | b |\n|---|--:|\n| x | 1 |\n\n: The caption {.striped}\n\nNote.[^n]\n\n[^n]: At the foot.\n",
    )
    site = build()
    soup = page(site, "about.html")
    image = soup.select_one("figure img")
    assert (image["alt"], image["src"], image["width"]) == ('Map of "X".', "maps/a%20b.png", "700")
    assert soup.select_one("figcaption").text == "Three of 13."
    assert "aria-hidden" not in soup.select_one("figcaption").attrs
    assert (site / "maps" / "a b.png").read_bytes() == b"png"
    assert [title.text for title in soup.select(".callout > .callout-title")] == ["Mind", "Headed"]
    assert soup.select_one("table.striped caption").text == "The caption"
    assert all(cell["scope"] == "col" for cell in soup.select("th"))
    assert "At the foot." in soup.select_one("section[role=doc-endnotes] li").text


def test_navigation_and_code_menu(build: Callable[..., Path], write: Write) -> None:
    """Links are relative to the page, the current page is marked, and the source is there to read."""
    soup = page(build(), "posts/one/index.html")
    assert [link["href"] for link in soup.select(".site-menu a")] == [
        "../../index.html",
        "../../about.html",
        "../../index.xml",
    ]
    assert soup.select_one(".nav-footer a")["href"] == "../../about.html"
    assert soup.select_one(".code-tools code").text.strip() == POST.strip()
    assert soup.select_one("h1").text == "A & B <first>"
    assert soup.select_one("time").text == "3 November 2025"
    current = page(build(), "about.html").select("[aria-current=page]")
    assert [link.text for link in current] == ["About"]


def test_the_listing_and_the_feed_have_the_posts_newest_first(build: Callable[..., Path], write: Write) -> None:
    """The feed's addresses are whole, and its date is the newest post's, so that the same posts give the same feed."""
    write("posts/two/index.qmd", POST.replace("2025-11-03", "2025-12-24").replace("first", "second"))
    site = build()
    cards = page(site, "index.html").select(".ec-card .listing-title a")
    assert [card.text for card in cards] == ["A & B <second>", "A & B <first>"]
    assert [card["href"] for card in cards] == ["posts/two/index.html", "posts/one/index.html"]
    channel = ET.parse(site / "index.xml").getroot().find("channel")
    assert channel.findtext("lastBuildDate") == "Wed, 24 Dec 2025 00:00:00 GMT"
    assert [item.findtext("link") for item in channel.findall("item")] == [
        "https://maps.example.org/sub/posts/two/",
        "https://maps.example.org/sub/posts/one/",
    ]
    assert channel.find("item").findtext("title") == "A & B <second>"


def test_search_engines_find_all_pages(build: Callable[..., Path], write: Write) -> None:
    """The sitemap has the address of each page as the page itself gives it, and not that of the missing one."""
    write("_quarto.yml", PROJECT.replace("/about.qmd,", "/about.qmd, /404.qmd,"))
    write("404.qmd", "---\ntitle: Not here\n---\n")
    site = build()
    listed = [loc.text for loc in ET.parse(site / "sitemap.xml").getroot().findall("{*}url/{*}loc")]
    pages = ("index.html", "about.html", "posts/one/index.html")
    assert sorted(listed) == sorted(page(site, name).select_one("link[rel=canonical]")["href"] for name in pages)


def test_the_page_for_missing_addresses_depends_on_no_other_file(build: Callable[..., Path], write: Write) -> None:
    """It is shown at any depth, so its links start at the root of the site and its styles are inside."""
    write("_quarto.yml", PROJECT.replace("/about.qmd,", "/about.qmd, /404.qmd,"))
    write("404.qmd", "---\ntitle: Not here\n---\n\n[Home](/index.qmd)\n")
    soup = page(build(), "404.html")
    assert {link["href"] for link in soup.select("main a")} == {"/sub/index.html"}
    assert soup.select("link[rel=stylesheet], script[src]") == []
    assert "--ec-" in soup.select_one("style").text


# ---- links ----


def test_dead_links_stop_the_build_all_at_once(build: Callable[..., Path], write: Write) -> None:
    """Missing files, pages, anchors and pictures on other hosts are all named with the page that has them."""
    write(
        "about.qmd", "[a](nowhere.csv) [b](no.qmd) [c](posts/one/index.qmd#nothing) ![d](https://example.org/d.png)\n"
    )
    message = refusal(build)
    for part in ("nowhere.csv leads nowhere", "no.qmd is no page", "#nothing", "d.png is loaded from another host"):
        assert part in message
    assert "about.qmd" in message
    assert "4 of its links" in message


def test_links_between_pages_lead_to_built_pages(build: Callable[..., Path], write: Write) -> None:
    """A link to a .qmd becomes one to the page, with its anchor; files that are linked to are copied.

    What a tool is to show, with an equals sign, is no anchor.
    """
    write("posts/one/data.csv", "a\n1\n")
    write(
        "posts/one/index.qmd",
        f"{POST}\n[m](../../about.qmd#method) [d](data.csv) [r](/about.qmd) [e](https://example.org) "
        "[t](/about.qmd#places=a,b)\n",
    )
    site = build()
    links = [link["href"] for link in page(site, "posts/one/index.html").select("main p a")]
    assert links[:4] == ["../../about.html#method", "data.csv", "../../about.html", "https://example.org"]
    assert links[4:] == ["../../about.html#places=a,b"]
    assert (site / "posts/one/data.csv").read_text(encoding="utf-8") == "a\n1\n"


# ---- nothing is lost ----


def test_a_failed_build_leaves_the_previous_site(build: Callable[..., Path], write: Write, tmp_path: Path) -> None:
    """Refusal, dead link: the site from before stays to the byte, and no half-built folder is left."""
    site = build()
    before = {path: path.read_bytes() for path in site.rglob("*") if path.is_file()}
    for wrong in ("{{< x >}}", "[a](nowhere.csv)"):
        write("about.qmd", wrong)
        refusal(build)
        assert {path: path.read_bytes() for path in site.rglob("*") if path.is_file()} == before
        assert list(tmp_path.glob("*.part")) == []


def test_leftovers_of_a_killed_build_are_removed_and_its_old_site_comes_back(
    build: Callable[..., Path], write: Write, tmp_path: Path
) -> None:
    """A build killed between its two last steps has moved the old site away; a later failure must not lose it."""
    build().rename(tmp_path / "_site.old.part")
    write("_site.part/half.html", "half")
    write("about.qmd", "[a](nowhere.csv)")
    refusal(build)
    assert (tmp_path / "_site" / "index.html").is_file()
    assert list(tmp_path.glob("*.part")) == []


def test_a_removed_page_leaves_the_site(build: Callable[..., Path], write: Write, tmp_path: Path) -> None:
    """What an earlier build made does not linger."""
    write("posts/two/index.qmd", POST)
    assert (build() / "posts/two/index.html").is_file()
    (tmp_path / "posts/two/index.qmd").unlink()
    assert not (build() / "posts/two").exists()


def test_a_folder_that_is_no_site_is_not_replaced(build: Callable[..., Path], write: Write, tmp_path: Path) -> None:
    """Nobody's documents go because a folder was mistyped."""
    letter = write("documents/letter.txt", "dear")
    with pytest.raises(SettingError, match=r"no index\.html and so is no site"):
        build(output=letter.parent)
    with pytest.raises(SettingError, match="the project itself"):
        build(output=tmp_path)
    assert letter.is_file()


def test_two_builds_take_turns(build: Callable[..., Path], write: Write) -> None:
    """Builds at the same time both end well, and the site is whole."""
    sites: list[Path] = []
    threads = [threading.Thread(target=lambda: sites.append(build())) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(sites) == 3
    assert (sites[0] / "index.xml").is_file()


@pytest.mark.site
def test_the_same_inputs_give_the_same_bytes(build: Callable[..., Path], write: Write, tmp_path: Path) -> None:
    """Twice built, nothing differs."""
    write("about.qmd", "```{python}\n#| output: asis\nprint('## A')\n```\n\n`{python} 1`\n")
    first, second = build(output=tmp_path / "a"), build(output=tmp_path / "b")
    read = lambda site: {path.relative_to(site): path.read_bytes() for path in site.rglob("*") if path.is_file()}  # noqa: E731
    assert read(first) == read(second)


# ---- the project's own files ----


def test_the_quarto_themes_repeat_the_colours_of_the_style_sheet(root: Path) -> None:
    """Bootstrap needs plain colours while it is compiled, those of code too; they must not drift from site.css."""
    colours = site_colours(root)
    names = {"body-bg": "page", "body-color": "ink", "link-color": "link", "primary": "link", "navbar-bg": "page"}
    names |= {"code-bg": "tint", "code-color": "ink"}
    for mode, file in enumerate(("theme.scss", "theme-dark.scss")):
        text = (root / "assets" / file).read_text(encoding="utf-8")
        for variable, name in names.items():
            assert re.search(rf"^\${variable}: (#\w+);", text, re.MULTILINE)[1] == colours[name][mode]


@pytest.mark.parametrize("mode", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(
    ("ink", "ground", "least"),
    [
        ("ink", "page", 7),
        ("quiet", "page", 4.5),
        ("link", "page", 4.5),
        ("ink", "tint", 7),
        ("quiet", "tint", 4.5),
        ("link", "tint", 4.5),
        ("warn-ink", "warn-page", 7),
        ("edge", "page", 3),
    ],
)
def test_text_can_be_read(root: Path, ink: str, ground: str, least: float, mode: int) -> None:
    """Each pair of colours that meet has the contrast that WCAG asks for, light and dark."""
    colours = site_colours(root)
    light, dark = sorted((luminance(colours[ink][mode]), luminance(colours[ground][mode])), reverse=True)
    assert (light + 0.05) / (dark + 0.05) >= least


def site_colours(root: Path) -> dict[str, tuple[str, str]]:
    """Return the colours of the style sheet, each for light and for dark."""
    text = (root / "assets" / "site.css").read_text(encoding="utf-8")
    found = re.findall(r"--ec-([\w-]+): light-dark\((#\w{6}), (#\w{6})\)", text)
    return {name: (light, dark) for name, light, dark in found}


def luminance(colour: str) -> float:
    """Return the relative luminance of a colour, as WCAG defines it."""
    channels = (int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5))
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_the_demonstration_profile_has_its_own_folder_and_a_stamp(root: Path) -> None:
    """The demonstration can never replace the real site, and the project has words to mark its pages with."""
    real = yaml.safe_load((root / "_quarto.yml").read_text(encoding="utf-8"))
    demo = yaml.safe_load((root / "_quarto-demo.yml").read_text(encoding="utf-8"))
    assert demo["project"]["output-dir"] != real["project"]["output-dir"]
    assert "not real values" in real["demonstration"]
    assert "EC_MAPS_SOURCE=demo" in (root / "_environment-demo").read_text(encoding="utf-8").splitlines()
