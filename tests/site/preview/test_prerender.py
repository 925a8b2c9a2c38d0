"""The preview runs the commands of ``project: pre-render:`` as Quarto does, and stops with their messages."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from ec_maps.errors import RenderError
from ec_maps.site import preview

Write = Callable[[str, str], Path]
SITE = "website:\n  title: A small site\n"
LETTER = 'places.yml, line 3: there is no district "Hul".\n\nDid you mean Kingston upon Hull?'


@pytest.fixture
def write(write: Write) -> Write:
    """Return a function that writes a file of a project, which has a home page."""
    write("index.qmd", "---\ntitle: Home\n---\n\nWelcome.\n")
    return write


@pytest.fixture
def build(tmp_path: Path, write: Write) -> Callable[..., list[str]]:
    """Return a function that builds the project with these commands and returns the lines of its log."""

    def build_site(commands: object, **options: str) -> list[str]:
        write(
            "_quarto.yml",
            f"project:\n  type: website\n  pre-render: {json.dumps(commands)}\n"
            f"  render: [/index.qmd, /places/*.qmd]\n{SITE}",
        )
        said: list[str] = []
        preview.render(tmp_path, log=said.append, **options)
        return said

    return build_site


def failure(build: Callable[..., list[str]], commands: object) -> tuple[str, int]:
    """Return the message and the exit status that a build ends with."""
    with pytest.raises(RenderError) as caught:
        build(commands)
    return str(caught.value), caught.value.exit_status


def test_a_script_writes_pages_that_are_then_read(
    build: Callable[..., list[str]], write: Write, tmp_path: Path
) -> None:
    """It runs in the project's folder with this very Python, before the list of pages is made; its output is logged."""
    write(
        "scripts/places.py",
        "import pathlib, sys\n"
        "pathlib.Path('places').mkdir()\n"
        "pathlib.Path('places/hull.qmd').write_text(f'---\\ntitle: Hull {sys.argv[1]}\\n---\\n')\n"
        "print(sys.executable)\nprint('a note', file=sys.stderr)\n",
    )
    said = build("scripts/places.py 'of two words'")
    assert sys.executable in said
    assert "a note" in said
    page = BeautifulSoup((tmp_path / "_site/places/hull.html").read_text(encoding="utf-8"), "html.parser")
    assert page.h1.text == "Hull of two words"


def test_commands_run_in_their_order(build: Callable[..., list[str]], write: Write, tmp_path: Path) -> None:
    """A list is run from first to last; what is no script of Python is started as it is, without a shell."""
    write("one.py", "open('order', 'a').write('1')")
    write("two.py", "open('order', 'a').write('2')")
    said = build(["one.py", "python two.py", "python -c \"print('a  b; $HOME')\""])
    assert (tmp_path / "order").read_text(encoding="utf-8") == "12"
    assert "a  b; $HOME" in said


def test_a_script_sees_what_quarto_gives_it(
    build: Callable[..., list[str]], write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Profile, folders and the variables of the environment files; a variable of the shell wins over the files."""
    write("_environment", "EC_TEST_A=base\nEC_TEST_B=base\nEC_TEST_C=base\n")
    write("_environment-demo", "EC_TEST_B=demo\nEC_TEST_C=demo\n")
    monkeypatch.setenv("EC_TEST_C", "shell")
    write("show.py", "import os, json\nprint(json.dumps(dict(os.environ)))")
    seen = json.loads(next(line for line in build("show.py", profile="demo") if line.startswith("{")))
    assert [seen[f"EC_TEST_{letter}"] for letter in "ABC"] == ["base", "demo", "shell"]
    assert seen["QUARTO_PROFILE"] == "demo"
    assert seen["QUARTO_PROJECT_DIR"] == str(tmp_path)
    assert seen["QUARTO_PROJECT_RENDER_ALL"] == "1"
    assert Path(seen["QUARTO_PROJECT_OUTPUT_DIR"]).parent == tmp_path
    assert "QUARTO_PROJECT_RENDER_ALL" not in os.environ


def test_commands_run_after_the_pages_too(
    build: Callable[..., list[str]], write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those of ``post-render`` find the pages in the output; one that fails ends the build with its message."""
    write("index.qmd", "---\ntitle: Home\n---\n\nWelcome.\n")
    write("pages.py", "import os\nprint(*sorted(os.listdir(os.environ['QUARTO_PROJECT_OUTPUT_DIR'])))")
    settings = f"project:\n  type: website\n  post-render: pages.py\n  render: [/index.qmd]\n{SITE}"
    write("_quarto.yml", settings)
    said: list[str] = []
    preview.render(tmp_path, log=said.append)
    assert "index.html" in said[-1].split()
    write("pages.py", "raise SystemExit('no room')")
    with pytest.raises(RenderError, match=r"project: post-render: pages\.py ended with exit status 1: no room"):
        preview.render(tmp_path, log=said.append)


def test_what_a_script_puts_into_the_output_is_in_the_site(
    build: Callable[..., list[str]], write: Write, tmp_path: Path
) -> None:
    """QUARTO_PROJECT_OUTPUT_DIR is the folder that becomes the site."""
    write(
        "add.py", "import os, pathlib\npathlib.Path(os.environ['QUARTO_PROJECT_OUTPUT_DIR'], 'a.txt').write_text('a')"
    )
    build("add.py")
    assert (tmp_path / "_site/a.txt").read_text(encoding="utf-8") == "a"


@pytest.mark.parametrize(
    ("code", "expected", "status"),
    [
        # Messages of ec_maps in full, whatever was logged before.
        (f"import sys\nsys.stderr.write('ec-maps: note: a\\nec-maps: ' + {LETTER!r} + '\\n')\nsys.exit(2)", LETTER, 2),
        ("import sys\nsys.stderr.write('ec-maps: no network.\\n')\nsys.exit(1)", "no network.", 1),
        # Of others the last line, with the command and without the traceback.
        (
            "import sys\nsys.stderr.write('ec-maps: note: a\\n')\n1 / 0",
            "_quarto.yml, project: pre-render: fail.py ended with exit status 1: ZeroDivisionError: division by zero",
            1,
        ),
        (
            "import sys\nsys.exit(7)",
            "_quarto.yml, project: pre-render: fail.py ended with exit status 7: it gave no reason",
            1,
        ),
        (
            "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)",
            "_quarto.yml, project: pre-render: fail.py was ended by SIGKILL: it gave no reason",
            1,
        ),
    ],
)
def test_a_failing_script_stops_the_build(
    build: Callable[..., list[str]], write: Write, code: str, expected: str, status: int
) -> None:
    """Its last message and its exit status are reported; the site is as before, and the next command is not run."""
    tmp_path = write("fine.py", "").parent
    build("fine.py")
    before = {path: path.read_bytes() for path in (tmp_path / "_site").rglob("*") if path.is_file()}
    write("fail.py", code)
    write("next.py", "open('ran', 'w')")
    write("index.qmd", "---\ntitle: Other\n---\n")
    assert failure(build, ["fail.py", "next.py"]) == (expected, status)
    assert not (tmp_path / "ran").exists()
    assert {path: path.read_bytes() for path in (tmp_path / "_site").rglob("*") if path.is_file()} == before


def test_what_cannot_be_run_is_named_before_anything_runs(
    build: Callable[..., list[str]], write: Write, tmp_path: Path
) -> None:
    """Missing scripts and programs, other languages, open quotes, and what is no command: all in one message."""
    write("first.py", "open('ran', 'w')")
    message, status = failure(build, ["first.py", "scripts/no.py", "no-such-program -x", "a.R", 'python "x', 3, ""])
    assert status == 1
    for part in (
        "'scripts/no.py': there is no file scripts/no.py",
        "there is no program no-such-program on this machine's PATH",
        "'a.R': the preview runs .py files and commands, no .r files",
        "the quotes are not closed",
        "pre-render: 3 is no command",
        "pre-render: '' is no command",
    ):
        assert part in message
    assert "first.py" not in message
    assert not (tmp_path / "ran").exists()


def test_a_script_that_asks_gets_no_answer(build: Callable[..., list[str]], write: Write) -> None:
    """A script that reads the keyboard fails; else the build would never end."""
    write("ask.py", "input('sure? ')")
    assert "EOFError" in failure(build, "ask.py")[0]
