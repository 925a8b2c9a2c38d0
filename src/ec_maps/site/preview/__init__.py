"""The site without Quarto: the same project file, posts and look, for machines without Quarto.

It covers what the posts use and refuses by name anything else, so that a page never differs from Quarto's in silence.
"""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from pathlib import Path

from bs4 import BeautifulSoup

from ec_maps.errors import RenderError
from ec_maps.site.preview import cells, html
from ec_maps.site.preview.project import Project, load, refusal, section
from ec_maps.site.preview.qmd import Page, read_page
from ec_maps.site.preview.site import SHELL, SearchEntry, Site, entries, index
from ec_maps.site.staging import staged

__all__ = ["render"]

_KERNELS = 2
_TELL_EVERY = 50
_LIBS = "site_libs/preview"
# Scripts that Quarto runs with its own interpreter or with R.
_OTHER_SCRIPTS = (".r", ".ts", ".js", ".lua")
_LETTER = "ec-maps: "


def render(
    root: Path, *, profile: str | None = None, output: Path | None = None, log: Callable[[str], None] = print
) -> Path:
    """Build the site of a project and return the folder that it is in.

    The site is built aside and takes the place of the previous one at the end; a build that fails leaves the previous
    one as it was. Two builds of one project take turns: their cells write into the same folders.

    Parameters
    ----------
    root
        The folder of ``_quarto.yml``.
    profile
        The profile to merge into it, ``demo`` for ``_quarto-demo.yml`` and ``_environment-demo``.
    output
        The folder of the site; by default the project's ``output-dir``. An older site in it is replaced.
    log
        Is called with a line for each page with cells, each warning in them, each fifty pages without cells, and the
        output of the commands of ``pre-render`` and ``post-render``.

    Raises
    ------
    RenderError
        If a page uses something that the preview does not support, a command or a cell fails, or a link has no target.
    SettingError
        If the profile or the output folder is not valid.
    """
    root = root.resolve()
    project = load(root, profile)
    target = (output or project.output).resolve()
    with staged(root, target, log) as aside, project.environment():
        _run_step("pre-render", project, aside, log)
        _build(project, aside, log)
        _run_step("post-render", project, aside, log)
    return target


def _build(project: Project, folder: Path, log: Callable[[str], None]) -> None:
    pages = _read(project)
    site = Site(project, pages)
    if site.feed is None and any(section(page.meta, "listing").get("feed") for page in pages):
        log("_quarto.yml has no website: site-url:, so there is no feed.")
    found: list[SearchEntry] = []
    waiting: list[tuple[Page, BeautifulSoup]] = []
    with closing(_contents(project, pages, log)) as contents:
        for page, soup in contents:
            found += entries(page, soup, str(project.website.get("title", "")))
            if page.cells or "listing" in page.meta:
                # It may show pictures that cells of another page have not drawn yet.
                waiting.append((page, soup))
            else:
                _write(folder / page.target, site.page(page, soup))
    for page, soup in waiting:
        _write(folder / page.target, site.page(page, soup))
    if site.feed:
        _write(folder / site.feed_file, site.feed_text(site.feed))
    if "site-url" in project.website:
        _write(folder / "sitemap.xml", site.sitemap())
    for path in project.files("resources"):
        site.links.add(path.relative_to(project.root).as_posix())
    site.links.finish(folder)
    (folder / _LIBS).mkdir(parents=True, exist_ok=True)
    for name in ("preview.css", "begin.js", "preview.js", *(["search.js"] if site.searched else [])):
        shutil.copyfile(SHELL / name, folder / _LIBS / name)
    if site.searched:
        data, script = index(found)
        _write(folder / "search.json", data)
        _write(folder / _LIBS / "search-index.js", script)


def _contents(
    project: Project, pages: list[Page], log: Callable[[str], None]
) -> Generator[tuple[Page, BeautifulSoup], None, None]:
    """Give each page with its content, in their order, while the next ones are worked on.

    Threads do, because the work is in other processes: kernels, few, for each loads libraries and may fill the memory;
    pandoc on all cores.
    """

    def content(page: Page) -> BeautifulSoup:
        markdown = cells.run(page, project.root, execute, log)
        if page.cells:
            log(f"{page.path}")
        return html.to_soup(markdown, str(page.path))

    plain = sum(not page.cells for page in pages)
    done = 0
    with ExitStack() as stack:
        execute = stack.enter_context(cells.kernels(_KERNELS))
        with_cells, others = (ThreadPoolExecutor(workers) for workers in (_KERNELS, os.cpu_count() or 1))
        for pool in (with_cells, others):
            stack.callback(pool.shutdown, cancel_futures=True)
        waiting = deque((page, (with_cells if page.cells else others).submit(content, page)) for page in pages)
        while waiting:
            page, future = waiting.popleft()
            yield page, future.result()
            if not page.cells:
                done += 1
                if done % _TELL_EVERY == 0 or done == plain:
                    log(f"{done} of {plain} pages without cells")


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def _read(project: Project) -> list[Page]:
    paths = project.files("render")
    if not paths:
        msg = f"No file of {project.root} is in the render list of _quarto.yml, so there is nothing to build."
        raise RenderError(msg)
    pages, faults = [], []
    for path in paths:
        page, refused = read_page(project, path)
        pages.append(page)
        faults += [fault for fault in refused if fault not in faults]
    if faults:
        raise RenderError(refusal(faults))
    return pages


# --- the commands of `project: pre-render:` and `post-render:` --------------------------------------


def _run_step(step: str, project: Project, output: Path, log: Callable[[str], None]) -> None:
    """Run the commands of a step in their order, in the project's folder, unless one cannot be run; log their output.

    The site is built in `output`. A command that fails ends the build with its last message and its exit status.
    """
    here = str(Path(sys.executable).parent)
    environment = {
        **os.environ,
        # `python` and `ec-maps` are those of this environment, even if the shell has not activated it.
        "PATH": os.pathsep.join(part for part in (here, os.environ.get("PATH", "")) if part),
        "QUARTO_PROJECT_OUTPUT_DIR": str(output),
        "QUARTO_PROJECT_RENDER_ALL": "1",
        "PYTHONUNBUFFERED": "1",
    }
    faults: list[str] = []
    commands = [
        (f"{step}: {command}", _arguments(step, command, project.root, environment["PATH"], faults))
        for command in project.listed(step)
    ]
    if faults:
        raise RenderError(refusal(faults))
    for command, arguments in commands:
        _run(command, arguments, project.root, environment, log)


def _arguments(step: str, command: object, root: Path, path: str, faults: list[str]) -> list[str]:
    """Return a command as a list of words; its faults are added to `faults`."""
    entry = f"_quarto.yml, project: {step}: {command!r}"
    try:
        words = shlex.split(command) if isinstance(command, str) else []
    except ValueError as error:
        faults.append(f"{entry}: the quotes are not closed ({error}).")
        return []
    if not words:
        faults.append(f"{entry} is no command. Expected a script of the project, or a command with its arguments.")
        return []
    suffix = Path(words[0]).suffix.lower()
    if suffix in _OTHER_SCRIPTS:
        faults.append(f"{entry}: the preview runs .py files and commands, no {suffix} files.")
    elif suffix == ".py":
        if not (root / words[0]).is_file():
            faults.append(f"{entry}: there is no file {words[0]} in {root}.")
        words.insert(0, sys.executable)
    elif not (found := shutil.which(words[0], path=path) or shutil.which(str(root / words[0]))):
        faults.append(f"{entry}: there is no program {words[0]} on this machine's PATH, nor in {root}.")
    else:
        words[0] = found
    return words


def _run(
    command: str, arguments: list[str], root: Path, environment: dict[str, str], log: Callable[[str], None]
) -> None:
    lines: list[str] = []
    held: list[str] = []
    try:
        with subprocess.Popen(
            arguments,
            cwd=root,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
        ) as running:
            for line in map(str.rstrip, running.stdout or ()):
                lines.append(line)
                # A final message of ec_maps, of two paragraphs at most, is reported once, by the error.
                if held and line and (line.startswith(_LETTER) or held[-1]):
                    _tell(held, log)
                    held = []
                if held or line.startswith(_LETTER):
                    held.append(line)
                else:
                    _tell([line], log)
    except OSError as error:
        msg = f"_quarto.yml, project: {command} could not be started: {error.strerror or error}."
        raise RenderError(msg) from None
    if running.returncode:
        failure = RenderError(_reason(command, lines, running.returncode))
        failure.exit_status = 2 if running.returncode == 2 else 1
        raise failure
    _tell(held, log)


def _tell(lines: list[str], log: Callable[[str], None]) -> None:
    for line in filter(None, lines):
        log(line)


def _reason(command: str, lines: list[str], status: int) -> str:
    """Return the last message of a failed command: in full if it is of ec_maps, else its last line."""
    _, letter, message = "\n".join(["", *lines]).rpartition(f"\n{_LETTER}")
    if letter and "\nTraceback (most recent call last)" not in message:
        return message.strip()
    reason = next(filter(None, reversed(lines)), "it gave no reason").strip()
    how = f"was ended by {signal.Signals(-status).name}" if status < 0 else f"ended with exit status {status}"
    return f"_quarto.yml, project: {command} {how}: {reason}"
