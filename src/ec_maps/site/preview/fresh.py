"""What a kernel runs first: it gives its shell ``start_page``, which leaves only libraries of the page before.

A kernel runs the text of this file; nobody imports it.
"""

from IPython import get_ipython


def _define() -> None:
    # Imported here, because names outside belong to the page and are removed with it.
    import os
    import sys
    import warnings
    from contextlib import ExitStack

    shell, page_warnings = get_ipython(), ExitStack()
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


_define()
