"""The complex step: the imaginary part of the loss at an entry plus ih, over h; exact to rounding, as nothing is subtracted.

Squire and Trapp, Using complex variables to estimate derivatives of real functions, SIAM Review 40(1), 1998. It needs functions that the emitted
code computes analytically; relu and abs are, away from their kinks, because the code branches on the real part. Each entry is judged by itself,
however small it is beside others of its array.
"""

from __future__ import annotations

import numpy as np

from verify.differences import RESOLUTION
from verify.subject import Judged, Subject
from verify.trial import GROUPS, IMAGINARY, Array, Trial, unit
from verify.verdict import Outcome, Verdict

NAME = "complex step"
JUDGES = Judged.TEXT
SEES = "the emitted code, entry by entry, to ten digits of each entry, from 1e-300 to 1e300 in one array"
STEP = IMAGINARY.imag
OTHER_STEPS = (1.37 * STEP, 0.71 * STEP, 1.93 * STEP)
SMALL, LONG_STEP = 1e-270, 1e-10
"""Below which derivatives the imaginary part underflows, and the step for these; it is off by 1e-20 or so of functions that are not steep."""
NUDGE, NOISE = 1e-15, 100.0
"""By how much arrays are moved to see how rounding changes a gradient, and how many times what that and other steps change counts as rounding."""
TOLERANCE = 1e-10
"""The largest error of an entry, relative to itself; and the largest that rounding may make, relative to the loss or the largest entry."""


def judge(subject: Subject, trial: Trial | None = None) -> list[Verdict]:
    """A verdict for each parameter, input and initial state."""
    trial = trial or Trial(subject.module)
    claimed = trial.gradients()
    return [_verdict(trial, kind, name, label, claimed[label]) for kind, name, label in trial.labels()]


def derivative(trial: Trial, kind: str, name: str, step: float = STEP) -> Array:
    """The derivative of the loss by each entry of an array."""
    shape = dict(zip(GROUPS, trial.values, strict=True))[kind][name].shape
    value = np.zeros(shape)
    for at in np.ndindex(shape):
        line = trial.line(kind, name, unit(shape, at))
        value[at] = np.imag(line(1j * step)) / step
        if abs(value[at]) < SMALL:
            longer = np.imag(line(1j * step / STEP * LONG_STEP)) / (step / STEP * LONG_STEP)
            value[at] = longer if abs(longer) < SMALL else value[at]
    return value


def _verdict(trial: Trial, kind: str, name: str, label: str, claimed: Array) -> Verdict:
    value = derivative(trial, kind, name)
    off = np.abs(claimed - value)
    largest = float(np.abs(value).max())
    if largest == 0.0 and not claimed.any():
        return Verdict(label, NAME, Outcome.AGREES, "both are exactly zero", None, 0.0)
    error = float(off.max() / largest) if largest else float("inf")
    wrong = ~(off <= TOLERANCE * np.abs(value))
    if wrong.any():
        rounding = NOISE * _noise(trial, kind, name, label, claimed, value)
        is_rounding = (off <= rounding) & (rounding <= TOLERANCE * max(trial.magnitude, largest))
        if (wrong & ~is_rounding).any():
            return _refused(label, claimed, value, np.where(wrong & ~is_rounding, off, -1.0), error)
        unseen = wrong & (rounding > RESOLUTION * np.abs(value))
        if unseen.any():
            at = [int(i) for i in np.argwhere(unseen)[0]]
            told = f"{int(unseen.sum())} of {claimed.size} entries are rounding, the first {at}: they are differences of large numbers"
            return Verdict(label, NAME, Outcome.CANNOT_SEE, told)
    return Verdict(
        label, NAME, Outcome.AGREES, f"each entry agrees; largest error {error:.1e} of the largest entry {largest:.1e}", None, error
    )


def _refused(label: str, claimed: Array, value: Array, off: Array, error: float) -> Verdict:
    """The verdict on a gradient that is wrong where `off` is not negative, by its worst entry; NaN is worst."""
    at = np.unravel_index(np.argmax(np.nan_to_num(off, nan=np.inf)), off.shape)
    witness = {"entry": [int(i) for i in at], "claimed": float(claimed[at]), "complex step": float(value[at])}
    detail = f"entry {witness['entry']} is {claimed[at]:.6g}, the complex step gives {value[at]:.6g}"
    return Verdict(label, NAME, Outcome.DISAGREES, detail, witness, error)


def _noise(trial: Trial, kind: str, name: str, label: str, claimed: Array, value: Array) -> Array:
    """What other steps change in each entry of the derivative, and values that are moved a little in that of the claimed gradient.

    Nothing where the same is not found again: a text that reads what was never written has other values in each run, which is no rounding.
    """
    again = (derivative(trial, kind, name), trial.gradients()[label])
    if not all(np.array_equal(*each, equal_nan=True) for each in zip(again, (value, claimed), strict=True)):
        return np.zeros(claimed.shape)
    changes = [derivative(trial, kind, name, step) - value for step in OTHER_STEPS]
    return np.asarray(np.abs([*changes, trial.nudged(NUDGE).gradients()[label] - claimed]).max(axis=0))
