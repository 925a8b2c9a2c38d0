"""A fault in a cell of a page as a letter: which call failed, on which page, and why; without Jupyter's traceback."""

from __future__ import annotations

import os
import sys
import traceback
from typing import Any

from ec_maps import errors


def install() -> None:
    """Let the kernel that runs this tell faults as letters; without a kernel nothing changes."""
    shell: Any = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    if shell is None or not hasattr(shell, "_showtraceback"):
        return

    def tell(shell: Any, kind: type[BaseException], error: BaseException, *_: Any, **_more: Any) -> list[str]:
        text = letter(kind.__name__, str(error), _call(error))
        shell._showtraceback(kind, text, [f"ec-maps: {text}"])
        return [text]

    plain = type(shell).user_expressions

    def evaluated(expressions: dict[str, str]) -> dict[str, Any]:
        """Evaluate the inline expressions of a page, which Quarto reports as "ename: evalue"."""
        found: dict[str, Any] = plain(shell, expressions)
        for name, result in found.items():
            if result.get("status") == "error":
                result |= {"ename": "ec-maps", "evalue": letter(result["ename"], result["evalue"], expressions[name])}
        return found

    shell.set_custom_exc((Exception,), tell)
    shell.user_expressions = evaluated


def letter(kind: str, message: str, call: str) -> str:
    """Return the letter on a fault: of a page that Quarto builds, with its path; of ec_maps, without its type."""
    page = os.environ.get("QUARTO_DOCUMENT_FILE", "")
    if folder := os.environ.get("QUARTO_DOCUMENT_PATH") if page else None:
        page = os.path.relpath(os.path.join(folder, page), os.environ.get("QUARTO_PROJECT_DIR") or folder)  # noqa: PTH118
    is_ours = isinstance(getattr(errors, kind, None), type)
    what = message.strip() if is_ours else f"{kind}: {message.strip().splitlines()[-1] if message.strip() else ''}"
    return ": ".join(part for part in (page, call, what) if part)


def _call(error: BaseException) -> str:
    """Return the line of the cell that was running."""
    frames = traceback.extract_tb(error.__traceback__)
    return next((str(frame.line) for frame in frames if "ipykernel_" in frame.filename and frame.line), "")
