"""The emitted text in more digits than floats have, and differences of the equations in more still: what a gradient is but for rounding."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import mpmath
import numpy as np

from verify.arithmetic import HIGH_PRECISION
from verify.crosscheck import Crosscheck, Place, Values, normalized
from verify.numbers.text import Namespace, over
from verify.subject import Subject
from verify.trial import GROUPS, Array, Trial, label_of

TEXT_DIGITS, DIFFERENCE_DIGITS, AGREED_DIGITS = 50, 150, 40
STEP = "1e-45"
MOST_DIGITS = 1500
"""The most digits for differences, where a gradient is small beside the loss."""
MORE_DIGITS = 15
"""How many digits of what is to be seen are seen."""
SMALLEST = "1e-300"
"""The size of a gradient that must not be taken for zero."""
IN_NUMPY = {
    **{name: name for name in ("exp", "expm1", "log", "log1p", "sqrt", "tanh", "sin", "cos", "sinh", "cosh")}, "arctan": "atan",
}  # fmt: skip
"""The functions that the text may call by their names in NumPy, by their names in mpmath."""


def run(subject: Subject, trial: Trial) -> Crosscheck:
    """The text beside the oracle at the values of a trial, on numbers of the precision of mpmath."""
    namespace = Namespace({name: np.frompyfunc(getattr(mpmath, own), 1, 1) for name, own in IN_NUMPY.items()})
    text = subject.over(over(subject.source, namespace, HIGH_PRECISION.number, HIGH_PRECISION.number))
    groups = zip(GROUPS, trial.values, strict=True)
    values = {(kind, name): HIGH_PRECISION.array(array) for kind, group in groups for name, array in group.items()}
    weights = {} if text.LOSS else {name: HIGH_PRECISION.array(each) for name, each in trial.weights.items()}
    return Crosscheck(subject, text, HIGH_PRECISION, normalized(values, subject), weights, trial.steps, trial.batch)


def claimed(subject: Subject, trial: Trial, place: Place) -> Array:
    """The gradient that the text claims in floats, loaded anew: that of a trial may be of another module."""
    return replace(trial, module=replace(subject).module).gradients()[label_of(*place)]


def digits_to_see(size: mpmath.mpf | float) -> int:
    """The digits in which a text sees a part of a gradient of this size, where slopes such as 1 - tanh(a)^2 are what is left of 1."""
    return int(TEXT_DIGITS + MORE_DIGITS + max(0, -mpmath.log10(size or SMALLEST)))


def off_by(own: Crosscheck, directions: Mapping[Place, Array], most: int = MOST_DIGITS) -> tuple[mpmath.mpf, mpmath.mpf | None]:
    """How far the gradients along a direction are from the derivative of the loss, and that relative to their terms.

    Differences are taken in as many digits as a derivative of this size asks for; the second is None where that is more than `most`.
    """
    terms = [each for place, direction in directions.items() for each in (own.gradients[place] * direction).ravel()]
    digits = DIFFERENCE_DIGITS
    while True:
        derivative, rounding = _derivative(own, directions, digits)
        scale = max(mpmath.fsum(map(abs, terms)), abs(derivative))
        wanted = tolerance() * max(scale, mpmath.mpf(SMALLEST))
        if rounding < wanted:
            off = abs(mpmath.fsum(terms) - derivative)
            return off, off / scale if off > rounding else mpmath.mpf(0)
        digits += int(mpmath.log10(rounding / wanted)) + 2 if mpmath.isfinite(rounding / wanted) else most
        if digits > most:
            return mpmath.inf, None


def _derivative(own: Crosscheck, directions: Mapping[Place, Array], digits: int) -> tuple[mpmath.mpf, mpmath.mpf]:
    """The derivative of the loss along a direction by the oracle, and its rounding."""
    with mpmath.workdps(digits):
        step = mpmath.mpf(STEP)
        above, below = (own.oracle_loss(_moved(own.values, directions, by)) for by in (step, -step))
        return (above - below) / (2 * step), mpmath.mpf(10) ** -digits * (1 + abs(above)) / step


def _moved(values: Values, directions: Mapping[Place, Array], by: mpmath.mpf) -> Values:
    return {**values, **{place: values[place] + direction * by for place, direction in directions.items()}}


def tolerance() -> mpmath.mpf:
    """The largest error of what agrees, relative to its terms."""
    return mpmath.mpf(10) ** -AGREED_DIGITS
