"""Running a page's cells in a kernel of their own, and putting what they print in their place."""

from __future__ import annotations

import ast
import asyncio
import os
import re
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat.v4 import new_code_cell, new_notebook

from ec_maps import errors
from ec_maps.errors import RenderError
from ec_maps.preview.project import refusal, section
from ec_maps.preview.qmd import Cell, Page, Prose, refused_markup

_ESCAPED = re.compile(r"([\\`*_{}\[\]()#+.!|<>~^$@-])")
_ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


def run(page: Page, root: Path, log: Callable[[str], None]) -> str:
    """Return the page's markdown with the output of its cells in place.

    A page without cells starts no kernel. Cells run in the page's own folder, with the Python that runs this.

    Raises
    ------
    RenderError
        If a cell fails (naming page, line and the last line of the exception) or gives something that the preview
        cannot show. It carries the exit status of the error in the cell.
    """
    cells = [part for part in page.parts if isinstance(part, Cell)]
    results: dict[int, list[dict[str, Any]]] = {}
    if any(_runs(cell) for cell in cells):
        results = asyncio.run(_execute(page, cells, root / page.path.parent))
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


def _runs(cell: Cell) -> bool:
    return cell.options is None or cell.options.get("eval", True) is True


async def _execute(page: Page, cells: list[Cell], folder: Path) -> dict[int, list[dict[str, Any]]]:
    notebook = new_notebook(cells=[new_code_cell(cell.code) for cell in cells])  # type: ignore[no-untyped-call]
    with tempfile.TemporaryDirectory(prefix="ec-maps-", ignore_cleanup_errors=True) as private:
        # No installed kernel is looked up: the native one is this interpreter, with the project's packages.
        manager = AsyncKernelManager(
            kernel_name="python3",
            kernel_spec_manager=KernelSpecManager(kernel_dirs=[]),
            connection_file=str(Path(private, "kernel.json")),
        )
        if os.name == "posix" and len(private) < 80:
            # Sockets in a private folder: nobody else can reach them, two builds never want the same port.
            manager.transport, manager.ip = "ipc", str(Path(private, "ipc"))
        client = NotebookClient(
            notebook,
            km=manager,
            timeout=None,
            startup_timeout=180,
            shutdown_kernel="immediate",
            resources={"metadata": {"path": str(folder)}},
            # The history is a database in the user's home, shared by all kernels.
            extra_arguments=["--HistoryManager.enabled=False"],
        )
        results = {}
        cell = cells[0]
        try:
            async with client.async_setup_kernel(env={**os.environ, "IPYTHONDIR": private}, cleanup_kc=True):
                for index, cell in enumerate(cells):
                    if _runs(cell):
                        await client.async_execute_cell(notebook.cells[index], index)
                        results[id(cell)] = notebook.cells[index].outputs
        except CellExecutionError as error:
            raise _failure(page, cell, error) from None
        except (DeadKernelError, CellTimeoutError, RuntimeError) as error:
            msg = (
                f"{page.path}, cell at line {cell.line}: its Python process ended without a word of why ({error}). "
                "It may have run out of memory; close other programs and build again."
            )
            raise RenderError(msg) from None
        return results


def _failure(page: Page, cell: Cell, error: CellExecutionError) -> RenderError:
    kind = getattr(errors, error.ename, None)
    said = str(error.evalue).strip()
    if isinstance(kind, type) and issubclass(kind, errors.EcMapsError):
        # Our own letters say everything already.
        failure = RenderError(f"{page.path}, cell at line {cell.line}: {said}")
        failure.exit_status = kind.exit_status
        return failure
    last = said.splitlines()[-1] if said else ""
    return RenderError(f"{page.path}, cell at line {cell.line}: {error.ename}: {last}")


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
