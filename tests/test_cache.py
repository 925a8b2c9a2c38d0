from __future__ import annotations

import random
import re
import warnings
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import pytest
from geopandas.testing import assert_geodataframe_equal
from shapely.geometry import box

from ec_maps import cache
from makers import use


def table(value: float = 0.4) -> gpd.GeoDataFrame:
    """Return a small table with text, numbers, gaps and outlines."""
    return gpd.GeoDataFrame(
        {"code": [f"E0{n}" for n in range(40)], "value": [None, *[value + n / 100 for n in range(39)]]},
        geometry=[box(n, n, n + 1, n + 2) for n in range(40)],
        crs=27700,
    )


class Builder:
    """Builds the table, and counts how often it was asked to."""

    def __init__(self, build: Callable[[], gpd.GeoDataFrame] = table) -> None:
        self.build, self.times = build, 0

    def __call__(self) -> gpd.GeoDataFrame:
        self.times += 1
        return self.build()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the cache's folder, not made yet."""
    use(monkeypatch, data=tmp_path / "data")
    return tmp_path / "data" / "cache"


# --- the fingerprint ------------------------------------------------------------------------------


def test_a_fingerprint_is_sixteen_hex_digits_and_stays(tmp_path: Path) -> None:
    """The same files and parts have the same fingerprint, in whatever order the files are named."""
    (tmp_path / "a").write_text("1", encoding="utf-8")
    (tmp_path / "b").write_text("2", encoding="utf-8")
    first = cache.fingerprint([tmp_path / "a", tmp_path / "b"], "live", 1)
    assert len(first) == 16
    assert int(first, 16) >= 0
    assert cache.fingerprint([tmp_path / "b", tmp_path / "a"], "live", 1) == first


def test_a_fingerprint_changes_with_everything(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Content, name and number of the files, each part, and the library's code all change it."""
    one, two = tmp_path / "one", tmp_path / "two"
    one.write_text("1", encoding="utf-8")
    two.write_text("1", encoding="utf-8")
    prints = [
        cache.fingerprint([]),
        cache.fingerprint([one]),
        cache.fingerprint([two]),
        cache.fingerprint([one, two]),
        cache.fingerprint([one], "live"),
        cache.fingerprint([one], "demo"),
        cache.fingerprint([one], "live", "demo"),
    ]
    one.write_text("22", encoding="utf-8")
    prints.append(cache.fingerprint([one]))
    monkeypatch.setattr(cache, "_code_digest", lambda: "another version")
    prints.append(cache.fingerprint([one]))
    assert len(set(prints)) == len(prints)


def test_the_code_that_computes_is_in_the_fingerprint(root: Path) -> None:
    """What a table is made by counts, whichever module it lies in; what brings files and what draws does not."""
    package = root / "src" / "ec_maps"
    counted = {path.relative_to(package).as_posix() for path in cache._computing(package)}
    modules = {path.relative_to(package).as_posix() for path in package.rglob("*.py")}
    imported, new = set(), {"areas/table.py"}
    while new:
        imported |= new
        texts = [(package / name).read_text(encoding="utf-8") for name in new]
        new = {name for name in modules if any(_imports(name, text) for text in texts)} - imported
    # What files hold is in the fingerprint by their contents, and what is set by the files that are read.
    assert {name for name in imported if not name.startswith("fetch/")} - {"settings.py", "errors.py"} <= counted
    assert {"tables/districts.csv", "tables/measures.csv", "measures.py", "cache.py"} <= counted
    assert not [name for name in counted if name.startswith(("analysis/", "graphics/", "maps/", "site/", "fetch/"))]


def _imports(name: str, text: str) -> bool:
    room, _, module = f"ec_maps/{name.removesuffix('.py')}".replace("/", ".").rpartition(".")
    from_room = re.findall(rf"from {re.escape(room)} import ([^\n]+)", text)
    return f"from {room}.{module} import" in text or any(module in line.replace(",", " ").split() for line in from_room)


# --- the one way to write -------------------------------------------------------------------------


def test_a_write_is_whole_or_leaves_nothing(folder: Path) -> None:
    """What was there stays until the new content is whole; a write that fails leaves it, and nothing beside it."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "file.txt"
    path.write_text("before", encoding="utf-8")

    def half(temporary: Path) -> None:
        temporary.write_text("half", encoding="utf-8")
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space left"), cache.atomic_write(path) as temporary:
        half(temporary)
    assert [(one.name, one.read_text(encoding="utf-8")) for one in folder.iterdir()] == [("file.txt", "before")]
    for durable in (False, True):
        with cache.atomic_write(path, durable=durable) as temporary:
            temporary.write_text(f"after {durable}", encoding="utf-8")
            assert path.read_text(encoding="utf-8") != f"after {durable}"
        assert [(one.name, one.read_text(encoding="utf-8")) for one in folder.iterdir()] == [
            ("file.txt", f"after {durable}")
        ]


# --- the tables -----------------------------------------------------------------------------------


def test_a_table_is_built_once(folder: Path) -> None:
    """The second time, the same table comes from the cache: columns, types, gaps, outlines and CRS."""
    build = Builder()
    first = cache.cached("areas", "0" * 16, build)
    second = cache.cached("areas", "0" * 16, build)
    assert build.times == 1
    assert_geodataframe_equal(first, second, check_crs=True)
    assert [path.name for path in folder.iterdir()] == [f"areas-{'0' * 16}.parquet"]


def test_another_key_builds_again_and_sweeps(folder: Path) -> None:
    """Under another key the table is built, and the old one of that name goes; tables of other names stay."""
    cache.cached("areas", "0" * 16, table)
    cache.cached("areas-lad", "0" * 16, table)
    build = Builder(lambda: table(0.5))
    found = cache.cached("areas", "1" * 16, build)
    assert (build.times, found["value"][1]) == (1, 0.5)
    assert sorted(path.name for path in folder.iterdir()) == [
        f"areas-{'1' * 16}.parquet",
        f"areas-lad-{'0' * 16}.parquet",
    ]


@pytest.mark.parametrize("damage", [b"", b"PAR1", b"<html>", b"PAR1" + b"\0" * 500 + b"PAR1"])
def test_a_damaged_table_is_built_again(folder: Path, damage: bytes) -> None:
    """A table that cannot be read is built and written again, without a warning."""
    cache.cached("areas", "0" * 16, table)
    [path] = folder.iterdir()
    path.write_bytes(damage)
    build = Builder()
    for _ in range(2):
        assert_geodataframe_equal(cache.cached("areas", "0" * 16, build), table())
    assert build.times == 1


def test_a_table_cut_short_is_built_again(folder: Path) -> None:
    """A table that was cut at any point is built again."""
    cache.cached("areas", "0" * 16, table)
    [path] = folder.iterdir()
    whole = path.read_bytes()
    for end in range(0, len(whole), 500):
        path.write_bytes(whole[:end])
        assert_geodataframe_equal(cache.cached("areas", "0" * 16, table), table())


def test_a_flipped_bit_in_the_values_never_goes_unseen(folder: Path) -> None:
    """Whichever bit of the stored values is flipped, the table that comes back is the right one."""
    cache.cached("areas", "0" * 16, table)
    [path] = folder.iterdir()
    whole, chance = path.read_bytes(), random.Random(1)
    footer = int.from_bytes(whole[-8:-4], "little")
    build = Builder()
    for _ in range(80):
        content = bytearray(whole)
        content[chance.randrange(4, len(whole) - footer - 8)] ^= 1 << chance.randrange(8)
        path.write_bytes(content)
        assert_geodataframe_equal(cache.cached("areas", "0" * 16, build), table())
    assert build.times > 25


def test_a_table_without_outlines_is_built_again(folder: Path) -> None:
    """Another Parquet file under the table's name is not used."""
    folder.mkdir(parents=True)
    table().drop(columns="geometry").to_parquet(folder / f"areas-{'0' * 16}.parquet")
    build = Builder()
    cache.cached("areas", "0" * 16, build)
    assert build.times == 1


def test_an_unwritable_cache_costs_one_warning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Below a regular file nothing can be written: the tables are still returned, with one warning for all of them."""
    (tmp_path / "file").write_text("not a folder", encoding="utf-8")
    use(monkeypatch, data=tmp_path / "file" / "data")
    with pytest.warns(UserWarning, match="cannot be written .* still drawn.*EC_MAPS_DATA_DIR") as caught:
        found = [cache.cached(name, "0" * 16, table) for name in ("areas", "areas", "boundaries")]
    assert len(caught) == 1
    assert str(tmp_path / "file" / "data" / "cache") in str(caught[0].message)
    for each in found:
        assert_geodataframe_equal(each, table())


def test_no_room_on_the_disk(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A failed write leaves nothing behind, and the table is still returned."""

    def full(_self: gpd.GeoDataFrame, path: Path, **_options: object) -> None:
        path.write_bytes(b"PAR1 half a table")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(gpd.GeoDataFrame, "to_parquet", full)
    with pytest.warns(UserWarning, match="No space left on device"):
        assert_geodataframe_equal(cache.cached("areas", "0" * 16, table), table())
    assert list(folder.iterdir()) == []


def test_an_interrupted_write_leaves_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After an interruption during writing, no part of a table is left, under any name."""

    def stopped(_self: gpd.GeoDataFrame, path: Path, **_options: object) -> None:
        path.write_bytes(b"PAR1 half a table")
        raise KeyboardInterrupt

    monkeypatch.setattr(gpd.GeoDataFrame, "to_parquet", stopped)
    with pytest.raises(KeyboardInterrupt):
        cache.cached("areas", "0" * 16, table)
    assert list(folder.iterdir()) == []


def test_a_fault_in_building_is_not_hidden(folder: Path) -> None:
    """An error in building is raised, and nothing is stored."""

    def fails() -> gpd.GeoDataFrame:
        msg = "no such table"
        raise LookupError(msg)

    with warnings.catch_warnings(), pytest.raises(LookupError, match="no such table"):
        cache.cached("areas", "0" * 16, fails)
    assert not folder.exists()


# --- a folder that others can write ---------------------------------------------------------------


def test_a_cache_that_everybody_can_write_is_said_once(folder: Path) -> None:
    """Its values may be somebody else's: one warning with the setting for another folder, and the table is given."""
    folder.mkdir(parents=True)
    folder.chmod(0o777)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for _ in range(3):
            assert_geodataframe_equal(cache.cached("t", "0" * 16, Builder()), table())
    (said,) = (str(one.message) for one in caught)
    assert re.search("can be written by every user.*EC_MAPS_DATA_DIR", said)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        folder.chmod(0o775)
        cache.cached("t", "0" * 16, Builder())


@pytest.mark.parametrize(
    ("owner", "me", "said"),
    [(1000, 1000, ""), (0, 1000, ""), (1000, 0, ""), (1001, 1000, "belongs to another user")],
    ids=["own", "root's", "of a user outside the container", "another's"],
)
def test_whose_folder_is_trusted(owner: int, me: int, said: str) -> None:
    """One's own, root's, and for root of a container any; another user's is not."""
    assert cache._shared(0o40755, owner, me) == said
