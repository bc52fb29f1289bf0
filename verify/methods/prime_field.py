"""The emitted text, exactly: run modulo a prime, with functions drawn at random, against the tangents of the equations in the same numbers.

<gradient, direction> = derivative of the loss along the direction, for a random direction through all arrays; both sides are integers, so that
nothing is rounded. If they differ, the arrays are asked one by one. See numbers/residue.py for the functions and numbers/degree.py for the
chance that a wrong gradient passes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from random import Random
from typing import Any

import numpy as np

from derive.errors import InputError
from verify.arithmetic import Arithmetic
from verify.numbers.degree import Counted, Degree
from verify.numbers.functions import IN_NUMPY, Functions
from verify.numbers.residue import PRIME, Drawn, NoSquareError, Residue
from verify.numbers.text import Namespace, over
from verify.parallel import Array, Parallel, Place, Values, label_of, normalized
from verify.subject import Subject
from verify.trial import Trial
from verify.verdict import Outcome, Verdict

NAME = "prime field"
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
            return list(_verdicts(subject, seed))
        except (NoSquareError, ZeroDivisionError) as error:
            reason = f"in {DRAWS} draws {error}"
        except InputError as error:
            reason = error.fact
            break
    return [Verdict(label_of(place), NAME, Outcome.CANNOT_SEE, f"beyond this method: {reason}") for place in _shapes(subject)]


def parallel(subject: Subject, seed: int) -> Parallel:
    """The text beside the oracle on random residues.

    Raises:
        NoSquareError: there is a square root of what is no square; with another seed it may be one.
        InputError: there is what has no value modulo a prime.
    """
    made = _parallel(subject, Functions(Residue, Drawn(seed)), _residues(subject, seed))
    return replace(made, weights=_weights(made, Random(f"{seed} weights")))


def _verdicts(subject: Subject, seed: int) -> Iterator[Verdict]:
    run = parallel(subject, seed)
    yield from _outputs(run)
    random = Random(f"{seed} directions")
    directions = {place: _drawn(run.values[place].shape, random) for _, place in run.labels()}
    fitting = {place: each for place, each in directions.items() if run.gradients[place].shape == each.shape}
    agree = not _differs(run, fitting)
    chance = _chance(subject, run) if agree else 1.0
    for label, place in run.labels():
        if place not in fitting:
            told = f"the gradient has shape {run.gradients[place].shape}, its array {directions[place].shape}"
            yield Verdict(label, NAME, Outcome.DISAGREES, told)
        elif not agree and _differs(run, {place: directions[place]}):
            yield _wrong(run, label, place)
        elif agree and chance > CHANCE:
            yield Verdict(label, NAME, Outcome.CANNOT_SEE, f"equal, but the chance of an accident is only below {chance:.0e}")
        else:
            accident = f"; chance of an accident below {chance:.0e}" if agree else ""
            yield Verdict(label, NAME, Outcome.AGREES, f"equal modulo 2^127 - 1 for T = {STEPS}{accident}")


def _outputs(parallel: Parallel) -> Iterator[Verdict]:
    for name, array in parallel.outputs.items():
        if array.shape != parallel.meant[name].shape or (array != parallel.meant[name]).any():
            yield Verdict(name, NAME, Outcome.DISAGREES, f"the output {name} is not what its equations say", {"T": STEPS})


def _wrong(parallel: Parallel, label: str, place: Place) -> Verdict:
    """The verdict on a gradient that is wrong, with its first entry that is."""
    shape = parallel.values[place].shape
    at = next((at for at in np.ndindex(shape) if _differs(parallel, {place: _unit(shape, at)})), ())
    told = f"entry {list(at)} is not the derivative of the loss, at T = {STEPS}, {BATCH} sequences"
    return Verdict(label, NAME, Outcome.DISAGREES, told, {"T": STEPS, "batch": BATCH, "entry": list(at)})


def _differs(parallel: Parallel, directions: Values) -> bool:
    """Whether the gradients along a direction are not the derivative of the loss."""
    tangent = np.frompyfunc(lambda value, by: Residue(value.value, by.value), 2, 1)
    moved = {place: tangent(parallel.values[place], direction) for place, direction in directions.items()}
    derivative = Residue.own(parallel.oracle_loss({**parallel.values, **moved})).tangent
    claimed = sum(((parallel.gradients[place] * direction).sum() for place, direction in directions.items()), Residue(0))
    return bool(claimed != Residue(derivative))


def _parallel(subject: Subject, functions: Functions, values: Values) -> Parallel:
    """A run of the text with these functions in the place of NumPy's and of its own, the weights of its outputs to be added."""
    made = functions.by_name()
    text = over(subject.source, functions.number, Namespace({name: made[name] for name in IN_NUMPY}))
    text.__dict__.update({name: each for name, each in made.items() if name in text.__dict__})
    arithmetic = Arithmetic(NAME, functions.number.own, object, functions.elementwise)
    return Parallel(subject, text, arithmetic, values, {}, STEPS, BATCH)


def _weights(parallel: Parallel, random: Random) -> dict[str, Array]:
    return (
        {}
        if parallel.text.LOSS
        else {name: _drawn(each.shape, random) for name, each in parallel.outputs.items() if name in parallel.text.OUTPUTS}
    )


def _residues(subject: Subject, seed: int) -> Values:
    """Random residues for all that is given."""
    random = Random(f"{seed} values")
    return normalized({place: _drawn(shape, random) for place, shape in _shapes(subject).items()}, subject)


def _shapes(subject: Subject) -> dict[Place, tuple[int, ...]]:
    groups = zip(("params", "inputs", "initial"), Trial(subject.module, STEPS, BATCH).values, strict=True)
    return {(kind, name): array.shape for kind, group in groups for name, array in group.items()}


def _chance(subject: Subject, parallel: Parallel) -> float:
    """A bound on the chance that a wrong gradient passes, by the degrees of both sides and of the arguments of functions."""
    counted = Counted()
    variable: Callable[[Array], Array] = lambda array: _filled(array.shape, Degree.variable)  # noqa: E731
    degrees = _parallel(subject, Functions(Degree, counted), {place: variable(each) for place, each in parallel.values.items()})
    degrees = replace(degrees, weights={name: variable(each) for name, each in parallel.weights.items()})
    claimed = max(Degree.own(each).largest for array in degrees.gradients.values() for each in array.ravel())
    wanted = Degree.own(degrees.oracle_loss(degrees.values)).largest
    return float((claimed + wanted + counted.calls**2 * counted.largest) / PRIME)


def _drawn(shape: tuple[int, ...], random: Random) -> Array:
    return _filled(shape, lambda: Residue(random.randrange(1, PRIME)))


def _unit(shape: tuple[int, ...], at: tuple[int, ...]) -> Array:
    array = _filled(shape, lambda: Residue(0))
    array[at] = Residue(1)
    return array


def _filled(shape: tuple[int, ...], make: Callable[[], Any]) -> Array:
    array = np.empty(shape, object)
    for at in np.ndindex(shape):
        array[at] = make()
    return array
