"""How long the derivation takes: once for every T, and written out for T = 10, 100, 1000.

The recurrence form holds for every T at once and costs the same for each. "unrolled" is its time and that of writing the forward and the
backward system out for T steps; "entry by entry" is backpropagation on the unrolled graph whose nodes are single numbers (x has 1 row and
h has 2), the way of a framework's tape, with a symbolic derivative on each edge.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.table import Table
from sympy.core.cache import clear_cache

import derive
from benchmarks.speed import system
from benchmarks.timing import Times, interleaved
from verify.methods.unrolled import Unrolled
from verify.subject import subject

LENGTHS = (10, 100, 1000)


@dataclass(frozen=True)
class Result:
    """The times of a cell's derivations; contestants are "none" and the lengths."""

    cell: str
    way: str
    times: Times

    def data(self) -> dict[str, Any]:
        names = list(self.times.samples)
        return {
            "cell": self.cell,
            "way": self.way,
            "seconds": {name: self.times.median(name) for name in names},
            "ratios": {f"{name} / none": self.times.ratio(name, "none").data() for name in names if name != "none"},
        }


def measure(cells: Iterable[str], rounds: int, longest_graph: int) -> Iterator[Result]:
    """A result for each cell and way, the second one up to a length. SymPy's cache is emptied before each derivation."""
    for cell in cells:
        forward = system(cell)
        ways = (("unrolled", _unrolled, max(LENGTHS), rounds), ("entry by entry", _entry_by_entry, longest_graph, 1))
        for way, run, longest, times in ways:
            contestants = {str(T): _bound(run, forward, T) for T in LENGTHS if longest >= T}
            yield Result(cell, way, interleaved({"none": _bound(_recurrence, forward, 0), **contestants}, times, prepare=clear_cache))


def _bound(run: Callable[[derive.System, int], object], forward: derive.System, T: int) -> Callable[[], object]:
    return lambda: run(forward, T)


def _recurrence(forward: derive.System, T: int) -> object:
    return derive.bptt(forward)


def _unrolled(forward: derive.System, T: int) -> object:
    derivation = derive.bptt(forward)
    return derive.unroll(derivation.forward, T), derive.unroll(derivation.adjoint, T)


def _entry_by_entry(forward: derive.System, T: int) -> object:
    return Unrolled(subject(derive.bptt(forward)), T).accumulated()


def show(console: Console, results: Iterable[Result]) -> None:
    """Print a table of results."""
    table = Table(title="Derivation (seconds; in brackets the ratio to T = none, one derivation for every T)", title_justify="left")
    table.add_column("cell")
    table.add_column("way")
    for name in ("none", *map(str, LENGTHS)):
        table.add_column(f"T = {name}", justify="right")
    for result in results:
        table.add_row(result.cell, result.way, *(_entry(result.times, name) for name in ("none", *map(str, LENGTHS))))
    console.print(table)


def _entry(times: Times, name: str) -> str:
    if name not in times.samples:
        return ""
    seconds = f"{times.median(name):.3f}"
    return seconds if name == "none" else f"{seconds} ({times.ratio(name, 'none').median:.1f})"
