"""Atlas zips as Google Drive writes them: streamed, with a folder, decoys and shuffled columns.

Every value is a formula of the code (:func:`value`) and says nothing about any place.
"""

from __future__ import annotations

import csv
import io
import random
import zipfile
import zlib
from collections.abc import Collection, Iterable, Mapping
from functools import cache

from ec_maps.geography.codes import neighbourhood_codes, official_districts

EC_FILE = "uk_economic_connectedness_20250301.csv"
DECOY = "uk_economic_connectedness_by_age_2025.csv"
DS = "2025-02-28"


def value(code: str, scale: float = 1.0) -> float:
    """Return the made-up share of high-income friends of low-income users in an area, 0.3 to 0.6."""
    return round((0.3 + 0.3 * (zlib.crc32(code.encode()) % 100_003) / 100_003) * scale, 6)


def ec_csv(
    key: str, codes: Iterable[str], ds: str = DS, scale: float = 1.0, missing: Collection[str] = (), *, shuffle: int = 0
) -> str:
    """Return the CSV of economic connectedness; `missing` areas have empty ratios, `shuffle` seeds the order."""
    rows: list[dict[str, object]] = []
    for category, more in (("low_ses_users", 0.0), ("high_ses_users", 0.1)):
        for code in codes:
            ratio = round(value(code, scale) + more, 6)
            bias = 0.05 + 0.2 * (zlib.crc32(f"{code} bias".encode()) % 1009) / 1009
            rows.append(
                {
                    key: code,
                    "ds": ds,
                    "measurement_category": category,
                    "high_ses_ratio": "" if code in missing else ratio,
                    "expected_high_ses_ratio": "" if code in missing else round(ratio / (1 - bias), 6),
                    "average_bias": "" if code in missing else round(bias, 6),
                    "num_users": 1000 + zlib.crc32(code.encode()) % 9000,
                }
            )
    return _csv(rows, shuffle)


def _csv(rows: list[dict[str, object]], shuffle: int) -> str:
    """Return rows as CSV behind a column of row numbers without a name, rows and other columns in any order."""
    order = random.Random(shuffle)
    columns = list(rows[0]) if rows else []
    order.shuffle(columns)
    order.shuffle(rows)
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["", *columns])
    writer.writerows([place, *(row[name] for name in columns)] for place, row in enumerate(rows))
    return out.getvalue()


class _Stream(io.RawIOBase):
    """A sink that cannot go back, so that sizes follow the members (flag bit 3)."""

    def __init__(self) -> None:
        super().__init__()
        self.whole = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]
        self.whole += data
        return len(data)


def streamed_zip(members: Mapping[str, str | bytes]) -> bytes:
    """Return a zip of these members written in one go, without going back."""
    stream = _Stream()
    with zipfile.ZipFile(stream, "w") as archive:  # type: ignore[call-overload]
        for name, content in members.items():
            info = zipfile.ZipInfo(name, (2025, 3, 20, 0, 2, 32))
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, content)
    return bytes(stream.whole)


def _members(folder: str, key: str, codes: list[str], table: str, shuffle: int) -> dict[str, str]:
    some = codes[:5]

    def other(column: str) -> str:
        return _csv([{key: code, "ds": DS, column: value(code, 0.5), "user_count": 100} for code in some], shuffle)

    ages = [{key: code, "ds": DS, "measurement_category": "25_34", "high_ses_ratio": 0.999} for code in some]
    return {
        f"{folder}/uk_clustering_20250301.csv": other("average_clustering"),
        f"{folder}/{DECOY}": _csv(list(ages), shuffle),
        f"{folder}/{EC_FILE}": table,
        f"{folder}/uk_support_ratio_20250301.csv": other("average_support_ratio"),
        f"{folder}/uk_volunteering_20250301.csv": other("volunteering_fraction"),
    }


def lad_zip(
    codes: Iterable[str] | None = None,
    ds: str = DS,
    scale: float = 1.0,
    missing: Collection[str] = (),
    members: Mapping[str, str | bytes] | None = None,
) -> bytes:
    """Return the zip of local authorities, all 374 by default; `members` are added or, by name, replaced."""
    codes = sorted(official_districts()) if codes is None else list(codes)
    table = ec_csv("lad_code", codes, ds, scale, missing, shuffle=1)
    return streamed_zip(_members("local_authority", "lad_code", codes, table, 1) | dict(members or {}))


def msoa_zip(
    codes: Iterable[str] | None = None,
    ds: str = DS,
    scale: float = 1.0,
    missing: Collection[str] = (),
    members: Mapping[str, str | bytes] | None = None,
) -> bytes:
    """Return the zip of neighbourhoods, all 7,264 by default."""
    codes = sorted(neighbourhood_codes("2021")) if codes is None else list(codes)
    table = ec_csv("zip_prediction", codes, ds, scale, missing, shuffle=2)
    return streamed_zip(_members("msoa", "zip_prediction", codes, table, 2) | dict(members or {}))


def postcode_zip(ds: str = DS) -> bytes:
    """Return the zip of postcode districts, whose CSV has the same columns as that of neighbourhoods."""
    codes = [f"{area}{number}" for area in ("B", "CF", "LS", "NR", "TF", "TS") for number in range(1, 31)]
    table = ec_csv("zip_prediction", codes, ds, shuffle=3)
    return streamed_zip(_members("postcode_district", "zip_prediction", codes, table, 3))


@cache
def default_files() -> dict[str, bytes]:
    """Return the three zips by resource."""
    return {"local_authority": lad_zip(), "msoa": msoa_zip(), "postcode_district": postcode_zip()}


@cache
def _rescaled() -> dict[str, bytes]:
    return {"local_authority": lad_zip(scale=1.05), "msoa": msoa_zip(scale=1.05), "postcode_district": postcode_zip()}


def other_files(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return what replaces these zips: values 5 % higher; for zips that a test made, the same and one member more."""
    return {
        key: _rescaled()[key]
        if body == default_files().get(key) and body != _rescaled()[key]
        else streamed_zip(_unpacked(body) | {"note.txt": b"A later release.\n"})
        for key, body in files.items()
    }


def _unpacked(body: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def in_parts(body: bytes) -> list[bytes]:
    """Return the two zips that Drive makes of a folder too large for one: the wanted CSV is in the second."""
    members = _unpacked(body)
    wanted = {name for name in members if name.endswith(EC_FILE)}
    return [
        streamed_zip({name: content for name, content in members.items() if (name in wanted) == second})
        for second in (False, True)
    ]
