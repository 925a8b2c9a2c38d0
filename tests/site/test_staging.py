"""A site that Quarto writes without us is marked as unfinished until all of its pages are there."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from ec_maps.errors import SettingError
from ec_maps.site.staging import UNFINISHED, copy_resources, mark_begun, mark_finished, staged
from test_cli import ec_maps

NOTE = "ec-maps: note: The site in {} is unfinished: "


@pytest.fixture
def project(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a project, as Quarto has it while it renders all pages."""
    for name in ("_quarto.yml", "places.yml"):
        shutil.copy(root / name, tmp_path)
    monkeypatch.setenv("QUARTO_PROJECT_OUTPUT_DIR", str(tmp_path / "_site"))
    monkeypatch.setenv("QUARTO_PROJECT_RENDER_ALL", "1")
    return tmp_path


def test_the_mark_stays_until_all_pages_are_written(project: Path) -> None:
    """The first step of a build sets it, the last takes it away."""
    mark_begun()
    assert (project / "_site" / UNFINISHED).is_file()
    mark_finished()
    assert list((project / "_site").iterdir()) == []


def test_a_render_of_one_page_changes_no_mark(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It neither marks a whole site nor takes the mark of an unfinished one away; nor does a command by itself."""
    monkeypatch.delenv("QUARTO_PROJECT_RENDER_ALL")
    mark_begun()
    assert not (project / "_site").exists()
    (project / "_site").mkdir()
    (project / "_site" / UNFINISHED).touch()
    mark_finished()
    assert (project / "_site" / UNFINISHED).is_file()
    monkeypatch.delenv("QUARTO_PROJECT_OUTPUT_DIR")
    mark_begun()


def test_what_pages_write_for_scripts_is_in_the_first_site(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Quarto lists resources before pages write them; the last step copies those that the site lacks, or has older."""
    new, old = project / "maps" / "explore" / "adur.js", project / "_site" / "embed" / "adur.html"
    for path, text in ((new, "adur"), (project / "embed" / "adur.html", "now"), (old, "before")):
        path.parent.mkdir(parents=True)
        path.write_text(text, encoding="utf-8")
    (project / "maps" / "explore" / "note.txt").touch()
    copy_resources(project)
    assert (project / "_site" / "maps" / "explore" / "adur.js").read_text(encoding="utf-8") == "adur"
    assert old.read_text(encoding="utf-8") == "now"
    assert not (project / "_site" / "maps" / "explore" / "note.txt").exists()
    shutil.rmtree(project / "_site")
    monkeypatch.delenv("QUARTO_PROJECT_OUTPUT_DIR")
    copy_resources(project)
    assert not (project / "_site").exists()


def test_commands_say_that_a_site_is_unfinished(project: Path, demo_data_dir: Path) -> None:
    """A note on stderr, until the site is built; a folder that a build is writing aside is none."""
    mark_begun()
    (project / "_site-demo.part").mkdir()
    (project / "_site-demo.part" / UNFINISHED).touch()
    demo = {"EC_MAPS_SOURCE": "demo", "EC_MAPS_DATA_DIR": demo_data_dir}
    run = ec_maps("places", "rutland", cwd=project, **demo)
    assert run.returncode == 0
    assert run.stderr.startswith(NOTE.format(project / "_site"))
    assert run.stderr.count("\n") == 1
    mark_finished()
    assert ec_maps("places", "rutland", cwd=project, **demo).stderr == ""


def test_a_build_replaces_an_unfinished_site(project: Path) -> None:
    """It has no home page, and is no folder of other things all the same; the new site has no mark."""
    mark_begun()
    with staged(project, project / "_site", print) as aside:
        (aside / "index.html").touch()
        (aside / UNFINISHED).touch()  # by the first step of the build itself
    assert [path.name for path in (project / "_site").iterdir()] == ["index.html"]
    (project / "_site" / "index.html").rename(project / "_site" / "other.html")
    with pytest.raises(SettingError, match=r"no index\.html"), staged(project, project / "_site", print):
        pass
