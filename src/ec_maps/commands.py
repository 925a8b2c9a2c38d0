"""What the commands share: options, a group that prints faults as letters, and what is printed on the way."""

from __future__ import annotations

import errno
import logging
import os
import platform
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ec_maps import completion, listing, settings
from ec_maps.cleaning import printable
from ec_maps.errors import EcMapsError, SettingError

if TYPE_CHECKING:
    from ec_maps.graphics.figure import Map

MEASURE = click.option(
    "--measure", default="economic_connectedness", show_default=True, shell_complete=completion.measures,
    help="A measure that ec-maps measures lists.",
)  # fmt: skip
MEASURES = click.option(
    "--measure", "measures", multiple=True, shell_complete=completion.measures,
    help="Only this measure; may be given more than once.",
)  # fmt: skip
FORMAT = click.option(
    "--format", "form", type=click.Choice(listing.FORMATS), default="table", show_default=True,
    help="table: for people; csv and json: for programs.",
)  # fmt: skip
CATEGORY = click.option("--category", help="A group of people that ec-maps measures lists, if not the measure's own.")
SCOPE = click.option(
    "--scope", type=click.Choice(["ew", "uk"]), default="ew", show_default=True,
    help="ew: England and Wales; uk: the United Kingdom. Deciles are cut over all its areas.",
)  # fmt: skip
FORCE = click.option("--force", is_flag=True, help="Replace an existing file.")
OUTPUT = click.option(
    "-o", "--output", required=True, type=click.Path(dir_okay=False, readable=False, path_type=Path),
    help="The file to write, .png, .svg or .pdf.",
)  # fmt: skip
JOBS = click.option(
    "--jobs", type=click.IntRange(min=1), metavar="N",
    help="How many processes draw at once. Default: EC_MAPS_JOBS, or the cores of this machine, 4 at most.",
)  # fmt: skip
QUIET = click.option("--quiet", is_flag=True, help="Print nothing but errors and the result.")


class Command(click.Command):
    """A command with the option ``--verbose``, which prints all that the library logs."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        tell = "Print everything that is tried: addresses, files, candidates."
        option = click.Option(
            ["--verbose"], is_flag=True, expose_value=False, callback=lambda *given: _tell_all(given[-1]), help=tell
        )
        self.params.append(option)


def _tell_all(wanted: bool) -> None:  # noqa: FBT001 - click calls it
    """Print all that is logged, beginning with the versions and the settings; passwords and keys are left out."""
    log = logging.getLogger("ec_maps")
    if not wanted or log.level == logging.DEBUG:
        return
    log.setLevel(logging.DEBUG)
    log.debug("ec_maps %s, Python %s, %s", version("ec-maps"), platform.python_version(), platform.platform())
    for name in sorted(name for name in os.environ if name.startswith(("EC_MAPS_", "QUARTO_P"))):
        secret = name in ("EC_MAPS_DATABASE_URL", "EC_MAPS_BASEMAP_KEY", "EC_MAPS_DASK")
        log.debug("%s=%s", name, "(set)" if secret else os.environ[name])


class Commands(click.Group):
    """A group that prints the message of an `EcMapsError`, or of a file that cannot be used, without a traceback."""

    command_class = Command
    group_class = type

    def invoke(self, ctx: click.Context) -> object:
        """Run a command; a fault ends it with a letter and an exit status."""
        try:
            return super().invoke(ctx)
        except EcMapsError as error:
            fail(str(error), error.exit_status)
        except OSError as error:
            if error.errno == errno.EPIPE or not isinstance(error.filename, str):
                raise
            fail(_unusable(error), 1)
        return None


def _unusable(error: OSError) -> str:
    """Return the letter on a file or folder that cannot be used: its path, why, and the setting that names it."""
    where = "use another place"
    for name, folder in (("EC_MAPS_DATA_DIR", settings.data_dir()), ("EC_MAPS_BOUNDARIES", settings.boundaries())):
        if isinstance(folder, Path) and Path(error.filename).absolute().is_relative_to(folder):
            where = f"name another place in {name}"
    return f"{error.filename} cannot be used: {error.strerror}. Change who may read and write it, or {where}."


def fail(letter: str, status: int) -> None:
    """End the command with a letter and an exit status."""
    click.echo(f"ec-maps: {printable(letter)}", err=True)
    click.get_current_context().exit(status)


def start(*, verbose: bool) -> None:
    """Prepare the process: what is printed, and how."""
    # Set before Arrow is loaded, here and in the processes of pages: its own pools hold some 20 MB more.
    os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")
    for stream in (sys.stdout, sys.stderr):
        # A console that cannot print "ŷ" prints a replacement instead of failing.
        stream.reconfigure(errors="replace")  # type: ignore[union-attr]
    warnings.showwarning = lambda message, *_args, **_more: click.echo(
        f"ec-maps: note: {printable(str(message))}", err=True
    )
    handler, log = logging.StreamHandler(), logging.getLogger("ec_maps")
    handler.setFormatter(logging.Formatter("ec-maps: %(message)s"))
    log.handlers[:] = [handler]
    log.setLevel(logging.INFO)
    _tell_all(verbose)
    for mark in settings.project_root().glob("_site*/.unfinished"):
        if mark.parent.suffix != ".part":
            msg = "the build that wrote it stopped, or is still running. Build it again before you publish it."
            click.echo(f"ec-maps: note: The site in {mark.parent} is unfinished: {msg}", err=True)


@contextmanager
def going_on_later(*, quiet: bool) -> Iterator[None]:
    """Run long work, without messages if `quiet`; after Ctrl-C, say how to continue."""
    if quiet:
        logging.getLogger("ec_maps").setLevel(logging.ERROR)
        warnings.simplefilter("ignore")
        os.environ["PYTHONWARNINGS"] = "ignore"  # in the processes that draw, too
    try:
        yield
    except KeyboardInterrupt:
        click.echo("ec-maps: Interrupted. Finished maps are stored: run the same command again to continue.", err=True)
        click.get_current_context().exit(130)


def check_absent(path: Path, *, force: bool) -> None:
    """Raise `SettingError` if a file is already there and `force` is not given, before anything is drawn."""
    if path.exists() and not force:
        msg = f"{path} is already there, and nothing was changed. Use another name, or replace it with --force."
        raise SettingError(msg)


def save(drawn: Map, path: Path) -> None:
    """Save a map and say where it is."""
    click.echo(f"The map is in {drawn.save(path)}.")
