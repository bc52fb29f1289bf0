"""How sharp the methods are: each plausible mistake is made once, in the derived system and in the emitted text, and put before the methods.

Whether a mistake changes anything is not decided by the methods, and not by hand: the system or the text with the mistake is evaluated exactly, at
random arguments, beside the right one. A mistake that changes something and is refused by no method is a survivor; a method that refuses one that
changes nothing has raised a false alarm.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import mpmath
import numpy as np

from derive.document.blocks import Block, Heading, Table, Text
from derive.errors import InputError
from derive.shown import Brief, Shown
from derive.system import Kind, System
from verify import precise
from verify.crosscheck import Crosscheck
from verify.evaluate import run_adjoint
from verify.methods import fifty_digits, judged, methods, prime_field, proof, unrolled
from verify.mutations import Mutation, mutations
from verify.numbers.residue import NoSquareError
from verify.source_mutations import SourceMutation, source_mutations
from verify.subject import Judged, Subject
from verify.trial import Array
from verify.verdict import Outcome, Verdict

Judge = Callable[[Subject], list[Verdict]]
LENGTHS = (1, 2)
"""The lengths of the unrolled graph, which takes long."""
OF_THE_TEXT: dict[str, Judge] = {each.NAME: partial(judged, each) for each in methods() if each.JUDGES is Judged.TEXT}
OF_THE_SYSTEM: dict[str, Judge] = {each.NAME: each.judge for each in methods() if each.JUDGES is Judged.EQUATIONS}
OF_THE_SYSTEM[unrolled.NAME] = partial(unrolled.judge, lengths=LENGTHS)
NOTES = {"system": " The unrolled graph is asked at T = 1 and 2 only."}
REFUSED = (InputError, ArithmeticError, LookupError, TypeError, ValueError, NameError, AttributeError)
"""What a system or text raises that does not run: it cannot be taken for a right one."""


@dataclass(frozen=True, repr=False)
class Mutant(Brief):
    """A system or a text with one mistake, and what the methods said of it.

    Attributes:
        where: "system" or "text".
        kind: of mistake.
        description: the mistake.
        is_equivalent: whether it changes no value, by exact evaluation.
        killed: by method, whether that refused it.
    """

    where: str
    kind: str
    description: str
    is_equivalent: bool
    killed: dict[str, bool]

    @property
    def survives(self) -> bool:
        """Whether it changes something and no method refused it."""
        return not (self.is_equivalent or any(self.killed.values()))


@dataclass(frozen=True, repr=False)
class KillTable(Shown):
    """All mutants of a subject."""

    name: str
    mutants: tuple[Mutant, ...]

    @property
    def survivors(self) -> list[Mutant]:
        """Mutants that change something and that no method refused."""
        return [each for each in self.mutants if each.survives]

    @property
    def unproved(self) -> list[Mutant]:
        """Those of the system that the proof alone did not refuse."""
        return [each for each in self.mutants if each.where == "system" and not (each.is_equivalent or each.killed[proof.NAME])]

    @property
    def false_alarms(self) -> list[Mutant]:
        """Equivalent ones that were refused."""
        return [each for each in self.mutants if each.is_equivalent and any(each.killed.values())]

    @property
    def holds(self) -> bool:
        """Whether each mistake was refused, those in the system by the proof alone, and nothing else was."""
        return not (self.survivors or self.unproved or self.false_alarms)

    @property
    def summary(self) -> str:
        """How many mistakes, and how many of them survive."""
        return f"of {self.name}: {len(self.mutants)} mistakes, {len(self.survivors)} survive, {len(self.false_alarms)} false alarms"

    def to_dict(self) -> dict[str, Any]:
        """The mistakes as plain data for JSON."""
        mutants = [{**vars(each), "survives": each.survives} for each in self.mutants]
        return {"name": self.name, "holds": self.holds, "survivors": len(self.survivors), "mistakes": mutants}

    def blocks(self) -> list[Block]:
        """A table for the system and one for the text: a row for each kind of mistake, a column for each method."""
        told: list[Block] = [Heading(f"Mistakes in {self.name}")]
        for where, own in (("system", OF_THE_SYSTEM), ("text", OF_THE_TEXT)):
            told.append(self._table(where, [each for each in self.mutants if each.where == where], list(own)))
        groups = (("survives", self.survivors), ("is not refused by the proof", self.unproved), ("is a false alarm", self.false_alarms))
        return [*told, *(Text(f"`{each.description}` {what}.") for what, group in groups for each in group)]

    def _table(self, where: str, mutants: list[Mutant], methods: list[str]) -> Table:
        rows = [
            self._row(kind, [each for each in mutants if each.kind == kind], methods) for kind in dict.fromkeys(b.kind for b in mutants)
        ]
        told = "equations of the gradients" if where == "system" else "emitted text"
        caption = f"How many mistakes in the {told} each method refuses, of those that change something.{NOTES.get(where, '')}"
        return Table((f"in the {where}", *methods, "together", "no change"), (*rows, self._row("all", mutants, methods)), caption)

    @staticmethod
    def _row(kind: str, mutants: list[Mutant], methods: list[str]) -> tuple[str, ...]:
        real = [each for each in mutants if not each.is_equivalent]
        by_method = [f"{sum(each.killed[name] for each in real)}/{len(real)}" for name in methods]
        together = f"{sum(not each.survives for each in real)}/{len(real)}"
        return (kind, *by_method, together, str(len(mutants) - len(real)))


def teeth(subject: Subject, every: int = 1, tell: Callable[[int, int], None] = lambda done, of: None) -> KillTable:
    """Make each mistake in a subject, and put it before the methods.

    Args:
        subject: one that holds.
        every: 1 for all mistakes, n for each n-th one.
        tell: is told how many mistakes are done, of how many.

    Raises:
        InputError: there is no text that can be run, or only floats go through it.
    """
    if subject.obstacle:
        raise InputError(subject.obstacle, place=subject.target.name)
    exact = Exact(subject)
    in_system, in_text = (
        list(mutations(subject.adjoint))[::every],
        list(source_mutations(subject.source, subject.target.functions))[::every],
    )
    mutants: list[Mutant] = []

    def put(where: str, mistake: Mutation | SourceMutation, wrong: Subject, is_equivalent: bool, methods: dict[str, Judge]) -> None:
        killed = {name: _refuses(judge, wrong) for name, judge in methods.items()}
        mutants.append(Mutant(where, mistake.kind, mistake.name, is_equivalent, killed))
        tell(len(mutants), len(in_system) + len(in_text))

    for each in in_system:
        put("system", each, replace(subject, adjoint=each.system), exact.same_values(each.system), OF_THE_SYSTEM)
    for other in in_text:
        put("text", other, replace(subject, source=other.source), exact.same_results(other.source), OF_THE_TEXT)
    return KillTable(subject.name, tuple(mutants))


def _refuses(judge: Judge, wrong: Subject) -> bool:
    try:
        with np.errstate(all="ignore"):
            return any(each.outcome is Outcome.DISAGREES for each in judge(wrong))
    except REFUSED:
        return True


class Exact:
    """The values of a subject over exact numbers, to hold mutants against; in fifty digits where there are no exact ones."""

    def __init__(self, subject: Subject) -> None:
        self.subject = subject
        self.make, self.differ = self._numbers()
        with mpmath.workdps(precise.TEXT_DIGITS):
            self.run = self.make(subject)
            self.values, self.results = self._values(subject.adjoint), _results(self.run)

    def _numbers(self) -> tuple[Callable[[Subject], Crosscheck], Callable[[Array, Array], bool]]:
        """How a run over such numbers is made, and whether two arrays of them differ."""
        for seed in range(prime_field.DRAWS):
            try:
                _results(prime_field.crosscheck(self.subject, seed))
            except (NoSquareError, ZeroDivisionError):
                continue
            except InputError:
                break
            return partial(prime_field.crosscheck, seed=seed), lambda own, other: bool((own != other).any())
        return fifty_digits.crosscheck, fifty_digits.differ

    def same_values(self, adjoint: System) -> bool:
        """Whether an adjoint system has the values of the right one."""
        try:
            return self._same(self._values(adjoint), self.values)
        except REFUSED:
            return False

    def same_results(self, source: str) -> bool:
        """Whether a text has the outputs, final states and gradients of the right one."""
        try:
            with mpmath.workdps(precise.TEXT_DIGITS):
                return self._same(_results(self.make(replace(self.subject, source=source))), self.results)
        except REFUSED:
            return False

    def _same(self, found: Mapping[Any, Array], right: Mapping[Any, Array]) -> bool:
        if found.keys() != right.keys() or any(found[key].shape != right[key].shape for key in right):
            return False
        numbers = self.run.arithmetic.array
        return not any(self.differ(numbers(found[key]), numbers(right[key])) for key in right)

    def _values(self, adjoint: System) -> Mapping[Any, Array]:
        """All values of an adjoint system, (rows, columns) by name and time, of the first sequence."""
        with mpmath.workdps(precise.TEXT_DIGITS):
            ahead = self.run.oracle(self.run.values, 0)
            upstream = {each.name: self._upstream(each.of) for each in adjoint.variables.values() if each.kind is Kind.UPSTREAM}
            return run_adjoint(adjoint, ahead, upstream, self.run.arithmetic).values

    def _upstream(self, name: str) -> Array:
        weights, is_sequence = self.run.weights[name], self.subject.forward[name].is_sequence
        return np.asarray(weights[: self.run.lengths[0], 0] if is_sequence else weights[0])


def _results(run: Crosscheck) -> Mapping[Any, Array]:
    """All that a text gives back: outputs, final states and gradients."""
    return {**run.outputs, **run.gradients}
