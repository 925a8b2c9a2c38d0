"""The site without Quarto: the same project file, posts and look, for machines that cannot have Quarto.

It covers what the posts use and refuses by name anything else, so that a page never differs from Quarto's in silence.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from bs4 import BeautifulSoup
from filelock import FileLock, Timeout

from ec_maps.errors import RenderError, SettingError
from ec_maps.preview import cells, html
from ec_maps.preview.links import Links
from ec_maps.preview.project import Project, as_list, load, refusal, section
from ec_maps.preview.qmd import Page, read_page
from ec_maps.preview.site import SHELL, SHELL_FILES, Site

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
    _check_target(target, root)
    lock_folder = root / ".quarto"
    lock_folder.mkdir(exist_ok=True)
    lock = FileLock(lock_folder / "preview.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        log("Another build of this project is running; waiting for it to end.")
        lock.acquire()
    try:
        aside, old = (target.with_name(f"{target.name}{suffix}.part") for suffix in ("", ".old"))
        if old.exists() and not target.exists():
            old.rename(target)  # a build was killed between its two last steps
        for leftover in (aside, old):
            shutil.rmtree(leftover, ignore_errors=True)
        try:
            aside.mkdir(parents=True)
            with project.environment():
                _build(project, aside, log)
            if target.exists():
                target.rename(old)
            aside.rename(target)
        finally:
            if old.exists() and not target.exists():
                old.rename(target)
            shutil.rmtree(aside, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)
    finally:
        lock.release()
    return target


def _check_target(target: Path, root: Path) -> None:
    if target == root or target in root.parents:
        msg = f"The site cannot be built into {target}: the project itself is there. Name another folder."
        raise SettingError(msg)
    if target.exists() and not target.is_dir():
        msg = f"The site cannot be built into {target}: that is a file. Name a folder."
        raise SettingError(msg)
    if target.exists() and any(target.iterdir()) and not (target / "index.html").is_file():
        msg = (
            f"The site would replace all of {target}, which has files but no index.html and so is no site. "
            "Name an empty or a new folder, or remove that one yourself."
        )
        raise SettingError(msg)


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
