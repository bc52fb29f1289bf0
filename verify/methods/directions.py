"""Differences of the emitted code along a random direction of each array: a few runs tell, however large the model is.

A wrong gradient passes only if what it is off by is orthogonal to the direction, which has no chance. See `verify/differences.py` for the bounds.
"""

from __future__ import annotations

import numpy as np

from verify.differences import RESOLUTION, derivative
from verify.subject import Judged, Subject
from verify.trial import Trial, large, random_direction
from verify.undefined import undefined
from verify.verdict import Outcome, Verdict

NAME = "directions"
JUDGES = Judged.TEXT
SEES = "the emitted code along a random direction of each array, to about nine digits, at the sizes of a real model"
IS_LARGE = True


def judge(subject: Subject, trial: Trial | None = None) -> list[Verdict]:
    """A verdict for each parameter, input and initial state."""
    trial = trial or large(subject.module)
    unseen = undefined(subject, trial, NAME)
    claimed, rng = trial.gradients(), np.random.default_rng(4)
    found = []
    for kind, name, label in trial.labels():
        direction = random_direction(claimed[label], rng)
        along = float((claimed[label] * direction).sum())
        line = trial.line(kind, name, direction)
        found.append(unseen.get(label) or _verdict(label, along, *derivative(line, along, abs(along), trial.magnitude)))
    return found


def _verdict(label: str, claimed: float, value: float, bound: float) -> Verdict:
    off, largest = abs(claimed - value), max(abs(claimed), abs(value))
    error = off / largest if largest else 0.0
    if not off <= bound:
        witness = {"claimed": claimed, "differences": value, "bound": bound}
        detail = f"along a random direction it is {claimed:.6g}, differences give {value:.6g} within {bound:.1g}"
        return Verdict(label, NAME, Outcome.DISAGREES, detail, witness, error)
    if bound > RESOLUTION * largest:
        detail = f"along the direction it is {largest:.1e}, differences resolve {bound:.1e}: zero or the opposite sign would pass too"
        return Verdict(label, NAME, Outcome.CANNOT_SEE, detail, None, error)
    return Verdict(label, NAME, Outcome.AGREES, f"error {error:.1e} along a random direction", None, error)
