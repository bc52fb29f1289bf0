"""What the project aims at, beside what was found."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True)
class Target:
    """A number that should not be exceeded.

    Attributes:
        what: it measures.
        found: the number; None where nothing was measured.
        aim: what it should be at most; None where nothing is aimed at.
        where: the case that has it, if it is the worst of several.
        unit: of both numbers; "" for ratios.
    """

    what: str
    found: float | None
    aim: float | None = None
    where: str = ""
    unit: str = ""

    @classmethod
    def worst(cls, what: str, found: Mapping[str, float], aim: float | None = None, unit: str = "") -> Target:
        """The greatest of several numbers, each with what it is of."""
        where = max(found, key=found.__getitem__, default="")
        return cls(what, found.get(where), aim, where, unit)

    @property
    def is_met(self) -> bool | None:
        """None where there is nothing to compare."""
        return None if self.found is None or self.aim is None else self.found <= self.aim

    def data(self) -> dict[str, Any]:
        return {**asdict(self), "is_met": self.is_met}


def show(console: Console, targets: Iterable[Target]) -> None:
    """Print a table of the targets that something was measured for."""
    table = Table(title="Targets (ratios of the emitted module's time to that of others, or as said)", title_justify="left")
    table.add_column("what")
    for name in ("found", "at most"):
        table.add_column(name, justify="right")
    table.add_column("")
    table.add_column("where")
    for each in targets:
        if each.found is not None:
            verdict = {None: "", True: "[green]met", False: "[red]missed"}[each.is_met]
            aim = "" if each.aim is None else _told(each.aim, each.unit)
            table.add_row(each.what, _told(each.found, each.unit), aim, verdict, each.where)
    console.print(table)


def _told(number: float, unit: str) -> str:
    return f"{number:.2f} {unit}".rstrip()
