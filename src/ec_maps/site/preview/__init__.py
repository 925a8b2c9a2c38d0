"""The site without Quarto: the same project file, posts and look, for machines without Quarto.

It covers what the posts use and refuses by name anything else, so that a page never differs from Quarto's in silence.
"""

from __future__ import annotations

import os
import shutil
from collections import deque
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from pathlib import Path

from bs4 import BeautifulSoup

from ec_maps.errors import RenderError
from ec_maps.site.preview import cells, html, prerender, search
from ec_maps.site.preview.kernel import kernels
from ec_maps.site.preview.links import Links
from ec_maps.site.preview.project import Project, as_list, load, refusal, section
from ec_maps.site.preview.qmd import Cell, Page, read_page
from ec_maps.site.preview.site import SEARCH_FILES, SHELL, SHELL_FILES, Site
from ec_maps.site.staging import staged

__all__ = ["render"]

_KERNELS = 2
_TELL_EVERY = 50


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
        output of the commands of ``pre-render``.

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
        prerender.run(project, aside, log)
        _build(project, aside, log)
    return target


def _build(project: Project, site_folder: Path, log: Callable[[str], None]) -> None:
    pages = _read(project)
    feeds = [str(page.path.with_suffix(".xml")) for page in pages if section(page.meta, "listing").get("feed")]
    generated = set(feeds if "site-url" in project.website else [])
    if feeds and not generated:
        log("_quarto.yml has no website: site-url:, so there is no feed.")
    searched = search.wanted(project.website)
    generated |= {search.FILE} if searched else set()
    links = Links(project.root, {str(page.path): str(page.target) for page in pages}, generated)
    site = Site(project, pages, links)
    found: list[search.Entry] = []
    waiting: list[tuple[Page, BeautifulSoup]] = []
    with closing(_contents(project, pages, log)) as contents:
        for page, soup in contents:
            if searched:
                found += search.entries(page, soup, str(project.website.get("title", "")))
            if _has_cells(page) or "listing" in page.meta:
                # It may show pictures that cells of another page have not drawn yet.
                waiting.append((page, soup))
            else:
                _write(site_folder / page.target, site.page(page, soup))
    for page, soup in waiting:
        _write(site_folder / page.target, site.page(page, soup))
    if site.feed_name:
        (site_folder / site.feed_name).write_bytes(site.feed())
    if searched:
        rows = search.index(found)
        _write(site_folder / search.FILE, search.as_json(rows))
        _write(site_folder / search.SCRIPT, search.as_script(rows))
    resources = [str(glob) for glob in as_list(section(project.config, "project").get("resources"))]
    links.files |= {path.relative_to(project.root).as_posix() for path in project.files(resources)}
    links.finish(site_folder)
    for name in (*SHELL_FILES, *(SEARCH_FILES if searched else ())):
        (site_folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(SHELL / Path(name).name, site_folder / name)


def _contents(
    project: Project, pages: list[Page], log: Callable[[str], None]
) -> Generator[tuple[Page, BeautifulSoup], None, None]:
    """Give each page with its content, in their order, while the next ones are worked on.

    Threads do, because the work is in other processes: kernels, few, for each loads libraries and may fill the memory;
    pandoc on all cores.
    """

    def content(page: Page) -> BeautifulSoup:
        markdown = cells.run(page, project.root, execute, log)
        if _has_cells(page):
            log(f"{page.path}")
        return html.to_soup(markdown, str(page.path))

    plain = sum(not _has_cells(page) for page in pages)
    done = 0
    with ExitStack() as stack:
        execute = stack.enter_context(kernels(_KERNELS))
        with_cells, others = (ThreadPoolExecutor(workers) for workers in (_KERNELS, os.cpu_count() or 1))
        for pool in (with_cells, others):
            stack.callback(pool.shutdown, cancel_futures=True)
        waiting = deque((page, (with_cells if _has_cells(page) else others).submit(content, page)) for page in pages)
        while waiting:
            page, future = waiting.popleft()
            yield page, future.result()
            if not _has_cells(page):
                done += 1
                if done % _TELL_EVERY == 0 or done == plain:
                    log(f"{done} of {plain} pages without cells")


def _has_cells(page: Page) -> bool:
    return any(isinstance(part, Cell) for part in page.parts)


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def _read(project: Project) -> list[Page]:
    paths = project.files([str(glob) for glob in as_list(section(project.config, "project")["render"])])
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
