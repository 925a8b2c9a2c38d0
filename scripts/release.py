"""Check that the project can be released under a tag, and print the notes: the version's part of the changelog.

    python scripts/release.py v0.2.0

The version is that of ``pyproject.toml``; tag, changelog and citation have to agree with it. All that does not is
listed at once, and the exit status is then 1. Only Python's standard library is needed.
"""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

#: Stands where the address of a published site belongs.
_PLACEHOLDER = "example.org"


def section(changelog: str, version: str) -> tuple[str, str]:
    """Return the date after a version's heading, and the text beneath it; two empty texts if there is no heading."""
    heading = re.compile(rf"^## {re.escape(version)} – (.+)$", re.MULTILINE)
    found = heading.search(changelog)
    if not found:
        return "", ""
    return found[1].strip(), changelog[found.end() :].partition("\n## ")[0].strip()


def faults(root: Path, tag: str) -> list[str]:
    """Return what keeps the project in a folder from being released under a tag, each as a sentence."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    citation = (root / "CITATION.cff").read_text(encoding="utf-8")
    version, found = project["version"], []
    if tag != f"v{version}":
        found.append(f"The tag is {tag}, and pyproject.toml has version {version}; the tag should be v{version}.")
    date, notes = section((root / "CHANGELOG.md").read_text(encoding="utf-8"), version)
    if not re.fullmatch(r"\d{4}-\d\d-\d\d", date):
        found.append(f'CHANGELOG.md has no heading "## {version} – YYYY-MM-DD" (found: {date or "none"}).')
    elif not notes:
        found.append(f"CHANGELOG.md says nothing beneath the heading of {version}.")
    for key, expected in (("version", version), ("date-released", date)):
        cited = re.search(rf'^{key}: "?([^"\n]+)"?$', citation, re.MULTILINE)
        if not cited or cited[1] != expected:
            found.append(
                f"CITATION.cff has {key} {cited[1] if cited else 'nowhere'}; it should be {expected or 'set'}."
            )
    for name in ("pyproject.toml", "_quarto.yml"):
        if _PLACEHOLDER in (root / name).read_text(encoding="utf-8"):
            found.append(f"{name} still has an address at {_PLACEHOLDER}; put that of the published site there.")
    return found


def main() -> None:
    """Print the notes of the version whose tag is the argument, or what is wrong on stderr."""
    if len(sys.argv) != 2:
        sys.exit("Usage: python scripts/release.py v0.2.0")
    if found := faults(ROOT, sys.argv[1]):
        sys.exit("This cannot be released yet:\n" + "\n".join(f"- {fault}" for fault in found))
    version = sys.argv[1].removeprefix("v")
    print(section((ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), version)[1])


if __name__ == "__main__":
    main()
