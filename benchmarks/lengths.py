"""Sequences of different lengths in a batch, against the dense run that computes their padding too: lengths drawn uniformly from 1 to T."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.networks import NETWORKS, Size, task
from benchmarks.peers import emitted
from benchmarks.speed import AGREEMENT
from benchmarks.targets import Target
from benchmarks.timing import Times, interleaved, mean

RACED = ("RNN", "LSTM", "GRU")


@dataclass(frozen=True)
class Result:
    """What was measured of a network at a size; `share` of the steps of the dense run are of a sequence."""

    network: str
    dtype: str
    size: Size
    share: float
    times: Times

    @property
    def told(self) -> str:
        return f"{self.network}, {self.dtype}, {', '.join(map(str, self.size))}"

    @property
    def ratio(self) -> float:
        return self.times.ratio("lengths", "dense").median

    def data(self) -> dict[str, Any]:
        sizes = dict(zip(("T", "batch", "n_x", "n_h"), self.size, strict=True))
        return {"network": self.network, "dtype": self.dtype, **sizes, "share": self.share, **self.times.data("lengths")}


def measure(sizes: Sequence[Size], rounds: int, clock: Callable[[], float]) -> Iterator[Result]:
    """A result for each network, dtype and size that has a batch."""
    ragged = {name: replace(NETWORKS[name], options={"ragged": True}) for name in RACED}
    for name, dtype, size in product(RACED, AGREEMENT, (size for size in sizes if size[1] > 1)):
        lengths = np.random.default_rng(1).integers(1, size[0], size[1], endpoint=True)
        yield Result(
            name, dtype, size, lengths.mean() / size[0], interleaved(_runs(name, ragged[name], size, dtype, lengths), rounds, clock=clock)
        )


def _runs(name: str, ragged: Any, size: Size, dtype: str, lengths: np.ndarray[Any, Any]) -> dict[str, Callable[[], Any]]:
    """Both passes: with lengths, and dense with no gradient from the padding; they agree.

    Raises:
        SystemExit: they do not.
    """
    dense, module = task(NETWORKS[name], size, dtype), ragged.module
    for upstream in dense.upstream.values():
        upstream[np.arange(size[0])[:, None] >= lengths] = 0

    def run() -> Any:
        _, tape = module.forward(dense.params, dense.inputs, dense.initial, lengths=lengths)
        return module.backward(dense.params, tape, dense.upstream)

    found = {"lengths": run, "dense": emitted.contestant(dense).run}
    one, other = (each().params for each in found.values())
    if not all(np.abs(one[each] - other[each]).max() <= AGREEMENT[dtype] * np.abs(other[each]).max() for each in other):
        raise SystemExit(f"benchmarks: gradients with lengths are not those of the dense run: {name}, {dtype}, {size}")
    return found


def targets(results: Sequence[Result]) -> Iterator[Target]:
    """What was aimed at, and what was found."""
    found = {each.told: each.ratio for each in results}
    share = mean(each.share for each in results) or 0
    yield Target(f"different lengths by the dense run, geometric mean ({share:.2f} of the steps)", mean(found.values()), 1.0)
    yield Target.worst("different lengths by the dense run, worst", found, 1.0)


def show(console: Console, results: Sequence[Result]) -> None:
    """Print a table of results."""
    table = Table(title="Lengths from 1 to T: time of both passes, and by that of the dense run", title_justify="left")
    for name in ("network", "dtype", "T, batch, x, h"):
        table.add_column(name)
    for name in ("with lengths, ms", "by dense", "steps by dense"):
        table.add_column(name, justify="right")
    for each in results:
        milliseconds = f"{1e3 * each.times.median('lengths'):.1f}"
        table.add_row(each.network, each.dtype, ", ".join(map(str, each.size)), milliseconds, f"{each.ratio:.2f}", f"{each.share:.2f}")
    console.print(table)
