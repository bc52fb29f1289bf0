"""The emitted text in fifty digits, against differences of the equations in a hundred and fifty; they agree to forty.

Along a random direction the central difference of the loss at a step of 1e-45 is off by 1e-90 of its third derivative and by 1e-105 for rounding.
The loss is computed by the oracle, from the meaning of the equations; the gradient by the text that was emitted. One direction goes through
all arrays, each scaled so that its gradient counts as much as the others; only if that differs are they asked one by one. Entries whose gradients are
of unlike size count as arrays of their own, and where they are small beside the loss the differences are taken in more digits.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import mpmath
import numpy as np

from verify.arithmetic import HIGH_PRECISION
from verify.crosscheck import Crosscheck, Place, Values, normalized
from verify.numbers.text import Namespace, over
from verify.subject import Judged, Subject
from verify.trial import GROUPS, Array, Trial, label_of, parts_by_size
from verify.verdict import Outcome, Verdict, worst

NAME = "50 digits"
JUDGES = Judged.TEXT
SEES = "the emitted code, to forty digits, at T = 3, in gradients whose entries span 1e-300 to 1e300"
STEPS, BATCH = 3, 2
TEXT_DIGITS, DIFFERENCE_DIGITS, AGREED_DIGITS = 50, 150, 40
MORE_DIGITS, NOISE = 15, 100
"""With how many more digits a gradient is computed to see its rounding, and how many times what they change counts as that."""
STEP = "1e-45"
MOST_DIGITS = 1500
"""The most digits for differences, where a gradient is small beside the loss."""
SMALLEST = "1e-300"
"""The size of a gradient that must not be taken for zero."""
SPAN = 10**12
"""By how much gradients differ in size that are judged along one direction, and by how much that is scaled at most."""
IN_NUMPY = ("exp", "expm1", "log", "log1p", "sqrt", "tanh", "sin", "cos")


def judge(subject: Subject) -> list[Verdict]:
    """A verdict for each parameter, input and initial state, and for each output that is wrong."""
    with mpmath.workdps(TEXT_DIGITS):
        run = crosscheck(subject)
        wrong, parts = list(run.wrong_outputs(NAME, differ)), list(_parts(run))
        together = _together(run, parts)
        found: dict[Place, list[Verdict]] = {}
        for number, (place, direction) in enumerate(parts):
            known = together[1] if number in together[0] else None
            found.setdefault(place, []).append(_verdict(run, place, direction, known))
        return [*wrong, *(worst(found[each]) if each in found else _incomparable(run, each) for _, each in run.labels())]


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


def _parts(run: Crosscheck) -> Iterator[tuple[Place, Array]]:
    """A random direction for entries of like gradients, of each array whose gradient has its shape."""
    for _, place in run.labels():
        claimed, shape = run.gradients[place], run.values[place].shape
        if claimed.shape == shape and all(map(mpmath.isfinite, claimed.ravel())):
            direction = HIGH_PRECISION.array(np.random.default_rng(2).normal(size=shape))
            yield from ((place, direction * part) for part in parts_by_size(claimed, SPAN))


def _together(run: Crosscheck, parts: Sequence[tuple[Place, Array]]) -> tuple[frozenset[int], mpmath.mpf]:
    """The parts whose gradients agree along one direction through all of them, by number, and the error there; none if it differs."""
    joined: dict[Place, Array] = {}
    taken = set()
    for number, (place, direction) in enumerate(parts):
        size = mpmath.fsum(abs(run.gradients[place] * direction).ravel())
        if size * SPAN > 1:
            joined[place] = joined.get(place, 0) + direction / size
            taken.add(number)
    _, error = _off(run, joined, DIFFERENCE_DIGITS)
    return (frozenset(taken), error) if error is not None and error <= _tolerance() else (frozenset(), mpmath.mpf(0))


def _verdict(run: Crosscheck, place: Place, direction: Array, known: mpmath.mpf | None) -> Verdict:
    """The verdict on a gradient along a direction, where its error may be known."""
    label = label_of(*place)
    off, error = _off(run, {place: direction}) if known is None else (mpmath.mpf(0), known)
    if error is None:
        return Verdict(label, NAME, Outcome.CANNOT_SEE, "the gradient is below what differences in so many digits resolve")
    if error > _tolerance() and off <= _rounding(run, place, direction):
        return Verdict(label, NAME, Outcome.CANNOT_SEE, "what it differs by is rounding: the gradient is a difference of large numbers")
    if error > _tolerance():
        return run.wrong_gradient(NAME, place, lambda direction: (_off(run, {place: direction})[1] or 0) > _tolerance())
    digits = int(-mpmath.log10(error)) if error else TEXT_DIGITS
    return Verdict(label, NAME, Outcome.AGREES, f"agrees to {digits} digits at T = {STEPS}", None, float(error))


def _incomparable(run: Crosscheck, place: Place) -> Verdict:
    """The verdict on a gradient that has another shape than its variable, or entries that are no numbers where the loss is one."""
    if run.gradients[place].shape == run.values[place].shape and not mpmath.isfinite(run.oracle_loss(run.values)):
        return Verdict(label_of(*place), NAME, Outcome.CANNOT_SEE, "the loss is no number at the values that were drawn")
    return run.wrong_gradient(NAME, place, lambda direction: True)


def _off(run: Crosscheck, directions: Mapping[Place, Array], most: int = MOST_DIGITS) -> tuple[mpmath.mpf, mpmath.mpf | None]:
    """How far the gradients along a direction are from the derivative of the loss, and that relative to their terms.

    Differences are taken in as many digits as a derivative of this size asks for; the second is None where that is more than `most`.
    """
    terms = [each for place, own in directions.items() for each in (run.gradients[place] * own).ravel()]
    digits = DIFFERENCE_DIGITS
    while True:
        derivative, rounding = _derivative(run, directions, digits)
        scale = max(mpmath.fsum(map(abs, terms)), abs(derivative))
        wanted = _tolerance() * max(scale, mpmath.mpf(SMALLEST))
        if rounding < wanted:
            off = abs(mpmath.fsum(terms) - derivative)
            return off, off / scale if off > rounding else mpmath.mpf(0)
        digits += int(mpmath.log10(rounding / wanted)) + 2 if mpmath.isfinite(rounding / wanted) else most
        if digits > most:
            return mpmath.inf, None


def _derivative(run: Crosscheck, directions: Mapping[Place, Array], digits: int) -> tuple[mpmath.mpf, mpmath.mpf]:
    """The derivative of the loss along a direction by the oracle, and its rounding."""
    with mpmath.workdps(digits):
        step = mpmath.mpf(STEP)
        above, below = (run.oracle_loss(_moved(run.values, directions, by)) for by in (step, -step))
        return (above - below) / (2 * step), mpmath.mpf(10) ** -digits * (1 + abs(above)) / step


def _rounding(run: Crosscheck, place: Place, direction: Array) -> mpmath.mpf:
    """How far a gradient may be off along a direction for the rounding of the text, by what more digits change in it."""
    with mpmath.workdps(TEXT_DIGITS + MORE_DIGITS):
        finer = crosscheck(run.subject)
        own, other = (mpmath.fsum((each.gradients[place] * direction).ravel()) for each in (run, finer))
        return NOISE * abs(own - other)


def _moved(values: Values, directions: Mapping[Place, Array], by: mpmath.mpf) -> Values:
    return {**values, **{place: values[place] + direction * by for place, direction in directions.items()}}


def _tolerance() -> mpmath.mpf:
    return mpmath.mpf(10) ** -AGREED_DIGITS
