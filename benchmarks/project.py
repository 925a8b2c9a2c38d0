"""A project folder with other demonstration data, which the library and the plain way read like those of the project.

    .venv/bin/python benchmarks/project.py FOLDER

Run as a script, it writes such a folder with unchanged demonstration data.
"""

from __future__ import annotations

import argparse
import io
import os
import shutil
import subprocess
import tarfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import geopandas as gpd

ROOT = Path(__file__).resolve().parents[1]
DEMO = ROOT / "data" / "demo"

#: In such a folder: the districts of England and Wales, ready-made as an analyst would have them.
LADS = "lads.parquet"

#: The commit at which the targets were set: a yardstick that stays, where the clone has the history.
THEN = "34d445274ef25a63f879e49c4c8001ede6879d7b"


def then(folder: Path) -> Path | None:
    """Return a folder with the files of that commit, written at the first call; None if the history lacks it."""
    target = folder / "then"
    if not target.is_dir():
        packed = subprocess.run(["git", "archive", THEN], cwd=ROOT, capture_output=True, check=False)
        if packed.returncode:
            return None
        with tarfile.open(fileobj=io.BytesIO(packed.stdout)) as files:
            files.extractall(target, filter="data")
    return target


def write(folder: Path, msoas: gpd.GeoDataFrame, lads: gpd.GeoDataFrame, zips: list[Path] | None = None) -> None:
    """Write a folder that passes for the project's, with these areas as its demonstration data.

    Parameters
    ----------
    folder
        It is created.
    msoas, lads
        The tables to write as ``boundaries.parquet`` and ``districts.parquet``.
    zips
        The Atlas archives to go with them; those of the demonstration if not given.
    """
    demo = folder / "data" / "demo"
    demo.mkdir(parents=True, exist_ok=True)
    (folder / "_quarto.yml").write_text("project:\n  type: website\n", encoding="utf-8")
    shutil.copy(ROOT / "places.yml", folder)
    msoas.to_parquet(demo / "boundaries.parquet", compression="zstd")
    lads.to_parquet(demo / "districts.parquet", compression="zstd")
    # X1 begins the codes of the sketches of Scotland and Northern Ireland.
    lads[~lads["lad21cd"].str.startswith("X1")].to_parquet(folder / LADS)
    for path in sorted(DEMO.glob("*.zip")) if zips is None else zips:
        if path.parent != demo:
            shutil.copy(path, demo)


def inherited() -> dict[str, str]:
    """Return our environment without the settings of the library and with cached bytecode, as is usual.

    With `PYTHONDONTWRITEBYTECODE`, each process would compile the library again, which takes longer than a map.
    """
    left_out = ("EC_MAPS_", "QUARTO_", "PYTHONDONTWRITEBYTECODE")
    return {name: value for name, value in os.environ.items() if not name.startswith(left_out)}


def environment(project: Path, data: Path) -> dict[str, str]:
    """Return the environment of a process that reads a project's demonstration data, its cache in a folder.

    Other settings of ours are removed, so that they cannot affect a measurement.
    """
    others = inherited()
    ours = {"EC_MAPS_SOURCE": "demo", "EC_MAPS_DATA_DIR": str(data), "QUARTO_PROJECT_DIR": str(project)}
    return others | ours | {"EC_MAPS_OFFLINE": "1"}


def main() -> None:
    """Write the unchanged demonstration data as a project folder."""
    import geopandas as gpd

    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path)
    msoas, lads = (gpd.read_parquet(DEMO / name) for name in ("boundaries.parquet", "districts.parquet"))
    write(parser.parse_args().folder, msoas, lads)


if __name__ == "__main__":
    main()
