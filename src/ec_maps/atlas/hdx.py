"""The Humanitarian Data Exchange: which resource is which archive of the Atlas, and its download."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from ec_maps import settings
from ec_maps.atlas import archive
from ec_maps.atlas.archive import DATASET_PAGE, DamagedArchive
from ec_maps.errors import DataError, FetchError, listed
from ec_maps.fetch import http, sources
from ec_maps.fetch.http_errors import Fault, host_of, plain
from ec_maps.fetch.manifest import Brought

_SLUG = "uk-social-capital-atlas"
_DATASET = "79d5959f-73b8-4305-bb9e-d829e2e863da"
_STEMS = {"atlas_lad": "local_authority", "atlas_msoa": "msoa"}

#: The kinds of fault after which another address on the same host is worth a try.
_OTHER_WAY = ("blocked", "busy", "short", "stalled", "wrong", "missing")


@dataclass(frozen=True)
class Resource:
    """A file of the data set: its id, its name, its addresses on HDX, and what HDX states of it."""

    id: str
    name: str
    addresses: tuple[str, ...]
    size: int
    modified: str
    licence: str = ""
    notes: tuple[str, ...] = ()


def bring(key: str, path: Path) -> Brought:
    """Download an archive of the Atlas to `path`, checked as a complete zip, and return what is known of it.

    HDX is asked which resource it is; if that fails for a reason that may not affect the file itself, the address of
    its first publication is tried. Each try starts at HDX again: its links to the storage last a minute.

    Parameters
    ----------
    key
        ``"atlas_lad"`` or ``"atlas_msoa"``.
    path
        Where to write it.

    Raises
    ------
    FetchError
        If it cannot be downloaded.
    OSError
        If it cannot be written.
    """
    tries = http.TRIES
    try:
        resource = find(key)
    except Fault as fault:
        if fault.kind not in _OTHER_WAY:
            raise
        resource = _pinned(key, f"HDX could not be asked about the data set: {fault}")
        if fault.kind == "busy":
            tries = {**tries, "busy": 1}  # the full wait is over already
    faults: list[Fault] = []
    for address in resource.addresses:
        try:
            saved = http.patiently(partial(_save, address, path, resource.name), tries)
        except Fault as fault:
            faults.append(fault)
            if fault.kind != "missing":
                break
            continue
        return _brought(resource, address, saved)
    if all(fault.kind == "missing" for fault in faults):
        msg = (
            f"HDX does not have the file {resource.name} any more (resource {resource.id}"
            f"{f', changed {resource.modified}' if resource.modified else ''}): {faults[-1]}"
        )
        raise FetchError(" ".join([msg, *resource.notes]))
    # A fault of both addresses is reported once.
    notes = [note for note in resource.notes if not note.endswith(str(faults[-1]))]
    raise FetchError(" ".join([str(faults[-1]), *notes]))


def find(key: str) -> Resource:
    """Return the data set's resource for an archive: by its id, or else by its name.

    Raises
    ------
    FetchError
        If HDX answers and the resource is missing, restricted or in quarantine; as `Fault` if it does not answer.
    """
    dataset = http.patiently(_dataset)
    resources = dataset.get("resources")
    found = [row for row in resources if isinstance(row, dict)] if isinstance(resources, list) else []
    if dataset.get("is_requestdata_type") or dataset.get("private"):
        msg = "HDX now restricts this data set (“request data”), so nothing can be downloaded from it."
        raise FetchError(msg)
    ident, _ = _known(key)
    row = _best(found, ident, _STEMS[key])
    if row is None:
        names = listed([str(row.get("name")) for row in found]) or "none"
        msg = f"Resource {ident} no longer exists in the data set {_SLUG}, nor one so named. Resources now: {names}."
        raise FetchError(msg)
    name = str(row.get("name") or "")
    if row.get("in_quarantine"):
        msg = f'HDX has put "{name}" in quarantine; it cannot be downloaded at present.'
        raise FetchError(msg)
    addresses = tuple(dict.fromkeys(_addresses(row, str(dataset.get("id") or _DATASET))))
    title, url = dataset.get("license_title") or dataset.get("license_id") or "", dataset.get("license_url") or ""
    size = row.get("size")
    return Resource(
        id=str(row.get("id")),
        name=_file_name(row) or name,
        addresses=addresses,
        size=size if isinstance(size, int) else 0,
        modified=str(row.get("last_modified") or "")[:19],
        licence=f"{title} ({url})" if title and url else str(title),
        notes=(*_renumbered(ident, row), *_parts(found, row)),
    )


def _known(key: str) -> tuple[str, str]:
    """Return the id and the file's name under which an archive was first published."""
    ident, name = sources.source(key).address.split("/")
    return ident, name


def _pinned(key: str, note: str) -> Resource:
    ident, name = _known(key)
    folder = f"{settings.hdx_url()}/dataset/{_DATASET}/resource/{ident}/download/"
    return Resource(ident, name, (f"{folder}{name}", folder), 0, "", notes=(note,))


def _dataset() -> dict[str, Any]:
    """Return HDX's record of the data set, found by name or, if it was renamed, by id."""
    for name in (_SLUG, _DATASET):
        try:
            answer = http.get_json(f"{settings.hdx_url()}/api/3/action/package_show", {"id": name})
        except Fault as fault:
            if fault.kind == "missing" and name == _SLUG:
                continue
            if fault.kind == "refused" and not settings.is_offline():
                msg = f"HDX now restricts the data set {_SLUG}: {fault}"
                raise Fault(msg, "refused") from None
            raise
        result = answer.get("result") if isinstance(answer, dict) and answer.get("success") else None
        if not isinstance(result, dict):
            msg = f"{host_of(settings.hdx_url())} does not say what is in {_SLUG}; its answer has another form."
            raise Fault(msg, "wrong")
        return result
    msg = f"HDX has no data set {_SLUG} any more."
    raise Fault(msg, "missing")


def _best(found: list[dict[str, Any]], ident: str, stem: str) -> dict[str, Any] | None:
    active = [row for row in found if str(row.get("state") or "active") == "active"]
    same = [row for row in active if row.get("id") == ident]
    named = [row for row in active if _is_named(row, stem)]
    # The latest, and of an export in several parts the first.
    named.sort(key=lambda row: (str(row.get("last_modified") or ""), -_part(row)), reverse=True)
    return next(iter([*same, *named]), None)


def _file_name(row: dict[str, Any]) -> str:
    address = str(row.get("url") or row.get("download_url") or "")
    return plain(address).rsplit("/", 1)[-1]


def _is_named(row: dict[str, Any], stem: str) -> bool:
    names = (str(row.get("name") or ""), _file_name(row))
    zipped = "zip" in str(row.get("format") or "").lower() or any(name.lower().endswith(".zip") for name in names)
    return zipped and any(re.sub(r"[\W_]+", "_", name.lower()).startswith(f"{stem}_") for name in names)


def _part(row: dict[str, Any]) -> int:
    match = re.search(r"-(\d{3})\.zip$", str(row.get("name") or _file_name(row)), flags=re.IGNORECASE)
    return int(match[1]) if match else 1


def _renumbered(ident: str, row: dict[str, Any]) -> tuple[str, ...]:
    """Return a note if a resource was recognised by its name only."""
    if row.get("id") == ident:
        return ()
    return (f"Resource {ident} no longer exists on HDX; {row.get('name')} was used for its name (id {row.get('id')}).",)


def _parts(found: list[dict[str, Any]], row: dict[str, Any]) -> tuple[str, ...]:
    """Return a note that names the other parts of an export in several parts."""
    whole = re.sub(r"-\d{3}\.zip$", "", str(row.get("name") or ""), flags=re.IGNORECASE)
    others = [str(o.get("name")) for o in found if o is not row and str(o.get("name") or "").startswith(f"{whole}-0")]
    return (f"HDX has it in several parts; the others are {listed(others)}.",) if whole and others else ()


def _addresses(row: dict[str, Any], dataset: str) -> Iterator[str]:
    """Yield a resource's addresses: first the one without a file name, which still works when the file is renamed."""
    for key in ("alt_url", "url", "download_url"):
        address = str(row.get(key) or "")
        if address.startswith(settings.HDX_URL):  # a mirror may repeat the original's addresses
            address = settings.hdx_url() + address.removeprefix(settings.HDX_URL)
        if address.startswith(("http://", "https://")):
            yield address
    yield f"{settings.hdx_url()}/dataset/{dataset}/resource/{row.get('id')}/download/"


def _save(address: str, path: Path, name: str) -> http.Saved:
    """Download and check an archive; a damaged one raises a fault that may pass."""
    saved = http.save(address, path, label=name, begins=b"PK\x03\x04")
    if re.fullmatch(r"[0-9a-f]{32}", saved.etag) and saved.etag != saved.md5:
        msg = f"{name} arrived damaged: its checksum is not the one that the storage gives."
        raise Fault(msg, "damaged")
    try:
        archive.check_whole(path)
    except DamagedArchive as error:
        msg = f"{name} arrived incomplete or damaged ({saved.size:,} bytes; {_reason(error)}); it was not stored."
        raise Fault(msg, "damaged") from None
    except DataError as error:  # complete, but not safe to read
        raise FetchError(str(error).replace(str(path), name).replace(path.name, name)) from None
    return saved


def _reason(error: DamagedArchive) -> str:
    match = re.search(r"\(([^()]*)\)\.$", str(error))
    return match[1] if match else "no whole zip"


def _brought(resource: Resource, address: str, saved: http.Saved) -> Brought:
    notes = list(resource.notes)
    if resource.size and resource.size != saved.size:
        notes.append(f"HDX says the file has {resource.size:,} bytes, and it has {saved.size:,}; it is whole.")
    return Brought(
        address=plain(address),
        name=resource.name,
        resource=resource.id,
        etag=saved.etag,
        date=f"{resource.modified}Z" if resource.modified else saved.date,
        licence=resource.licence or f"as stated at {DATASET_PAGE}",
        notes=tuple(notes),
    )
