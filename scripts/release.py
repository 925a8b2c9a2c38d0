"""Check that the project can be released under a tag, and print the notes: the version's part of the changelog.

    python scripts/release.py --date 2027-01-31    write the version and the date of the release where they belong
    python scripts/release.py v0.2.0               check, and print the notes

The version is that of ``pyproject.toml``; tag, changelog, citation and recipe have to agree with it. All that does not
agree is listed at once, and the exit status is then 1. Only Python's standard library is needed.
"""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

#: Stands where the address of a published site belongs.
_PLACEHOLDER = "example.org"

_DATE = r"\d{4}-\d\d-\d\d"


def version_of(root: Path) -> str:
    """Return the version of the project in a folder."""
    return str(tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"])


def write(root: Path, date: str) -> None:
    """Write the version into citation and recipe, and the date, or `unreleased`, into citation and changelog."""
    version, released = version_of(root), "" if date == "unreleased" else f"date-released: {date}\n"
    for name, pattern, new in (
        ("CITATION.cff", r"^version: .*\n(date-released: .*\n)?", f"version: {version}\n{released}"),
        ("recipe/recipe.yaml", r'^  version: ".*"', f'  version: "{version}"'),
        ("CHANGELOG.md", rf"^## {re.escape(version)} – (unreleased|{_DATE})$", f"## {version} – {date}"),
    ):
        text, found = re.subn(pattern, new, (root / name).read_text(encoding="utf-8"), count=1, flags=re.MULTILINE)
        if not found:
            sys.exit(f"{name} has no place for version {version} and its date; nothing was written there.")
        (root / name).write_text(text, encoding="utf-8")


def section(changelog: str, version: str) -> tuple[str, str]:
    """Return the date after a version's heading, and the text beneath it; two empty texts if there is no heading."""
    heading = re.compile(rf"^## {re.escape(version)} – (.+)$", re.MULTILINE)
    found = heading.search(changelog)
    if not found:
        return "", ""
    return found[1].strip(), changelog[found.end() :].partition("\n## ")[0].strip()


def faults(root: Path, tag: str) -> list[str]:
    """Return what keeps the project in a folder from being released under a tag, each as a sentence."""
    citation = (root / "CITATION.cff").read_text(encoding="utf-8")
    version, found = version_of(root), []
    if tag != f"v{version}":
        found.append(f"The tag is {tag}, and pyproject.toml has version {version}; the tag should be v{version}.")
    date, notes = section((root / "CHANGELOG.md").read_text(encoding="utf-8"), version)
    if not re.fullmatch(_DATE, date):
        found.append(f'CHANGELOG.md has no heading "## {version} – YYYY-MM-DD" (found: {date or "none"}).')
    elif not notes:
        found.append(f"CHANGELOG.md says nothing beneath the heading of {version}.")
    for key, expected in (("version", version), ("date-released", date)):
        cited = re.search(rf'^{key}: "?([^"\n]+)"?$', citation, re.MULTILINE)
        if not cited or cited[1] != expected:
            wanted = expected if re.match(r"\d", expected) else "the day of the release"
            found.append(f"CITATION.cff has {key} {cited[1] if cited else 'nowhere'}; it should be {wanted}.")
    if not re.search(r"^repository-code: https://", citation, re.MULTILINE):
        found.append("CITATION.cff has no repository-code; put the address of the repository there.")
    recipe = re.search(r'^  version: "(.+)"$', (root / "recipe/recipe.yaml").read_text(encoding="utf-8"), re.MULTILINE)
    if not recipe or recipe[1] != version:
        found.append(f"recipe/recipe.yaml has version {recipe[1] if recipe else 'nowhere'}; it should be {version}.")
    for name in ("pyproject.toml", "_quarto.yml", "recipe/recipe.yaml", "CITATION.cff"):
        if _PLACEHOLDER in (root / name).read_text(encoding="utf-8"):
            found.append(f"{name} still has an address at {_PLACEHOLDER}; put that of the published site there.")
    return found


def main() -> None:
    """Print the notes of the version whose tag is the argument, or what is wrong on stderr; or write a date."""
    match sys.argv[1:]:
        case ["--date", date] if re.fullmatch(f"{_DATE}|unreleased", date):
            write(ROOT, date)
        case [tag] if not tag.startswith("-"):
            if found := faults(ROOT, tag):
                sys.exit("This cannot be released yet:\n" + "\n".join(f"- {fault}" for fault in found))
            print(section((ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), tag.removeprefix("v"))[1])
        case _:
            sys.exit("Usage: python scripts/release.py v0.2.0, or --date 2027-01-31 to write what a release needs")


if __name__ == "__main__":
    main()
