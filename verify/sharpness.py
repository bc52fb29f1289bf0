"""How sharp the methods are: each plausible mistake is made once, in the derived system and in the emitted text, and put before the methods.

Whether a mistake changes anything is not decided by the methods, and not by hand: the system or the text with the mistake is evaluated exactly, at
random arguments, beside the right one. A mistake that changes something and is refused by no method is a survivor; a method that refuses one that
changes nothing has raised a false alarm.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import mpmath
import numpy as np

from derive.document.blocks import Block, Heading, Table, Text
from derive.errors import InputError
from derive.system import Kind, System
from verify.evaluate import run_adjoint
from verify.methods import complex_step, fifty_digits, finite_difference, prime_field, proof, unrolled
from verify.mutations import mutations
from verify.numbers.digits import Digits
from verify.numbers.residue import NoSquareError
from verify.numbers.scalars import Scalar
from verify.parallel import Parallel
from verify.slips import slips
from verify.subject import Subject
from verify.verdict import Outcome, Verdict

Judge = Callable[[Subject], list[Verdict]]
OF_THE_SYSTEM: dict[str, Judge] = {proof.NAME: proof.judge, unrolled.NAME: lambda subject: unrolled.judge(subject, lengths=(1, 2))}
OF_THE_TEXT: dict[str, Judge] = {each.NAME: each.judge for each in (finite_difference, complex_step, fifty_digits, prime_field)}
"""The methods by what they judge: the equations, or the module that was emitted from them."""
REFUSED = (InputError, ArithmeticError, LookupError, TypeError, ValueError, NameError, AttributeError)
"""What a system or text raises that does not run: it cannot be taken for a right one."""


@dataclass(frozen=True)
class Bite:
    """One mistake before the methods.

    Attributes:
        where: "system" or "text".
        kind: of mistake.
        description: the mistake.
        changes: whether it changes any value, by exact evaluation.
        refused: by method, whether it was refused.
    """

    where: str
    kind: str
    description: str
    changes: bool
    refused: dict[str, bool]

    @property
    def survives(self) -> bool:
        """Whether it changes something and no method refused it."""
        return self.changes and not any(self.refused.values())


@dataclass(frozen=True)
class Teeth:
    """All mistakes of a subject."""

    name: str
    bites: tuple[Bite, ...]

    @property
    def survivors(self) -> list[Bite]:
        """Mistakes that no method refused."""
        return [each for each in self.bites if each.survives]

    @property
    def unproved(self) -> list[Bite]:
        """Mistakes in the system that the proof alone did not refuse."""
        return [each for each in self.bites if each.where == "system" and each.changes and not each.refused[proof.NAME]]

    @property
    def false_alarms(self) -> list[Bite]:
        """Mistakes that change nothing, and were refused."""
        return [each for each in self.bites if not each.changes and any(each.refused.values())]

    @property
    def holds(self) -> bool:
        """Whether each mistake was refused, those in the system by the proof alone, and nothing else was."""
        return not (self.survivors or self.unproved or self.false_alarms)

    def to_dict(self) -> dict[str, Any]:
        """The mistakes as plain data for JSON."""
        bites = [{**vars(each), "survives": each.survives} for each in self.bites]
        return {"name": self.name, "holds": self.holds, "survivors": len(self.survivors), "mistakes": bites}

    def blocks(self) -> list[Block]:
        """A table for the system and one for the text: a row for each kind of mistake, a column for each method."""
        told: list[Block] = [Heading(f"Mistakes in {self.name}")]
        for where, methods in (("system", OF_THE_SYSTEM), ("text", OF_THE_TEXT)):
            told.append(self._table(where, [each for each in self.bites if each.where == where], list(methods)))
        groups = (("survives", self.survivors), ("is not refused by the proof", self.unproved), ("is a false alarm", self.false_alarms))
        return [*told, *(Text(f"`{each.description}` {what}.") for what, group in groups for each in group)]

    def _table(self, where: str, bites: list[Bite], methods: list[str]) -> Table:
        rows = [self._row(kind, [each for each in bites if each.kind == kind], methods) for kind in dict.fromkeys(b.kind for b in bites)]
        told = "equations of the gradients" if where == "system" else "emitted text"
        caption = f"How many mistakes in the {told} each method refuses, of those that change something."
        return Table((f"in the {where}", *methods, "together", "no change"), (*rows, self._row("all", bites, methods)), caption)

    @staticmethod
    def _row(kind: str, bites: list[Bite], methods: list[str]) -> tuple[str, ...]:
        real = [each for each in bites if each.changes]
        by_method = [f"{sum(each.refused[name] for each in real)}/{len(real)}" for name in methods]
        together = f"{sum(not each.survives for each in real)}/{len(real)}"
        return (kind, *by_method, together, str(len(bites) - len(real)))


def teeth(subject: Subject, every: int = 1, tell: Callable[[int, int], None] = lambda done, of: None) -> Teeth:
    """Make each mistake in a subject, and put it before the methods.

    Args:
        subject: one that holds.
        every: 1 for all mistakes, n for each n-th one.
        tell: is told how many mistakes are done, of how many.
    """
    exact = Exact(subject)
    in_system, in_text = list(mutations(subject.adjoint))[::every], list(slips(subject.source))[::every]
    bites = []
    for each in in_system:
        wrong, changes = replace(subject, adjoint=each.system), exact.changes_values(each.system)
        bites.append(Bite("system", each.kind, each.name, changes, {name: _refuses(judge, wrong) for name, judge in OF_THE_SYSTEM.items()}))
        tell(len(bites), len(in_system) + len(in_text))
    for slip in in_text:
        wrong, changes = replace(subject, source=slip.source), exact.changes_results(slip.source)
        refused = {name: _refuses(judge, wrong) for name, judge in OF_THE_TEXT.items()}
        bites.append(Bite("text", slip.kind, f"line {slip.line}: {slip.description}", changes, refused))
        tell(len(bites), len(in_system) + len(in_text))
    return Teeth(subject.name, tuple(bites))


def _refuses(judge: Judge, wrong: Subject) -> bool:
    try:
        with np.errstate(all="ignore"):
            return any(each.outcome is Outcome.DISAGREES for each in judge(wrong))
    except REFUSED:
        return True


class Exact:
    """The values of a subject over exact numbers, to hold mistakes against; in fifty digits where there are no exact ones."""

    def __init__(self, subject: Subject) -> None:
        self.subject = subject
        self.make, self.same = self._numbers()
        with mpmath.workdps(fifty_digits.TEXT_DIGITS):
            self.parallel = self.make(subject)
            self.values, self.results = self._values(subject.adjoint), dict(_results(self.parallel))

    def _numbers(self) -> tuple[Callable[[Subject], Parallel], Callable[[Scalar, Scalar], bool]]:
        for seed in range(prime_field.DRAWS):
            try:
                dict(_results(prime_field.parallel(self.subject, seed)))
            except (NoSquareError, ZeroDivisionError):
                continue
            except InputError:
                break
            return partial(prime_field.parallel, seed=seed), lambda one, other: one == other
        return fifty_digits.parallel, _close

    def changes_values(self, adjoint: System) -> bool:
        """Whether an adjoint system has other values than the right one, or none."""
        try:
            return self._differ(self._values(adjoint), self.values)
        except REFUSED:
            return True

    def changes_results(self, source: str) -> bool:
        """Whether a text has other outputs or gradients than the right one, or none."""
        try:
            with mpmath.workdps(fifty_digits.TEXT_DIGITS):
                return self._differ(dict(_results(self.make(replace(self.subject, source=source)))), self.results)
        except REFUSED:
            return True

    def _differ(self, found: dict[Any, Any], right: dict[Any, Any]) -> bool:
        if found.keys() != right.keys() or any(found[key].shape != right[key].shape for key in right):
            return True
        number = type(next(iter(next(iter(self.parallel.values.values())).ravel())))
        pairs = ((number.own(a), number.own(b)) for key in right for a, b in zip(found[key].ravel(), right[key].ravel(), strict=True))
        return not all(self.same(a, b) for a, b in pairs)

    def _values(self, adjoint: System) -> dict[Any, Any]:
        """All values of an adjoint system, of the first sequence."""
        with mpmath.workdps(fifty_digits.TEXT_DIGITS):
            ahead = self.parallel.oracle(self.parallel.values, 0)
            upstream = {each.name: self._upstream(each.of) for each in adjoint.variables.values() if each.kind is Kind.UPSTREAM}
            return dict(run_adjoint(adjoint, ahead, upstream, self.parallel.arithmetic).values)

    def _upstream(self, name: str) -> Any:
        weights, is_sequence = self.parallel.weights[name], self.subject.forward[name].is_sequence
        return weights[:, 0] if is_sequence else weights[0]


def _results(parallel: Parallel) -> Iterator[tuple[Any, Any]]:
    """All that a text gives back: outputs, final states and gradients."""
    yield from parallel.outputs.items()
    yield from parallel.gradients.items()


def _close(one: Scalar, other: Scalar) -> bool:
    assert isinstance(one, Digits)
    assert isinstance(other, Digits)
    return bool(abs(one.value - other.value) <= mpmath.mpf(10) ** -fifty_digits.AGREED_DIGITS * max(1, abs(other.value)))
