"""The table of a benchmark: measurements, comparisons, and by how much targets were missed."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """A line of the table.

    Attributes
    ----------
    what
        What was measured.
    ours
        The median of ec_maps, in `unit`; None if it could not be measured.
    unit
        ``"s"``, ``"MB"``, ``"%"`` or ``"ms"``.
    theirs
        The median of the comparison; None if there is none, or if it could not be measured.
    against
        The comparison: ``"plain way"``, ``"limit"`` and so on.
    target
        The largest ratio allowed, or, without a comparison, the largest number; None if there is no target.
    runs
        How often each was run.
    of
        The line above that this one belongs to.
    """

    what: str
    ours: float | None
    unit: str = "s"
    theirs: float | None = None
    against: str = ""
    target: float | None = None
    runs: int = 1
    of: str = ""

    @property
    def ratio(self) -> float | None:
        """The ratio of ec_maps to the comparison; None without a comparison."""
        return None if self.ours is None or self.theirs is None else self.ours / self.theirs

    @property
    def verdict(self) -> str:
        """``"met"``, or by how much the target was missed, or that nothing was measured; empty without a target."""
        if self.ours is None or (self.against and self.theirs is None):
            return "not measured"
        if self.target is None:
            return ""
        reached = self.ours if self.ratio is None else self.ratio
        if reached <= self.target:
            return "met"
        unit = f" {self.unit}" if self.ratio is None else ""
        return f"missed by {reached - self.target:.2f}{unit}"

    def cells(self) -> list[str]:
        """Return the cells of the row."""
        aim = ""
        if self.target is not None:
            aim = f"≤ {self.target:.2f}" if self.against else f"≤ {self.target:g} {self.unit}"
        return [
            f"    {self.what}" if self.of else self.what,
            self.against,
            "" if self.theirs is None else amount(self.theirs, self.unit),
            "" if self.ours is None else amount(self.ours, self.unit),
            "" if self.ratio is None else f"{self.ratio:.2f}",
            aim,
            self.verdict,
            str(self.runs),
        ]


HEAD = ["what", "against", "that", "ec_maps", "ratio", "target", "", "runs"]

#: The columns of text; those of numbers are right-aligned.
_WORDS = (0, 1, 6)


def amount(value: float, unit: str) -> str:
    """Return a number with its unit, to about three significant figures."""
    digits = 0 if value >= 100 else 1 if value >= 10 else 2 if value >= 0.1 else 3
    return f"{value:,.{digits}f} {unit}"


def as_text(rows: list[Row]) -> str:
    """Return the table for a terminal."""
    cells = [HEAD, *(row.cells() for row in rows)]
    widths = [max(len(line[at]) for line in cells) for at in range(len(HEAD))]
    lines = []
    for line in cells:
        parts = [
            text.ljust(wide) if at in _WORDS else text.rjust(wide)
            for at, (text, wide) in enumerate(zip(line, widths, strict=True))
        ]
        lines.append("  ".join(parts).rstrip())
    return "\n".join([lines[0], "-" * max(map(len, lines)), *lines[1:]])


def as_markdown(rows: list[Row]) -> str:
    """Return the table as Markdown."""
    rule = [":--" if at in _WORDS else "--:" for at in range(len(HEAD))]
    lines = [HEAD, rule, *(row.cells() for row in rows)]
    return "\n".join(f"| {' | '.join(cell.replace('|', ' ') for cell in line)} |" for line in lines)


def missed(rows: list[Row]) -> list[str]:
    """Return a sentence for each target that was missed, or of which nothing is known."""
    return [
        f"{f'{row.of}, ' if row.of else ''}{row.what}{f', against {row.against}' if row.against else ''}: {row.verdict}"
        for row in rows
        if row.verdict.startswith(("missed", "not"))
    ]
