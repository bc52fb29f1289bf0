"""A forward and a backward pass: emitted modules against PyTorch, JAX, autograd, their own matrix products, and textbook code.

Each contestant computes the gradients of all parameters, inputs and initial states, and they are compared before anything is timed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.networks import NETWORKS, Network, Size, Task, task
from benchmarks.peers import CONTESTANTS, contestants
from benchmarks.targets import Target
from benchmarks.timing import Times, interleaved, mean

SIZES: tuple[Size, ...] = ((50, 16, 32, 64), (100, 32, 64, 128), (200, 1, 32, 64), (100, 32, 256, 256), (50, 64, 512, 512))
"""T, batch, rows of x, rows of h."""

LARGE = 256
"""Rows of h from which on the products are most of the work."""

OTHERS = [name for name in CONTESTANTS if name != "emitted"]
BUDGET = 1.5
"""Seconds that a contestant may take for a case before it leaves."""

NOTE = """PyTorch's GRU resets after the product, as does GRU here; beside "GRU, reset before", as its paper has it, it is the nearest
peer and not the same cell. "products" are the matrix products alone: what is above 1 there is all that is not a product."""

AGREEMENT = {"float32": 1e-3, "float64": 1e-9}
"""How far two contestants' gradients may lie apart, by the largest entry, before a ratio of their times means nothing."""


@dataclass(frozen=True)
class Result:
    """What was measured of a network at a size."""

    network: str
    dtype: str
    size: Size
    times: Times

    @property
    def told(self) -> str:
        return f"{self.network}, {self.dtype}, {', '.join(map(str, self.size))}"

    @property
    def ratios(self) -> dict[str, float]:
        """Ours to each other contestant's time, medians."""
        return {name: self.times.ratio("emitted", name).median for name in self.times.samples if name != "emitted"}

    def data(self) -> dict[str, Any]:
        sizes = dict(zip(("T", "batch", "n_x", "n_h"), self.size, strict=True))
        return {"network": self.network, "dtype": self.dtype, **sizes, **self.times.data("emitted")}


def measure(networks: Iterable[Network], sizes: Sequence[Size], rounds: int, clock: Callable[[], float]) -> Iterator[Result]:
    """A result for each network, dtype and size."""
    for own, dtype, size in product(networks, AGREEMENT, sizes):
        given = task(own, size, dtype)
        racing = contestants(given)
        check_agreement(given, racing)
        yield Result(
            own.name, dtype, size, interleaved({name: each.run for name, each in racing.items()}, rounds, clock=clock, budget=BUDGET)
        )


def check_agreement(given: Task, racing: Any) -> None:
    """All gradients that contestants return, against ours.

    Raises:
        SystemExit: two are further apart than rounding takes them, or a contestant has computed none of ours.
    """
    found = {name: each.gradients(each.run()) for name, each in racing.items()}
    own = found.pop("emitted")
    for other, gradients in found.items():
        for name in gradients.keys() & own.keys():
            distance = np.abs(gradients[name] - own[name]).max() / np.abs(own[name]).max()
            if not distance <= AGREEMENT[given.dtype]:
                case = f"{given.network.name}, {given.dtype}, {given.size}"
                raise SystemExit(
                    f"benchmarks: {other} and the emitted module have gradients by {name} that are {distance:.1e} apart: {case}"
                )


def average(results: Iterable[Result], other: str) -> float | None:
    """The geometric mean of the ratios to a contestant; where it is a framework, over what is the same network there."""
    return mean(_against([each for each in results if other == "textbook" or _is_layer(each)], other).values())


def targets(results: Sequence[Result]) -> Iterator[Target]:
    """What was aimed at, and what was found."""
    layers = list(filter(_is_layer, results))
    for other, aim in (("PyTorch", 0.45), ("JAX", 0.6), ("autograd", 0.1)):
        yield Target(f"{other}, geometric mean", average(results, other), aim)
    yield Target.worst("PyTorch, worst", _against(layers, "PyTorch"), 1.1)
    large = [each for each in layers if each.size[3] >= LARGE]
    yield Target.worst(f"products alone, worst with {LARGE} rows or more", _against(large, "products"), 1.4)
    yield Target("textbook code, geometric mean", average(results, "textbook"))


def _is_layer(result: Result) -> bool:
    return result.network in NETWORKS and NETWORKS[result.network].layer is not None


def _against(results: Iterable[Result], other: str) -> dict[str, float]:
    return {each.told: each.ratios[other] for each in results if other in each.ratios}


def show(console: Console, results: Sequence[Result]) -> None:
    """Print a table of results; its notes say what is compared with what."""
    others = [name for name in OTHERS if _against(results, name)]
    table = Table(
        title="Forward and backward pass: the emitted module's time by that of others (below 1: it is faster)",
        title_justify="left",
    )
    for name in ("network", "dtype", "T, batch, x, h"):
        table.add_column(name)
    for name in ("emitted, ms", *others):
        table.add_column(name, justify="right")
        if name == "PyTorch":
            table.add_column("quartiles", justify="right")
    for number, result in enumerate(results):
        is_last = number + 1 == len(results) or results[number + 1].network != result.network
        table.add_row(*_row(result, others), end_section=is_last)
    console.print(table)
    console.print(NOTE)


def _row(result: Result, others: Iterable[str]) -> Iterator[str]:
    yield from (result.network, result.dtype, ", ".join(map(str, result.size)), f"{1e3 * result.times.median('emitted'):.1f}")
    for name in others:
        ratio = result.ratios.get(name)
        yield "" if ratio is None else f"{'[green]' if ratio <= 1 else '[red]'}{ratio:.2f}"
        if name == "PyTorch":
            low, high = result.times.ratio("emitted", name).quartiles if ratio is not None else (0, 0)
            yield "" if ratio is None else f"{low:.2f} to {high:.2f}"
