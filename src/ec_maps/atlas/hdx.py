"""The Humanitarian Data Exchange: which resource is which archive of the Atlas, and its download."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from ec_maps import settings
from ec_maps.atlas import archive
from ec_maps.atlas.archive import DATASET_PAGE, DamagedArchive
from ec_maps.errors import FetchError, listed
from ec_maps.fetch import http, sources
from ec_maps.fetch.http_errors import Fault, host_of, plain_address
from ec_maps.fetch.manifest import Brought

_SLUG = "uk-social-capital-atlas"
_DATASET = "79d5959f-73b8-4305-bb9e-d829e2e863da"
_STEMS = {"atlas_lad": "local_authority", "atlas_msoa": "msoa"}

#: The kinds of fault after which another address on the same host is worth a try.
_OTHER_WAY = ("blocked", "busy", "short", "stalled", "wrong", "missing")


@dataclass(frozen=True)
class _Resource:
    """A file of the data set: what HDX states of it, its addresses there, and its size if that is stated."""

    known: Brought
    addresses: tuple[str, ...]
    size: int = 0


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
        If it cannot be downloaded; as `Fault` if HDX or the storage does not answer.
    OSError
        If it cannot be written.
    """
    tries, unasked = http.TRIES, None
    try:
        resource = _find(key)
    except Fault as fault:
        if fault.kind not in _OTHER_WAY:
            raise
        unasked, resource = fault, _pinned(key)
        if fault.kind == "busy":
            tries = {**tries, "busy": 1}  # the full wait is over already
    known = resource.known
    notes = [f"HDX could not be asked about the data set: {unasked}"] if unasked else list(known.notes)
    last = Fault("", "missing")
    for address in resource.addresses:
        try:
            saved = http.patiently(partial(_save, address, path, known.name), tries)
        except Fault as fault:
            last = fault
            if fault.kind != "missing":
                break
            continue
        if resource.size not in (0, saved.size):
            notes.append(f"HDX says the file has {resource.size:,} bytes, and it has {saved.size:,}; it is whole.")
        return replace(
            known, address=plain_address(address), etag=saved.etag, date=known.date or saved.date, notes=tuple(notes)
        )
    if last.kind == "missing":
        changed = f", changed {known.date}" if known.date else ""
        msg = f"HDX does not have the file {known.name} any more (resource {known.resource}{changed}): {last}"
    else:
        msg = str(last)
        if unasked and (unasked.kind, unasked.status) == (last.kind, last.status):
            notes = []  # a fault of both addresses is reported once
    raise Fault(" ".join([msg, *notes]), last.kind)


def _find(key: str) -> _Resource:
    """Return the data set's resource for an archive: by its id, or else by its name.

    `FetchError` if HDX answers and the resource is missing, restricted or in quarantine; `Fault` if it does not answer.
    """
    dataset = http.patiently(_dataset)
    if dataset.get("is_requestdata_type") or dataset.get("private"):
        msg = "HDX now restricts this data set (“request data”), so nothing can be downloaded from it."
        raise FetchError(msg)
    resources = dataset.get("resources")
    found = [row for row in resources if isinstance(row, dict)] if isinstance(resources, list) else []
    ident = _pinned(key).known.resource
    row = _best(found, ident, _STEMS[key])
    if row is None:
        names = listed([str(row.get("name")) for row in found]) or "none"
        msg = f"Resource {ident} no longer exists in the data set {_SLUG}, nor one so named. Resources now: {names}."
        raise FetchError(msg)
    name, now = str(row.get("name") or ""), str(row.get("id"))
    if row.get("in_quarantine"):
        msg = f'HDX has put "{name}" in quarantine; it cannot be downloaded at present.'
        raise FetchError(msg)
    notes = []
    if now != ident:
        notes.append(f"Resource {ident} no longer exists on HDX; {name} was used for its name (id {now}).")
    whole = re.sub(r"-\d{3}\.zip$", "", name, flags=re.IGNORECASE)
    others = [str(o.get("name")) for o in found if o is not row and str(o.get("name") or "").startswith(f"{whole}-0")]
    if whole and others:
        notes.append(f"HDX has it in several parts; the others are {listed(others)}.")
    title, url = dataset.get("license_title") or dataset.get("license_id") or "", dataset.get("license_url") or ""
    known = Brought(
        address="",
        name=_file_name(row) or name,
        resource=now,
        date=f"{modified[:19]}Z" if (modified := str(row.get("last_modified") or "")) else "",
        licence=(f"{title} ({url})" if title and url else str(title)) or f"as stated at {DATASET_PAGE}",
        notes=tuple(notes),
    )
    addresses = dict.fromkeys(_addresses(row, str(dataset.get("id") or _DATASET)))
    size = row.get("size")
    return _Resource(known, tuple(addresses), size if isinstance(size, int) else 0)


def _pinned(key: str) -> _Resource:
    """Return the resource as which an archive was first published."""
    ident, name = sources.source(key).address.split("/")
    folder = f"{settings.hdx_url()}/dataset/{_DATASET}/resource/{ident}/download/"
    known = Brought(address="", name=name, resource=ident, licence=f"as stated at {DATASET_PAGE}")
    return _Resource(known, (f"{folder}{name}", folder))


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
    return plain_address(str(row.get("url") or row.get("download_url") or "")).rsplit("/", 1)[-1]


def _is_named(row: dict[str, Any], stem: str) -> bool:
    names = (str(row.get("name") or ""), _file_name(row))
    zipped = "zip" in str(row.get("format") or "").lower() or any(name.lower().endswith(".zip") for name in names)
    return zipped and any(re.sub(r"[\W_]+", "_", name.lower()).startswith(f"{stem}_") for name in names)


def _part(row: dict[str, Any]) -> int:
    match = re.search(r"-(\d{3})\.zip$", str(row.get("name") or _file_name(row)), flags=re.IGNORECASE)
    return int(match[1]) if match else 1


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
    """Download an archive; a damaged one raises a fault that may pass."""
    saved = http.save(address, path, label=name, begins=b"PK\x03\x04")
    if re.fullmatch(r"[0-9a-f]{32}", saved.etag) and saved.etag != saved.md5:
        msg = f"{name} arrived damaged: its checksum is not the one that the storage gives."
        raise Fault(msg, "damaged")
    try:
        archive.check_whole(path)
    except DamagedArchive as error:
        msg = f"{name} arrived incomplete or damaged ({saved.size:,} bytes; {error.reason}); it was not stored."
        raise Fault(msg, "damaged") from None
    return saved
