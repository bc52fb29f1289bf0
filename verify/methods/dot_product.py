"""The dot-product test: <adjoint of the loss, direction> by the emitted backward pass = <1, tangent of the loss> by the equations.

The tangent is carried forward through the equations of the cell in dual numbers, by the meaning of each operation; the adjoint is what the emitted
text gives back. Both are exact but for rounding, so that they agree to 1e-12 (Talagrand and Courtier 1987, section 3; Claerbout 1992, chapter 5).
Each array is moved along a random direction of its own, all in one run.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from verify.arithmetic import Arithmetic
from verify.crosscheck import Crosscheck, normalized
from verify.numbers.dual import Dual, OnDuals, along
from verify.numbers.functions import Functions
from verify.numbers.scalars import rational
from verify.subject import Judged, Subject
from verify.trial import GROUPS, Trial, random_direction
from verify.verdict import Outcome, Verdict

NAME = "dot product"
JUDGES = Judged.TEXT
SEES = "the emitted code along a random direction of each array, to twelve digits, at T = 4"
STEPS, BATCH = 4, 2
TOLERANCE = 1e-12
DUALS = Arithmetic(NAME, Dual.own, object, Functions(Dual, OnDuals()).elementwise, rational)


def judge(subject: Subject) -> list[Verdict]:
    """A verdict for each parameter, input and initial state."""
    with np.errstate(all="ignore"):
        return list(_verdicts(subject))


def _verdicts(subject: Subject) -> Iterator[Verdict]:
    trial = Trial(subject.module, STEPS, BATCH)
    values = {(kind, name): array for kind, group in zip(GROUPS, trial.values, strict=True) for name, array in group.items()}
    weights = {} if trial.has_loss else trial.weights
    run = Crosscheck(subject, subject.module, DUALS, normalized(values, subject), weights, STEPS, BATCH)
    labels, rng = list(run.labels()), np.random.default_rng(3)
    directions = {place: random_direction(run.values[place], rng) for _, place in labels}
    moved = {place: along(run.values[place], at, len(labels), directions[place]) for at, (_, place) in enumerate(labels)}
    derivatives = np.zeros(len(labels)) + Dual.own(run.oracle_loss({**run.values, **moved})).tangent
    for (label, place), derivative in zip(labels, derivatives, strict=True):
        claimed = run.gradients[place]
        if claimed.shape != run.values[place].shape:
            yield run.wrong_gradient(NAME, place, lambda direction: True)
        else:
            yield _verdict(label, claimed * directions[place], float(derivative))


def _verdict(label: str, terms: np.ndarray, tangent: float) -> Verdict:
    adjoint, scale = float(terms.sum()), max(float(np.abs(terms).sum()), abs(tangent))
    error = abs(adjoint - tangent) / scale if scale else 0.0
    if not error <= TOLERANCE:
        witness = {"T": STEPS, "batch": BATCH, "adjoint": adjoint, "tangent": tangent}
        detail = f"along a random direction the adjoint gives {adjoint:.12g}, the tangent {tangent:.12g}"
        return Verdict(label, NAME, Outcome.DISAGREES, detail, witness, error)
    return Verdict(label, NAME, Outcome.AGREES, f"adjoint and tangent differ by {error:.1e}", None, error)
