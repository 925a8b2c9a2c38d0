"""Setting up ``.venv``: it is used if complete, made again if broken, and a failure says what to do."""

from __future__ import annotations

import errno
import importlib.util
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

LOCK = """\
uv==1.0 \\
    --hash=sha256:00
# a comment
click==8.1 ; os_name == 'x' \\
    --hash=sha256:01 \\
    --hash=sha256:02
"""


@pytest.fixture
def setup(root: Path, tmp_path: Path) -> ModuleType:
    """Return the script, in a project of its own with two packages."""
    project = tmp_path / "a project, ŷ"
    (project / "scripts").mkdir(parents=True)
    shutil.copy(root / "scripts" / "setup.py", project / "scripts")
    (project / "pyproject.toml").touch()
    (project / "requirements.lock").write_text(LOCK, encoding="utf-8")
    (project / "requirements-dev.lock").write_text("pytest==9.0 \\\n    --hash=sha256:03\n", encoding="utf-8")
    spec = importlib.util.spec_from_file_location("ec_maps_setup", project / "scripts" / "setup.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Installers:
    """Stands in for pip and uv: records what they are asked for, and gives the answers set."""

    def __init__(self, setup: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
        self.asked: list[str] = []
        self.answers: dict[str, tuple[int, str]] = {}
        self._real = setup._run
        monkeypatch.setattr(setup, "_run", self.run)
        monkeypatch.setattr(setup.venv, "create", self.create)

    def create(self, folder: Path, **_: Any) -> None:
        """Make an environment without pip, which takes no time."""
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)

    def run(self, command: list) -> subprocess.CompletedProcess:
        """Answer an installer; let Python itself look at the environment."""
        words = " ".join(map(str, command[1:]))
        if "install" not in words:
            return self._real(command)
        signs = {"uv": "all.txt", "project": " -e ", "uv itself": "uv.txt", "pip": "others.txt"}
        kind = next(kind for kind, sign in signs.items() if sign in words)
        self.asked.append(kind)
        status, said = self.answers.get(kind, (0, ""))
        return subprocess.CompletedProcess(command, status, "", said)


@pytest.fixture
def installers(setup: ModuleType, monkeypatch: pytest.MonkeyPatch) -> Installers:
    """Return the stand-in for pip and uv."""
    return Installers(setup, monkeypatch)


def test_the_entries_of_a_lock_file(setup: ModuleType) -> None:
    """Each entry has its marker and all its hashes; comments are none."""
    one, other = setup._entries("requirements.lock")
    assert one == "uv==1.0 \\\n    --hash=sha256:00\n"
    assert (other.count("--hash"), other.split(" \\")[0]) == (2, "click==8.1 ; os_name == 'x'")


def test_what_is_there_is_used(setup: ModuleType, installers: Installers, capfd: pytest.CaptureFixture[str]) -> None:
    """The first run installs by uv and says for what, a second does nothing; the tests' packages come on top."""
    assert setup.main("site") == 0
    assert installers.asked == ["uv itself", "uv", "project"]
    assert "for the site and the commands: 2 packages" in capfd.readouterr().out
    installers.asked.clear()
    assert setup.main("site") == 0
    assert (installers.asked, capfd.readouterr().out) == ([], "")
    (setup.VENV / "stays").touch()
    assert setup.main("dev") == 0
    assert installers.asked
    installers.asked.clear()
    assert [setup.main("site"), setup.main("dev")] == [0, 0]
    assert installers.asked == []
    assert (setup.VENV / "stays").exists()


def test_kernels_keep_quiet_about_their_connection(setup: ModuleType, installers: Installers) -> None:
    """A kernel of the environment does not warn of TCP, which Quarto would print for each page."""
    setup.set_up("site")
    found: dict[str, Any] = {"c": SimpleNamespace(IPKernelApp=SimpleNamespace())}
    exec(setup.KERNEL_CONFIG.read_text(encoding="utf-8"), found)
    assert found["c"].IPKernelApp.log_level == "ERROR"
    assert setup.KERNEL_CONFIG.parent == setup.VENV / "etc" / "ipython"  # where IPython looks


def test_a_changed_lock_is_installed(setup: ModuleType, installers: Installers) -> None:
    """After a change of a lock file or of pyproject.toml the packages are brought up to date."""
    setup.main("site")
    for name in ("requirements.lock", "pyproject.toml"):
        installers.asked.clear()
        changed(setup, name)
        assert setup.main("site") == 0
        assert installers.asked == ["uv itself", "uv", "project"]


def changed(setup: ModuleType, name: str) -> None:
    """Change a file of the project."""
    path = setup.ROOT / name
    path.write_text(f"{path.read_text()}# changed\n")


def broken(setup: ModuleType, how: str) -> None:
    """Break the environment."""
    record = json.loads(setup.RECORD.read_text())
    if how == "killed":
        setup.RECORD.write_text(json.dumps({**record, "finished": False}))
    elif how == "no record":
        setup.RECORD.unlink()
    elif how == "damaged record":
        setup.RECORD.write_text("[1")
    elif how == "moved":
        setup.RECORD.write_text(json.dumps({**record, "root": "/elsewhere"}))
    elif how == "no Python":
        setup.PYTHON.unlink()
    elif how == "another program":
        setup.PYTHON.unlink()
        setup.PYTHON.write_text("#!/bin/sh\necho no\n")
        setup.PYTHON.chmod(0o755)
    elif how == "lost files":
        packages = next(setup.VENV.glob("lib/python*/site-packages"))
        (packages / "some-1.0.dist-info").mkdir()
        (packages / "some-1.0.dist-info" / "METADATA").write_text("Name: some\nVersion: 1.0\n")
        (packages / "some-1.0.dist-info" / "RECORD").write_text("some/__init__.py,,\n")
    elif how == "a file":
        shutil.rmtree(setup.VENV)
        setup.VENV.touch()


@pytest.mark.parametrize(
    "how",
    ["killed", "no record", "damaged record", "moved", "no Python", "another program", "lost files", "a file"],
)
def test_what_is_broken_is_made_again(
    how: str, setup: ModuleType, installers: Installers, capfd: pytest.CaptureFixture[str]
) -> None:
    """An incomplete, moved or damaged environment is made again, with the reason."""
    setup.main("site")
    if setup.VENV.is_dir():
        (setup.VENV / "goes").touch()
    broken(setup, how)
    installers.asked.clear()
    assert setup.main("site") == 0
    assert installers.asked == ["uv itself", "uv", "project"]
    assert "it is made again" in capfd.readouterr().out
    assert not (setup.VENV / "goes").exists()


def test_made_by_another_python(setup: ModuleType, installers: Installers, monkeypatch: pytest.MonkeyPatch) -> None:
    """An environment of another minor version is made again."""
    setup.main("site")
    record = setup._record()
    monkeypatch.setattr(setup.sys, "version_info", (3, 99, 0))
    assert setup._fault(record) == "was made by Python {}.{}".format(*sys.implementation.version[:2])


def test_pip_takes_over(setup: ModuleType, installers: Installers, capfd: pytest.CaptureFixture[str]) -> None:
    """Where uv cannot be installed, or does not run, pip installs instead, with a message."""
    for kind in ("uv itself", "uv"):
        shutil.rmtree(setup.VENV, ignore_errors=True)
        installers.asked.clear()
        installers.answers = {kind: (1, "no wheel for this machine")}
        assert setup.main("site") == 0
        assert installers.asked[-2:] == ["pip", "project"]
        assert "uv cannot be used here (no wheel for this machine); pip installs instead" in capfd.readouterr().out


def test_no_network(setup: ModuleType, installers: Installers, capfd: pytest.CaptureFixture[str]) -> None:
    """Without a connection nothing is tried twice; the packages are unchanged and used again later."""
    setup.main("site")
    (setup.VENV / "stays").touch()
    changed(setup, "requirements.lock")
    installers.asked.clear()
    installers.answers = {"uv itself": (1, "Temporary failure in name resolution")}
    assert setup.main("site") == 1
    said = capfd.readouterr().err
    assert "no connection to the package index" in said
    assert "The packages in .venv are unchanged." in said
    assert installers.asked == ["uv itself"]
    installers.answers = {}
    assert setup.main("site") == 0
    assert (setup.VENV / "stays").exists()


def test_no_network_at_first(setup: ModuleType, installers: Installers, capfd: pytest.CaptureFixture[str]) -> None:
    """Without an earlier environment, the message does not mention one, and the next run starts again."""
    installers.answers = dict.fromkeys(("uv", "pip"), (2, "error sending request for url"))
    assert setup.main("site") == 1
    assert "unchanged" not in capfd.readouterr().err
    assert not setup.RECORD.exists()


@pytest.mark.parametrize("kind", ["uv", "pip", "project"])
def test_a_full_disk(kind: str, setup: ModuleType, installers: Installers, capfd: pytest.CaptureFixture[str]) -> None:
    """A full disk is named as such, with the space that is needed."""
    installers.answers = {"uv": (1, "glibc is too old"), kind: (1, "[Errno 28] No space left on device")}
    assert setup.main("site") == 1
    assert "The disk is full" in capfd.readouterr().err


@pytest.mark.parametrize("number", [errno.EROFS, errno.EACCES])
def test_a_folder_that_cannot_be_written(
    number: int, setup: ModuleType, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """A read-only checkout: the letter says what cannot be written, and what to do."""

    def create(folder: Path, **_: Any) -> None:
        raise OSError(number, os.strerror(number), str(folder))

    monkeypatch.setattr(setup.venv, "create", create)
    assert setup.main("site") == 1
    said = capfd.readouterr().err
    assert f"{setup.VENV} cannot be written ({os.strerror(number)})" in said
    assert "Use a copy of the project" in said


def test_without_ensurepip(
    setup: ModuleType, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """For a Python without ensurepip, as on Debian, the message names the package to install."""

    def create(*_: Any, **__: Any) -> None:
        raise subprocess.CalledProcessError(1, "ensurepip", output=b"No module named ensurepip")

    monkeypatch.setattr(setup.venv, "create", create)
    assert setup.main("site") == 1
    assert "sudo apt install python3-venv" in capfd.readouterr().err


def test_a_python_that_is_too_old(root: Path, tmp_path: Path) -> None:
    """The letter says which Python it found, which it needs, and how to name another."""
    old = tmp_path / "python"
    old.write_text('#!/bin/sh\n[ "$1" = --version ] && echo "Python 3.9.1" || exit 1\n')
    old.chmod(0o755)
    done = subprocess.run(
        ["make", "demo", f"PYTHON={old}"], cwd=root, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode
    assert f"ec_maps needs Python 3.11 or newer, and {old} is Python 3.9.1." in done.stderr
    assert "make demo PYTHON=python3.12" in done.stderr
