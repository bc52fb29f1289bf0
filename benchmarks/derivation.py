"""How long the derivation takes: of each built-in cell, for every T at once; written out for T steps; and of whole commands.

The recurrence form holds for every T and costs the same for each. "unrolled" is its time and that of writing the forward and the backward
system out for T steps; "entry by entry" is backpropagation on the unrolled graph whose nodes are single numbers (x has 1 row and h has 2),
the way of a framework's tape, with a symbolic derivative on each edge.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

from rich.console import Console
from rich.table import Table
from sympy.core.cache import clear_cache

import derive
from benchmarks.targets import Target
from verify.methods.unrolled import Unrolled
from verify.subject import subject

ROOT = Path(__file__).resolve().parent.parent
CELL = "lstm"
LENGTHS, GRAPH_LENGTHS = (10, 100, 1000, 10_000), (10, 100)
COMMANDS = ("--help", "derive rnn", "derive lstm", "derive mogrifier_lstm", "emit lstm")
LONG = 2.0
"""Seconds after which no further sample is taken."""

EVERY, HELP, LONGEST = "every cell", "bptt --help", f"{CELL}, unrolled"


@dataclass(frozen=True)
class Result:
    """Seconds by what was derived: by cell, by command, or by number of steps."""

    what: str
    seconds: dict[str, float]

    def data(self) -> dict[str, Any]:
        return {"what": self.what, "seconds": self.seconds}


def measure(rounds: int, longest: int, clock: Callable[[], float]) -> Iterator[Result]:
    """A result for all cells, for each way to write one out for T steps, and for commands. SymPy's cache is emptied before each derivation."""

    def seconds(run: Callable[..., object], *arguments: Any) -> float:
        return _seconds(partial(run, *arguments), rounds, clock)

    derive.bptt(derive.cell(CELL))
    yield Result(EVERY, {name: seconds(_recurrence, name) for name in derive.cell_names()})
    for way, run, lengths in (("unrolled", _unrolled, LENGTHS), ("entry by entry", _entry_by_entry, GRAPH_LENGTHS)):
        steps = {str(T): seconds(run, CELL, T) for T in lengths if longest >= T}
        yield Result(f"{CELL}, {way}", {"none": seconds(_recurrence, CELL), **steps})
    yield Result("whole commands", {f"bptt {each}": _command(each.split(), rounds, clock) for each in COMMANDS})


def _seconds(run: Callable[[], object], rounds: int, clock: Callable[[], float]) -> float:
    """The median of the times of some calls; of one that takes long, its only time."""
    samples: list[float] = []
    while len(samples) < rounds and sum(samples) < LONG:
        clear_cache()
        start = clock()
        run()
        samples.append(clock() - start)
    return median(samples)


def _recurrence(cell: str) -> derive.Derivation:
    return derive.bptt(derive.cell(cell))


def _unrolled(cell: str, T: int) -> object:
    derivation = _recurrence(cell)
    return derive.unroll(derivation.forward, T), derive.unroll(derivation.adjoint, T)


def _entry_by_entry(cell: str, T: int) -> object:
    return Unrolled(subject(_recurrence(cell)), T).accumulated()


def _command(words: Sequence[str], rounds: int, clock: Callable[[], float]) -> float:
    """A command in a process of its own, after one call that does not count; processor time where that is the clock."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])}

    def seconds() -> float:
        start = _spent(clock)
        subprocess.run([sys.executable, "-m", "bptt", *words], env=environment, stdout=subprocess.DEVNULL, check=True)
        return _spent(clock) - start

    seconds()
    return median(seconds() for _ in range(rounds))


def _spent(clock: Callable[[], float]) -> float:
    """The time, or the processor time of the processes that have ended."""
    ended = os.times()
    return ended.children_user + ended.children_system if clock is time.process_time else clock()


def targets(results: Sequence[Result]) -> Iterator[Target]:
    """What was aimed at, and what was found."""
    found = {each.what: each.seconds for each in results}
    yield Target.worst("derivation of a built-in cell, slowest", found[EVERY], 0.5, "s")
    yield Target(HELP, found["whole commands"].get(HELP), 0.3, unit="s")
    longest = str(LENGTHS[-1])
    yield Target(f"{CELL} unrolled for {longest} steps, both passes", found[LONGEST].get(longest), 10, unit="s")


def show(console: Console, results: Sequence[Result]) -> None:
    """Print a table of results."""
    table = Table(title="Derivation (seconds)", title_justify="left")
    for name in ("what", "of"):
        table.add_column(name)
    table.add_column("seconds", justify="right")
    for result in results:
        told = _summary(result.seconds) if result.what == EVERY else result.seconds
        for number, (name, seconds) in enumerate(told.items()):
            is_length = name.isdigit() or name == "none"
            of = f"T = {name}" if is_length else name
            table.add_row("" if number else result.what, of, f"{seconds:.3f}", end_section=number + 1 == len(told))
    console.print(table)


def _summary(seconds: dict[str, float]) -> dict[str, float]:
    """The slowest and the middle one of many."""
    slowest = max(seconds, key=seconds.__getitem__)
    return {f"slowest of {len(seconds)}: {slowest}": seconds[slowest], "median": median(seconds.values())}
