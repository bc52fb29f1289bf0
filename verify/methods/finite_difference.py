"""Central differences of the emitted code by each entry, with an estimate of their own error.

An entry disagrees when it is further off than the bound on that error; a whole array is seen only where the bound is far below its largest
entry, so that a gradient of zero, or of the opposite sign, would have been refused. How many of its entries are below the bound is told.
"""

from __future__ import annotations

import numpy as np

from verify.differences import RESOLUTION, derivative
from verify.subject import Judged, Subject
from verify.trial import Array, Trial, unit
from verify.undefined import undefined
from verify.verdict import Outcome, Verdict

NAME = "central differences"
JUDGES = Judged.TEXT
SEES = "the emitted code, to about ten digits; nothing where an entry is below the rounding of the loss"


def judge(subject: Subject, trial: Trial | None = None) -> list[Verdict]:
    """A verdict for each parameter, input and initial state."""
    trial = trial or Trial(subject.module)
    unseen = undefined(subject, trial, NAME)
    claimed = trial.gradients()
    return [
        unseen.get(label) or _verdict(label, claimed[label], *difference(trial, kind, name, claimed[label]))
        for kind, name, label in trial.labels()
    ]


def difference(trial: Trial, kind: str, name: str, claimed: Array) -> tuple[Array, Array]:
    """The differences of the loss by each entry of an array, and bounds on their errors; both in the array's shape."""
    value, bound = np.zeros(claimed.shape), np.zeros(claimed.shape)
    largest = float(np.abs(claimed).max(initial=0.0))
    for at in np.ndindex(claimed.shape):
        line = trial.line(kind, name, unit(claimed.shape, at))
        value[at], bound[at] = derivative(line, float(claimed[at]), largest, trial.magnitude)
    return value, bound


def _verdict(label: str, claimed: Array, value: Array, bound: Array) -> Verdict:
    off = np.nan_to_num(np.abs(claimed - value), nan=np.inf)
    largest = max(float(np.abs(value).max()), float(np.abs(claimed).max()))
    error = float(off.max() / largest) if largest else 0.0
    wrong = ~(off <= bound)
    if wrong.any():
        at = np.unravel_index(np.argmax(np.where(wrong, off, 0)), off.shape)
        witness = {"entry": [int(i) for i in at], "claimed": float(claimed[at]), "differences": float(value[at]), "bound": float(bound[at])}
        detail = f"entry {witness['entry']} is {claimed[at]:.6g}, differences give {value[at]:.6g} within {bound[at]:.1g}"
        return Verdict(label, NAME, Outcome.DISAGREES, detail, witness, error)
    if bound.max() > RESOLUTION * largest:
        detail = f"the largest entry is {largest:.1e}, differences resolve {bound.max():.1e}: zero or the opposite sign would pass too"
        return Verdict(label, NAME, Outcome.CANNOT_SEE, detail, None, error)
    below = int((bound > RESOLUTION * np.maximum(np.abs(claimed), np.abs(value))).sum())
    detail = f"largest error {error:.1e} of the largest entry {largest:.1e}; {below} of {claimed.size} entries are below what differences resolve"
    return Verdict(label, NAME, Outcome.AGREES, detail, None, error)
