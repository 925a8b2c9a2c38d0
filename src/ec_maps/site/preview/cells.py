"""Run the cells of pages in Jupyter kernels, one page after another in each, and insert their output."""

from __future__ import annotations

import ast
import asyncio
import inspect
import os
import re
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, ExitStack, closing, contextmanager
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook

from ec_maps import errors
from ec_maps.cell_errors import letter
from ec_maps.errors import RenderError
from ec_maps.site.preview.project import refusal, section
from ec_maps.site.preview.qmd import Cell, Page, refused_markup

Output = dict[str, Any]

#: Runs a page's cells in a folder and returns the outputs of each, none for a cell that is not run.
Execute = Callable[[Page, Path], list[list[Output]]]

_ESCAPED = re.compile(r"([\\`*_{}\[\]()#+.!|<>~^$@-])")
_ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


def run(page: Page, root: Path, execute: Execute, log: Callable[[str], None]) -> str:
    """Return the page's markdown with the output of its cells, which `execute` runs in its own folder, in place.

    Raises
    ------
    RenderError
        If a cell fails or gives something that the preview cannot show.
    """
    results = iter(execute(page, root / page.path.parent) if page.cells else ())
    text: list[str] = []
    faults: list[str] = []
    for part in page.parts:
        if isinstance(part, str):
            text.append(part)
            continue
        where = f"{page.path}, cell at line {part.line}"
        outputs = next(results)
        if part.options is None:
            text.append(_inline(outputs, where, faults))
            continue
        for output in outputs:
            if output["output_type"] == "stream" and output["name"] == "stderr" and output["text"].strip():
                log(f"{where}: {output['text'].strip().splitlines()[-1]}")
        options = section(page.meta, "execute") | part.options
        if options.get("include", True):
            text.append(f"\n\n{_block(part, options, outputs, where, faults)}\n\n")
    if faults:
        raise RenderError(refusal(faults))
    return "".join(text)


def _block(cell: Cell, options: dict[str, Any], outputs: list[Output], where: str, faults: list[str]) -> str:
    blocks = [_fenced(cell.code, ".python")] if options.get("echo", True) else []
    wanted = options.get("output", True)
    printed = ""

    def flush() -> None:
        if printed.strip() and wanted == "asis":
            faults.extend(refused_markup(printed, f"{where} printed"))
            blocks.append(printed)
        elif printed.strip():
            blocks.append(_fenced(printed.rstrip(), ".output"))

    for output in outputs if wanted else []:
        if output["output_type"] != "stream":
            flush()
            printed = ""
            blocks.append(_shown(output["data"], where, faults))
        elif output["name"] == "stdout":
            printed += output["text"]
        elif options.get("warning", True):
            blocks.append(_fenced(output["text"].rstrip(), ".stderr"))
    flush()
    return "\n\n".join(blocks)


def _shown(data: dict[str, str], where: str, faults: list[str]) -> str:
    if "text/markdown" in data:
        faults += refused_markup(data["text/markdown"], f"{where} showed")
        return data["text/markdown"]
    if "text/html" in data:
        return _fenced(data["text/html"], "=html")
    if any(kind.startswith("image/") for kind in data):
        faults.append(f"{where}: it shows a picture. Save it to a file and print ![caption](file){{fig-alt=...}}.")
    elif "text/plain" in data:
        return _fenced(data["text/plain"], ".output")
    return ""


def _inline(outputs: list[Output], where: str, faults: list[str]) -> str:
    shown = [output["data"] for output in outputs if output["output_type"] in ("execute_result", "display_data")]
    if not shown:
        faults.append(f"{where}: the inline expression gives nothing to show.")
        return ""
    if "text/markdown" in shown[-1]:
        return str(shown[-1]["text/markdown"])
    text = str(shown[-1]["text/plain"])
    return _ESCAPED.sub(r"\\\1", str(ast.literal_eval(text)) if text[:1] in "\"'" else text)


def _fenced(text: str, attribute: str) -> str:
    text = text if attribute == "=html" else _ANSI.sub("", text)
    fence = "`" * max(3, 1 + max(map(len, re.findall(r"`+", text)), default=0))
    return f"{fence}{{{attribute}}}\n{text}\n{fence}"


# --- kernels ----------------------------------------------------------------------------------------


@contextmanager
def kernels(number: int) -> Iterator[Execute]:
    """Yield a function that runs pages in a number of kernels, one page at a time each; they end with the block."""
    idle: SimpleQueue[_Kernel] = SimpleQueue()

    def execute(page: Page, folder: Path) -> list[list[Output]]:
        kernel = idle.get()
        try:
            return kernel.run(page, folder)
        finally:
            idle.put(kernel)

    with ExitStack() as stack:
        for _ in range(number):
            idle.put(stack.enter_context(closing(_Kernel())))
        yield execute


class _Kernel:
    """A Jupyter kernel with the Python that runs this, started with its first page and, after a failure, with the next.

    Pages share the libraries that are loaded and what these remember. They share no variables, no modules of their own,
    no working folder, environment or warnings: see ``_define_start_page``.
    """

    def __init__(self) -> None:
        # All work is in one thread: sockets belong to an event loop, and a loop to a thread.
        self._thread, self._loop = ThreadPoolExecutor(1), asyncio.Runner()
        self._running = AsyncExitStack()
        self._client: NotebookClient | None = None

    def run(self, page: Page, folder: Path) -> list[list[Output]]:
        """Run a page's cells; `RenderError` names the page, the line and the fault, and has its exit status."""
        return self._thread.submit(self._loop.run, self._run(page, folder)).result()

    async def _run(self, page: Page, folder: Path) -> list[list[Output]]:
        cell = page.cells[0]
        try:
            client = self._client = self._client or await self._start()
            await _execute(client, f"get_ipython().start_page({str(folder)!r})")
            client.nb = _notebook(*(cell.code for cell in page.cells))
            for index, cell in enumerate(page.cells):
                if cell.runs:
                    await client.async_execute_cell(client.nb.cells[index], index)
        except CellExecutionError as error:
            await self._stop()
            raise _failure(page, cell, error) from None
        except (DeadKernelError, CellTimeoutError, RuntimeError) as error:
            await self._stop()
            msg = (
                f"{page.path}, cell at line {cell.line}: its Python process ended without an error message ({error}). "
                "It may have run out of memory; close other programs and build again."
            )
            raise RenderError(msg) from None
        return [cell.outputs for cell in client.nb.cells]

    def close(self) -> None:
        with self._thread:
            self._thread.submit(self._loop.run, self._stop()).result()
            self._thread.submit(self._loop.close)

    async def _start(self) -> NotebookClient:
        private = self._running.enter_context(
            tempfile.TemporaryDirectory(prefix="ec-maps-", ignore_cleanup_errors=True)
        )
        # Use this interpreter with the project's packages, not an installed kernel.
        manager = AsyncKernelManager(
            kernel_name="python3",
            kernel_spec_manager=KernelSpecManager(kernel_dirs=[]),
            connection_file=str(Path(private, "kernel.json")),
        )
        if os.name == "posix" and len(private) < 80:
            # Sockets in a private folder: no other user can reach them, and no two builds use the same port.
            manager.transport, manager.ip = "ipc", str(Path(private, "ipc"))
        client = NotebookClient(
            _notebook(),
            km=manager,
            timeout=None,
            startup_timeout=180,
            shutdown_kernel="immediate",
            # The history is a database in the user's home, shared by all kernels.
            extra_arguments=["--HistoryManager.enabled=False"],
        )
        environment = {**os.environ, "IPYTHONDIR": private}
        await self._running.enter_async_context(client.async_setup_kernel(env=environment, cleanup_kc=True))
        await _execute(client, f"from typing import Any\n{_START_PAGE}\n_define_start_page(get_ipython())")
        return client

    async def _stop(self) -> None:
        self._client = None
        await self._running.aclose()


async def _execute(client: NotebookClient, code: str) -> None:
    """Run code of the preview and discard its output."""
    client.reset_execution_trackers()
    client.nb = _notebook(code)
    await client.async_execute_cell(client.nb.cells[0], 0)


def _notebook(*code: str) -> NotebookNode:
    cells = [new_code_cell(part) for part in code]  # type: ignore[no-untyped-call]
    notebook: NotebookNode = new_notebook(cells=cells)  # type: ignore[no-untyped-call]
    return notebook


def _failure(page: Page, cell: Cell, error: CellExecutionError) -> RenderError:
    kind = getattr(errors, error.ename, None)
    told = _ANSI.sub("", error.traceback)
    if message := re.search(r"^ec-maps: (.+)", told, flags=re.MULTILINE | re.DOTALL):
        text = message[1].strip()
    else:  # the page failed before it loaded ec_maps, which makes a letter of a fault
        line = re.search(r"^-+> \d+ (.+)", told, flags=re.MULTILINE)
        text = letter(error.ename, str(error.evalue), line[1].strip() if line else "")
    failure = RenderError(f"{page.path}, cell at line {cell.line}: {text}")
    failure.exit_status = getattr(kind, "exit_status", 1)
    return failure


def _define_start_page(shell: Any) -> None:
    """Give a kernel's shell ``start_page``, which leaves only libraries of the page before; the kernel runs this."""
    # Imported here: the kernel gets the source of this function only, and removes a page's names with the page.
    import os
    import sys
    import warnings
    from contextlib import ExitStack

    page_warnings = ExitStack()
    environment, path = dict(os.environ), list(sys.path)
    installed = tuple(folder for folder in path if folder)

    def start_page(folder: str) -> None:
        shell.reset()
        os.environ.clear()
        os.environ.update(environment)
        sys.path[:] = path
        for name, module in list(sys.modules.items()):
            file = getattr(module, "__file__", None)
            if file and not file.startswith(installed):
                del sys.modules[name]  # it belongs to a page, and may hold its state
        # Warning filters end with a page, so that the next one is warned of the same code again.
        page_warnings.close()
        page_warnings.enter_context(warnings.catch_warnings())
        if "matplotlib" in sys.modules:
            sys.modules["matplotlib"].rc_file_defaults()
        if "pandas" in sys.modules:
            sys.modules["pandas"].reset_option("display")
        os.chdir(folder)

    shell.start_page = start_page


_START_PAGE = inspect.getsource(_define_start_page)
