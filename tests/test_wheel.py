"""The wheel holds everything that the library needs, and works where the source tree is not."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

pytestmark = pytest.mark.full


def run(*command: str | Path, cwd: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a command and return what it wrote; fail with its error output if it failed."""
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env=os.environ | variables,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done


@pytest.fixture(scope="module")
def wheel(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel, outside the tree."""
    out = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", out, root, cwd=out)
    return next(out.glob("ec_maps-*.whl"))


def test_wheel_holds_the_files_of_the_tree(wheel: Path, root: Path) -> None:
    """Every file of the package, the palettes and the demonstration data is in the wheel, and nothing else is."""
    homes = {
        "src/ec_maps": "ec_maps",
        "assets/palettes": "ec_maps/shipped/palettes",
        "data/demo": "ec_maps/shipped/demo",
    }
    expected = {
        f"{there}/{path.relative_to(root / here).as_posix()}"
        for here, there in homes.items()
        for path in (root / here).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    with zipfile.ZipFile(wheel) as archive:
        found = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert found == expected
    assert {"ec_maps/py.typed", "ec_maps/shipped/palettes/ice.txt"} <= found
    assert {Path(name).suffix for name in found if "/shipped/demo/" in name} >= {".zip", ".parquet"}


def test_wheel_works_elsewhere(wheel: Path, tmp_path: Path) -> None:
    """Installed elsewhere, and run from an empty folder, the wheel draws a map from the data that it carries."""
    target, empty = tmp_path / "target", tmp_path / "empty"
    empty.mkdir()
    run(sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", target, wheel, cwd=empty)
    # With -S Python ignores .pth files, and with them the editable install of the source tree.
    installed = [target, *(Path(sysconfig.get_path(name)) for name in ("purelib", "platlib"))]
    variables = {
        "PYTHONPATH": os.pathsep.join(str(path) for path in dict.fromkeys(installed)),
        "EC_MAPS_SOURCE": "demo",
        "EC_MAPS_DATA_DIR": str(tmp_path / "data"),
    }
    where = run(sys.executable, "-S", "-c", "import ec_maps; print(ec_maps.__file__)", cwd=empty, **variables)
    assert target in Path(where.stdout.strip()).parents
    run(sys.executable, "-S", "-m", "ec_maps", "map", "national", "-o", "out.png", cwd=empty, **variables)
    assert (empty / "out.png").read_bytes().startswith(b"\x89PNG\r\n\x1a\n")
    assert [path.name for path in empty.iterdir()] == ["out.png"]
