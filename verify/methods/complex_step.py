"""The complex step: the imaginary part of the loss at an entry plus ih, over h; exact to rounding, as nothing is subtracted.

Squire and Trapp, Using complex variables to estimate derivatives of real functions, SIAM Review 40(1), 1998. It needs functions that the emitted
code computes analytically; relu and abs are, away from their kinks, because the code branches on the real part.
"""

from __future__ import annotations

import numpy as np

from verify.subject import Judged, Subject
from verify.trial import GROUPS, IMAGINARY, Array, Trial, unit
from verify.verdict import Outcome, Verdict

NAME = "complex step"
JUDGES = Judged.TEXT
SEES = "the emitted code, to thirteen digits, at any size of the gradient down to 1e-280"
STEP, OTHER_STEP = IMAGINARY.imag, 1.37 * IMAGINARY.imag
NOISE = 100.0
"""How many times what another step changes counts as rounding."""
TOLERANCE = 1e-10
"""The largest error, relative to the largest entry of an array, that rounding may make."""


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
        value[at] = np.imag(trial.line(kind, name, unit(shape, at))(1j * step)) / step
    return value


def _is_rounding(trial: Trial, kind: str, name: str, claimed: Array, value: Array) -> bool:
    """Whether a difference is within what another step changes, and that is tiny beside the loss: rounding is not proportional to the step."""
    change = np.abs(derivative(trial, kind, name, OTHER_STEP) - value).max()
    return bool(np.abs(claimed - value).max() <= NOISE * change <= TOLERANCE * trial.magnitude)


def _verdict(trial: Trial, kind: str, name: str, label: str, claimed: Array) -> Verdict:
    value = derivative(trial, kind, name)
    off = np.abs(claimed - value)
    largest = float(np.abs(value).max())
    if largest == 0.0 and not claimed.any():
        return Verdict(label, NAME, Outcome.AGREES, "both are exactly zero", None, 0.0)
    error = float(off.max() / largest) if largest else float("inf")
    if error > TOLERANCE and _is_rounding(trial, kind, name, claimed, value):
        return Verdict(label, NAME, Outcome.CANNOT_SEE, "what it differs by is rounding: the derivative is a difference of large numbers")
    if not error <= TOLERANCE:
        at = np.unravel_index(np.argmax(off), off.shape)
        witness = {"entry": [int(i) for i in at], "claimed": float(claimed[at]), "complex step": float(value[at])}
        detail = f"entry {witness['entry']} is {claimed[at]:.6g}, the complex step gives {value[at]:.6g}"
        return Verdict(label, NAME, Outcome.DISAGREES, detail, witness, error)
    return Verdict(label, NAME, Outcome.AGREES, f"largest error {error:.1e} of the largest entry {largest:.1e}", None, error)
