"""The complex step: the imaginary part of the loss at an entry plus ih, over h; exact to rounding, as nothing is subtracted.

Squire and Trapp, Using complex variables to estimate derivatives of real functions, SIAM Review 40(1), 1998. It needs functions that the emitted
code computes analytically; relu and abs are, away from their kinks, because the code branches on the real part. Each entry is judged by itself,
however small it is beside others of its array.
"""

from __future__ import annotations

import mpmath
import numpy as np

from derive.errors import InputError
from verify import precise
from verify.crosscheck import Place
from verify.differences import RESOLUTION
from verify.subject import Judged, Subject
from verify.trial import GROUPS, IMAGINARY, Array, Trial, unit
from verify.undefined import undefined
from verify.verdict import Outcome, Verdict

NAME = "complex step"
JUDGES = Judged.TEXT
SEES = "the emitted code, entry by entry, to ten digits of each entry, from 1e-300 to 1e300 in one array"
STEP = IMAGINARY.imag
OTHER_STEPS = (1.37 * STEP, 0.71 * STEP, 1.93 * STEP)
SMALL, LONG_STEP, TINY = 1e-270, 1e-10, 1e-307
"""Below which derivatives the imaginary part underflows, and the step for these; it is off by 1e-20 or so of functions that are not steep. Below
TINY it underflows too."""
NOISE = 100.0
"""How many times what other steps change, and more digits in the text, counts as rounding."""
TOLERANCE = 1e-10
"""The largest error of an entry, relative to itself; and the largest that rounding may make, relative to the loss or the largest entry."""


def judge(subject: Subject, trial: Trial | None = None) -> list[Verdict]:
    """A verdict for each parameter, input and initial state."""
    trial = trial or Trial(subject.module)
    if trial.is_real:
        raise InputError(f"no complex numbers go through {subject.target.name}")
    unseen = undefined(subject, trial, NAME)
    claimed = trial.gradients()
    return [unseen.get(label) or _verdict(subject, trial, kind, name, label, claimed[label]) for kind, name, label in trial.labels()]


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


def _verdict(subject: Subject, trial: Trial, kind: str, name: str, label: str, claimed: Array) -> Verdict:
    value = derivative(trial, kind, name)
    off = np.abs(claimed - value)
    largest = float(np.abs(value).max())
    if largest == 0.0 and not claimed.any():
        return Verdict(label, NAME, Outcome.AGREES, "both are exactly zero", None, 0.0)
    error = float(off.max() / largest) if largest else float("inf")
    wrong = ~(off <= np.maximum(TOLERANCE * np.abs(value), TINY))
    if wrong.any():
        small = wrong & (off <= TOLERANCE * max(trial.magnitude, largest))
        rounding = _rounding(subject, trial, (kind, name), claimed, value) if np.array_equal(small, wrong) else np.zeros(off.shape)
        is_rounding = small & (off <= rounding)
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


def _rounding(subject: Subject, trial: Trial, place: Place, claimed: Array, value: Array) -> Array:
    """How far the entries of a derivative and of the claimed gradient may be off: by what other steps change in one, and more digits in the other.

    Nothing where the subject's text does not claim that gradient, or the same is not found again: a text that reads what was never written has
    other values in each run, which is no rounding.
    """
    again = derivative(trial, *place), precise.claimed(subject, trial, place)
    if not all(np.array_equal(*each, equal_nan=True) for each in zip(again, (value, claimed), strict=True)):
        return np.zeros(claimed.shape)
    changes = [derivative(trial, *place, step) - value for step in OTHER_STEPS]
    smallest = min(np.abs(value[value != 0]), default=0.0)
    with mpmath.workdps(precise.digits_to_see(smallest)):
        own = precise.run(subject, trial).gradients[place]
        return np.asarray(NOISE * np.abs([*changes, (own - claimed).astype(float)]).max(axis=0))
