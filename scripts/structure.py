"""Print how ``src/ec_maps`` is built: its rooms, modules and lines, the longest, and modules that import each other.

Imports inside functions count, those for the type checker alone do not. It needs nothing but the standard library.
"""

from __future__ import annotations

import ast
import statistics
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping, Set
from pathlib import Path


def imports(tree: ast.AST, known: Set[str]) -> Iterator[str]:
    """Yield the known modules that a module imports, those under ``if TYPE_CHECKING:`` left out."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            continue
        if isinstance(node, ast.Import):
            yield from known & {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module in known:
            names = (f"{node.module}.{alias.name}" for alias in node.names)
            yield from (name if name in known else node.module for name in names)
        yield from imports(node, known)


def cycles(graph: Mapping[str, set[str]]) -> list[list[str]]:
    """Return the groups of modules each of which imports itself by way of the others."""
    reach = {}
    for name in graph:
        found, todo = set(), [name]
        while todo:
            todo += (new := graph[todo.pop()] - found)
            found |= new
        reach[name] = found
    groups = {tuple(sorted(other for other in reach[name] if name in reach[other])) for name in graph}
    return sorted(list(group) for group in groups if group)


def main(package: Path) -> None:
    """Print the structure of a package."""
    paths = {".".join(p.relative_to(package.parent).with_suffix("").parts): p for p in sorted(package.rglob("*.py"))}
    texts = {name.removesuffix(".__init__"): path.read_text(encoding="utf-8") for name, path in paths.items()}
    lines = {name: len(text.splitlines()) for name, text in texts.items()}
    graph = {name: set(imports(ast.parse(text), texts.keys())) for name, text in texts.items()}
    rooms = defaultdict(list)
    for path, number in zip(paths.values(), lines.values(), strict=True):
        rooms["top" if path.parent == package else path.relative_to(package).parts[0]].append(number)
    for room, counts in [*sorted(rooms.items()), ("in all", list(lines.values()))]:
        print(f"{room:<10} {len(counts):>4} modules {sum(counts):>6} lines, median {statistics.median(counts):g}")
    print("longest:", ", ".join(f"{name} {lines[name]}" for name in sorted(lines, key=lines.__getitem__)[:-6:-1]))
    print("import cycles:", "; ".join(" ↔ ".join(group) for group in cycles(graph)) or "none")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parents[1] / "src" / "ec_maps")
