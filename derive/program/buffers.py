"""The arrays of one step that loops write into, so that a step makes none."""

from __future__ import annotations

from collections.abc import Iterable

from derive.calculus.names import fresh


class Buffers:
    """The arrays of one step, (rows, batch) or (rows, columns, batch), that the loops of a part write into, each made once.

    They are the values that are not kept over time, and spare ones for parts of right sides, which all statements of one shape share. `rows` has
    by name the rows of each, or rows and columns, as code.
    """

    def __init__(self, taken: Iterable[str]) -> None:
        self.taken = set(taken)
        self.rows: dict[str, str] = {}
        self.spares: dict[str, list[str]] = {}
        self._made = 0

    def spare(self, rows: str, busy: tuple[str, ...]) -> str:
        """The name of a spare array of so many rows that is none of those that are busy."""
        own = self.spares.setdefault(rows, [])
        free = next((name for name in own if name not in busy), "")
        if not free:
            free = fresh("spare", self.taken)
            self.taken.add(free)
            self.rows[free] = rows
            own.append(free)
        return free

    def new(self) -> list[str]:
        """The lines that make those that have come to be needed since this was called last."""
        found = [*self.rows.items()][self._made :]
        self._made = len(self.rows)
        return [f"{name} = empty(({rows}, batch), dtype)" for name, rows in found]
