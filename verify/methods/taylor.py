"""The Taylor test: what is left of the loss without its value at a point goes to zero as h, and without the gradient as well as h^2.

|L(x + h v) - L(x)| has slope 1 over h in logarithms, |L(x + h v) - L(x) - h <g, v>| slope 2 if g is the gradient and 1 if it is not; see Farrell,
Ham, Funke and Rognes, Automated derivation of the adjoint of high-level transient finite element programs, SIAM J. Sci. Comput. 35(4), 2013,
section 6. Each array is moved along a random direction. The step is halved until what is left is near the rounding of the loss, so that a kink
nearby does not count, and a gradient that is only nearly right does not pass.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from math import log2
from typing import Any

import numpy as np

from verify.subject import Judged, Subject
from verify.trial import Array, Trial, large, random_direction
from verify.undefined import undefined
from verify.verdict import Outcome, Verdict

NAME = "Taylor"
JUDGES = Judged.TEXT
IS_LARGE = True
SEES = "the emitted code along a random direction of each array, to about four digits, by how fast remainders vanish"
STEPS = tuple(2.0**-k for k in range(26, 1, -1))
ABOVE_ROUNDING = 100.0
"""How many times the rounding of the loss a remainder must be to be looked at."""
LAST = 3
"""Over how many halvings of the step a slope is measured."""
LINEAR, FIRST_ORDER, SECOND_ORDER = 0.9, 1.05, 1.7
"""The smallest and the largest slope that counts as 1, the smallest that counts as 2."""
DIRECTIONS = 4
"""In how many directions the slope must be 1 for a gradient to be refused: a kink close by makes it 1 in one of them."""


def judge(subject: Subject, trial: Trial | None = None) -> list[Verdict]:
    """A verdict for each parameter, input and initial state."""
    trial = trial or large(subject.module)
    unseen = undefined(subject, trial, NAME)
    claimed = trial.gradients()
    return [unseen.get(label) or _verdict(trial, kind, name, label, claimed[label]) for kind, name, label in trial.labels()]


def _verdict(trial: Trial, kind: str, name: str, label: str, claimed: Array) -> Verdict:
    rng = np.random.default_rng(5)
    seen: list[float] = []
    for _ in range(DIRECTIONS):
        direction = random_direction(claimed, rng)
        along = float((claimed * direction).sum())
        first, second, largest = _slopes(trial, trial.line(kind, name, direction), along)
        if first is None:
            return Verdict(
                label, NAME, Outcome.CANNOT_SEE, f"the loss changes by {largest:.1e} at most, near its rounding: zero would pass too"
            )
        if first < LINEAR:
            return Verdict(
                label, NAME, Outcome.CANNOT_SEE, f"the loss itself has slope {first:.2f} at the smallest steps: it is chaotic or steep"
            )
        if second is None:
            return Verdict(label, NAME, Outcome.AGREES, f"slope {first:.2f}; nothing is left but rounding")
        if second >= SECOND_ORDER:
            return Verdict(label, NAME, Outcome.AGREES, f"slopes {first:.2f} and {second:.2f}")
        seen.append(second)
    told = ", ".join(f"{each:.2f}" for each in seen)
    if max(seen) > FIRST_ORDER:
        return Verdict(
            label, NAME, Outcome.CANNOT_SEE, f"in {DIRECTIONS} directions the slopes are {told}, not 1 and not 2: kinks are close by"
        )
    if min(seen) < LINEAR:
        told = f"in {DIRECTIONS} directions the slopes are {told}: what is left does not vanish with each step, the loss is chaotic"
        return Verdict(label, NAME, Outcome.CANNOT_SEE, told)
    detail = f"in {DIRECTIONS} directions the slopes are {told}, where a gradient has 2"
    return Verdict(label, NAME, Outcome.DISAGREES, detail, {"slopes": seen})


def _slopes(trial: Trial, line: Callable[[float], Any], along: float) -> tuple[float | None, float | None, float]:
    """The slopes of the loss's change and of what the gradient leaves of it, None where that is rounding; and the largest change.

    Steps are taken from the smallest one on, until both slopes are known.
    """
    floor = ABOVE_ROUNDING * float(np.finfo(float).eps) * trial.magnitude
    start = float(line(0.0))
    first: list[float] = []
    second: list[float] = []
    for h in STEPS:
        first.append(float(line(h)) - start)
        second.append(first[-1] - h * along)
        slopes = _slope(first, floor), _slope(second, floor)
        if None not in slopes:
            break
    return *slopes, max(map(abs, first))


def _slope(remainders: list[float], floor: float) -> float | None:
    """The slope of remainders over the smallest steps at which they are not rounding; None if there are too few."""
    seen = [abs(each) for each in remainders if not abs(each) <= floor][: LAST + 1]
    return sum(log2(above / below) for below, above in pairwise(seen)) / LAST if len(seen) > LAST else None
