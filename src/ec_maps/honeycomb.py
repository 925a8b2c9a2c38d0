"""A honeycomb: its cells and their neighbours, who owns which cell, and how an owner's cells are brought together.

Cells have whole numbers for coordinates, so that shared corners are the same to the last digit. Along a row the column
goes up by two, and the next row's begins one further: column plus row is always even.
"""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Callable, Iterable

import numpy as np
import shapely

#: Who owns a cell that is nobody's.
NOBODY = -1

_AROUND = ((2, 0), (1, 1), (-1, 1), (-2, 0), (-1, -1), (1, -1))
_CORNERS = ((0, 2), (-1, 1), (-1, -1), (0, -2), (1, -1), (1, 1), (0, 2))

#: How often all pieces are gone through at most.
_ROUNDS = 6

#: How many cells are tried in exchange for one.
_TRIES = 12


class Honeycomb:
    """The cells of a honeycomb whose centres lie in a box.

    Parameters
    ----------
    box
        Left, bottom, right and top, in metres.
    area
        How large a cell is to be, in square metres; its width and height are rounded to whole metres.

    Attributes
    ----------
    columns, rows
        The cells' coordinates, from the bottom row upwards.
    centres
        Their centres in metres; the honeycomb hangs from the origin of the grid, whatever the box.
    width
        How far the centres of neighbours lie apart in a row, in metres.
    """

    def __init__(self, box: tuple[float, float, float, float], area: float) -> None:
        side = np.sqrt(area * 2 / np.sqrt(27))
        self._half, self._third = max(1, round(side * np.sqrt(3) / 2)), max(1, round(side / 2))
        left, bottom, right, top = box
        columns, rows = np.meshgrid(
            np.arange(int(np.ceil(left / self._half)), int(right // self._half) + 1),
            np.arange(int(np.ceil(bottom / self._third / 3)), int(top // (self._third * 3)) + 1),
        )
        even = (columns + rows) % 2 == 0
        self.columns, self.rows = columns[even], rows[even]
        self.centres = np.stack([self.columns * self._half, self.rows * 3 * self._third], axis=1).astype(float)
        self.width = 2 * self._half
        place = {cell: at for at, cell in enumerate(zip(self.columns.tolist(), self.rows.tolist(), strict=True))}
        self.neighbours = [[place[x + dx, y + dy] for dx, dy in _AROUND if (x + dx, y + dy) in place] for x, y in place]

    def shapes(self, cells: np.ndarray) -> np.ndarray:
        """Return cells as hexagons that stand on a corner, in metres."""
        middles = np.stack([self.columns[cells], self.rows[cells] * 3], axis=1)
        corners = middles[:, None, :] + np.array(_CORNERS)
        return np.asarray(shapely.polygons((corners * (self._half, self._third)).astype(float)))

    def pieces(self, cells: Iterable[int]) -> list[list[int]]:
        """Return cells in connected pieces, the largest first."""
        left = set(cells)
        found = []
        for first in sorted(left):
            if first not in left:
                continue
            left.remove(first)
            piece = [first]
            for cell in piece:
                for other in self.neighbours[cell]:
                    if other in left:
                        left.remove(other)
                        piece.append(other)
            found.append(piece)
        return sorted(found, key=len, reverse=True)

    def path(self, start: Iterable[int], over: Callable[[int], bool], end: Callable[[int], bool]) -> list[int] | None:
        """Return the shortest path from some cell to one that is an end, both included, over cells that may be used."""
        came: dict[int, int | None] = dict.fromkeys(start)
        queue = deque(came)
        while queue:
            cell = queue.popleft()
            for other in self.neighbours[cell]:
                if other in came:
                    continue
                if end(other):
                    back: list[int] = [other]
                    at: int | None = cell
                    while at is not None:
                        back.append(at)
                        at = came[at]
                    return back[::-1]
                if over(other):
                    came[other] = cell
                    queue.append(other)
        return None


class Gathering:
    """Who owns which cell, and the exchanges that bring each owner's cells together.

    An exchange moves ownership along a path of neighbouring cells, each cell passing to the owner of the next one: all
    keep as many cells as they had, and nobody's shape changes by more than a cell at either end.

    Parameters
    ----------
    comb
        The honeycomb.
    owners
        The owner of each of its cells, `NOBODY` for none.
    within
        Which ground each cell lies on: cells are only exchanged within one. If not given, all are, nobody's too.
    """

    def __init__(self, comb: Honeycomb, owners: np.ndarray, within: np.ndarray | None = None) -> None:
        self._comb = comb
        self._owners: list[int] = owners.tolist()
        self._within: list[int] = ([0] * len(owners)) if within is None else within.tolist()
        self._cells: dict[int, set[int]] = {int(owner): set() for owner in np.unique(owners)}
        for cell, owner in enumerate(self._owners):
            self._cells[owner].add(cell)
        self._moved: dict[int, int] = {}

    def gathered(self) -> np.ndarray:
        """Return the owners after as many exchanges as make for fewer pieces."""
        for _ in range(_ROUNDS):
            fewer = False
            for owner in sorted(self._cells):
                stray = self._comb.pieces(self._cells[owner])[1:] if owner != NOBODY else []
                for piece in reversed(stray):
                    # An exchange may have taken cells of a piece that has not had its turn.
                    if self._cells[owner].issuperset(piece):
                        fewer |= self._joined(owner, piece)
            if not fewer:
                break
        return np.array(self._owners)

    def _joined(self, owner: int, piece: list[int]) -> bool:
        """Join a piece to the rest of its owner's cells, if that leaves fewer pieces than there were; else leave it."""
        ways = [self._moved_over, self._bridged]
        bridge = self._path_to_rest(owner, piece, set(piece), None)
        if bridge and len(bridge) - 2 < len(piece):
            ways.reverse()
        # The shortest way may cut somebody else in two where one through a single owner's cells would not.
        around = {self._owners[other] for cell in piece for other in self._comb.neighbours[cell]} - {owner}
        for way, over in itertools.product(ways, (None, *sorted(around))):
            self._moved = {}
            if way(owner, piece, over) and self._gain() > 0:
                return True
            self._undo()
        return False

    def _path_to_rest(self, owner: int, start: Iterable[int], piece: set[int], over: int | None) -> list[int] | None:
        """Return the shortest path to an owner's cells outside a piece, over one other owner's cells or anybody's."""
        ground = {self._within[cell] for cell in piece}
        owners, within = self._owners, self._within
        return self._comb.path(
            start,
            lambda cell: owners[cell] != owner and over in (None, owners[cell]) and within[cell] in ground,
            lambda cell: owners[cell] == owner and cell not in piece,
        )

    def _moved_over(self, owner: int, piece: list[int], over: int | None) -> bool:
        """Exchange each cell of a piece for one beside the rest of its owner's."""
        for cell in piece:
            path = self._path_to_rest(owner, [cell], set(piece), over)
            if path is None:
                return False
            self._shift(path[:-1], owner)
        return True

    def _bridged(self, owner: int, piece: list[int], over: int | None) -> bool:
        """Exchange cells of the rest for those between a piece and the rest."""
        bridge = self._path_to_rest(owner, piece, set(piece), over)
        if bridge is None:
            return False
        kept = set(bridge)
        for cell in bridge[1:-1]:
            tried: set[int] = set()
            for _ in range(_TRIES):
                path = self._path_to_rest(owner, [cell], kept | tried, None)
                if path is None:
                    return False
                whole = self._cells[owner] | kept
                if len(self._comb.pieces(whole - {path[-1]})) <= len(self._comb.pieces(whole)):
                    self._shift(path[::-1], owner)
                    break
                tried.add(path[-1])
            else:
                return False
        return True

    def _shift(self, path: list[int], last: int) -> None:
        """Pass each cell of a path to the owner of the next one, and the last one to `last`."""
        owners = [*(self._owners[cell] for cell in path[1:]), last]
        for cell, owner in zip(path, owners, strict=True):
            self._pass(cell, owner)

    def _pass(self, cell: int, owner: int) -> None:
        before = self._owners[cell]
        self._moved.setdefault(cell, before)
        self._cells[before].remove(cell)
        self._cells[owner].add(cell)
        self._owners[cell] = owner

    def _undo(self) -> None:
        moved, self._moved = self._moved, {}
        for cell, owner in moved.items():
            self._pass(cell, owner)
        self._moved = {}

    def _gain(self) -> int:
        """Return how many pieces fewer there are for what was exchanged since the last account."""
        moved = dict(self._moved)
        concerned = ({self._owners[cell] for cell in moved} | set(moved.values())) - {NOBODY}
        after = sum(len(self._comb.pieces(self._cells[owner])) for owner in concerned)
        before = 0
        for owner in concerned:
            was = {cell for cell in self._cells[owner] if moved.get(cell, owner) == owner}
            was |= {cell for cell, old in moved.items() if old == owner}
            before += len(self._comb.pieces(was))
        return before - after
