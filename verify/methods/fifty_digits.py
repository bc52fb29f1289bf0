"""The emitted text in fifty digits, against differences of the equations in a hundred and fifty; they agree to forty.

Along a random direction the central difference of the loss at a step of 1e-45 is off by 1e-90 of its third derivative and by 1e-105 for rounding.
The loss is computed by the oracle, from the meaning of the equations; the gradient by the text that was emitted. One direction goes through
all arrays, each scaled so that its gradient counts as much as the others; only if that differs are the arrays asked one by one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import mpmath
import numpy as np

from verify.arithmetic import Arithmetic
from verify.numbers.digits import Digits, Precise
from verify.numbers.functions import IN_NUMPY, Functions
from verify.numbers.text import Namespace, converted, over
from verify.parallel import Array, Parallel, Place, normalized
from verify.subject import Subject
from verify.trial import Trial
from verify.verdict import Outcome, Verdict

NAME = "50 digits"
SEES = "the emitted code, to forty digits, at T = 3, also where gradients are as small as 1e-60"
STEPS, BATCH = 3, 2
TEXT_DIGITS, DIFFERENCE_DIGITS, AGREED_DIGITS = 50, 150, 40
STEP = "1e-45"
LARGEST = 10**12
"""By how much a direction is scaled at most; an array with a smaller gradient is asked alone."""


def judge(subject: Subject) -> list[Verdict]:
    """A verdict for each parameter, input and initial state, and for each output that is wrong."""
    with mpmath.workdps(TEXT_DIGITS):
        run = parallel(subject)
        wrong, together = list(_outputs(run)), _together(run)
        return [*wrong, *(_verdict(run, label, place, together) for label, place in run.labels())]


def parallel(subject: Subject) -> Parallel:
    """The text beside the oracle on decimal numbers of the precision of mpmath."""
    functions = Functions(Digits, Precise())
    made = {name: functions.by_name()[name] for name in IN_NUMPY}
    made |= {"log1p": np.frompyfunc(lambda x: Digits(mpmath.log1p(Digits.own(x).value)), 1, 1)}
    made |= {"expm1": np.frompyfunc(lambda x: Digits(mpmath.expm1(Digits.own(x).value)), 1, 1)}
    text = over(subject.source, Digits, Namespace(made))
    trial = Trial(subject.module, STEPS, BATCH)
    groups = zip(("params", "inputs", "initial"), trial.values, strict=True)
    values = {(kind, name): each for kind, group in groups for name, each in converted(group, Digits).items()}
    weights = {} if text.LOSS else converted(trial.weights, Digits)
    return Parallel(
        subject, text, Arithmetic(NAME, Digits.own, object, functions.elementwise), normalized(values, subject), weights, STEPS, BATCH
    )


def _outputs(parallel: Parallel) -> Iterator[Verdict]:
    for name, array in parallel.outputs.items():
        wanted = parallel.meant[name]
        if array.shape != wanted.shape or max(map(_size, (array - wanted).ravel())) > _tolerance() * max(map(_size, wanted.ravel())):
            yield Verdict(name, NAME, Outcome.DISAGREES, f"the output {name} is not what its equations say", {"T": STEPS})


def _together(parallel: Parallel) -> tuple[frozenset[Place], mpmath.mpf]:
    """The arrays whose gradients agree along one direction through all of them, and the error there; none if it differs."""
    directions: dict[Place, Array] = {}
    for _, place in parallel.labels():
        claimed, direction = parallel.gradients[place], _direction(parallel, place)
        size = mpmath.fsum(map(_size, (claimed * direction).ravel())) if claimed.shape == direction.shape else mpmath.mpf(0)
        if size * LARGEST > 1:
            directions[place] = direction * Digits(1 / size)
    error = _error(parallel, directions)
    return (frozenset(directions), error) if error is not None and error <= _tolerance() else (frozenset(), mpmath.mpf(0))


def _verdict(parallel: Parallel, label: str, place: Place, together: tuple[frozenset[Place], mpmath.mpf]) -> Verdict:
    claimed, given = parallel.gradients[place], parallel.values[place]
    if claimed.shape != given.shape:
        return Verdict(label, NAME, Outcome.DISAGREES, f"the gradient has shape {claimed.shape}, its array {given.shape}")
    error = together[1] if place in together[0] else _error(parallel, {place: _direction(parallel, place)})
    if error is None:
        return Verdict(label, NAME, Outcome.CANNOT_SEE, "the gradient is below what differences in so many digits resolve")
    if error <= _tolerance():
        return Verdict(label, NAME, Outcome.AGREES, f"agrees to {_digits(error)} digits at T = {STEPS}", None, float(error))
    at = next((at for at in np.ndindex(given.shape) if (_error(parallel, {place: _unit(given.shape, at)}) or 0) > _tolerance()), ())
    told = f"entry {list(at)} is {claimed[at]}, not the derivative of the loss, at T = {STEPS}, {BATCH} sequences"
    return Verdict(label, NAME, Outcome.DISAGREES, told, {"T": STEPS, "batch": BATCH, "entry": list(at)}, float(error))


def _direction(parallel: Parallel, place: Place) -> Array:
    drawn: Array = np.asarray(np.random.default_rng(2).normal(size=parallel.values[place].shape))
    return converted({"": drawn}, Digits)[""]


def _error(parallel: Parallel, directions: Mapping[Place, Array]) -> mpmath.mpf | None:
    """How far the gradients along a direction are from the derivative of the loss, relative to their terms; None where that is not seen."""
    with mpmath.workdps(DIFFERENCE_DIGITS):
        step = Digits(mpmath.mpf(STEP))
        above, below = (_loss(parallel, directions, by) for by in (step, -step))
        derivative = ((above - below) / (step * 2)).value
    terms = [Digits.own(each).value for place, own in directions.items() for each in (parallel.gradients[place] * own).ravel()]
    scale = max(mpmath.fsum(map(abs, terms)), abs(derivative))
    rounding = mpmath.mpf(10) ** -DIFFERENCE_DIGITS * (1 + abs(above.value)) / mpmath.mpf(STEP)
    if not scale:
        return mpmath.mpf(0)
    return abs(mpmath.fsum(terms) - derivative) / scale if rounding < _tolerance() * scale else None


def _loss(parallel: Parallel, directions: Mapping[Place, Array], by: Digits) -> Digits:
    """The loss at values moved along directions."""
    moved = {place: parallel.values[place] + direction * by for place, direction in directions.items()}
    return Digits.own(parallel.oracle_loss({**parallel.values, **moved}))


def _tolerance() -> mpmath.mpf:
    return mpmath.mpf(10) ** -AGREED_DIGITS


def _digits(error: mpmath.mpf) -> int:
    return int(-mpmath.log10(error)) if error else TEXT_DIGITS


def _size(value: object) -> mpmath.mpf:
    return abs(Digits.own(value).value)


def _unit(shape: tuple[int, ...], at: tuple[int, ...]) -> Array:
    array = np.full(shape, Digits.of(0), object)
    array[at] = Digits.of(1)
    return array
