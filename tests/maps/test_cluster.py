"""Maps drawn by a Dask cluster: a real scheduler and real workers on this machine."""

from __future__ import annotations

import shutil
import signal
import socket
import time
from collections.abc import Iterator
from functools import partial
from importlib.metadata import version
from pathlib import Path

import pytest

import ec_maps
from clusters import Cluster, Counted, arrivals, cluster, seen
from ec_maps.errors import RenderError, SettingError
from ec_maps.maps import batch, workers

pytestmark = pytest.mark.network

NAMES = (
    *("Norwich", "Cardiff", "Great Yarmouth", "Rutland", "Isles of Scilly", "City of London"),
    *("Hartlepool", "Torfaen", "Ceredigion", "Broadland"),
)


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch, demo: Path) -> None:
    """Have ten places and a region instead of all."""
    del demo
    every = batch._all_maps
    names = {*NAMES, "London"}
    monkeypatch.setattr(batch, "_all_maps", lambda *words: [one for one in every(*words) if one.name in names])


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Start a cluster of two workers for the tests that leave it as it was."""
    with cluster(tmp_path_factory.mktemp("cluster")) as running:
        for name in ("a", "b"):
            running.worker(name)
        running.wait_for(2)
        yield running


def contents(folder: Path) -> dict[str, bytes]:
    """Return the files of a folder."""
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


@pytest.mark.full
@pytest.mark.usefixtures("few")
def test_a_cluster_draws_the_same(tmp_path: Path, two: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files are byte for byte those drawn here, with the band of demonstration data though no worker is set to it."""
    here = batch.bring(tmp_path / "here", jobs=1)
    monkeypatch.setenv("EC_MAPS_DASK", two.address)
    there = batch.bring(tmp_path / "there")
    assert sorted(there.drawn) == sorted(here.drawn)
    assert len(there.drawn) == len(NAMES) + 1
    assert contents(tmp_path / "there") == contents(tmp_path / "here")
    assert batch.bring(tmp_path / "there").drawn == []
    svg = batch.bring(tmp_path / "svg", kinds=["places"], format="svg").paths[0].read_text(encoding="utf-8")
    assert "Demonstration data" in svg


@pytest.mark.full
def test_what_is_shared_is_sent_once_to_each_worker(two: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    """A hundred tasks share 5 MB: they come to each worker once, and each task there is given the same object."""
    import distributed

    monkeypatch.setenv("EC_MAPS_DASK", two.address)
    drawn = list(workers.results(seen, partial(Counted, 5_000_000), range(100)))
    assert sorted(task for task, _, _ in drawn) == list(range(100))
    assert len({process for _, process, _ in drawn}) == 2
    assert len({(process, thing) for _, process, thing in drawn}) == 2
    with distributed.Client(two.address, set_as_default=False) as client:
        assert list(client.run(arrivals).values()) == [1, 1]


@pytest.mark.full
def test_one_worker_draws_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cluster of a single worker is given the tasks; they do not stay here."""
    with cluster(tmp_path) as running:
        alone = running.worker("only")
        running.wait_for(1)
        monkeypatch.setenv("EC_MAPS_DASK", running.address)
        drawn = list(workers.results(seen, partial(Counted, 10), range(3)))
    assert {process for _, process, _ in drawn} == {alone.pid}


@pytest.mark.full
@pytest.mark.usefixtures("few")
def test_a_worker_is_killed_in_the_middle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All maps arrive, none of them twice, and they are those drawn here."""
    batch.bring(tmp_path / "here", jobs=1)
    written: list[str] = []
    write = batch._write
    with cluster(tmp_path) as running:
        victim, other = running.worker("a"), running.worker("b")
        running.wait_for(2)
        monkeypatch.setenv("EC_MAPS_DASK", running.address)

        def kill(path: Path, content: bytes) -> None:
            write(path, content)
            written.append(path.name)
            if len(written) == 3:
                victim.send_signal(signal.SIGKILL)

        monkeypatch.setattr(batch, "_write", kill)
        done = batch.bring(tmp_path / "there")
        assert victim.wait() == -signal.SIGKILL
        assert other.poll() is None
    assert len(written) == len(set(written)) == len(done.drawn) == len(NAMES) + 1
    assert contents(tmp_path / "there") == contents(tmp_path / "here")


@pytest.mark.full
@pytest.mark.usefixtures("few")
def test_all_workers_die(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The run ends with a letter; what was drawn stays and is not drawn again, here."""
    monkeypatch.setattr("ec_maps.maps.workers._PATIENCE", 3.0)
    folder, write = tmp_path / "maps", batch._write
    with cluster(tmp_path) as running:
        both = [running.worker("a"), running.worker("b")]
        running.wait_for(2)
        monkeypatch.setenv("EC_MAPS_DASK", running.address)

        def kill(path: Path, content: bytes) -> None:
            write(path, content)
            for worker in both:
                worker.send_signal(signal.SIGKILL)

        with monkeypatch.context() as patch:
            patch.setattr(batch, "_write", kill)
            with pytest.raises(
                RenderError, match=r"has no workers any more.*is kept.*if EC_MAPS_DASK is unset"
            ) as said:
                batch.bring(folder)
        assert said.value.exit_status == 1
    monkeypatch.delenv("EC_MAPS_DASK")
    there = {path.name: path.stat().st_mtime_ns for path in folder.glob("*.png")}
    assert there
    assert len(batch.bring(folder).drawn) == len(NAMES) + 1 - len(there)
    assert {name: (folder / name).stat().st_mtime_ns for name in there} == there


@pytest.mark.full
def test_the_scheduler_dies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The run ends with a letter as well, not in a wait for ever."""
    monkeypatch.setattr("ec_maps.maps.workers._PATIENCE", 3.0)
    with cluster(tmp_path) as running:
        running.worker("a")
        running.wait_for(1)
        monkeypatch.setenv("EC_MAPS_DASK", running.address)
        drawn = workers.results(seen, partial(Counted, 10), range(1000))
        assert next(drawn)
        running.running[0].send_signal(signal.SIGKILL)
        with pytest.raises(RenderError, match="its scheduler does not answer any more"):
            list(drawn)


@pytest.mark.full
def test_workers_that_would_draw_something_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker without ec_maps, one of another version and one of other code are named together; nothing is sent."""
    import distributed

    library = Path(distributed.__file__).parents[1]
    without = tmp_path / "without"
    without.mkdir()
    for path in library.iterdir():
        if "ec_maps" not in path.name:
            (without / path.name).symlink_to(path)
    older = tmp_path / "older"
    (older / "ec_maps-0.0.7.dist-info").mkdir(parents=True)
    (older / "ec_maps-0.0.7.dist-info" / "METADATA").write_text("Name: ec-maps\nVersion: 0.0.7\n", encoding="utf-8")
    changed = tmp_path / "changed"
    shutil.copytree(Path(ec_maps.__file__).parent, changed / "ec_maps", ignore=shutil.ignore_patterns("__pycache__"))
    with (changed / "ec_maps" / "drawing.py").open("a", encoding="utf-8") as code:
        code.write("# changed\n")
    with cluster(tmp_path) as running:
        running.worker("same")
        running.worker("none", python=("-S",), PYTHONPATH=str(without))
        running.worker("older", PYTHONPATH=str(older))
        running.worker("changed", PYTHONPATH=str(changed))
        running.wait_for(4)
        with distributed.Client(running.address, set_as_default=False) as client:
            told = client.scheduler_info(n_workers=-1)["workers"]
        at = {row["name"]: address for address, row in told.items()}
        monkeypatch.setenv("EC_MAPS_DASK", running.address)
        with pytest.raises(RenderError) as said:
            list(workers.results(seen, partial(Counted, 10), range(3)))
    text = str(said.value)
    assert f"{at['none']} has no ec_maps\n" in text
    assert f"{at['older']} has ec_maps 0.0.7; here it is {version('ec-maps')}\n" in text
    assert f"{at['changed']} has ec_maps {version('ec-maps')}, as here, but its code" in text
    assert at["same"] not in text
    assert "unset EC_MAPS_DASK" in text


@pytest.mark.full
def test_a_cluster_without_workers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The letter says how to start some."""
    with cluster(tmp_path) as running:
        monkeypatch.setenv("EC_MAPS_DASK", running.address)
        with pytest.raises(RenderError, match=f"has no workers. Start some: dask worker {running.address}"):
            list(workers.results(seen, partial(Counted, 10), range(3)))


@pytest.mark.full
@pytest.mark.parametrize("listening", [True, False])
def test_a_scheduler_that_does_not_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], listening: bool
) -> None:
    """Nobody there, or somebody who says nothing: a letter with the address and how to draw here, and no log."""
    with socket.socket() as mute:
        mute.bind(("127.0.0.1", 0))
        if listening:
            mute.listen()
        address = f"tcp://127.0.0.1:{mute.getsockname()[1]}"
        monkeypatch.setenv("EC_MAPS_DASK", address)
        start = time.monotonic()
        with pytest.raises(RenderError, match=f"scheduler at {address} .* did not answer.*unset EC_MAPS_DASK") as said:
            list(workers.results(seen, partial(Counted, 10), range(3)))
        assert time.monotonic() - start < 60
    assert said.value.exit_status == 1
    assert capfd.readouterr().err == ""


def test_tiles_and_a_cluster_do_not_go_together(monkeypatch: pytest.MonkeyPatch) -> None:
    """Maps with tiles are not sent: every worker would have to ask the provider, with the key."""
    monkeypatch.setenv("EC_MAPS_DASK", "tcp://127.0.0.1:1")
    monkeypatch.setenv("EC_MAPS_BASEMAP", "CartoDB.Positron")
    with pytest.raises(SettingError, match=r'EC_MAPS_BASEMAP is "CartoDB.Positron".*have no tiles'):
        list(workers.results(seen, partial(Counted, 10), range(3)))
