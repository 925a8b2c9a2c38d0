"""Digests of the library's output from the demonstration data, to compare with a later state of the code.

    .venv/bin/python benchmarks/record.py FILE            write them
    .venv/bin/python benchmarks/record.py FILE --against  compare with them, and list what differs

Tables, maps (their pixels, and their shapes in SVG without words), exports, and the place pages and posts: their
structure, and each of their files. Text has its own digests, `words: …`, which `--structure` leaves out,
so that changes of wording can be separated from others.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path
from xml.etree import ElementTree as ET

import geopandas as gpd
import numpy as np
import pandas as pd
from PIL import Image

import ec_maps
from ec_maps import methods, pages

ROOT = Path(__file__).resolve().parents[1]
PLACES = ("Great Yarmouth", "Redcar and Cleveland", "Telford and Wrekin", "Isles of Scilly", "Norwich")
MAPPED = ("economic_connectedness", "bias", "clustering", "volunteering_groups")

#: Text for readers in SVG: elements with their contents, and attributes.
WORDS = {"text", "title", "desc", "metadata", "style", "script"}
WORDY = {"aria-label", "aria-labelledby", "aria-describedby", "id", "clip-path", "href"}


def digest(*parts: object) -> str:
    """Return sixteen hex digits that change with the parts; bytes count as they are."""
    found = hashlib.sha256()
    for part in parts:
        found.update(part if isinstance(part, bytes) else repr(part).encode())
    return found.hexdigest()[:16]


def of_table(table: pd.DataFrame) -> str:
    """Return a digest of a table: columns, types, values, outlines and attributes."""
    plain = pd.DataFrame(table.drop(columns="geometry", errors="ignore"))
    kinds = list(map(str, plain.dtypes))
    parts: list[object] = [list(table.columns), kinds, plain.to_csv(), sorted(table.attrs.items())]
    if isinstance(table, gpd.GeoDataFrame):
        parts += [str(table.crs), *table.geometry.to_wkb()]
    return digest(*parts)


def of_svg(text: str) -> tuple[str, str]:
    """Return a digest of what an SVG draws, and one of its words."""
    tree = ET.fromstring(text)
    words: list[str] = []
    drawn: list[object] = []
    for one in tree.iter():
        name = one.tag.rpartition("}")[2]
        if name in WORDS:
            words += one.itertext()
            continue
        attributes = sorted((key.rpartition("}")[2], value) for key, value in one.attrib.items())
        drawn.append((name, [pair for pair in attributes if pair[0] not in WORDY]))
        words += [value for key, value in attributes if key in WORDY]
    return digest(drawn), digest(words)


def of_png(path: Path) -> str:
    """Return a digest of the pixels of a picture."""
    with Image.open(path) as image:
        return digest(image.size, np.asarray(image.convert("RGB")).tobytes())


def of_page(text: str) -> str:
    """Return a digest of a page's structure: levels of headings, identifiers, classes, and how many of each."""
    levels = [len(marks) for marks in re.findall(r"^(#+) ", text, flags=re.MULTILINE)]
    named = re.findall(r"[{\s]#([\w-]+)[\s}]|id=\"([^\"]+)\"", text)
    classes = re.findall(r"[{ ]\.([a-z][\w-]*)", text)
    counted = (r"^\|", r"!\[", r"\]\(", r"^:::", r"<\w+", r"^- ")
    return digest(levels, named, classes, [len(re.findall(rule, text, flags=re.MULTILINE)) for rule in counted])


def of_file(name: str, path: Path) -> Iterator[tuple[str, str]]:
    """Yield the digests of a file of a page or of an export."""
    if path.suffix == ".svg":
        drawn, said = of_svg(path.read_text(encoding="utf-8"))
        yield name, drawn
        yield f"words: {name}", said
    elif path.suffix == ".png":
        yield name, of_png(path)
    elif path.suffix in (".parquet", ".gpkg"):
        yield name, of_table(gpd.read_parquet(path) if path.suffix == ".parquet" else gpd.read_file(path))
    elif path.suffix in (".qmd", ".csv", ".geojson"):
        text = path.read_text(encoding="utf-8")
        numbers = re.findall(r"[A-Z]\d{8}|-?\d+\.\d+", text)
        yield name, of_page(text) if path.suffix == ".qmd" else digest(numbers)
        yield f"words: {name}", digest(text)
    else:
        yield f"words: {name}", digest(path.read_bytes())


def of_call(function: Callable[..., object], *words: object, **options: object) -> str:
    """Return a digest of what a function returns, or which kind of error it raises."""
    try:
        made = function(*words, **options)
    except ec_maps.EcMapsError as error:
        return type(error).__name__
    return of_table(made) if isinstance(made, pd.DataFrame) else digest(str(made))


def tables() -> Iterator[tuple[str, str]]:
    """Yield the digests of all tables of the library, and of the errors it raises."""
    for level, scope in product(("lad", "msoa"), ("ew", "uk")):
        for key in ec_maps.MEASURES:
            name = f"{level} {scope} {key}"
            yield f"load_areas {name}", of_call(ec_maps.load_areas, level, key, scope=scope)
            yield f"words: join_report {name}", of_call(ec_maps.join_report, level, key, scope=scope)
        yield f"measures_table {level} {scope}", of_call(ec_maps.measures_table, level, scope=scope)
    for key in ec_maps.MEASURES:
        yield f"load_measure postcode_district {key}", of_call(ec_maps.load_measure, "postcode_district", key)
    for level in ("lad", "msoa"):
        yield f"compare {level}", of_call(ec_maps.compare, list(PLACES), level=level)
        yield f"load_areas {level} near", of_call(ec_maps.load_areas, level, near="Norwich")
        steady = vars(ec_maps.stability(ec_maps.load_areas(level))).values()
        yield f"stability {level}", digest([of_table(one) if isinstance(one, pd.DataFrame) else one for one in steady])
        found = ec_maps.rank_correlations(ec_maps.measures_table(level))
        yield f"correlations {level}", digest([tuple(vars(pair).values()) for pair in found.pairs])
    yield "MEASURES", digest(list(ec_maps.MEASURES))
    yield "read_places", digest([tuple(vars(place).values()) for place in ec_maps.read_places()])
    yield "ice_colours", digest(list(ec_maps.ice_colours()))


def maps(folder: Path) -> Iterator[tuple[str, str]]:
    """Yield the digests of about sixty maps."""
    lads, msoas, kingdom = ec_maps.load_areas("lad"), ec_maps.load_areas("msoa"), ec_maps.load_areas("lad", scope="uk")
    made: list[tuple[str, Callable[[], ec_maps.Map]]] = []
    for key in MAPPED:
        made.append((f"national {key}", lambda key=key: ec_maps.national_map(ec_maps.load_areas("lad", key))))
        made.append((f"hexagons {key}", lambda key=key: ec_maps.hexagon_map(ec_maps.load_areas("msoa", key))))
        made.append((f"local {key}", lambda key=key: ec_maps.local_map(ec_maps.load_areas("msoa", key), "Norwich")))
        made.append((f"region {key}", lambda key=key: ec_maps.regional_map(ec_maps.load_areas("lad", key), "Wales")))
    made.append(("kingdom", lambda: ec_maps.national_map(kingdom)))
    made += [(name, lambda name=name: ec_maps.regional_map(kingdom, name)) for name in ("Scotland", "Northern Ireland")]
    for region in sorted(lads["rgn21nm"].unique()):
        some = sorted(lads.loc[lads["rgn21nm"] == region, "lad21nm"])[:2]
        made.append((f"region {region}", lambda r=region, some=some: ec_maps.regional_map(lads, r, highlight=some)))
    names = [*PLACES, *sorted(set(lads["lad21nm"]) - set(PLACES))[::40]]
    made += [(f"local {name}", lambda name=name: ec_maps.local_map(msoas, name)) for name in names]
    made += [(f"strip {name}", lambda name=name: ec_maps.strip_plot(lads, msoas, name)) for name in names[:6]]
    made.append(("bivariate", lambda: ec_maps.bivariate_map(lads)))
    for level in ("lad", "msoa"):
        found = ec_maps.rank_correlations(ec_maps.measures_table(level))
        made.append((f"matrix {level}", lambda found=found: ec_maps.correlation_matrix(found)))
    for name, draw in made:
        drawn = draw()
        yield f"map {name} png", of_png(drawn.save(folder / "map.png"))
        shapes, said = of_svg(drawn.svg())
        yield f"map {name} svg", shapes
        yield f"words: map {name}", digest(said, drawn.alt_text, drawn.caption)
        yield f"map {name} areas", of_table(drawn.areas)


def exports(folder: Path) -> Iterator[tuple[str, str]]:
    """Yield the digests of all kinds of export."""
    for level, suffix in product(("lad", "msoa"), ("csv", "parquet", "gpkg")):
        ec_maps.export(folder / f"{level}.{suffix}", level=level)
    for path in sorted(folder.iterdir()):
        yield from of_file(f"export {path.name}", path)


def posts(folder: Path) -> Iterator[tuple[str, str]]:
    """Yield the digests of the functions that pages call, and of each file that they write."""
    os.chdir(folder)
    for front in (pages, methods):
        for name in sorted(set(front.__all__) - {"areas"}):
            call = getattr(front, name)
            for words in (("lad",), ("msoa",)) if name in ("number_of", "value_range") else ((),):
                text, label = call(*words), " ".join([front.__name__.rpartition(".")[2], name, *words])
                yield label, of_page(text)
                yield f"words: {label}", digest(text)
    for path in sorted(path for path in (folder / "maps").iterdir() if path.is_file()):
        yield from of_file(f"post file {path.name}", path)


def place_pages(folder: Path) -> Iterator[tuple[str, str]]:
    """Yield the digests of the place pages that the command builds, and of each of their files."""
    command = [sys.executable, "-m", "ec_maps", "places", "build", "--quiet", "--jobs", "1"]
    subprocess.run(command, cwd=folder, check=True, env=os.environ | {"EC_MAPS_PROJECT": str(folder)})
    for path in sorted((folder / "places").rglob("*")):
        if path.is_file() and not any(part.startswith(".") for part in path.relative_to(folder).parts):
            yield from of_file(f"place {path.relative_to(folder / 'places').as_posix()}", path)


def record() -> dict[str, str]:
    """Return all digests, by name."""
    found = {}
    with tempfile.TemporaryDirectory() as made:
        folder, project = Path(made), Path(made) / "project"
        for name in ("assets", "data/demo", "places"):
            shutil.copytree(ROOT / name, project / name, ignore=shutil.ignore_patterns(".*", "maps"))
        for name in ("_quarto.yml", "_quarto-demo.yml", "_environment-demo", "places.yml"):
            shutil.copy(ROOT / name, project)
        os.environ |= {"EC_MAPS_SOURCE": "demo", "EC_MAPS_DATA_DIR": str(folder / "data"), "EC_MAPS_OFFLINE": "1"}
        for part in ("maps", "exports", "posts"):
            (folder / part).mkdir()
        os.chdir(project)
        warnings.simplefilter("ignore")
        steps = (tables(), maps(folder / "maps"), exports(folder / "exports"), place_pages(project), posts(project))
        for step in steps:
            for name, value in step:
                assert name not in found, name
                found[name] = value
        os.chdir(ROOT)
    return found


def main() -> int:
    """Write the digests, or compare them with those of a file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("--against", action="store_true", help="compare with the file")
    parser.add_argument("--structure", action="store_true", help="leave out the words")
    asked = parser.parse_args()
    path, found = asked.file.resolve(), record()
    if not asked.against:
        path.write_text(json.dumps(found, indent=0, ensure_ascii=False) + "\n", encoding="utf-8")
        print(f"{len(found)} digests are in {path}.")
        return 0
    before: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
    names = [name for name in sorted({*found, *before}) if not (asked.structure and name.startswith("words: "))]
    differ = [name for name in names if found.get(name) != before.get(name)]
    print(*differ, sep="\n")
    print(f"{len(differ)} of {len(names)} differ.")
    return 1 if differ else 0


if __name__ == "__main__":
    raise SystemExit(main())
