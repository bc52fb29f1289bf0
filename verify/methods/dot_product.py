"""The dot-product test: <adjoint of the loss, direction> by the emitted backward pass = <1, tangent of the loss> by the equations.

The tangent is carried forward through the equations of the cell in dual numbers, by the meaning of each operation; the adjoint is what the emitted
text gives back. Both are exact but for rounding, so that they agree to 1e-12 (Talagrand and Courtier 1987, section 3; Claerbout 1992, chapter 5).
The outputs of the text are compared with those of the equations too. Each array is moved along a random direction of its own, all in one run; the
entries of an array whose gradients are of unlike size along several.
"""

from __future__ import annotations

from collections.abc import Iterator

import mpmath
import numpy as np

from verify import precise
from verify.arithmetic import HIGH_PRECISION, Arithmetic
from verify.crosscheck import Crosscheck, Place, normalized
from verify.numbers.dual import Dual, OnDuals, along
from verify.numbers.functions import Functions
from verify.numbers.scalars import rational
from verify.outputs import judged_outputs
from verify.subject import Judged, Subject
from verify.trial import GROUPS, Array, Trial, parts_by_size, random_direction
from verify.undefined import undefined
from verify.verdict import Outcome, Verdict, worst

NAME = "dot product"
JUDGES = Judged.TEXT
CARRIES_SLOPES = True
SEES = "the emitted code along random directions of each array, one for entries of like size, to twelve digits, at T = 4; outputs to ten"
STEPS, BATCH = 4, 2
TOLERANCE = 1e-12
SPAN = 1e6
"""By which factor gradients differ in size that are judged along one direction."""
LARGE = 1e-8
"""The largest difference, relative to the loss, that rounding may make: what differs by less is asked again in more digits."""
DUALS = Arithmetic(NAME, Dual.own, object, Functions(Dual, OnDuals()).elementwise, rational, Dual.sloped)
Sides = list[tuple[Array, float]]
"""For each direction, the products of gradients and directions, and the tangent that their sum must be."""


def judge(subject: Subject) -> list[Verdict]:
    """A verdict for each parameter, input and initial state, and for each output that is wrong."""
    with np.errstate(all="ignore"):
        trial = Trial(subject.module, STEPS, BATCH)
        unseen = undefined(subject, trial, NAME)
        if unseen and len(unseen) == len(list(trial.labels())):
            return [*unseen.values()]
        run = _run(subject, trial)
        directions = list(_directions(run))
        sides = _sides(run, directions)
        found: dict[Place, list[Verdict]] = {}
        labels = {place: label for label, place in run.labels()}
        for (place, direction), (terms, tangent) in zip(directions, sides, strict=True):
            is_small = abs(float(terms.sum()) - tangent) <= LARGE * trial.magnitude and not _error(terms, tangent) <= TOLERANCE
            is_rounding = is_small and _is_rounding(subject, trial, place, direction, terms, tangent)
            found.setdefault(place, []).append(_verdict(labels[place], terms, tangent, is_rounding))
        gradients = [
            unseen.get(label) or (worst(found[each]) if each in found else run.wrong_gradient(NAME, each, lambda direction: True))
            for each, label in labels.items()
        ]
        return [*judged_outputs(subject, NAME), *gradients]


def _directions(run: Crosscheck) -> Iterator[tuple[Place, Array]]:
    """A random direction for entries of like gradients, of each array whose gradient has its shape."""
    rng = np.random.default_rng(3)
    for _, place in run.labels():
        if run.gradients[place].shape == run.values[place].shape:
            direction = random_direction(run.values[place], rng)
            yield from ((place, direction * part) for part in parts_by_size(run.gradients[place], SPAN))


def _verdict(label: str, terms: Array, tangent: float, is_rounding: bool) -> Verdict:
    adjoint, error = float(terms.sum()), _error(terms, tangent)
    if error <= TOLERANCE:
        return Verdict(label, NAME, Outcome.AGREES, f"adjoint and tangent differ by {error:.1e}", None, error)
    if not np.isfinite(tangent):
        return Verdict(label, NAME, Outcome.CANNOT_SEE, "a function overflows, written by its definition, at these values")
    if is_rounding:
        told = "what they differ by may be rounding: the derivative is a difference of large numbers"
        return Verdict(label, NAME, Outcome.CANNOT_SEE, told)
    detail = f"along a random direction the adjoint gives {adjoint:.12g}, the tangent {tangent:.12g}"
    return Verdict(label, NAME, Outcome.DISAGREES, detail, {"T": STEPS, "batch": BATCH, "adjoint": adjoint, "tangent": tangent}, error)


def _is_rounding(subject: Subject, trial: Trial, place: Place, direction: Array, terms: Array, tangent: float) -> bool:
    """Whether both sides agree, or are both too small to be told apart, in as many digits as a derivative of this size asks for; where only
    floats go through the text, that is not known.
    """
    if trial.is_real:
        return True
    if not np.array_equal(precise.claimed(subject, trial, place) * direction, terms):
        return False
    with mpmath.workdps(precise.digits_to_see(abs(tangent))):
        off, error = precise.off_by(precise.run(subject, trial), {place: HIGH_PRECISION.array(direction)})
        return error is None or bool(off <= TOLERANCE * _scale(terms, tangent))


def _run(subject: Subject, trial: Trial) -> Crosscheck:
    """The emitted module beside the equations, at the values of a trial."""
    values = {(kind, name): array for kind, group in zip(GROUPS, trial.values, strict=True) for name, array in group.items()}
    weights = {} if trial.has_loss else trial.weights
    return Crosscheck(subject, subject.module, DUALS, normalized(values, subject), weights, STEPS, BATCH)


def _sides(run: Crosscheck, directions: list[tuple[Place, Array]]) -> Sides:
    """The terms of the adjoint and the tangent along each direction."""
    axes = np.eye(len(directions))
    moved: dict[Place, Array] = {}
    for (place, direction), axis in zip(directions, axes, strict=True):
        moved[place] = moved.get(place, run.values[place]) + along(direction, axis)
    tangents = np.zeros(len(directions)) + Dual.own(run.oracle_loss({**run.values, **moved})).tangent
    return [(run.gradients[place] * own, float(tangent)) for (place, own), tangent in zip(directions, tangents, strict=True)]


def _error(terms: Array, tangent: float) -> float:
    """How far the two are apart, relative to the terms."""
    scale = _scale(terms, tangent)
    return abs(float(terms.sum()) - tangent) / scale if scale else 0.0


def _scale(terms: Array, tangent: float) -> float:
    return max(float(np.abs(terms).sum()), abs(tangent))
