"""The project file: what Quarto reads from ``_quarto.yml``, its profiles, folders and environment files."""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from ec_maps.errors import RenderError, SettingError

# A name maps to the names known below it; None takes whatever is below.
Known = Mapping[str, Any]

_INCLUDE: Known = dict.fromkeys(("text", "file"))

_EXECUTE: Known = dict.fromkeys(("echo", "warning", "freeze", "enabled"))

# Options of `format: html:`, which Quarto also takes at the top of a page. Those of the second row concern
# Quarto's own theme: the preview gets the same look from the style sheet and ignores them.
_HTML: Known = {
    **dict.fromkeys(("css", "toc", "toc-depth", "code-tools", "html-math-method", "date-format")),
    **dict.fromkeys(("theme", "respect-user-color-scheme", "grid", "anchor-sections", "smooth-scroll", "code-copy")),
    **dict.fromkeys(("include-in-header", "include-after-body"), _INCLUDE),
}

_LISTING: Known = {
    **dict.fromkeys(("contents", "sort", "type", "fields", "categories", "feed", "sort-ui", "filter-ui")),
    **dict.fromkeys(("date-format", "image-height", "image-align", "grid-columns")),
}

_ANYWHERE: Known = {**_HTML, "format": {"html": _HTML}, "execute": _EXECUTE} | dict.fromkeys(
    ("lang", "author", "jupyter")
)

PAGE: Known = {**_ANYWHERE, "listing": _LISTING} | dict.fromkeys(
    ("title", "pagetitle", "description", "date", "categories", "image", "image-alt", "search")
)

_LINK: Known = dict.fromkeys(("text", "href", "icon", "aria-label"))
_NAVBAR_ITEM: Known = {**_LINK, "menu": _LINK}

PROJECT: Known = {
    **_ANYWHERE,
    # For the script that writes the reference; Quarto ignores it too.
    "quartodoc": None,
    "project": dict.fromkeys(("type", "output-dir", "render", "resources", "pre-render")),
    "website": {
        "navbar": {"left": _NAVBAR_ITEM, "right": _NAVBAR_ITEM}
        | dict.fromkeys(("title", "search", "pinned", "collapse-below", "background", "foreground")),
        "page-footer": dict.fromkeys(("left", "center", "right", "border", "background", "foreground")),
        "announcement": dict.fromkeys(("content", "type", "dismissable", "icon", "position", "id")),
        # Position and look of Quarto's search box; the preview has one, in the header.
        "search": dict.fromkeys(("location", "type")),
    }
    | dict.fromkeys(("title", "description", "site-url", "favicon", "open-graph", "twitter-card")),
}


def unknown_keys(text: str, known: Known, where: str, first_line: int = 1) -> list[str]:
    """Return one sentence for each key of a YAML text that is not known, with file and line.

    `first_line` is the line of the file that the text starts at. The text is YAML: the caller has read it.
    """
    node = yaml.compose(text, Loader=yaml.SafeLoader)
    return [
        f"{where}, line {line + first_line}: the preview does not know `{key}`.{hint}"
        for line, key, hint in _unknown(node, known, "")
    ]


def _unknown(node: yaml.Node | None, known: Known, above: str) -> list[tuple[int, str, str]]:
    found: list[tuple[int, str, str]] = []
    if isinstance(node, yaml.SequenceNode):
        for item in node.value:
            found += _unknown(item, known, above)
    elif isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            name = str(key.value)
            if name not in known:
                close = difflib.get_close_matches(name, known, n=1)
                hint = f" Did you mean `{close[0]}`?" if close else ""
                found.append((key.start_mark.line, f"{above}{name}", hint))
            elif known[name] is not None:
                found += _unknown(value, known[name], f"{above}{name}: ")
    return found


# --- the project ------------------------------------------------------------------------------------


Config = dict[str, Any]


@dataclass(frozen=True)
class Project:
    """A project with its profile merged in.

    Attributes
    ----------
    root
        The folder of ``_quarto.yml``.
    profile
        The profile's name, or None.
    config
        The merged configuration.
    variables
        What ``_environment`` and ``_environment-<profile>`` set; the shell's own variables win, as in Quarto.
    """

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

    def files(self, patterns: list[str]) -> list[Path]:
        """Return the files that the globs match, sorted, without those that start with ``_`` or ``.``."""
        globs = Globs(patterns)
        return [path for path in sorted(_walk(self.root)) if globs.match(path.relative_to(self.root).as_posix())]

    @contextmanager
    def environment(self) -> Iterator[None]:
        """Set the variables of the environment files, and those that Quarto sets for cells, within the block."""
        ours = {name: value for name, value in self.variables.items() if name not in os.environ}
        ours["QUARTO_PROJECT_DIR"] = ours["QUARTO_PROJECT_ROOT"] = str(self.root)
        if self.profile:
            ours["QUARTO_PROFILE"] = self.profile
        before = {name: os.environ.get(name) for name in ours}
        os.environ.update(ours)
        try:
            yield
        finally:
            for name, value in before.items():
                if value is None:
                    os.environ.pop(name, None)
                else:
                    os.environ[name] = value


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
    layers = [base]
    environments = [root / "_environment"]
    if profile:
        overlay, variables = root / f"_quarto-{profile}.yml", root / f"_environment-{profile}"
        if not re.fullmatch(r"[\w-]+", profile) or not (overlay.is_file() or variables.is_file()):
            known = sorted(path.stem.removeprefix("_quarto-") for path in root.glob("_quarto-*.yml"))
            msg = (
                f'There is no profile "{profile}": neither _quarto-{profile}.yml nor _environment-{profile} is in '
                f"{root}. Profiles here: {', '.join(known) or 'none'}."
            )
            raise SettingError(msg)
        layers += [overlay] if overlay.is_file() else []
        environments.append(variables)
    config: Config = {}
    faults: list[str] = []
    for layer in layers:
        text = layer.read_text(encoding="utf-8")
        config = merge(config, read_yaml(text, layer.name))
        faults += unknown_keys(text, PROJECT, layer.name)
    if not faults and not section(config, "project").get("render"):
        faults.append(
            "_quarto.yml: there is no project: render: list, so that every note in the folder would be published. "
            "List the pages, for example [/index.qmd, /posts/**/*.qmd]."
        )
    if faults:
        raise RenderError(refusal(faults))
    return Project(root, profile, config, _variables(environments))


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


def section(config: Mapping[str, Any], key: str) -> Config:
    """Return the mapping under a key, empty when the key is absent or holds something else."""
    value = config.get(key)
    return value if isinstance(value, dict) else {}


def as_list(value: object) -> list[Any]:
    """Return YAML's one-or-many as a list."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def html_options(config: Mapping[str, Any]) -> Config:
    """Return the configuration with the options under ``format: html:`` lifted to the top."""
    formats = section(config, "format")
    return merge({key: value for key, value in config.items() if key != "format"}, section(formats, "html"))


class Globs:
    """Match paths, relative to the root and with ``/``, against globs in Quarto's meaning.

    A leading slash anchors a glob to the root, otherwise it matches at any depth; ``**`` spans folders; a folder
    stands for all in it; ``!`` excludes.
    """

    def __init__(self, patterns: list[str]) -> None:
        self._wanted = [_regex(pattern) for pattern in patterns if not pattern.startswith("!")]
        self._excluded = [_regex(pattern[1:]) for pattern in patterns if pattern.startswith("!")]

    def match(self, path: str) -> bool:
        """Return whether the path is picked."""
        return any(glob.fullmatch(path) for glob in self._wanted) and not any(
            glob.fullmatch(path) for glob in self._excluded
        )


def _regex(pattern: str) -> re.Pattern[str]:
    anchored = pattern.startswith("/")
    pieces = re.split(r"(\*\*/|\*\*|\*|\?)", pattern.strip("/"))
    meaning = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    body = "".join(meaning.get(piece, re.escape(piece)) for piece in pieces)
    return re.compile(f"{'' if anchored else '(?:.*/)?'}{body}(?:/.*)?")


def _walk(folder: Path) -> Iterator[Path]:
    for entry in folder.iterdir():
        if entry.name.startswith(("_", ".")):
            continue
        if entry.is_dir() and not entry.is_symlink():
            yield from _walk(entry)
        elif entry.is_file():
            yield entry


def _variables(files: list[Path]) -> dict[str, str]:
    variables = {}
    for path in files:
        if not path.is_file():
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            stripped = line.strip()
            if not stripped or stripped.startswith("#"):
                continue
            name, equals, value = stripped.partition("=")
            if not equals or not re.fullmatch(r"[A-Za-z_]\w*", name.strip()):
                msg = f"{path.name}, line {number}: expected NAME=value, got {stripped!r}."
                raise RenderError(msg)
            variables[name.strip()] = value.strip().strip("\"'")
    return variables
