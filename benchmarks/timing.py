"""Timing contestants side by side: round by round, so that a slow moment of the machine meets all of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import ceil
from statistics import median, quantiles
from typing import Any

SETTLE = 0.05
"""Seconds between contestants: after its last call the threads of a library still spin for a while, on the cores of the next one."""

SAMPLE = 0.05
"""Seconds that a sample lasts at least; a short contestant is called often enough."""


@dataclass(frozen=True)
class Ratio:
    """The ratios of two contestants' times, one from each round."""

    samples: tuple[float, ...]

    @property
    def median(self) -> float:
        return median(self.samples)

    @property
    def quartiles(self) -> tuple[float, float]:
        if len(self.samples) < 2:
            return self.samples[0], self.samples[0]
        first, _, third = quantiles(self.samples, n=4, method="inclusive")
        return first, third

    def data(self) -> dict[str, Any]:
        return {"median": self.median, "quartiles": self.quartiles, "samples": self.samples}


@dataclass(frozen=True)
class Times:
    """Seconds for one call by contestant, a sample from each round."""

    samples: Mapping[str, tuple[float, ...]]

    def median(self, name: str) -> float:
        return median(self.samples[name])

    def ratio(self, name: str, other: str) -> Ratio:
        return Ratio(tuple(own / its for own, its in zip(self.samples[name], self.samples[other], strict=True)))


def interleaved(
    contestants: Mapping[str, Callable[[], object]],
    rounds: int,
    prepare: Callable[[], object] | None = None,
    clock: Callable[[], float] = time.perf_counter,
) -> Times:
    """The times of contestants that run one after the other, A B A B ..., after one call of each that does not count.

    With `prepare`, it runs before each call, uncounted, and a sample is a single call.
    """
    calls = {name: 1 if prepare else max(1, ceil(SAMPLE / _seconds(run, 1, clock))) for name, run in contestants.items()}
    samples: dict[str, list[float]] = {name: [] for name in contestants}
    for _ in range(rounds):
        for name, run in contestants.items():
            time.sleep(SETTLE)
            (prepare or run)()
            samples[name].append(_seconds(run, calls[name], clock))
    return Times({name: tuple(each) for name, each in samples.items()})


def _seconds(run: Callable[[], object], calls: int, clock: Callable[[], float]) -> float:
    start = clock()
    for _ in range(calls):
        run()
    return (clock() - start) / calls
