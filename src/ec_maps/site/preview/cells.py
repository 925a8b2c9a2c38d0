"""Run a page's cells and insert their output."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ec_maps.errors import RenderError
from ec_maps.site.preview.kernel import Execute, Outputs
from ec_maps.site.preview.project import refusal, section
from ec_maps.site.preview.qmd import Cell, Page, Prose, refused_markup

_ESCAPED = re.compile(r"([\\`*_{}\[\]()#+.!|<>~^$@-])")
_ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


def run(page: Page, root: Path, execute: Execute, log: Callable[[str], None]) -> str:
    """Return the page's markdown with the output of its cells, which `execute` runs in its own folder, in place.

    Raises
    ------
    RenderError
        If a cell fails or gives something that the preview cannot show.
    """
    cells = [part for part in page.parts if isinstance(part, Cell)]
    results: Outputs = {}
    if any(cell.runs for cell in cells):
        results = execute(page, cells, root / page.path.parent)
    defaults = section(page.meta, "execute")
    text: list[str] = []
    faults: list[str] = []
    for part in page.parts:
        if isinstance(part, Prose):
            text.append(part.text)
            continue
        where = f"{page.path}, cell at line {part.line}"
        outputs = results.get(id(part), [])
        if part.options is None:
            text.append(_inline(outputs, where, faults))
            continue
        options = defaults | part.options
        for output in outputs:
            if output["output_type"] == "stream" and output["name"] == "stderr" and output["text"].strip():
                log(f"{where}: {output['text'].strip().splitlines()[-1]}")
        if options.get("include", True):
            text.append(f"\n\n{_block(part, options, outputs, where, faults)}\n\n")
    if faults:
        raise RenderError(refusal(faults))
    return "".join(text)


def _block(cell: Cell, options: dict[str, Any], outputs: list[dict[str, Any]], where: str, faults: list[str]) -> str:
    blocks = [_fenced(cell.code, ".python")] if options.get("echo", True) else []
    wanted = options.get("output", True)
    printed = ""
    for output in outputs if wanted else []:
        if output["output_type"] == "stream":
            if output["name"] == "stdout":
                printed += output["text"]
            elif options.get("warning", True):
                blocks.append(_fenced(_ANSI.sub("", output["text"]).rstrip(), ".stderr"))
            continue
        blocks += _printed(printed, wanted, where, faults)
        printed = ""
        blocks.append(_shown(output["data"], where, faults))
    blocks += _printed(printed, wanted, where, faults)
    return "\n\n".join(blocks)


def _printed(text: str, wanted: object, where: str, faults: list[str]) -> list[str]:
    if not text.strip():
        return []
    if wanted == "asis":
        faults += refused_markup(text, f"{where} printed")
        return [text]
    return [_fenced(_ANSI.sub("", text).rstrip(), ".output")]


def _shown(data: dict[str, str], where: str, faults: list[str]) -> str:
    if "text/markdown" in data:
        faults += refused_markup(data["text/markdown"], f"{where} showed")
        return data["text/markdown"]
    if "text/html" in data:
        return _fenced(data["text/html"], "=html")
    if any(kind.startswith("image/") for kind in data):
        faults.append(f"{where}: it shows a picture. Save it to a file and print ![caption](file){{fig-alt=...}}.")
    elif "text/plain" in data:
        return _fenced(_ANSI.sub("", data["text/plain"]), ".output")
    return ""


def _inline(outputs: list[dict[str, Any]], where: str, faults: list[str]) -> str:
    shown = [output["data"] for output in outputs if output["output_type"] in ("execute_result", "display_data")]
    if not shown:
        faults.append(f"{where}: the inline expression gives nothing to show.")
        return ""
    data = shown[-1]
    if "text/markdown" in data:
        return str(data["text/markdown"])
    text = str(data["text/plain"])
    if text[:1] in "\"'":
        text = str(ast.literal_eval(text))
    return _ESCAPED.sub(r"\\\1", text)


def _fenced(text: str, attribute: str) -> str:
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{{{attribute}}}\n{text}\n{fence}"
