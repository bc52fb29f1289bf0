"""Central differences of the emitted code, with an estimate of their own error.

The quotients at steps h, h/2 and h/4 are extrapolated twice (Richardson 1911). What the last extrapolation still changed, and the rounding of the
loss, bound the error of the result. An entry disagrees when it is further off than that bound; a whole array is seen only where the bound is
far below its largest entry, so that a gradient of zero, or of the opposite sign, would have been refused.
"""

from __future__ import annotations

import numpy as np

from verify.subject import Subject
from verify.trial import Array, Trial
from verify.verdict import Outcome, Verdict

NAME = "central differences"
SEES = "the emitted code, to about ten digits; nothing where a gradient is below the rounding of the loss"
STEP = 2e-3
FINER = (STEP / 16, STEP / 256)
"""The steps that are asked where the first one leaves a doubt."""
SAFETY = 10.0
"""How many times its estimate an error may be before it counts as a disagreement."""

RESOLUTION = 1e-3
"""The largest bound, relative to the largest entry, with which an array counts as seen."""


def judge(subject: Subject, trial: Trial | None = None) -> list[Verdict]:
    """A verdict for each parameter, input and initial state."""
    trial = trial or Trial(subject.module)
    claimed = trial.gradients()
    return [_verdict(label, claimed[label], *difference(trial, kind, name, claimed[label])) for kind, name, label in trial.labels()]


def difference(trial: Trial, kind: str, name: str, claimed: Array) -> tuple[Array, Array]:
    """The extrapolated differences of the loss by each entry of an array, and bounds on their errors; both in the array's shape.

    Where they disagree with what is claimed, or resolve little, finer steps are asked too. They are taken if their bound is the smaller one, or
    if the two differences exclude each other: then the coarse step went over a kink, where no extrapolation holds.
    """
    value, bound = np.zeros(claimed.shape), np.zeros(claimed.shape)
    for at in np.ndindex(claimed.shape):
        own, error = _extrapolated(trial, kind, name, at, STEP)
        for step in FINER:
            resolved = RESOLUTION * max(np.abs(claimed).max(), abs(own))
            if abs(claimed[at] - own) <= error <= resolved:
                break
            finer, other = _extrapolated(trial, kind, name, at, step)
            if other < error or abs(finer - own) > error + other:
                own, error = finer, other
        value[at], bound[at] = own, error
    return value, bound


def _extrapolated(trial: Trial, kind: str, name: str, at: tuple[int, ...], step: float) -> tuple[float, float]:
    """The derivative of the loss by one entry from differences at a step, its half and its quarter, and a bound on its error."""
    steps = (step, step / 2, step / 4)
    ends = [(trial.moved(kind, name, at, h), trial.moved(kind, name, at, -h)) for h in steps]
    first, second, third = ((above - below) / (2 * h) for (above, below), h in zip(ends, steps, strict=True))
    coarse, fine = (4 * second - first) / 3, (4 * third - second) / 3
    rounding = np.finfo(float).eps * trial.magnitude / steps[-1]
    value = (16 * fine - coarse) / 15
    return value, SAFETY * (abs(value - fine) + rounding)


def _verdict(label: str, claimed: Array, value: Array, bound: Array) -> Verdict:
    off = np.nan_to_num(np.abs(claimed - value), nan=np.inf)
    largest = max(float(np.abs(value).max()), float(np.abs(claimed).max()))
    error = float(off.max() / largest) if largest else 0.0
    wrong = off > bound
    if wrong.any():
        at = np.unravel_index(np.argmax(np.where(wrong, off, 0)), off.shape)
        witness = {"entry": [int(i) for i in at], "claimed": float(claimed[at]), "differences": float(value[at]), "bound": float(bound[at])}
        detail = f"entry {witness['entry']} is {claimed[at]:.6g}, differences give {value[at]:.6g} within {bound[at]:.1g}"
        return Verdict(label, NAME, Outcome.DISAGREES, detail, witness, error)
    if bound.max() > RESOLUTION * largest:
        detail = f"the largest entry is {largest:.1e}, differences resolve {bound.max():.1e}: zero or the opposite sign would pass too"
        return Verdict(label, NAME, Outcome.CANNOT_SEE, detail, None, error)
    return Verdict(label, NAME, Outcome.AGREES, f"largest error {error:.1e} of the largest entry {largest:.1e}", None, error)
