"""Start all servers and print the settings that point the library at them: ``python -m tests.fakes``."""

from __future__ import annotations

import signal
import threading

import click

from .arcgis import FakeArcGIS
from .archives import postcode_zip
from .country import assignment
from .hdx import FakeHDX, lad_zip, msoa_zip
from .hexagons import FakeHexagons
from .names import FakeNames
from .server import Fake
from .tiles import FakeTiles


@click.command()
@click.option("--lads", default=374, help="Confine the Atlas and the map services to the first so many districts.")
@click.option("--detail", default=0, help="Bends of every edge; 32 and more make heavy boundaries.")
@click.option("--port", default=0, help="First of six ports; by default any that are free.")
@click.option("--fault", "faults", multiple=True, help='SERVER:NAME[:ON[:TIMES]], such as "hdx:html200:storage:2".')
def main(lads: int, detail: int, port: int, faults: tuple[str, ...]) -> None:
    """Serve until Ctrl-C."""
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    if lads == 374:
        hdx, ons = FakeHDX(), FakeArcGIS(districts=detail, neighbourhoods=detail)
    else:
        codes = list(dict.fromkeys(assignment().values()))[:lads]
        msoas = [msoa for msoa, lad in assignment().items() if lad in codes]
        hdx = FakeHDX({"local_authority": lad_zip(codes), "msoa": msoa_zip(msoas), "postcode_district": postcode_zip()})
        ons = FakeArcGIS(districts=detail, neighbourhoods=detail, only=codes)
    servers: dict[str, Fake] = {
        "hdx": hdx, "ons": ons, "names": FakeNames(), "hexagons": FakeHexagons(), "tiles": FakeTiles(),
    }  # fmt: skip
    for text in faults:
        server, name, on, times = (*text.split(":"), "", "")[:4]
        servers[server].fault(name, on=on, times=int(times) if times else None)
    for server in servers.values():
        for role in server.roles if port else ():
            server.ports[role] = port
            port += 1
        server.start()
    variables = [f"EC_MAPS_{name.upper()}_URL={server.url}" for name, server in servers.items() if name != "tiles"]
    click.echo(" ".join(["export", *variables]))
    click.echo(f"# tiles: {servers['tiles'].url}/{{z}}/{{x}}/{{y}}.png")
    ended.wait()
    for server in servers.values():
        server.stop()


if __name__ == "__main__":
    main()
