"""The dot-product test: <adjoint of the loss, direction> by the emitted backward pass = <1, tangent of the loss> by the equations.

The tangent is carried forward through the equations of the cell in dual numbers, by the meaning of each operation; the adjoint is what the emitted
text gives back. Both are exact but for rounding, so that they agree to 1e-12 (Talagrand and Courtier 1987, section 3; Claerbout 1992, chapter 5).
Each array is moved along a random direction of its own, all in one run.
"""

from __future__ import annotations

import numpy as np

from verify.arithmetic import Arithmetic
from verify.crosscheck import Crosscheck, Place, normalized
from verify.numbers.dual import Dual, OnDuals, along
from verify.numbers.functions import Functions
from verify.numbers.scalars import rational
from verify.subject import Judged, Subject
from verify.trial import GROUPS, Array, Trial, random_direction
from verify.verdict import Outcome, Verdict

NAME = "dot product"
JUDGES = Judged.TEXT
SEES = "the emitted code along a random direction of each array, to twelve digits, at T = 4"
STEPS, BATCH = 4, 2
TOLERANCE = 1e-12
NUDGE, NOISE = 1e-15, 100.0
"""By how much arrays are moved to see how rounding changes both sides, and how many times what that changes counts as rounding."""
LARGE = 1e-8
"""The largest difference, relative to the loss, that rounding may make."""
DUALS = Arithmetic(NAME, Dual.own, object, Functions(Dual, OnDuals()).elementwise, rational)
Terms = dict[Place, Array]
"""The products of gradients and directions, whose sums the tangents must be."""


def judge(subject: Subject) -> list[Verdict]:
    """A verdict for each parameter, input and initial state."""
    with np.errstate(all="ignore"):
        trial = Trial(subject.module, STEPS, BATCH)
        run = _run(subject, trial, 0.0)
        terms, tangents = _sides(run)
        wrong = [place for place, own in terms.items() if not _error(own, tangents[place]) <= TOLERANCE]
        nudged = _sides(_run(subject, trial, NUDGE)) if wrong else (terms, tangents)
        found = []
        for label, place in run.labels():
            if place not in terms:
                found.append(run.wrong_gradient(NAME, place, lambda direction: True))
                continue
            adjoint, tangent = float(terms[place].sum()), tangents[place]
            error, off = _error(terms[place], tangent), abs(adjoint - tangent)
            change = abs(adjoint - float(nudged[0][place].sum())) + abs(tangent - nudged[1][place])
            if error <= TOLERANCE:
                found.append(Verdict(label, NAME, Outcome.AGREES, f"adjoint and tangent differ by {error:.1e}", None, error))
            elif not np.isfinite(tangent):
                found.append(Verdict(label, NAME, Outcome.CANNOT_SEE, "a function overflows, written by its definition, at these values"))
            elif off <= NOISE * change and off <= LARGE * trial.magnitude:
                told = "what they differ by is rounding: the derivative is a difference of large numbers"
                found.append(Verdict(label, NAME, Outcome.CANNOT_SEE, told))
            else:
                detail = f"along a random direction the adjoint gives {adjoint:.12g}, the tangent {tangent:.12g}"
                witness = {"T": STEPS, "batch": BATCH, "adjoint": adjoint, "tangent": tangent}
                found.append(Verdict(label, NAME, Outcome.DISAGREES, detail, witness, error))
        return found


def _run(subject: Subject, trial: Trial, nudge: float) -> Crosscheck:
    """The emitted module beside the equations, at the values of a trial that are moved a little."""
    rng, groups = np.random.default_rng(6), zip(GROUPS, trial.values, strict=True)
    values = {
        (kind, name): array * (1 + nudge * rng.choice([-1, 1], array.shape)) for kind, group in groups for name, array in group.items()
    }
    weights = {} if trial.has_loss else trial.weights
    return Crosscheck(subject, subject.module, DUALS, normalized(values, subject), weights, STEPS, BATCH)


def _sides(run: Crosscheck) -> tuple[Terms, dict[Place, float]]:
    """The terms of the adjoint along the direction of each array, but for gradients of a wrong shape, and the tangents."""
    rng = np.random.default_rng(3)
    directions = {place: random_direction(run.values[place], rng) for _, place in run.labels()}
    moved = {place: along(run.values[place], at, len(directions), own) for at, (place, own) in enumerate(directions.items())}
    tangents = np.zeros(len(directions)) + Dual.own(run.oracle_loss({**run.values, **moved})).tangent
    fitting = {place: own for place, own in directions.items() if run.gradients[place].shape == own.shape}
    return {place: run.gradients[place] * own for place, own in fitting.items()}, dict(zip(directions, tangents.tolist(), strict=True))


def _error(terms: Array, tangent: float) -> float:
    """How far the two are apart, relative to the terms."""
    scale = max(float(np.abs(terms).sum()), abs(tangent))
    return abs(float(terms.sum()) - tangent) / scale if scale else 0.0
