"""What the documents say is so: commands, links, paths, settings, versions, examples."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from itertools import pairwise
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[1]
DOCUMENTS = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")
PAGES = ("real-site.qmd", "settings.qmd", "speed.qmd", "python.qmd", "data.qmd")
PICTURE = "assets/readme-map.png"
RUNNERS = (".ci/run", ".github/workflows/tests.yml", ".github/workflows/publish.yml")

# Spelt in pieces, so that this file does not find itself.
INDEX_HOSTS = ["py" + "pi.org", "python" + "hosted.org", "npm" + "js.", "deb." + "debian"]
MACHINE_PATH = re.compile(r"(?<![\w.~)}>])/(?:work|farm|opt|root|home|Users)/\w")


def read(name: str) -> str:
    """Return the text of a file of the project."""
    return (ROOT / name).read_text(encoding="utf-8")


def blocks(name: str, language: str) -> list[str]:
    """Return the fenced blocks of a document that are in one language, without their common indent."""
    found = re.findall(rf"^( *)```{language}\n(.*?)^ *```$", read(name), flags=re.MULTILINE | re.DOTALL)
    return [re.sub(rf"^{indent}", "", text, flags=re.MULTILINE) for indent, text in found]


def code(name: str) -> str:
    """Return all that a document shows as code, or the whole of a file that is code."""
    text = read(name)
    if not name.endswith((".md", ".qmd")):
        return re.sub(r"(?<!\S)#.*", "", text)
    return "\n".join(re.findall(r"```.*?```|`[^`]+`", text, flags=re.DOTALL))


def project() -> dict[str, str]:
    """Return the project table of pyproject.toml."""
    return tomllib.loads(read("pyproject.toml"))["project"]


def tracked() -> list[Path]:
    """Return the files that git has, or would have."""
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "-z"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if listed.returncode:
        pytest.skip("not a git work tree")
    return [path for name in listed.stdout.split("\0") if name and (path := ROOT / name).is_file()]


@pytest.mark.parametrize("name", [*DOCUMENTS, *PAGES, *RUNNERS])
def test_make_commands_exist(name: str) -> None:
    """Each `make` command that a document, a page or a workflow names is in the Makefile, and listed by its help."""
    targets = set(re.findall(r"^([a-z-]+):.*## ", read("Makefile"), flags=re.MULTILINE))
    named = re.findall(r"\bmake((?: [a-z][a-z-]*)+)\b(?!=)", code(name))
    assert {target for words in named for target in words.split()} <= targets


@pytest.mark.parametrize("name", [*DOCUMENTS, *PAGES])
def test_ec_maps_commands_exist(name: str) -> None:
    """Each `ec-maps` command that a document or a page shows is one, with every long option that stands after it."""
    import click

    from ec_maps.cli import main

    faults = []
    # Not where a shell asks it for its completion.
    for line in re.findall(r"(?<![\w/-])(?<!_source )(?:\.venv/bin/)?ec-maps( [^`#\n]*)", code(name)):
        command: click.Command = main
        words = line.split()
        while words and isinstance(command, click.Group) and words[0] in command.commands:
            command = command.commands[words.pop(0)]
        known = {option for parameter in command.params for option in parameter.opts} | {"--help"}
        faults += [f"{line.strip()}: {word}" for word in words if word.startswith("--") and word not in known]
        if command is main and words != ["--help"]:
            faults.append(f"{line.strip()}: no such command")
    assert faults == []


def test_every_target_is_phony() -> None:
    """No command is taken for a file of the same name."""
    makefile = read("Makefile")
    phony = set(re.search(r"^\.PHONY: (.*)$", makefile, flags=re.MULTILINE)[1].split())
    assert phony == set(re.findall(r"^([a-z-]+):", makefile, flags=re.MULTILINE))


@pytest.mark.parametrize("name", DOCUMENTS)
def test_relative_links_resolve(name: str) -> None:
    """Each link to a file of the project leads to one."""
    links = [link for link in re.findall(r"\]\(([^)\s]+)\)", read(name)) if not re.match(r"[a-z]+:|#", link)]
    assert [link for link in links if not (ROOT / link.split("#")[0]).exists()] == []


def test_readme_is_short() -> None:
    """The README is one screen and a half: what is longer has a page of its own."""
    assert len(read("README.md").splitlines()) <= 130


def test_readme_links_every_page_for_users() -> None:
    """The pages that took over from the README are linked from it, and are in the site's list and menu."""
    site = yaml.safe_load(read("_quarto.yml"))
    menu = yaml.safe_dump(site["website"]["navbar"])
    for name in PAGES:
        assert f"]({name})" in read("README.md"), name
        assert f"/{name}" in site["project"]["render"], name
        assert f"href: {name}" in menu, name


def test_readme_shows_a_map() -> None:
    """The picture has an alternative text, which says what it shows and, as it does, that the values are not real."""
    ((source, alt),) = re.findall(r'<img src="([^"]+)"[^>]* alt="([^"]+)">', read("README.md"))
    assert source == PICTURE
    assert "Map of" in alt
    assert "demonstration data, not real values" in alt


def test_readme_picture_is_a_map_of_the_demonstration() -> None:
    """It is small, in all ten colours of the maps to the last digit, and stamped in a band along its upper edge."""
    from matplotlib.colors import to_hex
    from PIL import Image

    import ec_maps

    assert (ROOT / PICTURE).stat().st_size < 150_000
    with Image.open(ROOT / PICTURE) as picture:
        assert picture.text["Title"].startswith("Demonstration data, not real values.")
        pixels = picture.convert("RGB")
    colours = {to_hex([value / 255 for value in colour]) for _, colour in pixels.getcolors(1 << 24)}
    assert set(ec_maps.ice_colours()) <= colours
    band = pixels.crop((0, 0, pixels.width, 8)).getcolors()
    page = pixels.getpixel((2, pixels.height - 2))
    assert len(band) == 1
    assert band[0][1] != page


def test_tree_of_the_guide_exists() -> None:
    """Each path of the guide's tree is there, and each visible folder of the project is in it."""
    (tree,) = blocks("CONTRIBUTING.md", "text")
    paths = {line.split()[0] for line in tree.splitlines()}
    assert [path for path in sorted(paths) if not any(ROOT.glob(path))] == []
    folders = {path.relative_to(ROOT).parts[0] for path in tracked() if path.parent != ROOT}
    assert {f for f in folders if not f.startswith((".", "_"))} == {p.split("/")[0] for p in paths if "/" in p}


def rows(name: str, head: str) -> list[list[str]]:
    """Return the rows of the table of a document whose first head begins so."""
    table = re.search(rf"^\| {head}.*\n\|[-|]+\n((?:\|.*\n)+)", read(name), flags=re.MULTILINE)
    assert table is not None, head
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table[1].splitlines()]


def test_files_to_open_exist() -> None:
    """Each change of the table "to change or add" names a file to open, and each file or folder named is there."""
    changes = rows("CONTRIBUTING.md", "to change or add")
    assert len(changes) >= 20
    without = [change for change, place, _ in changes if not re.search(r"`[\w./]+\.\w+`", place)]
    assert without == []
    named = {path for _, *cells in changes for path in re.findall(r"`([\w./-]*\w[./]\w[\w./]*)`", " ".join(cells))}
    assert len(named) >= 20
    assert [path for path in sorted(named) if not (ROOT / path).exists()] == []


def test_the_way_of_a_number_exists() -> None:
    """Each step from a zip to a sentence names a function, which is in the file beside it."""
    steps = rows("CONTRIBUTING.md", "step")
    assert len(steps) >= 10
    for _, function, path in steps:
        text = read(f"src/ec_maps/{path.strip('`')}")
        assert re.search(rf"^ *def {function.strip('`()')}\(", text, flags=re.MULTILINE), (function, path)


def test_the_plan_has_every_room() -> None:
    """The drawing of the library names each folder of modules, and no other."""
    plan = read("CONTRIBUTING.md").partition("## The plan of the library")[2].splitlines()
    tops = [line for above, line in pairwise(plan) if "┌" in above]
    rooms = {path.parent.name for path in (ROOT / "src" / "ec_maps").glob("*/__init__.py")}
    assert sorted(room for line in tops for room in re.findall(r"│ ([a-z]+) ", line)) == sorted(rooms)


def test_settings_page_has_those_of_the_library() -> None:
    """The page lists each setting that the library reads, once, and no other; each says its default."""
    listed = re.findall(r"^`(EC_MAPS_[A-Z_]+)`\n:   .*Default: \S", read("settings.qmd"), flags=re.MULTILINE)
    sources = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "src").rglob("*.py"))
    used = set(re.findall(r"\"(EC_MAPS_[A-Z_]+)\"", sources))
    assert sorted(listed) == sorted(used)


@pytest.mark.full
def test_readme_example_runs(demo: Path, tmp_path: Path) -> None:
    """The README's Python, run as it stands, prints districts and saves a map."""
    (example,) = blocks("README.md", "python")
    done = subprocess.run(
        [sys.executable, "-c", example], cwd=tmp_path, env=os.environ, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "economic_connectedness" in done.stdout
    assert (tmp_path / "national.png").stat().st_size > 10_000


def test_contributing_opens_with_adding_a_place() -> None:
    """The first thing that the guide explains is the edit that needs no Python."""
    assert re.findall(r"^## (.*)$", read("CONTRIBUTING.md"), flags=re.MULTILINE)[0] == "Add a place"


def test_contributing_examples_are_lists_of_places(demo: Path, tmp_path: Path) -> None:
    """The guide's examples, saved as a list of places, are understood: local authorities, and groups."""
    import ec_maps

    path = tmp_path / "places.yml"
    for example in blocks("CONTRIBUTING.md", "yaml"):
        path.write_text(example, encoding="utf-8")
        written = [next(iter(entry)) if isinstance(entry, dict) else entry for entry in yaml.safe_load(example)]
        assert [place.name for place in ec_maps.read_places(path)] == written


def test_one_version() -> None:
    """The citation and the newest heading of the changelog have the version of pyproject.toml."""
    version = project()["version"]
    assert yaml.safe_load(read("CITATION.cff"))["version"] == version
    newest = re.search(r"^## (\S+)", read("CHANGELOG.md"), flags=re.MULTILINE)
    assert newest is not None
    assert newest[1] == version


def test_changelog_headings() -> None:
    """Each release is told under Site, Library and Data."""
    assert set(re.findall(r"^### (.*)$", read("CHANGELOG.md"), flags=re.MULTILINE)) <= {"Site", "Library", "Data"}


def test_citation_names_data_and_papers() -> None:
    """The citation file asks to cite the Atlas and both papers."""
    references = yaml.safe_load(read("CITATION.cff"))["references"]
    assert {reference.get("doi") for reference in references} >= {"10.31235/osf.io/kb7dy", "10.1038/s41586-022-04996-4"}
    assert any("uk-social-capital-atlas" in reference.get("url", "") for reference in references)


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock", "requirements-demo-data.lock"])
def test_lock_has_hashes_and_no_address(name: str) -> None:
    """Each line of a lock file is an exact version with hashes; none tells where to get it."""
    entries = re.sub(r" \\\n\s*", " ", re.sub(r"^#.*\n", "", read(name), flags=re.MULTILINE)).splitlines()
    pattern = re.compile(r"[A-Za-z0-9._-]+==\S+( ; [^-]+?)?( --hash=sha256:[0-9a-f]{64})+")
    assert [entry for entry in entries if not pattern.fullmatch(entry)] == []
    assert "://" not in read(name)


def test_locks_have_every_dependency() -> None:
    """What the library, the site, tiles and PostGIS need is in the first lock file; the second adds the rest."""
    settings = tomllib.loads(read("pyproject.toml"))
    extras, groups = settings["project"]["optional-dependencies"], settings["dependency-groups"]
    site = [*settings["project"]["dependencies"], *groups["setup"]]
    site += [*extras["site"], *extras["tiles"], *extras["postgis"]]
    wanted = {"requirements.lock": site, "requirements-dev.lock": [*groups["dev"], *extras["dask"], *extras["excel"]]}
    locked: set[str] = set()
    for lock, lines in wanted.items():
        plain = {re.sub(r"[-_.]+", "-", re.match(r"[A-Za-z0-9._-]+", line)[0]).lower() for line in lines}
        locked |= set(re.findall(r"^([a-z0-9-]+)==", read(lock), flags=re.MULTILINE))
        assert plain <= locked, lock


def test_no_index_host_and_no_machine_path() -> None:
    """No text file of the project names a package index's host, or a path of somebody's machine."""
    found = []
    for path in tracked():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue  # not a text file
        found += [f"{path.relative_to(ROOT)}: {host}" for host in INDEX_HOSTS if host in text]
        found += [f"{path.relative_to(ROOT)}: {match[0]}" for match in MACHINE_PATH.finditer(text)]
    assert found == []
