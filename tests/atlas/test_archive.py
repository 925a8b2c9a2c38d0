from __future__ import annotations

import random
import stat
import struct
import zipfile
from pathlib import Path

import pytest

from ec_maps.atlas import archive
from ec_maps.atlas.archive import DamagedArchive, members, read
from ec_maps.errors import DataError
from makers import LAD_CSV, write_zip

TEXT = b"lad_code,high_ses_ratio\n" + b"".join(b"E06%06d,0.%04d\n" % (n, n * 37 % 10_000) for n in range(300))


def names(path: Path) -> list[str]:
    """Return the base names of what a zip is seen to hold."""
    return [member.base for member in members(path)]


# --- what is listed -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "hidden",
    ["__MACOSX/local_authority/._a.csv", ".DS_Store", "folder/.hidden.csv", "~$a.csv", "folder/", ".git/a.csv"],
)
def test_hidden_members_are_passed_over(tmp_path: Path, hidden: str) -> None:
    """Resource forks, hidden files, lock files and folders are no members, wherever they lie."""
    assert names(write_zip(tmp_path / "a.zip", {hidden: b"", "folder/a.csv": TEXT})) == ["a.csv"]


def test_backslashes_are_separators(tmp_path: Path) -> None:
    """A zip packed on Windows by an old tool has backslashes; the base name is what follows the last of them."""
    [member] = members(write_zip(tmp_path / "a.zip", {"local_authority\\inner\\a.csv": TEXT}))
    assert member.base == "a.csv"
    assert read(member) == TEXT


def test_links_are_passed_over(tmp_path: Path) -> None:
    """A symbolic link in a zip is no file: its text is the path that it points to."""
    info = zipfile.ZipInfo("a.csv")
    info.create_system, info.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as out:
        out.writestr(info, "/etc/hostname")
        out.writestr("b.csv", TEXT)
    assert names(tmp_path / "a.zip") == ["b.csv"]


def test_streamed_entries_are_read(tmp_path: Path) -> None:
    """Entries written to a stream (sizes behind the data, as cloud drives pack them) are read like any."""

    class Pipe:
        def __init__(self, path: Path) -> None:
            self.file = path.open("wb")

        def write(self, data: bytes) -> int:
            return self.file.write(data)

        def flush(self) -> None:
            self.file.flush()

    pipe = Pipe(tmp_path / "a.zip")
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as out, out.open(LAD_CSV, "w") as entry:  # type: ignore[call-overload]
        entry.write(TEXT)
    pipe.file.close()
    [member] = members(tmp_path / "a.zip")
    with zipfile.ZipFile(tmp_path / "a.zip") as back:
        assert back.getinfo(member.stored).flag_bits & 0x08
    assert read(member) == TEXT


def test_junk_round_the_archive_is_allowed(tmp_path: Path) -> None:
    """A zip with bytes before its first entry still is a zip."""
    path = write_zip(tmp_path / "a.zip", {"a.csv": TEXT})
    path.write_bytes(b"junk" * 50 + path.read_bytes())
    assert [read(member) for member in members(path)] == [TEXT]


def test_a_name_that_is_not_utf8_is_listed(tmp_path: Path) -> None:
    """A name in an old code page is read one way or another, and does not hide its neighbours."""
    path = write_zip(tmp_path / "a.zip", {"xxx.txt": b"", "a.csv": TEXT})
    path.write_bytes(path.read_bytes().replace(b"xxx.txt", b"\x94\x81\xe1.txt"))
    assert "a.csv" in names(path)


def test_a_member_introduces_itself(tmp_path: Path) -> None:
    """In a message, a member says its path in the zip and the zip's name."""
    [member] = members(write_zip(tmp_path / "a.zip", {"in/b.csv": TEXT}))
    assert str(member) == "in/b.csv in a.zip"


# --- what is refused ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "is empty"),
        (b"<!DOCTYPE html><title>Just a moment...</title>", "is a web page, not a zip"),
        (b"\n\n <html>", "is a web page, not a zip"),
        (b"\x1f\x8b\x08\x00rest", "is a gzip file, not a zip"),
        (b"lad_code,high_ses_ratio\n", "is not a zip archive"),
        (b"PK\x03\x04" + b"\0" * 100, "is cut short or damaged"),
    ],
)
def test_a_file_that_is_no_zip_is_named_for_what_it_is(tmp_path: Path, content: bytes, says: str) -> None:
    """A block page, an empty file and half a zip have different messages, and the file is named."""
    path = tmp_path / "local_authority.zip"
    path.write_bytes(content)
    with pytest.raises(DamagedArchive, match=says) as caught:
        members(path)
    assert str(path) in str(caught.value)


def test_a_zip_cut_short(tmp_path: Path) -> None:
    """At whatever byte a download stopped, the zip is damaged, not merely empty."""
    path = write_zip(tmp_path / "a.zip", {"a.csv": TEXT})
    whole = path.read_bytes()
    for end in range(4, len(whole) - 1, 97):
        path.write_bytes(whole[:end])
        with pytest.raises(DamagedArchive, match="cut short or damaged"):
            members(path)


def test_a_file_that_cannot_be_read_is_not_called_damaged(tmp_path: Path) -> None:
    """A file that is gone, or not ours to read, is an error that calls for no new download."""
    with pytest.raises(DataError, match=r"gone\.zip cannot be read \(No such file") as caught:
        members(tmp_path / "gone.zip")
    assert not isinstance(caught.value, DamagedArchive)


@pytest.mark.parametrize(
    "name", ["../evil.csv", "/etc/evil.csv", "C:\\evil.csv", "a/../../evil.csv", "..\\evil.csv", "a.csv\0.exe"]
)
def test_unsafe_names_are_refused(tmp_path: Path, name: str) -> None:
    """Nothing is extracted, but an archive with a name that would climb out is not read."""
    path = write_zip(tmp_path / "a.zip", {"evil____________"[: len(name)]: b"", "good.csv": TEXT})
    path.write_bytes(path.read_bytes().replace(b"evil____________"[: len(name)], name.encode()))
    with pytest.raises(DataError, match=r'a\.zip holds an unsafe member name, ".*(evil|\.exe)'):
        members(path)


def test_too_many_members_are_refused(tmp_path: Path) -> None:
    """An Atlas zip holds a few dozen files; a thousand and one are refused with their number."""
    with pytest.raises(DataError, match=r"lists 1001 members"):
        members(write_zip(tmp_path / "a.zip", {f"{n}.csv": b"" for n in range(1001)}))


def test_a_bomb_is_not_unpacked(tmp_path: Path) -> None:
    """A few kilobytes that declare megabytes are refused by their ratio, before anything is unpacked."""
    [member] = members(write_zip(tmp_path / "a.zip", {"a.csv": b"0" * 5_000_000}))
    with pytest.raises(DataError, match=r"a\.csv in a\.zip expands to more than an Atlas file can hold"):
        read(member)


def test_a_large_member_is_not_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A member above the limit is refused by its declared size, however badly it compresses."""
    monkeypatch.setattr(archive, "MAX_MEMBER_BYTES", len(TEXT) - 1)
    [member] = members(write_zip(tmp_path / "a.zip", {"a.csv": TEXT}))
    with pytest.raises(DataError, match="expands to more than"):
        read(member)


def test_a_size_that_lies(tmp_path: Path) -> None:
    """A member that declares less than it holds is not read beyond that, and is found damaged."""
    path = write_zip(tmp_path / "a.zip", {"a.csv": TEXT})
    size = struct.pack("<L", len(TEXT))
    assert path.read_bytes().count(size) >= 2
    path.write_bytes(path.read_bytes().replace(size, struct.pack("<L", 100)))
    [member] = members(path)
    with pytest.raises(DamagedArchive, match="is damaged"):
        read(member)


def test_a_name_stored_twice(tmp_path: Path) -> None:
    """Two entries under one name, in whichever separators: it is not clear which one is meant."""
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as out:
        out.writestr("x/a.csv", TEXT)
        out.writestr("x\\a.csv", b"other")
        out.writestr("b.csv", TEXT)
    first, second, other = members(tmp_path / "a.zip")
    for member in (first, second):
        with pytest.raises(DataError, match="stored twice under the same name"):
            read(member)
    assert read(other) == TEXT


def test_an_encrypted_member(tmp_path: Path) -> None:
    """An encrypted member is refused with the reason, not asked a password for."""
    path = write_zip(tmp_path / "a.zip", {"a.csv": TEXT})
    content = bytearray(path.read_bytes())
    content[6] |= 1  # the flag in the entry's own header
    content[content.index(b"PK\x01\x02") + 8] |= 1  # and in the list of contents
    path.write_bytes(content)
    [member] = members(path)
    with pytest.raises(DataError, match=r"cannot be unpacked \(.*password") as caught:
        read(member)
    assert not isinstance(caught.value, DamagedArchive)


def test_an_unknown_packing_method(tmp_path: Path) -> None:
    """A method that Python lacks is refused with the reason."""
    path = write_zip(tmp_path / "a.zip", {"a.csv": TEXT})
    content = bytearray(path.read_bytes())
    content[8] = content[content.index(b"PK\x01\x02") + 10] = 97
    path.write_bytes(content)
    [member] = members(path)
    with pytest.raises(DataError, match="cannot be unpacked"):
        read(member)


@pytest.mark.parametrize(
    "method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA], ids=str
)
def test_a_flipped_bit_never_goes_unseen(tmp_path: Path, method: int) -> None:
    """Whichever bit of a zip is flipped, its content is read unchanged or is an error of ours: nothing else."""
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", method) as out:
        out.writestr("a.csv", TEXT)
    whole, chance, refused = path.read_bytes(), random.Random(1), 0
    for _ in range(300):
        content = bytearray(whole)
        content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
        path.write_bytes(content)
        try:
            assert all(read(member) == TEXT for member in members(path))
        except DataError:
            refused += 1
    assert refused > 30


def test_a_damaged_member_is_named(tmp_path: Path) -> None:
    """A checksum that does not match names the member and the zip."""
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as out:
        out.writestr("in/a.csv", TEXT)
    path.write_bytes(path.read_bytes().replace(b"E06000007", b"E06000008"))
    [member] = members(path)
    with pytest.raises(DamagedArchive, match=r"in/a\.csv in a\.zip is damaged \(Bad CRC-32"):
        read(member)
    assert read(member, 100) == TEXT[:100]
