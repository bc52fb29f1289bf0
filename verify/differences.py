"""Central differences of a function of one number at 0, with an estimate of their own error.

The quotients at steps h, h/2, h/4 and h/8 are extrapolated twice (Richardson 1911), from the first three and from the last three. What the second
extrapolation changed, what differs between the two, and the rounding of the function and of its argument, bound the error of the result.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np

STEP = 2e-3
FINER = (STEP / 16, STEP / 256)
"""The steps that are asked where the first one leaves a doubt."""
SAFETY = 10.0
"""How many times its estimate an error may be before it counts as a disagreement."""
RESOLUTION = 1e-3
"""The largest bound, relative to the largest derivative of an array, with which that counts as seen."""
SETTLED = 100.0
"""How many times the rounding a bound may be for what does not resolve a derivative to refuse a claim: else the function is not smooth there."""

ASKED = 4
"""How often a function is asked for the same value."""

Line = Callable[[float], float]


def derivative(line: Line, claimed: float, largest: float, magnitude: float) -> tuple[float, float]:
    """The derivative at 0 by extrapolated differences, and a bound on its error.

    Where it disagrees with what is claimed, or resolves little, finer steps are asked too. They are taken if their bound is the smaller one, or
    if the two differences exclude each other: then the coarse step went over a kink, where no extrapolation holds. The bound is infinite where the
    differences refuse the claim and have not settled on another value; where a kink is too close to be seen in them, it is part of the bound.

    Args:
        line: the function.
        claimed: what the derivative is said to be; one that is no number is refused by any bound.
        largest: the largest one of the array that it is of.
        magnitude: the sum of the absolute values of the function's terms, to which its rounding is relative.
    """
    (value, bound), taken = _extrapolated(line, STEP, claimed, magnitude), STEP
    for step in FINER:
        if abs(claimed - value) <= bound <= RESOLUTION * max(largest, abs(value)):
            break
        finer, other = _extrapolated(line, step, claimed, magnitude)
        if other < bound or abs(finer - value) > bound + other:
            value, bound, taken = finer, other, step
    if abs(claimed - value) <= bound or not np.isfinite(claimed) or not _repeats(line):
        return value, bound
    is_settled = _is_settled(value, bound, _rounding(taken, value, magnitude))
    return value, bound + _bend(line, taken) if is_settled else np.inf


def _bend(line: Line, step: float) -> float:
    """How far differences may be off for a kink within a step: by what the second difference has that does not vanish as the step squared."""
    shortest = step / 8
    bend, shorter = (line(h) - 2 * line(0.0) + line(-h) for h in (step, shortest))
    return abs(shorter - bend / 64) / shortest


def _is_settled(value: float, bound: float, rounding: float) -> bool:
    """Whether differences may refuse a claim: they resolve another value, or their bound is not far from rounding."""
    return bound <= max(RESOLUTION * abs(value), SETTLED * SAFETY * rounding)


def _repeats(line: Line) -> bool:
    """Whether the function has the same value when it is asked again; one that reads what was never written has not."""
    found = [line(STEP) for _ in range(ASKED)]
    return bool(np.array_equal(found, found[:1] * ASKED, equal_nan=True))


def _extrapolated(line: Line, step: float, claimed: float, magnitude: float) -> tuple[float, float]:
    """The derivative from differences at four steps, each half of the one before, and a bound on its error."""
    steps = [step / 2**k for k in range(4)]
    quotients = [(line(h) - line(-h)) / (2 * h) for h in steps]
    once = [(4 * fine - coarse) / 3 for coarse, fine in pairwise(quotients)]
    before, value = ((16 * fine - coarse) / 15 for coarse, fine in pairwise(once))
    return value, SAFETY * (max(abs(value - once[-1]), abs(value - before)) + _rounding(step, claimed, magnitude))


def _rounding(step: float, claimed: float, magnitude: float) -> float:
    """What the rounding of the function and of its argument, which is about 1, makes of a difference at the shortest step."""
    slope = abs(claimed) if np.isfinite(claimed) else 0.0
    return float(np.finfo(float).eps) * (magnitude + slope) * 8 / step
