"""The reference has every public name, fits the docstrings, and its page of citations is valid."""

from __future__ import annotations

import doctest
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml
from bs4 import BeautifulSoup

import ec_maps
from ec_maps import errors
from ec_maps.site.preview import html

OF_ONE = {"package": "made", "dir": "reference", "title": "Reference"}


@pytest.fixture
def script(root: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """Return the script that writes the reference."""
    monkeypatch.syspath_prepend(str(root / "scripts"))
    import build_reference

    yield build_reference
    sys.modules.pop("build_reference", None)


@pytest.fixture
def written(script: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], str]:
    """Return a function that writes the reference of a package with one name, `thing`, from the package's text."""
    monkeypatch.syspath_prepend(str(tmp_path))

    def write(text: str) -> str:
        (tmp_path / "made").mkdir()
        (tmp_path / "made" / "__init__.py").write_text(text, encoding="utf-8")
        config = OF_ONE | {"sections": [{"title": "All", "desc": "All of it.", "contents": ["thing"]}]}
        script.build(tmp_path / "reference", config)
        return (tmp_path / "reference" / "thing.qmd").read_text(encoding="utf-8")

    return write


def config(root: Path) -> dict[str, Any]:
    """Return what the project file says of the reference."""
    return yaml.safe_load((root / "_quarto.yml").read_text(encoding="utf-8"))["quartodoc"]


def test_it_has_every_public_name(root: Path) -> None:
    """Each name of the package and each kind of error is there once, and none that is not public."""
    names: list[str] = []
    for section in config(root)["sections"]:
        for entry in section["contents"]:
            names += [entry] if isinstance(entry, str) else entry["contents"]
    assert sorted(names) == sorted(set(ec_maps.__all__) - {"__version__"})
    assert set(errors.__all__) <= set(ec_maps.__all__)


def test_the_pages_are_up_to_date(root: Path, script: ModuleType, tmp_path: Path) -> None:
    """What is committed is what the docstrings say now; else run scripts/build_reference.py."""
    fresh = {path.name: path.read_text(encoding="utf-8") for path in script.build(tmp_path)}
    kept = {path.name: path.read_text(encoding="utf-8") for path in (root / "reference").glob("*.qmd")}
    assert sorted(fresh) == sorted(kept)
    assert [name for name, text in fresh.items() if kept[name] != text] == []


def test_pages_have_no_second_title_and_no_empty_part(root: Path) -> None:
    """The title is the only heading of the first level; each page has a description; no term is empty."""
    for path in (root / "reference").glob("*.qmd"):
        _, front, body = path.read_text(encoding="utf-8").split("---\n", 2)
        assert yaml.safe_load(front)["description"].endswith("."), path.name
        soup: BeautifulSoup = html.to_soup(body, path.name)
        assert soup.select("h1") == [], path.name
        assert [term for term in soup.select("dt, dd, h2, h3, h4") if not term.get_text(strip=True)] == [], path.name
        assert ":func:" not in body, path.name
        assert "``" not in soup.get_text(), path.name


def test_types_defaults_and_results_come_from_the_code(written: Callable[[str], str]) -> None:
    """Names that share a description each have their own type; a named result has the function's."""
    page = written(
        "def thing(one: int, two: str = 'a', *, three: bool = False) -> list[int]:\n"
        '    """Return something.\n\n    Parameters\n    ----------\n    one\n'
        "        The first; see :func:`pandas.cut`.\n"
        "    two, three\n        The others.\n\n    Returns\n    -------\n    found\n        What it is.\n"
        '    """\n'
    )
    soup = html.to_soup(page.split("---\n", 2)[2], "thing")
    terms = [term.get_text() for term in soup.select("dt")]
    assert terms == ["one : int", "two : str = 'a'", "three : bool = False", "found : list[int]"]
    assert soup.select_one("dd a")["href"].endswith("pandas.cut.html")
    assert soup.select_one("pre").get_text().strip() == "made.thing(one, two='a', *, three=False)"


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("def thing(): pass\n", "made.thing has no docstring"),
        ('def thing():\n    """Return nothing"""\n', "not a sentence that ends in a full stop"),
        ('def thing(one):\n    """Read it."""\n', "its parameter one is not described"),
        (
            'def thing():\n    """Read it.\n\n    Parameters\n    ----------\n    two\n        It.\n    """\n',
            "it has no parameter two, but describes it",
        ),
        ('def thing() -> int:\n    """Count it."""\n', "does not describe what it returns"),
        ('class thing:\n    """It."""\n\n    one: int = 1\n', "its attribute one is not described"),
        ('class thing:\n    """It."""\n\n    def go(self):\n        pass\n', "made.thing.go has no docstring"),
    ],
)
def test_a_docstring_that_does_not_fit_is_a_fault(
    script: ModuleType, written: Callable[[str], str], tmp_path: Path, text: str, fault: str
) -> None:
    """Missing docstrings, unfinished sentences, parameters and attributes that are not or wrongly described."""
    with pytest.raises(script.ReferenceFault) as caught:
        written(text)
    assert fault in str(caught.value)
    assert not (tmp_path / "reference").exists()


def test_a_name_that_is_not_there_is_a_fault(script: ModuleType, tmp_path: Path) -> None:
    """A name that the package has no longer is told by name, without a traceback."""
    gone = {"package": "ec_maps", "dir": "reference", "sections": [{"title": "All", "contents": ["no_such_name"]}]}
    with pytest.raises(script.ReferenceFault, match="no_such_name"):
        script.build(tmp_path, gone | {"title": "Reference"})


def test_a_page_that_is_no_longer_wanted_goes(script: ModuleType, tmp_path: Path) -> None:
    """A renamed function leaves no page behind."""
    (tmp_path / "old.qmd").write_text("---\ntitle: old\n---\n", encoding="utf-8")
    script.build(tmp_path)
    assert not (tmp_path / "old.qmd").exists()


def test_pages_that_differ_in_capitals_only_are_a_fault(script: ModuleType, root: Path, tmp_path: Path) -> None:
    """On a file system that does not tell capitals apart, one would be written over the other."""
    both = {"title": "Twice", "desc": "", "contents": ["Map", {"kind": "page", "path": "map", "contents": ["Place"]}]}
    with pytest.raises(script.ReferenceFault, match="capitals"):
        script.build(tmp_path, config(root) | {"sections": [both]})


def test_the_examples_run(demo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each public function, class and method with arguments has an example that gives what it says."""
    monkeypatch.chdir(tmp_path)
    without, failed = [], []
    runner = doctest.DocTestRunner(verbose=False)
    for name in ec_maps.__all__:
        thing = getattr(ec_maps, name)
        if not callable(thing):
            continue
        for example in doctest.DocTestFinder(exclude_empty=False).find(thing, name, globs={}):
            said: list[str] = []
            if runner.run(example, out=said.append).failed:
                failed.append(f"ec_maps.{example.name}:\n{''.join(said)}")
            member = getattr(thing, example.name.partition(".")[2], thing)
            if not example.examples and not isinstance(member, property) and "._" not in example.name:
                without.append(example.name)
    assert without == []
    assert failed == [], "\n".join(failed)
