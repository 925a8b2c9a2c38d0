"""The data files described: the codebook, a Data Package, a data set in the words of schema.org, and ``llms.txt``."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from ec_maps import settings
from ec_maps.areas.provenance import data_date
from ec_maps.geography.levels import LEVELS, SCOPES, level_named
from ec_maps.measures import measure_named

if TYPE_CHECKING:
    import geopandas as gpd

    from ec_maps.analysis.codebook import Column

#: The folder of the files in the project and on the site, and the page that describes them.
API, PAGE = "api/v1", "data.html"

#: The file with what is in each page's head, and the list of all files.
DATASET, INDEX = "dataset.jsonld", "index.json"

_NATIONAL_ARCHIVES = "https://www.nationalarchives.gov.uk/doc/open-government-licence/version/3/"
_PARLIAMENT = "https://www.parliament.uk/site-information/copyright-parliament/open-parliament-licence/"
_OGL = {"Open Government Licence v3.0 (outlines and lookups)": _NATIONAL_ARCHIVES}
_OPL = {"Open Parliament Licence v3.0 (names of neighbourhoods)": _PARLIAMENT}
_ATLAS = {
    "As stated with the UK Social Capital Atlas (values)": "https://data.humdata.org/dataset/uk-social-capital-atlas"
}
_MADE_UP = {"MIT License (values, made up)": "https://opensource.org/license/mit"}


def stamp(areas: gpd.GeoDataFrame) -> dict[str, Any]:
    """Return what each JSON file begins with: whether the values are real, where they are from, and the licences."""
    from ec_maps.analysis.codebook import about

    facts = about(areas)
    known = {"source": facts["source"], "licence": facts["licence"]}
    return {"demonstration": settings.is_demo(), "api_version": 1, **known}


def measures(tables: Mapping[str, gpd.GeoDataFrame]) -> Iterator[dict[str, Any]]:
    """Yield the codebook's entry of each measure in the tables, with the cut points of its deciles by level."""
    for key in dict.fromkeys(key for areas in tables.values() for key in areas.attrs["measures"]):
        measure = measure_named(key)
        yield {
            "key": key,
            "title": measure.title,
            "meaning": measure.meaning,
            "counts": measure.counts,
            "unit": measure.unit,
            "unit_in_words": measure.unit_in_words,
            "higher_means": measure.more,
            "tolerance": measure.tolerance,
            "source": measure.source,
            "levels": {
                level: {
                    "category": areas.attrs["categories"][key],
                    "areas_with_a_value": int(areas[key].notna().sum()),
                    "cut_points": areas.attrs["cut_points"][key],
                }
                for level, areas in tables.items()
                if key in areas.attrs["measures"]
            },
        }


def package(tables: Mapping[str, gpd.GeoDataFrame]) -> dict[str, Any]:
    """Return the description of both tables as a Data Package (https://datapackage.org)."""
    from ec_maps.analysis.codebook import about, columns_of_rows

    resources = []
    for level, areas in tables.items():
        schema: dict[str, Any] = {
            "fields": [_field(column) for column in columns_of_rows(areas)],
            "primaryKey": [level_named(level).code],
            "missingValues": [""],
        }
        if level == "msoa":
            reference = {"resource": "lad", "fields": ["lad21cd"]}
            schema["foreignKeys"] = [{"fields": ["lad21cd"], "reference": reference}]
        facts = about(areas)
        resources.append(
            {
                "name": level,
                "type": "table",
                "path": f"{level}.csv",
                "title": facts["title"],
                "description": facts["description"],
                "format": "csv",
                "mediatype": "text/csv",
                "encoding": "utf-8",
                "schema": schema,
            }
        )
    return {
        "$schema": "https://datapackage.org/profiles/2.0/datapackage.json",
        "name": "social-capital-england-and-wales",
        **stamp(tables["msoa"]),
        "title": _title(),
        "description": _description(),
        "licenses": [{"title": title, "path": path} for title, path in _licences(tables["msoa"]).items()],
        "contributors": [{"title": name} for name in _creators()],
        "resources": resources,
    }


def _field(column: Column) -> dict[str, Any]:
    """Return a column as a field of a Table Schema."""
    field: dict[str, Any] = {
        "name": column.column,
        "type": column.type,
        "title": column.title,
        "description": " ".join(part for part in (column.meaning, column.more) if part),
    }
    if column.column.endswith("decile"):
        field["constraints"] = {"minimum": 1, "maximum": 10}
    elif column.column in ("lad21cd", "msoa21cd"):
        field["constraints"] = {"required": True}
    return field


def dataset(tables: Mapping[str, gpd.GeoDataFrame], folder: Path, address: str) -> dict[str, Any]:
    """Return the data in the words of schema.org, for search engines of data sets."""
    licences = _licences(tables["msoa"])
    kinds = {".csv": "text/csv", ".parquet": "application/vnd.apache.parquet", ".json": "application/json"}
    files = [path for path in sorted(folder.glob("*.*")) if path.stem in (*tables, "datapackage")]
    date = max(filter(None, map(data_date, LEVELS)), default="")  # type: ignore[arg-type]
    return {
        "@context": "https://schema.org/",
        "@type": "Dataset",
        "@id": f"{address}{PAGE}#dataset",
        "name": _title(),
        "description": _description(),
        "url": f"{address}{PAGE}",
        "license": [{"@type": "CreativeWork", "name": name, "url": url} for name, url in licences.items()],
        "creator": [{"@type": "Organization", "name": name} for name in _creators()],
        "spatialCoverage": SCOPES["ew"],
        **({"dateModified": date[:10]} if date else {}),
        "isAccessibleForFree": True,
        "variableMeasured": [measure_named(key).title for key in tables["lad"].attrs["measures"]],
        "distribution": [
            {
                "@type": "DataDownload",
                "contentUrl": f"{address}{API}/{path.name}",
                "encodingFormat": kinds[path.suffix],
            }
            for path in files
        ],
    }


def _title() -> str:
    demo = "Demonstration data, not real values. " if settings.is_demo() else ""
    return f"{demo}Social capital in {SCOPES['ew']} by local authority and neighbourhood"


def _description() -> str:
    made = "made by a formula; they describe no real place" if settings.is_demo() else "of the UK Social Capital Atlas"
    return (
        "Economic connectedness and other measures of social capital, with deciles and numbers of users, for each "
        f"local authority of 2021 and each middle layer super output area (MSOA) of 2021. The values are {made}."
    )


def _licences(msoas: gpd.GeoDataFrame) -> dict[str, str]:
    """Return the licences of the data: what each is called, and where it is."""
    names = _OPL if "msoa21hclnm" in msoas else {}
    return _OGL | names | (_MADE_UP if settings.is_demo() else _ATLAS)


def _creators() -> tuple[str, ...]:
    """Return who made the values."""
    return ("The ec_maps authors",) if settings.is_demo() else ("Meta", "The Behavioural Insights Team")


def for_language_models(root: Path, address: str) -> str:
    """Return the site in a few lines for language models (https://llmstxt.org): its data files and its pages."""
    website = (yaml.safe_load((root / "_quarto.yml").read_text(encoding="utf-8")) or {}).get("website") or {}
    files = {
        "datapackage.json": "the columns of both tables",
        "lad.csv": "a row for each local authority",
        "msoa.csv": "a row for each neighbourhood (MSOA)",
        "measures.json": "what each measure means",
        INDEX: "all files, and the file of each local authority with its neighbourhoods",
    }
    lines = [f"# {website.get('title', _title())}", "", f"> {_title()}. {_description()}", "", "## Data", ""]
    lines += [f"- [{name}]({address}{API}/{name}): {what}" for name, what in files.items()]
    lines += ["", "## Pages", ""]
    for path in _menu((website.get("navbar") or {}).get("left") or []):
        front = re.match(r"---\n(.*?)\n---\n", (root / path).read_text(encoding="utf-8"), re.DOTALL)
        facts = (yaml.safe_load(front[1]) if front else None) or {}
        lines.append(
            f"- [{facts.get('title', path)}]({address}{path.removesuffix('.qmd')}.html): {facts.get('description', '')}"
        )
    return "\n".join(lines) + "\n"


def _menu(items: list[dict[str, Any]]) -> Iterator[str]:
    """Yield the pages of a menu and of those below it."""
    for item in items:
        if "menu" in item:
            yield from _menu(item["menu"])
        elif str(item.get("href", "")).endswith(".qmd"):
            yield str(item["href"]).removeprefix("/")
