"""Set up ``.venv``, or check that it is complete; ``make`` runs this before its commands.

uv installs the packages of the lock files and checks each file against its hash; where uv cannot run, pip installs
them. An incomplete, moved or broken ``.venv`` is made again. Only Python's standard library is needed.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")

#: The fingerprints of the environment's inputs, and whether its installation was finished.
RECORD = VENV / "ec_maps.json"

#: Read by each Jupyter kernel of the environment. Quarto's kernels talk over TCP on this machine, and would warn
#: of that for every page.
KERNEL_CONFIG = VENV / "etc" / "ipython" / "ipython_kernel_config.py"

#: For each part of ``make``: lock files, purpose, and size on disk.
PARTS = {
    "site": (["requirements.lock"], "the site and the commands", "0.9 GB"),
    "dev": (["requirements.lock", "requirements-dev.lock"], "the tests and the tools", "1.6 GB"),
}

#: Prints up to three missing files of the installed packages, and the version of Python.
CHECK = """
import json, os, sys
from importlib.metadata import distributions
gone = [str(file) for one in distributions(path=[p for p in sys.path if p.startswith(sys.prefix)])
        for file in one.files or () if file.suffix == ".py" and not os.path.exists(one.locate_file(file))]
print(json.dumps({"python": list(sys.version_info[:2]), "prefix": sys.prefix, "gone": gone[:3]}))
"""

#: Messages of pip and uv without a network.
NO_NETWORK = re.compile(
    r"name resolution|name or service|dns error|NewConnectionError|connection refused|network is unreachable"
    r"|error sending request|connection error|connect timeout|nodename nor servname|failed to lookup",
    re.IGNORECASE,
)


class SetupError(Exception):
    """The environment could not be set up; the message says why and what to do."""


def main(part: str) -> int:
    """Set up what a part of ``make`` needs, and return the exit status."""
    try:
        set_up(part)
    except SetupError as fault:
        sys.stderr.write(f"{fault}\n")
        return 1
    except OSError as error:
        sys.stderr.write(f"{_disk(error, part)}\n")
        return 1
    return 0


def set_up(part: str) -> None:
    """Install what a part needs, unless it is installed; raise `SetupError` if that fails."""
    locks, purpose, _ = PARTS[part]
    inputs = _fingerprint(locks)
    record = _record()
    fault = _fault(record)
    if not fault and inputs in record["marks"]:
        return
    if fault:
        record = {"marks": []}
        if VENV.exists():
            _say(f"The environment in .venv {fault}; it is made again.")
        _make_venv()
    packages = sum(len(_entries(lock)) for lock in locks)
    _say(f"Setting up .venv for {purpose}: {packages} packages, less than a minute with a good connection ...")
    _write(record, finished=False)
    try:
        _install(locks)
    except SetupError as error:
        if fault:
            RECORD.unlink(missing_ok=True)
            raise
        _write(record, finished=True)
        msg = f"{error}\nThe packages in .venv are unchanged."
        raise SetupError(msg) from None
    KERNEL_CONFIG.parent.mkdir(parents=True, exist_ok=True)
    KERNEL_CONFIG.write_text('c.IPKernelApp.log_level = "ERROR"\n', encoding="utf-8")
    # The packages of the tests include those of the site.
    _write({"marks": [inputs, *([_fingerprint(PARTS["site"][0])] if part == "dev" else [])]}, finished=True)


def _fingerprint(locks: list[str]) -> str:
    """Return the fingerprint of an environment's inputs, including the project's path, which editable installs hold."""
    digest = hashlib.sha256(repr((str(ROOT), sys.version_info[:2], locks)).encode())
    for name in ("pyproject.toml", *locks):
        digest.update((ROOT / name).read_bytes())
    return digest.hexdigest()[:16]


def _record() -> dict:
    try:
        record = json.loads(RECORD.read_text(encoding="utf-8"))
        return record if isinstance(record["marks"], list) else {}
    except (OSError, ValueError, LookupError, TypeError):
        return {}


def _write(record: dict, *, finished: bool) -> None:
    RECORD.write_text(json.dumps({**record, "finished": finished, "root": str(ROOT)}), encoding="utf-8")


def _fault(record: dict) -> str:
    """Return the fault of the environment, as the end of a sentence; empty if it can be used."""
    if not VENV.exists():
        return "does not exist"
    if not record.get("finished"):
        return "was not finished"
    if record.get("root") != str(ROOT):
        return "was made in another folder"
    done = _run([PYTHON, "-I", "-c", CHECK])
    try:
        found = json.loads(done.stdout)
    except ValueError:
        return "does not run"
    if tuple(found["python"]) != sys.version_info[:2]:
        return "was made by Python {}.{}".format(*found["python"])
    return f"has lost files ({', '.join(found['gone'])})" if found["gone"] else ""


def _make_venv() -> None:
    """Make an empty environment with pip, replacing whatever is there."""
    if VENV.is_symlink() or VENV.is_file():
        VENV.unlink()
    shutil.rmtree(VENV, ignore_errors=True)
    try:
        venv.create(VENV, with_pip=True, symlinks=os.name != "nt")
    except subprocess.CalledProcessError as error:
        if b"space left" in (error.output or b""):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(VENV)) from None
        msg = (
            "This Python cannot make a virtual environment: its module ensurepip is missing or failed.\n"
            "On Debian and Ubuntu: sudo apt install python3-venv"
        )
        raise SetupError(msg) from None


def _install(locks: list[str]) -> None:
    """Install the locked packages and the project itself, with uv or else with pip."""
    pinned = [entry for lock in locks for entry in _entries(lock)]
    with tempfile.TemporaryDirectory(prefix="ec-maps-") as folder:
        everything, uv_alone, without_uv = (Path(folder, f"{name}.txt") for name in ("all", "uv", "others"))
        everything.write_text("".join(pinned), encoding="utf-8")
        uv_alone.write_text("".join(entry for entry in pinned if entry.startswith("uv==")), encoding="utf-8")
        without_uv.write_text("".join(entry for entry in pinned if not entry.startswith("uv==")), encoding="utf-8")
        pip = [PYTHON, "-m", "pip", "--disable-pip-version-check", "install", "--quiet", "--retries", "1"]
        uv = [PYTHON, "-m", "uv", "pip", "install", "--quiet", "--python", PYTHON]
        installer, done = uv, _run([*pip, "--only-binary", ":all:", "--require-hashes", "-r", uv_alone])
        _no_network(done)
        if not done.returncode:
            done = _run([*uv, "--require-hashes", "-r", everything])
        if done.returncode:
            _check_room(done)
            _say(f"uv cannot be used here ({_last(done)}); pip installs instead, which takes some minutes ...")
            installer = pip
            _check(_run([*pip, "--require-hashes", "-r", without_uv]))
        _check(_run([*installer, "--no-deps", "--no-build-isolation", "-e", ROOT]))


def _entries(lock: str) -> list[str]:
    """Return the entries of a lock file, each with its hashes."""
    text = (ROOT / lock).read_text(encoding="utf-8")
    return re.findall(r"^[A-Za-z0-9].*\n(?: .*\n)*", text, flags=re.MULTILINE)


def _run(command: list) -> subprocess.CompletedProcess:
    # These variables are about the caller's Python, not this environment.
    foreign = ("PYTHONHOME", "PYTHONPATH", "VIRTUAL_ENV", "PIP_TARGET", "PIP_USER", "PIP_PREFIX")
    environment = {name: value for name, value in os.environ.items() if name not in foreign}
    command = [str(word) for word in command]
    try:
        return subprocess.run(
            command, env=environment, cwd=ROOT, capture_output=True, text=True, errors="replace", check=False
        )
    except OSError as error:
        return subprocess.CompletedProcess(command, 127, "", str(error))


def _check(done: subprocess.CompletedProcess) -> None:
    """Raise the fitting error for a command that failed."""
    _no_network(done)
    _check_room(done)
    if done.returncode:
        msg = f"The packages could not be installed: {_last(done)}"
        raise SetupError(msg)


def _no_network(done: subprocess.CompletedProcess) -> None:
    if done.returncode and (found := NO_NETWORK.search(done.stdout + done.stderr)):
        msg = (
            f'The packages could not be installed: no connection to the package index ("{found[0]}").\n'
            "Connect to the internet, or set a proxy or mirror for pip, and run make again."
        )
        raise SetupError(msg)


def _check_room(done: subprocess.CompletedProcess) -> None:
    if done.returncode and re.search(r"no space left|errno 28|os error 28|disk quota", done.stdout + done.stderr, re.I):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(VENV))


def _last(done: subprocess.CompletedProcess) -> str:
    lines = [line.strip() for line in (done.stderr or done.stdout).splitlines() if line.strip()]
    return lines[-1][:200] if lines else f"exit status {done.returncode}"


def _disk(error: OSError, part: str) -> str:
    path = error.filename or VENV
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return (
            f"The disk is full: the packages in {VENV} take about {PARTS[part][2]}, and as much again in the\n"
            "package caches. Free some space, and run make again."
        )
    return (
        f"{path} cannot be written ({error.strerror or error}), and make installs packages there.\n"
        "Use a copy of the project in a folder that you may write, for example one that you cloned yourself."
    )


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
