"""Building the site as a whole: with either engine, whole or not at all."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
import yaml
from bs4 import BeautifulSoup

from ec_maps.areas.places import slug
from ec_maps.areas.wording import the_district
from ec_maps.errors import RenderError, SettingError
from ec_maps.site import build as render
from facts import plain
from tested_places import GROUPS, SITE, listed

NOT_COPIED = (".*", "_site*", "cache", "dist", "maps", "node_modules", "__pycache__", "*.egg-info")


@pytest.fixture
def project(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, demo_data_dir: Path) -> Path:
    """Return a copy of the project, the working folder of the test."""
    copy = tmp_path / "copy"
    shutil.copytree(root, copy, ignore=shutil.ignore_patterns(*NOT_COPIED))
    monkeypatch.chdir(copy)
    monkeypatch.setenv("EC_MAPS_DATA_DIR", str(demo_data_dir))
    return copy


def build(engine: str) -> Path:
    """Build the demonstration site with an engine and return its folder."""
    site, _ = render.render_site(profile="demo", engine=engine, log=lambda _: None)
    return site


def page(site: Path, name: str) -> BeautifulSoup:
    """Return a page of a site."""
    return BeautifulSoup((site / "posts" / name / "index.html").read_text(encoding="utf-8"), "html.parser")


def tab_names(soup: BeautifulSoup) -> list[str]:
    """Return the names on a page's tabs, in order."""
    return [plain(tab.get_text(strip=True)) for tab in soup.select("[role=tab]")]


@pytest.mark.site
@pytest.mark.full
@pytest.mark.parametrize("engine", ["preview", pytest.param("quarto", marks=pytest.mark.quarto)])
def test_adding_places_is_one_line_each(request: pytest.FixtureRequest, engine: str) -> None:
    """Places appear in the author's order on both pages, with tables and downloads; those of one region share a map."""
    if engine == "preview":
        site = request.getfixturevalue("site")
    else:
        (request.getfixturevalue("project") / "places.yml").write_text(listed(SITE), encoding="utf-8")
        site = build(engine)
    local = page(site, "hyperlocal")
    groups = list(GROUPS) if engine == "preview" else []
    assert tab_names(local) == [*SITE, *groups]
    regional = page(site, "regional")
    assert tab_names(regional)[:5] == ["East of England", "North East", "West Midlands", "London", "North West"]
    assert tab_names(regional)[5:9] == ["South West", "Wales", "Scotland", "Northern Ireland"]
    assert len(set(tab_names(regional))) == 12
    pictures = [str(img["alt"]) for img in regional.select("main img")]
    assert "Great Yarmouth" in pictures[0]
    assert "King's Lynn and West Norfolk" in pictures[0]
    places = list(SITE[:-2])  # without those beyond the border, which have no neighbourhoods
    for name in places:
        assert (site / "posts" / "hyperlocal" / "maps" / f"{slug(name)}.csv").is_file()
        assert (site / "posts" / "hyperlocal" / "maps" / f"{slug(name)}.png").is_file()
    assert all((site / "places" / f"{slug(name)}.html").is_file() for name in SITE)
    tables = [plain(table.caption.get_text()) for table in local.select("table") if table.caption]
    tables, of_groups = tables[: len(places)], tables[len(places) :]
    assert [name in table for name, table in zip(groups, of_groups, strict=True)] == [True] * len(groups)
    assert [the_district(name) in table for name, table in zip(places, tables, strict=True)] == [True] * 10
    named = [*SITE, *groups]
    assert f"{', '.join(named[:-1])} and {named[-1]}" in plain(regional.get_text(" ", strip=True))


@pytest.mark.site
@pytest.mark.parametrize("engine", ["preview", pytest.param("quarto", marks=pytest.mark.quarto)])
def test_a_failed_build_leaves_the_site_as_it_was(project: Path, engine: str) -> None:
    """A fault ends the build with the fault's own message; the previous site stays, and nothing half-built is left."""
    before = project / "_site-demo"
    before.mkdir()
    (before / "index.html").write_text("the site before", encoding="utf-8")
    (before / ".ec-maps").write_text("", encoding="utf-8")
    (project / "places.yml").write_text("- Telfrd and Wrekin\n", encoding="utf-8")
    with pytest.raises((RenderError, SettingError, ValueError)) as caught:
        build(engine)
    assert "Telford and Wrekin" in str(caught.value)
    assert "Traceback" not in str(caught.value)
    assert (before / "index.html").read_text(encoding="utf-8") == "the site before"
    assert [path.name for path in project.iterdir() if path.name.startswith("_site")] == ["_site-demo"]


@pytest.mark.parametrize(("told", "profile"), [("live", "demo"), ("demo", None)])
def test_folder_and_data_cannot_disagree(
    project: Path, monkeypatch: pytest.MonkeyPatch, told: str, profile: str | None
) -> None:
    """A variable of the shell that contradicts the profile is refused: one site would replace the other."""
    monkeypatch.setenv("EC_MAPS_SOURCE", told)
    with pytest.raises(SettingError, match="EC_MAPS_SOURCE"):
        render.render_site(profile=profile, engine="preview", log=lambda _: None)
    assert not (project / "_site").exists()


def test_quarto_asked_for_and_not_there(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The message says where to get Quarto, and what to do without."""
    monkeypatch.setenv("PATH", str(project))
    with pytest.raises(SettingError, match=r"quarto\.org.*--engine preview"):
        render.render_site(profile="demo", engine="quarto", log=lambda _: None)


def test_quarto_too_old(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A Quarto of another age is refused with its version."""
    fake = project / "quarto"
    fake.write_text("#!/bin/sh\necho 1.3.450\n", encoding="utf-8")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{project}:{os.environ['PATH']}")
    with pytest.raises(SettingError, match=r"1\.3\.450.*1\.7"):
        render.render_site(profile="demo", engine="quarto", log=lambda _: None)


def test_quarto_prints_what_its_steps_cost(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of all that Quarto prints, the lines of the steps before the pages are passed on."""
    fake, steps = project / "quarto", ["Place pages: 1 in places, 1 drawn.", "Data files for other programs: 3."]
    lines = "\n".join(f'echo "{line}"' for line in ["[1/2] about.qmd", *steps])
    made = 'mkdir -p "$4" && echo page > "$4/index.html"'
    fake.write_text(f'#!/bin/sh\n[ "$1" = --version ] && echo 1.9.38 && exit\n{lines}\n{made}\n', encoding="utf-8")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{project}:{os.environ['PATH']}")
    told: list[str] = []
    render.render_site(profile="demo", engine="quarto", log=told.append)
    assert told == ["Building with Quarto 1.9.38.", *steps]


def test_no_project_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Outside a project the message says what is missing."""
    monkeypatch.setenv("QUARTO_PROJECT_DIR", str(tmp_path))
    with pytest.raises(SettingError, match=r"_quarto\.yml"):
        render.render_site(log=lambda _: None)


def test_site_configuration(root: Path) -> None:
    """Quarto may not freeze pages, publishes a list of them, and the demo has a folder of its own."""
    config = yaml.safe_load((root / "_quarto.yml").read_text(encoding="utf-8"))
    demo = yaml.safe_load((root / "_quarto-demo.yml").read_text(encoding="utf-8"))
    assert config["execute"]["freeze"] is False
    assert all(entry.startswith("/") for entry in config["project"]["render"])
    assert demo["project"]["output-dir"] != config["project"]["output-dir"]
