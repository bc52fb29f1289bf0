"""One step at a time: the emitted `step` against PyTorch's LSTM called with T = 1 under torch.inference_mode."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.environment import installed
from benchmarks.networks import NETWORKS, Array, Task, task
from benchmarks.peers.pytorch import layer
from benchmarks.speed import AGREEMENT
from benchmarks.targets import Target
from benchmarks.timing import Times, interleaved, mean

NETWORK = "LSTM"
STEPS, INPUTS = 100, 64
BATCHES, ROWS = (1, 16), (64, 128, 256, 512)


@dataclass(frozen=True)
class Result:
    """The times of STEPS steps at a size."""

    dtype: str
    batch: int
    n_h: int
    times: Times

    @property
    def told(self) -> str:
        return f"{self.dtype}, batch {self.batch}, {self.n_h} rows"

    def data(self) -> dict[str, Any]:
        return {"dtype": self.dtype, "batch": self.batch, "n_x": INPUTS, "n_h": self.n_h, "steps": STEPS, **self.times.data("emitted")}


def measure(rounds: int, clock: Callable[[], float]) -> Iterator[Result]:
    """A result for each dtype, batch and number of rows."""
    for dtype, batch, n_h in product(AGREEMENT, BATCHES, ROWS):
        given = task(NETWORKS[NETWORK], (STEPS, batch, INPUTS, n_h), dtype)
        found: dict[str, Callable[[], Array]] = {"emitted": _emitted(given)}
        if torch := installed("torch"):
            found["PyTorch"] = _pytorch(torch, given)
            if not np.allclose(found["PyTorch"](), found["emitted"](), atol=AGREEMENT[dtype]):
                raise SystemExit(f"benchmarks: step and PyTorch have different outputs: {dtype}, batch {batch}, {n_h} rows")
        yield Result(dtype, batch, n_h, interleaved(found, rounds, clock=clock))


def _emitted(given: Task) -> Callable[[], Array]:
    """The steps one by one; the last output is returned."""
    module = given.network.module
    start, inputs = module.start(given.params, given.size[1], given.initial), [{"x": x} for x in given.x]

    def run() -> Array:
        state = start
        for each in inputs:
            outputs, state = module.step(state, each)
        last: Array = outputs["h"]
        return last

    return run


def _pytorch(torch: Any, given: Task) -> Callable[[], Array]:
    made = layer(torch, given)
    inputs = [torch.tensor(x[None]) for x in given.x]
    start = tuple(torch.tensor(given.initial[name][None]) for name in ("h", "c"))

    def run() -> Array:
        with torch.inference_mode():
            state = start
            for each in inputs:
                outputs, state = made(each, state)
        last: Array = outputs[0].numpy()
        return last

    return run


def targets(results: Sequence[Result]) -> Iterator[Target]:
    """What was aimed at, and what was found."""
    found = {each.told: each.times.ratio("emitted", "PyTorch").median for each in results if "PyTorch" in each.times.samples}
    yield Target(f"one step of {NETWORK} by PyTorch's, geometric mean", mean(found.values()), 1.0)
    yield Target.worst(f"one step of {NETWORK} by PyTorch's, worst", found, 1.0)


def show(console: Console, results: Sequence[Result]) -> None:
    """Print a table of results."""
    table = Table(title=f"One step of {NETWORK} (microseconds, {INPUTS} inputs)", title_justify="left")
    for name in ("dtype", "batch", "rows", "emitted", "PyTorch", "emitted / PyTorch"):
        table.add_column(name, justify="left" if name == "dtype" else "right")
    for each in results:
        microseconds = {name: f"{1e6 * each.times.median(name) / STEPS:.0f}" for name in each.times.samples}
        ratio = f"{each.times.ratio('emitted', 'PyTorch').median:.2f}" if "PyTorch" in microseconds else ""
        table.add_row(each.dtype, str(each.batch), str(each.n_h), microseconds["emitted"], microseconds.get("PyTorch", ""), ratio)
    console.print(table)
