"""The numbers in the demonstration's CSVs, read without the library, and the scripts that pages load data from."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from pathlib import Path
from typing import Any

from ec_maps import MEASURES


def published(root: Path, archive: str) -> dict[str, dict[str, tuple[float, int]]]:
    """Return value and users of each area by measure and code, read from the CSVs of an archive by the csv module."""
    found: dict[str, dict[str, tuple[float, int]]] = {key: {} for key in MEASURES}
    with zipfile.ZipFile(root / "data" / "demo" / archive) as files:
        names = [name for name in files.namelist() if name.endswith(".csv") and "_by_age_" not in name]
        texts = [files.read(name).decode("utf-8") for name in names]
    for text in texts:
        rows = list(csv.DictReader(io.StringIO(text)))
        for key, measure in MEASURES.items():
            column = next((name for name in measure.columns if name in rows[0]), None)
            for row in rows if column else ():
                if measure.category in ("", row["measurement_category"]) and row[column]:
                    code = row.get("lad_code") or row["zip_prediction"]
                    users = row.get("num_users") or row.get("user_count") or ""
                    found[key][code] = (float(row[column]), int(float(users)) if users else -1)
    return found


def script(path: Path) -> Any:
    """Return what a script sets, and check that it is one assignment that nothing in it can end."""
    first, line, last = path.read_text(encoding="utf-8").split("\n")
    assert (first, last) == ('"use strict";', "")
    assert "<" not in line
    _, _, text = line.removesuffix(";").partition(" = ")
    return json.loads(text if text.startswith("{") else text.partition(" = ")[2])
