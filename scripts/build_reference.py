"""Write the reference of the library, ``reference/*.qmd``, from its docstrings.

Its names and headings are in the part ``quartodoc:`` of ``_quarto.yml``. The pages are committed, so that a build of
the site needs neither quartodoc nor the older griffe that it requires, and changes of docstrings are in the pages'
history. A test fails if they are out of date.
"""

from __future__ import annotations

import logging
import re
import sys
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[1]

with warnings.catch_warnings():
    # quartodoc 0.11 is older than the griffe and the pydantic that it runs with.
    warnings.simplefilter("ignore")
    import griffe
    from quartodoc import Builder, MdRenderer, blueprint, collect, layout
    from quartodoc.builder.utils import WorkaroundKeyError

#: The references of other packages.
_ELSEWHERE = {
    "geopandas": "https://geopandas.org/en/stable/docs/reference/api/{}.html",
    "pandas": "https://pandas.pydata.org/docs/reference/api/{}.html",
}
_DESCRIPTION = "The public names of the Python package ec_maps, by use."
_INTRODUCTION = """\
Every name here is used as `ec_maps.<name>`; `ec_maps.__version__` is the version. Importing the package reads nothing
and loads none of the heavy libraries. How the names work together is shown in [Use the data in Python](/python.qmd),
how the numbers are made in [Methods](/methods.qmd)."""

_WRITTEN = "Written by scripts/build_reference.py from the docstrings; a change here would be lost."

_BREAK = "\n\n"
_ROLE = re.compile(r":[a-z]+:`~?([^`]+)`")
_METADATA = "# Of all pages of the reference; scripts/build_reference.py writes the pages.\ncode-tools: false\n"


class ReferenceFault(ValueError):
    """The reference cannot be written from the docstrings; the message lists all faults."""


def build(folder: Path, config: Mapping[str, Any] | None = None) -> list[Path]:
    """Write the pages of the reference into a folder, remove others, and return their paths.

    Parameters
    ----------
    folder
        The folder of the pages.
    config
        The part ``quartodoc:`` of ``_quarto.yml``; read from there if None.

    Raises
    ------
    ReferenceFault
        If a name has no docstring, or one that does not match it; all faults at once, and nothing is written.
    """
    if config is None:
        config = yaml.safe_load((ROOT / "_quarto.yml").read_text(encoding="utf-8"))["quartodoc"]
    pages = _pages(config)
    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.glob("*.qmd"):
        if path.stem not in pages:
            path.unlink()
    (folder / "_metadata.yml").write_text(_METADATA, encoding="utf-8")
    for name, text in pages.items():
        (folder / f"{name}.qmd").write_text(text, encoding="utf-8")
    return [folder / f"{name}.qmd" for name in pages]


def _pages(config: Mapping[str, Any]) -> dict[str, str]:
    """Return the texts of the pages by name."""
    faults = _Letters()
    logging.getLogger("griffe").addHandler(faults)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # quartodoc passes an option that griffe ignores, and griffe says so
            try:
                built = blueprint(Builder.from_quarto_config({"quartodoc": dict(config), "project": {}}).layout)
            except (KeyError, WorkaroundKeyError) as error:
                msg = f"The reference has a name that is not in the package: {error.args[0]} See _quarto.yml."
                raise ReferenceFault(msg) from None
            found, _ = collect(built, base_dir=str(config["dir"]))
            homes = {}
            for page in found:
                for doc in page.contents:
                    homes |= dict.fromkeys((doc.obj.path, doc.obj.canonical_path), page.path)
            for page in found:
                for doc in page.contents:
                    doc.signature_name = "full"
                    doc.name = doc.obj.path if page.summary else doc.name
                    _tidy(doc, homes, faults.messages)
            if faults.messages:
                letter = "\n".join(f"  {fault}" for fault in dict.fromkeys(faults.messages))
                msg = f"The reference cannot be written from these docstrings:\n{letter}"
                raise ReferenceFault(msg)
            pages = {page.path: _page(page) for page in found}
            if len({name.lower() for name in pages}) < len(pages):
                names = ", ".join(sorted(pages))
                msg = f"Two pages differ in capitals only, which are one file on some machines: {names}."
                raise ReferenceFault(msg)
    finally:
        logging.getLogger("griffe").removeHandler(faults)
    return {"index": _index(config, built.sections), **pages}


class _Letters(logging.Handler):
    """Collects the warnings of griffe on docstrings."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.messages.append(record.getMessage().removeprefix(f"{ROOT}/"))


def _tidy(doc: layout.Doc, homes: Mapping[str, str], faults: list[str]) -> None:
    """Convert a docstring, and those of members, to the form that quartodoc expects; collect the faults."""
    thing = doc.obj.final_target if doc.obj.is_alias else doc.obj
    for member in getattr(doc, "members", []):
        _tidy(member, homes, faults)
    if thing.is_attribute and thing.docstring is None and (comment := _comment(thing)):
        thing.docstring = griffe.Docstring(comment, parent=thing, parser="numpy")
    if thing.docstring is None or not thing.docstring.value.strip():
        faults.append(f"{thing.path} has no docstring.")
        return
    thing.docstring.value = _ROLE.sub(lambda role: _linked(role[1], homes), thing.docstring.value)
    sections = {section.kind.value: section for section in thing.docstring.parsed}
    summary = _summary(thing)
    if not summary.endswith("."):
        faults.append(f"{thing.path}: its first paragraph is not a sentence that ends in a full stop: {summary!r}.")
    if thing.is_function:
        _tidy_function(thing, sections, faults)
    elif thing.is_class:
        _tidy_class(thing, sections, faults)


def _comment(attribute: griffe.Attribute) -> str:
    """Return the comment above an attribute, in the form ``#: …``."""
    lines = attribute.filepath.read_text(encoding="utf-8").splitlines()[: (attribute.lineno or 1) - 1]
    comment: list[str] = []
    while lines and lines[-1].startswith("#:"):
        comment.insert(0, lines.pop()[2:].strip())
    return " ".join(comment)


def _tidy_function(function: griffe.Function, sections: dict[str, Any], faults: list[str]) -> None:
    takes = {parameter.name: parameter for parameter in function.parameters if parameter.name not in ("self", "cls")}
    for parameter in takes.values():
        if isinstance(parameter.default, griffe.ExprName):  # a constant: its value says more than its name
            constant = function.modules_collection[parameter.default.canonical_path]
            parameter.default = constant.value if constant.is_attribute else parameter.default
    if "parameters" in sections:
        sections["parameters"].value = list(_split(sections["parameters"].value, takes))
        described = [entry.name for entry in sections["parameters"].value]
        faults += _apart(function.path, "parameter", list(takes), described)
    elif not function.parent.is_class:
        # A method may do with a sentence; a public function has to describe its parameters.
        faults += _apart(function.path, "parameter", list(takes), [])
    gives = function.returns
    for entry in sections["returns"].value if "returns" in sections else []:
        # numpydoc reads a single word as a type; ours is a name, as the annotation has the type.
        if not entry.name and str(entry.annotation).isidentifier():
            entry.name, entry.annotation = str(entry.annotation), gives
    if gives is not None and str(gives) != "None" and "returns" not in sections and not _described_in_summary(function):
        faults.append(f"{function.path} does not describe what it returns, in its first sentence or a section.")


def _tidy_class(kind: griffe.Class, sections: dict[str, Any], faults: list[str]) -> None:
    # quartodoc silently leaves out members without a docstring.
    faults += [
        f"{one.path} has no docstring."
        for name, one in kind.members.items()
        if one.is_function and not name.startswith("_") and one.docstring is None
    ]
    fields = {name: one for name, one in kind.members.items() if one.is_attribute and not name.startswith("_")}
    properties = {name: one for name, one in fields.items() if "property" in one.labels}
    if not fields or _is_error(kind):
        return
    if "attributes" in sections:
        sections["attributes"].value = list(_split(sections["attributes"].value, fields))
    described = [entry.name for entry in sections["attributes"].value] if "attributes" in sections else []
    faults += _apart(kind.path, "attribute", [name for name in fields if name not in properties], described)
    for name, one in properties.items():
        if one.docstring is None:
            faults.append(f"{one.path} has no docstring.")
        elif "attributes" in sections and name not in described:
            entry = griffe.DocstringAttribute(name, annotation=one.annotation, description=_summary(one))
            sections["attributes"].value.append(entry)


def _is_error(thing: griffe.Object | griffe.Alias) -> bool:
    return thing.is_class and any(str(base).endswith(("Error", "Exception")) for base in thing.bases)


def _split(entries: list[Any], known: Mapping[str, Any]) -> Iterator[Any]:
    """Yield the entries with those of the form "links, marks" split into one for each name."""
    for entry in entries:
        for name in entry.name.split(","):
            bare = name.strip()
            one = type(entry)(bare, annotation=entry.annotation, description=entry.description)
            if bare.lstrip("*") in known:
                one.annotation = known[bare.lstrip("*")].annotation
                one.value = getattr(known[bare.lstrip("*")], "default", None)
            yield one


def _apart(path: str, what: str, there: list[str], described: list[str]) -> list[str]:
    names = [name.lstrip("*") for name in described]
    faults = [f"{path}: its {what} {name} is not described." for name in there if name not in names]
    return faults + [f"{path}: it has no {what} {name}, but describes it." for name in names if name not in there]


def _described_in_summary(function: griffe.Function) -> bool:
    return bool(re.match(r"(Return|Draw|Read|Write)\b", _summary(function)))


def _summary(thing: griffe.Object) -> str:
    return " ".join(thing.docstring.value.strip().split("\n\n")[0].split()) if thing.docstring else ""


def _linked(name: str, homes: Mapping[str, str]) -> str:
    """Return a name of a docstring as code, linked to its reference."""
    known = next((full for full in (name, f"ec_maps.{name}") if full in homes), None)
    if known:
        return f"[`{name.removeprefix('ec_maps.')}`]({homes[known]}.qmd)"
    package = name.partition(".")[0]
    if package in _ELSEWHERE:
        return f"[`{name}`]({_ELSEWHERE[package].format(name)})"
    return f"`{name}`"


def _page(page: layout.Page) -> str:
    """Return a page: front matter, then the text of quartodoc without the title and description."""
    several = page.summary is not None
    signed = any(not _is_error(doc.obj) for doc in page.contents)
    renderer = MdRenderer(header_level=2 if several else 1, show_signature=signed, table_style="description-list")
    if several:
        return (
            _front(page.summary.name, page.summary.desc)
            + _clean("\n\n".join(map(renderer.render, page.contents)))
            + "\n"
        )
    doc = page.contents[0]
    body = renderer.render(doc).partition("\n")[2]
    body = body.replace(f"\n\n{doc.obj.docstring.value.strip().partition(_BREAK)[0]}", "", 1)
    thing = doc.obj.final_target if doc.obj.is_alias else doc.obj
    if thing.is_attribute:
        body += f"\n\nIts type is `{thing.annotation}`."
    return _front(doc.name, _summary(doc.obj)) + _clean(body) + "\n"


def _clean(text: str) -> str:
    # The list of methods repeats the headings beneath it; empty spans and a colon without a name are noise.
    text = re.sub(r"\| Name \| Description \|\n(?:\|.*\n)+\n", "", text)
    text = re.sub(r" ?\[\]\{\.parameter-[a-z]+\} ?", "", text)
    text = re.sub(r"<code>\[:\]\{\.parameter-annotation-sep\} ", "<code>", text)
    text = re.sub(r" \[:\]\{\.parameter-annotation-sep\}</code>", "</code>", text)
    return re.sub(r"\n{3,}", "\n\n", text).strip()


def _front(title: str, description: str) -> str:
    plain = re.sub(r"\[([^]]*)\]\([^)]*\)|``?", r"\1", description)
    head = yaml.safe_dump({"title": title, "description": plain}, allow_unicode=True, sort_keys=False, width=1000)
    return f"---\n# {_WRITTEN}\n{head}---\n\n"


def _index(config: Mapping[str, Any], sections: list[layout.Section]) -> str:
    parts = []
    for section in sections:
        rows = []
        for page in section.contents:
            # A page of several names has its own title.
            several = page.summary is not None
            name = page.summary.name if several else page.contents[0].name
            words = page.summary.desc if several else _summary(page.contents[0].obj)
            rows.append(f"[`{name}`]({page.path}.qmd)\n\n:   {words}")
        parts.append("\n\n".join([f"## {section.title}", section.desc, *rows]))
    return _front(config["title"], _DESCRIPTION) + "\n\n".join([_INTRODUCTION, *parts]) + "\n"


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT / "src"))
    try:
        written = build(ROOT / "reference")
    except ReferenceFault as fault:
        sys.exit(f"{fault}")
    print(f"Wrote {len(written)} pages of the reference in reference/.")
