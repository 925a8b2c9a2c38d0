"""The page on what changed: the tables of each release of the data, kept to be cited, and the last two compared."""

from __future__ import annotations

import json
from codecs import BOM_UTF8
from importlib.metadata import version
from pathlib import Path
from typing import Any

from ec_maps import cache, settings
from ec_maps.analysis.changes import diff
from ec_maps.areas.deciles import GROUPS
from ec_maps.areas.provenance import data_date, date_in_words, inputs, line
from ec_maps.geography.levels import LEVELS
from ec_maps.measures import measure_named
from ec_maps.site import api
from ec_maps.site.api_metadata import API
from ec_maps.site.markdown import escaped, framed, pipe_table

#: The folder of the releases, beside the pages, each in a folder called after the date of its data.
ARCHIVE = "archive"

_ABOUT, _SUMS = "about.json", "SHA256SUMS"


def keep(root: Path) -> Path:
    """Write the tables of the release at hand into ``archive/<date of the data>/`` of a project; return that folder.

    It has ``lad.csv`` and ``msoa.csv`` with value, decile and users of every measure, ``SHA256SUMS``, and
    ``about.json``, which says where they are from. Nothing is written if it is there already, from the same inputs.
    """
    date = max(filter(None, map(data_date, LEVELS)), default="") or "undated"  # type: ignore[arg-type]
    folder = root / ARCHIVE / (f"{date[:10]}-demonstration" if settings.is_demo() else date[:10])
    if (_about(folder) or {}).get("inputs") == inputs():
        return folder
    folder.mkdir(parents=True, exist_ok=True)
    api.build(root)
    sums = []
    for level in LEVELS:
        path = folder / f"{level}.csv"
        # With the mark by which spreadsheets know the encoding: these are for people.
        path.write_bytes(BOM_UTF8 + (root / API / path.name).read_bytes())
        sums.append(f"{cache.file_digest(path)}  {path.name}\n")
    (folder / _SUMS).write_text("".join(sums), encoding="utf-8")
    facts = {"date": date, "source": line(), "made_with": f"ec_maps {version('ec-maps')}", "inputs": inputs()}
    (folder / _ABOUT).write_text(json.dumps(facts, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return folder


def _about(folder: Path) -> dict[str, Any] | None:
    """Return what is known of a release that is kept; None if it is incomplete."""
    try:
        found: dict[str, Any] = json.loads((folder / _ABOUT).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found if all((folder / f"{level}.csv").is_file() for level in LEVELS) else None


def releases() -> str:
    """Keep the release at hand, and return what changed from the one before it, and the list of all."""
    root = settings.project_root()
    now = keep(root)
    kept = {path: about for path in sorted((root / ARCHIVE).iterdir()) if (about := _about(path))}
    others = [path for path in kept if path.name.endswith("-demonstration") == settings.is_demo() and path < now]
    rows = [[date_in_words(about["date"]), escaped(about["made_with"]), _links(path)] for path, about in kept.items()]
    title = "Releases of the data, the newest first"
    table = framed(pipe_table(["Date of the data", "Made with", "Tables"], rows[::-1], title, "lll"), title)
    return f"{_since(others[-1], now)}\n\n{table}" if others else f"{_FIRST}\n\n{table}"


_FIRST = "This is the first release that this site has kept, so there is none to compare it with."


def _links(folder: Path) -> str:
    names = [*(f"{level}.csv" for level in LEVELS), _SUMS]
    words = [*(LEVELS[level].areas for level in LEVELS), "checksums"]
    return ", ".join(f"[{word}]({ARCHIVE}/{folder.name}/{name})" for name, word in zip(names, words, strict=True))


def _since(old: Path, new: Path) -> str:
    """Return what changed between two releases: the paragraph, and a table of the measures."""
    changes = diff(old, new)
    rows = []
    for fact in changes.attrs["measures"]:
        measure = measure_named(fact["measure"])
        cuts = [fact[f"{end}_cut_points"] for end in ("old", "new")]
        moved = max((abs(a - b) for a, b in zip(*(edges or [] for edges in cuts), strict=False)), default=0.0)
        rows.append(
            [
                f"{escaped(measure.title)}, {LEVELS[fact['level']].areas}",
                *(
                    f"{fact[what]:,}"
                    for what in ("compared", "moved", "beyond_tolerance", "deciles_moved", "came", "went")
                ),
                measure.short(moved),
            ]
        )
    heads = [
        "Measure",
        "Compared",
        "Moved",
        "Beyond the band",
        f"Other decile of {GROUPS}",
        "Came",
        "Went",
        "Cut points",
    ]
    title = "What changed, by measure"
    return f"{escaped(changes.attrs['in_words'])}\n\n{framed(pipe_table(heads, rows, title, 'lrrrrrrr'), title)}"
