"""The commands of ``project: pre-render:``, which write pages and figures before any page is read."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import IO

from ec_maps.errors import RenderError
from ec_maps.site.preview.project import Project, as_list, refusal, section

# Scripts that Quarto runs with its own interpreter or with R.
_OTHERS = (".r", ".ts", ".js", ".lua")
_LETTER = "ec-maps: "


def run(project: Project, output: Path, log: Callable[[str], None]) -> None:
    """Run the commands in their order, in the project's folder; their output goes to `log`, line by line.

    They have the environment of this process, which holds the project's own variables by now, and those that tell a
    script of Quarto where it is.

    Parameters
    ----------
    output
        The folder that the site is built in, ``QUARTO_PROJECT_OUTPUT_DIR`` for the scripts.

    Raises
    ------
    RenderError
        If a command is not there, and then none is run; or one fails, with the last letter it wrote and its exit
        status, 1 or 2.
    """
    commands = as_list(section(project.config, "project").get("pre-render"))
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
    split = [_arguments(command, project.root, environment["PATH"], faults) for command in commands]
    if faults:
        raise RenderError(refusal(faults))
    for command, arguments in zip(commands, split, strict=True):
        _run(str(command), arguments, project.root, environment, log)


def _arguments(command: object, root: Path, path: str, faults: list[str]) -> list[str]:
    """Return a command as a list of words; its faults are added to `faults`."""
    entry = f"_quarto.yml, project: pre-render: {command!r}"
    try:
        words = shlex.split(command) if isinstance(command, str) else []
    except ValueError as error:
        faults.append(f"{entry}: the quotes are not closed ({error}).")
        return []
    if not words:
        faults.append(f"{entry} is no command. Expected a script of the project, or a command with its arguments.")
        return []
    suffix = Path(words[0]).suffix.lower()
    if suffix in _OTHERS:
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
    wrong: list[str] = []
    letters: list[str] = []

    def tell(stream: IO[str], lines: list[str]) -> None:
        held: list[str] = []
        for line in stream:
            line = line.rstrip()  # noqa: PLW2901 - only the line without its end is used
            lines.append(line)
            # A final message of ec_maps, of two paragraphs at most, is reported once, by the error.
            if held and line and (line.startswith(_LETTER) or held[-1]):
                for earlier in filter(None, held):
                    log(earlier)
                held.clear()
            if held or line.startswith(_LETTER):
                held.append(line)
            elif line.strip():
                log(line)
        letters.extend(held)

    try:
        running = subprocess.Popen(
            arguments,
            cwd=root,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            errors="replace",
        )
    except OSError as error:
        msg = f"_quarto.yml, project: pre-render: {command} could not be started: {error.strerror or error}."
        raise RenderError(msg) from None
    with running:
        assert running.stdout is not None
        assert running.stderr is not None
        reader = threading.Thread(target=tell, args=(running.stderr, wrong))
        reader.start()
        tell(running.stdout, [])
        reader.join()
    if not running.returncode:
        for line in filter(None, letters):
            log(line)
    else:
        failure = RenderError(_reason(command, wrong, running.returncode))
        failure.exit_status = 2 if running.returncode == 2 else 1
        raise failure


def _reason(command: str, lines: list[str], status: int) -> str:
    """Return the last message of a failed command: in full if it is of ec_maps, else its last line."""
    last = max((number for number, line in enumerate(lines) if line.startswith(_LETTER)), default=-1)
    if last >= 0 and not any(re.match(r"Traceback \(most recent call last\)", line) for line in lines[last:]):
        return "\n".join(lines[last:]).removeprefix(_LETTER).strip()
    reason = next((line.strip() for line in reversed(lines) if line.strip()), "it gave no reason")
    how = f"was ended by {signal.Signals(-status).name}" if status < 0 else f"ended with exit status {status}"
    return f"_quarto.yml, project: pre-render: {command} {how}: {reason}"
