"""A site is built aside and takes its place when it is whole: a failed build leaves the one before as it was."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from ec_maps.errors import SettingError


@contextmanager
def staged(root: Path, target: Path, log: Callable[[str], None]) -> Iterator[Path]:
    """Give an empty folder to build in, and put it in the place of `target` if no exception comes.

    Two builds of one project take turns: their pages write figures into the same folders. What a killed build left is
    cleared away, and a site that it left without its place is put back.

    Parameters
    ----------
    root
        The project's folder; the lock is kept in its ``.quarto/``.
    target
        Where the site goes. What is there is replaced, if it is a site.
    log
        Is told if another build has to be waited for.

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
    if target.exists() and any(target.iterdir()) and not (target / "index.html").is_file():
        msg = (
            f"The site would replace all of {target}, which has files but no index.html and so is no site. "
            "Name an empty or a new folder, or remove that one yourself."
        )
        raise SettingError(msg)
