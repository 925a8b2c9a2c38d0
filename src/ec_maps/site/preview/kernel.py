"""A Python process that runs the cells of pages, one page after another, each as if the process were new."""

from __future__ import annotations

import asyncio
import os
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
from ec_maps.errors import RenderError
from ec_maps.site.preview.qmd import Cell, Page

#: The outputs of cells, by the ``id`` of each.
Outputs = dict[int, list[dict[str, Any]]]

#: Runs the cells of a page in a folder.
Execute = Callable[[Page, list[Cell], Path], Outputs]

_FRESH = Path(__file__).with_name("fresh.py")


@contextmanager
def kernels(number: int) -> Iterator[Execute]:
    """Yield a function that runs pages in a number of kernels, one page at a time each; they end with the block."""
    idle: SimpleQueue[Kernel] = SimpleQueue()

    def execute(page: Page, cells: list[Cell], folder: Path) -> Outputs:
        kernel = idle.get()
        try:
            return kernel.run(page, cells, folder)
        finally:
            idle.put(kernel)

    with ExitStack() as stack:
        for _ in range(number):
            idle.put(stack.enter_context(closing(Kernel())))
        yield execute


class Kernel:
    """A Jupyter kernel with the Python that runs this, started with its first page and, after a failure, with the next.

    Pages share the libraries that are loaded and what these remember. They share no variables, no modules of their own,
    no working folder, environment or warnings: see ``fresh.py``.
    """

    def __init__(self) -> None:
        # All work is in one thread: sockets belong to an event loop, and a loop to a thread.
        self._thread, self._loop = ThreadPoolExecutor(1), asyncio.Runner()
        self._running = AsyncExitStack()
        self._client: NotebookClient | None = None

    def run(self, page: Page, cells: list[Cell], folder: Path) -> Outputs:
        """Run the cells of a page in its folder; cells that are not run have no output.

        Raises
        ------
        RenderError
            If a cell fails, naming page, line and the last line of the exception, or ends the process. It carries the
            exit status of the error in the cell.
        """
        return self._thread.submit(self._loop.run, self._run(page, cells, folder)).result()

    async def _run(self, page: Page, cells: list[Cell], folder: Path) -> Outputs:
        results = {}
        cell = cells[0]
        try:
            client = self._client = self._client or await self._start()
            await _execute(client, f"get_ipython().start_page({str(folder)!r})")
            notebook = _notebook(*(cell.code for cell in cells))
            client.nb = notebook
            for index, cell in enumerate(cells):
                if cell.runs:
                    await client.async_execute_cell(notebook.cells[index], index)
                    results[id(cell)] = notebook.cells[index].outputs
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
        return results

    def close(self) -> None:
        """End the process."""
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
        await _execute(client, _FRESH.read_text(encoding="utf-8"))
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
    message = str(error.evalue).strip()
    if isinstance(kind, type) and issubclass(kind, errors.EcMapsError):
        # Messages of ec_maps are complete.
        failure = RenderError(f"{page.path}, cell at line {cell.line}: {message}")
        failure.exit_status = kind.exit_status
        return failure
    last = message.splitlines()[-1] if message else ""
    return RenderError(f"{page.path}, cell at line {cell.line}: {error.ename}: {last}")
