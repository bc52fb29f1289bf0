"""The proof: whether a claimed adjoint system is right for a forward system, for every length T and all sizes.

The adjoints are the one solution of the identities of `required.py`. `prove` compares those with the claimed equations, as forms over named
indices. The induction goes from T down: adjoints of steps beyond 1..T are zero, and as every term on both sides has one adjoint as a
factor, an identity of the terms for a generic t holds at each t. Adjoints of initial and final values are compared one by one, with the
terms whose step lies in 1..T.

In a comparison the forward equations may be used, and the claimed ones too: what satisfies the claim then satisfies the identities, whose
solution is unique. See unfolding.py for the times at which an equation may be used.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import sympy as sp

from derive.algebra import nodes
from derive.algebra.nodes import Expr
from derive.shown import Brief, Shown
from derive.slopes import declared
from derive.system import Boundary, Equation, Kind, System
from verify.proof.entries import NOW, Blocks, Reader, time_of
from verify.proof.equality import is_zero
from verify.proof.normal_form import ADJOINT, NO_TIME, ZERO, ZERO_OUTSIDE, Form, Time, Undecided, budget, minus
from verify.proof.required import at_time, required
from verify.proof.text import entry, told
from verify.proof.unfolding import Unfolding
from verify.proof.witness import Witness
from verify.verdict import Outcome, Verdict, overall
from verify.wellformed import Fault, circle_in, claim_faults, equation_faults, system_fault

METHOD = "proof"
WORK_ON_SYSTEM = 2_000_000
"""The number of terms that it may take to write out what all gradients must satisfy."""


@dataclass(frozen=True, repr=False)
class Identity(Brief):
    """What was compared, as text.

    Attributes:
        subject: the forward variable.
        left: the entry of its adjoint.
        required: what the forward equations require it to be.
        claimed: what it is claimed to be.
        finding: what was found.
    """

    subject: str
    left: str
    required: str
    claimed: str
    finding: str


@dataclass(frozen=True, repr=False)
class Proof(Shown):
    """The outcome of a proof: a verdict for each forward variable, and each identity that was compared."""

    verdicts: tuple[Verdict, ...]
    identities: tuple[Identity, ...]

    @property
    def outcome(self) -> Outcome:
        """The outcome of all verdicts together."""
        return overall(self.verdicts)

    @property
    def summary(self) -> str:
        """Its outcome."""
        return f"{self.outcome.value}: {len(self.verdicts)} variables, {len(self.identities)} identities"

    def text(self) -> str:
        """All identities and verdicts, for a person."""
        lines = []
        for each in self.identities:
            lines += [each.left, f"  required: {each.required}", f"  claimed:  {each.claimed}", f"  {each.finding}"]
        return "\n".join([*lines, *(f"{each.subject}: {each.outcome.value}: {each.detail}" for each in self.verdicts)])


def prove(forward: System, adjoint: System, only: str = "") -> Proof:
    """Decide whether an adjoint system is right for a forward system, for every T and all sizes.

    Returns a verdict for each forward variable: AGREES if the equation of its adjoint and those of its adjoint's boundary values are
    right; DISAGREES, with numbers as a witness where there are any; CANNOT_SEE with the part that is beyond this checker.
    With the name of a variable, `only` its adjoint is judged, as the others' equations have it.
    """
    if fault := system_fault(forward):
        return _unjudged(forward, f"the forward system is not well formed: {fault}")
    if faults := claim_faults(forward, adjoint):
        return _unjudged(forward, f"the claim is not well formed: {faults[0].reason}", faults)
    try:
        return _Checker(forward, adjoint, only).proof()
    except Undecided as error:
        return _unjudged(forward, f"beyond this checker: {error}")
    except RecursionError:
        return _unjudged(forward, "beyond this checker: expressions that are nested too deep")


def _unjudged(forward: System, reason: str, faults: Sequence[Fault] = ()) -> Proof:
    """A proof of nothing: what has a fault of its own is wrong, of the rest nothing is known."""
    own = {each.subject: each.reason for each in reversed(faults)}
    verdicts = [
        Verdict(name, METHOD, Outcome.DISAGREES, own[name]) if name in own else Verdict(name, METHOD, Outcome.CANNOT_SEE, reason)
        for name, each in forward.variables.items()
        if each.changes or name in own
    ]
    return Proof(tuple(verdicts), ())


class _Refused(Exception):
    """The claim is wrong as it stands, before any identity is compared."""


@dataclass(frozen=True)
class _Finding:
    """What was found of one identity; a higher rank is the graver finding."""

    rank: int
    outcome: Outcome
    left: str
    reason: str
    witness: Mapping[str, Any] | None = None


class _Checker:
    """One pair of systems, and the forms of their equations; with the name of a variable, its adjoint alone is judged."""

    def __init__(self, forward: System, adjoint: System, only: str) -> None:
        self.forward, self.adjoint, self.only = forward, adjoint, only
        self.judged = [each.name for each in forward.variables.values() if each.changes and only in ("", each.name)]
        new = [each for each in adjoint.variables.values() if each.name not in forward.variables]
        self.adjoints = {each.of: each for each in new if each.kind is Kind.ADJOINT}
        self.upstream = {each.of: each for each in new if each.kind is Kind.UPSTREAM}
        self.declared = declared(forward)
        self.faults = list(equation_faults(forward, adjoint))
        faulty = {each.left for each in self.faults}
        meaningful = [each for each in adjoint.equations if each.left not in faulty]
        blocks, self.beyond = _blocks(forward, adjoint, meaningful)
        sound = [each for each in meaningful if each.left not in self.beyond]
        kinds = {v.name: ZERO_OUTSIDE for v in forward.variables.values() if v.is_sequence and v.boundary is Boundary.ZERO}
        own = {each.name: ADJOINT for each in new if each.kind in (Kind.ADJOINT, Kind.UPSTREAM)}
        reader, self.claims = Reader(forward, blocks, kinds), Reader(adjoint, blocks, {**kinds, **own})
        with budget(WORK_ON_SYSTEM):
            self.required = required(reader, self.adjoints, self.upstream, self.judged)
        usable = [each for each in sound if _is_relative(each)]
        self.disorder = circle_in(each for each in sound if not each.is_boundary)
        self.unfolding = Unfolding(reader, self.claims, () if self.disorder else usable)
        self.witness = Witness(forward, adjoint.with_equations(meaningful))
        self.identities: list[Identity] = []

    def proof(self) -> Proof:
        """All verdicts, or that on one variable."""
        equations: dict[str, list[Equation]] = {}
        for each in self.adjoint.equations:
            equations.setdefault(each.name, []).append(each)
        if not (self.faults or self.disorder or self.only) and self.witness.is_nowhere:
            raise Undecided("a claim without a value at any of the numbers that were drawn")
        verdicts = []
        for name in self.judged:
            own = self.adjoints[name].name if name in self.adjoints else ""
            verdicts.append(self.verdict(name, equations.pop(own, [])))
        if self.disorder:
            verdicts.append(Verdict(self.adjoint.name, METHOD, Outcome.DISAGREES, f"its equations are no definition: {self.disorder}"))
        return Proof(tuple(verdicts), tuple(self.identities))

    def verdict(self, name: str, equations: list[Equation]) -> Verdict:
        """The verdict on a variable, from the equations of its adjoint."""
        try:
            with budget():
                findings = [each for equation in self.expected(name, equations) for each in self.compared(name, equation)]
        except _Refused as error:
            return Verdict(name, METHOD, Outcome.DISAGREES, str(error))
        except Undecided as error:
            return Verdict(name, METHOD, Outcome.CANNOT_SEE, f"beyond this checker: {error}")
        worst = max(findings, key=lambda each: each.rank)
        lefts = ", ".join(each.left for each in findings if each.outcome is worst.outcome)
        own = self.declared.get(name, ())
        premise = f"declared slope{'s' * (len(own) > 1)} of {', '.join(str(each.value) for each in own)}" if own else ""
        told = f"{lefts}: {worst.reason}" + (f", with the {premise}" if premise else "")
        return Verdict(name, METHOD, worst.outcome, told, worst.witness, premise=premise)

    def expected(self, name: str, equations: list[Equation]) -> list[Equation]:
        """The equations of the adjoint of a variable, if they are those that it must have and are well formed."""
        for fault in self.faults:
            if fault.subject == name:
                raise _Refused(fault.reason)
        for each in equations:
            if each.left in self.beyond:
                raise Undecided(self.beyond[each.left])
        return equations

    def compared(self, name: str, equation: Equation) -> Iterator[_Finding]:
        """The findings on one equation, block by block of its left side."""
        for row, column in self.claims.places(equation.left):
            row, column = row.labelled("i"), column.labelled("j")
            left = entry(self.adjoints[name].name, time_of(equation.left, NOW), row.key, column.key, {})
            wanted = self.required[name, (row.key[0], column.key[0])]
            if equation.is_boundary:
                wanted = at_time(wanted, equation.left.indices[0])
            claimed = self.claims.entry(equation.right, row, column)
            witness = partial(self.witness.find, wanted, claimed, row, column, equation.is_boundary)
            finding = self.decided(left, wanted, claimed, witness)
            self.identities.append(Identity(name, left, told(wanted), told(claimed), finding.reason))
            yield finding

    def decided(self, left: str, wanted: Form, claimed: Form, witness: Callable[[], Mapping[str, Any] | None]) -> _Finding:
        """Whether two forms are equal, by one way after the other; numbers are asked before the last and longest one."""
        difference, unfolding = minus(wanted, claimed), self.unfolding
        if _is_zero(difference, lambda form: form):
            return _Finding(0, Outcome.AGREES, left, "both sides have the same normal form")
        if _is_zero(difference, unfolding.functions):
            return _Finding(1, Outcome.AGREES, left, "both sides are equal when functions are written by their definitions")
        if _is_zero(difference, unfolding.plainly):
            return _Finding(2, Outcome.AGREES, left, "both sides are equal when adjoints that are given values are replaced by them")
        apart = frozenset(name for name, _ in {*_by_adjoint(wanted)} ^ {*_by_adjoint(claimed)})
        if _is_zero(difference, partial(unfolding.partly, apart)):
            return _Finding(3, Outcome.AGREES, left, "both sides are equal by the equations of the adjoints that only one of them reads")
        found = witness()
        if found is not None:
            return _Finding(6, Outcome.DISAGREES, left, self.faulty(wanted, claimed), found)
        if _is_zero(difference, unfolding.all):
            return _Finding(4, Outcome.AGREES, left, "both sides are equal by the forward and the claimed equations")
        reason = f"no way was found to show {told(difference)} to be zero, and no numbers show that it is not"
        return _Finding(5, Outcome.CANNOT_SEE, left, reason)

    def faulty(self, wanted: Form, claimed: Form) -> str:
        """The terms that differ, by the adjoint that they have as a factor."""
        one, other = _by_adjoint(wanted), _by_adjoint(claimed)
        faults = []
        for key in dict.fromkeys([*one, *other]):
            right, found = one.get(key, ZERO), other.get(key, ZERO)
            if _is_zero(minus(right, found), self.unfolding.functions):
                continue
            if found and right:
                faults.append(f"{told(found)} should be {told(right)}")
            else:
                faults.append(f"missing {told(right)}" if right else f"extra {told(found)}")
        return "; ".join(faults)


def _is_zero(form: Form, unfold: Callable[[Form], Form]) -> bool:
    """Whether a form is zero when it is unfolded; False if that goes beyond this checker."""
    try:
        with budget():
            return is_zero(unfold(form))
    except Undecided:
        return False


def _blocks(forward: System, adjoint: System, equations: Sequence[Equation]) -> tuple[Blocks, dict[Expr, str]]:
    """The blocks of all sizes, and why some of the equations cannot be cut into such."""
    beyond: dict[Expr, str] = {}
    try:
        return Blocks([forward, adjoint.with_equations(equations)]), beyond
    except Undecided:
        for each in equations:
            try:
                Blocks([forward, adjoint.with_equations([each])])
            except Undecided as error:
                beyond[each.left] = str(error)
    return Blocks([forward, adjoint.with_equations(each for each in equations if each.left not in beyond)]), beyond


def _is_relative(equation: Equation) -> bool:
    """Whether an equation is for each t and reads others relative to t."""
    times = [read.indices[0] for read in equation.reads if isinstance(read, sp.Indexed)]
    return not equation.is_boundary and all(nodes.t in time.free_symbols for time in times)


def _by_adjoint(form: Form) -> dict[tuple[str, Time], Form]:
    """The terms of a form by the name and time of their adjoint factor."""
    groups: dict[tuple[str, Time], Form] = {}
    for each in form:
        key = next(((a.name, a.time) for a, _ in each[0][1] if a.kind == ADJOINT), ("", NO_TIME))
        groups[key] = (*groups.get(key, ZERO), each)
    return groups
