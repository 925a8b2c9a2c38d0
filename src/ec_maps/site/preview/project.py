"""The project file: what Quarto reads from ``_quarto.yml``, its profiles, folders and environment files."""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from ec_maps.errors import RenderError, SettingError
from ec_maps.settings import environment_file

# A name maps to the names known below it; None takes whatever is below.
Known = Mapping[str, Any]

#: Where a project puts its own HTML into each page.
INCLUDES = ("include-in-header", "include-after-body")

# Options of `format: html:`, which Quarto also takes at the top of a page. Those of the second row concern
# Quarto's own theme: the preview gets the same look from the style sheet and ignores them.
_HTML: Known = {
    **dict.fromkeys(("css", "toc", "toc-depth", "code-tools", "html-math-method", "date-format")),
    **dict.fromkeys(("theme", "respect-user-color-scheme", "grid", "anchor-sections", "smooth-scroll", "code-copy")),
    "template-partials": None,
    **dict.fromkeys(INCLUDES, dict.fromkeys(("text", "file"))),
}

_LISTING: Known = {
    **dict.fromkeys(("contents", "sort", "type", "fields", "categories", "feed", "sort-ui", "filter-ui")),
    # The cards of Quarto; the preview's template has the same.
    **dict.fromkeys(("template", "date-format", "image-height", "image-align", "grid-columns")),
}

_ANYWHERE: Known = {
    **_HTML,
    "format": {"html": _HTML},
    "execute": dict.fromkeys(("echo", "warning", "freeze", "enabled")),
    **dict.fromkeys(("lang", "author", "jupyter")),
}

PAGE_KEYS: Known = {**_ANYWHERE, "listing": _LISTING} | dict.fromkeys(
    ("title", "pagetitle", "description", "date", "categories", "image", "image-alt", "search")
)

_LINK: Known = dict.fromkeys(("text", "href", "icon", "aria-label"))
_NAVBAR_ITEM: Known = {**_LINK, "menu": _LINK}

PROJECT_KEYS: Known = {
    **_ANYWHERE,
    # For the script that writes the reference; Quarto ignores it too.
    "quartodoc": None,
    # The words of the stamp, and the site's address for the head. Under Quarto a filter puts them on the pages, here
    # the template does.
    **dict.fromkeys(("demonstration", "filters", "address")),
    "project": dict.fromkeys(("type", "output-dir", "render", "resources", "pre-render", "post-render")),
    "website": {
        "navbar": {"left": _NAVBAR_ITEM, "right": _NAVBAR_ITEM}
        | dict.fromkeys(("title", "search", "pinned", "collapse-below", "background", "foreground")),
        "page-footer": dict.fromkeys(("left", "center", "right", "border", "background", "foreground")),
        # Position and look of Quarto's search box; the preview has one, in the header.
        "search": dict.fromkeys(("location", "type")),
    }
    | dict.fromkeys(("title", "description", "site-url", "favicon", "open-graph", "twitter-card")),
}


def unknown_keys(text: str, known: Known, where: str, first_line: int = 1) -> list[str]:
    """Return one sentence for each key of a valid YAML text that is not known, with file and line."""
    faults = []

    def visit(node: yaml.Node | None, known: Known, above: str) -> None:
        if isinstance(node, yaml.SequenceNode):
            for item in node.value:
                visit(item, known, above)
        elif isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                name = str(key.value)
                if name not in known:
                    close = difflib.get_close_matches(name, known, n=1)
                    hint = f" Did you mean `{close[0]}`?" if close else ""
                    line = key.start_mark.line + first_line
                    faults.append(f"{where}, line {line}: the preview does not know `{above}{name}`.{hint}")
                elif known[name] is not None:
                    visit(value, known[name], f"{above}{name}: ")

    visit(yaml.compose(text, Loader=yaml.SafeLoader), known, "")
    return faults


# --- the project ------------------------------------------------------------------------------------


Config = dict[str, Any]


@dataclass(frozen=True)
class Project:
    """A project with its profile merged in, and the variables of its environment files."""

    root: Path
    profile: str | None
    config: Config
    variables: dict[str, str]

    @property
    def website(self) -> Config:
        """The ``website:`` part."""
        return section(self.config, "website")

    @property
    def output(self) -> Path:
        """The folder that the built site goes to."""
        return self.root / str(section(self.config, "project").get("output-dir", "_site"))

    def listed(self, key: str) -> list[Any]:
        """Return what is under a key of the ``project:`` part."""
        return as_list(section(self.config, "project").get(key))

    def files(self, key: str) -> list[Path]:
        """Return the files that the globs under a key match, sorted, without those that start with ``_`` or ``.``."""
        chosen = globs(self.listed(key))
        return [path for path in sorted(_walk(self.root)) if chosen(path.relative_to(self.root).as_posix())]

    @contextmanager
    def environment(self) -> Iterator[None]:
        """Set the variables of the environment files, and those that Quarto sets for cells, within the block.

        A variable of the shell wins over the files, as in Quarto.
        """
        before = dict(os.environ)
        os.environ.update(self.variables | before)
        os.environ["QUARTO_PROJECT_DIR"] = os.environ["QUARTO_PROJECT_ROOT"] = str(self.root)
        if self.profile:
            os.environ["QUARTO_PROFILE"] = self.profile
        try:
            yield
        finally:
            for name in os.environ.keys() - before.keys():
                del os.environ[name]
            os.environ.update(before)


def load(root: Path, profile: str | None) -> Project:
    """Read the project file, merge the profile into it, and check that every key is known.

    Raises
    ------
    RenderError
        If there is no project file, or a file is not YAML or holds keys that the preview does not know.
    SettingError
        If nothing in the project belongs to the profile; Quarto would silently ignore the name.
    """
    base = root / "_quarto.yml"
    if not base.is_file():
        msg = f"Building the site: there is no _quarto.yml in {root}. Run this in the project's folder."
        raise RenderError(msg)
    layers, environments = [base], [root / "_environment"]
    if profile:
        overlay, environment = root / f"_quarto-{profile}.yml", root / f"_environment-{profile}"
        if not re.fullmatch(r"[\w-]+", profile) or not (overlay.is_file() or environment.is_file()):
            known = sorted(path.stem.removeprefix("_quarto-") for path in root.glob("_quarto-*.yml"))
            msg = (
                f'There is no profile "{profile}": neither _quarto-{profile}.yml nor _environment-{profile} is in '
                f"{root}. Profiles here: {', '.join(known) or 'none'}."
            )
            raise SettingError(msg)
        layers += [overlay] if overlay.is_file() else []
        environments.append(environment)
    config: Config = {}
    faults: list[str] = []
    for layer in layers:
        text = layer.read_text(encoding="utf-8")
        config = merge(config, read_yaml(text, layer.name))
        faults += unknown_keys(text, PROJECT_KEYS, layer.name)
    if not faults and not section(config, "project").get("render"):
        faults.append(
            "_quarto.yml: there is no project: render: list, so that every note in the folder would be published. "
            "List the pages, for example [/index.qmd, /posts/**/*.qmd]."
        )
    if faults:
        raise RenderError(refusal(faults))
    variables = {name: value for path in environments for name, value in environment_file(path).items()}
    return Project(root, profile, config, variables)


def refusal(faults: list[str]) -> str:
    """Return one message for everything that the preview cannot build."""
    shown = "\n".join(f"  {fault}" for fault in faults[:20])
    more = f"\n  and {len(faults) - 20} more" if len(faults) > 20 else ""
    return (
        f"The preview cannot build this site; the previous site was not changed.\n{shown}{more}\n"
        "Change these lines, or render with Quarto: ec-maps render --engine quarto."
    )


def read_yaml(text: str, where: str, first_line: int = 1) -> Config:
    """Read a YAML mapping; `first_line` is the line of the file that the text starts at.

    Raises
    ------
    RenderError
        If the text is not YAML, or holds something other than a mapping.
    """
    try:
        value = yaml.safe_load(text)
    except yaml.MarkedYAMLError as error:
        line = (error.problem_mark.line if error.problem_mark else 0) + first_line
        msg = f"{where}, line {line}: this is not YAML: {error.problem}. Check the indentation and the quotes there."
        raise RenderError(msg) from None
    if value is None:
        return {}
    if not isinstance(value, dict):
        msg = f"{where}: expected lines of the form `key: value`, got {type(value).__name__}."
        raise RenderError(msg)
    return value


def merge(base: Mapping[str, Any], over: Mapping[str, Any]) -> Config:
    """Merge one configuration into another as Quarto does: mappings key by key, lists joined, the rest replaced."""
    merged = dict(base)
    for key, value in over.items():
        old = merged.get(key)
        if isinstance(old, dict) and isinstance(value, dict):
            merged[key] = merge(old, value)
        elif isinstance(old, list) and isinstance(value, list):
            merged[key] = old + [item for item in value if item not in old]
        else:
            merged[key] = value
    return merged


def section(config: Mapping[str, Any], *keys: str) -> Config:
    """Return the mapping under keys within each other, empty when one is absent or holds something else."""
    value: Any = config
    for key in keys:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value if isinstance(value, dict) else {}


def as_list(value: object) -> list[Any]:
    """Return YAML's one-or-many as a list."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def globs(patterns: list[Any]) -> Callable[[str], bool]:
    """Return whether globs, in Quarto's meaning, match a path that is relative to the root and has ``/``.

    A leading slash anchors a glob to the root, otherwise it matches at any depth; ``**`` spans folders; a folder
    stands for all in it; ``!`` excludes.
    """
    texts = [str(pattern) for pattern in patterns]
    wanted = [_regex(text) for text in texts if not text.startswith("!")]
    excluded = [_regex(text[1:]) for text in texts if text.startswith("!")]
    return lambda path: any(one.fullmatch(path) for one in wanted) and not any(one.fullmatch(path) for one in excluded)


def _regex(pattern: str) -> re.Pattern[str]:
    anchored = pattern.startswith("/")
    pieces = re.split(r"(\*\*/|\*\*|\*|\?)", pattern.strip("/"))
    meaning = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    body = "".join(meaning.get(piece, re.escape(piece)) for piece in pieces)
    return re.compile(f"{'' if anchored else '(?:.*/)?'}{body}(?:/.*)?")


def _walk(folder: Path) -> Iterator[Path]:
    for parent, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(("_", "."))]
        yield from (Path(parent, name) for name in files if not name.startswith(("_", ".")))
