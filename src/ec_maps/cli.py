"""The commands of ``ec-maps``; each loads the modules that it needs."""

from __future__ import annotations

import os
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ec_maps import completion, listing
from ec_maps.commands import (
    FORCE,
    FORMAT,
    JOBS,
    MEASURE,
    MEASURES,
    QUIET,
    SCOPE,
    Commands,
    check_absent,
    going_on_later,
    start,
)
from ec_maps.errors import PlaceError, SettingError
from ec_maps.map_commands import map_

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from ec_maps.analysis.export import ExportName
    from ec_maps.analysis.shortlist import KindName
    from ec_maps.geography.levels import LevelName, ScopeName


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="ec-maps", prog_name="ec-maps")
@click.option("--verbose", is_flag=True, help="Print everything that is tried; also after any command.")
def main(*, verbose: bool) -> None:
    """Map economic connectedness and the other measures of the UK Social Capital Atlas.

    Exit status: 0 success, 1 a fault in data or network, 2 a fault in a command, a setting or places.yml.
    """
    start(verbose=verbose)


@main.command()
@click.option("--refresh", is_flag=True, help="Check downloaded files for changes, and download changed ones.")
@click.option("--dry-run", is_flag=True, help="Only list what would be downloaded.")
def fetch(*, refresh: bool, dry_run: bool) -> None:
    """Download the Atlas and the boundaries into data/cache; all other commands then work offline."""
    from ec_maps import settings
    from ec_maps.analysis.changes import diff
    from ec_maps.areas import provenance
    from ec_maps.fetch import fetcher, manifest

    if settings.is_demo():
        click.echo("EC_MAPS_SOURCE is demo: the demonstration data are built in, and nothing has to be downloaded.")
        return
    before, outcomes = manifest.read(), provenance.fetch(refresh=refresh, dry_run=dry_run)
    if not outcomes:
        click.echo(f"Nothing has to be downloaded: there are local archives and boundaries ({settings.data_dir()}).")
        return
    click.echo(provenance.as_table(outcomes))
    for done in outcomes:
        for note in provenance.notes(done):
            click.echo(f"note: {done.job.what}: {note}")
    fetcher.raise_failures(outcomes)
    for done in outcomes:
        if done.state == "replaced" and done.entry and done.job.suffix == ".zip":
            click.echo(f"note: {diff(before[done.job.key].path, done.entry.path).attrs['in_words']}")
    if not dry_run:
        click.echo(f"\nAll files are in {settings.cache_dir()}. Maps can now be drawn offline.")


@main.command()
@FORMAT
def check(form: listing.ListingFormat) -> None:
    """Check data, boundaries, palette and places.yml, and print which areas have a value."""
    from ec_maps import settings
    from ec_maps.areas import provenance
    from ec_maps.areas.places import read_places
    from ec_maps.areas.table import join_report, load_areas
    from ec_maps.fetch import fetcher
    from ec_maps.graphics.palette import ice_colours

    ice_colours()
    fetcher.required(provenance.needed())
    reports = []
    for level in ("lad", "msoa"):
        load_areas(level)
        reports.append(join_report(level))
    source, places = provenance.line(), settings.project_root() / "places.yml"
    if places.exists():
        names = "\n".join(
            f"{place.name}, {place.region} ({place.lad21cd or f'{len(place.codes)} local authorities'})"
            for place in read_places(places)
        )
    else:
        names = f"note: There is no list of places, {places}. Only the site needs it."
    in_words = "\n\n".join([*map(str, reports), source, names])
    click.echo(listing.written(listing.of_reports(reports, source), form, lambda: in_words), nl=False)


@main.command()
@FORMAT
def measures(form: listing.ListingFormat) -> None:
    """List the contents of the Atlas files: measures, groups of people and unknown columns."""
    from ec_maps import settings
    from ec_maps.atlas.csv_table import inventory

    entries = inventory()
    unknown = sorted({name for entry in entries for name in entry.unknown})
    where = "the demonstration data" if settings.is_demo() else str(settings.data_dir())
    last = f"{len(entries)} CSVs in {where}; columns not in the codebook: {len(unknown)}."
    if form != "table":
        for entry in entries:
            if entry.fault:
                click.echo(f"ec-maps: note: {entry.fault}", err=True)
    rows = listing.of_measures(entries)
    click.echo(listing.written(rows, form, lambda: "\n\n".join([*map(str, entries), last])), nl=False)


@main.command()
@click.argument("names", metavar="PLACE...", nargs=-1, required=True, shell_complete=completion.places)
@MEASURES
@click.option(
    "--level", type=click.Choice(["lad", "msoa"]), default="lad", show_default=True,
    help="lad: the local authorities; msoa: their neighbourhoods.",
)  # fmt: skip
@SCOPE
@FORMAT
def compare(
    names: tuple[str, ...], measures: tuple[str, ...], level: LevelName, scope: ScopeName, form: listing.ListingFormat
) -> None:
    """Show each PLACE, a local authority, or its neighbourhoods, with value, decile and rank by measure."""
    from ec_maps.analysis.comparison import compare
    from ec_maps.areas import provenance

    table, source = compare(names, list(measures), level=level, scope=scope), provenance.line()
    rows = listing.of_areas(table, source)
    click.echo(listing.written(rows, form, lambda: f"{listing.areas_in_words(table)}\n\n{source}"), nl=False)


@main.command()
@click.argument("old", type=click.Path(path_type=Path))
@click.argument("new", type=click.Path(path_type=Path))
@click.option(
    "--at-most", type=click.FloatRange(0, 100), metavar="PER CENT",
    help="Fail if more of a measure's areas than this changed their decile.",
)  # fmt: skip
@FORMAT
def diff(old: Path, new: Path, at_most: float | None, form: listing.ListingFormat) -> None:
    """Show what changed from the release OLD to NEW: data folders, zips or CSVs of the Atlas, or exported files."""
    from ec_maps.analysis.changes import diff
    from ec_maps.errors import DataError

    table = diff(old, new)
    stamp = "Demonstration data, not real values. " if table.attrs["demo"] else ""
    rows = listing.of_areas(table, f"{stamp}{table.attrs['old']} and {table.attrs['new']}")
    columns = [*table.columns, "source"]
    click.echo(listing.written(rows, form, lambda: listing.changes_in_words(table), columns), nl=False)
    if at_most is not None and 100 * table.attrs["share"] > at_most:
        msg = (
            f"{100 * table.attrs['share']:.1f} per cent of a measure's areas changed their decile, more than the "
            f"{at_most:g} that --at-most allows. See whether that can be right before it is published."
        )
        raise DataError(msg)


@main.command()
@click.argument("place", shell_complete=completion.places)
@MEASURE
@FORMAT
def similar(place: str, measure: str, form: listing.ListingFormat) -> None:
    """Show PLACE, a local authority, among those that the Office for National Statistics finds most like it."""
    from ec_maps.analysis.similar import similar
    from ec_maps.areas import provenance

    table, source = similar(place, measure), provenance.line()
    rows = listing.of_areas(table, f"{source} {table.attrs['source']}")
    click.echo(listing.written(rows, form, lambda: f"{listing.similar_in_words(table)}\n\n{source}"), nl=False)


@main.command()
@click.argument("names", metavar="PLACE...", nargs=-1, required=True, shell_complete=completion.anywhere)
@click.option("--at-most", type=click.IntRange(1, 10), default=2, show_default=True, help="The highest decile to list.")
@MEASURE
@click.option(
    "--kind", type=click.Choice(["bias", "exposure"]),
    help="bias: only those with many to meet and fewer friendships; exposure: with few to meet and little bias.",
)  # fmt: skip
@FORMAT
def shortlist(
    names: tuple[str, ...], *, at_most: int, measure: str, kind: KindName | None, form: listing.ListingFormat
) -> None:
    """List the neighbourhoods of each PLACE that are in a low decile, grouped where their order is not certain.

    A PLACE is a local authority, a county or combined authority, a region, "England" or "England and Wales".
    """
    from ec_maps.analysis.shortlist import shortlist
    from ec_maps.areas import provenance

    table, source = shortlist(names, at_most, measure=measure, kind=kind), provenance.line()
    rows, columns = listing.of_areas(table, source), [*map(str, table.columns), "source"]
    words = f"{listing.shortlist_in_words(table)}\n\n{source}"
    click.echo(listing.written(rows, form, lambda: words, columns), nl=False)


@main.command()
@click.argument("level", type=click.Choice(["lad", "msoa"]))
@MEASURES
@SCOPE
@click.option(
    "--format", "form", type=click.Choice(["csv", "xlsx", "parquet", "gpkg", "geojson"]),
    help="Default: what the suffix of the file says; csv for the standard output.",
)  # fmt: skip
@FORCE
@click.option(
    "-o", "--output", required=True, type=click.Path(readable=False, path_type=Path, allow_dash=True),
    help="The file to write: .csv, .xlsx, .parquet, .gpkg or .geojson; - writes to the standard output.",
)  # fmt: skip
def export(
    level: LevelName, measures: tuple[str, ...], scope: ScopeName, form: ExportName | None, output: Path, *, force: bool
) -> None:
    """Write all measures at a LEVEL to a file, with source and codebook."""
    from ec_maps.analysis.export import export

    path = export(output, level=level, measures=list(measures), scope=scope, format=form, force=force)
    if path:
        click.echo(f"The table is in {path}.")


class _Places(Commands):
    """A group that searches for its first word if that is not a command: ``places norw``."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not args or (args[0] not in self.commands and args[0] not in ctx.help_option_names):
            args = ["search", *args]
        return super().parse_args(ctx, args)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Propose places as well as commands."""
        return [*super().shell_complete(ctx, incomplete), *completion.places(ctx, None, incomplete)]


@main.group(cls=_Places, options_metavar="[SEARCH]", subcommand_metavar="| COMMAND")
def places() -> None:
    """List the local authorities, or those that SEARCH finds, by the names to use in places.yml.

    With --format csv or --format json they are listed for programs.
    """


@places.command()
@click.argument("search", default="", shell_complete=completion.places)
@FORMAT
def search(search: str, form: listing.ListingFormat) -> None:
    """List the local authorities that SEARCH finds, or all."""
    from ec_maps.areas.places import search_places

    found = search_places(search)
    if not found:
        msg = f'No local authority has a name like "{search}". Try a shorter part of its name.'
        raise PlaceError(msg)
    in_words = "\n".join(f"{place.lad21cd}  {place.name}, {place.region}" for place in found)
    click.echo(listing.written(listing.of_places(found), form, lambda: in_words), nl=False)


@places.command()
@JOBS
@QUIET
def build(*, jobs: int | None, quiet: bool) -> None:
    """Write the pages of the places: those of places.yml, or all with EC_MAPS_PLACES=all."""
    from ec_maps import settings
    from ec_maps.maps.figure_cache import PLACES
    from ec_maps.site import district_pages, staging

    root = _project(settings.project_root())
    staging.mark_begun()
    with going_on_later(quiet=quiet):
        done = district_pages.build(root, log=lambda line: click.echo(line, err=True), jobs=jobs, quiet=quiet)
    gone = f", removed: {', '.join(done.removed)}" if done.removed else ""
    click.echo(f"Place pages: {done.pages} in {root / PLACES}, {len(done.drawn)} drawn{gone}.")


def _project(root: Path) -> Path:
    """Return the folder of the site; the variables of its profile are set first."""
    from ec_maps.site.build import profile_environment

    for name, value in profile_environment(root, os.environ.get("QUARTO_PROFILE")).items():
        os.environ.setdefault(name, value)  # Quarto 1.7 passes them to pages, but not to the pre-render step
    if not (root / "_quarto.yml").is_file():
        msg = f"There is no site in {root}: it has no _quarto.yml. Run this in the project's folder."
        raise SettingError(msg)
    return root


@main.command()
def api() -> None:
    """Write the site's data files for other programs, api/v1/ and llms.txt, if they are out of date."""
    from ec_maps import settings
    from ec_maps.site.api import build

    click.echo(build(_project(settings.project_root())))


@main.command()
@click.argument("place", shell_complete=completion.places)
@FORCE
@click.option(
    "-o", "--output", required=True, type=click.Path(dir_okay=False, readable=False, path_type=Path),
    help="The file to write, .pdf.",
)  # fmt: skip
def brief(place: str, *, force: bool, output: Path) -> None:
    """Write the brief of PLACE for a committee: one A4 page, as PDF.

    PLACE is a local authority, a county or combined authority, or a group of places.yml.
    """
    from ec_maps.site.brief import brief

    check_absent(output, force=force)
    click.echo(f"The brief is in {brief(place, output)}.")


main.add_command(map_)


@main.command()
@click.option("--profile", type=click.Choice(["demo"]), help="demo: build from the built-in data, into _site-demo.")
@click.option(
    "--engine", type=click.Choice(["quarto", "preview"]), help="Default: quarto if it is installed, else preview."
)
@JOBS
@QUIET
def render(*, profile: str | None, engine: str | None, jobs: int | None, quiet: bool) -> None:
    """Build the site."""
    from ec_maps.site.build import render_site

    if jobs:
        os.environ["EC_MAPS_JOBS"] = str(jobs)  # place pages are drawn by another process
    with going_on_later(quiet=quiet):
        tell = (lambda _: None) if quiet else (lambda line: click.echo(line, err=True))
        site, used = render_site(profile=profile, engine=engine, log=tell)
    click.echo(f"The site is in {site} (built with {used}).")
    click.echo(f"To view it, open {site / 'index.html'} in a browser, or run:")
    server = ["python3", "-m", "http.server", "--bind", "127.0.0.1", "--directory", str(site), "8000"]
    click.echo(f"  {shlex.join(server)}   and open http://127.0.0.1:8000/")
