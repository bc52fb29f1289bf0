"""The emitted text, exactly: run modulo a prime, with functions drawn at random, against the tangents of the equations in the same numbers.

<gradient, direction> = derivative of the loss along the direction, for a random direction through all arrays; both sides are integers, so that
nothing is rounded. If they differ, the arrays are asked one by one. See numbers/residue.py for the functions and numbers/degree.py for the
chance that a wrong gradient passes. Of a function with cases, such as relu, those branches are judged that are taken, each with a chance of 1/2.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from fractions import Fraction
from random import Random
from typing import Any

import numpy as np

from derive.errors import InputError
from verify.arithmetic import Arithmetic
from verify.crosscheck import Crosscheck, Place, Values, normalized
from verify.numbers.degree import Counted, Degree
from verify.numbers.functions import IN_NUMPY, Functions
from verify.numbers.residue import PRIME, Drawn, NoSquareError, Residue
from verify.numbers.scalars import rational
from verify.numbers.text import Namespace, over
from verify.subject import Judged, Subject
from verify.trial import GROUPS, Array, Trial
from verify.verdict import Outcome, Verdict

NAME = "prime field"
JUDGES = Judged.TEXT
CARRIES_SLOPES = True
SEES = "the emitted code, exactly, with functions drawn at random, at T = 3; a wrong gradient passes with a chance below 1e-9"
STEPS, BATCH = 3, 2
DRAWS = 40
"""How many random choices are tried until all square roots are of squares."""
CHANCE = 1e-9
"""The largest chance of an accident at which a verdict is given."""


def judge(subject: Subject) -> list[Verdict]:
    """A verdict for each parameter, input and initial state, and for each output that is wrong."""
    for seed in range(DRAWS):
        try:
            return list(_verdicts(crosscheck(subject, seed), Random(f"{seed} directions")))
        except (NoSquareError, ZeroDivisionError) as error:
            reason = f"in {DRAWS} draws {error}"
        except InputError as error:
            reason = error.fact
            break
    return [Verdict(each, NAME, Outcome.CANNOT_SEE, f"beyond this method: {reason}") for each in subject.labels]


def crosscheck(subject: Subject, seed: int) -> Crosscheck:
    """The text beside the oracle on random residues.

    Raises:
        NoSquareError: there is a square root of what is no square; with another seed it may be one.
        InputError: there is what has no value modulo a prime.
    """
    random = Random(f"{seed} values")
    values = normalized({place: _drawn(shape, random) for place, shape in _shapes(subject).items()}, subject)
    made = _over(subject, Functions(Residue, Drawn(seed)), values)
    outputs = {name: each for name, each in made.outputs.items() if name in made.text.OUTPUTS and not made.text.LOSS}
    return replace(made, weights={name: _drawn(each.shape, random) for name, each in outputs.items()})


def _verdicts(run: Crosscheck, random: Random) -> Iterator[Verdict]:
    yield from run.judged_outputs(NAME, lambda own, meant: bool((own != meant).any()))
    directions = {place: _drawn(run.values[place].shape, random) for _, place in run.labels()}
    fitting = {place: each for place, each in directions.items() if run.gradients[place].shape == each.shape}
    agree = not _differs(run, fitting)
    chance = _chance(run) if agree and len(fitting) == len(directions) else 0.0
    for label, place in run.labels():
        if place not in fitting or (not agree and _differs(run, {place: directions[place]})):
            yield run.wrong_gradient(NAME, place, lambda direction, place=place: _differs(run, {place: direction}))  # type: ignore[misc]
        elif chance > CHANCE:
            yield Verdict(label, NAME, Outcome.CANNOT_SEE, f"equal, but the chance of an accident is only below {chance:.0e}")
        else:
            accident = f"; chance of an accident below {chance:.0e}" if chance else ""
            yield Verdict(label, NAME, Outcome.AGREES, f"equal modulo a prime of {PRIME.bit_length()} bits for T = {STEPS}{accident}")


def _differs(run: Crosscheck, directions: Values) -> bool:
    """Whether the gradients along a direction are not the derivative of the loss."""
    tangent = np.frompyfunc(lambda value, by: Residue(value.value, Residue.own(by).value), 2, 1)
    moved = {place: tangent(run.values[place], direction) for place, direction in directions.items()}
    derivative = Residue.own(run.oracle_loss({**run.values, **moved})).tangent
    return bool(Residue.own(_along(run, directions)) != Residue(derivative))


def _along(run: Crosscheck, directions: Values) -> Any:
    """The derivative along a direction by the gradients of the text."""
    return sum((run.gradients[place] * direction).sum() for place, direction in directions.items())


def _over(subject: Subject, functions: Functions, values: Values, weights: Mapping[str, Array] | None = None) -> Crosscheck:
    """A run with these functions in the place of NumPy's and of those that the text brings along."""
    made = functions.by_name()
    namespace = Namespace({name: made[name] for name in IN_NUMPY})
    text = over(subject.source, namespace, functions.number.of, exponent=lambda value: value)
    brought = (set(made) & set(text.__dict__)) - set(subject.target.functions)
    text.__dict__.update({name: made[name] for name in brought})
    text = subject.over(text)
    arithmetic = Arithmetic(NAME, functions.number.own, object, functions.elementwise, rational, functions.number.sloped)
    return Crosscheck(subject, text, arithmetic, values, weights or {}, STEPS, BATCH)


def _shapes(subject: Subject) -> dict[Place, tuple[int, ...]]:
    groups = zip(GROUPS, Trial(subject.module, STEPS, BATCH).values, strict=True)
    return {(kind, name): array.shape for kind, group in groups for name, array in group.items()}


def _chance(run: Crosscheck) -> float:
    """A bound on the chance that wrong gradients pass, by the degrees of both sides and of the arguments of functions.

    Both sides are run over degrees, with an argument of degree 1 for each entry, weight and direction. Two arguments of functions may also
    fall together that are not the same; an exponential is drawn from one residue in eight; each comparison may go two ways, each root be one
    of two; and each draw is one more chance.
    """
    counted = Counted()
    number = counted.number
    weights = {name: _variables(number, each) for name, each in run.weights.items()}
    values = {place: _variables(number, each) for place, each in run.values.items()}
    degrees = _over(run.subject, Functions(number, counted), values, weights)
    claimed = number.own(_along(degrees, {place: degrees.values[place] for _, place in degrees.labels()})).largest
    wanted = number.own(degrees.oracle_loss(degrees.values)).largest
    accidents = 8 * (claimed + wanted) + counted.calls**2 * counted.largest
    return float(min(Fraction(1), Fraction(DRAWS * accidents * 2**number.branches, PRIME)))


def _variables(number: type[Degree], array: Array) -> Array:
    return _filled(array.shape, number.variable)


def _drawn(shape: tuple[int, ...], random: Random) -> Array:
    return _filled(shape, lambda: Residue(random.randrange(1, PRIME)))


def _filled(shape: tuple[int, ...], make: Callable[[], Any]) -> Array:
    array = np.empty(shape, object)
    for at in np.ndindex(shape):
        array[at] = make()
    return array
