"""The emitted text in fifty digits, against differences of the equations in a hundred and fifty; they agree to forty.

Along a random direction the central difference of the loss at a step of 1e-45 is off by 1e-90 of its third derivative and by 1e-105 for rounding.
The loss is computed by the oracle, from the meaning of the equations; the gradient by the text that was emitted. One direction goes through
all arrays, each scaled so that its gradient counts as much as the others; only if that differs are the arrays asked one by one.
"""

from __future__ import annotations

from collections.abc import Mapping

import mpmath
import numpy as np

from verify.arithmetic import HIGH_PRECISION
from verify.crosscheck import Crosscheck, Place, Values, normalized
from verify.numbers.text import Namespace, over
from verify.subject import Judged, Subject
from verify.trial import GROUPS, Array, Trial
from verify.verdict import Outcome, Verdict

NAME = "50 digits"
JUDGES = Judged.TEXT
SEES = "the emitted code, to forty digits, at T = 3, also where gradients are as small as 1e-60"
STEPS, BATCH = 3, 2
TEXT_DIGITS, DIFFERENCE_DIGITS, AGREED_DIGITS = 50, 150, 40
MORE_DIGITS, NOISE = 15, 100
"""With how many more digits a gradient is computed to see its rounding, and how many times what they change counts as that."""
STEP = "1e-45"
LARGEST = 10**12
"""By how much a direction is scaled at most; an array with a smaller gradient is asked alone."""
IN_NUMPY = ("exp", "expm1", "log", "log1p", "sqrt", "tanh", "sin", "cos")


def judge(subject: Subject) -> list[Verdict]:
    """A verdict for each parameter, input and initial state, and for each output that is wrong."""
    with mpmath.workdps(TEXT_DIGITS):
        run = crosscheck(subject)
        wrong, together = list(run.wrong_outputs(NAME, differ)), _together(run)
        return [*wrong, *(_verdict(run, label, place, together) for label, place in run.labels())]


def crosscheck(subject: Subject) -> Crosscheck:
    """The text beside the oracle on numbers of the precision of mpmath."""
    namespace = Namespace({name: np.frompyfunc(getattr(mpmath, name), 1, 1) for name in IN_NUMPY})
    text = over(subject.source, namespace, HIGH_PRECISION.number, HIGH_PRECISION.number)
    trial = Trial(subject.module, STEPS, BATCH)
    groups = zip(GROUPS, trial.values, strict=True)
    values = {(kind, name): HIGH_PRECISION.array(array) for kind, group in groups for name, array in group.items()}
    weights = {} if text.LOSS else {name: HIGH_PRECISION.array(each) for name, each in trial.weights.items()}
    return Crosscheck(subject, text, HIGH_PRECISION, normalized(values, subject), weights, STEPS, BATCH)


def differ(own: Array, other: Array) -> bool:
    """Whether two arrays of one shape are further apart than forty digits of the larger entry of the other."""
    return bool(max(abs(own - other).ravel(), default=0) > _tolerance() * max(abs(other).ravel(), default=0))


def _together(run: Crosscheck) -> tuple[frozenset[Place], mpmath.mpf]:
    """The arrays whose gradients agree along one direction through all of them, and the error there; none if it differs."""
    directions: dict[Place, Array] = {}
    for _, place in run.labels():
        claimed, direction = run.gradients[place], _direction(run, place)
        size = mpmath.fsum(abs(claimed * direction).ravel()) if claimed.shape == direction.shape else mpmath.mpf(0)
        if size * LARGEST > 1:
            directions[place] = direction / size
    error = _error(run, directions)
    return (frozenset(directions), error) if error is not None and error <= _tolerance() else (frozenset(), mpmath.mpf(0))


def _verdict(run: Crosscheck, label: str, place: Place, together: tuple[frozenset[Place], mpmath.mpf]) -> Verdict:
    if run.gradients[place].shape != run.values[place].shape:
        return run.wrong_gradient(NAME, place, lambda direction: True)
    error = together[1] if place in together[0] else _error(run, {place: _direction(run, place)})
    if error is None:
        return Verdict(label, NAME, Outcome.CANNOT_SEE, "the gradient is below what differences in so many digits resolve")
    if error > _tolerance() and _is_rounding(run, place):
        return Verdict(label, NAME, Outcome.CANNOT_SEE, "what it differs by is rounding: the gradient is a difference of large numbers")
    if error > _tolerance():
        return run.wrong_gradient(NAME, place, lambda direction: (_error(run, {place: direction}) or 0) > _tolerance())
    digits = int(-mpmath.log10(error)) if error else TEXT_DIGITS
    return Verdict(label, NAME, Outcome.AGREES, f"agrees to {digits} digits at T = {STEPS}", None, float(error))


def _direction(run: Crosscheck, place: Place) -> Array:
    return HIGH_PRECISION.array(np.random.default_rng(2).normal(size=run.values[place].shape))


def _error(run: Crosscheck, directions: Mapping[Place, Array]) -> mpmath.mpf | None:
    """How far the gradients along a direction are from the derivative of the loss, relative to their terms; None where that is not seen."""
    derivative, rounding = _derivative(run, directions)
    terms = [each for place, own in directions.items() for each in (run.gradients[place] * own).ravel()]
    scale = max(mpmath.fsum(map(abs, terms)), abs(derivative))
    if not scale:
        return mpmath.mpf(0)
    return abs(mpmath.fsum(terms) - derivative) / scale if rounding < _tolerance() * scale else None


def _derivative(run: Crosscheck, directions: Mapping[Place, Array]) -> tuple[mpmath.mpf, mpmath.mpf]:
    """The derivative of the loss along a direction by the oracle, and its rounding."""
    with mpmath.workdps(DIFFERENCE_DIGITS):
        step = mpmath.mpf(STEP)
        above, below = (run.oracle_loss(_moved(run.values, directions, by)) for by in (step, -step))
        return (above - below) / (2 * step), mpmath.mpf(10) ** -DIFFERENCE_DIGITS * (1 + abs(above)) / step


def _is_rounding(run: Crosscheck, place: Place) -> bool:
    """Whether a gradient is off, along its direction, by no more than what more digits change in it."""
    direction = _direction(run, place)
    with mpmath.workdps(TEXT_DIGITS + MORE_DIGITS):
        finer = crosscheck(run.subject)
        own, other = (mpmath.fsum((each.gradients[place] * direction).ravel()) for each in (run, finer))
        derivative, _ = _derivative(run, {place: direction})
        return bool(abs(own - derivative) <= NOISE * abs(own - other))


def _moved(values: Values, directions: Mapping[Place, Array], by: mpmath.mpf) -> Values:
    return {**values, **{place: values[place] + direction * by for place, direction in directions.items()}}


def _tolerance() -> mpmath.mpf:
    return mpmath.mpf(10) ** -AGREED_DIGITS
