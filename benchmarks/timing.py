"""Timing contestants side by side: round by round, so that a slow moment of the machine meets all of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from math import ceil, inf
from statistics import geometric_mean, median, quantiles
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
    """Seconds for one call by contestant, a sample from each round that it took part in."""

    samples: Mapping[str, tuple[float, ...]]

    def median(self, name: str) -> float:
        return median(self.samples[name])

    def ratio(self, name: str, other: str) -> Ratio:
        """The ratios in the rounds in which both took part."""
        return Ratio(tuple(own / its for own, its in zip(self.samples[name], self.samples[other], strict=False)))

    def data(self, own: str) -> dict[str, Any]:
        """All medians, and the ratios of one contestant to the others."""
        ratios = {f"{own} / {name}": self.ratio(own, name).data() for name in self.samples if name != own}
        return {"seconds": {name: self.median(name) for name in self.samples}, "ratios": ratios}


def mean(ratios: Iterable[float]) -> float | None:
    """The geometric mean; None of nothing."""
    every = list(ratios)
    return geometric_mean(every) if every else None


def interleaved(
    contestants: Mapping[str, Callable[[], object]],
    rounds: int,
    prepare: Callable[[], object] | None = None,
    clock: Callable[[], float] = time.perf_counter,
    budget: float = inf,
) -> Times:
    """The times of contestants that run one after the other, A B A B ..., after one call of each that does not count.

    With `prepare`, it runs before each call, uncounted, and a sample is a single call. A contestant leaves after the first round in which it
    has taken more than `budget` seconds in all.
    """
    first = {name: _seconds(run, 1, clock) for name, run in contestants.items()}
    calls = {name: 1 if prepare else max(1, ceil(SAMPLE / seconds)) for name, seconds in first.items()}
    samples: dict[str, list[float]] = {name: [] for name in contestants}
    for _ in range(rounds):
        for name, run in contestants.items():
            if calls[name] * sum(samples[name]) < budget:
                samples[name].append(_sample(run, calls[name], prepare, clock))
    return Times({name: tuple(each) for name, each in samples.items()})


def _sample(run: Callable[[], object], calls: int, prepare: Callable[[], object] | None, clock: Callable[[], float]) -> float:
    """One sample; a short contestant is woken up by a call that does not count."""
    time.sleep(SETTLE)
    if prepare is not None:
        prepare()
    elif calls > 1:
        run()
    return _seconds(run, calls, clock)


def _seconds(run: Callable[[], object], calls: int, clock: Callable[[], float]) -> float:
    start = clock()
    for _ in range(calls):
        run()
    return (clock() - start) / calls
