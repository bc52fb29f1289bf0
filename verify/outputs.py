"""The outputs and final states of the emitted code against those of the equations, which are computed by their meaning in fifty digits.

They agree to ten digits of the largest entry, or to what the rounding of such a computation may make: that is asked of the equations, in floats
and at values that differ in their last digits.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import mpmath
import numpy as np

from derive.system import Boundary
from verify.arithmetic import FLOAT, HIGH_PRECISION
from verify.crosscheck import Crosscheck, Values, normalized
from verify.precise import TEXT_DIGITS
from verify.subject import Subject
from verify.trial import GROUPS, Array, Trial
from verify.verdict import Outcome, Verdict, worst

LENGTHS, BATCH = (1, 2, 5), 3
TOLERANCE = 1e-10
"""The largest error, relative to the largest entry."""
NOISE = 1000.0
"""How many times what floats and other last digits change in the equations counts as rounding."""
RESOLUTION = 1e-3
"""The largest rounding, relative to the largest entry, with which an output counts as seen."""


def judged_outputs(subject: Subject, method: str) -> list[Verdict]:
    """A verdict for each output and final state that is wrong; for all where the text has no gradients to be judged."""
    found: dict[str, list[Verdict]] = {}
    for steps in LENGTHS:
        for each in _at_length(subject, steps, method):
            found.setdefault(each.subject, []).append(each)
    judged = [worst(each) for each in found.values()]
    return [each for each in judged if each.outcome is Outcome.DISAGREES or not subject.target.has_gradients]


def _at_length(subject: Subject, steps: int, method: str) -> Iterator[Verdict]:
    trial = Trial(subject.module, steps, BATCH)
    groups = zip(GROUPS, trial.values, strict=True)
    given = normalized({(kind, name): array for kind, group in groups for name, array in group.items()}, subject)
    run = Crosscheck(subject, subject.module, FLOAT, given, {}, steps, BATCH)
    for name in (each for each in _expected(subject) if each not in run.outputs):
        yield Verdict(name, method, Outcome.DISAGREES, f"the emitted code does not give {name}", {"T": steps})
    with np.errstate(all="ignore"), mpmath.workdps(TEXT_DIGITS):
        exact = _by_equations(run, given, is_precise=True)
        rounded = [_by_equations(run, each) for each in (given, _moved(given))]
        for name, own in run.outputs.items():
            noise = [abs(each[name] - exact[name]).max(initial=0.0) for each in rounded]
            yield _verdict(method, name, steps, np.asarray(own), exact[name], NOISE * max(noise))


def _expected(subject: Subject) -> Iterator[str]:
    """The names of what a text must give: outputs, and the final states of those whose value before the first step is given."""
    forward = subject.forward
    if not subject.target.has_gradients:
        yield from subject.labels
        return
    yield from forward.outputs
    yield from (f"{each.name}_T" for each in forward.states if each.boundary is Boundary.GIVEN and forward.reach[each.name][0] < 0)


def _by_equations(run: Crosscheck, values: Values, is_precise: bool = False) -> dict[str, Array]:
    """The outputs by the meaning of the equations, rounded to floats in the end."""
    if is_precise:
        values = {place: HIGH_PRECISION.array(each) for place, each in values.items()}
    meant = replace(run, values=values, arithmetic=HIGH_PRECISION if is_precise else FLOAT).meant_of(run.outputs)
    return {name: _as_floats(np.asarray(each)) for name, each in meant.items()}


def _as_floats(values: Array) -> Array:
    """Numbers of any precision as floats; what is not real is none."""
    flat = [float(each.real) if not each.imag else np.nan for each in values.ravel()]
    return np.array(flat, float).reshape(values.shape)


def _moved(values: Values) -> Values:
    """The values, each changed in its last digits."""
    rng = np.random.default_rng(6)
    return {place: each * (1 + np.finfo(float).eps * rng.choice([-1, 1], each.shape)) for place, each in values.items()}


def _verdict(method: str, name: str, steps: int, own: Array, exact: Array, rounding: float) -> Verdict:
    if own.shape != exact.shape:
        return Verdict(name, method, Outcome.DISAGREES, f"the output has shape {own.shape}, its equations {exact.shape}", {"T": steps})
    largest = float(abs(exact).max(initial=0.0))
    if not np.isfinite(largest) or not rounding <= RESOLUTION * largest + np.finfo(float).tiny:
        return Verdict(name, method, Outcome.CANNOT_SEE, f"at T = {steps} the output is no number, or rounding")
    off = np.nan_to_num(abs(own - exact), nan=np.inf)
    error = float(off.max(initial=0.0)) / largest if largest else float(off.max(initial=0.0))
    if not off.max(initial=0.0) <= max(TOLERANCE * largest, rounding):
        at = [int(i) for i in np.unravel_index(np.argmax(off), off.shape)]
        witness = {"T": steps, "batch": BATCH, "entry": at, "emitted": float(own[tuple(at)]), "equations": float(exact[tuple(at)])}
        told = f"entry {at} is {witness['emitted']:.6g}, the equations give {witness['equations']:.6g}, at T = {steps}, {BATCH} sequences"
        return Verdict(name, method, Outcome.DISAGREES, told, witness, error)
    return Verdict(name, method, Outcome.AGREES, f"largest error {error:.1e} of the largest entry {largest:.1e}", None, error)
