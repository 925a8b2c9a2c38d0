"""The site without Quarto: the same project file, posts and look, for machines that cannot have Quarto.

It covers what the posts use and refuses by name anything else, so that a page never differs from Quarto's in silence.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from bs4 import BeautifulSoup

from ec_maps.errors import RenderError
from ec_maps.preview import cells, html
from ec_maps.preview.links import Links
from ec_maps.preview.project import Project, as_list, load, refusal, section
from ec_maps.preview.qmd import Page, read_page
from ec_maps.preview.site import SHELL, SHELL_FILES, Site
from ec_maps.staging import staged

__all__ = ["render"]

_WORKERS = 2


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
        The profile to lay over it, ``demo`` for ``_quarto-demo.yml`` and ``_environment-demo``.
    output
        Where the site goes; by default the project's ``output-dir``. What is there is replaced, if it is a site.
    log
        Is told of each page, and of warnings in cells.

    Raises
    ------
    RenderError
        If a page holds something that the preview does not know, a cell fails, or a link leads nowhere.
    SettingError
        If the profile or the output folder cannot be what they are.
    """
    root = root.resolve()
    project = load(root, profile)
    target = (output or project.output).resolve()
    with staged(root, target, log) as aside, project.environment():
        _build(project, aside, log)
    return target


def _build(project: Project, site_folder: Path, log: Callable[[str], None]) -> None:
    pages = _read(project)
    feeds = [str(page.path.with_suffix(".xml")) for page in pages if section(page.meta, "listing").get("feed")]
    generated = set(feeds if "site-url" in project.website else [])
    if feeds and not generated:
        log("_quarto.yml has no website: site-url:, so there is no feed.")
    links = Links(project.root, {str(page.path): str(page.target) for page in pages}, generated)
    site = Site(project, pages, links)

    def content(page: Page) -> BeautifulSoup:
        markdown = cells.run(page, project.root, log)
        log(f"{page.path}")
        return html.to_soup(markdown, str(page.path))

    pool = ThreadPoolExecutor(_WORKERS)
    try:
        contents = list(pool.map(content, pages))
    finally:
        pool.shutdown(cancel_futures=True)
    for page, soup in zip(pages, contents, strict=True):
        target = site_folder / page.target
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(site.page(page, soup), encoding="utf-8")
    if site.feed_name:
        (site_folder / site.feed_name).write_bytes(site.feed())
    resources = [str(glob) for glob in as_list(section(project.config, "project").get("resources"))]
    links.files |= {path.relative_to(project.root).as_posix() for path in project.files(resources)}
    links.finish(site_folder)
    for name in SHELL_FILES:
        (site_folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(SHELL / Path(name).name, site_folder / name)


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
