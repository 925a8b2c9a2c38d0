"""Tables in files of the usual formats, recognised by their columns before they are read."""

from __future__ import annotations

import glob
import os
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from ec_maps.cleaning import clean, clean_code, clean_header, code_notes
from ec_maps.errors import BoundaryError

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

_PARQUET = {".parquet", ".geoparquet"}
_VECTOR = {".gpkg", ".geojson", ".json", ".shp", ".fgb", ".gdb"}
_TEXT = {".csv"}
_ZIP = ".zip"

#: Limits beyond which nothing is read: several times the most detailed files of the ONS.
MAX_BYTES = 2 * 2**30
MAX_RATIO = 200
MAX_MEMBERS = 1_000
MAX_VERTICES = 5_000_000

#: How files of these formats begin. GDAL opens a file by its contents, and in other formats, such as its own list of
#: sources, a file may lead to any file and any address. GeoJSON is opened as nothing else.
_BEGINNINGS = {".gpkg": b"SQLite format 3\0", ".shp": b"\x00\x00\x27\x0a", ".fgb": b"fgb"}
_JSON = {".geojson", ".json"}

#: How many areas are read to tell a hexagon layout from outlines.
_SAMPLE = 200

# A column's name says what it holds and of which year: LAD21CD, rgn22nm, rgn21nm_filled. Districts and regions of
# 2022 have the codes and names of 2021 (no change between December 2021 and December 2022), so either serves.
_KNOWN = re.compile(r"(lad|rgn)(?:21|22)(cd|nm)(?:_filled)?|msoa21(?:cd|nm|hclnmw?)")


@dataclass(frozen=True)
class Table:
    """A table in a file: its columns, under our names, and whether it has outlines.

    `columns` are all of its columns, lower-cased; those of 2022 districts and regions under their 2021 names.
    `original` gives the name in the file by our name, `inside` the name of a file in a zip, and `notes` get what was
    corrected in the cells that are read.
    """

    path: Path
    layer: str | None
    original: dict[str, str]
    has_outlines: bool
    inside: str = ""
    notes: list[str] = field(default_factory=list, compare=False)

    @property
    def columns(self) -> list[str]:
        """Our names of the table's columns."""
        return list(self.original)

    def __str__(self) -> str:
        """Return the file's name, and the layer's where there are several."""
        where = Path(self.inside or self.path)
        layer = f", layer {self.layer}" if self.layer and self.layer != where.stem else ""
        return f"{where.name}{layer}" + (f" in {self.path.name}" if self.inside else "")

    def read_outlines(self, first: int | None = None) -> gpd.GeoDataFrame:
        """Return the known columns and the geometry, under our names; raise `BoundaryError` for a damaged file.

        With `first`, only that many rows, uncleaned.
        """
        import geopandas as gpd

        wanted = [name for name in self.original if _KNOWN.fullmatch(name)]
        theirs = [self.original[name] for name in wanted]
        with _named_in_errors(self.path):
            if self.path.suffix.lower() in _PARQUET:
                frame = gpd.read_parquet(self.path).iloc[:first]
            else:
                source = for_gdal(self.path, self.inside)
                frame = gpd.read_file(source, layer=self.layer, columns=theirs, rows=first)
            _check_areas(frame)
        frame = frame if frame.geometry.name == "geometry" else frame.rename_geometry("geometry")
        frame = frame.rename(columns=dict(zip(theirs, wanted, strict=True)))[[*wanted, "geometry"]]
        return frame if first else frame.assign(**{name: self._cleaned(frame[name], name) for name in wanted})

    def has_hexagons(self) -> bool:
        """Return whether its outlines, by the first of them, are a hexagon layout."""
        from ec_maps.boundaries.geometry import is_hexagon_layout

        return self.has_outlines and is_hexagon_layout(self.read_outlines(_SAMPLE).geometry.to_numpy())

    def read_columns(self, names: list[str]) -> pd.DataFrame:
        """Return columns as text: cleaned, codes in capitals, missing values as empty text.

        `BoundaryError` if the file is damaged, or a CSV is not UTF-8: a name with letters replaced is worse than none.
        """
        import pandas as pd

        with _named_in_errors(self.path):
            frame = self._raw_columns([self.original[name] for name in names]).set_axis(names, axis=1)
        return pd.DataFrame(frame.assign(**{name: self._cleaned(frame[name], name) for name in names}))

    def _cleaned(self, column: pd.Series, name: str) -> pd.Series:
        texts = column.astype(object).where(column.notna(), "").astype(str)
        if not name.endswith("cd"):
            return texts.map(clean)
        codes = texts.map(clean_code)
        found = code_notes(texts, codes, (f"row {number}" for number in range(1, len(codes) + 1)))
        self.notes.extend(f"{self}: {note}" for note in found)
        return codes

    def _raw_columns(self, theirs: list[str]) -> pd.DataFrame:
        import pandas as pd

        suffix = Path(self.inside or self.path).suffix.lower()
        if suffix in _TEXT:
            with _place(self.path, self.inside).open("rb") as file:
                frame = pd.read_csv(file, dtype=str, keep_default_na=False, usecols=theirs, encoding="utf-8-sig")
        elif suffix in _PARQUET:
            frame = pd.read_parquet(self.path, columns=theirs)
        else:
            import pyogrio

            source = for_gdal(self.path, self.inside)
            frame = pyogrio.read_dataframe(source, layer=self.layer, columns=theirs, read_geometry=False)
        return pd.DataFrame(frame[theirs])


def files_in(root: Path) -> list[Path]:
    """Return the files of a folder and the folders in it, in order of path, or the one file with its parts."""
    if root.suffix.lower() == ".shp":  # its columns and coordinate system lie in files beside it
        return sorted(root.parent.glob(f"{glob.escape(root.stem)}.*"))
    if root.is_file():
        return [root]
    found = (Path(folder, name) for folder, _, names in os.walk(root, onerror=_raise) for name in names)
    return sorted(path for path in found if path.is_file())


def _raise(error: OSError) -> NoReturn:
    """Refuse a folder that may not be read: its files would seem not to be there."""
    raise error


def find_tables(paths: Iterable[Path]) -> list[Table]:
    """Return the tables in files, in the order given; `BoundaryError` for a file of a known format that is damaged.

    Files of other formats, and hidden ones, are ignored. A shapefile's parts count as one, and a zip as what is in it.
    """
    known = {*_PARQUET, *_VECTOR, *_TEXT, _ZIP}
    tables: list[Table] = []
    for path in paths:
        if path.suffix.lower() in known and not path.name.startswith("."):
            with _named_in_errors(path):
                tables += _tables_in(path)
    return tables


@contextmanager
def _named_in_errors(path: Path) -> Iterator[None]:
    """Turn a reader's exception over a damaged file into a message that names the file."""
    import shapely

    broken_zip = (zipfile.BadZipFile, zlib.error, EOFError)
    no_system = UnboundLocalError  # of pyogrio, over a coordinate system that it cannot write as text
    try:
        yield
    except (OSError, ValueError, RuntimeError, KeyError, shapely.errors.ShapelyError, no_system, *broken_zip) as error:
        msg = f"{path} cannot be read as {path.suffix} ({error}). Remove it from the folder or fetch it again."
        raise BoundaryError(msg) from None


def for_gdal(path: Path, inside: str = "") -> str:
    """Return what GDAL opens a file by, or one in a zip; `ValueError` for one that is not what its name says."""
    suffix = Path(inside or path).suffix.lower()
    if suffix in _BEGINNINGS:
        with _place(path, inside).open("rb") as file:
            fits = file.read(16).startswith(_BEGINNINGS[suffix])
    else:  # a file geodatabase is a folder
        fits = suffix in _JSON or (bool(inside) and not zipfile.Path(path, inside).is_file())
    if not fits:
        msg = f"it does not begin like a {suffix} file"
        raise ValueError(msg)
    place = f"/vsizip/{{{path.absolute()}}}/{inside}" if inside else str(path)
    return f"GeoJSON:{place}" if suffix in _JSON else place


def _place(path: Path, inside: str) -> Path | zipfile.Path:
    return zipfile.Path(path, inside) if inside else path


def _in_zip(path: Path) -> list[Table]:
    """Return the tables in a zip, which the portal makes of a shapefile, without unpacking it."""
    with zipfile.ZipFile(path) as archive:
        infos = archive.infolist()
    if len(infos) > MAX_MEMBERS:
        msg = f"it lists {len(infos):,} members, where {MAX_MEMBERS:,} are the most"
        raise ValueError(msg)
    _check_bytes(sum(info.file_size for info in infos))
    if any(info.file_size > MAX_RATIO * max(info.compress_size, 1024) for info in infos):
        msg = f"it expands to more than {MAX_RATIO} times its size, which no boundaries do"
        raise ValueError(msg)
    names = [info.filename for info in infos if not re.search(r"(^|/)(\.|__MACOSX/)", info.filename)]
    # A file geodatabase is a folder.
    stores = sorted({re.sub(r"(\.gdb)/.*", r"\1", name, flags=re.IGNORECASE) for name in names})
    known = [name for name in stores if Path(name).suffix.lower() in _VECTOR | _TEXT]
    return [table for name in known for table in _tables_in(path, name)]


def _check_bytes(size: int) -> None:
    if size > MAX_BYTES:
        msg = f"it holds {size / 2**30:,.1f} GB, more than the {MAX_BYTES / 2**30:g} GB that boundaries may have"
        raise ValueError(msg)


def _check_areas(frame: gpd.GeoDataFrame) -> None:
    """Raise `ValueError` for an area of more points than can be worked on."""
    import shapely

    most = shapely.get_num_coordinates(frame.geometry.to_numpy()).max(initial=0)
    if most > MAX_VERTICES:
        msg = f"an outline has {most:,} points, and {MAX_VERTICES:,} are the most; generalised boundaries have fewer"
        raise ValueError(msg)


def _tables_in(path: Path, inside: str = "") -> list[Table]:
    suffix = Path(inside or path).suffix.lower()
    _check_bytes(path.stat().st_size)
    if suffix == _ZIP:
        return _in_zip(path)
    if suffix in _TEXT:
        import pandas as pd

        with _place(path, inside).open("rb") as file:
            header = pd.read_csv(file, nrows=0, encoding="utf-8-sig", encoding_errors="replace")
        found = [(None, list(header.columns), False)]
    elif suffix in _PARQUET:
        import pyarrow.parquet as pq

        with pq.ParquetFile(path) as file:
            schema, about = file.schema_arrow, file.metadata
            _check_bytes(sum(about.row_group(number).total_byte_size for number in range(about.num_row_groups)))
        found = [(None, schema.names, b"geo" in (schema.metadata or {}))]
    else:
        import pyogrio

        source = for_gdal(path, inside)
        found = [
            (layer, list(pyogrio.read_info(source, layer=layer)["fields"]), geometry_type is not None)
            for layer, geometry_type in pyogrio.list_layers(source)
        ]
    return [Table(path, layer, _our_names(names), has_outlines, inside) for layer, names, has_outlines in found]


def _our_names(columns: list[str]) -> dict[str, str]:
    """Return the columns by our names; where a table has the 2021 and the 2022 form, the 2021 form is taken."""
    ours: dict[str, str] = {}
    for column in sorted(columns, key=lambda name: "22" in name):
        name = clean_header(column)
        if match := re.fullmatch(r"(lad|rgn)(?:21|22)(cd|nm)(?:_filled)?", name):
            name = f"{match[1]}21{match[2]}"
        ours.setdefault(name, column)
    return ours


def conflicts(table: pd.DataFrame, key: str, value: str) -> list[str]:
    """Return ``key: value and value`` for each key that has more than one value."""
    values = table.groupby(key)[value].unique()
    return [f"{one}: {' and '.join(sorted(several))}" for one, several in values.items() if len(several) > 1]


def write(frame: pd.DataFrame, path: Path) -> None:
    """Write a table: GeoParquet if it has outlines, else CSV; the same table makes the same bytes."""
    if "geometry" in frame:
        # Without checksums, one flipped bit can come back as another value.
        frame.to_parquet(path, index=False, compression="zstd", write_page_checksum=True)
    else:
        frame.to_csv(path, index=False, encoding="utf-8", lineterminator="\n")
