"""Memory of a forward and a backward pass, as `tracemalloc` sees it, beside what the backward pass needs, the tape, and what both return.

With `checkpoint` the tape is kept at the ends of segments only, and the steps between are computed again.
"""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.networks import Size, Task, network, task
from benchmarks.peers import emitted
from benchmarks.targets import Target
from benchmarks.timing import interleaved
from derive.errors import InputError

SIZE: Size = (2000, 16, 32, 64)
NETWORKS = ("RNN", "LSTM", "GRU", "2-layer LSTM", "bidirectional GRU")
DTYPE = "float64"


@dataclass(frozen=True)
class Result:
    """What a pass of a network took.

    Attributes:
        tape: bytes of the arrays that the forward pass hands to the backward pass.
        returned: bytes of the outputs and gradients.
        peak: bytes at most, of both passes in a module just loaded, over what was there before.
        again: the same with checkpoints; None where a network cannot be computed segment by segment.
        slower: the time with checkpoints by that without; None likewise.
    """

    network: str
    tape: int
    returned: int
    peak: int
    again: int | None = None
    slower: float | None = None

    def data(self) -> dict[str, Any]:
        sizes = dict(zip(("T", "batch", "n_x", "n_h"), SIZE, strict=True))
        return {**asdict(self), **sizes, "dtype": DTYPE}


def measure(rounds: int, clock: Callable[[], float]) -> Iterator[Result]:
    """A result for each network, in modules just loaded, which have no memory yet to take again."""
    for name in NETWORKS:
        kept = _just_loaded(task(network(name), SIZE, DTYPE), checkpoint=False)
        cut = _in_segments(kept)
        runs = {"kept": emitted.contestant(kept).run, **({"cut": emitted.contestant(cut).run} if cut else {})}
        peaks = {each: _peak(run) for each, run in runs.items()}
        found = Result(name, tape_bytes(kept), _returned_bytes(kept), peaks["kept"])
        if cut:
            times = interleaved(runs, rounds, clock=clock)
            found = replace(found, again=peaks["cut"], slower=times.ratio("cut", "kept").median)
        yield found


def _just_loaded(given: Task, checkpoint: bool) -> Task:
    """A task with a module of its own."""
    return replace(given, network=replace(given.network, options={"checkpoint": checkpoint}))


def _in_segments(kept: Task) -> Task | None:
    """The task of the network with checkpoints; None where it cannot be computed segment by segment."""
    cut = _just_loaded(kept, checkpoint=True)
    try:
        emitted.contestant(cut)
    except InputError:
        return None
    return cut


def _peak(run: Callable[[], object]) -> int:
    """Bytes at most while it runs."""
    tracemalloc.start()
    run()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak


def tape_bytes(given: Task) -> int:
    """Bytes of the arrays that the forward pass hands over, each once."""
    _, tape = given.network.module.forward(given.params, given.inputs, given.initial)
    owners = {id(owner): owner.nbytes for owner in map(_owner, tape) if isinstance(owner, np.ndarray)}
    return sum(owners.values())


def _owner(held: Any) -> Any:
    """The array whose memory another one shows."""
    while isinstance(held, np.ndarray) and held.base is not None:
        held = held.base
    return held


def _returned_bytes(given: Task) -> int:
    """Bytes of the outputs and gradients."""
    outputs, tape = given.network.module.forward(given.params, given.inputs, given.initial)
    gradients = given.network.module.backward(given.params, tape, given.upstream)
    return sum(array.nbytes for group in (outputs, *gradients) for array in group.values())


def targets(results: Sequence[Result]) -> Iterator[Target]:
    """What was aimed at, and what was found."""
    found = {each.network: each.peak / (each.tape + each.returned) for each in results}
    yield Target.worst("peak memory by that of tape and results, worst", found, 1.2)


def show(console: Console, results: Sequence[Result]) -> None:
    """Print a table of results."""
    title = f"Memory of both passes, megabytes ({', '.join(map(str, SIZE))}; {DTYPE})"
    table = Table(title=title, title_justify="left")
    table.add_column("network")
    for name in ("tape", "results", "peak", "/ both", "checkpoints", "/ peak", "time / time"):
        table.add_column(name, justify="right")
    for each in results:
        needed = each.tape + each.returned
        tape, returned, peak = (f"{number / 1e6:.1f}" for number in (each.tape, each.returned, each.peak))
        again = ["", "", ""] if each.again is None else [f"{each.again / 1e6:.1f}", f"{each.again / each.peak:.2f}", f"{each.slower:.2f}"]
        table.add_row(each.network, tape, returned, peak, f"{each.peak / needed:.2f}", *again)
    console.print(table)
