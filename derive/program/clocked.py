"""What a clock leaves unchanged is not computed: a pass that finds what matters only at the steps at which a clock is 1.

A clock of one row is 0 or 1 at each t. With 0 in its place, and for all that is 0 then, an equation says what holds where the clock is 0:

    h_t = every(t, 2) * n_t + (1 - every(t, 2)) * h_{t-1}      there h_t = h_{t-1}, and n_t is not read
    abar_t = every(t, 2) * hbar_t * s_t                        there abar_t = 0, and so is U^T abar_t

So the pass writes h_t = Where(every(t, 2), n_t, h_{t-1}), n_t = Only(every(t, 2), ...) and abar_t = Only(every(t, 2), hbar_t * s_t), with
1 in the place of the clock. These are equal to what they replace wherever it is read; the printer makes branches of them, and of sums
over time it takes the steps that count.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import sympy as sp

from derive.algebra import nodes
from derive.algebra.nodes import Expr, add, mul
from derive.algebra.shapes import SCALAR
from derive.program.schedule import schedule
from derive.system import Equation, Kind, System, Variable


class Only(nodes.Node):
    """Only(clock, E): E where the clock is 1, 0 elsewhere."""


class Where(nodes.Node):
    """Where(clock, E, F): E where the clock is 1, F elsewhere."""


def clock_of(expr: Expr) -> str:
    """The name of the clock of an Only or Where."""
    return str(expr.args[0])


def terms(expr: Expr) -> tuple[Expr, ...]:
    """The terms of a sum, or what is none."""
    return expr.args if isinstance(expr, sp.Add) else (expr,)


def split(expr: Expr) -> tuple[Expr, tuple[Expr, ...]]:
    """A sum as its terms without branches, and those that are branches."""
    branches = tuple(term for term in terms(expr) if isinstance(term, (Only, Where)))
    return (add(*(term for term in terms(expr) if term not in branches)) if branches else expr), branches


def guard(forward: System, adjoint: System) -> tuple[System, System]:
    """Both systems, with branches for each clock of one row that spares a loop some matrix products."""
    clocks = [each for each in adjoint.variables.values() if each.clock is not None and each.shape == SCALAR]
    sparing = [each for each in clocks if _Clocked(forward, adjoint, each).spares_products]
    for clock in sparing:
        forward, adjoint = _Clocked(forward, adjoint, clock).guarded
    for clock in sparing:
        forward, adjoint = _Clocked(forward, adjoint, clock).decided
    return forward, adjoint


def settled(expr: Expr, values: Mapping[Expr, int]) -> Expr:
    """An expression with numbers in the place of some reads at t, and without what is 0 or a factor of 1 then.

    A function of one of them stays as it is, and so does a sum over time.
    """
    if expr in values:
        return sp.Integer(values[expr])
    if isinstance(expr, (sp.Indexed, nodes.OverTime)) or not expr.args:
        return expr
    operands = tuple(settled(part, values) for part in expr.args)
    if operands == expr.args:
        return expr
    numbers = [new for new, old in zip(operands, expr.args, strict=True) if new.is_Number and new is not old]
    match expr:
        case sp.Add():
            constant = sp.Add(*(each for each in operands if each.is_Number))
            return add(constant, *(each for each in operands if not each.is_Number))
        case sp.Mul():
            return mul(*operands)
        case Only() | Where():
            return nodes.rebuild(expr, operands) if any(operands[1:]) else sp.Integer(0)
        case sp.Pow() if operands[0] == 0 and operands[1].is_positive:
            return sp.Integer(0)
        case nodes.Linear() if not any(operands) or (0 in numbers and not isinstance(expr, nodes.Stack)):
            return sp.Integer(0)
    return expr if numbers else nodes.rebuild(expr, operands)


@dataclass(frozen=True)
class _Clocked:
    """Two systems and what one clock decides in them."""

    forward: System
    adjoint: System
    clock: Variable

    @cached_property
    def equations(self) -> list[Equation]:
        """The equations of both that hold at each t or for whole sequences, each after those that it reads at t."""
        return [*self.forward.order, *self.adjoint.order]

    @cached_property
    def loops(self) -> frozenset[str]:
        """The names that loops compute."""
        blocks = (*schedule(self.forward), *schedule(self.adjoint))
        return frozenset(name for block in blocks if block.is_loop for name in block.names)

    @cached_property
    def vanishing(self) -> dict[Expr, int]:
        """The clock and the values that are 0 where it is 0, with that number."""
        found = {self.clock.symbol: 0}
        for equation in self.equations:
            if self._variable(equation.name).is_sequence and settled(equation.right, found) == 0:
                found[equation.left] = 0
        return found

    @cached_property
    def rights(self) -> dict[str, Expr]:
        """The right sides with sums over time of what is 0 where the clock is 0 taken over the other steps alone."""
        return {each.name: nodes.rewrite(each.right, self._restricted) for each in self.equations}

    def _restricted(self, part: Expr) -> Expr | None:
        if not isinstance(part, nodes.OverTime) or not self._fits_steps(part) or settled(part.args[0], self.vanishing) != 0:
            return None
        return nodes.OverTime(Only(self.symbol, self._now(part.args[0])))

    @cached_property
    def unread(self) -> frozenset[str]:
        """The names whose values where the clock is 0 reach nothing that is asked for, at any t."""
        asked = {*self.forward.outputs, *(each.name for each in (*self.forward.states, *self.adjoint.states))}
        asked |= {nodes.name_of(leaf) for each in self.adjoint.equations if each.is_boundary for leaf in each.reads}
        asked |= {each.name for each in self.adjoint.variables.values() if self._is_result(each)}
        read = {nodes.name_of(leaf) for each in self.equations for leaf in each.reads}
        found = {each.name for each in self.equations if each.name in read - asked and self._can_wait(each)}
        while True:
            lost = {name for each in self.equations if each.name not in found for name in self._read_elsewhere(each)} & found
            if not lost:
                return frozenset(found)
            found -= lost

    def _can_wait(self, equation: Equation) -> bool:
        """Whether a value may be computed at the steps of the clock alone: in a loop, or for all of these at once."""
        is_sequence = self._variable(equation.name).is_sequence
        return is_sequence and (equation.name in self.loops or self._fits_steps(self.rights[equation.name]))

    def _fits_steps(self, expr: Expr) -> bool:
        """Whether an expression may be computed for some steps at once: it has no branches, and all that it reads is one value at each."""
        clocks = [self.adjoint[nodes.name_of(leaf)] for leaf in nodes.leaves(expr) if nodes.name_of(leaf) in self.adjoint.variables]
        has_columns = any(each.clock is not None and each.shape != SCALAR for each in clocks)
        return not has_columns and not any(isinstance(part, (Only, Where)) for part in nodes.parts(expr))

    def _is_result(self, adjoint: Variable) -> bool:
        """Whether it is the gradient by something given."""
        return adjoint.kind is Kind.ADJOINT and adjoint.of in self.forward.variables and not self.forward.defines(adjoint.of)

    def _read_elsewhere(self, equation: Equation) -> set[str]:
        """What an equation reads where the clock is 0."""
        if equation.left in self.vanishing:
            return set()
        right = settled(self.rights[equation.name], self.vanishing)
        outside = nodes.rewrite(right, lambda part: sp.Integer(0) if isinstance(part, Only) and part.args[0] == self.symbol else None)
        return {nodes.name_of(leaf) for leaf in nodes.leaves(outside)}

    @property
    def spares_products(self) -> bool:
        """Whether a loop has a matrix product to do at the steps of the clock alone."""
        alone = [each for each in self.equations if each.name in self.loops and (each.name in self.unread or each.left in self.vanishing)]
        return any(isinstance(part, nodes.MatMul) for each in alone for part in nodes.parts(each.right))

    @property
    def guarded(self) -> tuple[System, System]:
        """Both systems with what is computed at the steps of the clock alone in an Only."""
        return self._with(self._guarded)

    @property
    def decided(self) -> tuple[System, System]:
        """Both systems with a Where for each sum in a loop that still reads the clock."""
        return self._with(self._decided)

    def _with(self, right: Callable[[Equation], Expr]) -> tuple[System, System]:
        first, second = (
            system.with_equations(each if each.is_boundary else replace(each, right=right(each)) for each in system.equations)
            for system in (self.forward, self.adjoint)
        )
        return first, second

    def _guarded(self, equation: Equation) -> Expr:
        right = self.rights[equation.name]
        if not self._variable(equation.name).is_sequence:
            return right
        is_zero = equation.left in self.vanishing and self._can_wait(equation)
        if is_zero and not self._is_stored(equation):
            return Where(self.symbol, self._now(right), nodes.Zeros(*self._variable(equation.name).shape))
        if is_zero or equation.name in self.unread:
            return Only(self.symbol, self._now(right))
        in_loop = equation.name in self.loops
        gone = [term for term in terms(right) if self._is_gone(term) and (in_loop or self._fits_steps(term))]
        kept = [term for term in terms(right) if term not in gone]
        return add(*kept, *([Only(self.symbol, self._now(add(*gone)))] if gone else []))

    def _is_gone(self, term: Expr) -> bool:
        """Whether a term is 0 where the clock is 0."""
        return bool(settled(term, self.vanishing) == 0)

    def _decided(self, equation: Equation) -> Expr:
        if equation.name not in self.loops:
            return equation.right
        return self._decided_sum(equation.right)

    def _decided_sum(self, right: Expr) -> Expr:
        if isinstance(right, (Only, Where)) and right.args[0] != self.symbol:
            return nodes.rebuild(right, (right.args[0], *map(self._decided_sum, right.args[1:])))
        if self.clock.symbol not in nodes.leaves(right):
            return right
        others = [term for term in terms(right) if isinstance(term, (Only, Where)) and term.args[0] != self.symbol]
        own = [term for term in terms(right) if term not in others]
        on = [term.args[1] if isinstance(term, Only) else term for term in own]
        off = [term for term in own if not isinstance(term, Only)]
        decided = [Where(self.symbol, self._now(add(*on)), settled(add(*off), self.vanishing))] if own else []
        return add(*decided, *map(self._decided_sum, others))

    def _is_stored(self, equation: Equation) -> bool:
        """Whether those who need the zeros of a value find them in an array over time."""
        if equation.name not in self.loops:
            return True
        everywhere = (*self.forward.equations, *self.adjoint.equations)
        readers = [(each, leaf) for each in everywhere for leaf in each.reads if nodes.name_of(leaf) == equation.name]
        return all(
            leaf == equation.left and (each.name not in self.loops or equation.name not in self._read_elsewhere(each))
            for each, leaf in readers
        )

    def _now(self, expr: Expr) -> Expr:
        """An expression where the clock is 1."""
        return settled(expr, {self.clock.symbol: 1})

    @property
    def symbol(self) -> sp.Symbol:
        """The clock as an operand of a branch; like the symbol of a size it is no read."""
        return sp.Symbol(self.clock.name, integer=True)

    def _variable(self, name: str) -> Variable:
        return self.forward[name] if self.forward.defines(name) else self.adjoint[name]


def plain(expr: Expr) -> Iterator[Expr]:
    """The parts of a right side that have no branches."""
    rest, branches = split(expr)
    yield rest
    for branch in branches:
        for part in branch.args[1:]:
            yield from plain(part)
