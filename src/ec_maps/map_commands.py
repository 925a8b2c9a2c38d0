"""The commands of ``ec-maps map``: one map into a file, or all of them into a folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from ec_maps import completion
from ec_maps.commands import (
    CATEGORY,
    FORCE,
    JOBS,
    MEASURE,
    OUTPUT,
    QUIET,
    SCOPE,
    Commands,
    check_absent,
    going_on_later,
    save,
)

if TYPE_CHECKING:
    from ec_maps.geography.levels import ScopeName
    from ec_maps.maps.batch import PictureFormat


@click.group("map", cls=Commands)
def map_() -> None:
    """Draw one map to a file, or all of them into a folder."""


@map_.command()
@MEASURE
@CATEGORY
@SCOPE
@FORCE
@OUTPUT
def national(*, measure: str, category: str | None, scope: ScopeName, force: bool, output: Path) -> None:
    """Draw England and Wales, or the United Kingdom, by local authority."""
    from ec_maps.areas.table import load_areas
    from ec_maps.maps.choropleth import national_map

    check_absent(output, force=force)
    save(national_map(load_areas("lad", measure, category=category, scope=scope)), output)


@map_.command()
@click.argument("names", metavar="NAME...", nargs=-1, required=True, shell_complete=completion.regions)
@click.option(
    "--highlight", multiple=True, shell_complete=completion.places,
    help="A local authority to outline; may be given more than once.",
)  # fmt: skip
@MEASURE
@CATEGORY
@SCOPE
@FORCE
@OUTPUT
def region(
    names: tuple[str, ...],
    *,
    highlight: tuple[str, ...],
    measure: str,
    category: str | None,
    scope: ScopeName,
    force: bool,
    output: Path,
) -> None:
    """Draw a region by local authority, or a county or combined authority, or several, or local authorities.

    With Scotland or Northern Ireland, the scope is uk.
    """
    from ec_maps.areas.finder import match_region
    from ec_maps.areas.table import load_areas
    from ec_maps.geography.codes import BEYOND
    from ec_maps.maps.choropleth import regional_map

    check_absent(output, force=force)
    if any(match_region(name, BEYOND) for name in names):
        scope = "uk"
    lads = load_areas("lad", measure, category=category, scope=scope)
    save(regional_map(lads, names[0] if len(names) == 1 else names, highlight=highlight), output)


@map_.command()
@click.argument("names", metavar="NAME...", nargs=-1, required=True, shell_complete=completion.places)
@MEASURE
@CATEGORY
@FORCE
@OUTPUT
def local(names: tuple[str, ...], *, measure: str, category: str | None, force: bool, output: Path) -> None:
    """Draw a local authority by neighbourhood, or several on one map, or a county or combined authority."""
    from ec_maps.areas.table import load_areas
    from ec_maps.maps.choropleth import local_map

    check_absent(output, force=force)
    save(local_map(load_areas("msoa", measure, category=category), names), output)


@map_.command("all")
@click.option(
    "--kind", type=click.Choice(["regions", "places", "both"]), default="both", show_default=True,
    help="regions: each by local authority; places: each local authority by neighbourhood.",
)  # fmt: skip
@MEASURE
@CATEGORY
@click.option("--format", "form", type=click.Choice(["png", "svg"]), default="png", show_default=True)
@JOBS
@QUIET
@click.option("-o", "--output", required=True, type=click.Path(file_okay=False, path_type=Path), help="The folder.")
def all_(
    *, kind: str, measure: str, category: str | None, form: PictureFormat, jobs: int | None, quiet: bool, output: Path
) -> None:
    """Draw every region and every local authority of England and Wales into a folder.

    Finished maps are not drawn again, so that after Ctrl-C the same command continues. With EC_MAPS_DASK, the address
    of a Dask scheduler, its cluster draws.
    """
    from ec_maps.maps import batch

    kinds = batch.KINDS if kind == "both" else [one for one in batch.KINDS if one == kind]
    with going_on_later(quiet=quiet):
        done = batch.bring(output, kinds=kinds, measure=measure, category=category, format=form, jobs=jobs, quiet=quiet)
    click.echo(f"Maps: {len(done.paths)} in {output}, {len(done.drawn)} drawn.")
