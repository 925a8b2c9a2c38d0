"""Build the whole site, by Quarto where it is installed, else by the preview renderer."""

from __future__ import annotations

import logging
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import yaml

from ec_maps import settings
from ec_maps.errors import RenderError, SettingError
from ec_maps.site.staging import staged

Engine = Literal["quarto", "preview"]

logger = logging.getLogger(__name__)

_OLDEST_QUARTO = (1, 7)


def render_site(
    *, profile: str | None = None, engine: str | None = None, log: Callable[[str], None] = print
) -> tuple[Path, str]:
    """Return the folder of the site and the name of its renderer, after building it.

    The site is built in a temporary folder and moved into place when it is complete; a failed build leaves the previous
    site unchanged.

    Parameters
    ----------
    profile
        A Quarto profile, such as ``"demo"``.
    engine
        ``"quarto"`` or ``"preview"``. Default: Quarto if it is installed.
    log
        Is called with a line of progress.

    Raises
    ------
    MissingExtraError
        If the libraries that run the pages are not installed.
    RenderError
        If the build fails.
    SettingError
        If there is no project here, or Quarto was requested and is missing or too old.
    """
    settings.require_extra("site", "Building the site")
    root = settings.project_root()
    if not (root / "_quarto.yml").is_file():
        msg = f"There is no site to build in {root}: it has no _quarto.yml. Run ec-maps render in the project's folder."
        raise SettingError(msg)
    _same_source(root, profile)
    _absolute_paths()
    quarto = None if engine == "preview" else shutil.which("quarto")
    if engine == "quarto" and quarto is None:
        msg = "Quarto was requested but is not installed. Get it from https://quarto.org, or use --engine preview."
        raise SettingError(msg)
    if quarto is None:
        name = "the preview renderer"
        said = f"{name}{'' if engine else ' (Quarto is not installed)'}"
    else:
        version = _version(quarto)
        name = said = f"Quarto {'.'.join(map(str, version))}"
        if version < _OLDEST_QUARTO:
            msg = (
                f"The installed {name} is too old: the site needs 1.7 or newer. Update it from https://quarto.org, or "
                f"use --engine preview."
            )
            raise SettingError(msg)
    _fetch(root, profile)
    log(f"Building with {said}.")
    try:
        if quarto is not None:
            return _by_quarto(quarto, root, profile, log), name
        from ec_maps.site import preview

        return preview.render(root, profile=profile, log=log), name
    except OSError as error:
        where = f" at {error.filename}" if error.filename else ""
        msg = f"The site could not be written{where}: {error.strerror or error}. The previous site was not changed."
        raise RenderError(msg) from None


def _same_source(root: Path, profile: str | None) -> None:
    """Refuse a build whose folder and data would disagree: a variable of the shell overrides the profile's."""
    source = settings.source()
    wanted = profile_environment(root, profile).get("EC_MAPS_SOURCE", "live")
    if "EC_MAPS_SOURCE" in os.environ and source != wanted:
        how = f"with --profile {profile}" if profile else "without a profile"
        msg = (
            f'EC_MAPS_SOURCE is "{source}", but a site built {how} is made from "{wanted}" data: one would replace '
            f"the other. Unset EC_MAPS_SOURCE, or build "
            f"{'with --profile demo' if source == 'demo' else 'without the profile'}."
        )
        raise SettingError(msg)


def _fetch(root: Path, profile: str | None) -> None:
    """Download missing files before a page needs them, so that progress is visible and a failure is reported once."""
    from ec_maps.areas import provenance
    from ec_maps.fetch import fetcher

    if profile_environment(root, profile).get("EC_MAPS_SOURCE", settings.source()) == "live":
        fetcher.required(provenance.needed())


def _absolute_paths() -> None:
    """Make relative paths in the environment absolute: pages run in their own folders."""
    for name in ("EC_MAPS_DATA_DIR", "EC_MAPS_BOUNDARIES"):
        value = os.environ.get(name, "").strip()
        if value and value.lower() not in ("ons", "postgis"):
            os.environ[name] = str(Path(value).expanduser().resolve())


def _version(quarto: str) -> tuple[int, ...]:
    answer = subprocess.run([quarto, "--version"], capture_output=True, text=True, check=False)
    numbers = re.match(r"\d+(\.\d+)*", answer.stdout.strip())
    return tuple(int(part) for part in numbers[0].split(".")) if numbers else (0,)


def _by_quarto(quarto: str, root: Path, profile: str | None, log: Callable[[str], None]) -> Path:
    target = root / "_site"
    for name in ("_quarto.yml", *([f"_quarto-{profile}.yml"] if profile else [])):
        if (root / name).is_file():
            project = (yaml.safe_load((root / name).read_text(encoding="utf-8")) or {}).get("project") or {}
            target = root / project.get("output-dir", target.name)
    # The pages must run in the very Python that was asked to build them.
    environment = {**os.environ, "QUARTO_PYTHON": sys.executable, **profile_environment(root, profile)}
    with staged(root, target, log) as aside:
        command = [quarto, "render", str(root), "--output-dir", aside.name]
        command += ["--profile", profile] if profile else []
        done = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=False)
        logger.debug("%s", done.stderr + done.stdout)
        if done.returncode or not (aside / "index.html").is_file():
            raise RenderError(_what_failed(done.stderr + done.stdout, done.returncode))
        for line in re.findall(r"^(?:Place pages|Data files)\b.*", done.stdout + done.stderr, re.MULTILINE):
            log(line)
    return target


def profile_environment(root: Path, profile: str | None) -> dict[str, str]:
    """Return the variables of ``_environment-<profile>``, which Quarto sets for pages."""
    return settings.environment_file(root / f"_environment-{profile}") if profile else {}


def _what_failed(output: str, status: int) -> str:
    """Return the message of a failed Quarto run: the page and the last error, without the traceback."""
    plain = re.sub(r"\x1b\[[0-9;]*m", "", output)
    pages = re.findall(r"^\[\s*\d+/\d+\]\s+(\S+)", plain, flags=re.MULTILINE)
    # A command that ran before the pages, or a cell of a page, says in a letter what failed.
    letters = r"^ec-maps: (?!note: )(.+?)(?=\n+(?:ec-maps: |\w*WARN|ERROR)|\Z)"
    exceptions = r"^[\w.]*(?:Error|Exception): *(.+(?:\n\n?(?!\s|Traceback|\[).+)*)"
    found = [*re.finditer(letters, plain, re.MULTILINE | re.DOTALL), *re.finditer(exceptions, plain, re.MULTILINE)]
    lines = re.findall(r"^ERROR(?::| -)\s*(.+)|^(.*\S)", plain, re.MULTILINE) or [("", "it gave no reason")]
    cause = max(found, key=re.Match.start)[1].strip() if found else "".join(lines[-1]).strip()
    at = f" at {pages[-1]}" if pages and pages[-1] not in cause else ""
    return f"Quarto stopped{at} (exit status {status}): {cause}\nThe previous site was not changed."
