"""Central differences of a function of one number at 0, with an estimate of their own error.

The quotients at steps h, h/2 and h/4 are extrapolated twice (Richardson 1911). What the last extrapolation still changed, and the rounding of the
function, bound the error of the result.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

STEP = 2e-3
FINER = (STEP / 16, STEP / 256)
"""The steps that are asked where the first one leaves a doubt."""
SAFETY = 10.0
"""How many times its estimate an error may be before it counts as a disagreement."""
RESOLUTION = 1e-3
"""The largest bound, relative to the largest derivative of an array, with which that counts as seen."""

Line = Callable[[float], float]


def derivative(line: Line, claimed: float, largest: float, magnitude: float) -> tuple[float, float]:
    """The derivative at 0 by extrapolated differences, and a bound on its error.

    Where it disagrees with what is claimed, or resolves little, finer steps are asked too. They are taken if their bound is the smaller one, or
    if the two differences exclude each other: then the coarse step went over a kink, where no extrapolation holds.

    Args:
        line: the function.
        claimed: what the derivative is said to be.
        largest: the largest one of the array that it is of.
        magnitude: the sum of the absolute values of the function's terms, to which its rounding is relative.
    """
    value, bound = _extrapolated(line, STEP, magnitude)
    for step in FINER:
        if abs(claimed - value) <= bound <= RESOLUTION * max(largest, abs(value)):
            break
        finer, other = _extrapolated(line, step, magnitude)
        if other < bound or abs(finer - value) > bound + other:
            value, bound = finer, other
    return value, bound


def _extrapolated(line: Line, step: float, magnitude: float) -> tuple[float, float]:
    """The derivative from differences at a step, its half and its quarter, and a bound on its error."""
    steps = (step, step / 2, step / 4)
    first, second, third = ((line(h) - line(-h)) / (2 * h) for h in steps)
    coarse, fine = (4 * second - first) / 3, (4 * third - second) / 3
    rounding = np.finfo(float).eps * magnitude / steps[-1]
    value = (16 * fine - coarse) / 15
    return value, SAFETY * (abs(value - fine) + rounding)
