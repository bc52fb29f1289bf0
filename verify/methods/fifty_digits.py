"""The emitted text in fifty digits, against differences of the equations in a hundred and fifty; they agree to forty.

Along a random direction the central difference of the loss at a step of 1e-45 is off by 1e-90 of its third derivative and by 1e-105 for rounding.
The loss is computed by the oracle, from the meaning of the equations; the gradient by the text that was emitted. One direction goes through
all arrays, each scaled so that its gradient counts as much as the others; only if that differs are they asked one by one. Entries whose gradients are
of unlike size count as arrays of their own, and where they are small beside the loss the differences are taken in more digits.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import mpmath
import numpy as np

from verify import precise
from verify.arithmetic import HIGH_PRECISION
from verify.crosscheck import Crosscheck, Place
from verify.precise import DIFFERENCE_DIGITS, TEXT_DIGITS, digits_to_see, off_by, tolerance
from verify.subject import Judged, Subject
from verify.trial import Array, Trial, label_of, parts_by_size
from verify.verdict import Outcome, Verdict, worst

NAME = "50 digits"
JUDGES = Judged.TEXT
SEES = "the emitted code, to forty digits, at T = 3, in gradients whose entries span 1e-300 to 1e300"
STEPS, BATCH = 3, 2
NOISE = 100
"""How many times what more digits change in a gradient counts as its rounding."""
SPAN = 10**12
"""By how much gradients differ in size that are judged along one direction, and by how much that is scaled at most."""


def judge(subject: Subject) -> list[Verdict]:
    """A verdict for each parameter, input and initial state, and for each output that is wrong."""
    with mpmath.workdps(TEXT_DIGITS):
        run = crosscheck(subject)
        wrong, parts = list(run.judged_outputs(NAME, differ)), list(_parts(run))
        together = _together(run, parts)
        found: dict[Place, list[Verdict]] = {}
        for number, (place, direction) in enumerate(parts):
            known = together[1] if number in together[0] else None
            found.setdefault(place, []).append(_verdict(run, place, direction, known))
        return [*wrong, *(worst(found[each]) if each in found else _incomparable(run, each) for _, each in run.labels())]


def crosscheck(subject: Subject) -> Crosscheck:
    """The text beside the oracle."""
    return precise.run(subject, Trial(subject.module, STEPS, BATCH))


def differ(own: Array, other: Array) -> bool:
    """Whether two arrays of one shape are further apart than forty digits of the larger entry of the other."""
    return bool(max(abs(own - other).ravel(), default=0) > tolerance() * max(abs(other).ravel(), default=0))


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
    error = off_by(run, joined, DIFFERENCE_DIGITS)[1] if joined else None
    return (frozenset(taken), error) if error is not None and error <= tolerance() else (frozenset(), mpmath.mpf(0))


def _verdict(run: Crosscheck, place: Place, direction: Array, known: mpmath.mpf | None) -> Verdict:
    """The verdict on a gradient along a direction, where its error may be known."""
    label = label_of(*place)
    off, error = off_by(run, {place: direction}) if known is None else (mpmath.mpf(0), known)
    if error is None:
        return Verdict(label, NAME, Outcome.CANNOT_SEE, "the gradient is below what differences in so many digits resolve")
    if error > tolerance() and off <= _rounding(run, place, direction, off):
        return Verdict(label, NAME, Outcome.CANNOT_SEE, "what it differs by is rounding: the gradient is a difference of large numbers")
    if error > tolerance():
        return run.wrong_gradient(NAME, place, lambda direction: (off_by(run, {place: direction})[1] or 0) > tolerance())
    digits = int(-mpmath.log10(error)) if error else TEXT_DIGITS
    return Verdict(label, NAME, Outcome.AGREES, f"agrees to {digits} digits at T = {STEPS}", None, float(error))


def _incomparable(run: Crosscheck, place: Place) -> Verdict:
    """The verdict on a gradient that has another shape than its variable, or entries that are no numbers where the loss is one."""
    if run.gradients[place].shape == run.values[place].shape and not mpmath.isfinite(run.oracle_loss(run.values)):
        return Verdict(label_of(*place), NAME, Outcome.CANNOT_SEE, "the loss is no number at the values that were drawn")
    return run.wrong_gradient(NAME, place, lambda direction: True)


def _rounding(run: Crosscheck, place: Place, direction: Array, off: mpmath.mpf) -> mpmath.mpf:
    """How far a gradient may be off along a direction for the rounding of the text, by what more digits change in it."""
    with mpmath.workdps(digits_to_see(off)):
        finer = crosscheck(run.subject)
        own, other = (mpmath.fsum((each.gradients[place] * direction).ravel()) for each in (run, finer))
        return NOISE * abs(own - other)
