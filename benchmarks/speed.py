"""Emitted modules against PyTorch and against the code of a textbook: a forward and a backward pass.

The loss is the sum of all outputs h_t with random weights, so the gradient by an output is its weight. Each contestant computes the
gradients of all parameters, inputs and initial states.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

import derive
from benchmarks.environment import torch_module
from benchmarks.peers import PEERS, RESET_AFTER, backpropagation
from benchmarks.textbook import BY_HAND, Array
from benchmarks.timing import Times, interleaved
from verify.subject import subject

SIZES = ((50, 16, 32, 64), (100, 32, 64, 128), (200, 1, 32, 64), (100, 32, 256, 256), (50, 64, 512, 512))
"""T, batch, rows of x, rows of h."""

CELLS = ("rnn", "lstm", "gru", "gru reset-after")
NOTE = """PyTorch's GRU resets after the product: beside gru, which resets before it, it is the nearest peer and not the same cell;
beside gru reset-after it computes the same gradients, as the others do."""

AGREEMENT = {"float32": 1e-3, "float64": 1e-9}
"""How far two contestants' gradients may lie apart, by the largest entry, before a ratio of their times means nothing."""


@dataclass(frozen=True)
class Case:
    """What is computed: a cell at a size."""

    cell: str
    dtype: str
    T: int
    batch: int
    n_x: int
    n_h: int

    @property
    def aim(self) -> float | None:
        """The ratio to PyTorch that the project aims at; None where it has set itself none."""
        if self.dtype == "float64" or self.cell.startswith("gru"):
            return 1.0
        return 1.9 if self.cell == "lstm" else None


@dataclass(frozen=True)
class Result:
    """What was measured of a case: contestants "emitted", and where they exist "torch" and "textbook"."""

    case: Case
    times: Times

    def data(self) -> dict[str, Any]:
        others = [name for name in self.times.samples if name != "emitted"]
        return {
            **asdict(self.case),
            "aim": self.case.aim,
            "seconds": {name: self.times.median(name) for name in self.times.samples},
            "ratios": {f"emitted / {name}": self.times.ratio("emitted", name).data() for name in others},
        }


def system(cell: str) -> derive.System:
    """A cell by its name in the tables."""
    return derive.read(RESET_AFTER) if cell == "gru reset-after" else derive.cell(cell)


def measure(cells: Iterable[str], sizes: Sequence[tuple[int, int, int, int]], rounds: int, clock: Callable[[], float]) -> Iterator[Result]:
    """A result for each cell, dtype and size."""
    for cell in cells:
        module = subject(derive.bptt(system(cell))).module
        for dtype in ("float32", "float64"):
            for size in sizes:
                case = Case(cell, dtype, *size)
                yield Result(case, interleaved(_contestants(case, module), rounds, clock=clock))


def _contestants(case: Case, module: Any) -> dict[str, Callable[[], Array]]:
    """The contestants by name, each a function that returns the gradient of x; they agree."""
    rng = np.random.default_rng(0)
    params = module.init({"x": case.n_x, "h": case.n_h}, seed=0, dtype=case.dtype)
    x = rng.normal(size=(case.T, case.batch, case.n_x)).astype(case.dtype)
    dLdh = rng.normal(size=(case.T, case.batch, case.n_h)).astype(case.dtype)
    initial = {name: rng.normal(0, 0.5, (case.batch, case.n_h)).astype(case.dtype) for name in module.STATES}

    def emitted() -> Array:
        _, tape = module.forward(params, {"x": x}, initial)
        gradient: Array = module.backward(params, tape, {"h": dLdh}).inputs["x"]
        return gradient

    found: dict[str, Callable[[], Array]] = {"emitted": emitted}
    torch, peer = torch_module(), PEERS.get(case.cell)
    if torch is not None and peer is not None:
        found["torch"] = backpropagation(torch, peer, params, x, initial, dLdh)
    if by_hand := BY_HAND.get(case.cell):
        found["textbook"] = lambda: by_hand(params, x, initial, dLdh)["x"]
    same = [run for name, run in found.items() if name != "torch" or (peer is not None and peer.is_same)]
    _check_agreement(case, [run() for run in same])
    return found


def _check_agreement(case: Case, gradients: list[Array]) -> None:
    for other in gradients[1:]:
        distance = np.abs(other - gradients[0]).max() / np.abs(gradients[0]).max()
        if distance > AGREEMENT[case.dtype]:
            raise SystemExit(f"benchmarks: the contestants do not compute the same gradient, {distance:.1e} apart: {case}")


def show(console: Console, results: Iterable[Result], has_torch: bool) -> None:
    """Print a table of results; its notes say what is compared with what."""
    table = Table(title="Forward and backward pass (milliseconds; ratios below 1: the emitted module is faster)", title_justify="left")
    for name in ("cell", "dtype", "T, batch, x, h"):
        table.add_column(name)
    peer = ("PyTorch", "emitted / PyTorch", "quartiles", "aim") if has_torch else ()
    for name in ("emitted", *peer, "textbook", "emitted / textbook"):
        table.add_column(name, justify="right")
    for result in results:
        table.add_row(*_row(result, has_torch))
    console.print(table)
    if has_torch:
        console.print(NOTE)


def _row(result: Result, has_torch: bool) -> list[str]:
    case, times = result.case, result.times
    row = [case.cell, case.dtype, f"{case.T}, {case.batch}, {case.n_x}, {case.n_h}", f"{1e3 * times.median('emitted'):.1f}"]
    if has_torch:
        row += _against_torch(case, times) if "torch" in times.samples else ["", "", "", ""]
    if "textbook" in times.samples:
        return [*row, f"{1e3 * times.median('textbook'):.1f}", f"{times.ratio('emitted', 'textbook').median:.2f}"]
    return [*row, "", ""]


def _against_torch(case: Case, times: Times) -> list[str]:
    ratio = times.ratio("emitted", "torch")
    low, high = ratio.quartiles
    colour = "" if case.aim is None else "[green]" if ratio.median <= case.aim else "[red]"
    aim = "" if case.aim is None else f"{'within' if ratio.median <= case.aim else 'misses'} {case.aim:.1f}"
    return [f"{1e3 * times.median('torch'):.1f}", f"{colour}{ratio.median:.2f}", f"{low:.2f} to {high:.2f}", f"{colour}{aim}"]
