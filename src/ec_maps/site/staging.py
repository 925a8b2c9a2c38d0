"""Build a site in a temporary folder and move it into place when it is complete, so a failed build changes nothing."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import yaml
from filelock import FileLock, Timeout

from ec_maps.errors import SettingError

#: Lies in the folder of a site that Quarto is writing without us, and is taken away when all pages are there.
UNFINISHED = ".unfinished"


def site_address(root: Path) -> str:
    """Return the address of the published site with a slash at its end; empty if it has none."""
    project = yaml.safe_load((root / "_quarto.yml").read_text(encoding="utf-8")) or {}
    address = str((project.get("website") or {}).get("site-url") or "")
    return f"{address.rstrip('/')}/" if address else ""


def mark_begun() -> None:
    """Mark the folder that Quarto writes all pages into, if it runs this before them, as unfinished."""
    if folder := os.environ.get("QUARTO_PROJECT_OUTPUT_DIR") if os.environ.get("QUARTO_PROJECT_RENDER_ALL") else None:
        Path(folder).mkdir(parents=True, exist_ok=True)
        Path(folder, UNFINISHED).write_text("Quarto has not written all pages of this site.\n", encoding="utf-8")


def mark_finished() -> None:
    """Take the mark away, if Quarto runs this after it has written all pages."""
    if os.environ.get("QUARTO_PROJECT_RENDER_ALL"):
        Path(os.environ["QUARTO_PROJECT_OUTPUT_DIR"], UNFINISHED).unlink(missing_ok=True)


def copy_resources(root: Path) -> None:
    """Copy the project's resources that Quarto's site lacks, if Quarto runs this: it lists them before it runs pages.

    Without this, the first build of a site would lack the scripts that its pages write while they run.
    """
    folder = os.environ.get("QUARTO_PROJECT_OUTPUT_DIR")
    if not folder:
        return
    project = yaml.safe_load((root / "_quarto.yml").read_text(encoding="utf-8"))["project"]
    for path in (path for pattern in project["resources"] for path in root.glob(pattern.removeprefix("/"))):
        target = Path(folder, path.relative_to(root))
        if not target.is_file() or target.read_bytes() != path.read_bytes():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)


@contextmanager
def staged(root: Path, target: Path, log: Callable[[str], None]) -> Iterator[Path]:
    """Yield an empty folder to build in, and move it to `target` if no exception is raised.

    Two builds of one project take turns, as their pages write figures into the same folders. Leftovers of a killed
    build are removed, and a site that it had moved away is moved back.

    Parameters
    ----------
    root
        The project's folder; the lock file is in its ``.quarto/``.
    target
        The folder of the site; an older site in it is replaced.
    log
        Is called with a line if another build has to finish first.

    Raises
    ------
    SettingError
        If the target is the project itself, a file, or a folder of other things.
    """
    _check(target, root)
    (root / ".quarto").mkdir(exist_ok=True)
    lock = FileLock(root / ".quarto" / "build.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        log("Another build of this project is running; waiting for it to end.")
        lock.acquire()
    aside, old = (target.with_name(f"{target.name}{suffix}.part") for suffix in ("", ".old"))
    try:
        if old.exists() and not target.exists():
            old.rename(target)  # a build was killed between its two last steps
        for leftover in (aside, old):
            shutil.rmtree(leftover, ignore_errors=True)
        try:
            aside.mkdir(parents=True)
            yield aside
            (aside / UNFINISHED).unlink(missing_ok=True)
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


def _check(target: Path, root: Path) -> None:
    if target == root or target in root.parents:
        msg = f"The site cannot be built into {target}: the project itself is there. Name another folder."
        raise SettingError(msg)
    if target.exists() and not target.is_dir():
        msg = f"The site cannot be built into {target}: that is a file. Name a folder."
        raise SettingError(msg)
    is_site = any((target / name).is_file() for name in ("index.html", UNFINISHED))
    if target.exists() and any(target.iterdir()) and not is_site:
        msg = (
            f"The site would replace all of {target}, which has files but no index.html and so is no site. "
            "Name an empty or a new folder, or remove that one yourself."
        )
        raise SettingError(msg)
